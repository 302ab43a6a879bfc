//! `display mpls ldp session`: one line a session, a section for each routing table.

use super::command::Request;
use super::lines::{Account, Line, count, open};
use crate::rows::{LabelAdvertisementMode, LdpRole, LdpSession, LdpState};
use crate::table::{AnyTable, LineSpan, Parsed, Rows};
use crate::value::Vrf;

/// A section: the sessions of one routing table, closed by the device's count of them.
struct Section {
    vrf: Vrf,
    title: u32,
    sessions: u64,
    counted: bool,
}

pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let mut sessions = Rows::default();
    let mut section: Option<Section> = None;
    let mut header = false;
    for line in lines {
        if let Some(place) = line.after("LDP Session(s) in") {
            close(section.take(), &mut account);
            let vrf = vrf_of(place);
            check_vrf(request, &vrf, line, &mut account);
            section = Some(Section {
                vrf,
                title: line.number,
                sessions: 0,
                counted: false,
            });
        } else if line.after("PeerID Status").is_some() || line.after("Peer-ID Status").is_some() {
            header = true;
        } else if let Some(total) = line.after("TOTAL:").filter(|total| is_total(total)) {
            let found = section
                .as_ref()
                .map_or(sessions.rows().len() as u64, |section| section.sessions);
            match count(total) {
                Some(said) => account.expect_count(line.number, "LDP sessions", said, found),
                None => account.unexplained(line),
            }
            header = true;
            if let Some(section) = &mut section {
                section.counted = true;
            }
        } else if let Some(mut session) = row(line, &mut account) {
            let vrf = section.as_ref().map_or(&request.vrf, |section| &section.vrf);
            session.vrf.clone_from(vrf);
            if let Some(section) = &mut section {
                section.sessions += 1;
            }
            sessions.push(session, LineSpan::line(line.number));
        } else if !is_legend(line) {
            account.unexplained(line);
        }
    }
    if !request.filtered {
        match &section {
            Some(_) if header => close(section, &mut account),
            _ => account.no_header(request),
        }
    } else if sessions.rows().is_empty() {
        account.no_header(request);
    }
    account.finish(AnyTable::LdpSessions(sessions))
}

/// Every section ends in the device's count; one without it was cut.
fn close(section: Option<Section>, account: &mut Account) {
    if let Some(section) = section.filter(|section| !section.counted) {
        account.error(
            section.title,
            "the section's count (`TOTAL: … session(s) Found`) is missing; the answer was cut".to_owned(),
        );
    }
}

fn check_vrf(request: &Request, vrf: &Vrf, line: Line<'_>, account: &mut Account) {
    if !request.has("all") && *vrf != request.vrf {
        account.error(
            line.number,
            format!("the answer is about {vrf}, the question was about {}", request.vrf),
        );
    }
}

/// `Public Network`, `VPN Instance: vpna`, `Vpn-instance : vpna`.
fn vrf_of(place: &str) -> Vrf {
    if place.to_ascii_lowercase().starts_with("public") {
        return Vrf::public();
    }
    Vrf::named(place.rsplit([':', ' ']).next().unwrap_or(place))
}

fn is_total(total: &str) -> bool {
    total.to_ascii_lowercase().contains("session(s) found")
}

fn is_legend(line: Line<'_>) -> bool {
    let text = line.trimmed();
    // The rule may stand on the same line as the legend before it.
    let text = text.trim_end_matches('-').trim_end();
    let legend = ["Codes:", "LAM :", "LAM:", "SsnAge Unit"];
    line.is_rule()
        || legend.iter().any(|start| text.starts_with(start))
        || text.ends_with("before a session means the session is being deleted.")
}

/// `*3.3.3.3:0  Operational DU  Passive  0000:02:22  572/572`; a session that is not up may lack the last columns.
fn row(line: Line<'_>, account: &mut Account) -> Option<LdpSession> {
    let text = line.trimmed();
    let being_deleted = text.starts_with('*');
    let mut words = text.trim_start_matches('*').split_whitespace().peekable();
    let (lsr_id, space) = match words.next()?.split_once(':') {
        Some((lsr_id, space)) => (lsr_id.parse().ok()?, Some(space.parse().ok()?)),
        None => (
            text.trim_start_matches('*').split_whitespace().next()?.parse().ok()?,
            None,
        ),
    };
    let mut state = String::new();
    while let Some(word) = words.next_if(|word| mode(word).is_none() && role(word).is_none() && !is_absent(word)) {
        if state.len() > 32 {
            return None;
        }
        state.push_str(&word.to_ascii_lowercase().replace('-', ""));
    }
    if state.is_empty() {
        return None;
    }
    let mut session = LdpSession {
        peer_lsr_id: Some(lsr_id),
        label_space: space,
        being_deleted,
        ..LdpSession::default()
    };
    if let Some(word) = words.next_if(|word| mode(word).is_some() || is_absent(word)) {
        session.label_adv_mode = mode(word).unwrap_or_default();
    }
    if let Some(word) = words.next_if(|word| role(word).is_some() || is_absent(word)) {
        session.role = role(word).unwrap_or_default();
    }
    if let Some(word) = words.next_if(|word| age(word).is_some() || is_absent(word)) {
        session.age_s = age(word);
    }
    if let Some(word) = words.next_if(|word| keepalives(word).is_some() || is_absent(word)) {
        (session.keepalive_sent, session.keepalive_received) = keepalives(word).unzip();
    }
    if words.next().is_some() {
        return None;
    }
    session.state = match state.as_str() {
        "operational" if session.keepalive_sent.is_none() || session.age_s.is_none() => return None,
        "operational" => LdpState::Operational,
        "nonexistent" => LdpState::NonExistent,
        "initialized" | "initialised" => LdpState::Initialized,
        "openrec" | "openrecv" => LdpState::OpenRec,
        "opensent" => LdpState::OpenSent,
        _ => {
            account.unexplained_field(line, "state");
            LdpState::Unknown
        }
    };
    Some(session)
}

fn is_absent(word: &str) -> bool {
    word.contains('-') && word.bytes().all(|byte| b"-/:".contains(&byte))
}

fn mode(word: &str) -> Option<LabelAdvertisementMode> {
    match word.to_ascii_uppercase().as_str() {
        "DU" => Some(LabelAdvertisementMode::Du),
        "DOD" => Some(LabelAdvertisementMode::Dod),
        _ => None,
    }
}

fn role(word: &str) -> Option<LdpRole> {
    match word.to_ascii_lowercase().as_str() {
        "active" => Some(LdpRole::Active),
        "passive" => Some(LdpRole::Passive),
        _ => None,
    }
}

/// `0000:02:22`: days, hours, minutes.
fn age(word: &str) -> Option<u64> {
    let mut parts = word.split(':').map(|part| part.parse::<u64>().ok());
    let (days, hours, minutes) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || days > 99_999 || hours > 23 || minutes > 59 {
        return None;
    }
    Some(((days * 24 + hours) * 60 + minutes) * 60)
}

fn keepalives(word: &str) -> Option<(u64, u64)> {
    let (sent, received) = word.split_once('/')?;
    Some((sent.parse().ok()?, received.parse().ok()?))
}
