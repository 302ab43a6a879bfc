//! Keeps events, and tells the same packet at several points from another one.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::{Hash, Hasher};

use super::finding::Findings;
use super::{BgpChange, ControlFindingKind, Event, EventKind, Sighting, Speaker, Vlans};

/// A packet that is told from others by little more than its identification is no further apart at two points than this
/// by their clocks, in nanoseconds.
const SAME_PACKET_WITHIN_NS: u64 = 2_000_000_000;
/// Events that are kept.
const MOST_EVENTS: usize = 100_000;
/// Routes in events that are kept.
const MOST_ROUTES: usize = 500_000;

/// What is the same in a packet wherever it is captured: addresses, identification, payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Identity(u64);

impl Identity {
    pub(super) fn of(parts: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        Self(hasher.finish())
    }

    /// One of several events of a packet.
    fn with(self, part: impl Hash) -> Self {
        Self::of((self.0, part))
    }
}

/// Where a packet was seen and what tells it from others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) seen: Sighting,
    pub(super) identity: Identity,
    pub(super) from: Speaker,
    pub(super) to: Speaker,
    /// Those of the link.
    pub(super) vlans: Vlans,
    /// Nothing else can be the same, however far the clocks of two points are apart: it has sequence numbers.
    pub(super) unique: bool,
}

#[derive(Debug, Default)]
pub(super) struct Recorder {
    events: Vec<Event>,
    by_identity: HashMap<u64, Vec<u32>>,
    routes: usize,
    pub(super) findings: Findings,
}

impl Recorder {
    pub(super) fn record(&mut self, origin: Origin, kind: EventKind) {
        let identity = origin.identity.with(essence(&kind));
        let known = self.by_identity.get(&identity.0).into_iter().flatten();
        for &index in known {
            let Some(event) = self.events.get_mut(index as usize) else {
                continue;
            };
            let apart = event.seen.time.since(origin.seen.time).unsigned_abs();
            if event.at(origin.seen.point).is_none() && (origin.unique || apart <= SAME_PACKET_WITHIN_NS) {
                event.also_seen.push(origin.seen);
                return;
            }
        }
        let routes = match &kind {
            EventKind::Bgp(BgpChange::Announced { routes, .. } | BgpChange::Withdrawn { routes, .. }) => routes.len(),
            _ => 0,
        };
        if self.events.len() >= MOST_EVENTS || self.routes + routes > MOST_ROUTES {
            self.findings
                .note(ControlFindingKind::TooMany, "events", Some(origin.seen), || {
                    format!("more than {MOST_EVENTS} events or {MOST_ROUTES} routes; from here on events are left out")
                });
            return;
        }
        self.routes += routes;
        let index = self.events.len() as u32;
        match self.by_identity.entry(identity.0) {
            Entry::Occupied(mut entry) => {
                // Only the latest can have the same packet at another point within the time allowed.
                let list = entry.get_mut();
                if list.len() >= 8 {
                    list.remove(0);
                }
                list.push(index);
            }
            Entry::Vacant(entry) => {
                entry.insert(vec![index]);
            }
        }
        self.events.push(Event {
            seen: origin.seen,
            also_seen: Vec::new(),
            from: origin.from,
            to: origin.to,
            vlans: origin.vlans,
            kind,
        });
    }

    /// The events so far.
    pub(super) fn events(&mut self) -> impl Iterator<Item = &mut Event> {
        self.events.iter_mut()
    }

    /// All events by time, each with its earliest sighting first.
    pub(super) fn into_events(self) -> (Vec<Event>, Findings) {
        let mut events = self.events;
        for event in &mut events {
            event.also_seen.push(event.seen);
            event.also_seen.sort();
            event.seen = event.also_seen.remove(0);
        }
        events.sort_by_key(|event| event.seen);
        (events, self.findings)
    }
}

/// What an event says wherever its packet is seen: how long a silence lasted depends on the point.
fn essence(kind: &EventKind) -> String {
    match kind {
        EventKind::Bfd(super::BfdChange::State { from, to, .. }) => format!("BFD {from} → {to}"),
        other => other.to_string(),
    }
}
