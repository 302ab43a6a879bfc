//! Whether a predicate is true of one row.

use super::evidence::Row;
use super::wording::{clean, counted};
use super::{all, and, any};
use crate::cell::Cell;
use crate::phrase::assertion::{ErrorDirection, Predicate, Subject};
use crate::phrase::condition::Condition;
use crate::phrase::words::state_label;

/// Whether it is true of the row, and what the row holds where it looks.
pub(super) fn predicate(subject: &Subject, predicate: &Predicate, row: &Row<'_>) -> (Option<bool>, String) {
    match predicate {
        Predicate::Exists => (Some(true), String::new()),
        Predicate::State { state, negated } => {
            let (truth, said) = if *subject == Subject::Interfaces {
                interface_state(state, row)
            } else {
                session_state(state, row)
            };
            (truth.map(|truth| truth != *negated), said)
        }
        Predicate::Errors { direction, negated } => {
            let (truth, said) = errors(*direction, row);
            (truth.map(|truth| truth != *negated), said)
        }
        Predicate::PrefixesReceived(count) => match row.cell("prefixes_received") {
            Cell::Integer(number) => {
                let number = u64::try_from(number).unwrap_or(u64::MAX);
                (
                    Some(count.holds(number)),
                    format!("has {} received", counted(number, "prefix", "prefixes")),
                )
            }
            _ => (None, "prints no number of prefixes received".to_owned()),
        },
        Predicate::Has(conditions) => has(conditions, row),
    }
}

fn has(conditions: &[Condition], row: &Row<'_>) -> (Option<bool>, String) {
    let truths: Vec<Option<bool>> = conditions
        .iter()
        .map(|condition| condition.holds(row.table(), row.index))
        .collect();
    let there: Vec<String> = conditions
        .iter()
        .map(|condition| condition.what_is_there(row.table(), row.index))
        .collect();
    (all(truths), format!("has {}", clean(&there.join(", "))))
}

fn session_state(state: &str, row: &Row<'_>) -> (Option<bool>, String) {
    let Cell::Word(have) = row.cell("state") else {
        return (None, "prints no state that is known".to_owned());
    };
    let label = state_label(have);
    if row.cell("being_deleted") == Cell::Bool(true) {
        return (None, format!("is {label} and being deleted"));
    }
    (Some(have == state), format!("is {label}"))
}

/// An interface is up when its link and the protocol on it are up; it is down when its link is.
fn interface_state(state: &str, row: &Row<'_>) -> (Option<bool>, String) {
    let word = |field: &str| match row.cell(field) {
        Cell::Word(word) => Some(word),
        _ => None,
    };
    let (link, protocol) = (word("oper_state"), word("protocol_state"));
    let named = |word: Option<&'static str>| word.map_or_else(|| "not printed".to_owned(), state_label);
    let said = match (link, protocol) {
        (Some(link), Some(protocol)) if link == protocol => format!("is {}", state_label(link)),
        _ => format!("is {}, its protocol {}", named(link), named(protocol)),
    };
    let truth = match state {
        "up" => and(link.map(|link| link == "up"), protocol.map(|protocol| protocol == "up")),
        "down" => link.map(|link| link != "up"),
        _ => any([
            link.map(|link| link == state),
            word("admin_state").map(|admin| admin == state).or(Some(false)),
        ]),
    };
    (truth, said)
}

fn errors(direction: ErrorDirection, row: &Row<'_>) -> (Option<bool>, String) {
    let fields: &[(&str, &str)] = match direction {
        ErrorDirection::Input => &[("in_errors", "input")],
        ErrorDirection::Output => &[("out_errors", "output")],
        ErrorDirection::Both => &[("in_errors", "input"), ("out_errors", "output")],
    };
    let mut truths = Vec::new();
    let mut said = Vec::new();
    for (field, name) in fields {
        match row.cell(field) {
            Cell::Integer(number) => {
                truths.push(Some(number != 0));
                said.push(format!("{number} {name} errors"));
            }
            _ => {
                truths.push(None);
                said.push(format!("no counter of {name} errors"));
            }
        }
    }
    (any(truths), format!("has {}", said.join(" and ")))
}
