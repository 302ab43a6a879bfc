//! BFD in time: the state machine of RFC 5880, single hop (RFC 5881), asynchronous mode.
//!
//! While nothing changes no packet is an event: rows of packets have their times from a [`Schedule`], and what a
//! receiver will have heard when follows from the row and the condition of the link.

use std::sync::Arc;
use std::time::Duration;

use super::chance::{draw, fraction, seed_of};
use super::engine::{Simulation, put};
use super::event::{BfdEnd, Event};
use super::links::Way;
use super::message::{BfdPacket, BfdTrain, BfdTransition};
use super::moment::Moment;
use super::schedule::Schedule;
use crate::network::bfd::{self, BfdSession, BfdState, Negotiated};
use crate::network::fixpoint::State;
use crate::network::interfaces::Interface;

/// Local diagnostics (RFC 5880 §4.1).
const NO_DIAGNOSTIC: u8 = 0;
const DETECTION_TIME_EXPIRED: u8 = 1;
const NEIGHBOUR_SIGNALLED_DOWN: u8 = 3;
const PATH_DOWN: u8 = 5;
const ADMINISTRATIVELY_DOWN: u8 = 7;
/// Shortest interval between packets as a share of the longest (RFC 5880 §6.8.7).
const SHORTEST: f64 = 0.75;
/// The longest interval with a detection multiplier of 1, as a share of the negotiated one.
const LONGEST_OF_ONE: f64 = 0.9;
/// How far ahead a receiver on a link that loses packets looks at a time.
const OUTLOOK: Duration = Duration::from_secs(30);
/// A receiver looks back for the last packet that was not lost at most so many packets.
const LOOK_BACK: u64 = 100_000;

/// A session of a device.
#[derive(Debug, Clone)]
pub struct BfdMachine {
    session: BfdSession,
    counterpart: Option<BfdEnd>,
    state: BfdState,
    diagnostic: u8,
    remote: Option<BfdPacket>,
    /// A change of timers that the other end has not confirmed yet.
    polling: bool,
    /// Desired Min TX in force: an increase waits for the other end's confirmation.
    desired: u32,
    /// The row that this end sends.
    row: Option<(Schedule, BfdPacket)>,
    /// When the last packet came in, as far as rows that have ended tell.
    heard: Option<Moment>,
    listening: Option<Listening>,
    generation: u64,
    /// Since when it is in this state.
    since: Moment,
}

/// The row that comes in.
#[derive(Debug, Clone, Copy)]
struct Listening {
    schedule: Schedule,
    packet: BfdPacket,
    from: Moment,
    delay: Duration,
    loss: f64,
}

impl Listening {
    fn lost(&self, number: u64) -> bool {
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
        let own = *self;
        let sent = own.from.max(after - own.delay);
        (own.schedule.first_from(sent)..)
            .take(usize::try_from(LOOK_BACK).unwrap_or(usize::MAX))
            .filter(move |number| !own.lost(*number))
            .map(move |number| own.schedule.nth(number) + own.delay)
            .skip_while(move |at| *at <= after)
    }

    /// Whether it is the same row under the same condition.
    fn goes_on(&self, other: &Self) -> bool {
        (self.schedule, self.packet, self.delay) == (other.schedule, other.packet, other.delay)
            && self.loss.total_cmp(&other.loss).is_eq()
    }
}

impl BfdMachine {
    fn new(session: BfdSession, now: Moment) -> Self {
        let state = session.state;
        Self {
            counterpart: None,
            state,
            diagnostic: if state == BfdState::AdminDown {
                ADMINISTRATIVELY_DOWN
            } else {
                NO_DIAGNOSTIC
            },
            remote: None,
            polling: false,
            desired: 0,
            row: None,
            heard: None,
            listening: None,
            generation: 0,
            since: now,
            session,
        }
    }

    /// As tables show it.
    fn shown(&self) -> BfdSession {
        let up = self.state == BfdState::Up;
        let remote = self.remote.as_ref();
        BfdSession {
            state: self.state,
            remote_discriminator: remote
                .filter(|_| up)
                .map_or(self.session.remote_discriminator, |remote| remote.my_discriminator),
            peer_is_shut_down: self.state == BfdState::Down
                && remote.is_some_and(|remote| remote.state == BfdState::AdminDown),
            negotiated: remote.filter(|_| up).map(|remote| Negotiated {
                tx: milliseconds(self.transmit_interval()),
                rx: milliseconds(self.receive_interval(remote)),
                detection: milliseconds(self.detection(remote)),
            }),
            ..self.session.clone()
        }
    }

    /// Interval at which this end sends, in microseconds (§6.8.7).
    fn transmit_interval(&self) -> u32 {
        self.desired.max(self.remote.map_or(0, |remote| remote.required_min_rx))
    }

    fn receive_interval(&self, remote: &BfdPacket) -> u32 {
        micros(self.session.min_rx).max(remote.desired_min_tx)
    }

    /// Detection time in microseconds (§6.8.4).
    fn detection(&self, remote: &BfdPacket) -> u32 {
        self.receive_interval(remote)
            .saturating_mul(u32::from(remote.multiplier))
    }

    /// What this end says; `slow` is the interval while the session is not up, in microseconds (§6.8.3).
    fn says(&self, slow: u32) -> BfdPacket {
        let configured = micros(self.session.min_tx);
        BfdPacket {
            state: self.state,
            diagnostic: self.diagnostic,
            poll: self.polling,
            answer: false,
            multiplier: u8::try_from(self.session.multiplier).unwrap_or(u8::MAX),
            my_discriminator: self.session.local_discriminator,
            your_discriminator: self.remote.map_or(0, |remote| remote.my_discriminator),
            desired_min_tx: if self.state == BfdState::Up {
                configured
            } else {
                configured.max(slow)
            },
            required_min_rx: micros(self.session.min_rx),
        }
    }
}

impl Simulation {
    pub(super) fn start_bfd(&mut self, state: &State) {
        for (device, configuration) in self.configurations.iter().enumerate() {
            let machines = bfd::configured(configuration)
                .into_iter()
                .map(|session| (session.name.clone(), BfdMachine::new(session, self.now)));
            let machines = machines.collect();
            put(&mut self.bfd, device, machines);
        }
        self.match_bfd();
        let ends: Vec<BfdEnd> = self.bfd_ends();
        let settled = |end: &BfdEnd| {
            let sessions = state.bfd.get(end.0)?;
            sessions.iter().find(|session| session.name == end.1).cloned()
        };
        for end in &ends {
            let shown = settled(end);
            let slow = self.slow();
            let Some(machine) = self.machine_mut(end) else { continue };
            if let Some(shown) = shown {
                machine.state = shown.state;
            }
            machine.desired = machine.says(slow).desired_min_tx;
        }
        // What each has heard of the other when all has settled.
        for end in &ends {
            let slow = self.slow();
            let said = self.machine(end).and_then(|machine| {
                let other = self.machine(machine.counterpart.as_ref()?)?;
                let shown = settled(end)?;
                let hears = shown.state == BfdState::Up || shown.peer_is_shut_down;
                hears.then(|| other.says(slow))
            });
            if let Some(machine) = self.machine_mut(end) {
                machine.remote = said;
                machine.heard = said.map(|_| Moment::START);
            }
        }
        for end in &ends {
            self.send_row(end);
        }
        for end in &ends {
            // What has been said before is news to nobody.
            let said = self.machine(end).and_then(|machine| {
                let other = self.machine(machine.counterpart.as_ref()?)?;
                other.row.map(|(_, packet)| packet)
            });
            if let Some(machine) = self.machine_mut(end).filter(|machine| machine.remote.is_some()) {
                machine.remote = said;
            }
            self.listen(end);
        }
        for device in 0..self.configurations.len() {
            self.show_bfd(device);
        }
    }

    fn slow(&self) -> u32 {
        u32::try_from(self.delays.bfd_slow.as_micros()).unwrap_or(u32::MAX)
    }

    fn bfd_ends(&self) -> Vec<BfdEnd> {
        let devices = self.bfd.iter().enumerate();
        devices
            .flat_map(|(device, machines)| machines.keys().map(move |name| (device, name.clone())))
            .collect()
    }

    fn machine(&self, (device, name): &BfdEnd) -> Option<&BfdMachine> {
        self.bfd.get(*device)?.get(name)
    }

    fn machine_mut(&mut self, (device, name): &BfdEnd) -> Option<&mut BfdMachine> {
        self.bfd.get_mut(*device)?.get_mut(name)
    }

    fn bfd_interface(&self, end: &BfdEnd) -> Option<&Interface> {
        let machine = self.machine(end)?;
        let mut own = self.interfaces.get(end.0)?.iter();
        own.find(|interface| interface.name == machine.session.interface)
    }

    /// Which sessions belong together.
    fn match_bfd(&mut self) {
        let all: Vec<Vec<BfdSession>> = self.configurations.iter().map(|c| bfd::configured(c)).collect();
        let enabled: Vec<bool> = self.configurations.iter().map(|c| bfd::is_enabled(c)).collect();
        for (device, sessions) in all.iter().enumerate() {
            for session in sessions {
                let counterpart = bfd::counterpart(&all, &enabled, &self.interfaces, device, session)
                    .and_then(|(far, index)| Some((far, all.get(far)?.get(index)?.name.clone())));
                if let Some(machine) = self.machine_mut(&(device, session.name.clone())) {
                    machine.counterpart = counterpart;
                }
            }
        }
    }

    /// Sessions follow the configurations.
    pub(super) fn reconfigure_bfd(&mut self) {
        let before: Vec<(BfdEnd, Option<BfdEnd>)> = self
            .bfd_ends()
            .into_iter()
            .map(|end| {
                let counterpart = self.machine(&end).and_then(|machine| machine.counterpart.clone());
                (end, counterpart)
            })
            .collect();
        for device in 0..self.configurations.len() {
            self.renew_bfd(device);
        }
        self.match_bfd();
        for (end, counterpart) in before {
            let Some(machine) = self.machine(&end) else {
                if let Some(other) = counterpart {
                    self.listen(&other);
                }
                continue;
            };
            if machine.counterpart != counterpart {
                self.send_row(&end);
                self.listen(&end);
                for other in counterpart
                    .into_iter()
                    .chain(self.machine(&end).and_then(|m| m.counterpart.clone()))
                {
                    self.listen(&other);
                }
            }
        }
        for end in self.bfd_ends() {
            self.send_row(&end);
        }
        for device in 0..self.configurations.len() {
            self.show_bfd(device);
        }
    }

    /// Machines of a device are those of its configuration; one whose name and ends stay goes on.
    fn renew_bfd(&mut self, device: usize) {
        let Some(configuration) = self.configurations.get(device) else {
            return;
        };
        let sessions = bfd::configured(configuration);
        let gone: Vec<BfdEnd> = self
            .bfd
            .get(device)
            .into_iter()
            .flatten()
            .filter(|(name, machine)| {
                !sessions
                    .iter()
                    .any(|session| session.name == **name && same_ends(session, &machine.session))
            })
            .map(|(name, _)| (device, name.clone()))
            .collect();
        for end in gone {
            self.end_row(&end);
            if let Some(machines) = self.bfd.get_mut(device) {
                machines.remove(&end.1);
            }
        }
        for session in sessions {
            let end = (device, session.name.clone());
            let now = self.now;
            let slow = self.slow();
            let Some(machine) = self.machine_mut(&end) else {
                let mut machine = BfdMachine::new(session, now);
                machine.desired = machine.says(slow).desired_min_tx;
                if let Some(machines) = self.bfd.get_mut(device) {
                    machines.insert(end.1.clone(), machine);
                }
                self.listen(&end);
                continue;
            };
            let timers = |session: &BfdSession| (session.min_tx, session.min_rx, session.multiplier);
            let retimed = timers(&machine.session) != timers(&session);
            let (is_shut, was_shut) = (
                session.state == BfdState::AdminDown,
                machine.session.state == BfdState::AdminDown,
            );
            machine.session = session;
            if retimed && machine.state == BfdState::Up {
                machine.polling = true;
            }
            match (is_shut, was_shut) {
                (true, false) => self.bfd_becomes(&end, BfdState::AdminDown, ADMINISTRATIVELY_DOWN),
                (false, true) => {
                    self.bfd_becomes(&end, BfdState::Down, NO_DIAGNOSTIC);
                    self.listen(&end);
                }
                _ if retimed => {
                    self.send_row(&end);
                    self.listen(&end);
                }
                _ => {}
            }
        }
    }

    /// Interfaces of a device are up or down now.
    pub(super) fn bfd_interfaces_have_changed(&mut self, device: usize) {
        let ends: Vec<BfdEnd> = self.bfd_ends().into_iter().filter(|end| end.0 == device).collect();
        for end in ends {
            let up = self.bfd_interface(&end).is_some_and(|interface| interface.protocol);
            let sends = self.machine(&end).is_some_and(|machine| machine.row.is_some());
            if up == sends {
                continue;
            }
            if !up {
                self.end_row(&end);
                if let Some(machine) = self.machine_mut(&end) {
                    machine.remote = None;
                    machine.polling = false;
                    machine.heard = None;
                }
                let state = self.machine(&end).map(|machine| machine.state);
                if state == Some(BfdState::Up) || state == Some(BfdState::Init) {
                    self.bfd_becomes(&end, BfdState::Down, PATH_DOWN);
                }
            }
            self.send_row(&end);
            self.listen(&end);
        }
        self.show_bfd(device);
    }

    /// A link's condition has changed.
    pub(super) fn listen_over(&mut self, way: Way) {
        let Some((device, port)) = self.wiring.receiver(way).cloned() else {
            return;
        };
        let ends: Vec<BfdEnd> = self.bfd_ends();
        for end in ends.into_iter().filter(|end| end.0 == device) {
            let on_port = self
                .machine(&end)
                .is_some_and(|machine| machine.session.interface.port() == port);
            if on_port {
                self.listen(&end);
            }
        }
    }

    /// The session's state is another; tables, routes and the other end follow.
    fn bfd_becomes(&mut self, end: &BfdEnd, state: BfdState, diagnostic: u8) {
        let (now, slow) = (self.now, self.slow());
        let Some(machine) = self.machine_mut(end) else { return };
        let before = machine.state;
        machine.state = state;
        machine.diagnostic = diagnostic;
        if before != state {
            machine.since = now;
            // Timers of a session that comes up are told by a poll (§6.8.3); one that is not up sends slowly.
            machine.polling = state == BfdState::Up && machine.desired != micros(machine.session.min_tx);
            machine.desired = machine.says(slow).desired_min_tx;
            let transition = BfdTransition {
                at: now,
                device: end.0,
                session: end.1.clone(),
                before,
                after: state,
                diagnostic,
            };
            self.history.record_transition(transition);
        }
        self.send_row(end);
        self.show_bfd(end.0);
        self.evaluate(end.0);
    }

    fn show_bfd(&mut self, device: usize) {
        let Some((configuration, machines)) = self.configurations.get(device).zip(self.bfd.get(device)) else {
            return;
        };
        let shown: Vec<BfdSession> = bfd::configured(configuration)
            .iter()
            .filter_map(|session| machines.get(&session.name))
            .map(BfdMachine::shown)
            .collect();
        if self.bfd_sessions.get(device).is_some_and(|before| **before != shown) {
            put(&mut self.bfd_sessions, device, Arc::new(shown));
            self.evaluate(device);
        }
    }

    fn end_row(&mut self, end: &BfdEnd) {
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
    fn send_row(&mut self, end: &BfdEnd) {
        let (now, slow) = (self.now, self.slow());
        let seed = draw(&[
            seed_of(self.seeds.get(end.0).copied().unwrap_or(0), &end.1),
            now.nanos(),
            self.generation,
        ]);
        let enabled = self.configurations.get(end.0).is_some_and(|c| bfd::is_enabled(c));
        let on = self
            .bfd_interface(end)
            .filter(|interface| interface.protocol && enabled);
        let Some((way, source)) = on.and_then(|i| Some((i.way?, i.address?.0))) else {
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
            .is_some_and(|(schedule, said)| said == packet && schedule.interval == interval);
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
        let train = BfdTrain {
            device: end.0,
            session: end.1.clone(),
            interface: machine.session.interface.clone(),
            way,
            source,
            destination: machine.session.peer,
            source_port: source_port(&machine.session),
            schedule,
            packet,
        };
        let counterpart = machine.counterpart.clone();
        if had_row {
            self.history.end_bfd(end.0, &end.1, now);
        }
        self.history.record_bfd(train);
        if let Some(other) = counterpart {
            self.listen(&other);
        }
    }

    /// What an end will hear from now on, and when it will miss it.
    fn listen(&mut self, end: &BfdEnd) {
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
        let before = machine.listening.and_then(|listening| listening.last_before(now));
        machine.heard = machine.heard.max(before);
        machine.listening = row;
        let first = row.and_then(|row| row.arrivals(now).next());
        let news = row.is_some_and(|row| {
            machine.remote != Some(row.packet) || next_state(machine.state, row.packet.state).is_some()
        });
        let detection = machine
            .remote
            .map(|remote| Duration::from_micros(u64::from(machine.detection(&remote))));
        let steady = row.is_some_and(|row| row.loss <= 0.0 && detection.is_some_and(|d| row.schedule.interval <= d));
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
        if let Some(packet) = machine.listening.map(|listening| listening.packet) {
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

    /// A poll is answered at once by one packet of its own (§6.5).
    fn answer_poll(&mut self, end: &BfdEnd) {
        let (now, slow) = (self.now, self.slow());
        let on = self.bfd_interface(end).filter(|interface| interface.protocol);
        let Some((way, source)) = on.and_then(|i| Some((i.way?, i.address?.0))) else {
            return;
        };
        let Some(machine) = self.machine(end) else { return };
        let packet = BfdPacket {
            poll: false,
            answer: true,
            ..machine.says(slow)
        };
        let seed = draw(&[
            self.seeds.get(end.0).copied().unwrap_or(0),
            now.nanos(),
            self.generation,
        ]);
        let train = BfdTrain {
            device: end.0,
            session: end.1.clone(),
            interface: machine.session.interface.clone(),
            way,
            source,
            destination: machine.session.peer,
            source_port: source_port(&machine.session),
            schedule: Schedule {
                since: now,
                until: Some(now + Duration::from_nanos(1)),
                interval: Duration::from_secs(1),
                shortest: 1.0,
                seed,
            },
            packet,
        };
        let counterpart = machine.counterpart.clone();
        let condition = self.condition(way);
        let arrives = condition
            .filter(|condition| condition.passes() && !train.loses(0, condition.loss))
            .map(|condition| now + condition.delay);
        self.history.record_bfd(train);
        if let (Some(other), Some(at)) = (counterpart, arrives) {
            self.queue.push(at, Event::BfdAnswered(other, packet));
        }
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

fn micros(milliseconds: u32) -> u32 {
    milliseconds.saturating_mul(1000)
}

fn milliseconds(micros: u32) -> u32 {
    micros / 1000
}

/// The state that a packet of this state leads to, if it is another (RFC 5880 §6.8.6).
fn next_state(own: BfdState, received: BfdState) -> Option<BfdState> {
    match (own, received) {
        (BfdState::Init | BfdState::Up, BfdState::AdminDown) | (BfdState::Up, BfdState::Down) => Some(BfdState::Down),
        (BfdState::Down, BfdState::Down) => Some(BfdState::Init),
        (BfdState::Down, BfdState::Init) | (BfdState::Init, BfdState::Init | BfdState::Up) => Some(BfdState::Up),
        _ => None,
    }
}

/// A session goes on while these stay.
fn same_ends(a: &BfdSession, b: &BfdSession) -> bool {
    let ends = |s: &BfdSession| {
        (
            s.peer,
            s.vpn_instance.clone(),
            s.interface.clone(),
            s.source,
            s.auto,
            s.local_discriminator,
            if s.auto { 0 } else { s.remote_discriminator },
        )
    };
    ends(a) == ends(b)
}

/// A port of the range that RFC 5881 §4 names, the same for all packets of a session.
fn source_port(session: &BfdSession) -> u16 {
    let offset = seed_of(u64::from(session.local_discriminator), &session.name) % 16_384;
    49_152 + u16::try_from(offset).unwrap_or(0)
}
