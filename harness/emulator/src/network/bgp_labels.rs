//! The labels that a BGP speaker gives to routes: to IPv4 routes of hosts that are told with labels (RFC 8277), and to
//! VPN routes that it passes on between ASs with its own next hop (RFC 4364 §10 b).

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::bgp::{BgpSpeaker, Surroundings, Table, VpnTable};
use super::bgp_path::Crossing;
use super::bgp_selection::Standing;
use super::bgp_settings::BgpSettings;
use super::prefix::{Prefix, Vrf};
use super::rib::{ALL_WAYS, Carrier, Protocol, Rib, Route, Via};
use super::simulation::draw;
use super::vpn_instances::{LabelMode, RouteDistinguisher};
use crate::interface_name::InterfaceName;

/// The labels of VPN routes that are passed on, and how many there are.
const PASSED_ON: (u32, u32) = (49_152, 16_384);
/// The same of routes of instances with a label each: behind those that may be configured, before those of instances.
const OF_ROUTES: (u32, u32) = (32_768, 15_292);

type VpnKey = (RouteDistinguisher, Prefix);

/// Labels by what they stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnLabels {
    hosts: BTreeMap<Ipv4Addr, HostLabel>,
    vpn: BTreeMap<VpnKey, VpnLabel>,
    /// Labels of the routes of instances that have one for each route.
    instances: BTreeMap<(Vrf, Prefix), u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct HostLabel {
    label: u32,
    /// The route is not to be continued along a tunnel (`non-relay-tunnel`).
    no_tunnel: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct VpnLabel {
    label: u32,
    /// Where packets with the label go, while that can be reached.
    ways: Vec<(Ipv4Addr, Option<InterfaceName>, Via)>,
}

impl OwnLabels {
    /// Whether it gives none.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.vpn.is_empty() && self.instances.is_empty()
    }

    /// Whether no route has a label here and another there.
    pub fn agrees(&self, other: &Self) -> bool {
        let same = |(key, own): (&VpnKey, &VpnLabel)| other.vpn(*key).is_none_or(|label| label == own.label);
        let kept = |(key, label): (&(Vrf, Prefix), &u32)| other.instances.get(key).is_none_or(|other| other == label);
        // Those of hosts follow from their addresses alone.
        self.vpn.iter().all(same) && self.instances.iter().all(kept)
    }

    /// The label of a host route.
    pub fn host(&self, prefix: Prefix) -> Option<u32> {
        let host = self.hosts.get(&prefix.address()).filter(|_| prefix.length() == 32)?;
        Some(host.label)
    }

    /// The label of a route of an instance that gives one to each.
    pub fn of_instance(&self, vrf: &Vrf, prefix: Prefix) -> Option<u32> {
        self.instances.get(&(vrf.clone(), prefix)).copied()
    }

    /// The label of a VPN route that is passed on.
    pub fn vpn(&self, key: VpnKey) -> Option<u32> {
        Some(self.vpn.get(&key)?.label)
    }
}

impl Surroundings<'_> {
    /// The labels that a device gives to the routes of these tables.
    pub(super) fn own_labels(
        &self,
        device: usize,
        settings: &BgpSettings,
        tables: &BTreeMap<Vrf, Table>,
        vpnv4: &VpnTable,
    ) -> OwnLabels {
        let mut own = OwnLabels::default();
        let mut public = settings.peers.iter().filter(|peer| peer.vrf == Vrf::Public);
        let exchanges = public
            .clone()
            .any(|peer| peer.unicast.as_ref().is_some_and(|terms| terms.label_route_capability));
        for (prefix, paths) in tables.get(&Vrf::Public).into_iter().flatten().filter(|_| exchanges) {
            let best = paths.first().filter(|best| best.standing == Standing::Best);
            let label = self.forwarding.labels.of_bgp(device, prefix.address());
            if let (Some(best), Some(label), 32) = (best, label, prefix.length()) {
                let no_tunnel = best.path.no_tunnel;
                own.hosts.insert(prefix.address(), HostLabel { label, no_tunnel });
            }
        }
        let passes_on = public.any(|peer| peer.vpnv4.is_some() && peer.remote_as != settings.as_number);
        let mut taken: BTreeSet<u32> = self.vpns(device).iter().map(|vpn| vpn.label).collect();
        for (key, paths) in vpnv4.iter().filter(|_| passes_on) {
            let (distinguisher, prefix) = key;
            let written = format!("{distinguisher} {prefix}");
            let Some(label) = number(&written, PASSED_ON, &taken) else {
                continue;
            };
            taken.insert(label);
            let used = paths.iter().take_while(|ranked| ranked.is_selected());
            let ways = used.filter_map(|ranked| {
                let path = &ranked.path;
                let tunnel = self.tunnel(device, path.next_hop, Some(ALL_WAYS), true)?;
                let (interface, via) = tunnel.with(path.next_hop, path.label?);
                Some((path.next_hop, interface, via))
            });
            let ways = ways.collect();
            own.vpn.insert(*key, VpnLabel { label, ways });
        }
        for vpn in self
            .vpns(device)
            .iter()
            .filter(|vpn| vpn.label_mode == LabelMode::Route)
        {
            let vrf = Vrf::Instance(vpn.name.clone());
            for (prefix, paths) in tables.get(&vrf).into_iter().flatten() {
                let best = paths.first().filter(|best| best.standing == Standing::Best);
                // What came from another device or instance is not told with a label of this one.
                if best.is_none_or(|best| best.path.crossing != Crossing::None) {
                    continue;
                }
                let written = format!("{} {prefix}", vpn.name);
                let Some(label) = number(&written, OF_ROUTES, &taken) else {
                    continue;
                };
                taken.insert(label);
                own.instances.insert((vrf.clone(), *prefix), label);
            }
        }
        own
    }
}

/// A number of a range, given by its first and how many there are, that follows from what is written; the next one that
/// is free if another has it.
fn number(written: &str, (range, count): (u32, u32), taken: &BTreeSet<u32>) -> Option<u32> {
    let words: Vec<u64> = written.bytes().map(u64::from).collect();
    let first = u32::try_from(draw(&words) % u64::from(count)).unwrap_or(0);
    let mut numbers = (first..count).chain(0..first).map(|number| range + number);
    numbers.find(|number| !taken.contains(number))
}

/// What becomes of packets with a speaker's labels; `public` is its public routing table.
pub fn routes(speaker: Option<&BgpSpeaker>, public: Option<&Rib>) -> Vec<Route> {
    let Some((speaker, public)) = speaker.zip(public) else {
        return Vec::new();
    };
    let mut routes = Vec::new();
    for (address, host) in &speaker.labels.hosts {
        let known = public.get(&Prefix::host(*address)).into_iter().flatten();
        routes.extend(known.map(|route| continued(*address, host, route)));
    }
    for ((vrf, prefix), label) in &speaker.labels.instances {
        routes.push(labelled(*label, Via::Instance(vrf.clone(), *prefix)));
    }
    for own in speaker.labels.vpn.values() {
        routes.extend(own.ways.iter().map(|(next_hop, interface, via)| Route {
            next_hop: *next_hop,
            interface: interface.clone(),
            ..labelled(own.label, via.clone())
        }));
    }
    routes
}

/// What becomes of packets with the label of a host route: they follow the route, one of BGP by its label, another by its
/// LSP unless that is excluded.
fn continued(address: Ipv4Addr, host: &HostLabel, route: &Route) -> Route {
    let via = match &route.via {
        Via::Gateway(..) if route.protocol < Protocol::Ebgp && !host.no_tunnel => Via::Tunnel {
            egress: address,
            carrier: Carrier::Lsp(address, ALL_WAYS),
            labels: Vec::new(),
        },
        // A route of BGP that came without a label ends the LSP here: what is below the label is looked at.
        Via::Gateway(..) | Via::Link(_) if route.protocol >= Protocol::Ebgp => Via::Local,
        Via::Link(interface) => Via::Gateway(*interface, address),
        via => via.clone(),
    };
    Route {
        next_hop: route.next_hop,
        interface: route.interface.clone(),
        ..labelled(host.label, via)
    }
}

fn labelled(label: u32, via: Via) -> Route {
    Route {
        prefix: Prefix::host(Ipv4Addr::from(label)),
        protocol: Protocol::Bgp,
        preference: 0,
        cost: 0,
        next_hop: Ipv4Addr::UNSPECIFIED,
        recursive: true,
        interface: None,
        via,
        neighbour: None,
        process: 0,
        tag: 0,
        ospf: None,
        backup: None,
    }
}
