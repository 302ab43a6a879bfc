//! `display mpls ldp session verbose`.

use std::net::Ipv4Addr;

use super::{Asked, Unanswered, age, lsr_id};
use crate::network::{LdpAdjacency, LdpSession, LdpSettings, Vrf};

const RULE: &str = " ------------------------------------------------------------------------------\n";

/// The sessions in full, or the one with a peer.
pub fn print(asked: Asked<'_>, peer: Option<&str>) -> Result<String, Unanswered> {
    let sessions = asked.state.ldp.get(asked.device).ok_or(Unanswered::NotComputed)?;
    let peer: Option<Ipv4Addr> = match peer {
        None => None,
        Some(peer) => Some(peer.parse().map_err(|_| Unanswered::NotComputed)?),
    };
    let chosen: Vec<&LdpSession> = sessions
        .iter()
        .filter(|session| peer.is_none_or(|peer| session.peer_lsr_id == peer))
        .collect();
    if peer.is_some() && chosen.is_empty() {
        return Err(Unanswered::Refused("The LDP session does not exist.".into()));
    }
    let own = lsr_id(asked).unwrap_or(Ipv4Addr::UNSPECIFIED);
    let blocks: Vec<String> = chosen.iter().map(|session| block(asked, session, own)).collect();
    Ok(format!(
        "\n                    LDP Session(s) in Public Network\n{RULE}{}",
        blocks.concat()
    ))
}

fn block(asked: Asked<'_>, session: &LdpSession, own: Ipv4Addr) -> String {
    let pair = |a: &str, av: &str, b: &str, bv: &str| format!(" {a:<24}: {av:<16} {b:<16}: {bv}\n");
    let single = |a: &str, av: &str| format!(" {a:<31}: {av}\n");
    let (state, role) = (
        if session.operational {
            "Operational"
        } else {
            "NonExistent"
        },
        if session.active { "Active" } else { "Passive" },
    );
    let mut text = pair(
        "Peer LDP ID",
        &format!("{}:0", session.peer_lsr_id),
        "Local LDP ID",
        &format!("{own}:0"),
    );
    let md5 = if session.authenticated { "On" } else { "Off" };
    let arrow = if session.active { "->" } else { "<-" };
    text += &single(
        "TCP Connection",
        &format!("{} {arrow} {}", session.transport, session.peer_transport),
    );
    text += &pair("Session State", state, "Session Role", role);
    text += &pair("Session FT Flag", "Off", "MD5 Flag", md5);
    text += &pair("Reconnect Timer", "---", "Recovery Timer", "---");
    text += &single("Keychain Name", "---");
    text += "\n";
    let times = asked.times.ldp.get(&session.peer);
    let hold = times.map_or(asked.times.ldp_defaults.keepalive_hold, |times| times.keepalive_hold);
    text += &single("Negotiated Keepalive Hold Timer", &format!("{} Sec", hold.as_secs()));
    let configured = asked.ldp_settings();
    let send = configured.and_then(|own| keepalive_send(&own, session));
    let send = send.map_or_else(|| "---".to_owned(), |seconds| format!("{seconds} Sec"));
    text += &single("Configured Keepalive Send Timer", &send);
    let times = times.filter(|_| session.operational);
    let (sent, received) = times.map_or((0, 0), |times| (times.sent, times.received));
    text += &single(
        "Keepalive Message Sent/Rcvd",
        &format!("{sent}/{received} (Message Count)"),
    );
    text += &single("Label Advertisement Mode", "Downstream Unsolicited");
    text += &single("Label Resource Status(Peer/Local)", "Available/Available");
    let age = times.map(|times| asked.times.age(times.since)).unwrap_or_default();
    text += &single("Session Age", &format!("{} (DDDD:HH:MM)", age::to_the_minute(age)));
    if session.operational {
        let addresses = addresses(asked, session.peer);
        text += &format!("\n Addresses received from peer: (Count: {})\n", addresses.len());
        for row in addresses.chunks(4) {
            let row: Vec<String> = row
                .iter()
                .map(|address| format!("{:<16}", address.to_string()))
                .collect();
            text += &format!(" {}\n", row.concat().trim_end());
        }
    }
    text + RULE
}

/// The configured interval of KeepAlives.
fn keepalive_send(own: &LdpSettings, session: &LdpSession) -> Option<u16> {
    let mut timers = session.adjacencies.iter().map(|adjacency| match adjacency {
        LdpAdjacency::Link(name) => own.link_terms(name).timers,
        LdpAdjacency::Remote(_) => {
            let remote = own.remote_peer(session.peer_lsr_id);
            remote.map(|remote| remote.timers).unwrap_or_default()
        }
    });
    timers.next()?.keepalive_send
}

/// The addresses that a peer tells of: those of its public interfaces that are up.
fn addresses(asked: Asked<'_>, peer: usize) -> Vec<Ipv4Addr> {
    let interfaces = asked.at(peer).interfaces().iter();
    let mut addresses: Vec<Ipv4Addr> = interfaces
        .filter(|interface| interface.vrf == Vrf::Public)
        .filter_map(crate::network::Interface::up_address)
        .collect();
    addresses.sort_unstable();
    addresses
}
