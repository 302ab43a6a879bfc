//! Random walks through the grammar, led by `?`: whatever it offers is taken, nothing that is typed panics, and carets
//! stand within the line.

use std::sync::Arc;

use proptest::prelude::*;

use super::tests::{configuration_file, lab, session};
use super::{Session, Then};
use crate::grammar::{self, View};
use crate::lab::Lab;

/// Values for each placeholder, good ones and odd ones.
fn values(placeholder: &str) -> &'static [&'static str] {
    if placeholder.starts_with("X.X.X.X") {
        &[
            "1.1.1.1",
            "10.1.1.1",
            "3.3.3.3",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.5",
            "32",
            "0",
            "9.9.9.9",
        ]
    } else if placeholder.starts_with("INTEGER") || placeholder.starts_with("aa") {
        &["1", "0", "100", "8192", "65535", "4294967295", "7", "60", "300", "24"]
    } else if placeholder.starts_with("interface") {
        &[
            "GE0/1/0",
            "GigabitEthernet0/3/0",
            "lo1",
            "LoopBack99",
            "GE9/9/9",
            "GE0/1/0.7",
        ]
    } else if placeholder.starts_with("<0-65535>/") {
        &["0/1/0", "0/3/0", "1", "0/1/0.7", "9/9/9"]
    } else if placeholder.contains("100:1") {
        &["100:1", "0:0", "1.1.1.1:1", "4294967295:1"]
    } else {
        &[
            "VPNA",
            "verbose",
            "x",
            "interface",
            "pe1_to_ce1",
            "^",
            "vpn-instance",
            "abcdefghijklmnopqrstuvwxyz0123456789-._",
        ]
    }
}

/// A line that `?` leads to, with as many words as choices; and whether it may end there.
fn walk(view: View, start: &str, choices: &[u16]) -> (String, bool) {
    let mut line = start.to_owned();
    let mut complete = false;
    for choice in choices {
        let offered = grammar::continuations(view, &format!("{line} ")).unwrap_or_default();
        complete = offered.iter().any(|word| word == "<cr>");
        let words: Vec<&String> = offered.iter().filter(|word| *word != "<cr>").collect();
        let choice = usize::from(*choice);
        if words.is_empty() || complete && choice % 5 == 0 {
            break;
        }
        let word = words[choice % words.len()];
        let is_keyword = !word.contains(|c: char| c.is_ascii_uppercase() || "< ".contains(c));
        let typed = if is_keyword {
            // Interface types are offered as types, and typed with a number behind.
            word.as_str()
        } else {
            let values = values(word);
            values[choice / 7 % values.len()]
        };
        line = format!("{line} {typed}");
        complete = false;
    }
    (line, complete)
}

/// A caret, if there is one, stands under the line or right behind it.
fn caret_is_within(user: &mut Session, line: &str, text: &str) {
    if let Some(caret) = text.lines().next().filter(|first| first.trim() == "^") {
        let prompt = user.prompt().chars().count();
        assert!(
            (prompt..=prompt + line.chars().count() + 1).contains(&(caret.len() - 1)),
            "{line}\n{text}"
        );
    }
}

fn example() -> Arc<Lab> {
    lab(configuration_file)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn what_help_offers_is_taken(
        walks in prop::collection::vec((prop::collection::vec(any::<u16>(), 1..14), 0..5_usize, 0..6_usize), 12),
    ) {
        let lab = example();
        for (choices, device, filter) in walks {
            let mut user = session(&lab, device);
            let (line, complete) = walk(View::User, "display", &choices);
            let filters = ["", " | include .", " | exclude 1 | count", " | begin Dest | no-more", " | count", " | include ("];
            let line = line + filters[filter];
            let reply = user.execute(&line);
            caret_is_within(&mut user, &line, &reply.text);
            if complete && filter < 5 {
                prop_assert!(!reply.text.contains("found at '^'"), "{}\n{}", line, reply.text);
            }
            let is_known = line.contains(" routing") && line.contains(" ospf ") || line.contains(" lsdb");
            prop_assert!(is_known || !reply.text.contains("computes no answer"), "{}\n{}", line, reply.text);
        }
    }

    #[test]
    fn what_is_typed_in_any_view_is_answered(
        walks in prop::collection::vec((prop::collection::vec(any::<u16>(), 1..10), any::<bool>()), 24),
    ) {
        let lab = example();
        let mut user = session(&lab, 0);
        user.execute("system-view");
        for (choices, undo) in walks {
            let view = *user.views().last().expect("a view");
            if view == View::User {
                user.execute("system-view");
                continue;
            }
            let (line, _) = walk(view, if undo { "undo" } else { "" }, &choices);
            let line = line.trim_start();
            let reply = user.execute(line);
            caret_is_within(&mut user, line, &reply.text);
            let mut then = reply.then;
            while let Then::Ask(question) = then {
                then = user.answer(question, "n").then;
            }
            for prefix in line.char_indices().map(|(at, _)| &line[..at]).step_by(3) {
                let help = user.help(prefix);
                caret_is_within(&mut user, prefix, &help);
            }
            if user.views() != [View::User] {
                prop_assert!(!user.execute("display this").refused);
                prop_assert!(!user.execute("display configuration candidate").refused);
            }
        }
    }
}

#[test]
fn a_commit_on_trial_is_refused_in_words() {
    let mut user = session(&example(), 0);
    user.execute("system-view");
    user.execute("sysname X");
    for line in ["commit trial", "commit trial 60", "abort trial"] {
        let reply = user.execute(line);
        assert!(
            reply.refused && reply.text.contains("does not carry out"),
            "{}",
            reply.text
        );
    }
    assert_eq!(user.prompt(), "[*PE1]");
}
