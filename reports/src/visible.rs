//! Text from devices and suites made harmless to read: what would move a cursor, hide or reorder text becomes visible.

use std::borrow::Cow;
use std::fmt::Write;

/// Control characters, invisible characters and bidirectional overrides replaced by something that can be seen; line
/// ends and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, |c| c != '\n' && c != '\t' && is_hidden(c))
}

/// As [`visible`], and on one line: line ends and tabs are shown too.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    replaced(text, is_hidden)
}

/// At most so many characters of a text, with a note of how many are left out.
pub fn bounded(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let left_out = text[end..].chars().count();
            Cow::Owned(format!("{} … ({left_out} more characters)", &text[..end]))
        }
    }
}

fn replaced(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) {
            show(&mut shown, c);
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// A character by its code, in letters that every font and every terminal has.
fn show(shown: &mut String, c: char) {
    // Writing into a string cannot fail.
    match u32::from(c) {
        code @ 0..=0xff => drop(write!(shown, "\\x{code:02x}")),
        code => drop(write!(shown, "\\u{{{code:x}}}")),
    }
}

/// Whether a character controls a terminal, reorders text, takes no room, or is none at all.
pub fn is_hidden(c: char) -> bool {
    let code = u32::from(c);
    c.is_control()
        || matches!(
            code,
            0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
                | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
                | 0xfdd0..=0xfdef | 0xe000..=0xf8ff | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff
        )
        || code & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::terminal_escape("\u{1b}[31mred\u{1b}[0m", r"\x1b[31mred\x1b[0m")]
    #[case::one_byte_escape("\u{9b}31m", r"\x9b31m")]
    #[case::override_of_direction("GE\u{202e}1/0/0", r"GE\u{202e}1/0/0")]
    #[case::isolate("\u{2066}a\u{2069}", r"\u{2066}a\u{2069}")]
    #[case::zero_width("Up\u{200b}", r"Up\u{200b}")]
    #[case::nul_and_delete("\0\u{7f}", r"\x00\x7f")]
    #[case::carriage_return("a\rb", r"a\x0db")]
    #[case::not_a_character("\u{ffff}", r"\u{ffff}")]
    #[case::tag("\u{e0041}", r"\u{e0041}")]
    #[case::lines_stay("a\n\tb", "a\n\tb")]
    #[case::words_stay("Gerät 1 → 2, дом, 路由", "Gerät 1 → 2, дом, 路由")]
    #[case::replacement_stays("a\u{fffd}b", "a\u{fffd}b")]
    fn hidden_characters_are_shown(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(visible(text), shown);
    }

    #[test]
    fn one_line_stays_one_line() {
        assert_eq!(visible_line("a\nb\tc"), r"a\x0ab\x09c");
    }

    #[test]
    fn a_bound_says_what_it_leaves_out() {
        assert_eq!(bounded("äöü", 3), "äöü");
        assert_eq!(bounded("äöüß!", 3), "äöü … (2 more characters)");
    }
}
