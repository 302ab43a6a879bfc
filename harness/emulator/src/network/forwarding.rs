//! Forwarding: packets walk hop by hop over the routing tables, along LSPs label by label, with their TTL.
//!
//! Of equal routes a flow takes one by its hash ([`flow_hash`]), labelled or not, and of the equal ways of an LSP one by
//! another hash; with `load-balance packet` packets take them in turn. LSPs are pipes: the TTL of a packet is that of its ends, the labels have their own, which starts at 255.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::interfaces::Interface;
use super::labels::{EXPLICIT_NULL, IMPLICIT_NULL, Labels};
use super::ldp::{Lsp, Lsps};
use super::prefix::{Prefix, Vrf};
use super::rib::{ALL_WAYS, Carrier, Ribs, Route, Via, longest_match};
use super::simulation::{Condition, Way};
use super::vpn_instances::VpnInstance;

/// What tells the hash that chooses among the ways of an LSP from that which chooses among routes.
const OF_LSPS: u64 = 0x6c73_7073_6c73_7073;
/// TTL of a label that is pushed.
const LABEL_TTL: u8 = 255;

/// A packet sent by a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// Its source address.
    pub source: Ipv4Addr,
    /// Its destination address.
    pub destination: Ipv4Addr,
    /// The IP protocol: 1 for ICMP, 6 for TCP, 17 for UDP.
    pub protocol: u8,
    /// Source and destination port; 0 for protocols that have none.
    pub ports: (u16, u16),
    /// Its TTL when it is sent.
    pub ttl: u8,
    /// Which packet of its flow it is, from 0.
    pub number: u64,
}

/// What becomes of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It arrives, with this TTL.
    Delivered {
        /// The device.
        device: usize,
        /// The instance.
        vrf: Vrf,
        /// Its TTL.
        ttl: u8,
        /// The address of the interface that it came in by; none if it came by an LSP or never left.
        arrived_on: Option<Ipv4Addr>,
    },
    /// Its TTL ends here; the device answers from this address if it has one in the instance.
    Expired {
        /// The device.
        device: usize,
        /// The instance.
        vrf: Vrf,
        /// Where its answer comes from.
        reporter: Option<Ipv4Addr>,
    },
    /// It is dropped.
    Dropped,
}

/// Why a packet is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropReason {
    /// No route matches its destination.
    NoRoute,
    /// The route says that it is to be dropped.
    BlackHole,
    /// The LSP that it should take is not there.
    NoLsp,
    /// Its label means nothing to the device.
    UnknownLabel,
    /// The TTL of its label ends.
    LabelTtl,
    /// The interface that it should leave by is down, or has no link.
    InterfaceDown,
    /// Nobody on the link has the address of the next hop.
    NoNeighbour,
    /// The link lost it.
    Lost,
}

/// An entry of a label stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelEntry {
    /// The label.
    pub label: u32,
    /// Its TTL.
    pub ttl: u8,
}

/// A packet at a device or on a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InTransit {
    /// The labels, the outermost first.
    pub labels: Vec<LabelEntry>,
    /// The packet below them, with its present TTL.
    pub packet: Packet,
    /// The instance that it is looked up in while it has no labels.
    pub vrf: Vrf,
    /// The address of the interface that it came in by without labels.
    pub arrived_on: Option<Ipv4Addr>,
    /// Whether the present device sent it itself.
    pub at_source: bool,
}

impl InTransit {
    /// A packet that a device is about to send.
    pub fn sent(vrf: &Vrf, packet: Packet) -> Self {
        Self {
            labels: Vec::new(),
            packet,
            vrf: vrf.clone(),
            arrived_on: None,
            at_source: true,
        }
    }
}

/// What a device does with a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It keeps it.
    Delivered,
    /// Its TTL ends; the device answers from this address if it has one.
    Expired {
        /// Where its answer comes from.
        reporter: Option<Ipv4Addr>,
    },
    /// It drops it.
    Dropped(DropReason),
    /// It sends it on, changed like this, to whoever has the gateway's address on the link of the interface.
    Sent {
        /// Index of the interface that it leaves by.
        interface: usize,
        /// The address whose owner takes it.
        gateway: Ipv4Addr,
        /// The packet as it is on the link.
        packet: InTransit,
    },
}

/// What one device forwards by.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// Its index.
    pub device: usize,
    /// Its interfaces.
    pub interfaces: &'a [Interface],
    /// Its VPN instances.
    pub vpns: &'a [VpnInstance],
    /// Its routing tables.
    pub ribs: &'a Ribs,
    /// Its LSPs.
    pub lsps: &'a Lsps,
    /// What labels stand for.
    pub labels: &'a Labels,
    /// Whether it balances packet by packet.
    pub per_packet: bool,
    /// The seed of its hash.
    pub seed: u64,
}

impl<'a> Plane<'a> {
    /// What the device does with a packet that has reached it, or that it sends itself.
    pub fn step(&self, transit: &InTransit) -> Step {
        let mut transit = transit.clone();
        let mut within = None;
        while let Some(top) = transit.labels.first().copied() {
            let address = self.labels.address(self.device, top.label);
            if top.label == EXPLICIT_NULL || address.is_some_and(|address| self.owns(address)) {
                transit.labels.remove(0);
                transit.vrf = Vrf::Public;
                transit.arrived_on = None;
                continue;
            }
            if let Some(address) = address {
                return self.switched(transit, top, address);
            }
            let of_bgp = self.ribs.get(&Vrf::Labels).and_then(|labels| {
                let routes = labels.get(&Prefix::host(Ipv4Addr::from(top.label)))?;
                self.choose(routes, transit.packet)
            });
            if let Some(route) = of_bgp {
                transit.labels.remove(0);
                if route.via == Via::Local {
                    transit.vrf = Vrf::Public;
                    transit.arrived_on = None;
                    continue;
                }
                if let Via::Instance(vrf, prefix) = &route.via {
                    transit.vrf = vrf.clone();
                    transit.arrived_on = None;
                    within = Some(*prefix);
                    continue;
                }
                if top.ttl <= 1 {
                    return Step::Dropped(DropReason::LabelTtl);
                }
                return self.continued(transit, (&route.via, 1), top.ttl - 1);
            }
            let Some(vpn) = self.vpns.iter().find(|vpn| vpn.takes(top.label)) else {
                return Step::Dropped(DropReason::UnknownLabel);
            };
            transit.labels.remove(0);
            transit.vrf = Vrf::Instance(vpn.name.clone());
            transit.arrived_on = None;
        }
        self.routed(transit, within)
    }

    /// A label is swapped, or popped if the next hop is the last.
    fn switched(&self, mut transit: InTransit, top: LabelEntry, address: Ipv4Addr) -> Step {
        let Some(lsp) = self.way(address, (ALL_WAYS, 1), transit.packet) else {
            return Step::Dropped(DropReason::NoLsp);
        };
        if top.ttl <= 1 {
            return Step::Dropped(DropReason::LabelTtl);
        }
        transit.labels.remove(0);
        if lsp.out_label != IMPLICIT_NULL {
            transit.labels.insert(
                0,
                LabelEntry {
                    label: lsp.out_label,
                    ttl: top.ttl - 1,
                },
            );
        }
        Step::Sent {
            interface: lsp.interface,
            gateway: lsp.gateway,
            packet: transit,
        }
    }

    /// A packet without labels follows its route, or those to one prefix alone.
    fn routed(&self, mut transit: InTransit, within: Option<Prefix>) -> Step {
        let ttl = transit.packet.ttl;
        let Some((route, routes)) = self.route(&transit.vrf, transit.packet, within) else {
            // Without a route the TTL is looked at first, as a router does.
            return if !transit.at_source && ttl <= 1 {
                self.expired(&transit.vrf, None)
            } else {
                Step::Dropped(DropReason::NoRoute)
            };
        };
        if route.via == Via::Local {
            return Step::Delivered;
        }
        if !transit.at_source {
            transit.packet.ttl = ttl.saturating_sub(1);
            if transit.packet.ttl == 0 {
                return self.expired(&transit.vrf, Some(route));
            }
        }
        transit.at_source = false;
        self.continued(transit, (&route.via, routes), LABEL_TTL)
    }

    /// A packet goes on by one of so many routes; labels that are put on it have this TTL.
    fn continued(&self, mut transit: InTransit, (via, routes): (&Via, usize), ttl: u8) -> Step {
        let (interface, gateway) = match via {
            Via::Local => return Step::Delivered,
            Via::Null | Via::Instance(..) => return Step::Dropped(DropReason::BlackHole),
            Via::Link(interface) => (*interface, transit.packet.destination),
            Via::Gateway(interface, gateway) => (*interface, *gateway),
            Via::Tunnel { carrier, labels, .. } => {
                let (outermost, interface, gateway) = match carrier {
                    Carrier::Link(interface, gateway) => (None, *interface, *gateway),
                    Carrier::Lsp(address, most) => {
                        let way = self.way(*address, (*most, routes), transit.packet);
                        let Some(lsp) = way.filter(|lsp| lsp.ingress) else {
                            return Step::Dropped(DropReason::NoLsp);
                        };
                        let label = (lsp.out_label != IMPLICIT_NULL).then_some(lsp.out_label);
                        (label, lsp.interface, lsp.gateway)
                    }
                };
                let pushed = outermost.into_iter().chain(labels.iter().copied());
                let pushed: Vec<LabelEntry> = pushed.map(|label| LabelEntry { label, ttl }).collect();
                transit.labels.splice(0..0, pushed);
                (interface, gateway)
            }
        };
        Step::Sent {
            interface,
            gateway,
            packet: transit,
        }
    }

    /// The route of a packet, and of how many.
    fn route(&self, vrf: &Vrf, packet: Packet, within: Option<Prefix>) -> Option<(&'a Route, usize)> {
        let rib = self.ribs.get(vrf)?;
        let routes = match within {
            None => longest_match(rib, packet.destination)?,
            Some(prefix) => rib.get(&prefix)?,
        };
        Some((self.choose(routes, packet)?, routes.len()))
    }

    /// The way that a packet takes of those of an LSP, at most so many, when it has taken one of so many routes before.
    fn way(&self, address: Ipv4Addr, (most, routes): (u8, usize), packet: Packet) -> Option<&'a Lsp> {
        let ways = self.lsps.get(&address)?;
        let count = ways.len().min(usize::from(most)).max(1) as u64;
        let choice = if self.per_packet {
            packet.number / (routes.max(1) as u64)
        } else if count > 1 {
            flow_hash(self.seed ^ OF_LSPS, packet)
        } else {
            0
        };
        ways.get(usize::try_from(choice % count).ok()?)
    }

    /// Whether LSPs to a host address end on the device.
    fn owns(&self, address: Ipv4Addr) -> bool {
        let mut own = self.interfaces.iter().filter(|interface| interface.vrf == Vrf::Public);
        !self.lsps.contains_key(&address) && own.any(|interface| interface.up_address() == Some(address))
    }

    /// The route that a packet takes of equal ones.
    fn choose<'r>(&self, routes: &'r [Route], packet: Packet) -> Option<&'r Route> {
        let choice = if self.per_packet {
            packet.number
        } else {
            flow_hash(self.seed, packet)
        };
        routes.get(usize::try_from(choice % routes.len() as u64).ok()?)
    }

    /// The answer comes from the interface that the packet would have left by, in its own instance.
    fn expired(&self, vrf: &Vrf, route: Option<&Route>) -> Step {
        let by = route.and_then(|route| self.source_of(vrf, route));
        Step::Expired {
            reporter: by.or_else(|| self.any_address(vrf)),
        }
    }

    /// The address that the device sends from: that of the interface by which the packet leaves, or in a VPN instance
    /// whose packets leave by an LSP any that the instance has.
    pub fn source(&self, vrf: &Vrf, destination: Ipv4Addr) -> Option<Ipv4Addr> {
        let route = longest_match(self.ribs.get(vrf)?, destination)?.first()?;
        if route.via == Via::Local {
            return Some(destination);
        }
        self.source_of(vrf, route).or_else(|| self.any_address(vrf))
    }

    fn source_of(&self, vrf: &Vrf, route: &Route) -> Option<Ipv4Addr> {
        let interface = match route.via {
            Via::Local | Via::Null | Via::Instance(..) => return None,
            Via::Link(interface) | Via::Gateway(interface, _) => interface,
            Via::Tunnel { carrier, .. } => match carrier {
                Carrier::Link(interface, _) => interface,
                Carrier::Lsp(address, _) => self.lsps.get(&address)?.first()?.interface,
            },
        };
        let interface = self.interfaces.get(interface)?;
        interface.up_address().filter(|_| interface.vrf == *vrf)
    }

    /// The instance that a label stands for, or that the route is of that it stands for.
    fn instance_of(&self, label: u32) -> Option<Vrf> {
        if let Some(vpn) = self.vpns.iter().find(|vpn| vpn.takes(label)) {
            return Some(Vrf::Instance(vpn.name.clone()));
        }
        let routes = self.ribs.get(&Vrf::Labels)?.get(&Prefix::host(Ipv4Addr::from(label)))?;
        routes.iter().find_map(|route| match &route.via {
            Via::Instance(vrf, _) => Some(vrf.clone()),
            _ => None,
        })
    }

    fn any_address(&self, vrf: &Vrf) -> Option<Ipv4Addr> {
        let interfaces = self.interfaces.iter();
        interfaces.filter(|i| i.vrf == *vrf).find_map(Interface::up_address)
    }
}

/// What packets are forwarded by on all devices at one instant.
#[derive(Debug, Clone, Copy)]
pub struct Forwarding<'a> {
    /// The interfaces of all devices.
    pub interfaces: &'a [Arc<Vec<Interface>>],
    /// Their VPN instances.
    pub vpns: &'a [Arc<Vec<VpnInstance>>],
    /// Their routing tables.
    pub ribs: &'a [Arc<Ribs>],
    /// Their LSPs.
    pub lsps: &'a [Arc<Lsps>],
    /// What labels stand for.
    pub labels: &'a Labels,
    /// Whether each balances packet by packet.
    pub per_packet: &'a [bool],
    /// The seeds of their hashes.
    pub seeds: &'a [u64],
    /// The condition of the links, by the end that sends; a link that is not listed is healthy.
    pub conditions: &'a [[Condition; 2]],
}

impl<'a> Forwarding<'a> {
    /// What one device forwards by.
    pub fn plane(&self, device: usize) -> Option<Plane<'a>> {
        Some(Plane {
            device,
            interfaces: self.interfaces.get(device)?,
            vpns: self.vpns.get(device)?,
            ribs: self.ribs.get(device)?,
            lsps: self.lsps.get(device)?,
            labels: self.labels,
            per_packet: self.per_packet.get(device).copied().unwrap_or(false),
            seed: self.seeds.get(device).copied().unwrap_or(0),
        })
    }

    /// Whether packets from an address of one device arrive at the other.
    pub fn reaches(&self, from: usize, vrf: &Vrf, source: Ipv4Addr, to: Ipv4Addr, device: usize) -> bool {
        let packet = Packet {
            source,
            destination: to,
            protocol: 6,
            ports: (0, 0),
            ttl: 255,
            number: 0,
        };
        matches!(self.send(from, vrf, packet), Outcome::Delivered { device: at, .. } if at == device)
    }

    /// Sends a packet from a device; the ways that it takes are added to `ways`.
    pub fn send_along(&self, from: usize, vrf: &Vrf, packet: Packet, ways: &mut Vec<Way>) -> Outcome {
        let mut device = from;
        let mut transit = InTransit::sent(vrf, packet);
        loop {
            let Some(plane) = self.plane(device) else {
                return Outcome::Dropped;
            };
            match plane.step(&transit) {
                Step::Delivered => {
                    return Outcome::Delivered {
                        device,
                        vrf: transit.vrf_at(plane),
                        ttl: transit.packet.ttl,
                        arrived_on: transit.arrived_on,
                    };
                }
                Step::Expired { reporter } => {
                    return Outcome::Expired {
                        device,
                        vrf: transit.vrf_at(plane),
                        reporter,
                    };
                }
                Step::Dropped(_) => return Outcome::Dropped,
                Step::Sent {
                    interface,
                    gateway,
                    packet,
                } => match self.across(device, interface, gateway) {
                    Some((next, far, way)) => {
                        ways.push(way);
                        device = next;
                        transit = packet.entered(far, gateway);
                    }
                    None => return Outcome::Dropped,
                },
            }
        }
    }

    /// Sends a packet from a device.
    pub fn send(&self, from: usize, vrf: &Vrf, packet: Packet) -> Outcome {
        self.send_along(from, vrf, packet, &mut Vec::new())
    }

    /// The device and interface at the other end of a link if it has the address and the link lets packets through.
    fn across(&self, device: usize, interface: usize, address: Ipv4Addr) -> Option<(usize, &'a Interface, Way)> {
        let here = self.interfaces.get(device)?.get(interface)?;
        let (next, far) = here.far_end?;
        let way = here.way?;
        let passes = self
            .conditions
            .get(way.link)
            .and_then(|ends| ends.get(way.from))
            .is_none_or(Condition::passes);
        let there = self.interfaces.get(next)?.get(far)?;
        (here.protocol && passes && there.up_address() == Some(address)).then_some((next, there, way))
    }

    /// The address that a device sends from.
    pub fn source(&self, device: usize, vrf: &Vrf, destination: Ipv4Addr) -> Option<Ipv4Addr> {
        self.plane(device)?.source(vrf, destination)
    }
}

impl InTransit {
    /// The packet as it has come in by an interface.
    #[must_use]
    pub fn entered(mut self, interface: &Interface, gateway: Ipv4Addr) -> Self {
        if self.labels.is_empty() {
            self.vrf = interface.vrf.clone();
            self.arrived_on = Some(gateway);
        } else {
            self.arrived_on = None;
        }
        self.at_source = false;
        self
    }

    /// The instance that the packet is looked up in at a device: that of its label if it has one.
    pub fn vrf_at(&self, plane: Plane<'_>) -> Vrf {
        let of_label = self.labels.last().and_then(|entry| plane.instance_of(entry.label));
        of_label.unwrap_or_else(|| self.vrf.clone())
    }
}

/// The hash that chooses among equal routes: FNV-1a over the device's seed, source, destination, protocol and both
/// ports, high bytes first, its bits folded. The route taken is the remainder by the number of equal routes.
pub fn flow_hash(seed: u64, packet: Packet) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let octets = seed
        .to_be_bytes()
        .into_iter()
        .chain(packet.source.octets())
        .chain(packet.destination.octets())
        .chain([packet.protocol])
        .chain(packet.ports.0.to_be_bytes())
        .chain(packet.ports.1.to_be_bytes());
    for octet in octets {
        hash = (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    (hash ^ (hash >> 32)) >> 4
}
