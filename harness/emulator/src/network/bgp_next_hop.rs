//! How the next hops of BGP paths are reached: over routes that are not BGP's own, or along a tunnel.

use std::net::Ipv4Addr;

use super::bgp::Surroundings;
use super::bgp_path::Path;
use super::prefix::{Prefix, Vrf};
use super::rib::{ALL_WAYS, Carrier, Protocol, Route, Via, longest_match_of};
use super::vpn_instances::VpnInstance;
use crate::interface_name::InterfaceName;

/// A tunnel to a next hop.
pub(super) struct Tunnel {
    cost: u32,
    interface: Option<InterfaceName>,
    carrier: Carrier,
    /// Labels of the tunnel itself, below that of its carrier.
    labels: Vec<u32>,
}

impl Tunnel {
    /// How packets are sent along it with a label of the far end.
    pub(super) fn with(mut self, egress: Ipv4Addr, label: u32) -> (Option<InterfaceName>, Via) {
        self.labels.push(label);
        let via = Via::Tunnel {
            egress,
            carrier: self.carrier,
            labels: self.labels,
        };
        (self.interface, via)
    }
}

impl Surroundings<'_> {
    /// A path with the way to its next hop, if there is one; a next hop is never looked up in BGP itself. The next hop
    /// of a path with a label of its own is reached with labels alone.
    pub(super) fn resolved(&self, device: usize, vrf: &Vrf, mut path: Path) -> Path {
        path.resolved = None;
        if let Some(label) = path.label.filter(|_| path.vpn.is_none()) {
            if let Some(tunnel) = self.tunnel(device, path.next_hop, Some(ALL_WAYS), false) {
                path.igp_cost = tunnel.cost;
                path.resolved = Some(tunnel.with(path.next_hop, label));
            }
            return path;
        }
        if let Some(route) = self.route_to(device, vrf, path.next_hop) {
            let via = match route.via {
                Via::Link(index) => Via::Gateway(index, path.next_hop),
                ref other => other.clone(),
            };
            path.igp_cost = route.cost;
            path.resolved = Some((route.interface.clone(), via));
        }
        path
    }

    /// A VPN path as the VPNv4 family has it: its next hop may be reached by a labelled route too.
    pub(super) fn resolved_vpn(&self, device: usize, path: Path) -> Path {
        let mut path = self.resolved(device, &Vrf::Public, path);
        if let (None, Some(label)) = (&path.resolved, path.label)
            && let Some(tunnel) = self.tunnel(device, path.next_hop, None, true)
        {
            path.igp_cost = tunnel.cost;
            path.resolved = Some(tunnel.with(path.next_hop, label));
        }
        path
    }

    /// The route to a next hop that is not BGP's own.
    fn route_to(&self, device: usize, vrf: &Vrf, next_hop: Ipv4Addr) -> Option<&Route> {
        let leads = |via: &Via| matches!(via, Via::Link(_) | Via::Gateway(..) | Via::Null);
        let usable = |route: &Route| route.protocol < Protocol::Ebgp && leads(&route.via);
        let routes = longest_match_of(self.rib(device, vrf)?, next_hop, usable)?;
        routes.iter().find(|route| usable(route))
    }

    /// A VPN path with the tunnel that leads to its next hop, if there is one that the instance may take.
    pub(super) fn through_tunnel(&self, device: usize, own: &VpnInstance, mut path: Path) -> Path {
        path.resolved = None;
        if let Some(label) = path.label
            && let Some(tunnel) = self.tunnel(device, path.next_hop, own.lsp_ways, own.takes_bgp_lsps)
        {
            path.igp_cost = tunnel.cost;
            path.resolved = Some(tunnel.with(path.next_hop, label));
        }
        path
    }

    /// The tunnel to an address: an LSP of LDP, by at most so many of its ways, a link with MPLS at both ends, or an LSP
    /// of BGP, which one of those carries.
    pub(super) fn tunnel(&self, device: usize, egress: Ipv4Addr, by_ldp: Option<u8>, by_bgp: bool) -> Option<Tunnel> {
        let interfaces = self.forwarding.interfaces.get(device)?;
        let lsps = self.forwarding.lsps.get(device)?;
        let begins = lsps
            .get(&egress)
            .and_then(|ways| ways.first())
            .filter(|lsp| lsp.ingress);
        if let Some((lsp, most)) = begins.zip(by_ldp) {
            return Some(Tunnel {
                cost: lsp.cost,
                interface: Some(interfaces.get(lsp.interface)?.name.clone()),
                carrier: Carrier::Lsp(egress, most),
                labels: Vec::new(),
            });
        }
        if let Some(Route {
            via: Via::Link(index), ..
        }) = self.route_to(device, &Vrf::Public, egress).filter(|_| by_ldp.is_some())
        {
            let here = interfaces.get(*index)?;
            let (far, there) = here.far_end?;
            let there = self.forwarding.interfaces.get(far)?.get(there)?;
            return (here.mpls && there.mpls && there.address.is_some_and(|(address, _)| address == egress)).then(
                || Tunnel {
                    cost: 0,
                    interface: Some(here.name.clone()),
                    carrier: Carrier::Link(*index, egress),
                    labels: Vec::new(),
                },
            );
        }
        let route = self
            .rib(device, &Vrf::Public)?
            .get(&Prefix::host(egress))?
            .first()
            .filter(|route| by_bgp && route.protocol >= Protocol::Ebgp)?;
        let Via::Tunnel { carrier, labels, .. } = &route.via else {
            return None;
        };
        let cost = match carrier {
            Carrier::Lsp(address, _) => {
                let lsp = lsps.get(address).and_then(|ways| ways.first());
                lsp.map_or(0, |lsp| lsp.cost)
            }
            Carrier::Link(..) => 0,
        };
        Some(Tunnel {
            cost,
            interface: route.interface.clone(),
            carrier: *carrier,
            labels: labels.clone(),
        })
    }
}
