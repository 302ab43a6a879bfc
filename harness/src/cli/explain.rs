//! `netverdict explain`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use checks::phrase::{Explanation, Scope, explain};

use super::{Exit, Terminal};
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
  0  the phrase is understood
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

    /// Fill in the facts of this lab: a folder with lab.yaml, such a file, or the bundle of an earlier run
    #[arg(long, value_name = "LAB", value_hint = clap::ValueHint::AnyPath)]
    lab: Option<PathBuf>,

    /// The device under which it would stand
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
        let (text, scope) = self.filled()?;
        let mut explanation = explain(&text, scope).map_err(|error| mistake(&text, &error))?;
        if let Some(platform) = self.platform {
            explanation
                .commands
                .retain(|commands| commands.platform == platform.name());
        }
        let printed = if self.json {
            format!("{}\n", serde_json::to_string_pretty(&explanation)?)
        } else {
            harmless(&print(&explanation)).into_owned()
        };
        std::io::stdout().lock().write_all(printed.as_bytes())?;
        Ok(Exit::Passed)
    }

    /// The phrase with the lab's facts.
    fn filled(&self) -> anyhow::Result<(String, Scope)> {
        let device = match (&self.device, self.scope) {
            (Some(device), _) => Some(device.as_str()),
            (None, ScopeName::Lab) => Some("lab"),
            (None, ScopeName::Device) => None,
        };
        let scope = if device == Some("lab") {
            Scope::Lab
        } else {
            Scope::Device
        };
        let Some(lab) = &self.lab else {
            return Ok((self.phrase.clone(), scope));
        };
        let lab = Inventory::load(lab)?;
        // Without a device, facts are filled in as for the first: they are the same under every one.
        let device = device
            .or(lab.devices.first().map(|device| device.name.as_str()))
            .unwrap_or("lab");
        Ok((Sentence::new(&self.phrase, device, &lab)?.text, scope))
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
