//! BFD control packets (RFC 5880 §4.1) as sessions on a link (RFC 5881 §4, §5) and over several hops (RFC 5883 §5) send
//! them.

use std::net::Ipv4Addr;

use super::ipv4::Ipv4;
use crate::network::{BfdPacket, BfdState};

/// UDP port of sessions on a link.
pub const SINGLE_HOP_PORT: u16 = 3784;

/// The 24 bytes behind the UDP header.
fn payload(packet: BfdPacket) -> [u8; 24] {
    let state: u8 = match packet.state {
        BfdState::AdminDown => 0,
        BfdState::Down => 1,
        BfdState::Init => 2,
        BfdState::Up => 3,
    };
    let flags = state << 6 | u8::from(packet.poll) << 5 | u8::from(packet.answer) << 4;
    let head = [1 << 5 | packet.diagnostic & 0x1f, flags, packet.multiplier, 24];
    let words = [
        u32::from_be_bytes(head),
        packet.my_discriminator,
        packet.your_discriminator,
        packet.desired_min_tx,
        packet.required_min_rx,
        0,
    ];
    let mut bytes = [0; 24];
    for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

/// The IP packet, with TTL 255.
pub fn packet(
    packet: BfdPacket,
    (source, source_port): (Ipv4Addr, u16),
    (destination, port): (Ipv4Addr, u16),
    identification: u16,
) -> Vec<u8> {
    let ip = Ipv4 {
        source,
        destination,
        ttl: 255,
        identification,
        control: true,
    };
    ip.udp(source_port, port, &payload(packet))
}
