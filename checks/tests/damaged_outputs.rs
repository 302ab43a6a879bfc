//! Damaged outputs: nothing panics, nothing is dropped, and nothing that lost a row is taken for whole.

mod outputs;

use std::sync::LazyLock;

use checks::table::{Parsed, Table};
use outputs::Output;
use proptest::prelude::*;

static OUTPUTS: LazyLock<Vec<Output>> = LazyLock::new(|| outputs::all().expect("the fixtures can be read"));

fn parse(output: &Output, text: &str) -> Parsed {
    checks::vrp::parse(&output.command, text).unwrap_or_else(|error| panic!("{}: {error}", output.path.display()))
}

/// Tables that print one line a row and count their rows.
fn is_counted(output: &Output) -> bool {
    let folder = output.name.split('/').next().unwrap_or_default();
    // A route resolved over several links shows one next hop several times, and the device counts it once.
    let relayed = output.name == "routing_table/07.txt";
    [
        "routing_table",
        "ldp_session",
        "bgp_peer",
        "bgp_vpnv4_peer",
        "vpn_instance",
    ]
    .contains(&folder)
        && !relayed
}

fn rows(parsed: &Parsed) -> Vec<serde_json::Value> {
    let json = serde_json::to_value(parsed).expect("a table is JSON");
    json["rows"].as_array().cloned().unwrap_or_default()
}

/// Every number that a parse result gives stands for a line of the text.
fn assert_lines_exist(parsed: &Parsed, text: &str) {
    let lines = text.lines().count() as u32;
    for row in 0..parsed.table.len() {
        let span = parsed.table.span(row);
        assert!(
            span.first >= 1 && span.first <= span.last && span.last <= lines,
            "{span:?}"
        );
    }
    for unexplained in &parsed.unexplained {
        assert!(unexplained.line >= 1 && unexplained.line <= lines, "{unexplained:?}");
    }
    for integrity in &parsed.integrity {
        assert!(integrity.line <= lines, "{integrity:?}");
    }
}

#[test]
fn a_line_of_nonsense_is_never_dropped() {
    for output in OUTPUTS.iter() {
        let lines: Vec<&str> = output.text.lines().collect();
        for at in 0..=lines.len() {
            let mut damaged = lines.clone();
            damaged.insert(at, "zq#1 !nonsense ~~ 7");
            let text = damaged.join("\n");
            let parsed = parse(output, &text);
            let line = at as u32 + 1;
            let told = parsed.unexplained.iter().any(|unexplained| unexplained.line == line);
            let in_row = (0..parsed.table.len()).any(|row| {
                let span = parsed.table.span(row);
                span.first <= line && line <= span.last
            });
            assert!(told || in_row, "{}: line {line} is dropped", output.name);
            assert_lines_exist(&parsed, &text);
        }
    }
}

#[test]
fn a_table_that_counts_its_rows_misses_none() {
    let mut checked = 0;
    for output in OUTPUTS.iter().filter(|output| is_counted(output)) {
        let whole = parse(output, &output.text);
        if !whole.is_complete() {
            continue;
        }
        let lines: Vec<&str> = output.text.lines().collect();
        for row in 0..whole.table.len() {
            let span = whole.table.span(row);
            for line in span.first..=span.last {
                let mut damaged = lines.clone();
                damaged.remove(line as usize - 1);
                let parsed = parse(output, &(damaged.join("\n") + "\n"));
                assert!(!parsed.is_complete(), "{}: without line {line}", output.name);
                checked += 1;
            }
        }
    }
    assert!(checked > 50, "only {checked} lines were tried");
}

#[test]
fn a_table_that_was_cut_is_not_whole() {
    // What lists every routing table ends where a session says that it ends: its sections are not counted.
    let is_list = |output: &Output| output.command.ends_with(" all") || output.command.contains("all-vpn-instance");
    for output in OUTPUTS.iter().filter(|output| is_counted(output) && !is_list(output)) {
        let whole = parse(output, &output.text);
        if !whole.is_complete() {
            continue;
        }
        let expected = rows(&whole);
        for cut in (0..output.text.len()).filter(|cut| output.text.is_char_boundary(*cut)) {
            let parsed = parse(output, &output.text[..cut]);
            if parsed.is_complete() {
                assert_eq!(rows(&parsed), expected, "{} cut at {cut}", output.name);
            }
        }
    }
}

/// What a hostile or broken session may do to an output.
#[derive(Debug, Clone)]
enum Damage {
    Cut(prop::sample::Index),
    Drop(prop::sample::Index),
    Repeat(prop::sample::Index),
    Replace(prop::sample::Index, Vec<u8>),
    Splice(prop::sample::Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = || any::<prop::sample::Index>();
    let odd = prop_oneof![
        Just(b"\0".to_vec()),
        Just(b":".to_vec()),
        Just(b" ".to_vec()),
        Just(b"\x1b[42D".to_vec()),
        Just(b"99999999999999999999".to_vec()),
        Just("é\u{202e}".as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop_oneof![
        index().prop_map(Damage::Cut),
        index().prop_map(Damage::Drop),
        index().prop_map(Damage::Repeat),
        (index(), odd).prop_map(|(at, bytes)| Damage::Replace(at, bytes)),
        (index(), 0..64_usize).prop_map(|(at, other)| Damage::Splice(at, other)),
    ]
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        let line = |at: usize, bytes: &[u8]| {
            let start = bytes[..at]
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |end| end + 1);
            let end = bytes[at..]
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(bytes.len(), |end| at + end + 1);
            start..end
        };
        match damage {
            Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Damage::Drop(at) => {
                let range = line(at.index(bytes.len()), &bytes);
                bytes.drain(range);
            }
            Damage::Repeat(at) => {
                let range = line(at.index(bytes.len()), &bytes);
                let copy = bytes[range.clone()].to_vec();
                bytes.splice(range.start..range.start, copy);
            }
            Damage::Replace(at, with) => {
                let at = at.index(bytes.len());
                bytes.splice(at..=at, with.iter().copied());
            }
            Damage::Splice(at, other) => {
                let other = &OUTPUTS[other % OUTPUTS.len()].text;
                let from = at.index(other.len() + 1);
                let at = at.index(bytes.len());
                bytes.splice(at..at, other.bytes().skip(from).take(200));
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_damage_makes_a_parser_panic(
        output in (0..10_000_usize).prop_map(|at| &OUTPUTS[at % OUTPUTS.len()]),
        other in 0..10_000_usize,
        damages in prop::collection::vec(damage(), 1..6),
    ) {
        let text = damaged(&output.text, &damages);
        let parsed = parse(output, &text);
        assert_lines_exist(&parsed, &text);
        prop_assert!(serde_json::to_string(&parsed).is_ok());
        // The answer to another question.
        let foreign = parse(&OUTPUTS[other % OUTPUTS.len()], &text);
        assert_lines_exist(&foreign, &text);
    }

    #[test]
    fn no_bytes_make_a_parser_panic(text in "(?s).{0,200}", at in 0..10_000_usize) {
        let parsed = parse(&OUTPUTS[at % OUTPUTS.len()], &text);
        prop_assert!(serde_json::to_string(&parsed).is_ok());
    }
}
