//! The clockwork: the state of all devices, what happens next, and what comes from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::bfd_machine::BfdMachine;
use super::bgp_choice::ChoiceGrounds;
use super::bgp_dialogue::Established;
use super::chance::seed_of;
use super::delays::Delays;
use super::event::{BgpEnd, Event, Queue};
use super::flaps::Flaps;
use super::flooding::Sequences;
use super::history::History;
use super::igp::Adjacency;
use super::labelling::LspGrounds;
use super::ldp_dialogue::LdpEnd;
use super::ldp_timing::LdpHellos;
use super::links::{Condition, Way};
use super::moment::Moment;
use super::ospf_hellos::{Greeting, OnInterface};
use super::tables::Grounds;
use super::times::BgpRecord;
use crate::configuration::Configuration;
use crate::interface_name::InterfaceName;
use crate::network::bfd::BfdSession;
use crate::network::bgp::BgpSpeaker;
use crate::network::bgp_received::Received;
use crate::network::bgp_rests_on::RestsOn;
use crate::network::bgp_settings::{self, BgpSettings};
use crate::network::fixpoint::{self, NotComputed};
use crate::network::flapping::Flapping;
use crate::network::interfaces::Interface;
use crate::network::labels::Labels;
use crate::network::ldp::{self, Lsps, Mappings};
use crate::network::ldp_doubts;
use crate::network::ldp_settings::{self, LdpSettings};
use crate::network::ospf::{self, Process};
use crate::network::ospf_external::{self, Imports};
use crate::network::ospf_routes::ShortestPaths;
use crate::network::rib::{Rib, Ribs};
use crate::network::static_routes::{self, StaticRoute};
use crate::network::vpn_instances::{self, VpnInstance};
use crate::network::wiring::{Port, Wiring};
use crate::network::{Topology, modelled};

/// Most events that are computed for one instant asked for. A network that needs more does not settle.
const MOST_EVENTS: u64 = 5_000_000;

/// A network in simulated time.
///
/// It starts settled: everything that takes time has happened before. Every change from outside ([`commit`],
/// [`set_condition`]) happens at [`now`], and [`advance_to`] lets its consequences follow.
///
/// [`commit`]: Self::commit
/// [`set_condition`]: Self::set_condition
/// [`now`]: Self::now
/// [`advance_to`]: Self::advance_to
pub struct Simulation {
    pub(super) now: Moment,
    pub(super) delays: Delays,
    pub(super) seed: u64,
    /// Seeds of the devices, from their names.
    pub(super) seeds: Vec<u64>,
    pub(super) wiring: Arc<Wiring>,
    pub(super) conditions: Vec<[Condition; 2]>,
    pub(super) queue: Queue,
    pub(super) history: History,
    /// A line of the beginning that is missing in the configurations.
    pub(super) missing: Option<NotComputed>,
    pub(super) refused: Option<NotComputed>,
    pub(super) unmodelled: Option<NotComputed>,
    pub(super) unsettled: Option<NotComputed>,
    pub(super) flaps: Flaps,

    pub(super) configurations: Vec<Arc<Configuration>>,
    pub(super) labels: Arc<Labels>,
    /// Ports that know of no signal, and what others will know when.
    pub(super) dark: BTreeSet<Port>,
    pub(super) dawning: BTreeMap<Port, (bool, Moment)>,
    pub(super) interfaces: Vec<Arc<Vec<Interface>>>,
    pub(super) vpns: Vec<Arc<Vec<VpnInstance>>>,
    pub(super) statics: Vec<Arc<Vec<StaticRoute>>>,
    pub(super) per_packet: Vec<bool>,
    pub(super) ribs: Vec<Arc<Ribs>>,
    /// What the routing tables were computed from last.
    pub(super) grounds: Vec<Option<Grounds>>,
    pub(super) fib_ribs: Vec<Arc<Ribs>>,
    pub(super) fib_lsps: Vec<Arc<Lsps>>,
    pub(super) fib_pending: Vec<bool>,

    /// OSPF: what is configured, what is so now, what each has told last and with which sequence, what each knows.
    pub(super) alone: Vec<Arc<Vec<Process>>>,
    pub(super) imports: Vec<Imports>,
    pub(super) ospf: Vec<Arc<Vec<Process>>>,
    pub(super) adjacencies: Vec<BTreeMap<(u32, InterfaceName), Adjacency>>,
    /// What each says in its hellos.
    pub(super) greetings: Vec<BTreeMap<OnInterface, Greeting>>,
    pub(super) lsdb: Vec<Vec<Arc<Vec<Process>>>>,
    /// How often each device has told something new, as each knows it.
    pub(super) versions: Vec<Vec<u32>>,
    /// What each process of each device has heard of each other.
    pub(super) sequences: Vec<Sequences>,
    /// What each device has told last.
    pub(super) told_by_ospf: Vec<Arc<Vec<Process>>>,
    pub(super) originate_pending: Vec<bool>,
    pub(super) spf_pending: Vec<bool>,
    pub(super) ospf_routes: Vec<Arc<Rib>>,
    pub(super) shortest_paths: ShortestPaths,
    pub(super) ospf_of_instances: Vec<Arc<Ribs>>,

    pub(super) ldp_settings: Vec<Option<Arc<LdpSettings>>>,
    pub(super) ldp_hellos_sent: Vec<LdpHellos>,
    pub(super) ldp: Vec<BTreeMap<usize, LdpEnd>>,
    pub(super) lsps: Vec<Arc<Lsps>>,
    /// What the LSPs were computed from last.
    pub(super) lsp_grounds: Vec<Option<LspGrounds>>,
    pub(super) mapped: Vec<Arc<Mappings>>,
    pub(super) received: Vec<Vec<Arc<Mappings>>>,

    pub(super) settings: Vec<Option<Arc<BgpSettings>>>,
    pub(super) router_ids: Vec<Option<Ipv4Addr>>,
    pub(super) established: BTreeMap<BgpEnd, Established>,
    /// Sessions whose other ends have been told nothing yet.
    pub(super) untold: BTreeSet<BgpEnd>,
    pub(super) connecting: BTreeMap<(BgpEnd, BgpEnd), Moment>,
    pub(super) bgp_records: BTreeMap<BgpEnd, BgpRecord>,
    pub(super) bgp: Vec<Option<Arc<BgpSpeaker>>>,
    pub(super) told: Vec<Option<Arc<BgpSpeaker>>>,
    pub(super) heard: Vec<Vec<Option<Arc<BgpSpeaker>>>>,
    /// What the choice of each rests on.
    pub(super) rests_on: Vec<Option<RestsOn>>,
    /// What it was made from, where it was as before.
    pub(super) choice_grounds: Vec<Option<ChoiceGrounds>>,
    /// What each has taken in of what it has heard.
    pub(super) taken_in: Vec<Received>,
    pub(super) choose_pending: Vec<bool>,
    pub(super) tell_pending: Vec<bool>,

    pub(super) sweep_pending: bool,
    pub(super) disturbed: Option<Moment>,

    pub(super) bfd: Vec<BTreeMap<String, BfdMachine>>,
    pub(super) bfd_sessions: Vec<Arc<Vec<BfdSession>>>,
    pub(super) generation: u64,
    /// The number of the last word that each LSR and each BGP end has heard: none overtakes another.
    pub(super) last_mapping: BTreeMap<(usize, usize), u64>,
    pub(super) last_update: BTreeMap<BgpEnd, u64>,
}

impl Simulation {
    /// The network of these configurations, settled. Names are those of the lab.
    pub fn new(
        names: &[String],
        configurations: &[Arc<Configuration>],
        wiring: Wiring,
        delays: Delays,
        seed: u64,
    ) -> Self {
        let delays = delays.bounded();
        let healthy = Condition::healthy(&delays);
        let conditions = wiring.links().iter().map(|_| [healthy; 2]).collect();
        let seeds: Vec<u64> = names.iter().map(|name| seed_of(seed, name)).collect();
        let wiring = Arc::new(wiring);
        let history = History::new(seeds.clone(), seed, Arc::clone(&wiring), healthy, delays.forwarding);
        let count = configurations.len();
        let mut simulation = Self {
            now: Moment::START,
            delays,
            seed,
            seeds,
            wiring,
            conditions,
            queue: Queue::default(),
            history,
            missing: None,
            refused: None,
            unmodelled: None,
            unsettled: None,
            flaps: Flaps::default(),
            configurations: configurations.to_vec(),
            labels: Arc::default(),
            dark: BTreeSet::new(),
            dawning: BTreeMap::new(),
            interfaces: vec![Arc::default(); count],
            vpns: vec![Arc::default(); count],
            statics: vec![Arc::default(); count],
            per_packet: vec![false; count],
            ribs: vec![Arc::default(); count],
            grounds: vec![None; count],
            fib_ribs: vec![Arc::default(); count],
            fib_lsps: vec![Arc::default(); count],
            fib_pending: vec![false; count],
            alone: vec![Arc::default(); count],
            imports: vec![Imports::default(); count],
            ospf: vec![Arc::default(); count],
            adjacencies: vec![BTreeMap::new(); count],
            greetings: vec![BTreeMap::new(); count],
            lsdb: vec![vec![Arc::default(); count]; count],
            versions: vec![vec![1; count]; count],
            sequences: vec![Sequences::new(); count],
            told_by_ospf: vec![Arc::default(); count],
            originate_pending: vec![false; count],
            spf_pending: vec![false; count],
            ospf_routes: vec![Arc::default(); count],
            shortest_paths: ShortestPaths::default(),
            ospf_of_instances: vec![Arc::default(); count],
            ldp_settings: vec![None; count],
            ldp_hellos_sent: vec![LdpHellos::new(); count],
            ldp: vec![BTreeMap::new(); count],
            lsps: vec![Arc::default(); count],
            lsp_grounds: vec![None; count],
            mapped: vec![Arc::default(); count],
            received: vec![vec![Arc::default(); count]; count],
            settings: vec![None; count],
            router_ids: vec![None; count],
            established: BTreeMap::new(),
            untold: BTreeSet::new(),
            connecting: BTreeMap::new(),
            bgp_records: BTreeMap::new(),
            bgp: vec![None; count],
            told: vec![None; count],
            heard: vec![vec![None; count]; count],
            rests_on: vec![None; count],
            choice_grounds: (0..count).map(|_| None).collect(),
            taken_in: vec![Received::default(); count],
            choose_pending: vec![false; count],
            tell_pending: vec![false; count],
            sweep_pending: false,
            disturbed: None,
            bfd: vec![BTreeMap::new(); count],
            bfd_sessions: vec![Arc::default(); count],
            generation: 0,
            last_mapping: BTreeMap::new(),
            last_update: BTreeMap::new(),
        };
        simulation.start();
        simulation
    }

    /// The same network, of whose configurations a line is missing: nothing that is computed counts.
    #[must_use]
    pub fn with_missing(mut self, line: Option<NotComputed>) -> Self {
        self.missing = line;
        self.check();
        self
    }

    /// Everything as it is once the network has settled.
    pub(super) fn start(&mut self) {
        self.queue.clear();
        // What was still to come does not any more.
        self.fib_pending.fill(false);
        self.sweep_pending = false;
        self.disturbed = None;
        self.untold.clear();
        self.rests_on.fill_with(|| None);
        self.choice_grounds.fill_with(|| None);
        self.taken_in.fill_with(Received::default);
        for received in &mut self.received {
            received.fill(Arc::default());
        }
        self.forget_circles();
        self.number_labels();
        let (state, unsettled) = fixpoint::settle(&self.topology());
        self.unsettled = unsettled;
        self.interfaces.clone_from(&state.interfaces);
        self.dark = self.ports().filter(|port| !self.has_signal(port)).collect();
        self.dawning.clear();
        for device in 0..self.configurations.len() {
            self.read(device);
        }
        self.router_ids = fixpoint::router_ids(&self.settings, &self.interfaces);
        self.ribs.clone_from(&state.ribs);
        self.lsps.clone_from(&state.lsps);
        self.grounds.fill(None);
        self.lsp_grounds.fill(None);
        self.fib_ribs.clone_from(&state.ribs);
        self.fib_lsps.clone_from(&state.lsps);
        self.start_igp(&state);
        self.start_ldp(&state);
        self.start_bgp(&state);
        self.start_bfd(&state);
        for device in 0..self.configurations.len() {
            self.record_epoch(device);
            if self.unsettled.is_none() {
                self.tables_are_settled(device);
            }
        }
        self.check();
    }

    pub(super) fn topology(&self) -> Topology<'_> {
        Topology {
            configurations: &self.configurations,
            wiring: &self.wiring,
            conditions: &self.conditions,
            seeds: &self.seeds,
            labels: &self.labels,
        }
    }

    /// What a device's configuration alone says.
    pub(super) fn read(&mut self, device: usize) {
        let Some(configuration) = self.configurations.get(device).cloned() else {
            return;
        };
        put(&mut self.vpns, device, Arc::new(vpn_instances::of(&configuration)));
        put(
            &mut self.statics,
            device,
            Arc::new(static_routes::configured(&configuration)),
        );
        put(
            &mut self.settings,
            device,
            bgp_settings::of(&configuration).map(Arc::new),
        );
        put(&mut self.per_packet, device, fixpoint::per_packet(&configuration));
        let settings = ldp_settings::of(&configuration).map(Arc::new);
        put(&mut self.ldp_settings, device, settings);
        put(&mut self.imports, device, ospf_external::configured(&configuration));
        if let Some(own) = self.interfaces.get(device) {
            let alone = Arc::new(ospf::configured(&configuration, own));
            put(&mut self.alone, device, alone);
        }
    }

    pub(super) fn number_labels(&mut self) {
        let mut labels = (*self.labels).clone();
        labels.extend(ldp::host_addresses(&self.configurations));
        self.labels = Arc::new(labels);
        self.history.set_labels(Arc::clone(&self.labels));
    }

    /// Whether all lines are modelled and routes settle.
    pub(super) fn check(&mut self) {
        let checked =
            modelled::check(&self.configurations).and_then(|()| ldp_doubts::check(&self.configurations, &self.wiring));
        self.unmodelled = checked.err();
        self.renew_refusal();
    }

    /// Why nothing is answered, if there is a reason.
    pub(super) fn renew_refusal(&mut self) {
        let missing = self.missing.clone();
        let lines = missing.or_else(|| self.unmodelled.clone());
        self.refused = lines.or_else(|| self.unsettled.clone()).or_else(|| self.circling());
        let reason = self.refused.as_ref().map(ToString::to_string);
        self.history.record_modelled(self.now, reason);
    }

    /// The present instant.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// What has happened so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The links.
    pub fn wiring(&self) -> &Wiring {
        &self.wiring
    }

    /// The condition of a link in one direction.
    pub fn condition(&self, way: Way) -> Option<Condition> {
        self.conditions.get(way.link)?.get(way.from).copied()
    }

    /// A link with which nothing is wrong.
    pub fn healthy(&self) -> Condition {
        Condition::healthy(&self.delays)
    }

    /// When the next thing will happen by itself.
    pub fn next_event(&self) -> Option<Moment> {
        self.queue.next()
    }

    /// Lets time pass up to an instant; one that has passed already changes nothing.
    pub fn advance_to(&mut self, instant: Moment) {
        let mut events = 0;
        while let Some((at, event)) = self.queue.pop(instant) {
            self.now = self.now.max(at);
            self.handle(event);
            events += 1;
            if events > MOST_EVENTS {
                self.give_up(&Flapping::new());
            }
        }
        self.now = self.now.max(instant);
        self.history.advance(self.now);
    }

    /// Lets time pass until nothing more happens by itself, at most so long; whether that was reached. A network whose
    /// routes change for ever never does.
    pub fn settle(&mut self, at_most: Duration) -> bool {
        let end = self.now + at_most;
        while let Some(next) = self.queue.next().filter(|next| *next <= end) {
            self.advance_to(next);
        }
        self.queue.next().is_none() && self.unsettled.is_none()
    }

    /// Events of one instant happen in another order from now on: what a network settles in may not depend on it.
    pub fn shuffle(&mut self, seed: u64) {
        self.queue.shuffle(seed);
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Signal(port) => self.notice_signal(&port),
            Event::Fib(device) => self.install(device),
            Event::Originate(device) => self.originate(device),
            Event::Flooded { to, from, lsa } => self.flooded(to, from, &lsa),
            Event::Spf(device) => self.shortest_paths(device),
            Event::Adjacent(end, at) => self.adjacent(&end, at),
            Event::Dead(end, at) => self.dead(&end, at),
            Event::LdpUp(a, b, at) => self.ldp_up(a, b, at),
            Event::LdpDead(device, peer, at) => self.ldp_dead(device, peer, at),
            Event::LdpClosed(device, peer) => self.ldp_closed(device, peer),
            Event::Mapped {
                to,
                from,
                mappings,
                number,
            } => self.mapped(to, from, mappings, number),
            Event::BgpUp(a, b, at) => self.bgp_up(&a, &b, at),
            Event::BgpHoldExpired(end, at) => self.bgp_hold_expired(&end, at),
            Event::BgpClosed(end) => self.bgp_closed(&end),
            Event::BgpChoose(device) => self.choose(device),
            Event::BgpTell(device) => self.tell(device),
            Event::BgpTold {
                to,
                from,
                under_way,
                speaker,
                number,
            } => self.bgp_told(to, from, under_way, speaker, number),
            Event::Sweep => self.sweep(),
            Event::BfdHeard(end, generation) => self.bfd_heard(&end, generation),
            Event::BfdAnswered(end, packet) => self.bfd_answered(&end, packet),
            Event::BfdExpired(end, generation) => self.bfd_expired(&end, generation),
            Event::BfdListen(end, generation) => self.bfd_listen_again(&end, generation),
            Event::BfdRestored(end, at) => self.bfd_restored(&end, at),
        }
    }
}

impl Simulation {
    /// A number larger than all before.
    pub(super) fn next_number(&mut self) -> u64 {
        self.generation += 1;
        self.generation
    }
}

/// Puts a value in its place, if there is such a place.
pub(super) fn put<T>(all: &mut [T], at: usize, value: T) {
    if let Some(place) = all.get_mut(at) {
        *place = value;
    }
}
