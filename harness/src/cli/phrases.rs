//! `netverdict phrases`.

use std::fmt::Write as _;
use std::io::Write as _;

use checks::phrase::{Form, Scope, forms, reference_markdown};

use super::{Exit, Terminal};

/// List every form of phrase with examples
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  netverdict phrases
  netverdict phrases bfd
  netverdict phrases --markdown > phrases.md")]
pub struct Args {
    /// Only forms that hold this word
    #[arg(value_name = "WORD")]
    word: Option<String>,

    /// Print the reference page as Markdown
    #[arg(long, conflicts_with_all = ["json", "word"])]
    markdown: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Prints the forms.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let word = self.word.as_deref().map(str::to_lowercase);
        let chosen: Vec<&Form> = forms()
            .iter()
            .filter(|form| word.as_ref().is_none_or(|word| holds(form, word)))
            .collect();
        if let (Some(word), true) = (&self.word, chosen.is_empty()) {
            anyhow::bail!("no form of phrase holds `{word}`");
        }
        let text = if self.markdown {
            reference_markdown()
        } else if self.json {
            format!("{}\n", serde_json::to_string_pretty(&json(&chosen))?)
        } else {
            text(&chosen)
        };
        std::io::stdout().lock().write_all(text.as_bytes())?;
        Ok(Exit::Passed)
    }
}

fn holds(form: &Form, word: &str) -> bool {
    [form.id, form.group, form.syntax, form.doc]
        .iter()
        .chain(form.examples)
        .any(|text| text.to_lowercase().contains(word))
}

fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Device => "device",
        Scope::Lab => "lab",
        Scope::Capture => "capture",
    }
}

fn text(forms: &[&Form]) -> String {
    let mut out = String::new();
    let mut group = "";
    for form in forms {
        if form.group != group {
            let gap = if group.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{}", form.group);
            group = form.group;
        }
        let under = match form.scope {
            Scope::Device => "",
            Scope::Lab => "  (under `lab`)",
            Scope::Capture => "  (under `lab` or a point of observation)",
        };
        let _ = writeln!(out, "\n  {}{under}", form.syntax);
        for example in form.examples {
            let _ = writeln!(out, "      {example}");
        }
    }
    out.push_str("\nAfter any phrase: within 30 s, for 10 s, within 30 s and for 10 s, after NAME-OF-A-CHANGE\n");
    out
}

fn json(forms: &[&Form]) -> serde_json::Value {
    let forms = forms.iter().map(|form| {
        serde_json::json!({
            "id": form.id,
            "group": form.group,
            "scope": scope(form.scope),
            "syntax": form.syntax,
            "examples": form.examples,
            "meaning": form.doc,
        })
    });
    serde_json::Value::Array(forms.collect())
}
