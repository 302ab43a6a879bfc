//! Every way in which a session can fail to do what was asked, each with its remedy where one is known.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Why a session could not do what was asked. No variant ever holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The device could not be reached.
    #[error("{device}: cannot reach {address}: {reason}")]
    Unreachable {
        /// Device name.
        device: String,
        /// Address and port that were tried.
        address: String,
        /// What the system said, and the remedy where one is known.
        reason: String,
    },
    /// The connect time-out passed before there was a usable prompt.
    #[error("{device}: {address} did not answer in time: {stage} was not over after {:.1} s", .waited.as_secs_f64())]
    ConnectTimedOut {
        /// Device name.
        device: String,
        /// Address and port that were tried.
        address: String,
        /// What was being waited for.
        stage: String,
        /// How long the whole connection attempt took.
        waited: Duration,
    },
    /// Something answered, but no SSH connection could be agreed on.
    #[error("{device}: no SSH connection with {address}: {reason}")]
    Handshake {
        /// Device name.
        device: String,
        /// Address and port.
        address: String,
        /// What went wrong, and the remedy where one is known.
        reason: String,
    },
    /// The host key is in no way known.
    #[error(
        "{device}: the host key of {address} is not known: it presents {presented}\n  \
         if this is the right device, {remedy}"
    )]
    HostKeyUnknown {
        /// Device name.
        device: String,
        /// Address and port.
        address: String,
        /// Type and SHA-256 fingerprint of the key presented.
        presented: String,
        /// The command or inventory line that makes it known.
        remedy: Box<str>,
    },
    /// The host key is another one than the one that is known: a new device, or somebody in between.
    #[error(
        "{device}: the host key of {address} HAS CHANGED\n  expected  {expected}\n  presented {presented}\n  \
         somebody may be in between; if the device was replaced or its keys made anew, {remedy}"
    )]
    HostKeyChanged {
        /// Device name.
        device: String,
        /// Address and port.
        address: String,
        /// Fingerprint that was expected, and where it stands.
        expected: String,
        /// Type and SHA-256 fingerprint of the key presented.
        presented: String,
        /// How to accept the new key.
        remedy: Box<str>,
    },
    /// The host key is marked `@revoked` in the `known_hosts` file.
    #[error("{device}: the host key {presented} of {address} is revoked by {path}:{line}", path = .path.display())]
    HostKeyRevoked {
        /// Device name.
        device: String,
        /// Address and port.
        address: String,
        /// SHA-256 fingerprint of the key presented.
        presented: String,
        /// The `known_hosts` file.
        path: PathBuf,
        /// Its line, counted from 1.
        line: usize,
    },
    /// The `known_hosts` file could not be read.
    #[error("{device}: cannot read the known hosts file {path}: {reason}", path = .path.display())]
    KnownHostsUnreadable {
        /// Device name.
        device: String,
        /// The file.
        path: PathBuf,
        /// What the system said, and the remedy.
        reason: String,
    },
    /// No way to authenticate was accepted.
    #[error("{device}: {address} refused the login of {username:?} (tried: {tried}; the server offers: {offered})")]
    AuthenticationFailed {
        /// Device name.
        device: String,
        /// Address and port.
        address: String,
        /// Login name.
        username: String,
        /// What was tried with which result, never a secret.
        tried: Box<str>,
        /// Methods the server offers.
        offered: Box<str>,
    },
    /// The SSH agent could not be asked.
    #[error("{device}: the SSH agent is not available: {reason}")]
    AgentNotAvailable {
        /// Device name.
        device: String,
        /// What is wrong, and the remedy.
        reason: String,
    },
    /// The private key file could not be used.
    #[error("{device}: cannot use the key file {path}: {reason}", path = .path.display())]
    KeyFileUnreadable {
        /// Device name.
        device: String,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The private key is encrypted and no passphrase was given.
    #[error(
        "{device}: the key file {path} is encrypted; give its passphrase in the inventory (by environment variable \
         or command), or load the key into an agent",
        path = .path.display()
    )]
    KeyNeedsPassphrase {
        /// Device name.
        device: String,
        /// The file.
        path: PathBuf,
    },
    /// The device wants a new password before it lets anybody in.
    #[error("{device}: the password of {username:?} must be changed first: {message}")]
    PasswordExpired {
        /// Device name.
        device: String,
        /// Login name.
        username: String,
        /// The device's words.
        message: String,
    },
    /// Logged in, but the device gave no terminal with a command line.
    #[error("{device}: logged in, but {address} gave no command line: {reason}")]
    ShellRefused {
        /// Device name.
        device: String,
        /// Address and port.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// No prompt was recognised after the login.
    #[error(
        "{device}: no prompt of the form <NAME> was recognised within {:.1} s of logging in; is the platform right? \
         last received: {last}",
        .waited.as_secs_f64()
    )]
    NoPrompt {
        /// Device name.
        device: String,
        /// How long was waited.
        waited: Duration,
        /// The last bytes received, escaped.
        last: String,
    },
    /// The command, or a configuration line, cannot be sent as it is. Nothing was sent.
    #[error("{device}: {line:?} cannot be sent: {reason}")]
    UnsendableLine {
        /// Device name.
        device: String,
        /// The line.
        line: String,
        /// Why not, and the remedy.
        reason: String,
    },
    /// The answer was not whole when its deadline passed.
    #[error("{device}: no whole answer to {command:?} within {:.1} s; last received: {last}", .waited.as_secs_f64())]
    DeadlineExceeded {
        /// Device name.
        device: String,
        /// The command.
        command: String,
        /// How long was waited.
        waited: Duration,
        /// The last bytes received, escaped.
        last: String,
    },
    /// The device never echoed the command, so that no answer can be told to belong to it.
    #[error("{device}: the device did not echo {command:?}, its answer cannot be told; last received: {last}")]
    EchoMissing {
        /// Device name.
        device: String,
        /// The command.
        command: String,
        /// The last bytes received, escaped.
        last: String,
    },
    /// The connection broke.
    #[error("{device}: connection lost in the middle of {during:?}: {reason}; last received: {last}")]
    ConnectionLost {
        /// Device name.
        device: String,
        /// Command, or what else was being done.
        during: String,
        /// What the transport said.
        reason: String,
        /// The last bytes received, escaped.
        last: String,
    },
    /// The answer is larger than is accepted.
    #[error("{device}: the answer to {command:?} is larger than {limit} bytes")]
    OutputTooLarge {
        /// Device name.
        device: String,
        /// The command.
        command: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The device asked a question that the caller's line does not answer. It was answered no.
    #[error("{device}: {line:?} made the device ask {question:?}; it was answered no. {consequence}")]
    QuestionRefused {
        /// Device name.
        device: String,
        /// The line or command.
        line: String,
        /// The device's question.
        question: String,
        /// What became of the change.
        consequence: Consequence,
    },
    /// The device refused one line of configuration.
    #[error("{device}: configuration line {line:?} was refused: {message}. {consequence}")]
    LineRefused {
        /// Device name.
        device: String,
        /// The line.
        line: String,
        /// The device's words.
        message: String,
        /// What became of the change, the lines before this one included.
        consequence: Consequence,
    },
    /// The device refused to commit.
    #[error("{device}: the commit was refused: {message}. {consequence}")]
    CommitRefused {
        /// Device name.
        device: String,
        /// The device's words.
        message: String,
        /// What became of the change.
        consequence: Consequence,
    },
    /// Another user holds the configuration.
    #[error("{device}: the configuration is locked by another user: {message}. {consequence}")]
    ConfigurationLocked {
        /// Device name.
        device: String,
        /// The device's words, which may name the session.
        message: String,
        /// What became of the change.
        consequence: Consequence,
    },
    /// There were uncommitted changes that are not ours. They were left alone.
    #[error(
        "{device}: somebody left uncommitted changes in the configuration ({prompt} right after system-view); commit \
         or clear them first. Nothing was changed"
    )]
    UncommittedChanges {
        /// Device name.
        device: String,
        /// The prompt that shows it.
        prompt: String,
    },
    /// Configuration is entered in another way than the inventory says, or the view could not be entered or left.
    #[error("{device}: {reason}")]
    ConfigurationView {
        /// Device name.
        device: String,
        /// What was found, and the remedy.
        reason: String,
    },
    /// The line that makes a change effective was sent, and no acknowledgement came back.
    #[error("{device}: the change MAY OR MAY NOT BE IN EFFECT: {line:?} was sent, but {reason}")]
    ChangeUncertain {
        /// Device name.
        device: String,
        /// The line that was sent.
        line: String,
        /// Why there is no acknowledgement.
        reason: String,
    },
    /// The session was closed, or lost earlier. Nothing was sent.
    #[error("{device}: the session is closed{why}")]
    Closed {
        /// Device name.
        device: String,
        /// Why, beginning with `: `, or empty.
        why: String,
    },
}

/// What became of a change that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consequence {
    /// There was no change, only a question.
    NoChange,
    /// Everything uncommitted was discarded.
    Discarded,
    /// These lines had already taken effect, one by one.
    InEffect(Vec<String>),
    /// It cannot be told.
    Uncertain {
        /// Why not.
        reason: String,
        /// Whether the session is lost as well.
        session_lost: bool,
    },
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoChange => f.write_str("Nothing was changed"),
            Self::Discarded => f.write_str("Everything uncommitted was discarded; nothing was changed"),
            Self::InEffect(lines) => {
                f.write_str("The lines before it ARE IN EFFECT, since this device takes them one by one: ")?;
                f.write_str(&lines.join("; "))
            }
            Self::Uncertain { reason, .. } => write!(f, "It is NOT CERTAIN that nothing was changed: {reason}"),
        }
    }
}

impl SessionError {
    /// Whether the session is of no more use and a new one must be opened. False where it waits in the user view.
    pub fn is_lost(&self) -> bool {
        match self {
            Self::UnsendableLine { .. } | Self::ConfigurationView { .. } => false,
            Self::QuestionRefused { consequence, .. }
            | Self::LineRefused { consequence, .. }
            | Self::CommitRefused { consequence, .. }
            | Self::ConfigurationLocked { consequence, .. } => {
                matches!(consequence, Consequence::Uncertain { session_lost: true, .. })
            }
            Self::Unreachable { .. }
            | Self::ConnectTimedOut { .. }
            | Self::Handshake { .. }
            | Self::HostKeyUnknown { .. }
            | Self::HostKeyChanged { .. }
            | Self::HostKeyRevoked { .. }
            | Self::KnownHostsUnreadable { .. }
            | Self::AuthenticationFailed { .. }
            | Self::AgentNotAvailable { .. }
            | Self::KeyFileUnreadable { .. }
            | Self::KeyNeedsPassphrase { .. }
            | Self::PasswordExpired { .. }
            | Self::ShellRefused { .. }
            | Self::NoPrompt { .. }
            | Self::DeadlineExceeded { .. }
            | Self::EchoMissing { .. }
            | Self::ConnectionLost { .. }
            | Self::OutputTooLarge { .. }
            | Self::UncommittedChanges { .. }
            | Self::ChangeUncertain { .. }
            | Self::Closed { .. } => true,
        }
    }

    /// Whether a change that was asked for may be in effect, wholly or partly, although it was not acknowledged.
    pub fn may_have_changed(&self) -> bool {
        match self {
            Self::ChangeUncertain { .. } => true,
            Self::QuestionRefused { consequence, .. }
            | Self::LineRefused { consequence, .. }
            | Self::CommitRefused { consequence, .. }
            | Self::ConfigurationLocked { consequence, .. } => {
                matches!(consequence, Consequence::InEffect(_) | Consequence::Uncertain { .. })
            }
            _ => false,
        }
    }
}
