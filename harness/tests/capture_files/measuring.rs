//! Mistakes of measuring, each beside the same captures without it: what a capture cannot show is never a verdict.

use std::path::Path;

use crate::program::{capture, decide, run, suite};
use crate::writer::{BEGIN, Bfd, MS, Packet, Port, bfd, ethernet, forward, named, pcap, pcap_cut, pcapng, probe};

const SHORT: &str = "traffic 10.3.1.2 -> 1.1.1.1 is interrupted for less than 50 ms";
const FLOWS: u16 = 4;

/// Flows where they arrive, each a packet every `period` nanoseconds; the packets with these numbers are lost.
fn arriving(period: i64, packets: u64, lost: std::ops::Range<u64>) -> Vec<Packet> {
    let mut arrived = Vec::new();
    for number in (0..packets).filter(|number| !lost.contains(number)) {
        for flow in 0..FLOWS {
            let at = BEGIN + number as i64 * period + i64::from(flow) * 1_000;
            arrived.push((at + MS, ethernet(&probe(forward(flow), 60, number, at))));
        }
    }
    arrived
}

/// What nobody measures, every millisecond: other traffic, that shows whether a capture was running.
fn others(milliseconds: std::ops::Range<i64>) -> Vec<Packet> {
    let frame = [&[2, 0, 0, 0, 0, 5, 2, 0, 0, 0, 0, 6, 0x88, 0xcc][..], &[0; 50]].concat();
    milliseconds
        .map(|number| (BEGIN + number * MS + MS / 2, frame.clone()))
        .collect()
}

fn in_order(packets: &[Vec<Packet>]) -> Vec<Packet> {
    let mut all = packets.concat();
    all.sort_by_key(|(at, _)| *at);
    all
}

fn on_port(packets: Vec<Packet>) -> Vec<(u32, Packet)> {
    packets.into_iter().map(|packet| (0, packet)).collect()
}

fn dropping(packets: u64) -> [Port<'static>; 1] {
    let dropped = Some(packets);
    [Port {
        dropped,
        ..named("eth0")
    }]
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn says(folder: &Path, file: &str, more: &[&str], code: i32, texts: &[&str]) {
    let arguments = [&[file], more].concat();
    decide(folder, SHORT, &arguments).is(code, texts);
}

/// Mistake 46: the capture dropped packets, and says so.
#[test]
fn drops_that_the_capture_counts_are_no_outage() {
    let folder = folder();
    let folder = folder.path();
    let written = |dropped: u64, lost: u64| {
        let packets = on_port(arriving(MS, 2_000, 700..700 + lost));
        pcapng(&folder.join("x.pcapng"), &dropping(dropped), &packets);
    };
    written(0, 90);
    says(folder, "x.pcapng", &["--stopped"], 1, &["fail", "90 ms"]);
    capture(folder, &["summary", "x.pcapng"]).is(0, &["yes"]);
    written(360, 90);
    says(folder, "x.pcapng", &["--stopped"], 3, &["360 packets"]);
    capture(folder, &["summary", "x.pcapng"]).is(3, &["360"]);
    written(0, 20);
    says(folder, "x.pcapng", &["--stopped"], 0, &["pass", "20 ms"]);
    written(80, 20);
    says(folder, "x.pcapng", &["--stopped"], 3, &["80 packets"]);
}

/// Mistake 46 without counters: everything is silent at once, and other traffic tells a stall from a failure.
#[test]
fn a_capture_that_stalls_is_no_outage() {
    let folder = folder();
    let folder = folder.path();
    let flows = arriving(MS, 2_000, 700..790);
    pcap(&folder.join("runs.pcap"), &in_order(&[flows.clone(), others(0..2_000)]));
    says(folder, "runs.pcap", &["--stopped"], 1, &["fail", "90 ms"]);
    let stalled = in_order(&[flows, others(0..701), others(791..2_000)]);
    pcap(&folder.join("stalls.pcap"), &stalled);
    says(folder, "stalls.pcap", &["--stopped"], 3, &["stall"]);
}

/// Mistake 48: a mirror port that copies every frame twice.
#[test]
fn mirrored_frames_count_once() {
    let folder = folder();
    let folder = folder.path();
    for (lost, code, text) in [(0, 0, "pass"), (20, 0, "20 ms"), (90, 1, "90 ms")] {
        let once = arriving(MS, 2_000, 700..700 + lost);
        let mut twice = once.clone();
        twice.extend(once.iter().map(|(at, frame)| (at + 40_000, frame.clone())));
        twice.sort_by_key(|(at, _)| *at);
        pcap(&folder.join("once.pcap"), &once);
        pcap(&folder.join("twice.pcap"), &twice);
        let reordered = "reordering is below 0.1 %";
        let all = "nothing is lost";
        for file in ["once.pcap", "twice.pcap"] {
            says(folder, file, &["--stopped"], code, &[text]);
            decide(folder, reordered, &[file, "--stopped"]).is(0, &["pass"]);
            decide(folder, all, &[file, "--stopped"]).is(i32::from(lost > 0), &[]);
        }
        let json = capture(folder, &["flows", "twice.pcap", "--stopped", "--json"]);
        let json: serde_json::Value = serde_json::from_str(&json.text).unwrap();
        let flow = &json["points"][0]["flows"][0]["measured"];
        assert_eq!(flow["duplicates"], 2_000 - lost, "{flow}");
    }
}

/// Mistake 48, the worse one: what a router gets and what it sends on are mirrored to one port. The copy in front of it hides
/// what it loses.
#[test]
fn a_mirror_of_both_sides_of_a_router_proves_nothing() {
    let folder = folder();
    let folder = folder.path();
    let mut both = Vec::new();
    for number in 0..2_000_u64 {
        let at = BEGIN + number as i64 * MS;
        both.push((at, ethernet(&probe(forward(0), 61, number, at))));
        if !(700..900).contains(&number) {
            both.push((at + 30_000, ethernet(&probe(forward(0), 60, number, at))));
        }
    }
    pcap(&folder.join("both.pcap"), &both);
    says(
        folder,
        "both.pcap",
        &["--stopped"],
        3,
        &["numbers 700 to 899 were seen once"],
    );
    let behind = |(_, frame): &&Packet| frame[14 + 8] == 60;
    let behind: Vec<Packet> = both.iter().filter(behind).cloned().collect();
    pcap(&folder.join("behind.pcap"), &behind);
    says(folder, "behind.pcap", &["--stopped"], 1, &["200 ms"]);
}

/// Mistake 49: one capture keeps fewer octets than another.
#[test]
fn packets_cut_at_one_point_are_no_packets_lost_there() {
    let folder = folder();
    let folder = folder.path();
    let (mut sent, mut back) = (Vec::new(), Vec::new());
    for (at, frame) in arriving(MS, 2_000, 0..0) {
        let mut early = frame.clone();
        early[14 + 8] = 63;
        early[24] = 0;
        early[25] = 0;
        sent.push((at - MS, early));
        back.push((at, frame));
    }
    pcap(&folder.join("ce2.pcap"), &sent);
    let points = ["--at", "ce2=ce2.pcap", "--at", "ce1=ce1.pcap", "--stopped"];
    // Probes are whole with 66 octets; with 42 the ports are there and the numbers are not; with 30 not even those.
    pcap_cut(&folder.join("ce1.pcap"), &back, 66);
    decide(folder, SHORT, &points).is(0, &["pass"]);
    for snap in [65, 42, 30, 20] {
        pcap_cut(&folder.join("ce1.pcap"), &back, snap);
        for phrase in [SHORT, "nothing is lost", "reordering is below 1 %"] {
            let said = decide(folder, phrase, &points);
            assert_eq!(said.code, 3, "{snap} octets, {phrase}: {said:?}");
            said.is(3, &["octets"]);
        }
    }
}

/// Mistake 50: too few packets a second for the limit.
#[test]
fn a_rate_too_low_for_the_limit_names_the_rate_needed() {
    let folder = folder();
    let folder = folder.path();
    let verdict = |rate: i64, lost: u64, code: i32, texts: &[&str]| {
        let period = 1_000 * MS / rate;
        let packets = arriving(period, rate as u64 * 4, rate as u64..rate as u64 + lost);
        pcap(&folder.join("x.pcap"), &packets);
        says(folder, "x.pcap", &["--stopped"], code, texts);
    };
    verdict(10, 0, 3, &["at least 200 packets per second"]);
    verdict(100, 5, 3, &["packets per second"]);
    verdict(100, 4, 0, &["pass"]);
    verdict(100, 7, 1, &["70 ms"]);
    verdict(1_000, 49, 0, &["pass"]);
    verdict(1_000, 50, 3, &["does not decide"]);
    verdict(1_000, 51, 1, &["51 ms"]);
}

/// Mistake 51: the sender stopped; nothing was interrupted.
#[test]
fn traffic_that_its_sender_stops_is_no_outage() {
    let folder = folder();
    let folder = folder.path();
    // The capture goes on for two seconds.
    let flows = arriving(MS, 1_000, 0..0);
    pcap(&folder.join("x.pcap"), &in_order(&[flows.clone(), others(0..3_000)]));
    says(folder, "x.pcap", &[], 3, &["stopped"]);
    says(folder, "x.pcap", &["--stopped"], 0, &["pass"]);
    // One of them ends a second before the others: that one was not stopped with them.
    let early = |(at, frame): &&Packet| *at < BEGIN + 300 * MS || u16::from_be_bytes([frame[34], frame[35]]) != 20_001;
    let dead: Vec<Packet> = flows.iter().filter(early).cloned().collect();
    pcap(&folder.join("y.pcap"), &in_order(&[dead, others(0..3_000)]));
    says(folder, "y.pcap", &["--stopped"], 1, &["20001"]);
    says(folder, "y.pcap", &[], 3, &["never came back"]);
}

/// Mistake 51 in the middle: the sender slept, and its numbers go on where they were.
#[test]
fn a_pause_of_the_sender_is_told_from_an_outage() {
    let folder = folder();
    let folder = folder.path();
    let paused = |by: i64| {
        let mut packets = Vec::new();
        for number in 0..2_000_u64 {
            let at = BEGIN + number as i64 * MS + if number < 1_000 { 0 } else { by };
            packets.push((at + MS, ethernet(&probe(forward(0), 60, number, at))));
        }
        pcap(&folder.join("x.pcap"), &packets);
    };
    paused(0);
    says(folder, "x.pcap", &["--stopped"], 0, &["pass"]);
    paused(300 * MS);
    says(folder, "x.pcap", &["--stopped"], 3, &["paused"]);
    decide(folder, "nothing is lost", &["x.pcap", "--stopped"]).is(0, &["pass"]);
}

/// A failover at `ce1` of 60 ms, that a PE reports by BFD 25 ms after the failure; traffic both ways.
fn failover(folder: &Path, pe_clock: impl Fn(i64) -> i64, down: Bfd) {
    let (mut ce1, mut pe1): (Vec<Packet>, Vec<Packet>) = Default::default();
    for number in 0..2_000_u64 {
        let at = BEGIN + number as i64 * MS;
        let there = probe(forward(0), 62, number, at);
        let here = probe(forward(0), 61, number, at);
        pe1.push((pe_clock(at + MS), ethernet(&there)));
        if !(1_000..1_060).contains(&number) {
            ce1.push((at + 2 * MS, ethernet(&here)));
        }
        let back = forward(0).reversed();
        ce1.push((at, ethernet(&probe(back, 62, number, at))));
        pe1.push((pe_clock(at + MS), ethernet(&probe(back, 61, number, at))));
    }
    for step in 0..200_i64 {
        let at = BEGIN + step * 10 * MS + 300_000;
        let state = if at < BEGIN + 1_025 * MS { Bfd::UP } else { down };
        pe1.push((pe_clock(at), ethernet(&bfd(1, state))));
        if at < BEGIN + 1_000 * MS {
            pe1.push((pe_clock(at + 1_000), ethernet(&bfd(2, Bfd::UP))));
        }
    }
    ce1.sort_by_key(|(at, _)| *at);
    pe1.sort_by_key(|(at, _)| *at);
    pcap(&folder.join("ce1.pcap"), &ce1);
    pcap(&folder.join("pe1.pcap"), &pe1);
}

const DETECTED: &str = "detection took less than 50 ms";
const POINTS: [&str; 5] = ["--at", "ce1=ce1.pcap", "--at", "pe1=pe1.pcap", "--stopped"];

fn detected(folder: &Path, more: &[&str], code: i32, texts: &[&str]) {
    decide(folder, DETECTED, &[&POINTS[..], more].concat()).is(code, texts);
}

/// Mistake 47: the clock of one capture was set while it was running, or is another one altogether.
#[test]
fn a_clock_that_is_set_between_two_captures_places_nothing() {
    let folder = folder();
    let folder = folder.path();
    failover(folder, |at| at, Bfd::DOWN);
    detected(folder, &["--one-clock"], 0, &["pass", "detection"]);
    // Ahead by seven seconds throughout: packets of both directions tell.
    failover(folder, |at| at + 7_000 * MS, Bfd::DOWN);
    detected(folder, &[], 0, &["pass", "7 s"]);
    // Set by 40 ms just before the failure: what was detected when is not known.
    let step = |at: i64| at + if at < BEGIN + 900 * MS { 0 } else { 40 * MS };
    failover(folder, step, Bfd::DOWN);
    detected(folder, &[], 3, &["clock"]);
    // Set back: the bounds are as wide, whatever is within them.
    let step = |at: i64| at - if at < BEGIN + 900 * MS { 0 } else { 40 * MS };
    failover(folder, step, Bfd::DOWN);
    let within = |limit: &str, more: &[&str]| {
        let phrase = format!("detection took less than {limit}");
        decide(folder, &phrase, &[&POINTS[..], more].concat())
    };
    within("25 ms", &[]).is(3, &["stray by 40 ms"]);
    within("25 ms", &["--one-clock"]).is(3, &["said to be one"]);
    failover(folder, |at| at, Bfd::DOWN);
    within("25 ms", &[]).is(1, &["fail"]);
    within("35 ms", &[]).is(0, &["pass"]);
}

/// Mistake 47, said away: `--one-clock` of captures that have two.
#[test]
fn one_clock_is_not_believed_against_the_packets() {
    let folder = folder();
    let folder = folder.path();
    failover(folder, |at| at - 15 * MS, Bfd::DOWN);
    detected(folder, &["--one-clock"], 3, &["clock"]);
}

/// An emulated lab has one clock; files that a suite names there come from anywhere.
#[test]
fn files_of_a_suite_on_an_emulated_lab_have_clocks_of_their_own() {
    let folder = folder();
    let folder = folder.path();
    failover(folder, |at| at + 7_000 * MS, Bfd::DOWN);
    suite(
        folder,
        "ce1: {file: ce1.pcap}\npe1: {file: pe1.pcap}",
        &["detection took less than 35 ms", "detection took less than 25 ms"],
    );
    run(folder, &["--out", "b"]).is(1, &["less than 25 ms: detection took 2", "1 failed"]);
    let report = std::fs::read_to_string(folder.join("b/report.html")).unwrap();
    assert!(report.contains("captured: ce1 (ce1.pcap), pe1 (pe1.pcap)"));
    assert!(!report.contains("written by the emulated lab"));
}

/// Mistake 52: AdminDown is an operator's act.
#[test]
fn admin_down_is_no_detection() {
    let folder = folder();
    let folder = folder.path();
    failover(folder, |at| at, Bfd::DOWN);
    detected(folder, &["--one-clock"], 0, &["detection"]);
    let anatomy = [&["anatomy"], &POINTS[..], &["--one-clock"]].concat();
    capture(folder, &anatomy).is(0, &["detected by", "control detection time expired"]);
    failover(folder, |at| at, Bfd::ADMIN_DOWN);
    detected(folder, &["--one-clock"], 3, &["no detection"]);
    let said = capture(folder, &anatomy);
    assert!(!said.text.contains("detected by"), "{said:?}");
    said.is(0, &["AdminDown"]);
}

/// Mistake 49 at one link of two: what goes there after a failover is cut, and not lost.
#[test]
fn packets_cut_on_one_link_are_no_outage() {
    let folder = folder();
    let folder = folder.path();
    let all = arriving(MS, 2_000, 1_000..1_020);
    let (old, new): (Vec<Packet>, Vec<Packet>) = all.into_iter().partition(|(at, _)| *at < BEGIN + 1_010 * MS);
    pcap(&folder.join("old.pcap"), &in_order(&[old, others(0..2_000)]));
    let links = ["--at", "ce1=old.pcap,new.pcap", "--under", "ce1", "--stopped"];
    pcap(&folder.join("new.pcap"), &new);
    decide(folder, SHORT, &links).is(0, &["20 ms"]);
    for snap in [65, 45, 42, 30] {
        pcap_cut(&folder.join("new.pcap"), &new, snap);
        decide(folder, SHORT, &links).is(3, &["too few octets"]);
        decide(folder, "nothing is lost", &links).is(3, &["too few octets"]);
    }
}

/// Mistake 49 for what the control plane says: a Down that was cut is no silence.
#[test]
fn control_packets_that_are_cut_say_nothing() {
    let folder = folder();
    let folder = folder.path();
    failover(folder, |at| at, Bfd::DOWN);
    detected(folder, &["--one-clock"], 0, &["pass"]);
    let mut whole = std::fs::read(folder.join("pe1.pcap")).unwrap();
    let mut cut = whole[..24].to_vec();
    let mut rest = &mut whole[24..];
    while let Some((header, behind)) = rest.split_at_mut_checked(16) {
        let captured = u32::from_le_bytes(header[8..12].try_into().unwrap()) as usize;
        let kept = captured.min(60);
        header[8..12].copy_from_slice(&(kept as u32).to_le_bytes());
        cut.extend(&*header);
        cut.extend(&behind[..kept]);
        rest = &mut behind[captured..];
    }
    std::fs::write(folder.join("pe1.pcap"), cut).unwrap();
    detected(folder, &["--one-clock"], 3, &["no detection"]);
    let before = "switch-over happened before the BGP withdrawal";
    decide(folder, before, &[&POINTS[..], &["--one-clock"]].concat()).is(3, &[]);
}

/// A share that is the limit itself is at most the limit.
#[test]
fn a_share_of_reordered_packets_is_as_exact_as_its_count() {
    let folder = folder();
    let folder = folder.path();
    let late = |numbers: &[u64]| {
        let mut packets: Vec<Packet> = (0..1_000_u64)
            .map(|number| {
                let at = BEGIN + number as i64 * MS;
                let held = if numbers.contains(&number) { 3 * MS / 2 } else { 0 };
                (at + held, ethernet(&probe(forward(0), 62, number, at)))
            })
            .collect();
        packets.sort_by_key(|(at, _)| *at);
        pcap(&folder.join("x.pcap"), &packets);
    };
    let says = |phrase: &str, code: i32, texts: &[&str]| {
        decide(folder, phrase, &["x.pcap", "--stopped"]).is(code, texts);
    };
    late(&[500]);
    says("reordering is at most 0.1 %", 0, &["0.1 % of"]);
    says("reordering is below 0.1 %", 1, &["0.1 % of"]);
    late(&[300, 500]);
    says("reordering is at most 0.1 %", 1, &["0.2 % of"]);
}
