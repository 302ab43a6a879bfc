//! A capture with messages of every protocol: several in one segment, one in several segments.

use crate::wire::{ACK, Bfd, Bytes, FIN, SYN, bgp, ipv4, ipv6, isis, ldp, lsa, ospf, pcap, tcp, udp, v4, v6, vrrp};

const A: &str = "10.0.0.1";
const B: &str = "10.0.0.2";
const RD: [u8; 8] = [0, 0, 0, 100, 0, 0, 0, 1];

/// A connection in which end A speaks, cut into segments of `size` bytes, with B's acknowledgements.
pub fn connection(port: u16, from_a: &[Bytes], from_b: &[Bytes], size: usize) -> Vec<Bytes> {
    let stream = |messages: &[Bytes]| {
        messages
            .iter()
            .flat_map(|message| message.0.clone())
            .collect::<Vec<_>>()
    };
    let (a, b) = (stream(from_a), stream(from_b));
    let (a_port, b_port) = (40_000, port);
    let mut frames = Vec::new();
    let mut identification = 0;
    let mut segment = |from_a: bool, sequence, acknowledgement, flags, payload: &[u8]| {
        identification += 1;
        let (source, destination, ports) = if from_a {
            (A, B, (a_port, b_port))
        } else {
            (B, A, (b_port, a_port))
        };
        let segment = tcp(ports, sequence, acknowledgement, flags, payload);
        frames.push(ipv4(source, destination, 6, 64, identification, &segment));
    };
    segment(true, 999, 0, SYN, &[]);
    segment(false, 4_999, 1_000, SYN | ACK, &[]);
    segment(true, 1_000, 5_000, ACK, &[]);
    for (index, part) in b.chunks(size).enumerate() {
        let sequence = 5_000 + (index * size) as u32;
        segment(false, sequence, 1_000, ACK, part);
    }
    for (index, part) in a.chunks(size).enumerate() {
        let sequence = 1_000 + (index * size) as u32;
        segment(true, sequence, 5_000 + b.len() as u32, ACK, part);
        segment(false, 5_000 + b.len() as u32, sequence + part.len() as u32, ACK, &[]);
    }
    segment(true, 1_000 + a.len() as u32, 5_000 + b.len() as u32, FIN | ACK, &[]);
    frames
}

pub fn bgp_opens() -> [Bytes; 2] {
    let families = [(1u16, 1u8), (1, 4), (1, 128), (2, 1), (2, 128), (25, 65)];
    let mut capabilities: Vec<_> = families
        .iter()
        .map(|(afi, safi)| (1, Bytes::new().u16(*afi).u8(0).u8(*safi)))
        .collect();
    capabilities.push((2, Bytes::new()));
    capabilities.push((64, Bytes::new().u16(0x8078).u16(1).u8(1).u8(0x80)));
    capabilities.push((65, Bytes::new().u32(65_536)));
    capabilities.push((73, Bytes::new().counted8(&Bytes::new().all("pe1")).u8(0)));
    let open = |identifier| bgp::open(23_456, identifier, &capabilities);
    [open("1.1.1.1"), open("2.2.2.2")]
}

pub fn bgp_messages() -> Vec<Bytes> {
    let ten = [10, 1, 2, 3];
    let origin = bgp::attribute(0x40, 1, &Bytes::new().u8(2));
    let path = bgp::attribute(
        0x40,
        2,
        &Bytes::new().u8(2).u8(2).u32(65_536).u32(65_010).u8(1).u8(1).u32(7),
    );
    let common = Bytes::new().all(&origin).all(&path);
    let unicast = Bytes::new()
        .all(&common)
        .all(bgp::attribute(0x40, 3, &Bytes::new().address("10.0.0.1")))
        .all(bgp::attribute(0x80, 4, &Bytes::new().u32(50)))
        .all(bgp::attribute(0x40, 5, &Bytes::new().u32(200)))
        .all(bgp::attribute(0xc0, 8, &Bytes::new().u32(0x0064_0001).u32(0xffff_ff01)))
        .all(bgp::attribute(0x80, 9, &Bytes::new().address("9.9.9.9")))
        .all(bgp::attribute(
            0x80,
            10,
            &Bytes::new().address("8.8.8.8").address("7.7.7.7"),
        ));
    let routes = Bytes::new()
        .all(bgp::prefix(&ten, 32))
        .all(bgp::prefix(&ten, 13))
        .all(bgp::prefix(&ten, 0));
    let gone = Bytes::new().all(bgp::prefix(&[192, 168, 1, 0], 24));
    let reach = |afi: u16, safi: u8, next_hop: &Bytes, routes: &Bytes| {
        let value = Bytes::new().u16(afi).u8(safi).counted8(next_hop).u8(0).all(routes);
        let targets = Bytes::new()
            .all([0, 2, 0, 100, 0, 0, 0, 7])
            .all([0x80, 0x0a, 19, 0x0e, 0x05, 0xdc, 0, 0]);
        let attributes = Bytes::new()
            .all(&common)
            .all(bgp::attribute(0xc0, 16, &targets))
            .all(bgp::attribute(0x90, 14, &value));
        bgp::update(&Bytes::new(), &attributes, &Bytes::new())
    };
    let unreach = |afi: u16, safi: u8, routes: &Bytes| {
        let value = Bytes::new().u16(afi).u8(safi).all(routes);
        bgp::update(&Bytes::new(), &bgp::attribute(0x80, 15, &value), &Bytes::new())
    };
    let vpn = |label: u32, address: &[u8], length: u8| {
        let bytes = usize::from(length).div_ceil(8);
        Bytes::new().u8(88 + length).u24(label).all(RD).all(&address[..bytes])
    };
    let labelled = Bytes::new().u8(24 + 32).u24(300 << 4 | 1).all(ten);
    let v4_hop = Bytes::new().address("1.1.1.1");
    let vpn_hop = Bytes::new().all([0; 8]).address("1.1.1.1");
    let six = v6("2001:db8:1::").octets();
    let block = Bytes::new().u16(17).all(RD).u16(3).u16(1).u16(8).u24(800_000 << 4);
    vec![
        bgp::keepalive(),
        bgp::update(&gone, &unicast, &routes),
        reach(1, 4, &v4_hop, &labelled),
        reach(1, 128, &vpn_hop, &vpn(1_000 << 4 | 1, &ten, 24)),
        reach(
            2,
            1,
            &Bytes::new().all(v6("2001:db8::1").octets()).all(v6("fe80::1").octets()),
            &bgp::prefix(&six, 48),
        ),
        reach(
            2,
            128,
            &Bytes::new().all([0; 8]).all(v6("::ffff:1.1.1.1").octets()),
            &vpn(1_001 << 4 | 1, &six, 48),
        ),
        reach(25, 65, &v4_hop, &block),
        unreach(1, 128, &vpn(0x80_0000, &ten, 24)),
        unreach(1, 4, &Bytes::new().u8(24 + 32).u24(0x80_0000).all(ten)),
        unreach(2, 1, &bgp::prefix(&six, 48)),
        unreach(25, 65, &block),
        unreach(1, 128, &Bytes::new()),
        bgp::update(&Bytes::new(), &Bytes::new(), &Bytes::new()),
        bgp::message(5, &Bytes::new().u16(1).u8(0).u8(128)),
        bgp::notification(6, 10),
    ]
}

pub fn ldp_messages() -> Vec<Bytes> {
    let router = "1.1.1.1";
    let session = Bytes::new()
        .u16(1)
        .u16(60)
        .u8(0)
        .u8(0)
        .u16(4_096)
        .address("2.2.2.2")
        .u16(0);
    let flow_label = Bytes::new().u8(0x17).u8(4).u16(0xc000);
    let mtu = Bytes::new().u8(1).u8(4).u16(1_500);
    let parameters = Bytes::new().u32(77).all(&mtu).all(&flow_label);
    let pwid = Bytes::new()
        .u8(0x80)
        .u16(0x8005)
        .u8(parameters.0.len() as u8)
        .u32(9)
        .all(&parameters);
    let status = |code: u32| ldp::tlv(0x0300, &Bytes::new().u32(code).u32(0).u16(0));
    vec![
        ldp::pdu(router, &[ldp::message(0x0200, 1, &[ldp::tlv(0x0500, &session)])]),
        ldp::pdu(router, &[ldp::message(0x0201, 2, &[])]),
        ldp::pdu(
            router,
            &[
                ldp::message(
                    0x0300,
                    3,
                    &[ldp::tlv(
                        0x0101,
                        &Bytes::new().u16(1).address("1.1.1.1").address("10.0.0.1"),
                    )],
                ),
                ldp::message(0x0400, 4, &[ldp::prefix_fec("3.3.3.3", 32), ldp::label(3)]),
                ldp::message(0x0400, 5, &[ldp::tlv(0x0100, &pwid), ldp::label(1_024)]),
                ldp::message(0x0402, 6, &[ldp::prefix_fec("3.3.3.0", 24), ldp::label(17)]),
                ldp::message(0x0403, 7, &[ldp::tlv(0x0100, &Bytes::new().u8(1))]),
            ],
        ),
        ldp::pdu(
            router,
            &[
                ldp::message(
                    0x0001,
                    8,
                    &[
                        status(0x28),
                        ldp::tlv(0x096a, &Bytes::new().u32(0x20)),
                        ldp::tlv(0x0100, &pwid),
                    ],
                ),
                ldp::message(0x0301, 9, &[ldp::tlv(0x0101, &Bytes::new().u16(1).address("10.0.0.1"))]),
                ldp::message(0x0001, 10, &[status(0x8000_000a)]),
            ],
        ),
    ]
}

fn link_state_frames() -> Vec<Bytes> {
    let hello = |neighbors: &[&str]| {
        let mut body = Bytes::new()
            .address("255.255.255.0")
            .u16(10)
            .u8(2)
            .u8(1)
            .u32(40)
            .address("10.0.0.1")
            .address("10.0.0.2");
        for neighbor in neighbors {
            body = body.address(neighbor);
        }
        ospf(1, "1.1.1.1", &body)
    };
    let update = |lsas: &[Bytes]| {
        let mut body = Bytes::new().u32(lsas.len() as u32);
        for lsa in lsas {
            body = body.all(lsa);
        }
        ospf(4, "1.1.1.1", &body)
    };
    let mut frames: Vec<_> = [
        hello(&[]),
        hello(&["2.2.2.2"]),
        update(&[lsa("1.1.1.1", 0x8000_0001, 1), lsa("2.2.2.2", 0x8000_0005, 7)]),
        update(&[lsa("2.2.2.2", 0x8000_0006, 1)]),
        update(&[lsa("2.2.2.2", 0x8000_0006, 3_600)]),
        hello(&[]),
    ]
    .iter()
    .enumerate()
    .map(|(index, packet)| ipv4(A, "224.0.0.5", 89, 1, index as u16, packet))
    .collect();
    let hello_v3 = Bytes::new()
        .u8(3)
        .u8(1)
        .u16(40)
        .address("1.1.1.1")
        .address("0.0.0.0")
        .u16(0)
        .u16(0)
        .u32(5)
        .u8(1)
        .u24(0x13)
        .u16(10)
        .u16(40)
        .address("1.1.1.1")
        .address("2.2.2.2")
        .address("2.2.2.2");
    frames.push(ipv6("fe80::1", "ff02::5", 89, 1, &hello_v3));
    let three_way = |state: u8| {
        let tlv = Bytes::new().u8(state).u32(1).all([0, 0, 0, 0, 0, 2]).u32(1);
        let before = Bytes::new().u8(2).all([0, 0, 0, 0, 0, 1]).u16(30);
        isis(17, &before, &Bytes::new().u8(1), &Bytes::new().u8(240).counted8(&tlv))
    };
    frames.push(three_way(1));
    frames.push(three_way(0));
    for (lifetime, sequence) in [(1_199u16, 1u32), (1_199, 2), (0, 2)] {
        let rest = Bytes::new()
            .u16(lifetime)
            .all([0, 0, 0, 0, 0, 1, 0, 0])
            .u32(sequence)
            .u16(0)
            .u8(3);
        frames.push(isis(20, &Bytes::new(), &rest, &Bytes::new()));
    }
    frames
}

fn datagrams() -> Vec<Bytes> {
    let hello = ldp::pdu(
        "1.1.1.1",
        &[ldp::message(
            0x0100,
            1,
            &[
                ldp::tlv(0x0400, &Bytes::new().u16(15).u16(0)),
                ldp::tlv(0x0401, &Bytes::new().all(v4("1.1.1.1").octets())),
            ],
        )],
    );
    let authenticated = Bfd {
        flags: 0x04 | 0x08,
        ..Bfd::up(5, 6, 100_000)
    };
    vec![
        ipv4(A, "224.0.0.2", 17, 1, 1, &udp(646, 646, &hello)),
        Bfd::up(1, 2, 10_000).frame(A, B, 2),
        Bfd {
            diagnostic: 3,
            state: Bfd::DOWN,
            ..Bfd::up(2, 1, 1_000_000)
        }
        .frame(B, A, 3),
        ipv4(
            A,
            B,
            17,
            60,
            4,
            &udp(49_153, 4_784, &authenticated.encode(&[1, 5, 9, b'p', b'w'])),
        ),
        ipv4(A, "224.0.0.18", 112, 255, 5, &vrrp(7, 120, &["10.0.0.254"])),
        ipv4(B, "224.0.0.18", 112, 255, 6, &vrrp(7, 100, &["10.0.0.254"])),
        ipv4(B, "224.0.0.18", 112, 255, 7, &vrrp(7, 0, &["10.0.0.254"])),
    ]
}

/// Everything, a frame each millisecond.
pub fn all(segment_size: usize) -> Vec<u8> {
    let [a, b] = bgp_opens();
    let mut from_a = vec![a];
    from_a.extend(bgp_messages());
    let mut frames = connection(179, &from_a, &[b, bgp::keepalive()], segment_size);
    let answers = ldp_messages();
    frames.extend(connection(646, &ldp_messages(), &answers[..2], segment_size));
    frames.extend(link_state_frames());
    frames.extend(datagrams());
    let frames: Vec<_> = (0i64..).map(|index| index * 1_000_000).zip(frames).collect();
    pcap(&frames)
}

/// Payloads of datagrams with the kind under which `everything::observer` gives them.
pub fn datagrams_by_kind() -> Vec<(u8, Bytes)> {
    let strip = |frame: &Bytes, header: usize| Bytes::new().all(&frame.0[header..]);
    let mut payloads = Vec::new();
    for frame in link_state_frames() {
        let ether_type = u16::from_be_bytes([frame.0[12], frame.0[13]]);
        payloads.push(match ether_type {
            0x0800 => (7 << 2, strip(&frame, 34)),
            0x86dd => (7 << 2, strip(&frame, 54)),
            _ => (9 << 2, strip(&frame, 14)),
        });
    }
    for frame in datagrams() {
        payloads.push(match (frame.0[23], u16::from_be_bytes([frame.0[36], frame.0[37]])) {
            (112, _) => (8 << 2, strip(&frame, 34)),
            (_, 646) => (1 << 2, strip(&frame, 42)),
            (_, 4784) => (0, strip(&frame, 42)),
            _ => (11 << 2, strip(&frame, 42)),
        });
    }
    payloads
}
