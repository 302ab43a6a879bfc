//! Control-plane events that tell the phases of a failover.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capture::event::{BgpChange, Event, EventKind, PointId};
use crate::capture::measure::Instant;

/// Something that happened, by the reference clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mark {
    /// When it was first seen.
    pub at: Instant,
    /// Who sent it.
    pub by: String,
    /// Where it was first seen.
    pub point: u16,
    /// What, in words.
    pub text: String,
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
    /// Those of them that withdraw BGP routes or end a BGP session.
    pub withdrawals: Vec<Mark>,
    /// Whether any BGP message was seen: without, the absence of a withdrawal says nothing.
    pub bgp_seen: bool,
    /// Why the absence of an event may not mean that it did not happen, if it may not.
    pub absence_doubtful: Option<String>,
    /// Events at points whose clock cannot be compared with the reference's.
    pub unaligned: u64,
}

/// Sorts events. `to_reference` turns an instant at a point into one by the reference clock, if it can.
pub fn marks(events: &[Event], to_reference: impl Fn(PointId, i64) -> Option<Instant>) -> ControlMarks {
    let mut found = ControlMarks::default();
    for event in events {
        found.bgp_seen |= matches!(event.kind, EventKind::Bgp(_));
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
            continue;
        };
        let mark = Mark {
            at,
            by: event.from.to_string(),
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
        if matches!(
            event.kind,
            EventKind::Bgp(BgpChange::Withdrawn { .. } | BgpChange::Notification { .. } | BgpChange::Closed { .. })
        ) {
            found.withdrawals.push(mark.clone());
        }
        found.propagation.push(mark);
    }
    for kind in [
        &mut found.detections,
        &mut found.administrative,
        &mut found.propagation,
        &mut found.withdrawals,
    ] {
        kind.sort_by_key(|mark| (mark.at.upper, mark.at.lower));
    }
    found
}
