//! Traffic: constant-rate flows, and the way of their packets through the network as it is at each instant.

mod flow;
mod probe;
mod register;
mod schedule;
mod source;
mod walk;

pub use flow::{TrafficLimit, TrafficSpec};
pub use probe::Probe;
pub use register::{StartedTraffic, TrafficError, TrafficId};
#[cfg(test)]
pub use schedule::Schedule;
pub use source::{Traffic, departures};
pub use walk::{DataPlane, Hop, Path, PathCache};
