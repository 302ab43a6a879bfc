//! A packet taken apart.

use std::fmt;

use super::checksum::{self, Checksum};
use super::ethernet::{Cooked, EtherType, Ethernet, VlanTag};
use super::flow::{FlowKey, Ports};
use super::ip::{IpHeader, Ipv4, Ipv6};
use super::label::Label;
use super::pseudowire::{AssociatedChannel, ControlWord, Decided};
use super::transport::{Tcp, Udp};
use super::tunnel::{Gre, Vxlan};
use crate::capture::{Direction, LinkType};

/// One header of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer<'a> {
    /// Ethernet.
    Ethernet(Ethernet),
    /// What Linux writes in place of a link header.
    Cooked(Cooked),
    /// PPP, with the number of the protocol that follows.
    Ppp(u16),
    /// A VLAN tag.
    Vlan(VlanTag),
    /// An entry of a label stack.
    Label(Label),
    /// The control word of a pseudowire.
    ControlWord(ControlWord),
    /// The header of an associated channel.
    AssociatedChannel(AssociatedChannel),
    /// IPv4.
    Ipv4(Ipv4<'a>),
    /// IPv6.
    Ipv6(Ipv6<'a>),
    /// GRE.
    Gre(Gre),
    /// VXLAN.
    Vxlan(Vxlan),
    /// UDP.
    Udp(Udp),
    /// TCP.
    Tcp(Tcp),
}

/// What the payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upper {
    /// What UDP carries.
    Udp(Udp),
    /// What TCP carries; its sequence numbers are in the header.
    Tcp(Tcp),
    /// An ICMP message from its type on.
    Icmp,
    /// An ICMPv6 message from its type on.
    Icmpv6,
    /// What IP carries, by its protocol number; a later fragment's, too.
    Ip(u8),
    /// What Ethernet, or a header in its place, carries.
    EtherType(EtherType),
    /// An 802.2 header and what follows it.
    Llc,
    /// What PPP carries.
    Ppp(u16),
    /// A message of an associated channel, behind the channel's header.
    AssociatedChannel(u16),
    /// Octets of which nothing is known; why stands in [`Packet::undecoded`].
    Unknown,
}

/// Why a packet was not taken apart further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Undecoded {
    /// The captured octets end within a header.
    CutShort(&'static str),
    /// A header says what cannot be.
    Malformed(&'static str),
    /// Nothing here reads this link type.
    LinkType(LinkType),
    /// Below the label stack stands what no role explains and no guess makes likely enough.
    BelowLabels,
    /// A header of a kind or version that is not read.
    Unsupported(&'static str),
    /// More headers than a packet can sensibly have.
    TooDeep,
}

impl fmt::Display for Undecoded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutShort(header) => write!(formatter, "{header} is cut short"),
            Self::Malformed(header) => write!(formatter, "{header} is malformed"),
            Self::LinkType(link_type) => write!(formatter, "{link_type} is not read"),
            Self::BelowLabels => formatter.write_str("what stands below the labels is not known and cannot be guessed"),
            Self::Unsupported(header) => write!(formatter, "{header} is not read"),
            Self::TooDeep => formatter.write_str("more headers than are read"),
        }
    }
}

/// As many headers are listed; the innermost ones are known by their own fields in any case.
const LISTED: usize = 16;

/// A packet taken apart. Borrows from the captured octets.
#[derive(Debug, Clone)]
pub struct Packet<'a> {
    layers: [Option<Layer<'a>>; LISTED],
    listed: usize,
    /// Headers beyond those listed.
    pub unlisted: u32,
    /// The innermost Ethernet header.
    pub ethernet: Option<Ethernet>,
    /// Type of what the innermost Ethernet header and its tags carry.
    pub ether_type: Option<EtherType>,
    /// The innermost IP header.
    pub ip: Option<IpHeader>,
    /// The innermost IPv4 header's checksum, once it is asked for.
    pub(super) ipv4: Option<Ipv4<'a>>,
    /// What [`Packet::payload`] is.
    pub upper: Upper,
    /// What stands behind the last header, without padding: bounded by the lengths the headers give.
    pub payload: &'a [u8],
    /// Octets of the payload on the wire, by the headers; more than captured where the packet was cut short.
    pub payload_length: u32,
    /// What the innermost IP header carries, its own header included: the transport header and the payload.
    pub(super) segment: &'a [u8],
    /// Octets of it on the wire, by the headers.
    pub(super) segment_length: u32,
    /// How it was decided what stands below the label stack; `None` without labels.
    pub below_labels: Option<Decided>,
    /// Why it was not taken apart further, where something stopped it.
    pub undecoded: Option<Undecoded>,
}

impl<'a> Packet<'a> {
    pub(super) fn new(octets: &'a [u8], length: u32) -> Self {
        Self {
            layers: [None; LISTED],
            listed: 0,
            unlisted: 0,
            ethernet: None,
            ether_type: None,
            ip: None,
            ipv4: None,
            upper: Upper::Unknown,
            payload: octets,
            payload_length: length,
            segment: &[],
            segment_length: 0,
            below_labels: None,
            undecoded: None,
        }
    }

    pub(super) fn push(&mut self, layer: Layer<'a>) {
        match self.layers.get_mut(self.listed) {
            Some(free) => {
                *free = Some(layer);
                self.listed += 1;
            }
            None => self.unlisted += 1,
        }
    }

    /// The headers, outermost first.
    pub fn layers(&self) -> impl DoubleEndedIterator<Item = &Layer<'a>> {
        self.layers[..self.listed].iter().flatten()
    }

    /// The VLAN tags, outermost first, of all Ethernet headers.
    pub fn vlans(&self) -> impl DoubleEndedIterator<Item = VlanTag> {
        self.layers().filter_map(|layer| match layer {
            Layer::Vlan(tag) => Some(*tag),
            _ => None,
        })
    }

    /// The entries of the label stack, outermost first; of all stacks, where there are several.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = Label> {
        self.layers().filter_map(|layer| match layer {
            Layer::Label(label) => Some(*label),
            _ => None,
        })
    }

    /// The associated channel the packet came in, where it did.
    pub fn associated_channel(&self) -> Option<AssociatedChannel> {
        self.layers().rev().find_map(|layer| match layer {
            Layer::AssociatedChannel(channel) => Some(*channel),
            _ => None,
        })
    }

    /// The pseudowire's control word, where there is one.
    pub fn control_word(&self) -> Option<ControlWord> {
        self.layers().rev().find_map(|layer| match layer {
            Layer::ControlWord(word) => Some(*word),
            _ => None,
        })
    }

    /// The outermost Ethernet header.
    pub fn outer_ethernet(&self) -> Option<Ethernet> {
        self.layers().find_map(|layer| match layer {
            Layer::Ethernet(ethernet) => Some(*ethernet),
            _ => None,
        })
    }

    /// The cooked header, where Linux captured on any interface.
    pub fn cooked(&self) -> Option<Cooked> {
        self.layers().find_map(|layer| match layer {
            Layer::Cooked(cooked) => Some(*cooked),
            _ => None,
        })
    }

    /// Which way it went, where a cooked header says so.
    pub fn direction(&self) -> Option<Direction> {
        self.cooked().and_then(|cooked| cooked.direction)
    }

    /// The innermost UDP header, where UDP is what carries the payload.
    pub fn udp(&self) -> Option<Udp> {
        match self.upper {
            Upper::Udp(udp) => Some(udp),
            _ => None,
        }
    }

    /// The innermost TCP header, where TCP is what carries the payload.
    pub fn tcp(&self) -> Option<Tcp> {
        match self.upper {
            Upper::Tcp(tcp) => Some(tcp),
            _ => None,
        }
    }

    /// The ports, where the payload is carried by UDP or TCP and they are in this packet.
    pub fn ports(&self) -> Option<Ports> {
        match self.upper {
            Upper::Udp(udp) => Some(Ports {
                source: udp.source_port,
                destination: udp.destination_port,
            }),
            Upper::Tcp(tcp) => Some(Ports {
                source: tcp.source_port,
                destination: tcp.destination_port,
            }),
            _ => None,
        }
    }

    /// The flow it belongs to; `None` where neither an IP nor an Ethernet header was found.
    ///
    /// Fragments: the first has the ports, later ones have not. Compare by [`FlowKey::without_ports`] where
    /// [`IpHeader::fragment`] is set.
    pub fn flow(&self) -> Option<FlowKey> {
        if let Some(header) = &self.ip {
            return FlowKey::of_ip(header, self.ports());
        }
        let ethernet = self.ethernet?;
        let carried = self.ether_type.unwrap_or(ethernet.ether_type);
        Some(FlowKey::Ethernet {
            source: ethernet.source,
            destination: ethernet.destination,
            ether_type: if carried.is_length() { EtherType(0) } else { carried },
        })
    }

    /// Whether octets of the payload were not captured.
    pub fn payload_is_cut(&self) -> bool {
        (self.payload.len() as u64) < u64::from(self.payload_length)
    }

    /// Whether the innermost IP header's checksum is right; absent in IPv6.
    pub fn ip_checksum(&self) -> Checksum {
        match (&self.ip, self.ipv4) {
            (Some(_), Some(header)) => checksum::of_ipv4(header),
            (Some(_), None) => Checksum::Absent,
            (None, _) => Checksum::Unverifiable,
        }
    }

    /// Whether the checksum of the innermost UDP, TCP or ICMP header is right.
    pub fn transport_checksum(&self) -> Checksum {
        match &self.ip {
            Some(header)
                if header.fragment.is_none() && self.segment.len() as u64 == u64::from(self.segment_length) =>
            {
                checksum::of_segment(header, self.segment)
            }
            _ => Checksum::Unverifiable,
        }
    }
}
