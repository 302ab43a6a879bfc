//! Address families.

use std::fmt;

/// An address family and subsequent address family (RFC 4760).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Family {
    /// Address family identifier.
    pub afi: u16,
    /// Subsequent address family identifier.
    pub safi: u8,
}

impl Family {
    /// IPv4 unicast.
    pub const IPV4_UNICAST: Self = Self { afi: 1, safi: 1 };
    /// IPv4 with labels (RFC 8277).
    pub const IPV4_LABELED: Self = Self { afi: 1, safi: 4 };
    /// IPv4 of VPNs (RFC 4364).
    pub const VPNV4: Self = Self { afi: 1, safi: 128 };
    /// IPv6 unicast.
    pub const IPV6_UNICAST: Self = Self { afi: 2, safi: 1 };
    /// IPv6 with labels (RFC 4798).
    pub const IPV6_LABELED: Self = Self { afi: 2, safi: 4 };
    /// IPv6 of VPNs (RFC 4659).
    pub const VPNV6: Self = Self { afi: 2, safi: 128 };
    /// VPLS (RFC 4761) and its relatives (RFC 6074, RFC 6624).
    pub const VPLS: Self = Self { afi: 25, safi: 65 };
    /// EVPN (RFC 7432).
    pub const EVPN: Self = Self { afi: 25, safi: 70 };
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IPV4_UNICAST => f.write_str("IPv4 unicast"),
            Self::IPV4_LABELED => f.write_str("IPv4 labeled unicast"),
            Self::VPNV4 => f.write_str("VPNv4"),
            Self::IPV6_UNICAST => f.write_str("IPv6 unicast"),
            Self::IPV6_LABELED => f.write_str("IPv6 labeled unicast"),
            Self::VPNV6 => f.write_str("VPNv6"),
            Self::VPLS => f.write_str("VPLS"),
            Self::EVPN => f.write_str("EVPN"),
            Self { afi, safi } => write!(f, "family {afi}/{safi}"),
        }
    }
}
