//! What a person sees of a run in a terminal or a pipe.

mod progress;
mod summary;

pub use progress::{Lines, progress_line};
pub use summary::summary;

use anstyle::{AnsiColor, Style};
use checks::outcome::Verdict;

/// How to write for a console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Columns; text is wrapped or cut to fit where it can be.
    pub width: usize,
    /// Whether colours are wanted.
    pub colour: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 100,
            colour: false,
        }
    }
}

impl Options {
    /// Text in the colour of a verdict.
    fn paint(self, verdict: Verdict, text: &str) -> String {
        let colour = match verdict {
            Verdict::Pass => AnsiColor::Green,
            Verdict::Fail => AnsiColor::Red,
            Verdict::Inconclusive => AnsiColor::Yellow,
            Verdict::Skipped => AnsiColor::BrightBlack,
        };
        self.styled(Style::new().bold().fg_color(Some(colour.into())), text)
    }

    /// Text in a style, where colours are wanted.
    fn styled(self, style: Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
