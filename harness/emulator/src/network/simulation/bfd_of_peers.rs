//! BFD of BGP peers in time: a session comes with its peer and goes with it; when it fails the peer is lost at once.

use super::bfd_machine::ADMINISTRATIVELY_DOWN;
use super::bgp_dialogue::CEASE;
use super::engine::Simulation;
use super::event::BfdEnd;
use super::message::BfdPacket;
use crate::network::bfd::{BfdSession, BfdState};
use crate::network::bfd_of_peers;
use crate::network::prefix::Vrf;

/// Cease: BFD Down (RFC 9384).
const BFD_DOWN: u8 = 10;

impl Simulation {
    /// The BFD sessions that a device has now: those of its configuration, and those of its peers that are up.
    pub(super) fn bfd_wanted(&self, device: usize) -> Vec<BfdSession> {
        let Some(configuration) = self.configurations.get(device) else {
            return Vec::new();
        };
        let settings = self.settings.get(device).and_then(Option::as_deref);
        let interfaces = self.interfaces.get(device).map(|own| own.as_slice());
        let is_up = |vrf: &Vrf, peer| self.established.contains_key(&(device, vrf.clone(), peer));
        bfd_of_peers::all(configuration, settings, interfaces.unwrap_or_default(), is_up)
    }

    /// A BGP session has come up or gone.
    pub(super) fn peers_have_changed(&mut self, device: usize) {
        let settings = self.settings.get(device).and_then(Option::as_deref);
        let watches = settings.is_some_and(|settings| settings.peers.iter().any(|peer| peer.bfd.is_some()));
        let watched = self
            .bfd_sessions
            .get(device)
            .is_some_and(|own| own.iter().any(|s| s.dynamic));
        if watches || watched {
            self.reconfigure_bfd();
        }
    }

    /// A session of a peer that is not wanted any more says so: that is no failure (RFC 5880 §6.8.16).
    pub(super) fn take_leave(&mut self, end: &BfdEnd) {
        let slow = self.slow();
        let machine = self.machine(end);
        let Some(machine) = machine.filter(|machine| machine.session.dynamic && machine.row.is_some()) else {
            return;
        };
        let packet = BfdPacket {
            state: BfdState::AdminDown,
            diagnostic: ADMINISTRATIVELY_DOWN,
            poll: false,
            ..machine.says(slow)
        };
        self.send_once(end, packet);
    }

    /// A session is Down that was Up: the peer that it watches is gone, unless the other end merely stopped to watch.
    pub(super) fn bfd_has_failed(&mut self, end: &BfdEnd) {
        let Some(machine) = self.machine(end).filter(|machine| machine.session.dynamic) else {
            return;
        };
        let left = machine.remote.is_some_and(|remote| remote.state == BfdState::AdminDown);
        let session = &machine.session;
        let vrf = session.vpn_instance.clone().map_or(Vrf::Public, Vrf::Instance);
        let peer = (end.0, vrf, session.peer);
        if !left {
            self.close_bgp(&peer, (CEASE, BFD_DOWN));
        }
    }
}
