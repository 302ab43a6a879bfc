//! UDP and TCP headers.

use super::bytes::{u8_at, u16_at, u32_at};

/// A UDP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Udp {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Octets of header and payload, as the header says.
    pub length: u16,
    /// Checksum; 0 for none.
    pub checksum: u16,
}

impl Udp {
    pub(super) const LENGTH: usize = 8;

    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        Some(Self {
            source_port: u16_at(octets, 0)?,
            destination_port: u16_at(octets, 2)?,
            length: u16_at(octets, 4)?,
            checksum: u16_at(octets, 6)?,
        })
    }
}

/// A TCP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tcp {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Sequence number of the first octet of the payload (of SYN, where it is set).
    pub sequence: u32,
    /// Acknowledgement number.
    pub acknowledgement: u32,
    /// Octets of the header with its options.
    pub header_length: u8,
    /// Flags: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.
    pub flags: u8,
    /// Window, unscaled.
    pub window: u16,
    /// Checksum.
    pub checksum: u16,
}

impl Tcp {
    /// No more data from the sender.
    pub const FIN: u8 = 1;
    /// Sequence numbers begin.
    pub const SYN: u8 = 2;
    /// The connection is gone.
    pub const RST: u8 = 4;
    /// The acknowledgement number counts.
    pub const ACK: u8 = 16;

    /// `None` where the header is cut short or says it is shorter than a header can be.
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let header_length = (u8_at(octets, 12)? >> 4) * 4;
        u16_at(octets, 18)?;
        (header_length >= 20).then_some(Self {
            source_port: u16_at(octets, 0)?,
            destination_port: u16_at(octets, 2)?,
            sequence: u32_at(octets, 4)?,
            acknowledgement: u32_at(octets, 8)?,
            header_length,
            flags: u8_at(octets, 13)?,
            window: u16_at(octets, 14)?,
            checksum: u16_at(octets, 16)?,
        })
    }

    /// Whether one of these flags is set.
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}
