//! Results of measuring outages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::episode::EPISODES;
use super::{LossPattern, Period, SeenOnce, Silence};
use crate::Verdict;
use crate::capture::measure::{Decision, Finding, FlowId, Limit, Measured, Sampling};

/// Fewer lost packets than this may be lost by chance.
const FEW: u64 = 3;

/// How an outage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutageEnd {
    /// Packets came again.
    Recovered,
    /// No packet came again before the capture or the traffic ended.
    NeverCameBack,
    /// It began before the first packet that was received.
    BeforeFirst,
}

/// One outage of one flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outage {
    /// How it ended.
    pub end: OutageEnd,
    /// When the last packet before it was captured, nanoseconds.
    pub last_before: Option<i64>,
    /// When the first packet after it was captured, nanoseconds.
    pub first_after: Option<i64>,
    /// Sequence number of the last packet before it (extended beyond its width where it wraps).
    pub sequence_before: Option<u64>,
    /// Sequence number of the first packet after it.
    pub sequence_after: Option<u64>,
    /// Packets lost in it; unknown without sequence numbers.
    pub lost: Option<u64>,
    /// Runs of losses that it consists of, with too few packets between them for a recovery. The times, numbers and losses
    /// above are those of the longest.
    pub runs: u64,
    /// Where there are several: when the last packet before the first of them was captured, and the first after the last,
    /// nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_runs: Option<(i64, i64)>,
    /// When the last packet before the flow's next losses was captured, nanoseconds: also where that outage is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<i64>,
    /// The span without packets, first packet after minus last packet before, nanoseconds.
    pub gap: Option<i64>,
    /// How long traffic was interrupted: the best of the methods below.
    pub interruption: Measured,
    /// By missing sequence numbers.
    pub by_sequence: Option<Measured>,
    /// By the send times that packets carry.
    pub by_send_times: Option<Measured>,
    /// By the span without packets.
    pub by_gap: Option<Measured>,
    /// By how much the delay of the path after it exceeds that before it, nanoseconds; needs send times.
    pub path_delay_step: Option<i64>,
    /// By how much the first packet after it was later than those that followed, nanoseconds.
    pub held: i64,
}

impl Outage {
    /// When the last packet before all of its losses was captured, nanoseconds.
    pub fn begins(&self) -> Option<i64> {
        self.all_runs.map(|(before, _)| before).or(self.last_before)
    }

    /// Whether it lost so little that this may be no part of any failover.
    pub fn may_be_by_chance(&self) -> bool {
        self.lost.is_some_and(|lost| lost < FEW)
    }

    /// When the first packet after all of its losses was captured, nanoseconds.
    pub fn ends(&self) -> Option<i64> {
        self.all_runs.map(|(_, after)| after).or(self.first_after)
    }
}

/// Reordering by RFC 4737.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reordering {
    /// Reordered packets.
    pub packets: u64,
    /// Reordered packets among all received, duplicates excluded.
    pub ratio: Measured,
    /// The greatest extent: packets that arrived since the first with a higher number.
    pub greatest_extent: u64,
    /// The mean extent, in thousandths of a packet.
    pub mean_extent_thousandths: u64,
    /// The greatest time a packet came after the first with a higher number, nanoseconds.
    pub greatest_late_time: i64,
}

/// Variation of one-way delay. Offsets of clocks cancel; their drift remains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DelayVariation {
    /// Greatest minus least one-way delay, nanoseconds (RFC 5481 packet delay variation, from the least).
    pub spread: i64,
    /// Mean absolute difference of the delays of consecutive packets, nanoseconds (RFC 3393).
    pub mean_difference: i64,
    /// The greatest absolute difference, nanoseconds.
    pub greatest_difference: i64,
}

/// What one flow went through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowOutages {
    /// The flow.
    pub flow: FlowId,
    /// Packets received, duplicates excluded.
    pub received: u64,
    /// Packets lost for certain, the ends of the flow included where they are known.
    pub lost: Option<u64>,
    /// Packets received again.
    pub duplicates: u64,
    /// Packets in a row that were seen once, where the others were seen twice: what captured the second copies may have
    /// missed so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_once: Option<SeenOnce>,
    /// Octets received.
    pub octets: u64,
    /// When its first packet was captured, nanoseconds.
    pub first: i64,
    /// When its last packet was captured, nanoseconds.
    pub last: i64,
    /// The first packet's number.
    pub first_sequence: Option<u64>,
    /// The highest number.
    pub last_sequence: Option<u64>,
    /// The sending period.
    pub period: Option<Period>,
    /// The longest interruption: bounds hold for every interruption of the flow.
    pub interruption: Measured,
    /// All losses over the rate: the route's loss of connectivity (RFC 6412 section 3.6.6 as loss-derived).
    pub loss_of_connectivity: Measured,
    /// Its longest outages in the order of time, at most eight and those at its ends.
    pub outages: Vec<Outage>,
    /// Outages with losses, kept above or not.
    pub outages_seen: u64,
    /// The pattern of losses.
    pub loss: LossPattern,
    /// Reordering; needs sequence numbers.
    pub reordering: Option<Reordering>,
    /// Variation of delay; needs send times.
    pub delay_variation: Option<DelayVariation>,
    /// What stands between the numbers and a verdict.
    pub findings: Vec<Finding>,
}

impl FlowOutages {
    /// How densely the flow samples the network.
    pub fn sampling(&self) -> Option<Sampling> {
        self.period.map(|period| Sampling {
            period: period.nanoseconds(),
        })
    }

    /// Decides a limit on the longest interruption, with the findings that concern this flow.
    pub fn decide<'a>(&'a self, limit: Limit, of_all: &'a [Finding]) -> Decision {
        limit.decide(&self.interruption, self.sampling(), of_all.iter().chain(&self.findings))
    }

    /// Whether none of its outages was left out for longer ones.
    pub fn are_all_outages_kept(&self) -> bool {
        let kept = self.outages.iter().filter(|outage| outage.end == OutageEnd::Recovered);
        let kept = kept.count();
        match self.last_sequence {
            Some(_) => self.outages_seen <= kept as u64,
            None => kept < EPISODES,
        }
    }

    /// The outage with the longest estimate.
    pub fn longest(&self) -> Option<&Outage> {
        self.outages
            .iter()
            .max_by_key(|outage| (outage.interruption.estimate, outage.interruption.lower))
    }
}

/// Outages of all flows at one point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutageReport {
    /// Version of this format.
    pub version: u32,
    /// First and last instant at which anything was captured.
    pub window: Option<Silence>,
    /// Flows in the order of their numbers.
    pub flows: Vec<FlowOutages>,
    /// Flows with an outage.
    pub affected: u64,
    /// The longest interruption of any flow: bounds hold for every flow.
    pub interruption: Measured,
    /// The shortest, median and longest estimate of the affected flows, nanoseconds.
    pub spread: Option<[i64; 3]>,
    /// Packets lost in all.
    pub lost: u64,
    /// Packets received in all, duplicates excluded.
    pub received: u64,
    /// Losses of all flows over their offered load: the mean over flows (RFC 6412, loss-derived).
    pub loss_derived: Measured,
    /// What concerns all flows.
    pub findings: Vec<Finding>,
}

impl OutageReport {
    /// The version of the format.
    pub const VERSION: u32 = 1;

    /// Decides a limit for every flow: any failure fails, else any doubt is inconclusive. No flows at all is
    /// inconclusive.
    pub fn decide(&self, limit: Limit) -> Decision {
        let worst = self
            .flows
            .iter()
            .map(|flow| (flow, flow.decide(limit, &self.findings)))
            .max_by_key(|(flow, decision)| {
                (
                    decision.verdict.gravity(),
                    flow.interruption.estimate.unwrap_or(i64::MAX),
                )
            });
        match worst {
            Some((flow, mut decision)) => {
                decision.reason = format!("flow {}: {}", flow.flow.0, decision.reason);
                decision
            }
            None => Decision {
                verdict: Verdict::Inconclusive,
                reason: "no flow was seen".to_owned(),
                rate_needed: None,
                coarse: false,
            },
        }
    }
}
