//! `netverdict capture` as a user meets it, over captures of a link that failed in a real network.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rstest::rstest;

const CE1: &str = "ce1=pe1:checks/fixtures/capture/failover/ce1-to-pe1.pcap.gz,pe2:checks/fixtures/capture/failover/ce1-to-pe2.pcap.gz";
const CE2: &str = "ce2=checks/fixtures/capture/failover/ce2-to-pe3.pcap.gz";
/// Another failover of a real network (FRRouting 10.3, tuned, a silent failure): four flows of 500 packets a second each way,
/// whose first packets met no receiver, two senders that did not stop together, and what PE1 said and heard on all ports.
const REPAIRED_CE1: &str = "ce1=pe1:checks/fixtures/capture/local-repair/ce1-to-pe1.pcap.gz,pe2:checks/fixtures/capture/local-repair/ce1-to-pe2.pcap.gz";
const REPAIRED_CE2: &str = "ce2=checks/fixtures/capture/local-repair/ce2-to-pe3.pcap.gz";
const REPAIRED_PE1: &str = "pe1=checks/fixtures/capture/local-repair/pe1.pcap.gz";
const ONE: &str = "checks/fixtures/capture/failover/ce2-to-pe3.pcap.gz";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn capture(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netverdict"))
        .arg("capture")
        .args(arguments)
        .current_dir(repository())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn told(arguments: &[&str]) -> String {
    let output = capture(arguments);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!(
        "$ netverdict capture {}\nexit code {}\n--- stdout\n{}--- stderr\n{}",
        arguments.join(" "),
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr)
    )
}

#[test]
fn what_is_interrupted_says_so_and_judges_nothing() {
    let mut octets = Vec::new();
    let file = std::fs::File::open(repository().join(ONE)).unwrap();
    std::io::copy(&mut flate2::read::MultiGzDecoder::new(file), &mut octets).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_netverdict"))
        .args(["capture", "outage", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // More than a pipe holds: once it is written, some of it was read.
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, &octets).unwrap();
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupted.unwrap().success());
    let output = child.wait_with_output().unwrap();
    drop(input);
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("interrupted") && told.contains("nothing was judged"),
        "{told:?}"
    );
}

#[rstest]
#[case::summary(&["summary", "--at", CE1, "--at", CE2])]
#[case::outage(&["outage", "--at", CE1, "--at", CE2, "--stopped"])]
#[case::outage_of_unknown_end(&["outage", "--at", CE1])]
#[case::outage_of_one_flow(&["outage", "--at", CE1, "--stopped", "--flow", "10.3.1.2->1.1.1.1"])]
#[case::anatomy(&["anatomy", "--at", CE1, "--at", CE2, "--stopped", "--one-clock"])]
#[case::balance(&["balance", "--at", CE1])]
#[case::events(&["events", "--at", CE1, "--at", CE2, "--one-clock"])]
#[case::decide_pass(&["decide", "traffic 10.3.1.2 -> 1.1.1.1 is interrupted for less than 100 ms", "--at", CE1, "--stopped"])]
#[case::decide_at_the_sender(&["decide", "traffic between 10.3.1.2 and 1.1.1.1 is interrupted for less than 100 ms", "--at", CE1, "--stopped"])]
#[case::decide_under_a_point(&["decide", "traffic between 10.3.1.2 and 1.1.1.1 is interrupted for less than 100 ms", "--at", CE1, "--stopped", "--under", "ce1"])]
#[case::decide_under_no_point(&["decide", "nothing is lost", "--at", CE1, "--under", "pe1"])]
#[case::decide_fail(&["decide", "traffic between 10.3.1.2 and 1.1.1.1 is interrupted for less than 50 ms", "--at", CE1, "--stopped"])]
#[case::decide_end_unknown(&["decide", "traffic between 10.3.1.2 and 1.1.1.1 is interrupted for less than 100 ms", "--at", CE1])]
#[case::decide_no_such_flow(&["decide", "traffic between 10.9.9.9 and 1.1.1.1 is interrupted for less than 1 s", ONE, "--stopped"])]
#[case::decide_no_phrase(&["decide", "traffic is fine", ONE])]
#[case::repaired_outage(&["outage", "--at", REPAIRED_CE1, "--at", REPAIRED_CE2, "--stopped"])]
#[case::repaired_anatomy(&["anatomy", "--at", REPAIRED_CE1, "--at", REPAIRED_CE2, "--at", REPAIRED_PE1, "--stopped", "--one-clock"])]
#[case::repaired_anatomy_by_one_end(&["anatomy", "--at", REPAIRED_CE1])]
#[case::repaired_before_withdrawal(&["decide", "switch-over happened before the BGP withdrawal", "--at", REPAIRED_CE1, "--at", REPAIRED_PE1, "--stopped", "--one-clock"])]
#[case::no_such_file(&["summary", "nowhere.pcap"])]
#[case::folder(&["outage", "checks/fixtures/capture/failover"])]
#[case::no_file(&["summary"])]
#[case::at_without_file(&["summary", "--at", "ce1="])]
#[case::at_without_name(&["summary", "--at", "=x.pcap"])]
#[case::at_without_equals(&["summary", "--at", "x.pcap"])]
#[case::two_points_of_one_name(&["summary", "--at", CE2, "--at", CE2])]
#[case::standard_input_twice(&["summary", "--at", "a=x:-,y:-"])]
#[case::plot_of_standard_input(&["outage", "-", "--plot", "target/x.svg"])]
#[case::plot_over_a_capture(&["outage", ONE, "--plot", ONE])]
fn commands(#[case] arguments: &[&str]) {
    let name = std::thread::current()
        .name()
        .unwrap()
        .rsplit("::")
        .next()
        .unwrap()
        .to_owned();
    let name = name
        .split_once('_')
        .and_then(|(_, rest)| rest.split_once('_'))
        .unwrap()
        .1
        .to_owned();
    insta::assert_snapshot!(name, told(arguments));
}

/// What is no sound capture gives no pass, whatever it is.
#[rstest]
#[case::empty(b"".to_vec())]
#[case::garbage(b"this is no capture at all, only words".to_vec())]
#[case::cut(std::fs::read(repository().join(ONE)).unwrap()[..60_000].to_vec())]
fn damaged_files_never_pass(#[case] octets: Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.pcap");
    std::fs::write(&file, octets).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [
        &["summary", file][..],
        &[
            "decide",
            "every flow is interrupted for less than 10 s",
            file,
            "--stopped",
        ],
        &[
            "decide",
            "traffic between 1.1.1.1 and 10.3.1.2 is interrupted for less than 10 s",
            file,
            "--stopped",
        ],
    ] {
        let output = capture(arguments);
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(2 | 3)), "{arguments:?}: {told}");
        assert!(!told.is_empty());
    }
}

#[test]
fn figures_are_written_and_say_what_they_show() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.svg");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "an older figure").unwrap();
    for (command, texts) in [
        ("outage", ["detection", "pe1, packets/s", "ms since the failure"]),
        (
            "anatomy",
            ["switch-over", "pe2, packets/s", "control detection time expired"],
        ),
        (
            "balance",
            ["ce1: flows by link", ">pe2<", "10.3.1.2:40000 -&gt; 1.1.1.1:7000"],
        ),
    ] {
        let output = capture(&[command, "--at", CE1, "--stopped", "--plot", path]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let figure = std::fs::read_to_string(&file).unwrap();
        for text in texts {
            assert!(figure.contains(text), "{command}: {text} is not in\n{figure}");
        }
    }
}

#[test]
fn json_is_versioned() {
    for command in ["summary", "flows", "outage", "anatomy", "balance", "events"] {
        let output = capture(&[command, ONE, "--stopped", "--json"]);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["version"], 1, "{command}");
        assert!(json["points"].is_array() || json["events"].is_array(), "{command}");
    }
}

#[test]
fn a_figure_never_takes_the_place_of_a_capture() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.svg");
    std::fs::copy(repository().join(ONE), &file).unwrap();
    let before = std::fs::read(&file).unwrap();
    let path = file.to_str().unwrap();
    let output = capture(&["outage", path, "--plot", path]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(std::fs::read(&file).unwrap(), before);
}
