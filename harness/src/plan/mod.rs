//! Plans: everything that a run would ask and change, resolved before anything is connected to.

mod build;
mod capture;
mod change;
mod choose;
mod fault;
mod fill;
mod phrase;
mod pseudowires;
mod same_packets;
mod sentence;

use std::path::{Path, PathBuf};

use checks::phrase::{Phrase, Question};
use reports::event::{Level, SuiteInfo};

use crate::diagnostic::Diagnostics;
use crate::inventory::Inventory;
use crate::source::{Input, Source};
use crate::study::Pseudowires;

pub use capture::{PacketSource, PlannedLink, PlannedPoint, PlannedTraffic};
pub use fault::{LinkDirection, LinkFault, PlannedFault};
pub use sentence::Sentence;

pub(crate) use build::LAB;
pub(crate) use fault::FAULT_FORMS;

/// What a run would do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The suites in the order in which they run.
    pub suites: Vec<PlannedSuite>,
    /// The lab.
    pub lab: Inventory,
    /// Every file that the plan was made from.
    pub inputs: Vec<Input>,
}

/// Which cases to run; empty lists choose all.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Names, parts of names, or patterns with `*` and `?`.
    pub only: Vec<String>,
    /// Tags of suites or cases.
    pub tags: Vec<String>,
}

impl Plan {
    /// Reads suites and their lab, fills in every value and understands every phrase. `lab` overrides the lab that the
    /// suites name. Connects to nothing.
    pub fn load(suites: &[PathBuf], lab: Option<&Path>, choice: &Choice) -> Result<Plan, Diagnostics> {
        build::load(suites, lab, choice)
    }
}

/// A suite with its values filled in.
#[derive(Debug, Clone)]
pub struct PlannedSuite {
    /// What reports say of it. Its `cases` stand in the order of `cases` below.
    pub info: SuiteInfo,
    /// Changes made before the first case and undone after the last.
    pub setup: Vec<PlannedChange>,
    /// The cases, those that are not selected included.
    pub cases: Vec<PlannedCase>,
}

/// A case with its values filled in.
#[derive(Debug, Clone)]
pub struct PlannedCase {
    /// Its name.
    pub name: String,
    /// Requirement that it proves.
    pub requirement: Option<String>,
    /// Whether this run selected it.
    pub selected: bool,
    /// Why it is skipped, when something that it needs is missing.
    pub skip: Option<String>,
    /// Traffic that is sent from before its changes until it is decided.
    pub traffic: Vec<PlannedTraffic>,
    /// Where packets are captured meanwhile.
    pub points: Vec<PlannedPoint>,
    /// The labels of pseudowires, where captures are to be read by them.
    pub pseudowires: Vec<Pseudowires>,
    /// Its changes in order.
    pub changes: Vec<PlannedChange>,
    /// What must be true, once the changes are made.
    pub expect: Vec<PlannedPhrase>,
    /// What must be true once the changes are undone.
    pub afterwards: Vec<PlannedPhrase>,
    /// Where it stands.
    pub source: Source,
}

/// A change of one device's configuration, or of the lab, with its undo.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedChange {
    /// Name for `after NAME`: as given, else its verb (`shutdown`, `undo shutdown`) or `change`.
    pub name: String,
    /// Device.
    pub device: String,
    /// As written, in one line.
    pub written: String,
    /// Configuration lines that make it, entered from the system view.
    pub apply: Vec<String>,
    /// Configuration lines that undo it, entered from the system view.
    pub undo: Vec<String>,
    /// Whether the undo was derived rather than given.
    pub undo_derived: bool,
    /// The fault of a link that it is instead of configuration lines; then its device is `lab`.
    pub fault: Option<PlannedFault>,
    /// Where it stands.
    pub source: Source,
}

/// A phrase to be decided.
#[derive(Debug, Clone)]
pub struct PlannedPhrase {
    /// Device, `lab`, or a point of observation.
    pub device: String,
    /// As written, facts not filled in.
    pub written: String,
    /// The phrase, its facts filled in, `after` tied to the name of one change.
    pub phrase: Phrase,
    /// How much its failure matters.
    pub level: Level,
    /// Requirement that it proves, where it has one of its own.
    pub requirement: Option<String>,
    /// Where it stands.
    pub source: Source,
    /// What is to be asked, of which device; nothing for a phrase about captures.
    pub questions: Vec<Question>,
}
