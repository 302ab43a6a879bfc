//! Control-plane events that tell the phases of a failover.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capture::event::{BfdChange, BgpChange, Event, EventKind, LdpChange, OspfChange, PointId, Vlans};
use crate::capture::measure::Instant;

/// Something that happened, by the reference clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mark {
    /// When it was first seen.
    pub at: Instant,
    /// Who sent it.
    pub by: String,
    /// To whom.
    #[serde(skip)]
    #[schemars(skip)]
    pub to: String,
    /// In which VLANs, where that tells links from each other.
    #[serde(skip)]
    #[schemars(skip)]
    pub vlans: Vlans,
    /// Of a detection: the silence before it.
    #[serde(skip)]
    #[schemars(skip)]
    pub silence: Option<MarkedSilence>,
    /// Where it was first seen.
    pub point: u16,
    /// What, in words.
    pub text: String,
}

/// How long a detector had heard nothing, by the reference clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkedSilence {
    /// When the other end's last packet was seen.
    pub since: Instant,
    /// The time after which the detector is to notice, by its timers; nanoseconds.
    pub detection_time: i64,
}

/// Events by what they mean for a failover, each kind in the order of time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ControlMarks {
    /// A side noticed by itself that the other is gone (BFD Down with diagnostic 1 or 2).
    pub detections: Vec<Mark>,
    /// An operator's acts (AdminDown, administrative NOTIFICATION): no failures.
    pub administrative: Vec<Mark>,
    /// News of a failure on its way to others.
    pub propagation: Vec<Mark>,
    /// Those of them that withdraw a path by BGP: withdrawn routes, or the end of a session.
    pub bgp: Withdrawals,
    /// By LDP: withdrawn labels or addresses, or the end of a session.
    pub ldp: Withdrawals,
    /// By OSPF: new, updated or flushed LSAs.
    pub ospf: Withdrawals,
    /// Why the absence of an event may not mean that it did not happen, if it may not.
    pub absence_doubtful: Option<String>,
    /// Events at points whose clock cannot be compared with the reference's.
    pub unaligned: u64,
    /// Detections among them.
    pub unaligned_detections: u64,
}

/// Messages of a protocol that withdraw a path.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawals {
    /// Whether any event of the protocol was seen: without, the absence of a withdrawal says nothing.
    pub protocol_seen: bool,
    /// The withdrawals, in the order of time.
    pub marks: Vec<Mark>,
    /// Those at points whose clock cannot be compared with the reference's.
    pub unaligned: u64,
}

/// A protocol that withdraws paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawing {
    /// BGP.
    Bgp,
    /// LDP.
    Ldp,
    /// OSPF.
    Ospf,
}

impl Withdrawing {
    /// The protocol of an event, and whether the event withdraws a path.
    fn of(kind: &EventKind) -> Option<(Self, bool)> {
        Some(match kind {
            EventKind::Bgp(change) => {
                let withdraws = matches!(
                    change,
                    BgpChange::Withdrawn { .. } | BgpChange::Notification { .. } | BgpChange::Closed { .. }
                );
                (Self::Bgp, withdraws)
            }
            EventKind::Ldp(change) => {
                let withdraws = matches!(
                    change,
                    LdpChange::Withdraw { .. }
                        | LdpChange::AddressWithdraw { .. }
                        | LdpChange::Notification { .. }
                        | LdpChange::Closed { .. }
                );
                (Self::Ldp, withdraws)
            }
            EventKind::Ospf { change, .. } => (Self::Ospf, matches!(change, OspfChange::Lsa { .. })),
            _ => return None,
        })
    }
}

impl fmt::Display for Withdrawing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Bgp => "BGP",
            Self::Ldp => "LDP",
            Self::Ospf => "OSPF",
        })
    }
}

impl ControlMarks {
    /// What withdraws paths by a protocol.
    pub fn withdrawals(&self, protocol: Withdrawing) -> &Withdrawals {
        match protocol {
            Withdrawing::Bgp => &self.bgp,
            Withdrawing::Ldp => &self.ldp,
            Withdrawing::Ospf => &self.ospf,
        }
    }

    fn withdrawals_mut(&mut self, protocol: Withdrawing) -> &mut Withdrawals {
        match protocol {
            Withdrawing::Bgp => &mut self.bgp,
            Withdrawing::Ldp => &mut self.ldp,
            Withdrawing::Ospf => &mut self.ospf,
        }
    }
}

fn silence(kind: &EventKind, to_reference: impl Fn(PointId, i64) -> Option<Instant>) -> Option<MarkedSilence> {
    let EventKind::Bfd(BfdChange::State {
        silence: Some(silence), ..
    }) = kind
    else {
        return None;
    };
    Some(MarkedSilence {
        since: to_reference(silence.last_heard.point, silence.last_heard.time.as_nanoseconds())?,
        detection_time: silence.detection_time_ns?,
    })
}

/// Sorts events. `to_reference` turns an instant at a point into one by the reference clock, if it can.
pub fn marks(events: &[Event], to_reference: impl Fn(PointId, i64) -> Option<Instant>) -> ControlMarks {
    let mut found = ControlMarks::default();
    for event in events {
        let withdraws = Withdrawing::of(&event.kind);
        if let Some((protocol, _)) = withdraws {
            found.withdrawals_mut(protocol).protocol_seen = true;
        }
        let relevant = event.is_detection() || event.is_administrative() || event.is_propagation();
        if !relevant {
            continue;
        }
        let earliest = event
            .sightings()
            .filter_map(|seen| Some((to_reference(seen.point, seen.time.as_nanoseconds())?, seen.point)))
            .min_by_key(|(at, _)| (at.upper, at.lower));
        let Some((at, point)) = earliest else {
            found.unaligned += 1;
            if event.is_detection() {
                found.unaligned_detections += 1;
            }
            if let Some((protocol, true)) = withdraws {
                found.withdrawals_mut(protocol).unaligned += 1;
            }
            continue;
        };
        let mark = Mark {
            at,
            by: event.from.to_string(),
            to: event.to.to_string(),
            vlans: event.vlans,
            silence: silence(&event.kind, &to_reference),
            point: point.0,
            text: event.kind.to_string(),
        };
        if event.is_administrative() {
            found.administrative.push(mark);
            continue;
        }
        if event.is_detection() {
            found.detections.push(mark);
            continue;
        }
        if let Some((protocol, true)) = withdraws {
            found.withdrawals_mut(protocol).marks.push(mark.clone());
        }
        found.propagation.push(mark);
    }
    for kind in [
        &mut found.detections,
        &mut found.administrative,
        &mut found.propagation,
        &mut found.bgp.marks,
        &mut found.ldp.marks,
        &mut found.ospf.marks,
    ] {
        kind.sort_by_key(|mark| (mark.at.upper, mark.at.lower));
    }
    found
}
