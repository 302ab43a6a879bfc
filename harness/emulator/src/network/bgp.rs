//! BGP (RFC 4271) and BGP/MPLS IP VPNs (RFC 4364): a device's sessions and tables, and what they give to its routing
//! tables.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::bgp_labels::OwnLabels;
use super::bgp_path::Path;
use super::bgp_peer_settings::PeerSettings;
use super::bgp_received::Received;
use super::bgp_selection::{Ranked, Standing};
use super::bgp_settings::{BgpSettings, FamilySettings};
use super::forwarding::Forwarding;
use super::interfaces::Interface;
use super::prefix::{Prefix, Vrf};
use super::rib::{Backup, Protocol, Rib, Route};
use super::shared::Shared;
use super::vpn_instances::{RouteDistinguisher, VpnInstance};

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
    /// Whether the peer is of another AS.
    pub external: bool,
    /// Whether both ends exchange labels with IPv4 routes (RFC 8277).
    pub labelled: bool,
    /// IPv4 routes received and accepted.
    pub received_unicast: usize,
    /// VPNv4 routes received and accepted.
    pub received_vpnv4: usize,
}

/// The paths to each prefix, the best first.
pub type Table = BTreeMap<Prefix, Shared<Ranked>>;

/// The paths to each prefix of each route distinguisher, the best first.
pub type VpnTable = BTreeMap<(RouteDistinguisher, Prefix), Shared<Ranked>>;

/// BGP on a device.
#[derive(Debug, Clone)]
pub struct BgpSpeaker {
    /// What is configured.
    pub settings: Arc<BgpSettings>,
    /// Its AS.
    pub as_number: u32,
    /// Its router ID.
    pub router_id: Ipv4Addr,
    /// Its sessions, in the order of the configuration.
    pub sessions: Vec<BgpSession>,
    /// The paths of each instance.
    pub tables: BTreeMap<Vrf, Table>,
    /// VPN routes of other devices, by route distinguisher.
    pub vpnv4: VpnTable,
    /// The labels that it gives to routes, and where packets with those of VPN routes go.
    pub labels: OwnLabels,
}

impl BgpSpeaker {
    /// The router ID that peers in an instance see.
    pub fn router_id_in(&self, vrf: &Vrf) -> Ipv4Addr {
        let family = self.settings.families.get(vrf);
        family.and_then(|family| family.router_id).unwrap_or(self.router_id)
    }
}

impl PartialEq for BgpSpeaker {
    /// What is computed; the settings do not change while a network settles.
    fn eq(&self, other: &Self) -> bool {
        self.as_number == other.as_number
            && self.router_id == other.router_id
            && self.sessions == other.sessions
            && self.tables == other.tables
            && self.vpnv4 == other.vpnv4
            && self.labels == other.labels
    }
}

impl Eq for BgpSpeaker {}

/// What the sessions rest on.
pub struct Surroundings<'a> {
    /// What is configured on each device.
    pub settings: &'a [Option<Arc<BgpSettings>>],
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
        let far = self.far_ends();
        self.settings
            .iter()
            .enumerate()
            .map(|(device, settings)| {
                Some(Arc::new(self.speaker(
                    device,
                    settings.as_ref()?,
                    &far,
                    &mut Received::default(),
                )?))
            })
            .collect()
    }

    /// The sessions that can be up, both ends: device and number, each with that of its other end.
    pub fn far_ends(&self) -> BTreeMap<(usize, usize), (usize, usize)> {
        let opened: BTreeMap<(usize, usize), (usize, usize)> = self
            .ends()
            .filter_map(|(device, number, _)| Some(((device, number), self.opens(device, number)?)))
            .collect();
        let mut far = opened.clone();
        for (from, to) in opened {
            far.entry(to).or_insert(from);
        }
        far
    }

    fn ends(&self) -> impl Iterator<Item = (usize, usize, &PeerSettings)> {
        self.settings.iter().enumerate().flat_map(|(device, settings)| {
            let peers = settings.iter().flat_map(|settings| &settings.peers).enumerate();
            peers.map(move |(number, peer)| (device, number, peer))
        })
    }

    pub(super) fn rib(&self, device: usize, vrf: &Vrf) -> Option<&Rib> {
        self.forwarding.ribs.get(device)?.get(vrf).map(|rib| &**rib)
    }

    pub(super) fn vpns(&self, device: usize) -> &[VpnInstance] {
        self.forwarding.vpns.get(device).map_or(&[], |own| own.as_slice())
    }

    pub(super) fn interfaces(&self, device: usize) -> &[Interface] {
        self.forwarding.interfaces.get(device).map_or(&[], |own| own.as_slice())
    }
}

/// The routes that BGP gives to the routing table of an instance, the best of each prefix first.
pub fn routes(speaker: Option<&BgpSpeaker>, vrf: &Vrf) -> Vec<Route> {
    let table = speaker.and_then(|speaker| Some((speaker, speaker.tables.get(vrf)?)));
    let prefixes = table.into_iter().flat_map(|(speaker, table)| {
        let all = table.iter();
        all.map(move |(prefix, paths)| (speaker, *prefix, paths))
    });
    let default = FamilySettings::default();
    prefixes
        .flat_map(|(speaker, prefix, paths)| chosen(speaker, vrf, &default, prefix, paths))
        .collect()
}

/// The routes that it gives for one prefix.
pub fn routes_to(speaker: Option<&BgpSpeaker>, vrf: &Vrf, prefix: Prefix) -> Vec<Route> {
    let paths = speaker.and_then(|speaker| Some((speaker, speaker.tables.get(vrf)?.get(&prefix)?)));
    paths.map_or_else(Vec::new, |(speaker, paths)| {
        chosen(speaker, vrf, &FamilySettings::default(), prefix, paths)
    })
}

fn chosen(speaker: &BgpSpeaker, vrf: &Vrf, default: &FamilySettings, prefix: Prefix, paths: &[Ranked]) -> Vec<Route> {
    let family = speaker.settings.families.get(vrf).unwrap_or(default);
    let backup = paths
        .iter()
        .find(|ranked| ranked.standing == Standing::Backup)
        .and_then(|ranked| as_backup(&ranked.path));
    let used = paths.iter().take_while(|ranked| ranked.is_selected());
    used.filter_map(|ranked| {
        Some(Route {
            backup: backup.clone(),
            ..as_route(speaker, family, prefix, &ranked.path)?
        })
    })
    .collect()
}

fn as_backup(path: &Path) -> Option<Arc<Backup>> {
    let (interface, via) = path.resolved.clone()?;
    Some(Arc::new(Backup {
        next_hop: path.next_hop,
        interface,
        via,
    }))
}

pub(super) fn as_route(speaker: &BgpSpeaker, family: &FamilySettings, prefix: Prefix, path: &Path) -> Option<Route> {
    let (interface, via) = path.resolved.clone()?;
    let [external, internal, local] = family.preferences;
    let (protocol, mut preference) = match path.from {
        Some(from) if from.external => (Protocol::Ebgp, external),
        Some(_) => (Protocol::Ibgp, internal),
        None => (Protocol::Bgp, local),
    };
    if let Some(policy) = &family.preference_policy
        && let Some(effects) = speaker.settings.policies.apply(policy, prefix, &mut path.clone())
    {
        preference = effects.preference.unwrap_or(preference);
    }
    Some(Route {
        prefix,
        protocol,
        preference,
        cost: path.attributes.med,
        next_hop: path.next_hop,
        recursive: true,
        interface,
        via,
        neighbour: path.from.map(|from| from.address),
        process: 0,
        tag: 0,
        ospf: path.attributes.ospf,
        backup: None,
    })
}

/// The AS from which a public route came, as `tracert` shows it.
pub fn origin_as(speaker: &BgpSpeaker, address: Ipv4Addr) -> Option<u32> {
    let table = speaker.tables.get(&Vrf::Public)?;
    let (_, paths) = table
        .iter()
        .filter(|(prefix, _)| prefix.contains(address))
        .max_by_key(|(prefix, _)| prefix.length())?;
    paths.first()?.path.attributes.as_path.last().copied()
}
