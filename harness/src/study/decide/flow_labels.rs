//! Phrases about flow labels (RFC 6391): one for each flow, others for other flows.

use checks::Verdict;
use checks::capture::measure::FlowId;
use checks::capture::measure::balance::{FlowLabelReport, FlowLabels, LabelSighting};

use super::{Decided, Deciding, Found};
use crate::study::PointStudy;

/// Flows and stacks that are named in a reason.
const NAMED: usize = 3;

/// What the flow labels of a point show.
pub(crate) struct FlowLabelsSeen {
    /// Below the labels of pseudowires that are known.
    pub report: FlowLabelReport,
    /// Flows with more stacks than are kept.
    pub overflowing: Option<FlowId>,
    /// Flows whose frames had a control word, and those whose had none.
    pub control_words: (u64, u64),
}

impl PointStudy {
    /// The flow labels of flows within pseudowires with these labels.
    pub(crate) fn flow_labels(&self, pseudowires: &[u32]) -> FlowLabelsSeen {
        let mut labels = FlowLabels::default();
        let mut overflowing = None;
        let mut control_words = (0, 0);
        for (flow, stacks) in self.labels.labelled() {
            let distinct = self.seen(flow).is_some_and(|seen| seen.key.destination().is_some());
            let (mut with, mut without) = (false, false);
            for used in &stacks.uses {
                let stack = used.stack.without_entropy();
                let Some(above) = stack.iter().position(|label| pseudowires.contains(label)) else {
                    continue;
                };
                with |= used.control_word;
                without |= !used.control_word;
                match stack.get(above + 1..).unwrap_or_default() {
                    [] => labels.missing(flow, used.packets),
                    [label, rest @ ..] => labels.observe(&LabelSighting {
                        flow,
                        distinct,
                        label: *label,
                        bottom: rest.is_empty(),
                        ttl: used.bottom_ttl.1,
                        lane: used.lane,
                        packets: used.packets,
                    }),
                }
            }
            control_words.0 += u64::from(with);
            control_words.1 += u64::from(without);
            if stacks.beyond > 0 && (with || without) {
                overflowing = overflowing.or(Some(flow));
            }
        }
        FlowLabelsSeen {
            report: labels.finish(),
            overflowing,
            control_words,
        }
    }

    fn named(&self, flow: FlowId) -> String {
        self.seen(flow)
            .map_or_else(|| format!("flow {}", flow.0), |seen| seen.key.to_string())
    }
}

impl<'s> Deciding<'s> {
    pub fn one_flow_label(&self, vsi: &str) -> Decided {
        let known = self.study.pseudowires.iter().filter(|known| known.vsi == vsi);
        let labels: Vec<u32> = known.flat_map(|known| known.labels.iter().copied()).collect();
        if labels.is_empty() {
            return Err(Found::doubt(format!(
                "the labels of the pseudowires of VSI {vsi} are not known, and nothing in a packet tells a flow label from \
                 them: state them (`--pseudowires {vsi}=LABEL,…`, or `pseudowires` under `capture` in a suite)"
            )));
        }
        self.of_flow_labels(&labels, |point, seen| {
            let report = &seen.report;
            if report.constant != Verdict::Pass {
                return (report.constant, String::new());
            }
            if report.differing == Verdict::Fail {
                let text = format!(
                    "all {} flows of {} have the same label, which may be none of theirs",
                    report.flows, point.name
                );
                return (Verdict::Inconclusive, text);
            }
            (Verdict::Pass, String::new())
        })
    }

    pub fn flow_labels_differ(&self) -> Decided {
        let known = &self.study.pseudowires;
        let labels: Vec<u32> = known.iter().flat_map(|known| known.labels.iter().copied()).collect();
        if labels.is_empty() {
            return self.without_roles();
        }
        self.of_flow_labels(&labels, |_, seen| {
            let report = &seen.report;
            let verdict = Verdict::of_all([
                report.differing,
                if report.reserved > 0 {
                    Verdict::Fail
                } else {
                    Verdict::Pass
                },
            ]);
            let shared = match (verdict, report.coinciding) {
                (Verdict::Inconclusive, 1..) => "too many for chance in labels of 20 bits".to_owned(),
                _ => String::new(),
            };
            (verdict, shared)
        })
    }

    /// Judges the points where labels of these pseudowires are seen.
    fn of_flow_labels(
        &self,
        pseudowires: &[u32],
        judge: impl Fn(&PointStudy, &FlowLabelsSeen) -> (Verdict, String),
    ) -> Decided {
        let mut verdicts = Vec::new();
        let mut told = Vec::new();
        let mut names = Vec::new();
        let mut warnings = Vec::new();
        for point in self.points() {
            let seen = point.flow_labels(pseudowires);
            let unread = unread_below(point, pseudowires);
            if seen.report.packets == 0 && unread == 0 {
                continue;
            }
            let (mut verdict, why) = judge(point, &seen);
            let mut text = in_words(point, &seen);
            if !why.is_empty() {
                text = format!("{text}; {why}");
            }
            let doubt = if unread > 0 {
                Some(format!(
                    "{unread} packets below these labels could not be read: neither a frame nor a control word follows the \
                     last label, or the bottom of the stack is not marked where it is"
                ))
            } else if let Some(flow) = seen.overflowing {
                Some(format!("{} has more label stacks than are kept", point.named(flow)))
            } else {
                point.doubt().map(str::to_owned)
            };
            if let Some(doubt) = doubt
                && verdict != Verdict::Fail
            {
                verdict = Verdict::Inconclusive;
                text = format!("{text}, but {doubt}");
            }
            if seen.report.other_ttl > 0 {
                warnings.push(format!(
                    "{}: {} packets have a flow label with a TTL other than 1",
                    point.name, seen.report.other_ttl
                ));
            }
            verdicts.push(verdict);
            told.push(text);
            names.push(point.name.clone());
        }
        if verdicts.is_empty() {
            return Err(Found::doubt(format!(
                "no packet of a measured flow carries {} {}{}",
                if pseudowires.len() == 1 {
                    "label"
                } else {
                    "one of the labels"
                },
                listed(pseudowires),
                self.labels_seen(),
            )));
        }
        Ok(Found {
            verdict: Verdict::of_all(verdicts),
            actual: told.join("; "),
            points: names,
            warnings,
        })
    }

    /// Where no pseudowire label is known, only this can be told: whether anything differs at all.
    fn without_roles(&self) -> Decided {
        const REMEDY: &str = "state the labels of the pseudowires (`--pseudowires VSI=LABEL,…`, or `pseudowires` under `capture` \
                              in a suite)";
        for point in self.points() {
            let mut bottoms: Vec<u32> = Vec::new();
            let mut flows = 0_u64;
            let mut whole = true;
            for (flow, stacks) in point.labels.labelled() {
                let framed = stacks.uses.iter().filter(|used| used.pseudowire);
                let before = bottoms.len();
                bottoms.extend(framed.filter_map(|used| used.stack.without_entropy().last().copied()));
                let known = point.seen(flow).is_some_and(|seen| seen.key.destination().is_some());
                flows += u64::from(known && bottoms.len() > before);
                whole &= stacks.beyond == 0;
            }
            bottoms.sort_unstable();
            bottoms.dedup();
            match bottoms.as_slice() {
                [] => {}
                [only] if flows > 1 && whole && point.doubt().is_none() => {
                    return Ok(Found {
                        verdict: Verdict::Fail,
                        actual: format!(
                            "all {flows} flows within pseudowires at {} have {only} as last label",
                            point.name
                        ),
                        points: vec![point.name.clone()],
                        warnings: Vec::new(),
                    });
                }
                several => {
                    return Err(Found::doubt(format!(
                        "{flows} flows within pseudowires at {} have {} different last labels, which may be those of \
                         different pseudowires: {REMEDY}",
                        point.name,
                        several.len()
                    )));
                }
            }
        }
        Err(Found::doubt(format!(
            "no flow within a pseudowire was recognised{}; {REMEDY}",
            self.labels_seen()
        )))
    }

    /// The points that a phrase about labels concerns.
    pub(super) fn points(&self) -> impl Iterator<Item = &'s PointStudy> {
        let at = self.at;
        self.study
            .points
            .iter()
            .filter(move |point| at.is_none_or(|at| at == point.name))
    }

    /// `; the stacks seen are 3000/1025, …`.
    pub(super) fn labels_seen(&self) -> String {
        let mut stacks: Vec<String> = self
            .points()
            .flat_map(|point| point.labels.labelled())
            .flat_map(|(_, stacks)| &stacks.uses)
            .filter(|used| !used.stack.labels().is_empty())
            .map(|used| in_a_row(used.stack.labels()))
            .take(10_000)
            .collect();
        stacks.sort_unstable();
        stacks.dedup();
        match stacks.len() {
            0 => "; no measured flow has labels".to_owned(),
            count => {
                let more = if count > NAMED { ", …" } else { "" };
                stacks.truncate(NAMED);
                format!("; the label stacks seen are {}{more}", stacks.join(", "))
            }
        }
    }
}

/// `3000/1025`.
pub(crate) fn in_a_row(labels: &[u32]) -> String {
    let labels: Vec<String> = labels.iter().map(u32::to_string).collect();
    labels.join("/")
}

fn listed(labels: &[u32]) -> String {
    let labels: Vec<String> = labels.iter().map(u32::to_string).collect();
    labels.join(", ")
}

fn unread_below(point: &PointStudy, pseudowires: &[u32]) -> u64 {
    let unread = point.labels.unread_stacks().iter();
    let below = unread.filter(|(stack, _)| stack.labels().iter().any(|label| pseudowires.contains(label)));
    below.map(|(_, packets)| *packets).sum()
}

fn in_words(point: &PointStudy, seen: &FlowLabelsSeen) -> String {
    let report = &seen.report;
    let mut text = format!(
        "{} packets of {} flows at {} have {} flow labels",
        report.packets, report.flows, point.name, report.labels
    );
    let mut add = |part: String| {
        text.push_str("; ");
        text.push_str(&part);
    };
    if let Some((flow, packets)) = report.without.first() {
        add(format!(
            "{} flows have packets without one, {} {packets} of them",
            report.without.len(),
            point.named(*flow)
        ));
    }
    if let Some((flow, packets)) = report.changing.first() {
        add(format!(
            "{} flows have several, {} another in {packets} packets",
            report.changing.len(),
            point.named(*flow)
        ));
    }
    if report.coinciding > 0 {
        add(format!("{} flows share theirs with another", report.coinciding));
    }
    if report.reserved > 0 {
        add(format!("{} packets have a reserved one (0 to 15)", report.reserved));
    }
    if report.not_bottom > 0 {
        add(format!(
            "{} packets have it above the bottom of the stack",
            report.not_bottom
        ));
    }
    match seen.control_words {
        (_, 0) => add("behind a control word".to_owned()),
        (0, _) => add("without control word".to_owned()),
        (with, without) => add(format!("{with} flows with and {without} without control word")),
    }
    text
}
