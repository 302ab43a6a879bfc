//! `netverdict capture outage FILE` over 1,000 flows of 128-byte packets: a pcap, a pcapng and compressed captures, on one
//! processor and on two. References in the same run: plain reading of the same file, `cat`, `tcpdump -w /dev/null udp`,
//! `capinfos` and, on a tenth of the file, `tshark`.
//!
//! `cargo bench -p harness --bench capture_outage`. `NETVERDICT_BENCH_MB` is the size of the pcap in megabytes (256
//! unless it is set; the stated ratios are those of 1,000), `TMPDIR` where it is written. First the ratios are printed, each
//! the best of five runs of the release binary as a user starts it, then the peak of resident memory, also for five times
//! as many packets from a pipe.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use divan::Bencher;
use divan::counter::BytesCount;
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
        let tenth = std::fs::read(files.path("tenth.pcap")).expect("it was written");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&tenth).expect("memory can be written");
        let gzip = gzip.finish().expect("memory can be written");
        std::fs::write(files.path("tenth.pcap.gz"), gzip).expect("writable");
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        let zstd = ruzstd::encoding::compress_to_vec(tenth.as_slice(), level);
        std::fs::write(files.path("tenth.pcap.zst"), zstd).expect("writable");
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
        pcap(&mut file, packets).expect("writable");
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

/// A pcap of so many packets.
fn pcap(file: &mut impl Write, packets: u64) -> io::Result<()> {
    let mut header = 0xa1b2_3c4du32.to_le_bytes().to_vec();
    header.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
    file.write_all(&header)?;
    let mut packet = packet();
    for index in 0..packets {
        let time = number(&mut packet, index);
        let mut record = [0; 16];
        record[..4].copy_from_slice(&((time / 1_000_000_000) as u32).to_le_bytes());
        record[4..8].copy_from_slice(&((time % 1_000_000_000) as u32).to_le_bytes());
        record[8] = PACKET as u8;
        record[12] = PACKET as u8;
        file.write_all(&record)?;
        file.write_all(&packet)?;
    }
    Ok(())
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

/// What `netverdict capture outage` reads and measures, on so many threads.
fn studied(path: &Path, threads: usize) -> u64 {
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
    let known = Known {
        without_balance: true,
        threads: NonZeroUsize::new(threads),
        ..Known::default()
    };
    let study = Study::of(&[point], &known).expect("it can be read");
    let point = &study.points[0];
    assert_eq!(point.outages.flows.len(), FLOWS as usize);
    point.files[0].packets
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

/// Runs a program on so many processors to its end; `None` where it, or `taskset`, is not installed.
fn run(processors: Option<&str>, program: &str, arguments: &[&str], path: &Path) -> Option<()> {
    let path = path.to_str().expect("temporary paths are text");
    let arguments = arguments
        .iter()
        .map(|argument| if *argument == "FILE" { path } else { argument });
    let mut command = match processors {
        Some(processors) => {
            let mut command = Command::new("taskset");
            command.args(["-c", processors, program]);
            command
        }
        None => Command::new(program),
    };
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    let status = command.status().ok()?;
    assert!(status.success(), "{program} fails");
    Some(())
}

const NETVERDICT: &str = env!("CARGO_BIN_EXE_netverdict");
const OUTAGE: &[&str] = &["capture", "outage", "FILE"];
const TSHARK: &[&str] = &[
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
];

/// A row of the table: what runs, over which file.
struct Row {
    name: &'static str,
    file: &'static str,
    /// A part of the file is enough for what takes longest, and so is running it once.
    part: f64,
    run: fn(&Path) -> Option<()>,
    best: Option<Duration>,
}

impl Row {
    fn new(name: &'static str, file: &'static str, run: fn(&Path) -> Option<()>) -> Self {
        Self {
            name,
            file,
            part: 1.0,
            run,
            best: Some(Duration::MAX),
        }
    }

    fn of_a_tenth(name: &'static str, file: &'static str, run: fn(&Path) -> Option<()>) -> Self {
        Self {
            part: 0.1,
            ..Self::new(name, file, run)
        }
    }

    /// Octets of the uncompressed capture a second.
    fn speed(&self) -> Option<f64> {
        let file = if self.file.starts_with("tenth") {
            "tenth.pcap"
        } else {
            self.file
        };
        Some(FILES.size(file) as f64 / self.best?.as_secs_f64())
    }
}

fn main() {
    ratios();
    memory();
    divan::main();
}

/// Best of five, taken in turn so that whatever else the machine does falls on all of them.
fn ratios() {
    let mut rows = [
        Row::new("plain read", "whole.pcap", |path| {
            plain_read(path);
            Some(())
        }),
        Row::new("cat", "whole.pcap", |path| run(None, "cat", &["FILE"], path)),
        Row::new("capture outage, 1 processor", "whole.pcap", |path| {
            run(Some("0"), NETVERDICT, OUTAGE, path)
        }),
        Row::new("capture outage, 2 processors", "whole.pcap", |path| {
            run(Some("0,1"), NETVERDICT, OUTAGE, path)
        }),
        Row::new("tcpdump -w /dev/null udp", "whole.pcap", |path| {
            run(None, "tcpdump", &["-r", "FILE", "-w", "/dev/null", "udp"], path)
        }),
        Row::new("capinfos", "whole.pcap", |path| run(None, "capinfos", &["FILE"], path)),
        Row::new("plain read, pcapng", "whole.pcapng", |path| {
            plain_read(path);
            Some(())
        }),
        Row::new("capture outage, pcapng, 1 processor", "whole.pcapng", |path| {
            run(Some("0"), NETVERDICT, OUTAGE, path)
        }),
        Row::new("capture outage, pcapng, 2 processors", "whole.pcapng", |path| {
            run(Some("0,1"), NETVERDICT, OUTAGE, path)
        }),
        Row::of_a_tenth("capture outage, gzip, 2 processors", "tenth.pcap.gz", |path| {
            run(Some("0,1"), NETVERDICT, OUTAGE, path)
        }),
        Row::of_a_tenth("capture outage, zstd, 2 processors", "tenth.pcap.zst", |path| {
            run(Some("0,1"), NETVERDICT, OUTAGE, path)
        }),
        Row::of_a_tenth("tshark (three fields)", "tenth.pcap", |path| {
            run(None, "tshark", TSHARK, path)
        }),
    ];
    for round in 0..5 {
        for row in &mut rows {
            if row.part < 1.0 && round > 0 {
                continue;
            }
            let start = Instant::now();
            row.best = match ((row.run)(&FILES.path(row.file)), row.best) {
                (Some(()), Some(before)) => Some(before.min(start.elapsed())),
                _ => None,
            };
        }
    }
    let bytes = FILES.size("whole.pcap") as f64;
    println!("{} packets, {:.0} MB; best of five", FILES.packets, bytes / 1e6);
    println!("{:38} {:>9} {:>9} {:>14}", "", "seconds", "MB/s", "of plain read");
    let plain = rows[0].speed().unwrap_or(f64::NAN);
    for row in &rows {
        match (row.best, row.speed()) {
            (Some(time), Some(speed)) => println!(
                "{:38} {:9.3} {:9.0} {:13.2}",
                row.name,
                time.as_secs_f64(),
                speed / 1e6,
                speed / plain
            ),
            _ => println!("{:38} NOT RUN: not installed", row.name),
        }
    }
    let ratio = |one: usize, other: usize| Some(rows[one].speed()? / rows[other].speed()?);
    let told = [
        ("two processors to one", ratio(3, 2)),
        ("two processors to one, pcapng", ratio(8, 7)),
        ("one processor to tcpdump", ratio(2, 4)),
        ("pcapng to pcap, one processor", ratio(7, 2)),
    ];
    for (name, ratio) in told {
        if let Some(ratio) = ratio {
            println!("{name:38} {ratio:9.2}");
        }
    }
}

/// The peak of resident memory, of a file and of five times as many packets from a pipe.
fn memory() {
    let started = |argument: &str, input: Stdio| {
        Command::new(NETVERDICT)
            .args(["capture", "outage", argument])
            .stdin(input)
            .stdout(Stdio::null())
            .spawn()
            .expect("it was built")
    };
    let path = FILES.path("whole.pcap");
    let child = started(path.to_str().expect("temporary paths are text"), Stdio::null());
    told_peak("peak of memory, pcap", child);
    let mut child = started("-", Stdio::piped());
    let pipe = child.stdin.take().expect("it is piped");
    let packets = FILES.packets * 5;
    let writer = std::thread::spawn(move || {
        let mut pipe = BufWriter::with_capacity(1 << 20, pipe);
        pcap(&mut pipe, packets)?;
        pipe.flush()
    });
    told_peak("peak of memory, five times from a pipe", child);
    writer
        .join()
        .expect("it does not panic")
        .expect("it is read to its end");
}

fn told_peak(name: &str, mut child: Child) {
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_resident_bytes(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().expect("it was started") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(status.success(), "it fails");
    println!("{name:38} {:9} MB", peak / 1_000_000);
    assert!(peak < 200_000_000, "more than 200 MB");
}

/// What Linux says of a process; nothing any more when it has ended.
fn peak_resident_bytes(process: u32) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[divan::bench(args = ["whole.pcap", "whole.pcapng"], sample_count = 3)]
fn outage_one_thread(bencher: Bencher, name: &str) {
    let path = FILES.path(name);
    bencher
        .counter(BytesCount::new(FILES.size(name)))
        .bench_local(|| studied(&path, 1));
}

#[divan::bench(args = ["whole.pcap", "whole.pcapng"], sample_count = 3)]
fn outage_two_threads(bencher: Bencher, name: &str) {
    let path = FILES.path(name);
    bencher
        .counter(BytesCount::new(FILES.size(name)))
        .bench_local(|| studied(&path, 2));
}

#[divan::bench(args = ["whole.pcap", "whole.pcapng"], sample_count = 3)]
fn reference_plain_read(bencher: Bencher, name: &str) {
    let path = FILES.path(name);
    bencher
        .counter(BytesCount::new(FILES.size(name)))
        .bench_local(|| plain_read(&path));
}
