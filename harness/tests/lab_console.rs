//! What can be typed while a lab is served, as a pipe types it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod served;

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

#[test]
fn links_are_broken_and_mended_by_typed_lines() {
    let home = tempfile::tempdir().unwrap();
    let mut child = served::netverdict(home.path())
        .args(["lab", "serve"])
        .arg(served::lab())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(output.any(|line| line.starts_with("ready")));
    let mut say = |typed: &str, lines: usize| {
        writeln!(input, "{typed}").unwrap();
        output.by_ref().take(lines).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(say("status", 1), "every link is whole");
    assert_eq!(
        say("cut CE1 ge0/1/0 receiving", 1),
        "1: cut CE1 GigabitEthernet0/1/0 receiving"
    );
    assert_eq!(
        say("  LOSE 2.5% on PE1 GE0/3/0", 1),
        "2: lose 2.5 % on PE1 GigabitEthernet0/3/0"
    );
    for (wrong, told) in [
        ("cut CE7 GE0/1/0", "did you mean `CE1`?"),
        ("cut CE1 GE0/1/9", "GigabitEthernet0/2/0"),
        ("cut lab lab", "unknown device"),
        ("lose 200 % on CE1 GE0/1/0", "at most 100"),
        ("delay -1 ms on CE1 GE0/1/0", "a time such as"),
        ("mend", "mend NUMBER"),
        ("mend one", "mend NUMBER"),
        ("mend CE1 GE0/2/0", "nothing that was typed"),
        ("mend CE1 GE0/1/0 sending", "nothing that was typed"),
        ("mend PE1 GE0/3/1", "GigabitEthernet0/3/0"),
        ("mend 9", "no fault has this number"),
        ("statsu", "did you mean `status`?"),
        ("cut CE1 GE0/1/0 recieving", "did you mean `receiving`?"),
        ("cut CE1 GE0/1/0 sending receiving", "one word too many"),
        (
            &format!("cut CE1 GE0/1/0{} sending", " ".repeat(5000)),
            "nothing was done",
        ),
        ("\u{7}\u{1b}[2J ünïcödé", "is not understood"),
    ] {
        let answer = say(wrong, 1);
        assert!(answer.contains(told), "{wrong}: {answer}");
        assert!(!answer.contains('\u{1b}'));
    }
    assert_eq!(say("mend 1", 1), "mended 1: cut CE1 GigabitEthernet0/1/0 receiving");
    assert!(say("status", 1).starts_with("2: lose 2.5 % on PE1 GigabitEthernet0/3/0, for "));
    assert_eq!(say("mend all", 1), "mended 2: lose 2.5 % on PE1 GigabitEthernet0/3/0");
    assert_eq!(say("mend all", 1), "every link is whole");
    assert_eq!(
        say("cut CE1 GE0/1/0 sending", 1),
        "3: cut CE1 GigabitEthernet0/1/0 sending"
    );
    assert_eq!(
        say("lose 5 % on PE1 GE0/3/0 sending", 1),
        "4: lose 5 % on PE1 GigabitEthernet0/3/0 sending"
    );
    assert_eq!(
        say("mend PE1 ge0/3/0 receiving", 1),
        "mended 3: cut CE1 GigabitEthernet0/1/0 sending"
    );
    assert_eq!(
        say("mend CE1 GE0/1/0", 1),
        "mended 4: lose 5 % on PE1 GigabitEthernet0/3/0 sending"
    );
    assert!(say("help", 6).contains("sending|receiving"));
    // The end of the input ends its last line, but not the lab.
    write!(input, "cut CE1 GE0/2/0").unwrap();
    drop(input);
    assert_eq!(output.next().unwrap(), "5: cut CE1 GigabitEthernet0/2/0");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}
