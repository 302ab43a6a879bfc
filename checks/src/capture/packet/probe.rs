//! Sequence numbers and send times in payloads: our own probe, RTP, or at a declared place.

use super::bytes::{array_at, u8_at, u16_at, u32_at};
use crate::capture::Timestamp;

/// Our probe, in a UDP payload: `SEQ1`, flow (32 bits), sequence number (64 bits), send time in nanoseconds (64 bits),
/// all in network byte order. Whatever follows is padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// The sender's number of the flow.
    pub flow: u32,
    /// Sequence number within the flow.
    pub sequence: u64,
    /// When it was sent, by the sender's clock; nanoseconds since 1970, or since another instant the sender chose.
    pub sent: u64,
}

impl Probe {
    /// Octets it takes.
    pub const LENGTH: usize = 24;
    /// What it begins with.
    pub const MAGIC: [u8; 4] = *b"SEQ1";

    /// Reads a probe; `None` where the payload is none.
    #[inline]
    pub fn read(payload: &[u8]) -> Option<Self> {
        let probe = payload.first_chunk::<{ Self::LENGTH }>()?;
        let (magic, rest) = probe.split_first_chunk::<4>()?;
        let (flow, rest) = rest.split_first_chunk::<4>()?;
        let (sequence, sent) = rest.split_first_chunk::<8>()?;
        (*magic == Self::MAGIC).then_some(Self {
            flow: u32::from_be_bytes(*flow),
            sequence: u64::from_be_bytes(*sequence),
            sent: u64::from_be_bytes(*sent.first_chunk()?),
        })
    }

    /// The send time as an instant, where it can be one.
    pub fn sent_at(&self) -> Option<Timestamp> {
        i64::try_from(self.sent).ok().map(Timestamp::from_nanoseconds)
    }
}

/// The fixed header of RTP (RFC 3550, 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rtp {
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// Marker bit.
    pub marker: bool,
    /// Sequence number.
    pub sequence: u16,
    /// Media time.
    pub timestamp: u32,
    /// Synchronisation source.
    pub source: u32,
}

impl Rtp {
    /// Reads an RTP header; `None` where it cannot be one: another version, a type that RTCP uses, or too short.
    ///
    /// Nothing marks RTP as such: a caller says which flows are RTP.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let [first, second] = array_at(payload, 0)?;
        let contributors = usize::from(first & 0x0f);
        let payload_type = second & 0x7f;
        if first >> 6 != 2 || (72..=76).contains(&payload_type) {
            return None;
        }
        payload.get(..12 + contributors * 4)?;
        Some(Self {
            payload_type,
            marker: second & 0x80 != 0,
            sequence: u16_at(payload, 2)?,
            timestamp: u32_at(payload, 4)?,
            source: u32_at(payload, 8)?,
        })
    }
}

/// A sequence number at a declared place of the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredSequence {
    /// Octets before it.
    pub offset: usize,
    /// Octets it has, 1 to 8.
    pub width: u8,
    /// Whether its least significant octet comes first.
    pub little_endian: bool,
}

impl DeclaredSequence {
    /// Reads the number; `None` where the payload is too short or the width impossible.
    pub fn read(&self, payload: &[u8]) -> Option<u64> {
        let width = usize::from(self.width);
        if width == 0 || width > 8 {
            return None;
        }
        let end = self.offset.checked_add(width)?;
        let field = payload.get(self.offset..end)?;
        let fold = |value: u64, octet: &u8| value << 8 | u64::from(*octet);
        Some(if self.little_endian {
            field.iter().rev().fold(0, fold)
        } else {
            field.iter().fold(0, fold)
        })
    }

    /// The largest number it can hold, after which it begins again at 0.
    pub fn largest(&self) -> u64 {
        match self.width {
            0 => 0,
            1..=7 => (1 << (u32::from(self.width) * 8)) - 1,
            _ => u64::MAX,
        }
    }
}

/// Whether a payload begins like a probe that was cut short when captured.
pub fn is_cut_probe(payload: &[u8]) -> bool {
    payload.len() < Probe::LENGTH && u8_at(payload, 3).is_some() && payload.starts_with(&Probe::MAGIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe() -> Vec<u8> {
        let mut payload = b"SEQ1".to_vec();
        payload.extend(7u32.to_be_bytes());
        payload.extend(9_876_543_210u64.to_be_bytes());
        payload.extend(1_795_222_206_018_408_001u64.to_be_bytes());
        payload
    }

    #[test]
    fn a_probe_is_read_whole_or_not_at_all() {
        let mut payload = probe();
        for end in 0..payload.len() {
            assert_eq!(Probe::read(&payload[..end]), None, "{end} octets");
            assert_eq!(is_cut_probe(&payload[..end]), end >= 4, "{end} octets");
        }
        payload.extend([0xff; 40]);
        let read = Probe::read(&payload).unwrap();
        assert_eq!((read.flow, read.sequence), (7, 9_876_543_210));
        assert_eq!(read.sent_at().unwrap().to_string(), "2026-11-21T00:50:06.018408001Z");
        payload[3] = b'2';
        assert_eq!(Probe::read(&payload), None);
    }

    #[test]
    fn rtp_needs_its_version_and_room_for_contributors() {
        let mut payload = vec![0x80, 0xe0, 0x12, 0x34, 0, 0, 0, 5, 0, 0, 0, 6];
        let read = Rtp::read(&payload).unwrap();
        assert_eq!((read.payload_type, read.marker, read.sequence), (96, true, 0x1234));
        assert_eq!((read.timestamp, read.source), (5, 6));
        payload[0] = 0x81;
        assert_eq!(Rtp::read(&payload), None);
        payload[0] = 0x40;
        assert_eq!(Rtp::read(&payload), None);
        payload[0] = 0x80;
        payload[1] = 72;
        assert_eq!(Rtp::read(&payload), None);
    }

    #[test]
    fn declared_places_of_every_width() {
        let payload = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        let at = |offset, width, little_endian| DeclaredSequence {
            offset,
            width,
            little_endian,
        };
        assert_eq!(at(1, 2, false).read(&payload), Some(0x0203));
        assert_eq!(at(1, 2, true).read(&payload), Some(0x0302));
        assert_eq!(at(1, 8, false).read(&payload), Some(0x0203_0405_0607_0809));
        assert_eq!(at(2, 8, false).read(&payload), None);
        assert_eq!(at(usize::MAX, 8, false).read(&payload), None);
        assert_eq!(at(0, 0, false).read(&payload), None);
        assert_eq!(at(0, 9, false).read(&payload), None);
        assert_eq!(at(0, 2, false).largest(), 0xffff);
        assert_eq!(at(0, 8, false).largest(), u64::MAX);
    }
}
