//! Proves who we are, by the ways the inventory gives, in its order. The host key has been checked before.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use ssh2::{ErrorCode, KeyboardInteractivePrompt, Prompt, Session};

use super::{Attempt, Connection, code, key_file};
use crate::session::{Auth, Secret, SessionError};

/// Most rounds of questions answered by keyboard-interactive authentication.
const MOST_ROUNDS: usize = 8;

/// Authenticates; returns what the server said before.
pub fn authenticate(attempt: &Attempt<'_>, connection: &Connection) -> Result<String, SessionError> {
    connection.allow_until(attempt.deadline);
    let session = &connection.session;
    let offered = offered_methods(session, &attempt.target.username);
    let banner = session.userauth_banner().ok().flatten().unwrap_or_default().to_owned();
    if session.authenticated() {
        return Ok(banner);
    }
    let mut login = Login {
        attempt,
        connection,
        offered,
        tried: Vec::new(),
        local: None,
    };
    for auth in &attempt.target.auth {
        connection.allow_until(attempt.deadline);
        match auth {
            Auth::Password(password) => login.by_password(password)?,
            Auth::KeyFile { path, passphrase } => login.by_key_file(path, passphrase.as_ref())?,
            Auth::Agent => login.by_agent()?,
        }
        if session.authenticated() {
            return Ok(banner);
        }
    }
    Err(login.failed())
}

struct Login<'a> {
    attempt: &'a Attempt<'a>,
    connection: &'a Connection,
    /// Methods the server offers; empty when it did not say.
    offered: Vec<String>,
    tried: Vec<String>,
    /// The first failure that never reached the server.
    local: Option<SessionError>,
}

impl Login<'_> {
    fn session(&self) -> &Session {
        &self.connection.session
    }

    fn offers(&self, method: &str) -> bool {
        self.offered.is_empty() || self.offered.iter().any(|offered| offered == method)
    }

    fn by_password(&mut self, password: &Secret) -> Result<(), SessionError> {
        let username = &self.attempt.target.username;
        if password.reveal().contains('\0') {
            self.tried.push("password: not sent, it holds a NUL".to_owned());
            return Ok(());
        }
        if !self.offers("password") && !self.offers("keyboard-interactive") {
            self.tried.push("password: not offered".to_owned());
            return Ok(());
        }
        if self.offers("password") {
            let outcome = self.session().userauth_password(username, password.reveal());
            if self.note("password", outcome)? {
                return Ok(());
            }
        }
        if self.offered.iter().any(|offered| offered == "keyboard-interactive") {
            let mut answers = Answers {
                password,
                asked: Vec::new(),
                rounds: 0,
            };
            let outcome = self.session().userauth_keyboard_interactive(username, &mut answers);
            let what = if answers.asked.is_empty() {
                "keyboard-interactive".to_owned()
            } else {
                format!("keyboard-interactive (asked {})", answers.asked.join(", "))
            };
            self.note(&what, outcome)?;
        }
        Ok(())
    }

    fn by_key_file(&mut self, path: &Path, passphrase: Option<&Secret>) -> Result<(), SessionError> {
        let device = &self.attempt.target.name;
        let what = format!("key file {}", path.display());
        let key = match key_file::read(device, path, passphrase.is_some()) {
            Ok(key) => key,
            Err(error) => {
                self.tried.push(format!("{what}: not usable"));
                self.local.get_or_insert(error);
                return Ok(());
            }
        };
        let outcome = self.session().userauth_pubkey_memory(
            &self.attempt.target.username,
            None,
            &key,
            passphrase.map(Secret::reveal),
        );
        if let Err(error) = &outcome
            && !is_refusal(error)
            && !self.is_over(error)
        {
            let reason = match passphrase {
                Some(_) => format!(
                    "wrong passphrase, or a format that is not understood ({})",
                    error.message()
                ),
                None => format!("its format is not understood ({})", error.message()),
            };
            self.tried.push(format!("{what}: not usable"));
            let error = SessionError::KeyFileUnreadable {
                device: device.clone(),
                path: path.to_owned(),
                reason,
            };
            self.local.get_or_insert(error);
            return Ok(());
        }
        self.note(&what, outcome).map(|_| ())
    }

    fn by_agent(&mut self) -> Result<(), SessionError> {
        let keys = self.session().agent().and_then(|mut agent| {
            agent.connect()?;
            agent.list_identities()?;
            let keys = agent.identities()?;
            Ok((agent, keys))
        });
        let (agent, keys) = match keys {
            Ok(found) => found,
            Err(error) => {
                let reason = if std::env::var_os("SSH_AUTH_SOCK").is_none() {
                    "SSH_AUTH_SOCK is not set; start one with `eval $(ssh-agent)` and load a key with `ssh-add`"
                        .to_owned()
                } else {
                    format!("{}; is the agent of SSH_AUTH_SOCK still running?", error.message())
                };
                self.tried.push("agent: not available".to_owned());
                let error = SessionError::AgentNotAvailable {
                    device: self.attempt.target.name.clone(),
                    reason,
                };
                self.local.get_or_insert(error);
                return Ok(());
            }
        };
        if keys.is_empty() {
            self.tried.push("agent: holds no keys".to_owned());
            let reason = "it holds no keys; load one with `ssh-add`".to_owned();
            let error = SessionError::AgentNotAvailable {
                device: self.attempt.target.name.clone(),
                reason,
            };
            self.local.get_or_insert(error);
        }
        for key in &keys {
            self.connection.allow_until(self.attempt.deadline);
            let what = format!("agent key {:?}", key.comment());
            let outcome = agent.userauth(&self.attempt.target.username, key);
            if self.note(&what, outcome)? {
                break;
            }
        }
        Ok(())
    }

    /// Notes how an attempt went; returns whether it succeeded. A broken connection ends the login.
    fn note(&mut self, what: &str, outcome: Result<(), ssh2::Error>) -> Result<bool, SessionError> {
        let Err(error) = outcome else {
            return Ok(self.session().authenticated());
        };
        if self.connection.is_timeout(&error) {
            return Err(self.attempt.timed_out("the login"));
        }
        if error.code() == ErrorCode::Session(code::PASSWORD_EXPIRED) {
            return Err(SessionError::PasswordExpired {
                device: self.attempt.target.name.clone(),
                username: self.attempt.target.username.clone(),
                message: error.message().to_owned(),
            });
        }
        if self.is_over(&error) {
            self.tried.push(format!("{what}: the server closed the connection"));
            return Err(self.failed());
        }
        let result = if is_refusal(&error) {
            "refused".to_owned()
        } else {
            error.message().to_owned()
        };
        self.tried.push(format!("{what}: {result}"));
        Ok(false)
    }

    fn is_over(&self, error: &ssh2::Error) -> bool {
        self.connection.watchdog.has_fired()
            || matches!(
                error.code(),
                ErrorCode::Session(
                    code::SOCKET_DISCONNECT
                        | code::SOCKET_RECV
                        | code::SOCKET_SEND
                        | code::TIMEOUT
                        | code::SOCKET_TIMEOUT
                )
            )
    }

    /// The error when every way is exhausted.
    fn failed(&mut self) -> SessionError {
        let reached_server = self.tried.iter().any(|tried| {
            !tried.ends_with("not usable") && !tried.ends_with("not available") && !tried.ends_with("holds no keys")
        });
        if !reached_server && let Some(local) = self.local.take() {
            return local;
        }
        SessionError::AuthenticationFailed {
            device: self.attempt.target.name.clone(),
            address: self.attempt.address(),
            username: self.attempt.target.username.clone(),
            tried: or(&self.tried.join("; "), "nothing"),
            offered: or(&self.offered.join(", "), "it did not say what"),
        }
    }
}

fn or(list: &str, otherwise: &str) -> Box<str> {
    if list.is_empty() { otherwise.into() } else { list.into() }
}

fn is_refusal(error: &ssh2::Error) -> bool {
    matches!(error.code(), ErrorCode::Session(number) if code::AUTHENTICATION.contains(&number))
}

/// What the server offers. The library panics on a list that is not UTF-8: such a list counts as none.
fn offered_methods(session: &Session, username: &str) -> Vec<String> {
    let listed = catch_unwind(AssertUnwindSafe(|| session.auth_methods(username).map(str::to_owned)));
    match listed {
        Ok(Ok(methods)) => methods
            .split(',')
            .filter(|method| !method.is_empty())
            .map(str::to_owned)
            .collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}

/// Answers a server's questions: the password where it asks for something hidden, nothing elsewhere.
struct Answers<'p> {
    password: &'p Secret,
    asked: Vec<String>,
    rounds: usize,
}

impl KeyboardInteractivePrompt for Answers<'_> {
    fn prompt(&mut self, _username: &str, _instructions: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
        self.rounds += 1;
        prompts
            .iter()
            .map(|prompt| {
                if self.asked.len() < MOST_ROUNDS {
                    self.asked.push(format!("{:?}", prompt.text.trim()));
                }
                let wants_password = !prompt.echo || prompt.text.to_lowercase().contains("password");
                if wants_password && self.rounds <= MOST_ROUNDS {
                    self.password.reveal().to_owned()
                } else {
                    String::new()
                }
            })
            .collect()
    }
}
