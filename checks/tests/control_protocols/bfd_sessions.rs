//! Lives of BFD sessions, and what is made of them.

use checks::capture::event::{
    BfdCause, BfdChange, ControlFindingKind, ControlPlane, ControlPlaneReport, EventKind, PointId,
};
use checks::capture::protocol::bfd::State;

use crate::reading::feed;
use crate::wire::{Bfd, Bytes, ipv4, pcap, udp};

const A: &str = "10.0.0.1";
const B: &str = "10.0.0.2";
const MS: i64 = 1_000_000;

pub fn watch(frames: &[(i64, Bytes)]) -> ControlPlaneReport {
    let mut observer = ControlPlane::new();
    feed(&mut observer, 0, 0, &pcap(frames));
    observer.finish()
}

/// Both ends Up for `rounds` intervals of 10 ms, A 5 ms before B.
fn up(rounds: i64) -> Vec<(i64, Bytes)> {
    let mut frames = Vec::new();
    for round in 0..rounds {
        let identification = round as u16;
        frames.push((round * 9 * MS, Bfd::up(1, 2, 10_000).frame(A, B, identification)));
        frames.push((
            round * 9 * MS + 5 * MS,
            Bfd::up(2, 1, 10_000).frame(B, A, identification),
        ));
    }
    frames
}

fn with(mut frames: Vec<(i64, Bytes)>, more: &[(i64, Bytes)]) -> Vec<(i64, Bytes)> {
    frames.extend_from_slice(more);
    frames
}

pub fn states(report: &ControlPlaneReport) -> Vec<(String, State, State, BfdCause)> {
    let change = |event: &checks::capture::event::Event| match &event.kind {
        EventKind::Bfd(BfdChange::State { from, to, cause, .. }) => Some((event.from.to_string(), *from, *to, *cause)),
        _ => None,
    };
    report.events.iter().filter_map(change).collect()
}

pub fn kinds(report: &ControlPlaneReport) -> Vec<ControlFindingKind> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn one_end_detects_and_the_other_follows() {
    // B's last packet at 86 ms; A is silent about it until 116.2 ms.
    let down = Bfd {
        diagnostic: 1,
        state: Bfd::DOWN,
        yours: 0,
        ..Bfd::up(1, 2, 10_000)
    };
    let follows = Bfd {
        diagnostic: 3,
        state: Bfd::DOWN,
        ..Bfd::up(2, 1, 10_000)
    };
    let frames = with(
        up(10),
        &[
            (86 * MS + 30 * MS + 200_000, down.frame(A, B, 100)),
            (120 * MS, follows.frame(B, A, 100)),
        ],
    );
    let report = watch(&frames);
    assert_eq!(
        states(&report),
        [
            (A.to_owned(), State::Up, State::Down, BfdCause::Detected),
            (B.to_owned(), State::Up, State::Down, BfdCause::Followed),
        ]
    );
    let detection = report.events.iter().find(|event| event.is_detection()).unwrap();
    let EventKind::Bfd(BfdChange::State {
        silence: Some(silence), ..
    }) = &detection.kind
    else {
        panic!("{detection:?}")
    };
    assert_eq!(silence.elapsed_ns, 30 * MS + 200_000);
    assert_eq!(silence.last_heard.packet, 20);
    assert_eq!(silence.detection_time_ns, Some(30 * MS));
    assert_eq!(kinds(&report), []);
}

#[test]
fn an_operators_act_is_no_failure_at_either_end() {
    let admin = Bfd {
        diagnostic: 7,
        state: Bfd::ADMIN_DOWN,
        ..Bfd::up(1, 2, 10_000)
    };
    let follows = Bfd {
        diagnostic: 3,
        state: Bfd::DOWN,
        ..Bfd::up(2, 1, 10_000)
    };
    let report = watch(&with(
        up(10),
        &[(90 * MS, admin.frame(A, B, 100)), (95 * MS, follows.frame(B, A, 100))],
    ));
    assert_eq!(
        states(&report),
        [
            (A.to_owned(), State::Up, State::AdminDown, BfdCause::Operator),
            (B.to_owned(), State::Up, State::Down, BfdCause::Operator),
        ]
    );
    assert!(report.events.iter().all(|event| !event.is_detection()));
}

#[test]
fn a_packet_seen_here_that_the_detector_missed_is_told() {
    let down = Bfd {
        diagnostic: 1,
        state: Bfd::DOWN,
        ..Bfd::up(1, 2, 10_000)
    };
    // B still passes this point when A goes Down.
    let report = watch(&with(up(10), &[(88 * MS, down.frame(A, B, 100))]));
    assert_eq!(kinds(&report), [ControlFindingKind::BfdDetectedEarly]);
    let late = watch(&with(up(10), &[(1_200 * MS, down.frame(A, B, 100))]));
    assert_eq!(
        kinds(&late),
        [ControlFindingKind::BfdDetectedLate, ControlFindingKind::BfdSilent]
    );
}

#[test]
fn detection_time_uses_the_other_ends_multiplier_and_the_slower_interval() {
    // A asks to receive every 20 ms, B wants to send every 50 ms, five times: 250 ms at A, 3 x 100 ms at B.
    let a = Bfd {
        tx_us: 10_000,
        rx_us: 20_000,
        multiplier: 3,
        ..Bfd::up(1, 2, 0)
    };
    let b = Bfd {
        tx_us: 50_000,
        rx_us: 100_000,
        multiplier: 5,
        ..Bfd::up(2, 1, 0)
    };
    let report = watch(&[
        (0, a.frame(A, B, 1)),
        (MS, b.frame(B, A, 1)),
        (90 * MS, a.frame(A, B, 2)),
        (91 * MS, b.frame(B, A, 2)),
    ]);
    let ends: Vec<_> = report
        .bfd
        .iter()
        .map(|end| (end.from.to_string(), end.transmit_interval_ns, end.detection_time_ns))
        .collect();
    assert_eq!(
        ends,
        [
            (A.to_owned(), Some(100 * MS), Some(250 * MS)),
            (B.to_owned(), Some(50 * MS), Some(300 * MS)),
        ]
    );
    // 90 ms is within 75..100 % of A's 100 ms; for B's 50 ms it is too long.
    assert_eq!(kinds(&report), [ControlFindingKind::BfdIntervalsLong]);
}

#[test]
fn a_poll_is_answered_and_timers_change() {
    let slow = Bfd::up(1, 2, 1_000_000);
    let poll = Bfd {
        flags: Bfd::POLL,
        ..Bfd::up(1, 2, 10_000)
    };
    let answer = Bfd {
        flags: Bfd::FINAL,
        ..Bfd::up(2, 1, 10_000)
    };
    let report = watch(&[
        (0, slow.frame(A, B, 1)),
        (MS, Bfd::up(2, 1, 10_000).frame(B, A, 1)),
        (900 * MS, poll.frame(A, B, 2)),
        (901 * MS, answer.frame(B, A, 2)),
        (910 * MS, Bfd::up(1, 2, 10_000).frame(A, B, 3)),
        (919 * MS, Bfd::up(1, 2, 10_000).frame(A, B, 4)),
    ]);
    let told: Vec<_> = report
        .events
        .iter()
        .map(checks::capture::event::Event::summary)
        .collect();
    assert_eq!(
        told[2..],
        [
            "BFD timers: desired min TX 10000 µs, required min RX 10000 µs, multiplier 3",
            "BFD poll",
            "BFD final"
        ]
    );
    assert_eq!(kinds(&report), []);
}

#[test]
fn another_discriminator_is_a_reset_unless_both_are_heard() {
    let again = Bfd {
        state: Bfd::DOWN,
        yours: 0,
        ..Bfd::up(7, 0, 1_000_000)
    };
    let report = watch(&with(up(10), &[(500 * MS, again.frame(A, B, 100))]));
    let resets = |report: &ControlPlaneReport| {
        let reset = |event: &&checks::capture::event::Event| {
            matches!(event.kind, EventKind::Bfd(BfdChange::Discriminator { from: 1, to: 7 }))
        };
        report.events.iter().filter(reset).count()
    };
    assert_eq!(resets(&report), 1);
    // A second session beside the first.
    let mut both = up(10);
    for round in 3..10 {
        both.push((
            round * 9 * MS + MS,
            Bfd::up(7, 8, 10_000).frame(A, B, 200 + round as u16),
        ));
    }
    both.sort_by_key(|(time, _)| *time);
    let report = watch(&both);
    assert_eq!(resets(&report), 0);
    assert_eq!(states(&report), []);
}

#[test]
fn packets_that_must_be_discarded_change_nothing() {
    let down = Bfd {
        diagnostic: 1,
        state: Bfd::DOWN,
        ..Bfd::up(1, 2, 10_000)
    };
    let forged = crate::wire::ipv4(A, B, 17, 254, 9, &crate::wire::udp(49_153, 3784, &down.encode(&[])));
    let zero = Bfd { multiplier: 0, ..down };
    let report = watch(&with(up(10), &[(90 * MS, forged), (91 * MS, zero.frame(A, B, 100))]));
    assert_eq!(states(&report), []);
    assert_eq!(kinds(&report), [ControlFindingKind::BfdDiscarded; 2]);
}

#[test]
fn the_same_change_at_two_points_is_one_event_and_a_later_one_another() {
    let down = Bfd {
        diagnostic: 1,
        state: Bfd::DOWN,
        ..Bfd::up(1, 2, 10_000)
    };
    let frames = with(
        up(10),
        &[
            (117 * MS, down.frame(A, B, 100)),
            (200 * MS, Bfd::up(1, 2, 10_000).frame(A, B, 101)),
            (300 * MS, down.frame(A, B, 102)),
        ],
    );
    let mut observer = ControlPlane::new();
    feed(&mut observer, 0, 0, &pcap(&frames));
    // The other point's clock is 40 ms ahead, and it missed the beginning.
    let shifted: Vec<_> = frames[4..]
        .iter()
        .map(|(time, frame)| (time + 40 * MS, frame.clone()))
        .collect();
    feed(&mut observer, 1, 1, &pcap(&shifted));
    let report = observer.finish();
    assert_eq!(states(&report).len(), 3);
    for event in report.events.iter().filter(|event| event.is_detection()) {
        let apart = event
            .at(PointId(1))
            .unwrap()
            .time
            .since(event.at(PointId(0)).unwrap().time);
        assert_eq!(apart, 40 * MS);
    }
}

#[test]
fn of_two_sessions_between_the_same_addresses_the_silent_one_is_found() {
    // Members of a LAG: 1-2 and 11-12. B's 2 falls silent, A's 1 says so with your discriminator 0.
    let mut frames = Vec::new();
    for round in 0..30 {
        let id = round as u16 * 4 + 1;
        let at = round * 9 * MS;
        frames.push((at, Bfd::up(1, 2, 10_000).frame(A, B, id)));
        if round < 10 {
            frames.push((at + MS, Bfd::up(2, 1, 10_000).frame(B, A, id)));
        }
        frames.push((at + 2 * MS, Bfd::up(11, 12, 10_000).frame(A, B, id + 1)));
        frames.push((at + 3 * MS, Bfd::up(12, 11, 10_000).frame(B, A, id + 1)));
        if round == 12 {
            let down = Bfd {
                diagnostic: 1,
                state: Bfd::DOWN,
                ..Bfd::up(1, 0, 10_000)
            };
            frames.push((at + 4 * MS, down.frame(A, B, id + 2)));
            break;
        }
    }
    let report = watch(&frames);
    let detection = report.events.iter().find(|event| event.is_detection()).unwrap();
    let EventKind::Bfd(BfdChange::State {
        silence: Some(silence), ..
    }) = &detection.kind
    else {
        panic!("{detection:?}")
    };
    assert_eq!(silence.elapsed_ns, (12 * 9 + 4 - 9 * 9 - 1) * MS);
}

#[test]
fn the_directions_of_an_lsp_are_one_session() {
    let there = |id| {
        let datagram = crate::wire::udp(49_153, 3784, &Bfd::up(1, 2, 10_000).encode(&[]));
        crate::wire::ipv4(A, "127.0.0.1", 17, 1, id, &datagram)
    };
    let back = |id| {
        let datagram = crate::wire::udp(49_153, 4784, &Bfd::up(2, 1, 10_000).encode(&[]));
        crate::wire::ipv4(B, A, 17, 250, id, &datagram)
    };
    let report = watch(&[(0, there(1)), (MS, back(1)), (9 * MS, there(2)), (10 * MS, back(2))]);
    let detection: Vec<_> = report.bfd.iter().map(|end| end.detection_time_ns).collect();
    assert_eq!(detection, [Some(30 * MS); 2]);
    assert_eq!(kinds(&report), []);
}

#[test]
fn a_packet_captured_twice_is_not_two() {
    let mut frames = Vec::new();
    for (time, frame) in up(10) {
        frames.push((time, frame.clone()));
        frames.push((time + 20_000, frame));
    }
    let report = watch(&frames);
    assert_eq!(report.bfd[0].packets, 10);
    assert_eq!(kinds(&report), []);
}

#[test]
fn packets_whose_identification_never_changes_are_all_heard() {
    let mut frames = Vec::new();
    for round in 0..10 {
        frames.push((round * 9 * MS, Bfd::up(1, 2, 10_000).frame(A, B, 7)));
        frames.push((round * 9 * MS + 5 * MS, Bfd::up(2, 1, 10_000).frame(B, A, 7)));
    }
    let down = Bfd {
        diagnostic: 1,
        state: Bfd::DOWN,
        ..Bfd::up(1, 2, 10_000)
    };
    frames.push((116 * MS, down.frame(A, B, 7)));
    let report = watch(&frames);
    assert_eq!(report.bfd[0].packets, 11);
    assert!(report.events.iter().any(checks::capture::event::Event::is_detection));
}

#[test]
fn a_session_that_never_came_up_detects_no_failure() {
    let state = |state, diagnostic| Bfd {
        diagnostic,
        state,
        ..Bfd::up(1, 2, 1_000_000)
    };
    let report = watch(&[
        (0, state(Bfd::DOWN, 0).frame(A, B, 1)),
        (900 * MS, state(2, 0).frame(A, B, 2)),
        (4_000 * MS, state(Bfd::DOWN, 1).frame(A, B, 3)),
    ]);
    assert_eq!(states(&report).len(), 2);
    assert!(report.events.iter().all(|event| !event.is_detection()));
}

#[test]
fn sessions_in_an_associated_channel_are_told_by_their_discriminators() {
    // Label 100, then the generic associated channel label 13 at the bottom; channel type 0x0022 (MPLS-TP).
    let frame = |bfd: Bfd| {
        let packet = Bytes::new()
            .u32(100 << 12 | 255)
            .u32(13 << 12 | 0x100 | 1)
            .u32(0x1000_0022)
            .all(bfd.encode(&[]));
        crate::wire::ethernet(0x8847, &packet)
    };
    let down = Bfd {
        diagnostic: 1,
        state: Bfd::DOWN,
        ..Bfd::up(1, 2, 10_000)
    };
    let mut frames = Vec::new();
    for round in 0..5 {
        frames.push((round * 9 * MS, frame(Bfd::up(1, 2, 10_000))));
        frames.push((round * 9 * MS + MS, frame(Bfd::up(2, 1, 10_000))));
    }
    frames.push((37 * MS + 31 * MS, frame(down)));
    let report = watch(&frames);
    let told: Vec<_> = report
        .events
        .iter()
        .filter(|event| event.is_detection())
        .map(|event| format!("{} > {} {}", event.from, event.to, event.summary()))
        .collect();
    assert_eq!(
        told,
        [
            "discriminator 1 > discriminator 2 BFD Up → Down, control detection time expired (1), 31.000 ms after the other \
             end's last packet (detection time 30.000 ms)"
        ]
    );
    assert_eq!(kinds(&report), []);
}

#[test]
fn a_seamless_reflector_has_no_interval_of_its_own() {
    let mut frames = Vec::new();
    for round in 0..20 {
        let ask = Bfd {
            rx_us: 0,
            ..Bfd::up(77, 99, 10_000)
        };
        let answer = Bfd {
            tx_us: 0,
            ..Bfd::up(99, 77, 10_000)
        };
        let asked = udp(50_000, 7_784, &ask.encode(&[]));
        let answered = udp(7_784, 50_000, &answer.encode(&[]));
        let identification = round as u16;
        frames.push((round * 9 * MS, ipv4(A, B, 17, 255, identification, &asked)));
        frames.push((round * 9 * MS + MS, ipv4(B, A, 17, 255, identification, &answered)));
    }
    assert_eq!(kinds(&watch(&frames)), []);
}
