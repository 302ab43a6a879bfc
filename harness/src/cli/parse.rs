//! `netverdict parse`.

use super::{Exit, Terminal};

/// Parse one command's output into JSON
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what was asked.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let Self {} = self;
        anyhow::bail!("`netverdict parse` is not available in this version")
    }
}
