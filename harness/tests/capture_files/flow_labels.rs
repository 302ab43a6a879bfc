//! Flow labels of pseudowires through a P router with two links, and the mistakes of their configuration.

use std::path::Path;

use crate::program::{capture, decide, run, suite};
use crate::writer::{BEGIN, Entry, MS, Packet, carried, ethernet, forward, labelled, pcap, probe, stack};

const ONE: &str = "every flow of VSI v1 keeps one flow label";
const DIFFER: &str = "flow labels differ between flows";
const BALANCED: &str = "flows are balanced per flow over p1 and p2";
const PSEUDOWIRES: &str = "v1=1025,1026";

const FLOWS: u16 = 700;
const NUMBERS: u64 = 4;

/// How a packet is labelled: by its flow, whether it goes back, and its number.
type Labels = fn(u16, bool, u64) -> Vec<Entry>;

fn label(flow: u16, back: bool) -> u32 {
    50_000 + u32::from(flow) * 2 + u32::from(back)
}

/// The label of the pseudowire to the one end or to the other.
fn pseudowire(back: bool) -> (u32, u8) {
    (1025 + u32::from(back), 253)
}

fn right(flow: u16, back: bool, _: u64) -> Vec<Entry> {
    stack(&[(3000, 254), pseudowire(back), (label(flow, back), 1)])
}

fn without(_: u16, back: bool, _: u64) -> Vec<Entry> {
    stack(&[(3000, 254), pseudowire(back)])
}

/// A hash of the last label, where the router looks at all of them.
fn by_last_label(stack: &[Entry]) -> usize {
    (stack.last().unwrap().label.wrapping_mul(2_654_435_761) >> 19) as usize & 1
}

/// Captures of both links: what goes through, on the link that the router chooses.
fn written(folder: &Path, labels: Labels, link: fn(&[Entry]) -> usize, control_word: bool) {
    let mut links: [Vec<Packet>; 2] = Default::default();
    for number in 0..NUMBERS {
        for flow in 0..FLOWS {
            let at = BEGIN + number as i64 * MS + i64::from(flow) * 1_000;
            for back in [false, true] {
                let ends = if back { forward(flow).reversed() } else { forward(flow) };
                let labels = labels(flow, back, number);
                let frame = labelled(&labels, &carried(control_word, &probe(ends, 62, number, at)));
                links[link(&labels)].push((at + i64::from(back), frame));
            }
        }
    }
    for (name, packets) in ["p1.pcap", "p2.pcap"].iter().zip(&links) {
        pcap(&folder.join(name), packets);
    }
}

fn says(folder: &Path, phrase: &str, code: i32, texts: &[&str]) {
    decide(
        folder,
        phrase,
        &["p1.pcap", "p2.pcap", "--stopped", "--pseudowires", PSEUDOWIRES],
    )
    .is(code, texts);
}

/// What must be told of each phrase: exit code and text.
fn told(labels: Labels, link: fn(&[Entry]) -> usize, said: [(i32, &str); 3]) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder, labels, link, true);
    for (phrase, (code, text)) in [ONE, DIFFER, BALANCED].iter().zip(said) {
        says(folder, phrase, code, &[text]);
    }
}

#[test]
fn a_label_for_each_flow_balances_with_and_without_control_word() {
    for control_word in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        written(folder, right, by_last_label, control_word);
        says(folder, ONE, 0, &["1400 flows at all have 1400 flow labels"]);
        says(folder, DIFFER, 0, &["pass"]);
        says(folder, BALANCED, 0, &["pass"]);
    }
}

/// Mistakes 1, 2 and 3: send at both ends, receive at both ends, or configured at one end alone.
#[test]
fn no_flow_label_because_nothing_was_negotiated() {
    told(
        without,
        |_| 0,
        [
            (1, "1400 flows have packets without one"),
            (1, "1400 flows have packets without one"),
            (1, "all 1400 flows use one link"),
        ],
    );
}

/// Mistake 4: labelled without asking, and nobody takes the label away: the direction is lost behind the egress.
#[test]
fn a_labelled_direction_that_nobody_expects_does_not_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder, right, by_last_label, true);
    let (mut sent, mut received) = (Vec::new(), Vec::new());
    for number in 0..200 {
        let at = BEGIN + number as i64 * MS;
        sent.push((at, ethernet(&probe(forward(1), 64, number, at))));
        let back = ethernet(&probe(forward(1).reversed(), 64, number, at));
        received.push((at + 1, back.clone()));
        sent.push((at + MS / 2, ethernet(&probe(forward(1).reversed(), 60, number, at))));
    }
    pcap(&folder.join("ce2.pcap"), &sent);
    pcap(&folder.join("ce1.pcap"), &received);
    let points = ["--at", "ce2=ce2.pcap", "--at", "ce1=ce1.pcap", "--stopped"];
    // Lost where it should arrive: the other direction is no excuse.
    let lost = "traffic 10.3.1.2 -> 1.1.1.1 is interrupted for less than 50 ms";
    for more in [&[][..], &["--under", "ce1"]] {
        let said = decide(folder, lost, &[&points[..], more].concat());
        assert_eq!(said.code, 3, "{said:?}");
        assert!(said.text.contains("10.3.1.2"), "{said:?}");
    }
    decide(
        folder,
        "traffic 1.1.1.1 -> 10.3.1.2 is interrupted for less than 50 ms",
        &points,
    )
    .is(0, &["pass"]);
    says(folder, ONE, 0, &["pass"]);
}

/// Mistakes 5 and 6: static at one end and negotiated at the other, or the directions swapped: one direction has labels.
#[test]
fn one_direction_without_flow_labels_is_named() {
    let one_way: Labels = |flow, back, number| {
        if back {
            without(flow, back, number)
        } else {
            right(flow, back, number)
        }
    };
    let text = "700 flows have packets without one, 1.1.1.1:7000 -> 10.3.1.2:";
    told(one_way, by_last_label, [(1, text), (1, text), (1, "balanced per flow")]);
}

/// Mistake 7: the P router does not look at the bottom of the stack.
#[test]
fn labels_that_no_router_looks_at_leave_one_link() {
    told(
        right,
        |_| 1,
        [(0, "1400 flow labels"), (0, "pass"), (1, "all 1400 flows use one link")],
    );
}

/// Mistake 8: the time to live, the bottom of the stack, reserved values.
#[test]
fn malformed_flow_labels_are_told() {
    let living: Labels = |flow, back, _| stack(&[(3000, 254), pseudowire(back), (label(flow, back), 64)]);
    let note = "5600 packets have a flow label with a TTL other than 1";
    told(living, by_last_label, [(0, note), (0, note), (0, "pass")]);
    let reserved: Labels = |flow, back, number| {
        let label = if flow == 9 { 9 } else { label(flow, back) };
        let _ = number;
        stack(&[(3000, 254), pseudowire(back), (label, 1)])
    };
    let text = "8 packets have a reserved one (0 to 15)";
    told(reserved, by_last_label, [(1, text), (1, text), (0, "pass")]);
    // The bit stands one label too early: what follows is no frame.
    let early: Labels = |flow, back, number| {
        let mut stack = right(flow, back, number);
        stack[1].bottom = true;
        stack[2].bottom = false;
        stack
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder, early, by_last_label, true);
    for phrase in [ONE, DIFFER] {
        let said = decide(folder, phrase, &["p1.pcap", "p2.pcap", "--pseudowires", PSEUDOWIRES]);
        assert!(matches!(said.code, 1 | 3), "{said:?}");
    }
}

#[test]
fn labels_must_be_labels_and_known_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder, right, by_last_label, true);
    let with = |labels: &[&str]| {
        let mut all = vec!["balance", "p1.pcap", "p2.pcap"];
        all.extend(labels.iter().flat_map(|labels| ["--pseudowires", labels]));
        capture(folder, &all)
    };
    with(&["v1=15"]).is(2, &["`15` is no label"]);
    with(&["v1=1048576"]).is(2, &["expected a number from 16 to 1048575"]);
    with(&["v1=1025", "v2=1026,1025"]).is(2, &["label 1025 is one of VSI v1 and of VSI v2"]);
    decide(
        folder,
        "every flow of VSI v2 keeps one flow label",
        &["p1.pcap", "--pseudowires", PSEUDOWIRES],
    )
    .is(3, &["VSI v2 are not known"]);
}

#[test]
fn a_suite_says_the_labels_of_its_pseudowires() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let points = "pseudowires: {v1: [1025, \"${PE1.label}\"]}\np:\n  p1: {file: p1.pcap}\n  p2: {file: p2.pcap}";
    written(folder, right, by_last_label, true);
    suite(folder, points, &[ONE, DIFFER, BALANCED]);
    run(folder, &["--out", "right"]).is(0, &["1 passed"]);
    crate::program::other(folder, &["recheck", "right"]).is(0, &["0 with another verdict"]);
    written(folder, without, by_last_label, true);
    run(folder, &["--out", "wrong"]).is(1, &["1400 flows have packets without one"]);
    // One label of the two: half of the flows cannot be judged by the other one.
    written(folder, right, by_last_label, true);
    suite(folder, &points.replace(", \"${PE1.label}\"", ""), &[ONE]);
    run(folder, &["--out", "half"]).is(0, &["1 passed"]);
    let events = std::fs::read_to_string(folder.join("half/events.jsonl")).unwrap();
    assert!(events.contains("700 flows at p have 700 flow labels"), "{events}");
}
