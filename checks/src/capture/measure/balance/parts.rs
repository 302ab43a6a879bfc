//! Parts of an undisturbed period: a rule that spreads flows does so at any time. Flows that were all on one link at first and all
//! on another later are even in the end, and were spread by nobody.

use super::evenness::Evenness;
use super::settings::BalanceSettings;
use super::tally::PeriodTally;
use crate::Verdict;
use crate::capture::measure::Nanoseconds;

/// A period is looked at in so many parts of equal length.
const PARTS: i64 = 4;

/// The parts of a period in which the flows of the time used links unevenly, in words.
pub(super) fn uneven(period: &PeriodTally, settings: &BalanceSettings) -> Vec<String> {
    let seen = || period.flows.values().map(|flow| flow.seen);
    let (Some(begin), Some(end)) = (seen().map(|seen| seen.0).min(), seen().map(|seen| seen.1).max()) else {
        return Vec::new();
    };
    let settings = BalanceSettings {
        alpha_balance: settings.alpha_balance / PARTS as f64,
        ..settings.clone()
    };
    let length = end.saturating_sub(begin) / PARTS + 1;
    let parts = (0..PARTS).map(|part| {
        let from = begin.saturating_add(length.saturating_mul(part));
        (from, from.saturating_add(length - 1).min(end))
    });
    parts
        .filter_map(|(from, to)| {
            let mut counts = vec![0; usize::from(settings.links)];
            for flow in period
                .flows
                .values()
                .filter(|flow| flow.seen.0 <= to && flow.seen.1 >= from)
            {
                if let Some(count) = flow.mostly_on().and_then(|link| counts.get_mut(usize::from(link))) {
                    *count += 1;
                }
            }
            let evenness = Evenness::of(&counts, &settings);
            let since = |at: i64| Nanoseconds(at.saturating_sub(begin));
            (evenness.verdict == Verdict::Fail).then(|| {
                format!(
                    "from {} to {} of the period the flows of that time used links unevenly, {counts:?}: {}",
                    since(from),
                    since(to),
                    evenness.reason
                )
            })
        })
        .collect()
}
