//! The suites notice: each is made wrong, or its lab is, and must not pass any more.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use checks::Verdict;
use harness::api::run_suite_on;
use harness::run::{RunOptions, RunResult};
use harness::state::StateFolder;
use reports::event::{Event, Level};
use rstest::rstest;
use tempfile::TempDir;

fn inventory() -> PathBuf {
    suites::folder().join("../inventories/bfd-static-vpn")
}

fn run(suite: &Path, lab: &Path, state: &Path) -> RunResult {
    let options = RunOptions {
        bundle: None,
        state: Some(StateFolder::at(state)),
        ..RunOptions::default()
    };
    run_suite_on(suite, Some(lab), options, &mut |_| {}).unwrap()
}

/// Verdict, phrase and actual of every phrase that did not pass, warnings left out.
fn not_passed(result: &RunResult) -> Vec<(Verdict, String)> {
    let decided = result.events.iter().filter_map(|record| match &record.event {
        Event::PhraseDecided(decided) => Some(decided),
        _ => None,
    });
    decided
        .filter(|decided| decided.level == Level::Error && decided.verdict != Verdict::Pass)
        .map(|decided| (decided.verdict, format!("{}: {}", decided.phrase, decided.actual)))
        .collect()
}

/// Where the case with the failed link begins.
const FAILED_LINK: &str = "  - name: the link CE1–PE1 fails";

/// An expectation that the lab does not meet fails, alone, and says what is there.
#[rstest]
#[case::next_hop(
    "next hops for 0.0.0.0/0 are 10.1.1.2 and 10.2.1.2",
    "next hops for 0.0.0.0/0 are 10.1.1.2 and 10.2.1.3",
    "10.2.1.2"
)]
#[case::next_hops(
    "two next hops for 1.1.1.1 in VPNA",
    "three next hops for 1.1.1.1 in VPNA",
    "2.2.2.2"
)]
#[case::source(
    "static with preference 60 via 10.1.1.1",
    "ospf with preference 60 via 10.1.1.1",
    "static"
)]
#[case::preference("with preference 60 via 10.2.1.1", "with preference 61 via 10.2.1.1", "60")]
#[case::ldp_sessions("2 LDP sessions are Operational", "3 LDP sessions are Operational", "2")]
#[case::route_distinguisher("VPNA has RD 100:2", "VPNA has RD 100:1", "100:2")]
#[case::route_target("imports 111:1 and exports 111:1", "imports 111:1 and exports 111:2", "111:1")]
#[case::counts("14 destinations and 15 routes", "14 destinations and 14 routes", "15")]
#[case::timers("min_tx_interval_ms at most 10 and", "min_tx_interval_ms at most 9 and", "10")]
#[case::failed_link("BFD pe1_to_ce1 is Down within 1 s", "BFD pe1_to_ce1 is Up for 1 s", "Down")]
#[case::withdrawn(
    "no route for 10.1.1.0/24 in VPNA within 5 s",
    "no route for 10.2.1.0/24 in VPNA within 1 s",
    "10.2.1.0/24"
)]
#[case::configuration("maximum load-balancing 2", "maximum load-balancing 3", "maximum load-balancing 2")]
fn a_wrong_expectation_fails(#[case] right: &str, #[case] wrong: &str, #[case] shown: &str) {
    let folder = TempDir::new().unwrap();
    let text = fs::read_to_string(suites::folder().join("bfd-static-vpn.yaml")).unwrap();
    assert!(text.contains(right), "the suite no longer says `{right}`");
    let (healthy, _) = text.split_once(FAILED_LINK).unwrap();
    // The case with the failed link takes seconds, and is run where it is meant.
    let text = if healthy.contains(right) { healthy } else { &text };
    let suite = folder.path().join("suite.yaml");
    fs::write(&suite, text.replacen(right, wrong, 1)).unwrap();
    let result = run(&suite, &inventory(), folder.path());
    let wrong = not_passed(&result);
    assert_eq!((result.verdict, result.exit_code), (Verdict::Fail, 1), "{wrong:?}");
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].0 == Verdict::Fail && wrong[0].1.contains(shown), "{wrong:?}");
}

/// A lab that is configured wrongly never passes: the emulated devices answer for what is really configured, or not at
/// all.
#[rstest]
#[case::not_tracked("pe1.cfg", " track bfd-session pe1_to_ce1", "")]
#[case::no_bfd("pe2.cfg", "#\nbfd\n#", "#")]
#[case::no_load_balancing("pe3.cfg", "  maximum load-balancing 2\n", "")]
#[case::route_target("pe2.cfg", "111:1 import-extcommunity", "111:2 import-extcommunity")]
#[case::route_distinguisher("pe2.cfg", "route-distinguisher 100:2", "route-distinguisher 100:1")]
#[case::link_shut("ce1.cfg", "0/2/0\n undo shutdown", "0/2/0\n shutdown")]
#[case::not_redistributed("pe1.cfg", "  import-route static\n", "")]
#[case::one_default_route("ce1.cfg", "ip route-static 0.0.0.0 0.0.0.0 10.2.1.2\n", "")]
fn a_wrong_configuration_never_passes(#[case] file: &str, #[case] right: &str, #[case] wrong: &str) {
    let folder = TempDir::new().unwrap();
    let lab = folder.path().join("lab");
    copy(&inventory(), &lab);
    let configuration = fs::read_to_string(lab.join(file)).unwrap();
    assert!(configuration.contains(right), "{file} no longer says `{right}`");
    fs::write(lab.join(file), configuration.replacen(right, wrong, 1)).unwrap();
    // The case that waits for a failed link to heal would wait in vain; the others are enough.
    let text = fs::read_to_string(suites::folder().join("bfd-static-vpn.yaml")).unwrap();
    let (healthy, _) = text.split_once(FAILED_LINK).unwrap();
    let suite = folder.path().join("suite.yaml");
    fs::write(&suite, healthy).unwrap();
    let result = run(&suite, &lab, folder.path());
    assert_ne!(result.verdict, Verdict::Pass);
    assert_ne!(result.exit_code, 0);
    assert!(!not_passed(&result).is_empty());
}

/// With timers ten times as long, detection alone takes longer than traffic may be interrupted.
#[test]
fn slow_timers_interrupt_traffic_for_too_long() {
    let folder = TempDir::new().unwrap();
    let lab = folder.path().join("lab");
    copy(&inventory(), &lab);
    for (file, session) in [("pe1.cfg", "bfd pe1_to_ce1 "), ("ce1.cfg", "bfd ce1_to_pe1 ")] {
        let text = fs::read_to_string(lab.join(file)).unwrap();
        let slow: Vec<String> = text
            .lines()
            .map(|line| {
                let timers = if line.starts_with(session) {
                    "\n min-tx-interval 100\n min-rx-interval 100\n detect-multiplier 3"
                } else {
                    ""
                };
                format!("{line}{timers}")
            })
            .collect();
        assert_ne!(slow.join("\n"), text.trim_end(), "{file}");
        fs::write(lab.join(file), slow.join("\n")).unwrap();
    }
    let text = fs::read_to_string(suites::folder().join("bfd-static-vpn.yaml")).unwrap();
    let (head, _) = text.split_once("cases:").unwrap();
    let (_, failed_link) = text.split_once(FAILED_LINK).unwrap();
    let suite = folder.path().join("suite.yaml");
    fs::write(&suite, format!("{head}cases:\n{FAILED_LINK}{failed_link}")).unwrap();
    let result = run(&suite, &lab, folder.path());
    let wrong = not_passed(&result);
    let interrupted = wrong
        .iter()
        .find(|(_, what)| what.contains("is interrupted for less than 50 ms"));
    let (verdict, what) = interrupted.unwrap_or_else(|| panic!("{wrong:?}"));
    assert_eq!(*verdict, Verdict::Fail, "{what}");
    assert!(
        wrong.iter().any(|(_, what)| what.starts_with("detection took")),
        "{wrong:?}"
    );
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
