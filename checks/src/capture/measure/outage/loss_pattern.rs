//! The pattern of losses, RFC 3357.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Losses of one flow, by RFC 3357: periods of consecutive losses, and how far apart they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LossPattern {
    /// Packets lost between the first and the last received.
    pub lost: u64,
    /// Runs of consecutive losses.
    pub periods: u64,
    /// Packets lost in the shortest run.
    pub shortest: u64,
    /// Packets lost in the longest run.
    pub longest: u64,
    /// The least distance between two runs, in packets from the last lost of one to the first lost of the next.
    pub least_distance: Option<u64>,
    /// Lost packets whose distance from the loss before is noticeable.
    pub noticeable: u64,
    #[serde(skip)]
    #[schemars(skip)]
    last_lost: Option<u64>,
}

impl LossPattern {
    /// The last lost number so far.
    pub(super) fn last_lost(&self) -> Option<u64> {
        self.last_lost
    }

    /// The pattern without what only counting needs.
    pub(super) fn counted(mut self) -> Self {
        self.last_lost = None;
        self
    }

    /// Adds a run of losses, in the order of sequence.
    pub(super) fn add(&mut self, first: u64, last: u64, noticeable_distance: u64) {
        let lost = last.saturating_sub(first).saturating_add(1);
        self.lost = self.lost.saturating_add(lost);
        self.shortest = if self.periods == 0 {
            lost
        } else {
            self.shortest.min(lost)
        };
        self.periods += 1;
        self.longest = self.longest.max(lost);
        self.noticeable = self.noticeable.saturating_add(lost - 1);
        if let Some(previous) = self.last_lost {
            let distance = first.saturating_sub(previous);
            if distance <= noticeable_distance {
                self.noticeable += 1;
            }
            self.least_distance = Some(self.least_distance.map_or(distance, |least| least.min(distance)));
        }
        self.last_lost = Some(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_and_distances() {
        let mut pattern = LossPattern::default();
        pattern.add(10, 12, 5);
        pattern.add(17, 17, 5);
        pattern.add(100, 101, 5);
        assert_eq!((pattern.lost, pattern.periods), (6, 3));
        assert_eq!((pattern.shortest, pattern.longest), (1, 3));
        assert_eq!((pattern.least_distance, pattern.noticeable), (Some(5), 4));
    }
}
