//! `display interface brief`: one line an interface; members of a trunk stand indented below it.

use std::collections::HashSet;

use super::command::Request;
use super::lines::{Account, Line, open};
use super::link_state::{Legend, WrappedRow};
use super::printed::present;
use crate::rows::Interface;
use crate::table::{AnyTable, LineSpan, Parsed, Rows};
use crate::value::InterfaceName;

/// Parses `display interface brief [main]`.
pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let mut rows: Rows<Interface> = Rows::default();
    let mut legend = Legend::default();
    let mut wrapped = WrappedRow::default();
    let mut header_indent = None;
    let mut trunk: Option<InterfaceName> = None;
    let mut names = HashSet::new();
    for line in lines {
        if line.says("Interface PHY Protocol InUti OutUti inErrors outErrors") {
            header_indent = Some(line.indent());
        } else if header_indent.is_none() && is_legend(line, &mut legend) || line.is_rule() {
        } else if header_indent.is_none() && !request.filtered {
            account.unexplained(line);
        } else if let Some((cells, first)) = wrapped.cells(line, 7, &mut account) {
            let mut row = Interface::default();
            legend.fill(&mut row, [cells[0], cells[1], cells[2]], first, &mut account);
            row.in_util_pct = percentage(cells[3], "in_util_pct", line, &mut account);
            row.out_util_pct = percentage(cells[4], "out_util_pct", line, &mut account);
            row.in_errors = super::printed::read(&mut account, line, "in_errors", cells[5]);
            row.out_errors = super::printed::read(&mut account, line, "out_errors", cells[6]);
            // Nothing counts the rows, but no interface is shown twice.
            if !names.insert(row.name.clone()) {
                account.error(
                    first.number,
                    format!("interface {} stands twice in the table", row.name),
                );
            }
            let member = header_indent.is_some_and(|indent| first.indent() > indent);
            let indented = header_indent.is_none() && first.indent() > 0;
            if member && !request.filtered && trunk.as_ref().is_some_and(is_trunk) {
                row.parent.clone_from(&trunk);
            } else if member || indented {
                // A filter may have taken the trunk's line away; what stands above need not be it.
                account.unexplained_field(first, "parent");
            } else {
                trunk = Some(row.name.clone());
            }
            rows.push(row, LineSpan::new(first.number, line.number));
        }
    }
    wrapped.end(&mut account);
    if header_indent.is_none() && !request.filtered {
        account.no_header(request);
    } else if rows.rows().is_empty() && !request.filtered {
        account.error(
            0,
            "no interface follows the header: the answer may have been cut".to_owned(),
        );
    }
    account.finish(AnyTable::Interfaces(rows))
}

fn is_legend(line: Line<'_>, legend: &mut Legend) -> bool {
    line.says("PHY: Physical") || line.after("InUti/OutUti: input utility").is_some() || legend.reads(line)
}

/// Interfaces that have members.
fn is_trunk(name: &InterfaceName) -> bool {
    let name = name.as_str().to_ascii_lowercase();
    name.contains("trunk") || name.contains("bundle")
}

fn percentage(cell: &str, field: &'static str, line: Line<'_>, account: &mut Account) -> Option<f64> {
    let cell = present(cell)?;
    let read = cell.strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
    let read = read.filter(|percent| (0.0..=100_000.0).contains(percent));
    if read.is_none() {
        account.unexplained_field(line, field);
    }
    read
}
