//! `display ospf peer brief`: one line a neighbour, grouped by process.

use super::command::Request;
use super::lines::{Account, Line, count, open};
use super::ospf_peer::{area_of, is_legend, process_of, state_of};
use super::printed::read;
use crate::rows::{OspfNeighbor, OspfState};
use crate::table::{AnyTable, LineSpan, Parsed, Rows};
use crate::value::InterfaceName;

/// Parses `display ospf [PROCESS] peer brief`.
pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let mut rows = Rows::default();
    let mut process: Option<Process> = None;
    for line in lines {
        let text = line.trimmed();
        if let Some(number) = process_of(text) {
            if let Some(process) = process.take() {
                process.close(request, &rows, &mut account);
            }
            process = Some(Process::new(Some(number), line.number, &rows));
        } else if is_legend(text) || line.says("Peer Statistic Information") || line.says("Peer Statistic Informations")
        {
        } else if let Some(total) = line
            .after("Total Peer(s)")
            .or_else(|| line.after("Total number of peer(s)"))
        {
            note(
                count(total),
                line,
                &mut account,
                process.as_mut().map(|process| &mut process.total),
            );
        } else if let Some(full) = line.after("Peer(s) in full state") {
            note(
                count(full),
                line,
                &mut account,
                process.as_mut().map(|process| &mut process.full),
            );
        } else if line.says("Area Id Interface Neighbor id State") {
            process
                .get_or_insert_with(|| Process::new(None, line.number, &rows))
                .header = true;
        } else if line.is_rule() {
            if let Some(process) = process.as_mut() {
                process.rules_after_header += u32::from(process.header);
            }
        } else if let Some(row) = neighbor(request, line, process.as_ref(), &mut account) {
            rows.push(row, LineSpan::line(line.number));
        } else {
            account.unexplained(line);
        }
    }
    match process {
        Some(process) => process.close(request, &rows, &mut account),
        None if !request.filtered => account.no_header(request),
        None => {}
    }
    account.finish(AnyTable::OspfNeighbors(rows))
}

/// One process and what the device counts in it.
struct Process {
    number: Option<u32>,
    line: u32,
    rows_before: usize,
    header: bool,
    rules_after_header: u32,
    total: Option<(u32, u64)>,
    full: Option<(u32, u64)>,
}

fn note(read: Option<u64>, line: Line<'_>, account: &mut Account, place: Option<&mut Option<(u32, u64)>>) {
    match (read, place) {
        (Some(figure), Some(place)) if place.is_none() => *place = Some((line.number, figure)),
        _ => account.unexplained(line),
    }
}

impl Process {
    fn new(number: Option<u32>, line: u32, rows: &Rows<OspfNeighbor>) -> Self {
        Self {
            number,
            line,
            rows_before: rows.rows().len(),
            header: false,
            rules_after_header: 0,
            total: None,
            full: None,
        }
    }

    /// Compares the device's counts with the neighbours. Where it counts nothing, the closing rule must be there.
    fn close(&self, request: &Request, rows: &Rows<OspfNeighbor>, account: &mut Account) {
        if request.filtered {
            return;
        }
        let ours = &rows.rows()[self.rows_before..];
        let of = self
            .number
            .map(|number| format!(" of process {number}"))
            .unwrap_or_default();
        if let Some((line, said)) = self.total {
            account.expect_count(line, &format!("OSPF neighbors{of}"), said, ours.len() as u64);
        }
        if let Some((line, said)) = self.full {
            let full = ours.iter().filter(|row| row.state == OspfState::Full).count() as u64;
            let unknown = ours.iter().any(|row| row.state == OspfState::Unknown);
            if said != full && !unknown {
                account.warning(
                    line,
                    format!("the device counts {said} OSPF neighbors{of} in full state, the answer shows {full}"),
                );
            }
        }
        let ended = self.total.is_some() || self.rules_after_header >= 1;
        if !ended {
            account.error(
                self.line,
                format!("the table{of} has neither a count nor a closing rule: it may have been cut"),
            );
        }
    }
}

fn neighbor(
    request: &Request,
    line: Line<'_>,
    process: Option<&Process>,
    account: &mut Account,
) -> Option<OspfNeighbor> {
    let words = line.words();
    let [area, interface, router_id, state] = words[..] else {
        return None;
    };
    if !process.map_or(request.filtered, |process| process.header || request.filtered) {
        return None;
    }
    let area = area_of(area)?;
    let row = OspfNeighbor {
        process_id: process.and_then(|process| process.number),
        area: Some(area),
        interface: Some(InterfaceName::new(interface.trim_end_matches("(M)"))),
        router_id: read(account, line, "router_id", router_id),
        state: state_of(state),
        ..OspfNeighbor::default()
    };
    if row.state == OspfState::Unknown {
        account.unexplained_field(line, "state");
    }
    Some(row)
}
