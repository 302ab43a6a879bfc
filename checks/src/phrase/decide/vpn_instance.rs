//! Decides assertions about a VPN instance.

use std::collections::BTreeSet;

use super::evidence::{Answer, Reads, answers};
use super::wording::{clean, some};
use super::{Decided, Decision, Doubt, Observation, all};
use crate::outcome::DecidingLines;
use crate::phrase::assertion::{VpnInstanceAssertion, VpnInstanceTest};
use crate::phrase::rd::RouteDistinguisher;
use crate::rows::{AddressFamily, VpnInstance};
use crate::table::TableKind;
use crate::value::Vrf;

/// The IPv4 family of a VPN instance on one device.
pub(super) struct Instance<'a> {
    pub row: &'a VpnInstance,
    pub lines: Vec<DecidingLines>,
}

/// Finds the IPv4 family of an instance, or decides that it is not there.
pub(super) fn find<'a>(
    vrf: &Vrf,
    device: Option<&str>,
    fields: &[&str],
    observations: &'a [Observation<'a>],
    warnings: &mut Vec<String>,
) -> Result<Result<Instance<'a>, Decision>, Doubt> {
    let reads = Reads {
        selectors: &["name", "afi"],
        fields,
    };
    let answers = answers(observations, device, TableKind::VpnInstances, 1, &reads, warnings)?;
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    for answer in &answers {
        for (row, span) in answer.typed::<VpnInstance>()? {
            names.insert(row.name.clone());
            if row.name == vrf.as_str() {
                found.push((answer, row, span));
            }
        }
    }
    let whole = || answers.iter().flat_map(Answer::whole).collect::<Vec<_>>();
    let ipv4: Vec<_> = found
        .iter()
        .filter(|(_, row, _)| row.afi == AddressFamily::Ipv4)
        .collect();
    match ipv4.as_slice() {
        [(answer, row, span)] => match answer.misunderstood(*span, fields) {
            Some(why) => Err(Doubt::new(why, answer.lines([*span]))),
            None => Ok(Ok(Instance {
                row,
                lines: answer.lines([*span]),
            })),
        },
        [] if found.is_empty() => {
            let there = if names.is_empty() {
                "there is none at all".to_owned()
            } else {
                format!("there are: {}", some(names))
            };
            Ok(Err(Decision::fail(format!("no VPN instance {vrf}; {there}"), whole())))
        }
        [] if found.iter().any(|(_, row, _)| row.afi == AddressFamily::Unknown) => Err(Doubt::new(
            format!("VPN instance {vrf} prints no address family"),
            whole(),
        )),
        [] => Ok(Err(Decision::fail(
            format!("VPN instance {vrf} has no IPv4 family"),
            whole(),
        ))),
        _ => Err(Doubt::new(
            format!("the IPv4 family of VPN instance {vrf} is printed several times"),
            whole(),
        )),
    }
}

pub(super) fn decide(
    assertion: &VpnInstanceAssertion,
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    let fields: &[&str] = match assertion.test {
        VpnInstanceTest::Rd(_) => &["rd"],
        VpnInstanceTest::Targets { .. } => &["import_rts", "export_rts"],
    };
    let instance = match find(&assertion.vrf, None, fields, observations, warnings)? {
        Ok(instance) => instance,
        Err(decision) => return Ok(decision),
    };
    Ok(match &assertion.test {
        VpnInstanceTest::Rd(rd) => match &instance.row.rd {
            None => Decision::doubt("no route distinguisher is printed", instance.lines),
            Some(text) => match RouteDistinguisher::parse(text) {
                Some(have) => Decision::of(Some(have == *rd), format!("RD {have}"), instance.lines),
                None => Decision::doubt(
                    format!("the route distinguisher `{}` is not understood", clean(text)),
                    instance.lines,
                ),
            },
        },
        VpnInstanceTest::Targets { imports, exports } => {
            let side = |want: &[RouteDistinguisher], have: &[String]| {
                if want.is_empty() {
                    return Some(true);
                }
                let have = targets(have)?;
                Some(have == want.iter().copied().collect())
            };
            let truth = all([
                side(imports, &instance.row.import_rts),
                side(exports, &instance.row.export_rts),
            ]);
            Decision::of(truth, targets_text(instance.row), instance.lines)
        }
    })
}

/// Route targets as a set; nothing where one is not understood.
pub(super) fn targets(texts: &[String]) -> Option<BTreeSet<RouteDistinguisher>> {
    texts.iter().map(|text| RouteDistinguisher::parse(text)).collect()
}

/// `imports 111:1 and exports 111:1`.
pub(super) fn targets_text(row: &VpnInstance) -> String {
    let side = |texts: &[String]| {
        if texts.is_empty() {
            "nothing".to_owned()
        } else {
            some(texts.iter().cloned())
        }
    };
    format!(
        "imports {} and exports {}",
        side(&row.import_rts),
        side(&row.export_rts)
    )
}
