//! `netverdict man`.

use std::path::PathBuf;

use anyhow::Context;

use super::{Exit, Terminal};

/// Write the manual pages into a folder
///
/// One page for the program and one for every command; then `man -l DIR/netverdict-run.1` shows one.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder; made if it does not exist
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,
}

impl Args {
    /// Writes the pages.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let failed = || format!("cannot write manual pages to {}", self.folder.display());
        std::fs::create_dir_all(&self.folder).with_context(failed)?;
        clap_mangen::generate_to(super::command().disable_help_subcommand(true), &self.folder).with_context(failed)?;
        Ok(Exit::Passed)
    }
}
