//! States of interfaces as both brief tables print them: `up`, `*down`, `^down`, `up(s)`, with the legend of the marks.

use std::sync::LazyLock;

use regex::Regex;

use super::lines::{Account, Line};
use crate::rows::{Interface, LinkState};
use crate::value::InterfaceName;

static PREFIX_LEGEND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^([^\w\s()]?)down\s*:\s*([A-Za-z][A-Za-z0-9 /_-]*)$").expect("constant"));
static MARK_LEGEND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\(([A-Za-z]{1,4})\)\s*:\s*([A-Za-z][A-Za-z0-9 /_-]*)$").expect("constant"));
static STATE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^([^\w\s()]?)(up|down)((?:\([A-Za-z]{1,4}\))*)$").expect("constant"));
static SPEED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(\d+)(?:\.(\d))?([KMGT])$").expect("constant"));

/// Marks that every release means alike; the legend above a table goes before them.
const MARKS: &[(&str, &str)] = &[
    ("*", "administratively down"),
    ("^", "standby"),
    ("!", "FIB overload down"),
    ("#", "LBDT down"),
    ("~", "LDT down"),
    ("l", "loopback"),
    ("s", "spoofing"),
    ("v", "VirtualPort"),
    ("E", "E-Trunk down"),
    ("b", "BFD down"),
    ("B", "Bit-error-detection down"),
    ("e", "ETHOAM down"),
    ("d", "Dampening Suppressed"),
    ("p", "port alarm down"),
    ("dl", "DLDP down"),
    ("c", "CFM down"),
    ("ld", "loop-detect trigger down"),
    ("td", "transceiver unmatch down"),
    ("mf", "mac-flapping blocked"),
    ("sd", "STP instance discarding"),
    ("ms", "MACsec down"),
    ("ed", "error down"),
    ("D", "DF backup down"),
];

/// Marks that do not tell why anything is down.
const HARMLESS: &[&str] = &["l", "s", "v"];

/// The legend above a table.
#[derive(Debug, Default)]
pub(super) struct Legend {
    marks: Vec<(String, String)>,
}

impl Legend {
    /// Whether the line explains a mark; it is remembered.
    pub fn reads(&mut self, line: Line<'_>) -> bool {
        let text = line.trimmed();
        let found = PREFIX_LEGEND.captures(text).or_else(|| MARK_LEGEND.captures(text));
        if let Some(found) = &found
            && self.marks.len() < 64
        {
            self.marks.push((found[1].to_owned(), found[2].trim().to_owned()));
        }
        found.is_some()
    }

    fn meaning(&self, mark: &str) -> Option<&str> {
        let own = self
            .marks
            .iter()
            .find(|(known, _)| known == mark)
            .map(|(_, meaning)| meaning.as_str());
        own.or_else(|| {
            MARKS
                .iter()
                .find(|(known, _)| *known == mark)
                .map(|(_, meaning)| *meaning)
        })
    }

    /// Fills name and states of an interface from three cells.
    pub fn fill(&self, row: &mut Interface, cells: [&str; 3], line: Line<'_>, account: &mut Account) {
        let [name, phy, protocol] = cells;
        self.name(row, name, line, account);
        let mut reasons = Vec::new();
        row.oper_state = self.state(phy, "oper_state", &mut reasons, line, account);
        row.protocol_state = self.state(protocol, "protocol_state", &mut reasons, line, account);
        if row.oper_state != LinkState::Unknown {
            row.admin_state = if phy.starts_with('*') {
                LinkState::AdminDown
            } else {
                LinkState::Up
            };
        }
        row.raw_phy = Some(phy.to_owned());
        row.raw_protocol = Some(protocol.to_owned());
        row.down_reason = (!reasons.is_empty()).then(|| reasons.join(", "));
    }

    /// `GigabitEthernet1/0/1(10G)`: name and speed; `GigabitEthernet0/0/5(v)`: name and mark.
    fn name(&self, row: &mut Interface, cell: &str, line: Line<'_>, account: &mut Account) {
        let mut name = cell;
        while let Some((front, suffix)) = name.strip_suffix(')').and_then(|front| front.rsplit_once('(')) {
            if let Some(speed) = speed_bps(suffix) {
                row.speed_bps = Some(speed);
            } else if self.meaning(suffix).is_none() {
                account.unexplained_field(line, "name");
            }
            name = front;
        }
        row.name = InterfaceName::new(name);
    }

    fn state(
        &self,
        cell: &str,
        field: &'static str,
        reasons: &mut Vec<String>,
        line: Line<'_>,
        account: &mut Account,
    ) -> LinkState {
        let Some(state) = STATE.captures(cell) else {
            account.unexplained_field(line, field);
            return LinkState::Unknown;
        };
        let marks = state[3]
            .split(['(', ')'])
            .chain([&state[1]])
            .filter(|mark| !mark.is_empty());
        for mark in marks {
            match self.meaning(mark) {
                Some(_) if HARMLESS.contains(&mark) => {}
                Some(meaning) if reasons.iter().any(|reason| reason == meaning) => {}
                Some(meaning) => reasons.push(meaning.to_owned()),
                None => account.unexplained_field(line, "down_reason"),
            }
        }
        if state[2].eq_ignore_ascii_case("up") {
            LinkState::Up
        } else {
            LinkState::Down
        }
    }
}

/// Whether a word is a state, whatever its marks.
pub(super) fn is_state(word: &str) -> bool {
    STATE.is_match(word)
}

/// `10G` in bits per second.
fn speed_bps(text: &str) -> Option<u64> {
    let speed = SPEED.captures(text)?;
    let whole: u64 = speed[1].parse().ok()?;
    let tenths: u64 = speed.get(2).map_or(Some(0), |tenths| tenths.as_str().parse().ok())?;
    let unit: u64 = match &speed[3] {
        "K" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        _ => 1_000_000_000_000,
    };
    whole.checked_mul(unit)?.checked_add(tenths * (unit / 10))
}

/// A row of a table whose first column is an interface name. A long name may stand alone, its cells on the next line.
#[derive(Default)]
pub(super) struct WrappedRow<'a> {
    name: Option<Line<'a>>,
}

impl<'a> WrappedRow<'a> {
    /// Takes a line: a name that stands alone is kept for the next line. Gives the cells, the line that they begin on
    /// and the line that they end on.
    pub fn cells(&mut self, line: Line<'a>, columns: usize, account: &mut Account) -> Option<(Vec<&'a str>, Line<'a>)> {
        let words = line.words();
        if let Some(name) = self.name.take() {
            if words.len() == columns - 1 && !looks_like_name(words[0]) {
                return Some((name.words().into_iter().chain(words).collect(), name));
            }
            account.unexplained(name);
        }
        if words.len() == 1 && looks_like_name(words[0]) {
            self.name = Some(line);
            return None;
        }
        if words.len() != columns || !looks_like_name(words[0]) {
            account.unexplained(line);
            return None;
        }
        Some((words, line))
    }

    /// A name that was still waiting for its cells.
    pub fn end(self, account: &mut Account) {
        if let Some(name) = self.name {
            account.unexplained(name);
        }
    }
}

/// An interface name begins with a letter or digit, holds a digit and is no state, address or percentage.
fn looks_like_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphanumeric())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !word.ends_with('%')
        && !is_state(word)
        && word
            .split('/')
            .next()
            .is_some_and(|head| head.parse::<std::net::IpAddr>().is_err())
        && word != "unassigned"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{AnyTable, Rows};

    fn filled(cells: [&str; 3]) -> (Interface, Vec<String>) {
        let (mut row, mut account) = (Interface::default(), Account::default());
        Legend::default().fill(&mut row, cells, Line { number: 1, text: "x" }, &mut account);
        let parsed = account.finish(AnyTable::Interfaces(Rows::default()));
        (
            row,
            parsed.unexplained.into_iter().filter_map(|line| line.field).collect(),
        )
    }

    #[test]
    fn marks_tell_why_an_interface_is_down() {
        use LinkState::{AdminDown, Down, Up};
        for (phy, protocol, oper, admin, reason) in [
            ("*down", "down", Down, AdminDown, Some("administratively down")),
            ("^down", "^down", Down, Up, Some("standby")),
            ("down(ed)", "down", Down, Up, Some("error down")),
            ("UP", "up(s)", Up, Up, None),
            ("up(l)", "up", Up, Up, None),
            ("#down", "down", Down, Up, Some("LBDT down")),
        ] {
            let (row, doubts) = filled(["GE0/1/0", phy, protocol]);
            assert_eq!((row.oper_state, row.admin_state), (oper, admin), "{phy}");
            assert_eq!(row.down_reason.as_deref(), reason, "{phy}");
            assert!(doubts.is_empty(), "{phy}");
        }
    }

    #[test]
    fn what_is_not_known_is_reported() {
        assert_eq!(filled(["GE0/1/0", "up(zz)", "up"]).1, ["down_reason"]);
        assert_eq!(filled(["GE0/1/0", "upish", "up"]).1, ["oper_state"]);
        assert_eq!(filled(["GE0/1/0", "upish", "up"]).0.oper_state, LinkState::Unknown);
        assert_eq!(filled(["GE0/1/0(what)", "up", "up"]).1, ["name"]);
    }

    #[test]
    fn the_speed_is_part_of_the_name_s_cell() {
        let (row, doubts) = filled(["50|100GE4/0/6(100G)", "up", "down"]);
        assert_eq!(row.speed_bps, Some(100_000_000_000));
        assert!(doubts.is_empty());
        assert_eq!(
            filled(["GigabitEthernet1/0/1.50(10G)", "up", "up"]).0.name.as_str(),
            "GigabitEthernet1/0/1.50"
        );
        assert_eq!(speed_bps("2.5G"), Some(2_500_000_000));
        assert_eq!(speed_bps("99999999999999999999T"), None);
    }
}
