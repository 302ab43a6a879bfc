//! A terminal line: reading typed lines with editing and echo, and printing page by page.

mod input;
mod output;

use std::sync::Arc;

pub use input::{CTRL_C, Input};
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
}

impl Terminal {
    /// A terminal line of an input and an output.
    pub fn new(input: Arc<Input>, output: Output) -> Self {
        Self {
            input,
            output,
            after_carriage_return: false,
        }
    }

    /// Reads a line that begins with `line`, which already stands on the screen. Typed characters are echoed, or not
    /// at all if `secret`.
    pub async fn read_line(&mut self, line: &str, secret: bool) -> Result<Typed, Gone> {
        let mut line: Vec<u8> = line.as_bytes().to_vec();
        let mut too_long = false;
        loop {
            let Some(byte) = self.input.next().await else {
                return Ok(Typed::End);
            };
            let after_carriage_return = std::mem::replace(&mut self.after_carriage_return, byte == b'\r');
            match byte {
                // The second half of CR LF, or of the telnet CR NUL.
                b'\n' | 0 if after_carriage_return => {}
                b'\r' | b'\n' => {
                    self.output.text("\n").await?;
                    return Ok(if too_long {
                        Typed::TooLong
                    } else {
                        Typed::Line(text(&line))
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
                    self.output.text("?\n").await?;
                    return Ok(Typed::Help(text(&line)));
                }
                b'\t' if !secret => return Ok(Typed::Complete(text(&line))),
                0x08 | 0x7f => self.erase(&mut line, secret).await?,
                // Ctrl-U and Ctrl-X delete the line, Ctrl-W its last word.
                0x15 | 0x18 => {
                    while !line.is_empty() {
                        self.erase(&mut line, secret).await?;
                    }
                }
                0x17 => {
                    while line.last().is_some_and(|byte| *byte == b' ') {
                        self.erase(&mut line, secret).await?;
                    }
                    while line.last().is_some_and(|byte| *byte != b' ') {
                        self.erase(&mut line, secret).await?;
                    }
                }
                0x1b => self.skip_escape_sequence().await,
                0x00..=0x1f => {}
                _ if line.len() >= LONGEST_LINE => too_long = true,
                _ => {
                    line.push(byte);
                    if !secret {
                        self.output.bytes(&[byte]).await?;
                    }
                }
            }
        }
    }

    async fn erase(&mut self, line: &mut Vec<u8>, secret: bool) -> Result<(), Gone> {
        let mut erased = false;
        // A character of several bytes goes as a whole.
        while let Some(byte) = line.pop() {
            erased = true;
            if byte & 0xc0 != 0x80 {
                break;
            }
        }
        if erased && !secret {
            self.output.bytes(b"\x08 \x08").await
        } else {
            Ok(())
        }
    }

    /// Arrow keys and the like: `ESC [ … letter` or `ESC O letter`.
    async fn skip_escape_sequence(&mut self) {
        let Some(b'[' | b'O') = self.input.next().await else {
            return;
        };
        while let Some(byte) = self.input.next().await {
            if (0x40..=0x7e).contains(&byte) {
                return;
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

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}
