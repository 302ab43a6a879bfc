//! The journal of changes: one file a change, on disk before the change is sent and gone once its undo is verified.

mod entry;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use entry::{Entry, JOURNAL_FORMAT, LabReference};

use crate::state::{StateError, StateFolder};

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// A file of it cannot be read or written.
    #[error("journal {}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of it is not an entry. It is left alone: it may stand for a change that is still in force.
    #[error("journal {}: not an entry that this version understands ({reason}); it is kept", path.display())]
    NotAnEntry {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The state folder cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// The journal of one state folder.
#[derive(Debug, Clone)]
pub struct Journal {
    folder: PathBuf,
}

impl Journal {
    /// Opens the journal of a state folder, making it if it is missing.
    pub fn open(state: &StateFolder) -> Result<Self, JournalError> {
        Ok(Self {
            folder: state.folder("journal")?,
        })
    }

    /// Writes an entry. When this returns, it survives a power loss.
    pub fn write(&self, entry: &Entry) -> Result<(), JournalError> {
        let path = self.path(entry);
        let unfinished = path.with_extension("unfinished");
        let failed = |source| JournalError::File {
            path: path.clone(),
            source,
        };
        let text = serde_json::to_vec_pretty(entry).map_err(|error| failed(error.into()))?;
        let mut file = private_file(&unfinished).map_err(failed)?;
        file.write_all(&text)
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&unfinished, &path))
            .and_then(|()| sync_folder(&self.folder))
            .map_err(failed)
    }

    /// Removes an entry whose undo is verified. When this returns, the removal survives a power loss.
    pub fn remove(&self, entry: &Entry) -> Result<(), JournalError> {
        let path = self.path(entry);
        match fs::remove_file(&path).and_then(|()| sync_folder(&self.folder)) {
            Ok(()) => Ok(()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(JournalError::File { path, source }),
        }
    }

    /// Every entry, newest first: the order in which changes are to be undone. What cannot be read stands beside.
    pub fn entries(&self) -> Result<(Vec<Entry>, Vec<JournalError>), JournalError> {
        let failed = |source| JournalError::File {
            path: self.folder.clone(),
            source,
        };
        let mut entries = Vec::new();
        let mut unreadable = Vec::new();
        for file in fs::read_dir(&self.folder).map_err(failed)? {
            let path = file.map_err(failed)?.path();
            // An unfinished file is of a change that was never sent.
            if path.extension().is_some_and(|extension| extension == "json") {
                match read(&path) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => unreadable.push(error),
                }
            }
        }
        entries.sort_by(|a, b| (b.written_at, &b.run, b.change).cmp(&(a.written_at, &a.run, a.change)));
        Ok((entries, unreadable))
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where an entry lies.
    pub fn path(&self, entry: &Entry) -> PathBuf {
        self.folder.join(format!("{}.json", entry.id()))
    }
}

fn read(path: &Path) -> Result<Entry, JournalError> {
    let bytes = fs::read(path).map_err(|source| JournalError::File {
        path: path.to_path_buf(),
        source,
    })?;
    let not_an_entry = |reason: String| JournalError::NotAnEntry {
        path: path.to_path_buf(),
        reason,
    };
    let entry: Entry = serde_json::from_slice(&bytes).map_err(|error| not_an_entry(error.to_string()))?;
    if entry.format != JOURNAL_FORMAT {
        return Err(not_an_entry(format!(
            "format {} instead of {JOURNAL_FORMAT}",
            entry.format
        )));
    }
    let named = path
        .file_stem()
        .is_some_and(|stem| stem.to_string_lossy() == entry.id());
    named
        .then_some(entry)
        .ok_or_else(|| not_an_entry("it does not have the name of its file".into()))
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    // Only Unix systems open folders as files; elsewhere the rename itself is what there is.
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::entry::tests::entry;
    use super::*;

    fn journal(folder: &tempfile::TempDir) -> Journal {
        Journal::open(&StateFolder::at(folder.path())).unwrap()
    }

    #[test]
    fn entries_come_back_newest_first_and_go_when_removed() {
        let folder = tempfile::tempdir().unwrap();
        let journal = journal(&folder);
        let (first, second) = (entry("r", 1), entry("r", 2));
        journal.write(&first).unwrap();
        journal.write(&second).unwrap();
        let (entries, unreadable) = journal.entries().unwrap();
        assert_eq!(entries.iter().map(|entry| entry.change).collect::<Vec<_>>(), [2, 1]);
        assert!(unreadable.is_empty());
        assert_eq!(entries[1], first);
        journal.remove(&second).unwrap();
        journal.remove(&second).unwrap();
        assert_eq!(journal.entries().unwrap().0.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let journal = journal(&folder);
        let path = folder.path().join("journal/x-0001.json");
        std::fs::write(&path, "{\"format\": 1").unwrap();
        std::fs::write(folder.path().join("journal/y-0001.unfinished"), "").unwrap();
        let (entries, unreadable) = journal.entries().unwrap();
        assert!(entries.is_empty());
        assert_eq!(unreadable.len(), 1);
        assert!(unreadable[0].to_string().contains("x-0001.json"));
        assert!(path.exists());
    }

    #[test]
    fn an_entry_under_another_name_is_not_taken_for_one() {
        let folder = tempfile::tempdir().unwrap();
        let journal = journal(&folder);
        journal.write(&entry("r", 1)).unwrap();
        std::fs::rename(
            folder.path().join("journal/r-0001.json"),
            folder.path().join("journal/r-0002.json"),
        )
        .unwrap();
        let (entries, unreadable) = journal.entries().unwrap();
        assert_eq!((entries.len(), unreadable.len()), (0, 1));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_journal() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let journal = journal(&folder);
        let entry = entry("r", 1);
        journal.write(&entry).unwrap();
        let mode = std::fs::metadata(journal.path(&entry)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
