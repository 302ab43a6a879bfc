//! The lab's history, as packets travel through it.

use std::net::Ipv4Addr;

use super::ethernet::{LinkLayer, MacAddress};
use crate::interface_name::InterfaceName;
use crate::network::{End, History, Interface, LabelEntry, Moment, Packet, Vrf, Way, nanos};
use crate::traffic::{DataPlane, Hop, Path};

/// Most links that a packet of a flow is expected to cross while it is on its way.
const LINKS: u64 = 64;
/// A device takes no longer than this to forward a packet, in nanoseconds.
const FORWARDING: u64 = 1_000_000;

/// The history with the instants at which something changes.
pub struct Past<'a> {
    history: &'a History,
    changes: Vec<u64>,
    flight: u64,
}

impl<'a> Past<'a> {
    /// The past of a lab with so many devices.
    pub fn new(history: &'a History, devices: usize) -> Self {
        let epochs = (0..devices).flat_map(|device| history.epochs(device).map(|epoch| epoch.since));
        let links = 0..history.wiring().links().len();
        let ways = links.flat_map(|link| [Way { link, from: 0 }, Way { link, from: 1 }]);
        let conditions: Vec<_> = ways.flat_map(|way| history.conditions(way)).collect();
        let slowest = conditions.iter().map(|(_, condition)| condition.delay).max();
        let mut changes: Vec<u64> = epochs
            .chain(conditions.iter().map(|(since, _)| *since))
            .map(Moment::nanos)
            .collect();
        changes.sort_unstable();
        changes.dedup();
        Self {
            history,
            changes,
            flight: nanos(slowest.unwrap_or_default())
                .saturating_add(FORWARDING)
                .saturating_mul(LINKS),
        }
    }

    /// The history.
    pub fn history(&self) -> &'a History {
        self.history
    }

    /// From when on packets may set out that are seen at an instant or later.
    pub fn early(&self, from: Moment) -> Moment {
        Moment::from_nanos(from.nanos().saturating_sub(self.flight))
    }

    /// An interface as it was at an instant.
    pub fn interface(&self, device: usize, name: &InterfaceName, at: u64) -> Option<&'a Interface> {
        let epoch = self.history.epoch(device, Moment::from_nanos(at))?;
        epoch.interfaces.iter().find(|interface| interface.name == *name)
    }

    /// The way of a packet over one link, to the device at its other end or to a group; `is_lost` tells whether it is
    /// lost where the link loses this share of all.
    pub fn over_link(
        &self,
        at: u64,
        way: Way,
        interface: &InterfaceName,
        (group, ttl): (Option<Ipv4Addr>, u8),
        is_lost: impl Fn(f64) -> bool,
    ) -> Path {
        let sender = self.history.wiring().sender(way).map_or(0, |(device, _)| *device);
        let vlan = self.interface(sender, interface, at).and_then(|known| known.vlan);
        let mut layer = self.layer(way, vlan, &[]);
        if let Some(group) = group {
            layer.destination = MacAddress::of_group(group);
        }
        let condition = self.history.condition(way, Moment::from_nanos(at));
        let arrived = condition
            .filter(|condition| condition.passes() && !is_lost(condition.loss))
            .map(|condition| nanos(condition.delay));
        Path {
            hops: vec![Hop {
                way,
                sent: 0,
                arrived,
                headers: layer.headers(),
                ttl,
            }],
            duration: arrived.unwrap_or(0),
            delivered: arrived.is_some(),
            steady: false,
        }
    }

    fn layer(&self, way: Way, vlan: Option<u16>, labels: &[LabelEntry]) -> LinkLayer {
        LinkLayer {
            source: self.port_address(way),
            destination: self.port_address(way.back()),
            vlans: vlan.into_iter().collect(),
            labels: labels.to_vec(),
        }
    }

    /// The address of the port that a way leaves by. Ports are numbered through their links.
    fn port_address(&self, way: Way) -> MacAddress {
        let device = self.history.wiring().sender(way).map_or(0, |(device, _)| *device);
        MacAddress::of_port(device, 2 * way.link + way.from)
    }
}

impl DataPlane for Past<'_> {
    fn next_change(&self, at: u64) -> u64 {
        let index = self.changes.partition_point(|change| *change <= at);
        self.changes.get(index).copied().unwrap_or(u64::MAX)
    }

    fn walk(&self, at: u64, device: usize, vrf: &Vrf, packet: Packet, chance: u64) -> Path {
        let start = Moment::from_nanos(at);
        let walk = self.history.walk(device, vrf, packet, start, chance);
        let mut steady = !matches!(walk.end, End::Untold { .. });
        let since = |moment: Moment| nanos(moment.since(start));
        let mut decided = start;
        let mut hops = Vec::with_capacity(walk.hops.len());
        for hop in walk.hops {
            let epoch = self.history.epoch(hop.device, decided);
            let interface = epoch.and_then(|epoch| epoch.interfaces.get(hop.interface));
            let vlan = interface.and_then(|interface| interface.vlan);
            let condition = self.history.condition(hop.way, decided);
            steady &= epoch.is_some_and(|epoch| !epoch.fib.per_packet);
            steady &= condition.is_some_and(|condition| condition.loss <= 0.0 || !condition.passes());
            hops.push(Hop {
                way: hop.way,
                sent: since(hop.sent),
                arrived: hop.arrived.map(since),
                headers: self.layer(hop.way, vlan, &hop.packet.labels).headers(),
                ttl: hop.packet.packet.ttl,
            });
            decided = hop.arrived.unwrap_or(hop.sent);
        }
        let end = match &walk.end {
            End::Delivered { at, .. } | End::Expired { at, .. } | End::Dropped { at, .. } | End::Untold { at, .. } => {
                *at
            }
        };
        Path {
            hops,
            duration: since(end.max(decided)),
            delivered: matches!(walk.end, End::Delivered { .. }),
            steady,
        }
    }
}
