//! Outage over 1,000 flows of 128-byte packets, from a pcap, a pcapng and compressed captures, on one thread and on
//! two. References in the same run: plain reading of the same file, `cat`, `tcpdump -w /dev/null udp`, `capinfos` and,
//! on a tenth of the file, `tshark`.
//!
//! `cargo bench -p harness --bench capture_outage`. `NETVERDICT_BENCH_MB` is the size of the pcap in megabytes (256
//! unless it is set; the stated ratios are those of 1,000). Before the timings it prints the ratios to plain reading,
//! each the best of five, and the peak of resident memory.

use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use checks::capture::container::Reader;
use checks::capture::measure::LaneId;
use checks::capture::measure::outage::{OutageSettings, OutageTracker};
use checks::capture::observe::{Observer, SequenceSource};
use checks::capture::packet::Roles;
use divan::Bencher;
use divan::counter::BytesCount;
use harness::capture::{Batches, CaptureFile, observe};
use harness::study::{Known, LinkFiles, PointFiles, Study};

const FLOWS: u32 = 1_000;
/// Ethernet without its check sequence.
const PACKET: usize = 128;
const RECORD: usize = 16 + PACKET;

static FILES: LazyLock<Files> = LazyLock::new(Files::write);

struct Files {
    folder: tempfile::TempDir,
    packets: u64,
}

impl Files {
    fn write() -> Self {
        let megabytes = std::env::var("NETVERDICT_BENCH_MB")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(256u64);
        let folder = tempfile::tempdir().expect("the temporary folder can be written");
        let packets = megabytes * 1_000_000 / RECORD as u64;
        let files = Self { folder, packets };
        files.write_pcap("whole.pcap", packets);
        files.write_pcap("tenth.pcap", packets / 10);
        files.write_pcapng(packets);
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn size(&self, name: &str) -> u64 {
        std::fs::metadata(self.path(name)).expect("it was written").len()
    }

    fn write_pcap(&self, name: &str, packets: u64) {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(self.path(name)).expect("writable"));
        let mut header = 0xa1b2_3c4du32.to_le_bytes().to_vec();
        header.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
        file.write_all(&header).expect("writable");
        let mut packet = packet();
        for index in 0..packets {
            let time = number(&mut packet, index);
            let mut record = [0; 16];
            record[..4].copy_from_slice(&((time / 1_000_000_000) as u32).to_le_bytes());
            record[4..8].copy_from_slice(&((time % 1_000_000_000) as u32).to_le_bytes());
            record[8] = PACKET as u8;
            record[12] = PACKET as u8;
            file.write_all(&record).expect("writable");
            file.write_all(&packet).expect("writable");
        }
    }

    fn write_pcapng(&self, packets: u64) {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(self.path("whole.pcapng")).expect("writable"));
        let mut block = |words: &[u32], packet: &[u8]| {
            for word in words {
                file.write_all(&word.to_le_bytes()).expect("writable");
            }
            file.write_all(packet).expect("writable");
            file.write_all(&words[1].to_le_bytes()).expect("writable");
        };
        block(&[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX], &[]);
        // Nanoseconds.
        block(&[1, 32, 1, 262_144, 0x0001_0009, 9, 0], &[]);
        let mut packet = packet();
        let length = 32 + PACKET as u32;
        for index in 0..packets {
            let time = number(&mut packet, index);
            let words = [
                6,
                length,
                0,
                (time >> 32) as u32,
                time as u32,
                PACKET as u32,
                PACKET as u32,
            ];
            block(&words, &packet);
        }
    }
}

/// A probe in UDP, IPv4 and Ethernet.
fn packet() -> [u8; PACKET] {
    let mut packet = [0; PACKET];
    packet[..14].copy_from_slice(&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]);
    packet[14..34].copy_from_slice(&[0x45, 0, 0, 114, 0, 0, 0, 0, 61, 17, 0, 0, 10, 3, 1, 2, 1, 1, 1, 1]);
    packet[34..42].copy_from_slice(&[0, 0, 0x1b, 0x58, 0, 94, 0, 0]);
    packet[42..46].copy_from_slice(b"SEQ1");
    packet
}

/// Makes it the packet with this index: flows in turn, one packet a microsecond. Its time.
fn number(packet: &mut [u8; PACKET], index: u64) -> u64 {
    let flow = (index % u64::from(FLOWS)) as u32;
    let time = 1_700_000_000_000_000_000 + index * 1_000;
    packet[34..36].copy_from_slice(&(10_000 + flow as u16).to_be_bytes());
    packet[46..50].copy_from_slice(&flow.to_be_bytes());
    packet[50..58].copy_from_slice(&(index / u64::from(FLOWS)).to_be_bytes());
    packet[58..66].copy_from_slice(&(time - 500_000).to_be_bytes());
    time
}

fn on_one_thread(path: &Path) -> u64 {
    let mut observer = Observer::new(Roles::new(), SequenceSource::Probe, 100_000);
    let mut outages = OutageTracker::new(OutageSettings::default());
    let file = CaptureFile::open(path).expect("it was written");
    let reader = observe(file, &mut observer, |_| LaneId(0), &mut outages).expect("it can be read");
    finished(&reader, outages)
}

fn on_two_threads(path: &Path) -> u64 {
    let mut observer = Observer::new(Roles::new(), SequenceSource::Probe, 100_000);
    let mut outages = OutageTracker::new(OutageSettings::default());
    let file = CaptureFile::open(path).expect("it was written");
    let reader = Batches::observe(file, &mut observer, |_| LaneId(0), &mut outages).expect("it can be read");
    finished(&reader, outages)
}

/// As `netverdict capture outage FILE` does, but for the table.
fn as_on_the_command_line(path: &Path) -> u64 {
    let point = PointFiles {
        name: "capture".to_owned(),
        links: vec![LinkFiles {
            name: "capture".to_owned(),
            device: "capture".to_owned(),
            files: vec![path.to_owned()],
            interface: None,
            evidence: Vec::new(),
        }],
    };
    let study = Study::of(&[point], &Known::default()).expect("it can be read");
    let point = &study.points[0];
    assert_eq!(point.outages.flows.len(), FLOWS as usize);
    point.files[0].packets
}

fn finished(reader: &Reader, outages: OutageTracker) -> u64 {
    assert!(reader.warnings().is_empty(), "{:?}", reader.integrity());
    let report = outages.finish();
    assert_eq!(report.flows.len(), FLOWS as usize);
    reader.packets()
}

/// As `cat FILE > /dev/null`, without starting a process.
fn plain_read(path: &Path) -> u64 {
    let mut file = File::open(path).expect("it was written");
    let mut buffer = vec![0; 128 << 10];
    let mut total = 0;
    loop {
        match file.read(&mut buffer).expect("it can be read") {
            0 => return total,
            length => total += length as u64,
        }
    }
}

/// Runs a tool to its end; `None` where it is not installed.
fn tool(program: &str, arguments: &[&str], path: &Path) -> Option<()> {
    let path = path.to_str().expect("temporary paths are text");
    let arguments = arguments
        .iter()
        .map(|argument| if *argument == "FILE" { path } else { argument });
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    let status = command.status().ok()?;
    assert!(status.success(), "{program} fails");
    Some(())
}

const CAT: (&str, &[&str]) = ("cat", &["FILE"]);
const TCPDUMP: (&str, &[&str]) = ("tcpdump", &["-r", "FILE", "-w", "/dev/null", "udp"]);
const CAPINFOS: (&str, &[&str]) = ("capinfos", &["FILE"]);
const TSHARK: (&str, &[&str]) = (
    "tshark",
    &[
        "-r",
        "FILE",
        "-T",
        "fields",
        "-e",
        "frame.time_epoch",
        "-e",
        "udp.srcport",
        "-e",
        "udp.payload",
    ],
);

/// Something timed; `None` where it could not run.
type Job = Box<dyn Fn() -> Option<()>>;

fn main() {
    ratios();
    divan::main();
}

/// Best of five, taken in turn so that whatever else the machine does falls on all of them.
fn ratios() {
    let (pcap, pcapng, tenth) = (
        FILES.path("whole.pcap"),
        FILES.path("whole.pcapng"),
        FILES.path("tenth.pcap"),
    );
    let mut rows: Vec<(&str, Job, f64)> = Vec::new();
    let bytes = FILES.size("whole.pcap") as f64;
    let run = |what: fn(&Path) -> u64, path: &PathBuf| -> Job {
        let path = path.clone();
        Box::new(move || {
            what(&path);
            Some(())
        })
    };
    let external = |(program, arguments): (&'static str, &'static [&'static str]), path: &PathBuf| {
        let path = path.clone();
        let run: Job = Box::new(move || tool(program, arguments, &path));
        run
    };
    rows.push(("plain read, pcap", run(plain_read, &pcap), bytes));
    rows.push(("outage, pcap, one thread", run(on_one_thread, &pcap), bytes));
    rows.push(("outage, pcap, two threads", run(on_two_threads, &pcap), bytes));
    rows.push(("capture outage FILE, pcap", run(as_on_the_command_line, &pcap), bytes));
    let bytes_ng = FILES.size("whole.pcapng") as f64;
    rows.push(("outage, pcapng, one thread", run(on_one_thread, &pcapng), bytes_ng));
    rows.push(("outage, pcapng, two threads", run(on_two_threads, &pcapng), bytes_ng));
    rows.push((
        "capture outage FILE, pcapng",
        run(as_on_the_command_line, &pcapng),
        bytes_ng,
    ));
    rows.push(("cat", external(CAT, &pcap), bytes));
    rows.push(("tcpdump -w /dev/null udp", external(TCPDUMP, &pcap), bytes));
    rows.push(("capinfos", external(CAPINFOS, &pcap), bytes));
    rows.push(("tshark (a tenth of the file)", external(TSHARK, &tenth), bytes / 10.0));
    let mut best = vec![Some(Duration::MAX); rows.len()];
    for round in 0..5 {
        for (index, (name, job, _)) in rows.iter().enumerate() {
            // Once is enough for what takes longest.
            if name.starts_with("tshark") && round > 0 {
                continue;
            }
            let start = Instant::now();
            best[index] = match (job(), best[index]) {
                (Some(()), Some(before)) => Some(before.min(start.elapsed())),
                _ => None,
            };
        }
    }
    println!("{} packets, {:.0} MB", FILES.packets, bytes / 1e6);
    println!(
        "{:32} {:>9} {:>9} {:>14}",
        "best of five", "seconds", "MB/s", "of plain read"
    );
    let plain = best[0].map_or(0.0, |time| rows[0].2 / time.as_secs_f64());
    for ((name, _, bytes), time) in rows.iter().zip(&best) {
        let Some(time) = time else {
            println!("{name:32} NOT RUN: not installed");
            continue;
        };
        let speed = bytes / time.as_secs_f64();
        println!(
            "{name:32} {:9.3} {:9.0} {:13.2}",
            time.as_secs_f64(),
            speed / 1e6,
            speed / plain
        );
    }
    if let Some(peak) = peak_resident_bytes() {
        println!("peak resident memory: {} MB", peak / 1_000_000);
        assert!(peak < 200_000_000, "more than 200 MB");
    }
}

/// What Linux says of this process.
fn peak_resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[divan::bench(args = ["whole.pcap", "whole.pcapng"], sample_count = 3)]
fn outage_one_thread(bencher: Bencher, name: &str) {
    let path = FILES.path(name);
    bencher
        .counter(BytesCount::new(FILES.size(name)))
        .bench_local(|| on_one_thread(&path));
}

#[divan::bench(args = ["whole.pcap", "whole.pcapng"], sample_count = 3)]
fn outage_two_threads(bencher: Bencher, name: &str) {
    let path = FILES.path(name);
    bencher
        .counter(BytesCount::new(FILES.size(name)))
        .bench_local(|| on_two_threads(&path));
}

#[divan::bench(sample_count = 3)]
fn outage_gzip_two_threads(bencher: Bencher) {
    let path = FILES.path("tenth.pcap.gz");
    let file = File::create(&path).expect("writable");
    let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    let mut plain = File::open(FILES.path("tenth.pcap")).expect("it was written");
    std::io::copy(&mut plain, &mut encoder).expect("writable");
    encoder.finish().expect("writable").rewind().expect("seekable");
    let size = FILES.size("tenth.pcap");
    bencher
        .counter(BytesCount::new(size))
        .bench_local(|| on_two_threads(&path));
}

#[divan::bench(args = ["whole.pcap", "whole.pcapng"], sample_count = 3)]
fn reference_plain_read(bencher: Bencher, name: &str) {
    let path = FILES.path(name);
    bencher
        .counter(BytesCount::new(FILES.size(name)))
        .bench_local(|| plain_read(&path));
}
