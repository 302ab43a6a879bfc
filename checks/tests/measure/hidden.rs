//! Interruptions that hide: each stream here was taken for an undisturbed one, or for a shorter interruption.

use checks::Verdict;
use checks::capture::measure::outage::{OutageReport, OutageSettings, OutageTracker};
use checks::capture::measure::{FindingKind, FlowSink, LaneId, Limit, Observation, SequenceSpace};

use crate::generator::{EPOCH, MS, SECOND, Stream, merged, without_numbers, without_send_times};
use crate::outages::{measure, settings};

fn decided(report: &OutageReport, limit: i64) -> Verdict {
    report.decide(Limit::less_than(limit)).verdict
}

#[track_caller]
fn is_inconclusive(report: &OutageReport, kind: FindingKind) {
    assert_eq!(decided(report, 50 * MS), Verdict::Inconclusive);
    let finding = report.flows[0].findings.iter().find(|finding| finding.kind == kind);
    assert!(finding.is_some(), "{:?}", report.flows[0].findings);
}

/// Nobody said that the first number is zero.
fn from_anywhere() -> OutageSettings {
    OutageSettings {
        sequence: SequenceSpace {
            from_zero: false,
            ..SequenceSpace::PROBE
        },
        ..OutageSettings::default()
    }
}

#[test]
fn before_the_first_packet_of_a_probe_that_may_have_begun_with_zero() {
    let packets = Stream::steady(0, 1_000, 1_000).outage(0, 300 * MS).captured(0);
    let after = |running: i64| {
        let mut tracker = OutageTracker::new(from_anywhere());
        tracker.unrelated(LaneId(0), packets[0].time - running);
        for packet in &packets {
            tracker.observe(packet);
        }
        tracker.finish()
    };
    for running in [10 * MS, 200 * MS, 300 * MS, 2 * SECOND] {
        let report = after(running);
        assert_eq!(decided(&report, 50 * MS), Verdict::Inconclusive, "{running}");
        // Nor is it known that packets were lost.
        assert_eq!((report.lost, report.flows[0].interruption.lower), (0, Some(0)));
        let text = &report.flows[0].outages[0].interruption.notes[0];
        assert!(text.contains("its first packet is number 300"), "{text}");
    }
    // The capture began in the middle of the traffic.
    assert_eq!(decided(&after(MS), 50 * MS), Verdict::Pass);
    let begun = Stream::steady(0, 1_000, 1_000).captured(0);
    let mut tracker = OutageTracker::new(from_anywhere());
    tracker.unrelated(LaneId(0), EPOCH - SECOND);
    for packet in &begun {
        tracker.observe(packet);
    }
    assert_eq!(decided(&tracker.finish(), 50 * MS), Verdict::Pass);
}

#[test]
fn after_the_last_packet_for_less_than_ends_a_flow() {
    let packets = Stream::steady(0, 50, 50).captured(0);
    let mut tracker = OutageTracker::new(from_anywhere());
    for packet in &packets {
        tracker.observe(packet);
    }
    tracker.unrelated(LaneId(0), packets[49].time + 41 * MS);
    let report = tracker.finish();
    assert_eq!(report.flows[0].interruption.upper, Some(41 * MS));
    assert_eq!(decided(&report, 30 * MS), Verdict::Inconclusive);
    assert_eq!(decided(&report, 42 * MS), Verdict::Pass);
}

/// Packets from one number to another arrive when the latter was sent.
fn held(mut packets: Vec<Observation>, from: u64, to: u64) -> Vec<Observation> {
    let until = EPOCH + to.cast_signed() * MS;
    for packet in &mut packets {
        let number = packet.sequence.unwrap();
        if (from..to).contains(&number) {
            packet.time = until + (number - from).cast_signed() * 1_000;
        }
    }
    packets
}

#[test]
fn held_back_packets_are_not_forgotten_for_losses() {
    let mut packets = held(Stream::steady(0, 1_000, 3_000).captured(0), 500, 700);
    // More losses than are kept one by one.
    packets.retain(|packet| packet.sequence.unwrap() < 1_000 || packet.sequence.unwrap() % 100 != 0);
    let report = measure(&packets, settings());
    assert_eq!(report.lost, 20);
    is_inconclusive(&report, FindingKind::Held);
    assert!(report.flows[0].interruption.contains(199 * MS));
    assert_eq!(decided(&report, 210 * MS), Verdict::Pass);
}

#[test]
fn nothing_came_for_as_long_although_all_of_it_came_late() {
    for (behind, timed) in [(0, true), (10, true), (400, true), (10, false)] {
        let mut stream = Stream::steady(0, 1_000, 3_000);
        (stream.old_delay, stream.new_delay) = (100_000, 100_000);
        let mut packets = stream.captured(0);
        // The packets of 60 ms come one after the other, so many milliseconds after those that followed them.
        let resumed = packets[1_060].time + behind * MS;
        for (place, packet) in packets.iter_mut().enumerate().take(1_060).skip(1_000) {
            packet.time = resumed + 1 + (place as i64 - 1_000) * 1_000;
        }
        packets.sort_by_key(|packet| packet.time);
        if !timed {
            packets = without_send_times(&packets);
        }
        let report = measure(&packets, settings());
        assert_eq!(
            (report.lost, report.flows[0].interruption.estimate),
            (0, Some(0)),
            "{behind}"
        );
        assert_eq!(decided(&report, 50 * MS), Verdict::Inconclusive, "{behind}");
        assert_eq!(decided(&report, 70 * MS), Verdict::Pass, "{behind}");
        // What comes later than that counts as lost.
        let late = OutageSettings {
            forwarding_delay_threshold: Some(behind * MS - 5 * MS),
            ..settings()
        };
        let report = measure(&packets, late);
        if behind >= 10 {
            assert!(
                report.flows[0].interruption.contains(60 * MS),
                "{behind}: {}",
                report.flows[0].interruption
            );
            assert_eq!(report.lost, 60, "{behind}");
        }
    }
    // Single packets that overtake one another are no interruption worth the name.
    let mut packets = Stream::steady(0, 1_000, 3_000).captured(0);
    for place in [500, 1_500] {
        packets[place].time = packets[place + 1].time + 1;
    }
    packets.sort_by_key(|packet| packet.time);
    assert_eq!(decided(&measure(&packets, settings()), 5 * MS), Verdict::Pass);
}

#[test]
fn packets_that_come_late_and_out_of_order_do_not_hide_that_none_came() {
    // They went round in a loop until the new path was there, and came behind its first packets.
    let looping = |numbers: std::ops::Range<u64>, kept: fn(u64) -> bool| {
        let mut packets = Stream::steady(0, 1_000, 3_000).captured(0);
        packets.retain(|packet| {
            packet
                .sequence
                .is_some_and(|number| !numbers.contains(&number) || kept(number))
        });
        let over = packets
            .iter()
            .find(|packet| packet.sequence == Some(numbers.end))
            .unwrap()
            .time;
        for packet in &mut packets {
            if let Some(number) = packet.sequence.filter(|number| numbers.contains(number)) {
                packet.time = over + (1 + number.cast_signed() % 7) * MS / 5;
            }
        }
        packets.sort_by_key(|packet| packet.time);
        packets
    };
    for kept in [|_: u64| true, |number: u64| !number.is_multiple_of(4)] {
        for packets in [
            looping(1_000..1_060, kept),
            without_send_times(&looping(1_000..1_060, kept)),
        ] {
            let report = measure(&packets, OutageSettings { ..settings() });
            assert_eq!(decided(&report, 50 * MS), Verdict::Inconclusive);
            assert!(report.interruption.upper >= Some(61 * MS), "{}", report.interruption);
        }
        let short = measure(&looping(1_000..1_030, kept), OutageSettings { ..settings() });
        assert_eq!(decided(&short, 50 * MS), Verdict::Pass, "{}", short.interruption);
    }
    // Paths of different lengths put packets out of order, and traffic is never interrupted.
    let mut packets = Stream::steady(0, 1_000, 3_000).captured(0);
    for packet in packets
        .iter_mut()
        .filter(|packet| packet.sequence.is_some_and(|number| number % 3 == 0))
    {
        packet.time += 30 * MS;
    }
    packets.sort_by_key(|packet| packet.time);
    let report = measure(&packets, OutageSettings { ..settings() });
    assert_eq!(decided(&report, 10 * MS), Verdict::Pass, "{}", report.interruption);
}

#[test]
fn a_queue_that_empties_slowly_was_as_full_as_at_first() {
    for drain in [20_000, 50_000, 100_000, 500_000] {
        let mut packets = Stream::steady(0, 1_000, 12_000).captured(0);
        for packet in &mut packets {
            let after = packet.sequence.unwrap().checked_sub(500);
            let queued = after.map_or(0, |after| 200 * MS - after.cast_signed() * drain);
            packet.time += queued.max(0);
        }
        let report = measure(&packets, settings());
        is_inconclusive(&report, FindingKind::Held);
        assert!(report.flows[0].interruption.upper.unwrap() >= 199 * MS, "{drain}");
    }
}

#[test]
fn a_late_packet_between_two_losses_does_not_part_them() {
    let mut packets = Stream::steady(0, 1_000, 2_000).captured(0);
    packets.retain(|packet| !matches!(packet.sequence, Some(500..530 | 533..563)));
    for late in [0, 1_500_000] {
        for packet in packets.iter_mut().filter(|packet| packet.sequence == Some(531)) {
            packet.time += late;
        }
        let report = measure(&packets, settings());
        assert_eq!(report.flows[0].outages.len(), 1, "{late}");
        assert!(report.flows[0].interruption.upper.unwrap() >= 63 * MS);
        assert_eq!(decided(&report, 50 * MS), Verdict::Inconclusive);
    }
}

#[test]
fn two_senders_do_not_fill_each_others_losses() {
    for lead in [100_000, 300_000, 2_300_000] {
        let mut first = Stream::steady(0, 1_000, 2_000).outage(500 * MS, 200 * MS).captured(0);
        let mut second = Stream::steady(0, 1_000, 2_000).outage(900 * MS, 200 * MS).captured(0);
        for packet in &mut second {
            packet.sent = packet.sent.map(|sent| sent - lead);
            packet.time += 400_000;
        }
        first.append(&mut second);
        first.sort_by_key(|packet| packet.time);
        is_inconclusive(&measure(&first, settings()), FindingKind::IncoherentSequence);
    }
    // A mirror copies the send time as well.
    let mut twice = Stream::steady(0, 1_000, 2_000).captured(0);
    twice.extend(
        Stream::steady(0, 1_000, 2_000)
            .captured(0)
            .into_iter()
            .map(|packet| Observation {
                time: packet.time + 2_400_000,
                ..packet
            }),
    );
    twice.sort_by_key(|packet| packet.time);
    assert_eq!(decided(&measure(&twice, settings()), 50 * MS), Verdict::Pass);
}

#[test]
fn what_was_lost_between_two_places_of_capture_is_not_passed_over() {
    let packets = Stream::steady(0, 1_000, 2_000).captured(0);
    let behind = Stream::steady(0, 1_000, 2_000).outage(500 * MS, 100 * MS).captured(0);
    let mut both = [packets, behind].concat();
    both.sort_by_key(|packet| packet.time);
    let report = measure(&both, settings());
    is_inconclusive(&report, FindingKind::MirroredDuplicates);
}

/// Every packet captured, and these once more at a place behind.
fn copied(packets: &[Observation], again: impl Fn(u64) -> bool) -> Vec<Observation> {
    let copies = packets.iter().filter(|packet| again(packet.sequence.unwrap()));
    let copies = copies.map(|packet| Observation {
        time: packet.time + 400_000,
        ..*packet
    });
    let mut both: Vec<Observation> = packets.iter().copied().chain(copies).collect();
    both.sort_by_key(|packet| packet.time);
    both
}

#[test]
fn few_copies_are_those_of_a_place_that_saw_little() {
    let packets = Stream::steady(0, 1_000, 20_000).captured(0);
    let once = |again: &dyn Fn(u64) -> bool| {
        for packets in [packets.clone(), without_send_times(&packets)] {
            is_inconclusive(
                &measure(&copied(&packets, again), settings()),
                FindingKind::MirroredDuplicates,
            );
        }
        let once = measure(&copied(&packets, again), settings()).flows[0]
            .seen_once
            .unwrap();
        (once.from, once.to)
    };
    // The copies stop for good, begin late, are few at both ends, and are lost now and then besides.
    assert_eq!(once(&|number| number < 1_500), (1_500, 19_999));
    assert_eq!(once(&|number| number >= 19_000), (0, 18_999));
    assert_eq!(once(&|number| !(300..19_700).contains(&number)), (300, 19_699));
    assert_eq!(once(&|number| number < 1_500 && number % 7 != 3), (1_500, 19_999));
    // A network that repeats a packet here and there.
    for every in [2_000, 100, 11, 5] {
        let report = measure(&copied(&packets, |number| number % every == 0), settings());
        assert_eq!(report.flows[0].seen_once, None, "{every}");
        assert_eq!(decided(&report, 50 * MS), Verdict::Pass);
    }
}

#[test]
fn clocks_that_stand_still_prove_nothing() {
    let mut packets = Stream::steady(0, 1_000, 900).captured(0);
    for packet in &mut packets {
        packet.time = EPOCH;
    }
    is_inconclusive(&measure(&packets, settings()), FindingKind::ImplausibleTime);
    let mut packets = Stream::steady(0, 40, 36).outage(300 * MS, 25 * MS).captured(0);
    for packet in &mut packets {
        packet.sent = Some(0);
    }
    let declared = OutageSettings {
        declared_millirate: Some(40_000),
        ..settings()
    };
    is_inconclusive(&measure(&packets, declared), FindingKind::SendTimesUnusable);
}

#[test]
fn numbers_without_send_times_do_not_tell_a_sender_that_paused_in_the_outage() {
    let mut packets = without_send_times(&Stream::steady(0, 1_000, 3_000).captured(0));
    packets.retain(|packet| !(1_000..1_040).contains(&packet.sequence.unwrap()));
    let gap_of = |gap: i64| {
        let mut packets = packets.clone();
        for packet in packets.iter_mut().filter(|packet| packet.sequence >= Some(1_040)) {
            packet.time += gap - 41 * MS;
        }
        measure(&packets, settings())
    };
    // A path that is longer.
    let longer = gap_of(60 * MS);
    assert_eq!(decided(&longer, 62 * MS), Verdict::Pass, "{}", longer.interruption);
    let paused = gap_of(400 * MS);
    assert_eq!(decided(&paused, 300 * MS), Verdict::Inconclusive);
    assert_eq!(decided(&paused, 430 * MS), Verdict::Pass, "{}", paused.interruption);
    // A sender that sends ten times slower at the end.
    let mut slower = without_send_times(&Stream::steady(0, 1_000, 3_000).captured(0));
    for packet in &mut slower {
        let more = packet.sequence.unwrap().saturating_sub(2_500).cast_signed();
        packet.time += more * 9 * MS;
    }
    slower.retain(|packet| !(2_700..2_740).contains(&packet.sequence.unwrap()));
    assert_eq!(decided(&measure(&slower, settings()), 300 * MS), Verdict::Inconclusive);
}

#[test]
fn after_a_pause_nobody_knows_how_often_narrow_numbers_wrapped() {
    let rtp = || OutageSettings {
        sequence: SequenceSpace::RTP,
        ..settings()
    };
    let run = |pause: i64, lost: u64| {
        let mut packets = without_send_times(&Stream::steady(0, 1_000, 90_000).captured(0));
        packets.retain(|packet| !(1_000..1_000 + lost).contains(&packet.sequence.unwrap()));
        for packet in &mut packets {
            packet.time += if packet.sequence >= Some(1_000) { pause } else { 0 };
            packet.sequence = packet.sequence.map(|number| number % 65_536);
        }
        measure(&packets, rtp())
    };
    assert_eq!(run(0, 70_000).lost, 70_000);
    assert_eq!(decided(&run(0, 70_000), 50 * MS), Verdict::Fail);
    is_inconclusive(&run(40 * SECOND, 0), FindingKind::IncoherentSequence);
}

#[test]
fn a_flow_whose_numbers_begin_anywhere_may_have_been_lost_before_it_showed() {
    let run = |begins: i64| {
        let late = Stream::steady(1, 1_000, 2_000).outage(0, begins);
        let packets = without_send_times(&merged(&[Stream::steady(0, 1_000, 2_000), late], 0));
        measure(
            &packets,
            OutageSettings {
                sequence: SequenceSpace::RTP,
                ..settings()
            },
        )
    };
    assert_eq!(decided(&run(0), 50 * MS), Verdict::Pass);
    assert_eq!(decided(&run(300 * MS), 50 * MS), Verdict::Inconclusive);
}

#[test]
fn traffic_that_shows_after_the_capture_has_run_is_told_to_have_begun_then() {
    let packets = Stream::steady(0, 1_000, 2_000).captured(0);
    let told = |running: i64, packets: &[Observation]| {
        let mut tracker = OutageTracker::new(settings());
        tracker.unrelated(LaneId(0), packets[0].time - running);
        for packet in packets {
            tracker.observe(packet);
        }
        let report = tracker.finish();
        let mut findings = report.findings.into_iter();
        findings
            .find(|finding| finding.kind == FindingKind::BegunLater)
            .map(|finding| finding.text)
    };
    for bare in [without_send_times(&packets), without_numbers(&packets)] {
        let text = told(217 * MS, &bare).unwrap();
        assert!(text.contains("came 217 ms after the capture began"), "{text}");
        assert_eq!(told(5 * MS, &bare), None);
    }
    // Of a probe the first number tells.
    assert_eq!(told(217 * MS, &packets), None);
}

#[test]
fn a_flow_without_numbers_may_have_been_lost_before_it_showed() {
    let run = |begins: i64, until: u64| {
        let late = Stream::steady(1, 1_000, until).outage(0, begins);
        let packets = without_numbers(&merged(&[Stream::steady(0, 1_000, 2_000), late], 0));
        measure(
            &packets,
            OutageSettings {
                path_delay_difference: Some(0),
                ..settings()
            },
        )
    };
    assert_eq!(decided(&run(0, 2_000), 50 * MS), Verdict::Pass);
    for until in [2_000, 310] {
        let report = run(300 * MS, until);
        let [_, late] = &report.flows[..] else {
            panic!("two flows")
        };
        assert_eq!(late.interruption.upper, None, "{until}");
        assert_eq!(decided(&report, 50 * MS), Verdict::Inconclusive, "{until}");
    }
    let report = run(300 * MS, 2_000);
    let text = &report.flows[1].outages[0].interruption.notes[0];
    assert!(text.contains("came 300 ms after that of another flow"), "{text}");
}
