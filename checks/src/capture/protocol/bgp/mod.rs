//! BGP-4 messages (RFC 4271 §4), one at a time, as reassembled from TCP.

mod attribute;
mod extended_community;
mod family;
mod nlri;
mod notification;
mod open;
mod route_distinguisher;
mod update;

pub use attribute::{AsPath, AsPathSegment, Attributes, Origin};
pub use extended_community::{ExtendedCommunity, Layer2Info};
pub use family::Family;
pub use nlri::{Destination, PathIdentifiers, Route};
pub use notification::Notification;
pub use open::{AddPathFamily, Capability, Open};
pub use route_distinguisher::RouteDistinguisher;
pub use update::{MultiprotocolReach, MultiprotocolUnreach, NextHop, Routes, Update};

use super::cursor::Cursor;
use super::error::{DecodeError, Protocol};
use super::framing::{Frame, Framing};

/// The port BGP speakers listen on.
pub const PORT: u16 = 179;
/// Marker, length and type.
pub const HEADER_BYTES: usize = 19;
/// The longest message with the extended message capability (RFC 8654); without it 4,096.
const LONGEST_BYTES: usize = 65_535;
const MARKER: [u8; 16] = [0xff; 16];

/// What both ends agreed on in their OPEN messages, as far as the layout of later messages depends on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Negotiated {
    /// Whether AS numbers in `AS_PATH` take four octets (RFC 6793); `None` where the OPEN messages were not seen.
    pub four_octet_as: Option<bool>,
    /// The families whose routes carry path identifiers in this direction (RFC 7911); `None` where the OPEN messages
    /// were not seen.
    pub add_path: Option<Vec<Family>>,
}

impl Negotiated {
    /// What holds for the messages from `sender` to `receiver` after both OPEN messages.
    pub fn between(sender: &Open, receiver: &Open) -> Self {
        Self {
            four_octet_as: Some(sender.four_octet_as().is_some() && receiver.four_octet_as().is_some()),
            add_path: Some(
                sender
                    .add_path()
                    .filter(|offer| offer.sends)
                    .filter(|offer| {
                        receiver
                            .add_path()
                            .any(|other| other.family == offer.family && other.receives)
                    })
                    .map(|offer| offer.family)
                    .collect(),
            ),
        }
    }

    /// Whether routes of this family carry path identifiers.
    pub fn path_identifiers(&self, family: Family) -> PathIdentifiers {
        match &self.add_path {
            None => PathIdentifiers::Unknown,
            Some(families) if families.contains(&family) => PathIdentifiers::Present,
            Some(_) => PathIdentifiers::Absent,
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// OPEN.
    Open(Open),
    /// UPDATE.
    Update(Box<Update>),
    /// NOTIFICATION.
    Notification(Notification<'a>),
    /// KEEPALIVE.
    Keepalive,
    /// ROUTE-REFRESH (RFC 2918); the subtype marks the beginning and end of a refresh (RFC 7313).
    RouteRefresh {
        /// The family to be sent again.
        family: Family,
        /// 0 request, 1 beginning, 2 end.
        subtype: u8,
    },
    /// A type that is not known.
    Unknown {
        /// The message type.
        kind: u8,
        /// Bytes of its body.
        length: usize,
    },
}

impl<'a> Message<'a> {
    /// Reads one whole message, header included.
    pub fn decode(message: &'a [u8], negotiated: &Negotiated) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(Protocol::Bgp, message);
        if cursor.take(MARKER.len(), "marker")? != MARKER {
            return Err(cursor.value("marker", MARKER.len(), 0u8));
        }
        let length = usize::from(cursor.u16("length")?);
        let kind = cursor.u8("type")?;
        let Some(body) = length.checked_sub(HEADER_BYTES) else {
            return Err(cursor.length("length", 3, length));
        };
        let mut body = cursor.part(body, "body")?;
        Ok(match kind {
            1 => Self::Open(Open::decode(&mut body)?),
            2 => Self::Update(Box::new(Update::decode(&mut body, negotiated)?)),
            3 => Self::Notification(Notification::decode(&mut body)?),
            4 if body.is_empty() => Self::Keepalive,
            4 => return Err(body.length("keepalive", 3, length)),
            5 => {
                let afi = body.u16("AFI")?;
                let subtype = body.u8("message subtype")?;
                let safi = body.u8("SAFI")?;
                Self::RouteRefresh {
                    family: Family { afi, safi },
                    subtype,
                }
            }
            _ => Self::Unknown {
                kind,
                length: body.remaining(),
            },
        })
    }
}

/// Finds BGP messages in a TCP stream by their marker.
#[derive(Debug, Clone, Copy, Default)]
pub struct BgpFraming;

impl Framing for BgpFraming {
    const LONGEST: usize = LONGEST_BYTES;

    fn frame(&self, bytes: &[u8]) -> Frame {
        let marker = bytes.len().min(MARKER.len());
        if bytes[..marker] != MARKER[..marker] {
            return Frame::Lost;
        }
        let Some(header) = bytes.get(..HEADER_BYTES) else {
            return Frame::Incomplete;
        };
        let length = usize::from(u16::from_be_bytes([header[16], header[17]]));
        // The least lengths of RFC 4271 §4 and RFC 2918 §3.
        let (least, most) = match header[18] {
            1 => (29, LONGEST_BYTES),
            2 => (23, LONGEST_BYTES),
            3 => (21, LONGEST_BYTES),
            4 => (HEADER_BYTES, HEADER_BYTES),
            5 => (23, LONGEST_BYTES),
            0 => return Frame::Lost,
            _ => (HEADER_BYTES, LONGEST_BYTES),
        };
        if length < least || length > most {
            return Frame::Lost;
        }
        Frame::Message(length)
    }

    fn resynchronise(&self, bytes: &[u8]) -> usize {
        (0..bytes.len())
            .find(|&start| {
                let candidate = &bytes[start..];
                // A type that is not known is no proof of a message's beginning.
                match self.frame(candidate) {
                    Frame::Message(_) => (1..=5).contains(&candidate[18]),
                    Frame::Incomplete => true,
                    Frame::Lost => false,
                }
            })
            .unwrap_or(bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keepalive() -> Vec<u8> {
        let mut bytes = vec![0xff; 16];
        bytes.extend([0, 19, 4]);
        bytes
    }

    #[test]
    fn a_message_is_found_again_after_lost_bytes() {
        let mut bytes = vec![1, 2, 0xff, 0xff, 3];
        bytes.extend(keepalive());
        assert_eq!(BgpFraming.frame(&bytes), Frame::Lost);
        assert_eq!(BgpFraming.resynchronise(&bytes), 5);
        assert_eq!(BgpFraming.frame(&bytes[5..]), Frame::Message(19));
        // A marker may be preceded by bytes that look like a part of it.
        let mut early = vec![0xff; 3];
        early.extend(keepalive());
        assert_eq!(BgpFraming.resynchronise(&early), 3);
        assert_eq!(BgpFraming.resynchronise(&[1, 2, 3]), 3);
        assert_eq!(BgpFraming.resynchronise(&[1, 0xff]), 1, "perhaps the beginning");
    }

    #[test]
    fn keepalive_refresh_and_unknown_types() {
        let negotiated = Negotiated::default();
        assert_eq!(Message::decode(&keepalive(), &negotiated).unwrap(), Message::Keepalive);
        let mut refresh = keepalive();
        refresh[17] = 23;
        refresh[18] = 5;
        refresh.extend([0, 1, 0, 128]);
        assert_eq!(
            Message::decode(&refresh, &negotiated).unwrap(),
            Message::RouteRefresh {
                family: Family::VPNV4,
                subtype: 0
            }
        );
        refresh[18] = 9;
        assert_eq!(
            Message::decode(&refresh, &negotiated).unwrap(),
            Message::Unknown { kind: 9, length: 4 }
        );
        refresh[3] = 0;
        assert_eq!(Message::decode(&refresh, &negotiated).unwrap_err().field, "marker");
    }
}
