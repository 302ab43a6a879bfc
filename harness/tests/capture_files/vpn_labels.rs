//! Labels through the failover of an egress node: the mistakes that keep traffic from arriving, or bring it elsewhere.

use std::path::Path;

use crate::program::decide;
use crate::writer::{BEGIN, Entry, MS, Packet, ethernet, forward, labelled, pcap, probe, stack};

const STAYS: &str = "VPN label stays 1025 through the failover";
const SHORT: &str = "traffic 10.3.1.2 -> 1.1.1.1 is interrupted for less than 50 ms";

/// What the core sends on towards the egress nodes, and what arrives at two customers.
struct Sent {
    core: Option<Vec<Entry>>,
    ce1: bool,
    stranger: bool,
}

fn written(folder: &Path, each: impl Fn(u64) -> Sent) {
    let (mut core, mut ce1, mut stranger): (Vec<Packet>, Vec<Packet>, Vec<Packet>) = Default::default();
    for number in 0..1_000 {
        for flow in 0..4_u16 {
            let at = BEGIN + number as i64 * MS + i64::from(flow) * 1_000;
            let sent = each(number);
            if let Some(labels) = sent.core {
                core.push((at, labelled(&labels, &probe(forward(flow), 62, number, at))));
            }
            let arrived = ethernet(&probe(forward(flow), 60, number, at));
            if sent.ce1 {
                ce1.push((at + MS, arrived.clone()));
            }
            if sent.stranger {
                stranger.push((at + MS, arrived));
            }
        }
    }
    // What else the other customer's port hears, so that it is no empty capture.
    stranger.insert(0, (BEGIN, ethernet(&probe(forward(9).reversed(), 60, 0, BEGIN))));
    for (name, packets) in [("core.pcap", &core), ("ce1.pcap", &ce1), ("stranger.pcap", &stranger)] {
        pcap(&folder.join(name), packets);
    }
}

fn at_core(folder: &Path, code: i32, text: &str) {
    decide(folder, STAYS, &["--at", "core=core.pcap", "--stopped"]).is(code, &[text]);
}

fn old() -> Vec<Entry> {
    stack(&[(3000, 253), (2000, 253), (1025, 253)])
}

#[test]
fn the_label_stays_and_traffic_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder, |number| Sent {
        core: Some(if number < 500 {
            old()
        } else {
            stack(&[(3001, 253), (2001, 253), (1025, 253)])
        }),
        ce1: !(500..530).contains(&number),
        stranger: false,
    });
    at_core(folder, 0, "3001/2001 instead of 3000/2000 above it");
    decide(folder, SHORT, &["--at", "ce1=ce1.pcap", "--under", "ce1", "--stopped"]).is(0, &["pass"]);
}

/// Mistake 36: the egress nodes have different static labels; the backup drops until BGP converges and another label comes.
#[test]
fn different_static_labels_show_as_another_label_and_a_long_loss() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder, |number| Sent {
        core: Some(match number {
            0..500 => old(),
            500..800 => stack(&[(3001, 253), (2001, 253), (1025, 253)]),
            _ => stack(&[(3001, 253), (2001, 253), (1030, 253)]),
        }),
        ce1: !(500..800).contains(&number),
        stranger: false,
    });
    at_core(folder, 1, "label stack 3001/2001/1030 in 200 packets");
    decide(folder, SHORT, &["--at", "ce1=ce1.pcap", "--under", "ce1", "--stopped"]).is(1, &["300"]);
}

/// Mistake 43: the label above was taken away too early: the backup looks up another label.
#[test]
fn a_label_popped_too_early_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder, |number| Sent {
        core: Some(if number < 500 { old() } else { stack(&[(1025, 253)]) }),
        ce1: number < 500,
        stranger: false,
    });
    at_core(folder, 0, "no label instead of 3000/2000 above it");
    // The VPN label taken away as well.
    written(folder, |number| Sent {
        core: Some(if number < 500 { old() } else { stack(&[(3001, 253)]) }),
        ce1: number < 500,
        stranger: false,
    });
    at_core(folder, 1, "label stack 3001 in 500 packets");
}
