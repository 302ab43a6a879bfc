//! Verdicts, and what stands behind one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::table::LineSpan;

/// What is known of an assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is true.
    Pass,
    /// The network is wrong.
    Fail,
    /// It could not be told. Never green.
    Inconclusive,
    /// It was not asked, for a stated reason.
    Skipped,
}

impl Verdict {
    /// The word as in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Skipped => "skipped",
        }
    }

    /// The verdict on a whole whose parts have these verdicts: any failure fails it, else any doubt leaves it
    /// inconclusive, else it passes if anything passed; nothing at all is skipped.
    pub fn of_all(parts: impl IntoIterator<Item = Verdict>) -> Verdict {
        parts
            .into_iter()
            .max_by_key(|part| part.gravity())
            .unwrap_or(Verdict::Skipped)
    }

    /// How much it weighs among the verdicts of parts: a failure most, then a doubt, then a pass, a skipped one least.
    pub fn gravity(self) -> u8 {
        match self {
            Self::Skipped => 0,
            Self::Pass => 1,
            Self::Inconclusive => 2,
            Self::Fail => 3,
        }
    }

    /// The verdict on the opposite: a doubt remains one.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Pass => Self::Fail,
            Self::Fail => Self::Pass,
            other => other,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Lines of one piece of evidence that decided an assertion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DecidingLines {
    /// Device that answered.
    pub device: String,
    /// Command that it answered.
    pub command: String,
    /// The evidence file within the bundle; empty where nothing was kept.
    pub evidence: String,
    /// The lines, in order; empty when the whole answer decided (`no route …`).
    pub lines: Vec<LineSpan>,
}

/// An assertion decided once on one set of answers, before timing is considered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Outcome {
    /// What is known.
    pub verdict: Verdict,
    /// What was expected, in words: `2 next hops for 1.1.1.1/32 in VPNA`.
    pub expected: String,
    /// What is there, in words: `1 next hop: 3.3.3.3 on GigabitEthernet0/2/0`. For an inconclusive verdict, why it
    /// could not be told.
    pub actual: String,
    /// The lines that decided.
    pub deciding: Vec<DecidingLines>,
    /// What a reader should know and what changes no verdict: a footer whose split disagrees, a value not understood.
    pub warnings: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_fails_and_one_doubt_is_never_green() {
        use Verdict::{Fail, Inconclusive, Pass, Skipped};
        assert_eq!(Verdict::of_all([Pass, Inconclusive, Fail]), Fail);
        assert_eq!(Verdict::of_all([Pass, Inconclusive]), Inconclusive);
        assert_eq!(Verdict::of_all([Pass, Skipped]), Pass);
        assert_eq!(Verdict::of_all([]), Skipped);
        assert_eq!(
            [Pass, Fail, Inconclusive, Skipped].map(Verdict::negated),
            [Fail, Pass, Inconclusive, Skipped]
        );
    }
}
