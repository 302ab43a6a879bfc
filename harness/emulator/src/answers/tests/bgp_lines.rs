//! Lines of BGP peers that are easily read too generously: hops, private AS numbers, groups of families; and lines whose
//! effect is in doubt.

use rstest::rstest;

use super::lab::Computed;

/// A – M – B in a row: A and B have loopbacks that reach each other by static routes, and each the lines given.
fn row(a: &str, m: &str, b: &str) -> Computed {
    let links = [("A", "GE0/1/0", "M", "GE0/1/0"), ("M", "GE0/2/0", "B", "GE0/1/0")];
    Computed::of(&["A", "M", "B"], &links, |name| {
        let port = |number: u8, address: &str| {
            format!("interface GigabitEthernet0/{number}/0\n undo shutdown\n ip address {address} 255.255.255.0\n")
        };
        let loopback = |address: &str| format!("interface LoopBack1\n ip address {address} 255.255.255.255\n");
        let route = |to: &str, by: &str| format!("ip route-static {to} 255.255.255.255 {by}\n");
        match name {
            "A" => port(1, "10.1.0.1") + &loopback("1.1.1.1") + &route("2.2.2.2", "10.1.0.2") + a,
            "B" => port(1, "10.2.0.1") + &loopback("2.2.2.2") + &route("1.1.1.1", "10.2.0.2") + b,
            _ => {
                port(1, "10.1.0.2")
                    + &port(2, "10.2.0.2")
                    + &route("1.1.1.1", "10.1.0.1")
                    + &route("2.2.2.2", "10.2.0.1")
                    + m
            }
        }
    })
}

fn established(lab: &Computed, device: &str) -> bool {
    lab.ask(device, "display bgp peer").contains("Established")
}

#[rstest]
#[case::as_configured_by_default("", "", false)]
#[case::of_one_hop("1", "1", false)]
#[case::of_two_hops("2", "2", true)]
#[case::of_two_and_one("2", "1", false)]
#[case::of_any_number(" ", " ", true)]
fn a_peer_of_another_as_is_only_so_many_hops_away(#[case] a: &str, #[case] b: &str, #[case] up: bool) {
    let speaker = |own: u32, other: u32, peer: &str, hops: &str| {
        let hops = if hops.is_empty() {
            String::new()
        } else {
            format!(" peer {peer} ebgp-max-hop {hops}\n")
        };
        format!("bgp {own}\n peer {peer} as-number {other}\n peer {peer} connect-interface LoopBack1\n{hops}")
    };
    let lab = row(&speaker(100, 200, "2.2.2.2", a), "", &speaker(200, 100, "1.1.1.1", b));
    assert_eq!((established(&lab, "A"), established(&lab, "B")), (up, up));
}

#[rstest]
#[case::all_private("65001", "", "", "100i")]
#[case::a_public_one_among_them("65001", "7", "", "100 65001 7i")]
#[case::the_peers_own("65002", "", "", "100 65002i")]
#[case::reserved("65535", "", "", "100i")]
#[case::of_four_bytes("4200000000", "", "", "100 4200000000i")]
#[case::of_four_bytes_enabled("4200000000", "", " private-4-byte-as enable\n", "100i")]
fn private_numbers_alone_are_taken_off(
    #[case] own: &str,
    #[case] prepended: &str,
    #[case] line: &str,
    #[case] expected: &str,
) {
    let policy = if prepended.is_empty() {
        String::new()
    } else {
        format!("route-policy p permit node 10\n apply as-path {prepended} additive\n")
    };
    let a = format!(
        "{policy}bgp {own}\n peer 10.1.0.2 as-number 100\n network 1.1.1.1 255.255.255.255\n \
         ipv4-family unicast\n  peer 10.1.0.2 route-policy p export\n"
    );
    let m = format!(
        "bgp 100\n{line} peer 10.1.0.1 as-number {own}\n peer 10.2.0.1 as-number 65002\n ipv4-family unicast\n  \
         peer 10.2.0.1 public-as-only\n"
    );
    let b = "bgp 65002\n peer 10.2.0.2 as-number 100\n ipv4-family unicast\n  peer 10.2.0.2 allow-as-loop\n";
    let lab = row(&a, &m, b);
    let told = lab.ask("B", "display bgp routing-table");
    assert!(
        told.contains("1.1.1.1/32") && told.contains(&format!(" {expected}\n")),
        "{told}"
    );
}

#[test]
fn a_group_counts_in_vpnv4_for_the_peers_that_are_in_it_there() {
    let a = "bgp 100\n group g internal\n peer g connect-interface LoopBack1\n peer 2.2.2.2 group g\n \
             ipv4-family vpnv4\n  peer g enable\n  peer 2.2.2.2 group g\n";
    let b = "bgp 100\n peer 1.1.1.1 as-number 100\n peer 1.1.1.1 connect-interface LoopBack1\n \
             ipv4-family vpnv4\n  peer 1.1.1.1 enable\n";
    let lab = row(a, "", b);
    let is_up = |lab: &Computed| lab.ask("A", "display bgp vpnv4 all peer").contains("Established");
    assert!(is_up(&lab));
    lab.commit("A", &["bgp 100 / ipv4-family vpnv4 / undo peer 2.2.2.2 group g"]);
    assert!(!is_up(&lab));
}

#[rstest]
#[case::synchronization("bgp 100\n ipv4-family unicast\n  synchronization\n", "synchronization")]
#[case::choice_of_the_process(
    "bgp 100\n bestroute as-path-ignore\n ipv4-family vpnv4\n",
    "bestroute as-path-ignore (of the process"
)]
#[case::backup_of_vpnv4("bgp 100\n ipv4-family vpnv4\n  auto-frr\n", "auto-frr")]
#[case::next_hop_of_an_import(
    "route-policy p permit node 5\n apply ip-address next-hop 9.9.9.9\n\
     bgp 100\n ipv4-family unicast\n  import-route static route-policy p\n",
    "import-route static route-policy p"
)]
#[case::next_hop_of_what_is_told(
    "route-policy p permit node 5\n if-match ip next-hop ip-prefix x\n\
     bgp 100\n peer 10.1.0.2 as-number 7\n ipv4-family unicast\n  peer 10.1.0.2 route-policy p export\n",
    "peer 10.1.0.2 route-policy p export"
)]
#[case::flows_on_one_board("load-balance packet all\nload-balance flow slot 1\n", "load-balance flow slot 1")]
fn what_is_in_doubt_is_refused(#[case] a: &str, #[case] reason: &str) {
    let lab = row(a, "", "");
    let error = lab.try_ask("B", "display ip routing-table").unwrap_err().to_string();
    assert!(error.contains(reason), "{error}");
}

#[test]
fn the_choice_of_the_process_is_that_of_its_unicast_family() {
    let lab = row("bgp 100\n bestroute as-path-ignore\n", "", "");
    assert!(lab.try_ask("A", "display ip routing-table").is_ok());
}
