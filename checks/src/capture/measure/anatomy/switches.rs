//! When each flow left its old path and took the new one.

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capture::measure::outage::{FlowOutages, Outage};
use crate::capture::measure::{FlowId, FlowSink, Instant, LaneId, Observation};

/// Segments kept of a flow.
const SEGMENTS: usize = 32;

/// A flow's change of path, by the reference clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowSwitch {
    /// The flow.
    pub flow: FlowId,
    /// Its last packet on the old path.
    pub last_old: Instant,
    /// Its first packet on the new path; `None` if it never came.
    pub first_new: Option<Instant>,
    /// From when on it was received undisturbed for the validation time; `None` if it was not.
    pub sustained: Option<Instant>,
}

impl FlowSwitch {
    /// From an outage of a flow at the receiving point, whose clock is the reference. Recovery is sustained if no
    /// outage follows within `validation` nanoseconds of packets.
    pub fn of_outage(flow: &FlowOutages, outage: &Outage, validation: i64) -> Option<Self> {
        let (begins, last_before) = (outage.begins()?, outage.last_before?);
        // The first instant after the outage from which the flow stayed undisturbed.
        let is_disturbance = |from: i64, before: i64| (0..validation).contains(&before.saturating_sub(from));
        let (mut from, mut latest) = (outage.ends(), outage);
        // Of several runs of losses the longest is the switch-over; shorter ones beside it, and few packets that are lost
        // later, may be lost by chance: or not.
        let mut surely = outage.first_after;
        let mut others: Vec<&Outage> = flow.outages.iter().filter(|other| other.begins().is_some()).collect();
        others.sort_by_key(|other| other.begins());
        for other in others {
            let beside = from.zip(other.begins());
            if beside.is_some_and(|(from, before)| is_disturbance(from, before)) {
                (from, latest) = (other.ends(), other);
                if !other.may_be_by_chance() {
                    surely = other.ends();
                }
            }
        }
        let sustained = from.filter(|from| {
            let again = latest.again.is_some_and(|before| is_disturbance(*from, before));
            !again && flow.last.saturating_sub(*from) >= validation
        });
        let after = outage.first_after.zip(outage.ends());
        let is_first_run = begins == last_before;
        Some(Self {
            flow: flow.flow,
            last_old: Instant::between(begins, last_before),
            first_new: after.map(|(first, last)| Instant::between(if is_first_run { first } else { begins }, last)),
            sustained: surely
                .zip(sustained)
                .map(|(surely, sustained)| Instant::between(surely, sustained)),
        })
    }
}

/// A stretch of a flow on one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PathSegment {
    /// The link.
    pub lane: LaneId,
    /// Time of its first packet there, nanoseconds.
    pub first: i64,
    /// Time of its last packet there, nanoseconds.
    pub last: i64,
    /// Packets.
    pub packets: u64,
}

/// The stretches of a flow on its links, in the order of time.
#[derive(Debug, Clone, Default)]
pub struct FlowPath {
    segments: Vec<PathSegment>,
}

impl FlowPath {
    /// The next packet of the flow. No more than `most` stretches are kept.
    pub fn observe(&mut self, packet: &Observation, most: usize) {
        let full = self.segments.len() >= most;
        match self.segments.last_mut() {
            Some(segment) if segment.lane == packet.lane => {
                segment.last = packet.time;
                segment.packets += 1;
            }
            _ if full => {}
            _ => self.segments.push(PathSegment {
                lane: packet.lane,
                first: packet.time,
                last: packet.time,
                packets: 1,
            }),
        }
    }

    /// The stretches.
    pub fn segments(&self) -> &[PathSegment] {
        &self.segments
    }
}

/// The links of each flow in the order of time: overlaps show make-before-break, gaps break-before-make.
#[derive(Debug, Clone, Default)]
pub struct LaneSwitches {
    flows: FxHashMap<FlowId, FlowPath>,
}

impl FlowSink for LaneSwitches {
    fn observe(&mut self, observation: &Observation) {
        self.flows
            .entry(observation.flow)
            .or_default()
            .observe(observation, SEGMENTS);
    }

    fn unrelated(&mut self, _lane: LaneId, _time: i64) {}
}

impl LaneSwitches {
    /// The stretches of a flow, at most 32.
    pub fn of(&self, flow: FlowId) -> &[PathSegment] {
        self.flows.get(&flow).map_or(&[], FlowPath::segments)
    }

    /// Flows that changed link, in the order of their numbers.
    pub fn changed(&self) -> Vec<FlowId> {
        let mut flows: Vec<FlowId> = self
            .flows
            .iter()
            .filter(|(_, path)| path.segments().len() > 1)
            .map(|(id, _)| *id)
            .collect();
        flows.sort_unstable();
        flows
    }
}
