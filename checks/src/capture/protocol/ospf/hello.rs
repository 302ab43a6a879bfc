//! OSPF Hello (RFC 2328 §A.3.2, RFC 5340 §A.3.2).

use std::net::Ipv4Addr;

use super::super::cursor::Cursor;
use super::super::error::DecodeError;

/// A Hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// Mask of the sender's network (version 2); 0 on links without one. 0 in version 3.
    pub network_mask: u32,
    /// The sender's number of the interface (version 3); 0 in version 2.
    pub interface: u32,
    /// Hello interval in seconds.
    pub hello_interval: u16,
    /// Dead interval in seconds.
    pub dead_interval: u32,
    /// Router priority.
    pub priority: u8,
    /// Designated router: an address in version 2, a router identifier in version 3.
    pub designated_router: Ipv4Addr,
    /// Backup designated router, likewise.
    pub backup_designated_router: Ipv4Addr,
    /// Router identifiers of the neighbours the sender hears.
    pub neighbors: Vec<Ipv4Addr>,
}

impl Hello {
    pub(super) fn decode(version: u8, body: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut hello = Self {
            network_mask: 0,
            interface: 0,
            hello_interval: 0,
            dead_interval: 0,
            priority: 0,
            designated_router: Ipv4Addr::UNSPECIFIED,
            backup_designated_router: Ipv4Addr::UNSPECIFIED,
            neighbors: Vec::new(),
        };
        if version == 2 {
            hello.network_mask = body.u32("network mask")?;
            hello.hello_interval = body.u16("hello interval")?;
            body.u8("options")?;
            hello.priority = body.u8("router priority")?;
            hello.dead_interval = body.u32("dead interval")?;
        } else {
            hello.interface = body.u32("interface ID")?;
            hello.priority = body.u8("router priority")?;
            body.take(3, "options")?;
            hello.hello_interval = body.u16("hello interval")?;
            hello.dead_interval = u32::from(body.u16("dead interval")?);
        }
        hello.designated_router = body.ipv4("designated router")?;
        hello.backup_designated_router = body.ipv4("backup designated router")?;
        while !body.is_empty() {
            hello.neighbors.push(body.ipv4("neighbor")?);
        }
        Ok(hello)
    }
}
