//! Headers of link state advertisements (RFC 2328 §A.4.1, RFC 5340 §A.4.2).

use std::net::Ipv4Addr;

use super::super::cursor::Cursor;
use super::super::error::DecodeError;

/// The age at which an LSA is flushed, in seconds (MaxAge).
const MAX_AGE: u16 = 3600;
/// Marks an LSA that does not age (RFC 4136).
const DO_NOT_AGE: u16 = 0x8000;
const HEADER_BYTES: usize = 20;

/// What tells an LSA from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LsaKey {
    /// LS type; in version 3 with its flooding scope.
    pub kind: u16,
    /// Link state identifier.
    pub id: Ipv4Addr,
    /// Advertising router.
    pub router: Ipv4Addr,
}

impl LsaKey {
    /// Whether it is flooded through all areas alike: AS-external and opaque ones of that scope (RFC 2328 §A.4.1,
    /// RFC 5250 §3), in version 3 by the scope bits (RFC 5340 §A.4.2.1).
    pub fn is_of_all_areas(&self, version: u8) -> bool {
        if version == 2 {
            matches!(self.kind, 5 | 11)
        } else {
            self.kind & 0x6000 == 0x4000
        }
    }
}

/// A header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LsaHeader {
    /// Which LSA.
    pub key: LsaKey,
    /// Age in seconds, without the mark that it does not age.
    pub age: u16,
    /// Sequence number; they begin at the most negative one.
    pub sequence: i32,
    /// Checksum.
    pub checksum: u16,
    /// Bytes of the LSA, header included.
    pub length: u16,
}

impl LsaHeader {
    fn decode(version: u8, cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let age = cursor.u16("LS age")? & !DO_NOT_AGE;
        let kind = if version == 2 {
            cursor.u8("options")?;
            u16::from(cursor.u8("LS type")?)
        } else {
            cursor.u16("LS type")?
        };
        Ok(Self {
            key: LsaKey {
                kind,
                id: cursor.ipv4("link state ID")?,
                router: cursor.ipv4("advertising router")?,
            },
            age,
            sequence: cursor.u32("LS sequence number")?.cast_signed(),
            checksum: cursor.u16("LS checksum")?,
            length: cursor.u16("LSA length")?,
        })
    }

    /// Whether the LSA is flushed.
    pub fn is_flushed(&self) -> bool {
        self.age >= MAX_AGE
    }

    /// Whether this instance is more recent than `other` (RFC 2328 §13.1).
    pub fn is_newer_than(&self, other: &Self) -> bool {
        (self.sequence, self.checksum) > (other.sequence, other.checksum)
            || (self.sequence == other.sequence
                && self.checksum == other.checksum
                && self.is_flushed()
                && !other.is_flushed())
    }
}

pub(super) fn headers(version: u8, mut body: Cursor<'_>) -> Result<Vec<LsaHeader>, DecodeError> {
    let mut headers = Vec::new();
    while !body.is_empty() {
        headers.push(LsaHeader::decode(version, &mut body)?);
    }
    Ok(headers)
}

pub(super) fn updates(version: u8, mut body: Cursor<'_>) -> Result<Vec<LsaHeader>, DecodeError> {
    let count = body.u32("number of LSAs")?;
    let mut headers = Vec::new();
    for _ in 0..count {
        let header = LsaHeader::decode(version, &mut body)?;
        let Some(rest) = usize::from(header.length).checked_sub(HEADER_BYTES) else {
            return Err(body.length("LSA length", 2, usize::from(header.length)));
        };
        body.take(rest, "LSA")?;
        headers.push(header);
    }
    Ok(headers)
}

pub(super) fn keys(version: u8, mut body: Cursor<'_>) -> Result<Vec<LsaKey>, DecodeError> {
    let mut keys = Vec::new();
    while !body.is_empty() {
        let kind = if version == 2 {
            let kind = body.u32("LS type")?;
            u16::try_from(kind).map_err(|_| body.value("LS type", 4, kind))?
        } else {
            body.u16("reserved")?;
            body.u16("LS type")?
        };
        keys.push(LsaKey {
            kind,
            id: body.ipv4("link state ID")?,
            router: body.ipv4("advertising router")?,
        });
    }
    Ok(keys)
}
