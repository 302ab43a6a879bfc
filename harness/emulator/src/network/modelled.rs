//! Which configuration lines the model takes into account. Any other that could change the network makes every
//! computed answer refused: a wrong table would be worse than none.

use std::sync::Arc;

use super::fixpoint::NotComputed;
use super::prefix::Vrf;
use super::route_filter::RouteFilters;
use super::{bfd_of_peers, bgp_doubts, bgp_settings, ldp_settings, ospf_external, static_routes};
use crate::configuration::{Configuration, Node};

/// Lines by the beginning of the line above them (none: the system view). What ends in a blank is a beginning, all
/// else the whole line. Lines that change nothing of what is computed are listed too.
const MODELLED: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "sysname ",
            "router id ",
            "ip vpn-instance ",
            "bfd",
            "bfd ",
            "mpls lsr-id ",
            "mpls",
            "mpls ldp",
            "mpls ldp remote-peer ",
            "mpls l2vpn",
            "vsi ",
            "slot ",
            "interface ",
            "load-balance packet all",
            "load-balance flow ",
            "bgp ",
            "ospf ",
            "ip route-static ",
            "route-policy ",
            "ip ip-prefix ",
            "ip community-filter ",
            "ip as-path-filter ",
            "tunnel-policy ",
        ],
    ),
    ("ip vpn-instance ", &["description ", "ipv4-family"]),
    (
        "ipv4-family",
        &[
            "route-distinguisher ",
            "apply-label per-instance",
            "apply-label per-route",
            "apply-label per-instance static ",
            "vpn-target ",
            "import route-policy ",
            "export route-policy ",
            "tnl-policy ",
        ],
    ),
    (
        "mpls",
        &[
            "lsp-trigger host",
            "lsp-trigger none",
            "lsp-trigger ip-prefix ",
            "label advertise ",
            "mpls bfd ",
        ],
    ),
    ("mpls ldp", &["graceful-restart", "graceful-restart ", "md5-password "]),
    (
        "mpls ldp remote-peer ",
        &["remote-ip ", "description ", "mpls ldp timer "],
    ),
    ("mpls l2vpn", ANYTHING),
    ("vsi ", ANYTHING),
    ("pwsignal ", ANYTHING),
    ("slot ", &["load-balance hash-fields ip l4"]),
    ("tunnel-policy ", &["description ", "tunnel select-seq "]),
    ("route-policy ", &["description ", "if-match ", "apply "]),
    (
        "interface ",
        &[
            "description ",
            "shutdown",
            "undo shutdown",
            "mtu ",
            "bandwidth ",
            "vlan-type dot1q ",
            "ip binding vpn-instance ",
            "ip address ",
            "mpls",
            "mpls ldp",
            "mpls ldp timer ",
            "mpls ldp transport-address ",
            "mpls mtu ",
            "l2 binding vsi ",
            "statistic enable",
            "ospf cost ",
            "ospf network-type broadcast",
            "ospf network-type p2p",
            "ospf enable ",
            "ospf timer hello ",
            "ospf timer dead ",
            "ospf dr-priority ",
            "ospf mtu-enable",
            "ospf authentication-mode ",
        ],
    ),
    (
        "ospf ",
        &[
            "silent-interface ",
            "maximum load-balancing ",
            "area ",
            "opaque-capability enable",
            "bandwidth-reference ",
            "preference ",
            "import-route ",
            "default-route-advertise",
            "default-route-advertise ",
            "default cost ",
            "domain-id ",
            "route-tag ",
            "vpn-instance-capability simple",
        ],
    ),
    (
        "area ",
        &[
            "description ",
            "network ",
            "stub",
            "stub no-summary",
            "default-cost ",
            "authentication-mode ",
        ],
    ),
    (
        "bgp ",
        &[
            "router-id ",
            "graceful-restart",
            "timer ",
            "private-4-byte-as enable",
            "group ",
            "peer ",
            "bestroute ",
            "compare-different-as-med",
            "ipv4-family unicast",
            "ipv4-family vpnv4",
            "ipv4-family vpnv4 unicast",
            "ipv4-family vpn-instance ",
            "l2vpn-ad-family",
            "vpls-family",
        ],
    ),
    ("l2vpn-ad-family", ANYTHING),
    ("vpls-family", ANYTHING),
    ("ipv4-family unicast", FAMILY),
    ("ipv4-family vpnv4", FAMILY),
    ("ipv4-family vpnv4 unicast", FAMILY),
    ("ipv4-family vpn-instance ", FAMILY),
    (
        "bfd ",
        &[
            "description ",
            "discriminator ",
            "detect-multiplier ",
            "min-tx-interval ",
            "min-rx-interval ",
            "wtr ",
            "shutdown",
        ],
    ),
];

/// Views that take no part in what is computed.
const ANYTHING: &[&str] = &["*"];

/// The families of BGP.
const FAMILY: &[&str] = &[
    "router-id ",
    "as-number ",
    "timer ",
    "undo synchronization",
    "policy vpn-target",
    "undo policy vpn-target",
    "reflect between-clients",
    "undo reflect between-clients",
    "reflector cluster-id ",
    "default ",
    "default-route imported",
    "import-route ",
    "network ",
    "maximum load-balancing ",
    "load-balancing ",
    "preference ",
    "auto-frr",
    "vpn-route cross multipath",
    "bestroute ",
    "group ",
    "peer ",
    "undo peer ",
];

/// Endings of lines that are not modelled though their beginning is.
const NOT_MODELLED: &[&str] = &[" ecmp-nexthop-changed"];

/// Refuses a network with a line that the model does not take into account.
pub fn check(configurations: &[Arc<Configuration>]) -> Result<(), NotComputed> {
    for configuration in configurations {
        if let Some(line) = unmodelled(configuration) {
            return Err(NotComputed::Line {
                device: configuration.sysname().unwrap_or("HUAWEI").to_owned(),
                line,
            });
        }
    }
    Ok(())
}

/// A line of a configuration that the model does not take into account.
fn unmodelled(configuration: &Configuration) -> Option<String> {
    if let Some(line) = stranger("", &configuration.lines) {
        return Some(line.to_owned());
    }
    for line in &configuration.lines {
        let is_session = line.text.starts_with("bfd ");
        // Discriminators are negotiated between addresses that both ends name.
        let goes_far = is_session && !line.text.contains(" interface ");
        let bfd_without_ends = goes_far && line.text.ends_with(" auto") && !line.text.contains(" source-ip ");
        let is_bundle = line.text.starts_with("interface Eth-Trunk");
        let of_an_lsp = is_session && line.text.contains(" bind ldp-lsp ");
        let not_read = line.text.strip_prefix("ip route-static ").is_some_and(|text| {
            let is_default = text.starts_with("default-preference ");
            text.contains(" bfd enable") || (!is_default && static_routes::parse(text).is_none())
        });
        let not_read = not_read || !RouteFilters::reads(&line.text);
        if bfd_without_ends || is_bundle || of_an_lsp || not_read {
            return Some(line.text.clone());
        }
    }
    let balances = |prefix: &str| configuration.lines.iter().find(|line| line.text.starts_with(prefix));
    // Which of the two a board follows.
    if let (Some(_), Some(flow)) = (balances("load-balance packet all"), balances("load-balance flow slot ")) {
        return Some(flow.text.clone());
    }
    if let Some(doubt) = ldp_settings::doubt(configuration) {
        return Some(doubt);
    }
    if let Some(doubt) = ospf_external::doubt(configuration) {
        return Some(doubt);
    }
    let settings = bgp_settings::of(configuration)?;
    if let Some(doubt) = bgp_doubts::first(configuration) {
        return Some(doubt);
    }
    settings.peers.iter().find_map(|peer| {
        if peer.vrf != Vrf::Public && peer.unicast.as_ref().is_some_and(|terms| terms.label_route_capability) {
            return Some(format!(
                "peer {} label-route-capability (in a VPN instance)",
                peer.address
            ));
        }
        let keeps = peer.unicast.as_ref().is_some_and(|terms| terms.next_hop_invariable);
        if keeps && peer.remote_as == settings.local_as(&peer.vrf) {
            return Some(format!("peer {} next-hop-invariable (of the same AS)", peer.address));
        }
        if bfd_of_peers::is_over_hops(peer, settings.local_as(&peer.vrf), configuration) {
            return Some(format!("peer {} bfd enable (over several hops)", peer.address));
        }
        let is_inside = peer.vrf != Vrf::Public && peer.remote_as == settings.local_as(&peer.vrf);
        is_inside.then(|| format!("peer {} (of the same AS in a VPN instance)", peer.address))
    })
}

fn stranger<'a>(above: &str, lines: &'a [Node]) -> Option<&'a str> {
    let allowed = MODELLED
        .iter()
        .filter(|(view, _)| fits(view, above))
        .max_by_key(|(view, _)| view.len())
        .map(|(_, lines)| *lines)
        .unwrap_or_default();
    lines.iter().find_map(|line| {
        let known = allowed == ANYTHING || allowed.iter().any(|pattern| fits(pattern, &line.text));
        // The word before the value decides: a description may say anything.
        let free = line.text.contains("description ");
        let excluded = !free && NOT_MODELLED.iter().any(|part| line.text.ends_with(part));
        if !known || excluded {
            return Some(line.text.as_str());
        }
        stranger(&line.text, &line.children)
    })
}

fn fits(pattern: &str, text: &str) -> bool {
    if pattern.is_empty() || !pattern.ends_with(' ') {
        text == pattern
    } else {
        text.starts_with(pattern)
    }
}
