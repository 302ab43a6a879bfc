//! What the control plane did, packet by packet, at one or several observation points.

mod bfd_sessions;
mod bgp_session;
mod control_plane;
mod encapsulation;
mod finding;
mod input;
mod kind;
mod ldp_session;
mod link_states;
mod recorder;
mod rendered;
mod tcp_sessions;
mod virtual_routers;
mod wording;

pub use bfd_sessions::{BfdEnd, Intervals};
pub use control_plane::{ControlPlane, ControlPlaneReport};
pub use encapsulation::{Encapsulation, Vlans};
pub use finding::{ControlFinding, ControlFindingKind};
pub use input::{Carried, ControlPacket, IpEnds, TcpEnds, is_control_port};
pub use kind::{
    BfdCause, BfdChange, BgpChange, EventKind, IsisChange, LdpChange, LsaChange, OspfChange, Silence, VrrpChange,
};
pub use rendered::{RenderedBfdEnd, RenderedCount, RenderedEvent, RenderedFinding, RenderedReport, RenderedSighting};

use std::fmt;
use std::net::IpAddr;

use super::Timestamp;
use crate::capture::protocol::bfd::State;

/// An observation point, counted from 0 in the order in which points were named.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct PointId(pub u16);

/// A packet at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// When, by the point's clock.
    pub time: Timestamp,
    /// Where.
    pub point: PointId,
    /// Which of all files, counted from 0; a point may have several.
    pub file: u16,
    /// The packet's number in its file, from 1.
    pub packet: u64,
}

/// Who speaks or is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Speaker {
    /// By IP address.
    Address(IpAddr),
    /// By IS-IS system identifier.
    System([u8; 6]),
    /// By MAC address.
    Mac([u8; 6]),
    /// A discriminator of BFD without IP.
    Discriminator(u32),
    /// Nothing in the capture tells.
    Untold,
}

impl From<IpAddr> for Speaker {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

impl fmt::Display for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::System(system) => f.write_str(&groups(system, 2, ".")),
            Self::Mac(address) => f.write_str(&groups(address, 1, ":")),
            Self::Discriminator(number) => write!(f, "discriminator {number}"),
            Self::Untold => f.write_str("not told"),
        }
    }
}

/// Bytes in hexadecimal, `size` of them between separators.
fn groups(bytes: &[u8], size: usize, separator: &str) -> String {
    let mut text = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && index % size == 0 {
            text.push_str(separator);
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// Something the control plane did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The packet that shows it, where it was seen first.
    pub seen: Sighting,
    /// The same packet at other points, by their clocks.
    pub also_seen: Vec<Sighting>,
    /// Who sent it.
    pub from: Speaker,
    /// To whom.
    pub to: Speaker,
    /// The VLANs of the link on which the packet was seen; none for what goes over TCP, which may take any.
    pub vlans: Vlans,
    /// What it was.
    pub kind: EventKind,
}

impl Event {
    /// When it was seen first.
    pub fn time(&self) -> Timestamp {
        self.seen.time
    }

    /// Every sighting, the first one first.
    pub fn sightings(&self) -> impl Iterator<Item = &Sighting> {
        std::iter::once(&self.seen).chain(&self.also_seen)
    }

    /// When this packet passed `point`, if it did.
    pub fn at(&self, point: PointId) -> Option<Sighting> {
        self.sightings().find(|sighting| sighting.point == point).copied()
    }

    /// Whether the sender says that it noticed a failure by itself: BFD from Up to Down with diagnostic 1 or 2.
    pub fn is_detection(&self) -> bool {
        matches!(
            &self.kind,
            EventKind::Bfd(BfdChange::State {
                from: State::Up,
                cause: BfdCause::Detected,
                ..
            })
        )
    }

    /// Whether an operator's hand shows: such an event is no failure.
    pub fn is_administrative(&self) -> bool {
        match &self.kind {
            EventKind::Bfd(BfdChange::State { cause, .. }) => *cause == BfdCause::Operator,
            EventKind::Bgp(BgpChange::Notification { administrative, .. }) => *administrative,
            _ => false,
        }
    }

    /// Whether it carries news of a failure or a change of path to other routers.
    pub fn is_propagation(&self) -> bool {
        match &self.kind {
            EventKind::Bfd(_) | EventKind::Vrrp(_) => false,
            EventKind::Bgp(change) => matches!(
                change,
                BgpChange::Withdrawn { .. }
                    | BgpChange::Announced { .. }
                    | BgpChange::Notification { .. }
                    | BgpChange::Closed { .. }
            ),
            EventKind::Ldp(change) => matches!(
                change,
                LdpChange::Mapping { .. }
                    | LdpChange::Withdraw { .. }
                    | LdpChange::AddressWithdraw { .. }
                    | LdpChange::Notification { .. }
                    | LdpChange::Closed { .. }
            ),
            EventKind::Ospf { change, .. } => matches!(change, OspfChange::Lsa { .. }),
            EventKind::Isis(change) => matches!(change, IsisChange::Lsp { .. }),
        }
    }

    /// One line for a table: what happened and in which VLANs, without time and speakers.
    pub fn summary(&self) -> String {
        if self.vlans.is_empty() {
            self.kind.to_string()
        } else {
            format!("{}, in {}", self.kind, self.vlans)
        }
    }
}
