//! Which flow used which link how often, packet by packet.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::mode::{self, BalanceReport, FlowLinks};
use super::settings::BalanceSettings;
use super::turns::Turns;
use crate::capture::measure::plot::FlowLinkMatrix;
use crate::capture::measure::{FlowId, FlowSink, LaneId, Observation};

/// Flows whose turns are followed one by one.
const FOLLOWED: usize = 16;
/// Exclusions beyond this many are joined with the last.
const PERIODS: usize = 9;

/// One flow within one undisturbed period.
#[derive(Debug, Clone, Default)]
pub(super) struct FlowTally {
    /// Packets and octets by link.
    pub(super) links: Vec<(u16, u64, u64)>,
    pub(super) packets: u64,
    pub(super) changes: u64,
    last: Option<u16>,
    /// Of the packet with the highest number so far, or of the last one where there are no numbers: its link, its number, and
    /// its place in time.
    highest: Option<(u16, Option<u64>, i64)>,
    /// The number and the place in time of the first one.
    first: Option<(u64, i64)>,
    /// Where this flow's turns are kept, if they are.
    turns: Option<usize>,
}

/// All flows within one undisturbed period.
#[derive(Debug, Clone, Default)]
pub(super) struct PeriodTally {
    pub(super) flows: FxHashMap<FlowId, FlowTally>,
    /// Packets whose numbers followed one another within their flow, from link to link.
    pub(super) within_flows: Transitions,
    /// The turns of all packets.
    pub(super) turns: Turns,
    /// The turns of the first flows that use several links.
    pub(super) flow_turns: Vec<Turns>,
    /// Packets that came after one that was sent later.
    pub(super) late: u64,
    /// Of these, those that only the numbers of their flow tell.
    pub(super) late_by_number: u64,
    /// Packets without a number in their flow.
    pub(super) unnumbered: u64,
    latest_sent: Option<i64>,
}

/// How often a packet on one link was followed by one on another.
#[derive(Debug, Clone, Default)]
pub(super) struct Transitions {
    pub(super) counts: FxHashMap<(u16, u16), u64>,
    /// The pair met last and how often since it was counted: packets mostly follow one another as those before did.
    recent: ((u16, u16), u64),
}

impl Transitions {
    fn add(&mut self, from: u16, to: u16) {
        if self.recent.0 != (from, to) {
            self.settle();
            self.recent.0 = (from, to);
        }
        self.recent.1 += 1;
    }

    /// Adds what was met last to the counts, which are then complete.
    fn settle(&mut self) {
        let (pair, count) = (self.recent.0, std::mem::take(&mut self.recent.1));
        if count > 0 {
            *self.counts.entry(pair).or_default() += count;
        }
    }

    fn merge(&mut self, mut other: Self) {
        other.settle();
        for (pair, count) in other.counts {
            *self.counts.entry(pair).or_default() += count;
        }
    }
}

/// Packets by flow and link. Shards of disjoint flows can be merged; what the order of all packets shows (round robin
/// over all flows) is then lost.
#[derive(Debug, Clone)]
pub struct BalanceTally {
    settings: BalanceSettings,
    periods: Vec<PeriodTally>,
    beyond: u64,
    sharded: bool,
}

impl FlowSink for BalanceTally {
    fn observe(&mut self, observation: &Observation) {
        if observation.lane.0 >= self.settings.links {
            self.beyond += 1;
            return;
        }
        let mut period = 0;
        for (from, to) in &self.settings.excluded {
            if observation.time >= *from && observation.time <= *to {
                return;
            }
            period += usize::from(observation.time > *to);
        }
        let period = period.min(PERIODS - 1);
        while self.periods.len() <= period {
            self.periods.push(PeriodTally::default());
        }
        if let Some(period) = self.periods.get_mut(period) {
            period.add(observation);
        }
    }

    fn unrelated(&mut self, _lane: LaneId, _time: i64) {}
}

impl BalanceTally {
    /// Nothing seen yet.
    pub fn new(settings: BalanceSettings) -> Self {
        Self {
            settings,
            periods: Vec::new(),
            beyond: 0,
            sharded: false,
        }
    }

    /// Takes in another shard.
    pub fn merge(&mut self, other: BalanceTally) {
        self.beyond += other.beyond;
        self.sharded = true;
        while self.periods.len() < other.periods.len() {
            self.periods.push(PeriodTally::default());
        }
        for (period, other) in self.periods.iter_mut().zip(other.periods) {
            period.within_flows.merge(other.within_flows);
            period.flows.extend(other.flows);
            period.flow_turns.extend(other.flow_turns);
            period.late += other.late;
            period.late_by_number += other.late_by_number;
            period.unnumbered += other.unnumbered;
        }
    }

    /// Packets by flow and link, of the first `at_most` flows.
    pub fn matrix(&self, at_most: usize) -> FlowLinkMatrix {
        let mut flows: BTreeMap<FlowId, FlowLinks> = BTreeMap::new();
        for (id, flow) in self.periods.iter().flat_map(|period| &period.flows) {
            mode::add_links(&mut flows, *id, flow);
        }
        FlowLinkMatrix {
            version: 1,
            links: self.settings.links,
            all_flows: flows.len() as u64,
            flows: flows.into_values().take(at_most).collect(),
        }
    }

    /// Classifies what was seen.
    pub fn finish(mut self) -> BalanceReport {
        for period in &mut self.periods {
            period.excuse_ends();
            period.within_flows.settle();
        }
        if self.sharded {
            for period in &mut self.periods {
                period.turns = Turns::default();
            }
        }
        mode::report(&self.settings, &self.periods, self.beyond)
    }
}

/// So many packets at the end of a flow may be missing; of a flow that ends earlier they were not sent.
const MISSING_AT_AN_END: u64 = 3;

impl PeriodTally {
    /// Packets that are missing before the first and behind the last of a flow, as far as the numbers of all flows tell.
    fn excuse_ends(&mut self) {
        let numbers = |flow: &FlowTally| {
            Some((
                flow.first?,
                flow.highest.and_then(|(_, number, at)| Some((number?, at)))?,
            ))
        };
        let last = self
            .flows
            .values()
            .filter_map(numbers)
            .map(|(_, (number, _))| number)
            .max();
        for ((number, from), (highest, to)) in self.flows.values().filter_map(numbers) {
            let interval = to.saturating_sub(from) / i64::try_from((highest - number).max(1)).unwrap_or(i64::MAX);
            let near = interval.saturating_mul(2 * (MISSING_AT_AN_END.cast_signed() + 1));
            if (1..=MISSING_AT_AN_END).contains(&number) {
                self.turns.excuse(from.saturating_sub(near), from, number);
            }
            let missing = last.map_or(0, |last| last - highest);
            if (1..=MISSING_AT_AN_END).contains(&missing) {
                self.turns.excuse(to, to.saturating_add(near), missing);
            }
        }
    }

    fn add(&mut self, packet: &Observation) {
        let link = packet.lane.0;
        let at = packet.sent.unwrap_or(packet.time);
        let mut in_order = true;
        if let Some(sent) = packet.sent {
            in_order = self.latest_sent.is_none_or(|latest| sent >= latest);
            if in_order {
                self.latest_sent = Some(sent);
            } else {
                self.late += 1;
                self.turns.excuse(sent, sent, 1);
            }
        }
        let flow = self.flows.entry(packet.flow).or_default();
        flow.packets += 1;
        match flow.links.iter_mut().find(|(used, _, _)| *used == link) {
            Some((_, packets, octets)) => {
                *packets += 1;
                *octets = octets.saturating_add(u64::from(packet.length));
            }
            None => flow.links.push((link, 1, u64::from(packet.length))),
        }
        if let Some(last) = flow.last.replace(link) {
            flow.changes += u64::from(last != link);
            if last != link && flow.turns.is_none() && self.flow_turns.len() < FOLLOWED {
                flow.turns = Some(self.flow_turns.len());
                self.flow_turns.push(Turns::default());
            }
        }
        self.unnumbered += u64::from(packet.sequence.is_none());
        let mut missing = 0;
        if let (Some((_, Some(highest), _)), Some(this)) = (flow.highest, packet.sequence) {
            if this <= highest {
                // Late, or a second time.
                let told = u64::from(in_order);
                self.late += told;
                self.late_by_number += told;
                return;
            }
            missing = this - highest - 1;
        }
        if flow.first.is_none() {
            flow.first = packet.sequence.map(|sequence| (sequence, at));
        }
        let turns = flow.turns.and_then(|turns| self.flow_turns.get_mut(turns));
        if let Some((last, _, from)) = flow.highest.replace((link, packet.sequence, at)) {
            if missing == 0 {
                self.within_flows.add(last, link);
            } else {
                self.turns.excuse(from, at, missing);
            }
            if let Some(turns) = turns {
                if missing > 0 {
                    turns.excuse(from, at, missing);
                }
                turns.observe(at, packet);
            }
        }
        if in_order {
            self.turns.observe(at, packet);
        }
    }
}
