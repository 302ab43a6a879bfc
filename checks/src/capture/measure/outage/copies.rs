//! Packets that are captured twice: a mirror port that copies what comes in and what goes out, or two links one behind the
//! other. The first copy counts, so that what is lost between the two places would hide behind it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::NEGLECTED;

/// Where one packet in so many comes again between the first and the last that do, two places are captured: no network
/// duplicates as many.
const MIRRORED: u64 = 2;
/// Fewer are a network's own duplicates, unless most of the flow is repeated.
const FEWEST: u64 = 20;
/// With one in so many repeated anywhere in the flow, a run that was seen once is looked at, as long as it is no chance.
const NOTABLE: u64 = 10;

/// Consecutive numbers of a flow whose packets were seen once, while the others were seen twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeenOnce {
    /// The first of them.
    pub from: u64,
    /// The last of them.
    pub to: u64,
}

impl SeenOnce {
    /// How many they are.
    pub fn packets(&self) -> u64 {
        self.to.saturating_sub(self.from).saturating_add(1)
    }
}

impl fmt::Display for SeenOnce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            return write!(f, "number {} was seen once", self.from);
        }
        write!(f, "numbers {} to {} were seen once", self.from, self.to)
    }
}

/// The repeated numbers of a flow.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Copies {
    /// The least and the greatest number that came again.
    ends: Option<(u64, u64)>,
    /// Which of the 64 numbers before the greatest came again, the nearest in the lowest bit.
    recent: u64,
    /// Numbers that came again, each counted once; late copies of older numbers are not.
    repeated: u64,
    /// Consecutive numbers that came again up to the greatest, and the most of them.
    row: u64,
    longest_row: u64,
    longest: Option<SeenOnce>,
}

impl Copies {
    /// A number that came before came again.
    pub fn add(&mut self, number: u64) {
        let Some((first, last)) = self.ends else {
            self.ends = Some((number, number));
            (self.repeated, self.row, self.longest_row) = (1, 1, 1);
            return;
        };
        if number <= last {
            self.ends = Some((first.min(number), last));
            self.add_late(last - number);
            return;
        }
        self.repeated += 1;
        self.row = if number - last == 1 { self.row + 1 } else { 1 };
        self.longest_row = self.longest_row.max(self.row);
        let passed = u32::try_from(number - last).unwrap_or(u32::MAX);
        self.recent = self.recent.checked_shl(passed).unwrap_or(0) | 1_u64.checked_shl(passed - 1).unwrap_or(0);
        self.offer(last.saturating_add(1), number);
        self.ends = Some((first, number));
    }

    /// A copy of a number so far below the greatest: out of order, or one more of the same.
    fn add_late(&mut self, behind: u64) {
        let bit = behind.checked_sub(1).and_then(|place| u32::try_from(place).ok());
        if let Some(bit) = bit.and_then(|place| 1_u64.checked_shl(place))
            && self.recent & bit == 0
        {
            self.recent |= bit;
            self.repeated += 1;
        }
    }

    /// Numbers from the one to before the other were seen once.
    fn offer(&mut self, from: u64, before: u64) {
        let Some(to) = before.checked_sub(1).filter(|to| *to >= from) else {
            return;
        };
        let once = SeenOnce { from, to };
        if self.longest.is_none_or(|longest| longest.packets() < once.packets()) {
            self.longest = Some(once);
        }
    }

    /// The longest run of numbers seen once in a flow from the first to the last number, of which so many were received and
    /// lost, where the others were captured at two places.
    pub fn seen_once(mut self, received: u64, lost: u64, first: u64, last: u64) -> Option<SeenOnce> {
        let (again, until) = self.ends?;
        if self.repeated >= received {
            return None;
        }
        self.offer(first, again);
        self.offer(until.saturating_add(1), last.saturating_add(1));
        let longest = self.longest?;
        let no_chance = |run: u64, packets: u64| {
            let share = packets as f64 / received as f64;
            (received as f64).ln() + run as f64 * share.ln() < -NEGLECTED
        };
        let within = (until - again).saturating_add(1).saturating_sub(lost);
        let is_dense =
            self.repeated >= FEWEST.min(received.div_ceil(2)) && self.repeated.saturating_mul(MIRRORED) >= within;
        let is_row = self.longest_row >= FEWEST && no_chance(self.longest_row, self.repeated);
        let is_run =
            self.repeated.saturating_mul(NOTABLE) >= received && no_chance(longest.packets(), received - self.repeated);
        (is_dense || is_row || is_run).then_some(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(repeated: impl Iterator<Item = u64>, packets: u64) -> Option<SeenOnce> {
        let mut copies = Copies::default();
        for number in repeated {
            copies.add(number);
        }
        copies.seen_once(packets, 0, 0, packets - 1)
    }

    #[test]
    fn a_run_of_packets_seen_once_stands_out() {
        assert_eq!(of(0..2_000, 2_000), None);
        let run = |from, to| Some(SeenOnce { from, to });
        assert_eq!(of((0..700).chain(900..2_000), 2_000), run(700, 899));
        assert_eq!(of(0..700, 2_000), run(700, 1_999));
        assert_eq!(of(600..2_000, 2_000), run(0, 599));
        assert_eq!(of(0..1_990, 2_000), run(1_990, 1_999));
        assert_eq!(of(0..5_000, 60_000), run(5_000, 59_999));
        assert_eq!(of((0..300).chain(59_700..60_000), 60_000), run(300, 59_699));
        assert_eq!(of(0..20, 60_000), run(20, 59_999));
        assert_eq!(of(0..8, 60_000), None);
        assert_eq!(of(0..8, 10), run(8, 9));
    }

    #[test]
    fn at_two_places_a_single_packet_seen_once_is_told() {
        let run = |from, to| Some(SeenOnce { from, to });
        assert_eq!(of((0..10_000).filter(|number| *number != 77), 10_000), run(77, 77));
        assert_eq!(
            of((0..10_000).filter(|number| !(500..503).contains(number)), 10_000),
            run(500, 502)
        );
        assert!(of((0..10_000).filter(|number| number % 100 != 50), 10_000).is_some());
        assert!(of((0..10_000).filter(|number| number % 5 != 3), 10_000).is_some());
        // Third copies make no second ones of others.
        let thrice = (0..2_000).flat_map(|number| [number, number.max(3) - 3]);
        assert_eq!(of(thrice.clone(), 2_000), None);
        assert_eq!(of(thrice.filter(|number| *number != 900), 2_000), run(900, 900));
    }

    #[test]
    fn a_network_that_duplicates_at_random_is_no_mirror() {
        let mut state = 1_u64;
        for percent in [1, 10, 30, 60, 90, 99] {
            let mut random = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state >> 33
            };
            let repeated: Vec<u64> = (0..20_000).filter(|_| random() % 100 < percent).collect();
            let once = of(repeated.into_iter(), 20_000);
            // Most of a flow is not repeated by chance; what that hides is short all the same.
            if percent <= 30 {
                assert_eq!(once, None, "{percent}");
            } else {
                assert!(once.is_some_and(|once| once.packets() < 20), "{percent}: {once:?}");
            }
        }
    }

    #[test]
    fn copies_that_come_thrice_or_disordered_are_counted_once_in_a_row() {
        assert_eq!(of((0..2_000).flat_map(|number| [number, number]), 2_000), None);
        assert_eq!(of((0..1_000).flat_map(|pair| [pair * 2 + 1, pair * 2]), 2_000), None);
        let hostile = [u64::MAX, 0, u64::MAX - 1, 5, u64::MAX];
        let mut copies = Copies::default();
        for number in hostile {
            copies.add(number);
        }
        let _ = copies.seen_once(u64::MAX - 1, 0, 0, u64::MAX);
        let _ = copies.seen_once(1, u64::MAX, 7, 3);
    }
}
