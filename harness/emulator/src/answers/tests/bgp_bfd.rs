//! BFD of BGP peers: sessions that come and go with their peers, and peers that are lost as soon as BFD notices.

use std::time::Duration;

use rstest::rstest;

use super::lab::Computed;
use crate::fault::{Direction, Fault};
use crate::network::Says;

/// Two routers on a link, A of AS 100 and B of the AS given, with lines of their processes.
fn lab(as_of_b: u32, a: &str, b: &str) -> Computed {
    let links = [("A", "GE0/1/0", "B", "GE0/1/0")];
    Computed::of(&["A", "B"], &links, |name| {
        let (number, other, own_as, other_as, lines) = if name == "A" {
            (1, 2, 100, as_of_b, a)
        } else {
            (2, 1, as_of_b, 100, b)
        };
        format!(
            "sysname {name}\nbfd\ninterface GigabitEthernet0/1/0\n undo shutdown\n \
             ip address 10.0.0.{number} 255.255.255.0\n\
             interface LoopBack1\n ip address 1.1.1.{number} 255.255.255.255\n\
             bgp {own_as}\n peer 10.0.0.{other} as-number {other_as}\n{lines}\n ipv4-family unicast\n  \
             network 1.1.1.{number} 255.255.255.255\n  peer 10.0.0.{other} enable\n"
        )
    })
}

const A: &str = " peer 10.0.0.2 bfd enable";
const B: &str = " peer 10.0.0.1 bfd enable";

fn fail(lab: &Computed, direction: Direction, fault: Fault) {
    lab.fault_in(direction, "A", "GE0/1/0", fault);
}

fn peer_is_up(lab: &Computed, device: &str) -> bool {
    lab.ask(device, "display bgp peer").contains("Established")
}

fn sessions(lab: &Computed, device: &str) -> String {
    lab.ask(device, "display bfd session all")
}

/// Code and subcode of the notifications that devices sent.
fn notifications(lab: &Computed) -> Vec<(usize, u8, u8)> {
    let simulation = lab.lab.timed().unwrap().now();
    let messages = simulation.history().messages();
    messages
        .filter_map(|message| match message.says {
            Says::BgpNotification { code, subcode } => Some((message.from, code, subcode)),
            _ => None,
        })
        .collect()
}

fn assert_settled(lab: &Computed) {
    assert!(lab.settles());
    let simulation = lab.lab.timed().unwrap().now();
    let (settled, computed) = (simulation.state(0).unwrap(), simulation.settled_state().unwrap());
    assert_eq!(settled.bfd, computed.bfd);
    assert_eq!(settled.bgp, computed.bgp);
}

#[rstest]
#[case::both_ways(Direction::Both)]
#[case::of_what_is_sent(Direction::Sent)]
#[case::of_what_is_received(Direction::Received)]
fn a_silent_loss_ends_the_peer_within_the_detection_time(#[case] direction: Direction) {
    let lab = lab(200, A, B);
    assert!(sessions(&lab, "A").contains("Session Number : 1/0"));
    lab.pass(Duration::from_secs(100));
    fail(&lab, direction, Fault::Loss(1.0));
    lab.pass(Duration::from_millis(19));
    assert!(peer_is_up(&lab, "A") && peer_is_up(&lab, "B"));
    lab.pass(Duration::from_millis(13));
    assert!(!peer_is_up(&lab, "A") && !peer_is_up(&lab, "B"));
    let told = notifications(&lab);
    assert!(
        !told.is_empty() && told.iter().all(|(_, code, subcode)| (*code, *subcode) == (6, 10)),
        "{told:?}"
    );
    lab.pass(Duration::from_millis(20));
    assert!(!lab.ask("B", "display ip routing-table").contains("1.1.1.1/32"));
    assert_settled(&lab);
    assert!(sessions(&lab, "A").contains("Session Number : 0/0"));
    fail(&lab, Direction::Both, Fault::Mend);
    assert_settled(&lab);
    assert!(peer_is_up(&lab, "A") && sessions(&lab, "B").contains("Session Number : 1/0"));
}

#[test]
fn intervals_are_those_of_the_slower_end_and_detection_follows() {
    let a = format!("{A}\n peer 10.0.0.2 bfd min-tx-interval 100\n peer 10.0.0.2 bfd detect-multiplier 5");
    let lab = lab(200, &a, B);
    let verbose = lab.ask("B", "display bfd session all verbose");
    for part in [
        "Bind Session Type      : Dynamic",
        "Bind Application       : BGP",
        "Detect Interval (ms)   : 500",
    ] {
        assert!(verbose.contains(part), "{part}: {verbose}");
    }
    lab.pass(Duration::from_secs(10));
    fail(&lab, Direction::Sent, Fault::Loss(1.0));
    lab.pass(Duration::from_millis(395));
    assert!(peer_is_up(&lab, "B"));
    lab.pass(Duration::from_millis(110));
    assert!(!peer_is_up(&lab, "B"));
}

#[test]
fn sessions_are_told_from_static_ones() {
    let lab = lab(200, A, B);
    assert!(sessions(&lab, "A").contains("D_IP_IF"), "{}", sessions(&lab, "A"));
    let of_kind = |kind: &str| lab.ask("A", &format!("display bfd session {kind}"));
    assert!(of_kind("dynamic").contains("Number : 1/0"));
    assert!(of_kind("static").contains("Number : 0/0") && of_kind("static-auto").contains("Number : 0/0"));
    assert!(of_kind("peer-ip 10.0.0.2").contains("Number : 1/0"));
    assert!(
        lab.ask("A", "display bgp peer verbose")
            .contains("Peer's BFD has been enabled")
    );
}

#[test]
fn one_end_alone_watches_in_vain() {
    let lab = lab(200, A, "");
    assert!(peer_is_up(&lab, "A"));
    assert!(sessions(&lab, "A").contains("Number : 0/1") && sessions(&lab, "B").contains("Number : 0/0"));
    assert_settled(&lab);
}

#[test]
fn asking_for_bfd_and_taking_it_back_does_not_touch_the_peer() {
    let lab = lab(200, A, "");
    lab.commit("B", &["bgp 200 / peer 10.0.0.1 bfd enable"]);
    assert!(sessions(&lab, "A").contains("Number : 1/0"));
    lab.commit("A", &["bgp 100 / undo peer 10.0.0.2 bfd enable"]);
    assert!(sessions(&lab, "B").contains("Number : 0/1"), "{}", sessions(&lab, "B"));
    assert!(peer_is_up(&lab, "A") && peer_is_up(&lab, "B"));
    assert_eq!(notifications(&lab), []);
    lab.commit("A", &["bgp 100 / peer 10.0.0.2 bfd enable"]);
    lab.commit("A", &["undo bfd"]);
    assert!(sessions(&lab, "A").contains("Number : 0/0") && peer_is_up(&lab, "B"));
    assert_eq!(notifications(&lab), []);
    assert_settled(&lab);
}

#[test]
fn a_description_or_a_policy_does_not_begin_a_session_anew() {
    let lab = lab(200, "", "");
    for line in [
        "bgp 100 / peer 10.0.0.2 description x",
        "bgp 100 / peer 10.0.0.2 route-policy p export",
        "bgp 100 / peer 10.0.0.2 preferred-value 7",
        "route-policy p deny node 10",
    ] {
        lab.commit("A", &[line]);
        assert_eq!(notifications(&lab), [], "{line}");
        assert_settled(&lab);
    }
    assert!(!lab.ask("B", "display ip routing-table").contains("1.1.1.1/32"));
    lab.commit("A", &["bgp 100 / peer 10.0.0.2 ignore"]);
    assert_eq!(notifications(&lab), [(0, 6, 3)]);
}

#[test]
fn peers_of_a_group_are_watched_unless_they_are_exempt() {
    let group = " group g external\n peer g as-number 200\n peer g bfd enable\n peer 10.0.0.2 group g";
    let lab = lab(200, group, B);
    assert!(sessions(&lab, "A").contains("Number : 1/0"));
    lab.commit("A", &["bgp 100 / peer 10.0.0.2 bfd block"]);
    assert!(sessions(&lab, "A").contains("Number : 0/0") && peer_is_up(&lab, "A"));
}

#[test]
fn a_port_that_goes_down_takes_peer_and_session_with_it() {
    let lab = lab(200, A, B);
    lab.commit("A", &["interface gi0/1/0 / shutdown"]);
    assert!(!peer_is_up(&lab, "A") && !peer_is_up(&lab, "B"));
    assert_settled(&lab);
    lab.commit("A", &["interface gi0/1/0 / undo shutdown"]);
    assert!(sessions(&lab, "A").contains("Number : 1/0"));
    assert_settled(&lab);
}

#[test]
fn a_peer_of_the_same_as_is_watched_on_its_link_if_it_says_so() {
    let (a, b) = (format!("{A} single-hop-prefer"), format!("{B} single-hop-prefer"));
    let on_link = lab(100, &a, &b);
    assert!(sessions(&on_link, "A").contains("Number : 1/0"));
    let over_hops = lab(100, A, B);
    let error = over_hops.try_ask("A", "display bgp peer").unwrap_err().to_string();
    assert!(error.contains("over several hops"), "{error}");
    let far = lab(200, &format!("{A}\n peer 10.0.0.2 ebgp-max-hop 3"), B);
    assert!(far.try_ask("A", "display bgp peer").is_err());
}
