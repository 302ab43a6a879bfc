//! What LDP discovers: `display mpls ldp peer`, `adjacency` and `interface`.

use std::net::Ipv4Addr;

use super::{Asked, Unanswered, age, short_name};
use crate::network::{Interface, LdpSession, Vrf};

const RULE: &str = " ------------------------------------------------------------------------------\n";

/// The peers with the interfaces that they are seen on.
pub fn peers(asked: Asked<'_>) -> Result<String, Unanswered> {
    let sessions = asked.state.ldp.get(asked.device).ok_or(Unanswered::NotComputed)?;
    let mut text = format!(
        "\n LDP Peer Information in Public network\n \
         An asterisk (*) before a peer means the peer is being deleted.\n{RULE} \
         PeerID                 TransportAddress   DiscoverySource\n{RULE}"
    );
    for session in sessions.iter() {
        let mut first = (format!("{}:0", session.peer_lsr_id), session.peer_lsr_id.to_string());
        for interface in seen_on(asked, session) {
            text += &format!(" {:<22} {:<18} {}\n", first.0, first.1, interface.name);
            first = (String::new(), String::new());
        }
    }
    Ok(text + RULE + &format!(" TOTAL: {} Peer(s) Found.\n", sessions.len()))
}

/// The adjacencies, one an interface.
pub fn adjacencies(asked: Asked<'_>) -> Result<String, Unanswered> {
    let sessions = asked.state.ldp.get(asked.device).ok_or(Unanswered::NotComputed)?;
    let mut text = format!(
        "\n LDP Adjacency Information in Public Network\n Codes: R: Remote Adjacency, L: Local Adjacency\n \
         An asterisk (*) before an adjacency means the adjacency is being deleted.\n{RULE} \
         SN  SourceAddr      PeerID          VrfID AdjAge(DDDD:HH:MM)   RcvdHello Type\n{RULE}"
    );
    let mut number = 0;
    for session in sessions.iter() {
        for interface in seen_on(asked, session) {
            let Some(source) = far_address(asked, interface) else {
                continue;
            };
            number += 1;
            let times = asked.times.ldp.get(&session.peer).filter(|_| session.operational);
            let age = times.map(|times| asked.times.age(times.since)).unwrap_or_default();
            let hellos = asked.times.hellos.get(&interface.name).copied().unwrap_or_default();
            text += &format!(
                " {number:<3} {:<15} {:<15} 0     {:<20} {:<9} L\n",
                source.to_string(),
                session.peer_lsr_id.to_string(),
                age::to_the_minute(age),
                hellos.received
            );
        }
    }
    Ok(text + RULE + &format!(" TOTAL: {number} Record(s) Found.\n"))
}

/// The interfaces that LDP is on, in the public network.
pub fn interfaces(asked: Asked<'_>) -> Result<String, Unanswered> {
    let Some(own) = super::lsr_id(asked) else {
        return Ok(String::new());
    };
    let mut text = format!(
        "\n LDP Interface Information in Public Network\n \
         Codes:LAM(Label Advertisement Mode), IFName(Interface name)\n \
         An asterisk (*) before an interface means the entity is being deleted.\n{RULE} \
         IFName          Status      LAM  TransportAddress   HelloSent/Rcv\n{RULE}"
    );
    let mut count = 0;
    for interface in speaking(asked) {
        count += 1;
        let hellos = asked.times.hellos.get(&interface.name).copied().unwrap_or_default();
        text += &format!(
            " {:<15} {:<11} DU   {:<18} {}/{}\n",
            short_name(&interface.name),
            if interface.protocol { "Active" } else { "Inactive" },
            own.to_string(),
            hellos.sent,
            hellos.received
        );
    }
    Ok(text + RULE + &format!(" TOTAL: {count} Interface(s) Found.\n"))
}

/// The public interfaces with LDP.
fn speaking(asked: Asked<'_>) -> impl Iterator<Item = &Interface> {
    let interfaces = asked
        .state
        .interfaces
        .get(asked.device)
        .into_iter()
        .flat_map(|own| own.iter());
    interfaces.filter(|interface| interface.ldp && interface.vrf == Vrf::Public)
}

/// The interfaces that a peer is seen on: both ends run LDP and are up in the same network.
fn seen_on<'a>(asked: Asked<'a>, session: &LdpSession) -> Vec<&'a Interface> {
    let peer = session.peer;
    speaking(asked)
        .filter(|interface| {
            let there = interface
                .far_end
                .filter(|(device, _)| *device == peer)
                .and_then(|(device, index)| asked.state.interfaces.get(device)?.get(index));
            there.is_some_and(|there| {
                there.ldp && interface.up_prefix().is_some() && interface.up_prefix() == there.up_prefix()
            })
        })
        .collect()
}

fn far_address(asked: Asked<'_>, interface: &Interface) -> Option<Ipv4Addr> {
    let (device, index) = interface.far_end?;
    asked.state.interfaces.get(device)?.get(index)?.up_address()
}
