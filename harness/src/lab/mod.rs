//! Labs: what answers a run's questions.

mod emulated;
pub mod generated;
mod live;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reports::event::{LabKind, Part};

use crate::inventory::InventoryError;
use crate::plan::{PlannedFault, PlannedLink, PlannedTraffic};
use crate::session::{Configured, DeviceSession, Secret, SessionError};

pub use emulated::{EmulatedLab, ServeError, Serving, lab_spec};
pub(crate) use emulated::{impairment, random_password};
pub use live::LiveLab;

/// Why a session cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The inventory does not say all that is needed, or a credential is missing.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// The session failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The lab has no such device.
    #[error("the lab has no device {0}")]
    NoSuchDevice(String),
}

impl OpenError {
    /// Whether trying again would do no good, or harm: a locked account, a key that somebody put in between.
    pub fn is_hopeless(&self) -> bool {
        match self {
            Self::Inventory(_) | Self::NoSuchDevice(_) => true,
            Self::Session(error) => matches!(
                error,
                SessionError::HostKeyUnknown { .. }
                    | SessionError::HostKeyChanged { .. }
                    | SessionError::HostKeyRevoked { .. }
                    | SessionError::KnownHostsUnreadable { .. }
                    | SessionError::AuthenticationFailed { .. }
                    | SessionError::AgentNotAvailable { .. }
                    | SessionError::KeyFileUnreadable { .. }
                    | SessionError::KeyNeedsPassphrase { .. }
                    | SessionError::PasswordExpired { .. }
            ),
        }
    }
}

/// What an earlier run said of the captures that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedWatch {
    /// From when ports were captured.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// When traffic was stopped, where some was sent.
    pub traffic_stopped: Option<DateTime<Utc>>,
    /// When the network was changed meanwhile.
    pub changed: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// Whether an emulated lab wrote them.
    pub emulated: bool,
}

/// A port and the time for which it is captured.
#[derive(Debug, Clone, Copy)]
pub struct CapturedPort<'a> {
    /// Its device.
    pub device: &'a str,
    /// The port.
    pub interface: &'a str,
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
}

/// A fault that is in force.
#[derive(Debug, Clone)]
pub struct FaultMade {
    /// By what it is ended.
    pub handle: u64,
    /// When it began.
    pub began: Configured,
}

/// A lab as a run uses it: a source of sessions.
pub trait Lab: Send + Sync {
    /// Live devices, emulated ones or a recorded bundle.
    fn kind(&self) -> LabKind;

    /// Opens a session. Every secret that is needed for it goes to `learn` before it is used.
    fn open(&self, device: &str, learn: &dyn Fn(&Secret)) -> Result<Box<dyn DeviceSession>, OpenError>;

    /// Address and port of a device, or `emulated` or `recorded`.
    fn endpoint(&self, device: &str) -> String;

    /// Longest time for one command's whole answer.
    fn command_timeout(&self, device: &str) -> Duration;

    /// Whether the lab's owner lets this device be changed, apart from the command line's consent; `None` where the
    /// lab is ours and needs neither.
    fn allows_changes(&self, device: &str) -> Option<bool>;

    /// Told when a case begins, by suite and case name: a recorded lab turns to its answers to that case, and says what
    /// time of the recorded run it is then.
    fn case_begins(&self, _suite: &str, _case: &str) -> Option<DateTime<Utc>> {
        None
    }

    /// Whether time passes by itself. Where it does not, nothing is waited for: answers carry the times at which they
    /// were recorded.
    fn has_clock(&self) -> bool {
        true
    }

    /// Breaks a link until [`Lab::end_fault`]. `lines` say what is done, and tell it from others in a recorded lab.
    ///
    /// # Errors
    /// Why it cannot be broken.
    fn make_fault(&self, _fault: &PlannedFault, _lines: &[String]) -> Result<FaultMade, String> {
        Err("the links of this lab are not netverdict's to break".to_owned())
    }

    /// Ends a fault; `lines` say that.
    ///
    /// # Errors
    /// Why it cannot be ended.
    fn end_fault(&self, _handle: u64, _lines: &[String]) -> Result<Configured, String> {
        Err("the links of this lab are not netverdict's to mend".to_owned())
    }

    /// Sends traffic until [`Lab::stop_traffic`].
    ///
    /// # Errors
    /// Why it cannot be sent.
    fn start_traffic(&self, _traffic: &[PlannedTraffic]) -> Result<(), String> {
        Err("this version sends traffic in emulated labs alone".to_owned())
    }

    /// Ends all traffic.
    fn stop_traffic(&self) {}

    /// Writes what a mirror of a port saw between two moments, both directions, as a capture file that is not there yet.
    ///
    /// # Errors
    /// Why there is no such capture.
    fn capture(&self, _port: &CapturedPort<'_>, _into: &Path) -> Result<(), String> {
        Err("this version captures ports in emulated labs alone; a capture that was taken otherwise is named by `{file: …}`".to_owned())
    }

    /// What an earlier run said of the captures that it took in the present case, where all answers are of such a run.
    fn recorded_watch(&self, _part: Part) -> Option<RecordedWatch> {
        None
    }

    /// The captures of a link that an earlier run of the present case kept, each with its path within the bundle, where
    /// all answers are of such a run. None where they are to be taken anew.
    fn kept_captures(
        &self,
        _part: Part,
        _point: &str,
        _link: &PlannedLink,
    ) -> Option<Result<Vec<(PathBuf, String)>, String>> {
        None
    }

    /// The present moment on the lab's clock.
    fn now(&self) -> std::time::Instant {
        std::time::Instant::now()
    }
}
