//! The tables of a device: routes that follow from what it knows, the forwarding table that follows them a little later.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::engine::{Simulation, put};
use super::event::Event;
use super::history::{DeviceEpoch, Fib};
use crate::network::fixpoint::{self, NotComputed, Sources, State};
use crate::network::forwarding::Forwarding;
use crate::network::ldp::LdpSession;
use crate::network::rib::Ribs;

/// Rounds in which the routing table of one device must settle.
const MOST_ROUNDS: usize = 64;

impl Simulation {
    /// The routing tables of a device, from what it knows now; whether they have changed.
    pub(super) fn evaluate(&mut self, device: usize) -> bool {
        let Some(mut known) = self.ribs.get(device).cloned() else {
            return false;
        };
        for _ in 0..MOST_ROUNDS {
            let Some(sources) = self.sources(device, &known) else {
                return false;
            };
            let ribs = sources.ribs();
            if ribs == *known {
                break;
            }
            known = Arc::new(ribs);
        }
        let changed = self.ribs.get(device).is_some_and(|before| *before != known);
        if changed {
            put(&mut self.ribs, device, known);
        }
        let relabelled = self.relabel(device);
        if changed || relabelled {
            self.plan_installation(device);
            self.plan_choice(device);
        }
        changed
    }

    fn sources<'a>(&'a self, device: usize, known: &'a Ribs) -> Option<Sources<'a>> {
        Some(Sources {
            interfaces: self.interfaces.get(device)?,
            vpns: self.vpns.get(device)?,
            bfd: self.bfd_sessions.get(device)?,
            ospf: self.ospf_routes.get(device)?,
            statics: self.statics.get(device)?,
            bgp: self.bgp.get(device)?.as_deref(),
            known,
        })
    }

    fn plan_installation(&mut self, device: usize) {
        if let Some(pending) = self.fib_pending.get_mut(device).filter(|pending| !**pending) {
            *pending = true;
            self.queue.push(self.now + self.delays.fib, Event::Fib(device));
        }
    }

    /// The forwarding table becomes what the routing table is.
    pub(super) fn install(&mut self, device: usize) {
        put(&mut self.fib_pending, device, false);
        let (Some(ribs), Some(lsps)) = (self.ribs.get(device).cloned(), self.lsps.get(device).cloned()) else {
            return;
        };
        put(&mut self.fib_ribs, device, ribs);
        put(&mut self.fib_lsps, device, lsps);
        self.record_epoch(device);
        self.disturb();
    }

    pub(super) fn record_epoch(&mut self, device: usize) {
        let epoch = || {
            Some(DeviceEpoch {
                since: self.now,
                interfaces: Arc::clone(self.interfaces.get(device)?),
                fib: Arc::new(Fib {
                    ribs: Arc::clone(self.fib_ribs.get(device)?),
                    lsps: Arc::clone(self.fib_lsps.get(device)?),
                    vpns: Arc::clone(self.vpns.get(device)?),
                    per_packet: self.per_packet.get(device).copied()?,
                }),
            })
        };
        if let Some(epoch) = epoch() {
            self.history.record_epoch(device, epoch);
        }
    }

    /// How packets travel now.
    pub(super) fn forwarding(&self) -> Forwarding<'_> {
        Forwarding {
            interfaces: &self.interfaces,
            vpns: &self.vpns,
            ribs: &self.fib_ribs,
            lsps: &self.fib_lsps,
            labels: &self.labels,
            per_packet: &self.per_packet,
            seeds: &self.seeds,
            conditions: &self.conditions,
        }
    }

    /// The state of the network at this instant; with the routes of one device that lost to others.
    pub fn state(&self, device: usize) -> Result<State, NotComputed> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        let mut inactive = vec![BTreeMap::new(); self.configurations.len()];
        let lost = self
            .ribs
            .get(device)
            .and_then(|known| Some(self.sources(device, known)?.inactive()));
        put(&mut inactive, device, lost.unwrap_or_default());
        Ok(State {
            interfaces: self.interfaces.clone(),
            vpns: self.vpns.clone(),
            bfd: self.bfd_sessions.clone(),
            ospf: self.ospf.clone(),
            ldp: (0..self.configurations.len())
                .map(|device| Arc::new(self.ldp_sessions(device)))
                .collect::<Vec<Arc<Vec<LdpSession>>>>(),
            bgp: self.bgp.clone(),
            bgp_timers: self.bgp_timers(),
            ribs: self.ribs.clone(),
            inactive,
            lsps: self.lsps.clone(),
            fib_ribs: self.fib_ribs.clone(),
            fib_lsps: self.fib_lsps.clone(),
            per_packet: self.per_packet.clone(),
            labels: Arc::clone(&self.labels),
            seeds: self.seeds.clone(),
            conditions: self.conditions.clone(),
        })
    }

    /// The state that the network settles in if nothing more comes from outside, computed without time.
    pub fn settled_state(&self) -> Result<State, NotComputed> {
        fixpoint::compute(&self.topology())
    }
}
