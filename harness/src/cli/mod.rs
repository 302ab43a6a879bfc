//! The command line: one file a subcommand.

mod capture;
mod completions;
mod display;
mod exit;
mod explain;
mod lab;
mod lab_console;
mod lab_generate;
mod lab_serve;
mod man;
mod parse;
mod phrases;
mod plan;
mod recheck;
mod reference;
mod report;
mod restore;
mod run;
mod schema;
mod selection;
mod signals;
mod terminal;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use exit::Exit;
pub use reference::reference_markdown;
pub use selection::Selection;
pub use terminal::Terminal;

use crate::diagnostic::{Diagnostics, harmless};

/// Acceptance and regression tests of networks, from suites that read aloud to a verdict that can be signed.
#[derive(Debug, Parser)]
#[command(name = "netverdict", version, max_term_width = 100, after_long_help = EXIT_CODES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Shown below the help of the program and of the commands that end in a verdict.
pub(crate) const EXIT_CODES: &str = "Exit codes:
  0    every assertion passed
  1    something failed: the network is not as it must be
  2    a suite, an inventory or the command line is wrong
  3    nothing failed, but something could not be told
  130  interrupted, after undoing what had been changed";

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Args),
    Plan(plan::Args),
    Recheck(recheck::Args),
    Report(report::Args),
    Restore(restore::Args),
    Lab(lab::Args),
    Capture(capture::Args),
    Parse(parse::Args),
    Phrases(phrases::Args),
    Explain(explain::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Runs the program on its command line.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for; everything else is a wrong command line, which clap ends with 2.
            let code = error.exit_code();
            let _ = error.print();
            return ExitCode::from(u8::try_from(code).unwrap_or(2));
        }
    };
    let terminal = Terminal::detect();
    let outcome = match cli.command {
        Command::Run(args) => args.execute(terminal),
        Command::Plan(args) => args.execute(terminal),
        Command::Recheck(args) => args.execute(terminal),
        Command::Report(args) => args.execute(terminal),
        Command::Restore(args) => args.execute(terminal),
        Command::Lab(args) => args.execute(terminal),
        Command::Capture(args) => args.execute(terminal),
        Command::Parse(args) => args.execute(terminal),
        Command::Phrases(args) => args.execute(terminal),
        Command::Explain(args) => args.execute(terminal),
        Command::Schema(args) => args.execute(terminal),
        Command::Completions(args) => args.execute(terminal),
        Command::Man(args) => args.execute(terminal),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => complain(&error, terminal).into(),
    }
}

/// Prints why a command could not do what was asked.
fn complain(error: &anyhow::Error, terminal: Terminal) -> Exit {
    if is_broken_pipe(error) {
        // Whoever reads us has seen enough.
        return Exit::Passed;
    }
    match error.downcast_ref::<Diagnostics>() {
        Some(mistakes) => eprint!("{}", mistakes.render(terminal.colour_on_stderr)),
        None => eprintln!("error: {}", harmless(&with_causes(error))),
    }
    Exit::Unusable
}

/// An error and what caused it, each cause said once: many errors say their cause themselves.
fn with_causes(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |said, cause| {
        let cause = cause.to_string();
        if said.is_empty() {
            cause
        } else if said.ends_with(&cause) {
            said
        } else {
            format!("{said}: {cause}")
        }
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|json| json.io_error_kind() == Some(std::io::ErrorKind::BrokenPipe))
    })
}

/// The whole command line as clap knows it, for completions, manual pages and the reference.
fn command() -> clap::Command {
    Cli::command()
}
