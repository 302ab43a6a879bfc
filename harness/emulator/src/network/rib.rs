//! Routing tables: the best routes of every instance, by preference, with equal ones side by side.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::prefix::{Prefix, Vrf};
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
    /// Along the LSP to this LSR, with this label below.
    Tunnel {
        /// The LSR where the LSP ends.
        egress: Ipv4Addr,
        /// The label of the VPN instance there.
        label: u32,
    },
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
pub type Rib = BTreeMap<Prefix, Vec<Route>>;

/// The routes of all instances of a device.
pub type Ribs = BTreeMap<Vrf, Rib>;

/// The longest match of an address.
pub fn longest_match(rib: &Rib, address: Ipv4Addr) -> Option<&[Route]> {
    longest_match_of(rib, address, |_| true)
}

/// The longest match of an address among the routes of which `accepted` is true.
pub fn longest_match_of(rib: &Rib, address: Ipv4Addr, accepted: impl Fn(&Route) -> bool) -> Option<&[Route]> {
    (0..=32)
        .rev()
        .filter_map(|length| rib.get(&Prefix::of(address, length)))
        .find(|routes| routes.iter().any(&accepted))
        .map(Vec::as_slice)
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
    let mut rib = Rib::new();
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
    for route in candidates {
        let routes = rib.entry(route.prefix).or_default();
        match routes.first().map(&rank) {
            Some(present) if present < rank(&route) => {}
            Some(present) if present == rank(&route) => {
                if !routes.contains(&route) {
                    routes.push(route);
                }
            }
            _ => *routes = vec![route],
        }
    }
    for routes in rib.values_mut() {
        // BGP gives its best route first; the others stand by next hop.
        if routes.first().is_some_and(|route| route.protocol < Protocol::Ebgp) {
            routes.sort_by(|a, b| (a.next_hop, &a.via).cmp(&(b.next_hop, &b.via)));
        }
    }
    rib
}
