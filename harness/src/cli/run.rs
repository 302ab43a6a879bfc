//! `netverdict run`.

use super::{Exit, Terminal};

/// Run suites against a lab and write a bundle: verdicts, evidence and reports
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what was asked.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let Self {} = self;
        anyhow::bail!("`netverdict run` is not available in this version")
    }
}
