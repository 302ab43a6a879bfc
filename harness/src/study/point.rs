//! What the captures of one point show, measured.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use checks::capture::Timestamp;
use checks::capture::event::{ControlPacket, ControlPlane, PointId, Sighting};
use checks::capture::measure::anatomy::LaneSwitches;
use checks::capture::measure::balance::{BalanceSettings, LinkChange, Pair, Symmetry, symmetry};
use checks::capture::measure::outage::{FlowOutages, OutageReport, OutageSettings, OutageTracker};
use checks::capture::measure::{
    Finding, FindingKind, FlowId, FlowSink, LabelStacks, LaneId, Observation, SequenceSpace, Spoils,
};
use checks::capture::observe::{FlowTable, SequenceSource};
use checks::capture::packet::{FlowKey, LabelRole, Roles, decode};
use ipnet::IpNet;

use super::balance::{Balance, Balancing};
use super::clocks::Recognised;
use super::doubts;
use super::networks::of_several_networks;
use super::on_links::OnLinks;
use super::source::{self, FileRead, Kept, Measure, Met, Reading};
use super::{Known, LinkFiles, PointFiles, Pseudowires, is_between};
use crate::capture::CaptureError;

/// So many packets of a flow on two links where their TTLs differ are copies, not duplicates of the network.
const FEWEST_COPIES: u64 = 20;
/// Most flows of a point.
pub(super) const MOST_FLOWS: usize = 200_000;

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
    /// When each flow used which link, where the point has several and the control plane was looked at.
    pub paths: LaneSwitches,
    /// Packets of each flow on each link.
    pub on_links: HashMap<FlowId, BTreeMap<LaneId, u64>>,
    /// The label stacks of each flow.
    pub labels: LabelStacks,
    /// How they are spread over the links of the point, where that was looked at.
    pub balance: Option<Balance>,
    /// The files, as they were read.
    pub files: Vec<FileRead>,
    numbers: HashMap<FlowKey, FlowId>,
    pub(super) recognised: Recognised,
}

/// A flow at a point.
#[derive(Debug, Clone, Copy)]
pub struct FlowSeen {
    /// The flow.
    pub key: FlowKey,
    /// TTL or hop limit of its first packet: the fewer are left, the further it has come.
    pub ttl: Option<u8>,
}

impl PointStudy {
    /// A flow in words, by its number.
    pub fn flow_name(&self, flow: FlowId) -> String {
        self.seen(flow)
            .map_or_else(|| "?".to_owned(), |seen| seen.key.to_string())
    }

    /// The outages of flows from the one network to the other, where not all are wanted; what concerns all flows stays.
    pub(crate) fn outages_of(&self, only: Option<(IpNet, IpNet)>) -> Cow<'_, OutageReport> {
        let Some(between) = only else {
            return Cow::Borrowed(&self.outages);
        };
        let is_wanted = |flow: &FlowOutages| self.seen(flow.flow).is_some_and(|seen| is_between(&seen.key, between));
        Cow::Owned(self.outages.of_flows(is_wanted))
    }

    /// The number of a flow, where the point saw it.
    pub fn number_of(&self, key: &FlowKey) -> Option<FlowId> {
        self.numbers.get(key).copied()
    }

    /// A flow by its number.
    pub fn seen(&self, flow: FlowId) -> Option<&FlowSeen> {
        self.flows.get(flow.0 as usize)
    }

    /// The name of a link.
    pub fn link_name(&self, link: LaneId) -> String {
        let named = self.links.get(usize::from(link.0));
        named.map_or_else(|| link.0.to_string(), |link| link.name.clone())
    }

    /// What a flow went through.
    pub fn measured(&self, flow: FlowId) -> Option<&FlowOutages> {
        let flows = &self.outages.flows;
        let position = flows.binary_search_by_key(&flow, |measured| measured.flow).ok()?;
        flows.get(position)
    }

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
        let pairs: Vec<Pair> = self
            .flows
            .iter()
            .filter_map(|flow| {
                let (forward, reverse) = (self.number_of(&flow.key)?, self.number_of(&flow.key.reversed())?);
                // The same direction of all conversations is the one that is told first.
                (flow.key < flow.key.reversed()).then_some(())?;
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

/// Reads the files of a point and measures. `file` counts the files of all points.
pub(super) fn point_study(
    point: &PointFiles,
    id: PointId,
    known: &Known,
    several_clocks: bool,
    control: &mut ControlPlane,
    file: &mut u16,
) -> Result<PointStudy, CaptureError> {
    let sources = source::of_links(&point.links);
    let reading = Reading {
        roles: roles(&known.pseudowires),
        sequence: known.sequence,
        flows_at_most: MOST_FLOWS,
        control: known.control,
        threads: known.threads(),
    };
    let links = u16::try_from(point.links.len()).unwrap_or(u16::MAX);
    let mut measuring = Measuring {
        id,
        known,
        unwanted: HashSet::new(),
        first_file: *file,
        roles: &reading.roles,
        tracker: OutageTracker::new(settings(known, &point.name)),
        balancing: (!known.without_balance).then(|| {
            Balancing::new(BalanceSettings {
                excluded: known.excluded.clone(),
                ..BalanceSettings::equal(links)
            })
        }),
        table: FlowTable::new(MOST_FLOWS),
        flows: Vec::new(),
        known_numbers: HashMap::new(),
        on_links: OnLinks::new(point.links.len()),
        numbers: vec![Vec::new(); sources.len()],
        hops: HashMap::new(),
        refused: 0,
        recognised: several_clocks.then(Recognised::default),
        paths: (known.control && point.links.len() > 1).then(LaneSwitches::default),
        control,
    };
    let read = source::read(&sources, &reading, &mut measuring)?;
    let Measuring {
        mut tracker,
        balancing,
        flows,
        known_numbers,
        on_links,
        numbers,
        hops,
        refused,
        recognised,
        paths,
        ..
    } = measuring;
    let mut labels = LabelStacks::default();
    let mut files = Vec::with_capacity(read.len());
    for ((file, stacks), numbers) in read.into_iter().zip(&numbers) {
        labels.take(&stacks, |local| numbers.get(local.0 as usize).copied().flatten());
        files.push(file);
    }
    *file = file.saturating_add(u16::try_from(sources.len()).unwrap_or(u16::MAX));
    for finding in doubts::of_files(&files, refused) {
        tracker.add_finding(finding);
    }
    let mut outages = tracker.finish();
    let behind = one_behind_the_other(point, &flows, &outages, &hops);
    outages.findings.extend(behind);
    let mixed = of_several_networks(&flows, &outages, &labels, known.sequence);
    outages.findings.extend(mixed);
    let balance = match balancing {
        Some(balancing) => {
            let (found, changes) = balancing.finish(&flows);
            Some(around(
                changes,
                point,
                known,
                found,
                outages.window.map(|window| window.from),
            )?)
        }
        None => None,
    };
    Ok(PointStudy {
        name: point.name.clone(),
        links: point.links.clone(),
        flows,
        outages,
        on_links: on_links.by_flow(),
        labels,
        balance,
        files,
        numbers: known_numbers,
        recognised: recognised.unwrap_or_default(),
        paths: paths.unwrap_or_default(),
    })
}

/// How packets are spread before and after changes of the network that the captures show: the files are read again, and what
/// came meanwhile is left out.
fn around(
    changes: Vec<LinkChange>,
    point: &PointFiles,
    known: &Known,
    found: Balance,
    begin: Option<i64>,
) -> Result<Balance, CaptureError> {
    if changes.is_empty() {
        return Ok(found);
    }
    let changed = in_words(&changes, &point.links, begin.unwrap_or_default());
    let mut files = point.links.iter().flat_map(|link| &link.files);
    if !files.all(|path| path.as_path() != Path::new("-") && std::fs::metadata(path).is_ok_and(|about| about.is_file()))
    {
        let uncounted = found.uncounted.into_iter();
        return Ok(Balance {
            uncounted: uncounted
                .chain([format!(
                    "{changed}; what can be read once only is not counted by itself before and after"
                )])
                .collect(),
            ..found
        });
    }
    let known = Known {
        excluded: changes.iter().map(|change| (change.from, change.until)).collect(),
        control: false,
        ..known.clone()
    };
    let again = point_study(point, PointId(0), &known, false, &mut ControlPlane::new(), &mut 0)?;
    Ok(match again.balance {
        Some(balance) => Balance {
            changed: Some(format!(
                "{changed}. Judge what was captured before and after by itself: `editcap -A` and `-B` cut a capture by time"
            )),
            ..balance
        },
        None => found,
    })
}

fn in_words(changes: &[LinkChange], links: &[LinkFiles], begin: i64) -> String {
    let named = |lanes: &[u16]| {
        let names = lanes.iter().filter_map(|lane| links.get(usize::from(*lane)));
        names.map(|link| link.name.as_str()).collect::<Vec<&str>>().join(", ")
    };
    let at = |time: i64| format!("{:.6} s", time.saturating_sub(begin) as f64 / 1e9);
    let told = changes.iter().map(|change| {
        let mut what = Vec::new();
        if !change.left.is_empty() {
            what.push(format!("{} carries nothing afterwards", named(&change.left)));
        }
        if !change.taken.is_empty() {
            what.push(format!("{} carried nothing before", named(&change.taken)));
        }
        format!(
            "flows changed their links from {} to {} into the capture, and {}",
            at(change.from),
            at(change.until),
            what.join(", ")
        )
    });
    told.collect::<Vec<String>>().join("; ")
}

/// What is measured while the files of a point are read.
struct Measuring<'m> {
    id: PointId,
    known: &'m Known,
    /// Flows that are not to be measured, by the position of their file and its own number of them.
    unwanted: HashSet<(usize, FlowId)>,
    first_file: u16,
    roles: &'m Roles,
    tracker: OutageTracker,
    balancing: Option<Balancing>,
    table: FlowTable,
    flows: Vec<FlowSeen>,
    known_numbers: HashMap<FlowKey, FlowId>,
    on_links: OnLinks,
    /// The number of a flow at the point, by its number in each file.
    numbers: Vec<Vec<Option<FlowId>>>,
    /// The least and the greatest TTL of a flow on the links, with one where it had them.
    hops: HashMap<FlowId, Hops>,
    /// Packets of more flows than are measured.
    refused: u64,
    /// Where clocks have to be compared.
    recognised: Option<Recognised>,
    /// Where the control plane matters, and links could be changed.
    paths: Option<LaneSwitches>,
    control: &'m mut ControlPlane,
}

impl Measure for Measuring<'_> {
    fn flow(&mut self, source: usize, lane: LaneId, local: FlowId, met: &Met) {
        if !self.known.wants(&met.key) {
            self.unwanted.insert((source, local));
            return;
        }
        let number = self.table.number(&met.key);
        let is_new = number.is_some_and(|number| number.0 as usize == self.flows.len());
        if let Some(number) = number.filter(|_| is_new) {
            self.flows.push(FlowSeen {
                key: met.key,
                ttl: met.ttl,
            });
            self.known_numbers.insert(met.key, number);
        }
        if let Some((number, balancing)) = number.zip(self.balancing.as_mut()) {
            balancing.meet(number, source, met, is_new);
        }
        if let Some((number, ttl)) = number.zip(met.ttl) {
            let range = self.hops.entry(number).or_insert(((ttl, lane), (ttl, lane)));
            *range = (range.0.min((ttl, lane)), range.1.max((ttl, lane)));
        }
        if let Some(numbers) = self.numbers.get_mut(source) {
            let place = local.0 as usize;
            if numbers.len() <= place {
                numbers.resize(place + 1, None);
            }
            numbers[place] = number;
        }
    }

    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    fn observation(&mut self, source: usize, mut observation: Observation) {
        let numbers = self.numbers.get(source);
        let number = numbers.and_then(|numbers| numbers.get(observation.flow.0 as usize).copied().flatten());
        let Some(number) = number else {
            self.unmeasured(source, &observation);
            return;
        };
        observation.flow = number;
        self.tracker.observe(&observation);
        self.on_links.count(number, observation.lane);
        if self.balancing.is_some() || self.recognised.is_some() || self.paths.is_some() {
            self.look_on(observation);
        }
    }

    fn control(&mut self, source: usize, lane: LaneId, time: i64, kept: &Kept<'_>) {
        self.tracker.unrelated(lane, time);
        let sighting = Sighting {
            time: Timestamp::from_nanoseconds(time),
            point: self.id,
            file: self
                .first_file
                .saturating_add(u16::try_from(source).unwrap_or(u16::MAX)),
            packet: kept.number,
        };
        let record = kept.record(time);
        if let Some(packet) = ControlPacket::of(sighting, &decode(&record, self.roles)) {
            self.control.observe(&packet);
        }
    }

    fn unrelated(&mut self, lane: LaneId, time: i64) {
        self.tracker.unrelated(lane, time);
    }
}

impl Measuring<'_> {
    /// A packet of a flow that is not meant, or for which there was no room.
    #[inline(never)]
    fn unmeasured(&mut self, source: usize, observation: &Observation) {
        if self.unwanted.contains(&(source, observation.flow)) {
            self.tracker.unrelated(observation.lane, observation.time);
        } else {
            self.refused += 1;
        }
    }

    /// What is not always wanted.
    #[inline(never)]
    fn look_on(&mut self, observation: Observation) {
        let flows = &self.flows;
        if let Some(recognised) = &mut self.recognised {
            recognised.observe(&observation, || {
                flows.get(observation.flow.0 as usize).map(|flow: &FlowSeen| flow.key)
            });
        }
        if let Some(paths) = &mut self.paths {
            paths.observe(&observation);
        }
        if let Some(balancing) = &mut self.balancing {
            balancing.tally.observe(&observation);
        }
    }
}

/// A TTL and the link where a flow had it.
type Hops = ((u8, LaneId), (u8, LaneId));

/// Whether links of a point lie one behind the other, so that packets are captured on both: what is lost between them is not
/// seen.
fn one_behind_the_other(
    point: &PointFiles,
    flows: &[FlowSeen],
    outages: &OutageReport,
    hops: &HashMap<FlowId, Hops>,
) -> Option<Finding> {
    let twice: Vec<(&FlowOutages, &Hops)> = outages
        .flows
        .iter()
        .filter_map(|flow| Some((flow, hops.get(&flow.flow)?)))
        .filter(|(_, (least, greatest))| least.0 < greatest.0)
        .filter(|(flow, (least, greatest))| {
            // The place behind may have seen little of the flow.
            let many = flow.duplicates >= flow.received / 10 && flow.duplicates > 1;
            many || (least.1 != greatest.1 && flow.duplicates >= FEWEST_COPIES)
        })
        .collect();
    let (flow, (least, greatest)) = twice.first()?;
    let link = |lane: LaneId| {
        point
            .links
            .get(usize::from(lane.0))
            .map_or("?", |link| link.name.as_str())
    };
    let key = flows.get(flow.flow.0 as usize).map(|seen| seen.key)?;
    let text = format!(
        "{} flows were captured on links one behind the other, {key} with TTL {} on {} and {} on {}: what is lost between them \
         is not seen. Name the points, `--at A={} --at B={}`",
        twice.len(),
        greatest.0,
        link(greatest.1),
        least.0,
        link(least.1),
        link(greatest.1),
        link(least.1)
    );
    Some(Finding::of_all(FindingKind::MixedPoints, Spoils::Pass, text))
}

/// Labels of pseudowires stand above their flow labels, if they have any.
pub(super) fn roles(pseudowires: &[Pseudowires]) -> Roles {
    pseudowires
        .iter()
        .flat_map(|vsi| &vsi.labels)
        .fold(Roles::new(), |roles, label| {
            let role = LabelRole::Pseudowire {
                control_word: None,
                flow_label: true,
            };
            roles.with_label(*label, role)
        })
}

fn settings(known: &Known, point: &str) -> OutageSettings {
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
        path_delay_difference: known.paths_differ,
        forwarding_delay_threshold: known.late,
        captured_until: known.captured_until.get(point).copied(),
        flows_at_most: MOST_FLOWS,
        ..OutageSettings::default()
    }
}
