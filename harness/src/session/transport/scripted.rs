//! A transport that plays a script: the other side of a dialogue, for tests.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::{Received, Transport};

/// One act of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Wait until exactly these bytes were written (in any number of writes).
    Expect(Vec<u8>),
    /// Hand out these bytes as one chunk.
    Send(Vec<u8>),
    /// Hand out these bytes without being waited for: they had already arrived.
    Arrived(Vec<u8>),
    /// Say nothing more: every read ends at its deadline (at once; scripts have no clock).
    Hang,
    /// Break the connection with this error.
    Break(String),
    /// Close the stream.
    Close,
}

/// A script, written act by act.
#[derive(Debug, Clone, Default)]
pub struct Script {
    acts: VecDeque<Act>,
}

impl Script {
    /// An empty script: it hangs at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for these bytes.
    #[must_use]
    pub fn expect(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(Act::Expect(bytes.as_ref().to_vec()))
    }

    /// Sends one chunk.
    #[must_use]
    pub fn send(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(Act::Send(bytes.as_ref().to_vec()))
    }

    /// Sends `bytes` cut at the given positions.
    #[must_use]
    pub fn send_split(mut self, bytes: impl AsRef<[u8]>, cuts: &[usize]) -> Self {
        let bytes = bytes.as_ref();
        let mut from = 0;
        for &cut in cuts.iter().chain([&bytes.len()]) {
            let to = cut.clamp(from, bytes.len());
            if to > from {
                self = self.send(&bytes[from..to]);
            }
            from = to;
        }
        self
    }

    /// Waits for `line` and Enter, then sends its echo, `output`, and `prompt`, in one chunk.
    #[must_use]
    pub fn answer(self, line: &str, output: &str, prompt: &str) -> Self {
        self.expect(format!("{line}\n"))
            .send(format!("{line}\r\n{output}{prompt}"))
    }

    /// Waits for an empty line and repeats the prompt.
    #[must_use]
    pub fn prompt_again(self, prompt: &str) -> Self {
        self.expect("\n").send(format!("\r\n{prompt}"))
    }

    /// Adds an act.
    #[must_use]
    pub fn then(mut self, act: Act) -> Self {
        self.acts.push_back(act);
        self
    }

    /// Adds all acts of another script.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.acts.extend(other.acts);
        self
    }
}

/// What is left of a script, to be looked at when the dialogue is over.
#[derive(Debug, Clone)]
pub struct Watcher(Arc<Mutex<Played>>);

impl Watcher {
    /// Whether everything expected was written and everything else was read.
    pub fn is_over(&self) -> bool {
        self.0.lock().is_ok_and(|played| {
            played.wrong.is_none()
                && !played
                    .acts
                    .iter()
                    .any(|act| matches!(act, Act::Expect(_) | Act::Send(_)))
        })
    }

    /// What was written that the script did not expect, if anything.
    pub fn wrong(&self) -> Option<String> {
        self.0.lock().ok().and_then(|played| played.wrong.clone())
    }

    /// All that was written so far.
    pub fn written(&self) -> Vec<u8> {
        self.0.lock().map(|played| played.written.clone()).unwrap_or_default()
    }

    /// Whether the dialogue closed the transport.
    pub fn is_closed(&self) -> bool {
        self.0.lock().is_ok_and(|played| played.closed)
    }
}

#[derive(Debug, Default)]
struct Played {
    acts: VecDeque<Act>,
    unread: VecDeque<u8>,
    typed: Vec<u8>,
    written: Vec<u8>,
    wrong: Option<String>,
    closed: bool,
}

/// The transport that plays a [`Script`].
#[derive(Debug)]
pub struct ScriptedTransport(Arc<Mutex<Played>>);

impl ScriptedTransport {
    /// A transport and the means to look at it from outside.
    pub fn new(script: Script) -> (Self, Watcher) {
        let played = Arc::new(Mutex::new(Played {
            acts: script.acts,
            ..Played::default()
        }));
        (Self(Arc::clone(&played)), Watcher(played))
    }
}

impl Played {
    fn give(&mut self, buffer: &mut [u8]) -> Option<Received> {
        if self.unread.is_empty() {
            return None;
        }
        let count = self.unread.len().min(buffer.len());
        for (slot, byte) in buffer.iter_mut().zip(self.unread.drain(..count)) {
            *slot = byte;
        }
        Some(Received::Bytes(count))
    }

    /// Takes expected bytes off the script; says what is wrong when something else was typed.
    fn compare(&mut self) {
        while let Some(Act::Expect(expected)) = self.acts.front() {
            if self.typed.len() < expected.len() {
                if !expected.starts_with(&self.typed) {
                    self.mismatch();
                }
                return;
            }
            if !self.typed.starts_with(expected) {
                self.mismatch();
                return;
            }
            let length = expected.len();
            self.typed.drain(..length);
            self.acts.pop_front();
        }
    }

    fn mismatch(&mut self) {
        let expected = match self.acts.front() {
            Some(Act::Expect(expected)) => String::from_utf8_lossy(expected).into_owned(),
            _ => String::new(),
        };
        let typed = String::from_utf8_lossy(&self.typed).into_owned();
        self.wrong
            .get_or_insert(format!("expected {expected:?}, got {typed:?}"));
    }
}

fn poisoned<T>(_: T) -> io::Error {
    io::Error::other("script poisoned")
}

impl Transport for ScriptedTransport {
    fn read(&mut self, buffer: &mut [u8], _deadline: Instant) -> io::Result<Received> {
        let mut played = self.0.lock().map_err(poisoned)?;
        loop {
            if let Some(received) = played.give(buffer) {
                return Ok(received);
            }
            played.compare();
            match played.acts.front().cloned() {
                Some(Act::Send(bytes) | Act::Arrived(bytes)) => {
                    played.acts.pop_front();
                    played.unread.extend(bytes);
                }
                Some(Act::Break(reason)) => return Err(io::Error::new(io::ErrorKind::ConnectionReset, reason)),
                Some(Act::Close) => return Ok(Received::End),
                Some(Act::Expect(_) | Act::Hang) | None => return Ok(Received::Nothing),
            }
        }
    }

    fn read_arrived(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        let mut played = self.0.lock().map_err(poisoned)?;
        if let Some(received) = played.give(buffer) {
            return Ok(received);
        }
        match played.acts.front().cloned() {
            Some(Act::Arrived(bytes)) => {
                played.acts.pop_front();
                played.unread.extend(bytes);
                Ok(played.give(buffer).unwrap_or(Received::Nothing))
            }
            Some(Act::Close) => Ok(Received::End),
            _ => Ok(Received::Nothing),
        }
    }

    fn write_all(&mut self, bytes: &[u8], _deadline: Instant) -> io::Result<()> {
        let mut played = self.0.lock().map_err(poisoned)?;
        played.written.extend_from_slice(bytes);
        played.typed.extend_from_slice(bytes);
        Ok(())
    }

    fn close(&mut self) {
        if let Ok(mut played) = self.0.lock() {
            played.closed = true;
        }
    }
}
