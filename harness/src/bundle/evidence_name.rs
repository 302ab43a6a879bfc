//! Names of evidence files: `evidence/0007-PE1-display-bfd-session-all.txt`.

/// The path within the bundle of the answer with this number. The number makes it unique; device and command, brought
/// to letters, digits and dashes, make it readable.
pub(super) fn evidence_path(number: u32, device: &str, command: &str) -> String {
    format!(
        "evidence/{number:04}-{}-{}.txt",
        readable(device, 24),
        readable(command, 64)
    )
}

fn readable(text: &str, longest: usize) -> String {
    let mut name = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if name.len() >= longest {
            break;
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { "x".into() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::evidence_path;

    #[test]
    fn names_are_readable_and_harmless() {
        assert_eq!(
            evidence_path(7, "PE1", "display bfd session all verbose"),
            "evidence/0007-PE1-display-bfd-session-all-verbose.txt"
        );
        assert_eq!(
            evidence_path(12345, "../../etc", "display x | include \\u{0}é/../"),
            "evidence/12345-etc-display-x-include-u-0.txt"
        );
        assert_eq!(evidence_path(1, "", "…"), "evidence/0001-x-x.txt");
        assert!(evidence_path(1, &"a".repeat(500), &"b".repeat(500)).len() < 120);
    }
}
