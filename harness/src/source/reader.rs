//! Reads nodes as what a format expects, and collects every mistake on the way.

use std::ops::Range;
use std::time::Duration;

use super::file::SourceFile;
use super::written::Written;
use super::yaml::{Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// One file being read, and the mistakes found in it.
pub struct Reader<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// The mistakes found so far.
    pub mistakes: &'a mut Diagnostics,
}

/// A mapping whose keys are known.
pub struct Fields<'n> {
    entries: &'n [Entry],
    range: Range<usize>,
}

impl<'n> Fields<'n> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Where the mapping begins, for what is missing in it.
    pub fn start(&self) -> Range<usize> {
        match self.entries.first() {
            Some(entry) => entry.key_range.clone(),
            None => self.range.clone(),
        }
    }
}

impl Reader<'_> {
    /// Adds a mistake at a place.
    pub fn mistake(&mut self, range: Range<usize>, message: impl Into<String>) -> &mut Diagnostic {
        self.mistakes.list.push(Diagnostic::at(self.file, range, message));
        let last = self.mistakes.list.len() - 1;
        &mut self.mistakes.list[last]
    }

    /// A value of the wrong type.
    pub fn mistyped(&mut self, node: &Node, expected: &str) {
        let range = Self::first_line(node);
        self.mistake(range, format!("expected {expected}, found {}", node.describe()))
            .label = Some(format!("expected {expected}"));
    }

    /// The first line of a node: what a caret can underline.
    fn first_line(node: &Node) -> Range<usize> {
        match &node.value {
            Value::Map(entries) if !entries.is_empty() => entries[0].key_range.clone(),
            Value::List(nodes) if !nodes.is_empty() && nodes[0].range.start > node.range.start => {
                node.range.start..node.range.start + 1
            }
            _ => node.range.clone(),
        }
    }

    /// A mapping with keys out of `known`. Others are mistakes; `later` are keys of a later version.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[&str], later: &[&str]) -> Option<Fields<'n>> {
        let entries = self.entries(node, what)?;
        for entry in entries {
            if known.contains(&entry.key.as_str()) {
                continue;
            }
            if later.contains(&entry.key.as_str()) {
                self.mistake(
                    entry.key_range.clone(),
                    format!("`{}` is not available in this version", entry.key),
                );
                continue;
            }
            let mut mistake = Diagnostic::at(
                self.file,
                entry.key_range.clone(),
                format!("{what} has no key `{}`", entry.key),
            )
            .label("unknown key")
            .nearest(&entry.key, known.iter().copied());
            if matches!(entry.key.as_str(), "password" | "passphrase" | "secret") {
                mistake = mistake.help(
                    "secrets are never written here: `auth: {password: {env: VARIABLE}}` names where one is to be had",
                );
            }
            if entry.key.contains(char::is_whitespace) {
                mistake =
                    mistake.help("a text that holds `: ` must stand in quotes, or YAML reads it as a key and a value");
            }
            self.mistakes.push(mistake);
        }
        Some(Fields {
            entries,
            range: node.range.clone(),
        })
    }

    /// A mapping whose keys are names.
    pub fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        match &node.value {
            Value::Map(entries) => Some(entries),
            _ => {
                self.mistyped(node, &format!("a mapping ({what})"));
                None
            }
        }
    }

    /// The value of a key that must be there.
    pub fn required<'n>(&mut self, fields: &Fields<'n>, key: &str, what: &str) -> Option<&'n Node> {
        let found = fields.get(key);
        if found.is_none() {
            self.mistake(fields.start(), format!("{what} has no `{key}`")).label =
                Some(format!("`{key}` is missing here"));
        }
        found
    }

    /// Text that is not empty.
    pub fn text(&mut self, node: &Node, what: &str) -> Option<Written> {
        match &node.value {
            Value::Scalar { text, style } if node.describe() == "text" => {
                if text.trim().is_empty() {
                    self.mistake(node.range.clone(), format!("expected {what}, found empty text"));
                    return None;
                }
                Some(Written::new(self.file, node.range.clone(), text.clone(), *style))
            }
            Value::Scalar { text, .. } if !node.is_null() => {
                let text = text.clone();
                let found = node.describe();
                let mistake = self.mistake(node.range.clone(), format!("expected {what} as text, found {found}"));
                mistake.help.push(format!("put it in quotes: \"{text}\""));
                None
            }
            _ => {
                self.mistyped(node, &format!("{what} as text"));
                None
            }
        }
    }

    /// Text, a number, or true or false, as it is written: the value of a fact.
    pub fn plain(&mut self, node: &Node, what: &str) -> Option<Written> {
        match &node.value {
            Value::Scalar { text, style } if !node.is_null() => {
                Some(Written::new(self.file, node.range.clone(), text.clone(), *style))
            }
            _ => {
                self.mistyped(node, &format!("{what} as text or a number"));
                None
            }
        }
    }

    /// `true` or `false`; `yes` and `on` are not.
    pub fn truth(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let Value::Scalar { text, .. } = &node.value
            && node.describe() == "true or false"
        {
            return Some(text.eq_ignore_ascii_case("true"));
        }
        let range = Self::first_line(node);
        let found = node.describe();
        let mistake = self.mistake(range, format!("expected true or false for `{what}`, found {found}"));
        mistake.label = Some("expected true or false".into());
        if let Value::Scalar { text, .. } = &node.value {
            match text.to_lowercase().as_str() {
                "yes" | "on" | "y" => mistake.help.push("write `true`".into()),
                "no" | "off" | "n" => mistake.help.push("write `false`".into()),
                "true" | "false" => mistake.help.push("leave the quotes out".into()),
                _ => {}
            }
        }
        None
    }

    /// A whole number within bounds.
    pub fn integer(&mut self, node: &Node, what: &str, bounds: std::ops::RangeInclusive<u64>) -> Option<u64> {
        if let Value::Scalar { text, .. } = &node.value
            && node.describe() == "a number"
            && let Ok(number) = text.parse::<u64>()
            && bounds.contains(&number)
        {
            return Some(number);
        }
        let (low, high) = (bounds.start(), bounds.end());
        self.mistyped(node, &format!("a whole number from {low} to {high} for `{what}`"));
        None
    }

    /// One of some words.
    pub fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, what)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.text) {
            return Some(*value);
        }
        let mistake = text
            .mistaken(format!("`{}` is no {what}", text.text))
            .nearest(&text.text, words.iter().map(|(word, _)| *word));
        self.mistakes.push(mistake);
        None
    }

    /// A duration: `500 ms`, `10 s`, `2 min`.
    pub fn duration(&mut self, node: &Node, what: &str) -> Option<Duration> {
        if let Value::Scalar { text, .. } = &node.value
            && let Some(duration) = duration_of(text)
        {
            return Some(duration);
        }
        let range = Self::first_line(node);
        let mistake = self.mistake(range, format!("`{what}` is no duration"));
        mistake.label = Some("expected a number and a unit".into());
        mistake
            .help
            .push("write `50 us`, `500 ms`, `10 s` or `2 min`; at most a day, more than nothing".into());
        None
    }

    /// A list, or one value that stands for a list of one. Nothing is a mistake, and so is an empty list.
    pub fn one_or_more<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::List(nodes) => {
                if nodes.is_empty() {
                    self.mistake(node.range.clone(), format!("expected {what}, found an empty list"));
                }
                nodes
            }
            _ if node.is_null() => {
                self.mistyped(node, what);
                &[]
            }
            _ => std::slice::from_ref(node),
        }
    }

    /// The key of an entry as text.
    pub fn key(&self, entry: &Entry) -> Written {
        Written::new(self.file, entry.key_range.clone(), entry.key.clone(), entry.key_style)
    }

    /// A list of texts, or one text.
    pub fn texts(&mut self, node: &Node, what: &str) -> Vec<Written> {
        let nodes = self.one_or_more(node, what);
        nodes.iter().filter_map(|node| self.text(node, what)).collect()
    }
}

/// `500 ms`, `10 s`, `2 min`; a fraction is allowed.
pub(crate) fn duration_of(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(split);
    let number: f64 = number.parse().ok()?;
    let seconds = match unit.trim() {
        "ns" => number / 1_000_000_000.0,
        "us" | "µs" => number / 1_000_000.0,
        "ms" => number / 1000.0,
        "s" => number,
        "min" => number * 60.0,
        _ => return None,
    };
    (seconds > 0.0 && seconds <= 86_400.0)
        .then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
        .filter(|duration| !duration.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(duration_of("500 ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration_of("50 us"), duration_of("0.05ms"));
        assert_eq!(duration_of("50 µs"), Some(Duration::from_micros(50)));
        assert_eq!(duration_of("1500 ns"), Some(Duration::from_nanos(1500)));
        assert_eq!(duration_of("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(duration_of("2 min"), Some(Duration::from_secs(120)));
        for wrong in [
            "",
            "10",
            "s",
            "0 s",
            "-1 s",
            "1 h",
            "1e3 s",
            "1.2.3 s",
            "999999999999 min",
            "0.0000000000001 ms",
        ] {
            assert_eq!(duration_of(wrong), None, "{wrong}");
        }
    }
}
