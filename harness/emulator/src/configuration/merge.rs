//! Merging what one user changed into what another has committed meanwhile.

use super::tree::{Configuration, Key, Node, find, put};
use super::{load, print};

/// Two users changed the same line in different ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The line, as one of them left it.
    pub line: String,
}

/// Applies the changes that lead from `base` to `mine` to `theirs`. What stands well in each of them and not in both
/// together, as an option of a peer that the other user removed, is a conflict too.
pub fn merge(
    base: &Configuration,
    mine: &Configuration,
    theirs: &Configuration,
    is_port: &dyn Fn(&Key) -> bool,
) -> Result<Configuration, Conflict> {
    let merged = Configuration {
        lines: merge_lines(&base.lines, &mine.lines, &theirs.lines)?,
    };
    if merged != *mine && merged != *theirs {
        let (loaded, refused) = load(&print(&merged), is_port);
        if let Some(line) = refused.into_iter().next() {
            return Err(Conflict { line: line.text });
        }
        if loaded != merged {
            return Err(Conflict {
                line: "the lines of both users together".to_owned(),
            });
        }
    }
    Ok(merged)
}

fn merge_lines(base: &[Node], mine: &[Node], theirs: &[Node]) -> Result<Vec<Node>, Conflict> {
    let mut merged: Vec<Node> = Vec::new();
    for other in theirs {
        match (find(base, &other.key), find(mine, &other.key)) {
            // Theirs alone.
            (None, None) => {
                put(&mut merged, other.clone());
            }
            // I removed it: fine if they left it as it was.
            (Some(old), None) => {
                if !unchanged(old, other) {
                    return Err(conflict(other));
                }
            }
            (old, Some(mine)) => {
                put(&mut merged, merge_node(old, mine, other)?);
            }
        }
    }
    for mine in mine.iter().filter(|mine| find(theirs, &mine.key).is_none()) {
        match find(base, &mine.key) {
            None => {
                put(&mut merged, mine.clone());
            }
            // They removed it: fine if I left it as it was.
            Some(old) if unchanged(old, mine) => {}
            Some(_) => return Err(conflict(mine)),
        }
    }
    Ok(merged)
}

fn merge_node(old: Option<&Node>, mine: &Node, theirs: &Node) -> Result<Node, Conflict> {
    let base_text = old.map(|old| &old.text);
    let text = if mine.text == theirs.text || base_text == Some(&mine.text) {
        theirs.text.clone()
    } else if base_text == Some(&theirs.text) {
        mine.text.clone()
    } else {
        return Err(conflict(mine));
    };
    let base = old.map_or(&[][..], |old| &old.children);
    Ok(Node {
        key: mine.key.clone(),
        text,
        children: merge_lines(base, &mine.children, &theirs.children)?,
    })
}

fn unchanged(a: &Node, b: &Node) -> bool {
    let whole = |node: &Node| Configuration {
        lines: vec![node.clone()],
    };
    whole(a) == whole(b)
}

fn conflict(node: &Node) -> Conflict {
    Conflict {
        line: node.text.clone(),
    }
}
