//! NOTIFICATION: why a session ends (RFC 4271 §4.5, RFC 4486, RFC 9384).

use std::fmt;

use super::super::cursor::Cursor;
use super::super::error::DecodeError;

/// A NOTIFICATION message; the session closes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notification<'a> {
    /// Error code.
    pub code: u8,
    /// Error subcode.
    pub subcode: u8,
    /// Diagnostic data.
    pub data: &'a [u8],
}

impl<'a> Notification<'a> {
    pub(super) fn decode(body: &mut Cursor<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            code: body.u8("error code")?,
            subcode: body.u8("error subcode")?,
            data: body.rest(),
        })
    }

    /// Whether the sender closes because its BFD session went down (RFC 9384).
    pub fn is_bfd_down(&self) -> bool {
        (self.code, self.subcode) == (6, 10)
    }

    /// Whether the sender closes because an operator told it to.
    pub fn is_administrative(&self) -> bool {
        matches!((self.code, self.subcode), (6, 2..=4))
    }
}

impl fmt::Display for Notification<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match (self.code, self.subcode) {
            (1, _) => "message header error",
            (2, 2) => "OPEN message error: bad peer AS",
            (2, 3) => "OPEN message error: bad BGP identifier",
            (2, 6) => "OPEN message error: unacceptable hold time",
            (2, 7) => "OPEN message error: unsupported capability",
            (2, _) => "OPEN message error",
            (3, _) => "UPDATE message error",
            (4, _) => "hold timer expired",
            (5, _) => "finite state machine error",
            (6, 1) => "Cease: maximum number of prefixes reached",
            (6, 2) => "Cease: administrative shutdown",
            (6, 3) => "Cease: peer de-configured",
            (6, 4) => "Cease: administrative reset",
            (6, 5) => "Cease: connection rejected",
            (6, 6) => "Cease: other configuration change",
            (6, 7) => "Cease: connection collision resolution",
            (6, 8) => "Cease: out of resources",
            (6, 9) => "Cease: hard reset",
            (6, 10) => "Cease: BFD down",
            (6, _) => "Cease",
            (7, _) => "ROUTE-REFRESH message error",
            (8, _) => "send hold timer expired",
            _ => "unassigned error",
        };
        write!(f, "{words} ({}/{})", self.code, self.subcode)
    }
}
