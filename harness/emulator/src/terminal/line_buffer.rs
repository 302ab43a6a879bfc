//! A line being typed: its characters, the cursor in it, and what must be printed so that the screen shows both.

/// A line with a cursor. Every method gives the bytes that bring the screen up to date.
#[derive(Debug, Default)]
pub struct LineBuffer {
    bytes: Vec<u8>,
    /// Byte offset, never within a character.
    cursor: usize,
    /// The first bytes of a character that has not arrived as a whole.
    begun: Vec<u8>,
}

impl LineBuffer {
    /// A line that already stands on the screen, the cursor behind it.
    pub fn new(text: &str) -> Self {
        Self {
            bytes: text.as_bytes().to_vec(),
            cursor: text.len(),
            begun: Vec::new(),
        }
    }

    /// The line; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Bytes of the line.
    pub fn len(&self) -> usize {
        self.bytes.len() + self.begun.len()
    }

    /// Puts a byte in at the cursor.
    pub fn insert(&mut self, byte: u8) -> Vec<u8> {
        self.begun.push(byte);
        let wanted = self.begun.first().map_or(1, |first| character_length(*first));
        let is_continued = self.begun.len() == 1 || byte & 0xc0 == 0x80;
        if is_continued && self.begun.len() < wanted {
            return Vec::new();
        }
        let character = std::mem::take(&mut self.begun);
        self.bytes.splice(self.cursor..self.cursor, character.iter().copied());
        self.cursor += character.len();
        let mut screen = character;
        screen.extend(self.tail());
        screen.extend(back(self.tail_width()));
        screen
    }

    /// Takes the character before the cursor away.
    pub fn erase(&mut self) -> Vec<u8> {
        self.begun.clear();
        let start = self.start_of_previous();
        if start == self.cursor {
            return Vec::new();
        }
        self.bytes.drain(start..self.cursor);
        self.cursor = start;
        let mut screen = vec![BACKSPACE];
        screen.extend(self.tail());
        screen.push(b' ');
        screen.extend(back(self.tail_width() + 1));
        screen
    }

    /// Takes the character at the cursor away.
    pub fn delete(&mut self) -> Vec<u8> {
        let mut screen = self.right();
        if !screen.is_empty() {
            screen.extend(self.erase());
        }
        screen
    }

    /// Takes the word before the cursor away, with the blanks behind it.
    pub fn erase_word(&mut self) -> Vec<u8> {
        let mut screen = Vec::new();
        while self.previous_byte() == Some(b' ') {
            screen.extend(self.erase());
        }
        while self.previous_byte().is_some_and(|byte| byte != b' ') {
            screen.extend(self.erase());
        }
        screen
    }

    /// Takes everything before the cursor away.
    pub fn erase_to_start(&mut self) -> Vec<u8> {
        let mut screen = Vec::new();
        if self.cursor == self.bytes.len() {
            while self.cursor > 0 {
                screen.extend(self.erase());
            }
            return screen;
        }
        let erased = width(self.bytes.get(..self.cursor).unwrap_or_default());
        self.bytes.drain(..self.cursor);
        self.cursor = 0;
        screen.extend(back(erased));
        screen.extend(self.tail());
        screen.extend(vec![b' '; erased]);
        screen.extend(back(self.tail_width() + erased));
        screen
    }

    /// Takes everything behind the cursor away.
    pub fn erase_to_end(&mut self) -> Vec<u8> {
        let cursor = self.cursor;
        let mut screen = self.end();
        while self.cursor > cursor {
            screen.extend(self.erase());
        }
        screen
    }

    /// Puts another line in the place of this one.
    pub fn replace(&mut self, text: &str) -> Vec<u8> {
        let mut screen = self.end();
        screen.extend(self.erase_to_start());
        screen.extend_from_slice(text.as_bytes());
        *self = Self::new(text);
        screen
    }

    /// Moves the cursor one character to the left.
    pub fn left(&mut self) -> Vec<u8> {
        let start = self.start_of_previous();
        let moved = start != self.cursor;
        self.cursor = start;
        back(usize::from(moved))
    }

    /// Moves the cursor one character to the right.
    pub fn right(&mut self) -> Vec<u8> {
        let tail = self.tail();
        let length = tail
            .iter()
            .skip(1)
            .position(|byte| byte & 0xc0 != 0x80)
            .map_or(tail.len(), |position| position + 1);
        let character = tail.get(..length).unwrap_or_default().to_vec();
        self.cursor += character.len();
        character
    }

    /// Moves the cursor to the first character.
    pub fn start(&mut self) -> Vec<u8> {
        let head = self.bytes.get(..self.cursor).unwrap_or_default();
        let width = width(head);
        self.cursor = 0;
        back(width)
    }

    /// Moves the cursor behind the last character.
    pub fn end(&mut self) -> Vec<u8> {
        let tail = self.tail();
        self.cursor = self.bytes.len();
        tail
    }

    fn tail(&self) -> Vec<u8> {
        self.bytes.get(self.cursor..).unwrap_or_default().to_vec()
    }

    fn tail_width(&self) -> usize {
        width(self.bytes.get(self.cursor..).unwrap_or_default())
    }

    fn previous_byte(&self) -> Option<u8> {
        self.bytes.get(self.cursor.checked_sub(1)?).copied()
    }

    fn start_of_previous(&self) -> usize {
        let head = self.bytes.get(..self.cursor).unwrap_or_default();
        head.iter().rposition(|byte| byte & 0xc0 != 0x80).unwrap_or(0)
    }
}

const BACKSPACE: u8 = 0x08;

fn back(columns: usize) -> Vec<u8> {
    vec![BACKSPACE; columns]
}

/// Columns that characters take, one for each.
fn width(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// Bytes of the character that a byte begins.
fn character_length(first: u8) -> usize {
    match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::LineBuffer;
    use proptest::prelude::*;

    /// What a terminal's line shows, and where its cursor is, after these bytes.
    fn on_screen(printed: &[u8]) -> (String, usize) {
        let (mut shown, mut cursor): (Vec<char>, usize) = (Vec::new(), 0);
        for character in String::from_utf8_lossy(printed).chars() {
            if character == '\x08' {
                cursor = cursor.saturating_sub(1);
                continue;
            }
            if cursor == shown.len() {
                shown.push(character);
            } else {
                shown[cursor] = character;
            }
            cursor += 1;
        }
        (shown.into_iter().collect::<String>(), cursor)
    }

    #[test]
    fn characters_are_put_in_and_taken_out_in_the_middle() {
        let mut line = LineBuffer::new("disply");
        line.left();
        assert_eq!(line.insert(b'a'), b"ay\x08");
        assert_eq!(line.text(), "display");
        assert_eq!(line.delete(), b"y\x08 \x08");
        assert_eq!(line.text(), "displa");
        assert_eq!(line.start(), b"\x08\x08\x08\x08\x08\x08");
        assert_eq!(line.delete(), b"d\x08ispla \x08\x08\x08\x08\x08\x08");
        assert_eq!(line.text(), "ispla");
    }

    #[test]
    fn a_character_of_several_bytes_is_printed_and_erased_as_one() {
        let mut line = LineBuffer::default();
        assert_eq!(line.insert(0xc3), b"");
        assert_eq!(line.insert(0xa4), "ä".as_bytes());
        assert_eq!(line.erase(), b"\x08 \x08");
        assert_eq!(line.text(), "");
        // Half a character, then another: both are kept, the half replaced.
        line.insert(0xc3);
        line.insert(b'x');
        assert_eq!(line.text(), "\u{fffd}x");
    }

    proptest! {
        #[test]
        fn the_screen_shows_the_line(keys in proptest::collection::vec(0u8..14, 0..60)) {
            let mut line = LineBuffer::default();
            let mut printed = Vec::new();
            for key in keys {
                printed.extend(match key {
                    0 => line.left(),
                    1 => line.right(),
                    2 => line.erase(),
                    3 => line.delete(),
                    4 => line.start(),
                    5 => line.end(),
                    6 => line.erase_word(),
                    7 => line.erase_to_end(),
                    12 => line.erase_to_start(),
                    8 => line.replace("display bfd"),
                    9 => "é".bytes().flat_map(|byte| line.insert(byte)).collect(),
                    10 => line.insert(b' '),
                    other => line.insert(b'a' + other),
                });
                let (shown, cursor) = on_screen(&printed);
                let text = line.text();
                prop_assert_eq!(shown.trim_end(), text.trim_end());
                let head = String::from_utf8_lossy(&line.bytes[..line.cursor]).chars().count();
                prop_assert_eq!(cursor, head);
            }
        }
    }
}
