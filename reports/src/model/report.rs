//! The report of a run as plain data: every renderer draws from it and from nothing else.

use std::collections::BTreeMap;

use checks::outcome::{DecidingLines, Verdict};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{Captured, CaseRef, LabKind, Level, LinkInfo, Part, TimingResult};

/// Name and version of the format: the number changes when a reader of the old one would misread the new one.
pub const SCHEMA: &str = "netverdict-report/1";

/// The report of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// [`SCHEMA`].
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Verdict on the run. Anything in `alerts` that spoils it is taken into account.
    pub verdict: Verdict,
    /// What a reader must know before believing anything else, worst first.
    pub alerts: Vec<Alert>,
    /// The run.
    pub run: Run,
    /// SHA-256 of the bundle's `events.jsonl`, in hexadecimal; absent where no bundle was read.
    pub record_sha256: Option<String>,
    /// How many of what.
    pub counts: Counts,
    /// Requirements and what was found of each, in the order in which the suites name them.
    pub requirements: Vec<Requirement>,
    /// The lab.
    pub lab: Lab,
    /// The suites in the order in which they ran.
    pub suites: Vec<Suite>,
    /// Changes in the order in which they were journaled.
    pub changes: Vec<ChangeReport>,
    /// What belongs to no phrase, in the order in which it was noticed.
    pub warnings: Vec<Notice>,
    /// Files that the run was made from.
    pub inputs: Vec<Input>,
    /// Answers of the devices, in the order in which they came.
    pub evidence: Vec<Evidence>,
}

/// Something that a reader must know before believing anything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// What it is about.
    pub kind: AlertKind,
    /// In words.
    pub message: String,
    /// The case that it concerns, where it concerns one.
    pub case: Option<CaseRef>,
}

/// What an alert is about, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Events contradict each other: a verdict that its phrases do not bear out, a phrase decided twice.
    Contradiction,
    /// A file of the bundle is not what it was when the run kept it.
    FileDiffers,
    /// The run has no end: it was killed, or its events are cut short.
    Unfinished,
    /// A person or a signal ended the run.
    Interrupted,
    /// A change is in force, or may be.
    ChangeNotUndone,
    /// A configuration differs from what it was before a change that was undone.
    Residue,
    /// A device could not be reached.
    DeviceFailed,
    /// A device's host key was not verified.
    HostKeyNotVerified,
    /// The lab is emulated.
    EmulatedLab,
    /// The answers are those of an earlier run.
    RecordedLab,
}

impl AlertKind {
    /// Whether the verdict on the run is inconclusive whatever else was found.
    pub fn voids(self) -> bool {
        matches!(self, Self::Contradiction | Self::FileDiffers)
    }

    /// Whether the run cannot pass.
    pub fn spoils(self) -> bool {
        self.voids()
            || matches!(
                self,
                Self::Unfinished | Self::Interrupted | Self::ChangeNotUndone | Self::Residue
            )
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Identifier.
    pub id: String,
    /// Version of netverdict.
    pub netverdict: String,
    /// The command line, without secrets.
    pub command_line: Vec<String>,
    /// Whether changes were allowed on the command line.
    pub changes_allowed: bool,
    /// First event.
    pub started_at: DateTime<Utc>,
    /// Last event of the run itself; its end only if it finished.
    pub last_event_at: DateTime<Utc>,
    /// Whether the run came to its end.
    pub finished: bool,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// The verdict that the run itself stated; absent if it has no end.
    pub reported: Option<Verdict>,
    /// Exit code of the command; absent if it has no end.
    pub exit_code: Option<u8>,
}

/// Numbers of verdicts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Passed.
    pub pass: usize,
    /// Failed.
    pub fail: usize,
    /// Inconclusive.
    pub inconclusive: usize,
    /// Skipped.
    pub skipped: usize,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Fail => self.fail += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
            Verdict::Skipped => self.skipped += 1,
        }
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.pass + self.fail + self.inconclusive + self.skipped
    }
}

impl FromIterator<Verdict> for Tally {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        let mut tally = Self::default();
        verdicts.into_iter().for_each(|verdict| tally.add(verdict));
        tally
    }
}

/// How many of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Suites.
    pub suites: Tally,
    /// Cases, those not selected among the skipped.
    pub cases: Tally,
    /// Phrases whose failure fails their case.
    pub phrases: Tally,
    /// Phrases of level `warning`.
    pub warning_phrases: Tally,
}

/// A requirement and what was found of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
    /// As the suite names it; absent for the cases that name none.
    pub requirement: Option<String>,
    /// Verdict: passes only if every case of it was run and passed.
    pub verdict: Verdict,
    /// Its cases.
    pub cases: Vec<CaseRef>,
    /// Why it is not proven although nothing failed.
    pub note: Option<String>,
}

/// A lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lab {
    /// Its name.
    pub name: String,
    /// Live devices, emulated ones, or a recorded bundle.
    pub kind: LabKind,
    /// Folder or bundle, as given.
    pub path: String,
    /// Its devices.
    pub devices: Vec<Device>,
    /// Its links.
    pub links: Vec<LinkInfo>,
}

/// A device and how it was reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Its platform.
    pub platform: String,
    /// Where it was reached.
    pub address: String,
    /// Facts, by name.
    pub facts: BTreeMap<String, String>,
    /// Its sessions, in order.
    pub sessions: Vec<Session>,
    /// Why it could not be reached, each time.
    pub failures: Vec<Failure>,
}

/// A session with a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// When it was open.
    pub at: DateTime<Utc>,
    /// The name in the device's prompt.
    pub prompt_name: String,
    /// Fingerprint of its host key.
    pub host_key: Option<String>,
    /// How the host key was accepted.
    pub host_key_verified_by: Option<String>,
}

impl Session {
    /// Whether somebody vouched for the host key, or there is none to vouch for.
    pub fn is_verified(&self) -> bool {
        self.host_key_verified_by.as_deref() != Some("not verified")
    }
}

/// A session that was not to be had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// A suite and what was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Requirement that it proves.
    pub requirement: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// File that it was read from.
    pub path: String,
    /// Verdict.
    pub verdict: Verdict,
    /// The verdict that the run stated; absent if the suite has no end.
    pub reported: Option<Verdict>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub finished_at: Option<DateTime<Utc>>,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// A case and what was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// Its position.
    pub at: CaseRef,
    /// Its name.
    pub name: String,
    /// Requirement that it proves: its own, else its suite's.
    pub requirement: Option<String>,
    /// Whether the run selected it.
    pub selected: bool,
    /// Verdict.
    pub verdict: Verdict,
    /// The verdict that the run stated; absent if the case has no end.
    pub reported: Option<Verdict>,
    /// Why it was skipped, or is inconclusive beyond its phrases.
    pub reason: Option<String>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub finished_at: Option<DateTime<Utc>>,
    /// Its phrases by position, those not decided included.
    pub phrases: Vec<Phrase>,
    /// What was captured while it ran, and measured in that.
    pub captures: Vec<Captured>,
}

/// A phrase and what was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Phrase {
    /// Part of the case.
    pub part: Part,
    /// Position among the phrases of the case.
    pub index: usize,
    /// Device, or `lab`.
    pub device: String,
    /// As written in the suite.
    pub written: String,
    /// Canonical form.
    pub phrase: String,
    /// File, line and column where it is written.
    pub source: String,
    /// How much its failure matters.
    pub level: Level,
    /// Verdict; of a phrase that was not decided `inconclusive`, or `skipped` with its case.
    pub verdict: Verdict,
    /// What was expected; empty if it was not decided.
    pub expected: String,
    /// What is there, or why it could not be told.
    pub actual: String,
    /// The lines that decided.
    pub deciding: Vec<DecidingLines>,
    /// What changes no verdict.
    pub warnings: Vec<String>,
    /// When the first question for it was sent; absent if it was not decided.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was decided; absent if it was not.
    pub decided_at: Option<DateTime<Utc>>,
    /// Timing.
    pub timing: Option<TimingResult>,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// Undone, and the device's word for it.
    Undone,
    /// Refused by the device: it did not take effect.
    Refused,
    /// In force, or may be.
    NotUndone,
}

/// A change and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeReport {
    /// Identifier within the run.
    pub id: u32,
    /// The case that made it, or none for a suite's `setup`.
    pub case: Option<CaseRef>,
    /// Device.
    pub device: String,
    /// As written in the suite.
    pub written: String,
    /// Configuration lines that make it.
    pub apply: Vec<String>,
    /// Configuration lines that undo it.
    pub undo: Vec<String>,
    /// Whether the undo was derived rather than given.
    pub undo_derived: bool,
    /// What became of it.
    pub state: ChangeState,
    /// When it was journaled, before anything was sent.
    pub journaled_at: DateTime<Utc>,
    /// When the line that made it effective was sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// When the device acknowledged it.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Why it did not take effect.
    pub refused: Option<String>,
    /// Attempts to undo it, in order.
    pub undoings: Vec<Undoing>,
}

/// An attempt to undo a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Undoing {
    /// When it was over.
    pub at: DateTime<Utc>,
    /// Why it was undone now.
    pub because: String,
    /// Why it could not be undone.
    pub failed: Option<String>,
    /// Lines in which the configuration differs from what it was before (`-` lost, `+` left over).
    pub residue: Vec<String>,
}

/// Something that belongs to no phrase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// When it was noticed.
    pub at: DateTime<Utc>,
    /// Device, where it concerns one.
    pub device: Option<String>,
    /// What.
    pub message: String,
}

/// A file that the run was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// Path within the bundle.
    pub path: String,
    /// SHA-256 when the run began, in hexadecimal.
    pub sha256: String,
    /// What the file is now.
    pub state: FileState,
}

/// An answer kept as evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// File within the bundle.
    pub path: String,
    /// Device.
    pub device: String,
    /// Command as sent.
    pub command: String,
    /// SHA-256 when it was kept, in hexadecimal.
    pub sha256: String,
    /// Size in bytes when it was kept.
    pub bytes: u64,
    /// When the command was sent.
    pub sent_at: DateTime<Utc>,
    /// When its answer was complete.
    pub answered_at: DateTime<Utc>,
    /// The device's words where it refused the command.
    pub rejected: Option<String>,
    /// What the file is now.
    pub state: FileState,
}

/// What a file of the bundle is now, compared with the hash in the events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Nobody looked.
    Unchecked,
    /// As it was.
    Intact,
    /// Its SHA-256 is another one: this one.
    Differs(String),
    /// It cannot be read, for this reason.
    Unreadable(String),
}
