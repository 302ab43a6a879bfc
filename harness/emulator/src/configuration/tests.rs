//! Properties of the configuration tree: what is printed loads to the same tree, what is typed can be undone.

use std::collections::HashSet;

use proptest::prelude::*;

use super::{Configuration, Key, Path, load, merge, print};
use crate::grammar::{self, Effect, View};

/// A view and a line typed in it; together they use every configuration rule of the grammar.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("", "sysname R1"),
    ("", "ip vpn-instance VPNA"),
    ("", "bfd"),
    ("", "mpls lsr-id 2.2.2.2"),
    ("", "mpls"),
    ("", "mpls ldp"),
    ("", "interface gigabitethernet 0/1/0"),
    ("", "interface GE0/1/0.7"),
    ("", "interface loopback 1"),
    ("", "load-balance packet all"),
    ("", "bgp 100"),
    ("", "ospf"),
    ("", "ospf 7 router-id 1.1.1.1"),
    ("", "ip route-static 0.0.0.0 0 10.1.1.2"),
    (
        "",
        "ip route-static vpn-instance VPNA 1.1.1.1 32 10.1.1.1 preference 70 track bfd-session a_to_b",
    ),
    (
        "",
        "ip route-static 9.9.0.0 16 GE0/2/0 10.1.1.9 tag 5 description a / b",
    ),
    (
        "",
        "bfd a_to_b bind peer-ip 10.1.1.1 vpn-instance VPNA interface gi 0/1/0 source-ip 10.1.1.2 auto",
    ),
    ("ip vpn-instance VPNA", "description the VPN  of A"),
    ("ip vpn-instance VPNA", "ipv4-family"),
    ("ip vpn-instance VPNA / ipv4-family", "route-distinguisher 100:1"),
    (
        "ip vpn-instance VPNA / ipv4-family",
        "apply-label per-instance static 1025",
    ),
    (
        "ip vpn-instance VPNA / ipv4-family",
        "vpn-target 111:1 export-extcommunity",
    ),
    (
        "ip vpn-instance VPNA / ipv4-family",
        "vpn-target 111:1 import-extcommunity",
    ),
    ("ip vpn-instance VPNA / ipv4-family", "vpn-target 1:1 2:2 both"),
    (
        "ip vpn-instance VPNA / ipv4-family",
        "vpn-target 3:3 4:4 export-extcommunity",
    ),
    (
        "ip vpn-instance VPNA / ipv4-family",
        "vpn-target 5:5 6:6 import-extcommunity",
    ),
    ("ip vpn-instance VPNA / ipv4-family", "tnl-policy p1"),
    ("mpls ldp", "graceful-restart"),
    ("interface GigabitEthernet0/1/0", "description to PE3"),
    ("interface GigabitEthernet0/1/0", "shutdown"),
    ("interface GigabitEthernet0/1/0", "mtu 9000"),
    ("interface GigabitEthernet0/1/0.7", "vlan-type dot1q 7"),
    ("interface GigabitEthernet0/1/0", "ip binding vpn-instance VPNA"),
    ("interface GigabitEthernet0/1/0", "ip address 10.1.1.1 24"),
    ("interface LoopBack1", "ip address 2.2.2.2 32"),
    ("interface GigabitEthernet0/1/0", "mpls"),
    ("interface GigabitEthernet0/1/0", "mpls ldp"),
    ("interface GigabitEthernet0/1/0", "ospf cost 10"),
    ("interface GigabitEthernet0/1/0", "ospf network-type p2p"),
    ("interface GigabitEthernet0/1/0", "ospf enable 1 area 0"),
    ("ospf 1", "bandwidth-reference 100000"),
    ("ospf 1", "silent-interface loopback 1"),
    ("ospf 1", "import-route static cost 5"),
    ("ospf 1", "maximum load-balancing 4"),
    ("ospf 1", "area 0"),
    ("ospf 1 / area 0.0.0.0", "description backbone"),
    ("ospf 1 / area 0.0.0.0", "network 33.33.33.0 0.0.0.255"),
    ("ospf 1 / area 0.0.0.0", "network 11.11.11.0 0.0.0.255"),
    ("bgp 100", "router-id 2.2.2.2"),
    ("bgp 100", "peer 3.3.3.3 as-number 100"),
    ("bgp 100", "peer 3.3.3.3 connect-interface lo1"),
    ("bgp 100", "peer 3.3.3.3 description to PE2"),
    ("bgp 100", "peer 3.3.3.3 ebgp-max-hop 3"),
    ("bgp 100", "peer 3.3.3.3 bfd enable"),
    ("bgp 100", "peer 3.3.3.3 bfd block"),
    ("bgp 100", "peer 3.3.3.3 bfd min-tx-interval 10"),
    ("bgp 100", "peer 3.3.3.3 ignore"),
    ("bgp 100", "peer 3.3.3.3 timer keepalive 10 hold 30"),
    ("bgp 100", "ipv4-family unicast"),
    ("bgp 100", "ipv4-family"),
    ("bgp 100", "ipv4-family vpnv4"),
    ("bgp 100", "ipv4-family vpn-instance VPNA"),
    ("bgp 100", "import-route direct"),
    ("bgp 100", "import-route ospf 1 med 7"),
    ("bgp 100", "network 10.0.0.0 8"),
    ("bgp 100 / ipv4-family unicast", "import-route direct non-relay-tunnel"),
    ("bgp 100 / ipv4-family unicast", "import-route ospf 1"),
    (
        "bgp 100 / ipv4-family unicast",
        "network 10.0.0.0 255.0.0.0 non-relay-tunnel",
    ),
    ("bgp 100", "maximum load-balancing ibgp 2"),
    ("bgp 100", "peer 3.3.3.3 next-hop-local"),
    ("bgp 100 / ipv4-family unicast", "synchronization"),
    ("bgp 100 / ipv4-family vpnv4", "policy vpn-target"),
    ("bgp 100 / ipv4-family vpnv4", "reflector cluster-id 1.1.1.1"),
    (
        "bgp 100 / ipv4-family vpn-instance VPNA",
        "peer 10.3.1.2 as-number 65410",
    ),
    (
        "bgp 100 / ipv4-family vpn-instance VPNA",
        "peer 10.3.1.2 description CE2",
    ),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "peer 10.3.1.2 ignore"),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "import-route static"),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "import-route ospf 7"),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "network 10.0.0.0"),
    (
        "bgp 100 / ipv4-family vpn-instance VPNA",
        "maximum load-balancing eibgp 2",
    ),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "preference 20 200 10"),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "auto-frr"),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "advertise l2vpn evpn"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 enable"),
    ("bgp 100 / ipv4-family vpnv4", "peer 3.3.3.3 enable"),
    ("bgp 100 / ipv4-family vpnv4", "peer 3.3.3.3 next-hop-local"),
    ("bgp 100 / ipv4-family vpnv4", "peer 3.3.3.3 reflect-client"),
    ("bgp 100", "graceful-restart"),
    ("bgp 100", "timer keepalive 30 hold 90"),
    ("bgp 100", "private-4-byte-as enable"),
    ("bgp 100", "group rr internal"),
    ("bgp 100", "group rr"),
    ("bgp 100", "peer 3.3.3.3 group rr"),
    ("bgp 100", "peer 3.3.3.3 password simple Secret_1"),
    ("bgp 100", "peer 3.3.3.3 password cipher %^%#abcdefgh%^%#"),
    ("bgp 100", "peer 3.3.3.3 bfd min-tx-interval 10 min-rx-interval 10"),
    ("bgp 100", "bestroute as-path-ignore"),
    ("bgp 100", "compare-different-as-med"),
    ("bgp 100", "default local-preference 50"),
    ("bgp 100", "default med 5"),
    ("bgp 100", "peer 3.3.3.3 advertise-community"),
    ("bgp 100", "peer 3.3.3.3 route-policy p import"),
    ("bgp 100", "peer 3.3.3.3 preferred-value 7"),
    ("bgp 100", "peer 3.3.3.3 allow-as-loop 2"),
    ("bgp 100", "l2vpn-ad-family"),
    ("bgp 100", "vpls-family"),
    ("bgp 100 / l2vpn-ad-family", "peer 3.3.3.3 enable"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 group rr"),
    ("bgp 100 / ipv4-family unicast", "reflect between-clients"),
    ("bgp 100 / ipv4-family unicast", "default local-preference 70"),
    ("bgp 100 / ipv4-family unicast", "default med 9"),
    ("bgp 100 / ipv4-family unicast", "default-route imported"),
    (
        "bgp 100 / ipv4-family unicast",
        "network 3.3.3.3 32 route-policy p non-relay-tunnel",
    ),
    ("bgp 100 / ipv4-family unicast", "load-balancing igp-metric-ignore"),
    ("bgp 100 / ipv4-family unicast", "preference route-policy p"),
    ("bgp 100 / ipv4-family unicast", "bestroute router-id-ignore"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 label-route-capability"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 public-as-only"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 substitute-as"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 default-route-advertise"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 allow-as-loop"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 preferred-value 8"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 advertise-community"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 route-policy q export"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 ip-prefix q export"),
    ("bgp 100 / ipv4-family unicast", "peer 3.3.3.3 as-path-filter q export"),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "router-id 9.9.9.9"),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "as-number 65000"),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "group ces external"),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "group ces"),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "peer 10.3.1.2 group ces"),
    ("bgp 100 / ipv4-family vpn-instance VPNA", "vpn-route cross multipath"),
    ("", "router id 1.2.3.4"),
    ("", "mpls l2vpn"),
    ("", "vsi v1 static"),
    ("", "mpls ldp remote-peer far"),
    ("", "load-balance flow slot 3"),
    ("", "slot 3"),
    ("", "ip route-static default-preference 70"),
    ("", "route-policy p permit node 10"),
    (
        "",
        "ip ip-prefix x index 10 permit 10.0.0.0 8 greater-equal 16 less-equal 24",
    ),
    ("", "ip community-filter basic c index 10 permit 100:1"),
    ("", "ip community-filter 7 index 10 permit 100:1"),
    ("", "ip as-path-filter a index 10 permit ^65001_"),
    ("", "tunnel-policy t"),
    (
        "",
        "bfd l bind ldp-lsp peer-ip 4.4.4.4 nexthop 10.1.1.2 interface gi0/1/0 auto",
    ),
    ("ip vpn-instance VPNA / ipv4-family", "import route-policy p"),
    ("ip vpn-instance VPNA / ipv4-family", "export route-policy p"),
    ("route-policy p permit node 10", "description x"),
    ("route-policy p permit node 10", "if-match ip-prefix x"),
    ("route-policy p permit node 10", "if-match ip next-hop ip-prefix x"),
    ("route-policy p permit node 10", "if-match ip route-source ip-prefix x"),
    ("route-policy p permit node 10", "if-match as-path-filter a b"),
    (
        "route-policy p permit node 10",
        "if-match community-filter c whole-match",
    ),
    ("route-policy p permit node 10", "if-match cost 5"),
    ("route-policy p permit node 10", "if-match tag 5"),
    ("route-policy p permit node 10", "if-match mpls-label"),
    ("route-policy p permit node 10", "apply local-preference 200"),
    ("route-policy p permit node 10", "apply cost + 5"),
    ("route-policy p permit node 10", "apply cost-type type-1"),
    ("route-policy p permit node 10", "apply as-path 65001 65001 additive"),
    ("route-policy p permit node 10", "apply as-path none overwrite"),
    (
        "route-policy p permit node 10",
        "apply community 100:1 no-export additive",
    ),
    ("route-policy p permit node 10", "apply community none"),
    ("route-policy p permit node 10", "apply extcommunity rt 100:1 additive"),
    ("route-policy p permit node 10", "apply ip-address next-hop 1.1.1.1"),
    ("route-policy p permit node 10", "apply mpls-label"),
    ("route-policy p permit node 10", "apply origin igp"),
    ("route-policy p permit node 10", "apply preference 30"),
    ("route-policy p permit node 10", "apply preferred-value 30"),
    ("route-policy p permit node 10", "apply tag 30"),
    ("tunnel-policy t", "description x"),
    ("tunnel-policy t", "tunnel select-seq lsp load-balance-number 2"),
    ("vsi v1 static", "description x"),
    ("vsi v1 static", "mtu 1500"),
    ("vsi v1 static", "encapsulation vlan"),
    ("vsi v1 static", "control-word enable"),
    ("vsi v1 static", "shutdown"),
    ("vsi v1 static", "pwsignal bgp"),
    ("vsi v1 static", "pwsignal ldp"),
    ("vsi v1 static / pwsignal bgp", "route-distinguisher 1:1"),
    ("vsi v1 static / pwsignal bgp", "vpn-target 1:1 export-extcommunity"),
    ("vsi v1 static / pwsignal bgp", "vpn-target 1:1 import-extcommunity"),
    ("vsi v1 static / pwsignal bgp", "vpn-target 2:2 both"),
    ("vsi v1 static / pwsignal bgp", "site 1 range 5 default-offset 0"),
    ("vsi v1 static / pwsignal bgp", "flow-label both static"),
    ("vsi v1 static / pwsignal ldp", "vsi-id 7"),
    ("vsi v1 static / pwsignal ldp", "peer 4.4.4.4 upe"),
    ("mpls l2vpn", "vpls bgp encapsulation ethernet"),
    ("slot 3", "load-balance hash-fields ip l3"),
    ("mpls", "label advertise non-null"),
    ("mpls", "lsp-trigger all"),
    ("mpls", "mpls bfd enable"),
    ("mpls", "mpls bfd-trigger host"),
    ("mpls", "mpls bfd min-tx-interval 10"),
    ("mpls ldp", "graceful-restart timer recovery 300"),
    ("mpls ldp", "md5-password plain 3.3.3.3 Secret_1"),
    ("mpls ldp", "md5-password cipher 4.4.4.4 %^%#abcdefgh%^%#"),
    ("interface GigabitEthernet0/1/0", "mpls ldp transport-address interface"),
    ("mpls ldp remote-peer far", "remote-ip 4.4.4.4"),
    ("mpls ldp remote-peer far", "description x"),
    ("mpls ldp remote-peer far", "mpls ldp timer hello-hold 45"),
    ("interface GigabitEthernet0/1/0", "bandwidth 1000"),
    ("interface GigabitEthernet0/1/0", "mpls ldp timer hello-hold 45"),
    ("interface GigabitEthernet0/1/0", "mpls ldp timer hello-send 5"),
    ("interface GigabitEthernet0/1/0", "mpls ldp timer keepalive-hold 60"),
    ("interface GigabitEthernet0/1/0", "mpls mtu 9000"),
    ("interface GigabitEthernet0/1/0", "l2 binding vsi v1"),
    ("interface GigabitEthernet0/1/0", "loadbalance packet enable"),
    ("interface GigabitEthernet0/1/0", "eth-trunk 7"),
    ("interface Eth-Trunk7", "load-balance symmetric-hash complement"),
    ("interface GigabitEthernet0/1/0", "statistic enable"),
    ("interface GigabitEthernet0/1/0", "carrier up-hold-time 100"),
    ("", "ospf 8 vpn-instance VPNA"),
    ("", "ospf 9 vpn-instance VPNA router-id 1.1.1.1"),
    ("ospf 8", "domain-id 10"),
    ("ospf 8", "domain-id 11 secondary"),
    ("ospf 8", "route-tag 12"),
    ("ospf 8", "vpn-instance-capability simple"),
    ("interface GigabitEthernet0/1/0", "ospf timer hello 5"),
    ("interface GigabitEthernet0/1/0", "ospf dr-priority 5"),
    ("interface GigabitEthernet0/1/0", "ospf mtu-enable"),
    (
        "interface GigabitEthernet0/1/0",
        "ospf authentication-mode md5 1 plain abc",
    ),
    (
        "interface GigabitEthernet0/1/0",
        "ospf authentication-mode simple cipher abc",
    ),
    ("ospf 1 / area 0.0.0.0", "authentication-mode simple plain abc"),
    ("ospf 1 / area 0.0.0.0", "authentication-mode hmac-sha256 9 abc"),
    ("ospf 1", "preference 20"),
    ("ospf 1", "preference ase 120"),
    ("ospf 1", "opaque-capability enable"),
    ("ospf 1", "default cost 7"),
    ("ospf 1", "default-route-advertise always cost 5 type 1"),
    (
        "ospf 1",
        "import-route bgp permit-ibgp cost 5 type 1 tag 7 route-policy p",
    ),
    ("ospf 1", "import-route ospf 2 cost 5"),
    ("ospf 1 / area 0.0.0.0", "stub no-summary"),
    ("ospf 1 / area 0.0.0.0", "default-cost 9"),
    ("", "ip route-static 10.9.0.0 16 NULL0"),
    ("bfd a_to_b bind peer-ip 10.1.1.1", "process-pst"),
    ("bfd a_to_b bind peer-ip 10.1.1.1", "tos-exp 6"),
    ("bfd", "delay-up 10"),
    ("bfd a_to_b bind peer-ip 10.1.1.1", "description x"),
    ("bfd a_to_b bind peer-ip 10.1.1.1", "discriminator local 10"),
    ("bfd a_to_b bind peer-ip 10.1.1.1", "discriminator remote 20"),
    ("bfd a_to_b bind peer-ip 10.1.1.1", "detect-multiplier 4"),
    ("bfd a_to_b bind peer-ip 10.1.1.1", "min-tx-interval 10"),
    ("bfd a_to_b bind peer-ip 10.1.1.1", "min-rx-interval 10"),
    ("bfd a_to_b bind peer-ip 10.1.1.1", "wtr 5"),
    ("bfd a_to_b bind peer-ip 10.1.1.1", "shutdown"),
];

pub fn is_port(_: &Key) -> bool {
    true
}

/// Enters a view, making it if need be; `None` if that is refused.
pub fn enter(configuration: &mut Configuration, view: &str) -> Option<Path> {
    let mut path = Path::new();
    for line in view.split(" / ").filter(|line| !line.is_empty()) {
        let matched = grammar::match_in(Configuration::view_at(&path), line).expect("a view of the examples");
        path = configuration.apply(&path, &matched, &is_port).ok()?;
    }
    Some(path)
}

/// Types an example; whether it was accepted. A refusal changes nothing.
pub fn type_example(configuration: &mut Configuration, (view, line): (&str, &str), undo: bool) -> bool {
    let mut candidate = configuration.clone();
    let Some(path) = enter(&mut candidate, view) else {
        return false;
    };
    let line = if undo { format!("undo {line}") } else { line.to_owned() };
    let Ok(matched) = grammar::match_in(Configuration::view_at(&path), &line) else {
        return false;
    };
    let accepted = candidate.apply(&path, &matched, &is_port).is_ok();
    if accepted {
        *configuration = candidate;
    }
    accepted
}

#[test]
fn the_examples_use_every_rule() {
    let mut used: HashSet<usize> = HashSet::new();
    for (view, line) in EXAMPLES {
        let mut configuration = Configuration::default();
        let path = enter(&mut configuration, view).expect("the view");
        let matched =
            grammar::match_in(Configuration::view_at(&path), line).unwrap_or_else(|e| panic!("{view} {line} {e:?}"));
        used.insert(matched.rule);
    }
    for index in 0.. {
        let Some(rule) = grammar::rule(index) else { break };
        let exempt = matches!(
            rule.effect,
            Effect::Operate(_) | Effect::RemovePeer | Effect::EnterBfdSession | Effect::Number
        );
        assert!(exempt || used.contains(&index), "no example of `{}`", rule.syntax);
    }
}

#[test]
fn every_line_can_be_undone() {
    for &(view, line) in EXAMPLES {
        let mut configuration = Configuration::default();
        // What some lines need: the VPN instance, the groups, the peers.
        type_example(&mut configuration, ("", "ip vpn-instance VPNA"), false);
        if line.starts_with("peer ") && !line.contains(" as-number ") {
            for (view, peer) in [
                ("bgp 100", "peer 3.3.3.3 as-number 100"),
                (
                    "bgp 100 / ipv4-family vpn-instance VPNA",
                    "peer 10.3.1.2 as-number 65410",
                ),
            ] {
                assert!(type_example(&mut configuration, (view, peer), false));
            }
        }
        if let Some((_, group)) = line.split_once(" group ") {
            let group = format!("group {group} external");
            for view in ["bgp 100", "bgp 100 / ipv4-family vpn-instance VPNA"] {
                assert!(type_example(&mut configuration, (view, &group), false));
            }
        }
        enter(&mut configuration, view).expect("the view");
        let path = enter(&mut configuration.clone(), view).expect("the view");
        let matched = grammar::match_in(Configuration::view_at(&path), line).expect("an example");
        let rule = grammar::rule(matched.rule).expect("a rule");
        let replaces = matches!(rule.effect, Effect::Toggle) || !rule.creates.is_empty();
        let is_port_block = line.contains("gigabitethernet 0/1/0") && view.is_empty() && line.starts_with("interface");
        let before = configuration.clone();
        assert!(type_example(&mut configuration, (view, line), false), "{view} / {line}");
        let undone = type_example(&mut configuration, (view, line), true);
        if is_port_block {
            assert!(!undone, "a port cannot be deleted");
            continue;
        }
        if line == "ospf" || line == "ipv4-family" && view == "bgp 100" {
            continue;
        }
        assert!(undone, "undo {line} in `{view}`");
        if !replaces && line != "ip vpn-instance VPNA" {
            assert!(
                configuration == before,
                "{view} / {line} left\n{}",
                print(&configuration)
            );
        }
    }
}

#[test]
fn undoing_a_peer_removes_all_its_lines() {
    let mut configuration = Configuration::default();
    type_example(&mut configuration, ("", "bgp 100"), false);
    let before = configuration.clone();
    for line in ["peer 3.3.3.3 as-number 100", "peer 3.3.3.3 connect-interface lo1"] {
        assert!(type_example(&mut configuration, ("bgp 100", line), false));
    }
    assert!(print(&configuration).contains("  peer 3.3.3.3 enable\n"));
    assert!(type_example(&mut configuration, ("bgp 100", "peer 3.3.3.3"), true));
    assert_eq!(configuration, before);
    assert!(!type_example(&mut configuration, ("bgp 100", "peer 3.3.3.3"), true));
}

#[test]
fn what_is_not_there_cannot_be_undone() {
    let mut configuration = Configuration::default();
    type_example(&mut configuration, ("", "ip route-static 0.0.0.0 0 10.1.1.2"), false);
    assert!(!type_example(
        &mut configuration,
        ("", "ip route-static 0.0.0.0 0 10.1.1.3"),
        true
    ));
    assert!(!type_example(
        &mut configuration,
        ("", "ip route-static 0.0.0.0 0 10.1.1.2 preference 9"),
        true
    ));
    assert!(type_example(
        &mut configuration,
        ("", "ip route-static 0.0.0.0 0"),
        true
    ));
    assert_eq!(configuration, Configuration::default());
}

#[test]
fn a_block_is_not_replaced_by_another_of_its_name() {
    let mut configuration = Configuration::default();
    assert!(type_example(&mut configuration, ("", "bgp 100"), false));
    assert!(!type_example(&mut configuration, ("", "bgp 200"), false));
    assert!(type_example(&mut configuration, ("", "bgp 100"), false));
}

pub fn typed(steps: &[(usize, bool)]) -> Configuration {
    let mut configuration = Configuration::default();
    for &(index, undo) in steps {
        if let Some(&example) = EXAMPLES.get(index) {
            type_example(&mut configuration, example, undo);
        }
    }
    configuration
}

pub fn steps(most: usize) -> impl Strategy<Value = Vec<(usize, bool)>> {
    prop::collection::vec((0..EXAMPLES.len(), prop::bool::weighted(0.2)), 0..most)
}

#[test]
fn an_option_of_a_peer_that_the_other_user_removed_is_a_conflict() {
    let load = |text: &str| load(text, &is_port).0;
    let base = load("bgp 100\n peer 3.3.3.3 as-number 100\n");
    let mine = load("bgp 100\n peer 3.3.3.3 as-number 100\n peer 3.3.3.3 connect-interface LoopBack1\n");
    let theirs = load("bgp 100\n");
    let conflict = merge(&base, &mine, &theirs, &is_port).unwrap_err();
    assert!(conflict.line.contains("3.3.3.3"), "{conflict:?}");
    assert_eq!(merge(&base, &mine, &base, &is_port).unwrap(), mine);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_loads_to_the_same_tree(steps in steps(80)) {
        let configuration = typed(&steps);
        let text = print(&configuration);
        let (loaded, ignored) = load(&text, &is_port);
        prop_assert!(ignored.is_empty(), "{ignored:?}\n{text}");
        prop_assert!(loaded == configuration, "{text}\n---\n{}", print(&loaded));
        prop_assert_eq!(print(&loaded), text);
    }

    #[test]
    fn merging_is_applying_the_changes_of_one_to_the_other(base in steps(40), mine in steps(6), theirs in steps(6)) {
        let start = typed(&base);
        let both: Vec<_> = base.iter().chain(&mine).copied().collect();
        let mine = typed(&both);
        prop_assert_eq!(merge(&start, &mine, &start, &is_port).expect("nothing else changed"), mine.clone());
        prop_assert_eq!(merge(&start, &start, &mine, &is_port).expect("I changed nothing"), mine.clone());
        let both: Vec<_> = base.iter().chain(&theirs).copied().collect();
        let theirs = typed(&both);
        if let Ok(merged) = merge(&start, &mine, &theirs, &is_port) {
            let (loaded, ignored) = load(&print(&merged), &is_port);
            prop_assert!(ignored.is_empty() && loaded == merged, "{}", print(&merged));
        }
    }

    #[test]
    fn nothing_that_is_typed_panics(line in "[ -~]{0,60}", view in 0..4usize) {
        let view = [View::User, View::System, View::Bgp, View::Interface][view];
        let _ = grammar::match_typed(&[View::System, view], &line);
        let _ = grammar::continuations(view, &line);
    }

    #[test]
    fn nothing_that_is_loaded_panics(text in "([ #!]{0,3}[a-zé0-9./: -]{0,30}\n){0,20}") {
        let (configuration, _) = load(&text, &is_port);
        let _ = print(&configuration);
    }
}

#[test]
fn lines_of_one_rank_are_all_sorted_or_all_in_the_order_of_typing() {
    // Else the lines of a block would not be sorted, and not be found.
    let rules: Vec<&'static grammar::Rule> = (0..).map_while(grammar::rule).collect();
    let is_stored = |rule: &grammar::Rule| matches!(rule.effect, Effect::Line | Effect::Toggle | Effect::Block(_));
    for a in rules.iter().filter(|rule| is_stored(rule)) {
        for b in rules.iter().filter(|rule| is_stored(rule)) {
            let together = a.rank == b.rank && a.views.iter().any(|view| b.views.contains(view));
            assert!(!together || a.order == b.order, "`{}` and `{}`", a.syntax, b.syntax);
        }
    }
}

#[test]
fn thousands_of_lines_load_in_any_order() {
    let line = |n: usize| format!("ip route-static 10.{}.{}.0 255.255.255.0 10.1.1.2\n", n / 250, n % 250);
    let sorted: String = (0..4_000).map(line).collect();
    // 7919 is prime: every line once.
    let shuffled: String = (0..4_000).map(|n| line(n * 7919 % 4_000)).collect();
    let (sorted, shuffled) = (load(&sorted, &is_port).0, load(&shuffled, &is_port).0);
    assert_eq!(sorted.lines.len(), 4_000);
    assert!(sorted == shuffled);
    assert_eq!(print(&sorted), print(&shuffled));
}
