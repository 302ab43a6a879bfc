//! `display fib`.

use std::net::Ipv4Addr;

use super::routing_table::{interface, table_name};
use super::tunnel::tunnel_id;
use super::{Asked, Unanswered, instance};
use crate::network::{Prefix, Protocol, Route, Via, longest_match};

/// What packets are forwarded by: of an instance, for an address (its longest match) or a prefix.
pub fn print(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let (vpn, rest) = match rest {
        ["vpn-instance", vpn, rest @ ..] => (Some(*vpn), rest),
        rest => (None, rest),
    };
    let vrf = instance(asked, vpn)?;
    let rib = asked.state.fib_ribs.get(asked.device).and_then(|ribs| ribs.get(&vrf));
    let rib = rib.ok_or(Unanswered::NotComputed)?;
    let address = |text: &str| text.parse::<Ipv4Addr>().map_err(|_| Unanswered::NotComputed);
    let routes: Vec<&Route> = match rest {
        [] => rib.values().flatten().collect(),
        [destination] => longest_match(rib, address(destination)?)
            .into_iter()
            .flatten()
            .collect(),
        [destination, length] => {
            let length = length.parse().map_err(|_| Unanswered::NotComputed)?;
            rib.get(&Prefix::of(address(destination)?, length))
                .into_iter()
                .flatten()
                .collect()
        }
        _ => return Err(Unanswered::NotComputed),
    };
    let mut text = format!(
        "Route Flags: G - Gateway Route, H - Host Route,    U - Up Route\n             \
         S - Static Route,  D - Dynamic Route, B - Black Hole Route\n\
         --------------------------------------------------------------------------------\n \
         FIB Table: {}\n Total number of Routes: {}\n\n \
         Destination/Mask   Nexthop          Flag   Interface               TunnelID\n",
        table_name(&vrf),
        routes.len()
    );
    let mut above = None;
    for route in routes {
        // Further next hops of a destination stand below it, as in a routing table.
        let destination = if above == Some(route.prefix) {
            String::new()
        } else {
            route.prefix.to_string()
        };
        above = Some(route.prefix);
        let (next_hop, tunnel) = match route.via {
            Via::Gateway(_, gateway) => (gateway, "-".to_owned()),
            Via::Tunnel { egress, .. } => (route.next_hop, tunnel_id(egress)),
            Via::Local | Via::Link(_) | Via::Null | Via::Instance(..) => (route.next_hop, "-".to_owned()),
        };
        text += &format!(
            "{destination:>18}  {:<15}  {:<5}  {:<22}  {tunnel}\n",
            next_hop.to_string(),
            flags(route, is_broadcast(asked, route)),
            interface(route)
        );
    }
    Ok(text)
}

/// Whether a route leads to an address of everybody, which is no host.
fn is_broadcast(asked: Asked<'_>, route: &Route) -> bool {
    let address = route.prefix.address();
    let own = asked.interfaces().iter();
    let mut own = own.filter_map(|interface| interface.address);
    route.protocol == Protocol::Direct
        && route.prefix.length() == 32
        && address != Ipv4Addr::LOCALHOST
        && !own.any(|(known, _)| known == address)
}

fn flags(route: &Route, is_broadcast: bool) -> String {
    let flag = |letter: char, is_set: bool| is_set.then_some(letter);
    let is_dynamic = !matches!(route.protocol, Protocol::Direct | Protocol::Static);
    let is_gateway = matches!(route.via, Via::Gateway(..) | Via::Tunnel { .. });
    [
        flag('B', route.via == Via::Null),
        flag('D', is_dynamic),
        flag('G', is_gateway),
        flag('H', route.prefix.length() == 32 && !is_broadcast),
        flag('S', route.protocol == Protocol::Static),
        flag('U', true),
    ]
    .into_iter()
    .flatten()
    .collect()
}
