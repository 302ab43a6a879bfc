//! From captured octets to headers.

use super::bytes::{array_at, u8_at, u16_at};
use super::ethernet::{Cooked, EtherType, Ethernet, VlanTag};
use super::ip::{Ipv4, Ipv6, protocol};
use super::label::{Label, reserved};
use super::layer::{Layer, Packet, Undecoded, Upper};
use super::probe::Probe;
use super::pseudowire::{self, AssociatedChannel, Below, ControlWord, Decided};
use super::roles::{LabelRole, Roles};
use super::transport::{Tcp, Udp};
use super::tunnel::{Gre, Vxlan};
use crate::capture::{LinkType, Record};

/// MPLS over UDP (RFC 7510).
pub(super) const MPLS_OVER_UDP_PORT: u16 = 6635;
/// No packet of at most 262,144 octets needs more than this, unless it was made to.
const MOST_HEADERS: usize = 256;

const PPP_IPV4: u16 = 0x0021;
const PPP_IPV6: u16 = 0x0057;
const PPP_MPLS: u16 = 0x0281;
const PPP_MPLS_MULTICAST: u16 = 0x0283;

/// Takes a packet apart. Never fails: where something stops it, [`Packet::undecoded`] says what, and the payload is
/// what was left.
pub fn decode<'a>(record: &Record<'a>, roles: &Roles) -> Packet<'a> {
    decode_octets(record.link_type, record.captured, record.original_length, roles)
}

/// Takes captured octets apart.
pub(super) fn decode_octets<'a>(
    link_type: LinkType,
    captured: &'a [u8],
    original_length: u32,
    roles: &Roles,
) -> Packet<'a> {
    let length = (original_length as usize).max(captured.len());
    let mut decoder = Decoder {
        packet: Packet::new(captured, length as u32),
        rest: captured,
        length,
        roles,
    };
    let mut next = first_header(link_type);
    for _ in 0..MOST_HEADERS {
        match decoder.header(next) {
            Ok(Header::Done) => return decoder.finish(None),
            Ok(following) => next = following,
            Err(reason) => return decoder.finish(Some(reason)),
        }
    }
    decoder.finish(Some(Undecoded::TooDeep))
}

/// The header to read next.
#[derive(Debug, Clone, Copy)]
enum Header {
    Ethernet,
    Cooked1,
    Cooked2,
    Loopback {
        big_endian: bool,
    },
    PppWithDirection,
    Ppp,
    CiscoHdlc,
    EtherType(EtherType),
    Mpls,
    /// IPv4 or IPv6, by the version.
    Ip,
    Ipv4,
    Ipv6,
    Carried(u8),
    Channel,
    LinkType(LinkType),
    Done,
}

fn first_header(link_type: LinkType) -> Header {
    match link_type {
        LinkType::ETHERNET => Header::Ethernet,
        LinkType::LINUX_COOKED => Header::Cooked1,
        LinkType::LINUX_COOKED_V2 => Header::Cooked2,
        LinkType::NULL => Header::Loopback { big_endian: false },
        LinkType::LOOP => Header::Loopback { big_endian: true },
        LinkType::PPP | LinkType::PPP_HDLC => Header::Ppp,
        LinkType::PPP_WITH_DIRECTION => Header::PppWithDirection,
        LinkType::CISCO_HDLC => Header::CiscoHdlc,
        LinkType::MPLS => Header::Mpls,
        LinkType::RAW => Header::Ip,
        LinkType::IPV4 => Header::Ipv4,
        LinkType::IPV6 => Header::Ipv6,
        other if other.is_old_raw() => Header::Ip,
        other => Header::LinkType(other),
    }
}

struct Decoder<'a, 'r> {
    packet: Packet<'a>,
    /// Captured octets behind the headers read so far, within the lengths these give.
    rest: &'a [u8],
    /// Octets on the wire behind those headers, within the lengths these give.
    length: usize,
    roles: &'r Roles,
}

impl<'a> Decoder<'a, '_> {
    fn finish(mut self, undecoded: Option<Undecoded>) -> Packet<'a> {
        self.packet.payload = self.rest;
        self.packet.payload_length = self.length as u32;
        if undecoded.is_some() {
            self.packet.upper = Upper::Unknown;
            self.packet.undecoded = undecoded;
        }
        self.packet
    }

    /// Goes past a header.
    fn skip(&mut self, octets: usize) {
        self.rest = self.rest.get(octets..).unwrap_or_default();
        self.length = self.length.saturating_sub(octets);
    }

    /// Leaves out what stands behind the length that a header gives: padding, frame check sequences, trailers.
    fn bound(&mut self, length: usize) {
        self.length = length;
        self.rest = self.rest.get(..length).unwrap_or(self.rest);
    }

    fn carries(&mut self, upper: Upper) -> Result<Header, Undecoded> {
        self.packet.upper = upper;
        Ok(Header::Done)
    }

    fn header(&mut self, header: Header) -> Result<Header, Undecoded> {
        match header {
            Header::Ethernet => self.ethernet(),
            Header::Cooked1 => self.cooked(Cooked::read_1(self.rest), Cooked::LENGTH_1),
            Header::Cooked2 => self.cooked(Cooked::read_2(self.rest), Cooked::LENGTH_2),
            Header::Loopback { big_endian } => self.loopback(big_endian),
            Header::PppWithDirection => {
                u8_at(self.rest, 0).ok_or(Undecoded::CutShort("the PPP header"))?;
                self.skip(1);
                Ok(Header::Ppp)
            }
            Header::Ppp => self.ppp(),
            Header::CiscoHdlc => self.cisco_hdlc(),
            Header::EtherType(ether_type) => self.ether_type(ether_type),
            Header::Mpls => self.labels(),
            Header::Ip => match u8_at(self.rest, 0).map(|first| first >> 4) {
                Some(4) => Ok(Header::Ipv4),
                Some(6) => Ok(Header::Ipv6),
                Some(_) => Err(Undecoded::Malformed("the IP header")),
                None => Err(Undecoded::CutShort("the IP header")),
            },
            Header::Ipv4 => self.ipv4(),
            Header::Ipv6 => self.ipv6(),
            Header::Carried(protocol) => self.carried(protocol),
            Header::Channel => self.channel(),
            Header::LinkType(link_type) => Err(Undecoded::LinkType(link_type)),
            Header::Done => Ok(Header::Done),
        }
    }

    fn ethernet(&mut self) -> Result<Header, Undecoded> {
        let ethernet = Ethernet::read(self.rest).ok_or(Undecoded::CutShort("the Ethernet header"))?;
        self.packet.push(Layer::Ethernet(ethernet));
        self.packet.ethernet = Some(ethernet);
        // What an outer header carried is not what this one does.
        self.packet.ip = None;
        self.packet.ipv4 = None;
        self.skip(Ethernet::LENGTH);
        Ok(Header::EtherType(ethernet.ether_type))
    }

    fn cooked(&mut self, cooked: Option<Cooked>, length: usize) -> Result<Header, Undecoded> {
        let cooked = cooked.ok_or(Undecoded::CutShort("the cooked header"))?;
        self.packet.push(Layer::Cooked(cooked));
        self.skip(length);
        // 1 is Novell's raw 802.3, 4 is 802.2; other small numbers are not of this registry.
        match cooked.ether_type {
            EtherType(4) => self.carries(Upper::Llc),
            small if small.is_length() => self.carries(Upper::EtherType(small)),
            ether_type => Ok(Header::EtherType(ether_type)),
        }
    }

    /// The address family, in the byte order of whoever captured.
    fn loopback(&mut self, big_endian: bool) -> Result<Header, Undecoded> {
        let family: [u8; 4] = array_at(self.rest, 0).ok_or(Undecoded::CutShort("the loopback header"))?;
        self.skip(4);
        let family = match u32::from_be_bytes(family) {
            family if big_endian || family < 0x1_0000 => family,
            family => family.swap_bytes(),
        };
        match family {
            2 => Ok(Header::Ipv4),
            // IPv6 in NetBSD and OpenBSD, FreeBSD, macOS.
            24 | 28 | 30 => Ok(Header::Ipv6),
            _ => Err(Undecoded::Unsupported("the loopback's address family")),
        }
    }

    fn ppp(&mut self) -> Result<Header, Undecoded> {
        const CUT: Undecoded = Undecoded::CutShort("the PPP header");
        let first = u16_at(self.rest, 0).ok_or(CUT)?;
        match first {
            0xff03 => self.skip(2),
            // Cisco HDLC on a link that was taken for PPP (RFC 4349).
            0x0f00 | 0x8f00 => return Ok(Header::CiscoHdlc),
            _ => {}
        }
        // An odd first octet is a protocol number compressed to one octet (RFC 1661, 6.5).
        let first = u8_at(self.rest, 0).ok_or(CUT)?;
        let (number, length) = if first & 1 == 1 {
            (u16::from(first), 1)
        } else {
            (u16_at(self.rest, 0).ok_or(CUT)?, 2)
        };
        self.packet.push(Layer::Ppp(number));
        self.skip(length);
        match number {
            PPP_IPV4 => Ok(Header::Ipv4),
            PPP_IPV6 => Ok(Header::Ipv6),
            PPP_MPLS | PPP_MPLS_MULTICAST => Ok(Header::Mpls),
            _ => self.carries(Upper::Ppp(number)),
        }
    }

    fn cisco_hdlc(&mut self) -> Result<Header, Undecoded> {
        let ether_type = u16_at(self.rest, 2).ok_or(Undecoded::CutShort("the Cisco HDLC header"))?;
        self.skip(4);
        Ok(Header::EtherType(EtherType(ether_type)))
    }

    fn ether_type(&mut self, ether_type: EtherType) -> Result<Header, Undecoded> {
        self.packet.ether_type = Some(ether_type);
        match ether_type {
            EtherType::IPV4 => Ok(Header::Ipv4),
            EtherType::IPV6 => Ok(Header::Ipv6),
            EtherType::MPLS | EtherType::MPLS_UPSTREAM => Ok(Header::Mpls),
            EtherType::TRANSPARENT_BRIDGING => Ok(Header::Ethernet),
            EtherType::JUMBO_LLC => self.carries(Upper::Llc),
            EtherType::PPPOE_SESSION => {
                let length = u16_at(self.rest, 4).ok_or(Undecoded::CutShort("the PPPoE header"))?;
                self.skip(6);
                self.bound(usize::from(length).min(self.length));
                Ok(Header::Ppp)
            }
            tag if tag.is_vlan_tag() => {
                let tag = VlanTag::read(tag, self.rest).ok_or(Undecoded::CutShort("a VLAN tag"))?;
                self.packet.push(Layer::Vlan(tag));
                self.skip(VlanTag::LENGTH);
                Ok(Header::EtherType(tag.ether_type))
            }
            length if length.is_length() => self.llc(usize::from(length.0)),
            other => self.carries(Upper::EtherType(other)),
        }
    }

    /// 802.3: the type was a length. Behind SNAP stands a type again.
    fn llc(&mut self, length: usize) -> Result<Header, Undecoded> {
        if length > self.length {
            return Err(Undecoded::Malformed("the 802.3 length"));
        }
        self.bound(length);
        if let Some([0xaa, 0xaa, 0x03, 0, 0, 0, a, b]) = array_at::<8>(self.rest, 0) {
            let ether_type = EtherType(u16::from_be_bytes([a, b]));
            if !ether_type.is_length() {
                self.skip(8);
                return Ok(Header::EtherType(ether_type));
            }
        }
        self.carries(Upper::Llc)
    }

    /// A label stack, and what stands below it.
    fn labels(&mut self) -> Result<Header, Undecoded> {
        let mut bottom = StackBottom::default();
        loop {
            let label = Label::read(self.rest).ok_or(Undecoded::CutShort("the label stack"))?;
            self.packet.push(Layer::Label(label));
            self.skip(Label::LENGTH);
            bottom.push(label);
            if label.bottom {
                break;
            }
        }
        let (below, decided) = self.below(&bottom).ok_or(Undecoded::BelowLabels)?;
        self.packet.below_labels = Some(decided);
        Ok(match below {
            Below::Ipv4 => Header::Ipv4,
            Below::Ipv6 => Header::Ipv6,
            Below::Channel => Header::Channel,
            Below::Ethernet => Header::Ethernet,
            Below::EthernetBehindControlWord => {
                let word = ControlWord::read(self.rest).ok_or(Undecoded::CutShort("the control word"))?;
                self.packet.push(Layer::ControlWord(word));
                self.skip(ControlWord::LENGTH);
                Header::Ethernet
            }
        })
    }

    /// What stands below a label stack: first by the roles of labels, then by reserved labels, then by guessing.
    fn below(&self, bottom: &StackBottom) -> Option<(Below, Decided)> {
        let nibble = u8_at(self.rest, 0).map(|first| first >> 4);
        if let Some(above) = bottom.above
            && let Some(LabelRole::Pseudowire {
                control_word,
                flow_label: true,
            }) = self.roles.label(above)
        {
            return self.below_pseudowire(above, control_word);
        }
        match bottom.last {
            Some(label @ reserved::GENERIC_ASSOCIATED_CHANNEL) => {
                return Some((Below::Channel, Decided::ByReservedLabel { label }));
            }
            Some(label @ reserved::IPV4_EXPLICIT_NULL) if nibble == Some(4) => {
                return Some((Below::Ipv4, Decided::ByReservedLabel { label }));
            }
            Some(label @ reserved::IPV6_EXPLICIT_NULL) if nibble == Some(6) => {
                return Some((Below::Ipv6, Decided::ByReservedLabel { label }));
            }
            Some(label) => match self.roles.label(label) {
                Some(LabelRole::Ip) => {
                    let decided = Decided::ByRole { label };
                    return match nibble {
                        Some(4) => Some((Below::Ipv4, decided)),
                        Some(6) => Some((Below::Ipv6, decided)),
                        Some(1) => Some((Below::Channel, decided)),
                        _ => None,
                    };
                }
                // With a flow label the pseudowire label would not be the last.
                Some(LabelRole::Pseudowire {
                    control_word,
                    flow_label: false,
                }) => {
                    return self.below_pseudowire(label, control_word);
                }
                Some(LabelRole::Pseudowire {
                    flow_label: true,
                    control_word,
                }) => {
                    return self.below_pseudowire(label, control_word);
                }
                None => {}
            },
            None => {}
        }
        pseudowire::guess(self.rest, self.length)
    }

    fn below_pseudowire(&self, label: u32, control_word: Option<bool>) -> Option<(Below, Decided)> {
        let decided = Decided::ByRole { label };
        let nibble = u8_at(self.rest, 0)? >> 4;
        match control_word {
            Some(true) if nibble == 1 => Some((Below::Channel, decided)),
            Some(true) if nibble == 0 => Some((Below::EthernetBehindControlWord, decided)),
            // Neither control word nor channel where one must be.
            Some(true) => None,
            Some(false) => Some((Below::Ethernet, decided)),
            // A pseudowire it is; whether a control word stands there is left to the guess.
            None => match pseudowire::guess(self.rest, self.length)? {
                (Below::Ipv4 | Below::Ipv6, _) => None,
                guessed => Some(guessed),
            },
        }
    }

    fn channel(&mut self) -> Result<Header, Undecoded> {
        let channel = match AssociatedChannel::read(self.rest) {
            Some(Ok(channel)) => channel,
            Some(Err(())) => return Err(Undecoded::Malformed("the associated channel header")),
            None => return Err(Undecoded::CutShort("the associated channel header")),
        };
        self.packet.push(Layer::AssociatedChannel(channel));
        self.skip(AssociatedChannel::LENGTH);
        match channel.channel_type {
            PPP_IPV4 => Ok(Header::Ipv4),
            PPP_IPV6 => Ok(Header::Ipv6),
            other => self.carries(Upper::AssociatedChannel(other)),
        }
    }

    fn ipv4(&mut self) -> Result<Header, Undecoded> {
        let ip = match Ipv4::read(self.rest) {
            Some(Ok(ip)) => ip,
            Some(Err(())) => return Err(Undecoded::Malformed("the IPv4 header")),
            None => return Err(Undecoded::CutShort("the IPv4 header")),
        };
        let total = usize::from(ip.total_length());
        // 0 is what a card that cuts segments itself leaves for its own machine to see.
        if total != 0 {
            if total < ip.header_length() {
                return Err(Undecoded::Malformed("the IPv4 length"));
            }
            if total > self.length {
                return Err(Undecoded::Malformed("the IPv4 length"));
            }
            self.bound(total);
        }
        self.packet.push(Layer::Ipv4(ip));
        let header = ip.header();
        self.packet.ip = Some(header);
        self.packet.ipv4 = Some(ip);
        self.skip(ip.header_length());
        Ok(Header::Carried(header.protocol))
    }

    fn ipv6(&mut self) -> Result<Header, Undecoded> {
        let ip = match Ipv6::read(self.rest) {
            Some(Ok(ip)) => ip,
            Some(Err(())) => return Err(Undecoded::Malformed("the IPv6 header")),
            None => return Err(Undecoded::CutShort("the IPv6 header")),
        };
        let length = usize::from(ip.payload_length());
        self.skip(Ipv6::LENGTH);
        // 0 is what a jumbogram says, or a card that cuts segments itself.
        if length != 0 || ip.next_header() == protocol::NOTHING {
            if length > self.length {
                return Err(Undecoded::Malformed("the IPv6 length"));
            }
            self.bound(length);
        }
        self.packet.push(Layer::Ipv6(ip));
        let behind = ip
            .extensions(self.rest)
            .ok_or(Undecoded::CutShort("the IPv6 extension headers"))?;
        self.packet.ip = Some(ip.header(behind));
        self.packet.ipv4 = None;
        self.skip(behind.length);
        Ok(Header::Carried(behind.protocol))
    }

    fn carried(&mut self, number: u8) -> Result<Header, Undecoded> {
        self.packet.segment = self.rest;
        self.packet.segment_length = self.length as u32;
        let fragment = self.packet.ip.and_then(|ip| ip.fragment);
        if fragment.is_some_and(|fragment| fragment.offset > 0) {
            return self.carries(Upper::Ip(number));
        }
        let whole = fragment.is_none();
        match number {
            protocol::UDP => self.udp(whole),
            protocol::TCP => self.tcp(),
            protocol::ICMP => self.carries(Upper::Icmp),
            protocol::ICMPV6 => self.carries(Upper::Icmpv6),
            protocol::IPV4 if whole => Ok(Header::Ipv4),
            protocol::IPV6 if whole => Ok(Header::Ipv6),
            protocol::MPLS if whole => Ok(Header::Mpls),
            protocol::GRE if whole => self.gre(),
            protocol::AUTHENTICATION if whole => self.authentication(),
            other => self.carries(Upper::Ip(other)),
        }
    }

    fn udp(&mut self, whole: bool) -> Result<Header, Undecoded> {
        let udp = Udp::read(self.rest).ok_or(Undecoded::CutShort("the UDP header"))?;
        let length = usize::from(udp.length);
        // 0 is a jumbogram's. The first part of a datagram has the length of all.
        if length != 0 && whole {
            if length < Udp::LENGTH || length > self.length {
                return Err(Undecoded::Malformed("the UDP length"));
            }
            self.bound(length);
            self.packet.segment = self.rest;
            self.packet.segment_length = self.length as u32;
        }
        self.packet.push(Layer::Udp(udp));
        self.skip(Udp::LENGTH);
        if whole
            && udp.destination_port == Vxlan::PORT
            && let Some(vxlan) = Vxlan::read(self.rest)
        {
            self.packet.push(Layer::Vxlan(vxlan));
            self.skip(Vxlan::LENGTH);
            return Ok(Header::Ethernet);
        }
        if whole && udp.destination_port == MPLS_OVER_UDP_PORT && !self.rest.starts_with(&Probe::MAGIC) {
            return Ok(Header::Mpls);
        }
        self.carries(Upper::Udp(udp))
    }

    fn tcp(&mut self) -> Result<Header, Undecoded> {
        if self.rest.len() < 20 {
            return Err(Undecoded::CutShort("the TCP header"));
        }
        let tcp = Tcp::read(self.rest).ok_or(Undecoded::Malformed("the TCP header"))?;
        let header = usize::from(tcp.header_length);
        if header > self.length {
            return Err(Undecoded::Malformed("the TCP header"));
        }
        self.packet.push(Layer::Tcp(tcp));
        self.skip(header);
        self.carries(Upper::Tcp(tcp))
    }

    /// The authentication header of IPv4 (RFC 4302, 2); that of IPv6 is one of the extension headers.
    fn authentication(&mut self) -> Result<Header, Undecoded> {
        let [next, words] = array_at(self.rest, 0).ok_or(Undecoded::CutShort("the authentication header"))?;
        let length = usize::from(words) * 4 + 8;
        if length > self.length {
            return Err(Undecoded::Malformed("the authentication header"));
        }
        if length > self.rest.len() {
            return Err(Undecoded::CutShort("the authentication header"));
        }
        self.skip(length);
        if let Some(ip) = &mut self.packet.ip {
            ip.protocol = next;
        }
        Ok(Header::Carried(next))
    }

    fn gre(&mut self) -> Result<Header, Undecoded> {
        let (gre, length) = match Gre::read(self.rest) {
            Some(Ok(read)) => read,
            // Version 1 carries PPP for PPTP; source routing was never used.
            Some(Err(_)) => return Err(Undecoded::Unsupported("this version of GRE")),
            None => return Err(Undecoded::CutShort("the GRE header")),
        };
        self.packet.push(Layer::Gre(gre));
        self.skip(length);
        match gre.protocol {
            // It would be a length in Ethernet.
            EtherType::ISO_IN_GRE => self.carries(Upper::EtherType(gre.protocol)),
            protocol => Ok(Header::EtherType(protocol)),
        }
    }
}

/// The labels at the bottom of a stack, entropy labels and their indicators left out (RFC 6790, 3).
#[derive(Default)]
struct StackBottom {
    /// The last label.
    last: Option<u32>,
    /// The one above it.
    above: Option<u32>,
    after_indicator: bool,
}

impl StackBottom {
    fn push(&mut self, label: Label) {
        if self.after_indicator {
            self.after_indicator = false;
            return;
        }
        if label.label == reserved::ENTROPY_LABEL_INDICATOR {
            self.after_indicator = true;
            return;
        }
        self.above = self.last;
        self.last = Some(label.label);
    }
}
