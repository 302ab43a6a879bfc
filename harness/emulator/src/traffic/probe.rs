//! The packets of a flow: headers made once, sequence number, time and checksums put in for each packet.

use std::net::Ipv4Addr;

use crate::capture::Ipv4;

/// First bytes of the payload.
const MAGIC: &[u8; 4] = b"SEQ1";
/// Ethernet, IP and UDP headers.
const HEADERS: u16 = 14 + 20 + 8;

/// What all packets of a flow have in common.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The IP packet of sequence number 0 sent at 0, with TTL 0 and both checksums open.
    template: Vec<u8>,
    ip_sum: u32,
    udp_sum: u32,
}

impl Probe {
    /// The probe of a flow; `frame_size` as in [`TrafficSpec`](super::TrafficSpec).
    pub fn new(source: (Ipv4Addr, u16), destination: (Ipv4Addr, u16), flow: u32, frame_size: u16) -> Self {
        let mut payload = MAGIC.to_vec();
        payload.extend(flow.to_be_bytes());
        payload.resize(usize::from(frame_size.saturating_sub(HEADERS)).max(24), 0);
        let ip = Ipv4 {
            source: source.0,
            destination: destination.0,
            ttl: 0,
            identification: 0,
            control: false,
        };
        let mut template = ip.udp(source.1, destination.1, &payload);
        for open in [10..12, 26..28] {
            if let Some(checksum) = template.get_mut(open) {
                checksum.fill(0);
            }
        }
        let header = template.get(..20).unwrap_or_default();
        let datagram = template.get(20..).unwrap_or_default();
        let addresses = template.get(12..20).unwrap_or_default();
        let pseudo = words(addresses) + 17 + datagram.len() as u32;
        Self {
            ip_sum: words(header),
            udp_sum: pseudo + words(datagram),
            template,
        }
    }

    /// Appends the IP packet of a sequence number, sent at a time in nanoseconds since 1970.
    pub fn write(&self, ttl: u8, sequence: u64, sent: u64, bytes: &mut Vec<u8>) {
        let start = bytes.len();
        bytes.extend_from_slice(&self.template);
        let Some(packet) = bytes.get_mut(start..) else { return };
        let identification = sequence as u16;
        let mut put = |at: usize, value: &[u8]| {
            if let Some(place) = packet.get_mut(at..at + value.len()) {
                place.copy_from_slice(value);
            }
        };
        let ip_sum = self.ip_sum + u32::from(identification) + (u32::from(ttl) << 8);
        put(4, &identification.to_be_bytes());
        put(8, &[ttl]);
        put(10, &checksum(ip_sum).to_be_bytes());
        let (sequence, sent) = (sequence.to_be_bytes(), sent.to_be_bytes());
        put(36, &sequence);
        put(44, &sent);
        let udp = match checksum(self.udp_sum + words(&sequence) + words(&sent)) {
            0 => u16::MAX,
            sum => sum,
        };
        put(26, &udp.to_be_bytes());
    }
}

/// The sum of big-endian words; the slice is short enough not to overflow.
fn words(bytes: &[u8]) -> u32 {
    bytes
        .chunks(2)
        .map(|pair| match *pair {
            [high, low] => u32::from(u16::from_be_bytes([high, low])),
            [high] => u32::from(high) << 8,
            _ => 0,
        })
        .sum()
}

fn checksum(sum: u32) -> u16 {
    let folded = (sum & 0xffff) + (sum >> 16);
    !((folded & 0xffff) + (folded >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{SlicedPacket, TransportSlice};

    /// Checksums are those that etherparse computes over the finished packet, whatever stands in it.
    #[test]
    fn checksums_and_payload_are_right() {
        let source = Ipv4Addr::new(10, 3, 1, 2);
        let destination = Ipv4Addr::new(1, 1, 1, 1);
        let mut state = 1_u64;
        for n in 0..2_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(n);
            let frame_size = 66 + (state >> 40) as u16 % 1_449;
            let probe = Probe::new((source, state as u16), (destination, 7_000), n as u32, frame_size);
            let mut bytes = vec![0xaa; 3];
            probe.write(n as u8, state, state.rotate_left(17), &mut bytes);
            let packet = SlicedPacket::from_ip(&bytes[3..]).unwrap();
            assert_eq!(bytes.len() - 3, usize::from(frame_size) - 14);
            let Some(etherparse::NetSlice::Ipv4(ip)) = packet.net else {
                panic!()
            };
            let header = ip.header().to_header();
            assert_eq!(header.header_checksum, header.calc_header_checksum());
            let Some(TransportSlice::Udp(udp)) = packet.transport else {
                panic!()
            };
            let expected = udp.to_header().calc_checksum_ipv4(&header, udp.payload()).unwrap();
            assert_eq!(udp.checksum(), expected);
            assert_eq!(udp.payload()[..4], *MAGIC);
            assert_eq!(udp.payload()[4..8], (n as u32).to_be_bytes());
            assert_eq!(udp.payload()[8..16], state.to_be_bytes());
            assert_eq!(udp.payload()[16..24], state.rotate_left(17).to_be_bytes());
            assert!(udp.payload()[24..].iter().all(|byte| *byte == 0));
        }
    }
}
