//! What a speaker says otherwise than before: only that has to be told, heard and chosen from again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bgp::{BgpSession, BgpSpeaker, Table};
use super::bgp_path::Path;
use super::bgp_selection::Ranked;
use super::bgp_told::best;
use super::prefix::{Prefix, Vrf};
use super::shared::{Shared, changed};
use super::vpn_instances::{RouteDistinguisher, VpnInstance};

/// All that a speaker says otherwise.
#[derive(Debug)]
pub struct News {
    /// IPv4 prefixes, by the instances that it has peers in.
    pub unicast: BTreeMap<Vrf, Vec<Prefix>>,
    /// VPN routes.
    pub vpnv4: Vec<(RouteDistinguisher, Prefix)>,
}

impl News {
    /// What a speaker with these instances says otherwise; none if that may be anything.
    pub fn between(before: &BgpSpeaker, now: &BgpSpeaker, vpns: &[VpnInstance]) -> Option<Self> {
        let vrfs: BTreeSet<&Vrf> = now.settings.peers.iter().map(|peer| &peer.vrf).collect();
        let prefixes = |vrf: &Vrf| (vrf.clone(), unicast(before, now, vrf));
        speaks_alike(before, now).then(|| Self {
            unicast: vrfs.into_iter().map(prefixes).collect(),
            vpnv4: vpnv4(before, now, vpns),
        })
    }

    /// Whether it is nothing to the other end of a session.
    pub fn is_empty_to(&self, session: &BgpSession) -> bool {
        let unicast = self.unicast.get(&session.settings.vrf).is_none_or(Vec::is_empty);
        (unicast || session.settings.unicast.is_none()) && (self.vpnv4.is_empty() || session.settings.vpnv4.is_none())
    }
}

/// Whether two states of a speaker say the same of the same paths.
pub fn speaks_alike(before: &BgpSpeaker, now: &BgpSpeaker) -> bool {
    let BgpSpeaker {
        settings,
        as_number,
        router_id,
        sessions: _,
        tables: _,
        vpnv4: _,
        labels,
    } = before;
    Arc::ptr_eq(settings, &now.settings)
        && *as_number == now.as_number
        && *router_id == now.router_id
        && labels.agrees(&now.labels)
}

/// Whether the same paths are told in the same way by two states of a session.
pub fn tells_alike(before: &BgpSession, now: &BgpSession) -> bool {
    let BgpSession {
        settings,
        state: _,
        far,
        local,
        external,
        labelled,
        received_unicast: _,
        received_vpnv4: _,
    } = before;
    *far == now.far
        && *local == now.local
        && *external == now.external
        && *labelled == now.labelled
        && *settings == now.settings
        && settings
            .unicast
            .as_ref()
            .is_none_or(|terms| !terms.default_route_advertise)
}

/// The prefixes of an instance of which a speaker tells something else.
pub fn unicast(before: &BgpSpeaker, now: &BgpSpeaker, vrf: &Vrf) -> Vec<Prefix> {
    let nothing = Table::new();
    let [was, is] = [before, now].map(|speaker| speaker.tables.get(vrf).unwrap_or(&nothing));
    let prefixes = changed(was, is).into_iter().copied();
    prefixes
        .filter(|prefix| differ(was.get(prefix), is.get(prefix)))
        .collect()
}

/// The VPN routes of which a speaker with these instances tells something else.
pub fn vpnv4(before: &BgpSpeaker, now: &BgpSpeaker, vpns: &[VpnInstance]) -> Vec<(RouteDistinguisher, Prefix)> {
    let passed_on = changed(&before.vpnv4, &now.vpnv4).into_iter().copied();
    let mut keys: Vec<(RouteDistinguisher, Prefix)> = passed_on
        .filter(|key| differ(before.vpnv4.get(key), now.vpnv4.get(key)))
        .collect();
    for vpn in vpns {
        if let Some(distinguisher) = vpn.route_distinguisher {
            let prefixes = unicast(before, now, &Vrf::Instance(vpn.name.clone())).into_iter();
            keys.extend(prefixes.map(|prefix| (distinguisher, prefix)));
        }
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Whether something else is told. The way to the next hop is not.
fn differ(before: Option<&Shared<Ranked>>, now: Option<&Shared<Ranked>>) -> bool {
    let told = |paths: Option<&Shared<Ranked>>| {
        let path = best(paths?)?;
        Some(Path {
            igp_cost: 0,
            resolved: None,
            ..path.clone()
        })
    };
    told(before) != told(now)
}
