//! `netverdict restore`.

use super::{Exit, Terminal};

/// Undo the changes that an interrupted run left behind
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what was asked.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let Self {} = self;
        anyhow::bail!("`netverdict restore` is not available in this version")
    }
}
