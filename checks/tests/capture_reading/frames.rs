//! Packets of every build, written by etherparse or octet by octet.

use etherparse::PacketBuilder;

pub const SOURCE_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x11];
pub const DESTINATION_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x22];

/// What our probe carries.
pub fn probe(flow: u32, sequence: u64) -> Vec<u8> {
    let mut payload = b"SEQ1".to_vec();
    payload.extend(flow.to_be_bytes());
    payload.extend(sequence.to_be_bytes());
    payload.extend(1_700_000_000_000_000_000u64.to_be_bytes());
    payload
}

/// IPv4 and UDP.
pub fn udp4(payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4([10, 3, 1, 2], [1, 1, 1, 1], 61)
        .udp(40_000, 7_000)
        .write(&mut packet, payload)
        .unwrap();
    packet
}

/// IPv6 and UDP.
pub fn udp6(payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    let address = |last| [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    PacketBuilder::ipv6(address(1), address(2), 61)
        .udp(40_000, 7_000)
        .write(&mut packet, payload)
        .unwrap();
    packet
}

/// IPv4 and TCP.
pub fn tcp4(payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4([10, 3, 1, 2], [1, 1, 1, 1], 61)
        .tcp(179, 50_000, 1_000, 4_096)
        .ack(7)
        .options(&[etherparse::TcpOptionElement::MaximumSegmentSize(1_460)])
        .unwrap()
        .write(&mut packet, payload)
        .unwrap();
    packet
}

/// An IPv4 header, its checksum right, before what it carries.
pub fn ipv4(protocol: u8, position: u16, options: &[u8], carried: &[u8]) -> Vec<u8> {
    assert!(options.len().is_multiple_of(4));
    let header_length = 20 + options.len();
    let mut packet = vec![0x40 | (header_length / 4) as u8, 0];
    packet.extend(((header_length + carried.len()) as u16).to_be_bytes());
    packet.extend([0x12, 0x34]);
    packet.extend(position.to_be_bytes());
    packet.extend([64, protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
    packet.extend(options);
    let mut sum: u32 = packet
        .chunks(2)
        .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    packet[10..12].copy_from_slice(&(!(sum as u16)).to_be_bytes());
    packet.extend(carried);
    packet
}

/// An IPv6 header before what it carries.
pub fn ipv6(next: u8, carried: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend((carried.len() as u16).to_be_bytes());
    packet.extend([next, 64]);
    packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    packet.extend(carried);
    packet
}

/// A UDP header, without checksum, before its payload.
pub fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let mut datagram = source.to_be_bytes().to_vec();
    datagram.extend(destination.to_be_bytes());
    datagram.extend((8 + payload.len() as u16).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    datagram
}

/// An Ethernet header before what it carries.
pub fn ethernet(destination: [u8; 6], ether_type: u16, carried: &[u8]) -> Vec<u8> {
    let mut frame = destination.to_vec();
    frame.extend(SOURCE_MAC);
    frame.extend(ether_type.to_be_bytes());
    frame.extend(carried);
    frame
}

/// VLAN tags, outermost first, each with the type that announces it; then the type of what is carried. The first type
/// belongs into the Ethernet header.
pub fn tagged(tags: &[(u16, u16)], ether_type: u16, carried: &[u8]) -> Vec<u8> {
    let mut inside = Vec::new();
    for (index, (_, control)) in tags.iter().enumerate() {
        inside.extend(control.to_be_bytes());
        let next = tags.get(index + 1).map_or(ether_type, |(announced, _)| *announced);
        inside.extend(next.to_be_bytes());
    }
    inside.extend(carried);
    ethernet(
        DESTINATION_MAC,
        tags.first().map_or(ether_type, |(first, _)| *first),
        &inside,
    )
}

/// A label stack before what stands below it: label, traffic class, time to live.
pub fn labels(stack: &[(u32, u8, u8)], below: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    for (index, &(label, class, ttl)) in stack.iter().enumerate() {
        let bottom = u32::from(index + 1 == stack.len());
        let entry = label << 12 | u32::from(class) << 9 | bottom << 8 | u32::from(ttl);
        packet.extend(entry.to_be_bytes());
    }
    packet.extend(below);
    packet
}

/// Linux cooked version 1.
pub fn cooked_1(packet_type: u16, ether_type: u16, carried: &[u8]) -> Vec<u8> {
    let mut frame = packet_type.to_be_bytes().to_vec();
    frame.extend([0, 1, 0, 6]);
    frame.extend(SOURCE_MAC);
    frame.extend([0, 0]);
    frame.extend(ether_type.to_be_bytes());
    frame.extend(carried);
    frame
}

/// Linux cooked version 2.
pub fn cooked_2(packet_type: u8, interface: u32, ether_type: u16, carried: &[u8]) -> Vec<u8> {
    let mut frame = ether_type.to_be_bytes().to_vec();
    frame.extend([0, 0]);
    frame.extend(interface.to_be_bytes());
    frame.extend([0, 1, packet_type, 6]);
    frame.extend(SOURCE_MAC);
    frame.extend([0, 0]);
    frame.extend(carried);
    frame
}

/// Every build, with its link type and a name.
pub fn all() -> Vec<(&'static str, u16, Vec<u8>)> {
    let payload = probe(3, 42);
    let (v4, v6) = (udp4(&payload), udp6(&payload));
    let mut padded = ethernet(DESTINATION_MAC, 0x0800, &ipv4(17, 0, &[], &udp(1, 2, b"x")));
    padded.resize(60, 0xaa);
    let inner = ethernet([0x02, 0, 0, 0, 0, 0x33], 0x0800, &v4);
    let vxlan = [&[8, 0, 0, 0, 0, 0, 77, 0], &inner[..]].concat();
    let gre_key = [&[0x20, 0, 0x08, 0, 0, 0, 0, 9], &v4[..]].concat();
    let gre_bridged = [&[0x30, 0, 0x65, 0x58, 0, 0, 0, 9, 0, 0, 0, 1], &inner[..]].concat();
    let gre_mpls = [&[0, 0, 0x88, 0x47], &labels(&[(500, 0, 9)], &v4)[..]].concat();
    let extensions = [
        &[60, 0, 1, 4, 0, 0, 0, 0][..],
        &[43, 0, 1, 4, 0, 0, 0, 0],
        &[17, 0, 0, 0, 0, 0, 0, 0],
        &udp(40_000, 7_000, &payload),
    ]
    .concat();
    let fragment6 = [&[17, 0, 0x00, 0x21, 1, 2, 3, 4][..], &[0xcd; 64]].concat();
    let first6 = [&[17, 0, 0x00, 0x01, 1, 2, 3, 4][..], &udp(40_000, 7_000, &[1; 56])].concat();
    let stp = [0x42, 0x42, 3, 0, 0, 0, 0, 0];
    let snap = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &v4].concat();
    vec![
        ("Ethernet, IPv4, UDP", 1, ethernet(DESTINATION_MAC, 0x0800, &v4)),
        ("Ethernet, IPv6, UDP", 1, ethernet(DESTINATION_MAC, 0x86dd, &v6)),
        (
            "Ethernet, IPv4, TCP",
            1,
            ethernet(DESTINATION_MAC, 0x0800, &tcp4(b"abc")),
        ),
        ("padded", 1, padded),
        ("one tag", 1, tagged(&[(0x8100, 0x6064)], 0x0800, &v4)),
        ("QinQ", 1, tagged(&[(0x88a8, 100), (0x8100, 0xf0c8)], 0x86dd, &v6)),
        (
            "three tags",
            1,
            tagged(&[(0x88a8, 1), (0x8100, 2), (0x8100, 3)], 0x0800, &v4),
        ),
        (
            "two labels",
            1,
            ethernet(
                DESTINATION_MAC,
                0x8847,
                &labels(&[(1_048_575, 7, 254), (16, 0, 62)], &v4),
            ),
        ),
        (
            "label, IPv6",
            1,
            ethernet(DESTINATION_MAC, 0x8847, &labels(&[(2_000, 1, 2)], &v6)),
        ),
        (
            "tag and label",
            1,
            tagged(&[(0x8100, 5)], 0x8847, &labels(&[(300, 0, 64)], &v4)),
        ),
        (
            "explicit null",
            1,
            ethernet(DESTINATION_MAC, 0x8847, &labels(&[(0, 0, 64)], &v4)),
        ),
        (
            "explicit null, IPv6",
            1,
            ethernet(DESTINATION_MAC, 0x8847, &labels(&[(2, 0, 64)], &v6)),
        ),
        (
            "entropy",
            1,
            ethernet(
                DESTINATION_MAC,
                0x8847,
                &labels(&[(99, 0, 64), (7, 0, 64), (77_777, 0, 0), (500, 0, 64)], &v4),
            ),
        ),
        (
            "options",
            1,
            ethernet(
                DESTINATION_MAC,
                0x0800,
                &ipv4(17, 0, &[0x94, 4, 0, 0], &udp(40_000, 7_000, &payload)),
            ),
        ),
        (
            "first fragment",
            1,
            ethernet(
                DESTINATION_MAC,
                0x0800,
                &ipv4(17, 0x2000, &[], &udp(40_000, 7_000, &[1; 56])),
            ),
        ),
        (
            "later fragment",
            1,
            ethernet(DESTINATION_MAC, 0x0800, &ipv4(17, 0x0008, &[], &[1; 56])),
        ),
        (
            "IPv6 extensions",
            1,
            ethernet(DESTINATION_MAC, 0x86dd, &ipv6(0, &extensions)),
        ),
        (
            "IPv6 first fragment",
            1,
            ethernet(DESTINATION_MAC, 0x86dd, &ipv6(44, &first6)),
        ),
        (
            "IPv6 later fragment",
            1,
            ethernet(DESTINATION_MAC, 0x86dd, &ipv6(44, &fragment6)),
        ),
        (
            "ICMP",
            1,
            ethernet(
                DESTINATION_MAC,
                0x0800,
                &ipv4(1, 0, &[], &[8, 0, 0xf7, 0xff, 0, 0, 0, 0]),
            ),
        ),
        (
            "OSPF",
            1,
            ethernet(DESTINATION_MAC, 0x0800, &ipv4(89, 0, &[], &[2, 1, 0, 44])),
        ),
        (
            "VXLAN",
            1,
            ethernet(DESTINATION_MAC, 0x0800, &ipv4(17, 0, &[], &udp(50_000, 4_789, &vxlan))),
        ),
        (
            "GRE with key",
            1,
            ethernet(DESTINATION_MAC, 0x0800, &ipv4(47, 0, &[], &gre_key)),
        ),
        (
            "GRE, bridged",
            1,
            ethernet(DESTINATION_MAC, 0x0800, &ipv4(47, 0, &[], &gre_bridged)),
        ),
        (
            "GRE, MPLS",
            1,
            ethernet(DESTINATION_MAC, 0x0800, &ipv4(47, 0, &[], &gre_mpls)),
        ),
        (
            "MPLS over UDP",
            1,
            ethernet(
                DESTINATION_MAC,
                0x0800,
                &ipv4(17, 0, &[], &udp(50_000, 6_635, &labels(&[(88, 0, 1)], &v4))),
            ),
        ),
        (
            "IPv4 in IPv4",
            1,
            ethernet(DESTINATION_MAC, 0x0800, &ipv4(4, 0, &[], &v4)),
        ),
        (
            "IPv6 in IPv4",
            1,
            ethernet(DESTINATION_MAC, 0x0800, &ipv4(41, 0, &[], &v6)),
        ),
        (
            "ARP",
            1,
            ethernet(
                [0xff; 6],
                0x0806,
                &[
                    0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0x11, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
                ],
            ),
        ),
        (
            "spanning tree",
            1,
            ethernet([1, 0x80, 0xc2, 0, 0, 0], stp.len() as u16, &stp),
        ),
        ("SNAP", 1, ethernet(DESTINATION_MAC, snap.len() as u16, &snap)),
        ("cooked v1", 113, cooked_1(4, 0x0800, &v4)),
        (
            "cooked v1, tagged",
            113,
            cooked_1(0, 0x8100, &[&[0, 7, 0x86, 0xdd][..], &v6].concat()),
        ),
        ("cooked v2", 276, cooked_2(0, 3, 0x86dd, &v6)),
        (
            "cooked v2, MPLS",
            276,
            cooked_2(4, 9, 0x8847, &labels(&[(123, 0, 64)], &v4)),
        ),
        ("raw IPv4", 101, v4.clone()),
        ("raw IPv6", 101, v6.clone()),
        ("IPv4 only", 228, v4.clone()),
        ("IPv6 only", 229, v6.clone()),
        ("PPP", 9, [&[0xff, 3, 0, 0x21][..], &v4].concat()),
        ("PPP, short", 9, [&[0x00, 0x57][..], &v6].concat()),
        (
            "PPP, MPLS",
            9,
            [&[0xff, 3, 2, 0x81][..], &labels(&[(321, 0, 64)], &v4)].concat(),
        ),
        ("PPP with direction", 204, [&[1, 0xff, 3, 0, 0x21][..], &v4].concat()),
        ("Cisco HDLC", 104, [&[0x0f, 0, 8, 0][..], &v4].concat()),
        ("MPLS", 219, labels(&[(17, 0, 3), (18, 0, 4)], &v4)),
        ("loopback", 0, [&[2, 0, 0, 0][..], &v4].concat()),
        ("loopback, IPv6", 0, [&[0, 0, 0, 24][..], &v6].concat()),
        ("OpenBSD loopback", 108, [&[0, 0, 0, 2][..], &v4].concat()),
    ]
}
