//! A plain routing table of 1,000,000 routes in 1,200,000 lines (101 MB): parsed, every line accounted for, the
//! device's counts checked. References in the same run: counting its lines by memchr, and `grep -c` of it as a file.
//!
//! `cargo bench -p checks`. Before the timings it prints the peak of resident memory, text included, as a multiple of
//! the text's size.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use checks::table::Table as _;
use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const ROUTES: u32 = 1_000_000;
/// Every fifth route has a second next hop.
const EVERY: u32 = 5;
const COMMAND: &str = "display ip routing-table";

static TEXT: LazyLock<String> = LazyLock::new(text);

/// The table, the same in every run.
fn text() -> String {
    const SOURCES: [(&str, u32); 6] = [
        ("EBGP", 255),
        ("IBGP", 255),
        ("OSPF", 10),
        ("O_ASE", 150),
        ("ISIS-L2", 15),
        ("Static", 60),
    ];
    let mut text = String::with_capacity(104 << 20);
    let rule = "-".repeat(78);
    let routes = ROUTES + ROUTES / EVERY;
    let header = format!(
        "Route Flags: R - relay, D - download to fib, T - to vpn-instance, B - black hole route\n{rule}\n\
         Routing Table : _public_\n         Destinations : {ROUTES}        Routes : {routes}\n\n\
         Destination/Mask    Proto   Pre  Cost        Flags NextHop         Interface\n\n"
    );
    text.push_str(&header);
    let mut seed: u32 = 1;
    let mut random = |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % below
    };
    let mut destination = String::new();
    for route in 0..ROUTES {
        // Consecutive networks of 256 addresses from 1.0.0.0 on.
        let network = 0x0100_0000 + route * 256;
        let [a, b, c, _] = network.to_be_bytes();
        destination.clear();
        let _ = write!(destination, "{a}.{b}.{c}.0/24");
        let (source, preference) = SOURCES[random(6) as usize];
        let cost = random(5_000);
        for hop in 0..=u32::from(route % EVERY == 0) {
            let destination = if hop == 0 { destination.as_str() } else { "" };
            let next_hop = format!("10.{}.{}.{}", random(4) * 2 + hop, random(256), random(256));
            let (slot, port) = (random(8), random(24));
            let _ = writeln!(
                text,
                "{destination:>18}  {source:<7} {preference:<4} {cost:<11} {:>3}  {next_hop:<15} GigabitEthernet{slot}/0/{port}",
                "RD"
            );
        }
    }
    text
}

fn main() {
    let parsed = checks::vrp::parse(COMMAND, &TEXT).expect("the command is known");
    assert!(parsed.is_complete(), "{:?}", parsed.integrity);
    assert_eq!(parsed.table.len(), ROUTES as usize);
    println!("text: {} MB in {} lines", TEXT.len() / 1_000_000, TEXT.lines().count());
    if let Some(peak) = peak_resident_bytes() {
        let ratio = peak as f64 / TEXT.len() as f64;
        println!(
            "peak resident memory, text included: {} MB, {ratio:.2} times the text",
            peak / 1_000_000
        );
        assert!(ratio <= 2.0, "more than twice the text");
    }
    drop(parsed);
    divan::main();
}

/// What Linux says of this process.
fn peak_resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[divan::bench(sample_count = 10)]
fn parse(bencher: Bencher) {
    bencher
        .counter(BytesCount::of_str(TEXT.as_str()))
        .bench_local(|| checks::vrp::parse(COMMAND, &TEXT));
}

#[divan::bench(sample_count = 10)]
fn reference_line_count_memchr(bencher: Bencher) {
    bencher
        .counter(BytesCount::of_str(TEXT.as_str()))
        .bench_local(|| memchr::memchr_iter(b'\n', TEXT.as_bytes()).count());
}

#[divan::bench(sample_count = 10)]
fn reference_grep_count(bencher: Bencher) {
    let path = std::env::temp_dir().join(format!("netverdict-routing-table-{}.txt", std::process::id()));
    std::fs::write(&path, TEXT.as_bytes()).expect("the temporary folder can be written");
    bencher.counter(BytesCount::of_str(TEXT.as_str())).bench_local(|| {
        let mut grep = Command::new("grep");
        // Into a pipe: with nobody to read its count, grep stops at the first line.
        grep.arg("-c").arg("").arg(&path).stdout(Stdio::piped());
        grep.output().expect("grep runs")
    });
    let _ = std::fs::remove_file(&path);
}
