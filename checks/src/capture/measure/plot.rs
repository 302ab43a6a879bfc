//! What a drawing needs: packets by time and link, and by flow and link.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::balance::FlowLinks;
use super::{FlowSink, LaneId, Observation};

/// Bins of a plot at most.
const BINS: i64 = 100_000;

/// An instant to be marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlotMark {
    /// When, nanoseconds.
    pub at: i64,
    /// What, in a word or two: `failure`, `BFD down`.
    pub label: String,
}

/// Packets per bin on each link around an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PacketPlot {
    /// Version of this format.
    pub version: u32,
    /// The start of the first bin, nanoseconds.
    pub from: i64,
    /// The width of a bin, nanoseconds.
    pub bin: i64,
    /// Packets of measured flows in each bin, for each link.
    pub lanes: Vec<Vec<u32>>,
    /// Instants to be marked.
    pub marks: Vec<PlotMark>,
}

impl PacketPlot {
    /// The version of the format.
    pub const VERSION: u32 = 1;

    /// An empty plot of so many links from one instant to another. Bins are widened so that there are no more than
    /// 100,000.
    pub fn between(from: i64, to: i64, bin: i64, lanes: u16) -> Self {
        let span = to.saturating_sub(from).max(1);
        let bin = bin.max(1).max(span / BINS + 1);
        let bins = usize::try_from(span / bin + 1).unwrap_or(1);
        Self {
            version: Self::VERSION,
            from,
            bin,
            lanes: vec![vec![0; bins]; usize::from(lanes)],
            marks: Vec::new(),
        }
    }

    /// Packets per second in a bin of a link.
    pub fn rate(&self, lane: LaneId, bin: usize) -> f64 {
        let packets = self
            .lanes
            .get(usize::from(lane.0))
            .and_then(|lane| lane.get(bin))
            .copied()
            .unwrap_or(0);
        f64::from(packets) * 1e9 / self.bin as f64
    }
}

impl FlowSink for PacketPlot {
    fn observe(&mut self, observation: &Observation) {
        let since = observation.time.saturating_sub(self.from);
        if since < 0 {
            return;
        }
        let bin = usize::try_from(since / self.bin).unwrap_or(usize::MAX);
        if let Some(count) = self
            .lanes
            .get_mut(usize::from(observation.lane.0))
            .and_then(|lane| lane.get_mut(bin))
        {
            *count = count.saturating_add(1);
        }
    }

    fn unrelated(&mut self, _lane: LaneId, _time: i64) {}
}

/// Packets by flow and link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowLinkMatrix {
    /// Version of this format.
    pub version: u32,
    /// Links.
    pub links: u16,
    /// Flows in the order of their numbers, as far as they are shown.
    pub flows: Vec<FlowLinks>,
    /// All flows.
    pub all_flows: u64,
}
