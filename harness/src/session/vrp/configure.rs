//! Configuration: into the view, line by line, commit, and out again, with nothing left behind when it is refused.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::dialogue::{Awaited, Dialogue, End};
use super::line::{check_configuration_line, unsendable};
use super::prompt::{Candidate, View};
use super::{question, refusal};
use crate::session::{ConfigurationMode, Configured, Consequence, SessionError};

/// Time left for discarding and leaving, whatever the caller's deadline.
const CLEANING_UP: Duration = Duration::from_secs(10);

/// Most questions answered for one line.
const MOST_QUESTIONS: usize = 8;

/// Names a device takes when its own is undone.
const FACTORY_NAMES: [&str; 3] = ["HUAWEI", "Huawei", "Quidway"];

/// Sends the lines; see `DeviceSession::configure`.
pub fn configure(
    dialogue: &mut Dialogue,
    mode: ConfigurationMode,
    lines: &[String],
    deadline: Instant,
) -> Result<Configured, SessionError> {
    let mut typed = Vec::with_capacity(lines.len());
    for line in lines {
        typed.push(
            check_configuration_line(line)
                .map_err(|reason| unsendable(dialogue.device(), line, reason))?
                .to_owned(),
        );
    }
    if typed.is_empty() {
        return Err(unsendable(dialogue.device(), "", "there is no configuration line"));
    }
    let mut change = Change {
        dialogue,
        deadline,
        log: Vec::new(),
        in_effect: Vec::new(),
        two_stages: false,
    };
    change.enter(mode)?;
    let last = change.lines(&typed)?;
    let effective = if change.two_stages {
        change.commit(&typed, last.view)?
    } else {
        last
    };
    change.leave_after_success();
    Ok(Configured {
        dialogue: change.log,
        sent_at: effective.sent_at,
        acknowledged_at: effective.acknowledged_at,
        sent: effective.sent,
        acknowledged: effective.acknowledged,
    })
}

struct Change<'d> {
    dialogue: &'d mut Dialogue,
    deadline: Instant,
    log: Vec<(String, String)>,
    /// Lines accepted where there is only one stage.
    in_effect: Vec<String>,
    two_stages: bool,
}

/// One line and the prompt it ended in.
struct Step {
    text: String,
    view: View,
    refused_question: Option<String>,
    sent_at: DateTime<Utc>,
    acknowledged_at: DateTime<Utc>,
    sent: Instant,
    acknowledged: Instant,
}

impl Change<'_> {
    fn device(&self) -> String {
        self.dialogue.device().to_owned()
    }

    /// Enters the configuration view and finds out how many stages it has.
    fn enter(&mut self, mode: ConfigurationMode) -> Result<(), SessionError> {
        let mut candidate = self.enter_by("system-view")?;
        if mode == ConfigurationMode::Immediate && candidate != Candidate::None {
            self.refuse_pending(candidate)?;
            self.leave()?;
            candidate = self.enter_by("system-view immediately")?;
        }
        self.refuse_pending(candidate)?;
        let reason = match (mode, candidate) {
            (ConfigurationMode::TwoStage, Candidate::None) => {
                "the inventory says that changes wait for a commit, but the prompt of the configuration view has no \
                 `~`: lines would take effect one by one. Nothing was changed; set the configuration mode to \
                 immediate or auto"
            }
            (ConfigurationMode::Immediate, Candidate::Clean | Candidate::Pending) => {
                "the inventory says that lines take effect one by one, but even after `system-view immediately` the \
                 prompt shows a candidate configuration. Nothing was changed; set the configuration mode to two-stage \
                 or auto"
            }
            _ => {
                self.two_stages = candidate != Candidate::None;
                return Ok(());
            }
        };
        self.leave()?;
        Err(SessionError::ConfigurationView {
            device: self.device(),
            reason: reason.to_owned(),
        })
    }

    fn enter_by(&mut self, line: &str) -> Result<Candidate, SessionError> {
        let step = self.step(line, |_| Some("N"))?;
        match step.view {
            View::Configuration(candidate) => Ok(candidate),
            View::User => {
                let words = refusal::in_configuration(&step.text).unwrap_or_else(|| step.text.trim().to_owned());
                if refusal::is_lock(&words) {
                    return Err(SessionError::ConfigurationLocked {
                        device: self.device(),
                        message: words,
                        consequence: Consequence::NoChange,
                    });
                }
                let reason = format!("{line} did not lead to the configuration view: {words}");
                Err(SessionError::ConfigurationView {
                    device: self.device(),
                    reason,
                })
            }
        }
    }

    /// Somebody's uncommitted changes are neither committed nor cleared: the session is given up as it is.
    fn refuse_pending(&mut self, candidate: Candidate) -> Result<(), SessionError> {
        if candidate != Candidate::Pending {
            return Ok(());
        }
        let prompt = format!("[*{}]", self.dialogue.prompt_name());
        let error = SessionError::UncommittedChanges {
            device: self.device(),
            prompt,
        };
        Err(self.dialogue.fail(error))
    }

    /// Sends every line; returns the last step.
    fn lines(&mut self, lines: &[String]) -> Result<Step, SessionError> {
        let mut last = None;
        let mut next = 0;
        while let Some(line) = lines.get(next) {
            next += 1;
            self.follow_sysname(line);
            let own_answer = lines.get(next).and_then(|answer| yes_or_no(answer));
            let mut used_own = false;
            let step = self.step(line, |question| {
                if let Some(answer) = own_answer.filter(|_| !used_own) {
                    used_own = true;
                    Some(answer)
                } else {
                    question::is_implied_by(line, question).then_some("Y")
                }
            });
            let step = step.map_err(|error| self.uncertain_when_immediate(line, error))?;
            if used_own {
                next += 1;
            }
            self.judge(line, &step, next == lines.len())?;
            if !self.two_stages {
                self.in_effect.push(line.clone());
            }
            last = Some(step);
        }
        last.ok_or_else(|| unsendable(self.dialogue.device(), "", "there is no configuration line"))
    }

    /// Refuses a line that the device complained about, or that did what no line may.
    fn judge(&mut self, line: &str, step: &Step, is_last: bool) -> Result<(), SessionError> {
        if let Some(question) = step.refused_question.clone() {
            let consequence = self.discard(step.view);
            let line = line.to_owned();
            return Err(SessionError::QuestionRefused {
                device: self.device(),
                line,
                question,
                consequence,
            });
        }
        let shows = line.starts_with("dis") || line.starts_with("ping") || line.starts_with("tracert");
        let complaint = if shows {
            refusal::whole_answer(&step.text)
        } else {
            refusal::in_configuration(&step.text)
        };
        let message = match (complaint, step.view) {
            (Some(message), _) => message,
            (None, View::User) if self.two_stages || !is_last => {
                "it left the configuration view before everything was configured".to_owned()
            }
            _ => return Ok(()),
        };
        let consequence = self.discard(step.view);
        Err(refused(self.device(), Some(line), message, consequence))
    }

    /// Makes the change effective.
    ///
    /// Where nothing was pending before it, whatever the device says to that is no refusal: the lines asked for what
    /// was so already.
    fn commit(&mut self, lines: &[String], before: View) -> Result<Step, SessionError> {
        let step = self
            .step("commit", |question| {
                lines
                    .iter()
                    .any(|line| question::is_implied_by(line, question))
                    .then_some("Y")
            })
            .map_err(|error| self.uncertain("commit", error))?;
        let complaint = refusal::in_configuration(&step.text).or_else(|| {
            step.refused_question
                .as_ref()
                .map(|question| format!("it asks {question:?}"))
        });
        let message = match (complaint, step.view) {
            (None, View::Configuration(Candidate::Clean)) => return Ok(step),
            (Some(words), view)
                if view == before
                    && before == View::Configuration(Candidate::Clean)
                    && step.refused_question.is_none()
                    && !refusal::is_lock(&words) =>
            {
                tracing::debug!(device = self.dialogue.device(), words, "nothing was to be committed");
                return Ok(step);
            }
            (Some(message), _) => message,
            (None, View::Configuration(Candidate::Pending)) => {
                format!(
                    "the prompt still shows uncommitted changes; the device said {:?}",
                    step.text.trim()
                )
            }
            (None, View::Configuration(Candidate::None) | View::User) => {
                format!(
                    "the prompt after it is of another view; the device said {:?}",
                    step.text.trim()
                )
            }
        };
        let still_pending = step.view == View::Configuration(Candidate::Pending);
        let consequence = match self.discard(step.view) {
            Consequence::Discarded if !still_pending => Consequence::Uncertain {
                reason: "the device showed no uncommitted changes after it had complained".to_owned(),
                session_lost: false,
            },
            consequence => consequence,
        };
        Err(refused(self.device(), None, message, consequence))
    }

    /// Discards what is not committed and goes back to the user view.
    fn discard(&mut self, view: View) -> Consequence {
        self.deadline = self.deadline.max(Instant::now() + CLEANING_UP);
        let discarded = match view {
            View::User => Ok(()),
            View::Configuration(Candidate::Pending) => self
                .step("clear configuration candidate", |_| Some("Y"))
                .and_then(|_| self.leave()),
            View::Configuration(_) => self.leave(),
        };
        match discarded {
            Ok(()) if self.in_effect.is_empty() => Consequence::Discarded,
            Ok(()) => Consequence::InEffect(self.in_effect.clone()),
            Err(error) => Consequence::Uncertain {
                reason: format!("while discarding: {error}"),
                session_lost: self.dialogue.check_usable().is_err(),
            },
        }
    }

    /// Back to the user view after the change is in effect. A session lost here is noticed by the next command.
    fn leave_after_success(&mut self) {
        self.deadline = self.deadline.max(Instant::now() + CLEANING_UP);
        if let Err(error) = self.leave() {
            tracing::warn!(device = self.dialogue.device(), %error, "cannot leave the configuration view");
            self.dialogue.close();
        }
    }

    /// Back to the user view; whatever is still uncommitted is not committed.
    fn leave(&mut self) -> Result<(), SessionError> {
        let step = self.step("return", |_| Some("N"))?;
        if step.view == View::User {
            return Ok(());
        }
        let reason = format!("cannot leave the configuration view: {}", step.text.trim());
        let error = SessionError::ConfigurationView {
            device: self.device(),
            reason,
        };
        // Nothing may be asked in a view that is not the user view; a device discards what a lost session leaves.
        self.dialogue.close();
        Err(error)
    }

    /// Types one line and reads up to the next prompt, answering questions as `answer` says; what it does not
    /// answer is answered no.
    fn step(&mut self, line: &str, mut answer: impl FnMut(&str) -> Option<&'static str>) -> Result<Step, SessionError> {
        let (sent_at, sent) = (Utc::now(), Instant::now());
        let mut reading = self.dialogue.send(line, self.deadline)?;
        let mut refused_question = None;
        let mut asked = 0;
        let view = loop {
            match self
                .dialogue
                .read_to_end(&mut reading, Awaited::AnyView, self.deadline)?
            {
                End::Prompt(view) => break view,
                End::Question(question) => {
                    asked += 1;
                    let reply = match answer(&question) {
                        Some(reply) if asked <= MOST_QUESTIONS => reply,
                        _ => {
                            refused_question.get_or_insert(question);
                            "N"
                        }
                    };
                    self.dialogue.reply(&reading, &format!("{reply}\n"), self.deadline)?;
                }
            }
        };
        let (acknowledged_at, acknowledged) = (Utc::now(), Instant::now());
        let text = reading.text();
        self.log.push((line.to_owned(), text.clone()));
        Ok(Step {
            text,
            view,
            refused_question,
            sent_at,
            acknowledged_at,
            sent,
            acknowledged,
        })
    }

    fn uncertain_when_immediate(&mut self, line: &str, error: SessionError) -> SessionError {
        if self.two_stages {
            error
        } else {
            self.uncertain(line, error)
        }
    }

    /// A line that takes effect at once was sent, and the session was lost.
    fn uncertain(&mut self, line: &str, error: SessionError) -> SessionError {
        match error {
            SessionError::Closed { .. } if self.in_effect.is_empty() => error,
            error if error.is_lost() => SessionError::ChangeUncertain {
                device: self.device(),
                line: line.to_owned(),
                reason: error.to_string(),
            },
            error => error,
        }
    }

    /// `sysname X` changes the prompt: at once, or at the commit.
    fn follow_sysname(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some(verb), Some(name)) if verb.len() >= 4 && "sysname".starts_with(verb) => {
                self.dialogue.expect_also(name.trim_matches('"'));
            }
            (Some("undo"), Some(what)) if what.len() >= 4 && "sysname".starts_with(what) => {
                for name in FACTORY_NAMES {
                    self.dialogue.expect_also(name);
                }
            }
            _ => {}
        }
    }
}

/// The device refused: the whole configuration because somebody locked it, else this line, or without one the commit.
fn refused(device: String, line: Option<&str>, message: String, consequence: Consequence) -> SessionError {
    if refusal::is_lock(&message) {
        return SessionError::ConfigurationLocked {
            device,
            message,
            consequence,
        };
    }
    match line {
        Some(line) => SessionError::LineRefused {
            device,
            line: line.to_owned(),
            message,
            consequence,
        },
        None => SessionError::CommitRefused {
            device,
            message,
            consequence,
        },
    }
}

/// A line of the caller's that answers the question of the line before it.
fn yes_or_no(line: &str) -> Option<&'static str> {
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Some("Y"),
        "n" | "no" => Some("N"),
        _ => None,
    }
}
