//! Interfaces of one file as links of their own.

use std::path::Path;

use crate::program::{capture, decide, other, run, suite};
use crate::writer::{BEGIN, MS, Packet, Port, ethernet, forward, named, pcap, pcapng, probe};

const BALANCED: &str = "flows are balanced per flow over eth0 and eth1";

/// 800 flows of 4 packets: a third of a hash decides between two interfaces; a third one hears something else.
fn packets() -> Vec<(u32, Packet)> {
    let mut packets = Vec::new();
    for number in 0..4_u64 {
        for flow in 0..800_u16 {
            let at = BEGIN + number as i64 * MS + i64::from(flow) * 1_000;
            let port = (u32::from(flow).wrapping_mul(2_654_435_761) >> 16) & 1;
            packets.push((port, (at, ethernet(&probe(forward(flow), 62, number, at)))));
        }
    }
    packets.push((2, (BEGIN + 5 * MS, ethernet(&probe(forward(900), 62, 0, BEGIN)))));
    packets
}

fn written(folder: &Path) {
    let ports = [
        named("eth0"),
        named("eth1"),
        Port {
            name: None,
            dropped: Some(7),
        },
    ];
    pcapng(&folder.join("x.pcapng"), &ports, &packets());
}

#[test]
fn interfaces_are_links_by_their_names_and_by_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder);
    decide(folder, BALANCED, &["x.pcapng#eth0", "x.pcapng#eth1"]).is(0, &["pass"]);
    decide(folder, BALANCED, &["--at", "p=x.pcapng#eth0,x.pcapng#eth1"]).is(0, &["pass"]);
    decide(folder, BALANCED, &["--at", "p=eth0:x.pcapng#0,eth1:x.pcapng#1"]).is(0, &["pass"]);
    decide(
        folder,
        "flows are balanced per flow over x#0 and x#1",
        &["x.pcapng#0", "x.pcapng#1"],
    )
    .is(0, &["pass"]);
    // The whole file is one link, and so is one interface: nothing to balance over.
    decide(folder, BALANCED, &["x.pcapng"]).is(3, &["not the links of one point"]);
    // The third link counts here, and what it dropped.
    decide(
        folder,
        "flows are balanced per flow over eth0, eth1 and x#2",
        &["x.pcapng#eth0", "x.pcapng#eth1", "x.pcapng#2"],
    )
    .is(3, &["7 packets lost while capturing"]);
}

#[test]
fn each_interface_counts_its_own_packets_and_drops() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder);
    let said = capture(
        folder,
        &["summary", "x.pcapng#eth0", "x.pcapng#eth1", "x.pcapng#2", "--json"],
    );
    let json: serde_json::Value = serde_json::from_str(&said.text).unwrap();
    let files = json["points"][0]["files"].as_array().unwrap();
    let counted: Vec<u64> = files.iter().map(|file| file["packets"].as_u64().unwrap()).collect();
    assert_eq!(counted.iter().sum::<u64>(), 3_201, "{said:?}");
    assert_eq!(counted[2], 1);
    assert_eq!(files[0]["interface"], "eth0");
    assert!(files[0]["dropped"].is_null() && files[2]["dropped"] == 7, "{said:?}");
    capture(folder, &["summary", "x.pcapng#eth0"]).is(0, &["x.pcapng#eth0"]);
}

#[test]
fn an_unknown_interface_is_told_with_those_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder);
    let names = ["has no interface `eth7`", "eth0, eth1, numbers 0 to 2"];
    capture(folder, &["summary", "x.pcapng#eth7"]).is(2, &names);
    capture(folder, &["balance", "--at", "p=x.pcapng#eth0,x.pcapng#3"]).is(2, &["has no interface `3`"]);
    pcap(&folder.join("y.pcap"), &[(BEGIN, vec![0; 60])]);
    capture(folder, &["summary", "y.pcap#0"]).is(0, &["y.pcap#0"]);
    capture(folder, &["summary", "y.pcap#eth0"]).is(2, &["one without a name, number 0"]);
    capture(folder, &["summary", "--at", "p=-#eth0"]).is(2, &["can be read once only"]);
    // A file of that name is that file.
    pcap(&folder.join("y.pcap#eth0"), &[(BEGIN, vec![0; 60])]);
    capture(folder, &["summary", "y.pcap#eth0"]).is(0, &["y.pcap#eth0"]);
}

#[test]
fn one_capture_is_never_two_links() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder);
    std::fs::create_dir(folder.join("sub")).unwrap();
    for links in [
        "p=a:x.pcapng,b:x.pcapng",
        "p=a:x.pcapng,b:./sub/../x.pcapng",
        "p=a:x.pcapng#eth0,b:x.pcapng",
        "p=a:x.pcapng#eth0,b:x.pcapng#eth0",
    ] {
        capture(folder, &["balance", "--at", links]).is(2, &["named for two links, a and b"]);
    }
    capture(folder, &["balance", "--at", "p=a:x.pcapng#eth0,b:x.pcapng#0"]).is(2, &["are one interface"]);
    capture(folder, &["balance", "--at", "p=x.pcapng", "--at", "q=x.pcapng"]).is(2, &["named for two links"]);
}

#[test]
fn suites_take_interfaces_apart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder);
    let links = "p:\n  eth0: {file: x.pcapng, interface: eth0}\n  eth1: {file: x.pcapng, interface: 1}";
    suite(folder, links, &[BALANCED]);
    run(folder, &["--out", "bundle"]).is(0, &["1 passed"]);
    std::fs::remove_file(folder.join("x.pcapng")).unwrap();
    other(folder, &["recheck", "bundle"]).is(0, &["0 with another verdict"]);
    written(folder);
    suite(folder, &links.replace("interface: 1", "interface: eht1"), &[BALANCED]);
    run(folder, &[]).is(
        2,
        &[
            "s.yaml:7:",
            "has no interface `eht1`",
            "eth0, eth1",
            "did you mean `eth1`?",
        ],
    );
}
