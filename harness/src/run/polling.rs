//! Asking until every phrase of a part of a case is decided.
//!
//! A round asks every question that a phrase due now needs, each once; all these phrases share its answers. A phrase
//! that is not decided becomes due again after a pause, alone or with others.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use checks::phrase::{Next, Observation, Question, Sample, TimedOutcome, TimingFold, decide};
use checks::{Outcome, Parsed, Verdict};
use chrono::{DateTime, Utc};
use reports::event::{Awaiting, CaseRef, Event, Part, PhraseDecided, TimingResult};

use super::engine::Engine;
use super::origin::Origin;
use super::pace::pause;
use super::worker::{Done, Failure, Job, Reply};
use crate::plan::PlannedPhrase;

/// Phrases due within this time of each other are asked in one round.
const ONE_ROUND: Duration = Duration::from_millis(20);
/// A phrase that is still awaited and looks as before is told about again after this time.
const TELL_AGAIN: Duration = Duration::from_secs(5);

/// The phrases of one part of a case.
pub(super) struct PartOfCase<'p> {
    pub case: CaseRef,
    pub part: Part,
    /// The phrases that devices answer, each with its position among those of the case.
    pub phrases: Vec<(usize, &'p PlannedPhrase)>,
    /// What time is counted from, where the phrase does not say.
    pub origin: Origin,
    /// Changes by name, for `after NAME`.
    pub changes: HashMap<String, Origin>,
}

/// A question's answer, or why there is none.
#[derive(Clone)]
enum Reached {
    Answer {
        parsed: Arc<Result<Parsed, String>>,
        evidence: Arc<str>,
        sent: Instant,
        answered: Instant,
        answered_at: DateTime<Utc>,
    },
    Failure(Failure),
}

/// A phrase being decided.
struct Pending<'p> {
    phrase: &'p PlannedPhrase,
    /// Position among the phrases of the case.
    index: usize,
    origin: Origin,
    fold: TimingFold,
    started_at: Option<DateTime<Utc>>,
    due: Instant,
    /// The answers of the round that is under way.
    round: Option<Vec<Option<Reached>>>,
    last_asked: Option<Instant>,
    told: Option<(Instant, String)>,
    decided: Option<Box<PhraseDecided>>,
}

/// A question that is under way: the phrases, by position, that wait for it, with the question's position in each.
struct UnderWay {
    device: String,
    evidence: u32,
    waiting: Vec<(usize, usize)>,
}

impl Engine<'_> {
    /// Decides the phrases of a part. Returns their verdicts; where the run was interrupted, only those decided till
    /// then.
    pub(super) fn decide_part(&mut self, part: &PartOfCase<'_>) -> Vec<Decided> {
        let now = Instant::now();
        let mut pending: Vec<Pending<'_>> = part
            .phrases
            .iter()
            .map(|(index, phrase)| Pending::new(phrase, *index, part, now))
            .collect();
        let mut under_way: HashMap<u64, UnderWay> = HashMap::new();
        let mut told = 0;
        while pending.iter().any(|phrase| phrase.decided.is_none()) {
            if self.must_stop() {
                break;
            }
            self.start_round(part, &mut pending, &mut under_way);
            told = self.tell(&mut pending, told);
            if pending.iter().all(|phrase| phrase.decided.is_some()) {
                break;
            }
            // With nothing under way, the next thing to happen is that a phrase becomes due.
            let due = pending
                .iter()
                .filter(|phrase| phrase.waits())
                .map(|phrase| phrase.due)
                .min();
            if let Some(reply) = self.devices.next(due) {
                self.take(part, reply, &mut pending, &mut under_way);
            }
            told = self.tell(&mut pending, told);
        }
        // After an interrupt, what was decided behind an undecided phrase is told all the same.
        let mut verdicts = Vec::new();
        for (index, phrase) in pending.iter_mut().enumerate() {
            if let Some(decided) = phrase.decided.take() {
                verdicts.push(Decided {
                    verdict: decided.verdict,
                    level: decided.level,
                });
                if index >= told {
                    self.recorder.emit(Event::PhraseDecided(decided));
                }
            }
        }
        verdicts
    }

    /// Tells the phrases decided so far, in the suite's order: one is told when all before it are.
    fn tell(&mut self, pending: &mut [Pending<'_>], told: usize) -> usize {
        let mut next = told;
        while let Some(decided) = pending.get(next).and_then(|phrase| phrase.decided.clone()) {
            self.recorder.emit(Event::PhraseDecided(decided));
            next += 1;
        }
        next
    }

    /// Asks what the phrases due now need, each question once.
    fn start_round(
        &mut self,
        part: &PartOfCase<'_>,
        pending: &mut [Pending<'_>],
        under_way: &mut HashMap<u64, UnderWay>,
    ) {
        let now = Instant::now();
        let waits = self.lab.has_clock();
        if !pending
            .iter()
            .any(|phrase| phrase.waits() && (!waits || phrase.due <= now))
        {
            return;
        }
        let mut wanted: Vec<Wanted> = Vec::new();
        for (position, phrase) in pending.iter_mut().enumerate() {
            if !phrase.waits() || (waits && phrase.due > now + ONE_ROUND) {
                continue;
            }
            phrase.started_at.get_or_insert_with(Utc::now);
            phrase.round = Some(vec![None; phrase.phrase.questions.len()]);
            for (index, question) in phrase.phrase.questions.iter().enumerate() {
                let urgency = Urgency::of(question, &phrase.phrase.phrase.timing, wanted.len());
                match wanted.iter_mut().find(|known| known.question == *question) {
                    Some(known) => {
                        known.urgency = known.urgency.or_sooner(urgency);
                        known.waiting.push((position, index));
                    }
                    None => wanted.push(Wanted {
                        urgency,
                        question: question.clone(),
                        waiting: vec![(position, index)],
                    }),
                }
            }
        }
        wanted.sort_by_key(|wanted| wanted.urgency);
        for Wanted { question, waiting, .. } in wanted {
            let evidence = self.recorder.reserve_evidence();
            match self.devices.position(&question.device) {
                Some(device) => {
                    let command = question.command;
                    let ticket = self.devices.give(device, Job::Ask { command, parse: true });
                    let question = UnderWay {
                        device: question.device,
                        evidence,
                        waiting,
                    };
                    under_way.insert(ticket, question);
                }
                None => {
                    let failure = Failure {
                        reason: format!("the lab has no device {}", question.device),
                        device_is_gone: true,
                        hopeless: true,
                        begun: now,
                        failed: now,
                    };
                    self.deliver(part, &waiting, &Reached::Failure(failure), pending);
                }
            }
        }
        // A phrase without any question is decided on nothing at all.
        for position in 0..pending.len() {
            self.judge_if_complete(part, position, pending);
        }
    }

    fn take(
        &mut self,
        part: &PartOfCase<'_>,
        reply: Reply,
        pending: &mut [Pending<'_>],
        under_way: &mut HashMap<u64, UnderWay>,
    ) {
        self.notice(&reply);
        let Some(question) = under_way.remove(&reply.ticket) else {
            return;
        };
        let reached = match reply.outcome {
            Ok(Done::Answered(answered)) => {
                let evidence = self
                    .recorder
                    .keep_answer(question.evidence, &question.device, &answered.answer);
                Reached::Answer {
                    parsed: answered.parsed,
                    evidence: evidence.into(),
                    sent: answered.answer.sent,
                    answered: answered.answer.answered,
                    answered_at: answered.answer.answered_at,
                }
            }
            Ok(_) => return,
            Err(failure) => Reached::Failure(failure),
        };
        self.deliver(part, &question.waiting, &reached, pending);
    }

    fn deliver(
        &mut self,
        part: &PartOfCase<'_>,
        waiting: &[(usize, usize)],
        reached: &Reached,
        pending: &mut [Pending<'_>],
    ) {
        for (position, index) in waiting {
            let round = pending.get_mut(*position).and_then(|phrase| phrase.round.as_mut());
            if let Some(place) = round.and_then(|round| round.get_mut(*index)) {
                *place = Some(reached.clone());
            }
            self.judge_if_complete(part, *position, pending);
        }
    }

    /// Decides a phrase once the round has all its answers.
    fn judge_if_complete(&mut self, part: &PartOfCase<'_>, position: usize, pending: &mut [Pending<'_>]) {
        let Some(phrase) = pending.get_mut(position) else {
            return;
        };
        let complete = phrase
            .round
            .as_ref()
            .is_some_and(|round| round.iter().all(Option::is_some));
        if !complete || phrase.decided.is_some() {
            return;
        }
        let round: Vec<Reached> = phrase.round.take().into_iter().flatten().flatten().collect();
        let times = Times::of(&round);
        let outcome = phrase.decide(&round);
        // A recorded lab that has no newer answer gives the last one again.
        let exhausted = !self.lab.has_clock() && phrase.last_asked.is_some_and(|last| times.asked <= last);
        phrase.last_asked = Some(times.asked);
        let decided_at = times.answered_at.unwrap_or_else(Utc::now);
        if exhausted {
            let timed = phrase.fold.clone().finish("the recorded answers end here");
            phrase.finish(part, timed, decided_at);
            return;
        }
        let actual = outcome.actual.clone();
        let answered_after = phrase.origin.until(times.answered);
        let sample = Sample {
            asked_after: phrase.origin.until(times.asked),
            answered_after,
            outcome,
        };
        if let Next::Done(timed) = phrase.fold.push(sample) {
            phrase.finish(part, timed, decided_at);
            return;
        }
        let waits = self.lab.has_clock();
        let gone = round.iter().find_map(|reached| match reached {
            // Where time does not pass, asking again gives the same.
            Reached::Failure(failure) if failure.device_is_gone || !waits => Some(failure.reason.as_str()),
            _ => None,
        });
        if let Some(reason) = gone {
            let timed = phrase.fold.clone().finish(reason);
            phrase.finish(part, timed, decided_at);
            return;
        }
        phrase.wait(answered_after);
        if let Some(awaiting) = phrase.worth_telling(part.case, answered_after, actual) {
            self.recorder.emit(Event::Awaiting(awaiting));
        }
    }
}

/// What became of a phrase, as far as its case is concerned.
pub(super) struct Decided {
    pub verdict: Verdict,
    pub level: reports::event::Level,
}

impl<'p> Pending<'p> {
    fn new(phrase: &'p PlannedPhrase, index: usize, part: &PartOfCase<'_>, now: Instant) -> Self {
        let timing = &phrase.phrase.timing;
        let named = timing.after.as_ref().map(|name| part.changes.get(name));
        let origin = named.flatten().unwrap_or(&part.origin);
        let mut pending = Self {
            phrase,
            index,
            fold: TimingFold::new(timing).with_origin_uncertainty(origin.uncertainty()),
            origin: origin.clone(),
            started_at: None,
            due: now,
            round: None,
            last_asked: None,
            told: None,
            decided: None,
        };
        if let Some(None) = named {
            // The planner refuses a name that no change has; a time that is counted from nothing decides nothing.
            let timed = pending
                .fold
                .clone()
                .finish("the change that time is counted from was not made");
            pending.finish(part, timed, Utc::now());
        }
        pending
    }

    /// Whether it is neither decided nor under way.
    fn waits(&self) -> bool {
        self.decided.is_none() && self.round.is_none()
    }

    fn decide(&self, round: &[Reached]) -> Outcome {
        let observations: Vec<Observation<'_>> = self
            .phrase
            .questions
            .iter()
            .zip(round)
            .map(|(question, reached)| {
                let (evidence, answer) = match reached {
                    Reached::Answer { parsed, evidence, .. } => {
                        (&**evidence, parsed.as_ref().as_ref().map_err(String::as_str))
                    }
                    Reached::Failure(failure) => ("", Err(failure.reason.as_str())),
                };
                question.answered(evidence, answer)
            })
            .collect();
        decide(&self.phrase.phrase.assertion, &observations)
    }

    /// Asks again after a pause, and no later than a sample must be asked for to decide.
    fn wait(&mut self, answered_after: Duration) {
        let pause = Instant::now() + pause(answered_after);
        let by = self
            .fold
            .ask_by()
            .and_then(|by| self.origin.interval.sent.checked_add(by));
        self.due = by.map_or(pause, |by| pause.min(by));
    }

    /// What a person is told of it now: at first, when something else is there, and every few seconds.
    fn worth_telling(&mut self, case: CaseRef, waited: Duration, actual: String) -> Option<Awaiting> {
        let now = Instant::now();
        let known = self
            .told
            .as_ref()
            .is_some_and(|(at, words)| *words == actual && now.saturating_duration_since(*at) < TELL_AGAIN);
        if known {
            return None;
        }
        self.told = Some((now, actual.clone()));
        let timing = &self.phrase.phrase.timing;
        let limit = timing.within.unwrap_or_default() + timing.holds_for.unwrap_or_default();
        Some(Awaiting {
            case,
            device: self.phrase.device.clone(),
            phrase: self.phrase.canonical(),
            waited_ms: milliseconds(waited),
            remaining_ms: milliseconds(limit).saturating_sub(milliseconds(waited)),
            actual,
        })
    }

    fn finish(&mut self, part: &PartOfCase<'_>, timed: TimedOutcome, decided_at: DateTime<Utc>) {
        let timing = (timed.samples > 1 || !self.phrase.phrase.timing.is_immediate()).then(|| {
            // The later the origin was, the sooner after it the phrase became true.
            let between = timed
                .became_true_between
                .map(|(from, to)| (from.saturating_sub(self.origin.uncertainty()), to));
            TimingResult {
                origin: self.origin.name.clone(),
                became_true_between_ms: between
                    .map(|(from, to)| (from.as_secs_f64() * 1000.0, to.as_secs_f64() * 1000.0)),
                samples: timed.samples,
                held_samples: timed.held_samples,
                instrument: timed.instrument,
            }
        });
        self.decided = Some(Box::new(PhraseDecided {
            case: part.case,
            part: part.part,
            index: self.index,
            device: self.phrase.device.clone(),
            written: self.phrase.written.clone(),
            phrase: self.phrase.canonical(),
            source: self.phrase.source.to_string(),
            level: self.phrase.level,
            verdict: timed.verdict,
            expected: timed.expected,
            actual: timed.actual,
            deciding: timed.deciding,
            warnings: timed.warnings,
            started_at: self.started_at.unwrap_or(decided_at),
            decided_at,
            timing,
        }));
    }
}

/// When the questions of a round were asked and their answers there.
struct Times {
    asked: Instant,
    answered: Instant,
    answered_at: Option<DateTime<Utc>>,
}

impl Times {
    fn of(round: &[Reached]) -> Self {
        let now = Instant::now();
        let spans = round.iter().map(|reached| match reached {
            Reached::Answer { sent, answered, .. } => (*sent, *answered),
            Reached::Failure(failure) => (failure.begun, failure.failed),
        });
        Self {
            asked: spans.clone().map(|(asked, _)| asked).min().unwrap_or(now),
            answered: spans.map(|(_, answered)| answered).max().unwrap_or(now),
            answered_at: round
                .iter()
                .filter_map(|reached| match reached {
                    Reached::Answer { answered_at, .. } => Some(*answered_at),
                    Reached::Failure(_) => None,
                })
                .max(),
        }
    }
}

/// A question of a round and the phrases, by position, that need it, with the question's position in each.
struct Wanted {
    urgency: Urgency,
    question: Question,
    waiting: Vec<(usize, usize)>,
}

/// In which order the questions of a round are asked: those with the tightest deadline first, slow ones last, else as
/// the suite has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Urgency {
    slow: bool,
    deadline: Duration,
    order: usize,
}

impl Urgency {
    fn of(question: &Question, timing: &checks::phrase::Timing, order: usize) -> Self {
        Self {
            slow: question.command.starts_with("ping") || question.command.starts_with("tracert"),
            deadline: timing.within.unwrap_or(Duration::MAX),
            order,
        }
    }

    /// The same question for another phrase too.
    fn or_sooner(self, other: Self) -> Self {
        Self {
            deadline: self.deadline.min(other.deadline),
            ..self
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
