//! Copying a capture file, to keep it as evidence.

use std::fs;
use std::path::Path;

use super::error::CaptureError;

/// Copies a capture as it is. Nothing but an ordinary file is waited for or read: a pipe may never end.
///
/// # Errors
/// There is no such file, it is not an ordinary one, or it cannot be copied.
pub fn copy(source: &Path, into: &Path) -> Result<(), CaptureError> {
    let failed = |cause| CaptureError::Copy {
        path: source.to_owned(),
        cause,
    };
    let kind = fs::metadata(source).map_err(failed)?;
    if kind.is_dir() {
        return Err(CaptureError::Directory(source.to_owned()));
    }
    if !kind.is_file() {
        return Err(CaptureError::NoFile(source.to_owned()));
    }
    fs::copy(source, into).map(|_| ()).map_err(failed)
}
