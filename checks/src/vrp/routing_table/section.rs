//! The sections of a routing table's output, each closed by comparing the device's counts with what was read.
//!
//! `display ip routing-table` prints one section a routing table; `protocol X` prints within it a part for active and
//! one for inactive routes, each with counts of its own.

use crate::rows::RouteTable;
use crate::value::Vrf;
use crate::vrp::lines::Account;

/// What has been read, so far or since some point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Routes of the table.
    pub routes: usize,
    /// Lines or blocks that show a next hop.
    pub hops: u64,
    /// Next hops that differ in their address: a route resolved over two links shows one next hop twice.
    pub distinct_hops: u64,
}

/// A count that the device printed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    /// `Destinations : 14       Routes : 15`.
    Both { destinations: u64, routes: u64 },
    /// `Summary Count : 2`.
    Summary(u64),
}

/// A routing table, or the active or inactive part of one.
#[derive(Debug)]
pub(super) struct Section {
    line: u32,
    start: Tally,
    said: Option<(u32, Said)>,
    /// Destinations of the parts within that have counts of their own.
    parts: Option<u64>,
}

impl Section {
    /// A section that begins at this line.
    pub fn new(line: u32, start: Tally) -> Self {
        Self {
            line,
            start,
            said: None,
            parts: None,
        }
    }

    /// Takes the device's count; a section has one.
    pub fn count(&mut self, line: u32, said: Said) -> bool {
        let first = self.said.is_none();
        self.said.get_or_insert((line, said));
        first
    }

    /// Takes the destinations of a part within. Some releases count a prefix once that has both active and inactive
    /// routes, others count it in both parts.
    pub fn add_part(&mut self, destinations: u64) {
        *self.parts.get_or_insert(0) += destinations;
    }

    /// Compares the count with what was read since the section began; returns the destinations found.
    pub fn close(&self, table: &RouteTable, now: Tally, account: &mut Account) -> u64 {
        let found = destinations_of(table, self.start.routes..now.routes);
        let Some((line, said)) = self.said else {
            account.error(
                self.line,
                "the section's counts are missing; the answer was cut".to_owned(),
            );
            return found;
        };
        let hops = now.hops - self.start.hops;
        let distinct = now.distinct_hops - self.start.distinct_hops;
        match said {
            Said::Both { destinations, routes } => {
                if self.parts != Some(destinations) {
                    account.expect_count(line, "destinations", destinations, found);
                }
                if routes != distinct {
                    account.expect_count(line, "routes", routes, hops);
                }
            }
            Said::Summary(count) if count != distinct => account.expect_count(line, "routes", count, hops),
            Said::Summary(_) => {}
        }
        found
    }
}

/// Number of different prefixes among routes. Devices print them in order, so neighbours are compared; only where they
/// are not in order are they sorted.
fn destinations_of(table: &RouteTable, rows: std::ops::Range<usize>) -> u64 {
    let mut distinct = 0;
    let mut last = None;
    for row in rows.clone() {
        let key = table.prefix_key(row);
        match last.cmp(&Some(key)) {
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Less => distinct += 1,
            std::cmp::Ordering::Greater => return sorted_destinations(table, rows),
        }
        last = Some(key);
    }
    distinct
}

fn sorted_destinations(table: &RouteTable, rows: std::ops::Range<usize>) -> u64 {
    let mut keys: Vec<_> = rows.map(|row| table.prefix_key(row)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.len() as u64
}

/// The routing table that a title names: `Routing Table : _public_`, `Routing Tables: Public`,
/// `vpna Routing Table : Static`, `Public routing table : OSPF`.
pub(super) fn title(line: &str) -> Option<Vrf> {
    let lower = line.to_ascii_lowercase();
    let at = lower.find("routing table")?;
    let (before, after) = (line[..at].trim(), &line[at + "routing table".len()..]);
    let after = after.strip_prefix(['s', 'S']).unwrap_or(after).trim_start();
    let name = after.strip_prefix(':')?.trim();
    if name.is_empty() || name.contains(':') && !name.to_ascii_lowercase().starts_with("vpn-instance") {
        return None;
    }
    if before.is_empty() {
        let name = match name.get(.."vpn-instance".len()) {
            Some(word) if word.eq_ignore_ascii_case("vpn-instance") => {
                let rest = &name[word.len()..];
                rest.trim_start_matches([':', ' '])
            }
            _ => name,
        };
        return Some(Vrf::named(name));
    }
    (!before.contains(' ') && !name.contains(' ')).then(|| Vrf::named(before))
}

/// `Static routing table status : <Active>`: whether the part's routes are active.
pub(super) fn status(line: &str) -> Option<bool> {
    let lower = line.to_ascii_lowercase();
    let after = &lower[lower.find("routing table status")? + "routing table status".len()..];
    match after.trim_start().strip_prefix(':')?.trim() {
        "<active>" => Some(true),
        "<inactive>" => Some(false),
        _ => None,
    }
}

/// `Destinations : 14       Routes : 15` (with `Configured Routes : 2` after it for static ones), `Summary Count : 2`.
pub(super) fn counts(line: &str) -> Option<Said> {
    let words: Vec<&str> = line
        .split([' ', '\t', ':'])
        .filter(|word| !word.is_empty())
        .take(8)
        .collect();
    let is = |word: &str, wanted: &str| word.eq_ignore_ascii_case(wanted);
    match words[..] {
        [summary, count, number] if is(summary, "summary") && is(count, "count") => {
            number.parse().ok().map(Said::Summary)
        }
        [d, destinations, r, routes, ref rest @ ..] if is(d, "destinations") && is(r, "routes") => {
            let known = match rest {
                [] => true,
                [configured, routes, number] => {
                    is(configured, "configured") && is(routes, "routes") && number.parse::<u64>().is_ok()
                }
                _ => false,
            };
            let destinations = destinations.parse().ok()?;
            let routes = routes.parse().ok()?;
            known.then_some(Said::Both { destinations, routes })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_every_release_name_their_table() {
        for (line, vrf) in [
            ("Routing Tables: Public", "default"),
            ("Routing Table : _public_", "default"),
            ("Routing Table: VPNA", "VPNA"),
            ("Routing Tables: VPN-Instance: vpn1", "vpn1"),
            ("_public_ Routing Table : IS-IS", "default"),
            ("vrf1 Routing Table : Direct", "vrf1"),
            ("Public routing table : Static", "default"),
        ] {
            assert_eq!(title(line), Some(Vrf::named(vrf)), "{line}");
        }
        for line in [
            "Routing Table",
            "Static routing table status : <Active>",
            "the routing table : x y",
        ] {
            assert_eq!(title(line), None, "{line}");
        }
    }

    #[test]
    fn counts_and_states_are_read() {
        assert!(matches!(
            counts("         Destinations : 1        Routes : 2        Configured Routes : 2"),
            Some(Said::Both {
                destinations: 1,
                routes: 2
            })
        ));
        assert!(matches!(counts("Summary count: 1"), Some(Said::Summary(1))));
        assert!(counts("Destinations : 1 Routes : x").is_none());
        assert!(counts("Destinations : 1 Routes : 2 Foo : 3").is_none());
        assert_eq!(status("OSPF routing table status : <Inactive>"), Some(false));
        assert_eq!(status("OSPF routing table status : <Odd>"), None);
    }
}
