//! Labs for those who prefer code: open one, ask a device for a typed table, assert a phrase.
//!
//! ```no_run
//! use checks::rows::{BfdSession, BfdState};
//! use harness::api::Lab;
//!
//! # fn main() -> Result<(), harness::api::ApiError> {
//! let lab = Lab::open("inventories/bfd-static-vpn")?;
//! let sessions = lab.device("PE1")?.table::<BfdSession>("display bfd session all verbose")?;
//! assert!(sessions.rows().iter().all(|session| session.state == BfdState::Up));
//! lab.expect("PE3", "two next hops for 1.1.1.1 in VPNA")?.assert_pass();
//! # Ok(())
//! # }
//! ```

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use checks::phrase::{Next, Observation, Sample, TimedOutcome, TimingFold, decide};
use checks::rows::RouteTable;
use checks::table::{AnyTable, Rows, Severity, TypedRow};
use checks::{Parsed, Table, Verdict};
use reports::event::{LabKind, Record};

use crate::diagnostic::Diagnostics;
use crate::inventory::Inventory;
use crate::lab::{EmulatedLab, Lab as Sessions, LiveLab, OpenError, ServeError};
use crate::plan::{Choice, Plan, Sentence};
use crate::recorded::{RecordedLab, RecordedLabError};
use crate::run::{RunError, RunOptions, RunResult, pause, run};
use crate::session::{Answer, DeviceSession, SessionError};

/// Why code could not do what it asked of a lab.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The suite, the inventory or the phrase is wrong.
    #[error("{0}")]
    Mistakes(Diagnostics),
    /// The emulated lab cannot be served.
    #[error(transparent)]
    Emulation(#[from] ServeError),
    /// The bundle cannot be used as a lab.
    #[error(transparent)]
    Recorded(#[from] RecordedLabError),
    /// A session cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A session failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The device refused a command.
    #[error("{device} refused `{command}`: {words}")]
    Rejected {
        /// The device.
        device: String,
        /// The command.
        command: String,
        /// The device's words.
        words: String,
    },
    /// No parser knows the command.
    #[error(transparent)]
    UnknownCommand(#[from] checks::vrp::UnknownCommand),
    /// The command prints another table than was asked for.
    #[error("`{command}` prints {printed}, not {wanted}")]
    OtherTable {
        /// The command.
        command: String,
        /// The table that it prints.
        printed: &'static str,
        /// The table asked for.
        wanted: &'static str,
    },
    /// The answer is not understood as a whole: rows may be missing or wrong.
    #[error("{device}: the answer to `{command}` is not understood as a whole: {reason}")]
    NotWhole {
        /// The device.
        device: String,
        /// The command.
        command: String,
        /// The first line that no rule explains, or the count that disagrees.
        reason: String,
    },
    /// The run could not be begun or its record not be finished.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl From<Diagnostics> for ApiError {
    fn from(mistakes: Diagnostics) -> Self {
        Self::Mistakes(mistakes)
    }
}

/// Runs one suite on the lab that it names, as `netverdict run` does.
pub fn run_suite(suite: &Path, options: RunOptions) -> Result<RunResult, ApiError> {
    run_suite_on(suite, None, options, &mut |_| {})
}

/// Runs one suite on a lab, telling every event to `observe`.
pub fn run_suite_on(
    suite: &Path,
    lab: Option<&Path>,
    options: RunOptions,
    observe: &mut dyn FnMut(&Record),
) -> Result<RunResult, ApiError> {
    let plan = Plan::load(&[PathBuf::from(suite)], lab, &Choice::default())?;
    Ok(run(&plan, options, observe)?)
}

/// A lab whose devices can be asked. An emulated one lives as long as this does.
pub struct Lab {
    inventory: Inventory,
    lab: Arc<dyn Sessions>,
    sessions: Mutex<HashMap<String, Box<dyn DeviceSession>>>,
}

impl Lab {
    /// Opens a lab: a folder with `lab.yaml`, such a file, or a bundle. Sessions are opened when a device is first asked.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ApiError> {
        let inventory = Inventory::load(path.as_ref())?;
        let lab: Arc<dyn Sessions> = match inventory.kind {
            LabKind::Live => Arc::new(LiveLab::new(&inventory)),
            LabKind::Emulated => Arc::new(EmulatedLab::start(&inventory)?),
            LabKind::Recorded => Arc::new(RecordedLab::open(&inventory.path)?),
        };
        Ok(Self {
            inventory,
            lab,
            sessions: Mutex::default(),
        })
    }

    /// The inventory.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// A device by name.
    pub fn device<'l>(&'l self, name: &str) -> Result<Device<'l>, ApiError> {
        match self.inventory.device(name) {
            Some(device) => Ok(Device {
                lab: self,
                name: &device.name,
            }),
            None => Err(OpenError::NoSuchDevice(name.to_owned()).into()),
        }
    }

    /// Decides a phrase about a device, or about several under `lab`. Facts such as `${PE1.lsr_id}` are filled in;
    /// `within` and `for` are waited for, counted from now.
    ///
    /// # Errors
    /// The phrase is not understood. A device that cannot be asked is no error but an inconclusive decision.
    pub fn expect(&self, device: &str, phrase: &str) -> Result<Decision, ApiError> {
        let sentence = Sentence::new(phrase, device, &self.inventory)?;
        let timing = &sentence.phrase.timing;
        let mut fold = TimingFold::new(timing);
        if timing.after.is_some() {
            let why = "`after` counts from a change of a suite's case, and there is none here";
            return Ok(Decision::new(device, &sentence, fold.finish(why)));
        }
        let origin = self.lab.now();
        let mut last_asked = None;
        loop {
            let (sample, asked, hopeless) = self.sample(&sentence, origin);
            if !self.lab.has_clock() && last_asked.is_some_and(|last| asked <= last) {
                let timed = fold.finish("the recorded answers end here");
                return Ok(Decision::new(device, &sentence, timed));
            }
            last_asked = Some(asked);
            let answered_after = sample.answered_after;
            if let Next::Done(timed) = fold.push(sample) {
                return Ok(Decision::new(device, &sentence, timed));
            }
            if let Some(reason) = hopeless {
                return Ok(Decision::new(device, &sentence, fold.finish(&reason)));
            }
            if self.lab.has_clock() {
                let due = origin + answered_after + pause(answered_after);
                let by = fold.ask_by().and_then(|by| origin.checked_add(by));
                let due = by.map_or(due, |by| due.min(by));
                // Between two samples there is nothing to wait for but the time.
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        }
    }

    /// Decides a phrase and panics, with what is there, unless it passes.
    ///
    /// # Panics
    /// If the phrase fails, is inconclusive or is not understood.
    #[track_caller]
    pub fn assert_phrase(&self, device: &str, phrase: &str) {
        match self.expect(device, phrase) {
            Ok(decision) => decision.assert_pass(),
            Err(error) => panic!("{device}: {phrase}: {error}"),
        }
    }

    /// One sample, when it was asked for, and why asking again would do no good, if so.
    fn sample(&self, sentence: &Sentence, origin: Instant) -> (Sample, Instant, Option<String>) {
        let began = Instant::now();
        let mut hopeless = None;
        let mut spans: Vec<(Instant, Instant)> = Vec::new();
        let answers: Vec<Result<Parsed, String>> = sentence
            .questions
            .iter()
            .map(|question| {
                let answered = self.parsed(&question.device, &question.command).map_err(|error| {
                    if matches!(error, ApiError::Open(_)) {
                        hopeless = Some(error.to_string());
                    }
                    error.to_string()
                });
                let (answer, parsed) = answered?;
                spans.push((answer.sent, answer.answered));
                Ok(parsed)
            })
            .collect();
        let observations: Vec<Observation<'_>> = sentence
            .questions
            .iter()
            .zip(&answers)
            .map(|(question, answer)| question.answered("", answer.as_ref().map_err(String::as_str)))
            .collect();
        let asked = spans.iter().map(|(asked, _)| *asked).min().unwrap_or(began);
        let answered = spans
            .iter()
            .map(|(_, answered)| *answered)
            .max()
            .unwrap_or_else(Instant::now);
        let sample = Sample {
            asked_after: asked.saturating_duration_since(origin),
            answered_after: answered.saturating_duration_since(origin),
            outcome: decide(&sentence.phrase.assertion, &observations),
        };
        (sample, asked, hopeless)
    }

    fn ask(&self, device: &str, command: &str) -> Result<Answer, ApiError> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let session = match sessions.entry(device.to_owned()) {
            std::collections::hash_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(self.lab.open(device, &|_| {})?),
        };
        let now = Instant::now();
        let timeout = self.lab.command_timeout(device);
        let deadline = now.checked_add(timeout).unwrap_or(now + Duration::from_secs(3600));
        match session.ask(command, deadline) {
            Ok(answer) => Ok(answer),
            Err(error) => {
                if error.is_lost() {
                    sessions.remove(device);
                }
                Err(error.into())
            }
        }
    }

    fn parsed(&self, device: &str, command: &str) -> Result<(Answer, Parsed), ApiError> {
        let answer = self.ask(device, command)?;
        let not_whole = |reason: &str| ApiError::NotWhole {
            device: device.into(),
            command: command.into(),
            reason: reason.into(),
        };
        if let Some(words) = &answer.rejected {
            return Err(ApiError::Rejected {
                device: device.into(),
                command: command.into(),
                words: words.clone(),
            });
        }
        if answer.is_lossy() {
            return Err(not_whole("it holds bytes that are not UTF-8 text"));
        }
        let parsed = checks::vrp::parse(command, &answer.text)?;
        if let Some(words) = &parsed.rejected {
            return Err(ApiError::Rejected {
                device: device.into(),
                command: command.into(),
                words: words.clone(),
            });
        }
        Ok((answer, parsed))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let sessions = self.sessions.get_mut().unwrap_or_else(PoisonError::into_inner);
        for session in sessions.values_mut() {
            session.close();
        }
    }
}

/// A device of a lab.
#[derive(Clone, Copy)]
pub struct Device<'l> {
    lab: &'l Lab,
    name: &'l str,
}

impl Device<'_> {
    /// The whole answer to a command, whether the device refused it or not.
    pub fn ask(&self, command: &str) -> Result<Answer, ApiError> {
        self.lab.ask(self.name, command)
    }

    /// What a parser makes of the answer to a command: rows, lines that no rule explains, counts that disagree.
    pub fn parse(&self, command: &str) -> Result<Parsed, ApiError> {
        self.lab.parsed(self.name, command).map(|(_, parsed)| parsed)
    }

    /// The rows that a command prints, where its answer is understood as a whole.
    pub fn table<T: TypedRow + Clone>(&self, command: &str) -> Result<Rows<T>, ApiError> {
        let parsed = self.whole(command)?;
        match T::rows_of(&parsed.table) {
            Some(rows) => {
                let mut own = Rows::default();
                rows.iter().for_each(|(row, span)| own.push(row.clone(), span));
                Ok(own)
            }
            None => Err(ApiError::OtherTable {
                command: command.into(),
                printed: parsed.table.name(),
                wanted: T::KIND.name(),
            }),
        }
    }

    /// The routes that a command prints, where its answer is understood as a whole.
    pub fn routes(&self, command: &str) -> Result<RouteTable, ApiError> {
        match self.whole(command)?.table {
            AnyTable::Routes(routes) => Ok(routes),
            other => Err(ApiError::OtherTable {
                command: command.into(),
                printed: other.name(),
                wanted: "route",
            }),
        }
    }

    fn whole(&self, command: &str) -> Result<Parsed, ApiError> {
        let parsed = self.parse(command)?;
        // A field that is not understood is absent in its row; a line that is not understood may be a row.
        let line = parsed.unexplained.iter().find(|line| line.field.is_none());
        let count = parsed.integrity.iter().find(|count| count.severity == Severity::Error);
        let reason = line
            .map(|line| format!("no rule explains line {}: {}", line.line, line.text))
            .or_else(|| count.map(|count| count.message.clone()));
        match reason {
            None => Ok(parsed),
            Some(reason) => Err(ApiError::NotWhole {
                device: self.name.into(),
                command: command.into(),
                reason,
            }),
        }
    }
}

/// A phrase decided.
#[derive(Debug, Clone)]
#[must_use = "a decision says nothing until it is looked at"]
pub struct Decision {
    /// Device, or `lab`.
    pub device: String,
    /// The phrase in its canonical form.
    pub phrase: String,
    /// What was decided, and on what.
    pub outcome: TimedOutcome,
}

impl Decision {
    fn new(device: &str, sentence: &Sentence, outcome: TimedOutcome) -> Self {
        Self {
            device: device.to_owned(),
            phrase: sentence.phrase.to_string(),
            outcome,
        }
    }

    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        self.outcome.verdict
    }

    /// Does nothing if the phrase passes.
    ///
    /// # Panics
    /// If it fails or is inconclusive: with what was expected and what is there.
    #[track_caller]
    pub fn assert_pass(&self) {
        assert!(
            self.verdict() == Verdict::Pass,
            "{}: {}: {}\n  expected {}\n  actual   {}",
            self.device,
            self.phrase,
            self.verdict(),
            self.outcome.expected,
            self.outcome.actual
        );
    }
}
