//! How often routes have changed since something last came from outside: a network in which they change too often does
//! not settle, and what one would see of it is as chance has it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::engine::Simulation;
use super::moment::Moment;
use crate::network::fixpoint::NotComputed;
use crate::network::flapping::{Changing, Flapping, in_words};

/// Tables of a device may change so often before it is noted which routes do.
const UNNOTED: u32 = 20;
/// A route may then change so often, and once more for each device of the network.
const MOST_CHANGES: u32 = 40;
/// Long after the last thing from outside so many changes are enough.
const MOST_LATE_CHANGES: u32 = 12;
/// What is long after: more than hold times and dead intervals take to expire one after the other.
const LATE: Duration = Duration::from_secs(900);

/// How often tables have changed.
#[derive(Debug, Default)]
pub struct Flaps {
    since: Moment,
    by_device: BTreeMap<usize, u32>,
    routes: BTreeMap<(usize, Changing), u32>,
    /// Devices whose own tables do not settle even while nothing else changes, with what changes.
    circles: BTreeMap<usize, Vec<Changing>>,
}

impl Simulation {
    /// Something has come from outside: what changes now, changes because of that.
    pub(super) fn forget_flaps(&mut self) {
        self.flaps.since = self.now;
        self.flaps.by_device.clear();
        self.flaps.routes.clear();
    }

    /// Routes of a device have changed.
    pub(super) fn note_changes(&mut self, device: usize, changes: impl FnOnce() -> Vec<Changing>) {
        let rounds = self.flaps.by_device.entry(device).or_default();
        *rounds += 1;
        let is_late = self.now.since(self.flaps.since) > LATE;
        // While a link loses some packets, sessions come and go as chance has it, and routes with them.
        if *rounds <= UNNOTED && !is_late || self.is_lossy() {
            return;
        }
        let devices = u32::try_from(self.configurations.len()).unwrap_or(u32::MAX);
        let most = if is_late {
            MOST_LATE_CHANGES
        } else {
            MOST_CHANGES.saturating_add(devices)
        };
        let mut too_often = false;
        for change in changes() {
            let count = self.flaps.routes.entry((device, change)).or_default();
            *count += 1;
            too_often |= *count > most;
        }
        if too_often {
            // What has changed nearly as often changes with it.
            let mut flapping = Flapping::new();
            for ((device, change), count) in &self.flaps.routes {
                if *count > most / 2 {
                    flapping.entry(change.clone()).or_default().insert(*device);
                }
            }
            self.give_up(&flapping);
        }
    }

    /// Whether the own tables of a device settle, by themselves, and what changes if not.
    pub(super) fn note_circle(&mut self, device: usize, changes: Vec<Changing>) {
        let known = self.flaps.circles.get(&device);
        if known.map_or(&[][..], Vec::as_slice) == changes {
            return;
        }
        if changes.is_empty() {
            self.flaps.circles.remove(&device);
        } else {
            self.flaps.circles.insert(device, changes);
        }
        self.renew_refusal();
    }

    /// Forgets everything: the network is computed anew.
    pub(super) fn forget_circles(&mut self) {
        self.flaps = Flaps::default();
        self.forget_flaps();
    }

    /// Routes that circle within a device.
    pub(super) fn circling(&self) -> Option<NotComputed> {
        let mut flapping = Flapping::new();
        for (device, changes) in &self.flaps.circles {
            for change in changes {
                flapping.entry(change.clone()).or_default().insert(*device);
            }
        }
        let words = (!flapping.is_empty()).then(|| in_words(&flapping, &self.configurations));
        words.map(NotComputed::Unsettled)
    }

    /// The network does not settle: it stands still until something comes from outside.
    pub(super) fn give_up(&mut self, flapping: &Flapping) {
        self.unsettled = Some(NotComputed::Unsettled(in_words(flapping, &self.configurations)));
        self.queue.clear();
        self.renew_refusal();
    }

    fn is_lossy(&self) -> bool {
        let mut ways = self.conditions.iter().flatten();
        ways.any(|way| way.loss > 0.0 && way.loss < 1.0)
    }
}
