//! How a device is logged in to: user name, ways to authenticate and host key.

use std::path::{Path, PathBuf};

use super::auth::{AuthSource, SecretSource, ValueSource};
use super::keys::{AUTH_KEYS, HOST_KEY_KEYS, KEY_KEYS, SECRET_KEYS};
use super::load::resolve;
use crate::diagnostic::Diagnostic;
use crate::session::HostKeyPolicy;
use crate::source::Written;
use crate::source::reader::{Fields, Reader};
use crate::source::yaml::{Node, Value};

/// What an inventory says about logging in.
#[derive(Debug, Clone, Default)]
pub(super) struct Access {
    pub username: Option<ValueSource>,
    pub auth: Option<Vec<AuthSource>>,
    pub host_key: Option<HostKeyPolicy>,
}

impl Access {
    /// These settings, and the defaults for what they leave open.
    pub fn over(self, defaults: &Access) -> Access {
        Access {
            username: self.username.or_else(|| defaults.username.clone()),
            auth: self.auth.or_else(|| defaults.auth.clone()),
            host_key: self.host_key.or_else(|| defaults.host_key.clone()),
        }
    }
}

pub(super) fn access_of(reader: &mut Reader<'_>, fields: &Fields<'_>, folder: &Path) -> Access {
    Access {
        username: fields.get("username").and_then(|node| username(reader, node)),
        auth: fields.get("auth").map(|node| {
            let nodes = reader.one_or_more(node, "ways to authenticate");
            nodes.iter().filter_map(|node| auth(reader, node, folder)).collect()
        }),
        host_key: fields.get("host_key").and_then(|node| host_key(reader, node, folder)),
    }
}

fn username(reader: &mut Reader<'_>, node: &Node) -> Option<ValueSource> {
    if !matches!(node.value, Value::Map(_)) {
        return reader
            .text(node, "a user name")
            .map(|text| ValueSource::Literal(text.text));
    }
    let fields = reader.fields(node, "`username`", &["env"], &[])?;
    let node = reader.required(&fields, "env", "`username`")?;
    variable(reader, node).map(ValueSource::Environment)
}

fn variable(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    if let Value::Scalar { text, .. } = &node.value
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        return Some(text.clone());
    }
    // What stands there is not shown: it may be a password in the wrong place.
    reader.mistakes.push(
        Diagnostic::at(
            reader.file,
            node.range.clone(),
            "expected the name of an environment variable",
        )
        .concealed()
        .label("letters, digits and `_`")
        .help("write the variable's name, without `$`; never the password itself"),
    );
    None
}

fn auth(reader: &mut Reader<'_>, node: &Node, folder: &Path) -> Option<AuthSource> {
    if let Value::Scalar { text, .. } = &node.value {
        if text == "agent" {
            return Some(AuthSource::Agent);
        }
        reader.mistakes.push(
            Diagnostic::at(reader.file, node.range.clone(), "expected a way to authenticate")
                .concealed()
                .label("expected `agent`, or a mapping with `password`, `keyboard_interactive` or `key`")
                .help("a password is never written in an inventory: `password: {env: VARIABLE}` or `password: {command: …}`"),
        );
        return None;
    }
    let fields = reader.fields(node, "a way to authenticate", AUTH_KEYS, &[])?;
    let given: Vec<&str> = AUTH_KEYS
        .iter()
        .copied()
        .filter(|key| fields.get(key).is_some())
        .collect();
    match given.as_slice() {
        ["key"] => key(reader, fields.get("key")?, folder),
        [kind] => secret(reader, fields.get(kind)?, "password").map(AuthSource::Password),
        [] => {
            reader.mistake(
                fields.start(),
                "expected one of `password`, `keyboard_interactive` and `key`",
            );
            None
        }
        _ => {
            reader
                .mistake(fields.start(), "several ways to authenticate in one entry")
                .help
                .push("write a list, one `- ` for each; they are tried in its order".into());
            None
        }
    }
}

fn key(reader: &mut Reader<'_>, node: &Node, folder: &Path) -> Option<AuthSource> {
    if !matches!(node.value, Value::Map(_)) {
        let path = key_file(reader, node, folder)?;
        return Some(AuthSource::KeyFile { path, passphrase: None });
    }
    let fields = reader.fields(node, "`key`", KEY_KEYS, &[])?;
    let passphrase = match fields.get("passphrase") {
        Some(node) => Some(secret(reader, node, "passphrase")?),
        None => None,
    };
    let node = reader.required(&fields, "file", "`key`")?;
    let path = key_file(reader, node, folder)?;
    Some(AuthSource::KeyFile { path, passphrase })
}

fn key_file(reader: &mut Reader<'_>, node: &Node, folder: &Path) -> Option<PathBuf> {
    let text: Written = reader.text(node, "a private key file")?;
    if text.text.contains("PRIVATE KEY") {
        reader.mistakes.push(
            text.mistaken("expected the path of a private key, found the key itself")
                .concealed(),
        );
        return None;
    }
    Some(resolve(folder, &text.text))
}

fn secret(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<SecretSource> {
    if let Value::Scalar { .. } = node.value {
        reader.mistakes.push(
            Diagnostic::at(
                reader.file,
                node.range.clone(),
                format!("a {what} is never written in an inventory"),
            )
            .concealed()
            .help("name where it is to be had: `{env: VARIABLE}` or `{command: …}`")
            .help(format!("a {what} that was saved here is no longer secret: change it")),
        );
        return None;
    }
    let fields = reader.fields(node, &format!("a {what}"), SECRET_KEYS, &[])?;
    match (fields.get("env"), fields.get("command")) {
        (Some(node), None) => variable(reader, node).map(SecretSource::Environment),
        (None, Some(node)) => reader
            .text(node, "a command")
            .map(|text| SecretSource::Command(text.text)),
        _ => {
            reader.mistake(
                fields.start(),
                format!("expected either `env` or `command` for a {what}"),
            );
            None
        }
    }
}

fn host_key(reader: &mut Reader<'_>, node: &Node, folder: &Path) -> Option<HostKeyPolicy> {
    if let Value::Scalar { .. } = node.value {
        let word = reader.text(node, "a host key policy")?;
        return match word.text.as_str() {
            "known_hosts" => Some(HostKeyPolicy::KnownHosts(resolve(folder, "~/.ssh/known_hosts"))),
            "insecure" => Some(HostKeyPolicy::Insecure),
            text if text.starts_with("SHA256:") => fingerprint(reader, &word),
            text => {
                let mistake = word
                    .mistaken(format!("`{text}` is no host key policy"))
                    .nearest(text, ["known_hosts", "insecure"])
                    .help("or `{known_hosts: FILE}`, or `{fingerprint: \"SHA256:…\"}`");
                reader.mistakes.push(mistake);
                None
            }
        };
    }
    let fields = reader.fields(node, "`host_key`", HOST_KEY_KEYS, &[])?;
    match (fields.get("known_hosts"), fields.get("fingerprint")) {
        (Some(node), None) => {
            let file = reader.text(node, "a known_hosts file")?;
            Some(HostKeyPolicy::KnownHosts(resolve(folder, &file.text)))
        }
        (None, Some(node)) => {
            let text = reader.text(node, "a fingerprint")?;
            fingerprint(reader, &text)
        }
        _ => {
            reader.mistake(fields.start(), "expected either `known_hosts` or `fingerprint`");
            None
        }
    }
}

fn fingerprint(reader: &mut Reader<'_>, text: &Written) -> Option<HostKeyPolicy> {
    match HostKeyPolicy::of_fingerprint(&text.text) {
        Some(policy) => Some(policy),
        None => {
            reader.mistakes.push(
                text.mistaken("expected the SHA-256 fingerprint of a host key")
                    .label("expected `SHA256:` and 43 characters")
                    .help("`ssh-keyscan HOST | ssh-keygen -lf -` prints it"),
            );
            None
        }
    }
}
