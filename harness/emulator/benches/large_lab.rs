//! A provider's network of 200 routers with 20 VPNs and their 40 customers' routers: loaded, brought to its fixpoint, and
//! computed anew when a link of the core fails.
//!
//! `cargo bench -p emulator`. Before the timings it prints the peak of resident memory of the process (`VmHWM` of
//! Linux) once the network is computed for the first time.

use std::hint::black_box;
use std::time::Duration;

use divan::Bencher;
use emulator::generate::{GeneratedNetwork, NetworkPlan, generate};
use emulator::{Clock, Direction, Endpoint, Fault, LabSpec, OfflineLab};

/// More than any network here needs to settle.
const HOUR: Duration = Duration::from_secs(3600);

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

/// The lab, its time stepped, so that only computing takes time.
fn stepped(network: &GeneratedNetwork) -> LabSpec {
    LabSpec {
        clock: Clock::Stepped,
        ..network.lab("large")
    }
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
    let lab = OfflineLab::load(&stepped(&network)).expect("a lab");
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
    let spec = stepped(&network());
    bencher.bench_local(|| OfflineLab::load(black_box(&spec)).expect("a lab"));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn fixpoint(bencher: Bencher) {
    let network = network();
    let spec = stepped(&network);
    bencher
        .with_inputs(|| OfflineLab::load(&spec).expect("a lab"))
        .bench_local_values(|lab| ask(&lab, &network));
}

/// The first core link of the PE is cut and mended, in turn: the computing of all that follows, up to the last route.
#[divan::bench(sample_count = 6, sample_size = 1)]
fn link_change(bencher: Bencher) {
    let network = network();
    let lab = OfflineLab::load(&stepped(&network)).expect("a lab");
    ask(&lab, &network);
    assert!(lab.settle(HOUR), "the network does not settle");
    let end = Endpoint {
        device: network.devices[network.vpns[0].sites[0].pe].name.clone(),
        interface: "GigabitEthernet0/1/0".into(),
    };
    let mut cut = false;
    bencher.bench_local(|| {
        cut = !cut;
        let fault = if cut { Fault::Cut } else { Fault::Mend };
        lab.fault(&end, Direction::Both, fault).expect("a link");
        assert!(lab.settle(HOUR), "the network does not settle");
    });
}
