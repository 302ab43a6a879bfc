//! `netverdict report`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use reports::bundle::Bundle;

use super::{Exit, Terminal};

/// Write a bundle's report as HTML, JSON or JUnit
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  netverdict report netverdict-runs/20240601T120000Z-bfd --format html -o report.html
  netverdict report netverdict-runs/20240601T120000Z-bfd --format junit")]
pub struct Args {
    /// The folder that a run wrote
    #[arg(value_name = "BUNDLE", value_hint = clap::ValueHint::DirPath)]
    bundle: PathBuf,

    /// Form of the report
    #[arg(long, value_enum)]
    format: Format,

    /// File to write; standard output where it is not said. An existing file is replaced
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One page, readable without script or network
    Html,
    /// Everything, for programs; see its schema
    Json,
    /// For continuous integration
    Junit,
}

impl Args {
    /// Writes the report.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let bundle = Bundle::open(&self.bundle)?;
        let text = match self.format {
            Format::Html => reports::html::render(&bundle)?,
            Format::Json => reports::json::render(&bundle)?,
            Format::Junit => reports::junit::render(&bundle)?,
        };
        match &self.output {
            Some(file) => {
                std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
            }
            None => std::io::stdout().lock().write_all(text.as_bytes())?,
        }
        Ok(Exit::Passed)
    }
}
