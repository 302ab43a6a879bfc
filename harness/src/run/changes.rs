//! Making changes and taking them back.

use std::time::{Duration, Instant};

use chrono::Utc;
use reports::event::{CaseRef, Change, ChangeMade, ChangeUndone, Event};

use super::engine::Engine;
use super::faults::FaultInForce;
use super::origin::Origin;
use super::worker::{Done, Failure, Job};
use crate::change::{
    Configuration, Hands, Interval, SHOW_CONFIGURATION, Setback, Undoing, Undone, reason_to_refuse, undo,
};
use crate::journal::{Entry, JOURNAL_FORMAT};
use crate::plan::PlannedChange;
use crate::session::Configured;

/// Something that may be in force.
pub(super) enum InForce {
    /// A device's changed configuration.
    Configuration(Box<ConfigurationChange>),
    /// A fault of a link.
    Fault(FaultInForce),
}

/// A change of a device's configuration that may be in force.
pub(super) struct ConfigurationChange {
    id: u32,
    device: usize,
    device_name: String,
    written: String,
    apply: Vec<String>,
    undo: Vec<String>,
    before: Configuration,
    entry: Option<Entry>,
    /// Whether the device acknowledged it.
    acknowledged: bool,
}

/// The changes of a case, or of a suite's `setup`.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) in_force: Vec<InForce>,
    /// Each change that was made, by name, with the interval in which it took effect.
    pub made: Vec<Origin>,
}

impl Engine<'_> {
    /// Makes changes in order. On the first that is not made, the reason; those before it are in force.
    pub(super) fn make_changes(
        &mut self,
        planned: &[PlannedChange],
        case: Option<CaseRef>,
        changes: &mut Changes,
    ) -> Result<(), String> {
        for change in planned {
            if self.must_stop() {
                return Err("interrupted".into());
            }
            self.make_change(change, case, changes).map_err(|reason| {
                let reason = format!("{}: `{}` was not made: {reason}", change.device, change.written);
                self.recorder.redactor().device_text(&reason).into_owned()
            })?;
        }
        Ok(())
    }

    fn make_change(
        &mut self,
        planned: &PlannedChange,
        case: Option<CaseRef>,
        changes: &mut Changes,
    ) -> Result<(), String> {
        if let Some(fault) = &planned.fault {
            return self.make_fault(planned, fault, case, changes);
        }
        let device = self
            .devices
            .position(&planned.device)
            .ok_or_else(|| "the lab has no such device".to_owned())?;
        self.consent(&planned.device)?;
        if planned.undo.is_empty() {
            return Err("it has no undo".into());
        }
        let (text, before) = self.read_configuration(device).map_err(|setback| setback.reason)?;
        if let Some(reason) = reason_to_refuse(&before, &planned.apply, planned.undo_derived) {
            return Err(reason);
        }
        self.next_change += 1;
        let written = self.recorder.redactor().device_text(&planned.written).into_owned();
        let id = self.next_change;
        let entry = self.journal_entry(planned, id, device, text);
        if let Some(entry) = &entry {
            let journal = self.journal.as_ref().ok_or("there is no journal")?;
            journal.write(entry).map_err(|error| error.to_string())?;
        }
        self.recorder.emit(Event::ChangeJournaled(Change {
            id,
            case,
            device: planned.device.clone(),
            written: written.clone(),
            apply: self.redacted(&planned.apply),
            undo: self.redacted(&planned.undo),
            undo_derived: planned.undo_derived,
        }));
        let in_force = |acknowledged| {
            InForce::Configuration(Box::new(ConfigurationChange {
                id,
                device,
                device_name: planned.device.clone(),
                written: written.clone(),
                apply: planned.apply.clone(),
                undo: planned.undo.clone(),
                before: before.clone(),
                entry: entry.clone(),
                acknowledged,
            }))
        };
        let asked_at = Utc::now();
        match self.configure(device, &planned.apply, &dialogue_name("change", id, &planned.apply)) {
            Ok(configured) => {
                self.recorder.emit(Event::ChangeMade(ChangeMade {
                    id,
                    sent_at: configured.sent_at,
                    acknowledged_at: configured.acknowledged_at,
                    refused: None,
                }));
                changes.made.push(Origin {
                    name: planned.name.clone(),
                    interval: interval(&configured),
                });
                changes.in_force.push(in_force(true));
                Ok(())
            }
            Err(Setback { reason, .. }) => {
                self.recorder.emit(Event::ChangeMade(ChangeMade {
                    id,
                    sent_at: asked_at,
                    acknowledged_at: Utc::now(),
                    refused: Some(reason.clone()),
                }));
                // Whether nothing of it is there is for the configuration to say.
                changes.in_force.push(in_force(false));
                Err(reason)
            }
        }
    }

    /// Undoes changes, the last one first. Returns when the last undo took effect, and what is wrong, if anything.
    pub(super) fn undo_changes(&mut self, changes: &mut Changes, because: &str) -> (Option<Interval>, Vec<String>) {
        let mut last = None;
        let mut wrong = Vec::new();
        if self.must_stop() {
            self.devices.abandon_questions();
        }
        while let Some(change) = changes.in_force.pop() {
            let because = if self.interrupt.is_raised() {
                "interrupt"
            } else {
                because
            };
            let (interval, reason) = match &change {
                InForce::Configuration(change) => self.undo_change(change, because),
                InForce::Fault(fault) => self.end_fault(fault, because),
            };
            last = interval.or(last);
            wrong.extend(reason);
        }
        (last, wrong)
    }

    fn undo_change(&mut self, change: &ConfigurationChange, because: &str) -> (Option<Interval>, Option<String>) {
        let patience = self.undo_patience;
        let mut hands = RunHands {
            id: change.id,
            device: change.device,
            until: Instant::now() + patience,
            told: false,
            engine: self,
        };
        let undoing = Undoing {
            apply: &change.apply,
            undo: &change.undo,
            before: &change.before,
            long_ago: false,
        };
        let undone = undo(&mut hands, undoing);
        let residue: Vec<String> = undone.residue.iter().map(ToString::to_string).collect();
        // A refused change of which nothing is found was never in force, and there is nothing to tell.
        let never_there = !change.acknowledged && undone.was_in_force == Some(false) && residue.is_empty();
        if undone.failed.is_none()
            && let (Some(entry), Some(journal)) = (&change.entry, &self.journal)
            && let Err(error) = journal.remove(entry)
        {
            self.recorder.warn(
                Some(&change.device_name),
                format!("the change is undone, but its journal entry could not be removed: {error}"),
            );
        }
        if !never_there {
            self.recorder.emit(Event::ChangeUndone(ChangeUndone {
                id: change.id,
                because: because.into(),
                failed: undone.failed.clone(),
                residue: residue.clone(),
            }));
        }
        let reason = what_is_wrong(change, &undone, &residue)
            .map(|reason| self.recorder.redactor().device_text(&reason).into_owned());
        if undone.failed.is_some() || !residue.is_empty() {
            let left = format!(
                "{} is not as it was before an earlier `{}`, which was not undone wholly",
                change.device_name, change.written
            );
            self.left_behind.get_or_insert(left);
        }
        if let Some(reason) = &reason {
            self.recorder.warn(Some(&change.device_name), reason.clone());
        }
        (undone.interval, reason)
    }

    fn consent(&self, device: &str) -> Result<(), String> {
        let Some(lab_allows) = self.lab.allows_changes(device) else {
            return Ok(());
        };
        match (self.allow_changes, lab_allows) {
            (true, true) => Ok(()),
            (false, true) => Err("changes were not allowed: run with --allow-changes".into()),
            (true, false) => Err("the inventory does not allow changes of this device (`allow_changes: true`)".into()),
            (false, false) => Err(
                "changes were not allowed: run with --allow-changes, and set `allow_changes: true` for this device in \
                 the inventory"
                    .into(),
            ),
        }
    }

    fn journal_entry(&self, planned: &PlannedChange, id: u32, device: usize, before: String) -> Option<Entry> {
        self.journal.as_ref()?;
        Some(Entry {
            format: JOURNAL_FORMAT,
            run: self.run_id.clone(),
            change: id,
            written_at: Utc::now(),
            owner: self.owner.clone(),
            bundle: self.bundle.clone().unwrap_or_default(),
            lab: self.lab_reference.clone(),
            device: planned.device.clone(),
            endpoint: self.lab.endpoint(&planned.device),
            prompt_name: self.prompt_names.get(device).cloned().flatten().unwrap_or_default(),
            written: planned.written.clone(),
            apply: planned.apply.clone(),
            undo: planned.undo.clone(),
            before,
        })
    }

    fn redacted(&self, lines: &[String]) -> Vec<String> {
        let redactor = self.recorder.redactor();
        lines
            .iter()
            .map(|line| redactor.device_text(line).into_owned())
            .collect()
    }

    /// Reads a device's configuration, keeps it as evidence and returns it as text and as lines in views.
    fn read_configuration(&mut self, device: usize) -> Result<(String, Configuration), Setback> {
        let evidence = self.recorder.reserve_evidence();
        let command = SHOW_CONFIGURATION.to_owned();
        let ticket = self.devices.give(device, Job::Ask { command, parse: false });
        let reply = self.devices.wait_for(ticket).ok_or("the device's thread is gone")?;
        self.notice(&reply);
        let answered = match reply.outcome {
            Ok(Done::Answered(answered)) => answered,
            Ok(_) => return Err("the device did something else than it was asked".into()),
            Err(failure) => return Err(setback(failure)),
        };
        let name = self.devices.name(device).to_owned();
        self.recorder.keep_answer(evidence, &name, &answered.answer);
        if let Some(words) = answered.answer.rejected {
            return Err(format!("{name} refused `{SHOW_CONFIGURATION}`: {words}").into());
        }
        let configuration = Configuration::read(&answered.answer.text).map_err(|error| format!("{name}: {error}"))?;
        Ok((answered.answer.text, configuration))
    }

    fn configure(&mut self, device: usize, lines: &[String], dialogue: &str) -> Result<Configured, Setback> {
        let lines = lines.to_vec();
        let ticket = self.devices.give(device, Job::Configure { lines });
        let reply = self.devices.wait_for(ticket).ok_or("the device's thread is gone")?;
        self.notice(&reply);
        match reply.outcome {
            Ok(Done::Configured(configured)) => {
                let name = self.devices.name(device).to_owned();
                self.recorder.keep_dialogue(&name, dialogue, &configured);
                Ok(configured)
            }
            Ok(_) => Err("the device did something else than it was asked".into()),
            Err(failure) => Err(setback(failure)),
        }
    }
}

/// What a person has to know of a change that was to be undone.
fn what_is_wrong(change: &ConfigurationChange, undone: &Undone, residue: &[String]) -> Option<String> {
    let what = format!("`{}` on {}", change.written, change.device_name);
    if let Some(failed) = &undone.failed {
        let remedy = match &change.entry {
            Some(_) => "run `netverdict restore` once the device can be reached".to_owned(),
            None => "the lab is not to be used again".to_owned(),
        };
        let by_hand = change.undo.join("; ");
        return Some(format!(
            "{what} COULD NOT BE UNDONE ({failed}) AND MAY STILL BE IN FORCE: {remedy}, or enter by hand: {by_hand}"
        ));
    }
    if !residue.is_empty() {
        return Some(format!(
            "the configuration of {} is not what it was before {what}: {}",
            change.device_name,
            residue.join(", ")
        ));
    }
    (change.acknowledged && undone.was_in_force == Some(false)).then(|| {
        format!(
            "{what} was acknowledged, but the configuration did not show it when it was to be undone: either it \
             never took effect, or somebody else undid it"
        )
    })
}

fn setback(failure: Failure) -> Setback {
    Setback {
        reason: failure.reason,
        hopeless: failure.device_is_gone && failure.hopeless,
    }
}

/// The name under which the dialogue of a change or of its undo is kept as evidence.
pub(crate) fn dialogue_name(verb: &str, id: u32, lines: &[String]) -> String {
    format!("{verb} {id}: {}", lines.join("; "))
}

pub(super) fn interval(configured: &Configured) -> Interval {
    Interval {
        sent: configured.sent,
        acknowledged: configured.acknowledged,
    }
}

/// A run's hands for undoing.
struct RunHands<'e, 'r> {
    id: u32,
    device: usize,
    until: Instant,
    told: bool,
    engine: &'e mut Engine<'r>,
}

impl Hands for RunHands<'_, '_> {
    fn configuration(&mut self) -> Result<Configuration, Setback> {
        if self.engine.gone.get(self.device).copied().unwrap_or(false) {
            let ticket = self.engine.devices.give(self.device, Job::Revive);
            let reply = self
                .engine
                .devices
                .wait_for(ticket)
                .ok_or("the device's thread is gone")?;
            self.engine.notice(&reply);
            reply.outcome.map_err(setback)?;
        }
        Ok(self.engine.read_configuration(self.device)?.1)
    }

    fn send(&mut self, lines: &[String]) -> Result<Interval, Setback> {
        let dialogue = dialogue_name("undo", self.id, lines);
        let configured = self.engine.configure(self.device, lines, &dialogue)?;
        Ok(interval(&configured))
    }

    fn try_again(&mut self, reason: &str) -> bool {
        const PAUSE: Duration = Duration::from_secs(1);
        if !self.engine.lab.has_clock() || Instant::now() + PAUSE > self.until {
            return false;
        }
        if !self.told {
            let device = self.engine.devices.name(self.device).to_owned();
            let left = self.until.saturating_duration_since(Instant::now()).as_secs();
            self.engine.recorder.warn(
                Some(&device),
                format!("undoing did not succeed yet and is tried again for {left} s: {reason}"),
            );
            self.told = true;
        }
        // There is nothing to wait for but that a device that cannot be reached comes back.
        std::thread::sleep(PAUSE);
        true
    }
}
