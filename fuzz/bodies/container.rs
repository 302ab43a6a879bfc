//! A capture file of any octets, in pieces whose size its first octet gives: the same whatever the pieces are, every
//! packet within the file, every packet taken apart.

use checks::capture::container::Reader;
use checks::capture::packet::{Roles, decode};

/// Panics where that does not hold.
pub fn run(octets: &[u8]) {
    let Some((&first, file)) = octets.split_first() else {
        return;
    };
    let roles = Roles::new();
    let read = |piece: usize| {
        let mut reader = Reader::new();
        let mut seen = Vec::new();
        for octets in file.chunks(piece) {
            reader.feed(octets, |record| {
                assert!(record.offset + record.captured.len() as u64 <= file.len() as u64);
                let packet = decode(record, &roles);
                assert!(packet.payload.len() <= record.captured.len());
                seen.push((record.offset, record.time, record.captured.len()));
            });
        }
        reader.finish();
        (seen, reader.integrity())
    };
    assert_eq!(read(usize::from(first) + 1), read(file.len().max(1)));
}
