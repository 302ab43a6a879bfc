//! `netverdict plan`.

use super::{Exit, Terminal};

/// Print every command and every change of a run, and connect to nothing
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what was asked.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let Self {} = self;
        anyhow::bail!("`netverdict plan` is not available in this version")
    }
}
