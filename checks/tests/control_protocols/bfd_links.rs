//! BFD sessions with the same addresses and discriminators on several links of one capture, and sessions that go from one
//! link to another.

use checks::capture::event::{BfdCause, ControlFindingKind, ControlPlaneReport};
use checks::capture::protocol::bfd::State;

use crate::bfd_sessions::{kinds, states, watch};
use crate::wire::{Bfd, Bytes, ipv4, tagged, udp};

const A: &str = "10.0.0.1";
const B: &str = "10.0.0.2";
const MS: i64 = 1_000_000;
/// Rounds of 9 ms.
const ROUNDS: i64 = 40;

/// Two sessions alike in everything but what `link` puts their frames into: `0` is Up all the time, and B is silent in `1`
/// from the tenth round on, so that A goes Down.
fn two(link: impl Fn(u16, Bytes) -> Bytes) -> ControlPlaneReport {
    let down = Bfd {
        diagnostic: 1,
        state: Bfd::DOWN,
        ..Bfd::up(1, 2, 10_000)
    };
    let mut frames = Vec::new();
    for round in 0..ROUNDS {
        for session in [0, 1] {
            let number = (round + i64::from(session) * 1_000) as u16;
            let at = round * 9 * MS + i64::from(session) * MS;
            let is_down = session == 1 && round > 12;
            let a = if is_down { down } else { Bfd::up(1, 2, 10_000) };
            frames.push((at, link(session, a.frame(A, B, number))));
            if session == 0 || round < 10 {
                let b = Bfd::up(2, 1, 10_000).frame(B, A, number);
                frames.push((at + 4 * MS, link(session, b)));
            }
        }
    }
    watch(&frames)
}

#[test]
fn sessions_alike_in_two_vlans_are_two() {
    let in_vlans = two(|session, frame| tagged(10 + session, &frame));
    let stacked = two(|session, frame| tagged(7, &tagged(10 + session, &frame)));
    let on_one_side = two(|session, frame| if session == 0 { frame } else { tagged(11, &frame) });
    for (report, vlans) in [(in_vlans, "VLAN 11"), (stacked, "VLANs 7.11"), (on_one_side, "VLAN 11")] {
        assert_eq!(
            states(&report),
            [(A.to_owned(), State::Up, State::Down, BfdCause::Detected)]
        );
        let detection = report.events.iter().find(|event| event.is_detection()).unwrap();
        assert_eq!(detection.vlans.to_string(), vlans);
        assert!(detection.summary().ends_with(vlans), "{}", detection.summary());
        assert_eq!(report.bfd.len(), 4);
        assert_eq!(
            kinds(&report),
            [ControlFindingKind::BfdSilent],
            "B in {vlans}: {:?}",
            report.findings
        );
    }
}

#[test]
fn one_session_on_a_trunk_and_on_the_interface_of_its_vlan_is_one() {
    let mut frames = Vec::new();
    for round in 0..ROUNDS {
        let number = 1 + round as u16;
        for (at, frame) in [
            (0, Bfd::up(1, 2, 10_000).frame(A, B, number)),
            (4 * MS, Bfd::up(2, 1, 10_000).frame(B, A, number)),
        ] {
            frames.push((round * 9 * MS + at, tagged(10, &frame)));
            frames.push((round * 9 * MS + at + 20_000, frame));
        }
    }
    let report = watch(&frames);
    assert_eq!((report.bfd.len(), report.events.len()), (2, 2), "{:?}", report.events);
    assert_eq!(kinds(&report), []);
}

#[test]
fn sessions_alike_in_all_vlans_take_no_time() {
    let frames: Vec<(i64, Bytes)> = (0..16_000)
        .map(|number| {
            let up = Bfd::up(1, 2, 10_000).frame(A, B, number as u16);
            (number * 1_000, tagged((number % 4_000) as u16, &up))
        })
        .collect();
    let report = watch(&frames);
    assert_eq!(report.bfd.len(), 4_000);
    assert_eq!(report.events.len(), 4_000);
}

/// In a frame of a multihop session.
fn multihop(said: Bfd, source: &str, destination: &str, number: u16) -> Bytes {
    ipv4(
        source,
        destination,
        17,
        254,
        number,
        &udp(49_153, 4784, &said.encode(&[])),
    )
}

#[test]
fn sessions_over_several_hops_that_may_be_two_detect_nothing() {
    let down = Bfd {
        diagnostic: 1,
        state: Bfd::DOWN,
        ..Bfd::up(1, 2, 10_000)
    };
    let mut frames = Vec::new();
    for round in 0..ROUNDS {
        let number = 1 + round as u16;
        let up = Bfd::up(1, 2, 10_000);
        frames.push((round * 9 * MS, tagged(10, &multihop(up, A, B, number))));
        frames.push((round * 9 * MS + 4 * MS, tagged(11, &multihop(down, A, B, number + 500))));
    }
    let report = watch(&frames);
    assert!(report.events.iter().all(|event| !event.is_detection()));
    assert!(kinds(&report).contains(&ControlFindingKind::BfdMixed));
    let doubt = report.absence_is_doubtful().unwrap();
    assert!(
        doubt.text.contains("VLAN 10") && doubt.text.contains("VLAN 11"),
        "{}",
        doubt.text
    );
}

#[test]
fn a_session_over_several_hops_that_goes_another_way_stays_one() {
    let down = Bfd {
        diagnostic: 1,
        state: Bfd::DOWN,
        ..Bfd::up(1, 2, 10_000)
    };
    let mut frames = Vec::new();
    for round in 0..10 {
        let number = 1 + round as u16;
        frames.push((
            round * 9 * MS,
            tagged(10, &multihop(Bfd::up(1, 2, 10_000), A, B, number)),
        ));
        let answer = multihop(Bfd::up(2, 1, 10_000), B, A, number);
        frames.push((round * 9 * MS + 5 * MS, tagged(10, &answer)));
    }
    frames.push((86 * MS + 30 * MS + 200_000, tagged(11, &multihop(down, A, B, 100))));
    let report = watch(&frames);
    assert_eq!(
        states(&report),
        [(A.to_owned(), State::Up, State::Down, BfdCause::Detected)]
    );
    assert_eq!(kinds(&report), []);
}
