//! `netverdict lab`.

use super::{Exit, Terminal, lab_generate, lab_serve};

/// Serve an emulated lab, so that any SSH client can log in to its devices, or generate one
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Serve(lab_serve::Args),
    Generate(lab_generate::Args),
}

impl Args {
    /// Does what was asked.
    pub fn execute(self, terminal: Terminal) -> anyhow::Result<Exit> {
        match self.command {
            Command::Serve(args) => args.execute(terminal),
            Command::Generate(args) => args.execute(terminal),
        }
    }
}
