//! Timing words applied to a row of decisions. No clock: the times of the samples come in.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::timing::{Timing, duration};
use crate::outcome::{DecidingLines, Outcome, Verdict};

/// One decision, and when it was asked for and answered, counted from the origin.
///
/// The origin of `after CHANGE` is when the change was sent; how much later it was acknowledged is given to
/// [`TimingFold::with_origin_uncertainty`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// When the first command was sent.
    pub asked_after: Duration,
    /// When the last answer was complete.
    pub answered_after: Duration,
    /// What was decided.
    pub outcome: Outcome,
}

/// What to do after a sample.
#[allow(clippy::large_enum_variant)] // one exists a phrase, and it is taken apart at once
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Ask again; at [`TimingFold::ask_by`] at the latest.
    AskAgain,
    /// It is decided.
    Done(TimedOutcome),
}

/// A sample that shows how bad it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WorstSample {
    /// When it was asked for, from the origin.
    pub asked_after: Duration,
    /// When it was answered.
    pub answered_after: Duration,
    /// Its verdict.
    pub verdict: Verdict,
    /// What was there.
    pub actual: String,
}

/// An assertion decided over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TimedOutcome {
    /// What is known.
    pub verdict: Verdict,
    /// What was expected, with its timing.
    pub expected: String,
    /// What is there and when it became so; for an inconclusive verdict, why it could not be told.
    pub actual: String,
    /// The lines of the sample that decided.
    pub deciding: Vec<DecidingLines>,
    /// What a reader should know and what changes no verdict.
    pub warnings: Vec<String>,
    /// From when the last sample that showed it false was asked for to when the first that showed it true was
    /// answered, counted from the origin. Nothing where no sample showed it false before.
    pub became_true_between: Option<(Duration, Duration)>,
    /// How many samples were taken.
    pub samples: u32,
    /// How many samples in a row showed it true up to the end.
    pub held_samples: u32,
    /// The sample that failed it or left it in doubt.
    pub worst: Option<WorstSample>,
    /// What measured the times.
    pub instrument: String,
}

/// The instrument of phrases that are decided on answers of a command line.
const INSTRUMENT: &str = "CLI polling";

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Looking,
    Holding {
        since: Duration,
        doubt: Option<WorstSample>,
    },
}

/// Folds samples into one outcome by the timing words of a phrase.
#[derive(Debug, Clone)]
pub struct TimingFold {
    timing: Timing,
    uncertainty: Duration,
    phase: Phase,
    samples: u32,
    held: u32,
    seen_in_time: bool,
    last_false_asked: Option<Duration>,
    became_true: Option<(Duration, Duration)>,
    true_from: Option<Duration>,
    worst: Option<WorstSample>,
    last: Option<Outcome>,
}

impl TimingFold {
    /// A fold that has seen no sample.
    pub fn new(timing: &Timing) -> Self {
        Self {
            timing: timing.clone(),
            uncertainty: Duration::ZERO,
            phase: Phase::Looking,
            samples: 0,
            held: 0,
            seen_in_time: false,
            last_false_asked: None,
            became_true: None,
            true_from: None,
            worst: None,
            last: None,
        }
    }

    /// The origin is not one moment: it lies between the zero of the samples' times and this. A phrase then passes
    /// only if it does counted from zero, and is late only if it is counted from here.
    #[must_use]
    pub fn with_origin_uncertainty(mut self, uncertainty: Duration) -> Self {
        self.uncertainty = uncertainty;
        self
    }

    /// When the next sample should be asked for at the latest, from the origin: one asked for then can decide.
    pub fn ask_by(&self) -> Option<Duration> {
        match (&self.phase, self.timing.within, self.timing.holds_for) {
            (Phase::Holding { since, .. }, _, Some(holds)) => Some(since.saturating_add(holds)),
            (_, Some(within), _) => Some(within.saturating_add(self.uncertainty)),
            _ => None,
        }
    }

    /// Takes the next sample, in the order of asking.
    pub fn push(&mut self, sample: Sample) -> Next {
        let sample = Sample {
            answered_after: sample.answered_after.max(sample.asked_after),
            ..sample
        };
        self.samples = self.samples.saturating_add(1);
        self.last = Some(sample.outcome.clone());
        let holds = sample.outcome.verdict == Verdict::Pass;
        if holds {
            self.held = self.held.saturating_add(1);
            if self.true_from.is_none() {
                self.true_from = Some(sample.answered_after);
                self.became_true = self.last_false_asked.map(|asked| (asked, sample.answered_after));
            }
        } else {
            self.worst = Some(worst(&sample));
            self.held = 0;
        }
        let next = match (self.timing.within, self.timing.holds_for) {
            (None, None) => self.done(sample.outcome.verdict, &sample, None),
            (Some(within), _) if self.phase == Phase::Looking => self.look(within, &sample),
            (within, Some(holds)) => self.hold(within, holds, &sample),
            (Some(within), None) => self.look(within, &sample),
        };
        if sample.outcome.verdict == Verdict::Fail {
            self.last_false_asked = Some(sample.asked_after);
            self.true_from = None;
        }
        next
    }

    /// Nothing more can be asked. What was not decided is inconclusive, for this reason.
    pub fn finish(self, why: &str) -> TimedOutcome {
        let sample = Sample {
            asked_after: Duration::ZERO,
            answered_after: Duration::ZERO,
            outcome: self.last.clone().unwrap_or(Outcome {
                verdict: Verdict::Inconclusive,
                expected: String::new(),
                actual: "nothing was asked".to_owned(),
                deciding: Vec::new(),
                warnings: Vec::new(),
            }),
        };
        let note = format!("not decided: {why}");
        self.outcome(Verdict::Inconclusive, &sample, Some(note))
    }

    /// Waiting for it to become true.
    fn look(&mut self, within: Duration, sample: &Sample) -> Next {
        let late = within.saturating_add(self.uncertainty);
        let first = !self.seen_in_time;
        let in_time = sample.answered_after <= within;
        self.seen_in_time |= in_time;
        match sample.outcome.verdict {
            Verdict::Pass if in_time => match self.timing.holds_for {
                None => self.done(Verdict::Pass, sample, None),
                Some(_) => {
                    self.phase = Phase::Holding {
                        since: sample.answered_after,
                        doubt: None,
                    };
                    Next::AskAgain
                }
            },
            Verdict::Pass => {
                let note = if first {
                    too_coarse(within, sample)
                } else {
                    format!(
                        "true in an answer that came in {} after the origin; whether it was within {} cannot be told",
                        elapsed(sample.answered_after),
                        duration(within)
                    )
                };
                self.done(Verdict::Inconclusive, sample, Some(note))
            }
            Verdict::Fail if sample.asked_after >= late => {
                let note = format!("not true within {}", duration(within));
                self.done(Verdict::Fail, sample, Some(note))
            }
            _ if sample.answered_after < late => Next::AskAgain,
            Verdict::Fail if first => {
                let note = too_coarse(within, sample);
                self.done(Verdict::Inconclusive, sample, Some(note))
            }
            Verdict::Fail => {
                let note = format!("not true within {}", duration(within));
                self.done(Verdict::Fail, sample, Some(note))
            }
            Verdict::Inconclusive | Verdict::Skipped => {
                let note = format!("could not be told within {}", duration(within));
                self.done(Verdict::Inconclusive, sample, Some(note))
            }
        }
    }

    /// Watching that it stays true.
    fn hold(&mut self, within: Option<Duration>, holds: Duration, sample: &Sample) -> Next {
        let (since, doubt) = match &self.phase {
            Phase::Holding { since, doubt } => (*since, doubt.clone()),
            Phase::Looking => (sample.answered_after, None),
        };
        let can_look_again =
            within.is_some_and(|within| sample.answered_after < within.saturating_add(self.uncertainty));
        if sample.outcome.verdict == Verdict::Fail {
            if can_look_again {
                self.phase = Phase::Looking;
                return Next::AskAgain;
            }
            let note = if self.samples == 1 {
                "false from the start".to_owned()
            } else {
                format!(
                    "true from {} on, false again in the answer after {}",
                    elapsed(since),
                    elapsed(sample.answered_after)
                )
            };
            return self.done(Verdict::Fail, sample, Some(note));
        }
        let doubt = doubt.or_else(|| (sample.outcome.verdict != Verdict::Pass).then(|| worst(sample)));
        let long_enough = self.samples >= 2 && sample.asked_after.saturating_sub(since) >= holds;
        if !long_enough {
            self.phase = Phase::Holding { since, doubt };
            return Next::AskAgain;
        }
        match doubt {
            None => self.done(Verdict::Pass, sample, None),
            Some(_) if can_look_again => {
                self.phase = Phase::Looking;
                Next::AskAgain
            }
            Some(doubt) => {
                let note = format!(
                    "whether it stayed true for {} cannot be told: {}",
                    duration(holds),
                    doubt.actual
                );
                self.worst = Some(doubt);
                self.done(Verdict::Inconclusive, sample, Some(note))
            }
        }
    }

    fn done(&self, verdict: Verdict, sample: &Sample, note: Option<String>) -> Next {
        Next::Done(self.outcome(verdict, sample, note))
    }

    fn outcome(&self, verdict: Verdict, sample: &Sample, note: Option<String>) -> TimedOutcome {
        let outcome = &sample.outcome;
        let timing = self.timing.to_string();
        let expected = if timing.is_empty() {
            outcome.expected.clone()
        } else {
            format!("{} {timing}", outcome.expected)
        };
        let mut actual = outcome.actual.clone();
        for part in [note, (verdict == Verdict::Pass).then(|| self.when()).flatten()]
            .into_iter()
            .flatten()
        {
            actual = format!("{actual}; {part}");
        }
        TimedOutcome {
            verdict,
            expected,
            actual,
            deciding: outcome.deciding.clone(),
            warnings: outcome.warnings.clone(),
            became_true_between: self.became_true.filter(|_| self.true_from.is_some()),
            samples: self.samples,
            held_samples: self.held,
            worst: self.worst.clone().filter(|_| verdict != Verdict::Pass),
            instrument: INSTRUMENT.to_owned(),
        }
    }

    /// When it became true, and over how many samples it held.
    fn when(&self) -> Option<String> {
        if self.timing.is_immediate() {
            return None;
        }
        let became = match (self.became_true, self.true_from) {
            (Some((from, to)), _) => format!("became true between {} and {}", elapsed(from), elapsed(to)),
            (None, Some(at)) => format!("true in the first answer, after {}", elapsed(at)),
            (None, None) => return None,
        };
        Some(match self.timing.holds_for {
            Some(_) => format!("{became}, and held in {} samples", self.held),
            None => became,
        })
    }
}

fn too_coarse(within: Duration, sample: &Sample) -> String {
    format!(
        "the first answer took until {} after the origin, longer than the {} asked for: polling a command line is \
         too coarse for this, a capture is the instrument",
        elapsed(sample.answered_after),
        duration(within)
    )
}

fn worst(sample: &Sample) -> WorstSample {
    WorstSample {
        asked_after: sample.asked_after,
        answered_after: sample.answered_after,
        verdict: sample.outcome.verdict,
        actual: sample.outcome.actual.clone(),
    }
}

/// A measured time, to the millisecond.
fn elapsed(time: Duration) -> String {
    let millis = time.as_micros().div_ceil(1000);
    if millis < 1000 {
        format!("{millis} ms")
    } else {
        format!("{}.{:03} s", millis / 1000, millis % 1000)
    }
}
