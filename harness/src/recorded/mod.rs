//! A bundle as a lab: recorded answers instead of devices.

mod session;
mod timeline;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reports::bundle::{Bundle, BundleError};
use reports::event::LabKind;

use crate::lab::{Lab, OpenError};
use crate::session::{DeviceSession, Secret, SessionError};
use session::RecordedSession;
use timeline::Timeline;

/// Why a bundle cannot be used as a lab.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordedLabError {
    /// It cannot be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Its events do not begin with the start of a run.
    #[error("{0}: the events do not begin with the start of a run")]
    NoStart(String),
}

/// The answers of an earlier run, given again in the order in which they were recorded, and only in the state of the
/// network in which they were recorded.
pub struct RecordedLab {
    bundle: Arc<Bundle>,
    timeline: Arc<Mutex<Timeline>>,
    began: Instant,
}

impl RecordedLab {
    /// Reads a bundle. Evidence is read, and compared with its hash, when it is asked for.
    pub fn open(folder: &Path) -> Result<Self, RecordedLabError> {
        Self::of_bundle(Bundle::open(folder)?)
    }

    /// The lab of a bundle that is open.
    pub fn of_bundle(bundle: Bundle) -> Result<Self, RecordedLabError> {
        let timeline = Timeline::read(&bundle.events)
            .ok_or_else(|| RecordedLabError::NoStart(bundle.folder().display().to_string()))?;
        // Recorded times are counted from the start of that run; the instant they are mapped to means nothing else.
        let began = Instant::now();
        Ok(Self {
            bundle: Arc::new(bundle),
            timeline: Arc::new(Mutex::new(timeline)),
            began,
        })
    }

    fn timeline(&self) -> MutexGuard<'_, Timeline> {
        self.timeline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lab for RecordedLab {
    fn kind(&self) -> LabKind {
        LabKind::Recorded
    }

    fn open(&self, device: &str, _learn: &dyn Fn(&Secret)) -> Result<Box<dyn DeviceSession>, OpenError> {
        let timeline = self.timeline();
        match timeline.identity(device) {
            Ok(identity) => Ok(Box::new(RecordedSession {
                device: device.to_owned(),
                identity,
                bundle: Arc::clone(&self.bundle),
                timeline: Arc::clone(&self.timeline),
                began: self.began,
            })),
            Err(reason) => Err(OpenError::Session(SessionError::Unreachable {
                device: device.to_owned(),
                address: "the recorded lab".into(),
                reason,
            })),
        }
    }

    fn endpoint(&self, _device: &str) -> String {
        "recorded".into()
    }

    fn command_timeout(&self, _device: &str) -> Duration {
        Duration::from_secs(60)
    }

    fn allows_changes(&self, _device: &str) -> Option<bool> {
        None
    }

    fn case_begins(&self, suite: &str, case: &str) {
        self.timeline().case_begins(suite, case);
    }

    fn has_clock(&self) -> bool {
        false
    }

    fn now(&self) -> Instant {
        let passed = self.timeline().now();
        self.began.checked_add(passed).unwrap_or(self.began)
    }
}
