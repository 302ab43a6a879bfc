//! Whole pcap files, written octet by octet here, read and measured: the numbers survive the way through the reader.

use checks::Verdict;
use checks::capture::container::Reader;
use checks::capture::measure::outage::{EndOfTraffic, OutageReport, OutageSettings, OutageTracker};
use checks::capture::measure::{LaneId, Limit, Observation};
use checks::capture::observe::{Observer, SequenceSource};
use checks::capture::packet::Roles;

use crate::generator::{EPOCH, MS, SECOND, Stream, merged};

/// A packet of the probe as Ethernet shows it, perhaps under VLAN tags and labels.
fn frame(packet: &Observation, vlans: &[u16], labels: &[u32]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    for vlan in vlans {
        frame.extend([0x81, 0x00]);
        frame.extend(vlan.to_be_bytes());
    }
    frame.extend(if labels.is_empty() { [0x08, 0x00] } else { [0x88, 0x47] });
    for (index, label) in labels.iter().enumerate() {
        let bottom = u32::from(index + 1 == labels.len());
        frame.extend((label << 12 | bottom << 8 | 64).to_be_bytes());
    }
    let payload_length = 24_u16;
    let mut ip = vec![0x45, 0];
    ip.extend((28 + payload_length).to_be_bytes());
    ip.extend([0, 0, 0x40, 0, 60, 17, 0, 0, 10, 3, 1, 2, 1, 1, 1, 1]);
    let sum = ip
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]))
        .sum::<u32>();
    let folded = (sum & 0xffff) + (sum >> 16);
    let checksum = !((folded & 0xffff) + (folded >> 16)) as u16;
    ip[10..12].copy_from_slice(&checksum.to_be_bytes());
    frame.extend(ip);
    frame.extend((40_000 + packet.flow.0 as u16).to_be_bytes());
    frame.extend(7_000_u16.to_be_bytes());
    frame.extend((8 + payload_length).to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(b"SEQ1");
    frame.extend(packet.flow.0.to_be_bytes());
    frame.extend(packet.sequence.unwrap().to_be_bytes());
    frame.extend((packet.sent.unwrap() as u64).to_be_bytes());
    frame
}

/// A pcap file: byte order and resolution by choice.
fn pcap(packets: &[Observation], big: bool, nano: bool, vlans: &[u16], labels: &[u32]) -> Vec<u8> {
    let word = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let half = |value: u16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let mut file = Vec::new();
    file.extend(word(if nano { 0xa1b2_3c4d } else { 0xa1b2_c3d4 }));
    file.extend(half(2));
    file.extend(half(4));
    for value in [0, 0, 65_535, 1] {
        file.extend(word(value));
    }
    for packet in packets {
        let octets = frame(packet, vlans, labels);
        let fraction = (packet.time % SECOND) as u32;
        file.extend(word((packet.time / SECOND) as u32));
        file.extend(word(if nano { fraction } else { fraction / 1_000 }));
        file.extend(word(octets.len() as u32));
        file.extend(word(octets.len() as u32));
        file.extend(octets);
    }
    file
}

fn measured(file: &[u8], chunk: usize) -> OutageReport {
    let mut observer = Observer::new(Roles::default(), SequenceSource::Probe, 1_000);
    let mut tracker = OutageTracker::new(OutageSettings {
        end: EndOfTraffic::Together,
        ..OutageSettings::default()
    });
    let mut reader = Reader::new();
    for octets in file.chunks(chunk) {
        reader.feed(octets, |record| observer.observe(record, LaneId(0), &mut tracker));
    }
    reader.finish();
    assert!(reader.integrity().packets_are_sound());
    tracker.finish()
}

#[test]
fn files_of_every_kind_give_the_truth() {
    for seed in 0..48_u64 {
        let (big, nano) = (seed % 2 == 0, seed % 4 < 2);
        let labels: &[u32] = [&[][..], &[1_025], &[300, 1_025]][seed as usize % 3];
        let vlans: &[u16] = [&[][..], &[7], &[7, 8]][seed as usize / 3 % 3];
        let lengths = [0, 20, 49, 51, 300, 700];
        let truth = lengths[seed as usize % 6] * MS;
        let streams: Vec<Stream> = (0..3)
            .map(|flow| {
                let mut stream = Stream::steady(flow, 1_000, 1_200);
                stream.start = i64::from(flow) * 211_000;
                if flow == 1 {
                    stream = stream.outage(300 * MS, truth);
                }
                stream.duplication = 0.01 * (seed % 3) as f64;
                stream
            })
            .collect();
        let file = pcap(&merged(&streams, seed), big, nano, vlans, labels);
        let report = measured(&file, 1_000 + seed as usize * 777);
        assert_eq!(report.flows.len(), 3, "seed {seed}");
        for (flow, stream) in report.flows.iter().zip(&streams) {
            let truth = stream.truth();
            assert!(
                flow.interruption.contains(truth),
                "seed {seed}: {truth} {:?}",
                flow.interruption
            );
            assert_eq!(flow.lost, Some((truth / MS) as u64), "seed {seed}");
            assert!(flow.first >= EPOCH);
        }
        let verdict = report.decide(Limit::less_than(50 * MS)).verdict;
        let expected = if truth < 50 * MS { Verdict::Pass } else { Verdict::Fail };
        assert_eq!(verdict, expected, "seed {seed}");
    }
}
