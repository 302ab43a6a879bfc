//! `reset bgp`: sessions that are closed on request and come up again by themselves.

use std::net::Ipv4Addr;

use super::bgp_dialogue::CEASE;
use super::engine::Simulation;
use super::event::BgpEnd;
use crate::network::prefix::Vrf;

/// Cease: administrative reset (RFC 4486).
const ADMINISTRATIVE_RESET: u8 = 4;

/// Peers whose sessions are reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peers {
    /// All.
    All,
    /// Those of an AS.
    OfAs(u32),
    /// All of VPNv4.
    OfVpnv4,
    /// All of an instance.
    Of(Vrf),
    /// One of an instance.
    One(Vrf, Ipv4Addr),
}

impl Simulation {
    /// Closes sessions of a device; whether it has such peers.
    pub fn reset_bgp(&mut self, device: usize, peers: &Peers) -> bool {
        let ends = self.peers_meant(device, peers);
        self.forget_flaps();
        for end in &ends {
            self.close_bgp(end, (CEASE, ADMINISTRATIVE_RESET));
        }
        !ends.is_empty()
    }

    /// Whether a device has such peers.
    pub fn has_bgp_peer(&self, device: usize, peers: &Peers) -> bool {
        !self.peers_meant(device, peers).is_empty()
    }

    fn peers_meant(&self, device: usize, peers: &Peers) -> Vec<BgpEnd> {
        let settings = self.settings.get(device).and_then(Option::as_ref);
        let all = settings.into_iter().flat_map(|settings| &settings.peers);
        let meant = all.filter(|peer| match peers {
            Peers::All => true,
            Peers::OfAs(number) => peer.remote_as == *number,
            Peers::OfVpnv4 => peer.vpnv4.is_some(),
            Peers::Of(vrf) => peer.vrf == *vrf,
            Peers::One(vrf, address) => peer.vrf == *vrf && peer.address == *address,
        });
        meant.map(|peer| (device, peer.vrf.clone(), peer.address)).collect()
    }
}
