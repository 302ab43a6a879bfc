//! LDP sessions: who opens them, what they need, when they end.

use std::fmt::Write as _;
use std::time::Duration;

use super::lab::Computed;
use super::settling::assert_settled;
use crate::answers::NoAnswer;
use crate::fault::{Direction, Fault};
use crate::network::{KeepaliveKind, Says};

const ROUTERS: [&str; 4] = ["R1", "R2", "R3", "R4"];

/// R1 – R2 – R3 – R4 in a row, each with its number as LSR ID, OSPF and LDP on all links, and a second link from R1 to R2
/// without either. R1 has another loopback, 10.9.9.1.
pub fn row() -> Computed {
    let links = [
        ("R1", "GE0/2/0", "R2", "GE0/1/0"),
        ("R2", "GE0/2/0", "R3", "GE0/1/0"),
        ("R3", "GE0/2/0", "R4", "GE0/1/0"),
        ("R1", "GE0/3/0", "R2", "GE0/3/0"),
    ];
    Computed::of(&ROUTERS, &links, |name| {
        let own: u8 = name[1..].parse().unwrap();
        let mut text =
            format!("sysname {name}\nmpls lsr-id {own}.{own}.{own}.{own}\nmpls\nmpls ldp\ninterface LoopBack0\n");
        writeln!(text, " ip address {own}.{own}.{own}.{own} 32").unwrap();
        let mut port = |port: u8, address: String, lines: &str| {
            writeln!(
                text,
                "interface GigabitEthernet0/{port}/0\n undo shutdown\n ip address {address} 30\n{lines}"
            )
            .unwrap();
        };
        if own > 1 {
            port(1, format!("10.0.{}.2", own - 1), " mpls\n mpls ldp");
        }
        if own < 4 {
            port(2, format!("10.0.{own}.1"), " mpls\n mpls ldp");
        }
        if own < 3 {
            port(3, format!("10.8.0.{own}"), "");
        }
        if own == 1 {
            text += "interface LoopBack9\n ip address 10.9.9.1 32\n";
        }
        text + "ospf 1\n area 0.0.0.0\n  network 0.0.0.0 255.255.255.255\n"
    })
}

/// `PEER STATUS ROLE` of each session.
fn sessions(lab: &Computed, device: &str) -> Vec<String> {
    let text = lab.ask(device, "display mpls ldp session");
    let rows = text.lines().filter(|line| line.contains(":0 "));
    rows.map(|line| {
        let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "DU").collect();
        words[..3].join(" ")
    })
    .collect()
}

fn has_lsp(lab: &Computed, device: &str, address: &str) -> bool {
    lab.ask(device, &format!("display mpls lsp include {address} 32"))
        .contains(address)
}

/// What an end told when it closed sessions: seconds after the beginning.
fn closed(lab: &Computed, device: usize) -> Vec<f64> {
    let simulation = lab.lab.timed().unwrap().now();
    let told = simulation.history().messages();
    told.filter(|message| message.from == device && matches!(message.says, Says::LdpNotification { .. }))
        .map(|message| message.sent.nanos() as f64 / 1e9)
        .collect()
}

const UP: [&str; 2] = ["1.1.1.1:0 Operational Active", "3.3.3.3:0 Operational Passive"];

#[test]
fn the_larger_transport_address_opens_the_session() {
    let lab = row();
    assert_eq!(sessions(&lab, "R2"), UP);
    lab.commit("R1", &["interface GE0/2/0 / mpls ldp transport-address LoopBack9"]);
    assert_eq!(sessions(&lab, "R2")[0], "1.1.1.1:0 Operational Passive");
    assert_eq!(sessions(&lab, "R1"), ["2.2.2.2:0 Operational Active"]);
    let verbose = lab.ask("R2", "display mpls ldp session 1.1.1.1");
    assert!(verbose.contains(": 2.2.2.2 <- 10.9.9.1\n"), "{verbose}");
    assert!(
        lab.ask("R2", "display mpls ldp peer")
            .contains("1.1.1.1:0              10.9.9.1 ")
    );
    assert!(lab.ask("R1", "display mpls ldp interface").contains("DU   10.9.9.1 "));
    assert!(has_lsp(&lab, "R1", "4.4.4.4"));
    assert_settled(&lab, "by a loopback");
    // Back to the link's own address, which is smaller than 2.2.2.2 is not: 10.0.1.1.
    lab.commit("R1", &["interface GE0/2/0 / mpls ldp transport-address interface"]);
    assert!(
        lab.ask("R1", "display mpls ldp session 2.2.2.2")
            .contains(": 10.0.1.1 -> 2.2.2.2\n")
    );
    lab.commit("R1", &["interface GE0/2/0 / undo mpls ldp transport-address"]);
    assert_eq!(sessions(&lab, "R2"), UP);
}

#[test]
fn a_transport_address_that_no_route_leads_to_leaves_no_session() {
    for lines in [
        &[
            "ospf 1 / area 0 / undo network 0.0.0.0 255.255.255.255",
            "ospf 1 / area 0 / network 10.0.0.0 0.0.255.255",
            "ospf 1 / area 0 / network 1.1.1.1 0.0.0.0",
            "interface GE0/2/0 / mpls ldp transport-address LoopBack9",
        ][..],
        &[
            "ospf 1 / area 0 / undo network 0.0.0.0 255.255.255.255",
            "ospf 1 / area 0 / network 10.0.0.0 0.0.255.255",
        ],
        &[
            "interface GE0/2/0 / mpls ldp transport-address LoopBack7",
            "interface LoopBack7",
        ],
        &["mpls lsr-id 1.1.1.9"],
        &["interface LoopBack0 / undo ip address 1.1.1.1 32"],
    ] {
        let lab = row();
        lab.commit("R1", lines);
        let here = sessions(&lab, "R1");
        assert!(
            matches!(&here[..], [one] if one.starts_with("2.2.2.2:0 NonExistent")),
            "{lines:?}: {here:?}"
        );
        assert!(sessions(&lab, "R2")[0].contains("NonExistent"), "{lines:?}");
        assert!(!has_lsp(&lab, "R1", "3.3.3.3"), "{lines:?}");
        assert_settled(&lab, lines[0]);
    }
}

#[test]
fn ldp_on_one_side_alone_gives_no_session() {
    for line in [
        "interface GE0/2/0 / undo mpls ldp",
        "undo mpls ldp",
        "interface GE0/2/0 / undo mpls",
    ] {
        let lab = row();
        lab.commit("R1", &[line]);
        assert_eq!(sessions(&lab, "R2"), UP[1..], "{line}");
        let peers = lab.ask("R2", "display mpls ldp peer");
        assert!(!peers.contains("1.1.1.1"), "{peers}");
        assert_settled(&lab, line);
    }
}

#[test]
fn passwords_must_be_the_same_at_both_ends() {
    let lab = row();
    lab.commit("R1", &["mpls ldp / md5-password plain 2.2.2.2 Secret_1"]);
    assert_eq!(sessions(&lab, "R1"), ["2.2.2.2:0 NonExistent Passive"]);
    assert!(!has_lsp(&lab, "R1", "3.3.3.3"));
    assert!(
        lab.ask("R1", "display mpls ldp peer").contains("2.2.2.2:0"),
        "hellos go on"
    );
    lab.commit("R2", &["mpls ldp / md5-password cipher 1.1.1.1 Secret_2"]);
    assert_eq!(sessions(&lab, "R1"), ["2.2.2.2:0 NonExistent Passive"]);
    assert_settled(&lab, "two passwords");
    lab.commit("R2", &["mpls ldp / md5-password cipher 1.1.1.1 Secret_1"]);
    assert_eq!(sessions(&lab, "R1"), ["2.2.2.2:0 Operational Passive"]);
    assert!(
        lab.ask("R1", "display mpls ldp session verbose")
            .contains("MD5 Flag        : On")
    );
    assert!(has_lsp(&lab, "R1", "4.4.4.4"));
    // One for another peer changes nothing.
    lab.commit("R2", &["mpls ldp / md5-password plain 9.9.9.9 x"]);
    assert_eq!(closed(&lab, 1).len(), 0, "R2 had no session to close");
    assert_settled(&lab, "one password");
    lab.commit("R2", &["mpls ldp / undo md5-password 1.1.1.1"]);
    assert_eq!(sessions(&lab, "R1"), ["2.2.2.2:0 NonExistent Passive"]);
}

#[test]
fn a_silent_link_ends_the_session_after_the_smaller_hello_hold_time() {
    for (own, theirs, expected) in [(None, None, 15.0), (Some(6), None, 6.0), (Some(60), Some(30), 30.0)] {
        let lab = row();
        for (device, interface, hold) in [("R2", "GE0/2/0", own), ("R3", "GE0/1/0", theirs)] {
            if let Some(hold) = hold {
                let line = format!("interface {interface} / mpls ldp timer hello-hold {hold}");
                lab.commit(device, &[&line]);
            }
        }
        assert_eq!(sessions(&lab, "R2"), UP, "a new hold time of hellos ends no session");
        lab.pass(Duration::from_secs(100));
        let start = lab.now().nanos() as f64 / 1e9;
        lab.fault("R2", "GE0/2/0", Fault::Loss(1.0));
        lab.pass(Duration::from_secs(120));
        let after: Vec<f64> = closed(&lab, 1).iter().map(|at| at - start).collect();
        // The last hello came within a third of the time.
        let earliest = expected * 2.0 / 3.0 - 0.1;
        assert!(
            matches!(after[..], [at] if at > earliest && at <= expected + 0.1),
            "{own:?} {theirs:?}: {after:?}"
        );
        assert_eq!(sessions(&lab, "R2"), UP[..1]);
        assert_settled(&lab, "silent");
        lab.fault("R2", "GE0/2/0", Fault::Mend);
        assert!(lab.settles());
        assert_eq!(sessions(&lab, "R2"), UP);
        let interface = lab.ask("R2", "display mpls ldp interface GE0/2/0");
        let negotiated = format!("Negotiated Hello Hold Timer        : {expected} Sec");
        assert!(interface.contains(&negotiated), "{interface}");
    }
}

/// The way between the transport addresses is lost while hellos go on: the second link carries no LDP.
#[test]
fn a_connection_that_breaks_ends_the_session_after_the_keepalive_hold_time() {
    for (lines, expected) in [
        (&[][..], 45.0),
        (&["interface GE0/2/0 / mpls ldp timer keepalive-hold 30"], 30.0),
    ] {
        let lab = row();
        if !lines.is_empty() {
            lab.commit("R1", lines);
            let verbose = lab.ask("R2", "display mpls ldp session 1.1.1.1");
            assert!(
                verbose.contains(&format!("Negotiated Keepalive Hold Timer: {expected} Sec")),
                "{verbose}"
            );
        }
        // By the second link.
        lab.commit("R1", &["interface GE0/2/0 / ospf cost 9"]);
        lab.commit("R2", &["interface GE0/1/0 / ospf cost 9"]);
        lab.pass(Duration::from_secs(100));
        let before = closed(&lab, 0).len() + closed(&lab, 1).len();
        let start = lab.now().nanos() as f64 / 1e9;
        // OSPF takes 40 s to notice: LDP comes first with 30 s, and with 45 s it never does.
        lab.fault("R1", "GE0/3/0", Fault::Loss(1.0));
        lab.pass(Duration::from_secs(120));
        let after: Vec<f64> = [closed(&lab, 0), closed(&lab, 1)].concat()[before..]
            .iter()
            .map(|at| at - start)
            .collect();
        if expected > 40.0 {
            assert!(after.is_empty(), "{after:?}");
        } else {
            let earliest = expected * 2.0 / 3.0 - 0.1;
            assert!(!after.is_empty(), "nothing ended");
            assert!(
                after.iter().all(|at| *at > earliest && *at <= expected + 0.1),
                "{after:?}"
            );
        }
        assert_settled(&lab, "another way");
        assert_eq!(sessions(&lab, "R2"), UP);
    }
}

#[test]
fn of_a_link_that_is_silent_one_way_the_deaf_end_tells_the_other() {
    let lab = row();
    lab.pass(Duration::from_secs(100));
    lab.fault_in(Direction::Received, "R2", "GE0/2/0", Fault::Loss(1.0));
    lab.pass(Duration::from_secs(60));
    let (r2, r3) = (closed(&lab, 1), closed(&lab, 2));
    assert!(matches!(r2[..], [at] if at > 110.0 - 0.1 && at <= 115.1), "{r2:?}");
    assert!(r3.is_empty(), "{r3:?}");
    assert_eq!(sessions(&lab, "R2"), UP[..1]);
    // R3 still hears R2.
    assert_eq!(
        sessions(&lab, "R3"),
        ["2.2.2.2:0 NonExistent Active", "4.4.4.4:0 Operational Passive"]
    );
    assert_settled(&lab, "one way");
}

#[test]
fn a_session_with_other_terms_begins_anew() {
    for line in [
        "interface GE0/2/0 / mpls ldp timer keepalive-hold 60",
        "interface GE0/2/0 / mpls ldp transport-address interface",
    ] {
        let lab = row();
        lab.commit_only("R1", &[line]);
        lab.pass(Duration::from_millis(100));
        assert_eq!(
            sessions(&lab, "R1"),
            ["2.2.2.2:0 NonExistent Passive"].map(|row| {
                if line.ends_with("interface") {
                    row.replace("Passive", "Active")
                } else {
                    row.to_owned()
                }
            })
        );
        assert!(sessions(&lab, "R2")[0].contains("NonExistent"));
        assert!(lab.settles());
        assert!(sessions(&lab, "R1")[0].contains("Operational"));
        assert_eq!(closed(&lab, 0).len(), 1);
    }
}

#[test]
fn keepalives_are_sent_as_often_as_configured() {
    let lab = row();
    lab.commit("R1", &["interface GE0/2/0 / mpls ldp timer keepalive-send 3"]);
    lab.commit("R1", &["interface GE0/2/0 / mpls ldp timer keepalive-hold 60"]);
    lab.pass(Duration::from_secs(300));
    let simulation = lab.lab.timed().unwrap().now();
    let intervals = |from: usize, to: usize| -> Vec<u64> {
        let kept = simulation.history().kept_alive();
        kept.filter(|kept| kept.from == from && kept.to == to && kept.schedule.until.is_none())
            .filter(|kept| matches!(kept.what, KeepaliveKind::Ldp { .. }))
            .map(|kept| kept.schedule.interval.as_secs())
            .collect()
    };
    assert_eq!((intervals(0, 1), intervals(1, 0)), (vec![3], vec![15]));
}

#[test]
fn a_targeted_session_needs_both_ends() {
    let lab = row();
    lab.commit(
        "R1",
        &[
            "mpls ldp remote-peer far / remote-ip 4.4.4.4",
            "mpls ldp remote-peer far / description to R4",
        ],
    );
    assert_eq!(sessions(&lab, "R1"), ["2.2.2.2:0 Operational Passive"]);
    assert_eq!(sessions(&lab, "R4"), ["3.3.3.3:0 Operational Active"]);
    let entity = lab.ask("R1", "display mpls ldp remote-peer");
    assert!(
        entity.contains("Remote Peer IP    : 4.4.4.4") && entity.contains("TOTAL: 1 Peer(s)"),
        "{entity}"
    );
    assert_settled(&lab, "one end");
    lab.commit("R4", &["mpls ldp remote-peer back / remote-ip 1.1.1.1"]);
    assert_eq!(
        sessions(&lab, "R1"),
        ["2.2.2.2:0 Operational Passive", "4.4.4.4:0 Operational Passive"]
    );
    assert_eq!(
        sessions(&lab, "R4"),
        ["1.1.1.1:0 Operational Active", "3.3.3.3:0 Operational Active"]
    );
    assert!(lab.ask("R1", "display mpls ldp peer").contains("Remote Peer : far"));
    assert!(lab.ask("R1", "display mpls ldp adjacency").contains(" R\n"));
    // Labels come over it and are kept, while packets go hop by hop.
    let text = lab.ask("R1", "display mpls ldp lsp");
    assert!(text.contains("DS/4.4.4.4"), "{text}");
    let next = lab.ask("R1", "display mpls lsp include 4.4.4.4 32");
    assert!(next.contains("-/GE0/2/0"), "{next}");
    assert_settled(&lab, "both ends");
    lab.commit("R4", &["mpls ldp remote-peer back / undo remote-ip"]);
    assert_eq!(sessions(&lab, "R1"), ["2.2.2.2:0 Operational Passive"]);
    assert_settled(&lab, "one end again");
}

#[test]
fn a_targeted_session_follows_the_routes_and_ends_without_them() {
    let lab = row();
    lab.commit("R1", &["mpls ldp remote-peer far / remote-ip 4.4.4.4"]);
    lab.commit("R4", &["mpls ldp remote-peer back / remote-ip 1.1.1.1"]);
    lab.commit("R3", &["interface GE0/2/0 / shutdown"]);
    assert_eq!(sessions(&lab, "R1"), ["2.2.2.2:0 Operational Passive"]);
    assert_settled(&lab, "cut off");
    lab.commit("R3", &["interface GE0/2/0 / undo shutdown"]);
    assert_eq!(sessions(&lab, "R1").len(), 2);
    assert_settled(&lab, "back");
}

/// Session protection: a neighbour that is a remote peer too keeps its session when the link is gone.
#[test]
fn a_neighbours_session_outlives_the_link_as_a_targeted_one() {
    let lab = row();
    lab.commit("R1", &["mpls ldp remote-peer near / remote-ip 2.2.2.2"]);
    lab.commit("R2", &["mpls ldp remote-peer near / remote-ip 1.1.1.1"]);
    assert_eq!(
        lab.ask("R1", "display mpls ldp adjacency").matches("2.2.2.2").count(),
        3
    );
    lab.commit("R1", &["interface GE0/2/0 / shutdown"]);
    assert_eq!(sessions(&lab, "R1"), ["2.2.2.2:0 Operational Passive"]);
    assert_eq!((closed(&lab, 0).len(), closed(&lab, 1).len()), (0, 0));
    assert!(!has_lsp(&lab, "R1", "3.3.3.3"), "the second link runs no LDP");
    assert_settled(&lab, "without the link");
}

#[test]
fn lines_whose_effect_is_in_doubt_are_refused() {
    for (device, lines, word) in [
        (
            "R1",
            &[
                "interface GE0/3/0 / mpls",
                "interface GE0/3/0 / mpls ldp",
                "interface GE0/3/0 / mpls ldp timer keepalive-hold 60",
            ][..],
            "other terms",
        ),
        (
            "R1",
            &[
                "interface GE0/3/0 / mpls",
                "interface GE0/3/0 / mpls ldp",
                "interface GE0/3/0 / mpls ldp transport-address interface",
                "interface GE0/2/0 / mpls ldp transport-address interface",
            ],
            "other terms",
        ),
        (
            "R1",
            &[
                "mpls ldp remote-peer a / remote-ip 2.2.2.2",
                "mpls ldp remote-peer a / mpls ldp timer keepalive-hold 60",
            ],
            "than on a link",
        ),
        (
            "R1",
            &["mpls ldp remote-peer a / remote-ip 2.2.2.2", "interface GE0/3/0 / mpls"],
            "without LDP",
        ),
        (
            "R1",
            &[
                "mpls ldp remote-peer a / remote-ip 4.4.4.4",
                "mpls ldp remote-peer b / remote-ip 4.4.4.4",
            ],
            "of two",
        ),
    ] {
        let lab = row();
        lab.commit("R2", &["interface GE0/3/0 / mpls", "interface GE0/3/0 / mpls ldp"]);
        lab.commit(device, lines);
        let refused = lab.try_ask("R4", "display mpls ldp session");
        let Err(NoAnswer::Refused(message)) = refused else {
            panic!("{lines:?}: {refused:?}");
        };
        assert!(message.contains(device) && message.contains(word), "{message}");
    }
}
