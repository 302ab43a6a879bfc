//! The failover that was captured in a real network: four flows of 1,000 packets/s each way.

use std::io::Read;

use checks::Verdict;
use checks::capture::container::Reader;
use checks::capture::event::{ControlPacket, ControlPlane, PointId, Sighting};
use checks::capture::measure::anatomy::{Anatomy, AnatomyInput, FlowSwitch, PhaseName, marks};
use checks::capture::measure::outage::{EndOfTraffic, OutageReport, OutageSettings, OutageTracker};
use checks::capture::measure::{FlowSink, Instant, LaneId, Limit, Observation};
use checks::capture::observe::{Observer, SequenceSource};
use checks::capture::packet::{FlowKey, Roles, decode};
use flate2::read::GzDecoder;

use crate::generator::MS;

/// What was seen, in the order of reading.
enum Seen {
    Flow(Observation),
    Other(LaneId, i64),
}

impl Seen {
    fn time(&self) -> i64 {
        match self {
            Self::Flow(observation) => observation.time,
            Self::Other(_, time) => *time,
        }
    }
}

struct Kept(Vec<Seen>);

impl FlowSink for Kept {
    fn observe(&mut self, observation: &Observation) {
        self.0.push(Seen::Flow(*observation));
    }

    fn unrelated(&mut self, lane: LaneId, time: i64) {
        self.0.push(Seen::Other(lane, time));
    }
}

fn octets(file: &str) -> Vec<u8> {
    let path = format!("{}/fixtures/capture/failover/{file}", env!("CARGO_MANIFEST_DIR"));
    let mut octets = Vec::new();
    GzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_end(&mut octets)
        .unwrap();
    octets
}

/// Files that are one point: merged by time.
fn point(files: &[&str]) -> (Vec<FlowKey>, OutageReport) {
    let mut observer = Observer::new(Roles::default(), SequenceSource::Probe, 100);
    let mut kept = Kept(Vec::new());
    for (lane, file) in files.iter().enumerate() {
        let mut reader = Reader::new();
        let lane = LaneId(u16::try_from(lane).unwrap());
        reader.feed(&octets(file), |record| observer.observe(record, lane, &mut kept));
        reader.finish();
    }
    kept.0.sort_by_key(Seen::time);
    let mut tracker = OutageTracker::new(OutageSettings {
        end: EndOfTraffic::Together,
        ..OutageSettings::default()
    });
    for seen in kept.0 {
        match seen {
            Seen::Flow(observation) => tracker.observe(&observation),
            Seen::Other(lane, time) => tracker.unrelated(lane, time),
        }
    }
    (observer.flows().keys().to_vec(), tracker.finish())
}

fn to_port(keys: &[FlowKey], report: &OutageReport, port: u16) -> Vec<checks::capture::measure::outage::FlowOutages> {
    report
        .flows
        .iter()
        .filter(|flow| match keys[flow.flow.0 as usize] {
            FlowKey::V4 { ports: Some(ports), .. } => ports.destination == port,
            _ => false,
        })
        .cloned()
        .collect()
}

#[test]
fn longest_gaps_and_losses() {
    let (keys, at_ce1) = point(&["ce1-to-pe1.pcap.gz", "ce1-to-pe2.pcap.gz"]);
    let (other_keys, at_ce2) = point(&["ce2-to-pe3.pcap.gz"]);
    for (keys, report, port, gap, lost) in [
        (&keys, &at_ce1, 7000, 95_030_000, 94),
        (&other_keys, &at_ce2, 7001, 38_970_000, 38),
    ] {
        let flows = to_port(keys, report, port);
        assert_eq!(flows.len(), 4);
        let affected: Vec<_> = flows.iter().filter(|flow| !flow.outages.is_empty()).collect();
        assert_eq!(affected.len(), 1, "{report:?}");
        let outage = affected[0].longest().unwrap();
        assert_eq!(outage.lost, Some(lost));
        assert!((outage.gap.unwrap() - gap).abs() < MS / 100, "{:?}", outage.gap);
    }
}

/// What the control plane did at a point.
fn control_plane(files: &[&str], point: u16) -> checks::capture::event::ControlPlaneReport {
    let mut plane = ControlPlane::new();
    for (file, name) in files.iter().enumerate() {
        let mut reader = Reader::new();
        reader.feed(&octets(name), |record| {
            let Some(time) = record.time else { return };
            let seen = Sighting {
                time,
                point: PointId(point),
                file: u16::try_from(file).unwrap(),
                packet: record.number,
            };
            plane.passes(seen);
            let packet = decode(record, &Roles::default());
            if let Some(control) = ControlPacket::of(seen, &packet) {
                plane.observe(&control);
            }
        });
        reader.finish();
    }
    plane.finish()
}

#[test]
fn detection_and_switch_over_are_told_apart() {
    let files = ["ce1-to-pe1.pcap.gz", "ce1-to-pe2.pcap.gz"];
    let (keys, report) = point(&files);
    let plane = control_plane(&files, 0);
    let switches: Vec<FlowSwitch> = to_port(&keys, &report, 7000)
        .iter()
        .filter_map(|flow| FlowSwitch::of_outage(flow, flow.longest()?, 500 * MS))
        .collect();
    let input = AnatomyInput {
        // From the lab's own record of the fault.
        trigger: Some(Instant::between(1_795_222_207_520_306_807, 1_795_222_207_525_085_821)),
        switches,
        period: MS,
        transit: None,
        marks: marks(&plane.events, |_, time| Some(Instant::exact(time))),
    };
    let anatomy = Anatomy::of(&input);
    let detection = anatomy.detection.as_ref().unwrap();
    let took = anatomy
        .phases
        .iter()
        .find(|phase| phase.name == PhaseName::Detection)
        .unwrap();
    assert_eq!(
        Limit::less_than(50 * MS).decide(&took.length, None, []).verdict,
        Verdict::Pass
    );
    assert!(took.length.lower.unwrap() > 20 * MS, "{:?}", took.length);
    assert!(
        ["10.1.1.1", "10.1.1.2"].contains(&detection.by.as_str()),
        "{detection:?}"
    );
    assert!(anatomy.contradictions.is_empty(), "{:?}", anatomy.contradictions);
    assert!(anatomy.total.unwrap().contains(95 * MS));
}
