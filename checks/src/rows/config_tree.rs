//! A configuration as a tree of views, to be asked and compared.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;

use super::ConfigLine;
use crate::value::InterfaceName;

/// A configuration as a tree of views.
///
/// Lines are compared as a device reads them: whatever the blanks between words, and `interface GE0/1/0` is
/// `interface GigabitEthernet0/1/0`. Everything else, case included, counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigTree {
    nodes: Vec<Node>,
    roots: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    /// The line as it is compared.
    key: String,
    /// The line as it is printed.
    text: String,
    children: Vec<usize>,
}

/// The views that are known while a tree is built: by the view around it and the line that opens it.
type Views = HashMap<(Option<usize>, String), usize>;

/// What changed between two configurations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigDiff {
    /// Lines that were there before, with the views that they stood in.
    pub removed: Vec<PlacedLine>,
    /// Lines that are there now.
    pub added: Vec<PlacedLine>,
    /// Views whose lines are the same, and stand in another order; empty for the system view itself.
    pub reordered: Vec<Vec<String>>,
}

/// A line with the views that it stands in, outermost first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlacedLine {
    /// The views.
    pub views: Vec<String>,
    /// The line.
    pub text: String,
}

impl ConfigDiff {
    /// Whether nothing was removed and nothing added. Order counts as a change only where [`ConfigDiff::reordered`]
    /// is asked: a device sorts most of its configuration itself.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }
}

/// `- bgp 100 / peer 3.3.3.3 enable`, one line a difference.
impl fmt::Display for ConfigDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self
            .removed
            .iter()
            .map(|line| ('-', line))
            .chain(self.added.iter().map(|line| ('+', line)));
        for (sign, line) in lines {
            writeln!(f, "{sign} {line}")?;
        }
        for views in &self.reordered {
            let views = if views.is_empty() {
                "the system view".to_owned()
            } else {
                views.join(" / ")
            };
            writeln!(f, "~ {views}: same lines in another order")?;
        }
        Ok(())
    }
}

impl fmt::Display for PlacedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for view in &self.views {
            write!(f, "{view} / ")?;
        }
        f.write_str(&self.text)
    }
}

impl ConfigTree {
    /// Builds the tree of a configuration's lines. A view that is opened twice is one view.
    pub fn new<'a>(lines: impl IntoIterator<Item = &'a ConfigLine>) -> Self {
        let mut tree = Self::default();
        let mut views = Views::new();
        let mut open: Vec<(String, usize)> = Vec::new();
        for line in lines {
            let kept = open
                .iter()
                .zip(&line.views)
                .take_while(|((key, _), view)| *key == comparable(view))
                .count();
            open.truncate(kept);
            for view in &line.views[kept..] {
                let node = tree.view(&mut views, open.last().map(|(_, node)| *node), view);
                open.push((comparable(view), node));
            }
            let parent = open.last().map(|(_, node)| *node);
            if line.opens_view {
                let node = tree.view(&mut views, parent, &line.text);
                open.push((comparable(&line.text), node));
            } else {
                tree.add(parent, &line.text);
            }
        }
        tree
    }

    /// Splits `bgp 100 / ipv4-family vpn-instance VPNA` into the views that it names.
    pub fn path(text: &str) -> Vec<&str> {
        text.split(" / ")
            .map(str::trim)
            .filter(|view| !view.is_empty())
            .collect()
    }

    /// Whether there are no lines.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The lines directly in a view, in order; `None` where there is no such view. The empty path is the system view.
    pub fn children(&self, path: &[&str]) -> Option<Vec<&str>> {
        Some(
            self.level(path)?
                .iter()
                .map(|&node| self.nodes[node].text.as_str())
                .collect(),
        )
    }

    /// Whether a line stands directly in a view.
    pub fn has(&self, line: &str, under: &[&str]) -> bool {
        let wanted = comparable(line);
        self.level(under)
            .is_some_and(|level| level.iter().any(|&node| self.nodes[node].key == wanted))
    }

    /// Whether there is a view, be it empty.
    pub fn has_view(&self, path: &[&str]) -> bool {
        self.level(path).is_some()
    }

    /// Every line in a view and in the views within it, in order, each with the views between.
    pub fn lines_under(&self, path: &[&str]) -> Option<Vec<PlacedLine>> {
        let level = self.level(path)?;
        let mut lines = Vec::new();
        self.collect(level, &mut Vec::new(), &mut lines);
        Some(lines)
    }

    /// What changed from one configuration to another.
    pub fn diff(before: &Self, after: &Self) -> ConfigDiff {
        let mut diff = ConfigDiff::default();
        compare(
            (before, &before.roots),
            (after, &after.roots),
            &mut Vec::new(),
            &mut diff,
        );
        diff
    }

    fn level(&self, path: &[&str]) -> Option<&[usize]> {
        let mut level = &self.roots;
        for view in path {
            let wanted = comparable(view);
            let node = level.iter().find(|&&node| self.nodes[node].key == wanted)?;
            level = &self.nodes[*node].children;
        }
        Some(level)
    }

    fn view(&mut self, views: &mut Views, parent: Option<usize>, text: &str) -> usize {
        *views
            .entry((parent, comparable(text)))
            .or_insert_with(|| self.add(parent, text))
    }

    fn add(&mut self, parent: Option<usize>, text: &str) -> usize {
        let node = self.nodes.len();
        self.nodes.push(Node {
            key: comparable(text),
            text: text.to_owned(),
            children: Vec::new(),
        });
        match parent {
            Some(parent) => self.nodes[parent].children.push(node),
            None => self.roots.push(node),
        }
        node
    }

    fn collect(&self, level: &[usize], views: &mut Vec<String>, lines: &mut Vec<PlacedLine>) {
        for &node in level {
            let Node { text, children, .. } = &self.nodes[node];
            lines.push(PlacedLine {
                views: views.clone(),
                text: text.clone(),
            });
            if !children.is_empty() {
                views.push(text.clone());
                self.collect(children, views, lines);
                views.pop();
            }
        }
    }
}

type Level<'a> = (&'a ConfigTree, &'a [usize]);

/// Compares two levels line by line; lines that are on both are compared below.
fn compare(before: Level<'_>, after: Level<'_>, views: &mut Vec<String>, diff: &mut ConfigDiff) {
    let keys =
        |(tree, level): Level<'_>| -> Vec<String> { level.iter().map(|&node| tree.nodes[node].key.clone()).collect() };
    let (old, new) = (keys(before), keys(after));
    // Which of the new lines pairs with which of the old ones: the first with the first, and so on.
    let mut unpaired: BTreeMap<&str, VecDeque<usize>> = BTreeMap::new();
    for (at, key) in new.iter().enumerate() {
        unpaired.entry(key).or_default().push_back(at);
    }
    let mut pairs = Vec::new();
    for (at, key) in old.iter().enumerate() {
        match unpaired.get_mut(key.as_str()).and_then(VecDeque::pop_front) {
            Some(other) => pairs.push((at, other)),
            None => before.0.collect(&before.1[at..=at], views, &mut diff.removed),
        }
    }
    let mut added: Vec<usize> = unpaired.into_values().flatten().collect();
    added.sort_unstable();
    for at in added {
        after.0.collect(&after.1[at..=at], views, &mut diff.added);
    }
    if pairs.windows(2).any(|pair| pair[0].1 > pair[1].1) {
        diff.reordered.push(views.clone());
    }
    for (old_at, new_at) in pairs {
        let (old_node, new_node) = (&before.0.nodes[before.1[old_at]], &after.0.nodes[after.1[new_at]]);
        if old_node.children.is_empty() && new_node.children.is_empty() {
            continue;
        }
        views.push(old_node.text.clone());
        compare(
            (before.0, &old_node.children),
            (after.0, &new_node.children),
            views,
            diff,
        );
        views.pop();
    }
}

/// A line as it is compared.
fn comparable(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["interface", _, ..] => format!("interface {}", InterfaceName::new(&words[1..].join(" ")).as_str()),
        _ if line.contains('\n') => line.to_owned(),
        _ => words.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::AnyTable;
    use crate::vrp;

    fn tree(text: &str) -> ConfigTree {
        let parsed = vrp::parse("display current-configuration", text).unwrap();
        let AnyTable::Configuration(rows) = parsed.table else {
            unreachable!("the command prints a configuration")
        };
        ConfigTree::new(rows.rows())
    }

    const BEFORE: &str = "#\nsysname PE1\n#\ninterface GigabitEthernet0/3/0\n undo shutdown\n ip address 10.1.1.2 255.255.255.0\n#\nbgp 100\n peer 3.3.3.3 as-number 100\n #\n ipv4-family vpn-instance VPNA\n  import-route direct\n  import-route static\n#\nreturn\n";

    #[test]
    fn lines_are_asked_for_by_view() {
        let tree = tree(BEFORE);
        let family = ConfigTree::path("bgp 100 / ipv4-family  vpn-instance VPNA");
        assert!(tree.has("import-route   static", &family));
        assert!(!tree.has("import-route static", &["bgp 100"]));
        assert!(tree.has("undo shutdown", &["interface GE 0/3/0"]));
        assert_eq!(
            tree.children(&["bgp 100"]).unwrap(),
            ["peer 3.3.3.3 as-number 100", "ipv4-family vpn-instance VPNA"]
        );
        assert_eq!(tree.children(&["bgp 200"]), None);
        let under = tree.lines_under(&["bgp 100"]).unwrap();
        assert_eq!(
            under[2].to_string(),
            "ipv4-family vpn-instance VPNA / import-route direct"
        );
        assert_eq!(tree.lines_under(&[]).unwrap().len(), 9);
    }

    #[test]
    fn a_difference_names_the_view() {
        let before = tree(BEFORE);
        let after = tree(
            &BEFORE
                .replace(" undo shutdown", " shutdown")
                .replace("  import-route static\n", ""),
        );
        let diff = ConfigTree::diff(&before, &after);
        assert_eq!(
            diff.to_string(),
            "- interface GigabitEthernet0/3/0 / undo shutdown\n\
             - bgp 100 / ipv4-family vpn-instance VPNA / import-route static\n\
             + interface GigabitEthernet0/3/0 / shutdown\n"
        );
        assert!(ConfigTree::diff(&before, &before).is_empty());
    }

    #[test]
    fn a_view_that_goes_takes_its_lines_with_it() {
        let after = tree(&BEFORE.replace("#\nbgp 100\n peer 3.3.3.3 as-number 100\n #\n ipv4-family vpn-instance VPNA\n  import-route direct\n  import-route static\n", ""));
        let diff = ConfigTree::diff(&tree(BEFORE), &after);
        assert_eq!(diff.removed.len(), 5);
        assert!(diff.added.is_empty());
    }

    #[test]
    fn order_and_repetition_are_noticed() {
        let before = tree("#\nacl 3000\n rule a\n rule b\n rule b\n#\nreturn\n");
        let swapped = tree("#\nacl 3000\n rule b\n rule a\n rule b\n#\nreturn\n");
        let diff = ConfigTree::diff(&before, &swapped);
        assert!(diff.is_empty());
        assert_eq!(diff.reordered, [["acl 3000"]]);
        let fewer = tree("#\nacl 3000\n rule a\n rule b\n#\nreturn\n");
        assert_eq!(ConfigTree::diff(&before, &fewer).removed.len(), 1);
    }
}
