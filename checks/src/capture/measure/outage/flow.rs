//! One flow, packet by packet, in bounded memory.

mod settling;

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::copies::Copies;
use super::episode::{Around, Edge, Episode, Gap, Longest};
use super::loss_pattern::LossPattern;
use super::period::Anchors;
use super::steady::Steady;
use crate::capture::measure::{Observation, SequenceSpace};
use settling::Settling;

/// So many gaps of a flow stay open for packets that come late.
const OPEN_GAPS: usize = 128;
/// A gap closes when so many packets and so many nanoseconds have passed since.
const CLOSE_AFTER_PACKETS: u64 = 4_096;
const CLOSE_AFTER: i64 = 2_000_000_000;
/// A packet that came by so much later than its send time explains was held back.
const HELD: i64 = 1_000_000;
/// So many packets on each side of a gap show how delays vary there.
const NEARBY: u32 = 32;
/// Packets before a period is believed.
const ENOUGH: u64 = 16;

/// Least and greatest value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) least: i64,
    pub(super) greatest: i64,
}

impl Range {
    pub(super) const NONE: Self = Self {
        least: i64::MAX,
        greatest: i64::MIN,
    };

    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    pub(super) fn add(&mut self, value: i64) {
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
    }

    /// Whether a value is neither less than the least nor greater than the greatest.
    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    pub(super) fn holds(self, value: i64) -> bool {
        self.least <= value && value <= self.greatest
    }

    fn with(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            greatest: self.greatest.max(other.greatest),
        }
    }

    /// Greatest minus least; zero for nothing.
    pub(super) fn spread(self) -> i64 {
        if self.greatest < self.least {
            0
        } else {
            self.greatest.saturating_sub(self.least)
        }
    }
}

/// How the numbers of a flow contradicted a single, steady sender.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Incoherence {
    pub(super) restarts: u64,
    /// Packets sent later with a lower number.
    pub(super) lower_but_newer: u64,
    /// Numbers too far ahead for the time that passed.
    pub(super) strays: u64,
    /// Repetitions of numbers long past.
    pub(super) distant_duplicates: u64,
    /// Packets that came after their gap was closed.
    pub(super) very_late: u64,
    /// A cycle count of wrapping numbers rests on the elapsed time.
    pub(super) wraps_from_time: u64,
    /// Those where the number is not near what the elapsed time makes of it.
    pub(super) wraps_unclear: u64,
    /// Numbers that were repeated with another send time.
    pub(super) sent_anew: u64,
    /// Packets with and without numbers, or with and without send times, in one flow.
    pub(super) mixed: u64,
}

/// Reordering, RFC 4737.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reordered {
    pub(super) packets: u64,
    pub(super) greatest_extent: u64,
    pub(super) extent_sum: u64,
    pub(super) greatest_late_time: i64,
}

/// Differences of one-way delays of consecutive packets, RFC 3393.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DelayDifferences {
    pub(super) count: u64,
    pub(super) sum: u64,
    pub(super) greatest: u64,
}

/// One flow as far as it has been read, but for what its [`Steady`] has taken since.
#[derive(Debug, Clone)]
pub(super) struct FlowTracker {
    pub(super) next: u64,
    pub(super) last: Edge,
    pub(super) numbered: bool,
    /// Packets carry send times.
    pub(super) timed: bool,
    space: SequenceSpace,
    pub(super) run: u32,
    delays_count: u32,
    pub(super) received: u64,
    pub(super) arrivals: u64,
    pub(super) octets: u64,
    pub(super) send_steps: Range,
    pub(super) time_steps: Range,
    delay: i64,
    delays_now: Range,
    pub(super) delays: Range,
    pub(super) delay_differences: DelayDifferences,
    pub(super) anchors: Anchors,
    settling: Option<Settling>,
    pub(super) period: i64,
    /// Sum of squared deviations of intervals from the period, where packets carry no send times.
    pub(super) deviations: f64,
    delays_before: Range,
    pub(super) run_last: u64,
    recovery_run: u64,
    noticeable_distance: u64,
    /// A packet that comes later by more nanoseconds than this counts as lost.
    pub(super) late: i64,
    /// Steps of delay, each with the numbers beside it.
    pub(super) steps: Vec<(i64, (u64, u64))>,
    pub(super) gaps: VecDeque<Gap>,
    /// The latest episode of losses, and the latest one without: the one does not part the other.
    episode: Option<Episode>,
    holding: Option<Episode>,
    pub(super) first: Edge,
    pub(super) duplicates: u64,
    pub(super) stray: Option<u64>,
    pub(super) incoherence: Incoherence,
    pub(super) reordered: Reordered,
    pub(super) pattern: LossPattern,
    pub(super) longest: Longest,
    pub(super) backwards: i64,
    /// Intervals of an unnumbered flow by size: four classes an octave.
    pub(super) intervals: Vec<u32>,
    pub(super) copies: Copies,
}

/// The class of an interval: four an octave.
pub(super) fn interval_class(interval: i64) -> usize {
    let interval = interval.max(1).unsigned_abs();
    let octave = interval.ilog2();
    let quarter = if octave >= 2 { (interval >> (octave - 2)) & 3 } else { 0 };
    octave as usize * 4 + quarter as usize
}

/// The least interval above a class.
pub(super) fn class_end(class: usize) -> i64 {
    let (octave, quarter) = ((class / 4) as u32, (class % 4) as u64 + 5);
    let end = if octave >= 2 {
        quarter.checked_shl(octave - 2).unwrap_or(u64::MAX)
    } else {
        2_u64 << octave
    };
    i64::try_from(end).unwrap_or(i64::MAX)
}

impl FlowTracker {
    /// A flow by its first packet.
    pub(super) fn begin(
        first: &Observation,
        space: SequenceSpace,
        recovery_run: u64,
        noticeable_distance: u64,
        late: i64,
    ) -> Self {
        let sequence = first.sequence.map_or(0, |raw| space.first(raw));
        let edge = Edge {
            sequence,
            time: first.time,
            sent: first.sent.unwrap_or(first.time),
        };
        let mut flow = Self {
            next: sequence.saturating_add(1),
            last: edge,
            numbered: first.sequence.is_some(),
            timed: first.sent.is_some(),
            space,
            received: 1,
            send_steps: Range::NONE,
            time_steps: Range::NONE,
            delay: edge.time - edge.sent,
            delays_now: Range::NONE,
            delays_before: Range::NONE,
            delays_count: 0,
            delays: Range::NONE,
            delay_differences: DelayDifferences::default(),
            period: 0,
            deviations: 0.0,
            run: 0,
            run_last: 0,
            settling: None,
            recovery_run,
            noticeable_distance,
            late,
            anchors: Anchors::default(),
            steps: Vec::new(),
            gaps: VecDeque::new(),
            episode: None,
            holding: None,
            first: edge,
            arrivals: 1,
            duplicates: 0,
            octets: u64::from(first.length),
            stray: None,
            incoherence: Incoherence::default(),
            reordered: Reordered::default(),
            pattern: LossPattern::default(),
            longest: Longest::default(),
            backwards: 0,
            intervals: Vec::new(),
            copies: Copies::default(),
        };
        flow.anchors.keep(0, sequence, edge.sent);
        flow.note_delay();
        flow
    }

    /// What can take the next packets in place of this, as long as they are ordinary.
    pub(super) fn steady(&self) -> Steady {
        let ordinary = self.timed && self.numbered && self.space.bits >= 64 && self.settling.is_none();
        // Neither the next sample nor the packet that begins the next stretch of delays.
        let packets = self
            .anchors
            .packets_before_due(self.received)
            .min(u64::from(NEARBY.saturating_sub(self.delays_count)));
        let until = self.last.sequence.checked_add(packets + 1);
        let Some(until) = until.filter(|_| ordinary && packets > 0) else {
            return Steady::NOT;
        };
        Steady {
            sequence: self.last.sequence,
            time: self.last.time,
            sent: self.last.sent,
            until,
            time_steps: self.time_steps,
            send_steps: self.send_steps,
            octets: self.octets,
            greatest_difference: self.delay_differences.greatest.min(HELD.unsigned_abs() - 1),
            differences: self.delay_differences.sum,
            delays: self.delays_now,
        }
    }

    /// Begins the next stretch of delays for what takes packets in place of this, if that is all that it stopped for: the
    /// next packet, which fits, is the first of it.
    pub(super) fn turn_over(&mut self, steady: &mut Steady) -> bool {
        let packets = steady.sequence.saturating_sub(self.last.sequence);
        if steady.until == 0 || self.delays_count.wrapping_add(packets as u32) != NEARBY {
            return false;
        }
        let next = self.anchors.packets_before_due(self.received + packets);
        let next = next.min(u64::from(NEARBY));
        let Some(until) = steady.sequence.checked_add(next + 1).filter(|_| next > 0) else {
            return false;
        };
        self.delays = self.delays.with(steady.delays);
        self.delays_before = steady.delays;
        // With the packets that were taken, which are added when this takes over, it is zero.
        self.delays_count = self.delays_count.wrapping_sub(NEARBY);
        steady.delays = Range::NONE;
        steady.until = until;
        true
    }

    /// Takes over what was taken in its place.
    pub(super) fn resume(&mut self, steady: &Steady) {
        let packets = steady.sequence.saturating_sub(self.last.sequence);
        if steady.until == 0 || packets == 0 {
            return;
        }
        self.arrivals += packets;
        self.received += packets;
        self.delays_count = self.delays_count.wrapping_add(packets as u32);
        self.octets = steady.octets;
        self.delay_differences.count += packets;
        self.delay_differences.sum = steady.differences;
        self.delays_now = steady.delays;
        self.delays = self.delays.with(steady.delays);
        self.delay = steady.time - steady.sent;
        self.last = Edge {
            sequence: steady.sequence,
            time: steady.time,
            sent: steady.sent,
        };
        self.next = steady.sequence.saturating_add(1);
        self.run = 0;
    }

    /// The next packet in the order of capture. Its instants are bounded ([`Observation::bounded`]).
    #[inline]
    pub(super) fn observe(&mut self, packet: &Observation) {
        self.arrivals += 1;
        self.octets = self.octets.saturating_add(u64::from(packet.length));
        if packet.sequence.is_some() != self.numbered || packet.sent.is_some() != self.timed {
            self.incoherence.mixed += 1;
            return;
        }
        let sequence = match packet.sequence {
            Some(raw) => self.extend(raw, packet.time),
            None => self.next,
        };
        let edge = Edge {
            sequence,
            time: packet.time,
            sent: packet.sent.unwrap_or(packet.time),
        };
        match sequence.cmp(&self.next) {
            Ordering::Equal => self.in_order(edge),
            Ordering::Greater => self.ahead(edge),
            Ordering::Less => self.late(edge),
        }
    }

    fn extend(&mut self, raw: u64, time: i64) -> u64 {
        if self.space.bits >= 64 {
            return raw;
        }
        let passed = match self.period {
            ..=0 => 0,
            period => ((time - self.last.time).max(0) / period).unsigned_abs(),
        };
        if passed <= self.space.quarter() {
            return self.space.extend(raw, self.next);
        }
        self.incoherence.wraps_from_time += 1;
        let expected = self.next.saturating_add(passed);
        let sequence = self.space.extend(raw, expected);
        // A sender that went on is near; one that paused, or whose packets were held back, may be anywhere.
        if sequence.abs_diff(expected) > passed / 50 + 8 {
            self.incoherence.wraps_unclear += 1;
        }
        sequence
    }

    #[inline]
    fn in_order(&mut self, edge: Edge) {
        let sent_step = edge.sent - self.last.sent;
        let time_step = edge.time - self.last.time;
        self.send_steps.add(sent_step);
        self.time_steps.add(time_step);
        self.run = 0;
        self.received += 1;
        if self.timed {
            let difference = time_step.saturating_sub(sent_step).unsigned_abs();
            self.delay_differences.count += 1;
            self.delay_differences.sum = self.delay_differences.sum.saturating_add(difference);
            self.delay_differences.greatest = self.delay_differences.greatest.max(difference);
            if time_step.saturating_sub(sent_step) >= HELD {
                self.open(edge);
                return;
            }
        } else if !self.numbered {
            self.unnumbered_step(edge, time_step);
        } else if self.period > 0 {
            let deviation = time_step.saturating_sub(self.period) as f64;
            self.deviations += deviation * deviation;
        }
        self.advance(edge, 1);
        if self.settling.is_some() {
            self.settle();
        }
    }

    /// A flow without numbers: its longest intervals are kept.
    fn unnumbered_step(&mut self, edge: Edge, step: i64) {
        if self.intervals.is_empty() {
            self.intervals = vec![0; 64 * 4];
        }
        if let Some(count) = self.intervals.get_mut(interval_class(step)) {
            *count = count.saturating_add(1);
        }
        let gap = Gap {
            before: self.last,
            after: edge,
            noticed: (self.arrivals, edge.time),
            around: Around::default(),
            refilled: false,
        };
        self.longest.offer(Episode::of(gap));
    }

    fn ahead(&mut self, edge: Edge) {
        if self.implausible(edge) {
            let continues = self
                .stray
                .is_some_and(|stray| edge.sequence > stray && edge.sequence - stray <= 64);
            self.incoherence.strays += 1;
            self.stray = Some(edge.sequence);
            if continues {
                self.restart(edge);
            }
            return;
        }
        self.received += 1;
        self.run = 0;
        self.open(edge);
    }

    /// Whether a number is too far ahead to have been reached since the last packet.
    fn implausible(&self, edge: Edge) -> bool {
        let lost = edge.sequence - self.next;
        if self.received < ENOUGH || self.period <= 0 {
            return lost > 1_000_000;
        }
        let passed = (edge.sent - self.last.sent).max(edge.time - self.last.time).max(0);
        // Without send times, a shorter path may bring packets early by as much as it is shorter.
        let early = if self.timed { 0 } else { 1_000_000_000 };
        let periods = (passed.saturating_add(early) / self.period).unsigned_abs();
        lost > periods.saturating_mul(4).saturating_add(64)
    }

    /// Opens a gap between the last packet and this one.
    fn open(&mut self, edge: Edge) {
        if self.settling.is_some() {
            self.finish_settling();
        }
        let before = self.delays_now.with(self.delays_before);
        let gap = Gap {
            before: self.last,
            after: edge,
            noticed: (self.arrivals, edge.time),
            around: Around {
                spread_before: before.spread(),
                ..Around::default()
            },
            refilled: false,
        };
        let steps = edge.sequence - self.last.sequence;
        self.advance(edge, steps);
        self.gaps.push_back(gap);
        self.settling = Some(Settling {
            before_gap: gap.before.sequence,
            after: edge.sequence,
            first_delay: self.delay,
            before,
            seen: Range::NONE,
            count: 0,
            level: i64::MAX,
            steady: 0,
        });
        self.close_old();
    }

    /// Makes this packet the last one, `steps` numbers after the one before.
    #[inline]
    fn advance(&mut self, edge: Edge, steps: u64) {
        if self.timed {
            self.delay = edge.time - edge.sent;
        } else if self.numbered {
            let expected = self.period.saturating_mul(i64::try_from(steps).unwrap_or(i64::MAX));
            self.delay = self
                .delay
                .saturating_add((edge.time - self.last.time).saturating_sub(expected));
        }
        if edge.time < self.last.time {
            self.backwards = self.backwards.max(self.last.time - edge.time);
        }
        self.last = edge;
        self.next = edge.sequence.saturating_add(1);
        self.note_delay();
        if self.anchors.due(self.received) {
            self.anchors.keep(self.received, edge.sequence, edge.sent);
            let span = edge.sent - self.first.sent;
            let packets = i64::try_from(edge.sequence.saturating_sub(self.first.sequence)).unwrap_or(i64::MAX);
            if packets > 0 && self.incoherence.restarts == 0 {
                self.period = (span / packets).max(0);
            }
            self.close_old();
        }
    }

    #[inline]
    fn note_delay(&mut self) {
        if self.delays_count == NEARBY {
            self.delays_before = self.delays_now;
            self.delays_now = Range::NONE;
            self.delays_count = 0;
        }
        self.delays_count += 1;
        self.delays_now.add(self.delay);
        self.delays.add(self.delay);
    }

    /// Closes gaps that are too old, or too many, for late packets to matter.
    fn close_old(&mut self) {
        while let Some(gap) = self.gaps.front() {
            let old = self.next.saturating_sub(gap.after.sequence) > CLOSE_AFTER_PACKETS
                && self.last.time - gap.noticed.1 > CLOSE_AFTER;
            let settling = self
                .settling
                .is_some_and(|settling| settling.after == gap.after.sequence);
            if settling || !(old || self.gaps.len() > OPEN_GAPS) {
                return;
            }
            if let Some(gap) = self.gaps.pop_front() {
                self.close(gap);
            }
        }
    }

    fn close(&mut self, gap: Gap) {
        if gap.lost() > 0 {
            self.pattern.add(
                gap.before.sequence + 1,
                gap.after.sequence - 1,
                self.noticeable_distance,
            );
        }
        // A packet that was merely late parts nothing and joins nothing.
        let latest = if gap.lost() > 0 {
            &mut self.episode
        } else {
            &mut self.holding
        };
        if let Some(episode) = latest {
            let received = gap
                .before
                .sequence
                .saturating_add(1)
                .saturating_sub(episode.after.sequence);
            if received < self.recovery_run {
                episode.extend(gap);
                return;
            }
        }
        if let Some(done) = latest.replace(Episode::of(gap)) {
            self.longest.offer(done);
        }
    }

    /// Closes everything: the capture has been read, or the sequence begins anew.
    pub(super) fn close_all(&mut self) {
        self.finish_settling();
        while let Some(gap) = self.gaps.pop_front() {
            self.close(gap);
        }
        for done in [self.episode.take(), self.holding.take()].into_iter().flatten() {
            self.longest.offer(done);
        }
    }

    /// The sequence begins anew with this packet.
    pub(super) fn restart(&mut self, edge: Edge) {
        self.close_all();
        self.incoherence.restarts += 1;
        self.received += 1;
        self.run = 0;
        self.stray = None;
        self.last = edge;
        self.next = edge.sequence.saturating_add(1);
        self.delays_now = Range::NONE;
        self.delays_before = Range::NONE;
        self.delay = edge.time - edge.sent;
        self.note_delay();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_cover_every_interval() {
        for interval in [1, 2, 3, 4, 5, 7, 8, 1_000, 999_999, 1_000_000, i64::MAX] {
            let class = interval_class(interval);
            assert!(class < 256, "{interval}");
            assert!(class_end(class) > interval || interval == i64::MAX, "{interval}");
            if class >= 9 {
                assert!(class_end(class - 1) <= interval, "{interval}");
            }
        }
    }
}
