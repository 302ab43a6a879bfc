//! Packets of which so little was captured that nobody can say whether they were to be measured.

use super::SequenceSource;
use crate::capture::Record;
use crate::capture::packet::probe::Probe;
use crate::capture::packet::{Packet, Roles, Undecoded, Upper, decode, protocol};

/// An RTP header without contributing sources.
const RTP_HEADER: usize = 12;

/// Whether a record, which was not measured, was cut short before the place where its sequence number would be: in a
/// header, or in the payload. What was captured of it speaks against none.
pub(super) fn is_cut_before_its_number(record: &Record<'_>, roles: &Roles, sequence: SequenceSource) -> bool {
    if record.captured.len() >= record.original_length as usize {
        return false;
    }
    let packet = decode(record, roles);
    match (packet.upper, packet.undecoded) {
        (Upper::Udp(_), None) => is_in_payload(&packet, sequence),
        // Nothing is known of what would follow.
        (_, Some(Undecoded::CutShort(_))) => packet.ip.is_none_or(|header| header.protocol == protocol::UDP),
        _ => false,
    }
}

fn is_in_payload(packet: &Packet<'_>, sequence: SequenceSource) -> bool {
    let needed = match sequence {
        SequenceSource::Probe => Probe::LENGTH,
        SequenceSource::Rtp => RTP_HEADER,
        SequenceSource::Declared(place) => place.offset.saturating_add(usize::from(place.width)),
        SequenceSource::None => return false,
    };
    let captured = packet.payload;
    let may_be = match sequence {
        // With the mark of a probe whole, it is counted as one anyway.
        SequenceSource::Probe => captured.len() < Probe::MAGIC.len() && Probe::MAGIC.starts_with(captured),
        SequenceSource::Rtp => captured.first().is_none_or(|first| first >> 6 == 2),
        _ => true,
    };
    captured.len() < needed && packet.payload_length as usize >= needed && may_be
}
