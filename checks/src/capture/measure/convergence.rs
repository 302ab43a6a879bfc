//! Convergence times relative to an event, by the names of RFC 6412.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outage::{FlowOutages, Outage, OutageEnd, OutageReport};
use super::{FlowId, Instant, Measured};

/// Convergence after an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Convergence {
    /// Version of this format.
    pub version: u32,
    /// The event, by the clock of the capture.
    pub event: Instant,
    /// First route convergence time: to the first packet of an affected flow on its new path.
    pub first_route: Measured,
    /// Full convergence time: until every affected flow is received again, and stays so.
    pub full: Measured,
    /// Route-specific convergence time of each affected flow, from its lost packets.
    pub route_specific: Vec<(FlowId, Measured)>,
    /// Loss-derived convergence time: the mean over all flows.
    pub loss_derived: Measured,
    /// Loss-derived loss of connectivity of each affected flow, without reference to the event.
    pub loss_of_connectivity: Vec<(FlowId, Measured)>,
    /// How long traffic had to be received without loss to count as recovered (sustained convergence validation time).
    pub validation: i64,
    /// Flows that were not yet validated when the capture ended, or were interrupted again.
    pub unvalidated: Vec<FlowId>,
}

/// The outage of a flow that an event began: the first that was not over before it, and that began while the event had
/// its effect.
fn caused<'a>(flow: &'a FlowOutages, event: &Instant, until: i64) -> Option<&'a Outage> {
    let mut after = flow.outages.iter();
    let first = after.find(|outage| outage.ends().is_none_or(|after| after >= event.lower));
    first.filter(|outage| outage.begins().is_none_or(|begins| begins <= until))
}

impl Convergence {
    /// The version of the format.
    pub const VERSION: u32 = 1;

    /// Convergence after `event`; traffic has to stay undisturbed for `validation` nanoseconds. What began later than `until`
    /// is of something else.
    pub fn after(report: &OutageReport, event: Instant, until: i64, validation: i64) -> Self {
        let mut recovered = Vec::new();
        let mut route_specific = Vec::new();
        let mut loss_of_connectivity = Vec::new();
        let mut unvalidated = Vec::new();
        let mut never = false;
        for flow in &report.flows {
            let Some(outage) = caused(flow, &event, until) else {
                continue;
            };
            route_specific.push((flow.flow, outage.interruption.clone()));
            loss_of_connectivity.push((flow.flow, flow.loss_of_connectivity.clone()));
            match outage.ends() {
                Some(after) if outage.end == OutageEnd::Recovered => {
                    recovered.push(Instant::between(outage.first_after.unwrap_or(after), after));
                    let again = flow
                        .outages
                        .iter()
                        .filter_map(|other| other.last_before)
                        .any(|before| before >= after && before.saturating_sub(after) < validation);
                    if again || flow.last.saturating_sub(after) < validation {
                        unvalidated.push(flow.flow);
                    }
                }
                _ => never = true,
            }
        }
        let none = || {
            report
                .interruption
                .clone()
                .note("no flow was interrupted after the event: bounds are those of what may have hidden")
        };
        let first = recovered.iter().min_by_key(|at| at.upper);
        let first_route = first.map_or_else(none, |at| at.since(event));
        let last = recovered.iter().max_by_key(|at| at.upper);
        let mut full = last.map_or_else(none, |at| at.since(event));
        if never {
            full = full.open_ended("a flow never came back");
        }
        if !unvalidated.is_empty() {
            full = full.open_ended(format!(
                "{} flows were not received undisturbed for the validation time afterwards",
                unvalidated.len()
            ));
        }
        Self {
            version: Self::VERSION,
            event,
            first_route,
            full,
            route_specific,
            loss_derived: report.loss_derived.clone(),
            loss_of_connectivity,
            validation,
            unvalidated,
        }
    }
}
