//! The outputs of `fixtures/vrp`, each with its command.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// An output with the command that it answers.
#[derive(Debug, Clone)]
pub struct Output {
    /// The file of the output.
    pub path: PathBuf,
    /// `routing_table/01.txt`.
    pub name: String,
    /// The command.
    pub command: String,
    /// What the device printed.
    pub text: String,
}

/// Every output, in order of name.
pub fn all() -> Result<Vec<Output>, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vrp");
    let mut outputs = Vec::new();
    for folder in entries(&root)?.into_iter().filter(|path| path.is_dir()) {
        for path in entries(&folder)? {
            if path.extension().is_some_and(|extension| extension == "txt") {
                outputs.push(Output {
                    name: path.strip_prefix(&root)?.display().to_string(),
                    command: command_of(&path)?,
                    text: String::from_utf8_lossy(&fs::read(&path)?).into_owned(),
                    path,
                });
            }
        }
    }
    assert!(!outputs.is_empty(), "no fixtures in {}", root.display());
    Ok(outputs)
}

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
