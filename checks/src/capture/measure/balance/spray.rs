//! In which order packets are spread over links: by turns, equal or weighted, or by chance.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evenness::Evenness;
use super::settings::BalanceSettings;
use super::statistics::chi_square_chances;
use super::tally::{PeriodTally, Transitions};
use super::turns::{OutOfTurn, TurnsReport};
use crate::capture::measure::LaneId;

/// How packets of one flow are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Spray {
    /// One link after the other, over all packets.
    RoundRobin,
    /// One link after the other, for each flow by itself.
    RoundRobinPerFlow,
    /// Links take turns that are not equally many, over all packets.
    WeightedRoundRobin,
    /// The same for each flow by itself.
    WeightedRoundRobinPerFlow,
    /// Links take turns, but for packets that nothing explains.
    BrokenTurns,
    /// Each packet by chance, all links alike.
    Random,
    /// Each packet by chance, some links more often.
    WeightedRandom,
    /// By another pattern: by octets, by bursts.
    Patterned,
    /// The order of the packets is not known well enough.
    Unknown,
}

/// How packets are spread, and what that rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SprayReport {
    /// The rule.
    pub kind: Spray,
    /// What it rests on, in words, with its numbers.
    pub reason: String,
    /// Links in the order of their turns, where they take turns.
    pub turns: Vec<LaneId>,
    /// The weight of each link: its turns, or else its share of packets.
    pub weights: Vec<f64>,
    /// Packets out of turn that missing or late packets explain.
    pub explained: u64,
    /// Packets out of turn that nothing explains.
    pub violations: u64,
    /// Some of them, in the order of time.
    pub out_of_turn: Vec<OutOfTurn>,
}

impl SprayReport {
    /// Whether each of the links has the same number of turns, and none was left out.
    pub(super) fn takes_equal_turns(&self, links: u16) -> bool {
        matches!(self.kind, Spray::RoundRobin | Spray::RoundRobinPerFlow)
            && self.weights.len() == usize::from(links)
            && self
                .weights
                .iter()
                .all(|weight| *weight > 0.0 && Some(weight) == self.weights.first())
    }
}

/// How the packets of a period are spread over the links in use, of which there are `used`.
pub(super) fn spray(period: PeriodTally, used: usize, evenness: &Evenness, settings: &BalanceSettings) -> SprayReport {
    let links = usize::from(settings.links);
    let PeriodTally { flows, order } = period;
    let (late, unnumbered) = (order.late, order.unnumbered);
    let crossed = if flows.len() > 1 { order.crossed } else { 0 };
    let disordered = if flows.len() > 1 { late + crossed } else { 0 };
    let several = flows.values().filter(|flow| flow.links.len() > 1).count();
    let within = order.within_flows;
    let of_flows: Vec<TurnsReport> = order
        .flow_turns
        .into_iter()
        .filter_map(super::turns::Turns::finish)
        .collect();
    let overall = order.turns.finish();
    let clean = |report: &TurnsReport| report.violations == 0 && !report.overflowed;
    let cycle = cycle(&within, used, settings);
    if let Some(report) = overall
        .as_ref()
        .filter(|report| clean(report) && is_equal(report, used))
    {
        return of_turns(Spray::RoundRobin, report, links, "over all packets");
    }
    if let Some(cycle) = cycle.as_ref().filter(|cycle| cycle.outside == 0)
        && of_flows.iter().all(clean)
    {
        let turns: Vec<LaneId> = cycle.links.iter().copied().map(LaneId).collect();
        return SprayReport {
            kind: Spray::RoundRobinPerFlow,
            reason: format!(
                "{} pairs of packets with consecutive numbers follow the turns {} within their flows, without exception",
                cycle.pairs,
                in_words(&cycle.links)
            ),
            weights: weights(&cycle.links, links),
            turns,
            explained: of_flows.iter().map(|report| report.explained).sum(),
            violations: 0,
            out_of_turn: Vec::new(),
        };
    }
    // What came too late is in no turns, which may look weighted then.
    if let Some(report) = overall.as_ref().filter(|report| late == 0 && clean(report)) {
        return of_turns(Spray::WeightedRoundRobin, report, links, "over all packets");
    }
    if let Some(first) = of_flows.first().filter(|_| late == 0 && of_flows.len() == several)
        && of_flows
            .iter()
            .all(|report| clean(report) && same_weights(report, first, links))
    {
        return of_turns(Spray::WeightedRoundRobinPerFlow, first, links, "within each flow");
    }
    // Turns that most packets follow, and some do not.
    let mostly = |report: &&TurnsReport| report.violations * 2 < report.checked;
    let broken = overall
        .iter()
        .filter(|report| crossed == 0 && !clean(report) && mostly(report))
        .chain(of_flows.iter().filter(|report| !clean(report)).filter(mostly));
    let by_cycle = cycle
        .as_ref()
        .filter(|cycle| cycle.outside * 2 < cycle.pairs && cycle.outside > 0);
    let shares = evenness.counts.iter().map(|count| *count as f64).collect::<Vec<f64>>();
    let other = |kind: Spray, reason: String| SprayReport {
        kind,
        reason,
        turns: Vec::new(),
        weights: shares.clone(),
        explained: 0,
        violations: 0,
        out_of_turn: Vec::new(),
    };
    if let Some(report) = broken.max_by_key(|report| report.checked) {
        if report.overflowed {
            return other(Spray::Unknown, "more packets are out of turn than are kept".to_owned());
        }
        if unnumbered > 0 {
            let text = format!(
                "{} packets are out of the turns {}, and without sequence numbers nothing tells whether packets are missing",
                report.violations,
                in_words(&report.word)
            );
            return other(Spray::Unknown, text);
        }
        if late > 0 {
            let text = format!(
                "{} packets are out of the turns {}, but {late} were captured after packets that were sent later, by send times or \
                 numbers, and so much later that they have no place among them",
                report.violations,
                in_words(&report.word)
            );
            return other(Spray::Unknown, text);
        }
        return of_turns(Spray::BrokenTurns, report, links, "for the most part");
    }
    let (chance, pairs) = independence(&within);
    if let Some(cycle) = by_cycle.filter(|_| unnumbered == 0 && disordered == 0 && chance < settings.alpha_mode) {
        return SprayReport {
            violations: cycle.outside,
            ..other(
                Spray::BrokenTurns,
                format!(
                    "{} of {} pairs of packets with consecutive numbers do not follow the turns {} of the others within their \
                     flows",
                    cycle.outside,
                    cycle.pairs,
                    in_words(&cycle.links)
                ),
            )
        };
    }
    if disordered > 0 {
        let after = if crossed > 0 { "on the same link" } else { "long" };
        let text = format!(
            "{disordered} packets were captured {after} after packets that were sent later, so that the order in which the \
             router had those of different flows is not known: no turns would show"
        );
        return other(Spray::Unknown, text);
    }
    if evenness.chance_more_even < settings.alpha_balance {
        let text = format!(
            "more even than chance allows ({:.1e}), but the order in which packets were sent is not known well enough to see \
             links take turns",
            evenness.chance_more_even
        );
        return other(Spray::Unknown, text);
    }
    if pairs < 5 * (used * used) as u64 {
        return other(
            Spray::Unknown,
            format!("{pairs} pairs of packets with consecutive numbers are too few"),
        );
    }
    if chance < settings.alpha_balance {
        return other(
            Spray::Patterned,
            format!("the next link depends on the last one (chance {chance:.1e}), and they take no turns"),
        );
    }
    let independent = format!("the next link does not depend on the last one ({pairs} pairs, chance {chance:.2})");
    if evenness.chance < settings.alpha_balance {
        let total: f64 = shares.iter().sum::<f64>().max(1.0);
        let percent: Vec<String> = shares
            .iter()
            .map(|share| format!("{:.1}", share / total * 100.0))
            .collect();
        return other(
            Spray::WeightedRandom,
            format!("{independent}; shares of {} %", percent.join(" : ")),
        );
    }
    other(Spray::Random, independent)
}

fn of_turns(kind: Spray, report: &TurnsReport, links: usize, extent: &str) -> SprayReport {
    let weights = weights(&report.word, links);
    let told: Vec<String> = weights.iter().map(ToString::to_string).collect();
    let broken = match (report.violations, report.listed.first()) {
        (0, _) | (_, None) => String::new(),
        (count, Some(first)) => format!(
            "; {count} packets are out of turn and no missing packet explains it, the first number {} on link {} instead of {}",
            first
                .sequence
                .map_or_else(|| "?".to_owned(), |number| number.to_string()),
            first.link.0,
            first.expected.0
        ),
    };
    let explained = match report.explained {
        0 => String::new(),
        count => format!("; missing packets explain {count} turns that were left out"),
    };
    SprayReport {
        kind,
        reason: format!(
            "{} packets take the turns {} {extent}, weights {}{explained}{broken}",
            report.checked,
            in_words(&report.word),
            told.join(":")
        ),
        turns: report.word.iter().copied().map(LaneId).collect(),
        weights,
        explained: report.explained,
        violations: report.violations,
        out_of_turn: report.listed.clone(),
    }
}

/// `0 1 2 …`, at most sixteen.
fn in_words(word: &[u16]) -> String {
    let links: Vec<String> = word.iter().take(16).map(u16::to_string).collect();
    let more = if word.len() > 16 { " …" } else { "" };
    format!("{}{more}", links.join(" "))
}

/// Turns of each link, without a common factor.
fn weights(word: &[u16], links: usize) -> Vec<f64> {
    let turns: Vec<u64> = (0..links)
        .map(|link| word.iter().filter(|turn| usize::from(**turn) == link).count() as u64)
        .collect();
    let factor = turns.iter().copied().fold(0, greatest_common_divisor).max(1);
    turns.into_iter().map(|turns| (turns / factor) as f64).collect()
}

fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 {
        one
    } else {
        greatest_common_divisor(other, one % other)
    }
}

/// Whether each of the links in use has one turn in every round.
fn is_equal(report: &TurnsReport, used: usize) -> bool {
    report.word.len() == used && {
        let mut links = report.word.clone();
        links.sort_unstable();
        links.dedup();
        links.len() == used
    }
}

fn same_weights(one: &TurnsReport, other: &TurnsReport, links: usize) -> bool {
    weights(&one.word, links) == weights(&other.word, links)
}

/// A cycle through all links in use that pairs of packets follow.
struct Cycle {
    links: Vec<u16>,
    pairs: u64,
    /// Pairs that do not follow it.
    outside: u64,
}

/// The cycle that most pairs follow, if there is one through all links in use and chance is ruled out.
fn cycle(transitions: &Transitions, used: usize, settings: &BalanceSettings) -> Option<Cycle> {
    let mut next: BTreeMap<u16, (u16, u64)> = BTreeMap::new();
    let mut pairs = 0;
    for ((from, to), count) in &transitions.counts {
        pairs += count;
        let entry = next.entry(*from).or_insert((*to, *count));
        if (*count, std::cmp::Reverse(*to)) > (entry.1, std::cmp::Reverse(entry.0)) {
            *entry = (*to, *count);
        }
    }
    let start = next.keys().next().copied()?;
    let mut links = Vec::with_capacity(used);
    let mut link = start;
    while links.len() < used {
        links.push(link);
        link = next.get(&link)?.0;
        if link == start {
            break;
        }
    }
    if links.len() != used || used < 2 || link != start {
        return None;
    }
    let following: u64 = next.values().map(|(_, count)| count).sum();
    // As many cycles there are to choose from.
    let choices: f64 = (1..used).map(|links| (links as f64).ln()).sum();
    let evidence = following as f64 * (used as f64).ln();
    (evidence >= settings.evidence_demanded() + choices).then_some(Cycle {
        links,
        pairs,
        outside: pairs - following,
    })
}

/// The chance of transitions at least as far from independence, df (k−1)², and how many there are.
fn independence(transitions: &Transitions) -> (f64, u64) {
    let (mut from_total, mut to_total): (BTreeMap<u16, u64>, BTreeMap<u16, u64>) = Default::default();
    let mut total = 0;
    for ((from, to), count) in &transitions.counts {
        *from_total.entry(*from).or_default() += count;
        *to_total.entry(*to).or_default() += count;
        total += count;
    }
    if total == 0 || from_total.len() < 2 || to_total.len() < 2 {
        return (0.0, total);
    }
    let mut statistic = 0.0;
    for (from, rows) in &from_total {
        for (to, columns) in &to_total {
            let expected = *rows as f64 * *columns as f64 / total as f64;
            let seen = transitions.counts.get(&(*from, *to)).copied().unwrap_or(0) as f64;
            statistic += (seen - expected).powi(2) / expected;
        }
    }
    let degrees = (from_total.len() - 1) * (to_total.len() - 1);
    (chi_square_chances(statistic, degrees).0, total)
}
