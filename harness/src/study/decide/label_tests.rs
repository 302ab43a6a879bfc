//! Phrases about labels decided on small captures written here: above all what must not pass.

use std::path::{Path, PathBuf};

use checks::Verdict;
use checks::capture::measure::outage::EndOfTraffic;
use checks::capture::observe::SequenceSource;
use checks::phrase::{Assertion, Scope, parse};

use super::*;
use crate::study::{Known, LinkFiles, PointFiles, Pseudowires};

const BEGIN: i64 = 1_700_000_000_000_000_000;
const PERIOD: i64 = 1_000_000;

/// How a packet is wrapped: labels with TTL, outermost first, and what stands below them.
#[derive(Clone)]
struct Wrapped {
    labels: Vec<(u32, u8)>,
    /// Which label is marked as the last; the last one unless a test says otherwise.
    bottom: Option<usize>,
    below: Below,
}

#[derive(Clone, Copy, PartialEq)]
enum Below {
    Ip,
    Frame { control_word: bool },
}

const FRAME: Below = Below::Frame { control_word: true };
const BARE_FRAME: Below = Below::Frame { control_word: false };

fn wrapped(below: Below, labels: &[(u32, u8)]) -> Wrapped {
    Wrapped {
        labels: labels.to_vec(),
        bottom: None,
        below,
    }
}

/// UDP in IPv4.
pub(super) fn ipv4(source: [u8; 4], destination: [u8; 4], ttl: u8, udp: &[u8]) -> Vec<u8> {
    let length = u8::try_from(20 + udp.len()).unwrap();
    let mut packet = vec![0x45, 0, 0, length, 0, 0, 0, 0, ttl, 17, 0, 0];
    packet.extend(source);
    packet.extend(destination);
    let sum: u32 = packet
        .chunks(2)
        .map(|two| u32::from(two[0]) << 8 | u32::from(two[1]))
        .sum();
    let folded = !((sum & 0xffff) + (sum >> 16)) as u16;
    packet[10..12].copy_from_slice(&folded.to_be_bytes());
    packet.extend(udp);
    packet
}

/// IPv4 in Ethernet.
pub(super) fn ethernet(ip: &[u8]) -> Vec<u8> {
    frame(&wrapped(Below::Ip, &[]), ip)
}

fn probe(to: u8, port: u16, number: u64) -> Vec<u8> {
    let mut udp = port.to_be_bytes().to_vec();
    udp.extend([0x1b, 0x58, 0, 32, 0, 0]);
    udp.extend(b"SEQ1");
    udp.extend(u32::from(port).to_be_bytes());
    udp.extend(number.to_be_bytes());
    udp.extend((BEGIN + PERIOD * i64::try_from(number).unwrap()).to_be_bytes());
    ipv4([10, 3, 1, 2], [1, 1, 1, to], 61, &udp)
}

fn frame(wrapped: &Wrapped, ip: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    frame.extend(if wrapped.labels.is_empty() {
        [8, 0]
    } else {
        [0x88, 0x47]
    });
    let bottom = wrapped.bottom.unwrap_or(wrapped.labels.len().saturating_sub(1));
    for (place, (label, ttl)) in wrapped.labels.iter().enumerate() {
        let entry = label << 12 | u32::from(place == bottom) << 8 | u32::from(*ttl);
        frame.extend(entry.to_be_bytes());
    }
    if let Below::Frame { control_word } = wrapped.below {
        if control_word {
            frame.extend([0; 4]);
        }
        frame.extend([0, 0x16, 0x3e, 0, 0, 1, 0, 0x16, 0x3e, 0, 0, 2, 8, 0]);
    }
    frame.extend(ip);
    frame
}

/// A pcap in nanoseconds of 1,000 packets/s.
pub(super) fn written(path: &Path, packets: &[(i64, Vec<u8>)]) {
    let mut file = Vec::new();
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 65535, 1] {
        file.extend(word.to_le_bytes());
    }
    for (at, octets) in packets {
        let length = u32::try_from(octets.len()).unwrap();
        let (seconds, rest) = (at / 1_000_000_000, at % 1_000_000_000);
        for word in [seconds as u32, rest as u32, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(octets);
    }
    std::fs::write(path, file).unwrap();
}

struct Lab {
    _folder: tempfile::TempDir,
    study: Study,
}

/// One point with a link for each function, which says how packet `number` of flow `flow` is wrapped, if it is there.
fn lab(flows: u16, links: &[&dyn Fn(u16, u64) -> Option<Wrapped>]) -> Lab {
    lab_with(flows, links, &[1025, 1026])
}

fn lab_with(flows: u16, links: &[&dyn Fn(u16, u64) -> Option<Wrapped>], pseudowires: &[u32]) -> Lab {
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<PathBuf> = Vec::new();
    for (index, link) in links.iter().enumerate() {
        let mut packets = Vec::new();
        for number in 0..200 {
            for flow in 0..flows {
                if let Some(wrapped) = link(flow, number) {
                    let at = BEGIN + PERIOD * i64::try_from(number).unwrap() + i64::from(flow) * 1000;
                    // Flows beyond 99 go the other way.
                    let ip = probe(if flow > 99 { 2 } else { 1 }, 4000 + flow, number);
                    packets.push((at, frame(&wrapped, &ip)));
                }
            }
        }
        let path = folder.path().join(format!("{index}.pcap"));
        written(&path, &packets);
        files.push(path);
    }
    let links = files.into_iter().enumerate().map(|(index, path)| LinkFiles {
        name: format!("link{index}"),
        device: "p".to_owned(),
        files: vec![path],
        interface: None,
        evidence: Vec::new(),
    });
    let points = [PointFiles {
        name: "p".to_owned(),
        links: links.collect(),
    }];
    let known = Known {
        end: EndOfTraffic::Together,
        pseudowires: vec![Pseudowires {
            vsi: "v1".to_owned(),
            labels: pseudowires.to_vec(),
        }],
        ..Known::default()
    };
    Lab {
        study: Study::of(&points, &known).unwrap(),
        _folder: folder,
    }
}

impl Lab {
    fn decides(&self, phrase: &str) -> (Verdict, String) {
        let Assertion::Capture(assertion) = parse(phrase, Scope::Capture).unwrap().assertion else {
            panic!("{phrase}");
        };
        let outcome = decide(&assertion, None, &self.study, &[]);
        (outcome.verdict, outcome.actual)
    }
}

const ONE: &str = "every flow of VSI v1 keeps one flow label";
const DIFFER: &str = "flow labels differ between flows";
const STAYS: &str = "VPN label stays 1025 through the failover";

fn flow_label(flow: u16) -> u32 {
    70_000 + 7 * u32::from(flow)
}

#[track_caller]
fn both(lab: &Lab, one: Verdict, differ: Verdict) {
    assert_eq!(
        (lab.decides(ONE).0, lab.decides(DIFFER).0),
        (one, differ),
        "{} | {}",
        lab.decides(ONE).1,
        lab.decides(DIFFER).1
    );
}

#[test]
fn a_label_for_each_flow_passes_with_and_without_control_word() {
    for below in [FRAME, BARE_FRAME] {
        let link = |flow: u16, _| Some(wrapped(below, &[(3000, 254), (1025, 254), (flow_label(flow), 1)]));
        let lab = lab(8, &[&link]);
        both(&lab, Verdict::Pass, Verdict::Pass);
        let told = lab.decides(ONE).1;
        assert!(
            told.contains("1600 packets of 8 flows at p have 8 flow labels"),
            "{told}"
        );
        let word = if below == FRAME {
            "behind a control word"
        } else {
            "without control word"
        };
        assert!(told.contains(word), "{told}");
        // Penultimate hops take the outermost label away.
        let link = |flow: u16, _| Some(wrapped(below, &[(1025, 254), (flow_label(flow), 1)]));
        both(&self::lab(8, &[&link]), Verdict::Pass, Verdict::Pass);
    }
}

#[test]
fn a_second_label_of_one_flow_fails() {
    let link = |flow: u16, number| {
        let other = u32::from(flow == 3 && number == 150);
        Some(wrapped(
            FRAME,
            &[(3000, 254), (1025, 254), (flow_label(flow) + other, 1)],
        ))
    };
    let lab = lab(8, &[&link]);
    both(&lab, Verdict::Fail, Verdict::Pass);
    let told = lab.decides(ONE).1;
    assert!(told.contains("4003 -> 1.1.1.1:7000 udp another in 1 packets"), "{told}");
}

#[test]
fn missing_reserved_and_shared_flow_labels_never_pass() {
    let missing = |_, _| Some(wrapped(FRAME, &[(3000, 254), (1025, 254)]));
    both(&lab(8, &[&missing]), Verdict::Fail, Verdict::Fail);
    let missing_once = |flow: u16, number| match (flow, number) {
        (3, 150) => Some(wrapped(FRAME, &[(3000, 254), (1025, 254)])),
        _ => Some(wrapped(FRAME, &[(3000, 254), (1025, 254), (flow_label(flow), 1)])),
    };
    both(&lab(8, &[&missing_once]), Verdict::Fail, Verdict::Fail);
    let reserved = |flow: u16, _| {
        let label = if flow == 3 { 12 } else { flow_label(flow) };
        Some(wrapped(FRAME, &[(3000, 254), (1025, 254), (label, 1)]))
    };
    both(&lab(8, &[&reserved]), Verdict::Fail, Verdict::Fail);
    let shared = |_, _| Some(wrapped(FRAME, &[(3000, 254), (1025, 254), (70_000, 1)]));
    both(&lab(8, &[&shared]), Verdict::Inconclusive, Verdict::Fail);
}

#[test]
fn a_flow_label_that_is_not_at_the_bottom_never_passes() {
    let above = |flow: u16, _| Some(wrapped(FRAME, &[(1025, 254), (flow_label(flow), 1), (2000, 254)]));
    assert_eq!(lab(8, &[&above]).decides(ONE).0, Verdict::Fail);
    // The bit stands at the pseudowire label although another label follows, or at none.
    for bottom in [1, 9] {
        let unmarked = |flow: u16, _| {
            Some(Wrapped {
                bottom: Some(bottom),
                ..wrapped(FRAME, &[(3000, 254), (1025, 254), (flow_label(flow), 1)])
            })
        };
        let lab = lab(8, &[&unmarked]);
        for phrase in [ONE, DIFFER] {
            let (verdict, told) = lab.decides(phrase);
            assert_ne!(verdict, Verdict::Pass, "{phrase} {bottom}: {told}");
        }
    }
}

#[test]
fn labels_of_several_pseudowires_are_no_flow_labels() {
    // Two pseudowires in one tunnel, without flow labels: the last labels of flows differ.
    let link = |flow: u16, _| Some(wrapped(FRAME, &[(3000, 254), (1025 + u32::from(flow % 2), 254)]));
    both(&lab(8, &[&link]), Verdict::Fail, Verdict::Fail);
    let unknown = lab_with(8, &[&link], &[]);
    both(&unknown, Verdict::Inconclusive, Verdict::Inconclusive);
    assert!(unknown.decides(DIFFER).1.contains("--pseudowires"));
    let same = |_, _| Some(wrapped(FRAME, &[(3000, 254), (1025, 254)]));
    assert_eq!(lab_with(8, &[&same], &[]).decides(DIFFER).0, Verdict::Fail);
    let other = lab_with(8, &[&link], &[5000]);
    both(&other, Verdict::Inconclusive, Verdict::Inconclusive);
    assert!(other.decides(ONE).1.contains("3000/1025"), "{}", other.decides(ONE).1);
}

#[test]
fn without_labels_nothing_is_decided() {
    let plain = |_, _| Some(wrapped(Below::Ip, &[]));
    let lab = lab(8, &[&plain]);
    for phrase in [ONE, DIFFER, STAYS] {
        assert_eq!(lab.decides(phrase).0, Verdict::Inconclusive, "{phrase}");
    }
}

fn vpn(outer: u32, label: u32) -> Option<Wrapped> {
    Some(wrapped(Below::Ip, &[(outer, 253), (label, 253)]))
}

#[test]
fn the_vpn_label_that_stays_passes_where_the_path_changes() {
    let link = |_, number| vpn(if number < 100 { 3000 } else { 3001 }, 1025);
    let (verdict, told) = lab_with(4, &[&link], &[]).decides(STAYS);
    assert_eq!(verdict, Verdict::Pass, "{told}");
    assert!(told.contains("3001 instead of 3000 above it"), "{told}");
    // On two links, with the outermost label taken away, and with entropy labels.
    let old = |_, number| (number < 100).then(|| wrapped(Below::Ip, &[(1025, 253)]));
    let new =
        |_, number| (number >= 100).then(|| wrapped(Below::Ip, &[(3001, 253), (7, 253), (99_999, 0), (1025, 253)]));
    let (verdict, told) = lab_with(4, &[&old, &new], &[]).decides(STAYS);
    assert_eq!(verdict, Verdict::Pass, "{told}");
    // The same path again after an interruption of 50 packets.
    let interrupted = |_, number| {
        if (100..150).contains(&number) {
            None
        } else {
            vpn(3000, 1025)
        }
    };
    assert_eq!(lab_with(4, &[&interrupted], &[]).decides(STAYS).0, Verdict::Pass);
    // The other direction has its own label.
    let link = |flow: u16, number| {
        vpn(
            if number < 100 { 3000 } else { 3001 },
            if flow > 99 { 2000 } else { 1025 },
        )
    };
    assert_eq!(lab_with(104, &[&link], &[]).decides(STAYS).0, Verdict::Pass);
}

#[test]
fn another_or_no_vpn_label_fails_and_no_failover_is_no_proof() {
    let changed = |_, number| if number < 100 { vpn(3000, 1025) } else { vpn(3001, 1030) };
    let (verdict, told) = lab_with(4, &[&changed], &[]).decides(STAYS);
    assert_eq!(verdict, Verdict::Fail, "{told}");
    assert!(told.contains("label stack 3001/1030 in 100 packets"), "{told}");
    // One packet of one flow is enough, and a flow that had another label all the time.
    let once = |flow: u16, number| {
        vpn(
            3000 + u32::from(number >= 100),
            if (flow, number) == (2, 101) { 1026 } else { 1025 },
        )
    };
    assert_eq!(lab_with(4, &[&once], &[]).decides(STAYS).0, Verdict::Fail);
    let one = |flow: u16, number| vpn(3000 + u32::from(number >= 100), if flow == 2 { 1026 } else { 1025 });
    assert_eq!(lab_with(4, &[&one], &[]).decides(STAYS).0, Verdict::Fail);
    let unlabelled = |_, number| {
        if number < 100 {
            vpn(3000, 1025)
        } else {
            Some(wrapped(Below::Ip, &[]))
        }
    };
    assert_eq!(lab_with(4, &[&unlabelled], &[]).decides(STAYS).0, Verdict::Fail);
    let other = |_, number| vpn(3000 + u32::from(number >= 100), 1026);
    assert_eq!(lab_with(4, &[&other], &[]).decides(STAYS).0, Verdict::Fail);
    let calm = |_, _| vpn(3000, 1025);
    let (verdict, told) = lab_with(4, &[&calm], &[]).decides(STAYS);
    assert_eq!(verdict, Verdict::Inconclusive, "{told}");
    assert!(told.contains("nothing shows a failover"), "{told}");
    // Balanced over two paths all the time is no failover either.
    let balanced = |_, number: u64| vpn(3000 + (number % 2) as u32, 1025);
    assert_eq!(lab_with(4, &[&balanced], &[]).decides(STAYS).0, Verdict::Inconclusive);
    // Those that never came back prove nothing.
    let gone = |flow: u16, number| {
        if number >= 100 && flow < 2 {
            None
        } else {
            vpn(3000 + u32::from(number >= 100), 1025)
        }
    };
    assert_eq!(lab_with(4, &[&gone], &[]).decides(STAYS).0, Verdict::Inconclusive);
}

const WHOLE: &str = "no flow is interrupted for more than 50 ms";
const PER_PACKET: &str = "packets are balanced per packet over link0 and link1";

/// Says of each packet which number and link it has and how it is wrapped, if it is there.
type Sent<'s> = &'s dyn Fn(u64) -> Option<(u64, usize, Wrapped)>;

/// Two seconds of one flow's addresses and ports on two links.
fn of_one_tuple(sequence: SequenceSource, sent: &[Sent<'_>]) -> Lab {
    let folder = tempfile::tempdir().unwrap();
    let mut packets = [Vec::new(), Vec::new()];
    for number in 0..2_000 {
        for (place, sent) in (0..).zip(sent) {
            if let Some((number_sent, link, wrapped)) = sent(number) {
                let at = BEGIN + PERIOD * i64::try_from(number).unwrap() + place * 1_000;
                packets[link].push((at, frame(&wrapped, &probe(1, 4000, number_sent))));
            }
        }
    }
    let links = packets.iter().enumerate().map(|(link, packets)| {
        let path = folder.path().join(format!("{link}.pcap"));
        written(&path, packets);
        LinkFiles {
            name: format!("link{link}"),
            device: "p".to_owned(),
            files: vec![path],
            interface: None,
            evidence: Vec::new(),
        }
    });
    let point = PointFiles {
        name: "p".to_owned(),
        links: links.collect(),
    };
    let known = Known {
        end: EndOfTraffic::Together,
        sequence,
        ..Known::default()
    };
    Lab {
        study: Study::of(&[point], &known).unwrap(),
        _folder: folder,
    }
}

fn in_vpn(label: u32) -> Wrapped {
    wrapped(Below::Ip, &[(3000, 254), (label, 254)])
}

#[test]
fn flows_alike_in_two_vpns_hide_nothing_from_each_other() {
    let interrupted = |number: u64| (!(500..700).contains(&number)).then(|| (number, 0, in_vpn(1025)));
    let whole = |number: u64| Some((number, 0, in_vpn(1026)));
    let lab = of_one_tuple(SequenceSource::Probe, &[&interrupted, &whole]);
    let (verdict, told) = lab.decides(WHOLE);
    assert_eq!(verdict, Verdict::Inconclusive, "{told}");
    assert!(told.contains("two service labels"), "{told}");
    let one = |sent: Sent<'_>| of_one_tuple(SequenceSource::Probe, &[sent]).decides(WHOLE).0;
    assert_eq!((one(&whole), one(&interrupted)), (Verdict::Pass, Verdict::Fail));
}

#[test]
fn vpns_on_a_link_each_are_not_balanced_per_packet() {
    for sequence in [SequenceSource::None, SequenceSource::Probe] {
        let on = |link: usize| move |number: u64| Some((number, link, in_vpn(1025 + link as u32)));
        let lab = of_one_tuple(sequence, &[&on(0), &on(1)]);
        let (verdict, told) = lab.decides(PER_PACKET);
        assert_eq!(verdict, Verdict::Inconclusive, "{told}");
        assert!(told.contains("two service labels"), "{told}");
    }
}

#[test]
fn short_flows_alike_in_two_vpns_are_told_by_their_number() {
    let on = |label: u32| move |_, _| Some(in_vpn(label));
    let (verdict, told) = lab(30, &[&on(2025), &on(2026)]).decides(PER_PACKET);
    assert_eq!(verdict, Verdict::Inconclusive, "{told}");
    assert!(told.contains("30 flows had two service labels"), "{told}");
    let (_, told) = lab(30, &[&on(2025), &on(2025)]).decides(PER_PACKET);
    assert!(!told.contains("service labels"), "{told}");
}

#[test]
fn one_flow_may_have_two_service_labels() {
    // Per packet over two routers, each with its label: the numbers tell that it is one flow.
    let sprayed = |number: u64| {
        let link = (number % 2) as usize;
        Some((number, link, in_vpn(1025 + link as u32)))
    };
    let lab = of_one_tuple(SequenceSource::Probe, &[&sprayed]);
    assert_eq!(
        (lab.decides(WHOLE).0, lab.decides(PER_PACKET).0),
        (Verdict::Pass, Verdict::Pass)
    );
    // One after the other, as paths fail and come back.
    let switched = |number: u64| {
        let link = usize::from((500..1_000).contains(&number));
        Some((number, link, in_vpn(1025 + link as u32)))
    };
    for sequence in [SequenceSource::None, SequenceSource::Probe] {
        let findings = &of_one_tuple(sequence, &[&switched]).study.points[0].outages.findings;
        assert!(
            findings.iter().all(|finding| !finding.text.contains("service labels")),
            "{findings:?}"
        );
    }
}
