//! A BGP peer.

use std::net::IpAddr;

use crate::value::Vrf;

words! {
    /// Session state, RFC 4271 section 8.2.2; `no_neg` is VRP's word for a family that was not negotiated.
    pub enum BgpState {
        /// Idle.
        Idle = "idle",
        /// Administratively shut down, printed as `Idle(Admin)` or `Idle(Ignore)`.
        IdleAdmin = "idle_admin",
        /// Connect.
        Connect = "connect",
        /// Active.
        Active = "active",
        /// OpenSent.
        OpenSent = "opensent",
        /// OpenConfirm.
        OpenConfirm = "openconfirm",
        /// Established.
        Established = "established",
        /// The session is up and this address family was not negotiated.
        NoNeg = "no_neg",
    }
}

words! {
    /// Address family.
    pub enum AddressFamily {
        /// IPv4.
        Ipv4 = "ipv4",
        /// IPv6.
        Ipv6 = "ipv6",
        /// Layer-2 VPN.
        L2vpn = "l2vpn",
    }
}

words! {
    /// Subsequent address family.
    pub enum SubsequentFamily {
        /// Unicast.
        Unicast = "unicast",
        /// Labelled unicast.
        LabeledUnicast = "labeled_unicast",
        /// VPN routes with a route distinguisher.
        Vpn = "vpn",
        /// VPLS.
        Vpls = "vpls",
        /// EVPN.
        Evpn = "evpn",
    }
}

words! {
    /// Whether the peer is in our autonomous system.
    pub enum LinkType {
        /// Same autonomous system.
        Ibgp = "ibgp",
        /// Another autonomous system.
        Ebgp = "ebgp",
    }
}

record! {
    /// A BGP peer in one address family.
    pub struct BgpPeer {
        /// VPN instance that the session runs in; `default` for the public network.
        pub vrf: Vrf,
        /// Address family.
        pub afi: AddressFamily,
        /// Subsequent address family.
        pub safi: SubsequentFamily,
        /// Peer's address.
        pub peer: Option<IpAddr>,
        /// Peer's autonomous system number; `x.y` notation is converted.
        pub remote_as: Option<u32>,
        /// Our autonomous system number.
        pub local_as: Option<u32>,
        /// Our router ID.
        pub router_id: Option<std::net::Ipv4Addr>,
        /// Peer's router ID.
        pub remote_router_id: Option<std::net::Ipv4Addr>,
        /// Whether the peer is in our autonomous system.
        pub link_type: LinkType,
        /// Session state.
        pub state: BgpState,
        /// Time since the last change of state, in seconds.
        pub uptime_s: Option<u64>,
        /// Messages received.
        pub msg_received: Option<u64>,
        /// Messages sent.
        pub msg_sent: Option<u64>,
        /// Messages waiting to be sent.
        pub out_queue: Option<u64>,
        /// Prefixes received.
        pub prefixes_received: Option<u64>,
        /// Whether the peer was learned dynamically (`*`).
        pub dynamic: Option<bool>,
    }
}
