//! Each guard is needed: without it the stream named here would be measured wrongly.

use checks::Verdict;
use checks::capture::measure::outage::{
    EndOfTraffic, Expected, OutageEnd, OutageReport, OutageSettings, OutageTracker,
};
use checks::capture::measure::{
    Finding, FindingKind, FlowId, FlowSink, LaneId, Limit, Observation, SequenceSpace, Spoils,
};

use crate::generator::{EPOCH, MS, SECOND, Stream, merged, without_send_times};
use crate::outages::{measure, settings};

fn limit() -> Limit {
    Limit::less_than(50 * MS)
}

fn feed(tracker: &mut OutageTracker, packets: &[Observation]) {
    for packet in packets {
        tracker.observe(packet);
    }
}

fn finds(report: &OutageReport, kind: FindingKind) -> bool {
    report
        .findings
        .iter()
        .chain(report.flows.iter().flat_map(|flow| &flow.findings))
        .any(|finding| finding.kind == kind)
}

#[test]
fn a_flow_that_never_comes_back_never_passes() {
    let dead = Stream::steady(0, 1_000, 3_000).outage(SECOND, 10 * SECOND);
    let alive = Stream::steady(1, 1_000, 3_000);
    let packets = merged(&[dead, alive], 0);
    let known = measure(
        &packets,
        OutageSettings {
            end: EndOfTraffic::Packets(3_000),
            ..settings()
        },
    );
    assert_eq!(known.flows[0].outages[0].end, OutageEnd::NeverCameBack);
    assert_eq!(known.flows[0].outages[0].lost, Some(2_000));
    assert_eq!(known.flows[0].interruption.upper, None);
    assert_eq!(known.decide(limit()).verdict, Verdict::Fail);
    assert_eq!(known.flows[1].decide(limit(), &[]).verdict, Verdict::Pass);
    let unknown = measure(&packets, OutageSettings::default());
    let decision = unknown.decide(limit());
    assert_eq!(decision.verdict, Verdict::Inconclusive);
    assert!(decision.reason.contains("never came back"), "{}", decision.reason);
    let together = measure(&packets, settings());
    assert_eq!(together.decide(limit()).verdict, Verdict::Fail);
}

#[test]
fn traffic_that_stops_before_the_capture_is_not_taken_for_granted() {
    let packets = Stream::steady(0, 1_000, 1_000).captured(0);
    let run = |end, last_sequence| {
        let mut settings = OutageSettings {
            end,
            ..OutageSettings::default()
        };
        settings.flows.insert(
            FlowId(0),
            Expected {
                last_sequence,
                ..Expected::default()
            },
        );
        let mut tracker = OutageTracker::new(settings);
        feed(&mut tracker, &packets);
        tracker.unrelated(LaneId(0), EPOCH + 3 * SECOND);
        tracker.finish().decide(limit()).verdict
    };
    assert_eq!(run(EndOfTraffic::Unknown, None), Verdict::Inconclusive);
    assert_eq!(run(EndOfTraffic::Unknown, Some(999)), Verdict::Pass);
    assert_eq!(run(EndOfTraffic::Unknown, Some(1_000)), Verdict::Inconclusive);
    assert_eq!(run(EndOfTraffic::Packets(1_000), None), Verdict::Pass);
    assert_eq!(run(EndOfTraffic::At(EPOCH + SECOND), None), Verdict::Pass);
    assert_eq!(run(EndOfTraffic::At(EPOCH + 2 * SECOND), None), Verdict::Fail);
    assert_eq!(run(EndOfTraffic::Together, None), Verdict::Pass);
}

/// Nothing else tells that the capture was still running.
#[test]
fn a_capture_that_is_known_to_have_run_on_shows_silence() {
    let packets = Stream::steady(0, 1_000, 1_000).captured(0);
    let run = |end, captured_until| {
        let report = measure(
            &packets,
            OutageSettings {
                end,
                captured_until,
                ..OutageSettings::default()
            },
        );
        report.decide(limit()).verdict
    };
    let later = Some(EPOCH + 3 * SECOND);
    assert_eq!(run(EndOfTraffic::At(EPOCH + 2 * SECOND), later), Verdict::Fail);
    assert_eq!(run(EndOfTraffic::At(EPOCH + SECOND), later), Verdict::Pass);
    assert_eq!(run(EndOfTraffic::Unknown, later), Verdict::Inconclusive);
    assert_eq!(run(EndOfTraffic::Together, later), Verdict::Pass);
    // An instant before the last packet says nothing new.
    assert_eq!(run(EndOfTraffic::Unknown, Some(EPOCH)), Verdict::Pass);
    assert_eq!(run(EndOfTraffic::Unknown, None), Verdict::Pass);
}

#[test]
fn senders_that_were_stopped_one_after_the_other() {
    let run = |packets: u64, start: i64, rate: i64| {
        let mut reverse = Stream::steady(1, rate, packets);
        reverse.start = start;
        let report = measure(
            &merged(&[Stream::steady(0, 1_000, 2_000), reverse], 0),
            OutageSettings {
                end: EndOfTraffic::Together,
                ..OutageSettings::default()
            },
        );
        report.decide(limit()).verdict
    };
    assert_eq!(run(2_000, -23 * MS, 1_000), Verdict::Pass);
    assert_eq!(run(2_000, 0, 1_000), Verdict::Pass);
    // Its last packets may have been lost, or it may have been stopped: nobody knows.
    assert_eq!(run(1_977, 0, 1_000), Verdict::Inconclusive);
    assert_eq!(run(1_999, -23 * MS, 1_000), Verdict::Inconclusive);
    // Sent twice as often, the same number says nothing.
    assert_eq!(run(2_000, 0, 2_000), Verdict::Fail);
}

#[test]
fn a_flow_of_which_nothing_came_takes_away_the_pass() {
    let packets = Stream::steady(0, 1_000, 1_000).captured(0);
    let missing = OutageSettings {
        flows_expected: Some(2),
        ..settings()
    };
    let report = measure(&packets, missing);
    assert!(finds(&report, FindingKind::NeverSeen));
    assert_eq!(report.decide(limit()).verdict, Verdict::Inconclusive);
    let mut named = settings();
    named.flows.insert(
        FlowId(9),
        Expected {
            last_sequence: Some(999),
            ..Expected::default()
        },
    );
    assert_eq!(measure(&packets, named).decide(limit()).verdict, Verdict::Inconclusive);
}

#[test]
fn losses_at_the_beginning_count_if_the_capture_was_running() {
    let stream = Stream::steady(0, 1_000, 1_000).outage(0, 70 * MS);
    let packets = stream.captured(0);
    let late = measure(&packets, settings());
    assert!(late.flows[0].outages.is_empty(), "the capture began with the flow");
    let mut tracker = OutageTracker::new(settings());
    tracker.unrelated(LaneId(0), EPOCH - MS);
    feed(&mut tracker, &packets);
    let report = tracker.finish();
    assert_eq!(report.flows[0].outages[0].end, OutageEnd::BeforeFirst);
    assert_eq!(report.lost, 70);
    assert_eq!(report.decide(limit()).verdict, Verdict::Fail);
}

#[test]
fn drops_of_the_capture_take_away_a_failure_and_no_pass() {
    for (length, expected) in [(90 * MS, Verdict::Inconclusive), (20 * MS, Verdict::Pass)] {
        let mut tracker = OutageTracker::new(settings());
        let stream = Stream::steady(0, 1_000, 2_000).outage(SECOND, length);
        feed(&mut tracker, &stream.captured(0));
        tracker.add_finding(Finding::of_all(
            FindingKind::CaptureDrops,
            Spoils::Fail,
            "interface 0 dropped 90 packets",
        ));
        assert_eq!(tracker.finish().decide(limit()).verdict, expected);
    }
}

#[test]
fn a_silence_of_everything_is_a_stall_of_the_capture() {
    let flow = Stream::steady(0, 1_000, 2_000).outage(SECOND, 90 * MS);
    let packets = flow.captured(0);
    let run = |others_silent: bool| {
        let mut tracker = OutageTracker::new(settings());
        let mut others = (0..2_000_i64)
            .map(|step| EPOCH + step * MS)
            .filter(|time| !(others_silent && (EPOCH + SECOND..EPOCH + SECOND + 95 * MS).contains(time)))
            .peekable();
        for packet in &packets {
            while let Some(time) = others.next_if(|time| *time <= packet.time) {
                tracker.unrelated(LaneId(0), time);
            }
            tracker.observe(packet);
        }
        tracker.finish()
    };
    let running = run(false);
    assert_eq!(running.decide(limit()).verdict, Verdict::Fail);
    assert!(!finds(&running, FindingKind::CaptureStall));
    let stalled = run(true);
    assert!(finds(&stalled, FindingKind::CaptureStall));
    assert_eq!(stalled.decide(limit()).verdict, Verdict::Inconclusive);
}

#[test]
fn mirrored_packets_count_once() {
    let stream = Stream::steady(0, 1_000, 2_000).outage(SECOND, 20 * MS);
    let packets: Vec<Observation> = stream
        .captured(0)
        .into_iter()
        .flat_map(|packet| {
            [
                packet,
                Observation {
                    time: packet.time + 5_000,
                    ..packet
                },
            ]
        })
        .collect();
    let report = measure(&packets, settings());
    assert!(finds(&report, FindingKind::MirroredDuplicates));
    assert_eq!((report.received, report.flows[0].duplicates), (1_980, 1_980));
    assert!(report.interruption.contains(20 * MS));
    assert_eq!(report.flows[0].reordering.as_ref().unwrap().packets, 0);
}

#[test]
fn a_sequence_that_begins_anew_decides_nothing() {
    let packets = Stream::steady(0, 1_000, 2_000).captured(0);
    for keep_send_times in [true, false] {
        let restarted: Vec<Observation> = packets
            .iter()
            .map(|packet| Observation {
                sequence: packet.sequence.map(|sequence| sequence % 1_000),
                sent: packet.sent.filter(|_| keep_send_times),
                ..*packet
            })
            .collect();
        let report = measure(&restarted, settings());
        assert!(finds(&report, FindingKind::SequenceRestart), "{keep_send_times}");
        assert_eq!(report.decide(limit()).verdict, Verdict::Inconclusive);
    }
}

#[test]
fn two_senders_with_one_flow_decide_nothing() {
    let first = Stream::steady(0, 1_000, 2_000);
    let mut second = Stream::steady(0, 1_000, 1_500);
    second.start = 500 * MS + 333_000;
    let mut both: Vec<Observation> = first.captured(0).into_iter().chain(second.captured(1)).collect();
    both.sort_by_key(|packet| packet.time);
    for packets in [both.clone(), without_send_times(&both)] {
        let report = measure(&packets, settings());
        assert!(finds(&report, FindingKind::IncoherentSequence));
        assert_eq!(report.decide(limit()).verdict, Verdict::Inconclusive);
    }
}

#[test]
fn a_damaged_number_is_left_out() {
    let mut packets = Stream::steady(0, 1_000, 2_000).captured(0);
    packets[700].sequence = Some(u64::MAX - 3);
    packets[900].sequence = Some(1 << 40);
    let report = measure(&packets, settings());
    assert_eq!(report.lost, 2);
    assert_eq!(report.decide(limit()).verdict, Verdict::Pass);
}

#[test]
fn a_clock_set_by_the_sender_in_an_outage_shortens_nothing() {
    // 90 ms are lost, and the sender's clock is set back by 60 ms meanwhile.
    let packets: Vec<Observation> = Stream::steady(0, 1_000, 3_000)
        .outage(SECOND, 90 * MS)
        .captured(0)
        .into_iter()
        .map(|packet| {
            let back = if packet.sequence.unwrap() > 1_050 { 60 * MS } else { 0 };
            Observation {
                sent: packet.sent.map(|sent| sent - back),
                ..packet
            }
        })
        .collect();
    let report = measure(&packets, settings());
    assert!(report.interruption.contains(90 * MS), "{:?}", report.interruption);
    assert_eq!(report.decide(limit()).verdict, Verdict::Inconclusive);
}

#[test]
fn a_clock_set_in_the_capture_is_no_outage() {
    let step = |by: i64| -> Vec<Observation> {
        (0..3)
            .flat_map(|flow| Stream::steady(flow, 1_000, 2_000).captured(0))
            .map(|packet| Observation {
                time: packet.time + if packet.sequence.unwrap() >= 1_000 { by } else { 0 },
                ..packet
            })
            .collect()
    };
    let forward = measure(&step(300 * MS), settings());
    assert!(finds(&forward, FindingKind::ClockStep), "{:?}", forward.findings);
    assert_eq!(forward.lost, 0);
    let back = measure(&step(-300 * MS), settings());
    assert!(finds(&back, FindingKind::ClockStep));
    assert_eq!(back.decide(limit()).verdict, Verdict::Pass);
    let without = measure(&without_send_times(&step(-300 * MS)), settings());
    assert_eq!(without.decide(limit()).verdict, Verdict::Inconclusive);
}

#[test]
fn packets_held_back_are_no_loss_and_no_pass() {
    // Nothing is lost, but for 100 ms nothing is delivered.
    let packets: Vec<Observation> = Stream::steady(0, 1_000, 2_000)
        .captured(0)
        .into_iter()
        .map(|packet| {
            let release = EPOCH + SECOND + 100 * MS;
            let held = (EPOCH + SECOND..release).contains(&packet.time);
            Observation {
                time: if held { release } else { packet.time },
                ..packet
            }
        })
        .collect();
    let report = measure(&packets, settings());
    assert!(finds(&report, FindingKind::Held));
    assert_eq!(report.lost, 0);
    assert_eq!(report.decide(limit()).verdict, Verdict::Inconclusive);
    let counted = measure(
        &packets,
        OutageSettings {
            forwarding_delay_threshold: Some(20 * MS),
            ..settings()
        },
    );
    assert_eq!(
        counted.decide(limit()).verdict,
        Verdict::Fail,
        "{:?}",
        counted.interruption
    );
    let untimed = measure(&without_send_times(&packets), settings());
    assert_eq!(untimed.decide(limit()).verdict, Verdict::Inconclusive);
}

#[test]
fn a_loss_among_packets_held_back_hides_nothing() {
    for lost in [1_000, 1_001, 1_005, 1_060, 1_099, 1_100] {
        let packets: Vec<Observation> = Stream::steady(0, 1_000, 2_000)
            .captured(0)
            .into_iter()
            .filter(|packet| packet.sequence != Some(lost))
            .map(|packet| Observation {
                time: match packet.time {
                    held if (EPOCH + SECOND..EPOCH + SECOND + 100 * MS).contains(&held) => EPOCH + SECOND + 100 * MS,
                    time => time,
                },
                ..packet
            })
            .collect();
        for packets in [packets.clone(), without_send_times(&packets)] {
            let decision = measure(&packets, settings()).decide(limit());
            assert_ne!(decision.verdict, Verdict::Pass, "{lost}: {}", decision.reason);
        }
    }
}

#[test]
fn one_packet_in_the_middle_is_no_recovery() {
    let packets = Stream::steady(0, 1_000, 3_000)
        .outage(SECOND, 40 * MS)
        .outage(SECOND + 41 * MS, 40 * MS)
        .captured(0);
    let report = measure(&packets, settings());
    assert_eq!(report.flows[0].outages.len(), 1);
    assert_eq!(report.flows[0].outages[0].runs, 2);
    assert_eq!(report.decide(limit()).verdict, Verdict::Inconclusive);
    let apart = Stream::steady(0, 1_000, 3_000)
        .outage(SECOND, 40 * MS)
        .outage(SECOND + 100 * MS, 40 * MS)
        .captured(0);
    let report = measure(&apart, settings());
    assert_eq!(report.flows[0].outages.len(), 2);
    assert_eq!(report.decide(limit()).verdict, Verdict::Pass);
}

#[test]
fn a_pause_of_the_sender_is_no_outage_and_hides_one() {
    let packets: Vec<Observation> = Stream::steady(0, 1_000, 2_000)
        .captured(0)
        .into_iter()
        .map(|packet| {
            let pause = if packet.sequence.unwrap() >= 1_000 { 200 * MS } else { 0 };
            Observation {
                time: packet.time + pause,
                sent: packet.sent.map(|sent| sent + pause),
                ..packet
            }
        })
        .collect();
    let report = measure(&packets, settings());
    assert_eq!((report.lost, report.affected), (0, 0));
    assert!(finds(&report, FindingKind::SenderPause));
    assert_eq!(report.decide(limit()).verdict, Verdict::Inconclusive);
}

#[test]
fn nothing_and_almost_nothing_decide_nothing() {
    assert_eq!(measure(&[], settings()).decide(limit()).verdict, Verdict::Inconclusive);
    let packets = Stream::steady(0, 1_000, 2).captured(0);
    assert_eq!(
        measure(&packets, settings()).decide(limit()).verdict,
        Verdict::Inconclusive
    );
}

#[test]
fn hostile_numbers_neither_panic_nor_grow() {
    let extremes = [
        0,
        1,
        2,
        63,
        64,
        65_535,
        65_536,
        1 << 32,
        1 << 62,
        u64::MAX - 1,
        u64::MAX,
    ];
    let instants = [i64::MIN, i64::MIN + 1, -1, 0, 1, EPOCH, i64::MAX - 1, i64::MAX];
    for bits in [8, 16, 32, 64, 0, 255] {
        for shift in 0..40_u32 {
            let mut settings = settings();
            settings.sequence = SequenceSpace {
                bits,
                from_zero: shift % 2 == 0,
            };
            settings.declared_millirate = [None, Some(0), Some(1), Some(u64::MAX)][shift as usize % 4];
            settings.forwarding_delay_threshold = Some(i64::MIN);
            settings.path_delay_difference = Some(i64::MAX);
            let mut tracker = OutageTracker::new(settings);
            for step in 0..400_u32 {
                let mixed = step * (shift + 1) + step / 7;
                tracker.observe(&Observation {
                    flow: FlowId(mixed % 3),
                    lane: LaneId((mixed % 5) as u16),
                    time: instants[mixed as usize % instants.len()],
                    sequence: Some(extremes[(mixed / 3) as usize % extremes.len()]),
                    sent: Some(instants[(mixed / 5) as usize % instants.len()]).filter(|_| shift % 3 > 0),
                    length: u32::MAX,
                });
            }
            let report = tracker.finish();
            assert_ne!(report.decide(limit()).verdict, Verdict::Pass);
        }
    }
}
