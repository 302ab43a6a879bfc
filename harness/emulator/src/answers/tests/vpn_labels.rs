//! Labels of VPN routes: one for the instance, a configured one, or one for each route.

use std::time::Duration;

use super::lab::Computed;
use super::lsp_ways::diamond;
use super::settling::assert_settled;
use crate::network::{End, Moment, Packet, Vrf};

const FAMILY: &str = "ip vpn-instance A / ipv4-family";

/// The VPN label of packets from PE1's instance as they leave it, and whether they arrive at PE2.
fn sent(lab: &Computed, destination: &str) -> Option<(u32, bool)> {
    lab.pass(Duration::from_secs(1));
    let simulation = lab.lab.timed().unwrap().now();
    let packet = Packet {
        source: "10.7.0.1".parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol: 17,
        ports: (1, 2),
        ttl: 9,
        number: 0,
    };
    let at = Moment::from_nanos(simulation.now().nanos() - 500_000_000);
    let walk = simulation.history().walk(0, &Vrf::Instance("A".into()), packet, at, 0);
    let label = walk.hops.first()?.packet.labels.last()?.label;
    Some((
        label,
        matches!(
            walk.end,
            End::Delivered {
                device: 1,
                vrf: Vrf::Instance(_),
                ..
            }
        ),
    ))
}

/// Labels that PE1 has of PE2's routes, by prefix.
fn told(lab: &Computed) -> Vec<(String, u32)> {
    let text = lab.ask("PE1", "display bgp vpnv4 route-distinguisher 100:2 routing-table label");
    let rows = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|words| words.len() > 2 && words.last().is_some_and(|word| word.starts_with("NULL/")))
        .map(|words| {
            let prefix = words.iter().find(|word| word.starts_with("10.")).unwrap();
            let label = words.last().unwrap().strip_prefix("NULL/").unwrap();
            ((*prefix).to_owned(), label.parse().unwrap())
        })
        .collect()
}

#[test]
fn an_instance_has_one_label_and_may_have_a_configured_one() {
    let lab = diamond();
    assert_eq!(sent(&lab, "10.7.0.2"), Some((48_060, true)));
    lab.commit("PE2", &[&format!("{FAMILY} / apply-label per-instance static 1000")]);
    assert_eq!(sent(&lab, "10.7.0.2"), Some((1000, true)));
    assert_settled(&lab, "static");
    lab.commit("PE2", &[&format!("{FAMILY} / apply-label per-instance")]);
    assert_eq!(sent(&lab, "10.7.0.2"), Some((48_060, true)));
}

#[test]
fn routes_may_have_a_label_each() {
    let lab = diamond();
    lab.commit(
        "PE2",
        &[
            "interface LoopBack8 / ip binding vpn-instance A",
            "interface LoopBack8 / ip address 10.7.8.2 32",
        ],
    );
    let before = told(&lab);
    assert!(
        before.len() >= 3 && before.iter().all(|(_, label)| *label == 48_060),
        "{before:?}"
    );
    lab.commit("PE2", &[&format!("{FAMILY} / apply-label per-route")]);
    let labels = told(&lab);
    let mut numbers: Vec<u32> = labels.iter().map(|(_, label)| *label).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), before.len(), "{labels:?}");
    assert!(
        numbers.iter().all(|label| (32_768..48_060).contains(label)),
        "{labels:?}"
    );
    let (first, second) = (sent(&lab, "10.7.0.2").unwrap(), sent(&lab, "10.7.8.2").unwrap());
    assert!(first.1 && second.1 && first.0 != second.0, "{first:?} {second:?}");
    assert!(
        lab.ask("PE2", "display ip vpn-instance verbose")
            .contains("Label policy : label per route")
    );
    assert!(
        lab.ask("PE1", "ping -vpn-instance A 10.7.8.2")
            .contains(" 0.00% packet loss")
    );
    assert_settled(&lab, "per route");
    // A route that comes changes no other's label.
    lab.commit(
        "PE2",
        &[
            "interface LoopBack9 / ip binding vpn-instance A",
            "interface LoopBack9 / ip address 10.7.9.2 32",
        ],
    );
    assert_eq!(sent(&lab, "10.7.0.2").unwrap().0, first.0);
    assert!(sent(&lab, "10.7.9.2").unwrap().1);
    assert_settled(&lab, "one more");
    lab.commit(
        "PE2",
        &[
            "undo interface LoopBack9",
            "undo interface LoopBack8",
            &format!("{FAMILY} / apply-label per-instance"),
        ],
    );
    assert_eq!(sent(&lab, "10.7.0.2"), Some((48_060, true)));
    assert_settled(&lab, "per instance");
}
