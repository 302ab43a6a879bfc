//! LSAs in time: what a process tells goes from neighbour to neighbour of that process, and of no other.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::chance::fraction;
use super::engine::{Simulation, put};
use super::event::Event;
use super::links::Way;
use super::message::{LinkStates, Message, RouterLinks, Says, Travels};
use super::moment::Moment;
use crate::interface_name::InterfaceName;
use crate::network::ospf::{self, Process};
use crate::network::ospf_external::External;
use crate::network::ospf_paths::Vertex;
use crate::network::prefix::Prefix;

/// `RxmtInterval` (RFC 2328 §C.3).
const RETRANSMISSION: Duration = Duration::from_secs(5);
/// An LSA that is lost so often is not sent again; the adjacency is gone by then.
const MOST_TRIES: u64 = 8;
/// The sequence number of a router's first LSA (RFC 2328 §12.1.6).
const FIRST_SEQUENCE: u32 = 0x8000_0001;

/// So many LSAs of networks fit into a packet of an Ethernet link.
const LSAS_OF_AN_UPDATE: usize = 36;

/// The sequences that the processes of a device have heard last, each of each router; 1 where there is none.
pub type Sequences = BTreeMap<(u32, Vertex), u32>;

/// What is flooded.
#[derive(Debug, Clone)]
pub struct Flood {
    /// The router that it is of.
    origin: Vertex,
    /// Its sequence.
    sequence: u32,
    /// How often the device has told anything.
    version: u32,
    /// The processes of the device; the one meant is the origin.
    processes: Arc<Vec<Process>>,
}

impl Simulation {
    /// A device tells those of its processes anew that have changed.
    pub(super) fn originate(&mut self, device: usize) {
        put(&mut self.originate_pending, device, false);
        let (Some(now), Some(told)) = (self.ospf.get(device).cloned(), self.told_by_ospf.get(device).cloned()) else {
            return;
        };
        let Some(version) = self.versions.get(device).and_then(|own| own.get(device)) else {
            return;
        };
        let version = version.saturating_add(1);
        put(&mut self.told_by_ospf, device, Arc::clone(&now));
        self.take_in(device, device, version, &now);
        let changed = now
            .iter()
            .filter(|process| ospf::numbered(&told, process.id) != Some(process));
        for process in changed {
            let origin = (device, process.id);
            let lsa = Flood {
                origin,
                sequence: self.sequence(origin, origin).saturating_add(1),
                version,
                processes: Arc::clone(&now),
            };
            self.flooded(origin, origin, &lsa);
        }
    }

    /// The sequence of what a process of a device has heard last of another.
    fn sequence(&self, at: Vertex, of: Vertex) -> u32 {
        let known = self.sequences.get(at.0).and_then(|own| own.get(&(at.1, of)));
        known.copied().unwrap_or(1)
    }

    /// A device knows what another has told, unless it knows something newer.
    fn take_in(&mut self, device: usize, origin: usize, version: u32, told: &Arc<Vec<Process>>) {
        let known = self.versions.get_mut(device).and_then(|own| own.get_mut(origin));
        let Some(known) = known.filter(|known| **known < version) else {
            return;
        };
        *known = version;
        let place = self.lsdb.get_mut(device).and_then(|own| own.get_mut(origin));
        let changed = place.is_some_and(|place| {
            let changed = *place != *told;
            *place = Arc::clone(told);
            changed
        });
        if changed {
            self.plan_shortest_paths(device);
        }
    }

    pub(super) fn flooded(&mut self, to: Vertex, from: Vertex, lsa: &Flood) {
        if self.sequence(to, lsa.origin) >= lsa.sequence {
            return;
        }
        if let Some(own) = self.sequences.get_mut(to.0) {
            own.insert((to.1, lsa.origin), lsa.sequence);
        }
        self.take_in(to.0, lsa.origin.0, lsa.version, &lsa.processes);
        let next: Vec<InterfaceName> = self
            .full_neighbours(to)
            .filter(|(_, neighbour)| *neighbour != from || from == to)
            .map(|(name, _)| name.clone())
            .collect();
        for name in next {
            self.flood(to, &name, lsa);
        }
    }

    /// Sends an LSA to the neighbour on an interface; what the link loses is sent again.
    fn flood(&mut self, from: Vertex, name: &InterfaceName, lsa: &Flood) {
        let neighbours = self.full_neighbours(from);
        let Some(to) = neighbours.filter(|(known, _)| *known == name).map(|(_, to)| to).next() else {
            return;
        };
        let interfaces = self.interfaces.get(from.0).into_iter().flat_map(|own| own.iter());
        let interface = interfaces.into_iter().find(|i| i.name == *name && i.protocol);
        let Some((way, source)) = interface.and_then(|i| Some((i.way?, i.address?.0))) else {
            return;
        };
        let Some(condition) = self.condition(way) else {
            return;
        };
        let sent = self.now;
        self.record_lsa((from, name), to.0, (way, source), lsa);
        if !condition.passes() {
            return;
        }
        let lost = |attempt: &u64| {
            fraction(&[self.seed, way.link as u64, way.from as u64, sent.nanos(), *attempt]) < condition.loss
        };
        let Some(tries) = (0..MOST_TRIES).find(|attempt| !lost(attempt)) else {
            return;
        };
        let waited = RETRANSMISSION * u32::try_from(tries).unwrap_or(0);
        self.queue.push(
            sent + waited + condition.delay + self.delays.lsa_flooding,
            Event::Flooded {
                to,
                from,
                lsa: lsa.clone(),
            },
        );
    }

    fn record_lsa(
        &mut self,
        (from, name): (Vertex, &InterfaceName),
        to: usize,
        (way, source): (Way, Ipv4Addr),
        lsa: &Flood,
    ) {
        let own = self.alone.get(from.0).and_then(|all| ospf::numbered(all, from.1));
        let told = ospf::numbered(&lsa.processes, lsa.origin.1);
        let area = self.area_on(from, name);
        let (Some(own), Some(told), Some(area)) = (own, told, area) else {
            return;
        };
        let mut interfaces = self.interfaces.get(from.0).into_iter().flat_map(|own| own.iter());
        let interface = interfaces.find(|interface| interface.name == *name);
        let authentication = interface
            .map(|interface| own.authentication(interface, area).mark())
            .unwrap_or_default();
        let travels = Travels::OnLink {
            way,
            interface: name.clone(),
            source,
        };
        for lsas in told_into(told, area, FIRST_SEQUENCE.saturating_add(lsa.sequence - 1), self.now) {
            self.history.record_message(Message {
                sent: self.now,
                from: from.0,
                to,
                travels: travels.clone(),
                says: Says::OspfUpdate {
                    router_id: own.router_id,
                    area,
                    authentication,
                    lsas: Arc::new(lsas),
                },
            });
        }
    }

    /// Two routers compare what they know: one sends the other what is newer.
    pub(super) fn synchronise(&mut self, from: Vertex, to: Vertex) {
        let by = self.full_neighbours(from).filter(|(_, neighbour)| *neighbour == to);
        let Some(name) = by.map(|(name, _)| name.clone()).next() else {
            return;
        };
        let known = self.sequences.get(from.0).into_iter().flatten();
        let newer: Vec<(Vertex, u32)> = known
            .filter(|((number, origin), sequence)| *number == from.1 && self.sequence(to, *origin) < **sequence)
            .map(|((_, origin), sequence)| (*origin, *sequence))
            .collect();
        for (origin, sequence) in newer {
            let version = self.versions.get(from.0).and_then(|own| own.get(origin.0)).copied();
            let processes = self.lsdb.get(from.0).and_then(|own| own.get(origin.0)).cloned();
            if let (Some(version), Some(processes)) = (version, processes) {
                let lsa = Flood {
                    origin,
                    sequence,
                    version,
                    processes,
                };
                self.flood(from, &name, &lsa);
            }
        }
    }

    /// A link lets packets through again: what was not acknowledged is sent again.
    pub(super) fn synchronise_over(&mut self, way: Way) {
        let ends = [way, way.back()].map(|way| self.wiring.sender(way).map(|(device, _)| *device));
        let [Some(a), Some(b)] = ends else { return };
        let processes = self.alone.get(a).cloned().unwrap_or_default();
        for process in processes.iter() {
            let own = (a, process.id);
            let neighbours: Vec<Vertex> = self
                .full_neighbours(own)
                .map(|(_, neighbour)| neighbour)
                .filter(|neighbour| neighbour.0 == b)
                .collect();
            for neighbour in neighbours {
                self.synchronise(own, neighbour);
                self.synchronise(neighbour, own);
            }
        }
    }
}

/// The LSAs of a process in an area, so many at a time as an update holds: the router LSA comes first.
fn told_into(process: &Process, area: Ipv4Addr, sequence: u32, originated: Moment) -> Vec<LinkStates> {
    let (neighbours, networks) = process.listed(area);
    let lsas = |router| LinkStates {
        origin: process.router_id,
        sequence,
        originated,
        router,
        summaries: Vec::new(),
        externals: Vec::new(),
    };
    let mut told = vec![lsas(Some(RouterLinks {
        neighbours,
        networks,
        border: process.is_border() || process.prevents_loops(),
        outside_border: process.brings_in,
    }))];
    let summaries: Vec<(Prefix, u32)> = process
        .summaries
        .iter()
        .map(|(prefix, cost)| (*prefix, *cost))
        .collect();
    told.extend(summaries.chunks(LSAS_OF_AN_UPDATE).map(|summaries| LinkStates {
        summaries: summaries.to_vec(),
        ..lsas(None)
    }));
    // Nothing from outside is told into a stub area (RFC 2328 §3.6).
    let externals = process.externals.iter().filter(|_| process.stub(area).is_none());
    let externals: Vec<(Prefix, External)> = externals.map(|(prefix, external)| (*prefix, *external)).collect();
    told.extend(externals.chunks(LSAS_OF_AN_UPDATE).map(|externals| LinkStates {
        externals: externals.to_vec(),
        ..lsas(None)
    }));
    told
}
