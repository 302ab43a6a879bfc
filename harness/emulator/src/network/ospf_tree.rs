//! The shortest paths of a router in an area (RFC 2328 §16.1).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use super::ospf_graph::{Area, AreaDifference, FirstHop};

/// Ways out of the root.
pub type Ways = Arc<BTreeSet<FirstHop>>;

/// Distance and ways from a router, the root, to every router of an area.
#[derive(Debug)]
pub struct Tree {
    /// By router; [`UNREACHED`] if there is no path.
    distances: Vec<u32>,
    /// By router, the place of its ways among `sets`.
    ways: Vec<usize>,
    /// Different sets of ways. The first is that of the root itself: none.
    sets: Vec<Ways>,
}

const UNREACHED: u32 = u32::MAX;

impl Tree {
    /// Dijkstra's algorithm, keeping all first hops of equal paths.
    pub fn of(area: &Area, root: usize) -> Self {
        let mut tree = Self {
            distances: vec![UNREACHED; area.links.len()],
            ways: vec![0; area.links.len()],
            sets: vec![Arc::default()],
        };
        let mut joined = BTreeMap::new();
        let mut done = vec![false; area.links.len()];
        let mut queue = BinaryHeap::new();
        if let Some(own) = tree.distances.get_mut(root) {
            *own = 0;
            queue.push(Reverse((0_u32, root)));
        }
        while let Some(Reverse((distance, router))) = queue.pop() {
            match done.get_mut(router) {
                Some(done) if !*done => *done = true,
                _ => continue,
            }
            let ways = tree.ways.get(router).copied().unwrap_or(0);
            for link in area.links.get(router).into_iter().flatten() {
                let through = distance.saturating_add(link.cost);
                let Some(known) = tree.distances.get(link.to).copied() else {
                    continue;
                };
                if through > known || link.to == root {
                    continue;
                }
                let first = if router == root {
                    tree.set(BTreeSet::from([link.way]))
                } else {
                    ways
                };
                let ways = if through < known {
                    queue.push(Reverse((through, link.to)));
                    first
                } else {
                    let before = tree.ways.get(link.to).copied().unwrap_or(first);
                    tree.joined(before, first, &mut joined)
                };
                if let (Some(distance), Some(place)) = (tree.distances.get_mut(link.to), tree.ways.get_mut(link.to)) {
                    *distance = through;
                    *place = ways;
                }
            }
        }
        tree
    }

    /// The place of both sets together.
    fn joined(&mut self, a: usize, b: usize, known: &mut BTreeMap<(usize, usize), usize>) -> usize {
        if a == b {
            return a;
        }
        let pair = (a.min(b), a.max(b));
        if let Some(place) = known.get(&pair) {
            return *place;
        }
        let all = [a, b].into_iter().filter_map(|place| self.sets.get(place));
        let all = all.flat_map(|ways| ways.iter().copied()).collect();
        let place = self.set(all);
        known.insert(pair, place);
        place
    }

    /// The place of a set.
    fn set(&mut self, ways: BTreeSet<FirstHop>) -> usize {
        let known = self.sets.iter().position(|known| **known == ways);
        known.unwrap_or_else(|| {
            self.sets.push(Arc::new(ways));
            self.sets.len() - 1
        })
    }

    /// Distance and ways to a router, if there is a path.
    pub fn reach(&self, router: usize) -> Option<(u32, &Ways)> {
        let distance = self.distances.get(router).filter(|distance| **distance < UNREACHED)?;
        Some((*distance, self.sets.get(*self.ways.get(router)?)?))
    }

    /// Whether other links may make other paths: one that is gone was part of a shortest path, or one that is new is.
    pub fn is_concerned(&self, difference: &AreaDifference) -> bool {
        let ends = |router: usize, to: usize| Some((*self.distances.get(router)?, *self.distances.get(to)?));
        let is_shortest = |router: usize, to: usize, cost: u32| {
            let reached = ends(router, to).filter(|(distance, _)| *distance < UNREACHED);
            reached.is_some_and(|(distance, known)| distance.saturating_add(cost) <= known)
        };
        let mut links = difference.gone.iter().chain(&difference.new);
        links.any(|(router, link)| is_shortest(*router, link.to, link.cost))
    }

    /// The routers that are reached otherwise than before.
    pub fn different<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = usize> + 'a {
        // The place that each set had before.
        let had = |set: &Ways| before.sets.iter().position(|known| known == set);
        let had: Vec<Option<usize>> = self.sets.iter().map(had).collect();
        let reaches = self.distances.iter().zip(&self.ways);
        let were = before.distances.iter().zip(&before.ways);
        let pairs = reaches.zip(were).enumerate();
        pairs.filter_map(move |(router, ((distance, ways), (was, had_ways)))| {
            let same = distance == was && had.get(*ways).copied().flatten() == Some(*had_ways);
            (!same).then_some(router)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ospf_graph::Link;
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    const ROUTERS: usize = 7;

    /// Links by their ends, costs and numbers; one way only, several between the same routers.
    type Drawn = Vec<(usize, usize, u32)>;

    fn area(links: &Drawn) -> Area {
        let mut area = Area {
            links: vec![Vec::new(); ROUTERS],
            ..Area::default()
        };
        for (number, (from, to, cost)) in links.iter().enumerate() {
            let way = (number, Ipv4Addr::from(number as u32));
            let (to, cost) = (*to, *cost);
            area.links[*from].push(Link { to, cost, way });
        }
        area
    }

    /// Distances and ways along every path, whatever it costs, one link longer in every round.
    fn by_rounds(area: &Area, root: usize) -> Vec<Option<(u32, BTreeSet<FirstHop>)>> {
        let mut reached: Vec<Option<(u32, BTreeSet<FirstHop>)>> = vec![None; ROUTERS];
        reached[root] = Some((0, BTreeSet::new()));
        for _ in 0..=ROUTERS * ROUTERS {
            for (from, links) in area.links.iter().enumerate() {
                for link in links {
                    let Some((distance, ways)) = reached[from].clone() else {
                        continue;
                    };
                    let ways = if from == root { BTreeSet::from([link.way]) } else { ways };
                    let through = distance + link.cost;
                    match &mut reached[link.to] {
                        Some((known, _)) if *known < through => {}
                        Some((known, all)) if *known == through => all.extend(ways),
                        better => *better = Some((through, ways)),
                    }
                }
            }
        }
        reached
    }

    fn reaches(tree: &Tree) -> Vec<Option<(u32, BTreeSet<FirstHop>)>> {
        let reach = |router| tree.reach(router).map(|(distance, ways)| (distance, (**ways).clone()));
        (0..ROUTERS).map(reach).collect()
    }

    fn drawn() -> impl Strategy<Value = Drawn> {
        prop::collection::vec((0..ROUTERS, 0..ROUTERS, 1..4_u32), 0..24)
    }

    proptest! {
        #[test]
        fn shortest_paths_are_the_shortest_of_all(links in drawn(), root in 0..ROUTERS) {
            let area = area(&links);
            prop_assert_eq!(reaches(&Tree::of(&area, root)), by_rounds(&area, root));
        }

        /// Some links are gone, cost something else or lead elsewhere, and some are new.
        #[test]
        fn what_no_change_concerns_stays_and_what_differs_is_found(
            links in drawn(),
            others in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u32, 0..ROUTERS), 0..3),
            new in prop::collection::vec((0..ROUTERS, 0..ROUTERS, 1..6_u32), 0..3),
            root in 0..ROUTERS,
        ) {
            let mut changed = links.clone();
            for (which, cost, to) in others {
                if let Some(link) = (!links.is_empty()).then(|| which.get(&links)) {
                    let place = changed.iter().position(|known| known == link);
                    if let Some(place) = place {
                        changed[place] = (link.0, if cost == 0 { to } else { link.1 }, link.2 + cost);
                    }
                }
            }
            changed.extend(new);
            let (before, now) = (area(&links), area(&changed));
            let difference = AreaDifference::between(&before, &now);
            let (was, is) = (Tree::of(&before, root), Tree::of(&now, root));
            let pairs = reaches(&was).into_iter().zip(reaches(&is)).enumerate();
            let expected: Vec<usize> = pairs.filter(|(_, (was, is))| was != is).map(|(router, _)| router).collect();
            if !was.is_concerned(&difference) {
                prop_assert!(expected.is_empty(), "{expected:?} differ");
            }
            let found: Vec<usize> = is.different(&was).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
