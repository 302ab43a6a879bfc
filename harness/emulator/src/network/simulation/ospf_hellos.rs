//! Hellos of OSPF: every router says on its links whom it hears, and notices who is silent.

use std::collections::BTreeMap;
use std::time::Duration;

use super::chance::{draw, fraction};
use super::engine::Simulation;
use super::message::{KeepaliveKind, KeptAlive, Travels};
use super::moment::Moment;
use super::schedule::Schedule;
use super::times::OspfTimes;
use crate::interface_name::InterfaceName;
use crate::network::interfaces::Interface;
use crate::network::ospf::{self, Neighbour};
use crate::network::ospf_link::Stage;

/// Number of a process and interface.
pub type OnInterface = (u32, InterfaceName);

/// What a router says in its hellos on an interface, to which device.
pub type Greeting = (usize, Travels, KeepaliveKind);

impl Simulation {
    fn interface_named(&self, device: usize, name: &InterfaceName) -> Option<&Interface> {
        self.interfaces
            .get(device)?
            .iter()
            .find(|interface| interface.name == *name)
    }

    /// The hellos that a router sends on an interface.
    pub(super) fn hellos(&self, device: usize, number: u32, name: &InterfaceName) -> Schedule {
        let own = self.seeds.get(device).copied().unwrap_or(0);
        let seed = super::chance::seed_of(draw(&[own, u64::from(number)]), &name.to_string());
        let terms = self.interface_named(device, name).map(|interface| &interface.ospf_link);
        let configured = terms.filter(|terms| terms.has_hello());
        let interval = configured.map_or(self.delays.ospf_hello, |terms| {
            Duration::from_secs(u64::from(terms.timers().0))
        });
        let phase = fraction(&[seed]) * interval.as_secs_f64();
        Schedule {
            since: Moment::START + Duration::from_secs_f64(phase),
            until: None,
            interval,
            shortest: 1.0,
            seed,
        }
    }

    /// After how much silence a router gives up its neighbour on an interface.
    pub(super) fn dead_interval(&self, device: usize, name: &InterfaceName) -> Duration {
        let terms = self.interface_named(device, name).map(|interface| &interface.ospf_link);
        let configured = terms.filter(|terms| terms.has_dead());
        configured.map_or(self.delays.ospf_dead, |terms| {
            Duration::from_secs(u64::from(terms.timers().1))
        })
    }

    /// Since when the neighbours of a device are full, and when each that is heard is given up unless it is heard again.
    pub(super) fn ospf_times(&self, device: usize) -> BTreeMap<OnInterface, OspfTimes> {
        let heard_at = |far: usize, number: u32, name: &InterfaceName| {
            let last = self.hellos(far, number, name).last_before(self.now);
            last.map_or(self.now, |(_, at)| at)
        };
        let partial = self.not_full(device).into_iter().filter_map(|(number, neighbour)| {
            let own = self.interfaces.get(device)?.get(neighbour.interface)?;
            let (far, index) = own.far_end?;
            let name = &self.interfaces.get(far)?.get(index)?.name;
            let heard = heard_at(far, neighbour.node().1, name);
            let dead = heard + self.dead_interval(device, &own.name);
            let since = self.now;
            Some(((number, own.name.clone()), OspfTimes { since, dead }))
        });
        let mut times: BTreeMap<OnInterface, OspfTimes> = partial.collect();
        let own = self.adjacencies.get(device).into_iter().flatten();
        let full = own.filter(|(_, adjacency)| adjacency.full).map(|(key, adjacency)| {
            let (far, number, name) = &adjacency.far;
            let heard = heard_at(*far, *number, name);
            let dead = adjacency.dying.unwrap_or(heard + self.dead_interval(device, &key.1));
            let since = adjacency.since;
            (key.clone(), OspfTimes { since, dead })
        });
        times.extend(full);
        times
    }

    /// The neighbours that a device hears and gets nowhere with.
    pub(super) fn not_full(&self, device: usize) -> Vec<(u32, Neighbour)> {
        let met = ospf::meetings(device, &self.alone, &self.interfaces, &self.conditions);
        let partial = met.into_iter().filter(|(.., stage)| *stage != Stage::Full);
        partial.map(|(number, neighbour, _)| (number, neighbour)).collect()
    }

    /// The history learns of the hellos of a device where they are others than before; neighbours that it hears and
    /// gets nowhere with are `partial`.
    pub(super) fn greet(&mut self, device: usize, partial: &[(u32, Neighbour)]) {
        let now = self.greetings_of(device, partial);
        let before = self.greetings.get(device).cloned().unwrap_or_default();
        if now == before {
            return;
        }
        for (key, greeting) in &before {
            if now.get(key) != Some(greeting) {
                self.fall_silent(device, &key.1);
            }
        }
        for (key, greeting) in &now {
            if before.get(key) != Some(greeting) {
                let (to, travels, what) = greeting.clone();
                let hellos = self.hellos(device, key.0, &key.1);
                let next = hellos.nth(hellos.first_from(self.now));
                self.history.record_kept_alive(KeptAlive {
                    from: device,
                    to,
                    travels,
                    what,
                    schedule: Schedule { since: next, ..hellos },
                });
            }
        }
        if let Some(place) = self.greetings.get_mut(device) {
            *place = now;
        }
    }

    fn greetings_of(&self, device: usize, partial: &[(u32, Neighbour)]) -> BTreeMap<OnInterface, Greeting> {
        let (Some(processes), Some(interfaces)) = (self.alone.get(device), self.interfaces.get(device)) else {
            return BTreeMap::new();
        };
        let mut greetings = BTreeMap::new();
        for process in processes.iter() {
            for (index, area, silent) in process.enabled() {
                let greeting = || {
                    let interface = interfaces.get(index).filter(|_| !silent)?;
                    let key = (process.id, interface.name.clone());
                    let adjacent = self.adjacencies.get(device)?.get(&key);
                    let met = partial
                        .iter()
                        .find(|(of, met)| *of == process.id && met.interface == index);
                    let neighbour = adjacent.map(|adjacency| &adjacency.neighbour);
                    let neighbour = neighbour.or(met.map(|(_, neighbour)| neighbour));
                    let travels = Travels::OnLink {
                        way: interface.way?,
                        interface: interface.name.clone(),
                        source: interface.up_address()?,
                    };
                    let dead = self.dead_interval(device, &interface.name).as_secs();
                    let what = KeepaliveKind::OspfHello {
                        router_id: process.router_id,
                        area,
                        neighbour: neighbour.map(|neighbour| neighbour.router_id),
                        dead: u32::try_from(dead).unwrap_or(u32::MAX),
                        authentication: process.authentication(interface, area).mark(),
                    };
                    Some((key, (interface.far_end?.0, travels, what)))
                };
                greetings.extend(greeting());
            }
        }
        greetings
    }

    fn fall_silent(&mut self, device: usize, name: &InterfaceName) {
        self.history.end_kept_alive(self.now, |kept| {
            kept.from == device
                && matches!(kept.what, KeepaliveKind::OspfHello { .. })
                && matches!(&kept.travels, Travels::OnLink { interface, .. } if interface == name)
        });
    }
}
