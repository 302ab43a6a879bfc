//! The command line's grammar: one table, compiled once.

pub mod cipher;
mod matcher;
#[cfg(test)]
mod mistakes;
mod parameter;
mod rule;
#[cfg(test)]
pub mod samples;
mod syntax;
mod table;
mod view;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use matcher::{Matched, Mistake, Misunderstood};
pub use rule::{Effect, Operation, Order, Rule, Undo};
pub use view::View;

use matcher::Candidate;
use syntax::Automaton;

/// The compiled table.
struct Grammar {
    plain: Vec<Automaton>,
    undo: Vec<Option<Automaton>>,
    views: HashMap<View, Vec<usize>>,
}

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| {
    let compile = |notation: &str| syntax::parse(notation).expect("the test `the_table_compiles` parses every syntax");
    let mut grammar = Grammar {
        plain: Vec::new(),
        undo: Vec::new(),
        views: HashMap::new(),
    };
    for (index, rule) in table::RULES.iter().enumerate() {
        let elements = compile(rule.syntax);
        grammar.undo.push(match rule.undo {
            Undo::Derived if matches!(rule.effect, Effect::Operate(_)) => None,
            Undo::Derived => Some(Automaton::new(&syntax::undo_of(&elements))),
            Undo::Syntax(notation) => Some(Automaton::new(&compile(notation))),
            Undo::None => None,
        });
        grammar.plain.push(Automaton::new(&elements));
        for &view in rule.views {
            grammar.views.entry(view).or_default().push(index);
        }
    }
    grammar
});

/// The rule of an index that a match gave.
pub fn rule(index: usize) -> Option<&'static Rule> {
    table::RULES.get(index)
}

fn candidates(view: View) -> Vec<Candidate<'static>> {
    let grammar = &*GRAMMAR;
    let indices = grammar.views.get(&view).map_or(&[][..], Vec::as_slice);
    let plain = indices.iter().filter_map(|&rule| {
        // A line that only its undo form can be typed of has no plain form.
        let typed = !matches!(table::RULES.get(rule)?.effect, Effect::RemovePeer);
        typed.then_some(Candidate {
            rule,
            undo: false,
            automaton: grammar.plain.get(rule)?,
        })
    });
    let undo = indices.iter().filter_map(|&rule| {
        Some(Candidate {
            rule,
            undo: true,
            automaton: grammar.undo.get(rule)?.as_ref()?,
        })
    });
    plain.chain(undo).collect()
}

/// Matches a line in one view.
pub fn match_in(view: View, line: &str) -> Result<Matched, Misunderstood> {
    matcher::match_line(line, &candidates(view))
}

/// Matches a typed line: in the view it is typed in, which is the last of these, else in the system view, as the device
/// does. A line that opens a view is known below the view that it stands in too, so that a printed configuration may be
/// typed as it stands. Gives how many views are left below the first.
pub fn match_typed(views: &[View], line: &str) -> Result<(usize, Matched), Misunderstood> {
    let (present, above) = views.split_last().unwrap_or((&View::User, &[]));
    let here = match match_in(*present, line) {
        Ok(matched) => return Ok((above.len(), matched)),
        Err(here) => here,
    };
    let opens = |matched: &Matched| rule(matched.rule).is_some_and(|rule| matches!(rule.effect, Effect::Block(_)));
    for (depth, view) in above.iter().enumerate().skip(1).rev() {
        if let Some(matched) = match_in(*view, line).ok().filter(opens) {
            return Ok((depth, matched));
        }
    }
    match above.first().map(|view| match_in(*view, line)) {
        Some(Ok(matched)) => Ok((0, matched)),
        Some(Err(above)) if above.understood > here.understood => Err(above),
        _ => Err(here),
    }
}

/// The rule of a syntax in a view, if there is one.
pub fn rule_of(view: View, syntax: &str) -> Option<usize> {
    let indices = GRAMMAR.views.get(&view)?;
    indices
        .iter()
        .copied()
        .find(|index| table::RULES.get(*index).is_some_and(|rule| rule.syntax == syntax))
}

/// Whether a line of the system view that begins like this opens a view.
pub fn opens_view(beginning: &str) -> bool {
    table::RULES.iter().any(|rule| {
        rule.views.contains(&View::System)
            && matches!(rule.effect, Effect::Block(_))
            && (rule.syntax == beginning || rule.syntax.starts_with(&format!("{beginning} ")))
    })
}

/// What may follow a line typed so far.
pub fn continuations(view: View, line: &str) -> Result<Vec<String>, Misunderstood> {
    matcher::continuations(line, &candidates(view))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn the_table_compiles() {
        for rule in table::RULES {
            syntax::parse(rule.syntax).unwrap_or_else(|error| panic!("{}: {error}", rule.syntax));
            if let Undo::Syntax(undo) = rule.undo {
                syntax::parse(undo).unwrap_or_else(|error| panic!("{undo}: {error}"));
            }
        }
    }

    #[rstest]
    #[case(View::User, "dis ip rou vpn VPNA", "display ip routing-table vpn-instance VPNA")]
    #[case(
        View::User,
        "dis ip rou 1.1.1.1 255.255.255.255 ver",
        "display ip routing-table 1.1.1.1 32 verbose"
    )]
    #[case(View::User, "disp bfd sess all verb", "display bfd session all verbose")]
    #[case(View::User, "DISPLAY VERSION", "display version")]
    #[case(View::User, "sys", "system-view")]
    #[case(View::System, "int gi 0/1/0", "interface GigabitEthernet0/1/0")]
    #[case(View::System, "int GE0/1/0", "interface GigabitEthernet0/1/0")]
    #[case(
        View::System,
        "ip route-static 0.0.0.0 0 10.1.1.2",
        "ip route-static 0.0.0.0 0.0.0.0 10.1.1.2"
    )]
    #[case(
        View::Bgp,
        "peer 3.3.3.3 connect-interface loopback 1",
        "peer 3.3.3.3 connect-interface LoopBack1"
    )]
    #[case(View::Interface, "description  a  b ", "description a  b")]
    #[case(
        View::System,
        "ping -vpn-instance VPNA -c 3 1.1.1.1",
        "ping -vpn-instance VPNA -c 3 1.1.1.1"
    )]
    fn lines_are_spelt_out(#[case] view: View, #[case] line: &str, #[case] expected: &str) {
        assert_eq!(
            match_in(view, line).map(|matched| matched.canonical()),
            Ok(expected.into())
        );
    }

    #[rstest]
    #[case(View::User, "dsplay version", Mistake::Unrecognized, 0)]
    #[case(View::User, "display versoin", Mistake::Unrecognized, 8)]
    #[case(View::User, "display version now", Mistake::TooManyParameters, 16)]
    #[case(View::User, "display", Mistake::Incomplete, 8)]
    #[case(View::User, "display ip routing-table 1.1.1.300", Mistake::WrongParameter, 25)]
    #[case(View::User, "s", Mistake::Ambiguous, 0)]
    #[case(View::System, "interface foo", Mistake::WrongParameter, 10)]
    #[case(View::System, "interface gigabitethernet 0/x", Mistake::WrongParameter, 26)]
    #[case(View::System, "interface gigabitethernet", Mistake::Incomplete, 26)]
    #[case(View::Interface, "ip address 10.1.1.1 33", Mistake::WrongParameter, 20)]
    fn mistakes_are_placed(#[case] view: View, #[case] line: &str, #[case] mistake: Mistake, #[case] offset: usize) {
        let error = match_in(view, line).expect_err("a mistake");
        assert_eq!((error.mistake, error.offset), (mistake, offset));
    }

    #[test]
    fn help_lists_what_may_follow() {
        assert_eq!(continuations(View::User, "display bf"), Ok(vec!["bfd".into()]));
        let after = continuations(View::User, "display bfd session all ").expect("a command");
        assert_eq!(after, ["<cr>", "verbose"]);
    }
}
