//! Loading a printed configuration, line by line, each at the depth its indentation says.

use super::bystander;
use super::edit::EditError;
use super::tree::{Configuration, Key, Path};
use crate::grammar::{self, Effect, View};

/// A line of a start configuration that the emulator does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredLine {
    /// Line number, from 1.
    pub line: usize,
    /// The line as it stands.
    pub text: String,
    /// Why it was ignored.
    pub reason: String,
    /// Whether it could change what is computed of the network.
    pub matters: bool,
}

/// Loads a configuration. Lines that are not understood are listed, with all that stands below them.
pub fn load(text: &str, is_port: &dyn Fn(&Key) -> bool) -> (Configuration, Vec<IgnoredLine>) {
    let mut loader = Loader {
        configuration: Configuration::default(),
        open: Vec::new(),
        ignored: Vec::new(),
    };
    let mut is_over = false;
    for (index, raw) in text.lines().enumerate() {
        let line = raw.trim();
        if raw.starts_with('#') {
            // What follows is no longer below a line of before, however it is indented.
            loader.open.iter_mut().for_each(|above| above.is_bystander = false);
        }
        if line.is_empty() || line == "#" || line.starts_with('!') {
            continue;
        }
        let depth = raw.len() - raw.trim_start().len();
        if is_over {
            loader.ignored.push(IgnoredLine {
                line: index + 1,
                text: raw.trim_end().to_owned(),
                reason: "it stands behind `return`".into(),
                matters: true,
            });
            continue;
        }
        if line == "return" && depth == 0 {
            is_over = true;
            continue;
        }
        if let Err((reason, matters)) = loader.line(line, depth, is_port) {
            loader.ignored.push(IgnoredLine {
                line: index + 1,
                text: raw.trim_end().to_owned(),
                reason,
                matters,
            });
        }
    }
    (loader.configuration, loader.ignored)
}

struct Loader {
    configuration: Configuration,
    open: Vec<Open>,
    ignored: Vec<IgnoredLine>,
}

/// A line that others may stand below.
struct Open {
    /// Its indentation.
    depth: usize,
    /// Its view; `None` where the line was not understood or opens none.
    path: Option<Path>,
    /// Whether it was not understood and has no part in what is computed, nor has what stands below it.
    is_bystander: bool,
}

impl Loader {
    /// Loads a line; else why it is ignored, and whether it could change what is computed.
    fn line(&mut self, line: &str, depth: usize, is_port: &dyn Fn(&Key) -> bool) -> Result<(), (String, bool)> {
        while self.open.last().is_some_and(|above| above.depth >= depth) {
            self.open.pop();
        }
        let path = match self.open.last() {
            None if depth == 0 => Vec::new(),
            None => return Err(("it is indented under no line".into(), true)),
            Some(Open { path: Some(path), .. }) => path.clone(),
            Some(&Open { is_bystander, .. }) => {
                self.open.push(Open {
                    depth,
                    path: None,
                    is_bystander,
                });
                return Err(("the line above it was not understood".into(), !is_bystander));
            }
        };
        let applied = self.apply(&path, line, is_port);
        let is_bystander = applied.is_err()
            && if path.is_empty() {
                bystander::in_system_view(line)
            } else {
                bystander::in_other_view(line)
            };
        self.open.push(Open {
            depth,
            path: applied.as_ref().ok().filter(|inner| inner.len() > path.len()).cloned(),
            is_bystander,
        });
        applied.map(|_| ()).map_err(|reason| (reason, !is_bystander))
    }

    fn apply(&mut self, path: &Path, line: &str, is_port: &dyn Fn(&Key) -> bool) -> Result<Path, String> {
        let matched = grammar::match_in(Configuration::view_at(path), line)
            .map_err(|error| error.mistake.message().trim_start_matches("Error: ").to_owned())?;
        if grammar::rule(matched.rule).is_none_or(|rule| matches!(rule.effect, Effect::Operate(_))) {
            return Err("it is no configuration".into());
        }
        self.configuration
            .apply(path, &matched, is_port)
            .map_err(|error| match error {
                EditError::Refused(message) => message.trim_start_matches("Error: ").to_owned(),
                EditError::WrongParameter(_) => "the device has no such interface".into(),
                EditError::Incomplete => "it is not complete".into(),
            })
    }
}

/// The first lines of all interfaces that a configuration names, so that its ports are known before it is loaded.
pub fn interfaces_named(text: &str) -> Vec<Key> {
    text.lines()
        .filter(|line| line.starts_with("interface"))
        .filter_map(|line| grammar::match_in(View::System, line).ok())
        .map(|matched| Key::of(&matched))
        .filter(|key| key.interface().is_some())
        .collect()
}
