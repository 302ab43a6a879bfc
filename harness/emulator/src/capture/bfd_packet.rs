//! BFD control packets (RFC 5880 §4.1) as single-hop sessions send them (RFC 5881 §4, §5).

use std::net::Ipv4Addr;

use super::ipv4::Ipv4;

/// UDP port of single-hop sessions.
pub const SINGLE_HOP_PORT: u16 = 3784;
/// The first port that packets may come from.
const FIRST_SOURCE_PORT: u16 = 49_152;

/// A control packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BfdPacket {
    /// State: 0 AdminDown, 1 Down, 2 Init, 3 Up.
    pub state: u8,
    /// Why the session last went down.
    pub diagnostic: u8,
    /// The Poll bit.
    pub poll: bool,
    /// The Final bit.
    pub last: bool,
    /// Detection multiplier.
    pub multiplier: u8,
    /// The sender's discriminator.
    pub own_discriminator: u32,
    /// The receiver's, or 0 while it is not known.
    pub peer_discriminator: u32,
    /// Desired shortest interval between packets sent, in microseconds.
    pub desired_tx: u32,
    /// Required shortest interval between packets received, in microseconds.
    pub required_rx: u32,
}

impl BfdPacket {
    /// The 24 bytes behind the UDP header.
    pub fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        let flags = self.state << 6 | u8::from(self.poll) << 5 | u8::from(self.last) << 4;
        let head = [1 << 5 | self.diagnostic & 0x1f, flags, self.multiplier, 24];
        let words = [
            u32::from_be_bytes(head),
            self.own_discriminator,
            self.peer_discriminator,
            self.desired_tx,
            self.required_rx,
            0,
        ];
        for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    /// The IP packet: TTL 255, from a port that stays the same throughout the session.
    pub fn packet(self, source: Ipv4Addr, destination: Ipv4Addr, identification: u16) -> Vec<u8> {
        let ip = Ipv4 {
            source,
            destination,
            ttl: 255,
            identification,
            control: true,
        };
        let port = FIRST_SOURCE_PORT + (self.own_discriminator % 16_384) as u16;
        ip.udp(port, SINGLE_HOP_PORT, &self.to_bytes())
    }
}
