//! Reads the timing words at the end of a phrase: `, within 30 s and for 10 s after shutdown`.

use std::time::Duration;

use super::error::PhraseError;
use super::matcher::Furthest;
use super::timing::Timing;
use super::token::Token;

/// Longest time that may be asked for.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

const UNITS: &[(&str, u64)] = &[
    ("ms", 1_000),
    ("s", 1_000_000),
    ("sec", 1_000_000),
    ("second", 1_000_000),
    ("seconds", 1_000_000),
    ("min", 60_000_000),
    ("minute", 60_000_000),
    ("minutes", 60_000_000),
];

/// The timing from a token to the end of the phrase.
pub(super) fn read(tokens: &[Token], mut at: usize, furthest: &mut Furthest) -> Option<Timing> {
    let mut timing = Timing::default();
    let start = at;
    while at < tokens.len() {
        let item = at;
        let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word));
        if is(at, ",") || (at > start && is(at, "and")) {
            at += 1;
        }
        let slot = if is(at, "within") {
            &mut timing.within
        } else if is(at, "for") {
            &mut timing.holds_for
        } else if is(at, "after") {
            let name = tokens.get(at + 1).and_then(Token::word_or_quoted);
            let Some(name) = name.filter(|name| !name.is_empty()) else {
                furthest.miss(at + 1, "the name of a change");
                return None;
            };
            if timing.after.replace(name.to_owned()).is_some() {
                furthest.mistake(at, twice(&tokens[at]));
                return None;
            }
            at += 2;
            continue;
        } else {
            furthest.miss(item, "the end of the phrase");
            for word in ["within", "for", "after"] {
                furthest.miss(at, &format!("`{word}`"));
                furthest.candidate(at, word);
            }
            return None;
        };
        let (time, next) = duration(tokens, at + 1, furthest)?;
        if time.is_zero() || time > LONGEST {
            let message = if time.is_zero() {
                "a time of zero proves nothing".to_owned()
            } else {
                "the time is longer than 24 hours".to_owned()
            };
            let span = tokens[at + 1].span.start..tokens[next - 1].span.end;
            furthest.mistake(at + 1, PhraseError::new(span, message));
            return None;
        }
        if slot.replace(time).is_some() {
            furthest.mistake(at, twice(&tokens[at]));
            return None;
        }
        at = next;
    }
    Some(timing)
}

fn twice(token: &Token) -> PhraseError {
    PhraseError::new(
        token.span.clone(),
        format!("`{}` is said twice", token.text.to_lowercase()),
    )
}

/// A duration of one or two tokens, `30s` or `30 s`, exact to the microsecond.
pub(super) fn duration(tokens: &[Token], at: usize, furthest: &mut Furthest) -> Option<(Duration, usize)> {
    const EXPECTED: &str = "a time (50 ms, 30 s, 2 min)";
    let Some(first) = tokens.get(at).and_then(Token::word) else {
        furthest.miss(at, EXPECTED);
        return None;
    };
    let digits = first
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(first.len());
    let (number, unit) = first.split_at(digits);
    let Some(thousandths) = thousandths(number) else {
        furthest.miss(at, EXPECTED);
        return None;
    };
    let (unit, unit_at) = if unit.is_empty() {
        (tokens.get(at + 1).and_then(Token::word).unwrap_or(""), at + 1)
    } else {
        (unit, at)
    };
    let Some((_, micros)) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) else {
        furthest.miss(unit_at, "a unit of time (`ms`, `s`, `min`)");
        for (name, _) in UNITS {
            furthest.candidate(unit_at, name);
        }
        return None;
    };
    let micros = thousandths.checked_mul(*micros)?.checked_div(1000)?;
    Some((Duration::from_micros(micros), unit_at + 1))
}

/// A number with at most three decimals, in thousandths.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 7 || fraction.len() > 3 || !digits(whole) || !digits(fraction) {
        return None;
    }
    if text.ends_with('.') {
        return None;
    }
    format!("{whole}{fraction:0<3}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn timing(text: &str) -> Option<Timing> {
        read(&tokens(text).unwrap(), 0, &mut Furthest::default())
    }

    #[test]
    fn all_timing_words_are_read_in_any_order() {
        let expected = Timing {
            within: Some(Duration::from_secs(30)),
            holds_for: Some(Duration::from_millis(1500)),
            after: Some("shutdown".to_owned()),
        };
        for text in [
            "within 30 s and for 1.5s after shutdown",
            ", after shutdown, within 30s for 1500 ms",
        ] {
            assert_eq!(timing(text).as_ref(), Some(&expected), "{text}");
        }
        assert_eq!(timing(""), Some(Timing::default()));
    }

    #[test]
    fn nonsense_times_are_refused() {
        for text in [
            "within",
            "within 0 s",
            "within 30",
            "within 30 parsecs",
            "for 25000 min",
            "within 1 s within 2 s",
            "and within 1 s",
            "within -1 s",
            "within 1..5 s",
            "after",
            "within 1 s,",
        ] {
            assert_eq!(timing(text), None, "{text}");
        }
    }
}
