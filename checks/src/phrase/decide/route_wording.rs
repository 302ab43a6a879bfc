//! How routes and next hops are put into words.

use crate::rows::{NextHop, Route};

pub(super) fn hop_text(hop: &NextHop) -> String {
    match (hop.address, &hop.interface) {
        (Some(address), Some(interface)) => format!("{address} on {interface}"),
        (Some(address), None) => address.to_string(),
        (None, Some(interface)) => format!("on {interface}"),
        (None, None) => "a next hop without address".to_owned(),
    }
}

pub(super) fn unused_text(hop: &NextHop) -> String {
    let why = if hop.backup {
        "backup"
    } else {
        "not in the forwarding table"
    };
    format!("{} ({why})", hop_text(hop))
}

pub(super) fn prefix_text(route: &Route) -> String {
    route
        .prefix
        .map_or_else(|| "a route".to_owned(), |prefix| prefix.to_string())
}

/// `1.1.1.1/32 static 60/0 via 10.1.1.1 on GigabitEthernet0/3/0`.
pub(super) fn route_text(route: &Route) -> String {
    let source = route
        .protocol_detail
        .clone()
        .unwrap_or_else(|| route.protocol.as_str().to_owned());
    let mut text = format!("{} {source}", prefix_text(route));
    if let Some(preference) = route.preference {
        text = format!("{text}, preference {preference}");
    }
    if let Some(metric) = route.metric {
        text = format!("{text}, cost {metric}");
    }
    let hops: Vec<String> = route
        .next_hops
        .iter()
        .map(|hop| {
            if hop.installed && !hop.backup {
                hop_text(hop)
            } else {
                unused_text(hop)
            }
        })
        .collect();
    if !hops.is_empty() {
        text = format!("{text}, via {}", hops.join(" and "));
    }
    if !route.active {
        text = format!("{text}, inactive");
    }
    text
}
