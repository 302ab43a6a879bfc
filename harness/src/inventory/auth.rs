//! Credentials as an inventory names them: where a secret is to be had, never the secret itself.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::session::{Auth, Secret};

/// Where a secret is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable.
    Environment(String),
    /// The first line that a command prints; run by `sh -c`.
    Command(String),
}

/// A value that is no secret: written down, or in an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueSource {
    /// Written in the inventory.
    Literal(String),
    /// An environment variable.
    Environment(String),
}

/// One way to authenticate, its secrets not yet asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthSource {
    /// A password; it also answers keyboard-interactive questions.
    Password(SecretSource),
    /// A private key file.
    KeyFile {
        /// Path of the private key.
        path: PathBuf,
        /// Where its passphrase is to be had, if it has one.
        passphrase: Option<SecretSource>,
    },
    /// The keys of the running SSH agent.
    Agent,
}

/// Why a device of the inventory cannot be addressed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// An environment variable is missing.
    #[error("{device}: the {what} is to come from the environment variable {variable}, which is {state}")]
    Environment {
        /// Device name.
        device: String,
        /// `password`, `user name` or `passphrase`.
        what: &'static str,
        /// Name of the variable.
        variable: String,
        /// `not set`, `empty` or `not text`.
        state: &'static str,
    },
    /// A command gave no secret. Its output is never shown.
    #[error("{device}: the command that prints the {what}, `{command}`, {reason}")]
    Command {
        /// Device name.
        device: String,
        /// `password` or `passphrase`.
        what: &'static str,
        /// The command.
        command: String,
        /// What happened.
        reason: String,
    },
    /// The inventory does not say how the device is reached.
    #[error("{device}: the inventory gives no {what}, and the device is not emulated")]
    Missing {
        /// Device name.
        device: String,
        /// `address`, `username` or `auth`.
        what: &'static str,
    },
}

impl ValueSource {
    /// The value.
    pub fn resolve(&self, device: &str, what: &'static str) -> Result<String, InventoryError> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Environment(variable) => environment(device, what, variable),
        }
    }
}

impl SecretSource {
    /// The secret.
    pub fn resolve(&self, device: &str, what: &'static str) -> Result<Secret, InventoryError> {
        match self {
            Self::Environment(variable) => environment(device, what, variable).map(Secret::new),
            Self::Command(command) => printed_by(device, what, command).map(Secret::new),
        }
    }
}

impl AuthSource {
    /// The way to authenticate with its secrets.
    pub fn resolve(&self, device: &str) -> Result<Auth, InventoryError> {
        Ok(match self {
            Self::Password(source) => Auth::Password(source.resolve(device, "password")?),
            Self::KeyFile { path, passphrase } => Auth::KeyFile {
                path: path.clone(),
                passphrase: match passphrase {
                    Some(source) => Some(source.resolve(device, "passphrase")?),
                    None => None,
                },
            },
            Self::Agent => Auth::Agent,
        })
    }
}

fn environment(device: &str, what: &'static str, variable: &str) -> Result<String, InventoryError> {
    let state = match std::env::var(variable) {
        Ok(value) if !value.is_empty() => return Ok(value),
        Ok(_) => "empty",
        Err(std::env::VarError::NotPresent) => "not set",
        Err(std::env::VarError::NotUnicode(_)) => "not text",
    };
    Err(InventoryError::Environment {
        device: device.to_owned(),
        what,
        variable: variable.to_owned(),
        state,
    })
}

fn printed_by(device: &str, what: &'static str, command: &str) -> Result<String, InventoryError> {
    let failed = |reason: String| InventoryError::Command {
        device: device.to_owned(),
        what,
        command: command.to_owned(),
        reason,
    };
    let output = Command::new("sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(format!("could not be started: {error}")))?;
    if !output.status.success() {
        return Err(failed(format!("failed ({})", output.status)));
    }
    let text =
        String::from_utf8(output.stdout).map_err(|_| failed("printed something that is not UTF-8 text".into()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(failed("printed nothing".into())),
    }
}
