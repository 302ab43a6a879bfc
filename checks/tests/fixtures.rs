//! Every fixture of `fixtures/vrp`: an output `NN.txt` with the JSON `NN.json` that it must parse to.
//!
//! The command stands in `NN.command` beside the output, else in the folder's file `command`.
//! `UPDATE_FIXTURES=1 cargo test -p checks --test fixtures` writes the JSON anew; read the difference before committing.

mod outputs;

use std::error::Error;
use std::fs;

use outputs::Output;

/// What is wrong with one fixture, if anything.
fn check(output: &Output, update: bool) -> Result<Option<String>, Box<dyn Error>> {
    let parsed = checks::vrp::parse(&output.command, &output.text)?;
    let mut actual = serde_json::to_string_pretty(&parsed)?;
    actual.push('\n');
    let expected = output.path.with_extension("json");
    if update {
        fs::write(&expected, &actual)?;
        return Ok(None);
    }
    let wanted = fs::read_to_string(&expected).map_err(|error| format!("{}: {error}", expected.display()))?;
    let mut pairs = wanted.lines().zip(actual.lines()).zip(1..);
    let different = pairs.find(|((wanted, actual), _)| wanted != actual);
    let (wanted_lines, actual_lines) = (wanted.lines().count(), actual.lines().count());
    Ok(match different {
        Some(((wanted, actual), line)) => Some(format!("line {line}: expected {wanted}, got {actual}")),
        None if wanted_lines != actual_lines => {
            Some(format!("expected {wanted_lines} lines of JSON, got {actual_lines}"))
        }
        None => None,
    })
}

#[test]
fn every_output_parses_to_its_json() -> Result<(), Box<dyn Error>> {
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let outputs = outputs::all()?;
    let wrong: Vec<String> = outputs
        .iter()
        .filter_map(|output| match check(output, update) {
            Ok(None) => None,
            Ok(Some(difference)) => Some(format!("{}: {difference}", output.name)),
            Err(error) => Some(format!("{}: {error}", output.name)),
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} fixtures differ:\n{}",
        wrong.len(),
        outputs.len(),
        wrong.join("\n")
    );
    Ok(())
}
