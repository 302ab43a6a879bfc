//! `display bfd session all`: one line a session. The words for states, types and counts serve the verbose form too.

use std::net::Ipv6Addr;
use std::sync::LazyLock;

use regex::Regex;

use super::command::Request;
use super::lines::{Account, Line, open};
use super::printed::{present, read};
use crate::rows::{BfdSession, BfdSessionType, BfdState};
use crate::table::{AnyTable, LineSpan, Parsed, Rows};
use crate::value::InterfaceName;

static TOTAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)total\s+up/down\s+session\s+number\s*:\s*(\d+)\s*/\s*(\d+)").expect("the pattern is constant")
});
static MARK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\((?:w|\*)\)\s*:\s*state\s+(?:in\s+wtr|is\s+invalid)").expect("constant"));
static ABBREVIATION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[A-Z][A-Z0-9_]{0,11}\s?:\s+[A-Za-z][A-Za-z /()-]*$").expect("constant"));
static NO_SESSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:info|warning|tips?)\s*:.*\b(?:no\b.*\bbfd\b.*\bsession|bfd\b.*\bsession\S*\s+(?:does|do)\s+not\s+exist)")
        .expect("constant")
});

/// Parses `display bfd session …` without `verbose`.
pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let mut rows = Rows::default();
    let mut counts = Counts::new(text);
    let (mut header, mut rules_after_header) = (false, 0);
    // A long peer address stands alone with the discriminators, and the line goes on below it.
    let mut half: Option<Line<'_>> = None;
    for line in lines {
        if let Some(above) = half.take() {
            let words: Vec<&str> = above.words().into_iter().chain(line.words()).collect();
            if let Some(row) = session(request, &words, above, &mut account) {
                rows.push(row, LineSpan::new(above.number, line.number));
                continue;
            }
            account.unexplained(above);
        }
        if counts.reads(line, header) {
            continue;
        }
        if line.is_rule() {
            rules_after_header += u32::from(header);
        } else if is_header(line) {
            header = true;
            rules_after_header = 0;
        } else if (header || request.filtered)
            && let Some(row) = session(request, &line.words(), line, &mut account)
        {
            rows.push(row, LineSpan::line(line.number));
        } else if (header || request.filtered) && begins_session(line) {
            half = Some(line);
        } else {
            account.unexplained(line);
        }
    }
    if let Some(line) = half {
        account.unexplained(line);
    }
    if !request.filtered {
        let closed = rules_after_header >= 2;
        counts.check(request, header, closed, &rows, &mut account);
    }
    account.finish(AnyTable::BfdSessions(rows))
}

fn is_header(line: Line<'_>) -> bool {
    let words: Vec<String> = line.words().iter().map(|word| word.to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words[..],
        ["local", "remote", "peeripaddr", "state", "type", "interfacename"]
            | ["local", "remote", "peeripaddr", "state", "type", "interface", "name"]
    )
}

/// `16395  16396  2001:DB8:1111:2222:3333:4444:5555:6666`: discriminators and an address too long for its column.
fn begins_session(line: Line<'_>) -> bool {
    let words = line.words();
    let discriminator = |word: &str| word == "-" || word.parse::<u32>().is_ok();
    matches!(words[..], [local, remote, peer]
        if local.parse::<u32>().is_ok() && discriminator(remote) && peer.parse::<Ipv6Addr>().is_ok())
}

/// The words of a session: six, of which the fourth is a state.
fn session(request: &Request, words: &[&str], line: Line<'_>, account: &mut Account) -> Option<BfdSession> {
    let &[local, remote, peer, state, kind, interface] = words else {
        return None;
    };
    local.parse::<u32>().ok()?;
    let mut row = BfdSession {
        vrf: (!request.vrf.is_public()).then(|| request.vrf.clone()),
        local_discriminator: local.parse().ok(),
        remote_discriminator: read(account, line, "remote_discriminator", remote),
        peer_address: read(account, line, "peer_address", peer),
        interface: present(interface).map(InterfaceName::new),
        raw_type: Some(kind.to_owned()),
        ..BfdSession::default()
    };
    set_state(&mut row, state, line, account);
    match session_type(kind) {
        Some((kind, dynamic)) => {
            row.r#type = kind;
            row.dynamic = Some(dynamic);
        }
        None => account.unexplained_field(line, "type"),
    }
    Some(row)
}

/// Sets the state from the device's word. `Up(w)` is a session that is up and waits to restore; of a state marked
/// `(*)` the device itself says that it is invalid, so it is no state.
pub(super) fn set_state(row: &mut BfdSession, printed: &str, line: Line<'_>, account: &mut Account) {
    let printed = printed.trim();
    row.raw_state = Some(printed.to_owned());
    let word = printed.strip_suffix("(w)").unwrap_or(printed).to_ascii_lowercase();
    row.state = match word.as_str() {
        "up" => BfdState::Up,
        "down" => BfdState::Down,
        "init" => BfdState::Init,
        "admindown" | "admin down" | "admdown" => BfdState::AdminDown,
        _ => {
            account.unexplained_field(line, "state");
            BfdState::Unknown
        }
    };
}

/// What `S_IP_IF`, `D/IP-PEER`, `S_AUTO_IF`, `D_PW(M)`, `D_LDP_LSP`, `E_Dynamic` say: the type and whether dynamic.
fn session_type(printed: &str) -> Option<(BfdSessionType, bool)> {
    let upper = printed.to_ascii_uppercase();
    let words: Vec<&str> = upper
        .split(['_', '/', '-', '(', ')'])
        .filter(|word| !word.is_empty())
        .collect();
    let (origin, rest) = words.split_first()?;
    let dynamic = match *origin {
        "S" => false,
        "D" | "E" => true,
        _ => return None,
    };
    let has = |word: &str| rest.contains(&word);
    let kind = match bound_object(rest) {
        BfdSessionType::Unknown if has("IF") => BfdSessionType::SingleHop,
        BfdSessionType::Unknown if has("PEER") => BfdSessionType::MultiHop,
        BfdSessionType::Unknown if rest != ["DYNAMIC"] => return None,
        object => object,
    };
    Some((kind, dynamic))
}

/// What a session runs over that is no plain IP path, by upper-case words: `TE_LSP`, `LDP_LSP`, `VSI_PW`, `SID_LIST`.
pub(super) fn bound_object(words: &[&str]) -> BfdSessionType {
    let has = |word: &str| words.contains(&word);
    if has("TE") {
        BfdSessionType::Te
    } else if has("LSP") || has("LDP") || has("TUNNEL") && has("BGP") {
        BfdSessionType::Lsp
    } else if has("PW") {
        BfdSessionType::Pw
    } else if has("VXLAN") {
        BfdSessionType::Vxlan
    } else if has("LIST") && (has("SID") || has("SEGMENT")) {
        BfdSessionType::SegmentList
    } else {
        BfdSessionType::Unknown
    }
}

/// What both forms print around the sessions: the legend and the device's own count.
pub(super) struct Counts {
    totals: Vec<(u32, u64, u64)>,
    none: bool,
}

impl Counts {
    /// `Info: …` lines before an answer are its frame, so the whole text is asked whether it says "no session".
    pub fn new(text: &str) -> Self {
        Self {
            totals: Vec::new(),
            none: text.lines().any(|line| NO_SESSION.is_match(line.trim())),
        }
    }

    /// Whether the line is legend or count, and nothing else. The list of abbreviations stands above the header only.
    pub fn reads(&mut self, line: Line<'_>, after_header: bool) -> bool {
        let text = line.trimmed();
        if NO_SESSION.is_match(text) || (!after_header && ABBREVIATION.is_match(text)) {
            return true;
        }
        let mut rest = text;
        let mut found = false;
        while !rest.is_empty() {
            if let Some(mark) = MARK.find(rest).filter(|mark| mark.start() == 0) {
                rest = rest[mark.end()..].trim_start();
            } else if let Some(total) = TOTAL.captures(rest).filter(|total| rest.starts_with(&total[0])) {
                let figure = |index: usize| total[index].parse::<u64>().ok();
                let (Some(up), Some(down)) = (figure(1), figure(2)) else {
                    return false;
                };
                self.totals.push((line.number, up, down));
                rest = rest[total[0].len()..].trim_start();
            } else {
                return false;
            }
            found = true;
        }
        found
    }

    /// Compares the device's count with the sessions. `closed` tells whether the table is seen to end; where there is
    /// neither a count nor an end, the answer may have been cut.
    pub fn check(&self, request: &Request, header: bool, closed: bool, rows: &Rows<BfdSession>, account: &mut Account) {
        let sessions = rows.rows();
        if self.none {
            if !sessions.is_empty() {
                let found = sessions.len();
                account.error(
                    0,
                    format!("the device says that there is no session, the answer holds {found}"),
                );
            }
            return;
        }
        let counts_none = self.totals.iter().any(|&(_, up, down)| (up, down) == (0, 0));
        if !header && sessions.is_empty() && !counts_none {
            account.no_header(request);
        }
        let up = sessions.iter().filter(|row| row.state == BfdState::Up).count() as u64;
        let unknown = sessions.iter().any(|row| row.state == BfdState::Unknown);
        for &(line, said_up, said_down) in &self.totals {
            let (said, found) = (said_up.saturating_add(said_down), sessions.len() as u64);
            account.expect_count(line, "BFD sessions", said, found);
            if said == found && said_up != up && !unknown {
                account.warning(
                    line,
                    format!("the device counts {said_up} BFD sessions up, the answer shows {up} of {found} up"),
                );
            }
        }
        if self.totals.is_empty() && !account.is_rejected() && (header || !sessions.is_empty()) {
            let missing = "`Total UP/DOWN Session Number` is missing";
            if closed {
                account.warning(0, format!("{missing}: the number of sessions cannot be checked"));
            } else {
                account.error(0, format!("{missing} and the table has no end: it may have been cut"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_type_mean_the_same() {
        use BfdSessionType::{Lsp, MultiHop, Pw, SingleHop, Te, Unknown};
        for (printed, expected) in [
            ("S_IP_IF", Some((SingleHop, false))),
            ("D/IP-IF", Some((SingleHop, true))),
            ("S_IP_PEER", Some((MultiHop, false))),
            ("S/AUTO-PEER", Some((MultiHop, false))),
            ("D_PW(M)", Some((Pw, true))),
            ("S_TE_LSP", Some((Te, false))),
            ("D_LDP_LSP", Some((Lsp, true))),
            ("E_Dynamic", Some((Unknown, true))),
            ("S_IP_WHAT", None),
            ("X_IP_IF", None),
            ("", None),
        ] {
            assert_eq!(session_type(printed), expected, "{printed}");
        }
    }

    #[test]
    fn a_state_that_the_device_calls_invalid_is_no_state() {
        let line = Line { number: 1, text: "x" };
        for (printed, state, doubts) in [
            ("UP", BfdState::Up, 0),
            ("Up(w)", BfdState::Up, 0),
            ("Up(*)", BfdState::Unknown, 1),
            ("AdmDown", BfdState::AdminDown, 0),
            ("Upp", BfdState::Unknown, 1),
        ] {
            let (mut row, mut account) = (BfdSession::default(), Account::default());
            set_state(&mut row, printed, line, &mut account);
            let parsed = account.finish(AnyTable::BfdSessions(Rows::default()));
            assert_eq!((row.state, parsed.unexplained.len()), (state, doubts), "{printed}");
        }
    }
}
