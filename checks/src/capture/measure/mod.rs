//! Measuring: how long traffic was interrupted, what switched, and how load was shared, from plain observations.
//!
//! Everything here works on [`Observation`]s (flow, lane, instant, sequence, send time) and label stacks, and knows no packet
//! format.
//! Instants and durations are whole nanoseconds. Every number is a [`Measured`]: estimate, bounds, method, resolution.

pub mod anatomy;
pub mod balance;
mod clock;
mod convergence;
mod duration;
mod finding;
mod instant;
mod label_stacks;
mod limit;
mod measured;
mod observation;
pub mod outage;
pub mod plot;
mod presence;
mod rate;
mod sequence;

pub use clock::{Alignment, Crossing, PacketDigest, SeenPackets};
pub use convergence::Convergence;
pub use duration::Nanoseconds;
pub use finding::{Finding, FindingKind, Spoils};
pub use instant::Instant;
pub use label_stacks::{FlowStacks, LabelStacks, StackUse};
pub use limit::{Comparison, Decision, Limit, Sampling};
pub use measured::{Measured, Method, Unit};
pub use observation::{FlowId, FlowSink, LaneId, Observation};
pub use presence::Presence;
pub use rate::{RateError, RateOutage, by_rate};
pub use sequence::SequenceSpace;
