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
#[derive(Debug, Clone, Default)]
pub struct Activity {
    first: Option<i64>,
    last: i64,
    packets: u64,
    unrelated: u64,
    silences: Vec<Silence>,
    /// The shortest silence kept, once all places are taken.
    shortest: i64,
    backwards: i64,
    lanes: Vec<u64>,
}

impl Activity {
    /// A packet at this instant.
    pub fn record(&mut self, lane: LaneId, time: i64, unrelated: bool) {
        self.packets += 1;
        self.unrelated += u64::from(unrelated);
        let lane = usize::from(lane.0);
        if self.lanes.len() <= lane {
            self.lanes.resize(lane + 1, 0);
        }
        if let Some(count) = self.lanes.get_mut(lane) {
            *count += 1;
        }
        if self.first.is_none() {
            self.first = Some(time);
            self.last = time;
            return;
        }
        let silence = time.saturating_sub(self.last);
        if silence < 0 {
            self.backwards = self.backwards.max(silence.saturating_neg());
            self.first = self.first.map(|first| first.min(time));
            return;
        }
        if self.silences.len() < SILENCES {
            self.silences.push(Silence {
                from: self.last,
                to: time,
            });
        } else if silence > self.shortest {
            self.keep(silence, time);
        }
        self.last = time;
    }

    fn keep(&mut self, silence: i64, time: i64) {
        let from = self.last;
        if let Some(least) = self.silences.iter_mut().min_by_key(|kept| kept.to - kept.from)
            && least.to - least.from < silence
        {
            *least = Silence { from, to: time };
        }
        let lengths = self.silences.iter().map(|kept| kept.to - kept.from);
        self.shortest = lengths.min().unwrap_or(0);
    }

    /// The first and the last instant at which anything was captured.
    pub fn window(&self) -> Option<(i64, i64)> {
        Some((self.first?, self.last))
    }

    /// All packets.
    pub fn packets(&self) -> u64 {
        self.packets
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
