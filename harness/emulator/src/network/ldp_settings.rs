//! What a configuration says of LDP: LSR ID, timers, transport addresses, passwords, peers that are no neighbours.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::interfaces::Interface;
use super::prefix::{Prefix, Vrf};
use super::route_filter::{PrefixList, RouteFilters};
use crate::configuration::{Configuration, Node};
use crate::interface_name::InterfaceName;

/// A hello hold time of so many seconds never ends (RFC 5036 §3.5.2).
const FOR_EVER: u16 = 0xffff;
/// How many hellos or KeepAlives are sent within a hold time, if nothing else is configured.
pub const TIMES: u32 = 3;

/// LDP of a device that runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdpSettings {
    /// Its LSR ID.
    pub lsr_id: Ipv4Addr,
    /// Terms of interfaces that have others than the usual ones.
    interfaces: BTreeMap<InterfaceName, LinkTerms>,
    /// Peers that are asked by targeted hellos.
    pub remote_peers: Vec<RemotePeer>,
    passwords: BTreeMap<Ipv4Addr, String>,
    /// The label of the own addresses.
    pub egress_label: EgressLabel,
    /// Which LSPs begin and end here.
    pub trigger: LspTrigger,
}

/// The label that the last LSR gives (`label advertise`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EgressLabel {
    /// Implicit null: the last hop but one pops.
    #[default]
    Implicit,
    /// Explicit null.
    Explicit,
    /// A label of its own for each address.
    Own,
}

/// For which host addresses LSPs begin and end (`lsp-trigger`). LSPs that cross are not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LspTrigger {
    /// All.
    #[default]
    Host,
    /// None.
    None,
    /// Those that a prefix list permits.
    Listed(PrefixList),
}

impl LspTrigger {
    /// Whether LSPs to an address begin, or end, here.
    pub fn permits(&self, address: Ipv4Addr) -> bool {
        match self {
            Self::Host => true,
            Self::None => false,
            Self::Listed(list) => list.passes(Prefix::host(address)),
        }
    }
}

/// What LDP says on an interface.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkTerms {
    /// The address that sessions are opened from.
    pub transport: Transport,
    /// Timers.
    pub timers: LdpTimers,
}

/// Where the transport address comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Transport {
    /// It is the LSR ID.
    #[default]
    LsrId,
    /// It is the address of the interface itself.
    Itself,
    /// It is the address of another interface.
    Of(InterfaceName),
}

/// Configured times, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LdpTimers {
    /// `hello-send`.
    pub hello_send: Option<u16>,
    /// `hello-hold`.
    pub hello_hold: Option<u16>,
    /// `keepalive-send`.
    pub keepalive_send: Option<u16>,
    /// `keepalive-hold`.
    pub keepalive_hold: Option<u16>,
}

/// A peer that need not be a neighbour (`mpls ldp remote-peer`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemotePeer {
    /// Its name on the device.
    pub name: String,
    /// Its LSR ID.
    pub address: Ipv4Addr,
    /// Its description.
    pub description: Option<String>,
    /// Timers.
    pub timers: LdpTimers,
}

/// The times of LDP where nothing is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LdpDefaults {
    /// Interval between hellos on a link.
    pub hello: Duration,
    /// Time without hellos after which an adjacency on a link is gone. For targeted hellos it is three times as long.
    pub hello_hold: Duration,
    /// Time without messages after which a session is gone.
    pub keepalive_hold: Duration,
}

impl LdpDefaults {
    /// How long an adjacency lasts without hellos, as one end asks for; none if for ever.
    pub fn hello_hold(&self, timers: &LdpTimers, targeted: bool) -> Option<Duration> {
        match timers.hello_hold {
            Some(FOR_EVER) => None,
            Some(seconds) => Some(Duration::from_secs(seconds.into())),
            None if targeted => Some(self.hello_hold * TIMES),
            None => Some(self.hello_hold),
        }
    }

    /// The interval of hellos of an end with these timers, where both have agreed on a hold time.
    pub fn hello_interval(&self, timers: &LdpTimers, hold: Option<Duration>, targeted: bool) -> Duration {
        let usual = match hold {
            Some(hold) if targeted || hold != self.hello_hold => hold / TIMES,
            _ => self.hello,
        };
        match timers.hello_send {
            Some(seconds) => usual.min(Duration::from_secs(seconds.into())),
            None => usual,
        }
    }

    /// How long a session lasts without messages, as one end asks for.
    pub fn keepalive_hold(&self, timers: &LdpTimers) -> Duration {
        let configured = timers.keepalive_hold;
        configured.map_or(self.keepalive_hold, |seconds| Duration::from_secs(seconds.into()))
    }

    /// The interval of KeepAlives of an end with these timers, where both have agreed on a hold time.
    pub fn keepalive_interval(timers: &LdpTimers, hold: Duration) -> Duration {
        let usual = hold / TIMES;
        let configured = timers.keepalive_send;
        configured.map_or(usual, |seconds| usual.min(Duration::from_secs(seconds.into())))
    }
}

/// The smaller of two hold times; none lasts for ever.
pub fn agreed(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// LDP of a configuration; none if it does not run.
pub fn of(configuration: &Configuration) -> Option<LdpSettings> {
    let lines = &configuration.lines;
    let has = |text: &str| lines.iter().any(|line| line.text == text);
    let lsr_id = lines
        .iter()
        .find_map(|line| line.text.strip_prefix("mpls lsr-id ")?.parse().ok())?;
    if !(has("mpls") && has("mpls ldp")) {
        return None;
    }
    let interfaces = configuration.interfaces().map(|(name, node)| (name, link_terms(node)));
    let remote_peers = lines.iter().filter_map(|line| {
        Some(RemotePeer {
            name: line.text.strip_prefix("mpls ldp remote-peer ")?.to_owned(),
            address: line.after("remote-ip ")?.parse().ok()?,
            description: line.after("description ").map(str::to_owned),
            timers: timers(line),
        })
    });
    let passwords = lines.iter().filter(|line| line.text == "mpls ldp").flat_map(|line| {
        line.children.iter().filter_map(|line| {
            let (peer, password) = line.text.strip_prefix("md5-password cipher ")?.split_once(' ')?;
            Some((peer.parse().ok()?, password.to_owned()))
        })
    });
    Some(LdpSettings {
        lsr_id,
        interfaces: interfaces.filter(|(_, terms)| *terms != LinkTerms::default()).collect(),
        remote_peers: remote_peers.collect(),
        passwords: passwords.collect(),
        egress_label: match mpls(configuration, "label advertise ") {
            Some("explicit-null") => EgressLabel::Explicit,
            Some("non-null") => EgressLabel::Own,
            _ => EgressLabel::Implicit,
        },
        trigger: match mpls(configuration, "lsp-trigger ") {
            Some("none") => LspTrigger::None,
            Some(rule) => match rule.strip_prefix("ip-prefix ") {
                None => LspTrigger::Host,
                Some(name) => {
                    let filters = RouteFilters::of(configuration);
                    LspTrigger::Listed(filters.prefix_list(name).cloned().unwrap_or_default())
                }
            },
            None => LspTrigger::Host,
        },
    })
}

/// What follows a word in the view of MPLS.
fn mpls<'a>(configuration: &'a Configuration, word: &str) -> Option<&'a str> {
    let view = configuration.lines.iter().find(|line| line.text == "mpls")?;
    view.after(word)
}

/// A line of the view of MPLS whose effect is in doubt: LSPs to more than host addresses, or to what a list says that is
/// not there.
pub fn doubt(configuration: &Configuration) -> Option<String> {
    let name = mpls(configuration, "lsp-trigger ")?.strip_prefix("ip-prefix ")?;
    let filters = RouteFilters::of(configuration);
    let reason = match filters.prefix_list(name) {
        None => "that is not configured",
        Some(list) if !list.permits_hosts_alone() => "that permits more than host addresses",
        Some(_) => return None,
    };
    Some(format!("lsp-trigger ip-prefix {name} ({reason})"))
}

fn link_terms(node: &Node) -> LinkTerms {
    LinkTerms {
        transport: match node.after("mpls ldp transport-address ") {
            None => Transport::LsrId,
            Some("interface") => Transport::Itself,
            Some(name) => InterfaceName::parse(name).map_or(Transport::Itself, Transport::Of),
        },
        timers: timers(node),
    }
}

fn timers(node: &Node) -> LdpTimers {
    let seconds = |prefix: &str| node.after(prefix).and_then(|text| text.parse().ok());
    LdpTimers {
        hello_send: seconds("mpls ldp timer hello-send "),
        hello_hold: seconds("mpls ldp timer hello-hold "),
        keepalive_send: seconds("mpls ldp timer keepalive-send "),
        keepalive_hold: seconds("mpls ldp timer keepalive-hold "),
    }
}

impl LdpSettings {
    /// Whether all is as usual: no timers, transport addresses or remote peers.
    pub fn is_usual(&self) -> bool {
        self.interfaces.is_empty() && self.remote_peers.is_empty()
    }

    /// What LDP says on an interface.
    pub fn link_terms(&self, interface: &InterfaceName) -> LinkTerms {
        self.interfaces.get(interface).cloned().unwrap_or_default()
    }

    /// The address that sessions over an interface are opened from; none if it is that of an interface that is down, has
    /// none or is not in the public network. `own` are the device's interfaces.
    pub fn transport(&self, interface: &Interface, own: &[Interface]) -> Option<Ipv4Addr> {
        let terms = self.interfaces.get(&interface.name);
        match terms.map(|terms| &terms.transport) {
            None | Some(Transport::LsrId) => Some(self.lsr_id),
            Some(Transport::Itself) => interface.up_address(),
            Some(Transport::Of(name)) => own
                .iter()
                .find(|other| other.name == *name && other.vrf == Vrf::Public)?
                .up_address(),
        }
    }

    /// The ciphered password of sessions with an LSR.
    pub fn password(&self, peer: Ipv4Addr) -> Option<&str> {
        self.passwords.get(&peer).map(String::as_str)
    }

    /// The peer with an LSR ID that targeted hellos are sent to.
    pub fn remote_peer(&self, address: Ipv4Addr) -> Option<&RemotePeer> {
        self.remote_peers.iter().find(|peer| peer.address == address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: LdpDefaults = LdpDefaults {
        hello: Duration::from_secs(5),
        hello_hold: Duration::from_secs(15),
        keepalive_hold: Duration::from_secs(45),
    };

    #[test]
    fn the_smaller_hold_time_counts_and_one_may_last_for_ever() {
        let hold = |seconds: Option<u16>, targeted| {
            let timers = LdpTimers {
                hello_hold: seconds,
                ..LdpTimers::default()
            };
            DEFAULTS.hello_hold(&timers, targeted)
        };
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(agreed(hold(None, false), hold(Some(9), false)), seconds(9));
        assert_eq!(agreed(hold(Some(60), false), hold(None, false)), seconds(15));
        assert_eq!(agreed(hold(None, true), hold(Some(65_535), true)), seconds(45));
        assert_eq!(agreed(hold(Some(65_535), true), hold(Some(65_535), true)), None);
    }

    #[test]
    fn hellos_come_at_least_three_times_within_the_hold_time() {
        let send = |seconds: Option<u16>, hold| {
            let timers = LdpTimers {
                hello_send: seconds,
                ..LdpTimers::default()
            };
            DEFAULTS
                .hello_interval(&timers, Some(Duration::from_secs(hold)), false)
                .as_secs()
        };
        assert_eq!((send(None, 15), send(None, 9), send(None, 60)), (5, 3, 20));
        assert_eq!((send(Some(2), 15), send(Some(10), 15)), (2, 5));
    }
}
