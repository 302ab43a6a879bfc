//! Captures opened: plain, compressed, of several parts, cut, and what is none.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use checks::capture::container::Reader;
use checks::capture::packet::{Roles, decode};
use flate2::write::GzEncoder;

use super::{CaptureError, CaptureFile, Compression};

const FAILOVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../checks/fixtures/capture/failover");

fn failover(name: &str) -> PathBuf {
    Path::new(FAILOVER).join(name)
}

/// Opens octets as a capture file.
fn opened(octets: &[u8]) -> Result<CaptureFile, CaptureError> {
    let owned = octets.to_vec();
    CaptureFile::of(Path::new("test.pcap"), Box::new(std::io::Cursor::new(owned)))
}

fn read(octets: &[u8]) -> (Reader, u64) {
    let mut packets = 0;
    let reader = opened(octets).unwrap().read(|_| packets += 1).unwrap();
    (reader, packets)
}

fn plain() -> Vec<u8> {
    let mut octets = Vec::new();
    let file = std::fs::File::open(failover("ce1-to-pe1.pcap.gz")).unwrap();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(file), &mut octets).unwrap();
    octets
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

fn zstd(octets: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(octets, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn a_real_failover_is_read_whole() {
    for (name, packets) in [
        ("ce1-to-pe1.pcap.gz", 3_552),
        ("ce1-to-pe2.pcap.gz", 21_806),
        ("ce2-to-pe3.pcap.gz", 11_962),
    ] {
        let file = CaptureFile::open(&failover(name)).unwrap();
        assert_eq!(file.compression(), Compression::Gzip);
        let mut read = 0;
        let reader = file.read(|_| read += 1).unwrap();
        assert_eq!(read, packets, "{name}");
        assert_eq!(reader.packets(), packets, "{name}");
        assert!(
            reader.integrity().packets_are_sound() && reader.integrity().times_are_sound(),
            "{name}"
        );
        assert_eq!(reader.interfaces()[0].snap_length, 70, "{name}");
    }
}

#[test]
fn however_it_is_compressed_it_holds_the_same() {
    let plain = plain();
    let (_, packets) = read(&plain);
    let half = plain.len() / 2;
    let several_members = [gzip(&plain[..half]), gzip(&plain[half..])].concat();
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let several_frames = [
        &skippable[..],
        &zstd(&plain[..half]),
        &skippable[..],
        &zstd(&plain[half..]),
    ]
    .concat();
    for octets in [gzip(&plain), several_members, zstd(&plain), several_frames] {
        let (reader, read) = read(&octets);
        assert_eq!(read, packets);
        assert!(reader.integrity().packets_are_sound(), "{:?}", reader.integrity());
    }
}

#[test]
fn damaged_compression_gives_what_is_readable_and_a_doubt() {
    let plain = plain();
    for (octets, compression) in [(gzip(&plain), "gzip"), (zstd(&plain), "zstd")] {
        for end in [octets.len() / 2, octets.len() - 1, octets.len() - 5] {
            let (reader, packets) = read(&octets[..end]);
            // zstd gives nothing before a window is full, and these are smaller than one.
            assert!(
                packets > 100 || compression == "zstd",
                "{compression} of {end}: {packets} packets"
            );
            let doubts = reader.integrity().packet_doubts;
            assert!(
                doubts.iter().any(|doubt| doubt.contains(compression)),
                "{compression} {end}: {doubts:?}"
            );
        }
        let mut flipped = octets.clone();
        flipped[octets.len() / 2] ^= 0x55;
        let (reader, _) = read(&flipped);
        assert!(!reader.integrity().packets_are_sound(), "{compression}");
        let padded_member = [&[0; 512][..], &gzip(b"more")].concat();
        for behind in [&b"garbage behind it"[..], &[0, 0, 0, 7], &padded_member] {
            let garbage = [&octets[..], behind].concat();
            assert!(!read(&garbage).0.integrity().packets_are_sound(), "{compression}");
        }
    }
}

#[test]
fn zeros_behind_gzip_data_are_the_padding_of_blocks() {
    let plain = plain();
    let (_, packets) = read(&plain);
    let half = plain.len() / 2;
    let several_members = [gzip(&plain[..half]), gzip(&plain[half..])].concat();
    for octets in [gzip(&plain), several_members] {
        for zeros in [1, 511, 1 << 20] {
            let padded = [&octets[..], &vec![0; zeros]].concat();
            let (reader, read) = read(&padded);
            assert_eq!(read, packets);
            assert!(reader.integrity().packets_are_sound(), "{:?}", reader.integrity());
        }
    }
}

#[test]
fn every_cut_of_a_compressed_capture_is_noticed() {
    let plain = &plain()[..2_000];
    for octets in [gzip(plain), zstd(plain)] {
        for end in 6..octets.len() {
            let (reader, _) = read(&octets[..end]);
            assert!(!reader.integrity().packets_are_sound(), "{end} of {}", octets.len());
        }
    }
}

#[test]
fn other_compressions_are_named_with_their_remedy() {
    let error = opened(&[0xfd, b'7', b'z', b'X', b'Z', 0, 0, 4])
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "capture `test.pcap` is compressed by xz, which is not read; decompress it first: xz -dk FILE"
    );
}

#[test]
fn what_cannot_be_opened_is_said_with_a_remedy() {
    let missing = CaptureFile::open(Path::new("no/such.pcap"))
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(missing.starts_with("cannot open capture `no/such.pcap`: "), "{missing}");
    assert!(
        missing.ends_with("; check the path, or write `-` for standard input"),
        "{missing}"
    );
    let directory = CaptureFile::open(Path::new(FAILOVER))
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(
        directory.ends_with("is a directory; name the capture files in it"),
        "{directory}"
    );
}

#[test]
fn octets_that_are_no_capture_are_doubted_not_refused() {
    for (octets, name) in [
        (&b""[..], "empty"),
        (b"ab", "truncated"),
        (b"a text, and a long one", "not_a_capture"),
    ] {
        let (reader, packets) = read(octets);
        assert_eq!((reader.warnings().count(name), packets), (1, 0), "{name}");
        assert!(!reader.integrity().packets_are_sound());
    }
}

/// What the zstd tool writes, which uses more of the format than the encoder above.
#[test]
fn files_of_the_zstd_tool() {
    let plain = plain();
    for level in ["-1", "-19", "--long=27"] {
        let tool = Command::new("zstd")
            .args([level, "-q", "-c"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut tool) = tool else {
            println!("NOT RUN: files_of_the_zstd_tool (zstd is not installed)");
            return;
        };
        let mut input = tool.stdin.take().unwrap();
        let fed = plain.clone();
        let feeding = std::thread::spawn(move || input.write_all(&fed));
        let output = tool.wait_with_output().unwrap();
        feeding.join().unwrap().unwrap();
        let (reader, packets) = read(&output.stdout);
        assert_eq!(packets, 3_552, "{level}");
        assert!(
            reader.integrity().packets_are_sound(),
            "{level}: {:?}",
            reader.integrity()
        );
        // A changed octet is found at the latest by the checksum.
        let mut changed = output.stdout.clone();
        let at = changed.len() - 2;
        changed[at] ^= 1;
        assert!(!read(&changed).0.integrity().packets_are_sound(), "{level}");
    }
}

/// Times, lengths, addresses and ports of every packet of the real failover, against tshark.
#[test]
fn a_real_failover_as_tshark_sees_it() {
    let fields = [
        "frame.time_epoch",
        "frame.len",
        "frame.cap_len",
        "ip.src",
        "ip.dst",
        "udp.srcport",
        "udp.dstport",
    ];
    for name in ["ce1-to-pe1.pcap.gz", "ce2-to-pe3.pcap.gz"] {
        let mut tshark = Command::new("tshark");
        tshark
            .arg("-r")
            .arg(failover(name))
            .args(["-n", "-T", "fields", "-E", "separator=|"]);
        for field in fields {
            tshark.args(["-e", field]);
        }
        let Ok(output) = tshark.stderr(Stdio::null()).output() else {
            println!("NOT RUN: a_real_failover_as_tshark_sees_it (tshark is not installed)");
            return;
        };
        assert!(output.status.success());
        let mut ours = Vec::new();
        let roles = Roles::new();
        let read = CaptureFile::open(&failover(name)).unwrap().read(|record| {
            let time = record.time.unwrap().as_nanoseconds();
            let packet = decode(record, &roles);
            let ip = packet
                .ip
                .map_or(String::from("|"), |ip| format!("{}|{}", ip.source, ip.destination));
            let ports = packet.udp().map_or(String::from("|"), |udp| {
                format!("{}|{}", udp.source_port, udp.destination_port)
            });
            ours.push(format!(
                "{}.{:09}|{}|{}|{ip}|{ports}",
                time / 1_000_000_000,
                time % 1_000_000_000,
                record.original_length,
                record.captured.len(),
            ));
        });
        read.unwrap();
        let theirs = String::from_utf8(output.stdout).unwrap();
        assert_eq!(theirs.lines().count(), ours.len(), "{name}");
        for (number, (theirs, ours)) in theirs.lines().zip(&ours).enumerate() {
            assert_eq!(theirs, ours, "{name}: packet {}", number + 1);
        }
    }
}
