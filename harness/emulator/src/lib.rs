//! An emulated lab: every device of a lab presents a VRP V8 command line behind a real SSH server on loopback.
//!
//! [`RunningLab::start`] loads the devices' configurations and serves them. Any SSH client may log in, read the
//! configuration, change it with two-stage commit, and ask for tables, which are computed from the configurations.
//! See `docs/emulated-lab.md`.

mod answers;
mod capture;
mod configuration;
mod display;
mod error;
mod fault;
mod filter;
pub mod generate;
mod grammar;
mod host_key;
mod interface_name;
mod lab;
mod long_table;
#[allow(
    dead_code,
    unused_imports,
    reason = "some of what it tells is asked for by tests alone"
)]
mod network;
mod offline;
mod running_lab;
mod session;
mod shell;
mod spec;
mod ssh;
mod terminal;
mod traffic;

pub use capture::{CaptureError, CaptureFormat, CapturePoint, CaptureRequest, CaptureSummary};
pub use error::EmulatorError;
pub use fault::{Direction, Fault, FaultError, Impairment, ImpairmentId};
pub use network::{Delays, Moment};
pub use offline::OfflineLab;
pub use running_lab::{Ignored, RunningLab, ServedDevice};
pub use spec::{Clock, DeviceSpec, Endpoint, HostKeySource, LabSpec, LinkSpec, Misbehaviour, ServeOptions};
pub use traffic::{StartedTraffic, TrafficError, TrafficId, TrafficLimit, TrafficSpec};
