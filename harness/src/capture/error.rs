//! Why a capture file could not be opened or read.

use std::io;
use std::path::PathBuf;

/// Why a capture file could not be opened or read. What is wrong *within* a capture is no error but a warning of its
/// [`checks::capture::container::Reader`].
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// It cannot be opened.
    #[error("cannot open capture `{}`: {cause}{}", path.display(), remedy_of(cause))]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It is a directory.
    #[error("`{}` is a directory; name the capture files in it", .0.display())]
    Directory(PathBuf),
    /// It is a pipe or a device, of which no one knows where it ends.
    #[error("`{}` is no ordinary file; save what comes from it as one", .0.display())]
    NoFile(PathBuf),
    /// It cannot be copied.
    #[error("cannot copy capture `{}`: {cause}{}", path.display(), remedy_of_copying(cause))]
    Copy {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Reading failed.
    #[error("cannot read capture `{}` after {octets} octets: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Octets read before.
        octets: u64,
        /// Why.
        cause: io::Error,
    },
    /// It is compressed by something that is not read here.
    #[error("capture `{}` is compressed by {by}, which is not read; decompress it first: {remedy}", path.display())]
    Compression {
        /// The file.
        path: PathBuf,
        /// What compressed it.
        by: &'static str,
        /// The command that decompresses it.
        remedy: &'static str,
    },
    /// An interface is meant that the file does not describe.
    #[error("capture `{}` has no interface `{wanted}`{told}", path.display())]
    NoInterface {
        /// The file.
        path: PathBuf,
        /// The interface.
        wanted: String,
        /// What there is.
        told: String,
    },
    /// One interface is meant twice, by its name and by its number.
    #[error("`{one}` and `{other}` of capture `{}` are one interface: every packet would be on two links", path.display())]
    SameInterface {
        /// The file.
        path: PathBuf,
        /// How it is named.
        one: String,
        /// How it is named as well.
        other: String,
    },
    /// The interfaces of a stream cannot be taken apart: which there are is known once it has been read.
    #[error("`{}` can be read once only: save it to a file to take its interfaces apart", .0.display())]
    ReadOnce(PathBuf),
    /// A thread that reads could not be started.
    #[error("cannot start a thread to read capture `{}`: {cause}", path.display())]
    Thread {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

const READABLE: &str = "; captures written by root are often readable by root only: change their owner or mode";

fn remedy_of(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::NotFound => "; check the path, or write `-` for standard input",
        io::ErrorKind::PermissionDenied => READABLE,
        _ => "",
    }
}

fn remedy_of_copying(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::NotFound => "; check the path, which is relative to the suite's folder",
        io::ErrorKind::PermissionDenied => READABLE,
        _ => "",
    }
}
