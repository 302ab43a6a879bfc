//! The schema of inventories: devices, how to reach them, links and facts.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::emulated::Emulated;
use super::{OneOrMore, Plain, Text, Wait};

/// An inventory: the devices of a lab, how to reach them, their links and facts.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
pub(super) struct Inventory {
    /// The lab's name.
    #[schemars(length(min = 1))]
    lab: Text,
    /// What it is.
    description: Option<Text>,
    /// Whether netverdict emulates the devices, and how; for live ones it is left out.
    emulated: Option<Emulated>,
    /// Facts of the whole lab: `${name}` or `${lab.name}` in suites.
    facts: Option<BTreeMap<String, Plain>>,
    /// What holds for every device that does not say otherwise.
    defaults: Option<Defaults>,
    /// The devices by name.
    #[schemars(extend("minProperties" = 1))]
    devices: BTreeMap<String, Option<Device>>,
    /// The links.
    links: Option<Vec<Link>>,
}

/// A link: two ends, each a device and an interface: `[PE1 GigabitEthernet0/1/0, PE3 GigabitEthernet0/1/0]`.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Link(LinkEnd, LinkEnd);

/// A device and an interface: `PE1 GigabitEthernet0/1/0`.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct LinkEnd(#[schemars(regex(pattern = r"^\S+\s+\S"))] Text);

/// What holds for every device that does not say otherwise.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
struct Defaults {
    /// What the devices run.
    platform: Option<Platform>,
    /// TCP port of their SSH servers; 22 where it is not said.
    port: Option<Port>,
    /// Login name.
    username: Option<Username>,
    /// Ways to authenticate, tried in this order.
    auth: Option<OneOrMore<Auth>>,
    /// What makes a host key acceptable; `known_hosts` where it is not said.
    host_key: Option<HostKey>,
    /// How configuration is entered; `auto` where it is not said.
    configuration_mode: Option<ConfigurationMode>,
    /// Whether runs may change the devices; false where it is not said.
    allow_changes: Option<bool>,
    /// Longest waits.
    timeouts: Option<Timeouts>,
}

/// A device.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
struct Device {
    /// What it runs.
    platform: Option<Platform>,
    /// Host name or IP address.
    address: Option<Text>,
    /// TCP port of its SSH server; 22 where it is not said.
    port: Option<Port>,
    /// Login name.
    username: Option<Username>,
    /// Ways to authenticate, tried in this order.
    auth: Option<OneOrMore<Auth>>,
    /// What makes its host key acceptable; `known_hosts` where it is not said.
    host_key: Option<HostKey>,
    /// File of its configuration, relative to lab.yaml: what an emulated device starts with, and what reports keep.
    configuration: Option<Text>,
    /// How its configuration is entered; `auto` where it is not said.
    configuration_mode: Option<ConfigurationMode>,
    /// Whether runs may change it; false where it is not said.
    allow_changes: Option<bool>,
    /// Longest waits.
    timeouts: Option<Timeouts>,
    /// Deliberate oddities of its command line, if it is emulated.
    misbehaviour: Option<Misbehaviour>,
    /// Its facts: `${DEVICE.name}` in suites.
    facts: Option<BTreeMap<String, Plain>>,
}

/// What a device runs.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(dead_code)]
enum Platform {
    /// Huawei Versatile Routing Platform, V5 and V8.
    HuaweiVrp,
}

/// A TCP port.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Port(#[schemars(range(min = 1, max = 65_535))] u16);

/// A login name, or the environment variable that holds it.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum Username {
    /// The name.
    Literal(Text),
    /// Where it is to be had.
    Environment(Variable),
}

/// An environment variable.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
struct Variable {
    /// Its name.
    #[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    env: Text,
}

/// A way to authenticate. Passwords themselves are never written here.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum Auth {
    /// The keys of the running SSH agent.
    Word(AuthWord),
    /// With a secret or a key file.
    With(AuthWith),
}

/// A way to authenticate in one word.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(dead_code)]
enum AuthWord {
    /// The keys of the running SSH agent.
    Agent,
}

/// A way to authenticate with a secret or a key file.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(dead_code)]
enum AuthWith {
    /// A password; it also answers keyboard-interactive questions.
    Password(Secret),
    /// The same, for a server that only asks by keyboard-interactive.
    KeyboardInteractive(Secret),
    /// A private key file.
    Key(Key),
}

/// Where a secret is to be had.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(dead_code)]
enum Secret {
    /// An environment variable.
    Env(#[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))] Text),
    /// A command; the first line that it prints.
    Command(Text),
}

/// A private key file, relative to lab.yaml or from `~/`.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum Key {
    /// The file.
    File(Text),
    /// The file and where its passphrase is to be had.
    With(KeyWith),
}

/// A private key file and where its passphrase is to be had.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
struct KeyWith {
    /// The file.
    file: Text,
    /// Its passphrase.
    passphrase: Option<Secret>,
}

/// What makes a host key acceptable.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum HostKey {
    /// In one word.
    Word(HostKeyWord),
    /// The fingerprint: `SHA256:` and 43 characters.
    Fingerprint(#[schemars(regex(pattern = "^SHA256:[A-Za-z0-9+/]{43}=?$"))] Text),
    /// With a file or a fingerprint.
    With(HostKeyWith),
}

/// What makes a host key acceptable, in one word.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(dead_code)]
enum HostKeyWord {
    /// It stands in `~/.ssh/known_hosts`.
    KnownHosts,
    /// Any key is accepted, and the report warns of it.
    Insecure,
}

/// What makes a host key acceptable, with a file or a fingerprint.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(dead_code)]
enum HostKeyWith {
    /// A known_hosts file.
    KnownHosts(Text),
    /// The fingerprint: `SHA256:` and 43 characters.
    Fingerprint(#[schemars(regex(pattern = "^SHA256:[A-Za-z0-9+/]{43}=?$"))] Text),
}

/// How configuration is entered.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(dead_code)]
enum ConfigurationMode {
    /// Recognised by the prompt.
    Auto,
    /// Changes wait for `commit`.
    TwoStage,
    /// Changes take effect line by line.
    Immediate,
}

/// Longest waits: `500 ms`, `10 s`, `2 min`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
struct Timeouts {
    /// From the first packet to a usable prompt; 20 s where it is not said.
    connect: Option<Wait>,
    /// For one command's whole answer; 60 s where it is not said.
    command: Option<Wait>,
}

/// Deliberate oddities of an emulated device's command line.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
struct Misbehaviour {
    /// Pause before the answer to each line.
    latency: Option<Wait>,
    /// Pause before each prompt alone.
    prompt_pause: Option<Wait>,
    /// Output comes in pieces of at most so many bytes.
    #[schemars(range(min = 1, max = 65_536))]
    chunk_size: Option<u32>,
    /// Pause after each piece.
    chunk_pause: Option<Wait>,
    /// Echo and output are broken at this column.
    #[schemars(range(min = 20, max = 512))]
    wrap_width: Option<u32>,
    /// Paging cannot be switched off.
    forced_paging: Option<bool>,
    /// Date and time stand before each output.
    timestamps: Option<bool>,
    /// A line before the first prompt.
    banner_line: Option<Text>,
    /// The login asks whether the password is to be changed.
    ask_password_change: Option<bool>,
    /// Text before each prompt, such as `HRP_M`.
    prompt_prefix: Option<Text>,
    /// The connection is cut after so many bytes of output.
    #[schemars(range(min = 1))]
    drop_after_bytes: Option<u64>,
    /// So many password attempts are refused.
    refuse_logins: Option<Refusals>,
    /// After so many bytes of output comes one that is no UTF-8.
    #[schemars(range(min = 2, max = 1_000_000))]
    garble_every: Option<u32>,
    /// The whole routing table of the public network shows so many routes more.
    #[schemars(range(min = 1, max = 1_000_000))]
    extra_routes: Option<u32>,
}

/// A number of password attempts, or all of them.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum Refusals {
    /// The first so many.
    First(#[schemars(range(min = 1))] u32),
    /// All of them.
    All(AllAttempts),
}

/// The word `all`.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(dead_code)]
enum AllAttempts {
    /// Every attempt.
    All,
}
