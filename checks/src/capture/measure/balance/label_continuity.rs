//! Label continuity through a failover: the inner (VPN) label stays, the outer one changes.

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Verdict;
use crate::capture::measure::FlowId;

#[derive(Debug, Clone, Copy)]
struct Stacks {
    before: Option<(Option<u32>, u32)>,
    after: Option<(Option<u32>, u32)>,
    inner_changes: u64,
}

/// Label stacks of flows around a failover at a stated instant.
#[derive(Debug, Clone)]
pub struct LabelContinuity {
    failover: i64,
    flows: FxHashMap<FlowId, Stacks>,
}

/// What label stacks show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabelContinuityReport {
    /// Flows seen both before and after.
    pub flows: u64,
    /// Those whose inner label stayed throughout.
    pub inner_constant: u64,
    /// Those whose outer label changed.
    pub outer_changed: u64,
    /// Flows whose inner label changed, at most 1,000.
    pub inner_changing: Vec<FlowId>,
    /// The inner labels in use, at most 1,000.
    pub inner_labels: Vec<u32>,
    /// Whether the inner label stayed while the outer one changed.
    pub verdict: Verdict,
}

impl LabelContinuity {
    /// Around a failover at this instant (nanoseconds, the capture's clock).
    pub fn around(failover: i64) -> Self {
        Self {
            failover,
            flows: FxHashMap::default(),
        }
    }

    /// A packet's inner label and the label above it, if there is one.
    pub fn observe(&mut self, flow: FlowId, time: i64, outer: Option<u32>, inner: u32) {
        let stacks = self.flows.entry(flow).or_insert(Stacks {
            before: None,
            after: None,
            inner_changes: 0,
        });
        let known = stacks.after.or(stacks.before);
        stacks.inner_changes += u64::from(known.is_some_and(|(_, label)| label != inner));
        let side = if time < self.failover {
            &mut stacks.before
        } else {
            &mut stacks.after
        };
        *side = Some((outer, inner));
    }

    /// Judges.
    pub fn finish(self) -> LabelContinuityReport {
        let mut through: Vec<(FlowId, Stacks)> = self
            .flows
            .into_iter()
            .filter(|(_, stacks)| stacks.before.is_some() && stacks.after.is_some())
            .collect();
        through.sort_by_key(|(id, _)| *id);
        let flows = through.len() as u64;
        let changing = |stacks: &Stacks| stacks.inner_changes > 0;
        let outer = |side: Option<(Option<u32>, u32)>| side.map(|(outer, _)| outer);
        let outer_changed = through
            .iter()
            .filter(|(_, stacks)| outer(stacks.before) != outer(stacks.after))
            .count() as u64;
        let inner_changing: Vec<FlowId> = through
            .iter()
            .filter(|(_, stacks)| changing(stacks))
            .map(|(id, _)| *id)
            .collect();
        let mut inner_labels: Vec<u32> = through
            .iter()
            .flat_map(|(_, stacks)| [stacks.before, stacks.after])
            .flatten()
            .map(|(_, inner)| inner)
            .collect();
        inner_labels.sort_unstable();
        inner_labels.dedup();
        inner_labels.truncate(1_000);
        let constant = flows - inner_changing.len() as u64;
        LabelContinuityReport {
            flows,
            inner_constant: constant,
            outer_changed,
            verdict: match (flows, constant == flows, outer_changed > 0) {
                (0, _, _) => Verdict::Inconclusive,
                (_, false, _) => Verdict::Fail,
                // Nothing switched over: continuity was not put to the test.
                (_, true, false) => Verdict::Inconclusive,
                (_, true, true) => Verdict::Pass,
            },
            inner_changing: inner_changing.into_iter().take(1_000).collect(),
            inner_labels,
        }
    }
}
