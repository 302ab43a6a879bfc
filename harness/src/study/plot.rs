//! Packets around the event, counted in a second pass over the files of a point.

use std::collections::HashSet;

use checks::capture::measure::anatomy::{Anatomy, PhaseName};
use checks::capture::measure::outage::Period;
use checks::capture::measure::plot::PacketPlot;
use checks::capture::measure::{FlowId, FlowSink, LaneId, Observation};
use checks::capture::packet::FlowKey;
use reports::plot::{
    EventPlot, FlowMatrix, MOST_BINS, MOST_LINKS, MOST_MARKS, MatrixFlow, PlotLane, PlotMark, PlotPhase,
};

use super::source::{Kept, Measure, Met};
use super::{Meant, PointStudy, Study, is_between};
use crate::capture::CaptureError;

/// Around a failover at least so much is shown on each side, in nanoseconds.
const AROUND: i64 = 20_000_000;
/// Bins that are aimed at.
const BINS: i64 = 240;

/// The span of a plot and what is marked in it, by the clock of the captures.
struct Frame {
    origin: i64,
    origin_within: i64,
    origin_is: &'static str,
    from: i64,
    to: i64,
}

impl Study {
    /// Packets of the wanted flows on each link of a point around its failover, or over all that was captured where no
    /// flow was interrupted. `None` where there is nothing to be drawn.
    ///
    /// # Errors
    /// A file that cannot be opened or read again.
    pub fn event_plot(&self, point: &PointStudy, meant: &Meant) -> Result<Option<EventPlot>, CaptureError> {
        let anatomy = self.anatomy(point, meant);
        let Some(frame) = frame(point, &anatomy) else {
            return Ok(None);
        };
        let bin = bin_width(frame.to.saturating_sub(frame.from), point);
        let lanes = point.links.len().min(MOST_LINKS);
        let mut counted = PacketPlot::between(frame.from, frame.to, bin, u16::try_from(lanes).unwrap_or(u16::MAX));
        let wanted = |key: &FlowKey| meant.only.is_none_or(|between| is_between(key, between));
        let mut counting = Counting {
            wanted,
            unwanted: HashSet::new(),
            counted: &mut counted,
        };
        self.read_again(point, &mut counting)?;
        let since = |at: i64| at.saturating_sub(frame.origin);
        let phases = anatomy.phases.iter().take(MOST_MARKS).map(|phase| PlotPhase {
            name: phase_name(phase.name).to_owned(),
            from: since(phase.from.estimate()),
            to: since(phase.to.estimate()),
            took: phase.length.to_string(),
        });
        let marks = anatomy.detection.iter().chain(&anatomy.propagation);
        let marks = marks.take(MOST_MARKS).map(|mark| PlotMark {
            at: since(mark.at.estimate()),
            text: format!("{}: {}", mark.by, mark.text),
        });
        Ok(Some(EventPlot {
            version: EventPlot::VERSION,
            origin: frame.origin,
            origin_within: frame.origin_within,
            origin_is: frame.origin_is.to_owned(),
            from: since(counted.from),
            bin: counted.bin,
            lanes: counted
                .lanes
                .into_iter()
                .zip(&point.links)
                .map(|(packets, link)| PlotLane {
                    link: link.name.clone(),
                    packets: packets.into_iter().take(MOST_BINS).collect(),
                })
                .collect(),
            lanes_left_out: (point.links.len() - lanes) as u64,
            phases: phases.collect(),
            marks: marks.collect(),
        }))
    }
}

/// Counts the packets of wanted flows.
struct Counting<'c, W> {
    wanted: W,
    /// Flows by the number of the file and its own number of the flow.
    unwanted: HashSet<(usize, FlowId)>,
    counted: &'c mut PacketPlot,
}

impl<W: Fn(&FlowKey) -> bool> Measure for Counting<'_, W> {
    fn flow(&mut self, source: usize, _lane: LaneId, flow: FlowId, met: &Met) {
        if !(self.wanted)(&met.key) {
            self.unwanted.insert((source, flow));
        }
    }

    fn observation(&mut self, source: usize, observation: Observation) {
        if !self.unwanted.contains(&(source, observation.flow)) {
            self.counted.observe(&observation);
        }
    }

    fn control(&mut self, _source: usize, _lane: LaneId, _time: i64, _kept: &Kept<'_>) {}

    fn unrelated(&mut self, _lane: LaneId, _time: i64) {}
}

impl PointStudy {
    /// Packets of the wanted flows on each link of the point; of the first `at_most` flows by their addresses.
    pub fn flow_matrix(&self, wanted: impl Fn(&FlowKey) -> bool, at_most: usize) -> FlowMatrix {
        let mut flows: Vec<(FlowKey, FlowId)> = self
            .flows
            .iter()
            .zip(0..)
            .filter(|(flow, _)| wanted(&flow.key))
            .map(|(flow, number)| (flow.key, FlowId(number)))
            .collect();
        flows.sort_unstable_by_key(|(key, _)| *key);
        let left_out = flows.len().saturating_sub(at_most) as u64;
        let links = 0..self.links.len();
        let rows = flows.into_iter().take(at_most).map(|(key, number)| MatrixFlow {
            flow: key.to_string(),
            packets: links
                .clone()
                .map(|link| {
                    let lane = u16::try_from(link).map(LaneId).ok();
                    let used = self.on_links.get(&number);
                    used.zip(lane)
                        .and_then(|(used, lane)| used.get(&lane).copied())
                        .unwrap_or(0)
                })
                .collect(),
        });
        FlowMatrix {
            links: self.links.iter().map(|link| link.name.clone()).collect(),
            flows: rows.collect(),
            left_out,
        }
    }
}

/// The name of a phase, as it is printed.
pub(crate) fn phase_name(name: PhaseName) -> &'static str {
    match name {
        PhaseName::Detection => "detection",
        PhaseName::Propagation => "propagation",
        PhaseName::SwitchOver => "switch-over",
        PhaseName::Recovery => "recovery",
    }
}

/// What is shown: the failover with as much before and after it, or everything.
fn frame(point: &PointStudy, anatomy: &Anatomy) -> Option<Frame> {
    let window = point.outages.window?;
    let flows = || point.outages.flows.iter();
    // What comes once the traffic was stopped looks like an outage.
    let is_whole = flows().all(|flow| flow.outages.is_empty());
    let last_packet = flows().map(|flow| flow.last).max().unwrap_or(window.to);
    let Some(failure) = anatomy.failure else {
        return Some(Frame {
            origin: window.from,
            origin_within: 0,
            origin_is: "first packet",
            from: window.from,
            to: if is_whole { last_packet } else { window.to },
        });
    };
    let ends = anatomy.phases.iter().map(|phase| phase.to.upper);
    let interrupted = point.outages.flows.iter().filter_map(|flow| {
        let outage = flow.longest().filter(|outage| outage.lost != Some(0))?;
        outage.first_after
    });
    let last = ends
        .chain(interrupted)
        .max()
        .unwrap_or(failure.upper)
        .max(failure.upper);
    let around = (last.saturating_sub(failure.lower) / 2).max(AROUND);
    let origin = failure.estimate();
    Some(Frame {
        origin,
        origin_within: (failure.upper.saturating_sub(failure.lower) + 1) / 2,
        origin_is: "failure",
        from: failure.lower.saturating_sub(around).max(window.from).min(origin),
        to: last.saturating_add(around).min(window.to).max(origin),
    })
}

/// The least width of 1, 2 or 5 times a power of ten that gives no more bins than aimed at, and no less than a packet of
/// each flow.
fn bin_width(span: i64, point: &PointStudy) -> i64 {
    let periods = point.outages.flows.iter().filter_map(|flow| flow.period);
    let period = periods.map(Period::nanoseconds).max().unwrap_or(0);
    let coarsest = (span / 20).max(1);
    let least = (span / BINS).max(period.min(coarsest)).max(1000);
    let mut width: i64 = 1000;
    loop {
        for factor in [1, 2, 5] {
            let wide = width.saturating_mul(factor);
            if wide >= least {
                return wide;
            }
        }
        width = width.saturating_mul(10);
    }
}
