//! Flows numbered in the order in which they are met.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHashMap;

use crate::capture::measure::FlowId;
use crate::capture::packet::{FlowKey, PlainUdp, protocol};

/// Numbers flows densely from 0, up to a limit, so that a capture of nothing but new flows cannot fill the memory.
#[derive(Debug)]
pub struct FlowTable {
    /// UDP and TCP over IPv4, by two words that are quickly compared.
    v4: FxHashMap<Compact, FlowId>,
    others: FxHashMap<FlowKey, FlowId>,
    /// UDP over IPv4 once more, each flow at a place that its addresses and ports give, the latest where several share
    /// one: found without a search.
    recent: Box<[Recent]>,
    keys: Vec<FlowKey>,
    at_most: usize,
    refused: u64,
}

/// Places for recent flows: with four to a cache line they fit the second-level cache.
const RECENT: usize = 4096;
/// The number of no flow.
const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Recent {
    addresses: u64,
    ports: u32,
    number: u32,
}

/// Where a flow is looked for among the recent ones. Flows that differ by consecutive addresses or ports, as most do,
/// have different places.
#[inline]
fn place(addresses: u64, ports: u32) -> usize {
    let (source, destination) = ((addresses >> 32) as u32, addresses as u32);
    let sum = (ports >> 16)
        .wrapping_add(ports.wrapping_mul(3))
        .wrapping_add(source.wrapping_mul(7))
        .wrapping_add(destination.wrapping_mul(29));
    sum as usize % RECENT
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Compact {
    addresses: u64,
    /// Protocol and ports.
    rest: u64,
}

impl Hash for Compact {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.addresses);
        state.write_u64(self.rest);
    }
}

impl Compact {
    #[inline]
    fn of(key: &FlowKey) -> Option<Self> {
        match *key {
            FlowKey::V4 {
                source,
                destination,
                protocol,
                ports: Some(ports),
            } => Some(Self {
                addresses: u64::from(source.to_bits()) << 32 | u64::from(destination.to_bits()),
                rest: u64::from(protocol) << 32 | u64::from(ports.source) << 16 | u64::from(ports.destination),
            }),
            _ => None,
        }
    }
}

impl FlowTable {
    /// An empty table that takes so many flows and no more.
    pub fn new(at_most: usize) -> Self {
        Self {
            v4: FxHashMap::default(),
            others: FxHashMap::default(),
            recent: vec![
                Recent {
                    addresses: 0,
                    ports: 0,
                    number: NONE,
                };
                RECENT
            ]
            .into(),
            keys: Vec::new(),
            at_most: at_most.min(NONE as usize),
            refused: 0,
        }
    }

    /// The number of a flow, a new one where it was not met before; `None` where the table is full.
    #[inline]
    pub fn number(&mut self, key: &FlowKey) -> Option<FlowId> {
        let known = match Compact::of(key) {
            Some(compact) => self.v4.get(&compact).copied(),
            None => self.others.get(key).copied(),
        };
        match known {
            Some(id) => Some(id),
            None => self.add(key),
        }
    }

    /// The number of a plain packet's flow, where it was the last one to be found at its place.
    #[inline]
    pub(super) fn recent(&self, packet: &PlainUdp<'_>) -> Option<FlowId> {
        let recent = self.recent.get(place(packet.addresses, packet.ports))?;
        let same = recent.addresses == packet.addresses && recent.ports == packet.ports && recent.number != NONE;
        same.then_some(FlowId(recent.number))
    }

    /// The number of a plain packet's flow.
    pub(super) fn number_of_plain(&mut self, packet: &PlainUdp<'_>) -> Option<FlowId> {
        if let Some(id) = self.recent(packet) {
            return Some(id);
        }
        let compact = Compact {
            addresses: packet.addresses,
            rest: u64::from(protocol::UDP) << 32 | u64::from(packet.ports),
        };
        let id = match self.v4.get(&compact) {
            Some(id) => *id,
            None => self.add(&packet.flow())?,
        };
        if let Some(recent) = self.recent.get_mut(place(packet.addresses, packet.ports)) {
            *recent = Recent {
                addresses: packet.addresses,
                ports: packet.ports,
                number: id.0,
            };
        }
        Some(id)
    }

    #[cold]
    fn add(&mut self, key: &FlowKey) -> Option<FlowId> {
        if self.keys.len() >= self.at_most {
            self.refused = self.refused.saturating_add(1);
            return None;
        }
        let id = FlowId(self.keys.len() as u32);
        self.keys.push(*key);
        match Compact::of(key) {
            Some(compact) => self.v4.insert(compact, id),
            None => self.others.insert(*key, id),
        };
        Some(id)
    }

    /// Takes no more flows than it has.
    pub fn take_no_more(&mut self) {
        self.at_most = self.keys.len();
    }

    /// The flow with a number.
    pub fn key(&self, id: FlowId) -> Option<&FlowKey> {
        self.keys.get(id.0 as usize)
    }

    /// The flows in the order of their numbers.
    pub fn keys(&self) -> &[FlowKey] {
        &self.keys
    }

    /// Packets of flows for which there was no room.
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::capture::packet::Ports;

    fn flow(port: u16) -> FlowKey {
        FlowKey::V4 {
            source: Ipv4Addr::new(10, 0, 0, 1),
            destination: Ipv4Addr::new(10, 0, 0, 2),
            protocol: 17,
            ports: Some(Ports {
                source: port,
                destination: 7000,
            }),
        }
    }

    #[test]
    fn numbers_are_dense_and_stay() {
        let mut table = FlowTable::new(3);
        assert_eq!(table.number(&flow(1)), Some(FlowId(0)));
        assert_eq!(table.number(&flow(2)), Some(FlowId(1)));
        assert_eq!(table.number(&flow(2).without_ports()), Some(FlowId(2)));
        assert_eq!(table.number(&flow(1)), Some(FlowId(0)));
        assert_eq!(table.key(FlowId(1)), Some(&flow(2)));
        assert_eq!(table.keys().len(), 3);
    }

    #[test]
    fn a_full_table_refuses_and_counts() {
        let mut table = FlowTable::new(1);
        assert_eq!(table.number(&flow(1)), Some(FlowId(0)));
        assert_eq!(table.number(&flow(2)), None);
        assert_eq!(table.number(&flow(2)), None);
        assert_eq!(table.number(&flow(1)), Some(FlowId(0)));
        assert_eq!(table.refused(), 2);
    }
}
