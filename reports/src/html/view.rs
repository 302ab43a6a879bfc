//! A report arranged for the template: dates and durations in words, excerpts beside their phrases, anchors.

use checks::outcome::Verdict;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::drawing::{Drawing, draw};
use super::excerpt::{Answers, Excerpt, ShownLine};
use crate::bundle::Bundle;
use crate::duration;
use crate::event::{Captured, CaseRef, LabKind, Level, MeasuredFlow, MeasuredPoint, Part};
use crate::model::{
    Alert, AlertKind, Case, ChangeReport, ChangeState, Device, Evidence, FileState, Phrase, Report, Requirement,
    Session, Suite, Tally, Undoing,
};
use crate::plot::{Figure, FlowMatrix, MatrixFlow, svg};
use crate::timing;

/// The most answers shown beside one phrase.
const MOST_EXCERPTS: usize = 12;
/// Links that have a column each in a table of flows, at most.
const MOST_COLUMNS: usize = 4;

/// What the template draws.
#[derive(Serialize)]
pub struct View<'a> {
    title: String,
    report: &'a Report,
    kind: LabKind,
    started: String,
    ended: String,
    duration: String,
    alerts: Vec<AlertView<'a>>,
    tallies: Vec<(&'static str, Tally, usize)>,
    requirements: Vec<RequirementView<'a>>,
    named_requirements: bool,
    attention: Vec<Attention<'a>>,
    drawing: Option<Drawing>,
    devices: Vec<DeviceView<'a>>,
    suites: Vec<SuiteView<'a>>,
    changes: Vec<ChangeView<'a>>,
    warnings: Vec<(String, &'a str, &'a str)>,
    inputs: Vec<FileView<'a>>,
    evidence: Vec<EvidenceView<'a>>,
}

#[derive(Serialize)]
struct AlertView<'a> {
    class: &'static str,
    heading: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct RequirementView<'a> {
    name: Option<&'a str>,
    verdict: Verdict,
    note: Option<&'a str>,
    cases: Vec<Link<'a>>,
}

/// A case to go to.
#[derive(Serialize)]
struct Link<'a> {
    anchor: String,
    name: &'a str,
    verdict: Verdict,
}

/// A phrase that does not pass, for the list at the beginning.
#[derive(Serialize)]
struct Attention<'a> {
    anchor: String,
    verdict: Verdict,
    warning: bool,
    device: &'a str,
    phrase: &'a str,
    actual: &'a str,
}

#[derive(Serialize)]
struct DeviceView<'a> {
    device: &'a Device,
    prompt_name: Option<&'a str>,
    host_key: Option<&'a str>,
    verified_by: Option<&'a str>,
    verified: bool,
    failure: Option<&'a str>,
}

#[derive(Serialize)]
struct SuiteView<'a> {
    anchor: String,
    suite: &'a Suite,
    number: usize,
    duration: Option<String>,
    differs: bool,
    cases: Vec<CaseView<'a>>,
    not_selected: usize,
}

#[derive(Serialize)]
struct CaseView<'a> {
    anchor: String,
    case: &'a Case,
    number: String,
    started: Option<String>,
    duration: Option<String>,
    differs: bool,
    changes: Vec<&'a ChangeReport>,
    expect: Vec<PhraseView<'a>>,
    afterwards: Vec<PhraseView<'a>>,
    captures: Vec<CaptureView<'a>>,
}

#[derive(Serialize)]
struct CaptureView<'a> {
    captured: &'a Captured,
    afterwards: bool,
    /// How long was captured; nothing where all captures were there before.
    took: Option<String>,
    points: Vec<PointView<'a>>,
}

#[derive(Serialize)]
struct PointView<'a> {
    point: &'a MeasuredPoint,
    lost: String,
    links: Vec<&'a str>,
    /// Whether these are too many for a column each.
    many_links: bool,
    flows: Vec<FlowView<'a>>,
    left_out: u64,
    /// Packets around the event, and which flow used which link, as SVG.
    figure: Option<String>,
}

#[derive(Serialize)]
struct FlowView<'a> {
    flow: &'a str,
    interruption: String,
    lost: String,
    received: u64,
    /// Packets on each link of the point, in the order of its links.
    on_links: Vec<u64>,
    /// The same in words, without links that it did not use.
    by_link: String,
}

#[derive(Serialize)]
struct PhraseView<'a> {
    anchor: String,
    phrase: &'a Phrase,
    number: String,
    warning: bool,
    as_written: bool,
    decided: Option<String>,
    timing: Option<String>,
    excerpts: Vec<Excerpt>,
    excerpts_left_out: usize,
}

#[derive(Serialize)]
struct ChangeView<'a> {
    change: &'a ChangeReport,
    state: ChangeState,
    case: Option<(String, &'a str)>,
    journaled: String,
    sent: Option<String>,
    acknowledged: Option<String>,
    in_force: Option<String>,
    undoings: Vec<(String, &'a Undoing)>,
}

#[derive(Serialize)]
struct FileView<'a> {
    path: &'a str,
    sha256: &'a str,
    state: String,
    sound: bool,
}

#[derive(Serialize)]
struct EvidenceView<'a> {
    number: usize,
    evidence: &'a Evidence,
    sent: String,
    took: String,
    state: String,
    sound: bool,
    cited: bool,
    length: Option<u32>,
    lines: Option<Vec<ShownLine>>,
}

/// Arranges a report.
pub fn view<'a>(report: &'a Report, bundle: &Bundle) -> View<'a> {
    let answers = Answers::read(report, bundle);
    let run = &report.run;
    let counts = &report.counts;
    let mut alerts: Vec<_> = report.alerts.iter().map(alert).collect();
    // What kind of lab it was qualifies everything else.
    alerts.sort_by_key(|alert| alert.class != "lab");
    let mut tallies = vec![
        ("Suites", counts.suites),
        ("Cases", counts.cases),
        ("Phrases", counts.phrases),
    ];
    if counts.warning_phrases.total() > 0 {
        tallies.push(("Phrases of level warning", counts.warning_phrases));
    }
    View {
        title: title(report),
        report,
        kind: report.lab.kind,
        started: moment(run.started_at),
        ended: moment(run.last_event_at),
        duration: duration::words(run.last_event_at - run.started_at),
        alerts,
        tallies: tallies
            .into_iter()
            .map(|(name, tally)| (name, tally, tally.total()))
            .collect(),
        named_requirements: report.requirements.iter().any(|row| row.requirement.is_some()),
        requirements: report.requirements.iter().map(|row| requirement(report, row)).collect(),
        attention: attention(report),
        drawing: draw(&report.lab),
        devices: report.lab.devices.iter().map(device).collect(),
        suites: report
            .suites
            .iter()
            .enumerate()
            .map(|(at, of)| suite(report, at, of, &answers))
            .collect(),
        changes: report.changes.iter().map(|of| change(report, of)).collect(),
        warnings: report
            .warnings
            .iter()
            .map(|notice| {
                (
                    time(notice.at),
                    notice.device.as_deref().unwrap_or("-"),
                    notice.message.as_str(),
                )
            })
            .collect(),
        inputs: report
            .inputs
            .iter()
            .map(|input| FileView {
                path: &input.path,
                sha256: &input.sha256,
                state: state(&input.state),
                sound: input.state == FileState::Intact,
            })
            .collect(),
        evidence: report
            .evidence
            .iter()
            .zip(1..)
            .map(|(of, number)| evidence(of, number, &answers))
            .collect(),
    }
}

fn title(report: &Report) -> String {
    match report.suites.as_slice() {
        [suite] => suite.name.clone(),
        suites => format!("{} suites on {}", suites.len(), report.lab.name),
    }
}

fn alert(alert: &Alert) -> AlertView<'_> {
    let (class, heading) = match alert.kind {
        AlertKind::Contradiction => ("bad", "The record contradicts itself"),
        AlertKind::FileDiffers => ("bad", "A file of the record is not what it was"),
        AlertKind::Unfinished => ("bad", "Run not finished"),
        AlertKind::Interrupted => ("bad", "Run interrupted"),
        AlertKind::ChangeNotUndone => ("bad", "Change not undone"),
        AlertKind::Residue => ("bad", "Configuration differs after the undo"),
        AlertKind::DeviceFailed => ("doubt", "Device not reached"),
        AlertKind::HostKeyNotVerified => ("doubt", "Host key not verified"),
        AlertKind::EmulatedLab => ("lab", "Emulated lab"),
        AlertKind::RecordedLab => ("lab", "Recorded lab"),
    };
    // The message of a lab begins with what the heading says already.
    let message = match alert.kind {
        AlertKind::EmulatedLab => after_heading(&alert.message, "Emulated lab: "),
        AlertKind::RecordedLab => after_heading(&alert.message, "Recorded lab: "),
        _ => &alert.message,
    };
    AlertView {
        class,
        heading,
        message,
    }
}

fn after_heading<'m>(message: &'m str, heading: &str) -> &'m str {
    let message = message.strip_prefix(heading).unwrap_or(message);
    message.strip_suffix('.').unwrap_or(message)
}

fn requirement<'a>(report: &'a Report, row: &'a Requirement) -> RequirementView<'a> {
    let cases = row.cases.iter().filter_map(|at| {
        let case = report.case(*at)?;
        Some(Link {
            anchor: case_anchor(*at),
            name: &case.name,
            verdict: case.verdict,
        })
    });
    RequirementView {
        name: row.requirement.as_deref(),
        verdict: row.verdict,
        note: row.note.as_deref(),
        cases: cases.collect(),
    }
}

fn attention(report: &Report) -> Vec<Attention<'_>> {
    let cases = report.suites.iter().flat_map(|suite| &suite.cases);
    let phrases = cases.flat_map(|case| case.phrases.iter().map(|phrase| (case.at, phrase)));
    phrases
        .filter(|(_, phrase)| matches!(phrase.verdict, Verdict::Fail | Verdict::Inconclusive))
        .map(|(at, phrase)| Attention {
            anchor: phrase_anchor(at, phrase.index),
            verdict: phrase.verdict,
            warning: phrase.level == Level::Warning,
            device: &phrase.device,
            phrase: &phrase.phrase,
            actual: &phrase.actual,
        })
        .collect()
}

fn device(device: &Device) -> DeviceView<'_> {
    let last = device.sessions.last();
    let verified_by = last.and_then(|session| session.host_key_verified_by.as_deref());
    DeviceView {
        device,
        prompt_name: last.map(|session| session.prompt_name.as_str()),
        host_key: last.and_then(|session| session.host_key.as_deref()),
        verified_by,
        verified: device.sessions.iter().all(Session::is_verified),
        failure: device.failures.last().map(|failure| failure.reason.as_str()),
    }
}

fn suite<'a>(report: &'a Report, at: usize, suite: &'a Suite, answers: &Answers) -> SuiteView<'a> {
    let cases: Vec<_> = suite
        .cases
        .iter()
        .filter(|case| case.selected || case.verdict != Verdict::Skipped)
        .map(|of| case(report, of, answers))
        .collect();
    SuiteView {
        anchor: format!("s{}", at + 1),
        suite,
        number: at + 1,
        duration: took(suite.started_at, suite.finished_at),
        differs: suite.reported.is_some_and(|reported| reported != suite.verdict),
        not_selected: suite.cases.len() - cases.len(),
        cases,
    }
}

fn case<'a>(report: &'a Report, case: &'a Case, answers: &Answers) -> CaseView<'a> {
    let of_part = |part: Part| {
        let phrases = case.phrases.iter().filter(move |phrase| phrase.part == part);
        phrases.map(|of| phrase(case.at, of, answers)).collect()
    };
    CaseView {
        anchor: case_anchor(case.at),
        case,
        number: format!("{}.{}", case.at.suite + 1, case.at.case + 1),
        started: case.started_at.map(time),
        duration: took(case.started_at, case.finished_at),
        differs: case.reported.is_some_and(|reported| reported != case.verdict),
        changes: report
            .changes
            .iter()
            .filter(|change| change.case == Some(case.at))
            .collect(),
        expect: of_part(Part::Expect),
        afterwards: of_part(Part::Afterwards),
        captures: case.captures.iter().map(capture).collect(),
    }
}

fn capture(captured: &Captured) -> CaptureView<'_> {
    let was_running = captured.emulated || captured.traffic_stopped.is_some();
    let points = captured.points.iter().map(|point| {
        let links: Vec<&str> = captured
            .links
            .iter()
            .filter(|link| link.point == point.point)
            .map(|link| link.link.as_str())
            .collect();
        let flows = point.flows.iter().map(|flow| FlowView {
            flow: &flow.flow,
            interruption: flow.interruption.to_string(),
            lost: flow
                .lost
                .map_or_else(|| "not known".to_owned(), |lost| lost_in_words(lost, !is_open(flow))),
            received: flow.received,
            on_links: links
                .iter()
                .map(|link| flow.links.get(*link).copied().unwrap_or(0))
                .collect(),
            by_link: by_link(flow, &links),
        });
        PointView {
            lost: lost_in_words(point.lost, !point.flows.iter().any(is_open)),
            point,
            flows: flows.collect(),
            left_out: point.flows_seen.saturating_sub(point.flows.len() as u64),
            figure: figure(point, &links),
            many_links: links.len() > MOST_COLUMNS,
            links,
        }
    });
    CaptureView {
        captured,
        afterwards: captured.part == Part::Afterwards,
        took: took(Some(captured.from), Some(captured.to)).filter(|_| was_running),
        points: points.collect(),
    }
}

/// Whether it is not known that a flow came back.
fn is_open(flow: &MeasuredFlow) -> bool {
    flow.interruption.upper.is_none()
}

fn lost_in_words(lost: u64, is_all: bool) -> String {
    if is_all {
        lost.to_string()
    } else {
        format!("at least {lost}")
    }
}

fn by_link(flow: &MeasuredFlow, links: &[&str]) -> String {
    let used = links.iter().filter_map(|link| {
        Some(format!(
            "{link} {}",
            flow.links.get(*link).filter(|packets| **packets > 0)?
        ))
    });
    used.collect::<Vec<String>>().join(", ")
}

/// Packets of a point around the event, and which flow used which link where there are several.
fn figure(point: &MeasuredPoint, links: &[&str]) -> Option<String> {
    let heading = point.plot.as_ref().map(|plot| match plot.origin_is.as_str() {
        "failure" => format!("{}: packets around the failure", point.point),
        _ => format!("{}: packets", point.point),
    });
    let matrix = (links.len() > 1 && !point.flows.is_empty()).then(|| {
        let mut flows: Vec<MatrixFlow> = point
            .flows
            .iter()
            .map(|flow| MatrixFlow {
                flow: flow.flow.clone(),
                packets: links
                    .iter()
                    .map(|link| flow.links.get(*link).copied().unwrap_or(0))
                    .collect(),
            })
            .collect();
        flows.sort_by(|one, other| one.flow.cmp(&other.flow));
        FlowMatrix {
            links: links.iter().map(|link| (*link).to_owned()).collect(),
            left_out: point.flows_seen.saturating_sub(flows.len() as u64),
            flows,
        }
    });
    let by_link = format!("{}: flows by link", point.point);
    let packets = heading.as_deref().zip(point.plot.as_ref());
    let packets = packets.map(|(heading, plot)| Figure::Packets(heading, plot));
    let matrix = matrix.as_ref().map(|matrix| Figure::Matrix(&by_link, matrix));
    let figures: Vec<Figure<'_>> = packets.into_iter().chain(matrix).collect();
    (!figures.is_empty()).then(|| svg(&figures))
}

fn phrase<'a>(at: CaseRef, phrase: &'a Phrase, answers: &Answers) -> PhraseView<'a> {
    PhraseView {
        anchor: phrase_anchor(at, phrase.index),
        phrase,
        number: format!("{}.{}.{}", at.suite + 1, at.case + 1, phrase.index + 1),
        warning: phrase.level == Level::Warning,
        as_written: phrase.written == phrase.phrase,
        decided: phrase.decided_at.map(time),
        timing: phrase.timing.as_ref().map(timing::words),
        excerpts: phrase
            .deciding
            .iter()
            .take(MOST_EXCERPTS)
            .map(|lines| answers.excerpt(lines))
            .collect(),
        excerpts_left_out: phrase.deciding.len().saturating_sub(MOST_EXCERPTS),
    }
}

fn change<'a>(report: &'a Report, change: &'a ChangeReport) -> ChangeView<'a> {
    let undone = change.undoings.iter().find(|undoing| undoing.failed.is_none());
    ChangeView {
        change,
        state: change.state,
        case: change
            .case
            .and_then(|at| report.case(at).map(|case| (case_anchor(at), case.name.as_str()))),
        journaled: time(change.journaled_at),
        sent: change.sent_at.map(time),
        acknowledged: change.acknowledged_at.map(time),
        in_force: change
            .acknowledged_at
            .zip(undone)
            .map(|(from, undone)| duration::words(undone.at - from)),
        undoings: change
            .undoings
            .iter()
            .map(|undoing| (time(undoing.at), undoing))
            .collect(),
    }
}

fn evidence<'a>(evidence: &'a Evidence, number: usize, answers: &Answers) -> EvidenceView<'a> {
    let length = answers.length(&evidence.path);
    EvidenceView {
        number,
        evidence,
        sent: time(evidence.sent_at),
        took: duration::words(evidence.answered_at - evidence.sent_at),
        state: state(&evidence.state),
        sound: evidence.state == FileState::Intact,
        cited: length.is_some(),
        length,
        lines: answers.whole(&evidence.path),
    }
}

fn state(state: &FileState) -> String {
    match state {
        FileState::Unchecked => "not checked".to_owned(),
        FileState::Intact => "matches".to_owned(),
        FileState::Differs(now) => format!("DIFFERS: the file now has {now}"),
        FileState::Unreadable(why) => format!("CANNOT BE READ: {why}"),
    }
}

fn case_anchor(at: CaseRef) -> String {
    format!("s{}c{}", at.suite + 1, at.case + 1)
}

fn phrase_anchor(at: CaseRef, index: usize) -> String {
    format!("{}p{}", case_anchor(at), index + 1)
}

fn took(start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) -> Option<String> {
    start.zip(end).map(|(start, end)| duration::words(end - start))
}

/// A moment with its date, in UTC.
fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A time of day to the millisecond: the date stands at the beginning of the report.
fn time(at: DateTime<Utc>) -> String {
    at.format("%H:%M:%S%.3f").to_string()
}
