//! A real failover: four BFD ends, one of which detects.

use std::io::Read;
use std::path::Path;

use checks::capture::event::{
    BfdCause, BfdChange, ControlFindingKind, ControlPlane, ControlPlaneReport, Event, EventKind, PointId,
};
use checks::capture::protocol::bfd::{Diagnostic, State};

use crate::reading::feed;

pub fn capture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/capture/failover")
        .join(name);
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    if let Err(error) = flate2::read::GzDecoder::new(file).read_to_end(&mut bytes) {
        panic!("{}: {error}", path.display());
    }
    bytes
}

fn report(files: &[(u16, &str)]) -> ControlPlaneReport {
    let mut observer = ControlPlane::new();
    for (file, (point, name)) in files.iter().enumerate() {
        feed(&mut observer, *point, file as u16, &capture(name));
    }
    observer.finish()
}

fn detection(report: &ControlPlaneReport) -> &Event {
    let mut detections = report.events.iter().filter(|event| event.is_detection());
    let detection = detections.next().expect("a detection");
    assert!(detections.next().is_none());
    detection
}

#[test]
fn the_detector_is_found_with_its_silence_of_30_milliseconds() {
    let report = report(&[
        (0, "ce1-to-pe1.pcap.gz"),
        (0, "ce1-to-pe2.pcap.gz"),
        (1, "ce2-to-pe3.pcap.gz"),
    ]);
    let event = detection(&report);
    assert_eq!(event.from.to_string(), "10.1.1.1");
    assert_eq!(event.to.to_string(), "10.1.1.2");
    assert_eq!(event.seen.packet, 3538);
    assert_eq!(event.seen.point, PointId(0));
    let EventKind::Bfd(BfdChange::State {
        from,
        to,
        diagnostic,
        cause,
        silence: Some(silence),
        ..
    }) = &event.kind
    else {
        panic!("{:?}", event.kind)
    };
    assert_eq!((*from, *to), (State::Up, State::Down));
    assert_eq!(*diagnostic, Diagnostic::DETECTION_TIME_EXPIRED);
    assert_eq!(*cause, BfdCause::Detected);
    assert_eq!(silence.detection_time_ns, Some(30_000_000));
    assert!(
        (30_000_000..=30_100_000).contains(&silence.elapsed_ns),
        "{} ns from the last packet",
        silence.elapsed_ns
    );
    assert!(!event.is_propagation() && !event.is_administrative());
}

#[test]
fn every_end_is_summed_up_and_nothing_else_is_invented() {
    let report = report(&[(0, "ce1-to-pe1.pcap.gz"), (1, "ce1-to-pe2.pcap.gz")]);
    let ends: Vec<_> = report
        .bfd
        .iter()
        .map(|end| {
            let detection = end.detection_time_ns.map(|time| time / 1_000_000);
            (end.point.0, end.from.to_string(), end.state, detection)
        })
        .collect();
    // The timers are those of the session while it was Up, though CE1 asks for the slow rate after its Down.
    assert_eq!(
        ends,
        [
            (0, "10.1.1.2".to_owned(), State::Up, Some(30)),
            (0, "10.1.1.1".to_owned(), State::Down, Some(30)),
            (1, "10.2.1.1".to_owned(), State::Up, Some(30)),
            (1, "10.2.1.2".to_owned(), State::Up, Some(30)),
        ]
    );
    let packets: u64 = report.bfd.iter().map(|end| end.packets).sum();
    assert_eq!(packets, 503 + 949);
    let changes = report
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::Bfd(BfdChange::State { .. })))
        .count();
    assert_eq!(changes, 1);
    let kinds: Vec<_> = report.findings.iter().map(|finding| finding.kind).collect();
    assert!(
        kinds.iter().all(|kind| matches!(
            kind,
            ControlFindingKind::BfdIntervalsLong | ControlFindingKind::BfdSilent
        )),
        "{:#?}",
        report.findings
    );
    assert!(report.absence_is_doubtful().is_none());
}

#[test]
fn the_same_file_as_two_points_shows_every_event_once() {
    let once = report(&[(0, "ce1-to-pe1.pcap.gz")]);
    let twice = report(&[(0, "ce1-to-pe1.pcap.gz"), (1, "ce1-to-pe1.pcap.gz")]);
    assert_eq!(once.events.len(), twice.events.len());
    assert!(twice.events.iter().all(|event| event.also_seen.len() == 1));
    assert_eq!(detection(&twice).at(PointId(1)).unwrap().packet, 3538);
}
