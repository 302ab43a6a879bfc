//! What a parser must never do with an output that was cut, garbled or mixed up: panic, lose a line, or call the
//! result complete when rows are missing. The fixtures are the outputs.

#![allow(clippy::unwrap_used)] // a test may panic
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use checks::vrp::parse;
use checks::{Parsed, Table};
use proptest::prelude::*;

struct Output {
    name: String,
    command: String,
    text: String,
}

/// Every fixture, read once.
fn outputs() -> &'static [Output] {
    static OUTPUTS: OnceLock<Vec<Output>> = OnceLock::new();
    OUTPUTS.get_or_init(read_outputs)
}

fn read_outputs() -> Vec<Output> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vrp");
    let mut outputs = Vec::new();
    for folder in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_some_and(|extension| extension == "txt") {
                let command = fs::read_to_string(path.with_extension("command"))
                    .or_else(|_| fs::read_to_string(path.with_file_name("command")))
                    .unwrap();
                outputs.push(Output {
                    name: format!(
                        "{}/{}",
                        folder.file_name().unwrap().display(),
                        path.file_name().unwrap().display()
                    ),
                    command: command.trim().to_owned(),
                    text: String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned(),
                });
            }
        }
    }
    outputs.sort_by(|a, b| a.name.cmp(&b.name));
    outputs
}

impl Output {
    fn parsed(&self, text: &str) -> Parsed {
        parse(&self.command, text).unwrap()
    }

    /// The outputs of these tables that are complete as they stand.
    fn complete_ones(tables: &[&str]) -> Vec<&'static Self> {
        let wanted = |output: &Self| {
            let table = output.name.split('/').next().unwrap();
            tables.contains(&table) && !output.command.contains('|') && output.parsed(&output.text).is_complete()
        };
        let found: Vec<&Self> = outputs().iter().filter(|output| wanted(output)).collect();
        assert!(found.len() >= tables.len(), "too few complete outputs of {tables:?}");
        found
    }
}

/// The rows without their line numbers.
fn rows(parsed: &Parsed) -> serde_json::Value {
    let mut rows = serde_json::to_value(parsed).unwrap()["rows"].take();
    for row in rows.as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("lines");
    }
    rows
}

/// What must hold of any text: spans are in order and in range, unexplained lines are lines of the text.
fn check_account(name: &str, text: &str, parsed: &Parsed) {
    let lines: Vec<&str> = text.split('\n').collect();
    for row in 0..parsed.table.len() {
        let span = parsed.table.span(row);
        assert!(span.first >= 1 && span.first <= span.last, "{name}: {span:?}");
        assert!(span.last as usize <= lines.len(), "{name}: {span:?}");
    }
    for unexplained in &parsed.unexplained {
        let line = lines.get(unexplained.line as usize - 1).unwrap_or(&"");
        let text = unexplained.text.as_str();
        assert!(
            line.contains(text),
            "{name}: line {} is {line:?}, not {text:?}",
            unexplained.line
        );
    }
}

const EVERY_TABLE: &[&str] = &[
    "bfd_session",
    "bfd_session_verbose",
    "ospf_peer",
    "ospf_peer_brief",
    "interface_brief",
    "ip_interface_brief",
    "ping",
    "tracert",
    "version",
];

#[test]
fn a_line_that_nothing_explains_is_reported_wherever_it_stands() {
    for output in Output::complete_ones(EVERY_TABLE) {
        let lines: Vec<&str> = output.text.lines().collect();
        for at in 0..=lines.len() {
            let mut changed = lines.clone();
            changed.insert(at, "  @@ a line from nowhere: 1.2.3.4 up 5 @@");
            let parsed = output.parsed(&(changed.join("\n") + "\n"));
            let reported = parsed
                .unexplained
                .iter()
                .any(|unexplained| unexplained.line as usize == at + 1);
            assert!(reported, "{}: line {} is lost", output.name, at + 1);
        }
    }
}

#[test]
fn every_line_of_a_configuration_is_a_line_of_the_table() {
    for output in Output::complete_ones(&["current_configuration"]) {
        let before = output.parsed(&output.text);
        let lines: Vec<&str> = output.text.lines().collect();
        for at in 0..=lines.len() {
            let mut changed = lines.clone();
            changed.insert(at, " @@ a line from nowhere @@");
            let parsed = output.parsed(&(changed.join("\n") + "\n"));
            let text = serde_json::to_string(&parsed).unwrap();
            assert!(
                text.contains("a line from nowhere"),
                "{}: line {} is lost",
                output.name,
                at + 1
            );
            assert!(
                parsed.table.len() + parsed.unexplained.len() >= before.table.len(),
                "{}",
                output.name
            );
        }
    }
}

/// Tables whose end, or whose number of rows, the device prints.
const COUNTED: &[&str] = &[
    "bfd_session",
    "bfd_session_verbose",
    "ospf_peer_brief",
    "ip_interface_brief",
    "ping",
    "tracert",
    "current_configuration",
];

#[test]
fn an_output_that_was_cut_is_complete_only_if_no_row_is_lost() {
    for output in Output::complete_ones(COUNTED) {
        let whole = rows(&output.parsed(&output.text));
        // An annotation at the very end of a trace cannot be missed: without it the line is as good.
        let last_line = output.text.trim_end().rfind('\n').unwrap_or(0);
        let near_the_end = |end: usize| end + 200 > output.text.len();
        let ends = output
            .text
            .char_indices()
            .filter(|&(end, sign)| sign == '\n' || end % 29 == 0 || near_the_end(end));
        let ends = ends.filter(|&(end, _)| !(output.command.starts_with("tracert") && end > last_line));
        for (end, _) in ends {
            let parsed = output.parsed(&output.text[..end]);
            check_account(&output.name, &output.text[..end], &parsed);
            if parsed.is_complete() {
                assert_eq!(
                    rows(&parsed),
                    whole,
                    "{} cut after {end} bytes passes as complete",
                    output.name
                );
            }
        }
    }
}

#[test]
fn a_row_that_is_missing_is_noticed() {
    for output in Output::complete_ones(&["bfd_session", "bfd_session_verbose", "ip_interface_brief", "ping"]) {
        let before = output.parsed(&output.text);
        let lines: Vec<&str> = output.text.lines().collect();
        for row in 0..before.table.len() {
            let span = before.table.span(row);
            let (first, last) = (span.first as usize - 1, span.last as usize);
            let mut changed = lines.clone();
            changed.drain(first..last);
            let parsed = output.parsed(&(changed.join("\n") + "\n"));
            assert!(
                !parsed.is_complete(),
                "{} without row {row} passes as complete",
                output.name
            );
            if output.command.starts_with("ping") {
                for reply in
                    (first..last).filter(|&at| lines[at].contains("Sequence") || lines[at].contains("time out"))
                {
                    let mut changed = lines.clone();
                    changed.remove(reply);
                    let parsed = output.parsed(&(changed.join("\n") + "\n"));
                    assert!(
                        !parsed.is_complete(),
                        "{} without line {} passes",
                        output.name,
                        reply + 1
                    );
                }
            }
        }
    }
}

#[test]
fn a_line_of_a_session_or_neighbor_that_is_missing_never_gives_its_values_to_another() {
    for output in Output::complete_ones(&["bfd_session_verbose", "ospf_peer"]) {
        let before = output.parsed(&output.text);
        let lines: Vec<&str> = output.text.lines().collect();
        for row in 0..before.table.len() {
            // The line that says which session or neighbour it is.
            let mut changed = lines.clone();
            changed.remove(before.table.span(row).first as usize - 1);
            let parsed = output.parsed(&(changed.join("\n") + "\n"));
            assert!(!parsed.is_complete(), "{} without the title of row {row}", output.name);
            let kept = rows(&before);
            for read in rows(&parsed).as_array().unwrap() {
                assert!(
                    kept.as_array().unwrap().contains(read),
                    "{}: {read} is mixed",
                    output.name
                );
            }
        }
    }
}

/// What may happen to a text on its way.
#[derive(Debug, Clone)]
enum Mutation {
    Delete(usize),
    Repeat(usize),
    Swap(usize, usize),
    Cut(usize),
    Replace(usize, char),
    Splice(usize, usize, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        any::<usize>().prop_map(Mutation::Delete),
        any::<usize>().prop_map(Mutation::Repeat),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Mutation::Swap(a, b)),
        any::<usize>().prop_map(Mutation::Cut),
        (
            any::<usize>(),
            prop_oneof![any::<char>(), Just(':'), Just(' '), Just('('), Just('9'), Just('\t')]
        )
            .prop_map(|(at, with)| Mutation::Replace(at, with)),
        (any::<usize>(), any::<usize>(), any::<usize>()).prop_map(|(a, b, c)| Mutation::Splice(a, b, c)),
    ]
}

fn mutate(text: &str, mutation: &Mutation, all: &[Output]) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let count = lines.len();
    match *mutation {
        Mutation::Delete(at) => drop(lines.remove(at % count)),
        Mutation::Repeat(at) => lines.insert(at % count, lines[at % count].clone()),
        Mutation::Swap(a, b) => lines.swap(a % count, b % count),
        Mutation::Cut(at) => {
            let mut chars: Vec<char> = text.chars().collect();
            chars.truncate(at % (chars.len() + 1));
            return chars.into_iter().collect();
        }
        Mutation::Replace(at, with) => {
            let mut chars: Vec<char> = text.chars().collect();
            if !chars.is_empty() {
                let at = at % chars.len();
                chars[at] = with;
            }
            return chars.into_iter().collect();
        }
        Mutation::Splice(at, from, line) => {
            let other: Vec<&str> = all[from % all.len()].text.split('\n').collect();
            lines.insert(at % count, other[line % other.len()].to_owned());
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn no_text_makes_a_parser_panic_or_lose_count(
        which in any::<usize>(),
        command in any::<usize>(),
        mutations in proptest::collection::vec(mutation(), 1..8),
    ) {
        let all = outputs();
        let output = &all[which % all.len()];
        let mut text = output.text.clone();
        for mutation in &mutations {
            text = mutate(&text, mutation, all);
        }
        let parsed = output.parsed(&text);
        check_account(&output.name, &text, &parsed);
        serde_json::to_string(&parsed).unwrap();
        // The answer of one command is no answer of another.
        let other = &all[command % all.len()];
        check_account(&other.name, &text, &other.parsed(&text));
    }

    #[test]
    fn no_words_make_a_parser_panic(command in any::<usize>(), text in "(?s).{0,200}") {
        let all = outputs();
        let output = &all[command % all.len()];
        check_account(&output.name, &text, &output.parsed(&text));
    }
}
