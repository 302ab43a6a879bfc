//! What stands below a label stack: IP, a pseudowire with or without control word, or an associated channel.

use super::bytes::{u8_at, u16_at};
use super::checksum::{self, Checksum};
use super::ethernet::{EtherType, Ethernet};
use super::ip::{Ipv4, Ipv6};

/// The control word of a pseudowire (RFC 4385, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlWord {
    /// Flags, 4 bits.
    pub flags: u8,
    /// Fragmentation bits.
    pub fragmentation: u8,
    /// Octets from the control word on where they are fewer than 64; otherwise 0.
    pub length: u8,
    /// Sequence number; 0 where none are used.
    pub sequence: u16,
}

impl ControlWord {
    pub(super) const LENGTH: usize = 4;

    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let (first, second) = (u8_at(octets, 0)?, u8_at(octets, 1)?);
        Some(Self {
            flags: first & 0x0f,
            fragmentation: second >> 6,
            length: second & 0x3f,
            sequence: u16_at(octets, 2)?,
        })
    }
}

/// The header of an associated channel (RFC 4385, 5; RFC 5586).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssociatedChannel {
    /// Version, 0.
    pub version: u8,
    /// What follows: 0x0007 BFD, 0x0021 IPv4, 0x0057 IPv6, 0x0022 and 0x0023 MPLS-TP BFD, …
    pub channel_type: u16,
}

impl AssociatedChannel {
    pub(super) const LENGTH: usize = 4;

    /// `None` where it is cut short; `Err` where it does not begin as one.
    pub(super) fn read(octets: &[u8]) -> Option<Result<Self, ()>> {
        let first = u8_at(octets, 0)?;
        let channel_type = u16_at(octets, 2)?;
        let version = first & 0x0f;
        Some((first >> 4 == 1).then_some(Self { version, channel_type }).ok_or(()))
    }
}

/// How it was decided what stands below a label stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decided {
    /// A label's role was configured or signalled.
    ByRole {
        /// The label that has the role.
        label: u32,
    },
    /// A reserved label says it: explicit null, generic associated channel.
    ByReservedLabel {
        /// The reserved label.
        label: u32,
    },
    /// Guessed from the octets: this was the likeliest by so many points over the next.
    ByGuess {
        /// Points of the choice taken.
        points: i8,
        /// Points by which it leads.
        lead: i8,
    },
}

/// What may stand below a label stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Below {
    Ipv4,
    Ipv6,
    Channel,
    EthernetBehindControlWord,
    Ethernet,
}

/// Points that a choice needs, and by which it must lead.
const ENOUGH: i8 = 6;
const LEAD: i8 = 3;

/// Guesses what stands below a label stack. The first nibble alone proves nothing, as MAC addresses may begin with 0,
/// 1, 4 or 6 (RFC 9790), so that every choice is given points for what fits and the best must lead clearly.
///
/// `on_wire` is how many octets were on the wire from here on.
pub(super) fn guess(octets: &[u8], on_wire: usize) -> Option<(Below, Decided)> {
    let nibble = u8_at(octets, 0)? >> 4;
    let mut choices = [(Below::Ethernet, points_of_ethernet(octets, on_wire)); 2];
    choices[1] = match nibble {
        0 => {
            let behind = octets.get(ControlWord::LENGTH..).unwrap_or_default();
            let points = points_of_ethernet(behind, on_wire.saturating_sub(ControlWord::LENGTH));
            let word = ControlWord::read(octets)?;
            let length = usize::from(word.length);
            // A length is given only where padding to 64 octets may have to be removed.
            let fits = length == 0 || length <= on_wire;
            let plain = word.flags == 0 && word.fragmentation == 0;
            let points = points + i8::from(plain) - if fits { 0 } else { 4 };
            (Below::EthernetBehindControlWord, points)
        }
        1 => (Below::Channel, points_of_channel(octets)),
        4 => (Below::Ipv4, points_of_ipv4(octets, on_wire)),
        6 => (Below::Ipv6, points_of_ipv6(octets, on_wire)),
        _ => (Below::Ethernet, i8::MIN),
    };
    let [first, second] = choices;
    let (best, next) = if first.1 >= second.1 {
        (first, second)
    } else {
        (second, first)
    };
    let lead = best.1.saturating_sub(next.1);
    (best.1 >= ENOUGH && lead >= LEAD).then_some((best.0, Decided::ByGuess { points: best.1, lead }))
}

fn points_of_channel(octets: &[u8]) -> i8 {
    let (Some(0x10), Some(0), Some(channel)) = (u8_at(octets, 0), u8_at(octets, 1), u16_at(octets, 2)) else {
        return 0;
    };
    // Assigned: BFD, IPv4, IPv6, fault, loss and delay measurement, protection, on-demand CV and BFD of MPLS-TP.
    match channel {
        0x0007 | 0x0021 | 0x0057 | 0x0001 | 0x000a..=0x000d | 0x0022..=0x0028 | 0x0058 => 9,
        _ => 3,
    }
}

fn points_of_ipv4(octets: &[u8], on_wire: usize) -> i8 {
    let Some(Ok(header)) = Ipv4::read(octets) else {
        return 0;
    };
    let right = checksum::of_ipv4(header) == Checksum::Right;
    let length = usize::from(header.total_length());
    if length < header.header_length() || length > on_wire {
        return 0;
    }
    let points = if right { 10 } else { 2 };
    points + points_of_length(length, on_wire)
}

fn points_of_ipv6(octets: &[u8], on_wire: usize) -> i8 {
    let Some(Ok(header)) = Ipv6::read(octets) else {
        return 0;
    };
    let length = usize::from(header.payload_length()) + Ipv6::LENGTH;
    if length > on_wire {
        return 0;
    }
    let known = matches!(
        header.next_header(),
        0 | 4 | 6 | 17 | 41 | 43 | 44 | 47 | 50 | 51 | 58 | 59 | 60 | 89 | 103 | 112 | 132 | 137
    );
    let routable = matches!(header.source().octets()[0], 0x00 | 0x20..=0x3f | 0xfc..=0xfe);
    points_of_length(length, on_wire) + if known { 4 } else { 0 } + if routable { 2 } else { 0 }
}

/// An inner length that explains every octet speaks for itself; a short packet may be padded.
fn points_of_length(length: usize, on_wire: usize) -> i8 {
    match on_wire - length {
        0 => 5,
        1..=46 => 3,
        _ => 0,
    }
}

fn points_of_ethernet(octets: &[u8], on_wire: usize) -> i8 {
    let Some(ethernet) = Ethernet::read(octets) else {
        return 0;
    };
    let mut points = 0;
    if !ethernet.source.is_unicast() {
        points -= 6;
    }
    if ethernet.source.0 == [0; 6] {
        points -= 3;
    }
    let mut at = Ethernet::LENGTH;
    let mut ether_type = ethernet.ether_type;
    while ether_type.is_vlan_tag() && at < 64 {
        let Some(next) = u16_at(octets, at + 2) else {
            return points;
        };
        ether_type = EtherType(next);
        points += 1;
        at += 4;
    }
    let behind = octets.get(at..).unwrap_or_default();
    let rest = on_wire.saturating_sub(at);
    points
        + match ether_type {
            EtherType::IPV4 => points_of_ipv4(behind, rest),
            EtherType::IPV6 if u8_at(behind, 0).is_some_and(|first| first >> 4 == 6) => {
                5 + points_of_ipv6(behind, rest)
            }
            // Ethernet addresses (1) of IPv4 (0x0800).
            EtherType::ARP if behind.starts_with(&[0, 1, 8, 0, 6, 4]) => 14,
            EtherType::MPLS | EtherType::LLDP | EtherType::SLOW | EtherType::PPPOE_SESSION => 6,
            // Spanning tree (0x42) and IS-IS (0xfe) in 802.3 frames.
            length if length.is_length() && usize::from(length.0) <= rest => {
                let known = matches!(behind, [0x42, 0x42, 3, ..] | [0xfe, 0xfe, 3, ..] | [0xaa, 0xaa, 3, ..]);
                points_of_length(usize::from(length.0), rest) + if known { 6 } else { 0 }
            }
            _ => 0,
        }
}
