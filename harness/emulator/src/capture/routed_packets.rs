//! Packets without a connection that are forwarded like any other: targeted hellos of LDP (RFC 5036 §2.4.2), BFD over
//! several hops (RFC 5883).

use std::rc::Rc;

use super::bfd_packet;
use super::ldp_message::{LDP_PORT, LdpMessage};
use super::past::Past;
use super::timeline::{Content, Departure, Source};
use crate::network::{BfdTrain, KeepaliveKind, KeptAlive, MULTIHOP_PORT, MULTIHOP_TTL, Moment, Packet, Travels};
use crate::traffic::DataPlane;

/// The protocol number of UDP.
const UDP: u8 = 17;
/// The TTL that they are sent with.
const TTL: u8 = 255;

/// All of them that set out from an instant on and before another.
pub fn sources<'a>(past: &'a Past<'a>, window: (u64, u64)) -> Vec<Source<'a>> {
    let far = past
        .history()
        .bfd()
        .filter(|train| matches!(train.travels, Travels::Routed { .. }));
    let bfd = far.map(|train| -> Source<'a> { Box::new(bfd_row(past, train, window)) });
    let targeted = |kept: &&KeptAlive| matches!(kept.what, KeepaliveKind::LdpHello { targeted: true, .. });
    let rows = past.history().kept_alive().filter(targeted);
    rows.map(|kept| -> Source<'a> { Box::new(hello_row(past, kept, window)) })
        .chain(bfd)
        .collect()
}

fn hello_row<'a>(past: &'a Past<'a>, kept: &'a KeptAlive, window: (u64, u64)) -> impl Iterator<Item = Departure> + 'a {
    let from = Moment::from_nanos(window.0).max(past.history().earliest());
    let instants = kept.schedule.packets(from, Moment::from_nanos(window.1));
    instants.filter_map(move |(number, at)| {
        let (
            Travels::Routed {
                vrf,
                source,
                destination,
            },
            KeepaliveKind::LdpHello {
                lsr_id,
                transport,
                hold,
                ..
            },
        ) = (&kept.travels, kept.what)
        else {
            return None;
        };
        let packet = Packet {
            source: *source,
            destination: *destination,
            protocol: UDP,
            ports: (LDP_PORT, LDP_PORT),
            ttl: TTL,
            number,
        };
        let path = past.walk(at.nanos(), kept.from, vrf, packet, kept.schedule.seed ^ number);
        let hello = LdpMessage::Hello {
            hold_time: hold,
            targeted: true,
            transport_address: transport,
        };
        Some(Departure {
            at: at.nanos(),
            path: Rc::new(path),
            content: Content::Packet(hello.hello_packet(*source, Some(*destination), lsr_id, number).into()),
        })
    })
}

fn bfd_row<'a>(past: &'a Past<'a>, train: &'a BfdTrain, window: (u64, u64)) -> impl Iterator<Item = Departure> + 'a {
    let from = Moment::from_nanos(window.0).max(past.history().earliest());
    let instants = train.schedule.packets(from, Moment::from_nanos(window.1));
    instants.filter_map(move |(number, at)| {
        let Travels::Routed {
            vrf,
            source,
            destination,
        } = &train.travels
        else {
            return None;
        };
        let packet = Packet {
            source: *source,
            destination: *destination,
            protocol: UDP,
            ports: (train.source_port, MULTIHOP_PORT),
            ttl: MULTIHOP_TTL,
            number,
        };
        let path = past.walk(at.nanos(), train.device, vrf, packet, train.schedule.seed ^ number);
        let to = (*destination, MULTIHOP_PORT);
        let bytes = bfd_packet::packet(train.packet, (*source, train.source_port), to, number as u16);
        Some(Departure {
            at: at.nanos(),
            path: Rc::new(path),
            content: Content::Packet(bytes.into()),
        })
    })
}
