//! What devices tell each other, as the history keeps it.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::links::Way;
use super::moment::Moment;
use super::schedule::Schedule;
use crate::interface_name::InterfaceName;
use crate::network::bfd::BfdState;
use crate::network::bgp_path::Path;
use crate::network::ospf_external::External;
use crate::network::ospf_link::AuthenticationMark;
use crate::network::prefix::{Prefix, Vrf};

/// A message that was sent once.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// When it was sent.
    pub sent: Moment,
    /// The device that sent it.
    pub from: usize,
    /// The device that it was for.
    pub to: usize,
    /// How it travels.
    pub travels: Travels,
    /// What it says.
    pub says: Says,
}

/// How a message travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Travels {
    /// In an IP packet that is forwarded like any other: walk it with [`super::History::walk`].
    Routed {
        /// The instance.
        vrf: Vrf,
        /// The sender's address.
        source: Ipv4Addr,
        /// The receiver's address.
        destination: Ipv4Addr,
    },
    /// Over one link and no further.
    OnLink {
        /// The way that it took.
        way: Way,
        /// The interface that it left by.
        interface: InterfaceName,
        /// The sender's address.
        source: Ipv4Addr,
    },
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Says {
    /// BGP OPEN (RFC 4271 §4.2).
    BgpOpen {
        /// The sender's AS.
        as_number: u32,
        /// Its router ID.
        router_id: Ipv4Addr,
        /// Hold time in seconds.
        hold: u16,
        /// IPv4 unicast is offered.
        unicast: bool,
        /// IPv4 unicast with labels is offered (RFC 8277).
        labelled: bool,
        /// VPNv4 is offered.
        vpnv4: bool,
    },
    /// BGP UPDATE (RFC 4271 §4.3).
    BgpUpdate {
        /// Routes announced. A path with VPN attributes is of the VPNv4 family, another with a label of unicast with
        /// labels.
        announced: Vec<(Prefix, Path)>,
        /// Routes withdrawn: prefix, and route distinguisher if it is of the VPNv4 family.
        withdrawn: Vec<(Prefix, Option<String>)>,
        /// Routes of unicast with labels that are withdrawn.
        labels_withdrawn: Vec<Prefix>,
    },
    /// BGP NOTIFICATION (RFC 4271 §4.5).
    BgpNotification {
        /// Error code.
        code: u8,
        /// Error subcode.
        subcode: u8,
    },
    /// LDP Initialization (RFC 5036 §3.5.3).
    LdpInitialization {
        /// LSR ID of the sender.
        lsr_id: Ipv4Addr,
        /// LSR ID of the receiver.
        receiver: Ipv4Addr,
        /// Keepalive hold time in seconds.
        hold: u16,
    },
    /// LDP Label Mapping (RFC 5036 §3.5.7) of a host address.
    LdpMapping {
        /// LSR ID of the sender.
        lsr_id: Ipv4Addr,
        /// The address.
        address: Ipv4Addr,
        /// Its label; 3 is the implicit null.
        label: u32,
    },
    /// LDP Label Withdraw (RFC 5036 §3.5.10).
    LdpWithdraw {
        /// LSR ID of the sender.
        lsr_id: Ipv4Addr,
        /// The address.
        address: Ipv4Addr,
        /// The label that it had.
        label: u32,
    },
    /// LDP Notification (RFC 5036 §3.5.1): the session ends.
    LdpNotification {
        /// LSR ID of the sender.
        lsr_id: Ipv4Addr,
        /// Status code without its flags.
        status: u32,
    },
    /// OSPF Link State Update (RFC 2328 §A.3.5) with LSAs of one router.
    OspfUpdate {
        /// Router ID of the sender.
        router_id: Ipv4Addr,
        /// The area of the link that it was sent on.
        area: Ipv4Addr,
        /// How it is authenticated.
        authentication: AuthenticationMark,
        /// The LSAs.
        lsas: Arc<LinkStates>,
    },
}

/// LSAs of one router, as they are told into one area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStates {
    /// Router ID of their origin.
    pub origin: Ipv4Addr,
    /// Their sequence number, from 0x80000001.
    pub sequence: u32,
    /// When they were originated: their age is the time since then.
    pub originated: Moment,
    /// The router LSA (RFC 2328 §A.4.2).
    pub router: Option<RouterLinks>,
    /// Summary LSAs of networks (§A.4.4) that come over a provider's network, with their costs. They bear the DN bit.
    pub summaries: Vec<(Prefix, u32)>,
    /// AS-external LSAs (§A.4.5).
    pub externals: Vec<(Prefix, External)>,
}

/// What a router LSA lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterLinks {
    /// Neighbours: router ID, own address on the link, cost.
    pub neighbours: Vec<(Ipv4Addr, Ipv4Addr, u32)>,
    /// Networks: prefix and cost.
    pub networks: Vec<(Prefix, u32)>,
    /// Whether the router is a border between areas.
    pub border: bool,
    /// Whether it brings in routes from outside.
    pub outside_border: bool,
}

/// Messages that keep something alive.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptAlive {
    /// The device that sends.
    pub from: usize,
    /// The device that they are for.
    pub to: usize,
    /// How they travel.
    pub travels: Travels,
    /// What they are.
    pub what: KeepaliveKind,
    /// When they are sent.
    pub schedule: Schedule,
}

/// What keeps something alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeepaliveKind {
    /// BGP KEEPALIVE (RFC 4271 §4.4).
    Bgp,
    /// LDP KeepAlive (RFC 5036 §3.5.4), sent by this LSR.
    Ldp {
        /// Its LSR ID.
        lsr_id: Ipv4Addr,
    },
    /// LDP hello (RFC 5036 §3.5.2): on a link to 224.0.0.2, or targeted.
    LdpHello {
        /// The sender's LSR ID.
        lsr_id: Ipv4Addr,
        /// Its transport address.
        transport: Ipv4Addr,
        /// The hold time that it asks for, in seconds; 65535 is for ever.
        hold: u16,
        /// Whether it is for one LSR, which need not be a neighbour.
        targeted: bool,
    },
    /// OSPF hello (RFC 2328 §A.3.2), to 224.0.0.5.
    OspfHello {
        /// The sender's router ID.
        router_id: Ipv4Addr,
        /// The area.
        area: Ipv4Addr,
        /// The router ID of the neighbour that it lists.
        neighbour: Option<Ipv4Addr>,
        /// Seconds of silence after which a neighbour is gone.
        dead: u32,
        /// How it is authenticated.
        authentication: AuthenticationMark,
    },
}

/// A row of BFD control packets that all say the same.
#[derive(Debug, Clone, PartialEq)]
pub struct BfdTrain {
    /// The device that sends.
    pub device: usize,
    /// Name of its session.
    pub session: String,
    /// How they travel.
    pub travels: Travels,
    /// The receiver's address.
    pub destination: Ipv4Addr,
    /// The sender's UDP port; the receiver's is 3784 on a link (RFC 5881 §4) and 4784 further away (RFC 5883 §5).
    pub source_port: u16,
    /// When they leave. A row of one packet ends right after it.
    pub schedule: Schedule,
    /// What they say.
    pub packet: BfdPacket,
}

impl BfdTrain {
    /// Whether the link loses a packet of the row while it loses this share of all.
    pub fn loses(&self, number: u64, loss: f64) -> bool {
        loss >= 1.0 || loss > 0.0 && super::chance::fraction(&[self.schedule.seed, number, 1]) < loss
    }
}

/// What a BFD control packet says (RFC 5880 §4.1). Version 1, no authentication, no demand mode, no echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BfdPacket {
    /// State.
    pub state: BfdState,
    /// Diagnostic.
    pub diagnostic: u8,
    /// The P bit.
    pub poll: bool,
    /// The F bit.
    pub answer: bool,
    /// Detection multiplier.
    pub multiplier: u8,
    /// The sender's discriminator.
    pub my_discriminator: u32,
    /// The receiver's, as far as the sender knows it.
    pub your_discriminator: u32,
    /// Desired Min TX Interval in microseconds.
    pub desired_min_tx: u32,
    /// Required Min RX Interval in microseconds.
    pub required_min_rx: u32,
}

/// A session's change of state on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BfdTransition {
    /// When.
    pub at: Moment,
    /// The device.
    pub device: usize,
    /// Name of the session.
    pub session: String,
    /// State before.
    pub before: BfdState,
    /// State after.
    pub after: BfdState,
    /// Local diagnostic after (RFC 5880 §4.1).
    pub diagnostic: u8,
}
