//! What an end of a BFD session hears, and when it misses it (RFC 5880 §6.8.6).

use std::sync::Arc;
use std::time::Duration;

use super::bfd_machine::{DETECTION_TIME_EXPIRED, NEIGHBOUR_SIGNALLED_DOWN, NO_DIAGNOSTIC, next_state};
use super::chance::fraction;
use super::engine::Simulation;
use super::event::{BfdEnd, Event};
use super::links::Way;
use super::message::BfdPacket;
use super::moment::Moment;
use super::schedule::Schedule;
use crate::network::bfd::BfdState;
use crate::network::bfd_multihop;

/// How far ahead a receiver on a link that loses packets looks at a time.
const OUTLOOK: Duration = Duration::from_secs(30);
/// A receiver looks back for the last packet that was not lost at most so many packets.
const LOOK_BACK: u64 = 100_000;

/// The way that packets take over several hops.
#[derive(Debug, Clone, PartialEq)]
pub struct FarWay {
    /// How long they are under way.
    pub(super) delay: Duration,
    /// What each link loses.
    losses: Vec<(Way, f64)>,
}

impl FarWay {
    /// Whether a packet of a row is lost on it, as [`super::History::walk`] draws it.
    pub(super) fn loses(&self, seed: u64, row: u64, number: u64) -> bool {
        self.losses.iter().enumerate().any(|(hop, (way, loss))| {
            *loss > 0.0 && fraction(&[seed, row ^ number, way.link as u64, way.from as u64, hop as u64]) < *loss
        })
    }
}

/// The row that comes in.
#[derive(Debug, Clone)]
pub struct Listening {
    pub(super) schedule: Schedule,
    pub(super) packet: BfdPacket,
    pub(super) from: Moment,
    pub(super) delay: Duration,
    pub(super) loss: f64,
    /// The way over several hops, with the seed of chance; none on a link.
    far: Option<(Arc<FarWay>, u64)>,
}

impl Listening {
    fn lost(&self, number: u64) -> bool {
        if let Some((way, seed)) = &self.far {
            return way.loses(*seed, self.schedule.seed, number);
        }
        self.loss >= 1.0 || self.loss > 0.0 && fraction(&[self.schedule.seed, number, 1]) < self.loss
    }

    /// When the last packet that was sent before an instant comes in.
    fn last_before(&self, at: Moment) -> Option<Moment> {
        let (last, _) = self.schedule.last_before(at)?;
        (last.saturating_sub(LOOK_BACK)..=last)
            .rev()
            .take_while(|number| self.schedule.nth(*number) >= self.from)
            .find(|number| !self.lost(*number))
            .map(|number| self.schedule.nth(number) + self.delay)
    }

    /// When packets come in after an instant.
    fn arrivals(&self, after: Moment) -> impl Iterator<Item = Moment> + use<> {
        let own = self.clone();
        let kept = self.clone();
        let sent = own.from.max(after - own.delay);
        (own.schedule.first_from(sent)..)
            .take(usize::try_from(LOOK_BACK).unwrap_or(usize::MAX))
            .filter(move |number| !kept.lost(*number))
            .map(move |number| own.schedule.nth(number) + own.delay)
            .skip_while(move |at| *at <= after)
    }

    /// Whether it is the same row under the same condition.
    fn goes_on(&self, other: &Self) -> bool {
        (self.schedule, self.packet, self.delay) == (other.schedule, other.packet, other.delay)
            && self.loss.total_cmp(&other.loss).is_eq()
            && self.far == other.far
    }
}

impl Simulation {
    /// What an end will hear from now on, and when it will miss it.
    pub(super) fn listen(&mut self, end: &BfdEnd) {
        self.generation += 1;
        let (now, generation) = (self.now, self.generation);
        let mut row = self.incoming(end);
        let Some(machine) = self.machine_mut(end) else { return };
        machine.generation = generation;
        if let (Some(row), Some(before)) = (&mut row, &machine.listening)
            && row.goes_on(before)
        {
            row.from = before.from;
        }
        let before = machine
            .listening
            .as_ref()
            .and_then(|listening| listening.last_before(now));
        machine.heard = machine.heard.max(before);
        machine.listening.clone_from(&row);
        let first = row.as_ref().and_then(|row| row.arrivals(now).next());
        let news = row.as_ref().is_some_and(|row| {
            machine.remote != Some(row.packet) || next_state(machine.state, row.packet.state).is_some()
        });
        let detection = machine
            .remote
            .map(|remote| Duration::from_micros(u64::from(machine.detection(&remote))));
        let steady = row
            .as_ref()
            .is_some_and(|row| row.loss <= 0.0 && detection.is_some_and(|d| row.schedule.interval <= d));
        if let (Some(at), true) = (first, news) {
            self.queue.push(at.max(now), Event::BfdHeard(end.clone(), generation));
        }
        let Some((detection, heard)) = detection.zip(self.machine(end).and_then(|machine| machine.heard.or(Some(now))))
        else {
            return;
        };
        // The first gap that is longer than the detection time.
        let mut last = heard;
        let outlook = now + OUTLOOK;
        let mut expires = None;
        for at in row.iter().flat_map(|row| row.arrivals(now)) {
            if at > last + detection {
                expires = Some(last + detection);
                break;
            }
            last = last.max(at);
            if steady || at > outlook {
                break;
            }
        }
        match (row, expires) {
            (_, Some(at)) => self.queue.push(at.max(now), Event::BfdExpired(end.clone(), generation)),
            (None, None) => self
                .queue
                .push((heard + detection).max(now), Event::BfdExpired(end.clone(), generation)),
            (Some(_), None) if !steady && last > now => {
                self.queue
                    .push(last.max(outlook), Event::BfdListen(end.clone(), generation));
            }
            // Nothing more comes of a row that loses everything.
            (Some(_), None) if !steady => self
                .queue
                .push((heard + detection).max(now), Event::BfdExpired(end.clone(), generation)),
            _ => {}
        }
    }

    /// The row that comes in at an end.
    fn incoming(&self, end: &BfdEnd) -> Option<Listening> {
        let machine = self.machine(end)?;
        if machine.session.interface.is_none() {
            let other = machine.counterpart.as_ref()?;
            let (schedule, packet) = self.machine(other)?.row?;
            let way = Arc::new(self.bfd_way(other, end)?);
            return Some(Listening {
                schedule,
                packet,
                from: self.now.max(schedule.since),
                delay: way.delay,
                loss: way.losses.iter().map(|(_, loss)| *loss).fold(0.0, f64::max),
                far: Some((way, self.seed)),
            });
        }
        let hears = self.bfd_interface(end).is_some_and(|interface| interface.protocol);
        let other = machine.counterpart.as_ref().filter(|_| hears)?;
        let (schedule, packet) = self.machine(other)?.row?;
        let condition = self.condition(self.bfd_interface(other)?.way?)?;
        condition.passes().then_some(Listening {
            schedule,
            packet,
            from: self.now.max(schedule.since),
            delay: condition.delay,
            loss: condition.loss,
            far: None,
        })
    }

    /// The way of packets from one end of a session over several hops to the other; none if they do not arrive.
    pub(super) fn bfd_way(&self, from: &BfdEnd, to: &BfdEnd) -> Option<FarWay> {
        let (sender, receiver) = (&self.machine(from)?.session, &self.machine(to)?.session);
        let mut ways = Vec::new();
        let forwarding = self.forwarding();
        if !bfd_multihop::arrives(&forwarding, (from.0, sender), (to.0, receiver), &mut ways) {
            return None;
        }
        let conditions = ways.iter().filter_map(|way| Some((*way, self.condition(*way)?)));
        let conditions: Vec<_> = conditions.collect();
        Some(FarWay {
            delay: conditions
                .iter()
                .map(|(_, condition)| condition.delay + self.delays.forwarding)
                .sum(),
            losses: conditions
                .iter()
                .map(|(way, condition)| (*way, condition.loss))
                .collect(),
        })
    }

    pub(super) fn bfd_listen_again(&mut self, end: &BfdEnd, generation: u64) {
        if self
            .machine(end)
            .is_some_and(|machine| machine.generation == generation)
        {
            self.listen(end);
        }
    }

    pub(super) fn bfd_heard(&mut self, end: &BfdEnd, generation: u64) {
        let Some(machine) = self.machine(end).filter(|machine| machine.generation == generation) else {
            return;
        };
        if let Some(packet) = machine.listening.as_ref().map(|listening| listening.packet) {
            self.receive(end, packet);
        }
    }

    pub(super) fn bfd_answered(&mut self, end: &BfdEnd, packet: BfdPacket) {
        self.receive(end, packet);
    }

    /// Reception of a control packet (RFC 5880 §6.8.6).
    fn receive(&mut self, end: &BfdEnd, packet: BfdPacket) {
        let now = self.now;
        let Some(machine) = self.machine_mut(end) else { return };
        let own = machine.session.local_discriminator;
        let for_us = packet.your_discriminator == own
            || packet.your_discriminator == 0 && matches!(packet.state, BfdState::Down | BfdState::AdminDown);
        let not_ours = packet.your_discriminator != 0 && packet.your_discriminator != own;
        if !for_us || not_ours && packet.state == BfdState::Up {
            return;
        }
        machine.heard = machine.heard.max(Some(now));
        // The answer to a poll says nothing that the row does not.
        machine.remote = Some(BfdPacket {
            answer: false,
            ..packet
        });
        if packet.answer {
            machine.polling = false;
        }
        let state = machine.state;
        let diagnostic = machine.diagnostic;
        if let Some(state) = next_state(state, packet.state) {
            let diagnostic = match state {
                BfdState::Up => NO_DIAGNOSTIC,
                BfdState::Down => NEIGHBOUR_SIGNALLED_DOWN,
                BfdState::Init | BfdState::AdminDown => diagnostic,
            };
            self.bfd_becomes(end, state, diagnostic);
        }
        if packet.poll {
            self.answer_poll(end);
        }
        self.send_row(end);
        self.show_bfd(end.0);
        self.listen(end);
    }

    pub(super) fn bfd_expired(&mut self, end: &BfdEnd, generation: u64) {
        let Some(machine) = self.machine_mut(end).filter(|machine| machine.generation == generation) else {
            return;
        };
        machine.remote = None;
        machine.polling = false;
        let state = machine.state;
        if matches!(state, BfdState::Up | BfdState::Init) {
            self.bfd_becomes(end, BfdState::Down, DETECTION_TIME_EXPIRED);
        }
        self.send_row(end);
        self.show_bfd(end.0);
        self.listen(end);
    }
}
