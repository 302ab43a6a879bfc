//! An LDP session.

use std::net::Ipv4Addr;

use crate::value::Vrf;

words! {
    /// Session state, RFC 5036 section 2.5.4.
    pub enum LdpState {
        /// NonExistent.
        NonExistent = "nonexistent",
        /// Initialized.
        Initialized = "initialized",
        /// OpenRec.
        OpenRec = "openrec",
        /// OpenSent.
        OpenSent = "opensent",
        /// Operational.
        Operational = "operational",
    }
}

words! {
    /// Our role in setting up the session.
    pub enum LdpRole {
        /// We open the connection.
        Active = "active",
        /// The peer opens the connection.
        Passive = "passive",
    }
}

words! {
    /// Label advertisement mode.
    pub enum LabelAdvertisementMode {
        /// Downstream unsolicited.
        Du = "du",
        /// Downstream on demand.
        Dod = "dod",
    }
}

record! {
    /// An LDP session.
    pub struct LdpSession {
        /// VPN instance; `default` for the public network.
        pub vrf: Vrf,
        /// Peer's LSR ID.
        pub peer_lsr_id: Option<Ipv4Addr>,
        /// Peer's label space; 0 is the whole platform.
        pub label_space: Option<u16>,
        /// Session state.
        pub state: LdpState,
        /// Our role.
        pub role: LdpRole,
        /// Label advertisement mode.
        pub label_adv_mode: LabelAdvertisementMode,
        /// Age in seconds (VRP prints minutes).
        pub age_s: Option<u64>,
        /// Keepalives sent.
        pub keepalive_sent: Option<u64>,
        /// Keepalives received.
        pub keepalive_received: Option<u64>,
        /// Whether the session is being deleted (`*`).
        pub being_deleted: bool,
    }
}
