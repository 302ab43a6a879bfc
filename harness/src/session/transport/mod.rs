//! The byte stream under a dialogue: what carries keystrokes to a device and its screen back.

use std::io;
use std::time::Instant;

pub mod scripted;
pub mod ssh;

/// What a read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing: the deadline has passed, or there was nothing to be had without waiting.
    Nothing,
    /// The other side has closed the stream; nothing will ever come.
    End,
}

/// A byte stream with deadlines. One thread uses it at a time.
pub trait Transport: Send {
    /// Waits for bytes until `deadline`. Returns what is there as soon as something is.
    fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> io::Result<Received>;

    /// Takes what has already arrived, without waiting.
    fn read_arrived(&mut self, buffer: &mut [u8]) -> io::Result<Received>;

    /// Sends all of `bytes`, or fails with `TimedOut` at the deadline.
    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> io::Result<()>;

    /// Lets go of the connection within a second. May be called more than once.
    fn close(&mut self);
}

/// A transport on which somebody is logged in, with what is known of the other side.
pub struct Connected {
    /// The stream.
    pub transport: Box<dyn Transport>,
    /// Address and port, as in messages.
    pub address: String,
    /// SHA-256 fingerprint of the host key, if there is one.
    pub host_key_fingerprint: Option<String>,
    /// How the host key was accepted: `known_hosts`, `fingerprint`, `not verified`.
    pub host_key_verified_by: Option<String>,
    /// What the server said before the login.
    pub banner: String,
}
