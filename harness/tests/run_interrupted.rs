//! Runs that end early: killed, interrupted, or with the lab gone. What they changed is undone all the same.

#![allow(clippy::unwrap_used)]

mod served;

use served::{Running, Served, end, suite};

/// The access link fails, and something is awaited that never comes.
const FAILED_LINK: &str = "\
suite: failed link
cases:
  - name: the link CE1–PE1 fails
    change:
      CE1: shutdown GigabitEthernet0/1/0
    expect:
      CE1:
        - config has \"shutdown\" under \"interface GigabitEthernet0/1/0\"
        - config has \"never there\" within 60 s
";

const SHUT_DOWN: &str = "config has \"shutdown\" under \"interface GigabitEthernet0/1/0\"";

#[test]
fn after_kill_9_restore_brings_the_link_back() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let lab = Served::start(home, "lab");
    let suite = suite(home, "s.yaml", FAILED_LINK);
    let mut run = Running::start(lab.run(home, &suite).arg("--allow-changes"));
    run.await_line("change CE1");
    run.signal("KILL");
    assert_eq!(run.end().code, None);
    assert!(
        lab.has(home, "CE1", SHUT_DOWN),
        "the change must be in force for this to test anything"
    );

    let list = end(lab.netverdict(home).args(["restore", "--list"]));
    assert_eq!(list.code, Some(0), "{list:?}");
    assert!(list.stdout.contains("shutdown GigabitEthernet0/1/0") && list.stdout.contains("undo shutdown"));

    let without = end(served::netverdict(home).arg("restore"));
    assert_eq!(without.code, Some(3), "{without:?}");
    assert!(without.stdout.contains("NETVERDICT_LAB_PASSWORD"), "{without:?}");

    let restored = end(lab.netverdict(home).arg("restore"));
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert!(restored.stdout.contains("undone and verified"), "{restored:?}");
    assert!(!lab.has(home, "CE1", SHUT_DOWN));
    let again = end(lab.netverdict(home).arg("restore"));
    assert!(again.stdout.contains("nothing to undo"), "{again:?}");
}

#[test]
fn after_kill_9_the_next_run_brings_the_link_back_first() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let lab = Served::start(home, "lab");
    let failing = suite(home, "s.yaml", FAILED_LINK);
    let mut run = Running::start(lab.run(home, &failing).arg("--allow-changes"));
    run.await_line("change CE1");
    run.signal("KILL");
    run.end();
    let look = suite(
        home,
        "look.yaml",
        "suite: look\ncases:\n  - name: look\n    expect:\n      CE1:\n        - every BFD session is Up\n",
    );
    let next = end(&mut lab.run(home, &look));
    assert_eq!(next.code, Some(0), "{next:?}");
    assert!(
        next.stdout
            .contains("left behind by an earlier run: undone and verified"),
        "{next:?}"
    );
    assert!(!lab.has(home, "CE1", SHUT_DOWN));
}

#[test]
fn no_run_begins_on_a_lab_whose_changes_cannot_be_undone() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let lab = Served::start(home, "lab");
    let failing = suite(home, "s.yaml", FAILED_LINK);
    let mut run = Running::start(lab.run(home, &failing).arg("--allow-changes"));
    run.await_line("change CE1");
    run.signal("KILL");
    run.end();
    let mut next = lab.run(home, &failing);
    lab.stop();
    let ended = end(next.args(["--undo-patience", "0", "--out", "never"]));
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("an earlier run left changes behind"), "{ended:?}");
    assert!(
        ended.stderr.contains("interface GigabitEthernet0/1/0; undo shutdown"),
        "{ended:?}"
    );
    assert!(!home.join("never").exists());
}

#[test]
fn ctrl_c_and_sigterm_undo_and_end_with_130() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let lab = Served::start(home, "lab");
    let suite = suite(home, "s.yaml", FAILED_LINK);
    for signal in ["INT", "TERM"] {
        let mut run = Running::start(lab.run(home, &suite).arg("--allow-changes"));
        run.await_line("change CE1");
        run.signal(signal);
        let ended = run.end();
        assert_eq!(ended.code, Some(130), "{ended:?}");
        assert!(
            ended
                .stdout
                .contains("undone CE1: shutdown GigabitEthernet0/1/0 (interrupt)"),
            "{ended:?}"
        );
        assert!(!lab.has(home, "CE1", SHUT_DOWN));
        let list = end(lab.netverdict(home).args(["restore", "--list"]));
        assert!(list.stdout.contains("nothing to undo"), "{list:?}");
    }
}

#[test]
fn a_lab_that_goes_away_leaves_the_change_in_the_journal_and_says_so_loudly() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let lab = Served::start(home, "lab");
    let suite = suite(home, "s.yaml", FAILED_LINK);
    let mut run = Running::start(
        lab.run(home, &suite)
            .arg("--allow-changes")
            .args(["--undo-patience", "1"]),
    );
    run.await_line("change CE1");
    lab.stop();
    let ended = run.end();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stdout.contains("NOT UNDONE"), "{ended:?}");
    assert!(ended.stdout.contains("netverdict restore"), "{ended:?}");
    let list = end(served::netverdict(home).args(["restore", "--list"]));
    assert!(list.stdout.contains("shutdown GigabitEthernet0/1/0"), "{list:?}");
    // Another lab at another address is not taken for it.
    let other = Served::start(home, "lab");
    let restored = end(other.netverdict(home).args(["restore", "--patience", "0"]));
    assert_eq!(restored.code, Some(3), "{restored:?}");
    assert!(restored.stdout.contains("say so with --lab"), "{restored:?}");
}

#[test]
fn whoever_interrupts_three_times_leaves_the_undo_to_restore() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let lab = Served::start(home, "lab");
    let suite = suite(home, "s.yaml", FAILED_LINK);
    let mut run = Running::start(lab.run(home, &suite).arg("--allow-changes"));
    run.await_line("change CE1");
    lab.stop();
    run.signal("INT");
    run.await_line("undoing did not succeed yet");
    let began = std::time::Instant::now();
    // Signals that come in close succession may count as one.
    while run.child.try_wait().unwrap().is_none() && began.elapsed().as_secs() < 10 {
        run.signal("INT");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let ended = run.end();
    assert!(began.elapsed().as_secs() < 10, "it gives up at once");
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(ended.stderr.contains("interrupt once more to give up"), "{ended:?}");
    assert!(ended.stderr.contains("netverdict restore"), "{ended:?}");
    let list = end(served::netverdict(home).args(["restore", "--list"]));
    assert!(list.stdout.contains("shutdown GigabitEthernet0/1/0"), "{list:?}");
}

#[test]
fn the_journal_of_an_emulated_lab_ends_with_it() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let suite = suite(home, "s.yaml", FAILED_LINK);
    let mut run = Running::start(
        served::netverdict(home)
            .arg("run")
            .arg(&suite)
            .arg("--lab")
            .arg(served::lab()),
    );
    run.await_line("change CE1");
    let alive = end(served::netverdict(home).arg("restore"));
    assert_eq!(alive.code, Some(0), "{alive:?}");
    assert!(alive.stdout.contains("still at work"), "{alive:?}");
    run.signal("KILL");
    run.end();
    let restored = end(served::netverdict(home).arg("restore"));
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert!(restored.stdout.contains("gone with its emulated lab"), "{restored:?}");
    let again = end(served::netverdict(home).arg("restore"));
    assert!(again.stdout.contains("nothing to undo"), "{again:?}");
}
