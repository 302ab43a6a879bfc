//! What LDP discovers: `display mpls ldp peer`, `adjacency` and `interface`.

use std::net::Ipv4Addr;

use super::{Asked, Unanswered, age, short_name};
use crate::interface_name::InterfaceName;
use crate::network::{Interface, LdpAdjacency, LdpSettings, Vrf};

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
        let mut first = (format!("{}:0", session.peer_lsr_id), session.peer_transport.to_string());
        for adjacency in &session.adjacencies {
            let source = match adjacency {
                LdpAdjacency::Link(name) => name.to_string(),
                LdpAdjacency::Remote(name) => format!("Remote Peer : {name}"),
            };
            text += &format!(" {:<22} {:<18} {source}\n", first.0, first.1);
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
        for adjacency in &session.adjacencies {
            let (source, kind) = match adjacency {
                LdpAdjacency::Link(name) => (far_address(asked, name), 'L'),
                LdpAdjacency::Remote(_) => (Some(session.peer_lsr_id), 'R'),
            };
            let Some(source) = source else { continue };
            number += 1;
            let times = asked.times.ldp.get(&session.peer).filter(|_| session.operational);
            let age = times.map(|times| asked.times.age(times.since)).unwrap_or_default();
            let hellos = asked.times.hellos.get(adjacency).copied().unwrap_or_default();
            text += &format!(
                " {number:<3} {:<15} {:<15} 0     {:<20} {:<9} {kind}\n",
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
    let Some(own) = asked.ldp_settings() else {
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
        let adjacency = LdpAdjacency::Link(interface.name.clone());
        let hellos = asked.times.hellos.get(&adjacency).copied().unwrap_or_default();
        let transport = transport(asked, &own, interface);
        text += &format!(
            " {:<15} {:<11} DU   {transport:<18} {}/{}\n",
            short_name(&interface.name),
            if interface.protocol { "Active" } else { "Inactive" },
            hellos.sent,
            hellos.received
        );
    }
    Ok(text + RULE + &format!(" TOTAL: {count} Interface(s) Found.\n"))
}

/// The public interfaces with LDP.
pub(super) fn speaking(asked: Asked<'_>) -> impl Iterator<Item = &Interface> {
    let interfaces = asked.interfaces().iter();
    interfaces.filter(|interface| interface.ldp && interface.vrf == Vrf::Public)
}

/// The transport address that an interface says, as it is shown.
pub(super) fn transport(asked: Asked<'_>, own: &LdpSettings, interface: &Interface) -> String {
    let transport = own.transport(interface, asked.interfaces());
    transport.map_or_else(|| "---".to_owned(), |address| address.to_string())
}

/// The address at the other end of an interface's link.
fn far_address(asked: Asked<'_>, name: &InterfaceName) -> Option<Ipv4Addr> {
    let mut own = asked.interfaces().iter();
    let (_, there) = asked.far_end(own.find(|interface| interface.name == *name)?)?;
    there.up_address()
}
