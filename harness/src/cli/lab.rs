//! `netverdict lab`.

use super::{Exit, Terminal};

/// Serve an emulated lab, so that any SSH client can log in to its devices
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what was asked.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let Self {} = self;
        anyhow::bail!("`netverdict lab` is not available in this version")
    }
}
