//! The directions in which flows pass a point. Each is balanced by another router, so each is judged by itself: all flows
//! of one direction on one link and all of the other on another are even together, and balanced by nobody.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use checks::Verdict;
use checks::capture::measure::LaneId;
use checks::capture::measure::balance::{BalanceSettings, Evenness};

use super::PointStudy;

/// How evenly the flows of one direction use the links.
#[derive(Debug, Clone, PartialEq)]
pub struct Direction {
    /// Source and destination of one of its flows.
    pub example: (IpAddr, IpAddr),
    /// How evenly its flows use the links; those that use several are not counted.
    pub evenness: Evenness,
}

/// The directions of the flows of a point.
#[derive(Debug, Clone, PartialEq)]
pub enum Directions {
    /// No two hosts send to each other: there is one direction as far as can be told.
    One,
    /// Those of the one side's hosts, and those of the other's.
    Two(Box<[Direction; 2]>),
    /// There are flows both ways, and which go together is not known.
    Unclear(String),
}

impl Directions {
    /// The verdict on all directions and why; none where there is one only.
    pub fn verdict(&self) -> Option<(Verdict, String)> {
        match self {
            Self::One => None,
            Self::Two(directions) => {
                let verdict = Verdict::of_all(directions.iter().map(|direction| direction.evenness.verdict));
                let reasons = directions.iter().map(|direction| {
                    let (from, to) = direction.example;
                    format!("{from} -> {to} and flows that way: {}", direction.evenness.reason)
                });
                Some((verdict, reasons.collect::<Vec<String>>().join("; ")))
            }
            Self::Unclear(reason) => Some((Verdict::Inconclusive, reason.clone())),
        }
    }
}

/// Two flows that are each other's counterpart, and the links that they keep.
type Links = (LaneId, LaneId);

impl PointStudy {
    /// The directions in which its flows go, and how even each is.
    pub fn directions(&self) -> Directions {
        let links = self.links.len();
        let settings = BalanceSettings::equal(u16::try_from(links).unwrap_or(u16::MAX));
        let mut hosts: BTreeMap<IpAddr, Vec<IpAddr>> = BTreeMap::new();
        let mut pairs: Vec<Links> = Vec::new();
        let mut ways: BTreeSet<(IpAddr, IpAddr)> = BTreeSet::new();
        for flow in &self.flows {
            let (Some(source), Some(destination)) = (flow.key.source(), flow.key.destination()) else {
                continue;
            };
            hosts.entry(source).or_default().push(destination);
            hosts.entry(destination).or_default().push(source);
            ways.insert((source, destination));
            if let Some((own, other)) = self.number_of(&flow.key).zip(self.number_of(&flow.key.reversed()))
                && own < other
                && let Some(pair) = self.only_link(own).zip(self.only_link(other))
            {
                pairs.push(pair);
            }
        }
        // Flows and their answers may have other ports.
        let is_both_ways = |(source, destination): &(IpAddr, IpAddr)| ways.contains(&(*destination, *source));
        if !ways.iter().any(is_both_ways) {
            return Directions::One;
        }
        let Some((sides, parts)) = sides(&hosts) else {
            let reason = "hosts send to each other in a ring, so that the directions of flows are not known: capture each \
                          direction by itself";
            return Directions::Unclear(reason.to_owned());
        };
        let is_doubtful = || pairs.is_empty() || disagree_beyond_chance(&pairs, links, settings.alpha_balance);
        if parts > 1 && is_doubtful() {
            let reason = "which hosts are on the same side is not known, and nothing shows that both directions of \
                          conversations keep to links of their own choice: capture each direction by itself";
            return Directions::Unclear(reason.to_owned());
        }
        let mut counted = [(None, vec![0_u64; links]), (None, vec![0_u64; links])];
        for flow in &self.flows {
            let (Some(source), Some(destination)) = (flow.key.source(), flow.key.destination()) else {
                continue;
            };
            let side = usize::from(sides.get(&source).copied().unwrap_or_default());
            let (example, counts) = &mut counted[side];
            example.get_or_insert((source, destination));
            let link = self.number_of(&flow.key).and_then(|number| self.only_link(number));
            if let Some(count) = link.and_then(|link| counts.get_mut(usize::from(link.0))) {
                *count += 1;
            }
        }
        // Either of the two may be uneven by chance.
        let each = BalanceSettings {
            alpha_balance: settings.alpha_balance / 2.0,
            ..settings
        };
        let [one, other] = counted.map(|(example, counts)| {
            Some(Direction {
                example: example?,
                evenness: Evenness::of(&counts, &each),
            })
        });
        match (one, other) {
            (Some(one), Some(other)) => Directions::Two(Box::new([one, other])),
            _ => Directions::One,
        }
    }
}

/// On which of two sides each host is, so that flows go from one side to the other, and how many parts are not joined by
/// any flow. In each part the lowest address is on the first side: sites have addresses that lie together. None if hosts
/// have no two sides.
fn sides(hosts: &BTreeMap<IpAddr, Vec<IpAddr>>) -> Option<(BTreeMap<IpAddr, bool>, usize)> {
    let mut sides = BTreeMap::new();
    let mut parts = 0;
    for first in hosts.keys() {
        if sides.contains_key(first) {
            continue;
        }
        parts += 1;
        sides.insert(*first, false);
        let mut waiting = VecDeque::from([*first]);
        while let Some(host) = waiting.pop_front() {
            let side = sides.get(&host).copied().unwrap_or_default();
            for other in hosts.get(&host).into_iter().flatten() {
                match sides.get(other) {
                    Some(known) if *known == side => return None,
                    Some(_) => {}
                    None => {
                        sides.insert(*other, !side);
                        waiting.push_back(*other);
                    }
                }
            }
        }
    }
    Some((sides, parts))
}

/// Whether both directions of conversations share a link so seldom that it is no chance: judged as any balance is, by
/// those that agree and those that do not.
fn disagree_beyond_chance(pairs: &[Links], links: usize, alpha: f64) -> bool {
    let agreeing = pairs.iter().filter(|(own, other)| own == other).count() as u64;
    let all = pairs.len() as u64;
    let expected = 1.0 / links.max(1) as f64;
    let settings = BalanceSettings {
        weights: vec![expected, 1.0 - expected],
        alpha_balance: alpha,
        ..BalanceSettings::equal(2)
    };
    let evenness = Evenness::of(&[agreeing, all - agreeing], &settings);
    (agreeing as f64) < all as f64 * expected && evenness.chance < alpha
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn hosts(flows: &[(u8, u8)]) -> BTreeMap<IpAddr, Vec<IpAddr>> {
        let mut hosts: BTreeMap<IpAddr, Vec<IpAddr>> = BTreeMap::new();
        for (from, to) in flows {
            hosts.entry(address(*from)).or_default().push(address(*to));
            hosts.entry(address(*to)).or_default().push(address(*from));
        }
        hosts
    }

    #[test]
    fn flows_go_from_one_side_to_the_other() {
        let (found, parts) = sides(&hosts(&[(1, 9), (9, 2), (2, 8), (3, 7)])).expect("two sides");
        assert_eq!(parts, 2);
        let first: Vec<u8> = (1..=9)
            .filter(|last| found.get(&address(*last)) == Some(&false))
            .collect();
        assert_eq!(first, [1, 2, 3]);
        assert_eq!(sides(&hosts(&[(1, 2), (2, 3), (3, 1)])), None);
    }

    #[test]
    fn directions_that_always_disagree_are_no_chance() {
        let links = |own, other| (LaneId(own), LaneId(other));
        let apart = vec![links(0, 1); 40];
        assert!(disagree_beyond_chance(&apart, 2, 1e-3));
        let mixed: Vec<Links> = (0..40).map(|number| links(0, number % 2)).collect();
        assert!(!disagree_beyond_chance(&mixed, 2, 1e-3));
        assert!(!disagree_beyond_chance(&[links(0, 0); 40], 2, 1e-3));
        assert!(!disagree_beyond_chance(&apart[..3], 2, 1e-3));
    }
}
