//! From the bytes of a capture to a control plane report.

use checks::capture::container::Reader;
use checks::capture::event::{ControlPacket, ControlPlane, PointId, Sighting};
use checks::capture::packet::{Roles, decode};

/// Feeds one capture file, seen at `point`, to an observer.
pub fn feed(observer: &mut ControlPlane, point: u16, file: u16, bytes: &[u8]) {
    let roles = Roles::default();
    let mut reader = Reader::new();
    reader.feed(bytes, |record| {
        let Some(time) = record.time else {
            observer.without_time();
            return;
        };
        let seen = Sighting {
            time,
            point: PointId(point),
            file,
            packet: record.number,
        };
        observer.passes(seen);
        if let Some(packet) = ControlPacket::of(seen, &decode(record, &roles)) {
            observer.observe(&packet);
        }
    });
    reader.finish();
}
