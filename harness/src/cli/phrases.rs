//! `netverdict phrases`.

use super::{Exit, Terminal};

/// List every form of phrase with examples
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what was asked.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let Self {} = self;
        anyhow::bail!("`netverdict phrases` is not available in this version")
    }
}
