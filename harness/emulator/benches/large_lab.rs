//! A provider's network of 200 routers with 20 VPNs and their 40 customers' routers: loaded, brought to its fixpoint, and
//! computed anew when a link fails or is mended.
//!
//! `cargo bench -p emulator`. Before the timings it prints the peak of resident memory of the process (`VmHWM` of
//! Linux) once the network is computed for the first time. What cuts and mends are compared with is `reference`:
//! petgraph's shortest paths from each of the 200 routers, distances alone, over the same links.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use divan::Bencher;
use emulator::generate::{GeneratedNetwork, NetworkPlan, Role, generate};
use emulator::{Clock, Direction, Endpoint, Fault, LabSpec, LinkSpec, OfflineLab};
use petgraph::Graph;
use petgraph::algo::dijkstra;
use petgraph::graph::NodeIndex;

/// The one that the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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

#[divan::bench(sample_count = 5, sample_size = 1)]
fn load_and_settle(bencher: Bencher) {
    let spec = stepped(&network());
    bencher.bench_local(|| OfflineLab::load(black_box(&spec)).expect("a lab"));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn first_answer(bencher: Bencher) {
    let network = network();
    let spec = stepped(&network);
    bencher
        .with_inputs(|| OfflineLab::load(&spec).expect("a lab"))
        .bench_local_values(|lab| ask(&lab, &network));
}

/// Which links fail.
#[derive(Debug, Clone, Copy)]
enum Links {
    /// Between two routers of the core.
    Core,
    /// Between a PE or reflector and the core.
    Edge,
    /// Between a PE and a customer.
    Customer,
}

/// A link of each sample is another one of its kind, spread over the network.
const SAMPLES: u32 = 24;

impl Links {
    fn of(self, network: &GeneratedNetwork) -> Vec<Endpoint> {
        let role = |end: &Endpoint| {
            let mut devices = network.devices.iter();
            devices
                .find(|device| device.name == end.device)
                .map(|device| device.role)
        };
        let kind = |link: &LinkSpec| match (role(&link.a), role(&link.b)) {
            (Some(Role::Core), Some(Role::Core)) => matches!(self, Self::Core),
            (Some(Role::Customer), _) | (_, Some(Role::Customer)) => matches!(self, Self::Customer),
            _ => matches!(self, Self::Edge),
        };
        let all: Vec<Endpoint> = network
            .links
            .iter()
            .filter(|link| kind(link))
            .map(|link| link.a.clone())
            .collect();
        let count = (SAMPLES as usize + 1).min(all.len());
        (0..count)
            .filter_map(|number| all.get(number * all.len() / count).cloned())
            .collect()
    }
}

/// A lab of which one link after the other fails and is mended.
struct Failing {
    lab: OfflineLab,
    links: Vec<Endpoint>,
    next: usize,
}

impl Failing {
    fn new(links: Links) -> Self {
        let network = network();
        let lab = OfflineLab::load(&stepped(&network)).expect("a lab");
        assert!(lab.settle(HOUR), "the network does not settle");
        Self {
            links: links.of(&network),
            next: 0,
            lab,
        }
    }

    /// All that follows from a fault, up to the last event.
    fn happens(&self, end: &Endpoint, fault: Fault) {
        self.lab.fault(end, Direction::Both, fault).expect("a link");
        assert!(self.lab.settle(HOUR), "the network does not settle");
    }

    fn next(&mut self) -> Endpoint {
        self.next += 1;
        self.links[self.next % self.links.len()].clone()
    }
}

/// Petgraph's shortest paths from every router of the provider, over links that all cost the same.
#[divan::bench(sample_count = SAMPLES, sample_size = 1)]
fn reference(bencher: Bencher) {
    let network = network();
    let mut graph = Graph::<(), u32>::new();
    let routers: BTreeMap<&str, NodeIndex> = network
        .devices
        .iter()
        .filter(|device| device.role != Role::Customer)
        .map(|device| (device.name.as_str(), graph.add_node(())))
        .collect();
    for link in &network.links {
        let ends = [&link.a, &link.b].map(|end| routers.get(end.device.as_str()).copied());
        if let [Some(a), Some(b)] = ends {
            graph.add_edge(a, b, 1);
            graph.add_edge(b, a, 1);
        }
    }
    bencher.bench_local(|| {
        let from = |root: &NodeIndex| dijkstra(&graph, *root, None, |edge| *edge.weight()).len();
        routers.values().map(from).sum::<usize>()
    });
}

/// A link is cut and everything that follows is computed, up to the last route; the slowest sample is the worst link.
#[divan::bench(args = [Links::Core, Links::Edge, Links::Customer], sample_count = SAMPLES, sample_size = 1)]
fn cut(bencher: Bencher, links: Links) {
    let failing = RefCell::new((Failing::new(links), None::<Endpoint>));
    bencher
        .with_inputs(|| {
            let (failing, cut) = &mut *failing.borrow_mut();
            if let Some(end) = cut.take() {
                failing.happens(&end, Fault::Mend);
            }
            let end = failing.next();
            *cut = Some(end.clone());
            end
        })
        .bench_local_values(|end| failing.borrow().0.happens(&end, Fault::Cut));
}

/// The same of a link that is mended.
#[divan::bench(args = [Links::Core, Links::Edge, Links::Customer], sample_count = SAMPLES, sample_size = 1)]
fn mend(bencher: Bencher, links: Links) {
    let failing = RefCell::new(Failing::new(links));
    bencher
        .with_inputs(|| {
            let failing = &mut *failing.borrow_mut();
            let end = failing.next();
            failing.happens(&end, Fault::Cut);
            end
        })
        .bench_local_values(|end| failing.borrow().happens(&end, Fault::Mend));
}
