//! Follows OSPF and IS-IS: who hears whom, and which link states are new at a point.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::Ipv4Addr;

use super::encapsulation::Vlans;
use super::finding::ControlFindingKind;
use super::recorder::{Origin, Recorder};
use super::{EventKind, IsisChange, LsaChange, OspfChange, PointId, Speaker};
use crate::capture::Timestamp;
use crate::capture::protocol::isis::{self, Lsp, LspId};
use crate::capture::protocol::ospf::{self, LsaHeader, LsaKey};

/// Link states and senders of Hellos that are kept, of each protocol.
const MOST_LINK_STATES: usize = 100_000;
const MOST_SENDERS: usize = 10_000;

/// What tells the links of a router from each other, where its address does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum OspfLink {
    /// Its address does: OSPFv2 with a network on the link.
    Addressed,
    /// OSPFv2 with an address that other links have as well: the file and the VLANs.
    Unnumbered(u16, Vlans),
    /// OSPFv3, where link-local addresses are often the same: the interface's number.
    Interface(u32),
}

impl OspfLink {
    fn of(version: u8, hello: &ospf::Hello, file: u16, vlans: Vlans) -> Self {
        match (version, hello.network_mask) {
            (2, 0 | u32::MAX) => Self::Unnumbered(file, vlans),
            (2, _) => Self::Addressed,
            _ => Self::Interface(hello.interface),
        }
    }
}

/// A circuit of an IS-IS router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum IsisCircuit {
    /// A LAN: level, the sender's MAC address, and the VLANs.
    Lan(u8, Speaker, Vlans),
    /// Point to point: the sender's number of the circuit, of 8 and of 32 bits.
    PointToPoint(u8, Option<u32>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct OspfSender {
    point: PointId,
    version: u8,
    area: Ipv4Addr,
    instance: u8,
    from: Speaker,
    router: Ipv4Addr,
    link: OspfLink,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct OspfDatabase {
    point: PointId,
    version: u8,
    /// `None` for what is the same in all areas.
    area: Option<Ipv4Addr>,
    instance: u8,
    key: LsaKey,
}

#[derive(Debug, Default)]
pub(super) struct LinkStates {
    ospf_senders: HashMap<OspfSender, Vec<Ipv4Addr>>,
    ospf: HashMap<OspfDatabase, Instance<LsaHeader>>,
    isis_senders: HashMap<(PointId, Speaker, IsisCircuit), Vec<String>>,
    isis: HashMap<(PointId, u8, LspId), Instance<Lsp>>,
}

/// The most recent instance of a link state.
#[derive(Debug)]
struct Instance<V> {
    header: V,
    /// When it was first seen.
    seen: Timestamp,
}

/// A header of a link state, as far as instances are compared.
trait Header {
    /// Whether this instance is more recent than another.
    fn is_newer_than(&self, other: &Self) -> bool;

    /// Whether it takes the link state out of every database.
    fn is_flushed(&self) -> bool;

    /// Whether it must have been made after every database forgot a flushed one that was seen so long ago, in nanoseconds:
    /// then its sequence number begins anew.
    fn is_made_within(&self, elapsed_ns: i64) -> bool;
}

impl Header for LsaHeader {
    fn is_newer_than(&self, other: &Self) -> bool {
        LsaHeader::is_newer_than(self, other)
    }

    fn is_flushed(&self) -> bool {
        LsaHeader::is_flushed(self)
    }

    /// Copies that were under way when it was flushed are older than that.
    fn is_made_within(&self, elapsed_ns: i64) -> bool {
        i64::from(self.age) * 1_000_000_000 < elapsed_ns
    }
}

/// As long a purged LSP is kept in every database (`ZeroAgeLifetime`, ISO 10589 §7.3.16.4), in nanoseconds.
const ZERO_AGE_LIFETIME_NS: i64 = 60_000_000_000;

impl Header for Lsp {
    fn is_newer_than(&self, other: &Self) -> bool {
        Lsp::is_newer_than(self, other)
    }

    fn is_flushed(&self) -> bool {
        self.lifetime == 0
    }

    fn is_made_within(&self, elapsed_ns: i64) -> bool {
        elapsed_ns >= ZERO_AGE_LIFETIME_NS
    }
}

impl LinkStates {
    pub(super) fn ospf(&mut self, packet: ospf::Packet, vlans: Vlans, origin: Origin, recorder: &mut Recorder) {
        let ospf::Packet {
            version,
            router,
            area,
            instance,
            body,
        } = packet;
        let point = origin.seen.point;
        let mut keep_lsa = |header: LsaHeader, recorder: &mut Recorder| {
            let place = OspfDatabase {
                point,
                version,
                // Every area has the same ones from outside.
                area: (!header.key.is_of_all_areas(version)).then_some(area),
                instance,
                key: header.key,
            };
            keep(&mut self.ospf, place, header, origin, recorder)
        };
        match body {
            ospf::Body::Hello(hello) => {
                let sender = OspfSender {
                    point,
                    version,
                    area,
                    instance,
                    from: origin.from,
                    router,
                    link: OspfLink::of(version, &hello, origin.seen.file, vlans),
                };
                self.ospf_hello(sender, hello, origin, recorder);
            }
            // What is described, is no news: it is in the sender's database already.
            ospf::Body::DatabaseDescription { headers, .. } => {
                for header in headers {
                    keep_lsa(header, recorder);
                }
            }
            ospf::Body::Update(headers) => {
                for header in headers {
                    let Some(known) = keep_lsa(header, recorder) else {
                        continue;
                    };
                    let change = OspfChange::Lsa {
                        change: change(known, header.is_flushed()),
                        kind: header.key.kind,
                        id: header.key.id,
                        router: header.key.router,
                        sequence: header.sequence,
                        age: header.age,
                    };
                    recorder.record(origin, EventKind::Ospf { version, change });
                }
            }
            ospf::Body::Request(_) | ospf::Body::Acknowledgment(_) => {}
        }
    }

    fn ospf_hello(&mut self, sender: OspfSender, hello: ospf::Hello, origin: Origin, recorder: &mut Recorder) {
        let version = sender.version;
        let mut record = |change| recorder.record(origin, EventKind::Ospf { version, change });
        if !self.ospf_senders.contains_key(&sender) {
            if self.ospf_senders.len() >= MOST_SENDERS {
                too_many("OSPF", origin, recorder);
                return;
            }
            record(OspfChange::Hello {
                router: sender.router,
                hello_interval: hello.hello_interval,
                dead_interval: hello.dead_interval,
            });
        }
        let heard = self.ospf_senders.entry(sender).or_default();
        for neighbor in &hello.neighbors {
            if !heard.contains(neighbor) {
                record(OspfChange::NeighborHeard { neighbor: *neighbor });
            }
        }
        for neighbor in heard.iter() {
            if !hello.neighbors.contains(neighbor) {
                record(OspfChange::NeighborLost { neighbor: *neighbor });
            }
        }
        *heard = hello.neighbors;
    }

    pub(super) fn isis(&mut self, pdu: isis::Pdu, vlans: Vlans, origin: Origin, recorder: &mut Recorder) {
        let point = origin.seen.point;
        match pdu {
            isis::Pdu::LanHello {
                level,
                source,
                neighbors,
                ..
            } => {
                let now = neighbors
                    .iter()
                    .map(|address| Speaker::Mac(*address).to_string())
                    .collect();
                let circuit = IsisCircuit::Lan(level, origin.from, vlans);
                let origin = Origin {
                    from: Speaker::System(source.0),
                    ..origin
                };
                self.isis_lan(circuit, now, origin, recorder);
            }
            isis::Pdu::PointToPointHello {
                source,
                circuit,
                three_way,
                ..
            } => {
                let extended = three_way.and_then(|(_, extended, _)| extended);
                let circuit = IsisCircuit::PointToPoint(circuit, extended);
                let origin = Origin {
                    from: Speaker::System(source.0),
                    ..origin
                };
                let said = three_way.map(|(state, _, neighbor)| (state, neighbor));
                self.isis_state(circuit, said, origin, recorder);
            }
            isis::Pdu::Lsp(lsp) => {
                let place = (point, lsp.level, lsp.id);
                let Some(known) = keep(&mut self.isis, place, lsp, origin, recorder) else {
                    return;
                };
                let change = IsisChange::Lsp {
                    change: change(known, lsp.lifetime == 0),
                    level: lsp.level,
                    id: lsp.id.to_string(),
                    sequence: lsp.sequence,
                    lifetime: lsp.lifetime,
                };
                recorder.record(origin, EventKind::Isis(change));
            }
            isis::Pdu::SequenceNumbers { .. } => {}
        }
    }

    /// Tells who is in this Hello and was not in the last one, and the other way round.
    fn isis_lan(&mut self, circuit: IsisCircuit, now: Vec<String>, origin: Origin, recorder: &mut Recorder) {
        let Some(before) = self.isis_before(circuit, origin, recorder) else {
            return;
        };
        let told = |neighbor: &String, state| adjacency(Some(neighbor.clone()), state);
        for neighbor in now.iter().filter(|neighbor| !before.contains(neighbor)) {
            recorder.record(origin, told(neighbor, "heard"));
        }
        for neighbor in before.iter().filter(|neighbor| !now.contains(neighbor)) {
            recorder.record(origin, told(neighbor, "no longer heard"));
        }
        *before = now;
    }

    /// Tells a changed state of a point-to-point adjacency.
    fn isis_state(
        &mut self,
        circuit: IsisCircuit,
        three_way: Option<(isis::ThreeWay, Option<isis::SystemId>)>,
        origin: Origin,
        recorder: &mut Recorder,
    ) {
        let Some(before) = self.isis_before(circuit, origin, recorder) else {
            return;
        };
        let Some((state, neighbor)) = three_way else { return };
        let neighbor = neighbor.map(|neighbor| neighbor.to_string());
        let now: Vec<_> = std::iter::once(state.to_string()).chain(neighbor.clone()).collect();
        if *before != now {
            recorder.record(origin, adjacency(neighbor, &state.to_string()));
            *before = now;
        }
    }

    /// What the sender said last; tells its first Hello.
    fn isis_before(
        &mut self,
        circuit: IsisCircuit,
        origin: Origin,
        recorder: &mut Recorder,
    ) -> Option<&mut Vec<String>> {
        let full = self.isis_senders.len() >= MOST_SENDERS;
        match self.isis_senders.entry((origin.seen.point, origin.from, circuit)) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(_) if full => {
                too_many("IS-IS", origin, recorder);
                None
            }
            Entry::Vacant(new) => {
                recorder.record(origin, adjacency(None, "first Hello"));
                Some(new.insert(Vec::new()))
            }
        }
    }
}

fn adjacency(neighbor: Option<String>, state: &str) -> EventKind {
    EventKind::Isis(IsisChange::Adjacency {
        state: state.to_owned(),
        neighbor,
    })
}

/// Keeps the most recent instance. `None` where this one is no news; else whether another one was known, that was not
/// flushed and forgotten since.
fn keep<K: Hash + Eq, V: Header>(
    database: &mut HashMap<K, Instance<V>>,
    place: K,
    header: V,
    origin: Origin,
    recorder: &mut Recorder,
) -> Option<bool> {
    let full = database.len() >= MOST_LINK_STATES;
    let seen = origin.seen.time;
    match database.get_mut(&place) {
        Some(known) => {
            let follows = header.is_newer_than(&known.header);
            let begins_anew = !follows
                && known.header.is_flushed()
                && !header.is_flushed()
                && header.is_made_within(seen.since(known.seen));
            (follows || begins_anew).then(|| {
                *known = Instance { header, seen };
                follows
            })
        }
        None if full => {
            too_many("link states", origin, recorder);
            None
        }
        None => {
            database.insert(place, Instance { header, seen });
            Some(false)
        }
    }
}

fn change(known: bool, flushed: bool) -> LsaChange {
    match (known, flushed) {
        (_, true) => LsaChange::Flushed,
        (true, false) => LsaChange::Updated,
        (false, false) => LsaChange::New,
    }
}

fn too_many(what: &str, origin: Origin, recorder: &mut Recorder) {
    recorder
        .findings
        .note(ControlFindingKind::TooMany, what, Some(origin.seen), || {
            format!("more {what} than are kept; the rest is not followed")
        });
}
