//! Phrases about a failover: its phases, and what came first.

use std::time::Duration;

use checks::Verdict;
use checks::capture::measure::anatomy::{Anatomy, Failover, PhaseName, Withdrawing, failovers};
use checks::capture::measure::outage::FlowOutages;
use checks::capture::measure::{Comparison, Finding, Limit, Measured, Method, Nanoseconds, Spoils, Unit};
use checks::phrase::{Bound, FlowSelection, Phase, WithdrawalProtocol};

use super::{Decided, Deciding, Found};
use crate::study::{PointStudy, VALIDATION, phase_name};

/// Interruptions of at least this part of the longest are failovers as well, and no losses by chance.
const COMPARABLE: i64 = 4;
/// Fewer lost packets than this may be lost by chance.
const FEW: u64 = 3;

impl<'s> Deciding<'s> {
    /// The only failover that the captures show, at the point where flows arrive late or not at all.
    fn failover(&self) -> Result<(&'s PointStudy, Anatomy), Found> {
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
                spoiling(other).map_or_else(String::new, |finding| format!(" ({})", finding.text))
            ))),
            [point] => Ok((point, self.study.anatomy(point))),
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
    fn hidden(&self) -> Option<String> {
        let findings = self.meant().flat_map(|point| &point.outages.findings);
        let mut doubtful = findings.filter(|finding| matches!(finding.spoils, Spoils::Both | Spoils::Pass));
        if let Some(finding) = doubtful.next() {
            return Some(finding.text.clone());
        }
        let flows = self
            .meant()
            .flat_map(|point| point.outages.flows.iter().map(move |flow| (point, flow)));
        let mut doubts = flows.filter_map(|(point, flow)| {
            let key = point
                .seen(flow.flow)
                .map_or_else(String::new, |seen| seen.key.to_string());
            Some(format!("{key} at {}: {}", point.name, of_flow(flow)?))
        });
        doubts.next().or_else(|| self.lost_before(&FlowSelection::All))
    }

    pub fn took(&self, phase: Phase, bound: Bound, limit: Duration) -> Decided {
        let (point, anatomy) = self.failover()?;
        let name = match phase {
            Phase::Detection => PhaseName::Detection,
            Phase::Propagation => PhaseName::Propagation,
            Phase::SwitchOver => PhaseName::SwitchOver,
            Phase::Recovery => PhaseName::Recovery,
        };
        let measured = match phase {
            // The whole of it: what somebody who waits for the traffic waits for.
            Phase::Recovery => anatomy
                .phases
                .iter()
                .any(|phase| phase.name == PhaseName::Recovery)
                .then_some(anatomy.total.as_ref())
                .flatten(),
            _ => anatomy
                .phases
                .iter()
                .find(|phase| phase.name == name)
                .map(|phase| &phase.length),
        };
        let all = phases_in_words(&anatomy);
        let Some(measured) = measured else {
            let notes = anatomy.notes.join("; ");
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
        let doubt = anatomy.contradictions.first().cloned().or_else(|| match phase {
            Phase::Recovery => one_after_the_other(point, limit).or_else(|| {
                let is_short = matches!(limit.comparison, Comparison::LessThan | Comparison::AtMost);
                let short = if is_short { Verdict::Pass } else { Verdict::Fail };
                if decision.verdict == short {
                    self.hidden()
                } else {
                    spoiling(point).map(|finding| finding.text.clone())
                }
            }),
            _ => self.doubt_of_phases(point).or_else(|| self.unseen()),
        });
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
            warnings: anatomy
                .notes
                .into_iter()
                .chain(self.study.clocks_in_words(point))
                .collect(),
        })
    }

    /// Why a message may have been sent that no capture shows, or sooner than the one that it shows.
    fn unseen(&self) -> Option<String> {
        let findings = self.study.points.iter().flat_map(|point| &point.outages.findings);
        let mut doubtful = findings.filter(|finding| finding.spoils != Spoils::Nothing);
        doubtful.next().map(|finding| finding.text.clone())
    }

    /// Why detection, propagation and switch-over may not be those that are shown: there is no saying which of several
    /// failovers is meant, or what happened at points with other clocks may have come first.
    fn doubt_of_phases(&self, point: &PointStudy) -> Option<String> {
        if let Some(doubt) = several(point) {
            return Some(doubt);
        }
        match self.study.events_left_out(point) {
            0 => None,
            events => {
                let clocks = self.study.clocks_in_words(point);
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
        let (point, anatomy) = self.failover()?;
        let doubt = several(point).or_else(|| self.unseen());
        match self.study.local_repair(point, protocol) {
            Some(repair) => Ok(Found {
                verdict: match doubt {
                    Some(_) => Verdict::Inconclusive,
                    None => repair.verdict,
                },
                actual: format!(
                    "{}{}. {}",
                    repair.reason,
                    doubt.map_or_else(String::new, |doubt| format!(", but {doubt}")),
                    phases_in_words(&anatomy)
                ),
                points: self.study.points.iter().map(|point| point.name.clone()).collect(),
                warnings: anatomy
                    .notes
                    .into_iter()
                    .chain(self.study.clocks_in_words(point))
                    .collect(),
            }),
            None => Err(Found {
                points: vec![point.name.clone()],
                ..Found::doubt("nothing tells when the failure was")
            }),
        }
    }
}

/// Whether a flow lost anything in its longest outage.
fn has_lost(flow: &FlowOutages) -> bool {
    flow.longest().is_some_and(|outage| outage.lost != Some(0))
}

/// What makes it doubtful how flows of a point were interrupted.
fn spoiling(point: &PointStudy) -> Option<&Finding> {
    let of_flows = point.outages.flows.iter().filter(|flow| has_lost(flow));
    let findings = of_flows.flat_map(|flow| &flow.findings);
    let mut all = point.outages.findings.iter().chain(findings);
    all.find(|finding| finding.spoils == Spoils::Both)
}

/// Why a flow may have been interrupted in another way than its outages show.
fn of_flow(flow: &FlowOutages) -> Option<String> {
    let mut findings = flow.findings.iter();
    if let Some(finding) = findings.find(|finding| matches!(finding.spoils, Spoils::Both | Spoils::Pass)) {
        return Some(finding.text.clone());
    }
    if let Some(once) = flow.seen_once {
        return Some(format!(
            "{once} and others twice: what was lost between two places that were captured into one is not seen"
        ));
    }
    let open = flow
        .outages
        .iter()
        .find(|outage| outage.last_before.is_none() || outage.first_after.is_none())?;
    let why = open.interruption.notes.first().cloned();
    Some(why.unwrap_or_else(|| "an interruption has no beginning or no end".to_owned()))
}

/// Failovers of which none but the longest, or others that are about as long, can be meant.
fn alike(point: &PointStudy) -> Vec<Failover<'_>> {
    let mut failovers = failovers(&point.outages);
    failovers.retain(|failover| !failover.is_open_ended());
    let longest = failovers.first().map_or(0, length);
    failovers.retain(|failover| length(failover) >= longest / COMPARABLE);
    failovers
}

fn length(failover: &Failover<'_>) -> i64 {
    failover.longest.interruption.estimate.unwrap_or(0)
}

/// Why it is not known which failover is meant.
fn several(point: &PointStudy) -> Option<String> {
    let failovers = alike(point).len();
    (failovers > 1).then(|| {
        format!(
            "the captures show {failovers} failovers at {}: give each its own captures",
            point.name
        )
    })
}

/// Why a failover may not have been over with its own recovery: other flows were interrupted soon before or after, and all
/// of it may be of one failure, which then took longer than the limit allows.
fn one_after_the_other(point: &PointStudy, limit: Limit) -> Option<String> {
    let mut failovers = failovers(&point.outages);
    failovers.retain(|failover| !failover.is_open_ended());
    let longest = failovers.first()?;
    let is_loss = |failover: &&Failover<'_>| {
        let is_comparable = length(failover) >= length(longest) / COMPARABLE;
        let mut losses = failover.outages.iter().map(|(_, outage)| outage.lost);
        is_comparable || losses.any(|lost| lost.is_none_or(|lost| lost >= FEW))
    };
    let mut spans: Vec<(i64, i64)> = failovers
        .iter()
        .filter(is_loss)
        .map(|failover| (failover.begins(), failover.ends()))
        .collect();
    spans.sort_unstable();
    // Each that is near the one before it, in a row of which the longest is one.
    let mut row: Option<(i64, i64)> = None;
    for (begins, ends) in spans {
        row = match row {
            Some((first, last)) if begins <= last.saturating_add(VALIDATION) => Some((first, last.max(ends))),
            Some((_, last)) if last >= longest.ends() => break,
            _ => Some((begins, ends)),
        };
    }
    let (begins, ends) = row?;
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
            point.name,
            Nanoseconds(ends.saturating_sub(begins))
        )
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
