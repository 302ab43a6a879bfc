//! A terminal line: reading typed lines with editing and echo, and printing page by page.

mod history;
mod input;
mod line_buffer;
mod output;

use std::sync::Arc;

use history::History;
pub use input::{CTRL_C, Input};
use line_buffer::LineBuffer;
pub use output::{Gone, Output};

/// Longest line that may be typed, in bytes.
const LONGEST_LINE: usize = 4096;

const PAGER: &str = "  ---- More ----";

/// How a typed line ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// By Enter.
    Line(String),
    /// By Enter, after more than may be typed.
    TooLong,
    /// By Ctrl-C.
    Abandoned,
    /// By Ctrl-Z.
    Return,
    /// By `?`; the line goes on afterwards.
    Help(String),
    /// By Tab; the line goes on afterwards.
    Complete(String),
    /// The client sends no more.
    End,
}

/// A terminal line.
pub struct Terminal {
    /// What is typed.
    pub input: Arc<Input>,
    /// What is printed.
    pub output: Output,
    after_carriage_return: bool,
    history: History,
}

impl Terminal {
    /// A terminal line of an input and an output.
    pub fn new(input: Arc<Input>, output: Output) -> Self {
        Self {
            input,
            output,
            after_carriage_return: false,
            history: History::default(),
        }
    }

    /// Reads a command that begins with `line`, which already stands on the screen. The arrow keys bring back earlier
    /// ones.
    pub async fn read_command(&mut self, line: &str) -> Result<Typed, Gone> {
        let typed = self.read(LineBuffer::new(line), false, true).await?;
        match &typed {
            Typed::Line(command) => self.history.keep(command),
            // The line goes on.
            Typed::Help(_) | Typed::Complete(_) => {}
            _ => self.history.leave(),
        }
        Ok(typed)
    }

    /// Reads an answer. Typed characters are echoed, or not at all if `secret`.
    pub async fn read_answer(&mut self, secret: bool) -> Result<Typed, Gone> {
        self.read(LineBuffer::default(), secret, false).await
    }

    async fn read(&mut self, mut line: LineBuffer, secret: bool, is_command: bool) -> Result<Typed, Gone> {
        let mut too_long = false;
        loop {
            let Some(byte) = self.input.next().await else {
                return Ok(Typed::End);
            };
            let after_carriage_return = std::mem::replace(&mut self.after_carriage_return, byte == b'\r');
            let screen = match byte {
                // The second half of CR LF, or of the telnet CR NUL.
                b'\n' | 0 if after_carriage_return => Vec::new(),
                b'\r' | b'\n' => {
                    self.output.text("\n").await?;
                    return Ok(if too_long {
                        Typed::TooLong
                    } else {
                        Typed::Line(line.text())
                    });
                }
                CTRL_C => {
                    self.output.text("^C\n").await?;
                    return Ok(Typed::Abandoned);
                }
                0x1a => {
                    self.output.text("\n").await?;
                    return Ok(Typed::Return);
                }
                b'?' if !secret => {
                    self.output.bytes(&line.end()).await?;
                    self.output.text("?\n").await?;
                    return Ok(Typed::Help(line.text()));
                }
                b'\t' if !secret => {
                    self.output.bytes(&line.end()).await?;
                    return Ok(Typed::Complete(line.text()));
                }
                0x1b => match self.read_key().await {
                    Some(key) => self.press(key, &mut line, is_command),
                    None => Vec::new(),
                },
                0x00..=0x1f | 0x7f => match control(byte) {
                    Some(key) => self.press(key, &mut line, is_command),
                    None => Vec::new(),
                },
                _ if line.len() >= LONGEST_LINE => {
                    too_long = true;
                    Vec::new()
                }
                _ => line.insert(byte),
            };
            if !secret {
                self.output.bytes(&screen).await?;
            }
        }
    }

    fn press(&mut self, key: EditingKey, line: &mut LineBuffer, is_command: bool) -> Vec<u8> {
        match key {
            EditingKey::Erase => line.erase(),
            EditingKey::Delete => line.delete(),
            EditingKey::EraseToStart => line.erase_to_start(),
            EditingKey::EraseToEnd => line.erase_to_end(),
            EditingKey::EraseWord => line.erase_word(),
            EditingKey::Left => line.left(),
            EditingKey::Right => line.right(),
            EditingKey::Start => line.start(),
            EditingKey::End => line.end(),
            EditingKey::Older | EditingKey::Newer if !is_command => Vec::new(),
            EditingKey::Older => match self.history.older(line.text()) {
                Some(command) => line.replace(&command),
                None => Vec::new(),
            },
            EditingKey::Newer => match self.history.newer() {
                Some(command) => line.replace(&command),
                None => Vec::new(),
            },
        }
    }

    /// The rest of what an arrow key and the like sends: `ESC [ … letter` or `ESC O letter`.
    async fn read_key(&mut self) -> Option<EditingKey> {
        let (b'[' | b'O') = self.input.next().await? else {
            return None;
        };
        let mut parameters: Vec<u8> = Vec::new();
        loop {
            match self.input.next().await? {
                b'A' => return Some(EditingKey::Older),
                b'B' => return Some(EditingKey::Newer),
                b'C' => return Some(EditingKey::Right),
                b'D' => return Some(EditingKey::Left),
                b'H' => return Some(EditingKey::Start),
                b'F' => return Some(EditingKey::End),
                b'~' => {
                    return match parameters.as_slice() {
                        b"1" | b"7" => Some(EditingKey::Start),
                        b"3" => Some(EditingKey::Delete),
                        b"4" | b"8" => Some(EditingKey::End),
                        _ => None,
                    };
                }
                0x40..=0x7e => return None,
                byte if parameters.len() < 8 => parameters.push(byte),
                _ => {}
            }
        }
    }

    /// Prints a command's output, `page` lines at a time (0: all at once); stops at Ctrl-C or when the pager is told to.
    pub async fn print(&mut self, text: &str, page: usize) -> Result<(), Gone> {
        // Looked for Ctrl-C between pieces: line by line where output is slow.
        let piece = if self.output.is_slow() { 1 } else { 50 };
        let mut left = page;
        let mut rest = text;
        while !rest.is_empty() {
            if self.input.take_interrupt() {
                return self.output.text("^C\n").await;
            }
            if page > 0 && left == 0 {
                left = self.ask_for_more(page).await?;
                if left == 0 {
                    return Ok(());
                }
            }
            let lines = if page == 0 { piece } else { piece.min(left) };
            let end = rest
                .match_indices('\n')
                .nth(lines - 1)
                .map_or(rest.len(), |(position, _)| position + 1);
            self.output.text(rest.get(..end).unwrap_or(rest)).await?;
            rest = rest.get(end..).unwrap_or_default();
            left = left.saturating_sub(lines);
        }
        Ok(())
    }

    /// Shows the pager; how many lines may follow.
    async fn ask_for_more(&mut self, page: usize) -> Result<usize, Gone> {
        self.output.text(PAGER).await?;
        let lines = loop {
            let byte = self.input.next().await;
            let after_carriage_return = std::mem::replace(&mut self.after_carriage_return, byte == Some(b'\r'));
            match byte {
                Some(b'\n') if after_carriage_return => {}
                Some(b' ') => break page,
                Some(b'\r' | b'\n') => break 1,
                Some(b'q' | b'Q' | CTRL_C) | None => break 0,
                Some(_) => {}
            }
        };
        let back = format!("\x1b[{}D", PAGER.len());
        let erase = format!("{back}{}{back}", " ".repeat(PAGER.len()));
        self.output.bytes(erase.as_bytes()).await?;
        Ok(lines)
    }
}

/// A key that edits the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EditingKey {
    Erase,
    Delete,
    EraseToStart,
    EraseToEnd,
    EraseWord,
    Left,
    Right,
    Start,
    End,
    Older,
    Newer,
}

/// What a control character does to the line.
fn control(byte: u8) -> Option<EditingKey> {
    Some(match byte {
        0x01 => EditingKey::Start,
        0x02 => EditingKey::Left,
        0x04 => EditingKey::Delete,
        0x05 => EditingKey::End,
        0x06 => EditingKey::Right,
        0x08 | 0x7f => EditingKey::Erase,
        0x0e => EditingKey::Newer,
        0x10 => EditingKey::Older,
        0x15 | 0x18 => EditingKey::EraseToStart,
        0x17 => EditingKey::EraseWord,
        0x19 => EditingKey::EraseToEnd,
        _ => return None,
    })
}
