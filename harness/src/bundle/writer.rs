//! Writing a bundle: every event as soon as it happens, every answer before anything is decided on it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use reports::bundle::{EVENTS_FILE, hexadecimal};
use reports::event::{InputFile, Record};
use sha2::{Digest, Sha256};

use super::evidence_name::{capture_path, evidence_path};
use super::{BundleLocation, Redactor, sha256_hex};
use crate::source::Input;

/// A file of the bundle cannot be written. The run cannot be proved any more and ends.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

impl WriteError {
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self {
            path: path.to_path_buf(),
            source,
        }
    }
}

/// A piece of evidence that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Path within the bundle.
    pub path: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// A bundle being written.
#[derive(Debug)]
pub struct BundleWriter {
    folder: PathBuf,
    events: File,
    inputs: Vec<InputFile>,
}

impl BundleWriter {
    /// Whether a bundle can be written there, as far as can be told without writing anything.
    pub fn check(location: &BundleLocation) -> Result<(), WriteError> {
        let (BundleLocation::Folder(named) | BundleLocation::Within(named)) = location;
        location.check().map_err(WriteError::at(named))
    }

    /// Makes the bundle's folder and copies the inputs, secrets redacted.
    pub fn create(
        location: &BundleLocation,
        suite: &str,
        at: DateTime<Utc>,
        inputs: &[Input],
        redactor: &Redactor,
    ) -> Result<Self, WriteError> {
        let (BundleLocation::Folder(named) | BundleLocation::Within(named)) = location;
        let folder = location.create(suite, at).map_err(WriteError::at(named))?;
        let evidence = folder.join("evidence");
        fs::create_dir(&evidence).map_err(WriteError::at(&evidence))?;
        let path = folder.join(EVENTS_FILE);
        let events = File::create_new(&path).map_err(WriteError::at(&path))?;
        let mut writer = Self {
            folder,
            events,
            inputs: Vec::with_capacity(inputs.len()),
        };
        for input in inputs {
            let bytes = match std::str::from_utf8(&input.bytes) {
                Ok(text) if is_configuration(&input.path) => redactor.device_text(text).into_owned().into_bytes(),
                Ok(text) => redactor.own(text).into_owned().into_bytes(),
                Err(_) => input.bytes.clone(),
            };
            let sha256 = writer.write(&input.path, &bytes)?;
            writer.inputs.push(InputFile {
                path: input.path.clone(),
                sha256,
            });
        }
        Ok(writer)
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The inputs as they were kept.
    pub fn inputs(&self) -> &[InputFile] {
        &self.inputs
    }

    /// Appends an event.
    pub fn append(&mut self, record: &Record) -> Result<(), WriteError> {
        let path = self.folder.join(EVENTS_FILE);
        let mut line = serde_json::to_vec(record).map_err(|error| WriteError::at(&path)(error.into()))?;
        line.push(b'\n');
        self.events
            .write_all(&line)
            .and_then(|()| self.events.flush())
            .map_err(WriteError::at(&path))
    }

    /// Keeps a device's answer, already redacted, under the number that was given to the question.
    pub fn keep(&self, number: u32, device: &str, command: &str, text: &str) -> Result<Kept, WriteError> {
        let path = evidence_path(number, device, command);
        let sha256 = self.write(&path, text.as_bytes())?;
        Ok(Kept {
            path,
            sha256,
            bytes: text.len() as u64,
        })
    }

    /// Keeps a capture of a link under its number: `write` writes it to a file of the bundle, whose name ends like that
    /// of `file`.
    pub fn keep_capture<E>(
        &self,
        number: u32,
        (link, file): (&str, &str),
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<Result<Kept, E>, WriteError> {
        let path = capture_path(number, link, file);
        let file = self.folder.join(&path);
        if let Err(error) = write(&file) {
            // Half a capture is no evidence.
            let _ = fs::remove_file(&file);
            return Ok(Err(error));
        }
        let (sha256, bytes) = File::open(&file).and_then(hashed).map_err(WriteError::at(&file))?;
        Ok(Ok(Kept { path, sha256, bytes }))
    }

    /// Writes a file of the bundle that must not exist yet and returns its SHA-256.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<String, WriteError> {
        let file = self.folder.join(path);
        let inside = Path::new(path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !inside || path.is_empty() {
            let source = io::Error::new(io::ErrorKind::PermissionDenied, "the path leads out of the bundle");
            return Err(WriteError { path: file, source });
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(WriteError::at(folder))?;
        }
        File::create_new(&file)
            .and_then(|mut new| new.write_all(bytes))
            .map_err(WriteError::at(&file))?;
        Ok(sha256_hex(bytes))
    }

    /// Makes everything written so far survive a power loss.
    pub fn sync(&self) -> Result<(), WriteError> {
        self.events
            .sync_all()
            .map_err(WriteError::at(&self.folder.join(EVENTS_FILE)))
    }
}

/// SHA-256 and size of a file that may be larger than memory.
pub(super) fn hashed(mut file: File) -> io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let length = file.read(&mut chunk)?;
        if length == 0 {
            return Ok((hexadecimal(&hash.finalize()), bytes));
        }
        hash.update(&chunk[..length]);
        bytes += length as u64;
    }
}

/// YAML is kept byte for byte: it holds no secrets, and phrases must be read again from it.
fn is_configuration(path: &str) -> bool {
    let extension = Path::new(path).extension().map(std::ffi::OsStr::to_ascii_lowercase);
    !extension.is_some_and(|extension| extension == "yaml" || extension == "yml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(folder: &Path, inputs: &[Input]) -> Result<BundleWriter, WriteError> {
        let location = BundleLocation::Folder(folder.join("b"));
        BundleWriter::create(&location, "s", Utc::now(), inputs, &Redactor::default())
    }

    fn input(path: &str, text: &str) -> Input {
        Input {
            path: path.into(),
            origin: path.into(),
            bytes: text.into(),
        }
    }

    #[test]
    fn inputs_are_kept_with_the_hash_of_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let inputs = [
            input("inputs/s.yaml", "suite: with plain words\n"),
            input("inputs/lab/PE1.cfg", " password cipher abc\n"),
        ];
        let writer = writer(folder.path(), &inputs).unwrap();
        let kept = |path: &str| fs::read(folder.path().join("b").join(path)).unwrap();
        assert_eq!(kept("inputs/s.yaml"), b"suite: with plain words\n");
        assert_eq!(kept("inputs/lab/PE1.cfg"), b" password cipher [redacted]\n");
        assert_eq!(writer.inputs()[1].sha256, sha256_hex(b" password cipher [redacted]\n"));
    }

    #[test]
    fn nothing_is_written_outside_or_over_something() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(folder.path(), &[]).unwrap();
        assert!(writer.write("../x", b"").is_err());
        assert!(writer.write("/tmp/x", b"").is_err());
        writer.keep(1, "PE1", "display version", "a").unwrap();
        assert!(writer.keep(1, "PE1", "display version", "b").is_err());
    }

    #[test]
    fn an_existing_bundle_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(writer(folder.path(), &[]).unwrap());
        let error = writer(folder.path(), &[]).unwrap_err().to_string();
        assert!(error.contains("never overwritten"), "{error}");
    }
}
