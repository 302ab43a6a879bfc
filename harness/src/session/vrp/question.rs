//! Questions a device asks in the middle of a dialogue: `… Continue? [Y/N]:`.

/// Longest unfinished line that can be a question.
const LONGEST: usize = 2000;

/// How such a question names its choices, in lower case.
const CHOICES: [&str; 8] = [
    "[y/n",
    "(y/n",
    "[y(yes)/n(no)",
    "[yes/no",
    "(yes/no",
    "[y|n",
    "[yes(y)/no(n)",
    "{y/n",
];

/// Whether the unfinished last line is a question that waits for yes or no.
pub fn is_question(tail: &[u8]) -> bool {
    if tail.len() > LONGEST {
        return false;
    }
    let tail = String::from_utf8_lossy(tail).to_ascii_lowercase();
    let Some(choices) = CHOICES.iter().filter_map(|choices| tail.rfind(choices)).max() else {
        return false;
    };
    let rest = &tail[choices..];
    let Some(closing) = rest.rfind([']', ')', '}']) else {
        return false;
    };
    rest[closing + 1..].chars().all(|c| matches!(c, ':' | '?' | ' ' | '.'))
}

/// Whether a configuration line itself says yes to this question: it takes something away, the device asks whether
/// to take it away, and nothing more than that is at stake.
pub fn is_implied_by(line: &str, question: &str) -> bool {
    let line = line.trim().to_ascii_lowercase();
    let question = question.to_ascii_lowercase();
    let takes_away = ["undo ", "shutdown", "delete "]
        .iter()
        .any(|verb| line.starts_with(verb));
    let asks_to = [
        "delete",
        "remove",
        "clear",
        "undo",
        "cancel",
        "shut",
        "disable",
        "lost",
        "interrupt",
        "continue",
    ]
    .iter()
    .any(|word| question.contains(word));
    let more_at_stake = [
        "reboot",
        "restart",
        "reset",
        "save",
        "format",
        "startup",
        "uncommitted",
        "password",
    ]
    .iter()
    .any(|word| question.contains(word));
    takes_away && asks_to && !more_at_stake
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("The password needs to be changed. Change now? [Y/N]:", true)]
    #[case("Warning: There are security risks in the configuration file. Continue? [y/n]", true)]
    #[case("Are you sure to commit them before exiting? [Y(yes)/N(no)/C(cancel)]:", true)]
    #[case("Continue? [Y/N/C]:", true)]
    #[case("Continue? (y/n)?", true)]
    #[case("Continue?[Y/N](default N): ", true)]
    #[case("Continue? [Yes/No]", true)]
    #[case("Continue? [Y/N]:N", false)]
    #[case("[~PE1]", false)]
    #[case("Flags [Y/N] mean something else", false)]
    #[case("Continue? [Y/", false)]
    fn recognises(#[case] tail: &str, #[case] expected: bool) {
        assert_eq!(is_question(tail.as_bytes()), expected);
    }

    #[rstest]
    #[case(
        "undo bgp 100",
        "Warning: All BGP configurations will be deleted. Continue? [Y/N]:",
        true
    )]
    #[case("undo vlan 10", "Are you sure to delete it? [Y/N]:", true)]
    #[case("shutdown", "Services will be interrupted. Continue? [Y/N]:", true)]
    #[case("undo isis 1", "The system will be restarted. Continue? [Y/N]:", false)]
    #[case("ip vpn-instance a", "All of it will be deleted. Continue? [Y/N]:", false)]
    #[case(
        "quit",
        "Uncommitted configurations found. Commit them before exiting? [Y/N]:",
        false
    )]
    fn implies(#[case] line: &str, #[case] question: &str, #[case] expected: bool) {
        assert_eq!(is_implied_by(line, question), expected);
    }
}
