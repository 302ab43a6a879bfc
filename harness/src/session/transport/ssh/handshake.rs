//! TCP connection and SSH key exchange, with the host key that was presented.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};
use ssh2::{ErrorCode, HostKeyType, MethodType, Session};

use super::algorithms;
use super::reach::reach;
use super::watchdog::Watchdog;
use super::{Attempt, Connection, code};
use crate::session::SessionError;

/// A host key as presented by the other side.
pub struct HostKey {
    /// The key itself, in SSH's wire format.
    pub blob: Vec<u8>,
    /// Its type, e.g. `ssh-ed25519`.
    pub key_type: &'static str,
}

impl HostKey {
    /// Its fingerprint, as OpenSSH writes it.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.blob)
    }
}

/// `SHA256:` and the unpadded base64 of the hash of a key in wire format.
pub fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))
}

/// Every key type that can be asked for.
pub const KEY_TYPES: [&str; 5] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
];

/// Connects and exchanges keys, asking for host keys of the given types in this order.
pub fn shake_hands(attempt: &Attempt<'_>, key_types: &[&str]) -> Result<(Connection, HostKey), SessionError> {
    let socket = reach(attempt)?;
    let failed = |what: &str, error: &dyn std::fmt::Display| attempt.handshake_failed(format!("{what}: {error}"));
    let spare = |socket: &std::net::TcpStream| {
        socket
            .try_clone()
            .map_err(|error| failed("cannot use the socket", &error))
    };
    let mut session = Session::new().map_err(|error| failed("cannot start", &error))?;
    let watchdog = Watchdog::start(spare(&socket)?).map_err(|error| failed("cannot start a thread", &error))?;
    prefer(&session, key_types).map_err(|error| failed("host key algorithms", &error))?;
    session.set_tcp_stream(spare(&socket)?);
    let mut connection = Connection {
        session,
        socket,
        watchdog,
        let_go: false,
    };
    connection.allow_until(attempt.deadline);
    if let Err(error) = connection.session.handshake() {
        let explained = explain(attempt, &connection, &error);
        return Err(explained);
    }
    let presented = connection.session.host_key().map(|(blob, kind)| (blob.to_vec(), kind));
    match presented {
        Some((blob, kind)) => Ok((
            connection,
            HostKey {
                blob,
                key_type: name_of(kind),
            },
        )),
        None => {
            connection.let_go(None);
            Err(attempt.handshake_failed("the server presented no host key"))
        }
    }
}

/// Tells libssh2 which host keys to ask for.
fn prefer(session: &Session, key_types: &[&str]) -> Result<(), ssh2::Error> {
    let supported = session.supported_algs(MethodType::HostKey)?;
    let wanted: Vec<&str> = key_types
        .iter()
        .flat_map(|key_type| {
            supported
                .iter()
                .copied()
                .filter(|algorithm| type_of(algorithm) == *key_type)
        })
        .collect();
    session.method_pref(MethodType::HostKey, &wanted.join(","))
}

/// The type of the keys that an algorithm signs with.
fn type_of(algorithm: &str) -> &str {
    match algorithm {
        "rsa-sha2-512" | "rsa-sha2-256" => "ssh-rsa",
        other => other,
    }
}

fn name_of(kind: HostKeyType) -> &'static str {
    match kind {
        HostKeyType::Rsa => "ssh-rsa",
        HostKeyType::Dss => "ssh-dss",
        HostKeyType::Ecdsa256 => "ecdsa-sha2-nistp256",
        HostKeyType::Ecdsa384 => "ecdsa-sha2-nistp384",
        HostKeyType::Ecdsa521 => "ecdsa-sha2-nistp521",
        HostKeyType::Ed25519 => "ssh-ed25519",
        HostKeyType::Unknown => "unknown",
    }
}

fn explain(attempt: &Attempt<'_>, connection: &Connection, error: &ssh2::Error) -> SessionError {
    if connection.is_timeout(error) {
        return attempt.timed_out("the SSH handshake");
    }
    match error.code() {
        ErrorCode::Session(number) if code::BANNER.contains(&number) || number == code::SOCKET_DISCONNECT => attempt
            .handshake_failed(format!(
                "the other side closed the connection, or does not speak SSH ({}); is the port right, and may this \
                 host log in?",
                error.message()
            )),
        ErrorCode::Session(number) if code::KEY_EXCHANGE.contains(&number) => {
            no_key_exchange(attempt, connection, error)
        }
        _ => attempt.handshake_failed(error.message().to_owned()),
    }
}

/// No key exchange: says which algorithms are lacking, where the server tells.
fn no_key_exchange(attempt: &Attempt<'_>, connection: &Connection, error: &ssh2::Error) -> SessionError {
    let lacking = reach(attempt)
        .ok()
        .and_then(|stream| algorithms::without_common(stream, &connection.session, attempt.deadline));
    attempt.handshake_failed(match lacking {
        Some(lacking) => format!(
            "no algorithms in common: {lacking}; older devices offer only what is no longer safe: enable newer \
             algorithms on the device (`ssh server cipher`, `ssh server key-exchange`, `ssh server hmac`, a new host key)"
        ),
        None => format!(
            "no key exchange ({}); compare with `ssh -vv -p {} {}`",
            error.message(),
            attempt.target.port,
            attempt.host()
        ),
    })
}
