//! MPLS labels (RFC 3032).

use super::bytes::u32_at;

/// Labels with a meaning of their own.
pub mod reserved {
    /// IPv4 explicit null (RFC 3032).
    pub const IPV4_EXPLICIT_NULL: u32 = 0;
    /// Router alert (RFC 3032).
    pub const ROUTER_ALERT: u32 = 1;
    /// IPv6 explicit null (RFC 3032).
    pub const IPV6_EXPLICIT_NULL: u32 = 2;
    /// Implicit null: signalled, never on the wire.
    pub const IMPLICIT_NULL: u32 = 3;
    /// Entropy label indicator: the next label is an entropy label (RFC 6790).
    pub const ENTROPY_LABEL_INDICATOR: u32 = 7;
    /// Generic associated channel (RFC 5586).
    pub const GENERIC_ASSOCIATED_CHANNEL: u32 = 13;
    /// OAM alert (RFC 3429).
    pub const OAM_ALERT: u32 = 14;
    /// Extension: the next label is an extended special-purpose label (RFC 7274).
    pub const EXTENSION: u32 = 15;
}

/// An entry of a label stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label {
    /// 0 to 1048575.
    pub label: u32,
    /// Traffic class, 0 to 7 (RFC 5462).
    pub traffic_class: u8,
    /// Whether it is the last of its stack.
    pub bottom: bool,
    /// Time to live.
    pub ttl: u8,
}

impl Label {
    pub(super) const LENGTH: usize = 4;

    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let entry = u32_at(octets, 0)?;
        Some(Self {
            label: entry >> 12,
            traffic_class: (entry >> 9 & 7) as u8,
            bottom: entry & 0x100 != 0,
            ttl: entry as u8,
        })
    }

    /// Whether its number has a meaning of its own (0 to 15).
    pub const fn is_reserved(self) -> bool {
        self.label < 16
    }
}
