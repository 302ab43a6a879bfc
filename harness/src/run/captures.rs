//! Captures of a case: traffic and mirrors from before something happens until it is decided.
//!
//! Traffic runs for a while before the change, so that every flow is known to arrive, and for a while after the devices'
//! phrases are decided, so that what recovered is seen to stay.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use checks::capture::measure::outage::EndOfTraffic;
use checks::phrase::Assertion;
use checks::{Outcome, Verdict};
use chrono::{DateTime, Utc};
use reports::event::{
    Captured, CapturedLink, CaseRef, Event, LabKind, MeasuredFlow, MeasuredPoint, Part, PhraseDecided,
};

use super::engine::Engine;
use super::polling::Decided;
use crate::capture;
use crate::lab::{CapturedPort, RecordedWatch};
use crate::plan::{PacketSource, PlannedCase, PlannedLink, PlannedPhrase, PlannedPoint};
use crate::study::{Known, LinkFiles, Meant, PointFiles, PointStudy, SentFlows, Study, decide};

/// How long traffic runs before anything happens.
const LEAD: Duration = Duration::from_millis(500);
/// How long it runs after all else is decided: recovery must last this long.
const TAIL: Duration = Duration::from_secs(1);
/// How long packets may be under way once no more are sent.
const LINGER: Duration = Duration::from_millis(200);
/// So long after a change flows may still move, in nanoseconds.
const SETTLING: i64 = 1_000_000_000;
/// Flows that a report lists for each point, those with the longest interruptions.
const LISTED: usize = 50;

/// A time of watching that has begun.
pub(super) struct Watch {
    part: Part,
    began: DateTime<Utc>,
    /// Why nothing can be seen, if so.
    blind: Option<String>,
}

/// A phrase and its position among those of its case.
pub(super) type Indexed<'p> = (usize, &'p PlannedPhrase);

/// The phrases of a part that devices answer, and those that captures show, with their positions in the case.
pub(super) fn parted(phrases: &[PlannedPhrase], first_index: usize) -> (Vec<Indexed<'_>>, Vec<Indexed<'_>>) {
    phrases
        .iter()
        .enumerate()
        .map(|(position, phrase)| (first_index + position, phrase))
        .partition(|(_, phrase)| !matches!(phrase.phrase.assertion, Assertion::Capture(_)))
}

impl Engine<'_> {
    /// Begins to watch, where some phrase of the part is about captures: traffic is under way and has arrived for a
    /// while.
    pub(super) fn watch(&mut self, case: &PlannedCase, part: Part) -> Option<Watch> {
        let phrases = match part {
            Part::Expect => &case.expect,
            Part::Afterwards => &case.afterwards,
        };
        if parted(phrases, 0).1.is_empty() || self.must_stop() {
            return None;
        }
        let began = Utc::now();
        let blind = match case.traffic.as_slice() {
            [] => None,
            traffic => self.lab.start_traffic(traffic).err(),
        };
        if blind.is_none() && is_live(case) {
            self.wait(LEAD);
        }
        Some(Watch { part, began, blind })
    }

    /// Ends watching and decides what captures show.
    pub(super) fn decide_watched(
        &mut self,
        at: CaseRef,
        case: &PlannedCase,
        watch: Watch,
        changed: &[(DateTime<Utc>, DateTime<Utc>)],
        phrases: &[Indexed<'_>],
    ) -> Vec<Decided> {
        if is_live(case) && watch.blind.is_none() {
            self.wait(TAIL);
        }
        let stopped = Utc::now();
        self.lab.stop_traffic();
        if is_live(case) && watch.blind.is_none() {
            // What is still under way arrives.
            self.wait(LINGER);
        }
        let to = Utc::now();
        if self.must_stop() {
            return Vec::new();
        }
        let mut decided = Vec::new();
        let seen = match &watch.blind {
            Some(reason) => Err(format!("the traffic was not sent: {reason}")),
            None => self.captured(at, case, &watch, (stopped, to), changed),
        };
        for (index, phrase) in phrases {
            let outcome = match &seen {
                Ok(study) => decide_captured(case, phrase, study),
                Err(reason) => Outcome {
                    verdict: Verdict::Inconclusive,
                    expected: phrase.phrase.assertion.to_string(),
                    actual: reason.clone(),
                    deciding: Vec::new(),
                    warnings: Vec::new(),
                },
            };
            decided.push(Decided {
                verdict: outcome.verdict,
                level: phrase.level,
            });
            self.recorder.emit(Event::PhraseDecided(Box::new(PhraseDecided {
                case: at,
                part: watch.part,
                index: *index,
                device: phrase.device.clone(),
                written: phrase.written.clone(),
                phrase: phrase.canonical(),
                source: phrase.source.to_string(),
                level: phrase.level,
                verdict: outcome.verdict,
                expected: outcome.expected,
                actual: outcome.actual,
                deciding: outcome.deciding,
                warnings: outcome.warnings,
                started_at: watch.began,
                decided_at: Utc::now(),
                timing: None,
            })));
        }
        decided
    }

    /// Takes and keeps the captures of all points, and measures them.
    fn captured(
        &mut self,
        at: CaseRef,
        case: &PlannedCase,
        watch: &Watch,
        (stopped, to): (DateTime<Utc>, DateTime<Utc>),
        changed: &[(DateTime<Utc>, DateTime<Utc>)],
    ) -> Result<Study, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("no folder for captures: {error}"))?;
        let mut points = Vec::with_capacity(case.points.len());
        let mut shown = Vec::new();
        for point in &case.points {
            let mut links = Vec::with_capacity(point.links.len());
            for link in &point.links {
                let kept = self.keep_link(watch, point, link, to, folder.path())?;
                shown.push(CapturedLink {
                    point: point.name.clone(),
                    link: link.name.clone(),
                    from: link.from.to_string(),
                    evidence: kept.evidence.clone(),
                });
                links.push(kept);
            }
            points.push(PointFiles {
                name: point.name.clone(),
                links,
            });
        }
        let nanoseconds = |time: DateTime<Utc>| time.timestamp_nanos_opt().unwrap_or(i64::MAX);
        let recorded = self.lab.recorded_watch(watch.part).unwrap_or_else(|| RecordedWatch {
            from: watch.began,
            until: to,
            traffic_stopped: (!case.traffic.is_empty()).then_some(stopped),
            changed: changed.to_vec(),
            emulated: self.lab.kind() == LabKind::Emulated && sources(case).any(is_port),
        });
        let known = Known {
            rate: same_rate(case),
            end: recorded
                .traffic_stopped
                .map_or(EndOfTraffic::Unknown, |stopped| EndOfTraffic::At(nanoseconds(stopped))),
            captured_until: case
                .points
                .iter()
                .filter(|point| point.links.iter().all(|link| is_port(&link.from)))
                .map(|point| (point.name.clone(), nanoseconds(recorded.until)))
                .collect(),
            from_the_start: recorded.traffic_stopped.is_some(),
            // What files show of an earlier day has other times.
            excluded: recorded
                .changed
                .iter()
                .filter(|_| is_live(case))
                .map(|(from, until)| (nanoseconds(*from), nanoseconds(*until).saturating_add(SETTLING)))
                .collect(),
            control: true,
            // An emulated lab has one clock; files come from anywhere.
            one_clock: recorded.emulated && sources(case).all(is_port),
            pseudowires: case.pseudowires.clone(),
            ..Known::default()
        };
        let study = Study::of(&points, &known).map_err(|error| error.to_string())?;
        self.recorder.emit(Event::Captured(Box::new(Captured {
            case: at,
            part: watch.part,
            from: recorded.from,
            to: recorded.until,
            traffic_stopped: recorded.traffic_stopped,
            changed: recorded.changed,
            emulated: recorded.emulated,
            traffic: case.traffic.iter().map(ToString::to_string).collect(),
            links: shown,
            points: study.points.iter().map(|point| drawn_point(&study, point)).collect(),
        })));
        Ok(study)
    }

    /// The captures of a link, kept as evidence.
    fn keep_link(
        &mut self,
        watch: &Watch,
        point: &PlannedPoint,
        link: &PlannedLink,
        to: DateTime<Utc>,
        folder: &Path,
    ) -> Result<LinkFiles, String> {
        let name = &link.name;
        let lab = Arc::clone(&self.lab);
        if let Some(kept) = lab.kept_captures(watch.part, &point.name, link) {
            let device = device_of(link);
            let (mut files, mut evidence) = (Vec::new(), Vec::new());
            for (file, path) in kept? {
                let answered = (device.as_str(), format!("capture recorded as {path}"));
                let again = self.keep_again(&file, (answered.0, &answered.1), name, (watch.began, to))?;
                let (file, path) = again.unwrap_or((file, path));
                files.push(file);
                evidence.push(path);
            }
            return Ok(LinkFiles {
                name: name.clone(),
                device,
                files,
                interface: interface_of(link),
                evidence,
            });
        }
        let mut files = Vec::new();
        let mut evidence = Vec::new();
        match &link.from {
            PacketSource::Port { device, interface } => {
                let port = CapturedPort {
                    device,
                    interface,
                    from: watch.began,
                    to,
                };
                let command = format!("capture {interface}");
                let write = |path: &Path| lab.capture(&port, path);
                let (file, path) =
                    self.keep_capture((device, &command), (name, "x.pcapng"), (watch.began, to), folder, write)?;
                files.push(file);
                evidence.push(path);
            }
            PacketSource::Files { files: named, .. } => {
                for source in named {
                    let copy = |path: &Path| capture::copy(source, path).map_err(|error| error.to_string());
                    let shown = source.display().to_string();
                    let command = format!("capture file {shown}");
                    let (file, path) =
                        self.keep_capture((name, &command), (name, &shown), (watch.began, to), folder, copy)?;
                    files.push(file);
                    evidence.push(path);
                }
            }
        }
        Ok(LinkFiles {
            name: name.clone(),
            device: device_of(link),
            files,
            interface: interface_of(link),
            evidence,
        })
    }

    /// Copies a capture that an earlier run kept into this run's bundle, if there is one.
    fn keep_again(
        &mut self,
        file: &Path,
        answered: (&str, &str),
        name: &str,
        span: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Option<(PathBuf, String)>, String> {
        let number = self.recorder.reserve_evidence();
        let shown = file.display().to_string();
        let copy = |path: &Path| capture::copy(file, path).map_err(|error| error.to_string());
        let kept = self
            .recorder
            .keep_capture(number, answered, (name, &shown), span, copy)?;
        Ok(kept.ok())
    }

    /// Keeps one capture file: in the bundle, or where there is none for as long as it is measured.
    fn keep_capture(
        &mut self,
        answered: (&str, &str),
        named: (&str, &str),
        span: (DateTime<Utc>, DateTime<Utc>),
        folder: &Path,
        write: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<(PathBuf, String), String> {
        let number = self.recorder.reserve_evidence();
        match self.recorder.keep_capture(number, answered, named, span, write)? {
            Ok(kept) => Ok(kept),
            Err(write) => {
                let path = folder.join(format!("{number}.capture"));
                write(&path)?;
                Ok((path, String::new()))
            }
        }
    }

    /// Waits, unless the run is to end; where time does not pass by itself, not at all.
    fn wait(&mut self, time: Duration) {
        if !self.lab.has_clock() {
            return;
        }
        let until = Instant::now() + time;
        while !self.must_stop() && Instant::now() < until {
            if let Some(reply) = self.devices.next(Some(until)) {
                self.notice(&reply);
            }
        }
    }
}

/// Whether a case watches ports, and not only files that were captured before.
fn is_live(case: &PlannedCase) -> bool {
    !case.traffic.is_empty() || sources(case).any(is_port)
}

/// Where the packets of all links come from.
fn sources(case: &PlannedCase) -> impl Iterator<Item = &PacketSource> {
    let links = case.points.iter().flat_map(|point| &point.links);
    links.map(|link| &link.from)
}

fn is_port(source: &PacketSource) -> bool {
    matches!(source, PacketSource::Port { .. })
}

/// The rate of all flows, where they have one.
fn same_rate(case: &PlannedCase) -> Option<u32> {
    let mut rates = case.traffic.iter().map(|traffic| traffic.rate);
    let first = rates.next()?;
    rates.all(|rate| rate == first).then_some(first)
}

/// The device whose answer the captures of a link are, for the evidence.
fn device_of(link: &PlannedLink) -> String {
    match &link.from {
        PacketSource::Port { device, .. } => device.clone(),
        PacketSource::Files { .. } => link.name.clone(),
    }
}

/// The interface of files whose packets are meant; a mirror of a port has one alone.
fn interface_of(link: &PlannedLink) -> Option<String> {
    match &link.from {
        PacketSource::Port { .. } => None,
        PacketSource::Files { interface, .. } => interface.clone(),
    }
}

/// What a report shows of a point, with its figure.
fn drawn_point(study: &Study, point: &PointStudy) -> MeasuredPoint {
    let mut measured = measured_point(point);
    match study.event_plot(point, &Meant::default()) {
        Ok(plot) => measured.plot = plot,
        Err(error) => measured.findings.push(format!("no figure was drawn: {error}")),
    }
    measured
}

/// What a report shows of a point.
fn measured_point(point: &PointStudy) -> MeasuredPoint {
    let report = &point.outages;
    let mut flows: Vec<MeasuredFlow> = report
        .flows
        .iter()
        .filter_map(|flow| {
            let seen = point.seen(flow.flow)?;
            let links = point.on_links.get(&flow.flow);
            Some(MeasuredFlow {
                flow: seen.key.to_string(),
                received: flow.received,
                lost: flow.lost,
                interruption: flow.interruption.clone(),
                links: links
                    .into_iter()
                    .flatten()
                    .filter_map(|(lane, packets)| Some((point.links.get(usize::from(lane.0))?.name.clone(), *packets)))
                    .collect(),
            })
        })
        .collect();
    let all = flows.len() as u64;
    // What is not known may be the longest.
    flows.sort_by_key(|flow| {
        let interruption = &flow.interruption;
        (interruption.upper.is_some(), std::cmp::Reverse(interruption.estimate))
    });
    flows.truncate(LISTED);
    MeasuredPoint {
        point: point.name.clone(),
        flows_seen: all,
        affected: report.affected,
        received: report.received,
        lost: report.lost,
        flows,
        findings: report.findings.iter().map(|finding| finding.text.clone()).collect(),
        plot: None,
    }
}

/// Decides a phrase about captures at the point under which it stands.
fn decide_captured(case: &PlannedCase, phrase: &PlannedPhrase, study: &Study) -> Outcome {
    let at = case.points.iter().find(|point| point.name == phrase.device);
    let sent: Vec<SentFlows> = case
        .traffic
        .iter()
        .map(|traffic| SentFlows {
            source: traffic.source.map(Into::into),
            destination: traffic.to.into(),
            flows: traffic.flows,
        })
        .collect();
    match &phrase.phrase.assertion {
        Assertion::Capture(assertion) => decide(assertion, at.map(|point| point.name.as_str()), study, &sent),
        other => Outcome {
            verdict: Verdict::Inconclusive,
            expected: other.to_string(),
            actual: "it is not about captures".to_owned(),
            deciding: Vec::new(),
            warnings: Vec::new(),
        },
    }
}
