//! A route and its next hops.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::value::{InterfaceName, Vrf};

words! {
    /// Where a route was learned.
    pub enum Protocol {
        /// A directly attached prefix, VRP's `Direct`.
        Connected = "connected",
        /// A local host address.
        Local = "local",
        /// Static.
        Static = "static",
        /// OSPF, external routes included.
        Ospf = "ospf",
        /// IS-IS.
        Isis = "isis",
        /// BGP, internal and external.
        Bgp = "bgp",
        /// RIP.
        Rip = "rip",
        /// User network route.
        Unr = "unr",
        /// A source that has no name here.
        Other = "other",
    }
}

record! {
    /// One next hop of a route.
    pub struct NextHop {
        /// Next-hop address.
        pub address: Option<IpAddr>,
        /// Outgoing interface, or the name of a tunnel or policy.
        pub interface: Option<InterfaceName>,
        /// Address that the next hop was resolved to.
        pub relay_address: Option<IpAddr>,
        /// Whether the device prefers it.
        pub active: bool,
        /// Whether it is in the forwarding table (VRP flag D).
        pub installed: bool,
        /// Whether the next hop was resolved through another route (VRP flag R).
        pub recursive: bool,
        /// Labels pushed.
        pub labels: Vec<u32>,
        /// Tunnel identifier, as printed.
        pub tunnel_id: Option<String>,
        /// Whether it is a backup only.
        pub backup: bool,
        /// Flags as printed.
        pub raw_flags: Option<String>,
        /// Peer that announced the route.
        pub neighbour: Option<IpAddr>,
    }
}

record! {
    /// A route: one prefix from one source, with all its next hops.
    pub struct Route {
        /// Routing table.
        pub vrf: Vrf,
        /// Prefix.
        pub prefix: Option<IpNet>,
        /// Where it was learned.
        pub protocol: Protocol,
        /// The finer name: `ibgp`, `ebgp`, `o_ase`, `isis-l2`.
        pub protocol_detail: Option<String>,
        /// The source as printed.
        pub raw_protocol: Option<String>,
        /// Process number of the protocol.
        pub process_id: Option<u32>,
        /// Preference (administrative distance).
        pub preference: Option<u32>,
        /// Cost.
        pub metric: Option<u32>,
        /// Whether it is the best route to its prefix.
        pub active: bool,
        /// Whether every next hop is in the forwarding table.
        pub installed: bool,
        /// Whether packets are discarded (VRP flag B, interface NULL0).
        pub blackhole: bool,
        /// Tag.
        pub tag: Option<u32>,
        /// Age in seconds.
        pub age_s: Option<u64>,
        /// Next hops in the order printed.
        pub next_hops: Vec<NextHop>,
        /// State as printed: `Active Adv Relied`.
        pub state_raw: Option<String>,
        /// Label.
        pub label: Option<u32>,
    }
}

impl Route {
    /// The next hops that packets may take now.
    pub fn forwarding(&self) -> impl Iterator<Item = &NextHop> {
        self.next_hops.iter().filter(|hop| hop.installed && !hop.backup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{Cell, Column};

    #[test]
    fn backup_next_hops_do_not_forward() {
        let hop = |installed, backup| NextHop {
            installed,
            backup,
            ..NextHop::default()
        };
        let route = Route {
            next_hops: vec![hop(true, false), hop(false, false), hop(true, true)],
            ..Route::default()
        };
        assert_eq!(route.forwarding().count(), 1);
        assert_eq!(Protocol::default().cell(), Cell::Absent);
    }
}
