//! Measuring: how long traffic was interrupted, what switched, and how load was shared, from plain observations.
//!
//! Everything here works on [`Observation`]s (flow, lane, instant, sequence, send time) and knows no packet format.
//! Instants and durations are whole nanoseconds. Every number is a [`Measured`]: estimate, bounds, method, resolution.

pub mod balance;
mod duration;
mod finding;
mod limit;
mod measured;
mod observation;
pub mod outage;
mod sequence;

pub use duration::Nanoseconds;
pub use finding::{Finding, FindingKind, Spoils};
pub use limit::{Comparison, Decision, Limit, Sampling};
pub use measured::{Measured, Method, Unit};
pub use observation::{FlowId, FlowSink, LaneId, Observation};
pub use sequence::SequenceSpace;
