//! A BFD session.

use std::net::IpAddr;

use crate::value::{InterfaceName, Vrf};

words! {
    /// Session state, RFC 5880 section 6.2.
    pub enum BfdState {
        /// Administratively down.
        AdminDown = "admin_down",
        /// Down.
        Down = "down",
        /// Initialising: the peer is heard, and does not hear us yet.
        Init = "init",
        /// Up.
        Up = "up",
    }
}

words! {
    /// What the session runs over.
    pub enum BfdSessionType {
        /// One hop, RFC 5881.
        SingleHop = "single_hop",
        /// Several hops, RFC 5883.
        MultiHop = "multi_hop",
        /// An MPLS LSP, RFC 5884.
        Lsp = "lsp",
        /// A pseudowire, RFC 5885.
        Pw = "pw",
        /// A traffic-engineering tunnel.
        Te = "te",
        /// A VXLAN tunnel.
        Vxlan = "vxlan",
        /// A segment list of a segment routing policy.
        SegmentList = "segment_list",
    }
}

record! {
    /// A BFD session.
    pub struct BfdSession {
        /// Configured session name.
        pub name: Option<String>,
        /// VPN instance.
        pub vrf: Option<Vrf>,
        /// Local discriminator.
        pub local_discriminator: Option<u32>,
        /// Remote discriminator.
        pub remote_discriminator: Option<u32>,
        /// Peer's address.
        pub peer_address: Option<IpAddr>,
        /// Local (source) address.
        pub local_address: Option<IpAddr>,
        /// Interface that the session is bound to.
        pub interface: Option<InterfaceName>,
        /// Session state.
        pub state: BfdState,
        /// Session state as printed: `Up(w)` waits to restore, `Up(*)` is invalid in the device's own words.
        pub raw_state: Option<String>,
        /// What the session runs over.
        pub r#type: BfdSessionType,
        /// Whether it was created dynamically rather than configured.
        pub dynamic: Option<bool>,
        /// Actual transmission interval in milliseconds where printed, else the configured minimum.
        pub tx_interval_ms: Option<u64>,
        /// Actual reception interval in milliseconds where printed, else the configured minimum.
        pub rx_interval_ms: Option<u64>,
        /// Configured minimum transmission interval in milliseconds.
        pub min_tx_interval_ms: Option<u64>,
        /// Configured minimum reception interval in milliseconds.
        pub min_rx_interval_ms: Option<u64>,
        /// Actual transmission interval in milliseconds.
        pub actual_tx_interval_ms: Option<u64>,
        /// Actual reception interval in milliseconds.
        pub actual_rx_interval_ms: Option<u64>,
        /// Local detection multiplier.
        pub multiplier: Option<u32>,
        /// Detection time in milliseconds as printed by the device.
        pub detect_time_ms: Option<u64>,
        /// Last local diagnostic, as printed.
        pub local_diag: Option<String>,
        /// Applications that use the session (Bind Application).
        pub clients: Vec<String>,
        /// Why the session is not up, as printed.
        pub down_reason: Option<String>,
        /// UDP destination port.
        pub destination_port: Option<u16>,
        /// TTL of its packets.
        pub ttl: Option<u8>,
        /// Session type as printed: `S_IP_IF`, `S/AUTO-IF`, `Static_Auto`.
        pub raw_type: Option<String>,
        /// Free description.
        pub description: Option<String>,
    }
}
