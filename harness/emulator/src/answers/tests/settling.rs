//! What a network settles in after any changes is what its configurations and links make, computed without time.

use proptest::prelude::*;
use proptest::sample::Index;

use super::lab::{Computed, LINKS};
use crate::fault::{Direction, Fault};

/// Lines and their undoing.
const CHANGES: &[(&str, &str, &str)] = &[
    (
        "CE1",
        "interface gi0/1/0 / shutdown",
        "interface gi0/1/0 / undo shutdown",
    ),
    (
        "PE2",
        "interface gi0/3/0 / shutdown",
        "interface gi0/3/0 / undo shutdown",
    ),
    (
        "PE1",
        "interface gi0/2/0 / shutdown",
        "interface gi0/2/0 / undo shutdown",
    ),
    (
        "PE3",
        "interface gi0/1/0 / shutdown",
        "interface gi0/1/0 / undo shutdown",
    ),
    (
        "PE3",
        "ospf 1 / area 0.0.0.0 / undo network 4.4.4.4 0.0.0.0",
        "ospf 1 / area 0.0.0.0 / network 4.4.4.4 0.0.0.0",
    ),
    (
        "PE1",
        "interface gi0/1/0 / ospf cost 5",
        "interface gi0/1/0 / undo ospf cost",
    ),
    (
        "PE2",
        "interface gi0/2/0 / undo mpls ldp",
        "interface gi0/2/0 / mpls ldp",
    ),
    (
        "PE1",
        "interface lo7 / ip address 7.7.7.7 255.255.255.255",
        "undo interface lo7",
    ),
    (
        "CE2",
        "bgp 65410 / peer 10.3.1.1 ignore",
        "bgp 65410 / undo peer 10.3.1.1 ignore",
    ),
    (
        "PE3",
        "bgp 100 / peer 2.2.2.2 ignore",
        "bgp 100 / undo peer 2.2.2.2 ignore",
    ),
    ("CE1", "bfd ce1_to_pe2 / shutdown", "bfd ce1_to_pe2 / undo shutdown"),
    (
        "PE1",
        "bfd pe1_to_ce1 / min-tx-interval 100",
        "bfd pe1_to_ce1 / undo min-tx-interval",
    ),
    (
        "PE1",
        "bfd pe1_to_ce1 / min-rx-interval 300",
        "bfd pe1_to_ce1 / undo min-rx-interval",
    ),
    (
        "PE2",
        "bfd pe2_to_ce1 / detect-multiplier 5",
        "bfd pe2_to_ce1 / undo detect-multiplier",
    ),
    (
        "PE2",
        "ip vpn-instance VPNA / ipv4-family / undo vpn-target 111:1 export-extcommunity",
        "ip vpn-instance VPNA / ipv4-family / vpn-target 111:1 export-extcommunity",
    ),
    (
        "PE3",
        "bgp 100 / ipv4-family vpn-instance VPNA / undo maximum load-balancing",
        "bgp 100 / ipv4-family vpn-instance VPNA / maximum load-balancing 2",
    ),
];

fn fault(lab: &Computed, link: usize, kind: usize) {
    let (device, interface, ..) = LINKS[link % LINKS.len()];
    let (direction, fault) = [
        (Direction::Both, Fault::Cut),
        (Direction::Sent, Fault::Cut),
        (Direction::Received, Fault::Cut),
        (Direction::Both, Fault::Loss(1.0)),
        (Direction::Sent, Fault::Loss(1.0)),
    ][kind % 5];
    lab.fault_in(direction, device, interface, fault);
}

fn mend(lab: &Computed, link: usize) {
    let (device, interface, ..) = LINKS[link % LINKS.len()];
    lab.fault(device, interface, Fault::Mend);
}

pub fn assert_settled(lab: &Computed, what: &str) {
    assert!(lab.settles(), "{what}: it does not settle");
    let simulation = lab.lab.timed().unwrap().now();
    let (settled, computed) = (
        simulation.state(usize::MAX).unwrap(),
        simulation.settled_state().unwrap(),
    );
    for (device, name) in lab.lab.devices.iter().map(|device| &device.name).enumerate() {
        assert_eq!(
            settled.interfaces[device], computed.interfaces[device],
            "{what}: {name}"
        );
        assert_eq!(settled.bfd[device], computed.bfd[device], "{what}: {name}");
        assert_eq!(settled.ospf[device], computed.ospf[device], "{what}: {name}");
        assert_eq!(settled.ldp[device], computed.ldp[device], "{what}: {name}");
        assert_eq!(settled.lsps[device], computed.lsps[device], "{what}: {name}");
        assert_eq!(settled.bgp[device], computed.bgp[device], "{what}: {name}");
        assert_eq!(settled.ribs[device], computed.ribs[device], "{what}: {name}");
        assert_eq!(settled.fib_ribs[device], computed.ribs[device], "{what}: {name}");
        assert_eq!(settled.fib_lsps[device], computed.lsps[device], "{what}: {name}");
    }
}

#[test]
fn each_change_and_its_undoing_settle_in_what_is_computed() {
    for (device, line, undo) in CHANGES {
        let lab = Computed::start();
        let before = lab.everything();
        lab.commit(device, &[line]);
        assert_settled(&lab, line);
        lab.commit(device, &[undo]);
        assert_settled(&lab, undo);
        assert_eq!(lab.everything(), before, "{undo}");
    }
}

#[test]
fn each_fault_and_its_mending_settle_in_what_is_computed() {
    for link in 0..LINKS.len() {
        for kind in 0..5 {
            let lab = Computed::start();
            let before = lab.everything();
            fault(&lab, link, kind);
            assert_settled(&lab, &format!("fault {kind} of link {link}"));
            mend(&lab, link);
            assert_settled(&lab, &format!("fault {kind} of link {link} mended"));
            assert_eq!(lab.everything(), before, "fault {kind} of link {link}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    /// Changes fall into each other at any time, events of one instant happen in any order.
    #[test]
    fn any_changes_at_any_time_settle_in_what_is_computed(
        steps in prop::collection::vec((any::<Index>(), any::<bool>(), 0..30_u64, 0..5_usize), 1..9),
        shuffle: u64,
    ) {
        let lab = Computed::start();
        let before = lab.everything();
        lab.lab.timed().unwrap().now().shuffle(shuffle);
        let mut undone = vec![true; CHANGES.len()];
        for (index, is_fault, steps, kind) in steps {
            if is_fault {
                fault(&lab, index.index(LINKS.len()), kind);
            } else {
                let number = index.index(CHANGES.len());
                let (device, line, undo) = CHANGES[number];
                lab.commit_only(device, &[if undone[number] { line } else { undo }]);
                undone[number] = !undone[number];
            }
            // From a millisecond to a quarter of an hour.
            lab.pass(std::time::Duration::from_micros(900 << (steps * 2 / 3)));
        }
        assert_settled(&lab, "after the changes");
        for (number, (device, _, undo)) in CHANGES.iter().enumerate() {
            if !undone[number] {
                lab.commit_only(device, &[undo]);
            }
        }
        for link in 0..LINKS.len() {
            mend(&lab, link);
        }
        assert_settled(&lab, "after everything was undone");
        prop_assert_eq!(lab.everything(), before);
    }
}
