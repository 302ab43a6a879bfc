//! The worked example, computed.

mod ages;
mod bfd_far;
mod bgp_between_as;
mod bgp_bfd;
mod bgp_lines;
mod bgp_peers;
mod bgp_targets;
mod bgp_timers;
mod changes;
mod displays;
mod egress_protection;
mod ignored_lines;
pub(crate) mod lab;
pub(crate) mod ldp_sessions;
mod lsp_ways;
mod ospf_external;
mod ospf_peers;
mod random;
mod random_events;
pub(crate) mod random_vpns;
mod settling;
mod stepped;
mod tables;
mod unsettled;
mod vpn_labels;
mod vpn_ospf;
mod vpn_routes;
