//! The failure of the worked example, step by step in simulated time.

use std::time::Duration;

use super::lab::{Computed, port};
use crate::fault::{Direction, Fault, Impairment};
use crate::network::{End, Moment, Packet, Vrf};

const AT: Duration = Duration::from_secs(10);

fn fail(lab: &Computed, direction: Direction, fault: Fault) {
    lab.pass(AT);
    lab.fault_in(direction, "CE1", "GE0/1/0", fault);
    lab.pass(Duration::from_secs(5));
}

/// What PE1 says of its session after the failure: times in milliseconds after it, and diagnostics.
fn transitions(lab: &Computed, device: usize) -> Vec<(f64, u8)> {
    let simulation = lab.lab.timed().unwrap().now();
    let own = simulation.history().bfd_transitions();
    own.filter(|transition| transition.device == device)
        .map(|t| (t.at.since(Moment::START + AT).as_secs_f64() * 1e3, t.diagnostic))
        .collect()
}

/// How many of the packets from CE2 to 1.1.1.1 that leave every millisecond do not arrive.
fn lost(lab: &Computed) -> usize {
    let simulation = lab.lab.timed().unwrap().now();
    let arrives = |number: u64, port: u16| {
        let packet = Packet {
            source: "10.3.1.2".parse().unwrap(),
            destination: "1.1.1.1".parse().unwrap(),
            protocol: 17,
            ports: (port, 5000),
            ttl: 64,
            number,
        };
        let at = Moment::START + AT - Duration::from_millis(100) + Duration::from_millis(number);
        let walk = simulation.history().walk(4, &Vrf::Public, packet, at, number);
        matches!(walk.end, End::Delivered { device: 3, .. })
    };
    let ports = (4000..4016).map(|port| (0..2000).filter(|number| !arrives(*number, port)).count());
    ports.max().unwrap()
}

#[test]
fn a_silent_failure_is_detected_within_the_detection_time_and_repaired_within_50_ms() {
    let lab = Computed::start();
    fail(&lab, Direction::Both, Fault::Loss(1.0));
    let pe1 = transitions(&lab, 0);
    assert!(matches!(pe1[..], [(20.0..=30.1, 1)]), "{pe1:?}");
    let lost = lost(&lab);
    assert!((20..50).contains(&lost), "{lost} ms");
}

#[test]
fn slow_timers_give_an_outage_of_more_than_50_ms() {
    let lab = Computed::start();
    for (device, session) in [("PE1", "pe1_to_ce1"), ("CE1", "ce1_to_pe1")] {
        let lines = ["min-tx-interval 100", "min-rx-interval 100"].map(|line| format!("bfd {session} / {line}"));
        lab.commit_only(device, &[&lines[0], &lines[1]]);
    }
    fail(&lab, Direction::Both, Fault::Cut);
    let pe1 = transitions(&lab, 0);
    assert!(matches!(pe1[..], [(200.0..=300.1, 1)]), "{pe1:?}");
    assert!((200..320).contains(&lost(&lab)));
}

#[test]
fn of_a_one_way_failure_one_end_detects_and_the_other_is_told() {
    let lab = Computed::start();
    fail(&lab, Direction::Sent, Fault::Loss(1.0));
    let (pe1, ce1) = (transitions(&lab, 0), transitions(&lab, 3));
    assert!(matches!(pe1.first(), Some((20.0..=30.1, 1))), "{pe1:?}");
    assert_eq!(ce1.first().map(|(_, diagnostic)| *diagnostic), Some(3), "{ce1:?}");
}

#[test]
fn the_same_seed_gives_the_same_course_of_events() {
    let course = || {
        let lab = Computed::start();
        fail(&lab, Direction::Both, Fault::Loss(0.6));
        let simulation = lab.lab.timed().unwrap().now();
        let history = simulation.history();
        let trains: Vec<_> = history.bfd().cloned().collect();
        let messages: Vec<_> = history.messages().cloned().collect();
        format!("{trains:?} {messages:?}")
    };
    assert_eq!(course(), course());
}

#[test]
fn impairments_end_by_themselves_and_leave_the_others() {
    let lab = Computed::start();
    let end = port("CE1", "GE0/1/0");
    let sent = lab.lab.way(&end).unwrap();
    let at = |way| lab.lab.timed().unwrap().now().condition(way).unwrap();
    let healthy = at(sent);
    lab.lab.fault(&end, Direction::Both, Fault::Loss(0.5)).unwrap();
    let first = lab.lab.impair(&end, Direction::Both, Impairment::Cut).unwrap();
    let second = lab.lab.impair(&end, Direction::Sent, Impairment::Cut).unwrap();
    let lossy = lab
        .lab
        .impair(&end, Direction::Received, Impairment::Loss(0.2))
        .unwrap();
    let slow = Duration::from_millis(7);
    let delayed = lab.lab.impair(&end, Direction::Sent, Impairment::Delay(slow)).unwrap();
    assert!(at(sent).cut && at(sent.back()).cut);
    lab.lab.repair(first).unwrap();
    assert!(at(sent).cut && !at(sent.back()).cut);
    assert_eq!(at(sent).delay, slow);
    assert!((at(sent.back()).loss - 0.6).abs() < 1e-9 && (at(sent).loss - 0.5).abs() < 1e-9);
    for id in [lossy, second, delayed] {
        lab.lab.repair(id).unwrap();
        assert!(lab.lab.repair(id).is_err());
    }
    lab.lab.fault(&end, Direction::Both, Fault::Mend).unwrap();
    assert_eq!((at(sent), at(sent.back())), (healthy, healthy));
    assert!(
        lab.lab
            .impair(&end, Direction::Both, Impairment::Loss(f64::NAN))
            .is_err()
    );
}
