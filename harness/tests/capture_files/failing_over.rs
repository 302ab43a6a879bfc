//! What is said of a failover and must not be: each beside the same captures of which it may be said.

// Lost numbers are ranges, often one.
#![allow(clippy::single_range_in_vec_init)]

use std::path::Path;

use crate::program::{Said, capture, decide};
use crate::writer::{BEGIN, Ends, MS, Packet, ethernet, forward, ipv4_udp, pcap, probe};

/// Flows of 1,000 packets/s where they arrive; packets with these numbers are lost.
fn arriving(packets: u64, lost: &[&[std::ops::Range<u64>]]) -> Vec<Packet> {
    let mut arrived = Vec::new();
    for (flow, lost) in (0..).zip(lost) {
        for number in (0..packets).filter(|number| !lost.iter().any(|lost| lost.contains(number))) {
            let at = BEGIN + number as i64 * MS;
            arrived.push((at + MS / 10, ethernet(&probe(forward(flow), 60, number, at))));
        }
    }
    arrived
}

/// BGP messages from PE1 to PE3, each at its time in milliseconds.
fn bgp(messages: &[(i64, Vec<u8>)]) -> Vec<Packet> {
    let mut sequence: u32 = 1000;
    let segment = |(at, message): &(i64, Vec<u8>)| {
        let mut tcp = vec![0xc3, 0x50, 0, 179];
        tcp.extend(sequence.to_be_bytes());
        tcp.extend([0, 0, 0, 1, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
        tcp.extend(message);
        sequence += message.len() as u32;
        let mut packet = vec![0x45, 0xc0];
        packet.extend((20 + tcp.len() as u16).to_be_bytes());
        packet.extend([0, 0, 0, 0, 1, 6, 0, 0, 11, 11, 11, 11, 33, 33, 33, 33]);
        packet.extend(tcp);
        (BEGIN + at * MS, ethernet(&packet))
    };
    messages.iter().map(segment).collect()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![0xff; 16];
    message.extend((19 + body.len() as u16).to_be_bytes());
    message.push(kind);
    message.extend(body);
    message
}

fn keepalive() -> Vec<u8> {
    message(4, &[])
}

/// An UPDATE that announces 1.1.1.1/32.
fn announced() -> Vec<u8> {
    let mut body = vec![0, 0, 0, 14];
    body.extend([0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 11, 11, 11, 11]);
    body.extend([32, 1, 1, 1, 1]);
    message(2, &body)
}

fn withdrawn(last: u8) -> Vec<u8> {
    message(2, &[0, 5, 32, 1, 1, 1, last, 0, 0])
}

fn written(folder: &Path, name: &str, packets: &[Vec<Packet>]) {
    let mut all = packets.concat();
    all.sort_by_key(|(at, _)| *at);
    pcap(&folder.join(name), &all);
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn switched_over_before_a_withdrawal_that_nobody_saw_or_that_came_first() {
    let folder = folder();
    let folder = folder.path();
    let before = "switch-over happened before the BGP withdrawal";
    let says = |messages: &[(i64, Vec<u8>)], lost: &[std::ops::Range<u64>], code: i32, texts: &[&str]| {
        let begun = bgp(&[&[(10, keepalive()), (100, announced())], messages].concat());
        written(folder, "x.pcap", &[arriving(4_000, &[lost, &[]]), begun]);
        decide(folder, before, &["x.pcap", "--stopped"]).is(code, texts);
    };
    let once = [1_000..1_040];
    says(&[(1_100, withdrawn(1))], &once, 0, &["pass"]);
    says(&[(1_020, withdrawn(1))], &once, 1, &["fail"]);
    says(&[], &once, 3, &["no BGP withdrawal was seen"]);
    let first = ["came", "before traffic was interrupted"];
    says(&[(950, withdrawn(1))], &once, 3, &first);
    says(&[(950, withdrawn(1)), (1_900, withdrawn(2))], &once, 3, &first);
    let twice = [1_000..1_060, 2_500..2_550];
    says(
        &[(1_200, withdrawn(1)), (2_510, withdrawn(2))],
        &twice,
        3,
        &["2 failovers"],
    );
    // A segment that was not captured may have withdrawn the path first.
    let all = bgp(&[
        (10, keepalive()),
        (100, announced()),
        (1_020, withdrawn(1)),
        (1_500, withdrawn(2)),
    ]);
    let missing = [&all[..2], &all[3..]].concat();
    written(folder, "x.pcap", &[arriving(4_000, &[&once, &[]]), missing]);
    decide(folder, before, &["x.pcap", "--stopped"]).is(3, &["another may have come before"]);
}

#[test]
fn recovered_while_other_flows_are_not() {
    let folder = folder();
    let folder = folder.path();
    let says = |lost: &[&[std::ops::Range<u64>]], code: i32, texts: &[&str]| {
        written(folder, "x.pcap", &[arriving(4_000, lost)]);
        decide(folder, "recovery took less than 300 ms", &["x.pcap", "--stopped"]).is(code, texts);
    };
    says(&[&[1_000..1_100], &[1_000..1_200]], 0, &["pass"]);
    says(&[&[1_000..1_100], &[1_300..1_500]], 3, &["one after the other"]);
    says(&[&[1_000..1_100], &[1_150..1_200]], 0, &["pass"]);
    // A short one right behind it is of it as well, and what may be lost by chance is not.
    says(&[&[1_000..1_290], &[1_295..1_303]], 3, &["one after the other"]);
    says(&[&[1_000..1_290], &[1_295..1_297, 1_301..1_302]], 0, &["pass"]);
    // Each is near the one before it.
    let row: [&[std::ops::Range<u64>]; 3] = [&[1_000..1_060], &[1_200..1_250], &[1_700..1_750]];
    says(&row[..2], 0, &["pass"]);
    says(&row, 3, &["one after the other", "in 751 ms"]);
    // Runs of losses with too few packets between them for a recovery.
    says(&[&[1_000..1_160, 1_165..1_310]], 3, &["160 ms to 311 ms"]);
    says(&[&[1_000..1_150, 1_155..1_310]], 3, &["155 ms to 311 ms"]);
    says(&[&[1_000..1_150, 1_155..1_290]], 0, &["pass", "150 ms to 291 ms"]);
    // A reversion later is another failover, and a shorter one.
    says(&[&[1_000..1_100], &[2_500..2_550]], 0, &["pass"]);
    // It ended within, and did not come back.
    says(&[&[1_000..1_100], &[1_020..4_000]], 3, &["no recovery"]);
}

#[test]
fn recovered_where_what_happened_to_other_flows_is_not_known() {
    let folder = folder();
    let folder = folder.path();
    let recovered = "recovery took less than 50 ms";
    let says = |packets: Vec<Vec<Packet>>, code: i32, texts: &[&str]| {
        written(folder, "x.pcap", &packets);
        decide(folder, recovered, &["x.pcap", "--stopped"]).is(code, texts);
    };
    says(vec![arriving(8_000, &[&[1_000..1_030], &[]])], 0, &["pass"]);
    // Two places captured into one: of the one behind 400 ms are missing.
    let copies = |lost: &[std::ops::Range<u64>]| {
        let behind = arriving(8_000, &[lost, lost]).into_iter();
        behind.map(|(at, octets)| (at + MS / 100, octets)).collect()
    };
    let both = [1_000..1_010];
    says(
        vec![arriving(8_000, &[&both, &both]), copies(&[1_000..1_010])],
        0,
        &["pass"],
    );
    says(
        vec![arriving(8_000, &[&both, &both]), copies(&[1_000..1_010, 3_000..3_400])],
        3,
        &["were seen once and others twice"],
    );
    // It was interrupted before it was seen for the first time.
    says(
        vec![arriving(8_000, &[&[1_000..1_030], &[0..5_000]])],
        3,
        &["number 5000"],
    );
    // It ended before the traffic did, long after the failover.
    let ended = arriving(8_000, &[&[1_000..1_030], &[5_000..8_000]]);
    says(vec![ended], 3, &["no recovery"]);
    // Two senders of one flow.
    let senders: Vec<Packet> = (0..8_000)
        .map(|number| {
            let at = BEGIN + number * MS;
            let sent = (number as u64 % 2) * 1_000_000 + number as u64;
            (at + MS / 5, ethernet(&probe(forward(7), 60, sent, at)))
        })
        .collect();
    says(
        vec![arriving(8_000, &[&[1_000..1_030], &[]]), senders],
        3,
        &["10.3.1.2:20007", "no single sender numbers packets so"],
    );
    // What is shown to be too long stays so.
    says(vec![arriving(8_000, &[&[1_000..1_200], &[0..5_000]])], 1, &["fail"]);
}

#[test]
fn recovered_as_far_as_the_longest_interruptions_tell() {
    let folder = folder();
    let folder = folder.path();
    let says = |lost: &[std::ops::Range<u64>], code: i32, texts: &[&str]| {
        written(folder, "x.pcap", &[arriving(22_000, &[lost, &[]])]);
        decide(folder, "recovery took less than 1 s", &["x.pcap", "--stopped"]).is(code, texts);
    };
    let once = 1_000..1_300;
    let run = |from: u64, packets: u64| from..from + packets;
    let more = |first: u64, apart: u64, packets: u64, count: u64| {
        let begins = (0..count).map(move |number| first + apart * number);
        let runs = begins.map(move |begin| run(begin, packets));
        [once.clone()].into_iter().chain(runs).collect::<Vec<_>>()
    };
    // Losses by chance are no part of a failover, however many.
    says(&more(1_900, 520, 2, 30), 0, &["pass"]);
    says(&more(1_700, 400, 10, 7), 3, &["one after the other"]);
    // Longer ones, long afterwards, leave no room for those that follow at once.
    let crowded = [more(1_700, 400, 10, 9), more(12_000, 1_000, 20, 8)[1..].to_vec()].concat();
    says(&crowded, 3, &["not received undisturbed"]);
    says(&more(12_000, 1_000, 20, 7), 0, &["pass"]);
    let in_another = |lost: &[std::ops::Range<u64>], code: i32, texts: &[&str]| {
        let once = [once.clone()];
        written(folder, "x.pcap", &[arriving(22_000, &[&once, lost])]);
        decide(folder, "recovery took less than 1 s", &["x.pcap", "--stopped"]).is(code, texts);
    };
    in_another(&crowded[1..], 3, &["of 17 interruptions the longest are kept"]);
    // One packet in thirteen, as where one of as many links is dead: in the flow itself, and in another.
    let in_turn = |until: u64| {
        (1_350..until)
            .step_by(13)
            .map(|first| run(first, 1))
            .collect::<Vec<_>>()
    };
    let dripping = [vec![once.clone()], in_turn(3_000)].concat();
    says(&dripping, 3, &["not received undisturbed"]);
    in_another(&in_turn(3_000), 3, &["10.3.1.2:20001", "again and again"]);
    // A packet that is lost later may be lost by chance, and is no proof of the contrary.
    let once_more = [vec![once.clone()], vec![run(1_700, 1)]].concat();
    says(&once_more, 0, &["300 ms to 702 ms"]);
    written(folder, "x.pcap", &[arriving(22_000, &[&once_more, &[]])]);
    let unclear = decide(folder, "recovery took less than 350 ms", &["x.pcap", "--stopped"]);
    unclear.is(3, &["300 ms to 702 ms", "by chance, or it was not back yet"]);
    decide(folder, "recovery took less than 290 ms", &["x.pcap", "--stopped"]).is(1, &["fail"]);
    // They are over in time, or too few to be anything but chance.
    in_another(&in_turn(1_440), 0, &["pass"]);
    in_another(&in_turn(1_380), 0, &["pass"]);
}

/// A flow of so many packets as a point sees it.
fn passing(flow: u16, ttl: u8, packets: u64, lost: std::ops::Range<u64>) -> Vec<Packet> {
    let numbers = (0..packets).filter(|number| !lost.contains(number));
    let packets = numbers.map(|number| {
        let at = BEGIN + number as i64 * MS;
        (
            at + i64::from(64 - ttl) * MS / 100,
            ethernet(&probe(forward(flow), ttl, number, at)),
        )
    });
    packets.collect()
}

/// Two points with one clock.
const CORE_AND_CE1: [&str; 6] = [
    "--at",
    "core=core.pcap",
    "--at",
    "ce1=ce1.pcap",
    "--one-clock",
    "--stopped",
];

#[test]
fn recovered_as_long_as_it_was_captured() {
    let folder = folder();
    let folder = folder.path();
    let recovered = "recovery took less than 50 ms";
    let points = CORE_AND_CE1;
    let under: Vec<&str> = points.iter().copied().chain(["--under", "ce1"]).collect();
    let seen_at_core = |packets: u64| written(folder, "core.pcap", &[passing(0, 63, packets, 0..0)]);
    let ended = [
        "number 5999 at core",
        "The capture at ce1 must not end before the traffic does",
    ];
    for (until, code, texts) in [
        (3_000, 3, &ended[..]),
        (5_900, 3, &ended),
        // What is not seen is less than what the phrase allows.
        (5_970, 0, &["pass", "30 ms"]),
        (6_000, 0, &["pass", "30 ms"]),
    ] {
        seen_at_core(6_000);
        written(folder, "ce1.pcap", &[passing(0, 62, until, 1_000..1_030)]);
        decide(folder, recovered, &points).is(code, texts);
        decide(folder, recovered, &under).is(code, texts);
        // That another point was captured for a shorter time says nothing.
        seen_at_core(2_500);
        decide(folder, recovered, &under).is(0, &["pass"]);
    }
    seen_at_core(6_000);
    written(folder, "ce1.pcap", &[passing(0, 62, 3_000, 1_000..1_060)]);
    decide(folder, recovered, &points).is(1, &["fail"]);
    // Flows without numbers are compared by time.
    let unnumbered = ["--sequence", "none"];
    let seen = |points: &[&str]| decide(folder, recovered, &[points, &unnumbered].concat());
    written(folder, "ce1.pcap", &[passing(0, 62, 3_000, 1_000..1_030)]);
    seen(&under).is(3, &["is seen for 2.99999 s longer at core than at ce1"]);
    written(folder, "ce1.pcap", &[passing(0, 62, 5_970, 1_000..1_030)]);
    seen(&under).is(0, &["pass"]);
    seen(&points).is(0, &["pass"]);
}

#[test]
fn recovered_while_others_never_arrive() {
    let folder = folder();
    let folder = folder.path();
    let recovered = "recovery took less than 50 ms";
    let points = CORE_AND_CE1;
    let at_core = |flows: &[u16]| {
        let flows = flows.iter().map(|flow| passing(*flow, 61, 4_000, 0..0));
        written(folder, "core.pcap", &flows.collect::<Vec<_>>());
    };
    written(folder, "ce1.pcap", &[arriving(4_000, &[&[1_000..1_030]])]);
    at_core(&[0]);
    decide(folder, recovered, &points).is(0, &["pass"]);
    at_core(&[0, 1]);
    decide(folder, recovered, &points).is(3, &["10.3.1.2:20001", "is seen at core and not at ce1"]);
    // Nor is it known of packets that are as they were sent.
    written(folder, "ce2.pcap", &[passing(0, 64, 4_000, 1_000..1_030)]);
    let only = ["--at", "ce2=ce2.pcap", "--stopped"];
    decide(folder, recovered, &only).is(3, &["as it was sent"]);
    let under: Vec<&str> = only.iter().copied().chain(["--under", "ce2"]).collect();
    decide(folder, recovered, &under).is(0, &["pass"]);
}

#[test]
fn recovered_at_one_point_while_another_is_damaged() {
    let folder = folder();
    let folder = folder.path();
    let recovered = "recovery took less than 50 ms";
    let points = ["--at", "rx=rx.pcap", "--at", "mid=mid.pcap", "--one-clock", "--stopped"];
    written(folder, "mid.pcap", &[arriving(4_000, &[&[1_000..1_030], &[]])]);
    let cut = |lost: &[std::ops::Range<u64>]| {
        written(folder, "rx.pcap", &[arriving(4_000, &[lost, &[]])]);
        let whole = std::fs::read(folder.join("rx.pcap")).unwrap();
        std::fs::write(folder.join("rx.pcap"), &whole[..whole.len() - 20]).unwrap();
    };
    cut(&[1_000..1_500]);
    decide(folder, recovered, &points).is(3, &["rx"]);
    // Where it is damaged more may have been lost than is seen.
    cut(&[]);
    decide(folder, recovered, &points).is(3, &["rx"]);
    let under: Vec<&str> = points.iter().copied().chain(["--under", "mid"]).collect();
    decide(folder, recovered, &under).is(0, &["pass"]);
}

#[test]
fn phases_by_captures_of_which_one_is_damaged() {
    let folder = folder();
    let folder = folder.path();
    written(folder, "ce1.pcap", &[arriving(3_000, &[&[1_000..1_040], &[]])]);
    written(
        folder,
        "pe1.pcap",
        &[bgp(&[(10, keepalive()), (100, announced()), (1_020, withdrawn(1))])],
    );
    let points = [
        "--at",
        "ce1=ce1.pcap",
        "--at",
        "pe1=pe1.pcap",
        "--under",
        "ce1",
        "--one-clock",
        "--stopped",
    ];
    let phrase = "propagation took at most 30 ms";
    decide(folder, phrase, &points).is(0, &["pass"]);
    let whole = std::fs::read(folder.join("pe1.pcap")).unwrap();
    let mut cut = whole.clone();
    cut.extend(&whole[24..24 + 16]);
    std::fs::write(folder.join("pe1.pcap"), cut).unwrap();
    decide(folder, phrase, &points).is(3, &["pe1.pcap"]);
    decide(folder, "recovery took at most 50 ms", &points).is(0, &["pass"]);
}

/// A BFD packet from 10.1.1.1 to 10.1.1.2 or back: state and diagnostic.
fn bfd(at: i64, back: bool, state: u8, diagnostic: u8) -> Packet {
    let mut octets = vec![0x20 | diagnostic, state << 6, 3, 24];
    octets.extend(if back {
        [0, 0, 0, 2, 0, 0, 0, 1]
    } else {
        [0, 0, 0, 1, 0, 0, 0, 2]
    });
    octets.extend([0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10, 0, 0, 0, 0]);
    let ends = Ends {
        source: [10, 1, 1, if back { 2 } else { 1 }],
        destination: [10, 1, 1, if back { 1 } else { 2 }],
        ports: (49_152, 3784),
    };
    (BEGIN + at * MS, ethernet(&ipv4_udp(ends, 255, &octets)))
}

/// `--flow` chooses flows for every table, and what the one says to the other; every table has a figure.
#[test]
fn one_flow_and_a_figure_for_every_table() {
    let folder = folder();
    let folder = folder.path();
    let traffic = arriving(1_000, &[&[300..350], &[600..630]]);
    let words = vec![bfd(0, false, 3, 0), bfd(1, true, 3, 0), bfd(320, false, 1, 1)];
    written(folder, "a.pcap", &[traffic, words]);
    let anatomy = |flow: &str| capture(folder, &["anatomy", "--stopped", "--flow", flow, "a.pcap"]);
    // Both flows are between the same hosts; the longer interruption is taken apart, of the flows that are meant.
    capture(folder, &["anatomy", "--stopped", "a.pcap"]).is(0, &["1 of 2 flows were interrupted, the longest for 50"]);
    anatomy("10.3.1.2->1.1.1.1").is(0, &["flows 10.3.1.2/32 -> 1.1.1.1/32 alone", "the longest for 50"]);
    anatomy("1.1.1.1->10.3.1.2").is(3, &["no such flow was captured; there are 10.3.1.2:20000"]);
    let summary = |flow: &str| capture(folder, &["summary", "--flow", flow, "a.pcap"]);
    summary("10.3.1.0/24->1.1.1.1").is(0, &["of flows those 10.3.1.0/24 -> 1.1.1.1/32 alone are counted"]);
    summary("1.1.1.1->10.3.1.2").is(3, &["alone are counted"]);
    let events = |flow: &str| capture(folder, &["events", "--flow", flow, "a.pcap"]);
    let said = events("10.1.1.1->10.1.1.2");
    said.is(0, &["Up → Down, control detection time expired"]);
    assert!(!said.text.contains("10.1.1.2   10.1.1.1"), "{said:?}");
    let said = events("10.1.1.2->10.1.1.0/24");
    said.is(0, &["session heard"]);
    assert!(!said.text.contains("Down"), "{said:?}");
    events("10.1.1.1->10.1.1.9").is(
        3,
        &["no event from 10.1.1.1/32 to 10.1.1.9/32; there are events from 10.1.1.1 to 10.1.1.2"],
    );
    for command in ["summary", "flows", "outage", "anatomy", "balance", "events"] {
        let figure = format!("{command}.svg");
        capture(folder, &[command, "--stopped", "a.pcap", "--plot", &figure]).is(0, &[]);
        let drawn = std::fs::read_to_string(folder.join(&figure)).unwrap();
        assert!(drawn.contains("</svg>"), "{drawn}");
        assert_eq!(drawn.contains("detection"), command != "balance", "{command}: {drawn}");
    }
}

fn json(said: &Said) -> serde_json::Value {
    serde_json::from_str(&said.text).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

/// Whether a number in JSON has bounds that hold this many nanoseconds.
fn holds(measured: &serde_json::Value, truth: i64) -> bool {
    let bound = |name: &str| {
        measured[name]
            .as_i64()
            .unwrap_or_else(|| panic!("{name} of {measured}"))
    };
    (bound("lower")..=bound("upper")).contains(&truth)
}

/// Two flows on link a, which fails at 1,000.4 ms; one comes back after 30 ms and one after 70 ms, on link b. At 2 s both go back.
fn failed_and_reverted(folder: &Path) {
    let mut links = [Vec::new(), Vec::new()];
    for (flow, lost) in [(0, 1_001..1_031), (1, 1_001..1_071)] {
        for number in (0..3_000_u64).filter(|number| !lost.contains(number)) {
            let at = BEGIN + number as i64 * MS;
            let link = usize::from((1_001..2_000).contains(&number));
            links[link].push((at + MS / 10, ethernet(&probe(forward(flow), 60, number, at))));
        }
    }
    for (name, packets) in ["a", "b"].iter().zip(links) {
        written(folder, &format!("{name}.pcap"), &[packets]);
    }
}

#[test]
fn convergence_after_a_stated_instant_by_its_names() {
    let folder = folder();
    let folder = folder.path();
    failed_and_reverted(folder);
    let files = ["--stopped", "a.pcap", "b.pcap"];
    let anatomy = |more: &[&str]| capture(folder, &[&["anatomy"][..], more, &files].concat());
    let event = BEGIN + 1_000 * MS + 400_000;
    let (seconds, part) = (event / 1_000_000_000, event % 1_000_000_000);
    let stated = format!("{seconds}.{part:09}");
    let said = anatomy(&["--json", "--event", &stated]);
    let point = &json(&said)["points"][0];
    assert_eq!(point["anatomy"]["failure_by"], "the stated instant");
    let found = &point["convergence"];
    // The first packets on the new path were sent at 1,031 and 1,071 ms, and took 0.1 ms.
    assert!(holds(&found["first_route"], 30_700_000), "{found}");
    assert!(holds(&found["full"], 70_700_000), "{found}");
    assert!(holds(&found["loss_derived"], 50 * MS), "{found}");
    for (flow, truth) in [(0, 30 * MS), (1, 70 * MS)] {
        let specific = found["route_specific"].as_array().unwrap();
        let of = specific
            .iter()
            .find(|of| of["flow"].as_str().unwrap().contains(&format!(":{}", 20_000 + flow)));
        assert!(of.is_some_and(|of| holds(&of["measured"], truth)), "{found}");
    }
    // Seconds since the first packet, bounds, and without any the last packets tell.
    for more in [&["--event", "+1.0003"][..], &["--event", "+1.0002..+1.0005"], &[]] {
        let said = anatomy(more);
        said.is(
            0,
            &[
                "convergence (RFC 6412)",
                "first route",
                "full",
                "route-specific, 10.3.1.2:20001",
                "loss-derived",
            ],
        );
        assert_eq!(said.text.contains("the stated instant"), !more.is_empty(), "{said:?}");
    }
    anatomy(&["--event", "+1.02"]).is(0, &["packets were missing 19 ms before the stated instant already"]);
    anatomy(&["--event", "+2.5"]).is(0, &["no flow was interrupted after the stated instant"]);
    anatomy(&["--event", "yesterday"]).is(2, &["`yesterday` is no instant: expected seconds since 1970"]);
}

#[test]
fn the_links_of_flows_show_switch_over_and_reversion() {
    let folder = folder();
    let folder = folder.path();
    failed_and_reverted(folder);
    let files = ["--stopped", "a.pcap", "b.pcap"];
    capture(folder, &[&["anatomy"][..], &files].concat()).is(
        0,
        &[
            "10.3.1.2:20000 -> 1.1.1.1:7000 udp   a to -",
            ", b from +",
            ", back on a from +",
            "2 of these flows came back to a link that they had left (reversion)",
        ],
    );
    let said = capture(folder, &[&["anatomy", "--json"][..], &files].concat());
    let paths = json(&said)["points"][0]["paths"].clone();
    assert_eq!(paths.as_array().map(Vec::len), Some(2), "{paths}");
    let links: Vec<&str> = paths[1]["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|used| used["link"].as_str().unwrap())
        .collect();
    assert_eq!(
        (links, paths[1]["reverted"].as_bool()),
        (vec!["a", "b", "a"], Some(true))
    );
    assert_eq!(
        paths[1]["links"][1]["first"].as_i64(),
        Some(BEGIN + 1_071 * MS + MS / 10)
    );
}

#[test]
fn interruptions_by_rate_hold_the_truth() {
    let folder = folder();
    let folder = folder.path();
    written(folder, "a.pcap", &[arriving(2_000, &[&[500..800], &[]])]);
    let outage = |bin: &str| capture(folder, &["outage", "--stopped", "--bin", bin, "a.pcap"]);
    outage("20ms").is(
        0,
        &[
            "by rate, in bins of 20 ms",
            "over all flows: 300",
            "300 of 4000 packets lost",
        ],
    );
    outage("1ms").is(0, &["not known: a"]);
    outage("1s").is(0, &["not known: 1 bins are too few: make them shorter"]);
    outage("0ms").is(2, &["expected a time"]);
    for bin in ["10ms", "20ms", "33ms", "100ms"] {
        let said = capture(folder, &["outage", "--json", "--stopped", "--bin", bin, "a.pcap"]);
        let rates = json(&said)["points"][0]["by_rate"].clone();
        let longest = |found: &serde_json::Value| {
            let all = found["interruptions"].as_array().unwrap();
            all.iter()
                .map(|low| low["length"].clone())
                .max_by_key(|length| length["estimate"].as_i64())
        };
        let [one, other] = [0, 1].map(|flow| longest(&rates["flows"][flow]["measured"]));
        assert!(one.is_some_and(|length| holds(&length, 300 * MS)), "{bin}: {rates}");
        assert_eq!(other, None, "{bin}");
        assert!(
            longest(&rates["all"]).is_some_and(|length| holds(&length, 300 * MS)),
            "{bin}: {rates}"
        );
    }
    capture(folder, &["outage", "--bin", "10ms", "-"]).is(2, &["`--bin` reads the captures twice"]);
}

#[test]
fn declared_paths_and_lateness_count() {
    let folder = folder();
    let folder = folder.path();
    // No numbers: only a stated difference of paths gives an upper bound.
    written(folder, "a.pcap", &[arriving(1_000, &[&[500..540], &[]])]);
    let bare = |more: &[&str]| {
        capture(
            folder,
            &[
                &["outage", "--json", "--sequence", "none", "--stopped"][..],
                more,
                &["a.pcap"],
            ]
            .concat(),
        )
    };
    let longest = |said: &Said| json(said)["points"][0]["flows"][0]["measured"]["interruption"].clone();
    assert_eq!(longest(&bare(&[]))["upper"], serde_json::Value::Null);
    assert!(holds(&longest(&bare(&["--paths-differ", "3ms"])), 40 * MS));
    // Packets of 20 ms are held back, and delivered one after the other then.
    let mut held = arriving(1_000, &[&[]]);
    for (place, (at, _)) in held.iter_mut().enumerate().take(520).skip(500) {
        *at = BEGIN + 520 * MS + place as i64 * 1_000;
    }
    held.sort_by_key(|(at, _)| *at);
    written(folder, "held.pcap", &[held]);
    let outage = |more: &[&str]| {
        capture(
            folder,
            &[&["outage", "--json", "--stopped"][..], more, &["held.pcap"]].concat(),
        )
    };
    let lower = |said: &Said| longest(said)["lower"].as_i64();
    assert_eq!(lower(&outage(&[])), Some(0));
    assert!(
        lower(&outage(&["--late", "5ms"])) > Some(10 * MS),
        "{:?}",
        longest(&outage(&["--late", "5ms"]))
    );
    assert_eq!(lower(&outage(&["--late", "50ms"])), Some(0));
    capture(folder, &["outage", "--late", "soon", "a.pcap"]).is(2, &["expected a time"]);
}
