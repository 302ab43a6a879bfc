//! `netverdict explain`.

use super::{Exit, Terminal};

/// Say how a phrase is understood
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what was asked.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let Self {} = self;
        anyhow::bail!("`netverdict explain` is not available in this version")
    }
}
