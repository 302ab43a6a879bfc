//! A packet of any octets and any link type: a quick look says what the full one does.

use checks::capture::packet::probe::{Probe, Rtp};
use checks::capture::packet::{LabelRole, Roles, decode, glimpse};
use checks::capture::{LinkType, Record};

/// Panics where that does not hold.
pub fn run(octets: &[u8]) {
    let Some((&[link_type, more, role], captured)) = octets.split_first_chunk::<3>() else {
        return;
    };
    let link_types = [0, 1, 1, 1, 9, 12, 50, 101, 104, 108, 113, 204, 219, 228, 229, 276, 999];
    let record = Record {
        number: 1,
        offset: 0,
        interface: 0,
        link_type: LinkType(link_types[usize::from(link_type) % link_types.len()]),
        time: None,
        captured,
        original_length: captured.len() as u32 + u32::from(more),
        direction: None,
    };
    let roles = match role {
        0 => Roles::new(),
        1 => Roles::new().with_label(100, LabelRole::Ip),
        _ => Roles::new().with_label(
            100,
            LabelRole::Pseudowire {
                control_word: [None, Some(false), Some(true)][usize::from(role) % 3],
                flow_label: role & 4 != 0,
            },
        ),
    };
    let packet = decode(&record, &roles);
    let quick = glimpse(&record, &roles);
    assert_eq!(quick.map(|quick| quick.flow), packet.flow());
    assert!(quick.is_none_or(|quick| quick.payload == packet.payload));
    let _ = (
        packet.ip_checksum(),
        packet.transport_checksum(),
        packet.flow().map(|flow| flow.to_string()),
    );
    let _ = (Probe::read(packet.payload), Rtp::read(packet.payload));
}
