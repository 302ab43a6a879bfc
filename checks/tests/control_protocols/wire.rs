//! Packets and capture files, byte by byte.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Bytes that are put together field by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub fn u24(mut self, value: u32) -> Self {
        self.0.extend(&value.to_be_bytes()[1..]);
        self
    }

    pub fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub fn all(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.extend(bytes.as_ref());
        self
    }

    pub fn address(self, text: &str) -> Self {
        self.all(v4(text).octets())
    }

    /// Length in one byte, then the bytes.
    pub fn counted8(self, bytes: &Self) -> Self {
        self.u8(bytes.0.len() as u8).all(bytes)
    }

    /// Length in two bytes, then the bytes.
    pub fn counted16(self, bytes: &Self) -> Self {
        self.u16(bytes.0.len() as u16).all(bytes)
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

pub fn v4(text: &str) -> Ipv4Addr {
    text.parse().unwrap_or_else(|_| panic!("{text} is no address"))
}

pub fn v6(text: &str) -> Ipv6Addr {
    text.parse().unwrap_or_else(|_| panic!("{text} is no address"))
}

/// The Internet checksum.
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum = 0u32;
    for pair in bytes.chunks(2) {
        sum += u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |&low| u32::from(low));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// An Ethernet frame with an IPv4 packet.
pub fn ipv4(source: &str, destination: &str, protocol: u8, ttl: u8, identification: u16, payload: &Bytes) -> Bytes {
    let header = |sum: u16| {
        Bytes::new()
            .u8(0x45)
            .u8(0xc0)
            .u16(20 + payload.0.len() as u16)
            .u16(identification)
            .u16(0x4000)
            .u8(ttl)
            .u8(protocol)
            .u16(sum)
            .address(source)
            .address(destination)
    };
    let sum = checksum(&header(0).0);
    ethernet(0x0800, &header(sum).all(payload))
}

/// An Ethernet frame with an IPv6 packet.
pub fn ipv6(source: &str, destination: &str, protocol: u8, hop_limit: u8, payload: &Bytes) -> Bytes {
    let packet = Bytes::new()
        .u32(0x6000_0000)
        .u16(payload.0.len() as u16)
        .u8(protocol)
        .u8(hop_limit)
        .all(v6(source).octets())
        .all(v6(destination).octets())
        .all(payload);
    ethernet(0x86dd, &packet)
}

pub fn ethernet(ether_type: u16, payload: &Bytes) -> Bytes {
    Bytes::new()
        .all([0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1])
        .u16(ether_type)
        .all(payload)
}

/// The frame with a VLAN tag before those that it has.
pub fn tagged(vlan: u16, frame: &Bytes) -> Bytes {
    let (addresses, rest) = frame.0.split_at(12);
    Bytes::new().all(addresses).u16(0x8100).u16(vlan).all(rest)
}

/// An 802.3 frame to all intermediate systems.
pub fn llc(payload: &Bytes) -> Bytes {
    Bytes::new()
        .all([0x09, 0, 0x2b, 0, 0, 5, 0x02, 0, 0, 0, 0, 1])
        .counted16(payload)
}

pub fn udp(source_port: u16, destination_port: u16, payload: &Bytes) -> Bytes {
    Bytes::new()
        .u16(source_port)
        .u16(destination_port)
        .u16(8 + payload.0.len() as u16)
        .u16(0)
        .all(payload)
}

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;

pub fn tcp(ports: (u16, u16), sequence: u32, acknowledgement: u32, flags: u8, payload: &[u8]) -> Bytes {
    Bytes::new()
        .u16(ports.0)
        .u16(ports.1)
        .u32(sequence)
        .u32(acknowledgement)
        .u8(0x50)
        .u8(flags)
        .u16(0xffff)
        .u16(0)
        .u16(0)
        .all(payload)
}

/// A pcap file of Ethernet frames with nanoseconds; instants are in nanoseconds from an arbitrary origin.
pub fn pcap(frames: &[(i64, Bytes)]) -> Vec<u8> {
    const ORIGIN_S: i64 = 1_800_000_000;
    let mut file = Vec::new();
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        file.extend(word.to_le_bytes());
    }
    for (time, frame) in frames {
        let seconds = ORIGIN_S + time.div_euclid(1_000_000_000);
        let rest = time.rem_euclid(1_000_000_000);
        for word in [seconds as u32, rest as u32, frame.0.len() as u32, frame.0.len() as u32] {
            file.extend(word.to_le_bytes());
        }
        file.extend(&frame.0);
    }
    file
}

/// A BFD control packet.
#[derive(Debug, Clone, Copy)]
pub struct Bfd {
    pub diagnostic: u8,
    pub state: u8,
    pub flags: u8,
    pub multiplier: u8,
    pub mine: u32,
    pub yours: u32,
    pub tx_us: u32,
    pub rx_us: u32,
    pub echo_us: u32,
}

impl Bfd {
    pub const ADMIN_DOWN: u8 = 0;
    pub const DOWN: u8 = 1;
    pub const UP: u8 = 3;
    pub const POLL: u8 = 0x20;
    pub const FINAL: u8 = 0x10;

    pub fn up(mine: u32, yours: u32, interval_us: u32) -> Self {
        Self {
            diagnostic: 0,
            state: Self::UP,
            flags: 0,
            multiplier: 3,
            mine,
            yours,
            tx_us: interval_us,
            rx_us: interval_us,
            echo_us: 0,
        }
    }

    pub fn encode(&self, authentication: &[u8]) -> Bytes {
        Bytes::new()
            .u8(0x20 | self.diagnostic)
            .u8(self.state << 6 | self.flags)
            .u8(self.multiplier)
            .u8(24 + authentication.len() as u8)
            .u32(self.mine)
            .u32(self.yours)
            .u32(self.tx_us)
            .u32(self.rx_us)
            .u32(self.echo_us)
            .all(authentication)
    }

    /// In a frame of a single-hop session.
    pub fn frame(&self, source: &str, destination: &str, identification: u16) -> Bytes {
        let datagram = udp(49_153, 3784, &self.encode(&[]));
        ipv4(source, destination, 17, 255, identification, &datagram)
    }
}

/// BGP messages.
pub mod bgp {
    use super::Bytes;

    pub fn message(kind: u8, body: &Bytes) -> Bytes {
        Bytes::new()
            .all([0xff; 16])
            .u16(19 + body.0.len() as u16)
            .u8(kind)
            .all(body)
    }

    pub fn keepalive() -> Bytes {
        message(4, &Bytes::new())
    }

    pub fn open(autonomous_system: u16, identifier: &str, capabilities: &[(u8, Bytes)]) -> Bytes {
        let mut parameters = Bytes::new();
        for (code, value) in capabilities {
            parameters = parameters.u8(2).counted8(&Bytes::new().u8(*code).counted8(value));
        }
        message(
            1,
            &Bytes::new()
                .u8(4)
                .u16(autonomous_system)
                .u16(90)
                .address(identifier)
                .counted8(&parameters),
        )
    }

    pub fn attribute(flags: u8, kind: u8, value: &Bytes) -> Bytes {
        let head = Bytes::new().u8(flags).u8(kind);
        if flags & 0x10 == 0 {
            head.counted8(value)
        } else {
            head.counted16(value)
        }
    }

    pub fn update(withdrawn: &Bytes, attributes: &Bytes, announced: &Bytes) -> Bytes {
        message(
            2,
            &Bytes::new().counted16(withdrawn).counted16(attributes).all(announced),
        )
    }

    pub fn notification(code: u8, subcode: u8) -> Bytes {
        message(3, &Bytes::new().u8(code).u8(subcode))
    }

    /// `length` bits of `address`.
    pub fn prefix(address: &[u8], length: u8) -> Bytes {
        let bytes = usize::from(length).div_ceil(8);
        Bytes::new().u8(length).all(&address[..bytes])
    }
}

/// LDP messages.
pub mod ldp {
    use super::Bytes;

    pub fn tlv(kind: u16, value: &Bytes) -> Bytes {
        Bytes::new().u16(kind).counted16(value)
    }

    pub fn message(kind: u16, id: u32, tlvs: &[Bytes]) -> Bytes {
        let mut body = Bytes::new().u32(id);
        for tlv in tlvs {
            body = body.all(tlv);
        }
        Bytes::new().u16(kind).counted16(&body)
    }

    pub fn pdu(router: &str, messages: &[Bytes]) -> Bytes {
        let mut body = Bytes::new().address(router).u16(0);
        for message in messages {
            body = body.all(message);
        }
        Bytes::new().u16(1).counted16(&body)
    }

    pub fn prefix_fec(address: &str, length: u8) -> Bytes {
        let address = super::v4(address).octets();
        let bytes = usize::from(length).div_ceil(8);
        tlv(0x0100, &Bytes::new().u8(2).u16(1).u8(length).all(&address[..bytes]))
    }

    pub fn label(label: u32) -> Bytes {
        tlv(0x0200, &Bytes::new().u32(label))
    }
}

/// An OSPF packet of version 2 with an empty authentication.
pub fn ospf(kind: u8, router: &str, body: &Bytes) -> Bytes {
    let header = |sum: u16| {
        Bytes::new()
            .u8(2)
            .u8(kind)
            .u16(24 + body.0.len() as u16)
            .address(router)
            .address("0.0.0.0")
            .u16(sum)
            .u16(0)
            .all([0; 8])
    };
    let sum = checksum(&header(0).all(body).0);
    header(sum).all(body)
}

/// A router LSA without links.
pub fn lsa(router: &str, sequence: u32, age: u16) -> Bytes {
    Bytes::new()
        .u16(age)
        .u8(2)
        .u8(1)
        .address(router)
        .address(router)
        .u32(sequence)
        .u16(0x1234)
        .u16(24)
        .u16(0)
        .u16(0)
}

/// An IS-IS PDU behind its 802.2 header; `fixed` is the header between common header and PDU length and what follows
/// the latter, `tlvs` come behind.
pub fn isis(kind: u8, before_length: &Bytes, after_length: &Bytes, tlvs: &Bytes) -> Bytes {
    let header = 8 + before_length.0.len() + 2 + after_length.0.len();
    let whole = header + tlvs.0.len();
    llc(&Bytes::new()
        .all([0xfe, 0xfe, 0x03])
        .all([0x83, header as u8, 1, 0, kind, 1, 0, 0])
        .all(before_length)
        .u16(whole as u16)
        .all(after_length)
        .all(tlvs))
}

/// A VRRP advertisement of version 3.
pub fn vrrp(id: u8, priority: u8, addresses: &[&str]) -> Bytes {
    let mut body = Bytes::new()
        .u8(0x31)
        .u8(id)
        .u8(priority)
        .u8(addresses.len() as u8)
        .u16(100)
        .u16(0);
    for address in addresses {
        body = body.address(address);
    }
    body
}
