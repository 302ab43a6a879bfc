//! Which interruptions belong to one failure: those of several flows at one time.

use std::cmp::Reverse;

use crate::capture::measure::outage::{FlowOutages, Outage, OutageEnd, OutageReport, Period};

/// Flows that a failure hits at once may show it as far apart as two of their packets, and by this much: paths differ in
/// length. Nanoseconds.
pub(super) const PATHS_DIFFER: i64 = 1_000_000;
/// An interruption that begins later than the longest belongs to it if it is at least this part of it.
const CONSIDERABLE: i64 = 4;
/// Fewer lost packets than this may be lost by chance.
const FEW: u64 = 3;

/// The interruptions that one failure brought, at most one of each flow.
#[derive(Debug, Clone)]
pub struct Failover<'r> {
    /// The flows, in the order of their numbers, each with its longest interruption.
    pub outages: Vec<(&'r FlowOutages, &'r Outage)>,
    /// The longest of them.
    pub longest: &'r Outage,
}

impl Failover<'_> {
    /// When the last packet before it was captured, nanoseconds.
    pub fn begins(&self) -> i64 {
        let begins = self.outages.iter().filter_map(|(_, outage)| outage.last_before);
        begins.min().unwrap_or(i64::MIN)
    }

    /// When the first packet after it was captured of the flow that came back last, nanoseconds.
    pub fn ends(&self) -> i64 {
        let ends = self.outages.iter().filter_map(|(_, outage)| outage.first_after);
        ends.max().unwrap_or(i64::MAX)
    }

    /// Whether no flow came back: that may be the end of the traffic as well.
    pub fn is_open_ended(&self) -> bool {
        let mut ends = self.outages.iter().map(|(_, outage)| outage.end);
        ends.all(|end| end == OutageEnd::NeverCameBack)
    }
}

/// Sorts the interruptions of a point by failure, the longest first.
///
/// Flows whose interruptions begin together were hit by one failure. One that begins later, within another, belongs to
/// it as well unless it is so short that it may be a loss by chance.
pub fn failovers(report: &OutageReport) -> Vec<Failover<'_>> {
    let mut open: Vec<(&FlowOutages, &Outage)> = report
        .flows
        .iter()
        .flat_map(|flow| flow.outages.iter().map(move |outage| (flow, outage)))
        .filter(|(_, outage)| outage.lost != Some(0) && outage.last_before.is_some())
        .collect();
    open.sort_by_key(|(flow, outage)| {
        let measured = &outage.interruption;
        (
            Reverse(measured.estimate),
            Reverse(measured.lower),
            outage.last_before,
            flow.flow,
        )
    });
    let mut found = Vec::new();
    while let Some(longest) = open.first().copied() {
        let (mut members, others): (Vec<_>, Vec<_>) = open.into_iter().partition(|other| belong(longest, *other));
        open = others;
        // The longest comes first: of each flow that one stays.
        members.sort_by_key(|(flow, _)| flow.flow);
        members.dedup_by_key(|(flow, _)| flow.flow);
        found.push(Failover {
            outages: members,
            longest: longest.1,
        });
    }
    found
}

/// Whether `other` was brought by the failure that brought `longest`.
fn belong((longest_flow, longest): (&FlowOutages, &Outage), (flow, other): (&FlowOutages, &Outage)) -> bool {
    if std::ptr::eq(longest, other) {
        return true;
    }
    let (Some(begins), Some(also)) = (longest.last_before, other.last_before) else {
        return false;
    };
    let period = |flow: &FlowOutages| flow.period.map_or(0, Period::nanoseconds);
    let apart = period(longest_flow)
        .max(period(flow))
        .saturating_mul(2)
        .saturating_add(PATHS_DIFFER);
    if also.saturating_sub(begins).saturating_abs() <= apart {
        return true;
    }
    let overlap =
        also < longest.first_after.unwrap_or(i64::MAX) && other.first_after.is_none_or(|after| begins < after);
    let length = |outage: &Outage| outage.interruption.estimate.unwrap_or(0);
    if overlap && other.end == OutageEnd::NeverCameBack && longest.end != OutageEnd::NeverCameBack {
        return true;
    }
    overlap && other.lost.is_none_or(|lost| lost >= FEW) && length(other) >= length(longest) / CONSIDERABLE
}
