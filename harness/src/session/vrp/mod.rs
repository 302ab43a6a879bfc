//! The command line of the Versatile Routing Platform, V5 and V8, as a session.

use std::time::Instant;

use chrono::Utc;

use super::transport::Connected;
use super::{Answer, ConfigurationMode, Configured, Consequence, DeviceSession, Identity, SessionError, Target};

mod configure;
mod dialogue;
mod echo;
mod line;
mod login;
mod pager;
mod prompt;
mod question;
mod refusal;
mod screen;

use dialogue::{Awaited, Dialogue, End};

pub use dialogue::DEFAULT_OUTPUT_LIMIT;
pub use line::{check_command, check_configuration_line};

/// A session with a VRP device that waits in its user view.
pub struct VrpSession {
    dialogue: Dialogue,
    identity: Identity,
    mode: ConfigurationMode,
}

impl VrpSession {
    /// Goes through the login dialogue on a transport on which the user is already authenticated.
    pub fn log_in(target: &Target, connected: Connected, deadline: Instant) -> Result<Self, SessionError> {
        Self::log_in_with_limit(target, connected, deadline, DEFAULT_OUTPUT_LIMIT)
    }

    /// As `log_in`, with the largest answer accepted, in bytes as sent by the device.
    pub fn log_in_with_limit(
        target: &Target,
        connected: Connected,
        deadline: Instant,
        output_limit: u64,
    ) -> Result<Self, SessionError> {
        let mut dialogue = Dialogue::new(connected.transport, &target.name, output_limit);
        let banner = login::log_in(&mut dialogue, target, deadline)?;
        let banner = [connected.banner.trim(), &banner]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>();
        let identity = Identity {
            prompt_name: dialogue.prompt_name().to_owned(),
            host_key_fingerprint: connected.host_key_fingerprint,
            host_key_verified_by: connected.host_key_verified_by,
            banner: banner.join("\n"),
        };
        Ok(Self {
            dialogue,
            identity,
            mode: target.configuration_mode,
        })
    }
}

impl DeviceSession for VrpSession {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn ask(&mut self, command: &str, deadline: Instant) -> Result<Answer, SessionError> {
        let command =
            line::check_command(command).map_err(|reason| line::unsendable(self.dialogue.device(), command, reason))?;
        let (sent_at, sent) = (Utc::now(), Instant::now());
        let mut reading = self.dialogue.send(command, deadline)?;
        match self.dialogue.read_to_end(&mut reading, Awaited::UserView, deadline)? {
            End::Prompt(_) => {}
            End::Question(question) => {
                self.dialogue.reply(&reading, "N\n", deadline)?;
                while let End::Question(_) = self.dialogue.read_to_end(&mut reading, Awaited::UserView, deadline)? {
                    self.dialogue.reply(&reading, "N\n", deadline)?;
                }
                return Err(SessionError::QuestionRefused {
                    device: self.dialogue.device().to_owned(),
                    line: command.to_owned(),
                    question,
                    consequence: Consequence::NoChange,
                });
            }
        }
        let (mut answered_at, mut answered) = (Utc::now(), Instant::now());
        if self.dialogue.confirm_prompt(&mut reading, deadline)? {
            (answered_at, answered) = (Utc::now(), Instant::now());
        }
        let text = reading.text();
        let rejected = refusal::whole_answer(&text);
        Ok(Answer {
            command: command.to_owned(),
            text,
            sent_at,
            answered_at,
            sent,
            answered,
            rejected,
        })
    }

    fn configure(&mut self, lines: &[String], deadline: Instant) -> Result<Configured, SessionError> {
        let configured = configure::configure(&mut self.dialogue, self.mode, lines, deadline);
        self.dialogue.expect_no_other_name();
        self.dialogue.prompt_name().clone_into(&mut self.identity.prompt_name);
        configured
    }

    fn close(&mut self) {
        self.dialogue.close();
    }
}
