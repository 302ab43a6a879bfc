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
    /// Whether to return to an earlier configuration.
    RollBack,
    /// Whether to forget the saved configuration.
    EraseSaved,
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
            Self::RollBack => {
                "Warning: This operation will revert configuration changes to the previous status. Continue? [Y/N]:"
            }
            Self::EraseSaved => {
                "Warning: The action will delete the saved configuration on the device.\nThe configuration will be erased to reconfigure. Continue? [Y/N]:"
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
    /// Whether it is printed without the pager whatever the screen length.
    pub without_pager: bool,
}

impl Reply {
    pub(super) fn output(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            refused: false,
            then: Then::Prompt,
            without_pager: false,
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
            without_pager: false,
        }
    }

    pub(super) fn ask(question: Question) -> Self {
        Self {
            text: String::new(),
            refused: false,
            then: Then::Ask(question),
            without_pager: false,
        }
    }
}
