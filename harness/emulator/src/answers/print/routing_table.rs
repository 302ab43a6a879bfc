//! `display ip routing-table`: whole, for an address or a prefix, by protocol, brief and verbose.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::inactive_routes::inactive_routes;
use super::routing_table_verbose::block;
use super::{Asked, Unanswered, bgp_told, instance, routing_table_statistics};
use crate::network::{Prefix, Protocol, Rib, Route, Via, Vrf, longest_match};

const LEGEND: &str = "Route Flags: R - relay, D - download to fib, T - to vpn-instance, B - black hole route\n\
    ------------------------------------------------------------------------------\n";

const COLUMNS: &str = "Destination/Mask    Proto  Pre  Cost     Flags NextHop         Interface\n\n";

/// Which routes of a table are asked for.
enum Wanted {
    All,
    Longest(Ipv4Addr),
    Exactly(Prefix),
    Within(Prefix),
}

/// The answer. An address gives its longest match, an address with a length that prefix alone.
pub fn print(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let (vrfs, rest) = match rest {
        ["all-vpn-instance", rest @ ..] => (instances(asked), rest),
        ["vpn-instance", vpn, rest @ ..] => (vec![instance(asked, Some(vpn))?], rest),
        rest => (vec![Vrf::Public], rest),
    };
    if rest == ["statistics"] {
        return routing_table_statistics::print(asked, &vrfs);
    }
    let mut text = LEGEND.to_owned();
    for vrf in &vrfs {
        let rib = asked.rib(vrf);
        let rib = rib.ok_or(Unanswered::NotComputed)?;
        text += &match rest {
            ["protocol", name, rest @ ..] => by_protocol(asked, vrf, rib, name, rest)?,
            rest => table(asked, vrf, rib, rest)?,
        };
    }
    Ok(text)
}

fn instances(asked: Asked<'_>) -> Vec<Vrf> {
    let known = asked.vpns().iter();
    known.map(|vpn| Vrf::Instance(vpn.name.clone())).collect()
}

fn table(asked: Asked<'_>, vrf: &Vrf, rib: &Rib, rest: &[&str]) -> Result<String, Unanswered> {
    let (rest, verbose) = match rest {
        [rest @ .., "verbose"] => (rest, true),
        rest => (rest, false),
    };
    let address = |text: &str| text.parse::<Ipv4Addr>().map_err(|_| Unanswered::NotComputed);
    let prefix = |text: &str, length: &str| {
        let length = length.parse().map_err(|_| Unanswered::NotComputed)?;
        Ok(Prefix::of(address(text)?, length))
    };
    let wanted = match rest {
        [] => Wanted::All,
        [destination] => Wanted::Longest(address(destination)?),
        [destination, length] => Wanted::Exactly(prefix(destination, length)?),
        [destination, length, "longer-match"] => Wanted::Within(prefix(destination, length)?),
        _ => return Err(Unanswered::NotComputed),
    };
    let active: Vec<&Route> = match &wanted {
        Wanted::All => rib.values().flatten().collect(),
        Wanted::Longest(address) => longest_match(rib, *address).into_iter().flatten().collect(),
        Wanted::Exactly(prefix) => rib.get(prefix).into_iter().flatten().collect(),
        Wanted::Within(outer) => rib
            .iter()
            .filter(|(prefix, _)| prefix.length() >= outer.length() && outer.contains(prefix.address()))
            .flat_map(|(_, routes)| routes)
            .collect(),
    };
    let mut text = format!("Routing Table : {}\n", table_name(vrf));
    if !verbose {
        text += &match wanted {
            Wanted::All => format!("{}\n", counts(&active)),
            _ => format!("Summary Count : {}\n\n", active.len()),
        };
        return Ok(text + COLUMNS + &rows(&active, true));
    }
    // Routes that are not in use are told of here too, behind those that are.
    let losers = inactive_routes(asked, vrf);
    let is_wanted = |route: &&Route| match &wanted {
        Wanted::All => true,
        Wanted::Exactly(prefix) => route.prefix == *prefix,
        Wanted::Longest(_) => active.iter().any(|active| active.prefix == route.prefix),
        Wanted::Within(outer) => route.prefix.length() >= outer.length() && outer.contains(route.prefix.address()),
    };
    let mut blocks: BTreeMap<Prefix, Vec<(&Route, bool)>> = BTreeMap::new();
    let with_state = active.iter().map(|route| (*route, true));
    for (route, active) in with_state.chain(losers.iter().filter(is_wanted).map(|route| (route, false))) {
        blocks.entry(route.prefix).or_default().push((route, active));
    }
    let shown: Vec<(&Route, bool)> = blocks.into_values().flatten().collect();
    let all: Vec<&Route> = shown.iter().map(|(route, _)| *route).collect();
    text += &match wanted {
        Wanted::All => format!("{}\n", counts(&all)),
        _ => format!("Summary Count : {}\n\n", all.len()),
    };
    let blocks = shown
        .iter()
        .map(|(route, active)| block(route, *active, age(asked, vrf, route, *active)));
    let blocks: Vec<String> = blocks.collect();
    Ok(text + &blocks.join("\n"))
}

fn by_protocol(asked: Asked<'_>, vrf: &Vrf, rib: &Rib, name: &str, rest: &[&str]) -> Result<String, Unanswered> {
    let (verbose, inactive_alone) = match rest {
        [] => (false, false),
        ["verbose"] => (true, false),
        ["inactive"] => (false, true),
        _ => return Err(Unanswered::NotComputed),
    };
    let of_protocol = |route: &&Route| match name {
        "direct" => route.protocol == Protocol::Direct,
        "static" => route.protocol == Protocol::Static,
        "ospf" => matches!(route.protocol, Protocol::Ospf | Protocol::OspfAse),
        "bgp" => route.protocol >= Protocol::Ebgp,
        "ibgp" => route.protocol == Protocol::Ibgp,
        "ebgp" => route.protocol == Protocol::Ebgp,
        _ => false,
    };
    let title = match name {
        "direct" => "Direct".to_owned(),
        "static" => "Static".to_owned(),
        other => other.to_ascii_uppercase(),
    };
    let active: Vec<&Route> = if inactive_alone {
        Vec::new()
    } else {
        rib.values().flatten().filter(of_protocol).collect()
    };
    let losers = inactive_routes(asked, vrf);
    let inactive: Vec<&Route> = losers.iter().filter(of_protocol).collect();
    let all: Vec<&Route> = active.iter().chain(&inactive).copied().collect();
    let mut text = format!("{} Routing Table : {title}\n{}\n", table_name(vrf), counts(&all));
    for (status, routes, is_active) in [("Active", &active, true), ("Inactive", &inactive, false)] {
        if inactive_alone && is_active {
            continue;
        }
        text += &format!("{title} routing table status : <{status}>\n{}", counts(routes));
        if !routes.is_empty() {
            text.push('\n');
            if verbose {
                let blocks = routes
                    .iter()
                    .map(|route| block(route, is_active, age(asked, vrf, route, is_active)));
                let blocks: Vec<String> = blocks.collect();
                text += &blocks.join("\n");
            } else {
                text += COLUMNS;
                text += &rows(routes, is_active);
            }
        }
        text.push('\n');
    }
    Ok(text)
}

/// How long a route has been in use. One that is not is as old as what BGP tells of it; of those of other protocols
/// nothing is remembered, and they pass for as old as the lab.
fn age(asked: Asked<'_>, vrf: &Vrf, route: &Route, active: bool) -> Duration {
    let since = if !active && route.protocol >= Protocol::Ebgp {
        bgp_told::since_of_route(asked, vrf, route)
    } else {
        asked.times.ages.route(vrf, route)
    };
    asked.times.age(since)
}

/// How a table is called.
pub fn table_name(vrf: &Vrf) -> &str {
    match vrf {
        Vrf::Public | Vrf::Labels => "_public_",
        Vrf::Instance(name) => name,
    }
}

/// The line that counts prefixes and routes.
fn counts(routes: &[&Route]) -> String {
    let mut prefixes: Vec<Prefix> = routes.iter().map(|route| route.prefix).collect();
    prefixes.sort_unstable();
    prefixes.dedup();
    format!(
        "         Destinations : {:<8} Routes : {}\n",
        prefixes.len(),
        routes.len()
    )
}

/// Rows of routes that are sorted by prefix; the prefix stands in the first row of each.
fn rows(routes: &[&Route], active: bool) -> String {
    let mut text = String::new();
    let mut last = None;
    for route in routes {
        let prefix = if last == Some((route.prefix, route.protocol)) {
            String::new()
        } else {
            route.prefix.to_string()
        };
        last = Some((route.prefix, route.protocol));
        text += &format!(
            "{prefix:>18}  {:<6} {:<4} {:<8} {:>5}  {:<15} {}\n",
            protocol(route),
            route.preference,
            route.cost,
            flags(route, active),
            route.next_hop.to_string(),
            interface(route)
        );
    }
    text
}

/// The protocol as the column shows it.
pub fn protocol(route: &Route) -> &'static str {
    match route.protocol {
        Protocol::Direct => "Direct",
        Protocol::Ospf => "OSPF",
        Protocol::OspfAse => "O_ASE",
        Protocol::Static => "Static",
        Protocol::Ebgp => "EBGP",
        Protocol::Ibgp => "IBGP",
        Protocol::Bgp => "BGP",
    }
}

/// The flags: relayed, in the FIB, and leading nowhere.
pub fn flags(route: &Route, active: bool) -> &'static str {
    match (route.recursive, active) {
        (true, true) if route.via == Via::Null => "RDB",
        (false, true) if route.via == Via::Null => "DB",
        (true, true) => "RD",
        (true, false) => "R",
        (false, true) => "D",
        (false, false) => "",
    }
}

/// The interface that a route leaves by.
pub fn interface(route: &Route) -> String {
    if route.via == Via::Null {
        return "NULL0".to_owned();
    }
    route
        .interface
        .as_ref()
        .map_or_else(|| "InLoopBack0".to_owned(), ToString::to_string)
}
