//! Finds the echo of a command in what a device sends, however the terminal wrapped or redrew it.

/// Where an echo stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo {
    /// What stands before it on its line: the prompt.
    pub before: String,
    /// The first byte after its line end.
    pub end: usize,
}

/// Looks for `command` and a line end after it. Blanks, line breaks, backspaces and control sequences inside the
/// echo are the terminal's and do not count.
pub fn find(sent_by_device: &[u8], command: &str) -> Option<Echo> {
    let wanted: Vec<u8> = command.bytes().filter(|byte| !is_blank(*byte)).collect();
    if wanted.is_empty() {
        return None;
    }
    // A backspace either takes back a character (the line was redrawn) or is part of wrapping it.
    [Backspace::TakesBack, Backspace::Ignored]
        .into_iter()
        .find_map(|backspace| {
            let visible = visible(sent_by_device, backspace);
            visible
                .windows(wanted.len())
                .enumerate()
                .filter(|(_, window)| window.iter().map(|(byte, _)| byte).eq(&wanted))
                .find_map(|(start, window)| {
                    let last = window.last()?.1;
                    let end = line_end(sent_by_device, last + 1)?;
                    Some(Echo {
                        before: before(sent_by_device, visible[start].1),
                        end,
                    })
                })
        })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Backspace {
    TakesBack,
    Ignored,
}

/// The characters that show, each with its position.
fn visible(bytes: &[u8], backspace: Backspace) -> Vec<(u8, usize)> {
    let mut shown: Vec<(u8, usize)> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == 0x1b {
            let (next, left) = skip_sequence(bytes, at);
            if backspace == Backspace::TakesBack {
                shown.truncate(shown.len().saturating_sub(left));
            }
            at = next;
            continue;
        }
        if byte == 0x08 && backspace == Backspace::TakesBack {
            shown.pop();
        } else if byte == b' ' || !is_blank(byte) {
            shown.push((byte, at));
        }
        at += 1;
    }
    shown.retain(|(byte, _)| *byte != b' ');
    shown
}

/// The position after the control sequence at `at`, and by how many columns it moves left.
fn skip_sequence(bytes: &[u8], at: usize) -> (usize, usize) {
    if bytes.get(at + 1) != Some(&b'[') {
        return ((at + 2).min(bytes.len()), 0);
    }
    let parameters = &bytes[at + 2..];
    let Some(length) = parameters.iter().position(|byte| (0x40..=0x7e).contains(byte)) else {
        return (bytes.len(), 0);
    };
    let left = if parameters[length] == b'D' {
        std::str::from_utf8(&parameters[..length])
            .ok()
            .and_then(|n| n.parse().ok())
            .unwrap_or(1)
    } else {
        0
    };
    (at + 2 + length + 1, left)
}

/// The position after the next `\n`, if nothing visible stands before it.
fn line_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => return Some(at + 1),
            0x1b => at = skip_sequence(bytes, at).0,
            byte if is_blank(byte) => at += 1,
            _ => return None,
        }
    }
    None
}

fn before(bytes: &[u8], start: usize) -> String {
    let line = bytes[..start]
        .iter()
        .rposition(|byte| matches!(byte, b'\n' | b'\r'))
        .map_or(0, |end| end + 1);
    let shown: Vec<u8> = {
        let mut screen = super::screen::Screen::default();
        screen.feed(&bytes[line..start]);
        screen.tail().to_vec()
    };
    String::from_utf8_lossy(&shown).trim().to_owned()
}

fn is_blank(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const COMMAND: &str = "display ip routing-table";

    #[rstest]
    #[case::plain("display ip routing-table\r\nREST")]
    #[case::after_prompt("\r\n<PE1>display ip routing-table\r\nREST")]
    #[case::wrapped_by_return("display ip rou \rting-table\r\nREST")]
    #[case::wrapped_by_line_end("display ip rou\r\nting-table\r\nREST")]
    #[case::wrapped_by_backspace("display ip rout\u{8}ting-table\r\nREST")]
    #[case::wrapped_by_blank_and_backspace("display ip rou \u{8}ting-table\r\nREST")]
    #[case::redrawn("<PE1>display ip rou\r<PE1>display ip routing-table\r\nREST")]
    #[case::redrawn_after_log("<PE1>disp\r\nlog message\r\n<PE1>display ip routing-table\r\nREST")]
    #[case::coloured("\u{1b}[1mdisplay\u{1b}[0m ip routing-table\u{1b}[K\r\nREST")]
    #[case::moved_left("display ip rx\u{1b}[1Douting-table\r\nREST")]
    #[case::trailing_blank("display ip routing-table \r\nREST")]
    #[case::bare_line_end("display ip routing-table\nREST")]
    fn finds(#[case] bytes: &str) {
        let echo = find(bytes.as_bytes(), COMMAND).expect("an echo");
        assert_eq!(&bytes[echo.end..], "REST");
        for cut in 0..echo.end {
            assert_eq!(find(&bytes.as_bytes()[..cut], COMMAND), None, "cut at {cut}");
        }
    }

    #[rstest]
    #[case("display ip routing-table")]
    #[case("display ip routing-table verbose\r\n")]
    #[case("<PE1>\r\n")]
    #[case("")]
    fn finds_nothing(#[case] bytes: &str) {
        assert_eq!(find(bytes.as_bytes(), COMMAND), None);
    }

    #[test]
    fn tells_the_prompt_before_it() {
        let echo = find(b"<Welcome>\r\n<PE1>display version\r\n", "display version").expect("an echo");
        assert_eq!(echo.before, "<PE1>");
    }
}
