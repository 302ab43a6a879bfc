//! What has happened in a lab, kept so that captures can be drawn afterwards.
//!
//! A capture of a link is made of
//! * the packets of flows: [`History::walk`] takes each through the forwarding tables in force at every hop;
//! * BFD: [`History::bfd`] has rows of packets; [`Schedule::packets`](super::Schedule::packets) gives their times;
//! * what was told once (UPDATE, LSA, mapping …): [`History::messages`];
//! * what is said again and again (keepalives, hellos): [`History::kept_alive`], with times as for BFD.
//!
//! Messages that are [`Routed`](super::Travels::Routed) are walked like the packets of flows; those
//! [`OnLink`](super::Travels::OnLink) and BFD packets stand on their link at the time they are sent, and arrive after
//! its delay unless [`History::condition`] says that it was cut or they were lost.
//!
//! Only so much is kept: when there is too much, the oldest is dropped and [`History::earliest`] moves on. Nothing may
//! be concluded about the time before it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::ages::Ages;
use super::bgp_words::BgpWords;
use super::chance::fraction;
use super::links::{Condition, Way};
use super::message::{BfdTrain, BfdTransition, KeptAlive, Message};
use super::moment::Moment;
use crate::network::forwarding::{DropReason, InTransit, Packet, Plane, Step};
use crate::network::interfaces::Interface;
use crate::network::labels::Labels;
use crate::network::ldp::Lsps;
use crate::network::prefix::Vrf;
use crate::network::rib::{Rib, Ribs};
use crate::network::vpn_instances::VpnInstance;
use crate::network::wiring::Wiring;

/// Largest number of routes and LSPs in all kept forwarding tables together. Those that a table shares with the one
/// before it count once.
const MOST_ROUTES: usize = 1_000_000;
/// Largest number of messages, rows of packets and transitions, of each kind.
const MOST_RECORDS: usize = 200_000;
/// Most hops of a walk: more than any TTL allows.
const MOST_HOPS: usize = 1_024;

/// What a device forwards by, from an instant on.
#[derive(Debug, Clone)]
pub struct DeviceEpoch {
    /// Since when.
    pub since: Moment,
    /// Its interfaces.
    pub interfaces: Arc<Vec<Interface>>,
    /// Its forwarding table.
    pub fib: Arc<Fib>,
}

/// A forwarding table.
#[derive(Debug, Clone, PartialEq)]
pub struct Fib {
    /// Routes.
    pub ribs: Arc<Ribs>,
    /// LSPs.
    pub lsps: Arc<Lsps>,
    /// VPN instances.
    pub vpns: Arc<Vec<VpnInstance>>,
    /// Whether packets are balanced one by one.
    pub per_packet: bool,
}

impl Fib {
    /// The routes and LSPs that are not those of the table before, and as many as the table itself takes the place of.
    fn weight(&self, before: Option<&Self>) -> usize {
        const EMPTY: usize = 8;
        let own = |(vrf, rib): (&Vrf, &Arc<Rib>)| {
            let known = before.and_then(|before| before.ribs.get(vrf));
            known.map_or(rib.len(), |known| rib.unshared(known))
        };
        let lsps = before.map_or(self.lsps.len(), |before| self.lsps.unshared(&before.lsps));
        self.ribs.iter().map(own).sum::<usize>() + lsps + EMPTY
    }
}

/// The way of a packet.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// The links that it was on, in order.
    pub hops: Vec<Hop>,
    /// How it ended.
    pub end: End,
}

/// A packet on a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Hop {
    /// The device that sent it.
    pub device: usize,
    /// Index of the interface that it left by, in [`History::epoch`] of that device at that time.
    pub interface: usize,
    /// The link and the direction.
    pub way: Way,
    /// When it left.
    pub sent: Moment,
    /// When it arrived; none if it was lost or the link was cut.
    pub arrived: Option<Moment>,
    /// The packet with its labels, as it was on the link.
    pub packet: InTransit,
}

/// How a walk ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// At a device that keeps it.
    Delivered {
        /// The device.
        device: usize,
        /// When.
        at: Moment,
        /// The instance.
        vrf: Vrf,
        /// The TTL that is left.
        ttl: u8,
        /// The address of the interface that it came in by; none if it came by an LSP or never left.
        arrived_on: Option<std::net::Ipv4Addr>,
    },
    /// Its TTL ended.
    Expired {
        /// The device.
        device: usize,
        /// When.
        at: Moment,
        /// The instance.
        vrf: Vrf,
        /// Where the answer comes from.
        reporter: Option<std::net::Ipv4Addr>,
    },
    /// It was dropped.
    Dropped {
        /// The device that dropped it, or the one that sent it on the link that lost it.
        device: usize,
        /// When.
        at: Moment,
        /// Why.
        reason: DropReason,
    },
    /// It would have been on its way at a time that has not come yet, or is kept no more.
    Untold {
        /// The device that it had reached.
        device: usize,
        /// When.
        at: Moment,
    },
}

/// What has happened in a lab.
#[derive(Debug, Clone)]
pub struct History {
    earliest: Moment,
    now: Moment,
    seed: u64,
    seeds: Vec<u64>,
    forwarding_time: Duration,
    wiring: Arc<Wiring>,
    labels: Arc<Labels>,
    devices: Vec<VecDeque<DeviceEpoch>>,
    /// Which device's epoch is the next oldest, and how many routes it holds.
    order: VecDeque<(usize, usize)>,
    routes: usize,
    conditions: Vec<[Vec<(Moment, Condition)>; 2]>,
    /// Shared by all copies, like those that follow: a copy is made while the lab waits.
    bfd: VecDeque<Arc<BfdTrain>>,
    transitions: VecDeque<Arc<BfdTransition>>,
    messages: VecDeque<Arc<Message>>,
    kept_alive: VecDeque<Arc<KeptAlive>>,
    not_modelled: Vec<(Moment, Option<String>)>,
    /// What the epochs of each device tell of ages, as far as they were compared.
    ages: Vec<Arc<Ages>>,
    words: BgpWords,
    /// How many of the messages that are kept `words` has not read.
    unread: usize,
}

impl History {
    /// A history that begins with the start of the lab.
    pub fn new(seeds: Vec<u64>, seed: u64, wiring: Arc<Wiring>, healthy: Condition, forwarding_time: Duration) -> Self {
        let conditions = wiring
            .links()
            .iter()
            .map(|_| [(); 2].map(|()| vec![(Moment::START, healthy)]))
            .collect();
        let count = seeds.len();
        Self {
            earliest: Moment::START,
            now: Moment::START,
            seed,
            devices: seeds.iter().map(|_| VecDeque::new()).collect(),
            seeds,
            forwarding_time,
            wiring,
            labels: Arc::default(),
            order: VecDeque::new(),
            routes: 0,
            conditions,
            bfd: VecDeque::new(),
            transitions: VecDeque::new(),
            messages: VecDeque::new(),
            kept_alive: VecDeque::new(),
            not_modelled: Vec::new(),
            ages: vec![Arc::default(); count],
            words: BgpWords::default(),
            unread: 0,
        }
    }

    /// The earliest instant of which everything is kept.
    pub fn earliest(&self) -> Moment {
        self.earliest
    }

    /// The instant up to which everything is known.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// The links.
    pub fn wiring(&self) -> &Wiring {
        &self.wiring
    }

    /// What labels stand for.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The times from which on the network was modelled (none) or was not, with the reason: while it is not, nothing
    /// that the history tells may be taken for the network's behaviour.
    pub fn not_modelled(&self) -> &[(Moment, Option<String>)] {
        &self.not_modelled
    }

    /// What a device forwarded by at an instant; none before the earliest.
    pub fn epoch(&self, device: usize, at: Moment) -> Option<&DeviceEpoch> {
        let epochs = self.devices.get(device)?;
        epochs.get(epochs.partition_point(|epoch| epoch.since <= at).checked_sub(1)?)
    }

    /// All epochs of a device that are kept, the oldest first.
    pub fn epochs(&self, device: usize) -> impl Iterator<Item = &DeviceEpoch> {
        self.devices.get(device).into_iter().flatten()
    }

    /// The condition of a link in one direction at an instant.
    pub fn condition(&self, way: Way, at: Moment) -> Option<Condition> {
        let known = self.conditions.get(way.link)?.get(way.from)?;
        let index = known.partition_point(|(since, _)| *since <= at).checked_sub(1)?;
        known.get(index).map(|(_, condition)| *condition)
    }

    /// All conditions of a link in one direction, with the instants from which on they held.
    pub fn conditions(&self, way: Way) -> &[(Moment, Condition)] {
        let known = self.conditions.get(way.link).and_then(|ends| ends.get(way.from));
        known.map(Vec::as_slice).unwrap_or_default()
    }

    /// Rows of BFD packets, in the order in which they began.
    pub fn bfd(&self) -> impl Iterator<Item = &BfdTrain> {
        self.bfd.iter().map(|train| &**train)
    }

    /// Changes of BFD sessions, in order.
    pub fn bfd_transitions(&self) -> impl Iterator<Item = &BfdTransition> {
        self.transitions.iter().map(|transition| &**transition)
    }

    /// What was told once, in order.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().map(|message| &**message)
    }

    /// What is said again and again, in the order in which it began.
    pub fn kept_alive(&self) -> impl Iterator<Item = &KeptAlive> {
        self.kept_alive.iter().map(|kept| &**kept)
    }

    /// What a device does with a packet at an instant; none if that is not known.
    pub fn step(&self, device: usize, at: Moment, transit: &InTransit) -> Option<Step> {
        Some(self.plane(device, at)?.step(transit))
    }

    /// The address that a device sends from towards a destination at an instant.
    pub fn source(
        &self,
        device: usize,
        at: Moment,
        vrf: &Vrf,
        destination: std::net::Ipv4Addr,
    ) -> Option<std::net::Ipv4Addr> {
        self.plane(device, at)?.source(vrf, destination)
    }

    fn plane(&self, device: usize, at: Moment) -> Option<Plane<'_>> {
        if at > self.now || at < self.earliest {
            return None;
        }
        let epoch = self.epoch(device, at)?;
        Some(Plane {
            device,
            interfaces: &epoch.interfaces,
            vpns: &epoch.fib.vpns,
            ribs: &epoch.fib.ribs,
            lsps: &epoch.fib.lsps,
            labels: &self.labels,
            per_packet: epoch.fib.per_packet,
            seed: self.seeds.get(device).copied().unwrap_or(0),
        })
    }

    /// Sends a packet from a device at an instant and follows it to its end. `chance` tells packets apart for the
    /// loss of links: the same packet with the same number is lost at the same places.
    pub fn walk(&self, from: usize, vrf: &Vrf, packet: Packet, at: Moment, chance: u64) -> Walk {
        let (mut device, mut at) = (from, at);
        let mut transit = InTransit::sent(vrf, packet);
        let mut hops: Vec<Hop> = Vec::new();
        let end = loop {
            let Some(plane) = self.plane(device, at).filter(|_| hops.len() < MOST_HOPS) else {
                break End::Untold { device, at };
            };
            let (interface, gateway, packet) = match plane.step(&transit) {
                Step::Delivered => {
                    break End::Delivered {
                        device,
                        at,
                        vrf: transit.vrf_at(plane),
                        ttl: transit.packet.ttl,
                        arrived_on: transit.arrived_on,
                    };
                }
                Step::Expired { reporter } => {
                    break End::Expired {
                        device,
                        at,
                        vrf: transit.vrf_at(plane),
                        reporter,
                    };
                }
                Step::Dropped(reason) => break End::Dropped { device, at, reason },
                Step::Sent {
                    interface,
                    gateway,
                    packet,
                } => (interface, gateway, packet),
            };
            let dropped = |reason| End::Dropped { device, at, reason };
            let here = plane.interfaces.get(interface).filter(|here| here.protocol);
            let Some((here, way)) = here.and_then(|here| Some((here, here.way?))) else {
                break dropped(DropReason::InterfaceDown);
            };
            let Some(condition) = self.condition(way, at) else {
                break End::Untold { device, at };
            };
            let sent = at + self.forwarding_time;
            let arrives = sent + condition.delay;
            let Some((next, far)) = here.far_end else {
                break dropped(DropReason::NoNeighbour);
            };
            let lost = !condition.passes()
                || condition.loss > 0.0
                    && fraction(&[self.seed, chance, way.link as u64, way.from as u64, hops.len() as u64])
                        < condition.loss;
            // A device keeps the neighbour's address for longer than a failure lasts: it sends though nobody hears.
            let taker = self
                .epoch(next, arrives.min(self.now))
                .and_then(|epoch| epoch.interfaces.get(far));
            if taker.and_then(|there| there.address).map(|(address, _)| address) != Some(gateway) {
                break dropped(DropReason::NoNeighbour);
            }
            let taken = taker.filter(|there| there.protocol && !lost);
            hops.push(Hop {
                device,
                interface,
                way,
                sent,
                arrived: taken.map(|_| arrives),
                packet: packet.clone(),
            });
            let Some(there) = taken else {
                break dropped(DropReason::Lost);
            };
            transit = packet.entered(there, gateway);
            (device, at) = (next, arrives);
        };
        Walk { hops, end }
    }

    /// Time has passed.
    pub(super) fn advance(&mut self, now: Moment) {
        self.now = self.now.max(now);
    }

    /// A device forwards differently from now on.
    pub(super) fn record_epoch(&mut self, device: usize, epoch: DeviceEpoch) {
        let Some(epochs) = self.devices.get_mut(device) else {
            return;
        };
        if epochs.back().is_some_and(|last| last.since == epoch.since) {
            epochs.pop_back();
            if let Some(at) = self.order.iter().rposition(|(of, _)| *of == device) {
                self.routes -= self.order.remove(at).map_or(0, |(_, weight)| weight);
            }
        }
        let weight = epoch.fib.weight(epochs.back().map(|before| &*before.fib));
        epochs.push_back(epoch);
        self.order.push_back((device, weight));
        self.routes += weight;
        while self.routes > MOST_ROUTES && self.forget_oldest() {}
    }

    /// Drops the oldest epoch that is not the only one of its device.
    fn forget_oldest(&mut self) -> bool {
        let found = self
            .order
            .iter()
            .position(|(device, _)| self.devices.get(*device).is_some_and(|epochs| epochs.len() > 1));
        let Some((device, weight)) = found.and_then(|at| self.order.remove(at)) else {
            return false;
        };
        self.ages(device);
        if let Some(epochs) = self.devices.get_mut(device) {
            epochs.pop_front();
            let since = epochs.front().map_or(self.now, |epoch| epoch.since);
            self.earliest = self.earliest.max(since);
        }
        self.routes -= weight;
        true
    }

    /// A link's condition has changed.
    pub(super) fn record_condition(&mut self, way: Way, at: Moment, condition: Condition) {
        if let Some(known) = self
            .conditions
            .get_mut(way.link)
            .and_then(|ends| ends.get_mut(way.from))
        {
            known.retain(|(since, _)| *since != at);
            known.push((at, condition));
        }
    }

    /// A row of BFD packets begins.
    pub(super) fn record_bfd(&mut self, train: BfdTrain) {
        self.bfd.push_back(Arc::new(train));
        if self.bfd.len() > MOST_RECORDS {
            let ended = self
                .bfd
                .iter()
                .position(|train| train.schedule.until.is_some())
                .unwrap_or(0);
            let until = self.bfd.remove(ended).and_then(|train| train.schedule.until);
            self.earliest = self.earliest.max(until.unwrap_or(self.now));
        }
    }

    /// The row of BFD packets that a session is sending ends.
    pub(super) fn end_bfd(&mut self, device: usize, session: &str, at: Moment) {
        let mut own = self.bfd.iter_mut().rev();
        let row = own.find(|row| row.device == device && row.session == session && row.schedule.until.is_none());
        if let Some(row) = row {
            Arc::make_mut(row).schedule.until = Some(at);
        }
    }

    /// A BFD session has changed its state.
    pub(super) fn record_transition(&mut self, transition: BfdTransition) {
        self.transitions.push_back(Arc::new(transition));
        if self.transitions.len() > MOST_RECORDS {
            self.transitions.pop_front();
            self.earliest = self
                .earliest
                .max(self.transitions.front().map_or(self.now, |first| first.at));
        }
    }

    /// A message is sent.
    pub(super) fn record_message(&mut self, message: Message) {
        self.messages.push_back(Arc::new(message));
        self.unread += 1;
        if self.messages.len() > MOST_RECORDS {
            self.read_bgp();
            self.messages.pop_front();
            self.earliest = self
                .earliest
                .max(self.messages.front().map_or(self.now, |first| first.sent));
        }
    }

    /// Something is said again and again from now on.
    pub(super) fn record_kept_alive(&mut self, kept: KeptAlive) {
        self.kept_alive.push_back(Arc::new(kept));
        if self.kept_alive.len() > MOST_RECORDS {
            let first = self.kept_alive.pop_front();
            self.earliest = self
                .earliest
                .max(first.and_then(|kept| kept.schedule.until).unwrap_or(self.now));
        }
    }

    /// It is said no more.
    pub(super) fn end_kept_alive(&mut self, at: Moment, ended: impl Fn(&KeptAlive) -> bool) {
        for kept in self.kept_alive.iter_mut().filter(|kept| kept.schedule.until.is_none()) {
            if ended(kept) {
                Arc::make_mut(kept).schedule.until = Some(at);
            }
        }
    }

    /// Since when things on a device are as they are.
    pub(super) fn ages(&mut self, device: usize) -> Arc<Ages> {
        let (Some(epochs), Some(ages)) = (self.devices.get(device), self.ages.get_mut(device)) else {
            return Arc::default();
        };
        let until = ages.until();
        let start = epochs.partition_point(|epoch| until.is_some_and(|until| epoch.since < until));
        let new = epochs.range(start..).filter(|epoch| !ages.has_taken(epoch));
        let new: Vec<&DeviceEpoch> = new.collect();
        if !new.is_empty() {
            let ages = Arc::make_mut(ages);
            for epoch in new {
                ages.take(epoch);
            }
        }
        Arc::clone(ages)
    }

    /// Takes what BGP has told since into account.
    pub(super) fn read_bgp(&mut self) {
        let start = self.messages.len().saturating_sub(self.unread);
        for message in self.messages.range(start..) {
            self.words.take(message);
        }
        self.unread = 0;
    }

    /// What BGP has told, as far as it was read.
    pub(super) fn bgp_words(&self) -> &BgpWords {
        &self.words
    }

    /// More labels are known.
    pub(super) fn set_labels(&mut self, labels: Arc<Labels>) {
        self.labels = labels;
    }

    /// The network is modelled from now on, or is not.
    pub(super) fn record_modelled(&mut self, at: Moment, reason: Option<String>) {
        if self
            .not_modelled
            .last()
            .map_or(reason.is_some(), |(_, last)| *last != reason)
        {
            self.not_modelled.push((at, reason));
        }
    }
}
