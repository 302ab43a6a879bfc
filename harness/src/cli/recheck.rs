//! `netverdict recheck`.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use checks::Verdict;
use reports::visible::visible_line;

use super::{Exit, Terminal};
use crate::recheck::{Recheck, RecheckError, recheck};

/// Decide again from a bundle's evidence alone
///
/// Reads the suites and the inventory that the bundle keeps, parses its evidence with this version's parsers, decides
/// every phrase again and says where the verdict is another one than recorded. Connects to nothing, writes nothing.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Exit codes:
  0  every assertion passes on the evidence
  1  something fails
  2  the bundle or its suites are not understood
  3  nothing fails, but something cannot be told, or the bundle was altered or is not whole")]
pub struct Args {
    /// The folder that a run wrote
    #[arg(value_name = "BUNDLE", value_hint = clap::ValueHint::DirPath)]
    bundle: PathBuf,
}

impl Args {
    /// Decides the bundle again.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let rechecked = match recheck(&self.bundle) {
            Ok(rechecked) => rechecked,
            Err(RecheckError::Suites(mistakes)) => return Err(mistakes.into()),
            Err(error) => return Err(error.into()),
        };
        let text = text(&rechecked);
        std::io::stdout().lock().write_all(text.as_bytes())?;
        Ok(Exit::of_code(rechecked.exit_code))
    }
}

fn text(rechecked: &Recheck) -> String {
    let mut out = String::new();
    let word = |verdict: Option<Verdict>| verdict.map_or("not decided", Verdict::as_str);
    for changed in &rechecked.differences {
        let phrase = &changed.phrase;
        let _ = writeln!(
            out,
            "{} -> {}  {}: {}: {}\n    case:     {}\n    expected: {}\n    actual:   {}",
            word(changed.recorded),
            word(changed.now),
            visible_line(&phrase.source),
            visible_line(&phrase.device),
            visible_line(&phrase.phrase),
            visible_line(&changed.case),
            visible_line(&phrase.expected),
            visible_line(&phrase.actual),
        );
    }
    for flaw in &rechecked.flaws {
        let _ = writeln!(out, "! {}", visible_line(flaw));
    }
    let _ = writeln!(
        out,
        "{}: {} phrases decided again, {} with another verdict than recorded (recorded: {})",
        rechecked.verdict,
        rechecked.decided,
        rechecked.differences.len(),
        word(rechecked.recorded),
    );
    out
}
