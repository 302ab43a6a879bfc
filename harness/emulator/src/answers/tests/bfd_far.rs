//! BFD over several hops, sessions that are bound wrongly, and the time to restore.

use std::fmt::Write as _;
use std::time::Duration;

use rstest::rstest;

use super::lab::Computed;
use super::lsp_ways::diamond;
use super::settling::assert_settled;
use crate::fault::Fault;
use crate::network::{Moment, Travels};

/// A – M – B and A – N – B, the way by N dearer, OSPF everywhere; loopbacks 1.1.1.N. A has a route to 9.9.9.9 by B that
/// tracks the session `far`, and a dearer one that drops.
fn lab(a: &[&str], b: &[&str]) -> Computed {
    let links = [
        ("A", "GE0/1/0", "M", "GE0/1/0"),
        ("M", "GE0/2/0", "B", "GE0/1/0"),
        ("A", "GE0/2/0", "N", "GE0/1/0"),
        ("N", "GE0/2/0", "B", "GE0/2/0"),
    ];
    let lab = Computed::of(&["A", "B", "M", "N"], &links, |name| {
        let (id, ports) = match name {
            "A" => (1, ["10.0.1.1", "10.0.3.1"]),
            "B" => (2, ["10.0.2.2", "10.0.4.2"]),
            "M" => (3, ["10.0.1.2", "10.0.2.1"]),
            _ => (4, ["10.0.3.2", "10.0.4.1"]),
        };
        let mut text = format!("sysname {name}\nbfd\ninterface LoopBack0\n ip address 1.1.1.{id} 32\n");
        for (number, address) in (1..).zip(ports) {
            writeln!(
                text,
                "interface GigabitEthernet0/{number}/0\n undo shutdown\n ip address {address} 24"
            )
            .unwrap();
            if number == 2 && id < 3 {
                text += " ospf cost 7\n";
            }
        }
        text += "ospf 1\n area 0.0.0.0\n  network 10.0.0.0 0.255.255.255\n  network 1.1.1.0 0.0.0.255\n";
        match name {
            "A" => text + "ip route-static 9.9.9.9 32 10.0.1.2 track bfd-session far\n",
            "B" => text + "interface LoopBack9\n ip address 9.9.9.9 32\n",
            _ => text,
        }
    });
    for (device, lines) in [("A", a), ("B", b)] {
        if !lines.is_empty() {
            lab.commit(device, lines);
        }
    }
    lab
}

const A: [&str; 3] = [
    "bfd far bind peer-ip 1.1.1.2 source-ip 1.1.1.1",
    "bfd far / discriminator local 11",
    "bfd far / discriminator remote 22",
];
const B: [&str; 3] = [
    "bfd back bind peer-ip 1.1.1.1 source-ip 1.1.1.2",
    "bfd back / discriminator local 22",
    "bfd back / discriminator remote 11",
];

fn is_up(lab: &Computed, device: &str) -> bool {
    lab.ask(device, "display bfd session all")
        .contains("Session Number : 1/0")
}

fn has_route(lab: &Computed) -> bool {
    lab.routes("A", "display ip routing-table 9.9.9.9 32")
        .iter()
        .any(|row| row.contains(" Static "))
}

/// Milliseconds after an instant at which a device's session changed, with the diagnostics.
fn transitions(lab: &Computed, device: usize, since: Moment) -> Vec<(f64, u8)> {
    let simulation = lab.lab.timed().unwrap().now();
    let own = simulation.history().bfd_transitions();
    own.filter(|transition| transition.device == device && transition.at >= since)
        .map(|transition| (transition.at.since(since).as_secs_f64() * 1e3, transition.diagnostic))
        .collect()
}

#[test]
fn a_session_leads_over_several_hops() {
    let lab = lab(&A, &B);
    assert!(is_up(&lab, "A") && is_up(&lab, "B") && has_route(&lab));
    let brief = lab.ask("A", "display bfd session all");
    assert!(
        brief.contains("11         22         1.1.1.2         Up        S_IP_PEER   -\n"),
        "{brief}"
    );
    let verbose = lab.ask("A", "display bfd session all verbose");
    assert!(
        verbose.contains("(Multi Hop) State : Up") && verbose.contains(": 4784 "),
        "{verbose}"
    );
    assert_settled(&lab, "up");
    let simulation = lab.lab.timed().unwrap().now();
    assert!(
        simulation
            .history()
            .bfd()
            .all(|train| matches!(train.travels, Travels::Routed { .. }))
    );
}

#[test]
fn without_a_source_the_address_towards_the_peer_is_used() {
    let near = ["bfd far bind peer-ip 1.1.1.2", A[1], A[2]];
    let to_port = ["bfd back bind peer-ip 10.0.1.1 source-ip 1.1.1.2", B[1], B[2]];
    let here = lab(&near, &to_port);
    assert!(is_up(&here, "A") && is_up(&here, "B"));
    assert_settled(&here, "by the port");
    // The other end expects the loopback.
    let here = lab(&near, &B);
    assert!(!is_up(&here, "A") && !is_up(&here, "B") && !has_route(&here));
    assert_settled(&here, "another source");
}

#[test]
fn discriminators_may_be_negotiated_between_two_named_ends() {
    let lab = lab(
        &["bfd far bind peer-ip 1.1.1.2 source-ip 1.1.1.1 auto"],
        &["bfd back bind peer-ip 1.1.1.1 source-ip 1.1.1.2 auto"],
    );
    assert!(is_up(&lab, "A") && lab.ask("B", "display bfd session all").contains("S_AUTO_PEER"));
    assert_settled(&lab, "negotiated");
}

#[rstest]
#[case::swapped(&A, &[B[0], "bfd back / discriminator local 11", "bfd back / discriminator remote 22"])]
#[case::one_wrong(&A, &[B[0], "bfd back / discriminator local 23", B[2]])]
#[case::one_end(&A, &[])]
#[case::bfd_off(&A, &["undo bfd"])]
#[case::wrong_peer(&A, &["bfd back bind peer-ip 10.0.3.1 source-ip 1.1.1.2", B[1], B[2]])]
#[case::wrong_source(&["bfd far bind peer-ip 1.1.1.2 source-ip 10.0.1.1", A[1], A[2]], &B)]
#[case::source_of_nobody(&["bfd far bind peer-ip 1.1.1.2 source-ip 1.1.1.7", A[1], A[2]], &B)]
#[case::other_instance(&A, &[
    "ip vpn-instance V / ipv4-family / route-distinguisher 1:1",
    "bfd back bind peer-ip 1.1.1.1 vpn-instance V source-ip 1.1.1.2", B[1], B[2],
])]
#[case::on_a_link_at_one_end(&A, &["bfd back bind peer-ip 1.1.1.1 interface GE0/1/0 source-ip 1.1.1.2", B[1], B[2]])]
#[case::auto_at_one_end(&["bfd far bind peer-ip 1.1.1.2 source-ip 1.1.1.1 auto"], &B)]
#[case::peer_of_nobody(&["bfd far bind peer-ip 1.1.1.9 source-ip 1.1.1.1", A[1], A[2]], &B)]
fn a_session_that_is_bound_wrongly_stays_down_and_withdraws_its_route(#[case] a: &[&str], #[case] b: &[&str]) {
    let lab = lab(a, b);
    assert!(!is_up(&lab, "A") && !has_route(&lab), "{a:?} {b:?}");
    assert!(!lab.ask("B", "display bfd session all").contains("Session Number : 1/0"));
    assert_settled(&lab, "wrong");
}

/// Both ends bound to a link, with an address beyond it: single hop, so nothing comes.
#[test]
fn a_session_on_a_link_does_not_lead_further() {
    let lab = lab(
        &[
            "bfd far bind peer-ip 10.0.2.2 interface GE0/1/0 source-ip 10.0.1.1",
            A[1],
            A[2],
        ],
        &[
            "bfd back bind peer-ip 10.0.1.1 interface GE0/1/0 source-ip 10.0.2.2",
            B[1],
            B[2],
        ],
    );
    assert!(!is_up(&lab, "A") && !is_up(&lab, "B") && !has_route(&lab));
}

#[test]
fn both_ends_agree_on_the_slower_of_what_is_sent_and_asked_for() {
    let slow = ["bfd back / min-rx-interval 100", "bfd back / detect-multiplier 5"];
    let lab = lab(&A, &[&B[..], &slow].concat());
    let verbose = lab.ask("A", "display bfd session all verbose");
    // A sends every 100 ms, B every 10: A misses B after 5 × 10 ms, B misses A after 3 × 100 ms.
    assert!(verbose.contains("Actual Tx Interval (ms): 100 "), "{verbose}");
    assert!(
        verbose.contains("Actual Rx Interval (ms): 10\n") && verbose.contains("Detect Interval (ms)   : 50\n"),
        "{verbose}"
    );
    let there = lab.ask("B", "display bfd session all verbose");
    assert!(there.contains("Detect Interval (ms)   : 300\n"), "{there}");
    assert_settled(&lab, "asymmetric");
    lab.pass(Duration::from_secs(10));
    let at = lab.now();
    lab.fault("M", "GE0/2/0", Fault::Loss(1.0));
    lab.pass(Duration::from_secs(1));
    let (a, b) = (transitions(&lab, 0, at), transitions(&lab, 1, at));
    assert!(matches!(a[..], [(40.0..=50.2, 1)]), "{a:?}");
    assert!(matches!(b[..], [(200.0..=300.2, 1)]), "{b:?}");
}

#[test]
fn a_silent_failure_in_the_middle_is_detected_and_another_way_is_found() {
    let lab = lab(&A, &B);
    lab.pass(Duration::from_secs(10));
    let at = lab.now();
    lab.fault("M", "GE0/2/0", Fault::Loss(1.0));
    lab.pass(Duration::from_secs(5));
    let down = transitions(&lab, 0, at);
    assert!(matches!(down[..], [(20.0..=30.2, 1)]), "{down:?}");
    assert!(!has_route(&lab));
    // OSPF gives the neighbour up after 40 s.
    lab.pass(Duration::from_secs(60));
    assert!(is_up(&lab, "A") && has_route(&lab));
    assert_settled(&lab, "another way");
    lab.fault("M", "GE0/2/0", Fault::Mend);
    assert_settled(&lab, "mended");
    assert!(is_up(&lab, "A"));
    // Without any way it stays down.
    lab.commit("B", &["interface GE0/1/0 / shutdown", "interface GE0/2/0 / shutdown"]);
    assert!(!is_up(&lab, "A") && !is_up(&lab, "B") && !has_route(&lab));
    assert_settled(&lab, "no way");
    lab.commit("B", &["interface GE0/2/0 / undo shutdown"]);
    assert!(is_up(&lab, "A") && has_route(&lab));
    assert_settled(&lab, "one way");
}

#[test]
fn loss_of_some_packets_is_drawn_for_each() {
    let run = || {
        let lab = lab(&A, &B);
        lab.pass(Duration::from_secs(1));
        let at = lab.now();
        lab.fault("M", "GE0/2/0", Fault::Loss(0.5));
        lab.pass(Duration::from_secs(20));
        transitions(&lab, 0, at)
    };
    let changes = run();
    assert!(changes.len() > 4, "{changes:?}");
    assert_eq!(changes, run());
}

#[test]
fn a_session_leads_through_a_vpn() {
    let lab = diamond();
    for (pe, peer) in [(1, 2), (2, 1)] {
        let device = format!("PE{pe}");
        let bind = format!("bfd far bind peer-ip 10.7.0.{peer} vpn-instance A source-ip 10.7.0.{pe}");
        let (local, remote) = (
            format!("bfd far / discriminator local {pe}"),
            format!("bfd far / discriminator remote {peer}"),
        );
        lab.commit(&device, &["bfd", &bind, &local, &remote]);
    }
    assert!(is_up(&lab, "PE1") && is_up(&lab, "PE2"));
    assert_settled(&lab, "through the VPN");
    lab.commit("PE2", &["mpls / lsp-trigger none"]);
    assert!(!is_up(&lab, "PE1") && !is_up(&lab, "PE2"));
    assert_settled(&lab, "without LSP");
}

/// Mistake 34: without a time to restore a link that flaps takes the route along each time; with one it waits.
#[test]
fn a_route_returns_when_the_time_to_restore_has_passed() {
    for minutes in [0, 2] {
        let lab = lab(&A, &B);
        if minutes > 0 {
            lab.commit("A", &[&format!("bfd far / wtr {minutes}")]);
            assert!(has_route(&lab), "a session that was up does not wait");
        }
        lab.fault("A", "GE0/1/0", Fault::Loss(1.0));
        lab.pass(Duration::from_secs(2));
        assert!(!has_route(&lab));
        lab.fault("A", "GE0/1/0", Fault::Mend);
        lab.pass(Duration::from_secs(5));
        assert!(is_up(&lab, "A") && is_up(&lab, "B"));
        assert_eq!(has_route(&lab), minutes == 0);
        if minutes == 0 {
            continue;
        }
        let brief = lab.ask("A", "display bfd session all");
        assert!(brief.contains(" Up(w) "), "{brief}");
        assert!(
            lab.ask("A", "display bfd session all verbose")
                .contains("WTR Interval (ms)      : 120000 ")
        );
        // Another failure meanwhile: it waits anew.
        lab.pass(Duration::from_secs(100));
        lab.fault("A", "GE0/1/0", Fault::Loss(1.0));
        lab.pass(Duration::from_secs(2));
        lab.fault("A", "GE0/1/0", Fault::Mend);
        lab.pass(Duration::from_secs(100));
        assert!(!has_route(&lab));
        lab.pass(Duration::from_secs(30));
        assert!(has_route(&lab) && lab.ask("A", "display bfd session all").contains(" Up "));
        assert_settled(&lab, "restored");
    }
}
