//! What a change of configuration changes, and that it changes nothing else.

use proptest::prelude::*;
use proptest::sample::Index;

use super::lab::{Computed, DEVICES};
use crate::answers::NoAnswer;

/// All routes of the lab that are not direct: `DEVICE [VPNA] ROW`.
fn learnt(lab: &Computed) -> Vec<String> {
    let mut all = Vec::new();
    for device in DEVICES {
        let mut take = |command: &str, mark: &str| {
            let rows = lab.routes(device, command);
            let rows = rows.iter().filter(|row| !row.contains(" Direct "));
            all.extend(rows.map(|row| format!("{device} {mark}{row}")));
        };
        take("display ip routing-table", "");
        if device.starts_with("PE") {
            take("display ip routing-table vpn-instance VPNA", "VPNA ");
        }
    }
    all
}

/// Routes lost (`-`) and gained (`+`) by a change.
fn change(lab: &Computed, device: &str, lines: &[&str]) -> Vec<String> {
    let before = learnt(lab);
    lab.commit(device, lines);
    let after = learnt(lab);
    let lost = before
        .iter()
        .filter(|row| !after.contains(row))
        .map(|row| format!("- {row}"));
    let gained = after
        .iter()
        .filter(|row| !before.contains(row))
        .map(|row| format!("+ {row}"));
    lost.chain(gained).collect()
}

const STATIC: &str = "ip route-static vpn-instance VPNA 1.1.1.1 255.255.255.255 10.1.1.1";
const NOTHING: [&str; 0] = [];

#[test]
fn one_ends_bfd_session_removed_withdraws_the_route_that_tracks_the_other() {
    let lab = Computed::start();
    assert_eq!(
        change(&lab, "CE1", &["undo bfd ce1_to_pe1"]),
        [
            "- PE1 VPNA 1.1.1.1/32 Static 60 0 RD 10.1.1.1 GigabitEthernet0/3/0",
            "- PE3 VPNA 1.1.1.1/32 IBGP 255 0 RD 2.2.2.2 GigabitEthernet0/1/0",
            "+ PE1 VPNA 1.1.1.1/32 IBGP 255 0 RD 3.3.3.3 GigabitEthernet0/2/0",
        ]
    );
    // Untracked, the route stays whatever BFD says.
    assert_eq!(change(&lab, "PE1", &[STATIC]).len(), 3);
    assert!(
        lab.routes("PE1", "display ip routing-table vpn-instance VPNA")
            .iter()
            .any(|row| row.contains("Static"))
    );
    assert!(
        lab.ask("PE1", "display bfd session all")
            .contains("Session Number : 0/1")
    );
}

#[test]
fn without_tracking_a_healthy_network_is_the_same() {
    let lab = Computed::start();
    assert_eq!(change(&lab, "PE1", &[STATIC]), NOTHING);
}

#[test]
fn a_session_that_is_shut_down_withdraws_nothing() {
    for (device, session) in [("PE1", "pe1_to_ce1"), ("CE1", "ce1_to_pe1")] {
        let lab = Computed::start();
        assert_eq!(change(&lab, device, &[&format!("bfd {session} / shutdown")]), NOTHING);
        assert!(
            lab.ask("PE1", "display bfd session all")
                .contains("Session Number : 0/1")
        );
    }
}

#[test]
fn sessions_of_the_wrong_peer_or_without_bfd_stay_down() {
    for lines in [
        &[
            "undo bfd ce1_to_pe1",
            "bfd x bind peer-ip 10.1.1.9 interface gi0/1/0 source-ip 10.1.1.1 auto",
        ][..],
        &[
            "undo bfd ce1_to_pe1",
            "bfd x bind peer-ip 10.1.1.2 interface gi0/2/0 auto",
        ],
        &[
            "undo bfd ce1_to_pe1",
            "bfd x bind peer-ip 10.1.1.2 interface gi0/1/0",
            "bfd x / discriminator local 1",
        ],
    ] {
        let lab = Computed::start();
        lab.commit("CE1", lines);
        assert!(
            lab.ask("PE1", "display bfd session all")
                .contains("Session Number : 0/1"),
            "{lines:?}"
        );
    }
}

#[test]
fn given_discriminators_must_match_at_both_ends() {
    let ends = |local: u32, remote: u32| {
        let lab = Computed::start();
        lab.commit(
            "CE1",
            &[
                "undo bfd ce1_to_pe1",
                "bfd x bind peer-ip 10.1.1.2 interface gi0/1/0",
                "bfd x / discriminator local 1",
                "bfd x / discriminator remote 2",
            ],
        );
        lab.commit(
            "PE1",
            &[
                STATIC,
                "undo bfd pe1_to_ce1",
                "bfd y bind peer-ip 10.1.1.1 vpn-instance VPNA interface gi0/3/0",
                &format!("bfd y / discriminator local {local}"),
                &format!("bfd y / discriminator remote {remote}"),
            ],
        );
        lab.ask("PE1", "display bfd session all")
            .contains("Session Number : 1/0")
    };
    assert!(ends(2, 1));
    assert!(!ends(1, 2));
    assert!(!ends(2, 3));
}

#[test]
fn without_load_balancing_the_smaller_router_id_is_used() {
    let lab = Computed::start();
    assert_eq!(
        change(
            &lab,
            "PE3",
            &["bgp 100 / ipv4-family vpn-instance VPNA / undo maximum load-balancing"]
        ),
        ["- PE3 VPNA 1.1.1.1/32 IBGP 255 0 RD 3.3.3.3 GigabitEthernet0/2/0"]
    );
}

#[test]
fn the_same_route_distinguisher_leaves_one_route() {
    let lab = Computed::start();
    let family = "ip vpn-instance VPNA / ipv4-family";
    let changed = change(&lab, "PE2", &[&format!("{family} / route-distinguisher 100:1")]);
    assert_eq!(
        changed,
        ["- PE3 VPNA 1.1.1.1/32 IBGP 255 0 RD 3.3.3.3 GigabitEthernet0/2/0"]
    );
}

#[test]
fn a_route_target_decides_who_learns_what() {
    let family = "ip vpn-instance VPNA / ipv4-family";
    let lab = Computed::start();
    assert_eq!(
        change(
            &lab,
            "PE1",
            &[&format!("{family} / undo vpn-target 111:1 export-extcommunity")]
        ),
        [
            "- PE2 VPNA 10.1.1.0/24 IBGP 255 0 RD 2.2.2.2 GigabitEthernet0/2/0",
            "- PE3 VPNA 1.1.1.1/32 IBGP 255 0 RD 2.2.2.2 GigabitEthernet0/1/0",
            "- PE3 VPNA 10.1.1.0/24 IBGP 255 0 RD 2.2.2.2 GigabitEthernet0/1/0",
            "- CE2 10.1.1.0/24 EBGP 255 0 RD 10.3.1.1 GigabitEthernet0/1/0",
        ]
    );
    let lab = Computed::start();
    assert_eq!(
        change(
            &lab,
            "PE1",
            &[&format!("{family} / undo vpn-target 111:1 import-extcommunity")]
        ),
        [
            "- PE1 VPNA 10.2.1.0/24 IBGP 255 0 RD 3.3.3.3 GigabitEthernet0/2/0",
            "- PE1 VPNA 10.3.1.0/24 IBGP 255 0 RD 4.4.4.4 GigabitEthernet0/1/0",
        ]
    );
}

#[test]
fn a_vpn_route_needs_an_lsp_to_its_next_hop() {
    let lab = Computed::start();
    assert_eq!(
        change(&lab, "PE1", &["interface gi0/1/0 / undo mpls ldp"]),
        [
            "- PE1 VPNA 10.3.1.0/24 IBGP 255 0 RD 4.4.4.4 GigabitEthernet0/1/0",
            "- PE3 VPNA 1.1.1.1/32 IBGP 255 0 RD 2.2.2.2 GigabitEthernet0/1/0",
            "- PE3 VPNA 10.1.1.0/24 IBGP 255 0 RD 2.2.2.2 GigabitEthernet0/1/0",
            "- CE2 10.1.1.0/24 EBGP 255 0 RD 10.3.1.1 GigabitEthernet0/1/0",
        ]
    );
    assert!(
        lab.ask("PE1", "display mpls ldp session")
            .contains("TOTAL: 1 Session(s) Found.")
    );
    assert!(
        lab.ask("PE1", "display bgp vpnv4 all peer")
            .contains("established state : 2")
    );
}

#[test]
fn lsps_and_sessions_follow_the_igp_around_a_failed_core_link() {
    let lab = Computed::start();
    lab.commit("PE1", &["interface gi0/1/0 / shutdown"]);
    let routes = lab.routes("PE1", "display ip routing-table vpn-instance VPNA");
    assert!(
        routes.contains("10.3.1.0/24 IBGP 255 0 RD 4.4.4.4 GigabitEthernet0/2/0"),
        "{routes:?}"
    );
    let routes = lab.routes("PE1", "display ip routing-table");
    assert!(
        routes.contains("4.4.4.4/32 OSPF 10 3 D 33.33.33.2 GigabitEthernet0/2/0"),
        "{routes:?}"
    );
    assert!(lab.ask("CE2", "ping 10.1.1.1").contains("0.00% packet loss"));
    // PE2 switches labels: it is no hop.
    let trace = lab.ask("CE2", "tracert 10.1.1.1");
    assert_eq!(trace.lines().count(), 4, "{trace}");
}

#[test]
fn a_wrong_as_number_keeps_a_session_down() {
    let lab = Computed::start();
    lab.commit("CE2", &["bgp 65410 / peer 10.3.1.1 as-number 101"]);
    for device in ["CE2", "PE3"] {
        let command = if device == "CE2" {
            "display bgp peer"
        } else {
            "display bgp vpnv4 all peer"
        };
        let text = lab.ask(device, command);
        assert!(
            text.lines()
                .any(|line| line.contains("10.3.1.") && line.contains(" Active ")),
            "{text}"
        );
    }
    assert!(
        lab.routes("CE2", "display ip routing-table")
            .iter()
            .all(|row| row.contains("Direct"))
    );
}

#[test]
fn a_floating_static_route_waits_for_the_better_one() {
    let lab = Computed::start();
    lab.commit("CE1", &["ip route-static 0.0.0.0 0 10.2.1.2 preference 100"]);
    let default = |lab: &Computed| {
        let rows = lab.routes("CE1", "display ip routing-table");
        rows.into_iter()
            .filter(|row| row.starts_with("0.0.0.0/0"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        default(&lab),
        ["0.0.0.0/0 Static 60 0 RD 10.1.1.2 GigabitEthernet0/1/0"]
    );
    lab.commit("CE1", &["interface gi0/1/0 / shutdown"]);
    assert_eq!(
        default(&lab),
        ["0.0.0.0/0 Static 100 0 RD 10.2.1.2 GigabitEthernet0/2/0"]
    );
}

#[test]
fn what_is_not_computed_is_refused() {
    let lab = Computed::start();
    for command in ["display ospf lsdb", "ping -i GigabitEthernet0/1/0 1.1.1.1"] {
        assert_eq!(
            lab.try_ask("PE1", command),
            Err(NoAnswer::NotComputed(command.into())),
            "{command}"
        );
    }
    for (device, command) in [
        ("PE1", "display ip routing-table vpn-instance VPNB"),
        ("CE1", "display bgp peer"),
        ("CE1", "display ospf peer"),
    ] {
        assert!(
            matches!(lab.try_ask(device, command), Err(NoAnswer::Refused(_))),
            "{command}"
        );
    }
}

#[test]
fn lines_that_change_nothing_that_is_computed_change_no_answer() {
    for lines in [
        &[
            "vsi v1",
            "vsi v1 / pwsignal bgp",
            "vsi v1 / pwsignal bgp / flow-label both static",
        ][..],
        &["mpls l2vpn", "bgp 100 / l2vpn-ad-family / peer 2.2.2.2 enable"],
        &["load-balance flow all", "slot 3 / load-balance hash-fields ip l4"],
        &["tunnel-policy t / tunnel select-seq lsp load-balance-number 2"],
        &[
            "route-policy p deny node 10",
            "ip ip-prefix x deny 0.0.0.0 0 less-equal 32",
        ],
        &["bgp 100 / graceful-restart", "interface GE0/1/0 / statistic enable"],
    ] {
        let lab = Computed::start();
        assert_eq!(
            change(&lab, "PE2", &[lines, &["mpls / mpls bfd enable"]].concat()),
            NOTHING,
            "{lines:?}"
        );
    }
}

#[test]
fn a_line_that_is_not_modelled_makes_every_answer_refused() {
    for (device, line) in [
        ("PE3", "bgp 100 / peer 2.2.2.2 next-hop-invariable"),
        ("PE3", "bgp 100 / peer 2.2.2.2 bfd enable"),
        ("PE1", "interface GE0/1/0 / ospf timer retransmit 6"),
        ("PE1", "interface GE0/1/0 / ospf network-type nbma"),
        ("PE1", "interface GE0/1/0 / eth-trunk 1"),
        ("PE1", "interface Eth-Trunk1"),
        ("PE1", "slot 3 / load-balance hash-fields ip l3"),
        ("PE1", "mpls / mpls bfd-trigger host"),
        (
            "PE1",
            "bfd l bind ldp-lsp peer-ip 4.4.4.4 nexthop 11.11.11.2 interface GE0/1/0 auto",
        ),
        ("PE1", "ip as-path-filter a permit ["),
        ("PE1", "ip route-static 9.9.9.9 32 11.11.11.2 bfd enable"),
        ("PE1", "bfd / delay-up 10"),
        ("CE1", "bfd x bind peer-ip 10.1.1.2 auto"),
    ] {
        let lab = Computed::start();
        lab.commit(device, &[line]);
        let refused = lab.try_ask("CE2", "display ip routing-table");
        let Err(NoAnswer::Refused(message)) = refused else {
            panic!("{line}: {refused:?}");
        };
        assert!(message.contains(device), "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_order_of_devices_and_links_plays_no_part(swaps in prop::collection::vec(any::<(Index, Index)>(), 8), rotate in 0..6_usize) {
        let mut order = DEVICES;
        for (a, b) in swaps {
            order.swap(a.index(5), b.index(5));
        }
        prop_assert_eq!(Computed::in_order(&order, rotate).everything(), Computed::start().everything());
    }
}

#[test]
fn nobody_answers_for_an_address_that_is_not_there() {
    let lab = Computed::start();
    assert!(lab.ask("PE1", "ping 11.11.11.9").contains("100.00% packet loss"));
    // A next hop that nobody has: the route stands, the packets are lost.
    lab.commit("CE2", &["undo bgp", "ip route-static 0.0.0.0 0 10.3.1.9"]);
    assert!(
        lab.routes("CE2", "display ip routing-table")
            .iter()
            .any(|row| row.contains("10.3.1.9"))
    );
    assert!(lab.ask("CE2", "ping 1.1.1.1").contains("100.00% packet loss"));
}

#[test]
fn an_ldp_session_needs_its_transport_addresses() {
    let lab = Computed::start();
    lab.commit("PE3", &["mpls lsr-id 4.4.4.9"]);
    let text = lab.ask("PE1", "display mpls ldp session");
    assert!(text.contains("4.4.4.9:0          NonExistent"), "{text}");
    let routes = lab.routes("PE1", "display ip routing-table vpn-instance VPNA");
    assert!(!routes.iter().any(|row| row.starts_with("10.3.1.0/24")), "{routes:?}");
}
