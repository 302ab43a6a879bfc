//! VPNs over two ASs: PE1 – ASBR1 (AS 100), ASBR2 – PE2 (AS 200). Once the ASBRs pass VPN routes on with labels of their
//! own (RFC 4364 §10 b), once the PEs tell each other VPN routes and the ASBRs labelled routes to the PEs (§10 c).

use rstest::rstest;

use super::lab::Computed;
use crate::network::{Via, Vrf};

const DEVICES: [&str; 4] = ["PE1", "ASBR1", "ASBR2", "PE2"];
const LINKS: [(&str, &str, &str, &str); 3] = [
    ("PE1", "GE0/1/0", "ASBR1", "GE0/1/0"),
    ("ASBR1", "GE0/2/0", "ASBR2", "GE0/2/0"),
    ("ASBR2", "GE0/1/0", "PE2", "GE0/1/0"),
];

/// What both kinds have in common: OSPF and LDP within each AS, MPLS between them, an instance with a loopback on a PE.
fn ground(name: &str) -> String {
    let (number, inside, link) = match name {
        "PE1" => (1, "10.1.0.1", None),
        "ASBR1" => (2, "10.1.0.2", Some("192.0.2.1")),
        "ASBR2" => (3, "10.2.0.2", Some("192.0.2.2")),
        _ => (4, "10.2.0.1", None),
    };
    let mut text = format!(
        "sysname {name}\nmpls lsr-id {number}.{number}.{number}.{number}\nmpls\nmpls ldp\n\
         interface LoopBack1\n ip address {number}.{number}.{number}.{number} 255.255.255.255\n\
         interface GigabitEthernet0/1/0\n undo shutdown\n ip address {inside} 255.255.255.0\n mpls\n mpls ldp\n\
         ospf 1\n area 0.0.0.0\n  network 10.0.0.0 0.255.255.255\n  network {number}.{number}.{number}.{number} 0.0.0.0\n"
    );
    match link {
        Some(address) => {
            text += &format!(
                "interface GigabitEthernet0/2/0\n undo shutdown\n ip address {address} 255.255.255.0\n mpls\n"
            );
        }
        None => {
            text += &format!(
                "ip vpn-instance V\n ipv4-family\n  route-distinguisher {number}:1\n  vpn-target 9:9 both\n\
                 interface LoopBack10\n ip binding vpn-instance V\n ip address 172.16.{number}.1 255.255.255.255\n"
            );
        }
    }
    text
}

/// AS, loopback and AS-internal neighbour of a device; for an ASBR the far end of its link.
fn place(name: &str) -> (u32, u32, &'static str, &'static str) {
    match name {
        "PE1" => (100, 200, "2.2.2.2", "4.4.4.4"),
        "ASBR1" => (100, 200, "1.1.1.1", "192.0.2.2"),
        "ASBR2" => (200, 100, "4.4.4.4", "192.0.2.1"),
        _ => (200, 100, "3.3.3.3", "1.1.1.1"),
    }
}

fn passing_vpn_routes_on(name: &str) -> String {
    let (own, other, inside, outside) = place(name);
    let bgp = format!("bgp {own}\n peer {inside} as-number {own}\n peer {inside} connect-interface LoopBack1\n");
    let rest = if name.starts_with("PE") {
        format!(" ipv4-family vpnv4\n  peer {inside} enable\n ipv4-family vpn-instance V\n  import-route direct\n")
    } else {
        format!(
            " peer {outside} as-number {other}\n ipv4-family vpnv4\n  undo policy vpn-target\n  peer {inside} enable\n  \
             peer {outside} enable\n"
        )
    };
    ground(name) + &bgp + &rest
}

fn with_labelled_routes(name: &str) -> String {
    let (own, other, inside, outside) = place(name);
    let bgp = format!(
        "route-policy out permit node 1\n apply mpls-label\n\
         route-policy in permit node 1\n if-match mpls-label\n apply mpls-label\n\
         bgp {own}\n peer {inside} as-number {own}\n peer {inside} connect-interface LoopBack1\n \
         peer {outside} as-number {other}\n"
    );
    let rest = if name.starts_with("PE") {
        format!(
            " peer {outside} ebgp-max-hop 10\n peer {outside} connect-interface LoopBack1\n ipv4-family unicast\n  \
             undo peer {outside} enable\n  peer {inside} label-route-capability\n\
             \x20ipv4-family vpnv4\n  peer {outside} enable\n ipv4-family vpn-instance V\n  import-route direct\n"
        )
    } else {
        format!(
            " ipv4-family unicast\n  network {inside} 255.255.255.255\n  peer {outside} route-policy out export\n  \
             peer {outside} label-route-capability\n  peer {inside} route-policy in export\n  \
             peer {inside} label-route-capability\n"
        )
    };
    ground(name) + &bgp + &rest
}

fn lab(text: fn(&str) -> String) -> Computed {
    let lab = Computed::of(&DEVICES, &LINKS, text);
    for device in &lab.lab.devices {
        let ignored: Vec<&str> = device.ignored.iter().map(|line| line.text.as_str()).collect();
        assert!(ignored.is_empty(), "{}: {ignored:?}", device.name);
    }
    lab
}

fn vpn_routes(lab: &Computed, device: &str) -> Vec<String> {
    let rows = lab.routes(device, "display ip routing-table vpn-instance V");
    rows.into_iter().filter(|row| row.contains("BGP ")).collect()
}

fn pings(lab: &Computed) -> bool {
    let there = lab.ask("PE1", "ping -vpn-instance V -a 172.16.1.1 -c 1 172.16.4.1");
    let back = lab.ask("PE2", "ping -vpn-instance V -a 172.16.4.1 -c 1 172.16.1.1");
    there.contains(" 0.00% packet loss") && back.contains(" 0.00% packet loss")
}

fn assert_settled(lab: &Computed) {
    assert!(lab.settles());
    let simulation = lab.lab.timed().unwrap().now();
    let (settled, computed) = (simulation.state(0).unwrap(), simulation.settled_state().unwrap());
    assert!(settled.bgp == computed.bgp, "BGP");
    assert!(settled.ribs == computed.ribs, "routing tables");
    assert!(settled.fib_ribs == computed.fib_ribs, "forwarding tables");
}

#[rstest]
#[case::vpn_routes_passed_on(passing_vpn_routes_on, "IBGP", "2.2.2.2", "3.3.3.3")]
#[case::labelled_routes(with_labelled_routes, "EBGP", "4.4.4.4", "1.1.1.1")]
fn sites_in_two_ass_reach_each_other(
    #[case] text: fn(&str) -> String,
    #[case] kind: &str,
    #[case] seen_from_pe1: &str,
    #[case] seen_from_pe2: &str,
) {
    let lab = lab(text);
    let (pe1, pe2) = (vpn_routes(&lab, "PE1"), vpn_routes(&lab, "PE2"));
    assert_eq!(
        pe1,
        [format!(
            "172.16.4.1/32 {kind} 255 0 RD {seen_from_pe1} GigabitEthernet0/1/0"
        )]
    );
    assert_eq!(
        pe2,
        [format!(
            "172.16.1.1/32 {kind} 255 0 RD {seen_from_pe2} GigabitEthernet0/1/0"
        )]
    );
    assert!(
        pings(&lab),
        "{}",
        lab.ask("PE1", "ping -vpn-instance V -a 172.16.1.1 -c 1 172.16.4.1")
    );
    assert_settled(&lab);
}

#[rstest]
#[case::vpn_routes_passed_on(passing_vpn_routes_on)]
#[case::labelled_routes(with_labelled_routes)]
fn without_mpls_between_the_ass_there_is_no_way(#[case] text: fn(&str) -> String) {
    let lab = lab(text);
    lab.commit("ASBR2", &["interface gi0/2/0 / undo mpls"]);
    assert!(!pings(&lab));
    assert_settled(&lab);
    lab.commit("ASBR2", &["interface gi0/2/0 / mpls"]);
    assert!(pings(&lab));
    assert_settled(&lab);
}

#[rstest]
#[case::no_lsp_within_an_as(passing_vpn_routes_on, "PE2", "interface gi0/1/0 / undo mpls ldp")]
#[case::no_lsp_below_labelled_routes(with_labelled_routes, "PE2", "interface gi0/1/0 / undo mpls ldp")]
#[case::targets_not_kept(passing_vpn_routes_on, "ASBR1", "bgp 100 / ipv4-family vpnv4 / policy vpn-target")]
#[case::not_enabled_between_the_ass(
    passing_vpn_routes_on,
    "ASBR1",
    "bgp 100 / ipv4-family vpnv4 / undo peer 192.0.2.2 enable"
)]
#[case::no_labels_at_one_end(
    with_labelled_routes,
    "ASBR2",
    "bgp 200 / ipv4-family unicast / undo peer 192.0.2.1 label-route-capability"
)]
#[case::no_labels_given(
    with_labelled_routes,
    "ASBR1",
    "route-policy out permit node 1 / undo apply mpls-label"
)]
#[case::no_labels_given_within_the_as(
    with_labelled_routes,
    "ASBR2",
    "route-policy in permit node 1 / undo apply mpls-label"
)]
#[case::not_brought_into_bgp(
    with_labelled_routes,
    "ASBR1",
    "bgp 100 / ipv4-family unicast / undo network 1.1.1.1 255.255.255.255"
)]
fn mistakes_part_the_sites(#[case] text: fn(&str) -> String, #[case] device: &str, #[case] line: &str) {
    let lab = lab(text);
    lab.commit(device, &[line]);
    assert!(!pings(&lab), "{line}");
    assert_settled(&lab);
}

#[test]
fn an_asbr_that_keeps_the_next_hop_leaves_it_to_the_pe_to_reach_it() {
    let lab = lab(passing_vpn_routes_on);
    lab.commit(
        "ASBR1",
        &["bgp 100 / ipv4-family vpnv4 / peer 1.1.1.1 next-hop-invariable"],
    );
    let told = lab.ask("PE1", "display bgp vpnv4 all routing-table");
    assert!(told.contains("192.0.2.2") && !pings(&lab), "{told}");
}

#[test]
fn labels_are_told_as_they_are_received_and_applied() {
    let lab = lab(with_labelled_routes);
    let rows = |device: &str, command: &str, prefix: &str| -> Vec<String> {
        let text = lab.ask(device, command);
        let rows = text.lines().filter(|line| line.contains(prefix));
        rows.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    };
    let of_bgp = |device: &str, prefix: &str| rows(device, "display mpls lsp protocol bgp", prefix);
    let label = |row: &str| {
        row.split(' ')
            .nth(1)
            .unwrap()
            .split_once('/')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
    };
    // PE1 enters the LSP with the label that ASBR1 gave, ASBR1 swaps it for that of ASBR2, which continues it to PE2.
    let pe1 = of_bgp("PE1", "4.4.4.4/32");
    let asbr1 = of_bgp("ASBR1", "4.4.4.4/32");
    let asbr2 = of_bgp("ASBR2", "4.4.4.4/32");
    assert_eq!(
        (pe1.len(), asbr1.len(), asbr2.len()),
        (1, 2, 1),
        "{pe1:?} {asbr1:?} {asbr2:?}"
    );
    let (in_pe1, out_pe1) = label(&pe1[0]).unwrap();
    let (in_asbr1, out_asbr1) = label(&asbr1[1]).unwrap();
    let (in_asbr2, out_asbr2) = label(&asbr2[0]).unwrap();
    assert_eq!((in_pe1.as_str(), out_asbr2.as_str()), ("NULL", "NULL"));
    assert_eq!((out_pe1, out_asbr1), (in_asbr1, in_asbr2));
    let told = lab.ask("ASBR1", "display bgp routing-table label");
    assert!(told.contains("4.4.4.4") && told.contains("1.1.1.1"), "{told}");
    let tunnels = lab.ask("PE1", "display tunnel-info all");
    assert!(
        tunnels
            .lines()
            .any(|line| line.contains(" bgp ") && line.contains("4.4.4.4")),
        "{tunnels}"
    );
}

#[test]
fn labels_of_vpn_routes_are_new_at_each_asbr() {
    let lab = lab(passing_vpn_routes_on);
    let told = |device: &str| lab.ask(device, "display bgp vpnv4 all routing-table 172.16.4.1 32");
    let label = |text: &str| {
        let line = text
            .lines()
            .find(|line| line.contains("Received/Applied"))
            .unwrap()
            .to_owned();
        let (received, applied) = line.rsplit_once(": ").unwrap().1.split_once('/').unwrap();
        (received.to_owned(), applied.to_owned())
    };
    let (pe1, asbr1, asbr2) = (label(&told("PE1")), label(&told("ASBR1")), label(&told("ASBR2")));
    assert_eq!((&pe1.0, &asbr1.0), (&asbr1.1, &asbr2.1));
    assert_ne!(asbr2.0, asbr2.1);
}

#[test]
fn a_route_that_is_not_to_be_continued_along_tunnels_goes_by_its_gateway() {
    let lab = lab(with_labelled_routes);
    // What ASBR1 does with packets that come with its label of PE1.
    let continued = |lab: &Computed| {
        let state = lab.lab.timed().unwrap().now().state(0).unwrap();
        let labels = &state.ribs[1][&Vrf::Labels];
        let ways = labels.values().flatten().map(|route| route.via.clone());
        let of_pe1 = ways.filter(|via| !matches!(via, Via::Tunnel { labels, .. } if !labels.is_empty()));
        of_pe1.collect::<Vec<Via>>()
    };
    assert!(
        matches!(continued(&lab)[..], [Via::Tunnel { .. }]),
        "{:?}",
        continued(&lab)
    );
    lab.commit(
        "ASBR1",
        &["bgp 100 / ipv4-family unicast / network 1.1.1.1 255.255.255.255 non-relay-tunnel"],
    );
    assert!(
        matches!(continued(&lab)[..], [Via::Gateway(..)]),
        "{:?}",
        continued(&lab)
    );
    assert!(pings(&lab));
    assert_settled(&lab);
}

#[test]
fn a_cut_between_the_ass_withdraws_what_was_told() {
    use crate::fault::Fault;
    for text in [passing_vpn_routes_on as fn(&str) -> String, with_labelled_routes] {
        let lab = lab(text);
        lab.fault("ASBR1", "GE0/2/0", Fault::Cut);
        assert_settled(&lab);
        assert_eq!(vpn_routes(&lab, "PE1"), [""; 0]);
        lab.fault("ASBR1", "GE0/2/0", Fault::Mend);
        assert_settled(&lab);
        assert!(pings(&lab));
    }
}

/// Lines and their undoing, in either lab.
const CHANGES: &[(&str, &str, &str)] = &[
    ("ASBR1", "interface gi0/2/0 / undo mpls", "interface gi0/2/0 / mpls"),
    (
        "ASBR2",
        "interface gi0/2/0 / shutdown",
        "interface gi0/2/0 / undo shutdown",
    ),
    (
        "ASBR1",
        "interface gi0/1/0 / undo mpls ldp",
        "interface gi0/1/0 / mpls ldp",
    ),
    (
        "PE2",
        "interface gi0/1/0 / shutdown",
        "interface gi0/1/0 / undo shutdown",
    ),
    (
        "PE1",
        "ospf 1 / area 0.0.0.0 / undo network 1.1.1.1 0.0.0.0",
        "ospf 1 / area 0.0.0.0 / network 1.1.1.1 0.0.0.0",
    ),
    (
        "ASBR1",
        "bgp 100 / peer 192.0.2.2 ignore",
        "bgp 100 / undo peer 192.0.2.2 ignore",
    ),
    (
        "ASBR2",
        "bgp 200 / peer 192.0.2.1 bfd enable",
        "bgp 200 / undo peer 192.0.2.1 bfd enable",
    ),
    (
        "ASBR1",
        "bgp 100 / peer 192.0.2.2 bfd enable",
        "bgp 100 / undo peer 192.0.2.2 bfd enable",
    ),
    ("ASBR1", "bfd", "undo bfd"),
    ("ASBR2", "bfd", "undo bfd"),
    (
        "ASBR2",
        "bgp 200 / timer keepalive 1 hold 3",
        "bgp 200 / undo timer keepalive 1 hold 3",
    ),
    (
        "ASBR1",
        "bgp 100 / ipv4-family unicast / peer 192.0.2.2 label-route-capability",
        "bgp 100 / ipv4-family unicast / undo peer 192.0.2.2 label-route-capability",
    ),
    (
        "ASBR2",
        "bgp 200 / ipv4-family vpnv4 / undo policy vpn-target",
        "bgp 200 / ipv4-family vpnv4 / policy vpn-target",
    ),
    (
        "PE2",
        "bgp 200 / ipv4-family vpn-instance V / undo import-route direct",
        "bgp 200 / ipv4-family vpn-instance V / import-route direct",
    ),
    (
        "ASBR1",
        "route-policy out deny node 0",
        "undo route-policy out deny node 0",
    ),
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(10))]

    #[test]
    fn any_changes_at_any_time_settle_in_what_is_computed(
        labelled: bool,
        steps in proptest::collection::vec((0..CHANGES.len(), 0..16_u32), 1..10),
        shuffle: u64,
    ) {
        let lab = lab(if labelled { with_labelled_routes } else { passing_vpn_routes_on });
        lab.lab.timed().unwrap().now().shuffle(shuffle);
        let mut changed = vec![false; CHANGES.len()];
        for (number, time) in steps {
            let (device, line, undo) = CHANGES[number];
            let index = lab.lab.devices.iter().position(|known| known.name == device).unwrap();
            let base = lab.lab.running(index).unwrap().configuration;
            let mut candidate = (*base).clone();
            let is_port = |key: &crate::configuration::Key| lab.lab.devices[index].is_port(key);
            let line = if changed[number] { undo } else { line };
            // A line that is there already, or one more, changes nothing.
            if candidate.apply_text(&[], line, &is_port).is_ok() && candidate != *base {
                lab.lab.commit(index, &base, &candidate).unwrap();
            }
            changed[number] = !changed[number];
            lab.pass(std::time::Duration::from_micros(900 << time));
        }
        let refused = lab.try_ask("PE1", "display bgp peer").is_err_and(|error| error.to_string().contains("model"));
        if !refused {
            assert_settled(&lab);
            let simulation = lab.lab.timed().unwrap().now();
            let (settled, computed) = (simulation.state(0).unwrap(), simulation.settled_state().unwrap());
            assert!(settled.bfd == computed.bfd, "{:?} {:?}", settled.bfd, computed.bfd);
        }
    }
}
