//! What is known beforehand about the traffic that is measured.

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capture::measure::{FlowId, SequenceSpace};

/// How the end of the traffic is told from an outage that never ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndOfTraffic {
    /// Not known: a flow that ends well before the capture does is an outage without end, and never passes.
    #[default]
    Unknown,
    /// The traffic was stopped at this instant (nanoseconds, the capture's clock).
    At(i64),
    /// Every flow consists of so many packets, numbered from its first.
    Packets(u64),
    /// Flows that end together have been stopped: for captures of which this is known.
    Together,
}

/// What is known of one flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Expected {
    /// The last sequence number that its sender sent, where another capture shows it.
    pub last_sequence: Option<u64>,
    /// Flows that share their fate have the same number (one direction of one pair of hosts): packets of other groups
    /// witness that the capture was running.
    pub group: u32,
    /// Its sequence space, where it differs from the others'.
    pub sequence: Option<SequenceSpace>,
}

/// What is known of the traffic, and how it is to be measured.
#[derive(Debug, Clone, PartialEq)]
pub struct OutageSettings {
    /// The flows' sequence space.
    pub sequence: SequenceSpace,
    /// The declared rate of each flow in packets per 1000 seconds. It wins over the estimated one; a disagreement is a
    /// finding, and the bounds then hold for both.
    pub declared_millirate: Option<u64>,
    /// How the end of the traffic is known.
    pub end: EndOfTraffic,
    /// Until when it was captured, in nanoseconds, where that is known: packets that fail to come after the last one are
    /// missed. Else the capture is taken to have ended with its last packet.
    pub captured_until: Option<i64>,
    /// So many packets received in a row end an outage; fewer between two losses do not count as recovery.
    pub recovery_run: u64,
    /// The most by which the delays of the paths can differ, in nanoseconds. Without sequence numbers an outage has
    /// no upper bound unless this is declared.
    pub path_delay_difference: Option<i64>,
    /// A packet held back longer than this counts as lost (RFC 6412 section 3.5.4: forwarding delay threshold).
    pub forwarding_delay_threshold: Option<i64>,
    /// Error of clock rates that durations have to allow for, in parts per million.
    pub clock_tolerance_ppm: u32,
    /// Losses no farther apart than this are noticeable (RFC 3357 section 3).
    pub noticeable_distance: u64,
    /// So many flows are tracked at most; more are reported and not measured.
    pub flows_at_most: usize,
    /// How many flows there should be: one of which no packet came shows nowhere else.
    pub flows_expected: Option<u64>,
    /// What is known of single flows. One whose last number is known and that was never seen is told.
    pub flows: FxHashMap<FlowId, Expected>,
}

impl Default for OutageSettings {
    fn default() -> Self {
        Self {
            sequence: SequenceSpace::PROBE,
            declared_millirate: None,
            end: EndOfTraffic::Unknown,
            captured_until: None,
            recovery_run: 10,
            path_delay_difference: None,
            forwarding_delay_threshold: None,
            clock_tolerance_ppm: 0,
            noticeable_distance: 99,
            flows_at_most: 200_000,
            flows_expected: None,
            flows: FxHashMap::default(),
        }
    }
}

impl OutageSettings {
    /// What is known of this flow.
    pub fn expected(&self, flow: FlowId) -> Expected {
        self.flows.get(&flow).copied().unwrap_or_default()
    }
}
