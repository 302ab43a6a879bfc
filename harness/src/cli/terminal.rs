//! What the standard streams are connected to.

use std::io::IsTerminal;

/// Whether a person watches, and whether in colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Standard output is a terminal.
    pub stdout: bool,
    /// Standard error is a terminal.
    pub stderr: bool,
    /// Colour may be written to standard output.
    pub colour_on_stdout: bool,
    /// Colour may be written to standard error.
    pub colour_on_stderr: bool,
}

impl Terminal {
    /// Looks at the streams, at `NO_COLOR` (any value but an empty one turns colour off) and at `TERM`.
    pub fn detect() -> Self {
        let stdout = std::io::stdout().is_terminal();
        let stderr = std::io::stderr().is_terminal();
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self {
            stdout,
            stderr,
            colour_on_stdout: stdout && !refused,
            colour_on_stderr: stderr && !refused,
        }
    }
}
