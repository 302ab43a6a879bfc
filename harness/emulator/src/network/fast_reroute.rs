//! BGP fast reroute (`auto-frr`): a device that knows that every way of a prefix has failed forwards by the path that
//! stands ready, before BGP has chosen anew.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::bgp::{BgpSpeaker, Surroundings, as_route};
use super::bgp_labels;
use super::bgp_path::{Crossing, Path};
use super::bgp_selection::{Ranked, Standing};
use super::bgp_settings::FamilySettings;
use super::interfaces::Interface;
use super::prefix::{Prefix, Vrf};
use super::rib::{Carrier, Rib, Ribs, Route, Via, select};
use super::shared::Shared;
use crate::interface_name::InterfaceName;

/// How a path is sent on: the interface and the way.
type Resolved = (Option<InterfaceName>, Via);

/// Whether a speaker keeps paths ready.
pub fn is_on(speaker: &BgpSpeaker) -> bool {
    let mut families = speaker.settings.families.values();
    families.any(|family| family.choice.auto_frr)
}

impl Surroundings<'_> {
    /// What a device forwards by while its routing tables are these: their routes, but in place of those that have
    /// failed the backups of their prefixes. Labels that stand for such prefixes follow.
    ///
    /// A route that goes along a labelled route with a backup waits for BGP all the same, if it has none of its own.
    pub fn rerouted(&self, device: usize, speaker: &BgpSpeaker, ribs: &Arc<Ribs>) -> Arc<Ribs> {
        let mut rerouted = Arc::clone(ribs);
        let families = speaker.settings.families.iter();
        for (vrf, family) in families.filter(|(_, family)| family.choice.auto_frr) {
            let (Some(table), Some(rib)) = (speaker.tables.get(vrf), ribs.get(vrf)) else {
                continue;
            };
            let failed = table.iter().filter_map(|(prefix, paths)| {
                rib.get(prefix)?.first()?.backup.as_ref()?;
                let backup = self.backup(device, (vrf, family), speaker, (*prefix, paths))?;
                Some((*prefix, Some(Shared::from(vec![backup]))))
            });
            let failed: Vec<(Prefix, Option<Shared<Route>>)> = failed.collect();
            if failed.is_empty() {
                continue;
            }
            let renewed: Rib = rib.with(failed);
            let all = Arc::make_mut(&mut rerouted);
            if *vrf == Vrf::Public && all.contains_key(&Vrf::Labels) {
                let labels = select(bgp_labels::routes(Some(speaker), Some(&renewed)));
                all.insert(Vrf::Labels, Arc::new(labels));
            }
            all.insert(vrf.clone(), Arc::new(renewed));
        }
        rerouted
    }

    /// The backup of a prefix, if all paths that are used have failed and it has not.
    fn backup(
        &self,
        device: usize,
        (vrf, family): (&Vrf, &FamilySettings),
        speaker: &BgpSpeaker,
        (prefix, paths): (Prefix, &[Ranked]),
    ) -> Option<Route> {
        let mut used = paths.iter().take_while(|ranked| ranked.is_selected());
        let stands = |path: &Path| {
            let known = path.resolved.as_ref().is_some_and(|(_, via)| self.stands(device, via));
            known && self.resolved_now(device, vrf, path).is_some()
        };
        if used.any(|ranked| stands(&ranked.path)) {
            return None;
        }
        let backup = paths.iter().find(|ranked| ranked.standing == Standing::Backup)?;
        let resolved = self.resolved_now(device, vrf, &backup.path);
        let path = Path {
            resolved: Some(resolved.filter(|(_, via)| self.stands(device, via))?),
            ..backup.path.clone()
        };
        as_route(speaker, family, prefix, &path)
    }

    /// How a path would be sent on if BGP looked for its next hop now.
    fn resolved_now(&self, device: usize, vrf: &Vrf, path: &Path) -> Option<Resolved> {
        let resolved = match path.crossing {
            // The way of an instance's own route is looked up by nobody else.
            _ if path.from.is_none() => path.clone(),
            Crossing::Local => path.clone(),
            Crossing::None => self.resolved(device, vrf, path.clone()),
            Crossing::Remote => {
                let mut vpns = self.vpns(device).iter();
                let own = vpns.find(|vpn| matches!(vrf, Vrf::Instance(name) if *name == vpn.name))?;
                self.through_tunnel(device, own, path.clone())
            }
        };
        resolved.resolved
    }

    /// Whether a way leads off the device: over an interface that is up.
    fn stands(&self, device: usize, via: &Via) -> bool {
        let is_up = |index: usize| self.interfaces(device).get(index).is_some_and(|own| own.protocol);
        match via {
            Via::Local | Via::Null | Via::Instance(..) => true,
            Via::Link(interface) | Via::Gateway(interface, _) => is_up(*interface),
            Via::Tunnel { carrier, .. } => match carrier {
                Carrier::Link(interface, _) => is_up(*interface),
                Carrier::Lsp(address, _) => self.has_way(device, *address, is_up),
            },
        }
    }

    fn has_way(&self, device: usize, address: Ipv4Addr, is_up: impl Fn(usize) -> bool) -> bool {
        let lsps = self.forwarding.lsps.get(device);
        let ways = lsps.and_then(|lsps| lsps.get(&address)).into_iter().flatten();
        ways.filter(|way| way.ingress).any(|way| is_up(way.interface))
    }
}
