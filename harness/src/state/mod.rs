//! The state folder: what outlives a run on this machine, so that an interrupted one can be put right.
//!
//! `$NETVERDICT_STATE`, else `$XDG_STATE_HOME/netverdict`, else `~/.local/state/netverdict`.

mod lock;
mod owner;

use std::path::{Path, PathBuf};
use std::{fs, io};

pub(crate) use lock::canonical as canonical_endpoint;
pub use lock::{LabLock, RunLock};
pub use owner::Owner;

/// Why the state folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Nothing says where it is.
    #[error("no place for the state folder: set NETVERDICT_STATE, XDG_STATE_HOME or HOME")]
    NoPlace,
    /// A file or folder of it cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another run works on the lab.
    #[error("{endpoint} is in use by another run: {owner}; wait for it to end, or interrupt it")]
    Locked {
        /// The device's address and port.
        endpoint: String,
        /// Who holds it and since when.
        owner: String,
    },
}

impl StateError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::File {
            path: path.to_path_buf(),
            source,
        }
    }
}

/// The state folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFolder(PathBuf);

impl StateFolder {
    /// The folder that the environment names; it need not exist yet.
    pub fn of_environment() -> Result<Self, StateError> {
        let variable = |name| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let place = variable("NETVERDICT_STATE")
            .or_else(|| variable("XDG_STATE_HOME").map(|folder| folder.join("netverdict")))
            .or_else(|| variable("HOME").map(|home| home.join(".local/state/netverdict")))
            .ok_or(StateError::NoPlace)?;
        std::path::absolute(&place).map(Self).map_err(StateError::file(&place))
    }

    /// This folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the journal of changes lies.
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// A folder within it, made if it is missing, for its owner's eyes only.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, StateError> {
        let folder = self.0.join(name);
        create_private(&folder).map_err(StateError::file(&folder))?;
        Ok(folder)
    }
}

fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
