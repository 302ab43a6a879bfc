//! The label stacks of flows.

use std::collections::BTreeMap;

use checks::capture::measure::FlowId;
use checks::capture::packet::LabelStack;
use serde_json::{Value, json};

use crate::study::{PointStudy, in_a_row};

/// Label stacks of a flow that are printed for a person.
const STACKS: usize = 3;

/// Whether any flow of the point has labels.
pub(super) fn is_labelled(point: &PointStudy) -> bool {
    point.labels.labelled().next().is_some()
}

/// `3000/1025: 500, 3001/1025: 498`; the stacks with most packets.
pub(super) fn stacks_in_words(point: &PointStudy, flow: FlowId) -> String {
    let Some(stacks) = point.labels.of(flow) else {
        return String::new();
    };
    let mut counts: BTreeMap<LabelStack, u64> = BTreeMap::new();
    for used in &stacks.uses {
        *counts.entry(used.stack).or_default() += used.packets;
    }
    let mut counts: Vec<(LabelStack, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(stack, packets)| (std::cmp::Reverse(*packets), *stack));
    let mut shown: Vec<String> = counts
        .iter()
        .take(STACKS)
        .map(|(stack, packets)| match stack.labels() {
            [] => format!("none: {packets}"),
            labels => format!("{}: {packets}", in_a_row(labels)),
        })
        .collect();
    if counts.len() > STACKS || stacks.beyond > 0 {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

/// All of them, by link.
pub(super) fn stacks_as_json(point: &PointStudy, flow: FlowId) -> Value {
    let stacks = point.labels.of(flow).filter(|stacks| stacks.is_labelled());
    let uses = stacks.into_iter().flat_map(|stacks| &stacks.uses).map(|used| {
        json!({
            "labels": used.stack.labels(), "link": point.links.get(usize::from(used.lane.0)).map(|link| &link.name),
            "pseudowire": used.pseudowire, "control_word": used.control_word, "bottom_ttl": used.bottom_ttl,
            "packets": used.packets, "first_ns": used.first, "last_ns": used.last,
        })
    });
    uses.collect()
}
