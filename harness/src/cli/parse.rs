//! `netverdict parse`.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use checks::table::{Integrity, Parsed, Severity, Table};
use checks::vrp;

use super::{Exit, Terminal};
use crate::inventory::Platform;

/// Largest output that is read, in bytes.
const LARGEST_OUTPUT: u64 = 2 * 1024 * 1024 * 1024;

/// Most rows that are printed indented without being asked.
const MOST_INDENTED_ROWS: usize = 1000;

/// Most lines of which it is said one by one that they are not UTF-8.
const MOST_BAD_LINES: usize = 100;

/// Parse one command's output into JSON
///
/// Prints `{table, rows, unexplained, integrity}`: each row with the lines that it was read from, every line that no
/// rule explains, and every disagreement of the output with itself.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  netverdict parse --platform huawei_vrp --command 'display bfd session all verbose' bfd.txt
  ssh PE1 'display ip routing-table' | netverdict parse --command 'display ip routing-table' -
  netverdict parse --list

Exit codes:
  0  every line is explained, every count agrees
  2  no parser for the command, or the file cannot be read
  3  something is unexplained, a count disagrees, or the device refused the command")]
pub struct Args {
    /// What the device runs
    #[arg(long, value_name = "PLATFORM", default_value = "huawei_vrp", value_parser = platform)]
    platform: Platform,

    /// The command that printed the output; keywords may be abbreviated as on the device
    #[arg(long, value_name = "COMMAND", required_unless_present = "list")]
    command: Option<String>,

    /// The output; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "list", value_hint = clap::ValueHint::FilePath)]
    file: Option<PathBuf>,

    /// Print JSON in one line, whatever the number of rows
    #[arg(long, conflicts_with = "pretty")]
    compact: bool,

    /// Print JSON indented, whatever the number of rows
    #[arg(long)]
    pretty: bool,

    /// List the commands that have a parser
    #[arg(long, conflicts_with_all = ["command", "file"])]
    list: bool,
}

pub(super) fn platform(name: &str) -> Result<Platform, String> {
    Platform::named(name).ok_or_else(|| {
        let names: Vec<&str> = Platform::ALL.iter().map(|platform| platform.name()).collect();
        format!("no such platform; there is {}", names.join(", "))
    })
}

impl Args {
    /// Parses and prints.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let Platform::HuaweiVrp = self.platform;
        let (Some(command), Some(file)) = (&self.command, &self.file) else {
            return list();
        };
        // The command first: a wrong one is told before a large file is read.
        vrp::recognise(command).map_err(unknown)?;
        let (text, bad_lines) = read(file)?;
        let mut parsed = vrp::parse(command, &text).map_err(unknown)?;
        drop(text);
        note_bad_lines(&mut parsed, &bad_lines);
        let indented = self.pretty || (!self.compact && parsed.table.len() <= MOST_INDENTED_ROWS);
        match print(&parsed, indented) {
            // Whoever reads us has seen enough; what was parsed is as complete as before.
            Err(error) if super::is_broken_pipe(&error) => {}
            printed => printed?,
        }
        Ok(if parsed.is_complete() {
            Exit::Passed
        } else {
            Exit::Inconclusive
        })
    }
}

fn print(parsed: &Parsed, indented: bool) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    if indented {
        serde_json::to_writer_pretty(&mut out, parsed)?;
    } else {
        serde_json::to_writer(&mut out, parsed)?;
    }
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}

fn unknown(error: vrp::UnknownCommand) -> anyhow::Error {
    anyhow::Error::new(error).context("cannot parse (`netverdict parse --list` shows every command that has a parser)")
}

fn list() -> anyhow::Result<Exit> {
    let mut out = std::io::stdout().lock();
    for platform in Platform::ALL {
        writeln!(out, "{}:", platform.name())?;
        for spec in vrp::COMMANDS {
            writeln!(out, "  {}", spec.syntax)?;
        }
    }
    Ok(Exit::Passed)
}

/// The whole text without a second copy of it, and the lines that hold bytes which are no UTF-8.
fn read(file: &Path) -> anyhow::Result<(String, Vec<u32>)> {
    let mut bytes = Vec::new();
    let name = if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    };
    let failed = || format!("cannot read {name}");
    if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(LARGEST_OUTPUT + 1)
            .read_to_end(&mut bytes)
            .with_context(failed)?;
    } else {
        let file = File::open(file).with_context(failed)?;
        let size = file.metadata().map_or(0, |found| found.len()).min(LARGEST_OUTPUT);
        // One byte more, so that the end is found without growing.
        bytes.reserve_exact(usize::try_from(size).unwrap_or(0) + 1);
        file.take(LARGEST_OUTPUT + 1)
            .read_to_end(&mut bytes)
            .with_context(failed)?;
    }
    if bytes.len() as u64 > LARGEST_OUTPUT {
        bail!("cannot read {name}: larger than {} GiB", LARGEST_OUTPUT >> 30);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, Vec::new())),
        Err(error) => {
            let bytes = error.into_bytes();
            let mut bad_lines = Vec::new();
            for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
                if std::str::from_utf8(line).is_err() {
                    bad_lines.push(u32::try_from(index + 1).unwrap_or(u32::MAX));
                }
            }
            Ok((String::from_utf8_lossy(&bytes).into_owned(), bad_lines))
        }
    }
}

fn note_bad_lines(parsed: &mut Parsed, lines: &[u32]) {
    let notes = lines.iter().take(MOST_BAD_LINES).map(|line| Integrity {
        severity: Severity::Error,
        line: *line,
        message: "the line holds bytes that are not UTF-8; U+FFFD stands for them".to_owned(),
    });
    parsed.integrity.extend(notes);
    if let Some(line) = lines.get(MOST_BAD_LINES) {
        parsed.integrity.push(Integrity {
            severity: Severity::Error,
            line: *line,
            message: format!(
                "this and {} further lines hold bytes that are not UTF-8",
                lines.len() - MOST_BAD_LINES - 1
            ),
        });
    }
    parsed.integrity.sort_by_key(|note| note.line);
}
