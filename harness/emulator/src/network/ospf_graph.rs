//! The links and networks that routers tell by OSPF, area by area, and what differs between two states of them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::ospf::{Process, numbered};
use super::prefix::Prefix;
use super::shared::changed;

/// A way out of a router: interface and gateway.
pub type FirstHop = (usize, Ipv4Addr);

/// The links and networks that all routers tell.
#[derive(Debug)]
pub struct Graph {
    processes: Vec<Arc<Vec<Process>>>,
    /// Device and number of the process on it, in order; routers go by their places here.
    routers: Vec<(usize, u32)>,
    areas: BTreeMap<Ipv4Addr, Area>,
    /// Whether each router has border routers around it, however far away; then areas are not looked at.
    among_borders: Vec<bool>,
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
        let all = processes.iter().enumerate();
        let routers = all.flat_map(|(device, own)| own.iter().map(move |process| (device, process.id)));
        let mut routers: Vec<(usize, u32)> = routers.collect();
        routers.sort_unstable();
        let mut graph = Self {
            processes: processes.to_vec(),
            routers,
            areas: BTreeMap::new(),
            among_borders: Vec::new(),
        };
        graph.among_borders = graph.around_borders();
        let enabled = (0..graph.routers.len())
            .filter(|router| !graph.has_borders(*router))
            .filter_map(|router| graph.process(router))
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

    /// Whether there are border routers around a router, between areas or to the outside; then areas are not looked at.
    pub fn has_borders(&self, router: usize) -> bool {
        self.among_borders.get(router).copied().unwrap_or(false)
    }

    /// The places among the routers of a device's processes in the public network.
    pub fn routers_on(&self, device: usize) -> Vec<usize> {
        let first = self.routers.partition_point(|(other, _)| *other < device);
        let end = self.routers.partition_point(|(other, _)| *other <= device);
        let is_public = |router: &usize| self.process(*router).is_some_and(|process| process.instance.is_none());
        (first..end).filter(is_public).collect()
    }

    /// Which routers are joined to a border router, over however many others.
    fn around_borders(&self) -> Vec<bool> {
        let mut around = vec![false; self.routers.len()];
        let all = (0..self.routers.len()).filter_map(|router| Some((router, self.process(router)?)));
        let borders = all.filter(|(_, process)| process.brings_in || process.is_border());
        let mut reached: Vec<usize> = borders.map(|(router, _)| router).collect();
        if reached.is_empty() {
            return around;
        }
        // A neighbour that one end alone lists joins them too: such a link may come up at its other end.
        let mut joined: Vec<Vec<usize>> = vec![Vec::new(); self.routers.len()];
        for router in 0..self.routers.len() {
            for neighbour in self
                .process(router)
                .map(|p| p.neighbours.as_slice())
                .unwrap_or_default()
            {
                if let Ok(other) = self.routers.binary_search(&neighbour.node()) {
                    for (from, to) in [(router, other), (other, router)] {
                        joined.get_mut(from).into_iter().for_each(|own| own.push(to));
                    }
                }
            }
        }
        while let Some(router) = reached.pop() {
            match around.get_mut(router) {
                Some(place) if !*place => *place = true,
                _ => continue,
            }
            reached.extend(joined.get(router).into_iter().flatten());
        }
        around
    }

    /// The process that is a router.
    pub fn process(&self, router: usize) -> Option<&Process> {
        let (device, number) = self.routers.get(router)?;
        numbered(self.processes.get(*device)?, *number)
    }

    /// An area, if there are no borders.
    pub fn area(&self, area: Ipv4Addr) -> Option<&Area> {
        self.areas.get(&area)
    }

    fn area_of(&self, area: Ipv4Addr) -> Area {
        let mut found = Area::default();
        for (router, node) in self.routers.iter().enumerate() {
            let looked_at = self.process(router).filter(|_| !self.has_borders(router));
            let Some(process) = looked_at else {
                found.links.push(Vec::new());
                found.advertised.push(Vec::new());
                continue;
            };
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
        let comparable = before.among_borders == now.among_borders && before.routers == now.routers;
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
