//! Events, ends and findings as documented JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    BfdChange, BfdEnd, BgpChange, ControlFinding, ControlFindingKind, ControlPlaneReport, Event, EventKind, IsisChange,
    LdpChange, OspfChange, Sighting, VrrpChange,
};
use crate::capture::protocol::Protocol;
use crate::capture::protocol::bfd::{SessionKind, State};

/// A report as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedReport {
    /// Events in the order of time.
    pub events: Vec<RenderedEvent>,
    /// Ends of BFD sessions at each point.
    pub bfd: Vec<RenderedBfdEnd>,
    /// What is odd, missing or could not be read.
    pub findings: Vec<RenderedFinding>,
    /// Packets of each protocol, over all points.
    pub packets: Vec<RenderedCount>,
}

/// Packets of a protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedCount {
    /// Protocol.
    pub protocol: Protocol,
    /// Packets on its ports.
    pub packets: u64,
}

/// A packet at a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedSighting {
    /// When, by the point's clock, as RFC 3339 in UTC.
    pub time: String,
    /// The same in nanoseconds since 1970.
    pub time_ns: i64,
    /// Where, counted from 0.
    pub point: u16,
    /// Which file, counted from 0.
    pub file: u16,
    /// The packet's number in its file, from 1.
    pub packet: u64,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedEvent {
    /// The packet that shows it, where it was seen first.
    pub seen: RenderedSighting,
    /// The same packet at other points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_seen: Vec<RenderedSighting>,
    /// Who sent it.
    pub from: String,
    /// To whom.
    pub to: String,
    /// The VLANs of the link, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vlans: Vec<u16>,
    /// Protocol.
    pub protocol: Protocol,
    /// What happened, in one word: `state`, `withdrawn`, `mapping`, …
    pub kind: String,
    /// The sender noticed a failure by itself.
    pub detection: bool,
    /// An operator's act: no failure.
    pub administrative: bool,
    /// News of a failure or a change of path to other routers.
    pub propagation: bool,
    /// From the other end's last packet seen at this point to a detection, in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_ns: Option<i64>,
    /// The detector's detection time by the timers of both ends, in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detection_time_ns: Option<i64>,
    /// Routes, FECs or addresses that came or went, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// One line for a table.
    pub summary: String,
}

/// One end of a BFD session at a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedBfdEnd {
    /// Where.
    pub point: u16,
    /// What kind of session.
    pub session: SessionKind,
    /// The end that sends.
    pub from: String,
    /// The other.
    pub to: String,
    /// Its discriminator.
    pub discriminator: u32,
    /// The other end's as it heard it; 0 for none.
    pub other_discriminator: u32,
    /// Its last state.
    pub state: State,
    /// Its first packet.
    pub first: RenderedSighting,
    /// Its last packet.
    pub last: RenderedSighting,
    /// Its packets.
    pub packets: u64,
    /// The interval at which it must send, before jitter, in nanoseconds.
    pub transmit_interval_ns: Option<i64>,
    /// Its detection time in nanoseconds.
    pub detection_time_ns: Option<i64>,
    /// Intervals between its packets that were compared with what is negotiated.
    pub intervals: u64,
    /// The shortest of them in nanoseconds.
    pub shortest_interval_ns: i64,
    /// The longest of them in nanoseconds.
    pub longest_interval_ns: i64,
    /// Those longer than negotiated.
    pub long_intervals: u64,
    /// Those shorter than 75 % of what is negotiated.
    pub short_intervals: u64,
}

/// Something noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedFinding {
    /// What.
    pub kind: ControlFindingKind,
    /// Events may be missing or misread because of it: "it did not happen" cannot be concluded.
    pub spoils_absence: bool,
    /// Where and when first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<RenderedSighting>,
    /// How often.
    pub count: u64,
    /// In words, about the first.
    pub text: String,
}

impl From<&ControlPlaneReport> for RenderedReport {
    fn from(report: &ControlPlaneReport) -> Self {
        Self {
            events: report.events.iter().map(RenderedEvent::from).collect(),
            bfd: report.bfd.iter().map(RenderedBfdEnd::from).collect(),
            findings: report.findings.iter().map(RenderedFinding::from).collect(),
            packets: report
                .packets
                .iter()
                .map(|&(protocol, packets)| RenderedCount { protocol, packets })
                .collect(),
        }
    }
}

impl From<&Sighting> for RenderedSighting {
    fn from(seen: &Sighting) -> Self {
        Self {
            time: seen.time.to_string(),
            time_ns: seen.time.as_nanoseconds(),
            point: seen.point.0,
            file: seen.file,
            packet: seen.packet,
        }
    }
}

impl From<&Event> for RenderedEvent {
    fn from(event: &Event) -> Self {
        let silence = match &event.kind {
            EventKind::Bfd(BfdChange::State { silence, .. }) => *silence,
            _ => None,
        };
        Self {
            seen: RenderedSighting::from(&event.seen),
            also_seen: event.also_seen.iter().map(RenderedSighting::from).collect(),
            from: event.from.to_string(),
            to: event.to.to_string(),
            vlans: event.vlans.numbers().collect(),
            protocol: event.kind.protocol(),
            kind: event.kind.word().to_owned(),
            detection: event.is_detection(),
            administrative: event.is_administrative(),
            propagation: event.is_propagation(),
            silence_ns: silence.map(|silence| silence.elapsed_ns),
            detection_time_ns: silence.and_then(|silence| silence.detection_time_ns),
            items: items(&event.kind),
            summary: event.summary(),
        }
    }
}

impl From<&BfdEnd> for RenderedBfdEnd {
    fn from(end: &BfdEnd) -> Self {
        Self {
            point: end.point.0,
            session: end.kind,
            from: end.from.to_string(),
            to: end.to.to_string(),
            discriminator: end.discriminator,
            other_discriminator: end.other_discriminator,
            state: end.state,
            first: RenderedSighting::from(&end.first),
            last: RenderedSighting::from(&end.last),
            packets: end.packets,
            transmit_interval_ns: end.transmit_interval_ns,
            detection_time_ns: end.detection_time_ns,
            intervals: end.intervals.count,
            shortest_interval_ns: end.intervals.shortest_ns,
            longest_interval_ns: end.intervals.longest_ns,
            long_intervals: end.intervals.long,
            short_intervals: end.intervals.short,
        }
    }
}

impl From<&ControlFinding> for RenderedFinding {
    fn from(finding: &ControlFinding) -> Self {
        Self {
            kind: finding.kind,
            spoils_absence: finding.kind.spoils_absence(),
            first: finding.first.as_ref().map(RenderedSighting::from),
            count: finding.count,
            text: finding.text.clone(),
        }
    }
}

fn items(kind: &EventKind) -> Vec<String> {
    match kind {
        EventKind::Bgp(BgpChange::Announced { routes, .. } | BgpChange::Withdrawn { routes, .. }) => {
            routes.iter().map(ToString::to_string).collect()
        }
        EventKind::Ldp(LdpChange::Address { addresses } | LdpChange::AddressWithdraw { addresses }) => {
            addresses.clone()
        }
        EventKind::Ldp(
            LdpChange::Mapping { fecs, .. }
            | LdpChange::Withdraw { fecs, .. }
            | LdpChange::Release { fecs, .. }
            | LdpChange::Request { fecs, .. },
        ) => fecs.clone(),
        EventKind::Vrrp(VrrpChange::Master { addresses, .. }) => addresses.clone(),
        _ => Vec::new(),
    }
}

impl EventKind {
    /// The protocol.
    pub fn protocol(&self) -> Protocol {
        match self {
            Self::Bfd(_) => Protocol::Bfd,
            Self::Bgp(_) => Protocol::Bgp,
            Self::Ldp(_) => Protocol::Ldp,
            Self::Ospf { version: 3, .. } => Protocol::Ospfv3,
            Self::Ospf { .. } => Protocol::Ospf,
            Self::Isis(_) => Protocol::Isis,
            Self::Vrrp(_) => Protocol::Vrrp,
        }
    }

    /// What happened, in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Bfd(change) => match change {
                BfdChange::Appeared { .. } => "appeared",
                BfdChange::State { .. } => "state",
                BfdChange::Discriminator { .. } => "discriminator",
                BfdChange::Timers { .. } => "timers",
                BfdChange::Poll => "poll",
                BfdChange::Final => "final",
            },
            Self::Bgp(change) => match change {
                BgpChange::Open { .. } => "open",
                BgpChange::Established => "established",
                BgpChange::Announced { .. } => "announced",
                BgpChange::Withdrawn { .. } => "withdrawn",
                BgpChange::Unread { .. } => "unread",
                BgpChange::EndOfRib { .. } => "end_of_rib",
                BgpChange::RouteRefresh { .. } => "route_refresh",
                BgpChange::Notification { .. } => "notification",
                BgpChange::Closed { .. } => "closed",
            },
            Self::Ldp(change) => match change {
                LdpChange::Hello { .. } => "hello",
                LdpChange::Initialization { .. } => "initialization",
                LdpChange::Operational => "operational",
                LdpChange::Address { .. } => "address",
                LdpChange::AddressWithdraw { .. } => "address_withdraw",
                LdpChange::Mapping { .. } => "mapping",
                LdpChange::Withdraw { .. } => "withdraw",
                LdpChange::Release { .. } => "release",
                LdpChange::Request { .. } => "request",
                LdpChange::Notification { .. } => "notification",
                LdpChange::Closed { .. } => "closed",
            },
            Self::Ospf { change, .. } => match change {
                OspfChange::Hello { .. } => "hello",
                OspfChange::NeighborHeard { .. } => "neighbor_heard",
                OspfChange::NeighborLost { .. } => "neighbor_lost",
                OspfChange::Lsa { .. } => "lsa",
            },
            Self::Isis(IsisChange::Adjacency { .. }) => "adjacency",
            Self::Isis(IsisChange::Lsp { .. }) => "lsp",
            Self::Vrrp(VrrpChange::Master { .. }) => "master",
            Self::Vrrp(VrrpChange::Leaving { .. }) => "leaving",
        }
    }
}
