//! What traffic is asked for: constant-rate flows from a device, and their limits.

use std::net::Ipv4Addr;
use std::time::Duration;

/// Most flows of one traffic.
pub const MOST_FLOWS: u32 = 10_000;
/// Most packets per second of a flow.
pub const MOST_PACKETS_PER_SECOND: u32 = 10_000;
/// Shortest frame that holds the probe's headers and payload, without tags, labels and check sequence.
pub const SHORTEST_PROBE: u16 = 66;
/// Longest frame, without tags, labels and check sequence.
pub const LONGEST_PROBE: u16 = 1_514;

/// Constant-rate UDP flows from one device.
///
/// The flows differ in their source ports, which count up from [`source_port`](Self::source_port). Every flow sends
/// [`packets_per_second`](Self::packets_per_second); the flows take turns, so that the packets of all of them are
/// evenly spaced. The payload is `SEQ1`, number of the flow (32 bits), sequence number from 0 (64 bits), time of sending
/// in nanoseconds since 1970 (64 bits), all in network byte order, then zeros up to the size of the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrafficSpec {
    /// The device that sends; the packets begin there with TTL 64.
    pub device: String,
    /// The VPN instance that they begin in; `None` is the public network.
    pub vpn_instance: Option<String>,
    /// Source address. `None` takes the device's own towards the destination when the traffic starts. Any address may
    /// be given: one that is not the device's own stands for a host behind it.
    pub source: Option<Ipv4Addr>,
    /// Destination: an address of a device.
    pub destination: Ipv4Addr,
    /// Source port of the first flow.
    pub source_port: u16,
    /// Destination port of all flows.
    pub destination_port: u16,
    /// Number of flows, from 1 to 10,000.
    pub flows: u32,
    /// Packets per second of each flow, from 1 to 10,000.
    pub packets_per_second: u32,
    /// How long it is sent; `None` until it is stopped.
    pub duration: Option<Duration>,
    /// Length of the Ethernet frame without tags, labels and check sequence, from 66 to 1514 bytes.
    pub frame_size: u16,
}

impl Default for TrafficSpec {
    fn default() -> Self {
        Self {
            device: String::new(),
            vpn_instance: None,
            source: None,
            destination: Ipv4Addr::UNSPECIFIED,
            source_port: 40_000,
            destination_port: 7_000,
            flows: 1,
            packets_per_second: 1_000,
            duration: None,
            frame_size: 128,
        }
    }
}

/// What is wrong with a traffic by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrafficLimit {
    /// No flow, or too many.
    #[error("{0} flows: from 1 to {MOST_FLOWS} are possible")]
    Flows(u32),
    /// No rate, or too high a one.
    #[error("{0} packets per second a flow: from 1 to {MOST_PACKETS_PER_SECOND} are possible")]
    Rate(u32),
    /// The frame is too short or too long.
    #[error("frames of {0} bytes: from {SHORTEST_PROBE} to {LONGEST_PROBE} are possible")]
    FrameSize(u16),
    /// The source ports do not suffice.
    #[error("{flows} flows from source port {first} on: ports end at 65535")]
    Ports {
        /// How many flows.
        flows: u32,
        /// The first port.
        first: u16,
    },
    /// A port is 0.
    #[error("port 0 cannot be used")]
    PortZero,
    /// The address cannot be an end of traffic.
    #[error("{0} cannot be the {1} of traffic")]
    Address(Ipv4Addr, &'static str),
}

impl TrafficSpec {
    /// Whether it is within its limits.
    pub fn check(&self) -> Result<(), TrafficLimit> {
        if !(1..=MOST_FLOWS).contains(&self.flows) {
            return Err(TrafficLimit::Flows(self.flows));
        }
        if !(1..=MOST_PACKETS_PER_SECOND).contains(&self.packets_per_second) {
            return Err(TrafficLimit::Rate(self.packets_per_second));
        }
        if !(SHORTEST_PROBE..=LONGEST_PROBE).contains(&self.frame_size) {
            return Err(TrafficLimit::FrameSize(self.frame_size));
        }
        if self.source_port == 0 || self.destination_port == 0 {
            return Err(TrafficLimit::PortZero);
        }
        if u32::from(self.source_port) + self.flows > 65_536 {
            return Err(TrafficLimit::Ports {
                flows: self.flows,
                first: self.source_port,
            });
        }
        let is_host = |address: Ipv4Addr| {
            !(address.is_unspecified() || address.is_multicast() || address.is_broadcast() || address.is_loopback())
        };
        if !is_host(self.destination) {
            return Err(TrafficLimit::Address(self.destination, "destination"));
        }
        match self.source.filter(|source| !is_host(*source)) {
            Some(source) => Err(TrafficLimit::Address(source, "source")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(|_: &mut TrafficSpec| {}, None)]
    #[case(|spec: &mut TrafficSpec| spec.flows = 0, Some("0 flows: from 1 to 10000 are possible"))]
    #[case(|spec: &mut TrafficSpec| spec.flows = 10_001, Some("10001 flows: from 1 to 10000 are possible"))]
    #[case(|spec: &mut TrafficSpec| spec.packets_per_second = 0, Some("0 packets per second a flow: from 1 to 10000 are possible"))]
    #[case(|spec: &mut TrafficSpec| spec.frame_size = 65, Some("frames of 65 bytes: from 66 to 1514 are possible"))]
    #[case(|spec: &mut TrafficSpec| spec.frame_size = 1515, Some("frames of 1515 bytes: from 66 to 1514 are possible"))]
    #[case(|spec: &mut TrafficSpec| spec.source_port = 0, Some("port 0 cannot be used"))]
    #[case(|spec: &mut TrafficSpec| spec.source_port = 65_535, None)]
    #[case(
        |spec: &mut TrafficSpec| { spec.source_port = 65_535; spec.flows = 2 },
        Some("2 flows from source port 65535 on: ports end at 65535")
    )]
    #[case(
        |spec: &mut TrafficSpec| spec.destination = Ipv4Addr::new(224, 0, 0, 5),
        Some("224.0.0.5 cannot be the destination of traffic")
    )]
    #[case(
        |spec: &mut TrafficSpec| spec.source = Some(Ipv4Addr::UNSPECIFIED),
        Some("0.0.0.0 cannot be the source of traffic")
    )]
    fn limits_are_stated(#[case] change: fn(&mut TrafficSpec), #[case] expected: Option<&str>) {
        let mut spec = TrafficSpec {
            destination: Ipv4Addr::new(1, 1, 1, 1),
            ..TrafficSpec::default()
        };
        change(&mut spec);
        assert_eq!(spec.check().err().map(|error| error.to_string()).as_deref(), expected);
    }
}
