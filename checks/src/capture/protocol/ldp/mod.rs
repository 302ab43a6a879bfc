//! LDP (RFC 5036): protocol data units with messages of FECs and labels; pseudowires (RFC 8077).

mod fec;
mod message;

pub use fec::{Fec, FlowLabel, Pseudowire, PseudowireId};
pub(in crate::capture) use message::Status;
pub use message::{Body, Message};

use std::net::Ipv4Addr;

use super::cursor::Cursor;
use super::error::{DecodeError, Protocol};
use super::framing::{Frame, Framing};

/// The port of Hellos over UDP and of sessions over TCP.
pub const PORT: u16 = 646;
/// Version and length, which the length does not count.
const BEFORE_LENGTH: usize = 4;
/// LDP identifier and the header of one message.
const LEAST_LENGTH: usize = 14;

/// A protocol data unit: whole messages of one label space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdu {
    /// The sender's router identifier.
    pub router: Ipv4Addr,
    /// Its label space; 0 for the whole platform.
    pub label_space: u16,
    /// Messages that were read.
    pub messages: Vec<Message>,
    /// What could not be read; the other messages are not hidden by it.
    pub faults: Vec<DecodeError>,
}

impl Pdu {
    /// Reads a PDU from a UDP payload or as framed in TCP; bytes behind its length are not looked at.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(Protocol::Ldp, bytes);
        let version = cursor.u16("version")?;
        if version != 1 {
            return Err(cursor.value("version", 2, version));
        }
        let length = usize::from(cursor.u16("PDU length")?);
        let mut body = cursor.part(length, "PDU")?;
        let mut pdu = Self {
            router: body.ipv4("LDP identifier")?,
            label_space: body.u16("label space")?,
            messages: Vec::new(),
            faults: Vec::new(),
        };
        while !body.is_empty() {
            let kind = body.u16("message type")?;
            let length = usize::from(body.u16("message length")?);
            let message = body.part(length, "message")?;
            match Message::decode(kind, message) {
                Ok(message) => pdu.messages.push(message),
                Err(fault) => pdu.faults.push(fault),
            }
        }
        Ok(pdu)
    }
}

/// Finds LDP PDUs in a TCP stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct LdpFraming;

impl Framing for LdpFraming {
    const LONGEST: usize = BEFORE_LENGTH + u16::MAX as usize;

    fn frame(&self, bytes: &[u8]) -> Frame {
        let version = bytes.len().min(2);
        if bytes[..version] != [0, 1][..version] {
            return Frame::Lost;
        }
        let Some(&[high, low]) = bytes.get(2..4) else {
            return Frame::Incomplete;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < LEAST_LENGTH {
            return Frame::Lost;
        }
        Frame::Message(BEFORE_LENGTH + length)
    }

    /// A version and a length prove little: the first message must be of a known type and fit too.
    fn resynchronise(&self, bytes: &[u8]) -> usize {
        (0..bytes.len())
            .find(|&start| {
                let candidate = &bytes[start..];
                match self.frame(candidate) {
                    Frame::Incomplete => true,
                    Frame::Lost => false,
                    Frame::Message(whole) => {
                        let Some(&[kind_high, kind_low, high, low]) = candidate.get(10..14) else {
                            return true;
                        };
                        let kind = u16::from_be_bytes([kind_high, kind_low]) & 0x7fff;
                        let length = usize::from(u16::from_be_bytes([high, low]));
                        message::is_known(kind) && length >= 4 && 14 + length <= whole
                    }
                }
            })
            .unwrap_or(bytes.len())
    }
}
