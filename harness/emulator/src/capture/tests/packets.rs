//! Every kind of packet, decoded by others.

use std::net::Ipv4Addr;
use std::path::Path;

use super::wireshark::{assert_clean, capinfos, fields, tcpdump, verbose};
use crate::capture::bfd_packet;
use crate::capture::bgp_message::{Attributes, BgpMessage, IpPrefix, OspfCommunities, Routes, VpnRoute};
use crate::capture::ethernet::{LinkLayer, MacAddress};
use crate::capture::file::{CaptureFile, CaptureFormat, Direction, FileHeader};
use crate::capture::ipv4::Ipv4;
use crate::capture::ldp_message::LdpMessage;
use crate::capture::ospf_packet::{ALL_ROUTERS, Lsa, LsaBody, OspfHello, OspfSender, RouterLink};
use crate::capture::tcp_connection::{Segment, Side, TcpConnection, TcpEnd};
use crate::network::Authentication;
use crate::network::AuthenticationMark;
use crate::network::{BfdPacket, BfdState, LabelEntry};

const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
/// 2026-11-21 and a bit.
const START: u64 = 1_795_222_207_520_306_807;

fn link(vlans: &[u16], labels: &[(u32, u8)]) -> LinkLayer {
    LinkLayer {
        source: MacAddress::of_port(0, 0),
        destination: MacAddress::of_port(1, 0),
        vlans: vlans.to_vec(),
        labels: labels.iter().map(|&(label, ttl)| LabelEntry { label, ttl }).collect(),
    }
}

fn frame(layer: &LinkLayer, packet: &[u8]) -> Vec<u8> {
    let mut frame = layer.headers();
    frame.extend(packet);
    frame.resize(frame.len().max(60), 0);
    frame
}

fn write(path: &Path, format: CaptureFormat, frames: &[Vec<u8>]) {
    let header = FileHeader {
        application: "test".into(),
        comment: "emulated: ünïcode too".into(),
        interfaces: vec![
            ("PE1 GigabitEthernet0/1/0".into(), "the first".into()),
            ("PE2 GigabitEthernet0/1/0".into(), "the second".into()),
        ],
    };
    let file = std::fs::File::create(path).unwrap();
    let mut file = CaptureFile::begin(file, format, &header).unwrap();
    for (index, frame) in frames.iter().enumerate() {
        let direction = [None, Some(Direction::In), Some(Direction::Out)][index % 3];
        file.packet(index % 2, START + index as u64, direction, frame).unwrap();
    }
    file.end(START, START + 1_000).unwrap();
}

fn file(frames: &[Vec<u8>]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frames.pcapng");
    write(&path, CaptureFormat::Pcapng, frames);
    (folder, path)
}

/// A connection on which the client sends some messages and the server others.
fn conversation(port: u16, exchanges: &[(Side, Vec<u8>)]) -> Vec<Vec<u8>> {
    let mut connection = TcpConnection::new(TcpEnd::new(A, 50_000, 0xffff_fff0, 255), TcpEnd::new(B, port, 7, 255));
    let mut frames = Vec::new();
    let mut one = |from: Side, segment: Segment<'_>| {
        frames.push(frame(&link(&[], &[]), &connection.send(from, segment)));
        connection.arrive(from, segment);
    };
    one(Side::Client, Segment::Synchronize);
    one(Side::Server, Segment::Synchronize);
    one(Side::Client, Segment::Acknowledge);
    for (from, data) in exchanges {
        for part in data.chunks(TcpConnection::maximum_segment()) {
            one(*from, Segment::Data(part));
            one(from.other(), Segment::Acknowledge);
        }
    }
    one(Side::Client, Segment::Finish);
    one(Side::Server, Segment::Finish);
    one(Side::Client, Segment::Acknowledge);
    frames
}

#[test]
fn files_keep_nanoseconds_names_directions_and_the_comment() {
    let ip = Ipv4 {
        source: A,
        destination: B,
        ttl: 64,
        identification: 1,
        control: false,
    };
    let frames: Vec<Vec<u8>> = (0..6_usize)
        .map(|n| frame(&link(&[], &[]), &ip.udp(1000, 7000, &vec![0; n * 3])))
        .collect();
    let (folder, path) = file(&frames);
    assert_clean(&path, "");
    if let Some(text) = capinfos(&path) {
        for wanted in [
            "nanoseconds (9)",
            "Strict time order:   True",
            "emulated: ünïcode too",
            "Name = PE2 GigabitEthernet0/1/0",
            "Number of packets:   6",
            "Number of stat entries = 1",
        ] {
            assert!(text.contains(wanted), "`{wanted}` in {text}");
        }
    }
    let names = [
        "frame.time_epoch",
        "frame.packet_flags_direction",
        "frame.interface_name",
    ];
    if let Some(rows) = fields(&path, "udp", &names) {
        let first = ["1795222207.520306807", "", "PE1 GigabitEthernet0/1/0"];
        let second = ["1795222207.520306808", "0x00000001", "PE2 GigabitEthernet0/1/0"];
        assert_eq!(rows.first().unwrap(), &first);
        assert_eq!(rows.get(1).unwrap(), &second);
    }
    let classic = folder.path().join("frames.pcap");
    write(&classic, CaptureFormat::Pcap, &frames);
    assert_clean(&classic, "");
    if let Some(rows) = fields(&classic, "udp", &["frame.time_epoch"]) {
        assert_eq!(rows.get(1).unwrap(), &["1795222207.520306808"]);
    }
    if let Some(text) = tcpdump(&classic) {
        assert_eq!(text.matches("[udp sum ok]").count(), 6, "{text}");
    }
}

#[test]
fn tags_and_label_stacks_are_read_back() {
    let ip = Ipv4 {
        source: A,
        destination: B,
        ttl: 63,
        identification: 1,
        control: false,
    };
    let packet = ip.udp(1000, 7000, &[0; 40]);
    let frames = [
        frame(&link(&[100, 200], &[]), &packet),
        frame(&link(&[300], &[(1024, 254), (48_120, 254)]), &packet),
    ];
    let (_folder, path) = file(&frames);
    assert_clean(&path, "");
    if let Some(rows) = fields(
        &path,
        "udp",
        &["vlan.id", "ieee8021ad.id", "mpls.label", "mpls.bottom", "ip.ttl"],
    ) {
        assert_eq!(rows[0], ["200", "100", "", "", "63"]);
        assert_eq!(rows[1], ["300", "", "1024,48120", "0,1", "63"]);
    }
}

#[test]
fn bfd_is_read_back() {
    let packet = BfdPacket {
        state: BfdState::Down,
        diagnostic: 1,
        poll: true,
        answer: false,
        multiplier: 3,
        my_discriminator: 8192,
        your_discriminator: 8193,
        desired_min_tx: 1_000_000,
        required_min_rx: 10_000,
    };
    let answer = BfdPacket {
        state: BfdState::Up,
        diagnostic: 0,
        poll: false,
        answer: true,
        ..packet
    };
    let frames = [packet, answer].map(|packet| {
        let packet = bfd_packet::packet(packet, (A, 49_152), (B, 3784), 9);
        frame(&link(&[], &[]), &packet)
    });
    let (_folder, path) = file(&frames);
    assert_clean(&path, "");
    let names = [
        "bfd.version",
        "bfd.diag",
        "bfd.sta",
        "bfd.flags.p",
        "bfd.flags.f",
        "bfd.detect_time_multiplier",
        "bfd.my_discriminator",
        "bfd.your_discriminator",
        "bfd.desired_min_tx_interval",
        "bfd.required_min_rx_interval",
        "ip.ttl",
        "udp.dstport",
    ];
    if let Some(rows) = fields(&path, "bfd", &names) {
        let common = ["3", "0x00002000", "0x00002001", "1000000", "10000", "255", "3784"];
        assert_eq!(rows[0], [&["1", "0x01", "0x01", "1", "0"][..], &common].concat());
        assert_eq!(rows[1], [&["1", "0x00", "0x03", "0", "1"][..], &common].concat());
    }
}

#[test]
fn bgp_is_read_back() {
    let prefix = |text: &str, length| IpPrefix {
        address: text.parse().unwrap(),
        length,
    };
    let vpn = Routes::Vpnv4(vec![
        VpnRoute {
            route_distinguisher: "100:1".into(),
            label: 48_120,
            prefix: prefix("1.1.1.1", 32),
        },
        VpnRoute {
            route_distinguisher: "10.0.0.9:7".into(),
            label: 48_121,
            prefix: prefix("10.1.0.0", 17),
        },
    ]);
    let attributes = Attributes {
        origin: 2,
        as_path: vec![65_410, 70_000],
        next_hop: A,
        med: Some(0),
        local_preference: Some(100),
        communities: vec![100 << 16 | 7],
        originator: Some(B),
        clusters: vec![A, B],
        route_targets: vec!["111:1".into(), "70000:2".into()],
        ospf: Some(OspfCommunities {
            domain: Ipv4Addr::new(0, 0, 0, 7),
            area: Ipv4Addr::new(0, 0, 0, 1),
            route_type: (5, 1),
            router_id: Ipv4Addr::new(2, 2, 2, 2),
        }),
    };
    let open = |as_number, router_id| BgpMessage::Open {
        as_number,
        router_id,
        hold_time: 180,
        unicast: true,
        labelled: true,
        vpnv4: true,
    };
    let many = Routes::Unicast(
        (0..3000_u32)
            .map(|n| prefix(&Ipv4Addr::from(n << 8).to_string(), 24))
            .collect(),
    );
    let messages = [
        (Side::Client, open(100, A)),
        (Side::Server, open(70_000, B)),
        (Side::Client, BgpMessage::Keepalive),
        (Side::Server, BgpMessage::Keepalive),
        (Side::Client, BgpMessage::Announce(attributes.clone(), vpn.clone())),
        (
            Side::Client,
            BgpMessage::Announce(attributes.clone(), Routes::Unicast(vec![prefix("10.3.1.0", 24)])),
        ),
        (Side::Client, BgpMessage::Withdraw(vpn)),
        (
            Side::Client,
            BgpMessage::Withdraw(Routes::Unicast(vec![prefix("0.0.0.0", 0)])),
        ),
        (
            Side::Client,
            BgpMessage::Announce(
                attributes.clone(),
                Routes::Labelled(vec![(prefix("4.4.4.4", 32), 900_000)]),
            ),
        ),
        (
            Side::Client,
            BgpMessage::Withdraw(Routes::Labelled(vec![(prefix("4.4.4.4", 32), 0)])),
        ),
        (Side::Server, BgpMessage::Announce(attributes, many)),
        (Side::Server, BgpMessage::Notification { code: 6, subcode: 10 }),
    ];
    let frames = conversation(179, &messages.map(|(side, message)| (side, message.to_bytes())));
    let (_folder, path) = file(&frames);
    // The expert's remarks on the end of a connection, and on the NOTIFICATION, are what was meant.
    assert_clean(&path, "tcp.flags.fin == 1 or tcp.flags.syn == 1 or bgp.type == 3");
    let names = [
        "bgp.mp_reach_nlri_ipv4_prefix",
        "bgp.mp_unreach_nlri_ipv4_prefix",
        "bgp.nlri_prefix",
        "bgp.withdrawn_prefix",
    ];
    if let Some(rows) = fields(&path, "bgp.type == 2 and tcp.dstport == 179", &names) {
        let joined: Vec<String> = rows.iter().map(|row| row.join("|")).collect();
        assert_eq!(
            joined,
            [
                "1.1.1.1,10.1.0.0|||",
                "||10.3.1.0|",
                "|1.1.1.1,10.1.0.0||",
                "|||0.0.0.0",
                "4.4.4.4|||",
                "|4.4.4.4||"
            ]
        );
    }
    if let Some(rows) = fields(
        &path,
        "bgp.type == 2 and tcp.dstport == 179",
        &["bgp.rd", "bgp.label_stack"],
    ) {
        assert_eq!(rows[0], ["100:1,10.0.0.9:7", "48120 (bottom),48121 (bottom)"]);
        assert_eq!(rows[4], ["", "900000 (bottom)"]);
    }
    if let Some(text) = verbose(&path) {
        for wanted in [
            "AS4: 70000",
            "Route Target: 111:1",
            "Community: 100:7",
            "Originator identifier: 10.0.0.2",
            "Cluster List: 10.0.0.1 10.0.0.2",
            "Route Target: 1.4464(70000):2",
            "(Cease): Unknown (10)",
            "SAFI: Labeled Unicast (4)",
        ] {
            assert!(text.contains(wanted), "`{wanted}` in {text}");
        }
    }
}

#[test]
fn ldp_is_read_back() {
    let messages = [
        (
            Side::Client,
            LdpMessage::Initialization {
                keepalive_time: 45,
                receiver: B,
            },
        ),
        (Side::Server, LdpMessage::Keepalive),
        (Side::Client, LdpMessage::LabelMapping { address: A, label: 3 }),
        (
            Side::Server,
            LdpMessage::LabelWithdraw {
                address: B,
                label: 1024,
            },
        ),
        (Side::Client, LdpMessage::Notification { status: 0x8000_0009 }),
    ];
    let bytes = messages.map(|(side, message)| (side, message.to_bytes(if side == Side::Client { A } else { B }, 7)));
    let mut frames = conversation(646, &bytes);
    let hello = LdpMessage::Hello {
        hold_time: 15,
        targeted: false,
        transport_address: A,
    };
    frames.push(frame(&link(&[], &[]), &hello.hello_packet(A, None, A, 0)));
    let (_folder, path) = file(&frames);
    assert_clean(&path, "tcp.flags.fin == 1 or tcp.flags.syn == 1");
    if let Some(rows) = fields(
        &path,
        "ldp",
        &[
            "ldp.msg.type",
            "ldp.msg.tlv.generic.label",
            "ldp.msg.tlv.fec.pfval",
            "ldp.hdr.ldpid.lsr",
        ],
    ) {
        let joined: Vec<String> = rows.iter().map(|row| row.join("|")).collect();
        assert_eq!(
            joined,
            [
                "0x0200|||10.0.0.1",
                "0x0201|||10.0.0.2",
                "0x0400|3|10.0.0.1|10.0.0.1",
                "0x0402|1024|10.0.0.2|10.0.0.2",
                "0x0001|||10.0.0.1",
                "0x0100|||10.0.0.1",
            ]
        );
    }
}

#[test]
fn ospf_is_read_back() {
    ospf_with(AuthenticationMark::None, "0", 6);
    ospf_with(AuthenticationMark::Simple(*b"secret\0\0"), "1", 6);
    // A digest stands for the checksum.
    for (algorithm, length) in [("md5", 16), ("hmac-sha256", 32)] {
        let text = format!("{algorithm} 7 plain secret");
        assert_eq!(AuthenticationMark::Digest { key_id: 7, length }, mark(&text));
        ospf_with(mark(&text), "2", 3);
    }
}

fn mark(text: &str) -> AuthenticationMark {
    Authentication::parse(text).unwrap().mark()
}

fn ospf_with(authentication: AuthenticationMark, kind: &str, correct: usize) {
    let sender = OspfSender {
        router_id: A,
        area: Ipv4Addr::UNSPECIFIED,
        address: B,
        authentication,
    };
    let mut lsas = [1, 2]
        .map(|n| Lsa {
            age: 1,
            origin: A,
            sequence: 0x8000_0004 + n,
            down: false,
            body: LsaBody::Router {
                border: true,
                outside_border: true,
                links: (0..n)
                    .map(|n| RouterLink {
                        id: A,
                        data: B,
                        kind: 1 + 2 * (n as u8 % 2),
                        metric: 10,
                    })
                    .collect(),
            },
        })
        .to_vec();
    let network = Ipv4Addr::new(10, 9, 0, 0);
    let bodies = [
        LsaBody::Summary {
            network,
            mask_length: 16,
            metric: 13,
        },
        LsaBody::External {
            network,
            mask_length: 16,
            type_2: true,
            metric: 70_000,
            forwarding: B,
            tag: 0xd000_0064,
        },
    ];
    lsas.extend(bodies.map(|body| Lsa {
        age: 2,
        origin: A,
        sequence: 0x8000_0007,
        down: true,
        body,
    }));
    let hello = OspfHello {
        mask_length: 24,
        interval: 10,
        dead_interval: 40,
        priority: 9,
        designated: A,
        backup: B,
        neighbours: vec![B],
    };
    let frames = [
        sender.hello(&hello, 1),
        sender.update(&lsas, 2),
        sender.acknowledgment(&lsas, 3),
    ]
    .map(|packet| {
        let mut layer = link(&[], &[]);
        layer.destination = MacAddress::of_group(ALL_ROUTERS);
        frame(&layer, &packet)
    });
    let (_folder, path) = file(&frames);
    assert_clean(&path, "");
    if let Some(rows) = fields(
        &path,
        "ospf",
        &[
            "ospf.msg",
            "ospf.lsa",
            "ospf.lsa.seqnum",
            "ospf.hello.active_neighbor",
            "ospf.auth.type",
            "ospf.hello.router_priority",
        ],
    ) {
        assert_eq!(rows.len(), 3, "{rows:?}");
        let kinds: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(kinds, ["1", "4", "5"]);
        assert_eq!(rows[0][3..], ["10.0.0.2", kind, "9"]);
        let sequences = "0x80000005,0x80000006,0x80000007,0x80000007";
        assert_eq!(rows[1][1..3], ["1,1,3,5", sequences]);
    }
    if let Some(text) = verbose(&path) {
        assert!(
            text.contains("Metric: 70000") && text.contains("External Route Tag: 3489661028"),
            "{text}"
        );
        assert_eq!(text.matches("[correct]").count(), correct, "{text}");
        assert!(!text.to_lowercase().contains("incorrect"), "{text}");
    }
}
