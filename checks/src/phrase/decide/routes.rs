//! Decides assertions about routes and next hops.

use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::evidence::{Answer, Reads, answers};
use super::next_hops::NextHops;
use super::route_wording::{prefix_text, route_text};
use super::wording::{clean, counted, some, some_of};
use super::{Decided, Decision, Doubt, Observation, all, and, any};
use crate::cell::Cell;
use crate::phrase::assertion::{NextHopTest, RouteAssertion, RouteClauses};
use crate::phrase::words::ProtocolName;
use crate::rows::{NextHop, Protocol, Route, RouteTable};
use crate::table::{AnyTable, LineSpan, TableKind};
use crate::value::{InterfaceName, Vrf};

/// Fields that no form here reads, so that a value not understood in them changes nothing.
const UNREAD: &[&str] = &[
    "process_id",
    "tag",
    "age_s",
    "label",
    "labels",
    "state_raw",
    "neighbour",
    "tunnel_id",
    "relay_address",
];
/// Fields of a route besides the next hops.
const SOURCE: &[&str] = &["protocol", "protocol_detail", "raw_protocol"];
const METRICS: &[&str] = &["preference", "metric"];

/// A routing table that was understood as a whole.
pub(super) struct Table<'a> {
    pub answer: Answer<'a>,
    routes: &'a RouteTable,
}

/// A route with its lines.
pub(super) struct Found {
    pub route: Route,
    pub span: LineSpan,
}

pub(super) fn decide(
    assertion: &RouteAssertion,
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    let table = Table::of(assertion, observations, warnings)?;
    match assertion {
        RouteAssertion::NextHopCount {
            count,
            prefix,
            addresses,
            ..
        } => {
            let hops = NextHops::of(&table, *prefix)?;
            let number = hops.number()?;
            let mut truth = Some(count.holds(number));
            if !addresses.is_empty() {
                truth = and(truth, hops.are(addresses));
            }
            Ok(Decision::of(truth, hops.in_words(&table, *prefix), hops.lines(&table)))
        }
        RouteAssertion::NextHops {
            prefix,
            test,
            addresses,
            ..
        } => {
            let hops = NextHops::of(&table, *prefix)?;
            let truth = if hops.forwarding.is_empty() {
                Some(false)
            } else {
                match test {
                    NextHopTest::Are => hops.are(addresses),
                    NextHopTest::Include => all(addresses.iter().map(|address| hops.has(*address))),
                    NextHopTest::Exclude => any(addresses.iter().map(|address| hops.has(*address))).map(|one| !one),
                }
            };
            Ok(Decision::of(truth, hops.in_words(&table, *prefix), hops.lines(&table)))
        }
        RouteAssertion::Route { prefix, clauses, .. } => route(&table, *prefix, clauses),
        RouteAssertion::NoRoute { prefix, via, on, .. } => no_route(&table, *prefix, via.as_ref(), on.as_ref()),
        RouteAssertion::Traffic { to, route, .. } => traffic(&table, *to, *route, warnings),
        RouteAssertion::Totals {
            destinations, routes, ..
        } => {
            let (prefixes, rows) = table.totals();
            let truth = all([
                destinations.map_or(Some(true), |count| Some(count.holds(prefixes))),
                routes.map_or(Some(true), |count| Some(count.holds(rows))),
            ]);
            let actual = format!(
                "{} and {}",
                counted(prefixes, "destination", "destinations"),
                counted(rows, "route", "routes")
            );
            Ok(Decision::of(truth, actual, table.answer.whole()))
        }
        RouteAssertion::FromProtocol { count, protocol, .. } => {
            let mut sure: u64 = 0;
            let mut open: u64 = 0;
            let mut of_source = Vec::new();
            for row in 0..table.routes.len() {
                let route = table.routes.route(row);
                let span = table.routes.span(row);
                let truth = if table.answer.misunderstood(span, SOURCE).is_some() {
                    None
                } else {
                    and(Some(route.active), is_from(&route, *protocol))
                };
                let rows = route.next_hops.len().max(1) as u64;
                match truth {
                    Some(true) => {
                        sure += rows;
                        of_source.push(row);
                    }
                    None => open += rows,
                    Some(false) => {}
                }
            }
            let mut actual = counted(
                sure,
                &format!("{} route", protocol.word),
                &format!("{} routes", protocol.word),
            );
            if !of_source.is_empty() {
                let shown = some_of(&of_source, |row| prefix_text(&table.routes.route(*row)));
                actual = format!("{actual}: {shown}");
            }
            if open > 0 {
                actual = format!("{actual}; the source of {open} more cannot be told");
            }
            let truth = count.holds_between(sure, sure + open);
            let spans = of_source.iter().map(|row| table.routes.span(*row));
            Ok(Decision::of(truth, actual, table.answer.lines(spans)))
        }
    }
}

impl<'a> Table<'a> {
    fn of(
        assertion: &RouteAssertion,
        observations: &'a [Observation<'a>],
        warnings: &mut Vec<String>,
    ) -> Result<Self, Doubt> {
        let reads = Reads {
            selectors: &["vrf", "prefix"],
            fields: &[],
        };
        let answers = answers(observations, None, TableKind::Routes, 1, &reads, warnings)?;
        let [answer] = answers[..] else {
            return Err(Doubt::new("several routing tables were answered, not one", Vec::new()));
        };
        let AnyTable::Routes(routes) = &answer.parsed.table else {
            return Err(Doubt::new("the answer is not a routing table", answer.whole()));
        };
        let table = Self { answer, routes };
        table.check(assertion.vrf())?;
        Ok(table)
    }

    /// Every row has a prefix and is of the routing table asked for.
    fn check(&self, vrf: &Vrf) -> Result<(), Doubt> {
        let field = RouteTable::FIELDS.iter().position(|field| field.name == "vrf");
        for row in 0..self.routes.len() {
            if self.routes.prefix(row).is_none() {
                return Err(Doubt::new(
                    "a route has no prefix that was understood",
                    self.answer.lines([self.routes.span(row)]),
                ));
            }
            let of = field.map_or(Cell::Absent, |field| self.routes.cell(row, field));
            if !matches!(&of, Cell::Text(have) if have == vrf.as_str()) {
                let have = match &of {
                    Cell::Text(have) => clean(have),
                    _ => "none".to_owned(),
                };
                return Err(Doubt::new(
                    format!("the answer is about routing table {have}, not {vrf}"),
                    self.answer.lines([self.routes.span(row)]),
                ));
            }
        }
        Ok(())
    }

    /// Every route to exactly this prefix.
    pub fn exact(&self, prefix: IpNet) -> Vec<Found> {
        (0..self.routes.len())
            .filter(|row| self.routes.prefix(*row) == Some(prefix))
            .map(|row| Found {
                route: self.routes.route(row),
                span: self.routes.span(row),
            })
            .collect()
    }

    /// Distinct prefixes, and rows as the device counts them.
    fn totals(&self) -> (u64, u64) {
        let mut prefixes = HashSet::new();
        let mut rows = 0;
        for row in 0..self.routes.len() {
            prefixes.extend(self.routes.prefix(row));
            rows += self.routes.route(row).next_hops.len().max(1) as u64;
        }
        (prefixes.len() as u64, rows)
    }

    /// A route of which a value that is read was not understood.
    pub fn doubts(&self, found: &[Found], read: &[&str]) -> Result<(), Doubt> {
        for found in found {
            let unread = [SOURCE, METRICS]
                .concat()
                .into_iter()
                .filter(|field| !read.contains(field))
                .chain(UNREAD.iter().copied());
            let fields: Vec<&str> = all_fields()
                .filter(|field| !unread.clone().any(|unread| unread == *field))
                .collect();
            if let Some(why) = self.answer.misunderstood(found.span, &fields) {
                return Err(Doubt::new(why, self.answer.lines([found.span])));
            }
        }
        Ok(())
    }

    /// What else there is near a prefix that has no route.
    pub fn nearby(&self, prefix: IpNet) -> String {
        let mut covering: Option<usize> = None;
        let mut within = Vec::new();
        let mut more_within: usize = 0;
        for row in 0..self.routes.len() {
            let Some(other) = self.routes.prefix(row) else {
                continue;
            };
            if other != prefix && other.contains(&prefix) {
                let longer = covering
                    .and_then(|row| self.routes.prefix(row))
                    .is_none_or(|known| other.prefix_len() > known.prefix_len());
                if longer {
                    covering = Some(row);
                }
            } else if prefix.contains(&other) && other != prefix {
                if within.len() < 4 {
                    within.push(other.to_string());
                } else {
                    more_within += 1;
                }
            }
        }
        let covering = covering.map_or_else(
            || "no other route covers it".to_owned(),
            |row| format!("it is covered by {}", route_text(&self.routes.route(row))),
        );
        if within.is_empty() {
            return covering;
        }
        let more = if more_within > 0 {
            format!(" and {more_within} more")
        } else {
            String::new()
        };
        format!("{covering}; within it: {}{more}", within.join(", "))
    }
}

fn all_fields() -> impl Iterator<Item = &'static str> + Clone {
    const MORE: &[&str] = &[
        "flags",
        "flags_raw",
        "raw_flags",
        "address",
        "interface",
        "installed",
        "recursive",
        "backup",
    ];
    RouteTable::FIELDS
        .iter()
        .map(|field| field.name)
        .chain(MORE.iter().copied())
}

fn route(table: &Table<'_>, prefix: IpNet, clauses: &RouteClauses) -> Decided {
    let found = table.exact(prefix);
    let mut read = Vec::new();
    if clauses.protocol.is_some() {
        read.extend(SOURCE);
    }
    if clauses.preference.is_some() {
        read.push("preference");
    }
    if clauses.cost.is_some() {
        read.push("metric");
    }
    table.doubts(&found, &read)?;
    let lines = table.answer.lines(found.iter().map(|found| found.span));
    if found.is_empty() {
        return Ok(Decision::fail(
            format!("no route to {prefix}; {}", table.nearby(prefix)),
            table.answer.whole(),
        ));
    }
    let text = some(found.iter().map(|found| route_text(&found.route)));
    let active: Vec<&Found> = found.iter().filter(|found| found.route.active).collect();
    if active.is_empty() {
        return Ok(Decision::fail(format!("not active: {text}"), lines));
    }
    if !active.iter().any(|found| found.route.forwarding().next().is_some()) {
        return Ok(Decision::fail(format!("not in the forwarding table: {text}"), lines));
    }
    let source = clauses.protocol.map_or(Some(true), |protocol| {
        all(active
            .iter()
            .map(|found| is_from(&found.route, protocol).map(|is| is != clauses.protocol_negated)))
    });
    let number = |want: Option<u64>, have: fn(&Route) -> Option<u32>| {
        want.map_or(Some(true), |want| {
            all(active
                .iter()
                .map(|found| have(&found.route).map(|have| u64::from(have) == want)))
        })
    };
    let path = any(active
        .iter()
        .flat_map(|found| found.route.forwarding())
        .map(|hop| leads(hop, clauses.via.as_ref(), clauses.on.as_ref())));
    let truth = all([
        source,
        number(clauses.preference, |route| route.preference),
        number(clauses.cost, |route| route.metric),
        path,
    ]);
    Ok(Decision::of(truth, text, lines))
}

fn no_route(table: &Table<'_>, prefix: IpNet, via: Option<&IpAddr>, on: Option<&InterfaceName>) -> Decided {
    let found = table.exact(prefix);
    if found.is_empty() {
        return Ok(Decision::of(
            Some(true),
            format!("no route to {prefix}; {}", table.nearby(prefix)),
            table.answer.whole(),
        ));
    }
    let text = some(found.iter().map(|found| route_text(&found.route)));
    let lines = table.answer.lines(found.iter().map(|found| found.span));
    if via.is_none() && on.is_none() {
        return Ok(Decision::fail(text, lines));
    }
    table.doubts(&found, &[])?;
    let such = any(found.iter().map(|found| {
        if found.route.next_hops.is_empty() {
            return None;
        }
        any(found.route.next_hops.iter().map(|hop| leads(hop, via, on)))
    }));
    Ok(Decision::of(such.map(|such| !such), text, lines))
}

fn traffic(table: &Table<'_>, to: IpAddr, want: Option<IpNet>, warnings: &mut Vec<String>) -> Decided {
    let mut covering: Vec<Found> = (0..table.routes.len())
        .filter(|row| table.routes.prefix(*row).is_some_and(|prefix| prefix.contains(&to)))
        .map(|row| Found {
            route: table.routes.route(row),
            span: table.routes.span(row),
        })
        .collect();
    table.doubts(&covering, &[])?;
    covering.sort_by_key(|found| std::cmp::Reverse(found.route.prefix.map_or(0, |prefix| prefix.prefix_len())));
    let forwards = |found: &&Found| found.route.active && found.route.forwarding().next().is_some();
    let Some(used) = covering.iter().find(forwards) else {
        let unused = some(covering.iter().map(|found| route_text(&found.route)));
        let actual = if unused.is_empty() {
            format!("no route covers {to}")
        } else {
            format!("no route in the forwarding table covers {to}; not used: {unused}")
        };
        return Ok(Decision::of(Some(want.is_none()), actual, table.answer.whole()));
    };
    if used.route.blackhole {
        warnings.push(format!("{} discards its packets", prefix_text(&used.route)));
    }
    let truth = want.is_some() && used.route.prefix == want;
    Ok(Decision::of(
        Some(truth),
        format!("{to} uses {}", route_text(&used.route)),
        table.answer.lines([used.span]),
    ))
}

/// Whether a route is from a source.
fn is_from(route: &Route, name: ProtocolName) -> Option<bool> {
    if route.protocol == Protocol::Unknown {
        return None;
    }
    let protocol = Some(route.protocol == name.protocol);
    let Some(detail) = name.detail else {
        return protocol;
    };
    let detail = route
        .protocol_detail
        .as_ref()
        .map(|have| have.replace('_', "-").eq_ignore_ascii_case(&detail.replace('_', "-")));
    and(protocol, detail)
}

/// Whether a next hop has this address and goes out of this interface.
fn leads(hop: &NextHop, via: Option<&IpAddr>, on: Option<&InterfaceName>) -> Option<bool> {
    and(
        via.map_or(Some(true), |via| hop.address.map(|have| have == *via)),
        on.map_or(Some(true), |on| hop.interface.as_ref().map(|have| have == on)),
    )
}
