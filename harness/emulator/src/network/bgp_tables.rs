//! A device's BGP tables: what it brings in itself, what its peers tell it, what crosses between VPN instances.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::bgp::{BgpSession, BgpSpeaker, Surroundings, Table, VpnTable};
use super::bgp_path::{Attributes, Crossing, Origin, Path};
use super::bgp_received::{Hearing, Received};
use super::bgp_selection::{Choice, Ranked, Standing, rank};
use super::bgp_settings::{BgpSettings, FamilySettings, Import};
use super::prefix::{Prefix, Vrf};
use super::rib::{Protocol, Route, Via};
use super::shared::Shared;
use super::vpn_instances::{RouteDistinguisher, RouteTarget, VpnInstance};

/// Paths by prefix, not yet ranked.
type Paths = BTreeMap<Prefix, Vec<Path>>;
/// VPN paths by route distinguisher and prefix.
type VpnPaths = BTreeMap<(RouteDistinguisher, Prefix), Vec<Path>>;

impl Surroundings<'_> {
    /// BGP on a device whose sessions lead where `far` tells, by device and number of the session at both ends.
    /// `received` is what has come in before; it follows what the peers say now.
    pub fn speaker(
        &self,
        device: usize,
        settings: &Arc<BgpSettings>,
        far: &BTreeMap<(usize, usize), (usize, usize)>,
        received: &mut Received,
    ) -> Option<BgpSpeaker> {
        let before = self.before.get(device).and_then(Option::as_deref);
        let router_id = (*self.router_ids.get(device)?)?;
        let mut paths: BTreeMap<Vrf, Paths> = BTreeMap::new();
        for (vrf, family) in &settings.families {
            if self.is_active(device, vrf) {
                paths.insert(vrf.clone(), self.local_paths(device, settings, vrf, family));
            }
        }
        self.cross_locally(device, settings, &mut paths);
        let mut vpn_paths = VpnPaths::new();
        let mut sessions = Vec::new();
        for (number, peer) in settings.peers.iter().enumerate() {
            let far = far.get(&(device, number)).copied();
            let mut session = self.session(device, settings, peer, far);
            if let Some((teller, told_by)) = self.teller(far) {
                let hearing = Hearing {
                    settings,
                    session: &session,
                    router_id,
                    teller,
                    told_by,
                    theirs: self.forwarding.vpns.get(far.map_or(device, |far| far.0))?,
                    own: self.forwarding.vpns.get(device)?,
                };
                let taken = received.hear(number, &hearing);
                session.received_unicast = taken.unicast().count();
                session.received_vpnv4 = taken.vpnv4().count();
                if let Some(table) = paths.get_mut(&peer.vrf) {
                    for (prefix, path) in taken.unicast() {
                        let path = self.resolved(device, &peer.vrf, path.clone());
                        table.entry(*prefix).or_default().push(path);
                    }
                }
                for (key, path) in taken.vpnv4() {
                    let path = self.resolved_vpn(device, path.clone());
                    vpn_paths.entry(*key).or_default().push(path);
                }
            } else {
                received.forget(number);
            }
            sessions.push(session);
        }
        let single = settings.vpnv4.choice.single();
        let vpnv4 = ranked(vpn_paths, &single, before.map(|before| &before.vpnv4));
        self.cross_remotely(device, settings, &vpnv4, &mut paths);
        let tables: BTreeMap<Vrf, Table> = paths
            .into_iter()
            .filter_map(|(vrf, paths)| {
                let choice = &settings.families.get(&vrf)?.choice;
                let known = before.and_then(|before| before.tables.get(&vrf));
                let table: Table = ranked(paths, choice, known);
                Some((vrf, table))
            })
            .collect();
        let labels = self.own_labels(device, settings, &tables, &vpnv4);
        Some(BgpSpeaker {
            labels,
            settings: Arc::clone(settings),
            as_number: settings.as_number,
            router_id,
            sessions,
            tables,
            vpnv4,
        })
    }

    /// Takes in what the peers of a device say now; whether it takes in the same as before. Where its sessions lead is as
    /// before, and so is all that decides what is taken in.
    pub fn hears_the_same(
        &self,
        device: usize,
        before: &BgpSpeaker,
        far: &BTreeMap<(usize, usize), (usize, usize)>,
        received: &mut Received,
    ) -> bool {
        let mut sessions = before.sessions.iter().enumerate();
        sessions.all(|(number, session)| {
            let far = far.get(&(device, number)).copied();
            let Some((teller, told_by)) = self.teller(far) else {
                return !received.has(number);
            };
            let vpns = |device: usize| self.forwarding.vpns.get(device);
            let Some((theirs, own)) = vpns(far.map_or(device, |far| far.0)).zip(vpns(device)) else {
                return false;
            };
            let hearing = Hearing {
                settings: &before.settings,
                session,
                router_id: before.router_id,
                teller,
                told_by,
                theirs,
                own,
            };
            received.hears_the_same(number, &hearing)
        })
    }

    /// The speaker at the other end of a session and the session there, as it was told last.
    fn teller(&self, far: Option<(usize, usize)>) -> Option<(&Arc<BgpSpeaker>, &BgpSession)> {
        let (device, number) = far?;
        let speaker = self.before.get(device)?.as_ref()?;
        let (_, peer) = self.peer(device, number)?;
        // What was said before may number the sessions differently.
        let mut sessions = speaker.sessions.iter();
        let session =
            sessions.find(|session| session.settings.address == peer.address && session.settings.vrf == peer.vrf)?;
        session.far.is_some().then_some((speaker, session))
    }

    /// An instance takes part in BGP once it has a route distinguisher.
    fn is_active(&self, device: usize, vrf: &Vrf) -> bool {
        match vrf {
            Vrf::Public | Vrf::Labels => true,
            Vrf::Instance(name) => self
                .vpns(device)
                .iter()
                .any(|vpn| vpn.name == *name && vpn.route_distinguisher.is_some()),
        }
    }

    /// Routes of the routing table that are brought into BGP. Own host addresses of links and broadcast addresses are
    /// not.
    fn local_paths(&self, device: usize, settings: &BgpSettings, vrf: &Vrf, family: &FamilySettings) -> Paths {
        let mut table = Paths::new();
        for (prefix, routes) in self.rib(device, vrf).into_iter().flatten() {
            let Some(route) = routes.first().filter(|route| route.protocol < Protocol::Ebgp) else {
                continue;
            };
            let listed = family.networks.iter().find(|(network, _)| network == prefix);
            let imported = match route.protocol {
                Protocol::Direct if self.is_network(device, route) => family.import_direct.as_ref(),
                Protocol::Static => family.import_static.as_ref(),
                Protocol::Ospf | Protocol::OspfAse => family.import_ospf.get(&route.process),
                _ => None,
            };
            let imported = imported.filter(|_| prefix.length() > 0 || family.default_route_imported);
            let (origin, med, import) = match (listed, imported) {
                (Some((_, import)), _) => (Origin::Igp, route.cost, import),
                (None, Some(import)) => (Origin::Incomplete, imported_med(route, family, import), import),
                (None, None) => continue,
            };
            let attributes = Attributes {
                ospf: route.ospf,
                ..Attributes::local(origin, med, family.default_local_preference)
            };
            let mut path = Path {
                from: None,
                next_hop: Ipv4Addr::UNSPECIFIED,
                attributes: Arc::new(attributes),
                preferred_value: 0,
                vpn: None,
                crossing: Crossing::None,
                label: None,
                tag: route.tag,
                no_tunnel: import.no_tunnel,
                igp_cost: 0,
                resolved: None,
            };
            let passes = import
                .policy
                .as_ref()
                .is_none_or(|policy| settings.policies.apply(policy, *prefix, &mut path).is_some());
            if passes {
                table.insert(*prefix, vec![path]);
            }
        }
        table
    }

    fn is_network(&self, device: usize, route: &Route) -> bool {
        let interfaces = self.interfaces(device).iter();
        let mut hosts =
            interfaces.filter_map(|interface| interface.up_prefix().filter(|_| interface.name.is_loopback()));
        matches!(route.via, Via::Link(_)) || hosts.any(|host| host.length() == 32 && host == route.prefix)
    }

    /// Routes that another instance of the device exports, and this one imports. They keep the way that they have there.
    fn cross_locally(&self, device: usize, settings: &BgpSettings, paths: &mut BTreeMap<Vrf, Paths>) {
        let vpns = self.vpns(device);
        let mut crossed: Vec<(Vrf, Prefix, Path)> = Vec::new();
        for from in vpns {
            let Some(distinguisher) = from.route_distinguisher else {
                continue;
            };
            let exporting = Vrf::Instance(from.name.clone());
            let importing: Vec<&VpnInstance> = vpns
                .iter()
                .filter(|to| to.name != from.name && to.imports(&from.export_targets))
                .collect();
            if importing.is_empty() {
                continue;
            }
            for (prefix, path) in self.exported(device, &exporting, paths) {
                let mut path = Path {
                    vpn: Some(distinguisher),
                    crossing: Crossing::Local,
                    ..path
                };
                Arc::make_mut(&mut path.attributes)
                    .targets
                    .clone_from(&from.export_targets);
                for to in &importing {
                    let imported = import_into(settings, to, prefix, path.clone());
                    crossed.extend(imported.map(|path| (Vrf::Instance(to.name.clone()), prefix, path)));
                }
            }
        }
        for (vrf, prefix, path) in crossed {
            if let Some(table) = paths.get_mut(&vrf) {
                table.entry(prefix).or_default().push(path);
            }
        }
    }

    /// What an instance has of its own: local routes with their way, and what its peers told before.
    fn exported(&self, device: usize, vrf: &Vrf, paths: &BTreeMap<Vrf, Paths>) -> Vec<(Prefix, Path)> {
        let mut exported = Vec::new();
        for (prefix, own) in paths.get(vrf).into_iter().flatten() {
            let route = self.rib(device, vrf).and_then(|rib| rib.get(prefix)?.first());
            let (Some(path), Some(route)) = (own.first(), route) else {
                continue;
            };
            exported.push((
                *prefix,
                Path {
                    next_hop: route.next_hop,
                    resolved: Some((route.interface.clone(), route.via.clone())),
                    ..path.clone()
                },
            ));
        }
        let before = self.before.get(device).and_then(|before| before.as_deref());
        let table = before.and_then(|before| before.tables.get(vrf));
        let told = table.into_iter().flatten().filter_map(|(prefix, paths)| {
            let best = paths.first().filter(|best| best.standing == Standing::Best)?;
            let is_from_peer = best.path.from.is_some() && best.path.crossing == Crossing::None;
            is_from_peer.then(|| (*prefix, best.path.clone()))
        });
        exported.extend(told);
        exported
    }

    /// VPN routes of other devices, brought into the instances that import them.
    ///
    /// Of the paths of one route distinguisher only the best crosses, unless the instance has the same one, or
    /// `vpn-route cross multipath`.
    fn cross_remotely(
        &self,
        device: usize,
        settings: &BgpSettings,
        vpnv4: &VpnTable,
        paths: &mut BTreeMap<Vrf, Paths>,
    ) {
        let vpns = self.vpns(device);
        let instances: Vec<Vrf> = vpns.iter().map(|own| Vrf::Instance(own.name.clone())).collect();
        let mut importers: BTreeMap<RouteTarget, Vec<usize>> = BTreeMap::new();
        for (index, own) in vpns.iter().enumerate() {
            for target in &own.import_targets {
                importers.entry(*target).or_default().push(index);
            }
        }
        for ((distinguisher, prefix), told) in vpnv4 {
            let targets = told.iter().flat_map(|ranked| &ranked.path.attributes.targets);
            let wanting: BTreeSet<usize> = targets
                .filter_map(|target| importers.get(target))
                .flatten()
                .copied()
                .collect();
            for (own, vrf) in wanting
                .into_iter()
                .filter_map(|index| vpns.get(index).zip(instances.get(index)))
            {
                let (Some(table), Some(family)) = (paths.get_mut(vrf), settings.families.get(vrf)) else {
                    continue;
                };
                let crossing = if own.route_distinguisher == Some(*distinguisher) {
                    told.len()
                } else {
                    most_crossing(family)
                };
                let wanted = told
                    .iter()
                    .filter(|ranked| own.imports(&ranked.path.attributes.targets))
                    .take(crossing);
                for ranked in wanted {
                    let path = Path {
                        vpn: Some(*distinguisher),
                        crossing: Crossing::Remote,
                        ..ranked.path.clone()
                    };
                    if let Some(path) = import_into(settings, own, *prefix, path) {
                        let path = self.through_tunnel(device, own, path);
                        table.entry(*prefix).or_default().push(path);
                    }
                }
            }
        }
    }
}

/// MED of an imported route: what the line says, else the default, else its cost.
fn imported_med(route: &Route, family: &FamilySettings, import: &Import) -> u32 {
    let default = (family.default_med > 0).then_some(family.default_med);
    import.med.or(default).unwrap_or(route.cost)
}

/// How many paths of one route distinguisher cross into an instance.
fn most_crossing(family: &FamilySettings) -> usize {
    if !family.cross_multipath {
        return 1;
    }
    let choice = &family.choice;
    let largest = choice.largest_eibgp.unwrap_or(choice.largest_ibgp);
    match largest {
        0 | 1 => 2,
        more => more + usize::from(choice.auto_frr),
    }
}

/// Ranks paths; lists that are as before are shared with those.
fn ranked<K: Ord>(
    paths: BTreeMap<K, Vec<Path>>,
    choice: &Choice,
    before: Option<&BTreeMap<K, Shared<Ranked>>>,
) -> BTreeMap<K, Shared<Ranked>> {
    let ranked = paths.into_iter().map(|(key, paths)| {
        let ranked = rank(paths, choice);
        let same = before
            .and_then(|before| before.get(&key))
            .filter(|known| ***known == *ranked);
        (key, same.cloned().unwrap_or_else(|| ranked.into()))
    });
    ranked.collect()
}

/// A VPN route as an instance imports it.
fn import_into(settings: &BgpSettings, own: &VpnInstance, prefix: Prefix, mut path: Path) -> Option<Path> {
    if let Some(policy) = &own.import_policy {
        settings.policies.apply(policy, prefix, &mut path)?;
    }
    Some(path)
}
