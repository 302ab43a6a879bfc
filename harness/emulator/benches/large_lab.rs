//! A provider's network of 200 routers with 20 VPNs and their 40 customers' routers: loaded, brought to its fixpoint, and
//! computed anew when a link of the core fails.
//!
//! `cargo bench -p emulator`. Before the timings it prints the peak of resident memory of the process (`VmHWM` of
//! Linux) once the network is computed for the first time.

use std::hint::black_box;

use divan::Bencher;
use emulator::OfflineLab;
use emulator::generate::{GeneratedNetwork, NetworkPlan, generate};

const PLAN: NetworkPlan = NetworkPlan {
    routers: 200,
    vpns: 20,
    sites: None,
    customers: 2,
    reflectors: true,
    seed: 1,
};

fn network() -> GeneratedNetwork {
    generate(&PLAN).expect("a possible plan")
}

/// Asks a PE for the routes of its first VPN instance; the whole network is computed for that.
fn ask(lab: &OfflineLab, network: &GeneratedNetwork) -> String {
    let vpn = &network.vpns[0];
    let pe = &network.devices[vpn.sites[0].pe].name;
    let command = format!("display ip routing-table vpn-instance {}", vpn.name);
    lab.type_lines(pe, &[&command]).expect("a device").expect("an answer")
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.map_or_else(|| "VmHWM is not told here".into(), str::to_owned)
}

fn main() {
    let network = network();
    let lab = OfflineLab::load(&network.lab("large")).expect("a lab");
    println!("loaded: {}", peak());
    let routes = ask(&lab, &network);
    assert!(
        routes.lines().filter(|line| line.contains("IBGP")).count() >= 7,
        "{routes}"
    );
    println!("computed: {}", peak());
    drop(lab);
    divan::main();
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn load(bencher: Bencher) {
    let spec = network().lab("large");
    bencher.bench_local(|| OfflineLab::load(black_box(&spec)).expect("a lab"));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn fixpoint(bencher: Bencher) {
    let network = network();
    let spec = network.lab("large");
    bencher
        .with_inputs(|| OfflineLab::load(&spec).expect("a lab"))
        .bench_local_values(|lab| ask(&lab, &network));
}

/// The first core link of the PE fails and comes back, in turn.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn link_change(bencher: Bencher) {
    let network = network();
    let lab = OfflineLab::load(&network.lab("large")).expect("a lab");
    ask(&lab, &network);
    let mut down = false;
    bencher
        .with_inputs(|| {
            down = !down;
            let line = if down { "shutdown" } else { "undo shutdown" };
            let pe = &network.devices[network.vpns[0].sites[0].pe].name;
            let lines = ["system-view", "interface GigabitEthernet0/1/0", line, "commit"];
            lab.type_lines(pe, &lines).expect("a device").expect("no refusal");
        })
        .bench_local_values(|()| ask(&lab, &network));
}
