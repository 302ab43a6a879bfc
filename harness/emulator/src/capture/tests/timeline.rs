//! What is seen in a simple network, against what must be seen.

use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::toy::{LAST, Toy, way};
use crate::capture::CaptureFormat;
use crate::capture::file::Direction;
use crate::capture::file::{CaptureFile, FileHeader};
use crate::capture::timeline::{Observed, Timeline};
use crate::network::{Vrf, Way};
use crate::traffic::{Schedule, Traffic, departures};

const EPOCH: u64 = 1_795_000_000_000_000_000;
const MILLISECOND: u64 = 1_000_000;

/// What was seen of one probe: time, point, flow, sequence number.
type Seen = (u64, usize, u32, u64);

fn traffic(flows: u32, packets_per_second: u32) -> Traffic {
    Traffic {
        device: 0,
        vrf: Vrf::Public,
        source: Ipv4Addr::new(10, 0, 0, 1),
        destination: LAST,
        source_port: 40_000,
        destination_port: 7_000,
        frame_size: 128,
        first_flow: 100,
        schedule: Schedule {
            start: 5,
            stop: None,
            flows,
            packets_per_second,
        },
    }
}

/// Ways whose packets are seen, as they leave or as they arrive.
type Points<'a> = &'a [(Way, Direction)];

fn frames(toy: &Toy, traffic: &Traffic, points: Points<'_>, window: (u64, u64)) -> Vec<(u64, usize, Vec<u8>)> {
    let mut observed = Observed::new();
    for (index, point) in points.iter().enumerate() {
        observed.entry(*point).or_default().push(index);
    }
    let from = window.0.saturating_sub(20 * MILLISECOND);
    let sources = vec![Box::new(departures(traffic, toy, EPOCH, (from, window.1))) as _];
    Timeline::new(sources, observed, window)
        .map(|sighting| {
            let mut frame = Vec::new();
            sighting.frame(&mut frame);
            (sighting.at, sighting.point, frame)
        })
        .collect()
}

fn seen(toy: &Toy, traffic: &Traffic, points: Points<'_>, window: (u64, u64)) -> Vec<Seen> {
    let number = |frame: &[u8], at: usize| u64::from_be_bytes(frame[at..at + 8].try_into().unwrap());
    frames(toy, traffic, points, window)
        .into_iter()
        .map(|(at, point, frame)| {
            // Behind Ethernet, one label, IP and UDP.
            let payload = 14 + 4 + 20 + 8;
            assert_eq!(&frame[payload..payload + 4], b"SEQ1");
            let flow = (number(&frame, payload) & 0xffff_ffff) as u32;
            (at, point, flow, number(&frame, payload + 8))
        })
        .collect()
}

#[test]
fn packets_are_seen_when_and_where_they_pass() {
    let toy = Toy {
        change: 50 * MILLISECOND,
        cut: 40 * MILLISECOND,
        ..Toy::default()
    };
    let points = [
        (way(1, 3), Direction::Out),
        (way(1, 3), Direction::In),
        (way(2, 3), Direction::In),
    ];
    let all = seen(&toy, &traffic(1, 1_000), &points, (0, 100 * MILLISECOND));
    let of = |point: usize| -> Vec<(u64, u64)> {
        let rows = all.iter().filter(|seen| seen.1 == point);
        rows.map(|seen| (seen.0, seen.3)).collect()
    };
    // Packet n leaves at 5 ns + n ms and is at device 1 after 100 µs, at 3 after 200 µs, or by 2 after 600 µs. From the
    // cut on what 1 sends is lost.
    let expected = |numbers: std::ops::Range<u64>, after| -> Vec<(u64, u64)> {
        numbers.map(|n| (5 + n * MILLISECOND + after, n)).collect()
    };
    assert_eq!(of(0), expected(0..50, 100_000));
    assert_eq!(of(1), expected(0..40, 200_000));
    assert_eq!(of(2), expected(50..100, 600_000));
}

#[test]
fn a_known_path_is_not_used_for_packets_that_a_change_meets() {
    // The change and the cut lie between the packet's departure from 0 and from 1; two packets went before.
    let toy = Toy {
        change: 5 + 250_000,
        cut: 5 + 350_000,
        delays: (200_000, 200_000),
        ..Toy::default()
    };
    let points = [(way(1, 3), Direction::In), (way(2, 3), Direction::In)];
    let all = seen(&toy, &traffic(1, 10_000), &points, (0, MILLISECOND));
    let numbers = |point: usize| -> Vec<u64> { all.iter().filter(|seen| seen.1 == point).map(|seen| seen.3).collect() };
    // 0 and 1 leave device 1 at 200 and 300 µs; 2 would at 400 and is lost; from 3 on they go by 2.
    assert_eq!(numbers(0), [0, 1]);
    assert_eq!(numbers(1), [3, 4, 5]);
}

#[test]
fn random_loss_is_a_packets_own() {
    let toy = Toy {
        one_lost_of: 10,
        ..Toy::default()
    };
    let points = [(way(1, 3), Direction::In)];
    let once = seen(&toy, &traffic(10, 1_000), &points, (0, 1_000 * MILLISECOND));
    let lost = 10_000 - once.len();
    assert!((880..1_120).contains(&lost), "{lost} of 10000");
    let part = seen(
        &toy,
        &traffic(10, 1_000),
        &points,
        (100 * MILLISECOND, 200 * MILLISECOND),
    );
    let expected = once
        .iter()
        .filter(|seen| (100 * MILLISECOND..200 * MILLISECOND).contains(&seen.0));
    assert_eq!(part, expected.copied().collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The order is that of time, every window is the part of the whole, and every packet is seen as often as the
    /// network says.
    #[test]
    fn windows_and_order(
        flows in 1..20_u32,
        rate in 1..2_000_u32,
        change in 0..100 * MILLISECOND,
        cut in 0..100 * MILLISECOND,
        slow in 0..5 * MILLISECOND,
        one_lost_of in 0..5_u64,
        from in 0..100 * MILLISECOND,
        length in 0..100 * MILLISECOND,
    ) {
        let toy = Toy { change, cut, heal: cut + MILLISECOND, delays: (100_000, slow), one_lost_of };
        let points = [
            (way(0, 1), Direction::Out),
            (way(0, 2), Direction::Out),
            (way(1, 3), Direction::In),
            (way(2, 3), Direction::In),
            (way(2, 3), Direction::Out),
        ];
        let traffic = traffic(flows, rate);
        let all = frames(&toy, &traffic, &points, (0, 100 * MILLISECOND));
        prop_assert!(all.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        let to = (from + length).min(100 * MILLISECOND);
        let part = frames(&toy, &traffic, &points, (from, to));
        let expected: Vec<_> = all.iter().filter(|row| (from..to).contains(&row.0)).cloned().collect();
        prop_assert_eq!(part, expected);
        let at = |point: usize| all.iter().filter(|row| row.1 == point).count() as u64;
        prop_assert_eq!(at(0) + at(1), traffic.schedule.count(0, 100 * MILLISECOND));
        prop_assert!(at(3) <= at(4) && at(4) <= at(1));
    }
}

#[test]
#[ignore = "a measurement"]
fn speed() {
    let toy = Toy::default();
    for (flows, rate) in [(1, 1_000_000), (100, 10_000), (1_000, 1_000), (10_000, 100)] {
        let began = std::time::Instant::now();
        let traffic = traffic(flows, rate);
        let observed = Observed::from([((way(1, 3), Direction::In), vec![0])]);
        let to = 3_000 * MILLISECOND;
        let sources = vec![Box::new(departures(&traffic, &toy, EPOCH, (0, to))) as _];
        let header = FileHeader {
            application: String::new(),
            comment: String::new(),
            interfaces: vec![(String::new(), String::new())],
        };
        let mut file = CaptureFile::begin(std::io::sink(), CaptureFormat::Pcapng, &header).unwrap();
        let mut count = 0;
        let mut frame = Vec::new();
        for sighting in Timeline::new(sources, observed, (0, to)) {
            sighting.frame(&mut frame);
            file.packet(sighting.point, EPOCH + sighting.at, Some(sighting.direction), &frame)
                .unwrap();
            count += 1;
        }
        println!("{flows} flows: {count} packets in {:?}", began.elapsed());
    }
}
