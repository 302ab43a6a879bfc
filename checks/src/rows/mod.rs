//! The rows of every table, with one set of field names for all platforms: one file a table.

mod bfd_session;
mod bgp_peer;
mod config_line;
mod config_tree;
mod interface;
mod ldp_session;
mod ospf_neighbor;
mod ping;
mod route;
mod route_table;
mod traceroute;
mod version;
mod vpn_instance;

pub use bfd_session::{BfdSession, BfdSessionType, BfdState};
pub use bgp_peer::{AddressFamily, BgpPeer, BgpState, LinkType, SubsequentFamily};
pub use config_line::ConfigLine;
pub use config_tree::{ConfigDiff, ConfigTree, PlacedLine};
pub use interface::{Interface, LinkState};
pub use ldp_session::{LabelAdvertisementMode, LdpRole, LdpSession, LdpState};
pub use ospf_neighbor::{OspfNeighbor, OspfRole, OspfState};
pub use ping::{PingReply, PingResult};
pub use route::{NextHop, Protocol, Route};
pub use route_table::RouteTable;
pub(crate) use route_table::{Flags, HopEntry, ProtocolName, RouteEntry};
pub use traceroute::{Hop, Probe, TracerouteResult};
pub use version::DeviceVersion;
pub use vpn_instance::VpnInstance;
