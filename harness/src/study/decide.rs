//! Decides phrases about captures on what was measured.

use std::net::IpAddr;

use checks::Verdict;
use checks::capture::measure::anatomy::{Anatomy, PhaseName};
use checks::capture::measure::outage::FlowOutages;
use checks::capture::measure::{Comparison, Decision, Finding, FlowId, Limit, Measured, Spoils, Unit};
use checks::capture::packet::FlowKey;
use checks::outcome::{DecidingLines, Outcome};
use checks::phrase::{BalanceMode, Bound, CaptureAssertion, FlowSelection, Phase, WithdrawalProtocol, duration};
use ipnet::IpNet;

use super::{PointStudy, Study, phase_name};

/// Flows that were sent while the captures were taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFlows {
    /// Their source, where it is known.
    pub source: Option<IpAddr>,
    /// Their destination.
    pub destination: IpAddr,
    /// How many.
    pub flows: u32,
}

/// Decides an assertion, at one point or over all of them. `sent` is what is known to have been sent: flows of it that
/// were not seen are no silence to be passed over.
pub fn decide(assertion: &CaptureAssertion, at: Option<&str>, study: &Study, sent: &[SentFlows]) -> Outcome {
    let seen = Deciding { at, study, sent };
    let Found {
        verdict,
        actual,
        points,
        warnings,
    } = match assertion {
        CaptureAssertion::Interrupted {
            flows,
            bound,
            limit,
            negated,
        } => seen.interrupted(flows, *bound, *limit, *negated),
        CaptureAssertion::NothingLost { flows } => seen.nothing_lost(flows),
        CaptureAssertion::Reordering { flows, bound, percent } => seen.reordering(flows, *bound, *percent),
        CaptureAssertion::Balanced { mode, links } => seen.balanced(*mode, links),
        CaptureAssertion::Took { phase, bound, limit } => seen.took(*phase, *bound, *limit),
        CaptureAssertion::SwitchedBeforeWithdrawal { protocol } => seen.before_withdrawal(*protocol),
        CaptureAssertion::OneFlowLabel { .. }
        | CaptureAssertion::FlowLabelsDiffer
        | CaptureAssertion::VpnLabelStays { .. } => Found::doubt("labels of flows are not measured in this version"),
    };
    Outcome {
        verdict,
        expected: assertion.to_string(),
        actual,
        deciding: evidence(study, &points),
        warnings,
    }
}

/// What was found, and at which points.
struct Found {
    verdict: Verdict,
    actual: String,
    points: Vec<String>,
    warnings: Vec<String>,
}

impl Found {
    fn doubt(actual: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Inconclusive,
            actual: actual.into(),
            points: Vec::new(),
            warnings: Vec::new(),
        }
    }
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

/// The captures of the points that decided.
fn evidence(study: &Study, points: &[String]) -> Vec<DecidingLines> {
    let decided = study.points.iter().filter(|point| points.contains(&point.name));
    decided
        .flat_map(|point| &point.links)
        .flat_map(|link| {
            link.evidence.iter().map(|evidence| DecidingLines {
                device: link.device.clone(),
                command: "capture".to_owned(),
                evidence: evidence.clone(),
                lines: Vec::new(),
            })
        })
        .collect()
}

struct Deciding<'s> {
    at: Option<&'s str>,
    study: &'s Study,
    sent: &'s [SentFlows],
}

/// A flow where it is judged.
struct Judged<'s> {
    point: &'s PointStudy,
    flow: &'s FlowOutages,
    key: FlowKey,
}

impl<'s> Deciding<'s> {
    /// The flows of a selection, each at the point where it is judged: the one that the phrase stands under, or the one
    /// that the flow reaches last.
    fn judged(&self, selection: &FlowSelection) -> Result<Vec<Judged<'s>>, Found> {
        let points: Vec<&PointStudy> = match self.at {
            Some(name) => self.study.point(name).into_iter().collect(),
            None => self.study.points.iter().collect(),
        };
        let mut judged: Vec<Judged<'_>> = Vec::new();
        for key in selected(&points, selection) {
            let mut sightings: Vec<(Option<u8>, &PointStudy, FlowId)> = points
                .iter()
                .filter_map(|point| {
                    let number = point.flows.iter().position(|flow| flow.key == key)?;
                    let flow = point.flows.get(number)?;
                    Some((flow.ttl, *point, FlowId(u32::try_from(number).ok()?)))
                })
                .collect();
            // The fewer hops a packet has left, the further it has come.
            sightings.sort_by_key(|(ttl, ..)| *ttl);
            let (ttl, point, number) = match sightings.as_slice() {
                [only] if points.len() == 1 => *only,
                [only] => {
                    return Err(Found::doubt(format!(
                        "{key} is seen at {} alone: whether it arrives anywhere else is not known. Write the phrase under \
                         the point where it is to be judged",
                        only.1.name
                    )));
                }
                [first, second, ..] if first.0 < second.0 && first.0.is_some() => *first,
                _ => {
                    return Err(Found::doubt(format!(
                        "at which of several points {key} comes last cannot be told from its TTL; write the phrase under \
                         the point where it is to be judged"
                    )));
                }
            };
            let _ = ttl;
            let Some(flow) = point.outages.flows.iter().find(|flow| flow.flow == number) else {
                return Err(Found::doubt(format!("{key} was not measured at {}", point.name)));
            };
            judged.push(Judged { point, flow, key });
        }
        if let Some(missing) = self.missing(selection, &judged) {
            return Err(Found::doubt(missing));
        }
        if judged.is_empty() {
            return Err(Found::doubt(nothing_seen(&points)));
        }
        Ok(judged)
    }

    /// Flows that were sent and are not there.
    fn missing(&self, selection: &FlowSelection, judged: &[Judged<'_>]) -> Option<String> {
        for sent in self.sent {
            let concerned = match selection {
                FlowSelection::All => true,
                FlowSelection::From(from, to) => {
                    to.contains(&sent.destination) && sent.source.is_none_or(|source| from.contains(&source))
                }
                FlowSelection::Between(one, other) => [(one, other), (other, one)].iter().any(|(from, to)| {
                    to.contains(&sent.destination) && sent.source.is_none_or(|source| from.contains(&source))
                }),
            };
            let here = judged.iter().filter(|judged| {
                let (source, destination) = ends(&judged.key);
                destination == Some(sent.destination) && (sent.source.is_none() || source == sent.source)
            });
            let here = here.count() as u64;
            // Several streams may have the same ends: what is seen may be of any of them.
            let alike = self.sent.iter().filter(|other| {
                other.destination == sent.destination && (sent.source.is_none() || other.source == sent.source)
            });
            let expected: u64 = alike.map(|other| u64::from(other.flows)).sum();
            if concerned && here < expected {
                let way_out = match (self.at, here) {
                    (Some(at), 0) => format!("; if they need not pass {at}, name the flows that do"),
                    _ => String::new(),
                };
                return Some(format!(
                    "{expected} flows to {} were sent, and {here} of them are seen{way_out}",
                    sent.destination
                ));
            }
        }
        None
    }

    fn interrupted(&self, selection: &FlowSelection, bound: Bound, limit: std::time::Duration, negated: bool) -> Found {
        let judged = match self.judged(selection) {
            Ok(judged) => judged,
            Err(found) => return found,
        };
        let value = i64::try_from(limit.as_nanos()).unwrap_or(i64::MAX);
        // `no flow is interrupted for more than T`: every flow for at most T.
        let (comparison, of_every) = match (bound, negated) {
            (Bound::LessThan, _) | (Bound::AtLeast, true) => (Comparison::LessThan, true),
            (Bound::AtMost, _) | (Bound::MoreThan, true) => (Comparison::AtMost, true),
            (Bound::MoreThan, false) => (Comparison::MoreThan, false),
            (Bound::AtLeast, false) => (Comparison::AtLeast, false),
        };
        let limit = Limit { comparison, value };
        let decisions: Vec<(&Judged<'_>, Decision)> = judged
            .iter()
            .map(|judged| (judged, judged.flow.decide(limit, &judged.point.outages.findings)))
            .collect();
        let rank = |verdict: Verdict| match (verdict, of_every) {
            (Verdict::Fail, true) | (Verdict::Pass, false) => 2,
            (Verdict::Inconclusive, _) => 1,
            _ => 0,
        };
        let decisive = decisions.iter().max_by_key(|(judged, decision)| {
            let estimate = judged.flow.interruption.estimate.unwrap_or(i64::MAX);
            (rank(decision.verdict), estimate)
        });
        let Some((decisive, decision)) = decisive else {
            return Found::doubt("no flow was measured");
        };
        let interrupted = judged.iter().filter(|judged| !judged.flow.outages.is_empty()).count();
        let mut warnings = self.warnings(&judged);
        if decision.coarse {
            warnings.push(format!(
                "the flows are too slow for a limit of {}: fewer than ten packets of each in that time",
                duration(std::time::Duration::from_nanos(
                    u64::try_from(value).unwrap_or_default()
                ))
            ));
        }
        let when = decisive.flow.longest().and_then(|outage| outage.last_before);
        let since = decisive
            .point
            .outages
            .window
            .zip(when)
            .map(|(window, at)| format!(", {} after the capture began", seconds(at - window.from)))
            .unwrap_or_default();
        Found {
            verdict: decision.verdict,
            actual: format!(
                "{} of {} at {}{since}; {interrupted} of {} flows interrupted{}",
                decisive.flow.interruption,
                decisive.key,
                decisive.point.name,
                judged.len(),
                if decision.verdict == Verdict::Inconclusive {
                    format!(". {}", decision.reason)
                } else {
                    String::new()
                }
            ),
            points: names(&judged),
            warnings,
        }
    }

    fn nothing_lost(&self, selection: &FlowSelection) -> Found {
        let judged = match self.judged(selection) {
            Ok(judged) => judged,
            Err(found) => return found,
        };
        let mut lost = 0_u64;
        let mut doubts: Vec<String> = Vec::new();
        let mut worst: Option<(u64, String)> = None;
        for judged in &judged {
            let here = judged.flow.lost.unwrap_or(0);
            lost = lost.saturating_add(here);
            if here > worst.as_ref().map_or(0, |(most, _)| *most) {
                worst = Some((here, format!("{} at {}", judged.key, judged.point.name)));
            }
            let verdict = if here > 0 { Verdict::Fail } else { Verdict::Pass };
            doubts.extend(spoiling(judged, verdict));
            if judged.flow.lost.is_none() {
                doubts.push(format!("{} carries no sequence numbers", judged.key));
            } else if judged.flow.interruption.upper.is_none() && here == 0 {
                doubts.extend(judged.flow.interruption.notes.first().cloned());
            }
        }
        let received: u64 = judged.iter().map(|judged| judged.flow.received).sum();
        let actual = match &worst {
            Some((most, of)) => format!("{lost} packets lost, {most} of them of {of}; {received} received"),
            None => format!("nothing lost of {received} packets of {} flows", judged.len()),
        };
        let (verdict, actual) = match (doubts.first(), lost) {
            (Some(doubt), _) => (Verdict::Inconclusive, format!("{actual}, but {doubt}")),
            (None, 0) => (Verdict::Pass, actual),
            (None, _) => (Verdict::Fail, actual),
        };
        Found {
            verdict,
            actual,
            points: names(&judged),
            warnings: self.warnings(&judged),
        }
    }

    fn reordering(&self, selection: &FlowSelection, bound: Bound, percent: f64) -> Found {
        let judged = match self.judged(selection) {
            Ok(judged) => judged,
            Err(found) => return found,
        };
        let comparison = match bound {
            Bound::LessThan => Comparison::LessThan,
            _ => Comparison::AtMost,
        };
        let limit = Limit {
            comparison,
            value: (percent * 1e7).round() as i64,
        };
        let unknown = || {
            Measured::unknown(
                Unit::PartsPerBillion,
                checks::capture::measure::Method::Count,
                "the flow carries no sequence numbers",
            )
        };
        let mut worst: Option<(u8, i64, Verdict, String)> = None;
        for judged in &judged {
            let ratio = judged
                .flow
                .reordering
                .as_ref()
                .map_or_else(unknown, |reordering| reordering.ratio.clone());
            let findings = judged.point.outages.findings.iter().chain(&judged.flow.findings);
            let decision = limit.decide(&ratio, None, findings);
            let rank = match decision.verdict {
                Verdict::Fail => 2,
                Verdict::Inconclusive => 1,
                _ => 0,
            };
            let estimate = ratio.estimate.unwrap_or(i64::MAX);
            if worst
                .as_ref()
                .is_none_or(|(most, of, ..)| (rank, estimate) > (*most, *of))
            {
                let actual = format!("{ratio} of {} at {}", judged.key, judged.point.name);
                worst = Some((rank, estimate, decision.verdict, actual));
            }
        }
        match worst {
            Some((_, _, verdict, actual)) => Found {
                verdict,
                actual,
                points: names(&judged),
                warnings: self.warnings(&judged),
            },
            None => Found::doubt("no flow was measured"),
        }
    }

    /// The only failover that the captures show, at the point where flows arrive late or not at all.
    fn failover(&self) -> Result<(&'s PointStudy, Anatomy), Found> {
        let affected = self.study.points.iter().filter(|point| {
            self.at.is_none_or(|at| at == point.name)
                && point.outages.flows.iter().any(|flow| {
                    let lost = flow.longest().is_some_and(|outage| outage.lost != Some(0));
                    lost && !point
                        .outages
                        .findings
                        .iter()
                        .chain(&flow.findings)
                        .any(|finding| finding.spoils == Spoils::Both)
                })
        });
        let affected: Vec<&PointStudy> = affected.collect();
        match affected.as_slice() {
            [] => Err(Found::doubt(
                "no flow was interrupted: there is no failover to be taken apart",
            )),
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

    fn took(&self, phase: Phase, bound: Bound, limit: std::time::Duration) -> Found {
        let (point, anatomy) = match self.failover() {
            Ok(found) => found,
            Err(found) => return found,
        };
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
            return Found {
                points: vec![point.name.clone()],
                ..Found::doubt(format!("the captures show no {phase} ({notes}). {all}"))
            };
        };
        let comparison = match bound {
            Bound::LessThan => Comparison::LessThan,
            Bound::AtMost => Comparison::AtMost,
            Bound::MoreThan => Comparison::MoreThan,
            Bound::AtLeast => Comparison::AtLeast,
        };
        let limit = Limit {
            comparison,
            value: i64::try_from(limit.as_nanos()).unwrap_or(i64::MAX),
        };
        let decision = limit.decide(measured, None, &point.outages.findings);
        let contradiction = anatomy.contradictions.first();
        Found {
            verdict: match contradiction {
                Some(_) => Verdict::Inconclusive,
                None => decision.verdict,
            },
            actual: match contradiction {
                Some(contradiction) => format!("{contradiction}. {all}"),
                None => format!("{phase} took {measured}. {all}"),
            },
            points: vec![point.name.clone()],
            warnings: anatomy.notes.clone(),
        }
    }

    fn before_withdrawal(&self, protocol: WithdrawalProtocol) -> Found {
        if protocol != WithdrawalProtocol::Bgp {
            return Found::doubt(format!(
                "{protocol} withdrawals are not told from other news in this version"
            ));
        }
        let (point, anatomy) = match self.failover() {
            Ok(found) => found,
            Err(found) => return found,
        };
        match &anatomy.local_repair {
            Some(repair) => Found {
                verdict: repair.verdict,
                actual: format!("{}. {}", repair.reason, phases_in_words(&anatomy)),
                points: self.study.points.iter().map(|point| point.name.clone()).collect(),
                warnings: anatomy.notes.clone(),
            },
            None => Found {
                points: vec![point.name.clone()],
                ..Found::doubt("nothing tells when the failure was")
            },
        }
    }

    fn balanced(&self, mode: BalanceMode, links: &[String]) -> Found {
        let of_point = |point: &&PointStudy| {
            let own: Vec<&str> = point.links.iter().map(|link| link.name.as_str()).collect();
            own.len() == links.len() && links.iter().all(|link| own.contains(&link.as_str()))
        };
        let mut points = self.study.points.iter().filter(of_point);
        let (Some(point), None) = (points.next(), points.next()) else {
            return Found::doubt(format!(
                "{} are not the links of one point of observation, neither more nor fewer",
                links.join(", ")
            ));
        };
        if let Some(at) = self.at.filter(|at| *at != point.name) {
            return Found::doubt(format!("{} are links of {}, not of {at}", links.join(", "), point.name));
        }
        let findings = point.outages.findings.iter();
        let doubt = findings
            .filter(|finding| finding.spoils == Spoils::Both)
            .map(|finding| finding.text.clone())
            .next();
        let report = &point.balance;
        let even = &report.evenness;
        let (verdict, actual) = match mode {
            BalanceMode::PerFlow => (
                report.balanced_per_flow(),
                format!("{}; {}", report.reason, even.reason),
            ),
            BalanceMode::PerPacket => (
                report.balanced_per_packet(),
                format!("{}; {}", report.reason, even.reason),
            ),
            BalanceMode::Symmetric => {
                let symmetry = point.symmetry();
                let changing = report.violating_flows;
                match changing {
                    0 => (symmetry.verdict, symmetry.reason),
                    _ => (
                        Verdict::of_all([symmetry.verdict, Verdict::Inconclusive]),
                        format!("{}; {changing} flows use several links", symmetry.reason),
                    ),
                }
            }
        };
        let (verdict, actual) = match doubt {
            Some(doubt) => (Verdict::Inconclusive, format!("{actual}, but {doubt}")),
            None => (verdict, actual),
        };
        Found {
            verdict,
            actual,
            points: vec![point.name.clone()],
            warnings: report.notes.clone(),
        }
    }

    /// What a reader should know and what changes no verdict.
    fn warnings(&self, judged: &[Judged<'_>]) -> Vec<String> {
        let mut warnings: Vec<String> = Vec::new();
        if let Some(at) = self.at {
            let further = judged.iter().find_map(|judged| {
                let ttl = seen_ttl(judged.point, &judged.key)?;
                let beyond =
                    self.study.points.iter().find(|point| {
                        point.name != at && seen_ttl(point, &judged.key).is_some_and(|other| other < ttl)
                    })?;
                Some(format!("{} comes further, to {}", judged.key, beyond.name))
            });
            warnings.extend(further);
        }
        let findings = judged
            .iter()
            .flat_map(|judged| judged.point.outages.findings.iter().chain(&judged.flow.findings));
        for finding in findings {
            if !warnings.contains(&finding.text) && warnings.len() < 20 {
                warnings.push(finding.text.clone());
            }
        }
        warnings
    }
}

fn seen_ttl(point: &PointStudy, key: &FlowKey) -> Option<u8> {
    point.flows.iter().find(|flow| flow.key == *key)?.ttl
}

/// Findings that take a verdict away.
fn spoiling(judged: &Judged<'_>, verdict: Verdict) -> Vec<String> {
    let findings = judged.point.outages.findings.iter().chain(&judged.flow.findings);
    let takes = |finding: &&Finding| match finding.spoils {
        Spoils::Both => true,
        Spoils::Pass => verdict == Verdict::Pass,
        Spoils::Fail => verdict == Verdict::Fail,
        Spoils::Nothing => false,
    };
    findings.filter(takes).map(|finding| finding.text.clone()).collect()
}

fn names(judged: &[Judged<'_>]) -> Vec<String> {
    let mut names: Vec<String> = judged.iter().map(|judged| judged.point.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Every flow of a selection that any point saw, in the order of their keys.
fn selected(points: &[&PointStudy], selection: &FlowSelection) -> Vec<FlowKey> {
    let mut keys: Vec<FlowKey> = points
        .iter()
        .flat_map(|point| &point.flows)
        .map(|flow| flow.key)
        .filter(|key| is_selected(key, selection))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn is_selected(key: &FlowKey, selection: &FlowSelection) -> bool {
    let within = |from: &IpNet, to: &IpNet| match ends(key) {
        (Some(source), Some(destination)) => from.contains(&source) && to.contains(&destination),
        _ => false,
    };
    match selection {
        FlowSelection::All => true,
        FlowSelection::From(from, to) => within(from, to),
        FlowSelection::Between(one, other) => within(one, other) || within(other, one),
    }
}

fn ends(key: &FlowKey) -> (Option<IpAddr>, Option<IpAddr>) {
    match key {
        FlowKey::V4 {
            source, destination, ..
        } => (Some((*source).into()), Some((*destination).into())),
        FlowKey::V6 {
            source, destination, ..
        } => (Some((*source).into()), Some((*destination).into())),
        FlowKey::Ethernet { .. } => (None, None),
    }
}

fn nothing_seen(points: &[&PointStudy]) -> String {
    let mut all: Vec<String> = points
        .iter()
        .flat_map(|point| &point.flows)
        .map(|flow| flow.key.to_string())
        .collect();
    all.sort_unstable();
    all.dedup();
    match all.as_slice() {
        [] => "no packet of a measured flow was captured".to_owned(),
        some => format!(
            "no such flow was captured; there are {}{}",
            some.iter().take(6).cloned().collect::<Vec<_>>().join(", "),
            if some.len() > 6 { ", …" } else { "" }
        ),
    }
}

fn seconds(nanoseconds: i64) -> String {
    format!("{:.3} s", nanoseconds as f64 / 1e9)
}

#[cfg(test)]
mod tests;
