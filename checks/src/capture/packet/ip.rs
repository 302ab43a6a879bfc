//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::bytes::{array_at, ipv4_at, ipv6_at, u8_at, u16_at, u32_at};

/// Protocol numbers that are met.
pub mod protocol {
    /// IPv6 hop-by-hop options.
    pub const HOP_BY_HOP: u8 = 0;
    /// ICMP.
    pub const ICMP: u8 = 1;
    /// IPv4 in IP.
    pub const IPV4: u8 = 4;
    /// TCP.
    pub const TCP: u8 = 6;
    /// UDP.
    pub const UDP: u8 = 17;
    /// IPv6 in IP.
    pub const IPV6: u8 = 41;
    /// IPv6 routing header.
    pub const ROUTING: u8 = 43;
    /// IPv6 fragment header.
    pub const FRAGMENT: u8 = 44;
    /// GRE.
    pub const GRE: u8 = 47;
    /// Encapsulating security payload.
    pub const ESP: u8 = 50;
    /// Authentication header.
    pub const AUTHENTICATION: u8 = 51;
    /// ICMPv6.
    pub const ICMPV6: u8 = 58;
    /// IPv6: nothing follows.
    pub const NOTHING: u8 = 59;
    /// IPv6 destination options.
    pub const DESTINATION_OPTIONS: u8 = 60;
    /// OSPF.
    pub const OSPF: u8 = 89;
    /// VRRP.
    pub const VRRP: u8 = 112;
    /// Mobility header.
    pub const MOBILITY: u8 = 135;
    /// Host identity protocol.
    pub const HOST_IDENTITY: u8 = 139;
    /// Shim6.
    pub const SHIM6: u8 = 140;
    /// MPLS in IP.
    pub const MPLS: u8 = 137;
}

/// A part of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// Octets of the datagram's payload before this part.
    pub offset: u32,
    /// Whether more parts follow.
    pub more: bool,
    /// What the parts of one datagram have in common.
    pub identification: u32,
}

/// What an IP header says, of either version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpHeader {
    /// Source.
    pub source: IpAddr,
    /// Destination.
    pub destination: IpAddr,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Differentiated services (6 bits) and congestion (2 bits).
    pub traffic_class: u8,
    /// What the payload is; behind the extension headers for IPv6.
    pub protocol: u8,
    /// Whether it is a part of a datagram, and which.
    pub fragment: Option<Fragment>,
    /// Octets of the datagram, header included, as the header says.
    pub length: u32,
}

impl IpHeader {
    /// Whether the beginning of the datagram's payload, and so the ports, are elsewhere.
    pub fn is_later_fragment(&self) -> bool {
        self.fragment.is_some_and(|fragment| fragment.offset > 0)
    }
}

/// An IPv4 header as it stands in the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv4<'a>(pub(super) &'a [u8]);

impl<'a> Ipv4<'a> {
    const SHORTEST: usize = 20;

    /// `None` where it is cut short; `Err` where it says less than 20 octets, or another version.
    pub(super) fn read(octets: &'a [u8]) -> Option<Result<Self, ()>> {
        let first = u8_at(octets, 0)?;
        let length = usize::from(first & 0x0f) * 4;
        if first >> 4 != 4 || length < Self::SHORTEST {
            return Some(Err(()));
        }
        octets.get(..length).map(|header| Ok(Self(header)))
    }

    /// Source.
    pub fn source(self) -> Ipv4Addr {
        ipv4_at(self.0, 12)
    }

    /// Destination.
    pub fn destination(self) -> Ipv4Addr {
        ipv4_at(self.0, 16)
    }

    /// Octets of the header and its payload.
    pub fn total_length(self) -> u16 {
        u16_at(self.0, 2).unwrap_or(0)
    }

    /// Identification.
    pub fn identification(self) -> u16 {
        u16_at(self.0, 4).unwrap_or(0)
    }

    /// Whether it must not be fragmented.
    pub fn dont_fragment(self) -> bool {
        self.0.get(6).is_some_and(|flags| flags & 0x40 != 0)
    }

    /// Header checksum as it stands there.
    pub fn checksum(self) -> u16 {
        u16_at(self.0, 10).unwrap_or(0)
    }

    /// The options: all behind the first 20 octets.
    pub fn options(self) -> &'a [u8] {
        self.0.get(Self::SHORTEST..).unwrap_or_default()
    }

    /// Octets of the header.
    pub fn header_length(self) -> usize {
        self.0.len()
    }

    /// The whole header.
    pub fn octets(self) -> &'a [u8] {
        self.0
    }

    /// What it says.
    pub fn header(self) -> IpHeader {
        let position = u16_at(self.0, 6).unwrap_or(0);
        let (offset, more) = (u32::from(position & 0x1fff) * 8, position & 0x2000 != 0);
        IpHeader {
            source: IpAddr::V4(self.source()),
            destination: IpAddr::V4(self.destination()),
            ttl: u8_at(self.0, 8).unwrap_or(0),
            traffic_class: u8_at(self.0, 1).unwrap_or(0),
            protocol: u8_at(self.0, 9).unwrap_or(0),
            fragment: (offset > 0 || more).then(|| Fragment {
                offset,
                more,
                identification: u32::from(self.identification()),
            }),
            length: u32::from(self.total_length()),
        }
    }
}

/// A fixed IPv6 header as it stands in the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv6<'a>(pub(super) &'a [u8]);

/// What stands behind an IPv6 header and its extension headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BehindExtensions {
    pub protocol: u8,
    pub fragment: Option<Fragment>,
    /// Octets of the extension headers.
    pub length: usize,
}

impl<'a> Ipv6<'a> {
    pub(super) const LENGTH: usize = 40;

    /// `None` where it is cut short; `Err` where it says another version.
    pub(super) fn read(octets: &'a [u8]) -> Option<Result<Self, ()>> {
        let first = u8_at(octets, 0)?;
        if first >> 4 != 6 {
            return Some(Err(()));
        }
        octets.get(..Self::LENGTH).map(|header| Ok(Self(header)))
    }

    /// Source.
    pub fn source(self) -> Ipv6Addr {
        ipv6_at(self.0, 8)
    }

    /// Destination.
    pub fn destination(self) -> Ipv6Addr {
        ipv6_at(self.0, 24)
    }

    /// Octets behind this header, extension headers included; 0 where an option says it.
    pub fn payload_length(self) -> u16 {
        u16_at(self.0, 4).unwrap_or(0)
    }

    /// Flow label, 20 bits.
    pub fn flow_label(self) -> u32 {
        u32_at(self.0, 0).unwrap_or(0) & 0x000f_ffff
    }

    /// What follows this header.
    pub fn next_header(self) -> u8 {
        u8_at(self.0, 6).unwrap_or(0)
    }

    /// The whole header.
    pub fn octets(self) -> &'a [u8] {
        self.0
    }

    /// Walks the extension headers in `behind`. `None` where they are cut short.
    pub(super) fn extensions(self, behind: &[u8]) -> Option<BehindExtensions> {
        let mut found = BehindExtensions {
            protocol: self.next_header(),
            fragment: None,
            length: 0,
        };
        loop {
            let header = behind.get(found.length..)?;
            let length = match found.protocol {
                protocol::HOP_BY_HOP
                | protocol::ROUTING
                | protocol::DESTINATION_OPTIONS
                | protocol::MOBILITY
                | protocol::HOST_IDENTITY
                | protocol::SHIM6 => usize::from(u8_at(header, 1)?) * 8 + 8,
                protocol::AUTHENTICATION => usize::from(u8_at(header, 1)?) * 4 + 8,
                protocol::FRAGMENT => {
                    let [a, b] = array_at(header, 2)?;
                    let position = u16::from_be_bytes([a, b]);
                    // An atomic fragment (RFC 6946) is a whole datagram.
                    found.fragment = (position & 0xfff9 != 0).then_some(Fragment {
                        offset: u32::from(position & 0xfff8),
                        more: position & 1 != 0,
                        identification: u32_at(header, 4)?,
                    });
                    8
                }
                _ => return Some(found),
            };
            found.protocol = u8_at(header, 0)?;
            found.length += length;
            behind.get(..found.length)?;
            if found.fragment.is_some_and(|fragment| fragment.offset > 0) {
                return Some(found);
            }
        }
    }

    /// What it says, with what stands behind its extension headers.
    pub(super) fn header(self, behind: BehindExtensions) -> IpHeader {
        IpHeader {
            source: IpAddr::V6(self.source()),
            destination: IpAddr::V6(self.destination()),
            ttl: u8_at(self.0, 7).unwrap_or(0),
            traffic_class: (u16_at(self.0, 0).unwrap_or(0) >> 4) as u8,
            protocol: behind.protocol,
            fragment: behind.fragment,
            length: u32::from(self.payload_length()) + Self::LENGTH as u32,
        }
    }
}
