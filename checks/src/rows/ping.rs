//! The result of one ping.

use std::net::IpAddr;

use crate::value::Vrf;

record! {
    /// One request and what came of it.
    pub struct PingReply {
        /// Sequence number; absent for a request that timed out.
        pub seq: Option<u32>,
        /// Who answered.
        pub from: Option<IpAddr>,
        /// TTL of the answer.
        pub ttl: Option<u8>,
        /// Round-trip time in milliseconds; `<1` is kept as 1, its upper bound.
        pub rtt_ms: Option<f64>,
        /// Whether the request timed out.
        pub timeout: bool,
    }
}

record! {
    /// The result of one ping.
    pub struct PingResult {
        /// Target address.
        pub target: Option<IpAddr>,
        /// VPN instance.
        pub vrf: Vrf,
        /// Payload in bytes.
        pub size: Option<u32>,
        /// Requests sent.
        pub sent: Option<u32>,
        /// Answers received.
        pub received: Option<u32>,
        /// Loss in percent.
        pub loss_pct: Option<f64>,
        /// Shortest round trip in milliseconds.
        pub rtt_min_ms: Option<f64>,
        /// Mean round trip in milliseconds.
        pub rtt_avg_ms: Option<f64>,
        /// Longest round trip in milliseconds.
        pub rtt_max_ms: Option<f64>,
        /// Every request.
        pub replies: Vec<PingReply>,
    }
}
