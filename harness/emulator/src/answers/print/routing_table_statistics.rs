//! `display ip routing-table statistics`.

use std::collections::BTreeSet;

use super::inactive_routes::inactive_routes;
use super::{Asked, Unanswered};
use crate::network::{Prefix, Protocol, Route, Vrf};

/// The routes of some instances by protocol. A lab keeps no history: what there is was added, nothing was deleted.
pub fn print(asked: Asked<'_>, vrfs: &[Vrf]) -> Result<String, Unanswered> {
    let mut all: Vec<(Route, bool)> = Vec::new();
    let mut prefixes: BTreeSet<(&Vrf, Prefix)> = BTreeSet::new();
    for vrf in vrfs {
        let rib = asked.rib(vrf);
        let rib = rib.ok_or(Unanswered::NotComputed)?;
        let active = rib.values().flatten().map(|route| (route.clone(), true));
        let inactive = inactive_routes(asked, vrf).into_iter().map(|route| (route, false));
        for (route, active) in active.chain(inactive) {
            prefixes.insert((vrf, route.prefix));
            all.push((route, active));
        }
    }
    let mut text = format!(
        "Summary Prefixes : {}\n\
         Proto      total      active     added      deleted    freed\n           \
         routes     routes     routes     routes     routes\n",
        prefixes.len()
    );
    let of = |names: &[Protocol]| {
        let chosen = all.iter().filter(|(route, _)| names.contains(&route.protocol));
        let (total, active) = chosen.fold((0, 0), |(total, active), (_, is_active)| {
            (total + 1, active + usize::from(*is_active))
        });
        (total, active)
    };
    let row = |name: &str, (total, active): (usize, usize)| {
        format!("{name:<10} {total:<10} {active:<10} {total:<10} 0          0\n")
    };
    text += &row("DIRECT", of(&[Protocol::Direct]));
    text += &row("STATIC", of(&[Protocol::Static]));
    text += &row("RIP", (0, 0));
    text += &row("OSPF", of(&[Protocol::Ospf, Protocol::OspfAse]));
    text += &row("IS-IS", (0, 0));
    text += &row("BGP", of(&[Protocol::Ebgp, Protocol::Ibgp, Protocol::Bgp]));
    let active = all.iter().filter(|(_, active)| *active).count();
    text += &row("Total", (all.len(), active));
    Ok(text)
}
