//! Phrases: one assertion each, their grammar, their canonical form and how they are decided.
//!
//! Every form stands in one table ([`forms`]). [`parse`] reads a phrase, its `Display` prints the canonical form,
//! [`Phrase::questions`] says what to ask a device, [`decide`] decides on the answers, and [`TimingFold`] applies the
//! timing words to a row of decisions. Nothing here asks a device or reads a clock.

mod assertion;
mod condition;
mod count;
mod decide;
mod error;
mod explain;
mod fold;
mod forms;
mod matcher;
mod pattern;
mod questions;
mod rd;
mod redacted;
mod reference;
mod regex_pattern;
#[cfg(test)]
mod round_trip;
mod slot;
mod timing;
mod timing_words;
mod token;
mod words;

use std::fmt;

pub use assertion::{
    Assertion, BalanceMode, BgpFamily, Bound, CaptureAssertion, ConfigAssertion, ConfigTest, ErrorDirection,
    FlowSelection, HopTest, LabAssertion, NextHopTest, Phase, PingAssertion, PingTest, Predicate, RouteAssertion,
    RouteClauses, RowName, RowsAssertion, Subject, TracerouteAssertion, TracerouteTest, VpnInstanceAssertion,
    VpnInstanceTest, Which, WithdrawalProtocol,
};
pub use condition::{Condition, FieldPath, Operand, Relation};
pub use count::Count;
pub use decide::{Observation, decide};
pub use error::PhraseError;
pub use explain::{CommandOn, Explanation, explain};
pub use fold::{Next, Sample, TimedOutcome, TimingFold};
pub use forms::{Form, Scope, forms};
pub use questions::{Platform, Question, Unsupported};
pub use rd::RouteDistinguisher;
pub use redacted::REDACTED;
pub use reference::reference_markdown;
pub use regex_pattern::RegexPattern;
pub use timing::{Timing, duration};
pub use words::ProtocolName;

use forms::Problem;
use matcher::{Furthest, Matcher};
use token::Token;

/// One assertion with its timing words. Prints itself in the canonical form, which reads back as the same phrase.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    /// What must be true.
    pub assertion: Assertion,
    /// When.
    pub timing: Timing,
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.assertion.fmt(f)?;
        let timing = self.timing.to_string();
        if timing.is_empty() {
            Ok(())
        } else {
            write!(f, " {timing}")
        }
    }
}

/// A phrase as one form reads it.
struct Understood {
    form: &'static Form,
    phrase: Phrase,
}

/// Reads a phrase that stands under a device or under `lab`.
///
/// # Errors
/// The mistake with its place, what was expected there and the nearest valid word; or, for a phrase with several
/// meanings, its readings.
pub fn parse(text: &str, scope: Scope) -> Result<Phrase, PhraseError> {
    understand(text, scope).map(|understood| understood.phrase)
}

/// Reads a phrase and says which form it is of.
fn understand(text: &str, scope: Scope) -> Result<Understood, PhraseError> {
    let tokens = token::tokens(text)?;
    if let Some(error) = unfilled_fact(&tokens) {
        return Err(error);
    }
    let error = match read(&tokens, text.len(), scope) {
        Ok(understood) => return Ok(understood),
        Err(error) => error,
    };
    for (elsewhere, message) in [
        (
            Scope::Device,
            "this phrase is about one device; write it under that device's name",
        ),
        (
            Scope::Capture,
            "this phrase is about captures; write it under `lab` or a point of observation",
        ),
        (Scope::Lab, "this phrase is between devices; write it under `lab`"),
    ] {
        if elsewhere != scope && read(&tokens, text.len(), elsewhere).is_ok() {
            return Err(PhraseError::new(0..text.len(), message));
        }
    }
    Err(forms::not_available_yet(&tokens).unwrap_or(error))
}

/// All readings of the tokens: the only one, or an error.
fn read(tokens: &[Token], length: usize, scope: Scope) -> Result<Understood, PhraseError> {
    let mut furthest = Furthest::default();
    let mut understood: Vec<Understood> = Vec::new();
    let mut mistake: Option<PhraseError> = None;
    for (index, (form, nodes)) in forms::compiled().iter().enumerate() {
        let stands_here = form.scope == scope || (form.scope == Scope::Capture && scope == Scope::Lab);
        if !stands_here {
            continue;
        }
        for reading in Matcher::readings(tokens, nodes, &mut furthest) {
            match form.build(&reading.bindings) {
                Ok(Assertion::Capture(_)) if reading.timing != Timing::default() => {
                    mistake.get_or_insert(PhraseError::new(
                        0..length,
                        "a phrase about captures is decided once, on all of them: it takes no timing words",
                    ));
                }
                Ok(assertion) => {
                    let phrase = Phrase {
                        assertion,
                        timing: reading.timing,
                    };
                    if !understood.iter().any(|known| known.phrase == phrase) {
                        understood.push(Understood {
                            form: &forms::forms()[index],
                            phrase,
                        });
                    }
                }
                Err(Problem::Mistake(error)) => {
                    mistake.get_or_insert(error);
                }
                Err(Problem::OtherForm) => {}
            }
        }
    }
    match (understood.len(), mistake) {
        (1, _) => understood.pop().ok_or_else(|| furthest.into_error(tokens, length)),
        (0, Some(mistake)) => Err(mistake),
        (0, None) => Err(furthest.into_error(tokens, length)),
        _ => {
            let readings: Vec<String> = understood
                .iter()
                .map(|reading| format!("`{}`", reading.phrase))
                .collect();
            Err(PhraseError::new(0..length, "the phrase has several meanings")
                .noting(format!("it could be read as {}", readings.join(" or "))))
        }
    }
}

/// A fact that nobody filled in must never pass for a name.
fn unfilled_fact(tokens: &[Token]) -> Option<PhraseError> {
    let token = tokens.iter().find(|token| token.text.contains("${"))?;
    (token.kind != token::TokenKind::Regex).then(|| {
        PhraseError::new(
            token.span.clone(),
            format!("the fact `{}` is not filled in", token.text),
        )
        .noting("facts of the lab are filled in from its `facts` before a phrase is read")
    })
}
