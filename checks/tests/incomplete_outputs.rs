//! Outputs from which something is missing: never is one called complete while rows are gone, never are the lines
//! of two sessions or neighbours made into one.

#![allow(clippy::unwrap_used)] // a test may panic
mod outputs;

use std::sync::LazyLock;

use checks::vrp::parse;
use checks::{Parsed, Table};
use outputs::Output;

static OUTPUTS: LazyLock<Vec<Output>> = LazyLock::new(|| outputs::all().expect("the fixtures can be read"));

fn parsed(output: &Output, text: &str) -> Parsed {
    parse(&output.command, text).unwrap_or_else(|error| panic!("{}: {error}", output.path.display()))
}

/// The outputs of these tables that are complete as they stand.
fn complete_ones(tables: &[&str]) -> Vec<&'static Output> {
    let wanted = |output: &&Output| {
        let table = output.name.split('/').next().unwrap_or_default();
        tables.contains(&table) && !output.command.contains('|') && parsed(output, &output.text).is_complete()
    };
    let found: Vec<&Output> = OUTPUTS.iter().filter(wanted).collect();
    assert!(found.len() >= tables.len(), "too few complete outputs of {tables:?}");
    found
}

/// The rows without their line numbers.
fn rows(parsed: &Parsed) -> serde_json::Value {
    let mut rows = serde_json::to_value(parsed).unwrap()["rows"].take();
    for row in rows.as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("lines");
    }
    rows
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
    for output in complete_ones(EVERY_TABLE) {
        let lines: Vec<&str> = output.text.lines().collect();
        for at in 0..=lines.len() {
            let mut changed = lines.clone();
            changed.insert(at, "  @@ a line from nowhere: 1.2.3.4 up 5 @@");
            let found = parsed(output, &(changed.join("\n") + "\n"));
            let reported = found
                .unexplained
                .iter()
                .any(|unexplained| unexplained.line as usize == at + 1);
            assert!(reported, "{}: line {} is lost", output.name, at + 1);
        }
    }
}

#[test]
fn every_line_of_a_configuration_is_a_line_of_the_table() {
    for output in complete_ones(&["current_configuration"]) {
        let before = parsed(output, &output.text);
        let lines: Vec<&str> = output.text.lines().collect();
        for at in 0..=lines.len() {
            let mut changed = lines.clone();
            changed.insert(at, " @@ a line from nowhere @@");
            let found = parsed(output, &(changed.join("\n") + "\n"));
            let text = serde_json::to_string(&found).unwrap();
            assert!(
                text.contains("a line from nowhere"),
                "{}: line {} is lost",
                output.name,
                at + 1
            );
            assert!(
                found.table.len() + found.unexplained.len() >= before.table.len(),
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
    "current_configuration",
];

#[test]
fn an_output_that_was_cut_is_complete_only_if_no_row_is_lost() {
    for output in complete_ones(COUNTED) {
        let whole = rows(&parsed(output, &output.text));
        let near_the_end = |end: usize| end + 200 > output.text.len();
        let ends = output
            .text
            .char_indices()
            .filter(|&(end, sign)| sign == '\n' || end % 29 == 0 || near_the_end(end));
        for (end, _) in ends {
            let found = parsed(output, &output.text[..end]);
            if found.is_complete() {
                assert_eq!(
                    rows(&found),
                    whole,
                    "{} cut after {end} bytes passes as complete",
                    output.name
                );
            }
        }
    }
}

/// A trace has no end that the device prints: a router may answer for the target from another address. So a trace that
/// was cut after a whole hop reads as one that ended there; it never reaches the target, and shows no hop otherwise.
#[test]
fn a_trace_that_was_cut_reads_as_one_that_ended_there() {
    for output in complete_ones(&["tracert"]) {
        let whole = rows(&parsed(output, &output.text));
        let hops = whole[0]["hops"].as_array().unwrap();
        let last_line = output.text.trim_end().rfind('\n').unwrap_or(0);
        for (end, _) in output.text.char_indices().filter(|&(end, _)| end <= last_line) {
            let found = parsed(output, &output.text[..end]);
            if found.is_complete() {
                let cut = rows(&found);
                let shown = cut[0]["hops"].as_array().unwrap();
                assert!(cut[0]["reached"] == false, "{} cut after {end} bytes", output.name);
                assert!(shown.len() < hops.len(), "{} cut after {end} bytes", output.name);
                for (shown, hop) in shown.iter().zip(hops) {
                    assert_eq!(shown["ttl"], hop["ttl"], "{} cut after {end} bytes", output.name);
                    let probes = |hop: &serde_json::Value| hop["probes"].as_array().unwrap().len();
                    assert_eq!(probes(shown), probes(hop), "{} cut after {end} bytes", output.name);
                }
            }
        }
    }
}

#[test]
fn a_row_that_is_missing_is_noticed() {
    for output in complete_ones(&["bfd_session", "bfd_session_verbose", "ip_interface_brief", "ping"]) {
        let before = parsed(output, &output.text);
        let lines: Vec<&str> = output.text.lines().collect();
        for row in 0..before.table.len() {
            let span = before.table.span(row);
            let (first, last) = (span.first as usize - 1, span.last as usize);
            let mut changed = lines.clone();
            changed.drain(first..last);
            let found = parsed(output, &(changed.join("\n") + "\n"));
            assert!(
                !found.is_complete(),
                "{} without row {row} passes as complete",
                output.name
            );
            if output.command.starts_with("ping") {
                for reply in
                    (first..last).filter(|&at| lines[at].contains("Sequence") || lines[at].contains("time out"))
                {
                    let mut changed = lines.clone();
                    changed.remove(reply);
                    let found = parsed(output, &(changed.join("\n") + "\n"));
                    assert!(
                        !found.is_complete(),
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
    for output in complete_ones(&["bfd_session_verbose", "ospf_peer"]) {
        let before = parsed(output, &output.text);
        let lines: Vec<&str> = output.text.lines().collect();
        for row in 0..before.table.len() {
            // The line that says which session or neighbour it is.
            let mut changed = lines.clone();
            changed.remove(before.table.span(row).first as usize - 1);
            let found = parsed(output, &(changed.join("\n") + "\n"));
            assert!(!found.is_complete(), "{} without the title of row {row}", output.name);
            let kept = rows(&before);
            for read in rows(&found).as_array().unwrap() {
                assert!(
                    kept.as_array().unwrap().contains(read),
                    "{}: {read} is mixed",
                    output.name
                );
            }
        }
    }
}

#[test]
fn two_answers_in_one_are_not_one_routing_table() {
    for output in complete_ones(&["routing_table", "routing_table_verbose"]) {
        let twice = format!("{0}\n{0}", output.text);
        assert!(!parsed(output, &twice).is_complete(), "{}", output.name);
    }
}
