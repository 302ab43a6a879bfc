//! OpenSSH's `known_hosts` file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ssh2::{CheckResult, KnownHostFileKind, Session};

/// What stands before the host names of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// Nothing: the key is good.
    None,
    /// `@revoked`: the key must never be accepted.
    Revoked,
    /// `@cert-authority`: the key signs host keys. Host certificates are not asked for.
    Authority,
}

/// One line about a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Line number, counted from 1.
    pub line: usize,
    /// Its marker.
    pub marker: Marker,
    /// Key type, e.g. `ssh-ed25519`.
    pub key_type: String,
    /// The key in wire format.
    pub blob: Vec<u8>,
}

/// The name under which OpenSSH keeps a host: `host`, or `[host]:port` where the port is not 22.
pub fn name_of(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if port == 22 { host } else { format!("[{host}]:{port}") }
}

/// The lines of `text` that are about the host `name`. Lines that cannot be read are passed over, as OpenSSH does.
pub fn entries_for(text: &str, name: &str) -> Vec<Entry> {
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| entry(index + 1, line, name))
        .collect()
}

fn entry(number: usize, line: &str, name: &str) -> Option<Entry> {
    let mut fields = line.split_ascii_whitespace();
    let mut hosts = fields.next().filter(|first| !first.starts_with('#'))?;
    let marker = match hosts {
        "@revoked" => Marker::Revoked,
        "@cert-authority" => Marker::Authority,
        marker if marker.starts_with('@') => return None,
        _ => Marker::None,
    };
    if marker != Marker::None {
        hosts = fields.next()?;
    }
    let key_type = fields.next()?;
    let blob = STANDARD.decode(fields.next()?).ok()?;
    let is_about = if hosts.starts_with("|1|") {
        is_hash_of(hosts, name)
    } else {
        matches_list(hosts, name)
    };
    is_about.then(|| Entry {
        line: number,
        marker,
        key_type: key_type.to_owned(),
        blob,
    })
}

/// Whether a hashed host field (`|1|salt|HMAC-SHA1`) is that of `name`. libssh2 computes the hash.
fn is_hash_of(hosts: &str, name: &str) -> bool {
    const SOME_KEY: &[u8] = b"\0\0\0\x0bssh-ed25519\0\0\0\x04 key";
    if name.contains('\0') {
        return false;
    }
    let check = || -> Result<CheckResult, ssh2::Error> {
        let session = Session::new()?;
        let mut hosts_of_line = session.known_hosts()?;
        let line = format!("{hosts} ssh-ed25519 {}", STANDARD.encode(SOME_KEY));
        hosts_of_line.read_str(&line, KnownHostFileKind::OpenSSH)?;
        Ok(hosts_of_line.check(name, SOME_KEY))
    };
    matches!(check(), Ok(CheckResult::Match | CheckResult::Mismatch))
}

/// Whether a comma-separated list of patterns includes `name`; a negated pattern that matches excludes it.
fn matches_list(patterns: &str, name: &str) -> bool {
    let mut included = false;
    for pattern in patterns.split(',') {
        let (negated, pattern) = match pattern.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, pattern),
        };
        if matches(pattern.to_ascii_lowercase().as_bytes(), name.as_bytes()) {
            if negated {
                return false;
            }
            included = true;
        }
    }
    included
}

/// `*` stands for any characters, `?` for one.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((star_at, taken)) => {
                    star = Some((star_at, taken + 1));
                    at = star_at + 1;
                    from = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    #[rstest]
    #[case("pe1", 22, "pe1")]
    #[case("PE1", 22, "pe1")]
    #[case("pe1", 2222, "[pe1]:2222")]
    #[case("::1", 2222, "[::1]:2222")]
    fn names(#[case] host: &str, #[case] port: u16, #[case] name: &str) {
        assert_eq!(name_of(host, port), name);
    }

    #[rstest]
    #[case("pe1", "pe1", true)]
    #[case("pe1,10.0.0.1", "10.0.0.1", true)]
    #[case("PE1", "pe1", true)]
    #[case("pe?", "pe1", true)]
    #[case("*.lab", "pe1.lab", true)]
    #[case("*,!pe1", "pe1", false)]
    #[case("!pe1,*", "pe1", false)]
    #[case("pe1", "pe12", false)]
    #[case("[pe1]:2222", "[pe1]:2222", true)]
    #[case("pe1", "[pe1]:2222", false)]
    #[case("[10.0.0.*]:22?", "[10.0.0.7]:221", true)]
    fn lists(#[case] hosts: &str, #[case] name: &str, #[case] expected: bool) {
        assert_eq!(!entries_for(&format!("{hosts} {KEY}\n"), name).is_empty(), expected);
    }

    #[test]
    fn passes_over_what_it_cannot_read() {
        let text = format!(
            "# comment\n\npe1\npe1 ssh-ed25519\npe1 ssh-ed25519 !!!\n@odd pe1 {KEY}\n@revoked pe1 {KEY} x\npe1 {KEY}"
        );
        let entries = entries_for(&text, "pe1");
        let seen: Vec<_> = entries.iter().map(|entry| (entry.line, entry.marker)).collect();
        assert_eq!(seen, [(7, Marker::Revoked), (8, Marker::None)]);
    }

    /// Made by `ssh-keygen -H`.
    #[test]
    fn hashed_hosts() {
        // HMAC-SHA1 of "[127.0.0.1]:2222" under the salt of twenty bytes 0x00..0x13.
        let hosts = "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|HASH";
        let text = format!("{} {KEY}\n", hosts.replace("HASH", "zKYaAqmSav3Qxr2sffNqWFIcbe4="));
        assert_eq!(entries_for(&text, "[127.0.0.1]:2222").len(), 1);
        assert_eq!(entries_for(&text, "[127.0.0.1]:2223").len(), 0);
        assert_eq!(entries_for(&text, "127.0.0.1").len(), 0);
    }
}
