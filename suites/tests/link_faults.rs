//! Links of the embedded lab are broken and mended by a suite; its run can be given again and decided again.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use checks::Verdict;
use harness::api::run_suite_on;
use harness::bundle::BundleLocation;
use harness::recheck::recheck;
use harness::run::{RunOptions, RunResult};
use harness::state::StateFolder;
use reports::event::Event;
use tempfile::TempDir;

fn run(suite: &Path, lab: &Path, bundle: PathBuf, state: &Path) -> RunResult {
    let options = RunOptions {
        bundle: Some(BundleLocation::Folder(bundle)),
        state: Some(StateFolder::at(state)),
        ..RunOptions::default()
    };
    run_suite_on(suite, Some(lab), options, &mut |_| {}).unwrap()
}

#[test]
fn links_are_broken_and_mended() {
    let folder = TempDir::new().unwrap();
    let suite = suites::folder().join("tests/link_faults.yaml");
    let lab = suites::folder().join("../inventories/bfd-static-vpn");
    let bundle = folder.path().join("run");
    let result = run(&suite, &lab, bundle.clone(), folder.path());
    let decided: Vec<String> = result
        .events
        .iter()
        .filter_map(|record| match &record.event {
            Event::PhraseDecided(decided) if decided.verdict != Verdict::Pass => {
                Some(format!("{}: {}", decided.phrase, decided.actual))
            }
            _ => None,
        })
        .collect();
    assert_eq!(decided, Vec::<String>::new());
    assert_eq!(result.verdict, Verdict::Pass);
    let undone = result.events.iter().filter_map(|record| match &record.event {
        Event::ChangeUndone(undone) => Some(undone.failed.clone()),
        _ => None,
    });
    assert_eq!(undone.collect::<Vec<_>>(), vec![None; 6]);

    let again = recheck(&bundle).unwrap();
    assert_eq!((again.verdict, again.differences.len()), (Verdict::Pass, 0));
    let replayed = run(&suite, &bundle, folder.path().join("again"), folder.path());
    assert_eq!(replayed.verdict, Verdict::Pass);
}
