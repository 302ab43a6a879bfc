//! From the first byte of the shell to a known prompt: banners, questions, and the name in the prompt.

use std::time::Instant;

use super::dialogue::{Awaited, Dialogue, End, Reading};
use super::prompt;
use super::question;
use super::screen::Screen;
use crate::session::escaped::printable;
use crate::session::{Auth, SessionError, Target};

/// Switches the pager off for this session. Its echo also shows the prompt.
const PAGER_OFF: &str = "screen-length 0 temporary";

/// Keeps log messages out of the answers.
const NO_LOG_MESSAGES: &str = "undo terminal monitor";

/// Most questions answered before the prompt.
const MOST_QUESTIONS: usize = 12;

/// Longest banner kept, in bytes.
const LONGEST_BANNER: usize = 64 * 1024;

/// Goes through the login dialogue, learns the prompt and prepares the session. Returns the banner.
pub fn log_in(dialogue: &mut Dialogue, target: &Target, deadline: Instant) -> Result<String, SessionError> {
    let mut reading = Reading::new("login");
    let started = Instant::now();
    let candidate = first_prompt(dialogue, target, &mut reading, deadline)
        .map_err(|error| explain(error, target, &reading, started))?;
    let banner = banner_of(&reading.screen);
    learn_prompt(dialogue, &candidate, deadline).map_err(|error| explain(error, target, &reading, started))?;
    quiet(dialogue, deadline)?;
    Ok(banner)
}

/// Answers whatever is asked until something that looks like a prompt of the user view stands there.
fn first_prompt(
    dialogue: &mut Dialogue,
    target: &Target,
    reading: &mut Reading,
    deadline: Instant,
) -> Result<String, SessionError> {
    let mut answered = 0;
    let mut lines_seen = 0;
    let mut password_typed = false;
    loop {
        dialogue.read_on(reading, deadline)?;
        if dialogue.turn_page(reading, deadline)? {
            continue;
        }
        let new_lines = String::from_utf8_lossy(&reading.screen.lines()[lines_seen..]).into_owned();
        lines_seen = reading.screen.lines().len();
        let tail = reading.screen.tail().to_vec();
        if let Some(name) = prompt::name_in_user_prompt(&tail) {
            return Ok(name);
        }
        let text = String::from_utf8_lossy(&tail).trim().to_owned();
        let keys = if question::is_question(&tail) {
            "N\n".to_owned()
        } else if asks_for_enter(&text) || new_lines.lines().any(asks_for_enter) {
            "\n".to_owned()
        } else if is_field(&text, &["username", "login", "user name"]) {
            if password_typed {
                return Err(refused_at_terminal(target, &reading.screen));
            }
            format!("{}\n", target.username)
        } else if is_field(&text, &["password"]) {
            match target.auth.iter().find_map(|auth| {
                if let Auth::Password(secret) = auth {
                    Some(secret)
                } else {
                    None
                }
            }) {
                Some(secret) if !password_typed => {
                    password_typed = true;
                    format!("{}\n", secret.reveal())
                }
                _ => return Err(refused_at_terminal(target, &reading.screen)),
            }
        } else {
            continue;
        };
        answered += 1;
        if answered > MOST_QUESTIONS {
            return Err(no_prompt(target, reading, Instant::now()));
        }
        dialogue.reply(reading, &keys, deadline)?;
    }
}

/// Sends the first command. What stands before its echo is the prompt, whatever the banner looked like.
fn learn_prompt(dialogue: &mut Dialogue, candidate: &str, deadline: Instant) -> Result<(), SessionError> {
    dialogue.learn(candidate.to_owned());
    let mut reading = dialogue.send_unread(PAGER_OFF, deadline)?;
    let mut learned = false;
    loop {
        dialogue.read_on(&mut reading, deadline)?;
        dialogue.turn_page(&mut reading, deadline)?;
        if !learned && let Some(name) = prompt::name_in_user_prompt(reading.before.as_bytes()) {
            dialogue.learn(name);
            learned = true;
        }
        if reading.awaits_echo() {
            continue;
        }
        let tail = reading.screen.tail().to_vec();
        if learned {
            if dialogue.recognise(&tail).is_some() {
                break;
            }
        } else if let Some(name) = prompt::name_in_user_prompt(&tail) {
            dialogue.learn(name);
            break;
        }
        if question::is_question(&tail) {
            dialogue.reply(&reading, "N\n", deadline)?;
        }
    }
    dialogue.confirm_prompt(&mut reading, deadline)?;
    Ok(())
}

/// Commands that make the session calm. A refusal does not matter: pages are turned, and messages are not parsed.
fn quiet(dialogue: &mut Dialogue, deadline: Instant) -> Result<(), SessionError> {
    let mut reading = dialogue.send(NO_LOG_MESSAGES, deadline)?;
    while let End::Question(_) = dialogue.read_to_end(&mut reading, Awaited::UserView, deadline)? {
        dialogue.reply(&reading, "N\n", deadline)?;
    }
    Ok(())
}

fn asks_for_enter(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.contains("press enter") || line.contains("press any key")
}

/// Whether a line is one of these words and a colon.
fn is_field(line: &str, names: &[&str]) -> bool {
    let Some(name) = line.strip_suffix(':') else {
        return false;
    };
    let name = name.trim().to_ascii_lowercase();
    names.contains(&name.as_str())
}

fn banner_of(screen: &Screen) -> String {
    let lines = screen.lines();
    String::from_utf8_lossy(&lines[..lines.len().min(LONGEST_BANNER)])
        .trim()
        .to_owned()
}

fn refused_at_terminal(target: &Target, screen: &Screen) -> SessionError {
    SessionError::AuthenticationFailed {
        device: target.name.clone(),
        address: format!("{}:{}", target.address, target.port),
        username: target.username.clone(),
        tried: format!(
            "login at the terminal, which said: {}",
            printable(last_lines(screen, "error").unwrap_or_default().as_bytes())
        )
        .into(),
        offered: "a terminal login".into(),
    }
}

/// The last lines that mention `word`.
fn last_lines(screen: &Screen, word: &str) -> Option<String> {
    let lines = screen.lines();
    let lines = String::from_utf8_lossy(&lines[lines.len().saturating_sub(LONGEST_BANNER)..]).into_owned();
    lines
        .lines()
        .rev()
        .find(|line| line.to_ascii_lowercase().contains(word))
        .map(|line| line.trim().to_owned())
}

fn no_prompt(target: &Target, reading: &Reading, started: Instant) -> SessionError {
    SessionError::NoPrompt {
        device: target.name.clone(),
        waited: started.elapsed(),
        last: reading.last(),
    }
}

/// Turns a bare deadline or a closed connection into what it means at login.
fn explain(error: SessionError, target: &Target, reading: &Reading, started: Instant) -> SessionError {
    let about_password = last_lines(&reading.screen, "password").or_else(|| {
        let tail = String::from_utf8_lossy(reading.screen.tail()).trim().to_owned();
        tail.to_ascii_lowercase().contains("password").then_some(tail)
    });
    match (error, about_password) {
        (SessionError::ConnectionLost { .. } | SessionError::DeadlineExceeded { .. }, Some(message))
            if ["expire", "change", "modify", "must"]
                .iter()
                .any(|word| message.to_ascii_lowercase().contains(word)) =>
        {
            SessionError::PasswordExpired {
                device: target.name.clone(),
                username: target.username.clone(),
                message,
            }
        }
        (SessionError::DeadlineExceeded { .. }, _) => no_prompt(target, reading, started),
        (error, _) => error,
    }
}
