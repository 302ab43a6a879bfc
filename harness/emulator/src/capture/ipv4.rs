//! IPv4 packets around UDP datagrams, TCP segments and OSPF, with their checksums.

use std::net::Ipv4Addr;

use etherparse::{IpDscp, IpNumber, Ipv4Header, TcpHeader, UdpHeader};

/// Class of control packets: CS6, as routers mark them.
const CONTROL: u8 = 48;

/// What the IP header of a packet says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ipv4 {
    /// Source address.
    pub source: Ipv4Addr,
    /// Destination address.
    pub destination: Ipv4Addr,
    /// TTL.
    pub ttl: u8,
    /// Identification.
    pub identification: u16,
    /// Whether it is a control packet, which is marked CS6.
    pub control: bool,
}

impl Ipv4 {
    /// A packet of a protocol around its payload. What exceeds the largest IP packet is cut off.
    pub fn packet(&self, protocol: IpNumber, payload: &[u8]) -> Vec<u8> {
        let largest = usize::from(u16::MAX) - Ipv4Header::MIN_LEN;
        let payload = payload.get(..largest).unwrap_or(payload);
        let mut header = self.header(protocol);
        // It fits: the payload is cut above.
        let _ = header.set_payload_len(payload.len());
        header.header_checksum = header.calc_header_checksum();
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend(payload);
        bytes
    }

    /// A UDP datagram.
    pub fn udp(&self, source_port: u16, destination_port: u16, payload: &[u8]) -> Vec<u8> {
        let largest = usize::from(u16::MAX) - Ipv4Header::MIN_LEN - UdpHeader::LEN;
        let payload = payload.get(..largest).unwrap_or(payload);
        let header = self.header(IpNumber::UDP);
        let Ok(udp) = UdpHeader::with_ipv4_checksum(source_port, destination_port, &header, payload) else {
            return Vec::new();
        };
        self.packet(IpNumber::UDP, &[&udp.to_bytes()[..], payload].concat())
    }

    /// A TCP segment; the checksum of `header` is filled in.
    pub fn tcp(&self, mut header: TcpHeader, payload: &[u8]) -> Vec<u8> {
        let checksum = header.calc_checksum_ipv4(&self.header(IpNumber::TCP), payload);
        header.checksum = checksum.unwrap_or(0);
        self.packet(IpNumber::TCP, &[header.to_bytes().as_slice(), payload].concat())
    }

    fn header(&self, protocol: IpNumber) -> Ipv4Header {
        Ipv4Header {
            source: self.source.octets(),
            destination: self.destination.octets(),
            time_to_live: self.ttl,
            identification: self.identification,
            protocol,
            dont_fragment: false,
            dscp: IpDscp::try_new(if self.control { CONTROL } else { 0 }).unwrap_or_default(),
            ..Ipv4Header::default()
        }
    }
}

/// Gives an IP packet another TTL, and the checksum that goes with it.
pub fn set_ttl(packet: &mut [u8], ttl: u8) {
    let Some(header) = packet.get_mut(..Ipv4Header::MIN_LEN) else {
        return;
    };
    let mut put = |at: usize, value: u8| {
        if let Some(place) = header.get_mut(at) {
            *place = value;
        }
    };
    put(8, ttl);
    put(10, 0);
    put(11, 0);
    let [high, low] = internet_checksum(header).to_be_bytes();
    for (place, value) in header.iter_mut().skip(10).zip([high, low]) {
        *place = value;
    }
}

/// The Internet checksum (RFC 1071) of bytes.
pub fn internet_checksum(bytes: &[u8]) -> u16 {
    let mut sum = 0_u64;
    for pair in bytes.chunks(2) {
        let high = pair.first().copied().unwrap_or(0);
        let low = pair.get(1).copied().unwrap_or(0);
        sum += u64::from(u16::from_be_bytes([high, low]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
