//! What was captured at all at a point: its window, its silences, its clock.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capture::measure::LaneId;

const SILENCES: usize = 16;

/// A span in which nothing at all was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Silence {
    /// Time of the last packet before it, nanoseconds.
    pub from: i64,
    /// Time of the first packet after it, nanoseconds.
    pub to: i64,
}

/// Every packet of a point, related or not, in the order of capture.
#[derive(Debug, Clone)]
pub struct Activity {
    first: Option<i64>,
    last: i64,
    unrelated: u64,
    silences: Vec<Silence>,
    /// A silence no longer than this is not to be kept; negative as long as there is room for every one.
    too_short: i64,
    backwards: i64,
    lanes: Vec<u64>,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            first: None,
            last: 0,
            unrelated: 0,
            silences: Vec::new(),
            too_short: -1,
            backwards: 0,
            lanes: Vec::new(),
        }
    }
}

impl Activity {
    /// A packet at this instant.
    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    pub fn record(&mut self, lane: LaneId, time: i64, unrelated: bool) {
        self.unrelated += u64::from(unrelated);
        match self.lanes.get_mut(usize::from(lane.0)) {
            Some(count) => *count += 1,
            None => self.add_lane(lane),
        }
        let silence = time.saturating_sub(self.last);
        if silence < 0 || silence > self.too_short {
            self.note(time, silence);
        } else {
            self.last = time;
        }
    }

    #[cold]
    fn add_lane(&mut self, lane: LaneId) {
        self.lanes.resize(usize::from(lane.0) + 1, 0);
        if let Some(count) = self.lanes.last_mut() {
            *count = 1;
        }
    }

    /// Notes the first packet, a step back or a silence that may be one of the longest.
    #[inline(never)]
    fn note(&mut self, time: i64, silence: i64) {
        let Some(first) = self.first else {
            self.first = Some(time);
            self.last = time;
            return;
        };
        if silence < 0 {
            self.backwards = self.backwards.max(silence.saturating_neg());
            self.first = Some(first.min(time));
            return;
        }
        if self.silences.len() < SILENCES {
            self.silences.push(Silence {
                from: self.last,
                to: time,
            });
            if self.silences.len() == SILENCES {
                self.too_short = self.shortest();
            }
        } else {
            self.keep(silence, time);
        }
        self.last = time;
    }

    fn keep(&mut self, silence: i64, time: i64) {
        let from = self.last;
        if let Some(least) = self
            .silences
            .iter_mut()
            .min_by_key(|kept| kept.to.saturating_sub(kept.from))
            && least.to.saturating_sub(least.from) < silence
        {
            *least = Silence { from, to: time };
        }
        self.too_short = self.shortest();
    }

    fn shortest(&self) -> i64 {
        let lengths = self.silences.iter().map(|kept| kept.to.saturating_sub(kept.from));
        lengths.min().unwrap_or(0)
    }

    /// Nothing more was captured until this instant, and it would have been.
    pub fn ran_until(&mut self, instant: i64) {
        let silence = instant.saturating_sub(self.last);
        if self.first.is_some() && silence > 0 {
            self.note(instant, silence);
        }
    }

    /// The first and the last instant at which anything was captured, or would have been.
    pub fn window(&self) -> Option<(i64, i64)> {
        Some((self.first?, self.last))
    }

    /// All packets.
    pub fn packets(&self) -> u64 {
        self.lanes.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Packets of no measured flow.
    pub fn unrelated_packets(&self) -> u64 {
        self.unrelated
    }

    /// Packets of each lane.
    pub fn lanes(&self) -> &[u64] {
        &self.lanes
    }

    /// The farthest that the capture's clock went backwards, in nanoseconds.
    pub fn backwards(&self) -> i64 {
        self.backwards
    }

    /// The longest silences, at most 16.
    pub fn silences(&self) -> &[Silence] {
        &self.silences
    }

    /// Whether nothing at all was captured for at least nine tenths of this span.
    pub fn silent_during(&self, from: i64, to: i64) -> bool {
        let span = to.saturating_sub(from);
        span > 0
            && self.silences.iter().any(|silence| {
                let common = silence.to.min(to).saturating_sub(silence.from.max(from));
                i128::from(common) * 10 >= i128::from(span) * 9
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_silences_are_kept() {
        let mut activity = Activity::default();
        let mut time = 0;
        for step in 0..1_000 {
            time += if step == 500 { 50_000 } else { 10 + step % 7 };
            activity.record(LaneId(0), time, step % 2 == 0);
        }
        let (from, to) = activity
            .silences()
            .iter()
            .map(|silence| (silence.from, silence.to))
            .max_by_key(|(from, to)| to - from)
            .unwrap();
        assert_eq!(to - from, 50_000);
        assert!(activity.silent_during(from, to));
        assert!(!activity.silent_during(from - 100_000, to));
        assert_eq!((activity.packets(), activity.unrelated_packets()), (1_000, 500));
    }
}
