//! `display bgp peer` and `display bgp vpnv4 … peer`.

use std::net::Ipv4Addr;

use super::{Asked, Unanswered, age, bgp_peer_verbose, instance};
use crate::network::{BgpSession, BgpSpeaker, SessionState, Vrf};

const HEADER: &str = "  Peer            V          AS  MsgRcvd  MsgSent  OutQ  Up/Down       State  PrefRcv\n";

/// The peers of the public IPv4 unicast family: all, or one.
pub fn public(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let speaker = speaker(asked)?;
    let peers = chosen(speaker, |session| {
        session.settings.vrf == Vrf::Public && session.settings.unicast.is_some()
    });
    let (peers, verbose) = narrowed(peers, rest)?;
    Ok(of_unicast(asked, speaker, &peers, verbose, ""))
}

/// The peers of the VPNv4 family, and those of all VPN instances.
pub fn vpnv4_all(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let speaker = speaker(asked)?;
    let all = chosen(speaker, |session| {
        session.settings.vpnv4.is_some() || session.settings.vrf != Vrf::Public
    });
    let (all, verbose) = narrowed(all, rest)?;
    if verbose {
        return Ok(bgp_peer_verbose::print(asked, speaker, &all));
    }
    let mut text = totals(speaker, &all);
    text.push_str(HEADER);
    let (vpnv4, in_instances): (Vec<&BgpSession>, Vec<&BgpSession>) =
        all.into_iter().partition(|session| session.settings.vrf == Vrf::Public);
    text.extend(vpnv4.iter().map(|session| row(asked, session, session.received_vpnv4)));
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
        text.push_str(&row(asked, session, session.received_unicast));
    }
    Ok(text)
}

/// The peers of one VPN instance.
pub fn of_instance(asked: Asked<'_>, name: &str, rest: &[&str]) -> Result<String, Unanswered> {
    let vrf = instance(asked, Some(name))?;
    let speaker = speaker(asked)?;
    let (peers, verbose) = narrowed(chosen(speaker, |session| session.settings.vrf == vrf), rest)?;
    let title = format!("  VPN-Instance {name}, Router ID {}:\n", speaker.router_id);
    Ok(of_unicast(asked, speaker, &peers, verbose, &title))
}

/// Peers of unicast routes in full, or as a table with a title.
fn of_unicast(asked: Asked<'_>, speaker: &BgpSpeaker, peers: &[&BgpSession], verbose: bool, title: &str) -> String {
    if verbose {
        return bgp_peer_verbose::print(asked, speaker, peers);
    }
    let rows = peers
        .iter()
        .map(|session| row(asked, session, session.received_unicast));
    totals(speaker, peers) + title + HEADER + &rows.collect::<String>()
}

/// The peers left by `[ADDRESS] [verbose]`, and whether they are wanted in full.
fn narrowed<'a>(peers: Vec<&'a BgpSession>, rest: &[&str]) -> Result<(Vec<&'a BgpSession>, bool), Unanswered> {
    let (rest, verbose) = match rest {
        [rest @ .., "verbose"] => (rest, true),
        rest => (rest, false),
    };
    match *rest {
        [] => Ok((peers, verbose)),
        [address] => {
            let address: Ipv4Addr = address.parse().map_err(|_| Unanswered::NotComputed)?;
            let left: Vec<&BgpSession> = peers
                .into_iter()
                .filter(|peer| peer.settings.address == address)
                .collect();
            if left.is_empty() {
                return Err(Unanswered::Refused("The peer does not exist.".into()));
            }
            Ok((left, verbose))
        }
        _ => Err(Unanswered::NotComputed),
    }
}

/// BGP of the device that is asked.
pub fn speaker(asked: Asked<'_>) -> Result<&BgpSpeaker, Unanswered> {
    let speaker = asked.state.bgp.get(asked.device).ok_or(Unanswered::NotComputed)?;
    speaker
        .as_deref()
        .ok_or_else(|| Unanswered::Refused("The BGP process does not run on this device.".into()))
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

/// How the state of a session is called.
pub fn state_name(state: SessionState) -> &'static str {
    match state {
        SessionState::IdleAdmin => "Idle(Admin)",
        SessionState::Idle => "Idle",
        SessionState::Active => "Active",
        SessionState::Established => "Established",
    }
}

fn row(asked: Asked<'_>, session: &BgpSession, received: usize) -> String {
    let state = state_name(session.state);
    let times = asked.times.bgp(&session.settings.vrf, session.settings.address);
    format!(
        "  {:<15} 4  {:>10}  {:>7}  {:>7}  {:>4} {} {state:>11} {received:>8}\n",
        session.settings.address.to_string(),
        session.settings.remote_as,
        times.received.total(),
        times.sent.total(),
        0,
        age::in_column(asked.times.age(times.since)),
    )
}
