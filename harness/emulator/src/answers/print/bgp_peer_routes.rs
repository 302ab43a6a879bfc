//! `display bgp … routing-table peer A {advertised-routes | received-routes}`: what a peer is told, and what was taken
//! in from it.

use std::net::Ipv4Addr;

use super::bgp_peer::speaker;
use super::bgp_routing_table::{COLUMNS, Wanted, heading, lines, table};
use super::bgp_rows::{Row, by_distinguisher, of_instance, told};
use super::{Asked, Unanswered, instance};
use crate::network::{BgpSession, BgpSpeaker, Prefix, Vrf, told_unicast, told_vpnv4};

/// What is asked of a peer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Advertised,
    Received,
}

/// Those of the public network, or of an instance.
pub fn of_table(asked: Asked<'_>, name: Option<&str>, peer: &str, direction: &str) -> Result<String, Unanswered> {
    let speaker = speaker(asked)?;
    let vrf = instance(asked, name)?;
    let session = session(speaker, &vrf, peer)?;
    let rows = of_instance(asked, speaker, &vrf);
    let rows = match read(direction)? {
        Direction::Received => received(rows, session, false),
        Direction::Advertised => {
            let all = told_unicast(speaker, session);
            let rows = all.iter().map(|(prefix, path)| {
                let known = rows.iter().find(|row| row.best && row.prefix == *prefix).cloned();
                known.map(|row| told(row, path, session.external))
            });
            // A default route that is told of its own stands in no table.
            let rows: Option<Vec<Row>> = rows.collect();
            rows.ok_or(Unanswered::NotComputed)?
        }
    };
    let mut text = heading(speaker);
    if let Some(name) = name {
        text += &format!("\n VPN-Instance {name}, Router ID {}:\n", speaker.router_id_in(&vrf));
    }
    Ok(text + "\n" + &table(&rows, Wanted::Whole, None))
}

/// Those of VPNv4.
pub fn of_vpnv4(asked: Asked<'_>, peer: &str, direction: &str) -> Result<String, Unanswered> {
    let speaker = speaker(asked)?;
    let session = session(speaker, &Vrf::Public, peer)?;
    let vpns = asked.vpns();
    let direction = read(direction)?;
    let all = told_vpnv4(speaker, session, vpns);
    let sections: Vec<(String, Vec<Row>)> = by_distinguisher(asked, speaker)
        .into_iter()
        .map(|(distinguisher, rows)| {
            let path = |prefix: Prefix| {
                let mut told = all.iter();
                told.find(|((of, to), _)| of.to_string() == distinguisher && *to == prefix)
            };
            let rows: Vec<Row> = match direction {
                Direction::Received => received(rows, session, true),
                Direction::Advertised => {
                    let best = rows.into_iter().filter(|row| row.best);
                    best.filter_map(|row| Some((path(row.prefix)?, row)))
                        .map(|((_, path), row)| told(row, path, session.external))
                        .collect()
                }
            };
            (distinguisher, rows)
        })
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let total: usize = sections.iter().map(|(_, rows)| rows.len()).sum();
    let mut text = heading(speaker) + &format!("\n\n Total number of routes from all PE: {total}\n");
    for (distinguisher, rows) in sections {
        text += &format!("\n Route Distinguisher: {distinguisher}\n\n{COLUMNS}");
        text += &lines(&rows, Wanted::Whole, None);
    }
    Ok(text)
}

/// What came by a session: of an instance nothing that crossed into it, of VPNv4 nothing that entered the VPN here.
fn received(rows: Vec<Row>, session: &BgpSession, vpnv4: bool) -> Vec<Row> {
    let of_peer = |row: &Row| row.from.is_some_and(|(address, _)| address == session.settings.address);
    rows.into_iter()
        .filter(|row| row.distinguisher.is_some() == vpnv4 && of_peer(row))
        .collect()
}

fn read(direction: &str) -> Result<Direction, Unanswered> {
    match direction {
        "advertised-routes" => Ok(Direction::Advertised),
        "received-routes" => Ok(Direction::Received),
        _ => Err(Unanswered::NotComputed),
    }
}

fn session<'a>(speaker: &'a BgpSpeaker, vrf: &Vrf, peer: &str) -> Result<&'a BgpSession, Unanswered> {
    let address: Ipv4Addr = peer.parse().map_err(|_| Unanswered::NotComputed)?;
    let mut sessions = speaker.sessions.iter();
    sessions
        .find(|session| session.settings.vrf == *vrf && session.settings.address == address)
        .ok_or_else(|| Unanswered::Refused("The peer does not exist.".into()))
}
