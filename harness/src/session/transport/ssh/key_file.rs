//! Private key files: read, and found out whether they need a passphrase, before they are used.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::session::SessionError;

/// Largest key file read, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Reads a private key; an encrypted one without a passphrase is an error of its own.
pub fn read(device: &str, path: &Path, has_passphrase: bool) -> Result<String, SessionError> {
    let unreadable = |reason: String| SessionError::KeyFileUnreadable {
        device: device.to_owned(),
        path: path.to_owned(),
        reason,
    };
    let size = std::fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if size > LARGEST {
        return Err(unreadable(format!("{size} bytes are too many for a private key")));
    }
    let key = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    if key.contains('\0') {
        return Err(unreadable("it is no private key".to_owned()));
    }
    if key.trim_start().starts_with("ssh-") || key.trim_start().starts_with("ecdsa-") {
        return Err(unreadable(
            "it is the public key; give the private one (the name without .pub)".to_owned(),
        ));
    }
    if !key.contains("PRIVATE KEY-----") {
        return Err(unreadable("it is no private key in PEM or OpenSSH format".to_owned()));
    }
    if is_encrypted(&key) && !has_passphrase {
        return Err(SessionError::KeyNeedsPassphrase {
            device: device.to_owned(),
            path: path.to_owned(),
        });
    }
    Ok(key)
}

/// Whether a private key is encrypted: by its PEM header, or by the cipher named in an OpenSSH key.
fn is_encrypted(key: &str) -> bool {
    if key.contains("BEGIN ENCRYPTED PRIVATE KEY") || key.contains("Proc-Type: 4,ENCRYPTED") {
        return true;
    }
    const MAGIC: &[u8] = b"openssh-key-v1\0";
    let Some(body) = key
        .split_once("-----BEGIN OPENSSH PRIVATE KEY-----")
        .map(|(_, rest)| rest)
    else {
        return false;
    };
    let base64: String = body
        .chars()
        .take_while(|&c| c != '-')
        .filter(|c| !c.is_whitespace())
        .collect();
    let Ok(bytes) = STANDARD.decode(base64) else {
        return false;
    };
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return false;
    };
    !rest.starts_with(b"\0\0\0\x04none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_encrypted_keys() {
        let openssh = |cipher: &str| {
            let mut bytes = b"openssh-key-v1\0\0\0\0".to_vec();
            bytes.push(cipher.len() as u8);
            bytes.extend_from_slice(cipher.as_bytes());
            format!(
                "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n",
                STANDARD.encode(bytes)
            )
        };
        assert!(!is_encrypted(&openssh("none")));
        assert!(is_encrypted(&openssh("aes256-ctr")));
        assert!(is_encrypted("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        assert!(is_encrypted(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
        ));
        assert!(!is_encrypted("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"));
    }

    #[test]
    fn says_what_is_wrong_with_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let reason = |content: Option<&str>| {
            if let Some(content) = content {
                std::fs::write(&path, content).expect("a file");
            }
            read("PE1", &path, false).expect_err("an error").to_string()
        };
        assert!(reason(None).contains("No such file"));
        assert!(reason(Some("hello")).contains("no private key"));
        assert!(reason(Some("ssh-ed25519 AAAA me")).contains("public key"));
        assert!(reason(Some("-----BEGIN ENCRYPTED PRIVATE KEY-----")).contains("passphrase"));
    }
}
