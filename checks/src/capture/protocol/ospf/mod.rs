//! OSPF version 2 (RFC 2328) and 3 (RFC 5340): Hellos and the headers of link state advertisements.

mod hello;
mod lsa;

pub use hello::Hello;
pub use lsa::{LsaHeader, LsaKey};

use std::net::Ipv4Addr;

use super::cursor::Cursor;
use super::error::{DecodeError, Fault, Protocol};

/// A packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// 2 or 3.
    pub version: u8,
    /// The sender's router identifier.
    pub router: Ipv4Addr,
    /// Area.
    pub area: Ipv4Addr,
    /// Instance on the link (version 3; version 2 by RFC 6549).
    pub instance: u8,
    /// What it says.
    pub body: Body,
}

/// What a packet says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Hello.
    Hello(Hello),
    /// Database description.
    DatabaseDescription {
        /// I, M, MS.
        initial: bool,
        /// More follow.
        more: bool,
        /// The sender is master.
        master: bool,
        /// Sequence number.
        sequence: u32,
        /// Headers.
        headers: Vec<LsaHeader>,
    },
    /// Link state request.
    Request(Vec<LsaKey>),
    /// Link state update: the headers of its LSAs.
    Update(Vec<LsaHeader>),
    /// Link state acknowledgment.
    Acknowledgment(Vec<LsaHeader>),
}

impl Packet {
    /// Reads what IP protocol 89 carries.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let protocol = if payload.first() == Some(&3) {
            Protocol::Ospfv3
        } else {
            Protocol::Ospf
        };
        let mut cursor = Cursor::new(protocol, payload);
        let version = cursor.u8("version")?;
        if !matches!(version, 2 | 3) {
            return Err(cursor.value("version", 1, version));
        }
        let kind = cursor.u8("type")?;
        let length = usize::from(cursor.u16("packet length")?);
        let router = cursor.ipv4("router ID")?;
        let area = cursor.ipv4("area ID")?;
        cursor.u16("checksum")?;
        let instance;
        if version == 2 {
            // RFC 6549: the instance is the high byte of what was the authentication type.
            instance = cursor.u8("instance ID")?;
            cursor.u8("authentication type")?;
            cursor.take(8, "authentication")?;
        } else {
            instance = cursor.u8("instance ID")?;
            cursor.u8("reserved")?;
        }
        // The length counts the header; a cryptographic digest or an LLS block stands behind it.
        let Some(rest) = length.checked_sub(cursor.offset()) else {
            return Err(cursor.length("packet length", cursor.offset() - 2, length));
        };
        let mut body = cursor.part(rest, "packet")?;
        let body = match kind {
            1 => Body::Hello(Hello::decode(version, &mut body)?),
            2 => database_description(version, body)?,
            3 => Body::Request(lsa::keys(version, body)?),
            4 => Body::Update(lsa::updates(version, body)?),
            5 => Body::Acknowledgment(lsa::headers(version, body)?),
            _ => {
                return Err(DecodeError {
                    protocol,
                    field: "type",
                    offset: 1,
                    fault: Fault::Value { value: u64::from(kind) },
                });
            }
        };
        Ok(Self {
            version,
            router,
            area,
            instance,
            body,
        })
    }
}

fn database_description(version: u8, mut body: Cursor<'_>) -> Result<Body, DecodeError> {
    let flags = if version == 2 {
        body.u16("interface MTU")?;
        body.u8("options")?;
        body.u8("flags")?
    } else {
        body.u32("options")?;
        body.u16("interface MTU")?;
        body.u8("reserved")?;
        body.u8("flags")?
    };
    Ok(Body::DatabaseDescription {
        initial: flags & 4 != 0,
        more: flags & 2 != 0,
        master: flags & 1 != 0,
        sequence: body.u32("DD sequence number")?,
        headers: lsa::headers(version, body)?,
    })
}
