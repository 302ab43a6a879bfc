//! A session at a terminal: login questions, prompt, line, answer, and so on until it ends.

use std::sync::Arc;

use tokio::time::sleep;

use crate::configuration::Configuration;
use crate::lab::Lab;
use crate::session::{Question, Reply, Session, Then};
use crate::spec::Misbehaviour;
use crate::terminal::{Gone, Terminal, Typed};

/// A session with its terminal.
pub struct Shell {
    session: Session,
    terminal: Terminal,
    misbehaviour: Misbehaviour,
    lab: Arc<Lab>,
    device: usize,
}

impl Shell {
    /// A session of a user on a device.
    pub fn new(lab: &Arc<Lab>, device: usize, username: String, terminal: Terminal) -> Self {
        let misbehaviour = lab
            .devices
            .get(device)
            .map(|device| device.misbehaviour.clone())
            .unwrap_or_default();
        Self {
            session: Session::new(Arc::clone(lab), device, username),
            terminal,
            misbehaviour,
            lab: Arc::clone(lab),
            device,
        }
    }

    /// What is committed on the device.
    fn committed(&self) -> Option<Arc<Configuration>> {
        Some(self.lab.running(self.device)?.configuration)
    }

    /// Applying a change takes the device a while, in which it shows no prompt.
    async fn apply(&self, before: Option<Arc<Configuration>>) {
        let same = match (before, self.committed()) {
            (Some(before), Some(after)) => Arc::ptr_eq(&before, &after),
            _ => true,
        };
        if !same {
            sleep(self.lab.commit_time).await;
        }
    }

    /// Serves the session until the user or the connection ends it.
    pub async fn interact(mut self) {
        let ended = self.dialogue().await;
        if ended.is_ok() {
            self.terminal.output.close(0).await;
        }
    }

    /// Carries out the command lines of an `exec` request: no prompt, no echo, no paging.
    pub async fn carry_out(mut self, commands: &str) {
        self.session.has_terminal = false;
        let mut status = 0;
        for line in commands.lines() {
            sleep(self.misbehaviour.latency).await;
            let line = line.trim_end_matches('\r');
            let before = self.committed();
            let mut reply = match line.strip_suffix('?') {
                Some(begun) => Reply {
                    text: self.session.help(begun),
                    refused: false,
                    then: Then::Prompt,
                    without_pager: false,
                },
                None => self.session.execute(line),
            };
            let outcome = self.settle(&mut reply, true).await;
            self.apply(before).await;
            status |= u32::from(reply.refused);
            match outcome {
                Ok(Then::Close) => break,
                Ok(_) => {}
                Err(Gone) => return,
            }
        }
        self.terminal.output.close(status).await;
    }

    async fn dialogue(&mut self) -> Result<(), Gone> {
        self.greet().await?;
        let mut begun = String::new();
        let mut show_prompt = true;
        loop {
            if show_prompt {
                sleep(self.misbehaviour.prompt_pause).await;
                let prompt = self.session.prompt();
                self.terminal.output.text(&format!("{prompt}{begun}")).await?;
            }
            show_prompt = true;
            match self.terminal.read_command(&begun).await? {
                Typed::End => return Ok(()),
                Typed::Abandoned => begun.clear(),
                Typed::Return => {
                    begun.clear();
                    let mut reply = self.session.return_to_user_view();
                    self.settle(&mut reply, false).await?;
                }
                Typed::Help(line) => {
                    let help = self.session.help(&line);
                    self.terminal.print(&help, self.session.screen_length).await?;
                    begun = line;
                }
                Typed::Complete(line) => {
                    show_prompt = false;
                    begun = line;
                    if let Some(completed) = self.session.complete(&begun) {
                        let typed_last_word = begun.rsplit(char::is_whitespace).next().unwrap_or_default().len();
                        let erase = "\x08".repeat(typed_last_word);
                        let word_start = begun.len() - typed_last_word;
                        let tail = completed.get(word_start..).unwrap_or_default();
                        self.terminal.output.bytes(format!("{erase}{tail}").as_bytes()).await?;
                        begun = completed;
                    }
                }
                Typed::TooLong => {
                    begun.clear();
                    self.terminal.output.text("Error: The command is too long.\n").await?;
                }
                Typed::Line(line) => {
                    begun.clear();
                    sleep(self.misbehaviour.latency).await;
                    let before = self.committed();
                    let mut reply = self.session.execute(&line);
                    let then = self.settle(&mut reply, false).await?;
                    self.apply(before).await;
                    if then == Then::Close {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn greet(&mut self) -> Result<(), Gone> {
        self.terminal.output.text("\n").await?;
        if self.misbehaviour.ask_password_change {
            self.ask_password_change().await?;
        }
        let banner = self.session.banner();
        self.terminal.output.text(&banner).await?;
        if let Some(line) = self.misbehaviour.banner_line.clone() {
            self.terminal.output.text(&format!("{line}\n")).await?;
        }
        Ok(())
    }

    async fn ask_password_change(&mut self) -> Result<(), Gone> {
        let question = "Warning: The initial password poses security risks.\n\
                        The password needs to be changed. Change now? [Y/N]:";
        loop {
            self.terminal.output.text(question).await?;
            match self.terminal.read_answer(false).await? {
                Typed::End => return Err(Gone),
                Typed::Line(answer) if answer.trim().eq_ignore_ascii_case("n") => return Ok(()),
                Typed::Line(answer) if answer.trim().eq_ignore_ascii_case("y") => {
                    for prompt in [
                        "Please enter old password: ",
                        "Please enter new password: ",
                        "Please confirm new password: ",
                    ] {
                        self.terminal.output.text(prompt).await?;
                        if self.terminal.read_answer(true).await? == Typed::End {
                            return Err(Gone);
                        }
                    }
                    return self
                        .terminal
                        .output
                        .text("Error: The password of an emulated device cannot be changed.\n")
                        .await;
                }
                _ => {}
            }
        }
    }

    /// Prints a reply and puts the questions it brings with it.
    async fn settle(&mut self, reply: &mut Reply, quiet: bool) -> Result<Then, Gone> {
        loop {
            let without_pager = quiet || reply.without_pager && !self.misbehaviour.forced_paging;
            let page = if without_pager { 0 } else { self.session.screen_length };
            if self.misbehaviour.timestamps && !reply.text.is_empty() {
                self.terminal.output.text(&self.session.timestamp()).await?;
            }
            self.terminal.output.garbles = true;
            let printed = self.terminal.print(&reply.text, page).await;
            self.terminal.output.garbles = false;
            printed?;
            let Then::Ask(question) = reply.then else {
                return Ok(reply.then);
            };
            *reply = match self.ask(question, quiet).await? {
                Some(answer) => self.session.answer(question, &answer),
                None => {
                    // What was asked about has not been done.
                    reply.refused = true;
                    return Ok(Then::Prompt);
                }
            };
        }
    }

    /// Puts a question; `None` if the user abandons it.
    async fn ask(&mut self, question: Question, quiet: bool) -> Result<Option<String>, Gone> {
        self.terminal.output.text(question.text()).await?;
        match self.terminal.read_answer(quiet).await? {
            Typed::Line(answer) | Typed::Help(answer) | Typed::Complete(answer) => Ok(Some(answer)),
            Typed::TooLong => Ok(Some(String::new())),
            Typed::Abandoned | Typed::Return | Typed::End => Ok(None),
        }
    }
}
