//! Reading files that a person names: bounded, regular files, UTF-8; and their names within a bundle.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::file::{Input, LARGEST_FILE, SourceFile};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Largest device configuration that is read, in bytes.
const LARGEST_CONFIGURATION: u64 = 64 * 1024 * 1024;

/// The bytes of a regular file of at most 64 MiB, or why they are not to be had.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    read_at_most(path, LARGEST_CONFIGURATION)
}

fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    // Asked before it is opened: opening a pipe that nobody writes to would wait for ever.
    let found = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err(if found.is_dir() {
            "is a folder"
        } else {
            "is not a regular file"
        }
        .to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most {
        return Err(format!("is larger than {} MiB", most / 1024 / 1024));
    }
    Ok(bytes)
}

/// Reads a suite or an inventory: its bytes as they are, and its text.
pub fn read_text(path: &Path) -> Result<(Vec<u8>, SourceFile), Diagnostics> {
    let name = path.display().to_string();
    let bytes = read_at_most(path, LARGEST_FILE)
        .map_err(|reason| Diagnostic::general(format!("cannot read {name}: {reason}")))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => {
            let file = SourceFile::new(name, path, text.strip_prefix('\u{feff}').unwrap_or(text));
            Ok((bytes, file))
        }
        Err(error) => {
            let at = error.valid_up_to();
            let file = SourceFile::new(name, path, String::from_utf8_lossy(&bytes).into_owned());
            let wrong = at..(at + '\u{fffd}'.len_utf8()).min(file.text().len());
            Err(Diagnostic::at(&file, wrong, "the file is not UTF-8 text")
                .label(format!("byte 0x{:02x}", bytes.get(at).copied().unwrap_or_default()))
                .help("save it as UTF-8")
                .into())
        }
    }
}

/// Collects the files of a run under names that are unique within its bundle.
#[derive(Debug, Default)]
pub struct Inputs {
    list: Vec<Input>,
    taken: HashSet<String>,
}

impl Inputs {
    /// Adds a file that was read, under `inputs/FOLDER/…`; its own path, without what leads out of a folder, follows.
    pub fn add(&mut self, folder: &str, named: &Path, origin: &Path, bytes: Vec<u8>) {
        if self
            .list
            .iter()
            .any(|input| input.origin == origin && input.bytes == bytes)
        {
            return;
        }
        let parts: Vec<String> = named
            .components()
            .filter_map(|part| match part {
                Component::Normal(part) => Some(
                    part.to_string_lossy()
                        .replace(|c: char| c.is_control() || c == '\\', "_"),
                ),
                _ => None,
            })
            .collect();
        // `suites/x.yaml` is to be `inputs/suites/x.yaml`, not `inputs/suites/suites/x.yaml`.
        let skip = usize::from(parts.len() > 1 && parts.first().is_some_and(|first| first == folder));
        let wanted = format!("inputs/{folder}/{}", parts[skip..].join("/"));
        let mut path = wanted.clone();
        let mut number = 2;
        while !self.taken.insert(path.clone()) {
            path = match wanted.rsplit_once('.') {
                Some((stem, extension)) if !extension.contains('/') => format!("{stem}-{number}.{extension}"),
                _ => format!("{wanted}-{number}"),
            };
            number += 1;
        }
        self.list.push(Input {
            path,
            origin: origin.to_path_buf(),
            bytes,
        });
    }

    /// The files in the order in which they were added.
    pub fn into_list(self) -> Vec<Input> {
        self.list
    }

    /// Where a file lies, with links and `..` resolved; the path itself where that is not possible.
    pub fn origin(path: &Path) -> PathBuf {
        path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_within_a_bundle_are_unique_and_stay_inside() {
        let mut inputs = Inputs::default();
        for path in ["suites/a.yaml", "a.yaml", "../../a.yaml", "/etc/a.yaml"] {
            inputs.add("suites", Path::new(path), Path::new(path), path.into());
        }
        inputs.add("suites", Path::new("a.yaml"), Path::new("a.yaml"), "a.yaml".into());
        let paths: Vec<String> = inputs.into_list().into_iter().map(|input| input.path).collect();
        assert_eq!(
            paths,
            [
                "inputs/suites/a.yaml",
                "inputs/suites/a-2.yaml",
                "inputs/suites/a-3.yaml",
                "inputs/suites/etc/a.yaml"
            ]
        );
    }

    #[test]
    fn folders_and_bytes_that_are_no_text_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            read_text(folder.path())
                .unwrap_err()
                .to_string()
                .contains("is a folder")
        );
        let file = folder.path().join("x.yaml");
        std::fs::write(&file, b"a: ok\nb: \xff\xfe\n").unwrap();
        let told = read_text(&file).unwrap_err().to_string();
        assert!(told.contains("x.yaml:2:4") && told.contains("not UTF-8"), "{told}");
    }
}
