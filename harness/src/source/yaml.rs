//! YAML as a tree in which every node knows its bytes.
//!
//! Only the part of YAML that suites and inventories need: one document of mappings, lists and scalars, with anchors
//! and aliases within a budget; no tags, no merge keys. Duplicate keys are mistakes.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle};

use super::file::SourceFile;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Most nodes of a file, aliases written out. A suite of ten thousand phrases has about thirty thousand.
const MOST_NODES: usize = 200_000;

/// A node and its bytes.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Its bytes in the file; of a block collection, the place where it begins.
    pub range: Range<usize>,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text as written, quotes and escapes resolved.
    Scalar {
        /// The text.
        text: String,
        /// How it was written.
        style: ScalarStyle,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order of the file; a duplicate key is left out, and reported.
    Map(Vec<Entry>),
}

/// An entry of a mapping.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Its bytes.
    pub key_range: Range<usize>,
    /// How it was written.
    pub key_style: ScalarStyle,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Whether it is a plain `null`, `~` or nothing.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, style: ScalarStyle::Plain }
            if self.range.is_empty() || matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What it is, for messages.
    pub fn describe(&self) -> &'static str {
        match &self.value {
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Scalar { .. } if self.is_null() => "nothing",
            Value::Scalar { text, style } => describe_scalar(text, *style),
        }
    }

    fn size(&self) -> usize {
        match &self.value {
            Value::Scalar { .. } => 1,
            Value::List(nodes) => 1 + nodes.iter().map(Node::size).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|entry| 1 + entry.value.size()).sum::<usize>(),
        }
    }

    fn bytes(&self) -> usize {
        match &self.value {
            Value::Scalar { text, .. } => text.len(),
            Value::List(nodes) => nodes.iter().map(Node::bytes).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.key.len() + entry.value.bytes()).sum(),
        }
    }
}

/// What a scalar is by the core schema of YAML 1.2.
fn describe_scalar(text: &str, style: ScalarStyle) -> &'static str {
    if style != ScalarStyle::Plain {
        return "text";
    }
    match text {
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => "true or false",
        _ if is_number(text) => "a number",
        _ => "text",
    }
}

/// Whether a plain scalar is an integer or a decimal fraction by the core schema.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        return !hexadecimal.is_empty() && hexadecimal.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if let Some(octal) = digits.strip_prefix("0o") {
        return !octal.is_empty() && octal.bytes().all(|b| (b'0'..=b'7').contains(&b));
    }
    if matches!(digits, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    digits.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && digits.parse::<f64>().is_ok()
}

/// Reads the one document of a file. Mistakes that leave a tree go to `mistakes`; a syntax error leaves none.
pub fn read(file: &SourceFile, mistakes: &mut Diagnostics) -> Option<Node> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut composer = Composer {
        file,
        mistakes,
        events: Parser::new_from_str_with_options(file.text(), options),
        anchors: HashMap::new(),
        nodes: 0,
        bytes: 0,
    };
    match composer.document() {
        Ok(node) => Some(node),
        Err(diagnostic) => {
            mistakes.push(*diagnostic);
            None
        }
    }
}

struct Composer<'a, I: Iterator> {
    file: &'a SourceFile,
    mistakes: &'a mut Diagnostics,
    events: I,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    bytes: usize,
}

type Next<'a> = Result<(Event<'a>, granit_parser::Span), granit_parser::ScanError>;
type Composed<T> = Result<T, Box<Diagnostic>>;

impl<'a, I: Iterator<Item = Next<'a>>> Composer<'a, I> {
    fn document(&mut self) -> Composed<Node> {
        let mut root = None;
        loop {
            let (event, range) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_some() => {
                    return Err(Box::new(
                        self.wrong(range, "a second YAML document")
                            .help("one file holds one document"),
                    ));
                }
                Event::DocumentStart(..) => {
                    let (event, range) = self.next()?;
                    root = Some(self.node(event, range)?);
                }
                _ => {}
            }
        }
        root.ok_or_else(|| Box::new(self.wrong(0..0, "the file is empty")))
    }

    fn next(&mut self) -> Composed<(Event<'a>, Range<usize>)> {
        match self.events.next() {
            Some(Ok((event, span))) => Ok((event, self.clip(span.byte_range().unwrap_or(0..0)))),
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(0);
                let end = at
                    + self
                        .file
                        .text()
                        .get(at..)
                        .and_then(|rest| rest.chars().next())
                        .map_or(0, char::len_utf8);
                let mut mistake = Diagnostic::at(self.file, at..end, format!("not valid YAML: {}", error.info()));
                if self.file.text().get(at..end) == Some("\t") || error.info().contains("tab") {
                    mistake = mistake.help("indent with spaces, never with tabs");
                }
                Err(Box::new(mistake))
            }
            None => Ok((Event::StreamEnd, self.file.text().len()..self.file.text().len())),
        }
    }

    fn clip(&self, range: Range<usize>) -> Range<usize> {
        let most = self.file.text().len();
        range.start.min(most)..range.end.clamp(range.start.min(most), most)
    }

    fn wrong(&self, range: Range<usize>, message: &str) -> Diagnostic {
        Diagnostic::at(self.file, range, message)
    }

    fn count(&mut self, range: &Range<usize>, nodes: usize, bytes: usize) -> Composed<()> {
        self.nodes += nodes;
        self.bytes += bytes;
        // Aliases may repeat text, but not without bound.
        if self.nodes > MOST_NODES || self.bytes > self.file.text().len() + 4 * 1024 * 1024 {
            return Err(Box::new(
                self.wrong(range.clone(), "the file is too large once its aliases are written out")
                    .help(format!("at most {MOST_NODES} values")),
            ));
        }
        Ok(())
    }

    fn node(&mut self, event: Event<'a>, range: Range<usize>) -> Composed<Node> {
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag) => (*anchor, tag.is_some()),
            Event::SequenceStart(_, anchor, tag) | Event::MappingStart(_, anchor, tag) => (*anchor, tag.is_some()),
            _ => (0, false),
        };
        if tag {
            self.mistakes.push(
                self.wrong(range.clone(), "tags are not part of this format")
                    .help("leave the `!…` out; put text in quotes"),
            );
        }
        let node = match event {
            Event::Scalar(text, style, ..) => {
                self.count(&range, 1, text.len())?;
                let text = if range.is_empty() && style == ScalarStyle::Plain {
                    String::new()
                } else {
                    text.into_owned()
                };
                Node {
                    value: Value::Scalar { text, style },
                    range,
                }
            }
            Event::SequenceStart(..) => self.list(range)?,
            Event::MappingStart(..) => self.map(range)?,
            Event::Alias(id) => {
                let Some(node) = self.anchors.get(&id).cloned() else {
                    return Err(Box::new(self.wrong(range, "an alias within its own anchor")));
                };
                self.count(&range, node.size(), node.bytes())?;
                return Ok(node);
            }
            _ => return Err(Box::new(self.wrong(range, "not valid YAML: a value is missing"))),
        };
        if anchor != 0 {
            // Anchors within anchors are kept once each: they count like aliases.
            self.count(&node.range, node.size(), node.bytes())?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, start: Range<usize>) -> Composed<Node> {
        self.count(&start, 1, 0)?;
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, end) => {
                    return Ok(Node {
                        value: Value::List(nodes),
                        range: start.start..end.end.max(start.start),
                    });
                }
                (event, range) => nodes.push(self.node(event, range)?),
            }
        }
    }

    fn map(&mut self, start: Range<usize>) -> Composed<Node> {
        self.count(&start, 1, 0)?;
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, Range<usize>> = HashMap::new();
        loop {
            let (event, range) = match self.next()? {
                (Event::MappingEnd, end) => {
                    return Ok(Node {
                        value: Value::Map(entries),
                        range: start.start..end.end.max(start.start),
                    });
                }
                other => other,
            };
            let key = self.node(event, range)?;
            let (event, range) = self.next()?;
            let value = self.node(event, range)?;
            let Value::Scalar { text, style } = key.value else {
                self.mistakes
                    .push(self.wrong(key.range, "a key must be one word or text"));
                continue;
            };
            if text == "<<" && style == ScalarStyle::Plain {
                self.mistakes.push(
                    self.wrong(key.range, "merge keys (`<<`) are not part of this format")
                        .help("write the entries out"),
                );
                continue;
            }
            if let Some(first) = seen.get(&text) {
                let line = self.file.place(first.start).line;
                self.mistakes.push(
                    Diagnostic::at(self.file, key.range, format!("the key `{text}` is given twice"))
                        .label("given again here")
                        .help(format!("it was given in line {line} first")),
                );
                continue;
            }
            seen.insert(text.clone(), key.range.clone());
            entries.push(Entry {
                key: text,
                key_range: key.range,
                key_style: style,
                value,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes_of(text: &str) -> String {
        let file = SourceFile::new("x.yaml", "x.yaml", text);
        let mut mistakes = Diagnostics::default();
        read(&file, &mut mistakes);
        mistakes.render(false)
    }

    #[test]
    fn an_alias_bomb_is_refused_before_it_grows() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let previous = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{previous}]\n"));
        }
        assert!(mistakes_of(&text).contains("too large once its aliases are written out"));
        assert!(mistakes_of("a: &a [*a]").contains("alias within its own anchor"));
    }

    #[test]
    fn deep_nesting_tabs_tags_and_second_documents_are_mistakes() {
        assert!(mistakes_of(&"[".repeat(100_000)).contains("not valid YAML"));
        assert!(mistakes_of(&"- ".repeat(100_000)).contains("not valid YAML"));
        assert!(mistakes_of("a:\n\tb: 1\n").contains("never with tabs"));
        assert!(mistakes_of("a: !!binary aGk=\n").contains("tags are not part"));
        assert!(mistakes_of("a: 1\n---\nb: 2\n").contains("second YAML document"));
        assert!(mistakes_of("").contains("empty"));
        assert!(mistakes_of("a: 1\nb: 2\na: 3\n").contains("given twice"));
        assert!(mistakes_of("a: *nowhere\n").contains("not valid YAML"));
        assert!(mistakes_of("<<: {a: 1}\n").contains("merge keys"));
        assert!(mistakes_of("? [a]\n: 1\n").contains("a key must be"));
    }

    #[test]
    fn numbers_are_those_of_the_core_schema() {
        for number in ["1", "-1", "1.10", "0x1f", "0o7", "1e3", ".5", "+.inf", ".nan"] {
            assert!(is_number(number), "{number}");
        }
        for text in ["1.1.1.1", "e", "-", ".", "1s", "0x", "inf", "1_000", "100:1", ""] {
            assert!(!is_number(text), "{text}");
        }
    }
}
