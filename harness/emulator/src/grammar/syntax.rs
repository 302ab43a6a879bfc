//! The notation of the grammar table and its compiled form.
//!
//! `word` is a keyword, `<kind>` a value, `[ x ]` optional, `{ x | y }` a choice, `( x | y )*` any number of times.
//! A `!` at the end of a keyword (`sub!`) or value (`<ip!>`) makes it part of the line's identity: two lines of one rule with the same identity
//! replace each other.

use super::parameter::Kind;

/// One part of a command's syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// A keyword.
    Keyword { text: String, identity: bool },
    /// A value.
    Value { kind: Kind, identity: bool },
    /// Any one of these, as often as allowed.
    Choice {
        branches: Vec<Vec<Element>>,
        least: Least,
        many: bool,
    },
}

/// How often a choice must be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    /// It may be left out.
    Zero,
    /// It must be taken.
    One,
}

/// Reads the notation.
pub fn parse(notation: &str) -> Result<Vec<Element>, String> {
    let tokens: Vec<&str> = notation.split_whitespace().collect();
    let mut position = 0;
    let (mut branches, _) = branches(&tokens, &mut position, None)?;
    match (branches.pop(), branches.is_empty()) {
        (Some(sequence), true) => Ok(sequence),
        _ => Err(format!("`|` outside of brackets in `{notation}`")),
    }
}

type Branches = (Vec<Vec<Element>>, Option<String>);

fn branches(tokens: &[&str], position: &mut usize, close: Option<&str>) -> Result<Branches, String> {
    let mut branches = vec![Vec::new()];
    while let Some(&token) = tokens.get(*position) {
        *position += 1;
        let element = match token {
            "|" => {
                branches.push(Vec::new());
                continue;
            }
            "[" | "{" | "(" => {
                let expected = match token {
                    "[" => "]",
                    "{" => "}",
                    _ => ")",
                };
                let (branches, end) = self::branches(tokens, position, Some(expected))?;
                let (least, many) = match end.as_deref() {
                    Some("]") => (Least::Zero, false),
                    Some("}") => (Least::One, false),
                    Some(")*") => (Least::Zero, true),
                    Some(")+") => (Least::One, true),
                    other => return Err(format!("bracket closed by {other:?}")),
                };
                Element::Choice { branches, least, many }
            }
            _ if close.is_some_and(|close| token.starts_with(close)) => return Ok((branches, Some(token.to_owned()))),
            _ => single(token)?,
        };
        if let Some(sequence) = branches.last_mut() {
            sequence.push(element);
        }
    }
    if close.is_some() {
        Err(format!("bracket not closed by {close:?}"))
    } else {
        Ok((branches, None))
    }
}

fn single(token: &str) -> Result<Element, String> {
    let marked = |word: &str| match word.strip_suffix('!') {
        Some(word) => (word.to_owned(), true),
        None => (word.to_owned(), false),
    };
    match token.strip_prefix('<').and_then(|token| token.strip_suffix('>')) {
        None => {
            let (text, identity) = marked(token);
            Ok(Element::Keyword { text, identity })
        }
        Some(name) => {
            let (name, identity) = marked(name);
            let kind = Kind::named(&name).ok_or_else(|| format!("no kind of value is called `{name}`"))?;
            Ok(Element::Value { kind, identity })
        }
    }
}

/// The syntax that takes a line of this syntax back: what follows its last keyword and its identity may be left out.
pub fn undo_of(elements: &[Element]) -> Vec<Element> {
    let needed = elements.iter().rposition(is_needed_to_undo).map_or(0, |last| last + 1);
    let mut undo = vec![Element::Keyword {
        text: "undo".into(),
        identity: false,
    }];
    undo.extend_from_slice(elements.get(..needed).unwrap_or_default());
    let mut tail: Option<Vec<Element>> = None;
    for element in elements.get(needed..).unwrap_or_default().iter().rev() {
        let mut sequence = vec![element.clone()];
        if let Some(rest) = tail.take() {
            sequence.push(Element::Choice {
                branches: vec![rest],
                least: Least::Zero,
                many: false,
            });
        }
        tail = Some(sequence);
    }
    if let Some(rest) = tail {
        undo.push(Element::Choice {
            branches: vec![rest],
            least: Least::Zero,
            many: false,
        });
    }
    undo
}

fn is_needed_to_undo(element: &Element) -> bool {
    match element {
        Element::Keyword { .. } => true,
        Element::Value { identity, .. } => *identity,
        Element::Choice { branches, .. } => branches.iter().flatten().any(has_identity),
    }
}

fn has_identity(element: &Element) -> bool {
    match element {
        Element::Keyword { identity, .. } | Element::Value { identity, .. } => *identity,
        Element::Choice { branches, .. } => branches.iter().flatten().any(has_identity),
    }
}

/// What a step of the compiled form takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// This keyword or an abbreviation of it.
    Keyword(String),
    /// A value of this kind.
    Value(Kind),
}

/// One node of the compiled form.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// Nodes reached without taking a word.
    pub free: Vec<usize>,
    /// The word taken here, whether it is part of the identity, and the node that follows.
    pub step: Option<(Label, bool, usize)>,
}

/// A syntax compiled to a nondeterministic automaton; node 0 is the start.
#[derive(Debug, Clone)]
pub struct Automaton {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The node at which a command is complete.
    pub end: usize,
}

impl Automaton {
    /// Compiles a syntax.
    pub fn new(elements: &[Element]) -> Self {
        let mut automaton = Self {
            nodes: vec![Node::default()],
            end: 0,
        };
        automaton.end = automaton.sequence(elements, 0);
        automaton
    }

    /// All nodes reached from `node` without taking a word.
    pub fn closure(&self, node: usize, into: &mut Vec<usize>) {
        if into.contains(&node) {
            return;
        }
        into.push(node);
        for &next in self.nodes.get(node).map_or(&[][..], |node| &node.free) {
            self.closure(next, into);
        }
    }

    fn node(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    fn sequence(&mut self, elements: &[Element], start: usize) -> usize {
        elements.iter().fold(start, |at, element| self.element(element, at))
    }

    fn element(&mut self, element: &Element, start: usize) -> usize {
        match element {
            Element::Keyword { text, identity } => self.step(start, Label::Keyword(text.clone()), *identity),
            Element::Value {
                kind: Kind::Interface,
                identity,
            } => {
                let end = self.node();
                let whole = self.free_step(start, Label::Value(Kind::Interface), *identity);
                let type_name = self.free_step(start, Label::Value(Kind::InterfaceType), *identity);
                let number = self.step(type_name, Label::Value(Kind::InterfaceNumber), *identity);
                self.join(whole, end);
                self.join(number, end);
                end
            }
            Element::Value { kind, identity } => self.step(start, Label::Value(*kind), *identity),
            Element::Choice { branches, least, many } => {
                let (enter, end) = (self.node(), self.node());
                self.join(start, enter);
                for branch in branches {
                    let first = self.node();
                    self.join(enter, first);
                    let last = self.sequence(branch, first);
                    self.join(last, end);
                }
                if *least == Least::Zero {
                    self.join(enter, end);
                }
                if *many {
                    self.join(end, enter);
                }
                // Repetition loops back to `enter`; what follows gets a node of its own.
                let after = self.node();
                self.join(end, after);
                after
            }
        }
    }

    fn free_step(&mut self, start: usize, label: Label, identity: bool) -> usize {
        let first = self.node();
        self.join(start, first);
        self.step(first, label, identity)
    }

    fn step(&mut self, start: usize, label: Label, identity: bool) -> usize {
        let next = self.node();
        let from = if self.nodes.get(start).is_some_and(|node| node.step.is_some()) {
            let fresh = self.node();
            self.join(start, fresh);
            fresh
        } else {
            start
        };
        if let Some(node) = self.nodes.get_mut(from) {
            node.step = Some((label, identity, next));
        }
        next
    }

    fn join(&mut self, from: usize, to: usize) {
        if let Some(node) = self.nodes.get_mut(from) {
            node.free.push(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kinds_and_open_brackets_are_refused() {
        assert!(parse("a <nonsense>").is_err());
        assert!(parse("a [ b").is_err());
        assert!(parse("a | b").is_err());
    }

    #[test]
    fn undo_may_leave_out_what_follows_the_identity() {
        let undo = undo_of(&parse("ip address <ip> <mask>").expect("a right syntax"));
        let expected = parse("undo ip address [ <ip> [ <mask> ] ]").expect("a right syntax");
        assert_eq!(undo, expected);
    }
}
