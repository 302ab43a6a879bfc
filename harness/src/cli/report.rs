//! `netverdict report`.

use super::{Exit, Terminal};

/// Write a bundle's report as HTML, JSON or JUnit
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what was asked.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let Self {} = self;
        anyhow::bail!("`netverdict report` is not available in this version")
    }
}
