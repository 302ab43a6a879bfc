//! What OSPF brings in from outside: routes of the routing table that are imported, and the default route
//! (RFC 2328 §12.4.4).
//!
//! Without other words on its line an imported route has cost 1, type 2 and tag 1.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::bgp_path::{Attributes, Crossing, Origin, Path};
use super::interfaces::Interface;
use super::ospf::Process;
use super::ospf_instance::{self, OspfKind, Summaries};
use super::ospf_link;
use super::prefix::Prefix;
use super::rib::{Protocol, Ribs, Route, Via};
use super::route_policy::RoutePolicies;
use crate::configuration::{Configuration, Node};

const COST: u32 = 1;
const TAG: u32 = 1;
/// One less than LSInfinity (RFC 2328 §B).
const LARGEST_COST: u32 = 0x00ff_fffe;

/// A route from outside as an AS-external LSA describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct External {
    /// Whether its metric counts before any distance within OSPF (type 2).
    pub type_2: bool,
    /// Its metric.
    pub metric: u32,
    /// Its tag.
    pub tag: u32,
    /// Whether it bears the DN bit: a provider's router brought it in from BGP (RFC 4577 §4.2.5.1).
    pub down: bool,
    /// Where packets are sent instead of to the router that says so.
    pub forwarding: Option<Ipv4Addr>,
}

/// What the processes of a device are to bring in.
#[derive(Debug, Clone, Default)]
pub struct Imports {
    policies: RoutePolicies,
    /// By process.
    lines: BTreeMap<u32, ImportLines>,
}

#[derive(Debug, Clone, Default)]
struct ImportLines {
    imports: Vec<(Source, Terms)>,
    default_route: Option<Terms>,
    /// `default cost`: that of imported routes whose line says none.
    default_cost: Option<u32>,
}

/// Whose routes are imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Direct,
    Static,
    Bgp { internal: bool },
    Ospf(u32),
}

/// What an imported route is given.
#[derive(Debug, Clone, Default)]
struct Terms {
    cost: Option<u32>,
    default_cost: Option<u32>,
    type_1: bool,
    tag: Option<u32>,
    policy: Option<String>,
}

/// Whether a process has a line that makes it a border to the outside.
pub fn brings_in(block: &Node) -> bool {
    let mut lines = block.children.iter();
    lines.any(|line| line.text.starts_with("import-route ") || line.text.starts_with("default-route-advertise"))
}

/// The lines of a configuration that bring routes into OSPF.
pub fn configured(configuration: &Configuration) -> Imports {
    let blocks = configuration.lines.iter().filter_map(|line| {
        let id = line.text.strip_prefix("ospf ")?.split(' ').next()?.parse().ok()?;
        brings_in(line).then(|| (id, import_lines(line)))
    });
    let lines: BTreeMap<u32, ImportLines> = blocks.collect();
    let policies = if lines.is_empty() {
        RoutePolicies::default()
    } else {
        RoutePolicies::of(configuration)
    };
    Imports { policies, lines }
}

/// A line of OSPF that asks for more than is computed: a policy that looks at what only BGP knows of a route, or a
/// backbone that is to be a stub area, which none can be.
pub fn doubt(configuration: &Configuration) -> Option<String> {
    const OF_BGP: [&str; 4] = [
        "if-match as-path-filter ",
        "if-match community-filter ",
        "if-match ip route-source ",
        "if-match mpls-label",
    ];
    let asks_bgp = |name: &str| {
        let nodes = configuration.lines.iter().filter(|line| {
            let words = line.text.strip_prefix("route-policy ");
            words.and_then(|words| words.split(' ').next()) == Some(name)
        });
        let mut lines = nodes.flat_map(|node| &node.children);
        lines.any(|line| OF_BGP.iter().any(|condition| line.text.starts_with(condition)))
    };
    let blocks: Vec<&Node> = configuration
        .lines
        .iter()
        .filter(|line| line.text.starts_with("ospf "))
        .collect();
    let doubt = ospf_instance::doubt(configuration, &blocks).or_else(|| ospf_link::doubt(configuration));
    if doubt.is_some() {
        return doubt;
    }
    blocks.into_iter().flat_map(|block| &block.children).find_map(|line| {
        let imports = line.text.starts_with("import-route ");
        let policy = terms(&line.text).policy.filter(|_| imports);
        let is_backbone = line.text == "area 0.0.0.0";
        let stub = line
            .children
            .iter()
            .find(|inner| inner.text == "stub" || inner.text == "stub no-summary");
        match stub.filter(|_| is_backbone) {
            Some(stub) => Some(format!("{} (in the backbone)", stub.text)),
            None => policy.filter(|name| asks_bgp(name)).map(|_| line.text.clone()),
        }
    })
}

fn import_lines(block: &Node) -> ImportLines {
    let mut lines = ImportLines {
        default_cost: block.after("default cost ").and_then(|cost| cost.parse().ok()),
        ..ImportLines::default()
    };
    for line in &block.children {
        if let Some(rest) = line.text.strip_prefix("default-route-advertise") {
            lines.default_route = Some(terms(rest));
        }
        if let Some((source, rest)) = line.text.strip_prefix("import-route ").and_then(source) {
            let mut terms = terms(rest);
            terms.default_cost = lines.default_cost;
            lines.imports.push((source, terms));
        }
    }
    lines
}

fn source(text: &str) -> Option<(Source, &str)> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let source = match word {
        "direct" => Source::Direct,
        "static" => Source::Static,
        "bgp" => Source::Bgp {
            internal: rest.split(' ').any(|word| word == "permit-ibgp"),
        },
        "ospf" => Source::Ospf(rest.split(' ').next()?.parse().ok()?),
        _ => return None,
    };
    Some((source, rest))
}

fn terms(text: &str) -> Terms {
    let words: Vec<&str> = text.split_whitespace().collect();
    let value = |keyword: &str| {
        let at = words.iter().position(|word| *word == keyword)?;
        words.get(at + 1).copied()
    };
    let number = |keyword: &str| value(keyword).and_then(|word| word.parse().ok());
    Terms {
        cost: number("cost"),
        default_cost: None,
        type_1: value("type") == Some("1"),
        tag: number("tag"),
        policy: value("route-policy").map(str::to_owned),
    }
}

impl Imports {
    /// Whether nothing is to be brought in.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The processes of a device with what they bring in from its routing tables.
    pub fn bring(&self, processes: &mut [Process], ribs: &Ribs, interfaces: &[Interface]) {
        for process in processes.iter_mut().filter(|process| process.brings_in) {
            let (found, summaries) = self.originated(process, ribs, interfaces);
            if *process.externals != found {
                process.externals = Arc::new(found);
            }
            if *process.summaries != summaries {
                process.summaries = Arc::new(summaries);
            }
        }
    }

    fn originated(
        &self,
        process: &Process,
        ribs: &Ribs,
        interfaces: &[Interface],
    ) -> (BTreeMap<Prefix, External>, Summaries) {
        let (mut found, mut summaries) = (BTreeMap::new(), Summaries::new());
        let Some(lines) = self.lines.get(&process.id) else {
            return (found, summaries);
        };
        let rib = ribs.get(&process.vrf()).into_iter().flat_map(|rib| rib.iter());
        for (prefix, routes) in rib {
            let Some(route) = routes.first() else { continue };
            let external = if *prefix == Prefix::DEFAULT_ROUTE {
                // A default route of another origin is passed on by a line of its own.
                let others =
                    !matches!(route.protocol, Protocol::Ospf | Protocol::OspfAse) || route.process != process.id;
                let terms = lines.default_route.as_ref().filter(|_| others);
                terms.and_then(|terms| self.external(process, route, terms))
            } else {
                let fits = |(source, _): &&(Source, Terms)| source.is_of(route, process, interfaces);
                let import = lines.imports.iter().find(fits);
                if let Some((_, terms)) = import.filter(|_| is_of_domain(process, route)) {
                    summaries.extend(self.summary(route, terms).map(|cost| (*prefix, cost)));
                    continue;
                }
                import.and_then(|(_, terms)| self.external(process, route, terms))
            };
            if let Some(external) = external {
                found.insert(*prefix, external);
            }
        }
        if let Some(terms) = lines.default_route.as_ref().filter(|_| process.always_offers_default) {
            found.entry(Prefix::DEFAULT_ROUTE).or_insert(External {
                type_2: !terms.type_1,
                metric: terms.cost.unwrap_or(COST),
                tag: terms.tag.unwrap_or_else(|| tag_of(process)),
                down: process.prevents_loops(),
                forwarding: None,
            });
        }
        (found, summaries)
    }

    /// The cost that a route of BGP is told with as a route between areas; none if a policy does not let it pass.
    fn summary(&self, route: &Route, terms: &Terms) -> Option<u32> {
        let mut path = as_path(route);
        let effects = match &terms.policy {
            Some(policy) => self.policies.apply(policy, route.prefix, &mut path)?,
            None => super::route_policy::Effects::default(),
        };
        let cost = effects.cost.then_some(path.attributes.med).or(terms.cost);
        Some(cost.unwrap_or(route.cost).min(LARGEST_COST))
    }

    /// A route as it is brought in; none if a policy does not let it pass. What a policy says comes before the line.
    fn external(&self, process: &Process, route: &Route, terms: &Terms) -> Option<External> {
        let mut effects = super::route_policy::Effects::default();
        let mut path = as_path(route);
        if let Some(policy) = &terms.policy {
            effects = self.policies.apply(policy, route.prefix, &mut path)?;
        }
        let cost = effects.cost.then_some(path.attributes.med);
        // What was external where it comes from stays of its type (RFC 4577 §4.2.8.1).
        let known = match route.ospf.filter(|_| is_bgp(route)).map(|origin| origin.kind) {
            Some(OspfKind::External1) => Some(false),
            Some(OspfKind::External2) => Some(true),
            _ => None,
        };
        let type_2 = effects
            .cost_type
            .map_or(known.unwrap_or(!terms.type_1), |kind| kind == 2);
        let comes_from_bgp = is_bgp(route) || route.prefix == Prefix::DEFAULT_ROUTE;
        let tag = if is_bgp(route) { tag_of(process) } else { TAG };
        Some(External {
            type_2,
            metric: cost
                .or(terms.cost)
                .or(terms.default_cost)
                .unwrap_or(COST)
                .min(LARGEST_COST),
            tag: if effects.tag {
                path.tag
            } else {
                terms.tag.unwrap_or(tag)
            },
            down: comes_from_bgp && process.prevents_loops(),
            forwarding: forwarding_address(process, route),
        })
    }
}

impl Source {
    /// In a VPN instance routes of other provider's routers are imported without being asked for by `permit-ibgp`.
    fn is_of(self, route: &Route, process: &Process, interfaces: &[Interface]) -> bool {
        match (self, route.protocol) {
            (Self::Direct, Protocol::Direct) => is_network(route, interfaces),
            (Self::Static, Protocol::Static) | (Self::Bgp { .. }, Protocol::Ebgp) => true,
            (Self::Bgp { internal }, Protocol::Ibgp) => internal || process.instance.is_some(),
            (Self::Bgp { .. }, Protocol::Bgp) => process.instance.is_some(),
            (Self::Ospf(of), Protocol::Ospf | Protocol::OspfAse) => of == route.process && of != process.id,
            _ => false,
        }
    }
}

fn is_bgp(route: &Route) -> bool {
    route.protocol >= Protocol::Ebgp
}

/// The tag of routes of BGP that nothing else is said of.
fn tag_of(process: &Process) -> u32 {
    process.instance.as_ref().map_or(TAG, |of| of.route_tag)
}

/// Whether a route of BGP comes from another area of the domain of a process, seen over the provider's network.
fn is_of_domain(process: &Process, route: &Route) -> bool {
    let Some((of, origin)) = process.instance.as_ref().zip(route.ospf).filter(|_| is_bgp(route)) else {
        return false;
    };
    of.domains.contains(&origin.domain) && matches!(origin.kind, OspfKind::Intra | OspfKind::Inter)
}

/// Not an own address on a link, nor a broadcast address; a loopback's host address is a network.
fn is_network(route: &Route, interfaces: &[Interface]) -> bool {
    let mut loopbacks = interfaces.iter().filter(|interface| interface.name.is_loopback());
    let is_loopback = |interface: &Interface| interface.up_address().map(Prefix::host) == Some(route.prefix);
    matches!(route.via, Via::Link(_)) || loopbacks.any(is_loopback)
}

/// The next hop, if it is on a network with a designated router that OSPF runs on: others need not make the detour
/// over this router.
fn forwarding_address(process: &Process, route: &Route) -> Option<Ipv4Addr> {
    let Via::Gateway(interface, gateway) = route.via else {
        return None;
    };
    (gateway == route.next_hop && process.shares(interface, gateway)).then_some(gateway)
}

fn as_path(route: &Route) -> Path {
    Path {
        from: None,
        next_hop: route.next_hop,
        attributes: Arc::new(Attributes::local(Origin::Incomplete, route.cost, 0)),
        preferred_value: 0,
        vpn: None,
        crossing: Crossing::None,
        label: None,
        tag: route.tag,
        no_tunnel: false,
        igp_cost: 0,
        resolved: None,
    }
}
