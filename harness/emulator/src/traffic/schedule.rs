//! When which flow of a traffic sends which packet.

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// The instants at which a traffic sends. The flows take turns: packet *k* of all is packet *k* / *flows* of flow
/// *k* mod *flows*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// When the first packet is sent, in nanoseconds.
    pub start: u64,
    /// From when on no packet is sent.
    pub stop: Option<u64>,
    /// How many flows; not 0.
    pub flows: u32,
    /// Packets per second of each; not 0.
    pub packets_per_second: u32,
}

/// A packet to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: u64,
    /// The flow, from 0.
    pub flow: u32,
    /// Its sequence number.
    pub sequence: u64,
}

impl Schedule {
    /// All packets sent from an instant on and before another, in the order of time.
    pub fn turns(self, from: u64, to: u64) -> impl Iterator<Item = Turn> {
        let to = self.stop.map_or(to, |stop| stop.min(to));
        let first = self.first_from(from);
        (first..)
            .map(move |index| self.turn(index))
            .take_while(move |turn| turn.at < to)
    }

    /// How many packets are sent from an instant on and before another.
    pub fn count(self, from: u64, to: u64) -> u64 {
        let to = self.stop.map_or(to, |stop| stop.min(to));
        self.first_from(to).saturating_sub(self.first_from(from))
    }

    fn rate(self) -> u64 {
        (u64::from(self.flows) * u64::from(self.packets_per_second)).max(1)
    }

    fn turn(self, index: u64) -> Turn {
        let flows = u64::from(self.flows.max(1));
        Turn {
            at: self.at(index),
            flow: (index % flows) as u32,
            sequence: index / flows,
        }
    }

    /// When packet `index` of all is sent, rounded down to a nanosecond.
    fn at(self, index: u64) -> u64 {
        let (seconds, rest) = (index / self.rate(), index % self.rate());
        self.start
            .saturating_add(seconds.saturating_mul(SECOND))
            .saturating_add(rest * SECOND / self.rate())
    }

    /// The first packet that is sent at an instant or later.
    fn first_from(self, from: u64) -> u64 {
        let elapsed = from.saturating_sub(self.start);
        let whole = (elapsed / SECOND).saturating_mul(self.rate());
        let mut index = whole.saturating_add((elapsed % SECOND) * self.rate() / SECOND);
        while self.at(index) < from {
            index += 1;
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_sends_at_its_rate_and_all_of_them_are_evenly_spaced() {
        let schedule = Schedule {
            start: 5,
            stop: None,
            flows: 3,
            packets_per_second: 7,
        };
        let all: Vec<Turn> = schedule.turns(0, 5 + 10 * SECOND).collect();
        assert_eq!(all.len(), 210);
        assert_eq!(schedule.count(0, 5 + 10 * SECOND), 210);
        for pair in all.windows(2) {
            let gap = pair[1].at - pair[0].at;
            assert!((47_619_047..=47_619_048).contains(&gap), "{gap}");
        }
        let of_one: Vec<u64> = all
            .iter()
            .filter(|turn| turn.flow == 1)
            .map(|turn| turn.sequence)
            .collect();
        assert_eq!(of_one, (0..70).collect::<Vec<_>>());
    }

    /// Any window gives exactly the packets that the whole has there.
    #[test]
    fn windows_are_parts_of_the_whole() {
        let schedule = Schedule {
            start: 1_000_000_123,
            stop: Some(3_500_000_000),
            flows: 7,
            packets_per_second: 13,
        };
        let all: Vec<Turn> = schedule.turns(0, u64::MAX).collect();
        for from in (0..4_000_000_000).step_by(97_000_003) {
            let to = from + 333_333_331;
            let expected: Vec<Turn> = all
                .iter()
                .filter(|turn| (from..to).contains(&turn.at))
                .copied()
                .collect();
            assert_eq!(schedule.turns(from, to).collect::<Vec<_>>(), expected);
            assert_eq!(schedule.count(from, to), expected.len() as u64);
        }
        // The instant of a packet itself belongs to the window that begins with it.
        for turn in &all {
            assert_eq!(schedule.turns(turn.at, turn.at + 1).collect::<Vec<_>>(), [*turn]);
        }
    }
}
