//! Runs: a plan carried out on a lab.

mod changes;
mod devices;
mod engine;
mod interrupt;
mod message;
mod origin;
mod pace;
mod polling;
mod recorder;
mod worker;

pub use interrupt::Interrupt;
pub(crate) use pace::pause;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use checks::Verdict;
use chrono::Utc;
use reports::bundle::{Bundle, BundleError};
use reports::event::{DeviceInfo, EVENT_FORMAT, Event, InputFile, LabInfo, LabKind, Record, RunFinished, RunStarted};
use reports::{Report, ReportError};

use crate::bundle::{BundleLocation, BundleWriter, Redactor, WriteError, new_run_id};
use crate::journal::{Journal, JournalError, LabReference};
use crate::lab::{EmulatedLab, Lab, LiveLab, ServeError};
use crate::plan::{Plan, PlannedSuite};
use crate::recorded::{RecordedLab, RecordedLabError};
use crate::restore::{self, RestoreError, RunStopped};
use crate::state::{LabLock, Owner, RunLock, StateError, StateFolder};
use devices::Devices;
use engine::Engine;
use recorder::Recorder;

/// How a plan is carried out.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Where the bundle goes; none keeps none, and the events are all there is.
    pub bundle: Option<BundleLocation>,
    /// Whether live devices may be changed, as far as the inventory allows it too.
    pub allow_changes: bool,
    /// How many devices are worked at once; all of them where it is not said.
    pub jobs: Option<usize>,
    /// The command line, without secrets, for the report and for whoever finds the lab locked.
    pub command_line: Vec<String>,
    /// Ends the run early.
    pub interrupt: Interrupt,
    /// The state folder; the environment's where it is not said.
    pub state: Option<StateFolder>,
    /// How long an undo that does not succeed is tried again.
    pub undo_patience: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            bundle: Some(BundleLocation::default()),
            allow_changes: false,
            jobs: None,
            command_line: Vec::new(),
            interrupt: Interrupt::default(),
            state: None,
            undo_patience: Duration::from_secs(60),
        }
    }
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct RunResult {
    /// The verdict on all suites.
    pub verdict: Verdict,
    /// Exit code of the command: 0, 1, 3 or 130.
    pub exit_code: u8,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// Where the bundle is.
    pub bundle: Option<PathBuf>,
    /// Every event, in order.
    pub events: Vec<Record>,
}

impl RunResult {
    /// The report of the run.
    pub fn report(&self) -> Result<Report, ReportError> {
        match &self.bundle {
            Some(folder) => Report::of_bundle(&Bundle::open(folder)?),
            None => Report::from_events(&self.events),
        }
    }
}

/// Why a run could not be begun, or its record not be finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The emulated lab cannot be served.
    #[error(transparent)]
    Emulation(#[from] ServeError),
    /// The recorded lab cannot be used.
    #[error(transparent)]
    Recorded(#[from] RecordedLabError),
    /// Another run works on the lab, or the state folder cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An earlier run left changes behind that could not be undone.
    #[error(transparent)]
    LeftBehind(#[from] RestoreError),
    /// The bundle's folder cannot be used.
    #[error("{0}")]
    NoBundle(#[source] WriteError),
    /// The bundle cannot be written: what was decided cannot be proved.
    #[error(transparent)]
    Bundle(#[from] WriteError),
    /// The bundle cannot be read back.
    #[error(transparent)]
    ReadBack(#[from] BundleError),
    /// A report cannot be made.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A device's thread cannot be started.
    #[error("cannot start a thread for each device: {0}")]
    Thread(#[from] std::io::Error),
}

impl From<RunStopped> for RunError {
    fn from(stopped: RunStopped) -> Self {
        match stopped {
            RunStopped::Journal(error) => error.into(),
            RunStopped::State(error) => error.into(),
            RunStopped::LeftBehind(error) => error.into(),
        }
    }
}

impl RunError {
    /// Exit code of the command: 2 where the inventory or the bundle's folder is wrong, 3 where nothing could be
    /// decided.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Emulation(_) | Self::Recorded(_) | Self::NoBundle(_) => 2,
            _ => 3,
        }
    }
}

/// Carries out a plan on the lab that it names and tells every event to `observe`.
pub fn run(plan: &Plan, options: RunOptions, observe: &mut dyn FnMut(&Record)) -> Result<RunResult, RunError> {
    let lab: Arc<dyn Lab> = match plan.lab.kind {
        LabKind::Live => Arc::new(LiveLab::new(&plan.lab)),
        LabKind::Emulated => Arc::new(EmulatedLab::start(&plan.lab)?),
        LabKind::Recorded => Arc::new(RecordedLab::open(&plan.lab.path)?),
    };
    run_on(plan, &lab, options, observe)
}

/// Carries out a plan on a lab.
pub(crate) fn run_on(
    plan: &Plan,
    lab: &Arc<dyn Lab>,
    options: RunOptions,
    observe: &mut dyn FnMut(&Record),
) -> Result<RunResult, RunError> {
    let started = Utc::now();
    let run_id = new_run_id(started);
    let owner = Owner::this_process(&options.command_line);
    let redactor = Arc::new(Redactor::default());
    let names = devices_needed(plan);

    if let Some(location) = &options.bundle {
        BundleWriter::check(location).map_err(RunError::NoBundle)?;
    }
    let guard = Guard::of(plan, lab, &options, &run_id, &owner, &redactor)?;
    let writer = match &options.bundle {
        Some(location) => {
            let name = bundle_name(plan);
            let writer = BundleWriter::create(location, &name, started, &plan.inputs, &redactor);
            Some(writer.map_err(RunError::NoBundle)?)
        }
        None => None,
    };
    let bundle = writer.as_ref().map(|writer| writer.folder().to_path_buf());
    let inputs = writer
        .as_ref()
        .map(|writer| writer.inputs().to_vec())
        .unwrap_or_default();
    let mut recorder = Recorder::new(writer, Arc::clone(&redactor), observe);
    recorder.emit(Event::RunStarted(run_started(plan, lab, &options, &run_id, inputs)));
    for notice in &guard.notices {
        recorder.warn(None, notice.clone());
    }
    let mut engine = Engine {
        lab: Arc::clone(lab),
        devices: Devices::start(
            names.clone(),
            lab,
            options.jobs.unwrap_or(names.len()),
            &redactor,
            &options.interrupt,
        )?,
        recorder,
        interrupt: options.interrupt.clone(),
        journal: guard.journal.clone(),
        allow_changes: options.allow_changes,
        undo_patience: options.undo_patience,
        run_id,
        owner,
        bundle: bundle.as_deref().and_then(|folder| std::path::absolute(folder).ok()),
        lab_reference: lab_reference(plan),
        next_change: 0,
        prompt_names: vec![None; names.len()],
        gone: vec![false; names.len()],
    };
    engine.connect();
    let suites = engine.run_suites(&plan.suites);
    let interrupted = options.interrupt.is_raised();
    let verdict = if interrupted {
        Verdict::of_all([suites, Verdict::Inconclusive])
    } else {
        suites
    };
    let exit_code = exit_code(verdict, interrupted);
    let Engine {
        mut recorder, devices, ..
    } = engine;
    recorder.emit(Event::RunFinished(RunFinished {
        verdict,
        exit_code,
        interrupted,
    }));
    devices.close();
    let (writer, events, failed) = recorder.finish();
    if let Some(failed) = failed {
        return Err(failed.into());
    }
    if let Some(writer) = &writer {
        write_reports(writer)?;
    }
    drop(guard);
    Ok(RunResult {
        verdict,
        exit_code,
        interrupted,
        bundle,
        events,
    })
}

/// The exit code of a run: a run that shows nothing is not green.
pub(crate) fn exit_code(verdict: Verdict, interrupted: bool) -> u8 {
    match verdict {
        _ if interrupted => 130,
        Verdict::Pass => 0,
        Verdict::Fail => 1,
        Verdict::Inconclusive | Verdict::Skipped => 3,
    }
}

/// What keeps a run and its lab to themselves, and what was put right before it.
#[derive(Default)]
struct Guard {
    journal: Option<Journal>,
    notices: Vec<String>,
    _lab: Option<LabLock>,
    _run: Option<RunLock>,
}

impl Guard {
    fn of(
        plan: &Plan,
        lab: &Arc<dyn Lab>,
        options: &RunOptions,
        run_id: &str,
        owner: &Owner,
        redactor: &Redactor,
    ) -> Result<Self, RunError> {
        let changes = plan.suites.iter().any(may_change);
        let state = match &options.state {
            Some(state) => Ok(state.clone()),
            None => StateFolder::of_environment(),
        };
        match lab.kind() {
            LabKind::Live => Self::of_live(plan, lab, options, &state?, run_id, owner, redactor),
            // Such a lab ends with this process and its changes with it: the journal is only to tell of it.
            LabKind::Emulated if changes => Ok(state
                .and_then(|state| Self::of_emulated(&state, run_id, owner))
                .unwrap_or_default()),
            LabKind::Emulated | LabKind::Recorded => Ok(Self::default()),
        }
    }

    fn of_live(
        plan: &Plan,
        lab: &Arc<dyn Lab>,
        options: &RunOptions,
        state: &StateFolder,
        run_id: &str,
        owner: &Owner,
        redactor: &Redactor,
    ) -> Result<Self, RunError> {
        let endpoints: Vec<String> = plan
            .lab
            .devices
            .iter()
            .map(|device| lab.endpoint(&device.name))
            .collect();
        let locked = LabLock::acquire(state, &endpoints, owner)?;
        let alive = RunLock::acquire(state, run_id, owner)?;
        let journal = Journal::open(state)?;
        let notices = restore::before_a_run(state, &journal, plan, lab, options.undo_patience, redactor)?;
        Ok(Self {
            journal: Some(journal),
            notices,
            _lab: Some(locked),
            _run: Some(alive),
        })
    }

    fn of_emulated(state: &StateFolder, run_id: &str, owner: &Owner) -> Result<Self, StateError> {
        let alive = RunLock::acquire(state, run_id, owner)?;
        Ok(Self {
            journal: Journal::open(state).ok(),
            notices: Vec::new(),
            _lab: None,
            _run: Some(alive),
        })
    }
}

fn may_change(suite: &PlannedSuite) -> bool {
    !suite.setup.is_empty() || suite.cases.iter().any(|case| case.selected && !case.changes.is_empty())
}

fn lab_reference(plan: &Plan) -> LabReference {
    LabReference {
        name: plan.lab.name.clone(),
        kind: plan.lab.kind,
        path: std::path::absolute(&plan.lab.path).unwrap_or_else(|_| plan.lab.path.clone()),
    }
}

fn bundle_name(plan: &Plan) -> String {
    plan.suites
        .first()
        .map(|suite| suite.info.name.clone())
        .unwrap_or_default()
}

/// The devices that the selected cases ask or change, in the lab's order.
fn devices_needed(plan: &Plan) -> Vec<String> {
    let mut needed = std::collections::BTreeSet::new();
    for suite in &plan.suites {
        for case in suite.cases.iter().filter(|case| case.selected && case.skip.is_none()) {
            needed.extend(
                suite
                    .setup
                    .iter()
                    .chain(&case.changes)
                    .map(|change| change.device.clone()),
            );
            for phrase in case.expect.iter().chain(&case.afterwards) {
                needed.extend(phrase.devices().map(str::to_owned));
            }
        }
    }
    let lab = plan.lab.devices.iter().map(|device| device.name.clone());
    lab.filter(|device| needed.contains(device)).collect()
}

fn run_started(
    plan: &Plan,
    lab: &Arc<dyn Lab>,
    options: &RunOptions,
    run_id: &str,
    inputs: Vec<InputFile>,
) -> RunStarted {
    RunStarted {
        format: EVENT_FORMAT,
        netverdict: env!("CARGO_PKG_VERSION").into(),
        run: run_id.into(),
        command_line: options.command_line.clone(),
        suites: plan.suites.iter().map(|suite| suite.info.clone()).collect(),
        lab: LabInfo {
            name: plan.lab.name.clone(),
            kind: plan.lab.kind,
            path: plan.lab.path.display().to_string(),
            devices: plan
                .lab
                .devices
                .iter()
                .map(|device| DeviceInfo {
                    name: device.name.clone(),
                    platform: device.platform.name().into(),
                    address: lab.endpoint(&device.name),
                    facts: device.facts.clone(),
                })
                .collect(),
            links: plan.lab.links.clone(),
        },
        changes_allowed: options.allow_changes,
        inputs,
    }
}

/// Writes the reports of a bundle that is complete.
fn write_reports(writer: &BundleWriter) -> Result<(), RunError> {
    let bundle = Bundle::open(writer.folder())?;
    for (name, text) in [
        ("report.html", reports::html::render(&bundle)?),
        ("report.json", reports::json::render(&bundle)?),
        ("junit.xml", reports::junit::render(&bundle)?),
    ] {
        writer.write(name, text.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
