//! One phrase outside any suite: on a command line, or in code.

use checks::phrase::{Phrase, Question, Scope, parse};
use granit_parser::ScalarStyle;

use super::build::LAB;
use super::fill::{Values, fill};
use super::phrase::{mistake_of, questions_of};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::inventory::Inventory;
use crate::source::{SourceFile, Written};
use crate::suite::Row;

/// A phrase and what it asks.
#[derive(Debug, Clone)]
pub struct Sentence {
    /// The phrase with the lab's facts filled in.
    pub text: String,
    /// The phrase.
    pub phrase: Phrase,
    /// What is to be asked of the lab.
    pub questions: Vec<Question>,
}

impl Sentence {
    /// Understands a phrase about a device of a lab, or about the lab for the device `lab`. Facts are filled in.
    pub fn new(text: &str, device: &str, lab: &Inventory) -> Result<Sentence, Diagnostics> {
        let file = SourceFile::new("phrase", "", text);
        let written = Written::new(&file, 0..text.len(), text, ScalarStyle::Literal);
        let mut mistakes = Diagnostics::default();
        let no_row = Row::new();
        let filled = fill(&written, Values { lab, row: &no_row }, &mut mistakes);
        let Some(filled) = filled else { return Err(mistakes) };
        if device != LAB && lab.device(device).is_none() {
            let known = lab.devices.iter().map(|device| device.name.as_str());
            return Err(Diagnostic::general(format!("unknown device `{device}`"))
                .nearest(device, known)
                .into());
        }
        let scope = if device == LAB { Scope::Lab } else { Scope::Device };
        let phrase = parse(&filled.text, scope).map_err(|error| mistake_of(&filled, &error))?;
        let questions =
            questions_of(&phrase, device, lab).map_err(|reason| filled.mistake(0..filled.text.len(), reason))?;
        Ok(Sentence {
            text: filled.text,
            phrase,
            questions,
        })
    }
}
