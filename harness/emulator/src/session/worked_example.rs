//! The worked example typed step by step from empty configurations, with the tables that it prints on the way; and the
//! same network loaded from its configuration files.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::Session;
use super::tests::{configuration_file, lab, session};
use crate::answers::tests::lab::ageless;
use crate::lab::Lab;

const DEVICES: [&str; 5] = ["PE1", "PE2", "PE3", "CE1", "CE2"];

const TYPED: [&str; 5] = [
    include_str!("fixtures/pe1.txt"),
    include_str!("fixtures/pe2.txt"),
    include_str!("fixtures/pe3.txt"),
    include_str!("fixtures/ce1.txt"),
    include_str!("fixtures/ce2.txt"),
];

/// The steps of the procedure: device and the last line of its fixture that belongs to the step.
const STEPS: [&[(usize, usize)]; 8] = [
    &[(0, 20), (1, 20), (2, 20)],
    &[(0, 35), (1, 35), (2, 35)],
    &[(0, 46), (1, 46), (2, 46), (3, 15), (4, 7)],
    &[(3, 19), (0, 54), (1, 54)],
    &[(4, 12), (2, 54)],
    &[(0, 65), (1, 65), (2, 65)],
    &[(0, 70), (1, 70), (3, 25)],
    &[(0, 72), (1, 72)],
];

/// A lab that is typed into.
struct Typing {
    lab: Arc<Lab>,
    users: Vec<Session>,
    at: [usize; 5],
}

impl Typing {
    fn new() -> Self {
        let lab = lab(|_| String::new());
        let users = (0..DEVICES.len()).map(|device| session(&lab, device)).collect();
        Self { lab, users, at: [0; 5] }
    }

    /// Types a step, from 1.
    fn step(&mut self, number: usize) {
        for &(device, last) in STEPS[number - 1] {
            for line in TYPED[device].lines().take(last).skip(self.at[device]) {
                let (prompt, command) = line.split_once(' ').unwrap();
                assert_eq!(self.users[device].prompt(), prompt, "{command}");
                let reply = self.users[device].execute(command);
                assert!(!reply.refused, "{line}: {}", reply.text);
            }
            self.at[device] = last;
        }
    }

    /// Lets everything happen that follows from what was typed.
    fn settle(&self) {
        let settled = self.lab.timed().unwrap().settle(Duration::from_secs(3600));
        assert!(settled, "the network does not settle");
    }

    fn ask(&mut self, device: &str, command: &str) -> String {
        self.settle();
        let index = DEVICES.iter().position(|known| *known == device).unwrap();
        ask(&mut self.users[index], command)
    }
}

fn ask(user: &mut Session, command: &str) -> String {
    let reply = user.execute(command);
    assert!(!reply.refused, "{command}: {}", reply.text);
    reply.text
}

/// `PREFIX PROTO PRE COST FLAGS NEXTHOP INTERFACE`, the prefix repeated where it is left out.
fn routes(text: &str) -> BTreeSet<String> {
    let mut prefix = "";
    let rows = text
        .lines()
        .skip_while(|line| !line.starts_with("Destination/Mask"))
        .skip(1);
    rows.filter(|line| !line.trim().is_empty())
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let rest = match words.len() {
                7 => {
                    prefix = words[0];
                    &words[1..]
                }
                _ => &words[..],
            };
            format!("{prefix} {}", rest.join(" "))
        })
        .collect()
}

/// A table as the document prints it.
fn printed(rows: &[&str]) -> BTreeSet<String> {
    rows.iter().map(|row| (*row).to_owned()).collect()
}

const PE1_AFTER_OSPF: &[&str] = &[
    "2.2.2.2/32 Direct 0 0 D 127.0.0.1 LoopBack1",
    "3.3.3.3/32 OSPF 10 2 D 33.33.33.2 GigabitEthernet0/2/0",
    "4.4.4.4/32 OSPF 10 2 D 11.11.11.2 GigabitEthernet0/1/0",
    "11.11.11.0/24 Direct 0 0 D 11.11.11.1 GigabitEthernet0/1/0",
    "11.11.11.1/32 Direct 0 0 D 127.0.0.1 GigabitEthernet0/1/0",
    "11.11.11.255/32 Direct 0 0 D 127.0.0.1 GigabitEthernet0/1/0",
    "22.22.22.0/24 OSPF 10 2 D 11.11.11.2 GigabitEthernet0/1/0",
    "22.22.22.0/24 OSPF 10 2 D 33.33.33.2 GigabitEthernet0/2/0",
    "33.33.33.0/24 Direct 0 0 D 33.33.33.1 GigabitEthernet0/2/0",
    "33.33.33.1/32 Direct 0 0 D 127.0.0.1 GigabitEthernet0/2/0",
    "33.33.33.255/32 Direct 0 0 D 127.0.0.1 GigabitEthernet0/2/0",
    "127.0.0.0/8 Direct 0 0 D 127.0.0.1 InLoopBack0",
    "127.0.0.1/32 Direct 0 0 D 127.0.0.1 InLoopBack0",
    "127.255.255.255/32 Direct 0 0 D 127.0.0.1 InLoopBack0",
    "255.255.255.255/32 Direct 0 0 D 127.0.0.1 InLoopBack0",
];

/// Without 127.0.0.0/8, which the document prints here and in no other table of a VPN instance.
const PE1_VPNA: &[&str] = &[
    "1.1.1.1/32 Static 60 0 RD 10.1.1.1 GigabitEthernet0/3/0",
    "10.1.1.0/24 Direct 0 0 D 10.1.1.2 GigabitEthernet0/3/0",
    "10.1.1.2/32 Direct 0 0 D 127.0.0.1 GigabitEthernet0/3/0",
    "10.1.1.255/32 Direct 0 0 D 127.0.0.1 GigabitEthernet0/3/0",
    "10.2.1.0/24 IBGP 255 0 RD 3.3.3.3 GigabitEthernet0/2/0",
    "10.3.1.0/24 IBGP 255 0 RD 4.4.4.4 GigabitEthernet0/1/0",
    "255.255.255.255/32 Direct 0 0 D 127.0.0.1 InLoopBack0",
];

const PE3_VPNA: &[&str] = &[
    "1.1.1.1/32 IBGP 255 0 RD 3.3.3.3 GigabitEthernet0/2/0",
    "1.1.1.1/32 IBGP 255 0 RD 2.2.2.2 GigabitEthernet0/1/0",
    "10.1.1.0/24 IBGP 255 0 RD 2.2.2.2 GigabitEthernet0/1/0",
    "10.2.1.0/24 IBGP 255 0 RD 3.3.3.3 GigabitEthernet0/2/0",
    "10.3.1.0/24 Direct 0 0 D 10.3.1.1 GigabitEthernet0/3/0",
    "10.3.1.1/32 Direct 0 0 D 127.0.0.1 GigabitEthernet0/3/0",
    "10.3.1.255/32 Direct 0 0 D 127.0.0.1 GigabitEthernet0/3/0",
    "255.255.255.255/32 Direct 0 0 D 127.0.0.1 InLoopBack0",
];

/// IBGP where the document says EBGP: it comes from PE2, in the same AS.
const PE1_VPNA_AFTER_FAILURE: &[&str] = &[
    "1.1.1.1/32 IBGP 255 0 RD 3.3.3.3 GigabitEthernet0/2/0",
    "10.2.1.0/24 IBGP 255 0 RD 3.3.3.3 GigabitEthernet0/2/0",
    "10.3.1.0/24 IBGP 255 0 RD 4.4.4.4 GigabitEthernet0/1/0",
    "255.255.255.255/32 Direct 0 0 D 127.0.0.1 InLoopBack0",
];

const PE3_VPNA_AFTER_FAILURE: &[&str] = &[
    "1.1.1.1/32 IBGP 255 0 RD 3.3.3.3 GigabitEthernet0/2/0",
    "10.2.1.0/24 IBGP 255 0 RD 3.3.3.3 GigabitEthernet0/2/0",
    "10.3.1.0/24 Direct 0 0 D 10.3.1.1 GigabitEthernet0/3/0",
    "10.3.1.1/32 Direct 0 0 D 127.0.0.1 GigabitEthernet0/3/0",
    "10.3.1.255/32 Direct 0 0 D 127.0.0.1 GigabitEthernet0/3/0",
    "255.255.255.255/32 Direct 0 0 D 127.0.0.1 InLoopBack0",
];

const VPNA: &str = "display ip routing-table vpn-instance VPNA";

#[test]
fn every_step_leads_to_the_tables_that_the_document_prints() {
    let mut typing = Typing::new();
    typing.step(1);
    assert_eq!(
        routes(&typing.ask("PE1", "display ip routing-table")),
        printed(PE1_AFTER_OSPF)
    );
    typing.step(2);
    let sessions = typing.ask("PE1", "display mpls ldp session");
    for peer in ["3.3.3.3:0 ", "4.4.4.4:0 "] {
        let row = sessions.lines().find(|line| line.contains(peer)).unwrap();
        let words: Vec<&str> = row.split_whitespace().take(4).collect();
        assert_eq!(words[1..], ["Operational", "DU", "Passive"], "{sessions}");
    }
    assert!(sessions.contains("TOTAL: 2 Session(s) Found."));
    typing.step(3);
    let instances = typing.ask("PE1", "display ip vpn-instance verbose");
    for line in [
        "Total VPN-Instances configured : 1",
        "VPN-Instance Name and ID : VPNA, 1",
        "Interfaces : GigabitEthernet0/3/0",
        "Vrf Status : UP",
        "Route Distinguisher : 100:1",
        "Export VPN Targets :  111:1",
        "Import VPN Targets :  111:1",
        "Label policy : label per instance",
    ] {
        assert!(
            instances.lines().any(|known| known.trim() == line),
            "{line}\n{instances}"
        );
    }
    let ping = typing.ask("PE1", "ping -vpn-instance VPNA 10.1.1.1");
    assert!(
        ping.contains("ttl=255") && ping.contains("5 packet(s) received"),
        "{ping}"
    );
    typing.step(4);
    typing.step(5);
    // The MP-IBGP peers are not there yet.
    assert_eq!(routes(&typing.ask("PE1", VPNA)).len(), 5);
    typing.step(6);
    let peers = typing.ask("PE1", "display bgp vpnv4 all peer");
    assert!(
        peers.contains("Total number of peers : 2                 Peers in established state : 2"),
        "{peers}"
    );
    typing.step(7);
    for (device, count) in [("PE1", "1/0"), ("PE2", "1/0"), ("CE1", "2/0")] {
        let text = typing.ask(device, "display bfd session all verbose");
        assert!(
            text.contains(&format!("Total UP/DOWN Session Number : {count}")),
            "{text}"
        );
    }
    typing.step(8);
    assert_eq!(routes(&typing.ask("PE1", VPNA)), printed(PE1_VPNA));
    assert_eq!(routes(&typing.ask("PE3", VPNA)), printed(PE3_VPNA));
    let hops = typing.ask("CE1", "tracert 10.3.1.2");
    assert!(
        hops.lines()
            .nth(1)
            .is_some_and(|hop| hop.contains("10.1.1.2") && hop.contains("10.2.1.2")),
        "{hops}"
    );
    // The document shows no `commit`; without one nothing would happen.
    let ce1 = &mut typing.users[3];
    for line in ["interface gigabitethernet 0/1/0", "shutdown", "commit"] {
        assert!(!ce1.execute(line).refused);
    }
    let bfd = typing.ask("PE1", "display bfd session all verbose");
    assert!(
        bfd.contains("(One Hop) State : Down  ") && bfd.contains("Name : pe1_to_ce1\n"),
        "{bfd}"
    );
    assert_eq!(routes(&typing.ask("PE1", VPNA)), printed(PE1_VPNA_AFTER_FAILURE));
    assert_eq!(routes(&typing.ask("PE3", VPNA)), printed(PE3_VPNA_AFTER_FAILURE));
    let hops = typing.ask("CE1", "tracert 10.3.1.2");
    let addresses: Vec<&str> = hops
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(addresses, ["10.2.1.2", "10.3.1.1", "10.3.1.2"]);
}

#[test]
fn typed_equals_loaded() {
    let mut typing = Typing::new();
    for step in 1..=STEPS.len() {
        typing.step(step);
    }
    typing.settle();
    let loaded = lab(configuration_file);
    for (device, name) in DEVICES.iter().enumerate() {
        let mut user = session(&loaded, device);
        user.execute("system-view");
        assert_eq!(typing.lab.snapshot()[device], loaded.snapshot()[device], "{name}");
        for command in [
            "display current-configuration configuration bgp",
            "display current-configuration interface",
            "display ip routing-table verbose",
            "display ip routing-table all-vpn-instance verbose",
            "display fib",
            "display interface brief",
            "display ip interface brief",
            "display mpls lsp",
            "display mpls ldp lsp",
            "display mpls ldp peer",
            "display ospf peer",
            "display ospf interface",
            "display bgp peer",
            "display bgp vpnv4 all peer",
            "display bgp routing-table",
            "display bgp vpnv4 all routing-table",
            "display bgp vpnv4 all routing-table label",
            "display bfd session all verbose",
            "display ip vpn-instance verbose",
            "display tunnel-info all",
            "ping 4.4.4.4",
            "tracert 10.3.1.2",
            "tracert 1.1.1.1",
        ] {
            let (typed, loaded) = (typing.users[device].execute(command), user.execute(command));
            assert_eq!(ageless(&typed.text), ageless(&loaded.text), "{name} {command}");
            assert_eq!(typed.refused, loaded.refused, "{name} {command}");
        }
    }
}
