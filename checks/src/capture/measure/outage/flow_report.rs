//! One flow measured when its capture has been read.

use super::bounds::{self, Sender};
use super::copies::SeenOnce;
use super::doubts;
use super::flow::FlowTracker;
use super::report::{DelayVariation, FlowOutages, Outage, OutageEnd, Reordering};
use super::settings::{EndOfTraffic, OutageSettings};
use crate::capture::measure::{Finding, FindingKind, FlowId, Measured, Method, Nanoseconds, Spoils, Unit};

/// What began when, nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    /// The capture.
    pub(super) capture: i64,
    /// The first flow of all.
    pub(super) traffic: i64,
}

/// Measures a flow whose gaps are all closed, in a capture from `start` to `end`.
pub(super) fn of_flow(
    id: FlowId,
    flow: &FlowTracker,
    settings: &OutageSettings,
    start: Start,
    end: i64,
) -> FlowOutages {
    let mut findings = doubts::of_flow(id, flow);
    let sender = Sender::of(flow, settings);
    let mut outages = Vec::new();
    let mut lost = flow.numbered.then_some(flow.pattern.lost);
    let mut quiet = Measured::unknown(
        Unit::Nanoseconds,
        Method::Sequence,
        format!("{} packets are too few to measure", flow.received),
    );
    let mut period = sender.map(|sender| sender.period);
    match (&sender, flow.numbered) {
        (Some(sender), true) if flow.received > 2 => {
            quiet = bounds::undisturbed(flow, sender, settings);
            let counts = |held: i64| settings.forwarding_delay_threshold.is_some_and(|most| held > most);
            let mut episodes: Vec<_> = flow
                .longest
                .kept
                .iter()
                .filter(|episode| episode.lost > 0 || counts(episode.held))
                .collect();
            episodes.sort_by_key(|episode| episode.before.sequence);
            outages.extend(
                episodes
                    .into_iter()
                    .map(|episode| bounds::numbered(flow, sender, episode, settings)),
            );
            outages.extend(at_start(id, flow, sender, settings, start, &mut lost));
            let disagreeing = doubts::of_sender(id, flow, sender, settings);
            findings.extend(disagreeing);
        }
        (_, false) => match bounds::unnumbered(flow, settings) {
            Some((found, intervals, longest)) => {
                period = Some(found);
                outages = intervals;
                quiet = longest;
                outages.extend(sender.as_ref().and_then(|sender| begun_later(flow, sender, start)));
            }
            None => findings.push(too_few(id, flow)),
        },
        _ => findings.push(too_few(id, flow)),
    }
    if let Some(tail) = at_end(flow, sender.as_ref(), settings, id, end, &mut lost) {
        findings.push(Finding::of_flow(
            id,
            FindingKind::NeverCameBack,
            Spoils::Nothing,
            tail.interruption.notes.first().cloned().unwrap_or_default(),
        ));
        outages.push(tail);
    } else if settings.expected(id).last_sequence.is_none() && !matches!(settings.end, EndOfTraffic::Packets(_)) {
        // An outage may just have begun: so far it is no longer than this.
        let silent = end.saturating_sub(flow.last.time);
        if quiet.upper.is_some_and(|upper| upper < silent) {
            quiet.upper = Some(silent);
            quiet.upper_included = true;
        }
    }
    let mut interruption = longest(&quiet, &outages);
    let seen_once = seen_once(flow, &outages);
    if let (Some(once), Some(sender)) = (seen_once, &sender) {
        let (text, hidden) = hidden_behind_copies(once, sender);
        findings.push(Finding::of_flow(
            id,
            FindingKind::MirroredDuplicates,
            Spoils::Nothing,
            text.clone(),
        ));
        let hidden = bounds::allow_for_clocks(hidden, settings);
        if interruption.upper < hidden.upper && interruption.upper.is_some() {
            interruption.upper = hidden.upper;
            interruption.upper_included = hidden.upper_included;
            interruption = interruption.note(text);
        }
    }
    for finding in findings.iter().filter(|finding| finding.spoils == Spoils::Both) {
        interruption.lower = Some(0);
        interruption.lower_included = true;
        interruption = interruption.open_ended(finding.text.clone());
    }
    FlowOutages {
        flow: id,
        received: flow.received,
        lost,
        duplicates: flow.duplicates,
        seen_once,
        octets: flow.octets,
        first: flow.first.time,
        last: flow.last.time,
        first_sequence: flow.numbered.then_some(flow.first.sequence),
        last_sequence: flow.numbered.then_some(flow.last.sequence),
        period,
        interruption,
        loss_of_connectivity: loss_of_connectivity(lost, sender.as_ref(), &outages),
        outages_seen: if flow.numbered {
            flow.longest.with_losses
        } else {
            let seen = outages.iter().filter(|outage| outage.end != OutageEnd::BeforeFirst);
            seen.count() as u64
        },
        outages,
        loss: flow.pattern.counted(),
        reordering: flow.numbered.then(|| reordering(flow)),
        delay_variation: flow.timed.then(|| delay_variation(flow)),
        findings,
    }
}

/// Packets in a row that were captured once where others were captured twice, unless they are those of a loss.
fn seen_once(flow: &FlowTracker, outages: &[Outage]) -> Option<SeenOnce> {
    let last = flow.last.sequence;
    let once = flow
        .copies
        .seen_once(flow.received, flow.pattern.lost, flow.first.sequence, last)?;
    let is_lost = outages.iter().any(|outage| {
        outage.sequence_before.and_then(|before| before.checked_add(1)) == Some(once.from)
            && outage.sequence_after.and_then(|after| after.checked_sub(1)) == Some(once.to)
    });
    (flow.numbered && !is_lost).then_some(once)
}

/// How long those may have been interrupted of which the second copies would be.
fn hidden_behind_copies(once: SeenOnce, sender: &Sender) -> (String, Measured) {
    let packets = i64::try_from(once.packets()).unwrap_or(i64::MAX - 1);
    let upper = sender
        .longest
        .times_ceil(packets.saturating_add(1))
        .saturating_add(sender.straying.saturating_mul(2));
    let period = sender.period.nanoseconds();
    let hidden = Measured::duration(sender.period.times(packets), -1, upper, Method::Sequence, period);
    let text = format!(
        "{once} and others twice: if two places were captured into one, the one behind may have been interrupted for {}. \
         Capture one place, or name two points",
        Nanoseconds(sender.period.times(packets))
    );
    (text, hidden)
}

fn too_few(id: FlowId, flow: &FlowTracker) -> Finding {
    Finding::of_flow(
        id,
        FindingKind::TooFewPackets,
        Spoils::Both,
        format!("{} packets are too few to measure", flow.received),
    )
}

/// Losses before the first packet of a sender that begins with zero, if the capture was running then. Of a probe that is
/// not known to have begun with zero nobody knows what came before: it bounds nothing.
fn at_start(
    id: FlowId,
    flow: &FlowTracker,
    sender: &Sender,
    settings: &OutageSettings,
    start: Start,
    lost: &mut Option<u64>,
) -> Option<Outage> {
    let space = settings.expected(id).sequence.unwrap_or(settings.sequence);
    let missing = flow.first.sequence;
    let is_probe = flow.timed && space.bits >= 64;
    if !(space.from_zero || is_probe) {
        return begun_later(flow, sender, start);
    }
    if missing == 0 {
        return None;
    }
    let start = start.capture;
    let count = i64::try_from(missing).unwrap_or(i64::MAX - 1);
    let began = flow.first.time.saturating_sub(sender.longest.times_ceil(count));
    let within = began >= start.saturating_sub(if space.from_zero { sender.straying } else { 0 });
    let silent = flow.first.time.saturating_sub(start);
    if !within && silent <= usual_silence(Some(sender)) {
        return None;
    }
    let margin = sender.straying.saturating_mul(2);
    let measured = Measured::duration(
        sender.period.times(count).min(silent),
        sender.shortest.times_floor(count - 1).saturating_sub(margin),
        sender
            .longest
            .times_ceil(count.saturating_add(1))
            .saturating_add(margin),
        Method::Sequence,
        sender.period.nanoseconds(),
    );
    let known = within && space.from_zero;
    let measured = if known {
        *lost = lost.map(|lost| lost.saturating_add(missing));
        measured.note("from the beginning of the traffic: how long nothing would have passed before is not known")
    } else {
        let mut unknown = measured.open_ended(format!(
            "its first packet is number {missing}, and the capture had been running for {}: what became of those before it \
             is not known",
            Nanoseconds(silent)
        ));
        (unknown.estimate, unknown.lower, unknown.lower_included) = (None, Some(0), true);
        unknown
    };
    Some(Outage {
        end: OutageEnd::BeforeFirst,
        last_before: None,
        first_after: Some(flow.first.time),
        sequence_before: None,
        sequence_after: Some(flow.first.sequence),
        lost: known.then_some(missing),
        runs: 1,
        all_runs: None,
        again: None,
        gap: None,
        interruption: bounds::allow_for_clocks(measured.clone(), settings),
        by_sequence: Some(measured),
        by_send_times: None,
        by_gap: None,
        path_delay_step: None,
        held: 0,
    })
}

/// A flow whose numbers begin anywhere, or that has none, and which was first seen when others had been for a while: it may
/// have begun then, or have been lost before.
fn begun_later(flow: &FlowTracker, sender: &Sender, start: Start) -> Option<Outage> {
    let silent = flow.first.time.saturating_sub(start.traffic);
    if silent <= usual_silence(Some(sender)) {
        return None;
    }
    let text = format!(
        "its first packet came {} after that of another flow: whether it began then is not known",
        Nanoseconds(silent)
    );
    let mut unknown =
        Measured::duration(silent, -1, i64::MAX, Method::Gap, sender.period.nanoseconds()).open_ended(text);
    unknown.estimate = None;
    Some(Outage {
        end: OutageEnd::BeforeFirst,
        last_before: None,
        first_after: Some(flow.first.time),
        sequence_before: None,
        sequence_after: flow.numbered.then_some(flow.first.sequence),
        lost: None,
        runs: 1,
        all_runs: None,
        again: None,
        gap: None,
        interruption: unknown,
        by_sequence: None,
        by_send_times: None,
        by_gap: None,
        path_delay_step: None,
        held: 0,
    })
}

/// A flow is silent for so long without having ended.
fn usual_silence(sender: Option<&Sender>) -> i64 {
    sender.map_or(1_000_000_000, |sender| {
        sender
            .longest
            .times_ceil(2)
            .saturating_add(sender.straying.saturating_mul(2))
            .saturating_add(1_000_000)
    })
}

/// A flow that ended before the capture, or before all its packets were received.
fn at_end(
    flow: &FlowTracker,
    sender: Option<&Sender>,
    settings: &OutageSettings,
    id: FlowId,
    end: i64,
    lost: &mut Option<u64>,
) -> Option<Outage> {
    let last_sent = match (settings.expected(id).last_sequence, settings.end) {
        (Some(last), _) if flow.numbered => Some(last),
        (_, EndOfTraffic::Packets(count)) if flow.numbered => {
            let first = if settings.sequence.from_zero {
                0
            } else {
                flow.first.sequence
            };
            Some(first.saturating_add(count.saturating_sub(1)))
        }
        _ => None,
    };
    let silent = end.saturating_sub(flow.last.time);
    let (missing, measured) = if let Some(last) = last_sent {
        let missing = last.checked_sub(flow.last.sequence).filter(|missing| *missing > 0)?;
        *lost = lost.map(|lost| lost.saturating_add(missing));
        let count = i64::try_from(missing).unwrap_or(i64::MAX - 1);
        let (estimate, lower) = sender.map_or((0, 0), |sender| {
            let margin = sender.straying.saturating_mul(2);
            (
                sender.period.times(count),
                sender.shortest.times_floor(count - 1).saturating_sub(margin),
            )
        });
        let text = format!("the last {missing} packets that were sent never came: the outage did not end");
        (
            Some(missing),
            Measured::duration(estimate, lower, i64::MAX, Method::Sequence, estimate / count.max(1)).open_ended(text),
        )
    } else {
        let usual = usual_silence(sender);
        if silent <= usual {
            return None;
        }
        let text = format!(
            "the flow never came back: silent for {} until the end of the {}",
            Nanoseconds(silent),
            if matches!(settings.end, EndOfTraffic::At(_)) {
                "traffic"
            } else {
                "capture"
            }
        );
        let known = !matches!(settings.end, EndOfTraffic::Unknown);
        let lower = if known { silent.saturating_sub(usual) } else { -1 };
        let mut measured = Measured::duration(silent, lower, i64::MAX, Method::Gap, usual).open_ended(text);
        if !known {
            measured.estimate = None;
            measured = measured.note("whether its sender had stopped is not known");
        }
        (None, measured)
    };
    Some(Outage {
        end: OutageEnd::NeverCameBack,
        last_before: Some(flow.last.time),
        first_after: None,
        sequence_before: flow.numbered.then_some(flow.last.sequence),
        sequence_after: None,
        lost: missing,
        runs: 1,
        all_runs: None,
        again: None,
        gap: None,
        interruption: measured,
        by_sequence: None,
        by_send_times: None,
        by_gap: None,
        path_delay_step: None,
        held: 0,
    })
}

/// The longest of several: no interruption is longer than the greatest upper bound, and one is at least as long as the
/// greatest lower bound.
fn longest(quiet: &Measured, outages: &[Outage]) -> Measured {
    let mut all = quiet.clone();
    let mut leading = quiet.estimate;
    for outage in outages {
        let other = &outage.interruption;
        if other.estimate > leading {
            leading = other.estimate;
            all.estimate = other.estimate;
            all.method = other.method;
            all.resolution = other.resolution;
            all.notes.clone_from(&other.notes);
        }
        if other.lower > all.lower {
            all.lower = other.lower;
            all.lower_included = other.lower_included;
        } else if other.lower == all.lower {
            all.lower_included &= other.lower_included;
        }
        match (other.upper, all.upper) {
            (Some(other_upper), Some(upper)) if other_upper > upper => {
                all.upper = other.upper;
                all.upper_included = other.upper_included;
            }
            (Some(other_upper), Some(upper)) if other_upper == upper => all.upper_included |= other.upper_included,
            (None, Some(_)) => {
                all.upper = None;
                all.upper_included = false;
                all.notes.extend(other.notes.iter().cloned());
            }
            _ => {}
        }
    }
    all.notes.dedup();
    all
}

/// The longest interruption of any flow.
pub(super) fn longest_of(flows: &[FlowOutages]) -> Measured {
    let mut flows = flows.iter();
    let Some(first) = flows.next() else {
        return Measured::unknown(Unit::Nanoseconds, Method::Sequence, "no flow was seen");
    };
    let outages: Vec<Outage> = Vec::new();
    let mut all = longest(&first.interruption, &outages);
    for flow in flows {
        all = longer(all, &flow.interruption);
    }
    all
}

fn longer(all: Measured, other: &Measured) -> Measured {
    let (mut leading, following) = if other.estimate > all.estimate {
        (other.clone(), &all)
    } else {
        (all.clone(), other)
    };
    match (leading.lower, following.lower) {
        (Some(lower), Some(other)) if other > lower => {
            leading.lower = following.lower;
            leading.lower_included = following.lower_included;
        }
        (None, Some(_)) => {
            leading.lower = following.lower;
            leading.lower_included = following.lower_included;
        }
        _ => {}
    }
    match (leading.upper, following.upper) {
        (Some(upper), Some(other)) if other > upper => {
            leading.upper = following.upper;
            leading.upper_included = following.upper_included;
        }
        (Some(_), None) => {
            leading.upper = None;
            leading.upper_included = false;
            leading.notes.extend(following.notes.iter().cloned());
        }
        _ => {}
    }
    leading
}

fn loss_of_connectivity(lost: Option<u64>, sender: Option<&Sender>, outages: &[Outage]) -> Measured {
    let (Some(lost), Some(sender)) = (lost, sender) else {
        return Measured::unknown(Unit::Nanoseconds, Method::LossDerived, "losses or rate are not known");
    };
    let count = i64::try_from(lost).unwrap_or(i64::MAX - 1);
    let runs: i64 = outages
        .iter()
        .map(|outage| i64::try_from(outage.runs).unwrap_or(0))
        .sum();
    let runs = runs.max(1);
    let margin = sender.straying.saturating_mul(2).saturating_mul(runs);
    let measured = Measured::duration(
        sender.period.times(count),
        sender
            .shortest
            .times_floor(count.saturating_sub(runs))
            .saturating_sub(margin),
        sender
            .longest
            .times_ceil(count.saturating_add(runs))
            .saturating_add(margin),
        Method::LossDerived,
        sender.period.nanoseconds(),
    );
    if outages.iter().any(|outage| outage.end == OutageEnd::NeverCameBack) {
        return measured.open_ended("an outage did not end");
    }
    measured
}

fn reordering(flow: &FlowTracker) -> Reordering {
    let packets = flow.reordered.packets;
    let received = flow.received.max(1);
    let whole = |billionths: u128| i64::try_from(billionths).unwrap_or(i64::MAX);
    let billionths = |count: u64| whole(u128::from(count) * 1_000_000_000 / u128::from(received));
    let rounded_up = |count: u64| whole((u128::from(count) * 1_000_000_000).div_ceil(u128::from(received)));
    let ratio = Measured::between(
        Unit::PartsPerBillion,
        billionths(packets),
        (billionths(packets), true),
        // Rounding, and packets too late to be told from duplicates.
        (rounded_up(packets.saturating_add(flow.incoherence.very_late)), true),
        Method::Count,
        billionths(1),
    );
    Reordering {
        packets,
        ratio,
        greatest_extent: flow.reordered.greatest_extent,
        mean_extent_thousandths: flow.reordered.extent_sum.saturating_mul(1_000) / packets.max(1),
        greatest_late_time: flow.reordered.greatest_late_time,
    }
}

fn delay_variation(flow: &FlowTracker) -> DelayVariation {
    let differences = flow.delay_differences;
    DelayVariation {
        spread: flow.delays.spread(),
        mean_difference: i64::try_from(differences.sum / differences.count.max(1)).unwrap_or(i64::MAX),
        greatest_difference: i64::try_from(differences.greatest).unwrap_or(i64::MAX),
    }
}
