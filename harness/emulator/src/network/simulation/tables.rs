//! The tables of a device: routes that follow from what it knows, the forwarding table that follows them a little later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::engine::{Simulation, put};
use super::event::Event;
use super::history::{DeviceEpoch, Fib};
use crate::network::bfd::BfdSession;
use crate::network::bgp::{BgpSpeaker, Table};
use crate::network::fast_reroute;
use crate::network::fixpoint::{self, NotComputed, Sources, State};
use crate::network::flapping::{Changing, between_ribs};
use crate::network::forwarding::Forwarding;
use crate::network::interfaces::Interface;
use crate::network::ldp_session::LdpSession;
use crate::network::prefix::{Prefix, Vrf};
use crate::network::rib::{Prefixes, Protocol, Rib, Ribs, Route};
use crate::network::shared::{self, Shared};
use crate::network::static_routes::StaticRoute;
use crate::network::vpn_instances::VpnInstance;

/// The routing tables of a device as they have become.
struct Renewed {
    ribs: Arc<Ribs>,
    /// The prefixes whose routes are others than before.
    changes: Prefixes,
    /// What still changes when nothing else does; if anything, the next time all are computed.
    circling: Vec<Changing>,
}

/// Prefixes by instance as routes.
fn routes_of(prefixes: &Prefixes) -> Vec<Changing> {
    let all = prefixes
        .iter()
        .flat_map(|(vrf, prefixes)| prefixes.iter().map(move |prefix| (vrf, prefix)));
    all.map(|(vrf, prefix)| Changing::Route(vrf.clone(), *prefix)).collect()
}

fn is_direct(routes: &[Route]) -> bool {
    routes.first().is_some_and(|route| route.protocol == Protocol::Direct)
}

/// Rounds in which the routing table of one device must settle.
const MOST_ROUNDS: usize = 64;

/// What the routing tables of a device follow from. Where two share something it is the same in both.
#[derive(Clone)]
pub struct Grounds {
    interfaces: Arc<Vec<Interface>>,
    vpns: Arc<Vec<VpnInstance>>,
    bfd: Arc<Vec<BfdSession>>,
    statics: Arc<Vec<StaticRoute>>,
    ospf: Arc<Rib>,
    ospf_of_instances: Arc<Ribs>,
    bgp: Option<Arc<BgpSpeaker>>,
}

impl Grounds {
    /// The prefixes of which OSPF and BGP now say something else; none if more than what they say has changed.
    fn news(&self, now: &Self) -> Option<Prefixes> {
        let same = Arc::ptr_eq(&self.interfaces, &now.interfaces)
            && Arc::ptr_eq(&self.vpns, &now.vpns)
            && Arc::ptr_eq(&self.bfd, &now.bfd)
            && Arc::ptr_eq(&self.statics, &now.statics);
        // What becomes of packets with labels of BGP follows from many routes at once.
        let has_labels = |grounds: &Self| grounds.bgp.as_ref().is_some_and(|bgp| !bgp.labels.is_empty());
        if has_labels(self) || has_labels(now) {
            return None;
        }
        let mut news = Prefixes::new();
        if !Arc::ptr_eq(&self.ospf, &now.ospf) {
            let prefixes = self.ospf.changed(&now.ospf).into_iter().copied();
            news.insert(Vrf::Public, prefixes.collect());
        }
        if !Arc::ptr_eq(&self.ospf_of_instances, &now.ospf_of_instances) {
            let nothing = Rib::new();
            let instances = self.ospf_of_instances.keys().chain(now.ospf_of_instances.keys());
            for vrf in instances {
                let [was, is] =
                    [self, now].map(|known| known.ospf_of_instances.get(vrf).map_or(&nothing, |rib| &**rib));
                let prefixes = was.changed(is).into_iter().copied();
                news.entry(vrf.clone()).or_default().extend(prefixes);
            }
        }
        match (&self.bgp, &now.bgp) {
            (None, None) => {}
            (Some(before), Some(now)) if Arc::ptr_eq(before, now) => {}
            (Some(before), Some(now)) if Arc::ptr_eq(&before.settings, &now.settings) => {
                let nothing = Table::new();
                for vrf in before.tables.keys().chain(now.tables.keys()) {
                    let [before, now] = [before, now].map(|speaker| speaker.tables.get(vrf).unwrap_or(&nothing));
                    let prefixes = shared::changed(before, now).into_iter().copied();
                    news.entry(vrf.clone()).or_default().extend(prefixes);
                }
            }
            _ => return None,
        }
        same.then_some(news)
    }
}

impl Simulation {
    /// The routing tables of a device, from what it knows now; whether they have changed.
    pub(super) fn evaluate(&mut self, device: usize) -> bool {
        let Some(now) = self.grounds_of(device) else {
            return false;
        };
        let before = self.grounds.get_mut(device).and_then(Option::take);
        let news = before.and_then(|before| before.news(&now));
        let renewed = match news {
            Some(news) => self.renewed(device, news),
            None => self.computed_anew(device),
        };
        let Some(Renewed {
            ribs,
            changes,
            circling,
        }) = renewed
        else {
            return false;
        };
        let settled = circling.is_empty();
        self.note_circle(device, circling);
        put(&mut self.grounds, device, settled.then_some(now));
        let has_changed = !changes.is_empty();
        if has_changed {
            self.note_changes(device, || routes_of(&changes));
            put(&mut self.ribs, device, ribs);
            if self.imports.get(device).is_some_and(|imports| !imports.is_empty()) {
                self.links_tell(device);
            }
        }
        let relabelled = self.relabel(device);
        if has_changed || !relabelled.is_empty() {
            self.plan_installation(device);
            if self.concerns_bgp(device, &changes, &relabelled) {
                self.plan_choice(device);
            }
        }
        has_changed
    }

    /// The tables of a device follow from what it knows: only what changes from now on is computed again.
    pub(super) fn tables_are_settled(&mut self, device: usize) {
        #[cfg(test)]
        {
            let anew = self.computed_anew(device);
            assert!(
                anew.is_none_or(|anew| anew.changes.is_empty() && anew.circling.is_empty()),
                "device {device} has other routes"
            );
        }
        let grounds = self.grounds_of(device);
        put(&mut self.grounds, device, grounds);
        self.labels_are_settled(device);
    }

    fn grounds_of(&self, device: usize) -> Option<Grounds> {
        Some(Grounds {
            interfaces: self.interfaces.get(device)?.clone(),
            vpns: self.vpns.get(device)?.clone(),
            bfd: self.bfd_sessions.get(device)?.clone(),
            statics: self.statics.get(device)?.clone(),
            ospf: self.ospf_routes.get(device)?.clone(),
            ospf_of_instances: self.ospf_of_instances.get(device)?.clone(),
            bgp: self.bgp.get(device)?.clone(),
        })
    }

    /// All routing tables of a device; those that are as before are kept.
    fn computed_anew(&self, device: usize) -> Option<Renewed> {
        let before = self.ribs.get(device)?;
        let mut known = Arc::clone(before);
        let mut circling = Vec::new();
        for round in 1..=MOST_ROUNDS {
            let ribs = self.sources(device, &known)?.ribs();
            if ribs == *known {
                break;
            }
            if round == MOST_ROUNDS {
                circling = between_ribs(&known, &ribs);
            }
            known = Arc::new(ribs);
        }
        let mut changes = Prefixes::new();
        let nothing = Rib::new();
        for vrf in before.keys().chain(known.keys()) {
            let [was, is] = [before, &known].map(|ribs| ribs.get(vrf).map_or(&nothing, |rib| &**rib));
            let prefixes: BTreeSet<Prefix> = was.changed(is).into_iter().copied().collect();
            if !prefixes.is_empty() || before.contains_key(vrf) != known.contains_key(vrf) {
                changes.insert(vrf.clone(), prefixes);
            }
        }
        let ribs = Arc::unwrap_or_clone(known).into_iter().map(|(vrf, rib)| {
            let same = before.get(&vrf).filter(|_| !changes.contains_key(&vrf));
            let rib = same.cloned().unwrap_or(rib);
            (vrf, rib)
        });
        let ribs = Arc::new(ribs.collect());
        Some(Renewed {
            ribs,
            changes,
            circling,
        })
    }

    /// The routing tables of a device after news of these prefixes. Static routes whose next hops they hold follow.
    fn renewed(&self, device: usize, mut news: Prefixes) -> Option<Renewed> {
        let mut ribs = Arc::clone(self.ribs.get(device)?);
        let statics = self.statics.get(device)?;
        let mut changes = Prefixes::new();
        for _ in 0..MOST_ROUNDS {
            let known = Arc::clone(&ribs);
            let sources = self.sources(device, &known)?;
            let mut next = Prefixes::new();
            for (vrf, prefixes) in std::mem::take(&mut news) {
                let Some(before) = known.get(&vrf) else { continue };
                let different: Vec<(Prefix, Option<Shared<Route>>)> = prefixes
                    .into_iter()
                    .map(|prefix| (prefix, before.get(&prefix)))
                    // While interfaces stay as they are, so do direct routes: nothing is preferred to them.
                    .filter(|(_, held)| held.is_none_or(|routes| !is_direct(routes)))
                    .map(|(prefix, held)| (prefix, held, sources.routes_to(&vrf, prefix)))
                    .filter(|(_, held, routes)| *held != routes.as_ref())
                    .map(|(prefix, _, routes)| (prefix, routes))
                    .collect();
                if different.is_empty() {
                    continue;
                }
                for route in statics.iter() {
                    let (of, prefix) = route.destination();
                    let concerns = |address| different.iter().any(|(prefix, _)| prefix.contains(address));
                    if *of == vrf && route.looked_up().is_some_and(concerns) {
                        next.entry(vrf.clone()).or_default().insert(prefix);
                    }
                }
                let changed = changes.entry(vrf.clone()).or_default();
                changed.extend(different.iter().map(|(prefix, _)| *prefix));
                if let Some(rib) = Arc::make_mut(&mut ribs).get_mut(&vrf) {
                    *rib = Arc::new(rib.with(different));
                }
            }
            news = next;
            if news.is_empty() {
                break;
            }
        }
        Some(Renewed {
            ribs,
            changes,
            circling: routes_of(&news),
        })
    }

    fn sources<'a>(&'a self, device: usize, known: &'a Ribs) -> Option<Sources<'a>> {
        Some(Sources {
            interfaces: self.interfaces.get(device)?,
            vpns: self.vpns.get(device)?,
            bfd: self.bfd_sessions.get(device)?,
            ospf: self.ospf_routes.get(device)?,
            ospf_of_instances: self.ospf_of_instances.get(device)?,
            statics: self.statics.get(device)?,
            bgp: self.bgp.get(device)?.as_deref(),
            known,
        })
    }

    /// Routes for which backups have stepped in may stand again.
    pub(super) fn look_at_backups(&mut self, device: usize) {
        let tables = self.ribs.get(device).zip(self.fib_ribs.get(device));
        if tables.is_some_and(|(routing, forwarding)| !Arc::ptr_eq(routing, forwarding)) {
            self.plan_installation(device);
        }
    }

    fn plan_installation(&mut self, device: usize) {
        if let Some(pending) = self.fib_pending.get_mut(device).filter(|pending| !**pending) {
            *pending = true;
            self.queue.push(self.now + self.delays.fib, Event::Fib(device));
        }
    }

    /// The forwarding table becomes what the routing table is, but for routes that are known to have failed and have a
    /// backup.
    pub(super) fn install(&mut self, device: usize) {
        put(&mut self.fib_pending, device, false);
        let (Some(ribs), Some(lsps)) = (self.ribs.get(device).cloned(), self.lsps.get(device).cloned()) else {
            return;
        };
        let speaker = self.bgp.get(device).and_then(Option::as_deref);
        let speaker = speaker.filter(|speaker| fast_reroute::is_on(speaker));
        let ribs = match speaker.zip(self.surroundings(device)) {
            Some((speaker, surroundings)) => surroundings.rerouted(device, speaker, &ribs),
            None => ribs,
        };
        put(&mut self.fib_ribs, device, ribs);
        put(&mut self.fib_lsps, device, lsps);
        self.record_epoch(device);
        self.bfd_ways_have_changed();
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
            lsdb: self.lsdb.get(device).cloned().unwrap_or_default(),
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
