//! Captures and traffic of an emulated lab, and recorded as the lab of other suites.

#![allow(clippy::unwrap_used)]

mod served;

use std::path::Path;

use served::{Ended, end, lab, netverdict, suite};

const SUITE: &str = "\
suite: captured
cases:
  - name: traffic
    traffic:
      there: {from: CE2, to: 1.1.1.1, flows: 2, rate: 500}
    capture:
      ce2: CE2 GigabitEthernet0/1/0
    expect:
      ce2:
        - nothing is lost
";

fn run(home: &Path, text: &str, lab: &Path, more: &[&str]) -> Ended {
    let suite = suite(home, "s.yaml", text);
    end(netverdict(home).arg("run").arg(suite).arg("--lab").arg(lab).args(more))
}

#[test]
fn recorded_captures_answer_for_what_was_captured_and_sent_alone() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let first = run(home, SUITE, &lab(), &["--out", "b"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let recorded = home.join("b");
    assert_eq!(run(home, SUITE, &recorded, &[]).code, Some(0));
    for (from, to, why) in [
        (
            "ce2: CE2 GigabitEthernet0/1/0",
            "ce2: PE3 GigabitEthernet0/3/0",
            "no capture of PE3 GigabitEthernet0/3/0 for this name",
        ),
        ("rate: 500", "rate: 400", "sent other traffic"),
        ("flows: 2", "flows: 1", "sent other traffic"),
        ("from: CE2", "from: CE2, source: 10.3.1.2", "sent other traffic"),
    ] {
        let text = SUITE.replace(from, to);
        assert_ne!(text, SUITE);
        let other = run(home, &text, &recorded, &[]);
        assert_eq!(other.code, Some(3), "{to}: {other:?}");
        assert!(other.stdout.contains(why), "{to}: {other:?}");
    }
}

/// Nothing at all comes to CE2 any more: the last packet of the capture is the last one before the cut.
#[test]
fn silence_until_the_end_of_the_traffic_is_an_interruption() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let text = "\
suite: cut
cases:
  - name: cut
    traffic:
      there: {from: CE1, source: 1.1.1.1, to: 10.3.1.2, flows: 2, rate: 500}
    capture:
      ce2: CE2 GigabitEthernet0/1/0
    change:
      lab: cut CE2 GigabitEthernet0/1/0
    expect:
      ce2:
        - no flow is interrupted for more than 50 ms
        - nothing is lost
";
    let cut = run(home, text, &lab(), &["--out", "b"]);
    assert_eq!(cut.code, Some(1), "{cut:?}");
    for words in [
        "fail ce2: no flow is interrupted",
        "inconclusive ce2: nothing is lost",
        "never came back",
    ] {
        assert!(cut.stdout.contains(words), "{words}: {cut:?}");
    }
    let again = end(netverdict(home).args(["recheck", "b"]));
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stdout.contains("0 with another verdict"), "{again:?}");
}
