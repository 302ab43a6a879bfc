//! `display ip vpn-instance`: one line a VPN instance and address family.

use super::command::Request;
use super::lines::{Line, count, open};
use crate::rows::{AddressFamily, VpnInstance};
use crate::table::{AnyTable, LineSpan, Parsed, Rows};

pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let ends_mid_line = lines.ends_mid_line();
    // A filter may have dropped the header.
    let mut column = request.filtered.then_some(Column::Family);
    let mut rows: Rows<VpnInstance> = Rows::default();
    let mut total = None;
    let mut splits = Vec::new();
    for line in lines {
        if let Some(said) = line.after("Total VPN-Instances configured") {
            total = count(said).map(|said| (line.number, said));
            if total.is_none() {
                account.unexplained(line);
            }
        } else if let Some((family, said)) = split_total(line) {
            match count(said) {
                Some(said) => splits.push((line.number, family, said)),
                None => account.unexplained(line),
            }
        } else if line.says("VPN-Instance Name RD Address-family") {
            column = Some(Column::Family);
        } else if line.says("VPN-Instance Name RD Creation Time") {
            column = Some(Column::Created);
        } else if let Some(row) = column.and_then(|column| row(line, column)) {
            rows.push(row, LineSpan::line(line.number));
        } else {
            account.unexplained(line);
        }
    }
    let last = rows.iter().last().filter(|(row, _)| is_name_alone(row));
    if let Some((_, span)) = last.filter(|_| ends_mid_line) {
        let message = "the last line has no line end; it may have been cut";
        account.error(span.last, message.to_owned());
    }
    match total {
        Some((line, said)) if !request.filtered => {
            let mut names: Vec<&str> = rows.rows().iter().map(|row| row.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            account.expect_count(line, "VPN instances", said, names.len() as u64);
            let with_family = rows.rows().iter().any(|row| row.afi != AddressFamily::Unknown);
            for (line, family, said) in splits.into_iter().filter(|_| with_family) {
                let found = rows.rows().iter().filter(|row| row.afi == family).count() as u64;
                account.expect_count(line, &format!("{family} VPN instances"), said, found);
            }
        }
        None if !request.filtered || rows.rows().is_empty() => account.no_header(request),
        _ => {}
    }
    account.finish(AnyTable::VpnInstances(rows))
}

fn split_total(line: Line<'_>) -> Option<(AddressFamily, &str)> {
    let ipv4 = line.after("Total IPv4 VPN-Instances configured");
    let ipv6 = || line.after("Total IPv6 VPN-Instances configured");
    ipv4.map(|said| (AddressFamily::Ipv4, said))
        .or_else(|| ipv6().map(|said| (AddressFamily::Ipv6, said)))
}

/// What the last column shows.
#[derive(Clone, Copy)]
enum Column {
    Family,
    Created,
}

fn is_name_alone(row: &VpnInstance) -> bool {
    row.rd.is_none() && row.afi == AddressFamily::Unknown
}

/// `vpna   100:1   IPv4`; an instance without an address family shows its name alone.
fn row(line: Line<'_>, column: Column) -> Option<VpnInstance> {
    let words = line.words();
    let (name, rest) = words.split_first()?;
    let mut instance = VpnInstance {
        name: (*name).to_owned(),
        ..VpnInstance::default()
    };
    // A further line of the same instance without its name cannot be told from a name.
    if is_distinguisher(name) || line.indent() > 8 {
        return None;
    }
    let rest = match rest {
        [rd, rest @ ..] if is_distinguisher(rd) => {
            instance.rd = Some((*rd).to_owned());
            rest
        }
        rest => rest,
    };
    match (rest, column) {
        ([], _) if instance.rd.is_none() => {}
        ([family], Column::Family) => {
            instance.afi = match family.to_ascii_lowercase().as_str() {
                "ipv4" => AddressFamily::Ipv4,
                "ipv6" => AddressFamily::Ipv6,
                "evpn" => AddressFamily::L2vpn,
                _ => return None,
            };
        }
        ([date, time], Column::Created) if is_time(date, time) => instance.created = Some(format!("{date} {time}")),
        _ => return None,
    }
    Some(instance)
}

/// `2009/01/21 11:30:35`.
fn is_time(date: &str, time: &str) -> bool {
    date.len() >= 8 && date.matches(['/', '-']).count() == 2 && time.len() == 8 && time.matches(':').count() == 2
}

fn is_distinguisher(word: &str) -> bool {
    let parts = word.rsplit_once(':');
    parts.is_some_and(|(administrator, number)| {
        let dotted = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        !administrator.is_empty() && administrator.bytes().all(dotted) && number.parse::<u32>().is_ok()
    })
}
