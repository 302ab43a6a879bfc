//! Phrases about a failover: its phases, and what came first.

use std::time::Duration;

use checks::Verdict;
use checks::capture::measure::anatomy::{Anatomy, AnatomyInput, Failover, PhaseName, Withdrawing, failovers};
use checks::capture::measure::outage::{FlowOutages, Outage};
use checks::capture::measure::{Comparison, Limit, Measured, Method, Nanoseconds, Spoils, Unit};
use checks::phrase::{Bound, FlowSelection, Phase, WithdrawalProtocol};

use super::flows::behind_copies;
use super::selection::Judged;
use super::{Decided, Deciding, Found};
use crate::study::{PointStudy, Study, VALIDATION, phase_name};

/// So many losses of one flow, one after the other, are not by chance.
const TOO_OFTEN: usize = 4;

/// The failover that a phrase is about, and what else happened at its point.
struct Taken<'s> {
    point: &'s PointStudy,
    /// All failovers at the point that ended, the longest first.
    ended: Vec<Failover<'s>>,
    input: AnatomyInput,
    anatomy: Anatomy,
}

impl<'s> Taken<'s> {
    fn at(point: &'s PointStudy, study: &Study) -> Self {
        let mut failovers = failovers(&point.outages);
        let input = study.longest(point, &failovers);
        failovers.retain(|failover| !failover.is_open_ended());
        Self {
            point,
            ended: failovers,
            anatomy: Anatomy::of(&input),
            input,
        }
    }
}

impl<'s> Deciding<'s> {
    /// The only failover that the captures show, at the point where flows arrive late or not at all.
    fn failover(&self) -> Result<Taken<'s>, Found> {
        let interrupted = self.meant().filter(|point| point.outages.flows.iter().any(has_lost));
        let (affected, doubtful): (Vec<&PointStudy>, Vec<&PointStudy>) = interrupted.partition(|point| {
            point.outages.flows.iter().any(|flow| {
                let findings = point.outages.findings.iter().chain(&flow.findings);
                has_lost(flow) && findings.into_iter().all(|finding| finding.spoils != Spoils::Both)
            })
        });
        match affected.as_slice() {
            [] => Err(Found::doubt(
                "no flow was interrupted: there is no failover to be taken apart",
            )),
            [point] if let Some(other) = doubtful.first() => Err(Found::doubt(format!(
                "flows are interrupted at {} and at {}, where it is not known how{}: write the phrase under one of them",
                point.name,
                other.name,
                spoiling(other).map_or_else(String::new, |doubt| format!(" ({doubt})"))
            ))),
            [point] => Ok(Taken::at(point, self.study)),
            several => {
                let names: Vec<&str> = several.iter().map(|point| point.name.as_str()).collect();
                Err(Found::doubt(format!(
                    "flows are interrupted at {}: write the phrase under one of them",
                    names.join(", ")
                )))
            }
        }
    }

    /// The points that the phrase may be about.
    fn meant(&self) -> impl Iterator<Item = &'s PointStudy> {
        self.study
            .points
            .iter()
            .filter(|point| self.at.is_none_or(|at| at == point.name))
    }

    /// Why a recovery may have taken longer than that of the failover that is shown: what happened to a flow is not known,
    /// or it is not of any failover because it has no beginning or no end.
    fn hidden(&self, taken: &Taken<'s>, limit: Limit) -> Option<String> {
        let findings = self.meant().flat_map(|point| &point.outages.findings);
        let mut doubtful = findings.filter(|finding| matches!(finding.spoils, Spoils::Both | Spoils::Pass));
        if let Some(finding) = doubtful.next() {
            return Some(finding.text.clone());
        }
        let mut flows = self.flows_meant(taken.point);
        let mut doubts = flows.iter().filter_map(|judged| {
            Some(format!(
                "{} at {}: {}",
                judged.key,
                judged.point.name,
                of_flow(judged.flow)?
            ))
        });
        let doubt = doubts.next();
        doubt
            .or_else(|| again_and_again(taken, limit))
            .or_else(|| self.lost_on_the_way_to(taken.point, &FlowSelection::All))
            .or_else(|| self.unarrived(&flows))
            .or_else(|| {
                let of_others = |judged: &Judged<'_>| taken.point.number_of(&judged.key).is_none();
                flows.retain(|judged| judged.point.name == taken.point.name || of_others(judged));
                self.unfinished(&flows, limit.value)
                    .or_else(|| self.outlasted(&flows, limit.value))
            })
    }

    /// All flows that the phrase may be about, each at every point where it may be.
    fn flows_meant(&self, first: &'s PointStudy) -> Vec<Judged<'s>> {
        let others = self.meant().filter(|point| point.name != first.name);
        let flows = [first]
            .into_iter()
            .chain(others)
            .flat_map(|point| point.outages.flows.iter().map(move |flow| (point, flow)));
        let judged = flows.filter_map(|(point, flow)| {
            let key = point.seen(flow.flow)?.key;
            Some(Judged {
                point,
                flow,
                key,
                doubt: None,
            })
        });
        judged.collect()
    }

    pub fn took(&self, phase: Phase, bound: Bound, limit: Duration) -> Decided {
        let taken = self.failover()?;
        let (point, anatomy) = (taken.point, &taken.anatomy);
        let all = phases_in_words(anatomy);
        let Some(measured) = length(anatomy, phase) else {
            let notes: Vec<String> = anatomy.notes.iter().cloned().chain(spoiling(point)).collect();
            let notes = notes.join("; ");
            return Err(Found {
                points: vec![point.name.clone()],
                warnings: self.study.clocks_in_words(point),
                ..Found::doubt(format!("the captures show no {phase} ({notes}). {all}"))
            });
        };
        let limit = Limit {
            comparison: Comparison::from(bound),
            value: i64::try_from(limit.as_nanos()).unwrap_or(i64::MAX),
        };
        let decision = limit.decide(measured, None, &point.outages.findings);
        let doubt = self.doubt_of(&taken, phase, limit, decision.verdict);
        Ok(Found {
            verdict: match doubt {
                Some(_) => Verdict::Inconclusive,
                None => decision.verdict,
            },
            actual: match doubt {
                Some(doubt) => format!("{doubt}. {all}"),
                None => format!("{phase} took {measured}. {all}"),
            },
            points: vec![point.name.clone()],
            warnings: self.notes(&taken),
        })
    }

    /// Why a phase may not have taken what is shown.
    fn doubt_of(&self, taken: &Taken<'s>, phase: Phase, limit: Limit, verdict: Verdict) -> Option<String> {
        if let Some(contradiction) = taken.anatomy.contradictions.first() {
            return Some(contradiction.clone());
        }
        if phase != Phase::Recovery {
            return self.doubt_of_phases(taken).or_else(|| self.unseen());
        }
        one_after_the_other(taken, limit).or_else(|| {
            let is_short = matches!(limit.comparison, Comparison::LessThan | Comparison::AtMost);
            let short = if is_short { Verdict::Pass } else { Verdict::Fail };
            if verdict == short {
                self.hidden(taken, limit)
            } else {
                spoiling(taken.point)
            }
        })
    }

    /// What a reader should know and what changes no verdict.
    fn notes(&self, taken: &Taken<'s>) -> Vec<String> {
        let notes = taken.anatomy.notes.iter().cloned();
        notes.chain(self.study.clocks_in_words(taken.point)).collect()
    }

    /// Why a message may have been sent that no capture shows, or sooner than the one that it shows.
    fn unseen(&self) -> Option<String> {
        let findings = self.study.points.iter().flat_map(|point| &point.outages.findings);
        let mut doubtful = findings.filter(|finding| finding.spoils != Spoils::Nothing);
        doubtful.next().map(|finding| finding.text.clone())
    }

    /// Why detection, propagation and switch-over may not be those that are shown: there is no saying which of several
    /// failovers is meant, or what happened at points with other clocks may have come first.
    fn doubt_of_phases(&self, taken: &Taken<'s>) -> Option<String> {
        if let Some(doubt) = several(taken) {
            return Some(doubt);
        }
        match taken.input.marks.unaligned {
            0 => None,
            events => {
                let clocks = self.study.clocks_in_words(taken.point);
                Some(format!("{events} events cannot be placed: {}", clocks.join("; ")))
            }
        }
    }

    pub fn before_withdrawal(&self, protocol: WithdrawalProtocol) -> Decided {
        let protocol = match protocol {
            WithdrawalProtocol::Bgp => Withdrawing::Bgp,
            WithdrawalProtocol::Ldp => Withdrawing::Ldp,
            WithdrawalProtocol::Ospf => Withdrawing::Ospf,
        };
        let taken = self.failover()?;
        let doubt = several(&taken).or_else(|| self.unseen());
        match taken.input.local_repair(protocol) {
            Some(repair) => Ok(Found {
                verdict: match doubt {
                    Some(_) => Verdict::Inconclusive,
                    None => repair.verdict,
                },
                actual: format!(
                    "{}{}. {}",
                    repair.reason,
                    doubt.map_or_else(String::new, |doubt| format!(", but {doubt}")),
                    phases_in_words(&taken.anatomy)
                ),
                points: self.study.points.iter().map(|point| point.name.clone()).collect(),
                warnings: self.notes(&taken),
            }),
            None => Err(Found {
                points: vec![taken.point.name.clone()],
                ..Found::doubt("nothing tells when the failure was")
            }),
        }
    }
}

/// How long a phase took. A recovery is the whole of it: what somebody who waits for the traffic waits for.
fn length(anatomy: &Anatomy, phase: Phase) -> Option<&Measured> {
    let name = match phase {
        Phase::Detection => PhaseName::Detection,
        Phase::Propagation => PhaseName::Propagation,
        Phase::SwitchOver => PhaseName::SwitchOver,
        Phase::Recovery => PhaseName::Recovery,
    };
    let shown = anatomy.phases.iter().find(|phase| phase.name == name)?;
    match phase {
        Phase::Recovery => anatomy.total.as_ref(),
        _ => Some(&shown.length),
    }
}

/// Whether a flow lost anything in its longest outage.
fn has_lost(flow: &FlowOutages) -> bool {
    flow.longest().is_some_and(|outage| outage.lost != Some(0))
}

/// What makes it doubtful how flows of a point were interrupted.
fn spoiling(point: &PointStudy) -> Option<String> {
    let of_flows = point.outages.flows.iter().filter(|flow| has_lost(flow));
    let findings = of_flows.flat_map(|flow| &flow.findings);
    let mut all = point.outages.findings.iter().chain(findings);
    let finding = all.find(|finding| finding.spoils == Spoils::Both)?;
    Some(match finding.flow.and_then(|flow| point.seen(flow)) {
        Some(seen) => format!("{}: {}", seen.key, finding.text),
        None => finding.text.clone(),
    })
}

/// Why a flow may have been interrupted in another way than its outages show.
fn of_flow(flow: &FlowOutages) -> Option<String> {
    let mut findings = flow.findings.iter();
    if let Some(finding) = findings.find(|finding| matches!(finding.spoils, Spoils::Both | Spoils::Pass)) {
        return Some(finding.text.clone());
    }
    if let Some(once) = flow.seen_once {
        return Some(behind_copies(once));
    }
    if !flow.are_all_outages_kept() && !flow.outages.iter().any(Outage::may_be_by_chance) {
        return Some(format!(
            "of {} interruptions the longest are kept: others may have been near this one",
            flow.outages_seen
        ));
    }
    let open = flow
        .outages
        .iter()
        .find(|outage| outage.last_before.is_none() || outage.first_after.is_none())?;
    let why = open.interruption.notes.first().cloned();
    Some(why.unwrap_or_else(|| "an interruption has no beginning or no end".to_owned()))
}

/// Why it is not known which failover is meant.
fn several(taken: &Taken<'_>) -> Option<String> {
    let longest = taken.ended.first()?;
    let alike = taken.ended.iter().filter(|failover| failover.is_comparable_to(longest));
    let failovers = alike.count();
    (failovers > 1).then(|| {
        format!(
            "the captures show {failovers} failovers at {}: give each its own captures",
            taken.point.name
        )
    })
}

/// From when to when flows were interrupted by the longest failover and by others of which each is near the one before.
fn row(taken: &Taken<'_>) -> Option<(i64, i64)> {
    let longest = taken.ended.first()?;
    let is_loss = |failover: &&Failover<'_>| {
        let mut outages = failover.outages.iter();
        failover.is_comparable_to(longest) || outages.any(|(_, outage)| !outage.may_be_by_chance())
    };
    let mut spans: Vec<(i64, i64)> = taken
        .ended
        .iter()
        .filter(is_loss)
        .map(|failover| (failover.begins(), failover.ends()))
        .collect();
    spans.sort_unstable();
    let mut row: Option<(i64, i64)> = None;
    for (begins, ends) in spans {
        row = match row {
            Some((first, last)) if begins <= last.saturating_add(VALIDATION) => Some((first, last.max(ends))),
            Some((_, last)) if last >= longest.ends() => break,
            _ => Some((begins, ends)),
        };
    }
    row
}

/// Why a failover may not have been over with its own recovery: other flows were interrupted soon before or after, and all
/// of it may be of one failure, which then took longer than the limit allows.
fn one_after_the_other(taken: &Taken<'_>, limit: Limit) -> Option<String> {
    let longest = taken.ended.first()?;
    let (begins, ends) = row(taken)?;
    let all = Measured::between(
        Unit::Nanoseconds,
        ends.saturating_sub(begins),
        (0, true),
        (ends.saturating_sub(begins), true),
        Method::Instants,
        0,
    );
    let is_alone = (begins, ends) == (longest.begins(), longest.ends());
    (!is_alone && limit.decide(&all, None, []).verdict != Verdict::Pass).then(|| {
        format!(
            "flows are interrupted one after the other at {}, in {} altogether: whether by one failure is not known",
            taken.point.name,
            Nanoseconds(ends.saturating_sub(begins))
        )
    })
}

/// Why losses soon after a failover, each of which may be by chance, may be of it: there are many of one flow, as where one of
/// several links that packets take by turns is dead.
fn again_and_again(taken: &Taken<'_>, limit: Limit) -> Option<String> {
    let (begins, ends) = row(taken)?;
    taken.point.outages.flows.iter().find_map(|flow| {
        let (mut until, mut times) = (ends, 0);
        for outage in &flow.outages {
            let Some((from, to)) = outage.begins().zip(outage.ends()) else {
                continue;
            };
            if from >= begins && from <= until.saturating_add(VALIDATION) {
                until = until.max(to);
                times += usize::from(from >= ends);
            }
        }
        let is_over = flow.are_all_outages_kept() && until.saturating_sub(begins) < limit.value;
        let key = taken.point.seen(flow.flow)?.key;
        (times >= TOO_OFTEN && !is_over).then(|| {
            format!(
                "{key} at {} lost packets again and again, {times} times and more within {} of one another",
                taken.point.name,
                Nanoseconds(VALIDATION)
            )
        })
    })
}

/// `detection 28 ms (…), switch-over 3 ms (…)`.
fn phases_in_words(anatomy: &Anatomy) -> String {
    let phases: Vec<String> = anatomy
        .phases
        .iter()
        .map(|phase| {
            let name = phase_name(phase.name);
            format!("{name} {}", phase.length)
        })
        .collect();
    match phases.as_slice() {
        [] => "No phase can be told".to_owned(),
        _ => format!("Phases: {}", phases.join(", ")),
    }
}
