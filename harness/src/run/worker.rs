//! One device's thread: it owns the session, does one job at a time and opens a lost session again, once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use checks::Parsed;

use super::message::Message;
use crate::bundle::Redactor;
use crate::lab::Lab;
use crate::session::{Answer, Configured, DeviceSession, Identity, SessionError};

/// What a worker is asked to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Open a session.
    Connect,
    /// Run a command and, if it is to be decided on, parse its answer.
    Ask { command: String, parse: bool },
    /// Change the configuration.
    Configure { lines: Vec<String> },
    /// Open a session even though it could not be opened before: something has to be undone.
    Revive,
}

/// What a worker sends back.
#[derive(Debug)]
pub(super) struct Reply {
    /// Position of the device.
    pub device: usize,
    /// Number of the job.
    pub ticket: u64,
    /// What happened to the session meanwhile, in order.
    pub notices: Vec<Notice>,
    /// What came of the job.
    pub outcome: Result<Done, Failure>,
}

/// Something that happened to a session.
#[derive(Debug)]
pub(super) enum Notice {
    /// It is open.
    Connected(Identity),
    /// It was lost.
    Lost(String),
    /// It cannot be opened (again); nothing more is asked of the device.
    Failed(String),
}

/// A job done.
#[derive(Debug)]
pub(super) enum Done {
    /// The session is open.
    Connected,
    /// The command was answered.
    Answered(Answered),
    /// The configuration was acknowledged.
    Configured(Configured),
}

/// An answer without secrets, and what the parser made of it.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    /// The answer, redacted.
    pub answer: Answer,
    /// Rows, or why there are none to decide on.
    pub parsed: Arc<Result<Parsed, String>>,
}

/// A job that was not done.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// Why, without secrets.
    pub reason: String,
    /// Nothing more is to be had of this device.
    pub device_is_gone: bool,
    /// Trying to open another session would do no good, or harm.
    pub hopeless: bool,
    /// When the job was begun.
    pub begun: Instant,
    /// When it failed.
    pub failed: Instant,
}

/// How many devices are worked at once.
#[derive(Debug)]
pub(super) struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Turns {
    pub(super) fn new(jobs: usize) -> Self {
        Self {
            free: Mutex::new(jobs.max(1)),
            freed: Condvar::new(),
        }
    }

    fn take(&self) -> Turn<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Turn(self)
    }
}

struct Turn<'t>(&'t Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

/// A worker's lasting state.
pub(super) struct Worker {
    pub index: usize,
    pub name: String,
    /// The names of every device of the lab.
    pub lab_names: Arc<[String]>,
    pub lab: Arc<dyn Lab>,
    pub turns: Arc<Turns>,
    pub redactor: Arc<Redactor>,
    pub inbox: Sender<Message>,
    /// Questions with a lower number than this are not asked any more.
    pub abandoned: Arc<AtomicU64>,
    pub session: Option<Box<dyn DeviceSession>>,
    /// The name in the prompt of the first session: a device of another name is not the same device.
    pub prompt_name: Option<String>,
    /// Why nothing more is asked of the device.
    pub gone: Option<String>,
    /// Whether opening another session would do no good, or harm.
    pub hopeless: bool,
    pub notices: Vec<Notice>,
}

impl Worker {
    /// Does jobs until there are no more to come.
    pub(super) fn run(mut self, jobs: &Receiver<(u64, Job)>) {
        while let Ok((ticket, job)) = jobs.recv() {
            let begun = Instant::now();
            let turns = Arc::clone(&self.turns);
            let done = {
                let _turn = turns.take();
                let asked_in_vain = matches!(job, Job::Ask { .. }) && ticket < self.abandoned.load(Ordering::SeqCst);
                if asked_in_vain {
                    Ok(Err("not asked: the run was ended".into()))
                } else {
                    catch_unwind(AssertUnwindSafe(|| self.work(job)))
                }
            };
            let outcome = match done {
                Ok(outcome) => outcome,
                Err(panic) => {
                    // What the session was in the middle of is not known any more.
                    self.session = None;
                    Err(format!("a bug in netverdict: {}", words_of(&*panic)))
                }
            };
            let reply = Reply {
                device: self.index,
                ticket,
                notices: std::mem::take(&mut self.notices),
                outcome: outcome.map_err(|reason| Failure {
                    reason: self.redactor.device_text(&reason).into_owned(),
                    device_is_gone: self.gone.is_some(),
                    hopeless: self.hopeless,
                    begun,
                    failed: Instant::now(),
                }),
            };
            if self.inbox.send(Message::Reply(reply)).is_err() {
                break;
            }
        }
        if let Some(session) = &mut self.session {
            session.close();
        }
    }

    fn work(&mut self, job: Job) -> Result<Done, String> {
        match job {
            Job::Connect => self.session().map(|_| Done::Connected),
            Job::Revive => {
                if !self.hopeless {
                    self.gone = None;
                }
                self.session().map(|_| Done::Connected)
            }
            Job::Ask { command, parse } => self.ask(&command).map(|answer| {
                let rows = if parse {
                    parsed(&answer)
                } else {
                    Err("it was not parsed".into())
                };
                Done::Answered(Answered {
                    answer,
                    parsed: Arc::new(rows),
                })
            }),
            Job::Configure { lines } => {
                let deadline = self.deadline();
                match self.session()?.configure(&lines, deadline) {
                    Ok(configured) => Ok(Done::Configured(configured)),
                    Err(error) => {
                        if error.is_lost() {
                            self.lose(&error);
                        }
                        Err(error.to_string())
                    }
                }
            }
        }
    }

    fn ask(&mut self, command: &str) -> Result<Answer, String> {
        let mut opened_again = false;
        loop {
            let deadline = self.deadline();
            match self.session()?.ask(command, deadline) {
                Ok(mut answer) => {
                    if let std::borrow::Cow::Owned(redacted) = self.redactor.device_text(&answer.text) {
                        answer.text = redacted;
                    }
                    return Ok(answer);
                }
                Err(error) => {
                    // A session that was cut is opened again and the question asked again. A device that did not
                    // answer in time would only make us wait as long again.
                    let again = matches!(error, SessionError::ConnectionLost { .. } | SessionError::Closed { .. });
                    if error.is_lost() {
                        self.lose(&error);
                    }
                    if !again || opened_again {
                        return Err(error.to_string());
                    }
                    opened_again = true;
                }
            }
        }
    }

    fn deadline(&self) -> Instant {
        let timeout = self.lab.command_timeout(&self.name);
        let now = Instant::now();
        now.checked_add(timeout).unwrap_or(now + Duration::from_secs(3600))
    }

    /// The open session, opened if there is none.
    fn session(&mut self) -> Result<&mut Box<dyn DeviceSession>, String> {
        if let Some(reason) = &self.gone {
            return Err(reason.clone());
        }
        if self.session.is_none() {
            match self.open() {
                Ok(session) => self.session = Some(session),
                Err(reason) => {
                    let reason = self.redactor.own(&reason).into_owned();
                    self.gone = Some(reason.clone());
                    self.notices.push(Notice::Failed(reason.clone()));
                    return Err(reason);
                }
            }
        }
        self.session.as_mut().ok_or_else(|| "there is no session".into())
    }

    fn open(&mut self) -> Result<Box<dyn DeviceSession>, String> {
        let redactor = Arc::clone(&self.redactor);
        let mut session = self
            .lab
            .open(&self.name, &|secret| redactor.learn(secret))
            .map_err(|error| {
                self.hopeless = error.is_hopeless();
                error.to_string()
            })?;
        let identity = session.identity().clone();
        if let Some(other) = self.other_device(&identity.prompt_name).map(str::to_owned) {
            session.close();
            self.hopeless = true;
            return Err(format!(
                "{}: the device calls itself {}, which is the name of another device of the lab: it is not asked. Is the \
                 address of {0} in the inventory that of {other}?",
                self.name, identity.prompt_name
            ));
        }
        match &self.prompt_name {
            Some(name) if *name != identity.prompt_name => {
                session.close();
                self.hopeless = true;
                return Err(format!(
                    "{}: the device calls itself {} now, and called itself {name} before: it is not asked any more",
                    self.name, identity.prompt_name
                ));
            }
            _ => self.prompt_name = Some(identity.prompt_name.clone()),
        }
        self.notices.push(Notice::Connected(identity));
        Ok(session)
    }

    /// The other device of the lab that has this name, if this one has another.
    fn other_device(&self, prompt_name: &str) -> Option<&str> {
        let is = |name: &str| name.eq_ignore_ascii_case(prompt_name);
        let others = self.lab_names.iter().map(String::as_str);
        others.into_iter().find(|name| is(name)).filter(|_| !is(&self.name))
    }

    fn lose(&mut self, error: &SessionError) {
        if let Some(mut session) = self.session.take() {
            session.close();
        }
        let reason = self.redactor.device_text(&error.to_string()).into_owned();
        self.notices.push(Notice::Lost(reason));
    }
}

/// Parses an answer that will be decided on.
fn parsed(answer: &Answer) -> Result<Parsed, String> {
    if let Some(words) = &answer.rejected {
        return Err(format!("the device refused the command: {words}"));
    }
    if answer.is_lossy() {
        return Err("the answer holds bytes that are not UTF-8 text".into());
    }
    let parsed = catch_unwind(|| checks::vrp::parse(&answer.command, &answer.text));
    match parsed {
        Ok(parsed) => parsed.map_err(|error| error.to_string()),
        Err(panic) => Err(format!("a bug in netverdict's parser: {}", words_of(&*panic))),
    }
}

/// What a panic said.
pub(super) fn words_of(panic: &(dyn std::any::Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(words), _) => words,
        (None, Some(words)) => words,
        (None, None) => "it panicked",
    }
}
