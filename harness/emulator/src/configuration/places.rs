//! The places of lines that stand in the order in which they were typed: a line that comes back finds the one it had, so
//! that what is undone leaves the text as it was.

use std::collections::HashMap;

use super::tree::{Configuration, Key, Node, Path};
use crate::grammar::{self, Order};

/// So many lines that have gone are remembered; with more, all that have gone are forgotten.
const MOST_GONE: usize = 10_000;

/// The order in which the lines of a device were first typed, those that have gone among them.
#[derive(Debug, Default)]
pub struct Places {
    known: HashMap<Path, HashMap<Key, usize>>,
    next: usize,
}

impl Places {
    /// Puts the lines of a configuration in the places that they had before; new ones stand behind.
    pub fn arrange(&mut self, configuration: &mut Configuration) {
        let known: usize = self.known.values().map(HashMap::len).sum();
        if known > MOST_GONE + count(&configuration.lines) {
            self.known.clear();
        }
        self.arrange_block(&mut configuration.lines, &mut Path::new());
    }

    fn arrange_block(&mut self, lines: &mut [Node], path: &mut Path) {
        if lines.iter().any(is_typed) {
            let known = self.known.entry(path.clone()).or_default();
            for line in lines.iter().filter(|line| is_typed(line)) {
                if !known.contains_key(&line.key) {
                    known.insert(line.key.clone(), self.next);
                    self.next += 1;
                }
            }
            let same = |a: &Node, b: &Node| is_typed(a) && is_typed(b) && rank(a) == rank(b);
            for run in lines.chunk_by_mut(same) {
                run.sort_by_key(|line| known.get(&line.key).copied());
            }
        }
        for line in lines.iter_mut().filter(|line| !line.children.is_empty()) {
            path.push(line.key.clone());
            self.arrange_block(&mut line.children, path);
            path.pop();
        }
    }
}

fn count(lines: &[Node]) -> usize {
    lines.iter().map(|line| 1 + count(&line.children)).sum()
}

fn is_typed(line: &Node) -> bool {
    grammar::rule(line.key.rule).is_some_and(|rule| rule.order == Order::Typed)
}

fn rank(line: &Node) -> Option<u32> {
    grammar::rule(line.key.rule).map(|rule| u32::from(rule.rank))
}

#[cfg(test)]
mod tests {
    use super::super::{load, print};
    use super::*;

    fn loaded(networks: &[&str]) -> Configuration {
        let lines: Vec<String> = networks
            .iter()
            .map(|network| format!("  network {network} 0.0.0.0\n"))
            .collect();
        load(&format!("ospf 1\n area 0.0.0.0\n{}", lines.concat()), &|_| false).0
    }

    #[test]
    fn a_line_that_comes_back_finds_its_place() {
        let mut places = Places::default();
        let mut start = loaded(&["3.3.3.3", "1.1.1.1", "2.2.2.2"]);
        let before = print(&start);
        places.arrange(&mut start);
        assert_eq!(print(&start), before, "as they were typed");
        places.arrange(&mut loaded(&["3.3.3.3", "2.2.2.2"]));
        let mut back = loaded(&["2.2.2.2", "4.4.4.4", "1.1.1.1", "3.3.3.3"]);
        places.arrange(&mut back);
        assert_eq!(
            print(&back),
            print(&loaded(&["3.3.3.3", "1.1.1.1", "2.2.2.2", "4.4.4.4"]))
        );
    }

    #[test]
    fn what_has_gone_is_not_remembered_without_bound() {
        let mut places = Places::default();
        for number in 0..30 {
            let gone: Vec<String> = (0..1000)
                .map(|last| format!("10.{number}.{}.{}", last / 250, last % 250))
                .collect();
            let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
            places.arrange(&mut loaded(&gone));
            assert!(places.known.values().map(HashMap::len).sum::<usize>() <= MOST_GONE + 2000);
        }
    }
}
