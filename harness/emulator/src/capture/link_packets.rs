//! Packets that cross one link and no further: BFD, hellos of LDP and OSPF, flooding of OSPF.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::rc::Rc;

use super::ldp_message::LdpMessage;
use super::ospf_packet::{Lsa, LsaBody, OspfHello, OspfSender, RouterLink, mask};
use super::past::Past;
use super::timeline::{Content, Departure, Source};
use super::{bfd_packet, ldp_message, ospf_packet};
use crate::interface_name::InterfaceName;
use crate::network::{
    BfdTrain, Contender, KeepaliveKind, KeptAlive, LinkStates, Message, Moment, RouterLinks, Says, Travels, Way,
    elected,
};

/// TTL of BFD packets (RFC 5881 §5).
const BFD_TTL: u8 = 255;
/// TTL of packets to groups on the link.
const LINK_TTL: u8 = 1;
/// How long a router takes to acknowledge an LSA, in nanoseconds.
const ACKNOWLEDGE: u64 = 1_000_000;
/// Seconds that an LSA ages on a link (RFC 2328 appendix B, `InfTransDelay`).
const TRANSMISSION_AGE: u64 = 1;
/// Age at which an LSA is not used any more, in seconds.
const MAX_AGE: u64 = 3_600;
/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// All such packets on these links, from an instant on and before another.
pub fn sources<'a>(past: &'a Past<'a>, links: &BTreeSet<usize>, window: (u64, u64)) -> Vec<Source<'a>> {
    let history = past.history();
    let mut sources: Vec<Source<'a>> = Vec::new();
    let is_within = |schedule: &crate::network::Schedule| {
        schedule.since.nanos() < window.1 && schedule.until.is_none_or(|until| until.nanos() > window.0)
    };
    for train in history.bfd() {
        let is_here = on_link(&train.travels).is_some_and(|(way, ..)| links.contains(&way.link));
        if is_here && is_within(&train.schedule) {
            sources.push(Box::new(bfd(past, train, window)));
        }
    }
    for kept in history.kept_alive() {
        if let Travels::OnLink { way, .. } = &kept.travels
            && links.contains(&way.link)
            && is_within(&kept.schedule)
        {
            sources.push(Box::new(hellos(past, kept, window)));
        }
    }
    // One source a way: on one way they come in the order of time, and so do their acknowledgments.
    for way in links
        .iter()
        .flat_map(|link| [0, 1].map(|from| Way { link: *link, from }))
    {
        let flooded = move || {
            history.messages().filter(move |message| {
                let is_here = on_link(&message.travels).is_some_and(|(on, ..)| on == way);
                is_here && (window.0..window.1).contains(&message.sent.nanos())
            })
        };
        sources.push(Box::new(flooded().filter_map(|message| update(past, message))));
        sources.push(Box::new(flooded().filter_map(|message| acknowledgment(past, message))));
    }
    sources
}

fn bfd<'a>(past: &'a Past<'a>, train: &'a BfdTrain, window: (u64, u64)) -> impl Iterator<Item = Departure> + 'a {
    let (from, to) = (Moment::from_nanos(window.0), Moment::from_nanos(window.1));
    train.schedule.packets(from, to).filter_map(move |(number, at)| {
        let (way, interface, source) = on_link(&train.travels)?;
        let lost = |loss| train.loses(number, loss);
        let path = past.over_link(at.nanos(), way, interface, (None, BFD_TTL), lost);
        let destination = (train.destination, bfd_packet::SINGLE_HOP_PORT);
        let packet = bfd_packet::packet(train.packet, (source, train.source_port), destination, number as u16);
        Some(departure(at.nanos(), path, packet))
    })
}

fn hellos<'a>(past: &'a Past<'a>, kept: &'a KeptAlive, window: (u64, u64)) -> impl Iterator<Item = Departure> + 'a {
    let (from, to) = (Moment::from_nanos(window.0), Moment::from_nanos(window.1));
    kept.schedule.packets(from, to).filter_map(move |(number, at)| {
        let (way, interface, source) = on_link(&kept.travels)?;
        let at = at.nanos();
        let interval = kept.schedule.interval.as_secs();
        let (packet, group) = match kept.what {
            KeepaliveKind::LdpHello {
                lsr_id,
                transport,
                hold,
                targeted,
            } => {
                let hello = LdpMessage::Hello {
                    hold_time: hold,
                    targeted,
                    transport_address: transport,
                };
                let packet = hello.hello_packet(source, None, lsr_id, number);
                (packet, ldp_message::ALL_ROUTERS)
            }
            KeepaliveKind::OspfHello {
                router_id,
                area,
                neighbour,
                dead,
                authentication,
            } => {
                let sender = OspfSender {
                    router_id,
                    area,
                    address: source,
                    authentication,
                };
                let hello = ospf_hello(past, kept, &sender, neighbour, (at, interval, dead));
                (sender.hello(&hello, number as u16), ospf_packet::ALL_ROUTERS)
            }
            KeepaliveKind::Bgp | KeepaliveKind::Ldp { .. } => return None,
        };
        let lost = |loss| draw(kept.schedule.seed ^ number) < loss;
        let path = past.over_link(at, way, interface, (Some(group), LINK_TTL), lost);
        Some(departure(at, path, packet))
    })
}

/// What a router says of a link, after it has waited for whoever is designated there.
fn ospf_hello(
    past: &Past<'_>,
    kept: &KeptAlive,
    sender: &OspfSender,
    neighbour: Option<Ipv4Addr>,
    (at, interval, dead_interval): (u64, u64, u32),
) -> OspfHello {
    let own = on_link(&kept.travels).and_then(|(_, name, _)| past.interface(kept.from, name, at));
    let other = own.and_then(|own| {
        let (device, index) = own.far_end?;
        let epoch = past.history().epoch(device, Moment::from_nanos(at))?;
        let far = epoch.interfaces.get(index)?;
        Some((far.address?.0, far.ospf_link.priority))
    });
    let has_designated = own.is_some_and(|own| own.ospf_network_type.as_deref().unwrap_or("broadcast") == "broadcast");
    let priority = own.map_or(1, |own| own.ospf_link.priority);
    let contender = |priority, router_id, address| Contender {
        priority,
        router_id,
        address,
    };
    let mut contenders = vec![contender(priority, sender.router_id, sender.address)];
    let heard = neighbour.zip(other);
    contenders.extend(heard.map(|(id, (address, priority))| contender(priority, id, address)));
    let (designated, backup) = if has_designated {
        elected(&contenders)
    } else {
        (None, None)
    };
    let [designated, backup] = [designated, backup].map(|address| address.unwrap_or(Ipv4Addr::UNSPECIFIED));
    OspfHello {
        mask_length: own.and_then(|own| own.address).map_or(0, |(_, length)| length),
        interval: u16::try_from(interval).unwrap_or(u16::MAX),
        dead_interval,
        priority,
        designated,
        backup,
        neighbours: neighbour.into_iter().collect(),
    }
}

fn update(past: &Past<'_>, message: &Message) -> Option<Departure> {
    let (way, interface, address) = on_link(&message.travels)?;
    let Says::OspfUpdate {
        router_id,
        area,
        authentication,
        lsas,
    } = &message.says
    else {
        return None;
    };
    let sender = OspfSender {
        router_id: *router_id,
        area: *area,
        address,
        authentication: *authentication,
    };
    let packet = sender.update(&encoded(lsas, message.sent), message.sent.nanos() as u16);
    let to = (Some(ospf_packet::ALL_ROUTERS), LINK_TTL);
    let path = past.over_link(message.sent.nanos(), way, interface, to, |_| false);
    Some(departure(message.sent.nanos(), path, packet))
}

/// The answer to an update that has arrived.
fn acknowledgment(past: &Past<'_>, message: &Message) -> Option<Departure> {
    let arrived = update(past, message)?;
    let at = arrived
        .path
        .delivered
        .then(|| arrived.at + arrived.path.duration + ACKNOWLEDGE)?;
    let (way, ..) = on_link(&message.travels)?;
    let Says::OspfUpdate {
        area,
        authentication,
        lsas,
        ..
    } = &message.says
    else {
        return None;
    };
    // Who answers is told by its own hellos on the link.
    let (router_id, interface, address) =
        past.history()
            .kept_alive()
            .find_map(|kept| match (&kept.travels, kept.what) {
                (
                    Travels::OnLink {
                        way: back,
                        interface,
                        source,
                    },
                    KeepaliveKind::OspfHello { router_id, .. },
                ) if *back == way.back() => Some((router_id, interface, *source)),
                _ => None,
            })?;
    let sender = OspfSender {
        router_id,
        area: *area,
        address,
        authentication: *authentication,
    };
    let packet = sender.acknowledgment(&encoded(lsas, message.sent), at as u16);
    let to = (Some(ospf_packet::ALL_ROUTERS), LINK_TTL);
    let path = past.over_link(at, way.back(), interface, to, |_| false);
    Some(departure(at, path, packet))
}

fn encoded(lsas: &LinkStates, sent: Moment) -> Vec<Lsa> {
    let age = sent.since(lsas.originated).as_nanos() as u64 / SECOND + TRANSMISSION_AGE;
    let lsa = |down, body| Lsa {
        age: age.min(MAX_AGE) as u16,
        origin: lsas.origin,
        sequence: lsas.sequence,
        down,
        body,
    };
    let router = lsas.router.iter().map(|router| lsa(false, router_body(router)));
    let summaries = lsas.summaries.iter().map(|(prefix, cost)| {
        let body = LsaBody::Summary {
            network: prefix.address(),
            mask_length: prefix.length(),
            metric: *cost,
        };
        lsa(true, body)
    });
    let externals = lsas.externals.iter().map(|(prefix, external)| {
        let body = LsaBody::External {
            network: prefix.address(),
            mask_length: prefix.length(),
            type_2: external.type_2,
            metric: external.metric,
            forwarding: external.forwarding.unwrap_or(Ipv4Addr::UNSPECIFIED),
            tag: external.tag,
        };
        lsa(external.down, body)
    });
    router.chain(summaries).chain(externals).collect()
}

fn router_body(router: &RouterLinks) -> LsaBody {
    let neighbours = router.neighbours.iter().map(|(id, data, cost)| RouterLink {
        id: *id,
        data: *data,
        kind: 1,
        metric: u16::try_from(*cost).unwrap_or(u16::MAX),
    });
    let networks = router.networks.iter().map(|(prefix, cost)| RouterLink {
        id: prefix.address(),
        data: Ipv4Addr::from(mask(prefix.length())),
        kind: 3,
        metric: u16::try_from(*cost).unwrap_or(u16::MAX),
    });
    LsaBody::Router {
        border: router.border,
        outside_border: router.outside_border,
        links: neighbours.chain(networks).collect(),
    }
}

fn on_link(travels: &Travels) -> Option<(Way, &InterfaceName, Ipv4Addr)> {
    match travels {
        Travels::OnLink { way, interface, source } => Some((*way, interface, *source)),
        Travels::Routed { .. } => None,
    }
}

/// A fraction below 1 that depends on a number alone.
fn draw(number: u64) -> f64 {
    let state = number
        .wrapping_add(0x9e37_79b9_7f4a_7c15)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (state >> 32) as f64 / (1_u64 << 32) as f64
}

fn departure(at: u64, path: crate::traffic::Path, packet: Vec<u8>) -> Departure {
    Departure {
        at,
        path: Rc::new(path),
        content: Content::Packet(packet.into()),
    }
}
