//! LDP sessions (RFC 5036 §2.4, §2.5): who hears whose hellos, and which sessions follow.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::forwarding::Forwarding;
use super::interfaces::Interface;
use super::ldp_settings::{LdpSettings, LdpTimers};
use super::prefix::Vrf;
use super::simulation::{Condition, receives};
use crate::grammar::cipher;
use crate::interface_name::InterfaceName;

/// A session as one device sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdpSession {
    /// Index of the peer.
    pub peer: usize,
    /// LSR ID of the peer.
    pub peer_lsr_id: Ipv4Addr,
    /// The own transport address; 0.0.0.0 while there is none.
    pub transport: Ipv4Addr,
    /// The transport address of the peer.
    pub peer_transport: Ipv4Addr,
    /// Whether this end opens the connection: the one with the larger transport address does.
    pub active: bool,
    /// Whether the session is operational; else the peer does not hear this end, the transport addresses do not reach
    /// each other, or the passwords differ.
    pub operational: bool,
    /// Whether this end has a password for the peer.
    pub authenticated: bool,
    /// Where the peer is heard.
    pub adjacencies: Vec<LdpAdjacency>,
}

/// Where a peer is heard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LdpAdjacency {
    /// On a link, by this interface.
    Link(InterfaceName),
    /// From afar, as the remote peer of this name.
    Remote(String),
}

/// What one end brings to a session. A session whose end changes them begins anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTerms {
    /// The LSR ID.
    pub lsr_id: Ipv4Addr,
    /// The transport address.
    pub transport: Option<Ipv4Addr>,
    /// The configured hold time in seconds.
    pub keepalive_hold: Option<u16>,
    /// The ciphered password.
    pub password: Option<String>,
}

/// What sessions follow from, besides routes.
#[derive(Debug, Clone, Copy)]
pub struct Discovery<'a> {
    /// LDP of each device that runs it.
    pub settings: &'a [Option<Arc<LdpSettings>>],
    /// The interfaces of all devices.
    pub interfaces: &'a [Arc<Vec<Interface>>],
    /// The condition of the links.
    pub conditions: &'a [[Condition; 2]],
}

/// A neighbour with LDP on a link.
struct Neighbour<'a> {
    here: &'a Interface,
    device: usize,
    there: &'a Interface,
}

impl<'a> Discovery<'a> {
    fn settings(&self, device: usize) -> Option<&'a LdpSettings> {
        self.settings.get(device)?.as_deref()
    }

    fn interfaces(&self, device: usize) -> &'a [Interface] {
        self.interfaces.get(device).map_or(&[], |own| own.as_slice())
    }

    /// The neighbours on links whose both ends run LDP in the same network, heard or not.
    fn neighbours(&self, device: usize) -> impl Iterator<Item = Neighbour<'a>> {
        let all = *self;
        let own = self.interfaces(device).iter().filter(|interface| speaks(interface));
        own.filter_map(move |here| {
            let (device, index) = here.far_end?;
            let there = all.interfaces(device).get(index)?;
            all.settings(device)?;
            (speaks(there) && here.up_prefix() == there.up_prefix()).then_some(Neighbour { here, device, there })
        })
    }

    /// The sessions of a device, by the LSR ID of the peer; `reaches` tells whether packets from an address of one device
    /// arrive at an address of another.
    pub fn sessions_of(
        &self,
        device: usize,
        reaches: impl Fn((usize, Ipv4Addr), (usize, Ipv4Addr)) -> bool,
    ) -> Vec<LdpSession> {
        let Some(own) = self.settings(device) else {
            return Vec::new();
        };
        let mut heard: BTreeMap<(Ipv4Addr, usize), Heard> = BTreeMap::new();
        for neighbour in self.neighbours(device) {
            let Some(theirs) = self.settings(neighbour.device) else {
                continue;
            };
            if neighbour.device == device || theirs.lsr_id == own.lsr_id {
                continue;
            }
            let peer = heard.entry((theirs.lsr_id, neighbour.device)).or_default();
            peer.hears |= receives(self.conditions, neighbour.there);
            if receives(self.conditions, neighbour.here) {
                let transport = own.transport(neighbour.here, self.interfaces(device));
                let their_transport = theirs.transport(neighbour.there, self.interfaces(neighbour.device));
                peer.transports.get_or_insert((transport, their_transport));
                let name = neighbour.here.name.clone();
                peer.adjacencies.push(LdpAdjacency::Link(name));
            }
        }
        for remote in &own.remote_peers {
            for (far, theirs) in self.answering(device, remote.address) {
                if !reaches((far, theirs.lsr_id), (device, own.lsr_id)) {
                    continue;
                }
                let peer = heard.entry((theirs.lsr_id, far)).or_default();
                peer.hears |= reaches((device, own.lsr_id), (far, theirs.lsr_id));
                let transports = (Some(own.lsr_id), Some(theirs.lsr_id));
                peer.transports.get_or_insert(transports);
                peer.adjacencies.push(LdpAdjacency::Remote(remote.name.clone()));
            }
        }
        let sessions = heard.into_iter().filter_map(|((peer_lsr_id, peer), heard)| {
            let (transport, peer_transport) = heard.transports?;
            let theirs = self.settings(peer)?;
            let passwords = (own.password(peer_lsr_id), theirs.password(own.lsr_id));
            let connects = |own, other| reaches((device, own), (peer, other)) && reaches((peer, other), (device, own));
            let operational = heard.hears
                && agree(passwords)
                && transport
                    .zip(peer_transport)
                    .is_some_and(|(own, other)| connects(own, other));
            let none = Ipv4Addr::UNSPECIFIED;
            Some(LdpSession {
                peer,
                peer_lsr_id,
                transport: transport.unwrap_or(none),
                peer_transport: peer_transport.unwrap_or(none),
                active: transport > peer_transport,
                operational,
                authenticated: passwords.0.is_some(),
                adjacencies: heard.adjacencies,
            })
        });
        sessions.collect()
    }

    /// The devices with an LSR ID that send targeted hellos to a device.
    fn answering(&self, device: usize, lsr_id: Ipv4Addr) -> impl Iterator<Item = (usize, &'a LdpSettings)> {
        let own = self.settings(device).map(|own| own.lsr_id);
        let others = self.settings.iter().enumerate();
        others
            .filter_map(|(far, theirs)| Some((far, theirs.as_deref()?)))
            .filter(move |(far, theirs)| {
                let answers = own.is_some_and(|own| own != lsr_id && theirs.remote_peer(own).is_some());
                *far != device && theirs.lsr_id == lsr_id && answers
            })
    }

    /// What a device brings to a session with a peer; none if it does not listen to it any more.
    pub fn own_terms(&self, device: usize, peer: usize, peer_lsr_id: Ipv4Addr) -> Option<OwnTerms> {
        let own = self.settings(device)?;
        let on_link = self.towards(device, peer).next().map(|interface| {
            let timers = own.link_terms(&interface.name).timers;
            (own.transport(interface, self.interfaces(device)), timers)
        });
        let remote = || Some((Some(own.lsr_id), own.remote_peer(peer_lsr_id)?.timers));
        let (transport, timers) = on_link.or_else(remote)?;
        Some(OwnTerms {
            lsr_id: own.lsr_id,
            transport,
            keepalive_hold: timers.keepalive_hold,
            password: own.password(peer_lsr_id).map(str::to_owned),
        })
    }

    /// The timers of a session of a device.
    pub fn timers(&self, device: usize, peer: usize, peer_lsr_id: Ipv4Addr) -> LdpTimers {
        let of_settings = |own: &LdpSettings| {
            let on_link = self.towards(device, peer).next();
            on_link
                .map(|interface| own.link_terms(&interface.name).timers)
                .or_else(|| Some(own.remote_peer(peer_lsr_id)?.timers))
        };
        self.settings(device).and_then(of_settings).unwrap_or_default()
    }

    /// Whether a device still listens where a peer was heard.
    pub fn listens(&self, device: usize, peer: usize, adjacency: &LdpAdjacency) -> bool {
        match adjacency {
            LdpAdjacency::Link(name) => self.towards(device, peer).any(|interface| interface.name == *name),
            LdpAdjacency::Remote(name) => {
                let own = self.settings(device).map(|own| own.remote_peers.as_slice());
                own.into_iter().flatten().any(|remote| remote.name == *name)
            }
        }
    }

    /// The interfaces with LDP of a device on links to another, that are up.
    pub fn towards(&self, device: usize, peer: usize) -> impl Iterator<Item = &'a Interface> {
        let own = self.settings(device).map(|_| self.interfaces(device));
        own.unwrap_or_default()
            .iter()
            .filter(|interface| speaks(interface))
            .filter(move |interface| interface.far_end.is_some_and(|(far, _)| far == peer))
    }
}

/// Where a peer is heard, and whether it hears.
#[derive(Default)]
struct Heard {
    hears: bool,
    transports: Option<(Option<Ipv4Addr>, Option<Ipv4Addr>)>,
    adjacencies: Vec<LdpAdjacency>,
}

/// Whether an interface sends hellos.
pub fn speaks(interface: &Interface) -> bool {
    interface.ldp && interface.protocol && interface.vrf == Vrf::Public
}

/// Both ends have a password or neither has; those that the lab has ciphered are compared, others cannot be.
fn agree(passwords: (Option<&str>, Option<&str>)) -> bool {
    match passwords {
        (None, None) => true,
        (Some(a), Some(b)) => a == b || !(a.starts_with(cipher::OWN) && b.starts_with(cipher::OWN)),
        _ => false,
    }
}

/// Whether packets from an address of one device arrive at an address of another.
pub fn reaches(
    forwarding: &Forwarding<'_>,
    (from, source): (usize, Ipv4Addr),
    (to, destination): (usize, Ipv4Addr),
) -> bool {
    forwarding.reaches(from, &Vrf::Public, source, destination, to)
}
