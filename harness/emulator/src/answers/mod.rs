//! Where answers about the state of the network come from.

mod computed;
mod print;
mod recording;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::configuration::Configuration;

pub use computed::Computed;
pub use recording::{RecordedDevice, Recording};

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
    /// There is nothing to answer from.
    #[error("The lab has no recording of protocol tables.")]
    NoSource,
    /// The committed configurations are not those of any state that is known.
    #[error("The recording holds no answer for the present configuration.")]
    UnknownState,
    /// The state is known, the answer is not.
    #[error("The recording of the state `{state}` holds no answer to `{command}`.")]
    UnknownCommand {
        /// The state.
        state: String,
        /// The command.
        command: String,
    },
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
}

/// The source of a lab that has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoAnswers;

impl AnswerSource for NoAnswers {
    fn answer(&self, _: &Question<'_>) -> Result<String, NoAnswer> {
        Err(NoAnswer::NoSource)
    }
}
