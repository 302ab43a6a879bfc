//! Bundles: what a run leaves, decided again, used as a lab, reported on, and altered.

#![allow(clippy::unwrap_used)]

mod served;

use std::path::{Path, PathBuf};

use served::{Ended, end, netverdict, suite};

const SUITE: &str = "\
suite: failed link
cases:
  - name: before
    expect:
      PE1:
        - BFD pe1_to_ce1 is Up
  - name: the link fails
    change:
      CE1: shutdown GigabitEthernet0/1/0
    expect:
      PE1:
        - BFD pe1_to_ce1 is Down within 2 s
      PE2:
        - BFD pe2_to_ce1 is Up for 1 s
      PE3:
        - one next hop for 1.1.1.1 in VPNA, ${PE2.lsr_id}, within 5 s
    afterwards:
      PE1:
        - BFD pe1_to_ce1 is Up within 30 s
";

/// Runs the suite on the emulated lab and returns the bundle.
fn bundle(home: &Path) -> PathBuf {
    let suite = suite(home, "s.yaml", SUITE);
    let ended = run(home, &suite, &served::lab(), &["--out", "bundle"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    home.join("bundle")
}

fn run(home: &Path, suite: &Path, lab: &Path, more: &[&str]) -> Ended {
    end(netverdict(home).arg("run").arg(suite).arg("--lab").arg(lab).args(more))
}

fn recheck(home: &Path, bundle: &Path) -> Ended {
    end(netverdict(home).arg("recheck").arg(bundle))
}

/// The evidence of this command, in order.
fn evidence(bundle: &Path, part: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(bundle.join("evidence"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(part))
        .collect();
    files.sort();
    files
}

#[test]
fn a_bundle_holds_everything_and_is_never_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let bundle = bundle(home);
    for file in [
        "events.jsonl",
        "report.html",
        "report.json",
        "junit.xml",
        "inputs/lab/lab.yaml",
        "inputs/lab/ce1.cfg",
    ] {
        assert!(bundle.join(file).is_file(), "{file}");
    }
    let before = evidence(&bundle, "CE1-display-current-configuration");
    assert_eq!(before.len(), 3, "before the change, before the undo and after it");
    let again = run(home, &home.join("s.yaml"), &served::lab(), &["--out", "bundle"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.stderr.contains("never overwritten"), "{again:?}");
    assert_eq!(recheck(home, &bundle).code, Some(0));
}

#[test]
fn recheck_decides_again_and_tells_what_differs() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let bundle = bundle(home);
    let same = recheck(home, &bundle);
    assert_eq!(same.code, Some(0), "{same:?}");
    assert!(
        same.stdout.contains("5 phrases decided again, 0 with another verdict"),
        "{same:?}"
    );

    let events = bundle.join("events.jsonl");
    let text = std::fs::read_to_string(&events).unwrap();
    // As if an older version had decided otherwise.
    std::fs::write(
        &events,
        text.replacen("\"verdict\":\"pass\"", "\"verdict\":\"fail\"", 1),
    )
    .unwrap();
    let other = recheck(home, &bundle);
    assert_eq!(other.code, Some(0), "{other:?}");
    assert!(
        other.stdout.contains("fail -> pass") && other.stdout.contains("1 with another verdict"),
        "{other:?}"
    );
}

#[test]
fn altered_evidence_is_never_green() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let bundle = bundle(home);
    let first = &evidence(&bundle, "PE1-display-bfd")[0];
    let text = std::fs::read_to_string(first).unwrap();
    std::fs::write(first, text.replace("Up", "Up ")).unwrap();
    let ended = recheck(home, &bundle);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        ended.stdout.contains("SHA-256 differs") && ended.stdout.contains("pass -> inconclusive"),
        "{ended:?}"
    );
    let replayed = run(home, &home.join("s.yaml"), &bundle, &[]);
    assert_eq!(replayed.code, Some(3), "{replayed:?}");
}

#[test]
fn an_altered_suite_in_the_bundle_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let bundle = bundle(home);
    let kept = walk(&bundle.join("inputs"))
        .into_iter()
        .find(|path| path.ends_with("s.yaml"))
        .unwrap();
    let text = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(&kept, format!("{text}\n# signed\n")).unwrap();
    let ended = recheck(home, &bundle);
    assert_eq!(ended.code, Some(3), "{ended:?}");
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] })
        .collect()
}

#[test]
fn a_run_that_was_cut_short_is_never_green() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let bundle = bundle(home);
    let events = bundle.join("events.jsonl");
    let text = std::fs::read_to_string(&events).unwrap();
    let whole: Vec<&str> = text.lines().collect();
    std::fs::write(&events, format!("{}\n", whole[..whole.len() - 1].join("\n"))).unwrap();
    let ended = recheck(home, &bundle);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stdout.contains("did not come to its end"), "{ended:?}");
}

#[test]
fn recorded_answers_are_a_lab() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let bundle = bundle(home);
    let same = run(home, &home.join("s.yaml"), &bundle, &["--out", "again"]);
    assert_eq!(same.code, Some(0), "{same:?}");
    // And its bundle is one as well: when something was answered, and for how long it held, is not lost.
    assert_eq!(recheck(home, &home.join("again")).code, Some(0));
    let third = run(home, &home.join("s.yaml"), &home.join("again"), &["--out", "third"]);
    assert_eq!(third.code, Some(0), "{third:?}");
    assert_eq!(recheck(home, &home.join("third")).code, Some(0));
    let only = run(home, &home.join("s.yaml"), &bundle, &["--only", "the link fails"]);
    assert_eq!(only.code, Some(0), "{only:?}");
}

#[test]
fn a_recorded_answer_is_given_in_no_other_state_of_the_network() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let bundle = bundle(home);
    let cases = [
        // Recorded before and after the change, and asked without it: what was recorded in the first state.
        ("BFD pe1_to_ce1 is Up", "", 0),
        ("BFD pe1_to_ce1 is Down", "", 1),
        // Recorded only while the link was down.
        ("one next hop for 1.1.1.1 in VPNA, ${PE2.lsr_id}", "", 3),
        ("two next hops for 1.1.1.1 in VPNA", "", 3),
        // Never recorded.
        ("every LDP session is Operational", "", 3),
        (
            "BFD pe1_to_ce1 is Up",
            "    change: {CE1: shutdown GigabitEthernet0/1/0}\n",
            1,
        ),
        // A change that was not recorded.
        (
            "BFD pe1_to_ce1 is Up",
            "    change: {CE1: shutdown GigabitEthernet0/2/0}\n",
            3,
        ),
        // Becomes true only after the recording's end.
        ("BFD pe1_to_ce1 is Down within 60 s", "", 3),
    ];
    for (phrase, change, code) in cases {
        let device = if phrase.contains("next hop") { "PE3" } else { "PE1" };
        let text = format!(
            "suite: another\ncases:\n  - name: another\n{change}    expect:\n      {device}:\n        - {phrase}\n"
        );
        let suite = suite(home, "another.yaml", &text);
        let ended = run(home, &suite, &bundle, &[]);
        assert_eq!(ended.code, Some(code), "{phrase} {change}: {ended:?}");
    }
}

#[test]
fn reports_are_drawn_again() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let bundle = bundle(home);
    for (format, file) in [("html", "report.html"), ("json", "report.json"), ("junit", "junit.xml")] {
        let ended = end(netverdict(home)
            .arg("report")
            .arg(&bundle)
            .args(["--format", format, "-o", "r"]));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let drawn = std::fs::read_to_string(home.join("r")).unwrap();
        assert_eq!(drawn, std::fs::read_to_string(bundle.join(file)).unwrap(), "{format}");
    }
    let nothing = end(netverdict(home).args(["report", "nowhere", "--format", "html"]));
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
}
