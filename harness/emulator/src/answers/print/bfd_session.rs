//! `display bfd session all`, brief and verbose.

use super::{Asked, Unanswered};
use crate::network::{BfdSession, BfdState};

const LEGEND: &str = "(w): State in WTR\n(*): State is invalid\n";
const RULE: &str = "--------------------------------------------------------------------------------\n";

/// One line a session.
pub fn brief(asked: Asked<'_>) -> Result<String, Unanswered> {
    let sessions = asked.state.bfd.get(asked.device).ok_or(Unanswered::NotComputed)?;
    let mut text =
        format!("{LEGEND}{RULE}Local      Remote     PeerIpAddr      State     Type        InterfaceName\n{RULE}");
    for session in sessions {
        text.push_str(&format!(
            "{:<10} {:<10} {:<15} {:<9} {:<11} {}\n",
            session.local_discriminator,
            session.remote_discriminator,
            session.peer.to_string(),
            state(session),
            if session.auto { "S_AUTO_IF" } else { "S_IP_IF" },
            session.interface
        ));
    }
    text.push_str(RULE);
    Ok(text + &footer(sessions))
}

/// A block a session.
pub fn verbose(asked: Asked<'_>) -> Result<String, Unanswered> {
    let sessions = asked.state.bfd.get(asked.device).ok_or(Unanswered::NotComputed)?;
    let blocks: String = sessions.iter().map(block).collect();
    Ok(format!("{LEGEND}{blocks}{}", footer(sessions)))
}

fn footer(sessions: &[BfdSession]) -> String {
    let up = sessions.iter().filter(|session| session.state == BfdState::Up).count();
    format!("\n     Total UP/DOWN Session Number : {up}/{}\n", sessions.len() - up)
}

fn state(session: &BfdSession) -> &'static str {
    match session.state {
        BfdState::Up => "Up",
        BfdState::Down => "Down",
        BfdState::AdminDown => "AdminDown",
    }
}

fn block(session: &BfdSession) -> String {
    let pair = |a: &str, av: &str, b: &str, bv: &str| format!("  {a:<23}: {av:<17}{b:<23}: {bv}\n");
    let single = |a: &str, av: &str| format!("  {a:<23}: {av}\n");
    let number = |value: Option<u32>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let agreed = session.negotiated;
    let title = format!("(One Hop) State : {}", state(session));
    let mut text = format!("{RULE}  {title:<42}Name : {}\n{RULE}", session.name);
    text += &pair(
        "Local Discriminator",
        &session.local_discriminator.to_string(),
        "Remote Discriminator",
        &session.remote_discriminator.to_string(),
    );
    text += &single("Session Detect Mode", "Asynchronous Mode Without Echo Function");
    text += &single("BFD Bind Type", &format!("Interface({})", session.interface));
    text += &single("Bind Session Type", if session.auto { "Static_Auto" } else { "Static" });
    text += &single("Bind Peer IP Address", &session.peer.to_string());
    text += &single("Bind Interface", &session.interface.to_string());
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
    text += &pair("Destination Port", "3784", "TTL", "255");
    text += &pair("Proc Interface Status", "Disable", "Process PST", "Disable");
    text += &pair("WTR Interval (ms)", "-", "Config PST", "Enable");
    text += &single("Active Multi", &session.multiplier.to_string());
    let diagnostic = if session.peer_is_shut_down {
        "Neighbor Signaled Session Down"
    } else {
        "No Diagnostic"
    };
    text += &single("Last Local Diagnostic", diagnostic);
    text += &single(
        "Bind Application",
        if session.auto { "AUTO" } else { "No Application Bind" },
    );
    text += &pair("Session TX TmrID", "-", "Session Detect TmrID", "-");
    text += &pair("Session Init TmrID", "-", "Session WTR TmrID", "-");
    text += &single("Session Echo Tx TmrID", "-");
    text += &single("Session Description", session.description.as_deref().unwrap_or("-"));
    text += &single("Track Group Name", "-");
    text + RULE
}
