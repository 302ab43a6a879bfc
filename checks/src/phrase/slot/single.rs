//! Slots that hold one value.

use super::{Slot, Value};
use crate::phrase::assertion::{ConfigAssertion, normal_line};
use crate::phrase::count::{Count, number};
use crate::phrase::error::{PhraseError, nearest};
use crate::phrase::matcher::Furthest;
use crate::phrase::rd::RouteDistinguisher;
use crate::phrase::regex_pattern::RegexPattern;
use crate::phrase::timing_words;
use crate::phrase::token::{Token, TokenKind, is_bare_name};
use crate::phrase::words;
use crate::rows::{BfdState, BgpState, LdpState, LinkState, OspfState};
use crate::table::TableKind;
use crate::value::{InterfaceName, InvalidPrefix, Vrf, parse_prefix};

/// Every way to read one value.
pub(super) fn read(slot: Slot, tokens: &[Token], at: usize, furthest: &mut Furthest) -> Vec<(Value, usize)> {
    let found = match slot {
        Slot::Count => return count(tokens, at, furthest),
        Slot::Interface => return interface(tokens, at, furthest),
        Slot::Table => return table(tokens, at, furthest),
        Slot::Time => {
            return timing_words::duration(tokens, at, furthest)
                .map(|(time, next)| vec![(Value::Time(time), next)])
                .unwrap_or_default();
        }
        Slot::Percent => percent(tokens, at),
        Slot::LdpState => state(LdpState::WORDS, slot, tokens, at, furthest),
        Slot::BgpState => state(BgpState::WORDS, slot, tokens, at, furthest),
        Slot::OspfState => state(OspfState::WORDS, slot, tokens, at, furthest),
        Slot::BfdState => state(BfdState::WORDS, slot, tokens, at, furthest),
        Slot::LinkState => state(LinkState::WORDS, slot, tokens, at, furthest),
        _ => tokens
            .get(at)
            .and_then(|token| one_token(slot, token, at, furthest))
            .map(|value| (value, at + 1)),
    };
    if found.is_none() {
        furthest.miss(at, slot.doc());
    }
    found.into_iter().collect()
}

fn one_token(slot: Slot, token: &Token, at: usize, furthest: &mut Furthest) -> Option<Value> {
    let mut mistake = |message: String| {
        furthest.mistake(at, PhraseError::new(token.span.clone(), message).expecting(slot.doc()));
        None
    };
    match slot {
        Slot::Number => token
            .word()
            .and_then(number)
            .filter(|number| u32::try_from(*number).is_ok())
            .map(Value::Number),
        Slot::Prefix => match parse_prefix(token.word()?) {
            Ok(prefix) => Some(Value::Prefix(prefix)),
            Err(error @ InvalidPrefix::HostBits(..)) => mistake(error.to_string()),
            Err(InvalidPrefix::Malformed(text)) if looks_like_address(&text) => {
                mistake(format!("`{text}` is not a prefix"))
            }
            Err(InvalidPrefix::Malformed(_)) => None,
        },
        Slot::Address => {
            let text = token.word()?;
            match text.parse() {
                Ok(address) => Some(Value::Address(address)),
                Err(_) if looks_like_address(text) => mistake(format!("`{text}` is not an IP address")),
                Err(_) => None,
            }
        }
        Slot::Vrf | Slot::Instance => {
            let text = name(token)?;
            let strange = text
                .chars()
                .find(|c| c.is_control() || c.is_whitespace() || matches!(c, '?' | '|' | '"'));
            let vrf = Vrf::named(text);
            match strange {
                Some(c) => mistake(format!("{c:?} cannot stand in the name of a VPN instance")),
                None if text.len() > 64 => mistake("the name of a VPN instance is too long".to_owned()),
                None if slot == Slot::Instance && vrf.is_public() => {
                    mistake(format!("`{text}` is the public network, not a VPN instance"))
                }
                None => Some(Value::Vrf(vrf)),
            }
        }
        Slot::Name | Slot::Device => name(token)
            .filter(|text| !text.is_empty())
            .map(|text| Value::Name(text.to_owned())),
        Slot::Protocol => {
            let text = token.word()?;
            let protocol = words::protocol(text);
            if protocol.is_none() {
                words::protocol_words().for_each(|word| furthest.candidate(at, word));
            }
            protocol.map(Value::Protocol)
        }
        Slot::Rd => {
            let text = token.word()?;
            match RouteDistinguisher::parse(text) {
                Some(rd) => Some(Value::Rd(rd)),
                None if text.contains(':') => mistake(format!("`{text}` is not in the form `100:1` or `1.1.1.1:1`")),
                None => None,
            }
        }
        Slot::Line if token.kind == TokenKind::Quoted => {
            let line = normal_line(&token.text);
            if line.is_empty() {
                return mistake("the line is empty".to_owned());
            }
            Some(Value::Text(line))
        }
        Slot::View if token.kind == TokenKind::Quoted => match ConfigAssertion::view_path(&token.text) {
            Some(path) => Some(Value::Names(path)),
            None => mistake("a part of the view's path is empty".to_owned()),
        },
        Slot::Regex if token.kind == TokenKind::Regex => match RegexPattern::new(&token.text) {
            Ok(regex) => Some(Value::Regex(regex)),
            Err(error) => {
                let start = (token.span.start + 1 + error.offset).min(token.span.end - 1);
                furthest.mistake(at, PhraseError::new(start..start + 1, error.message));
                None
            }
        },
        _ => None,
    }
}

/// A plain word that is no word of the language, or anything in quotation marks.
fn name(token: &Token) -> Option<&str> {
    match token.kind {
        TokenKind::Word => is_bare_name(&token.text).then_some(token.text.as_str()),
        TokenKind::Quoted => Some(&token.text),
        TokenKind::Comma | TokenKind::Regex => None,
    }
}

/// Whether a word is more likely a mistyped address than another word.
fn looks_like_address(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(['.', ':', '/'])
}

fn count(tokens: &[Token], at: usize, furthest: &mut Furthest) -> Vec<(Value, usize)> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word));
    let digits = |at: usize| tokens.get(at).and_then(Token::word).and_then(number);
    for word in ["no", "at", "exactly", "more", "fewer", "between"] {
        furthest.candidate(at, word);
    }
    if is(at, "no") {
        return vec![(Value::Count(Count::Exactly(0)), at + 1)];
    }
    if let Some(number) = digits(at) {
        return vec![(Value::Count(Count::Exactly(number)), at + 1)];
    }
    /// A word or two before a number, and the count that they make of it.
    type Prefix = (&'static str, Option<&'static str>, fn(u64) -> Option<Count>);
    let prefixes: [Prefix; 6] = [
        ("at", Some("least"), |n| Some(Count::AtLeast(n))),
        ("at", Some("most"), |n| Some(Count::AtMost(n))),
        ("exactly", None, |n| Some(Count::Exactly(n))),
        ("more", Some("than"), |n| n.checked_add(1).map(Count::AtLeast)),
        ("fewer", Some("than"), |n| n.checked_sub(1).map(Count::AtMost)),
        ("less", Some("than"), |n| n.checked_sub(1).map(Count::AtMost)),
    ];
    for (first, second, make) in prefixes {
        if !is(at, first) {
            continue;
        }
        let mut next = at + 1;
        if let Some(second) = second {
            if !is(next, second) {
                furthest.miss(next, &format!("`{second}`"));
                furthest.candidate(next, second);
                continue;
            }
            next += 1;
        }
        return match digits(next).and_then(make) {
            Some(count) => vec![(Value::Count(count), next + 1)],
            None => {
                furthest.miss(next, "a number");
                Vec::new()
            }
        };
    }
    if is(at, "between") {
        return match (digits(at + 1), is(at + 2, "and"), digits(at + 3)) {
            (Some(least), true, Some(most)) if least <= most => {
                vec![(Value::Count(Count::Between(least, most)), at + 4)]
            }
            (Some(_), true, Some(_)) => {
                let span = tokens[at + 1].span.start..tokens[at + 3].span.end;
                furthest.mistake(at + 3, PhraseError::new(span, "the smaller number comes first"));
                Vec::new()
            }
            (None, _, _) => {
                furthest.miss(at + 1, "a number");
                Vec::new()
            }
            (_, false, _) => {
                furthest.miss(at + 2, "`and`");
                Vec::new()
            }
            (_, _, None) => {
                furthest.miss(at + 3, "a number");
                Vec::new()
            }
        };
    }
    furthest.miss(at, Slot::Count.doc());
    Vec::new()
}

/// `GigabitEthernet0/3/0`, or in two words `GigabitEthernet 0/3/0`.
fn interface(tokens: &[Token], at: usize, furthest: &mut Furthest) -> Vec<(Value, usize)> {
    let Some(token) = tokens.get(at) else {
        furthest.miss(at, Slot::Interface.doc());
        return Vec::new();
    };
    let Some(text) = name(token).filter(|text| !text.trim().is_empty()) else {
        furthest.miss(at, Slot::Interface.doc());
        return Vec::new();
    };
    let mut found = Vec::new();
    let number = tokens
        .get(at + 1)
        .and_then(Token::word)
        .filter(|number| number.starts_with(|c: char| c.is_ascii_digit()) && !number.contains('%'));
    if let (Some(number), false) = (number, text.contains(|c: char| c.is_ascii_digit())) {
        found.push((Value::Interface(InterfaceName::new(&format!("{text}{number}"))), at + 2));
    }
    found.push((Value::Interface(InterfaceName::new(text)), at + 1));
    found
}

fn percent(tokens: &[Token], at: usize) -> Option<(Value, usize)> {
    let word = tokens.get(at).and_then(Token::word)?;
    let (text, next) = match word.strip_suffix('%') {
        Some(text) => (text, at + 1),
        None => {
            let sign = tokens.get(at + 1)?;
            if !sign.is_word("%") && !sign.is_word("percent") {
                return None;
            }
            (word, at + 2)
        }
    };
    let plain = !text.is_empty() && text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value: f64 = text.parse().ok()?;
    (plain && value <= 100.0).then_some((Value::Percent(value), next))
}

fn state(
    words: &'static [&'static str],
    slot: Slot,
    tokens: &[Token],
    at: usize,
    furthest: &mut Furthest,
) -> Option<(Value, usize)> {
    let word = tokens.get(at)?.word()?;
    let second = tokens.get(at + 1).and_then(Token::word);
    if let Some(state) = second.and_then(|second| words::state(words, &format!("{word}{second}"))) {
        return Some((Value::State(state), at + 2));
    }
    if let Some(state) = words::state(words, word) {
        return Some((Value::State(state), at + 1));
    }
    let labels: Vec<String> = words.iter().map(|word| words::state_label(word)).collect();
    let mut error = PhraseError::new(tokens[at].span.clone(), format!("`{word}` is not {}", slot.doc()));
    error.nearest = nearest(word, labels.iter().map(String::as_str));
    error.expected = labels.iter().map(|label| format!("`{label}`")).collect();
    if !matches!(word.to_lowercase().as_str(), "not" | "is" | "are") {
        furthest.mistake(at, error);
    }
    None
}

/// A table by its name in singular or plural; those that need a target are reached by `ping …` and `traceroute …`.
fn table(tokens: &[Token], at: usize, furthest: &mut Furthest) -> Vec<(Value, usize)> {
    let mut found = Vec::new();
    for kind in TableKind::ALL {
        if matches!(kind, TableKind::Ping | TableKind::Traceroute) {
            continue;
        }
        for name in [kind.name(), kind.plural()] {
            let words: Vec<&str> = name.split(' ').collect();
            let matched = words
                .iter()
                .enumerate()
                .take_while(|(offset, word)| {
                    tokens
                        .get(at + offset)
                        .and_then(Token::word)
                        .is_some_and(|have| american(have).eq_ignore_ascii_case(word))
                })
                .count();
            if matched == words.len() {
                found.push((Value::Table(*kind), at + matched));
            } else {
                furthest.candidate(at + matched, words[matched]);
                if matched > 0 {
                    furthest.miss(at + matched, &format!("`{}`", words[matched]));
                }
            }
        }
    }
    if found.is_empty() {
        furthest.miss(at, Slot::Table.doc());
    }
    found
}

/// `neighbour` as the tables spell it.
fn american(word: &str) -> String {
    word.to_ascii_lowercase().replace("neighbour", "neighbor")
}
