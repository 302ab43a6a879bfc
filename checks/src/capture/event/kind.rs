//! The kinds of events.

use std::net::Ipv4Addr;

use super::Sighting;
use crate::capture::protocol::bfd::{Diagnostic, SessionKind, State};
use crate::capture::protocol::bgp::{Family, Route};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// In a BFD session.
    Bfd(BfdChange),
    /// In a BGP session.
    Bgp(BgpChange),
    /// In an LDP adjacency or session.
    Ldp(LdpChange),
    /// In OSPF.
    Ospf {
        /// 2 or 3.
        version: u8,
        /// What.
        change: OspfChange,
    },
    /// In IS-IS.
    Isis(IsisChange),
    /// In a virtual router.
    Vrrp(VrrpChange),
}

/// What happened at the sending end of a BFD session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BfdChange {
    /// The sender is heard for the first time.
    Appeared {
        /// What kind of session.
        session: SessionKind,
        /// The sender's discriminator.
        discriminator: u32,
        /// Its state.
        state: State,
        /// Its diagnostic.
        diagnostic: Diagnostic,
    },
    /// The sender's state changed.
    State {
        /// What kind of session.
        session: SessionKind,
        /// Before.
        from: State,
        /// After.
        to: State,
        /// What the sender says about it.
        diagnostic: Diagnostic,
        /// What that means.
        cause: BfdCause,
        /// How long the sender had not heard the other end, as seen at this point.
        silence: Option<Silence>,
    },
    /// The sender has another discriminator: its session was reset.
    Discriminator {
        /// Before.
        from: u32,
        /// After.
        to: u32,
    },
    /// The sender announces other timers.
    Timers {
        /// Desired minimum transmit interval in microseconds.
        desired_min_tx: u32,
        /// Required minimum receive interval in microseconds.
        required_min_rx: u32,
        /// Detection multiplier.
        detect_multiplier: u8,
    },
    /// The sender begins a poll sequence (P).
    Poll,
    /// The sender answers a poll (F).
    Final,
}

/// Why a session's state changed (RFC 5880 §4.1, §6.8).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum BfdCause {
    /// The sender's own detection time ran out, or its echo packets stayed away: it is the detector.
    Detected,
    /// The sender follows what the other end said.
    Followed,
    /// An operator took the session down: no failure.
    Operator,
    /// The path, a path behind it, or the forwarding plane failed, as the sender knows by other means.
    Path,
    /// The session comes up.
    ComingUp,
    /// Down without a diagnostic that says why.
    Unexplained,
}

/// A silence of the other end before a change of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// The other end's last packet before.
    pub last_heard: Sighting,
    /// From there to the change, in nanoseconds.
    pub elapsed_ns: i64,
    /// The sender's detection time by the timers last announced (RFC 5880 §6.8.4), in nanoseconds.
    pub detection_time_ns: Option<i64>,
}

/// What happened in a BGP session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BgpChange {
    /// OPEN.
    Open {
        /// The sender's AS number.
        autonomous_system: u32,
        /// The sender's identifier.
        identifier: Ipv4Addr,
        /// Hold time in seconds.
        hold_time: u16,
        /// Families announced.
        families: Vec<Family>,
    },
    /// The sender has the session established: its first KEEPALIVE after both OPEN messages.
    Established,
    /// Routes announced.
    Announced {
        /// Family.
        family: Family,
        /// Next hop as text.
        next_hop: String,
        /// Routes.
        routes: Vec<Route>,
        /// AS path as text.
        as_path: String,
        /// Extended communities as text: route targets, layer 2 information.
        communities: Vec<String>,
    },
    /// Routes withdrawn.
    Withdrawn {
        /// Family.
        family: Family,
        /// Routes.
        routes: Vec<Route>,
    },
    /// Routes of a family that is not looked into.
    Unread {
        /// Family.
        family: Family,
        /// Withdrawn, not announced.
        withdrawn: bool,
        /// Bytes of the routes.
        bytes: usize,
    },
    /// All routes of a family were sent (RFC 4724).
    EndOfRib {
        /// Family.
        family: Family,
    },
    /// The sender asks for routes again.
    RouteRefresh {
        /// Family.
        family: Family,
    },
    /// NOTIFICATION: the sender ends the session.
    Notification {
        /// Error code.
        code: u8,
        /// Error subcode.
        subcode: u8,
        /// In words.
        meaning: String,
        /// An operator's act.
        administrative: bool,
    },
    /// The sender closed the TCP connection.
    Closed {
        /// By RST instead of FIN.
        reset: bool,
    },
}

/// What happened in an LDP adjacency or session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LdpChange {
    /// First Hello of the sender here.
    Hello {
        /// A targeted Hello.
        targeted: bool,
        /// Hold time in seconds.
        hold_time: u16,
    },
    /// Initialization.
    Initialization {
        /// Keepalive time in seconds.
        keepalive_time: u16,
    },
    /// The sender has the session operational: its first KeepAlive after Initialization.
    Operational,
    /// Addresses of the sender.
    Address {
        /// Addresses as text.
        addresses: Vec<String>,
    },
    /// Addresses of the sender withdrawn.
    AddressWithdraw {
        /// Addresses as text.
        addresses: Vec<String>,
    },
    /// A label bound to FECs.
    Mapping {
        /// FECs as text.
        fecs: Vec<String>,
        /// Label; `None` for labels of ATM and frame relay.
        label: Option<u32>,
        /// Flow label capability as sent: (T send, R receive), where the FEC carries it (RFC 6391).
        flow_label: Option<(bool, bool)>,
    },
    /// A label withdrawn from FECs.
    Withdraw {
        /// FECs as text.
        fecs: Vec<String>,
        /// Label; `None` for all labels.
        label: Option<u32>,
    },
    /// A label released.
    Release {
        /// FECs as text.
        fecs: Vec<String>,
        /// Label; `None` for all labels.
        label: Option<u32>,
    },
    /// A label asked for, or such a request given up.
    Request {
        /// FECs as text.
        fecs: Vec<String>,
        /// The request is aborted.
        abort: bool,
    },
    /// Notification.
    Notification {
        /// Status code, without its flag bits.
        status: u32,
        /// E: the session ends.
        fatal: bool,
        /// In words, with the pseudowire status where one is given.
        meaning: String,
    },
    /// The sender closed the TCP connection.
    Closed {
        /// By RST instead of FIN.
        reset: bool,
    },
}

/// What happened in OSPF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OspfChange {
    /// First Hello of the sender on this link.
    Hello {
        /// Router identifier.
        router: Ipv4Addr,
        /// Hello interval in seconds.
        hello_interval: u16,
        /// Dead interval in seconds.
        dead_interval: u32,
    },
    /// The sender hears a neighbour.
    NeighborHeard {
        /// Router identifier of the neighbour.
        neighbor: Ipv4Addr,
    },
    /// The sender no longer hears a neighbour.
    NeighborLost {
        /// Router identifier of the neighbour.
        neighbor: Ipv4Addr,
    },
    /// An LSA not seen before in this instance.
    Lsa {
        /// What happened to it.
        change: LsaChange,
        /// LSA type.
        kind: u16,
        /// Link state identifier.
        id: Ipv4Addr,
        /// Advertising router.
        router: Ipv4Addr,
        /// Sequence number.
        sequence: i32,
        /// Age in seconds.
        age: u16,
    },
}

/// What happened to an LSA or LSP.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LsaChange {
    /// First instance seen.
    New,
    /// A newer instance.
    Updated,
    /// Flushed: age 3600 (OSPF) or lifetime 0 (IS-IS).
    Flushed,
}

/// What happened in IS-IS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IsisChange {
    /// The sender's state of an adjacency: heard by first Hello, `Up`, `Initializing`, `Down` (RFC 5303), or a
    /// neighbour listed in a LAN Hello.
    Adjacency {
        /// State in words.
        state: String,
        /// Neighbour, where the Hello names one.
        neighbor: Option<String>,
    },
    /// A link state PDU not seen before in this instance.
    Lsp {
        /// What happened to it.
        change: LsaChange,
        /// Level 1 or 2.
        level: u8,
        /// LSP identifier as text.
        id: String,
        /// Sequence number.
        sequence: u32,
        /// Remaining lifetime in seconds.
        lifetime: u16,
    },
}

/// What happened in a virtual router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VrrpChange {
    /// The sender is the master now.
    Master {
        /// Virtual router identifier.
        id: u8,
        /// Its priority.
        priority: u8,
        /// Virtual addresses as text.
        addresses: Vec<String>,
        /// The master before.
        before: Option<String>,
    },
    /// The master leaves (priority 0).
    Leaving {
        /// Virtual router identifier.
        id: u8,
    },
}
