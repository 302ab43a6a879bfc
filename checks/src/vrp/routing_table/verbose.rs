//! The blocks of `… verbose`: a destination and its attributes as `Key: value`, mostly two on a line.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::UNKNOWN_INTERFACE;
use super::protocol_word::protocol_name;
use crate::rows::{NextHop, Protocol, Route};
use crate::table::LineSpan;
use crate::value::{InterfaceName, Vrf};
use crate::vrp::lines::{Account, Line};

/// Keys in lower case without their blanks.
const KEYS: &[&str] = &[
    "destination",
    "protocol",
    "processid",
    "preference",
    "cost",
    "nexthop",
    "neighbour",
    "neighbor",
    "state",
    "age",
    "tag",
    "priority",
    "label",
    "qosinfo",
    "indirectid",
    "instance",
    "relaynexthop",
    "interface",
    "tunnelid",
    "flags",
    "routecolor",
    "routercolor",
    "bknexthop",
    "bkinterface",
    "bklabel",
    "sectunnelid",
    "bkpetunnelid",
    "bkpesectunnelid",
    "bkindirectid",
];

/// The `Key: value` pairs of a line; `None` where the line holds anything else, a key that is not known included.
pub(super) fn pairs(line: &str) -> Option<Vec<(&'static str, &str)>> {
    let mut pairs: Vec<(&'static str, &str)> = Vec::new();
    let mut start = 0;
    for colon in memchr::memchr_iter(b':', line.as_bytes()) {
        // An address of IPv6 before the last key's value ends.
        let before = &line[start..colon];
        if let Some((key, length)) = key_at_end(before) {
            let rest = before[..before.len() - length].trim();
            match pairs.last_mut() {
                Some((_, value)) => *value = rest,
                None if !rest.is_empty() => return None,
                None => {}
            }
            pairs.push((key, ""));
            start = colon + 1;
        } else {
            let ends_word = line.as_bytes().get(colon + 1).is_none_or(|byte| *byte == b' ');
            if ends_word && !before.ends_with(':') {
                return None;
            }
        }
    }
    let (_, value) = pairs.last_mut()?;
    *value = line[start..].trim();
    Some(pairs)
}

/// The key that a text ends with, and the length of it with the blanks after it.
fn key_at_end(text: &str) -> Option<(&'static str, usize)> {
    let trimmed = text.trim_end();
    let last_word = trimmed.rfind(' ').map_or(0, |at| at + 1);
    let two_words = trimmed[..last_word].trim_end().rfind(' ').map_or(0, |at| at + 1);
    for start in [two_words, last_word] {
        let mut words = trimmed[start..].split_whitespace();
        let (first, second) = (words.next()?, words.next().unwrap_or_default());
        let is_key = |key: &&&str| {
            key.len() == first.len() + second.len()
                && key[..first.len()].eq_ignore_ascii_case(first)
                && key[first.len()..].eq_ignore_ascii_case(second)
        };
        if words.next().is_none()
            && let Some(key) = KEYS.iter().find(is_key)
        {
            return Some((*key, text.len() - start));
        }
    }
    None
}

/// One block, as far as it is read.
#[derive(Debug)]
pub(super) struct Block {
    route: Route,
    span: LineSpan,
    seen: Vec<&'static str>,
    backup: Option<NextHop>,
}

impl Block {
    /// A block that begins at a `Destination` line.
    pub fn new(vrf: Vrf, line: Line<'_>) -> Self {
        Self {
            route: Route {
                vrf,
                ..Route::default()
            },
            span: LineSpan::line(line.number),
            seen: Vec::new(),
            backup: None,
        }
    }

    /// Takes the pairs of a line.
    pub fn take(&mut self, pairs: &[(&'static str, &str)], line: Line<'_>, account: &mut Account) {
        self.span.last = line.number;
        for (key, value) in pairs {
            // A route that is resolved over several links repeats what belongs to each of them.
            let repeats = matches!(
                *key,
                "relaynexthop" | "interface" | "tunnelid" | "flags" | "indirectid" | "label" | "qosinfo" | "routecolor"
            );
            if self.seen.contains(key) && !repeats {
                account.unexplained(line);
                return;
            }
            if let Err(field) = self.set(key, value) {
                account.unexplained_field(line, field);
            }
            self.seen.push(*key);
        }
    }

    /// The next hop that attributes are for now: a new one where this attribute was given before.
    fn hop(&mut self, key: &'static str) -> &mut NextHop {
        let first = match self.route.next_hops.first() {
            Some(hop) => hop.clone(),
            None => NextHop::default(),
        };
        let hops = &mut self.route.next_hops;
        let restart = match key {
            "relaynexthop" => self.seen.contains(&"relaynexthop"),
            "interface" => hops.last().is_some_and(|hop| hop.interface.is_some()),
            _ => false,
        };
        if restart || hops.is_empty() {
            hops.push(NextHop {
                address: first.address,
                neighbour: first.neighbour,
                labels: first.labels,
                ..NextHop::default()
            });
        }
        let last = hops.len() - 1;
        &mut hops[last]
    }

    fn set(&mut self, key: &'static str, value: &str) -> Result<(), &'static str> {
        let words = value.split_whitespace().count();
        let one_word = words == 1;
        match key {
            "destination" => {
                let net: Ipv4Net = value.parse().map_err(|_| "prefix")?;
                if net != net.trunc() {
                    return Err("prefix");
                }
                self.route.prefix = Some(IpNet::V4(net));
            }
            "protocol" => {
                let name = protocol_name(value);
                self.route.protocol = name.protocol;
                self.route.protocol_detail = name.detail;
                self.route.raw_protocol = name.raw;
                if name.protocol == Protocol::Unknown || !one_word {
                    return Err("protocol");
                }
            }
            "processid" => self.route.process_id = Some(value.parse().map_err(|_| "process_id")?),
            "preference" => self.route.preference = Some(value.parse().map_err(|_| "preference")?),
            "cost" => self.route.metric = Some(value.parse().map_err(|_| "metric")?),
            "nexthop" => self.hop(key).address = Some(value.parse().map_err(|_| "next_hops")?),
            "neighbour" | "neighbor" => self.hop(key).neighbour = specified(value)?,
            "state" => {
                self.route.state_raw = Some(value.to_owned());
                self.route.active = match value.split_whitespace().next() {
                    Some("Active") => true,
                    Some("Inactive" | "Invalid") => false,
                    _ => return Err("active"),
                };
            }
            "age" => self.route.age_s = Some(age(value).ok_or("age_s")?),
            "tag" => self.route.tag = Some(value.parse().map_err(|_| "tag")?),
            "label" => {
                let labels = labels(value).ok_or("label")?;
                self.route.label = self.route.label.or(labels.first().copied());
                self.hop(key).labels = labels;
            }
            "relaynexthop" => self.hop(key).relay_address = specified(value)?,
            "interface" => {
                if value.contains("  ") {
                    return Err("next_hops");
                }
                // A route whose next hop is not reachable has none.
                let name = Some(value).filter(|value| !value.is_empty() && *value != UNKNOWN_INTERFACE);
                let name = name.map(InterfaceName::new);
                if name.as_ref().is_some_and(|name| !name.is_whole()) {
                    return Err("next_hops");
                }
                self.hop(key).interface = name;
            }
            "tunnelid" if one_word => self.hop(key).tunnel_id = Some(value.to_owned()),
            "flags" => {
                let value = if value == "0" { "" } else { value };
                if !value.bytes().all(|flag| b"RDTB".contains(&flag)) {
                    return Err("next_hops");
                }
                let hop = self.hop(key);
                hop.installed = value.contains('D');
                hop.recursive = value.contains('R');
                hop.raw_flags = Some(value.to_owned()).filter(|flags| !flags.is_empty());
                self.route.blackhole |= value.contains('B');
            }
            "bknexthop" => self.backup().address = Some(value.parse().map_err(|_| "next_hops")?),
            "bkinterface" if !value.contains("  ") => self.backup().interface = Some(InterfaceName::new(value)),
            "bklabel" => self.backup().labels = labels(value).ok_or("next_hops")?,
            "sectunnelid" | "bkpetunnelid" | "bkpesectunnelid" | "bkindirectid" | "indirectid" | "qosinfo"
            | "routecolor" | "routercolor" | "priority" | "instance"
                if words <= 1 => {}
            _ => return Err("next_hops"),
        }
        Ok(())
    }

    fn backup(&mut self) -> &mut NextHop {
        self.backup.get_or_insert_with(|| NextHop {
            backup: true,
            ..NextHop::default()
        })
    }

    /// The route, with an error in the account where the block was cut.
    pub fn finish(mut self, account: &mut Account) -> (Route, LineSpan) {
        let required = [
            "protocol",
            "preference",
            "cost",
            "nexthop",
            "state",
            "interface",
            "flags",
        ];
        if let Some(missing) = required.iter().find(|key| !self.seen.contains(key)) {
            account.error(
                self.span.last,
                format!("the route's block ends without `{missing}`; the answer was cut"),
            );
        }
        for hop in &mut self.route.next_hops {
            hop.active = self.route.active;
            let null = hop.interface.as_ref().is_some_and(|name| name.as_str() == "NULL0");
            self.route.blackhole |= null;
        }
        self.route.installed = self.route.next_hops.iter().all(|hop| hop.installed) && !self.route.next_hops.is_empty();
        if let Some(backup) = self.backup.filter(|backup| backup.address.is_some()) {
            self.route.next_hops.push(backup);
        }
        (self.route, self.span)
    }
}

/// Whether a further block is one more next hop of the same route.
pub(super) fn is_same_route(route: &Route, other: &Route) -> bool {
    route.prefix.is_some()
        && route.prefix == other.prefix
        && route.raw_protocol == other.raw_protocol
        && route.process_id == other.process_id
        && route.preference == other.preference
        && route.metric == other.metric
        && route.active == other.active
}

/// An address; the unspecified one (`0.0.0.0`, `::`) stands for none.
fn specified(value: &str) -> Result<Option<IpAddr>, &'static str> {
    let address: IpAddr = value.parse().map_err(|_| "next_hops")?;
    Ok(Some(address).filter(|address| !address.is_unspecified()))
}

/// `NULL` for none, `1025` or `0x23`.
fn labels(value: &str) -> Option<Vec<u32>> {
    if value.eq_ignore_ascii_case("null") {
        return Some(Vec::new());
    }
    let label = match value.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => value.parse(),
    };
    Some(vec![label.ok()?])
}

/// `00h05m41s`, `2d03h04m05s`, `269sec`, in seconds.
pub(super) fn age(value: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = value;
    let mut smaller_than = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = match &rest[..letters] {
            "w" => 604_800,
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            "s" | "sec" => 1,
            _ => return None,
        };
        rest = &rest[letters..];
        if unit >= smaller_than {
            return None;
        }
        smaller_than = unit;
        total = total.checked_add(number.checked_mul(unit)?)?;
    }
    (smaller_than != u64::MAX).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_keep_to_their_values() {
        assert_eq!(
            pairs("     Protocol: Static           Process ID: 0").unwrap(),
            [("protocol", "Static"), ("processid", "0")]
        );
        assert_eq!(
            pairs("   IndirectID: 0x10000EF            Instance:                                 ").unwrap(),
            [("indirectid", "0x10000EF"), ("instance", "")]
        );
        assert_eq!(
            pairs("     Instance:          Interface: Tunnel1").unwrap(),
            [("instance", ""), ("interface", "Tunnel1")]
        );
        assert_eq!(
            pairs(" RelayNextHop : FE80::1        Interface : SRv6-TE Policy").unwrap(),
            [("relaynexthop", "FE80::1"), ("interface", "SRv6-TE Policy")]
        );
        assert_eq!(pairs("  NextHop: 2001:DB8::   Age: 1sec").unwrap()[0].1, "2001:DB8::");
    }

    #[test]
    fn a_key_that_is_not_known_is_not_swallowed() {
        assert_eq!(pairs("  State: Active   Novelty: 7"), None);
        assert_eq!(pairs("  Novelty: 7"), None);
        assert_eq!(pairs("  x  State: Active"), None);
        assert_eq!(pairs("no colon"), None);
    }

    #[test]
    fn ages_are_read_in_every_unit() {
        assert_eq!(age("00h05m41s"), Some(341));
        assert_eq!(age("2d03h04m05s"), Some(183_845));
        assert_eq!(age("269sec"), Some(269));
        for bad in ["", "5", "1s1s", "h", "1x", "99999999999999999999d", "1m1h"] {
            assert_eq!(age(bad), None, "{bad}");
        }
    }
}
