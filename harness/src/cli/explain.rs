//! `netverdict explain`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use checks::phrase::{Explanation, Observation, Scope, decide, explain};
use checks::{Outcome, Parsed, vrp};

use super::{Exit, Terminal};
use crate::api::{ApiError, Lab};
use crate::diagnostic::{Diagnostic, harmless};
use crate::inventory::{Inventory, Platform};
use crate::plan::Sentence;
use crate::source::SourceFile;

/// Say how a phrase is understood: subject, selector, predicate, timing and the commands it needs
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  netverdict explain 'two next hops for 1.1.1.1 in VPNA within 5 s'
  netverdict explain --scope lab 'RDs of PE1 and PE2 differ for VPNA'
  netverdict explain --lab inventories/bfd-static-vpn --device PE3 'route ${PE1.lsr_id}/32 is ospf'

Exit codes:
  0  the phrase is understood, whatever is decided
  2  it is not, or the command line is wrong")]
pub struct Args {
    /// The phrase
    #[arg(value_name = "PHRASE")]
    phrase: String,

    /// Where it would stand: under a device, or under `lab`
    #[arg(long, value_enum, default_value = "device", conflicts_with = "device")]
    scope: ScopeName,

    /// Only the commands of this platform
    #[arg(long, value_name = "PLATFORM", value_parser = super::parse::platform)]
    platform: Option<Platform>,

    /// Fill in the facts of this lab, and with --device ask it: a folder with lab.yaml, such a file, or the bundle of an earlier run
    #[arg(long, value_name = "LAB", value_hint = clap::ValueHint::AnyPath)]
    lab: Option<PathBuf>,

    /// The device under which it would stand, or `lab`: it is asked once, and the rows that decide are shown
    #[arg(long, value_name = "DEVICE", requires = "lab")]
    device: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ScopeName {
    /// Under a device: it is about that device
    Device,
    /// Under `lab`: it compares devices
    Lab,
}

impl Args {
    /// Prints the explanation.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let device = match (&self.device, self.scope) {
            (Some(device), _) => Some(device.clone()),
            (None, ScopeName::Lab) => Some("lab".to_owned()),
            (None, ScopeName::Device) => None,
        };
        let scope = if device.as_deref() == Some("lab") {
            Scope::Lab
        } else {
            Scope::Device
        };
        let (text, decided) = match &self.lab {
            None => (self.phrase.clone(), None),
            Some(path) => self.on_lab(path, device.as_deref())?,
        };
        let mut explanation = explain(&text, scope).map_err(|error| mistake(&text, &error))?;
        if let Some(platform) = self.platform {
            explanation
                .commands
                .retain(|commands| commands.platform == platform.name());
        }
        let printed = if self.json {
            let mut json = serde_json::to_value(&explanation)?;
            if let (Some(decided), Some(object)) = (&decided, json.as_object_mut()) {
                object.insert("now".to_owned(), decided.json());
            }
            format!("{}\n", serde_json::to_string_pretty(&json)?)
        } else {
            let mut text = print(&explanation);
            if let Some(decided) = &decided {
                decided.print(&mut text);
            }
            harmless(&text).into_owned()
        };
        std::io::stdout().lock().write_all(printed.as_bytes())?;
        Ok(Exit::Passed)
    }

    /// The phrase with the lab's facts and, where a device is named, what its answers decide now.
    fn on_lab(&self, path: &Path, device: Option<&str>) -> anyhow::Result<(String, Option<Decided>)> {
        let inventory = Inventory::load(path)?;
        // Without a device, facts are filled in as for the first: they are the same under every one.
        let first = inventory.devices.first().map(|device| device.name.as_str());
        let sentence = Sentence::new(&self.phrase, device.or(first).unwrap_or("lab"), &inventory)?;
        let decided = match &self.device {
            Some(_) => Some(Decided::on(path, &sentence)?),
            None => None,
        };
        Ok((sentence.text, decided))
    }
}

/// What the answers of a lab decide, asked once.
struct Decided {
    outcome: Outcome,
    /// The deciding lines: device, command, line number and text.
    lines: Vec<(String, String, u32, String)>,
}

impl Decided {
    fn on(path: &Path, sentence: &Sentence) -> anyhow::Result<Self> {
        let lab = Lab::open(path).map_err(|error| match error {
            ApiError::Mistakes(mistakes) => anyhow::Error::new(mistakes),
            other => anyhow::Error::new(other),
        })?;
        let answers: Vec<Result<(String, Parsed), String>> = sentence
            .questions
            .iter()
            .map(|question| {
                let device = lab.device(&question.device).map_err(|error| error.to_string())?;
                let answer = device.ask(&question.command).map_err(|error| error.to_string())?;
                if let Some(words) = answer.rejected {
                    return Err(format!("the device refused the command: {words}"));
                }
                if answer.is_lossy() {
                    return Err("the answer holds bytes that are not UTF-8 text".to_owned());
                }
                let parsed = vrp::parse(&question.command, &answer.text).map_err(|error| error.to_string())?;
                Ok((answer.text, parsed))
            })
            .collect();
        let observations: Vec<Observation<'_>> = sentence
            .questions
            .iter()
            .zip(&answers)
            .map(|(question, answer)| {
                let answer = answer.as_ref().map(|(_, parsed)| parsed).map_err(String::as_str);
                question.answered("", answer)
            })
            .collect();
        let outcome = decide(&sentence.phrase.assertion, &observations);
        let mut lines = Vec::new();
        for deciding in &outcome.deciding {
            let asked = sentence.questions.iter().zip(&answers);
            let answer = asked.into_iter().find_map(|(question, answer)| {
                let same = question.device == deciding.device && question.command == deciding.command;
                answer.as_ref().ok().filter(|_| same).map(|(text, _)| text)
            });
            let Some(text) = answer else { continue };
            for span in &deciding.lines {
                let first = usize::try_from(span.first.max(1)).unwrap_or(1);
                let count = usize::try_from(span.last.saturating_sub(span.first)).unwrap_or(0) + 1;
                let numbered = (span.first..).zip(text.lines().skip(first - 1).take(count));
                lines.extend(numbered.map(|(number, line)| {
                    (
                        deciding.device.clone(),
                        deciding.command.clone(),
                        number,
                        line.to_owned(),
                    )
                }));
            }
        }
        Ok(Self { outcome, lines })
    }

    fn print(&self, out: &mut String) {
        let _ = writeln!(out, "\nasked once, without waiting:");
        let _ = writeln!(out, "verdict    {}", self.outcome.verdict);
        let _ = writeln!(out, "expected   {}", wrapped(&self.outcome.expected));
        let _ = writeln!(out, "actual     {}", wrapped(&self.outcome.actual));
        for warning in &self.outcome.warnings {
            let _ = writeln!(out, "warning    {}", wrapped(warning));
        }
        let mut before = None;
        for (device, command, number, line) in &self.lines {
            if before != Some((device, command)) {
                let _ = writeln!(out, "lines of   {device}: {command}");
                before = Some((device, command));
            }
            let _ = writeln!(out, "{number:>10} {line}");
        }
    }

    fn json(&self) -> serde_json::Value {
        let lines = self.lines.iter().map(|(device, command, number, line)| {
            serde_json::json!({"device": device, "command": command, "line": number, "text": line})
        });
        serde_json::json!({
            "verdict": self.outcome.verdict,
            "expected": self.outcome.expected,
            "actual": self.outcome.actual,
            "warnings": self.outcome.warnings,
            "lines": lines.collect::<Vec<_>>(),
        })
    }
}

fn mistake(text: &str, error: &checks::phrase::PhraseError) -> crate::diagnostic::Diagnostics {
    let file = SourceFile::new("phrase", "", text);
    let mut mistake = Diagnostic::at(&file, error.span.clone(), error.message.clone());
    if let Some(expectation) = error.expectation() {
        mistake = mistake.label(format!("expected {expectation}"));
    }
    if let Some(nearest) = &error.nearest {
        mistake = mistake.help(format!("did you mean `{nearest}`?"));
    }
    if let Some(note) = &error.note {
        mistake = mistake.help(note.clone());
    }
    mistake.into()
}

/// A text in lines of at most 88 characters below each other, behind a column of eleven.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if length > 0 && length + 1 + width > 88 {
            out.push_str("\n           ");
            length = 0;
        } else if length > 0 {
            out.push(' ');
            length += 1;
        }
        out.push_str(word);
        length += width;
    }
    out
}

fn print(explanation: &Explanation) -> String {
    let mut out = String::new();
    for (what, text) in [
        ("phrase", &explanation.canonical),
        ("form", &explanation.form),
        ("subject", &explanation.subject),
        ("selector", &explanation.selector),
        ("predicate", &explanation.predicate),
        ("timing", &explanation.timing),
        ("meaning", &explanation.meaning),
    ] {
        if !text.is_empty() {
            let _ = writeln!(out, "{what:<10} {}", wrapped(text));
        }
    }
    for commands in &explanation.commands {
        let of = match &commands.device {
            Some(device) => format!("{} ({device})", commands.platform),
            None => commands.platform.clone(),
        };
        match &commands.commands {
            Ok(list) if list.is_empty() => {
                let _ = writeln!(out, "{:<10} {of}: nothing", "asks");
            }
            Ok(list) => {
                for command in list {
                    let _ = writeln!(out, "{:<10} {of}: {command}", "asks");
                }
            }
            Err(reason) => {
                let _ = writeln!(out, "{:<10} {of}: cannot be asked: {reason}", "asks");
            }
        }
    }
    out
}
