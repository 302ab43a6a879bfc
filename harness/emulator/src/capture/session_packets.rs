//! TCP sessions of BGP and LDP, put together from the messages of the history.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::Ipv4Addr;

use super::bgp_message::{Attributes, BgpMessage, IpPrefix, OspfCommunities, Routes, VpnRoute};
use super::conversation::{Conversation, Event, Party};
use super::ldp_message::{LDP_PORT, LdpMessage};
use super::past::Past;
use super::tcp_connection::Side;
use super::timeline::Source;
use crate::network::{KeepaliveKind, KeptAlive, Message, Moment, Origin, Path, Prefix, Says, Travels, Vrf};

/// Port of BGP.
const BGP_PORT: u16 = 179;
/// TTL of sessions that may be some hops long.
const FAR: u8 = 255;
/// TTL of BGP sessions with another AS on the link.
const NEAR: u8 = 1;

/// Whether a BGP session of a device with a peer's address in an instance is with another AS.
pub type IsExternal<'a> = dyn Fn(usize, &Vrf, Ipv4Addr) -> bool + 'a;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Protocol {
    Bgp,
    Ldp,
}

/// A session: its ends by device and address, the larger address, who is the client, first.
type Ends = (Protocol, [(Ipv4Addr, usize); 2]);

#[derive(Default)]
struct Session<'a> {
    messages: Vec<&'a Message>,
    kept_alive: Vec<&'a KeptAlive>,
    vrfs: BTreeMap<usize, &'a Vrf>,
}

/// The packets of all sessions before an instant, each session a source.
pub fn sources<'a>(past: &'a Past<'a>, is_external: &IsExternal<'_>, to: u64) -> Vec<Source<'a>> {
    let history = past.history();
    let mut sessions: BTreeMap<Ends, Session<'a>> = BTreeMap::new();
    for message in history.messages() {
        let Some(protocol) = protocol_of(&message.says) else {
            continue;
        };
        if let Some((ends, vrf)) = ends(protocol, &message.travels, message.from, message.to) {
            let session = sessions.entry(ends).or_default();
            session.messages.push(message);
            session.vrfs.insert(message.from, vrf);
        }
    }
    for kept in history.kept_alive() {
        let protocol = match kept.what {
            KeepaliveKind::Bgp => Protocol::Bgp,
            KeepaliveKind::Ldp { .. } => Protocol::Ldp,
            KeepaliveKind::LdpHello { .. } | KeepaliveKind::OspfHello { .. } => continue,
        };
        if let Some((ends, vrf)) = ends(protocol, &kept.travels, kept.from, kept.to) {
            let session = sessions.entry(ends).or_default();
            session.kept_alive.push(kept);
            session.vrfs.insert(kept.from, vrf);
        }
    }
    let end = Moment::from_nanos(to);
    let made = sessions.into_iter().enumerate();
    made.map(|(index, (ends, session))| source(past, is_external, (ends, session), index as u64 + 1, end))
        .collect()
}

fn source<'a>(
    past: &'a Past<'a>,
    is_external: &IsExternal<'_>,
    ((protocol, [client, server]), session): (Ends, Session<'a>),
    key: u64,
    end: Moment,
) -> Source<'a> {
    let vrf = |device: usize| session.vrfs.get(&device).map_or(Vrf::Public, |vrf| (*vrf).clone());
    let external = protocol == Protocol::Bgp && is_external(client.1, &vrf(client.1), server.0);
    let party = |(address, device): (Ipv4Addr, usize)| Party {
        device,
        vrf: vrf(device),
        address,
        ttl: if external { NEAR } else { FAR },
    };
    let side = move |device: usize, address: Ipv4Addr| {
        if (address, device) == client {
            Side::Client
        } else {
            Side::Server
        }
    };
    let mut counts = [0_u32; 2];
    let mut number = move |side: Side| {
        let [clients, servers] = &mut counts;
        let count = if side == Side::Client { clients } else { servers };
        *count += 1;
        *count
    };
    let mut said: Vec<(u64, Said<'a>)> = Vec::new();
    let mut opened: BTreeSet<Side> = BTreeSet::new();
    let mut is_open = true;
    for message in session.messages.iter().filter(|message| message.sent < end) {
        let Some(from) = address(&message.travels).map(|source| side(message.from, source)) else {
            continue;
        };
        let at = message.sent.nanos();
        let opens = matches!(message.says, Says::BgpOpen { .. } | Says::LdpInitialization { .. });
        // The first of both ends' openings, or one after a session that had been open.
        if opens && (!is_open || opened.is_empty() || opened.contains(&from)) {
            said.push((at, Said::Opened));
            opened.clear();
            is_open = true;
        }
        if opens {
            opened.insert(from);
        }
        said.push((at, Said::Message(from, &message.says)));
        if matches!(
            message.says,
            Says::BgpNotification { .. } | Says::LdpNotification { .. }
        ) && is_open
        {
            said.push((at, Said::Closed(from)));
            opened.clear();
            is_open = false;
        }
    }
    let mut streams: Vec<Box<dyn Iterator<Item = (u64, Said<'a>)> + 'a>> = vec![Box::new(said.into_iter())];
    for kept in session.kept_alive {
        let Some(from) = address(&kept.travels).map(|source| side(kept.from, source)) else {
            continue;
        };
        let instants = kept.schedule.packets(past.history().earliest(), end);
        streams.push(Box::new(
            instants.map(move |(_, at)| (at.nanos(), Said::Keepalive(from, kept.what))),
        ));
    }
    let events = merged(streams).map(move |(at, said)| {
        let event = match said {
            Said::Opened => Event::Opened,
            Said::Closed(from) => Event::Closed(from),
            Said::Message(from, says) => Event::Message(from, bytes(says, external, || number(from))),
            Said::Keepalive(from, what) => Event::Message(
                from,
                match what {
                    KeepaliveKind::Ldp { lsr_id } => LdpMessage::Keepalive.to_bytes(lsr_id, number(from)),
                    _ => BgpMessage::Keepalive.to_bytes(),
                },
            ),
        };
        (at, event)
    });
    let port = match protocol {
        Protocol::Bgp => BGP_PORT,
        Protocol::Ldp => LDP_PORT,
    };
    Box::new(Conversation::new(
        past,
        party(client),
        party(server),
        port,
        key << 32,
        events,
    ))
}

/// What an end says, before it is written.
#[derive(Clone, Copy)]
enum Said<'a> {
    Opened,
    Message(Side, &'a Says),
    Keepalive(Side, KeepaliveKind),
    Closed(Side),
}

fn protocol_of(says: &Says) -> Option<Protocol> {
    match says {
        Says::BgpOpen { .. } | Says::BgpUpdate { .. } | Says::BgpNotification { .. } => Some(Protocol::Bgp),
        Says::LdpInitialization { .. }
        | Says::LdpMapping { .. }
        | Says::LdpWithdraw { .. }
        | Says::LdpNotification { .. } => Some(Protocol::Ldp),
        Says::OspfUpdate { .. } => None,
    }
}

fn ends(protocol: Protocol, travels: &Travels, from: usize, to: usize) -> Option<(Ends, &Vrf)> {
    let Travels::Routed {
        vrf,
        source,
        destination,
    } = travels
    else {
        return None;
    };
    let mut ends = [(*source, from), (*destination, to)];
    ends.sort_unstable_by_key(|end| Reverse(*end));
    Some(((protocol, ends), vrf))
}

fn address(travels: &Travels) -> Option<Ipv4Addr> {
    match travels {
        Travels::Routed { source, .. } => Some(*source),
        Travels::OnLink { .. } => None,
    }
}

/// A message as it is written.
fn bytes(says: &Says, external: bool, number: impl FnOnce() -> u32) -> Vec<u8> {
    match says {
        Says::BgpOpen {
            as_number,
            router_id,
            hold,
            unicast,
            labelled,
            vpnv4,
        } => BgpMessage::Open {
            as_number: *as_number,
            router_id: *router_id,
            hold_time: *hold,
            unicast: *unicast,
            labelled: *labelled,
            vpnv4: *vpnv4,
        }
        .to_bytes(),
        Says::BgpUpdate {
            announced,
            withdrawn,
            labels_withdrawn,
        } => {
            let labels = labels_withdrawn.iter().map(|prefix| (ip(*prefix), 0)).collect();
            let mut bytes = BgpMessage::Withdraw(Routes::Labelled(labels)).to_bytes();
            bytes.extend(update(announced, withdrawn, external));
            bytes
        }
        Says::BgpNotification { code, subcode } => BgpMessage::Notification {
            code: *code,
            subcode: *subcode,
        }
        .to_bytes(),
        Says::LdpInitialization { lsr_id, receiver, hold } => LdpMessage::Initialization {
            keepalive_time: *hold,
            receiver: *receiver,
        }
        .to_bytes(*lsr_id, number()),
        Says::LdpMapping { lsr_id, address, label } => LdpMessage::LabelMapping {
            address: *address,
            label: *label,
        }
        .to_bytes(*lsr_id, number()),
        Says::LdpWithdraw { lsr_id, address, label } => LdpMessage::LabelWithdraw {
            address: *address,
            label: *label,
        }
        .to_bytes(*lsr_id, number()),
        Says::LdpNotification { lsr_id, status } => {
            LdpMessage::Notification { status: *status }.to_bytes(*lsr_id, number())
        }
        Says::OspfUpdate { .. } => Vec::new(),
    }
}

/// As many UPDATE messages as families and different attributes need, withdrawals first.
fn update(announced: &[(Prefix, Path)], withdrawn: &[(Prefix, Option<String>)], external: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let is_unicast = |route: &&(Prefix, Option<String>)| route.1.is_none();
    let unicast: Vec<IpPrefix> = withdrawn
        .iter()
        .filter(is_unicast)
        .map(|(prefix, _)| ip(*prefix))
        .collect();
    bytes.extend(BgpMessage::Withdraw(Routes::Unicast(unicast)).to_bytes());
    let vpn = withdrawn.iter().filter_map(|(prefix, distinguisher)| {
        Some(VpnRoute {
            route_distinguisher: distinguisher.clone()?,
            label: 0,
            prefix: ip(*prefix),
        })
    });
    bytes.extend(BgpMessage::Withdraw(Routes::Vpnv4(vpn.collect())).to_bytes());
    let mut groups: Vec<(Attributes, Routes)> = Vec::new();
    for (prefix, path) in announced {
        let attributes = attributes(path, external);
        let empty = match (&path.vpn, path.label) {
            (Some(_), _) => Routes::Vpnv4(Vec::new()),
            (None, Some(_)) => Routes::Labelled(Vec::new()),
            (None, None) => Routes::Unicast(Vec::new()),
        };
        let same_family = |routes: &Routes| std::mem::discriminant(routes) == std::mem::discriminant(&empty);
        let known = groups
            .iter()
            .position(|(known, routes)| *known == attributes && same_family(routes));
        let index = known.unwrap_or_else(|| {
            groups.push((attributes, empty));
            groups.len() - 1
        });
        match (groups.get_mut(index).map(|(_, routes)| routes), &path.vpn) {
            (Some(Routes::Vpnv4(routes)), Some(vpn)) => routes.push(VpnRoute {
                route_distinguisher: vpn.to_string(),
                label: path.label.unwrap_or(0),
                prefix: ip(*prefix),
            }),
            (Some(Routes::Labelled(routes)), None) => routes.push((ip(*prefix), path.label.unwrap_or(0))),
            (Some(Routes::Unicast(routes)), None) => routes.push(ip(*prefix)),
            _ => {}
        }
    }
    for (attributes, routes) in groups {
        bytes.extend(BgpMessage::Announce(attributes, routes).to_bytes());
    }
    bytes
}

fn attributes(path: &Path, external: bool) -> Attributes {
    Attributes {
        origin: match path.attributes.origin {
            Origin::Igp => 0,
            Origin::Egp => 1,
            Origin::Incomplete => 2,
        },
        as_path: path.attributes.as_path.clone(),
        next_hop: path.next_hop,
        med: Some(path.attributes.med),
        local_preference: (!external).then_some(path.attributes.local_preference),
        communities: path.attributes.communities.clone(),
        originator: path.attributes.originator,
        clusters: path.attributes.clusters.clone(),
        route_targets: path.attributes.targets.iter().map(ToString::to_string).collect(),
        ospf: path.attributes.ospf.map(|origin| OspfCommunities {
            domain: origin.domain,
            area: origin.area,
            route_type: origin.route_type(),
            router_id: origin.router_id,
        }),
    }
}

fn ip(prefix: Prefix) -> IpPrefix {
    IpPrefix {
        address: prefix.address(),
        length: prefix.length(),
    }
}

/// Several streams in the order of time as one; at the same instant the earlier stream comes first.
fn merged<'a, T: 'a>(mut streams: Vec<Box<dyn Iterator<Item = (u64, T)> + 'a>>) -> impl Iterator<Item = (u64, T)> + 'a {
    let mut waiting: Vec<Option<(u64, T)>> = streams.iter_mut().map(Iterator::next).collect();
    let at = |index: usize, item: &Option<(u64, T)>| Some(Reverse((item.as_ref()?.0, index)));
    let mut next: BinaryHeap<Reverse<(u64, usize)>> = waiting
        .iter()
        .enumerate()
        .filter_map(|(index, item)| at(index, item))
        .collect();
    std::iter::from_fn(move || {
        let Reverse((_, index)) = next.pop()?;
        let following = streams.get_mut(index)?.next();
        next.extend(following.as_ref().map(|(at, _)| Reverse((*at, index))));
        std::mem::replace(waiting.get_mut(index)?, following)
    })
}
