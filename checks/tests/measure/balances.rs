//! Each rule of balancing is recognised, and each near miss is refused.

use checks::Verdict;
use checks::capture::measure::balance::{
    BalanceReport, BalanceSettings, BalanceTally, FlowLabels, LabelSighting, LinkChange, Mode, Pair, Spray,
    polarisation, symmetry,
};
use checks::capture::measure::{FlowId, FlowSink, LaneId, Observation};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How a router chooses links, in these tests.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Hash,
    /// By a hash that prefers the first link with this chance beyond its share.
    Skewed(f64),
    RoundRobin,
    RoundRobinOfFlows,
    Random,
    OneLink,
    /// As `Hash`, but one flow is sprayed.
    OneSprayed,
    /// Round robin that leaves out the last link.
    Skipping,
}

/// Packets of `flows` flows, `each` of every one, interleaved at random.
fn spread(rule: Rule, flows: u32, each: u64, links: u16, seed: u64) -> Vec<Observation> {
    let mut random = StdRng::seed_from_u64(seed);
    let hashed: Vec<u16> = (0..flows)
        .map(|_| match rule {
            Rule::Skewed(more) if random.random_bool(more) => 0,
            _ => random.random_range(0..links),
        })
        .collect();
    let mut left: Vec<(u32, u64)> = (0..flows).map(|flow| (flow, 0)).collect();
    let mut packets = Vec::new();
    let mut time = 0_i64;
    while !left.is_empty() {
        let index = random.random_range(0..left.len());
        let (flow, sequence) = left[index];
        let count = time as u64;
        let lane = match rule {
            Rule::Hash | Rule::Skewed(_) => hashed[flow as usize],
            Rule::RoundRobin => (count % u64::from(links)) as u16,
            Rule::RoundRobinOfFlows => ((sequence + u64::from(flow)) % u64::from(links)) as u16,
            Rule::Random => random.random_range(0..links),
            Rule::OneLink => 0,
            Rule::OneSprayed if flow == 0 => random.random_range(0..links),
            Rule::OneSprayed => hashed[flow as usize],
            Rule::Skipping => (count % u64::from(links - 1)) as u16,
        };
        packets.push(Observation {
            flow: FlowId(flow),
            lane: LaneId(lane),
            time: time * 1_000,
            sequence: Some(sequence),
            sent: None,
            length: 100,
        });
        time += 1;
        if sequence + 1 == each {
            left.swap_remove(index);
        } else {
            left[index].1 += 1;
        }
    }
    packets
}

fn classify(packets: &[Observation], settings: BalanceSettings) -> BalanceReport {
    let mut tally = BalanceTally::new(settings);
    for packet in packets {
        tally.observe(packet);
    }
    tally.report()
}

#[test]
fn each_rule_is_recognised() {
    for seed in 0..6 {
        for links in [2, 3, 4, 8, 16] {
            let settings = BalanceSettings::equal(links);
            let mode = |rule, flows, each| {
                let report = classify(&spread(rule, flows, each, links, seed), settings.clone());
                (report.mode, report.spray.map(|spray| spray.kind))
            };
            assert_eq!(mode(Rule::Hash, 64, 5), (Mode::PerFlow, None));
            assert_eq!(mode(Rule::OneLink, 64, 3), (Mode::SingleLink, None));
            assert_eq!(
                mode(Rule::RoundRobin, 10, 60),
                (Mode::PerPacket, Some(Spray::RoundRobin))
            );
            let (found, spray) = mode(Rule::RoundRobinOfFlows, 10, 60);
            assert_eq!(
                (found, spray),
                (Mode::PerPacket, Some(Spray::RoundRobinPerFlow)),
                "{links}"
            );
            assert_eq!(mode(Rule::OneSprayed, 40, 30).0, Mode::Mixed);
            assert_eq!(mode(Rule::Hash, 3, 1).0, Mode::Undecidable);
        }
    }
}

#[test]
fn random_spray_is_seldom_taken_for_a_pattern_and_never_for_round_robin() {
    let mut patterned = 0;
    for seed in 0..60 {
        let report = classify(&spread(Rule::Random, 10, 60, 4, seed), BalanceSettings::equal(4));
        assert_eq!(report.mode, Mode::PerPacket);
        let spray = report.spray.unwrap();
        assert!(
            !matches!(spray.kind, Spray::RoundRobin | Spray::RoundRobinPerFlow),
            "{spray:?}"
        );
        patterned += u32::from(spray.kind != Spray::Random);
    }
    assert!(patterned <= 2, "{patterned} of 60 at one in a thousand");
}

#[test]
fn a_single_sprayed_flow_is_named() {
    for seed in 0..20 {
        let report = classify(&spread(Rule::OneSprayed, 200, 20, 4, seed), BalanceSettings::equal(4));
        assert_eq!((report.mode, report.violating_flows), (Mode::Mixed, 1));
        assert_eq!(report.violations[0].flow, FlowId(0));
        assert_eq!(report.is(Mode::PerFlow), Verdict::Fail);
        assert_eq!(report.balanced_per_packet(), Verdict::Fail);
    }
}

#[test]
fn few_packets_prove_nothing() {
    // Ten packets of one flow on one of two links: two in a thousand by chance.
    for (flows, each, expected) in [
        (1, 10, Verdict::Inconclusive),
        (12, 2, Verdict::Inconclusive),
        (24, 2, Verdict::Pass),
    ] {
        let packets = spread(Rule::Hash, flows, each, 2, 3);
        let report = classify(&packets, BalanceSettings::equal(2));
        assert_eq!(report.is(Mode::PerFlow), expected, "{}", report.reason);
    }
}

#[test]
fn uneven_hashes_never_pass_and_even_ones_seldom_fail() {
    let (mut failed, mut passed) = (0, 0);
    for seed in 0..40 {
        let settings = BalanceSettings::equal(2);
        // 60 to 40: a fifth of the flows beyond their share.
        let skewed = classify(&spread(Rule::Skewed(0.2), 1_500, 2, 2, seed), settings.clone());
        assert_ne!(skewed.balanced_per_flow(), Verdict::Pass, "{}", skewed.evenness.reason);
        failed += u32::from(skewed.balanced_per_flow() == Verdict::Fail);
        let even = classify(&spread(Rule::Hash, 1_500, 2, 2, seed), settings.clone());
        assert_ne!(even.balanced_per_flow(), Verdict::Fail, "{}", even.evenness.reason);
        passed += u32::from(even.balanced_per_flow() == Verdict::Pass);
        let few = classify(&spread(Rule::Hash, 60, 4, 2, seed), settings);
        assert_ne!(few.balanced_per_flow(), Verdict::Pass);
    }
    assert!(failed >= 39 && passed >= 38, "{failed} {passed}");
}

#[test]
fn a_skipped_link_is_not_balance_over_all() {
    let report = classify(&spread(Rule::Skipping, 10, 200, 4, 1), BalanceSettings::equal(4));
    assert_eq!(report.mode, Mode::PerPacket);
    assert_eq!(report.evenness.unused, [3]);
    assert_eq!(report.balanced_per_packet(), Verdict::Fail);
    let single = classify(&spread(Rule::OneLink, 100, 3, 2, 1), BalanceSettings::equal(2));
    assert_eq!(single.balanced_per_flow(), Verdict::Fail);
}

#[test]
fn flows_dealt_out_one_by_one_are_too_even_for_a_hash() {
    let packets: Vec<Observation> = spread(Rule::Hash, 400, 4, 4, 9)
        .into_iter()
        .map(|packet| Observation {
            lane: LaneId((packet.flow.0 % 4) as u16),
            ..packet
        })
        .collect();
    let report = classify(&packets, BalanceSettings::equal(4));
    assert!(
        report.notes.iter().any(|note| note.contains("more even")),
        "{:?}",
        report.notes
    );
}

#[test]
fn a_failover_within_the_capture_is_left_out() {
    let packets: Vec<Observation> = spread(Rule::Hash, 100, 20, 2, 4)
        .into_iter()
        .map(|packet| Observation {
            lane: if packet.time >= 1_000_000 {
                LaneId(0)
            } else {
                packet.lane
            },
            ..packet
        })
        .collect();
    let mixed = classify(&packets, BalanceSettings::equal(2));
    assert_eq!(mixed.mode, Mode::Mixed);
    let excluded = BalanceSettings {
        excluded: vec![(990_000, 1_010_000)],
        ..BalanceSettings::equal(2)
    };
    let report = classify(&packets, excluded);
    assert_eq!((report.mode, report.violating_flows), (Mode::PerFlow, 0));
    // Nobody went back to the other link, as long as was looked.
    let told = report.notes.iter().filter(|note| note.contains("used unevenly"));
    assert_eq!(told.count(), 1, "{:?}", report.notes);
}

/// Link 1 fails at this time, in nanoseconds, and the sender notices this much later.
const FAILS: i64 = 1_000_000_000;
const NOTICED: i64 = 30_000_000;

/// Flows with a packet each millisecond for two seconds, where `link` says which it takes.
fn steady(flows: u32, link: impl Fn(u32, i64) -> Option<u16>) -> Vec<Observation> {
    let sent = (0..2_000_i64).flat_map(|number| (0..flows).map(move |flow| (number, flow)));
    sent.filter_map(|(number, flow)| {
        let time = number * 1_000_000 + i64::from(flow);
        Some(at(time, flow, number.cast_unsigned(), link(flow, time)?))
    })
    .collect()
}

fn link_changes(packets: &[Observation], links: u16) -> Vec<LinkChange> {
    let mut tally = BalanceTally::new(BalanceSettings::equal(links));
    for packet in packets {
        tally.observe(packet);
    }
    tally.link_changes()
}

#[test]
fn a_link_that_fails_or_comes_back_explains_why_flows_change_theirs() {
    // Of three links, flows on the failed one are lost until it is noticed; then all are hashed anew.
    let failing = |flow: u32, time: i64| match (flow % 3, time) {
        (1, FAILS..) if time < FAILS + NOTICED => None,
        (_, FAILS..) if time >= FAILS + NOTICED => Some((flow % 2 * 2) as u16),
        (own, _) => Some(own as u16),
    };
    let packets = steady(60, failing);
    let [change] = &link_changes(&packets, 3)[..] else {
        panic!("{:?}", link_changes(&packets, 3));
    };
    assert_eq!((&change.left[..], &change.taken[..]), (&[1_u16][..], &[][..]));
    assert!((FAILS - 1_000_000..FAILS).contains(&change.from), "{change:?}");
    let noticed = FAILS + NOTICED;
    assert!((noticed..=noticed + 1_000_000).contains(&change.until), "{change:?}");
    let settings = |changes: &[LinkChange]| BalanceSettings {
        excluded: changes.iter().map(|change| (change.from, change.until)).collect(),
        ..BalanceSettings::equal(3)
    };
    assert_eq!(classify(&packets, settings(&[])).mode, Mode::Mixed);
    let around = classify(&packets, settings(&link_changes(&packets, 3)));
    assert_eq!((around.mode, around.violating_flows), (Mode::PerFlow, 0));

    // The other way round: it comes into use.
    let coming = |flow: u32, time: i64| {
        let links = if time < FAILS { 2 } else { 3 };
        Some((flow % links) as u16)
    };
    let [change] = &link_changes(&steady(60, coming), 3)[..] else {
        panic!();
    };
    assert_eq!((&change.left[..], &change.taken[..]), (&[][..], &[2_u16][..]));
    assert!(change.from < FAILS && change.until >= FAILS, "{change:?}");
}

#[test]
fn nothing_else_explains_why_flows_change_their_links() {
    let changes = |link: &dyn Fn(u32, i64) -> Option<u16>| link_changes(&steady(60, link), 3);
    let fails = |flow: u32, time: i64| {
        let own = (flow % 3) as u16;
        if own == 1 && time >= FAILS { 2 } else { own }
    };
    assert_eq!(changes(&|flow, time| Some(fails(flow, time))).len(), 1);
    // All links stay in use: a flow, or all flows, change theirs for no reason that is seen.
    assert_eq!(
        changes(&|flow, time| Some(((flow + u32::from(flow == 7 && time > FAILS)) % 3) as u16)),
        []
    );
    assert_eq!(
        changes(&|flow, time| Some(((flow + u32::from(time > FAILS)) % 3) as u16)),
        []
    );
    // Some flows on the link end; nobody moves.
    assert_eq!(
        changes(&|flow, time| (flow % 3 != 1 || time < FAILS).then_some((flow % 3) as u16)),
        []
    );
    // Packets are sprayed until the link fails, by all flows or by one of them.
    let sprayed = |flow: u32, time: i64| {
        let turn = ((i64::from(flow) + time / 1_000_000) % 3) as u16;
        if turn == 1 && time >= FAILS { 2 } else { turn }
    };
    assert_eq!(changes(&|flow, time| Some(sprayed(flow, time))), []);
    assert_eq!(
        changes(&|flow, time| Some(if flow == 4 {
            sprayed(flow, time)
        } else {
            fails(flow, time)
        })),
        []
    );
    // A flow goes over to the link that fails, while others leave it.
    assert_eq!(
        changes(&|flow, time| match flow {
            3 if (FAILS..FAILS + NOTICED).contains(&time) => Some(1),
            _ => Some(fails(flow, time)),
        }),
        []
    );
    // The flow left long before the link failed.
    let early = |flow: u32, time: i64| {
        if flow == 1 && time > 1_000_000 {
            0
        } else {
            (flow % 3) as u16
        }
    };
    let later = steady(60, |flow, time| Some(early(flow, time)))
        .into_iter()
        .map(|packet| Observation {
            time: packet.time * 20,
            ..packet
        });
    let ends = |packet: &Observation| packet.lane != LaneId(1) || packet.time < 30_000_000_000;
    assert_eq!(link_changes(&later.filter(ends).collect::<Vec<_>>(), 3), []);
    // A link that carries little is not out of use for that.
    let little: Vec<Observation> = (0..100_i64)
        .map(|number| at(number * 1_000_000, 0, number.cast_unsigned(), 0))
        .chain([
            at(20_500_000, 1, 0, 1),
            at(60_500_000, 1, 1, 1),
            at(90_500_000, 1, 2, 0),
        ])
        .collect();
    assert_eq!(link_changes(&little, 2), []);
}

/// Packets of two routers, whose numbers of flows are told apart, in the order of time.
fn of_both(one: Vec<Observation>, other: Vec<Observation>) -> Vec<Observation> {
    let other = other.into_iter().map(|packet| Observation {
        flow: FlowId(packet.flow.0 + OTHERS),
        ..packet
    });
    let mut packets: Vec<Observation> = one.into_iter().chain(other).collect();
    packets.sort_by_key(|packet| packet.time);
    packets
}

/// Flows from here on are the other router's.
const OTHERS: u32 = 1_000;

fn is_of_the_other(flow: FlowId) -> bool {
    flow.0 >= OTHERS
}

#[test]
fn links_take_turns_for_each_router_by_itself() {
    let settings = BalanceSettings::equal(4);
    for seed in 0..10 {
        let one = spread(Rule::RoundRobin, 5, 200, 4, seed);
        // The other router sends in its own rhythm.
        let other = spread(Rule::RoundRobin, 7, 150, 4, seed + 100);
        let other = other.into_iter().map(|packet| Observation {
            time: packet.time * 17 / 13 + 5,
            ..packet
        });
        let packets = of_both(one, other.collect());
        let counted = |way: fn(FlowId) -> usize| {
            let mut tally = BalanceTally::new(settings.clone());
            for flow in (0..10).chain(OTHERS..OTHERS + 10).map(FlowId) {
                tally.goes(flow, way(flow));
            }
            for packet in &packets {
                tally.observe(packet);
            }
            [false, true].map(|other| {
                let report = tally.report_of(&settings, |flow| is_of_the_other(flow) == other);
                (report.balanced_round_robin(), report.spray.map(|spray| spray.kind))
            })
        };
        let known = counted(|flow| usize::from(is_of_the_other(flow)));
        assert_eq!(known, [(Verdict::Pass, Some(Spray::RoundRobin)); 2]);
        // Mixed, or told of too late, their turns are not known; more ways than are followed are not either.
        let unknown = [(Verdict::Inconclusive, Some(Spray::Unknown)); 2];
        assert_eq!(counted(|_| 0), unknown);
        assert_eq!(counted(|flow| flow.0 as usize % 2), unknown);
        assert_eq!(counted(|flow| 1_000 + usize::from(is_of_the_other(flow))), unknown);
    }
}

/// A packet of a flow on a link, the flow's number `number`.
fn at(time: i64, flow: u32, number: u64, link: u16) -> Observation {
    Observation {
        flow: FlowId(flow),
        lane: LaneId(link),
        time,
        sequence: Some(number),
        sent: Some(time),
        length: 100,
    }
}

#[test]
fn what_does_not_hold_in_every_undisturbed_period_does_not_pass() {
    let settings = BalanceSettings {
        excluded: vec![(10_000_000, 20_000_000)],
        ..BalanceSettings::equal(2)
    };
    // After the change there are other flows, of which some use another share of link 0.
    let flows = |on_one_link: bool| {
        let before = (0..2_000_u32)
            .flat_map(|flow| (0..3).map(move |number| (i64::from(flow * 3) + number, flow, number, flow % 2)));
        let after = (2_000..2_500_u32).flat_map(move |flow| {
            let link = if on_one_link { 0 } else { flow % 2 };
            (0..3).map(move |number| (30_000_000 + i64::from(flow * 3) + number, flow, number, link))
        });
        let all = before.chain(after);
        all.map(|(time, flow, number, link)| at(time, flow, number.cast_unsigned(), link as u16))
            .collect::<Vec<_>>()
    };
    let even = classify(&flows(false), settings.clone());
    assert_eq!(even.balanced_per_flow(), Verdict::Pass, "{even:?}");
    let uneven = classify(&flows(true), settings.clone());
    assert_eq!(uneven.balanced_per_flow(), Verdict::Inconclusive);
    assert!(
        uneven.uneven_elsewhere[0].contains("in undisturbed period 2 of 2"),
        "{uneven:?}"
    );

    // Turns, and one packet after the change that is out of turn.
    let turns = |stray: i64| {
        (0..4_000_i64)
            .map(|number| {
                let time = if number < 3_000 { number } else { 30_000_000 + number };
                let link = (number + i64::from(number == stray)) % 2;
                at(time, 1, number.cast_unsigned(), link as u16)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        classify(&turns(-1), settings.clone()).balanced_round_robin(),
        Verdict::Pass
    );
    for stray in [1_500, 3_500] {
        let broken = classify(&turns(stray), settings.clone());
        assert_eq!(broken.balanced_round_robin(), Verdict::Fail, "{stray}: {broken:?}");
        assert_eq!(broken.balanced_per_packet(), Verdict::Pass);
    }
}

#[test]
fn flows_are_spread_at_any_time() {
    let classified = |link: &dyn Fn(u32, u32) -> u16| {
        let mut packets = Vec::new();
        for part in 0..4_u32 {
            for (flow, number) in (0..500_u32).flat_map(|flow| (0..4_u8).map(move |number| (flow, number))) {
                let time = i64::from(part) * 1_000_000_000 + i64::from(number) * 10_000_000 + i64::from(flow) * 1_000;
                packets.push(at(time, part * 500 + flow, u64::from(number), link(part, flow)));
            }
        }
        packets.sort_by_key(|packet| packet.time);
        classify(&packets, BalanceSettings::equal(2))
    };
    let always = classified(&|_, flow| (flow % 2) as u16);
    assert_eq!(always.balanced_per_flow(), Verdict::Pass, "{:?}", always.notes);
    let in_the_end = classified(&|part, _| (part / 2) as u16);
    assert_eq!(in_the_end.mode, Mode::PerFlow);
    assert_eq!(in_the_end.evenness.verdict, Verdict::Pass);
    assert_eq!(in_the_end.balanced_per_flow(), Verdict::Inconclusive);
    assert_eq!(
        in_the_end.uneven_elsewhere.len(),
        4,
        "{:?}",
        in_the_end.uneven_elsewhere
    );
}

fn conversations(count: u32, links: u16, seed: u64, reverse: impl Fn(u16, &mut StdRng) -> u16) -> Vec<Pair> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count)
        .map(|pair| {
            let forward = random.random_range(0..links);
            Pair {
                forward: FlowId(2 * pair),
                reverse: FlowId(2 * pair + 1),
                forward_link: LaneId(forward),
                reverse_link: LaneId(reverse(forward, &mut random)),
            }
        })
        .collect()
}

#[test]
fn symmetric_needs_enough_conversations_that_all_agree() {
    let settings = BalanceSettings::equal(2);
    let judge = |pairs: &[Pair]| symmetry(pairs, &settings);
    assert_eq!(
        judge(&conversations(19, 2, 1, |link, _| link)).verdict,
        Verdict::Inconclusive
    );
    let enough = judge(&conversations(20, 2, 1, |link, _| link));
    assert_eq!((enough.verdict, enough.needed), (Verdict::Pass, 20));
    assert_eq!(symmetry(&[], &settings).verdict, Verdict::Inconclusive);
    // All on one link agree and prove nothing.
    assert_eq!(
        judge(&conversations(50, 1, 1, |link, _| link)).verdict,
        Verdict::Inconclusive
    );
    let chance = judge(&conversations(200, 2, 1, |_, random| random.random_range(0..2)));
    assert_eq!(chance.verdict, Verdict::Fail);
    assert!(chance.interval.0 < 0.5 && chance.interval.1 > 0.5 && chance.permutation.is_none());
    let mut nearly = conversations(100, 2, 1, |link, _| link);
    nearly[7].reverse_link = LaneId(1 - nearly[7].forward_link.0);
    let nearly = judge(&nearly);
    assert_eq!((nearly.verdict, nearly.disagreeing.len()), (Verdict::Fail, 1));
    let complement = judge(&conversations(100, 2, 1, |link, _| 1 - link));
    assert!(complement.permutation.is_some() && complement.verdict == Verdict::Fail);
}

#[test]
fn a_second_stage_with_the_same_hash_is_polarised() {
    let mut random = StdRng::seed_from_u64(8);
    let hashes: Vec<u16> = (0..2_000).map(|_| random.random_range(0..1_024)).collect();
    let stages = |second: &dyn Fn(u16) -> u16| {
        let flows: Vec<_> = hashes
            .iter()
            .map(|hash| (LaneId(hash % 2), LaneId(second(*hash))))
            .collect();
        polarisation(&flows, 1e-3)
    };
    let same = stages(&|hash| hash % 4);
    assert!(same.full && same.verdict == Verdict::Fail && same.strength > 0.9);
    let other = stages(&|hash| (hash >> 4) % 4);
    assert_eq!((other.full, other.verdict), (false, Verdict::Pass));
    assert_eq!(
        polarisation(&[(LaneId(0), LaneId(0)); 9], 1e-3).verdict,
        Verdict::Inconclusive
    );
}

fn labelled(flow: u32, label: u32) -> LabelSighting {
    LabelSighting {
        flow: FlowId(flow),
        distinct: true,
        label,
        bottom: true,
        ttl: 1,
        lane: LaneId((label % 2) as u16),
        packets: 1,
    }
}

#[test]
fn flow_labels() {
    let judge = |sightings: &[LabelSighting]| {
        let mut labels = FlowLabels::default();
        for seen in sightings {
            labels.observe(seen);
        }
        labels.finish()
    };
    let good: Vec<_> = (0..60)
        .map(|packet| labelled(packet % 20, 1_000 + 7 * (packet % 20)))
        .collect();
    let report = judge(&good);
    assert_eq!(
        (report.constant, report.differing, report.link_by_label),
        (Verdict::Pass, Verdict::Pass, Verdict::Pass)
    );
    let mut changing = good.clone();
    changing[45].label = 99_999;
    assert_eq!(judge(&changing).changing, [(FlowId(5), 1)]);
    assert_eq!(judge(&changing).constant, Verdict::Fail);
    let same: Vec<_> = (0..60).map(|packet| labelled(packet % 20, 1_000)).collect();
    assert_eq!(judge(&same).differing, Verdict::Fail);
    let mut reserved = good.clone();
    reserved[0].label = 15;
    assert_eq!(
        (judge(&reserved).constant, judge(&reserved).reserved),
        (Verdict::Fail, 1)
    );
    let mut not_bottom = good.clone();
    not_bottom[3].bottom = false;
    assert_eq!(judge(&not_bottom).constant, Verdict::Fail);
    let mut other_link = good;
    other_link[30].lane = LaneId(5);
    assert_eq!(judge(&other_link).link_by_label, Verdict::Fail);
    assert_eq!(judge(&[]).constant, Verdict::Inconclusive);
    let mut labels = FlowLabels::default();
    (0..4).for_each(|flow| labels.observe(&labelled(flow, 1_000 + flow)));
    labels.missing(FlowId(9), 3);
    let report = labels.finish();
    assert_eq!((report.constant, report.differing), (Verdict::Fail, Verdict::Fail));
    assert_eq!((report.flows, report.without), (5, vec![(FlowId(9), 3)]));
}

#[test]
fn near_misses_are_refused() {
    for seed in 0..10 {
        for links in [2, 4] {
            let settings = BalanceSettings::equal(links);
            // One packet of one flow on another link is no balancing per flow.
            let mut hashed = spread(Rule::Hash, 300, 10, links, seed);
            hashed[1_500].lane = LaneId((hashed[1_500].lane.0 + 1) % links);
            let report = classify(&hashed, settings.clone());
            assert_eq!((report.mode, report.violating_flows), (Mode::Mixed, 1));
            assert_eq!(report.balanced_per_flow(), Verdict::Fail);
            // One large flow that keeps its link is no balancing per packet.
            let mut dealt = spread(Rule::RoundRobin, 10, 200, links, seed);
            let kept = dealt.iter_mut().filter(|packet| packet.flow == FlowId(3));
            kept.for_each(|packet| packet.lane = LaneId(0));
            assert_ne!(classify(&dealt, settings.clone()).balanced_per_packet(), Verdict::Pass);
            // One conversation of many whose answers take another link is not symmetric.
            let mut pairs = conversations(200, links, seed, |link, _| link);
            assert_eq!(symmetry(&pairs, &settings).verdict, Verdict::Pass);
            pairs[77].reverse_link = LaneId((pairs[77].reverse_link.0 + 1) % links);
            assert_eq!(symmetry(&pairs, &settings).verdict, Verdict::Fail);
        }
    }
}
