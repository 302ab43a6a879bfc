//! `display ip interface brief`: addresses and states, one line an interface, below the device's own counts.

use std::net::Ipv4Addr;
use std::sync::LazyLock;

use ipnet::{IpNet, Ipv4Net};
use regex::Regex;

use super::command::Request;
use super::lines::{Account, Line, open};
use super::link_state::{Legend, WrappedRow};
use super::printed::present;
use crate::rows::{Interface, LinkState};
use crate::table::{AnyTable, LineSpan, Parsed, Rows};
use crate::value::Vrf;

static COUNT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^The number of interfaces? that is (UP|DOWN) in (Physical|Protocol) is (\d+)$").expect("constant")
});

/// Parses `display ip interface brief`.
pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let mut rows: Rows<Interface> = Rows::default();
    let mut legend = Legend::default();
    let mut wrapped = WrappedRow::default();
    let mut columns = None;
    let mut counts = Counts::default();
    for line in lines {
        if line.says("Interface IP Address/Mask Physical Protocol") {
            columns = Some(4);
        } else if line.says("Interface IP Address/Mask Physical Protocol VPN") {
            columns = Some(5);
        } else if line.is_rule() || columns.is_none() && (legend.reads(line) || counts.reads(line)) {
        } else if columns.is_none() && !request.filtered {
            account.unexplained(line);
        } else {
            let columns = columns.unwrap_or_else(|| line.words().len().clamp(4, 5));
            if let Some((cells, first)) = wrapped.cells(line, columns, &mut account) {
                let mut row = Interface::default();
                legend.fill(&mut row, [cells[0], cells[2], cells[3]], first, &mut account);
                address(&mut row, cells[1], line, &mut account);
                row.vrf = cells
                    .get(4)
                    .map(|vpn| present(vpn).map_or_else(Vrf::public, Vrf::named));
                rows.push(row, LineSpan::new(first.number, line.number));
            }
        }
    }
    wrapped.end(&mut account);
    if !request.filtered {
        if columns.is_none() {
            account.no_header(request);
        } else {
            counts.check(rows.rows(), &mut account);
        }
    }
    account.finish(AnyTable::Interfaces(rows))
}

/// `10.1.1.1/24`, `10.1.1.1` or `unassigned`.
fn address(row: &mut Interface, cell: &str, line: Line<'_>, account: &mut Account) {
    let Some(cell) = present(cell).filter(|cell| !cell.eq_ignore_ascii_case("unassigned")) else {
        return;
    };
    let with_length = cell.parse::<Ipv4Net>().ok();
    if with_length.is_some() || cell.parse::<Ipv4Addr>().is_ok() {
        row.ipv4 = vec![cell.to_owned()];
        row.ipv4_prefix = with_length.map(|net| IpNet::V4(net.trunc()));
    } else {
        account.unexplained_field(line, "ipv4");
    }
}

/// The device's four counts with their lines: physical and protocol, up and down.
#[derive(Default)]
struct Counts {
    counts: Vec<(bool, bool, u64, u32)>,
}

impl Counts {
    fn reads(&mut self, line: Line<'_>) -> bool {
        let Some(count) = COUNT.captures(line.trimmed()) else {
            return false;
        };
        let Ok(figure) = count[3].parse() else {
            return false;
        };
        let (physical, up) = (
            count[2].eq_ignore_ascii_case("physical"),
            count[1].eq_ignore_ascii_case("up"),
        );
        if self
            .counts
            .iter()
            .any(|&(known, known_up, ..)| (known, known_up) == (physical, up))
        {
            return false;
        }
        self.counts.push((physical, up, figure, line.number));
        true
    }

    fn get(&self, physical: bool, up: bool) -> Option<(u64, u32)> {
        let found = self.counts.iter().find(|count| (count.0, count.1) == (physical, up));
        found.map(|&(_, _, figure, line)| (figure, line))
    }

    fn check(&self, rows: &[Interface], account: &mut Account) {
        for (physical, layer) in [(true, "physical"), (false, "protocol")] {
            let (Some((up, line)), Some((down, _))) = (self.get(physical, true), self.get(physical, false)) else {
                account.warning(
                    0,
                    format!("the number of interfaces in {layer} state cannot be checked: no such line"),
                );
                continue;
            };
            let states: Vec<LinkState> = rows
                .iter()
                .map(|row| if physical { row.oper_state } else { row.protocol_state })
                .collect();
            let said = up.saturating_add(down);
            account.expect_count(line, &format!("interfaces in {layer} state"), said, states.len() as u64);
            let found = states.iter().filter(|state| **state == LinkState::Up).count() as u64;
            if said == states.len() as u64 && up != found && !states.contains(&LinkState::Unknown) {
                account.warning(
                    line,
                    format!("the device counts {up} interfaces up in {layer} state, the answer shows {found}"),
                );
            }
        }
    }
}
