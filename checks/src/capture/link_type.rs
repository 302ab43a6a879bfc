//! Link types: what a captured frame begins with.

use std::fmt;

/// A link type by its number in the registry of capture file formats (`LINKTYPE_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: the address family in the byte order of the capturing machine.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// PPP, with or without address and control octets.
    pub const PPP: Self = Self(9);
    /// PPP in HDLC-like framing (RFC 1662), or Cisco HDLC.
    pub const PPP_HDLC: Self = Self(50);
    /// IPv4 or IPv6, told apart by the version.
    pub const RAW: Self = Self(101);
    /// Cisco HDLC.
    pub const CISCO_HDLC: Self = Self(104);
    /// OpenBSD loopback: the address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture v1 (`-i any`).
    pub const LINUX_COOKED: Self = Self(113);
    /// PPP preceded by one octet of direction.
    pub const PPP_WITH_DIRECTION: Self = Self(204);
    /// MPLS, a label stack first.
    pub const MPLS: Self = Self(219);
    /// IPv4 only.
    pub const IPV4: Self = Self(228);
    /// IPv6 only.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture v2.
    pub const LINUX_COOKED_V2: Self = Self(276);

    /// Whether packets of this link type can be decoded.
    pub const fn is_decoded(self) -> bool {
        matches!(
            self,
            Self::NULL
                | Self::ETHERNET
                | Self::PPP
                | Self::PPP_HDLC
                | Self::RAW
                | Self::CISCO_HDLC
                | Self::LOOP
                | Self::LINUX_COOKED
                | Self::PPP_WITH_DIRECTION
                | Self::MPLS
                | Self::IPV4
                | Self::IPV6
                | Self::LINUX_COOKED_V2
        ) || self.is_old_raw()
    }

    /// Raw IP under the numbers that BSD systems wrote before 101 was assigned.
    pub(crate) const fn is_old_raw(self) -> bool {
        matches!(self.0, 12 | 14)
    }
}

impl fmt::Display for LinkType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Self::NULL => "BSD loopback",
            Self::ETHERNET => "Ethernet",
            Self::PPP | Self::PPP_HDLC | Self::PPP_WITH_DIRECTION => "PPP",
            Self::RAW => "raw IP",
            Self::CISCO_HDLC => "Cisco HDLC",
            Self::LOOP => "OpenBSD loopback",
            Self::LINUX_COOKED => "Linux cooked v1",
            Self::MPLS => "MPLS",
            Self::IPV4 => "raw IPv4",
            Self::IPV6 => "raw IPv6",
            Self::LINUX_COOKED_V2 => "Linux cooked v2",
            _ if self.is_old_raw() => "raw IP",
            _ => return write!(formatter, "link type {}", self.0),
        };
        formatter.write_str(name)
    }
}
