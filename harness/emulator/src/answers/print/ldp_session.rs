//! `display mpls ldp session`.

use super::{Asked, Unanswered, age};

const RULE: &str = " ------------------------------------------------------------------------------\n";

/// The sessions of the public network.
pub fn print(asked: Asked<'_>) -> Result<String, Unanswered> {
    let sessions = asked.state.ldp.get(asked.device).ok_or(Unanswered::NotComputed)?;
    let mut text = format!(
        "\n               LDP Session(s) in Public Network\n \
         Codes: LAM(Label Advertisement Mode), SsnAge Unit(DDDD:HH:MM)\n \
         An asterisk (*) before a session means the session is being deleted.\n\n{RULE} \
         PeerID             Status      LAM  SsnRole  SsnAge      KASent/Rcv\n{RULE}"
    );
    for session in sessions.iter() {
        let times = asked.times.ldp.get(&session.peer).filter(|_| session.operational);
        let (status, mode) = if session.operational {
            ("Operational", "DU")
        } else {
            ("NonExistent", "")
        };
        let age = times.map(|times| age::to_the_minute(asked.times.age(times.since)));
        let age = age.unwrap_or_default();
        let counters = times.map(|times| format!("{}/{}", times.sent, times.received));
        let counters = counters.unwrap_or_default();
        let role = if session.active { "Active" } else { "Passive" };
        let row = format!(
            " {:<18} {status:<11} {mode:<4} {role:<8} {age:<11} {counters}",
            format!("{}:0", session.peer_lsr_id)
        );
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text.push_str(&format!("{RULE} TOTAL: {} Session(s) Found.\n", sessions.len()));
    Ok(text)
}
