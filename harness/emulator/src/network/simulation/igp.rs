//! OSPF in time: adjacencies, LSAs that are flooded hop by hop, routes some time after.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::engine::{Simulation, put};
use super::event::{Event, OspfEnd};
use super::moment::Moment;
use crate::interface_name::InterfaceName;
use crate::network::fixpoint::State;
use crate::network::ospf::{self, Neighbour, Process};
use crate::network::ospf_link::Stage;
use crate::network::ospf_paths::{self, Vertex};

/// A neighbour on an interface.
#[derive(Debug, Clone)]
pub struct Adjacency {
    pub(super) neighbour: Neighbour,
    pub(super) far: OspfEnd,
    pub(super) full: bool,
    /// Since when it is.
    pub(super) since: Moment,
    /// When it becomes full, if it is not.
    forming: Option<Moment>,
    /// When it is given up, while nothing is heard of the neighbour.
    pub(super) dying: Option<Moment>,
}

impl Simulation {
    pub(super) fn start_igp(&mut self, state: &State) {
        for device in 0..self.configurations.len() {
            let neighbours = state.ospf.get(device).cloned().unwrap_or_default();
            let mut adjacencies = std::collections::BTreeMap::new();
            for process in neighbours.iter() {
                for neighbour in &process.neighbours {
                    if let Some((key, far)) = self.ends(device, process.id, neighbour) {
                        adjacencies.insert(
                            key,
                            Adjacency {
                                neighbour: neighbour.clone(),
                                far,
                                full: true,
                                since: self.now,
                                forming: None,
                                dying: None,
                            },
                        );
                    }
                }
            }
            put(&mut self.adjacencies, device, adjacencies);
        }
        self.ospf.clone_from(&state.ospf);
        for database in &mut self.lsdb {
            database.clone_from(&state.ospf);
        }
        self.told_by_ospf.clone_from(&state.ospf);
        for device in 0..self.configurations.len() {
            self.originate_pending[device] = false;
            self.spf_pending[device] = false;
            self.renew_ospf_routes(device);
            if let Some(greetings) = self.greetings.get_mut(device) {
                greetings.clear();
            }
            self.greet(device, &self.not_full(device));
        }
    }

    /// Both ends of an adjacency.
    fn ends(&self, device: usize, number: u32, neighbour: &Neighbour) -> Option<((u32, InterfaceName), OspfEnd)> {
        let here = self.interfaces.get(device)?.get(neighbour.interface)?;
        let (far, index) = here.far_end?;
        let there = self.interfaces.get(far)?.get(index)?;
        let (far_device, far_number) = neighbour.node();
        Some((
            (number, here.name.clone()),
            (far_device, far_number, there.name.clone()),
        ))
    }

    /// Compares the adjacencies of a device with the neighbours that it could have.
    pub(super) fn look_at_adjacencies(&mut self, device: usize) {
        let met = ospf::meetings(device, &self.alone, &self.interfaces, &self.conditions);
        let mut candidates = BTreeMap::new();
        let mut stuck = BTreeSet::new();
        let mut partial = Vec::new();
        for (number, neighbour, stage) in met {
            if stage != Stage::Full {
                partial.push((number, neighbour.clone()));
            }
            match (self.ends(device, number, &neighbour), stage) {
                (Some((key, far)), Stage::Full) => {
                    candidates.insert(key, (neighbour, far));
                }
                // One that does not hear this end any more says so only when it has given it up.
                (None, _) | (_, Stage::Init) => {}
                (Some((key, _)), _) => {
                    stuck.insert(key);
                }
            }
        }
        let known: Vec<((u32, InterfaceName), Adjacency)> = self
            .adjacencies
            .get(device)
            .into_iter()
            .flat_map(|own| own.iter().map(|(key, adjacency)| (key.clone(), adjacency.clone())))
            .collect();
        for (key, adjacency) in known {
            if candidates.contains_key(&key) {
                continue;
            }
            if self.takes_part(device, &key) && !stuck.contains(&key) {
                self.start_dying(device, &key, &adjacency);
            } else {
                self.drop_adjacency(device, &key);
            }
        }
        for (key, (neighbour, far)) in candidates {
            let present = self.adjacencies.get(device).and_then(|own| own.get(&key)).cloned();
            let far_knows = self.adjacency(&far).is_some_and(|theirs| {
                let back = (device, key.0, key.1.clone());
                theirs.far == back && (theirs.full || theirs.forming.is_some())
            });
            match present {
                Some(present) if present.far == far && far_knows && same_neighbour(&present.neighbour, &neighbour) => {
                    if let Some(own) = self.adjacencies.get_mut(device).and_then(|own| own.get_mut(&key)) {
                        own.dying = None;
                        own.neighbour = neighbour;
                    }
                }
                _ => self.form(device, key, neighbour, far),
            }
        }
        self.greet(device, &partial);
        self.links_tell(device);
    }

    fn adjacency(&self, (device, number, interface): &OspfEnd) -> Option<&Adjacency> {
        self.adjacencies.get(*device)?.get(&(*number, interface.clone()))
    }

    /// The neighbours of a process that are full, by interface.
    pub(super) fn full_neighbours(&self, (device, number): Vertex) -> impl Iterator<Item = (&InterfaceName, Vertex)> {
        let own = self.adjacencies.get(device).into_iter().flatten();
        own.filter(move |((of, _), adjacency)| *of == number && adjacency.full)
            .map(|((_, name), adjacency)| (name, (adjacency.far.0, adjacency.far.1)))
    }

    /// The area of the neighbour of a process on an interface.
    pub(super) fn area_on(&self, (device, number): Vertex, name: &InterfaceName) -> Option<Ipv4Addr> {
        let adjacency = self.adjacencies.get(device)?.get(&(number, name.clone()))?;
        Some(adjacency.neighbour.area)
    }

    /// Whether OSPF runs on an interface of a device that is up.
    fn takes_part(&self, device: usize, (number, name): &(u32, InterfaceName)) -> bool {
        let Some(interfaces) = self.interfaces.get(device) else {
            return false;
        };
        let process = self.alone.get(device).and_then(|all| ospf::numbered(all, *number));
        process.is_some_and(|process| {
            process.enabled().any(|(index, _, silent)| {
                !silent && interfaces.get(index).is_some_and(|interface| interface.name == *name)
            })
        })
    }

    fn start_dying(&mut self, device: usize, key: &(u32, InterfaceName), adjacency: &Adjacency) {
        if adjacency.dying.is_some() {
            return;
        }
        if !adjacency.full {
            self.drop_adjacency(device, key);
            return;
        }
        let (far, far_number, far_name) = &adjacency.far;
        let hellos = self.hellos(*far, *far_number, far_name);
        let heard = hellos.last_before(self.now).map_or(self.now, |(_, at)| at);
        let at = (heard + self.dead_interval(device, &key.1)).max(self.now + self.delays.link);
        if let Some(own) = self.adjacencies.get_mut(device).and_then(|own| own.get_mut(key)) {
            own.dying = Some(at);
        }
        self.queue.push(at, Event::Dead((device, key.0, key.1.clone()), at));
    }

    fn drop_adjacency(&mut self, device: usize, key: &(u32, InterfaceName)) {
        if let Some(own) = self.adjacencies.get_mut(device) {
            own.remove(key);
        }
    }

    /// Both ends hear each other: they become adjacent some time later.
    fn form(&mut self, device: usize, key: (u32, InterfaceName), neighbour: Neighbour, far: OspfEnd) {
        let at = self.now + self.delays.ospf_adjacency;
        let end = (device, key.0, key.1.clone());
        if let Some(own) = self.adjacencies.get_mut(device) {
            own.insert(
                key,
                Adjacency {
                    neighbour,
                    far: far.clone(),
                    full: false,
                    since: self.now,
                    forming: Some(at),
                    dying: None,
                },
            );
        }
        self.queue.push(at, Event::Adjacent(end.clone(), at));
        // A neighbour that took this end for adjacent learns from its hello that it is not.
        let theirs = self
            .adjacencies
            .get_mut(far.0)
            .and_then(|own| own.get_mut(&(far.1, far.2.clone())))
            .filter(|theirs| theirs.far == end);
        if let Some(theirs) = theirs {
            theirs.full = false;
            theirs.forming = Some(at);
            theirs.dying = None;
            self.queue.push(at, Event::Adjacent(far.clone(), at));
            self.links_tell(far.0);
        }
    }

    pub(super) fn adjacent(&mut self, end: &OspfEnd, at: Moment) {
        let (device, number, name) = end;
        let key = (*number, name.clone());
        let own = self.adjacencies.get_mut(*device).and_then(|own| own.get_mut(&key));
        let Some(own) = own.filter(|own| own.forming == Some(at)) else {
            return;
        };
        own.forming = None;
        own.full = true;
        own.since = self.now;
        let far = (own.far.0, own.far.1);
        self.greet(*device, &self.not_full(*device));
        self.synchronise((*device, *number), far);
        self.synchronise(far, (*device, *number));
        self.links_tell(*device);
    }

    pub(super) fn dead(&mut self, end: &OspfEnd, at: Moment) {
        let (device, number, name) = end;
        let key = (*number, name.clone());
        let own = self.adjacencies.get(*device).and_then(|own| own.get(&key));
        if own.is_some_and(|own| own.dying == Some(at)) {
            self.drop_adjacency(*device, &key);
            self.look_at_adjacencies(*device);
        }
    }

    /// The processes of a device with the neighbours that are full now and what they bring in from outside; if that is
    /// not what was told, it will tell.
    pub(super) fn links_tell(&mut self, device: usize) {
        let Some(alone) = self.alone.get(device) else {
            return;
        };
        let interfaces = self
            .interfaces
            .get(device)
            .map(|own| own.as_slice())
            .unwrap_or_default();
        let own = self.adjacencies.get(device);
        let mut now: Vec<Process> = alone
            .iter()
            .map(|process| {
                let full = process.enabled().filter_map(|(index, ..)| {
                    let name = &interfaces.get(index)?.name;
                    let adjacency = own?.get(&(process.id, name.clone()))?;
                    let mut neighbour = adjacency.neighbour.clone();
                    neighbour.interface = index;
                    adjacency.full.then_some(neighbour)
                });
                let mut process = process.clone();
                process.neighbours = full.collect();
                process
            })
            .collect();
        if let (Some(imports), Some(ribs)) = (self.imports.get(device), self.ribs.get(device)) {
            imports.bring(&mut now, ribs, interfaces);
        }
        if self.ospf.get(device).is_some_and(|before| **before != now) {
            put(&mut self.ospf, device, Arc::new(now));
        }
        let known = self.lsdb.get(device).and_then(|all| all.get(device));
        let is_told = self.ospf.get(device) == known && self.ospf.get(device) == self.told_by_ospf.get(device);
        let pending = self.originate_pending.get(device).copied().unwrap_or(true);
        if !is_told && !pending {
            put(&mut self.originate_pending, device, true);
            self.queue
                .push(self.now + self.delays.lsa_origination, Event::Originate(device));
        }
    }

    pub(super) fn plan_shortest_paths(&mut self, device: usize) {
        if let Some(pending) = self.spf_pending.get_mut(device).filter(|pending| !**pending) {
            *pending = true;
            self.queue.push(self.now + self.delays.spf, Event::Spf(device));
        }
    }

    pub(super) fn shortest_paths(&mut self, device: usize) {
        put(&mut self.spf_pending, device, false);
        if self.renew_ospf_routes(device) {
            self.evaluate(device);
        }
    }

    fn renew_ospf_routes(&mut self, device: usize) -> bool {
        let (Some(database), Some(own)) = (self.lsdb.get(device), self.interfaces.get(device)) else {
            return false;
        };
        let Some(before) = self.ospf_routes.get(device) else {
            return false;
        };
        let known = self.ospf_of_instances.get(device).cloned().unwrap_or_default();
        let of_instances = ospf_paths::routes_of_instances(device, database, own, &known);
        let routes = self.shortest_paths.routes(device, database, own, before);
        let changed = routes.is_some() || *known != of_instances;
        if *known != of_instances {
            put(&mut self.ospf_of_instances, device, Arc::new(of_instances));
        }
        if let Some(routes) = routes {
            put(&mut self.ospf_routes, device, routes);
        }
        changed
    }

    /// A device's interfaces may be counted differently: what it knows of its own links follows at once.
    pub(super) fn own_links_renumbered(&mut self, device: usize) {
        self.look_at_adjacencies(device);
        // What is configured is known to the device itself without an LSA; the others learn it by one.
        let own = self.ospf.get(device).cloned();
        let place = self.lsdb.get_mut(device).and_then(|all| all.get_mut(device));
        let differs = own.zip(place).filter(|(own, place)| **place != *own);
        if let Some((own, place)) = differs {
            *place = own;
            if let Some(pending) = self.originate_pending.get_mut(device).filter(|pending| !**pending) {
                *pending = true;
                self.queue
                    .push(self.now + self.delays.lsa_origination, Event::Originate(device));
            }
        }
        self.renew_ospf_routes(device);
        self.evaluate(device);
        self.choose(device);
    }
}

/// Whether two records are of the same neighbour.
fn same_neighbour(a: &Neighbour, b: &Neighbour) -> bool {
    a.router_id == b.router_id && a.area == b.area && a.address == b.address
}
