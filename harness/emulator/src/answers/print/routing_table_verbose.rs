//! A route as `display ip routing-table … verbose` prints it.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::age;
use super::routing_table::{flags, interface, protocol};
use super::tunnel::tunnel_id;
use crate::network::{Backup, Protocol, Route, Via};

/// A route in full, with its age.
pub fn block(route: &Route, active: bool, age: Duration) -> String {
    let none = Ipv4Addr::UNSPECIFIED;
    let (relay, label, tunnel) = match &route.via {
        Via::Gateway(_, gateway) if route.recursive => (*gateway, "NULL".to_owned(), "0x0".to_owned()),
        Via::Tunnel { egress, labels, .. } => (none, innermost(labels), tunnel_id(*egress)),
        _ => (none, "NULL".to_owned(), "0x0".to_owned()),
    };
    let indirect = if route.recursive {
        format!("0x{:X}", u32::from(route.next_hop))
    } else {
        "0x0".to_owned()
    };
    let state = match (active, route.recursive) {
        (true, true) => "Active Adv Relied",
        (true, false) => "Active Adv",
        (false, true) => "Inactive Adv Relied",
        (false, false) => "Inactive Adv",
    };
    let priority = if route.protocol == Protocol::Static {
        "medium"
    } else {
        "low"
    };
    let text = format!(
        "Destination: {}\n     \
         Protocol: {:<18} Process ID: {}\n   \
         Preference: {:<24} Cost: {}\n      \
         NextHop: {:<19} Neighbour: {}\n        \
         State: {state:<23} Age: {}\n          \
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
        age::with_letters(age),
        route.tag,
        relay.to_string(),
        interface(route),
        flags(route, active),
    );
    text + &route.backup.as_deref().map(standby).unwrap_or_default()
}

/// The way that is kept ready.
fn standby(backup: &Backup) -> String {
    let (label, tunnel) = match &backup.via {
        Via::Tunnel { egress, labels, .. } => (innermost(labels), tunnel_id(*egress)),
        _ => ("NULL".to_owned(), "0x0".to_owned()),
    };
    let interface = backup.interface.as_ref().map(ToString::to_string).unwrap_or_default();
    format!(
        "    BkNextHop: {:<17} BkInterface: {interface}\n      \
         BkLabel: {label:<17} SecTunnelID: 0x0\n \
         BkPETunnelID: {tunnel:<20} BkPESecTunnelID: 0x0\n \
         BkIndirectID: 0x{:X}\n",
        backup.next_hop.to_string(),
        u32::from(backup.next_hop)
    )
}

/// The label that the far end of a tunnel gave.
fn innermost(labels: &[u32]) -> String {
    labels.last().map_or_else(|| "NULL".to_owned(), ToString::to_string)
}
