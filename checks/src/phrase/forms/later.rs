//! Phrases of the language that this version cannot decide yet: they get a clear answer, not a far-fetched guess.

use crate::phrase::error::PhraseError;
use crate::phrase::token::Token;

/// First words, and what such phrases are about. `*` stands for any one token.
const LATER: &[(&[&str], &str)] = &[
    (&["flow", "labels", "of"], "flow-label phrases between devices"),
    (&["vsi"], "VSI phrases"),
    (&["every", "vsi"], "VSI phrases"),
    (&["every", "pw"], "VSI phrases"),
];

/// The error of a phrase that belongs to the language and cannot be decided yet.
pub(in crate::phrase) fn not_available_yet(tokens: &[Token]) -> Option<PhraseError> {
    let (_, kind) = LATER.iter().find(|(words, _)| {
        tokens.len() >= words.len()
            && words
                .iter()
                .zip(tokens)
                .all(|(word, token)| *word == "*" || token.is_word(word))
    })?;
    let span = tokens.first()?.span.start..tokens.last()?.span.end;
    Some(PhraseError::new(
        span,
        format!("{kind} are not available in this version"),
    ))
}
