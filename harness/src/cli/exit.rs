//! Exit codes.

use std::process::ExitCode;

use checks::Verdict;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything passed, or what was asked is done.
    Passed,
    /// Something failed.
    Failed,
    /// The suite, the inventory or the command line is wrong.
    Unusable,
    /// Nothing failed, but something could not be told.
    Inconclusive,
    /// Interrupted, after undoing what had been changed.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Unusable => 2,
            Self::Inconclusive => 3,
            Self::Interrupted => 130,
        }
    }
}

impl Exit {
    /// The end with this number; anything unknown is an error.
    pub fn of_code(code: u8) -> Self {
        [Self::Passed, Self::Failed, Self::Inconclusive, Self::Interrupted]
            .into_iter()
            .find(|exit| exit.code() == code)
            .unwrap_or(Self::Unusable)
    }
}

impl From<Verdict> for Exit {
    /// A run in which nothing was asked has shown nothing: it is not green.
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Passed,
            Verdict::Fail => Self::Failed,
            Verdict::Inconclusive | Verdict::Skipped => Self::Inconclusive,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}
