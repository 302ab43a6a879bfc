//! Answers from files: one folder a state, one folder a device in it, one file a command. The configurations that the
//! answers were recorded under stand beside them: a lab that is configured otherwise gets no answer.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::{AnswerSource, NoAnswer, Question};
use crate::configuration::{Configuration, IgnoredLine, Key};
use crate::error::EmulatorError;
use crate::interface_name::InterfaceName;
use crate::lab::loaded;

/// Largest recorded answer that is read, in bytes.
const LARGEST_ANSWER: u64 = 64 << 20;

/// Folder of the recorded configurations, `DEVICE.cfg`; no state may have this name.
const CONFIGURATIONS: &str = "configurations";

/// `states.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatesFile {
    states: Vec<StateEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateEntry {
    name: String,
    #[serde(default)]
    #[allow(dead_code)]
    description: String,
    /// Device → view (first line of a block, ` / ` between blocks) → lines typed there on top of the recorded configuration.
    #[serde(default)]
    differences: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Answers that are the same as in another state.
    #[serde(default)]
    unchanged: Vec<Unchanged>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchanged {
    from: String,
    /// Device → commands.
    answers: BTreeMap<String, Vec<String>>,
}

/// A device as the recording needs it.
pub struct RecordedDevice<'a> {
    /// Its name.
    pub name: &'a str,
    /// The lines of its start configuration that were not understood.
    pub ignored: &'a [IgnoredLine],
    /// Its ports.
    pub ports: &'a HashSet<InterfaceName>,
}

#[derive(Debug)]
struct State {
    name: String,
    /// The configuration of every device in this state, in the order of the lab.
    configurations: Vec<Configuration>,
    /// (device, command) → answer.
    answers: HashMap<(usize, String), Arc<str>>,
}

/// Recorded answers, held in memory.
#[derive(Debug)]
pub struct Recording {
    states: Vec<State>,
    /// Whether a device holds lines that are not understood and that were not there when it was recorded: what they
    /// would change cannot be known, so nothing is answered.
    strange: bool,
}

impl Recording {
    /// Reads a folder of recorded answers for the devices of a lab.
    pub fn read(folder: &Path, devices: &[RecordedDevice<'_>]) -> Result<Self, EmulatorError> {
        let file = folder.join("states.yaml");
        let bad = |reason: String| EmulatorError::Recording {
            path: file.clone(),
            reason,
        };
        let text = fs::read_to_string(&file).map_err(|error| bad(error.to_string()))?;
        let listed: StatesFile = serde_saphyr::from_str(&text).map_err(|error| bad(error.to_string()))?;
        if listed.states.is_empty() {
            return Err(bad(
                "it lists no state; `normal`, without differences, is the least".into()
            ));
        }
        let mut recorded = Vec::new();
        let mut strange = false;
        for device in devices {
            let (configuration, ignored) = read_configuration(folder, device)?;
            let texts = |lines: &[IgnoredLine]| lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>();
            strange |= texts(&ignored) != texts(device.ignored);
            recorded.push(configuration);
        }
        let mut states: Vec<State> = Vec::new();
        for entry in &listed.states {
            if states.iter().any(|state| state.name == entry.name) {
                return Err(bad(format!("the state `{}` is listed twice", entry.name)));
            }
            if entry.name.is_empty() || entry.name.contains(['/', '\\', '.']) || entry.name == CONFIGURATIONS {
                return Err(bad(format!(
                    "`{}` cannot be the name of a state: it names a folder",
                    entry.name
                )));
            }
            let configurations = expected(entry, devices, &recorded).map_err(bad)?;
            if let Some(other) = states.iter().find(|state| state.configurations == configurations) {
                return Err(bad(format!(
                    "the states `{}` and `{}` do not differ",
                    other.name, entry.name
                )));
            }
            let mut answers = read_answers(&folder.join(&entry.name), devices)?;
            for unchanged in &entry.unchanged {
                take_over(unchanged, &states, devices, &mut answers).map_err(bad)?;
            }
            states.push(State {
                name: entry.name.clone(),
                configurations,
                answers,
            });
        }
        Ok(Self { states, strange })
    }

    fn state(&self, running: &[Arc<Configuration>]) -> Option<&State> {
        self.states.iter().find(|state| {
            state.configurations.len() == running.len()
                && state
                    .configurations
                    .iter()
                    .zip(running)
                    .all(|(expected, present)| *expected == **present)
        })
    }
}

impl AnswerSource for Recording {
    fn answer(&self, question: &Question<'_>) -> Result<String, NoAnswer> {
        let state = self
            .state(question.running)
            .filter(|_| !self.strange)
            .ok_or(NoAnswer::UnknownState)?;
        let unknown = || NoAnswer::UnknownCommand {
            state: state.name.clone(),
            command: question.command.to_owned(),
        };
        let key = (question.device, question.command.to_owned());
        state.answers.get(&key).map(ToString::to_string).ok_or_else(unknown)
    }
}

/// The configurations of all devices in a state.
fn expected(
    entry: &StateEntry,
    devices: &[RecordedDevice<'_>],
    recorded: &[Configuration],
) -> Result<Vec<Configuration>, String> {
    if let Some(stranger) = entry
        .differences
        .keys()
        .find(|name| !devices.iter().any(|device| device.name == *name))
    {
        return Err(format!(
            "the state `{}` names the device `{stranger}`, which the lab does not have",
            entry.name
        ));
    }
    devices
        .iter()
        .zip(recorded)
        .map(|(device, recorded)| {
            let is_port = |key: &Key| key.interface().is_some_and(|name| device.ports.contains(&name));
            let mut configuration = recorded.clone();
            for (view, lines) in entry.differences.get(device.name).into_iter().flatten() {
                for line in lines {
                    let text = if view.is_empty() {
                        line.clone()
                    } else {
                        format!("{view} / {line}")
                    };
                    configuration.apply_text(&[], &text, &is_port).map_err(|error| {
                        format!(
                            "the state `{}` changes {} by `{text}`: {error:?}",
                            entry.name, device.name
                        )
                    })?;
                }
            }
            Ok(configuration)
        })
        .collect()
}

/// The configuration that a device was recorded under.
fn read_configuration(
    folder: &Path,
    device: &RecordedDevice<'_>,
) -> Result<(Configuration, Vec<IgnoredLine>), EmulatorError> {
    let path = folder.join(CONFIGURATIONS).join(format!("{}.cfg", device.name));
    match fs::read_to_string(&path) {
        Ok(text) => Ok(loaded(&text, device.ports)),
        Err(error) => Err(EmulatorError::Recording {
            path,
            reason: format!("the configuration that {} was recorded under: {error}", device.name),
        }),
    }
}

fn take_over(
    unchanged: &Unchanged,
    states: &[State],
    devices: &[RecordedDevice<'_>],
    answers: &mut HashMap<(usize, String), Arc<str>>,
) -> Result<(), String> {
    let from = states
        .iter()
        .find(|state| state.name == unchanged.from)
        .ok_or_else(|| format!("`from: {}` names no state listed above", unchanged.from))?;
    for (name, commands) in &unchanged.answers {
        let device = devices
            .iter()
            .position(|device| device.name == name)
            .ok_or_else(|| format!("`unchanged` names the device `{name}`, which the lab does not have"))?;
        for command in commands {
            let key = (device, command.clone());
            let answer = from
                .answers
                .get(&key)
                .ok_or_else(|| format!("the state `{}` holds no answer of {name} to `{command}`", from.name))?;
            if answers.insert(key, Arc::clone(answer)).is_some() {
                return Err(format!(
                    "the answer of {name} to `{command}` is both recorded and unchanged"
                ));
            }
        }
    }
    Ok(())
}

fn read_answers(
    folder: &Path,
    devices: &[RecordedDevice<'_>],
) -> Result<HashMap<(usize, String), Arc<str>>, EmulatorError> {
    let mut answers = HashMap::new();
    for path in entries(folder)? {
        let bad = |reason: String| EmulatorError::Recording {
            path: path.clone(),
            reason,
        };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let device = devices
            .iter()
            .position(|device| device.name == name)
            .ok_or_else(|| bad("no device of the lab has this name".into()))?;
        for file in entries(&path)? {
            let bad = |reason: String| EmulatorError::Recording {
                path: file.clone(),
                reason,
            };
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let command = name.strip_suffix(".txt").and_then(command_of_file).ok_or_else(|| {
                bad("expected the command with `_` for blanks, `%2F` for `/`, `%5F` for `_`, and `.txt`".into())
            })?;
            let size = fs::metadata(&file).map_err(|error| bad(error.to_string()))?.len();
            if size > LARGEST_ANSWER {
                return Err(bad(format!(
                    "{size} bytes are more than the {LARGEST_ANSWER} a recorded answer may have"
                )));
            }
            let answer = fs::read_to_string(&file).map_err(|error| bad(error.to_string()))?;
            answers.insert((device, command), Arc::from(answer));
        }
    }
    Ok(answers)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, EmulatorError> {
    let bad = |error: std::io::Error| EmulatorError::Recording {
        path: folder.to_owned(),
        reason: error.to_string(),
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(bad)? {
        paths.push(entry.map_err(bad)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The command that a file name (without `.txt`) stands for.
fn command_of_file(name: &str) -> Option<String> {
    let mut command = String::new();
    let mut rest = name;
    while let Some(position) = rest.find(['_', '%']) {
        command.push_str(rest.get(..position)?);
        let tail = rest.get(position..)?;
        let (taken, character) = match tail.get(..3) {
            Some("%2F") => (3, '/'),
            Some("%5F") => (3, '_'),
            _ if tail.starts_with('_') => (1, ' '),
            _ => return None,
        };
        command.push(character);
        rest = tail.get(taken..)?;
    }
    command.push_str(rest);
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_stand_for_commands() {
        let file = "display_bfd_session_session-name_pe1%5Fto%5Fce1_verbose";
        assert_eq!(
            command_of_file(file).as_deref(),
            Some("display bfd session session-name pe1_to_ce1 verbose")
        );
        assert_eq!(command_of_file("bad%20name"), None);
    }
}
