//! OSPF routes of networks without border routers, between areas or to the outside: shortest paths within areas.
//!
//! Routers that know the same links compute on the same graph of them. With borders routes are those of `ospf_paths`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::interfaces::Interface;
use super::ospf::Process;
use super::ospf_graph::{Difference, FirstHop, Graph};
use super::ospf_paths;
use super::ospf_tree::{Tree, Ways};
use super::prefix::Prefix;
use super::rib::{Rib, Route, Via, by_prefix};
use super::shared::Shared;

/// Distance and ways to reach something.
type Reach = (u32, Ways);

/// The OSPF routes of a device.
pub fn routes(graph: &Graph, device: usize, interfaces: &[Interface]) -> Rib {
    let nothing = Rib::new();
    match alone(graph, device) {
        Some(root) => Trees::of(graph, root).routes(graph, interfaces, &nothing),
        None => of_many(graph, device, interfaces, &nothing),
    }
}

/// The one process of a device in the public network, if it has one and there are no borders around it.
fn alone(graph: &Graph, device: usize) -> Option<usize> {
    match graph.routers_on(device).as_slice() {
        [root] => Some(*root).filter(|root| !graph.has_borders(*root)),
        _ => None,
    }
}

/// The OSPF routes of a device with several processes, or among border routers. Lists that are as before are shared
/// with those.
fn of_many(graph: &Graph, device: usize, interfaces: &[Interface], before: &Rib) -> Rib {
    let routers = graph.routers_on(device);
    if routers.iter().any(|router| graph.has_borders(*router)) {
        return by_prefix(ospf_paths::routes_of(device, graph.processes(), interfaces), before);
    }
    let nothing = Rib::new();
    let tables = routers
        .into_iter()
        .map(|root| Trees::of(graph, root).routes(graph, interfaces, &nothing));
    let tables: Vec<Rib> = tables.collect();
    let routes = tables.iter().flat_map(Rib::values).flatten().cloned();
    by_prefix(routes.collect(), before)
}

/// The shortest paths of the routers of all devices as they computed them last: they are computed anew only where
/// links that may matter have changed.
#[derive(Debug, Default)]
pub struct ShortestPaths {
    /// The graphs that routers computed on last, the latest first.
    graphs: Vec<Arc<Graph>>,
    /// What differs between two of them, the latest first.
    compared: Vec<Compared>,
    known: BTreeMap<usize, Known>,
}

/// Routers hear news one after another: so many states of the network are known at the same time as a rule.
const GRAPHS: usize = 4;

/// Two graphs, and what differs between them if that can be told.
#[derive(Debug)]
struct Compared {
    before: Arc<Graph>,
    now: Arc<Graph>,
    difference: Option<Arc<Difference>>,
}

/// What a device with one process has computed.
#[derive(Debug)]
struct Known {
    graph: Arc<Graph>,
    interfaces: Arc<Vec<Interface>>,
    trees: Trees,
    routes: Arc<Rib>,
}

impl ShortestPaths {
    /// The OSPF routes of a device that knows these processes of all devices; none if they are as before.
    pub fn routes(
        &mut self,
        device: usize,
        processes: &[Arc<Vec<Process>>],
        interfaces: &Arc<Vec<Interface>>,
        before: &Arc<Rib>,
    ) -> Option<Arc<Rib>> {
        let graph = self.graph_of(processes);
        let Some(root) = alone(&graph, device) else {
            self.known.remove(&device);
            let routes = of_many(&graph, device, interfaces, before);
            return (routes != **before).then(|| Arc::new(routes));
        };
        let mut known = self.known.remove(&device).filter(|known| {
            let [was, is] = [&known.graph, &graph].map(|graph| graph.processes().get(device));
            Arc::ptr_eq(&known.routes, before)
                && Arc::ptr_eq(&known.interfaces, interfaces)
                && was.zip(is).is_some_and(|(was, is)| Arc::ptr_eq(was, is))
        });
        let difference = known.as_ref().and_then(|known| self.difference(&known.graph, &graph));
        let routes = if let (Some(known), Some(difference)) = (&mut known, difference) {
            let candidates = known.trees.renew(&graph, &difference);
            known.trees.renewed(&graph, &candidates, interfaces, before)
        } else {
            let trees = Trees::of(&graph, root);
            let routes = trees.routes(&graph, interfaces, before);
            known = Some(Known {
                graph: Arc::clone(&graph),
                interfaces: Arc::clone(interfaces),
                trees,
                routes: Arc::clone(before),
            });
            (routes != **before).then_some(routes)
        };
        #[cfg(test)]
        assert!(
            *routes.as_ref().unwrap_or(before) == self::routes(&graph, device, interfaces),
            "device {device} would compute other routes from nothing"
        );
        let routes = routes.map(Arc::new);
        if let Some(mut known) = known {
            known.graph = graph;
            known.routes = Arc::clone(routes.as_ref().unwrap_or(before));
            self.known.insert(device, known);
        }
        routes
    }

    fn graph_of(&mut self, processes: &[Arc<Vec<Process>>]) -> Arc<Graph> {
        let known = self.graphs.iter().position(|graph| graph.is_of(processes));
        let graph = match known {
            Some(place) => self.graphs.remove(place),
            None => Arc::new(Graph::of(processes)),
        };
        self.graphs.insert(0, Arc::clone(&graph));
        self.graphs.truncate(GRAPHS);
        graph
    }

    fn difference(&mut self, before: &Arc<Graph>, now: &Arc<Graph>) -> Option<Arc<Difference>> {
        let is_it = |known: &&Compared| Arc::ptr_eq(&known.before, before) && Arc::ptr_eq(&known.now, now);
        if let Some(known) = self.compared.iter().find(is_it) {
            return known.difference.clone();
        }
        let difference = Difference::between(before, now).map(Arc::new);
        let compared = Compared {
            before: Arc::clone(before),
            now: Arc::clone(now),
            difference: difference.clone(),
        };
        self.compared.insert(0, compared);
        self.compared.truncate(GRAPHS);
        difference
    }
}

/// The shortest paths of one router.
#[derive(Debug)]
struct Trees {
    root: usize,
    /// Of each of its areas.
    areas: BTreeMap<Ipv4Addr, Tree>,
}

impl Trees {
    fn of(graph: &Graph, root: usize) -> Self {
        let areas = graph.process(root).map(Process::areas).unwrap_or_default();
        let areas = areas.into_iter();
        let trees = areas.filter_map(|area| Some((area, Tree::of(graph.area(area)?, root))));
        Self {
            root,
            areas: trees.collect(),
        }
    }

    /// The shortest paths on another graph that differs by this; the networks that may be reached otherwise.
    fn renew(&mut self, graph: &Graph, difference: &Difference) -> BTreeSet<Prefix> {
        let mut candidates = BTreeSet::new();
        for (number, tree) in &mut self.areas {
            let (Some(area), Some(difference)) = (graph.area(*number), difference.area(*number)) else {
                continue;
            };
            candidates.extend(&difference.networks);
            if tree.is_concerned(difference) {
                let now = Tree::of(area, self.root);
                let advertised = now.different(tree).filter_map(|router| area.advertised.get(router));
                candidates.extend(advertised.flatten());
                *tree = now;
            }
        }
        candidates
    }

    /// Distance and ways to a network.
    fn reach(&self, graph: &Graph, prefix: Prefix) -> Option<Reach> {
        let mut best: Option<Reach> = None;
        for (area, tree) in &self.areas {
            let advertised = graph.area(*area).and_then(|area| area.networks.get(&prefix));
            for (router, cost) in advertised.into_iter().flatten() {
                let Some((distance, ways)) = tree.reach(*router) else {
                    continue;
                };
                let distance = distance.saturating_add(*cost);
                match &mut best {
                    Some((shortest, _)) if *shortest < distance => {}
                    Some((shortest, known)) if *shortest == distance => {
                        if !Arc::ptr_eq(known, ways) && !ways.is_subset(known) {
                            Arc::make_mut(known).extend(ways.iter().copied());
                        }
                    }
                    _ => best = Some((distance, Arc::clone(ways))),
                }
            }
        }
        best.filter(|(_, ways)| !ways.is_empty())
    }

    /// The routes to all networks; lists that are as before are shared with those.
    fn routes(&self, graph: &Graph, interfaces: &[Interface], before: &Rib) -> Rib {
        let Some(process) = graph.process(self.root) else {
            return Rib::new();
        };
        let areas = self.areas.keys().filter_map(|area| graph.area(*area));
        let prefixes: Vec<Prefix> = areas.flat_map(|area| area.networks.keys().copied()).collect();
        let routes = prefixes.into_iter().filter_map(|prefix| {
            let reach = self.reach(graph, prefix)?;
            let same = before
                .get(&prefix)
                .filter(|routes| are(routes, process, &reach, interfaces));
            let routes = || routes_to(process, prefix, &reach, interfaces).into();
            Some((prefix, same.cloned().unwrap_or_else(routes)))
        });
        routes.collect()
    }

    /// The routes after those to some networks may have changed; none if they are as before.
    fn renewed(
        &self,
        graph: &Graph,
        candidates: &BTreeSet<Prefix>,
        interfaces: &[Interface],
        before: &Rib,
    ) -> Option<Rib> {
        let process = graph.process(self.root)?;
        let different = candidates.iter().filter_map(|prefix| {
            let held = before.get(prefix);
            let reach = self.reach(graph, *prefix);
            let same = match (held, &reach) {
                (Some(routes), Some(reach)) => are(routes, process, reach, interfaces),
                (None, None) => true,
                _ => false,
            };
            let routes = reach.map(|reach| Shared::from(routes_to(process, *prefix, &reach, interfaces)));
            (!same).then_some((*prefix, routes))
        });
        let different: Vec<(Prefix, Option<Shared<Route>>)> = different.collect();
        (!different.is_empty()).then(|| before.with(different))
    }
}

/// The routes to a prefix.
fn routes_to(process: &Process, prefix: Prefix, (cost, ways): &Reach, interfaces: &[Interface]) -> Vec<Route> {
    let ways = ways.iter().take(process.ecmp);
    let route = |(index, gateway): &FirstHop| {
        let via = Via::Gateway(*index, *gateway);
        process.route(prefix, *cost, *gateway, interfaces.get(*index), via)
    };
    ways.map(route).collect()
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
