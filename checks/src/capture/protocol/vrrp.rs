//! VRRP advertisements, versions 2 (RFC 3768) and 3 (RFC 9568).

use std::net::IpAddr;

use super::cursor::Cursor;
use super::error::{DecodeError, Protocol};

/// Priority of a master that leaves.
pub const LEAVING: u8 = 0;

/// An advertisement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advertisement {
    /// 2 or 3.
    pub version: u8,
    /// Virtual router identifier.
    pub id: u8,
    /// The sender's priority; 255 owns the addresses, 0 leaves.
    pub priority: u8,
    /// Advertisement interval in milliseconds.
    pub interval_ms: u32,
    /// Virtual addresses.
    pub addresses: Vec<IpAddr>,
}

impl Advertisement {
    /// Reads what IP protocol 112 carries; `ipv6` says which IP.
    pub fn decode(payload: &[u8], ipv6: bool) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(Protocol::Vrrp, payload);
        let first = cursor.u8("version and type")?;
        let version = first >> 4;
        if !matches!(version, 2 | 3) || (version == 2 && ipv6) {
            return Err(cursor.value("version", 1, version));
        }
        if first & 0x0f != 1 {
            return Err(cursor.value("type", 1, first & 0x0f));
        }
        let id = cursor.u8("virtual router ID")?;
        let priority = cursor.u8("priority")?;
        let count = cursor.u8("address count")?;
        // Version 2: authentication type, seconds. Version 3: four reserved bits, centiseconds.
        let interval = cursor.u16("advertisement interval")?;
        let interval_ms = if version == 2 {
            u32::from(interval & 0xff) * 1_000
        } else {
            u32::from(interval & 0x0fff) * 10
        };
        cursor.u16("checksum")?;
        let mut addresses = Vec::new();
        for _ in 0..count {
            addresses.push(if ipv6 {
                IpAddr::V6(cursor.ipv6("virtual address")?)
            } else {
                IpAddr::V4(cursor.ipv4("virtual address")?)
            });
        }
        Ok(Self {
            version,
            id,
            priority,
            interval_ms,
            addresses,
        })
    }
}
