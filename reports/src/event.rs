//! The events of a run, in the order in which they happened: one JSON object a line in `events.jsonl`.

use std::collections::BTreeMap;

use checks::capture::measure::Measured;
use checks::outcome::{DecidingLines, Verdict};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plot::EventPlot;

/// Version of the event format; it changes when a reader of the old one would misread the new one.
pub const EVENT_FORMAT: u32 = 1;

/// One event and when it happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// When, by the harness's clock.
    pub at: DateTime<Utc>,
    /// What.
    pub event: Event,
}

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// First event: what is about to be done, with what.
    RunStarted(RunStarted),
    /// A session with a device is open.
    DeviceConnected(DeviceConnected),
    /// A session could not be opened, or was lost and could not be opened again.
    DeviceFailed(DeviceFailed),
    /// A suite begins.
    SuiteStarted {
        /// Position in `RunStarted::suites`.
        suite: usize,
    },
    /// A case begins.
    CaseStarted(CaseStarted),
    /// A device answered a command; the answer is kept as evidence.
    CommandAnswered(CommandAnswered),
    /// A change is in the journal on disk and about to be sent.
    ChangeJournaled(Change),
    /// A change took effect, or was refused.
    ChangeMade(ChangeMade),
    /// A change was undone, or could not be.
    ChangeUndone(ChangeUndone),
    /// A phrase is not true yet, or has to stay true: progress for a person.
    Awaiting(Awaiting),
    /// Captures were taken, kept as evidence and measured.
    Captured(Box<Captured>),
    /// A phrase is decided.
    PhraseDecided(Box<PhraseDecided>),
    /// A case is over, its changes undone.
    CaseFinished(CaseFinished),
    /// A suite is over.
    SuiteFinished {
        /// Position in `RunStarted::suites`.
        suite: usize,
        /// Verdict on all its cases.
        verdict: Verdict,
    },
    /// Something that a reader of the report must know and that belongs to no phrase.
    Warning(Warning),
    /// Last event. A bundle without it is of a run that was cut short.
    RunFinished(RunFinished),
}

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunStarted {
    /// [`EVENT_FORMAT`].
    pub format: u32,
    /// Version of netverdict.
    pub netverdict: String,
    /// Identifier of the run: start time and a random part.
    pub run: String,
    /// The command line, without secrets.
    pub command_line: Vec<String>,
    /// The suites in the order in which they run.
    pub suites: Vec<SuiteInfo>,
    /// The lab.
    pub lab: LabInfo,
    /// Whether changes were allowed on the command line.
    pub changes_allowed: bool,
    /// Files that the run was made from, with the SHA-256 of each: suites, inventory, included files, configurations.
    pub inputs: Vec<InputFile>,
}

/// A suite as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SuiteInfo {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Requirement that it proves.
    pub requirement: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// File that it was read from, as given.
    pub path: String,
    /// Its cases, those that were not selected included.
    pub cases: Vec<CaseInfo>,
}

/// A case as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseInfo {
    /// Its name, matrix values filled in.
    pub name: String,
    /// Requirement that it proves.
    pub requirement: Option<String>,
    /// Whether this run selected it.
    pub selected: bool,
    /// Its phrases, `expect` first, then `afterwards`: what must be decided before the case can pass. A phrase's position
    /// is its `index` in [`PhraseDecided`].
    pub phrases: Vec<PlannedPhrase>,
}

/// A phrase that a case will ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedPhrase {
    /// Part of the case.
    pub part: Part,
    /// Device, or `lab`.
    pub device: String,
    /// As written in the suite.
    pub written: String,
    /// Canonical form, facts filled in, timing included.
    pub phrase: String,
    /// File, line and column where it is written: `suites/x.yaml:21:11`.
    pub source: String,
    /// How much its failure matters.
    pub level: Level,
}

/// A lab as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabInfo {
    /// Its name.
    pub name: String,
    /// Live devices, emulated ones, or a recorded bundle.
    pub kind: LabKind,
    /// Folder or bundle, as given.
    pub path: String,
    /// Its devices.
    pub devices: Vec<DeviceInfo>,
    /// Its links.
    pub links: Vec<LinkInfo>,
    /// How an emulated lab departs from the usual one: `seed 7`, `link 5ms`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emulation: Vec<String>,
}

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabKind {
    /// Real devices.
    Live,
    /// netverdict's own emulator: its answers prove suites and tools, never a vendor's product.
    Emulated,
    /// Answers recorded by an earlier run.
    Recorded,
}

/// A device of the lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceInfo {
    /// Its name.
    pub name: String,
    /// Its platform, e.g. `huawei_vrp`.
    pub platform: String,
    /// Where it was reached: `host:port`, or `emulated`.
    pub address: String,
    /// Facts, by name.
    pub facts: BTreeMap<String, String>,
}

/// A link of the lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkInfo {
    /// One end.
    pub a: LinkEnd,
    /// The other end.
    pub b: LinkEnd,
}

/// One end of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkEnd {
    /// Device.
    pub device: String,
    /// Interface.
    pub interface: String,
}

/// A file that the run was made from, and its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InputFile {
    /// Path within the bundle: `inputs/…`.
    pub path: String,
    /// SHA-256 of the file as the bundle keeps it, in hexadecimal: reports compare the two.
    pub sha256: String,
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceConnected {
    /// Device.
    pub device: String,
    /// The name in its own prompt.
    pub prompt_name: String,
    /// Fingerprint of its host key.
    pub host_key: Option<String>,
    /// How the host key was accepted; `not verified` makes a warning.
    pub host_key_verified_by: Option<String>,
}

/// A session that is not to be had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceFailed {
    /// Device.
    pub device: String,
    /// Why, with the remedy.
    pub reason: String,
}

/// A case by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CaseRef {
    /// Position in `RunStarted::suites`.
    pub suite: usize,
    /// Position in that suite's `cases`.
    pub case: usize,
}

/// A case begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseStarted {
    /// Which.
    #[serde(flatten)]
    pub case: CaseRef,
    /// In a recorded lab, the moment of the recorded run at which it begins: its answers have times of that run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<DateTime<Utc>>,
}

/// An answer kept as evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CommandAnswered {
    /// Device.
    pub device: String,
    /// Command as sent.
    pub command: String,
    /// File within the bundle: `evidence/…`.
    pub evidence: String,
    /// SHA-256 of that file, in hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// When the command was sent.
    pub sent_at: DateTime<Utc>,
    /// When its answer was complete.
    pub answered_at: DateTime<Utc>,
    /// The device's words where it refused the command.
    pub rejected: Option<String>,
}

/// A change of a device's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Identifier within the run.
    pub id: u32,
    /// The case that makes it, or none for a suite's `setup`.
    pub case: Option<CaseRef>,
    /// Device.
    pub device: String,
    /// As written in the suite: `shutdown GigabitEthernet0/1/0`.
    pub written: String,
    /// Configuration lines that make it.
    pub apply: Vec<String>,
    /// Configuration lines that undo it.
    pub undo: Vec<String>,
    /// Whether the undo was derived rather than given.
    pub undo_derived: bool,
}

/// A change that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeMade {
    /// Identifier of the change.
    pub id: u32,
    /// When the line that made it effective was sent.
    pub sent_at: DateTime<Utc>,
    /// When the device acknowledged it.
    pub acknowledged_at: DateTime<Utc>,
    /// Why it did not take effect, if so.
    pub refused: Option<String>,
}

/// A change that was undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeUndone {
    /// Identifier of the change.
    pub id: u32,
    /// Why it was undone now: `end of case`, `failure`, `interrupt`, `restore`.
    pub because: String,
    /// Why it could not be undone, if so. The journal keeps it then.
    pub failed: Option<String>,
    /// Lines in which the configuration differs from what it was before (`-` lost, `+` left over); empty is good.
    pub residue: Vec<String>,
}

/// Captures of a part of a case, and what was measured in them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Captured {
    /// Case.
    pub case: CaseRef,
    /// Part of the case.
    pub part: Part,
    /// From when packets were captured.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// When the traffic was stopped, where some was sent.
    pub traffic_stopped: Option<DateTime<Utc>>,
    /// When the network was changed meanwhile.
    pub changed: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// Whether an emulated lab wrote them: they prove suites and tools, never a product.
    pub emulated: bool,
    /// The traffic that was sent meanwhile, in words.
    pub traffic: Vec<String>,
    /// The links that were captured.
    pub links: Vec<CapturedLink>,
    /// What was measured at each point.
    pub points: Vec<MeasuredPoint>,
}

/// A link that was captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CapturedLink {
    /// Its point of observation.
    pub point: String,
    /// Its name.
    pub link: String,
    /// The port, or the files that were named.
    pub from: String,
    /// The captures within the bundle, in the order of time; empty where nothing was kept.
    pub evidence: Vec<String>,
}

/// What was measured at a point of observation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredPoint {
    /// The point.
    pub point: String,
    /// Flows seen.
    pub flows_seen: u64,
    /// Flows with an outage.
    pub affected: u64,
    /// Packets of these flows received, duplicates excluded.
    pub received: u64,
    /// Packets lost.
    pub lost: u64,
    /// The flows with the longest interruptions first; not all where there are many.
    pub flows: Vec<MeasuredFlow>,
    /// What stands between the numbers and a verdict.
    pub findings: Vec<String>,
    /// Packets a second around the event; none where nothing was captured.
    #[serde(default)]
    pub plot: Option<EventPlot>,
}

/// What one flow went through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredFlow {
    /// The flow: `10.3.1.2:7000 -> 1.1.1.1:7000 udp`.
    pub flow: String,
    /// Packets received.
    pub received: u64,
    /// Packets lost; unknown without sequence numbers.
    pub lost: Option<u64>,
    /// The longest interruption.
    pub interruption: Measured,
    /// Packets on each link of the point.
    pub links: BTreeMap<String, u64>,
}

/// A phrase that is being waited for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Awaiting {
    /// Case.
    pub case: CaseRef,
    /// Device, or `lab`.
    pub device: String,
    /// Phrase.
    pub phrase: String,
    /// Milliseconds waited.
    pub waited_ms: u64,
    /// Milliseconds until the phrase's deadline.
    pub remaining_ms: u64,
    /// What is there now.
    pub actual: String,
}

/// Which part of a case a phrase stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// `expect`.
    Expect,
    /// `afterwards`: once the changes are undone.
    Afterwards,
}

/// How much a phrase's failure matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It fails the case.
    Error,
    /// It is reported and fails nothing.
    Warning,
}

/// A phrase and its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhraseDecided {
    /// Case.
    pub case: CaseRef,
    /// Part of the case.
    pub part: Part,
    /// Position among the phrases of the case, `expect` first.
    pub index: usize,
    /// Device, or `lab`.
    pub device: String,
    /// As written in the suite.
    pub written: String,
    /// Canonical form, facts filled in, timing included.
    pub phrase: String,
    /// File, line and column where it is written: `suites/x.yaml:21:11`.
    pub source: String,
    /// How much its failure matters.
    pub level: Level,
    /// Verdict.
    pub verdict: Verdict,
    /// What was expected.
    pub expected: String,
    /// What is there; for an inconclusive verdict, why it could not be told.
    pub actual: String,
    /// The lines that decided.
    pub deciding: Vec<DecidingLines>,
    /// What changes no verdict.
    pub warnings: Vec<String>,
    /// When the first question for it was sent.
    pub started_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// Timing, where the phrase or the polling says something about time.
    pub timing: Option<TimingResult>,
}

/// When a phrase became true, and for how long it held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimingResult {
    /// What time is counted from: `case start`, or the name of a change.
    pub origin: String,
    /// Milliseconds after the origin between which it became true: last failing sample, first passing one.
    pub became_true_between_ms: Option<(f64, f64)>,
    /// Samples taken.
    pub samples: u32,
    /// Samples in which it held.
    pub held_samples: u32,
    /// What answered: `CLI polling`.
    pub instrument: String,
}

/// A case's verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseFinished {
    /// Case.
    pub case: CaseRef,
    /// Verdict.
    pub verdict: Verdict,
    /// Why it was skipped or why it is inconclusive beyond its phrases (a change refused, an undo that failed).
    pub reason: Option<String>,
}

/// Something a reader of the report must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// Device, where it concerns one.
    pub device: Option<String>,
    /// What.
    pub message: String,
}

/// How the run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunFinished {
    /// Verdict on all suites.
    pub verdict: Verdict,
    /// Exit code of the command.
    pub exit_code: u8,
    /// Whether it was interrupted.
    pub interrupted: bool,
}
