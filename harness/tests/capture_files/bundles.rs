//! Files of a suite as evidence: kept in the bundle, and measured from there again.

use std::path::Path;

use crate::program::{other, run, suite};
use crate::writer::{BEGIN, MS, Packet, ethernet, forward, pcap, probe};

const NOTHING: &str = "nothing is lost";

/// A flow of 1,000 packets a second, without those of some numbers.
fn flow(path: &Path, lost: std::ops::Range<u64>) {
    let packets: Vec<Packet> = (0..2_000)
        .filter(|number| !lost.contains(number))
        .map(|number| {
            let at = BEGIN + number as i64 * MS;
            (at, ethernet(&probe(forward(1), 62, number, at)))
        })
        .collect();
    pcap(path, &packets);
}

#[test]
fn a_capture_that_was_not_there_is_not_there_when_it_is_decided_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let later = folder.join("later.pcap");
    suite(folder, &format!("p: {{file: {}}}", later.display()), &[NOTHING]);
    run(folder, &["--out", "b"]).is(3, &["later.pcap", "No such file", "the suite's folder"]);
    flow(&later, 0..0);
    other(folder, &["recheck", "b"]).is(3, &["0 with another verdict", "inconclusive"]);
    run(folder, &["--out", "c"]).is(0, &[]);
    // Nor does it matter what becomes of it.
    flow(&later, 500..600);
    other(folder, &["recheck", "c"]).is(0, &["0 with another verdict"]);
    std::fs::remove_file(&later).unwrap();
    other(folder, &["recheck", "c"]).is(0, &["0 with another verdict"]);
}

#[test]
fn a_capture_that_was_altered_in_the_bundle_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    flow(&folder.join("x.pcap"), 500..600);
    flow(&folder.join("y.pcap"), 0..0);
    suite(folder, "p: {file: x.pcap}", &[NOTHING]);
    run(folder, &["--out", "b"]).is(1, &["100 packets lost"]);
    let kept = folder.join("b/evidence/0001-p.pcap");
    std::fs::copy(folder.join("y.pcap"), &kept).unwrap();
    other(folder, &["recheck", "b"]).is(3, &["SHA-256 differs", "fail -> inconclusive"]);
    std::fs::remove_file(&kept).unwrap();
    other(folder, &["recheck", "b"]).is(3, &["cannot be read", "fail -> inconclusive"]);
}

#[test]
fn a_suite_that_names_another_file_is_not_answered_by_the_recorded_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    flow(&folder.join("x.pcap"), 0..0);
    flow(&folder.join("y.pcap"), 500..600);
    suite(folder, "p: {file: x.pcap}", &[NOTHING]);
    run(folder, &["--out", "b"]).is(0, &[]);
    // The same file is taken from the bundle.
    std::fs::remove_file(folder.join("x.pcap")).unwrap();
    other(folder, &["run", "s.yaml", "--lab", "b"]).is(0, &[]);
    suite(folder, "p: {file: y.pcap}", &[NOTHING]);
    other(folder, &["run", "s.yaml", "--lab", "b"]).is(1, &["100 packets lost"]);
}

#[test]
fn nothing_but_files_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.join("pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    for (name, words) in [
        ("pipe", "no ordinary file"),
        ("/dev/zero", "no ordinary file"),
        ("lab", "is a directory"),
    ] {
        suite(folder, &format!("p: {{file: {name}}}"), &[NOTHING]);
        run(folder, &[]).is(3, &[words, "inconclusive"]);
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_of_every_phrase_by_its_name_in_the_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    flow(&folder.join("x.pcap"), 0..0);
    let whole = std::fs::read(folder.join("x.pcap")).unwrap();
    std::fs::write(folder.join("x.pcap"), &whole[..whole.len() - 9]).unwrap();
    suite(
        folder,
        "p: {file: x.pcap}",
        &[
            NOTHING,
            "reordering is below 1 %",
            "no flow is interrupted for more than 1 s",
        ],
    );
    let said = run(folder, &["--out", "b"]);
    said.is(3, &[]);
    let told = "evidence/0001-p.pcap: the file ends 9 octets too early";
    let lines = said
        .text
        .lines()
        .filter(|line| line.starts_with("  inconclusive ") && line.contains(told));
    assert_eq!(lines.count(), 3, "{}", said.text);
    assert!(!said.text.contains(&folder.join("b").display().to_string()));
}
