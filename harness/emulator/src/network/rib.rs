//! Routing tables: the best routes of every instance, by preference, with equal ones side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::ospf_instance::OspfOrigin;
use super::prefix::{Prefix, Vrf};
use super::shared::Shared;
use super::shared_table::SharedTable;
use crate::interface_name::InterfaceName;

/// Where a route comes from, best first when preferences are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// A connected network or an own address.
    Direct,
    /// OSPF, within an area or between areas.
    Ospf,
    /// A static route.
    Static,
    /// OSPF, from outside of it.
    OspfAse,
    /// BGP, from a peer of another AS.
    Ebgp,
    /// BGP, from a peer of the same AS.
    Ibgp,
    /// BGP, from another VPN instance of the device.
    Bgp,
}

/// How packets that a route matches are sent on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// They are for the device itself.
    Local,
    /// The destination is on the link.
    Link(usize),
    /// To a gateway on the link.
    Gateway(usize, Ipv4Addr),
    /// Nowhere: they are dropped (NULL0).
    Null,
    /// By the routes to a prefix of an instance, whose label they came with.
    Instance(Vrf, Prefix),
    /// Along a tunnel.
    Tunnel {
        /// The address where it ends.
        egress: Ipv4Addr,
        /// What carries it from here.
        carrier: Carrier,
        /// The labels below, the outermost first.
        labels: Vec<u32>,
    },
}

/// All ways of an LSP.
pub const ALL_WAYS: u8 = u8::MAX;

/// What carries labelled packets from a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// The LSP of LDP to this address, by at most so many of its ways; [`ALL_WAYS`] is by all.
    Lsp(Ipv4Addr, u8),
    /// A link, to a gateway that gave the label itself.
    Link(usize, Ipv4Addr),
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its destination.
    pub prefix: Prefix,
    /// Where it comes from.
    pub protocol: Protocol,
    /// Its preference; the lowest wins.
    pub preference: u8,
    /// Its cost within its protocol.
    pub cost: u32,
    /// Its next hop as the protocol gives it.
    pub next_hop: Ipv4Addr,
    /// Whether the next hop had to be looked up.
    pub recursive: bool,
    /// The interface it leaves by; none stands for the inner loopback.
    pub interface: Option<InterfaceName>,
    /// How packets are sent on.
    pub via: Via,
    /// The peer or router that it was learnt from.
    pub neighbour: Option<Ipv4Addr>,
    /// The OSPF process, or 0.
    pub process: u32,
    /// Its tag.
    pub tag: u32,
    /// What BGP carries of it, if OSPF told it in a VPN instance, here or behind another device.
    pub ospf: Option<OspfOrigin>,
    /// The way that is taken when all ways of its prefix fail.
    pub backup: Option<Arc<Backup>>,
}

/// A way that is kept ready (`auto-frr`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Backup {
    /// Its next hop.
    pub next_hop: Ipv4Addr,
    /// The interface it leaves by.
    pub interface: Option<InterfaceName>,
    /// How packets are sent on.
    pub via: Via,
}

/// The routes of one instance.
pub type Rib = SharedTable<Prefix, Shared<Route>>;

/// The routes of all instances of a device.
pub type Ribs = BTreeMap<Vrf, Arc<Rib>>;

/// Prefixes by instance.
pub type Prefixes = BTreeMap<Vrf, BTreeSet<Prefix>>;

/// Routes by prefix, in their order; lists that are as before are shared with those.
pub fn by_prefix(routes: Vec<Route>, before: &Rib) -> Rib {
    let mut table: BTreeMap<Prefix, Vec<Route>> = BTreeMap::new();
    for route in routes {
        table.entry(route.prefix).or_default().push(route);
    }
    let shared = |(prefix, routes): (Prefix, Vec<Route>)| {
        let same = before.get(&prefix).filter(|known| ***known == *routes);
        (prefix, same.cloned().unwrap_or_else(|| routes.into()))
    };
    table.into_iter().map(shared).collect()
}

/// The longest match of an address.
pub fn longest_match(rib: &Rib, address: Ipv4Addr) -> Option<&[Route]> {
    matches(rib, address).next()
}

/// The longest match of an address among the routes of which `accepted` is true.
pub fn longest_match_of(rib: &Rib, address: Ipv4Addr, accepted: impl Fn(&Route) -> bool) -> Option<&[Route]> {
    matches(rib, address).find(|routes| routes.iter().any(&accepted))
}

/// All that match an address, the longest first.
///
/// What stands in a table before the longest possible match either matches, or tells by the bits that it shares with
/// the address how long a match can be at most.
fn matches(rib: &Rib, address: Ipv4Addr) -> impl Iterator<Item = &[Route]> {
    let mut longest = Some(32);
    std::iter::from_fn(move || {
        loop {
            let (prefix, routes) = rib.last_up_to(&Prefix::of(address, longest?))?;
            if prefix.contains(address) {
                longest = prefix.length().checked_sub(1);
                return Some(&**routes);
            }
            let different = u32::from(prefix.address()) ^ u32::from(address);
            longest = u8::try_from(different.leading_zeros()).ok();
        }
    })
}

/// The candidates that a routing table does not hold, by prefix, then preference.
pub fn losers(candidates: Vec<Route>, rib: &Rib) -> Vec<Route> {
    let is_held = |route: &Route| rib.get(&route.prefix).is_some_and(|held| held.contains(route));
    let mut losers: Vec<Route> = candidates.into_iter().filter(|route| !is_held(route)).collect();
    losers.sort_by_key(|route| (route.prefix, route.preference, route.protocol));
    losers
}

/// The best of all candidates: by preference, then protocol, then cost; equal ones stay together.
pub fn select(candidates: impl IntoIterator<Item = Route>) -> Rib {
    let mut best: BTreeMap<Prefix, Vec<Route>> = BTreeMap::new();
    for route in candidates {
        take(best.entry(route.prefix).or_default(), route);
    }
    let selected = best.into_iter();
    selected
        .map(|(prefix, routes)| (prefix, sorted(routes).into()))
        .collect()
}

/// The best of all candidates for one prefix; none if there is none.
pub fn select_one(candidates: impl IntoIterator<Item = Route>) -> Option<Shared<Route>> {
    let mut best = Vec::new();
    for route in candidates {
        take(&mut best, route);
    }
    (!best.is_empty()).then(|| sorted(best).into())
}

/// A candidate beside those for the same prefix that were the best before.
fn take(routes: &mut Vec<Route>, route: Route) {
    let rank = |route: &Route| {
        // BGP has compared its own routes already.
        let cost = if route.protocol >= Protocol::Ebgp {
            0
        } else {
            route.cost
        };
        let protocol = route.protocol.min(Protocol::Ebgp);
        (route.preference, protocol, cost)
    };
    match routes.first().map(&rank) {
        Some(present) if present < rank(&route) => {}
        Some(present) if present == rank(&route) => {
            if !routes.contains(&route) {
                routes.push(route);
            }
        }
        _ => {
            routes.clear();
            routes.push(route);
        }
    }
}

/// BGP gives its best route first; the others stand by next hop.
fn sorted(mut routes: Vec<Route>) -> Vec<Route> {
    if routes.first().is_some_and(|route| route.protocol < Protocol::Ebgp) {
        routes.sort_by(|a, b| (a.next_hop, &a.via).cmp(&(b.next_hop, &b.via)));
    }
    routes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn route(prefix: Prefix) -> Route {
        Route {
            prefix,
            protocol: Protocol::Static,
            preference: 60,
            cost: u32::from(prefix.length()),
            next_hop: Ipv4Addr::LOCALHOST,
            recursive: false,
            interface: None,
            via: Via::Local,
            neighbour: None,
            process: 0,
            tag: 0,
            ospf: None,
            backup: None,
        }
    }

    proptest! {
        /// Few bits differ, so that many prefixes hold each other.
        #[test]
        fn the_longest_match_is_the_longest_of_all_that_match(
            drawn in prop::collection::vec((0..64_u32, any::<bool>(), 0..=32_u8), 0..40),
            asked in 0..64_u32, high: bool, odd: bool,
        ) {
            let address = |low: u32, high: bool| Ipv4Addr::from(low << 4 | u32::from(high) << 31);
            let rib = select(drawn.iter().map(|(low, high, length)| route(Prefix::of(address(*low, *high), *length))));
            let asked = address(asked, high);
            let accepted = |route: &Route| !odd || route.cost % 2 == 1;
            let all = rib.values().flatten().filter(|route| route.prefix.contains(asked) && accepted(route));
            let expected = all.max_by_key(|route| route.prefix.length());
            let found = longest_match_of(&rib, asked, accepted).and_then(<[Route]>::first);
            prop_assert_eq!(found, expected);
            if !odd {
                prop_assert_eq!(longest_match(&rib, asked).and_then(<[Route]>::first), expected);
            }
        }
    }
}
