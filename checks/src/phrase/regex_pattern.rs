//! A regular expression in a phrase: compiled with limits, compared and printed as written.

use std::fmt;

use regex::{Regex, RegexBuilder};

use super::redacted::{REDACTED, is_redacted};

/// A regular expression between slashes.
#[derive(Debug, Clone)]
pub struct RegexPattern {
    source: String,
    regex: Regex,
}

/// Why an expression cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InvalidRegex {
    /// The reason.
    pub message: String,
    /// Where in the expression, in bytes.
    pub offset: usize,
}

impl RegexPattern {
    /// Compiles an expression as it stands between the slashes.
    pub(super) fn new(source: &str) -> Result<Self, InvalidRegex> {
        if source.is_empty() {
            return Err(InvalidRegex {
                message: "the regular expression is empty: it would match every line".to_owned(),
                offset: 0,
            });
        }
        match RegexBuilder::new(source)
            .size_limit(1 << 20)
            .dfa_size_limit(1 << 20)
            .nest_limit(50)
            .build()
        {
            Ok(regex) => Ok(Self {
                source: source.to_owned(),
                regex,
            }),
            Err(error) => Err(explain(source, &error)),
        }
    }

    /// Whether it matches somewhere in a text.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Whether it matches somewhere in a text of which parts may be hidden: nothing where that depends on what they are.
    /// Tried are words that secrets often are, and every end of the expression itself.
    pub(super) fn matches_shown(&self, text: &str) -> Option<bool> {
        const USUAL: &[&str] = &[
            "a",
            "A1",
            "0",
            "Admin@123",
            "abcdefghijklmnop",
            "%^%#abc%^%#",
            "$1a$abc$xyz$",
        ];
        if !is_redacted(text) {
            return Some(self.is_match(text));
        }
        let with = |secret: &str| self.is_match(&text.replace(REDACTED, secret));
        let usual = USUAL.iter().filter(|usual| with(usual)).count();
        if usual > 0 {
            return (usual == USUAL.len()).then_some(true);
        }
        let literal: Vec<char> = self
            .source
            .chars()
            .filter(|c| !matches!(c, '\\' | '^' | '$' | '(' | ')'))
            .take(200)
            .collect();
        let possible =
            self.is_match(text) || (0..literal.len()).any(|at| with(&literal[at..].iter().collect::<String>()));
        (!possible).then_some(false)
    }
}

/// The reason and the place out of the engine's message, which draws the expression with a caret below it.
fn explain(source: &str, error: &regex::Error) -> InvalidRegex {
    let text = error.to_string();
    if matches!(error, regex::Error::CompiledTooBig(_)) {
        return InvalidRegex {
            message: "the regular expression is too big once compiled; bound its repetitions".to_owned(),
            offset: 0,
        };
    }
    let reason = text
        .lines()
        .rev()
        .find_map(|line| line.trim_start().strip_prefix("error: "))
        .unwrap_or("it cannot be compiled");
    let column = text
        .lines()
        .find(|line| line.contains('^') && line.chars().all(|c| matches!(c, ' ' | '^')))
        .and_then(|line| line.find('^'))
        .map_or(0, |column| column.saturating_sub(4));
    InvalidRegex {
        message: format!("the regular expression is not valid: {reason}"),
        offset: source.char_indices().nth(column).map_or(source.len(), |(at, _)| at),
    }
}

impl PartialEq for RegexPattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Display for RegexPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_know_their_place() {
        let error = RegexPattern::new("ab(c").unwrap_err();
        assert_eq!(error.offset, 2);
        assert!(error.message.contains("unclosed group"), "{}", error.message);
        assert!(RegexPattern::new("").is_err());
        assert!(RegexPattern::new(r"(\w{1000}){1000}").is_err());
        assert!(RegexPattern::new(r"a\/b").unwrap().is_match("a/b"));
    }
}
