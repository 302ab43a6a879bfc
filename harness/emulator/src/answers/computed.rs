//! Answers computed from the network that the committed configurations make, as it is at this instant.

use std::sync::Arc;

use super::print::{self, Asked, Unanswered};
use super::timed::Timed;
use super::{AnswerSource, NoAnswer, Question};
use crate::configuration::Configuration;

/// Answers from the state of a simulated network.
pub struct Computed {
    timed: Timed,
}

impl Computed {
    /// A source that answers from this network.
    pub fn new(timed: Timed) -> Self {
        Self { timed }
    }
}

impl AnswerSource for Computed {
    fn answer(&self, question: &Question<'_>) -> Result<String, NoAnswer> {
        let words: Vec<&str> = question.command.split(' ').collect();
        let (state, times) = {
            let mut simulation = self.timed.now();
            let state = simulation.state(question.device);
            let state = state.map_err(|error| NoAnswer::Refused(error.to_string()))?;
            (state, simulation.times(question.device))
        };
        let asked = Asked {
            state: &state,
            times: &times,
            calendar: self.timed.calendar(),
            running: question.running,
            device: question.device,
            words: &words,
        };
        print::answer(asked).map_err(|unanswered| match unanswered {
            Unanswered::Refused(message) => NoAnswer::Refused(message),
            Unanswered::NotComputed => NoAnswer::NotComputed(question.command.to_owned()),
        })
    }

    fn committed(&self, device: usize, configuration: &Arc<Configuration>) {
        self.timed.now().commit(device, configuration);
    }

    fn timed(&self) -> Option<&Timed> {
        Some(&self.timed)
    }
}
