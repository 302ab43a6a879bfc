//! Clients of others, where they are installed.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::served::Served;

/// Whether a command can be run and succeeds.
pub fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Says in plain `cargo test` output, which captures only what is printed by macros, that a test was not run.
pub fn not_run(test: &str, why: &str) {
    let line = format!("NOT RUN: {test}: {why}\n");
    std::io::stderr()
        .write_all(line.as_bytes())
        .expect("standard error is open");
}

/// Port and user of a device, as `netverdict lab serve` prints them.
pub fn login(served: &Served, device: &str) -> (String, String) {
    let words = served
        .printed
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|words| words.first() == Some(&device) && words.get(1) == Some(&"ssh"))
        .expect("the device is printed");
    let user = words[4].split('@').next().expect("a user");
    (words[3].to_owned(), user.to_owned())
}
