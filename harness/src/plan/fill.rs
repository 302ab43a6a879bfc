//! Fills facts and matrix values into text, and remembers which part came from where.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Diagnostics, nearest_word};
use crate::inventory::Inventory;
use crate::source::Written;
use crate::suite::Row;

/// What `${…}` can stand for.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    pub lab: &'a Inventory,
    pub row: &'a Row,
}

/// A text with its values filled in.
#[derive(Debug, Clone)]
pub(crate) struct Filled {
    pub text: String,
    written: Written,
    /// Parts in order: where each stands in `text`, where it stood in what was written, and whether it was copied.
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    filled: Range<usize>,
    written: Range<usize>,
    copied: bool,
}

impl Filled {
    /// As it was written.
    pub fn written(&self) -> &Written {
        &self.written
    }

    /// A mistake in a part of the filled text. In a filled value, the caret stands under its `${…}`.
    pub fn mistake(&self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        let start = self.back(range.start, false);
        let end = self.back(range.end.max(range.start), true).max(start);
        let mut mistake = self.written.mistake(start..end, message);
        if self.parts.iter().any(|part| !part.copied) {
            mistake = mistake.help(format!("with its values filled in: {}", self.text));
        }
        mistake
    }

    fn back(&self, offset: usize, is_end: bool) -> usize {
        let part = self.parts.iter().find(|part| {
            if is_end {
                part.filled.start < offset && offset <= part.filled.end
            } else {
                part.filled.contains(&offset)
            }
        });
        match part {
            Some(part) if part.copied => part.written.start + (offset - part.filled.start),
            Some(part) if is_end => part.written.end,
            Some(part) => part.written.start,
            None if is_end && offset == 0 => 0,
            None => self.written.text.len(),
        }
    }
}

/// Fills in every `${…}`; each that means nothing is a mistake. `$${` stands for `${`.
pub(super) fn fill(written: &Written, values: Values<'_>, mistakes: &mut Diagnostics) -> Option<Filled> {
    let text = &written.text;
    let mut filled = String::with_capacity(text.len());
    let mut parts = Vec::new();
    let mut sound = true;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let (length, value) = if rest.starts_with("$${") {
            (3, Some("${".to_owned()))
        } else if rest.starts_with("${") {
            let Some(close) = rest.find('}') else {
                mistakes.push(
                    written
                        .mistake(at..text.len(), "`${` without its `}`")
                        .help("`$${` stands for the characters themselves"),
                );
                return None;
            };
            let name = &rest[2..close];
            match value_of(name.trim(), values) {
                Ok(value) => (close + 1, Some(value)),
                Err((message, help)) => {
                    sound = false;
                    let mut mistake = written.mistake(at + 2..at + close, message);
                    mistake.help.extend(help);
                    mistakes.push(mistake);
                    (close + 1, Some(String::new()))
                }
            }
        } else {
            let next = rest.char_indices().skip(1).find(|(_, character)| *character == '$');
            (next.map_or(rest.len(), |(next, _)| next), None)
        };
        let start = filled.len();
        filled.push_str(value.as_deref().unwrap_or(&rest[..length]));
        parts.push(Part {
            filled: start..filled.len(),
            written: at..at + length,
            copied: value.is_none(),
        });
        at += length;
    }
    sound.then(|| Filled {
        text: filled,
        written: written.clone(),
        parts,
    })
}

type Unknown = (String, Option<String>);

fn value_of(name: &str, values: Values<'_>) -> Result<String, Unknown> {
    let in_row = |name: &str| {
        values
            .row
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.text.clone())
    };
    if let Some(name) = name.strip_prefix("matrix.") {
        if let Some(value) = in_row(name) {
            return Ok(value);
        }
        if let Some((device, fact)) = name.split_once('.')
            && let Some(device) = in_row(device)
        {
            return fact_of(&device, fact, values.lab);
        }
        let known = values.row.iter().map(|(name, _)| name.as_str());
        return Err((format!("the matrix has no value `{name}`"), suggestion(name, known)));
    }
    if let Some(name) = name.strip_prefix("lab.") {
        return values.lab.facts.get(name).cloned().ok_or_else(|| {
            let known = values.lab.facts.keys().map(String::as_str);
            (format!("the lab has no fact `{name}`"), suggestion(name, known))
        });
    }
    // A device's name may hold dots; the fact's cannot.
    if let Some((device, fact)) = name.rsplit_once('.') {
        return match in_row(device) {
            Some(other) if values.lab.device(device).is_none() => fact_of(&other, fact, values.lab),
            _ => fact_of(device, fact, values.lab),
        };
    }
    match (in_row(name), values.lab.facts.get(name)) {
        (Some(_), Some(_)) => Err((
            format!("`{name}` is a value of the matrix and a fact of the lab"),
            Some(format!("write `${{matrix.{name}}}` or `${{lab.{name}}}`")),
        )),
        (Some(value), None) => Ok(value),
        (None, Some(value)) => Ok(value.clone()),
        (None, None) => {
            let known = values
                .row
                .iter()
                .map(|(name, _)| name.as_str())
                .chain(values.lab.facts.keys().map(String::as_str));
            let help = if values.lab.device(name).is_some() {
                Some(format!("a fact of a device is named with it: `${{{name}.…}}`"))
            } else {
                suggestion(name, known)
            };
            Err((format!("nothing is named `{name}`"), help))
        }
    }
}

fn fact_of(device: &str, fact: &str, lab: &Inventory) -> Result<String, Unknown> {
    let Some(found) = lab.device(device) else {
        let known = lab.devices.iter().map(|device| device.name.as_str());
        return Err((format!("unknown device `{device}`"), suggestion(device, known)));
    };
    found.facts.get(fact).cloned().ok_or_else(|| {
        let known = found.facts.keys().map(String::as_str);
        (format!("{device} has no fact `{fact}`"), suggestion(fact, known))
    })
}

fn suggestion<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.collect();
    match nearest_word(word, known.iter().copied()) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if known.is_empty() => Some("there is none at all".to_owned()),
        None => {
            let shown: Vec<String> = known.iter().take(20).map(|name| format!("`{name}`")).collect();
            Some(format!("known: {}", shown.join(", ")))
        }
    }
}
