//! Interfaces of a capture file whose packets are taken apart: `FILE#eth0`, or by number.

use std::path::{Path, PathBuf};

use super::{CaptureError, CaptureFile};
use crate::diagnostic::nearest_word;

/// As many interfaces are named in an error.
const NAMED: usize = 20;

/// Cuts `FILE#INTERFACE` in two. A file that exists by the whole name is that file.
pub fn split_interface(text: &str) -> (PathBuf, Option<String>) {
    match text.rsplit_once('#') {
        Some((path, interface)) if !path.is_empty() && !interface.is_empty() && !Path::new(text).exists() => {
            (PathBuf::from(path), Some(interface.to_owned()))
        }
        _ => (PathBuf::from(text), None),
    }
}

/// The numbers, from 0 through the whole file, of the interfaces of that name; of the one with that number where none has the
/// name. The file is read for it once more, to its end.
///
/// # Errors
/// A file that cannot be opened or read, standard input, and an interface that the file does not describe: the error has the
/// names that there are.
pub fn interfaces_named(path: &Path, wanted: &str) -> Result<Vec<u32>, CaptureError> {
    let is_stream = std::fs::metadata(path).is_ok_and(|about| !about.is_file() && !about.is_dir());
    if path == Path::new("-") || is_stream {
        return Err(CaptureError::ReadOnce(path.to_owned()));
    }
    let reader = CaptureFile::open(path)?.read(|_| {})?;
    let interfaces = reader.interfaces();
    let named: Vec<u32> = (0..)
        .zip(interfaces)
        .filter(|(_, interface)| interface.name.as_deref() == Some(wanted))
        .map(|(number, _)| number)
        .collect();
    if !named.is_empty() {
        return Ok(named);
    }
    if let Some(number) = wanted
        .parse::<u32>()
        .ok()
        .filter(|number| (*number as usize) < interfaces.len())
    {
        return Ok(vec![number]);
    }
    let mut known: Vec<&str> = interfaces
        .iter()
        .filter_map(|interface| interface.name.as_deref())
        .collect();
    known.dedup();
    let told = match (interfaces.len(), known.as_slice()) {
        (0, _) => "; it describes none".to_owned(),
        (1, []) => "; it has one without a name, number 0".to_owned(),
        (count, []) => format!("; it has {count} without names, numbers 0 to {}", count - 1),
        (count, _) => {
            let meant = nearest_word(wanted, known.iter().copied())
                .map(|word| format!("; did you mean `{word}`?"))
                .unwrap_or_default();
            let more = if known.len() > NAMED { ", …" } else { "" };
            let listed: Vec<&str> = known.iter().copied().take(NAMED).collect();
            format!(
                "; it has {}{more}, numbers 0 to {}{meant}",
                listed.join(", "),
                count - 1
            )
        }
    };
    Err(CaptureError::NoInterface {
        path: path.to_owned(),
        wanted: wanted.to_owned(),
        told,
    })
}
