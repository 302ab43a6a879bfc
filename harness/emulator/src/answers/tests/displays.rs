//! The layouts, by snapshots that were compared by eye with what the configuration of the worked example implies.

use rstest::rstest;

use super::lab::Computed;

#[rstest]
#[case("PE1", "display ip routing-table protocol ospf")]
#[case("PE1", "display ip routing-table protocol bgp")]
#[case("PE1", "display ip routing-table vpn-instance VPNA protocol bgp")]
#[case("PE1", "display ip routing-table vpn-instance VPNA protocol static verbose")]
#[case("PE1", "display ip routing-table vpn-instance VPNA protocol bgp inactive")]
#[case("PE1", "display ip routing-table vpn-instance VPNA 1.1.1.1 32 verbose")]
#[case("PE1", "display ip routing-table 22.0.0.0 8 longer-match")]
#[case("PE1", "display ip routing-table all-vpn-instance")]
#[case("PE1", "display ip routing-table statistics")]
#[case("PE1", "display ip routing-table vpn-instance VPNA statistics")]
#[case("PE1", "display fib")]
#[case("PE3", "display fib vpn-instance VPNA")]
#[case("CE1", "display fib 10.3.1.2")]
#[case("PE1", "display interface brief")]
#[case("PE1", "display interface description GigabitEthernet0/3/0")]
#[case("PE1", "display interface GigabitEthernet0/3/0")]
#[case("PE1", "display ip interface LoopBack1")]
#[case("PE1", "display ip interface brief")]
#[case("PE1", "display mpls interface")]
#[case("PE1", "display mpls lsp")]
#[case("PE1", "display mpls lsp include 3.3.3.3 32 verbose")]
#[case("CE1", "display mpls lsp")]
#[case("PE1", "display mpls ldp lsp")]
#[case("PE1", "display tunnel-info all")]
#[case("PE1", "display mpls ldp session verbose")]
#[case("PE1", "display mpls ldp peer")]
#[case("PE1", "display mpls ldp adjacency")]
#[case("PE1", "display mpls ldp interface")]
#[case("PE1", "display bgp routing-table")]
#[case("CE2", "display bgp routing-table")]
#[case("CE2", "display bgp routing-table 1.1.1.1")]
#[case("PE1", "display bgp vpnv4 all routing-table")]
#[case("PE1", "display bgp vpnv4 vpn-instance VPNA routing-table 1.1.1.1 32")]
#[case("PE3", "display bgp vpnv4 vpn-instance VPNA routing-table")]
#[case("PE3", "display bgp vpnv4 vpn-instance VPNA routing-table 1.1.1.1")]
#[case("PE3", "display bgp vpnv4 all routing-table 10.3.1.0 24")]
#[case("PE1", "display bgp vpnv4 route-distinguisher 100:3 routing-table")]
#[case("PE1", "display bgp vpnv4 all routing-table label")]
#[case("PE3", "display bgp vpnv4 vpn-instance VPNA peer")]
#[case("PE3", "display bgp vpnv4 vpn-instance VPNA peer 10.3.1.2 verbose")]
#[case("PE1", "display bgp peer 3.3.3.3")]
#[case("PE1", "display bgp peer 3.3.3.3 verbose")]
#[case("CE1", "display bfd session static-auto")]
#[case("PE1", "display bfd session peer-ip 10.1.1.1 vpn-instance VPNA")]
#[case("PE1", "display bfd session peer-ip 10.1.1.1")]
#[case("CE1", "display bfd session discriminator 8193 verbose")]
#[case("CE1", "display bfd statistics")]
#[case("PE1", "display ip vpn-instance interface")]
#[case("PE1", "display ospf interface")]
#[case("PE1", "display ospf 1 interface GigabitEthernet0/2/0")]
#[case("PE1", "display ospf brief")]
#[case("PE1", "display ospf 1 peer brief")]
fn a_table_is_laid_out_as_on_the_device(#[case] device: &str, #[case] command: &str) {
    let text = Computed::start().ask(device, command);
    let name = format!("{device} {}", command.trim_start_matches("display ")).replace([' ', '/'], "_");
    insta::assert_snapshot!(name, text);
}

/// R1 – R2 – R3 in a row, OSPF and LDP on both links.
fn row_of_three() -> Computed {
    let links = [("R1", "GE0/1/0", "R2", "GE0/1/0"), ("R2", "GE0/2/0", "R3", "GE0/1/0")];
    Computed::of(&["R1", "R2", "R3"], &links, |name| {
        let own = &name[1..];
        let port = |port: &str, address: &str| {
            format!(
                "interface GigabitEthernet0/{port}/0\n undo shutdown\n ip address {address} 255.255.255.252\n mpls\n mpls ldp\n"
            )
        };
        let ports = match own {
            "1" => port("1", "10.0.12.1"),
            "2" => port("1", "10.0.12.2") + &port("2", "10.0.23.1"),
            _ => port("1", "10.0.23.2"),
        };
        format!(
            "sysname {name}\nmpls lsr-id {own}.{own}.{own}.{own}\nmpls\nmpls ldp\n{ports}interface LoopBack0\n \
             ip address {own}.{own}.{own}.{own} 255.255.255.255\nospf 1\n area 0.0.0.0\n  network 0.0.0.0 255.255.255.255\n"
        )
    })
}

#[test]
fn a_session_may_be_called_verbose() {
    let lab = Computed::start();
    let asked = |what: &str| lab.try_ask("PE1", &format!("display bfd session {what}"));
    let none = asked("session-name verbose").unwrap();
    assert!(none.contains("Total UP/DOWN Session Number : 0/0"), "{none}");
    assert_eq!(asked("session-name verbose verbose"), asked("session-name x verbose"));
    assert_eq!(
        asked("peer-ip 10.1.1.1 vpn-instance verbose"),
        asked("peer-ip 10.1.1.1 vpn-instance x")
    );
}

/// In and out labels and the interface of the rows to an address.
fn labels(lab: &Computed, device: &str, address: &str) -> Vec<(String, String, String)> {
    let text = lab.ask(device, &format!("display mpls lsp include {address} 32"));
    let rows = text.lines().filter(|line| line.starts_with(address));
    rows.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (own, next) = words[1].split_once('/').unwrap();
        (own.to_owned(), next.to_owned(), words[2].to_owned())
    })
    .collect()
}

#[test]
fn a_label_leaves_as_the_next_router_gave_it() {
    let lab = row_of_three();
    let (r1, r2, r3) = (
        labels(&lab, "R1", "3.3.3.3"),
        labels(&lab, "R2", "3.3.3.3"),
        labels(&lab, "R3", "3.3.3.3"),
    );
    // R3 is the end, R2 pops, R1 sends with the label that R2 gave.
    assert_eq!(r3, [("3".into(), "NULL".into(), "-/-".into())]);
    assert_eq!(r2[0], ("NULL".into(), "3".into(), "-/GE0/2/0".into()));
    let given = r2[1].0.clone();
    assert_eq!(r2[1], (given.clone(), "3".into(), "-/GE0/2/0".into()));
    assert_eq!(r1[0], ("NULL".into(), given.clone(), "-/GE0/1/0".into()));
    assert_eq!(r1[1].1, given);
    assert!(
        lab.ask("R1", "display mpls ldp lsp")
            .contains(&format!(" 3.3.3.3/32         NULL/{given} "))
    );
    let verbose = lab.ask("R2", "display mpls lsp include 3.3.3.3 32 verbose");
    assert!(verbose.contains("Label Operation     :  POPGO") && verbose.contains("Label Operation     :  PUSH"));
    assert!(lab.ask("R1", "display tunnel-info all").contains(" 3.3.3.3 "));
    // Without LDP on R3's link there is neither LSP nor tunnel, but a route all the same.
    lab.commit("R3", &["interface GigabitEthernet0/1/0 / undo mpls ldp"]);
    assert_eq!(labels(&lab, "R1", "3.3.3.3"), []);
    assert!(!lab.ask("R1", "display tunnel-info all").contains(" 3.3.3.3 "));
    assert!(
        lab.ask("R1", "display fib 3.3.3.3")
            .contains("3.3.3.3/32  10.0.12.2        DGHU")
    );
    assert!(
        lab.ask("R2", "display mpls ldp peer")
            .contains("TOTAL: 1 Peer(s) Found.")
    );
}

#[test]
fn displays_agree_on_what_a_shut_down_port_takes_with_it() {
    let lab = row_of_three();
    lab.commit("R2", &["interface GigabitEthernet0/2/0 / shutdown"]);
    let brief = lab.ask("R2", "display interface brief");
    assert!(brief.contains("GigabitEthernet0/2/0(1G)    *down down"), "{brief}");
    let brief = lab.ask("R3", "display ip interface brief");
    assert!(
        brief.contains("GigabitEthernet0/1/0              10.0.23.2/30         down       down     --"),
        "{brief}"
    );
    assert!(
        lab.ask("R2", "display interface GigabitEthernet0/2/0")
            .contains("current state : Administratively DOWN")
    );
    assert!(
        lab.ask("R3", "display mpls ldp interface")
            .contains(" GE0/1/0         Inactive ")
    );
    assert!(
        lab.ask("R3", "display ospf interface").contains("LoopBack0")
            && !lab.ask("R3", "display ospf interface").contains("GE0/1/0")
    );
    assert!(
        lab.ask("R1", "display ip routing-table 3.3.3.3")
            .contains("Summary Count : 0")
    );
}
