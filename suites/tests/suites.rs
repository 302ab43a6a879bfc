//! Every suite of this folder as one named test: `cargo test bfd_static_vpn`, `cargo nextest run bfd_static_vpn`.
//!
//! A suite passes when its verdict is *pass*; inconclusive is a failure here too. A live lab may be named by
//! `NETVERDICT_LAB`; its devices are changed only if `NETVERDICT_ALLOW_CHANGES=1` says so as well as its inventory.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use harness::api::run_suite_on;
use harness::bundle::BundleLocation;
use harness::run::RunOptions;
use harness::state::StateFolder;
use libtest_mimic::{Arguments, Failed, Trial};
use reports::console;
use suites::{all, test_name};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let suites = match all() {
        Ok(suites) if suites.is_empty() => {
            eprintln!("no suites in {}", suites::folder().display());
            return ExitCode::FAILURE;
        }
        Ok(suites) => suites,
        Err(error) => {
            eprintln!("{}: {error}", suites::folder().display());
            return ExitCode::FAILURE;
        }
    };
    let trials = suites
        .into_iter()
        .map(|suite| Trial::test(test_name(&suite), move || passes(&suite)))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Runs a suite as `netverdict run` does and tells what `netverdict run` would print when it does not pass.
fn passes(suite: &Path) -> Result<(), Failed> {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lab = std::env::var_os("NETVERDICT_LAB").map(PathBuf::from);
    let options = RunOptions {
        bundle: Some(BundleLocation::Within(kept.join("netverdict-runs"))),
        allow_changes: std::env::var_os("NETVERDICT_ALLOW_CHANGES").is_some_and(|value| value == "1"),
        // A live lab's journal belongs to everybody who works on the lab; an emulated one is the test's own.
        state: lab.is_none().then(|| StateFolder::at(kept.join("state"))),
        ..RunOptions::default()
    };
    let result = run_suite_on(suite, lab.as_deref(), options, &mut |_| {}).map_err(Failed::from)?;
    if result.exit_code == 0 {
        return Ok(());
    }
    let bundle = result.bundle.as_deref().unwrap_or(Path::new("none"));
    let report = result.report().map_err(Failed::from)?;
    Err(format!(
        "{}\nbundle: {}",
        console::summary(&report, console::Options::default()),
        bundle.display()
    )
    .into())
}
