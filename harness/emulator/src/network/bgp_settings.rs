//! What a configuration says of BGP.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::prefix::{Prefix, Vrf};
use crate::configuration::{Configuration, Node};
use crate::interface_name::InterfaceName;

/// The BGP process of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BgpSettings {
    /// Its AS.
    pub as_number: u32,
    /// `router-id`.
    pub router_id: Option<Ipv4Addr>,
    /// Its peers, those of VPN instances too, in the order of the configuration.
    pub peers: Vec<PeerSettings>,
    /// The IPv4 families: unicast of the public network, and those of VPN instances.
    pub families: BTreeMap<Vrf, FamilySettings>,
    /// Whether VPN routes that no instance imports are dropped.
    pub policy_vpn_target: bool,
}

/// A peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerSettings {
    /// Its address.
    pub address: Ipv4Addr,
    /// The instance that it is reached in.
    pub vrf: Vrf,
    /// Its AS.
    pub remote_as: u32,
    /// The interface whose address is the source.
    pub connect_interface: Option<InterfaceName>,
    /// Whether a peer of another AS may be some hops away.
    pub multi_hop: bool,
    /// Whether the session is held down.
    pub ignored: bool,
    /// Whether IPv4 unicast routes are exchanged.
    pub unicast: bool,
    /// Whether VPNv4 routes are exchanged.
    pub vpnv4: bool,
    /// Whether the own address replaces the next hop of what other ASs sent.
    pub next_hop_local: bool,
}

/// An IPv4 family.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FamilySettings {
    /// MED of imported direct routes, if they are imported.
    pub import_direct: Option<u32>,
    /// MED of imported static routes.
    pub import_static: Option<u32>,
    /// MED of imported routes of OSPF processes.
    pub import_ospf: BTreeMap<u32, u32>,
    /// Prefixes of `network` lines.
    pub networks: Vec<Prefix>,
    /// How many equal routes of peers of the same AS are used.
    pub largest_ibgp: usize,
    /// How many equal routes of peers of other ASs are used.
    pub largest_ebgp: usize,
}

/// The BGP process of a configuration.
pub fn of(configuration: &Configuration) -> Option<BgpSettings> {
    let (number, block) = configuration
        .lines
        .iter()
        .find_map(|line| Some((as_number(line.text.strip_prefix("bgp ")?)?, line)))?;
    let family = |text: &str| block.children.iter().find(|line| line.text == text);
    let unicast = family("ipv4-family unicast");
    let vpnv4 = family("ipv4-family vpnv4").or_else(|| family("ipv4-family vpnv4 unicast"));
    let mut settings = BgpSettings {
        as_number: number,
        router_id: block.after("router-id ").and_then(|id| id.parse().ok()),
        peers: peers(block, &Vrf::Public, unicast, vpnv4),
        families: BTreeMap::from([(Vrf::Public, unicast.map(family_settings).unwrap_or_default())]),
        policy_vpn_target: vpnv4.is_none_or(|family| !family.has("undo policy vpn-target")),
    };
    for line in &block.children {
        if let Some(name) = line.text.strip_prefix("ipv4-family vpn-instance ") {
            let vrf = Vrf::Instance(name.to_owned());
            settings.peers.extend(peers(line, &vrf, Some(line), None));
            settings.families.insert(vrf, family_settings(line));
        }
    }
    Some(settings)
}

/// An AS number, plain or `x.y`.
fn as_number(text: &str) -> Option<u32> {
    match text.split_once('.') {
        None => text.parse().ok(),
        Some((high, low)) => Some((high.parse::<u32>().ok()?.checked_shl(16)?) | low.parse::<u32>().ok()?),
    }
}

fn peers(block: &Node, vrf: &Vrf, unicast: Option<&Node>, vpnv4: Option<&Node>) -> Vec<PeerSettings> {
    let found = block.children.iter().filter_map(|line| {
        let (address, remote_as) = line.text.strip_prefix("peer ")?.split_once(" as-number ")?;
        Some((address, address.parse().ok()?, as_number(remote_as)?))
    });
    found
        .map(|(text, address, remote_as)| {
            let prefix = format!("peer {text} ");
            let says = |node: Option<&Node>, what: &str| node.is_some_and(|node| node.has(&format!("{prefix}{what}")));
            PeerSettings {
                address,
                vrf: vrf.clone(),
                remote_as,
                connect_interface: block
                    .after(&format!("{prefix}connect-interface "))
                    .and_then(InterfaceName::parse),
                multi_hop: block.after(&format!("{prefix}ebgp-max-hop")).is_some(),
                ignored: says(Some(block), "ignore"),
                unicast: *vrf != Vrf::Public || says(unicast, "enable"),
                vpnv4: says(vpnv4, "enable"),
                next_hop_local: says(unicast, "next-hop-local"),
            }
        })
        .collect()
}

fn family_settings(family: &Node) -> FamilySettings {
    let import = |protocol: &str| {
        let rest = family.after(&format!("import-route {protocol}"))?;
        Some(rest.strip_prefix(" med ").and_then(|med| med.parse().ok()).unwrap_or(0))
    };
    let ospf = family.children.iter().filter_map(|line| {
        let mut words = line.text.strip_prefix("import-route ospf ")?.split(" med ");
        let process = words.next()?.parse().ok()?;
        Some((process, words.next().and_then(|med| med.parse().ok()).unwrap_or(0)))
    });
    let networks = family.children.iter().filter_map(|line| {
        let (address, mask) = line.text.strip_prefix("network ")?.split_once(' ')?;
        Prefix::with_mask(address, mask)
    });
    let largest = |kind: &str| {
        let both = family.after("maximum load-balancing ").and_then(|n| n.parse().ok());
        let own = family.after(&format!("maximum load-balancing {kind} "));
        own.and_then(|n| n.parse().ok()).or(both).unwrap_or(1)
    };
    FamilySettings {
        import_direct: import("direct"),
        import_static: import("static"),
        import_ospf: ospf.collect(),
        networks: networks.collect(),
        largest_ibgp: largest("ibgp"),
        largest_ebgp: largest("ebgp"),
    }
}
