//! Decides phrases about captures on what was measured.

mod balance;
mod failover;
mod flow_labels;
mod flows;
mod selection;
mod vpn_label;

use checks::Verdict;
use checks::outcome::{DecidingLines, Outcome};
use checks::phrase::CaptureAssertion;

pub(crate) use flow_labels::in_a_row;
pub use selection::SentFlows;

use super::Study;

/// Decides an assertion, at one point or over all of them. `at` is the point under which the assertion stands: flows are
/// judged there, whether or not they go further. `sent` is what is known to have been sent: flows of it that were not seen
/// are no silence to be passed over.
pub fn decide(assertion: &CaptureAssertion, at: Option<&str>, study: &Study, sent: &[SentFlows]) -> Outcome {
    let seen = Deciding { at, study, sent };
    let found = match assertion {
        CaptureAssertion::Interrupted {
            flows,
            bound,
            limit,
            negated,
        } => seen.interrupted(flows, *bound, *limit, *negated),
        CaptureAssertion::NothingLost { flows } => seen.nothing_lost(flows),
        CaptureAssertion::Reordering { flows, bound, percent } => seen.reordering(flows, *bound, *percent),
        CaptureAssertion::Balanced { mode, links } => seen.balanced(*mode, links),
        CaptureAssertion::Took { phase, bound, limit } => seen.took(*phase, *bound, *limit),
        CaptureAssertion::SwitchedBeforeWithdrawal { protocol } => seen.before_withdrawal(*protocol),
        CaptureAssertion::OneFlowLabel { vsi } => seen.one_flow_label(vsi),
        CaptureAssertion::FlowLabelsDiffer => seen.flow_labels_differ(),
        CaptureAssertion::VpnLabelStays { label } => seen.vpn_label_stays(*label),
    };
    let Found {
        verdict,
        actual,
        points,
        warnings,
    } = found.unwrap_or_else(|doubt| doubt);
    Outcome {
        verdict,
        expected: assertion.to_string(),
        actual,
        deciding: evidence(study, &points),
        warnings,
    }
}

/// What was found, and at which points.
struct Found {
    verdict: Verdict,
    actual: String,
    points: Vec<String>,
    warnings: Vec<String>,
}

impl Found {
    fn doubt(actual: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Inconclusive,
            actual: actual.into(),
            points: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// What was found; `Err` is a doubt that nothing further can remove.
type Decided = Result<Found, Found>;

struct Deciding<'s> {
    at: Option<&'s str>,
    study: &'s Study,
    sent: &'s [SentFlows],
}

/// The captures of the points that decided.
fn evidence(study: &Study, points: &[String]) -> Vec<DecidingLines> {
    let decided = study.points.iter().filter(|point| points.contains(&point.name));
    decided
        .flat_map(|point| &point.links)
        .flat_map(|link| {
            link.evidence.iter().map(|evidence| DecidingLines {
                device: link.device.clone(),
                command: "capture".to_owned(),
                evidence: evidence.clone(),
                lines: Vec::new(),
            })
        })
        .collect()
}

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod label_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod transit_tests;
