//! Restoring: undoing what the journal still holds after a run that could not undo it itself.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reports::bundle::EVENTS_FILE;
use reports::event::{ChangeUndone, Event, LabKind, Record};

use crate::bundle::Redactor;
use crate::change::{Configuration, Hands, Interval, SHOW_CONFIGURATION, Setback, Undoing, undo};
use crate::inventory::Inventory;
use crate::journal::{Entry, Journal, JournalError};
use crate::lab::{Lab, LiveLab};
use crate::plan::Plan;
use crate::session::DeviceSession;
use crate::state::{LabLock, Owner, RunLock, StateError, StateFolder, canonical_endpoint};

/// An earlier run left something behind that could not be undone, so that a new run would test another network than it
/// says.
#[derive(Debug, thiserror::Error)]
#[error("an earlier run left changes behind that could not be undone:\n  {}\n{REMEDY}", .0.join("\n  "))]
pub struct RestoreError(Vec<String>);

const REMEDY: &str = "undo them by `netverdict restore`, or by hand and then by `netverdict restore`, which looks \
                      whether it is done";

/// What became of a journal entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// The change was there and is undone and verified; the entry is closed.
    Undone {
        /// Lines in which the configuration differs elsewhere from what it was before the change.
        elsewhere: Vec<String>,
    },
    /// The change is not there any more; the entry is closed.
    NotThere {
        /// Lines in which the configuration differs elsewhere from what it was before the change.
        elsewhere: Vec<String>,
    },
    /// It was made in an emulated lab that ended with its run; the entry is closed.
    LabEnded,
    /// The run that made it is at work still; the entry is its own.
    RunAlive,
    /// It could not be undone; the entry is kept.
    Failed {
        /// Why, with the remedy.
        reason: String,
        /// Lines in which the configuration differs from what it was before the change, where it could be read.
        residue: Vec<String>,
    },
}

impl Restored {
    /// Whether the entry is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Undone { .. } | Self::NotThere { .. } | Self::LabEnded)
    }

    /// In words.
    pub fn describe(&self, entry: &Entry) -> String {
        let what = format!(
            "`{}` on {} ({}), made by run {}",
            entry.written, entry.device, entry.endpoint, entry.run
        );
        let elsewhere = |lines: &[String]| match lines {
            [] => String::new(),
            lines => format!(
                "; its configuration differs elsewhere from what it was then: {}",
                lines.join(", ")
            ),
        };
        match self {
            Self::Undone { elsewhere: lines } => format!("undone and verified: {what}{}", elsewhere(lines)),
            Self::NotThere { elsewhere: lines } => format!("not there any more: {what}{}", elsewhere(lines)),
            Self::LabEnded => format!("gone with its emulated lab: {what}"),
            Self::RunAlive => format!("left alone, its run is still at work: {what}"),
            Self::Failed { reason, residue } => {
                let residue = match residue.as_slice() {
                    [] => String::new(),
                    lines => format!(
                        "; its configuration differs from what it was before: {}",
                        lines.join(", ")
                    ),
                };
                format!(
                    "NOT UNDONE: {what}: {reason}{residue}; by hand: {}",
                    entry.undo.join("; ")
                )
            }
        }
    }
}

/// Undoes what earlier runs left behind on the devices of a lab whose locks are held. Returns what was done.
pub(crate) fn before_a_run(
    state: &StateFolder,
    journal: &Journal,
    plan: &Plan,
    lab: &Arc<dyn Lab>,
    patience: Duration,
    redactor: &Redactor,
) -> Result<Vec<String>, RunStopped> {
    let (entries, unreadable) = journal.entries()?;
    let mut notices: Vec<String> = unreadable.iter().map(ToString::to_string).collect();
    let mut failed = Vec::new();
    let ours: Vec<(String, String)> = plan
        .lab
        .devices
        .iter()
        .map(|device| (device.name.clone(), canonical_endpoint(&lab.endpoint(&device.name))))
        .collect();
    for entry in entries {
        let restored = match entry.lab.kind {
            LabKind::Emulated | LabKind::Recorded => match close_if_its_lab_ended(state, &entry)? {
                Restored::RunAlive => continue,
                restored => restored,
            },
            LabKind::Live if lab.kind() != LabKind::Live => continue,
            LabKind::Live => {
                let endpoint = canonical_endpoint(&entry.endpoint);
                let Some((device, _)) = ours.iter().find(|(_, ours)| *ours == endpoint) else {
                    continue;
                };
                if RunLock::is_alive(state, &entry.run)? {
                    Restored::RunAlive
                } else {
                    restore_on(&entry, lab.as_ref(), device, patience, redactor)
                }
            }
        };
        let words = redactor.own(&restored.describe(&entry)).into_owned();
        if restored.is_closed() {
            close(journal, &entry, &restored)?;
            notices.push(format!("left behind by an earlier run: {words}"));
        } else {
            failed.push(words);
        }
    }
    if failed.is_empty() {
        Ok(notices)
    } else {
        Err(RestoreError(failed).into())
    }
}

/// Why a run must not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunStopped {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    LeftBehind(#[from] RestoreError),
}

/// Undoes one entry of the journal: with the inventory that it names, or with another one. The entry is removed if and
/// only if that is verified.
pub fn restore(
    state: &StateFolder,
    journal: &Journal,
    entry: &Entry,
    inventory: Option<&Path>,
    owner: &Owner,
    patience: Duration,
) -> Result<Restored, JournalError> {
    let redactor = Redactor::default();
    let restored = match entry.lab.kind {
        LabKind::Emulated | LabKind::Recorded => close_if_its_lab_ended(state, entry)?,
        LabKind::Live => restore_live(state, entry, inventory, owner, patience, &redactor)?,
    };
    if restored.is_closed() {
        close(journal, entry, &restored)?;
    } else if let Restored::Failed { reason, residue } = &restored {
        tell_bundle(entry, Some(reason.clone()), residue.clone());
    }
    Ok(restored)
}

fn close_if_its_lab_ended(state: &StateFolder, entry: &Entry) -> Result<Restored, StateError> {
    Ok(if RunLock::is_alive(state, &entry.run)? {
        Restored::RunAlive
    } else {
        Restored::LabEnded
    })
}

fn restore_live(
    state: &StateFolder,
    entry: &Entry,
    inventory: Option<&Path>,
    owner: &Owner,
    patience: Duration,
    redactor: &Redactor,
) -> Result<Restored, StateError> {
    let failed = |reason: String| Restored::Failed {
        reason,
        residue: Vec::new(),
    };
    if RunLock::is_alive(state, &entry.run)? {
        return Ok(Restored::RunAlive);
    }
    let path = inventory.unwrap_or(&entry.lab.path);
    let loaded = match Inventory::load(path) {
        Ok(loaded) => loaded,
        Err(mistakes) => {
            let reason = format!("the inventory {} cannot be read: {mistakes}", path.display());
            return Ok(failed(reason));
        }
    };
    if loaded.kind != LabKind::Live {
        return Ok(failed(format!(
            "the inventory {} is not one of live devices",
            path.display()
        )));
    }
    let lab = LiveLab::new(&loaded);
    if loaded.device(&entry.device).is_none() {
        let reason = format!("the inventory {} has no device {}", path.display(), entry.device);
        return Ok(failed(reason));
    }
    let endpoint = lab.endpoint(&entry.device);
    if inventory.is_none() && canonical_endpoint(&endpoint) != canonical_endpoint(&entry.endpoint) {
        return Ok(failed(format!(
            "the inventory {} names {endpoint} now; if that is the same device, say so with --lab",
            path.display()
        )));
    }
    let _lock = match LabLock::acquire(state, std::slice::from_ref(&endpoint), owner) {
        Ok(lock) => lock,
        Err(StateError::Locked { endpoint, owner }) => {
            return Ok(failed(format!("{endpoint} is in use by another run: {owner}")));
        }
        Err(error) => return Err(error),
    };
    Ok(restore_on(entry, &lab, &entry.device, patience, redactor))
}

/// Undoes an entry on a device of a lab.
fn restore_on(entry: &Entry, lab: &dyn Lab, device: &str, patience: Duration, redactor: &Redactor) -> Restored {
    let before = match Configuration::read(&entry.before) {
        Ok(before) => before,
        Err(error) => {
            return Restored::Failed {
                reason: format!("the configuration that the journal kept cannot be compared with: {error}"),
                residue: Vec::new(),
            };
        }
    };
    let mut hands = DirectHands {
        lab,
        device,
        prompt_name: &entry.prompt_name,
        redactor,
        session: None,
        until: Instant::now() + patience,
    };
    let undoing = Undoing {
        apply: &entry.apply,
        undo: &entry.undo,
        before: &before,
        long_ago: true,
    };
    let undone = undo(&mut hands, undoing);
    if let Some(session) = &mut hands.session {
        session.close();
    }
    let lines: Vec<String> = undone.residue.iter().map(ToString::to_string).collect();
    match (undone.failed, undone.was_in_force) {
        (Some(reason), _) => Restored::Failed {
            reason: redactor.own(&reason).into_owned(),
            residue: lines,
        },
        (None, Some(true)) => Restored::Undone { elsewhere: lines },
        (None, _) => Restored::NotThere { elsewhere: lines },
    }
}

fn close(journal: &Journal, entry: &Entry, restored: &Restored) -> Result<(), JournalError> {
    journal.remove(entry)?;
    let residue = match restored {
        Restored::Undone { elsewhere } | Restored::NotThere { elsewhere } => elsewhere.clone(),
        _ => Vec::new(),
    };
    tell_bundle(entry, None, residue);
    Ok(())
}

/// Adds what happened to the bundle of the run that made the change, if it is there and ends with a whole line.
fn tell_bundle(entry: &Entry, failed: Option<String>, residue: Vec<String>) {
    let record = Record {
        at: chrono::Utc::now(),
        event: Event::ChangeUndone(ChangeUndone {
            id: entry.change,
            because: "restore".into(),
            failed,
            residue,
        }),
    };
    let append = || -> std::io::Result<()> {
        let mut line = serde_json::to_vec(&record)?;
        line.push(b'\n');
        let path = entry.bundle.join(EVENTS_FILE);
        let mut file = OpenOptions::new().read(true).append(true).open(path)?;
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last == *b"\n" { file.write_all(&line) } else { Ok(()) }
    };
    // The bundle may have been moved or sent away: the journal is what counts.
    let _ = append();
}

/// Hands that hold a session themselves.
struct DirectHands<'a> {
    lab: &'a dyn Lab,
    device: &'a str,
    prompt_name: &'a str,
    redactor: &'a Redactor,
    session: Option<Box<dyn DeviceSession>>,
    until: Instant,
}

impl DirectHands<'_> {
    fn session(&mut self) -> Result<&mut Box<dyn DeviceSession>, Setback> {
        if self.session.is_none() {
            let redactor = self.redactor;
            let mut session = self
                .lab
                .open(self.device, &|secret| redactor.learn(secret))
                .map_err(|error| Setback {
                    reason: error.to_string(),
                    hopeless: error.is_hopeless(),
                })?;
            let name = session.identity().prompt_name.clone();
            if !self.prompt_name.is_empty() && name != self.prompt_name {
                session.close();
                let reason = format!(
                    "the device calls itself {name}, and the one that was changed called itself {}",
                    self.prompt_name
                );
                return Err(Setback { reason, hopeless: true });
            }
            self.session = Some(session);
        }
        self.session.as_mut().ok_or_else(|| "there is no session".into())
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.lab.command_timeout(self.device)
    }
}

impl Hands for DirectHands<'_> {
    fn configuration(&mut self) -> Result<Configuration, Setback> {
        let deadline = self.deadline();
        let answer = match self.session()?.ask(SHOW_CONFIGURATION, deadline) {
            Ok(answer) => answer,
            Err(error) => {
                self.session = None;
                return Err(error.to_string().into());
            }
        };
        if let Some(words) = answer.rejected {
            return Err(format!("the device refused `{SHOW_CONFIGURATION}`: {words}").into());
        }
        let text = self.redactor.device_text(&answer.text);
        Configuration::read(&text).map_err(|error| error.to_string().into())
    }

    fn send(&mut self, lines: &[String]) -> Result<Interval, Setback> {
        let deadline = self.deadline();
        match self.session()?.configure(lines, deadline) {
            Ok(configured) => Ok(Interval {
                sent: configured.sent,
                acknowledged: configured.acknowledged,
            }),
            Err(error) => {
                if error.is_lost() {
                    self.session = None;
                }
                Err(error.to_string().into())
            }
        }
    }

    fn try_again(&mut self, _reason: &str) -> bool {
        const PAUSE: Duration = Duration::from_secs(1);
        if Instant::now() + PAUSE > self.until {
            return false;
        }
        // There is nothing to wait for but that a device that cannot be reached comes back.
        std::thread::sleep(PAUSE);
        true
    }
}
