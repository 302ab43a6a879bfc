//! `display bgp peer` and `display bgp vpnv4 all peer`.

use super::{Asked, Unanswered};
use crate::network::{BgpSession, BgpSpeaker, SessionState, Vrf};

const HEADER: &str = "  Peer            V          AS  MsgRcvd  MsgSent  OutQ  Up/Down       State  PrefRcv\n";

/// The peers of the public IPv4 unicast family.
pub fn public(asked: Asked<'_>) -> Result<String, Unanswered> {
    let Some(speaker) = speaker(asked)? else {
        return Ok(String::new());
    };
    let peers = chosen(speaker, |session| {
        session.settings.vrf == Vrf::Public && session.settings.unicast
    });
    let mut text = totals(speaker, &peers);
    text.push_str(HEADER);
    text.extend(peers.iter().map(|session| row(session, session.received_unicast)));
    Ok(text)
}

/// The peers of the VPNv4 family, and those of all VPN instances.
pub fn vpnv4_all(asked: Asked<'_>) -> Result<String, Unanswered> {
    let Some(speaker) = speaker(asked)? else {
        return Ok(String::new());
    };
    let all = chosen(speaker, |session| {
        session.settings.vpnv4 || session.settings.vrf != Vrf::Public
    });
    let mut text = totals(speaker, &all);
    text.push_str(HEADER);
    let (vpnv4, in_instances): (Vec<&BgpSession>, Vec<&BgpSession>) =
        all.into_iter().partition(|session| session.settings.vrf == Vrf::Public);
    text.extend(vpnv4.iter().map(|session| row(session, session.received_vpnv4)));
    if !in_instances.is_empty() {
        text.push_str("\n  Peer of IPv4-family for vpn instance :\n");
    }
    let mut last = None;
    for session in in_instances {
        if let Vrf::Instance(name) = &session.settings.vrf {
            if last != Some(name) {
                text.push_str(&format!("\n  VPN-Instance {name}, Router ID {}:\n", speaker.router_id));
            }
            last = Some(name);
        }
        text.push_str(&row(session, session.received_unicast));
    }
    Ok(text)
}

fn speaker(asked: Asked<'_>) -> Result<Option<&BgpSpeaker>, Unanswered> {
    let speaker = asked.state.bgp.get(asked.device).ok_or(Unanswered::NotComputed)?;
    match speaker {
        Some(speaker) => Ok(Some(speaker)),
        None => Err(Unanswered::Refused(
            "The BGP process does not run on this device.".into(),
        )),
    }
}

fn chosen(speaker: &BgpSpeaker, wanted: impl Fn(&BgpSession) -> bool) -> Vec<&BgpSession> {
    let mut peers: Vec<&BgpSession> = speaker.sessions.iter().filter(|session| wanted(session)).collect();
    peers.sort_by_key(|session| (&session.settings.vrf, session.settings.address));
    peers
}

fn totals(speaker: &BgpSpeaker, peers: &[&BgpSession]) -> String {
    let established = peers
        .iter()
        .filter(|peer| peer.state == SessionState::Established)
        .count();
    format!(
        "\n BGP local router ID : {}\n Local AS number : {}\n \
         Total number of peers : {:<17} Peers in established state : {established}\n\n",
        speaker.router_id,
        speaker.as_number,
        peers.len(),
    )
}

/// Counters and times are zero: the lab keeps no time.
fn row(session: &BgpSession, received: usize) -> String {
    let state = match session.state {
        SessionState::IdleAdmin => "Idle(Admin)",
        SessionState::Idle => "Idle",
        SessionState::Active => "Active",
        SessionState::Established => "Established",
    };
    format!(
        "  {:<15} 4  {:>10}  {:>7}  {:>7}  {:>4} 00:00:00 {state:>11} {received:>8}\n",
        session.settings.address.to_string(),
        session.settings.remote_as,
        0,
        0,
        0
    )
}
