//! Ethernet, VLAN tags and the headers that stand in Ethernet's place.

use std::fmt;

use super::bytes::{array_at, u16_at};
use crate::capture::Direction;

/// A MAC address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// Whether it is for one station.
    pub const fn is_unicast(self) -> bool {
        self.0[0] & 1 == 0
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, octet) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ":" };
            write!(formatter, "{separator}{octet:02x}")?;
        }
        Ok(())
    }
}

/// An Ethernet type: what a frame, or a tag, carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EtherType(pub u16);

impl EtherType {
    /// IPv4.
    pub const IPV4: Self = Self(0x0800);
    /// ARP.
    pub const ARP: Self = Self(0x0806);
    /// An Ethernet frame, where GRE carries one.
    pub const TRANSPARENT_BRIDGING: Self = Self(0x6558);
    /// VLAN tag (802.1Q).
    pub const VLAN: Self = Self(0x8100);
    /// IPv6.
    pub const IPV6: Self = Self(0x86dd);
    /// MPLS.
    pub const MPLS: Self = Self(0x8847);
    /// MPLS with upstream-assigned labels.
    pub const MPLS_UPSTREAM: Self = Self(0x8848);
    /// PPPoE session.
    pub const PPPOE_SESSION: Self = Self(0x8864);
    /// Service VLAN tag (802.1ad).
    pub const SERVICE_VLAN: Self = Self(0x88a8);
    /// Slow protocols: LACP.
    pub const SLOW: Self = Self(0x8809);
    /// A frame too long for 802.3, with 802.2 behind the type.
    pub const JUMBO_LLC: Self = Self(0x8870);
    /// ISO network layer (IS-IS) in Cisco HDLC.
    pub const ISO_IN_CISCO_HDLC: Self = Self(0xfefe);
    /// ISO network layer (IS-IS) in GRE: its 802.2 service access point.
    pub const ISO_IN_GRE: Self = Self(0x00fe);
    /// LLDP.
    pub const LLDP: Self = Self(0x88cc);

    /// Whether a VLAN tag follows: 802.1Q, 802.1ad, and what was used before 802.1ad.
    pub const fn is_vlan_tag(self) -> bool {
        matches!(self.0, 0x8100 | 0x88a8 | 0x9100 | 0x9200)
    }

    /// Below 0x0600 the field is the length of an 802.3 frame.
    pub const fn is_length(self) -> bool {
        self.0 < 0x0600
    }
}

impl fmt::Display for EtherType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#06x}", self.0)
    }
}

/// An Ethernet header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ethernet {
    /// Destination.
    pub destination: MacAddress,
    /// Source.
    pub source: MacAddress,
    /// Type or 802.3 length.
    pub ether_type: EtherType,
}

impl Ethernet {
    pub(super) const LENGTH: usize = 14;

    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        Some(Self {
            destination: MacAddress(array_at(octets, 0)?),
            source: MacAddress(array_at(octets, 6)?),
            ether_type: EtherType(u16_at(octets, 12)?),
        })
    }
}

/// A VLAN tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VlanTag {
    /// The type that announced it: 0x8100, 0x88a8, …
    pub tag_type: EtherType,
    /// VLAN, 0 to 4095; 0 for a priority tag.
    pub vlan: u16,
    /// Priority, 0 to 7.
    pub priority: u8,
    /// Drop eligible.
    pub drop_eligible: bool,
    /// Type of what follows, or 802.3 length.
    pub ether_type: EtherType,
}

impl VlanTag {
    pub(super) const LENGTH: usize = 4;

    pub(super) fn read(tag_type: EtherType, octets: &[u8]) -> Option<Self> {
        let control = u16_at(octets, 0)?;
        Some(Self {
            tag_type,
            vlan: control & 0x0fff,
            priority: (control >> 13) as u8,
            drop_eligible: control & 0x1000 != 0,
            ether_type: EtherType(u16_at(octets, 2)?),
        })
    }
}

/// What Linux writes in place of a link header when it captures on any interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cooked {
    /// Sent or received; `None` when it was for another station.
    pub direction: Option<Direction>,
    /// Index of the interface on the capturing machine (version 2 only).
    pub interface_index: Option<u32>,
    /// ARPHRD type of the interface's link.
    pub hardware_type: u16,
    /// The sender's link address, where it is a MAC address.
    pub source: Option<MacAddress>,
    /// Type of what follows.
    pub ether_type: EtherType,
}

impl Cooked {
    pub(super) const LENGTH_1: usize = 16;
    pub(super) const LENGTH_2: usize = 20;

    pub(super) fn read_1(octets: &[u8]) -> Option<Self> {
        Some(Self {
            direction: direction(u16_at(octets, 0)?),
            interface_index: None,
            hardware_type: u16_at(octets, 2)?,
            source: source(u16_at(octets, 4)?, octets, 6),
            ether_type: EtherType(u16_at(octets, 14)?),
        })
    }

    pub(super) fn read_2(octets: &[u8]) -> Option<Self> {
        let [kind, address_length] = array_at(octets, 10)?;
        array_at::<8>(octets, 12)?;
        Some(Self {
            direction: direction(u16::from(kind)),
            interface_index: Some(u32::from_be_bytes(array_at(octets, 4)?)),
            hardware_type: u16_at(octets, 8)?,
            source: source(u16::from(address_length), octets, 12),
            ether_type: EtherType(u16_at(octets, 0)?),
        })
    }
}

/// Packet types 0, 1 and 2 came in (to this host, broadcast, multicast), 4 went out.
fn direction(packet_type: u16) -> Option<Direction> {
    match packet_type {
        0..=2 => Some(Direction::Inbound),
        4 => Some(Direction::Outbound),
        _ => None,
    }
}

fn source(length: u16, octets: &[u8], at: usize) -> Option<MacAddress> {
    (length == 6).then(|| array_at(octets, at).map(MacAddress)).flatten()
}
