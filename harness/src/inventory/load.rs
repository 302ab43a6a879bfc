//! Reads `lab.yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use emulator::{Endpoint, Misbehaviour};
use reports::event::LabKind;

use super::access::{Access, access_of};
use super::emulation::{Emulation, emulated};
use super::keys::{CONFIGURATION_MODES, DEFAULTS_KEYS, DEVICE_KEYS, LAB_KEYS, TIMEOUT_KEYS};
use super::links::links_of;
use super::misbehaviour::misbehaviour_of;
use super::{Device, Inventory, LAB_FILE, Platform};
use crate::diagnostic::{Diagnostics, nearest_word};
use crate::session::{ConfigurationMode, HostKeyPolicy};
use crate::source::reader::{Fields, Reader};
use crate::source::yaml::{self, Entry, Node, Value};
use crate::source::{Inputs, Source, SourceFile, read_bytes, read_text};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

/// Names that mean something else where a device can stand.
const RESERVED: &[&str] = &["lab", "matrix"];

/// What a device says, or what `defaults` says of all.
#[derive(Debug, Clone, Default)]
struct Settings {
    platform: Option<Platform>,
    /// Whether a platform is named, be it a wrong one.
    names_platform: bool,
    port: Option<u16>,
    access: Access,
    configuration_mode: Option<ConfigurationMode>,
    allow_changes: Option<bool>,
    connect_timeout: Option<Duration>,
    command_timeout: Option<Duration>,
}

/// Reads the inventory in a folder or file. `kind` overrides what the file says, for a bundle.
pub(super) fn load(path: &Path, kind: Option<LabKind>) -> Result<Inventory, Diagnostics> {
    let file_path = if path.is_dir() {
        path.join(LAB_FILE)
    } else {
        path.to_path_buf()
    };
    let folder = match file_path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_path_buf(),
        None => PathBuf::from("."),
    };
    let (bytes, file) = read_text(&file_path)?;
    let mut mistakes = Diagnostics::default();
    let mut inventory = Inventory {
        name: String::new(),
        description: None,
        kind: kind.unwrap_or(LabKind::Live),
        path: folder,
        devices: Vec::new(),
        emulation: Emulation::default(),
        links: Vec::new(),
        facts: BTreeMap::new(),
        inputs: Vec::new(),
    };
    let mut inputs = Inputs::default();
    inputs.add("lab", Path::new(LAB_FILE), &Inputs::origin(&file_path), bytes);
    if let Some(root) = yaml::read(&file, &mut mistakes) {
        let mut reader = Reader {
            file: &file,
            mistakes: &mut mistakes,
        };
        lab(&mut reader, &root, kind, &mut inventory, &mut inputs);
    }
    inventory.inputs = inputs.into_list();
    mistakes.or(inventory)
}

fn lab(reader: &mut Reader<'_>, root: &Node, kind: Option<LabKind>, inventory: &mut Inventory, inputs: &mut Inputs) {
    if let Value::Map(entries) = &root.value
        && let Some(cases) = entries
            .iter()
            .find(|entry| entry.key == "cases" || entry.key == "suite")
        && !entries.iter().any(|entry| entry.key == "devices")
    {
        reader.mistake(cases.key_range.clone(), "this is a suite, not an inventory");
        return;
    }
    let Some(fields) = reader.fields(root, "an inventory", LAB_KEYS, &[]) else {
        return;
    };
    if let Some(name) = reader
        .required(&fields, "lab", "the inventory")
        .and_then(|node| reader.text(node, "the lab's name"))
    {
        inventory.name = name.text;
    }
    inventory.description = fields
        .get("description")
        .and_then(|node| reader.text(node, "a description"))
        .map(|text| text.text);
    if let Some(emulation) = fields.get("emulated").and_then(|node| emulated(reader, node)) {
        inventory.emulation = emulation;
        if kind.is_none() {
            inventory.kind = LabKind::Emulated;
        }
    }
    if let Some(node) = fields.get("facts") {
        inventory.facts = facts(reader, node, "facts of the lab");
    }
    let defaults = match fields.get("defaults") {
        Some(node) => reader
            .fields(node, "`defaults`", DEFAULTS_KEYS, &[])
            .map(|fields| settings(reader, &fields, &inventory.path, inventory.kind == LabKind::Recorded))
            .unwrap_or_default(),
        None => Settings::default(),
    };
    if let Some(node) = reader.required(&fields, "devices", "the inventory") {
        let entries = reader.entries(node, "devices by their names").unwrap_or_default();
        if entries.is_empty() && matches!(node.value, Value::Map(_)) {
            reader.mistake(node.range.clone(), "the lab has no devices");
        }
        for entry in entries {
            check_name(reader, entry, &inventory.devices);
            if let Some(device) = device(reader, entry, &defaults, inventory, inputs) {
                inventory.devices.push(device);
            }
        }
    }
    if let Some(node) = fields.get("links") {
        let is_port = |device: &str, interface: &str| {
            let end = Endpoint {
                device: device.to_owned(),
                interface: interface.to_owned(),
            };
            inventory.kind != LabKind::Emulated || end.names_port()
        };
        inventory.links = links_of(reader, node, &inventory.devices, &is_port);
    }
}

fn facts(reader: &mut Reader<'_>, node: &Node, what: &str) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    for entry in reader.entries(node, what).unwrap_or_default() {
        if !is_fact_name(&entry.key) {
            reader
                .mistake(entry.key_range.clone(), format!("`{}` is no name of a fact", entry.key))
                .help
                .push("letters, digits and `_`, beginning with a letter".into());
        }
        if let Some(value) = reader.plain(&entry.value, "a fact") {
            if value.text.contains(char::is_control) {
                reader
                    .mistakes
                    .push(value.mistaken("a fact is one line without control characters"));
            }
            facts.insert(entry.key.clone(), value.text);
        }
    }
    facts
}

/// Whether `${…}` can name it.
pub(crate) fn is_fact_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn check_name(reader: &mut Reader<'_>, entry: &Entry, before: &[Device]) {
    let name = &entry.key;
    let at = entry.key_range.clone();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty()
        || name.len() > 63
        || !name.chars().all(allowed)
        || !name.starts_with(|c: char| c.is_ascii_alphanumeric())
    {
        reader
            .mistake(at, format!("`{name}` is no device name"))
            .help
            .push("letters, digits, `-`, `_` and `.`, beginning with a letter or digit, at most 63".into());
    } else if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        reader.mistake(
            at,
            format!("a device cannot be named `{name}`: the word has a meaning of its own in suites"),
        );
    } else if let Some(other) = before.iter().find(|device| device.name.eq_ignore_ascii_case(name)) {
        let other = other.name.clone();
        reader.mistake(at, format!("`{name}` and `{other}` differ only in their case"));
    }
}

fn settings(reader: &mut Reader<'_>, fields: &Fields<'_>, folder: &Path, recorded: bool) -> Settings {
    let platforms: Vec<(&str, Platform)> = Platform::ALL
        .iter()
        .map(|platform| (platform.name(), *platform))
        .collect();
    let timeouts = fields
        .get("timeouts")
        .and_then(|node| reader.fields(node, "`timeouts`", TIMEOUT_KEYS, &[]));
    let mut timeout = |key: &str| {
        let node = timeouts.as_ref()?.get(key)?;
        reader.duration(node, key)
    };
    Settings {
        connect_timeout: timeout("connect"),
        command_timeout: timeout("command"),
        names_platform: fields.get("platform").is_some(),
        platform: fields
            .get("platform")
            .and_then(|node| reader.word(node, "platform", &platforms)),
        port: fields
            .get("port")
            .and_then(|node| reader.integer(node, "port", 1..=65_535))
            .and_then(|port| u16::try_from(port).ok()),
        // Recorded answers need no login, and what a bundle keeps of it may be redacted.
        access: if recorded {
            Access::default()
        } else {
            access_of(reader, fields, folder)
        },
        configuration_mode: fields
            .get("configuration_mode")
            .and_then(|node| reader.word(node, "configuration mode", CONFIGURATION_MODES)),
        allow_changes: fields
            .get("allow_changes")
            .and_then(|node| reader.truth(node, "allow_changes")),
    }
}

fn device(
    reader: &mut Reader<'_>,
    entry: &Entry,
    defaults: &Settings,
    inventory: &Inventory,
    inputs: &mut Inputs,
) -> Option<Device> {
    // A device whose name says all that is to be said: every key has a default.
    let empty = Node {
        value: Value::Map(Vec::new()),
        range: entry.key_range.clone(),
    };
    let node = if entry.value.is_null() { &empty } else { &entry.value };
    let what = format!("device `{}`", entry.key);
    let fields = reader.fields(node, &what, DEVICE_KEYS, &[])?;
    let own = settings(reader, &fields, &inventory.path, inventory.kind == LabKind::Recorded);
    let address = fields
        .get("address")
        .and_then(|node| reader.text(node, "a host name or address"))
        .and_then(|address| {
            if address
                .text
                .contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | '/'))
            {
                reader.mistakes.push(
                    address
                        .mistaken(format!("`{}` is no host name or address", address.text))
                        .help("the user goes to `username`, the port to `port`"),
                );
                return None;
            }
            Some(address.text)
        });
    let facts = fields
        .get("facts")
        .map(|node| facts(reader, node, "facts of the device"))
        .unwrap_or_default();
    let configuration = fields
        .get("configuration")
        .and_then(|node| configuration(reader, node, inventory, inputs));
    let platform = own.platform.or(defaults.platform);
    if platform.is_none() && !own.names_platform && !defaults.names_platform {
        reader
            .mistake(entry.key_range.clone(), format!("{what} has no `platform`"))
            .help
            .push("name it here or once for all in `defaults`".into());
    }
    let access = own.access.over(&defaults.access);
    if inventory.kind == LabKind::Live {
        let missing: Vec<&str> = [
            ("`address`", address.is_none() && fields.get("address").is_none()),
            (
                "`username`",
                access.username.is_none() && fields.get("username").is_none(),
            ),
            ("`auth`", access.auth.is_none() && fields.get("auth").is_none()),
        ]
        .into_iter()
        .filter_map(|(key, missing)| missing.then_some(key))
        .collect();
        if let Some((last, others)) = missing.split_last() {
            let keys = if others.is_empty() {
                (*last).to_owned()
            } else {
                format!("{} or {last}", others.join(", "))
            };
            reader
                .mistake(entry.key_range.clone(), format!("{what} has no {keys}"))
                .help
                .push("a lab without devices of its own says `emulated: true`".into());
        }
    }
    Some(Device {
        name: entry.key.clone(),
        platform: platform?,
        address,
        port: own.port.or(defaults.port).unwrap_or(22),
        username: access.username,
        auth: access.auth.unwrap_or_default(),
        host_key: access
            .host_key
            .unwrap_or_else(|| HostKeyPolicy::KnownHosts(home("~/.ssh/known_hosts"))),
        configuration,
        configuration_mode: own
            .configuration_mode
            .or(defaults.configuration_mode)
            .unwrap_or(ConfigurationMode::Auto),
        allow_changes: own.allow_changes.or(defaults.allow_changes).unwrap_or(false),
        facts,
        connect_timeout: own
            .connect_timeout
            .or(defaults.connect_timeout)
            .unwrap_or(CONNECT_TIMEOUT),
        command_timeout: own
            .command_timeout
            .or(defaults.command_timeout)
            .unwrap_or(COMMAND_TIMEOUT),
        misbehaviour: misbehaviour(reader, &fields, inventory),
        source: place(reader.file, entry),
    })
}

fn misbehaviour(reader: &mut Reader<'_>, fields: &Fields<'_>, inventory: &Inventory) -> Misbehaviour {
    let Some(node) = fields.get("misbehaviour") else {
        return Misbehaviour::default();
    };
    if inventory.kind == LabKind::Live {
        reader.mistake(
            node.range.clone(),
            "`misbehaviour` is for emulated devices: this lab does not say `emulated: true`",
        );
    }
    misbehaviour_of(reader, node)
}

fn place(file: &SourceFile, entry: &Entry) -> Source {
    file.place(entry.key_range.start)
}

fn configuration(reader: &mut Reader<'_>, node: &Node, inventory: &Inventory, inputs: &mut Inputs) -> Option<PathBuf> {
    let named = reader.text(node, "a configuration file")?;
    let path = resolve(&inventory.path, &named.text);
    if inventory.kind == LabKind::Recorded {
        // Recorded answers need no configuration.
        return Some(path);
    }
    match read_bytes(&path) {
        Ok(bytes) => {
            inputs.add("lab", Path::new(&named.text), &Inputs::origin(&path), bytes);
            Some(path)
        }
        Err(reason) => {
            let folder = path.parent().unwrap_or(Path::new("."));
            let names: Vec<String> = std::fs::read_dir(folder)
                .map(|entries| {
                    entries
                        .flatten()
                        .map(|entry| entry.file_name().to_string_lossy().into_owned())
                        .collect()
                })
                .unwrap_or_default();
            let wanted = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            let mut mistake = named.mistaken(format!("cannot read {}: {reason}", path.display()));
            if let Some(near) = nearest_word(&wanted, names.iter().map(String::as_str)) {
                mistake = mistake.help(format!("did you mean `{near}`?"));
            }
            reader.mistakes.push(mistake);
            None
        }
    }
}

/// A path of the inventory: from its folder, with `~/` for the home folder.
pub(super) fn resolve(folder: &Path, named: &str) -> PathBuf {
    if named.starts_with("~/") {
        home(named)
    } else {
        folder.join(named)
    }
}

fn home(named: &str) -> PathBuf {
    match (named.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(named),
    }
}
