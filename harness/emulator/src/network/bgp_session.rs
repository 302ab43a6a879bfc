//! Which BGP sessions come up: packets must reach the peer and come back, and both ends must agree.

use std::net::Ipv4Addr;

use super::bgp::{BgpSession, SessionState, Surroundings};
use super::bgp_peer_settings::PeerSettings;
use super::bgp_settings::BgpSettings;
use super::forwarding::{Outcome, Packet};
use super::prefix::Vrf;
use super::rib::longest_match_of;
use crate::grammar::cipher;

impl Surroundings<'_> {
    pub(super) fn peer(&self, device: usize, number: usize) -> Option<(&BgpSettings, &PeerSettings)> {
        let settings = self.settings.get(device)?.as_deref()?;
        Some((settings, settings.peers.get(number)?))
    }

    /// The address that a device connects from.
    fn source(&self, device: usize, peer: &PeerSettings) -> Option<Ipv4Addr> {
        match &peer.connect_interface {
            None => self.forwarding.source(device, &peer.vrf, peer.address),
            Some(name) => {
                let interfaces = self.forwarding.interfaces.get(device)?;
                let interface = interfaces.iter().find(|i| i.name == *name && i.vrf == peer.vrf)?;
                interface.up_address()
            }
        }
    }

    /// The other end of the session that this end can open.
    pub fn opens(&self, device: usize, number: usize) -> Option<(usize, usize)> {
        let (settings, peer) = self.peer(device, number)?;
        if peer.ignored {
            return None;
        }
        let source = self.source(device, peer)?;
        let own_as = settings.local_as(&peer.vrf);
        let packet = segment(source, peer.address, ttl(peer, own_as));
        let Outcome::Delivered { device: other, vrf, .. } = self.forwarding.send(device, &peer.vrf, packet) else {
            return None;
        };
        let theirs = self.settings.get(other)?.as_deref()?;
        let found = theirs.peers.iter().position(|p| p.address == source && p.vrf == vrf)?;
        let answering = theirs.peers.get(found)?;
        let agree = other != device
            && !answering.ignored
            && peer.remote_as == theirs.local_as(&answering.vrf)
            && answering.remote_as == settings.local_as(&peer.vrf)
            && exchange_something(peer, answering)
            && passwords_agree(peer, answering);
        let near_enough = peer.remote_as == settings.local_as(&peer.vrf)
            || (self.is_near(device, peer, source) && self.is_near(other, answering, peer.address));
        let answered = || {
            let packet = segment(peer.address, source, ttl(answering, theirs.local_as(&answering.vrf)));
            matches!(self.forwarding.send(other, &vrf, packet), Outcome::Delivered { device: at, .. } if at == device)
        };
        (agree && near_enough && answered()).then_some((other, found))
    }

    /// Whether a peer of another AS is on a link of the own address, or may be further away.
    fn is_near(&self, device: usize, peer: &PeerSettings, own: Ipv4Addr) -> bool {
        let interfaces = self.interfaces(device).iter();
        peer.hops > 1
            || interfaces
                .filter(|i| i.vrf == peer.vrf && i.up_address() == Some(own))
                .any(|i| i.up_prefix().is_some_and(|prefix| prefix.contains(peer.address)))
    }

    /// A session that leads where `far` tells, before anything is received.
    pub(super) fn session(
        &self,
        device: usize,
        settings: &BgpSettings,
        peer: &PeerSettings,
        far: Option<(usize, usize)>,
    ) -> BgpSession {
        let there = far.and_then(|(device, number)| Some(self.peer(device, number)?.1));
        let local = there.map(|there| there.address);
        let labels = |peer: &PeerSettings| peer.unicast.as_ref().is_some_and(|terms| terms.label_route_capability);
        BgpSession {
            settings: peer.clone(),
            state: self.state(device, peer, far),
            far,
            local: local.unwrap_or(Ipv4Addr::UNSPECIFIED),
            external: peer.remote_as != settings.local_as(&peer.vrf),
            labelled: peer.vrf == Vrf::Public && labels(peer) && there.is_some_and(labels),
            received_unicast: 0,
            received_vpnv4: 0,
        }
    }

    fn state(&self, device: usize, peer: &PeerSettings, far: Option<(usize, usize)>) -> SessionState {
        let rib = self.rib(device, &peer.vrf);
        let has_route = || rib.is_some_and(|rib| longest_match_of(rib, peer.address, |_| true).is_some());
        if peer.ignored {
            SessionState::IdleAdmin
        } else if far.is_some() {
            SessionState::Established
        } else if has_route() && self.source(device, peer).is_some() {
            SessionState::Active
        } else {
            SessionState::Idle
        }
    }
}

/// The TTL of what a peer is sent: to another AS, as many hops as are allowed.
fn ttl(peer: &PeerSettings, own_as: u32) -> u8 {
    if peer.remote_as == own_as { 255 } else { peer.hops }
}

fn segment(source: Ipv4Addr, destination: Ipv4Addr, ttl: u8) -> Packet {
    Packet {
        source,
        destination,
        protocol: 6,
        ports: (0, 179),
        ttl,
        number: 0,
    }
}

/// Whether two ends have a family in common.
fn exchange_something(a: &PeerSettings, b: &PeerSettings) -> bool {
    a.unicast.is_some() && b.unicast.is_some()
        || a.vpnv4.is_some() && b.vpnv4.is_some()
        || a.others.iter().any(|family| b.others.contains(family))
}

/// Both ends have a password or neither has; the passwords themselves are compared where the lab has ciphered
/// them, those of other origin cannot be.
fn passwords_agree(a: &PeerSettings, b: &PeerSettings) -> bool {
    match (&a.password, &b.password) {
        (None, None) => true,
        (Some(a), Some(b)) => a == b || !(a.starts_with(cipher::OWN) && b.starts_with(cipher::OWN)),
        _ => false,
    }
}
