//! Whether the VPN label of traffic stays through a failover, while the labels above it change.

use std::net::IpAddr;

use checks::Verdict;
use checks::capture::measure::anatomy::failovers;
use checks::capture::measure::outage::OutageEnd;
use checks::capture::measure::{FlowId, FlowStacks, StackUse};

use super::flow_labels::in_a_row;
use super::{Decided, Deciding, Found};
use crate::study::PointStudy;

/// A flow takes another path where packets on the new one begin at most so long before those on the old one end, in
/// nanoseconds; flows that use both all the time are balanced.
const OVERLAP: i64 = 50_000_000;

impl Deciding<'_> {
    pub fn vpn_label_stays(&self, label: u32) -> Decided {
        let mut found: Vec<Found> = Vec::new();
        for point in self.points() {
            if let Some(judged) = judge(point, label) {
                found.push(judged);
            }
        }
        if found.is_empty() {
            return Err(Found::doubt(format!(
                "no measured flow with a VPN label was captured{}",
                self.labels_seen()
            )));
        }
        Ok(Found {
            verdict: Verdict::of_all(found.iter().map(|found| found.verdict)),
            actual: found
                .iter()
                .map(|found| found.actual.as_str())
                .collect::<Vec<_>>()
                .join("; "),
            points: found.iter().flat_map(|found| found.points.clone()).collect(),
            warnings: found.into_iter().flat_map(|found| found.warnings).collect(),
        })
    }
}

/// The VPN label of a stack: the last one, entropy labels aside. `None` for pseudowires.
fn vpn_label(used: &StackUse) -> Option<u32> {
    (!used.pseudowire)
        .then(|| used.stack.without_entropy().last().copied())
        .flatten()
}

/// The labels above the VPN label, and the link: the path, as far as a packet shows it.
fn path(used: &StackUse) -> (Vec<u32>, u16) {
    let mut above = used.stack.without_entropy();
    above.pop();
    (above, used.lane.0)
}

fn judge(point: &PointStudy, label: u32) -> Option<Found> {
    let labelled: Vec<(FlowId, &FlowStacks)> = point
        .labels
        .labelled()
        .filter(|(_, stacks)| stacks.uses.iter().any(|used| vpn_label(used).is_some()))
        .collect();
    if labelled.is_empty() {
        return None;
    }
    let destination = |flow: FlowId| point.seen(flow).and_then(|seen| seen.key.destination());
    // Traffic in the other direction has another label.
    let mut towards: Vec<IpAddr> = labelled
        .iter()
        .filter(|(_, stacks)| stacks.uses.iter().any(|used| vpn_label(used) == Some(label)))
        .filter_map(|(flow, _)| destination(*flow))
        .collect();
    towards.sort_unstable();
    towards.dedup();
    let concerned: Vec<&(FlowId, &FlowStacks)> = labelled
        .iter()
        .filter(|(flow, _)| destination(*flow).is_some_and(|to| towards.binary_search(&to).is_ok()))
        .collect();
    let name = |flow: FlowId| point.seen(flow).map_or_else(String::new, |seen| seen.key.to_string());
    let done = |verdict: Verdict, actual: String| {
        Some(Found {
            verdict,
            actual,
            points: vec![point.name.clone()],
            warnings: match labelled.len() - concerned.len() {
                0 => Vec::new(),
                others => vec![format!(
                    "{}: {others} labelled flows go elsewhere than those with label {label}, and are left out",
                    point.name
                )],
            },
        })
    };
    if concerned.is_empty() {
        let (flow, stacks) = labelled.first()?;
        let seen = stacks.uses.iter().find_map(vpn_label)?;
        let text = format!(
            "no flow at {} has label {label} at the bottom; {} has {seen}",
            point.name,
            name(*flow)
        );
        return done(Verdict::Fail, text);
    }
    for (flow, stacks) in &concerned {
        let lanes: Vec<u16> = stacks
            .uses
            .iter()
            .filter(|used| vpn_label(used).is_some())
            .map(|used| used.lane.0)
            .collect();
        let other = stacks.uses.iter().find(|used| match vpn_label(used) {
            Some(other) => other != label,
            // Without labels on a link where it had some; on another it may have left the VPN's network.
            None => lanes.contains(&used.lane.0),
        });
        if let Some(other) = other {
            let window = point.outages.window.map_or(other.first, |window| window.from);
            let stack = match other.stack.labels() {
                [] => "no label".to_owned(),
                labels => format!("label stack {}", in_a_row(labels)),
            };
            let text = format!(
                "{} has {stack} in {} packets at {}, from {:.3} s into the capture on",
                name(*flow),
                other.packets,
                point.name,
                other.first.saturating_sub(window) as f64 / 1e9
            );
            return done(Verdict::Fail, text);
        }
    }
    let flows = concerned.len();
    let kept = format!("{flows} flows at {} have label {label} in every packet", point.name);
    if concerned.iter().any(|(_, stacks)| stacks.beyond > 0) {
        return done(
            Verdict::Inconclusive,
            format!("{kept} that is known, but one has more label stacks than are kept"),
        );
    }
    if let Some(doubt) = point.doubt() {
        return done(Verdict::Inconclusive, format!("{kept}, but {doubt}"));
    }
    if point.labels.unread_packets() > 0 {
        let text = format!(
            "{kept}, but below the labels of {} packets nothing could be read",
            point.labels.unread_packets()
        );
        return done(Verdict::Inconclusive, text);
    }
    let lost = concerned.iter().find(|(flow, _)| {
        let outages = point.measured(*flow).map_or(&[][..], |measured| &measured.outages);
        outages.iter().any(|outage| outage.end == OutageEnd::NeverCameBack)
    });
    if let Some((flow, _)) = lost {
        return done(
            Verdict::Inconclusive,
            format!("{kept}, but {} never came back", name(*flow)),
        );
    }
    let switched: Vec<(Vec<u32>, Vec<u32>)> = concerned
        .iter()
        .filter_map(|(_, stacks)| switched_over(stacks))
        .collect();
    if let Some((before, after)) = switched.first() {
        let above = match (before.as_slice(), after.as_slice()) {
            (before, after) if before == after => "another link".to_owned(),
            (before, after) => format!("{} instead of {} above it", outer(after), outer(before)),
        };
        let text = format!("{kept}; {} of them took another path, with {above}", switched.len());
        return done(Verdict::Pass, text);
    }
    let interrupted = failovers(&point.outages).iter().any(|failover| {
        let mut flows = failover.outages.iter().map(|(flow, _)| flow.flow);
        flows.any(|flow| concerned.iter().any(|(other, _)| *other == flow))
    });
    if interrupted {
        return done(Verdict::Pass, format!("{kept}, before and after the interruption"));
    }
    let text = format!("{kept}, but nothing shows a failover: no flow was interrupted or took another path");
    done(Verdict::Inconclusive, text)
}

fn outer(labels: &[u32]) -> String {
    match labels {
        [] => "no label".to_owned(),
        labels => in_a_row(labels),
    }
}

/// The labels above the VPN label before and after a flow took another path, if it did.
fn switched_over(stacks: &FlowStacks) -> Option<(Vec<u32>, Vec<u32>)> {
    let mut uses: Vec<&StackUse> = stacks.uses.iter().filter(|used| vpn_label(used).is_some()).collect();
    uses.sort_by_key(|used| used.first);
    uses.windows(2).find_map(|pair| {
        let [before, after] = pair else { return None };
        let switched = path(before) != path(after)
            && before.last < after.last
            && before.last.saturating_sub(after.first) <= OVERLAP;
        switched.then(|| (path(before).0, path(after).0))
    })
}
