//! Decides assertions between devices.

use std::collections::BTreeSet;

use super::configuration::lines;
use super::evidence::{Reads, answers};
use super::vpn_instance::{find, targets, targets_text};
use super::wording::{clean, some};
use super::{Decided, Decision, Doubt, Observation, all, any};
use crate::outcome::DecidingLines;
use crate::phrase::assertion::{LabAssertion, normal_line};
use crate::phrase::rd::RouteDistinguisher;
use crate::rows::BfdSession;
use crate::table::TableKind;
use crate::value::Vrf;

pub(super) fn decide(
    assertion: &LabAssertion,
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    match assertion {
        LabAssertion::RdsDiffer { devices, vrf } => rds_differ(devices, vrf, observations, warnings),
        LabAssertion::RouteTargetsAgree { devices, vrf } => targets_agree(devices, vrf, observations, warnings),
        LabAssertion::StaticLabelsAgree { devices, vrf } => labels_agree(devices, vrf, observations, warnings),
        LabAssertion::BfdPair { first, second } => bfd_pair(first, second, observations, warnings),
    }
}

/// A device's part of the lines.
type Lines = Vec<DecidingLines>;

fn rds_differ(devices: &[String], vrf: &Vrf, observations: &[Observation<'_>], warnings: &mut Vec<String>) -> Decided {
    let mut rds = Vec::new();
    let mut deciding: Lines = Vec::new();
    let mut missing = Vec::new();
    for device in devices {
        match find(vrf, Some(device), &["rd"], observations, warnings)? {
            Ok(instance) => {
                let rd = instance.row.rd.as_deref().and_then(RouteDistinguisher::parse);
                let Some(rd) = rd else {
                    return Err(Doubt::new(
                        format!("{device} prints no route distinguisher that is understood"),
                        instance.lines,
                    ));
                };
                rds.push((device, rd));
                deciding.extend(instance.lines);
            }
            Err(decision) => {
                missing.push(format!("{device}: {}", decision.actual));
                deciding.extend(decision.deciding);
            }
        }
    }
    if !missing.is_empty() {
        return Ok(Decision::fail(some(missing), deciding));
    }
    let distinct: BTreeSet<RouteDistinguisher> = rds.iter().map(|(_, rd)| *rd).collect();
    let actual = some(rds.iter().map(|(device, rd)| format!("{device} {rd}")));
    Ok(Decision::of(Some(distinct.len() == rds.len()), actual, deciding))
}

fn targets_agree(
    devices: &[String],
    vrf: &Vrf,
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    let mut sides = Vec::new();
    let mut said = Vec::new();
    let mut deciding: Lines = Vec::new();
    let mut missing = false;
    for device in devices {
        match find(vrf, Some(device), &["import_rts", "export_rts"], observations, warnings)? {
            Ok(instance) => {
                let both = targets(&instance.row.import_rts).zip(targets(&instance.row.export_rts));
                let Some(both) = both else {
                    return Err(Doubt::new(
                        format!("{device} prints a route target that is not understood"),
                        instance.lines,
                    ));
                };
                said.push(format!("{device} {}", targets_text(instance.row)));
                sides.push(both);
                deciding.extend(instance.lines);
            }
            Err(decision) => {
                missing = true;
                said.push(format!("{device}: {}", decision.actual));
                deciding.extend(decision.deciding);
            }
        }
    }
    let same = sides.windows(2).all(|pair| pair[0] == pair[1]);
    let joined = sides
        .iter()
        .all(|(imports, exports)| imports.intersection(exports).next().is_some());
    Ok(Decision::of(
        Some(!missing && same && joined),
        said.join("; "),
        deciding,
    ))
}

fn labels_agree(
    devices: &[String],
    vrf: &Vrf,
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    let view = format!("ip vpn-instance {vrf}");
    let mut labels: Vec<Option<u64>> = Vec::new();
    let mut said = Vec::new();
    let mut deciding: Lines = Vec::new();
    let mut all_static: Vec<(String, String, u64)> = Vec::new();
    for device in devices {
        let config = lines(Some(device), observations, warnings)?;
        let mut own = Vec::new();
        let mut spans = Vec::new();
        for (line, span) in &config.lines {
            let Some(instance) = line.views.first().map(|view| normal_line(view)) else {
                continue;
            };
            let Some(label) = static_label(&line.text) else {
                continue;
            };
            let Ok(label) = label else {
                return Err(Doubt::new(
                    format!("{device}: `{}` is not understood", clean(&line.text)),
                    config.answer.lines([*span]),
                ));
            };
            if !instance.starts_with("ip vpn-instance ") {
                continue;
            }
            spans.push(*span);
            if instance == view {
                own.push(label);
            }
            all_static.push((device.clone(), instance, label));
        }
        let present = config
            .lines
            .iter()
            .any(|(line, _)| line.views.is_empty() && normal_line(&line.text) == view);
        own.sort_unstable();
        own.dedup();
        said.push(match own.as_slice() {
            [] if !present => format!("{device} has no VPN instance {vrf}"),
            [] => format!("{device} has no static label for {vrf}"),
            several => format!(
                "{device} {}",
                several
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" and ")
            ),
        });
        labels.push(match own.as_slice() {
            [only] => Some(*only),
            _ => None,
        });
        deciding.extend(config.answer.lines(spans));
    }
    let agree = labels.iter().all(Option::is_some) && labels.windows(2).all(|pair| pair[0] == pair[1]);
    let foreign: Vec<String> = all_static
        .iter()
        .filter(|(_, instance, label)| *instance != view && labels.contains(&Some(*label)))
        .map(|(device, instance, label)| format!("{device} uses {label} for {} too", clean(instance)))
        .collect();
    let mut actual = some(said);
    if !foreign.is_empty() {
        actual = format!("{actual}; {}", some(foreign.iter().cloned()));
    }
    Ok(Decision::of(Some(agree && foreign.is_empty()), actual, deciding))
}

/// A label that is not understood.
struct NotANumber;

/// The label of `apply-label per-instance static 1025`.
fn static_label(text: &str) -> Option<Result<u64, NotANumber>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["apply-label", "per-instance", "static", label] => Some(label.parse().map_err(|_| NotANumber)),
        ["apply-label", "per-instance", "static", ..] => Some(Err(NotANumber)),
        _ => None,
    }
}

fn bfd_pair(
    first: &(String, String),
    second: &(String, String),
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    let fields = [
        "local_discriminator",
        "remote_discriminator",
        "peer_address",
        "local_address",
    ];
    let reads = Reads {
        selectors: &["name"],
        fields: &fields,
    };
    let mut rows: Vec<&BfdSession> = Vec::new();
    let mut deciding: Lines = Vec::new();
    let mut missing = Vec::new();
    for (name, device) in [first, second] {
        let answers = answers(observations, Some(device), TableKind::BfdSessions, 1, &reads, warnings)?;
        let mut found = Vec::new();
        let mut nameless = false;
        for answer in &answers {
            for (row, span) in answer.typed::<BfdSession>()? {
                nameless |= row.name.is_none();
                if row.name.as_deref() == Some(name) {
                    found.push((row, answer.lines([span])));
                }
            }
        }
        match found.as_slice() {
            [(row, lines)] => {
                rows.push(row);
                deciding.extend(lines.iter().cloned());
            }
            [] if !nameless => missing.push(format!("{device} has no BFD session {}", clean(name))),
            _ => {
                return Err(Doubt::new(
                    format!("which session of {device} is {} cannot be told", clean(name)),
                    deciding,
                ));
            }
        }
    }
    let [one, other] = rows[..] else {
        return Ok(Decision::fail(some(missing), deciding));
    };
    let same = |a: Option<u32>, b: Option<u32>| a.zip(b).map(|(a, b)| a == b);
    let discriminators = all([
        same(one.remote_discriminator, other.local_discriminator),
        same(other.remote_discriminator, one.local_discriminator),
    ]);
    let facing = [
        one.peer_address.zip(other.local_address).map(|(a, b)| a == b),
        other.peer_address.zip(one.local_address).map(|(a, b)| a == b),
    ];
    // One pair of addresses must be seen to agree, and none to differ.
    let addresses = if facing.contains(&Some(false)) {
        Some(false)
    } else {
        any(facing)
    };
    let actual = format!("{}; {}", session_text(first, one), session_text(second, other));
    Ok(Decision::of(all([discriminators, addresses]), actual, deciding))
}

fn session_text((name, device): &(String, String), row: &BfdSession) -> String {
    let number = |value: Option<u32>| value.map_or_else(|| "not printed".to_owned(), |value| value.to_string());
    let address = |value: Option<std::net::IpAddr>| value.map_or_else(|| "not printed".to_owned(), |v| v.to_string());
    format!(
        "{} on {device}: discriminators {} to {}, addresses {} to {}",
        clean(name),
        number(row.local_discriminator),
        number(row.remote_discriminator),
        address(row.local_address),
        address(row.peer_address)
    )
}
