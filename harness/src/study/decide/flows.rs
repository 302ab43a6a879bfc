//! Phrases about what flows went through: interruptions, losses, reordering.

use std::time::Duration;

use checks::Verdict;
use checks::capture::measure::outage::SeenOnce;
use checks::capture::measure::{Comparison, Decision, Limit, Measured, Method, Unit};
use checks::phrase::{Bound, FlowSelection, duration};

use super::selection::{Judged, names};
use super::{Decided, Deciding, Found};

impl Deciding<'_> {
    pub fn interrupted(&self, selection: &FlowSelection, bound: Bound, limit: Duration, negated: bool) -> Decided {
        let judged = self.judged(selection)?;
        // `no flow is interrupted for more than T`: every flow for at most T.
        let (comparison, of_every) = match (Comparison::from(bound), negated) {
            (Comparison::AtLeast, true) => (Comparison::LessThan, true),
            (Comparison::MoreThan, true) => (Comparison::AtMost, true),
            (below @ (Comparison::LessThan | Comparison::AtMost), _) => (below, true),
            (beyond @ (Comparison::MoreThan | Comparison::AtLeast), false) => (beyond, false),
        };
        let value = i64::try_from(limit.as_nanos()).unwrap_or(i64::MAX);
        let bounded = Limit { comparison, value };
        let decided = judged.iter().map(|judged| {
            let decision = judged.flow.decide(bounded, &judged.point.outages.findings);
            let estimate = judged.flow.interruption.estimate.unwrap_or(i64::MAX);
            (judged, decision, estimate)
        });
        let (decisive, mut decision) = decisive(decided, of_every)?;
        // An interruption that is seen on the way is one, wherever the flow goes.
        let stands = of_every && decision.verdict == Verdict::Fail;
        if let Some(doubt) = doubtful(&judged).filter(|_| !stands) {
            decision.verdict = Verdict::Inconclusive;
            decision.reason = doubt;
        } else if decision.verdict == Verdict::Pass
            && of_every
            && let Some(doubt) = self
                .lost_before(selection)
                .or_else(|| self.unarrived(&judged))
                .or_else(|| self.unfinished(&judged, value))
        {
            decision.verdict = Verdict::Inconclusive;
            decision.reason = doubt;
        }
        let interrupted = judged.iter().filter(|judged| !judged.flow.outages.is_empty()).count();
        let mut warnings = self.warnings(&judged);
        if decision.coarse {
            warnings.push(format!(
                "the flows are too slow for a limit of {}: fewer than ten packets of each in that time",
                duration(limit)
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
        Ok(Found {
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
        })
    }

    pub fn nothing_lost(&self, selection: &FlowSelection) -> Decided {
        let judged = self.judged(selection)?;
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
            doubts.extend(judged.spoiling(verdict).map(|finding| finding.text.clone()));
            if judged.flow.lost.is_none() {
                doubts.push(format!("{} carries no sequence numbers", judged.key));
            } else if judged.flow.interruption.upper.is_none() && here == 0 {
                doubts.extend(judged.flow.interruption.notes.first().cloned());
            } else if here == 0
                && let Some(once) = judged.flow.seen_once
            {
                doubts.push(format!("of {} {}", judged.key, behind_copies(once)));
            }
        }
        if lost == 0 {
            doubts.extend(
                doubtful(&judged)
                    .or_else(|| self.lost_before(selection))
                    .or_else(|| self.unarrived(&judged))
                    .or_else(|| self.unfinished(&judged, 0)),
            );
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
        Ok(Found {
            verdict,
            actual,
            points: names(&judged),
            warnings: self.warnings(&judged),
        })
    }

    pub fn reordering(&self, selection: &FlowSelection, bound: Bound, percent: f64) -> Decided {
        let judged = self.judged(selection)?;
        let limit = Limit {
            comparison: Comparison::from(bound),
            value: (percent * 1e7).round() as i64,
        };
        let decided = judged.iter().map(|judged| {
            let ratio = judged.flow.reordering.as_ref().map_or_else(
                || {
                    let why = "the flow carries no sequence numbers";
                    Measured::unknown(Unit::PartsPerBillion, Method::Count, why)
                },
                |reordering| reordering.ratio.clone(),
            );
            let decision = limit.decide(&ratio, None, judged.findings());
            let estimate = ratio.estimate.unwrap_or(i64::MAX);
            ((judged, ratio), decision, estimate)
        });
        let ((worst, ratio), mut decision) = decisive(decided, true)?;
        let mut actual = format!("{ratio} of {} at {}", worst.key, worst.point.name);
        if decision.verdict == Verdict::Inconclusive {
            actual = format!("{actual}. {}", decision.reason);
        }
        if decision.verdict == Verdict::Pass
            && let Some(doubt) = doubtful(&judged)
                .or_else(|| self.lost_before(selection))
                .or_else(|| self.unarrived(&judged))
        {
            decision.verdict = Verdict::Inconclusive;
            actual = format!("{actual}, but {doubt}");
        }
        Ok(Found {
            verdict: decision.verdict,
            actual,
            points: names(&judged),
            warnings: self.warnings(&judged),
        })
    }
}

/// Why flows are not known to be judged where they arrive.
fn doubtful(judged: &[Judged<'_>]) -> Option<String> {
    judged.iter().find_map(|judged| judged.doubt.clone())
}

/// What a run of packets seen once hides.
pub(super) fn behind_copies(once: SeenOnce) -> String {
    format!("{once} and others twice: what was lost between two places that were captured into one is not seen")
}

/// The flow that decides: the gravest verdict where every flow has to satisfy a limit, the least grave where one has to;
/// of equal ones that with the greatest estimate.
fn decisive<T>(decided: impl Iterator<Item = (T, Decision, i64)>, of_every: bool) -> Result<(T, Decision), Found> {
    let gravity = |verdict: Verdict| {
        if of_every {
            verdict.gravity()
        } else {
            verdict.negated().gravity()
        }
    };
    decided
        .max_by_key(|(_, decision, estimate)| (gravity(decision.verdict), *estimate))
        .map(|(of, decision, _)| (of, decision))
        .ok_or_else(|| Found::doubt("no flow was measured"))
}

fn seconds(nanoseconds: i64) -> String {
    format!("{:.3} s", nanoseconds as f64 / 1e9)
}
