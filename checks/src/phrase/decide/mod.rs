//! Decides assertions on what devices answered.
//!
//! Truth is `Option<bool>` throughout: nothing where it cannot be told. Anything that is not understood in an answer
//! makes the decision inconclusive unless the rows that decide are provably unaffected.

mod bfd;
mod configuration;
mod evidence;
mod lab;
mod next_hops;
mod ping;
mod probe;
mod route_wording;
mod routes;
mod row_predicate;
mod rows;
mod traceroute;
mod vpn_instance;
mod wording;

use super::assertion::Assertion;
use super::questions::Question;
use crate::outcome::{DecidingLines, Outcome, Verdict};
use crate::table::Parsed;

/// One command's answer.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The device that was asked.
    pub device: &'a str,
    /// The command.
    pub command: &'a str,
    /// The evidence file within the bundle; empty where nothing was kept.
    pub evidence: &'a str,
    /// The answer, or why there is none.
    pub answer: Result<&'a Parsed, &'a str>,
}

impl Question {
    /// Its answer, or why there is none; `evidence` names the file that keeps it, if one does.
    pub fn answered<'a>(&'a self, evidence: &'a str, answer: Result<&'a Parsed, &'a str>) -> Observation<'a> {
        Observation {
            device: &self.device,
            command: &self.command,
            evidence,
            answer,
        }
    }
}

/// Decides an assertion once, on the answers to its questions: all of them, and to no others.
pub fn decide(assertion: &Assertion, observations: &[Observation<'_>]) -> Outcome {
    let mut warnings = Vec::new();
    let decision = match assertion {
        Assertion::Route(assertion) => routes::decide(assertion, observations, &mut warnings),
        Assertion::Rows(rows) => rows::decide(rows, observations, &mut warnings),
        Assertion::BfdDetection { session, at_most } => {
            bfd::decide_detection(session.as_deref(), *at_most, observations, &mut warnings)
        }
        Assertion::VpnInstance(assertion) => vpn_instance::decide(assertion, observations, &mut warnings),
        Assertion::Ping(assertion) => ping::decide(assertion, observations, &mut warnings),
        Assertion::Traceroute(assertion) => traceroute::decide(assertion, observations, &mut warnings),
        Assertion::Config(assertion) => configuration::decide(assertion, observations, &mut warnings),
        Assertion::Lab(assertion) => lab::decide(assertion, observations, &mut warnings),
        Assertion::Capture(_) => Err(Doubt::new("no capture was taken", Vec::new())),
    };
    let Decision {
        verdict,
        actual,
        deciding,
    } = decision.unwrap_or_else(|doubt| doubt.0);
    Outcome {
        verdict,
        expected: assertion.to_string(),
        actual,
        deciding,
        warnings,
    }
}

/// What was decided and on which lines.
pub(super) struct Decision {
    verdict: Verdict,
    actual: String,
    deciding: Vec<DecidingLines>,
}

impl Decision {
    /// True, false, or not to be told.
    fn of(truth: Option<bool>, actual: impl Into<String>, deciding: Vec<DecidingLines>) -> Self {
        let verdict = match truth {
            Some(true) => Verdict::Pass,
            Some(false) => Verdict::Fail,
            None => Verdict::Inconclusive,
        };
        Self {
            verdict,
            actual: actual.into(),
            deciding,
        }
    }

    /// False.
    fn fail(actual: impl Into<String>, deciding: Vec<DecidingLines>) -> Self {
        Self::of(Some(false), actual, deciding)
    }

    /// Not to be told.
    fn doubt(actual: impl Into<String>, deciding: Vec<DecidingLines>) -> Self {
        Self::of(None, actual, deciding)
    }
}

/// A reason why nothing can be decided, wrapped so that `?` carries it out.
pub(super) struct Doubt(Decision);

impl Doubt {
    fn new(actual: impl Into<String>, deciding: Vec<DecidingLines>) -> Self {
        Self(Decision::doubt(actual, deciding))
    }
}

type Decided = Result<Decision, Doubt>;

/// Both.
fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// All of them; true for none.
fn all(truths: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    truths.into_iter().fold(Some(true), and)
}

/// One of them at least; false for none.
fn any(truths: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    all(truths.into_iter().map(|truth| truth.map(|truth| !truth))).map(|none| !none)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_valued_logic_never_invents_certainty() {
        assert_eq!(and(Some(true), None), None);
        assert_eq!(and(Some(false), None), Some(false));
        assert_eq!(any([None, Some(true)]), Some(true));
        assert_eq!(any([None, Some(false)]), None);
        assert_eq!(any([]), Some(false));
        assert_eq!(all([]), Some(true));
    }
}
