//! One line typed, one answer read: the step of which every VRP session is made.
//!
//! Nothing here ever sleeps: it waits for bytes, until the deadline. A line's answer begins after its echo and ends
//! with the prompt as the unfinished last line, followed by nothing.

use std::time::Instant;

use super::echo;
use super::pager;
use super::prompt::{self, View};
use super::question;
use super::screen::Screen;
use crate::session::SessionError;
use crate::session::escaped::last_bytes;
use crate::session::transport::{Received, Transport};

/// Largest answer accepted unless told otherwise, in bytes.
pub const DEFAULT_OUTPUT_LIMIT: u64 = 1 << 30;

/// Most bytes that may come before the echo of a line, apart from the echo itself.
const BEFORE_ECHO: usize = 16 * 1024;

/// Most bytes of noise taken between two commands.
const BETWEEN_COMMANDS: usize = 16 << 20;

/// How often the prompt is asked for again to make sure that an answer is whole.
const CONFIRMATIONS: usize = 4;

/// How many of the last bytes are kept for messages.
const RECENT: usize = 512;

/// The device's end of a line's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// A prompt.
    Prompt(View),
    /// A question; here with all that stood before it.
    Question(String),
}

/// Which prompts end an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// Only that of the user view.
    UserView,
    /// Any.
    AnyView,
}

/// Typing and reading on one transport.
pub struct Dialogue {
    transport: Box<dyn Transport>,
    device: String,
    names: Vec<String>,
    output_limit: u64,
    buffer: Vec<u8>,
    lost: Option<String>,
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        self.transport.close();
    }
}

/// An answer while it is being read.
pub struct Reading {
    line: String,
    awaits_echo: bool,
    before_echo: Vec<u8>,
    /// What stood before the echo on its line.
    pub before: String,
    pub(super) screen: Screen,
    received: u64,
    recent: Vec<u8>,
    started: Instant,
}

impl Reading {
    /// A reading that awaits no echo.
    pub fn new(line: &str) -> Self {
        Self {
            line: line.to_owned(),
            awaits_echo: false,
            before_echo: Vec::new(),
            before: String::new(),
            screen: Screen::default(),
            received: 0,
            recent: Vec::new(),
            started: Instant::now(),
        }
    }

    /// The completed lines as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(self) -> String {
        let mut lines = self.screen.into_lines();
        lines.shrink_to_fit();
        String::from_utf8(lines).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// Whether the echo has not yet come.
    pub fn awaits_echo(&self) -> bool {
        self.awaits_echo
    }

    /// The last bytes received, escaped.
    pub fn last(&self) -> String {
        last_bytes(&self.recent)
    }

    fn take(&mut self, bytes: &[u8]) {
        self.received += bytes.len() as u64;
        self.recent
            .extend_from_slice(&bytes[bytes.len().saturating_sub(RECENT)..]);
        let excess = self.recent.len().saturating_sub(RECENT);
        self.recent.drain(..excess);
        if !self.awaits_echo {
            self.screen.feed(bytes);
            return;
        }
        self.before_echo.extend_from_slice(bytes);
        if let Some(found) = echo::find(&self.before_echo, &self.line) {
            self.awaits_echo = false;
            self.before = found.before;
            let rest = self.before_echo.split_off(found.end);
            self.before_echo = Vec::new();
            self.screen.feed(&rest);
        }
    }
}

impl Dialogue {
    /// A dialogue with `device` (its name in the inventory, for messages); no prompt is known yet.
    pub fn new(transport: Box<dyn Transport>, device: &str, output_limit: u64) -> Self {
        Self {
            transport,
            device: device.to_owned(),
            names: Vec::new(),
            output_limit,
            buffer: vec![0; 64 * 1024],
            lost: None,
        }
    }

    /// The device's name in the inventory.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// The device's name in its prompt.
    pub fn prompt_name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Sets the name in the prompt.
    pub fn learn(&mut self, name: String) {
        self.names = vec![name];
    }

    /// From now on the prompt may also show this name; when it does, the name is learned.
    pub fn expect_also(&mut self, name: &str) {
        if !name.is_empty() && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// Forgets every name but the one last seen.
    pub fn expect_no_other_name(&mut self) {
        self.names.truncate(1);
    }

    /// Recognises a prompt in an unfinished line, following a changed device name.
    pub fn recognise(&mut self, tail: &[u8]) -> Option<View> {
        let (view, name) = prompt::recognise(tail, &self.names)?;
        let position = self.names.iter().position(|known| known == name)?;
        self.names.swap(0, position);
        Some(view)
    }

    /// Closes the transport. Nothing can be sent any more.
    pub fn close(&mut self) {
        self.lost.get_or_insert_default();
        self.transport.close();
    }

    /// Marks the session as lost where the error says so, and lets go of the connection.
    pub fn fail(&mut self, error: SessionError) -> SessionError {
        if error.is_lost() && self.lost.is_none() {
            self.lost = Some(format!(" since it was lost earlier: {error}"));
            self.transport.close();
        }
        error
    }

    /// The error of a session that can no longer be used, if it is one.
    pub fn check_usable(&self) -> Result<(), SessionError> {
        match &self.lost {
            None => Ok(()),
            Some(why) => Err(SessionError::Closed {
                device: self.device.clone(),
                why: why.clone(),
            }),
        }
    }

    /// Types `line` and Enter. What had arrived before is no part of its answer.
    pub fn send(&mut self, line: &str, deadline: Instant) -> Result<Reading, SessionError> {
        self.check_usable()?;
        self.discard_arrived(line)?;
        self.send_unread(line, deadline)
    }

    /// As `send`, but leaves unread what has arrived: its answer may begin there.
    pub fn send_unread(&mut self, line: &str, deadline: Instant) -> Result<Reading, SessionError> {
        self.check_usable()?;
        let mut reading = Reading::new(line);
        reading.awaits_echo = !line.is_empty();
        self.type_keys(&reading, format!("{line}\n").as_bytes(), deadline)?;
        Ok(reading)
    }

    /// Answers a question and goes on reading.
    pub fn reply(&mut self, reading: &Reading, keys: &str, deadline: Instant) -> Result<(), SessionError> {
        self.type_keys(reading, keys.as_bytes(), deadline)
    }

    /// Reads until the answer ends, turning pages on the way.
    pub fn read_to_end(
        &mut self,
        reading: &mut Reading,
        awaited: Awaited,
        deadline: Instant,
    ) -> Result<End, SessionError> {
        loop {
            self.read_on(reading, deadline)?;
            if reading.awaits_echo {
                continue;
            }
            if let Some(view) = self.recognise(reading.screen.tail())
                && (awaited == Awaited::AnyView || view == View::User)
            {
                return Ok(End::Prompt(view));
            }
            self.turn_page(reading, deadline)?;
            if question::is_question(reading.screen.tail()) {
                return Ok(End::Question(asked(&reading.screen)));
            }
        }
    }

    /// Makes sure that the prompt of the user view, just read, was the device's and not a line of its output: asks
    /// for it again and removes both. Returns whether more output came in between.
    pub fn confirm_prompt(&mut self, reading: &mut Reading, deadline: Instant) -> Result<bool, SessionError> {
        let candidate = reading.screen.lines().len();
        let (mut asked, mut known) = (1, candidate);
        self.type_keys(reading, b"\n", deadline)?;
        loop {
            self.read_on(reading, deadline)?;
            self.turn_page(reading, deadline)?;
            if self.recognise(reading.screen.tail()) != Some(View::User) {
                continue;
            }
            if let Some(end) = self.prompt_lines(reading.screen.lines(), asked) {
                reading.screen.truncate_lines(end);
                return Ok(end != candidate);
            }
            // As long as no line ends, the prompt is the one that stood there: half of its line end may have come.
            let lines = reading.screen.lines().len();
            if lines > known && asked < CONFIRMATIONS {
                (asked, known) = (asked + 1, lines);
                self.type_keys(reading, b"\n", deadline)?;
            }
        }
    }

    /// Where the last completed lines that are not empty begin, if these are prompts of the user view; at most so many.
    fn prompt_lines(&mut self, lines: &[u8], at_most: usize) -> Option<usize> {
        let mut begin = None;
        for _ in 0..at_most {
            let before = lines
                .get(..begin.unwrap_or(lines.len()))
                .unwrap_or_default()
                .trim_ascii_end();
            let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            if self.recognise(&before[start..]) != Some(View::User) {
                break;
            }
            begin = Some(start);
        }
        begin
    }

    /// Reads once, until something comes.
    pub fn read_on(&mut self, reading: &mut Reading, deadline: Instant) -> Result<(), SessionError> {
        let received = self.transport.read(&mut self.buffer, deadline);
        let error = match received {
            Ok(Received::Bytes(count)) => {
                reading.take(&self.buffer[..count]);
                return self.check_size(reading);
            }
            Ok(Received::Nothing) => self.deadline_passed(reading),
            Ok(Received::End) => self.connection_lost(reading, "the device closed it"),
            Err(error) => self.connection_lost(reading, &error.to_string()),
        };
        Err(self.fail(error))
    }

    /// Answers the pager if it is being shown; returns whether it was.
    pub fn turn_page(&mut self, reading: &mut Reading, deadline: Instant) -> Result<bool, SessionError> {
        if !pager::is_pager(reading.screen.tail()) {
            return Ok(false);
        }
        reading.screen.pager_answered();
        self.type_keys(reading, pager::NEXT_PAGE, deadline)?;
        Ok(true)
    }

    fn check_size(&mut self, reading: &Reading) -> Result<(), SessionError> {
        let device = self.device.clone();
        let command = reading.line.clone();
        // Control sequences can make more of what is received.
        if reading.received.max(reading.screen.size() as u64) > self.output_limit {
            let limit = self.output_limit;
            return Err(self.fail(SessionError::OutputTooLarge { device, command, limit }));
        }
        if reading.awaits_echo && reading.before_echo.len() > BEFORE_ECHO + 8 * reading.line.len() {
            return Err(self.fail(SessionError::EchoMissing {
                device,
                command,
                last: reading.last(),
            }));
        }
        Ok(())
    }

    fn deadline_passed(&mut self, reading: &Reading) -> SessionError {
        let device = self.device.clone();
        let command = reading.line.clone();
        let last = reading.last();
        let tail = reading
            .before_echo
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        if reading.awaits_echo && self.recognise(&reading.before_echo[tail..]).is_some() {
            return SessionError::EchoMissing { device, command, last };
        }
        SessionError::DeadlineExceeded {
            device,
            command,
            waited: reading.started.elapsed(),
            last,
        }
    }

    fn connection_lost(&self, reading: &Reading, reason: &str) -> SessionError {
        SessionError::ConnectionLost {
            device: self.device.clone(),
            during: reading.line.clone(),
            reason: reason.to_owned(),
            last: reading.last(),
        }
    }

    fn type_keys(&mut self, reading: &Reading, keys: &[u8], deadline: Instant) -> Result<(), SessionError> {
        match self.transport.write_all(keys, deadline) {
            Ok(()) => Ok(()),
            Err(error) => {
                let error = self.connection_lost(reading, &error.to_string());
                Err(self.fail(error))
            }
        }
    }

    /// Throws away what came since the last answer: log messages, a repeated prompt.
    fn discard_arrived(&mut self, line: &str) -> Result<(), SessionError> {
        let mut discarded = 0;
        loop {
            let why = match self.transport.read_arrived(&mut self.buffer) {
                Ok(Received::Nothing) => return Ok(()),
                Ok(Received::Bytes(count)) => {
                    tracing::debug!(
                        device = self.device,
                        before = line,
                        bytes = %last_bytes(&self.buffer[..count]),
                        "unasked output"
                    );
                    discarded += count;
                    if discarded <= BETWEEN_COMMANDS {
                        continue;
                    }
                    ": the device sends without being asked and does not stop".to_owned()
                }
                Ok(Received::End) => ": the device closed it while nothing was being asked".to_owned(),
                Err(error) => format!(": it broke while nothing was being asked: {error}"),
            };
            return Err(self.fail(SessionError::Closed {
                device: self.device.clone(),
                why,
            }));
        }
    }
}

/// A question with the lines that lead to it.
fn asked(screen: &Screen) -> String {
    const LEAD: usize = 400;
    let lines = screen.lines();
    let lead = String::from_utf8_lossy(&lines[lines.len().saturating_sub(LEAD)..]);
    let tail = String::from_utf8_lossy(screen.tail());
    format!("{lead}{tail}").split_whitespace().collect::<Vec<_>>().join(" ")
}
