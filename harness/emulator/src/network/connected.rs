//! Direct routes: connected networks, own addresses, broadcast addresses and the inner loopback.

use std::net::Ipv4Addr;

use super::interfaces::Interface;
use super::prefix::{Prefix, Vrf};
use super::rib::{Protocol, Route, Via};

/// The direct routes of an instance.
///
/// A VPN instance has 255.255.255.255/32 and none of 127.0.0.0/8, as most of the tables of the worked example print it.
pub fn routes(interfaces: &[Interface], vrf: &Vrf) -> Vec<Route> {
    of_those(interfaces, vrf, |_| true)
}

/// The direct routes of an instance to one prefix.
pub fn routes_to(interfaces: &[Interface], vrf: &Vrf, prefix: Prefix) -> Vec<Route> {
    of_those(interfaces, vrf, |known| known == prefix)
}

/// The direct routes of an instance to those prefixes that are wanted.
fn of_those(interfaces: &[Interface], vrf: &Vrf, wanted: impl Fn(Prefix) -> bool) -> Vec<Route> {
    let mut routes = Vec::new();
    for (index, interface) in interfaces.iter().enumerate() {
        let Some((address, length)) = interface
            .address
            .filter(|_| interface.protocol && interface.vrf == *vrf)
        else {
            continue;
        };
        let prefix = Prefix::of(address, length);
        let mut local = |prefix| {
            if wanted(prefix) {
                routes.push(direct(prefix, LOCALHOST, Some(interface), Via::Local));
            }
        };
        local(Prefix::host(address));
        if length < 31 {
            local(Prefix::host(prefix.broadcast()));
        }
        if length < 32 && wanted(prefix) {
            routes.push(direct(prefix, address, Some(interface), Via::Link(index)));
        }
    }
    let inner: &[(Ipv4Addr, u8)] = match vrf {
        Vrf::Public | Vrf::Labels => &[
            (Ipv4Addr::new(127, 0, 0, 0), 8),
            (LOCALHOST, 32),
            (Ipv4Addr::new(127, 255, 255, 255), 32),
            (Ipv4Addr::BROADCAST, 32),
        ],
        Vrf::Instance(_) => &[(Ipv4Addr::BROADCAST, 32)],
    };
    let inner = inner.iter().map(|(address, length)| Prefix::of(*address, *length));
    routes.extend(
        inner
            .filter(|prefix| wanted(*prefix))
            .map(|prefix| direct(prefix, LOCALHOST, None, Via::Local)),
    );
    routes
}

const LOCALHOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

fn direct(prefix: Prefix, next_hop: Ipv4Addr, interface: Option<&Interface>, via: Via) -> Route {
    Route {
        prefix,
        protocol: Protocol::Direct,
        preference: 0,
        cost: 0,
        next_hop,
        recursive: false,
        interface: interface.map(|interface| interface.name.clone()),
        via,
        neighbour: None,
        process: 0,
        tag: 0,
        ospf: None,
        backup: None,
    }
}
