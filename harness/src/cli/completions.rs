//! `netverdict completions`.

use std::io::Write;

use super::{Exit, Terminal};

/// Print a completion script for a shell
///
/// For bash: `netverdict completions bash > ~/.local/share/bash-completion/completions/netverdict`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

impl Args {
    /// Writes the script to standard output.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "netverdict", &mut script);
        std::io::stdout().lock().write_all(&script)?;
        Ok(Exit::Passed)
    }
}
