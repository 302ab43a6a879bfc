//! OSPF (RFC 2328): neighbours, shortest paths within areas, summaries between areas, equal-cost paths.
//!
//! A loopback costs 1 unless `ospf cost` says otherwise; so the worked example prints it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::interfaces::Interface;
use super::prefix::{Prefix, Vrf};
use super::rib::{Protocol, Route, Via};
use super::simulation::{Condition, both_ways};
use crate::configuration::{Configuration, Node};
use crate::interface_name::InterfaceName;

const BACKBONE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
const PREFERENCE: u8 = 10;
const LARGEST_COST: u32 = 65_535;
const LARGEST_ECMP: usize = 32;
/// What the bandwidth of an interface is compared with, in Mbit/s.
const BANDWIDTH_REFERENCE: u64 = 100;

/// A process of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// Its router ID.
    pub router_id: Ipv4Addr,
    /// Its neighbours, by interface.
    pub neighbours: Vec<Neighbour>,
    enabled: Vec<Enabled>,
    silent: BTreeSet<usize>,
    preference: u8,
    ecmp: usize,
}

impl Process {
    /// The interfaces that OSPF runs on: index, area, and whether it is silent there.
    pub fn enabled(&self) -> impl Iterator<Item = (usize, Ipv4Addr, bool)> {
        self.enabled.iter().map(|enabled| {
            (
                enabled.interface,
                enabled.area,
                self.silent.contains(&enabled.interface),
            )
        })
    }
}

/// A neighbour in a router LSA: its router ID, the own address on the link, the cost.
pub type ListedNeighbour = (Ipv4Addr, Ipv4Addr, u32);

/// An interface that takes part, with what is advertised of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Enabled {
    interface: usize,
    area: Ipv4Addr,
    cost: u32,
    prefix: Prefix,
    address: Ipv4Addr,
}

/// A neighbour in state Full; others are not at a fixpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// Index of the interface that it is seen on.
    pub interface: usize,
    /// The area.
    pub area: Ipv4Addr,
    /// Its router ID.
    pub router_id: Ipv4Addr,
    /// Its address on the link.
    pub address: Ipv4Addr,
    /// Whether the link has a designated router.
    pub broadcast: bool,
    node: (usize, usize),
}

impl Neighbour {
    /// Device and index of the process on it.
    pub fn node(&self) -> (usize, usize) {
        self.node
    }
}

/// A way out of the root: interface and gateway.
type FirstHop = (usize, Ipv4Addr);
/// Distance and ways to reach something. Routers behind the same neighbours share their ways.
type Reach = (u32, Arc<BTreeSet<FirstHop>>);

/// The router ID that a device takes if none is configured: its largest loopback address, else its largest address.
pub fn default_router_id(interfaces: &[Interface]) -> Option<Ipv4Addr> {
    let largest = |loopback: bool| {
        interfaces
            .iter()
            .filter(|i| i.vrf == Vrf::Public && i.name.is_loopback() == loopback)
            .filter_map(Interface::up_address)
            .max()
    };
    largest(true).or_else(|| largest(false))
}

/// The router ID that a configuration gives to all protocols.
pub fn configured_router_id(configuration: &Configuration) -> Option<Ipv4Addr> {
    let mut lines = configuration.lines.iter();
    lines.find_map(|line| line.text.strip_prefix("router id ")?.parse().ok())
}

/// The OSPF processes of all devices with their neighbours.
pub fn processes(
    configurations: &[Arc<Configuration>],
    interfaces: &[Arc<Vec<Interface>>],
    conditions: &[[Condition; 2]],
) -> Vec<Arc<Vec<Process>>> {
    let alone: Vec<Arc<Vec<Process>>> = configurations
        .iter()
        .zip(interfaces)
        .map(|(configuration, interfaces)| Arc::new(configured(configuration, interfaces)))
        .collect();
    (0..alone.len())
        .map(|device| Arc::new(with_neighbours(device, &alone, interfaces, conditions)))
        .collect()
}

/// The processes of a device with all neighbours that it could have; what the devices have configured is `alone`.
pub fn with_neighbours(
    device: usize,
    alone: &[Arc<Vec<Process>>],
    interfaces: &[Arc<Vec<Interface>>],
    conditions: &[[Condition; 2]],
) -> Vec<Process> {
    let (Some(processes), Some(own)) = (alone.get(device), interfaces.get(device)) else {
        return Vec::new();
    };
    let complete = |process: &Process| Process {
        neighbours: neighbours(process, own, alone, interfaces, conditions),
        ..process.clone()
    };
    processes.iter().map(complete).collect()
}

/// The processes that a configuration makes on interfaces that are up, without neighbours.
pub fn configured(configuration: &Configuration, interfaces: &[Interface]) -> Vec<Process> {
    let mut taken = BTreeSet::new();
    let blocks = configuration.lines.iter().filter(|line| line.text.starts_with("ospf "));
    blocks
        .filter_map(|block| {
            let words: Vec<&str> = block.text.split(' ').collect();
            let id = words.get(1)?.parse().ok()?;
            let configured = words.get(3).and_then(|id| id.parse().ok());
            let router_id = configured
                .or_else(|| configured_router_id(configuration))
                .or_else(|| default_router_id(interfaces))?;
            let reference = block
                .after("bandwidth-reference ")
                .and_then(|text| text.parse().ok())
                .unwrap_or(BANDWIDTH_REFERENCE);
            let mut enabled = Vec::new();
            for (index, interface) in interfaces.iter().enumerate() {
                let Some(address) = interface.up_address().filter(|_| interface.vrf == Vrf::Public) else {
                    continue;
                };
                let area = match interface.ospf_enable {
                    Some((process, area)) => (process == id).then_some(area),
                    None => area_of(block, address),
                };
                let prefix = if interface.name.is_loopback() {
                    Some(Prefix::host(address))
                } else {
                    interface.up_prefix()
                };
                if let (Some(area), Some(prefix)) = (area.filter(|_| taken.insert(index)), prefix) {
                    enabled.push(Enabled {
                        interface: index,
                        area,
                        cost: interface
                            .ospf_cost
                            .unwrap_or_else(|| default_cost(configuration, &interface.name, reference)),
                        prefix,
                        address,
                    });
                }
            }
            let silent = block.children.iter().filter_map(|line| {
                let name = line.text.strip_prefix("silent-interface ")?;
                interfaces.iter().position(|i| i.name.to_string() == name)
            });
            let number = |prefix: &str| block.after(prefix).and_then(|text| text.parse::<u8>().ok());
            Some(Process {
                id,
                router_id,
                neighbours: Vec::new(),
                enabled,
                silent: silent.collect(),
                preference: number("preference ").unwrap_or(PREFERENCE),
                ecmp: block
                    .after("maximum load-balancing ")
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(LARGEST_ECMP),
            })
        })
        .collect()
}

/// The cost of an interface that none is configured for: the reference by its bandwidth, at least 1. A loopback costs
/// 1 whatever the reference is.
fn default_cost(configuration: &Configuration, name: &InterfaceName, reference: u64) -> u32 {
    if name.is_loopback() {
        return 1;
    }
    let node = configuration.interfaces().find(|(own, _)| own == name);
    let configured = node.and_then(|(_, node)| {
        let words: Vec<&str> = node.after("bandwidth ")?.split(' ').collect();
        let number: u64 = words.first()?.parse().ok()?;
        Some(if words.contains(&"kbps") {
            number
        } else {
            number.saturating_mul(1000)
        })
    });
    let kilobits = configured.unwrap_or_else(|| name.bandwidth()).max(1);
    u32::try_from(reference.saturating_mul(1000) / kilobits)
        .unwrap_or(LARGEST_COST)
        .clamp(1, LARGEST_COST)
}

/// The area whose `network` line fits an address, the most specific one if several do.
fn area_of(block: &Node, address: Ipv4Addr) -> Option<Ipv4Addr> {
    let mut best: Option<(u32, Ipv4Addr)> = None;
    for line in &block.children {
        let Some(area) = line.text.strip_prefix("area ").and_then(|area| area.parse().ok()) else {
            continue;
        };
        for network in line
            .children
            .iter()
            .filter_map(|line| line.text.strip_prefix("network "))
        {
            let Some((base, wildcard)) = network.split_once(' ') else {
                continue;
            };
            let (Ok(base), Ok(wildcard)) = (base.parse::<Ipv4Addr>(), wildcard.parse::<Ipv4Addr>()) else {
                continue;
            };
            let fixed = !u32::from(wildcard);
            let fits = u32::from(base) & fixed == u32::from(address) & fixed;
            if fits && best.is_none_or(|(bits, _)| fixed.count_ones() > bits) {
                best = Some((fixed.count_ones(), area));
            }
        }
    }
    best.map(|(_, area)| area)
}

fn neighbours(
    process: &Process,
    own: &[Interface],
    all: &[Arc<Vec<Process>>],
    interfaces: &[Arc<Vec<Interface>>],
    conditions: &[[Condition; 2]],
) -> Vec<Neighbour> {
    let mut found = Vec::new();
    for (index, area) in process
        .enabled
        .iter()
        .map(|enabled| (enabled.interface, enabled.area))
        .filter(|(index, _)| !process.silent.contains(index))
    {
        let neighbour = || {
            let here = own.get(index)?;
            let (device, far) = here.far_end?;
            let there = interfaces.get(device)?.get(far)?;
            let (number, other) = all
                .get(device)?
                .iter()
                .enumerate()
                .find(|(_, other)| other.is_on(far, area) && !other.silent.contains(&far))?;
            let types = [here, there].map(|i| i.ospf_network_type.as_deref().unwrap_or("broadcast"));
            let agree = both_ways(conditions, here)
                && here.up_prefix() == there.up_prefix()
                && types.first() == types.last()
                && other.router_id != process.router_id;
            let address = there.up_address().filter(|_| agree)?;
            Some(Neighbour {
                interface: index,
                area,
                router_id: other.router_id,
                address,
                broadcast: types.first() == Some(&"broadcast"),
                node: (device, number),
            })
        };
        found.extend(neighbour());
    }
    found
}

impl Process {
    /// What its router LSA of an area lists: neighbours (router ID, own address on the link, cost) and networks with
    /// their costs.
    pub fn listed(&self, area: Ipv4Addr) -> (Vec<ListedNeighbour>, Vec<(Prefix, u32)>) {
        let neighbours = self.neighbours.iter().filter(|neighbour| neighbour.area == area);
        let neighbours = neighbours.filter_map(|neighbour| {
            let mut enabled = self.enabled.iter();
            let own = enabled.find(|enabled| enabled.interface == neighbour.interface)?;
            Some((neighbour.router_id, own.address, own.cost))
        });
        let networks = self.enabled.iter().filter(|enabled| enabled.area == area);
        (
            neighbours.collect(),
            networks.map(|enabled| (enabled.prefix, enabled.cost)).collect(),
        )
    }

    fn is_on(&self, interface: usize, area: Ipv4Addr) -> bool {
        self.enabled
            .iter()
            .any(|enabled| enabled.interface == interface && enabled.area == area)
    }

    /// The cost of an interface that OSPF runs on.
    pub fn cost(&self, interface: usize) -> u32 {
        let enabled = self.enabled.iter().find(|enabled| enabled.interface == interface);
        enabled.map_or(1, |enabled| enabled.cost)
    }

    fn prefix(&self, interface: usize) -> Option<Prefix> {
        let enabled = self.enabled.iter().find(|enabled| enabled.interface == interface);
        enabled.map(|enabled| enabled.prefix)
    }

    /// A router in the backbone and in another area.
    fn is_border(&self) -> bool {
        let in_backbone = |enabled: &Enabled| enabled.area == BACKBONE;
        self.enabled.iter().any(in_backbone) && !self.enabled.iter().all(in_backbone)
    }
}

/// The OSPF routes of a device, from the processes of all devices as it knows them.
pub fn routes_of(device: usize, processes: &[Arc<Vec<Process>>], own: &[Interface]) -> Vec<Route> {
    let network = Network { processes };
    let mut nodes = BTreeMap::new();
    for (other, theirs) in processes.iter().enumerate() {
        for (number, process) in theirs.iter().enumerate() {
            if other == device || process.is_border() {
                nodes.insert((other, number), network.within_areas((other, number)));
            }
        }
    }
    let backbone: BTreeMap<Vertex, BTreeMap<Prefix, Reach>> = nodes
        .iter()
        .map(|(node, within)| {
            (
                *node,
                across(BACKBONE, within, &nodes, |_, area| area != BACKBONE, &BTreeMap::new()),
            )
        })
        .collect();
    let mut routes = Vec::new();
    for (node, within) in nodes.range((device, 0)..=(device, usize::MAX)) {
        let mut table: BTreeMap<Prefix, Reach> = BTreeMap::new();
        for reaches in within.prefixes.values() {
            for (prefix, reach) in reaches {
                better(&mut table, *prefix, reach.clone());
            }
        }
        let mut between = backbone.get(node).cloned().unwrap_or_default();
        if !within.areas.contains_key(&BACKBONE) {
            for area in within.areas.keys() {
                let through = across(*area, within, &nodes, |_, area| area == BACKBONE, &backbone);
                for (prefix, reach) in through {
                    better(&mut between, prefix, reach);
                }
            }
        }
        for (prefix, reach) in between {
            // A path within an area is preferred to one between areas, whatever it costs.
            table.entry(prefix).or_insert(reach);
        }
        routes.extend(network.as_routes(*node, table, own));
    }
    routes
}

/// Device and index of the process on it.
type Vertex = (usize, usize);

/// What a router knows of the areas it stands in.
struct Within {
    /// Area → router → reach.
    areas: BTreeMap<Ipv4Addr, BTreeMap<Vertex, Reach>>,
    /// Area → prefix → reach.
    prefixes: BTreeMap<Ipv4Addr, BTreeMap<Prefix, Reach>>,
}

struct Network<'a> {
    processes: &'a [Arc<Vec<Process>>],
}

impl Network<'_> {
    fn process(&self, node: Vertex) -> Option<&Process> {
        self.processes.get(node.0)?.get(node.1)
    }

    fn within_areas(&self, root: Vertex) -> Within {
        let enabled = self.process(root).map(|p| p.enabled.as_slice()).unwrap_or_default();
        let mut within = Within {
            areas: BTreeMap::new(),
            prefixes: BTreeMap::new(),
        };
        for area in enabled.iter().map(|enabled| enabled.area).collect::<BTreeSet<_>>() {
            let routers = self.shortest_paths(root, area);
            let mut prefixes = BTreeMap::new();
            for (node, (distance, hops)) in &routers {
                for (prefix, cost) in self.advertised(*node, area) {
                    better(&mut prefixes, prefix, (distance.saturating_add(cost), hops.clone()));
                }
            }
            within.areas.insert(area, routers);
            within.prefixes.insert(area, prefixes);
        }
        within
    }

    /// The networks that a router advertises into an area. A loopback is a host route.
    fn advertised(&self, node: Vertex, area: Ipv4Addr) -> Vec<(Prefix, u32)> {
        let enabled = self.process(node).map(|p| p.enabled.as_slice()).unwrap_or_default();
        let in_area = enabled.iter().filter(|enabled| enabled.area == area);
        in_area.map(|enabled| (enabled.prefix, enabled.cost)).collect()
    }

    /// Whether a router lists another as a neighbour in an area, on this network: a link counts when both of its ends say that it is
    /// there (RFC 2328 §16.1).
    fn lists(&self, node: Vertex, other: Vertex, area: Ipv4Addr, on: Prefix) -> bool {
        let neighbours = self.process(node).map(|p| p.neighbours.as_slice()).unwrap_or_default();
        neighbours
            .iter()
            .any(|n| n.node == other && n.area == area && on.contains(n.address))
    }

    /// Dijkstra's algorithm within an area, keeping all first hops of equal paths.
    fn shortest_paths(&self, root: Vertex, area: Ipv4Addr) -> BTreeMap<Vertex, Reach> {
        let mut reached: BTreeMap<Vertex, Reach> = BTreeMap::from([(root, (0, Arc::default()))]);
        let mut done = BTreeSet::new();
        let mut queue = BinaryHeap::from([Reverse((0u32, root))]);
        while let Some(Reverse((distance, node))) = queue.pop() {
            if !done.insert(node) {
                continue;
            }
            let hops = reached.get(&node).map(|(_, hops)| hops.clone()).unwrap_or_default();
            let Some(process) = self.process(node) else { continue };
            for neighbour in process.neighbours.iter().filter(|neighbour| neighbour.area == area) {
                let prefix = process.prefix(neighbour.interface);
                if !prefix.is_some_and(|prefix| self.lists(neighbour.node, node, area, prefix)) {
                    continue;
                }
                let through = distance.saturating_add(process.cost(neighbour.interface));
                let first = if node == root {
                    Arc::new(BTreeSet::from([(neighbour.interface, neighbour.address)]))
                } else {
                    Arc::clone(&hops)
                };
                let known = reached.entry(neighbour.node).or_insert((u32::MAX, Arc::default()));
                if through < known.0 {
                    *known = (through, first);
                    queue.push(Reverse((through, neighbour.node)));
                } else if through == known.0 {
                    join(&mut known.1, &first);
                }
            }
        }
        reached
    }

    fn as_routes(&self, node: Vertex, table: BTreeMap<Prefix, Reach>, interfaces: &[Interface]) -> Vec<Route> {
        let Some(process) = self.process(node) else {
            return Vec::new();
        };
        let mut routes = Vec::new();
        for (prefix, (cost, hops)) in table {
            for (index, gateway) in hops.iter().copied().take(process.ecmp) {
                routes.push(Route {
                    prefix,
                    protocol: Protocol::Ospf,
                    preference: process.preference,
                    cost,
                    next_hop: gateway,
                    recursive: false,
                    interface: interfaces.get(index).map(|interface| interface.name.clone()),
                    via: Via::Gateway(index, gateway),
                    neighbour: None,
                    process: process.id,
                    tag: 0,
                    backup: None,
                });
            }
        }
        routes
    }
}

/// Routes through the area border routers of an area: what they know from areas of which `source` is true, and
/// what they have in `more`.
fn across(
    area: Ipv4Addr,
    within: &Within,
    nodes: &BTreeMap<Vertex, Within>,
    source: impl Fn(Vertex, Ipv4Addr) -> bool,
    more: &BTreeMap<Vertex, BTreeMap<Prefix, Reach>>,
) -> BTreeMap<Prefix, Reach> {
    let mut table = BTreeMap::new();
    for (border, (distance, hops)) in within.areas.get(&area).into_iter().flatten() {
        let Some(known) = nodes.get(border).filter(|known| is_border(known) && !hops.is_empty()) else {
            continue;
        };
        let tables = known
            .prefixes
            .iter()
            .filter(|(of, _)| source(*border, **of))
            .map(|(_, table)| table);
        for (prefix, (cost, _)) in tables.chain(more.get(border)).flatten() {
            better(&mut table, *prefix, (distance.saturating_add(*cost), hops.clone()));
        }
    }
    table
}

/// A router in the backbone and in another area.
fn is_border(within: &Within) -> bool {
    within.areas.contains_key(&BACKBONE) && within.areas.len() > 1
}

/// Adds ways to others.
fn join(ways: &mut Arc<BTreeSet<FirstHop>>, more: &Arc<BTreeSet<FirstHop>>) {
    if !Arc::ptr_eq(ways, more) && !more.is_subset(ways) {
        Arc::make_mut(ways).extend(more.iter().copied());
    }
}

fn better(table: &mut BTreeMap<Prefix, Reach>, prefix: Prefix, reach: Reach) {
    let known = table.entry(prefix).or_insert((u32::MAX, Arc::default()));
    if reach.0 < known.0 {
        *known = reach;
    } else if reach.0 == known.0 {
        join(&mut known.1, &reach.1);
    }
}
