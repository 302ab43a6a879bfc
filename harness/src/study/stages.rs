//! Two stages of balancing one behind the other: whether the second spreads what each link of the first sent it. Routers
//! with one and the same hash do not (polarisation): half of the links of the second stage, or more, stay empty.

use checks::Verdict;
use checks::capture::measure::LaneId;
use checks::capture::measure::balance::{BalanceSettings, Evenness, Polarisation, polarisation};
use checks::capture::packet::FlowKey;

use super::PointStudy;
use super::directions::is_not_balanced;

/// So many flows on one link are no chance, at the least.
const FLOWS_FOR_ONE_LINK: usize = 20;

/// What the second of two stages makes of the flows that the first sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stages {
    /// Flows on each link of the first stage (rows) and each of the second (columns).
    pub table: Vec<Vec<u64>>,
    /// Flows that the table holds.
    pub flows: u64,
    /// Flows that were left out, as they use several links of a stage.
    pub on_several: u64,
    /// Flows that were left out, as they go from the second stage to the first by their TTL.
    pub backwards: u64,
    /// How far the choices depend on each other, where flows came over several links of the first stage.
    pub dependence: Option<Polarisation>,
    /// Passes where the second stage spreads what each link of the first sent it, fails where it does not.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

impl Stages {
    /// Compares the links of the wanted flows that both points saw.
    pub fn of(first: &PointStudy, second: &PointStudy, wanted: impl Fn(&FlowKey) -> bool) -> Self {
        let mut stages = Self {
            table: vec![vec![0; second.links.len()]; first.links.len()],
            flows: 0,
            on_several: 0,
            backwards: 0,
            dependence: None,
            verdict: Verdict::Inconclusive,
            reason: String::new(),
        };
        let mut chosen: Vec<(LaneId, LaneId)> = Vec::new();
        let mut ways = Ways::default();
        for flow in first
            .flows
            .iter()
            .filter(|flow| wanted(&flow.key) && !is_not_balanced(&flow.key))
        {
            let (Some(here), Some(there)) = (first.number_of(&flow.key), second.number_of(&flow.key)) else {
                continue;
            };
            let further = second.seen(there).and_then(|seen| seen.ttl);
            match flow.ttl.zip(further) {
                Some((at_first, at_second)) if at_first < at_second => {
                    stages.backwards += 1;
                    continue;
                }
                Some((at_first, at_second)) if at_first > at_second => {}
                _ if wanted(&flow.key.reversed()) => ways.unknown(flow.key, first, second),
                _ => {}
            }
            match (first.only_link(here), second.only_link(there)) {
                (Some(one), Some(two)) => chosen.push((one, two)),
                _ => stages.on_several += 1,
            }
        }
        for (one, two) in &chosen {
            let row = stages.table.get_mut(usize::from(one.0));
            if let Some(count) = row.and_then(|row| row.get_mut(usize::from(two.0))) {
                *count += 1;
            }
        }
        stages.flows = chosen.len() as u64;
        (stages.verdict, stages.reason) = stages.judged(first, second, &chosen);
        let of_points = first.doubt().or(second.doubt()).map(str::to_owned);
        if let Some(doubt) = ways.doubt().or(of_points) {
            stages.verdict = Verdict::Inconclusive;
            stages.reason = format!("{}, but {doubt}", stages.reason);
        }
        stages
    }

    fn judged(&mut self, first: &PointStudy, second: &PointStudy, chosen: &[(LaneId, LaneId)]) -> (Verdict, String) {
        if chosen.is_empty() {
            let reason = match (self.on_several, self.backwards) {
                (0, 0) => format!("no flow was seen at {} and at {}", first.name, second.name),
                (0, _) => format!(
                    "all {} flows go from {} to {}, by their TTLs: name the stages in the order of the flows",
                    self.backwards, second.name, first.name
                ),
                _ => "no flow keeps one link at each stage".to_owned(),
            };
            return (Verdict::Inconclusive, reason);
        }
        if self.on_several >= self.flows {
            let reason = format!(
                "{} flows use several links of a stage, and only {} do not: what these do is not what the stages do",
                self.on_several, self.flows
            );
            return (Verdict::Inconclusive, reason);
        }
        let name = |point: &PointStudy, link: usize| point.link_name(LaneId(u16::try_from(link).unwrap_or(u16::MAX)));
        let columns: Vec<u64> = (0..second.links.len())
            .map(|link| self.table.iter().filter_map(|row| row.get(link)).sum())
            .collect();
        let came_over: Vec<usize> = (0..self.table.len())
            .filter(|link| self.table[*link].iter().any(|flows| *flows > 0))
            .collect();
        let used: Vec<usize> = (0..columns.len()).filter(|link| columns[*link] > 0).collect();
        let settings = BalanceSettings::equal(u16::try_from(second.links.len()).unwrap_or(u16::MAX));
        let chance = (second.links.len() as f64).ln() * (chosen.len() - 1) as f64;
        let is_chance = chosen.len() < FLOWS_FOR_ONE_LINK || chance < -settings.alpha_mode.ln();
        if let ([only], false) = (used.as_slice(), is_chance) {
            let link = name(second, *only);
            let reason = match came_over.as_slice() {
                [branch] => format!(
                    "all {} flows that came over {} take {link}: {} balances with the same hash, or not at all. Which, flows \
                     over the other links of {} would tell",
                    self.flows,
                    name(first, *branch),
                    second.name,
                    first.name
                ),
                _ => format!(
                    "all {} flows take {link}, whichever link of {} they came over: {} does not balance",
                    self.flows, first.name, second.name
                ),
            };
            return (Verdict::Fail, reason);
        }
        if let [branch] = came_over.as_slice() {
            let even = Evenness::of(&columns, &settings);
            let over = name(first, *branch);
            return match even.verdict {
                Verdict::Pass => (
                    Verdict::Pass,
                    format!("all flows came over {over}, and are spread: {}", even.reason),
                ),
                Verdict::Fail => (
                    Verdict::Inconclusive,
                    format!(
                        "all flows came over {over}, and are spread unevenly ({}): whether the first stage's choice is the \
                         cause, flows over its other links would tell",
                        even.reason
                    ),
                ),
                _ => (
                    Verdict::Inconclusive,
                    format!("all flows came over {over}: {}", even.reason),
                ),
            };
        }
        let dependence = polarisation(chosen, settings.alpha_balance);
        let numbers = format!(
            "{} flows over {} links of {} and {} of {}",
            self.flows,
            came_over.len(),
            first.name,
            used.len(),
            second.name
        );
        let decided = match dependence.verdict {
            Verdict::Fail => {
                let part = if dependence.full {
                    let links: Vec<String> = came_over
                        .iter()
                        .take(4)
                        .map(|link| {
                            let taken = self.table[*link].iter().filter(|flows| **flows > 0).count();
                            format!("{} uses {taken} of {}", name(first, *link), columns.len())
                        })
                        .collect();
                    format!("what comes over {}", links.join(", what comes over "))
                } else {
                    "the shares of links differ by the link of the first stage".to_owned()
                };
                let text = format!(
                    "polarised: the choice at {} depends on that at {} (strength {:.2} of 1, by chance {:.1e}): {part}; {numbers}",
                    second.name, first.name, dependence.strength, dependence.chance
                );
                (Verdict::Fail, text)
            }
            _ => self.alike(&columns, &came_over, &settings, &numbers),
        };
        self.dependence = Some(dependence);
        decided
    }

    /// Whether every branch has the shares of all, so that a dependence worth the name is ruled out.
    fn alike(
        &self,
        columns: &[u64],
        came_over: &[usize],
        settings: &BalanceSettings,
        numbers: &str,
    ) -> (Verdict, String) {
        // A link that nothing uses has no share: what is never chosen depends on nothing.
        let used: Vec<usize> = (0..columns.len()).filter(|link| columns[*link] > 0).collect();
        let settings = BalanceSettings {
            weights: used.iter().map(|link| columns[*link] as f64).collect(),
            alpha_balance: settings.alpha_balance / came_over.len().max(1) as f64,
            ..BalanceSettings::equal(u16::try_from(used.len()).unwrap_or(u16::MAX))
        };
        let branches = came_over.iter().map(|link| {
            let counts: Vec<u64> = used.iter().map(|column| self.table[*link][*column]).collect();
            Evenness::of(&counts, &settings)
        });
        let doubtful = branches.filter(|even| even.verdict != Verdict::Pass);
        match doubtful.max_by_key(|even| even.needed.saturating_sub(even.counts.iter().sum())) {
            None => {
                let empty = columns.len() - used.len();
                let note = match empty {
                    0 => String::new(),
                    _ => format!("; {empty} links carry nothing, whichever link flows came over"),
                };
                (
                    Verdict::Pass,
                    format!("the choices do not depend on each other: {numbers}{note}"),
                )
            }
            Some(even) => (
                Verdict::Inconclusive,
                format!(
                    "{numbers}: too few to rule out a dependence of {:.0} %, about {} over each link of the first stage would be \
                     needed",
                    settings.imbalance * 100.0,
                    even.needed
                ),
            ),
        }
    }
}

/// Flows of which their TTL does not tell which stage they pass first.
#[derive(Default)]
struct Ways {
    both: Option<FlowKey>,
}

impl Ways {
    fn unknown(&mut self, key: FlowKey, first: &PointStudy, second: &PointStudy) {
        let back = key.reversed();
        if self.both.is_none() && first.number_of(&back).is_some() && second.number_of(&back).is_some() {
            self.both = Some(key);
        }
    }

    fn doubt(&self) -> Option<String> {
        let key = self.both?;
        Some(format!(
            "which stage comes first is not told by the TTL of {key}, and there are flows both ways: say --flow FROM->TO"
        ))
    }
}
