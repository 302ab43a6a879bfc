//! LSPs over equal routes, which LSPs begin and end where, and what the last hop receives.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use super::lab::Computed;
use super::settling::assert_settled;
use crate::answers::NoAnswer;
use crate::network::{End, Moment, Packet, Vrf};

const DEVICES: [&str; 5] = ["PE1", "PE2", "PE3", "P1", "P2"];
/// The number of PE1's link to P1; that to P2 is the next.
const TO_P1: usize = 0;

/// PE1, PE2 and PE3, each joined to P1 and P2. A VPN on the PEs: 10.7.0.N on PE N, and 10.7.7.7 on PE2 and PE3.
pub fn diamond() -> Computed {
    let links = [
        ("PE1", "GE0/1/0", "P1", "GE0/1/0"),
        ("PE1", "GE0/2/0", "P2", "GE0/1/0"),
        ("PE2", "GE0/1/0", "P1", "GE0/2/0"),
        ("PE2", "GE0/2/0", "P2", "GE0/2/0"),
        ("PE3", "GE0/1/0", "P1", "GE0/3/0"),
        ("PE3", "GE0/2/0", "P2", "GE0/3/0"),
    ];
    Computed::of(&DEVICES, &links, |name| {
        let own: u8 = name[name.len() - 1..].parse().unwrap();
        let is_pe = name.starts_with("PE");
        let id = if is_pe { own } else { 10 + own };
        let mut text = format!(
            "sysname {name}\nmpls lsr-id {id}.{id}.{id}.{id}\nmpls\nmpls ldp\n\
             interface LoopBack0\n ip address {id}.{id}.{id}.{id} 32\n"
        );
        let mut port = |port: u8, address: String| {
            let lines = "undo shutdown\n mpls\n mpls ldp";
            writeln!(
                text,
                "interface GigabitEthernet0/{port}/0\n ip address {address} 30\n {lines}"
            )
            .unwrap();
        };
        if is_pe {
            port(1, format!("10.{own}.1.1"));
            port(2, format!("10.{own}.2.1"));
        } else {
            for pe in 1..=3 {
                port(pe, format!("10.{pe}.{own}.2"));
            }
        }
        text += "ospf 1\n area 0.0.0.0\n  network 0.0.0.0 255.255.255.255\n";
        if !is_pe {
            return text;
        }
        text = text.replace(
            "mpls lsr-id",
            &format!(
                "ip vpn-instance A\n ipv4-family\n  route-distinguisher 100:{own}\n  apply-label per-instance\n  \
             vpn-target 1:1 export-extcommunity\n  vpn-target 1:1 import-extcommunity\nmpls lsr-id"
            ),
        );
        writeln!(
            text,
            "interface LoopBack7\n ip binding vpn-instance A\n ip address 10.7.0.{own} 32"
        )
        .unwrap();
        if own > 1 {
            text += "interface LoopBack77\n ip binding vpn-instance A\n ip address 10.7.7.7 32\n";
        }
        text += "bgp 100\n";
        let peers: Vec<u8> = (1..=3).filter(|peer| *peer != own).collect();
        for peer in &peers {
            writeln!(text, " peer {peer}.{peer}.{peer}.{peer} as-number 100").unwrap();
            writeln!(text, " peer {peer}.{peer}.{peer}.{peer} connect-interface LoopBack0").unwrap();
        }
        text += " ipv4-family vpnv4\n  policy vpn-target\n";
        for peer in &peers {
            writeln!(text, "  peer {peer}.{peer}.{peer}.{peer} enable").unwrap();
        }
        text + " ipv4-family vpn-instance A\n  import-route direct\n  maximum load-balancing 4\n"
    })
}

/// Where 200 flows from PE1's instance to an address go: how many by each link of PE1, and to which PEs.
fn spread(lab: &Computed, destination: &str) -> (BTreeMap<usize, usize>, BTreeSet<usize>) {
    lab.pass(Duration::from_secs(1));
    let simulation = lab.lab.timed().unwrap().now();
    let mut links = BTreeMap::new();
    let mut ends = BTreeSet::new();
    for port in 0..200 {
        let packet = Packet {
            source: "10.7.0.1".parse().unwrap(),
            destination: destination.parse().unwrap(),
            protocol: 17,
            ports: (4000 + port, 5000),
            ttl: 64,
            number: u64::from(port),
        };
        let vrf = Vrf::Instance("A".into());
        let at = Moment::from_nanos(simulation.now().nanos() - 500_000_000);
        let walk = simulation.history().walk(0, &vrf, packet, at, 0);
        let End::Delivered { device, .. } = walk.end else {
            panic!("{:?}", walk.end);
        };
        ends.insert(device);
        *links.entry(walk.hops[0].way.link).or_insert(0) += 1;
    }
    (links, ends)
}

/// FEC rows `IN/OUT -/INTERFACE` of an address.
fn rows(lab: &Computed, device: &str, address: &str) -> Vec<String> {
    let text = lab.ask(device, &format!("display mpls lsp include {address} 32"));
    let rows = text.lines().filter(|line| line.starts_with(address));
    rows.map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn an_lsp_takes_every_equal_next_hop() {
    let lab = diamond();
    let rows = rows(&lab, "PE1", "2.2.2.2");
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(
        rows[0].starts_with("NULL/") && rows[0].ends_with("-/GE0/1/0"),
        "{rows:?}"
    );
    assert!(
        rows[1].starts_with("NULL/") && rows[1].ends_with("-/GE0/2/0"),
        "{rows:?}"
    );
    assert!(
        rows[2].ends_with("-/GE0/1/0") && rows[3].ends_with("-/GE0/2/0"),
        "{rows:?}"
    );
    let verbose = lab.ask("PE1", "display mpls lsp include 2.2.2.2 32 verbose");
    assert_eq!(
        verbose.matches("LsrType             :  Ingress").count(),
        2,
        "{verbose}"
    );
    assert_eq!(lab.ask("PE1", "display tunnel-info all").matches("2.2.2.2").count(), 1);
    let ports = lab.ask("PE1", "display mpls interface");
    let count = |port: &str| ports.lines().find(|line| line.starts_with(port)).unwrap().to_owned();
    assert_eq!(
        count("GE0/1/0").split_whitespace().nth(3),
        count("GE0/2/0").split_whitespace().nth(3)
    );
    // P1 has one way to each PE, and two to P2's address.
    assert_eq!(self::rows(&lab, "P1", "2.2.2.2").len(), 2);
    assert_eq!(self::rows(&lab, "P1", "12.12.12.12").len(), 6);
    lab.commit("PE1", &["interface GE0/2/0 / ospf cost 7"]);
    assert_eq!(self::rows(&lab, "PE1", "2.2.2.2").len(), 2);
    assert_settled(&lab, "unequal");
}

#[test]
fn a_next_hop_without_a_label_is_no_way_of_the_lsp() {
    let lab = diamond();
    lab.commit("P2", &["interface GE0/1/0 / undo mpls ldp"]);
    let rows = rows(&lab, "PE1", "2.2.2.2");
    assert!(
        rows.iter().all(|row| row.ends_with("-/GE0/1/0")) && rows.len() == 2,
        "{rows:?}"
    );
    let (links, _) = spread(&lab, "10.7.0.2");
    assert_eq!(links, BTreeMap::from([(TO_P1, 200)]));
    // Packets without labels still go both ways.
    assert_eq!(lab.routes("PE1", "display ip routing-table 2.2.2.2 32").len(), 2);
    assert_settled(&lab, "one way");
}

fn balanced(links: &BTreeMap<usize, usize>) -> bool {
    links.len() == 2 && links.values().all(|count| *count > 60)
}

#[test]
fn vpn_traffic_is_spread_over_both_core_links() {
    let lab = diamond();
    let (links, ends) = spread(&lab, "10.7.0.2");
    assert!(balanced(&links) && ends == BTreeSet::from([1]), "{links:?} {ends:?}");
    // Two routes with two ways each: the two choices have nothing to do with each other.
    let (links, ends) = spread(&lab, "10.7.7.7");
    assert!(balanced(&links) && ends == BTreeSet::from([1, 2]), "{links:?} {ends:?}");
    lab.commit("PE1", &["load-balance packet all"]);
    let (links, ends) = spread(&lab, "10.7.7.7");
    assert_eq!(
        (links, ends.len()),
        (BTreeMap::from([(TO_P1, 100), (TO_P1 + 1, 100)]), 2)
    );
}

/// Mistake 19: the tunnel policy lets one tunnel take part: two routes, one link.
#[test]
fn a_tunnel_policy_for_one_tunnel_leaves_two_routes_on_one_link() {
    let lab = diamond();
    let family = "ip vpn-instance A / ipv4-family";
    let policy = |number: u8| format!("tunnel-policy one / tunnel select-seq lsp load-balance-number {number}");
    lab.commit("PE1", &[&policy(1), &format!("{family} / tnl-policy one")]);
    let (links, ends) = spread(&lab, "10.7.7.7");
    assert_eq!((links, ends), (BTreeMap::from([(TO_P1, 200)]), BTreeSet::from([1, 2])));
    let routes = lab.routes("PE1", "display ip routing-table vpn-instance A 10.7.7.7 32");
    assert_eq!(routes.len(), 2, "{routes:?}");
    assert_settled(&lab, "one tunnel");
    lab.commit("PE1", &[&policy(2)]);
    assert!(balanced(&spread(&lab, "10.7.7.7").0));
    lab.commit("PE1", &[&policy(1)]);
    lab.commit("PE1", &[&format!("{family} / undo tnl-policy")]);
    assert!(balanced(&spread(&lab, "10.7.7.7").0));
    assert_settled(&lab, "without policy");
}

#[test]
fn a_core_link_that_fails_takes_one_way_and_leaves_the_other() {
    let lab = diamond();
    lab.commit("P1", &["interface GE0/1/0 / shutdown"]);
    let (links, ends) = spread(&lab, "10.7.7.7");
    assert_eq!((links, ends.len()), (BTreeMap::from([(TO_P1 + 1, 200)]), 2));
    assert_settled(&lab, "down");
    lab.commit("P1", &["interface GE0/1/0 / undo shutdown"]);
    assert!(balanced(&spread(&lab, "10.7.7.7").0));
    assert_settled(&lab, "up");
}

/// The label stacks of packets from PE1's instance to PE2's as they arrive there.
fn last_stacks(lab: &Computed) -> BTreeSet<Vec<u32>> {
    lab.pass(Duration::from_secs(1));
    let simulation = lab.lab.timed().unwrap().now();
    let stack = |port: u16| {
        let packet = Packet {
            source: "10.7.0.1".parse().unwrap(),
            destination: "10.7.0.2".parse().unwrap(),
            protocol: 17,
            ports: (port, 1),
            ttl: 9,
            number: 0,
        };
        let at = Moment::from_nanos(simulation.now().nanos() - 500_000_000);
        let walk = simulation.history().walk(0, &Vrf::Instance("A".into()), packet, at, 0);
        assert!(matches!(walk.end, End::Delivered { device: 1, .. }), "{:?}", walk.end);
        let last = walk.hops.last().unwrap();
        last.packet.labels.iter().map(|entry| entry.label).collect()
    };
    (0..20).map(stack).collect()
}

#[test]
fn the_last_hop_receives_the_label_that_it_asked_for() {
    let lab = diamond();
    let vpn = 48_060;
    assert_eq!(last_stacks(&lab), BTreeSet::from([vec![vpn]]));
    lab.commit("PE2", &["mpls / label advertise explicit-null"]);
    assert_eq!(last_stacks(&lab), BTreeSet::from([vec![0, vpn]]));
    assert_eq!(rows(&lab, "PE2", "2.2.2.2"), ["0/NULL -/-"]);
    assert!(rows(&lab, "P1", "2.2.2.2")[0].starts_with("NULL/0 "));
    assert_settled(&lab, "explicit");
    lab.commit("PE2", &["mpls / label advertise non-null"]);
    let own = rows(&lab, "PE2", "2.2.2.2")[0]
        .split('/')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(own > 15);
    assert_eq!(last_stacks(&lab), BTreeSet::from([vec![own, vpn]]));
    assert!(
        lab.ask("PE1", "ping -vpn-instance A 10.7.0.2")
            .contains(" 0.00% packet loss")
    );
    assert_settled(&lab, "a label of its own");
    lab.commit("PE2", &["mpls / undo label advertise"]);
    assert_eq!(last_stacks(&lab), BTreeSet::from([vec![vpn]]));
}

#[test]
fn lsps_end_and_begin_where_they_are_triggered() {
    let reaches = |lab: &Computed, pe: u8| {
        lab.ask("PE1", &format!("ping -vpn-instance A -c 1 10.7.0.{pe}"))
            .contains(" 0.00% packet loss")
    };
    // PE2 gives no label for its own address: nobody has an LSP to it.
    for lines in [
        &["mpls / lsp-trigger none"][..],
        &[
            "ip ip-prefix others permit 3.3.3.3 32",
            "mpls / lsp-trigger ip-prefix others",
        ],
    ] {
        let lab = diamond();
        lab.commit("PE2", lines);
        assert!(rows(&lab, "PE1", "2.2.2.2").is_empty() && rows(&lab, "PE2", "2.2.2.2").is_empty());
        assert!(!reaches(&lab, 2) && reaches(&lab, 3), "{lines:?}");
        assert_settled(&lab, lines[0]);
    }
    // On PE1 LSPs begin for the permitted address alone; labels for the other are still passed on.
    let lab = diamond();
    lab.commit(
        "PE1",
        &[
            "ip ip-prefix hosts deny 2.2.2.2 32",
            "ip ip-prefix hosts permit 0.0.0.0 0 greater-equal 32",
            "mpls / lsp-trigger ip-prefix hosts",
        ],
    );
    let to_pe2 = rows(&lab, "PE1", "2.2.2.2");
    assert!(
        to_pe2.len() == 2 && to_pe2.iter().all(|row| !row.starts_with("NULL")),
        "{to_pe2:?}"
    );
    assert!(!reaches(&lab, 2) && reaches(&lab, 3));
    assert_settled(&lab, "listed");
    // The list is another: what depends on it follows.
    lab.commit("PE1", &["undo ip ip-prefix hosts index 10"]);
    assert!(reaches(&lab, 2));
    assert_settled(&lab, "listed otherwise");
    lab.commit("P1", &["mpls / lsp-trigger none"]);
    assert!(reaches(&lab, 2), "LSPs that cross are not asked");
    assert_settled(&lab, "in between");
}

#[test]
fn triggers_whose_effect_is_in_doubt_are_refused() {
    for lines in [
        &["mpls / lsp-trigger all"][..],
        &["mpls / lsp-trigger ip-prefix missing"],
        &[
            "ip ip-prefix nets permit 10.0.0.0 8 less-equal 32",
            "mpls / lsp-trigger ip-prefix nets",
        ],
    ] {
        let lab = diamond();
        lab.commit("P2", lines);
        let refused = lab.try_ask("PE1", "display mpls lsp");
        assert!(
            matches!(&refused, Err(NoAnswer::Refused(text)) if text.contains("lsp-trigger")),
            "{refused:?}"
        );
    }
}
