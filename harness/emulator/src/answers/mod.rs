//! Where answers about the state of the network come from.

mod calendar;
mod computed;
mod print;
#[cfg(test)]
pub(crate) mod tests;
mod timed;

use std::sync::Arc;

use crate::configuration::Configuration;

pub use calendar::Calendar;
pub use computed::Computed;
pub use timed::Timed;

/// A question about the state of the network, typed on one device.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Index of the device in the lab.
    pub device: usize,
    /// The command, every word in full and in its normal spelling.
    pub command: &'a str,
    /// The committed configuration of every device, in the order of the lab.
    pub running: &'a [Arc<Configuration>],
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The emulated lab does not compute this.
    #[error("The emulated lab computes no answer to `{0}`.")]
    NotComputed(String),
    /// There is no such thing on the device, or the network cannot be computed.
    #[error("{0}")]
    Refused(String),
}

/// Answers questions about the state of the network from the committed configurations of all devices.
pub trait AnswerSource: Send + Sync {
    /// The whole output of the command, lines ended by `\n`.
    fn answer(&self, question: &Question<'_>) -> Result<String, NoAnswer>;

    /// Told when a device's configuration has become another.
    fn committed(&self, _device: usize, _configuration: &Arc<Configuration>) {}

    /// The network that answers come from, if it is simulated.
    fn timed(&self) -> Option<&Timed> {
        None
    }
}
