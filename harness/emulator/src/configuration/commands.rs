//! The commands that lead from one configuration to another.
//!
//! An undo may take more with it than its own line (a group its members, a VPN instance its static routes), and a line
//! may bring others along. So every command is carried out on a copy before it is listed: what has gone is not undone
//! again, and what went too far is typed again.

use super::edit::is_unspoken;
use super::tree::{Configuration, Key, Node, Path, find};
use crate::grammar::{self, Effect};

/// Rounds of taking away and adding; what one brings along that is not wanted the next takes away.
const MOST_ROUNDS: usize = 4;

/// A command and the view that it is typed in, as the first lines of the views above it.
struct Command {
    views: Vec<String>,
    text: String,
}

struct Course<'a> {
    now: Configuration,
    to: &'a Configuration,
    is_port: &'a dyn Fn(&Key) -> bool,
    commands: Vec<Command>,
}

/// The commands that lead from one configuration to another, in the frame of a configuration. Typed or loaded in this
/// order they make the one of the other; but the first line of a port stays, as it cannot be undone.
pub fn changes(from: &Configuration, to: &Configuration, is_port: &dyn Fn(&Key) -> bool) -> String {
    let mut course = Course {
        now: from.clone(),
        to,
        is_port,
        commands: Vec::new(),
    };
    for _ in 0..MOST_ROUNDS {
        let before = course.commands.len();
        course.take_away(&Path::new(), &from_here(to, &[]));
        course.add(&Path::new(), false);
        if course.now == *to || course.commands.len() == before {
            break;
        }
    }
    if course.commands.is_empty() {
        "#\nreturn\n".into()
    } else {
        format!("#\n{}#\nreturn\n", print(&course.commands))
    }
}

fn from_here(configuration: &Configuration, path: &[Key]) -> Vec<Node> {
    configuration.block(path).cloned().unwrap_or_default()
}

impl Course<'_> {
    /// Takes away what stands in a view and not among the lines that are wanted there.
    fn take_away(&mut self, path: &Path, wanted: &[Node]) {
        for line in from_here(&self.now, path) {
            let is_there = self
                .now
                .block(path)
                .is_some_and(|lines| find(lines, &line.key).is_some());
            if !is_there {
                continue;
            }
            let new = find(wanted, &line.key);
            let is_block = line.key.view().is_some();
            let stays = new.is_some_and(|new| !is_block || new.text == line.text);
            let undo = undo_of(path, &line);
            if !stays && undo.is_some_and(|undo| self.carry_out(path, &undo)) {
                continue;
            }
            if is_block {
                let mut inner = path.clone();
                inner.push(line.key);
                self.take_away(&inner, new.map_or(&[], |new| &new.children));
            }
        }
    }

    /// Adds what is wanted in a view and does not stand there; in a view that is new, everything.
    fn add(&mut self, path: &Path, is_new: bool) {
        for line in from_here(self.to, path) {
            let present = self.now.block(path).and_then(|lines| find(lines, &line.key));
            let differs = present.is_none_or(|present| present.text != line.text);
            if (differs || is_new) && !self.carry_out(path, &line.text) {
                continue;
            }
            if line.key.view().is_some() {
                let mut inner = path.clone();
                inner.push(line.key);
                self.add(&inner, differs);
            }
        }
    }

    /// Types a command in a view, if it is taken there.
    fn carry_out(&mut self, path: &Path, text: &str) -> bool {
        let Ok(matched) = grammar::match_in(Configuration::view_at(path), text) else {
            return false;
        };
        let views = (1..=path.len()).filter_map(|depth| {
            let (last, above) = path.get(..depth)?.split_last()?;
            Some(find(self.now.block(above)?, last)?.text.clone())
        });
        let views = views.collect();
        let before = (!Configuration::fails_at_once(&matched)).then(|| self.now.clone());
        let taken = self.now.apply(path, &matched, self.is_port).is_ok();
        if taken {
            let text = text.to_owned();
            self.commands.push(Command { views, text });
        } else if let Some(before) = before {
            self.now = before;
        }
        taken
    }
}

/// What takes a line away. Of lines that stand there in one of two forms, only one that goes without saying does.
fn undo_of(path: &[Key], line: &Node) -> Option<String> {
    let other = match line.text.strip_prefix("undo ") {
        Some(plain) => plain.to_owned(),
        None => format!("undo {}", line.text),
    };
    let is_toggled = grammar::rule(line.key.rule).is_some_and(|rule| matches!(rule.effect, Effect::Toggle));
    (!is_toggled || is_unspoken(path, &other)).then_some(other)
}

/// Every command below the first lines of its views, which are repeated where another view came between.
fn print(commands: &[Command]) -> String {
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    for command in commands {
        let alike = open.iter().zip(&command.views).take_while(|(open, view)| open == view);
        let alike = alike.count();
        open.truncate(alike);
        for view in command.views.iter().skip(alike) {
            text.push_str(&format!("{}{view}\n", " ".repeat(open.len())));
            open.push(view);
        }
        text.push_str(&format!("{}{}\n", " ".repeat(open.len()), command.text));
        open.push(&command.text);
    }
    text
}
