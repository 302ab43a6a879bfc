//! Neighbours of OSPF that do not agree, and how far they get.

use std::time::Duration;

use super::lab::Computed;
use super::settling::assert_settled;
use crate::fault::{Direction, Fault};
use crate::network::{AuthenticationMark, KeepaliveKind};

/// A – B on 10.0.0.0/30; A is 1.1.1.1, B 2.2.2.2.
fn pair() -> Computed {
    let lab = Computed::of(&["A", "B"], &[("A", "GE0/1/0", "B", "GE0/1/0")], |name| {
        let number = if name == "A" { 1 } else { 2 };
        format!(
            "sysname {name}\ninterface LoopBack0\n ip address {number}.{number}.{number}.{number} 32\n\
             interface GigabitEthernet0/1/0\n undo shutdown\n ip address 10.0.0.{number} 30\n\
             ospf 1\n area 0\n  network 0.0.0.0 255.255.255.255\n"
        )
    });
    assert_settled(&lab, "loaded");
    lab
}

const PORT: &str = "interface GigabitEthernet0/1/0";

/// The state of the neighbour on either end, or nothing.
fn states(lab: &Computed) -> [String; 2] {
    ["A", "B"].map(|device| {
        let text = lab.ask(device, "display ospf peer brief");
        let rows = text.lines().filter(|line| line.contains("GE0/1/0"));
        let states: Vec<&str> = rows.filter_map(|row| row.split_whitespace().last()).collect();
        states.join(" ")
    })
}

/// Whether either end knows the other's loopback.
fn has_routes(lab: &Computed) -> [bool; 2] {
    [("A", "2.2.2.2"), ("B", "1.1.1.1")].map(|(device, address)| {
        lab.ask(device, &format!("display ip routing-table {address} 32"))
            .contains("OSPF")
    })
}

fn commit(lab: &Computed, device: &str, lines: &[&str]) {
    let lines: Vec<String> = lines.iter().map(|line| format!("{PORT} / {line}")).collect();
    lab.commit(device, &lines.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn what_must_agree_makes_no_neighbour_until_it_does() {
    for (own, other) in [
        (&["ospf timer hello 5"][..], &["ospf timer hello 5"][..]),
        (&["ospf timer dead 30"], &["ospf timer dead 30"]),
        (
            &["ospf authentication-mode simple plain abc"],
            &["ospf authentication-mode simple abc"],
        ),
        (
            &["ospf authentication-mode simple cipher abc"],
            &["ospf authentication-mode simple plain abc"],
        ),
        (
            &["ospf authentication-mode md5 3 cipher abc"],
            &["ospf authentication-mode md5 3 abc"],
        ),
        (
            &["ospf authentication-mode hmac-sha256 3 plain abc"],
            &["ospf authentication-mode hmac-sha256 3 plain abc"],
        ),
    ] {
        let lab = pair();
        assert_eq!(states(&lab), ["Full", "Full"]);
        commit(&lab, "A", own);
        assert_eq!(states(&lab), ["", ""], "{own:?}");
        assert_eq!(has_routes(&lab), [false; 2]);
        assert_settled(&lab, "mismatch");
        commit(&lab, "B", other);
        assert_eq!(states(&lab), ["Full", "Full"], "{other:?}");
        assert_eq!(has_routes(&lab), [true; 2]);
        assert_settled(&lab, "match");
    }
}

#[test]
fn a_dead_interval_that_no_hello_fits_in_is_refused() {
    let lab = pair();
    commit(&lab, "A", &["ospf timer hello 9", "ospf timer dead 9"]);
    assert!(lab.try_ask("B", "display ospf peer").is_err());
    commit(&lab, "A", &["ospf timer dead 10"]);
    assert!(lab.try_ask("B", "display ospf peer").is_ok());
    commit(&lab, "A", &["ospf timer dead 100000", "ospf timer hello 65536"]);
    assert!(lab.try_ask("B", "display ospf peer").is_err());
}

#[test]
fn keys_modes_and_numbers_that_differ_make_no_neighbour() {
    for (own, other) in [
        ("simple plain abc", "simple plain abd"),
        ("simple plain abc", "md5 1 plain abc"),
        ("md5 1 plain abc", "md5 2 plain abc"),
        ("md5 1 plain abc", "hmac-md5 1 plain abc"),
        ("md5 1 plain abc", "md5 1 plain abcd"),
        ("simple plain abc", "null"),
    ] {
        let lab = pair();
        commit(&lab, "A", &[&format!("ospf authentication-mode {own}")]);
        commit(&lab, "B", &[&format!("ospf authentication-mode {other}")]);
        assert_eq!(states(&lab), ["", ""], "{own} {other}");
    }
}

#[test]
fn an_area_authenticates_where_the_interface_says_nothing() {
    let lab = pair();
    lab.commit("A", &["ospf 1 / area 0 / authentication-mode md5 1 plain abc"]);
    assert_eq!(states(&lab), ["", ""]);
    assert!(lab.ask("A", "display ospf brief").contains("Authtype: MD5 "));
    commit(&lab, "B", &["ospf authentication-mode md5 1 plain abc"]);
    assert_eq!(states(&lab), ["Full", "Full"]);
    commit(&lab, "A", &["ospf authentication-mode null"]);
    assert_eq!(states(&lab), ["", ""]);
    commit(&lab, "B", &["undo ospf authentication-mode"]);
    assert_eq!(states(&lab), ["Full", "Full"]);
    assert_settled(&lab, "area");
}

#[test]
fn mtus_that_differ_stop_the_exchange_where_both_look() {
    let lab = pair();
    commit(&lab, "A", &["mtu 1400", "ospf mtu-enable"]);
    assert_eq!(states(&lab), ["Full", "Full"]);
    assert!(lab.ask("B", "display ospf peer").contains("MTU: 1400\n"));
    commit(&lab, "B", &["ospf mtu-enable"]);
    // A is slave and does not take what B sends.
    assert_eq!(states(&lab), ["ExStart", "ExStart"]);
    assert_eq!(has_routes(&lab), [false; 2]);
    assert_settled(&lab, "mtu");
    commit(&lab, "A", &["mtu 1600"]);
    assert_eq!(states(&lab), ["Exchange", "ExStart"]);
    let peers = lab.ask("A", "display ospf peer");
    assert!(
        peers.contains("State: Exchange ") && peers.contains("MTU: 1500\n"),
        "{peers}"
    );
    assert!(
        lab.ask("A", "display ospf peer brief")
            .contains("Total number of peer(s): 1\n Peer(s) in full state: 0")
    );
    commit(&lab, "A", &["mtu 1500"]);
    assert_eq!(states(&lab), ["Full", "Full"]);
    assert_settled(&lab, "mtu again");
}

#[test]
fn priorities_decide_who_is_designated() {
    let lab = pair();
    assert!(
        lab.ask("A", "display ospf peer")
            .contains("DR: 10.0.0.2          BDR: 10.0.0.1 ")
    );
    commit(&lab, "A", &["ospf dr-priority 7"]);
    let peers = lab.ask("B", "display ospf peer");
    assert!(
        peers.contains("Priority: 7\n") && peers.contains("DR: 10.0.0.1          BDR: 10.0.0.2 "),
        "{peers}"
    );
    let interface = lab.ask("A", "display ospf interface GigabitEthernet0/1/0");
    assert!(
        interface.contains("State: DR ") && interface.contains("Priority: 7\n"),
        "{interface}"
    );
    let routing = lab.ask("B", "display ospf routing");
    let link = routing.lines().find(|line| line.contains("10.0.0.0/30")).unwrap();
    assert!(link.contains("Transit") && link.contains(" 1.1.1.1 "), "{routing}");
    commit(&lab, "A", &["ospf dr-priority 0"]);
    let peers = lab.ask("B", "display ospf peer");
    assert!(
        peers.contains("State: Full ") && peers.contains("DR: 10.0.0.2          BDR: None "),
        "{peers}"
    );
    assert!(lab.ask("A", "display ospf interface").contains(" DROther "));
    assert_eq!(has_routes(&lab), [true; 2]);
    commit(&lab, "B", &["ospf dr-priority 0"]);
    assert_eq!(states(&lab), ["2-Way", "2-Way"]);
    assert_eq!(has_routes(&lab), [false; 2]);
    assert_settled(&lab, "nobody is designated");
    // Where nobody is designated anyway the priority does not matter.
    for device in ["A", "B"] {
        commit(&lab, device, &["ospf network-type p2p"]);
    }
    assert_eq!(states(&lab), ["Full", "Full"]);
    assert_settled(&lab, "point to point");
}

#[test]
fn a_link_that_its_ends_describe_differently_carries_no_routes() {
    let lab = pair();
    commit(&lab, "A", &["ospf network-type p2p"]);
    assert_eq!(states(&lab), ["Full", "Full"]);
    assert_eq!(has_routes(&lab), [false; 2]);
    assert!(lab.ask("A", "display ospf peer").contains("DR: None"));
    assert_settled(&lab, "types");
}

#[test]
fn who_is_not_heard_is_in_init() {
    let lab = pair();
    lab.fault_in(Direction::Sent, "A", "GE0/1/0", Fault::Loss(1.0));
    assert!(lab.settles());
    assert_eq!(states(&lab), ["Init", ""]);
    assert_eq!(has_routes(&lab), [false; 2]);
    lab.fault_in(Direction::Sent, "A", "GE0/1/0", Fault::Mend);
    assert_settled(&lab, "mended");
    assert_eq!(states(&lab), ["Full", "Full"]);
}

#[test]
fn silence_is_noticed_after_the_configured_interval() {
    let lab = pair();
    for device in ["A", "B"] {
        lab.commit_only(device, &[&format!("{PORT} / ospf timer hello 1")]);
    }
    assert_settled(&lab, "hellos of a second");
    let interface = lab.ask("A", "display ospf interface GigabitEthernet0/1/0");
    assert!(interface.contains("Timers: Hello 1 , Dead 4 "), "{interface}");
    let peers = lab.ask("A", "display ospf peer");
    let due = peers
        .lines()
        .find_map(|line| line.trim().strip_prefix("Dead timer due in"));
    let due: u64 = due.unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!((3..=4).contains(&due), "{peers}");
    lab.fault("A", "GE0/1/0", Fault::Loss(1.0));
    lab.pass(Duration::from_millis(2_900));
    assert_eq!(states(&lab), ["Full", "Full"]);
    lab.pass(Duration::from_millis(1_200));
    assert_eq!(states(&lab), ["", ""]);
}

#[test]
fn hellos_say_what_is_configured_whether_they_are_heeded_or_not() {
    let lab = pair();
    commit(
        &lab,
        "A",
        &[
            "ospf timer dead 77",
            "ospf timer hello 7",
            "ospf authentication-mode simple plain secret",
        ],
    );
    let simulation = lab.lab.timed().unwrap().now();
    let current = simulation
        .history()
        .kept_alive()
        .filter(|kept| kept.schedule.until.is_none());
    let said: Vec<(usize, Duration, u32, bool, AuthenticationMark)> = current
        .filter_map(|kept| match kept.what {
            KeepaliveKind::OspfHello {
                neighbour,
                dead,
                authentication,
                ..
            } => Some((
                kept.from,
                kept.schedule.interval,
                dead,
                neighbour.is_some(),
                authentication,
            )),
            _ => None,
        })
        .collect();
    let seconds = Duration::from_secs;
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.contains(&(0, seconds(7), 77, false, AuthenticationMark::Simple(*b"secret\0\0"))));
    assert!(said.contains(&(1, seconds(10), 40, false, AuthenticationMark::None)));
}
