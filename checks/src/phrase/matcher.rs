//! Matches a phrase against the syntax of every form: all complete readings, or the furthest place that was reached
//! and everything that could have stood there.

use std::ops::Range;

use super::error::{PhraseError, nearest};
use super::pattern::Node;
use super::slot::{self, Value};
use super::timing::Timing;
use super::token::Token;

/// Most readings that are followed of one phrase.
const MOST_READINGS: usize = 64;

/// What a form's slots and words were bound to.
#[derive(Debug, Clone, Default)]
pub(super) struct Bindings {
    bound: Vec<(String, Value, Range<usize>)>,
}

impl Bindings {
    /// The value bound under a name, the last one where there are several.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.bound
            .iter()
            .rev()
            .find(|(bound, _, _)| bound == name)
            .map(|(_, value, _)| value)
    }

    /// How often a name was bound.
    pub fn times(&self, name: &str) -> usize {
        self.bound.iter().filter(|(bound, _, _)| bound == name).count()
    }

    /// Whether a word of the syntax was met.
    pub fn has(&self, word: &str) -> bool {
        matches!(self.value(word), Some(Value::Word))
    }

    /// Where in the phrase a name was bound, in bytes.
    pub fn span(&self, name: &str) -> Range<usize> {
        self.bound
            .iter()
            .rev()
            .find(|(bound, _, _)| bound == name)
            .map_or(0..0, |(_, _, span)| span.clone())
    }
}

/// The furthest place at which something else was expected.
#[derive(Debug, Default)]
pub(super) struct Furthest {
    at: usize,
    expected: Vec<String>,
    candidates: Vec<String>,
    specific: Option<PhraseError>,
}

impl Furthest {
    fn reach(&mut self, at: usize) -> bool {
        if at > self.at {
            *self = Self { at, ..Self::default() };
        }
        at == self.at
    }

    /// Something was expected at a token.
    pub fn miss(&mut self, at: usize, expected: &str) {
        if self.reach(at) && !self.expected.iter().any(|known| known == expected) {
            self.expected.push(expected.to_owned());
        }
    }

    /// A word that could have stood at a token, for finding the nearest.
    pub fn candidate(&mut self, at: usize, word: &str) {
        if self.reach(at) {
            self.candidates.push(word.to_owned());
        }
    }

    /// A mistake that is clear at a token.
    pub fn mistake(&mut self, at: usize, error: PhraseError) {
        if self.reach(at) && self.specific.is_none() {
            self.specific = Some(error);
        }
    }

    /// The error at the furthest place.
    pub fn into_error(self, tokens: &[Token], length: usize) -> PhraseError {
        let token = tokens.get(self.at);
        let candidates = self.candidates.iter().map(String::as_str);
        let near = token
            .and_then(Token::word_or_quoted)
            .and_then(|word| nearest(word, candidates));
        if let Some(specific) = self.specific {
            return if specific.nearest.is_none() {
                specific.suggesting(near)
            } else {
                specific
            };
        }
        let (span, message) = match token {
            Some(token) if self.at == 0 => (token.span.clone(), format!("no phrase begins with `{}`", token.text)),
            Some(token) => (token.span.clone(), format!("`{}` is not expected here", token.text)),
            None if tokens.is_empty() => (length..length, "the phrase is empty".to_owned()),
            None => (length..length, "the phrase ends too early".to_owned()),
        };
        let mut error = PhraseError::new(span, message).suggesting(near);
        error.expected = self.expected;
        if self.at == 0 {
            error.note = Some("`netverdict phrases` lists every form with an example".to_owned());
        }
        error
    }
}

/// A complete reading of a phrase by one form.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub bindings: Bindings,
    pub timing: Timing,
}

/// One attempt to match tokens against a syntax.
pub(super) struct Matcher<'a> {
    tokens: &'a [Token],
    furthest: &'a mut Furthest,
    readings: Vec<Reading>,
}

type Then<'t, 'a> = &'t mut dyn FnMut(&mut Matcher<'a>, usize, &mut Bindings);

impl<'a> Matcher<'a> {
    /// Every complete reading of the tokens by this syntax, timing words after it included.
    pub fn readings(tokens: &'a [Token], nodes: &[Node], furthest: &'a mut Furthest) -> Vec<Reading> {
        let mut matcher = Matcher {
            tokens,
            furthest,
            readings: Vec::new(),
        };
        matcher.sequence(nodes, 0, &mut Bindings::default(), &mut |matcher, at, bindings| {
            if let Some(timing) = super::timing_words::read(matcher.tokens, at, matcher.furthest) {
                matcher.readings.push(Reading {
                    bindings: bindings.clone(),
                    timing,
                });
            }
        });
        matcher.readings
    }

    fn sequence(&mut self, nodes: &[Node], at: usize, bindings: &mut Bindings, then: Then<'_, 'a>) {
        if self.readings.len() >= MOST_READINGS {
            return;
        }
        let Some((node, rest)) = nodes.split_first() else {
            return then(self, at, bindings);
        };
        match node {
            Node::Never(_) => {}
            Node::Word(words) => {
                if let Some(token) = self.token_is(words, at) {
                    let span = token.span.clone();
                    bindings.bound.push((words[0].clone(), Value::Word, span));
                    self.sequence(rest, at + 1, bindings, then);
                    bindings.bound.pop();
                } else {
                    self.expect(words, at);
                }
            }
            Node::Slot(slot, name) => {
                let values = slot::read(*slot, self.tokens, at, bindings, self.furthest);
                for (value, next) in values {
                    let span = self.tokens[at].span.start..self.tokens[next - 1].span.end;
                    bindings.bound.push((name.clone(), value, span));
                    self.sequence(rest, next, bindings, then);
                    bindings.bound.pop();
                }
            }
            Node::Optional(inner) => {
                self.sequence(inner, at, bindings, &mut |matcher, next, bindings| {
                    matcher.sequence(rest, next, bindings, then);
                });
                // A word that introduces a clause is never taken for anything else; a comma may be.
                let committed = match inner.first() {
                    Some(Node::Word(words)) => words[0] != "," && self.token_is(words, at).is_some(),
                    _ => false,
                };
                if !committed {
                    self.sequence(rest, at, bindings, then);
                }
            }
            Node::Choice(choices) => {
                for choice in choices {
                    self.sequence(choice, at, bindings, &mut |matcher, next, bindings| {
                        matcher.sequence(rest, next, bindings, then);
                    });
                }
            }
        }
    }

    fn token_is(&self, words: &[String], at: usize) -> Option<&'a Token> {
        self.tokens
            .get(at)
            .filter(|token| words.iter().any(|word| token.is_word(word)))
    }

    fn expect(&mut self, words: &[String], at: usize) {
        if let [word] = words {
            self.furthest.miss(at, &format!("`{word}`"));
        } else {
            self.furthest.miss(at, &format!("`{}`", words.join("` or `")));
        }
        for word in words {
            self.furthest.candidate(at, word);
        }
    }
}
