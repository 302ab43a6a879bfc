//! The tree itself: blocks of lines, each line known by its rule and identity.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::net::Ipv4Addr;

use crate::grammar::{self, Effect, Matched, Order, View};
use crate::interface_name::InterfaceName;

/// What makes a line the same line: its rule and the identifying words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Index of the rule in the grammar table.
    pub rule: usize,
    /// The identifying words.
    pub identity: Vec<String>,
}

impl Key {
    /// The key of the line that a match stores.
    pub fn of(matched: &Matched) -> Self {
        Self {
            rule: matched.rule,
            identity: matched.identity(),
        }
    }

    /// The view that the line opens, if it opens one.
    pub fn view(&self) -> Option<View> {
        match grammar::rule(self.rule)?.effect {
            Effect::Block(View::Interface) if self.interface().is_some_and(|name| name.is_loopback()) => {
                Some(View::LoopBack)
            }
            Effect::Block(view) => Some(view),
            _ => None,
        }
    }

    /// The interface, if the line is an interface's first line.
    pub fn interface(&self) -> Option<InterfaceName> {
        matches!(grammar::rule(self.rule)?.effect, Effect::Block(View::Interface))
            .then(|| InterfaceName::parse(self.identity.first()?))?
    }
}

/// A line, with the lines below it if it opens a view.
#[derive(Debug, Clone)]
pub struct Node {
    /// What identifies it.
    pub key: Key,
    /// Its text, every word in full.
    pub text: String,
    /// The lines of its view, in the order in which they are printed.
    pub children: Vec<Node>,
}

/// The way from the system view down to a view.
pub type Path = Vec<Key>;

/// A configuration. Two are equal if they hold the same lines, whatever their order.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// The lines of the system view.
    pub lines: Vec<Node>,
}

impl PartialEq for Configuration {
    fn eq(&self, other: &Self) -> bool {
        same(&self.lines, &other.lines)
    }
}

impl Eq for Configuration {}

fn same(a: &[Node], b: &[Node]) -> bool {
    let equal = |a: &Node, b: &Node| a.text == b.text && same(&a.children, &b.children);
    if a.len() != b.len() {
        return false;
    }
    // Mostly the order is the same too.
    let in_order = a.iter().zip(b).take_while(|(a, b)| a.key == b.key).count();
    let (Some((head_a, tail_a)), Some((head_b, tail_b))) = (a.split_at_checked(in_order), b.split_at_checked(in_order))
    else {
        return false;
    };
    let by_key: HashMap<&Key, &Node> = tail_b.iter().map(|line| (&line.key, line)).collect();
    head_a.iter().zip(head_b).all(|(a, b)| equal(a, b))
        && tail_a
            .iter()
            .all(|line| by_key.get(&line.key).is_some_and(|other| equal(line, other)))
}

/// The line of a key among the lines of a block.
pub fn find<'a>(lines: &'a [Node], key: &Key) -> Option<&'a Node> {
    lines.get(position(lines, key).ok()?)
}

/// Where the line of a key stands among the sorted lines of a block, or where it would be put: behind all lines that do
/// not sort after it.
pub fn position(lines: &[Node], key: &Key) -> Result<usize, usize> {
    // What is loaded or typed comes in order mostly.
    let end = match lines.last() {
        None => return Err(0),
        Some(last) if order(&last.key, key) == Ordering::Less => return Err(lines.len()),
        Some(_) => lines.partition_point(|line| order(&line.key, key) != Ordering::Greater),
    };
    let like = lines.get(..end).unwrap_or_default().iter().enumerate().rev();
    like.take_while(|(_, line)| order(&line.key, key) == Ordering::Equal)
        .find(|(_, line)| line.key == *key)
        .map(|(at, _)| at)
        .ok_or(end)
}

impl Configuration {
    /// The lines of the view at `path`; `None` if it is not there.
    pub fn block(&self, path: &[Key]) -> Option<&Vec<Node>> {
        path.iter()
            .try_fold(&self.lines, |lines, key| Some(&find(lines, key)?.children))
    }

    /// The same, to be changed.
    pub fn block_mut(&mut self, path: &[Key]) -> Option<&mut Vec<Node>> {
        path.iter().try_fold(&mut self.lines, |lines, key| {
            let at = position(lines, key).ok()?;
            Some(&mut lines.get_mut(at)?.children)
        })
    }

    /// The configured device name.
    pub fn sysname(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| line.text.strip_prefix("sysname "))
    }

    /// The interfaces with their lines.
    pub fn interfaces(&self) -> impl Iterator<Item = (InterfaceName, &Node)> {
        self.lines.iter().filter_map(|line| Some((line.key.interface()?, line)))
    }
}

impl Node {
    /// Whether a line of this text stands in the block.
    pub fn has(&self, text: &str) -> bool {
        self.children.iter().any(|line| line.text == text)
    }

    /// What follows `prefix` in the first line of the block that begins with it.
    pub fn after(&self, prefix: &str) -> Option<&str> {
        self.children.iter().find_map(|line| line.text.strip_prefix(prefix))
    }
}

/// Puts a line in its place, replacing the one of the same key; whether it is new.
pub fn put(lines: &mut Vec<Node>, node: Node) -> bool {
    match position(lines, &node.key) {
        Ok(at) => {
            if let Some(old) = lines.get_mut(at) {
                old.text = node.text;
            }
            false
        }
        Err(at) => {
            lines.insert(at, node);
            true
        }
    }
}

fn order(a: &Key, b: &Key) -> Ordering {
    let (Some(rule_a), Some(rule_b)) = (grammar::rule(a.rule), grammar::rule(b.rule)) else {
        return Ordering::Equal;
    };
    rule_a.rank.cmp(&rule_b.rank).then_with(|| {
        if rule_a.order == Order::Typed && rule_b.order == Order::Typed {
            return Ordering::Equal;
        }
        by_identity(&a.identity, &b.identity).then(a.rule.cmp(&b.rule))
    })
}

fn by_identity(a: &[String], b: &[String]) -> Ordering {
    for (a, b) in a.iter().zip(b) {
        let ordering = by_value(a, b);
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    a.len().cmp(&b.len())
}

/// Addresses, then numbers, each by value; then interfaces, then words. One kind of value never stands between two of
/// another.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Value<'a> {
    Address(Ipv4Addr),
    Number(u64),
    Interface(InterfaceName),
    Other(&'a str),
    Word(&'a str),
}

fn value(text: &str) -> Value<'_> {
    if let Ok(address) = text.parse() {
        return Value::Address(address);
    }
    if let Ok(number) = text.parse() {
        return Value::Number(number);
    }
    match InterfaceName::parse(text) {
        Some(name) => Value::Interface(name),
        None if text.starts_with(|c: char| c.is_ascii_alphabetic()) => Value::Word(text),
        None => Value::Other(text),
    }
}

fn by_value(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    // Names that read as the same interface or number are told apart by their letters.
    value(a).cmp(&value(b)).then_with(|| a.cmp(b))
}
