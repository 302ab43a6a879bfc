//! SSH by libssh2: one connection, one terminal.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use ssh2::{Channel, ErrorCode, ExtendedData, Session};

use super::{Connected, Received, Transport};
use crate::session::{SessionError, Target};

mod algorithms;
mod authenticate;
mod handshake;
mod host_key;
mod key_file;
mod known_hosts;
mod reach;
mod watchdog;

use watchdog::Watchdog;

/// libssh2's codes, by its header.
mod code {
    pub const TIMEOUT: i32 = -9;
    pub const SOCKET_TIMEOUT: i32 = -30;
    pub const AGAIN: i32 = -37;
    pub const SOCKET_SEND: i32 = -7;
    pub const SOCKET_DISCONNECT: i32 = -13;
    pub const SOCKET_RECV: i32 = -43;
    pub const KEY_EXCHANGE: [i32; 2] = [-5, -8];
    pub const BANNER: [i32; 2] = [-2, -3];
    pub const PASSWORD_EXPIRED: i32 = -15;
    pub const AUTHENTICATION: [i32; 2] = [-18, -19];
}

/// The terminal asked for: so wide that VRP wraps nothing, so tall that a page is long.
const COLUMNS: u32 = 511;
const ROWS: u32 = 1000;

/// Seconds of silence after which something is sent to keep middleboxes from forgetting the connection.
const KEEPALIVE_SECONDS: u32 = 15;

/// How long a call into libssh2 may outlast its own time-out before the socket is shut down under it.
const GRACE: Duration = Duration::from_secs(2);

/// Longest time given to letting go of a connection.
const LETTING_GO: Duration = Duration::from_millis(400);

/// Connects, checks the host key, authenticates and asks for a terminal with a command line.
pub fn connect(target: &Target, deadline: Instant) -> Result<Connected, SessionError> {
    let attempt = Attempt {
        target,
        started: Instant::now(),
        deadline,
    };
    attempt.check()?;
    let (connection, accepted) = host_key::connect_verified(&attempt)?;
    let banner = authenticate::authenticate(&attempt, &connection)?;
    let transport = open_terminal(&attempt, connection)?;
    Ok(Connected {
        transport: Box::new(transport),
        address: attempt.address(),
        host_key_fingerprint: Some(accepted.fingerprint),
        host_key_verified_by: Some(accepted.verified_by.to_owned()),
        banner,
    })
}

/// One attempt to connect to a target.
struct Attempt<'t> {
    target: &'t Target,
    started: Instant,
    deadline: Instant,
}

impl Attempt<'_> {
    /// The host without the brackets of an IPv6 address.
    fn host(&self) -> &str {
        let address = self.target.address.trim();
        address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(address)
    }

    /// Host and port, as in messages.
    fn address(&self) -> String {
        if self.host().contains(':') {
            format!("[{}]:{}", self.host(), self.target.port)
        } else {
            format!("{}:{}", self.host(), self.target.port)
        }
    }

    /// Refuses what no library should be handed.
    fn check(&self) -> Result<(), SessionError> {
        let reason = if self.host().is_empty() {
            "the inventory gives no address"
        } else if self.host().chars().any(|c| c.is_control() || c.is_whitespace()) {
            "the address holds blanks or control characters"
        } else if self.target.username.contains('\0') {
            "the user name holds a NUL"
        } else {
            return Ok(());
        };
        Err(self.unreachable(reason.to_owned()))
    }

    fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn unreachable(&self, reason: String) -> SessionError {
        SessionError::Unreachable {
            device: self.target.name.clone(),
            address: self.address(),
            reason,
        }
    }

    fn timed_out(&self, stage: &str) -> SessionError {
        SessionError::ConnectTimedOut {
            device: self.target.name.clone(),
            address: self.address(),
            stage: stage.to_owned(),
            waited: self.started.elapsed(),
        }
    }

    fn handshake_failed(&self, reason: impl Into<String>) -> SessionError {
        SessionError::Handshake {
            device: self.target.name.clone(),
            address: self.address(),
            reason: reason.into(),
        }
    }
}

/// A TCP connection that speaks SSH.
struct Connection {
    session: Session,
    socket: TcpStream,
    watchdog: Watchdog,
    let_go: bool,
}

impl Connection {
    /// Allows libssh2's next calls to wait until `deadline`.
    fn allow_until(&self, deadline: Instant) {
        let remaining = deadline.saturating_duration_since(Instant::now());
        self.session.set_timeout(milliseconds(remaining));
        self.watchdog.watch(Instant::now() + remaining + GRACE);
    }

    /// Whether this error only says that the time was over.
    fn is_timeout(&self, error: &ssh2::Error) -> bool {
        self.watchdog.has_fired()
            || matches!(
                error.code(),
                ErrorCode::Session(code::TIMEOUT | code::SOCKET_TIMEOUT | code::AGAIN)
            )
    }

    /// Says goodbye without waiting for an answer, and shuts the socket down. What libssh2 still wants to send or
    /// hear afterwards fails at once, so that dropping the session cannot hang.
    fn let_go(&mut self, channel: Option<&mut Channel>) {
        if std::mem::replace(&mut self.let_go, true) {
            return;
        }
        self.watchdog.watch(Instant::now() + LETTING_GO);
        self.session.set_blocking(false);
        if let Some(channel) = channel {
            let _ = channel.close();
        }
        let _ = self.session.disconnect(None, "session over", None);
        let _ = self.socket.shutdown(Shutdown::Both);
        self.session.set_blocking(true);
        self.session.set_timeout(milliseconds(LETTING_GO));
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.let_go(None);
    }
}

fn open_terminal(attempt: &Attempt<'_>, mut connection: Connection) -> Result<SshTransport, SessionError> {
    connection.allow_until(attempt.deadline);
    match request_terminal(&connection.session) {
        Ok(channel) => {
            connection.session.set_keepalive(false, KEEPALIVE_SECONDS);
            connection.watchdog.rest();
            Ok(SshTransport { channel, connection })
        }
        Err((_, error)) if connection.is_timeout(&error) => {
            connection.let_go(None);
            Err(attempt.timed_out("opening a terminal"))
        }
        Err((what, error)) => Err(SessionError::ShellRefused {
            device: attempt.target.name.clone(),
            address: attempt.address(),
            reason: format!("{what}: {}", error.message()),
        }),
    }
}

fn request_terminal(session: &Session) -> Result<Channel, (&'static str, ssh2::Error)> {
    let mut channel = session
        .channel_session()
        .map_err(|error| ("it refused a session channel", error))?;
    channel
        .handle_extended_data(ExtendedData::Merge)
        .map_err(|error| ("the error stream could not be merged", error))?;
    channel
        .request_pty("vt100", None, Some((COLUMNS, ROWS, 0, 0)))
        .map_err(|error| ("it refused a pseudo-terminal", error))?;
    channel.shell().map_err(|error| ("it refused a shell", error))?;
    Ok(channel)
}

/// A terminal over SSH.
pub struct SshTransport {
    // Dropped before the connection it belongs to.
    channel: Channel,
    connection: Connection,
}

impl SshTransport {
    fn received(&self, read: io::Result<usize>) -> Result<Option<Received>, io::Error> {
        match read {
            Ok(0) if self.channel.eof() => Ok(Some(Received::End)),
            Ok(0) => Ok(None),
            Ok(count) => Ok(Some(Received::Bytes(count))),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(None),
            Err(_) if self.connection.watchdog.has_fired() => Ok(Some(Received::Nothing)),
            Err(error) => Err(plain(&self.connection.session, error)),
        }
    }
}

impl Transport for SshTransport {
    fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> io::Result<Received> {
        loop {
            if Instant::now() >= deadline {
                return self.read_arrived(buffer);
            }
            self.connection.allow_until(deadline);
            let read = self.channel.read(buffer);
            if let Some(received) = self.received(read)? {
                self.connection.watchdog.rest();
                return Ok(received);
            }
        }
    }

    fn read_arrived(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        self.connection.watchdog.watch(Instant::now() + GRACE);
        self.connection.session.set_blocking(false);
        let read = self.channel.read(buffer);
        self.connection.session.set_blocking(true);
        let received = self.received(read);
        self.connection.watchdog.rest();
        Ok(received?.unwrap_or(Received::Nothing))
    }

    fn write_all(&mut self, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
        while !bytes.is_empty() {
            self.connection.allow_until(deadline);
            match self.channel.write(bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Err(plain(&self.connection.session, error)),
            }
            if !bytes.is_empty() && Instant::now() >= deadline {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the device does not take what is typed",
                ));
            }
        }
        self.connection.watchdog.rest();
        Ok(())
    }

    fn close(&mut self) {
        self.connection.let_go(Some(&mut self.channel));
    }
}

impl Drop for SshTransport {
    fn drop(&mut self) {
        self.close();
    }
}

/// An error in words that say something: libssh2's own often do not.
fn plain(session: &Session, error: io::Error) -> io::Error {
    let words = match ssh2::Error::last_session_error(session).map(|last| last.code()) {
        Some(ErrorCode::Session(code::SOCKET_DISCONNECT | code::SOCKET_RECV | code::SOCKET_SEND)) => {
            "the TCP connection broke".to_owned()
        }
        _ => error.to_string(),
    };
    io::Error::new(error.kind(), words)
}

fn milliseconds(duration: Duration) -> u32 {
    // Zero would mean to wait for ever.
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX).max(1)
}
