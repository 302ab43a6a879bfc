//! BGP's tables as rows, whatever they are printed as.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{Asked, bgp_told};
use crate::interface_name::InterfaceName;
use crate::network::{BgpSession, BgpSpeaker, Crossing, Origin, Path, Prefix, Ranked, Reason, Standing, Via, Vrf};
use crate::network::{OspfOrigin, SessionState, passed_on, unicast_path, vpn_path};

/// A path to a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The prefix.
    pub prefix: Prefix,
    /// The peer and its router ID; none for a route of the device itself.
    pub from: Option<(Ipv4Addr, Ipv4Addr)>,
    /// Whether the peer is of the same AS.
    pub internal: bool,
    /// Next hop; 0.0.0.0 for a route of the device itself.
    pub next_hop: Ipv4Addr,
    /// The ASs that it came through.
    pub as_path: Vec<u32>,
    /// `igp`, `egp` or `incomplete`.
    pub origin: &'static str,
    /// Multi-exit discriminator, where it came with one.
    pub med: Option<u32>,
    /// Local preference.
    pub local_preference: u32,
    /// Whether it is shown: that of routes within the AS.
    pub shows_local_preference: bool,
    /// Preferred value.
    pub preferred_value: u32,
    /// The route distinguisher that it came with from another device.
    pub distinguisher: Option<String>,
    /// Whether it came from an instance of another device.
    pub remote: bool,
    /// Route targets.
    pub targets: Vec<String>,
    /// What is said of a route of OSPF.
    pub ospf: Option<OspfOrigin>,
    /// Communities.
    pub communities: Vec<String>,
    /// Who brought it into the AS, if it was reflected.
    pub originator: Option<Ipv4Addr>,
    /// The clusters that it was reflected by.
    pub clusters: Vec<Ipv4Addr>,
    /// The label that it came with.
    pub received_label: Option<u32>,
    /// The label that it is told with, if it gets a new one.
    pub applied_label: Option<u32>,
    /// Cost of the way to the next hop.
    pub igp_cost: u32,
    /// The interface and, unless it is on the link, the gateway that packets leave by.
    pub relay: Option<(InterfaceName, Option<Ipv4Addr>)>,
    /// Whether packets leave by a tunnel.
    pub by_tunnel: bool,
    /// Whether the next hop can be reached.
    pub valid: bool,
    /// Whether it is told to peers.
    pub best: bool,
    /// Whether it is used.
    pub selected: bool,
    /// Whether it stands by for those that are used.
    pub backup: bool,
    /// Its preference in the routing table, where it is known.
    pub preference: Option<u8>,
    /// Why it is not the best.
    pub reason: Option<&'static str>,
    /// The peers that it is told to.
    pub told_to: Vec<Ipv4Addr>,
    /// How long it has been known.
    pub age: Duration,
}

/// The rows of an instance, by prefix, the best first.
pub fn of_instance(asked: Asked<'_>, speaker: &BgpSpeaker, vrf: &Vrf) -> Vec<Row> {
    let mut rows = Vec::new();
    for (prefix, paths) in speaker.tables.get(vrf).into_iter().flatten() {
        let told = |session: &&BgpSession| {
            session.settings.vrf == *vrf && unicast_path(speaker, session, *prefix, paths).is_some()
        };
        let told_to = addresses(speaker, told);
        let own = speaker.labels.host(*prefix).filter(|_| *vrf == Vrf::Public);
        let gives = |session: &&BgpSession| {
            let told = unicast_path(speaker, session, *prefix, paths).and_then(|path| path.label);
            session.labelled && told == own
        };
        let applied = own.filter(|_| !addresses(speaker, gives).is_empty());
        rows.extend(paths.iter().map(|ranked| {
            let row = row(*prefix, ranked, &told_to);
            Row {
                preference: preference(asked, speaker, vrf, *prefix, ranked),
                age: age(asked, vrf, *prefix, ranked),
                applied_label: applied.filter(|_| row.best),
                ..row
            }
        }));
    }
    rows
}

/// The VPN routes by route distinguisher: those that enter the VPN here, and those that were learnt.
pub fn by_distinguisher(asked: Asked<'_>, speaker: &BgpSpeaker) -> Vec<(String, Vec<Row>)> {
    let mut sections: Vec<(String, Vec<Row>)> = Vec::new();
    let mut add = |distinguisher: String, row: Row| match sections.iter_mut().find(|(known, _)| *known == distinguisher)
    {
        Some((_, rows)) => rows.push(row),
        None => sections.push((distinguisher, vec![row])),
    };
    for vpn in asked.vpns() {
        let Some(distinguisher) = vpn.route_distinguisher else {
            continue;
        };
        let table = speaker.tables.get(&Vrf::Instance(vpn.name.clone()));
        for (prefix, paths) in table.into_iter().flatten() {
            let told_to = addresses(speaker, |session| {
                vpn_path(speaker, session, vpn, *prefix, paths).is_some()
            });
            for ranked in paths.iter().filter(|ranked| ranked.path.crossing == Crossing::None) {
                let vrf = Vrf::Instance(vpn.name.clone());
                let row = Row {
                    preference: preference(asked, speaker, &vrf, *prefix, ranked),
                    age: age(asked, &vrf, *prefix, ranked),
                    ..row(*prefix, ranked, &told_to)
                };
                add(distinguisher.to_string(), row);
            }
        }
    }
    for ((distinguisher, prefix), paths) in &speaker.vpnv4 {
        let key = (*distinguisher, *prefix);
        let told_to = addresses(speaker, |session| passed_on(speaker, session, key, paths).is_some());
        let own = speaker.labels.vpn(key);
        let gives = |session: &&BgpSession| {
            let told = passed_on(speaker, session, key, paths);
            told.is_some_and(|path| path.label == own)
        };
        let applied = own.filter(|_| !addresses(speaker, gives).is_empty());
        for ranked in paths {
            let row = row(*prefix, ranked, &told_to);
            let applied_label = applied.filter(|_| row.best);
            let age = age(asked, &Vrf::Public, *prefix, ranked);
            add(
                distinguisher.to_string(),
                Row {
                    applied_label,
                    age,
                    ..row
                },
            );
        }
    }
    for (_, rows) in &mut sections {
        rows.sort_by_key(|row| row.prefix);
    }
    sections.sort_by(|a, b| a.0.cmp(&b.0));
    sections
}

fn age(asked: Asked<'_>, vrf: &Vrf, prefix: Prefix, ranked: &Ranked) -> Duration {
    asked.times.age(bgp_told::since(asked, vrf, prefix, &ranked.path))
}

fn addresses(speaker: &BgpSpeaker, told: impl Fn(&&BgpSession) -> bool) -> Vec<Ipv4Addr> {
    let up = speaker
        .sessions
        .iter()
        .filter(|session| session.state == SessionState::Established);
    up.filter(|session| told(session))
        .map(|session| session.settings.address)
        .collect()
}

/// A row as a peer is told it, of the path that it is told from.
pub fn told(row: Row, path: &Path, external: bool) -> Row {
    Row {
        next_hop: path.next_hop,
        as_path: path.attributes.as_path.clone(),
        med: Some(path.attributes.med),
        local_preference: path.attributes.local_preference,
        shows_local_preference: !external,
        preferred_value: 0,
        ..row
    }
}

fn row(prefix: Prefix, ranked: &Ranked, told_to: &[Ipv4Addr]) -> Row {
    let path = &ranked.path;
    let attributes = &path.attributes;
    let internal = path.from.is_some_and(|from| !from.external);
    let relay = path.resolved.as_ref().and_then(|(interface, via)| {
        let gateway = match via {
            Via::Gateway(_, gateway) if *gateway != path.next_hop => Some(*gateway),
            _ => None,
        };
        Some((interface.clone()?, gateway))
    });
    let best = ranked.standing == Standing::Best;
    Row {
        prefix,
        from: path.from.map(|from| (from.address, from.router_id)),
        internal,
        next_hop: path.next_hop,
        as_path: attributes.as_path.clone(),
        origin: match attributes.origin {
            Origin::Igp => "igp",
            Origin::Egp => "egp",
            Origin::Incomplete => "incomplete",
        },
        // It does not go beyond the AS next to the one that gave it.
        med: (attributes.as_path.len() < 2 || internal).then_some(attributes.med),
        local_preference: attributes.local_preference,
        shows_local_preference: internal,
        preferred_value: path.preferred_value,
        distinguisher: path.vpn.map(|distinguisher| distinguisher.to_string()),
        remote: path.crossing == Crossing::Remote,
        targets: attributes.targets.iter().map(ToString::to_string).collect(),
        ospf: attributes.ospf,
        communities: attributes
            .communities
            .iter()
            .map(|community| community_name(*community))
            .collect(),
        originator: attributes.originator,
        clusters: attributes.clusters.clone(),
        received_label: path.label,
        applied_label: None,
        igp_cost: path.igp_cost,
        relay,
        by_tunnel: matches!(path.resolved, Some((_, Via::Tunnel { .. }))),
        valid: ranked.standing != Standing::Invalid,
        best,
        selected: ranked.is_selected(),
        backup: ranked.standing == Standing::Backup,
        preference: None,
        reason: ranked.reason.map(reason),
        told_to: if best { told_to.to_vec() } else { Vec::new() },
        age: Duration::ZERO,
    }
}

/// That of the route which was imported, else that of the family; a policy may give any.
fn preference(asked: Asked<'_>, speaker: &BgpSpeaker, vrf: &Vrf, prefix: Prefix, ranked: &Ranked) -> Option<u8> {
    let Some(from) = ranked.path.from else {
        let rib = asked.rib(vrf)?;
        return rib.get(&prefix)?.first().map(|route| route.preference);
    };
    let family = speaker.settings.families.get(vrf)?;
    let [external, internal, _] = family.preferences;
    let given = if from.external { external } else { internal };
    family.preference_policy.is_none().then_some(given)
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::PreferredValue => "not preferred for PreVal",
        Reason::LocalPreference => "not preferred for Local_Pref",
        Reason::Local => "not preferred for route type",
        Reason::AsPath => "not preferred for AS-Path",
        Reason::Origin => "not preferred for Origin",
        Reason::Med => "not preferred for MED",
        Reason::External => "not preferred for peer type",
        Reason::Crossing => "not preferred for Remote-Cross",
        Reason::IgpCost => "not preferred for IGP cost",
        Reason::ClusterList => "not preferred for Cluster List",
        Reason::RouterId => "not preferred for router ID",
        Reason::PeerAddress => "not preferred for peer address",
    }
}

fn community_name(value: u32) -> String {
    match value {
        0xffff_ff01 => "no-export".to_owned(),
        0xffff_ff02 => "no-advertise".to_owned(),
        0xffff_ff03 => "no-export-subconfed".to_owned(),
        value => format!("<{}:{}>", value >> 16, value & 0xffff),
    }
}
