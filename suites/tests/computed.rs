//! The suite of the worked example passes, as it stands, on a lab that computes its answers.

#![allow(clippy::unwrap_used)]

use std::fs;

use checks::Verdict;
use harness::api::run_suite_on;
use harness::run::{RunOptions, RunResult};
use harness::state::StateFolder;
use reports::event::{Event, Level};
use tempfile::TempDir;

/// The lab without its recording.
fn run() -> RunResult {
    let folder = TempDir::new().unwrap();
    let lab = folder.path().join("lab");
    fs::create_dir(&lab).unwrap();
    let original = suites::folder().join("../inventories/bfd-static-vpn");
    for entry in fs::read_dir(&original).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.replace("emulated: true", "emulated: {answers: computed}");
            fs::write(lab.join(path.file_name().unwrap()), text).unwrap();
        }
    }
    assert!(
        fs::read_to_string(lab.join("lab.yaml"))
            .unwrap()
            .contains("answers: computed")
    );
    let options = RunOptions {
        bundle: None,
        state: Some(StateFolder::at(folder.path().join("state"))),
        ..RunOptions::default()
    };
    let suite = suites::folder().join("bfd-static-vpn.yaml");
    run_suite_on(&suite, Some(&lab), options, &mut |_| {}).unwrap()
}

fn not_passed(result: &RunResult) -> Vec<String> {
    let decided = result.events.iter().filter_map(|record| match &record.event {
        Event::PhraseDecided(decided) => Some(decided),
        _ => None,
    });
    decided
        .filter(|decided| decided.level == Level::Error && decided.verdict != Verdict::Pass)
        .map(|decided| decided.phrase.clone())
        .collect()
}

#[test]
fn the_suite_passes_on_computed_answers() {
    let result = run();
    assert_eq!(not_passed(&result), Vec::<String>::new());
    assert_eq!(result.exit_code, 0);
}
