//! Which rule spreads packets over links.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evenness::Evenness;
use super::parts;
use super::settings::BalanceSettings;
use super::spray::{Spray, SprayReport, spray};
use super::statistics::{effective_number, poisson_at_least};
use super::tally::{FlowTally, PeriodTally};
use crate::Verdict;
use crate::capture::measure::{FlowId, LaneId};

/// So many flows on one link show that nothing is balanced, at the least.
const FLOWS_FOR_SINGLE_LINK: u64 = 20;
/// Violations listed.
const LISTED: usize = 1_000;

/// The rule by which packets are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every flow keeps one link.
    PerFlow,
    /// Every flow uses every link.
    PerPacket,
    /// Everything uses one link.
    SingleLink,
    /// Some flows keep a link and some do not.
    Mixed,
    /// Too little was seen.
    Undecidable,
}

/// The links that a flow used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowLinks {
    /// The flow.
    pub flow: FlowId,
    /// Packets on each link it used.
    pub links: Vec<(LaneId, u64)>,
    /// How often it went from one link to another.
    pub changes: u64,
}

/// What is known of the balance over links.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BalanceReport {
    /// Version of this format.
    pub version: u32,
    /// The rule.
    pub mode: Mode,
    /// What the rule rests on, in words, with its numbers.
    pub reason: String,
    /// How packets are spread, under balancing per packet.
    pub spray: Option<SprayReport>,
    /// Flows.
    pub flows: u64,
    /// Flows with at least two packets in an undisturbed period: only they tell per flow from per packet.
    pub telling_flows: u64,
    /// Packets.
    pub packets: u64,
    /// ln of the odds against keeping one link by chance; what is demanded for a statement is `evidence_demanded`.
    pub evidence: f64,
    /// What is demanded.
    pub evidence_demanded: f64,
    /// Flows on more than one link between changes of the network, by packets on other links; at most 1,000.
    pub violations: Vec<FlowLinks>,
    /// All of them.
    pub violating_flows: u64,
    /// The evenness of the longest undisturbed period.
    pub evenness: Evenness,
    /// As many equal flows would carry the same packets.
    pub effective_flows_by_packets: f64,
    /// As many equal flows would carry the same octets.
    pub effective_flows_by_octets: f64,
    /// Other undisturbed periods, and parts of the longest, in which links were used unevenly: what would pass by the longest is
    /// inconclusive then.
    pub uneven_elsewhere: Vec<String>,
    /// Other undisturbed periods in which packets were out of turn that nothing explains.
    pub disordered_elsewhere: Vec<String>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl BalanceReport {
    /// The version of the format.
    pub const VERSION: u32 = 1;

    /// Whether packets are spread by this rule.
    pub fn is(&self, mode: Mode) -> Verdict {
        match self.mode {
            Mode::Undecidable => match mode {
                // A violation refutes "per flow" whatever else is not known.
                Mode::PerFlow | Mode::SingleLink if self.violating_flows > 0 => Verdict::Fail,
                _ => Verdict::Inconclusive,
            },
            found if found == mode => Verdict::Pass,
            _ => Verdict::Fail,
        }
    }

    /// Whether flows are balanced per flow: each keeps one link, and the links have even shares of flows.
    pub fn balanced_per_flow(&self) -> Verdict {
        Verdict::of_all([self.is(Mode::PerFlow), self.even()])
    }

    /// Whether packets are balanced per packet, evenly.
    pub fn balanced_per_packet(&self) -> Verdict {
        Verdict::of_all([self.is(Mode::PerPacket), self.even()])
    }

    /// Whether links take turns, all of them equally: one packet out of turn that nothing explains refutes it.
    pub fn balanced_round_robin(&self) -> Verdict {
        let turns = match self.spray.as_ref().map(|spray| spray.kind) {
            None | Some(Spray::Unknown) => Verdict::Inconclusive,
            Some(Spray::RoundRobin | Spray::RoundRobinPerFlow) => Verdict::Pass,
            Some(_) => Verdict::Fail,
        };
        match self.is(Mode::PerPacket) {
            Verdict::Pass if !self.disordered_elsewhere.is_empty() => Verdict::Fail,
            Verdict::Pass => Verdict::of_all([turns, self.even()]),
            other => other,
        }
    }

    /// Whether links are used evenly; nothing passes that is not so at other times.
    fn even(&self) -> Verdict {
        match self.evenness.verdict {
            Verdict::Pass if !self.uneven_elsewhere.is_empty() => Verdict::Inconclusive,
            verdict => verdict,
        }
    }
}

struct Counted {
    flows: u64,
    telling: u64,
    packets: u64,
    steps: u64,
    changes: u64,
    violations: Vec<FlowLinks>,
    violating: u64,
    /// Flows with packets enough to be expected on every link, and those of them that were.
    large: u64,
    large_on_all: u64,
    /// Flows with several packets, all on one link.
    on_one: u64,
    used: Vec<u64>,
}

pub(super) fn report(settings: &BalanceSettings, periods: &[PeriodTally]) -> BalanceReport {
    let links = usize::from(settings.links);
    let counted = count(settings, periods);
    // Links of unequal weight are seldom left: what they carry says how often a random choice would leave them.
    let carried: Vec<f64> = counted
        .used
        .iter()
        .map(|packets| *packets as f64 / counted.packets.max(1) as f64)
        .collect();
    let unchanged: f64 = carried.iter().map(|share| share * share).sum();
    let too_many_on_one = poisson_at_least(counted.on_one, expected_on_one(periods, &carried)) < settings.alpha_mode;
    let evidence_demanded = settings.evidence_demanded();
    let log_links = f64::from(settings.links.max(1)).ln();
    let mut evidence = counted.steps as f64 * log_links;
    let used = counted.used.iter().filter(|packets| **packets > 0).count();
    let change_share = counted.changes as f64 / counted.steps.max(1) as f64;
    let (mode, reason) = if links < 2 || counted.packets == 0 {
        (Mode::Undecidable, "fewer than two links, or no packets".to_owned())
    } else if used == 1 {
        evidence = counted.flows.saturating_sub(1) as f64 * log_links;
        single_link(&counted, evidence, evidence_demanded)
    } else if counted.violating == 0 {
        if evidence >= evidence_demanded {
            let text = format!(
                "{} flows with {} packets keep one of {links} links each (by chance: e^-{evidence:.0})",
                counted.telling, counted.packets
            );
            (Mode::PerFlow, text)
        } else {
            let text = format!(
                "no flow uses two links, but {} repeated packets are too few: about {:.0} are needed",
                counted.steps,
                evidence_demanded / log_links
            );
            (Mode::Undecidable, text)
        }
    } else if change_share >= (1.0 - unchanged) / 2.0 && evidence >= evidence_demanded && !too_many_on_one {
        let large = match counted.large {
            0 => String::new(),
            large => format!(
                "; {} of {large} large flows use every link in use",
                counted.large_on_all
            ),
        };
        let text = format!(
            "{:.1} % of packets take another link than the packet of the same flow before{large}",
            change_share * 100.0
        );
        (Mode::PerPacket, text)
    } else if evidence >= evidence_demanded {
        let text = format!(
            "{} of {} flows use several links, {:.2} % of packets change link within their flow",
            counted.violating,
            counted.telling,
            change_share * 100.0
        );
        (Mode::Mixed, text)
    } else {
        (
            Mode::Undecidable,
            format!("{} repeated packets of a flow are too few", counted.steps),
        )
    };
    let longest = periods
        .iter()
        .max_by_key(|period| period.flows.values().map(|flow| flow.packets).sum::<u64>());
    let (counts, sizes) = longest.map_or_else(
        || (vec![0; links], Vec::new()),
        |period| period_counts(period, mode, links),
    );
    let mut evenness = Evenness::of(&counts, settings);
    let spray = match (mode, longest) {
        (Mode::PerPacket, Some(period)) => Some(spray(period.clone(), used, &evenness, settings)),
        _ => None,
    };
    if let Some(spray) = spray.as_ref().filter(|spray| spray.takes_equal_turns(settings.links))
        && evenness.verdict == Verdict::Inconclusive
    {
        // Links that take turns have nothing to do with chance.
        evenness.verdict = Verdict::Pass;
        evenness.reason.clone_from(&spray.reason);
    }
    let others = Others {
        periods,
        longest,
        settings,
    };
    let mut uneven_elsewhere = others.uneven(mode);
    if let Some(period) = longest.filter(|_| mode == Mode::PerFlow) {
        uneven_elsewhere.extend(parts::uneven(period, settings));
    }
    let disordered_elsewhere = match mode {
        Mode::PerPacket => others.disordered(used),
        _ => Vec::new(),
    };
    let mut notes = [&uneven_elsewhere[..], &disordered_elsewhere].concat();
    if mode == Mode::PerFlow && evenness.chance_more_even < 1e-3 {
        notes.push(format!(
            "more even than chance allows ({:.1e}): flows were not spread by a hash of random headers",
            evenness.chance_more_even
        ));
    }
    let by_octets = effective_number(sizes.iter().map(|(_, octets)| *octets));
    if mode == Mode::PerFlow && by_octets < 10.0 {
        notes.push(format!(
            "octets are those of {by_octets:.1} equal flows: their balance says nothing of the rule"
        ));
    }
    BalanceReport {
        version: BalanceReport::VERSION,
        mode,
        reason,
        spray,
        flows: counted.flows,
        telling_flows: counted.telling,
        packets: counted.packets,
        evidence,
        evidence_demanded,
        violating_flows: counted.violating,
        violations: counted.violations,
        evenness,
        effective_flows_by_packets: effective_number(sizes.iter().map(|(packets, _)| *packets)),
        effective_flows_by_octets: by_octets,
        uneven_elsewhere,
        disordered_elsewhere,
        notes,
    }
}

/// Undisturbed periods beside the longest. A link may have been down in one of them, or nobody went back to it.
struct Others<'p> {
    periods: &'p [PeriodTally],
    longest: Option<&'p PeriodTally>,
    settings: &'p BalanceSettings,
}

impl<'p> Others<'p> {
    fn each(&self) -> impl Iterator<Item = (String, &'p PeriodTally)> {
        let (count, longest) = (self.periods.len(), self.longest);
        self.periods.iter().enumerate().filter_map(move |(number, period)| {
            let is_other = longest.is_none_or(|longest| !std::ptr::eq(period, longest));
            is_other.then(|| (format!("in undisturbed period {} of {count}", number + 1), period))
        })
    }

    fn counted(&self, period: &PeriodTally, mode: Mode) -> Evenness {
        let (counts, _) = period_counts(period, mode, usize::from(self.settings.links));
        Evenness::of(&counts, self.settings)
    }

    fn uneven(&self, mode: Mode) -> Vec<String> {
        self.each()
            .filter_map(|(at, period)| {
                let evenness = self.counted(period, mode);
                let counts = &evenness.counts;
                (evenness.verdict == Verdict::Fail).then(|| {
                    format!(
                        "the balance is that of the longest undisturbed period; {at} links were used unevenly, {counts:?}: {}",
                        evenness.reason
                    )
                })
            })
            .collect()
    }

    fn disordered(&self, used: usize) -> Vec<String> {
        self.each()
            .filter_map(|(at, period)| {
                let evenness = self.counted(period, Mode::PerPacket);
                let spray = spray(period.clone(), used, &evenness, self.settings);
                (spray.violations > 0).then(|| format!("{at}: {}", spray.reason))
            })
            .collect()
    }
}

/// How many flows keep one link by chance, if every packet picks its own.
fn expected_on_one(periods: &[PeriodTally], carried: &[f64]) -> f64 {
    let flows = periods.iter().flat_map(|period| period.flows.values());
    flows
        .filter(|flow| flow.packets > 1)
        .map(|flow| {
            let packets = flow.packets.min(1 << 20) as f64;
            carried.iter().map(|share| share.powf(packets)).sum::<f64>()
        })
        .sum()
}

fn single_link(counted: &Counted, evidence: f64, demanded: f64) -> (Mode, String) {
    if counted.flows >= FLOWS_FOR_SINGLE_LINK && evidence >= demanded {
        (
            Mode::SingleLink,
            format!("all {} flows use one link (by chance: e^-{evidence:.0})", counted.flows),
        )
    } else {
        (
            Mode::Undecidable,
            format!("{} flows on one link are too few to tell", counted.flows),
        )
    }
}

fn count(settings: &BalanceSettings, periods: &[PeriodTally]) -> Counted {
    let shares = settings.shares();
    let least = shares.iter().copied().fold(1.0, f64::min).clamp(1e-6, 1.0);
    // With so many packets the chance to miss a link is one in a million.
    let large = (-(1e-6_f64.ln()) / least).ceil() as u64;
    let mut counted = Counted {
        flows: 0,
        telling: 0,
        packets: 0,
        steps: 0,
        changes: 0,
        violations: Vec::new(),
        violating: 0,
        large: 0,
        large_on_all: 0,
        on_one: 0,
        used: vec![0; usize::from(settings.links)],
    };
    let mut flows: BTreeMap<FlowId, FlowLinks> = BTreeMap::new();
    let mut all: std::collections::BTreeSet<FlowId> = std::collections::BTreeSet::new();
    let mut telling = std::collections::BTreeSet::new();
    for period in periods {
        for (id, flow) in &period.flows {
            all.insert(*id);
            counted.packets += flow.packets;
            counted.steps += flow.packets.saturating_sub(1);
            counted.changes += flow.changes;
            if flow.packets > 1 {
                telling.insert(*id);
            }
            for (link, packets, _) in &flow.links {
                if let Some(used) = counted.used.get_mut(usize::from(*link)) {
                    *used += packets;
                }
            }
            if flow.links.len() > 1 {
                add_links(&mut flows, *id, flow);
            }
        }
    }
    let used = counted.used.iter().filter(|packets| **packets > 0).count();
    for flow in periods.iter().flat_map(|period| period.flows.values()) {
        if flow.packets >= large.max(2 * u64::from(settings.links)) {
            counted.large += 1;
            counted.large_on_all += u64::from(flow.links.len() >= used);
        }
        counted.on_one += u64::from(flow.packets > 1 && flow.links.len() == 1);
    }
    counted.flows = all.len() as u64;
    counted.telling = telling.len() as u64;
    counted.violating = flows.len() as u64;
    let mut violations: Vec<FlowLinks> = flows.into_values().collect();
    let elsewhere = |flow: &FlowLinks| {
        let packets = flow.links.iter().map(|(_, packets)| *packets);
        packets.clone().sum::<u64>() - packets.max().unwrap_or(0)
    };
    violations.sort_by_key(|flow| (std::cmp::Reverse(elsewhere(flow)), flow.flow));
    violations.truncate(LISTED);
    counted.violations = violations;
    counted
}

pub(super) fn add_links(flows: &mut BTreeMap<FlowId, FlowLinks>, id: FlowId, flow: &FlowTally) {
    let entry = flows.entry(id).or_insert_with(|| FlowLinks {
        flow: id,
        links: Vec::new(),
        changes: 0,
    });
    entry.changes += flow.changes;
    for (link, packets, _) in &flow.links {
        match entry.links.iter_mut().find(|(known, _)| known.0 == *link) {
            Some((_, known)) => *known += packets,
            None => entry.links.push((LaneId(*link), *packets)),
        }
    }
    entry.links.sort_unstable();
}

/// What each link carries (flows, or packets under balancing per packet), and the sizes of flows.
fn period_counts(period: &PeriodTally, mode: Mode, links: usize) -> (Vec<u64>, Vec<(u64, u64)>) {
    let mut counts = vec![0; links];
    let mut sizes = Vec::new();
    for flow in period.flows.values() {
        sizes.push((flow.packets, flow.links.iter().map(|(_, _, octets)| octets).sum()));
        let by_packet = mode == Mode::PerPacket;
        let most = flow.mostly_on();
        for (link, packets, _) in &flow.links {
            if let Some(count) = counts.get_mut(usize::from(*link)) {
                if by_packet {
                    *count += packets;
                } else if most == Some(*link) {
                    *count += 1;
                }
            }
        }
    }
    (counts, sizes)
}
