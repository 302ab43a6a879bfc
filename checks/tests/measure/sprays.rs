//! Packets spread by turns or by chance, through links that lose, repeat, hold back and keep time by clocks of their own: each
//! rule is told as what it is or not at all, and each near miss is refused.

use checks::Verdict;
use checks::capture::measure::balance::{BalanceReport, BalanceSettings, BalanceTally, Mode, Spray};
use checks::capture::measure::{FlowId, FlowSink, LaneId, Observation};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How a router chooses links.
#[derive(Debug, Clone, PartialEq)]
enum Rule {
    /// Links by their turns, over all packets.
    Turns(Vec<u16>),
    /// The same for each flow by itself.
    TurnsOfFlows(Vec<u16>),
    /// By chance, with these shares.
    Chance(Vec<f64>),
}

/// What happens behind the router, on each link by itself.
#[derive(Debug, Clone, Default)]
struct Trouble {
    loss: f64,
    /// Before the router.
    loss_before: f64,
    duplication: f64,
    /// Packets take up to so much longer, in nanoseconds.
    jitter: i64,
    /// The clock of link n is n times so much fast.
    clock: i64,
    /// Every so many packets one is on the next link.
    stray: Option<u64>,
    /// The clock of the sender of flow n is n times so much fast.
    senders: i64,
    /// The clocks of senders go in steps of so much.
    steps: i64,
    /// No sequence numbers, no send times.
    blind: bool,
}

fn turns(links: u16) -> Vec<u16> {
    (0..links).collect()
}

fn captured(rule: &Rule, links: u16, flows: u32, each: u64, trouble: &Trouble, seed: u64) -> Vec<Observation> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut left: Vec<(u32, u64)> = (0..flows).map(|flow| (flow, 0)).collect();
    let (mut seen, mut dealt, mut time) = (Vec::new(), 0_u64, 1_000_000_000_i64);
    let mut of_flow = vec![0_u64; flows as usize];
    while !left.is_empty() {
        let index = random.random_range(0..left.len());
        let (flow, sequence) = left[index];
        if sequence + 1 == each {
            left.swap_remove(index);
        } else {
            left[index].1 += 1;
        }
        time += 10_000;
        if random.random_bool(trouble.loss_before) {
            continue;
        }
        let mine = &mut of_flow[flow as usize];
        let mut link = match rule {
            Rule::Turns(word) => word[(dealt % word.len() as u64) as usize],
            Rule::TurnsOfFlows(word) => word[((*mine + u64::from(flow)) % word.len() as u64) as usize],
            Rule::Chance(shares) => {
                let mut point: f64 = random.random_range(0.0..1.0);
                let chosen = shares.iter().position(|share| {
                    point -= share;
                    point < 0.0
                });
                chosen.unwrap_or(0) as u16
            }
        };
        *mine += 1;
        dealt += 1;
        if trouble.stray.is_some_and(|every| dealt % every == every / 2) {
            link = (link + 1) % links;
        }
        if random.random_bool(trouble.loss) {
            continue;
        }
        for _ in 0..=u32::from(random.random_bool(trouble.duplication)) {
            let late = if trouble.jitter == 0 {
                0
            } else {
                random.random_range(0..trouble.jitter)
            };
            let clock = time + i64::from(flow) * trouble.senders;
            let sent = clock - clock % trouble.steps.max(1);
            seen.push(Observation {
                flow: FlowId(flow),
                lane: LaneId(link),
                time: time + late + i64::from(link) * trouble.clock,
                sequence: (!trouble.blind).then_some(sequence),
                sent: (!trouble.blind).then_some(sent),
                length: 100,
            });
        }
    }
    seen.sort_by_key(|packet| packet.time);
    seen
}

fn judged(rule: &Rule, links: u16, size: (u32, u64), trouble: &Trouble, seed: u64) -> BalanceReport {
    let mut tally = BalanceTally::new(BalanceSettings::equal(links));
    for packet in captured(rule, links, size.0, size.1, trouble, seed) {
        tally.observe(&packet);
    }
    tally.report()
}

fn kind(report: &BalanceReport) -> Option<Spray> {
    report.spray.as_ref().map(|spray| spray.kind)
}

/// 1 to 500 flows, about 2,000 packets.
const SIZES: [(u32, u64); 4] = [(1, 2_000), (10, 200), (100, 20), (500, 4)];

#[test]
fn turns_are_told_through_loss_repetition_and_clocks() {
    let troubles = [
        Trouble::default(),
        Trouble {
            loss: 0.02,
            ..Trouble::default()
        },
        Trouble {
            loss_before: 0.02,
            ..Trouble::default()
        },
        Trouble {
            duplication: 0.05,
            loss: 0.01,
            ..Trouble::default()
        },
        Trouble {
            jitter: 50_000,
            ..Trouble::default()
        },
        Trouble {
            jitter: 2_000_000,
            ..Trouble::default()
        },
        // Some links are longer than others.
        Trouble {
            clock: 300_000,
            loss: 0.01,
            ..Trouble::default()
        },
    ];
    for (seed, trouble) in (0..).zip(&troubles) {
        for links in [2, 3, 8, 16] {
            for size in SIZES {
                let report = judged(&Rule::Turns(turns(links)), links, size, trouble, seed);
                let case = format!("{trouble:?} {links} {size:?} {:?}", report.spray);
                assert_eq!(report.mode, Mode::PerPacket, "{case}");
                assert_eq!(kind(&report), Some(Spray::RoundRobin), "{case}");
                assert_eq!(report.balanced_round_robin(), Verdict::Pass, "{case}");
            }
        }
    }
}

#[test]
fn clocks_apart_and_missing_numbers_never_accuse() {
    for links in [2, 4, 16] {
        for size in SIZES {
            let apart = Trouble {
                clock: 3_000_000,
                ..Trouble::default()
            };
            let report = judged(&Rule::Turns(turns(links)), links, size, &apart, 5);
            assert_ne!(
                report.balanced_round_robin(),
                Verdict::Fail,
                "{links} {size:?} {:?}",
                report.spray
            );
            let blind = Trouble {
                blind: true,
                loss: 0.01,
                ..Trouble::default()
            };
            let report = judged(&Rule::Turns(turns(links)), links, size, &blind, 6);
            assert_ne!(
                report.balanced_round_robin(),
                Verdict::Fail,
                "{links} {size:?} {:?}",
                report.spray
            );
            let senders = Trouble {
                senders: 25_000,
                ..Trouble::default()
            };
            let report = judged(&Rule::Turns(turns(links)), links, size, &senders, 7);
            assert_ne!(
                report.balanced_round_robin(),
                Verdict::Fail,
                "{links} {size:?} {:?}",
                report.spray
            );
        }
    }
}

#[test]
fn losses_elsewhere_explain_no_packet_out_of_turn_whatever_the_senders_clock_says() {
    for steps in [0, 1_000_000, i64::MAX] {
        for size in [(1, 4_000), (10, 400)] {
            let trouble = Trouble {
                steps,
                ..Trouble::default()
            };
            let judged = |strays: bool, losses: bool| {
                let mut packets = captured(&Rule::Turns(turns(2)), 2, size.0, size.1, &trouble, 12);
                if strays {
                    packets[3_000].lane.0 ^= 1;
                }
                if losses {
                    packets.drain(500..503);
                    packets.remove(900);
                }
                let mut tally = BalanceTally::new(BalanceSettings::equal(2));
                for packet in &packets {
                    tally.observe(packet);
                }
                tally.report().balanced_round_robin()
            };
            assert_eq!(judged(true, true), Verdict::Fail, "{steps} {size:?}");
            assert_eq!(judged(true, false), Verdict::Fail, "{steps} {size:?}");
            assert_eq!(judged(false, true), Verdict::Pass, "{steps} {size:?}");
        }
    }
}

#[test]
fn turns_of_each_flow_are_told() {
    for links in [2, 4, 8] {
        for size in [(10, 400), (100, 40), (1_000, 10)] {
            for loss in [0.0, 0.02] {
                let trouble = Trouble {
                    loss,
                    ..Trouble::default()
                };
                let report = judged(&Rule::TurnsOfFlows(turns(links)), links, size, &trouble, 7);
                assert_eq!(
                    kind(&report),
                    Some(Spray::RoundRobinPerFlow),
                    "{links} {size:?} {:?}",
                    report.spray
                );
            }
        }
    }
}

#[test]
fn weights_are_told() {
    for (word, weights) in [
        (vec![0, 0, 0, 1], vec![3.0, 1.0]),
        (vec![0, 1, 0, 2, 0, 1], vec![3.0, 2.0, 1.0]),
        (vec![0, 1, 2, 3, 0, 1, 0], vec![3.0, 2.0, 1.0, 1.0]),
    ] {
        let links = weights.len() as u16;
        for loss in [0.0, 0.01] {
            let trouble = Trouble {
                loss,
                ..Trouble::default()
            };
            let report = judged(&Rule::Turns(word.clone()), links, (10, 400), &trouble, 8);
            let spray = report.spray.clone().unwrap();
            assert_eq!(
                (spray.kind, &spray.weights),
                (Spray::WeightedRoundRobin, &weights),
                "{report:?}"
            );
            assert_eq!(report.balanced_round_robin(), Verdict::Fail);
            assert_eq!(report.balanced_per_packet(), Verdict::Fail);
            let report = judged(&Rule::TurnsOfFlows(word.clone()), links, (10, 400), &trouble, 8);
            let spray = report.spray.clone().unwrap();
            assert_eq!(
                (spray.kind, &spray.weights),
                (Spray::WeightedRoundRobinPerFlow, &weights),
                "{report:?}"
            );
        }
    }
    for shares in [vec![0.75, 0.25], vec![0.5, 0.3, 0.2], vec![0.9, 0.1]] {
        let links = shares.len() as u16;
        let report = judged(&Rule::Chance(shares.clone()), links, (10, 400), &Trouble::default(), 9);
        assert_eq!(
            (report.mode, kind(&report)),
            (Mode::PerPacket, Some(Spray::WeightedRandom)),
            "{report:?}"
        );
        assert_eq!(report.balanced_per_packet(), Verdict::Fail);
        let weights = report.spray.unwrap().weights;
        let total: f64 = weights.iter().sum();
        for (weight, share) in weights.iter().zip(&shares) {
            assert!((weight / total - share).abs() < 0.03, "{weights:?}");
        }
    }
}

#[test]
fn one_packet_of_many_out_of_turn_is_refused_and_named() {
    for every in [100, 1_000, 3_000] {
        for links in [2, 8] {
            for loss in [0.0, 0.005] {
                let trouble = Trouble {
                    stray: Some(every),
                    loss,
                    ..Trouble::default()
                };
                for size in [(1, 4_000), (10, 400)] {
                    let report = judged(&Rule::Turns(turns(links)), links, size, &trouble, 10);
                    let case = format!("{every} {links} {loss} {size:?} {:?}", report.spray);
                    let spray = report.spray.clone().unwrap();
                    // Where the stray itself was lost nothing shows it.
                    assert!(
                        spray.kind == Spray::BrokenTurns || (loss > 0.0 && every >= 1_000),
                        "{case}"
                    );
                    if spray.kind == Spray::BrokenTurns {
                        assert_eq!(report.balanced_round_robin(), Verdict::Fail, "{case}");
                        assert!(!spray.out_of_turn.is_empty(), "{case}");
                    }
                    if loss == 0.0 {
                        let strays = 4_000 / every + u64::from(4_000 % every > every / 2);
                        assert!((strays..=2 * strays).contains(&spray.violations), "{strays} {case}");
                    }
                }
                let report = judged(&Rule::TurnsOfFlows(turns(links)), links, (10, 400), &trouble, 11);
                assert_ne!(
                    report.balanced_round_robin(),
                    Verdict::Pass,
                    "{every} {links} {loss} {:?}",
                    report.spray
                );
            }
        }
    }
}

#[test]
fn chance_is_never_told_as_turns_nor_unequal_chance_as_equal() {
    let mut even = 0;
    for seed in 0..15 {
        for links in [2, 4, 16] {
            let equal = vec![1.0 / f64::from(links); usize::from(links)];
            let report = judged(&Rule::Chance(equal), links, (10, 400), &Trouble::default(), seed);
            assert_eq!(report.balanced_round_robin(), Verdict::Fail, "{:?}", report.spray);
            even += u32::from(kind(&report) == Some(Spray::Random));
        }
        let nearly = Rule::Chance(vec![0.45, 0.55]);
        let few = judged(&nearly, 2, (10, 20), &Trouble::default(), seed);
        assert_ne!(few.balanced_per_packet(), Verdict::Pass, "{}", few.evenness.reason);
        let many = judged(&nearly, 2, (10, 800), &Trouble::default(), seed);
        assert_eq!(many.balanced_per_packet(), Verdict::Fail, "{}", many.evenness.reason);
    }
    assert!(even >= 43, "{even} of 45 at one in a thousand each");
}

#[test]
fn ten_thousand_flows() {
    for (rule, expected) in [
        (Rule::Turns(turns(4)), Spray::RoundRobin),
        (Rule::TurnsOfFlows(turns(4)), Spray::RoundRobinPerFlow),
        (Rule::Chance(vec![0.25; 4]), Spray::Random),
    ] {
        let report = judged(&rule, 4, (10_000, 5), &Trouble::default(), 12);
        assert_eq!(
            (report.mode, kind(&report)),
            (Mode::PerPacket, Some(expected)),
            "{:?}",
            report.spray
        );
    }
}

#[test]
fn few_packets_prove_no_turns() {
    for packets in [2, 8, 16] {
        let report = judged(&Rule::Turns(turns(2)), 2, (1, packets), &Trouble::default(), 13);
        assert_eq!(report.balanced_round_robin(), Verdict::Inconclusive, "{report:?}");
    }
}
