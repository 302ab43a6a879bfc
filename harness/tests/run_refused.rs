//! Runs that cannot decide: devices that are not there, do not let us in or are not who they were, and labs in use.

#![allow(clippy::unwrap_used)]

mod served;

use served::{Ended, Running, Served, end, netverdict, suite};

const ONE_PHRASE: &str = "\
suite: one phrase
cases:
  - name: BFD is up
    expect:
      PE1:
        - every BFD session is Up
      CE1:
        - every BFD session is Up
";

const CHANGE: &str = "\
suite: a change
cases:
  - name: the link fails
    change:
      CE1: shutdown GigabitEthernet0/1/0
    expect:
      CE1:
        - config has \"shutdown\" under \"interface GigabitEthernet0/1/0\"
";

/// Every phrase on the device is inconclusive for this reason, and nothing is green.
#[track_caller]
fn inconclusive(ended: &Ended, reason: &str) {
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stdout.contains(reason), "{ended:?}");
    assert!(ended.stdout.contains("inconclusive BFD is up"), "{ended:?}");
}

#[test]
fn a_stopped_server_is_inconclusive() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let lab = Served::start(home, "lab");
    let suite = suite(home, "s.yaml", ONE_PHRASE);
    assert_eq!(end(&mut lab.run(home, &suite)).code, Some(0));
    let mut run = lab.run(home, &suite);
    lab.stop();
    inconclusive(&end(&mut run), "cannot reach 127.0.0.1:");
}

#[test]
fn a_wrong_password_is_inconclusive_and_stands_nowhere() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let lab = Served::start(home, "lab");
    let suite = suite(home, "s.yaml", ONE_PHRASE);
    let ended = end(lab
        .run(home, &suite)
        .env("NETVERDICT_LAB_PASSWORD", "not-the-password")
        .args(["--out", "b"]));
    inconclusive(&ended, "refused the login");
    let nothing = end(lab.run(home, &suite).env_remove("NETVERDICT_LAB_PASSWORD"));
    inconclusive(&nothing, "NETVERDICT_LAB_PASSWORD");
    let right = end(lab.run(home, &suite).args(["--out", "c"]));
    assert_eq!(right.code, Some(0), "{right:?}");
    for secret in ["not-the-password", &lab.password] {
        for bundle in ["b", "c"] {
            let found = std::process::Command::new("grep")
                .args(["-rlF", secret])
                .arg(home.join(bundle))
                .output()
                .unwrap();
            assert!(found.stdout.is_empty(), "{}", String::from_utf8_lossy(&found.stdout));
        }
    }
}

#[test]
fn a_changed_host_key_is_inconclusive() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let suite = suite(home, "s.yaml", ONE_PHRASE);
    let before = Served::start(home, "before");
    let known = before.fingerprint();
    before.stop();
    // The same devices with a new key, while the inventory knows the old one.
    let lab = Served::start(home, "lab");
    let yaml = lab.inventory.join("lab.yaml");
    let text = std::fs::read_to_string(&yaml).unwrap();
    std::fs::write(&yaml, text.replace(&lab.fingerprint(), &known)).unwrap();
    inconclusive(&end(&mut lab.run(home, &suite)), "HAS CHANGED");
}

#[test]
fn two_runs_at_once_on_a_live_lab_are_one_too_many() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let lab = Served::start(home, "lab");
    let waits = suite(
        home,
        "waits.yaml",
        "suite: waits\ncases:\n  - name: waits\n    expect:\n      PE1:\n        - config has \"never there\" within 60 s\n",
    );
    let short = suite(home, "s.yaml", ONE_PHRASE);
    let mut first = Running::start(&mut lab.run(home, &waits));
    first.await_line("suite waits");
    let second = end(&mut lab.run(home, &short));
    assert_eq!(second.code, Some(3), "{second:?}");
    let owner = format!("process {}", first.child.id());
    assert!(
        second.stderr.contains("in use by another run") && second.stderr.contains(&owner),
        "{second:?}"
    );
    first.signal("KILL");
    first.end();
    let third = end(&mut lab.run(home, &short));
    assert_eq!(third.code, Some(0), "a lock ends with its owner: {third:?}");
}

#[test]
fn two_runs_at_once_on_an_emulated_lab_have_a_lab_each() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let suite = suite(home, "s.yaml", CHANGE);
    let start = || Running::start(netverdict(home).arg("run").arg(&suite).arg("--lab").arg(served::lab()));
    let (first, second) = (start(), start());
    let (first, second) = (first.end(), second.end());
    assert_eq!((first.code, second.code), (Some(0), Some(0)), "{first:?} {second:?}");
}

#[test]
fn a_change_needs_consent_on_the_command_line_and_in_the_inventory() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let lab = Served::start(home, "lab");
    let suite = suite(home, "s.yaml", CHANGE);
    let without = end(&mut lab.run(home, &suite));
    assert_eq!(without.code, Some(3), "{without:?}");
    assert!(without.stdout.contains("--allow-changes"), "{without:?}");
    let yaml = lab.inventory.join("lab.yaml");
    let text = std::fs::read_to_string(&yaml).unwrap();
    std::fs::write(&yaml, text.replace("allow_changes: true", "allow_changes: false")).unwrap();
    let forbidden = end(lab.run(home, &suite).arg("--allow-changes"));
    assert_eq!(forbidden.code, Some(3), "{forbidden:?}");
    assert!(forbidden.stdout.contains("allow_changes: true"), "{forbidden:?}");
    std::fs::write(&yaml, text).unwrap();
    assert_eq!(end(lab.run(home, &suite).arg("--allow-changes")).code, Some(0));
}

#[test]
fn a_change_that_is_in_force_already_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let text = CHANGE.replace("shutdown GigabitEthernet0/1/0", "undo shutdown GigabitEthernet0/1/0");
    let suite = suite(home, "s.yaml", &text);
    let ended = end(netverdict(home).arg("run").arg(&suite).arg("--lab").arg(served::lab()));
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stdout.contains("in force already"), "{ended:?}");
}

#[test]
fn a_change_that_the_device_refuses_is_inconclusive() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let text = CHANGE.replace(
        "CE1: shutdown GigabitEthernet0/1/0",
        "CE1: {configure: [interface GigabitEthernet0/1/0, no such command], undo: [interface GigabitEthernet0/1/0, undo shutdown]}",
    );
    let suite = suite(home, "s.yaml", &text);
    let ended = end(netverdict(home).arg("run").arg(&suite).arg("--lab").arg(served::lab()));
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stdout.contains("change refused CE1"), "{ended:?}");
    let journal = std::fs::read_dir(home.join("state/journal")).unwrap().count();
    assert_eq!(journal, 0, "nothing is in force, and nothing is left in the journal");
}
