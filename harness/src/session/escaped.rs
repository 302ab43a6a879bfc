//! Shows the end of what a device sent, so that a person can read it in an error message.

/// How many of the last bytes are shown.
const SHOWN: usize = 240;

/// The last bytes of `bytes`, control characters escaped; says so when nothing arrived.
pub fn last_bytes(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing".to_owned();
    }
    let start = bytes.len().saturating_sub(SHOWN);
    let shown = printable(&bytes[start..]);
    if start > 0 {
        format!("… \"{shown}\"")
    } else {
        format!("\"{shown}\"")
    }
}

/// `bytes` with everything unprintable escaped, line ends as `\r\n`.
pub fn printable(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for character in String::from_utf8_lossy(bytes).chars() {
        if character.is_control() || character == '"' || character == '\\' {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_control_characters_and_cuts_the_beginning() {
        assert_eq!(last_bytes(b""), "nothing");
        assert_eq!(last_bytes(b"PE1#\r\n\x1b[m"), r#""PE1#\r\n\u{1b}[m""#);
        let long = [b'x'; 1000];
        let shown = last_bytes(&long);
        assert!(shown.starts_with('…') && shown.matches('x').count() == SHOWN);
    }
}
