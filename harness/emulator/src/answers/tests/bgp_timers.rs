//! Keepalive and hold times of BGP: configured, negotiated, and how long a silent loss goes unnoticed.

use std::time::Duration;

use rstest::rstest;

use super::lab::Computed;
use crate::fault::Fault;

/// Two routers of two ASs on a link, A with a network that B learns.
fn lab(a: &str, b: &str) -> Computed {
    let links = [("A", "GE0/1/0", "B", "GE0/1/0")];
    Computed::of(&["A", "B"], &links, |name| {
        let (number, other, lines) = if name == "A" { (1, 2, a) } else { (2, 1, b) };
        format!(
            "sysname {name}\ninterface GigabitEthernet0/1/0\n undo shutdown\n ip address 10.0.0.{number} 255.255.255.0\n\
             interface LoopBack1\n ip address 1.1.1.{number} 255.255.255.255\n\
             bgp {number}00\n peer 10.0.0.{other} as-number {other}00\n{lines}\n ipv4-family unicast\n  \
             network 1.1.1.{number} 255.255.255.255\n  peer 10.0.0.{other} enable\n"
        )
    })
}

fn lose(lab: &Computed) {
    lab.fault("A", "GE0/1/0", Fault::Loss(1.0));
}

fn is_up(lab: &Computed, device: &str) -> bool {
    lab.ask(device, "display bgp peer").contains("Established")
}

/// After how many seconds each end notices a silent loss, if within a thousand.
fn noticed(lab: &Computed) -> [Option<u64>; 2] {
    assert!(is_up(lab, "A") && is_up(lab, "B"));
    lab.pass(Duration::from_secs(1000));
    lose(lab);
    let mut after = [None; 2];
    for second in 0..1000 {
        for (after, device) in after.iter_mut().zip(["A", "B"]) {
            if after.is_none() && !is_up(lab, device) {
                *after = Some(second);
            }
        }
        lab.pass(Duration::from_secs(1));
    }
    after
}

#[rstest]
#[case::by_default("", "", 119..=181)]
#[case::of_the_process(" timer keepalive 5 hold 15", "", 9..=16)]
#[case::of_the_other_end("", " timer keepalive 5 hold 15", 9..=16)]
#[case::of_the_peer(" peer 10.0.0.2 timer keepalive 10 hold 30", "", 19..=31)]
#[case::the_peer_before_the_process(" timer keepalive 5 hold 15\n peer 10.0.0.2 timer keepalive 10 hold 60", "", 39..=61)]
#[case::keepalive_of_nothing_is_a_third(" timer keepalive 0 hold 30", "", 19..=31)]
fn a_silent_loss_is_noticed_after_the_smaller_hold_time(
    #[case] a: &str,
    #[case] b: &str,
    #[case] expected: std::ops::RangeInclusive<u64>,
) {
    let lab = lab(a, b);
    for after in noticed(&lab) {
        assert!(after.is_some_and(|after| expected.contains(&after)), "{after:?}");
    }
    assert!(!lab.ask("B", "display ip routing-table").contains("1.1.1.1/32"));
}

#[test]
fn without_a_hold_time_a_silent_loss_is_never_noticed() {
    let lab = lab(" timer keepalive 60 hold 0", "");
    assert_eq!(noticed(&lab), [None, None]);
    assert!(lab.ask("B", "display ip routing-table").contains("1.1.1.1/32"));
}

#[test]
fn timers_of_a_group_count_unless_the_peer_has_its_own() {
    let group = " group g external\n peer g timer keepalive 3 hold 9\n peer g as-number 200\n peer 10.0.0.2 group g";
    let lab = lab(group, "");
    assert!(noticed(&lab).iter().all(|after| after.is_some_and(|after| after <= 10)));
}

#[test]
fn configured_and_negotiated_timers_are_told() {
    let lab = lab(
        " timer keepalive 20 hold 120",
        " peer 10.0.0.1 timer keepalive 7 hold 90",
    );
    let a = lab.ask("A", "display bgp peer 10.0.0.2 verbose");
    for line in [
        "Configured: Active Hold Time: 120 sec   Keepalive Time:20 sec",
        "Received  : Active Hold Time: 90 sec",
        "Negotiated: Active Hold Time: 90 sec   Keepalive Time:20 sec",
    ] {
        assert!(a.contains(line), "{line}: {a}");
    }
    let b = lab.ask("B", "display bgp peer verbose");
    assert!(
        b.contains("Negotiated: Active Hold Time: 90 sec   Keepalive Time:7 sec"),
        "{b}"
    );
    lab.commit("A", &["bgp 100 / peer 10.0.0.2 ignore"]);
    let a = lab.ask("A", "display bgp peer 10.0.0.2 verbose");
    assert!(
        a.contains("Configured: Active Hold Time: 120") && !a.contains("Negotiated"),
        "{a}"
    );
}

#[test]
fn another_timer_begins_the_session_anew_and_the_same_one_does_not() {
    let lab = lab("", "");
    lab.commit_only("A", &["bgp 100 / timer keepalive 5 hold 15"]);
    lab.pass(Duration::from_millis(200));
    assert!(!is_up(&lab, "A") && !is_up(&lab, "B"));
    lab.pass(Duration::from_secs(10));
    assert!(is_up(&lab, "A") && is_up(&lab, "B"));
    lab.commit_only("A", &["bgp 100 / peer 10.0.0.2 timer keepalive 5 hold 15"]);
    lab.pass(Duration::from_millis(200));
    assert!(is_up(&lab, "A") && is_up(&lab, "B"));
}

#[test]
fn timers_of_the_process_beside_peers_of_instances_are_in_doubt() {
    let lab = lab("", "");
    let instance = [
        "ip vpn-instance V",
        "ip vpn-instance V / ipv4-family",
        "ip vpn-instance V / ipv4-family / route-distinguisher 1:1",
        "bgp 100 / ipv4-family vpn-instance V / peer 10.9.9.9 as-number 300",
    ];
    lab.commit("A", &instance);
    assert!(lab.try_ask("A", "display bgp peer").is_ok());
    lab.commit("A", &["bgp 100 / timer keepalive 5 hold 15"]);
    let error = lab.try_ask("B", "display bgp peer").unwrap_err().to_string();
    assert!(
        error.contains("timer keepalive 5 hold 15") && error.contains("instance V"),
        "{error}"
    );
    lab.commit(
        "A",
        &["bgp 100 / ipv4-family vpn-instance V / timer keepalive 7 hold 21"],
    );
    assert!(lab.try_ask("A", "display bgp peer").is_ok());
    lab.commit(
        "A",
        &[
            "bgp 100 / ipv4-family vpn-instance V / undo timer keepalive 7 hold 21",
            "bgp 100 / ipv4-family vpn-instance V / peer 10.9.9.9 timer keepalive 7 hold 21",
        ],
    );
    assert!(lab.try_ask("A", "display bgp peer").is_ok());
}

#[test]
fn a_hold_time_of_one_or_two_seconds_is_refused() {
    let lab = lab("", "");
    let base = lab.lab.running(0).unwrap().configuration;
    for hold in [1, 2] {
        let mut candidate = (*base).clone();
        let line = format!("bgp 100 / timer keepalive 0 hold {hold}");
        assert!(candidate.apply_text(&[], &line, &|_| true).is_err(), "{line}");
    }
}
