//! `netverdict schema`.

use std::io::Write;

use super::{Exit, Terminal};

/// Print the JSON Schema of suites or inventories
///
/// Editors complete and check YAML with it, for example by a first line
/// `# yaml-language-server: $schema=docs/schema/suite.json`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which format
    #[arg(value_enum)]
    format: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// Suites: suites/*.yaml
    Suite,
    /// Inventories: lab.yaml
    Inventory,
}

impl Args {
    /// Writes the schema to standard output.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let schema = match self.format {
            Format::Suite => crate::schema::suite(),
            Format::Inventory => crate::schema::inventory(),
        };
        let text = serde_json::to_string_pretty(&schema)?;
        writeln!(std::io::stdout().lock(), "{text}")?;
        Ok(Exit::Passed)
    }
}
