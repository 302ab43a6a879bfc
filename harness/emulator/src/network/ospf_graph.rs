//! The links and networks that routers tell by OSPF, area by area, and what differs between two states of them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::ospf::Process;
use super::prefix::Prefix;
use super::shared::changed;

/// A way out of a router: interface and gateway.
pub type FirstHop = (usize, Ipv4Addr);

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
pub struct Area {
    /// The links of each router that both of their ends list (RFC 2328 §16.1).
    pub links: Vec<Vec<Link>>,
    /// Networks, each with the routers that advertise it and their costs.
    pub networks: BTreeMap<Prefix, Vec<(usize, u32)>>,
    /// The networks that each router advertises.
    pub advertised: Vec<Vec<Prefix>>,
}

/// A link as the router at its one end tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The router at the other end.
    pub to: usize,
    /// What it costs.
    pub cost: u32,
    /// The way over it.
    pub way: FirstHop,
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
        graph.areas = areas.into_iter().map(|area| (area, graph.area_of(area))).collect();
        graph
    }

    /// Whether it is the graph of just these processes.
    pub fn is_of(&self, processes: &[Arc<Vec<Process>>]) -> bool {
        self.processes.len() == processes.len() && self.processes.iter().zip(processes).all(|(a, b)| Arc::ptr_eq(a, b))
    }

    /// The processes that it is the graph of.
    pub fn processes(&self) -> &[Arc<Vec<Process>>] {
        &self.processes
    }

    /// Whether there are border routers, between areas or to the outside; then areas are not looked at.
    pub fn has_borders(&self) -> bool {
        self.has_borders
    }

    /// The places of a device's processes among the routers.
    pub fn routers_on(&self, device: usize) -> std::ops::Range<usize> {
        let first = self.routers.partition_point(|(other, _)| *other < device);
        first..self.routers.partition_point(|(other, _)| *other <= device)
    }

    /// The process that is a router.
    pub fn process(&self, router: usize) -> Option<&Process> {
        let (device, number) = self.routers.get(router)?;
        self.processes.get(*device)?.get(*number)
    }

    /// An area, if there are no borders.
    pub fn area(&self, area: Ipv4Addr) -> Option<&Area> {
        self.areas.get(&area)
    }

    fn area_of(&self, area: Ipv4Addr) -> Area {
        let mut found = Area::default();
        for (router, node) in self.routers.iter().enumerate() {
            let Some(process) = self.process(router) else { continue };
            let neighbours = process.neighbours.iter().filter(|neighbour| neighbour.area == area);
            let links = neighbours.filter_map(|neighbour| {
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
            found.links.push(links.collect());
            // A loopback is a host route.
            let networks: Vec<(Prefix, u32)> = process.networks(area).collect();
            for (prefix, cost) in &networks {
                found.networks.entry(*prefix).or_default().push((router, *cost));
            }
            found
                .advertised
                .push(networks.iter().map(|(prefix, _)| *prefix).collect());
        }
        found
    }
}

/// What differs between two graphs of the same routers, by area.
#[derive(Debug)]
pub struct Difference {
    areas: BTreeMap<Ipv4Addr, AreaDifference>,
}

/// What differs in an area. A link that costs something else is gone and new.
#[derive(Debug, Default)]
pub struct AreaDifference {
    /// The links that are gone, each with the router that told it.
    pub gone: Vec<(usize, Link)>,
    /// The links that are new.
    pub new: Vec<(usize, Link)>,
    /// The networks that are advertised by others, or at other costs.
    pub networks: Vec<Prefix>,
}

impl Difference {
    /// What differs; none if routers, areas or the kind of graph do.
    pub fn between(before: &Graph, now: &Graph) -> Option<Self> {
        let comparable = !before.has_borders && !now.has_borders && before.routers == now.routers;
        if !comparable || !before.areas.keys().eq(now.areas.keys()) {
            return None;
        }
        let areas = before.areas.iter().zip(now.areas.values());
        let areas = areas.map(|((area, was), is)| (*area, AreaDifference::between(was, is)));
        Some(Self { areas: areas.collect() })
    }

    /// What differs in an area.
    pub fn area(&self, area: Ipv4Addr) -> Option<&AreaDifference> {
        self.areas.get(&area)
    }
}

impl AreaDifference {
    /// What differs between two states of an area.
    pub fn between(before: &Area, now: &Area) -> Self {
        let mut difference = Self::default();
        let links = before.links.iter().zip(&now.links).enumerate();
        for (router, (was, is)) in links.filter(|(_, (was, is))| was != is) {
            let gone = was.iter().filter(|link| !is.contains(link));
            difference.gone.extend(gone.map(|link| (router, *link)));
            let new = is.iter().filter(|link| !was.contains(link));
            difference.new.extend(new.map(|link| (router, *link)));
        }
        let networks = changed(&before.networks, &now.networks).into_iter();
        difference.networks = networks.copied().collect();
        difference
    }
}
