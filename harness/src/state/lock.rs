//! Locks: one run at a time on a device, and a sign of life of every run.
//!
//! A lock is the operating system's lock on a file, which ends with the process that holds it, however it ends. What
//! stands in the file is only for people: a lock that is free is taken over whatever it says.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};

use super::{Owner, StateError, StateFolder};

/// The locks on the devices of a lab, held until it is dropped.
#[derive(Debug)]
pub struct LabLock {
    held: Vec<File>,
}

impl LabLock {
    /// Locks every device (`host:port`). Names of one and the same device are one lock.
    pub fn acquire(state: &StateFolder, endpoints: &[String], owner: &Owner) -> Result<Self, StateError> {
        let folder = state.folder("locks")?;
        let mut names: Vec<(String, &String)> = endpoints
            .iter()
            .map(|endpoint| (canonical(endpoint), endpoint))
            .collect();
        // Sorted, so that two runs that start at once never each hold what the other wants.
        names.sort();
        names.dedup_by(|a, b| a.0 == b.0);
        let mut held = Vec::with_capacity(names.len());
        for (name, endpoint) in names {
            let path = folder.join(format!("{}.lock", file_name(&name)));
            match claim(&path, owner)? {
                Claim::Held(file) => held.push(file),
                Claim::Taken(owner) => {
                    return Err(StateError::Locked {
                        endpoint: endpoint.clone(),
                        owner,
                    });
                }
            }
        }
        Ok(Self { held })
    }
}

impl Drop for LabLock {
    fn drop(&mut self) {
        for file in &mut self.held {
            // The file stays, since removing a lock file lets two processes hold "the same" lock; its words go.
            let _ = file.set_len(0);
        }
    }
}

/// The sign of life of one run: while it is held, the run's journal entries are its own business.
#[derive(Debug)]
pub struct RunLock {
    path: PathBuf,
    _file: File,
}

impl RunLock {
    /// Marks a run as alive until this is dropped or the process ends.
    pub fn acquire(state: &StateFolder, run: &str, owner: &Owner) -> Result<Self, StateError> {
        let path = Self::path(state, run)?;
        match claim(&path, owner)? {
            Claim::Held(file) => Ok(Self { path, _file: file }),
            Claim::Taken(owner) => Err(StateError::Locked {
                endpoint: format!("run {run}"),
                owner,
            }),
        }
    }

    /// Whether the run's process still lives.
    pub fn is_alive(state: &StateFolder, run: &str) -> Result<bool, StateError> {
        let path = Self::path(state, run)?;
        match File::open(&path) {
            Ok(file) => match file.try_lock_shared() {
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(source)) => Err(StateError::file(&path)(source)),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StateError::file(&path)(error)),
        }
    }

    fn path(state: &StateFolder, run: &str) -> Result<PathBuf, StateError> {
        Ok(state.folder("runs")?.join(format!("{}.lock", file_name(run))))
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

enum Claim {
    Held(File),
    Taken(String),
}

fn claim(path: &Path, owner: &Owner) -> Result<Claim, StateError> {
    let failed = |source| StateError::file(path)(source);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Claim::Taken(holder(&file))),
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    let words = serde_json::to_string(owner).unwrap_or_default();
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(words.as_bytes()))
        .map_err(failed)?;
    Ok(Claim::Held(file))
}

fn holder(file: &File) -> String {
    let mut words = String::new();
    let read = file.take(64 * 1024).read_to_string(&mut words);
    match read.ok().and_then(|_| serde_json::from_str::<Owner>(&words).ok()) {
        Some(owner) => owner.to_string(),
        None => "it has not said who it is".into(),
    }
}

/// One name for a device however its address is written: the first address that its name resolves to.
pub(crate) fn canonical(endpoint: &str) -> String {
    match endpoint
        .to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
    {
        Some(address) => address.to_string(),
        None => endpoint.to_lowercase(),
    }
}

/// A name that is a single file name on every system, and a different one for every different name.
pub(crate) fn file_name(name: &str) -> String {
    let mut file = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' => file.push(character),
            other => file.push_str(&format!("_{:x}_", u32::from(other))),
        }
    }
    if file.len() > 150 {
        let hash = crate::bundle::sha256_hex(name.as_bytes());
        file.truncate(80);
        file.push_str(&hash);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> Owner {
        Owner::this_process(&["netverdict".into(), "run".into()])
    }

    #[test]
    fn a_second_run_on_any_device_is_refused_with_the_owner_and_may_go_ahead_later() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::at(folder.path());
        let first = LabLock::acquire(&state, &["127.0.0.1:22001".into(), "127.0.0.1:22002".into()], &owner()).unwrap();
        let refused = LabLock::acquire(&state, &["127.0.0.1:22003".into(), "127.0.0.1:22002".into()], &owner());
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("127.0.0.1:22002"), "{message}");
        assert!(
            message.contains(&format!("process {}", std::process::id())),
            "{message}"
        );
        LabLock::acquire(&state, &["127.0.0.1:22003".into()], &owner()).unwrap();
        drop(first);
        LabLock::acquire(&state, &["127.0.0.1:22002".into()], &owner()).unwrap();
    }

    #[test]
    fn spellings_of_one_device_are_one_lock() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::at(folder.path());
        let both = [
            "127.0.0.1:22001".into(),
            "127.0.0.01:22001".into(),
            "127.0.0.1:22001".into(),
        ];
        let _first = LabLock::acquire(&state, &both[..1], &owner()).unwrap();
        assert!(LabLock::acquire(&state, &both[2..], &owner()).is_err());
    }

    #[test]
    fn words_of_a_dead_owner_hold_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::at(folder.path());
        let locks = state.folder("locks").unwrap();
        std::fs::write(locks.join("127.0.0.1_3a_22.lock"), "{\"pid\": 1}").unwrap();
        LabLock::acquire(&state, &["127.0.0.1:22".into()], &owner()).unwrap();
    }

    #[test]
    fn a_run_is_alive_as_long_as_it_holds_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::at(folder.path());
        assert!(!RunLock::is_alive(&state, "r").unwrap());
        let lock = RunLock::acquire(&state, "r", &owner()).unwrap();
        assert!(RunLock::is_alive(&state, "r").unwrap());
        drop(lock);
        assert!(!RunLock::is_alive(&state, "r").unwrap());
    }

    #[test]
    fn different_names_have_different_files() {
        assert_ne!(file_name("a:b"), file_name("a_3a_b"));
        assert!(file_name(&"x/".repeat(1000)).len() < 200);
    }
}
