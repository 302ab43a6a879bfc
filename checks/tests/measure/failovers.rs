//! Clocks, phases, convergence, rates and plots against known truth.

use checks::Verdict;
use checks::capture::event::Vlans;
use checks::capture::measure::anatomy::{
    Anatomy, AnatomyInput, ControlMarks, Failover, FlowSwitch, LaneSwitches, Mark, MarkedSilence, PhaseName,
    Withdrawals, Withdrawing, failovers,
};
use checks::capture::measure::outage::OutageSettings;
use checks::capture::measure::plot::PacketPlot;
use checks::capture::measure::{
    Alignment, Convergence, Crossing, FlowId, FlowSink, Instant, LaneId, Limit, PacketDigest, SeenPackets, by_rate,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::generator::{EPOCH, MS, SECOND, Stream, merged};
use crate::outages::{measure, settings};

/// Packets seen by two captures whose clocks differ.
fn crossings(seed: u64, both: bool, offset: i64, drift_ppm: i64) -> Vec<Crossing> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..400_i64)
        .map(|step| {
            let outward = !both || step % 2 == 0;
            let leaves = EPOCH + step * 10 * MS;
            let transit = 200_000 + random.random_range(0..500_000);
            let (at_reference, at_other) = if outward {
                (leaves, leaves + transit)
            } else {
                (leaves + transit, leaves)
            };
            Crossing {
                reference: at_reference,
                other: at_other + offset + (at_other - EPOCH) / 1_000_000 * drift_ppm,
                outward,
            }
        })
        .collect()
}

#[test]
fn clocks_are_enclosed_by_packets_both_ways() {
    for seed in 0..300 {
        let mut random = StdRng::seed_from_u64(seed + 7_000);
        let offset = random.random_range(-5 * SECOND..5 * SECOND);
        let drift = random.random_range(-100..=100);
        let alignment = Alignment::of(&crossings(seed, true, offset, drift)).unwrap();
        for after in [0, SECOND, 2 * SECOND, 4 * SECOND] {
            let truth = EPOCH + after;
            let shown = truth + offset + after / 1_000_000 * drift;
            let found = alignment.to_reference(shown).unwrap();
            assert!(
                found.lower <= truth && truth <= found.upper,
                "seed {seed}: {truth} not in {found:?} by {alignment:?}"
            );
            assert!(found.upper - found.lower < 3 * MS, "{found:?}");
        }
        let one_way = Alignment::of(&crossings(seed, false, offset, drift)).unwrap();
        assert_eq!(one_way.to_reference(EPOCH), None);
        let bounded = one_way.with_transit_at_most(MS).to_reference(EPOCH + offset).unwrap();
        assert!(bounded.lower <= EPOCH && EPOCH <= bounded.upper);
    }
    assert_eq!(Alignment::of(&[]), None);
}

#[test]
fn packets_are_matched_only_where_they_are_unique() {
    let digest = |number: u64| {
        PacketDigest::default()
            .part(&number.to_be_bytes())
            .part(b"payload")
            .value()
    };
    let (mut here, mut there) = (SeenPackets::default(), SeenPackets::default());
    for number in 0..200_000_u64 {
        here.add(digest(number), number as i64);
        if number % 3 > 0 {
            there.add(digest(number), number as i64 + 1_000_000);
        }
    }
    here.add(digest(5), 77);
    for digest in 0..3 {
        here.add(digest, 1);
        here.add(digest, 2);
    }
    let shared = here.shared_with(&there);
    assert!(
        here.kept() <= 65_536 && shared.len() > 5_000,
        "{} {}",
        here.kept(),
        shared.len()
    );
    assert!(shared.iter().all(|(one, other)| other - one == 1_000_000));
    assert_ne!(digest(1), digest(2));
}

fn mark(at: i64, by: &str) -> Mark {
    Mark {
        at: Instant::exact(EPOCH + at),
        by: by.to_owned(),
        to: "other".to_owned(),
        vlans: Vlans::default(),
        silence: None,
        point: 0,
        text: "changed".to_owned(),
    }
}

fn switch(flow: u32, last_old: i64, first_new: i64) -> FlowSwitch {
    FlowSwitch {
        flow: FlowId(flow),
        last_old: Instant::exact(EPOCH + last_old),
        first_new: Some(Instant::exact(EPOCH + first_new)),
        sustained: Some(Instant::exact(EPOCH + first_new + MS)),
    }
}

#[test]
fn phases_add_up() {
    let input = AnatomyInput {
        trigger: None,
        switches: vec![switch(0, -MS / 2, 48 * MS), switch(1, -MS / 4, 55 * MS)],
        period: MS,
        transit: Some(0),
        marks: ControlMarks {
            detections: vec![mark(-SECOND, "old"), mark(30 * MS, "10.1.1.2")],
            propagation: vec![mark(31 * MS, "pe1"), mark(40 * MS, "pe1"), mark(90 * MS, "pe1")],
            bgp: Withdrawals {
                protocol_seen: true,
                marks: vec![mark(40 * MS, "pe1")],
                unaligned: 0,
            },
            ..ControlMarks::default()
        },
    };
    let anatomy = Anatomy::of(&input);
    assert!(anatomy.failure.unwrap().lower <= EPOCH && EPOCH <= anatomy.failure.unwrap().upper);
    assert_eq!(anatomy.detection.as_ref().unwrap().by, "10.1.1.2");
    let names: Vec<PhaseName> = anatomy.phases.iter().map(|phase| phase.name).collect();
    assert_eq!(
        names,
        [
            PhaseName::Detection,
            PhaseName::Propagation,
            PhaseName::SwitchOver,
            PhaseName::Recovery
        ]
    );
    let sum: i64 = anatomy.phases.iter().filter_map(|phase| phase.length.estimate).sum();
    assert_eq!(Some(sum), anatomy.total.as_ref().unwrap().estimate);
    assert!(anatomy.contradictions.is_empty());
    assert_eq!(anatomy.local_repair.as_ref().unwrap().verdict, Verdict::Fail);
    let detection = &anatomy.phases[0].length;
    assert!(detection.contains(30 * MS));
    assert_eq!(
        Limit::at_most(31 * MS).decide(detection, None, []).verdict,
        Verdict::Pass
    );
    let times = anatomy.switch_times.unwrap();
    assert!(times.first.contains(48 * MS) && times.last.contains(55 * MS));
}

#[test]
fn local_repair_is_told_only_beyond_the_clocks() {
    let judge = |withdrawal: Option<Instant>, bgp_seen: bool, switches: Vec<FlowSwitch>| {
        let withdrawals: Vec<Mark> = withdrawal.map(|at| Mark { at, ..mark(0, "pe1") }).into_iter().collect();
        let input = AnatomyInput {
            trigger: Some(Instant::exact(EPOCH)),
            switches,
            period: MS,
            transit: Some(0),
            marks: ControlMarks {
                propagation: withdrawals.clone(),
                bgp: Withdrawals {
                    protocol_seen: bgp_seen,
                    marks: withdrawals,
                    unaligned: 0,
                },
                ..ControlMarks::default()
            },
        };
        Anatomy::of(&input).local_repair.unwrap().verdict
    };
    let flows = vec![switch(0, -1, 30 * MS)];
    let at = |time| Some(Instant::exact(EPOCH + time));
    assert_eq!(judge(at(60 * MS), true, flows.clone()), Verdict::Pass);
    assert_eq!(judge(at(20 * MS), true, flows.clone()), Verdict::Fail);
    let mut incomplete = AnatomyInput {
        trigger: Some(Instant::exact(EPOCH)),
        switches: flows.clone(),
        period: MS,
        transit: Some(0),
        marks: ControlMarks::default(),
    };
    incomplete.marks.bgp.marks = vec![mark(60 * MS, "pe1")];
    incomplete.marks.absence_doubtful = Some("segments are missing".to_owned());
    let repair = incomplete.local_repair(Withdrawing::Bgp).unwrap();
    assert_eq!(repair.verdict, Verdict::Inconclusive, "{}", repair.reason);
    incomplete.marks.bgp.marks = vec![mark(20 * MS, "pe1")];
    assert_eq!(
        incomplete.local_repair(Withdrawing::Bgp).unwrap().verdict,
        Verdict::Fail
    );
    let vague = Some(Instant::between(EPOCH + 20 * MS, EPOCH + 40 * MS));
    assert_eq!(judge(vague, true, flows.clone()), Verdict::Inconclusive);
    // It may have gone where nothing was captured.
    assert_eq!(judge(None, true, flows.clone()), Verdict::Inconclusive);
    // One that came long afterwards may be of something else.
    assert_eq!(judge(at(9 * SECOND), true, flows.clone()), Verdict::Pass);
    assert_eq!(judge(at(11 * SECOND), true, flows.clone()), Verdict::Inconclusive);
    assert_eq!(judge(at(299 * SECOND), true, flows.clone()), Verdict::Inconclusive);
    // One that came before traffic was interrupted may have interrupted it.
    assert_eq!(judge(at(-50 * MS), true, flows.clone()), Verdict::Inconclusive);
    assert_eq!(judge(at(-50 * SECOND), true, flows.clone()), Verdict::Inconclusive);
    assert_eq!(judge(None, false, flows), Verdict::Inconclusive);
    assert_eq!(judge(at(60 * MS), true, Vec::new()), Verdict::Inconclusive);
    let mut dead = switch(0, -1, 30 * MS);
    dead.first_new = None;
    assert_eq!(judge(at(60 * MS), true, vec![dead]), Verdict::Inconclusive);
}

#[test]
fn a_new_path_is_taken_earlier_than_its_first_packet_arrives() {
    let judge = |withdrawal: i64, transit: i64| {
        let input = AnatomyInput {
            trigger: Some(Instant::exact(EPOCH)),
            switches: vec![switch(0, -1, 45 * MS)],
            period: MS,
            transit: Some(transit),
            marks: ControlMarks {
                bgp: Withdrawals {
                    protocol_seen: true,
                    marks: vec![mark(withdrawal, "pe1")],
                    unaligned: 0,
                },
                ..ControlMarks::default()
            },
        };
        input.local_repair(Withdrawing::Bgp).unwrap().verdict
    };
    for (withdrawal, transit, verdict) in [
        (40 * MS, 0, Verdict::Fail),
        (40 * MS, 4 * MS, Verdict::Fail),
        // It was 25 ms after the failure, if that packet took as long as others did.
        (40 * MS, 20 * MS, Verdict::Inconclusive),
        (24 * MS, 20 * MS, Verdict::Fail),
        (46 * MS, 20 * MS, Verdict::Pass),
    ] {
        assert_eq!(judge(withdrawal, transit), verdict, "{withdrawal} {transit}");
    }
}

#[test]
fn withdrawals_count_by_protocol_and_those_of_unknown_time_are_doubts() {
    let judge = |protocol, bgp: Withdrawals, ospf: Withdrawals| {
        let input = AnatomyInput {
            trigger: Some(Instant::exact(EPOCH)),
            switches: vec![switch(0, -1, 30 * MS)],
            period: MS,
            transit: Some(0),
            marks: ControlMarks {
                bgp,
                ospf,
                ..ControlMarks::default()
            },
        };
        input.local_repair(protocol).unwrap().verdict
    };
    let seen = |at: i64, unaligned| Withdrawals {
        protocol_seen: true,
        marks: vec![mark(at, "pe1")],
        unaligned,
    };
    let (early, late) = (|| seen(10 * MS, 0), || seen(60 * MS, 0));
    assert_eq!(judge(Withdrawing::Ospf, late(), early()), Verdict::Fail);
    assert_eq!(judge(Withdrawing::Bgp, late(), early()), Verdict::Pass);
    assert_eq!(judge(Withdrawing::Ldp, late(), early()), Verdict::Inconclusive);
    // The first may be one whose time is not known; what came too early did so whatever else there is.
    assert_eq!(
        judge(Withdrawing::Ospf, early(), seen(60 * MS, 1)),
        Verdict::Inconclusive
    );
    assert_eq!(judge(Withdrawing::Ospf, early(), seen(10 * MS, 1)), Verdict::Fail);
}

#[test]
fn a_detection_after_the_switch_over_is_not_its_cause_and_an_operator_is_no_failure() {
    let mut input = AnatomyInput {
        trigger: Some(Instant::exact(EPOCH)),
        switches: vec![switch(0, -1, 30 * MS)],
        period: MS,
        transit: Some(0),
        marks: ControlMarks {
            detections: vec![mark(60 * MS, "pe1")],
            ..ControlMarks::default()
        },
    };
    let anatomy = Anatomy::of(&input);
    assert!(anatomy.detection.is_none() && anatomy.contradictions.is_empty());
    assert!(
        anatomy.notes.iter().any(|note| note.contains("was not captured")),
        "{:?}",
        anatomy.notes
    );
    // How much of the time before the new path was the switch-over is not known.
    let switch_over = &anatomy.phases[0];
    assert_eq!(
        (switch_over.name, switch_over.length.lower),
        (PhaseName::SwitchOver, Some(0))
    );
    assert_eq!(
        Limit::at_most(10 * MS).decide(&switch_over.length, None, []).verdict,
        Verdict::Inconclusive
    );
    input.marks.detections.clear();
    input.marks.administrative = vec![mark(20 * MS, "pe1")];
    let anatomy = Anatomy::of(&input);
    assert!(anatomy.detection.is_none() && anatomy.contradictions.is_empty());
    assert!(anatomy.notes.iter().any(|note| note.contains("no failure")));
    assert_eq!(Anatomy::of(&AnatomyInput::default()).failure, None);
}

#[test]
fn sessions_that_went_down_together_leave_open_which_is_meant() {
    let session = |at: i64, by: &str, to: &str, since: i64| Mark {
        to: to.to_owned(),
        silence: Some(MarkedSilence {
            since: Instant::exact(EPOCH + since),
            detection_time: 30 * MS,
        }),
        ..mark(at, by)
    };
    let anatomy = |detections: Vec<Mark>| {
        Anatomy::of(&AnatomyInput {
            trigger: None,
            switches: vec![switch(0, 0, 60 * MS)],
            period: MS,
            transit: Some(0),
            marks: ControlMarks {
                detections,
                ..ControlMarks::default()
            },
        })
    };
    let decides = |anatomy: &Anatomy, phase: usize, limit: i64| {
        let length = &anatomy.phases[phase].length;
        Limit::at_most(limit).decide(length, None, []).verdict
    };
    // Both ends of one session: the first counts.
    let one = anatomy(vec![
        session(28 * MS, "pe1", "ce1", -2 * MS),
        session(33 * MS, "ce1", "pe1", 3 * MS),
    ]);
    assert_eq!(decides(&one, 0, 29 * MS), Verdict::Pass);
    assert_eq!(decides(&one, 0, 20 * MS), Verdict::Fail);
    // Alike on two links: two sessions.
    let on = |vlan: u16, session: Mark| Mark {
        vlans: [vlan].into_iter().collect(),
        ..session
    };
    let links = anatomy(vec![
        on(10, session(5 * MS, "pe1", "ce1", -9 * MS)),
        on(20, session(28 * MS, "pe1", "ce1", -2 * MS)),
    ]);
    assert_eq!(decides(&links, 0, 10 * MS), Verdict::Inconclusive);
    let two = anatomy(vec![
        session(5 * MS, "pe9", "pe8", -9 * MS),
        session(28 * MS, "pe1", "ce1", -2 * MS),
        // After the switch-over: of no account.
        session(90 * MS, "pe3", "pe1", MS),
    ]);
    assert_eq!(decides(&two, 0, 10 * MS), Verdict::Inconclusive);
    assert_eq!(decides(&two, 0, 29 * MS), Verdict::Pass);
    assert_eq!(decides(&two, 1, 40 * MS), Verdict::Inconclusive);
    assert!(
        two.notes.iter().any(|note| note.contains("2 BFD sessions")),
        "{:?}",
        two.notes
    );
    // Many are counted, and some of them told.
    let many: Vec<Mark> = (0..20_000)
        .map(|number| session(5 * MS + number, &format!("pe{number}"), "ce1", -25 * MS))
        .collect();
    let many = anatomy(many);
    assert!(many.notes.len() < 20, "{} notes", many.notes.len());
    let says = |text: &str| many.notes.iter().any(|note| note.contains(text));
    assert!(
        says("20000 BFD sessions") && says("so had 19992 more"),
        "{:?}",
        many.notes
    );
    // One that had fallen silent long before traffic was seen for the last time is of another failure, or the failure was
    // as early.
    let other = anatomy(vec![session(5 * MS, "pe9", "pe8", -25 * MS)]);
    assert_eq!(decides(&other, 0, 10 * MS), Verdict::Inconclusive);
    assert_eq!(decides(&other, 0, 31 * MS), Verdict::Pass);
    assert!(other.contradictions.is_empty());
}

#[test]
fn a_flow_that_never_comes_back_is_of_the_failover_in_which_it_ended() {
    let streams = [
        Stream::steady(0, 1_000, 3_000).outage(SECOND, 100 * MS),
        Stream::steady(1, 1_000, 1_020),
    ];
    let report = measure(&merged(&streams, 1), OutageSettings::default());
    let found = failovers(&report);
    assert_eq!(found[0].outages.len(), 2);
    let switches = found[0].outages.iter();
    let recovered = switches.filter_map(|(flow, outage)| FlowSwitch::of_outage(flow, outage, SECOND)?.sustained);
    assert_eq!(recovered.count(), 1);
}

#[test]
fn losses_at_other_times_are_of_no_failover() {
    let streams: Vec<Stream> = (0..6)
        .map(|flow| {
            let mut stream = Stream::steady(flow, 1_000, 4_000);
            stream.start = i64::from(flow) * 11_000;
            (stream.old_delay, stream.new_delay) = (0, 0);
            // A packet lost at the beginning of each, as of a receiver that was not yet there.
            stream = stream.outage(20 * MS, MS);
            match flow {
                0..3 => stream.outage(SECOND, 27 * MS),
                // Hit by what the other direction's end does.
                3 => stream.outage(SECOND + 15 * MS, 20 * MS),
                // A chance loss during the failover.
                4 => stream.outage(SECOND + 12 * MS, MS),
                _ => stream,
            }
        })
        .collect();
    let report = measure(&merged(&streams, 1), settings());
    let found = failovers(&report);
    let flows = |failover: &Failover<'_>| failover.outages.iter().map(|(flow, _)| flow.flow.0).collect::<Vec<_>>();
    assert_eq!(flows(&found[0]), [0, 1, 2, 3]);
    assert!(found[0].longest.interruption.contains(27 * MS));
    assert_eq!(flows(&found[1]).len() + flows(&found[2]).len(), 7);
    assert_eq!(found.len(), 3);
    let switches: Vec<FlowSwitch> = found[0]
        .outages
        .iter()
        .filter_map(|(flow, outage)| FlowSwitch::of_outage(flow, outage, SECOND))
        .collect();
    let anatomy = Anatomy::of(&AnatomyInput {
        switches,
        period: MS,
        transit: Some(0),
        marks: ControlMarks {
            detections: vec![mark(SECOND + 26 * MS, "pe1"), mark(3 * SECOND, "later")],
            ..ControlMarks::default()
        },
        ..AnatomyInput::default()
    });
    let failure = anatomy.failure.unwrap();
    assert!(
        failure.lower <= EPOCH + SECOND && EPOCH + SECOND <= failure.upper,
        "{failure:?}"
    );
    assert!(failure.upper - failure.lower <= 2 * MS);
    assert!(anatomy.phases[0].length.contains(26 * MS), "{:?}", anatomy.phases);
    assert!(anatomy.contradictions.is_empty());
}

#[test]
fn convergence_by_its_names() {
    let streams: Vec<Stream> = (0..10)
        .map(|flow| {
            let mut stream = Stream::steady(flow, 1_000, 3_000).outage(SECOND, (20 + i64::from(flow) * 10) * MS);
            stream.start = i64::from(flow) * 37_000;
            (stream.old_delay, stream.new_delay) = (0, 0);
            stream
        })
        .collect();
    let report = measure(&merged(&streams, 1), settings());
    let event = Instant::between(EPOCH + SECOND - MS, EPOCH + SECOND);
    let convergence = Convergence::after(&report, event, i64::MAX, SECOND);
    // The first packet after an outage comes within a period of its end.
    let within = |measured: &checks::capture::measure::Measured, truth: i64| {
        measured.contains(truth) || measured.contains(truth + MS)
    };
    assert!(
        within(&convergence.first_route, 20 * MS),
        "{:?}",
        convergence.first_route
    );
    assert!(within(&convergence.full, 110 * MS), "{:?}", convergence.full);
    assert_eq!(convergence.route_specific.len(), 10);
    for (flow, measured) in &convergence.route_specific {
        assert!(measured.contains(streams[flow.0 as usize].truth()));
    }
    assert!(
        convergence.loss_derived.contains(65 * MS),
        "{:?}",
        convergence.loss_derived
    );
    let impatient = Convergence::after(&report, event, i64::MAX, 10 * SECOND);
    assert_eq!((impatient.unvalidated.len(), impatient.full.upper), (10, None));
    let later = Convergence::after(&report, Instant::exact(EPOCH + 2 * SECOND), i64::MAX, SECOND);
    assert!(later.route_specific.is_empty());
}

#[test]
fn rates_contain_the_truth_and_refuse_short_bins() {
    for seed in 0..500 {
        let mut random = StdRng::seed_from_u64(seed);
        let rate = [1_000, 5_000, 10_000][random.random_range(0..3)];
        let period = SECOND / rate;
        let bin = random.random_range(20..60) * period;
        let truth = random.random_range(3 * bin..20 * bin);
        let stream = Stream::steady(0, rate, 6_000).outage(random.random_range(10 * bin..30 * bin), truth);
        let mut plot = PacketPlot::between(EPOCH, EPOCH + 6_000 * period, bin, 2);
        for packet in stream.captured(seed) {
            plot.observe(&packet);
        }
        let counts: Vec<u32> = (0..plot.lanes[0].len())
            .map(|bin| plot.lanes[0][bin] + plot.lanes[1][bin])
            .collect();
        let whole = counts.len() - 1;
        let found = by_rate(&counts[..whole], bin, period, 95).unwrap();
        assert_eq!(found.len(), 1, "seed {seed}: {counts:?}");
        assert!(
            found[0].length.contains(truth),
            "seed {seed}: {truth} {:?}",
            found[0].length
        );
    }
    assert!(by_rate(&[1; 50], MS, MS, 95).is_err());
    assert!(by_rate(&[10; 50], 10 * MS, MS, 0).is_err());
    assert_eq!(by_rate(&[10; 50], 10 * MS, MS, 95).unwrap(), []);
}

#[test]
fn links_of_a_flow_in_the_order_of_time() {
    let mut switches = LaneSwitches::default();
    let stream = Stream::steady(3, 1_000, 2_000).outage(SECOND, 30 * MS);
    for packet in stream.captured(1) {
        switches.observe(&packet);
    }
    let segments = switches.of(FlowId(3));
    assert_eq!((segments.len(), switches.changed()), (2, vec![FlowId(3)]));
    assert_eq!(segments[1].first - segments[0].last, 31 * MS);
    assert_eq!((segments[0].lane, segments[1].packets), (LaneId(0), 970));
}

#[test]
fn recovery_that_does_not_hold_is_not_sustained() {
    let flapping = Stream::steady(0, 1_000, 4_000)
        .outage(SECOND, 30 * MS)
        .outage(SECOND + 200 * MS, 20 * MS);
    let report = measure(&flapping.captured(0), OutageSettings { ..settings() });
    let flow = &report.flows[0];
    let switch = FlowSwitch::of_outage(flow, &flow.outages[0], SECOND).unwrap();
    assert_eq!(switch.sustained.unwrap().lower, flow.outages[1].first_after.unwrap());
    assert_eq!(
        FlowSwitch::of_outage(flow, &flow.outages[0], 10 * SECOND)
            .unwrap()
            .sustained,
        None
    );
}

#[test]
fn recovery_is_sustained_as_far_as_losses_that_are_not_kept_show() {
    // Of so many losses of a packet every so many milliseconds eight outages are kept, the first ones.
    let sustained = |apart: i64, count: i64| {
        let mut stream = Stream::steady(0, 1_000, 12_000).outage(SECOND, 30 * MS);
        for number in 0..count {
            stream = stream.outage(SECOND + 50 * MS + number * apart, MS);
        }
        let report = measure(&stream.captured(0), OutageSettings { ..settings() });
        let flow = &report.flows[0];
        assert_eq!(flow.outages_seen, count as u64 + 1);
        let longest = flow.longest().unwrap();
        let sustained = FlowSwitch::of_outage(flow, longest, 500 * MS).unwrap().sustained;
        // Single packets may be lost by chance: then it was over with the outage.
        assert!(sustained.is_none_or(|at| Some(at.lower) == longest.first_after && at.upper > at.lower));
        sustained
    };
    for (apart, count, is_sustained) in [
        (600 * MS, 15, true),
        (13 * MS, 150, false),
        (50 * MS, 60, false),
        (400 * MS, 20, false),
        // All are kept, and the last is followed by none.
        (400 * MS, 7, true),
    ] {
        assert_eq!(sustained(apart, count).is_some(), is_sustained, "{apart} {count}");
    }
}

#[test]
fn runs_of_losses_with_no_recovery_between_them_are_one_interruption() {
    for (first, second) in [(100, 85), (85, 100), (3, 190), (190, 3)] {
        let mut stream = Stream::steady(0, 1_000, 4_000);
        (stream.old_delay, stream.new_delay) = (0, 0);
        let stream = stream
            .outage(SECOND, first * MS)
            .outage(SECOND + (first + 5) * MS, second * MS);
        let report = measure(&stream.captured(0), OutageSettings { ..settings() });
        let found = failovers(&report);
        let (flow, outage) = found[0].outages[0];
        assert_eq!((found.len(), outage.runs), (1, 2));
        let truth = (first + 5 + second) * MS;
        assert!((truth..=truth + 2 * MS).contains(&(found[0].ends() - found[0].begins())));
        let anatomy = Anatomy::of(&AnatomyInput {
            switches: FlowSwitch::of_outage(flow, outage, SECOND).into_iter().collect(),
            period: MS,
            ..AnatomyInput::default()
        });
        // Those of the shorter run may have been lost by chance.
        let total = anatomy.total.unwrap();
        assert!(
            total.contains(truth) && total.contains(first.max(second) * MS + MS / 2),
            "{total}"
        );
        assert!(anatomy.contradictions.is_empty(), "{:?}", anatomy.contradictions);
        let recovery = anatomy.phases.last().unwrap();
        assert_eq!((recovery.name, recovery.length.lower), (PhaseName::Recovery, Some(0)));
    }
}
