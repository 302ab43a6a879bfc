//! Areas of OSPF: stubs, borders, and what is shown of them.

use super::ospf_row::{assert_settled, nothing, row, to};

#[test]
fn a_stub_area_has_a_default_route_in_place_of_what_is_outside() {
    let lab = row(nothing);
    lab.commit(
        "R3",
        &["ip route-static 9.9.0.0 16 NULL0", "ospf 1 / import-route static"],
    );
    // Only one of them says stub: they are no neighbours.
    lab.commit("R1", &["ospf 1 / area 1 / stub"]);
    assert!(to(&lab, "R0", "10.0.0.4/32").is_empty());
    assert_settled(&lab);
    lab.commit("R0", &["ospf 1 / area 1 / stub"]);
    assert!(to(&lab, "R0", "9.9.0.0/16").is_empty());
    assert_eq!(
        to(&lab, "R0", "0.0.0.0/0"),
        ["OSPF 10 11 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    assert_eq!(
        to(&lab, "R0", "10.0.0.4/32"),
        ["OSPF 10 31 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    assert!(to(&lab, "R1", "0.0.0.0/0").is_empty());
    lab.commit("R1", &["ospf 1 / area 1 / default-cost 50"]);
    assert_eq!(
        to(&lab, "R0", "0.0.0.0/0"),
        ["OSPF 10 60 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    lab.commit(
        "R1",
        &["ospf 1 / area 1 / undo stub", "ospf 1 / area 1 / stub no-summary"],
    );
    assert!(to(&lab, "R0", "10.0.0.4/32").is_empty());
    assert!(lab.ask("R0", "ping 10.0.0.4").contains(" 0.00% packet loss"));
    assert_settled(&lab);
    // What a router within the stub area brings in leaves nobody.
    lab.commit(
        "R0",
        &["ip route-static 9.5.0.0 16 NULL0", "ospf 1 / import-route static"],
    );
    assert!(
        ["R1", "R2", "R3"]
            .iter()
            .all(|device| to(&lab, device, "9.5.0.0/16").is_empty())
    );
    // The backbone cannot be one.
    lab.commit_only("R2", &["ospf 1 / area 0 / stub"]);
    assert!(lab.try_ask("R2", "display ip routing-table").is_err());
}

#[test]
fn a_border_between_three_areas_tells_each_of_the_others() {
    // R1 is the only border: R2 and R3 stand in area 2.
    let lab = row(nothing);
    lab.commit(
        "R1",
        &[
            "ospf 1 / area 0 / undo network 10.1.1.0 0.0.0.3",
            "ospf 1 / area 2 / network 10.1.1.0 0.0.0.3",
        ],
    );
    lab.commit(
        "R2",
        &[
            "ospf 1 / undo area 0",
            "ospf 1 / area 2 / network 10.1.1.0 0.0.0.3",
            "ospf 1 / area 2 / network 10.0.0.3 0.0.0.0",
        ],
    );
    assert!(to(&lab, "R0", "10.0.0.4/32").is_empty(), "R1 is not in the backbone");
    lab.commit(
        "R1",
        &[
            "interface lo1 / ip address 1.1.1.1 32",
            "ospf 1 / area 0 / network 1.1.1.1 0.0.0.0",
        ],
    );
    assert_eq!(
        to(&lab, "R0", "10.0.0.4/32"),
        ["OSPF 10 31 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    assert_eq!(
        to(&lab, "R3", "10.0.0.1/32"),
        ["OSPF 10 61 D 10.1.2.1 GigabitEthernet0/1/2"]
    );
    lab.commit(
        "R3",
        &["ip route-static 9.9.0.0 16 NULL0", "ospf 1 / import-route static"],
    );
    assert_eq!(
        to(&lab, "R0", "9.9.0.0/16"),
        ["O_ASE 150 1 D 10.1.0.2 GigabitEthernet0/1/0"]
    );
    assert_settled(&lab);
}

#[test]
fn ospf_shows_its_own_tables() {
    let lab = row(nothing);
    lab.commit(
        "R3",
        &[
            "ip route-static 9.9.0.0 16 NULL0",
            "ospf 1 / import-route static cost 4 tag 6",
        ],
    );
    let words = |device: &str, command: &str| -> Vec<String> {
        let text = lab.ask(device, command);
        text.lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    };
    let routing = words("R1", "display ospf 1 routing");
    for row in [
        "10.0.0.1/32 21 Stub 10.1.0.1 10.0.0.1 0.0.0.1",
        "10.0.0.2/32 1 Stub 10.0.0.2 10.0.0.2 0.0.0.1",
        "10.1.1.0/30 10 Transit 10.1.1.1 10.0.0.3 0.0.0.0",
        "10.0.0.4/32 21 Inter-area 10.1.1.2 10.0.0.3 0.0.0.0",
        "9.9.0.0/16 4 Type2 6 10.1.1.2 10.0.0.4",
        "Total Nets: 8",
        "Intra Area: 5 Inter Area: 2 ASE: 1 NSSA: 0",
    ] {
        assert!(routing.contains(&row.to_owned()), "{row}: {routing:#?}");
    }
    let borders = words("R2", "display ospf abr-asbr");
    for row in [
        "Intra-area 10.0.0.2 0.0.0.0 20 10.1.1.1 ABR",
        "Intra-area 10.0.0.4 0.0.0.2 10 10.1.2.2 ASBR",
    ] {
        assert!(borders.contains(&row.to_owned()), "{row}: {borders:#?}");
    }
    let far = words("R0", "display ospf abr-asbr");
    assert!(
        far.contains(&"Inter-area 10.0.0.4 0.0.0.1 30 10.1.0.2 ASBR".to_owned()),
        "{far:#?}"
    );
    assert!(lab.try_ask("R0", "display ospf 7 routing").is_err());
}
