//! LSP ping (RFC 8029), as far as to recognise it.

use super::cursor::Cursor;
use super::error::{DecodeError, Protocol};

/// UDP port of echo requests.
pub const PORT: u16 = 3503;

/// The fixed part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LspPing {
    /// Message type: 1 MPLS echo request, 2 echo reply.
    pub kind: u8,
    /// Return code of a reply.
    pub return_code: u8,
    /// Sender's handle.
    pub handle: u32,
    /// Sequence number.
    pub sequence: u32,
}

impl LspPing {
    /// Reads the fixed part of a UDP payload.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(Protocol::LspPing, payload);
        let version = cursor.u16("version")?;
        if version != 1 {
            return Err(cursor.value("version", 2, version));
        }
        cursor.u16("global flags")?;
        let kind = cursor.u8("message type")?;
        cursor.u8("reply mode")?;
        let return_code = cursor.u8("return code")?;
        cursor.u8("return subcode")?;
        Ok(Self {
            kind,
            return_code,
            handle: cursor.u32("sender's handle")?,
            sequence: cursor.u32("sequence number")?,
        })
    }
}
