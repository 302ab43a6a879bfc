//! Phrases decided on small captures written here: above all what must not pass.

use std::path::{Path, PathBuf};

use checks::Verdict;
use checks::phrase::{Assertion, Scope, parse};

use super::*;
use crate::study::{Known, LinkFiles, PointFiles};
use checks::capture::measure::outage::EndOfTraffic;

const SECOND: i64 = 1_000_000_000;
const PERIOD: i64 = 1_000_000;
const BEGIN: i64 = 1_700_000_000 * SECOND;

/// A flow of 1,000 packets/s as one link saw it.
#[derive(Clone, Copy)]
struct Sent {
    port: u16,
    ttl: u8,
    /// Numbers from the first to the last.
    numbers: (u64, u64),
    /// Numbers between these are not there.
    lost: (u64, u64),
    /// From 1.1.1.1 to 10.3.1.2, from this port if that is not 0, else as the counterpart of the flow with the same port.
    back: Option<u16>,
}

impl Sent {
    fn whole(port: u16, ttl: u8) -> Self {
        Self {
            port,
            ttl,
            numbers: (0, 999),
            lost: (0, 0),
            back: None,
        }
    }
}

fn packet(sent: Sent, number: u64) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 52, 0, 0, 0, 0, sent.ttl, 17, 0, 0, 10, 3, 1, 2, 1, 1, 1, 1];
    let sum: u32 = packet
        .chunks(2)
        .map(|two| u32::from(two[0]) << 8 | u32::from(two[1]))
        .sum();
    let folded = !((sum & 0xffff) + (sum >> 16)) as u16;
    packet[10..12].copy_from_slice(&folded.to_be_bytes());
    let ports = [sent.port, 7000];
    if sent.back.is_some() {
        packet[12..20].rotate_left(4);
    }
    let [source, destination] = match sent.back {
        Some(0) => [ports[1], ports[0]],
        Some(own) => [own, ports[0]],
        None => ports,
    };
    packet.extend(source.to_be_bytes());
    packet.extend(destination.to_be_bytes());
    packet.extend([0, 32, 0, 0]);
    packet.extend(b"SEQ1");
    packet.extend(u32::from(sent.port).to_be_bytes());
    packet.extend(number.to_be_bytes());
    let at = BEGIN + PERIOD * i64::try_from(number).unwrap();
    packet.extend(at.to_be_bytes());
    packet
}

fn block(kind: u32, mut body: Vec<u8>) -> Vec<u8> {
    body.resize(body.len().next_multiple_of(4), 0);
    let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
    [&kind.to_le_bytes()[..], &length, &body, &length].concat()
}

/// A pcapng of raw IP in nanoseconds, its packets in the order of time, with its counter of drops.
fn written(folder: &Path, name: &str, flows: &[Sent], dropped: u64) -> PathBuf {
    let mut packets: Vec<(i64, Vec<u8>)> = Vec::new();
    for sent in flows {
        for number in sent.numbers.0..=sent.numbers.1 {
            if !(sent.lost.0..sent.lost.1).contains(&number) {
                let at = BEGIN + PERIOD * i64::try_from(number).unwrap() + 100_000;
                packets.push((at, packet(*sent, number)));
            }
        }
    }
    packets.sort();
    let mut file = block(
        0x0a0d_0d0a,
        [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat(),
    );
    // Raw IP; if_tsresol of nanoseconds.
    file.extend(block(
        1,
        vec![101, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0],
    ));
    for (at, octets) in &packets {
        let at = u64::try_from(*at).unwrap();
        let length = u32::try_from(octets.len()).unwrap();
        let words = [0, (at >> 32) as u32, at as u32, length, length];
        let mut body: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        body.extend(octets);
        file.extend(block(6, body));
    }
    // Interface statistics with isb_ifdrop.
    let mut body = vec![0; 12];
    body.extend([5, 0, 8, 0]);
    body.extend(dropped.to_le_bytes());
    body.extend([0; 4]);
    file.extend(block(5, body));
    let path = folder.join(name);
    std::fs::write(&path, file).unwrap();
    path
}

struct Lab {
    folder: tempfile::TempDir,
    points: Vec<PointFiles>,
    sent: Vec<SentFlows>,
    dropped: u64,
}

impl Lab {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            points: Vec::new(),
            sent: Vec::new(),
            dropped: 0,
        }
    }

    fn point(mut self, name: &str, links: &[(&str, &[Sent])]) -> Self {
        let links = links.iter().map(|(link, flows)| LinkFiles {
            interface: None,
            name: (*link).to_owned(),
            device: (*link).to_owned(),
            files: vec![written(
                self.folder.path(),
                &format!("{name}-{link}.pcapng"),
                flows,
                self.dropped,
            )],
            evidence: Vec::new(),
        });
        let links = links.collect();
        self.points.push(PointFiles {
            name: name.to_owned(),
            links,
        });
        self
    }

    fn sent(mut self, flows: u32) -> Self {
        self.sent.push(SentFlows {
            source: Some("10.3.1.2".parse().unwrap()),
            destination: "1.1.1.1".parse().unwrap(),
            flows,
        });
        self
    }

    fn dropping(mut self, packets: u64) -> Self {
        self.dropped = packets;
        self
    }

    fn decides(&self, at: Option<&str>, phrase: &str) -> (Verdict, String) {
        // The traffic stopped when the last packet had been sent.
        self.decides_with(EndOfTraffic::At(BEGIN + SECOND), at, phrase)
    }

    fn decides_with(&self, end: EndOfTraffic, at: Option<&str>, phrase: &str) -> (Verdict, String) {
        let known = Known {
            end,
            from_the_start: true,
            one_clock: true,
            control: true,
            ..Known::default()
        };
        self.decides_knowing(&known, at, phrase)
    }

    fn decides_knowing(&self, known: &Known, at: Option<&str>, phrase: &str) -> (Verdict, String) {
        let Assertion::Capture(assertion) = parse(phrase, Scope::Capture).unwrap().assertion else {
            panic!("{phrase}");
        };
        let study = Study::of(&self.points, known).unwrap();
        let outcome = decide(&assertion, at, &study, &self.sent);
        (outcome.verdict, outcome.actual)
    }
}

const SHORT: &str = "traffic between 10.3.1.2 and 1.1.1.1 is interrupted for less than 50 ms";

#[test]
fn a_flow_that_arrives_passes_and_one_that_is_interrupted_fails() {
    let sent = Sent::whole(4000, 64);
    let there = Lab::new()
        .point("ce2", &[("a", &[sent])])
        .point("ce1", &[("b", &[Sent { ttl: 61, ..sent }])]);
    assert_eq!(there.decides(None, SHORT).0, Verdict::Pass);
    let lost = Sent {
        ttl: 61,
        lost: (300, 360),
        ..sent
    };
    let interrupted = Lab::new()
        .point("ce2", &[("a", &[sent])])
        .point("ce1", &[("b", &[lost])]);
    let (verdict, actual) = interrupted.decides(None, SHORT);
    assert_eq!(verdict, Verdict::Fail, "{actual}");
    // Where it was sent nothing was lost: the point that the phrase stands under is the one that is judged.
    assert_eq!(interrupted.decides(Some("ce2"), SHORT).0, Verdict::Pass);
    assert_eq!(interrupted.decides(Some("ce1"), SHORT).0, Verdict::Fail);
}

#[test]
fn a_capture_that_ends_before_the_traffic_proves_nothing_about_the_rest() {
    let sent = Sent::whole(4000, 63);
    let until = |last| Sent {
        numbers: (0, last),
        ..Sent::whole(4000, 62)
    };
    for (last, phrase, verdict) in [
        (499, SHORT, Verdict::Inconclusive),
        (950, SHORT, Verdict::Inconclusive),
        // What is not seen here is less than what the phrase allows.
        (951, SHORT, Verdict::Pass),
        (999, SHORT, Verdict::Pass),
        (998, "nothing is lost", Verdict::Inconclusive),
        (999, "nothing is lost", Verdict::Pass),
    ] {
        let lab = Lab::new()
            .point("core", &[("a", &[sent])])
            .point("ce1", &[("b", &[until(last)])]);
        for at in [None, Some("ce1")] {
            let (decided, actual) = lab.decides_with(EndOfTraffic::Together, at, phrase);
            assert_eq!(decided, verdict, "{phrase}, up to {last}: {actual}");
            let says = actual.contains("goes on to number 999 at core");
            assert_eq!(says, verdict == Verdict::Inconclusive, "{actual}");
        }
    }
}

#[test]
fn a_flow_seen_at_the_sender_alone_is_not_taken_to_arrive() {
    let lab = Lab::new()
        .point("ce2", &[("a", &[Sent::whole(4000, 64), Sent::whole(4001, 64)])])
        .point("ce1", &[("b", &[Sent::whole(4000, 61)])]);
    let (verdict, actual) = lab.decides(None, SHORT);
    assert_eq!(verdict, Verdict::Inconclusive, "{actual}");
    assert!(actual.contains("4001") && actual.contains("ce2 alone"), "{actual}");
}

#[test]
fn an_interruption_seen_on_the_way_is_one_wherever_the_flow_goes() {
    let whole = Sent::whole(4001, 62);
    let interrupted = Sent {
        lost: (300, 360),
        ..whole
    };
    for (sent, phrase, verdict) in [
        (whole, SHORT, Verdict::Inconclusive),
        (whole, "nothing is lost", Verdict::Inconclusive),
        (whole, "reordering is below 1 %", Verdict::Inconclusive),
        (interrupted, SHORT, Verdict::Fail),
        (interrupted, "nothing is lost", Verdict::Fail),
        (
            interrupted,
            "no flow is interrupted for more than 100 ms",
            Verdict::Inconclusive,
        ),
        // Where it arrives it may have been interrupted for longer.
        (
            interrupted,
            "traffic 10.3.1.2 -> 1.1.1.1 is interrupted for at least 10 ms",
            Verdict::Inconclusive,
        ),
    ] {
        let lab = Lab::new()
            .point("core", &[("a", &[Sent::whole(4000, 62), sent])])
            .point("ce1", &[("b", &[Sent::whole(4000, 61)])]);
        let (decided, actual) = lab.decides(None, phrase);
        assert_eq!(decided, verdict, "{phrase}: {actual}");
        assert_eq!(
            actual.contains("core alone"),
            verdict == Verdict::Inconclusive,
            "{actual}"
        );
    }
}

#[test]
fn answers_tell_where_a_flow_comes_last_that_one_point_alone_saw() {
    let back = |ttl| Sent {
        back: Some(0),
        ..Sent::whole(4000, ttl)
    };
    let here = Sent::whole(4000, 61);
    let interrupted = Sent {
        lost: (300, 360),
        ..here
    };
    for (at_ce1, at_ce2, verdict) in [
        (vec![here, back(64)], vec![back(61)], Verdict::Pass),
        (vec![interrupted, back(64)], vec![back(61)], Verdict::Fail),
        // The answers were not seen there, or come from there.
        (vec![here, back(64)], vec![], Verdict::Inconclusive),
        (vec![here, back(64)], vec![back(64)], Verdict::Inconclusive),
        (vec![here, back(61)], vec![back(64)], Verdict::Inconclusive),
        // It has passed no router yet.
        (
            vec![Sent { ttl: 64, ..here }, back(64)],
            vec![back(61)],
            Verdict::Inconclusive,
        ),
        // Another between the same ends goes on from here.
        (
            vec![here, Sent::whole(4001, 61), back(64)],
            vec![Sent::whole(4001, 59), back(61)],
            Verdict::Inconclusive,
        ),
    ] {
        let lab = Lab::new()
            .point("ce1", &[("a", &at_ce1)])
            .point("ce2", &[("b", &at_ce2)]);
        for phrase in [
            "traffic 10.3.1.2 -> 1.1.1.1 is interrupted for less than 50 ms",
            "nothing is lost",
        ] {
            let (decided, actual) = lab.decides(None, phrase);
            assert_eq!(decided, verdict, "{phrase}: {actual}");
        }
        // Of a third point nothing is known.
        let lab = lab.point("core", &[("c", &[])]);
        let (decided, actual) = lab.decides(None, SHORT);
        assert_ne!(decided, Verdict::Pass, "{actual}");
    }
}

#[test]
fn a_flow_that_is_lost_before_the_point_of_the_phrase_takes_away_the_pass() {
    let (here, lost) = (Sent::whole(4000, 61), Sent::whole(4001, 64));
    let back = |ttl| Sent {
        back: Some(0),
        ..Sent::whole(4000, ttl)
    };
    for (at_ce2, at_ce1) in [
        (vec![Sent { ttl: 64, ..here }, lost], vec![here]),
        // All of a direction is lost.
        (vec![lost, back(61)], vec![back(64)]),
    ] {
        let lab = Lab::new()
            .point("ce2", &[("a", &at_ce2)])
            .point("ce1", &[("b", &at_ce1)]);
        for phrase in [SHORT, "nothing is lost", "reordering is below 1 %"] {
            let (verdict, actual) = lab.decides(Some("ce1"), phrase);
            assert_eq!(verdict, Verdict::Inconclusive, "{phrase}: {actual}");
            assert!(actual.contains("is seen at ce2 and not at ce1"), "{actual}");
        }
    }
    // What is lost here is lost.
    let interrupted = Sent {
        lost: (300, 360),
        ..here
    };
    let lab = Lab::new()
        .point("ce2", &[("a", &[Sent { ttl: 64, ..here }, lost])])
        .point("ce1", &[("b", &[interrupted])]);
    assert_eq!(lab.decides(Some("ce1"), SHORT).0, Verdict::Fail);
    // Parallel ways, and others that go elsewhere.
    let lab = Lab::new()
        .point("pe1", &[("a", &[Sent::whole(4000, 62)])])
        .point("pe2", &[("b", &[Sent::whole(4001, 62)])]);
    assert_eq!(lab.decides(Some("pe1"), SHORT).0, Verdict::Pass);
}

#[test]
fn the_only_point_is_no_arrival_where_packets_are_as_they_were_sent() {
    for ttl in [64, 128, 255] {
        let lab = Lab::new().point("ce2", &[("a", &[Sent::whole(4000, ttl)])]);
        for phrase in [
            SHORT,
            "nothing is lost",
            "reordering is below 1 %",
            "no flow is interrupted for more than 1 s",
        ] {
            let (verdict, actual) = lab.decides(None, phrase);
            assert_eq!(verdict, Verdict::Inconclusive, "{phrase}: {actual}");
            assert!(
                actual.contains(&format!("has TTL {ttl} at ce2, as it was sent")),
                "{actual}"
            );
            // Who writes it under the point means this point.
            assert_eq!(lab.decides(Some("ce2"), phrase).0, Verdict::Pass, "{phrase}");
        }
        // What is seen to be lost here is lost.
        let lost = Sent {
            lost: (300, 360),
            ..Sent::whole(4000, ttl)
        };
        let lab = Lab::new().point("ce2", &[("a", &[lost])]);
        assert_eq!(lab.decides(None, SHORT).0, Verdict::Fail);
        let long = "every flow is interrupted for less than 1 s";
        assert_eq!(lab.decides(None, long).0, Verdict::Inconclusive);
        let some = "traffic between 10.3.1.2 and 1.1.1.1 is interrupted for more than 40 ms";
        assert_eq!(lab.decides(None, some).0, Verdict::Pass);
    }
    let routed = Lab::new().point("ce1", &[("b", &[Sent::whole(4000, 63)])]);
    assert_eq!(routed.decides(None, SHORT).0, Verdict::Pass);
}

#[test]
fn flows_that_were_sent_and_are_nowhere_are_missed() {
    let lab = Lab::new().point("ce1", &[("b", &[Sent::whole(4000, 61)])]).sent(2);
    for (at, phrase) in [
        (None, SHORT),
        (Some("ce1"), SHORT),
        (Some("ce1"), "every flow is interrupted for less than 50 ms"),
    ] {
        let (verdict, actual) = lab.decides(at, phrase);
        assert_eq!(verdict, Verdict::Inconclusive, "{phrase}: {actual}");
        assert!(
            actual.contains("2 flows to 1.1.1.1 were sent, and 1 of them"),
            "{actual}"
        );
    }
}

#[test]
fn a_stream_that_is_wholly_missing_is_no_silence() {
    // Something else is seen at the point; what was sent to it is not.
    let mut lab = Lab::new().point("ce1", &[("b", &[Sent::whole(4000, 61)])]);
    lab.sent.push(SentFlows {
        source: None,
        destination: "1.1.1.9".parse().unwrap(),
        flows: 3,
    });
    let every = "every flow is interrupted for less than 50 ms";
    assert_eq!(lab.decides(Some("ce1"), every).0, Verdict::Inconclusive);
    // Flows that the phrase does not select are not missed.
    assert_eq!(lab.decides(Some("ce1"), SHORT).0, Verdict::Pass);
}

#[test]
fn streams_with_the_same_ends_are_counted_together() {
    let lab = Lab::new()
        .point("ce1", &[("b", &[Sent::whole(4000, 61)])])
        .sent(1)
        .sent(1);
    let (verdict, actual) = lab.decides(Some("ce1"), SHORT);
    assert_eq!(verdict, Verdict::Inconclusive, "{actual}");
}

#[test]
fn links_one_behind_the_other_are_no_one_point() {
    let sent = Sent::whole(4000, 64);
    for lost in [(300, 360), (80, 1000), (20, 1000)] {
        let lost = Sent { ttl: 61, lost, ..sent };
        let lab = Lab::new().point("all", &[("a", &[sent]), ("b", &[lost])]);
        for at in [None, Some("all")] {
            for phrase in [SHORT, "nothing is lost"] {
                let (verdict, actual) = lab.decides(at, phrase);
                assert_eq!(verdict, Verdict::Inconclusive, "{phrase}: {actual}");
                assert!(actual.contains("one behind the other"), "{actual}");
            }
        }
    }
    // Paths of different lengths to one point are none such: no packet is on both.
    let first = Sent {
        numbers: (0, 499),
        ..Sent::whole(4000, 62)
    };
    let then = Sent {
        numbers: (500, 999),
        ..Sent::whole(4000, 61)
    };
    let lab = Lab::new().point("ce1", &[("a", &[first]), ("b", &[then])]);
    assert_eq!(lab.decides(None, SHORT).0, Verdict::Pass);
}

#[test]
fn what_is_lost_between_two_places_in_one_file_is_not_taken_to_arrive() {
    let sent = Sent::whole(4000, 62);
    let decided = |lost, phrase| {
        let behind = Sent { ttl: 61, lost, ..sent };
        Lab::new()
            .point("x", &[("mirror", &[sent, behind])])
            .decides(None, phrase)
    };
    // The copies stop for good.
    for phrase in [SHORT, "nothing is lost"] {
        let (verdict, actual) = decided((80, 1000), phrase);
        assert_eq!(verdict, Verdict::Inconclusive, "{phrase}: {actual}");
        assert!(actual.contains("numbers 80 to 999"), "{actual}");
        assert_eq!(decided((0, 0), phrase).0, Verdict::Pass);
    }
    // Too few are lost to be an interruption, and lost nevertheless.
    for (lost, told) in [((500, 501), "number 500 was"), ((500, 503), "numbers 500 to 502 were")] {
        let (verdict, actual) = decided(lost, "nothing is lost");
        assert_eq!(verdict, Verdict::Inconclusive, "{actual}");
        assert!(actual.contains(told), "{actual}");
        assert_eq!(decided(lost, SHORT).0, Verdict::Pass);
    }
}

#[test]
fn equal_ttl_at_two_points_is_no_order() {
    let sent = Sent::whole(4000, 64);
    let lab = Lab::new().point("x", &[("a", &[sent])]).point("y", &[("b", &[sent])]);
    let (verdict, actual) = lab.decides(None, SHORT);
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(actual.contains("TTL"), "{actual}");
    assert_eq!(lab.decides(Some("y"), SHORT).0, Verdict::Pass);
}

#[test]
fn a_flow_that_stops_before_the_traffic_does_never_passes() {
    let stopped = Sent {
        numbers: (0, 400),
        ..Sent::whole(4000, 61)
    };
    let lab = Lab::new().point("ce1", &[("b", &[stopped, Sent::whole(4001, 61)])]);
    let (verdict, actual) = lab.decides(None, SHORT);
    assert_ne!(verdict, Verdict::Pass, "{actual}");
}

#[test]
fn nothing_captured_never_passes() {
    let lab = Lab::new().point("ce1", &[("b", &[])]);
    for phrase in [
        SHORT,
        "every flow is interrupted for less than 50 ms",
        "nothing is lost",
        "nothing is lost between 10.3.1.2 and 1.1.1.1",
        "reordering is below 1 %",
        "flows are balanced per flow over b and c",
        "detection took less than 1 s",
        "recovery took less than 1 s",
        "switch-over happened before the BGP withdrawal",
    ] {
        assert_eq!(lab.decides(None, phrase).0, Verdict::Inconclusive, "{phrase}");
    }
}

#[test]
fn losses_of_a_capture_that_dropped_packets_are_no_failure() {
    let lost = Sent {
        lost: (300, 360),
        ..Sent::whole(4000, 61)
    };
    let lab = Lab::new().dropping(60).point("ce1", &[("b", &[lost])]);
    let (verdict, actual) = lab.decides(None, SHORT);
    assert_eq!(verdict, Verdict::Inconclusive, "{actual}");
}

#[test]
fn links_of_different_points_are_not_balanced_over() {
    let flows: Vec<Sent> = (0..20).map(|port| Sent::whole(4000 + port, 61)).collect();
    let lab = Lab::new()
        .point("x", &[("a", &flows[..10])])
        .point("y", &[("b", &flows[10..])]);
    let phrase = "flows are balanced per flow over a and b";
    assert!(parse(phrase, Scope::Capture).is_ok(), "{phrase}");
    let (verdict, actual) = lab.decides(None, phrase);
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(actual.contains("not the links of one point"), "{actual}");
}

/// The verdict on 400 flows there and so many back, those with these ports on link a.
fn balanced(there_on_a: fn(u16) -> bool, back_on_a: fn(u16) -> bool, back: u16) -> (Verdict, String) {
    let decided = [0, 7001].map(|from| {
        let few = |port, back| Sent {
            numbers: (0, 9),
            back,
            ..Sent::whole(port, 61)
        };
        let there = (0..400).map(|port| (there_on_a(port), few(4000 + port, None)));
        let back = (0..back).map(|port| (back_on_a(port), few(4000 + port, Some(from))));
        let (on_a, on_b): (Vec<_>, Vec<_>) = there.chain(back).partition(|(on_a, _)| *on_a);
        let flows = |on: Vec<(bool, Sent)>| on.into_iter().map(|(_, sent)| sent).collect::<Vec<Sent>>();
        let (on_a, on_b) = (flows(on_a), flows(on_b));
        let lab = Lab::new().point("x", &[("a", &on_a), ("b", &on_b)]);
        lab.decides_with(EndOfTraffic::Together, None, "flows are balanced per flow over a and b")
    });
    // Whether flows back have the ports of those there or others is the same.
    let [(verdict, actual), (other, why)] = decided;
    assert_eq!(verdict, other, "{actual}; {why}");
    (verdict, actual)
}

#[test]
fn each_direction_is_balanced_by_itself() {
    let half = |port: u16| port.is_multiple_of(2);
    let other_half = |port: u16| !port.is_multiple_of(2);
    // Together they are even: half of all flows are on each link.
    let (verdict, actual) = balanced(|_| true, |_| false, 400);
    assert_eq!(verdict, Verdict::Fail, "{actual}");
    assert!(
        actual.contains("1.1.1.1 -> 10.3.1.2 and flows that way: all 400 flows use one link"),
        "{actual}"
    );
    let (verdict, actual) = balanced(half, |_| true, 400);
    assert_eq!(verdict, Verdict::Fail, "{actual}");
    assert_eq!(balanced(half, half, 400).0, Verdict::Pass);
    assert_eq!(balanced(half, other_half, 400).0, Verdict::Pass);
    assert_eq!(balanced(half, half, 0).0, Verdict::Pass);
    let (verdict, actual) = balanced(half, half, 20);
    assert_eq!(verdict, Verdict::Inconclusive, "{actual}");
    assert_eq!(balanced(half, |_| true, 20).0, Verdict::Fail);
}

/// The network changed, and a suite knows when.
fn changed_in_the_middle() -> Known {
    Known {
        excluded: vec![(BEGIN + SECOND / 2, BEGIN + SECOND * 11 / 20)],
        end: EndOfTraffic::Together,
        one_clock: true,
        ..Known::default()
    }
}

#[test]
fn directions_that_change_links_with_a_change_of_the_network_are_not_even() {
    // Before the change flows there are on a and flows back on b, afterwards others the other way round.
    let flows = |links_change: bool| {
        let mut links: [Vec<Sent>; 2] = Default::default();
        for port in 0..1800_u16 {
            let half = usize::from(port % 2);
            for is_back in [false, true] {
                let link = if links_change {
                    half ^ usize::from(is_back)
                } else {
                    usize::from(port / 2 % 2)
                };
                let first = [0, 600][half];
                links[link].push(Sent {
                    numbers: (first, first + 2),
                    back: is_back.then_some(0),
                    ..Sent::whole(4000 + port, 61)
                });
            }
        }
        links
    };
    for (links_change, expected) in [(true, Verdict::Fail), (false, Verdict::Pass)] {
        let [on_a, on_b] = flows(links_change);
        let lab = Lab::new().point("x", &[("a", &on_a), ("b", &on_b)]);
        let (verdict, actual) = lab.decides_knowing(
            &changed_in_the_middle(),
            None,
            "flows are balanced per flow over a and b",
        );
        assert_eq!(verdict, expected, "{actual}");
    }
}

#[test]
fn conversations_that_change_their_links_are_not_passed_over() {
    // 60 conversations agree; of half of them the way back moves to the other link with a change of the network.
    let sent = |port: u16, numbers, is_back: bool| Sent {
        numbers,
        back: is_back.then_some(0),
        ..Sent::whole(port, 61)
    };
    for (moves, expected) in [(false, Verdict::Pass), (true, Verdict::Inconclusive)] {
        let mut links: [Vec<Sent>; 2] = Default::default();
        for port in 0..60_u16 {
            let link = usize::from(port % 2);
            links[link].push(sent(4000 + port, (0, 999), false));
            if moves && port < 30 {
                links[link].push(sent(4000 + port, (0, 500), true));
                links[1 - link].push(sent(4000 + port, (550, 999), true));
            } else {
                links[link].push(sent(4000 + port, (0, 999), true));
            }
        }
        let [on_a, on_b] = links;
        let lab = Lab::new().point("x", &[("a", &on_a), ("b", &on_b)]);
        let (verdict, actual) = lab.decides_knowing(
            &changed_in_the_middle(),
            None,
            "flows are balanced symmetrically over a and b",
        );
        assert_eq!(verdict, expected, "{actual}");
    }
}
