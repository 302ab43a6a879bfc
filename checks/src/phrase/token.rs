//! A phrase cut into words, commas, quoted lines and regular expressions, each with its place.

use std::ops::Range;

use super::error::PhraseError;

/// Longest phrase that is read, in bytes.
const LONGEST: usize = 4096;

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Anything between blanks.
    Word,
    /// `,`
    Comma,
    /// `"…"`; the text is unescaped.
    Quoted,
    /// `/…/`; the text is the expression as written.
    Regex,
}

/// A token with its place in the phrase, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub text: String,
    pub span: Range<usize>,
}

impl Token {
    /// Whether this is the word, in any case.
    pub fn is_word(&self, word: &str) -> bool {
        match self.kind {
            TokenKind::Word => self.text.eq_ignore_ascii_case(word),
            TokenKind::Comma => word == ",",
            TokenKind::Quoted | TokenKind::Regex => false,
        }
    }

    /// The text of a plain word.
    pub fn word(&self) -> Option<&str> {
        (self.kind == TokenKind::Word).then_some(self.text.as_str())
    }

    /// The text of a plain word or of a quoted one.
    pub fn word_or_quoted(&self) -> Option<&str> {
        matches!(self.kind, TokenKind::Word | TokenKind::Quoted).then_some(self.text.as_str())
    }
}

/// Cuts a phrase into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, PhraseError> {
    if text.len() > LONGEST {
        return Err(PhraseError::new(
            0..0,
            format!(
                "the phrase is {} bytes long; the longest that is read is {LONGEST}",
                text.len()
            ),
        ));
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        match first {
            blank if blank.is_whitespace() => at += blank.len_utf8(),
            ',' => {
                found.push(Token {
                    kind: TokenKind::Comma,
                    text: ",".to_owned(),
                    span: at..at + 1,
                });
                at += 1;
            }
            '"' => at = quoted(text, at, &mut found)?,
            '/' => at = regex(text, at, &mut found)?,
            '\u{201c}' | '\u{201d}' | '\u{201e}' => {
                return Err(PhraseError::new(
                    at..at + first.len_utf8(),
                    format!("`{first}` is a typographic quotation mark; write `\"`"),
                ));
            }
            control if control.is_control() => {
                return Err(PhraseError::new(
                    at..at + control.len_utf8(),
                    format!("the control character {control:?} has no place in a phrase"),
                ));
            }
            _ => {
                let end = text[at..]
                    .find(|c: char| c.is_whitespace() || c.is_control() || c == ',' || c == '"')
                    .map_or(text.len(), |length| at + length);
                found.push(Token {
                    kind: TokenKind::Word,
                    text: text[at..end].to_owned(),
                    span: at..end,
                });
                at = end;
            }
        }
    }
    Ok(found)
}

/// Reads `"…"`: `\"` and `\\` stand for `"` and `\`; any other backslash stands for itself.
fn quoted(text: &str, start: usize, found: &mut Vec<Token>) -> Result<usize, PhraseError> {
    let mut value = String::new();
    let mut chars = text[start + 1..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let at = start + 1 + offset;
        match c {
            '"' => {
                found.push(Token {
                    kind: TokenKind::Quoted,
                    text: value,
                    span: start..at + 1,
                });
                return delimited(text, start, at + 1);
            }
            '\\' if chars.peek().is_some_and(|(_, next)| matches!(next, '"' | '\\')) => {
                value.extend(chars.next().map(|(_, next)| next));
            }
            _ if c.is_control() => {
                return Err(PhraseError::new(
                    at..at + c.len_utf8(),
                    format!("the control character {c:?} has no place in a quoted text: it is one line"),
                ));
            }
            _ => value.push(c),
        }
    }
    Err(PhraseError::new(start..text.len(), "the quotation mark `\"` is not closed").expecting("`\"`"))
}

/// Reads `/…/`; `\/` is a slash within the expression.
fn regex(text: &str, start: usize, found: &mut Vec<Token>) -> Result<usize, PhraseError> {
    let mut escaped = false;
    for (offset, c) in text[start + 1..].char_indices() {
        let at = start + 1 + offset;
        match c {
            _ if c.is_control() => {
                return Err(PhraseError::new(
                    at..at + c.len_utf8(),
                    format!("the control character {c:?} has no place in a regular expression"),
                ));
            }
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '/' => {
                found.push(Token {
                    kind: TokenKind::Regex,
                    text: text[start + 1..at].to_owned(),
                    span: start..at + 1,
                });
                return delimited(text, start, at + 1);
            }
            _ => {}
        }
    }
    Err(PhraseError::new(start..text.len(), "the regular expression is not closed").expecting("`/`"))
}

/// What follows a quoted text or an expression must be a blank, a comma or the end.
fn delimited(text: &str, start: usize, end: usize) -> Result<usize, PhraseError> {
    match text[end..].chars().next() {
        Some(next) if !next.is_whitespace() && next != ',' => Err(PhraseError::new(
            end..end + next.len_utf8(),
            format!("a blank is missing after {}", &text[start..end]),
        )),
        _ => Ok(end),
    }
}

/// Writes a text so that it is read back as one quoted token.
pub(super) fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Words that structure phrases. A name that is one of them must be quoted.
const RESERVED: &[&str] = &[
    "after", "and", "are", "at", "every", "exactly", "for", "has", "have", "in", "is", "no", "not", "of", "on", "or",
    "peer", "peers", "session", "sessions", "under", "via", "where", "with", "within", "ipv4", "ipv6", "vpnv4",
];

/// Whether a word may stand for a name without quotation marks.
pub(super) fn is_bare_name(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('/')
        && !word.contains(|c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, ',' | '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
        })
        && !RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// A name as it is printed: bare where it can be, quoted where it must be.
pub(super) fn name(text: &str) -> String {
    if is_bare_name(text) {
        text.to_owned()
    } else {
        quote(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_commas_quotes_and_expressions_are_apart() {
        let found = tokens(r#"config has "a \"b\" \d", /^x\/y$/ under VPNA,z"#).unwrap();
        let texts: Vec<&str> = found.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "config",
                "has",
                r#"a "b" \d"#,
                ",",
                r"^x\/y$",
                "under",
                "VPNA",
                ",",
                "z"
            ]
        );
        assert_eq!(found[1].span, 7..10);
    }

    #[test]
    fn what_is_quoted_is_read_back() {
        for text in [r"a\b", r#"say "x""#, r"tail\", "", r"\\"] {
            let found = tokens(&quote(text)).unwrap();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].text, text);
        }
    }

    #[test]
    fn unclosed_and_hostile_texts_are_refused() {
        for text in [
            "config has \"x",
            "config matches /x",
            "a\u{7}b",
            "\"a\nb\"",
            "\"a\"b",
            "\u{201c}x\u{201d}",
        ] {
            assert!(tokens(text).is_err(), "{text:?}");
        }
        assert!(tokens(&"x".repeat(LONGEST + 1)).is_err());
    }
}
