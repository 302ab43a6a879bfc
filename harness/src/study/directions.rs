//! The directions in which flows pass a point. Each is balanced by another router, so each is judged by itself: all flows
//! of one direction on one link and all of the other on another are even together, and balanced by nobody.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use checks::Verdict;
use checks::capture::measure::balance::{BalanceSettings, Evenness};

use super::{FlowSeen, PointStudy};

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

impl PointStudy {
    /// The directions in which its flows go, and how even each is.
    pub fn directions(&self) -> Directions {
        let links = self.links.len();
        let settings = BalanceSettings::equal(u16::try_from(links).unwrap_or(u16::MAX));
        let mut hosts: BTreeMap<IpAddr, Vec<IpAddr>> = BTreeMap::new();
        let mut ways: BTreeSet<(IpAddr, IpAddr)> = BTreeSet::new();
        for flow in &self.flows {
            let (Some(source), Some(destination)) = (flow.key.source(), flow.key.destination()) else {
                continue;
            };
            hosts.entry(source).or_default().push(destination);
            hosts.entry(destination).or_default().push(source);
            ways.insert((source, destination));
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
        if parts > 1 {
            let reason = "which hosts are on the same side is not known, as no flows join them: capture each direction by itself";
            return Directions::Unclear(reason.to_owned());
        }
        let on_one = |flow: &FlowSeen| {
            self.number_of(&flow.key)
                .is_some_and(|number| self.only_link(number).is_some())
        };
        if !self.flows.iter().all(on_one) {
            let reason = "some flows use several links, so that the balance of each direction is not known";
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
/// any flow. None if hosts have no two sides.
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
}
