//! Phrases about failovers decided on captures whose clocks differ.

use checks::Verdict;
use checks::capture::measure::Instant;
use checks::capture::measure::outage::EndOfTraffic;
use checks::phrase::{Assertion, Scope, parse};

use super::label_tests::{ethernet, ipv4, written};
use super::*;
use crate::study::{Clock, Known, LinkFiles, PointFiles, Unaligned};

const BEGIN: i64 = 1_700_000_000_000_000_000;
const MS: i64 = 1_000_000;
const SECOND: i64 = 1000 * MS;
/// The link between PE1 and CE1 fails after this time, and PE1 says so after that.
const FAILURE: i64 = 500 * MS;
const DETECTED: i64 = 528 * MS;
const REPAIRED: i64 = 545 * MS;

/// How PE1's clock goes, and which packets there are.
#[derive(Clone, Copy)]
struct Case {
    offset: i64,
    drift_ppm: i64,
    both_ways: bool,
    one_clock: bool,
    transit: Option<i64>,
}

const TWO_CLOCKS: Case = Case {
    offset: 3_700 * MS,
    drift_ppm: 80,
    both_ways: true,
    one_clock: false,
    transit: None,
};

pub(super) fn probe(towards_ce1: bool, ttl: u8, number: i64) -> Vec<u8> {
    let (source, destination) = ([10, 3, 1, 2], [1, 1, 1, 1]);
    let mut udp = vec![0x0f, 0xa0, 0x1b, 0x58, 0, 32, 0, 0];
    udp.extend(b"SEQ1");
    udp.extend(7_u32.to_be_bytes());
    udp.extend(number.to_be_bytes());
    udp.extend((BEGIN + number * MS).to_be_bytes());
    if towards_ce1 {
        ipv4(source, destination, ttl, &udp)
    } else {
        ipv4(destination, source, ttl, &udp)
    }
}

/// What the side 1 or 2 of a session says, every so many nanoseconds.
pub(super) fn bfd(own: u8, interval: i64, state: u8, diagnostic: u8) -> Vec<u8> {
    let mut udp = vec![0xc0, 0, 0x0e, 0xc8, 0, 32, 0, 0];
    udp.extend([0x20 | diagnostic, state << 6, 3, 24]);
    let interval = u32::try_from(interval / 1_000).unwrap();
    for word in [u32::from(own), u32::from(3 - own), interval, interval, 0] {
        udp.extend(word.to_be_bytes());
    }
    ipv4([10, 1, 1, own], [10, 1, 1, 3 - own], 255, &udp)
}

fn study(case: Case) -> (tempfile::TempDir, Study) {
    let folder = tempfile::tempdir().unwrap();
    let (mut at_ce1, mut at_pe1) = (Vec::new(), Vec::new());
    let by_pe1 = |at: i64| BEGIN + at + case.offset + at / 1_000_000 * case.drift_ppm;
    for number in 0..2000 {
        let at = number * MS;
        // Between the points packets take 200 to 500 µs.
        let transit = 200_000 + (number * 7919 % 300) * 1000;
        at_pe1.push((by_pe1(at), ethernet(&probe(true, 62, number))));
        if !(FAILURE..REPAIRED).contains(&at) {
            at_ce1.push((BEGIN + at + transit, ethernet(&probe(true, 61, number))));
        }
        if case.both_ways {
            at_ce1.push((BEGIN + at, ethernet(&probe(false, 64, number))));
            at_pe1.push((by_pe1(at + transit), ethernet(&probe(false, 63, number))));
        }
        if number % 10 == 0 {
            let before = at < FAILURE;
            if before {
                at_pe1.push((by_pe1(at + 3000), ethernet(&bfd(1, 10 * MS, 3, 0))));
            }
            let up = at < DETECTED;
            at_pe1.push((
                by_pe1(at + 2000),
                ethernet(&bfd(2, 10 * MS, if up { 3 } else { 1 }, u8::from(!up))),
            ));
        }
        if at == DETECTED {
            at_pe1.push((by_pe1(at), ethernet(&bfd(2, 10 * MS, 1, 1))));
        }
    }
    let points = [("ce1", at_ce1), ("pe1", at_pe1)].map(|(name, mut packets)| {
        packets.sort();
        let path = folder.path().join(format!("{name}.pcap"));
        written(&path, &packets);
        PointFiles {
            name: name.to_owned(),
            links: vec![LinkFiles {
                name: name.to_owned(),
                device: name.to_owned(),
                files: vec![path],
                interface: None,
                evidence: Vec::new(),
            }],
        }
    });
    let known = Known {
        end: EndOfTraffic::Together,
        control: true,
        one_clock: case.one_clock,
        transit: case.transit,
        ..Known::default()
    };
    let study = Study::of(&points, &known).unwrap();
    (folder, study)
}

fn decides(study: &Study, phrase: &str) -> (Verdict, String) {
    let Assertion::Capture(assertion) = parse(phrase, Scope::Capture).unwrap().assertion else {
        panic!("{phrase}");
    };
    let outcome = decide(&assertion, Some("ce1"), study, &[]);
    (outcome.verdict, outcome.actual)
}

fn detection(study: &Study) -> Option<Instant> {
    Some(
        study
            .anatomy(study.point("ce1")?, &crate::study::Meant::default())
            .detection?
            .at,
    )
}

#[test]
fn packets_of_both_directions_place_what_another_clock_saw() {
    for offset in [0, 3_700 * MS, -86_400 * SECOND, 17] {
        for drift_ppm in [0, 80, -80] {
            let (_folder, study) = study(Case {
                offset,
                drift_ppm,
                ..TWO_CLOCKS
            });
            let at = detection(&study).unwrap();
            let truth = BEGIN + DETECTED;
            assert!(at.lower <= truth && truth <= at.upper, "{offset} {drift_ppm}: {at:?}");
            assert!(at.upper - at.lower < 2 * MS, "{offset} {drift_ppm}: {at:?}");
            let (verdict, told) = decides(&study, "detection took at most 35 ms");
            assert_eq!(verdict, Verdict::Pass, "{told}");
            // The bounds of the clock are part of it: 28 ms is within a millisecond of the truth.
            assert_eq!(decides(&study, "detection took at most 28 ms").0, Verdict::Inconclusive);
            assert_eq!(decides(&study, "detection took at most 20 ms").0, Verdict::Fail);
            // PE1 sees CE1's clock with the same bounds, the other way round.
            let (ce1, pe1) = (study.point("ce1").unwrap(), study.point("pe1").unwrap());
            let Clock::Aligned(there) = study.clock(ce1, pe1) else {
                panic!()
            };
            let Clock::Aligned(back) = study.clock(pe1, ce1) else {
                panic!()
            };
            assert!(there.drift_ppb + back.drift_ppb < 2000, "{there:?} {back:?}");
            assert!((there.drift_ppb - drift_ppm * 1000).abs() < 200_000, "{there:?}");
        }
    }
}

#[test]
fn packets_of_one_direction_leave_it_open_unless_transit_is_bounded() {
    let one_way = Case {
        both_ways: false,
        ..TWO_CLOCKS
    };
    let (_folder, open) = study(one_way);
    assert_eq!(detection(&open), None);
    let (verdict, told) = decides(&open, "detection took at most 1 s");
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(told.contains("the captures show no detection"), "{told}");
    // What the traffic shows at its own point is known all the same.
    assert_ne!(decides(&open, "switch-over took at most 1 s").0, Verdict::Pass);
    assert_eq!(decides(&open, "recovery took at most 60 ms").0, Verdict::Pass);
    let (ce1, pe1) = (open.point("ce1").unwrap(), open.point("pe1").unwrap());
    assert!(matches!(open.clock(ce1, pe1), Clock::Unknown(Unaligned::OneWay)));
    assert!(open.clocks_in_words(ce1)[0].contains("--transit"));
    let (_folder, bounded) = study(Case {
        transit: Some(MS),
        ..one_way
    });
    let at = detection(&bounded).unwrap();
    assert!(at.lower <= BEGIN + DETECTED && BEGIN + DETECTED <= at.upper, "{at:?}");
    assert_eq!(decides(&bounded, "detection took at most 35 ms").0, Verdict::Pass);
}

#[test]
fn one_clock_that_is_stated_is_taken_at_its_word() {
    let (_folder, study) = study(Case {
        offset: 0,
        drift_ppm: 0,
        one_clock: true,
        ..TWO_CLOCKS
    });
    assert_eq!(detection(&study), Some(Instant::exact(BEGIN + DETECTED)));
    assert_eq!(study.clocks_in_words(study.point("ce1").unwrap()), Vec::<String>::new());
}

#[test]
fn the_difference_of_clocks_is_told() {
    let (_folder, study) = study(TWO_CLOCKS);
    let ce1 = study.point("ce1").unwrap();
    let told = study.clocks_in_words(ce1);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("of pe1 is 3.7"), "{told:?}");
}
