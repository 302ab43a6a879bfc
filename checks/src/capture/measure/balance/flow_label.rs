//! Discipline of flow labels (RFC 6391): one for each flow and direction, others for other flows, and well formed.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Verdict;
use crate::capture::measure::{FlowId, LaneId};

/// Packets of a flow within a pseudowire, with their bottom label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelSighting {
    /// The flow within the pseudowire, in one direction.
    pub flow: FlowId,
    /// Whether the flow has ports or addresses to tell it from others; ARP and the like may share one label.
    pub distinct: bool,
    /// The flow label.
    pub label: u32,
    /// Its bottom-of-stack bit.
    pub bottom: bool,
    /// Its TTL.
    pub ttl: u8,
    /// The link.
    pub lane: LaneId,
    /// How many.
    pub packets: u64,
}

#[derive(Debug, Clone)]
struct OfFlow {
    label: u32,
    distinct: bool,
    others: u64,
}

/// Flow labels, packet by packet.
#[derive(Debug, Clone, Default)]
pub struct FlowLabels {
    flows: FxHashMap<FlowId, OfFlow>,
    links: FxHashMap<u32, (LaneId, u64)>,
    packets: u64,
    reserved: u64,
    not_bottom: u64,
    other_ttl: u64,
    without: FxHashMap<FlowId, u64>,
}

/// What flow labels show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowLabelReport {
    /// Packets.
    pub packets: u64,
    /// Flows.
    pub flows: u64,
    /// Different labels of flows that can be told apart.
    pub labels: u64,
    /// Flows with more than one label, with the packets that had another.
    pub changing: Vec<(FlowId, u64)>,
    /// Flows with packets that had none, with how many.
    pub without: Vec<(FlowId, u64)>,
    /// Whether every flow keeps one label.
    pub constant: Verdict,
    /// Whether labels differ between flows. Labels are hashes, so a few may coincide.
    pub differing: Verdict,
    /// Flows that share their label with another.
    pub coinciding: u64,
    /// Whether each label keeps one link.
    pub link_by_label: Verdict,
    /// Labels on several links.
    pub labels_on_several_links: u64,
    /// Packets with a reserved value (0 to 15), which is forbidden.
    pub reserved: u64,
    /// Packets whose flow label is not at the bottom of the stack.
    pub not_bottom: u64,
    /// Packets whose flow label has a TTL other than 1 (a recommendation).
    pub other_ttl: u64,
}

impl FlowLabels {
    /// Packets with a flow label.
    pub fn observe(&mut self, seen: &LabelSighting) {
        let count = |counts: bool| if counts { seen.packets } else { 0 };
        self.packets += seen.packets;
        self.reserved += count(seen.label < 16);
        self.not_bottom += count(!seen.bottom);
        self.other_ttl += count(seen.ttl != 1);
        let flow = self.flows.entry(seen.flow).or_insert(OfFlow {
            label: seen.label,
            distinct: seen.distinct,
            others: 0,
        });
        flow.others += count(flow.label != seen.label);
        let link = self.links.entry(seen.label).or_insert((seen.lane, 0));
        link.1 += count(link.0 != seen.lane);
    }

    /// Packets of the pseudowire without a flow label.
    pub fn missing(&mut self, flow: FlowId, packets: u64) {
        self.packets += packets;
        *self.without.entry(flow).or_default() += packets;
    }

    /// Judges.
    pub fn finish(self) -> FlowLabelReport {
        let mut changing: Vec<(FlowId, u64)> = self
            .flows
            .iter()
            .filter(|(_, flow)| flow.others > 0)
            .map(|(id, flow)| (*id, flow.others))
            .collect();
        changing.sort_unstable();
        let mut without: Vec<(FlowId, u64)> = self.without.iter().map(|(flow, packets)| (*flow, *packets)).collect();
        without.sort_unstable();
        let bare = without
            .iter()
            .filter(|(flow, _)| !self.flows.contains_key(flow))
            .count() as u64;
        let flows = self.flows.len() as u64 + bare;
        let mut labels: BTreeMap<u32, u64> = BTreeMap::new();
        for flow in self.flows.values().filter(|flow| flow.distinct) {
            *labels.entry(flow.label).or_default() += 1;
        }
        let distinct: u64 = labels.values().sum();
        let coinciding: u64 = labels.values().filter(|flows| **flows > 1).sum();
        let repeats = distinct - labels.len() as u64;
        // Hashes of 20 bits coincide about n²/2²¹ times; ten times that, and three, are no chance.
        let by_chance = (distinct as f64).powi(2) / f64::from(1 << 21) * 10.0 + 3.0;
        let malformed = self.reserved + self.not_bottom > 0 || !without.is_empty();
        let several = self.links.values().filter(|(_, others)| *others > 0).count() as u64;
        FlowLabelReport {
            packets: self.packets,
            flows,
            labels: labels.len() as u64,
            constant: match (changing.is_empty() && !malformed, self.packets > flows) {
                (false, _) => Verdict::Fail,
                // One packet of each flow says nothing of its next.
                (true, false) => Verdict::Inconclusive,
                (true, true) => Verdict::Pass,
            },
            differing: match (distinct, labels.len()) {
                _ if !without.is_empty() => Verdict::Fail,
                (0 | 1, _) => Verdict::Inconclusive,
                (_, 1) => Verdict::Fail,
                _ if coinciding == 0 => Verdict::Pass,
                _ if distinct >= 100 && (repeats as f64) <= by_chance => Verdict::Pass,
                _ => Verdict::Inconclusive,
            },
            coinciding,
            link_by_label: match (several, labels.len()) {
                (1.., _) => Verdict::Fail,
                (0, 0 | 1) => Verdict::Inconclusive,
                (0, _) => Verdict::Pass,
            },
            labels_on_several_links: several,
            changing,
            without,
            reserved: self.reserved,
            not_bottom: self.not_bottom,
            other_ttl: self.other_ttl,
        }
    }
}
