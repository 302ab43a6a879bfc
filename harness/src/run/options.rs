//! How a run is to be carried out, what comes of it, and why it may not begin.

use std::path::PathBuf;
use std::time::Duration;

use checks::Verdict;
use reports::bundle::{Bundle, BundleError};
use reports::event::Record;
use reports::{Report, ReportError};

use super::Interrupt;
use crate::bundle::{BundleLocation, WriteError};
use crate::journal::JournalError;
use crate::lab::ServeError;
use crate::recorded::RecordedLabError;
use crate::restore::{RestoreError, RunStopped};
use crate::state::{StateError, StateFolder};

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
