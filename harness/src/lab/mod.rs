//! Labs: what answers a run's questions.

mod emulated;
pub mod generated;
mod live;

use std::time::Duration;

use reports::event::LabKind;

use crate::inventory::InventoryError;
use crate::session::{DeviceSession, Secret, SessionError};

pub(crate) use emulated::random_password;
pub use emulated::{EmulatedLab, ServeError, Serving, lab_spec};
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

    /// Told when a case begins, by suite and case name: a recorded lab turns to its answers to that case.
    fn case_begins(&self, _suite: &str, _case: &str) {}

    /// Whether time passes by itself. Where it does not, nothing is waited for: answers carry the times at which they
    /// were recorded.
    fn has_clock(&self) -> bool {
        true
    }

    /// The present moment on the lab's clock.
    fn now(&self) -> std::time::Instant {
        std::time::Instant::now()
    }
}
