//! The keys and words of suites, in one place for their reader and for the schema.

use reports::event::Level;

/// Keys of a suite.
pub(crate) const SUITE_KEYS: &[&str] = &[
    "suite",
    "description",
    "requirement",
    "lab",
    "tags",
    "include",
    "setup",
    "teardown",
    "cases",
];

/// Keys of a case.
pub(crate) const CASE_KEYS: &[&str] = &[
    "name",
    "requirement",
    "level",
    "tags",
    "needs",
    "matrix",
    "change",
    "expect",
    "afterwards",
];

/// Keys of a case that the language knows and this version does not.
pub(crate) const LATER_CASE_KEYS: &[&str] = &["traffic", "capture"];

/// Keys of a suite that the language knows and this version does not.
pub(crate) const LATER_SUITE_KEYS: &[&str] = &["traffic", "capture"];

/// Keys of an expectation that is more than a phrase.
pub(crate) const EXPECTATION_KEYS: &[&str] = &["phrase", "level", "requirement"];

/// Words of `level`.
pub(crate) const LEVELS: &[(&str, Level)] = &[("error", Level::Error), ("warning", Level::Warning)];

/// Keys of a change.
pub(crate) const CHANGE_KEYS: &[&str] = &["name", "configure", "undo"];
