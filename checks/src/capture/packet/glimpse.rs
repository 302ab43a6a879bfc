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
