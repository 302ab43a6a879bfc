//! What differs between two configurations, as `display configuration commit changes` shows it.

use super::tree::{Configuration, Node, find};

/// The lines that are gone (`-`) and those that are new (`+`), under the first lines of their views.
pub fn difference(from: &Configuration, to: &Configuration) -> String {
    let mut text = String::new();
    compare(&mut text, &from.lines, &to.lines, 0);
    text
}

fn compare(text: &mut String, from: &[Node], to: &[Node], depth: usize) {
    for old in from.iter().filter(|old| find(to, &old.key).is_none()) {
        whole(text, '-', old, depth);
    }
    for new in to {
        let Some(old) = find(from, &new.key) else {
            whole(text, '+', new, depth);
            continue;
        };
        let mut below = String::new();
        compare(&mut below, &old.children, &new.children, depth + 1);
        if old.text != new.text {
            line(text, '-', &old.text, depth);
            line(text, '+', &new.text, depth);
        } else if !below.is_empty() {
            if depth == 0 {
                text.push_str("  #\n");
            }
            line(text, ' ', &new.text, depth);
        }
        text.push_str(&below);
    }
}

fn whole(text: &mut String, mark: char, node: &Node, depth: usize) {
    line(text, mark, &node.text, depth);
    for child in &node.children {
        whole(text, mark, child, depth + 1);
    }
}

fn line(text: &mut String, mark: char, line: &str, depth: usize) {
    text.push_str(&format!("{mark} {}{line}\n", " ".repeat(depth)));
}
