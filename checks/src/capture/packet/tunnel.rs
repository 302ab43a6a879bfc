//! GRE and VXLAN headers.

use super::bytes::{u8_at, u16_at, u32_at};
use super::ethernet::EtherType;

/// A GRE header (RFC 2784, RFC 2890).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gre {
    /// What it carries.
    pub protocol: EtherType,
    /// Key, where there is one.
    pub key: Option<u32>,
    /// Sequence number, where there is one.
    pub sequence: Option<u32>,
}

impl Gre {
    /// The header and its length. `None` where it is cut short; `Err` with the version where it is not version 0 or
    /// has source routing.
    pub(super) fn read(octets: &[u8]) -> Option<Result<(Self, usize), u8>> {
        let flags = u16_at(octets, 0)?;
        let protocol = EtherType(u16_at(octets, 2)?);
        let version = (flags & 7) as u8;
        if version != 0 || flags & 0x4000 != 0 {
            return Some(Err(version));
        }
        let mut at = 4;
        if flags & 0x8000 != 0 {
            at += 4;
        }
        let mut optional = |present: bool| -> Option<Option<u32>> {
            if !present {
                return Some(None);
            }
            let value = u32_at(octets, at)?;
            at += 4;
            Some(Some(value))
        };
        let key = optional(flags & 0x2000 != 0)?;
        let sequence = optional(flags & 0x1000 != 0)?;
        octets.get(..at)?;
        Some(Ok((
            Self {
                protocol,
                key,
                sequence,
            },
            at,
        )))
    }
}

/// A VXLAN header (RFC 7348).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vxlan {
    /// VXLAN network identifier, 24 bits.
    pub vni: u32,
}

impl Vxlan {
    pub(super) const LENGTH: usize = 8;
    pub(super) const PORT: u16 = 4789;

    /// `None` where it is cut short or does not say that there is an identifier.
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let flags = u8_at(octets, 0)?;
        let vni = u32_at(octets, 4)? >> 8;
        (flags & 0x08 != 0).then_some(Self { vni })
    }
}
