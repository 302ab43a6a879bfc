//! Whether the choice at a second stage of balancing depends on the choice at the first.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::statistics::chi_square_chances;
use crate::Verdict;
use crate::capture::measure::LaneId;

/// The links of flows at two stages, judged for dependence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Polarisation {
    /// Flows on each pair of links (first stage, second stage).
    pub table: Vec<(LaneId, LaneId, u64)>,
    /// χ² of independence.
    pub chi_square: f64,
    /// The chance of a dependence at least as strong.
    pub chance: f64,
    /// Cramér's V: 0 independent, 1 fully dependent.
    pub strength: f64,
    /// Every branch of the first stage uses only a part of the second stage's links.
    pub full: bool,
    /// Whether the stages are independent: fails where they are not, inconclusive with too few flows.
    pub verdict: Verdict,
}

/// Judges the links (first stage, second stage) of flows, with an error of `alpha`.
pub fn polarisation(flows: &[(LaneId, LaneId)], alpha: f64) -> Polarisation {
    let mut table: BTreeMap<(LaneId, LaneId), u64> = BTreeMap::new();
    let (mut first, mut second): (BTreeMap<LaneId, u64>, BTreeMap<LaneId, u64>) = Default::default();
    for (one, two) in flows {
        *table.entry((*one, *two)).or_default() += 1;
        *first.entry(*one).or_default() += 1;
        *second.entry(*two).or_default() += 1;
    }
    let total = flows.len() as f64;
    let mut statistic = 0.0;
    let mut least = f64::INFINITY;
    for (one, rows) in &first {
        for (two, columns) in &second {
            let expected = *rows as f64 * *columns as f64 / total.max(1.0);
            least = least.min(expected);
            let seen = table.get(&(*one, *two)).copied().unwrap_or(0) as f64;
            statistic += (seen - expected).powi(2) / expected.max(f64::MIN_POSITIVE);
        }
    }
    let degrees = first.len().saturating_sub(1) * second.len().saturating_sub(1);
    let comparable = degrees > 0;
    let chance = if comparable {
        chi_square_chances(statistic, degrees).0
    } else {
        1.0
    };
    let smaller = first.len().min(second.len()).saturating_sub(1).max(1) as f64;
    let full = comparable
        && first
            .keys()
            .all(|one| second.keys().any(|two| !table.contains_key(&(*one, *two))));
    let enough = least >= 5.0;
    Polarisation {
        table: table.into_iter().map(|((one, two), flows)| (one, two, flows)).collect(),
        chi_square: statistic,
        chance,
        strength: if comparable {
            (statistic / (total.max(1.0) * smaller)).sqrt().min(1.0)
        } else {
            0.0
        },
        full,
        verdict: match (comparable && enough, chance < alpha) {
            (false, _) => Verdict::Inconclusive,
            (true, true) => Verdict::Fail,
            (true, false) => Verdict::Pass,
        },
    }
}
