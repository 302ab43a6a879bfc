//! The tree itself: blocks of lines, each line known by its rule and identity.

use std::cmp::Ordering;
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
    a.len() == b.len()
        && a.iter().all(|line| {
            find(b, &line.key).is_some_and(|other| line.text == other.text && same(&line.children, &other.children))
        })
}

/// The line of a key among the lines of a block.
pub fn find<'a>(lines: &'a [Node], key: &Key) -> Option<&'a Node> {
    lines.iter().find(|line| line.key == *key)
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
            Some(&mut lines.iter_mut().find(|line| line.key == *key)?.children)
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

/// Puts a line in its place: behind all lines that do not sort after it, replacing the one of the same key.
pub fn put(lines: &mut Vec<Node>, node: Node) {
    if let Some(old) = lines.iter_mut().find(|line| line.key == node.key) {
        old.text = node.text;
        return;
    }
    let place = lines
        .iter()
        .rposition(|line| order(&line.key, &node.key) != Ordering::Greater)
        .map_or(0, |at| at + 1);
    lines.insert(place, node);
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

fn by_value(a: &str, b: &str) -> Ordering {
    if let (Ok(a), Ok(b)) = (a.parse::<Ipv4Addr>(), b.parse::<Ipv4Addr>()) {
        return a.cmp(&b);
    }
    if let (Ok(a), Ok(b)) = (a.parse::<u64>(), b.parse::<u64>()) {
        return a.cmp(&b);
    }
    if let (Some(a), Some(b)) = (InterfaceName::parse(a), InterfaceName::parse(b)) {
        return a.cmp(&b);
    }
    // Addresses (public routes) stand before words (`vpn-instance …`).
    let is_word = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
    is_word(a).cmp(&is_word(b)).then_with(|| a.cmp(b))
}
