//! The stated interval contains the truth, whatever befalls the stream.

use checks::Verdict;
use checks::capture::measure::outage::{EndOfTraffic, FlowOutages, OutageReport, OutageSettings, OutageTracker};
use checks::capture::measure::{FlowSink, Limit, Observation, SequenceSpace};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::generator::{EPOCH, MS, SECOND, Stream, merged, without_numbers, without_send_times};

pub fn measure(packets: &[Observation], settings: OutageSettings) -> OutageReport {
    let mut tracker = OutageTracker::new(settings);
    for packet in packets {
        tracker.observe(packet);
    }
    tracker.finish()
}

pub fn settings() -> OutageSettings {
    OutageSettings {
        end: EndOfTraffic::Together,
        ..OutageSettings::default()
    }
}

fn only(report: &OutageReport) -> &FlowOutages {
    assert_eq!(report.flows.len(), 1);
    &report.flows[0]
}

/// A stream with one outage or several, and every disturbance there may be.
fn disturbed(seed: u64) -> Stream {
    let mut random = StdRng::seed_from_u64(seed);
    let rate = [100, 200, 333, 1_000, 3_000, 10_000][random.random_range(0..6)];
    let period = SECOND / rate;
    let outages = [0, 1, 1, 1, 2, 3][random.random_range(0..6)];
    let before = random.random_range(40..200) * period;
    let mut stream = Stream::steady(0, rate, 0);
    let mut at = before;
    for _ in 0..outages {
        let length = match random.random_range(0..4) {
            0 => random.random_range(0..3 * period),
            1 => random.random_range(0..60 * MS),
            2 => random.random_range(0..500 * MS),
            _ => random.random_range(0..(5 * SECOND).min(4_000 * period)),
        };
        stream = stream.outage(at, length);
        at += length + random.random_range(40..300) * period;
    }
    stream.packets = (at / period) as u64 + 60;
    if random.random_bool(0.4) {
        stream.loss = random.random_range(0.0..0.03);
        // The random losses have to show besides the outage.
        stream.packets += 400;
    }
    if random.random_bool(0.3) {
        stream.duplication = random.random_range(0.0..0.2);
    }
    if random.random_bool(0.4) {
        stream.sender_jitter = random.random_range(0..period / 3);
    }
    if random.random_bool(0.4) {
        stream.path_jitter = random.random_range(0..3 * period);
    }
    if random.random_bool(0.5) {
        stream.new_delay = random.random_range(MS / 10..30 * MS);
        stream.old_delay = random.random_range(MS / 10..30 * MS);
    }
    if random.random_bool(0.3) {
        stream.clock_offset = random.random_range(-10 * SECOND..10 * SECOND);
        stream.clock_drift_ppm = random.random_range(-100..=100);
    }
    stream.poisson = random.random_bool(0.1);
    stream
}

#[test]
fn send_times_and_sequence_contain_the_truth() {
    for seed in 0..1_200 {
        let stream = disturbed(seed);
        let report = measure(&stream.captured(seed), settings());
        let flow = only(&report);
        let truth = stream.truth();
        assert!(
            flow.interruption.contains(truth),
            "seed {seed}: {truth} not in {:?}\n{stream:?}",
            flow.interruption
        );
        assert!(report.interruption.contains(truth), "seed {seed}");
        decide_truly(seed, &report, truth);
    }
}

#[test]
fn sequence_alone_contains_the_truth() {
    for seed in 0..1_200 {
        let stream = disturbed(seed);
        let packets = without_send_times(&stream.captured(seed));
        let settings = OutageSettings {
            clock_tolerance_ppm: 150,
            ..settings()
        };
        let report = measure(&packets, settings);
        let truth = stream.truth();
        assert!(
            only(&report).interruption.contains(truth),
            "seed {seed}: {truth} not in {:?}\n{stream:?}",
            only(&report).interruption
        );
        decide_truly(seed, &report, truth);
    }
}

#[test]
fn gaps_contain_the_truth_within_the_declared_difference_of_delays() {
    for seed in 0..600 {
        let mut stream = disturbed(seed);
        stream.path_jitter = stream.path_jitter.min(SECOND / stream.rate / 4);
        (stream.loss, stream.duplication, stream.poisson) = (0.0, 0.0, false);
        let packets = without_numbers(&stream.captured(seed));
        let settings = OutageSettings {
            clock_tolerance_ppm: 150,
            path_delay_difference: Some((stream.new_delay - stream.old_delay).abs()),
            ..settings()
        };
        let report = measure(&packets, settings);
        let truth = stream.truth();
        assert!(
            only(&report).interruption.contains(truth),
            "seed {seed}: {truth} not in {:?}\n{stream:?}",
            only(&report).interruption
        );
        decide_truly(seed, &report, truth);
        let undeclared = measure(&packets, self::settings());
        assert_ne!(undeclared.decide(Limit::less_than(50 * MS)).verdict, Verdict::Pass);
    }
}

/// No verdict contradicts the truth, at limits near and far.
fn decide_truly(seed: u64, report: &OutageReport, truth: i64) {
    for limit in [truth / 2, truth - 1, truth, truth + 1, truth + MS, truth * 2, 50 * MS] {
        for limit in [Limit::less_than(limit), Limit::at_most(limit)] {
            let satisfied = truth < limit.value || (limit == Limit::at_most(limit.value) && truth == limit.value);
            let verdict = report.decide(limit).verdict;
            assert!(
                verdict == Verdict::Inconclusive || (verdict == Verdict::Pass) == satisfied,
                "seed {seed}: {verdict} for {truth} against {limit:?}"
            );
        }
    }
}

#[test]
fn a_steady_stream_is_measured_to_one_period_each_way() {
    for (rate, lost) in [
        (1_000, 0),
        (1_000, 1),
        (1_000, 49),
        (1_000, 94),
        (100, 4),
        (10_000, 50_000),
    ] {
        let period = SECOND / rate;
        let stream =
            Stream::steady(0, rate, 60_000.min(lost + 2_000)).outage(500 * period, lost.cast_signed() * period);
        for packets in [stream.captured(1), without_send_times(&stream.captured(1))] {
            let report = measure(&packets, settings());
            let found = &only(&report).interruption;
            assert_eq!(found.estimate, Some(lost.cast_signed() * period), "{found:?}");
            assert_eq!(found.upper, Some((lost.cast_signed() + 1) * period), "{found:?}");
            assert_eq!(found.lower, Some((lost.cast_signed() - 1).max(0) * period), "{found:?}");
            assert_eq!(report.lost, lost);
        }
    }
}

#[test]
fn fifty_milliseconds_at_a_thousand_a_second() {
    for (lost, expected) in [(49, Verdict::Pass), (50, Verdict::Inconclusive), (51, Verdict::Fail)] {
        let stream = Stream::steady(0, 1_000, 3_000).outage(SECOND, lost * MS);
        let decision = measure(&stream.captured(0), settings()).decide(Limit::less_than(50 * MS));
        assert_eq!(decision.verdict, expected, "{}", decision.reason);
    }
    let slow = Stream::steady(0, 10, 100);
    let decision = measure(&slow.captured(0), settings()).decide(Limit::less_than(50 * MS));
    assert_eq!(
        (decision.verdict, decision.rate_needed),
        (Verdict::Inconclusive, Some(200))
    );
}

#[test]
fn rtp_numbers_wrap_also_within_an_outage() {
    for (start, length) in [(65_000_u64, 300 * MS), (10, 5 * SECOND), (40_000, 9 * SECOND)] {
        let stream = Stream::steady(0, 10_000, 120_000).outage(2 * SECOND, length);
        let packets: Vec<Observation> = without_send_times(&stream.captured(3))
            .into_iter()
            .map(|packet| Observation {
                sequence: packet.sequence.map(|sequence| (sequence + start) % 65_536),
                ..packet
            })
            .collect();
        let settings = OutageSettings {
            sequence: SequenceSpace::RTP,
            ..settings()
        };
        let report = measure(&packets, settings);
        assert!(
            only(&report).interruption.contains(length),
            "{:?}",
            only(&report).interruption
        );
        assert_eq!(report.lost, (length / 100_000) as u64);
    }
}

#[test]
fn a_declared_rate_wins_and_a_disagreement_shows() {
    let stream = Stream::steady(0, 1_000, 3_000).outage(SECOND, 40 * MS);
    let declared = |millirate| OutageSettings {
        declared_millirate: Some(millirate),
        ..settings()
    };
    let packets = without_send_times(&stream.captured(0));
    let agreeing = measure(&packets, declared(1_000_000));
    assert!(
        agreeing.flows[0].findings.is_empty(),
        "{:?}",
        agreeing.flows[0].findings
    );
    // Ten thousand a second declared, a thousand sent: 40 lost would be 4 ms.
    let disagreeing = measure(&packets, declared(10_000_000));
    let found = &disagreeing.flows[0].interruption;
    assert_eq!(found.estimate, Some(4 * MS));
    assert!(found.contains(40 * MS) && !disagreeing.flows[0].findings.is_empty());
    assert_ne!(disagreeing.decide(Limit::less_than(20 * MS)).verdict, Verdict::Pass);
}

#[test]
fn losses_duplicates_and_reordering_are_counted() {
    for seed in 0..50 {
        let mut stream = Stream::steady(0, 1_000, 2_000).outage(SECOND, 30 * MS);
        stream.loss = 0.01;
        stream.duplication = 0.05;
        stream.path_jitter = 3 * MS;
        let packets = stream.captured(seed);
        let mut seen = std::collections::BTreeSet::new();
        let (mut duplicates, mut reordered, mut highest) = (0, 0, 0);
        let mut extent = 0;
        let mut arrivals: Vec<u64> = Vec::new();
        for packet in &packets {
            let sequence = packet.sequence.unwrap();
            if !seen.insert(sequence) {
                duplicates += 1;
            } else if sequence < highest {
                reordered += 1;
                let earlier = arrivals.iter().position(|other| *other > sequence).unwrap();
                extent = extent.max(arrivals.len() - earlier);
            }
            highest = highest.max(sequence);
            arrivals.push(sequence);
        }
        let (first, last) = (*seen.first().unwrap(), *seen.last().unwrap());
        let report = measure(&packets, settings());
        let flow = only(&report);
        assert_eq!(flow.duplicates, duplicates, "seed {seed}");
        assert_eq!(flow.received, seen.len() as u64, "seed {seed}");
        assert_eq!(flow.loss.lost, last - first + 1 - seen.len() as u64, "seed {seed}");
        let reordering = flow.reordering.as_ref().unwrap();
        assert_eq!(reordering.packets, reordered, "seed {seed}");
        assert_eq!(reordering.greatest_extent, extent as u64, "seed {seed}");
    }
}

#[test]
fn shards_merged_tell_the_same_as_one() {
    use checks::capture::measure::outage::{Activity, Flows};
    let streams: Vec<Stream> = (0..100)
        .map(|flow| {
            let mut stream = Stream::steady(flow, 500, 400).outage(300 * MS, i64::from(flow) * MS);
            stream.start = i64::from(flow) * 7_000;
            stream
        })
        .collect();
    let packets = merged(&streams, 5);
    let whole = measure(&packets, settings());
    let mut shards = [Flows::new(settings()), Flows::new(settings())];
    let mut activity = Activity::default();
    for packet in &packets {
        activity.record(packet.lane, packet.time, false);
        shards[packet.flow.0 as usize % 2].observe(packet);
    }
    let [mut first, second] = shards;
    first.merge(second);
    assert_eq!(OutageTracker::from_parts(first, activity).finish(), whole);
    assert_eq!((whole.flows.len(), whole.affected), (100, 99));
    for (flow, stream) in whole.flows.iter().zip(&streams) {
        assert!(flow.interruption.contains(stream.truth()));
    }
    assert!(whole.flows[0].first >= EPOCH);
}

#[test]
fn reports_survive_json() {
    for seed in 0..20 {
        let stream = disturbed(seed);
        let report = measure(&stream.captured(seed), settings());
        let text = serde_json::to_string(&report).unwrap();
        let again: OutageReport = serde_json::from_str(&text).unwrap();
        assert_eq!(again, report, "seed {seed}");
    }
}
