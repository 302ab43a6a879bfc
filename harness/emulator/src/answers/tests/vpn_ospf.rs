//! OSPF between providers and customers: processes of VPN instances, their routes over BGP, and no loops.

use std::collections::BTreeSet;
use std::time::Duration;

use super::lab::Computed;
use super::settling::assert_settled;
use crate::fault::Fault;
use crate::network::{Moment, Says, Travels};

/// CE1 – PE1 – P – PE2 – CE2. CEn has the loopback 10.n.0.1, its link to PEn is 10.n.1.0/24; the PEs' cost is 5, the
/// CEs' 7.
const DEVICES: [&str; 5] = ["CE1", "PE1", "P", "PE2", "CE2"];
const LINKS: [(&str, &str, &str, &str); 4] = [
    ("CE1", "GE0/1/0", "PE1", "GE0/3/0"),
    ("PE1", "GE0/1/0", "P", "GE0/1/0"),
    ("P", "GE0/2/0", "PE2", "GE0/1/0"),
    ("PE2", "GE0/3/0", "CE2", "GE0/1/0"),
];

fn customer(number: usize) -> String {
    format!(
        "sysname CE{number}\ninterface LoopBack0\n ip address 10.{number}.0.1 32\n\
         interface GigabitEthernet0/1/0\n undo shutdown\n ip address 10.{number}.1.1 24\n ospf cost 7\n\
         ospf 1\n area 0\n  network 10.{number}.0.0 0.0.255.255\n"
    )
}

fn provider(number: usize) -> String {
    let other = 3 - number;
    format!(
        "sysname PE{number}\nip vpn-instance A\n ipv4-family\n  route-distinguisher 100:{number}\n  vpn-target 100:1\n\
         mpls lsr-id 1.0.0.{number}\nmpls\nmpls ldp\n\
         interface LoopBack0\n ip address 1.0.0.{number} 32\n\
         interface GigabitEthernet0/1/0\n undo shutdown\n ip address 1.1.{number}.1 30\n mpls\n mpls ldp\n\
         interface GigabitEthernet0/3/0\n undo shutdown\n ip binding vpn-instance A\n ip address 10.{number}.1.2 24\n \
         ospf cost 5\n\
         bgp 100\n peer 1.0.0.{other} as-number 100\n peer 1.0.0.{other} connect-interface LoopBack0\n \
         ipv4-family vpnv4\n  peer 1.0.0.{other} enable\n ipv4-family vpn-instance A\n  import-route ospf 100\n\
         ospf 1\n area 0\n  network 1.0.0.0 0.255.255.255\n\
         ospf 100 vpn-instance A\n import-route bgp\n area 0\n  network 10.{number}.1.0 0.0.0.255\n"
    )
}

const CORE: &str = "sysname P\nmpls lsr-id 1.0.0.9\nmpls\nmpls ldp\ninterface LoopBack0\n ip address 1.0.0.9 32\n\
    interface GigabitEthernet0/1/0\n undo shutdown\n ip address 1.1.1.2 30\n mpls\n mpls ldp\n\
    interface GigabitEthernet0/2/0\n undo shutdown\n ip address 1.1.2.2 30\n mpls\n mpls ldp\n\
    ospf 1\n area 0\n  network 1.0.0.0 0.255.255.255\n";

fn configuration(name: &str) -> String {
    match name {
        "CE1" => customer(1),
        "CE2" => customer(2),
        "PE1" => provider(1),
        "PE2" => provider(2),
        _ => CORE.into(),
    }
}

fn start() -> Computed {
    let lab = Computed::of(&DEVICES, &LINKS, configuration);
    for device in &lab.lab.devices {
        assert!(device.ignored.is_empty(), "{}: {:?}", device.name, device.ignored);
    }
    assert_settled(&lab, "loaded");
    lab
}

/// `PROTO PRE COST FLAGS NEXTHOP INTERFACE` of the routes to a prefix, in an instance if one is named.
fn to(lab: &Computed, device: &str, instance: &str, prefix: &str) -> Vec<String> {
    let instance = if instance.is_empty() {
        String::new()
    } else {
        format!("vpn-instance {instance} ")
    };
    let (address, length) = prefix.split_once('/').unwrap();
    let rows = lab.routes(
        device,
        &format!("display ip routing-table {instance}{address} {length}"),
    );
    let rows = rows.iter().filter_map(|row| row.strip_prefix(&format!("{prefix} ")));
    rows.map(str::to_owned).collect()
}

fn pings(lab: &Computed, device: &str, command: &str) -> bool {
    lab.ask(device, command).contains("0.00% packet loss")
}

const REMOTE: &str = "10.2.0.1/32";

#[test]
fn routes_of_a_domain_cross_the_provider_as_routes_between_areas() {
    let lab = start();
    // A loopback costs 1, the link of the PE 5.
    assert_eq!(
        to(&lab, "PE2", "A", REMOTE),
        ["OSPF 10 6 D 10.2.1.1 GigabitEthernet0/3/0"]
    );
    assert_eq!(
        to(&lab, "PE1", "A", REMOTE),
        ["IBGP 255 6 RD 1.0.0.2 GigabitEthernet0/1/0"]
    );
    // 7 to PE1, and the MED.
    assert_eq!(
        to(&lab, "CE1", "", REMOTE),
        ["OSPF 10 13 D 10.1.1.2 GigabitEthernet0/1/0"]
    );
    // The link itself is a direct route of PE2 and not imported.
    assert!(to(&lab, "CE1", "", "10.2.1.0/24").is_empty());
    assert!(to(&lab, "PE1", "", REMOTE).is_empty() && to(&lab, "P", "", REMOTE).is_empty());
    assert!(pings(&lab, "CE1", "ping -a 10.1.0.1 10.2.0.1"));
    assert!(
        lab.ask("PE1", "display ospf 100 brief")
            .contains("Border Router: AREA AS\n")
    );
    let told = lab.ask("PE1", &format!("display bgp vpnv4 all routing-table {}", "10.2.0.1 32"));
    let expected = "Ext-Community: RT <100 : 1>, OSPF DOMAIN ID <0.0.0.0 : 0>, \n               \
                    OSPF RT <0.0.0.0 : 1 : 0>, OSPF ROUTER ID <10.2.1.2 : 0>";
    assert!(told.contains(expected), "{told}");
    lab.commit("PE2", &["bgp 100 / ipv4-family vpn-instance A / import-route direct"]);
    // A direct route is not of OSPF: it comes from outside, with the tag of the AS.
    let direct = to(&lab, "CE1", "", "10.2.1.0/24");
    assert_eq!(direct, ["O_ASE 150 1 D 10.1.1.2 GigabitEthernet0/1/0"]);
    let verbose = lab.ask("CE1", "display ip routing-table 10.2.1.0 24 verbose");
    assert!(verbose.contains("Tag: 3489661028 "), "{verbose}");
    assert_settled(&lab, "after import");
}

#[test]
fn what_the_line_says_of_costs_tags_and_policies_counts() {
    let lab = start();
    lab.commit(
        "PE1",
        &[
            "ospf 100 / undo import-route bgp",
            "ospf 100 / import-route bgp cost 30",
        ],
    );
    assert_eq!(
        to(&lab, "CE1", "", REMOTE),
        ["OSPF 10 37 D 10.1.1.2 GigabitEthernet0/1/0"]
    );
    lab.commit(
        "PE1",
        &[
            "ip ip-prefix p permit 10.9.0.0 16",
            "route-policy q permit node 10 / if-match ip-prefix p",
            "ospf 100 / undo import-route bgp",
            "ospf 100 / import-route bgp route-policy q",
        ],
    );
    assert!(to(&lab, "CE1", "", REMOTE).is_empty());
    assert_settled(&lab, "a policy");
}

#[test]
fn another_domain_is_outside_and_keeps_its_type() {
    let lab = start();
    lab.commit("PE1", &["ospf 100 / domain-id 10"]);
    assert_eq!(
        to(&lab, "CE1", "", REMOTE),
        ["O_ASE 150 1 D 10.1.1.2 GigabitEthernet0/1/0"]
    );
    // PE2 hears of domain 10 and is of none.
    assert_eq!(
        to(&lab, "CE2", "", "10.1.0.1/32"),
        ["O_ASE 150 1 D 10.2.1.2 GigabitEthernet0/1/0"]
    );
    lab.commit("PE2", &["ospf 100 / domain-id 0.0.0.10 secondary"]);
    assert_eq!(
        to(&lab, "CE2", "", "10.1.0.1/32"),
        ["OSPF 10 13 D 10.2.1.2 GigabitEthernet0/1/0"]
    );
    assert_eq!(
        to(&lab, "CE1", "", REMOTE),
        ["O_ASE 150 1 D 10.1.1.2 GigabitEthernet0/1/0"]
    );
    assert_settled(&lab, "domains");
    lab.commit("PE1", &["ospf 100 / undo domain-id"]);
    assert_eq!(
        to(&lab, "CE1", "", REMOTE),
        ["OSPF 10 13 D 10.1.1.2 GigabitEthernet0/1/0"]
    );
    // What CE2 brings in as type 1 is type 1 behind PE1 too.
    lab.commit(
        "CE2",
        &[
            "ip route-static 10.8.0.0 16 NULL0",
            "ip route-static 10.7.0.0 16 NULL0 preference 61",
            "route-policy one permit node 10 / if-match ip-prefix eight",
            "route-policy one permit node 10 / apply cost-type type-1",
            "route-policy one permit node 20",
            "ip ip-prefix eight permit 10.8.0.0 16",
            "ospf 1 / import-route static route-policy one",
        ],
    );
    assert_eq!(
        to(&lab, "PE2", "A", "10.8.0.0/16"),
        ["O_ASE 150 6 D 10.2.1.1 GigabitEthernet0/3/0"]
    );
    assert_eq!(
        to(&lab, "CE1", "", "10.8.0.0/16"),
        ["O_ASE 150 8 D 10.1.1.2 GigabitEthernet0/1/0"]
    );
    assert_eq!(
        to(&lab, "CE1", "", "10.7.0.0/16"),
        ["O_ASE 150 1 D 10.1.1.2 GigabitEthernet0/1/0"]
    );
    assert_settled(&lab, "types");
}

#[test]
fn a_cut_of_the_access_link_withdraws_the_route_behind_the_other_provider_edge() {
    let lab = start();
    lab.fault("CE2", "GE0/1/0", Fault::Cut);
    // The ports notice after 500 ms; then SPF, BGP, and SPF again take less than 100 ms.
    lab.pass(Duration::from_millis(499));
    assert!(!to(&lab, "CE1", "", REMOTE).is_empty());
    lab.pass(Duration::from_millis(101));
    assert!(to(&lab, "PE1", "A", REMOTE).is_empty());
    assert!(to(&lab, "CE1", "", REMOTE).is_empty());
    assert_settled(&lab, "cut");
    lab.fault("CE2", "GE0/1/0", Fault::Mend);
    assert_settled(&lab, "mended");
    assert!(!to(&lab, "CE1", "", REMOTE).is_empty());
    // In silence the dead interval passes first.
    lab.fault("CE2", "GE0/1/0", Fault::Loss(1.0));
    lab.pass(Duration::from_secs(29));
    assert!(!to(&lab, "CE1", "", REMOTE).is_empty());
    lab.pass(Duration::from_secs(12));
    assert!(to(&lab, "CE1", "", REMOTE).is_empty());
}

/// Router IDs of the LSAs that were told over a link after an instant.
fn told_over(lab: &Computed, link: usize, since: Moment) -> BTreeSet<String> {
    let simulation = lab.lab.timed().unwrap().now();
    let messages = simulation.history().messages().filter(|message| message.sent >= since);
    let origins = messages.filter_map(|message| match (&message.travels, &message.says) {
        (Travels::OnLink { way, .. }, Says::OspfUpdate { lsas, .. }) if way.link == link => {
            Some(lsas.origin.to_string())
        }
        _ => None,
    });
    origins.collect()
}

#[test]
fn what_a_process_tells_stays_within_its_domain() {
    let lab = start();
    let now = || lab.now();
    let since = now();
    lab.commit("P", &["interface LoopBack1 / ip address 1.0.0.3 32"]);
    assert!(told_over(&lab, 1, since).contains("1.0.0.9"));
    assert!(told_over(&lab, 0, since).is_empty());
    let since = now();
    lab.commit(
        "CE1",
        &[
            "interface LoopBack1 / ip address 10.1.0.2 32",
            "ospf 1 / bandwidth-reference 1000",
        ],
    );
    // The router ID changes with the largest loopback; nobody but PE1 hears of it.
    assert!(told_over(&lab, 0, since).contains("10.1.0.2"));
    assert!(told_over(&lab, 1, since).is_empty());
    assert_settled(&lab, "told");
}

#[test]
fn a_process_more_disturbs_no_other() {
    let lab = start();
    lab.commit_only("PE1", &["ospf 50", "ospf 50 / area 0"]);
    lab.pass(Duration::from_millis(1));
    assert!(!to(&lab, "CE1", "", REMOTE).is_empty());
    let peers = lab.ask("PE1", "display ospf 100 peer brief");
    assert!(peers.contains("Full"), "{peers}");
    lab.commit_only("PE1", &["undo ospf 50"]);
    lab.pass(Duration::from_millis(100));
    assert!(!to(&lab, "CE1", "", REMOTE).is_empty());
    assert_settled(&lab, "a process more");
}

#[test]
fn default_routes_are_told_into_a_site() {
    let lab = start();
    lab.commit("PE1", &["ospf 100 / default-route-advertise"]);
    assert!(to(&lab, "CE1", "", "0.0.0.0/0").is_empty());
    lab.commit("PE1", &["ip route-static vpn-instance A 0.0.0.0 0 NULL0"]);
    assert_eq!(
        to(&lab, "CE1", "", "0.0.0.0/0"),
        ["O_ASE 150 1 D 10.1.1.2 GigabitEthernet0/1/0"]
    );
    // The default route of the public network is another.
    lab.commit(
        "PE1",
        &[
            "undo ip route-static vpn-instance A 0.0.0.0 0 NULL0",
            "ip route-static 0.0.0.0 0 NULL0",
        ],
    );
    assert!(to(&lab, "CE1", "", "0.0.0.0/0").is_empty());
    lab.commit(
        "PE1",
        &[
            "ospf 100 / undo default-route-advertise",
            "ospf 100 / default-route-advertise always cost 4",
        ],
    );
    assert_eq!(
        to(&lab, "CE1", "", "0.0.0.0/0"),
        ["O_ASE 150 4 D 10.1.1.2 GigabitEthernet0/1/0"]
    );
    assert_settled(&lab, "default");
}

/// CE2 stands behind both PEs, a second customer router behind PE1 alone.
fn doubly_attached(more: impl Fn(&str) -> String) -> Computed {
    let mut links = LINKS.to_vec();
    links.push(("PE1", "GE0/2/0", "CE2", "GE0/2/0"));
    let lab = Computed::of(&DEVICES, &links, |name| {
        let text = match name {
            "CE2" => {
                "interface GigabitEthernet0/2/0\n undo shutdown\n ip address 10.2.2.1 24\n ospf cost 7\n".to_owned()
            }
            "PE1" => "interface GigabitEthernet0/2/0\n undo shutdown\n ip binding vpn-instance A\n \
                      ip address 10.2.2.2 24\n ospf cost 5\nospf 100\n area 0\n  network 10.2.2.0 0.0.0.255\n"
                .to_owned(),
            _ => String::new(),
        };
        configuration(name) + &text + &more(name)
    });
    assert_settled(&lab, "loaded");
    lab
}

#[test]
fn nothing_that_came_over_the_provider_comes_back_to_it() {
    let lab = doubly_attached(|name| {
        if name == "PE1" {
            "ip route-static vpn-instance A 10.6.0.0 16 NULL0\n\
             bgp 100\n ipv4-family vpn-instance A\n  import-route static\n"
                .into()
        } else {
            String::new()
        }
    });
    // PE2 learns of CE1 by BGP and tells CE2, which tells PE1; that one knows better.
    let own = "OSPF 10 6 D 10.1.1.1 GigabitEthernet0/3/0";
    assert_eq!(to(&lab, "PE1", "A", "10.1.0.1/32"), [own]);
    // The same within the area, without any help of BGP.
    assert_eq!(
        to(&lab, "PE2", "A", "10.1.0.1/32"),
        ["OSPF 10 18 D 10.2.1.1 GigabitEthernet0/3/0"]
    );
    // A static route of PE1: PE2 hears of it by BGP, tells the site, and PE1 leaves that alone. PE2's own comes from BGP.
    assert_eq!(
        to(&lab, "PE2", "A", "10.6.0.0/16"),
        ["IBGP 255 0 RD 1.0.0.1 GigabitEthernet0/1/0"]
    );
    assert_eq!(
        to(&lab, "CE2", "", "10.6.0.0/16"),
        ["O_ASE 150 1 D 10.2.1.2 GigabitEthernet0/1/0"]
    );
    let without = |device: &str| lab.ask(device, "display ip routing-table vpn-instance A 10.6.0.0 16 verbose");
    assert!(!without("PE1").contains("O_ASE"), "{}", without("PE1"));
    // Withdrawn, it is gone everywhere: nobody feeds it to another.
    lab.commit("PE1", &["undo ip route-static vpn-instance A 10.6.0.0 16 NULL0"]);
    for (device, instance) in [("PE1", "A"), ("PE2", "A"), ("CE1", ""), ("CE2", "")] {
        assert!(to(&lab, device, instance, "10.6.0.0/16").is_empty(), "{device}");
    }
    assert_settled(&lab, "withdrawn");
}

#[test]
fn two_ways_into_a_site_do_not_swing() {
    // The links of the site are in two areas: CE2 is no border, what it hears over one PE it does not tell the other.
    let lab = doubly_attached(|_| String::new());
    for (device, interface) in [("CE2", "GE0/1/0"), ("CE2", "GE0/2/0"), ("PE1", "GE0/1/0")] {
        lab.fault(device, interface, Fault::Cut);
        assert_settled(&lab, "cut");
        assert!(pings(&lab, "CE1", "ping -a 10.1.0.1 10.2.0.1"), "{device} {interface}");
        lab.fault(device, interface, Fault::Mend);
        assert_settled(&lab, "mended");
    }
}

#[test]
fn marks_are_heeded_unless_the_instance_is_simple() {
    // PE2 has no BGP in the instance: it hears of CE1's site from CE2 only, which hears from PE1.
    let lab = doubly_attached(|_| String::new());
    lab.commit(
        "PE1",
        &[
            "ip route-static vpn-instance A 10.6.0.0 16 NULL0",
            "ospf 100 / import-route static tag 3489661028",
        ],
    );
    // No DN bit on routes that do not come from BGP, but the tag of the AS.
    assert_eq!(
        to(&lab, "CE2", "", "10.6.0.0/16"),
        ["O_ASE 150 1 D 10.2.2.2 GigabitEthernet0/2/0"]
    );
    assert!(to(&lab, "PE2", "A", "10.6.0.0/16").is_empty());
    lab.commit("PE2", &["ospf 100 / route-tag 5"]);
    assert_eq!(
        to(&lab, "PE2", "A", "10.6.0.0/16"),
        ["O_ASE 150 1 D 10.2.1.1 GigabitEthernet0/3/0"]
    );
    lab.commit(
        "PE2",
        &[
            "ospf 100 / undo route-tag",
            "ospf 100 / undo import-route bgp",
            "ospf 100 / vpn-instance-capability simple",
        ],
    );
    assert_eq!(
        to(&lab, "PE2", "A", "10.6.0.0/16"),
        ["O_ASE 150 1 D 10.2.1.1 GigabitEthernet0/3/0"]
    );
    assert_settled(&lab, "simple");
}

#[test]
fn what_is_in_doubt_is_refused() {
    for lines in [
        &["ospf 100 / vpn-instance-capability simple"][..],
        &["ospf 100 / area 0 / stub"],
        &["ospf 1 / domain-id 7"],
        &["ospf 1 / route-tag 7"],
        &["ospf 100 / undo area 0", "ospf 100 / area 1", "ospf 100 / area 2"],
    ] {
        let lab = start();
        lab.commit("PE1", lines);
        let refused = lab.try_ask("CE1", "display ip routing-table");
        assert!(refused.is_err(), "{lines:?}");
    }
}

#[test]
fn a_process_goes_with_its_instance() {
    let lab = start();
    lab.commit("PE1", &["undo ip vpn-instance A"]);
    assert!(to(&lab, "CE1", "", REMOTE).is_empty());
    let text = lab.ask("PE1", "display ospf peer brief");
    assert!(
        text.contains("OSPF Process 1 ") && !text.contains("OSPF Process 100 "),
        "{text}"
    );
}
