//! Conditions on the fields of a table, joined by `and`; values are read by the field's kind.

use super::{Slot, Value};
use crate::cell::Kind;
use crate::phrase::condition::{Condition, FieldPath, Operand, Relation};
use crate::phrase::error::{PhraseError, nearest};
use crate::phrase::matcher::Furthest;
use crate::phrase::regex_pattern::RegexPattern;
use crate::phrase::token::{Token, TokenKind, is_bare_name};
use crate::phrase::words;
use crate::table::TableKind;
use crate::value::{InterfaceName, InvalidPrefix, Vrf, parse_prefix};

/// Every number of conditions that can be read, the most first. After `has`, `is` may be left out.
pub(super) fn read(
    table: TableKind,
    after_has: bool,
    tokens: &[Token],
    at: usize,
    furthest: &mut Furthest,
) -> Vec<(Value, usize)> {
    let mut found = Vec::new();
    let mut conditions = Vec::new();
    let mut next = at;
    while let Some((condition, after)) = condition(table, after_has, tokens, next, furthest) {
        conditions.push(condition);
        found.push((Value::Conditions(conditions.clone()), after));
        if !tokens.get(after).is_some_and(|token| token.is_word("and")) {
            furthest.miss(after, "`and`");
            break;
        }
        next = after + 1;
    }
    found.reverse();
    found
}

fn condition(
    table: TableKind,
    after_has: bool,
    tokens: &[Token],
    at: usize,
    furthest: &mut Furthest,
) -> Option<(Condition, usize)> {
    let Some(name) = tokens.get(at).and_then(Token::word) else {
        furthest.miss(at, &format!("a field of the table `{}`", table.name()));
        return None;
    };
    let field = match FieldPath::find(table, name) {
        Ok(field) => field,
        Err(known) => {
            let mut error = PhraseError::new(
                tokens[at].span.clone(),
                format!("`{name}` is not a field of the table `{}`", table.name()),
            );
            error.nearest = nearest(name, known.iter().map(String::as_str));
            error.expected = known.iter().map(|known| format!("`{known}`")).collect();
            furthest.mistake(at, error);
            return None;
        }
    };
    let (relation, next) = relation(&field, after_has, tokens, at + 1, furthest)?;
    let (operand, after) = operand(&field, relation, tokens, next, furthest)?;
    let condition = Condition {
        field,
        relation,
        operand,
    };
    Some((condition, after))
}

const RELATIONS: &[(&[&str], Relation)] = &[
    (&["does", "not", "match"], Relation::MatchesNot),
    (&["at", "least"], Relation::AtLeast),
    (&["at", "most"], Relation::AtMost),
    (&["more", "than"], Relation::Above),
    (&["greater", "than"], Relation::Above),
    (&["above"], Relation::Above),
    (&["less", "than"], Relation::Below),
    (&["fewer", "than"], Relation::Below),
    (&["below"], Relation::Below),
    (&["contains"], Relation::Contains),
    (&["lacks"], Relation::Lacks),
    (&["matches"], Relation::Matches),
    (&["not"], Relation::IsNot),
    (&["exactly"], Relation::Is),
];

/// The relation from a token on. `is` may stand before every relation (`is at most 10`), and alone for equality.
fn relation(
    field: &FieldPath,
    after_has: bool,
    tokens: &[Token],
    at: usize,
    furthest: &mut Furthest,
) -> Option<(Relation, usize)> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word));
    let said_is = is(at, "is") || is(at, "are");
    let start = if said_is { at + 1 } else { at };
    let said = RELATIONS
        .iter()
        .find(|(words, _)| words.iter().enumerate().all(|(offset, word)| is(start + offset, word)))
        .map(|(words, relation)| (*relation, start + words.len()));
    let found = said.or(((said_is || after_has) && start < tokens.len()).then_some((Relation::Is, start)));
    let allowed = Relation::of(field);
    let written: Vec<String> = RELATIONS
        .iter()
        .filter(|(words, relation)| allowed.contains(relation) && !matches!(words[0], "not" | "exactly"))
        .map(|(words, _)| format!("`{}`", words.join(" ")))
        .collect();
    match found {
        Some((relation, next)) if allowed.contains(&relation) => Some((relation, next)),
        Some((Relation::Is, _)) if !said_is && said.is_none() && !allowed.contains(&Relation::Is) => {
            for words in &written {
                furthest.miss(at, words);
            }
            None
        }
        Some(_) => {
            let what = if field.several {
                "several values"
            } else {
                kind_name(field.kind)
            };
            let mut error = PhraseError::new(
                tokens[at].span.start..tokens[at].span.end,
                format!("`{}` holds {what}, which this does not go with", field.name),
            );
            error.expected = written;
            furthest.mistake(at, error);
            None
        }
        None => {
            if allowed.contains(&Relation::Is) {
                furthest.miss(at, "`is`");
                furthest.candidate(at, "is");
            }
            for words in &written {
                furthest.miss(at, words);
                furthest.candidate(at, words.trim_matches('`'));
            }
            None
        }
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "true or false",
        Kind::Integer => "a whole number",
        Kind::Float => "a number",
        Kind::Text => "a text",
        Kind::Word(_) => "a word of a closed set",
        Kind::Address => "an IP address",
        Kind::Prefix => "a prefix",
        Kind::Interface => "an interface",
        Kind::List(_) => "several values",
        Kind::Record(_) => "a row of its own",
    }
}

fn operand(
    field: &FieldPath,
    relation: Relation,
    tokens: &[Token],
    at: usize,
    furthest: &mut Furthest,
) -> Option<(Operand, usize)> {
    let expected = match (relation, field.kind) {
        (Relation::Matches | Relation::MatchesNot, _) => Slot::Regex.doc(),
        (_, Kind::Address) => Slot::Address.doc(),
        (_, Kind::Prefix) => Slot::Prefix.doc(),
        (_, Kind::Interface) => Slot::Interface.doc(),
        (_, Kind::Text) => "a text, in quotation marks where it is a word of this language or holds blanks",
        (_, kind) => kind_name(kind),
    };
    let Some(token) = tokens.get(at) else {
        furthest.miss(at, expected);
        return None;
    };
    let mut mistake = |message: String| {
        furthest.mistake(at, PhraseError::new(token.span.clone(), message));
        None
    };
    let operand = match (relation, field.kind) {
        (Relation::Matches | Relation::MatchesNot, _) => {
            match (token.kind == TokenKind::Regex).then(|| RegexPattern::new(&token.text)) {
                Some(Ok(regex)) => Some(Operand::Regex(regex)),
                Some(Err(error)) => {
                    let start = (token.span.start + 1 + error.offset).min(token.span.end - 1);
                    furthest.mistake(at, PhraseError::new(start..start + 1, error.message));
                    return None;
                }
                None => None,
            }
        }
        (_, Kind::Bool) => match token.word().map(str::to_ascii_lowercase).as_deref() {
            Some("true" | "yes") => Some(Operand::Bool(true)),
            Some("false" | "no") => Some(Operand::Bool(false)),
            _ => None,
        },
        (_, Kind::Integer) => integer(token).map(Operand::Integer),
        (_, Kind::Float) => float(token).map(Operand::Float),
        (_, Kind::Text) => text(token).map(|text| {
            Operand::Text(match field.name.rsplit('.').next() {
                Some("vrf") => Vrf::named(text).as_str().to_owned(),
                _ => text.to_owned(),
            })
        }),
        (_, Kind::Word(known)) => {
            let word = token.word_or_quoted()?;
            let found = words::state(known, word).or_else(|| {
                // VRP's word for attached routes.
                (word.eq_ignore_ascii_case("direct")).then(|| words::state(known, "connected"))?
            });
            if found.is_none() {
                let mut error = PhraseError::new(
                    token.span.clone(),
                    format!("`{word}` is not a value of `{}`", field.name),
                );
                error.nearest = nearest(word, known.iter().copied());
                error.expected = known.iter().map(|known| format!("`{known}`")).collect();
                furthest.mistake(at, error);
                return None;
            }
            found.map(Operand::Word)
        }
        (_, Kind::Address) => token.word().and_then(|word| word.parse().ok()).map(Operand::Address),
        (_, Kind::Prefix) => match parse_prefix(token.word()?) {
            Ok(prefix) => Some(Operand::Prefix(prefix)),
            Err(error @ InvalidPrefix::HostBits(..)) => return mistake(error.to_string()),
            Err(InvalidPrefix::Malformed(_)) => None,
        },
        (_, Kind::Interface) => return interface(token, tokens, at, expected, furthest),
        (_, Kind::List(_) | Kind::Record(_)) => None,
    };
    let Some(operand) = operand else {
        furthest.miss(at, expected);
        return None;
    };
    let numeric = matches!(operand, Operand::Integer(_) | Operand::Float(_));
    let next = if numeric && is_unit_of(&field.name, tokens.get(at + 1)) {
        at + 2
    } else {
        at + 1
    };
    Some((operand, next))
}

/// An interface, also in two words: `GigabitEthernet 0/3/0`.
fn interface(
    token: &Token,
    tokens: &[Token],
    at: usize,
    expected: &str,
    furthest: &mut Furthest,
) -> Option<(Operand, usize)> {
    let Some(kind) = text(token).filter(|text| !text.trim().is_empty()) else {
        furthest.miss(at, expected);
        return None;
    };
    let number = tokens
        .get(at + 1)
        .and_then(Token::word)
        .filter(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    Some(match number {
        Some(number) if !kind.contains(|c: char| c.is_ascii_digit()) => (
            Operand::Interface(InterfaceName::new(&format!("{kind}{number}"))),
            at + 2,
        ),
        _ => (Operand::Interface(InterfaceName::new(kind)), at + 1),
    })
}

/// The unit that a field's name says, repeated after the number.
fn is_unit_of(field: &str, token: Option<&Token>) -> bool {
    let unit = [("_ms", "ms"), ("_s", "s"), ("_pct", "%"), ("_bps", "bps")]
        .iter()
        .find(|(suffix, _)| field.ends_with(suffix))
        .map(|(_, unit)| *unit);
    unit.is_some_and(|unit| token.is_some_and(|token| token.is_word(unit)))
}

fn text(token: &Token) -> Option<&str> {
    match token.kind {
        TokenKind::Word => is_bare_name(&token.text).then_some(token.text.as_str()),
        TokenKind::Quoted => Some(&token.text),
        TokenKind::Comma | TokenKind::Regex => None,
    }
}

fn integer(token: &Token) -> Option<i128> {
    let word = token.word()?;
    let digits = word.strip_prefix('-').unwrap_or(word);
    let plain = !digits.is_empty() && digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| word.parse().ok())?
}

fn float(token: &Token) -> Option<f64> {
    let word = token.word()?;
    let digits = word.strip_prefix('-').unwrap_or(word);
    let plain =
        !digits.is_empty() && digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| word.parse().ok())?
}
