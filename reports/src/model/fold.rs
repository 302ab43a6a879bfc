//! Events folded into a report, one after the other; verdicts are settled once all are in.

use std::collections::HashMap;

use checks::outcome::Verdict;

use super::report::{
    Alert, AlertKind, Case, ChangeReport, ChangeState, Counts, Device, Evidence, Failure, FileState, Input, Lab,
    Notice, Phrase, Report, Run, SCHEMA, Session, Suite, Undoing,
};
use super::{files, requirement, verdicts};
use crate::bundle::Bundle;
use crate::error::ReportError;
use crate::event::{
    CaseInfo, CaseRef, Change, ChangeMade, ChangeUndone, CommandAnswered, DeviceConnected, DeviceFailed, EVENT_FORMAT,
    Event, LabInfo, LabKind, PhraseDecided, PlannedPhrase, Record, RunStarted, SuiteInfo,
};

impl Report {
    /// The report of a run whose files nobody looks at: for the console, while the run's own process is there.
    ///
    /// # Errors
    /// If the events do not begin with the start of a run in the format that this version reads.
    pub fn from_events(events: &[Record]) -> Result<Self, ReportError> {
        let mut report = fold(events)?;
        settle(&mut report);
        Ok(report)
    }

    /// The report of a bundle: as from its events, with every file of the bundle compared with its hash.
    ///
    /// # Errors
    /// As [`Report::from_events`]; a file that differs or is missing is no error but an alert.
    pub fn of_bundle(bundle: &Bundle) -> Result<Self, ReportError> {
        let mut report = fold(&bundle.events)?;
        files::compare(&mut report, bundle);
        settle(&mut report);
        Ok(report)
    }

    /// A case by position.
    pub fn case(&self, at: CaseRef) -> Option<&Case> {
        self.suites.get(at.suite)?.cases.get(at.case)
    }

    pub(super) fn alert(&mut self, kind: AlertKind, case: Option<CaseRef>, message: impl Into<String>) {
        let message = message.into();
        self.alerts.push(Alert { kind, message, case });
    }
}

/// Verdicts, counts and alerts, once every event is in.
fn settle(report: &mut Report) {
    verdicts::settle(report);
    report.alerts.sort_by_key(|alert| alert.kind);
    let void = report.alerts.iter().any(|alert| alert.kind.voids());
    report.requirements = requirement::table(&report.suites, void);
    report.counts = counts(&report.suites);
}

fn counts(suites: &[Suite]) -> Counts {
    let mut counts = Counts::default();
    for suite in suites {
        counts.suites.add(suite.verdict);
        for case in &suite.cases {
            counts.cases.add(case.verdict);
            for phrase in &case.phrases {
                match phrase.level {
                    crate::event::Level::Error => counts.phrases.add(phrase.verdict),
                    crate::event::Level::Warning => counts.warning_phrases.add(phrase.verdict),
                }
            }
        }
    }
    counts
}

fn fold(events: &[Record]) -> Result<Report, ReportError> {
    let (first, rest) = events.split_first().ok_or(ReportError::NoStart)?;
    let Event::RunStarted(started) = &first.event else {
        return Err(ReportError::NoStart);
    };
    if started.format != EVENT_FORMAT {
        return Err(ReportError::Format(started.format));
    }
    let mut fold = Fold {
        report: begin(started, first),
        evidence: HashMap::new(),
    };
    for record in rest {
        fold.take(record);
    }
    Ok(fold.report)
}

/// Why a change was undone, when `netverdict restore` undid it.
const RESTORE: &str = "restore";

struct Fold {
    report: Report,
    /// Position of each piece of evidence by its path.
    evidence: HashMap<String, usize>,
}

impl Fold {
    fn take(&mut self, record: &Record) {
        if self.report.run.finished && !matches!(record.event, Event::ChangeUndone(_)) {
            self.contradiction(
                None,
                format!("an event follows the end of the run: {}", name(&record.event)),
            );
        }
        // `netverdict restore` writes later, perhaps days later, into the bundle of a run that is over.
        if !matches!(&record.event, Event::ChangeUndone(undone) if undone.because == RESTORE) {
            self.report.run.last_event_at = self.report.run.last_event_at.max(record.at);
        }
        match &record.event {
            Event::RunStarted(_) => self.contradiction(None, "the run starts twice"),
            Event::DeviceConnected(connected) => self.connected(record, connected),
            Event::DeviceFailed(failed) => self.failed(record, failed),
            Event::SuiteStarted { suite } => self.suite(*suite, |suite| {
                suite.started_at.replace(record.at).map(|_| "it starts twice")
            }),
            Event::CaseStarted(started) => self.case(started.case, |case| {
                let twice = case.started_at.replace(record.at).is_some();
                twice
                    .then_some("it starts twice")
                    .or((!case.selected).then_some("it was not selected and starts"))
            }),
            Event::CommandAnswered(answered) => self.answered(answered),
            Event::ChangeJournaled(change) => self.journaled(record, change),
            Event::ChangeMade(made) => self.made(made),
            Event::ChangeUndone(undone) => self.undone(record, undone),
            // Progress: what came of it is in the phrase's own event.
            Event::Awaiting(_) => {}
            Event::Captured(captured) => self.case(captured.case, |case| {
                case.captures.push((**captured).clone());
                None
            }),
            Event::PhraseDecided(decided) => self.decided(decided),
            Event::CaseFinished(finished) => self.case(finished.case, |case| {
                case.finished_at = Some(record.at);
                case.reason.clone_from(&finished.reason);
                case.reported.replace(finished.verdict).map(|_| "it ends twice")
            }),
            Event::SuiteFinished { suite, verdict } => self.suite(*suite, |suite| {
                suite.finished_at = Some(record.at);
                suite.reported.replace(*verdict).map(|_| "it ends twice")
            }),
            Event::Warning(warning) => self.report.warnings.push(Notice {
                at: record.at,
                device: warning.device.clone(),
                message: warning.message.clone(),
            }),
            Event::RunFinished(finished) => {
                let run = &mut self.report.run;
                run.finished = true;
                run.interrupted |= finished.interrupted;
                run.reported = Some(finished.verdict);
                run.exit_code = Some(finished.exit_code);
            }
        }
    }

    fn contradiction(&mut self, case: Option<CaseRef>, message: impl Into<String>) {
        self.report.alert(AlertKind::Contradiction, case, message);
    }

    fn suite(&mut self, at: usize, change: impl FnOnce(&mut Suite) -> Option<&'static str>) {
        let wrong = match self.report.suites.get_mut(at) {
            Some(suite) => change(suite).map(|wrong| format!("suite `{}`: {wrong}", suite.name)),
            None => Some(format!(
                "an event is about suite number {at}, which the run does not have"
            )),
        };
        if let Some(wrong) = wrong {
            self.contradiction(None, wrong);
        }
    }

    fn case(&mut self, at: CaseRef, change: impl FnOnce(&mut Case) -> Option<&'static str>) {
        let case = self
            .report
            .suites
            .get_mut(at.suite)
            .and_then(|suite| suite.cases.get_mut(at.case));
        match case {
            Some(case) => {
                if let Some(wrong) = change(case) {
                    let message = format!("case `{}`: {wrong}", case.name);
                    self.contradiction(Some(at), message);
                }
            }
            None => self.contradiction(None, no_such_case(at)),
        }
    }

    fn device(&mut self, name: &str) -> Option<&mut Device> {
        let position = self.report.lab.devices.iter().position(|device| device.name == name);
        if position.is_none() {
            self.contradiction(
                None,
                format!("an event is about device `{name}`, which the lab does not have"),
            );
        }
        self.report.lab.devices.get_mut(position?)
    }

    fn connected(&mut self, record: &Record, connected: &DeviceConnected) {
        if let Some(device) = self.device(&connected.device) {
            device.sessions.push(Session {
                at: record.at,
                prompt_name: connected.prompt_name.clone(),
                host_key: connected.host_key.clone(),
                host_key_verified_by: connected.host_key_verified_by.clone(),
            });
        }
    }

    fn failed(&mut self, record: &Record, failed: &DeviceFailed) {
        if let Some(device) = self.device(&failed.device) {
            device.failures.push(Failure {
                at: record.at,
                reason: failed.reason.clone(),
            });
        }
    }

    fn answered(&mut self, answered: &CommandAnswered) {
        let evidence = Evidence {
            path: answered.evidence.clone(),
            device: answered.device.clone(),
            command: answered.command.clone(),
            sha256: answered.sha256.clone(),
            bytes: answered.bytes,
            sent_at: answered.sent_at,
            answered_at: answered.answered_at,
            rejected: answered.rejected.clone(),
            state: FileState::Unchecked,
        };
        let position = self.report.evidence.len();
        if self.evidence.insert(evidence.path.clone(), position).is_some() {
            self.contradiction(None, format!("`{}` is the evidence of two answers", evidence.path));
        }
        self.report.evidence.push(evidence);
    }

    fn journaled(&mut self, record: &Record, change: &Change) {
        if self.report.changes.iter().any(|known| known.id == change.id) {
            self.contradiction(change.case, format!("two changes have the identifier {}", change.id));
        }
        if let Some(at) = change.case.filter(|at| self.report.case(*at).is_none()) {
            self.contradiction(None, no_such_case(at));
        }
        self.report.changes.push(ChangeReport {
            id: change.id,
            case: change.case,
            device: change.device.clone(),
            written: change.written.clone(),
            apply: change.apply.clone(),
            undo: change.undo.clone(),
            undo_derived: change.undo_derived,
            state: ChangeState::NotUndone,
            journaled_at: record.at,
            sent_at: None,
            acknowledged_at: None,
            refused: None,
            undoings: Vec::new(),
        });
    }

    fn change(&mut self, id: u32) -> Option<&mut ChangeReport> {
        let position = self.report.changes.iter().rposition(|change| change.id == id);
        if position.is_none() {
            self.contradiction(
                None,
                format!("an event is about change {id}, which was never journaled"),
            );
        }
        self.report.changes.get_mut(position?)
    }

    fn made(&mut self, made: &ChangeMade) {
        if let Some(change) = self.change(made.id) {
            change.sent_at = Some(made.sent_at);
            change.acknowledged_at = Some(made.acknowledged_at);
            change.refused.clone_from(&made.refused);
            if made.refused.is_some() && change.undoings.is_empty() {
                change.state = ChangeState::Refused;
            }
        }
    }

    fn undone(&mut self, record: &Record, undone: &ChangeUndone) {
        if let Some(change) = self.change(undone.id) {
            change.state = match undone.failed {
                None => ChangeState::Undone,
                Some(_) => ChangeState::NotUndone,
            };
            change.undoings.push(Undoing {
                at: record.at,
                because: undone.because.clone(),
                failed: undone.failed.clone(),
                residue: undone.residue.clone(),
            });
        }
    }

    fn decided(&mut self, decided: &PhraseDecided) {
        for lines in &decided.deciding {
            let known = self
                .evidence
                .get(&lines.evidence)
                .map(|at| self.report.evidence[*at].device.clone());
            match known {
                Some(device) if device == lines.device => {}
                Some(device) => self.contradiction(
                    Some(decided.case),
                    format!(
                        "`{}` cites {} as an answer of {}, and it is one of {device}",
                        decided.phrase, lines.evidence, lines.device
                    ),
                ),
                // Nothing was kept: a configuration tree read in memory, a phrase about time alone.
                None if lines.evidence.is_empty() => {}
                None => self.contradiction(
                    Some(decided.case),
                    format!(
                        "`{}` cites {}, which no device answered",
                        decided.phrase, lines.evidence
                    ),
                ),
            }
        }
        self.case(decided.case, |case| match case.phrases.get_mut(decided.index) {
            None => Some("a phrase is decided that it does not ask"),
            Some(phrase) if phrase.decided_at.is_some() => Some("a phrase is decided twice"),
            Some(phrase) => {
                let same = phrase.part == decided.part
                    && phrase.device == decided.device
                    && phrase.level == decided.level
                    && phrase.phrase == decided.phrase;
                *phrase = phrase_of(decided);
                (!same).then_some("a phrase is decided that is not the one planned")
            }
        });
    }
}

fn phrase_of(decided: &PhraseDecided) -> Phrase {
    Phrase {
        part: decided.part,
        index: decided.index,
        device: decided.device.clone(),
        written: decided.written.clone(),
        phrase: decided.phrase.clone(),
        source: decided.source.clone(),
        level: decided.level,
        verdict: decided.verdict,
        expected: decided.expected.clone(),
        actual: decided.actual.clone(),
        deciding: decided.deciding.clone(),
        warnings: decided.warnings.clone(),
        started_at: Some(decided.started_at),
        decided_at: Some(decided.decided_at),
        timing: decided.timing.clone(),
    }
}

fn no_such_case(at: CaseRef) -> String {
    format!(
        "an event is about case number {} of suite number {}, which the run does not have",
        at.case, at.suite
    )
}

fn begin(started: &RunStarted, first: &Record) -> Report {
    let mut report = Report {
        schema: SCHEMA.to_owned(),
        verdict: Verdict::Inconclusive,
        alerts: Vec::new(),
        run: Run {
            id: started.run.clone(),
            netverdict: started.netverdict.clone(),
            command_line: started.command_line.clone(),
            changes_allowed: started.changes_allowed,
            started_at: first.at,
            last_event_at: first.at,
            finished: false,
            interrupted: false,
            reported: None,
            exit_code: None,
        },
        record_sha256: None,
        counts: Counts::default(),
        requirements: Vec::new(),
        lab: lab(&started.lab),
        suites: started
            .suites
            .iter()
            .enumerate()
            .map(|(at, info)| suite(at, info))
            .collect(),
        changes: Vec::new(),
        warnings: Vec::new(),
        inputs: Vec::new(),
        evidence: Vec::new(),
    };
    report.inputs = started
        .inputs
        .iter()
        .map(|input| Input {
            path: input.path.clone(),
            sha256: input.sha256.clone(),
            state: FileState::Unchecked,
        })
        .collect();
    match report.lab.kind {
        LabKind::Live => {}
        LabKind::Emulated => {
            let mut message = "Emulated lab: proves the suite and the tool, not a vendor's product.".to_owned();
            if !started.lab.emulation.is_empty() {
                message.push_str(&format!(" Its inventory says: {}.", started.lab.emulation.join(", ")));
            }
            report.alert(AlertKind::EmulatedLab, None, message);
        }
        LabKind::Recorded => report.alert(
            AlertKind::RecordedLab,
            None,
            "Recorded lab: the answers are those of an earlier run; no device was asked.",
        ),
    }
    report
}

fn lab(info: &LabInfo) -> Lab {
    Lab {
        name: info.name.clone(),
        kind: info.kind,
        path: info.path.clone(),
        devices: info
            .devices
            .iter()
            .map(|device| Device {
                name: device.name.clone(),
                platform: device.platform.clone(),
                address: device.address.clone(),
                facts: device.facts.clone(),
                sessions: Vec::new(),
                failures: Vec::new(),
            })
            .collect(),
        links: info.links.clone(),
    }
}

fn suite(position: usize, info: &SuiteInfo) -> Suite {
    Suite {
        name: info.name.clone(),
        description: info.description.clone(),
        requirement: info.requirement.clone(),
        tags: info.tags.clone(),
        path: info.path.clone(),
        verdict: Verdict::Inconclusive,
        reported: None,
        started_at: None,
        finished_at: None,
        cases: info
            .cases
            .iter()
            .enumerate()
            .map(|(case, of)| {
                let at = CaseRef { suite: position, case };
                self::case(at, of, info)
            })
            .collect(),
    }
}

fn case(at: CaseRef, info: &CaseInfo, suite: &SuiteInfo) -> Case {
    Case {
        at,
        name: info.name.clone(),
        requirement: info.requirement.clone().or_else(|| suite.requirement.clone()),
        selected: info.selected,
        verdict: Verdict::Inconclusive,
        reported: None,
        reason: None,
        started_at: None,
        finished_at: None,
        phrases: info
            .phrases
            .iter()
            .enumerate()
            .map(|(index, phrase)| planned(index, phrase))
            .collect(),
        captures: Vec::new(),
    }
}

fn planned(index: usize, phrase: &PlannedPhrase) -> Phrase {
    Phrase {
        part: phrase.part,
        index,
        device: phrase.device.clone(),
        written: phrase.written.clone(),
        phrase: phrase.phrase.clone(),
        source: phrase.source.clone(),
        level: phrase.level,
        verdict: Verdict::Inconclusive,
        expected: String::new(),
        actual: String::new(),
        deciding: Vec::new(),
        warnings: Vec::new(),
        started_at: None,
        decided_at: None,
        timing: None,
    }
}

/// An event's name as in `events.jsonl`.
fn name(event: &Event) -> &'static str {
    match event {
        Event::RunStarted(_) => "run_started",
        Event::DeviceConnected(_) => "device_connected",
        Event::DeviceFailed(_) => "device_failed",
        Event::SuiteStarted { .. } => "suite_started",
        Event::CaseStarted(_) => "case_started",
        Event::CommandAnswered(_) => "command_answered",
        Event::ChangeJournaled(_) => "change_journaled",
        Event::ChangeMade(_) => "change_made",
        Event::ChangeUndone(_) => "change_undone",
        Event::Awaiting(_) => "awaiting",
        Event::Captured(_) => "captured",
        Event::PhraseDecided(_) => "phrase_decided",
        Event::CaseFinished(_) => "case_finished",
        Event::SuiteFinished { .. } => "suite_finished",
        Event::Warning(_) => "warning",
        Event::RunFinished(_) => "run_finished",
    }
}
