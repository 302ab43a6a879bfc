//! What distinguishes one flow from another.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::ethernet::{EtherType, MacAddress};
use super::ip::{IpHeader, protocol};

/// Source and destination port of UDP or TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ports {
    /// Source port.
    pub source: u16,
    /// Destination port.
    pub destination: u16,
}

/// What distinguishes a flow: addresses, protocol and ports of the innermost IP header, or the innermost MAC addresses
/// of what is not IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowKey {
    /// IPv4.
    V4 {
        /// Source.
        source: Ipv4Addr,
        /// Destination.
        destination: Ipv4Addr,
        /// Protocol.
        protocol: u8,
        /// Ports; absent where the protocol has none, and in fragments that do not show them.
        ports: Option<Ports>,
    },
    /// IPv6.
    V6 {
        /// Source.
        source: Ipv6Addr,
        /// Destination.
        destination: Ipv6Addr,
        /// Protocol behind the extension headers.
        protocol: u8,
        /// Ports; absent where the protocol has none, and in fragments that do not show them.
        ports: Option<Ports>,
    },
    /// What is not IP.
    Ethernet {
        /// Source.
        source: MacAddress,
        /// Destination.
        destination: MacAddress,
        /// Type of what is carried; 0 for 802.3 frames.
        ether_type: EtherType,
    },
}

impl FlowKey {
    /// The flow of an IP header and, where they are known, ports.
    pub fn of_ip(header: &IpHeader, ports: Option<Ports>) -> Option<Self> {
        match (header.source, header.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => Some(Self::V4 {
                source,
                destination,
                protocol: header.protocol,
                ports,
            }),
            (IpAddr::V6(source), IpAddr::V6(destination)) => Some(Self::V6 {
                source,
                destination,
                protocol: header.protocol,
                ports,
            }),
            _ => None,
        }
    }

    /// The same flow the other way round.
    #[must_use]
    pub fn reversed(self) -> Self {
        let swap = |ports: Option<Ports>| {
            ports.map(|ports| Ports {
                source: ports.destination,
                destination: ports.source,
            })
        };
        match self {
            Self::V4 {
                source,
                destination,
                protocol,
                ports,
            } => Self::V4 {
                source: destination,
                destination: source,
                protocol,
                ports: swap(ports),
            },
            Self::V6 {
                source,
                destination,
                protocol,
                ports,
            } => Self::V6 {
                source: destination,
                destination: source,
                protocol,
                ports: swap(ports),
            },
            Self::Ethernet {
                source,
                destination,
                ether_type,
            } => Self::Ethernet {
                source: destination,
                destination: source,
                ether_type,
            },
        }
    }

    /// The flow without its ports: what the fragments of a datagram have in common.
    #[must_use]
    pub fn without_ports(mut self) -> Self {
        if let Self::V4 { ports, .. } | Self::V6 { ports, .. } = &mut self {
            *ports = None;
        }
        self
    }

    /// Source address, where it is IP.
    pub fn source(&self) -> Option<IpAddr> {
        match *self {
            Self::V4 { source, .. } => Some(IpAddr::V4(source)),
            Self::V6 { source, .. } => Some(IpAddr::V6(source)),
            Self::Ethernet { .. } => None,
        }
    }

    /// Destination address, where it is IP.
    pub fn destination(&self) -> Option<IpAddr> {
        match *self {
            Self::V4 { destination, .. } => Some(IpAddr::V4(destination)),
            Self::V6 { destination, .. } => Some(IpAddr::V6(destination)),
            Self::Ethernet { .. } => None,
        }
    }

    /// IP protocol, where it is IP.
    pub fn protocol(&self) -> Option<u8> {
        match *self {
            Self::V4 { protocol, .. } | Self::V6 { protocol, .. } => Some(protocol),
            Self::Ethernet { .. } => None,
        }
    }

    /// Ports, where there are any.
    pub fn ports(&self) -> Option<Ports> {
        match *self {
            Self::V4 { ports, .. } | Self::V6 { ports, .. } => ports,
            Self::Ethernet { .. } => None,
        }
    }
}

impl fmt::Display for FlowKey {
    /// As `10.3.1.2:7000 -> 1.1.1.1:7000 udp`, `[2001:db8::1]:1 -> [2001:db8::2]:2 tcp`, `10.3.1.2 -> 1.1.1.1 ospf`, or
    /// `02:00:00:00:00:01 -> 02:00:00:00:00:02 0x0806`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::V4 {
                source,
                destination,
                protocol,
                ports,
            } => write_ip(formatter, (source.into(), destination.into()), ports, protocol),
            Self::V6 {
                source,
                destination,
                protocol,
                ports,
            } => write_ip(formatter, (source.into(), destination.into()), ports, protocol),
            Self::Ethernet {
                source,
                destination,
                ether_type,
            } => {
                write!(formatter, "{source} -> {destination} {ether_type}")
            }
        }
    }
}

fn write_ip(
    formatter: &mut fmt::Formatter<'_>,
    (source, destination): (IpAddr, IpAddr),
    ports: Option<Ports>,
    protocol: u8,
) -> fmt::Result {
    match ports {
        Some(ports) => {
            let source = SocketAddr::new(source, ports.source);
            let destination = SocketAddr::new(destination, ports.destination);
            write!(formatter, "{source} -> {destination} ")?;
        }
        None => write!(formatter, "{source} -> {destination} ")?,
    }
    write!(formatter, "{}", ProtocolName(protocol))
}

struct ProtocolName(u8);

impl fmt::Display for ProtocolName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            protocol::ICMP => "icmp",
            protocol::TCP => "tcp",
            protocol::UDP => "udp",
            protocol::GRE => "gre",
            protocol::ESP => "esp",
            protocol::ICMPV6 => "icmpv6",
            protocol::OSPF => "ospf",
            protocol::VRRP => "vrrp",
            number => return write!(formatter, "protocol {number}"),
        };
        formatter.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_are_written_as_engineers_write_them() {
        let ports = Some(Ports {
            source: 7000,
            destination: 7001,
        });
        let flow = FlowKey::V4 {
            source: Ipv4Addr::new(10, 3, 1, 2),
            destination: Ipv4Addr::new(1, 1, 1, 1),
            protocol: 17,
            ports,
        };
        assert_eq!(flow.to_string(), "10.3.1.2:7000 -> 1.1.1.1:7001 udp");
        assert_eq!(flow.reversed().to_string(), "1.1.1.1:7001 -> 10.3.1.2:7000 udp");
        assert_eq!(flow.without_ports().to_string(), "10.3.1.2 -> 1.1.1.1 udp");
        let flow = FlowKey::V6 {
            source: "2001:db8::1".parse().unwrap(),
            destination: "2001:db8::2".parse().unwrap(),
            protocol: 99,
            ports,
        };
        assert_eq!(flow.to_string(), "[2001:db8::1]:7000 -> [2001:db8::2]:7001 protocol 99");
        assert_eq!(flow.reversed().reversed(), flow);
    }
}
