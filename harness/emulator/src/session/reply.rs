//! What the device answers to a line: output, and a question if one follows.

/// What the device does after a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It shows the prompt.
    Prompt,
    /// It waits for the answer to a question.
    Ask(Question),
    /// It ends the session.
    Close,
}

/// A question that the device asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Uncommitted changes on leaving the system view by `quit` or `return`.
    CommitBeforeLeaving,
    /// Whether to save.
    Save,
}

impl Question {
    /// How it is asked.
    pub fn text(self) -> &'static str {
        match self {
            Self::CommitBeforeLeaving => {
                "Warning: Uncommitted configurations found. Are you sure to commit them before exiting? [Y(yes)/N(no)/C(cancel)]:"
            }
            Self::Save => {
                "Warning: The current configuration will be written to the device.\nAre you sure to continue? [Y/N]:"
            }
        }
    }
}

/// The device's answer to a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Output, lines ended by `\n`.
    pub text: String,
    /// Whether the line was refused.
    pub refused: bool,
    /// What comes next.
    pub then: Then,
}

impl Reply {
    pub(super) fn output(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            refused: false,
            then: Then::Prompt,
        }
    }

    pub(super) fn refusal(text: impl Into<String>) -> Self {
        let mut text = text.into();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Self {
            text,
            refused: true,
            then: Then::Prompt,
        }
    }

    pub(super) fn ask(question: Question) -> Self {
        Self {
            text: String::new(),
            refused: false,
            then: Then::Ask(question),
        }
    }
}
