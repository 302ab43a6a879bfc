//! The keys and words of `lab.yaml`, in one place for its reader and for the schema.

use crate::session::ConfigurationMode;

/// Keys of `lab.yaml`.
pub(crate) const LAB_KEYS: &[&str] = &[
    "lab",
    "description",
    "emulated",
    "facts",
    "defaults",
    "devices",
    "links",
];

/// Keys of `emulated`, where it is more than `true`.
pub(crate) const EMULATED_KEYS: &[&str] = &["seed", "delays"];

/// Keys of a device.
pub(crate) const DEVICE_KEYS: &[&str] = &[
    "platform",
    "address",
    "port",
    "username",
    "auth",
    "host_key",
    "configuration",
    "configuration_mode",
    "allow_changes",
    "timeouts",
    "misbehaviour",
    "facts",
];

/// Keys of `defaults`: those of a device that can be the same for all.
pub(crate) const DEFAULTS_KEYS: &[&str] = &[
    "platform",
    "port",
    "username",
    "auth",
    "host_key",
    "configuration_mode",
    "allow_changes",
    "timeouts",
];

/// Keys of `timeouts`.
pub(crate) const TIMEOUT_KEYS: &[&str] = &["connect", "command"];

/// Words of `configuration_mode`.
pub(crate) const CONFIGURATION_MODES: &[(&str, ConfigurationMode)] = &[
    ("auto", ConfigurationMode::Auto),
    ("two_stage", ConfigurationMode::TwoStage),
    ("immediate", ConfigurationMode::Immediate),
];

/// Keys of an entry of `auth`.
pub(crate) const AUTH_KEYS: &[&str] = &["password", "keyboard_interactive", "key"];
/// Keys of `key`.
pub(crate) const KEY_KEYS: &[&str] = &["file", "passphrase"];
/// Keys of a secret.
pub(crate) const SECRET_KEYS: &[&str] = &["env", "command"];
/// Keys of `host_key`.
pub(crate) const HOST_KEY_KEYS: &[&str] = &["known_hosts", "fingerprint"];
