//! Where a run's bundle goes: a folder of its own that no other run has written to.

use std::path::{Path, PathBuf};
use std::{fs, io};

use chrono::{DateTime, Utc};

/// Where a bundle is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BundleLocation {
    /// This folder: it must be missing or empty.
    Folder(PathBuf),
    /// A new folder `TIME-SUITE` in this one.
    Within(PathBuf),
}

impl Default for BundleLocation {
    fn default() -> Self {
        Self::Within("netverdict-runs".into())
    }
}

impl BundleLocation {
    /// Whether the folder can be made, as far as can be told without making it.
    pub(super) fn check(&self) -> io::Result<()> {
        match self {
            Self::Folder(folder) if folder.exists() => must_be_empty(folder),
            Self::Folder(_) | Self::Within(_) => Ok(()),
        }
    }

    /// Makes the folder. A folder that holds anything is refused: a bundle is never overwritten.
    pub(super) fn create(&self, suite: &str, at: DateTime<Utc>) -> io::Result<PathBuf> {
        match self {
            Self::Folder(folder) => {
                fs::create_dir_all(folder)?;
                must_be_empty(folder)?;
                Ok(folder.clone())
            }
            Self::Within(parent) => create_within(parent, suite, at),
        }
    }
}

fn must_be_empty(folder: &Path) -> io::Result<()> {
    if fs::read_dir(folder)?.next().is_none() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        "the folder is not empty, and a bundle is never overwritten; name another one",
    ))
}

fn create_within(parent: &Path, suite: &str, at: DateTime<Utc>) -> io::Result<PathBuf> {
    fs::create_dir_all(parent)?;
    let name = format!("{}-{}", at.format("%Y%m%dT%H%M%SZ"), suite_name(suite));
    for attempt in 1..10_000_u32 {
        let folder = match attempt {
            1 => parent.join(&name),
            more => parent.join(format!("{name}-{more}")),
        };
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            // Another run that started in the same second has it.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        "no free name for the bundle",
    ))
}

fn suite_name(suite: &str) -> String {
    let mut name = String::new();
    for character in suite.chars().take(60) {
        if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { "run".into() } else { name.to_owned() }
}

/// A new identifier of a run: its start and a random part, letters and digits only.
pub fn new_run_id(at: DateTime<Utc>) -> String {
    use std::hash::{BuildHasher, Hasher};
    // The standard library seeds every hasher from the system's random numbers.
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("{}-{:08x}", at.format("%Y%m%dT%H%M%SZ"), random as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_second_get_folders_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let within = BundleLocation::Within(folder.path().join("runs"));
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let first = within.create("BFD for static VPN routes", at).unwrap();
        let second = within.create("BFD for static VPN routes", at).unwrap();
        assert!(first.ends_with("20231114T221320Z-bfd-for-static-vpn-routes"));
        assert!(second.ends_with("20231114T221320Z-bfd-for-static-vpn-routes-2"));
        assert!(within.create("../..", at).unwrap().ends_with("20231114T221320Z-run"));
    }

    #[test]
    fn a_folder_with_something_in_it_is_never_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let chosen = BundleLocation::Folder(folder.path().join("out"));
        let at = Utc::now();
        chosen.create("s", at).unwrap();
        chosen.create("s", at).unwrap();
        std::fs::write(folder.path().join("out/events.jsonl"), "").unwrap();
        assert!(
            chosen
                .create("s", at)
                .unwrap_err()
                .to_string()
                .contains("never overwritten")
        );
    }

    #[test]
    fn run_identifiers_differ() {
        let at = Utc::now();
        assert_ne!(new_run_id(at), new_run_id(at));
    }
}
