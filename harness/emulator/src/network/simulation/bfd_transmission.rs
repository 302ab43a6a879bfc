//! What an end of a BFD session sends: rows of packets, and answers to polls (RFC 5880 §6.8.7).

use std::time::Duration;

use super::chance::{draw, seed_of};
use super::engine::Simulation;
use super::event::{BfdEnd, Event};
use super::message::{BfdPacket, BfdTrain, Travels};
use super::schedule::Schedule;
use crate::network::bfd::{self, BfdSession};
use crate::network::bfd_multihop::source_port;

/// Shortest interval between packets as a share of the longest (RFC 5880 §6.8.7).
const SHORTEST: f64 = 0.75;
/// The longest interval with a detection multiplier of 1, as a share of the negotiated one.
const LONGEST_OF_ONE: f64 = 0.9;

impl Simulation {
    pub(super) fn end_row(&mut self, end: &BfdEnd) {
        let now = self.now;
        let Some(machine) = self.machine_mut(end) else { return };
        if machine.row.take().is_none() {
            return;
        }
        let counterpart = machine.counterpart.clone();
        self.history.end_bfd(end.0, &end.1, now);
        if let Some(other) = counterpart {
            self.listen(&other);
        }
    }

    /// The row that an end sends is what it has to say now, from now on if it is another.
    pub(super) fn send_row(&mut self, end: &BfdEnd) {
        let (now, slow) = (self.now, self.slow());
        let seed = draw(&[
            seed_of(self.seeds.get(end.0).copied().unwrap_or(0), &end.1),
            now.nanos(),
            self.generation,
        ]);
        let enabled = self.configurations.get(end.0).is_some_and(|c| bfd::is_enabled(c));
        let Some(travels) = self.bfd_travels(end).filter(|_| enabled) else {
            self.end_row(end);
            return;
        };
        let Some(machine) = self.machine_mut(end) else { return };
        let packet = machine.says(slow);
        // An increase is in force once the other end has confirmed it; all else at once.
        if !machine.polling || packet.desired_min_tx < machine.desired {
            machine.desired = packet.desired_min_tx;
        }
        let mut interval = Duration::from_micros(u64::from(machine.transmit_interval().max(1)));
        let mut shortest = SHORTEST;
        if packet.multiplier <= 1 {
            interval = interval.mul_f64(LONGEST_OF_ONE);
            shortest = SHORTEST / LONGEST_OF_ONE;
        }
        let same = machine
            .row
            .is_some_and(|(schedule, said)| said == packet && schedule.interval == interval)
            && machine.travels.as_ref() == Some(&travels);
        if same {
            return;
        }
        let had_row = machine.row.is_some();
        let schedule = Schedule {
            since: now,
            until: None,
            interval,
            shortest,
            seed,
        };
        machine.row = Some((schedule, packet));
        machine.travels = Some(travels.clone());
        let train = train(end, &machine.session, travels, schedule, packet);
        let counterpart = machine.counterpart.clone();
        if had_row {
            self.history.end_bfd(end.0, &end.1, now);
        }
        self.history.record_bfd(train);
        if let Some(other) = counterpart {
            self.listen(&other);
        }
    }

    /// A poll is answered at once by one packet of its own (§6.5).
    pub(super) fn answer_poll(&mut self, end: &BfdEnd) {
        let slow = self.slow();
        let Some(machine) = self.machine(end) else { return };
        let packet = BfdPacket {
            poll: false,
            answer: true,
            ..machine.says(slow)
        };
        self.send_once(end, packet);
    }

    /// Sends a packet out of turn.
    pub(super) fn send_once(&mut self, end: &BfdEnd, packet: BfdPacket) {
        let now = self.now;
        let Some(travels) = self.bfd_travels(end) else { return };
        let Some(machine) = self.machine(end) else { return };
        let seed = draw(&[
            self.seeds.get(end.0).copied().unwrap_or(0),
            now.nanos(),
            self.generation,
        ]);
        let schedule = Schedule {
            since: now,
            until: Some(now + Duration::from_nanos(1)),
            interval: Duration::from_secs(1),
            shortest: 1.0,
            seed,
        };
        let train = train(end, &machine.session, travels, schedule, packet);
        let counterpart = machine.counterpart.clone();
        let arrives = counterpart.as_ref().and_then(|other| match &train.travels {
            Travels::OnLink { way, .. } => {
                let condition = self.condition(*way)?;
                (condition.passes() && !train.loses(0, condition.loss)).then(|| now + condition.delay)
            }
            Travels::Routed { .. } => {
                let way = self.bfd_way(end, other)?;
                (!way.loses(self.seed, train.schedule.seed, 0)).then(|| now + way.delay)
            }
        });
        self.history.record_bfd(train);
        if let (Some(other), Some(at)) = (counterpart, arrives) {
            self.queue.push(at, Event::BfdAnswered(other, packet));
        }
    }
}

/// Packets of a session.
fn train(end: &BfdEnd, session: &BfdSession, travels: Travels, schedule: Schedule, packet: BfdPacket) -> BfdTrain {
    BfdTrain {
        device: end.0,
        session: end.1.clone(),
        travels,
        destination: session.peer,
        source_port: source_port(session),
        schedule,
        packet,
    }
}
