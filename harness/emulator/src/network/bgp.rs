//! BGP (RFC 4271) and BGP/MPLS IP VPNs (RFC 4364): sessions, what peers tell each other, tables.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::bgp_selection::{Origin, Path, Sender, VpnAttributes, select};
use super::bgp_settings::{BgpSettings, FamilySettings, PeerSettings};
use super::forwarding::{Forwarding, Outcome, Packet};
use super::prefix::{Prefix, Vrf};
use super::rib::{Protocol, Rib, Route, Via, longest_match_of};
use super::vpn_instances::VpnInstance;

const PREFERENCE: u8 = 255;
const LOCAL_PREFERENCE: u32 = 100;

/// State of a session at the fixpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// Held down by `peer ignore`.
    IdleAdmin,
    /// No source address or no route to the peer.
    Idle,
    /// The peer does not answer, or not as configured.
    Active,
    /// Up.
    Established,
}

/// A session as one device sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BgpSession {
    /// What is configured.
    pub settings: PeerSettings,
    /// Its state.
    pub state: SessionState,
    /// Device and number of the session at the other end while it is up.
    pub far: Option<(usize, usize)>,
    /// The own address while it is up.
    pub local: Ipv4Addr,
    /// IPv4 routes received and accepted.
    pub received_unicast: usize,
    /// VPNv4 routes received and accepted.
    pub received_vpnv4: usize,
}

/// BGP on a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BgpSpeaker {
    /// Its AS.
    pub as_number: u32,
    /// Its router ID.
    pub router_id: Ipv4Addr,
    /// Its sessions, in the order of the configuration.
    pub sessions: Vec<BgpSession>,
    /// The paths in use, the best first.
    pub tables: BTreeMap<Vrf, BTreeMap<Prefix, Vec<Path>>>,
}

/// What the sessions rest on.
pub struct Surroundings<'a> {
    /// What is configured on each device.
    pub settings: &'a [Option<BgpSettings>],
    /// The router IDs.
    pub router_ids: &'a [Option<Ipv4Addr>],
    /// How packets travel.
    pub forwarding: Forwarding<'a>,
    /// BGP as it was before.
    pub before: &'a [Option<Arc<BgpSpeaker>>],
}

impl Surroundings<'_> {
    /// BGP on all devices, one step further.
    pub fn speakers(&self) -> Vec<Option<Arc<BgpSpeaker>>> {
        let opened: BTreeMap<(usize, usize), (usize, usize)> = self
            .ends()
            .filter_map(|(device, number, _)| Some(((device, number), self.opens(device, number)?)))
            .collect();
        let mut far = opened.clone();
        for (from, to) in opened {
            far.entry(to).or_insert(from);
        }
        self.settings
            .iter()
            .enumerate()
            .map(|(device, settings)| Some(Arc::new(self.speaker(device, settings.as_ref()?, &far)?)))
            .collect()
    }

    fn ends(&self) -> impl Iterator<Item = (usize, usize, &PeerSettings)> {
        self.settings.iter().enumerate().flat_map(|(device, settings)| {
            let peers = settings.iter().flat_map(|settings| &settings.peers).enumerate();
            peers.map(move |(number, peer)| (device, number, peer))
        })
    }

    fn peer(&self, device: usize, number: usize) -> Option<(&BgpSettings, &PeerSettings)> {
        let settings = self.settings.get(device)?.as_ref()?;
        Some((settings, settings.peers.get(number)?))
    }

    /// The address that a device connects from.
    fn source(&self, device: usize, peer: &PeerSettings) -> Option<Ipv4Addr> {
        match &peer.connect_interface {
            None => self.forwarding.source(device, &peer.vrf, peer.address),
            Some(name) => {
                let interfaces = self.forwarding.interfaces.get(device)?;
                let interface = interfaces.iter().find(|i| i.name == *name && i.vrf == peer.vrf)?;
                interface.up_address()
            }
        }
    }

    /// The other end of the session that this end can open.
    pub fn opens(&self, device: usize, number: usize) -> Option<(usize, usize)> {
        let (settings, peer) = self.peer(device, number)?;
        let source = self.source(device, peer)?;
        let packet = Packet {
            source,
            destination: peer.address,
            protocol: 6,
            ports: (0, 179),
            ttl: 255,
            number: 0,
        };
        let Outcome::Delivered { device: other, vrf, .. } = self.forwarding.send(device, &peer.vrf, packet) else {
            return None;
        };
        let theirs = self.settings.get(other)?.as_ref()?;
        let found = theirs.peers.iter().position(|p| p.address == source && p.vrf == vrf)?;
        let answering = theirs.peers.get(found)?;
        let agree = !peer.ignored
            && !answering.ignored
            && peer.remote_as == theirs.as_number
            && answering.remote_as == settings.as_number
            && (peer.unicast && answering.unicast || peer.vpnv4 && answering.vpnv4)
            && other != device;
        let near_enough = peer.remote_as == settings.as_number
            || (self.is_near(device, peer, source) && self.is_near(other, answering, peer.address));
        let answered = self.forwarding.reaches(other, &vrf, peer.address, source, device);
        (agree && near_enough && answered).then_some((other, found))
    }

    /// Whether a peer of another AS is on a link of the own address, or may be further away.
    fn is_near(&self, device: usize, peer: &PeerSettings, own: Ipv4Addr) -> bool {
        let interfaces = self
            .forwarding
            .interfaces
            .get(device)
            .into_iter()
            .flat_map(|own| own.iter());
        peer.multi_hop
            || interfaces
                .filter(|i| i.vrf == peer.vrf && i.up_address() == Some(own))
                .any(|i| i.up_prefix().is_some_and(|prefix| prefix.contains(peer.address)))
    }

    /// BGP on a device whose sessions lead where `far` tells, by device and number of the session at both ends.
    pub fn speaker(
        &self,
        device: usize,
        settings: &BgpSettings,
        far: &BTreeMap<(usize, usize), (usize, usize)>,
    ) -> Option<BgpSpeaker> {
        let router_id = (*self.router_ids.get(device)?)?;
        let mut tables: BTreeMap<Vrf, BTreeMap<Prefix, Vec<Path>>> = BTreeMap::new();
        for (vrf, family) in &settings.families {
            if self.is_active(device, vrf) {
                tables.insert(vrf.clone(), self.local_paths(device, vrf, family));
            }
        }
        let mut sessions = Vec::new();
        let mut vpn_paths: BTreeMap<(String, Prefix), Vec<Path>> = BTreeMap::new();
        for (number, peer) in settings.peers.iter().enumerate() {
            let far = far.get(&(device, number)).copied();
            let state = self.state(device, peer, far);
            let mut session = BgpSession {
                settings: peer.clone(),
                state,
                far,
                local: far
                    .and_then(|(device, number)| Some(self.peer(device, number)?.1.address))
                    .unwrap_or(Ipv4Addr::UNSPECIFIED),
                received_unicast: 0,
                received_vpnv4: 0,
            };
            let Some((sender, their_number)) = far else {
                sessions.push(session);
                continue;
            };
            let external = peer.remote_as != settings.as_number;
            let accept = |mut path: Path| {
                path.from = Some(Sender {
                    address: peer.address,
                    router_id: (*self.router_ids.get(sender)?)?,
                    external,
                });
                (!path.as_path.contains(&settings.as_number)).then_some(path)
            };
            for (prefix, path) in self.unicast_routes(sender, their_number) {
                let Some(path) = accept(path).filter(|_| peer.unicast) else {
                    continue;
                };
                session.received_unicast += 1;
                if let (Some(table), Some(path)) = (tables.get_mut(&peer.vrf), self.resolve(device, &peer.vrf, path)) {
                    table.entry(prefix).or_default().push(path);
                }
            }
            for (prefix, path) in self.vpn_routes(sender, their_number) {
                let Some(path) = accept(path).filter(|_| peer.vpnv4) else {
                    continue;
                };
                let Some(vpn) = &path.vpn else { continue };
                let wanted = self.vpns(device).iter().any(|own| imports(own, vpn));
                if settings.policy_vpn_target && !wanted {
                    continue;
                }
                session.received_vpnv4 += 1;
                let key = (vpn.route_distinguisher.clone(), prefix);
                if let Some(path) = self.resolve_tunnel(device, path) {
                    vpn_paths.entry(key).or_default().push(path);
                }
            }
            sessions.push(session);
        }
        // Of several routes with the same route distinguisher only the best goes on to the instances.
        for ((_, prefix), paths) in vpn_paths {
            for path in select(paths, 1, 1) {
                for own in self
                    .vpns(device)
                    .iter()
                    .filter(|own| path.vpn.as_ref().is_some_and(|vpn| imports(own, vpn)))
                {
                    if let Some(table) = tables.get_mut(&Vrf::Instance(own.name.clone())) {
                        table.entry(prefix).or_default().push(path.clone());
                    }
                }
            }
        }
        for (vrf, table) in &mut tables {
            let Some(family) = settings.families.get(vrf) else {
                continue;
            };
            for paths in table.values_mut() {
                *paths = select(std::mem::take(paths), family.largest_ibgp, family.largest_ebgp);
            }
        }
        Some(BgpSpeaker {
            as_number: settings.as_number,
            router_id,
            sessions,
            tables,
        })
    }

    fn state(&self, device: usize, peer: &PeerSettings, far: Option<(usize, usize)>) -> SessionState {
        let rib = self.rib(device, &peer.vrf);
        let has_route = rib.is_some_and(|rib| longest_match_of(rib, peer.address, |_| true).is_some());
        if peer.ignored {
            SessionState::IdleAdmin
        } else if far.is_some() {
            SessionState::Established
        } else if has_route && self.source(device, peer).is_some() {
            SessionState::Active
        } else {
            SessionState::Idle
        }
    }

    fn rib(&self, device: usize, vrf: &Vrf) -> Option<&Rib> {
        self.forwarding.ribs.get(device)?.get(vrf)
    }

    fn vpns(&self, device: usize) -> &[VpnInstance] {
        self.forwarding
            .vpns
            .get(device)
            .map(|vpns| vpns.as_slice())
            .unwrap_or_default()
    }

    /// An instance takes part in BGP once it has a route distinguisher.
    fn is_active(&self, device: usize, vrf: &Vrf) -> bool {
        match vrf {
            Vrf::Public => true,
            Vrf::Instance(name) => self
                .vpns(device)
                .iter()
                .any(|vpn| vpn.name == *name && vpn.route_distinguisher.is_some()),
        }
    }

    /// Routes of the routing table that are brought into BGP. Own host addresses of links and broadcast addresses are
    /// not.
    fn local_paths(&self, device: usize, vrf: &Vrf, family: &FamilySettings) -> BTreeMap<Prefix, Vec<Path>> {
        let mut table = BTreeMap::new();
        for (prefix, routes) in self.rib(device, vrf).into_iter().flatten() {
            let Some(route) = routes.first() else { continue };
            let imported = match route.protocol {
                Protocol::Direct if self.is_network(device, route) => family.import_direct,
                Protocol::Static => family.import_static,
                Protocol::Ospf => family.import_ospf.get(&route.process).copied(),
                _ => None,
            };
            let is_listed = family.networks.contains(prefix) && route.protocol < Protocol::Ebgp;
            let (origin, med) = match (is_listed, imported) {
                (true, _) => (Origin::Igp, route.cost),
                (false, Some(med)) => (Origin::Incomplete, med),
                (false, None) => continue,
            };
            let path = Path {
                from: None,
                next_hop: Ipv4Addr::UNSPECIFIED,
                as_path: Vec::new(),
                origin,
                med,
                local_preference: LOCAL_PREFERENCE,
                vpn: None,
                igp_cost: 0,
                resolved: None,
            };
            table.insert(*prefix, vec![path]);
        }
        table
    }

    fn is_network(&self, device: usize, route: &Route) -> bool {
        let interfaces = self
            .forwarding
            .interfaces
            .get(device)
            .into_iter()
            .flat_map(|own| own.iter());
        let mut hosts =
            interfaces.filter_map(|interface| interface.up_prefix().filter(|_| interface.name.is_loopback()));
        matches!(route.via, Via::Link(_)) || hosts.any(|host| host.length() == 32 && host == route.prefix)
    }

    /// What a device tells the other end of a session: IPv4 routes.
    fn unicast_routes(&self, device: usize, number: usize) -> Vec<(Prefix, Path)> {
        let Some((speaker, session)) = self.told_by(device, number) else {
            return Vec::new();
        };
        let table = speaker.tables.get(&session.settings.vrf);
        let best = table
            .into_iter()
            .flatten()
            .filter_map(|(prefix, paths)| Some((*prefix, paths.first()?)));
        best.filter_map(|(prefix, path)| Some((prefix, unicast_told(speaker, session, path)?)))
            .collect()
    }

    /// What a device tells the other end of a session: VPN routes that entered the VPN here.
    fn vpn_routes(&self, device: usize, number: usize) -> Vec<(Prefix, Path)> {
        let Some((speaker, session)) = self.told_by(device, number) else {
            return Vec::new();
        };
        let mut routes = Vec::new();
        for vpn in self.vpns(device) {
            let table = speaker.tables.get(&Vrf::Instance(vpn.name.clone()));
            for (prefix, paths) in table.into_iter().flatten() {
                let told = paths.first().and_then(|path| vpn_told(session, vpn, path));
                routes.extend(told.map(|path| (*prefix, path)));
            }
        }
        routes
    }

    fn told_by(&self, device: usize, number: usize) -> Option<(&BgpSpeaker, &BgpSession)> {
        let speaker = self.before.get(device)?.as_deref()?;
        let session = speaker.sessions.get(number)?;
        session.far.is_some().then_some((speaker, session))
    }

    /// A path whose next hop can be reached; a next hop is never looked up in BGP itself.
    fn resolve(&self, device: usize, vrf: &Vrf, mut path: Path) -> Option<Path> {
        let usable =
            |route: &Route| route.protocol < Protocol::Ebgp && matches!(route.via, Via::Link(_) | Via::Gateway(..));
        let routes = longest_match_of(self.rib(device, vrf)?, path.next_hop, usable)?;
        let route = routes.iter().find(|route| usable(route))?;
        let via = match route.via {
            Via::Link(index) => Via::Gateway(index, path.next_hop),
            ref other => other.clone(),
        };
        path.igp_cost = route.cost;
        path.resolved = Some((route.interface.clone(), via));
        Some(path)
    }

    /// A VPN path whose next hop an LSP leads to.
    fn resolve_tunnel(&self, device: usize, mut path: Path) -> Option<Path> {
        let lsp = self.forwarding.lsps.get(device)?.get(&path.next_hop)?;
        let interface = self.forwarding.interfaces.get(device)?.get(lsp.interface)?;
        let label = path.vpn.as_ref()?.label;
        path.igp_cost = lsp.cost;
        path.resolved = Some((
            Some(interface.name.clone()),
            Via::Tunnel {
                egress: path.next_hop,
                label,
            },
        ));
        Some(path)
    }
}

/// How the best path to a prefix is told to the other end of a session of the IPv4 unicast family, if it is.
pub fn unicast_told(speaker: &BgpSpeaker, session: &BgpSession, path: &Path) -> Option<Path> {
    let external = session.settings.remote_as != speaker.as_number;
    let may_be_told = path
        .from
        .is_none_or(|from| from.address != session.settings.address && (external || from.external));
    if !session.settings.unicast || !may_be_told {
        return None;
    }
    let mut told = Path {
        vpn: None,
        igp_cost: 0,
        resolved: None,
        ..path.clone()
    };
    if external {
        told.as_path.insert(0, speaker.as_number);
        told.local_preference = LOCAL_PREFERENCE;
        told.med = if path.from.is_none() { path.med } else { 0 };
    }
    if external || path.from.is_none() || session.settings.next_hop_local {
        told.next_hop = session.local;
    }
    Some(told)
}

/// How the best path of a VPN instance is told to the other end of a session of the VPNv4 family, if it is.
pub fn vpn_told(session: &BgpSession, vpn: &VpnInstance, path: &Path) -> Option<Path> {
    let route_distinguisher = vpn.route_distinguisher.clone()?;
    (session.settings.vpnv4 && path.vpn.is_none()).then(|| Path {
        next_hop: session.local,
        vpn: Some(VpnAttributes {
            route_distinguisher,
            targets: vpn.export_targets.clone(),
            label: vpn.label,
        }),
        igp_cost: 0,
        resolved: None,
        ..path.clone()
    })
}

fn imports(own: &VpnInstance, route: &VpnAttributes) -> bool {
    own.import_targets.iter().any(|target| route.targets.contains(target))
}

/// The routes that BGP gives to the routing table of an instance, the best of each prefix first.
pub fn routes(speaker: Option<&BgpSpeaker>, vrf: &Vrf) -> Vec<Route> {
    let table = speaker.and_then(|speaker| speaker.tables.get(vrf));
    let paths = table
        .into_iter()
        .flatten()
        .flat_map(|(prefix, paths)| paths.iter().map(move |path| (prefix, path)));
    paths
        .filter_map(|(prefix, path)| {
            let (interface, via) = path.resolved.clone()?;
            let from = path.from?;
            Some(Route {
                prefix: *prefix,
                protocol: if from.external { Protocol::Ebgp } else { Protocol::Ibgp },
                preference: PREFERENCE,
                cost: path.med,
                next_hop: path.next_hop,
                recursive: true,
                interface,
                via,
                neighbour: Some(from.address),
                process: 0,
                tag: 0,
            })
        })
        .collect()
}

/// The AS from which a public route came, as `tracert` shows it.
pub fn origin_as(speaker: &BgpSpeaker, address: Ipv4Addr) -> Option<u32> {
    let table = speaker.tables.get(&Vrf::Public)?;
    let (_, paths) = table
        .iter()
        .filter(|(prefix, _)| prefix.contains(address))
        .max_by_key(|(prefix, _)| prefix.length())?;
    paths.first()?.as_path.last().copied()
}

/// Whether an instance of a device would import what another instance of it exports.
pub fn crosses(vpns: &[VpnInstance]) -> bool {
    let pairs = vpns.iter().flat_map(|a| vpns.iter().map(move |b| (a, b)));
    pairs.filter(|(a, b)| a.name != b.name).any(|(a, b)| {
        a.export_targets
            .iter()
            .collect::<BTreeSet<_>>()
            .intersection(&b.import_targets.iter().collect())
            .next()
            .is_some()
    })
}
