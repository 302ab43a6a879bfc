//! Events as lines: for a pipe one line for what matters, for a live display what is going on now.

use std::collections::HashMap;

use checks::outcome::Verdict;

use super::Options;
use crate::duration;
use crate::event::{CaseRef, Event, LabKind, Level, PhraseDecided, Record, RunStarted};
use crate::visible::{bounded, visible_line};

/// The most characters of one text in a line.
const MOST: usize = 400;

/// Lines for a pipe, one event after the other: devices that fail, changes, phrases that do not pass, cases and suites
/// as they end.
#[derive(Debug)]
pub struct Lines {
    options: Options,
    started: Option<RunStarted>,
    began: HashMap<CaseRef, chrono::DateTime<chrono::Utc>>,
    changes: HashMap<u32, String>,
}

impl Lines {
    /// Lines for a run that is about to start.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            started: None,
            began: HashMap::new(),
            changes: HashMap::new(),
        }
    }

    /// The line for an event, if a person needs one. No line end.
    pub fn line(&mut self, record: &Record) -> Option<String> {
        match &record.event {
            Event::RunStarted(started) => {
                self.started = Some(started.clone());
                Some(start(started))
            }
            Event::SuiteStarted { suite } => {
                let suite = self.started.as_ref()?.suites.get(*suite)?;
                Some(format!("suite {}", text(&suite.name)))
            }
            Event::CaseStarted(started) => {
                self.began.insert(started.case, record.at);
                None
            }
            Event::PhraseDecided(decided) => self.phrase(decided),
            Event::CaseFinished(finished) => {
                let took = self
                    .began
                    .get(&finished.case)
                    .map(|began| duration::words(record.at - *began));
                let took = took.map(|took| format!(" ({took})")).unwrap_or_default();
                let reason = finished
                    .reason
                    .as_deref()
                    .map(|why| format!(": {}", text(why)))
                    .unwrap_or_default();
                let name = text(self.case(finished.case));
                Some(format!("{} {name}{took}{reason}", self.verdict(finished.verdict)))
            }
            Event::SuiteFinished { suite, verdict } => {
                let suite = self.started.as_ref()?.suites.get(*suite)?;
                Some(format!("{} suite {}", self.verdict(*verdict), text(&suite.name)))
            }
            Event::ChangeJournaled(change) => {
                let what = format!("{}: {}", text(&change.device), text(&change.written));
                self.changes.insert(change.id, what);
                None
            }
            Event::ChangeMade(made) => {
                let what = self.changes.get(&made.id)?;
                Some(match &made.refused {
                    None => format!("  change {what}"),
                    Some(why) => format!("  change refused {what}: {}", text(why)),
                })
            }
            Event::ChangeUndone(undone) => {
                let what = self.changes.get(&undone.id)?;
                Some(match &undone.failed {
                    Some(why) => format!("  NOT UNDONE {what}: {}", text(why)),
                    None if undone.residue.is_empty() => format!("  undone {what} ({})", text(&undone.because)),
                    None => format!(
                        "  undone {what} ({}), and the configuration differs from before: {}",
                        text(&undone.because),
                        text(&undone.residue.join(" / "))
                    ),
                })
            }
            Event::DeviceFailed(failed) => Some(format!("  {} failed: {}", text(&failed.device), text(&failed.reason))),
            Event::Warning(warning) => Some(match &warning.device {
                Some(device) => format!("  warning: {}: {}", text(device), text(&warning.message)),
                None => format!("  warning: {}", text(&warning.message)),
            }),
            Event::DeviceConnected(connected) if connected.host_key_verified_by.as_deref() == Some("not verified") => {
                Some(format!(
                    "  warning: the host key of {} is not verified",
                    text(&connected.device)
                ))
            }
            Event::DeviceConnected(_)
            | Event::CommandAnswered(_)
            | Event::Captured(_)
            | Event::Awaiting(_)
            | Event::RunFinished(_) => None,
        }
    }

    fn phrase(&self, decided: &PhraseDecided) -> Option<String> {
        if matches!(decided.verdict, Verdict::Pass | Verdict::Skipped) {
            return None;
        }
        let level = if decided.level == Level::Warning {
            " (warning)"
        } else {
            ""
        };
        Some(format!(
            "  {}{level} {}: {}: {}",
            self.verdict(decided.verdict),
            text(&decided.device),
            text(&decided.phrase),
            text(&decided.actual)
        ))
    }

    fn case(&self, at: CaseRef) -> &str {
        let suite = self.started.as_ref().and_then(|started| started.suites.get(at.suite));
        suite
            .and_then(|suite| suite.cases.get(at.case))
            .map_or("(unknown case)", |case| &case.name)
    }

    fn verdict(&self, verdict: Verdict) -> String {
        self.options.paint(verdict, verdict.as_str())
    }
}

fn start(started: &RunStarted) -> String {
    let cases = started
        .suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .filter(|case| case.selected)
        .count();
    let kind = match started.lab.kind {
        LabKind::Live => "live lab",
        LabKind::Emulated => "emulated lab",
        LabKind::Recorded => "recorded lab",
    };
    let cases = format!("{cases} {}", if cases == 1 { "case" } else { "cases" });
    format!(
        "run {}: {cases} on the {kind} {}",
        text(&started.run),
        text(&started.lab.name)
    )
}

/// What is going on, in one line without an end, for a live display; none for events that change nothing there.
pub fn progress_line(event: &Event) -> Option<String> {
    match event {
        Event::Awaiting(awaiting) => Some(format!(
            "{}: awaiting {}: {} of {}; now {}",
            text(&awaiting.device),
            text(&awaiting.phrase),
            seconds(awaiting.waited_ms),
            seconds(awaiting.waited_ms.saturating_add(awaiting.remaining_ms)),
            text(&awaiting.actual)
        )),
        Event::DeviceConnected(connected) => Some(format!("{}: connected", text(&connected.device))),
        Event::DeviceFailed(failed) => Some(format!("{}: {}", text(&failed.device), text(&failed.reason))),
        Event::CommandAnswered(answered) => Some(format!("{}: {}", text(&answered.device), text(&answered.command))),
        Event::ChangeJournaled(change) => {
            Some(format!("{}: changing: {}", text(&change.device), text(&change.written)))
        }
        Event::PhraseDecided(decided) => Some(format!(
            "{}: {}: {}",
            text(&decided.device),
            text(&decided.phrase),
            decided.verdict
        )),
        Event::Captured(captured) => Some(format!("captures of {} points measured", captured.points.len())),
        Event::RunStarted(_)
        | Event::SuiteStarted { .. }
        | Event::CaseStarted(_)
        | Event::ChangeMade(_)
        | Event::ChangeUndone(_)
        | Event::CaseFinished(_)
        | Event::SuiteFinished { .. }
        | Event::Warning(_)
        | Event::RunFinished(_) => None,
    }
}

/// Seconds with one digit, the same width while they run.
fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

/// Text on one line, bounded and harmless to a terminal.
fn text(text: &str) -> String {
    visible_line(&bounded(text, MOST)).into_owned()
}
