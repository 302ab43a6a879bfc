//! The displays of one network agree with each other, whatever has happened to it: routing tables with their long form,
//! with forwarding tables and statistics, labels with LSPs, counts with rows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;

use super::lab::{Computed, rows};
use super::random_vpns::{lab, plan};
use crate::fault::{Direction, Fault};
use crate::generate::{GeneratedNetwork, generate};

/// The value behind a key of a display in two columns.
fn value<'t>(line: &'t str, key: &str) -> Option<&'t str> {
    line.split_once(key)?.1.trim_start().split(' ').next()
}

/// The blocks of a long routing table, each as the row of the short one, with its state.
fn blocks(text: &str) -> Vec<(String, bool)> {
    let blocks = text.split("Destination: ").skip(1);
    blocks
        .map(|block| {
            let prefix = block.split_whitespace().next().unwrap();
            let field = |key: &str| {
                let found = block.lines().find_map(|line| value(line, key));
                found.unwrap_or_else(|| panic!("{key}\n{block}"))
            };
            let flags = field("Flags:").trim();
            let row = format!(
                "{prefix} {} {} {} {flags} {} {}",
                field("Protocol:"),
                field("Preference:"),
                field("Cost:"),
                field("NextHop:"),
                field("Interface:").trim()
            );
            (row, field("State:") == "Active")
        })
        .collect()
}

/// The number behind a word of a line that has it.
fn count(text: &str, of: &str) -> usize {
    let line = text.lines().find(|line| line.contains(of));
    let line = line.unwrap_or_else(|| panic!("no {of} in\n{text}"));
    let number = line.split_once(of).unwrap().1.trim_start_matches([' ', ':']);
    number
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

/// Prefix, next hop and interface of every row of a forwarding table, and the tunnels.
fn fib(text: &str) -> (BTreeSet<[String; 3]>, BTreeSet<String>) {
    let mut tunnels = BTreeSet::new();
    let mut rows = BTreeSet::new();
    let mut above = "";
    for line in text
        .lines()
        .skip_while(|line| !line.contains("Destination/Mask"))
        .skip(1)
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (prefix, next_hop, interface, tunnel) = match words[..] {
            [prefix, next_hop, _, interface, tunnel] => (prefix, next_hop, interface, tunnel),
            [next_hop, _, interface, tunnel] => (above, next_hop, interface, tunnel),
            _ => continue,
        };
        above = prefix;
        rows.insert([prefix, next_hop, interface].map(str::to_owned));
        if tunnel != "-" {
            tunnels.insert(tunnel.to_owned());
        }
    }
    assert_eq!(count(text, "Total number of Routes"), rows.len(), "{text}");
    (rows, tunnels)
}

fn tables_agree(lab: &Computed, device: &str, instance: &str) {
    let ask = |command: &str| lab.ask(device, command.replace("{}", instance).replace("  ", " ").trim());
    let short = ask("display ip routing-table {}");
    let table = rows(&short);
    let long = ask("display ip routing-table {} verbose");
    let blocks = blocks(&long);
    let active: BTreeSet<String> = blocks
        .iter()
        .filter(|(_, active)| *active)
        .map(|(row, _)| row.clone())
        .collect();
    assert_eq!(active, table, "{device} {instance}");
    assert_eq!(count(&long, "Routes"), blocks.len());
    let installed: BTreeSet<[String; 3]> = table
        .iter()
        .map(|row| row.split(' ').collect::<Vec<_>>())
        .filter(|row| row[4].contains('D'))
        .map(|row| [row[0], row[5], row[6]].map(str::to_owned))
        .collect();
    let (forwarded, tunnels) = fib(&ask("display fib {}"));
    assert_eq!(forwarded, installed, "{device} {instance}");
    let known = lab.ask(device, "display tunnel-info all");
    for tunnel in tunnels {
        assert!(known.contains(&tunnel), "{device}: {tunnel}\n{known}");
    }
    let statistics = ask("display ip routing-table {} statistics");
    let mut by_protocol: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &table {
        let name = match row.split(' ').nth(1).unwrap() {
            "Direct" => "DIRECT",
            "Static" => "STATIC",
            "OSPF" | "O_ASE" => "OSPF",
            "IBGP" | "EBGP" => "BGP",
            other => panic!("{other}"),
        };
        *by_protocol.entry(name).or_default() += 1;
    }
    by_protocol.insert("Total", table.len());
    for line in statistics.lines() {
        if let [protocol, total, active, ..] = line.split_whitespace().collect::<Vec<_>>()[..]
            && let (Ok(total), Ok(active)) = (total.parse::<usize>(), active.parse::<usize>())
        {
            let expected = by_protocol.get(protocol).copied().unwrap_or_default();
            assert_eq!(active, expected, "{device} {protocol}\n{statistics}");
            if protocol == "Total" {
                assert_eq!(total, blocks.len(), "{device}\n{statistics}");
            }
        }
    }
}

/// What a device puts on a packet to an address and what the next device expects are one label.
fn labels_agree(lab: &Computed, network: &GeneratedNetwork) {
    let lsps = |device: &str| -> Vec<[String; 4]> {
        let text = lab.ask(device, "display mpls lsp");
        let rows = text.lines().filter_map(|line| {
            let [fec, labels, interfaces] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                return None;
            };
            let ((inward, outward), (_, out)) = (labels.split_once('/')?, interfaces.split_once('/')?);
            fec.contains("/32")
                .then(|| [fec, inward, outward, out].map(str::to_owned))
        });
        rows.collect()
    };
    let all: BTreeMap<&str, Vec<[String; 4]>> = network
        .devices
        .iter()
        .map(|device| (device.name.as_str(), lsps(&device.name)))
        .collect();
    for (device, rows) in &all {
        for [fec, _, outward, out] in rows.iter().filter(|row| row[2] != "NULL") {
            let out = out.replace("GE", "GigabitEthernet");
            let link = network.links.iter().find_map(|link| {
                let (a, b) = (&link.a, &link.b);
                if a.device == *device && a.interface == out {
                    Some(b)
                } else {
                    (b.device == *device && b.interface == out).then_some(a)
                }
            });
            let next = &link.unwrap().device;
            assert!(
                all[next.as_str()]
                    .iter()
                    .any(|[other, inward, ..]| other == fec && inward == outward),
                "{device} sends {outward} for {fec} to {next}"
            );
        }
    }
}

fn counts_agree(lab: &Computed, device: &str) {
    let operational = |text: &str| text.lines().filter(|line| line.contains(" Operational ")).count();
    let sessions = lab.ask(device, "display mpls ldp session");
    if sessions.contains("TOTAL") {
        assert_eq!(
            count(&sessions, "TOTAL:"),
            sessions.lines().filter(|line| line.contains(":0 ")).count()
        );
        let peers = lab.ask(device, "display mpls ldp peer");
        assert!(operational(&sessions) <= count(&peers, "TOTAL:"), "{sessions}{peers}");
        let long = lab.ask(device, "display mpls ldp session verbose");
        assert_eq!(
            operational(&sessions),
            long.matches("Session State           : Operational").count()
        );
    }
    if let Ok(peers) = lab.try_ask(device, "display bgp vpnv4 all peer") {
        let rows: Vec<&str> = peers
            .lines()
            .filter(|line| line.split_whitespace().nth(1) == Some("4"))
            .collect();
        let first = peers.lines().filter(|line| line.contains("Total number of peers"));
        let total: usize = first.map(|line| count(line, "Total number of peers")).sum();
        assert_eq!(total, rows.len(), "{peers}");
        let table = lab.ask(device, "display bgp vpnv4 all routing-table");
        let ours = table.split(" VPN-Instance ").next().unwrap();
        let routes = ours.lines().filter(|line| line.starts_with(" *")).count();
        assert_eq!(count(&table, "Total number of routes from all PE"), routes, "{table}");
        let labelled = lab.ask(device, "display bgp vpnv4 all routing-table label");
        let ours = labelled.split(" VPN-Instance ").next().unwrap();
        assert_eq!(
            count(&labelled, "Total number of routes from all PE"),
            ours.lines().filter(|line| line.starts_with(" *")).count(),
            "{labelled}"
        );
        for instance in table.split(" VPN-Instance ").skip(1) {
            let routes = instance.lines().filter(|line| line.starts_with(" *")).count();
            assert_eq!(count(instance, "Total Number of Routes"), routes, "{table}");
        }
    }
    let sessions = lab.ask(device, "display bfd session all");
    let states = ["Up", "Down"].map(|state| {
        let rows = sessions
            .lines()
            .filter(|line| line.split_whitespace().nth(3) == Some(state));
        rows.count()
    });
    assert!(
        sessions.contains(&format!("Total UP/DOWN Session Number : {}/{}", states[0], states[1])),
        "{sessions}"
    );
    let long = lab.ask(device, "display bfd session all verbose");
    assert_eq!(long.matches("Local Discriminator").count(), states[0] + states[1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5))]

    #[test]
    fn displays_agree(
        plan in plan(),
        faults in prop::collection::vec((any::<Index>(), 0..3_usize), 0..4),
    ) {
        let network = generate(&plan).unwrap();
        let lab = lab(&network);
        for (link, kind) in &faults {
            let end = &link.get(&network.links).a;
            let fault = [Fault::Cut, Fault::Loss(1.0), Fault::Mend][*kind];
            lab.lab.fault(end, Direction::Both, fault).unwrap();
            lab.pass(Duration::from_secs(7));
        }
        prop_assert!(lab.settles());
        for device in &network.devices {
            tables_agree(&lab, &device.name, "");
            counts_agree(&lab, &device.name);
        }
        for vpn in &network.vpns {
            for site in &vpn.sites {
                tables_agree(&lab, &network.devices[site.pe].name, &format!("vpn-instance {}", vpn.name));
            }
        }
        labels_agree(&lab, &network);
    }
}
