//! The record of a run: every event goes to the bundle, to whoever watches and into memory, in that order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use reports::event::{CommandAnswered, Event, Record, Warning};

use crate::bundle::{BundleWriter, Redactor, WriteError};
use crate::session::{Answer, Configured};

/// Where a run's events go.
pub(super) struct Recorder<'o> {
    writer: Option<BundleWriter>,
    observe: &'o mut dyn FnMut(&Record),
    events: Vec<Record>,
    redactor: Arc<Redactor>,
    next_evidence: u32,
    failed: Option<WriteError>,
}

impl<'o> Recorder<'o> {
    /// A record in a bundle, or nowhere but in memory.
    pub(super) fn new(
        writer: Option<BundleWriter>,
        redactor: Arc<Redactor>,
        observe: &'o mut dyn FnMut(&Record),
    ) -> Self {
        Self {
            writer,
            observe,
            events: Vec::new(),
            redactor,
            next_evidence: 1,
            failed: None,
        }
    }

    /// Records an event. Once the bundle cannot be written, [`Recorder::failure`] says so and the run must end.
    pub(super) fn emit(&mut self, event: Event) {
        self.emit_at(Utc::now(), event);
    }

    fn emit_at(&mut self, at: DateTime<Utc>, event: Event) {
        let record = Record { at, event };
        if let (Some(writer), None) = (&mut self.writer, &self.failed) {
            self.failed = writer.append(&record).err();
        }
        (self.observe)(&record);
        self.events.push(record);
    }

    /// Records a warning.
    pub(super) fn warn(&mut self, device: Option<&str>, message: impl Into<String>) {
        let message = message.into();
        self.emit(Event::Warning(Warning {
            device: device.map(str::to_owned),
            message: self.redactor.device_text(&message).into_owned(),
        }));
    }

    /// The number under which the answer to the next question will be kept. Taken when the question is asked, so that
    /// numbers follow the suite whichever device answers first.
    pub(super) fn reserve_evidence(&mut self) -> u32 {
        let number = self.next_evidence;
        self.next_evidence += 1;
        number
    }

    /// Keeps an answer and returns its path within the bundle.
    pub(super) fn keep_answer(&mut self, number: u32, device: &str, answer: &Answer) -> String {
        let answered = Answered {
            device,
            command: &answer.command,
            text: &answer.text,
            sent_at: answer.sent_at,
            answered_at: answer.answered_at,
            rejected: answer.rejected.as_deref(),
        };
        self.keep(number, &answered)
    }

    /// Keeps the dialogue of a configuration change.
    pub(super) fn keep_dialogue(&mut self, device: &str, command: &str, configured: &Configured) -> String {
        let mut text = String::new();
        for (line, words) in &configured.dialogue {
            text.push_str(&format!("> {line}\n"));
            if !words.is_empty() {
                text.push_str(words);
                if !words.ends_with('\n') {
                    text.push('\n');
                }
            }
        }
        let text = self.redactor.device_text(&text).into_owned();
        let command = self.redactor.device_text(command).into_owned();
        let number = self.reserve_evidence();
        let answered = Answered {
            device,
            command: &command,
            text: &text,
            sent_at: configured.sent_at,
            answered_at: configured.acknowledged_at,
            rejected: None,
        };
        self.keep(number, &answered)
    }

    fn keep(&mut self, number: u32, answered: &Answered<'_>) -> String {
        let Some(writer) = self.writer.as_ref().filter(|_| self.failed.is_none()) else {
            return String::new();
        };
        match writer.keep(number, answered.device, answered.command, answered.text) {
            Ok(kept) => {
                self.emit(Event::CommandAnswered(CommandAnswered {
                    device: answered.device.to_owned(),
                    command: answered.command.to_owned(),
                    evidence: kept.path.clone(),
                    sha256: kept.sha256,
                    bytes: kept.bytes,
                    sent_at: answered.sent_at,
                    answered_at: answered.answered_at,
                    rejected: answered.rejected.map(str::to_owned),
                }));
                kept.path
            }
            Err(error) => {
                self.failed = Some(error);
                String::new()
            }
        }
    }

    /// Keeps a capture: the file and its path within the bundle. Where nothing is kept, `write` is given back.
    pub(super) fn keep_capture<W: FnOnce(&Path) -> Result<(), String>>(
        &mut self,
        number: u32,
        (device, command): (&str, &str),
        named: (&str, &str),
        (sent_at, answered_at): (DateTime<Utc>, DateTime<Utc>),
        write: W,
    ) -> Result<Result<(PathBuf, String), W>, String> {
        let Some(writer) = self.writer.as_ref().filter(|_| self.failed.is_none()) else {
            return Ok(Err(write));
        };
        let folder = writer.folder().to_path_buf();
        match writer.keep_capture(number, named, write) {
            Ok(kept) => {
                let kept = kept?;
                self.emit(Event::CommandAnswered(CommandAnswered {
                    device: device.to_owned(),
                    command: command.to_owned(),
                    evidence: kept.path.clone(),
                    sha256: kept.sha256,
                    bytes: kept.bytes,
                    sent_at,
                    answered_at,
                    rejected: None,
                }));
                Ok(Ok((folder.join(&kept.path), kept.path)))
            }
            Err(error) => {
                let reason = error.to_string();
                self.failed = Some(error);
                Err(reason)
            }
        }
    }

    /// Why the bundle cannot be written any more, if so.
    pub(super) fn failure(&self) -> Option<String> {
        self.failed.as_ref().map(ToString::to_string)
    }

    /// The redactor.
    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Ends the record: the bundle as it was written, the events, and why the bundle is not whole, if so.
    pub(super) fn finish(self) -> (Option<BundleWriter>, Vec<Record>, Option<WriteError>) {
        let failed = self.failed.or_else(|| self.writer.as_ref()?.sync().err());
        (self.writer, self.events, failed)
    }
}

struct Answered<'a> {
    device: &'a str,
    command: &'a str,
    text: &'a str,
    sent_at: DateTime<Utc>,
    answered_at: DateTime<Utc>,
    rejected: Option<&'a str>,
}
