//! BGP fast reroute (`auto-frr`): PE3 sends by the path that stands ready as soon as it knows that the one in use has
//! failed. BGP alone takes its time here, so that what happens before is told from what it does.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use rstest::rstest;

use super::lab::Computed;
use super::settling::assert_settled;
use crate::fault::Fault;
use crate::network::{Delays, End, Moment, Vrf, Walk};

/// What BGP takes to choose anew.
const BGP: Duration = Duration::from_millis(400);

const PE1: usize = 0;
const PE2: usize = 1;

/// The worked example with one path in use on PE3, and these lines.
fn lab(lines: &[&str]) -> Computed {
    let lab = Computed::start_with(Delays {
        bgp_processing: BGP,
        ..Delays::default()
    });
    let family = "bgp 100 / ipv4-family vpn-instance VPNA";
    let mut all = vec![
        format!("{family} / undo maximum load-balancing"),
        // PE1 is better, however far.
        "bgp 100 / ipv4-family vpnv4 / peer 2.2.2.2 preferred-value 10".into(),
    ];
    all.extend(lines.iter().map(|line| format!("{family} / {line}")));
    lab.commit("PE3", &all.iter().map(String::as_str).collect::<Vec<_>>());
    lab.pass(Duration::from_secs(10));
    lab
}

/// The PE by which each packet of two seconds gets to CE1 that leaves the instance of PE3 every millisecond.
fn by(lab: &Computed, from: Moment) -> Vec<Option<usize>> {
    let vrf = Vrf::Instance("VPNA".into());
    let walks = lab.every_millisecond(("PE3", &vrf), ("10.3.1.1", "1.1.1.1"), from, 2000);
    let last = |walk: &Walk| walk.hops.last().map(|hop| hop.device);
    let arrived = |walk: &Walk| matches!(walk.end, End::Delivered { .. });
    walks.iter().map(|walk| last(walk).filter(|_| arrived(walk))).collect()
}

/// Whether nothing is lost before an instant, and all goes by PE1.
fn is_by_pe1(lab: &Computed, at: Moment) -> bool {
    let before = Moment::from_nanos(at.nanos() - 3_000_000_000);
    by(lab, before).iter().all(|by| *by == Some(PE1))
}

/// How long nothing arrives after an instant, in milliseconds, and by which PE all arrives afterwards.
fn outage(lab: &Computed, from: Moment) -> (usize, BTreeSet<Option<usize>>) {
    let all = by(lab, from);
    let lost = all.iter().filter(|by| by.is_none()).count();
    let last = all.iter().rposition(Option::is_none).map_or(0, |last| last + 1);
    assert!(
        last - all.iter().position(Option::is_none).unwrap_or(last) == lost,
        "one outage"
    );
    (lost, all[last..].iter().copied().collect())
}

/// The next hops of the route to CE1 in a table of PE3.
fn next_hops(lab: &Computed, table: &str) -> String {
    let text = lab.ask("PE3", &format!("display {table} vpn-instance VPNA 1.1.1.1 32"));
    let rows = text.lines().filter(|line| line.trim_start().starts_with("1.1.1.1/32"));
    rows.collect()
}

#[rstest]
#[case::with_a_backup(&["auto-frr"], 502)]
#[case::with_bgp_alone(&[], 500 + 400)]
fn a_next_hop_that_is_lost_with_the_port(#[case] lines: &[&str], #[case] shortest: usize) {
    let lab = lab(lines);
    // PE1 is cut off: PE3's port notices after half a second, its IGP and LDP later.
    let at = lab.now();
    assert!(is_by_pe1(&lab, at));
    lab.fault("PE1", "GE0/1/0", Fault::Cut);
    lab.fault("PE1", "GE0/2/0", Fault::Cut);
    lab.pass(Duration::from_secs(3));
    let (lost, after) = outage(&lab, at);
    assert!((shortest..shortest + 40).contains(&lost), "{lost}");
    assert_eq!(after, BTreeSet::from([Some(PE2)]));
    assert_settled(&lab, "PE1 is cut off");
}

#[rstest]
#[case::with_a_backup(&["auto-frr"], 502)]
#[case::with_bgp_alone(&[], 500 + 400)]
fn a_next_hop_that_the_igp_loses(#[case] lines: &[&str], #[case] shortest: usize) {
    let lab = lab(lines);
    // PE3 reaches PE1 by PE2, and is told that it cannot any more.
    lab.commit("PE3", &["interface GE0/1/0 / shutdown"]);
    lab.pass(Duration::from_secs(10));
    let at = lab.now();
    lab.fault("PE1", "GE0/2/0", Fault::Cut);
    lab.pass(Duration::from_secs(3));
    assert!(is_by_pe1(&lab, at));
    let (lost, after) = outage(&lab, at);
    assert!((shortest..shortest + 60).contains(&lost), "{lost}");
    assert_eq!(after, BTreeSet::from([Some(PE2)]));
    assert_settled(&lab, "PE1 is lost");
}

#[test]
fn a_failure_that_the_igp_goes_round_needs_the_backup_for_a_moment() {
    let lab = lab(&["auto-frr"]);
    let at = lab.now();
    lab.fault("PE1", "GE0/1/0", Fault::Cut);
    lab.pass(Duration::from_millis(510));
    // The routing table still has the first path, the forwarding table the second.
    assert!(next_hops(&lab, "ip routing-table").contains(" 2.2.2.2 "));
    assert!(next_hops(&lab, "fib").contains(" 3.3.3.3 "));
    lab.pass(Duration::from_secs(3));
    assert!(next_hops(&lab, "fib").contains(" 2.2.2.2 "));
    let all = by(&lab, at);
    let diverted = all.iter().position(|by| *by == Some(PE2)).unwrap();
    let back = all.iter().rposition(|by| *by == Some(PE2)).unwrap() + 1;
    assert!(
        (500..505).contains(&diverted) && (525..600).contains(&back),
        "{diverted} {back}"
    );
    assert!(all[back..].iter().all(|by| *by == Some(PE1)));
    assert_settled(&lab, "the IGP has gone round");
}

#[test]
fn a_backup_that_has_failed_too_is_not_taken() {
    let lab = lab(&["auto-frr"]);
    let at = lab.now();
    for port in ["GE0/1/0", "GE0/2/0"] {
        lab.fault("PE3", port, Fault::Cut);
    }
    lab.pass(Duration::from_millis(600));
    assert!(next_hops(&lab, "fib").contains(" 2.2.2.2 "), "nothing takes its place");
    lab.pass(Duration::from_secs(3));
    assert!(by(&lab, at)[1..].iter().all(Option::is_none));
    assert_settled(&lab, "PE3 is alone");
    for port in ["GE0/1/0", "GE0/2/0"] {
        lab.fault("PE3", port, Fault::Mend);
    }
    assert_settled(&lab, "PE3 is back");
}

#[test]
fn a_backup_goes_when_the_first_path_is_back_before_bgp_has_looked() {
    let lab = lab(&["auto-frr"]);
    lab.fault("PE1", "GE0/1/0", Fault::Cut);
    lab.fault("PE1", "GE0/2/0", Fault::Cut);
    lab.pass(Duration::from_millis(515));
    assert!(next_hops(&lab, "fib").contains(" 3.3.3.3 "));
    lab.fault("PE1", "GE0/1/0", Fault::Mend);
    lab.fault("PE1", "GE0/2/0", Fault::Mend);
    assert_settled(&lab, "PE1 is back");
    assert!(next_hops(&lab, "fib").contains(" 2.2.2.2 "));
}

/// R1 with links to R2 and R3, which both tell it of 9.9.9.9 with a label; that needs MPLS on both ends of a link. R4
/// beside it has no part in this.
fn labelled_links() -> Computed {
    let links = [
        ("R1", "GE0/1/0", "R2", "GE0/1/0"),
        ("R1", "GE0/2/0", "R3", "GE0/1/0"),
        ("R1", "GE0/3/0", "R4", "GE0/1/0"),
    ];
    let port = |number: usize, address: &str| {
        format!("interface GigabitEthernet0/{number}/0\n undo shutdown\n ip address {address} 24\n mpls\n")
    };
    let delays = Delays {
        bgp_processing: BGP,
        ..Delays::default()
    };
    Computed::with_delays(delays, &["R1", "R2", "R3", "R4"], &links, |name| {
        let own = &name[1..];
        let mut text = format!("mpls lsr-id 1.1.1.{own}\nmpls\nroute-policy label permit node 10\n apply mpls-label\n");
        if name == "R1" {
            text +=
                &(port(1, "10.2.0.1") + &port(2, "10.3.0.1") + &port(3, "10.4.0.1") + "bgp 1\n router-id 1.1.1.1\n");
            text += " peer 10.2.0.2 as-number 2\n peer 10.3.0.3 as-number 3\n ipv4-family unicast\n  auto-frr\n  \
                     peer 10.2.0.2 label-route-capability\n  peer 10.2.0.2 preferred-value 10\n  \
                     peer 10.3.0.3 label-route-capability\n";
        } else if name == "R4" {
            text += &port(1, "10.4.0.4");
        } else {
            let peer = format!("10.{own}.0.1");
            text += &port(1, &format!("10.{own}.0.{own}"));
            text += &format!(
                "interface LoopBack9\n ip address 9.9.9.9 32\nbgp {own}\n router-id 1.1.1.{own}\n peer {peer} as-number 1\n \
                 ipv4-family unicast\n  network 9.9.9.9 255.255.255.255\n  peer {peer} route-policy label export\n  \
                 peer {peer} label-route-capability\n"
            );
        }
        text
    })
}

#[test]
fn a_path_that_fails_and_returns_while_bgp_waits_is_taken_again() {
    let lab = labelled_links();
    let fib = |lab: &Computed| lab.ask("R1", "display fib 9.9.9.9 32");
    assert!(fib(&lab).contains(" 10.2.0.2 "), "{}", fib(&lab));
    // The table is written because of another port, while the labels of R2 cannot be used.
    lab.fault("R4", "GE0/1/0", Fault::Cut);
    lab.pass(Duration::from_millis(400));
    lab.commit_only("R2", &["interface GE0/1/0 / undo mpls"]);
    lab.pass(Duration::from_millis(200));
    assert!(fib(&lab).contains(" 10.3.0.3 "), "{}", fib(&lab));
    lab.commit_only("R2", &["interface GE0/1/0 / mpls"]);
    assert_settled(&lab, "MPLS is back");
    assert!(fib(&lab).contains(" 10.2.0.2 "), "{}", fib(&lab));
}

/// R1 with R2 between itself and R3, and R4 beside; R3 and R4 tell it of 9.9.9.9 without labels, one of them is better.
fn without_labels(better: usize) -> Computed {
    let links = [
        ("R1", "GE0/1/0", "R2", "GE0/1/0"),
        ("R2", "GE0/2/0", "R3", "GE0/1/0"),
        ("R1", "GE0/2/0", "R4", "GE0/1/0"),
    ];
    let port = |number: usize, address: &str| {
        format!("interface GigabitEthernet0/{number}/0\n undo shutdown\n ip address {address} 24\n")
    };
    let delays = Delays {
        bgp_processing: BGP,
        ..Delays::default()
    };
    let lab = Computed::with_delays(delays, &["R1", "R2", "R3", "R4"], &links, |name| {
        let own = &name[1..];
        let ports = match name {
            "R1" => port(1, "10.1.0.1") + &port(2, "10.3.0.1"),
            "R2" => port(1, "10.1.0.2") + &port(2, "10.2.0.2"),
            "R3" => port(1, "10.2.0.3"),
            _ => port(1, "10.3.0.4"),
        };
        let bgp = match name {
            "R1" => [3, 4].map(|peer| {
                let preferred = if peer == better { 10 } else { 0 };
                format!(
                    " peer 1.1.1.{peer} as-number 1\n peer 1.1.1.{peer} connect-interface LoopBack0\n \
                     peer 1.1.1.{peer} preferred-value {preferred}\n"
                )
            }),
            "R2" => {
                return ports
                    + "interface LoopBack0\n ip address 1.1.1.2 32\nospf 1\n area 0\n  network 0.0.0.0 255.255.255.255\n";
            }
            _ => [
                " peer 1.1.1.1 as-number 1\n peer 1.1.1.1 connect-interface LoopBack0\n".into(),
                " network 9.9.9.9 255.255.255.255\n".into(),
            ],
        };
        let family = if name == "R1" {
            " ipv4-family unicast\n  auto-frr\n"
        } else {
            ""
        };
        let site = if name == "R1" {
            ""
        } else {
            "interface LoopBack9\n ip address 9.9.9.9 32\n"
        };
        format!(
            "{ports}interface LoopBack0\n ip address 1.1.1.{own} 32\n{site}ospf 1\n area 0\n  network 10.0.0.0 0.255.255.255\n  \
             network 1.1.1.{own} 0.0.0.0\nbgp 1\n{}{family}",
            bgp.concat()
        )
    });
    lab.pass(Duration::from_secs(10));
    lab
}

/// The next hop in the forwarding table of R1 so long after a port of each of these failed.
fn after(lab: &Computed, ports: &[(&str, &str)], milliseconds: u64) -> String {
    for (device, port) in ports {
        lab.fault(device, port, Fault::Cut);
    }
    lab.pass(Duration::from_millis(milliseconds));
    let text = lab.ask("R1", "display fib 9.9.9.9 32");
    let row = text
        .lines()
        .find(|line| line.trim_start().starts_with("9.9.9.9/32"))
        .unwrap();
    row.split_whitespace().nth(1).unwrap().to_owned()
}

#[test]
fn routes_without_labels_have_backups_too() {
    const NEAR: (&str, &str) = ("R1", "GE0/2/0");
    // The port is down, and the IGP has not computed yet.
    let lab = without_labels(4);
    assert_eq!(after(&lab, &[], 0), "10.3.0.4");
    assert_eq!(after(&lab, &[NEAR], 501), "10.3.0.4");
    assert_eq!(after(&lab, &[], 2), "10.1.0.2");
    assert_settled(&lab, "R4 is lost");
    // The next hop is lost behind a port that is up: the port of R2, its LSA, the routes, the table.
    let lab = without_labels(3);
    assert_eq!(after(&lab, &[], 0), "10.1.0.2");
    assert_eq!(after(&lab, &[("R2", "GE0/2/0")], 505), "10.1.0.2");
    assert_eq!(after(&lab, &[], 30), "10.3.0.4");
    assert_settled(&lab, "R3 is lost");
    // A backup behind a port that is down is none, though the IGP still knows it.
    let lab = without_labels(4);
    assert_eq!(after(&lab, &[NEAR, ("R1", "GE0/1/0")], 510), "10.3.0.4");
    assert_settled(&lab, "R1 is alone");
}

#[test]
fn a_static_route_that_is_preferred_has_no_backup() {
    let lab = lab(&["auto-frr"]);
    lab.commit("PE3", &["ip route-static vpn-instance VPNA 1.1.1.1 32 10.3.1.2"]);
    lab.fault("PE3", "GE0/3/0", Fault::Loss(1.0));
    lab.pass(Duration::from_secs(1));
    assert!(next_hops(&lab, "fib").contains(" 10.3.1.2 "));
}

const PORTS: [(&str, &str); 6] = [
    ("PE1", "GE0/1/0"),
    ("PE2", "GE0/1/0"),
    ("PE1", "GE0/2/0"),
    ("CE1", "GE0/1/0"),
    ("CE1", "GE0/2/0"),
    ("PE3", "GE0/3/0"),
];
const LINES: [(&str, &str, &str); 4] = [
    (
        "PE3",
        "bgp 100 / ipv4-family vpn-instance VPNA / undo auto-frr",
        "bgp 100 / ipv4-family vpn-instance VPNA / auto-frr",
    ),
    ("PE2", "interface GE0/1/0 / undo mpls", "interface GE0/1/0 / mpls"),
    (
        "PE1",
        "interface GE0/1/0 / shutdown",
        "interface GE0/1/0 / undo shutdown",
    ),
    (
        "PE1",
        "bgp 100 / peer 4.4.4.4 ignore",
        "bgp 100 / undo peer 4.4.4.4 ignore",
    ),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever fails and returns, and whenever: in the end packets go as the routing tables say.
    #[test]
    fn what_is_forwarded_by_in_the_end_is_what_is_computed(
        steps in prop::collection::vec((0..PORTS.len() + LINES.len(), 0..3_usize, 0..22_u64), 1..12),
        shuffle: u64,
    ) {
        let lab = lab(&["auto-frr"]);
        lab.lab.timed().unwrap().now().shuffle(shuffle);
        let mut undone = [true; LINES.len()];
        for (number, kind, pause) in steps {
            if let Some((device, port)) = PORTS.get(number) {
                lab.fault(device, port, [Fault::Cut, Fault::Mend, Fault::Loss(1.0)][kind]);
            } else {
                let number = number - PORTS.len();
                let (device, line, undo) = LINES[number];
                lab.commit_only(device, &[if undone[number] { line } else { undo }]);
                undone[number] = !undone[number];
            }
            lab.pass(Duration::from_micros(900 << (pause * 2 / 3)));
        }
        assert_settled(&lab, "in the end");
    }
}
