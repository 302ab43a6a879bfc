//! Failovers sorted in one sweep, against every interruption compared with every other.

use proptest::prelude::*;

use super::*;
use crate::capture::measure::outage::LossPattern;
use crate::capture::measure::{FlowId, Measured, Method, Unit};

/// An interruption: when it begins, how long it is, packets lost, whether for good.
type Part = (i64, i64, Option<u64>, bool);

fn outage((begins, length, lost, for_good): Part) -> Outage {
    let interruption = if for_good && length % 2 == 0 {
        Measured::unknown(Unit::Nanoseconds, Method::Gap, "never came back")
    } else {
        Measured::duration(length, length - 1, length + 1, Method::Sequence, 1)
    };
    Outage {
        end: if for_good {
            OutageEnd::NeverCameBack
        } else {
            OutageEnd::Recovered
        },
        last_before: Some(begins),
        first_after: (!for_good).then_some(begins + length),
        sequence_before: None,
        sequence_after: None,
        lost,
        runs: 1,
        all_runs: None,
        again: None,
        gap: None,
        interruption,
        by_sequence: None,
        by_send_times: None,
        by_gap: None,
        path_delay_step: None,
        held: 0,
    }
}

fn report(flows: Vec<(u64, Vec<Part>)>) -> OutageReport {
    let unknown = Measured::unknown(Unit::Nanoseconds, Method::Sequence, "not measured");
    let flow = |(number, (period, parts)): (u32, (u64, Vec<Part>))| FlowOutages {
        flow: FlowId(number),
        received: 0,
        lost: None,
        duplicates: 0,
        seen_once: None,
        octets: 0,
        first: 0,
        last: 0,
        first_sequence: None,
        last_sequence: None,
        period: Some(Period {
            span: period,
            packets: 1,
        }),
        interruption: unknown.clone(),
        loss_of_connectivity: unknown.clone(),
        outages: parts.into_iter().map(outage).collect(),
        outages_seen: 0,
        loss: LossPattern::default(),
        reordering: None,
        delay_variation: None,
        findings: Vec::new(),
    };
    OutageReport {
        version: OutageReport::VERSION,
        window: None,
        flows: (0..).zip(flows).map(flow).collect(),
        affected: 0,
        interruption: unknown.clone(),
        spread: None,
        lost: 0,
        received: 0,
        loss_derived: unknown,
        findings: Vec::new(),
    }
}

/// Whether `other` was brought by the failure that brought `longest`, by comparing the two.
fn belong((longest_flow, longest): (&FlowOutages, &Outage), (flow, other): (&FlowOutages, &Outage)) -> bool {
    let (begins, also) = (longest.last_before.unwrap(), other.last_before.unwrap());
    let period = |flow: &FlowOutages| flow.period.map_or(0, Period::nanoseconds);
    let apart = period(longest_flow).max(period(flow)) * 2 + PATHS_DIFFER;
    if (also - begins).abs() <= apart {
        return true;
    }
    let overlap =
        also < longest.first_after.unwrap_or(i64::MAX) && other.first_after.is_none_or(|after| begins < after);
    if overlap && other.end == OutageEnd::NeverCameBack && longest.end != OutageEnd::NeverCameBack {
        return true;
    }
    overlap && other.lost.is_none_or(|lost| lost >= 3) && length(other) >= length(longest) / CONSIDERABLE
}

/// Each failover as its flows and when their interruptions begin, the longest of all first.
type Told = Vec<(i64, Vec<(u32, i64)>)>;

fn told(found: &[(Vec<(&FlowOutages, &Outage)>, &Outage)]) -> Told {
    let begins = |outage: &Outage| outage.last_before.unwrap();
    let told = found.iter().map(|(outages, longest)| {
        let flows = outages.iter().map(|(flow, outage)| (flow.flow.0, begins(outage)));
        (begins(longest), flows.collect())
    });
    told.collect()
}

fn one_by_one(report: &OutageReport) -> Told {
    let all = report
        .flows
        .iter()
        .flat_map(|flow| flow.outages.iter().map(move |outage| (flow, outage)));
    let mut open: Vec<(&FlowOutages, &Outage)> = all.filter(|(_, outage)| outage.lost != Some(0)).collect();
    open.sort_by_key(|(flow, outage)| {
        let measured = &outage.interruption;
        let length = (Reverse(measured.estimate), Reverse(measured.lower));
        (length, outage.last_before, flow.flow)
    });
    let mut found = Vec::new();
    while let Some(longest) = open.first().copied() {
        let (mut members, others): (Vec<_>, Vec<_>) = open.into_iter().partition(|other| belong(longest, *other));
        open = others;
        members.sort_by_key(|(flow, _)| flow.flow);
        members.dedup_by_key(|(flow, _)| flow.flow);
        found.push((members, longest.1));
    }
    told(&found)
}

fn parts() -> impl Strategy<Value = Vec<(u64, Vec<Part>)>> {
    const MS: i64 = 1_000_000;
    let length = prop_oneof![3 => 0..40_i64, 1 => 0..400_i64];
    let lost = prop_oneof![1 => Just(None), 6 => (0..8_u64).prop_map(Some)];
    let part = (0..400_i64, length, lost, prop::bool::weighted(0.1))
        .prop_map(|(begins, length, lost, for_good)| (begins * MS / 2, length * MS / 2, lost, for_good));
    let period = prop_oneof![4 => Just(MS as u64), 1 => Just(20 * MS as u64), 1 => 1..9_000_000_u64];
    prop::collection::vec((period, prop::collection::vec(part, 0..6)), 0..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn one_sweep_finds_what_comparing_all_finds(flows in parts()) {
        let report = report(flows);
        let found = failovers(&report);
        let swept: Vec<_> = found.iter().map(|failover| (failover.outages.clone(), failover.longest)).collect();
        prop_assert_eq!(told(&swept), one_by_one(&report));
    }
}

#[test]
fn tens_of_thousands_of_failovers_are_sorted_at_once() {
    const MANY: i64 = 20_000;
    let ms = 1_000_000;
    let apart = |number: i64| (number * 10 * ms, 3 * ms, Some(3), false);
    let short_within_one: Vec<Part> = (0..MANY)
        .map(apart)
        .chain([(-10 * ms, MANY * 20 * ms, Some(100_000), false)])
        .collect();
    // Each within the next, and lost by chance.
    let nested = |number: i64| (-number * 10 * ms, number * 20 * ms, Some(2), false);
    for parts in [
        (0..MANY).map(apart).collect(),
        short_within_one,
        (0..MANY).map(nested).collect::<Vec<Part>>(),
    ] {
        let failures = parts.len();
        let flows = parts.into_iter().map(|part| (1_000_000, vec![part])).collect();
        let begun = std::time::Instant::now();
        assert_eq!(failovers(&report(flows)).len(), failures);
        let took = begun.elapsed();
        assert!(took < std::time::Duration::from_secs(10), "{took:?}");
    }
}
