//! The commits of a device: what was committed when and by whom, and the configuration that each led to.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};

use super::tree::Configuration;

/// How many commits a device remembers.
const MOST_COMMITS: usize = 100;

/// The number of the first commit.
const FIRST: u64 = 1_000_000_001;

/// What a user says of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommitNote {
    /// Who commits.
    pub user: String,
    /// `commit label …`; no two commits have the same.
    pub label: Option<String>,
    /// `commit description …`.
    pub description: Option<String>,
}

/// A commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its number.
    pub id: u64,
    /// What the user said of it.
    pub note: CommitNote,
    /// When it was.
    pub at: DateTime<FixedOffset>,
    /// What was running from then on.
    pub configuration: Arc<Configuration>,
}

/// The commits of a device, the first being what it was started with.
#[derive(Debug, Clone)]
pub struct CommitHistory {
    commits: VecDeque<Commit>,
    next: u64,
}

impl CommitHistory {
    /// The history of a device that was started with a configuration.
    pub fn new(start: Arc<Configuration>, at: DateTime<FixedOffset>) -> Self {
        let mut history = Self {
            commits: VecDeque::new(),
            next: FIRST,
        };
        history.record(start, at, CommitNote::default());
        history
    }

    /// Remembers a commit; the oldest one is forgotten for it if there are too many.
    pub fn record(&mut self, configuration: Arc<Configuration>, at: DateTime<FixedOffset>, note: CommitNote) {
        if self.commits.len() >= MOST_COMMITS {
            self.commits.pop_front();
        }
        self.commits.push_back(Commit {
            id: self.next,
            note,
            at,
            configuration,
        });
        self.next += 1;
    }

    /// The commits, the last first, each with the configuration before it where that is still known.
    pub fn latest_first(&self) -> impl Iterator<Item = (&Commit, Option<&Arc<Configuration>>)> {
        (0..self.commits.len()).rev().filter_map(|at| {
            let before = at.checked_sub(1).and_then(|before| self.commits.get(before));
            Some((self.commits.get(at)?, before.map(|commit| &commit.configuration)))
        })
    }

    /// The commit of a number.
    pub fn of_id(&self, id: u64) -> Option<&Commit> {
        self.commits.iter().find(|commit| commit.id == id)
    }

    /// The commit of a label.
    pub fn of_label(&self, label: &str) -> Option<&Commit> {
        self.commits
            .iter()
            .find(|commit| commit.note.label.as_deref() == Some(label))
    }

    /// The configuration before the last so many commits.
    pub fn before_last(&self, count: usize) -> Option<&Commit> {
        self.commits.get(self.commits.len().checked_sub(count + 1)?)
    }
}
