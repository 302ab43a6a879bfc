//! Routes that protocols know and that are not in use, for want of preference.

use super::Asked;
use crate::network::{Route, Via, Vrf};

/// The inactive routes of an instance, by prefix. OSPF knows the networks that it runs on itself; the direct route is
/// always preferred to it.
pub fn inactive_routes(asked: Asked<'_>, vrf: &Vrf) -> Vec<Route> {
    let lost = asked.state.inactive.get(asked.device).and_then(|lost| lost.get(vrf));
    let mut routes: Vec<Route> = lost.cloned().unwrap_or_default();
    routes.extend(own_networks(asked, vrf));
    routes.sort_by_key(|route| (route.prefix, route.preference, route.protocol));
    routes
}

fn own_networks(asked: Asked<'_>, vrf: &Vrf) -> Vec<Route> {
    let interfaces = asked.interfaces();
    let processes = asked
        .state
        .ospf
        .get(asked.device)
        .into_iter()
        .flat_map(|own| own.iter());
    let enabled = processes.flat_map(|process| process.enabled().map(move |(index, ..)| (process, index)));
    enabled
        .filter_map(|(process, index)| {
            let interface = interfaces.get(index).filter(|interface| interface.vrf == *vrf)?;
            let address = interface.up_address()?;
            let prefix = process.prefix(index)?;
            Some(process.route(prefix, process.cost(index), address, Some(interface), Via::Local))
        })
        .collect()
}
