//! How the next hops of BGP paths are reached: over routes that are not BGP's own, or along a tunnel.

use super::bgp::Surroundings;
use super::bgp_path::Path;
use super::prefix::Vrf;
use super::rib::{Protocol, Route, Via, longest_match_of};
use super::vpn_instances::VpnInstance;

impl Surroundings<'_> {
    /// A path with the way to its next hop, if there is one; a next hop is never looked up in BGP itself.
    pub(super) fn resolved(&self, device: usize, vrf: &Vrf, mut path: Path) -> Path {
        let usable =
            |route: &Route| route.protocol < Protocol::Ebgp && matches!(route.via, Via::Link(_) | Via::Gateway(..));
        let found = self.rib(device, vrf).and_then(|rib| {
            let routes = longest_match_of(rib, path.next_hop, usable)?;
            routes.iter().find(|route| usable(route))
        });
        match found {
            None => path.resolved = None,
            Some(route) => {
                let via = match route.via {
                    Via::Link(index) => Via::Gateway(index, path.next_hop),
                    ref other => other.clone(),
                };
                path.igp_cost = route.cost;
                path.resolved = Some((route.interface.clone(), via));
            }
        }
        path
    }

    /// A VPN path with the LSP that leads to its next hop, if there is one that the instance may take.
    pub(super) fn through_tunnel(&self, device: usize, own: &VpnInstance, mut path: Path) -> Path {
        let found = || {
            let lsps = self.forwarding.lsps.get(device).filter(|_| own.takes_lsps)?;
            let lsp = lsps.get(&path.next_hop)?;
            let interface = self.forwarding.interfaces.get(device)?.get(lsp.interface)?;
            let tunnel = Via::Tunnel {
                egress: path.next_hop,
                label: path.label?,
            };
            Some((lsp.cost, (Some(interface.name.clone()), tunnel)))
        };
        match found() {
            None => path.resolved = None,
            Some((cost, resolved)) => {
                path.igp_cost = cost;
                path.resolved = Some(resolved);
            }
        }
        path
    }
}
