//! Static routes: next hops looked up, BFD sessions tracked.

use std::net::Ipv4Addr;

use super::bfd::{BfdSession, BfdState};
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

/// A route is withdrawn while the session that it tracks is Down. It stays while that is shut down at either end, and
/// when there is no session of that name.
fn is_allowed(route: &StaticRoute, bfd: &[BfdSession]) -> bool {
    route.track.as_ref().is_none_or(|name| {
        bfd.iter().find(|session| session.name == *name).is_none_or(|session| {
            !matches!(session.state, BfdState::Down | BfdState::Init) || session.peer_is_shut_down
        })
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
    // A route cannot rest on itself, nor on a tunnel.
    let usable = |by: &Route| {
        !(by.protocol == Protocol::Static && by.prefix == route.prefix)
            && matches!(by.via, Via::Link(_) | Via::Gateway(..) | Via::Null)
    };
    let found = known.and_then(|rib| longest_match_of(rib, route.next_hop, usable));
    found
        .into_iter()
        .flatten()
        .filter(|by| usable(by))
        .map(|by| {
            let via = match by.via {
                Via::Link(index) => Via::Gateway(index, route.next_hop),
                ref other => other.clone(),
            };
            made(route, true, by.interface.clone(), via)
        })
        .collect()
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
