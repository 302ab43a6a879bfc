//! Routes from outside of OSPF, and routes that lead nowhere.

use proptest::prelude::*;

use super::lab::Computed;
use super::ospf_row::{assert_settled, nothing, row, to};

#[test]
fn static_routes_are_told_through_all_areas() {
    let lab = row(nothing);
    lab.commit(
        "R3",
        &[
            "ip route-static 9.9.0.0 16 NULL0",
            "ip route-static 9.8.0.0 16 NULL0 preference 100 tag 77",
            "ospf 1 / import-route static",
        ],
    );
    // Cost 1, type 2: the way to R3 does not count.
    assert_eq!(
        to(&lab, "R0", "9.9.0.0/16"),
        ["O_ASE 150 1 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    assert_eq!(
        to(&lab, "R2", "9.9.0.0/16"),
        ["O_ASE 150 1 D 10.1.2.2 GigabitEthernet0/1/2"]
    );
    assert_eq!(to(&lab, "R3", "9.9.0.0/16"), ["Static 60 0 DB 0.0.0.0 NULL0"]);
    assert!(
        lab.ask("R0", "display ip routing-table 9.8.0.0 16 verbose")
            .contains("Tag: 1 ")
    );
    assert_settled(&lab);
    // Type 1: 10 + 10 + 10 and what the line says.
    lab.commit(
        "R3",
        &[
            "ospf 1 / undo import-route static",
            "ospf 1 / import-route static cost 7 type 1 tag 5",
        ],
    );
    assert_eq!(
        to(&lab, "R0", "9.9.0.0/16"),
        ["O_ASE 150 37 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    assert!(
        lab.ask("R0", "display ip routing-table 9.8.0.0 16 verbose")
            .contains("Tag: 5 ")
    );
    assert_settled(&lab);
    lab.commit(
        "R3",
        &[
            "ospf 1 / default cost 9",
            "ospf 1 / undo import-route static",
            "ospf 1 / import-route static tag 5",
            "ospf 1 / default-route-advertise always",
        ],
    );
    assert_eq!(
        to(&lab, "R0", "9.9.0.0/16"),
        ["O_ASE 150 9 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    // It is the cost of imported routes alone.
    assert_eq!(
        to(&lab, "R0", "0.0.0.0/0"),
        ["O_ASE 150 1 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    assert_settled(&lab);
    lab.commit(
        "R3",
        &[
            "ospf 1 / undo default cost",
            "ospf 1 / undo default-route-advertise",
            "ospf 1 / undo import-route static",
            "ospf 1 / import-route static cost 7 type 1 tag 5",
        ],
    );
    lab.commit("R0", &["ospf 1 / preference ase 33"]);
    assert_eq!(
        to(&lab, "R0", "9.9.0.0/16"),
        ["O_ASE 33 37 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    lab.commit("R3", &["undo ip route-static 9.9.0.0 16 NULL0"]);
    assert!(to(&lab, "R0", "9.9.0.0/16").is_empty());
    assert_settled(&lab);
}

#[test]
fn a_policy_decides_what_is_imported_and_how() {
    let lab = row(nothing);
    lab.commit(
        "R3",
        &[
            "ip route-static 9.9.0.0 16 NULL0",
            "ip route-static 9.8.0.0 16 NULL0",
            "ip route-static 9.7.0.0 16 NULL0 tag 70",
            "ip route-static 9.6.0.0 16 NULL0 tag 60",
            "ip ip-prefix p permit 9.8.0.0 16",
            "route-policy q permit node 10 / if-match ip-prefix p",
            "route-policy q permit node 10 / apply cost 40",
            "route-policy q permit node 10 / apply cost-type type-1",
            "route-policy q deny node 20 / if-match tag 60",
            "route-policy q permit node 30 / if-match tag 70",
            "route-policy q permit node 30 / apply tag 71",
            "ospf 1 / import-route static cost 3 route-policy q",
        ],
    );
    assert_eq!(
        to(&lab, "R2", "9.8.0.0/16"),
        ["O_ASE 150 50 D 10.1.2.2 GigabitEthernet0/1/2"]
    );
    assert_eq!(
        to(&lab, "R2", "9.7.0.0/16"),
        ["O_ASE 150 3 D 10.1.2.2 GigabitEthernet0/1/2"]
    );
    assert!(
        lab.ask("R0", "display ip routing-table 9.7.0.0 16 verbose")
            .contains("Tag: 71 ")
    );
    assert!(to(&lab, "R2", "9.9.0.0/16").is_empty() && to(&lab, "R2", "9.6.0.0/16").is_empty());
    // A policy that is not there lets everything pass.
    lab.commit(
        "R3",
        &[
            "ospf 1 / undo import-route static",
            "ospf 1 / import-route static route-policy none",
        ],
    );
    for prefix in ["9.9.0.0/16", "9.8.0.0/16", "9.7.0.0/16", "9.6.0.0/16"] {
        assert_eq!(to(&lab, "R2", prefix), ["O_ASE 150 1 D 10.1.2.2 GigabitEthernet0/1/2"]);
    }
    assert_settled(&lab);
    // What OSPF cannot tell of a BGP route is not guessed.
    lab.commit(
        "R3",
        &["route-policy none permit node 10 / if-match community-filter 1"],
    );
    assert!(lab.try_ask("R2", "display ip routing-table").is_err());
}

#[test]
fn the_nearer_of_two_borders_is_taken_by_type_then_metric_then_distance() {
    let lab = row(nothing);
    for device in ["R0", "R3"] {
        lab.commit(
            device,
            &["ip route-static 9.9.0.0 16 NULL0", "ospf 1 / import-route static"],
        );
    }
    // R1 is 20 from R0 and 20 from R3, R2 is 40 from R0 and 10 from R3.
    assert_eq!(
        to(&lab, "R1", "9.9.0.0/16"),
        [
            "O_ASE 150 1 D 10.1.0.1 GigabitEthernet0/1/0",
            "O_ASE 150 1 D 10.1.1.2 GigabitEthernet0/1/1",
        ]
    );
    assert_eq!(
        to(&lab, "R2", "9.9.0.0/16"),
        ["O_ASE 150 1 D 10.1.2.2 GigabitEthernet0/1/2"]
    );
    lab.commit("R1", &["interface GE0/1/0 / ospf cost 19"]);
    assert_eq!(
        to(&lab, "R1", "9.9.0.0/16"),
        ["O_ASE 150 1 D 10.1.0.1 GigabitEthernet0/1/0"]
    );
    // A lower metric before any distance.
    lab.commit(
        "R3",
        &[
            "ospf 1 / undo import-route static",
            "ospf 1 / import-route static cost 0",
        ],
    );
    assert_eq!(
        to(&lab, "R1", "9.9.0.0/16"),
        ["O_ASE 150 0 D 10.1.1.2 GigabitEthernet0/1/1"]
    );
    // Type 1 before type 2, whatever it costs.
    lab.commit(
        "R0",
        &[
            "ospf 1 / undo import-route static",
            "ospf 1 / import-route static cost 5000 type 1",
        ],
    );
    assert_eq!(
        to(&lab, "R2", "9.9.0.0/16"),
        ["O_ASE 150 5039 D 10.1.1.1 GigabitEthernet0/1/1"]
    );
    assert_settled(&lab);
    // Within OSPF before either.
    lab.commit(
        "R2",
        &[
            "interface lo9 / ip address 9.9.0.1 255.255.0.0",
            "ospf 1 / area 0 / network 9.9.0.0 0.0.255.255",
        ],
    );
    assert_eq!(
        to(&lab, "R3", "9.9.0.1/32"),
        ["OSPF 10 21 D 10.1.2.1 GigabitEthernet0/1/2"]
    );
    assert_settled(&lab);
}

#[test]
fn default_routes_are_told_by_a_line_of_their_own() {
    let lab = row(nothing);
    lab.commit(
        "R3",
        &["ip route-static 0.0.0.0 0 NULL0", "ospf 1 / import-route static"],
    );
    assert!(to(&lab, "R0", "0.0.0.0/0").is_empty());
    lab.commit("R3", &["ospf 1 / default-route-advertise cost 8 type 1"]);
    assert_eq!(
        to(&lab, "R0", "0.0.0.0/0"),
        ["O_ASE 150 38 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    // Without a default route there is none to tell.
    lab.commit("R3", &["undo ip route-static 0.0.0.0 0 NULL0"]);
    assert!(to(&lab, "R0", "0.0.0.0/0").is_empty());
    lab.commit(
        "R3",
        &[
            "ospf 1 / undo default-route-advertise",
            "ospf 1 / default-route-advertise always",
        ],
    );
    assert_eq!(
        to(&lab, "R0", "0.0.0.0/0"),
        ["O_ASE 150 1 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    assert!(to(&lab, "R3", "0.0.0.0/0").is_empty());
    // Two that always offer one do not use each other's.
    lab.commit("R0", &["ospf 1 / default-route-advertise always"]);
    assert!(to(&lab, "R0", "0.0.0.0/0").is_empty() && to(&lab, "R3", "0.0.0.0/0").is_empty());
    assert_eq!(to(&lab, "R1", "0.0.0.0/0").len(), 2);
    assert_settled(&lab);
}

#[test]
fn a_next_hop_on_the_link_is_told_with_the_route() {
    // R1 knows 9.9/16 by R2, on the link between them; R2 must not send it back.
    let lab = row(nothing);
    lab.commit(
        "R1",
        &[
            "ip route-static 9.9.0.0 16 10.1.1.2",
            "ospf 1 / import-route static cost 5 type 1",
        ],
    );
    assert!(to(&lab, "R2", "9.9.0.0/16").is_empty());
    assert_eq!(
        to(&lab, "R3", "9.9.0.0/16"),
        ["O_ASE 150 45 D 10.1.2.1 GigabitEthernet0/1/2"]
    );
    assert_eq!(
        to(&lab, "R0", "9.9.0.0/16"),
        ["O_ASE 150 25 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    // Between two routers alone there is no such thing.
    for device in ["R1", "R2"] {
        lab.commit(device, &["interface GE0/1/1 / ospf network-type p2p"]);
    }
    assert_eq!(
        to(&lab, "R2", "9.9.0.0/16"),
        ["O_ASE 150 25 D 10.1.1.1 GigabitEthernet0/1/1"]
    );
    assert_settled(&lab);
}

#[test]
fn processes_import_from_each_other() {
    // R1 ends process 1 and begins process 2.
    let lab = row(|name| match name {
        "R1" => "ospf 2\n area 0\n  network 10.2.0.0 0.0.255.255\n".into(),
        _ => String::new(),
    });
    lab.commit(
        "R3",
        &["ip route-static 9.9.0.0 16 NULL0", "ospf 1 / import-route static"],
    );
    lab.commit(
        "R1",
        &[
            "ospf 2 / import-route ospf 1",
            "ospf 1 / import-route ospf 1",
            "ospf 1 / import-route ospf 2",
        ],
    );
    let simulation = lab.lab.timed().unwrap().now();
    let state = simulation.state(usize::MAX).unwrap();
    let [first, second] = &state.ospf[1][..] else { panic!() };
    let prefixes: Vec<String> = second.externals.keys().map(ToString::to_string).collect();
    drop(simulation);
    // What is connected is no route of OSPF.
    assert_eq!(
        prefixes,
        ["9.9.0.0/16", "10.0.0.1/32", "10.0.0.3/32", "10.0.0.4/32", "10.1.2.0/30"]
    );
    assert!(first.externals.is_empty());
    assert_settled(&lab);
}

#[test]
fn packets_to_a_route_that_leads_nowhere_are_dropped() {
    let lab = row(nothing);
    lab.commit(
        "R1",
        &[
            "ip route-static 9.9.0.0 16 null0",
            "ip route-static 9.9.1.0 24 10.1.1.2",
        ],
    );
    lab.commit("R0", &["ip route-static 9.9.0.0 16 10.1.0.2"]);
    let table = lab.ask("R1", "display ip routing-table");
    assert!(
        table.contains("9.9.0.0/16  Static 60   0           DB  0.0.0.0         NULL0"),
        "{table}"
    );
    assert!(lab.ask("R1", "display fib 9.9.0.0 16").contains("BSU"));
    assert!(
        lab.ask("R1", "display ip routing-table 9.9.0.0 16 verbose")
            .contains("Interface: NULL0")
    );
    assert!(lab.ask("R0", "ping -c 1 9.9.0.1").contains("100.00% packet loss"));
    assert!(lab.ask("R1", "ping -c 1 9.9.0.1").contains("100.00% packet loss"));
    let trace = lab.ask("R0", "tracert -m 3 9.9.0.1");
    assert!(!trace.contains("10.1.1.2") && trace.contains("* * *"), "{trace}");
    // A next hop that leads nowhere takes its route there.
    lab.commit("R1", &["ip route-static 8.8.0.0 16 9.9.7.7"]);
    assert_eq!(to(&lab, "R1", "8.8.0.0/16"), ["Static 60 0 RDB 9.9.7.7 NULL0"]);
    assert_settled(&lab);
    lab.commit("R1", &["undo ip route-static 9.9.0.0 16 null0"]);
    assert!(to(&lab, "R1", "9.9.0.0/16").is_empty() && to(&lab, "R1", "8.8.0.0/16").is_empty());
    assert_settled(&lab);
    // In a VPN instance too.
    lab.commit(
        "R1",
        &[
            "ip vpn-instance V / ipv4-family / route-distinguisher 1:1",
            "ip route-static vpn-instance V 9.0.0.0 8 NULL0",
        ],
    );
    assert!(
        lab.ask("R1", "display ip routing-table vpn-instance V")
            .contains("DB  0.0.0.0         NULL0")
    );
}

const CHANGES: &[(&str, &str, &str)] = &[
    (
        "R3",
        "ospf 1 / import-route static",
        "ospf 1 / undo import-route static",
    ),
    (
        "R0",
        "ospf 1 / import-route static type 1 cost 9",
        "ospf 1 / undo import-route static",
    ),
    (
        "R2",
        "ospf 1 / import-route direct",
        "ospf 1 / undo import-route direct",
    ),
    (
        "R1",
        "ospf 1 / default-route-advertise always",
        "ospf 1 / undo default-route-advertise",
    ),
    (
        "R3",
        "ip route-static 9.9.0.0 16 NULL0",
        "undo ip route-static 9.9.0.0 16 NULL0",
    ),
    (
        "R0",
        "ip route-static 9.9.0.0 16 NULL0",
        "undo ip route-static 9.9.0.0 16 NULL0",
    ),
    (
        "R2",
        "interface lo5 / ip address 5.5.5.5 255.255.255.255",
        "undo interface lo5",
    ),
    ("R1", "ospf 1 / area 1 / stub", "ospf 1 / area 1 / undo stub"),
    ("R0", "ospf 1 / area 1 / stub", "ospf 1 / area 1 / undo stub"),
    ("R3", "ospf 1 / area 2 / stub", "ospf 1 / area 2 / undo stub"),
    (
        "R2",
        "ospf 1 / area 2 / stub no-summary",
        "ospf 1 / area 2 / undo stub no-summary",
    ),
    (
        "R2",
        "interface GE0/1/1 / shutdown",
        "interface GE0/1/1 / undo shutdown",
    ),
    (
        "R1",
        "ip route-static 0.0.0.0 0 10.1.1.2",
        "undo ip route-static 0.0.0.0 0 10.1.1.2",
    ),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Changes in any order, one soon after the other, end in what the configurations make; undone, in what was before.
    #[test]
    fn any_changes_settle_in_what_is_computed(steps in prop::collection::vec((0..CHANGES.len(), 0..20_u64), 1..10), shuffle: u64) {
        let lab = row(nothing);
        let all = |lab: &Computed| ["R0", "R1", "R2", "R3"].map(|device| lab.routes(device, "display ip routing-table"));
        let before = all(&lab);
        lab.lab.timed().unwrap().now().shuffle(shuffle);
        let mut done = [false; CHANGES.len()];
        for (number, pause) in steps {
            let (device, line, undo) = CHANGES[number];
            lab.commit_only(device, &[if done[number] { undo } else { line }]);
            done[number] = !done[number];
            lab.pass(std::time::Duration::from_millis(1 << (pause * 2 / 3)));
        }
        assert_settled(&lab);
        for (number, (device, _, undo)) in CHANGES.iter().enumerate() {
            if done[number] {
                lab.commit_only(device, &[undo]);
            }
        }
        assert_settled(&lab);
        prop_assert_eq!(all(&lab), before);
    }
}
