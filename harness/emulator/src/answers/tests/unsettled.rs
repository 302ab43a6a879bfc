//! Networks that never settle: the lab says so and which routes flap, soon and for as long as it lasts, and answers again
//! when the cause is gone.

use std::time::{Duration, Instant};

use super::lab::Computed;
use crate::fault::Fault;

/// Three ASs around a fourth that tells 10.9.0.1/32: each prefers the way by its neighbour to the straight one, and that
/// only while the neighbour goes straight.
fn bad_gadget() -> Computed {
    let ring = ["R1", "R2", "R3"];
    let links = [
        ("R0", "GE0/1/1", "R1", "GE0/1/0"),
        ("R0", "GE0/1/2", "R2", "GE0/1/0"),
        ("R0", "GE0/1/3", "R3", "GE0/1/0"),
        ("R1", "GE0/1/2", "R2", "GE0/1/3"),
        ("R2", "GE0/1/2", "R3", "GE0/1/3"),
        ("R3", "GE0/1/2", "R1", "GE0/1/3"),
    ];
    Computed::of(&["R0", "R1", "R2", "R3"], &links, |name| {
        let own: u8 = name[1..].parse().unwrap();
        if own == 0 {
            let ports: Vec<String> = (1..=3)
                .map(|to| format!("interface GE0/1/{to}\n undo shutdown\n ip address 10.1.{to}.1 24\n"))
                .collect();
            let peers: Vec<String> = (1..=3)
                .map(|to| format!(" peer 10.1.{to}.2 as-number 6500{to}\n"))
                .collect();
            return format!(
                "sysname R0\ninterface LoopBack0\n ip address 10.9.0.1 32\n{}bgp 65000\n router-id 10.9.0.1\n{} \
                 ipv4-family unicast\n  network 10.9.0.1 32\n",
                ports.concat(),
                peers.concat()
            );
        }
        assert!(ring.contains(&name));
        let next = own % 3 + 1;
        let before = (own + 1) % 3 + 1;
        format!(
            "sysname {name}\ninterface GE0/1/0\n undo shutdown\n ip address 10.1.{own}.2 24\n\
             interface GE0/1/2\n undo shutdown\n ip address 10.2.{own}.1 24\n\
             interface GE0/1/3\n undo shutdown\n ip address 10.2.{before}.2 24\n\
             ip as-path-filter straight index 10 permit ^6500{next}_65000$\n\
             route-policy next permit node 10\n if-match as-path-filter straight\n apply local-preference 300\n\
             route-policy none deny node 10\n\
             bgp 6500{own}\n router-id 10.1.{own}.2\n peer 10.1.{own}.1 as-number 65000\n \
             peer 10.2.{own}.2 as-number 6500{next}\n peer 10.2.{before}.1 as-number 6500{before}\n \
             ipv4-family unicast\n  peer 10.2.{own}.2 route-policy next import\n  \
             peer 10.2.{before}.1 route-policy none import\n"
        )
    })
}

const WHAT: &str = "display bgp routing-table";
const BACK: [&str; 2] = [
    "route-policy next permit node 10 / if-match as-path-filter straight",
    "route-policy next permit node 10 / apply local-preference 300",
];

fn assert_refused(lab: &Computed, flapping: &str) {
    for device in ["R1", "R2"] {
        for question in [WHAT, "display ip routing-table", "display fib", "ping 10.9.0.1"] {
            let refused = lab.try_ask(device, question).unwrap_err().to_string();
            assert!(
                refused.contains("does not settle") && refused.contains(flapping),
                "{refused}"
            );
        }
    }
}

#[test]
fn ways_that_exclude_each_other_are_refused_from_the_beginning_and_when_they_come() {
    let lab = bad_gadget();
    assert_refused(&lab, "10.9.0.1/32 (R1, R2, R3)");
    lab.commit("R1", &["undo route-policy next"]);
    assert!(lab.ask("R1", WHAT).contains("*>     10.9.0.1/32        10.1.1.1 "));
    let begin = Instant::now();
    lab.commit_only("R1", &BACK);
    lab.pass(Duration::from_secs(5));
    assert_refused(&lab, "10.9.0.1/32 (R1, R2, R3)");
    assert!(!lab.settles());
    assert!(begin.elapsed() < Duration::from_secs(20), "it was followed on and on");
    // A cable that is cut opens the circle.
    lab.fault("R1", "GE0/1/2", Fault::Cut);
    assert!(lab.settles());
    assert!(lab.ask("R3", WHAT).contains("*>     10.9.0.1/32        10.2.3.2 "));
    lab.fault("R1", "GE0/1/2", Fault::Mend);
    assert!(!lab.settles());
    assert_refused(&lab, "10.9.0.1/32 (R1, R2, R3)");
}

/// R1 and R2 hear of 10.9.0.1/32 from R3 by BGP and tell each other by OSPF, which they prefer to BGP.
fn mutual(import: &str) -> Computed {
    let links = [
        ("R1", "GE0/1/0", "R2", "GE0/1/0"),
        ("R1", "GE0/1/1", "R3", "GE0/1/1"),
        ("R2", "GE0/1/2", "R3", "GE0/1/2"),
    ];
    Computed::of(&["R1", "R2", "R3"], &links, |name| {
        let own = &name[1..];
        if own == "3" {
            return "sysname R3\ninterface GE0/1/1\n undo shutdown\n ip address 10.2.1.3 24\ninterface GE0/1/2\n \
                    undo shutdown\n ip address 10.2.2.3 24\ninterface LoopBack0\n ip address 10.9.0.1 32\n\
                    bgp 300\n peer 10.2.1.1 as-number 100\n peer 10.2.2.2 as-number 100\n ipv4-family unicast\n  \
                    network 10.9.0.1 32\n"
                .to_owned();
        }
        format!(
            "sysname {name}\ninterface GE0/1/0\n undo shutdown\n ip address 10.1.0.{own} 24\n\
             interface GE0/1/{own}\n undo shutdown\n ip address 10.2.{own}.{own} 24\n\
             bgp 100\n peer 10.2.{own}.3 as-number 300\n\
             ospf 1\n{import} area 0\n  network 10.1.0.0 0.0.0.255\n"
        )
    })
}

#[test]
fn routes_that_two_routers_take_from_each_other_settle_in_turn_and_not_at_once() {
    let lab = mutual("");
    let ase = |lab: &Computed, device: &str| {
        let rows = lab.routes(device, "display ip routing-table 10.9.0.1");
        rows.iter().any(|row| row.contains("O_ASE"))
    };
    lab.commit("R1", &["ospf 1 / import-route bgp"]);
    lab.commit("R2", &["ospf 1 / import-route bgp"]);
    assert!(!ase(&lab, "R1") && ase(&lab, "R2"), "R2 has nothing of BGP to bring in");
    assert_refused(&mutual(" import-route bgp\n"), "10.9.0.1/32 (R1, R2)");
}

#[test]
fn a_link_that_loses_packets_is_no_network_that_does_not_settle() {
    let lab = Computed::start();
    lab.fault("CE1", "GE0/1/0", Fault::Loss(0.4));
    for _ in 0..20 {
        lab.pass(Duration::from_secs(10));
        lab.ask("PE3", "display ip routing-table vpn-instance VPNA");
    }
    let flaps = lab.ask("PE1", "display bfd statistics session all");
    let downs = flaps
        .lines()
        .find_map(|line| line.split_once("Down Count                 : "));
    let downs: u32 = downs.unwrap().1.parse().unwrap();
    assert!(downs > 60, "{flaps}");
}

#[test]
fn static_routes_that_rest_on_each_other_are_none() {
    let lab = Computed::of(&["R1", "R2"], &[("R1", "GE0/1/0", "R2", "GE0/1/0")], |name| {
        let own = &name[1..];
        format!("sysname {name}\ninterface GE0/1/0\n undo shutdown\n ip address 10.1.0.{own} 24\n")
    });
    let before = lab.routes("R1", "display ip routing-table");
    lab.commit(
        "R1",
        &[
            "ip route-static 20.0.0.0 24 30.0.0.1",
            "ip route-static 30.0.0.0 24 20.0.0.1",
        ],
    );
    assert_eq!(lab.routes("R1", "display ip routing-table"), before);
    // By a default route each could be reached, were it not for the other.
    lab.commit_only("R1", &["ip route-static 0.0.0.0 0 10.1.0.2"]);
    lab.pass(Duration::from_secs(1));
    assert_refused(&lab, "20.0.0.0/24 (R1), 30.0.0.0/24 (R1)");
    lab.commit("R1", &["undo ip route-static 0.0.0.0 0"]);
    assert_eq!(lab.routes("R1", "display ip routing-table"), before);
    lab.commit(
        "R1",
        &[
            "undo ip route-static 30.0.0.0 24",
            "ip route-static 30.0.0.0 24 10.1.0.2",
        ],
    );
    assert_eq!(lab.routes("R1", "display ip routing-table").len(), before.len() + 2);
}
