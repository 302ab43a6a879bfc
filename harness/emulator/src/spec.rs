//! What a lab is made of and how it is served: the crate's input.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use crate::interface_name::InterfaceName;
use crate::network::Delays;

/// A lab to be served.
#[derive(Debug, Clone, Default)]
pub struct LabSpec {
    /// Name of the lab, for messages.
    pub name: String,
    /// Its devices; names must differ.
    pub devices: Vec<DeviceSpec>,
    /// Its links; an interface may stand at one end of one link only.
    pub links: Vec<LinkSpec>,
    /// How long things take in a computed network.
    pub delays: Delays,
    /// The seed of everything that chance decides in a computed network: the same seed, the same course of events.
    pub seed: u64,
    /// What drives the time of a computed network.
    pub clock: Clock,
}

/// What drives the time of a computed network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// It is the world's: a second is a second.
    #[default]
    RealTime,
    /// It passes when it is told to, for tests.
    Stepped,
}

/// One device of a lab.
#[derive(Debug, Clone, Default)]
pub struct DeviceSpec {
    /// Name in the lab. The prompt shows the configured `sysname` instead.
    pub name: String,
    /// Text of its start configuration, as `display current-configuration` prints it.
    pub configuration: String,
    /// TCP port of its SSH server; `None` takes any free one.
    pub port: Option<u16>,
    /// Deliberate oddities of its command line; none by default.
    pub misbehaviour: Misbehaviour,
}

/// A link between two interfaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSpec {
    /// One end.
    pub a: Endpoint,
    /// The other end.
    pub b: Endpoint,
}

/// One end of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Name of the device.
    pub device: String,
    /// Name of the interface, in any spelling the command line accepts.
    pub interface: String,
}

impl Endpoint {
    /// Whether the name of the interface is one of a port, which a link may lead to.
    pub fn names_port(&self) -> bool {
        InterfaceName::parse(&self.interface).is_some_and(|name| name.is_physical())
    }
}

/// How a lab is served.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Address to listen on. Only loopback addresses are accepted.
    pub address: IpAddr,
    /// The only user who may log in.
    pub username: String,
    /// The user's password.
    pub password: String,
    /// Where the host key comes from.
    pub host_key: HostKeySource,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            username: "admin".into(),
            password: String::new(),
            host_key: HostKeySource::Ephemeral,
        }
    }
}

/// Where the host key of the SSH servers comes from. All devices of a lab share it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HostKeySource {
    /// A new key for this run, kept nowhere.
    #[default]
    Ephemeral,
    /// A private key file in OpenSSH format, created with mode 0600 if it is missing.
    File(PathBuf),
}

/// Deliberate oddities of one device's command line, for testing clients. The default is none of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Misbehaviour {
    /// Pause before the answer to each line.
    pub latency: Duration,
    /// Output is sent in pieces of at most this many bytes.
    pub chunk_size: Option<usize>,
    /// Pause after each piece, if `chunk_size` is set.
    pub chunk_pause: Duration,
    /// Echo and output are broken by CR LF at this column.
    pub wrap_width: Option<usize>,
    /// A line with date and time stands before the output of each command.
    pub timestamps: bool,
    /// Text glued before each prompt, for example `HRP_M` of a firewall pair.
    pub prompt_prefix: Option<String>,
    /// The login asks whether the password is to be changed.
    pub ask_password_change: bool,
    /// Paging stays on: `screen-length 0 temporary` is refused.
    pub forced_paging: bool,
    /// A line printed before the first prompt, for example one that looks like a prompt.
    pub banner_line: Option<String>,
    /// The connection is cut after this many bytes of output on a channel.
    pub drop_after_bytes: Option<u64>,
    /// The first so many password attempts are refused, right or wrong; `u32::MAX` refuses all.
    pub refuse_logins: u32,
    /// Pause before each prompt, and there alone.
    pub prompt_pause: Duration,
    /// After each so many bytes of a command's output comes one that is no UTF-8 (0xFF).
    pub garble_every: Option<u32>,
    /// The whole routing table of the public network shows so many routes more, 100.64.0.0/32 and on. They are shown
    /// there alone: no packet follows them.
    pub extra_routes: u32,
}
