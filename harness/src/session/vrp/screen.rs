//! What a terminal would show of the bytes a device sends: lines, without the sequences that move and erase.
//!
//! Bytes may come cut anywhere. Only the line being written can be altered, as on a paper terminal with a carriage.

/// Longest line inside which the cursor may move; longer ones are only appended to.
const EDITABLE: usize = 64 * 1024;

/// Largest number accepted as a parameter of a control sequence.
const LARGEST_PARAMETER: usize = 4096;

/// Completed lines, and the line being written.
#[derive(Debug, Default)]
pub struct Screen {
    lines: Vec<u8>,
    line: Vec<u8>,
    /// Where the next character goes, in bytes from the beginning of `line`.
    cursor: usize,
    sequence: Sequence,
    erasing: Option<Erasing>,
}

/// How far a control sequence has been read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Sequence {
    #[default]
    None,
    /// ESC was read.
    Escape,
    /// ESC and an intermediate byte, e.g. of `ESC ( B`.
    Intermediate,
    /// `ESC [` with the first parameter read so far, and whether a second one has begun.
    Control { parameter: Option<usize>, further: bool },
    /// An operating system command, until BEL or `ESC \`.
    SystemCommand { escape: bool },
}

/// The pager has been answered and is about to be erased by the device.
#[derive(Debug)]
struct Erasing {
    /// The pager's line, put back when it turns out to have been text.
    pager: Vec<u8>,
    /// Blanks since the cursor last moved: erasing, unless text follows them.
    blanks: usize,
    returns: usize,
    moved: bool,
}

impl Screen {
    /// Shows further bytes.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.sequence == Sequence::None && self.erasing.is_none() && self.cursor == self.line.len() {
                let plain = bytes.iter().position(|&b| !is_plain(b)).unwrap_or(bytes.len());
                if plain > 0 {
                    self.line.extend_from_slice(&bytes[..plain]);
                    self.cursor = self.line.len();
                    bytes = &bytes[plain..];
                    continue;
                }
            }
            self.byte(byte);
            bytes = rest;
        }
    }

    /// The line being written.
    pub fn tail(&self) -> &[u8] {
        &self.line
    }

    /// The completed lines, each with its `\n`.
    pub fn lines(&self) -> &[u8] {
        &self.lines
    }

    /// How many bytes are kept.
    pub fn size(&self) -> usize {
        self.lines.len() + self.line.len()
    }

    /// Removes the completed lines from this byte on.
    pub fn truncate_lines(&mut self, length: usize) {
        self.lines.truncate(length);
    }

    /// Gives the completed lines away.
    pub fn into_lines(self) -> Vec<u8> {
        self.lines
    }

    /// The pager shown in the tail has been answered: it and whatever erases it are to vanish.
    pub fn pager_answered(&mut self) {
        self.erasing = Some(Erasing {
            pager: std::mem::take(&mut self.line),
            blanks: 0,
            returns: 0,
            moved: false,
        });
        self.cursor = 0;
    }

    fn byte(&mut self, byte: u8) {
        match self.sequence {
            Sequence::None => self.ground(byte),
            Sequence::Escape => self.sequence = self.after_escape(byte),
            Sequence::Intermediate => {
                if !(0x20..=0x2f).contains(&byte) {
                    self.sequence = Sequence::None;
                }
            }
            Sequence::Control { parameter, further } => self.control(byte, parameter, further),
            Sequence::SystemCommand { escape } => match (byte, escape) {
                (0x07, _) | (b'\\', true) => self.sequence = Sequence::None,
                // A line end inside means that it never was such a command.
                (b'\n', _) => {
                    self.sequence = Sequence::None;
                    self.ground(byte);
                }
                _ => self.sequence = Sequence::SystemCommand { escape: byte == 0x1b },
            },
        }
    }

    fn after_escape(&mut self, byte: u8) -> Sequence {
        match byte {
            b'[' => Sequence::Control {
                parameter: None,
                further: false,
            },
            b']' => Sequence::SystemCommand { escape: false },
            0x1b => Sequence::Escape,
            0x20..=0x2f => Sequence::Intermediate,
            b'\r' | b'\n' => {
                self.sequence = Sequence::None;
                self.ground(byte);
                Sequence::None
            }
            _ => Sequence::None,
        }
    }

    fn control(&mut self, byte: u8, parameter: Option<usize>, further: bool) {
        match byte {
            b'0'..=b'9' if !further => {
                let value = parameter.unwrap_or(0) * 10 + usize::from(byte - b'0');
                self.sequence = Sequence::Control {
                    parameter: Some(value.min(LARGEST_PARAMETER)),
                    further,
                };
            }
            b';' => {
                self.sequence = Sequence::Control {
                    parameter,
                    further: true,
                }
            }
            0x40..=0x7e => {
                self.sequence = Sequence::None;
                self.perform(byte, parameter);
            }
            0x1b => self.sequence = Sequence::Escape,
            b'\r' | b'\n' => {
                self.sequence = Sequence::None;
                self.ground(byte);
            }
            _ => {}
        }
    }

    fn ground(&mut self, byte: u8) {
        if byte == 0x1b {
            self.sequence = Sequence::Escape;
            return;
        }
        if self.erasing.is_some() && self.while_erasing(byte) {
            return;
        }
        match byte {
            b'\n' => {
                self.lines.append(&mut self.line);
                self.lines.push(b'\n');
                self.cursor = 0;
            }
            b'\r' => self.cursor = 0,
            0x08 => self.back(1),
            _ if is_plain(byte) => self.put(byte),
            _ => {}
        }
    }

    /// Handles one byte of the erasing; returns whether it was part of it.
    fn while_erasing(&mut self, byte: u8) -> bool {
        let Some(erasing) = &mut self.erasing else { return false };
        match byte {
            b' ' => erasing.blanks += 1,
            b'\r' => {
                erasing.returns += 1;
                // A return that is followed by blanks or another return erases; one before `\n` ends a line.
                erasing.moved |= erasing.blanks > 0 || erasing.returns > 1;
                if erasing.moved {
                    erasing.blanks = 0;
                }
            }
            0x08 => {
                erasing.moved = true;
                erasing.blanks = 0;
            }
            b'\n' => {
                self.end_erasing(false);
                return false;
            }
            _ if is_plain(byte) => {
                self.end_erasing(true);
                return false;
            }
            _ => {}
        }
        true
    }

    /// The erasing is over. A pager that nothing erased was a line of text.
    fn end_erasing(&mut self, text_follows: bool) {
        let Some(erasing) = self.erasing.take() else { return };
        let erased = erasing.moved || (erasing.returns > 0 && text_follows);
        if !erased {
            self.line = erasing.pager;
        }
        self.line.extend(std::iter::repeat_n(b' ', erasing.blanks));
        self.cursor = self.line.len();
    }

    fn perform(&mut self, command: u8, parameter: Option<usize>) {
        let count = parameter.unwrap_or(1).max(1);
        if let Some(erasing) = &mut self.erasing {
            match command {
                b'D' | b'G' | b'K' | b'P' | b'X' | b'J' | b'H' => {
                    erasing.moved = true;
                    erasing.blanks = 0;
                }
                b'C' => erasing.blanks = (erasing.blanks + count).min(EDITABLE),
                _ => {}
            }
            return;
        }
        if self.line.len() > EDITABLE {
            return;
        }
        match command {
            b'D' => self.back(count),
            b'C' => self.forward(count),
            b'G' => {
                self.cursor = 0;
                self.forward(count - 1);
            }
            b'K' => match parameter.unwrap_or(0) {
                0 => self.line.truncate(self.cursor),
                1 => {
                    let cursor = self.cursor.min(self.line.len());
                    self.line[..cursor].fill(b' ');
                }
                _ => {
                    self.line.clear();
                    self.line.resize(self.cursor, b' ');
                }
            },
            b'P' => {
                for _ in 0..count.min(self.line.len() - self.cursor) {
                    self.remove_character();
                }
            }
            _ => {}
        }
    }

    fn put(&mut self, byte: u8) {
        if self.cursor >= self.line.len() || self.line.len() > EDITABLE {
            self.line.push(byte);
            self.cursor = self.line.len();
            return;
        }
        if byte.is_ascii() && self.line[self.cursor].is_ascii() {
            self.line[self.cursor] = byte;
        } else {
            // The continuation of a character stands beside what it continues; it covers nothing of its own.
            if !is_continuation(byte) {
                self.remove_character();
            }
            self.line.insert(self.cursor, byte);
        }
        self.cursor += 1;
    }

    fn remove_character(&mut self) {
        if self.cursor < self.line.len() {
            self.line.remove(self.cursor);
            while self.line.get(self.cursor).copied().is_some_and(is_continuation) {
                self.line.remove(self.cursor);
            }
        }
    }

    fn back(&mut self, count: usize) {
        if self.line.len() > EDITABLE {
            return;
        }
        for _ in 0..count {
            if self.cursor == 0 {
                return;
            }
            self.cursor -= 1;
            while self.cursor > 0 && is_continuation(self.line[self.cursor]) {
                self.cursor -= 1;
            }
        }
    }

    fn forward(&mut self, count: usize) {
        for _ in 0..count {
            if self.cursor >= self.line.len() {
                self.line.push(b' ');
            }
            self.cursor += 1;
            while self.line.get(self.cursor).copied().is_some_and(is_continuation) {
                self.cursor += 1;
            }
        }
    }
}

/// Whether a byte is shown as it is: printable, a tab, or part of a longer character.
fn is_plain(byte: u8) -> bool {
    (byte >= 0x20 && byte != 0x7f) || byte == b'\t'
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn shown(bytes: &[u8]) -> (String, String) {
        let mut screen = Screen::default();
        screen.feed(bytes);
        let tail = String::from_utf8_lossy(screen.tail()).into_owned();
        (String::from_utf8_lossy(&screen.into_lines()).into_owned(), tail)
    }

    #[rstest]
    #[case::line_ends(b"a\r\nb\nc\r\r\n<PE1>", "a\nb\nc\n", "<PE1>")]
    #[case::trailing_blanks_stay(b"  a  \r\n", "  a  \n", "")]
    #[case::tab_stays(b"a\tb\r\n", "a\tb\n", "")]
    #[case::nul_and_bell(b"a\0b\x07c\r\n", "abc\n", "")]
    #[case::colour(b"\x1b[1;31mred\x1b[0m\r\n", "red\n", "")]
    #[case::return_overwrites(b"old\rnew\r\n", "new\n", "")]
    #[case::backspace(b"ab\x08c\r\n", "ac\n", "")]
    #[case::cursor_left(b"abc\x1b[2Dx\r\n", "axc\n", "")]
    #[case::erase_line(b"abc\r\x1b[Kx\r\n", "x\n", "")]
    #[case::title(b"\x1b]0;PE1\x07a\r\n\x1b]0;x\x1b\\b\r\n", "a\nb\n", "")]
    #[case::character_set(b"\x1b(Ba\r\n", "a\n", "")]
    #[case::utf8_overwritten("é\rx\r\n".as_bytes(), "x\n", "")]
    #[case::utf8("schön 中文\r\n".as_bytes(), "schön 中文\n", "")]
    #[case::unfinished_sequence(b"a\x1b[12\r\nb", "a\n", "b")]
    fn shows_lines(#[case] bytes: &[u8], #[case] lines: &str, #[case] tail: &str) {
        assert_eq!(shown(bytes), (lines.to_owned(), tail.to_owned()));
        let mut by_bytes = Screen::default();
        for byte in bytes {
            by_bytes.feed(&[*byte]);
        }
        assert_eq!(by_bytes.lines(), lines.as_bytes());
        assert_eq!(by_bytes.tail(), tail.as_bytes());
    }

    #[rstest]
    #[case::left_blanks_left(b"\x1b[16D                \x1b[16D  10.0.0.0\r\n", "  10.0.0.0\n")]
    #[case::left_42(b"\x1b[42D                                          \x1b[42D#\r\n", "#\n")]
    #[case::blank_and_left(b" \x1b[17D  text\r\n", "  text\n")]
    #[case::left_only(b"\x1b[16Dtext\r\n", "text\n")]
    #[case::returns(b"\r                \r text\r\n", " text\n")]
    #[case::return_only(b"\rtext\r\n", "text\n")]
    #[case::backspaces(b"\x08\x08  \x08\x08text\r\n", "text\n")]
    #[case::erase_line(b"\r\x1b[Ktext\r\n", "text\n")]
    #[case::coloured(b"\x1b[0m\x1b[16D\x1b[K text\r\n", " text\n")]
    #[case::empty_line_follows(b"\x1b[16D                \x1b[16D\r\ntext\r\n", "\ntext\n")]
    #[case::it_was_text(b"\r\ntext\r\n", "  ---- More ----\ntext\n")]
    fn pager_vanishes(#[case] after: &[u8], #[case] lines: &str) {
        for step in 1..=after.len() {
            let mut screen = Screen::default();
            screen.feed(b"  ---- More ----");
            screen.pager_answered();
            for chunk in after.chunks(step) {
                screen.feed(chunk);
            }
            assert_eq!(String::from_utf8_lossy(screen.lines()), lines, "chunks of {step}");
        }
    }

    /// Whatever arrives, however it is cut, the screen shows the same and nothing panics.
    #[test]
    fn hostile_bytes_are_shown_alike_however_they_are_cut() {
        let pieces: [&[u8]; 24] = [
            b"a",
            b"  ",
            b"\r",
            b"\n",
            b"\r\n",
            b"\x08",
            b"\x1b",
            b"[",
            b"\x1b[3D",
            b"\x1b[2C",
            b"\x1b[K",
            b"\x1b[1K",
            b"\x1b[2K",
            b"\x1b[5G",
            b"\x1b[2P",
            b"\x1b]0;t",
            b"\x07",
            b"\x1b\\",
            "\u{e9}".as_bytes(),
            "中".as_bytes(),
            b"\xff",
            b"\x80",
            b"\0",
            b";1",
        ];
        let mut random = 1_u64;
        let mut below = |limit: usize| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) as usize % limit
        };
        for _ in 0..3000 {
            let bytes: Vec<u8> = (0..30).flat_map(|_| pieces[below(pieces.len())].to_vec()).collect();
            let pager = below(2) == 0;
            let show = |chunk: usize| {
                let mut screen = Screen::default();
                screen.feed(b"  ---- More ----");
                if pager {
                    screen.pager_answered();
                }
                bytes.chunks(chunk).for_each(|chunk| screen.feed(chunk));
                (screen.lines().to_vec(), screen.tail().to_vec())
            };
            let whole = show(bytes.len());
            assert_eq!(show(1), whole, "{bytes:?}");
            assert_eq!(show(1 + below(9)), whole, "{bytes:?}");
        }
    }

    #[test]
    fn hostile_parameters_cost_nothing() {
        let (lines, _) = shown(b"a\x1b[99999999999999999999999Cb\r\n");
        assert_eq!(lines.len(), 1 + LARGEST_PARAMETER + 2);
    }
}
