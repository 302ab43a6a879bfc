//! Packets of every build taken apart: what they hold, and that a quick look says what a full one does.

use checks::capture::packet::probe::Probe;
use checks::capture::packet::{
    Checksum, Decided, EtherType, FlowKey, LabelRole, Layer, MacAddress, Packet, Roles, Undecoded, Upper, decode,
    glimpse,
};
use checks::capture::{Direction, LinkType, Record};
use proptest::prelude::*;

use super::frames::*;

fn record(link_type: u16, captured: &[u8], original_length: usize) -> Record<'_> {
    Record {
        number: 1,
        offset: 24,
        interface: 0,
        link_type: LinkType(link_type),
        time: None,
        captured,
        original_length: original_length as u32,
        direction: None,
    }
}

fn taken_apart<'a>(link_type: u16, captured: &'a [u8], roles: &Roles) -> Packet<'a> {
    decode(&record(link_type, captured, captured.len()), roles)
}

fn frame(name: &str) -> (u16, Vec<u8>) {
    let (_, link_type, octets) = all().into_iter().find(|(each, ..)| *each == name).unwrap();
    (link_type, octets)
}

fn flow_of(link_type: u16, captured: &[u8]) -> String {
    let packet = taken_apart(link_type, captured, &Roles::new());
    packet
        .flow()
        .map_or("none".to_owned(), |flow: FlowKey| flow.to_string())
}

#[test]
fn flows_and_payloads_of_every_build() {
    let v4 = "10.3.1.2:40000 -> 1.1.1.1:7000 udp";
    let v6 = "[2001:db8::1]:40000 -> [2001:db8::2]:7000 udp";
    for (name, link_type, octets) in all() {
        let packet = taken_apart(link_type, &octets, &Roles::new());
        assert_eq!(packet.undecoded, None, "{name}");
        let expected = match name {
            "Ethernet, IPv4, TCP" => "10.3.1.2:179 -> 1.1.1.1:50000 tcp",
            "padded" => "192.0.2.1:1 -> 198.51.100.2:2 udp",
            "options" | "first fragment" => "192.0.2.1:40000 -> 198.51.100.2:7000 udp",
            "later fragment" => "192.0.2.1 -> 198.51.100.2 udp",
            "IPv6 later fragment" => "2001:db8::1 -> 2001:db8::2 udp",
            "ICMP" => "192.0.2.1 -> 198.51.100.2 icmp",
            "OSPF" => "192.0.2.1 -> 198.51.100.2 ospf",
            "ARP" => "02:00:00:00:00:11 -> ff:ff:ff:ff:ff:ff 0x0806",
            "spanning tree" => "02:00:00:00:00:11 -> 01:80:c2:00:00:00 0x0000",
            _ if name.contains("IPv6") || ["QinQ", "PPP, short", "cooked v2", "cooked v1, tagged"].contains(&name) => {
                v6
            }
            _ => v4,
        };
        assert_eq!(flow_of(link_type, &octets), expected, "{name}");
        if expected == v4 || expected == v6 || name == "options" {
            if !name.contains("fragment") {
                assert_eq!(
                    Probe::read(packet.payload).map(|probe| probe.sequence),
                    Some(42),
                    "{name}"
                );
                assert_eq!(packet.payload.len(), 24, "{name}");
                assert_eq!(packet.payload_length, 24, "{name}");
            }
            assert_ne!(packet.ip_checksum(), Checksum::Wrong, "{name}");
            assert_ne!(packet.transport_checksum(), Checksum::Wrong, "{name}");
        }
    }
}

#[test]
fn tags_and_labels_are_listed_outermost_first() {
    let (link_type, octets) = frame("QinQ");
    let packet = taken_apart(link_type, &octets, &Roles::new());
    let tags: Vec<_> = packet
        .vlans()
        .map(|tag| (tag.tag_type.0, tag.vlan, tag.priority, tag.drop_eligible))
        .collect();
    assert_eq!(tags, [(0x88a8, 100, 0, false), (0x8100, 200, 7, true)]);
    assert_eq!(packet.ether_type, Some(EtherType::IPV6));
    let (link_type, octets) = frame("two labels");
    let packet = taken_apart(link_type, &octets, &Roles::new());
    let stack: Vec<_> = packet
        .labels()
        .map(|l| (l.label, l.traffic_class, l.ttl, l.bottom))
        .collect();
    assert_eq!(stack, [(1_048_575, 7, 254, false), (16, 0, 62, true)]);
    assert!(matches!(packet.below_labels, Some(Decided::ByGuess { .. })));
    let (link_type, octets) = frame("explicit null");
    let packet = taken_apart(link_type, &octets, &Roles::new());
    assert_eq!(packet.below_labels, Some(Decided::ByReservedLabel { label: 0 }));
}

#[test]
fn cooked_headers_tell_direction_and_interface() {
    let (link_type, octets) = frame("cooked v2, MPLS");
    let packet = taken_apart(link_type, &octets, &Roles::new());
    let cooked = packet.cooked().unwrap();
    assert_eq!(
        (cooked.direction, cooked.interface_index),
        (Some(Direction::Outbound), Some(9))
    );
    assert_eq!(cooked.source, Some(MacAddress(SOURCE_MAC)));
    let (link_type, octets) = frame("cooked v1, tagged");
    let packet = taken_apart(link_type, &octets, &Roles::new());
    assert_eq!(packet.direction(), Some(Direction::Inbound));
    assert_eq!(packet.vlans().map(|tag| tag.vlan).collect::<Vec<_>>(), [7]);
}

#[test]
fn stacks_deeper_than_are_listed_are_walked_to_their_end() {
    let tags = vec![(0x8100, 9); 40];
    let octets = tagged(&tags, 0x0800, &udp4(&probe(1, 2)));
    let packet = taken_apart(1, &octets, &Roles::new());
    assert_eq!((packet.undecoded, packet.vlans().count()), (None, 15));
    assert_eq!(packet.unlisted, 27);
    assert_eq!(packet.flow().unwrap().to_string(), "10.3.1.2:40000 -> 1.1.1.1:7000 udp");
    let octets = tagged(&vec![(0x8100, 9); 400], 0x0800, &udp4(&[]));
    assert_eq!(
        taken_apart(1, &octets, &Roles::new()).undecoded,
        Some(Undecoded::TooDeep)
    );
}

/// Pseudowires: the first octet of the destination decides what a naive reader takes the frame for.
#[test]
fn pseudowires_with_and_without_control_word_whatever_the_address() {
    let inner = udp4(&probe(1, 2));
    for first in [0x00u8, 0x02, 0x10, 0x12, 0x40, 0x44, 0x45, 0x60, 0x6c, 0xc0, 0xff] {
        let framed = ethernet([first, 0x50, 0x11, 0x22, 0x33, 0x44], 0x0800, &inner);
        let with_word = [&[0, 0, 0, 5][..], &framed].concat();
        for (carried, control_word) in [(&framed, false), (&with_word, true)] {
            let octets = ethernet(
                DESTINATION_MAC,
                0x8847,
                &labels(&[(100, 0, 64), (2_000, 0, 64)], carried),
            );
            // Guessed.
            let packet = taken_apart(1, &octets, &Roles::new());
            assert_eq!(
                packet.undecoded, None,
                "first octet {first:#04x}, control word {control_word}"
            );
            assert!(matches!(packet.below_labels, Some(Decided::ByGuess { .. })));
            assert_eq!(
                packet.control_word().is_some(),
                control_word,
                "first octet {first:#04x}"
            );
            assert_eq!(packet.ethernet.unwrap().destination.0[0], first);
            assert_eq!(packet.flow().unwrap().to_string(), "10.3.1.2:40000 -> 1.1.1.1:7000 udp");
            // By role, with a flow label below.
            let role = LabelRole::Pseudowire {
                control_word: Some(control_word),
                flow_label: true,
            };
            let roles = Roles::new().with_label(2_000, role);
            let stack = [(100, 0, 64), (2_000, 0, 64), (77_123, 0, 1)];
            let octets = ethernet(DESTINATION_MAC, 0x8847, &labels(&stack, carried));
            let packet = taken_apart(1, &octets, &roles);
            assert_eq!(packet.below_labels, Some(Decided::ByRole { label: 2_000 }));
            assert_eq!(
                packet.control_word().map(|word| word.sequence),
                control_word.then_some(5)
            );
            assert_eq!(packet.flow().unwrap().to_string(), "10.3.1.2:40000 -> 1.1.1.1:7000 udp");
        }
    }
}

#[test]
fn what_cannot_be_told_below_a_stack_is_not_guessed() {
    for below in [&[0xc5; 60][..], &[0; 60], &[0x45; 60], &[0x60; 60], &[]] {
        let octets = ethernet(DESTINATION_MAC, 0x8847, &labels(&[(100, 0, 64)], below));
        let packet = taken_apart(1, &octets, &Roles::new());
        assert_eq!(packet.undecoded, Some(Undecoded::BelowLabels), "{below:02x?}");
        assert_eq!(packet.upper, Upper::Unknown);
        assert_eq!(packet.payload, below);
    }
    // A role that the octets contradict.
    let role = LabelRole::Pseudowire {
        control_word: Some(true),
        flow_label: false,
    };
    let roles = Roles::new().with_label(100, role);
    let octets = ethernet(DESTINATION_MAC, 0x8847, &labels(&[(100, 0, 64)], &udp4(b"")));
    assert_eq!(taken_apart(1, &octets, &roles).undecoded, Some(Undecoded::BelowLabels));
    let roles = Roles::new().with_label(100, LabelRole::Ip);
    let octets = ethernet(DESTINATION_MAC, 0x8847, &labels(&[(100, 0, 64)], &[0x20; 40]));
    assert_eq!(taken_apart(1, &octets, &roles).undecoded, Some(Undecoded::BelowLabels));
}

#[test]
fn associated_channels_by_label_and_by_first_nibble() {
    let bfd = [0x20, 0xc0, 3, 24];
    let generic = labels(&[(500, 0, 64), (13, 0, 1)], &[&[0x10, 0, 0, 0x22][..], &bfd].concat());
    let octets = ethernet(DESTINATION_MAC, 0x8847, &generic);
    let packet = taken_apart(1, &octets, &Roles::new());
    assert_eq!(packet.below_labels, Some(Decided::ByReservedLabel { label: 13 }));
    assert_eq!(
        (packet.upper, packet.payload),
        (Upper::AssociatedChannel(0x22), &bfd[..])
    );
    let over_ip = [&[0x10, 0, 0, 0x21][..], &ipv4(17, 0, &[], &udp(49_152, 3_784, &bfd))].concat();
    let role = LabelRole::Pseudowire {
        control_word: Some(true),
        flow_label: false,
    };
    for roles in [Roles::new(), Roles::new().with_label(600, role)] {
        let octets = ethernet(DESTINATION_MAC, 0x8847, &labels(&[(600, 0, 64)], &over_ip));
        let packet = taken_apart(1, &octets, &roles);
        assert_eq!(
            packet.associated_channel().map(|channel| channel.channel_type),
            Some(0x21)
        );
        assert_eq!(
            (packet.udp().unwrap().destination_port, packet.payload),
            (3_784, &bfd[..])
        );
    }
}

#[test]
fn lengths_of_headers_bound_the_payload() {
    let (link_type, octets) = frame("padded");
    let packet = taken_apart(link_type, &octets, &Roles::new());
    assert_eq!((packet.payload, packet.payload_length), (&b"x"[..], 1));
    // Cut when captured: what was captured, and how much there was.
    let (_, octets) = frame("Ethernet, IPv4, UDP");
    let cut = decode(&record(1, &octets[..50], octets.len()), &Roles::new());
    assert_eq!(
        (cut.payload.len(), cut.payload_length, cut.payload_is_cut()),
        (8, 24, true)
    );
    assert_eq!(cut.transport_checksum(), Checksum::Unverifiable);
    // A length beyond the packet.
    let mut long = octets.clone();
    long[17] += 1;
    let packet = taken_apart(1, &long, &Roles::new());
    assert_eq!(packet.undecoded, Some(Undecoded::Malformed("the IPv4 length")));
    let mut long = octets.clone();
    long[39] += 1;
    assert_eq!(
        taken_apart(1, &long, &Roles::new()).undecoded,
        Some(Undecoded::Malformed("the UDP length"))
    );
    let mut wrong = octets.clone();
    wrong[45] ^= 1;
    assert_eq!(
        taken_apart(1, &wrong, &Roles::new()).transport_checksum(),
        Checksum::Wrong
    );
    wrong[22] ^= 1;
    assert_eq!(taken_apart(1, &wrong, &Roles::new()).ip_checksum(), Checksum::Wrong);
}

#[test]
fn tunnels_are_listed_between_outer_and_inner_headers() {
    let (link_type, octets) = frame("VXLAN");
    let packet = taken_apart(link_type, &octets, &Roles::new());
    let names: Vec<_> = packet
        .layers()
        .map(|layer| match layer {
            Layer::Ethernet(_) => "Ethernet",
            Layer::Ipv4(_) => "IPv4",
            Layer::Udp(_) => "UDP",
            Layer::Vxlan(vxlan) if vxlan.vni == 77 => "VXLAN 77",
            _ => "?",
        })
        .collect();
    assert_eq!(
        names,
        ["Ethernet", "IPv4", "UDP", "VXLAN 77", "Ethernet", "IPv4", "UDP"]
    );
    assert_eq!(
        packet.outer_ethernet().unwrap().destination,
        MacAddress(DESTINATION_MAC)
    );
    assert_eq!(packet.ethernet.unwrap().destination.to_string(), "02:00:00:00:00:33");
}

/// A quick look says what the full one does, of whatever is left of a packet.
fn both_looks_agree(link_type: u16, captured: &[u8], original_length: usize) -> Result<(), TestCaseError> {
    let record = record(link_type, captured, original_length);
    let roles = Roles::new();
    let packet = decode(&record, &roles);
    let quick = glimpse(&record, &roles);
    prop_assert_eq!(quick.map(|quick| quick.flow), packet.flow());
    if let Some(quick) = quick {
        prop_assert_eq!(quick.payload, packet.payload);
        prop_assert_eq!(
            quick.is_fragment,
            packet.ip.is_some_and(|header| header.fragment.is_some())
        );
    }
    // Whatever there is can be asked for.
    let _ = (
        packet.ip_checksum(),
        packet.transport_checksum(),
        packet.layers().count(),
        packet.payload_is_cut(),
    );
    prop_assert!(packet.payload.len() <= captured.len());
    Ok(())
}

#[test]
fn both_looks_agree_on_every_prefix_of_every_build() {
    for (name, link_type, octets) in all() {
        for end in 0..=octets.len() {
            for original in [end, octets.len(), octets.len() + 4] {
                both_looks_agree(link_type, &octets[..end], original)
                    .unwrap_or_else(|error| panic!("{name} {end}: {error}"));
            }
        }
    }
}

proptest! {
    #[test]
    fn both_looks_agree_on_damaged_packets(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in any::<prop::sample::Index>(),
    ) {
        let builds = all();
        let (_, link_type, mut octets) = builds[which.index(builds.len())].clone();
        for (at, value) in changes {
            let at = at.index(octets.len().min(60));
            octets[at] = value;
        }
        let length = octets.len();
        both_looks_agree(link_type, &octets, length)?;
        both_looks_agree(link_type, &octets[..end.index(length + 1)], length)?;
    }

    #[test]
    fn random_octets_of_every_link_type_do_no_harm(
        octets in prop::collection::vec(any::<u8>(), 0..200),
        link_type in prop::sample::select(vec![0u16, 1, 9, 12, 50, 101, 104, 108, 113, 204, 219, 228, 229, 276, 999]),
        more in 0usize..100,
    ) {
        both_looks_agree(link_type, &octets, octets.len() + more)?;
    }
}

#[test]
fn an_authentication_header_hides_nothing_in_ipv4() {
    // Next header, length in words of four octets without two of them, index, sequence, check value.
    let mut carried = vec![17, 4, 0, 0];
    carried.extend([0; 20]);
    carried.extend(udp(40_000, 7_000, &probe(1, 5)));
    let packet = ethernet(DESTINATION_MAC, 0x0800, &ipv4(51, 0, &[], &carried));
    let taken = taken_apart(1, &packet, &Roles::new());
    assert_eq!(
        taken.flow().unwrap().to_string(),
        "192.0.2.1:40000 -> 198.51.100.2:7000 udp"
    );
    assert_eq!(Probe::read(taken.payload).unwrap().sequence, 5);
    assert_eq!(taken.transport_checksum(), Checksum::Absent);
    for end in 34..packet.len() - 1 {
        let cut = &packet[..end];
        let taken = decode(&record(1, cut, packet.len()), &Roles::new());
        assert!(taken.flow().is_some(), "{end}");
    }
    // A length beyond the packet is no header.
    let mut wrong = packet.clone();
    wrong[35] = 255;
    let taken = taken_apart(1, &wrong, &Roles::new());
    assert_eq!(taken.undecoded, Some(Undecoded::Malformed("the authentication header")));
    // What a later part of a datagram begins with is no header.
    let later = ethernet(DESTINATION_MAC, 0x0800, &ipv4(51, 0x0010, &[], &carried));
    assert_eq!(
        taken_apart(1, &later, &Roles::new()).flow().unwrap().to_string(),
        "192.0.2.1 -> 198.51.100.2 protocol 51"
    );
}
