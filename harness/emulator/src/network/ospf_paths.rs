//! The routes of OSPF (RFC 2328 §16): shortest paths within areas, summaries between them, routes from outside.
//!
//! As on VRP, external routes are compared as RFC 1583 does: the way to who brought them in counts by its cost,
//! wherever it leads.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::interfaces::Interface;
use super::ospf::{BACKBONE, Process, numbered};
use super::ospf_external::External;
use super::ospf_instance::OspfKind;
use super::prefix::Prefix;
use super::rib::{Protocol, Rib, Ribs, Route, Via, by_prefix};

/// Device and number of the process on it.
pub type Vertex = (usize, u32);
/// A way out of the root: interface and gateway.
pub type FirstHop = (usize, Ipv4Addr);

/// How something is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Distance.
    pub cost: u32,
    /// The ways. Routers behind the same neighbours share them.
    pub hops: Arc<BTreeSet<FirstHop>>,
    /// The router that says so; of several the first.
    pub by: Vertex,
}

/// Where something stands, seen from a router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// How it is reached.
    pub reach: Reach,
    /// The area that the way leads through.
    pub area: Ipv4Addr,
    /// Whether it stands in an area of the router.
    pub intra: bool,
}

/// A route from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownExternal {
    /// What is said of it.
    pub external: External,
    /// How it is reached; the cost is that of the route.
    pub reach: Reach,
}

/// What one process has computed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Networks.
    pub networks: BTreeMap<Prefix, Known>,
    /// Border routers between areas, by area.
    pub borders: BTreeMap<(Vertex, Ipv4Addr), Reach>,
    /// Routers that bring routes in from outside.
    pub outside_borders: BTreeMap<Vertex, Known>,
    /// Networks outside.
    pub externals: BTreeMap<Prefix, KnownExternal>,
}

/// The OSPF routes of a device in the public network, from the processes of all devices as it knows them.
pub fn routes_of(device: usize, processes: &[Arc<Vec<Process>>], own: &[Interface]) -> Vec<Route> {
    let tables = tables_of_those(device, processes, |process| process.instance.is_none());
    let tables = tables.into_iter();
    tables
        .flat_map(|(process, table)| as_routes(process, &table, own))
        .collect()
}

/// The OSPF routes of a device in its VPN instances; lists that are as before are shared with those.
pub fn routes_of_instances(device: usize, processes: &[Arc<Vec<Process>>], own: &[Interface], before: &Ribs) -> Ribs {
    let in_instances = |process: &Process| process.instance.is_some();
    if !processes.get(device).is_some_and(|own| own.iter().any(in_instances)) {
        return Ribs::new();
    }
    let mut routes: BTreeMap<_, Vec<Route>> = BTreeMap::new();
    for (process, table) in tables_of_those(device, processes, in_instances) {
        let known = routes.entry(process.vrf()).or_default();
        known.extend(as_routes(process, &table, own));
    }
    let nothing = Rib::new();
    let shared = routes.into_iter().map(|(vrf, routes)| {
        let before = before.get(&vrf);
        let rib = by_prefix(routes, before.map_or(&nothing, |rib| &**rib));
        let same = before.filter(|before| ***before == rib);
        let rib = same.cloned().unwrap_or_else(|| Arc::new(rib));
        (vrf, rib)
    });
    shared.collect()
}

/// What the processes of a device compute, in their order.
pub fn tables_of(device: usize, processes: &[Arc<Vec<Process>>]) -> Vec<Table> {
    let tables = tables_of_those(device, processes, |_| true).into_iter();
    tables.map(|(_, table)| table).collect()
}

/// What those processes of a device compute that are wanted, in their order.
fn tables_of_those(
    device: usize,
    processes: &[Arc<Vec<Process>>],
    wanted: impl Fn(&Process) -> bool,
) -> Vec<(&Process, Table)> {
    let network = Network { processes };
    let mut nodes = BTreeMap::new();
    for (other, theirs) in processes.iter().enumerate() {
        for process in theirs.iter() {
            if other == device && wanted(process) || process.is_border() {
                nodes.insert((other, process.id), network.within_areas((other, process.id)));
            }
        }
    }
    let own = nodes.range((device, 0)..=(device, u32::MAX));
    let networks = between(
        &network,
        &nodes,
        |within| &within.networks,
        |_, stub| !stub.no_summary,
        |teller| {
            let summaries = network.process(teller).map(|process| process.summaries.iter());
            let pairs = summaries.into_iter().flatten();
            pairs.map(|(prefix, cost)| (*prefix, *cost)).collect()
        },
    );
    let routers = between(
        &network,
        &nodes,
        |within| &within.outside_borders,
        |_, _| false,
        |_| Vec::new(),
    );
    own.filter_map(|(node, within)| {
        let process = network.process(*node).filter(|process| wanted(process))?;
        let mut table = Table {
            networks: networks.get(node).cloned().unwrap_or_default(),
            borders: within.borders(&nodes),
            outside_borders: routers.get(node).cloned().unwrap_or_default(),
            externals: BTreeMap::new(),
        };
        network.add_stub_defaults(*node, within, &nodes, &mut table.networks);
        table.externals = network.externals(*node, &table);
        Some((process, table))
    })
    .collect()
}

/// What a router knows of the areas it stands in. All by area.
struct Within {
    routers: BTreeMap<Ipv4Addr, BTreeMap<Vertex, Reach>>,
    networks: BTreeMap<Ipv4Addr, BTreeMap<Prefix, Reach>>,
    /// Those routers of areas that are no stubs which bring routes in from outside.
    outside_borders: BTreeMap<Ipv4Addr, BTreeMap<Vertex, Reach>>,
}

impl Within {
    /// A router in the backbone and in another area.
    fn is_border(&self) -> bool {
        self.routers.contains_key(&BACKBONE) && self.routers.len() > 1
    }

    fn borders(&self, nodes: &BTreeMap<Vertex, Self>) -> BTreeMap<(Vertex, Ipv4Addr), Reach> {
        let areas = self.routers.iter();
        let all = areas.flat_map(|(area, routers)| routers.iter().map(move |(node, reach)| ((*node, *area), reach)));
        all.filter(|((node, _), _)| nodes.get(node).is_some_and(Self::is_border))
            .filter(|(_, reach)| !reach.hops.is_empty())
            .map(|(key, reach)| (key, reach.clone()))
            .collect()
    }
}

/// What is known of something within the areas, seen from one router.
type InAreas<K> = BTreeMap<Ipv4Addr, BTreeMap<K, Reach>>;

/// What each of some routers knows of networks or routers in its areas and, by border routers, in others. A path
/// within an area is preferred to one between areas, whatever it costs.
///
/// `told` says whether border routers tell of it into a stub area; `brought_in` what a router tells into all its areas
/// that a provider's network brings it.
fn between<K: Ord + Copy>(
    network: &Network<'_>,
    nodes: &BTreeMap<Vertex, Within>,
    known: impl Fn(&Within) -> &InAreas<K>,
    told: impl Fn(Vertex, super::ospf::Stub) -> bool,
    brought_in: impl Fn(Vertex) -> Vec<(K, u32)>,
) -> BTreeMap<Vertex, BTreeMap<K, Known>> {
    let mut tables: BTreeMap<Vertex, BTreeMap<K, Known>> = nodes
        .iter()
        .map(|(node, within)| (*node, intra(known(within))))
        .collect();
    let across = |tables: &BTreeMap<Vertex, BTreeMap<K, Known>>, root: Vertex, within: &Within, area: Ipv4Addr| {
        let mut found: BTreeMap<K, Known> = BTreeMap::new();
        let listens = network.process(root).is_some_and(|process| !process.prevents_loops());
        for (border, way) in within.routers.get(&area).into_iter().flatten() {
            let brought_in = if listens && *border != root {
                brought_in(*border)
            } else {
                Vec::new()
            };
            for (key, cost) in brought_in {
                let reach = Reach {
                    cost: way.cost.saturating_add(cost),
                    hops: Arc::clone(&way.hops),
                    by: *border,
                };
                let known = Known {
                    reach,
                    area,
                    intra: false,
                };
                nearer(&mut found, key, known);
            }
            let is_border = nodes.get(border).is_some_and(Within::is_border) && !way.hops.is_empty();
            let stub = network.process(*border).and_then(|process| process.stub(area));
            if !is_border || stub.is_some_and(|stub| !told(*border, stub)) {
                continue;
            }
            // What stands in the area is not told into it; into the backbone nothing is told that came from there.
            let summaries = tables.get(border).into_iter().flatten();
            for (key, summary) in summaries.filter(|(_, summary)| summary.area != area) {
                let reach = Reach {
                    cost: way.cost.saturating_add(summary.reach.cost),
                    hops: Arc::clone(&way.hops),
                    by: *border,
                };
                nearer(
                    &mut found,
                    *key,
                    Known {
                        reach,
                        area,
                        intra: false,
                    },
                );
            }
        }
        found
    };
    let in_backbone = nodes
        .iter()
        .filter(|(_, within)| within.routers.contains_key(&BACKBONE));
    let over_backbone: Vec<(Vertex, BTreeMap<K, Known>)> = in_backbone
        .map(|(node, within)| (*node, across(&tables, *node, within, BACKBONE)))
        .collect();
    for (node, found) in over_backbone {
        let table = tables.entry(node).or_default();
        for (key, summary) in found {
            table.entry(key).or_insert(summary);
        }
    }
    // Border routers hear of other areas over the backbone alone.
    let outside = nodes
        .iter()
        .filter(|(_, within)| !within.routers.contains_key(&BACKBONE));
    let from_borders: Vec<(Vertex, BTreeMap<K, Known>)> = outside
        .map(|(node, within)| {
            let mut found = BTreeMap::new();
            for area in within.routers.keys() {
                for (key, summary) in across(&tables, *node, within, *area) {
                    nearer(&mut found, key, summary);
                }
            }
            (*node, found)
        })
        .collect();
    for (node, found) in from_borders {
        let table = tables.entry(node).or_default();
        for (key, summary) in found {
            table.entry(key).or_insert(summary);
        }
    }
    tables
}

/// The best within any area.
fn intra<K: Ord + Copy>(areas: &InAreas<K>) -> BTreeMap<K, Known> {
    let mut table = BTreeMap::new();
    for (area, all) in areas {
        for (key, reach) in all {
            let known = Known {
                reach: reach.clone(),
                area: *area,
                intra: true,
            };
            nearer(&mut table, *key, known);
        }
    }
    table
}

/// Keeps the nearer of two; equal ones are joined, and the larger area named (RFC 2328 §16.4).
fn nearer<K: Ord>(table: &mut BTreeMap<K, Known>, key: K, known: Known) {
    match table.get_mut(&key) {
        None => {
            table.insert(key, known);
        }
        Some(before) if known.reach.cost < before.reach.cost => *before = known,
        Some(before) if known.reach.cost == before.reach.cost => {
            join(&mut before.reach.hops, &known.reach.hops);
            before.area = before.area.max(known.area);
            before.reach.by = before.reach.by.min(known.reach.by);
        }
        Some(_) => {}
    }
}

struct Network<'a> {
    processes: &'a [Arc<Vec<Process>>],
}

impl<'a> Network<'a> {
    fn process(&self, node: Vertex) -> Option<&'a Process> {
        numbered(self.processes.get(node.0)?, node.1)
    }

    fn within_areas(&self, root: Vertex) -> Within {
        let mut within = Within {
            routers: BTreeMap::new(),
            networks: BTreeMap::new(),
            outside_borders: BTreeMap::new(),
        };
        let Some(process) = self.process(root) else {
            return within;
        };
        for area in process.areas() {
            let routers = self.shortest_paths(root, area);
            let mut networks = BTreeMap::new();
            let mut outside_borders = BTreeMap::new();
            for (node, way) in &routers {
                let Some(theirs) = self.process(*node) else { continue };
                for (prefix, cost) in theirs.networks(area) {
                    let reach = Reach {
                        cost: way.cost.saturating_add(cost),
                        ..way.clone()
                    };
                    better(&mut networks, prefix, reach);
                }
                if theirs.brings_in && process.stub(area).is_none() {
                    outside_borders.insert(*node, way.clone());
                }
            }
            within.routers.insert(area, routers);
            within.networks.insert(area, networks);
            within.outside_borders.insert(area, outside_borders);
        }
        within
    }

    /// Whether a router lists another as a neighbour in an area, on this network: a link counts when both of its ends
    /// say that it is there (RFC 2328 §16.1).
    fn lists(&self, node: Vertex, other: Vertex, area: Ipv4Addr, on: Prefix) -> bool {
        let neighbours = self.process(node).map(|p| p.neighbours.as_slice()).unwrap_or_default();
        neighbours
            .iter()
            .any(|n| n.node() == other && n.area == area && on.contains(n.address))
    }

    /// Dijkstra's algorithm within an area, keeping all first hops of equal paths.
    fn shortest_paths(&self, root: Vertex, area: Ipv4Addr) -> BTreeMap<Vertex, Reach> {
        let reach = |cost, hops, by| Reach { cost, hops, by };
        let mut reached = BTreeMap::from([(root, reach(0, Arc::default(), root))]);
        let mut done = BTreeSet::new();
        let mut queue = BinaryHeap::from([Reverse((0u32, root))]);
        while let Some(Reverse((distance, node))) = queue.pop() {
            if !done.insert(node) {
                continue;
            }
            let hops = reached.get(&node).map(|known| known.hops.clone()).unwrap_or_default();
            let Some(process) = self.process(node) else { continue };
            for neighbour in process.neighbours.iter().filter(|neighbour| neighbour.area == area) {
                let prefix = process.prefix(neighbour.interface);
                if !prefix.is_some_and(|prefix| self.lists(neighbour.node(), node, area, prefix)) {
                    continue;
                }
                let through = distance.saturating_add(process.cost(neighbour.interface));
                let first = if node == root {
                    Arc::new(BTreeSet::from([(neighbour.interface, neighbour.address)]))
                } else {
                    Arc::clone(&hops)
                };
                let far = neighbour.node();
                let known = reached
                    .entry(far)
                    .or_insert_with(|| reach(u32::MAX, Arc::default(), far));
                if through < known.cost {
                    *known = reach(through, first, far);
                    queue.push(Reverse((through, far)));
                } else if through == known.cost {
                    join(&mut known.hops, &first);
                }
            }
        }
        reached
    }

    /// Border routers tell a default route into a stub area (RFC 2328 §12.4.3.1); they do not hear each other's.
    fn add_stub_defaults(
        &self,
        node: Vertex,
        within: &Within,
        nodes: &BTreeMap<Vertex, Within>,
        networks: &mut BTreeMap<Prefix, Known>,
    ) {
        let areas = self.process(node).map(Process::areas).unwrap_or_default();
        if areas.contains(&BACKBONE) {
            return;
        }
        let mut found = BTreeMap::new();
        for ((border, area), way) in within.borders(nodes) {
            let Some(stub) = self.process(border).and_then(|process| process.stub(area)) else {
                continue;
            };
            let reach = Reach {
                cost: way.cost.saturating_add(stub.default_cost),
                hops: way.hops,
                by: border,
            };
            nearer(
                &mut found,
                DEFAULT_ROUTE,
                Known {
                    reach,
                    area,
                    intra: false,
                },
            );
        }
        for (prefix, known) in found {
            networks.entry(prefix).or_insert(known);
        }
    }

    /// The routes from outside (RFC 2328 §16.4).
    fn externals(&self, node: Vertex, table: &Table) -> BTreeMap<Prefix, KnownExternal> {
        let mut found: BTreeMap<Prefix, (Rank, KnownExternal)> = BTreeMap::new();
        let Some(own) = self.process(node) else {
            return BTreeMap::new();
        };
        for (border, known) in &table.outside_borders {
            let Some(theirs) = self.process(*border).filter(|_| *border != node) else {
                continue;
            };
            for (prefix, external) in theirs.externals.iter() {
                let is_default = *prefix == DEFAULT_ROUTE;
                let is_known = table.networks.contains_key(prefix);
                if is_known || is_default && own.always_offers_default || own.ignores(external) {
                    continue;
                }
                let way = match external.forwarding {
                    None => Some(known.reach.clone()),
                    Some(address) => towards(own, table, address),
                };
                let Some(way) = way.filter(|way| !way.hops.is_empty()) else {
                    continue;
                };
                let rank = if external.type_2 {
                    (true, external.metric, way.cost)
                } else {
                    (false, way.cost.saturating_add(external.metric), 0)
                };
                let reach = Reach {
                    cost: rank.1,
                    hops: way.hops,
                    by: *border,
                };
                let entry = KnownExternal {
                    external: *external,
                    reach,
                };
                match found.get_mut(prefix) {
                    Some((best, _)) if *best < rank => {}
                    Some((best, same)) if *best == rank => join(&mut same.reach.hops, &entry.reach.hops),
                    _ => {
                        found.insert(*prefix, (rank, entry));
                    }
                }
            }
        }
        found.into_iter().map(|(prefix, (_, entry))| (prefix, entry)).collect()
    }
}

const DEFAULT_ROUTE: Prefix = Prefix::DEFAULT_ROUTE;

/// Type 1 before type 2, then cost, then for type 2 the distance.
type Rank = (bool, u32, u32);

/// The way to a forwarding address: it must be known within OSPF, and be somebody else's.
fn towards(own: &Process, table: &Table, address: Ipv4Addr) -> Option<Reach> {
    let lengths = (0..=32).rev();
    let mut matches = lengths.filter_map(|length| table.networks.get(&Prefix::of(address, length)));
    let known = matches.next()?;
    if !known.reach.hops.is_empty() {
        return Some(known.reach.clone());
    }
    let (interface, is_own) = own.on_network(address)?;
    (!is_own).then(|| Reach {
        hops: Arc::new(BTreeSet::from([(interface, address)])),
        ..known.reach.clone()
    })
}

fn as_routes(process: &Process, table: &Table, interfaces: &[Interface]) -> Vec<Route> {
    let mut routes = Vec::new();
    let mut add = |prefix: Prefix, reach: &Reach, (area, kind): (Ipv4Addr, OspfKind), external: Option<&External>| {
        for (index, gateway) in reach.hops.iter().copied().take(process.ecmp) {
            let via = Via::Gateway(index, gateway);
            let route = Route {
                ospf: process.origin(area, kind),
                ..process.route(prefix, reach.cost, gateway, interfaces.get(index), via)
            };
            routes.push(match external {
                None => route,
                Some(external) => Route {
                    protocol: Protocol::OspfAse,
                    preference: process.external_preference,
                    tag: external.tag,
                    ..route
                },
            });
        }
    };
    for (prefix, known) in &table.networks {
        let kind = if known.intra { OspfKind::Intra } else { OspfKind::Inter };
        add(*prefix, &known.reach, (known.area, kind), None);
    }
    for (prefix, known) in &table.externals {
        let kind = if known.external.type_2 {
            OspfKind::External2
        } else {
            OspfKind::External1
        };
        add(*prefix, &known.reach, (BACKBONE, kind), Some(&known.external));
    }
    routes
}

/// Adds ways to others.
fn join(ways: &mut Arc<BTreeSet<FirstHop>>, more: &Arc<BTreeSet<FirstHop>>) {
    if !Arc::ptr_eq(ways, more) && !more.is_subset(ways) {
        Arc::make_mut(ways).extend(more.iter().copied());
    }
}

fn better<K: Ord>(table: &mut BTreeMap<K, Reach>, key: K, reach: Reach) {
    match table.get_mut(&key) {
        None => {
            table.insert(key, reach);
        }
        Some(known) if reach.cost < known.cost => *known = reach,
        Some(known) if reach.cost == known.cost => join(&mut known.hops, &reach.hops),
        Some(_) => {}
    }
}
