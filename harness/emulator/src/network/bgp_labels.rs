//! The labels that a BGP speaker gives to routes: to IPv4 routes of hosts that are told with labels (RFC 8277), and to
//! VPN routes that it passes on between ASs with its own next hop (RFC 4364 §10 b).

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::bgp::{BgpSpeaker, Surroundings, Table, VpnTable};
use super::bgp_selection::Standing;
use super::bgp_settings::BgpSettings;
use super::prefix::{Prefix, Vrf};
use super::rib::{ALL_WAYS, Carrier, Protocol, Rib, Route, Via};
use super::simulation::draw;
use super::vpn_instances::RouteDistinguisher;
use crate::interface_name::InterfaceName;

/// The labels of VPN routes that are passed on, and how many there are.
const FIRST_OF_VPN: u32 = 49_152;
const COUNT_OF_VPN: u32 = 16_384;

type VpnKey = (RouteDistinguisher, Prefix);

/// Labels by what they stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnLabels {
    hosts: BTreeMap<Ipv4Addr, HostLabel>,
    vpn: BTreeMap<VpnKey, VpnLabel>,
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
        self.hosts.is_empty() && self.vpn.is_empty()
    }

    /// Whether no route has a label here and another there.
    pub fn agrees(&self, other: &Self) -> bool {
        let same = |(key, own): (&VpnKey, &VpnLabel)| other.vpn(*key).is_none_or(|label| label == own.label);
        // Those of hosts follow from their addresses alone.
        self.vpn.iter().all(same)
    }

    /// The label of a host route.
    pub fn host(&self, prefix: Prefix) -> Option<u32> {
        let host = self.hosts.get(&prefix.address()).filter(|_| prefix.length() == 32)?;
        Some(host.label)
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
            let Some(label) = vpn_label(key, &taken) else { continue };
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
        own
    }
}

/// A number that follows from the route; the next one that is free if another has it.
fn vpn_label((distinguisher, prefix): &VpnKey, taken: &BTreeSet<u32>) -> Option<u32> {
    let written = format!("{distinguisher} {prefix}");
    let words: Vec<u64> = written.bytes().map(u64::from).collect();
    let first = u32::try_from(draw(&words) % u64::from(COUNT_OF_VPN)).unwrap_or(0);
    let mut numbers = (first..COUNT_OF_VPN)
        .chain(0..first)
        .map(|number| FIRST_OF_VPN + number);
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
    for own in speaker.labels.vpn.values() {
        routes.extend(own.ways.iter().map(|(next_hop, interface, via)| Route {
            next_hop: *next_hop,
            interface: interface.clone(),
            ..labelled(own.label, via.clone())
        }));
    }
    routes
}

/// What becomes of packets with the label of a host route: they follow the route, one that is not BGP's own by its LSP
/// unless that is excluded.
fn continued(address: Ipv4Addr, host: &HostLabel, route: &Route) -> Route {
    let via = match &route.via {
        Via::Gateway(..) if route.protocol < Protocol::Ebgp && !host.no_tunnel => Via::Tunnel {
            egress: address,
            carrier: Carrier::Lsp(address, ALL_WAYS),
            labels: Vec::new(),
        },
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
