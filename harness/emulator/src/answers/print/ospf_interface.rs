//! `display ospf interface` and `display ospf brief`.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::ospf_peer::{designated, each, title};
use super::{Asked, Unanswered, short_name};
use crate::network::{Interface, Process, Stage};

/// What OSPF is on an interface.
struct OnInterface<'a> {
    interface: &'a Interface,
    cost: u32,
    area: Ipv4Addr,
    kind: &'static str,
    state: &'static str,
    designated: Ipv4Addr,
    backup: Ipv4Addr,
}

/// The interfaces by area, or one of them in full.
pub fn interfaces(asked: Asked<'_>, process: Option<&str>, name: Option<&str>) -> Result<String, Unanswered> {
    let text = each(asked, process, |process, interfaces| {
        let all = of(asked, process, interfaces);
        let mut text = title(process, "        Interfaces");
        for area in all.iter().map(|one| one.area).collect::<BTreeSet<_>>() {
            let chosen: Vec<&OnInterface<'_>> = all
                .iter()
                .filter(|one| one.area == area && name.is_none_or(|name| one.interface.name.to_string() == name))
                .collect();
            if chosen.is_empty() {
                continue;
            }
            text += &format!("\n Area: {:<15}      MPLS TE: Disabled\n", area.to_string());
            if name.is_some() {
                text += &chosen.iter().map(|one| full(one)).collect::<String>();
                continue;
            }
            text += " Interface                IP Address      Type         State    Cost    Pri\n";
            for one in chosen {
                text += &format!(
                    " {:<24} {:<15} {:<12} {:<8} {:<7} {}\n",
                    short_name(&one.interface.name),
                    address(one.interface),
                    one.kind,
                    one.state,
                    one.cost,
                    one.interface.ospf_link.priority
                );
            }
        }
        text
    })?;
    if name.is_some() && !text.contains(" Interface: ") {
        return Err(Unanswered::Refused("OSPF does not run on this interface.".into()));
    }
    Ok(text)
}

/// The processes and their interfaces in full.
pub fn brief(asked: Asked<'_>, process: Option<&str>) -> Result<String, Unanswered> {
    each(asked, process, |process, interfaces| {
        let all = of(asked, process, interfaces);
        let areas: BTreeSet<Ipv4Addr> = all.iter().map(|one| one.area).collect();
        let borders = [
            (areas.len() > 1 || process.prevents_loops(), "AREA"),
            (process.brings_in, "AS"),
        ];
        let borders: Vec<&str> = borders.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        let peers = asked.state.ospf_peers(asked.device, process);
        let exchanging = peers.iter().filter(|(_, stage)| *stage == Stage::Exchange);
        let mut text = title(process, "        OSPF Protocol Information");
        text += &format!(
            "\n RouterID: {:<16} Border Router: {}\n Route Preference: {}\n ASE Route Preference: {}\n \
             SPF computation count: 1\n RFC 1583 Compatible\n Area Count: {}   Nssa Area Count: 0\n ExChange/Loading Neighbors: {}\n",
            process.router_id.to_string(),
            borders.join(" "),
            process.preference,
            process.external_preference,
            areas.len(),
            exchanging.count()
        );
        for area in areas {
            let inside: Vec<&OnInterface<'_>> = all.iter().filter(|one| one.area == area).collect();
            text += &format!(
                "\n Area: {:<15}      MPLS TE: Disabled\n Authtype: {}   Area flag: Normal\n Router ID conflict state: Normal\n \
                 Area interface up count: {}\n",
                area.to_string(),
                process.authentication_of(area).word(),
                inside.len()
            );
            text += &inside.iter().map(|one| full(one)).collect::<String>();
        }
        text
    })
}

fn full(one: &OnInterface<'_>) -> String {
    let mut text = format!(
        "\n Interface: {} ({})\n Cost: {:<7} State: {:<9} Type: {:<12} MTU: {}\n Priority: {}\n",
        address(one.interface),
        one.interface.name,
        one.cost,
        one.state,
        one.kind,
        one.interface.ospf_link.mtu,
        one.interface.ospf_link.priority
    );
    if one.kind == "Broadcast" {
        text += &format!(
            " Designated Router: {}\n Backup Designated Router: {}\n",
            one.designated, one.backup
        );
    }
    let (hello, dead) = one.interface.ospf_link.timers();
    text + &format!(" Timers: Hello {hello} , Dead {dead} , Poll  120 , Retransmit 5 , Transmit Delay 1\n")
}

fn address(interface: &Interface) -> String {
    interface
        .up_address()
        .map_or_else(String::new, |address| address.to_string())
}

/// Who is DR is decided without history, as `display ospf peer` says too.
fn of<'a>(asked: Asked<'_>, process: &Process, interfaces: &'a [Interface]) -> Vec<OnInterface<'a>> {
    let peers = asked.state.ospf_peers(asked.device, process);
    let enabled = process.enabled();
    enabled
        .filter_map(|(index, area, _)| {
            let interface = interfaces.get(index)?;
            let own = interface.up_address()?;
            let none = Ipv4Addr::UNSPECIFIED;
            let neighbour = peers.iter().map(|(peer, _)| peer).find(|peer| peer.interface == index);
            let point_to_point = interface.name.is_loopback() || interface.ospf_network_type.as_deref() == Some("p2p");
            let [designated, backup] =
                designated(process, interface, neighbour).map(|address| address.filter(|_| !point_to_point));
            let state = match (designated, backup) {
                _ if point_to_point => "P-2-P",
                (Some(designated), _) if designated == own => "DR",
                (_, Some(backup)) if backup == own => "BDR",
                _ => "DROther",
            };
            Some(OnInterface {
                interface,
                cost: process.cost(index),
                area,
                kind: if point_to_point { "P2P" } else { "Broadcast" },
                state,
                designated: designated.unwrap_or(none),
                backup: backup.unwrap_or(none),
            })
        })
        .collect()
}
