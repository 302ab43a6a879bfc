//! A run's bundle as reports read it: its events and its evidence.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::event::Record;

/// Name of the event file in a bundle.
pub const EVENTS_FILE: &str = "events.jsonl";

/// Why a bundle cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line of the event file is not an event.
    #[error("{}:{line}: not an event of this format: {source}", path.display())]
    Event {
        /// The event file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// There are no events.
    #[error("{}: the bundle holds no events", path.display())]
    Empty {
        /// The event file.
        path: PathBuf,
    },
}

/// A run's events and where its evidence lies.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The events in order.
    pub events: Vec<Record>,
    folder: PathBuf,
}

impl Bundle {
    /// Reads the events of a bundle.
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let path = folder.join(EVENTS_FILE);
        let text = fs::read_to_string(&path).map_err(|source| BundleError::Read {
            path: path.clone(),
            source,
        })?;
        let mut events = Vec::new();
        let mut lines = text.lines().enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            match serde_json::from_str(line) {
                Ok(record) => events.push(record),
                // A run that was killed may leave half a last line; what stands before it is sound.
                Err(_) if lines.peek().is_none() && !text.ends_with('\n') => {}
                Err(source) => {
                    return Err(BundleError::Event {
                        path,
                        line: index + 1,
                        source,
                    });
                }
            }
        }
        if events.is_empty() {
            return Err(BundleError::Empty { path });
        }
        Ok(Self {
            events,
            folder: folder.to_path_buf(),
        })
    }

    /// Where the bundle lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A piece of evidence by the path that events give it. A path that leads out of the bundle is refused.
    pub fn evidence(&self, path: &str) -> Result<String, BundleError> {
        let file = self.folder.join(path);
        let inside = !path.is_empty()
            && Path::new(path)
                .components()
                .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !inside {
            let source = io::Error::new(io::ErrorKind::PermissionDenied, "the path leads out of the bundle");
            return Err(BundleError::Read { path: file, source });
        }
        let bytes = fs::read(&file).map_err(|source| BundleError::Read { path: file, source })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
