//! What the captures of one or several points of observation show, measured.

mod absent;
mod balance;
mod batch;
mod clocks;
mod decide;
mod directions;
mod doubts;
mod failover;
mod fragments;
mod labels;
mod look;
mod merge;
mod networks;
mod on_links;
mod packet_number;
mod plot;
mod point;
mod rates;
mod sides;
mod source;
mod stages;
mod together;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use checks::capture::event::{ControlPlane, ControlPlaneReport, PointId};
use checks::capture::measure::balance::FlowLabelReport;
use checks::capture::measure::outage::EndOfTraffic;
use checks::capture::observe::SequenceSource;
use checks::capture::packet::FlowKey;
use ipnet::IpNet;

pub use absent::nothing_seen;
pub use balance::{Balance, Direction, Directions};
pub use clocks::{Clock, Unaligned};
pub(crate) use decide::in_a_row;
pub use decide::{SentFlows, decide};
pub use failover::Meant;
pub use fragments::{Apart, Fragments};
pub(crate) use plot::phase_name;
pub use point::{FlowSeen, PointStudy};
pub use rates::{ByRate, LowRate, Rates};
pub use source::FileRead;
pub use stages::Stages;

use crate::capture::CaptureError;
use point::{MOST_FLOWS, point_study, roles};
use source::{Measure, Reading};

/// So long flows must be received undisturbed for a recovery to count, in nanoseconds.
const VALIDATION: i64 = 500_000_000;

/// A point of observation: one link, or several between which packets choose.
#[derive(Debug, Clone)]
pub struct PointFiles {
    /// Its name.
    pub name: String,
    /// Its links.
    pub links: Vec<LinkFiles>,
}

/// The captures of a link.
#[derive(Debug, Clone)]
pub struct LinkFiles {
    /// Its name.
    pub name: String,
    /// The device that evidence names; the link's name for files.
    pub device: String,
    /// The files, in the order of time.
    pub files: Vec<PathBuf>,
    /// The interface of the files, by its name or number, whose packets are meant; all of them where none is said.
    pub interface: Option<String>,
    /// What the files are called in messages and evidence; their paths where this is empty.
    pub evidence: Vec<String>,
}

/// What is known of the traffic beforehand.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Where packets have their sequence numbers.
    pub sequence: SequenceSource,
    /// The rate of each flow, in packets a second, where it is declared.
    pub rate: Option<u32>,
    /// How the end of the traffic is known.
    pub end: EndOfTraffic,
    /// Until when packets were captured at points, by their names, in nanoseconds; a capture of another point is taken to
    /// have ended with its last packet.
    pub captured_until: BTreeMap<String, i64>,
    /// Whether the captures began before the traffic, so that the first packet of a probe has the number 0.
    pub from_the_start: bool,
    /// Times around changes of the network, in nanoseconds: what moves then says nothing about balancing.
    pub excluded: Vec<(i64, i64)>,
    /// Only flows from the one network to the other are measured, where that is wanted.
    pub only: Option<(IpNet, IpNet)>,
    /// Whether control packets matter.
    pub control: bool,
    /// Whether all captures were taken by one clock.
    pub one_clock: bool,
    /// The longest time that a packet takes from one point to another, where it is stated, in nanoseconds.
    pub transit: Option<i64>,
    /// By how much the delays of paths may differ, where it is stated, in nanoseconds: flows without numbers and send times have
    /// an upper bound then.
    pub paths_differ: Option<i64>,
    /// A packet that was held back longer than this counts as lost, in nanoseconds (RFC 6412: forwarding delay threshold).
    pub late: Option<i64>,
    /// The pseudowires of each VSI.
    pub pseudowires: Vec<Pseudowires>,
    /// Whether it does not matter how flows are spread over links: then it is not looked at.
    pub without_balance: bool,
    /// How many threads share the work on a single file; as many as there are processors, up to four, where it is not
    /// said. What is measured is the same.
    pub threads: Option<NonZeroUsize>,
}

impl Known {
    /// Whether a flow is to be measured.
    fn wants(&self, key: &FlowKey) -> bool {
        self.only.is_none_or(|between| is_between(key, between))
    }

    fn threads(&self) -> usize {
        let wanted = self.threads.or_else(|| std::thread::available_parallelism().ok());
        wanted.map_or(1, NonZeroUsize::get).min(MOST_THREADS)
    }
}

/// Whether a flow goes from the one network to the other.
pub(crate) fn is_between(key: &FlowKey, (from, to): (IpNet, IpNet)) -> bool {
    let ends = key.source().zip(key.destination());
    ends.is_some_and(|(source, destination)| from.contains(&source) && to.contains(&destination))
}

/// More threads than this have nothing to do: one measures, and the others are soon ahead of it.
const MOST_THREADS: usize = 4;

/// The pseudowires of a VSI, as configured or signalled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pseudowires {
    /// The VSI.
    pub vsi: String,
    /// Their labels.
    pub labels: Vec<u32>,
}

/// What captures show.
#[derive(Debug)]
pub struct Study {
    /// Each point.
    pub points: Vec<PointStudy>,
    /// What the control plane did, where that was wanted.
    pub control: ControlPlaneReport,
    one_clock: bool,
    transit: Option<i64>,
    sequence: SequenceSource,
    pseudowires: Vec<Pseudowires>,
    excluded: Vec<(i64, i64)>,
    only: Option<(IpNet, IpNet)>,
}

impl Study {
    /// Reads the files of all points and measures.
    ///
    /// # Errors
    /// A file that cannot be opened or read. What is wrong within a file is a finding.
    pub fn of(points: &[PointFiles], known: &Known) -> Result<Self, CaptureError> {
        let mut control = ControlPlane::new();
        let mut file = 0;
        let several = points.len() > 1;
        // Where they matter, clocks that are said to be one are compared as well.
        let compared = several && (known.control || !known.one_clock);
        let mut studied = Vec::with_capacity(points.len());
        for (index, point) in points.iter().enumerate() {
            let id = PointId(u16::try_from(index).unwrap_or(u16::MAX));
            studied.push(point_study(point, id, known, compared, &mut control, &mut file)?);
        }
        Ok(Self {
            points: studied,
            control: control.finish(),
            one_clock: !several || known.one_clock,
            transit: known.transit,
            sequence: known.sequence,
            pseudowires: known.pseudowires.clone(),
            excluded: known.excluded.clone(),
            only: known.only,
        })
    }

    /// Reads the files of a point another time, for what is told of the packets of measured flows alone.
    fn read_again(&self, point: &PointStudy, measure: &mut impl Measure) -> Result<(), CaptureError> {
        let reading = Reading {
            roles: roles(&self.pseudowires),
            sequence: self.sequence,
            flows_at_most: MOST_FLOWS,
            control: false,
            threads: 1,
        };
        source::read(&source::of_links(&point.links), &reading, measure).map(|_| ())
    }

    /// What the flow labels of a point show, where labels of pseudowires are known and seen there.
    pub fn flow_labels(&self, point: &PointStudy) -> Option<FlowLabelReport> {
        let labels: Vec<u32> = self
            .pseudowires
            .iter()
            .flat_map(|known| known.labels.iter().copied())
            .collect();
        let report = point.flow_labels(&labels).report;
        (report.packets > 0).then_some(report)
    }

    /// The point of that name.
    pub fn point(&self, name: &str) -> Option<&PointStudy> {
        self.points.iter().find(|point| point.name == name)
    }
}
