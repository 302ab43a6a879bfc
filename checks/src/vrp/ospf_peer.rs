//! `display ospf peer`: for every interface its neighbours, six to nine lines each.

use std::net::Ipv4Addr;
use std::sync::LazyLock;

use regex::Regex;

use super::command::Request;
use super::lines::{Account, Line, open};
use super::printed::{clock_duration_s, present, read};
use crate::rows::{OspfNeighbor, OspfRole, OspfState};
use crate::table::{AnyTable, LineSpan, Parsed, Rows};
use crate::value::InterfaceName;

static PROCESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^OSPF\s+Process\s+(\d+)\s+with\s+Router\s+ID\s+(\d+\.\d+\.\d+\.\d+)$").expect("constant")
});
static AREA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^Area\s+(\S+)\s+interface\s+([0-9.]+)\s*\(\s*([^()]+?)\s*\)\s*(?:\(M\)\s*)?'s\s+neighbors$")
        .expect("constant")
});
static LEGEND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^\(M\)\s+Indicates\s+MADJ\s+\w+$").expect("constant"));
/// The keys of a neighbour. `Neighbor is up for` has no colon and is read on its own.
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^\s*(Router\s+ID|Address|GR\s+State|State|Mode|Priority|DR|BDR|MTU|Retrans\s+timer\s+interval",
        r"|Authentication\s+Sequence|Dead\s+timer\s+due\s+\(in\s+seconds\)|Neighbor\s+up\s+time\s+stamp|Neighbor\s+up\s+time)\s*:"
    ))
    .expect("constant")
});
static DEAD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^Dead\s+timer\s+due\s+in\s+(\S+)\s+sec$").expect("constant"));
static UP_FOR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^Neighbor\s+is\s+up\s+for\s+(\S+)$").expect("constant"));

/// Parses `display ospf [PROCESS] peer`.
pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let mut reader = Reader {
        filtered: request.filtered,
        ..Reader::default()
    };
    let mut header = false;
    for line in lines {
        let text = line.trimmed();
        if let Some(process) = PROCESS.captures(text) {
            reader.close(&mut account);
            reader.leave_interface(&mut account);
            reader.process = read(&mut account, line, "process_id", &process[1]);
            header = true;
        } else if let Some(area) = AREA.captures(text) {
            reader.close(&mut account);
            reader.leave_interface(&mut account);
            reader.interface = Some(Interface {
                area: area_of(&area[1]),
                address: area[2].parse().ok(),
                name: InterfaceName::new(&area[3]),
                line: line.number,
                neighbors: 0,
            });
        } else if LEGEND.is_match(text) || line.says("Neighbors") {
        } else if !reader.neighbor(line, &mut account) {
            account.unexplained(line);
        }
    }
    reader.close(&mut account);
    reader.leave_interface(&mut account);
    if !header && !request.filtered {
        account.no_header(request);
    }
    account.finish(AnyTable::OspfNeighbors(reader.rows))
}

/// `0.0.0.1`, or `1` for the same area.
pub(super) fn area_of(text: &str) -> Option<Ipv4Addr> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<u32>().ok().map(Ipv4Addr::from))
}

/// The process number of a line `OSPF Process 1 with Router ID 1.1.1.1`.
pub(super) fn process_of(text: &str) -> Option<u32> {
    PROCESS.captures(text)?[1].parse().ok()
}

/// Whether the line explains the mark `(M)`.
pub(super) fn is_legend(text: &str) -> bool {
    LEGEND.is_match(text)
}

/// A state by the device's word, also `Full/DR`.
pub(super) fn state_of(printed: &str) -> OspfState {
    let word = printed
        .split('/')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match word.as_str() {
        "down" => OspfState::Down,
        "attempt" => OspfState::Attempt,
        "init" => OspfState::Init,
        "2-way" | "2way" | "two-way" => OspfState::TwoWay,
        "exstart" => OspfState::ExStart,
        "exchange" => OspfState::Exchange,
        "loading" => OspfState::Loading,
        "full" => OspfState::Full,
        _ => OspfState::Unknown,
    }
}

struct Interface {
    area: Option<Ipv4Addr>,
    address: Option<Ipv4Addr>,
    name: InterfaceName,
    line: u32,
    neighbors: u32,
}

struct Neighbor {
    row: OspfNeighbor,
    first: u32,
    last: u32,
    seen: Vec<String>,
    ended: bool,
}

#[derive(Default)]
struct Reader {
    filtered: bool,
    process: Option<u32>,
    interface: Option<Interface>,
    current: Option<Neighbor>,
    rows: Rows<OspfNeighbor>,
}

/// What every release prints of every neighbour besides its router ID; the last one ends the neighbour.
const ALWAYS: &[&str] = &["state", "dr", "dead timer", "authentication sequence"];

impl Reader {
    /// Reads a line of a neighbour: all of its parts must be known.
    fn neighbor(&mut self, line: Line<'_>, account: &mut Account) -> bool {
        let text = line.trimmed();
        let parts = if let Some(dead) = DEAD.captures(text) {
            vec![("dead timer".to_owned(), dead[1].to_owned())]
        } else if let Some(up) = UP_FOR.captures(text) {
            vec![("up for".to_owned(), up[1].to_owned())]
        } else if let Some(parts) = parts_of(text) {
            parts
        } else {
            return false;
        };
        if parts[0].0 == "router id" {
            self.close(account);
            let Some(interface) = &mut self.interface else {
                return false;
            };
            interface.neighbors += 1;
            self.current = Some(Neighbor {
                row: OspfNeighbor {
                    process_id: self.process,
                    area: interface.area,
                    interface: Some(interface.name.clone()),
                    local_address: interface.address,
                    ..OspfNeighbor::default()
                },
                first: line.number,
                last: line.number,
                seen: Vec::new(),
                ended: false,
            });
        }
        let Some(neighbor) = self.current.as_mut().filter(|neighbor| !neighbor.ended) else {
            return false;
        };
        // A key that comes again belongs to a neighbour whose first line is missing.
        if parts.iter().any(|(key, _)| neighbor.seen.contains(key)) {
            return false;
        }
        neighbor.last = line.number;
        for (key, value) in parts {
            neighbor.ended |= key == "authentication sequence";
            set(&mut neighbor.row, &key, &value, line, account);
            neighbor.seen.push(key);
        }
        true
    }

    /// Ends the current neighbour.
    fn close(&mut self, account: &mut Account) {
        let Some(neighbor) = self.current.take() else {
            return;
        };
        if !self.filtered {
            let missing: Vec<&str> = ALWAYS
                .iter()
                .copied()
                .filter(|key| !neighbor.seen.iter().any(|seen| seen == key))
                .collect();
            if !missing.is_empty() {
                let router = neighbor.row.router_id.map(|id| id.to_string()).unwrap_or_default();
                account.error(
                    neighbor.first,
                    format!(
                        "OSPF neighbor {router} has no {}: lines are missing",
                        missing.join(", ")
                    ),
                );
            }
        }
        self.rows
            .push(neighbor.row, LineSpan::new(neighbor.first, neighbor.last));
    }

    fn leave_interface(&mut self, account: &mut Account) {
        if let Some(interface) = self.interface.take()
            && interface.neighbors == 0
            && !self.filtered
        {
            let name = &interface.name;
            account.error(
                interface.line,
                format!("no neighbor follows the line of interface {name}: lines are missing"),
            );
        }
    }
}

/// Splits `State: Full  Mode:Nbr is  Master   Priority: 1` at its known keys.
fn parts_of(text: &str) -> Option<Vec<(String, String)>> {
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut rest = text;
    loop {
        let key = KEY.captures(rest)?;
        let name = key[1]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_ascii_lowercase();
        let name = if name.starts_with("dead timer") {
            "dead timer".to_owned()
        } else {
            name
        };
        rest = &rest[key[0].len()..];
        // The value ends before the next key that follows a blank.
        let bytes = rest.as_bytes();
        let end = (1..bytes.len()).find(|&at| {
            bytes[at - 1].is_ascii_whitespace()
                && bytes[at].is_ascii_alphabetic()
                && rest.get(at..).is_some_and(|tail| KEY.is_match(tail))
        });
        let end = end.unwrap_or(rest.len());
        parts.push((name, rest[..end].trim().to_owned()));
        rest = &rest[end..];
        if rest.trim().is_empty() || parts.len() > 8 {
            return Some(parts);
        }
    }
}

/// Puts a value into the row.
fn set(row: &mut OspfNeighbor, key: &str, value: &str, line: Line<'_>, account: &mut Account) {
    let address = |value: &str| if value.eq_ignore_ascii_case("none") { "" } else { value }.to_owned();
    match key {
        "router id" => row.router_id = read(account, line, "router_id", value),
        "address" => row.address = read(account, line, "address", value),
        "gr state" => row.gr_state = present(value).map(str::to_owned),
        "state" => {
            row.state = state_of(value);
            if row.state == OspfState::Unknown {
                account.unexplained_field(line, "state");
            }
        }
        "mode" => {
            let words: Vec<String> = value.split_whitespace().map(str::to_ascii_lowercase).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            row.role = match words[..] {
                ["nbr", "is", "master"] => OspfRole::Master,
                ["nbr", "is", "slave"] => OspfRole::Slave,
                [] | ["none"] => OspfRole::Unknown,
                _ => {
                    account.unexplained_field(line, "role");
                    OspfRole::Unknown
                }
            };
        }
        "priority" => row.priority = read(account, line, "priority", value),
        "dr" => row.dr = read(account, line, "dr", &address(value)),
        "bdr" => row.bdr = read(account, line, "bdr", &address(value)),
        "mtu" => row.mtu = read(account, line, "mtu", value),
        "dead timer" => row.dead_time_s = read(account, line, "dead_time_s", value),
        "up for" => {
            row.uptime_s = clock_duration_s(value);
            if row.uptime_s.is_none() && present(value).is_some() {
                account.unexplained_field(line, "uptime_s");
            }
        }
        // A duration in some releases, the moment at which the neighbour came up in others.
        "neighbor up time" => row.uptime_s = clock_duration_s(value).or(row.uptime_s),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_values_whatever_the_blanks() {
        let parts = parts_of("State: Full  Mode:Nbr is  Master   Priority: 1").unwrap();
        let parts: Vec<(&str, &str)> = parts
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            parts,
            [("state", "Full"), ("mode", "Nbr is  Master"), ("priority", "1")]
        );
        assert!(parts_of("State: Full  Colour: red").is_some_and(|parts| parts.len() == 1));
        assert!(parts_of("Colour: red").is_none());
    }

    #[test]
    fn states_are_words_of_the_protocol() {
        for (printed, state) in [
            ("Full", OspfState::Full),
            ("Full/DR", OspfState::Full),
            ("2-Way", OspfState::TwoWay),
            ("ExStart", OspfState::ExStart),
            ("Fully", OspfState::Unknown),
            ("", OspfState::Unknown),
        ] {
            assert_eq!(state_of(printed), state, "{printed}");
        }
    }
}
