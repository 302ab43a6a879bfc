//! Loading a printed configuration, line by line, each at the depth its indentation says.

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
}

/// Loads a configuration. Lines that are not understood are listed, with all that stands below them.
pub fn load(text: &str, is_port: &dyn Fn(&Key) -> bool) -> (Configuration, Vec<IgnoredLine>) {
    let mut loader = Loader {
        configuration: Configuration::default(),
        open: Vec::new(),
        ignored: Vec::new(),
    };
    for (index, raw) in text.lines().enumerate() {
        let line = raw.trim();
        if line.is_empty() || line == "#" || line.starts_with('!') {
            continue;
        }
        let depth = raw.len() - raw.trim_start().len();
        if line == "return" && depth == 0 {
            break;
        }
        if let Err(reason) = loader.line(line, depth, is_port) {
            loader.ignored.push(IgnoredLine {
                line: index + 1,
                text: raw.trim_end().to_owned(),
                reason,
            });
        }
    }
    (loader.configuration, loader.ignored)
}

struct Loader {
    configuration: Configuration,
    /// The lines that are open, with their indentation; `None` where the line was not understood or opens no view.
    open: Vec<(usize, Option<Path>)>,
    ignored: Vec<IgnoredLine>,
}

impl Loader {
    fn line(&mut self, line: &str, depth: usize, is_port: &dyn Fn(&Key) -> bool) -> Result<(), String> {
        while self.open.last().is_some_and(|(above, _)| *above >= depth) {
            self.open.pop();
        }
        let path = match self.open.last() {
            None if depth == 0 => Vec::new(),
            None => return Err("it is indented under no line".into()),
            Some((_, Some(path))) => path.clone(),
            Some((_, None)) => {
                self.open.push((depth, None));
                return Err("the line above it was not understood".into());
            }
        };
        let inner = self.apply(&path, line, is_port);
        self.open.push((
            depth,
            inner.as_ref().ok().filter(|inner| inner.len() > path.len()).cloned(),
        ));
        inner.map(|_| ())
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
