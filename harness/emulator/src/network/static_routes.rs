//! Static routes: next hops looked up, BFD sessions tracked.

use std::net::Ipv4Addr;

use super::bfd::BfdSession;
use super::interfaces::Interface;
use super::prefix::{Prefix, Vrf};
use super::rib::{Protocol, Rib, Route, Via, longest_match_of};
use crate::configuration::Configuration;
use crate::interface_name::InterfaceName;

/// A configured static route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticRoute {
    vrf: Vrf,
    prefix: Prefix,
    interface: Option<InterfaceName>,
    /// It leads nowhere (NULL0).
    null: bool,
    next_hop: Ipv4Addr,
    preference: u8,
    tag: u32,
    track: Option<String>,
}

impl StaticRoute {
    /// The instance and the prefix that it is for.
    pub fn destination(&self) -> (&Vrf, Prefix) {
        (&self.vrf, self.prefix)
    }

    /// The next hop, if it has to be looked up.
    pub fn looked_up(&self) -> Option<Ipv4Addr> {
        (self.interface.is_none() && !self.null).then_some(self.next_hop)
    }
}

/// Preference of a route that is given none, and no default.
const PREFERENCE: u8 = 60;

/// The static routes of a configuration.
pub fn configured(configuration: &Configuration) -> Vec<StaticRoute> {
    let lines = || {
        let lines = configuration.lines.iter();
        lines.filter_map(|line| line.text.strip_prefix("ip route-static "))
    };
    let default = lines()
        .find_map(|text| text.strip_prefix("default-preference ")?.parse().ok())
        .unwrap_or(PREFERENCE);
    lines().filter_map(|text| read(text, default)).collect()
}

/// Reads what follows `ip route-static`. A route to an interface without a next hop is none: an Ethernet needs one.
pub fn parse(text: &str) -> Option<StaticRoute> {
    read(text, PREFERENCE)
}

fn read(text: &str, preference: u8) -> Option<StaticRoute> {
    let mut words = text.split(' ').peekable();
    let mut first = words.next()?;
    let mut vrf = Vrf::Public;
    if first == "vpn-instance" {
        vrf = Vrf::Instance(words.next()?.to_owned());
        first = words.next()?;
    }
    let prefix = Prefix::with_mask(first, words.next()?)?;
    let gateway = words.next()?;
    let null = gateway == "NULL0";
    let (interface, next_hop) = match gateway.parse() {
        _ if null => (None, Ipv4Addr::UNSPECIFIED),
        Ok(next_hop) => (None, next_hop),
        Err(_) => (Some(InterfaceName::parse(gateway)?), words.next()?.parse().ok()?),
    };
    let mut route = StaticRoute {
        vrf,
        prefix,
        interface,
        null,
        next_hop,
        preference,
        tag: 0,
        track: None,
    };
    while let Some(word) = words.next() {
        match word {
            "preference" => route.preference = words.next()?.parse().ok()?,
            "tag" => route.tag = words.next()?.parse().ok()?,
            "track" => {
                words.next()?;
                route.track = Some(words.next()?.to_owned());
            }
            // What is said behind a description may be anything; nothing else follows.
            "description" => break,
            _ => return None,
        }
    }
    Some(route)
}

/// Most routes that one is looked up in, one after the other.
const MOST_LOOKED_UP: usize = 64;

/// The active static routes of an instance; next hops are looked up in what the instance knew before.
pub fn routes<'a>(
    configured: impl IntoIterator<Item = &'a StaticRoute>,
    vrf: &Vrf,
    interfaces: &[Interface],
    bfd: &[BfdSession],
    known: Option<&Rib>,
) -> Vec<Route> {
    configured
        .into_iter()
        .filter(|route| route.vrf == *vrf && is_allowed(route, bfd))
        .flat_map(|route| match &route.interface {
            Some(name) => on_interface(route, name, interfaces),
            None if route.null => vec![made(route, false, None, Via::Null)],
            None => recursive(route, known),
        })
        .collect()
}

/// A route is withdrawn while the session that it tracks is Down, or waits to restore. It stays while that is shut down at either end, and
/// when there is no session of that name.
fn is_allowed(route: &StaticRoute, bfd: &[BfdSession]) -> bool {
    route.track.as_ref().is_none_or(|name| {
        bfd.iter()
            .find(|session| session.name == *name)
            .is_none_or(|session| !session.has_failed())
    })
}

fn on_interface(route: &StaticRoute, name: &InterfaceName, interfaces: &[Interface]) -> Vec<Route> {
    let index = interfaces
        .iter()
        .position(|interface| interface.name == *name && interface.protocol && interface.vrf == route.vrf);
    index
        .map(|index| made(route, false, Some(name.clone()), Via::Gateway(index, route.next_hop)))
        .into_iter()
        .collect()
}

fn recursive(route: &StaticRoute, known: Option<&Rib>) -> Vec<Route> {
    let found = known.and_then(|rib| rests_on(rib, route.prefix, route.next_hop));
    found
        .into_iter()
        .flatten()
        .filter(|by| is_usable(by, route.prefix))
        .filter(|by| known.is_some_and(|rib| ends_elsewhere(rib, by, &mut vec![route.prefix])))
        .map(|by| {
            let via = match by.via {
                Via::Link(index) => Via::Gateway(index, route.next_hop),
                ref other => other.clone(),
            };
            made(route, true, by.interface.clone(), via)
        })
        .collect()
}

/// A route cannot rest on itself, nor on a tunnel.
fn is_usable(by: &Route, prefix: Prefix) -> bool {
    !(by.protocol == Protocol::Static && by.prefix == prefix)
        && matches!(by.via, Via::Link(_) | Via::Gateway(..) | Via::Null)
}

/// What a static route to a prefix rests on.
fn rests_on(rib: &Rib, prefix: Prefix, next_hop: Ipv4Addr) -> Option<&[Route]> {
    longest_match_of(rib, next_hop, |by| is_usable(by, prefix))
}

/// Whether a route rests in the end on one that is not looked up in others, not on those that rest on it.
fn ends_elsewhere(rib: &Rib, by: &Route, above: &mut Vec<Prefix>) -> bool {
    if !by.recursive || matches!(by.via, Via::Null) {
        return true;
    }
    if above.contains(&by.prefix) || above.len() > MOST_LOOKED_UP {
        return false;
    }
    above.push(by.prefix);
    let below = rests_on(rib, by.prefix, by.next_hop);
    below.is_none_or(|below| {
        let mut usable = below.iter().filter(|below| is_usable(below, by.prefix));
        usable.any(|below| ends_elsewhere(rib, below, above))
    })
}

fn made(route: &StaticRoute, recursive: bool, interface: Option<InterfaceName>, via: Via) -> Route {
    Route {
        prefix: route.prefix,
        protocol: Protocol::Static,
        preference: route.preference,
        cost: 0,
        next_hop: route.next_hop,
        recursive,
        interface,
        via,
        neighbour: None,
        process: 0,
        tag: route.tag,
        ospf: None,
        backup: None,
    }
}
