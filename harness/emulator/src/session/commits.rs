//! Commits: `commit`, `rollback configuration`, and the commands that list what was committed.

use std::sync::Arc;

use super::Session;
use super::reply::{Question, Reply};
use crate::configuration::{Commit, CommitHistory, CommitNote, Configuration, difference};
use crate::grammar::Matched;

const RULE: &str = "---------------------------------------------------------------------------------\n";

impl Session {
    /// `commit [label NAME] [description TEXT]`.
    pub(super) fn commit_as(&mut self, matched: Option<&Matched>) -> Reply {
        let words = words(matched);
        let note = CommitNote {
            user: self.username.clone(),
            label: after(&words, "label").map(str::to_owned),
            description: after(&words, "description")
                .or_else(|| after(&words, "comment"))
                .map(str::to_owned),
        };
        if let Some(label) = &note.label
            && self.history().of_label(label).is_some()
        {
            return Reply::refusal("Error: The label already exists.");
        }
        let Some(editing) = &mut self.editing else {
            return Reply::output("");
        };
        match self
            .lab
            .commit_noted(self.device, &editing.base, &editing.candidate, note)
        {
            Ok(committed) => {
                editing.restart(committed);
                Reply::output("")
            }
            Err(conflict) => Reply::refusal(format!(
                "Error: Failed to generate committed config: `{}` was changed by another user since this configuration \
                 was begun. Clear it by `clear configuration candidate` and try again.",
                conflict.line
            )),
        }
    }

    fn history(&self) -> CommitHistory {
        self.lab
            .history(self.device)
            .unwrap_or_else(|| CommitHistory::new(self.running(), self.lab.clock()))
    }

    /// The configuration that `rollback configuration …` or `display configuration rollback changes …` means.
    fn target(&self, words: &[&str]) -> Result<Arc<Configuration>, Reply> {
        let history = self.history();
        let found: Option<&Commit> = if let Some(id) = after(words, "commit-id") {
            id.parse().ok().and_then(|id| history.of_id(id))
        } else if let Some(label) = after(words, "label") {
            history.of_label(label)
        } else {
            let count = after(words, "last").and_then(|count| count.parse().ok()).unwrap_or(1);
            history.before_last(count)
        };
        found
            .map(|commit| Arc::clone(&commit.configuration))
            .ok_or_else(|| Reply::refusal("Error: The rollback point does not exist."))
    }

    /// `rollback configuration to commit-id N`, `to label NAME`, `last N`: asks first.
    pub(super) fn ask_to_roll_back(&mut self, matched: &Matched) -> Reply {
        if self.editing.as_ref().is_some_and(super::Editing::is_pending) {
            return Reply::refusal(
                "Error: The candidate configuration holds changes that are not committed. Commit or clear them first.",
            );
        }
        match self.target(&words(Some(matched))) {
            Ok(target) => {
                self.rollback_target = Some(target);
                Reply::ask(Question::RollBack)
            }
            Err(refusal) => refusal,
        }
    }

    /// Carries out the rollback that was asked about.
    pub(super) fn roll_back(&mut self) -> Reply {
        let Some(target) = self.rollback_target.take() else {
            return Reply::output("");
        };
        let note = CommitNote {
            user: self.username.clone(),
            ..CommitNote::default()
        };
        match self.lab.roll_back(self.device, &target, note) {
            Ok(()) => Reply::output("Info: Rollback succeeded.\n"),
            Err(conflict) => Reply::refusal(format!(
                "Error: Rollback failed: `{}` was changed meanwhile.",
                conflict.line
            )),
        }
    }

    /// `display configuration commit list [verbose] [N | label]`.
    pub(super) fn display_commit_list(&self, matched: &Matched) -> Reply {
        let words = words(Some(matched));
        let most = words.last().and_then(|word| word.parse().ok()).unwrap_or(usize::MAX);
        let history = self.history();
        let chosen = history
            .latest_first()
            .map(|(commit, _)| commit)
            .filter(|commit| !words.contains(&"label") || commit.note.label.is_some())
            .take(most);
        if words.contains(&"verbose") {
            return Reply::output(
                chosen
                    .enumerate()
                    .map(|(at, commit)| verbose(at + 1, commit))
                    .collect::<String>(),
            );
        }
        let mut text =
            format!("{RULE}No.  CommitId    Label                          User           TimeStamp\n{RULE}");
        for (at, commit) in chosen.enumerate() {
            text += &format!(
                "{:<4} {:<11} {:<30} {:<14} {}\n",
                at + 1,
                commit.id,
                commit.note.label.as_deref().unwrap_or("-"),
                user(commit),
                commit.at.format("%Y-%m-%d %H:%M:%S")
            );
        }
        Reply::output(text + RULE)
    }

    /// `display configuration commit changes [last N | at commit-id N | since commit-id N]`.
    pub(super) fn display_commit_changes(&self, matched: &Matched) -> Reply {
        let words = words(Some(matched));
        let history = self.history();
        let id: Option<u64> = after(&words, "commit-id").and_then(|id| id.parse().ok());
        if id.is_some_and(|id| history.of_id(id).is_none()) {
            return Reply::refusal("Error: The commit ID does not exist.");
        }
        let most = after(&words, "last")
            .and_then(|count| count.parse().ok())
            .unwrap_or(usize::MAX);
        let mut text = String::new();
        for (commit, before) in history.latest_first().take(most) {
            let wanted = match id {
                None => true,
                Some(id) if words.contains(&"since") => commit.id >= id,
                Some(id) => commit.id == id,
            };
            // What the device was started with is no change.
            let (true, Some(before)) = (wanted, before) else {
                continue;
            };
            text += &format!("Building configuration\n# CommitId: {}\n", commit.id);
            text += &difference(before, &commit.configuration);
        }
        Reply::output(text)
    }

    /// `display configuration rollback changes [last N | to commit-id N | to label NAME]`.
    pub(super) fn display_rollback_changes(&self, matched: &Matched) -> Reply {
        match self.target(&words(Some(matched))) {
            Ok(target) => Reply::output(format!(
                "Building configuration\n{}",
                difference(&self.running(), &target)
            )),
            Err(refusal) => refusal,
        }
    }
}

fn words(matched: Option<&Matched>) -> Vec<&str> {
    let words = matched.map(|matched| matched.words.as_slice()).unwrap_or_default();
    words.iter().map(|word| word.text.as_str()).collect()
}

fn after<'a>(words: &[&'a str], keyword: &str) -> Option<&'a str> {
    let at = words.iter().position(|word| *word == keyword)?;
    words.get(at + 1).copied()
}

fn user(commit: &Commit) -> &str {
    if commit.note.user.is_empty() {
        "-"
    } else {
        &commit.note.user
    }
}

fn verbose(number: usize, commit: &Commit) -> String {
    format!(
        "{number}) CommitId: {}\n        Label: {}\n        User: {}\n        User-Intf: VTY 0\n        Type: CLI\n        \
         TimeStamp: {}\n        Description: {}\n\n",
        commit.id,
        commit.note.label.as_deref().unwrap_or("-"),
        user(commit),
        commit.at.format("%Y-%m-%d %H:%M:%S"),
        commit.note.description.as_deref().unwrap_or_default()
    )
}
