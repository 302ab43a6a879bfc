//! Forms about routes and next hops.

use super::{Built, Form, Problem, Scope};
use crate::phrase::assertion::{Assertion, NextHopTest, RouteAssertion, RouteClauses};
use crate::phrase::count::Count;
use crate::phrase::matcher::Bindings;
use crate::value::Vrf;

const GROUP: &str = "Routes";

pub(super) const FORMS: &[Form] = &[
    Form {
        id: "next-hop-count",
        group: GROUP,
        scope: Scope::Device,
        syntax: "{count} next hop[s] for {prefix} [in {vrf}] [, {addresses}]",
        examples: &[
            "two next hops for 1.1.1.1",
            "2 next hops for 1.1.1.1/32 in VPNA",
            "at least 2 next hops for 1.1.1.1 in VPNA",
            "one next hop for 1.1.1.1 in VPNA, 3.3.3.3",
            "one next hop for 1.1.1.1 in VPNA, 3.3.3.3, within 5 s",
        ],
        doc: "Counts the next hops of exactly this prefix that are in the forwarding table (VRP flag `D`) and are no \
              backup. Next hops are told apart by address and interface; a next hop that was resolved through another \
              route (VRP flag `R`) is told apart by its address alone, so that one PE reached over two links is one \
              next hop. With addresses after a comma, they must also be exactly these. Where the prefix has no route, \
              the number is 0. A row whose address or interface was not understood makes it inconclusive.",
        build: next_hop_count,
    },
    Form {
        id: "next-hops",
        group: GROUP,
        scope: Scope::Device,
        syntax: "next hop[s] for {prefix} [in {vrf}] (is/are|include/includes|exclude/excludes) {addresses}",
        examples: &[
            "next hops for 1.1.1.1 in VPNA are 2.2.2.2 and 3.3.3.3",
            "next hops for 1.1.1.1 in VPNA include 3.3.3.3",
            "next hops for 1.1.1.1 in VPNA exclude 2.2.2.2",
        ],
        doc: "Compares the addresses of the next hops that forward packets to exactly this prefix: `are` the exact \
              set, `include` at least these, `exclude` none of these. All three fail where the prefix has no \
              next hop that forwards.",
        build: next_hops,
    },
    Form {
        id: "route",
        group: GROUP,
        scope: Scope::Device,
        syntax: "route [for/to] {prefix} [in {vrf}] [is [not] {protocol}] [with (preference {number:preference} \
                 [and cost {number:cost}]|cost {number:cost})] [via {address}] [on {interface}]",
        examples: &[
            "route 1.1.1.1/32 in VPNA is static with preference 60 via 10.1.1.1 on GigabitEthernet0/3/0",
            "route 1.1.1.1/32 in VPNA is ebgp via 3.3.3.3",
            "route 10.1.1.0/24 is not static",
            "route 4.4.4.4/32 is ospf with cost 2",
            "route 0.0.0.0/0",
        ],
        doc: "There is an active route to exactly this prefix with at least one next hop in the forwarding table, \
              every active route to it has this source, preference and cost, and one next hop that forwards has this \
              address and goes out of this interface.",
        build: route,
    },
    Form {
        id: "no-route",
        group: GROUP,
        scope: Scope::Device,
        syntax: "no route for/to {prefix} [in {vrf}] [via {address}] [on {interface}] [in {vrf}]",
        examples: &[
            "no route for 10.1.1.0/24 in VPNA",
            "no route for 1.1.1.1/32 via 10.1.1.1 in VPNA within 2 s",
        ],
        doc: "Passes when the whole routing table was understood and holds no route to exactly this prefix, active or \
              not; with `via` or `on`, none with such a next hop. A covering route (a default route, say) is another \
              prefix and is only shown: `traffic to … uses no route` asks about those too.",
        build: no_route,
    },
    Form {
        id: "traffic-route",
        group: GROUP,
        scope: Scope::Device,
        syntax: "traffic to {address} [in {vrf}] uses (route {prefix}|no route)",
        examples: &[
            "traffic to 1.1.1.1 in VPNA uses route 1.1.1.1/32",
            "traffic to 192.0.2.1 in VPNA uses no route",
        ],
        doc: "Which of all routes in the forwarding table is the longest match for the address.",
        build: traffic,
    },
    Form {
        id: "route-totals",
        group: GROUP,
        scope: Scope::Device,
        syntax: "{count:destinations} destination[s] [and {count:routes} route[s]] [in {vrf}]",
        examples: &["14 destinations and 15 routes", "at least 7 destinations in VPNA"],
        doc: "Counts as the device does in its header: destinations are distinct prefixes, routes are rows, one a \
              next hop.",
        build: totals,
    },
    Form {
        id: "route-count",
        group: GROUP,
        scope: Scope::Device,
        syntax: "{count:routes} route[s] [in {vrf}]",
        examples: &["8 routes in VPNA", "at least 1 route"],
        doc: "Counts the routes of a table as the device does, one a next hop.",
        build: totals,
    },
    Form {
        id: "protocol-route-count",
        group: GROUP,
        scope: Scope::Device,
        syntax: "{count} {protocol} route[s] [in {vrf}]",
        examples: &[
            "at least 1 ospf route",
            "no static route in VPNA",
            "4 ibgp routes in VPNA",
        ],
        doc: "Counts the active routes from one source, one a next hop.",
        build: from_protocol,
    },
];

fn vrf(bindings: &Bindings) -> Result<Vrf, Problem> {
    if bindings.times("vrf") > 1 {
        return Err(Problem::at(bindings.span("vrf"), "the VPN instance is said twice"));
    }
    Ok(bound!(bindings, "vrf", Vrf).unwrap_or_default())
}

fn next_hop_count(bindings: &Bindings) -> Built {
    let count = required!(bindings, "count", Count);
    let addresses = bound!(bindings, "addresses", Addresses).unwrap_or_default();
    if !addresses.is_empty() && count != Count::Exactly(addresses.len() as u64) {
        let message = format!(
            "{} asked for, and {} named",
            count.of("next hop", "next hops"),
            Count::Exactly(addresses.len() as u64).of("address", "addresses")
        );
        return Err(Problem::at(bindings.span("addresses"), message));
    }
    Ok(Assertion::Route(RouteAssertion::NextHopCount {
        count,
        prefix: required!(bindings, "prefix", Prefix),
        vrf: vrf(bindings)?,
        addresses,
    }))
}

fn next_hops(bindings: &Bindings) -> Built {
    let test = if bindings.has("include") {
        NextHopTest::Include
    } else if bindings.has("exclude") {
        NextHopTest::Exclude
    } else {
        NextHopTest::Are
    };
    Ok(Assertion::Route(RouteAssertion::NextHops {
        prefix: required!(bindings, "prefix", Prefix),
        vrf: vrf(bindings)?,
        test,
        addresses: required!(bindings, "addresses", Addresses),
    }))
}

fn route(bindings: &Bindings) -> Built {
    Ok(Assertion::Route(RouteAssertion::Route {
        prefix: required!(bindings, "prefix", Prefix),
        vrf: vrf(bindings)?,
        clauses: RouteClauses {
            protocol: bound!(bindings, "protocol", Protocol),
            protocol_negated: bindings.has("not"),
            preference: bound!(bindings, "preference", Number),
            cost: bound!(bindings, "cost", Number),
            via: bound!(bindings, "address", Address),
            on: bound!(bindings, "interface", Interface),
        },
    }))
}

fn no_route(bindings: &Bindings) -> Built {
    Ok(Assertion::Route(RouteAssertion::NoRoute {
        prefix: required!(bindings, "prefix", Prefix),
        vrf: vrf(bindings)?,
        via: bound!(bindings, "address", Address),
        on: bound!(bindings, "interface", Interface),
    }))
}

fn traffic(bindings: &Bindings) -> Built {
    let to = required!(bindings, "address", Address);
    let route = bound!(bindings, "prefix", Prefix);
    if let Some(route) = route.filter(|route| !route.contains(&to)) {
        let message = format!("{to} is not in {route}: the route can never be the longest match");
        return Err(Problem::at(bindings.span("prefix"), message));
    }
    Ok(Assertion::Route(RouteAssertion::Traffic {
        to,
        vrf: vrf(bindings)?,
        route,
    }))
}

fn totals(bindings: &Bindings) -> Built {
    Ok(Assertion::Route(RouteAssertion::Totals {
        destinations: bound!(bindings, "destinations", Count),
        routes: bound!(bindings, "routes", Count),
        vrf: vrf(bindings)?,
    }))
}

fn from_protocol(bindings: &Bindings) -> Built {
    Ok(Assertion::Route(RouteAssertion::FromProtocol {
        count: required!(bindings, "count", Count),
        protocol: required!(bindings, "protocol", Protocol),
        vrf: vrf(bindings)?,
    }))
}
