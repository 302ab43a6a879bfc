//! Plots of what captures show, as SVG: pure, from plain data, without script, and readable when printed.
//!
//! [`EventPlot`] is packets a second on each link of a point around an event, [`FlowMatrix`] is packets of each flow on
//! each link. Both are bounded whatever they are made from, and every text in them is escaped.

mod matrix;
mod packets;
mod paper;
mod scale;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use paper::Paper;

/// Bins of a lane that are drawn at most.
pub const MOST_BINS: usize = 400;
/// Links that are drawn at most.
pub const MOST_LINKS: usize = 16;
/// Flows that are drawn at most.
pub const MOST_FLOWS: usize = 40;
/// Marks and phases that are drawn at most, of each.
pub const MOST_MARKS: usize = 12;

/// Packets of the measured flows on each link of a point of observation around an event. Times are nanoseconds since the
/// origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventPlot {
    /// [`EventPlot::VERSION`].
    pub version: u32,
    /// The origin of times, nanoseconds since 1970-01-01 00:00 UTC by the clock of the captures.
    pub origin: i64,
    /// How far the origin may be off, nanoseconds on each side.
    pub origin_within: i64,
    /// What the origin is: `failure`, `first packet`.
    pub origin_is: String,
    /// The start of the first bin.
    pub from: i64,
    /// The width of a bin.
    pub bin: i64,
    /// The links.
    pub lanes: Vec<PlotLane>,
    /// Links that are left out.
    pub lanes_left_out: u64,
    /// Phases of the failover, one after the other.
    pub phases: Vec<PlotPhase>,
    /// Instants worth knowing.
    pub marks: Vec<PlotMark>,
}

impl EventPlot {
    /// The version of the format.
    pub const VERSION: u32 = 1;
}

/// Packets on one link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlotLane {
    /// The link.
    pub link: String,
    /// Packets in each bin.
    pub packets: Vec<u32>,
}

/// A phase of a failover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlotPhase {
    /// `detection`, `propagation`, `switch-over` or `recovery`.
    pub name: String,
    /// Its beginning.
    pub from: i64,
    /// Its end.
    pub to: i64,
    /// How long it took, in words, with bounds.
    pub took: String,
}

/// An instant that is marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlotMark {
    /// When.
    pub at: i64,
    /// What.
    pub text: String,
}

/// Packets of each flow on each link of a point of observation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowMatrix {
    /// The links.
    pub links: Vec<String>,
    /// The flows.
    pub flows: Vec<MatrixFlow>,
    /// Flows that are not among them.
    pub left_out: u64,
}

/// A flow of a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MatrixFlow {
    /// The flow.
    pub flow: String,
    /// Its packets on each link, in the order of the links.
    pub packets: Vec<u64>,
}

/// What is drawn on one sheet, with its heading.
#[derive(Debug, Clone, Copy)]
pub enum Figure<'a> {
    /// Packets a second around an event.
    Packets(&'a str, &'a EventPlot),
    /// Packets by flow and link.
    Matrix(&'a str, &'a FlowMatrix),
}

/// Figures one below the other as one SVG document.
pub fn svg(figures: &[Figure<'_>]) -> String {
    let mut paper = Paper::new();
    for figure in figures {
        match figure {
            Figure::Packets(heading, plot) => packets::draw(&mut paper, heading, plot),
            Figure::Matrix(heading, matrix) => matrix::draw(&mut paper, heading, matrix),
        }
    }
    if figures.is_empty() {
        paper.heading("nothing was captured that could be drawn");
    }
    paper.finish()
}

#[cfg(test)]
mod tests;
