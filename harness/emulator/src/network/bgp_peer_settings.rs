//! What a configuration says of BGP peers: each line of a peer, or else of the group that it is in.

use std::net::Ipv4Addr;

use super::bgp_settings::as_number;
use super::bgp_timers::Timers;
use super::prefix::Vrf;
use crate::configuration::Node;
use crate::interface_name::InterfaceName;

/// A peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerSettings {
    /// Its address.
    pub address: Ipv4Addr,
    /// The instance that it is reached in.
    pub vrf: Vrf,
    /// Its AS.
    pub remote_as: u32,
    /// Its group.
    pub group: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// The interface whose address is the source.
    pub connect_interface: Option<InterfaceName>,
    /// How many hops away a peer of another AS may be; 1 is on a link.
    pub hops: u8,
    /// Whether the session is held down.
    pub ignored: bool,
    /// The ciphered password of the session.
    pub password: Option<String>,
    /// Keepalive and hold time: its own, those of its group or those of the process.
    pub timers: Option<Timers>,
    /// BFD for the session, if it is asked for.
    pub bfd: Option<PeerBfd>,
    /// What is exchanged in IPv4 unicast; in a VPN instance its own family.
    pub unicast: Option<FamilyTerms>,
    /// What is exchanged in VPNv4.
    pub vpnv4: Option<FamilyTerms>,
    /// Further families that are on, by the names of their views.
    pub others: Vec<String>,
}

impl PeerSettings {
    /// Whether a session goes on when its settings become others: what the two ends agreed on is the same.
    pub fn goes_on(&self, other: &Self) -> bool {
        let agreed = |peer: &Self| {
            let labels = peer.unicast.as_ref().map(|terms| terms.label_route_capability);
            (labels, peer.vpnv4.is_some(), peer.others.clone(), peer.timers)
        };
        let ends = |peer: &Self| {
            (
                (peer.address, peer.vrf.clone(), peer.remote_as, peer.hops),
                (peer.connect_interface.clone(), peer.ignored, peer.password.clone()),
            )
        };
        agreed(self) == agreed(other) && ends(self) == ends(other)
    }
}

/// `peer X bfd`. Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerBfd {
    /// Shortest interval between packets sent.
    pub min_tx: u32,
    /// Shortest interval between packets received.
    pub min_rx: u32,
    /// Detection multiplier.
    pub multiplier: u32,
    /// Whether a peer of the same AS on a link is watched there, not over any way.
    pub single_hop: bool,
}

/// What two peers exchange in a family, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a line of its own in the configuration"
)]
pub struct FamilyTerms {
    /// The own address replaces the next hop of what other ASs sent.
    pub next_hop_local: bool,
    /// The next hop is never replaced.
    pub next_hop_invariable: bool,
    /// Routes of this peer are reflected, and others to it.
    pub reflect_client: bool,
    /// Communities are sent.
    pub advertise_community: bool,
    /// Labels are exchanged (RFC 8277).
    pub label_route_capability: bool,
    /// Private AS numbers are taken off before routes are sent.
    pub public_as_only: bool,
    /// The peer's AS in an AS path is replaced by the own.
    pub substitute_as: bool,
    /// A default route is sent.
    pub default_route_advertise: bool,
    /// How often the own AS may stand in a received AS path.
    pub allow_as_loop: usize,
    /// Preferred value of what is received.
    pub preferred_value: u32,
    /// The policy for what is received.
    pub import_policy: Option<String>,
    /// The policy for what is sent.
    pub export_policy: Option<String>,
    /// The prefix list for what is received.
    pub import_prefixes: Option<String>,
    /// The prefix list for what is sent.
    pub export_prefixes: Option<String>,
    /// The AS path filter for what is received.
    pub import_as_paths: Option<String>,
    /// The AS path filter for what is sent.
    pub export_as_paths: Option<String>,
}

/// The lines of a view about one peer, and about its group.
struct Lines<'a> {
    block: Option<&'a Node>,
    peer: &'a str,
    group: Option<&'a str>,
}

impl<'a> Lines<'a> {
    /// What follows `what` in a line of the peer, or else of its group.
    fn after(&self, what: &str) -> Option<&'a str> {
        let block = self.block?;
        let of = |name: &str| {
            let prefix = format!("peer {name} {what}");
            let mut rests = block.children.iter().filter_map(|line| line.text.strip_prefix(&prefix));
            rests.find_map(|rest| {
                if rest.is_empty() {
                    Some(rest)
                } else {
                    rest.strip_prefix(' ')
                }
            })
        };
        of(self.peer).or_else(|| self.group.and_then(of))
    }

    fn has(&self, what: &str) -> bool {
        self.after(what).is_some()
    }

    fn number(&self, what: &str) -> Option<u32> {
        self.after(what)?.parse().ok()
    }

    fn owned(&self, prefix: &str, suffix: &str) -> Option<String> {
        let block = self.block?;
        let of = |name: &str| {
            let prefix = format!("peer {name} {prefix} ");
            let lines = block.children.iter();
            let mut named =
                lines.filter_map(|line| line.text.strip_prefix(&prefix)?.strip_suffix(suffix)?.strip_suffix(' '));
            named.next().map(str::to_owned)
        };
        of(self.peer).or_else(|| self.group.and_then(of))
    }

    /// The terms of a family if it is on for the peer.
    fn terms(&self) -> FamilyTerms {
        FamilyTerms {
            next_hop_local: self.has("next-hop-local"),
            next_hop_invariable: self.has("next-hop-invariable"),
            reflect_client: self.has("reflect-client"),
            advertise_community: self.has("advertise-community"),
            label_route_capability: self.has("label-route-capability"),
            public_as_only: self.has("public-as-only"),
            substitute_as: self.has("substitute-as"),
            default_route_advertise: self.has("default-route-advertise"),
            allow_as_loop: match self.after("allow-as-loop") {
                None => 0,
                Some(times) => times.parse().unwrap_or(1),
            },
            preferred_value: self.number("preferred-value").unwrap_or(0),
            import_policy: self.owned("route-policy", "import"),
            export_policy: self.owned("route-policy", "export"),
            import_prefixes: self.owned("ip-prefix", "import"),
            export_prefixes: self.owned("ip-prefix", "export"),
            import_as_paths: self.owned("as-path-filter", "import"),
            export_as_paths: self.owned("as-path-filter", "export"),
        }
    }

    fn in_block(&self, block: Option<&'a Node>) -> Lines<'a> {
        Lines {
            block,
            peer: self.peer,
            group: self.group,
        }
    }
}

/// The peers of the public network, from the lines of the process and of its families.
pub fn public<'a>(block: &'a Node, unicast: Option<&'a Node>, vpnv4: Option<&'a Node>) -> Vec<PeerSettings> {
    let mut peers = peers(block, &Vrf::Public);
    for (lines, peer) in &mut peers {
        let terms = |family: Option<&'a Node>, group: Option<&'a str>| {
            let own = Lines {
                group,
                ..lines.in_block(family)
            };
            let is_off = family.is_some_and(|family| family.has(&format!("undo peer {} enable", lines.peer)));
            (!is_off && own.has("enable")).then(|| own.terms())
        };
        peer.unicast = terms(unicast, lines.group);
        // Of another family a peer is in the group that the family's own line says.
        let group = vpnv4.and_then(|family| family.after(&format!("peer {} group ", lines.peer)));
        peer.vpnv4 = terms(vpnv4, group);
        let others = block.children.iter().filter(|line| {
            let is_read = [unicast, vpnv4]
                .into_iter()
                .flatten()
                .any(|read| std::ptr::eq(read, *line));
            !is_read && lines.in_block(Some(line)).has("enable")
        });
        peer.others = others.map(|line| line.text.clone()).collect();
    }
    peers.into_iter().map(|(_, peer)| peer).collect()
}

/// The peers of a VPN instance.
pub fn of_instance(block: &Node, vrf: &Vrf) -> Vec<PeerSettings> {
    peers(block, vrf)
        .into_iter()
        .map(|(lines, peer)| PeerSettings {
            unicast: Some(lines.terms()),
            ..peer
        })
        .collect()
}

fn peers<'a>(block: &'a Node, vrf: &Vrf) -> Vec<(Lines<'a>, PeerSettings)> {
    let mut found: Vec<(Lines<'a>, PeerSettings)> = Vec::new();
    for line in &block.children {
        let Some((name, rest)) = line.text.strip_prefix("peer ").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        let Ok(address) = name.parse::<Ipv4Addr>() else {
            continue;
        };
        let is_known = found.iter().any(|(_, peer)| peer.address == address);
        if is_known || !(rest.starts_with("as-number ") || rest.starts_with("group ")) {
            continue;
        }
        let group = block.after(&format!("peer {name} group "));
        let lines = Lines {
            block: Some(block),
            peer: name,
            group,
        };
        let own_as = block.text.strip_prefix("bgp ").and_then(as_number);
        let is_internal = group.is_some_and(|group| block.has(&format!("group {group} internal")));
        let remote_as = lines.after("as-number").and_then(as_number);
        let Some(remote_as) = remote_as.or_else(|| own_as.filter(|_| is_internal)) else {
            continue;
        };
        let peer = peer(&lines, address, vrf, remote_as);
        found.push((lines, peer));
    }
    found
}

fn peer(lines: &Lines<'_>, address: Ipv4Addr, vrf: &Vrf, remote_as: u32) -> PeerSettings {
    let own = lines.after("timer");
    let timers = own.or_else(|| lines.block?.after("timer ")).and_then(Timers::parse);
    let enable = lines.after("bfd enable").filter(|_| !lines.has("bfd block"));
    let bfd = enable.map(|mode| PeerBfd {
        single_hop: mode == "single-hop-prefer",
        min_tx: lines.number("bfd min-tx-interval").unwrap_or(10),
        min_rx: lines.number("bfd min-rx-interval").unwrap_or(10),
        multiplier: lines.number("bfd detect-multiplier").unwrap_or(3),
    });
    PeerSettings {
        address,
        vrf: vrf.clone(),
        remote_as,
        group: lines.group.map(str::to_owned),
        description: lines.after("description").map(str::to_owned),
        connect_interface: lines.after("connect-interface").and_then(InterfaceName::parse),
        hops: match lines.after("ebgp-max-hop") {
            None => 1,
            Some(hops) => hops.parse().unwrap_or(u8::MAX),
        },
        ignored: lines.has("ignore"),
        password: lines.after("password cipher").map(str::to_owned),
        timers,
        bfd,
        unicast: None,
        vpnv4: None,
        others: Vec::new(),
    }
}
