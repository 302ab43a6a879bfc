//! Packets that are captured twice: a mirror port that copies what comes in and what goes out, or two links one behind the
//! other. The first copy counts, so that what is lost between the two places would hide behind it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A flow with a tenth of its packets repeated is captured at two places, not duplicated by the network.
const MIRRORED: u64 = 10;
/// −ln of the probability at which a chance is neglected (10⁻⁹).
const NEGLECTED: f64 = 20.7;

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

/// The repeated numbers of a flow.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Copies {
    /// The first and the last number that came again.
    ends: Option<(u64, u64)>,
    /// Numbers that came again.
    repeated: u64,
    longest: Option<SeenOnce>,
}

impl Copies {
    /// A number that came before came again.
    pub fn add(&mut self, number: u64) {
        let Some((first, last)) = self.ends else {
            self.ends = Some((number, number));
            self.repeated = 1;
            return;
        };
        if number <= last {
            self.repeated += u64::from(number < last);
            return;
        }
        self.repeated += 1;
        self.offer(last.saturating_add(1), number);
        self.ends = Some((first, number));
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

    /// The longest run of numbers seen once in a flow from the first to the last number, where the others were seen twice
    /// and it is no chance.
    pub fn seen_once(mut self, received: u64, first: u64, last: u64) -> Option<SeenOnce> {
        let (again, until) = self.ends?;
        if self.repeated.saturating_mul(MIRRORED) < received {
            return None;
        }
        self.offer(first, again);
        self.offer(until.saturating_add(1), last.saturating_add(1));
        let longest = self.longest?;
        let singles = received.saturating_sub(self.repeated).max(1) as f64 / (received + 1) as f64;
        let expected = (received.max(1) as f64).ln() + longest.packets() as f64 * singles.ln();
        (expected < -NEGLECTED).then_some(longest)
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
        copies.seen_once(packets, 0, packets - 1)
    }

    #[test]
    fn a_run_of_packets_seen_once_stands_out() {
        assert_eq!(of(0..2_000, 2_000), None);
        let run = |from, to| Some(SeenOnce { from, to });
        assert_eq!(of((0..700).chain(900..2_000), 2_000), run(700, 899));
        assert_eq!(of(0..700, 2_000), run(700, 1_999));
        assert_eq!(of(600..2_000, 2_000), run(0, 599));
        assert_eq!(of(0..1_990, 2_000), run(1_990, 1_999));
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
            assert_eq!(of(repeated.into_iter(), 20_000), None, "{percent}");
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
        let _ = copies.seen_once(u64::MAX - 1, 0, u64::MAX);
        let _ = copies.seen_once(1, 7, 3);
    }
}
