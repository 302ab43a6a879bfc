//! Packets without a connection that are forwarded like any other: targeted hellos of LDP (RFC 5036 §2.4.2), BFD over
//! several hops (RFC 5883).

use std::net::Ipv4Addr;
use std::rc::Rc;

use super::bfd_packet;
use super::ldp_message::{LDP_PORT, LdpMessage};
use super::past::Past;
use super::timeline::{Content, Departure, Source};
use crate::network::{
    BfdTrain, KeepaliveKind, KeptAlive, MULTIHOP_PORT, MULTIHOP_TTL, Moment, Packet, Schedule, Travels,
};
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
    let row = Row {
        device: kept.from,
        schedule: kept.schedule,
        travels: &kept.travels,
        ports: (LDP_PORT, LDP_PORT),
        ttl: TTL,
    };
    row.departures(past, window, move |source, destination, number| {
        let KeepaliveKind::LdpHello {
            lsr_id,
            transport,
            hold,
            ..
        } = kept.what
        else {
            return None;
        };
        let hello = LdpMessage::Hello {
            hold_time: hold,
            targeted: true,
            transport_address: transport,
        };
        Some(hello.hello_packet(source, Some(destination), lsr_id, number))
    })
}

fn bfd_row<'a>(past: &'a Past<'a>, train: &'a BfdTrain, window: (u64, u64)) -> impl Iterator<Item = Departure> + 'a {
    let row = Row {
        device: train.device,
        schedule: train.schedule,
        travels: &train.travels,
        ports: (train.source_port, MULTIHOP_PORT),
        ttl: MULTIHOP_TTL,
    };
    row.departures(past, window, move |source, destination, number| {
        let (from, to) = ((source, train.source_port), (destination, MULTIHOP_PORT));
        Some(bfd_packet::packet(train.packet, from, to, number as u16))
    })
}

/// Packets between the same two addresses, each forwarded by the tables of its instant.
struct Row<'a> {
    device: usize,
    schedule: Schedule,
    travels: &'a Travels,
    ports: (u16, u16),
    ttl: u8,
}

impl<'a> Row<'a> {
    /// Those that set out in a window, with what `bytes` makes of the source, the destination and the number of each.
    fn departures(
        self,
        past: &'a Past<'a>,
        window: (u64, u64),
        bytes: impl Fn(Ipv4Addr, Ipv4Addr, u64) -> Option<Vec<u8>> + 'a,
    ) -> impl Iterator<Item = Departure> + 'a {
        let from = Moment::from_nanos(window.0).max(past.history().earliest());
        let instants = self.schedule.packets(from, Moment::from_nanos(window.1));
        instants.filter_map(move |(number, at)| {
            let Travels::Routed {
                vrf,
                source,
                destination,
            } = self.travels
            else {
                return None;
            };
            let packet = Packet {
                source: *source,
                destination: *destination,
                protocol: UDP,
                ports: self.ports,
                ttl: self.ttl,
                number,
            };
            let bytes = bytes(*source, *destination, number)?;
            let path = past.walk(at.nanos(), self.device, vrf, packet, self.schedule.seed ^ number);
            Some(Departure {
                at: at.nanos(),
                path: Rc::new(path),
                content: Content::Packet(bytes.into()),
            })
        })
    }
}
