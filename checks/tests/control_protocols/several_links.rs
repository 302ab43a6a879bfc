//! One sender on several links that are captured at one point, on a trunk or by several interfaces: what is true of one
//! link is no change of another. And link states that come back after they were flushed.

use checks::capture::event::ControlPlane;

use crate::reading::feed;
use crate::wire::{Bytes, ethernet, ipv4, ipv6, isis, lsa, ospf, pcap, tagged, vrrp};

const SECOND: i64 = 1_000_000_000;

/// What the events of frames say that come a second apart.
fn told(frames: Vec<Bytes>) -> Vec<String> {
    let timed: Vec<(i64, Bytes)> = (0..).map(|second| second * SECOND).zip(frames).collect();
    told_at(&timed)
}

fn told_at(frames: &[(i64, Bytes)]) -> Vec<String> {
    told_of(&pcap(frames))
}

fn told_of(file: &[u8]) -> Vec<String> {
    let mut observer = ControlPlane::new();
    feed(&mut observer, 0, 0, file);
    let report = observer.finish();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    report.events.iter().map(|event| event.kind.to_string()).collect()
}

/// Each frame in turn, three times.
fn in_turns(frames: &[Bytes]) -> Vec<Bytes> {
    frames.iter().cycle().take(frames.len() * 3).cloned().collect()
}

fn mac(last: u8, frame: &Bytes) -> Bytes {
    let mut frame = frame.clone();
    frame.0[11] = last;
    frame
}

#[test]
fn virtual_routers_of_one_number_on_two_networks_are_two() {
    let said =
        |source: &str, address: &str, priority| ipv4(source, "224.0.0.18", 112, 255, 1, &vrrp(1, priority, &[address]));
    let one = said("10.0.10.1", "10.0.10.254", 120);
    let two = said("10.0.20.2", "10.0.20.254", 110);
    let mut frames = in_turns(&[one, two]);
    frames.push(said("10.0.20.2", "10.0.20.254", 0));
    frames.push(said("10.0.20.1", "10.0.20.254", 100));
    assert_eq!(
        told(frames),
        [
            "VRRP master of virtual router 1, priority 120",
            "VRRP master of virtual router 1, priority 110",
            "VRRP master of virtual router 1 leaves",
            "VRRP master of virtual router 1, priority 100, after 10.0.20.2",
        ]
    );
}

#[test]
fn virtual_routers_alike_in_two_vlans_are_two() {
    let said = |vlan: u16, source: &str| {
        let said = vrrp(1, 120, &["10.0.10.254"]);
        tagged(vlan, &ipv4(source, "224.0.0.18", 112, 255, 1, &said))
    };
    let frames = in_turns(&[said(10, "10.0.10.1"), said(20, "10.0.10.2")]);
    assert_eq!(
        told(frames),
        [
            "VRRP master of virtual router 1, priority 120",
            "VRRP master of virtual router 1, priority 120",
        ]
    );
}

/// An OSPFv3 Hello of 1.1.1.1, whose link-local address is the same on every link.
fn hello3(interface: u32, neighbor: &str) -> Bytes {
    let body = Bytes::new()
        .u32(interface)
        .u8(1)
        .u24(0x13)
        .u16(10)
        .u16(40)
        .all([0; 8])
        .address(neighbor);
    let packet = Bytes::new()
        .u8(3)
        .u8(1)
        .u16(16 + body.0.len() as u16)
        .address("1.1.1.1")
        .address("0.0.0.0")
        .all([0; 4])
        .all(&body);
    ipv6("fe80::1", "ff02::5", 89, 1, &packet)
}

#[test]
fn neighbors_of_ospfv3_are_those_of_an_interface() {
    let frames = in_turns(&[hello3(5, "2.2.2.2"), hello3(6, "3.3.3.3")]);
    assert_eq!(
        told(frames),
        [
            "OSPFv3 Hello of 1.1.1.1, every 10 s, dead after 40 s",
            "OSPFv3 hears neighbor 2.2.2.2",
            "OSPFv3 Hello of 1.1.1.1, every 10 s, dead after 40 s",
            "OSPFv3 hears neighbor 3.3.3.3",
        ]
    );
}

#[test]
fn neighbors_of_ospf_on_unnumbered_links_are_those_of_a_vlan() {
    let hello = |mask: u32, neighbor: &str| {
        let body = Bytes::new()
            .u32(mask)
            .u16(10)
            .u8(2)
            .u8(1)
            .u32(40)
            .all([0; 8])
            .address(neighbor);
        ipv4("1.1.1.1", "224.0.0.5", 89, 1, 1, &ospf(1, "1.1.1.1", &body))
    };
    for mask in [0, u32::MAX] {
        let frames = in_turns(&[tagged(10, &hello(mask, "2.2.2.2")), tagged(20, &hello(mask, "3.3.3.3"))]);
        assert_eq!(
            told(frames),
            [
                "OSPF Hello of 1.1.1.1, every 10 s, dead after 40 s",
                "OSPF hears neighbor 2.2.2.2",
                "OSPF Hello of 1.1.1.1, every 10 s, dead after 40 s",
                "OSPF hears neighbor 3.3.3.3",
            ]
        );
    }
}

const SYSTEM: [u8; 6] = [0, 0, 0, 0, 0, 0xa1];

/// A point-to-point Hello that says the adjacency is up; without the circuit's extended number where there is none.
fn point_to_point(circuit: u8, extended: u32, neighbor: u8) -> Bytes {
    let three_way = Bytes::new().u8(0).u32(extended).all([0, 0, 0, 0, 0, neighbor]).u32(9);
    isis(
        17,
        &Bytes::new().u8(2).all(SYSTEM).u16(30),
        &Bytes::new().u8(circuit),
        &Bytes::new().u8(240).counted8(&three_way),
    )
}

#[test]
fn adjacencies_of_isis_are_those_of_a_circuit() {
    for circuits in [[(1, 1), (2, 2)], [(0, 1), (0, 2)], [(1, 0), (2, 0)]] {
        let [one, two] = circuits;
        let frames = in_turns(&[point_to_point(one.0, one.1, 0xb1), point_to_point(two.0, two.1, 0xc1)]);
        assert_eq!(
            told(frames),
            [
                "IS-IS adjacency: first Hello",
                "IS-IS adjacency with 0000.0000.00b1: Up",
                "IS-IS adjacency: first Hello",
                "IS-IS adjacency with 0000.0000.00c1: Up",
            ],
            "{circuits:?}"
        );
    }
}

#[test]
fn neighbors_of_isis_are_those_of_a_lan() {
    let hello = |neighbor: u8| {
        isis(
            16,
            &Bytes::new().u8(2).all(SYSTEM).u16(30),
            &Bytes::new().u8(64).all(SYSTEM).u8(1),
            &Bytes::new().u8(6).u8(6).all([2, 0, 0, 0, 0, neighbor]),
        )
    };
    let by_vlan = [tagged(10, &hello(0xb1)), tagged(20, &hello(0xc1))];
    let by_interface = [mac(1, &hello(0xb1)), mac(3, &hello(0xc1))];
    for links in [by_vlan, by_interface] {
        assert_eq!(
            told(in_turns(&links)),
            [
                "IS-IS adjacency: first Hello",
                "IS-IS adjacency with 02:00:00:00:00:b1: heard",
                "IS-IS adjacency: first Hello",
                "IS-IS adjacency with 02:00:00:00:00:c1: heard",
            ]
        );
    }
}

#[test]
fn an_lsa_that_was_flushed_begins_anew_with_the_first_sequence_number() {
    let update = |sequence, age| {
        let body = Bytes::new().u32(1).all(lsa("1.1.1.1", sequence, age));
        ipv4("10.0.0.1", "224.0.0.5", 89, 1, 1, &ospf(4, "1.1.1.1", &body))
    };
    let frames = [
        (0, update(0x8000_0001, 1)),
        (SECOND, update(0x8000_0005, 1)),
        (2 * SECOND, update(0x8000_0005, 3600)),
        // Copies that were under way when it was flushed are no news.
        (3 * SECOND, update(0x8000_0005, 3)),
        (3 * SECOND, update(0x8000_0004, 30)),
        (4 * SECOND, update(0x8000_0001, 5)),
        (20 * SECOND, update(0x8000_0001, 1)),
        (21 * SECOND, update(0x8000_0001, 2)),
    ];
    assert_eq!(
        told_at(&frames),
        [
            "OSPF LSA new: type 0x1 1.1.1.1 of 1.1.1.1, sequence 0x80000001, age 1 s",
            "OSPF LSA updated: type 0x1 1.1.1.1 of 1.1.1.1, sequence 0x80000005, age 1 s",
            "OSPF LSA flushed: type 0x1 1.1.1.1 of 1.1.1.1, sequence 0x80000005, age 3600 s",
            "OSPF LSA new: type 0x1 1.1.1.1 of 1.1.1.1, sequence 0x80000001, age 1 s",
        ]
    );
}

/// A link state PDU of level 2.
fn lsp(sequence: u32, lifetime: u16) -> Bytes {
    isis(
        20,
        &Bytes::new(),
        &Bytes::new()
            .u16(lifetime)
            .all(SYSTEM)
            .u16(0)
            .u32(sequence)
            .u16(0x55)
            .u8(3),
        &Bytes::new().u8(137).u8(2).all(b"a1"),
    )
}

#[test]
fn an_lsp_that_was_purged_begins_anew_once_it_is_forgotten() {
    let frames = [
        (0, lsp(9, 1199)),
        (SECOND, lsp(9, 0)),
        (2 * SECOND, lsp(8, 1100)),
        (90 * SECOND, lsp(1, 1199)),
    ];
    assert_eq!(
        told_at(&frames),
        [
            "IS-IS level 2 LSP new: 0000.0000.00a1.00-00, sequence 0x00000009, lifetime 1199 s",
            "IS-IS level 2 LSP flushed: 0000.0000.00a1.00-00, sequence 0x00000009, lifetime 0 s",
            "IS-IS level 2 LSP new: 0000.0000.00a1.00-00, sequence 0x00000001, lifetime 1199 s",
        ]
    );
}

#[test]
fn isis_in_frames_too_long_for_802_3_is_read() {
    let frame = lsp(9, 1199);
    // The type that stands in place of a length, then what 802.2 has.
    let jumbo = ethernet(0x8870, &Bytes::new().all(&frame.0[14..]));
    assert_eq!(told(vec![jumbo]), told(vec![frame]));
}

#[test]
fn isis_is_read_whatever_carries_it() {
    const PPP: u8 = 9;
    const CISCO_HDLC: u8 = 104;
    const LINUX_COOKED: u8 = 113;
    let frame = lsp(9, 1199);
    // Behind addresses, length and the three octets of 802.2.
    let (llc, pdu) = (&frame.0[14..], &frame.0[17..]);
    let cooked = Bytes::new().u16(0).u16(1).u16(6).all([2, 0, 0, 0, 0, 1, 0, 0]).u16(4);
    let links = [
        (PPP, Bytes::new().all([0xff, 0x03, 0x00, 0x23]).all(pdu)),
        (CISCO_HDLC, Bytes::new().all([0x0f, 0, 0xfe, 0xfe]).all(pdu)),
        (CISCO_HDLC, Bytes::new().all([0x0f, 0, 0xfe, 0xfe, 3]).all(pdu)),
        (LINUX_COOKED, cooked.all(llc)),
    ];
    let expected = told(vec![frame.clone()]);
    for (link_type, frame) in links {
        let mut file = pcap(&[(0, frame)]);
        file[20] = link_type;
        assert_eq!(told_of(&file), expected, "link type {link_type}");
    }
    let gre = Bytes::new().u16(0).u16(0x00fe).all(pdu);
    assert_eq!(told(vec![ipv4("9.9.9.1", "9.9.9.2", 47, 64, 1, &gre)]), expected);
}

#[test]
fn what_comes_from_outside_is_the_same_in_every_area() {
    let update = |kind: u8, area: u8, sequence: u32, age: u16| {
        let mut lsa = lsa("1.1.1.1", sequence, age);
        lsa.0[3] = kind;
        let mut packet = ospf(4, "1.1.1.1", &Bytes::new().u32(1).all(lsa));
        packet.0[11] = area;
        ipv4("10.0.0.1", "224.0.0.5", 89, 1, 1, &packet)
    };
    let both = |kind| {
        told(vec![
            update(kind, 0, 0x8000_0001, 1),
            update(kind, 1, 0x8000_0001, 2),
            update(kind, 1, 0x8000_0001, 3600),
            update(kind, 0, 0x8000_0001, 3600),
        ])
        .len()
    };
    assert_eq!([1, 3, 5, 7, 11].map(both), [4, 4, 2, 4, 2]);
}
