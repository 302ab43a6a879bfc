//! A BGP peer in full: `display bgp peer X verbose`.

use super::bgp_peer::state_name;
use super::{Asked, age};
use crate::network::{BgpCount, BgpSession, BgpSpeaker, SessionState, Timers, Vrf};

/// Peers in full.
pub fn print(asked: Asked<'_>, speaker: &BgpSpeaker, peers: &[&BgpSession]) -> String {
    peers.iter().map(|peer| block(asked, speaker, peer)).collect()
}

fn block(asked: Asked<'_>, speaker: &BgpSpeaker, peer: &BgpSession) -> String {
    let settings = &peer.settings;
    let is_up = peer.state == SessionState::Established;
    let remote_router_id = peer
        .far
        .and_then(|(device, _)| asked.state.bgp.get(device)?.as_ref())
        .filter(|_| is_up)
        .map_or_else(|| "0.0.0.0".to_owned(), |speaker| speaker.router_id.to_string());
    let kind = if settings.remote_as == speaker.as_number {
        "IBGP"
    } else {
        "EBGP"
    };
    let mut text = format!(
        "\n         BGP Peer is {},  remote AS {}\n         Type: {kind} link\n         \
         BGP version 4, Remote router ID {remote_router_id}\n",
        settings.address, settings.remote_as
    );
    if let Vrf::Instance(name) = &settings.vrf {
        text = format!("\n         VPN-Instance {name}, Router ID {}:{text}", speaker.router_id);
    }
    let times = asked.times.bgp(&settings.vrf, settings.address);
    let mut line = |line: String| text += &format!("         {line}\n");
    line(format!(
        "BGP current state: {}{}",
        state_name(peer.state),
        if is_up {
            format!(", Up for {}", age::with_letters(asked.times.age(times.since)))
        } else {
            String::new()
        }
    ));
    line(format!("BGP Peer Up count: {}", times.ups));
    line(format!(
        "Received total routes: {}",
        peer.received_unicast + peer.received_vpnv4
    ));
    timers(asked, peer).into_iter().for_each(&mut line);
    if is_up {
        line(format!("Local address: {}", peer.local));
        let families = [
            ("IPv4 Unicast", settings.unicast.is_some()),
            ("VPNv4", settings.vpnv4.is_some()),
        ];
        for (family, _) in families.iter().filter(|(_, is_on)| *is_on) {
            line(format!("Address family {family}: advertised and received"));
        }
    }
    let counts = [("Received:", times.received), ("Sent:", times.sent)];
    counts.into_iter().flat_map(counted).for_each(&mut line);
    if let Some(name) = &settings.connect_interface {
        line(format!("Connect-interface has been configured: {name}"));
    }
    if settings.bfd.is_some() {
        line("Peer's BFD has been enabled".into());
    }
    if settings.hops > 1 {
        line("Multi-hop ebgp has been enabled".into());
    }
    let next_hop_local = [&settings.unicast, &settings.vpnv4]
        .into_iter()
        .flatten()
        .any(|terms| terms.next_hop_local);
    if next_hop_local {
        line("Nexthop self has been configured".into());
    }
    text
}

/// The messages of one direction.
fn counted((what, count): (&str, BgpCount)) -> [String; 6] {
    let row = |head: &str, kind: &str, number: u64| format!("{head:<9} {kind:<30} {number}");
    [
        row(what, "Total messages", count.total()),
        row("", "Update messages", count.update),
        row("", "Open messages", count.open),
        row("", "KeepAlive messages", count.keepalive),
        row("", "Notification messages", 0),
        row("", "Refresh messages", 0),
    ]
}

/// Keepalive and hold time: configured, and what both ends agreed on while the session is up.
fn timers(asked: Asked<'_>, peer: &BgpSession) -> Vec<String> {
    let default = asked.state.bgp_timers;
    let own = peer.settings.timers.unwrap_or(default);
    let shown = |what: &str, timers: Timers| {
        format!(
            "{what}: Active Hold Time: {} sec   Keepalive Time:{} sec",
            timers.hold.as_secs(),
            timers.keepalive.as_secs()
        )
    };
    let mut lines = vec![shown("Configured", own)];
    let there = peer.far.and_then(|(device, number)| {
        let speaker = asked.state.bgp.get(device)?.as_ref()?;
        Some(speaker.settings.peers.get(number)?.timers.unwrap_or(default))
    });
    if let Some(theirs) = there.filter(|_| peer.state == SessionState::Established) {
        lines.push(format!("Received  : Active Hold Time: {} sec", theirs.hold.as_secs()));
        lines.push(shown("Negotiated", own.negotiated(theirs.hold)));
    }
    lines
}
