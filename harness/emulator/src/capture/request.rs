//! What a capture is asked for, and why it may be refused.

use std::path::PathBuf;
use std::time::Duration;

use super::file::CaptureFormat;
use crate::fault::Direction;
use crate::network::Moment;

/// Most packets that one capture may hold.
pub const MOST_PACKETS: u64 = 100_000_000;
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
    /// What is seen, from the device's view.
    pub direction: Direction,
}

/// What a capture is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureRequest {
    /// Where it is taken; several points may go into one file.
    pub points: Vec<CapturePoint>,
    /// When it begins.
    pub from: Moment,
    /// When it ends; not in the future. What passes at this instant is not seen any more.
    pub to: Moment,
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
    #[error("the answers of this lab are not computed: only a computed lab has packets to capture")]
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
    /// The device has no such port, or the port has no link.
    #[error(
        "{device} has no link at a port `{interface}`: a capture is taken at a port, and sees its sub-interfaces too"
    )]
    NoLink {
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
    NotYet(Duration),
    /// The window begins before what the lab remembers.
    #[error("the capture begins {0:?} before what the lab remembers")]
    Forgotten(Duration),
    /// The network was not computed in the window, or in a part of it.
    #[error("nothing is known of a part of the capture: {0}")]
    NotModelled(String),
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
