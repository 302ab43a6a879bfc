//! An OSPF neighbour.

use std::net::Ipv4Addr;

use crate::value::{InterfaceName, Vrf};

words! {
    /// Neighbour state, RFC 2328 section 10.1.
    pub enum OspfState {
        /// Down.
        Down = "down",
        /// Attempt.
        Attempt = "attempt",
        /// Init.
        Init = "init",
        /// 2-Way.
        TwoWay = "2-way",
        /// ExStart.
        ExStart = "exstart",
        /// Exchange.
        Exchange = "exchange",
        /// Loading.
        Loading = "loading",
        /// Full.
        Full = "full",
    }
}

words! {
    /// The neighbour's role in the database exchange.
    pub enum OspfRole {
        /// Master.
        Master = "master",
        /// Slave.
        Slave = "slave",
    }
}

record! {
    /// An OSPF neighbour.
    pub struct OspfNeighbor {
        /// OSPF process.
        pub process_id: Option<u32>,
        /// VPN instance of the process, where printed; VRP prints it nowhere in its neighbour tables.
        pub vrf: Option<Vrf>,
        /// Area.
        pub area: Option<Ipv4Addr>,
        /// Our interface.
        pub interface: Option<InterfaceName>,
        /// Our address on that interface.
        pub local_address: Option<Ipv4Addr>,
        /// Neighbour's router ID.
        pub router_id: Option<Ipv4Addr>,
        /// Neighbour's address.
        pub address: Option<Ipv4Addr>,
        /// Neighbour state.
        pub state: OspfState,
        /// The neighbour's role in the database exchange.
        pub role: OspfRole,
        /// The neighbour's priority.
        pub priority: Option<u8>,
        /// Designated router.
        pub dr: Option<Ipv4Addr>,
        /// Backup designated router.
        pub bdr: Option<Ipv4Addr>,
        /// MTU in bytes.
        pub mtu: Option<u32>,
        /// Time until the neighbour is declared dead, in seconds.
        pub dead_time_s: Option<u64>,
        /// Time since the adjacency came up, in seconds.
        pub uptime_s: Option<u64>,
        /// Graceful-restart state, as printed.
        pub gr_state: Option<String>,
    }
}
