//! `display ip vpn-instance verbose`: a block for each VPN instance, within it one for each address family.

use super::command::Request;
use super::lines::{Account, Line, Lines, after_colon, count, open};
use crate::rows::{AddressFamily, VpnInstance};
use crate::table::{AnyTable, LineSpan, Parsed, Rows};
use crate::value::InterfaceName;

/// The device's counts: how many instances, and how many with each address family.
#[derive(Default)]
struct Totals {
    instances: Option<(u32, u64)>,
    ipv4: Option<(u32, u64)>,
    ipv6: Option<(u32, u64)>,
}

pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (mut lines, mut account) = open(request, text);
    let mut totals = Totals::default();
    let mut instances = Instances::default();
    while let Some(line) = lines.next() {
        if let Some(total) = total_of(line, &mut totals) {
            match count(total) {
                Some(_) => {}
                None => account.unexplained(line),
            }
        } else if let Some(title) = line.after("VPN-Instance Name and ID") {
            instances.begin(title, line, &mut account);
        } else if let Some(family) = line.after("Address family") {
            instances.family(family, line, &mut account);
        } else if let Some((key, value)) = line.text.split_once(':') {
            instances.attribute(key.trim(), value.trim(), line, &mut lines, &mut account);
        } else if !line.is_rule() {
            account.unexplained(line);
        }
    }
    instances.close(&mut account);
    instances.check_last(&mut account);
    let named = named(request);
    if instances.count == 0 && totals.instances.is_none_or(|_| request.filtered) {
        account.no_header(request);
    } else if !request.filtered && named.is_none() {
        compare(&totals, &instances, &mut account);
    }
    if let (Some(name), false) = (named, request.filtered) {
        for (instance, span) in instances.rows.iter() {
            if instance.name != name {
                account.error(
                    span.first,
                    format!(
                        "the answer is about VPN instance {}, the question was about {name}",
                        instance.name
                    ),
                );
            }
        }
    }
    account.finish(AnyTable::VpnInstances(instances.rows))
}

/// The instance that the question named.
fn named(request: &Request) -> Option<&str> {
    request
        .command
        .strip_prefix("display ip vpn-instance verbose ")
        .map(str::trim)
}

/// `Total VPN-Instances configured : 1` and the like: what follows the words.
fn total_of<'a>(line: Line<'a>, totals: &mut Totals) -> Option<&'a str> {
    let (total, place) = if let Some(total) = line.after("Total VPN-Instances configured") {
        (total, &mut totals.instances)
    } else if let Some(total) = line.after("Total IPv4 VPN-Instances configured") {
        (total, &mut totals.ipv4)
    } else {
        (line.after("Total IPv6 VPN-Instances configured")?, &mut totals.ipv6)
    };
    *place = count(total).map(|said| (line.number, said));
    Some(total)
}

/// The total is binding; a split by address family that disagrees is told (the documentation's own samples break it).
fn compare(totals: &Totals, instances: &Instances, account: &mut Account) {
    match totals.instances {
        Some((line, said)) => account.expect_count(line, "VPN instances", said, instances.count),
        None => account.error(
            0,
            "the device's count (`Total VPN-Instances configured`) is missing; the answer was cut".to_owned(),
        ),
    }
    for (said, family) in [(totals.ipv4, AddressFamily::Ipv4), (totals.ipv6, AddressFamily::Ipv6)] {
        let rows = instances.rows.rows();
        let found = rows.iter().filter(|instance| instance.afi == family).count() as u64;
        if let Some((line, said)) = said.filter(|(_, said)| *said != found) {
            account.warning(
                line,
                format!("the device counts {said} {family} VPN instances, the rows show {found}"),
            );
        }
    }
}

/// What belongs to an instance as a whole, and the block being read.
#[derive(Default)]
struct Instances {
    rows: Rows<VpnInstance>,
    count: u64,
    /// The instance without its address families, and its first line.
    whole: Option<(VpnInstance, u32)>,
    in_family: bool,
    last_line: u32,
}

impl Instances {
    /// `: vpna, 1`.
    fn begin(&mut self, title: &str, line: Line<'_>, account: &mut Account) {
        self.close(account);
        let Some((name, id)) = after_colon(title).rsplit_once(',') else {
            account.unexplained(line);
            return;
        };
        let Ok(id) = id.trim().parse() else {
            account.unexplained(line);
            return;
        };
        let instance = VpnInstance {
            name: name.trim().to_owned(),
            id: Some(id),
            ..VpnInstance::default()
        };
        self.whole = Some((instance, line.number));
        self.in_family = false;
        self.count += 1;
        self.last_line = line.number;
    }

    /// `Address family ipv4`.
    fn family(&mut self, family: &str, line: Line<'_>, account: &mut Account) {
        let afi = match after_colon(family).trim_end().to_ascii_lowercase().as_str() {
            "ipv4" => AddressFamily::Ipv4,
            "ipv6" => AddressFamily::Ipv6,
            "evpn" => AddressFamily::L2vpn,
            _ => AddressFamily::Unknown,
        };
        if self.in_family
            && let Some((row, span)) = self.rows.last_mut()
        {
            check_family(row, *span, account);
        }
        let (Some((whole, first_line)), false) = (&self.whole, afi == AddressFamily::Unknown) else {
            account.unexplained(line);
            return;
        };
        let first = if self.in_family { line.number } else { *first_line };
        let row = VpnInstance { afi, ..whole.clone() };
        self.rows.push(row, LineSpan::new(first, line.number));
        self.in_family = true;
        self.last_line = line.number;
    }

    fn attribute<'a>(
        &mut self,
        key: &str,
        value: &'a str,
        line: Line<'a>,
        lines: &mut Lines<'a>,
        account: &mut Account,
    ) {
        if self.whole.is_none() {
            account.unexplained(line);
            return;
        }
        let key: String = key
            .to_ascii_lowercase()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let (values, last) = match key.as_str() {
            "interfaces" | "export vpn targets" | "import vpn targets" => list(key == "interfaces", value, lines),
            _ => (Vec::new(), line.number),
        };
        self.last_line = last.max(line.number);
        if self.in_family
            && let Some((_, span)) = self.rows.last_mut()
        {
            span.last = self.last_line;
        }
        if key == "interfaces" {
            self.interfaces(&values, line, account);
            return;
        }
        let instance = if self.in_family {
            self.rows.last_mut().map(|(row, _)| row)
        } else {
            self.whole.as_mut().map(|(whole, _)| whole)
        };
        let Some(instance) = instance else { return };
        let text = Some(value.to_owned()).filter(|value| !value.is_empty() && value != "-");
        match key.as_str() {
            "description" => instance.description = text,
            "create date" => instance.created = text,
            "up time" => match uptime(value) {
                Some(seconds) => instance.uptime_s = Some(seconds),
                None => account.unexplained_field(line, "uptime_s"),
            },
            "vrf status" => instance.status = text.map(|status| status.to_ascii_lowercase()),
            "route distinguisher" => instance.rd = text,
            "export vpn targets" => targets(&mut instance.export_rts, values, line, "export_rts", account),
            "import vpn targets" => targets(&mut instance.import_rts, values, line, "import_rts", account),
            "label policy" => instance.label_policy = text,
            "per-instance label" => match value.split(',').next().unwrap_or(value).trim().parse() {
                Ok(label) => instance.label = Some(label),
                Err(_) if value.to_ascii_lowercase().starts_with("null") || value == "-" => {}
                Err(_) => account.unexplained_field(line, "label"),
            },
            "import route policy" => instance.import_policy = text,
            "export route policy" => instance.export_policy = text,
            "tunnel policy" => instance.tunnel_policy = text,
            "maximum routes limit" => match value.parse() {
                Ok(limit) => instance.max_routes = Some(limit),
                Err(_) => account.unexplained_field(line, "max_routes"),
            },
            _ if is_known(&key) => {}
            _ => account.unexplained(line),
        }
    }

    /// Interfaces belong to the instance: every address family shows them.
    fn interfaces(&mut self, names: &[&str], line: Line<'_>, account: &mut Account) {
        let read: Vec<InterfaceName> = names.iter().map(|name| InterfaceName::new(name)).collect();
        let fits = |name: &InterfaceName| name.is_whole() && !name.as_str().contains(char::is_whitespace);
        if !read.iter().all(fits) {
            account.unexplained_field(line, "interfaces");
            return;
        }
        let Some((whole, _)) = &mut self.whole else { return };
        for name in read {
            if !whole.interfaces.contains(&name) {
                whole.interfaces.push(name);
            }
        }
        let interfaces = whole.interfaces.clone();
        if self.in_family
            && let Some((row, _)) = self.rows.last_mut()
        {
            row.interfaces = interfaces;
        }
    }

    /// A last block without a status, where others have one, was cut. (One in use is known by other lines.)
    fn check_last(&self, account: &mut Account) {
        let rows = self.rows.rows();
        if let Some((last, others)) = rows.split_last()
            && last.afi != AddressFamily::Unknown
            && (&last.rd, &last.status) == (&None, &None)
            && others.iter().any(|row| row.status.is_some())
        {
            account.error(
                self.last_line,
                format!(
                    "the last block of VPN instance {} shows no status; the answer was cut",
                    last.name
                ),
            );
        }
    }

    /// Ends an instance. One without an address family is a row of its own.
    fn close(&mut self, account: &mut Account) {
        let Some((whole, first_line)) = self.whole.take() else {
            return;
        };
        if !self.in_family {
            self.rows.push(whole, LineSpan::new(first_line, self.last_line));
        } else if let Some((row, span)) = self.rows.last_mut() {
            check_family(row, *span, account);
        }
    }
}

/// Tells a block that was cut: one with targets always shows its route distinguisher, and one in use its label policy.
/// Instances for management (`__LOCAL_OAM_VPN__`) are in use without a distinguisher.
fn check_family(row: &VpnInstance, span: LineSpan, account: &mut Account) {
    let targets = !row.import_rts.is_empty() || !row.export_rts.is_empty();
    let in_use = row.rd.is_some() || row.status.as_deref() == Some("up");
    let missing = match &row.rd {
        None if targets => "route distinguisher",
        _ if in_use && row.label_policy.is_none() => "label policy",
        _ if row.uptime_s.is_none() => "up time",
        _ => return,
    };
    account.error(
        span.last,
        format!(
            "the {} block of VPN instance {} shows no {missing}; the answer was cut",
            row.afi, row.name
        ),
    );
}

/// Attributes that are known and have no field.
fn is_known(key: &str) -> bool {
    matches!(
        key,
        "service id"
            | "the diffserv-mode information is"
            | "the ttl-mode information is"
            | "the vpn qos configuration information"
            | "log interval"
            | "threshold routes limit"
            | "maximum prefixes limit"
            | "threshold prefixes limit"
            | "install mode"
            | "ip frr route policy"
            | "vpn frr route policy"
            | "route limit type"
            | "vpn id"
            | "interface number"
    )
}

/// A list that goes on in the next line as long as a line ends in a comma; route targets also without one.
fn list<'a>(interfaces: bool, value: &'a str, lines: &mut Lines<'a>) -> (Vec<&'a str>, u32) {
    let mut last = 0;
    let mut values: Vec<&str> = Vec::new();
    let mut text = value;
    loop {
        let split = text.split([',', ' ', '\t']).map(str::trim);
        values.extend(split.filter(|value| !value.is_empty() && *value != "-"));
        let goes_on = text.ends_with(',');
        match lines.peek() {
            Some(next) if goes_on || !interfaces && is_target_list(next.trimmed()) => {
                last = next.number;
                text = next.trimmed();
                lines.next();
            }
            _ => return (values, last),
        }
    }
}

/// Whether a line holds route targets and nothing else.
fn is_target_list(line: &str) -> bool {
    let mut words = line.split([',', ' ', '\t']).filter(|word| !word.is_empty()).peekable();
    words.peek().is_some() && words.all(is_target)
}

/// `111:1`, `1.2.3.4:1`, `65536:1`, `1.1:1` (RFC 4360, RFC 5668).
fn is_target(word: &str) -> bool {
    let Some((administrator, number)) = word.split_once(':') else {
        return false;
    };
    let dotted = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    !administrator.is_empty() && administrator.bytes().all(dotted) && number.parse::<u32>().is_ok()
}

fn targets(into: &mut Vec<String>, values: Vec<&str>, line: Line<'_>, field: &'static str, account: &mut Account) {
    if values.iter().all(|value| is_target(value)) {
        into.extend(values.into_iter().map(str::to_owned));
    } else {
        account.unexplained_field(line, field);
    }
}

/// `0 days, 02 hours, 35 minutes and 58 seconds`, in seconds.
fn uptime(value: &str) -> Option<u64> {
    let words: Vec<&str> = value
        .split([' ', ','])
        .filter(|word| !word.is_empty() && *word != "and")
        .collect();
    let mut total: u64 = 0;
    for pair in words.chunks(2) {
        let [number, unit] = pair else { return None };
        let unit = match unit.trim_end_matches('s') {
            "week" => 604_800,
            "day" => 86_400,
            "hour" => 3_600,
            "minute" => 60,
            "second" => 1,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
    }
    (!words.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_since_is_read() {
        assert_eq!(uptime("0 days, 02 hours, 35 minutes and 58 seconds"), Some(9358));
        assert_eq!(uptime("1 day, 00 hours, 00 minutes and 01 second"), Some(86_401));
        for bad in ["", "5", "days 5", "5 moons", "99999999999999999999 days"] {
            assert_eq!(uptime(bad), None, "{bad}");
        }
    }

    #[test]
    fn route_targets_have_three_forms() {
        for good in ["111:1", "1.2.3.4:1", "65536:4294967295"] {
            assert!(is_target(good), "{good}");
        }
        for bad in ["111", ":1", "111:", "a:1", "111:x"] {
            assert!(!is_target(bad), "{bad}");
        }
    }
}
