//! Whatever a device does, a suite's answer is right or inconclusive with its reason, never wrong.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use checks::Verdict;
use harness::api::run_suite_on;
use harness::run::RunOptions;
use harness::state::StateFolder;
use reports::event::Event;
use rstest::rstest;
use tempfile::TempDir;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The first case of the suite of the worked example, its lab with PE1 misbehaving: the verdicts on PE1's phrases.
fn verdicts(misbehaviour: &str, edit: impl Fn(&str) -> String) -> Vec<(Verdict, String)> {
    let folder = TempDir::new().unwrap();
    let lab = folder.path().join("lab");
    fs::create_dir(&lab).unwrap();
    for entry in fs::read_dir(repository().join("inventories/bfd-static-vpn")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = fs::read_to_string(&path).unwrap();
            let own = format!(
                "configuration: pe1.cfg\n    timeouts: {{connect: 8 s, command: 8 s}}\n    misbehaviour: {misbehaviour}"
            );
            let text = text.replace("configuration: pe1.cfg", &own);
            fs::write(lab.join(path.file_name().unwrap()), text).unwrap();
        }
    }
    let suite = fs::read_to_string(repository().join("suites/bfd-static-vpn.yaml")).unwrap();
    let end = suite.find("  - name: LDP sessions join").unwrap();
    let path = folder.path().join("suite.yaml");
    fs::write(&path, edit(&suite[..end])).unwrap();
    let options = RunOptions {
        bundle: None,
        state: Some(StateFolder::at(folder.path().join("state"))),
        ..RunOptions::default()
    };
    let result = run_suite_on(&path, Some(&lab), options, &mut |_| {}).unwrap();
    let decided = result.events.iter().filter_map(|record| match &record.event {
        Event::PhraseDecided(decided) if decided.device == "PE1" => Some(decided),
        _ => None,
    });
    let verdicts: Vec<_> = decided
        .map(|decided| (decided.verdict, decided.phrase.clone()))
        .collect();
    assert_eq!(verdicts.len(), 5);
    verdicts
}

#[rstest]
#[case::latency("{latency: 100 ms}")]
#[case::slow_prompt("{prompt_pause: 700 ms}")]
#[case::small_pieces("{chunk_size: 3, chunk_pause: 1 ms}")]
#[case::forced_paging("{forced_paging: true}")]
#[case::forced_paging_in_pieces("{forced_paging: true, chunk_size: 5}")]
#[case::timestamps("{timestamps: true}")]
#[case::banner_like_a_prompt("{banner_line: <Welcome>}")]
#[case::password_question("{ask_password_change: true}")]
#[case::firewall_prefix("{prompt_prefix: HRP_M}")]
#[case::everything_odd(
    "{latency: 20 ms, chunk_size: 11, timestamps: true, forced_paging: true, banner_line: '[Core]', prompt_prefix: HRP_S}"
)]
fn a_device_that_is_odd_is_understood(#[case] misbehaviour: &str) {
    for (verdict, phrase) in verdicts(misbehaviour, str::to_owned) {
        assert_eq!(verdict, Verdict::Pass, "{phrase}");
    }
}

#[rstest]
#[case::dropped_at_login("{drop_after_bytes: 20}")]
#[case::refused("{refuse_logins: all}")]
fn a_device_that_cannot_be_asked_is_inconclusive(#[case] misbehaviour: &str) {
    for (verdict, phrase) in verdicts(misbehaviour, str::to_owned) {
        assert_eq!(verdict, Verdict::Inconclusive, "{phrase}");
    }
}

#[rstest]
#[case::dropped_in_an_answer("{drop_after_bytes: 900}")]
#[case::dropped_later("{drop_after_bytes: 2500}")]
#[case::wrapped("{wrap_width: 80}")]
#[case::wrapped_narrow("{wrap_width: 40}")]
#[case::refused_once("{refuse_logins: 1}")]
#[case::garbled("{garble_every: 97}")]
#[case::garbled_much("{garble_every: 5}")]
fn a_device_that_cannot_be_understood_never_fails_a_phrase(#[case] misbehaviour: &str) {
    for (verdict, phrase) in verdicts(misbehaviour, str::to_owned) {
        assert!(
            matches!(verdict, Verdict::Pass | Verdict::Inconclusive),
            "{verdict:?}: {phrase}"
        );
    }
}

#[test]
fn a_table_of_many_routes_is_read_to_its_end() {
    let long = |suite: &str| suite.replace("14 destinations and 15 routes", "100014 destinations and 100015 routes");
    for (verdict, phrase) in verdicts("{extra_routes: 100000}", long) {
        assert_eq!(verdict, Verdict::Pass, "{phrase}");
    }
}

#[rstest]
#[case("{latncy: 1 s}", "did you mean `latency`?")]
#[case("{latency: 100}", "a duration such as `200 ms`")]
#[case("{wrap_width: 5}", "a number of columns from 20 to 512")]
#[case("{refuse_logins: some}", "a number of attempts, or `all`")]
#[case("{forced_paging: [true]}", "`true` or `false`")]
#[case("often", "expected")]
fn mistakes_are_told_with_their_place(#[case] misbehaviour: &str, #[case] told: &str) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("pe1.cfg"), "#\nsysname PE1\n#\nreturn\n").unwrap();
    let yaml = format!(
        "lab: x\nemulated: true\ndefaults: {{platform: huawei_vrp}}\ndevices:\n  PE1:\n    configuration: pe1.cfg\n    \
         misbehaviour: {misbehaviour}\n"
    );
    fs::write(folder.path().join("lab.yaml"), yaml).unwrap();
    let (code, error) = serve(folder.path(), &[]);
    assert_eq!(code, Some(2));
    assert!(error.contains(told) && error.contains("lab.yaml:7:"), "{error}");
}

#[rstest]
#[case("PE1:latncy=1s", "did you mean `latency`?")]
#[case("PE1:latency=1", "a duration such as `200 ms`")]
#[case("PE11:latency=1s", "which the lab does not have: did you mean `PE1`?")]
#[case("latency=1s", "DEVICE:NAME=VALUE")]
fn mistakes_on_the_command_line_are_told(#[case] argument: &str, #[case] told: &str) {
    let lab = repository().join("inventories/bfd-static-vpn");
    let (code, error) = serve(&lab, &["--misbehave", argument]);
    assert_eq!(code, Some(2));
    assert!(error.contains(told), "{error}");
}

fn serve(lab: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_netverdict"))
        .args(["lab", "serve"])
        .arg(lab)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}
