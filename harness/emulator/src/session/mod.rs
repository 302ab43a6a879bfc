//! One user's dialogue with a device: views, candidate configuration, questions. Knows nothing of terminals.

mod commits;
mod display_configuration;
#[cfg(test)]
mod documents;
mod help;
mod line;
mod reply;
mod reset;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod undone;
#[cfg(test)]
mod walks;
#[cfg(test)]
mod worked_example;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::configuration::{Configuration, EditError, Key, Path, changes, print};
use crate::display::interfaces::{self, Display};
use crate::display::{policies, system};
use crate::filter::Filters;
use crate::grammar::{self, Effect, Matched, Mistake, Misunderstood, Operation, View};
use crate::lab::Lab;

pub use reply::{Question, Reply, Then};

use line::{column, normal_question, run_prefix, split_filter};

/// How many lines `display history-command` shows.
const MOST_TYPED: usize = 10;

/// A configuration in the making.
struct Editing {
    /// What it began from.
    base: Arc<Configuration>,
    /// What it is now.
    candidate: Configuration,
    /// The view the user is in.
    path: Path,
    /// Whether each line takes effect at once.
    immediately: bool,
    /// Whether the candidate differs from what it began from.
    pending: bool,
}

impl Editing {
    fn is_pending(&self) -> bool {
        self.pending
    }

    /// To be called whenever the candidate may have changed.
    fn compare(&mut self) {
        self.pending = self.candidate != *self.base;
    }

    /// Begins again from a configuration.
    fn restart(&mut self, base: Arc<Configuration>) {
        self.candidate = (*base).clone();
        self.base = base;
        self.pending = false;
    }
}

/// One user's session.
pub struct Session {
    lab: Arc<Lab>,
    device: usize,
    username: String,
    editing: Option<Editing>,
    /// What `rollback configuration` asked about would return to.
    rollback_target: Option<Arc<Configuration>>,
    /// The last lines typed, the latest last.
    typed: VecDeque<String>,
    /// Lines on a page; 0 switches paging off.
    pub screen_length: usize,
    /// Whether prompts and typed lines stand on a screen, so that a caret must take the prompt into account.
    pub has_terminal: bool,
}

impl Session {
    /// A session in the user view.
    pub fn new(lab: Arc<Lab>, device: usize, username: String) -> Self {
        if let Some(device) = lab.devices.get(device) {
            device.users.fetch_add(1, Ordering::Relaxed);
        }
        Self {
            lab,
            device,
            username,
            editing: None,
            rollback_target: None,
            typed: VecDeque::new(),
            screen_length: 24,
            has_terminal: true,
        }
    }

    /// What the device prints at login.
    pub fn banner(&self) -> String {
        let users = self.users();
        format!(
            "Info: The max number of VTY users is 21, the number of current VTY users online is {users}, and total number of terminal users online is {users}.\n      The current login time is {}.\n",
            self.lab.clock().format("%Y-%m-%d %H:%M:%S%:z")
        )
    }

    /// The line that some devices print before the output of a command.
    pub fn timestamp(&self) -> String {
        format!("{}\n", system::timestamp(self.lab.clock()))
    }

    fn users(&self) -> usize {
        self.lab
            .devices
            .get(self.device)
            .map_or(1, |device| device.users.load(Ordering::Relaxed))
    }

    fn running(&self) -> Arc<Configuration> {
        self.lab
            .running(self.device)
            .map(|running| running.configuration)
            .unwrap_or_default()
    }

    /// The prompt of the present view.
    pub fn prompt(&mut self) -> String {
        self.refresh();
        let running = self.running();
        let name = running.sysname().unwrap_or("HUAWEI");
        let prefix = self
            .lab
            .devices
            .get(self.device)
            .and_then(|device| device.misbehaviour.prompt_prefix.as_deref())
            .unwrap_or_default();
        let Some(editing) = &self.editing else {
            return format!("{prefix}<{name}>");
        };
        let mark = match (editing.immediately, editing.is_pending()) {
            (true, _) => "",
            (false, true) => "*",
            (false, false) => "~",
        };
        let views: String = editing
            .path
            .iter()
            .filter_map(|key| Some(key.view()?.prompt_suffix(&key.identity)))
            .collect();
        format!("{prefix}[{mark}{name}{views}]")
    }

    /// Without changes of one's own one sees what others commit.
    fn refresh(&mut self) {
        let running = self.running();
        if let Some(editing) = &mut self.editing {
            if !Arc::ptr_eq(&editing.base, &running) && !editing.is_pending() {
                editing.restart(running);
            }
            // The view may have been deleted, by this user or another.
            while editing.candidate.block(&editing.path).is_none() {
                editing.path.pop();
            }
        }
    }

    fn view(&self) -> View {
        self.editing
            .as_ref()
            .map_or(View::User, |editing| Configuration::view_at(&editing.path))
    }

    /// The views that the user is in, from the system view to the present one.
    fn views(&self) -> Vec<View> {
        let Some(editing) = &self.editing else {
            return vec![View::User];
        };
        let inner = (1..=editing.path.len()).filter_map(|depth| editing.path.get(..depth));
        let inner = inner.map(Configuration::view_at);
        std::iter::once(View::System).chain(inner).collect()
    }

    /// Carries out a line.
    pub fn execute(&mut self, line: &str) -> Reply {
        self.refresh();
        let trimmed = line.trim();
        if trimmed.is_empty() {
            return Reply::output("");
        }
        if self.typed.len() >= MOST_TYPED {
            self.typed.pop_front();
        }
        self.typed.push_back(trimmed.to_owned());
        let (command, filter) = match split_filter(line) {
            Ok(parts) => parts,
            Err(offset) => return self.misunderstood(Mistake::WrongParameter, line, offset),
        };
        if self.editing.is_some()
            && let Some(rest) = run_prefix(&command)
        {
            return match grammar::match_in(View::User, &rest) {
                Ok(matched) => self.operate_matched(&matched, filter.as_ref()),
                Err(Misunderstood { mistake, offset, .. }) => self.misunderstood(mistake, line, offset),
            };
        }
        if trimmed == "#" {
            // What separates the sections of a printed configuration does nothing.
            return Reply::output("");
        }
        match grammar::match_typed(&self.views(), &command) {
            Err(Misunderstood { mistake, offset, .. }) => self.misunderstood(mistake, line, offset),
            Ok((depth, matched)) => match grammar::rule(matched.rule).map(|rule| rule.effect) {
                Some(Effect::Operate(_)) => self.operate_matched(&matched, filter.as_ref()),
                Some(_) => self.configure(depth, &matched, line),
                None => Reply::refusal("Error: Unrecognized command."),
            },
        }
    }

    /// The user pressed Ctrl-Z.
    pub fn return_to_user_view(&mut self) -> Reply {
        if self.editing.is_some() {
            self.leave()
        } else {
            Reply::output("")
        }
    }

    /// Carries out the answer to a question; asks again if it is none.
    pub fn answer(&mut self, question: Question, answer: &str) -> Reply {
        let answer = answer.trim().to_ascii_lowercase();
        let is = |word: &str| !answer.is_empty() && word.starts_with(&answer);
        match question {
            Question::CommitBeforeLeaving if is("yes") => {
                let mut reply = self.commit();
                if !reply.refused {
                    self.editing = None;
                    reply.then = Then::Prompt;
                }
                reply
            }
            Question::CommitBeforeLeaving if is("no") => {
                self.editing = None;
                Reply::output("")
            }
            Question::CommitBeforeLeaving if is("cancel") => Reply::output(""),
            Question::Save if is("yes") => {
                self.lab.save(self.device);
                Reply::output(
                    "Now saving the current configuration to the slot 9 .\nInfo: Save the configuration successfully.\n",
                )
            }
            Question::RollBack if is("yes") => self.roll_back(),
            Question::EraseSaved if is("yes") => {
                self.lab.erase_saved(self.device);
                Reply::output("Info: The saved configuration was erased.\n")
            }
            Question::Save | Question::RollBack | Question::EraseSaved if is("no") => Reply::output(""),
            Question::CommitBeforeLeaving => Reply {
                text: "Error: Please choose 'YES', 'NO', or 'CANCEL' first before pressing 'Enter'.\n".into(),
                refused: true,
                then: Then::Ask(question),
                without_pager: false,
            },
            Question::Save | Question::RollBack | Question::EraseSaved => Reply {
                text: "Error: Please choose 'YES' or 'NO' first before pressing 'Enter'.\n".into(),
                refused: true,
                then: Then::Ask(question),
                without_pager: false,
            },
        }
    }

    /// The device's message about a mistake at a byte of the typed line, the caret under it.
    fn misunderstood(&mut self, mistake: Mistake, line: &str, offset: usize) -> Reply {
        let prompt = if self.has_terminal {
            self.prompt()
        } else {
            String::new()
        };
        let column = prompt.chars().count() + column(line, offset);
        Reply::refusal(format!("{}^\n{}", " ".repeat(column), mistake.message()))
    }

    fn operate_matched(&mut self, matched: &Matched, filter: Option<&Filters>) -> Reply {
        let Some(Effect::Operate(operation)) = grammar::rule(matched.rule).map(|rule| rule.effect) else {
            return Reply::refusal("Error: Unrecognized command.");
        };
        let mut reply = self.operate(operation, matched);
        if let (Some(filter), false) = (filter, reply.refused) {
            reply.text = filter.apply(std::mem::take(&mut reply.text));
            reply.without_pager |= filter.without_pager();
        }
        reply
    }

    fn operate(&mut self, operation: Operation, matched: &Matched) -> Reply {
        match operation {
            Operation::SystemView => self.enter_system_view(false),
            Operation::SystemViewImmediately => self.enter_system_view(true),
            Operation::Quit => match &mut self.editing {
                None => Reply {
                    then: Then::Close,
                    ..Reply::output("")
                },
                Some(editing) if editing.path.is_empty() => self.leave(),
                Some(editing) => {
                    editing.path.pop();
                    Reply::output("")
                }
            },
            Operation::Return => self.leave(),
            Operation::Commit => self.commit_as(Some(matched)),
            Operation::ClearCandidate => {
                let running = self.running();
                if let Some(editing) = &mut self.editing {
                    editing.restart(running);
                }
                Reply::output("")
            }
            Operation::Save => Reply::ask(Question::Save),
            Operation::ScreenLength => self.set_screen_length(matched),
            Operation::Terminal => Reply::output(""),
            Operation::DisplayThis => self.display_this(),
            Operation::DisplayCandidate => match &self.editing {
                Some(editing) => {
                    let device = self.lab.devices.get(self.device);
                    let is_port = |key: &Key| device.is_some_and(|device| device.is_port(key));
                    Reply::output(changes(&editing.base, &editing.candidate, &is_port))
                }
                None => Reply::output(""),
            },
            Operation::DisplayCandidateMerged => match &self.editing {
                Some(editing) => Reply::output(print(&editing.candidate)),
                None => Reply::output(""),
            },
            Operation::DisplayCurrent => self.display_current(matched),
            Operation::DisplaySaved => {
                let saved = self
                    .lab
                    .running(self.device)
                    .map(|running| running.saved)
                    .unwrap_or_default();
                if saved.lines.is_empty() {
                    return Reply::output("Info: There is no saved configuration.\n");
                }
                Reply::output(self.with_header(&print(&saved)))
            }
            Operation::RollBack => self.ask_to_roll_back(matched),
            Operation::DisplayCommitList => self.display_commit_list(matched),
            Operation::DisplayCommitChanges => self.display_commit_changes(matched),
            Operation::DisplayRollbackChanges => self.display_rollback_changes(matched),
            Operation::DisplayRoutePolicy => {
                let name = matched.values().first().copied();
                policies::route_policies(&self.running(), name).map_or_else(
                    || Reply::refusal("Error: The specified route-policy does not exist."),
                    Reply::output,
                )
            }
            Operation::DisplayIpPrefix => {
                let name = matched.values().first().copied();
                policies::prefix_lists(&self.running(), name).map_or_else(
                    || Reply::refusal("Error: The specified filter list does not exist."),
                    Reply::output,
                )
            }
            Operation::DisplayHistory => Reply::output(
                self.typed
                    .iter()
                    .flat_map(|line| ["  ", line, "\n"])
                    .collect::<String>(),
            ),
            Operation::DisplayStartup => Reply::output(system::startup()),
            Operation::EraseSaved => Reply::ask(Question::EraseSaved),
            // Nothing is counted.
            Operation::ResetCounters => Reply::output(""),
            Operation::ResetProtocol => {
                let text = matched.canonical();
                let words: Vec<&str> = text.split(' ').collect();
                match reset::carry_out(&self.lab, self.device, &words) {
                    Ok(()) => Reply::output(""),
                    Err(message) => Reply::refusal(message),
                }
            }
            Operation::NotCarriedOut => Reply::refusal(format!(
                "Error: The emulated lab does not carry out `{}`.",
                matched.canonical()
            )),
            Operation::DisplayVersion => Reply::output(system::version(self.lab.uptime())),
            Operation::DisplayDevice => Reply::output(system::device()),
            Operation::DisplayClock => Reply::output(system::clock(self.lab.clock())),
            Operation::DisplayUsers => Reply::output(system::users(&self.username, self.users())),
            Operation::DisplayInterfaces(display) => self.display_interfaces(display, matched),
            Operation::Ask => match self.lab.ask(self.device, &normal_question(matched)) {
                Ok(text) => Reply {
                    // What comes bit by bit on a device is not paged.
                    without_pager: matched.words.first().is_some_and(|word| word.text != "display"),
                    ..Reply::output(text)
                },
                Err(error) => Reply::refusal(format!("Error: {error}")),
            },
        }
    }

    /// From the network that is computed, else from the configurations alone.
    fn display_interfaces(&self, display: Display, matched: &Matched) -> Reply {
        let name = matched.values().first().copied();
        match self.lab.ask(self.device, &matched.canonical()) {
            Ok(text) => Reply::output(text),
            Err(_) => match interfaces::from_configurations(&self.lab, self.device, display, name) {
                Some(text) => Reply::output(text),
                None => Reply::refusal("Error: The specified interface does not exist."),
            },
        }
    }

    fn enter_system_view(&mut self, immediately: bool) -> Reply {
        let base = self.running();
        let candidate = (*base).clone();
        self.editing = Some(Editing {
            base,
            candidate,
            path: Vec::new(),
            immediately,
            pending: false,
        });
        Reply::output("Enter system view, return user view with return command.\n")
    }

    /// Leaves for the user view, asking first if changes are pending.
    fn leave(&mut self) -> Reply {
        if self.editing.as_ref().is_some_and(Editing::is_pending) {
            return Reply::ask(Question::CommitBeforeLeaving);
        }
        self.editing = None;
        Reply::output("")
    }

    fn commit(&mut self) -> Reply {
        self.commit_as(None)
    }

    fn set_screen_length(&mut self, matched: &Matched) -> Reply {
        let forced = self
            .lab
            .devices
            .get(self.device)
            .is_some_and(|device| device.misbehaviour.forced_paging);
        if forced {
            return Reply::refusal(
                "Error: You do not have permission to run the command or the command is incomplete.",
            );
        }
        let length = matched
            .values()
            .first()
            .and_then(|value| value.parse().ok())
            .unwrap_or(24);
        self.screen_length = length;
        Reply::output("Info: The configuration takes effect on the current user terminal interface only.\n")
    }

    fn configure(&mut self, depth: usize, matched: &Matched, line: &str) -> Reply {
        let device = self.device;
        let lab = Arc::clone(&self.lab);
        let is_port = |key: &Key| lab.devices.get(device).is_some_and(|device| device.is_port(key));
        let Some(editing) = &mut self.editing else {
            return Reply::refusal("Error: Unrecognized command.");
        };
        let path = editing.path.get(..depth).unwrap_or(&editing.path).to_vec();
        // A command that fails half-way changes nothing.
        let before = (!Configuration::fails_at_once(matched)).then(|| editing.candidate.clone());
        let outcome = editing.candidate.apply(&path, matched, &is_port);
        if let (Err(_), Some(before)) = (&outcome, before) {
            editing.candidate = before;
        }
        editing.compare();
        match outcome {
            Ok(inner) => {
                // A line of the system view leaves the present view; `undo interface …` and the like too.
                editing.path = inner;
                if editing.immediately && editing.is_pending() {
                    return self.commit();
                }
                Reply::output("")
            }
            Err(EditError::Refused(message)) => Reply::refusal(message),
            Err(EditError::WrongParameter(offset)) => self.misunderstood(Mistake::WrongParameter, line, offset),
            Err(EditError::Incomplete) => self.misunderstood(Mistake::Incomplete, line, line.trim_end().len() + 1),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(device) = self.lab.devices.get(self.device) {
            device.users.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
