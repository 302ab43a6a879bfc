//! Decides assertions about a traceroute.

use std::net::IpAddr;

use super::probe::{answered_about, has};
use super::wording::{clean, counted};
use super::{Decided, Decision, Observation};
use crate::phrase::assertion::{HopTest, TracerouteAssertion, TracerouteTest};
use crate::rows::{Hop, TracerouteResult};

pub(super) fn decide(
    assertion: &TracerouteAssertion,
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    let (answer, row) = answered_about::<TracerouteResult>(assertion.target, |row| row.target, observations, warnings)?;
    let lines = answer.whole();
    let (truth, actual) = match &assertion.test {
        TracerouteTest::Has(conditions) => return Ok(has(conditions, &answer)),
        TracerouteTest::Hop { ttl, test, addresses } => hop(row, *ttl, *test, addresses),
        TracerouteTest::Reaches(count) => reaches(row, assertion.target, *count),
    };
    Ok(Decision::of(truth, actual, lines))
}

fn hop(row: &TracerouteResult, ttl: u64, test: HopTest, addresses: &[IpAddr]) -> (Option<bool>, String) {
    let hops: Vec<&Hop> = row
        .hops
        .iter()
        .filter(|hop| hop.ttl.map(u64::from) == Some(ttl))
        .collect();
    let [hop] = hops[..] else {
        if hops.is_empty() && row.reached {
            let actual = format!(
                "the target answers at {}, before hop {ttl}",
                counted(row.hops.len() as u64, "hop", "hops")
            );
            return (Some(false), actual);
        }
        let what = if hops.is_empty() {
            "is not there"
        } else {
            "is there twice"
        };
        return (
            None,
            format!("hop {ttl} {what}, and the trace has {} hops", row.hops.len()),
        );
    };
    let mut answered: Vec<IpAddr> = Vec::new();
    for address in hop.probes.iter().filter_map(|probe| probe.address) {
        if !answered.contains(&address) {
            answered.push(address);
        }
    }
    let lost = hop
        .probes
        .iter()
        .filter(|probe| probe.timeout || probe.address.is_none())
        .count();
    let mut actual = if answered.is_empty() {
        format!("hop {ttl}: nobody answered")
    } else {
        let shown: Vec<String> = answered.iter().map(ToString::to_string).collect();
        format!("hop {ttl}: {}", shown.join(", "))
    };
    if lost > 0 {
        actual = format!("{actual} ({lost} of {} probes unanswered)", hop.probes.len());
    }
    let truth = match test {
        _ if answered.is_empty() => None,
        HopTest::Is => Some(answered.iter().all(|address| addresses.contains(address))),
        HopTest::IsNot if answered.iter().any(|address| addresses.contains(address)) => Some(false),
        HopTest::IsNot => (lost == 0).then_some(true),
        HopTest::Shows if addresses.iter().all(|address| answered.contains(address)) => Some(true),
        HopTest::Shows => (lost == 0).then_some(false),
    };
    (truth, actual)
}

fn reaches(
    row: &TracerouteResult,
    target: IpAddr,
    count: Option<crate::phrase::count::Count>,
) -> (Option<bool>, String) {
    let Some(last) = row.hops.last() else {
        return (None, "the trace has no hops".to_owned());
    };
    let at = last.ttl.map(u64::from);
    let from_target = last.probes.iter().any(|probe| probe.address == Some(target));
    if row.reached != from_target {
        return (None, "whether the target itself answered cannot be told".to_owned());
    }
    // An annotation (`!N`, `!H`) says that somebody refused to deliver.
    if let Some(annotation) = last.probes.iter().find_map(|probe| probe.annotation.as_deref()) {
        let actual = format!("the last hop answered `{}`", clean(annotation));
        return (if row.reached { None } else { Some(false) }, actual);
    }
    let ended_early = at.is_none_or(|at| row.max_hops.is_none_or(|most| at < u64::from(most)));
    if let (false, Some(address), true) = (
        row.reached,
        last.probes.iter().rev().find_map(|probe| probe.address),
        ended_early,
    ) {
        let actual = format!(
            "the trace ends at {} with an answer from {address}: the target under another address, or a trace cut \
             short; `hop … is {address}` can tell which",
            at.map_or_else(|| "the last hop".to_owned(), |at| format!("hop {at}"))
        );
        return (None, actual);
    }
    match (row.reached, at) {
        (false, _) => (
            Some(false),
            format!(
                "the target does not answer within {}",
                counted(row.hops.len() as u64, "hop", "hops")
            ),
        ),
        (true, None) => (None, "the last hop has no number".to_owned()),
        (true, Some(at)) => (
            Some(count.is_none_or(|count| count.holds(at))),
            format!("the target answers at {}", counted(at, "hop", "hops")),
        ),
    }
}
