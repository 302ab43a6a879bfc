//! What is wrong with a phrase: where, what was expected there, and the nearest valid word.

use std::fmt;
use std::fmt::Write as _;
use std::ops::Range;

/// A phrase that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PhraseError {
    /// What is wrong, a lower-case fragment.
    pub message: String,
    /// The place within the phrase, in bytes; empty at its end where something is missing.
    pub span: Range<usize>,
    /// What could stand there, each as it would be written or described.
    pub expected: Vec<String>,
    /// The valid word nearest to what stands there.
    pub nearest: Option<String>,
    /// More help: a remedy, the readings of an ambiguous phrase.
    pub note: Option<String>,
}

impl PhraseError {
    /// An error at a place.
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span,
            expected: Vec::new(),
            nearest: None,
            note: None,
        }
    }

    pub(super) fn expecting(mut self, expected: &str) -> Self {
        self.expected.push(expected.to_owned());
        self
    }

    pub(super) fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    pub(super) fn suggesting(mut self, nearest: Option<String>) -> Self {
        self.nearest = nearest;
        self
    }

    /// The expectation in one line, the longest lists cut short.
    pub fn expectation(&self) -> Option<String> {
        const SHOWN: usize = 8;
        match self.expected.len() {
            0 => None,
            count if count <= SHOWN => Some(self.expected.join(", ")),
            count => Some(format!(
                "{} or {} more",
                self.expected[..SHOWN].join(", "),
                count - SHOWN
            )),
        }
    }

    /// The column of the mistake, counted from 1 in characters.
    pub fn column(&self, phrase: &str) -> usize {
        phrase
            .char_indices()
            .take_while(|(at, _)| *at < self.span.start)
            .count()
            + 1
    }

    /// The phrase with a caret under the mistake, then the expectation, the nearest word and the note.
    pub fn render(&self, phrase: &str) -> String {
        let shown: String = phrase
            .chars()
            .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
            .collect();
        let before = self.column(phrase) - 1;
        let start = self.span.start.min(phrase.len());
        let end = self.span.end.clamp(start, phrase.len());
        let width = phrase.get(start..end).map_or(1, |part| part.chars().count()).max(1);
        let mut out = format!(
            "error: {}\n  | {shown}\n  | {}{}\n",
            self.message,
            " ".repeat(before),
            "^".repeat(width)
        );
        for (label, text) in [
            ("expected", self.expectation()),
            (
                "did you mean",
                self.nearest.as_ref().map(|nearest| format!("`{nearest}`?")),
            ),
            ("note", self.note.clone()),
        ] {
            if let Some(text) = text {
                let _ = writeln!(out, "  = {label}: {text}");
            }
        }
        out
    }
}

impl fmt::Display for PhraseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(expectation) = self.expectation() {
            write!(f, "; expected {expectation}")?;
        }
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        if let Some(note) = &self.note {
            write!(f, " ({note})")?;
        }
        Ok(())
    }
}

/// The candidate nearest to a word, if any is near enough to be meant.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let word = word.to_lowercase();
    let reach = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= reach && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_counts_characters_not_bytes() {
        let error = PhraseError::new(7..9, "unknown").expecting("`up`");
        assert_eq!(
            error.render("é BFD xx"),
            "error: unknown\n  | é BFD xx\n  |       ^^\n  = expected: `up`\n"
        );
    }

    #[test]
    fn only_near_words_are_offered() {
        assert_eq!(nearest("rout", ["route", "routes"]).as_deref(), Some("route"));
        assert_eq!(nearest("Operatoinal", ["operational"]).as_deref(), Some("operational"));
        assert_eq!(nearest("xyz", ["route"]), None);
        assert_eq!(nearest("x", ["a"]), None);
    }
}
