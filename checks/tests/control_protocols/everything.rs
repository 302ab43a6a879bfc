//! Any bytes given to every decoder, to a TCP stream and to the observer of the control plane: as properties, on the kept
//! corpus and by the fuzzer.

use std::net::IpAddr;

use checks::capture::Timestamp;
use checks::capture::event::{Carried, ControlPacket, ControlPlane, Encapsulation, IpEnds, PointId, Sighting, TcpEnds};
use checks::capture::protocol::bgp::{BgpFraming, Family, Message, Negotiated};
use checks::capture::protocol::ldp::{LdpFraming, Pdu};
use checks::capture::protocol::{
    Arrival, Framing, Limits, Segment, StreamItem, TcpStream, bfd, isis, lsp_ping, ospf, vrrp,
};

/// All decoders.
pub fn decoders(bytes: &[u8]) {
    let agreed = bytes.first().is_some_and(|first| first & 1 == 1);
    let negotiated = if agreed {
        Negotiated {
            four_octet_as: Some(false),
            add_path: Some(vec![Family::IPV4_UNICAST, Family::VPNV4]),
        }
    } else {
        Negotiated::default()
    };
    let _ = Message::decode(bytes, &negotiated);
    if let Ok(control) = bfd::Control::decode(bytes) {
        let _ = control.violations(bfd::SessionKind::SingleHop, bytes.first().copied());
    }
    let _ = Pdu::decode(bytes);
    let _ = ospf::Packet::decode(bytes);
    let _ = isis::Pdu::decode(bytes);
    let _ = vrrp::Advertisement::decode(bytes, agreed);
    let _ = lsp_ping::LspPing::decode(bytes);
    assert!(BgpFraming.resynchronise(bytes) <= bytes.len());
    assert!(LdpFraming.resynchronise(bytes) <= bytes.len());
    // With the right beginning more of a decoder is reached.
    let length = (19 + bytes.len() as u16).to_be_bytes();
    let mut message = vec![0xff; 16];
    message.extend(length);
    message.push(0);
    message.extend(bytes);
    for kind in 1..=5 {
        message[18] = kind;
        let _ = Message::decode(&message, &negotiated);
    }
    let mut frame = vec![0xfe, 0xfe, 0x03, 0x83];
    frame.extend(bytes);
    let _ = isis::Pdu::decode(&frame);
    let mut pdu = vec![0, 1];
    pdu.extend((bytes.len() as u16).to_be_bytes());
    pdu.extend(bytes);
    let _ = Pdu::decode(&pdu);
    let mut packet = bytes.to_vec();
    for version in [2, 3] {
        if let Some(first) = packet.first_mut() {
            *first = version;
        }
        let _ = ospf::Packet::decode(&packet);
    }
}

/// Takes so many bytes off the front.
fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(count.min(bytes.len()));
    *bytes = rest;
    taken
}

fn byte(bytes: &mut &[u8]) -> u8 {
    take(bytes, 1).first().copied().unwrap_or_default()
}

/// The bytes as segments of one stream: sequence, flags, length, payload.
pub fn stream(bytes: &[u8]) {
    fn feed<F: Framing + Default>(mut bytes: &[u8]) {
        let limits = Limits {
            held_segments: 4,
            held_bytes: 600,
        };
        let mut stream = TcpStream::new(F::default(), limits);
        let mut sink = |item: StreamItem<'_>| {
            if let StreamItem::Message(message) = item {
                assert!(!message.bytes.is_empty() && message.bytes.len() <= F::LONGEST);
            }
        };
        let mut packet = 0;
        while !bytes.is_empty() {
            packet += 1;
            let high = u32::from(byte(&mut bytes));
            let sequence = (high << 24 | high << 4) + u32::from(byte(&mut bytes));
            let flags = byte(&mut bytes);
            let length = usize::from(byte(&mut bytes));
            let payload = take(&mut bytes, length);
            let arrival = Arrival {
                time: Timestamp::from_nanoseconds(packet),
                packet: packet.cast_unsigned(),
            };
            let segment = Segment {
                sequence,
                syn: flags & 2 != 0,
                payload,
                wire_length: payload.len() as u32 + u32::from(flags >> 4),
                arrival,
            };
            stream.segment(segment, &mut sink);
            if flags & 1 != 0 {
                stream.acknowledged(sequence.wrapping_add(payload.len() as u32), &mut sink);
            }
        }
        stream.finish(&mut sink);
    }
    feed::<BgpFraming>(bytes);
    feed::<LdpFraming>(bytes);
}

/// The bytes as control packets at two points: kind, length, payload.
pub fn observer(mut bytes: &[u8]) {
    let mut observer = ControlPlane::new();
    let mut packet = 0;
    while !bytes.is_empty() {
        packet += 1;
        let kind = byte(&mut bytes);
        let length = usize::from(byte(&mut bytes));
        let payload = take(&mut bytes, length);
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        let ip = IpEnds {
            source: address(kind & 3),
            destination: address(3 - (kind & 3)),
            ttl: 255,
            identification: Some(u16::from(kind >> 2)),
            fragment: false,
        };
        let udp = |destination_port| Carried::Udp {
            ip,
            source_port: 50_000,
            destination_port,
            payload,
        };
        let tcp = |port| Carried::Tcp {
            ip,
            tcp: TcpEnds {
                source_port: if kind & 1 == 0 { port } else { 40_000 },
                destination_port: if kind & 1 == 0 { 40_000 } else { port },
                sequence: u32::from(kind) * 16,
                acknowledgement: Some(u32::from(kind)),
                syn: kind & 0x80 != 0,
                fin: kind & 0x40 != 0,
                rst: false,
            },
            payload,
            wire_length: payload.len() as u32,
        };
        let carried = match kind >> 2 & 15 {
            0 => udp(4784),
            1 => udp(646),
            2 => udp(3503),
            3 => udp(6784),
            4 | 5 => tcp(179),
            6 => tcp(646),
            7 => Carried::Ip {
                ip,
                protocol: 89,
                payload,
            },
            8 => Carried::Ip {
                ip,
                protocol: 112,
                payload,
            },
            9 => Carried::Llc {
                source: (kind & 1 == 0).then_some([kind; 6]),
                destination: Some([0; 6]),
                payload,
            },
            11 => Carried::Iso { payload },
            10 => Carried::Channel {
                channel_type: 7,
                payload,
            },
            _ => udp(3784),
        };
        let seen = Sighting {
            time: Timestamp::from_nanoseconds(packet * 1_000_000),
            point: PointId(u16::from(kind >> 7)),
            file: 0,
            packet: packet.cast_unsigned(),
        };
        observer.observe(&ControlPacket {
            seen,
            encapsulation: Encapsulation::default(),
            carried,
        });
    }
    let report = observer.finish();
    for event in &report.events {
        assert!(!event.summary().is_empty());
    }
    assert!(report.events.is_sorted_by_key(|event| event.seen));
}
