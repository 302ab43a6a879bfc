//! Since when BGP knows a path.

use std::net::Ipv4Addr;

use super::Asked;
use crate::network::{BgpSpeaker, Crossing, Moment, Path, Prefix, Route, Vrf};

/// Since when a path in an instance, or of the VPNv4 family, is told by the peer that it came from; a route of the
/// device itself is as old as the one that was imported.
pub fn since(asked: Asked<'_>, vrf: &Vrf, prefix: Prefix, path: &Path) -> Moment {
    let Some(from) = path.from else {
        let rib = asked.rib(vrf);
        let route = rib.and_then(|rib| rib.get(&prefix)?.first());
        return route.map_or(Moment::START, |route| asked.times.ages.route(vrf, route));
    };
    let told_in = match path.crossing {
        Crossing::None if path.vpn.is_none() => Some(vrf),
        // The instance of the device that it crossed from is not remembered.
        Crossing::Local => None,
        _ => Some(&Vrf::Public),
    };
    let sessions = speaker(asked)
        .map(|speaker| speaker.sessions.as_slice())
        .unwrap_or_default();
    let mut of_peer = sessions
        .iter()
        .filter(|session| session.settings.address == from.address)
        .filter(|session| told_in.is_none_or(|vrf| session.settings.vrf == *vrf));
    let distinguisher = path.vpn.filter(|_| told_in == Some(&Vrf::Public));
    let distinguisher = distinguisher.map(|distinguisher| distinguisher.to_string());
    let far = of_peer.find_map(|session| session.far);
    far.map_or(Moment::START, |(device, _)| {
        asked.times.told(device, from.address, prefix, distinguisher.as_deref())
    })
}

/// The same of a route that BGP gave to a routing table.
pub fn since_of_route(asked: Asked<'_>, vrf: &Vrf, route: &Route) -> Moment {
    let paths = speaker(asked).and_then(|speaker| speaker.tables.get(vrf)?.get(&route.prefix));
    let from = |path: &Path| -> Option<Ipv4Addr> { path.from.map(|from| from.address) };
    let mut alike = paths.into_iter().flatten().map(|ranked| &ranked.path);
    let path = alike.find(|path| from(path) == route.neighbour && path.next_hop == route.next_hop);
    path.map_or(Moment::START, |path| since(asked, vrf, route.prefix, path))
}

fn speaker(asked: Asked<'_>) -> Option<&BgpSpeaker> {
    asked.state.bgp.get(asked.device)?.as_deref()
}
