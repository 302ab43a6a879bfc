//! BFD sessions (RFC 5880) on links (RFC 5881) and over several hops (RFC 5883).

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::bfd_multihop;
use super::forwarding::Forwarding;
use super::interfaces::Interface;
use super::prefix::Vrf;
use super::simulation::{Condition, receives};
use crate::configuration::{Configuration, Node};
use crate::interface_name::InterfaceName;

/// The first discriminator that is handed out.
const FIRST_DISCRIMINATOR: u32 = 8192;

/// State of a session (RFC 5880 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BfdState {
    /// Both ends hear each other.
    Up,
    /// This end hears the other, which does not hear this one yet.
    Init,
    /// They do not.
    Down,
    /// Shut down on this device.
    AdminDown,
}

/// A session as one device sees it. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BfdSession {
    /// Its name on the device.
    pub name: String,
    /// The peer's address.
    pub peer: Ipv4Addr,
    /// The VPN instance.
    pub vpn_instance: Option<String>,
    /// The interface that it is bound to; none if it leads over several hops.
    pub interface: Option<InterfaceName>,
    /// The configured source address.
    pub source: Option<Ipv4Addr>,
    /// Whether discriminators are negotiated.
    pub auto: bool,
    /// Whether a BGP peer asked for it.
    pub dynamic: bool,
    /// Own discriminator; 0 while none is configured.
    pub local_discriminator: u32,
    /// The peer's: configured, or learnt while the session is up.
    pub remote_discriminator: u32,
    /// Its description.
    pub description: Option<String>,
    /// Configured shortest interval between packets sent.
    pub min_tx: u32,
    /// Configured shortest interval between packets received.
    pub min_rx: u32,
    /// Configured detection multiplier.
    pub multiplier: u32,
    /// How many minutes a session that has come up waits before those that track it are told.
    pub wtr: u32,
    /// Its state.
    pub state: BfdState,
    /// It is up and waits so.
    pub waits_to_restore: bool,
    /// Whether the other end is shut down and has said so.
    pub peer_is_shut_down: bool,
    /// Intervals of sending and receiving and the detection time; only while up.
    pub negotiated: Option<Negotiated>,
}

impl BfdSession {
    /// The instance that its packets travel in.
    pub fn vrf(&self) -> Vrf {
        self.vpn_instance.clone().map_or(Vrf::Public, Vrf::Instance)
    }

    /// Whether what tracks it takes it for failed.
    pub fn has_failed(&self) -> bool {
        let is_down = matches!(self.state, BfdState::Down | BfdState::Init);
        is_down && !self.peer_is_shut_down || self.waits_to_restore
    }
}

/// What both ends agree on (RFC 5880 §6.8.2–6.8.4). Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Negotiated {
    /// Interval at which this end sends.
    pub tx: u32,
    /// Interval at which the other end sends.
    pub rx: u32,
    /// Time without a packet after which the session goes down.
    pub detection: u32,
}

/// The sessions of all devices, each device's in the order of its configuration.
pub fn sessions(
    configurations: &[Arc<Configuration>],
    interfaces: &[Arc<Vec<Interface>>],
    conditions: &[[Condition; 2]],
) -> Vec<Arc<Vec<BfdSession>>> {
    let all = configurations.iter().map(|c| configured(c)).collect();
    matched(configurations, interfaces, (conditions, None), all)
}

/// The same of any sessions, those of each device. Those over several hops are down without `forwarding`.
pub(super) fn matched(
    configurations: &[Arc<Configuration>],
    interfaces: &[Arc<Vec<Interface>>],
    (conditions, forwarding): (&[[Condition; 2]], Option<&Forwarding<'_>>),
    mut all: Vec<Vec<BfdSession>>,
) -> Vec<Arc<Vec<BfdSession>>> {
    let enabled: Vec<bool> = configurations.iter().map(|c| is_enabled(c)).collect();
    // Whom each session hears, and whether it is heard there.
    let matches: Vec<Vec<Option<(usize, usize, bool)>>> = all
        .iter()
        .enumerate()
        .map(|(device, sessions)| {
            sessions
                .iter()
                .map(|session| {
                    let (far, index) = counterpart(&all, &enabled, interfaces, device, session)?;
                    let other = all.get(far)?.get(index)?;
                    let hears = |(to, receiver): (usize, &BfdSession), (from, sender)| match &receiver.interface {
                        Some(name) => hears(interfaces, conditions, to, name),
                        None => forwarding.is_some_and(|forwarding| {
                            bfd_multihop::arrives(forwarding, (from, sender), (to, receiver), &mut Vec::new())
                        }),
                    };
                    let heard = hears((far, other), (device, session));
                    hears((device, session), (far, other)).then_some((far, index, heard))
                })
                .collect()
        })
        .collect();
    let before = all.clone();
    for (sessions, matches) in all.iter_mut().zip(matches) {
        for (session, found) in sessions.iter_mut().zip(matches) {
            let other = found.and_then(|(device, index, heard)| Some((before.get(device)?.get(index)?, heard)));
            settle(session, other);
        }
    }
    all.into_iter().map(Arc::new).collect()
}

/// Whether both ends of the session's link are up and packets from the other end arrive.
fn hears(
    interfaces: &[Arc<Vec<Interface>>],
    conditions: &[[Condition; 2]],
    device: usize,
    name: &InterfaceName,
) -> bool {
    let own = interfaces.get(device).into_iter().flat_map(|own| own.iter());
    let far_is_up = |interface: &Interface| {
        let far = interface
            .far_end
            .and_then(|(far, index)| interfaces.get(far)?.get(index));
        far.is_some_and(|far| far.protocol)
    };
    own.filter(|interface| interface.name == *name && interface.protocol)
        .any(|interface| far_is_up(interface) && receives(conditions, interface))
}

fn settle(session: &mut BfdSession, other: Option<(&BfdSession, bool)>) {
    match other {
        _ if session.state == BfdState::AdminDown => {}
        Some((other, _)) if other.state == BfdState::AdminDown => session.peer_is_shut_down = true,
        // It hears an end that is Down because it does not hear this one.
        Some((_, false)) => session.state = BfdState::Init,
        Some((other, true)) => {
            let tx = session.min_tx.max(other.min_rx);
            let rx = other.min_tx.max(session.min_rx);
            session.state = BfdState::Up;
            session.remote_discriminator = other.local_discriminator;
            session.negotiated = Some(Negotiated {
                tx,
                rx,
                detection: other.multiplier.saturating_mul(rx),
            });
        }
        None => {}
    }
}

/// The session at the other end of the link that this one would come up with, in whatever state either is.
pub(super) fn counterpart(
    all: &[Vec<BfdSession>],
    enabled: &[bool],
    interfaces: &[Arc<Vec<Interface>>],
    device: usize,
    session: &BfdSession,
) -> Option<(usize, usize)> {
    let find = |device: usize, name: &InterfaceName| interfaces.get(device)?.iter().find(|i| i.name == *name);
    let Some(name) = &session.interface else {
        return bfd_multihop::counterpart(all, enabled, interfaces, device, session);
    };
    let here = find(device, name)?;
    let (far_device, far_interface) = here.far_end?;
    let there = interfaces.get(far_device)?.get(far_interface)?;
    let both_on = enabled.get(device)? & enabled.get(far_device)?;
    let sends_from = |session: &BfdSession, interface: &Interface| {
        let (address, _) = interface.address?;
        let in_vrf = match &interface.vrf {
            super::Vrf::Public | super::Vrf::Labels => session.vpn_instance.is_none(),
            super::Vrf::Instance(name) => session.vpn_instance.as_ref() == Some(name),
        };
        (in_vrf && session.source.is_none_or(|source| source == address)).then_some(address)
    };
    let index = all.get(far_device)?.iter().position(|other| {
        other.interface.as_ref() == Some(&there.name)
            && session.dynamic == other.dynamic
            && sends_from(session, here) == Some(other.peer)
            && sends_from(other, there) == Some(session.peer)
            && discriminators_match(session, other)
    })?;
    both_on.then_some((far_device, index))
}

/// Whether both ends negotiate discriminators, or have been given each other's.
pub(super) fn discriminators_match(session: &BfdSession, other: &BfdSession) -> bool {
    match (session.auto, other.auto) {
        (true, true) => true,
        (false, false) => {
            session.local_discriminator != 0
                && other.local_discriminator != 0
                && session.local_discriminator == other.remote_discriminator
                && session.remote_discriminator == other.local_discriminator
        }
        _ => false,
    }
}

/// Whether BFD is on.
pub(super) fn is_enabled(configuration: &Configuration) -> bool {
    configuration.lines.iter().any(|line| line.text == "bfd")
}

/// The sessions that a configuration names, none of them up.
pub(super) fn configured(configuration: &Configuration) -> Vec<BfdSession> {
    let mut next = FIRST_DISCRIMINATOR;
    let mut sessions = Vec::new();
    for line in &configuration.lines {
        let Some(mut session) = session(line) else {
            continue;
        };
        if session.auto {
            session.local_discriminator = next;
            next += 1;
        }
        sessions.push(session);
    }
    sessions
}

fn session(node: &Node) -> Option<BfdSession> {
    let (name, rest) = node.text.strip_prefix("bfd ")?.split_once(" bind peer-ip ")?;
    let words: Vec<&str> = rest.split(' ').collect();
    let value = |keyword: &str| {
        let at = words.iter().position(|word| *word == keyword)?;
        words.get(at + 1).copied()
    };
    let number = |prefix: &str| node.after(prefix).and_then(|text| text.parse::<u32>().ok());
    Some(BfdSession {
        name: name.to_owned(),
        peer: words.first()?.parse().ok()?,
        vpn_instance: value("vpn-instance").map(str::to_owned),
        interface: match value("interface") {
            None => None,
            Some(name) => Some(InterfaceName::parse(name)?),
        },
        source: value("source-ip").and_then(|text| text.parse().ok()),
        auto: words.last() == Some(&"auto"),
        dynamic: false,
        local_discriminator: number("discriminator local ").unwrap_or(0),
        remote_discriminator: number("discriminator remote ").unwrap_or(0),
        description: node.after("description ").map(str::to_owned),
        min_tx: number("min-tx-interval ").unwrap_or(10),
        min_rx: number("min-rx-interval ").unwrap_or(10),
        multiplier: number("detect-multiplier ").unwrap_or(3),
        wtr: number("wtr ").unwrap_or(0),
        waits_to_restore: false,
        state: if node.has("shutdown") {
            BfdState::AdminDown
        } else {
            BfdState::Down
        },
        peer_is_shut_down: false,
        negotiated: None,
    })
}
