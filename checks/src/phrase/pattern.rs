//! The syntax of a form, as printed in the reference, made into something to match against.
//!
//! `word` stands for itself in any case, `word[s]` for both numbers, `is/are` for either word, `[…]` may be left out,
//! `(a|b)` is a choice, `{slot}` or `{slot:name}` is a typed value.

use super::slot::Slot;

/// One part of a syntax.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// One of these words; the first is bound when any of them is met.
    Word(Vec<String>),
    /// A typed value, bound under a name.
    Slot(Slot, String),
    /// May be left out.
    Optional(Vec<Node>),
    /// One of several.
    Choice(Vec<Vec<Node>>),
    /// A mistake in the syntax; matches nothing.
    Never(String),
}

/// Reads a syntax.
pub(super) fn compile(syntax: &str) -> Vec<Node> {
    let mut rest = syntax;
    let alternatives = sequence(&mut rest);
    match (alternatives.len(), rest.is_empty()) {
        (1, true) => alternatives.into_iter().next().unwrap_or_default(),
        _ => vec![Node::Never(format!("unbalanced at `{rest}`"))],
    }
}

/// Alternatives up to a closing bracket or the end.
fn sequence(rest: &mut &str) -> Vec<Vec<Node>> {
    let mut alternatives = vec![Vec::new()];
    loop {
        *rest = rest.trim_start();
        let Some(first) = rest.chars().next() else {
            return alternatives;
        };
        let node = match first {
            ']' | ')' => return alternatives,
            '|' => {
                *rest = &rest[1..];
                alternatives.push(Vec::new());
                continue;
            }
            '[' | '(' => {
                let close = if first == '[' { ']' } else { ')' };
                *rest = &rest[1..];
                let mut inner = sequence(rest);
                match rest.strip_prefix(close) {
                    Some(after) => *rest = after,
                    None => inner = vec![vec![Node::Never(format!("`{first}` is not closed"))]],
                }
                let single = inner.len() == 1;
                let nodes = if single {
                    inner.pop().unwrap_or_default()
                } else {
                    vec![Node::Choice(inner)]
                };
                match (first, single) {
                    ('[', _) => Node::Optional(nodes),
                    (_, false) => nodes
                        .into_iter()
                        .next()
                        .unwrap_or_else(|| Node::Never("an empty choice".to_owned())),
                    _ => Node::Never("a choice of one".to_owned()),
                }
            }
            '{' => {
                let (inside, after) = rest[1..].split_once('}').unwrap_or((&rest[1..], ""));
                *rest = after;
                let (kind, name) = inside.split_once(':').unwrap_or((inside, inside));
                Slot::named(kind).map_or_else(
                    || Node::Never(format!("no slot `{kind}`")),
                    |slot| Node::Slot(slot, name.to_owned()),
                )
            }
            _ => word(rest),
        };
        if let Some(sequence) = alternatives.last_mut() {
            sequence.push(node);
        }
    }
}

/// A word, with its plural ending where one is marked.
fn word(rest: &mut &str) -> Node {
    let end = rest
        .find(|c: char| c.is_whitespace() || "[](){}|".contains(c))
        .unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    *rest = after;
    let plural = rest
        .strip_prefix('[')
        .and_then(|inner| inner.split_once(']'))
        .filter(|(ending, _)| matches!(*ending, "s" | "es"));
    match plural {
        Some((ending, after)) => {
            *rest = after;
            Node::Word(vec![word.to_owned(), format!("{word}{ending}")])
        }
        None => Node::Word(word.split('/').map(str::to_owned).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_becomes_nodes() {
        let nodes = compile("{count} next hop[s] for {prefix} [in {vrf}] (a|b) [not] is/are");
        assert_eq!(nodes.len(), 9);
        assert_eq!(nodes[2], Node::Word(vec!["hop".into(), "hops".into()]));
        assert!(matches!(&nodes[5], Node::Optional(inner) if inner.len() == 2));
        assert!(matches!(&nodes[6], Node::Choice(choices) if choices.len() == 2));
        assert_eq!(nodes[8], Node::Word(vec!["is".into(), "are".into()]));
    }

    #[test]
    fn mistakes_in_a_syntax_are_seen() {
        for syntax in ["[a", "a]", "{nonsense}", "(a)"] {
            assert!(format!("{:?}", compile(syntax)).contains("Never"), "{syntax}");
        }
    }
}
