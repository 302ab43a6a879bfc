//! A measured number against a limit: pass, fail, or not to be told.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Finding, Measured, Spoils, Unit};
use crate::Verdict;

/// How a number is compared with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Strictly less.
    LessThan,
    /// Less or equal.
    AtMost,
    /// Strictly more.
    MoreThan,
    /// More or equal.
    AtLeast,
}

/// A limit on a measured number, in the number's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// How it is compared.
    pub comparison: Comparison,
    /// The limit.
    pub value: i64,
}

/// How densely the measured thing was sampled: from it follows the rate that would decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// Nanoseconds between packets of one flow.
    pub period: i64,
}

/// What is known of a limit, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Pass, fail or inconclusive.
    pub verdict: Verdict,
    /// The reason in words, with the numbers that decided.
    pub reason: String,
    /// Where a denser stream would decide: packets per second of each flow.
    pub rate_needed: Option<u64>,
    /// Below ten packets per limit per flow: a coarse measurement even where it decides.
    pub coarse: bool,
}

impl Limit {
    /// `< value`.
    pub fn less_than(value: i64) -> Self {
        Self {
            comparison: Comparison::LessThan,
            value,
        }
    }

    /// `≤ value`.
    pub fn at_most(value: i64) -> Self {
        Self {
            comparison: Comparison::AtMost,
            value,
        }
    }

    /// Whether every possible truth satisfies the limit, none does, or some.
    fn judge(self, measured: &Measured) -> Verdict {
        let upper_below = |strict: bool| {
            measured.upper.is_some_and(|upper| {
                upper < self.value || (upper == self.value && !(strict && measured.upper_included))
            })
        };
        let lower_above = |strict: bool| {
            measured.lower.is_some_and(|lower| {
                lower > self.value || (lower == self.value && !(strict && measured.lower_included))
            })
        };
        // "strict": the truth has to differ from the limit, so an attainable bound that equals it does not do.
        let (surely, surely_not) = match self.comparison {
            Comparison::LessThan => (upper_below(true), lower_above(false)),
            Comparison::AtMost => (upper_below(false), lower_above(true)),
            Comparison::MoreThan => (lower_above(true), upper_below(false)),
            Comparison::AtLeast => (lower_above(false), upper_below(true)),
        };
        match (surely, surely_not) {
            (true, false) => Verdict::Pass,
            (false, true) => Verdict::Fail,
            _ => Verdict::Inconclusive,
        }
    }

    /// Decides. `findings` are those that concern the number; `sampling` says how dense the stream was, for the rate
    /// that would be needed.
    pub fn decide<'a>(
        self,
        measured: &Measured,
        sampling: Option<Sampling>,
        findings: impl IntoIterator<Item = &'a Finding>,
    ) -> Decision {
        let coarse = measured.unit == Unit::Nanoseconds
            && sampling.is_some_and(|sampling| sampling.period.saturating_mul(10) > self.value);
        let judged = self.judge(measured);
        // Findings take away what is said of small numbers ("pass") or of great ones ("fail").
        let beyond = matches!(self.comparison, Comparison::MoreThan | Comparison::AtLeast);
        let of_small = (judged == Verdict::Pass) != beyond;
        let spoiled = |spoils: Spoils| match spoils {
            Spoils::Nothing => false,
            _ if judged == Verdict::Inconclusive => true,
            Spoils::Both => true,
            Spoils::Pass => of_small,
            Spoils::Fail => !of_small,
        };
        let reasons: Vec<&str> = findings
            .into_iter()
            .filter(|finding| spoiled(finding.spoils))
            .map(|finding| finding.text.as_str())
            .collect();
        if judged != Verdict::Inconclusive && reasons.is_empty() {
            return Decision {
                verdict: judged,
                reason: format!("{measured}; the limit is {}", self.text(measured.unit)),
                rate_needed: None,
                coarse,
            };
        }
        if judged != Verdict::Inconclusive {
            return Decision {
                verdict: Verdict::Inconclusive,
                reason: format!(
                    "{measured} would {} {}, but {}",
                    if judged == Verdict::Pass { "satisfy" } else { "break" },
                    self.text(measured.unit),
                    reasons.join("; ")
                ),
                rate_needed: None,
                coarse,
            };
        }
        let rate_needed = self.rate_needed(measured, sampling);
        let mut reason = format!("{measured} does not decide {}", self.text(measured.unit));
        let is_open = measured.upper.is_none() || measured.estimate.is_none();
        let notes = measured.notes.iter().map(String::as_str);
        // Where more packets would not help, something else has to be said.
        let notes = notes.filter(|_| is_open || rate_needed.is_none());
        for why in notes.chain(reasons) {
            if !reason.contains(why) {
                reason.push_str("; ");
                reason.push_str(why);
            }
        }
        if let Some(rate) = rate_needed {
            reason.push_str(&format!(
                "; at least {rate} packets per second of each flow would be needed"
            ));
        }
        Decision {
            verdict: Verdict::Inconclusive,
            reason,
            rate_needed,
            coarse,
        }
    }

    /// The rate at which an outage as long as estimated would be decided: bounds lie at most two periods from the
    /// truth, and ten packets per limit are the least for a useful measurement. `None` where another thing than the
    /// rate stands in the way.
    fn rate_needed(self, measured: &Measured, sampling: Option<Sampling>) -> Option<u64> {
        let sampling = sampling?;
        if measured.unit != Unit::Nanoseconds || self.value <= 0 {
            return None;
        }
        measured.upper?;
        let estimate = measured.estimate?;
        let margin = i128::from(self.value) - i128::from(estimate);
        let per_second = |packets: i128, span: i128| (packets * 1_000_000_000 + span - 1) / span;
        let mut rate = per_second(10, i128::from(self.value));
        if margin != 0 {
            rate = rate.max(per_second(2, margin.abs()));
        }
        let period = i128::from(sampling.period.max(1));
        let denser = rate * period > 1_000_000_000;
        // A rate that no tester sends says nothing.
        (denser && rate <= 10_000_000).then(|| u64::try_from(rate).unwrap_or(u64::MAX))
    }

    fn text(self, unit: Unit) -> String {
        format!("{} {}", self.comparison, unit.in_words(self.value))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LessThan => "less than",
            Self::AtMost => "at most",
            Self::MoreThan => "more than",
            Self::AtLeast => "at least",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::measure::{FindingKind, Method};

    const MS: i64 = 1_000_000;

    fn lost(packets: i64, rate: i64) -> (Measured, Option<Sampling>) {
        let period = 1_000_000_000 / rate;
        let measured = Measured::duration(
            packets * period,
            (packets - 1) * period,
            (packets + 1) * period,
            Method::Sequence,
            period,
        );
        (measured, Some(Sampling { period }))
    }

    fn verdict(packets: i64, rate: i64, limit: Limit) -> Verdict {
        let (measured, sampling) = lost(packets, rate);
        limit.decide(&measured, sampling, []).verdict
    }

    #[test]
    fn fifty_milliseconds_at_each_rate() {
        let limit = Limit::less_than(50 * MS);
        for (packets, rate, expected) in [
            (0, 1000, Verdict::Pass),
            (49, 1000, Verdict::Pass),
            (50, 1000, Verdict::Inconclusive),
            (51, 1000, Verdict::Fail),
            (4, 100, Verdict::Pass),
            (5, 100, Verdict::Inconclusive),
            (6, 100, Verdict::Fail),
            (1, 20, Verdict::Inconclusive),
            (0, 20, Verdict::Pass),
            (0, 10, Verdict::Inconclusive),
        ] {
            assert_eq!(verdict(packets, rate, limit), expected, "{packets} at {rate}/s");
            // Neither bound is attained, so "at most" decides alike.
            assert_eq!(verdict(packets, rate, Limit::at_most(50 * MS)), expected);
        }
    }

    #[test]
    fn attained_bounds_tell_strict_from_not() {
        let exact = Measured::exact(Unit::Nanoseconds, 50, Method::Count);
        let verdict = |comparison| Limit { comparison, value: 50 }.decide(&exact, None, []).verdict;
        assert_eq!(verdict(Comparison::LessThan), Verdict::Fail);
        assert_eq!(verdict(Comparison::AtMost), Verdict::Pass);
        assert_eq!(verdict(Comparison::MoreThan), Verdict::Fail);
        assert_eq!(verdict(Comparison::AtLeast), Verdict::Pass);
    }

    #[test]
    fn too_low_a_rate_names_the_rate_needed() {
        let (measured, sampling) = lost(0, 10);
        let decision = Limit::less_than(50 * MS).decide(&measured, sampling, []);
        assert_eq!(decision.rate_needed, Some(200));
        assert!(decision.coarse);
        let (measured, sampling) = lost(48, 1000);
        assert!(!Limit::less_than(50 * MS).decide(&measured, sampling, []).coarse);
        let (measured, sampling) = lost(5, 100);
        let decision = Limit::less_than(55 * MS).decide(&measured, sampling, []);
        assert_eq!(decision.rate_needed, Some(400), "{}", decision.reason);
    }

    #[test]
    fn open_ended_never_passes_and_can_fail() {
        let (measured, sampling) = lost(10, 1000);
        let open = measured.open_ended("the flow never came back");
        let decision = Limit::less_than(50 * MS).decide(&open, sampling, []);
        assert_eq!(decision.verdict, Verdict::Inconclusive);
        assert!(decision.reason.contains("never came back"), "{}", decision.reason);
        assert_eq!(decision.rate_needed, None);
        let (measured, sampling) = lost(80, 1000);
        let open = measured.open_ended("the flow never came back");
        assert_eq!(
            Limit::less_than(50 * MS).decide(&open, sampling, []).verdict,
            Verdict::Fail
        );
        let unknown = Measured::unknown(Unit::Nanoseconds, Method::Gap, "no packets");
        assert_eq!(
            Limit::less_than(50 * MS).decide(&unknown, None, []).verdict,
            Verdict::Inconclusive
        );
    }

    #[test]
    fn a_finding_takes_away_only_what_it_spoils() {
        let drops = Finding::of_all(FindingKind::CaptureDrops, Spoils::Fail, "3 packets were dropped");
        let decide = |packets| {
            let (measured, sampling) = lost(packets, 1000);
            Limit::less_than(50 * MS).decide(&measured, sampling, [&drops])
        };
        assert_eq!(decide(10).verdict, Verdict::Pass);
        assert_eq!(decide(100).verdict, Verdict::Inconclusive);
        assert!(decide(100).reason.contains("3 packets were dropped"));
    }

    #[test]
    fn a_finding_takes_away_a_pass_that_rests_on_losses() {
        let drops = Finding::of_all(FindingKind::CaptureDrops, Spoils::Fail, "3 packets were dropped");
        let unseen = Finding::of_all(FindingKind::NeverSeen, Spoils::Pass, "of 2 flows no packet was seen");
        let decide = |packets, comparison, finding: &Finding| {
            let (measured, sampling) = lost(packets, 1000);
            let limit = Limit {
                comparison,
                value: 50 * MS,
            };
            limit.decide(&measured, sampling, [finding]).verdict
        };
        for comparison in [Comparison::MoreThan, Comparison::AtLeast] {
            assert_eq!(decide(100, comparison, &drops), Verdict::Inconclusive);
            assert_eq!(decide(10, comparison, &drops), Verdict::Fail);
            assert_eq!(decide(100, comparison, &unseen), Verdict::Pass);
            assert_eq!(decide(10, comparison, &unseen), Verdict::Inconclusive);
        }
    }

    #[test]
    fn contradictory_bounds_decide_nothing() {
        let mut broken = Measured::duration(1, 100, 10, Method::Gap, 1);
        broken.lower_included = false;
        assert_eq!(
            Limit::less_than(50).decide(&broken, None, []).verdict,
            Verdict::Inconclusive
        );
    }
}
