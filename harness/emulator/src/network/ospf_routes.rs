//! OSPF routes of networks without border routers, between areas or to the outside: shortest paths within areas.
//!
//! Routers that know the same links compute on the same graph of them. With borders routes are those of `ospf_paths`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::interfaces::Interface;
use super::ospf::Process;
use super::ospf_paths;
use super::prefix::Prefix;
use super::rib::{Protocol, Rib, Route, Via, by_prefix};
use super::shared::Shared;

/// A way out of the root: interface and gateway.
type FirstHop = (usize, Ipv4Addr);
/// Distance and ways to reach something. Routers behind the same neighbours share their ways.
type Reach = (u32, Arc<BTreeSet<FirstHop>>);
/// Reaches by prefix, in their order.
type Table = Vec<(Prefix, Reach)>;

/// The links and networks that all routers tell.
#[derive(Debug)]
pub struct Graph {
    processes: Vec<Arc<Vec<Process>>>,
    /// Device and index of the process on it, in order; routers go by their places here.
    routers: Vec<(usize, usize)>,
    areas: BTreeMap<Ipv4Addr, Area>,
    /// Whether there are border routers; then areas are not looked at.
    has_borders: bool,
}

/// An area.
#[derive(Debug, Default)]
struct Area {
    /// The links of each router that both of their ends list (RFC 2328 §16.1).
    links: Vec<Vec<Link>>,
    /// Networks, each with the routers that advertise it and their costs.
    networks: Vec<(Prefix, Vec<(usize, u32)>)>,
}

#[derive(Debug)]
struct Link {
    to: usize,
    cost: u32,
    way: FirstHop,
}

impl Graph {
    /// The graph of the processes of all devices.
    pub fn of(processes: &[Arc<Vec<Process>>]) -> Self {
        let numbered = processes.iter().enumerate();
        let routers = numbered.flat_map(|(device, own)| (0..own.len()).map(move |number| (device, number)));
        let mut graph = Self {
            processes: processes.to_vec(),
            routers: routers.collect(),
            areas: BTreeMap::new(),
            has_borders: processes
                .iter()
                .flat_map(|own| own.iter())
                .any(|process| process.brings_in || process.is_border()),
        };
        if graph.has_borders {
            return graph;
        }
        let enabled = processes
            .iter()
            .flat_map(|own| own.iter())
            .flat_map(|process| &process.enabled);
        let areas: BTreeSet<Ipv4Addr> = enabled.map(|enabled| enabled.area).collect();
        graph.areas = areas.into_iter().map(|area| (area, graph.area(area))).collect();
        graph
    }

    /// Whether it is the graph of just these processes.
    pub fn is_of(&self, processes: &[Arc<Vec<Process>>]) -> bool {
        self.processes.len() == processes.len() && self.processes.iter().zip(processes).all(|(a, b)| Arc::ptr_eq(a, b))
    }

    /// The OSPF routes of a device; lists that are as before are shared with those.
    pub fn routes(&self, device: usize, interfaces: &[Interface], before: &Rib) -> Rib {
        if self.has_borders {
            return by_prefix(ospf_paths::routes_of(device, &self.processes, interfaces), before);
        }
        let first = self.routers.partition_point(|(other, _)| *other < device);
        let end = self.routers.partition_point(|(other, _)| *other <= device);
        if end - first > 1 {
            let tables = (first..end).filter_map(|router| Some((self.process(router)?, self.table(router))));
            let routes = tables.flat_map(|(process, table)| {
                let reaches = table.into_iter();
                reaches.flat_map(move |(prefix, reach)| routes_to(process, prefix, &reach, interfaces))
            });
            return by_prefix(routes.collect(), before);
        }
        let Some(process) = self.process(first).filter(|_| first < end) else {
            return Rib::new();
        };
        let routes = self.table(first).into_iter().filter(|(_, (_, ways))| !ways.is_empty());
        routes
            .map(|(prefix, reach)| {
                let same = before
                    .get(&prefix)
                    .filter(|routes| are(routes, process, &reach, interfaces));
                let routes = || routes_to(process, prefix, &reach, interfaces);
                (prefix, same.cloned().unwrap_or_else(|| Shared::from(routes())))
            })
            .collect()
    }

    fn process(&self, router: usize) -> Option<&Process> {
        let (device, number) = self.routers.get(router)?;
        self.processes.get(*device)?.get(*number)
    }

    fn area(&self, area: Ipv4Addr) -> Area {
        let mut links = Vec::with_capacity(self.routers.len());
        let mut networks: BTreeMap<Prefix, Vec<(usize, u32)>> = BTreeMap::new();
        for (router, node) in self.routers.iter().enumerate() {
            let Some(process) = self.process(router) else { continue };
            let neighbours = process.neighbours.iter().filter(|neighbour| neighbour.area == area);
            let own = neighbours.filter_map(|neighbour| {
                let to = self.routers.binary_search(&neighbour.node()).ok()?;
                let prefix = process.prefix(neighbour.interface)?;
                let mut theirs = self.process(to)?.neighbours.iter();
                let is_listed = theirs.any(|n| n.node() == *node && n.area == area && prefix.contains(n.address));
                is_listed.then(|| Link {
                    to,
                    cost: process.cost(neighbour.interface),
                    way: (neighbour.interface, neighbour.address),
                })
            });
            links.push(own.collect());
            // A loopback is a host route.
            for enabled in process.enabled.iter().filter(|enabled| enabled.area == area) {
                networks.entry(enabled.prefix).or_default().push((router, enabled.cost));
            }
        }
        Area {
            links,
            networks: networks.into_iter().collect(),
        }
    }

    /// All that a router reaches.
    fn table(&self, root: usize) -> Table {
        let areas = self.process(root).map(Process::areas).unwrap_or_default();
        let mut tables = areas.iter().filter_map(|area| Some(self.areas.get(area)?.table(root)));
        let first = tables.next().unwrap_or_default();
        let mut others = tables.peekable();
        if others.peek().is_none() {
            return first;
        }
        let mut table: BTreeMap<Prefix, Reach> = first.into_iter().collect();
        for (prefix, reach) in others.flatten() {
            add(&mut table, prefix, reach);
        }
        table.into_iter().collect()
    }
}

impl Area {
    /// All that a router reaches in the area.
    fn table(&self, root: usize) -> Table {
        let routers = self.shortest_paths(root);
        let networks = self.networks.iter().filter_map(|(prefix, advertised)| {
            let mut best: Option<Reach> = None;
            for (router, cost) in advertised {
                if let Some(Some((distance, ways))) = routers.get(*router) {
                    better(&mut best, (distance.saturating_add(*cost), Arc::clone(ways)));
                }
            }
            Some((*prefix, best?))
        });
        networks.collect()
    }

    /// Dijkstra's algorithm, keeping all first hops of equal paths.
    fn shortest_paths(&self, root: usize) -> Vec<Option<Reach>> {
        let mut reached: Vec<Option<Reach>> = vec![None; self.links.len()];
        if let Some(own) = reached.get_mut(root) {
            *own = Some((0, Arc::default()));
        }
        let mut done = vec![false; self.links.len()];
        let mut queue = BinaryHeap::from([Reverse((0u32, root))]);
        while let Some(Reverse((distance, router))) = queue.pop() {
            match done.get_mut(router) {
                Some(done) if !*done => *done = true,
                _ => continue,
            }
            let Some(Some((_, ways))) = reached.get(router).cloned() else {
                continue;
            };
            for link in self.links.get(router).into_iter().flatten() {
                let through = distance.saturating_add(link.cost);
                let Some(known) = reached.get_mut(link.to) else {
                    continue;
                };
                let shortest = known.as_ref().map_or(u32::MAX, |(distance, _)| *distance);
                if through > shortest {
                    continue;
                }
                let first = if router == root {
                    Arc::new(BTreeSet::from([link.way]))
                } else {
                    Arc::clone(&ways)
                };
                if through < shortest {
                    queue.push(Reverse((through, link.to)));
                }
                better(known, (through, first));
            }
        }
        reached
    }
}

/// The routes to a prefix.
fn routes_to(process: &Process, prefix: Prefix, (cost, ways): &Reach, interfaces: &[Interface]) -> Vec<Route> {
    let ways = ways.iter().take(process.ecmp);
    ways.map(|(index, gateway)| Route {
        prefix,
        protocol: Protocol::Ospf,
        preference: process.preference,
        cost: *cost,
        next_hop: *gateway,
        recursive: false,
        interface: interfaces.get(*index).map(|interface| interface.name.clone()),
        via: Via::Gateway(*index, *gateway),
        neighbour: None,
        process: process.id,
        tag: 0,
        backup: None,
    })
    .collect()
}

/// Whether some routes of OSPF to a prefix are those.
fn are(routes: &[Route], process: &Process, (cost, ways): &Reach, interfaces: &[Interface]) -> bool {
    let is = |route: &Route, (index, gateway): &FirstHop| {
        route.via == Via::Gateway(*index, *gateway)
            && route.cost == *cost
            && route.preference == process.preference
            && route.process == process.id
            && route.interface.as_ref() == interfaces.get(*index).map(|interface| &interface.name)
    };
    let mut pairs = routes.iter().zip(ways.iter());
    routes.len() == ways.len().min(process.ecmp) && pairs.all(|(route, way)| is(route, way))
}

fn add(table: &mut BTreeMap<Prefix, Reach>, prefix: Prefix, reach: Reach) {
    let entry = table.entry(prefix).or_insert((u32::MAX, Arc::default()));
    improve(entry, reach);
}

fn better(known: &mut Option<Reach>, reach: Reach) {
    match known {
        Some(known) => improve(known, reach),
        None => *known = Some(reach),
    }
}

/// The shorter of two reaches; equal ones have the ways of both.
fn improve(known: &mut Reach, reach: Reach) {
    if reach.0 < known.0 {
        *known = reach;
    } else if reach.0 == known.0 && !Arc::ptr_eq(&known.1, &reach.1) && !reach.1.is_subset(&known.1) {
        Arc::make_mut(&mut known.1).extend(reach.1.iter().copied());
    }
}
