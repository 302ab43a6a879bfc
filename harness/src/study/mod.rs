//! What the captures of one or several points of observation show, measured.

mod decide;
mod plot;
mod source;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use checks::capture::Timestamp;
use checks::capture::event::{ControlPacket, ControlPlane, ControlPlaneReport, PointId, Sighting};
use checks::capture::measure::anatomy::{Anatomy, AnatomyInput, FlowSwitch, failovers, marks};
use checks::capture::measure::balance::{BalanceReport, BalanceSettings, BalanceTally, Pair, Symmetry, symmetry};
use checks::capture::measure::outage::{EndOfTraffic, OutageReport, OutageSettings, OutageTracker};
use checks::capture::measure::{Finding, FindingKind, FlowId, FlowSink, Instant, LaneId, SequenceSpace, Spoils};
use checks::capture::observe::{FlowTable, SequenceSource};
use checks::capture::packet::{FlowKey, Roles, decode};

pub use decide::{SentFlows, decide};
pub(crate) use plot::phase_name;
pub use source::FileRead;

use crate::capture::CaptureError;
use source::{Reading, Source, What};

/// Most flows of a point.
const MOST_FLOWS: usize = 200_000;
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
    /// Whether the captures began before the traffic, so that the first packet of a probe has the number 0.
    pub from_the_start: bool,
    /// Times around changes of the network, in nanoseconds: what moves then says nothing about balancing.
    pub excluded: Vec<(i64, i64)>,
    /// Whether control packets matter.
    pub control: bool,
    /// Whether all captures were taken by one clock.
    pub one_clock: bool,
}

/// What captures show.
#[derive(Debug)]
pub struct Study {
    /// Each point.
    pub points: Vec<PointStudy>,
    /// What the control plane did, where that was wanted.
    pub control: ControlPlaneReport,
    one_clock: bool,
    sequence: SequenceSource,
}

/// What the captures of a point show.
#[derive(Debug)]
pub struct PointStudy {
    /// Its name.
    pub name: String,
    /// The links by the number of their lane.
    pub links: Vec<LinkFiles>,
    /// The flows by their number.
    pub flows: Vec<FlowSeen>,
    /// Their outages.
    pub outages: OutageReport,
    /// Packets of each flow on each link.
    pub on_links: HashMap<FlowId, BTreeMap<LaneId, u64>>,
    /// How they are spread over the links of the point.
    pub balance: BalanceReport,
    /// The files, as they were read.
    pub files: Vec<FileRead>,
}

/// A flow at a point.
#[derive(Debug, Clone, Copy)]
pub struct FlowSeen {
    /// The flow.
    pub key: FlowKey,
    /// TTL or hop limit of its first packet: the fewer are left, the further it has come.
    pub ttl: Option<u8>,
}

impl Study {
    /// Reads the files of all points and measures.
    ///
    /// # Errors
    /// A file that cannot be opened or read. What is wrong within a file is a finding.
    pub fn of(points: &[PointFiles], known: &Known) -> Result<Self, CaptureError> {
        let mut control = ControlPlane::new();
        let mut file = 0;
        let mut studied = Vec::with_capacity(points.len());
        for (index, point) in points.iter().enumerate() {
            let id = PointId(u16::try_from(index).unwrap_or(u16::MAX));
            studied.push(point_study(point, id, known, &mut control, &mut file)?);
        }
        Ok(Self {
            points: studied,
            control: control.finish(),
            one_clock: known.one_clock || points.len() == 1,
            sequence: known.sequence,
        })
    }

    /// The failover with the longest interruption that the flows arriving at a point went through, by that point's
    /// clock. Events of other points count where all captures have one clock.
    pub fn anatomy(&self, point: &PointStudy) -> Anatomy {
        let index = self.points.iter().position(|other| other.name == point.name);
        let own = index.and_then(|index| u16::try_from(index).ok()).map(PointId);
        let failovers = failovers(&point.outages);
        let affected = failovers.first().map_or(&[][..], |failover| &failover.outages);
        let switches = affected
            .iter()
            .filter_map(|(flow, outage)| FlowSwitch::of_outage(flow, outage, VALIDATION))
            .collect();
        let periods = affected.iter().filter_map(|(flow, _)| flow.period);
        let period = periods
            .map(checks::capture::measure::outage::Period::nanoseconds)
            .max()
            .unwrap_or(0);
        let mut marks = marks(&self.control.events, |point, time| {
            (self.one_clock || Some(point) == own).then(|| Instant::exact(time))
        });
        marks.absence_doubtful = self.control.absence_is_doubtful().map(|finding| finding.text.clone());
        Anatomy::of(&AnatomyInput {
            trigger: None,
            switches,
            period,
            marks,
        })
    }

    /// The point of that name.
    pub fn point(&self, name: &str) -> Option<&PointStudy> {
        self.points.iter().find(|point| point.name == name)
    }
}

fn point_study(
    point: &PointFiles,
    id: PointId,
    known: &Known,
    control: &mut ControlPlane,
    file: &mut u16,
) -> Result<PointStudy, CaptureError> {
    let mut sources = Vec::new();
    for (lane, link) in point.links.iter().enumerate() {
        let lane = LaneId(u16::try_from(lane).unwrap_or(u16::MAX));
        sources.extend(link.files.iter().map(|path| Source {
            path: path.clone(),
            lane,
        }));
    }
    let reading = Reading {
        roles: Roles::new(),
        sequence: known.sequence,
        flows_at_most: MOST_FLOWS,
        control: known.control,
    };
    let mut tracker = OutageTracker::new(settings(known));
    let links = u16::try_from(point.links.len()).unwrap_or(u16::MAX);
    let mut tally = BalanceTally::new(BalanceSettings {
        excluded: known.excluded.clone(),
        ..BalanceSettings::equal(links)
    });
    let mut table = FlowTable::new(MOST_FLOWS);
    let mut flows: Vec<FlowSeen> = Vec::new();
    let mut on_links: HashMap<FlowId, BTreeMap<LaneId, u64>> = HashMap::new();
    // The number of a flow at the point, by its number in each file.
    let mut numbers: Vec<Vec<Option<FlowId>>> = vec![Vec::new(); sources.len()];
    let mut refused = 0_u64;
    let first_file = *file;
    let files = source::read(&sources, &reading, |source, lane, seen| match seen.what {
        What::Flow(local, key, ttl) => {
            let number = table.number(&key);
            if let Some(number) = number
                && number.0 as usize == flows.len()
            {
                flows.push(FlowSeen { key, ttl });
            }
            if let Some(numbers) = numbers.get_mut(source) {
                let place = local.0 as usize;
                if numbers.len() <= place {
                    numbers.resize(place + 1, None);
                }
                numbers[place] = number;
            }
        }
        What::Observation(mut observation) => {
            let number = numbers
                .get(source)
                .and_then(|numbers| numbers.get(observation.flow.0 as usize).copied().flatten());
            match number {
                Some(number) => {
                    observation.flow = number;
                    tracker.observe(&observation);
                    tally.observe(&observation);
                    *on_links.entry(number).or_default().entry(lane).or_default() += 1;
                }
                None => refused += 1,
            }
        }
        What::Control(kept) => {
            tracker.unrelated(lane, seen.time);
            let sighting = Sighting {
                time: Timestamp::from_nanoseconds(seen.time),
                point: id,
                file: first_file.saturating_add(u16::try_from(source).unwrap_or(u16::MAX)),
                packet: kept.number,
            };
            let record = kept.record(seen.time);
            if let Some(packet) = ControlPacket::of(sighting, &decode(&record, &reading.roles)) {
                control.observe(&packet);
            }
        }
        What::Unrelated => tracker.unrelated(lane, seen.time),
        What::Timeless => {}
    })?;
    *file = file.saturating_add(u16::try_from(sources.len()).unwrap_or(u16::MAX));
    for finding in findings(&files, refused) {
        tracker.add_finding(finding);
    }
    Ok(PointStudy {
        name: point.name.clone(),
        links: point.links.clone(),
        flows,
        outages: tracker.finish(),
        on_links,
        balance: tally.finish(),
        files,
    })
}

fn settings(known: &Known) -> OutageSettings {
    let sequence = match known.sequence {
        SequenceSource::Rtp => SequenceSpace::RTP,
        SequenceSource::Declared(place) => SequenceSpace::octets(place.width),
        // A capture may begin in the middle of the traffic.
        SequenceSource::Probe | SequenceSource::None => SequenceSpace {
            from_zero: known.from_the_start,
            ..SequenceSpace::PROBE
        },
    };
    OutageSettings {
        sequence,
        declared_millirate: known.rate.map(|rate| u64::from(rate) * 1000),
        end: known.end,
        flows_at_most: MOST_FLOWS,
        ..OutageSettings::default()
    }
}

/// What reading the files showed that stands between numbers and verdicts.
fn findings(files: &[FileRead], refused: u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let name = file.path.display();
        for doubt in &file.integrity.packet_doubts {
            let text = format!("{name}: {doubt}");
            findings.push(Finding::of_all(FindingKind::Truncated, Spoils::Both, text));
        }
        for doubt in &file.integrity.time_doubts {
            let text = format!("{name}: {doubt}");
            findings.push(Finding::of_all(FindingKind::ImplausibleTime, Spoils::Both, text));
        }
        if let Some(dropped) = file.integrity.dropped.filter(|dropped| *dropped > 0) {
            let text = format!("{name}: {dropped} packets were dropped while capturing");
            // Losses may be the capture's own; what it saw, it saw.
            findings.push(Finding::of_all(FindingKind::CaptureDrops, Spoils::Fail, text));
        }
        let unmeasured = file.unmeasured;
        let mut counts = |count: u64, what: &str| {
            if count > 0 {
                let text = format!("{name}: {count} {what}");
                findings.push(Finding::of_all(FindingKind::Truncated, Spoils::Both, text));
            }
        };
        counts(unmeasured.without_time, "packets without a time");
        counts(unmeasured.cut_probes, "probes of which too few octets were captured");
        counts(unmeasured.of_refused_flows, "packets of more flows than are measured");
    }
    if refused > 0 {
        let text = format!("{refused} packets of more flows than are measured");
        findings.push(Finding::of_all(FindingKind::TooManyEvents, Spoils::Both, text));
    }
    findings
}

impl PointStudy {
    /// The link that a flow uses, where it uses one alone.
    pub fn only_link(&self, flow: FlowId) -> Option<LaneId> {
        let links = self.on_links.get(&flow)?;
        let mut used = links.keys();
        match (used.next(), used.next()) {
            (Some(link), None) => Some(*link),
            _ => None,
        }
    }

    /// Whether both directions of each conversation use the same link.
    pub fn symmetry(&self) -> Symmetry {
        let numbers: HashMap<FlowKey, FlowId> = self
            .flows
            .iter()
            .enumerate()
            .map(|(number, flow)| (flow.key, FlowId(u32::try_from(number).unwrap_or(u32::MAX))))
            .collect();
        let pairs: Vec<Pair> = self
            .flows
            .iter()
            .filter_map(|flow| {
                let (forward, reverse) = (*numbers.get(&flow.key)?, *numbers.get(&flow.key.reversed())?);
                (forward < reverse).then_some(())?;
                Some(Pair {
                    forward,
                    reverse,
                    forward_link: self.only_link(forward)?,
                    reverse_link: self.only_link(reverse)?,
                })
            })
            .collect();
        let links = u16::try_from(self.links.len()).unwrap_or(u16::MAX);
        symmetry(&pairs, &BalanceSettings::equal(links))
    }
}
