//! The fixpoint: what depends on routes is computed from the routes before, until nothing changes any more.
//!
//! Every round is computed from the complete round before it, for all devices alike: the order of devices plays no part.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::bfd::{self, BfdSession};
use super::bgp::{self, BgpSession, BgpSpeaker, Surroundings};
use super::bgp_settings::BgpSettings;
use super::bgp_timers::Timers;
use super::flapping::{self, Flapping};
use super::forwarding::Forwarding;
use super::interfaces::{self, Interface};
use super::labels::Labels;
use super::ldp::{self, Lsp, LspSources, Lsps, Mappings};
use super::ldp_session::{self, Discovery, LdpSession};
use super::ldp_settings::LdpSettings;
use super::ospf::{self, Neighbour, Process};
use super::ospf_external::{self, Imports};
use super::ospf_graph::Graph;
use super::ospf_link::Stage;
use super::prefix::{Prefix, Vrf};
use super::rib::{Rib, Ribs, Route, losers, select, select_one};
use super::shared::Shared;
use super::simulation::{Condition, Way};
use super::vpn_instances::{self, VpnInstance};
use super::{
    Topology, bfd_of_peers, bgp_labels, bgp_settings, connected, ldp_doubts, ldp_settings, modelled, ospf_paths,
    ospf_routes, static_routes,
};
use crate::configuration::Configuration;
use crate::interface_name::InterfaceName;

/// Of a network that does not settle, what changes in so many rounds is named.
const LAST_ROUNDS: usize = 12;

/// Why a network is not computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotComputed {
    /// A configuration holds a line that the model does not take into account.
    #[error("The emulated lab computes no answer while {device} has a line that it does not model: `{line}`.")]
    Line {
        /// The device.
        device: String,
        /// The line.
        line: String,
    },
    /// A start configuration held a line that could not be loaded and could change what is computed.
    #[error(
        "The emulated lab computes no answer: line {number} of the start configuration of {device} was ignored and \
         could change it: `{line}`."
    )]
    Ignored {
        /// The device.
        device: String,
        /// The line's number, from 1.
        number: usize,
        /// The line.
        line: String,
    },
    /// Routes, which are named, change for ever.
    #[error("The emulated lab computes no answer: the network does not settle. For ever change: {0}.")]
    Unsettled(String),
}

/// A network at its fixpoint. Lists are by device.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Interfaces.
    pub interfaces: Vec<Arc<Vec<Interface>>>,
    /// VPN instances.
    pub vpns: Vec<Arc<Vec<VpnInstance>>>,
    /// BFD sessions.
    pub bfd: Vec<Arc<Vec<BfdSession>>>,
    /// OSPF processes with their neighbours.
    pub ospf: Vec<Arc<Vec<Process>>>,
    /// What the device that is asked has been told by all of them.
    pub lsdb: Vec<Arc<Vec<Process>>>,
    /// LDP sessions.
    pub ldp: Vec<Arc<Vec<LdpSession>>>,
    /// BGP.
    pub bgp: Vec<Option<Arc<BgpSpeaker>>>,
    /// Keepalive and hold time of BGP peers that are configured with none.
    pub bgp_timers: Timers,
    /// Routing tables.
    pub ribs: Vec<Arc<Ribs>>,
    /// Routes that lost to one of a better preference, by instance.
    pub inactive: Vec<BTreeMap<Vrf, Vec<Route>>>,
    pub(crate) lsps: Vec<Arc<Lsps>>,
    /// Routes and LSPs that packets are forwarded by: those of the tables, a little later.
    pub(crate) fib_ribs: Vec<Arc<Ribs>>,
    pub(crate) fib_lsps: Vec<Arc<Lsps>>,
    pub(super) per_packet: Vec<bool>,
    pub(super) labels: Arc<Labels>,
    pub(super) seeds: Vec<u64>,
    pub(super) conditions: Vec<[Condition; 2]>,
}

impl State {
    /// The ways of the LSPs of a device, by the address where each ends.
    pub fn lsps(&self, device: usize) -> impl Iterator<Item = (Ipv4Addr, &Lsp)> {
        let lsps = self.lsps.get(device).into_iter().flat_map(|own| own.iter());
        lsps.flat_map(|(address, ways)| ways.iter().map(|way| (*address, way)))
    }

    /// The label that a device gives to a host address once it has an LSP to it.
    pub fn label(&self, device: usize, address: Ipv4Addr) -> Option<u32> {
        self.labels.of(device, address)
    }

    /// The label that a device with these settings gives to a host address of its own.
    pub fn egress_label(&self, device: usize, settings: &LdpSettings, address: Ipv4Addr) -> Option<u32> {
        ldp::egress_label(device, settings, address, &self.labels)
    }

    /// The neighbours of a device's OSPF process that are heard, and how far it has got with each.
    pub fn ospf_peers(&self, device: usize, process: &Process) -> Vec<(Neighbour, Stage)> {
        let full = process.neighbours.iter().cloned();
        let mut peers: Vec<(Neighbour, Stage)> = full.map(|neighbour| (neighbour, Stage::Full)).collect();
        for (number, neighbour, stage) in ospf::meetings(device, &self.ospf, &self.interfaces, &self.conditions) {
            let is_known = peers.iter().any(|(peer, _)| peer.interface == neighbour.interface);
            if number == process.id && stage != Stage::Full && !is_known {
                peers.push((neighbour, stage));
            }
        }
        peers.sort_by_key(|(peer, _)| peer.interface);
        peers
    }

    /// How packets travel in this state.
    pub fn forwarding(&self) -> Forwarding<'_> {
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
}

/// Computes the state that a network settles in.
pub fn compute(topology: &Topology<'_>) -> Result<State, NotComputed> {
    modelled::check(topology.configurations)?;
    ldp_doubts::check(topology.configurations, topology.wiring)?;
    match settle(topology) {
        (state, None) => Ok(state),
        (_, Some(error)) => Err(error),
    }
}

/// The same, whatever lines the configurations hold; what was reached comes also if it does not settle.
pub(super) fn settle(topology: &Topology<'_>) -> (State, Option<NotComputed>) {
    let configurations = topology.configurations;
    let vpns: Vec<Arc<Vec<VpnInstance>>> = configurations.iter().map(|c| Arc::new(vpn_instances::of(c))).collect();
    let interfaces = interfaces::of(configurations, topology.wiring, |device, port| {
        has_signal(topology, device, port)
    });
    let bfd = bfd::sessions(configurations, &interfaces, topology.conditions);
    let ospf = ospf::processes(configurations, &interfaces, topology.conditions);
    let routes_of_ospf = |ospf: &[Arc<Vec<Process>>]| -> Vec<(Rib, Ribs)> {
        let graph = Graph::of(ospf);
        let devices = interfaces.iter().enumerate();
        devices
            .map(|(device, own)| {
                let of_instances = ospf_paths::routes_of_instances(device, ospf, own, &Ribs::new());
                (ospf_routes::routes(&graph, device, own), of_instances)
            })
            .collect()
    };
    let mut ospf_routes = routes_of_ospf(&ospf);
    let imports: Vec<_> = configurations.iter().map(|c| ospf_external::configured(c)).collect();
    let static_routes: Vec<_> = configurations.iter().map(|c| static_routes::configured(c)).collect();
    let settings: Vec<_> = configurations
        .iter()
        .map(|c| bgp_settings::of(c).map(Arc::new))
        .collect();
    let router_ids = router_ids(&settings, &interfaces);
    let ldp_settings: Vec<_> = configurations
        .iter()
        .map(|c| ldp_settings::of(c).map(Arc::new))
        .collect();
    let leads_far = bfd
        .iter()
        .any(|own| own.iter().any(|session| session.interface.is_none()));
    let count = configurations.len();
    let mut state = State {
        bfd,
        lsdb: ospf.clone(),
        ospf,
        ldp: vec![Arc::default(); count],
        bgp: vec![None; count],
        bgp_timers: Timers::default(),
        ribs: vec![Arc::default(); count],
        inactive: vec![BTreeMap::new(); count],
        lsps: vec![Arc::default(); count],
        fib_ribs: Vec::new(),
        fib_lsps: Vec::new(),
        per_packet: configurations.iter().map(|c| per_packet(c)).collect(),
        labels: Arc::new(topology.labels.clone()),
        seeds: topology.seeds.to_vec(),
        conditions: topology.conditions.to_vec(),
        interfaces: interfaces.clone(),
        vpns,
    };
    // News crosses a network in as many rounds as it has devices; each layer may wait for the one below.
    let limit = 50 + 10 * count;
    let mut flapping = Flapping::new();
    for round in 0..limit {
        let ribs: Vec<Arc<Ribs>> = (0..count)
            .map(|device| {
                let sources = sources(&state, device, &ospf_routes, &static_routes);
                Arc::new(sources.map(|sources| sources.ribs()).unwrap_or_default())
            })
            .collect();
        let forwarding = Forwarding {
            ribs: &state.ribs,
            lsps: &state.lsps,
            ..state.forwarding()
        };
        let ldp: Vec<Arc<Vec<LdpSession>>> = (0..count)
            .map(|device| {
                let reaches = |from, to| ldp_session::reaches(&forwarding, from, to);
                let discovery = Discovery {
                    settings: &ldp_settings,
                    interfaces: &state.interfaces,
                    conditions: &state.conditions,
                };
                Arc::new(discovery.sessions_of(device, reaches))
            })
            .collect();
        let lsps = lsps(&state, &ldp_settings);
        let bgp = Surroundings {
            settings: &settings,
            router_ids: &router_ids,
            forwarding,
            before: &state.bgp,
        }
        .speakers();
        let ospf = brought_in(&state, &imports);
        let same_ospf = ospf == state.ospf;
        // Sessions over several hops come up once there are routes, and routes may follow them.
        let bfd = leads_far.then(|| {
            let all = configurations.iter().map(|c| bfd::configured(c)).collect();
            bfd::matched(
                configurations,
                &state.interfaces,
                (&state.conditions, Some(&forwarding)),
                all,
            )
        });
        let same_bfd = bfd.as_ref().is_none_or(|bfd| *bfd == state.bfd);
        if same_bfd && same_ospf && ribs == state.ribs && ldp == state.ldp && lsps == state.lsps && bgp == state.bgp {
            state.inactive = (0..count)
                .map(|device| {
                    let sources = sources(&state, device, &ospf_routes, &static_routes);
                    sources.map(|sources| sources.inactive()).unwrap_or_default()
                })
                .collect();
            state.fib_ribs.clone_from(&state.ribs);
            state.fib_lsps.clone_from(&state.lsps);
            watch_peers(&mut state, configurations, &settings);
            return (state, None);
        }
        let before = (round + LAST_ROUNDS >= limit).then(|| state.clone());
        if !same_ospf {
            ospf_routes = routes_of_ospf(&ospf);
            state.lsdb.clone_from(&ospf);
            state.ospf = ospf;
        }
        state.bfd = bfd.unwrap_or(state.bfd);
        state.ribs = ribs;
        state.ldp = ldp;
        state.lsps = lsps;
        state.bgp = bgp;
        for (what, devices) in before
            .iter()
            .flat_map(|before| flapping::between_states(before, &state))
        {
            flapping.entry(what).or_default().extend(devices);
        }
    }
    state.fib_ribs.clone_from(&state.ribs);
    state.fib_lsps.clone_from(&state.lsps);
    watch_peers(&mut state, configurations, &settings);
    let words = flapping::in_words(&flapping, configurations);
    (state, Some(NotComputed::Unsettled(words)))
}

/// The BFD sessions of BGP peers that are up come to those that are configured.
fn watch_peers(state: &mut State, configurations: &[Arc<Configuration>], settings: &[Option<Arc<BgpSettings>>]) {
    let all: Vec<Vec<BfdSession>> = configurations
        .iter()
        .enumerate()
        .map(|(device, configuration)| {
            let sessions = state.bgp.get(device).and_then(Option::as_ref);
            let is_up = |vrf: &Vrf, peer: Ipv4Addr| {
                let mut sessions = sessions.iter().flat_map(|speaker| &speaker.sessions);
                let is_meant = |s: &&BgpSession| s.settings.vrf == *vrf && s.settings.address == peer;
                sessions.find(is_meant).is_some_and(|session| session.far.is_some())
            };
            let settings = settings.get(device).and_then(Option::as_deref);
            let interfaces = state.interfaces.get(device).map(|own| own.as_slice());
            bfd_of_peers::all(configuration, settings, interfaces.unwrap_or_default(), is_up)
        })
        .collect();
    if all.iter().flatten().any(|session| session.dynamic) {
        let forwarding = state.forwarding();
        let matched = bfd::matched(
            configurations,
            &state.interfaces,
            (&state.conditions, Some(&forwarding)),
            all,
        );
        state.bfd = matched;
    }
}

/// OSPF with what it brings in from the routing tables.
fn brought_in(state: &State, imports: &[Imports]) -> Vec<Arc<Vec<Process>>> {
    let devices = state.ospf.iter().zip(imports).enumerate();
    devices
        .map(|(device, (processes, imports))| {
            let tables = state.ribs.get(device).zip(state.interfaces.get(device));
            match tables.filter(|_| !imports.is_empty()) {
                None => Arc::clone(processes),
                Some((ribs, interfaces)) => {
                    let mut processes = (**processes).clone();
                    imports.bring(&mut processes, ribs, interfaces);
                    Arc::new(processes)
                }
            }
        })
        .collect()
}

/// LSPs one hop longer than before: each device hears what the others mapped then.
fn lsps(state: &State, settings: &[Option<Arc<LdpSettings>>]) -> Vec<Arc<Lsps>> {
    let mapped: Vec<Arc<Mappings>> = state
        .interfaces
        .iter()
        .zip(&state.lsps)
        .zip(settings)
        .enumerate()
        .map(|(device, ((interfaces, lsps), settings))| {
            let settings = settings.as_deref();
            Arc::new(ldp::mappings_of(device, settings, interfaces, lsps, &state.labels))
        })
        .collect();
    let devices = state.ldp.iter().zip(&state.ribs).enumerate();
    devices
        .map(|(device, (sessions, ribs))| {
            let sources = LspSources {
                device,
                settings: settings.get(device).and_then(Option::as_deref),
                sessions,
                interfaces: &state.interfaces,
                received: &mapped,
            };
            Arc::new(sources.lsps(ribs))
        })
        .collect()
}

/// What a device's routing tables are made of.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    /// Its interfaces.
    pub interfaces: &'a [Interface],
    /// Its VPN instances.
    pub vpns: &'a [VpnInstance],
    /// Its BFD sessions.
    pub bfd: &'a [BfdSession],
    /// Its OSPF routes.
    pub ospf: &'a Rib,
    /// Those in VPN instances.
    pub ospf_of_instances: &'a Ribs,
    /// Its static routes.
    pub statics: &'a [static_routes::StaticRoute],
    /// Its BGP.
    pub bgp: Option<&'a BgpSpeaker>,
    /// The tables before: next hops are looked up in them.
    pub known: &'a Ribs,
}

impl Sources<'_> {
    /// The tables, one step further.
    pub fn ribs(&self) -> Ribs {
        self.candidates()
            .map(|(vrf, candidates)| (vrf, Arc::new(select(candidates))))
            .collect()
    }

    /// The routes that lost to those in the tables before.
    pub fn inactive(&self) -> BTreeMap<Vrf, Vec<Route>> {
        self.candidates()
            .map(|(vrf, candidates)| {
                let losers = self.known.get(&vrf).map(|rib| losers(candidates, rib));
                (vrf, losers.unwrap_or_default())
            })
            .collect()
    }

    /// The routes to one prefix of an instance, one step further.
    pub fn routes_to(&self, vrf: &Vrf, prefix: Prefix) -> Option<Shared<Route>> {
        let mut candidates = connected::routes_to(self.interfaces, vrf, prefix);
        candidates.extend(
            self.of_ospf(vrf)
                .and_then(|rib| rib.get(&prefix))
                .into_iter()
                .flatten()
                .cloned(),
        );
        let known = self.known.get(vrf).map(|rib| &**rib);
        let statics = self.statics.iter().filter(|route| route.destination() == (vrf, prefix));
        candidates.extend(static_routes::routes(statics, vrf, self.interfaces, self.bfd, known));
        candidates.extend(bgp::routes_to(self.bgp, vrf, prefix));
        select_one(candidates)
    }

    /// The OSPF routes of an instance.
    fn of_ospf(&self, vrf: &Vrf) -> Option<&Rib> {
        match vrf {
            Vrf::Public => Some(self.ospf),
            _ => self.ospf_of_instances.get(vrf).map(|rib| &**rib),
        }
    }

    /// What all protocols offer.
    fn candidates(&self) -> impl Iterator<Item = (Vrf, Vec<Route>)> {
        let instances = self.vpns.iter().map(|vpn| Vrf::Instance(vpn.name.clone()));
        let labels = self.bgp.filter(|bgp| !bgp.labels.is_empty()).map(|_| Vrf::Labels);
        let all = std::iter::once(Vrf::Public).chain(instances).chain(labels);
        all.map(move |vrf| {
            if vrf == Vrf::Labels {
                return (
                    vrf,
                    bgp_labels::routes(self.bgp, self.known.get(&Vrf::Public).map(|rib| &**rib)),
                );
            }
            let mut candidates = connected::routes(self.interfaces, &vrf);
            candidates.extend(self.of_ospf(&vrf).into_iter().flat_map(Rib::values).flatten().cloned());
            let known = self.known.get(&vrf).map(|rib| &**rib);
            candidates.extend(static_routes::routes(
                self.statics,
                &vrf,
                self.interfaces,
                self.bfd,
                known,
            ));
            candidates.extend(bgp::routes(self.bgp, &vrf));
            (vrf, candidates)
        })
    }
}

fn sources<'a>(
    state: &'a State,
    device: usize,
    ospf_routes: &'a [(Rib, Ribs)],
    static_routes: &'a [Vec<static_routes::StaticRoute>],
) -> Option<Sources<'a>> {
    Some(Sources {
        interfaces: state.interfaces.get(device)?,
        vpns: state.vpns.get(device)?,
        bfd: state.bfd.get(device)?,
        ospf: &ospf_routes.get(device)?.0,
        ospf_of_instances: &ospf_routes.get(device)?.1,
        statics: static_routes.get(device)?,
        bgp: state.bgp.get(device)?.as_deref(),
        known: state.ribs.get(device)?,
    })
}

pub(super) fn router_ids(
    settings: &[Option<Arc<bgp_settings::BgpSettings>>],
    interfaces: &[Arc<Vec<Interface>>],
) -> Vec<Option<Ipv4Addr>> {
    settings
        .iter()
        .zip(interfaces)
        .map(|(settings, interfaces)| {
            let configured = settings.as_ref().and_then(|settings| settings.router_id);
            configured.or_else(|| ospf::default_router_id(interfaces))
        })
        .collect()
}

/// Whether a device balances packet by packet.
pub(super) fn per_packet(configuration: &Configuration) -> bool {
    configuration
        .lines
        .iter()
        .any(|line| line.text == "load-balance packet all")
}

/// A port has a signal while the port at the other end is on and the way from there is not cut.
pub(super) fn has_signal(topology: &Topology<'_>, device: usize, port: &InterfaceName) -> bool {
    let Some(way) = topology.wiring.way(device, port) else {
        return false;
    };
    let far_is_on = topology.wiring.receiver(way).is_some_and(|(far, port)| {
        let configuration = topology.configurations.get(*far);
        configuration.is_some_and(|c| interfaces::is_on(c, port))
    });
    far_is_on && condition(topology.conditions, way.back()).is_none_or(|condition| !condition.cut)
}

/// The condition of a way, if it is listed.
pub(super) fn condition(conditions: &[[Condition; 2]], way: Way) -> Option<&Condition> {
    conditions.get(way.link)?.get(way.from)
}
