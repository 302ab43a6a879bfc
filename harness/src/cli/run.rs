//! `netverdict run`.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use reports::console::{Lines, Options, summary};
use reports::event::Record;

use super::display::Display;
use super::{Exit, Selection, Terminal, signals};
use crate::bundle::BundleLocation;
use crate::diagnostic::harmless;
use crate::run::{Interrupt, RunOptions, RunResult, run};

/// Run suites against a lab and write a bundle: verdicts, evidence and reports
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  netverdict run suites/bfd-static-vpn.yaml
  netverdict run suites/bfd-static-vpn.yaml --lab labs/rack-3 --allow-changes
  netverdict run suites/bfd-static-vpn.yaml --lab netverdict-runs/20240601T120000Z-bfd   (its recorded answers)

Exit codes:
  0    every assertion passed
  1    something failed: the network is not as it must be
  2    a suite, an inventory or the command line is wrong
  3    nothing failed, but something could not be told
  130  interrupted, after undoing what had been changed")]
pub struct Args {
    #[command(flatten)]
    selection: Selection,

    /// Folder for the bundle: new or empty. A new one in netverdict-runs/ where it is not said
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,

    /// How many devices are asked at once; all of them where it is not said. Suites run one after another
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,

    /// Let suites change live devices, as far as the inventory allows it too. Changes are undone
    #[arg(long)]
    allow_changes: bool,

    /// How long to go on trying to undo a change when a device cannot be reached, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    undo_patience: u64,
}

impl Args {
    /// Runs the suites.
    pub fn execute(self, terminal: Terminal) -> anyhow::Result<Exit> {
        let plan = self.selection.plan()?;
        let interrupt = Interrupt::default();
        signals::interrupt_on_signals(&interrupt)?;
        let options = RunOptions {
            bundle: Some(self.out.map_or_else(BundleLocation::default, BundleLocation::Folder)),
            allow_changes: self.allow_changes,
            jobs: self.jobs.map(usize::from),
            command_line: std::env::args().collect(),
            interrupt,
            undo_patience: Duration::from_secs(self.undo_patience),
            ..RunOptions::default()
        };
        let console = console_options(terminal);
        let mut lines = Lines::new(console);
        let display = (terminal.stdout && terminal.stderr).then(Display::start);
        let outcome = run(&plan, options, &mut |record| tell(record, &mut lines, display.as_ref()));
        if let Some(display) = display {
            display.end();
        }
        match outcome {
            Ok(result) => finish(&result, console),
            Err(error) => {
                eprintln!("error: {}", harmless(&error.to_string()));
                Ok(Exit::of_code(error.exit_code()))
            }
        }
    }
}

fn tell(record: &Record, lines: &mut Lines, display: Option<&Display>) {
    let line = lines.line(record);
    match display {
        Some(display) => display.event(record, line.as_deref()),
        None => {
            if let Some(line) = line {
                // Whoever does not read on has seen enough; the run goes on, and undoes what it changed.
                let mut out = std::io::stdout().lock();
                let _ = writeln!(out, "{line}").and_then(|()| out.flush());
            }
        }
    }
}

fn finish(result: &RunResult, console: Options) -> anyhow::Result<Exit> {
    let report = result.report()?;
    let mut out = std::io::stdout().lock();
    let mut text = summary(&report, console);
    if let Some(bundle) = &result.bundle {
        let html = bundle.join("report.html");
        if html.exists() {
            text.push_str(&format!("report: {}\n", html.display()));
        }
        text.push_str(&format!("bundle: {}\n", bundle.display()));
    }
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if let Err(error) = written
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        return Err(error.into());
    }
    Ok(Exit::of_code(result.exit_code))
}

/// How to write for standard output.
pub(super) fn console_options(terminal: Terminal) -> Options {
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Options {
        width: width.filter(|width| (40..=400).contains(width)).unwrap_or(100),
        colour: terminal.colour_on_stdout,
    }
}
