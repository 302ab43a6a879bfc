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

/// The path within the bundle of the capture with this number. The ending is that of a file which was captured before.
pub(super) fn capture_path(number: u32, link: &str, ending: &str) -> String {
    format!("evidence/{number:04}-{}.{}", readable(link, 64), ending_of(ending))
}

/// An ending by which capture files go; any other is told from the file's first bytes anyway.
fn ending_of(file: &str) -> &'static str {
    const ENDINGS: &[&str] = &[
        "pcapng",
        "pcap",
        "cap",
        "pcapng.gz",
        "pcap.gz",
        "cap.gz",
        "pcapng.zst",
        "pcap.zst",
        "cap.zst",
    ];
    let name = file.to_ascii_lowercase();
    let known = ENDINGS.iter().find(|ending| name.ends_with(&format!(".{ending}")));
    known.copied().unwrap_or("pcap")
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
    use super::{capture_path, evidence_path};

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
        assert_eq!(capture_path(3, "ce1-pe1", "x.pcapng"), "evidence/0003-ce1-pe1.pcapng");
        assert_eq!(capture_path(3, "../a", "a/b.PCAP.gz"), "evidence/0003-a.pcap.gz");
        assert_eq!(capture_path(3, "a", "x.exe"), "evidence/0003-a.pcap");
        assert!(evidence_path(1, &"a".repeat(500), &"b".repeat(500)).len() < 120);
    }
}
