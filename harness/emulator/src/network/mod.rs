//! The network as it behaves: computed from the committed configurations of all devices and the links between them.
//!
//! Pure and deterministic: no clock, no chance, nothing recorded. One file a concern; `fixpoint` puts them together.

mod bfd;
mod bgp;
mod bgp_selection;
mod bgp_settings;
mod connected;
mod fixpoint;
mod forwarding;
mod interfaces;
mod ldp;
mod modelled;
mod ospf;
mod prefix;
mod rib;
mod static_routes;
mod vpn_instances;

use std::sync::Arc;

use crate::configuration::Configuration;
use crate::interface_name::InterfaceName;

pub use bfd::{BfdSession, BfdState};
pub use bgp::{BgpSession, BgpSpeaker, SessionState, origin_as};
pub use fixpoint::{NotComputed, State, compute};
pub use forwarding::{Outcome, Packet};
pub use interfaces::Interface;
pub use ldp::LdpSession;
pub use ospf::{Neighbour, Process};
pub use prefix::{Prefix, Vrf};
pub use rib::{Protocol, Rib, Route, Via, longest_match};
pub use vpn_instances::VpnInstance;

/// What a network is computed from.
#[derive(Debug, Clone, Copy)]
pub struct Topology<'a> {
    /// The committed configuration of every device.
    pub configurations: &'a [Arc<Configuration>],
    /// The links: index of the device and port at both ends.
    pub links: &'a [[(usize, InterfaceName); 2]],
}
