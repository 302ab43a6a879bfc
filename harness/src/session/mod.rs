//! Sessions with devices: what a run may ask of a device, whatever stands behind it.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chrono::{DateTime, Utc};

mod error;
mod escaped;
pub mod transport;
pub mod vrp;

pub use error::{Consequence, SessionError};

/// The command-line dialect of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Huawei Versatile Routing Platform, V5 and V8.
    HuaweiVrp,
}

/// How one device is reached, with every secret already resolved. Made from the inventory.
#[derive(Clone)]
pub struct Target {
    /// The device's name in the inventory.
    pub name: String,
    /// Its command-line dialect.
    pub dialect: Dialect,
    /// Host name or IP address.
    pub address: String,
    /// TCP port of its SSH server.
    pub port: u16,
    /// Login name.
    pub username: String,
    /// Ways to authenticate, tried in this order.
    pub auth: Vec<Auth>,
    /// What makes its host key acceptable.
    pub host_key: HostKeyPolicy,
    /// How its configuration is entered.
    pub configuration_mode: ConfigurationMode,
    /// Longest time from the first packet to a usable prompt.
    pub connect_timeout: Duration,
    /// Longest time for one command's whole answer.
    pub command_timeout: Duration,
}

/// One way to prove who we are.
#[derive(Clone)]
pub enum Auth {
    /// A password; also answers keyboard-interactive questions that ask for one.
    Password(Secret),
    /// A private key file, with its passphrase if it has one.
    KeyFile {
        /// Path of the private key.
        path: PathBuf,
        /// Passphrase of the key.
        passphrase: Option<Secret>,
    },
    /// The keys held by the running SSH agent.
    Agent,
}

/// A secret that never appears in `Debug` output.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself. Call it only where the secret is used.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What makes a host key acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKeyPolicy {
    /// It stands in an OpenSSH `known_hosts` file.
    KnownHosts(PathBuf),
    /// Its SHA-256 fingerprint is this, written as OpenSSH does: `SHA256:` and unpadded base64.
    Fingerprint(String),
    /// Anything is accepted; the report carries a warning.
    Insecure,
}

impl HostKeyPolicy {
    /// The policy that accepts the key with this fingerprint, or none where the text is no fingerprint: `SHA256:` and 43
    /// characters of base64, as `ssh-keygen -l` prints it.
    pub fn of_fingerprint(text: &str) -> Option<Self> {
        let hash = text.trim().strip_prefix("SHA256:")?.trim_end_matches('=');
        let is_hash = STANDARD_NO_PAD.decode(hash).is_ok_and(|bytes| bytes.len() == 32);
        is_hash.then(|| Self::Fingerprint(format!("SHA256:{hash}")))
    }
}

/// How configuration is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigurationMode {
    /// Recognised by the prompt: `[~` and `[*` mean two stages.
    Auto,
    /// Changes wait for `commit`.
    TwoStage,
    /// Changes take effect line by line.
    Immediate,
}

/// What is known of a session once it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name in the device's own prompt, e.g. `PE1` of `<PE1>`.
    pub prompt_name: String,
    /// SHA-256 fingerprint of the host key, if there is one.
    pub host_key_fingerprint: Option<String>,
    /// How the host key was accepted: `known_hosts`, `fingerprint`, `not verified`; `None` where there is no key.
    pub host_key_verified_by: Option<String>,
    /// What the device printed before its first prompt.
    pub banner: String,
}

/// The device's answer to one command.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The command as it was sent.
    pub command: String,
    /// The output: echo, prompt, pager and its erasing removed, lines ended by `\n`. Nothing else is changed.
    pub text: String,
    /// When the command was sent.
    pub sent_at: DateTime<Utc>,
    /// When the prompt after its answer had been read.
    pub answered_at: DateTime<Utc>,
    /// The same instants on the monotonic clock, for durations.
    pub sent: Instant,
    /// See `sent`.
    pub answered: Instant,
    /// Set when the device refused the command.
    pub rejected: Option<String>,
}

/// The device's acknowledgement of a configuration change.
#[derive(Debug, Clone)]
pub struct Configured {
    /// Every line sent, `system-view` and `commit` included, with what the device answered to it.
    pub dialogue: Vec<(String, String)>,
    /// When the line that makes the change effective was sent (`commit`, or the last line where there is none).
    pub sent_at: DateTime<Utc>,
    /// When the device acknowledged it.
    pub acknowledged_at: DateTime<Utc>,
    /// The same instants on the monotonic clock.
    pub sent: Instant,
    /// See `sent`.
    pub acknowledged: Instant,
}

/// What a run may ask of a device: a live session, an emulated device or a recorded bundle.
pub trait DeviceSession: Send {
    /// Who answers.
    fn identity(&self) -> &Identity;

    /// Runs one display, ping or tracert command from the user view and returns its whole answer.
    ///
    /// A refused command is an `Ok` answer with `rejected` set; everything that leaves doubt whether the
    /// answer is whole is an error.
    fn ask(&mut self, command: &str, deadline: Instant) -> Result<Answer, SessionError>;

    /// Enters the configuration view, sends `lines` one by one (each may enter or leave views), commits where the
    /// device has two stages, and returns to the user view. On a refused line or commit, everything uncommitted
    /// is discarded and the error names the line and the device's words.
    fn configure(&mut self, lines: &[String], deadline: Instant) -> Result<Configured, SessionError>;

    /// Logs out. Never blocks for longer than a second.
    fn close(&mut self);
}

impl Answer {
    /// Whether the device sent bytes that are not UTF-8; each such run stands in `text` as U+FFFD.
    pub fn is_lossy(&self) -> bool {
        self.text.contains(char::REPLACEMENT_CHARACTER)
    }
}

/// Connects to a device, logs in and returns a session that waits in the user view.
///
/// Takes no longer than the target's `connect_timeout` (plus at most a second to let go of the connection).
/// Everything that stays open belongs to the session returned: use one per thread.
pub fn open(target: &Target) -> Result<Box<dyn DeviceSession>, SessionError> {
    let deadline = Instant::now() + target.connect_timeout;
    match target.dialect {
        Dialect::HuaweiVrp => {
            let connected = transport::ssh::connect(target, deadline)?;
            Ok(Box::new(vrp::VrpSession::log_in(target, connected, deadline)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_normalised_and_checked() {
        let good = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
        let policy = Some(HostKeyPolicy::Fingerprint(good.to_owned()));
        assert_eq!(HostKeyPolicy::of_fingerprint(good), policy);
        assert_eq!(HostKeyPolicy::of_fingerprint(&format!(" {good}=\n")), policy);
        assert_eq!(HostKeyPolicy::of_fingerprint("SHA256:abc"), None);
        assert_eq!(HostKeyPolicy::of_fingerprint("MD5:00:11"), None);
        assert_eq!(HostKeyPolicy::of_fingerprint(&good[7..]), None);
    }
}
