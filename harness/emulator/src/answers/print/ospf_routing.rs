//! `display ospf routing` and `display ospf abr-asbr`: what OSPF itself computes from what it has been told.

use super::ospf_peer::{each, title};
use super::{Asked, Unanswered};
use crate::network::{KnownNetwork, OspfTable, Process, Vertex, ospf_process, ospf_tables};

/// The routes of all processes, or of one.
pub fn routing(asked: Asked<'_>, process: Option<&str>) -> Result<String, Unanswered> {
    each(asked, process, |process, _| {
        let table = table(asked, process);
        let mut text = title(process, "        Routing Tables");
        text += "\n Routing for Network\n \
                 Destination        Cost       Type       NextHop         AdvRouter       Area\n";
        for (prefix, known) in &table.networks {
            let (kind, teller) = kind(asked, *prefix, known);
            let ways: Vec<String> = if known.reach.hops.is_empty() {
                process.address_on(*prefix).iter().map(ToString::to_string).collect()
            } else {
                let hops = known.reach.hops.iter().take(process.ecmp);
                hops.map(|(_, gateway)| gateway.to_string()).collect()
            };
            for way in ways {
                text += &format!(
                    " {:<18} {:<10} {kind:<10} {way:<15} {teller:<15} {}\n",
                    prefix.to_string(),
                    known.reach.cost,
                    known.area
                );
            }
        }
        if !table.externals.is_empty() {
            text += "\n Routing for ASEs\n \
                     Destination        Cost       Type       Tag        NextHop         AdvRouter\n";
        }
        for (prefix, known) in &table.externals {
            let kind = if known.external.type_2 { "Type2" } else { "Type1" };
            for (_, gateway) in known.reach.hops.iter().take(process.ecmp) {
                text += &format!(
                    " {:<18} {:<10} {kind:<10} {:<10} {:<15} {}\n",
                    prefix.to_string(),
                    known.reach.cost,
                    known.external.tag,
                    gateway.to_string(),
                    router_id(asked, known.reach.by)
                );
            }
        }
        let intra = table.networks.values().filter(|known| known.intra).count();
        let inter = table.networks.len() - intra;
        let outside = table.externals.len();
        text + &format!(
            "\n Total Nets: {}\n Intra Area: {intra}  Inter Area: {inter}  ASE: {outside}  NSSA: 0\n",
            intra + inter + outside
        )
    })
}

/// The border routers that all processes know, or one.
pub fn borders(asked: Asked<'_>, process: Option<&str>) -> Result<String, Unanswered> {
    each(asked, process, |process, _| {
        let table = table(asked, process);
        let mut text = title(process, "        Routing Table to ABR and ASBR");
        text += "\n Type        Destination       Area       Cost  NextHop         RtType\n";
        let mut row = |scope: &str, router: Vertex, area: String, reach: &crate::network::Reach, kind: &str| {
            for (_, gateway) in reach.hops.iter().take(process.ecmp) {
                text += &format!(
                    " {scope:<11} {:<17} {area:<10} {:<5} {:<15} {kind}\n",
                    router_id(asked, router),
                    reach.cost,
                    gateway.to_string()
                );
            }
        };
        for ((router, area), reach) in &table.borders {
            let outside = table.outside_borders.get(router);
            let kind = match outside.filter(|known| known.intra && known.area == *area) {
                Some(_) => "ABR/ASBR",
                None => "ABR",
            };
            row("Intra-area", *router, area.to_string(), reach, kind);
        }
        for (router, known) in &table.outside_borders {
            let named = known.intra && table.borders.contains_key(&(*router, known.area));
            if !named {
                let scope = if known.intra { "Intra-area" } else { "Inter-area" };
                row(scope, *router, known.area.to_string(), &known.reach, "ASBR");
            }
        }
        text
    })
}

fn table(asked: Asked<'_>, process: &Process) -> OspfTable {
    let told = &asked.state.lsdb;
    let own = told.get(asked.device).into_iter().flat_map(|own| own.iter());
    let tables = own.zip(ospf_tables(asked.device, told));
    let mut fitting = tables.filter(|(own, _)| own.id == process.id);
    fitting.next().map(|(_, table)| table).unwrap_or_default()
}

fn router_id(asked: Asked<'_>, (device, number): Vertex) -> String {
    let process = asked.state.lsdb.get(device).and_then(|own| ospf_process(own, number));
    process.map(|process| process.router_id.to_string()).unwrap_or_default()
}

/// The type of a network and who tells of it: the designated router of one that several routers are on.
fn kind(asked: Asked<'_>, prefix: crate::network::Prefix, known: &KnownNetwork) -> (&'static str, String) {
    let teller = router_id(asked, known.reach.by);
    if !known.intra {
        return ("Inter-area", teller);
    }
    let (device, number) = known.reach.by;
    let by = asked.state.lsdb.get(device).and_then(|own| ospf_process(own, number));
    let shared = by.and_then(|by| {
        let mut neighbours = by.neighbours.iter();
        let other = neighbours.find(|n| n.broadcast && by.prefix(n.interface) == Some(prefix))?;
        let theirs = asked.state.lsdb.get(other.node().0);
        let theirs = theirs.and_then(|own| ospf_process(own, other.node().1));
        let seen = theirs.and_then(|process| process.neighbours.iter().find(|n| n.node() == known.reach.by));
        let own = (seen.map_or(1, |seen| seen.priority), by.router_id);
        Some(own.max((other.priority, other.router_id)).1)
    });
    shared.map_or(("Stub", teller), |designated| ("Transit", designated.to_string()))
}
