//! What stands between a flow's numbers and a verdict.

use super::bounds::Sender;
use super::flow::{FlowTracker, Range};
use super::settings::OutageSettings;
use crate::capture::measure::{Finding, FindingKind, FlowId, Nanoseconds, Spoils};

/// Contradictions to a single, steady sender that happen once or twice are damage; more are another sender.
const MANY: u64 = 3;

pub(super) fn of_flow(id: FlowId, flow: &FlowTracker) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |kind, spoils, text: String| found.push(Finding::of_flow(id, kind, spoils, text));
    let seen = flow.incoherence;
    if seen.restarts > 0 {
        add(
            FindingKind::SequenceRestart,
            Spoils::Both,
            format!(
                "the sequence began anew {} times: losses around that are not known",
                seen.restarts
            ),
        );
    }
    if seen.sent_anew >= MANY {
        add(
            FindingKind::IncoherentSequence,
            Spoils::Both,
            format!(
                "{} packets have the number of another that was sent at another time: several senders use this flow",
                seen.sent_anew
            ),
        );
    }
    if seen.lower_but_newer >= MANY || seen.strays >= MANY || seen.distant_duplicates >= 16 {
        add(
            FindingKind::IncoherentSequence,
            Spoils::Both,
            format!(
                "no single sender numbers packets so ({} lower than before though sent later, {} too far ahead, {} \
                 repeated after long): do several senders use this flow?",
                seen.lower_but_newer, seen.strays, seen.distant_duplicates
            ),
        );
    } else if seen.lower_but_newer + seen.strays > 0 {
        add(
            FindingKind::IncoherentSequence,
            Spoils::Nothing,
            format!(
                "{} packets have numbers that fit nowhere and were left out",
                seen.lower_but_newer + seen.strays
            ),
        );
    }
    if seen.mixed > 0 {
        add(
            FindingKind::IncoherentSequence,
            Spoils::Both,
            format!("{} packets of the flow carry other fields than its first", seen.mixed),
        );
    }
    if seen.very_late > 0 {
        add(
            FindingKind::VeryLate,
            Spoils::Fail,
            format!(
                "{} packets came too late to be told from duplicates: some counted as lost may not be",
                seen.very_late
            ),
        );
    }
    if seen.wraps_from_time > 0 {
        add(
            FindingKind::IncoherentSequence,
            Spoils::Nothing,
            format!(
                "how often sequence numbers wrapped in a silence was told from its length {} times",
                seen.wraps_from_time
            ),
        );
    }
    if seen.wraps_unclear > 0 {
        add(
            FindingKind::IncoherentSequence,
            Spoils::Both,
            "after a silence the numbers are not those of a sender that went on meanwhile: how often they wrapped is not \
             known"
                .to_owned(),
        );
    }
    if flow.duplicates.saturating_mul(10) >= flow.received.saturating_mul(9) && flow.received > 2 {
        add(
            FindingKind::MirroredDuplicates,
            Spoils::Nothing,
            format!(
                "{} of {} packets were seen twice: a mirror port or several interfaces; the first of each counts",
                flow.duplicates, flow.received
            ),
        );
    }
    if flow.backwards > 1_000_000 {
        add(
            FindingKind::ClockStep,
            if flow.timed && flow.numbered {
                Spoils::Nothing
            } else {
                Spoils::Both
            },
            format!(
                "the capture's clock went back by {} within the flow",
                Nanoseconds(flow.backwards)
            ),
        );
    }
    let stands = |steps: Range| steps.least == 0 && steps.greatest == 0;
    if flow.received > 2 && stands(flow.time_steps) {
        add(
            FindingKind::ImplausibleTime,
            Spoils::Both,
            "the capture's clock stands still within the flow".to_owned(),
        );
    }
    if flow.timed {
        of_send_times(id, flow, &mut found);
    }
    found
}

fn of_send_times(id: FlowId, flow: &FlowTracker, found: &mut Vec<Finding>) {
    let mut add = |kind, spoils, text: String| found.push(Finding::of_flow(id, kind, spoils, text));
    let (sent, seen) = (
        i128::from(flow.last.sent - flow.first.sent),
        i128::from(flow.last.time - flow.first.time),
    );
    // A hundredth and a second more: far beyond what clocks and paths explain.
    if flow.received > 2 && (sent - seen).abs() > seen.abs() / 100 + 1_000_000_000 {
        add(
            FindingKind::SendTimesUnusable,
            Spoils::Both,
            format!(
                "send times advanced by {} while {} passed in the capture",
                Nanoseconds(i64::try_from(sent).unwrap_or(i64::MAX)),
                Nanoseconds(i64::try_from(seen).unwrap_or(i64::MAX))
            ),
        );
    }
    if flow.received > 2 && flow.send_steps.least == 0 && flow.send_steps.greatest == 0 {
        add(
            FindingKind::SendTimesUnusable,
            Spoils::Both,
            "all packets carry one send time".to_owned(),
        );
    }
    if flow.send_steps.greatest >= flow.send_steps.least && flow.send_steps.least < 0 {
        add(
            FindingKind::SenderClockStep,
            Spoils::Both,
            format!(
                "the sender's clock went back by {} between two packets",
                Nanoseconds(flow.send_steps.least.saturating_neg())
            ),
        );
    }
    let held = flow.longest.held;
    if held >= 1_000_000 {
        add(
            FindingKind::Held,
            Spoils::Nothing,
            format!(
                "packets were held back for up to {} and then delivered",
                Nanoseconds(held)
            ),
        );
    }
}

/// What the estimated period and the steadiness of the sender say.
pub(super) fn of_sender(id: FlowId, flow: &FlowTracker, sender: &Sender, settings: &OutageSettings) -> Vec<Finding> {
    let mut found = Vec::new();
    if let (Some(estimated), Some(declared)) = (sender.estimated, settings.declared_millirate) {
        found.push(Finding::of_flow(
            id,
            FindingKind::RateDisagrees,
            Spoils::Nothing,
            format!(
                "declared {} packets per second, estimated {:.3}: bounds hold for both",
                declared as f64 / 1_000.0,
                estimated.rate()
            ),
        ));
    }
    if sender.irregular > 0.0 {
        found.push(Finding::of_flow(
            id,
            FindingKind::IrregularStream,
            Spoils::Nothing,
            format!(
                "intervals between packets vary by ±{}: bounds are as for random arrivals",
                Nanoseconds(sender.irregular as i64)
            ),
        ));
    }
    let steps = flow.send_steps;
    if flow.timed && steps.greatest > sender.period.times(4).saturating_add(2_000_000) {
        found.push(Finding::of_flow(
            id,
            FindingKind::SenderPause,
            Spoils::Nothing,
            format!(
                "the sender paused: two consecutive packets were sent {} apart",
                Nanoseconds(steps.greatest)
            ),
        ));
    }
    found
}
