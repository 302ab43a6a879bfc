//! Whether traffic was switched over locally, before routing told of the failure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::marks::{ControlMarks, Withdrawing};
use super::switches::FlowSwitch;
use crate::Verdict;
use crate::capture::measure::{Instant, Nanoseconds};

/// A withdrawal that precedes the interruption by no more may have brought it. Nanoseconds.
const LOOK_BACK: i64 = 10_000_000_000;
/// A withdrawal that follows the failure by more may be of something else. Nanoseconds.
const LOOK_AHEAD: i64 = 10_000_000_000;

/// Whether switch-over preceded the withdrawal of the old path by a protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LocalRepair {
    /// Pass: every flow was switched over first. Fail: a flow was switched over after the withdrawal.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

impl LocalRepair {
    pub(super) fn judge(
        switches: &[FlowSwitch],
        marks: &ControlMarks,
        failure: Instant,
        transit: Option<i64>,
        protocol: Withdrawing,
    ) -> Self {
        let inconclusive = |reason: &str| Self {
            verdict: Verdict::Inconclusive,
            reason: reason.to_owned(),
        };
        let withdrawals = marks.withdrawals(protocol);
        if switches.is_empty() {
            return inconclusive("no flow was switched over");
        }
        let unaligned = || {
            let count = withdrawals.unaligned;
            inconclusive(&format!(
                "{count} withdrawals by {protocol} were captured at points whose clock cannot be compared"
            ))
        };
        let Some(last) = switches
            .iter()
            .map(|switch| switch.first_new)
            .collect::<Option<Vec<Instant>>>()
            .and_then(|all| Instant::latest(all.into_iter()))
        else {
            return inconclusive("a flow was never seen on a new path");
        };
        let looked_at = failure.lower.saturating_sub(LOOK_BACK);
        let before = withdrawals
            .marks
            .iter()
            .rfind(|mark| mark.at.upper < failure.lower && mark.at.upper >= looked_at);
        let withdrawal = withdrawals
            .marks
            .iter()
            .filter(|mark| mark.at.upper >= failure.lower)
            .min_by_key(|mark| mark.at.lower);
        match withdrawal {
            // One that was seen elsewhere may have come first.
            Some(mark) if withdrawals.unaligned > 0 && !mark.at.is_before(last) => unaligned(),
            None if withdrawals.unaligned > 0 => unaligned(),
            _ if let Some(mark) = before.filter(|_| withdrawal.is_none_or(|mark| !mark.at.is_before(last))) => {
                inconclusive(&format!(
                    "a withdrawal by {} came {} before traffic was interrupted: whether it is of this failover is not known",
                    mark.by,
                    failure.since(mark.at)
                ))
            }
            None if marks.absence_doubtful.is_some() => {
                inconclusive(marks.absence_doubtful.as_deref().unwrap_or_default())
            }
            None if withdrawals.protocol_seen => inconclusive(&format!(
                "no {protocol} withdrawal was seen after the failure, although {protocol} was captured: one may have gone \
                 where nothing was captured"
            )),
            None => inconclusive(&format!(
                "no {protocol} message was captured, so the absence of a withdrawal says nothing"
            )),
            Some(mark) if last.is_before(mark.at) && marks.absence_doubtful.is_some() => {
                let why = marks.absence_doubtful.as_deref().unwrap_or_default();
                inconclusive(&format!(
                    "the withdrawal by {} that was seen came after it, but another may have come before: {why}",
                    mark.by
                ))
            }
            Some(mark) if last.is_before(mark.at) && mark.at.upper > failure.lower.saturating_add(LOOK_AHEAD) => {
                inconclusive(&format!(
                    "the first withdrawal by {} came {} after traffic was interrupted: whether it is of this failover is not \
                     known",
                    mark.by,
                    mark.at.since(failure)
                ))
            }
            Some(mark) if last.is_before(mark.at) => Self {
                verdict: Verdict::Pass,
                reason: format!(
                    "the last flow was switched over {} before the withdrawal by {}",
                    mark.at.since(last),
                    mark.by
                ),
            },
            // The first packet on the new path passed where it begins so much earlier at the most.
            Some(mark)
                if mark.at.is_before(last) && mark.at.upper >= last.lower.saturating_sub(transit.unwrap_or(0)) =>
            {
                inconclusive(&format!(
                    "a flow was seen on its new path {} after the withdrawal by {}, and packets take up to {} to get here",
                    last.since(mark.at),
                    mark.by,
                    Nanoseconds(transit.unwrap_or(0))
                ))
            }
            Some(mark) if mark.at.is_before(last) => Self {
                verdict: Verdict::Fail,
                reason: format!(
                    "a flow was switched over {} after the withdrawal by {}: ordinary reconvergence",
                    last.since(mark.at),
                    mark.by
                ),
            },
            Some(_) => inconclusive("switch-over and withdrawal are closer than the clocks of the captures agree"),
        }
    }
}
