//! `display bfd session all verbose`: a title line a session, then keys with values, one or two a line.

use std::sync::LazyLock;

use regex::Regex;

use super::bfd_session::{Counts, bound_object, set_state};
use super::bfd_session_keys::pairs_of;
use super::command::Request;
use super::lines::{Account, Line, open};
use super::printed::{present, read};
use crate::rows::{BfdSession, BfdSessionType};
use crate::table::{AnyTable, LineSpan, Parsed, Rows};
use crate::value::{InterfaceName, Vrf};

const STATE: &str = r"State\s*:\s*(?P<state>Admin\s?Down(?:\([w*]\))?|\S+)";
const HOPS: &str = r"(?:\(\s*(?P<hops>[A-Za-z ]+?)\s*\)\s*)?";

/// `Session MIndex : 258  (One Hop) State : Up  Name : x`; the index and the hops may be missing.
static STATE_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)^(?:Session\s+MIndex\s*:\s*\d+\s+)?{HOPS}{STATE}\s+Name\s*:\s*(?P<name>.*)$"
    ))
    .expect("the pattern is constant")
});
/// `Name : x  (Single Hops) State : Up`.
static NAME_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"(?i)^Name\s*:\s*(?P<name>.*?)\s+{HOPS}{STATE}$")).expect("the pattern is constant")
});

/// Keys that every release prints for every session: one that is missing is a line that is missing.
const ALWAYS: &[&str] = &[
    "local discriminator",
    "bfd bind type",
    "local detect multi",
    "last local diagnostic",
];

/// Parses `display bfd session … verbose`.
pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let mut counts = Counts::new(text);
    let mut reader = Reader {
        request,
        rows: Rows::default(),
        current: None,
    };
    let mut rule_since_keys = true;
    for line in lines {
        if line.is_rule() || reader.title(line, &mut account) {
            rule_since_keys = true;
        } else if reader.keys(line, &mut account) {
            rule_since_keys = false;
        } else if !counts.reads(line, reader.current.is_some()) {
            account.unexplained(line);
        }
    }
    let any = reader.current.is_some();
    reader.close(&mut account);
    if !request.filtered {
        if any && !rule_since_keys {
            account.error(
                0,
                "no rule closes the last BFD session: the answer may have been cut".to_owned(),
            );
        }
        counts.check(request, any, false, &reader.rows, &mut account);
    }
    account.finish(AnyTable::BfdSessions(reader.rows))
}

struct Session<'a> {
    row: BfdSession,
    title: Line<'a>,
    last: u32,
    seen: Vec<&'static str>,
    /// Whether lines of another session are among its lines.
    mixed: bool,
}

struct Reader<'a, 'r> {
    request: &'r Request,
    rows: Rows<BfdSession>,
    current: Option<Session<'a>>,
}

impl<'a> Reader<'a, '_> {
    fn title(&mut self, line: Line<'a>, account: &mut Account) -> bool {
        let text = line.trimmed();
        let Some(title) = STATE_FIRST.captures(text).or_else(|| NAME_FIRST.captures(text)) else {
            return false;
        };
        self.close(account);
        let mut row = BfdSession {
            name: present(&title["name"]).map(str::to_owned),
            ..BfdSession::default()
        };
        set_state(&mut row, &title["state"], line, account);
        if let Some(hops) = title.name("hops") {
            let first = hops.as_str().to_ascii_lowercase();
            match first.split_whitespace().collect::<Vec<_>>()[..] {
                ["one" | "single", "hop" | "hops"] => row.r#type = BfdSessionType::SingleHop,
                ["multi" | "multiple", "hop" | "hops"] => row.r#type = BfdSessionType::MultiHop,
                _ => account.unexplained_field(line, "type"),
            }
        }
        self.current = Some(Session {
            row,
            title: line,
            last: line.number,
            seen: Vec::new(),
            mixed: false,
        });
        true
    }

    /// Reads a line that begins with a known key. A line before the first title belongs to no session.
    fn keys(&mut self, line: Line<'a>, account: &mut Account) -> bool {
        let Some(session) = &mut self.current else {
            return false;
        };
        let Some(pairs) = pairs_of(line.trimmed()) else {
            return false;
        };
        session.last = line.number;
        for (key, value) in pairs.known {
            // A key may come again without a value. With one, it belongs to a session whose title is missing.
            if present(value).is_some() && session.seen.contains(&key) {
                if !session.mixed {
                    let name = session.row.name.as_deref().unwrap_or("without a name");
                    account.error(
                        line.number,
                        format!("`{key}` stands twice in BFD session {name}: a line between two sessions is missing"),
                    );
                }
                session.mixed = true;
            }
            session.seen.push(key);
            if !session.mixed {
                set(&mut session.row, key, value, line, account);
            }
        }
        if pairs.unknown {
            account.unexplained(line);
        }
        true
    }

    /// Ends the current session.
    fn close(&mut self, account: &mut Account) {
        let Some(Session {
            mut row,
            title,
            last,
            seen,
            ..
        }) = self.current.take()
        else {
            return;
        };
        row.tx_interval_ms = row.actual_tx_interval_ms.or(row.min_tx_interval_ms);
        row.rx_interval_ms = row.actual_rx_interval_ms.or(row.min_rx_interval_ms);
        let name = row.name.clone().unwrap_or_else(|| "without a name".to_owned());
        if !self.request.filtered {
            for missing in ALWAYS.iter().filter(|key| !seen.contains(key)) {
                account.warning(title.number, format!("BFD session {name} has no line `{missing}`"));
            }
        }
        self.rows.push(row, LineSpan::new(title.number, last));
    }
}

/// Puts a value into the row.
fn set(row: &mut BfdSession, key: &'static str, value: &str, line: Line<'_>, account: &mut Account) {
    let text = || present(value).map(str::to_owned);
    match key {
        "local discriminator" => row.local_discriminator = read(account, line, "local_discriminator", value),
        "remote discriminator" => row.remote_discriminator = read(account, line, "remote_discriminator", value),
        "bind peer ip address" => row.peer_address = read(account, line, "peer_address", value),
        "bind source ip address" => row.local_address = read(account, line, "local_address", value),
        "min tx interval (ms)" => row.min_tx_interval_ms = read(account, line, "min_tx_interval_ms", value),
        "min rx interval (ms)" => row.min_rx_interval_ms = read(account, line, "min_rx_interval_ms", value),
        "actual tx interval (ms)" => row.actual_tx_interval_ms = read(account, line, "actual_tx_interval_ms", value),
        "actual rx interval (ms)" => row.actual_rx_interval_ms = read(account, line, "actual_rx_interval_ms", value),
        "local detect multi" => row.multiplier = read(account, line, "multiplier", value),
        "detect interval (ms)" => row.detect_time_ms = read(account, line, "detect_time_ms", value),
        "destination port" => row.destination_port = read(account, line, "destination_port", value),
        "ttl" => row.ttl = read(account, line, "ttl", value),
        // The key may stand a second time without a value.
        "bind interface" => row.interface = present(value).map(InterfaceName::new).or(row.interface.take()),
        "bfd bind type" => bind_type(row, value, line, account),
        "bind session type" => session_type(row, value, line, account),
        "vpn instance name" => row.vrf = present(value).map(Vrf::named),
        "last local diagnostic" => row.local_diag = text(),
        "bind application" => row.clients = clients(value),
        "session not up reason" => row.down_reason = text(),
        "session description" => row.description = text(),
        _ => {}
    }
}

/// What the session runs over: an LSP, pseudowire or tunnel whatever hops the title says, else the title's hops.
fn bind_type(row: &mut BfdSession, value: &str, line: Line<'_>, account: &mut Account) {
    let Some(value) = present(value) else { return };
    let upper = value.to_ascii_uppercase();
    let words: Vec<&str> = upper.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let over = if upper.starts_with("INTERFACE") {
        BfdSessionType::SingleHop
    } else if upper.starts_with("PEER IP") {
        BfdSessionType::MultiHop
    } else {
        bound_object(&words)
    };
    match (over, row.r#type) {
        // What is bound is not a type that has a word here; the title's hops stand.
        (BfdSessionType::Unknown, BfdSessionType::Unknown) => account.unexplained_field(line, "type"),
        (BfdSessionType::Unknown, _) => {}
        (BfdSessionType::SingleHop | BfdSessionType::MultiHop, told) if told != BfdSessionType::Unknown => {}
        (over, _) => row.r#type = over,
    }
}

/// `Static`, `Static_Auto`, `Dynamic`, `Entire_Dynamic`, also with an addition in brackets.
fn session_type(row: &mut BfdSession, value: &str, line: Line<'_>, account: &mut Account) {
    let Some(value) = present(value) else { return };
    row.raw_type = Some(value.to_owned());
    let word = value.split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
    row.dynamic = match word.as_str() {
        "static" | "static_auto" => Some(false),
        "dynamic" | "entire_dynamic" | "e_dynamic" | "passive_dynamic" => Some(true),
        _ => {
            account.unexplained_field(line, "dynamic");
            None
        }
    };
}

fn clients(value: &str) -> Vec<String> {
    let applications = value.split('|').filter_map(present);
    applications
        .filter(|application| !application.eq_ignore_ascii_case("No Application Bind"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_title_is_read() {
        for (text, hops, state, name) in [
            (
                "Session MIndex : 258       (One Hop) State : Down        Name : x",
                Some("One Hop"),
                "Down",
                "x",
            ),
            (
                "(Multi Hop) State : UP                      Name : x",
                Some("Multi Hop"),
                "UP",
                "x",
            ),
            ("State : Up(w)        Name : dyn_16388", None, "Up(w)", "dyn_16388"),
            (
                "(One Hop)   State : AdminDown             Name : x",
                Some("One Hop"),
                "AdminDown",
                "x",
            ),
            (
                "Name : x          (Multiple Hops) State : Up",
                Some("Multiple Hops"),
                "Up",
                "x",
            ),
            ("Name : x      State : Up", None, "Up", "x"),
        ] {
            let title = STATE_FIRST
                .captures(text)
                .or_else(|| NAME_FIRST.captures(text))
                .unwrap();
            assert_eq!(title.name("hops").map(|hops| hops.as_str()), hops, "{text}");
            assert_eq!((&title["state"], title["name"].trim()), (state, name), "{text}");
        }
    }
}
