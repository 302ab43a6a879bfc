//! Redaction: no secret reaches an artefact, neither ours (passwords of the inventory) nor the devices' (ciphered or
//! plain keys in configurations). Lines stay lines, so that line numbers stay true.

use std::borrow::Cow;
use std::sync::{LazyLock, PoisonError, RwLock};

use checks::phrase::REDACTED;
use regex::Regex;

use crate::session::Secret;

/// Secrets shorter than this are replaced only where they stand as a word of their own.
const SHORT: usize = 8;

/// Takes secrets out of text.
#[derive(Debug, Default)]
pub struct Redactor {
    secrets: RwLock<Vec<Secret>>,
}

impl Redactor {
    /// Remembers a secret.
    pub fn learn(&self, secret: &Secret) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        if !secret.reveal().is_empty() && !secrets.iter().any(|known| known.reveal() == secret.reveal()) {
            secrets.push(secret.clone());
            // A secret that holds another one goes first.
            secrets.sort_by_key(|secret| std::cmp::Reverse(secret.reveal().len()));
        }
    }

    /// The text of a device or a configuration without any secret.
    pub fn device_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match CONFIGURED_SECRET.replace_all(text, redact_capture) {
            Cow::Borrowed(text) => self.own(text),
            Cow::Owned(text) => Cow::Owned(self.own(&text).into_owned()),
        }
    }

    /// Any other text without our own secrets.
    pub fn own<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = Cow::Borrowed(text);
        for secret in secrets.iter() {
            if text.contains(secret.reveal()) {
                text = Cow::Owned(without(&text, secret.reveal()));
            }
        }
        text
    }
}

fn without(text: &str, secret: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some(at) = rest.find(secret) {
        let (before, after) = (&rest[..at], &rest[at + secret.len()..]);
        let word = !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        kept.push_str(before);
        kept.push_str(if word || secret.len() >= SHORT {
            REDACTED
        } else {
            secret
        });
        rest = after;
    }
    kept.push_str(rest);
    kept
}

fn redact_capture(found: &regex::Captures<'_>) -> String {
    let whole = &found[0];
    match found.name("before") {
        Some(before) => format!("{}{REDACTED}", before.as_str()),
        // A ciphered string on its own, or words that only look like a secret.
        None if found.name("not_secret").is_some() => whole.to_owned(),
        None => REDACTED.to_owned(),
    }
}

/// What a Huawei device delimits its reversibly and irreversibly ciphered strings with.
const CIPHERED: &str =
    r"%\^%\#.*?%\^%\#|%@%@.*?%@%@|%\$%\$.*?%\$%\$|%\+%\#.*?%\+%\#|%\#%\#.*?%\#%\#|@%@%.*?@%@%|\$1[a-z]\$\S+";

static CONFIGURED_SECRET: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(
        r"(?x)
        # Lists of algorithms: `ssh server cipher aes256_ctr`.
        (?P<not_secret> \b(?:ssh|stelnet|sftp)[\ \t]+(?:ipv[46][\ \t]+)?(?:server|client)[\ \t]+(?:[a-z0-9-]+[\ \t]+)?cipher\b[^\n]* )
        | (?P<before>
            # LDP: `md5-password cipher 3.3.3.3 SECRET`, `md5-password plain all SECRET`.
            \bmd5-password[\ \t]+(?:plain|cipher)[\ \t]+(?:[0-9.]+|all|peer-group[\ \t]+\S+)[\ \t]+
            | \b(?:simple[\ \t]+)?(?:irreversible-cipher|irreversible-cypher|cipher|cypher|plain)[\ \t]+
            | \bsimple[\ \t]+
            | \bsnmp-agent[\ \t]+community[\ \t]+(?:read|write|complexity-check)[\ \t]+(?:(?:cipher|simple)[\ \t]+)?
            | \bsnmp-agent[\ \t]+usm-user[^\n]*?[\ \t](?:md5|sha[0-9-]*|aes[0-9]*|3des[0-9]*|des56)[\ \t]+
            | \b(?:pre-shared-key|key-string)[\ \t]+(?:(?:cipher|plain|simple)[\ \t]+)?
          )
          (?: {CIPHERED} | \S+ )
        | (?: {CIPHERED} )"
    );
    Regex::new(&pattern).expect("the pattern is a constant that the tests compile")
});

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        Redactor::default().device_text(text).into_owned()
    }

    #[test]
    fn secrets_of_configurations_are_taken_out_and_the_rest_is_left_alone() {
        for (line, expected) in [
            (
                " local-user a password irreversible-cipher $1c$ab$xyz$",
                " local-user a password irreversible-cipher [redacted]",
            ),
            (" password cipher %^%#a b)%c%^%#", " password cipher [redacted]"),
            (
                " set authentication password simple Secret1",
                " set authentication password simple [redacted]",
            ),
            (
                " peer 3.3.3.3 password simple Secret1",
                " peer 3.3.3.3 password simple [redacted]",
            ),
            (
                " ospf authentication-mode md5 1 plain abc",
                " ospf authentication-mode md5 1 plain [redacted]",
            ),
            (
                " ospf authentication-mode simple plain abc",
                " ospf authentication-mode simple plain [redacted]",
            ),
            (
                " md5-password cipher 3.3.3.3 @%@%x@%@%",
                " md5-password cipher 3.3.3.3 [redacted]",
            ),
            (
                " md5-password plain 3.3.3.3 abc",
                " md5-password plain 3.3.3.3 [redacted]",
            ),
            (
                "snmp-agent community read public",
                "snmp-agent community read [redacted]",
            ),
            (
                "snmp-agent community write cipher %@%@k%@%@",
                "snmp-agent community write cipher [redacted]",
            ),
            ("shared %^%#only the string%^%# end", "shared [redacted] end"),
            (
                "ssh server cipher aes256_ctr aes128_ctr",
                "ssh server cipher aes256_ctr aes128_ctr",
            ),
            ("ssh server hmac sha2_256", "ssh server hmac sha2_256"),
            (
                " ip address 10.1.1.1 255.255.255.252",
                " ip address 10.1.1.1 255.255.255.252",
            ),
            (
                " description explain the simplest cipher-suite",
                " description explain the simplest cipher-suite",
            ),
        ] {
            assert_eq!(redacted(line), expected);
        }
    }

    #[test]
    fn a_secret_does_not_swallow_the_next_line() {
        assert_eq!(redacted("password cipher\n#\nreturn"), "password cipher\n#\nreturn");
        assert_eq!(redacted("x %^%#open\ny %^%# z"), "x %^%#open\ny %^%# z");
    }

    #[test]
    fn resolved_passwords_go_everywhere_and_short_ones_only_as_words() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("correct horse"));
        redactor.learn(&Secret::new("PE1"));
        assert_eq!(
            redactor.own("login xcorrect horsey: PE1 of PE12"),
            "login x[redacted]y: [redacted] of PE12"
        );
        redactor.learn(&Secret::new(""));
        assert_eq!(redactor.own("abc"), "abc");
    }
}
