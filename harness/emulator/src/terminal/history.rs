//! The commands that were typed before, for the arrow keys.

use std::collections::VecDeque;

/// Commands that are kept: `history-command max-size` of a new device.
const KEPT: usize = 10;

/// The commands typed before, and which of them is shown.
#[derive(Debug, Default)]
pub struct History {
    /// The oldest first.
    commands: VecDeque<String>,
    /// How many steps back the line on the screen is; 0 is the one that is being typed.
    back: usize,
    draft: String,
}

impl History {
    /// Keeps a command, unless it is the same as the last one, and forgets what was being shown.
    pub fn keep(&mut self, command: &str) {
        self.back = 0;
        if command.trim().is_empty() || self.commands.back().is_some_and(|last| last == command) {
            return;
        }
        if self.commands.len() == KEPT {
            self.commands.pop_front();
        }
        self.commands.push_back(command.to_owned());
    }

    /// Forgets what was being shown.
    pub fn leave(&mut self) {
        self.back = 0;
    }

    /// The command before the one that is shown; `line` is what stands on the screen.
    pub fn older(&mut self, line: String) -> Option<String> {
        let index = self.commands.len().checked_sub(self.back + 1)?;
        if self.back == 0 {
            self.draft = line;
        }
        self.back += 1;
        self.commands.get(index).cloned()
    }

    /// The command after the one that is shown, at last the line that was being typed.
    pub fn newer(&mut self) -> Option<String> {
        self.back = self.back.checked_sub(1)?;
        if self.back == 0 {
            return Some(std::mem::take(&mut self.draft));
        }
        self.commands.get(self.commands.len().checked_sub(self.back)?).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::History;

    #[test]
    fn one_goes_back_and_forth_among_the_last_ten() {
        let mut history = History::default();
        assert_eq!(history.older("x".into()), None);
        for number in 0..12 {
            history.keep(&format!("command {number}"));
            history.keep(&format!("command {number}"));
        }
        history.keep("  ");
        let mut line = "draft".to_owned();
        let mut seen = 0;
        while let Some(older) = history.older(line.clone()) {
            line = older;
            seen += 1;
        }
        assert_eq!((seen, line.as_str()), (10, "command 2"));
        assert_eq!(history.newer().as_deref(), Some("command 3"));
        for _ in 0..8 {
            line = history.newer().expect("a command");
        }
        assert_eq!(line, "command 11");
        assert_eq!(history.newer().as_deref(), Some("draft"));
        assert_eq!(history.newer(), None);
    }
}
