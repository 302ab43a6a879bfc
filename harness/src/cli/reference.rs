//! The reference page of the command line, made from the command line itself.

use std::fmt::Write as _;

/// `docs/cli.md`: the help of the program and of every command.
pub fn reference_markdown() -> String {
    let mut out = String::from(
        "# Command line\n\n\
         This page is made from the program's own help; `netverdict help COMMAND` shows the same, `netverdict man DIR`\n\
         writes it as manual pages.\n",
    );
    let mut program = super::command().term_width(100).disable_help_subcommand(true);
    program.build();
    section(&mut out, &program, "netverdict");
    out
}

fn section(out: &mut String, command: &clap::Command, name: &str) {
    let mut shown = command.clone().term_width(100).bin_name(name);
    let help = shown.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(out, "\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
    for inner in command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
    {
        section(out, inner, &format!("{name} {}", inner.get_name()));
    }
}
