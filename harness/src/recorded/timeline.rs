//! The order of a recorded run: which answers were given in which state of the network.
//!
//! Every change that is made, and every undo, begins a new phase. An answer belongs to the phase in which it was
//! recorded, and is given in no other: one that was recorded before a change says nothing about the network after it.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reports::event::{CaseRef, Change, CommandAnswered, Event, Record, RunStarted};

use crate::bundle::Redactor;
use crate::session::Identity;

/// What a recorded change is told from others by: device and lines, secrets redacted.
type Key = (String, Vec<String>);

/// A state of the network.
#[derive(Debug, Clone, Default)]
struct Phase {
    /// Changes in force, in the order in which they were made.
    in_force: Vec<Key>,
    entered_by: Option<Step>,
}

/// What begins a phase.
#[derive(Debug, Clone)]
struct Step {
    device: String,
    lines: Vec<String>,
    sent_at: DateTime<Utc>,
    acknowledged_at: DateTime<Utc>,
    refused: Option<String>,
    /// Position of its event.
    at: usize,
}

#[derive(Debug, Clone)]
struct Recorded {
    answered: CommandAnswered,
    phase: usize,
    at: usize,
    used: bool,
}

#[derive(Debug, Clone)]
struct RecordedCase {
    suite: String,
    case: String,
    phase: usize,
    first: usize,
    last: usize,
    began: DateTime<Utc>,
}

/// A recorded run and how far it has been given again.
#[derive(Debug)]
pub(super) struct Timeline {
    start: DateTime<Utc>,
    identities: HashMap<String, Identity>,
    failures: HashMap<String, String>,
    answers: Vec<Recorded>,
    cases: Vec<RecordedCase>,
    phases: Vec<Phase>,
    phase: usize,
    /// Events of the recorded case that is being given again.
    bounds: Option<(usize, usize)>,
    now: Duration,
}

/// When something was recorded, from the start of that run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub sent_at: DateTime<Utc>,
    pub answered_at: DateTime<Utc>,
    pub sent: Duration,
    pub answered: Duration,
}

impl Timeline {
    /// Reads the events of a run.
    pub(super) fn read(events: &[Record]) -> Option<Self> {
        let (first, rest) = events.split_first()?;
        let Event::RunStarted(started) = &first.event else {
            return None;
        };
        let mut reading = Reading {
            started,
            changes: HashMap::new(),
            open_case: None,
            timeline: Self {
                start: first.at,
                identities: HashMap::new(),
                failures: HashMap::new(),
                answers: Vec::new(),
                cases: Vec::new(),
                phases: vec![Phase::default()],
                phase: 0,
                bounds: None,
                now: Duration::ZERO,
            },
        };
        for (at, record) in rest.iter().enumerate() {
            reading.take(at, record);
        }
        let mut timeline = reading.timeline;
        timeline.phase = 0;
        // The answers of a run on a recorded lab are older than that run.
        let sent = timeline.answers.iter().map(|recorded| recorded.answered.sent_at);
        let began = timeline.cases.iter().map(|case| case.began);
        let changed = timeline
            .phases
            .iter()
            .filter_map(|phase| Some(phase.entered_by.as_ref()?.sent_at));
        timeline.start = sent.chain(began).chain(changed).fold(timeline.start, Ord::min);
        Some(timeline)
    }

    /// Who a device was, or why it was not to be had.
    pub(super) fn identity(&self, device: &str) -> Result<Identity, String> {
        match (self.identities.get(device), self.failures.get(device)) {
            (Some(identity), _) => Ok(identity.clone()),
            (None, Some(reason)) => Err(format!(
                "it could not be reached when the answers were recorded: {reason}"
            )),
            (None, None) => Err("nothing was recorded of it".into()),
        }
    }

    /// Turns to the answers of a case, where it was recorded in a network with the same changes in force. When it begins
    /// in the recorded run.
    pub(super) fn case_begins(&mut self, suite: &str, case: &str) -> DateTime<Utc> {
        self.bounds = None;
        let known = self
            .cases
            .iter()
            .find(|known| known.suite == suite && known.case == case)
            .cloned();
        if let Some(known) = known
            && self.state(known.phase) == self.state(self.phase)
        {
            self.phase = known.phase;
            self.bounds = Some((known.first, known.last));
            self.now = self.offset(known.began);
        }
        TimeDelta::from_std(self.now)
            .ok()
            .and_then(|passed| self.start.checked_add_signed(passed))
            .unwrap_or(self.start)
    }

    /// The next answer to a command in the present phase; the last one again when there is no newer one.
    pub(super) fn answer(&mut self, device: &str, command: &str) -> Result<(CommandAnswered, Span), String> {
        let phase = self.phase;
        let within = |bounds: Option<(usize, usize)>, recorded: &Recorded| {
            bounds.is_none_or(|(first, last)| (first..=last).contains(&recorded.at))
        };
        let fits = |recorded: &Recorded| {
            recorded.phase == phase && recorded.answered.device == device && recorded.answered.command == command
        };
        // Answers to the case itself; to another case only in the same phase, and where this case has none.
        let bounds = self
            .answers
            .iter()
            .any(|recorded| fits(recorded) && within(self.bounds, recorded))
            .then_some(self.bounds)
            .flatten();
        let candidates = || {
            self.answers
                .iter()
                .enumerate()
                .filter(|(_, recorded)| fits(recorded) && within(bounds, recorded))
        };
        let chosen = candidates()
            .find(|(_, recorded)| !recorded.used)
            .or_else(|| candidates().next_back());
        let Some(index) = chosen.map(|(index, _)| index) else {
            let elsewhere = self
                .answers
                .iter()
                .any(|recorded| recorded.answered.device == device && recorded.answered.command == command);
            return Err(if elsewhere {
                format!("`{command}` was recorded, but not in this state of the network")
            } else {
                format!("`{command}` was not recorded")
            });
        };
        let recorded = &mut self.answers[index];
        recorded.used = true;
        let answered = recorded.answered.clone();
        let span = self.span(answered.sent_at, answered.answered_at);
        self.now = self.now.max(span.answered);
        Ok((answered, span))
    }

    /// Takes a step that was recorded: a change made or undone.
    pub(super) fn configure(&mut self, device: &str, lines: &[String]) -> Result<Span, String> {
        let lines = redacted(lines);
        let state = self.state(self.phase).to_vec();
        let fits = |phase: &Phase| {
            phase
                .entered_by
                .as_ref()
                .is_some_and(|step| step.device == device && step.lines == lines)
                && differs_by_one(&state, &phase.in_force)
        };
        let inside = |phase: &Phase| {
            let at = phase.entered_by.as_ref().map(|step| step.at);
            match (self.bounds, at) {
                (Some((first, last)), Some(at)) => (first..=last).contains(&at),
                (None, _) => true,
                (Some(_), None) => false,
            }
        };
        let all = || self.phases.iter().enumerate().filter(|(_, phase)| fits(phase));
        let next = all()
            .find(|(index, phase)| *index > self.phase && inside(phase))
            .or_else(|| all().find(|(index, _)| *index > self.phase))
            .or_else(|| all().next());
        let (index, step) = next
            .and_then(|(index, phase)| Some((index, phase.entered_by.clone()?)))
            .ok_or_else(|| format!("`{}` was not recorded in this state of the network", lines.join("; ")))?;
        if let Some(refused) = step.refused {
            return Err(format!("refused when it was recorded: {refused}"));
        }
        self.phase = index;
        let span = self.span(step.sent_at, step.acknowledged_at);
        self.now = self.now.max(span.answered);
        Ok(span)
    }

    /// The present moment, from the start of the recorded run.
    pub(super) fn now(&self) -> Duration {
        self.now
    }

    fn state(&self, phase: usize) -> &[Key] {
        self.phases.get(phase).map_or(&[], |phase| &phase.in_force)
    }

    fn span(&self, sent_at: DateTime<Utc>, answered_at: DateTime<Utc>) -> Span {
        Span {
            sent_at,
            answered_at,
            sent: self.offset(sent_at),
            answered: self.offset(answered_at),
        }
    }

    fn offset(&self, at: DateTime<Utc>) -> Duration {
        (at - self.start).to_std().unwrap_or_default()
    }
}

/// Whether one state is the other with one change more.
fn differs_by_one(a: &[Key], b: &[Key]) -> bool {
    let (shorter, longer) = if a.len() < b.len() { (a, b) } else { (b, a) };
    longer.len() == shorter.len() + 1 && shorter.iter().all(|key| longer.contains(key))
}

fn redacted(lines: &[String]) -> Vec<String> {
    let redactor = Redactor::default();
    lines
        .iter()
        .map(|line| redactor.device_text(line).into_owned())
        .collect()
}

/// Events being read.
struct Reading<'e> {
    started: &'e RunStarted,
    changes: HashMap<u32, &'e Change>,
    open_case: Option<(CaseRef, usize)>,
    timeline: Timeline,
}

impl<'e> Reading<'e> {
    fn take(&mut self, at: usize, record: &'e Record) {
        match &record.event {
            Event::DeviceConnected(connected) => {
                self.timeline
                    .identities
                    .entry(connected.device.clone())
                    .or_insert_with(|| Identity {
                        prompt_name: connected.prompt_name.clone(),
                        host_key_fingerprint: connected.host_key.clone(),
                        host_key_verified_by: connected.host_key_verified_by.clone(),
                        banner: String::new(),
                    });
            }
            Event::DeviceFailed(failed) => {
                self.timeline
                    .failures
                    .insert(failed.device.clone(), failed.reason.clone());
            }
            Event::CaseStarted(started) => self.case(started.case, at, started.recorded_at.unwrap_or(record.at)),
            Event::CaseFinished(finished) => {
                if let Some((open, index)) = self.open_case.take()
                    && open == finished.case
                    && let Some(case) = self.timeline.cases.get_mut(index)
                {
                    case.last = at;
                }
            }
            Event::ChangeJournaled(change) => {
                self.changes.insert(change.id, change);
            }
            Event::ChangeMade(made) => {
                if let Some(change) = self.changes.get(&made.id) {
                    let lines = redacted(&change.apply);
                    let mut in_force = self.in_force();
                    in_force.push((change.device.clone(), lines.clone()));
                    self.enter(Phase {
                        in_force,
                        entered_by: Some(Step {
                            device: change.device.clone(),
                            lines,
                            sent_at: made.sent_at,
                            acknowledged_at: made.acknowledged_at,
                            refused: made.refused.clone(),
                            at,
                        }),
                    });
                }
            }
            Event::CommandAnswered(answered) => match self.undone(answered) {
                Some(change) => {
                    let gone = (change.device.clone(), redacted(&change.apply));
                    let mut in_force = self.in_force();
                    if let Some(position) = in_force.iter().rposition(|key| *key == gone) {
                        in_force.remove(position);
                    }
                    self.enter(Phase {
                        in_force,
                        entered_by: Some(Step {
                            device: change.device.clone(),
                            lines: redacted(&change.undo),
                            sent_at: answered.sent_at,
                            acknowledged_at: answered.answered_at,
                            refused: None,
                            at,
                        }),
                    });
                }
                None => self.timeline.answers.push(Recorded {
                    answered: answered.clone(),
                    phase: self.timeline.phase,
                    at,
                    used: false,
                }),
            },
            _ => {}
        }
    }

    /// The change whose undo this is the dialogue of.
    fn undone(&self, answered: &CommandAnswered) -> Option<&'e Change> {
        let (id, _) = answered.command.strip_prefix("undo ")?.split_once(": ")?;
        let change = self.changes.get(&id.parse().ok()?)?;
        (change.device == answered.device).then_some(change)
    }

    fn case(&mut self, case: CaseRef, at: usize, began: DateTime<Utc>) {
        let Some(suite) = self.started.suites.get(case.suite) else {
            return;
        };
        let Some(info) = suite.cases.get(case.case) else { return };
        self.open_case = Some((case, self.timeline.cases.len()));
        self.timeline.cases.push(RecordedCase {
            suite: suite.name.clone(),
            case: info.name.clone(),
            phase: self.timeline.phase,
            first: at,
            // Until its end is read: a run that was cut short has none.
            last: usize::MAX,
            began,
        });
    }

    fn in_force(&self) -> Vec<Key> {
        self.timeline.state(self.timeline.phase).to_vec()
    }

    fn enter(&mut self, phase: Phase) {
        self.timeline.phases.push(phase);
        self.timeline.phase = self.timeline.phases.len() - 1;
    }
}
