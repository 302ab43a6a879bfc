//! Printing a configuration as the device does.

use super::tree::{Configuration, Key, Node, find};
use crate::grammar::View;

/// The whole configuration, `#` between its sections, `return` at the end.
pub fn print(configuration: &Configuration) -> String {
    let mut text = String::from("#\n");
    sections(&mut text, &configuration.lines, 0, &mut |_| true);
    if configuration.lines.is_empty() {
        text.clear();
        text.push_str("#\n");
    }
    text.push_str("return\n");
    text
}

/// The sections of the system view that are wanted; the same frame as the whole.
pub fn print_matching(configuration: &Configuration, wanted: &mut dyn FnMut(&Node) -> bool) -> String {
    let mut text = String::from("#\n");
    sections(&mut text, &configuration.lines, 0, wanted);
    text.push_str("return\n");
    text
}

/// One view with its lines, as `display this` prints it.
pub fn print_block(configuration: &Configuration, path: &[Key]) -> Option<String> {
    let Some((last, above)) = path.split_last() else {
        return Some(print(configuration));
    };
    let node = find(configuration.block(above)?, last)?;
    let depth = above.len();
    let mut text = format!("{}#\n", " ".repeat(depth));
    lines(&mut text, node, depth);
    text.push_str("#\nreturn\n");
    Some(text)
}

fn sections(text: &mut String, nodes: &[Node], depth: usize, wanted: &mut dyn FnMut(&Node) -> bool) {
    let mut open: Option<usize> = None;
    for node in nodes {
        if !wanted(node) {
            continue;
        }
        // Lines of one rule form one section; each block is a section of its own.
        if open.is_some_and(|rule| rule != node.key.rule || node.key.view().is_some()) {
            text.push_str("#\n");
        }
        lines(text, node, depth);
        open = Some(node.key.rule);
    }
    if open.is_some() {
        text.push_str("#\n");
    }
}

fn lines(text: &mut String, node: &Node, depth: usize) {
    let indent = " ".repeat(depth);
    text.push_str(&format!("{indent}{}\n", node.text));
    for child in &node.children {
        if separated(child) {
            text.push_str(&format!("{indent} #\n"));
        }
        lines(text, child, depth + 1);
    }
}

/// BGP prints a `#` before each address family.
fn separated(node: &Node) -> bool {
    matches!(
        node.key.view(),
        Some(View::BgpIpv4 | View::BgpVpnv4 | View::BgpVpnInstance | View::BgpL2vpnAd | View::BgpVpls)
    )
}
