//! VPN routes in a network of three PEs around a route reflector: who learns what, which paths share, and what each
//! usual mistake leads to.
//!
//! CE1 (AS 65001) hangs on PE1 and PE2 and announces 1.1.1.1/32; CE2 (AS 65002) hangs on PE3. RR stands between the PEs.

use std::collections::BTreeMap;

use super::lab::Computed;

const DEVICES: [&str; 6] = ["PE1", "PE2", "PE3", "RR", "CE1", "CE2"];
const LINKS: [(&str, &str, &str, &str); 6] = [
    ("PE1", "GE0/1/0", "RR", "GE0/1/0"),
    ("PE2", "GE0/1/0", "RR", "GE0/2/0"),
    ("PE3", "GE0/1/0", "RR", "GE0/3/0"),
    ("PE1", "GE0/3/0", "CE1", "GE0/1/0"),
    ("PE2", "GE0/3/0", "CE1", "GE0/2/0"),
    ("PE3", "GE0/3/0", "CE2", "GE0/1/0"),
];

const VPNA: &str = "display ip routing-table vpn-instance VPNA";

fn pe(number: usize, peers: &[&str]) -> String {
    let mut text = format!(
        "sysname PE{number}\n\
         ip vpn-instance VPNA\n ipv4-family\n  route-distinguisher 100:{number}\n  apply-label per-instance\n  \
         vpn-target 111:1 export-extcommunity\n  vpn-target 111:1 import-extcommunity\n\
         mpls lsr-id 10.0.0.{number}\nmpls\nmpls ldp\n\
         interface GigabitEthernet0/1/0\n undo shutdown\n ip address 10.1.{number}.1 255.255.255.0\n mpls\n mpls ldp\n\
         interface GigabitEthernet0/3/0\n undo shutdown\n ip binding vpn-instance VPNA\n \
         ip address 10.2.{number}.1 255.255.255.0\n\
         interface LoopBack1\n ip address 10.0.0.{number} 255.255.255.255\n\
         bgp 100\n"
    );
    let mut vpnv4 = String::from(" ipv4-family vpnv4\n  policy vpn-target\n");
    for peer in peers {
        text += &format!(" peer {peer} as-number 100\n peer {peer} connect-interface LoopBack1\n");
        vpnv4 += &format!("  peer {peer} enable\n");
    }
    let ce = if number == 3 { 65002 } else { 65001 };
    text + &vpnv4
        + &format!(" ipv4-family vpn-instance VPNA\n  peer 10.2.{number}.2 as-number {ce}\n")
        + "ospf 1\n area 0.0.0.0\n  network 10.0.0.0 0.1.255.255\n"
}

fn reflector() -> String {
    let mut text = String::from("sysname RR\nmpls lsr-id 10.0.0.9\nmpls\nmpls ldp\n");
    for number in 1..=3 {
        text += &format!(
            "interface GigabitEthernet0/{number}/0\n undo shutdown\n ip address 10.1.{number}.9 255.255.255.0\n mpls\n mpls ldp\n"
        );
    }
    text += "interface LoopBack1\n ip address 10.0.0.9 255.255.255.255\nbgp 100\n group pe internal\n \
             peer pe connect-interface LoopBack1\n";
    for number in 1..=3 {
        text += &format!(" peer 10.0.0.{number} group pe\n");
    }
    text += " ipv4-family vpnv4\n  undo policy vpn-target\n  peer pe enable\n  peer pe reflect-client\n";
    for number in 1..=3 {
        text += &format!("  peer 10.0.0.{number} group pe\n");
    }
    text + "ospf 1\n area 0.0.0.0\n  network 10.0.0.0 0.1.255.255\n"
}

fn ce(number: usize) -> String {
    let pes: &[usize] = if number == 1 { &[1, 2] } else { &[3] };
    let mut text = format!(
        "sysname CE{number}\ninterface LoopBack1\n ip address {number}.{number}.{number}.{number} 255.255.255.255\n"
    );
    let mut bgp = format!("bgp {}\n", 65000 + number);
    for (port, pe) in (1..).zip(pes) {
        text +=
            &format!("interface GigabitEthernet0/{port}/0\n undo shutdown\n ip address 10.2.{pe}.2 255.255.255.0\n");
        bgp += &format!(" peer 10.2.{pe}.1 as-number 100\n");
    }
    text + &bgp + &format!(" ipv4-family unicast\n  network {number}.{number}.{number}.{number} 255.255.255.255\n")
}

fn lab(reflected: bool) -> Computed {
    Computed::of(&DEVICES, &LINKS, |name| {
        let number: usize = name[2..].parse().unwrap_or(0);
        match &name[..2] {
            "PE" if reflected => pe(number, &["10.0.0.9"]),
            "PE" => {
                let others = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
                let own = format!("10.0.0.{number}");
                let others: Vec<&str> = others.into_iter().filter(|other| *other != own).collect();
                pe(number, &others)
            }
            "CE" => ce(number),
            _ => reflector(),
        }
    })
}

/// The next hops that a PE has in VPNA for a prefix, each with its protocol.
fn next_hops(lab: &Computed, device: &str, prefix: &str) -> Vec<String> {
    let rows = lab.routes(device, VPNA);
    let of_prefix = rows.iter().filter_map(|row| row.strip_prefix(&format!("{prefix} ")));
    of_prefix
        .map(|row| {
            let words: Vec<&str> = row.split(' ').collect();
            format!("{} {}", words[0], words[4])
        })
        .collect()
}

fn to_ce1(lab: &Computed) -> Vec<String> {
    next_hops(lab, "PE3", "1.1.1.1/32")
}

const INSTANCE: &str = "bgp 100 / ipv4-family vpn-instance VPNA / ";
const ONE: [&str; 1] = ["IBGP 10.0.0.1"];
const BOTH: [&str; 2] = ["IBGP 10.0.0.1", "IBGP 10.0.0.2"];
const NONE: [&str; 0] = [];

fn in_instance(line: &str) -> String {
    format!("{INSTANCE}{line}")
}

#[test]
fn a_reflector_leads_to_the_same_tables_as_a_full_mesh() {
    let tables = |reflected: bool| -> BTreeMap<&str, _> {
        let lab = lab(reflected);
        lab.commit("PE3", &[&in_instance("maximum load-balancing 2")]);
        let of = |device| (device, lab.routes(device, VPNA));
        ["PE1", "PE2", "PE3"].into_iter().map(of).collect()
    };
    let reflected = tables(true);
    assert_eq!(reflected, tables(false));
    assert_eq!(
        reflected["PE3"]
            .iter()
            .filter(|row| row.starts_with("1.1.1.1/32"))
            .count(),
        2
    );
    // And packets travel.
    let lab = lab(true);
    assert!(lab.ask("CE2", "ping -a 2.2.2.2 1.1.1.1").contains(" 0.00% packet loss"));
}

#[test]
fn a_reflector_that_is_none_or_drops_what_it_does_not_import_tells_nothing() {
    let lab = lab(true);
    lab.commit("RR", &["bgp 100 / ipv4-family vpnv4 / undo peer pe reflect-client"]);
    assert_eq!(to_ce1(&lab), NONE);
    let lab = self::lab(true);
    lab.commit("RR", &["bgp 100 / ipv4-family vpnv4 / policy vpn-target"]);
    assert_eq!(to_ce1(&lab), NONE);
    // Between clients it may be told not to.
    let lab = self::lab(true);
    lab.commit("RR", &["bgp 100 / ipv4-family vpnv4 / undo reflect between-clients"]);
    assert_eq!(to_ce1(&lab), NONE);
}

#[test]
fn without_load_balancing_one_path_is_used_and_with_it_as_many_as_are_allowed() {
    let lab = lab(true);
    assert_eq!(to_ce1(&lab), ONE);
    lab.commit("PE3", &[&in_instance("maximum load-balancing ebgp 8")]);
    assert_eq!(to_ce1(&lab), ONE);
    lab.commit("PE3", &[&in_instance("maximum load-balancing ibgp 8")]);
    assert_eq!(to_ce1(&lab), BOTH);
}

#[test]
fn one_route_distinguisher_on_both_pes_leaves_a_reflector_one_path_to_tell() {
    let lab = lab(true);
    lab.commit("PE3", &[&in_instance("maximum load-balancing 2")]);
    lab.commit(
        "PE2",
        &["ip vpn-instance VPNA / ipv4-family / route-distinguisher 100:1"],
    );
    assert_eq!(to_ce1(&lab), ONE);
}

#[test]
fn paths_of_one_foreign_distinguisher_share_when_they_may_cross_together() {
    let lab = lab(false);
    lab.commit("PE3", &[&in_instance("maximum load-balancing 2")]);
    lab.commit(
        "PE2",
        &["ip vpn-instance VPNA / ipv4-family / route-distinguisher 100:1"],
    );
    assert_eq!(to_ce1(&lab), ONE);
    lab.commit("PE3", &[&in_instance("vpn-route cross multipath")]);
    assert_eq!(to_ce1(&lab), BOTH);
    lab.commit("PE3", &[&in_instance("undo vpn-route cross multipath")]);
    lab.commit(
        "PE3",
        &["ip vpn-instance VPNA / ipv4-family / route-distinguisher 100:1"],
    );
    assert_eq!(to_ce1(&lab), BOTH);
}

#[test]
fn paths_of_unequal_cost_share_only_when_the_cost_is_ignored() {
    let lab = lab(true);
    lab.commit("PE3", &[&in_instance("maximum load-balancing 2")]);
    lab.commit("RR", &["interface GE0/1/0 / ospf cost 5"]);
    assert_eq!(to_ce1(&lab), ["IBGP 10.0.0.2"]);
    lab.commit("PE3", &[&in_instance("load-balancing igp-metric-ignore")]);
    assert_eq!(to_ce1(&lab), BOTH);
}

#[test]
fn attributes_that_differ_keep_paths_from_sharing() {
    for (apply, used) in [
        ("apply local-preference 200", "IBGP 10.0.0.2"),
        ("apply local-preference 50", "IBGP 10.0.0.1"),
        ("apply cost 10", "IBGP 10.0.0.1"),
        ("apply as-path 65001 additive", "IBGP 10.0.0.1"),
        ("apply origin incomplete", "IBGP 10.0.0.1"),
    ] {
        let lab = lab(true);
        lab.commit("PE3", &[&in_instance("maximum load-balancing 2")]);
        lab.commit(
            "PE2",
            &[
                "ip ip-prefix ce1 permit 1.1.1.1 32",
                "route-policy p permit node 10 / if-match ip-prefix ce1",
                &format!("route-policy p permit node 10 / {apply}"),
                "ip vpn-instance VPNA / ipv4-family / export route-policy p",
            ],
        );
        assert_eq!(to_ce1(&lab), [used], "{apply}");
        // What fits no node does not pass.
        assert_eq!(next_hops(&lab, "PE3", "10.2.2.0/24"), NONE);
    }
}

#[test]
fn a_policy_for_what_an_instance_imports_decides_there_alone() {
    let lab = lab(true);
    lab.commit(
        "PE3",
        &[
            "ip ip-prefix ce1 deny 1.1.1.1 32",
            "route-policy p permit node 10 / if-match ip-prefix ce1",
            "ip vpn-instance VPNA / ipv4-family / import route-policy p",
        ],
    );
    assert_eq!(to_ce1(&lab), NONE);
    // PE1 has CE1 itself.
    assert_eq!(next_hops(&lab, "PE1", "1.1.1.1/32"), ["EBGP 10.2.1.2"]);
}

#[test]
fn paths_of_both_kinds_share_with_eibgp() {
    let lab = lab(true);
    lab.commit("PE1", &[&in_instance("maximum load-balancing 8")]);
    assert_eq!(next_hops(&lab, "PE1", "1.1.1.1/32"), ["EBGP 10.2.1.2"]);
    lab.commit(
        "PE1",
        &[
            &in_instance("undo maximum load-balancing"),
            &in_instance("maximum load-balancing eibgp 2"),
        ],
    );
    assert_eq!(next_hops(&lab, "PE1", "1.1.1.1/32"), ["EBGP 10.2.1.2", "IBGP 10.0.0.2"]);
}

#[test]
fn targets_that_do_not_match_and_tunnels_that_are_missing_leave_no_route() {
    let lab = lab(true);
    lab.commit(
        "PE3",
        &["ip vpn-instance VPNA / ipv4-family / undo vpn-target 111:1 import-extcommunity"],
    );
    assert_eq!(to_ce1(&lab), NONE);
    let lab = self::lab(true);
    lab.commit("PE3", &[&in_instance("maximum load-balancing 2")]);
    lab.commit("RR", &["interface GE0/1/0 / undo mpls ldp"]);
    assert_eq!(to_ce1(&lab), ["IBGP 10.0.0.2"]);
}

#[test]
fn a_tunnel_policy_without_lsps_leaves_no_tunnel() {
    let lab = lab(true);
    lab.commit(
        "PE3",
        &[
            "tunnel-policy t / tunnel select-seq cr-lsp load-balance-number 1",
            "ip vpn-instance VPNA / ipv4-family / tnl-policy t",
        ],
    );
    assert_eq!(to_ce1(&lab), NONE);
    lab.commit(
        "PE3",
        &["tunnel-policy t / tunnel select-seq cr-lsp lsp load-balance-number 1"],
    );
    assert_eq!(to_ce1(&lab), ONE);
}

#[test]
fn two_instances_of_one_device_exchange_what_their_targets_allow() {
    let lab = lab(true);
    lab.commit(
        "PE3",
        &[
            "ip vpn-instance VPNB / ipv4-family / route-distinguisher 100:33",
            "ip vpn-instance VPNB / ipv4-family / vpn-target 111:1 import-extcommunity",
            "bgp 100 / ipv4-family vpn-instance VPNB",
        ],
    );
    let of_vpnb = || lab.routes("PE3", "display ip routing-table vpn-instance VPNB");
    let rows = of_vpnb();
    assert!(
        rows.iter()
            .any(|row| row.starts_with("1.1.1.1/32 IBGP 255 0 RD 10.0.0.1")),
        "{rows:?}"
    );
    assert!(
        rows.iter()
            .any(|row| row.starts_with("2.2.2.2/32 EBGP 255 0 RD 10.2.3.2")),
        "{rows:?}"
    );
    // A direct route crosses once it is in BGP, and is not told to other devices as VPNB's.
    assert!(!rows.iter().any(|row| row.starts_with("10.2.3.0/24")));
    lab.commit("PE3", &[&in_instance("import-route direct")]);
    let rows = of_vpnb();
    assert!(
        rows.iter()
            .any(|row| row.starts_with("10.2.3.0/24 BGP 255 0 RD 10.2.3.1")),
        "{rows:?}"
    );
    lab.commit(
        "PE3",
        &["ip vpn-instance VPNB / ipv4-family / undo vpn-target 111:1 import-extcommunity"],
    );
    assert!(!of_vpnb().iter().any(|row| row.contains("BGP")));
}

#[test]
fn sites_of_one_as_hear_each_other_only_when_told_to() {
    let same_as = || {
        let lab = lab(true);
        lab.commit("CE2", &["undo bgp", "bgp 65001 / peer 10.2.3.1 as-number 100"]);
        lab.commit(
            "PE3",
            &[
                &in_instance("undo peer 10.2.3.2"),
                &in_instance("peer 10.2.3.2 as-number 65001"),
            ],
        );
        lab
    };
    let hears = |lab: &Computed| {
        let rows = lab.routes("CE2", "display ip routing-table");
        rows.iter()
            .any(|row| row.starts_with("1.1.1.1/32 EBGP 255 0 RD 10.2.3.1"))
    };
    let lab = same_as();
    assert!(!hears(&lab));
    lab.commit("PE3", &[&in_instance("peer 10.2.3.2 substitute-as")]);
    assert!(hears(&lab));
    let lab = same_as();
    lab.commit("CE2", &["bgp 65001 / peer 10.2.3.1 allow-as-loop"]);
    assert!(hears(&lab));
}

#[test]
fn communities_travel_when_they_are_sent_and_are_obeyed() {
    let tagged = |sent: bool, community: &str| {
        let lab = lab(true);
        lab.commit(
            "CE1",
            &[
                &format!("route-policy p permit node 10 / apply community {community}"),
                "bgp 65001 / peer 10.2.1.1 route-policy p export",
                "bgp 65001 / peer 10.2.2.1 route-policy p export",
            ],
        );
        if sent {
            lab.commit(
                "CE1",
                &[
                    "bgp 65001 / peer 10.2.1.1 advertise-community",
                    "bgp 65001 / peer 10.2.2.1 advertise-community",
                ],
            );
        }
        (
            to_ce1(&lab).len(),
            lab.routes("CE2", "display ip routing-table")
                .iter()
                .any(|row| row.starts_with("1.1.1.1")),
        )
    };
    assert_eq!(tagged(false, "no-advertise"), (1, true));
    assert_eq!(tagged(true, "no-advertise"), (0, false));
    assert_eq!(tagged(true, "100:7"), (1, true));
    // Within the AS it is kept; PEs do not send communities on, so PE3 tells CE2 all the same.
    assert_eq!(tagged(true, "no-export"), (1, true));
}

#[test]
fn passwords_must_be_the_same_at_both_ends() {
    let lab = lab(true);
    lab.commit("CE2", &["bgp 65002 / peer 10.2.3.1 password simple One_Secret"]);
    assert_eq!(next_hops(&lab, "PE3", "2.2.2.2/32"), NONE);
    lab.commit("PE3", &[&in_instance("peer 10.2.3.2 password simple Another_Secret")]);
    assert_eq!(next_hops(&lab, "PE3", "2.2.2.2/32"), NONE);
    lab.commit("PE3", &[&in_instance("peer 10.2.3.2 password cipher One_Secret")]);
    assert_eq!(next_hops(&lab, "PE3", "2.2.2.2/32"), ["EBGP 10.2.3.2"]);
}

#[test]
fn a_backup_of_a_lower_preference_is_always_used() {
    // The route of the other PE is used as soon as BGP is preferred to the static route.
    let lab = lab(true);
    lab.commit("PE1", &["ip route-static vpn-instance VPNA 2.2.2.2 32 10.2.1.2"]);
    assert_eq!(next_hops(&lab, "PE1", "2.2.2.2/32"), ["Static 10.2.1.2"]);
    lab.commit("PE1", &[&in_instance("preference 20 20 20")]);
    assert_eq!(next_hops(&lab, "PE1", "2.2.2.2/32"), ["IBGP 10.0.0.3"]);
    lab.commit("PE1", &["ip route-static default-preference 10"]);
    assert_eq!(next_hops(&lab, "PE1", "2.2.2.2/32"), ["Static 10.2.1.2"]);
}

#[test]
fn a_static_label_belongs_to_one_instance() {
    let lab = lab(true);
    lab.commit(
        "PE1",
        &["ip vpn-instance VPNA / ipv4-family / apply-label per-instance static 1000"],
    );
    assert!(lab.ask("CE2", "ping -a 2.2.2.2 1.1.1.1").contains(" 0.00% packet loss"));
    let index = lab.lab.devices.iter().position(|device| device.name == "PE1").unwrap();
    let mut candidate = (*lab.lab.running(index).unwrap().configuration).clone();
    for line in [
        "ip vpn-instance VPNB / ipv4-family / apply-label per-instance static 1000",
        "ip vpn-instance VPNB / ipv4-family / apply-label per-instance static 15",
        "ip vpn-instance VPNB / ipv4-family / apply-label per-instance static 32768",
    ] {
        assert!(candidate.apply_text(&[], line, &|_| true).is_err(), "{line}");
    }
}
