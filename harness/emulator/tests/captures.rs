//! Traffic and captures in real time, as a program that uses the crate sees them.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use emulator::{
    CaptureFormat, CapturePoint, CaptureRequest, DeviceSpec, Direction, Endpoint, Fault, LabSpec, LinkSpec, RunningLab,
    ServeOptions, TrafficSpec,
};
use pcap_file::pcap::PcapReader;

fn device(name: &str, address: &str) -> DeviceSpec {
    DeviceSpec {
        name: name.into(),
        configuration: format!(
            "sysname {name}\n#\ninterface GigabitEthernet0/1/0\n undo shutdown\n ip address {address} 255.255.255.0\n#\nreturn\n"
        ),
        ..DeviceSpec::default()
    }
}

fn end(device: &str) -> Endpoint {
    Endpoint {
        device: device.into(),
        interface: "GigabitEthernet0/1/0".into(),
    }
}

fn start() -> RunningLab {
    let spec = LabSpec {
        name: "pair".into(),
        devices: vec![device("R1", "10.0.0.1"), device("R2", "10.0.0.2")],
        links: vec![LinkSpec {
            a: end("R1"),
            b: end("R2"),
        }],
        ..LabSpec::default()
    };
    let options = ServeOptions {
        password: "secret".into(),
        ..ServeOptions::default()
    };
    RunningLab::start(spec, options).unwrap()
}

#[test]
fn times_in_a_capture_are_those_of_the_wall_clock() {
    let lab = start();
    let before = SystemTime::now();
    let started = lab
        .start_traffic(&TrafficSpec {
            device: "R1".into(),
            destination: "10.0.0.2".parse().unwrap(),
            flows: 3,
            packets_per_second: 100,
            ..TrafficSpec::default()
        })
        .unwrap();
    std::thread::sleep(Duration::from_millis(200));
    lab.fault(&end("R2"), Direction::Received, Fault::Loss(1.0)).unwrap();
    let lost = lab.now().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let stopped = lab.stop_traffic(started.id).unwrap();
    let after = SystemTime::now();
    let folder = tempfile::tempdir().unwrap();
    let capture = |device: &str, direction: Direction| {
        let path = folder.path().join(format!("{device}.pcap"));
        let request = CaptureRequest {
            points: vec![CapturePoint {
                device: device.into(),
                interface: "GE0/1/0".into(),
                direction,
            }],
            from: started.start,
            to: stopped,
            format: CaptureFormat::Pcap,
        };
        let summary = lab.capture_to(&request, &path).unwrap();
        let mut reader = PcapReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        let mut times = Vec::new();
        while let Some(packet) = reader.next_packet() {
            let packet = packet.unwrap();
            assert_eq!(packet.data.len(), 128);
            times.push(SystemTime::UNIX_EPOCH + packet.timestamp);
        }
        assert_eq!(summary.packets, [times.len() as u64]);
        times
    };
    let sent = capture("R1", Direction::Sent);
    let received = capture("R2", Direction::Received);
    assert!(capture("R1", Direction::Received).is_empty());
    let rate = 300.0;
    let expected = stopped.since(started.start).as_secs_f64() * rate;
    assert!(
        (expected - sent.len() as f64).abs() <= 1.0,
        "{} of {expected}",
        sent.len()
    );
    assert!(sent.iter().all(|time| (before..after).contains(time)));
    let begun = lab.wall_clock(started.start).unwrap();
    assert!(sent[0].duration_since(begun).unwrap() < Duration::from_millis(1));
    assert!(lab.instant_at(sent[0]).unwrap().since(started.start) < Duration::from_millis(1));
    // From the fault on nothing arrives.
    let fault = lab.wall_clock(lost).unwrap();
    assert!(!received.is_empty() && received.len() < sent.len());
    assert!(received.iter().all(|time| *time < fault + Duration::from_millis(1)));
    lab.stop();
}
