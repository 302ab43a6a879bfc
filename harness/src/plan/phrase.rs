//! Phrases understood, with the questions that they ask.

use checks::phrase::{Assertion, Phrase, PhraseError, Question, Scope, parse};
use reports::event::Level;

use super::build::{LAB, one_line};
use super::capture::{Captured, check_capture};
use super::fill::{Filled, Values, fill};
use super::{PlannedChange, PlannedPhrase};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::inventory::Inventory;
use crate::suite::Expectation;

/// Understands one phrase. Without a device its mistakes are looked for all the same.
pub(super) fn plan_phrase(
    expectation: &Expectation,
    device: Option<&str>,
    level: Level,
    values: Values<'_>,
    (origins, captured): (&[&PlannedChange], &Captured),
    mistakes: &mut Diagnostics,
) -> Option<PlannedPhrase> {
    let requirement = expectation
        .requirement
        .as_ref()
        .and_then(|text| fill(text, values, mistakes))
        .map(|text| text.text);
    let filled = fill(&expectation.phrase, values, mistakes)?;
    let scope = match device {
        Some(LAB) => Scope::Lab,
        Some(name) if captured.points.iter().any(|point| point.name == name) => Scope::Capture,
        _ => Scope::Device,
    };
    let mut phrase = match parse(&filled.text, scope) {
        Ok(phrase) => phrase,
        Err(error) => {
            mistakes.push(mistake_of(&filled, &error));
            return None;
        }
    };
    let device = device?;
    let checked = name_origin(&mut phrase, &filled, origins)
        .and_then(|()| check_devices(&phrase, &filled, values.lab))
        .and_then(|()| check_capture(&phrase, &filled, captured));
    if let Err(mistake) = checked {
        mistakes.push(*mistake);
        return None;
    }
    match questions_of(&phrase, device, values.lab) {
        Ok(questions) => Some(PlannedPhrase {
            device: device.to_owned(),
            written: one_line(&expectation.phrase.text),
            phrase,
            level: expectation.level.unwrap_or(level),
            requirement,
            source: expectation.phrase.source(),
            questions,
        }),
        Err(reason) => {
            mistakes.push(filled.mistake(0..filled.text.len(), reason));
            None
        }
    }
}

/// A phrase's mistake at its place in the file.
pub(crate) fn mistake_of(filled: &Filled, error: &PhraseError) -> Diagnostic {
    let mut mistake = filled.mistake(error.span.clone(), error.message.clone());
    if let Some(expectation) = error.expectation() {
        mistake = mistake.label(format!("expected {expectation}"));
    }
    if let Some(nearest) = &error.nearest {
        mistake = mistake.help(format!("did you mean `{nearest}`?"));
    }
    if let Some(note) = &error.note {
        mistake = mistake.help(note.clone());
    }
    mistake
}

/// Ties `after NAME` to one change, by the name that the change has.
fn name_origin(phrase: &mut Phrase, filled: &Filled, origins: &[&PlannedChange]) -> Result<(), Box<Diagnostic>> {
    let Some(after) = phrase.timing.after.clone() else {
        return Ok(());
    };
    let named: Vec<&&PlannedChange> = origins
        .iter()
        .filter(|change| change.name.eq_ignore_ascii_case(&after))
        .collect();
    let exact: Vec<&&PlannedChange> = named.iter().copied().filter(|change| change.name == after).collect();
    let found = if exact.is_empty() { named } else { exact };
    let place = place_of(filled, &after);
    match found.as_slice() {
        [one] => {
            phrase.timing.after = Some(one.name.clone());
            Ok(())
        }
        [] => {
            let known = origins.iter().map(|change| change.name.as_str());
            let mistake = filled.mistake(place, format!("no change is named `{after}`"));
            Err(Box::new(if origins.is_empty() {
                mistake.help("the case changes nothing")
            } else {
                mistake.nearest(&after, known)
            }))
        }
        several => {
            let list: Vec<String> = several
                .iter()
                .map(|change| format!("`{}` on {}", change.written, change.device))
                .collect();
            Err(Box::new(
                filled
                    .mistake(place, format!("`{after}` names {} changes", several.len()))
                    .help(format!("{}; give each its own `name`", list.join(", "))),
            ))
        }
    }
}

/// Every device that a phrase under `lab` names must be of the lab.
fn check_devices(phrase: &Phrase, filled: &Filled, lab: &Inventory) -> Result<(), Box<Diagnostic>> {
    match phrase.devices().into_iter().find(|device| lab.device(device).is_none()) {
        None => Ok(()),
        Some(unknown) => {
            let known = lab.devices.iter().map(|device| device.name.as_str());
            let place = place_of(filled, unknown);
            Err(Box::new(
                filled
                    .mistake(place, format!("unknown device `{unknown}`"))
                    .nearest(unknown, known),
            ))
        }
    }
}

/// Where a word stands last in the filled text; all of it where it does not stand as a word of its own.
pub(super) fn place_of(filled: &Filled, word: &str) -> std::ops::Range<usize> {
    let text = &filled.text;
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    text.rmatch_indices(word)
        .find(|(at, _)| is_edge(text[..*at].chars().next_back()) && is_edge(text[at + word.len()..].chars().next()))
        .map_or(0..text.len(), |(at, _)| at..at + word.len())
}

/// What is to be asked, of which device.
pub(crate) fn questions_of(phrase: &Phrase, device: &str, lab: &Inventory) -> Result<Vec<Question>, String> {
    if matches!(phrase.assertion, Assertion::Capture(_)) {
        return Ok(Vec::new());
    }
    let asked: Vec<&str> = if device == LAB { phrase.devices() } else { vec![device] };
    let mut questions = Vec::new();
    for device in asked {
        let platform = lab
            .device(device)
            .ok_or_else(|| format!("unknown device `{device}`"))?
            .platform;
        questions.extend(phrase.questions(platform, device).map_err(|error| error.to_string())?);
    }
    if questions.is_empty() {
        return Err("the phrase asks no device anything".to_owned());
    }
    Ok(questions)
}

impl PlannedPhrase {
    /// The canonical form, timing included.
    pub fn canonical(&self) -> String {
        self.phrase.to_string()
    }

    /// The devices that it asks.
    pub fn devices(&self) -> impl Iterator<Item = &str> {
        self.questions.iter().map(|question| question.device.as_str())
    }
}
