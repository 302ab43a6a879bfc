//! Phrases about routes and next hops, each passing, failing and not to be told.

#![allow(clippy::unwrap_used)] // a test may panic

mod phrase_tables;

use checks::Verdict::{self, Fail, Inconclusive, Pass};
use checks::rows::Route;
use phrase_tables::{decided, expect, hop, pe3, route, routes, with_unexplained};
use rstest::rstest;

#[rstest]
#[case(
    "two next hops for 1.1.1.1 in VPNA",
    Pass,
    "2 next hops: 3.3.3.3 on GigabitEthernet0/2/0, 2.2.2.2 on"
)]
#[case("at least 2 next hops for 1.1.1.1 in VPNA", Pass, "2 next hops")]
#[case("at most 1 next hop for 1.1.1.1 in VPNA", Fail, "2 next hops")]
#[case("one next hop for 1.1.1.1 in VPNA", Fail, "2 next hops")]
#[case("one next hop for 10.1.1.0/24 in VPNA, 2.2.2.2", Pass, "1 next hop: 2.2.2.2")]
#[case("one next hop for 10.1.1.0/24 in VPNA, 3.3.3.3", Fail, "1 next hop: 2.2.2.2")]
#[case(
    "one next hop for 9.9.9.9 in VPNA",
    Fail,
    "no route to 9.9.9.9/32; no other route covers it"
)]
#[case("two next hops for 10.1.1.7 in VPNA", Fail, "it is covered by 10.1.1.0/24 ibgp")]
#[case(
    "two next hops for 10.3.0.0/16 in VPNA",
    Fail,
    "within it: 10.3.1.0/24, 10.3.1.1/32, 10.3.1.255/32"
)]
#[case("next hops for 1.1.1.1 in VPNA are 2.2.2.2 and 3.3.3.3", Pass, "2 next hops")]
#[case("next hops for 1.1.1.1 in VPNA are 2.2.2.2", Fail, "2 next hops")]
#[case(
    "next hops for 1.1.1.1 in VPNA are 2.2.2.2, 3.3.3.3 and 4.4.4.4",
    Fail,
    "2 next hops"
)]
#[case("next hops for 1.1.1.1 in VPNA include 3.3.3.3", Pass, "")]
#[case("next hops for 1.1.1.1 in VPNA include 4.4.4.4", Fail, "")]
#[case("next hops for 1.1.1.1 in VPNA exclude 4.4.4.4", Pass, "")]
#[case("next hops for 1.1.1.1 in VPNA exclude 3.3.3.3", Fail, "")]
#[case("next hops for 9.9.9.9 in VPNA exclude 3.3.3.3", Fail, "no route")]
#[case(
    "route 10.1.1.0/24 in VPNA is ibgp with preference 255 via 2.2.2.2 on GE0/1/0",
    Pass,
    "10.1.1.0/24 ibgp, preference 255, cost 0, via 2.2.2.2"
)]
#[case("route 10.1.1.0/24 in VPNA is bgp", Pass, "")]
#[case("route 10.1.1.0/24 in VPNA is ebgp", Fail, "")]
#[case("route 10.1.1.0/24 in VPNA is not static", Pass, "")]
#[case("route 10.1.1.0/24 in VPNA is not bgp", Fail, "")]
#[case("route 10.1.1.0/24 in VPNA with preference 60", Fail, "preference 255")]
#[case("route 10.1.1.0/24 in VPNA with cost 1", Fail, "cost 0")]
#[case("route 10.1.1.0/24 in VPNA via 2.2.2.2 on GE0/2/0", Fail, "")]
#[case("route 1.1.1.1/32 in VPNA via 3.3.3.3 on GE0/1/0", Fail, "")]
#[case("route 9.9.9.9 in VPNA", Fail, "no route to 9.9.9.9/32")]
#[case("no route for 9.9.9.9 in VPNA", Pass, "no route")]
#[case("no route for 10.1.1.0/24 in VPNA", Fail, "via 2.2.2.2")]
#[case("no route for 1.1.1.1/32 via 2.2.2.2 in VPNA", Fail, "")]
#[case("no route for 1.1.1.1/32 via 4.4.4.4 in VPNA", Pass, "")]
#[case("no route for 1.1.1.1/32 on GE0/1/0 in VPNA", Fail, "")]
#[case("traffic to 1.1.1.1 in VPNA uses route 1.1.1.1/32", Pass, "1.1.1.1 uses 1.1.1.1/32")]
#[case("traffic to 10.3.1.1 in VPNA uses route 10.3.1.0/24", Fail, "uses 10.3.1.1/32")]
#[case("traffic to 9.9.9.9 in VPNA uses no route", Pass, "no route covers 9.9.9.9")]
#[case("traffic to 1.1.1.1 in VPNA uses no route", Fail, "")]
#[case("7 destinations and 8 routes in VPNA", Pass, "7 destinations and 8 routes")]
#[case("7 destinations and 7 routes in VPNA", Fail, "7 destinations and 8 routes")]
#[case("8 routes in VPNA", Pass, "")]
#[case("at least 1 ibgp route in VPNA", Pass, "4 ibgp routes")]
#[case("4 bgp routes in VPNA", Pass, "")]
#[case("no ospf route in VPNA", Pass, "")]
#[case("at least 1 static route in VPNA", Fail, "no static route")]
#[case(
    "3 routes in VPNA where protocol is bgp",
    Pass,
    "3 routes: 1.1.1.1/32, 10.1.1.0/24, 10.2.1.0/24"
)]
#[case("every route in VPNA where protocol is bgp has preference 255", Pass, "3 routes")]
#[case(
    "every route in VPNA where protocol is bgp has metric above 0",
    Fail,
    "3 of 3 routes: 1.1.1.1/32 has metric 0"
)]
#[case(
    "every route in VPNA where protocol is static has preference 60",
    Fail,
    "nothing to check"
)]
#[case(
    "no route where vrf is VPNA and next_hops.interface contains GE0/1/0",
    Fail,
    "2 routes: 1.1.1.1/32, 10.1.1.0/24"
)]
#[case("every route in VPNA has tag 5", Inconclusive, "no `tag` printed")]
fn on_the_table_of_pe3(#[case] text: &str, #[case] verdict: Verdict, #[case] actual: &str) {
    expect(text, &[&pe3()], verdict, actual);
}

#[test]
fn the_deciding_lines_are_those_of_the_route() {
    let outcome = decided("two next hops for 1.1.1.1 in VPNA", &[&pe3()]);
    let lines = &outcome.deciding[0];
    assert_eq!((lines.lines[0].first, lines.lines[0].last), (10, 11));
    assert_eq!(lines.command, "display ip routing-table vpn-instance VPNA");
    assert_eq!(lines.evidence, "evidence/1.txt");
    assert_eq!(outcome.expected, "2 next hops for 1.1.1.1/32 in VPNA");
    // Nothing there: the whole answer decides.
    assert!(
        decided("no route for 9.9.9.9 in VPNA", &[&pe3()]).deciding[0]
            .lines
            .is_empty()
    );
}

#[test]
fn one_pe_over_two_links_is_one_next_hop() {
    let table = routes(vec![route(
        "VPNA",
        "1.1.1.1/32 ibgp 255 0",
        &["3.3.3.3 GE0/1/0 RD", "3.3.3.3 GE0/2/0 RD"],
    )]);
    expect("two next hops for 1.1.1.1 in VPNA", &[&table], Fail, "1 next hop");
    expect("one next hop for 1.1.1.1 in VPNA, 3.3.3.3", &[&table], Pass, "");
}

#[test]
fn next_hops_that_do_not_forward_are_not_counted() {
    let table = routes(vec![
        route(
            "",
            "1.1.1.1/32 ibgp 255 0",
            &["3.3.3.3 GE0/1/0 RD", "2.2.2.2 GE0/2/0 R"],
        ),
        route(
            "",
            "2.2.2.2/32 ospf 10 2",
            &["10.0.0.1 GE0/1/0 D", "10.0.0.2 GE0/2/0 D backup"],
        ),
        route("", "5.5.5.5/32 ibgp 255 0", &["6.6.6.6 GE0/1/0 R"]),
    ]);
    let mut inactive = routes(vec![]);
    expect("two next hops for 1.1.1.1", &[&table], Fail, "1 next hop: 3.3.3.3");
    expect(
        "one next hop for 1.1.1.1",
        &[&table],
        Pass,
        "2.2.2.2 on GigabitEthernet0/2/0 (not in the forwarding table)",
    );
    expect("one next hop for 2.2.2.2, 10.0.0.1", &[&table], Pass, "(backup)");
    expect("route 5.5.5.5", &[&table], Fail, "not in the forwarding table");
    expect("traffic to 5.5.5.5 uses route 5.5.5.5/32", &[&table], Fail, "not used");
    // An inactive route is not in use, and is there all the same.
    if let checks::AnyTable::Routes(routes) = &mut inactive.table {
        let route = Route {
            active: false,
            ..route("", "1.1.1.1/32 static 60 0", &["10.1.1.1 GE0/3/0 R"])
        };
        routes.push(route, checks::table::LineSpan::line(10));
    }
    expect("route 1.1.1.1/32 is static", &[&inactive], Fail, "not active");
    expect("no route for 1.1.1.1", &[&inactive], Fail, "inactive");
}

#[test]
fn a_black_hole_is_no_next_hop() {
    let hole = Route {
        blackhole: true,
        ..route("", "1.1.1.1/32 static 60 0", &["0.0.0.0 NULL0 DB"])
    };
    let table = routes(vec![hole]);
    expect("one next hop for 1.1.1.1", &[&table], Fail, "black hole");
    expect("route 1.1.1.1 is static on NULL0", &[&table], Pass, "");
    let outcome = decided("traffic to 1.1.1.1 uses route 1.1.1.1/32", &[&table]);
    assert!(outcome.warnings[0].contains("discards"), "{:?}", outcome.warnings);
}

#[test]
fn what_was_not_understood_of_a_route_decides_nothing() {
    let no_address = Route {
        next_hops: vec![checks::rows::NextHop {
            address: None,
            ..hop("x GE0/1/0 D")
        }],
        ..route("", "1.1.1.1/32 ospf 10 2", &[])
    };
    let table = routes(vec![no_address]);
    expect("next hops for 1.1.1.1 are 2.2.2.2", &[&table], Inconclusive, "");
    expect("next hops for 1.1.1.1 exclude 2.2.2.2", &[&table], Inconclusive, "");
    expect("no route for 1.1.1.1 via 2.2.2.2", &[&table], Inconclusive, "");
    expect("route 1.1.1.1 via 2.2.2.2", &[&table], Inconclusive, "");
    expect("route 1.1.1.1 on GE0/1/0", &[&table], Pass, "");

    let unknown = routes(vec![route("", "1.1.1.1/32 ? 10 2", &["2.2.2.2 GE0/1/0 D"])]);
    expect("route 1.1.1.1 is static", &[&unknown], Inconclusive, "");
    expect("route 1.1.1.1 is not static", &[&unknown], Inconclusive, "");
    expect("no static route", &[&unknown], Inconclusive, "cannot be told");

    let no_preference = routes(vec![route("", "1.1.1.1/32 static", &["2.2.2.2 GE0/1/0 D"])]);
    expect("route 1.1.1.1 with preference 60", &[&no_preference], Inconclusive, "");

    // A cost that was not understood matters to who reads costs only.
    let cost = with_unexplained(pe3(), 10, Some("metric"));
    expect("two next hops for 1.1.1.1 in VPNA", &[&cost], Pass, "");
    expect("route 1.1.1.1/32 in VPNA is bgp", &[&cost], Pass, "");
    expect(
        "route 1.1.1.1/32 in VPNA with cost 0",
        &[&cost],
        Inconclusive,
        "line 10",
    );
    // Flags decide whether a next hop counts.
    let flags = with_unexplained(pe3(), 11, Some("raw_flags"));
    expect("two next hops for 1.1.1.1 in VPNA", &[&flags], Inconclusive, "line 11");
    expect("one next hop for 10.1.1.0/24 in VPNA", &[&flags], Pass, "");
    // A prefix that was not understood could be any.
    let prefix = with_unexplained(pe3(), 15, Some("prefix"));
    expect("no route for 9.9.9.9 in VPNA", &[&prefix], Inconclusive, "line 15");
}

#[test]
fn an_answer_about_another_routing_table_decides_nothing() {
    expect(
        "no route for 1.1.1.1",
        &[&pe3()],
        Inconclusive,
        "routing table VPNA, not default",
    );
    expect(
        "2 routes where protocol is static",
        &[&pe3()],
        Inconclusive,
        "not of the VPN instance",
    );
    let empty = routes(vec![]);
    expect("no route for 1.1.1.1", &[&empty], Pass, "no route");
}
