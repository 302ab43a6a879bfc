//! A run's bundle as reports read it: its events and its evidence.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::event::Record;

/// Name of the event file in a bundle.
pub const EVENTS_FILE: &str = "events.jsonl";

/// A hash as events write it: two lower-case hexadecimal digits a byte.
pub fn hexadecimal(hash: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 0xf)]);
    hash.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

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

impl BundleError {
    /// What is wrong, without the path in front of it.
    pub fn reason(&self) -> String {
        match self {
            Self::Read { source, .. } => source.to_string(),
            Self::Event { source, .. } => source.to_string(),
            Self::Empty { .. } => "the bundle holds no events".to_owned(),
        }
    }
}

/// A run's events and where its evidence lies.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The events in order.
    pub events: Vec<Record>,
    folder: PathBuf,
    torn: bool,
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
        let mut torn = false;
        let mut lines = text.lines().enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            match serde_json::from_str(line) {
                Ok(record) => events.push(record),
                // A run that was killed may leave half a last line; what stands before it is sound.
                Err(_) if lines.peek().is_none() && !text.ends_with('\n') => torn = true,
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
            torn,
        })
    }

    /// Where the bundle lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the last line of the events is half a line, as a killed run leaves it.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// A piece of evidence by the path that events give it, invalid UTF-8 replaced.
    ///
    /// # Errors
    /// As [`Bundle::file`].
    pub fn evidence(&self, path: &str) -> Result<String, BundleError> {
        let mut bytes = Vec::new();
        self.file(path)?
            .read_to_end(&mut bytes)
            .map_err(|source| self.unreadable(path, source))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A file of the bundle, open for reading.
    ///
    /// # Errors
    /// If it is not there, or is no ordinary file, or if the path leads out of the bundle, by itself or by a symbolic
    /// link: a bundle may come from anywhere, and a report must not carry off what lies beside it.
    pub fn file(&self, path: &str) -> Result<File, BundleError> {
        let refuse = |why: &str| self.unreadable(path, io::Error::new(io::ErrorKind::PermissionDenied, why));
        let plain = Path::new(path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if path.is_empty() || !plain {
            return Err(refuse("the path leads out of the bundle"));
        }
        let root = self
            .folder
            .canonicalize()
            .map_err(|source| self.unreadable(path, source))?;
        let file = root
            .join(path)
            .canonicalize()
            .map_err(|source| self.unreadable(path, source))?;
        if !file.starts_with(&root) {
            return Err(refuse("a symbolic link leads out of the bundle"));
        }
        if !file.is_file() {
            return Err(refuse("it is not an ordinary file"));
        }
        File::open(&file).map_err(|source| self.unreadable(path, source))
    }

    fn unreadable(&self, path: &str, source: io::Error) -> BundleError {
        BundleError::Read {
            path: self.folder.join(path),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn hashes_are_written_as_everywhere() {
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hexadecimal(&Sha256::digest(b"")), nothing);
    }

    #[test]
    fn half_a_last_line_is_noticed_and_half_a_line_elsewhere_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let scene = crate::scene::Scene::passing(crate::event::LabKind::Live);
        assert!(!scene.write(folder.path()).is_torn());
        let file = folder.path().join(EVENTS_FILE);
        let text = fs::read_to_string(&file).expect("text");
        fs::write(&file, &text[..text.len() - 9]).expect("written");
        let torn = Bundle::open(folder.path()).expect("a bundle");
        assert!(torn.is_torn() && torn.events.len() == scene.events.len() - 1);
        fs::write(&file, text.replacen("}\n", "\n", 1)).expect("written");
        assert!(matches!(
            Bundle::open(folder.path()),
            Err(BundleError::Event { line: 1, .. })
        ));
        fs::write(&file, "").expect("written");
        assert!(matches!(Bundle::open(folder.path()), Err(BundleError::Empty { .. })));
    }
}
