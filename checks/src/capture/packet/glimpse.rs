//! The few facts that measuring needs of a packet, read at fixed places where the headers are the usual ones.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::bytes::{array_at, u16_at};
use super::decode::{MPLS_OVER_UDP_PORT, decode};
use super::ethernet::EtherType;
use super::flow::{FlowKey, Ports};
use super::ip::protocol;
use super::pseudowire::{self, Below};
use super::roles::Roles;
use super::tunnel::Vxlan;
use crate::capture::{LinkType, Record};

/// Which flow a packet belongs to, and its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glimpse<'a> {
    /// The flow; that of the innermost IP header.
    pub flow: FlowKey,
    /// What UDP or TCP carries, without padding; for other protocols what IP carries.
    pub payload: &'a [u8],
    /// Whether it is a part of a datagram.
    pub is_fragment: bool,
}

/// Looks at a packet. `None` where neither an IP nor an Ethernet header is found.
///
/// What it says is what [`decode`] says, sooner: packets of unusual build are handed to it.
#[inline]
pub fn glimpse<'a>(record: &Record<'a>, roles: &Roles) -> Option<Glimpse<'a>> {
    if record.link_type == LinkType::ETHERNET
        && let Some(glimpse) = of_ethernet(record.captured, record.original_length as usize, roles)
    {
        return Some(glimpse);
    }
    in_full(record, roles)
}

/// UDP over IPv4 in untagged Ethernet: what most measured packets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::capture) struct PlainUdp<'a> {
    /// Source and destination address, 32 bits each.
    pub addresses: u64,
    /// Source and destination port, 16 bits each.
    pub ports: u32,
    pub payload: &'a [u8],
}

impl PlainUdp<'_> {
    /// The flow, as [`glimpse`] gives it.
    pub fn flow(&self) -> FlowKey {
        FlowKey::V4 {
            source: Ipv4Addr::from_bits((self.addresses >> 32) as u32),
            destination: Ipv4Addr::from_bits(self.addresses as u32),
            protocol: protocol::UDP,
            ports: Some(Ports {
                source: (self.ports >> 16) as u16,
                destination: self.ports as u16,
            }),
        }
    }
}

/// Looks at a packet for nothing but plain UDP, at fixed places. `None` for everything else, whatever is odd included:
/// what it gives is what [`glimpse`] gives.
#[inline]
pub(in crate::capture) fn plain_udp<'a>(record: &Record<'a>) -> Option<PlainUdp<'a>> {
    /// Ethernet, IPv4 without options, UDP.
    const HEADERS: usize = 14 + 20 + 8;
    if record.link_type != LinkType::ETHERNET {
        return None;
    }
    let header = record.captured.first_chunk::<HEADERS>()?;
    let u16_of = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let u32_of = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let is_plain = header[12] == 8 && header[13] == 0 && header[14] == 0x45 && header[23] == protocol::UDP;
    let is_fragment = (header[20] & 0x3f) | header[21] != 0;
    let (total, length, destination) = (usize::from(u16_of(16)), usize::from(u16_of(38)), u16_of(36));
    let on_wire = (record.original_length as usize).max(record.captured.len());
    let fits = total <= on_wire - 14 && length >= 8 && length + 20 <= total;
    let may_be_tunnel = destination == Vxlan::PORT || destination == MPLS_OVER_UDP_PORT;
    if !is_plain || is_fragment || !fits || may_be_tunnel {
        return None;
    }
    let end = record.captured.len().min(34 + length);
    Some(PlainUdp {
        addresses: u64::from(u32_of(26)) << 32 | u64::from(u32_of(30)),
        ports: u32_of(34),
        payload: record.captured.get(HEADERS..end)?,
    })
}

#[cold]
#[inline(never)]
fn in_full<'a>(record: &Record<'a>, roles: &Roles) -> Option<Glimpse<'a>> {
    let packet = decode(record, roles);
    Some(Glimpse {
        flow: packet.flow()?,
        payload: packet.payload,
        is_fragment: packet.ip.is_some_and(|header| header.fragment.is_some()),
    })
}

/// Ethernet, tags, labels above IP, IPv4 or IPv6, UDP or TCP. `None` for everything else.
#[inline]
fn of_ethernet<'a>(captured: &'a [u8], on_wire: usize, roles: &Roles) -> Option<Glimpse<'a>> {
    let mut ether_type = u16_at(captured, 12)?;
    let mut at = 14;
    while EtherType(ether_type).is_vlan_tag() {
        ether_type = u16_at(captured, at + 2)?;
        at += 4;
    }
    let on_wire = on_wire.max(captured.len());
    match ether_type {
        0x0800 => of_ipv4(captured, at, on_wire),
        0x86dd => of_ipv6(captured, at, on_wire),
        0x8847 if roles.is_empty() => {
            // Reserved labels have meanings of their own: they are left to the full decoding.
            loop {
                let [first, second, third, _] = array_at::<4>(captured, at)?;
                if first == 0 && second == 0 {
                    return None;
                }
                at += 4;
                if third & 1 == 1 {
                    break;
                }
            }
            let below = captured.get(at..)?;
            match pseudowire::guess(below, on_wire - at)? {
                (Below::Ipv4, _) => of_ipv4(captured, at, on_wire),
                (Below::Ipv6, _) => of_ipv6(captured, at, on_wire),
                _ => None,
            }
        }
        _ => None,
    }
}

#[inline]
fn of_ipv4(captured: &[u8], at: usize, on_wire: usize) -> Option<Glimpse<'_>> {
    let header: [u8; 20] = array_at(captured, at)?;
    let total = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let header_length = usize::from(header[0] & 0x0f) * 4;
    // Version 4; neither a later part of a datagram nor one that others follow; a length that fits.
    if header[0] >> 4 != 4 || header_length < 20 || (header[6] & 0x3f) | header[7] != 0 || total > on_wire - at {
        return None;
    }
    let number = header[9];
    let end = captured.len().min(at + total);
    let (ports, payload) = transport(captured, at + header_length, end, at + total, number)?;
    let address = |from: usize| Ipv4Addr::new(header[from], header[from + 1], header[from + 2], header[from + 3]);
    Some(Glimpse {
        flow: FlowKey::V4 {
            source: address(12),
            destination: address(16),
            protocol: number,
            ports: Some(ports),
        },
        payload,
        is_fragment: false,
    })
}

#[inline]
fn of_ipv6(captured: &[u8], at: usize, on_wire: usize) -> Option<Glimpse<'_>> {
    let header: [u8; 40] = array_at(captured, at)?;
    let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
    let behind = at + 40;
    if header[0] >> 4 != 6 || length == 0 || length > on_wire - behind {
        return None;
    }
    let number = header[6];
    let end = captured.len().min(behind + length);
    let (ports, payload) = transport(captured, behind, end, behind + length, number)?;
    Some(Glimpse {
        flow: FlowKey::V6 {
            source: Ipv6Addr::from(array_at::<16>(&header, 8)?),
            destination: Ipv6Addr::from(array_at::<16>(&header, 24)?),
            protocol: number,
            ports: Some(ports),
        },
        payload,
        is_fragment: false,
    })
}

/// The ports and the payload of UDP or TCP. `end` bounds the captured octets of the datagram, `end_on_wire` all of it.
#[inline]
fn transport(captured: &[u8], at: usize, end: usize, end_on_wire: usize, number: u8) -> Option<(Ports, &[u8])> {
    let datagram = captured.get(at..end)?;
    let [a, b, c, d] = array_at(datagram, 0)?;
    let ports = Ports {
        source: u16::from_be_bytes([a, b]),
        destination: u16::from_be_bytes([c, d]),
    };
    match number {
        protocol::UDP => {
            let length = usize::from(u16_at(datagram, 4)?);
            u16_at(datagram, 6)?;
            let may_be_tunnel = ports.destination == Vxlan::PORT || ports.destination == MPLS_OVER_UDP_PORT;
            if length < 8 || length > end_on_wire - at || may_be_tunnel {
                return None;
            }
            Some((ports, datagram.get(8..length.min(datagram.len()))?))
        }
        protocol::TCP => {
            let [offset] = array_at(datagram, 12)?;
            let header = usize::from(offset >> 4) * 4;
            if header < 20 || datagram.len() < 20 || header > end_on_wire - at {
                return None;
            }
            Some((ports, datagram.get(header..).unwrap_or_default()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A plain packet with a payload of 30 octets.
    fn plain() -> Vec<u8> {
        let mut octets = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        octets.extend([0x45, 0, 0, 58, 0, 0, 0, 0, 64, 17, 0, 0, 10, 3, 1, 2, 1, 1, 1, 1]);
        octets.extend([0x9c, 0x40, 0x1b, 0x58, 0, 38, 0, 0]);
        octets.extend(0..30);
        octets
    }

    fn record(captured: &[u8], original_length: usize) -> Record<'_> {
        Record {
            number: 1,
            offset: 0,
            interface: 0,
            link_type: LinkType::ETHERNET,
            time: None,
            captured,
            original_length: original_length as u32,
            direction: None,
        }
    }

    #[test]
    fn plain_packets_are_plain() {
        let octets = plain();
        let found = plain_udp(&record(&octets, octets.len())).unwrap();
        assert_eq!(found.flow().to_string(), "10.3.1.2:40000 -> 1.1.1.1:7000 udp");
        assert_eq!(found.payload, &octets[42..]);
    }

    proptest! {
        /// Whatever is changed, cut or added: plain only where the full decoding gives the same.
        #[test]
        fn plain_is_what_the_full_decoding_says(
            changes in prop::collection::vec((0usize..72, any::<u8>()), 0..4),
            end in 0usize..=72,
            more in 0usize..8,
        ) {
            let mut octets = plain();
            for (at, value) in changes {
                octets[at] = value;
            }
            let record = record(&octets[..end], end + more);
            if let Some(found) = plain_udp(&record) {
                let packet = decode(&record, &Roles::new());
                prop_assert_eq!(Some(found.flow()), packet.flow());
                prop_assert_eq!(found.payload, packet.payload);
                prop_assert_eq!(packet.undecoded, None);
            }
        }
    }
}
