//! Lists: `A`, `A and B`, `A, B and C`; with `or` for alternatives.

use super::single;
use super::{Slot, Value};
use crate::phrase::error::PhraseError;
use crate::phrase::matcher::Furthest;
use crate::phrase::token::Token;

/// Every length of list that can be read, the longest first.
pub(super) fn read(slot: Slot, tokens: &[Token], at: usize, furthest: &mut Furthest) -> Vec<(Value, usize)> {
    let (element, last) = match slot {
        Slot::Alternatives => (Slot::Address, "or"),
        Slot::Addresses => (Slot::Address, "and"),
        Slot::Interfaces => (Slot::Interface, "and"),
        Slot::Targets => (Slot::Rd, "and"),
        Slot::Devices => (Slot::Device, "and"),
        _ => (Slot::Name, "and"),
    };
    let mut found = Vec::new();
    let mut items: Vec<Value> = Vec::new();
    let mut next = at;
    loop {
        // An element has one reading, except an interface in two words, whose longer one comes first.
        let Some((item, after)) = single::read(element, tokens, next, furthest).into_iter().next() else {
            break;
        };
        if let Some(text) = items.iter().any(|known| same(known, &item)).then(|| text(&item)) {
            let span = tokens[next].span.start..tokens[after - 1].span.end;
            furthest.mistake(after - 1, PhraseError::new(span, format!("`{text}` is named twice")));
            break;
        }
        items.push(item);
        found.push((collect(slot, &items), after));
        next = after;
        let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word));
        match (is(next, ","), is(next, last), is(next + 1, last)) {
            (true, _, true) => next += 2,
            (true, _, _) | (_, true, _) => next += 1,
            _ => {
                furthest.miss(next, &format!("`{last}`"));
                break;
            }
        }
    }
    found.reverse();
    found
}

fn text(value: &Value) -> String {
    match value {
        Value::Address(address) => address.to_string(),
        Value::Interface(interface) => interface.to_string(),
        Value::Rd(target) => target.to_string(),
        Value::Name(name) => name.clone(),
        _ => String::new(),
    }
}

fn same(one: &Value, other: &Value) -> bool {
    text(one) == text(other)
}

fn collect(slot: Slot, items: &[Value]) -> Value {
    macro_rules! of {
        ($variant:ident, $into:ident) => {
            Value::$into(
                items
                    .iter()
                    .filter_map(|item| match item {
                        Value::$variant(value) => Some(value.clone()),
                        _ => None,
                    })
                    .collect(),
            )
        };
    }
    match slot {
        Slot::Addresses | Slot::Alternatives => of!(Address, Addresses),
        Slot::Interfaces => of!(Interface, Interfaces),
        Slot::Targets => of!(Rd, Targets),
        _ => of!(Name, Names),
    }
}
