//! How long a failure took to be noticed, where traffic takes long to tell of it.

use checks::Verdict;
use checks::capture::measure::anatomy::{Anatomy, PhaseName};
use checks::capture::measure::outage::EndOfTraffic;
use checks::phrase::{Assertion, Scope, parse};

use super::clock_tests::{bfd, probe};
use super::label_tests::{ethernet, written};
use super::*;
use crate::study::{Known, LinkFiles, PointFiles};

const BEGIN: i64 = 1_700_000_000_000_000_000;
const MS: i64 = 1_000_000;
const FAILURE: i64 = 800 * MS;
/// The one that notices has another path after this time.
const REPAIR: i64 = 7 * MS;

/// A failure on the way from CE2 to CE1, nanoseconds by one clock if not said otherwise.
#[derive(Debug, Clone, Copy)]
struct Path {
    /// From CE2 to where it fails, and from there to CE1.
    before: i64,
    behind: i64,
    /// From there to where its BFD session is captured.
    bfd_away: i64,
    /// Between BFD packets; three of them are the detection time.
    interval: i64,
    /// The failure comes so long after a BFD packet passed.
    since_bfd: i64,
    /// By how much CE2's clock is ahead.
    ahead: i64,
}

impl Path {
    /// When the side that notices says so.
    fn noticed(self) -> i64 {
        FAILURE - self.since_bfd + self.bfd_away + 3 * self.interval
    }

    fn detection(self) -> i64 {
        self.noticed() - FAILURE
    }
}

fn seeded(seed: u64, bfd_away: bool) -> Path {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = |below: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33).cast_signed() % below
    };
    let interval = [3, 10, 50][usize::try_from(random(3)).unwrap()] * MS;
    let behind = random(20_000) * 1_000;
    Path {
        before: random(20_000) * 1_000,
        behind,
        bfd_away: if bfd_away { random(behind + 1) } else { 0 },
        interval,
        since_bfd: random(interval),
        ahead: random(10_000) * MS - 5_000 * MS,
    }
}

type Packets = Vec<(i64, Vec<u8>)>;

/// What is seen at CE2, at CE1, and of the BFD session where the side 1 notices that 2 is silent.
fn packets(path: Path) -> [Packets; 3] {
    let (mut at_ce2, mut at_ce1, mut of_bfd) = (Vec::new(), Vec::new(), Vec::new());
    let repaired = path.noticed() + REPAIR;
    for number in 0..1_600 {
        let sent = number * MS;
        let passes = sent + path.before;
        at_ce2.push((BEGIN + sent, ethernet(&probe(true, 64, number))));
        if !(FAILURE..repaired).contains(&passes) {
            at_ce1.push((BEGIN + passes + path.behind, ethernet(&probe(true, 61, number))));
        }
        at_ce1.push((BEGIN + sent, ethernet(&probe(false, 64, number))));
        let arrives = BEGIN + sent + path.before + path.behind;
        at_ce2.push((arrives, ethernet(&probe(false, 61, number))));
    }
    let mut passes = (FAILURE - path.since_bfd) % path.interval;
    while passes < 1_500 * MS {
        let heard = BEGIN + passes + path.bfd_away;
        if passes < FAILURE {
            of_bfd.push((heard, ethernet(&bfd(2, path.interval, 3, 0))));
        }
        if passes + path.bfd_away < path.noticed() {
            of_bfd.push((heard + path.interval / 3, ethernet(&bfd(1, path.interval, 3, 0))));
        }
        passes += path.interval;
    }
    of_bfd.retain(|(at, packet)| *at < BEGIN + path.noticed() || packet[26 + 3] == 2);
    of_bfd.push((BEGIN + path.noticed(), ethernet(&bfd(1, path.interval, 1, 1))));
    [at_ce2, at_ce1, of_bfd]
}

fn study(points: &[(&str, Packets)], known: &Known) -> Study {
    let folder = tempfile::tempdir().unwrap();
    let points: Vec<PointFiles> = points
        .iter()
        .map(|(name, packets)| {
            let mut packets = packets.clone();
            packets.sort();
            let path = folder.path().join(format!("{name}.pcap"));
            written(&path, &packets);
            PointFiles {
                name: (*name).to_owned(),
                links: vec![LinkFiles {
                    name: (*name).to_owned(),
                    device: (*name).to_owned(),
                    files: vec![path],
                    interface: None,
                    evidence: Vec::new(),
                }],
            }
        })
        .collect();
    let known = Known {
        end: EndOfTraffic::Together,
        control: true,
        ..known.clone()
    };
    Study::of(&points, &known).unwrap()
}

fn anatomy(study: &Study) -> Anatomy {
    study.anatomy(study.point("ce1").unwrap(), &crate::study::Meant::default())
}

fn contains(anatomy: &Anatomy, truth: i64) -> bool {
    let phases = anatomy.phases.iter();
    let mut detections = phases.filter(|phase| phase.name == PhaseName::Detection);
    detections.next().is_some_and(|phase| phase.length.contains(truth))
}

fn later(packets: &Packets, by: i64) -> Packets {
    packets.iter().map(|(at, octets)| (at + by, octets.clone())).collect()
}

#[test]
fn detection_counts_from_the_failure_however_long_traffic_takes_to_tell_of_it() {
    for seed in 0..16 {
        let path = seeded(seed, true);
        let [at_ce2, at_ce1, of_bfd] = packets(path);
        let truth = path.detection();
        let one_clock = Known {
            one_clock: true,
            ..Known::default()
        };
        let with_bfd = [at_ce1.clone(), of_bfd.clone()].concat();
        let both = study(&[("ce2", at_ce2.clone()), ("ce1", with_bfd.clone())], &one_clock);
        let found = anatomy(&both);
        assert!(
            contains(&found, truth),
            "seed {seed}: {path:?} {truth} {:?}",
            found.phases
        );
        assert!(
            found.contradictions.is_empty(),
            "seed {seed}: {:?}",
            found.contradictions
        );
        // The BFD session at the other point, by its clock.
        let other = later(&[at_ce2, of_bfd].concat(), path.ahead);
        let compared = study(&[("ce2", other), ("ce1", at_ce1)], &Known::default());
        let found = anatomy(&compared);
        assert!(
            contains(&found, truth),
            "seed {seed}: {path:?} {truth} {:?}",
            found.phases
        );
        // One point, and the longest transit time as it is stated.
        let stated = Known {
            transit: Some(20 * MS),
            ..Known::default()
        };
        let found = anatomy(&study(&[("ce1", with_bfd)], &stated));
        assert!(
            contains(&found, truth),
            "seed {seed}: {path:?} {truth} {:?}",
            found.phases
        );
    }
}

#[test]
fn where_nothing_tells_how_long_packets_take_the_detector_does() {
    for seed in 0..16 {
        let path = seeded(seed, false);
        // A detection that is over before traffic tells of the failure is not seen to be of it.
        if path.detection() < path.behind {
            continue;
        }
        let [_, at_ce1, of_bfd] = packets(path);
        let truth = path.detection();
        let alone = anatomy(&study(
            &[("ce1", [at_ce1.clone(), of_bfd.clone()].concat())],
            &Known::default(),
        ));
        assert!(
            contains(&alone, truth),
            "seed {seed}: {path:?} {truth} {:?}",
            alone.phases
        );
        let told = alone
            .notes
            .iter()
            .any(|note| note.contains("the last packet that the detector heard"));
        assert!(told, "{:?}", alone.notes);
        // Without the packets of the silent side there is no bound.
        let detector: Packets = of_bfd.into_iter().filter(|(_, packet)| packet[26 + 3] == 1).collect();
        let half = study(&[("ce1", [at_ce1, detector].concat())], &Known::default());
        let found = anatomy(&half);
        assert!(
            contains(&found, truth),
            "seed {seed}: {path:?} {truth} {:?}",
            found.phases
        );
        let Assertion::Capture(phrase) = parse("detection took less than 1 s", Scope::Capture).unwrap().assertion
        else {
            panic!()
        };
        let outcome = decide(&phrase, Some("ce1"), &half, &[]);
        assert_eq!(outcome.verdict, Verdict::Inconclusive, "{}", outcome.actual);
        assert!(outcome.warnings.iter().any(|warning| warning.contains("--transit")));
    }
}
