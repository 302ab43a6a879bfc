//! The numbers of packets in their files, looked up for the few that a verdict names.

use std::path::Path;

use checks::capture::Timestamp;

use super::LinkFiles;
use crate::capture::CaptureFile;

/// Which packets of a link were captured at these instants (nanoseconds): the number in its file, as Wireshark counts, where
/// one packet alone has that time and the file can be read again.
pub(super) fn packet_numbers(link: &LinkFiles, times: &[i64]) -> Vec<Option<u64>> {
    let mut found: Vec<Vec<u64>> = vec![Vec::new(); times.len()];
    for path in &link.files {
        let is_file = std::fs::metadata(path).is_ok_and(|about| about.is_file());
        if path.as_path() == Path::new("-") || !is_file {
            return vec![None; times.len()];
        }
        let read = CaptureFile::open(path).and_then(|file| {
            file.read(|record| {
                let Some(time) = record.time.map(Timestamp::as_nanoseconds) else {
                    return;
                };
                for (wanted, numbers) in times.iter().zip(&mut found) {
                    if *wanted == time && numbers.len() < 2 {
                        numbers.push(record.number);
                    }
                }
            })
        });
        if read.is_err() {
            return vec![None; times.len()];
        }
    }
    found
        .into_iter()
        .map(|numbers| match numbers.as_slice() {
            [number] => Some(*number),
            _ => None,
        })
        .collect()
}
