//! The phases of a failover, which add up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::detection::detection;
use super::failover::PATHS_DIFFER;
use super::local_repair::LocalRepair;
use super::marks::{ControlMarks, Mark, Withdrawing};
use super::switches::FlowSwitch;
use crate::capture::measure::{Instant, Measured};

/// What an anatomy is made from, all by one reference clock.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AnatomyInput {
    /// The instant of the failure, where something else tells it: a log, a command, a fault file.
    pub trigger: Option<Instant>,
    /// The changes of path of the affected flows.
    pub switches: Vec<FlowSwitch>,
    /// The sending period of the flows, nanoseconds: a failure follows the last packet within one.
    pub period: i64,
    /// The longest that packets take from where they are lost to the point by whose clock this is, nanoseconds: the failure
    /// is so much earlier than traffic tells at the most. `None` if that is not known.
    pub transit: Option<i64>,
    /// What the control plane did.
    pub marks: ControlMarks,
}

impl AnatomyInput {
    /// Whether the switch-over preceded the withdrawal by a protocol; `None` if nothing tells the failure.
    pub fn local_repair(&self, protocol: Withdrawing) -> Option<LocalRepair> {
        let (failure, _) = failure(self);
        Some(LocalRepair::judge(
            &self.switches,
            &self.marks,
            failure?,
            self.transit,
            protocol,
        ))
    }
}

/// A phase of a failover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhaseName {
    /// From the failure until a side notices.
    Detection,
    /// From there until the last news of it that came before the switch-over.
    Propagation,
    /// From there until the first packet on the new path.
    SwitchOver,
    /// From there until every flow is received undisturbed.
    Recovery,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Phase {
    /// Which.
    pub name: PhaseName,
    /// Its beginning.
    pub from: Instant,
    /// Its end.
    pub to: Instant,
    /// How long it took.
    pub length: Measured,
}

/// Times from the failure to the first packets on the new path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SwitchTimes {
    /// The first flow.
    pub first: Measured,
    /// The median.
    pub median: Measured,
    /// The last flow.
    pub last: Measured,
}

/// The anatomy of a failover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Anatomy {
    /// Version of this format.
    pub version: u32,
    /// The failure; `None` if nothing tells it.
    pub failure: Option<Instant>,
    /// What tells the failure, in words.
    pub failure_by: String,
    /// The detection: which side, and what it said.
    pub detection: Option<Mark>,
    /// News of the failure before the last flow was switched over.
    pub propagation: Vec<Mark>,
    /// From the failure to the new path.
    pub switch_times: Option<SwitchTimes>,
    /// The phases, one after the other.
    pub phases: Vec<Phase>,
    /// From the failure to sustained recovery, or to the switch-over of the last flow.
    pub total: Option<Measured>,
    /// Whether the switch-over preceded the BGP withdrawal.
    pub local_repair: Option<LocalRepair>,
    /// What cannot be: phases in the wrong order, or that do not add up.
    pub contradictions: Vec<String>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl Anatomy {
    /// The version of the format.
    pub const VERSION: u32 = 1;

    /// Takes a failover apart.
    pub fn of(input: &AnatomyInput) -> Self {
        let mut notes = Vec::new();
        let (failure, failure_by) = failure(input);
        let mut anatomy = Self {
            version: Self::VERSION,
            failure,
            failure_by,
            detection: None,
            propagation: Vec::new(),
            switch_times: None,
            phases: Vec::new(),
            total: None,
            local_repair: None,
            contradictions: Vec::new(),
            notes: Vec::new(),
        };
        let Some(failure) = failure else {
            notes.push("nothing tells when the failure was".to_owned());
            anatomy.notes = notes;
            return anatomy;
        };
        if input.marks.unaligned > 0 {
            notes.push(format!(
                "events are left out ({}): the clocks of their captures cannot be compared",
                input.marks.unaligned
            ));
        }
        let mut firsts: Vec<Instant> = input.switches.iter().filter_map(|switch| switch.first_new).collect();
        firsts.sort_by_key(|at| at.estimate());
        let first = Instant::earliest(firsts.iter().copied());
        let last = Instant::latest(firsts.iter().copied());
        if let (Some(first), Some(last), Some(median)) = (first, last, firsts.get(firsts.len() / 2)) {
            anatomy.switch_times = Some(SwitchTimes {
                first: first.since(failure),
                median: median.since(failure),
                last: last.since(failure),
            });
        }
        // What comes when every flow has its new path is of another failure.
        let all_switched = input.switches.iter().all(|switch| switch.first_new.is_some());
        let until = last.filter(|_| all_switched);
        let during =
            |mark: &&Mark| mark.at.upper >= failure.lower && until.is_none_or(|until| !until.is_before(mark.at));
        let transit = input.trigger.map_or(input.transit, |_| Some(0));
        let in_time = during_or_soon(failure, until, transit.unwrap_or(0));
        let mut words = input.marks.detections.iter().filter(|mark| in_time(mark)).peekable();
        let too_late = |mark: &Mark| first.is_some_and(|first| first.is_before(mark.at));
        let noticed = words.peek().copied();
        let mut failure = failure;
        let mut earliest = None;
        match noticed {
            Some(mark) if too_late(mark) => {
                let late = first.map_or_else(String::new, |first| format!("{} ", mark.at.since(first)));
                notes.push(format!(
                    "the first detection that was captured, by {}, came {late}after the first packet on the new path, \
                     so another device had noticed before whose word was not captured: detection and switch-over are \
                     not told apart",
                    mark.by
                ));
            }
            Some(_) => {
                if let Some(detection) = detection(words.filter(|mark| !too_late(mark)), failure, transit) {
                    failure = detection.failure;
                    earliest = detection.earliest;
                    anatomy.failure = Some(failure);
                    anatomy.detection = Some(detection.mark);
                    notes.extend(detection.notes);
                }
            }
            None => match input.marks.administrative.iter().find(during) {
                Some(act) => notes.push(format!("an operator's act, no failure: {} by {}", act.text, act.by)),
                None => notes.push("no detection was seen".to_owned()),
            },
        }
        let begun = anatomy.detection.as_ref().map_or(failure, |mark| mark.at);
        anatomy.propagation = input
            .marks
            .propagation
            .iter()
            .filter(|mark| !mark.at.is_before(begun) && first.is_some_and(|first| !first.is_before(mark.at)))
            .cloned()
            .collect();
        let recovered = input
            .switches
            .iter()
            .map(|switch| switch.sustained)
            .collect::<Option<Vec<Instant>>>()
            .and_then(|all| Instant::latest(all.into_iter()));
        let mut chain = vec![failure];
        let mut phases = Vec::new();
        let mut step = |name: PhaseName, to: Instant| {
            let from = chain.last().copied().unwrap_or(failure);
            let mut length = to.since(from);
            let is_whole = chain.len() == 1 && matches!(name, PhaseName::Propagation | PhaseName::SwitchOver);
            if is_whole && length.lower.is_some_and(|lower| lower > 0) {
                length.lower = Some(0);
                length.lower_included = true;
                length = length.note("the detection is part of it");
            }
            if name == PhaseName::Detection {
                length.upper = earliest.map(|earliest| to.upper.saturating_sub(earliest));
                length.upper_included = earliest.is_some();
            }
            if name == PhaseName::Recovery {
                // Traffic does not recover before its first packet.
                length.lower = length.lower.map(|lower| lower.max(0));
            }
            phases.push(Phase { name, from, to, length });
            chain.push(to);
        };
        if let Some(mark) = &anatomy.detection {
            step(PhaseName::Detection, mark.at);
        }
        if let Some(mark) = anatomy.propagation.last() {
            step(PhaseName::Propagation, mark.at);
        }
        if let Some(first) = first {
            step(PhaseName::SwitchOver, first);
        }
        match recovered {
            Some(recovered) => {
                step(PhaseName::Recovery, recovered);
                if recovered.lower < recovered.upper {
                    notes.push(
                        "few packets were lost when a flow was back: by chance, or it was not back yet. The bounds of the \
                         recovery cover both"
                            .to_owned(),
                    );
                }
            }
            None if !input.switches.is_empty() => {
                notes.push("a flow was not received undisturbed for the validation time".to_owned());
            }
            None => notes.push("no flow was switched over".to_owned()),
        }
        anatomy.total = chain.last().filter(|_| chain.len() > 1).map(|end| end.since(failure));
        anatomy.contradictions = contradictions(&phases, anatomy.total.as_ref());
        anatomy.phases = phases;
        anatomy.local_repair = input.local_repair(Withdrawing::Bgp);
        anatomy.notes = notes;
        anatomy
    }
}

/// Whether something happened from the failure on until all flows were switched over, or as long again afterwards: later,
/// it is of another failure. The failure is so much earlier than traffic tells at the most.
fn during_or_soon(failure: Instant, until: Option<Instant>, transit: i64) -> impl Fn(&&Mark) -> bool {
    let latest = until.map(|until| until.upper.saturating_add(until.upper.saturating_sub(failure.lower)));
    let earliest = failure.lower.saturating_sub(transit);
    move |mark| mark.at.upper >= earliest && latest.is_none_or(|latest| mark.at.lower <= latest)
}

/// The failure: what was told, or else between the last packet on the old path and the first that would have followed.
fn failure(input: &AnatomyInput) -> (Option<Instant>, String) {
    if let Some(trigger) = input.trigger {
        return (Some(trigger), "the stated instant".to_owned());
    }
    let period = input.period.max(0);
    let first_hit = input.switches.iter().map(|switch| switch.last_old.upper).min();
    // Flows that were hit later were not hit by the failure itself.
    let apart = period.saturating_mul(2).saturating_add(PATHS_DIFFER);
    let lasts = input
        .switches
        .iter()
        .map(|switch| switch.last_old)
        .filter(|last| first_hit.is_none_or(|first| last.lower <= first.saturating_add(apart)));
    let (Some(latest), Some(earliest)) = (
        lasts.clone().max_by_key(|last| last.upper),
        lasts.clone().min_by_key(|last| last.upper),
    ) else {
        return (None, String::new());
    };
    let first = lasts.map(|last| last.lower).min().unwrap_or(earliest.lower);
    // One failure for all flows lies after the latest last packet and within a period of the earliest.
    let within = earliest.upper.saturating_add(period);
    let failure = if within >= latest.upper && first >= earliest.upper {
        Instant::between(latest.upper, within)
    } else {
        Instant::between(first, latest.upper.saturating_add(period))
    };
    (Some(failure), "the last packets on the old path".to_owned())
}

fn contradictions(phases: &[Phase], total: Option<&Measured>) -> Vec<String> {
    let mut found: Vec<String> = phases
        .iter()
        .filter(|phase| phase.length.upper.is_some_and(|upper| upper < 0))
        .map(|phase| {
            format!(
                "{:?} would have taken {}: its end was seen before its beginning",
                phase.name, phase.length
            )
        })
        .collect();
    let sum: i64 = phases
        .iter()
        .filter_map(|phase| phase.length.estimate)
        .fold(0, i64::saturating_add);
    if let Some(total) = total
        && !total.contains(sum)
    {
        found.push(format!("the phases add up to {sum} ns, which is not within {total}"));
    }
    found
}
