//! Which suites, which lab and which of the cases: the arguments that `plan` and `run` share.

use std::path::PathBuf;

use crate::diagnostic::Diagnostics;
use crate::plan::{Choice, Plan};

/// Suites, lab and cases.
#[derive(Debug, Clone, clap::Args)]
pub struct Selection {
    /// Suite files
    #[arg(required = true, value_name = "SUITE", value_hint = clap::ValueHint::FilePath)]
    pub suites: Vec<PathBuf>,

    /// The lab: a folder with lab.yaml, such a file, or the bundle of an earlier run. Overrides the suites' own `lab`
    #[arg(long, value_name = "LAB", value_hint = clap::ValueHint::AnyPath)]
    pub lab: Option<PathBuf>,

    /// Only cases with this name, or whose name holds this text, or matches it where it holds `*` or `?`. Repeatable
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,

    /// Only suites and cases with this tag. Repeatable
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
}

impl Selection {
    /// The plan of these suites on that lab.
    pub fn plan(&self) -> Result<Plan, Diagnostics> {
        let choice = Choice {
            only: self.only.clone(),
            tags: self.tag.clone(),
        };
        Plan::load(&self.suites, self.lab.as_deref(), &choice)
    }
}
