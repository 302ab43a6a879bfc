//! A session that gives recorded answers.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reports::bundle::Bundle;

use super::timeline::Timeline;
use crate::bundle::sha256_hex;
use crate::session::{Answer, Configured, DeviceSession, Identity, SessionError};

/// A device of a recorded lab.
pub(super) struct RecordedSession {
    pub device: String,
    pub identity: Identity,
    pub bundle: Arc<Bundle>,
    pub timeline: Arc<Mutex<Timeline>>,
    pub began: Instant,
}

impl RecordedSession {
    fn error(&self, reason: String) -> SessionError {
        SessionError::ConfigurationView {
            device: self.device.clone(),
            reason,
        }
    }

    fn instant(&self, after: Duration) -> Instant {
        self.began.checked_add(after).unwrap_or(self.began)
    }

    /// A piece of evidence as the run kept it.
    fn evidence(&self, path: &str, sha256: &str) -> Result<String, String> {
        let mut bytes = Vec::new();
        self.bundle
            .file(path)
            .map_err(|error| error.to_string())?
            .read_to_end(&mut bytes)
            .map_err(|error| format!("{path}: {error}"))?;
        if sha256_hex(&bytes) != sha256 {
            return Err(format!("{path} is not what the run kept: its SHA-256 differs"));
        }
        String::from_utf8(bytes).map_err(|_| format!("{path} is not UTF-8 text"))
    }
}

impl DeviceSession for RecordedSession {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn ask(&mut self, command: &str, _deadline: Instant) -> Result<Answer, SessionError> {
        let next = self
            .timeline
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .answer(&self.device, command);
        let (answered, span) = next.map_err(|reason| self.error(reason))?;
        let text = self
            .evidence(&answered.evidence, &answered.sha256)
            .map_err(|reason| self.error(reason))?;
        Ok(Answer {
            command: command.to_owned(),
            text,
            sent_at: span.sent_at,
            answered_at: span.answered_at,
            sent: self.instant(span.sent),
            answered: self.instant(span.answered),
            rejected: answered.rejected,
        })
    }

    fn configure(&mut self, lines: &[String], _deadline: Instant) -> Result<Configured, SessionError> {
        let step = self
            .timeline
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .configure(&self.device, lines);
        let span = step.map_err(|reason| self.error(reason))?;
        Ok(Configured {
            dialogue: Vec::new(),
            sent_at: span.sent_at,
            acknowledged_at: span.answered_at,
            sent: self.instant(span.sent),
            acknowledged: self.instant(span.answered),
        })
    }

    fn close(&mut self) {}
}
