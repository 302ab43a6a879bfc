//! The BFD sessions of a lab: which belong together, what configurations and interfaces make of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::bfd_machine::{ADMINISTRATIVELY_DOWN, BfdMachine, NO_DIAGNOSTIC, PATH_DOWN, micros, same_ends};
use super::bfd_record::BfdRecord;
use super::engine::{Simulation, put};
use super::event::{BfdEnd, Event};
use super::links::Way;
use super::message::{BfdTransition, Travels};
use super::moment::Moment;
use crate::network::bfd::{self, BfdSession, BfdState};
use crate::network::bfd_multihop;
use crate::network::fixpoint::State;
use crate::network::interfaces::Interface;

impl Simulation {
    pub(super) fn start_bfd(&mut self, state: &State) {
        for device in 0..self.configurations.len() {
            let machines = self
                .bfd_wanted(device)
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

    pub(super) fn slow(&self) -> u32 {
        u32::try_from(self.delays.bfd_slow.as_micros()).unwrap_or(u32::MAX)
    }

    fn bfd_ends(&self) -> Vec<BfdEnd> {
        let devices = self.bfd.iter().enumerate();
        devices
            .flat_map(|(device, machines)| machines.keys().map(move |name| (device, name.clone())))
            .collect()
    }

    pub(super) fn machine(&self, (device, name): &BfdEnd) -> Option<&BfdMachine> {
        self.bfd.get(*device)?.get(name)
    }

    pub(super) fn machine_mut(&mut self, (device, name): &BfdEnd) -> Option<&mut BfdMachine> {
        self.bfd.get_mut(*device)?.get_mut(name)
    }

    pub(super) fn bfd_interface(&self, end: &BfdEnd) -> Option<&Interface> {
        let name = self.machine(end)?.session.interface.as_ref()?;
        let mut own = self.interfaces.get(end.0)?.iter();
        own.find(|interface| interface.name == *name)
    }

    /// How packets of an end travel now; none if it sends none.
    pub(super) fn bfd_travels(&self, end: &BfdEnd) -> Option<Travels> {
        let session = &self.machine(end)?.session;
        if session.interface.is_none() {
            return Some(Travels::Routed {
                vrf: session.vrf(),
                source: bfd_multihop::source(&self.forwarding(), end.0, session)?,
                destination: session.peer,
            });
        }
        let interface = self.bfd_interface(end).filter(|interface| interface.protocol)?;
        Some(Travels::OnLink {
            way: interface.way?,
            interface: interface.name.clone(),
            source: interface.address?.0,
        })
    }

    /// Packets may be forwarded otherwise: sessions over several hops send, and hear, what comes of it.
    pub(super) fn bfd_ways_have_changed(&mut self) {
        let leads_far = |machine: &BfdMachine| machine.session.interface.is_none();
        if !self.bfd.iter().flat_map(BTreeMap::values).any(leads_far) {
            return;
        }
        for end in self.bfd_ends() {
            if self.machine(&end).is_some_and(leads_far) {
                self.send_row(&end);
                self.listen(&end);
            }
        }
    }

    /// The time to restore has passed.
    pub(super) fn bfd_restored(&mut self, end: &BfdEnd, at: Moment) {
        let Some(machine) = self.machine_mut(end).filter(|machine| machine.restored == Some(at)) else {
            return;
        };
        machine.restored = None;
        self.show_bfd(end.0);
    }

    /// Which sessions belong together.
    fn match_bfd(&mut self) {
        let devices = 0..self.configurations.len();
        let all: Vec<Vec<BfdSession>> = devices.map(|device| self.bfd_wanted(device)).collect();
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
        let sessions = self.bfd_wanted(device);
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
            self.take_leave(&end);
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
            if self
                .machine(&end)
                .is_some_and(|machine| machine.session.interface.is_none())
            {
                continue;
            }
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
                .and_then(|machine| machine.session.interface.as_ref())
                .is_some_and(|name| name.port() == port);
            if on_port {
                self.listen(&end);
            }
        }
    }

    /// The session's state is another; tables, routes and the other end follow.
    pub(super) fn bfd_becomes(&mut self, end: &BfdEnd, state: BfdState, diagnostic: u8) {
        let (now, slow) = (self.now, self.slow());
        let Some(machine) = self.machine_mut(end) else { return };
        let before = machine.state;
        machine.state = state;
        machine.diagnostic = diagnostic;
        let mut restores = None;
        if before != state {
            let wait = Duration::from_secs(60 * u64::from(machine.session.wtr));
            restores = (state == BfdState::Up && !wait.is_zero()).then(|| now + wait);
            machine.restored = restores;
            machine.since = now;
            machine.record.note(now, before, state, diagnostic);
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
        if let Some(at) = restores {
            self.queue.push(at, Event::BfdRestored(end.clone(), at));
        }
        self.send_row(end);
        self.show_bfd(end.0);
        self.evaluate(end.0);
        if before == BfdState::Up && state == BfdState::Down {
            self.bfd_has_failed(end);
        }
    }

    /// What the sessions of a device remember, by name.
    pub(super) fn bfd_records(&self, device: usize) -> BTreeMap<String, BfdRecord> {
        let machines = self.bfd.get(device).into_iter().flatten();
        machines.map(|(name, machine)| (name.clone(), machine.record)).collect()
    }

    pub(super) fn show_bfd(&mut self, device: usize) {
        let Some(machines) = self.bfd.get(device) else {
            return;
        };
        let shown: Vec<BfdSession> = self
            .bfd_wanted(device)
            .iter()
            .filter_map(|session| machines.get(&session.name))
            .map(BfdMachine::shown)
            .collect();
        if self.bfd_sessions.get(device).is_some_and(|before| **before != shown) {
            put(&mut self.bfd_sessions, device, Arc::new(shown));
            self.evaluate(device);
        }
    }
}
