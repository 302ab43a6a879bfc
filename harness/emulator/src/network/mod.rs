//! The network as it behaves: computed from the committed configurations of all devices and the links between them.
//!
//! Pure and deterministic: no clock, no chance, nothing recorded. One file a concern; `fixpoint` puts them together.

mod bfd;
mod bfd_multihop;
mod bfd_of_peers;
mod bgp;
mod bgp_doubts;
mod bgp_labels;
mod bgp_news;
mod bgp_next_hop;
mod bgp_path;
mod bgp_peer_settings;
mod bgp_received;
mod bgp_rests_on;
mod bgp_selection;
mod bgp_session;
mod bgp_settings;
mod bgp_tables;
mod bgp_timers;
mod bgp_told;
mod connected;
mod fast_reroute;
mod fixpoint;
mod flapping;
mod forwarding;
mod interfaces;
mod labels;
mod ldp;
mod ldp_doubts;
mod ldp_session;
mod ldp_settings;
mod modelled;
#[cfg(test)]
mod modelled_lines;
mod ospf;
mod ospf_external;
mod ospf_graph;
mod ospf_instance;
mod ospf_link;
mod ospf_paths;
mod ospf_routes;
mod ospf_tree;
mod prefix;
mod rib;
mod route_filter;
mod route_policy;
mod shared;
mod shared_table;
mod simulation;
mod static_routes;
mod vpn_instances;
mod wiring;

use std::sync::Arc;

use crate::configuration::Configuration;

pub use bfd::{BfdSession, BfdState};
pub use bfd_multihop::{MULTIHOP_PORT, MULTIHOP_TTL};
pub use bgp::{BgpSession, BgpSpeaker, SessionState, origin_as};
pub use bgp_path::{Crossing, Origin, Path};
pub use bgp_selection::{Ranked, Reason, Standing};
pub use bgp_settings::{BgpSettings, as_number, of as bgp_settings};
pub use bgp_timers::Timers;
pub use bgp_told::{passed_on, unicast as told_unicast, unicast_path, vpn_path, vpnv4 as told_vpnv4};
pub use fixpoint::{NotComputed, State, compute};
pub use forwarding::{LabelEntry, Outcome, Packet};
pub use interfaces::Interface;
pub use labels::Labels;
pub use ldp::{host_addresses, own_addresses};
pub use ldp_session::{LdpAdjacency, LdpSession};
pub use ldp_settings::{LdpDefaults, LdpSettings, LdpTimers, agreed as agreed_hold, of as ldp_settings};
pub use ospf::{Neighbour, Process, numbered as ospf_process};
pub use ospf_instance::{OspfKind, OspfOrigin};
pub use ospf_link::{Authentication, AuthenticationMark, Contender, Stage, elected};
pub use ospf_paths::{Known as KnownNetwork, Reach, Table as OspfTable, Vertex, tables_of as ospf_tables};
pub use prefix::{Prefix, Vrf};
pub use rib::{Backup, Carrier, Protocol, Rib, Route, Via, longest_match};
pub use simulation::{
    BfdPacket, BfdTrain, BgpCount, Condition, Delays, End, History, KeepaliveKind, KeptAlive, LinkStates, Message,
    Moment, Peers, RouterLinks, Says, Schedule, Simulation, Times, Travels, Walk, Way, draw, nanos,
};
pub use vpn_instances::{LabelMode, VpnInstance};
pub use wiring::{Port, Wiring};

/// What a network is computed from.
#[derive(Debug, Clone, Copy)]
pub struct Topology<'a> {
    /// The committed configuration of every device.
    pub configurations: &'a [Arc<Configuration>],
    /// The links.
    pub wiring: &'a Wiring,
    /// Their condition, each way; a link that is not listed is healthy.
    pub conditions: &'a [[Condition; 2]],
    /// The seeds of the devices' hashes.
    pub seeds: &'a [u64],
    /// The labels that addresses have.
    pub labels: &'a Labels,
}
