//! `netverdict recheck`.

use super::{Exit, Terminal};

/// Decide again from a bundle's evidence alone
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what was asked.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let Self {} = self;
        anyhow::bail!("`netverdict recheck` is not available in this version")
    }
}
