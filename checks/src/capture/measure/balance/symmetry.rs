//! Whether both directions of a conversation use the same link.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::BalanceSettings;
use super::statistics::wilson;
use crate::Verdict;
use crate::capture::measure::{FlowId, LaneId};

/// Both directions of one conversation, each with the link that it keeps; links are named alike at both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pair {
    /// One direction.
    pub forward: FlowId,
    /// The other.
    pub reverse: FlowId,
    /// The link of the one.
    pub forward_link: LaneId,
    /// The link of the other.
    pub reverse_link: LaneId,
}

/// How far directions agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Symmetry {
    /// Conversations seen in both directions.
    pub pairs: u64,
    /// Those with both directions on one link.
    pub agreeing: u64,
    /// Wilson's interval of their share, at the mode's error level.
    pub interval: (f64, f64),
    /// Agreeing pairs needed to rule out chance: ln(1/α)/ln k.
    pub needed: u64,
    /// Where directions agree after renaming links: the link of the other direction for each link of the one.
    pub permutation: Option<Vec<(LaneId, LaneId)>>,
    /// Whether balancing is symmetric.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Pairs that disagree, at most 1,000.
    pub disagreeing: Vec<Pair>,
}

/// Compares the links of both directions.
pub fn symmetry(pairs: &[Pair], settings: &BalanceSettings) -> Symmetry {
    let total = pairs.len() as u64;
    let disagreeing: Vec<Pair> = pairs
        .iter()
        .filter(|pair| pair.forward_link != pair.reverse_link)
        .copied()
        .collect();
    let agreeing = total - disagreeing.len() as u64;
    let used: std::collections::BTreeSet<LaneId> = pairs.iter().map(|pair| pair.forward_link).collect();
    let needed = (settings.evidence_demanded() / f64::from(settings.links.max(2)).ln()).ceil() as u64;
    let permutation = if disagreeing.is_empty() {
        None
    } else {
        permutation(pairs, needed)
    };
    let (verdict, reason) = if total == 0 {
        (
            Verdict::Inconclusive,
            "no conversation was seen in both directions".to_owned(),
        )
    } else if agreeing == total && total >= needed && used.len() > 1 {
        (
            Verdict::Pass,
            format!("both directions of all {total} conversations use one link"),
        )
    } else if agreeing == total {
        (
            Verdict::Inconclusive,
            format!(
                "all {total} conversations agree, on {} links, but {needed} on two links or more are needed to rule out \
                 chance",
                used.len()
            ),
        )
    } else {
        let but = if permutation.is_some() {
            ", and after renaming links all agree"
        } else {
            ""
        };
        (
            Verdict::Fail,
            format!(
                "{} of {total} conversations use another link each way{but}",
                disagreeing.len()
            ),
        )
    };
    Symmetry {
        pairs: total,
        agreeing,
        interval: wilson(agreeing, total, settings.alpha_mode),
        needed,
        permutation,
        verdict,
        reason,
        disagreeing: disagreeing.into_iter().take(1_000).collect(),
    }
}

/// The renaming of links under which all pairs agree, if there is one and it cannot be chance.
fn permutation(pairs: &[Pair], needed: u64) -> Option<Vec<(LaneId, LaneId)>> {
    let mut map: BTreeMap<LaneId, LaneId> = BTreeMap::new();
    for pair in pairs {
        if *map.entry(pair.forward_link).or_insert(pair.reverse_link) != pair.reverse_link {
            return None;
        }
    }
    let targets: std::collections::BTreeSet<LaneId> = map.values().copied().collect();
    let certain = pairs.len() as u64 >= needed.saturating_mul(2) && map.len() > 1 && targets.len() == map.len();
    certain.then(|| map.into_iter().collect())
}
