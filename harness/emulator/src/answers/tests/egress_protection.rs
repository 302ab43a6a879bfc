//! Egress protection: two PEs that have an address and the label of an instance in common. An ASBR with labelled routes
//! to both sends VPN packets to the other when one fails, before the far PE knows of it.
//!
//! CSG – ASBR – MASG1 and MASG2, all in AS 100. The VPN's site is a loopback behind both, 172.16.9.9.

use std::time::Duration;

use rstest::rstest;

use super::lab::Computed;
use super::settling::assert_settled;
use crate::fault::Fault;
use crate::network::{Delays, End, Moment, Vrf, Walk};

const DEVICES: [&str; 4] = ["CSG", "ASBR", "MASG1", "MASG2"];
const LINKS: [(&str, &str, &str, &str); 3] = [
    ("CSG", "GE0/1/0", "ASBR", "GE0/1/0"),
    ("ASBR", "GE0/2/0", "MASG1", "GE0/1/0"),
    ("ASBR", "GE0/3/0", "MASG2", "GE0/1/0"),
];

fn instance(label: u32, site: &str) -> String {
    format!(
        "ip vpn-instance V\n ipv4-family\n  route-distinguisher 100:1\n  apply-label per-instance static {label}\n  \
         vpn-target 9:9 both\ninterface LoopBack10\n ip binding vpn-instance V\n ip address {site} 255.255.255.255\n"
    )
}

fn core(id: &str, ports: &[&str]) -> String {
    let mut text = format!(
        "mpls lsr-id {id}\nmpls\nmpls ldp\ninterface LoopBack1\n ip address {id} 255.255.255.255\n\
         ospf 1\n area 0.0.0.0\n  network 10.0.0.0 0.255.255.255\n  network {id} 0.0.0.0\n\
         route-policy label permit node 10\n apply mpls-label\n"
    );
    for (number, address) in (1..).zip(ports) {
        text += &format!(
            "interface GigabitEthernet0/{number}/0\n undo shutdown\n ip address {address} 255.255.255.0\n mpls\n mpls ldp\n"
        );
    }
    text
}

fn masg(number: u8, label: u32) -> String {
    core(&format!("3.3.3.{number}"), &[&format!("10.{number}.0.1")])
        + &instance(label, "172.16.9.9")
        + &format!(
            "interface LoopBack9\n ip address 9.9.9.9 255.255.255.255\n\
             bgp 100\n router-id 3.3.3.{number}\n peer 2.2.2.2 as-number 100\n peer 2.2.2.2 connect-interface LoopBack1\n \
             peer 1.1.1.1 as-number 100\n peer 1.1.1.1 connect-interface LoopBack9\n ipv4-family unicast\n  \
             network 9.9.9.9 255.255.255.255 non-relay-tunnel\n  undo peer 1.1.1.1 enable\n  \
             peer 2.2.2.2 route-policy label export\n  peer 2.2.2.2 label-route-capability\n \
             ipv4-family vpnv4\n  peer 1.1.1.1 enable\n ipv4-family vpn-instance V\n  import-route direct\n"
        )
}

/// The labels are those of the instance on MASG1 and MASG2.
fn lab(labels: [u32; 2]) -> Computed {
    lab_with(Delays::default(), labels)
}

/// The same, where things take as long as is said.
fn lab_with(delays: Delays, labels: [u32; 2]) -> Computed {
    Computed::with_delays(delays, &DEVICES, &LINKS, |name| match name {
        "CSG" => {
            core("1.1.1.1", &["10.9.0.1"])
                + &instance(777, "172.16.1.1")
                + "bgp 100\n peer 2.2.2.2 as-number 100\n peer 2.2.2.2 connect-interface LoopBack1\n \
                   peer 9.9.9.9 as-number 100\n peer 9.9.9.9 connect-interface LoopBack1\n ipv4-family unicast\n  \
                   network 1.1.1.1 255.255.255.255\n  peer 2.2.2.2 route-policy label export\n  \
                   peer 2.2.2.2 label-route-capability\n  undo peer 9.9.9.9 enable\n ipv4-family vpnv4\n  \
                   peer 9.9.9.9 enable\n ipv4-family vpn-instance V\n  import-route direct\n"
        }
        "ASBR" => {
            let mut text = core("2.2.2.2", &["10.9.0.2", "10.1.0.2", "10.2.0.2"])
                + "route-policy backup permit node 10\n apply local-preference 50\nbgp 100\n";
            let mut family = String::from(" ipv4-family unicast\n  auto-frr\n");
            for peer in ["1.1.1.1", "3.3.3.1", "3.3.3.2"] {
                text += &format!(" peer {peer} as-number 100\n peer {peer} connect-interface LoopBack1\n");
                family += &format!(
                    "  peer {peer} reflect-client\n  peer {peer} next-hop-local\n  peer {peer} route-policy label export\n  \
                     peer {peer} label-route-capability\n"
                );
            }
            text + &family + "  peer 3.3.3.2 route-policy backup import\n"
        }
        _ => masg(name[4..].parse().unwrap(), labels[usize::from(name == "MASG2")]),
    })
}

/// Where each of the packets of a second goes that leave CSG's instance every millisecond, when it gets to V.
fn ends(lab: &Computed, from: Moment) -> Vec<Option<usize>> {
    let all = all_ends(lab, from).into_iter();
    all.map(|end| end.filter(|(_, vpn)| vpn == "V").map(|(device, _)| device))
        .collect()
}

/// The same, to whatever instance.
fn all_ends(lab: &Computed, from: Moment) -> Vec<Option<(usize, String)>> {
    let vrf = Vrf::Instance("V".into());
    let walks = lab.every_millisecond(("CSG", &vrf), ("172.16.1.1", "172.16.9.9"), from, 1000);
    let end = |walk: Walk| match walk.end {
        End::Delivered {
            device,
            vrf: Vrf::Instance(name),
            ..
        } => Some((device, name)),
        _ => None,
    };
    walks.into_iter().map(end).collect()
}

/// What becomes of the packets of the second after MASG1 is cut off.
fn after_a_failure(lab: &Computed) -> Vec<Option<usize>> {
    let at = fail(lab, Fault::Cut);
    ends(lab, at)
}

/// MASG1 fails so; the instant.
fn fail(lab: &Computed, fault: Fault) -> Moment {
    assert!(lab.settles());
    lab.pass(Duration::from_secs(10));
    let at = lab.now();
    lab.fault("MASG1", "GE0/1/0", fault);
    lab.pass(Duration::from_secs(5));
    at
}

#[test]
fn with_one_label_the_other_pe_takes_over_while_the_session_to_the_first_still_stands() {
    let lab = lab([1000, 1000]);
    let table = lab.routes("CSG", "display ip routing-table vpn-instance V");
    let route = table.iter().find(|row| row.starts_with("172.16.9.9/32")).unwrap();
    assert!(route.contains(" IBGP ") && route.contains(" 9.9.9.9 "), "{route}");
    let ends = after_a_failure(&lab);
    // The port notices after half a second, then the IGP and BGP of the ASBR.
    let first = ends.iter().position(|end| *end == Some(3)).unwrap();
    assert!((500..700).contains(&first), "{first}");
    assert!(ends[first..].iter().all(|end| *end == Some(3)));
    assert!(lab.ask("CSG", "display bgp vpnv4 all peer").contains("Established"));
}

/// The ASBR swaps labels for the backup's as soon as its port is down; BGP takes longer (mistake 40).
#[rstest]
#[case::with_a_backup(true, 502..504)]
#[case::with_bgp_alone(false, 900..940)]
fn labelled_routes_have_backups_too(#[case] auto_frr: bool, #[case] lost: std::ops::Range<usize>) {
    let delays = Delays {
        bgp_processing: Duration::from_millis(400),
        ..Delays::default()
    };
    let lab = lab_with(delays, [1000, 1000]);
    if !auto_frr {
        lab.commit("ASBR", &["bgp 100 / ipv4-family unicast / undo auto-frr"]);
    }
    let ends = after_a_failure(&lab);
    let first = ends.iter().position(|end| *end == Some(3)).unwrap();
    assert!(lost.contains(&first), "{first}");
    assert!(ends[first..].iter().all(|end| *end == Some(3)));
    assert_settled(&lab, "MASG1 has failed");
}

#[test]
fn with_two_labels_packets_are_lost_until_the_far_pe_learns_the_other() {
    let lab = lab([1000, 1001]);
    let ends = after_a_failure(&lab);
    assert!(ends[700..].iter().all(Option::is_none));
    // The session to the failed PE must go before its routes do.
    assert!(lab.settles());
    let route = lab.ask("CSG", "display bgp vpnv4 all routing-table 172.16.9.9 32");
    assert!(
        route.contains("1001/")
            && lab
                .ask("CSG", "ping -vpn-instance V -a 172.16.1.1 -c 1 172.16.9.9")
                .contains(" 0.00%")
    );
}

/// Mistake 37: the label is another VPN's on the backup, where the packets come out.
#[test]
fn a_label_that_is_another_vpns_on_the_backup_delivers_into_that_vpn() {
    let lab = lab([1000, 1001]);
    lab.commit(
        "MASG2",
        &[
            "ip vpn-instance W / ipv4-family / route-distinguisher 100:2",
            "ip vpn-instance W / ipv4-family / apply-label per-instance static 1000",
            "interface LoopBack11 / ip binding vpn-instance W",
            "interface LoopBack11 / ip address 172.16.9.9 32",
        ],
    );
    let at = fail(&lab, Fault::Cut);
    let ends = all_ends(&lab, at);
    assert!(
        ends[700..].iter().all(|end| *end == Some((3, "W".to_owned()))),
        "{:?}",
        ends[999]
    );
}

/// Mistakes 38, 42 and 45: what the backup lacks shows when the first fails, and not before.
#[rstest]
#[case::a_label_for_each_route("MASG2", &["ip vpn-instance V / ipv4-family / apply-label per-route"])]
#[case::no_label_of_the_protected_address("MASG2", &["route-policy label permit node 10 / undo apply mpls-label"])]
#[case::address_not_told("MASG2", &["bgp 100 / ipv4-family unicast / undo network 9.9.9.9 255.255.255.255"])]
#[case::no_address("MASG2", &["undo interface LoopBack9"])]
#[case::no_vpn("MASG2", &["undo ip vpn-instance V"])]
#[case::no_site("MASG2", &["undo interface LoopBack10"])]
#[case::no_labels_asked_of_it("ASBR", &["bgp 100 / ipv4-family unicast / undo peer 3.3.3.2 label-route-capability"])]
#[case::no_ldp("MASG2", &["interface GE0/1/0 / undo mpls ldp"])]
#[case::another_ldp_password("MASG2", &["mpls ldp / md5-password plain 2.2.2.2 x"])]
#[case::no_lsp_of_its_own("MASG2", &["mpls / lsp-trigger none"])]
fn what_the_backup_lacks_shows_when_the_first_fails(#[case] device: &str, #[case] lines: &[&str]) {
    let lab = lab([1000, 1000]);
    lab.commit(device, lines);
    let at = fail(&lab, Fault::Cut);
    let before = Moment::from_nanos(at.nanos() - 2_000_000_000);
    assert!(
        ends(&lab, before).iter().all(|end| *end == Some(2)),
        "{lines:?}: nothing is lost before"
    );
    let after = ends(&lab, at);
    assert!(after[700..].iter().all(Option::is_none), "{lines:?}: {:?}", after[999]);
}

/// Mistake 41: a failure that takes no signal away, and nobody who watches: packets go on into it.
#[test]
fn a_silent_failure_that_nobody_watches_is_no_trigger() {
    let lab = lab([1000, 1000]);
    let at = fail(&lab, Fault::Loss(1.0));
    assert!(ends(&lab, at)[1..].iter().all(Option::is_none));
    // OSPF gives the neighbour up in the end.
    lab.pass(Duration::from_secs(60));
    let later = Moment::from_nanos(lab.now().nanos() - 2_000_000_000);
    assert!(ends(&lab, later).iter().all(|end| *end == Some(3)));
}
