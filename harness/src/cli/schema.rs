//! `netverdict schema`.

use super::{Exit, Terminal};

/// Print the JSON Schema of suites or inventories
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what was asked.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let Self {} = self;
        anyhow::bail!("`netverdict schema` is not available in this version")
    }
}
