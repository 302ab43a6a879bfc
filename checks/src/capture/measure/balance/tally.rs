//! Which flow used which link how often, packet by packet.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::mode::{self, BalanceReport, FlowLinks};
use super::settings::BalanceSettings;
use crate::capture::measure::plot::FlowLinkMatrix;
use crate::capture::measure::{FlowId, FlowSink, LaneId, Observation};

/// Exclusions beyond this many are joined with the last.
const PERIODS: usize = 9;

/// One flow within one undisturbed period.
#[derive(Debug, Clone, Default)]
pub(super) struct FlowTally {
    /// Packets and octets by link.
    pub(super) links: Vec<(u16, u64, u64)>,
    pub(super) packets: u64,
    pub(super) changes: u64,
    last: Option<(u16, Option<u64>)>,
}

/// All flows within one undisturbed period.
#[derive(Debug, Clone, Default)]
pub(super) struct PeriodTally {
    pub(super) flows: FxHashMap<FlowId, FlowTally>,
    /// Packets that followed one another, from link to link, in the order of capture.
    pub(super) overall: Transitions,
    /// The same in the order of each flow's sequence.
    pub(super) within_flows: Transitions,
    last: Option<u16>,
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
            period.overall.settle();
            period.within_flows.settle();
        }
        if self.sharded {
            for period in &mut self.periods {
                period.overall = Transitions::default();
            }
        }
        mode::report(&self.settings, &self.periods, self.beyond)
    }
}

impl PeriodTally {
    fn add(&mut self, packet: &Observation) {
        let link = packet.lane.0;
        if let Some(last) = self.last.replace(link) {
            self.overall.add(last, link);
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
        if let Some((last, sequence)) = flow.last {
            flow.changes += u64::from(last != link);
            let follows = match (sequence, packet.sequence) {
                (Some(last), Some(this)) => this == last.wrapping_add(1),
                _ => true,
            };
            if follows {
                self.within_flows.add(last, link);
            }
        }
        flow.last = Some((link, packet.sequence));
    }
}
