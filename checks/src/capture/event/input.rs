//! Packets as the control plane's observer takes them.

use std::net::IpAddr;

use super::Sighting;
use super::encapsulation::Encapsulation;
use crate::capture::packet::{EtherType, Layer, Packet, Tcp, Upper, protocol};
use crate::capture::protocol::{bfd, bgp, ldp, lsp_ping};

/// The ISO network layer in PPP (RFC 1377).
const PPP_ISO: u16 = 0x0023;

/// An IP header as far as control protocols need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpEnds {
    /// Source.
    pub source: IpAddr,
    /// Destination.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Identification of IPv4; with the payload it tells a packet seen twice from two packets.
    pub identification: Option<u16>,
    /// Only a part of a datagram.
    pub fragment: bool,
}

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried<'a> {
    /// A UDP datagram.
    Udp {
        /// IP.
        ip: IpEnds,
        /// Source port.
        source_port: u16,
        /// Destination port.
        destination_port: u16,
        /// Payload as captured.
        payload: &'a [u8],
    },
    /// A TCP segment.
    Tcp {
        /// IP.
        ip: IpEnds,
        /// Header.
        tcp: TcpEnds,
        /// Payload as captured.
        payload: &'a [u8],
        /// Payload bytes on the wire.
        wire_length: u32,
    },
    /// What IP carries without ports: OSPF (89), VRRP (112).
    Ip {
        /// IP.
        ip: IpEnds,
        /// Protocol number.
        protocol: u8,
        /// Payload as captured.
        payload: &'a [u8],
    },
    /// An 802.2 frame from its DSAP on.
    Llc {
        /// Source MAC address, where the capture has it.
        source: Option<[u8; 6]>,
        /// Destination MAC address, where the capture has it.
        destination: Option<[u8; 6]>,
        /// From the DSAP on.
        payload: &'a [u8],
    },
    /// A packet of the ISO network layer without an 802.2 header: in PPP, Cisco HDLC or GRE.
    Iso {
        /// From the protocol discriminator on, or from an octet of padding before it.
        payload: &'a [u8],
    },
    /// A message of an associated channel, behind its header.
    Channel {
        /// Channel type.
        channel_type: u16,
        /// Message.
        payload: &'a [u8],
    },
}

/// A TCP header as far as streams need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpEnds {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number, where ACK is set.
    pub acknowledgement: Option<u32>,
    /// SYN.
    pub syn: bool,
    /// FIN.
    pub fin: bool,
    /// RST.
    pub rst: bool,
}

/// A packet at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlPacket<'a> {
    /// When and where.
    pub seen: Sighting,
    /// In what.
    pub encapsulation: Encapsulation,
    /// What.
    pub carried: Carried<'a>,
}

impl<'a> ControlPacket<'a> {
    /// What a packet carries, if it is a control protocol; `None` for everything else.
    pub fn of(seen: Sighting, packet: &Packet<'a>) -> Option<Self> {
        let payload = packet.payload;
        let carried = match packet.upper {
            Upper::Udp(udp) if is_control_udp(udp.source_port) || is_control_udp(udp.destination_port) => {
                Carried::Udp {
                    ip: ip_ends(packet)?,
                    source_port: udp.source_port,
                    destination_port: udp.destination_port,
                    payload,
                }
            }
            Upper::Tcp(tcp) if is_control_tcp(tcp.source_port) || is_control_tcp(tcp.destination_port) => {
                Carried::Tcp {
                    ip: ip_ends(packet)?,
                    tcp: TcpEnds {
                        source_port: tcp.source_port,
                        destination_port: tcp.destination_port,
                        sequence: tcp.sequence,
                        acknowledgement: tcp.has(Tcp::ACK).then_some(tcp.acknowledgement),
                        syn: tcp.has(Tcp::SYN),
                        fin: tcp.has(Tcp::FIN),
                        rst: tcp.has(Tcp::RST),
                    },
                    payload,
                    wire_length: packet.payload_length,
                }
            }
            Upper::Ip(number @ (protocol::OSPF | protocol::VRRP)) => Carried::Ip {
                ip: ip_ends(packet)?,
                protocol: number,
                payload,
            },
            Upper::Llc => {
                let source = match packet.ethernet {
                    Some(ethernet) => Some(ethernet.source),
                    None => packet.cooked().and_then(|cooked| cooked.source),
                };
                Carried::Llc {
                    source: source.map(|address| address.0),
                    destination: packet.ethernet.map(|ethernet| ethernet.destination.0),
                    payload,
                }
            }
            Upper::Ppp(PPP_ISO) | Upper::EtherType(EtherType::ISO_IN_CISCO_HDLC | EtherType::ISO_IN_GRE) => {
                Carried::Iso { payload }
            }
            Upper::AssociatedChannel(channel_type) => Carried::Channel { channel_type, payload },
            _ => return None,
        };
        Some(Self {
            seen,
            encapsulation: Encapsulation::of(packet),
            carried,
        })
    }

    /// Whether what comes over UDP begins as its protocol does: other traffic may have any port, above all as its source.
    pub fn is_what_its_port_says(&self) -> bool {
        let Carried::Udp {
            source_port,
            destination_port,
            payload,
            ..
        } = self.carried
        else {
            return true;
        };
        let version = payload.first_chunk().map(|octets| u16::from_be_bytes(*octets));
        let is = |port: u16| source_port == port || destination_port == port;
        if is(ldp::PORT) || is(lsp_ping::PORT) {
            // Both are of version 1 (RFC 5036, section 3.1; RFC 8029, section 3).
            version == Some(1)
        } else if is(bfd::ECHO_PORT) {
            // What an echo carries is a local matter (RFC 5880, section 6.4).
            destination_port == bfd::ECHO_PORT
        } else {
            bfd::Control::decode(payload).is_ok()
        }
    }
}

/// Whether a control protocol over UDP or TCP may use this port. UDP and TCP with no such port is no
/// [`ControlPacket`].
pub fn is_control_port(port: u16) -> bool {
    is_control_udp(port) || is_control_tcp(port)
}

fn is_control_udp(port: u16) -> bool {
    matches!(
        port,
        bfd::SINGLE_HOP_PORT
            | bfd::ECHO_PORT
            | bfd::MULTIHOP_PORT
            | bfd::LAG_MEMBER_PORT
            | bfd::SEAMLESS_PORT
            | ldp::PORT
            | lsp_ping::PORT
    )
}

fn is_control_tcp(port: u16) -> bool {
    matches!(port, bgp::PORT | ldp::PORT)
}

fn ip_ends(packet: &Packet<'_>) -> Option<IpEnds> {
    let header = packet.ip?;
    let identification = packet.layers().rev().find_map(|layer| match layer {
        Layer::Ipv4(header) => Some(Some(header.identification())),
        Layer::Ipv6(_) => Some(None),
        _ => None,
    });
    Some(IpEnds {
        source: header.source,
        destination: header.destination,
        ttl: header.ttl,
        identification: identification.flatten(),
        fragment: header.fragment.is_some(),
    })
}
