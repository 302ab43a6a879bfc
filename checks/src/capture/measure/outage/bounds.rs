//! From an episode to a number: the bounds of an outage by each method.
//!
//! With period τ, N packets lost and g between the neighbours, an outage X obeys (N−1)τ < X < (N+1)τ; g = (N+1)τ + dd
//! where the path's delay changed by dd. A sender that strays by j from its schedule and a path whose delay varies by e
//! add 2(j+e).

use super::episode::{Episode, Gap};
use super::flow::{FlowTracker, Range, class_end};
use super::period::Period;
use super::report::{Outage, OutageEnd};
use super::settings::OutageSettings;
use crate::capture::measure::{Measured, Method, Nanoseconds, Unit};

/// Rates that differ by less are taken as the same: errors of clocks and of estimation.
const SAME_RATE_PPM: i64 = 200;
/// A gap that exceeds what its packets stand for by more is not explained by a longer path. Nanoseconds.
const PATHS_DIFFER_AT_MOST: i64 = 50_000_000;
/// −ln of the probability at which a chance is neglected (10⁻⁹).
pub(super) const NEGLECTED: f64 = 20.7;

/// What is known of a flow's sender and path, for its bounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    /// The period that estimates use.
    pub(super) period: Period,
    pub(super) shortest: Period,
    pub(super) longest: Period,
    /// The estimated period, where one was declared as well.
    pub(super) estimated: Option<Period>,
    /// By how much an interval between consecutive packets strays from the period at most.
    pub(super) straying: i64,
    /// Standard deviation of intervals where the sender keeps no schedule; else zero.
    pub(super) irregular: f64,
    /// Packets over which the period was estimated.
    pub(super) stretch: u64,
}

impl Sender {
    pub(super) fn of(flow: &FlowTracker, settings: &OutageSettings) -> Option<Self> {
        let breaks: Vec<(u64, u64)> = flow
            .longest
            .kept
            .iter()
            .filter(|episode| flow.numbered && (episode.lost > 0 || episode.held > 0))
            .map(|episode| (episode.before.sequence, episode.after.sequence))
            .chain(flow.steps.iter().map(|(_, beside)| *beside).filter(|_| flow.numbered))
            .collect();
        let estimated = flow.anchors.period(&breaks);
        let declared = settings.declared_millirate.and_then(Period::of_millirate);
        let period = declared.or(estimated)?;
        let differs = |other: Period| {
            let packets = 1_000_000;
            let (one, other) = (period.times(packets), other.times(packets));
            one.saturating_sub(other).saturating_abs() > one / 1_000_000 * SAME_RATE_PPM
        };
        let (shortest, longest) = match estimated {
            Some(estimated) if declared.is_some() && differs(estimated) => {
                (period.shorter(estimated), period.longer(estimated))
            }
            _ => (period, period),
        };
        let steps = if flow.timed { flow.send_steps } else { flow.time_steps };
        let fitted = estimated.unwrap_or(period);
        let straying = straying(steps, fitted);
        let walk = flow.anchors.straying(fitted, &breaks);
        let tau = fitted.nanoseconds();
        let scheduled = walk <= straying.saturating_mul(2) && straying <= tau.saturating_mul(2);
        let irregular = if flow.timed || scheduled || !flow.numbered || flow.received < 2 {
            0.0
        } else {
            (flow.deviations / flow.received as f64).sqrt()
        };
        Some(Self {
            period,
            shortest,
            longest,
            estimated: estimated.filter(|estimated| declared.is_some() && differs(*estimated)),
            straying,
            irregular,
            stretch: flow.anchors.longest_stretch(&breaks).max(1),
        })
    }

    /// What the sender's unsteadiness adds to either bound of `packets` periods, in nanoseconds.
    fn slack(&self, packets: i64) -> i64 {
        // An estimate over a stretch of m packets is off by at most 2v/m each.
        let estimation = i128::from(self.straying) * 2 * i128::from(packets.max(0)) / i128::from(self.stretch.max(1));
        let mut slack = self
            .straying
            .saturating_mul(2)
            .saturating_add(i64::try_from(estimation).unwrap_or(i64::MAX));
        if self.irregular > 0.0 {
            let packets = packets.max(1) as f64;
            // The sum of as many random intervals, and the rate that was estimated from a stretch of them.
            let estimation = 1.5 * packets * (2.0 * NEGLECTED / self.stretch as f64).sqrt();
            let spread = ((2.0 * NEGLECTED * packets).sqrt() + estimation) * self.irregular;
            slack = slack.saturating_add((spread + NEGLECTED * self.irregular).ceil() as i64);
        }
        slack
    }
}

fn straying(steps: Range, period: Period) -> i64 {
    if steps.greatest < steps.least {
        // No two consecutive packets were received: nothing is known, so a whole period is allowed for.
        return period.nanoseconds();
    }
    (steps.greatest.saturating_sub(period.times_floor(1)))
        .max(period.times_ceil(1).saturating_sub(steps.least))
        // A period that is no whole number of nanoseconds strays by its rounding.
        .saturating_sub(1)
        .max(0)
}

/// So many packets beside an outage may have been lost by chance, judged by the other losses of the flow.
fn lost_by_chance(flow: &FlowTracker, episode: &Episode) -> i64 {
    let others = flow.pattern.periods.saturating_sub(episode.gaps);
    if others == 0 || flow.pattern.shortest > 3 {
        return 0;
    }
    let chance = (others + 3) as f64 / flow.received.max(1) as f64;
    let lost = i64::try_from(episode.longest.lost()).unwrap_or(i64::MAX);
    if chance >= 0.5 {
        return lost;
    }
    let mean_run = (flow.pattern.lost.saturating_sub(episode.lost) as f64 / others as f64).clamp(1.0, 3.0);
    ((NEGLECTED / -chance.ln() + 1.0) * mean_run).ceil() as i64
}

/// The outage of an episode of a numbered flow.
pub(super) fn numbered(flow: &FlowTracker, sender: &Sender, episode: &Episode, settings: &OutageSettings) -> Outage {
    let gap = &episode.longest;
    let held = hold(episode);
    let by_sequence = by_sequence(flow, sender, episode, held);
    let by_send_times = flow.timed.then(|| by_send_times(sender, episode, held));
    let mut interruption = by_sequence.clone();
    if let Some(by_times) = &by_send_times {
        interruption = agree(sender, episode, &by_sequence, by_times);
    }
    interruption = allow_for_pause(flow, sender, episode, interruption);
    let by_chance = lost_by_chance(flow, episode);
    if by_chance > 0 {
        let packets = sender.period.times_ceil(by_chance);
        interruption.lower = interruption.lower.map(|lower| lower.saturating_sub(packets).max(0));
        interruption.lower_included |= interruption.lower == Some(0);
        interruption = interruption.note(format!(
            "other losses of the flow: up to {by_chance} of the lost packets may have been lost by chance"
        ));
    }
    if episode.gaps > 1 {
        interruption = interruption.note(format!(
            "{} runs of losses with fewer than {} packets received between them: the upper bound covers them all",
            episode.gaps, settings.recovery_run
        ));
    }
    if held > 0 {
        interruption = interruption.note(format!(
            "the first packet after it came {} later than those that followed: the upper bound allows for it",
            Nanoseconds(held)
        ));
        if settings
            .forwarding_delay_threshold
            .is_some_and(|threshold| held > threshold)
        {
            interruption = counted_as_lost(interruption, gap, held);
        }
    }
    let by_gap = (!gap.refilled).then(|| by_gap(flow, sender, gap, settings));
    Outage {
        end: OutageEnd::Recovered,
        last_before: Some(gap.before.time),
        first_after: Some(gap.after.time),
        sequence_before: Some(gap.before.sequence),
        sequence_after: Some(gap.after.sequence),
        lost: Some(gap.lost()),
        runs: episode.gaps,
        all_runs: (episode.gaps > 1).then(|| all_runs(episode)),
        again: episode.again,
        gap: (!gap.refilled).then(|| gap.after.time - gap.before.time),
        interruption: allow_for_clocks(interruption, settings),
        by_sequence: Some(allow_for_clocks(by_sequence, settings)),
        by_send_times: by_send_times.map(|measured| allow_for_clocks(measured, settings)),
        by_gap,
        path_delay_step: flow.timed.then_some(gap.around.step),
        held,
    }
}

/// When the last packet before and the first after all gaps of an episode were captured. Packets that came late may have
/// been captured in the order of neither.
fn all_runs(episode: &Episode) -> (i64, i64) {
    let longest = &episode.longest;
    (
        episode.before.time.min(longest.before.time),
        episode.after.time.max(longest.after.time),
    )
}

/// How long the first packet after an episode was held back, less what delays vary by anyway.
fn hold(episode: &Episode) -> i64 {
    episode.held.max(0)
}

fn counted_as_lost(mut measured: Measured, gap: &Gap, held: i64) -> Measured {
    let surely = held.saturating_sub(gap.around.spread_before).max(0);
    measured.estimate = measured.estimate.map(|estimate| estimate.saturating_add(held));
    measured.lower = measured.lower.map(|lower| lower.saturating_add(surely));
    measured.note("packets later than the forwarding delay threshold count as lost")
}

/// Without send times the numbers stand for a time only as long as the sender keeps its period. Where it does not, or
/// where far more time passed than its packets stand for, it may have paused in the outage.
fn allow_for_pause(flow: &FlowTracker, sender: &Sender, episode: &Episode, mut measured: Measured) -> Measured {
    let passed = episode.after.time - episode.before.time;
    let sent = packets(episode.after.sequence.saturating_sub(episode.before.sequence));
    let more = passed.saturating_sub(sender.longest.times_ceil(sent));
    let paused = more > PATHS_DIFFER_AT_MOST || (sender.irregular > 0.0 && more > 0);
    if flow.timed || !paused || measured.upper.is_none_or(|upper| upper >= passed) {
        return measured;
    }
    measured.upper = Some(passed);
    measured.upper_included = false;
    measured.note(format!(
        "{sent} periods took {}: the sender may have paused meanwhile, so the upper bound covers all of it",
        Nanoseconds(passed)
    ))
}

fn packets(lost: u64) -> i64 {
    i64::try_from(lost).unwrap_or(i64::MAX - 1)
}

fn by_sequence(flow: &FlowTracker, sender: &Sender, episode: &Episode, held: i64) -> Measured {
    let lost = packets(episode.longest.lost());
    let all = packets(
        episode
            .after
            .sequence
            .saturating_sub(episode.before.sequence)
            .saturating_sub(1),
    );
    let spread = if flow.timed { spread(&episode.longest) } else { 0 };
    let lower = sender
        .shortest
        .times_floor(lost - 1)
        .saturating_sub(sender.slack(lost - 1))
        .saturating_sub(spread);
    let upper = sender
        .longest
        .times_ceil(all.saturating_add(1))
        .saturating_add(sender.slack(all.saturating_add(1)))
        .saturating_add(held);
    let measured = Measured::duration(
        sender.period.times(lost),
        lower,
        upper,
        Method::Sequence,
        sender.period.nanoseconds(),
    );
    if sender.irregular > 0.0 {
        return measured.note(format!(
            "the sender keeps no period: {lost} losses at {:.0} packets per second are good to ±√{lost} packets, not ±1",
            sender.period.rate()
        ));
    }
    measured
}

/// Delays vary by so much around a gap.
fn spread(gap: &Gap) -> i64 {
    gap.around.spread_before.max(gap.around.spread_after)
}

fn by_send_times(sender: &Sender, episode: &Episode, held: i64) -> Measured {
    let gap = &episode.longest;
    let span = gap.after.sent - gap.before.sent;
    let period = sender.period.times(1);
    let lower = if gap.lost() == 0 {
        -1
    } else {
        span.saturating_sub(sender.longest.times_ceil(2))
            .saturating_sub(sender.straying.saturating_mul(2))
            .saturating_sub(spread(gap))
    };
    let upper = (episode.after.sent - episode.before.sent).saturating_add(held);
    let estimate = if gap.lost() == 0 {
        0
    } else {
        span.saturating_sub(period).max(0)
    };
    Measured::duration(estimate, lower, upper, Method::SendTimes, period)
}

/// Send times bound an outage better than counting does, as long as both tell the same.
fn agree(sender: &Sender, episode: &Episode, by_sequence: &Measured, by_times: &Measured) -> Measured {
    let gap = &episode.longest;
    let expected = sender.period.times(packets(gap.lost()).saturating_add(1));
    let span = gap.after.sent - gap.before.sent;
    let tolerance = sender
        .straying
        .saturating_mul(2)
        .saturating_add(expected / 1_000_000 * SAME_RATE_PPM);
    let mut best = by_times.clone();
    best.estimate = by_sequence.estimate;
    if span.saturating_sub(expected).saturating_abs() <= tolerance && sender.estimated.is_none() {
        return best;
    }
    best.lower = best.lower.min(by_sequence.lower);
    best.lower_included = best.lower == Some(0);
    best.upper = best.upper.max(by_sequence.upper);
    best.note(format!(
        "{} lost packets stand for {}, send times for {}: the bounds cover both",
        gap.lost(),
        Nanoseconds(expected),
        Nanoseconds(span)
    ))
}

fn by_gap(flow: &FlowTracker, sender: &Sender, gap: &Gap, settings: &OutageSettings) -> Measured {
    let seen = gap.after.time - gap.before.time;
    let period = sender.period.times(1);
    if flow.timed {
        let span = gap.after.sent - gap.before.sent;
        let shift = seen.saturating_sub(span);
        let lower = span
            .saturating_sub(sender.longest.times_ceil(2))
            .saturating_sub(sender.straying.saturating_mul(2))
            .saturating_sub(spread(gap));
        return Measured::duration(
            span.saturating_sub(period).max(0),
            lower,
            span.saturating_add(gap.around.held),
            Method::Gap,
            period,
        )
        .note(format!(
            "gap of {}; the delay of the second packet exceeds the first's by {}",
            Nanoseconds(seen),
            Nanoseconds(shift)
        ));
    }
    let margin = sender.straying.saturating_mul(2);
    biased_gap(
        seen,
        period,
        sender.longest.times_ceil(2).saturating_add(margin),
        margin,
        settings,
    )
}

/// A gap without send times: the difference of path delays shifts it, by as much as is declared.
fn biased_gap(seen: i64, period: i64, below: i64, above: i64, settings: &OutageSettings) -> Measured {
    let shift = settings.path_delay_difference.unwrap_or(0).max(0);
    let measured = Measured::duration(
        seen.saturating_sub(period).max(0),
        seen.saturating_sub(below).saturating_sub(shift),
        seen.saturating_add(above).saturating_add(shift),
        Method::Gap,
        period,
    );
    if settings.path_delay_difference.is_some() {
        return measured.note(format!(
            "path delays are taken to differ by at most {}",
            Nanoseconds(shift)
        ));
    }
    let mut unbounded = measured.open_ended(
        "without send times or sequence numbers a gap is shifted by the difference of path delays, which is not declared",
    );
    unbounded.lower = Some(0);
    unbounded.lower_included = true;
    unbounded
}

/// The outages of a flow without numbers: intervals that stand out.
pub(super) fn unnumbered(flow: &FlowTracker, settings: &OutageSettings) -> Option<(Period, Vec<Outage>, Measured)> {
    let total: u64 = flow.intervals.iter().map(|count| u64::from(*count)).sum();
    if total < 20 {
        return None;
    }
    let at_most = |share_of_million: u64, without: u64| {
        let rank = (total - without) * share_of_million / 1_000_000;
        let mut seen = 0;
        for (class, count) in flow.intervals.iter().enumerate() {
            seen += u64::from(*count);
            if seen > rank || seen >= total - without {
                return class_end(class);
            }
        }
        i64::MAX
    };
    let sender = Sender::of(flow, settings)?;
    let typical = at_most(500_000, 0).max(sender.period.nanoseconds());
    let standing_out: Vec<&Episode> = {
        let mut kept: Vec<&Episode> = flow.longest.kept.iter().collect();
        kept.retain(|episode| episode.weight() > typical.saturating_mul(4));
        kept
    };
    let usual = at_most(999_000, (standing_out.len() as u64).min(total - 1));
    let mut period = sender.period;
    if let Some(declared) = settings.declared_millirate.and_then(Period::of_millirate) {
        period = declared;
    }
    let measure = |seen: i64| {
        allow_for_clocks(
            biased_gap(
                seen,
                period.times(1),
                usual.max(sender.longest.nanoseconds()).saturating_mul(2),
                usual.saturating_sub(period.times(1)).max(0),
                settings,
            ),
            settings,
        )
    };
    let mut outages: Vec<Outage> = standing_out
        .iter()
        .map(|episode| {
            let gap = &episode.longest;
            let seen = gap.after.time - gap.before.time;
            Outage {
                end: OutageEnd::Recovered,
                last_before: Some(gap.before.time),
                first_after: Some(gap.after.time),
                sequence_before: None,
                sequence_after: None,
                lost: None,
                runs: 1,
                all_runs: None,
                again: None,
                gap: Some(seen),
                interruption: measure(seen),
                by_sequence: None,
                by_send_times: None,
                by_gap: Some(measure(seen)),
                path_delay_step: None,
                held: 0,
            }
        })
        .collect();
    outages.sort_by_key(|outage| outage.last_before);
    let longest = flow.longest.kept.iter().map(Episode::weight).max().unwrap_or(0);
    let mut quiet = measure(longest);
    quiet.estimate = Some(0);
    quiet.lower = Some(0);
    quiet.lower_included = true;
    Some((period, outages, quiet))
}

/// Moves bounds outwards by the declared error of clock rates.
pub(super) fn allow_for_clocks(measured: Measured, settings: &OutageSettings) -> Measured {
    let ppm = i128::from(settings.clock_tolerance_ppm);
    if ppm == 0 {
        return measured;
    }
    let widest = measured.upper.or(measured.lower).unwrap_or(0);
    let by = i64::try_from(i128::from(widest) * ppm / 1_000_000 + 1).unwrap_or(i64::MAX);
    measured.widened(by).note(format!(
        "clock rates are taken to be right to {} parts per million",
        settings.clock_tolerance_ppm
    ))
}

/// A flow without a loss: an outage between two of its packets may have hidden, no longer than they are apart.
pub(super) fn undisturbed(flow: &FlowTracker, sender: &Sender, settings: &OutageSettings) -> Measured {
    let steps = if flow.timed { flow.send_steps } else { flow.time_steps };
    let upper = sender
        .longest
        .times_ceil(1)
        .max(steps.greatest)
        .max(flow.longest.without_loss);
    let measured = Measured::between(
        Unit::Nanoseconds,
        0,
        (0, true),
        (upper, false),
        if flow.timed {
            Method::SendTimes
        } else {
            Method::Sequence
        },
        sender.period.nanoseconds(),
    );
    allow_for_clocks(measured, settings)
}
