//! Random provider's networks with VPNs: whatever happens, what a network settles in by following the changes is what is
//! computed from nothing.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;

use super::lab::Computed;
use super::settling::assert_settled;
use crate::fault::{Direction, Fault};
use crate::generate::{AS_NUMBER, GeneratedNetwork, NetworkPlan, Role, generate};
use crate::lab::Lab;
use crate::spec::{Clock, Endpoint, LabSpec};

/// Lines typed on a device, and those that undo them.
struct Change {
    device: String,
    lines: Vec<String>,
    undo: Vec<String>,
}

impl Change {
    fn new(device: &str, lines: &[String], undo: &[String]) -> Self {
        Self {
            device: device.to_owned(),
            lines: lines.to_vec(),
            undo: undo.to_vec(),
        }
    }
}

/// Changes that do not touch each other.
fn changes(network: &GeneratedNetwork) -> Vec<Change> {
    let mut changes = Vec::new();
    let is_customer = |end: &Endpoint| end.device.starts_with("CE");
    for link in &network.links {
        let name = &link.a.interface;
        changes.push(Change::new(
            &link.a.device,
            &[format!("interface {name} / shutdown")],
            &[format!("interface {name} / undo shutdown")],
        ));
        if !is_customer(&link.a) && !is_customer(&link.b) {
            let name = &link.b.interface;
            changes.push(Change::new(
                &link.b.device,
                &[format!("interface {name} / ospf cost 3")],
                &[format!("interface {name} / undo ospf cost")],
            ));
        }
    }
    for (number, link) in network.links.iter().enumerate() {
        if is_customer(&link.a) || is_customer(&link.b) {
            continue;
        }
        let own = &link.a.interface;
        let line = [
            "mpls ldp transport-address interface",
            "mpls ldp timer keepalive-hold 30",
            "mpls ldp timer hello-hold 9",
            "mpls ldp",
        ][number % 4];
        let (line, undo) = match line {
            "mpls ldp" => (format!("undo {line}"), line.to_owned()),
            _ => {
                let words: Vec<&str> = line.split(' ').collect();
                (line.to_owned(), format!("undo {}", words[..words.len() - 1].join(" ")))
            }
        };
        changes.push(Change::new(
            &link.a.device,
            &[format!("interface {own} / {line}")],
            &[format!("interface {own} / {undo}")],
        ));
    }
    for (number, device) in network.devices.iter().enumerate() {
        if device.name.starts_with("CE") {
            continue;
        }
        let line = [
            "label advertise explicit-null",
            "label advertise non-null",
            "lsp-trigger none",
        ][number % 3];
        let word = line.rsplit_once(' ').map_or(line, |(word, _)| word);
        changes.push(Change::new(
            &device.name,
            &[format!("mpls / {line}")],
            &[format!("mpls / undo {word}")],
        ));
    }
    for (number, vpn) in network.vpns.iter().enumerate() {
        let (name, target) = (&vpn.name, &vpn.target);
        for (site, at) in vpn.sites.iter().enumerate() {
            let pe = &network.devices[at.pe].name;
            let loopback = format!("LoopBack{}", 100 + number);
            changes.push(Change::new(
                pe,
                &[
                    format!("interface {loopback} / ip binding vpn-instance {name}"),
                    format!("interface {loopback} / ip address 10.99.{number}.{site} 32"),
                ],
                &[format!("undo interface {loopback}")],
            ));
            let family = format!("ip vpn-instance {name} / ipv4-family");
            changes.push(Change::new(
                pe,
                &[format!("{family} / undo vpn-target {target} import-extcommunity")],
                &[format!("{family} / vpn-target {target} import-extcommunity")],
            ));
            changes.push(Change::new(
                pe,
                &[format!("{family} / apply-label per-route")],
                &[format!("{family} / apply-label per-instance")],
            ));
            if let Some(customer) = &at.customer {
                changes.extend(ospf_access(number, name, pe, &network.devices[customer.device].name));
                changes.push(Change::new(
                    pe,
                    &[format!("bfd {} / shutdown", customer.bfd_session)],
                    &[format!("bfd {} / undo shutdown", customer.bfd_session)],
                ));
            }
        }
    }
    let speakers = network.devices.iter().filter(|device| device.role == Role::Edge);
    let peers: Vec<_> = network
        .devices
        .iter()
        .filter(|device| device.role == Role::Reflector)
        .collect();
    for (speaker, peer) in speakers.zip(peers.iter().cycle()) {
        let line = format!("peer {} ignore", peer.loopback);
        changes.push(Change::new(
            &speaker.name,
            &[format!("bgp {AS_NUMBER} / {line}")],
            &[format!("bgp {AS_NUMBER} / undo {line}")],
        ));
    }
    changes
}

/// OSPF between a provider's router and a customer's, beside their static routes.
fn ospf_access(number: usize, vpn: &str, pe: &str, customer: &str) -> [Change; 2] {
    let process = 100 + number;
    let all = "area 0.0.0.0 / network 0.0.0.0 255.255.255.255";
    let family = format!("bgp {AS_NUMBER} / ipv4-family vpn-instance {vpn}");
    [
        Change::new(
            pe,
            &[
                format!("ospf {process} vpn-instance {vpn} / {all}"),
                format!("ospf {process} / import-route bgp"),
                format!("{family} / import-route ospf {process}"),
            ],
            &[
                format!("{family} / undo import-route ospf {process}"),
                format!("undo ospf {process}"),
            ],
        ),
        Change::new(customer, &[format!("ospf 1 / {all}")], &["undo ospf 1".into()]),
    ]
}

pub fn plan() -> impl Strategy<Value = NetworkPlan> {
    (
        6..10_usize,
        1..3_usize,
        2..4_usize,
        0..3_usize,
        any::<bool>(),
        any::<u64>(),
    )
        .prop_map(|(routers, vpns, sites, customers, reflectors, seed)| NetworkPlan {
            routers,
            vpns,
            sites: Some(if routers < 8 { 2 } else { sites }),
            customers: customers.min(2),
            reflectors,
            seed,
        })
}

pub fn lab(network: &GeneratedNetwork) -> Computed {
    let spec = LabSpec {
        clock: Clock::Stepped,
        ..network.lab("random")
    };
    Computed {
        lab: Lab::new(&spec).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn following_changes_ends_where_computing_from_nothing_does(
        plan in plan(),
        steps in prop::collection::vec((any::<Index>(), 0..6_usize, 0..8_u32, any::<bool>()), 1..7),
        shuffle in prop::option::of(any::<u64>()),
    ) {
        let network = generate(&plan).unwrap();
        let changes = changes(&network);
        let lab = lab(&network);
        assert_settled(&lab, "loaded");
        let state = || lab.lab.timed().unwrap().now().state(usize::MAX).unwrap();
        let before = state();
        if let Some(seed) = shuffle {
            lab.lab.timed().unwrap().now().shuffle(seed);
        }
        let mut done = vec![false; changes.len()];
        for (which, kind, pause, settles) in steps {
            let what = match kind {
                0..4 => {
                    let end = &network.links[which.index(network.links.len())].a;
                    let fault = [Fault::Cut, Fault::Mend, Fault::Loss(1.0), Fault::Cut][kind];
                    let direction = [Direction::Both, Direction::Sent][kind / 3];
                    lab.lab.fault(end, direction, fault).unwrap();
                    format!("{fault:?} {direction:?} at {end:?}")
                }
                _ => {
                    let number = which.index(changes.len());
                    let change = &changes[number];
                    let lines = if done[number] { &change.undo } else { &change.lines };
                    done[number] = !done[number];
                    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                    lab.commit_only(&change.device, &lines);
                    format!("{} {lines:?}", change.device)
                }
            };
            // From a millisecond to a minute.
            lab.pass(Duration::from_micros(900 << (2 * pause)));
            if settles {
                assert_settled(&lab, &what);
            }
        }
        assert_settled(&lab, "after the changes");
        for (change, _) in changes.iter().zip(&done).filter(|(_, done)| **done) {
            let lines: Vec<&str> = change.undo.iter().map(String::as_str).collect();
            lab.commit_only(&change.device, &lines);
        }
        for link in &network.links {
            lab.lab.fault(&link.a, Direction::Both, Fault::Mend).unwrap();
        }
        assert_settled(&lab, "after everything was undone");
        prop_assert!(state() == before, "something is left of it");
    }
}
