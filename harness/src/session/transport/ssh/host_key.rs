//! Decides whether the key that a host presents is the one expected, before anything secret is sent.

use std::io;
use std::path::{Path, PathBuf};

use super::handshake::{HostKey, KEY_TYPES, fingerprint, shake_hands};
use super::known_hosts::{self, Entry, Marker};
use super::{Attempt, Connection};
use crate::session::{HostKeyPolicy, SessionError};

/// How a host key was accepted.
pub struct Accepted {
    /// Its fingerprint.
    pub fingerprint: String,
    /// `known_hosts`, `fingerprint`, `not verified`.
    pub verified_by: &'static str,
}

/// Connects, and checks the host key as the inventory wants it.
pub fn connect_verified(attempt: &Attempt<'_>) -> Result<(Connection, Accepted), SessionError> {
    match &attempt.target.host_key {
        HostKeyPolicy::KnownHosts(path) => by_known_hosts(attempt, &expand_home(path)),
        HostKeyPolicy::Fingerprint(expected) => by_fingerprint(attempt, expected),
        HostKeyPolicy::Insecure => {
            let (connection, key) = shake_hands(attempt, &KEY_TYPES)?;
            Ok((
                connection,
                Accepted {
                    fingerprint: key.fingerprint(),
                    verified_by: "not verified",
                },
            ))
        }
    }
}

fn by_known_hosts(attempt: &Attempt<'_>, path: &Path) -> Result<(Connection, Accepted), SessionError> {
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        // The key is shown and the remedy says how to make the file.
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(SessionError::KnownHostsUnreadable {
                device: attempt.target.name.clone(),
                path: path.to_owned(),
                reason: error.to_string(),
            });
        }
    };
    let name = known_hosts::name_of(attempt.host(), attempt.target.port);
    let entries = known_hosts::entries_for(&text, &name);
    // Ask first for the types of key that are known: a host has several keys.
    let is_known = |key_type: &str| {
        entries
            .iter()
            .any(|entry| entry.marker == Marker::None && entry.key_type == key_type)
    };
    let (mut key_types, others): (Vec<&str>, Vec<&str>) = KEY_TYPES.iter().partition(|key_type| is_known(key_type));
    key_types.extend(others);
    let (connection, key) = shake_hands(attempt, &key_types)?;
    judge(attempt, path, &entries, &key)?;
    Ok((
        connection,
        Accepted {
            fingerprint: key.fingerprint(),
            verified_by: "known_hosts",
        },
    ))
}

fn judge(attempt: &Attempt<'_>, path: &Path, entries: &[Entry], key: &HostKey) -> Result<(), SessionError> {
    let device = attempt.target.name.clone();
    let address = attempt.address();
    let presented = key.fingerprint();
    let revoked = entries
        .iter()
        .find(|entry| entry.marker == Marker::Revoked && entry.blob == key.blob);
    if let Some(revoked) = revoked {
        return Err(SessionError::HostKeyRevoked {
            device,
            address,
            presented,
            path: path.to_owned(),
            line: revoked.line,
        });
    }
    let good: Vec<&Entry> = entries.iter().filter(|entry| entry.marker == Marker::None).collect();
    if good.iter().any(|entry| entry.blob == key.blob) {
        return Ok(());
    }
    let fingerprint_only = presented;
    let presented = format!("{} {fingerprint_only}", key.key_type);
    let host = attempt.host();
    let port = attempt.target.port;
    let scan = format!(
        "ssh-keyscan -p {port} -t {} {host} >> {}",
        scan_type(key.key_type),
        path.display()
    );
    if good.is_empty() {
        let remedy = format!(
            "compare the fingerprint with `display ssh server key` on its console, then run\n    {scan}\n  or write in \
             the inventory\n    host_key: {fingerprint_only}"
        );
        return Err(SessionError::HostKeyUnknown {
            device,
            address,
            presented,
            remedy: remedy.into(),
        });
    }
    let expected = good
        .iter()
        .map(|entry| {
            format!(
                "{} {} ({}:{})",
                entry.key_type,
                fingerprint(&entry.blob),
                path.display(),
                entry.line
            )
        })
        .collect::<Vec<_>>()
        .join(", ");
    let remedy = format!(
        "check the new fingerprint on its console, then run\n    ssh-keygen -R '{}' -f {}\n    {scan}",
        known_hosts::name_of(host, port),
        path.display()
    );
    Err(SessionError::HostKeyChanged {
        device,
        address,
        expected,
        presented,
        remedy: remedy.into(),
    })
}

/// A host has a key of each type and the fingerprint may be that of any of them: all are asked for in turn.
fn by_fingerprint(attempt: &Attempt<'_>, expected: &str) -> Result<(Connection, Accepted), SessionError> {
    let Some(HostKeyPolicy::Fingerprint(expected)) = HostKeyPolicy::of_fingerprint(expected) else {
        return Err(attempt.handshake_failed(format!(
            "the fingerprint {expected:?} in the inventory is not of the form SHA256: and 43 characters of base64, as \
             `ssh-keygen -l` prints it"
        )));
    };
    let mut untried: Vec<&str> = KEY_TYPES.to_vec();
    let mut first: Option<HostKey> = None;
    while !untried.is_empty() {
        let (connection, key) = match (shake_hands(attempt, &untried), &first) {
            (Ok(connected), _) => connected,
            (Err(error), None) => return Err(error),
            // The host has no key of the types left.
            (Err(_), Some(_)) => break,
        };
        if key.fingerprint() == expected {
            return Ok((
                connection,
                Accepted {
                    fingerprint: expected,
                    verified_by: "fingerprint",
                },
            ));
        }
        untried.retain(|key_type| *key_type != key.key_type);
        if first.as_ref().is_some_and(|first| first.key_type == key.key_type) {
            break;
        }
        first.get_or_insert(key);
    }
    let (key_type, presented) = match &first {
        Some(key) => (key.key_type, key.fingerprint()),
        None => ("no key", String::new()),
    };
    Err(SessionError::HostKeyChanged {
        device: attempt.target.name.clone(),
        address: attempt.address(),
        expected: format!("{expected} (inventory)"),
        remedy: format!(
            "check the new fingerprint on its console, then write in the inventory\n    host_key: {presented}"
        )
        .into(),
        presented: format!("{key_type} {presented}"),
    })
}

/// A fingerprint without padding, if it is one.
fn scan_type(key_type: &str) -> &str {
    match key_type {
        "ssh-ed25519" => "ed25519",
        "ssh-rsa" => "rsa",
        _ => "ecdsa",
    }
}

/// `~/x` in the home of whoever runs this.
fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}
