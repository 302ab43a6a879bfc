//! `display bfd session`, brief and verbose.

use std::net::Ipv4Addr;

use super::{Asked, Unanswered, instance};
use crate::network::{BfdSession, BfdState, MULTIHOP_PORT, Vrf};

const LEGEND: &str = "(w): State in WTR\n(*): State is invalid\n";
const RULE: &str = "--------------------------------------------------------------------------------\n";

/// The sessions asked for: all, by kind, by discriminator, by peer, by name.
pub fn print(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let (rest, verbose) = match rest {
        // A name may be any word.
        ["session-name", _] | ["peer-ip", _, "vpn-instance", _] => (rest, false),
        [rest @ .., "verbose"] => (rest, true),
        rest => (rest, false),
    };
    let chosen = selected(asked, rest)?;
    Ok(if verbose {
        let blocks: String = chosen.iter().map(|session| block(asked, session)).collect();
        format!("{LEGEND}{blocks}{}", footer(&chosen))
    } else {
        brief(&chosen)
    })
}

/// The sessions that these words mean.
pub fn selected<'a>(asked: Asked<'a>, rest: &[&str]) -> Result<Vec<&'a BfdSession>, Unanswered> {
    let sessions = asked.state.bfd.get(asked.device).ok_or(Unanswered::NotComputed)?;
    let wanted: Box<dyn Fn(&BfdSession) -> bool> = match rest {
        ["all"] => Box::new(|_| true),
        // A session with negotiated discriminators is a static one whose line says `auto`, or one of a BGP peer.
        ["static"] => Box::new(|session| !session.auto),
        ["static-auto"] => Box::new(|session| session.auto && !session.dynamic),
        ["dynamic"] => Box::new(|session| session.dynamic),
        ["discriminator", number] => {
            let number: u32 = number.parse().map_err(|_| Unanswered::NotComputed)?;
            Box::new(move |session| session.local_discriminator == number)
        }
        ["session-name", name] => {
            let name = (*name).to_owned();
            Box::new(move |session| session.name == name)
        }
        ["peer-ip", peer, rest @ ..] => {
            let peer: Ipv4Addr = peer.parse().map_err(|_| Unanswered::NotComputed)?;
            let vrf = match rest {
                [] => Vrf::Public,
                ["vpn-instance", vpn] => instance(asked, Some(vpn))?,
                _ => return Err(Unanswered::NotComputed),
            };
            Box::new(move |session| {
                let vpn = session.vpn_instance.as_deref();
                session.peer == peer
                    && match &vrf {
                        Vrf::Public | Vrf::Labels => vpn.is_none(),
                        Vrf::Instance(name) => vpn == Some(name),
                    }
            })
        }
        _ => return Err(Unanswered::NotComputed),
    };
    Ok(sessions.iter().filter(|session| wanted(session)).collect())
}

/// One line a session.
fn brief(sessions: &[&BfdSession]) -> String {
    let mut text =
        format!("{LEGEND}{RULE}Local      Remote     PeerIpAddr      State     Type        InterfaceName\n{RULE}");
    for session in sessions {
        text.push_str(&format!(
            "{:<10} {:<10} {:<15} {:<9} {:<11} {}\n",
            session.local_discriminator,
            session.remote_discriminator,
            session.peer.to_string(),
            state(session),
            match (session.dynamic, session.auto, &session.interface) {
                (true, ..) => "D_IP_IF",
                (false, true, Some(_)) => "S_AUTO_IF",
                (false, false, Some(_)) => "S_IP_IF",
                (false, true, None) => "S_AUTO_PEER",
                (false, false, None) => "S_IP_PEER",
            },
            session
                .interface
                .as_ref()
                .map_or_else(|| "-".to_owned(), ToString::to_string)
        ));
    }
    text.push_str(RULE);
    text + &footer(sessions)
}

fn footer(sessions: &[&BfdSession]) -> String {
    let up = sessions.iter().filter(|session| session.state == BfdState::Up).count();
    format!("\n     Total UP/DOWN Session Number : {up}/{}\n", sessions.len() - up)
}

/// How the state of a session is called.
pub fn state(session: &BfdSession) -> &'static str {
    match session.state {
        BfdState::Up if session.waits_to_restore => "Up(w)",
        BfdState::Up => "Up",
        BfdState::Init => "Init",
        BfdState::Down => "Down",
        BfdState::AdminDown => "AdminDown",
    }
}

/// Why the session was not up last, in the words of RFC 5880 §4.1.
fn diagnostic(asked: Asked<'_>, session: &BfdSession) -> &'static str {
    match asked.times.bfd.get(&session.name).map_or(0, |record| record.diagnostic) {
        // A peer that is shut down from the beginning has told so before.
        0 if session.peer_is_shut_down => "Neighbor Signaled Session Down",
        0 => "No Diagnostic",
        1 => "Control Detection Time Expired",
        2 => "Echo Function Failed",
        3 => "Neighbor Signaled Session Down",
        4 => "Forwarding Plane Reset",
        5 => "Path Down",
        6 => "Concatenated Path Down",
        7 => "Administratively Down",
        _ => "Reverse Concatenated Path Down",
    }
}

fn block(asked: Asked<'_>, session: &BfdSession) -> String {
    let pair = |a: &str, av: &str, b: &str, bv: &str| format!("  {a:<23}: {av:<17}{b:<23}: {bv}\n");
    let single = |a: &str, av: &str| format!("  {a:<23}: {av}\n");
    let number = |value: Option<u32>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let agreed = session.negotiated;
    let hops = if session.interface.is_some() { "One" } else { "Multi" };
    let title = format!("({hops} Hop) State : {}", state(session));
    let mut text = format!("{RULE}  {title:<42}Name : {}\n{RULE}", session.name);
    text += &pair(
        "Local Discriminator",
        &session.local_discriminator.to_string(),
        "Remote Discriminator",
        &session.remote_discriminator.to_string(),
    );
    text += &single("Session Detect Mode", "Asynchronous Mode Without Echo Function");
    let bind = session.interface.as_ref().map(|name| format!("Interface({name})"));
    text += &single("BFD Bind Type", bind.as_deref().unwrap_or("Peer IP Address"));
    let (kind, application) = match (session.dynamic, session.auto) {
        (true, _) => ("Dynamic", "BGP"),
        (false, true) => ("Static_Auto", "AUTO"),
        (false, false) => ("Static", "No Application Bind"),
    };
    text += &single("Bind Session Type", kind);
    text += &single("Bind Peer IP Address", &session.peer.to_string());
    let bound = session
        .interface
        .as_ref()
        .map_or_else(|| "-".to_owned(), ToString::to_string);
    text += &single("Bind Interface", &bound);
    if let Some(vpn) = &session.vpn_instance {
        text += &single("Vpn Instance Name", vpn);
    }
    if let Some(source) = session.source {
        text += &single("Bind Source IP Address", &source.to_string());
    }
    text += &pair("FSM Board Id", "3", "TOS-EXP", "6");
    text += &pair(
        "Min Tx Interval (ms)",
        &session.min_tx.to_string(),
        "Min Rx Interval (ms)",
        &session.min_rx.to_string(),
    );
    text += &pair(
        "Actual Tx Interval (ms)",
        &number(agreed.map(|agreed| agreed.tx)),
        "Actual Rx Interval (ms)",
        &number(agreed.map(|agreed| agreed.rx)),
    );
    text += &pair(
        "Local Detect Multi",
        &session.multiplier.to_string(),
        "Detect Interval (ms)",
        &number(agreed.map(|agreed| agreed.detection)),
    );
    text += &pair("Echo Passive", "Disable", "Acl Number", "-");
    let port = if session.interface.is_some() {
        3784
    } else {
        MULTIHOP_PORT
    };
    text += &pair("Destination Port", &port.to_string(), "TTL", "255");
    text += &pair("Proc Interface Status", "Disable", "Process PST", "Disable");
    let wtr = (session.wtr > 0).then(|| session.wtr.saturating_mul(60_000));
    text += &pair("WTR Interval (ms)", &number(wtr), "Config PST", "Enable");
    text += &single("Active Multi", &session.multiplier.to_string());
    text += &single("Last Local Diagnostic", diagnostic(asked, session));
    text += &single("Bind Application", application);
    text += &pair("Session TX TmrID", "-", "Session Detect TmrID", "-");
    text += &pair("Session Init TmrID", "-", "Session WTR TmrID", "-");
    text += &single("Session Echo Tx TmrID", "-");
    text += &single("Session Description", session.description.as_deref().unwrap_or("-"));
    text += &single("Track Group Name", "-");
    text + RULE
}
