//! `display ip routing-table`, whole, for an address or a prefix, brief and verbose.

use std::net::Ipv4Addr;

use super::{Asked, Unanswered, instance};
use crate::network::{Prefix, Protocol, Route, Via, Vrf, longest_match};

const LEGEND: &str = "Route Flags: R - relay, D - download to fib, T - to vpn-instance, B - black hole route\n\
    ------------------------------------------------------------------------------\n";

/// The answer. An address gives its longest match, an address with a length that prefix alone.
pub fn print(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let (vpn, rest) = match rest {
        ["vpn-instance", vpn, rest @ ..] => (Some(*vpn), rest),
        rest => (None, rest),
    };
    let (rest, verbose) = match rest {
        [rest @ .., "verbose"] => (rest, true),
        rest => (rest, false),
    };
    let vrf = instance(asked, vpn)?;
    let rib = asked.state.ribs.get(asked.device).and_then(|ribs| ribs.get(&vrf));
    let rib = rib.ok_or(Unanswered::NotComputed)?;
    let address = |text: &str| text.parse::<Ipv4Addr>().map_err(|_| Unanswered::NotComputed);
    let (groups, whole): (Vec<&[Route]>, bool) = match rest {
        [] => (rib.values().map(Vec::as_slice).collect(), true),
        [destination] => (longest_match(rib, address(destination)?).into_iter().collect(), false),
        [destination, length] => {
            let length = length.parse().map_err(|_| Unanswered::NotComputed)?;
            let prefix = Prefix::of(address(destination)?, length);
            (rib.get(&prefix).map(Vec::as_slice).into_iter().collect(), false)
        }
        _ => return Err(Unanswered::NotComputed),
    };
    let routes = groups.iter().map(|group| group.len()).sum::<usize>();
    let name = match &vrf {
        Vrf::Public => "_public_",
        Vrf::Instance(name) => name,
    };
    let mut text = format!("{LEGEND}Routing Table : {name}\n");
    if whole {
        text.push_str(&format!(
            "         Destinations : {:<8} Routes : {routes}\n\n",
            groups.len()
        ));
    } else {
        text.push_str(&format!("Summary Count : {routes}\n\n"));
    }
    if verbose {
        let blocks: Vec<String> = groups.iter().flat_map(|group| group.iter()).map(block).collect();
        text.push_str(&blocks.join("\n"));
        return Ok(text);
    }
    text.push_str("Destination/Mask    Proto  Pre  Cost     Flags NextHop         Interface\n\n");
    for group in groups {
        for (index, route) in group.iter().enumerate() {
            let prefix = if index == 0 {
                route.prefix.to_string()
            } else {
                String::new()
            };
            text.push_str(&format!(
                "{prefix:>18}  {:<6} {:<4} {:<8} {:>5}  {:<15} {}\n",
                protocol(route),
                route.preference,
                route.cost,
                flags(route),
                route.next_hop.to_string(),
                interface(route)
            ));
        }
    }
    Ok(text)
}

fn protocol(route: &Route) -> &'static str {
    match route.protocol {
        Protocol::Direct => "Direct",
        Protocol::Ospf => "OSPF",
        Protocol::Static => "Static",
        Protocol::Ebgp => "EBGP",
        Protocol::Ibgp => "IBGP",
    }
}

fn flags(route: &Route) -> &'static str {
    if route.recursive { "RD" } else { "D" }
}

fn interface(route: &Route) -> String {
    route
        .interface
        .as_ref()
        .map_or_else(|| "InLoopBack0".to_owned(), ToString::to_string)
}

/// A route in full. The lab keeps no time: every age is zero.
fn block(route: &Route) -> String {
    let none = Ipv4Addr::UNSPECIFIED;
    let (relay, label, tunnel) = match route.via {
        Via::Gateway(_, gateway) if route.recursive => (gateway, "NULL".to_owned(), "0x0".to_owned()),
        Via::Tunnel { egress, label } => (none, label.to_string(), format!("0x{:018x}", u32::from(egress))),
        _ => (none, "NULL".to_owned(), "0x0".to_owned()),
    };
    let (state, indirect) = if route.recursive {
        ("Active Adv Relied", format!("0x{:X}", u32::from(route.next_hop)))
    } else {
        ("Active Adv", "0x0".to_owned())
    };
    let priority = if route.protocol == Protocol::Static {
        "medium"
    } else {
        "low"
    };
    format!(
        "Destination: {}\n     \
         Protocol: {:<18} Process ID: {}\n   \
         Preference: {:<24} Cost: {}\n      \
         NextHop: {:<19} Neighbour: {}\n        \
         State: {state:<23} Age: 00h00m00s\n          \
         Tag: {:<19}  Priority: {priority}\n        \
         Label: {label:<20}  QoSInfo: 0x0\n   \
         IndirectID: {indirect:<20} Instance:\n \
         RelayNextHop: {:<19} Interface: {}\n     \
         TunnelID: {tunnel:<23} Flags: {}\n",
        route.prefix,
        protocol(route),
        route.process,
        route.preference,
        route.cost,
        route.next_hop.to_string(),
        route.neighbour.unwrap_or(none),
        route.tag,
        relay.to_string(),
        interface(route),
        flags(route),
    )
}
