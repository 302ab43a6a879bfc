//! The program as a user meets it: what each command prints, where, and with which exit code.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rstest::rstest;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netverdict"));
    command
        .args(arguments)
        .current_dir(repository())
        .env("HOME", "/home/tester")
        .stdin(Stdio::null());
    command
}

fn netverdict(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

fn with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = program(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn told(arguments: &[&str], output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!(
        "$ netverdict {}\nexit code {}\n--- stdout\n{}--- stderr\n{}",
        arguments.join(" "),
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr)
    )
    .replace(env!("CARGO_PKG_VERSION"), "[version]")
}

const LDP: &str = "display mpls ldp session";

#[rstest]
#[case::parse_complete(&["parse", "--platform", "huawei_vrp", "--command", LDP, "harness/tests/outputs/ldp_session.txt"])]
#[case::parse_compact(&["parse", "--command", "dis mpls ldp sess", "--compact", "harness/tests/outputs/ldp_session.txt"])]
#[case::parse_count_disagrees(&["parse", "--command", LDP, "--compact", "harness/tests/outputs/ldp_session_count.txt"])]
#[case::parse_unexplained(&["parse", "--command", LDP, "--compact", "harness/tests/outputs/ldp_session_unexplained.txt"])]
#[case::parse_rejected(&["parse", "--command", LDP, "--compact", "harness/tests/outputs/rejected.txt"])]
#[case::parse_not_utf8(&["parse", "--command", LDP, "--compact", "harness/tests/outputs/ldp_session_latin.txt"])]
#[case::parse_unknown_command(&["parse", "--command", "display mpls lpd session", "harness/tests/outputs/ldp_session.txt"])]
#[case::parse_no_such_file(&["parse", "--command", LDP, "nowhere.txt"])]
#[case::parse_folder(&["parse", "--command", LDP, "harness"])]
#[case::parse_unknown_platform(&["parse", "--platform", "huawei", "--command", LDP, "-"])]
#[case::parse_without_command(&["parse", "harness/tests/outputs/ldp_session.txt"])]
#[case::plan(&["plan", "suites/bfd-static-vpn.yaml", "--only", "the link CE1–PE1 fails"])]
#[case::plan_changes(&["plan", "harness/tests/plans/changes.yaml", "--lab", "harness/tests/mistakes/lab"])]
#[case::plan_live(&["plan", "harness/tests/plans/live.yaml", "--lab", "inventories/examples/live"])]
#[case::plan_fault_of_a_live_lab(&["plan", "harness/tests/plans/live-fault.yaml", "--lab", "inventories/examples/live"])]
#[case::plan_json(&["plan", "harness/tests/plans/live.yaml", "--lab", "inventories/examples/live", "--json"])]
#[case::explain(&["explain", "two next hops for 1.1.1.1 in VPNA within 5 s"])]
#[case::explain_lab(&["explain", "--lab", "inventories/bfd-static-vpn", "--device", "PE3", "route ${PE1.lsr_id}/32 is ospf"])]
#[case::explain_mistake(&["explain", "--lab", "inventories/bfd-static-vpn", "--device", "PE3", "route ${PE1.lsr_id}/32 is osfp"])]
#[case::explain_no_such_device(&["explain", "--lab", "inventories/bfd-static-vpn", "--device", "PE33", "BFD is Up"])]
#[case::phrases_of_no_word(&["phrases", "frobnicate"])]
#[case::unknown_command(&["plam"])]
#[case::unknown_option(&["plan", "suites/bfd-static-vpn.yaml", "--ony", "x"])]
fn commands(#[case] arguments: &[&str]) {
    let name = std::thread::current()
        .name()
        .unwrap()
        .rsplit("::")
        .next()
        .unwrap()
        .to_owned();
    let name = name
        .split_once('_')
        .and_then(|(_, rest)| rest.split_once('_'))
        .unwrap()
        .1
        .to_owned();
    insta::assert_snapshot!(name, told(arguments, &netverdict(arguments)));
}

#[test]
fn usage_errors_end_with_two_and_help_with_zero() {
    for arguments in [
        &["plan"][..],
        &["frobnicate"],
        &["parse"],
        &["explain"],
        &["schema", "x"],
        &["--nope"],
    ] {
        let output = netverdict(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["help", "plan"],
        &["parse", "--help"],
        &["-V"],
    ] {
        let output = netverdict(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty());
    }
}

#[test]
fn every_command_that_has_a_parser_is_listed() {
    let output = netverdict(&["parse", "--list"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for spec in checks::vrp::COMMANDS {
        assert!(text.contains(spec.syntax), "{}", spec.syntax);
    }
}

#[test]
fn standard_input_is_parsed_as_a_file_is() {
    let text = std::fs::read(repository().join("harness/tests/outputs/ldp_session.txt")).unwrap();
    let from_file = netverdict(&["parse", "--command", LDP, "harness/tests/outputs/ldp_session.txt"]);
    let from_input = with_input(&["parse", "--command", LDP, "-"], &text);
    assert_eq!(from_input.status.code(), Some(0));
    assert_eq!(from_file.stdout, from_input.stdout);
    let cut = with_input(&["parse", "--command", LDP, "-"], &text[..text.len() / 2]);
    assert_eq!(cut.status.code(), Some(3), "half an output is never complete");
    let nothing = with_input(&["parse", "--command", LDP, "-"], b"");
    assert_eq!(nothing.status.code(), Some(3), "no output is never complete");
}

fn routes(number: u32) -> Vec<u8> {
    let mut text = String::from(
        "Route Flags: R - relay, D - download to fib, T - to vpn-instance, B - black hole route\n\
         ------------------------------------------------------------------------------\n\
         Routing Table : _public_\n",
    );
    text.push_str(&format!(
        "         Destinations : {number}        Routes : {number}\n\n"
    ));
    text.push_str("Destination/Mask    Proto   Pre  Cost        Flags NextHop         Interface\n\n");
    for route in 0..number {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + route);
        text.push_str(&format!(
            "{:>18}  OSPF    10   2             D   10.0.0.1        GigabitEthernet0/1/0\n",
            format!("{address}/32")
        ));
    }
    text.into_bytes()
}

#[test]
fn many_rows_come_in_one_line_and_a_reader_may_stop_early() {
    let arguments = ["parse", "--command", "display ip routing-table", "-"];
    let text = routes(20_000);
    let output = with_input(&arguments, &text);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        output.stdout.iter().position(|byte| *byte == b'\n'),
        Some(output.stdout.len() - 1)
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["rows"].as_array().unwrap().len(), 20_000);

    let mut child = program(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&text);
    });
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 100]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn colour_is_for_terminals_alone() {
    let output = netverdict(&[
        "plan",
        "harness/tests/mistakes/suites/unknown_keys.yaml",
        "--lab",
        "harness/tests/mistakes/lab",
    ]);
    assert!(!output.stderr.contains(&0x1b));
}

#[test]
fn schemas_phrases_and_completions_are_printed_whole() {
    for format in ["suite", "inventory"] {
        let published = std::fs::read(repository().join(format!("docs/schema/{format}.json"))).unwrap();
        assert_eq!(netverdict(&["schema", format]).stdout, published);
    }
    let markdown = String::from_utf8(netverdict(&["phrases", "--markdown"]).stdout).unwrap();
    let listed = String::from_utf8(netverdict(&["phrases"]).stdout).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&netverdict(&["phrases", "--json"]).stdout).unwrap();
    for form in checks::phrase::forms() {
        for example in form.examples {
            assert!(markdown.contains(example) && listed.contains(example), "{example}");
        }
    }
    assert_eq!(json.as_array().unwrap().len(), checks::phrase::forms().len());
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = String::from_utf8(netverdict(&["completions", shell]).stdout).unwrap();
        assert!(script.contains("netverdict") && script.contains("explain"), "{shell}");
    }
}

#[test]
fn manual_pages_are_written_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man/man1");
    let output = netverdict(&["man", pages.to_str().unwrap()]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for page in [
        "netverdict.1",
        "netverdict-run.1",
        "netverdict-plan.1",
        "netverdict-parse.1",
    ] {
        let text = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(netverdict(&["man", file.to_str().unwrap()]).status.code(), Some(2));
}

/// The YAML blocks of a page that begin with a key.
fn examples(page: &str, key: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository().join("docs").join(page)).unwrap();
    let blocks = text
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next());
    blocks
        .filter(|block| block.starts_with(key))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_examples_of_the_documentation_are_understood() {
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path().join("suite.yaml");
    let lab = folder.path().join("lab.yaml");
    let suites = examples("suites.md", "suite:");
    let labs = examples("inventories.md", "lab:");
    assert!(!suites.is_empty() && !labs.is_empty());
    for text in suites {
        std::fs::write(&suite, &text).unwrap();
        let output = netverdict(&["plan", suite.to_str().unwrap(), "--lab", "inventories/bfd-static-vpn"]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    std::fs::write(&suite, "suite: x\ncases:\n  - {name: x, expect: {PE1: BFD is Up}}\n").unwrap();
    for text in labs {
        std::fs::write(&lab, &text).unwrap();
        let output = netverdict(&["plan", suite.to_str().unwrap(), "--lab", lab.to_str().unwrap()]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
