//! What LDP is configured with: `display mpls ldp interface` with a name or `verbose`, `display mpls ldp remote-peer`.

use std::time::Duration;

use super::ldp_discovery::{speaking, transport};
use super::{Asked, Unanswered};
use crate::interface_name::InterfaceName;
use crate::network::{Interface, LdpAdjacency, LdpTimers, agreed_hold};

const RULE: &str = " ------------------------------------------------------------------------------\n";

/// The interfaces with LDP in full, or one of them.
pub fn interfaces(asked: Asked<'_>, name: Option<&str>) -> Result<String, Unanswered> {
    let wanted = name.and_then(InterfaceName::parse);
    let Some(own) = asked.ldp_settings() else {
        return Ok(String::new());
    };
    let mut text = format!("\n LDP Interface Information in Public Network\n{RULE}");
    let mut count = 0;
    for interface in speaking(asked) {
        if wanted.as_ref().is_some_and(|wanted| *wanted != interface.name) {
            continue;
        }
        count += 1;
        let timers = own.link_terms(&interface.name).timers;
        text += &format!(" Interface Name : {}\n", interface.name);
        text += &format!(
            " LDP ID         : {:<25} Transport Address : {}\n",
            format!("{}:0", own.lsr_id),
            transport(asked, &own, interface)
        );
        let status = if interface.protocol { "Active" } else { "Inactive" };
        text += &format!(
            " Entity Status  : {status:<25} Interface Address : {}\n\n",
            address(interface)
        );
        let adjacency = LdpAdjacency::Link(interface.name.clone());
        text += &times(asked, &timers, their_timers(asked, interface), &adjacency);
        text += RULE;
    }
    if count == 0 && wanted.is_some() {
        return Err(Unanswered::Refused("The LDP interface does not exist.".into()));
    }
    Ok(text)
}

/// The remote peers, or one of them.
pub fn remote_peers(asked: Asked<'_>, name: Option<&str>) -> Result<String, Unanswered> {
    let Some(own) = asked.ldp_settings() else {
        return Ok(String::new());
    };
    let chosen: Vec<_> = own
        .remote_peers
        .iter()
        .filter(|remote| name.is_none_or(|name| remote.name == name))
        .collect();
    if chosen.is_empty() && name.is_some() {
        return Err(Unanswered::Refused("The remote peer does not exist.".into()));
    }
    let mut text = format!("\n                         LDP Remote Entity Information\n{RULE}");
    for remote in &chosen {
        let theirs = asked.running.iter().enumerate().find_map(|(device, _)| {
            let theirs = asked
                .at(device)
                .ldp_settings()
                .filter(|theirs| theirs.lsr_id == remote.address)?;
            Some(theirs.remote_peer(own.lsr_id)?.timers)
        });
        text += &format!(" Remote Peer Name  : {}\n", remote.name);
        text += &format!(
            " Description       : {}\n",
            remote.description.as_deref().unwrap_or("----")
        );
        text += &format!(
            " Remote Peer IP    : {:<22} LDP ID        : {}:0\n",
            remote.address.to_string(),
            own.lsr_id
        );
        text += &format!(
            " Transport Address : {:<22} Entity Status : Active\n\n",
            own.lsr_id.to_string()
        );
        let adjacency = LdpAdjacency::Remote(remote.name.clone());
        text += &times(asked, &remote.timers, theirs, &adjacency);
        text += " Label Advertisement Mode           : Downstream Unsolicited\n";
        text += RULE;
    }
    Ok(text + &format!(" TOTAL: {} Peer(s) Found.\n", chosen.len()))
}

fn address(interface: &Interface) -> String {
    let address = interface.up_address();
    address.map_or_else(|| "---".to_owned(), |address| address.to_string())
}

fn their_timers(asked: Asked<'_>, interface: &Interface) -> Option<LdpTimers> {
    let (device, there) = asked.far_end(interface)?;
    Some(asked.at(device).ldp_settings()?.link_terms(&there.name).timers).filter(|_| there.ldp)
}

/// Timers as they are configured and agreed on.
fn times(asked: Asked<'_>, own: &LdpTimers, theirs: Option<LdpTimers>, adjacency: &LdpAdjacency) -> String {
    let defaults = &asked.times.ldp_defaults;
    let targeted = matches!(adjacency, LdpAdjacency::Remote(_));
    let hold = |timers: &LdpTimers| defaults.hello_hold(timers, targeted);
    let negotiated = theirs.map_or(hold(own), |theirs| agreed_hold(hold(own), hold(&theirs)));
    let line = |name: &str, value: String| format!(" {name:<35}: {value}\n");
    let seconds = |time: Duration| format!("{} Sec", time.as_secs());
    let for_ever = |time: Option<Duration>| time.map_or_else(|| "Infinite".to_owned(), seconds);
    let configured = |time: Option<u16>| time.map_or_else(|| "---".to_owned(), |time| format!("{time} Sec"));
    let hellos = asked.times.hellos.get(adjacency).copied().unwrap_or_default();
    line("Configured Hello Hold Timer", for_ever(hold(own)))
        + &line("Negotiated Hello Hold Timer", for_ever(negotiated))
        + &line("Configured Hello Send Timer", configured(own.hello_send))
        + &line("Configured Keepalive Hold Timer", seconds(defaults.keepalive_hold(own)))
        + &line("Configured Keepalive Send Timer", configured(own.keepalive_send))
        + &line(
            "Hello Message Sent/Rcvd",
            format!("{}/{} (Message Count)", hellos.sent, hellos.received),
        )
}
