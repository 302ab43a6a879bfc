//! The words by which a device refuses: a caret line, `Error: …`, `Error[2]: …`, `% Unknown command`.

/// The device's refusal when the answer to a display command is nothing else.
///
/// An `Error:` line inside a table is not one: every line must belong to the refusal, notices and a timestamp apart.
pub fn whole_answer(text: &str) -> Option<String> {
    let mut words = Vec::new();
    let mut caret_first = false;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if is_caret(line) {
            caret_first |= words.is_empty();
        } else if is_complaint(line) {
            words.push(line.trim());
        } else if is_notice(line) || is_timestamp(line) {
        } else if caret_first && words.len() < 4 || is_continuation(line, &words) {
            words.push(line.trim());
        } else {
            return None;
        }
    }
    match (words.is_empty(), caret_first) {
        (false, _) => Some(words.join(" ")),
        (true, true) => Some("a caret without a message".to_owned()),
        (true, false) => None,
    }
}

/// The first complaint in the answer to a configuration line, with what follows it; any is a refusal.
pub fn in_configuration(text: &str) -> Option<String> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !is_caret(line));
    let first = lines.find(|line| is_complaint(line) || is_failed_commit(line));
    match first {
        Some(first) => {
            let rest = lines.map(str::trim).take(4);
            Some(std::iter::once(first.trim()).chain(rest).collect::<Vec<_>>().join(" "))
        }
        None => text
            .lines()
            .any(is_caret)
            .then(|| "a caret without a message".to_owned()),
    }
}

/// Whether these words say that another user has locked the configuration.
pub fn is_lock(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("locked by") || message.contains("is locked") || message.contains("session id =")
}

fn is_caret(line: &str) -> bool {
    line.trim() == "^"
}

/// `Error: …`, `Error[1]: …`, `Error:…`, `% …`, or the bare words of older releases, at the beginning of a line.
fn is_complaint(line: &str) -> bool {
    let line = line.strip_prefix(' ').unwrap_or(line);
    if let Some(rest) = line.strip_prefix("Error").or_else(|| line.strip_prefix("ERROR")) {
        let rest = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => rest,
            _ => rest,
        };
        return rest
            .trim_start()
            .strip_prefix(':')
            .is_some_and(|words| words.contains(char::is_alphabetic));
    }
    if let Some(words) = line.strip_prefix('%') {
        // A log message begins with two: `%%01IFNET/4/LINK_STATE`.
        return !words.starts_with('%') && words.contains(char::is_alphabetic);
    }
    let bare = [
        "Unrecognized command",
        "Incomplete command",
        "Ambiguous command",
        "Wrong parameter",
        "Too many parameters",
    ];
    bare.iter().any(|words| line.starts_with(words))
}

fn is_failed_commit(line: &str) -> bool {
    line.contains("Failed to generate committed config")
        || line.contains("locked by other user")
        || line.contains("locked by another user")
        || line.trim_start().starts_with("Failed to commit")
}

fn is_notice(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("Info:") || line.starts_with("Warning:")
}

/// A message that the device broke over two lines.
fn is_continuation(line: &str, words: &[&str]) -> bool {
    words.len() == 1
        && !words[0].ends_with(['.', '!'])
        && line.trim_start().starts_with(|c: char| c.is_lowercase())
        && line.trim_end().ends_with('.')
}

/// `2024-05-11 10:11:12.345 +08:00`, printed before the output where timestamps are switched on.
fn is_timestamp(line: &str) -> bool {
    let shape: String = line
        .trim()
        .chars()
        .take(19)
        .map(|c| if c.is_ascii_digit() { 'd' } else { c })
        .collect();
    shape == "dddd-dd-dd dd:dd:dd"
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "               ^\nError: Unrecognized command found at '^' position.\n",
        "Unrecognized"
    )]
    #[case(
        "               ^\nError[1]: Unrecognized command found at '^' position.\n",
        "Error[1]"
    )]
    #[case("Error[2]: Incomplete command found at '^' position.\n         ^\n", "Incomplete")]
    #[case("   ^\nError:Too many parameters found at '^' position.\n", "Too many")]
    #[case("Error: No permission to run the command.\n", "No permission")]
    #[case(
        "Error: You do not have permission to run the command or the command is incomplete.\n",
        "permission"
    )]
    #[case(
        "2024-05-11 10:11:12.345\nError: The specified VPN instance does not exist.\n",
        "VPN instance"
    )]
    #[case("Info: Something else.\nError: The process does not exist.\n", "process")]
    #[case("% Unknown command\n", "Unknown")]
    #[case("\n Error: Wrong parameter found at '^' position.\n", "Wrong")]
    #[case("     ^\n", "caret")]
    #[case("Error: The interface is not known to\nthis device.\n", "this device.")]
    fn refused(#[case] text: &str, #[case] word: &str) {
        let words = whole_answer(text);
        assert!(words.as_deref().is_some_and(|words| words.contains(word)), "{words:?}");
    }

    #[rstest]
    #[case("")]
    #[case("Info: No session.\n")]
    #[case("Interface  Errors\nGE0/1/0    0\n")]
    #[case("Statistics\nError: no route to host counted 3 times\nTotal: 3\n")]
    #[case("    Error: 0\n")]
    #[case("Error: 0\nDropped: 0\n")]
    #[case("Error: Request time out\nReply from 10.0.0.1: bytes=56\n  1 packet(s) received\n")]
    #[case("Jan  1 2024 PE1 %%01IFNET/4/LINK_STATE: up\n")]
    #[case("%%01IFNET/4/LINK_STATE: up\n")]
    fn accepted(#[case] text: &str) {
        assert_eq!(whole_answer(text), None);
    }

    #[rstest]
    #[case("Info: a\nError: The address conflicts.\n", true)]
    #[case("Failed to generate committed config.\n", true)]
    #[case("The configuration is locked by other user. [Session ID = 407]\n", true)]
    #[case("     ^\n", true)]
    #[case("Info: The configuration succeeded.\n", false)]
    #[case("Warning: The change takes effect later.\n", false)]
    #[case("Committing..done.\n", false)]
    #[case("", false)]
    fn refused_in_configuration(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(in_configuration(text).is_some(), expected);
    }
}
