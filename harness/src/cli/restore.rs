//! `netverdict restore`.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use reports::visible::visible_line;

use super::{Exit, Terminal};
use crate::journal::{Entry, Journal};
use crate::restore::{Restored, restore};
use crate::state::{Owner, StateFolder};

/// Undo the changes that an interrupted run left behind
///
/// A run writes every change to a journal before it sends it, and strikes it out once its undo is verified. What a run
/// that was killed left in the journal is undone here: the device's configuration is read, the undo is sent if the change
/// is there, and the configuration is read again. Nothing is struck out that is not verified.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  netverdict restore --list
  netverdict restore
  netverdict restore --lab labs/rack-3      (the inventory has moved, or the devices have new addresses)

Exit codes:
  0  the journal holds nothing any more that is to be undone
  2  the journal cannot be read, or the command line is wrong
  3  something could not be undone; the journal keeps it")]
pub struct Args {
    /// The lab's inventory, where it is not the one that the run used
    #[arg(long, value_name = "LAB", value_hint = clap::ValueHint::AnyPath)]
    lab: Option<PathBuf>,

    /// Say what the journal holds, and change nothing
    #[arg(long, conflicts_with = "discard")]
    list: bool,

    /// Strike out an entry without looking: whoever says so has seen to it that the change is gone
    #[arg(long, value_name = "ENTRY")]
    discard: Option<String>,

    /// How long to go on trying to reach a device, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    patience: u64,
}

impl Args {
    /// Undoes what the journal holds.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let state = StateFolder::of_environment()?;
        let journal = Journal::open(&state)?;
        let (entries, unreadable) = journal.entries()?;
        let mut out = std::io::stdout().lock();
        for error in &unreadable {
            writeln!(out, "! {}", visible_line(&error.to_string()))?;
        }
        if let Some(id) = &self.discard {
            let entry = entries.iter().find(|entry| entry.id() == *id).ok_or_else(|| {
                anyhow::anyhow!("the journal has no entry `{id}`; `netverdict restore --list` lists them")
            })?;
            journal.remove(entry)?;
            writeln!(out, "struck out: {}", words(entry))?;
            return Ok(Exit::Passed);
        }
        if entries.is_empty() && unreadable.is_empty() {
            writeln!(
                out,
                "nothing to undo: the journal in {} is empty",
                journal.folder().display()
            )?;
            return Ok(Exit::Passed);
        }
        if self.list {
            for entry in &entries {
                writeln!(out, "{}", words(entry))?;
            }
            return Ok(Exit::Passed);
        }
        let owner = Owner::this_process(&std::env::args().collect::<Vec<_>>());
        let mut left = !unreadable.is_empty();
        for entry in &entries {
            writeln!(out, "undoing {}", words(entry))?;
            out.flush()?;
            let restored = restore(
                &state,
                &journal,
                entry,
                self.lab.as_deref(),
                &owner,
                Duration::from_secs(self.patience),
            )?;
            left |= !restored.is_closed() && restored != Restored::RunAlive;
            writeln!(out, "{}", visible_line(&restored.describe(entry)))?;
        }
        Ok(if left { Exit::Inconclusive } else { Exit::Passed })
    }
}

fn words(entry: &Entry) -> String {
    let text = format!(
        "{}: `{}` on {} ({}) of lab {}, made {} by {}; undo: {}",
        entry.id(),
        entry.written,
        entry.device,
        entry.endpoint,
        entry.lab.name,
        entry.written_at.format("%Y-%m-%d %H:%M:%S UTC"),
        entry.owner,
        entry.undo.join("; ")
    );
    visible_line(&text).into_owned()
}
