//! Traffic and captures of a lab: what is possible, and how what is not is refused.

use std::time::Duration;

use rstest::rstest;

use super::stage::{MILLISECOND, Stage, probes_since};
use crate::capture::{CaptureFormat, CapturePoint, CaptureRequest};
use crate::fault::Direction;
use crate::lab::Lab;
use crate::network::Moment;
use crate::traffic::TrafficSpec;

fn spec() -> TrafficSpec {
    TrafficSpec {
        device: "CE2".into(),
        destination: "1.1.1.1".parse().unwrap(),
        flows: 4,
        ..TrafficSpec::default()
    }
}

fn request(points: &[(&str, &str)], from: u64, to: u64) -> CaptureRequest {
    let points = points.iter().map(|(device, interface)| CapturePoint {
        device: (*device).into(),
        interface: (*interface).into(),
        direction: Direction::Both,
    });
    CaptureRequest {
        points: points.collect(),
        from: Moment::from_nanos(from * MILLISECOND),
        to: Moment::from_nanos(to * MILLISECOND),
        format: CaptureFormat::Pcapng,
    }
}

/// A lab at 1 s, with traffic since its start.
fn lab() -> Lab {
    let lab = Stage::lab(|_, text| text);
    lab.start_traffic(&spec()).unwrap();
    lab.timed().unwrap().advance_to(Moment::START + Duration::from_secs(1));
    lab
}

#[test]
fn traffic_begins_and_ends_when_it_is_told_to() {
    let lab = lab();
    let second = lab
        .start_traffic(&TrafficSpec {
            duration: Some(Duration::from_millis(100)),
            source: Some("10.9.9.9".parse().unwrap()),
            ..spec()
        })
        .unwrap();
    assert_eq!((second.first_flow, second.start.nanos()), (4, 1_000 * MILLISECOND));
    lab.timed().unwrap().advance_to(Moment::START + Duration::from_secs(2));
    let first = lab.start_traffic(&spec()).unwrap();
    assert_eq!(first.source.to_string(), "10.3.1.2");
    assert_eq!(lab.stop_traffic(first.id).unwrap(), first.start);
    for id in [first.id, second.id] {
        assert_eq!(
            lab.stop_traffic(id).unwrap_err().to_string(),
            format!("traffic {id} does not run")
        );
    }
    let request = request(&[("CE2", "ge 0/1/0")], 0, 2_000);
    let (file, summary) = lab.capture(&request, Vec::new()).unwrap();
    let probes = probes_since(&file, lab.timed().unwrap().epoch());
    let count = |flows: std::ops::Range<u32>| probes.iter().filter(|probe| flows.contains(&probe.flow)).count();
    assert_eq!([count(0..4), count(4..8), count(8..12)], [8_000, 400, 0]);
    assert!(summary.packets[0] >= 8_400, "{summary:?}");
    let of_second = probes.iter().filter(|probe| (4..8).contains(&probe.flow));
    assert!(
        of_second
            .clone()
            .all(|probe| (1_000 * MILLISECOND..1_100 * MILLISECOND).contains(&probe.sent))
    );
}

#[rstest]
#[case(|spec: &mut TrafficSpec| spec.device = "CE9".into(), "the lab has no device `CE9`")]
#[case(|spec: &mut TrafficSpec| spec.vpn_instance = Some("VPNB".into()), "CE2 has no VPN instance `VPNB`")]
#[case(|spec: &mut TrafficSpec| spec.flows = 20_000, "20000 flows: from 1 to 10000 are possible")]
#[case(
    |spec: &mut TrafficSpec| spec.destination = "9.9.9.9".parse().unwrap(),
    "CE2 has no route to 9.9.9.9 from which a source address would follow: give one"
)]
fn traffic_is_refused(#[case] change: fn(&mut TrafficSpec), #[case] expected: &str) {
    let mut spec = spec();
    change(&mut spec);
    assert_eq!(lab().start_traffic(&spec).unwrap_err().to_string(), expected);
}

#[rstest]
#[case(request(&[], 0, 1_000), "a capture needs at least one port")]
#[case(request(&[("PE9", "GE0/1/0")], 0, 1_000), "the lab has no device `PE9`")]
#[case(request(&[("PE1", "GE0/9/0")], 0, 1_000), "PE1 has no link at a port `GE0/9/0`")]
#[case(request(&[("PE1", "LoopBack1")], 0, 1_000), "PE1 has no link at a port `LoopBack1`")]
#[case(request(&[("PE1", "GE0/1/0.1")], 0, 1_000), "PE1 has no link at a port `GE0/1/0.1`")]
#[case(
    request(&[("PE1", "GE0/1/0"), ("PE1", "GigabitEthernet 0/1/0")], 0, 1_000),
    "PE1 GigabitEthernet0/1/0 stands twice in one capture"
)]
#[case(request(&[("PE1", "GE0/1/0")], 1_000, 1_000), "the capture ends before it begins")]
#[case(request(&[("PE1", "GE0/1/0")], 0, 1_500), "the capture ends 500ms from now: only what has happened can be captured")]
fn captures_are_refused(#[case] request: CaptureRequest, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("refused.pcapng");
    let error = lab().capture_to(&request, &path).unwrap_err().to_string();
    assert!(error.starts_with(expected), "{error}");
    assert!(!path.exists());
}

#[test]
fn what_is_too_large_or_cannot_be_written_is_refused() {
    let lab = Stage::lab(|_, text| text);
    let most = TrafficSpec {
        flows: 10_000,
        packets_per_second: 10_000,
        ..spec()
    };
    lab.start_traffic(&most).unwrap();
    lab.timed()
        .unwrap()
        .advance_to(Moment::START + Duration::from_millis(1_500));
    let error = lab
        .capture(&request(&[("PE1", "GE0/1/0")], 0, 1_500), Vec::new())
        .unwrap_err();
    assert!(
        error.to_string().starts_with("up to 150000000 packets in one capture"),
        "{error}"
    );
    let folder = tempfile::tempdir().unwrap();
    let error = lab.capture_to(
        &request(&[("PE1", "GE0/1/0")], 0, 1),
        &folder.path().join("no/such/folder"),
    );
    assert!(error.unwrap_err().to_string().starts_with("cannot write "));
}

#[test]
fn nothing_is_captured_of_what_is_not_computed() {
    let lab = Stage::lab(|name, text| match name {
        "PE3" => text.replace("ospf 1\n", "ospf 1\n area 0.0.0.0\n  stub\n"),
        _ => text,
    });
    lab.timed().unwrap().advance_to(Moment::START + Duration::from_secs(1));
    let error = lab
        .capture(&request(&[("PE1", "GE0/1/0")], 0, 1_000), Vec::new())
        .unwrap_err();
    let expected = "nothing is known of a part of the capture: ";
    assert!(error.to_string().starts_with(expected), "{error}");
}
