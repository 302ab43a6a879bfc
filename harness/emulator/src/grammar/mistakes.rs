//! Mistakes of every kind in lines of every rule: the message and the place of the caret, found by other means than the
//! matcher's.

use proptest::prelude::*;
use proptest::sample::Index;

use super::matcher::Mistake;
use super::rule::Effect;
use super::samples;
use super::table::RULES;
use super::view::View;
use super::{continuations, match_in};

/// What may stand behind some words: keywords, and whether there are values, free text, or an end.
#[derive(Debug)]
struct Next {
    keywords: Vec<String>,
    values: Vec<String>,
    ends: bool,
}

impl Next {
    fn after(view: View, words: &[&str]) -> Self {
        let before = if words.is_empty() {
            String::new()
        } else {
            words.join(" ") + " "
        };
        let mut next = Self {
            keywords: Vec::new(),
            values: Vec::new(),
            ends: false,
        };
        for word in continuations(view, &before).unwrap() {
            if word == "<cr>" {
                next.ends = true;
            } else if word.contains(|c: char| c.is_ascii_uppercase() || "< ".contains(c)) {
                next.values.push(word);
            } else {
                next.keywords.push(word);
            }
        }
        next
    }

    /// Interface types are offered by name, and taken as values.
    fn takes_values(&self) -> bool {
        !self.values.is_empty() || self.keywords.is_empty() && !self.ends
    }

    fn takes_text(&self) -> bool {
        self.values.iter().any(|value| value == "TEXT")
    }
}

/// The mistake in a line and its column.
fn mistake(view: View, line: &str) -> Option<(Mistake, usize)> {
    match_in(view, line).err().map(|error| (error.mistake, error.offset))
}

/// Whether a word stands where free text may.
fn is_in_text(view: View, words: &[&str], at: usize) -> bool {
    (0..=at).any(|before| Next::after(view, &words[..before]).takes_text())
}

/// A line with its word at a place replaced, and the column of that word.
fn with_word(words: &[&str], at: usize, word: &str) -> (String, usize) {
    let mut line = words.to_vec();
    line[at] = word;
    let column: usize = words[..at].iter().map(|word| word.len() + 1).sum();
    (line.join(" "), column)
}

fn check(view: View, line: &str, at: usize) {
    let words: Vec<&str> = line.split(' ').collect();
    let at = at % words.len();
    if is_in_text(view, &words, at) || is_in_text(view, &words, words.len()) {
        return;
    }
    assert_eq!(mistake(view, line), None, "{view:?} {line}");
    let next = Next::after(view, &words[..at]);

    // A word that is neither a keyword nor a value.
    let (wrong, column) = with_word(&words, at, "\u{a7}");
    let expected = if next.takes_values() {
        Mistake::WrongParameter
    } else {
        Mistake::Unrecognized
    };
    let found = mistake(view, &wrong);
    let is_interface = found == Some((Mistake::WrongParameter, column));
    assert!(
        found == Some((expected, column)) || is_interface,
        "{view:?} {wrong}: {found:?}"
    );
    // The same behind blanks and between several.
    let spaced = format!("   {}", wrong.replacen(' ', "  ", 1));
    let column = column + 3 + usize::from(at > 0);
    assert_eq!(
        mistake(view, &spaced).map(|(_, column)| column),
        Some(column),
        "{spaced}"
    );

    // Cut short.
    let short = words[..at].join(" ");
    match mistake(view, &short) {
        None => assert!(next.ends, "{view:?} {short}"),
        Some(found) => {
            assert!(!next.ends, "{view:?} {short}: {found:?}");
            assert_eq!(found, (Mistake::Incomplete, short.len() + 1), "{view:?} {short}");
            let blanks = format!("{short}   ");
            assert_eq!(
                mistake(view, &blanks),
                Some((
                    Mistake::Incomplete,
                    short.len().max(1) + 3 - usize::from(short.is_empty())
                )),
                "{view:?} {short}"
            );
        }
    }

    // A word too many.
    let end = Next::after(view, &words);
    let long = format!("{line} \u{a7}");
    let expected = if end.takes_values() {
        Mistake::WrongParameter
    } else if end.keywords.is_empty() {
        Mistake::TooManyParameters
    } else {
        Mistake::Unrecognized
    };
    assert_eq!(
        mistake(view, &long),
        Some((expected, line.len() + 1)),
        "{view:?} {long}"
    );

    // Every abbreviation.
    if next.keywords.iter().any(|keyword| keyword == words[at]) && !words[at].starts_with("inter") {
        for length in 1..words[at].len() {
            let Some(short) = words[at].get(..length) else { continue };
            let meant: Vec<&String> = next
                .keywords
                .iter()
                .filter(|keyword| keyword.starts_with(short))
                .collect();
            let (abbreviated, column) = with_word(&words, at, short);
            let found = mistake(view, &abbreviated);
            if meant.iter().any(|keyword| *keyword == short) {
                continue;
            }
            if meant.len() > 1 {
                assert_eq!(
                    found,
                    Some((Mistake::Ambiguous, column)),
                    "{view:?} {abbreviated}: {meant:?}"
                );
            } else {
                assert_eq!(found, None, "{view:?} {abbreviated}");
                assert_eq!(
                    match_in(view, &abbreviated).unwrap().canonical(),
                    match_in(view, line).unwrap().canonical()
                );
            }
        }
    }

    // Numbers beyond their bounds.
    if let ([value], true) = (next.values.as_slice(), words[at].parse::<u32>().is_ok())
        && let Some((low, high)) = value
            .strip_prefix("INTEGER<")
            .and_then(|bounds| bounds.strip_suffix('>'))
            .and_then(|bounds| bounds.split_once('-'))
    {
        let (low, high): (u64, u64) = (low.parse().unwrap(), high.parse().unwrap());
        for number in [low.wrapping_sub(1), high + 1, u64::MAX] {
            let (beyond, column) = with_word(&words, at, &number.to_string());
            if !(low..=high).contains(&number) {
                assert_eq!(
                    mistake(view, &beyond),
                    Some((Mistake::WrongParameter, column)),
                    "{view:?} {beyond}"
                );
            }
        }
    }
}

/// Lines of a rule.
fn lines(rule: usize) -> Vec<String> {
    let plain = samples::lines_of(&RULES[rule]);
    let is_plain = !matches!(RULES[rule].effect, Effect::RemovePeer);
    plain.into_iter().filter(|_| is_plain).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_caret_stands_under_the_mistake(rule: Index, view: Index, line: Index, at in 0..20_usize) {
        let rule = rule.index(RULES.len());
        let lines = lines(rule);
        if !lines.is_empty() {
            check(*view.get::<View>(RULES[rule].views), line.get::<String>(&lines), at);
        }
    }
}
