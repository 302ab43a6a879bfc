//! Every fixture of `fixtures/vrp`: an output `NN.txt` with the JSON `NN.json` that it must parse to.
//!
//! The command stands in `NN.command` beside the output, else in the folder's file `command`.
//! `UPDATE_FIXTURES=1 cargo test -p checks --test fixtures` writes the JSON anew; read the difference before committing.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut entries = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    Ok(entries)
}

fn command_of(output: &Path) -> Result<String, Box<dyn Error>> {
    let own = output.with_extension("command");
    let file = if own.exists() {
        own
    } else {
        output.with_file_name("command")
    };
    let command = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(command.trim().to_owned())
}

/// What is wrong with one fixture, if anything.
fn check(output: &Path, update: bool) -> Result<Option<String>, Box<dyn Error>> {
    let command = command_of(output)?;
    let bytes = fs::read(output)?;
    let text = String::from_utf8_lossy(&bytes);
    let parsed = checks::vrp::parse(&command, &text)?;
    let mut actual = serde_json::to_string_pretty(&parsed)?;
    actual.push('\n');
    let expected = output.with_extension("json");
    if update {
        fs::write(&expected, &actual)?;
        return Ok(None);
    }
    let wanted = fs::read_to_string(&expected).map_err(|error| format!("{}: {error}", expected.display()))?;
    let pairs = wanted.lines().zip(actual.lines()).enumerate();
    let different = pairs.into_iter().find(|(_, (wanted, actual))| wanted != actual);
    let (wanted_lines, actual_lines) = (wanted.lines().count(), actual.lines().count());
    Ok(match different {
        Some((line, (wanted, actual))) => Some(format!("line {}: expected {wanted}, got {actual}", line + 1)),
        None if wanted_lines != actual_lines => {
            Some(format!("expected {wanted_lines} lines of JSON, got {actual_lines}"))
        }
        None => None,
    })
}

#[test]
fn every_output_parses_to_its_json() -> Result<(), Box<dyn Error>> {
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vrp");
    let mut checked = 0;
    let mut wrong = Vec::new();
    for folder in entries(&root)?.into_iter().filter(|path| path.is_dir()) {
        for output in entries(&folder)? {
            if output.extension().is_some_and(|extension| extension == "txt") {
                checked += 1;
                let name = output.strip_prefix(&root).unwrap_or(&output).display().to_string();
                match check(&output, update) {
                    Ok(None) => {}
                    Ok(Some(difference)) => wrong.push(format!("{name}: {difference}")),
                    Err(error) => wrong.push(format!("{name}: {error}")),
                }
            }
        }
    }
    assert!(checked > 0, "no fixtures in {}", root.display());
    assert!(
        wrong.is_empty(),
        "{} of {checked} fixtures differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    Ok(())
}
