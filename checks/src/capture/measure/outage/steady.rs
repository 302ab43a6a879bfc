//! A flow while nothing happens to it. Nearly all packets are the next in order, no farther from the one before and no
//! sooner or later than others were: then little more than sums change, and two cache lines hold all of it.

use super::flow::Range;
use crate::capture::measure::Observation;

/// What a [`super::flow::FlowTracker`] would keep of packets that change nothing else. It takes them in its place until
/// one comes that is out of the ordinary, or that the tracker wants to see.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Steady {
    /// The last packet.
    pub(super) sequence: u64,
    pub(super) time: i64,
    pub(super) sent: i64,
    /// The first number that the tracker wants to see; zero where it wants to see all.
    pub(super) until: u64,
    /// The steps that there were: one outside is a new least or greatest one.
    pub(super) time_steps: Range,
    pub(super) send_steps: Range,
    pub(super) octets: u64,
    /// The greatest difference of these steps so far, less than what makes a packet held back.
    pub(super) greatest_difference: u64,
    pub(super) differences: u64,
    /// The delays of the packets since the tracker last looked.
    pub(super) delays: Range,
}

impl Steady {
    /// Of a flow whose every packet the tracker wants to see.
    pub(super) const NOT: Self = Self {
        sequence: 0,
        time: 0,
        sent: 0,
        until: 0,
        time_steps: Range::NONE,
        send_steps: Range::NONE,
        octets: 0,
        greatest_difference: 0,
        differences: 0,
        delays: Range::NONE,
    };

    /// Takes a packet if it changes nothing but sums and the range of delays. What it holds is read field by field: a
    /// copy of the whole would have to wait until it has been written.
    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    pub(super) fn take(&mut self, packet: &Observation) -> bool {
        let taken = packet.sequence.is_some_and(|sequence| sequence < self.until) && self.fits(packet);
        if taken {
            self.add(packet);
        }
        taken
    }

    /// Whether a packet changes nothing but sums and the range of delays, apart from when the tracker wants to look again.
    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    pub(super) fn fits(&self, packet: &Observation) -> bool {
        let (Some(sequence), Some(sent), time) = (packet.sequence, packet.sent, packet.time) else {
            return false;
        };
        if !packet.is_bounded() {
            return false;
        }
        let time_step = time - self.time;
        let send_step = sent - self.sent;
        let difference = time_step.saturating_sub(send_step).unsigned_abs();
        sequence == self.sequence.wrapping_add(1)
            && self.time_steps.holds(time_step)
            && self.send_steps.holds(send_step)
            && difference <= self.greatest_difference
    }

    /// Adds a packet that fits.
    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    pub(super) fn add(&mut self, packet: &Observation) {
        let (Some(sequence), Some(sent), time) = (packet.sequence, packet.sent, packet.time) else {
            return;
        };
        let difference = (time - self.time).saturating_sub(sent - self.sent).unsigned_abs();
        self.sequence = sequence;
        self.time = time;
        self.sent = sent;
        self.octets = self.octets.saturating_add(u64::from(packet.length));
        self.differences = self.differences.saturating_add(difference);
        self.delays.add(time - sent);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::flow::FlowTracker;
    use super::*;
    use crate::capture::measure::{FlowId, LaneId, SequenceSpace};

    fn packet(sequence: u64, time: i64, sent: Option<i64>, length: u32) -> Observation {
        Observation {
            flow: FlowId(0),
            lane: LaneId(0),
            time,
            sequence: Some(sequence),
            sent,
            length,
        }
    }

    /// How a flow is tracked with all packets looked at, and with ordinary ones taken; how many were.
    fn tracked(packets: &[Observation], space: SequenceSpace) -> (String, String, usize) {
        let begin = || FlowTracker::begin(&packets[0], space, 10, 99, i64::MAX);
        let (mut looked_at, mut flow, mut steady, mut taken) = (begin(), begin(), Steady::NOT, 0);
        for packet in &packets[1..] {
            looked_at.observe(packet);
            if steady.take(packet) {
                taken += 1;
            } else if steady.fits(packet) && flow.turn_over(&mut steady) {
                steady.add(packet);
                taken += 1;
            } else {
                flow.resume(&steady);
                flow.observe(packet);
                steady = flow.steady();
            }
        }
        flow.resume(&steady);
        (format!("{looked_at:?}"), format!("{flow:?}"), taken)
    }

    #[test]
    fn most_packets_of_a_quiet_flow_are_taken() {
        let packets: Vec<_> = (0..10_000)
            .map(|number| {
                packet(
                    number,
                    number.cast_signed() * 1_000,
                    Some(number.cast_signed() * 1_000 - 300),
                    128,
                )
            })
            .collect();
        let (looked_at, flow, taken) = tracked(&packets, SequenceSpace::PROBE);
        assert_eq!(looked_at, flow);
        assert!(taken > 9_500, "{taken}");
    }

    proptest! {
        /// Losses, repetitions, disorder, jitter, steps of clocks and ends of the number space: nothing is told apart.
        #[test]
        fn what_is_taken_is_as_if_looked_at(
            events in prop::collection::vec(
                (prop_oneof![40 => Just(1_i64), 1 => -3_i64..80], 0_i64..40, 0_u32..3000),
                1..800,
            ),
            start in prop_oneof![Just(0), Just(u64::MAX - 300), any::<u64>()],
            period in prop_oneof![Just(1_000_i64), Just(1_000_000), Just(600_000_000)],
            noise in prop_oneof![Just(0_i64), Just(20), Just(100_000)],
            step in (0_usize..800, -2_000_000_000_i64..2_000_000_000),
            timed in prop_oneof![9 => Just(true), 1 => Just(false)],
            bits in prop_oneof![3 => Just(64_u8), 1 => Just(16)],
            // So many packets that samples are far apart: then only stretches of delays end.
            quiet in prop_oneof![4 => Just(0_usize), 1 => 2_000_usize..6_000],
        ) {
            let space = SequenceSpace { bits, from_zero: true };
            let (mut number, mut sent, mut packets) = (start, 1_700_000_000_000_000_000_i64, Vec::new());
            let before = (0_i64..).take(quiet).map(|index| (1, index * 7 % 40, 128));
            for (index, (by, jitter, length)) in before.chain(events).enumerate() {
                number = number.wrapping_add_signed(by);
                sent += by.max(0) * period;
                let stepped = if index > quiet + step.0 { step.1 } else { 0 };
                packets.push(packet(number, sent + 500 + jitter * noise + stepped, timed.then_some(sent), length));
            }
            let (looked_at, flow, _) = tracked(&packets, space);
            prop_assert_eq!(looked_at, flow);
        }
    }
}
