//! What a report says, as plain data folded from a run's events.

mod files;
mod fold;
mod report;
mod requirement;
mod verdicts;

pub use report::{
    Alert, AlertKind, Case, ChangeReport, ChangeState, Counts, Device, Evidence, Failure, FileState, Input, Lab,
    Notice, Phrase, Report, Requirement, Run, SCHEMA, Session, Suite, Tally, Undoing,
};

#[cfg(test)]
mod tests;
