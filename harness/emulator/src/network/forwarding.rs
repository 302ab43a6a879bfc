//! Forwarding: packets walk hop by hop over the routing tables, along LSPs, with their TTL.
//!
//! Of equal routes a flow takes one, by a hash of source address, destination address and protocol; with
//! `load-balance packet all` packets take them in turn. LSPs are pipes: only their ends count as hops.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::interfaces::Interface;
use super::ldp::Lsps;
use super::prefix::Vrf;
use super::rib::{Ribs, Route, Via, longest_match};
use super::vpn_instances::VpnInstance;

/// A packet sent by a device.
#[derive(Debug, Clone, Copy)]
pub struct Packet {
    /// Its source address.
    pub source: Ipv4Addr,
    /// Its destination address.
    pub destination: Ipv4Addr,
    /// The IP protocol: 1 for ICMP, 6 for TCP, 17 for UDP.
    pub protocol: u8,
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
    /// It is dropped: no route, no LSP, or no one with the address of the next hop.
    Dropped,
}

/// What packets are forwarded by.
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
    /// Whether each balances packet by packet.
    pub per_packet: &'a [bool],
}

impl Forwarding<'_> {
    /// Whether packets from an address of one device arrive at the other.
    pub fn reaches(&self, from: usize, vrf: &Vrf, source: Ipv4Addr, to: Ipv4Addr, device: usize) -> bool {
        let packet = Packet {
            source,
            destination: to,
            protocol: 6,
            ttl: 255,
            number: 0,
        };
        matches!(self.send(from, vrf, packet), Outcome::Delivered { device: at, .. } if at == device)
    }

    /// Sends a packet from a device.
    pub fn send(&self, from: usize, vrf: &Vrf, packet: Packet) -> Outcome {
        let (mut device, mut vrf, mut ttl) = (from, vrf.clone(), packet.ttl);
        let mut at_source = true;
        let mut arrived_on = None;
        loop {
            let Some(route) = self.route(device, &vrf, packet) else {
                // Without a route the TTL is looked at first, as a router does.
                return if !at_source && ttl <= 1 {
                    self.expired(device, vrf, None)
                } else {
                    Outcome::Dropped
                };
            };
            if route.via == Via::Local {
                return Outcome::Delivered {
                    device,
                    vrf,
                    ttl,
                    arrived_on,
                };
            }
            if !at_source {
                ttl = ttl.saturating_sub(1);
                if ttl == 0 {
                    return self.expired(device, vrf.clone(), Some(route));
                }
            }
            at_source = false;
            let next = match route.via {
                Via::Local => None,
                Via::Link(interface) => self.across(device, interface, packet.destination),
                Via::Gateway(interface, gateway) => self.across(device, interface, gateway),
                Via::Tunnel { egress, label } => self.along(device, egress, label),
            };
            match next {
                Some(next) => {
                    (device, vrf) = next;
                    arrived_on = match route.via {
                        Via::Link(_) => Some(packet.destination),
                        Via::Gateway(_, gateway) => Some(gateway),
                        Via::Local | Via::Tunnel { .. } => None,
                    };
                }
                None => return Outcome::Dropped,
            }
        }
    }

    fn route(&self, device: usize, vrf: &Vrf, packet: Packet) -> Option<&Route> {
        let routes = longest_match(self.ribs.get(device)?.get(vrf)?, packet.destination)?;
        let choice = if self.per_packet.get(device).copied().unwrap_or(false) {
            packet.number
        } else {
            flow_hash(packet)
        };
        routes.get(usize::try_from(choice % routes.len() as u64).ok()?)
    }

    /// The device at the other end of a link if it has the address, and the instance that the packet enters.
    fn across(&self, device: usize, interface: usize, address: Ipv4Addr) -> Option<(usize, Vrf)> {
        let (next, far) = self.interfaces.get(device)?.get(interface)?.far_end?;
        let there = self.interfaces.get(next)?.get(far)?;
        (there.up_address() == Some(address)).then(|| (next, there.vrf.clone()))
    }

    /// The device at the end of an LSP and the instance that the label means there.
    fn along(&self, device: usize, egress: Ipv4Addr, label: u32) -> Option<(usize, Vrf)> {
        let mut at = device;
        // No LSP is longer than there are devices.
        for _ in 0..self.ribs.len() {
            let lsp = self.lsps.get(at)?.get(&egress)?;
            let (next, _) = self.across(at, lsp.interface, lsp.gateway)?;
            at = next;
            if self.owns(at, egress) {
                let vpn = self.vpns.get(at)?.iter().find(|vpn| vpn.label == label)?;
                return Some((at, Vrf::Instance(vpn.name.clone())));
            }
        }
        None
    }

    fn owns(&self, device: usize, address: Ipv4Addr) -> bool {
        let interfaces = self.interfaces.get(device).into_iter().flat_map(|own| own.iter());
        interfaces
            .filter(|interface| interface.vrf == Vrf::Public)
            .any(|interface| interface.up_address() == Some(address))
    }

    /// The answer comes from the interface that the packet would have left by, in its own instance.
    fn expired(&self, device: usize, vrf: Vrf, route: Option<&Route>) -> Outcome {
        let by = route.and_then(|route| self.source_of(device, &vrf, route));
        let reporter = by.or_else(|| self.any_address(device, &vrf));
        Outcome::Expired { device, vrf, reporter }
    }

    /// The address that a device sends from: that of the interface by which the packet leaves, or in a VPN instance
    /// whose packets leave by an LSP any that the instance has.
    pub fn source(&self, device: usize, vrf: &Vrf, destination: Ipv4Addr) -> Option<Ipv4Addr> {
        let route = longest_match(self.ribs.get(device)?.get(vrf)?, destination)?.first()?;
        if route.via == Via::Local {
            return Some(destination);
        }
        self.source_of(device, vrf, route)
            .or_else(|| self.any_address(device, vrf))
    }

    fn source_of(&self, device: usize, vrf: &Vrf, route: &Route) -> Option<Ipv4Addr> {
        let (Via::Link(interface) | Via::Gateway(interface, _)) = route.via else {
            return None;
        };
        let interface = self.interfaces.get(device)?.get(interface)?;
        interface.up_address().filter(|_| interface.vrf == *vrf)
    }

    fn any_address(&self, device: usize, vrf: &Vrf) -> Option<Ipv4Addr> {
        let interfaces = self.interfaces.get(device)?.iter();
        interfaces.filter(|i| i.vrf == *vrf).find_map(Interface::up_address)
    }
}

/// FNV-1a over source, destination and protocol, its bits folded.
fn flow_hash(packet: Packet) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let octets = packet.source.octets().into_iter().chain(packet.destination.octets());
    for octet in octets.chain([packet.protocol]) {
        hash = (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    (hash ^ (hash >> 32)) >> 4
}
