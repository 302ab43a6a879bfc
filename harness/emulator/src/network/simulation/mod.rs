//! The network in simulated time: what happens when something changes, and when.

mod chance;
mod delays;
mod history;
mod links;
mod message;
mod moment;
mod schedule;

pub use chance::{draw, seed_of};
pub use delays::Delays;
pub use history::{DeviceEpoch, End, Fib, History, Hop, Walk};
pub use links::{Condition, Way, both_ways};
pub use message::{BfdPacket, BfdTrain, BfdTransition, KeepaliveKind, KeptAlive, Message, RouterLsa, Says, Travels};
pub use moment::Moment;
pub use schedule::Schedule;
