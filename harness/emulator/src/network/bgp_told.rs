//! What a device tells its BGP peers.

use std::sync::Arc;

use super::bgp::{BgpSession, BgpSpeaker};
use super::bgp_path::{
    Attributes, Crossing, LOCAL_PREFERENCE, NO_ADVERTISE, NO_EXPORT, NO_EXPORT_SUBCONFED, Origin, Path,
};
use super::bgp_peer_settings::FamilyTerms;
use super::bgp_selection::{Ranked, Standing};
use super::prefix::{Prefix, Vrf};
use super::route_policy::Effects;
use super::vpn_instances::{LabelMode, RouteDistinguisher, VpnInstance};

/// The IPv4 unicast routes that a device tells the other end of a session.
pub fn unicast(speaker: &BgpSpeaker, session: &BgpSession) -> Vec<(Prefix, Path)> {
    let Some(terms) = session.settings.unicast.as_ref().filter(|_| session.far.is_some()) else {
        return Vec::new();
    };
    let table = speaker.tables.get(&session.settings.vrf).into_iter().flatten();
    let mut told: Vec<(Prefix, Path)> = table
        .filter_map(|(prefix, paths)| Some((*prefix, unicast_path(speaker, session, *prefix, paths)?)))
        .collect();
    if terms.default_route_advertise {
        let everything = Prefix::of(std::net::Ipv4Addr::UNSPECIFIED, 0);
        told.retain(|(prefix, _)| *prefix != everything);
        told.extend(default_route(speaker, session, everything).map(|path| (everything, path)));
    }
    told
}

/// How it tells one prefix, if it does and it is not the default route that is told of its own.
pub fn unicast_to(speaker: &BgpSpeaker, session: &BgpSession, prefix: Prefix) -> Option<Path> {
    session.settings.unicast.as_ref().filter(|_| session.far.is_some())?;
    let paths = speaker.tables.get(&session.settings.vrf)?.get(&prefix)?;
    unicast_path(speaker, session, prefix, paths)
}

/// How it tells one VPN route.
pub fn vpnv4_to(
    speaker: &BgpSpeaker,
    session: &BgpSession,
    vpns: &[VpnInstance],
    key: (RouteDistinguisher, Prefix),
) -> Vec<Path> {
    if session.settings.vpnv4.is_none() || session.far.is_none() {
        return Vec::new();
    }
    let (distinguisher, prefix) = key;
    let own = vpns.iter().filter(|vpn| vpn.route_distinguisher == Some(distinguisher));
    let own = own.filter_map(|vpn| {
        let table = speaker.tables.get(&Vrf::Instance(vpn.name.clone()))?;
        vpn_path(speaker, session, vpn, prefix, table.get(&prefix)?)
    });
    let others = speaker.vpnv4.get(&key);
    let passed = others.and_then(|paths| passed_on(speaker, session, key, paths));
    own.chain(passed).collect()
}

/// How a device tells the other end of a session the best of some paths, if it does.
pub fn unicast_path(speaker: &BgpSpeaker, session: &BgpSession, prefix: Prefix, paths: &[Ranked]) -> Option<Path> {
    let terms = session.settings.unicast.as_ref()?;
    let best = best(paths)?;
    let family = speaker.settings.families.get(&session.settings.vrf)?;
    let reflector = Reflector {
        cluster: family.cluster.unwrap_or(speaker.router_id),
        between_clients: family.reflects_between_clients,
    };
    let mut told = prepared(session, terms, best, reflector, false)?;
    told.vpn = None;
    told.crossing = Crossing::None;
    if session.settings.vrf != Vrf::Public {
        told.label = None;
    }
    let (told, effects) = passes(speaker, session, terms, prefix, told)?;
    Some(without_targets(labelled(
        speaker, session, terms, prefix, best, told, effects,
    )))
}

/// The path with the label that it is told with, if labels are told: a new one, with the own next hop, where a policy
/// gives it (`apply mpls-label`), else the one that it came with as long as the next hop is the same.
///
/// A route that is reflected gets a new one only where the own next hop is asked for too.
fn labelled(
    speaker: &BgpSpeaker,
    session: &BgpSession,
    terms: &FamilyTerms,
    prefix: Prefix,
    best: &Path,
    mut told: Path,
    effects: Effects,
) -> Path {
    let is_reflected = best.from.is_some_and(|from| !from.external) && !session.external;
    let stays = terms.next_hop_invariable && best.label.is_some() || is_reflected && !terms.next_hop_local;
    let own = speaker
        .labels
        .host(prefix)
        .filter(|_| effects.label && !effects.next_hop);
    match own {
        _ if !session.labelled => told.label = None,
        Some(label) if !stays => {
            told.next_hop = session.local;
            told.label = Some(label);
        }
        _ if told.next_hop != best.next_hop => told.label = None,
        _ => {}
    }
    told
}

/// Extended communities are not sent with IPv4 routes, whatever a policy adds: no `peer … advertise-ext-community`.
fn without_targets(mut told: Path) -> Path {
    if !told.attributes.targets.is_empty() || told.attributes.ospf.is_some() {
        let attributes = Arc::make_mut(&mut told.attributes);
        attributes.targets.clear();
        attributes.ospf = None;
    }
    told
}

/// The VPN routes that a device tells the other end of a session: those that enter the VPN here, and those that it
/// reflects or passes on.
pub fn vpnv4(
    speaker: &BgpSpeaker,
    session: &BgpSession,
    vpns: &[VpnInstance],
) -> Vec<((RouteDistinguisher, Prefix), Path)> {
    if session.settings.vpnv4.is_none() || session.far.is_none() {
        return Vec::new();
    }
    let mut told = Vec::new();
    for vpn in vpns {
        let Some(route_distinguisher) = vpn.route_distinguisher else {
            continue;
        };
        let table = speaker.tables.get(&Vrf::Instance(vpn.name.clone()));
        for (prefix, paths) in table.into_iter().flatten() {
            let path = vpn_path(speaker, session, vpn, *prefix, paths);
            told.extend(path.map(|path| ((route_distinguisher, *prefix), path)));
        }
    }
    for (key, paths) in &speaker.vpnv4 {
        told.extend(passed_on(speaker, session, *key, paths).map(|path| (*key, path)));
    }
    told
}

/// How a device tells the best path of a VPN instance to the other end of a session, if it entered the VPN here.
pub fn vpn_path(
    speaker: &BgpSpeaker,
    session: &BgpSession,
    vpn: &VpnInstance,
    prefix: Prefix,
    paths: &[Ranked],
) -> Option<Path> {
    let terms = session.settings.vpnv4.as_ref()?;
    let route_distinguisher = vpn.route_distinguisher?;
    let mut told = best(paths)?.clone();
    if told.crossing != Crossing::None || stays_here(&told.attributes, session) {
        return None;
    }
    let attributes = Arc::make_mut(&mut told.attributes);
    attributes.targets.clone_from(&vpn.export_targets);
    if told.from.is_none_or(|from| from.external) {
        attributes.originator = None;
        attributes.clusters.clear();
    }
    if let Some(policy) = &vpn.export_policy {
        speaker.settings.policies.apply(policy, prefix, &mut told)?;
    }
    if session.external {
        leave_as(&mut told);
    }
    told.next_hop = session.local;
    told.vpn = Some(route_distinguisher);
    told.crossing = Crossing::Remote;
    told.label = Some(match vpn.label_mode {
        LabelMode::Instance => vpn.label,
        LabelMode::Route => speaker.labels.of_instance(&Vrf::Instance(vpn.name.clone()), prefix)?,
    });
    strip(&mut told);
    passes(speaker, session, terms, prefix, told).map(|(told, _)| told)
}

/// A VPN route of another device, reflected within the AS or passed on to or from another; where the next hop becomes
/// the own address it gets an own label.
pub fn passed_on(
    speaker: &BgpSpeaker,
    session: &BgpSession,
    (route_distinguisher, prefix): (RouteDistinguisher, Prefix),
    paths: &[Ranked],
) -> Option<Path> {
    let terms = session.settings.vpnv4.as_ref()?;
    let vpnv4 = &speaker.settings.vpnv4;
    let reflector = Reflector {
        cluster: vpnv4.cluster.unwrap_or(speaker.router_id),
        between_clients: vpnv4.reflects_between_clients,
    };
    let best = best(paths)?;
    let mut told = prepared(session, terms, best, reflector, true)?;
    told.vpn = Some(route_distinguisher);
    if told.next_hop != best.next_hop {
        told.label = Some(speaker.labels.vpn((route_distinguisher, prefix))?);
    }
    passes(speaker, session, terms, prefix, told).map(|(told, _)| told)
}

/// How a device reflects.
#[derive(Clone, Copy)]
struct Reflector {
    cluster: std::net::Ipv4Addr,
    between_clients: bool,
}

/// The best path, if one can be used.
pub fn best(paths: &[Ranked]) -> Option<&Path> {
    let first = paths.first()?;
    (first.standing == Standing::Best).then_some(&first.path)
}

/// A path as it is told to a peer, before policies; none if it is not.
///
/// A VPN route that came from another AS goes on within the own one with the own next hop; the next hop of any with a
/// label stays where `next-hop-invariable` says so.
fn prepared(
    session: &BgpSession,
    terms: &FamilyTerms,
    path: &Path,
    reflector: Reflector,
    is_vpn: bool,
) -> Option<Path> {
    let mut told = path.clone();
    if stays_here(&path.attributes, session) || path.from.is_some_and(|from| from.address == session.settings.address) {
        return None;
    }
    let from_inside = path.from.filter(|from| !from.external);
    if let Some(from) = from_inside.filter(|_| !session.external) {
        let reflects = (from.client || terms.reflect_client)
            && (reflector.between_clients || !(from.client && terms.reflect_client));
        if !reflects {
            return None;
        }
        let attributes = Arc::make_mut(&mut told.attributes);
        attributes.originator.get_or_insert(from.router_id);
        attributes.clusters.insert(0, reflector.cluster);
    }
    if session.external {
        leave_as(&mut told);
    }
    let is_own = path.from.is_none();
    let replaces = is_own || session.external || ((terms.next_hop_local || is_vpn) && from_inside.is_none());
    let stays = terms.next_hop_invariable && (is_vpn || path.label.is_some());
    if replaces && (is_own || !stays) {
        told.next_hop = session.local;
    }
    strip(&mut told);
    Some(told)
}

/// Whether a well-known community keeps a path from being told to a peer (RFC 1997).
fn stays_here(attributes: &Attributes, session: &BgpSession) -> bool {
    attributes.has(NO_ADVERTISE)
        || (session.external && (attributes.has(NO_EXPORT) || attributes.has(NO_EXPORT_SUBCONFED)))
}

/// What does not leave the device.
fn strip(told: &mut Path) {
    told.preferred_value = 0;
    told.igp_cost = 0;
    told.resolved = None;
    told.tag = 0;
    told.no_tunnel = false;
}

/// What does not leave the AS; a policy may give it anew.
fn leave_as(told: &mut Path) {
    let comes_from_peer = told.from.is_some();
    let attributes = Arc::make_mut(&mut told.attributes);
    attributes.local_preference = LOCAL_PREFERENCE;
    attributes.originator = None;
    attributes.clusters.clear();
    if comes_from_peer {
        attributes.med = 0;
    }
}

/// The AS path as another AS sees it.
fn prepend(speaker: &BgpSpeaker, session: &BgpSession, terms: &FamilyTerms, told: &mut Path) {
    let local_as = speaker.settings.local_as(&session.settings.vrf);
    let attributes = Arc::make_mut(&mut told.attributes);
    // Public numbers among them, or the peer's own, keep the private ones.
    let four_bytes = speaker.settings.private_four_bytes;
    let mut numbers = attributes.as_path.iter();
    if terms.public_as_only
        && numbers.all(|number| is_private(*number, four_bytes) && *number != session.settings.remote_as)
    {
        attributes.as_path.clear();
    }
    if terms.substitute_as {
        for number in &mut attributes.as_path {
            if *number == session.settings.remote_as {
                *number = local_as;
            }
        }
    }
    attributes.as_path.insert(0, local_as);
}

/// Private and reserved AS numbers (RFC 6996, RFC 7300); those of four bytes count where `private-4-byte-as` says so.
fn is_private(number: u32, four_bytes: bool) -> bool {
    (64_512..=65_535).contains(&number) || four_bytes && number >= 4_200_000_000
}

/// A prepared path after the policies and filters of the peer.
fn passes(
    speaker: &BgpSpeaker,
    session: &BgpSession,
    terms: &FamilyTerms,
    prefix: Prefix,
    mut told: Path,
) -> Option<(Path, Effects)> {
    let mut effects = Effects::default();
    let policies = &speaker.settings.policies;
    if let Some(name) = &terms.export_prefixes
        && !policies.filters.prefix_passes(name, prefix)
    {
        return None;
    }
    if let Some(name) = &terms.export_as_paths
        && !policies.filters.as_path_passes(name, &told.attributes.as_path)
    {
        return None;
    }
    if let Some(name) = &terms.export_policy {
        effects = policies.apply(name, prefix, &mut told)?;
        told.preferred_value = 0;
        told.tag = 0;
    }
    if session.external {
        // Local preference does not cross the border, whatever a policy says.
        Arc::make_mut(&mut told.attributes).local_preference = LOCAL_PREFERENCE;
        prepend(speaker, session, terms, &mut told);
    }
    if !terms.advertise_community && !told.attributes.communities.is_empty() {
        Arc::make_mut(&mut told.attributes).communities.clear();
    }
    told.from = None;
    Some((told, effects))
}

fn default_route(speaker: &BgpSpeaker, session: &BgpSession, prefix: Prefix) -> Option<Path> {
    let terms = session.settings.unicast.as_ref()?;
    let told = Path {
        from: None,
        next_hop: session.local,
        attributes: Arc::new(Attributes::local(Origin::Igp, 0, LOCAL_PREFERENCE)),
        preferred_value: 0,
        vpn: None,
        crossing: Crossing::None,
        label: None,
        tag: 0,
        no_tunnel: false,
        igp_cost: 0,
        resolved: None,
    };
    let (told, _) = passes(speaker, session, terms, prefix, told)?;
    Some(without_targets(told))
}
