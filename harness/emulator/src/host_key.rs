//! The host key of a lab's SSH servers: made, or read from a file and kept there.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use rand::rngs::StdRng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, HashAlg, PrivateKey};

use crate::error::EmulatorError;
use crate::spec::HostKeySource;

/// The key of a source.
pub fn obtain(source: &HostKeySource) -> Result<PrivateKey, EmulatorError> {
    match source {
        HostKeySource::Ephemeral => create(),
        HostKeySource::File(path) => match read(path)? {
            Some(key) => Ok(key),
            None => write_new(path, &create()?),
        },
    }
}

/// The fingerprint as OpenSSH prints it: `SHA256:` and unpadded base64.
pub fn fingerprint(key: &PrivateKey) -> String {
    key.public_key().fingerprint(HashAlg::Sha256).to_string()
}

fn create() -> Result<PrivateKey, EmulatorError> {
    let mut random: StdRng = rand::make_rng();
    PrivateKey::random(&mut random, Algorithm::Ed25519).map_err(|error| EmulatorError::NewHostKey(error.to_string()))
}

fn read(path: &Path) -> Result<Option<PrivateKey>, EmulatorError> {
    let bad = |reason: String| EmulatorError::HostKey {
        path: path.to_owned(),
        reason,
    };
    match fs::read(path) {
        Ok(text) => {
            let key = PrivateKey::from_openssh(text).map_err(|error| bad(error.to_string()))?;
            if key.is_encrypted() {
                return Err(bad("it is protected by a passphrase; give a key without one".into()));
            }
            Ok(Some(key))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(bad(error.to_string())),
    }
}

/// Writes a new key; if another process was faster, gives its key.
fn write_new(path: &Path, key: &PrivateKey) -> Result<PrivateKey, EmulatorError> {
    let bad = |reason: String| EmulatorError::HostKey {
        path: path.to_owned(),
        reason,
    };
    let text = key.to_openssh(LineEnding::LF).map_err(|error| bad(error.to_string()))?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| bad(error.to_string()))?;
    }
    // Written whole under another name first, so that nobody reads half a key.
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&draft).map_err(|error| bad(error.to_string()))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| bad(error.to_string()))?;
    let linked = fs::hard_link(&draft, path);
    let _ = fs::remove_file(&draft);
    match linked {
        Ok(()) => Ok(key.clone()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| bad("it vanished while it was read".into()))
        }
        Err(error) => Err(bad(error.to_string())),
    }
}
