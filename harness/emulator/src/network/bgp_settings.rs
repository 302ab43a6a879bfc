//! What a configuration says of BGP.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::bgp_path::LOCAL_PREFERENCE;
use super::bgp_peer_settings::{self as peers, PeerSettings};
use super::bgp_selection::Choice;
use super::prefix::{Prefix, Vrf};
use super::route_policy::RoutePolicies;
use crate::configuration::{Configuration, Node};

/// Preference of BGP routes in the routing table.
const PREFERENCE: u8 = 255;

/// The BGP process of a device.
#[derive(Debug, Clone)]
pub struct BgpSettings {
    /// Its AS.
    pub as_number: u32,
    /// `router-id`.
    pub router_id: Option<Ipv4Addr>,
    /// Its peers, those of VPN instances too, in the order of the configuration.
    pub peers: Vec<PeerSettings>,
    /// The IPv4 families: unicast of the public network, and those of VPN instances.
    pub families: BTreeMap<Vrf, FamilySettings>,
    /// The VPNv4 family.
    pub vpnv4: Vpnv4Settings,
    /// Whether private AS numbers of four bytes are known as such.
    pub private_four_bytes: bool,
    /// The policies of the device.
    pub policies: RoutePolicies,
}

/// The VPNv4 family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vpnv4Settings {
    /// Whether VPN routes that no instance imports are dropped.
    pub policy_vpn_target: bool,
    /// The cluster of a route reflector; its router ID if none is configured.
    pub cluster: Option<Ipv4Addr>,
    /// Whether routes are reflected from client to client.
    pub reflects_between_clients: bool,
    /// How it chooses.
    pub choice: Choice,
}

/// An IPv4 family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilySettings {
    /// Imported direct routes.
    pub import_direct: Option<Import>,
    /// Imported static routes.
    pub import_static: Option<Import>,
    /// Imported routes of OSPF processes.
    pub import_ospf: BTreeMap<u32, Import>,
    /// `network` lines.
    pub networks: Vec<(Prefix, Import)>,
    /// How it chooses.
    pub choice: Choice,
    /// Preference of routes of peers of other ASs, of peers of the same, and of the device itself.
    pub preferences: [u8; 3],
    /// The policy that gives routes their preference instead.
    pub preference_policy: Option<String>,
    /// MED of imported routes unless the import says another.
    pub default_med: u32,
    /// Local preference of routes that have none.
    pub default_local_preference: u32,
    /// The router ID of a VPN instance.
    pub router_id: Option<Ipv4Addr>,
    /// The AS that a VPN instance shows to its peers.
    pub as_number: Option<u32>,
    /// Routes of one route distinguisher of other devices may share their load.
    pub cross_multipath: bool,
    /// The cluster of a route reflector.
    pub cluster: Option<Ipv4Addr>,
    /// Whether routes are reflected from client to client.
    pub reflects_between_clients: bool,
    /// Whether a default route may be imported.
    pub default_route_imported: bool,
}

impl Default for FamilySettings {
    fn default() -> Self {
        Self {
            import_direct: None,
            import_static: None,
            import_ospf: BTreeMap::new(),
            networks: Vec::new(),
            choice: Choice::default(),
            preferences: [PREFERENCE; 3],
            preference_policy: None,
            default_med: 0,
            default_local_preference: LOCAL_PREFERENCE,
            router_id: None,
            as_number: None,
            cross_multipath: false,
            cluster: None,
            reflects_between_clients: true,
            default_route_imported: false,
        }
    }
}

/// An `import-route` or `network` line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Import {
    /// The MED, if the line says one.
    pub med: Option<u32>,
    /// The policy that the routes must pass.
    pub policy: Option<String>,
    /// Whether the routes must not be sent along tunnels.
    pub no_tunnel: bool,
}

impl BgpSettings {
    /// The AS that the device shows to peers in an instance.
    pub fn local_as(&self, vrf: &Vrf) -> u32 {
        let family = self.families.get(vrf);
        family.and_then(|family| family.as_number).unwrap_or(self.as_number)
    }
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
        router_id: block
            .after("router-id ")
            .and_then(|id| id.parse().ok())
            .or_else(|| super::ospf::configured_router_id(configuration)),
        peers: peers::public(block, unicast, vpnv4),
        families: BTreeMap::from([(Vrf::Public, family_settings(unicast, block))]),
        vpnv4: Vpnv4Settings {
            policy_vpn_target: vpnv4.is_none_or(|family| !family.has("undo policy vpn-target")),
            cluster: vpnv4.and_then(cluster),
            reflects_between_clients: vpnv4.is_none_or(|family| !family.has("undo reflect between-clients")),
            choice: vpnv4.map(|family| choice(family, block)).unwrap_or_default(),
        },
        private_four_bytes: block.has("private-4-byte-as enable"),
        policies: RoutePolicies::of(configuration),
    };
    for line in &block.children {
        if let Some(name) = line.text.strip_prefix("ipv4-family vpn-instance ") {
            let vrf = Vrf::Instance(name.to_owned());
            settings.peers.extend(peers::of_instance(line, &vrf));
            settings.families.insert(vrf, family_settings(Some(line), block));
        }
    }
    Some(settings)
}

/// An AS number, plain or `x.y`.
pub fn as_number(text: &str) -> Option<u32> {
    match text.split_once('.') {
        None => text.parse().ok(),
        Some((high, low)) => Some((u32::from(high.parse::<u16>().ok()?) << 16) | u32::from(low.parse::<u16>().ok()?)),
    }
}

/// The cluster ID of a reflector, a number or an address.
fn cluster(family: &Node) -> Option<Ipv4Addr> {
    let text = family.after("reflector cluster-id ")?;
    text.parse()
        .ok()
        .or_else(|| text.parse::<u32>().ok().map(Ipv4Addr::from))
}

fn family_settings(family: Option<&Node>, block: &Node) -> FamilySettings {
    let Some(family) = family else {
        return FamilySettings::default();
    };
    let imported = |protocol: &str| {
        let lines = family.children.iter();
        let mut rests = lines.filter_map(|line| line.text.strip_prefix("import-route ")?.strip_prefix(protocol));
        rests.find(|rest| rest.is_empty() || rest.starts_with(' ')).map(import)
    };
    let ospf = family.children.iter().filter_map(|line| {
        let rest = line.text.strip_prefix("import-route ospf ")?;
        let (process, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        Some((process.parse().ok()?, import(rest)))
    });
    let networks = family.children.iter().filter_map(|line| {
        let words: Vec<&str> = line.text.strip_prefix("network ")?.split(' ').collect();
        let (address, rest) = words.split_first()?;
        let (prefix, rest) = match rest.split_first() {
            Some((mask, rest)) if mask.parse::<Ipv4Addr>().is_ok() => (Prefix::with_mask(address, mask)?, rest),
            _ => (Prefix::classful(address.parse().ok()?)?, rest),
        };
        Some((prefix, import(&rest.join(" "))))
    });
    let number = |prefix: &str| family.after(prefix).and_then(|text| text.parse::<u32>().ok());
    FamilySettings {
        import_direct: imported("direct"),
        import_static: imported("static"),
        import_ospf: ospf.collect(),
        networks: networks.collect(),
        choice: choice(family, block),
        preferences: preferences(family).unwrap_or([PREFERENCE; 3]),
        preference_policy: family.after("preference route-policy ").map(str::to_owned),
        default_med: number("default med ").unwrap_or(0),
        default_local_preference: number("default local-preference ").unwrap_or(LOCAL_PREFERENCE),
        router_id: family.after("router-id ").and_then(|id| id.parse().ok()),
        as_number: family.after("as-number ").and_then(as_number),
        cross_multipath: family.has("vpn-route cross multipath"),
        cluster: cluster(family),
        reflects_between_clients: !family.has("undo reflect between-clients"),
        default_route_imported: family.has("default-route imported"),
    }
}

fn preferences(family: &Node) -> Option<[u8; 3]> {
    let numbers: Vec<u8> = family
        .after("preference ")?
        .split(' ')
        .map_while(|word| word.parse().ok())
        .collect();
    numbers.try_into().ok()
}

/// Reads what follows the protocol or the prefix of an import.
fn import(text: &str) -> Import {
    let words: Vec<&str> = text.split_whitespace().collect();
    let value = |keyword: &str| {
        let at = words.iter().position(|word| *word == keyword)?;
        words.get(at + 1).copied()
    };
    Import {
        med: value("med").and_then(|med| med.parse().ok()),
        policy: value("route-policy").map(str::to_owned),
        no_tunnel: words.contains(&"non-relay-tunnel"),
    }
}

fn choice(family: &Node, block: &Node) -> Choice {
    let largest = |kind: &str| {
        let both = family.after("maximum load-balancing ").and_then(number);
        let own = family
            .after(&format!("maximum load-balancing {kind} "))
            .and_then(number);
        own.or(both).unwrap_or(1)
    };
    let eibgp = family.after("maximum load-balancing eibgp ").and_then(number);
    let both_kinds = family.has("load-balancing eibgp");
    let says = |line: &str| family.has(line) || block.has(line);
    Choice {
        largest_ibgp: largest("ibgp"),
        largest_ebgp: largest("ebgp"),
        largest_eibgp: eibgp.or_else(|| both_kinds.then(|| largest("ibgp"))),
        auto_frr: family.has("auto-frr"),
        share_whatever_igp_cost: family.has("load-balancing igp-metric-ignore"),
        share_as_paths_of_same_length: family.has("load-balancing as-path-relax"),
        share_whatever_as_path: family.has("load-balancing as-path-ignore"),
        compare_different_as_med: says("compare-different-as-med"),
        ignore_as_path: says("bestroute as-path-ignore"),
        ignore_igp_cost: says("bestroute igp-metric-ignore"),
        ignore_router_id: says("bestroute router-id-ignore"),
    }
}

/// The number at the beginning; `ecmp-nexthop-changed` may follow.
fn number(text: &str) -> Option<usize> {
    text.split(' ').next()?.parse().ok()
}
