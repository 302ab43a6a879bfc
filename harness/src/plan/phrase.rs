//! Phrases understood, with the questions that they ask.

use reports::event::Level;

use super::build::one_line;
use super::fill::{Values, fill};
use super::{PlannedChange, PlannedPhrase};
use crate::diagnostic::Diagnostics;
use crate::suite::Expectation;

/// Understands one phrase. Without a device its mistakes are looked for all the same.
pub(super) fn plan_phrase(
    expectation: &Expectation,
    device: Option<&str>,
    level: Level,
    values: Values<'_>,
    origins: &[&PlannedChange],
    mistakes: &mut Diagnostics,
) -> Option<PlannedPhrase> {
    let _ = origins;
    let requirement = expectation
        .requirement
        .as_ref()
        .and_then(|text| fill(text, values, mistakes))
        .map(|text| text.text);
    let filled = fill(&expectation.phrase, values, mistakes)?;
    Some(PlannedPhrase {
        device: device?.to_owned(),
        written: one_line(&expectation.phrase.text),
        text: filled.text,
        level: expectation.level.unwrap_or(level),
        requirement,
        source: expectation.phrase.source(),
    })
}

impl PlannedPhrase {
    /// The canonical form, timing included.
    pub fn canonical(&self) -> String {
        one_line(&self.text)
    }

    /// The commands that it needs, each with the device that is asked.
    pub fn commands(&self) -> impl Iterator<Item = (&str, &str)> {
        std::iter::empty()
    }

    /// The devices that it asks.
    pub fn devices(&self) -> Vec<&str> {
        vec![&self.device]
    }
}
