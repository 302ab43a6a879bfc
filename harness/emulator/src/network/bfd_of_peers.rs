//! BFD sessions that BGP peers ask for (`peer … bfd enable`): one on the link for each session that is up.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::bfd::{self, BfdSession, BfdState};
use super::bgp_peer_settings::{PeerBfd, PeerSettings};
use super::bgp_settings::BgpSettings;
use super::interfaces::Interface;
use super::prefix::Vrf;
use super::simulation::draw;
use crate::configuration::Configuration;

/// The first discriminator of these sessions, and how many there are.
const FIRST: u32 = 16_384;
const COUNT: u32 = 49_152;

/// The sessions of a device: those that its configuration names, and those of its peers that are up.
pub fn all(
    configuration: &Configuration,
    settings: Option<&BgpSettings>,
    interfaces: &[Interface],
    is_up: impl Fn(&Vrf, Ipv4Addr) -> bool,
) -> Vec<BfdSession> {
    let mut sessions = bfd::configured(configuration);
    let Some(settings) = settings.filter(|_| bfd::is_enabled(configuration)) else {
        return sessions;
    };
    let mut taken: BTreeSet<u32> = sessions.iter().map(|session| session.local_discriminator).collect();
    for peer in &settings.peers {
        let Some(wanted) = peer.bfd else { continue };
        // Every peer has its number, up or not: none changes because another goes.
        let Some(number) = discriminator(peer, &taken) else {
            continue;
        };
        taken.insert(number);
        if is_up(&peer.vrf, peer.address) {
            sessions.extend(session(peer, wanted, number, interfaces));
        }
    }
    sessions
}

/// A number that follows from the peer's address; the next one that is free if another has it.
fn discriminator(peer: &PeerSettings, taken: &BTreeSet<u32>) -> Option<u32> {
    let first = u32::try_from(draw(&[u64::from(u32::from(peer.address))]) % u64::from(COUNT)).unwrap_or(0);
    let mut numbers = (first..COUNT).chain(0..first).map(|number| FIRST + number);
    numbers.find(|number| !taken.contains(number))
}

fn session(peer: &PeerSettings, wanted: PeerBfd, number: u32, interfaces: &[Interface]) -> Option<BfdSession> {
    let mut own = interfaces.iter().filter(|interface| interface.vrf == peer.vrf);
    let interface = own.find(|interface| {
        interface
            .up_prefix()
            .is_some_and(|network| network.contains(peer.address))
    })?;
    Some(BfdSession {
        name: format!("dyn_{number}"),
        peer: peer.address,
        vpn_instance: match &peer.vrf {
            Vrf::Public | Vrf::Labels => None,
            Vrf::Instance(name) => Some(name.clone()),
        },
        interface: Some(interface.name.clone()),
        source: interface.up_address(),
        auto: true,
        dynamic: true,
        local_discriminator: number,
        remote_discriminator: 0,
        description: None,
        min_tx: wanted.min_tx,
        min_rx: wanted.min_rx,
        multiplier: wanted.multiplier,
        wtr: 0,
        waits_to_restore: false,
        state: BfdState::Down,
        peer_is_shut_down: false,
        negotiated: None,
    })
}

/// Whether a peer that asks for BFD is watched over more hops than one, as far as its configuration tells.
pub fn is_over_hops(peer: &PeerSettings, own_as: u32, configuration: &Configuration) -> bool {
    let Some(bfd) = peer.bfd else { return false };
    if peer.remote_as != own_as {
        return peer.hops > 1;
    }
    let on_a_link = configuration.interfaces().any(|(name, node)| {
        let network = node.after("ip address ").and_then(|text| {
            let (address, mask) = text.split_once(' ')?;
            super::prefix::Prefix::with_mask(address, mask)
        });
        !name.is_loopback() && network.is_some_and(|network| network.contains(peer.address))
    });
    !(bfd.single_hop && on_a_link && peer.connect_interface.as_ref().is_none_or(|name| !name.is_loopback()))
}
