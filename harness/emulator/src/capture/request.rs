//! What a capture is asked for, and why it may be refused.

use std::path::PathBuf;
use std::time::SystemTime;

use super::file::{CaptureFormat, Direction};

/// Most packets that one capture may hold.
pub const MOST_PACKETS: u64 = 200_000_000;
/// Most observation points of one capture.
pub const MOST_POINTS: usize = 1_000;

/// A mirrored port.
///
/// It sees what the port sends, also what is lost on the link behind it, and what reaches the port. The two ends of a
/// link are two points; one of them is enough to see the link as that end sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturePoint {
    /// Name of the device.
    pub device: String,
    /// Name of the port, in any spelling that the command line accepts. Packets of its sub-interfaces carry their tags.
    pub interface: String,
    /// The only direction that is seen; `None` sees both.
    pub direction: Option<Direction>,
}

/// What a capture is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureRequest {
    /// Where it is taken; several points may go into one file.
    pub points: Vec<CapturePoint>,
    /// When it begins.
    pub from: SystemTime,
    /// When it ends; not in the future. What passes at this instant is not seen any more.
    pub to: SystemTime,
    /// The format of the file.
    pub format: CaptureFormat,
}

/// What a capture holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureSummary {
    /// How many packets passed each point, in the order of the request.
    pub packets: Vec<u64>,
}

/// Why a capture was refused or could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The lab answers from a recording.
    #[error("the lab answers from a recording: only a computed lab has packets to capture")]
    NotComputed,
    /// No point was given.
    #[error("a capture needs at least one port")]
    NoPoint,
    /// Too many points.
    #[error("{0} ports in one capture: up to {MOST_POINTS} are possible")]
    TooManyPoints(usize),
    /// The lab has no such device.
    #[error("the lab has no device `{0}`")]
    UnknownDevice(String),
    /// The device has no such port.
    #[error("{device} has no port `{interface}`: a capture is taken at a port, and sees its sub-interfaces too")]
    UnknownInterface {
        /// The device.
        device: String,
        /// What was given.
        interface: String,
    },
    /// Two points are the same.
    #[error("{0} stands twice in one capture")]
    PointTwice(String),
    /// The window is empty.
    #[error("the capture ends before it begins")]
    Backwards,
    /// The window is not over yet.
    #[error("the capture ends {0:?} from now: only what has happened can be captured")]
    NotYet(std::time::Duration),
    /// The window begins before what the lab remembers.
    #[error("the capture begins {0:?} before what the lab remembers")]
    Forgotten(std::time::Duration),
    /// More packets than a capture may hold.
    #[error("up to {0} packets in one capture: {MOST_PACKETS} are possible; take a shorter one, or fewer ports")]
    TooLarge(u64),
    /// The file could not be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The capture could not be written.
    #[error("cannot write the capture: {0}")]
    Write(#[from] std::io::Error),
}
