//! The run itself: suites one after another, their cases in order, each case's changes undone at its end.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use checks::Verdict;
use chrono::Utc;
use reports::event::{CaseFinished, CaseRef, CaseStarted, DeviceConnected, DeviceFailed, Event, Level, Part};

use super::captures::parted;
use super::changes::Changes;
use super::devices::Devices;
use super::interrupt::Interrupt;
use super::origin::Origin;
use super::polling::{Decided, PartOfCase};
use super::recorder::Recorder;
use super::worker::{Job, Notice, Reply, words_of};
use crate::journal::{Journal, LabReference};
use crate::lab::Lab;
use crate::plan::{PlannedCase, PlannedSuite};
use crate::state::Owner;

/// A run under way.
pub(super) struct Engine<'r> {
    pub lab: Arc<dyn Lab>,
    pub devices: Devices,
    pub recorder: Recorder<'r>,
    pub interrupt: Interrupt,
    pub journal: Option<Journal>,
    pub allow_changes: bool,
    pub undo_patience: Duration,
    pub run_id: String,
    pub owner: Owner,
    pub bundle: Option<PathBuf>,
    pub lab_reference: LabReference,
    pub next_change: u32,
    /// The name in each device's prompt, once it is known.
    pub prompt_names: Vec<Option<String>>,
    /// Whether each device cannot be reached any more.
    pub gone: Vec<bool>,
    /// What earlier changes left behind, once some have: what is found after them is no finding about the network.
    pub left_behind: Option<String>,
}

impl Engine<'_> {
    /// Opens a session with every device, all at once, and tells of them in the lab's order.
    pub(super) fn connect(&mut self) {
        let mut waiting: Vec<u64> = (0..self.devices.len())
            .map(|device| self.devices.give(device, Job::Connect))
            .collect();
        let mut replies = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() && !self.must_stop() {
            if let Some(reply) = self.devices.next(None) {
                waiting.retain(|ticket| *ticket != reply.ticket);
                replies.push(reply);
            }
        }
        replies.sort_by_key(|reply| reply.device);
        for reply in &replies {
            self.notice(reply);
        }
    }

    /// Runs the suites and returns the verdict on all of them.
    pub(super) fn run_suites(&mut self, suites: &[PlannedSuite]) -> Verdict {
        let mut verdicts = Vec::new();
        for (index, suite) in suites.iter().enumerate() {
            if self.must_stop() {
                verdicts.push(Verdict::Inconclusive);
                break;
            }
            let verdict = self.run_suite(index, suite);
            self.recorder.emit(Event::SuiteFinished { suite: index, verdict });
            verdicts.push(verdict);
        }
        Verdict::of_all(verdicts)
    }

    fn run_suite(&mut self, index: usize, suite: &PlannedSuite) -> Verdict {
        self.recorder.emit(Event::SuiteStarted { suite: index });
        let selected = suite.cases.iter().any(|case| case.selected && case.skip.is_none());
        let mut setup = Changes::default();
        let prepared = if selected {
            self.guarded(|engine| engine.make_changes(&suite.setup, None, &mut setup))
        } else {
            Ok(())
        };
        let mut verdicts = Vec::new();
        for (position, case) in suite.cases.iter().enumerate() {
            if !case.selected {
                continue;
            }
            if self.must_stop() {
                verdicts.push(Verdict::Inconclusive);
                break;
            }
            let at = CaseRef {
                suite: index,
                case: position,
            };
            let (verdict, reason) = match (&prepared, &case.skip) {
                (_, Some(skip)) => (Verdict::Skipped, Some(skip.clone())),
                (Err(reason), None) => (
                    Verdict::Inconclusive,
                    Some(format!("the suite's setup failed: {reason}")),
                ),
                (Ok(()), None) => self.run_case(at, suite, case, &setup.made),
            };
            self.recorder.emit(Event::CaseFinished(CaseFinished {
                case: at,
                verdict,
                reason,
            }));
            verdicts.push(verdict);
        }
        let because = if prepared.is_err() { "failure" } else { "end of suite" };
        let (_, wrong) = self.undo_changes(&mut setup, because);
        if !wrong.is_empty() {
            verdicts.push(Verdict::Inconclusive);
        }
        Verdict::of_all(verdicts)
    }

    fn run_case(
        &mut self,
        at: CaseRef,
        suite: &PlannedSuite,
        case: &PlannedCase,
        setup: &[Origin],
    ) -> (Verdict, Option<String>) {
        let recorded_at = self.lab.case_begins(&suite.info.name, &case.name);
        self.recorder
            .emit(Event::CaseStarted(CaseStarted { case: at, recorded_at }));
        let mut changes = Changes::default();
        let mut decided = Vec::new();
        let mut wrong: Vec<String> = self.left_behind.iter().cloned().collect();
        let expected = self.guarded(|engine| engine.expect(at, case, setup, &mut changes, &mut decided));
        let made = expected.is_ok();
        if let Err(reason) = expected {
            wrong.push(reason);
        }
        let because = if made { "end of case" } else { "failure" };
        let watch = if made { self.watch(case, Part::Afterwards) } else { None };
        let undoing_from = Utc::now();
        let (undone, not_undone) = self.undo_changes(&mut changes, because);
        let undone_at = [(undoing_from, Utc::now())];
        let restored = not_undone.is_empty();
        wrong.extend(not_undone);
        if !case.afterwards.is_empty() && made && !self.must_stop() {
            if restored {
                let origin = match undone {
                    Some(interval) => Origin {
                        name: "undo".into(),
                        interval,
                    },
                    None => Origin::at("end of expectations", self.lab.now()),
                };
                let (phrases, watched) = parted(&case.afterwards, case.expect.len());
                let part = PartOfCase {
                    case: at,
                    part: Part::Afterwards,
                    phrases,
                    origin,
                    changes: by_name(setup, &changes.made),
                };
                let after = self.guarded(|engine| {
                    decided.extend(engine.decide_part(&part));
                    if let Some(watch) = watch {
                        decided.extend(engine.decide_watched(at, case, watch, &undone_at, &watched));
                    }
                    Ok(())
                });
                wrong.extend(after.err());
            } else {
                wrong.push("what is expected afterwards was not asked, since the changes are not undone wholly".into());
            }
        }
        if self.must_stop() {
            let why = self.recorder.failure().unwrap_or_else(|| "interrupted".into());
            if !wrong.contains(&why) {
                wrong.push(why);
            }
        }
        verdict_of_case(&decided, wrong)
    }

    fn expect(
        &mut self,
        at: CaseRef,
        case: &PlannedCase,
        setup: &[Origin],
        changes: &mut Changes,
        decided: &mut Vec<Decided>,
    ) -> Result<(), String> {
        let start = Origin::at("case start", self.lab.now());
        let watch = self.watch(case, Part::Expect);
        let changing_from = Utc::now();
        if let Err(reason) = self.make_changes(&case.changes, Some(at), changes) {
            self.lab.stop_traffic();
            return Err(reason);
        }
        let changed_at: Vec<_> = case
            .changes
            .first()
            .map(|_| (changing_from, Utc::now()))
            .into_iter()
            .collect();
        let (phrases, watched) = parted(&case.expect, 0);
        let part = PartOfCase {
            case: at,
            part: Part::Expect,
            phrases,
            // In a case that changes something, time begins with the last change.
            origin: changes.made.last().cloned().unwrap_or(start),
            changes: by_name(setup, &changes.made),
        };
        decided.extend(self.decide_part(&part));
        if let Some(watch) = watch {
            decided.extend(self.decide_watched(at, case, watch, &changed_at, &watched));
        }
        Ok(())
    }

    /// Does something during which changes are in force: should it panic, they are undone all the same.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(result) => result,
            Err(panic) => Err(format!("a bug in netverdict: {}", words_of(&*panic))),
        }
    }

    /// Whether nothing more is to be asked: somebody wants the run to end, or its record cannot be written.
    pub(super) fn must_stop(&self) -> bool {
        self.interrupt.is_raised() || self.recorder.failure().is_some()
    }

    /// Takes note of what happened to a device's session.
    pub(super) fn notice(&mut self, reply: &Reply) {
        let name = self.devices.name(reply.device).to_owned();
        for notice in &reply.notices {
            match notice {
                Notice::Connected(identity) => {
                    let first = self.remember(reply.device, &identity.prompt_name);
                    self.recorder.emit(Event::DeviceConnected(DeviceConnected {
                        device: name.clone(),
                        prompt_name: identity.prompt_name.clone(),
                        host_key: identity.host_key_fingerprint.clone(),
                        host_key_verified_by: identity.host_key_verified_by.clone(),
                    }));
                    if first && identity.prompt_name != name {
                        let message = format!("the device calls itself {} in its prompt", identity.prompt_name);
                        self.recorder.warn(Some(&name), message);
                    }
                }
                Notice::Lost(reason) => self
                    .recorder
                    .warn(Some(&name), format!("the session was lost: {reason}")),
                Notice::Failed(reason) => {
                    if let Some(gone) = self.gone.get_mut(reply.device) {
                        *gone = true;
                    }
                    self.recorder.emit(Event::DeviceFailed(DeviceFailed {
                        device: name.clone(),
                        // The errors of a session begin with the device, which the event names already.
                        reason: reason.strip_prefix(&format!("{name}: ")).unwrap_or(reason).to_owned(),
                    }));
                }
            }
        }
    }

    fn remember(&mut self, device: usize, prompt_name: &str) -> bool {
        if let Some(gone) = self.gone.get_mut(device) {
            *gone = false;
        }
        match self.prompt_names.get_mut(device) {
            Some(known) => known.replace(prompt_name.to_owned()).is_none(),
            None => false,
        }
    }
}

/// Changes by the names that `after` gives them; a case's own come before those of its suite's setup.
fn by_name(setup: &[Origin], own: &[Origin]) -> HashMap<String, Origin> {
    let all = setup.iter().chain(own);
    all.map(|change| (change.name.clone(), change.clone())).collect()
}

/// The verdict on a case: of its phrases, and never better than inconclusive where something went wrong.
fn verdict_of_case(decided: &[Decided], mut wrong: Vec<String>) -> (Verdict, Option<String>) {
    let of_level = |level| {
        let phrases = decided.iter().filter(move |phrase| phrase.level == level);
        Verdict::of_all(phrases.map(|phrase| phrase.verdict))
    };
    let phrases = match of_level(Level::Error) {
        // Only warnings: they fail nothing, and show that all is well only where they all pass.
        Verdict::Skipped if !decided.is_empty() && decided.iter().all(|phrase| phrase.verdict == Verdict::Pass) => {
            Verdict::Pass
        }
        Verdict::Skipped => {
            if wrong.is_empty() {
                wrong.push("nothing was decided that could fail the case".into());
            }
            Verdict::Inconclusive
        }
        verdict => verdict,
    };
    if wrong.is_empty() {
        (phrases, None)
    } else {
        let verdict = Verdict::of_all([phrases, Verdict::Inconclusive]);
        (verdict, Some(wrong.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(phrases: &[(Level, Verdict)], wrong: &[&str]) -> (Verdict, Option<String>) {
        let decided: Vec<Decided> = phrases
            .iter()
            .map(|(level, verdict)| Decided {
                verdict: *verdict,
                level: *level,
            })
            .collect();
        verdict_of_case(&decided, wrong.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn warnings_fail_nothing_and_nothing_decided_is_never_green() {
        use Level::{Error, Warning};
        use Verdict::{Fail, Inconclusive, Pass};
        assert_eq!(case(&[(Error, Pass), (Warning, Fail)], &[]), (Pass, None));
        assert_eq!(case(&[(Warning, Pass), (Warning, Pass)], &[]), (Pass, None));
        assert_eq!(case(&[(Warning, Pass), (Warning, Fail)], &[]).0, Inconclusive);
        assert_eq!(case(&[(Warning, Fail)], &[]).0, Inconclusive);
        assert_eq!(case(&[], &[]).0, Inconclusive);
        assert_eq!(
            case(&[(Error, Pass)], &["residue"]),
            (Inconclusive, Some("residue".into()))
        );
        assert_eq!(case(&[(Error, Fail)], &["residue"]).0, Fail);
    }
}
