//! At which times something was there, as far as its packets show, in bounded memory.

/// Packets no further apart than this, in nanoseconds, stand for all the time between them, at first.
const PAUSE: i64 = 10_000_000;
/// As many runs of packets are kept; where there are more, longer pauses are bridged.
const RUNS: usize = 16;
/// Two are there at the same time where they are for so many pauses: two that take turns are not.
const PAUSES: i64 = 20;

/// Times at which something was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// From a first packet to a last one between which none is further from the next than `pause`; in the order of time once
    /// there are too many.
    runs: Vec<(i64, i64)>,
    pause: i64,
}

impl Presence {
    /// With a packet at this instant alone.
    pub fn at(instant: i64) -> Self {
        Self {
            runs: vec![(instant, instant)],
            pause: PAUSE,
        }
    }

    /// A packet at this instant.
    pub fn see(&mut self, instant: i64) {
        match self.runs.last_mut() {
            Some((from, to))
                if instant >= from.saturating_sub(self.pause) && instant <= to.saturating_add(self.pause) =>
            {
                *from = instant.min(*from);
                *to = instant.max(*to);
            }
            _ => {
                self.runs.push((instant, instant));
                if self.runs.len() > RUNS {
                    self.bridge();
                }
            }
        }
    }

    /// What another capture shows of it.
    pub fn join(&mut self, other: &Self) {
        self.runs.extend(&other.runs);
        self.pause = self.pause.max(other.pause);
        self.merge();
        self.bridge();
    }

    fn bridge(&mut self) {
        self.merge();
        while self.runs.len() > RUNS {
            self.pause = self.pause.saturating_mul(2);
            self.merge();
        }
    }

    fn merge(&mut self) {
        self.runs.sort_unstable();
        let pause = self.pause;
        self.runs.dedup_by(|next, run| {
            let is_near = next.0 <= run.1.saturating_add(pause);
            if is_near {
                run.1 = run.1.max(next.1);
            }
            is_near
        });
    }

    /// Whether both were there at the same time, for so long that they did not take turns.
    pub fn is_together_with(&self, other: &Self) -> bool {
        self.together(other) > self.pause.max(other.pause).saturating_mul(PAUSES)
    }

    /// Whether one of the two was there for no more than twice the time that both were. Of a few that may be chance.
    pub fn is_mostly_with(&self, other: &Self) -> bool {
        let together = self.together(other);
        together > 0 && together.saturating_mul(2) >= self.length().min(other.length())
    }

    fn together(&self, other: &Self) -> i64 {
        let pairs = self
            .runs
            .iter()
            .flat_map(|run| other.runs.iter().map(move |other| (run, other)));
        pairs
            .map(|(run, other)| run.1.min(other.1).saturating_sub(run.0.max(other.0)).max(0))
            .fold(0, i64::saturating_add)
    }

    fn length(&self) -> i64 {
        let lengths = self.runs.iter().map(|(from, to)| to.saturating_sub(*from));
        lengths.fold(0, i64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;
    const SECOND: i64 = 1_000 * MS;

    fn seen(instants: impl IntoIterator<Item = i64>) -> Presence {
        let mut instants = instants.into_iter();
        let mut presence = Presence::at(instants.next().unwrap());
        instants.for_each(|instant| presence.see(instant));
        presence
    }

    /// Packets every `period` from one second to another.
    fn every(period: i64, from: i64, to: i64) -> impl Iterator<Item = i64> {
        (from * SECOND..to * SECOND).step_by(period as usize)
    }

    #[test]
    fn two_at_the_same_time_are_together_whatever_their_rates() {
        for period in [MS, 30 * MS, SECOND] {
            let (long, other) = (seen(every(MS, 0, 120)), seen(every(period, 0, 120)));
            assert!(
                long.is_together_with(&other) && other.is_together_with(&long),
                "{period}"
            );
        }
        // One of them is interrupted.
        let interrupted = seen(every(MS, 0, 5).chain(every(MS, 15, 20)));
        assert!(interrupted.is_together_with(&seen(every(MS, 0, 20))));
        // In two captures, each in its part.
        let mut parts = seen(every(MS, 10, 20));
        parts.join(&seen(every(MS, 0, 10)));
        assert_eq!(parts, seen(every(MS, 0, 20)));
        assert!(parts.is_together_with(&seen(every(MS, 9, 11))));
    }

    #[test]
    fn those_that_take_turns_are_not() {
        for cycles in [1, 3, 15] {
            for period in [MS, 100 * MS] {
                let turns = |first: i64| {
                    seen((0..cycles).flat_map(move |cycle| {
                        let from = first + cycle * 20;
                        every(period, from, from + 10)
                    }))
                };
                assert!(!turns(0).is_together_with(&turns(10)), "{cycles} of {period}");
            }
        }
        // A moment in which both were there, and packets that were captured out of order.
        let before = seen(every(MS, 0, 10).chain([10 * SECOND + 300 * MS]));
        assert!(!before.is_together_with(&seen(every(MS, 10, 20).chain([9 * SECOND + 900 * MS]))));
    }

    #[test]
    fn short_ones_are_together_where_they_are_most_of_their_time() {
        let few = |from: i64| seen((0..5).map(|number| from + number * 5 * MS));
        assert!(few(0).is_mostly_with(&few(3 * MS)) && !few(0).is_together_with(&few(3 * MS)));
        assert!(!few(0).is_mostly_with(&few(19 * MS)));
        assert!(!few(0).is_mostly_with(&few(21 * MS)));
        assert!(!few(0).is_mostly_with(&seen([MS])));
    }

    #[test]
    fn few_runs_are_kept_whatever_comes() {
        for instants in [
            every(3 * SECOND, 0, 10_000).collect::<Vec<i64>>(),
            vec![i64::MIN, i64::MAX, 0, i64::MIN, 7, i64::MAX],
            (0..1_000).map(|number| (number * 7_919 % 1_000) * SECOND).collect(),
        ] {
            let presence = seen(instants);
            assert!(presence.runs.len() <= RUNS, "{presence:?}");
        }
    }
}
