//! Follows OSPF and IS-IS: who hears whom, and which link states are new at a point.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::Ipv4Addr;

use super::finding::ControlFindingKind;
use super::recorder::{Origin, Recorder};
use super::{EventKind, IsisChange, LsaChange, OspfChange, PointId, Speaker};
use crate::capture::protocol::isis::{self, Lsp, LspId};
use crate::capture::protocol::ospf::{self, LsaHeader, LsaKey};

/// Link states and senders of Hellos that are kept, of each protocol.
const MOST_LINK_STATES: usize = 100_000;
const MOST_SENDERS: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct OspfSender {
    point: PointId,
    version: u8,
    area: Ipv4Addr,
    instance: u8,
    from: Speaker,
    router: Ipv4Addr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct OspfDatabase {
    point: PointId,
    version: u8,
    area: Ipv4Addr,
    instance: u8,
    key: LsaKey,
}

#[derive(Debug, Default)]
pub(super) struct LinkStates {
    ospf_senders: HashMap<OspfSender, Vec<Ipv4Addr>>,
    ospf: HashMap<OspfDatabase, LsaHeader>,
    isis_senders: HashMap<(PointId, Speaker, u8), Vec<String>>,
    isis: HashMap<(PointId, u8, LspId), Lsp>,
}

impl LinkStates {
    pub(super) fn ospf(&mut self, packet: ospf::Packet, origin: Origin, recorder: &mut Recorder) {
        let ospf::Packet {
            version,
            router,
            area,
            instance,
            body,
        } = packet;
        let point = origin.seen.point;
        match body {
            ospf::Body::Hello(hello) => {
                let sender = OspfSender {
                    point,
                    version,
                    area,
                    instance,
                    from: origin.from,
                    router,
                };
                self.ospf_hello(sender, hello, origin, recorder);
            }
            // What is described, is no news: it is in the sender's database already.
            ospf::Body::DatabaseDescription { headers, .. } => {
                for header in headers {
                    let place = OspfDatabase {
                        point,
                        version,
                        area,
                        instance,
                        key: header.key,
                    };
                    keep(
                        &mut self.ospf,
                        place,
                        header,
                        LsaHeader::is_newer_than,
                        origin,
                        recorder,
                    );
                }
            }
            ospf::Body::Update(headers) => {
                for header in headers {
                    let place = OspfDatabase {
                        point,
                        version,
                        area,
                        instance,
                        key: header.key,
                    };
                    let Some(known) = keep(
                        &mut self.ospf,
                        place,
                        header,
                        LsaHeader::is_newer_than,
                        origin,
                        recorder,
                    ) else {
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

    pub(super) fn isis(&mut self, pdu: isis::Pdu, origin: Origin, recorder: &mut Recorder) {
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
                let origin = Origin {
                    from: Speaker::System(source.0),
                    ..origin
                };
                self.isis_hello(
                    level,
                    now,
                    "neighbor heard",
                    "neighbor no longer heard",
                    origin,
                    recorder,
                );
            }
            isis::Pdu::PointToPointHello { source, three_way, .. } => {
                let now = three_way.map(|(state, neighbor)| match neighbor {
                    Some(neighbor) => format!("{neighbor} {state}"),
                    None => state.to_string(),
                });
                let origin = Origin {
                    from: Speaker::System(source.0),
                    ..origin
                };
                self.isis_hello(0, now.into_iter().collect(), "now", "no longer", origin, recorder);
            }
            isis::Pdu::Lsp(lsp) => {
                let place = (point, lsp.level, lsp.id);
                let Some(known) = keep(&mut self.isis, place, lsp, Lsp::is_newer_than, origin, recorder) else {
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

    /// Tells what is in this Hello and was not in the last one, and the other way round.
    fn isis_hello(
        &mut self,
        level: u8,
        now: Vec<String>,
        comes: &str,
        goes: &str,
        origin: Origin,
        recorder: &mut Recorder,
    ) {
        let key = (origin.seen.point, origin.from, level);
        let mut record = |state: &str, neighbor: Option<&String>| {
            let change = IsisChange::Adjacency {
                state: state.to_owned(),
                neighbor: neighbor.cloned(),
            };
            recorder.record(origin, EventKind::Isis(change));
        };
        if !self.isis_senders.contains_key(&key) {
            if self.isis_senders.len() >= MOST_SENDERS {
                too_many("IS-IS", origin, recorder);
                return;
            }
            record("first Hello", None);
        }
        let before = self.isis_senders.entry(key).or_default();
        for neighbor in now.iter().filter(|neighbor| !before.contains(neighbor)) {
            record(comes, Some(neighbor));
        }
        for neighbor in before.iter().filter(|neighbor| !now.contains(neighbor)) {
            record(goes, Some(neighbor));
        }
        *before = now;
    }
}

/// Keeps the most recent instance. `None` where this one is no news; else whether another one was known.
fn keep<K: Hash + Eq, V>(
    database: &mut HashMap<K, V>,
    place: K,
    instance: V,
    is_newer: impl FnOnce(&V, &V) -> bool,
    origin: Origin,
    recorder: &mut Recorder,
) -> Option<bool> {
    let full = database.len() >= MOST_LINK_STATES;
    match database.get_mut(&place) {
        Some(known) => is_newer(&instance, known).then(|| {
            *known = instance;
            true
        }),
        None if full => {
            too_many("link states", origin, recorder);
            None
        }
        None => {
            database.insert(place, instance);
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
