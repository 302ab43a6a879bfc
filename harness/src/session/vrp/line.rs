//! Which lines may be typed at all: one line, no keys that the command line acts on at once.

use crate::session::SessionError;

/// Longest line that VRP takes.
const LONGEST: usize = 510;

/// The command as it will be typed, or why it cannot be.
pub fn check_command(command: &str) -> Result<&str, &'static str> {
    let command = command.trim_matches(' ');
    if command.is_empty() {
        return Err("it is empty");
    }
    if command.chars().any(char::is_control) {
        return Err("it holds a line break, a tab or another control character; give one command, on one line");
    }
    if command.contains('?') {
        return Err("a `?` makes the device print help instead of taking the line");
    }
    if command.len() > LONGEST {
        return Err("it is longer than the 510 characters a VRP command line takes");
    }
    Ok(command)
}

/// The configuration line as it will be typed, or why it cannot be. The session itself enters the configuration
/// view, commits and leaves it.
pub fn check_configuration_line(line: &str) -> Result<&str, &'static str> {
    let line = check_command(line)?;
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    match words.next().map(str::to_ascii_lowercase).as_deref() {
        Some("commit") => Err("leave it out: the session commits by itself once every line was accepted"),
        Some("system-view") => Err("leave it out: the session enters the configuration view by itself"),
        Some("return") => Err("leave it out: the session leaves the configuration view by itself"),
        Some("clear") if words.next() == Some("configuration") => {
            Err("leave it out: the session discards by itself what was not committed")
        }
        Some("rollback" | "reboot" | "save") => Err("it is no configuration; it cannot be undone with the change"),
        _ => Ok(line),
    }
}

/// The error for a line that must not be typed.
pub(super) fn unsendable(device: &str, line: &str, reason: &str) -> SessionError {
    SessionError::UnsendableLine {
        device: device.to_owned(),
        line: line.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("display version", Some("display version"))]
    #[case("  display version ", Some("display version"))]
    #[case("display version\nreboot", None)]
    #[case("display version\r", None)]
    #[case("display\tversion", None)]
    #[case("display ?", None)]
    #[case("\u{1a}", None)]
    #[case("   ", None)]
    fn commands(#[case] command: &str, #[case] typed: Option<&str>) {
        assert_eq!(check_command(command).ok(), typed);
    }

    #[rstest]
    #[case("interface GigabitEthernet0/1/0", true)]
    #[case("shutdown", true)]
    #[case("quit", true)]
    #[case("commit", false)]
    #[case("commit label x", false)]
    #[case("system-view immediately", false)]
    #[case("return", false)]
    #[case("clear configuration candidate", false)]
    #[case("description return", true)]
    fn configuration_lines(#[case] line: &str, #[case] accepted: bool) {
        assert_eq!(check_configuration_line(line).is_ok(), accepted);
    }
}
