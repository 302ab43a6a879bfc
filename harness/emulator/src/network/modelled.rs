//! Which configuration lines the model takes into account. Any other that could change the network makes every
//! computed answer refused: a wrong table would be worse than none.

use std::sync::Arc;

use super::fixpoint::NotComputed;
use super::prefix::Vrf;
use super::vpn_instances::VpnInstance;
use super::{bgp, bgp_settings, static_routes};
use crate::configuration::{Configuration, Node};

/// Lines by the beginning of the line above them (none: the system view). What ends in a blank is a beginning, all
/// else the whole line.
const MODELLED: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "sysname ",
            "ip vpn-instance ",
            "bfd",
            "bfd ",
            "mpls lsr-id ",
            "mpls",
            "mpls ldp",
            "interface ",
            "load-balance ",
            "bgp ",
            "ospf ",
            "ip route-static ",
        ],
    ),
    ("ip vpn-instance ", &["description ", "ipv4-family"]),
    (
        "ipv4-family",
        &[
            "route-distinguisher ",
            "apply-label per-instance",
            "apply-label per-instance static ",
            "vpn-target ",
        ],
    ),
    ("mpls ldp", &["graceful-restart"]),
    (
        "interface ",
        &[
            "description ",
            "shutdown",
            "undo shutdown",
            "mtu ",
            "vlan-type dot1q ",
            "ip binding vpn-instance ",
            "ip address ",
            "mpls",
            "mpls ldp",
            "ospf cost ",
            "ospf network-type broadcast",
            "ospf network-type p2p",
            "ospf enable ",
        ],
    ),
    ("ospf ", &["silent-interface ", "maximum load-balancing ", "area "]),
    ("area ", &["description ", "network "]),
    (
        "bgp ",
        &[
            "router-id ",
            "peer ",
            "ipv4-family unicast",
            "ipv4-family vpnv4",
            "ipv4-family vpnv4 unicast",
            "ipv4-family vpn-instance ",
        ],
    ),
    (
        "ipv4-family unicast",
        &[
            "synchronization",
            "undo synchronization",
            "import-route ",
            "network ",
            "maximum load-balancing ",
            "peer ",
            "undo peer ",
        ],
    ),
    (
        "ipv4-family vpnv4",
        &["policy vpn-target", "undo policy vpn-target", "peer "],
    ),
    (
        "ipv4-family vpn-instance ",
        &["peer ", "import-route ", "network ", "maximum load-balancing "],
    ),
    (
        "bfd ",
        &[
            "description ",
            "discriminator ",
            "detect-multiplier ",
            "min-tx-interval ",
            "min-rx-interval ",
            "shutdown",
        ],
    ),
];

/// Endings of lines that are not modelled though their beginning is.
const NOT_MODELLED: &[&str] = &["bfd enable", " reflect-client", "load-balancing eibgp "];

/// Refuses a network with a line that the model does not take into account.
pub fn check(configurations: &[Arc<Configuration>], vpns: &[Arc<Vec<VpnInstance>>]) -> Result<(), NotComputed> {
    for (configuration, vpns) in configurations.iter().zip(vpns) {
        let refuse = |line: &str| {
            Err(NotComputed::Line {
                device: configuration.sysname().unwrap_or("HUAWEI").to_owned(),
                line: line.to_owned(),
            })
        };
        if let Some(line) = stranger("", &configuration.lines) {
            return refuse(line);
        }
        for line in &configuration.lines {
            let bfd_without_interface = line.text.starts_with("bfd ")
                && line.text.contains(" bind peer-ip ")
                && !line.text.contains(" interface ");
            let not_read = line
                .text
                .strip_prefix("ip route-static ")
                .is_some_and(|text| static_routes::parse(text).is_none());
            if bfd_without_interface || not_read {
                return refuse(&line.text);
            }
        }
        if bgp::crosses(vpns) {
            return refuse("vpn-target: routes would cross between two VPN instances of the device");
        }
        let settings = bgp_settings::of(configuration);
        for (settings, peer) in settings.iter().flat_map(|s| s.peers.iter().map(move |peer| (s, peer))) {
            if peer.vpnv4 && peer.remote_as != settings.as_number {
                return refuse(&format!(
                    "peer {} enable (VPNv4 with a peer of another AS)",
                    peer.address
                ));
            }
            if peer.vrf != Vrf::Public && peer.remote_as == settings.as_number {
                return refuse(&format!("peer {} (of the same AS in a VPN instance)", peer.address));
            }
        }
    }
    Ok(())
}

fn stranger<'a>(above: &str, lines: &'a [Node]) -> Option<&'a str> {
    let allowed = MODELLED
        .iter()
        .filter(|(view, _)| fits(view, above))
        .max_by_key(|(view, _)| view.len())
        .map(|(_, lines)| *lines)
        .unwrap_or_default();
    lines.iter().find_map(|line| {
        let known = allowed.iter().any(|pattern| fits(pattern, &line.text));
        // The word before the value decides: a description may say anything.
        let free = line.text.contains("description ");
        let excluded = !free && NOT_MODELLED.iter().any(|part| line.text.contains(part));
        let incomplete_network = line.text.starts_with("network ") && line.text.split(' ').count() < 3;
        if !known || excluded || incomplete_network {
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
