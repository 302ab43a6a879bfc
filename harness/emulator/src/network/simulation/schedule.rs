//! Packets that are sent again and again: their times follow from a seed, and none has to be remembered.

use std::time::Duration;

use super::chance::fraction;
use super::moment::{Moment, nanos};

/// A row of packets from one sender. Packet 0 leaves at `since`; each later one follows its predecessor after an
/// interval that is drawn anew.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// When packet 0 leaves.
    pub since: Moment,
    /// When the row ends: nothing leaves at this instant or later. None while it lasts.
    pub until: Option<Moment>,
    /// The longest interval.
    pub interval: Duration,
    /// The shortest interval as a share of the longest.
    pub shortest: f64,
    /// The seed of the intervals.
    pub seed: u64,
}

impl Schedule {
    /// When a packet leaves, counted from 0, whether or not the row has ended.
    ///
    /// It leaves within a quarter of the spread around a steady beat, so that two neighbours are between the shortest
    /// and the longest interval apart and any of them can be told without those before.
    pub fn nth(&self, number: u64) -> Moment {
        if number == 0 {
            return self.since;
        }
        let spread = nanos(self.interval) as f64 * (1.0 - self.shortest);
        let offset = (fraction(&[self.seed, number]) - 0.5) * spread / 2.0;
        let beat = self.beat() * number as f64;
        self.since + Duration::from_nanos((beat + offset).max(0.0) as u64)
    }

    /// The number of the first packet that leaves at an instant or later.
    pub fn first_from(&self, at: Moment) -> u64 {
        let elapsed = nanos(at.since(self.since)) as f64;
        let mut number = ((elapsed / self.beat()) as u64).saturating_sub(1);
        while self.nth(number) < at {
            number += 1;
        }
        number
    }

    /// How many packets leave before an instant.
    pub fn count_before(&self, at: Moment) -> u64 {
        let end = self.until.map_or(at, |own| own.min(at));
        if end <= self.since { 0 } else { self.first_from(end) }
    }

    /// The packets that leave from one instant on and before another: number and time.
    pub fn packets(&self, from: Moment, until: Moment) -> impl Iterator<Item = (u64, Moment)> + use<> {
        let schedule = *self;
        let end = schedule.until.map_or(until, |own| own.min(until));
        (schedule.first_from(from)..)
            .map(move |number| (number, schedule.nth(number)))
            .take_while(move |(_, at)| *at < end)
    }

    /// The last packet that leaves before an instant, if any does.
    pub fn last_before(&self, at: Moment) -> Option<(u64, Moment)> {
        let end = self.until.map_or(at, |own| own.min(at));
        let number = self.first_from(end).checked_sub(1)?;
        Some((number, self.nth(number)))
    }

    fn beat(&self) -> f64 {
        (nanos(self.interval) as f64 * f64::midpoint(1.0, self.shortest)).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn intervals_are_within_bounds_and_packets_are_found(
            seed: u64, start in 0..1_000_000_000_000_u64, ms in 1..2000_u64, skip in 0..100_000_u64,
        ) {
            let row = Schedule {
                since: Moment::from_nanos(start),
                until: None,
                interval: Duration::from_millis(ms),
                shortest: 0.75,
                seed,
            };
            for number in skip..skip + 50 {
                let gap = row.nth(number + 1).since(row.nth(number)).as_secs_f64() * 1000.0;
                prop_assert!(gap > 0.75 * ms as f64 - 1e-3 && gap < ms as f64 + 1e-3, "{gap} of {ms}");
            }
            let at = row.nth(skip);
            prop_assert_eq!(row.first_from(at), skip);
            prop_assert_eq!(row.last_before(at).map(|(number, _)| number), skip.checked_sub(1));
            prop_assert_eq!(row.count_before(at), skip);
            prop_assert_eq!(row.count_before(at + Duration::from_nanos(1)), skip + 1);
            let nine: Vec<u64> = row.packets(at, row.nth(skip + 9)).map(|(number, _)| number).collect();
            prop_assert_eq!(nine, (skip..skip + 9).collect::<Vec<_>>());
        }
    }
}
