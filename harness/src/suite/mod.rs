//! Suites as they are written: structure read, values not yet filled in, phrases not yet understood.

mod capture;
mod changes;
pub(crate) mod keys;
mod load;
mod traffic;

pub use capture::{Capture, CaptureSource, CapturedLink, Point};
pub use changes::{Action, Change, DeviceChanges};
pub(crate) use load::load;
use reports::event::Level;
pub use traffic::Traffic;

use crate::source::{SourceFile, Written};

/// A suite, the cases of included files among its own.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The file.
    pub file: SourceFile,
    /// Its name.
    pub name: Written,
    /// Its description.
    pub description: Option<Written>,
    /// Requirement that it proves.
    pub requirement: Option<Written>,
    /// Its lab: a folder with `lab.yaml`.
    pub lab: Option<Written>,
    /// Its tags.
    pub tags: Vec<Written>,
    /// Changes made before the first case.
    pub setup: Vec<DeviceChanges>,
    /// Lines that undo what `setup` changes on a device, where they cannot be derived.
    pub teardown: Vec<Teardown>,
    /// Its cases: those of included files first.
    pub cases: Vec<Case>,
}

/// Lines that undo the setup of one device.
#[derive(Debug, Clone)]
pub struct Teardown {
    /// The device.
    pub device: Written,
    /// The lines.
    pub lines: Vec<Written>,
}

/// A case, or one for each row of its matrix.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name.
    pub name: Written,
    /// Requirement that it proves.
    pub requirement: Option<Written>,
    /// How much its phrases' failure matters, where they do not say.
    pub level: Level,
    /// Its tags; those of an included file among them.
    pub tags: Vec<Written>,
    /// What it needs.
    pub needs: Vec<Written>,
    /// The rows of its matrix; one row without values when it has none.
    pub rows: Vec<Row>,
    /// Traffic that is sent while it runs.
    pub traffic: Vec<Traffic>,
    /// Where packets are captured while it runs.
    pub capture: Capture,
    /// Its changes.
    pub change: Vec<DeviceChanges>,
    /// What must be true.
    pub expect: Vec<Expectations>,
    /// What must be true once the changes are undone.
    pub afterwards: Vec<Expectations>,
}

/// Values of one run of a case, by name.
pub type Row = Vec<(String, Written)>;

/// What is expected of one device, or of the `lab`.
#[derive(Debug, Clone)]
pub struct Expectations {
    /// Device or `lab`.
    pub device: Written,
    /// The phrases.
    pub phrases: Vec<Expectation>,
}

/// One phrase.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// As written.
    pub phrase: Written,
    /// How much its failure matters, where it says so itself.
    pub level: Option<Level>,
    /// Requirement that it proves, where it has one of its own.
    pub requirement: Option<Written>,
}
