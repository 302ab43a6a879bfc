//! Route targets given by policies: IPv4 routes do not carry them to peers, and where it is in doubt whether they stay
//! nothing is computed.

use super::lab::Computed;

const POLICY: &str = "route-policy rt permit node 10\n apply extcommunity rt 7:7\n";

/// Two routers of two ASs; A tells 1.1.1.1/32, with lines in its unicast family and in the whole.
fn lab(family: &str, more: &str) -> Computed {
    let links = [("A", "GE0/1/0", "B", "GE0/1/0")];
    Computed::of(&["A", "B"], &links, |name| {
        let (number, other) = if name == "A" { (1, 2) } else { (2, 1) };
        let (family, more) = if name == "A" { (family, more) } else { ("", "") };
        format!(
            "sysname {name}\n{POLICY}interface GigabitEthernet0/1/0\n undo shutdown\n \
             ip address 10.0.0.{number} 255.255.255.0\n\
             interface LoopBack1\n ip address 1.1.1.{number} 255.255.255.255\n{more}\
             bgp {number}00\n peer 10.0.0.{other} as-number {other}00\n ipv4-family unicast\n  \
             network 1.1.1.{number} 255.255.255.255\n  peer 10.0.0.{other} enable\n{family}"
        )
    })
}

#[test]
fn targets_that_a_policy_gives_to_ipv4_routes_do_not_leave_the_device() {
    for line in [
        "  peer 10.0.0.2 route-policy rt export\n",
        "  import-route direct route-policy rt\n",
        "  peer 10.0.0.2 default-route-advertise\n  peer 10.0.0.2 route-policy rt export\n",
    ] {
        let lab = lab(line, "");
        for route in ["1.1.1.1 32", "0.0.0.0 0"] {
            let told = lab.ask("B", &format!("display bgp routing-table {route}"));
            assert!(!told.contains("Ext-Community"), "{line}: {told}");
        }
        assert!(
            lab.routes("B", "display ip routing-table")
                .iter()
                .any(|row| row.starts_with("1.1.1.1/32"))
        );
    }
}

#[test]
fn targets_that_a_policy_gives_to_what_is_received_show() {
    let lab = lab("  peer 10.0.0.2 route-policy rt import\n", "");
    let own = lab.ask("A", "display bgp routing-table 1.1.1.2 32");
    assert!(own.contains("Ext-Community: RT <7 : 7>"), "{own}");
}

#[test]
fn targets_given_to_routes_of_an_instance_are_in_doubt() {
    let instance = "ip vpn-instance V\n ipv4-family\n  route-distinguisher 1:1\n  export route-policy rt\n";
    for (line, is_known) in [
        ("  import-route direct route-policy rt\n", false),
        (
            "  peer 10.9.9.9 as-number 3\n  peer 10.9.9.9 route-policy rt import\n",
            false,
        ),
        ("  import-route direct route-policy other\n", true),
        (
            "  peer 10.9.9.9 as-number 3\n  peer 10.9.9.9 description route-policy rt\n",
            true,
        ),
    ] {
        let lab = lab(&format!(" ipv4-family vpn-instance V\n{line}"), instance);
        let answer = lab.try_ask("B", "display bgp peer");
        assert_eq!(answer.is_ok(), is_known, "{line}: {answer:?}");
    }
}
