//! However many threads share the blocks of a file, and however large those are: what is told is what one thread tells.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use checks::capture::observe::SequenceSource;
use checks::capture::packet::Roles;
use proptest::prelude::*;

use super::super::source::{self, Kept, Source};
use super::*;
use crate::capture::CaptureFile;

const BEGIN: u64 = 1_700_000_000_000_000_000;

/// Writes down what it is told.
#[derive(Default)]
struct Log(Vec<String>);

impl Measure for Log {
    fn flow(&mut self, source: usize, lane: LaneId, flow: FlowId, met: &Met) {
        self.0.push(format!("flow {source} {lane:?} {flow:?} {met:?}"));
    }

    fn observation(&mut self, source: usize, observation: Observation) {
        self.0.push(format!("{source} {observation:?}"));
    }

    fn control(&mut self, source: usize, lane: LaneId, time: i64, kept: &Kept<'_>) {
        self.0
            .push(format!("control {source} {lane:?} {:?}", kept.record(time)));
    }

    fn unrelated(&mut self, lane: LaneId, time: i64) {
        self.0.push(format!("unrelated {lane:?} {time}"));
    }
}

/// What a packet is.
#[derive(Debug, Clone, Copy)]
enum What {
    Probe,
    Tagged,
    Labelled,
    /// With labels below which nothing can be read.
    Unreadable,
    Arp,
    Bfd,
    Fragment,
    CutProbe,
    /// Longer than a block.
    Long,
}

#[derive(Debug, Clone)]
struct Sent {
    what: What,
    flow: u16,
    sequence: u64,
    /// Nanoseconds since the packet before it.
    step: i64,
}

impl Sent {
    fn octets(&self) -> Vec<u8> {
        let ether_type: &[u8] = match self.what {
            What::Tagged => &[0x81, 0, 0, 5, 8, 0],
            What::Labelled | What::Unreadable => &[0x88, 0x47],
            What::Arp => &[8, 6],
            _ => &[8, 0],
        };
        let mut octets = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
        octets.extend(ether_type);
        match self.what {
            What::Labelled => {
                let stack = [16 + u32::from(self.flow % 50) + (self.sequence % 40) as u32, 1025];
                octets.extend((stack[0] << 12 | 64).to_be_bytes());
                octets.extend((stack[1] << 12 | 0x100 | 63).to_be_bytes());
            }
            What::Unreadable => {
                octets.extend((u32::from(16 + self.flow % 90) << 12 | 0x100 | 63).to_be_bytes());
                octets.extend([0xf0; 20]);
                return octets;
            }
            What::Arp => {
                octets.extend([0; 28]);
                return octets;
            }
            _ => {}
        }
        let mut payload = b"SEQ1".to_vec();
        payload.extend(u32::from(self.flow).to_be_bytes());
        payload.extend(self.sequence.to_be_bytes());
        payload.extend((BEGIN + self.sequence * 1_000).to_be_bytes());
        match self.what {
            What::CutProbe => payload.truncate(15),
            What::Long => payload.resize(1_400, 0),
            What::Bfd => {
                payload = vec![0x20, 0xc0, 3, 24];
                payload.extend([0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 39, 16, 0, 0, 39, 16, 0, 0, 0, 0]);
            }
            _ => {}
        }
        let length = payload.len() as u16;
        let more = if matches!(self.what, What::Fragment) { 0x20 } else { 0 };
        octets.extend([0x45, 0]);
        octets.extend((28 + length).to_be_bytes());
        octets.extend([0, 0, more, 0, 61 + (self.sequence % 2) as u8, 17, 0, 0]);
        octets.extend([10, 3, 1, 2, 1, 1, 1, 1]);
        let destination: u16 = if matches!(self.what, What::Bfd) { 3784 } else { 7_000 };
        octets.extend((10_000 + self.flow).to_be_bytes());
        octets.extend(destination.to_be_bytes());
        octets.extend((8 + length).to_be_bytes());
        octets.extend([0, 0]);
        octets.extend(payload);
        octets
    }
}

fn times(packets: &[Sent]) -> impl Iterator<Item = (u64, &Sent)> {
    packets.iter().scan(BEGIN, |time, packet| {
        *time = time.wrapping_add_signed(packet.step);
        Some((*time, packet))
    })
}

fn pcap(packets: &[Sent]) -> Vec<u8> {
    let mut file = 0xa1b2_3c4d_u32.to_le_bytes().to_vec();
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
    for (time, packet) in times(packets) {
        let octets = packet.octets();
        file.extend(((time / 1_000_000_000) as u32).to_le_bytes());
        file.extend(((time % 1_000_000_000) as u32).to_le_bytes());
        file.extend((octets.len() as u32).to_le_bytes());
        file.extend((octets.len() as u32).to_le_bytes());
        file.extend(octets);
    }
    file
}

/// With two interfaces that take turns, and options and statistics now and then.
fn pcapng(packets: &[Sent]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let length = (12 + body.len()) as u32;
        file.extend(kind.to_le_bytes());
        file.extend(length.to_le_bytes());
        file.extend(body);
        file.extend(length.to_le_bytes());
    };
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    block(0x0a0d_0d0a, &words(&[0x1a2b_3c4d, 1, u32::MAX, u32::MAX]));
    block(1, &words(&[1, 0, 0x0001_0009, 9, 0]));
    block(1, &words(&[1, 0, 0x0001_0009, 9, 0]));
    for (number, (time, packet)) in times(packets).enumerate() {
        let mut octets = packet.octets();
        let length = octets.len() as u32;
        octets.resize(octets.len().next_multiple_of(4), 0);
        let mut body = words(&[number as u32 % 2, (time >> 32) as u32, time as u32, length, length]);
        body.extend(octets);
        if number % 7 == 3 {
            body.extend(words(&[0x0004_0002, 1, 0]));
        }
        block(6, &body);
        if number % 31 == 30 {
            block(5, &words(&[0, 0, 0, 0x0008_0005, number as u32, 0, 0]));
        }
    }
    file
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        30 => Just(What::Probe),
        2 => Just(What::Tagged),
        4 => Just(What::Labelled),
        1 => Just(What::Unreadable),
        1 => Just(What::Arp),
        1 => Just(What::Bfd),
        1 => Just(What::Fragment),
        1 => Just(What::CutProbe),
        1 => Just(What::Long),
    ]
}

fn packets(flows: u16) -> impl Strategy<Value = Vec<Sent>> {
    let step = prop_oneof![30 => 0_i64..2_000, 1 => -9_000_i64..0];
    let packet = (what(), 0..flows, 0_u64..1_000, step).prop_map(|(what, flow, sequence, step)| Sent {
        what,
        flow,
        sequence,
        step,
    });
    prop::collection::vec(packet, 0..160)
}

/// What is told of a file, and what reading it gives.
type Read = (Vec<String>, Result<String, String>);

fn reading(flows_at_most: usize) -> Reading {
    Reading {
        roles: Roles::new(),
        sequence: SequenceSource::Probe,
        flows_at_most,
        control: true,
        threads: 1,
    }
}

/// `threads` and the size of blocks; by one thread where it is not said.
fn read(
    file: CaptureFile,
    source: &Source,
    only: Option<Vec<u32>>,
    most: usize,
    shared: Option<(usize, usize)>,
) -> Read {
    let mut log = Log::default();
    let (reading, opened) = (reading(most), Opened { source, file, only });
    let read = match shared {
        Some((threads, block)) => super::read(opened, &reading, threads, block, &mut log),
        None => source::alone(opened, &reading, &mut log),
    };
    let read = read.map(|read| format!("{read:?}")).map_err(|error| error.to_string());
    (log.0, read)
}

/// By one thread, and by several from a stream and from a file.
fn read_each_way(octets: &[u8], only: Option<Vec<u32>>, most: usize, shared: (usize, usize)) -> [Read; 3] {
    let mut written = tempfile::NamedTempFile::new().unwrap();
    written.write_all(octets).unwrap();
    let source = Source {
        called: None,
        path: PathBuf::from("x.pcap"),
        interface: None,
        lane: LaneId(3),
    };
    let stream = || CaptureFile::of(Path::new("x.pcap"), Box::new(Cursor::new(octets.to_vec()))).unwrap();
    let file = CaptureFile::open(written.path()).unwrap();
    [
        read(stream(), &source, only.clone(), most, None),
        read(stream(), &source, only.clone(), most, Some(shared)),
        read(file, &source, only, most, Some(shared)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn what_is_told_does_not_depend_on_the_number_of_threads(
        packets in packets(12),
        ng in any::<bool>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        cut in prop::option::weighted(0.3, any::<prop::sample::Index>()),
        only in prop::option::weighted(0.2, 0_u32..3),
        threads in 1_usize..4,
        block in prop_oneof![1_usize..60, 60_usize..5_000],
    ) {
        let mut octets = if ng { pcapng(&packets) } else { pcap(&packets) };
        for (at, value) in damage {
            let at = at.index(octets.len());
            octets[at] = value;
        }
        if let Some(cut) = cut {
            octets.truncate(cut.index(octets.len()));
        }
        let [alone, stream, file] = read_each_way(&octets, only.map(|only| vec![only]), 1_000, (threads, block));
        prop_assert_eq!(&alone, &stream);
        prop_assert_eq!(&alone, &file);
    }
}

/// More flows than there is room for: each thread hands on what it cannot number, and the file's numbers are the same.
#[test]
fn flows_beyond_the_room_are_those_that_come_last_in_the_file() {
    let packets: Vec<Sent> = (0..20_000_u64)
        .map(|number| Sent {
            what: if number % 3 == 0 { What::Tagged } else { What::Probe },
            flow: (number * number % 6_000 + number % 7) as u16,
            sequence: number,
            step: 100,
        })
        .collect();
    let octets = pcap(&packets);
    for (threads, block) in [(2, 700), (3, 2_000), (4, 64)] {
        let [alone, stream, file] = read_each_way(&octets, None, 1_000, (threads, block));
        assert!(alone.1.as_ref().is_ok_and(|read| !read.contains("of_refused_flows: 0")));
        assert_eq!(alone, stream);
        assert_eq!(alone, file);
    }
}
