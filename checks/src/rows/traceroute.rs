//! The result of one traceroute.

use std::net::IpAddr;

use crate::value::Vrf;

record! {
    /// One probe of a hop.
    pub struct Probe {
        /// Who answered; absent when nobody did.
        pub address: Option<IpAddr>,
        /// Round-trip time in milliseconds.
        pub rtt_ms: Option<f64>,
        /// Whether nobody answered (`*`).
        pub timeout: bool,
        /// ICMP annotation, e.g. `!N`, without interpretation.
        pub annotation: Option<String>,
    }
}

record! {
    /// One hop.
    pub struct Hop {
        /// TTL of its probes.
        pub ttl: Option<u32>,
        /// Its probes in order.
        pub probes: Vec<Probe>,
        /// Autonomous system numbers printed (`< AS=100 >`).
        pub as_numbers: Vec<u32>,
        /// MPLS labels printed.
        pub labels: Vec<u32>,
    }
}

record! {
    /// The result of one traceroute.
    pub struct TracerouteResult {
        /// Target address.
        pub target: Option<IpAddr>,
        /// VPN instance.
        pub vrf: Vrf,
        /// Whether the last hop is the target.
        pub reached: bool,
        /// Largest TTL tried.
        pub max_hops: Option<u32>,
        /// Probe size in bytes.
        pub packet_length: Option<u32>,
        /// Every hop.
        pub hops: Vec<Hop>,
    }
}
