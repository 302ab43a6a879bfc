//! The worked example in simulated time, with traffic and captures.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use etherparse::{SlicedPacket, TransportSlice};
use pcap_file::pcapng::{Block, PcapNgReader};

use crate::capture::CaptureFormat;
use crate::capture::render::{Observation, Scene, write};
use crate::interface_name::InterfaceName;
use crate::lab::Lab;
use crate::network::{Condition, Delays, History, Moment, Simulation, Vrf, Way, Wiring};
use crate::spec::{Clock, DeviceSpec, Endpoint, LabSpec, LinkSpec};
use crate::traffic::{Schedule, Traffic};

/// A whole second at which the lab's clock begins, so that times in files can be read.
pub const EPOCH: u64 = 1_800_000_000_000_000_000;
pub const MILLISECOND: u64 = 1_000_000;

const DEVICES: [&str; 5] = ["PE1", "PE2", "PE3", "CE1", "CE2"];
const LINKS: [[&str; 4]; 6] = [
    ["PE1", "GE0/1/0", "PE3", "GE0/1/0"],
    ["PE2", "GE0/1/0", "PE3", "GE0/2/0"],
    ["PE1", "GE0/2/0", "PE2", "GE0/2/0"],
    ["CE1", "GE0/1/0", "PE1", "GE0/3/0"],
    ["CE1", "GE0/2/0", "PE2", "GE0/3/0"],
    ["CE2", "GE0/1/0", "PE3", "GE0/3/0"],
];

pub struct Stage {
    pub simulation: Simulation,
    pub traffic: Vec<Traffic>,
    links: Vec<[(usize, InterfaceName); 2]>,
}

/// A probe as it was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probe {
    /// When, on the lab's clock.
    pub at: u64,
    /// The observation point.
    pub point: u32,
    /// Its flow.
    pub flow: u32,
    /// Its sequence number.
    pub sequence: u64,
    /// When it was sent, on the lab's clock.
    pub sent: u64,
}

impl Stage {
    /// The example, each configuration edited.
    pub fn new(edit: impl Fn(&str, String) -> String) -> Self {
        let lab = Self::lab(edit);
        let names = DEVICES.map(str::to_owned);
        let wiring = Wiring::new(lab.links.clone());
        let simulation = Simulation::new(&names, &lab.snapshot(), wiring, Delays::default(), 1);
        Self {
            simulation,
            traffic: Vec::new(),
            links: lab.links,
        }
    }

    /// The same as a lab whose clock is told.
    pub fn lab(edit: impl Fn(&str, String) -> String) -> Lab {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../inventories/bfd-static-vpn");
        let end = |device: &str, interface: &str| Endpoint {
            device: device.into(),
            interface: interface.into(),
        };
        let spec = LabSpec {
            name: "captured".into(),
            devices: DEVICES
                .iter()
                .map(|name| {
                    let text = std::fs::read_to_string(folder.join(format!("{}.cfg", name.to_lowercase()))).unwrap();
                    DeviceSpec {
                        name: (*name).into(),
                        configuration: edit(name, text),
                        ..DeviceSpec::default()
                    }
                })
                .collect(),
            links: LINKS
                .iter()
                .map(|[a, a_port, b, b_port]| LinkSpec {
                    a: end(a, a_port),
                    b: end(b, b_port),
                })
                .collect(),
            clock: Clock::Stepped,
            ..LabSpec::default()
        };
        let lab = Lab::new(&spec).unwrap();
        assert!(lab.devices.iter().all(|device| device.ignored.is_empty()));
        lab
    }

    pub fn device(name: &str) -> usize {
        DEVICES.iter().position(|known| *known == name).unwrap()
    }

    /// The way that leaves by a port.
    pub fn way(&self, device: &str, port: &str) -> Way {
        let here = (Self::device(device), InterfaceName::parse(port).unwrap());
        let mut links = self.links.iter().enumerate();
        let found = links.find_map(|(link, ends)| {
            let from = ends.iter().position(|end| *end == here)?;
            Some(Way { link, from })
        });
        found.unwrap()
    }

    /// Constant traffic from a device from now on.
    pub fn send(&mut self, device: &str, source: &str, destination: &str, flows: u32, packets_per_second: u32) {
        let first_flow = self.traffic.iter().map(|traffic| traffic.schedule.flows).sum();
        self.traffic.push(Traffic {
            device: Self::device(device),
            vrf: Vrf::Public,
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            source_port: 40_000 + first_flow as u16,
            destination_port: 7_000,
            frame_size: 128,
            first_flow,
            schedule: Schedule {
                start: self.simulation.now().nanos(),
                stop: None,
                flows,
                packets_per_second,
            },
        });
    }

    pub fn advance(&mut self, nanoseconds: u64) {
        let now = self.simulation.now();
        self.simulation.advance_to(now + Duration::from_nanos(nanoseconds));
    }

    /// Changes the condition of a way.
    pub fn fault(&mut self, way: Way, change: impl Fn(&mut Condition)) {
        let mut condition = self.simulation.condition(way).unwrap();
        change(&mut condition);
        self.simulation.set_condition(way, condition);
    }

    pub fn history(&self) -> &History {
        self.simulation.history()
    }

    pub fn now(&self) -> u64 {
        self.simulation.now().nanos()
    }

    /// A capture at ports, in memory.
    pub fn capture(&self, ports: &[(&str, &str)], window: (u64, u64)) -> Vec<u8> {
        let points: Vec<Observation> = ports
            .iter()
            .map(|(device, port)| Observation {
                way: self.way(device, port),
                name: format!("{device} {port}"),
                description: String::new(),
                direction: None,
            })
            .collect();
        let is_external = |_: usize, _: &Vrf, peer: Ipv4Addr| peer.octets()[0] == 10;
        let scene = Scene {
            history: self.history(),
            devices: DEVICES.len(),
            traffic: &self.traffic,
            is_external: &is_external,
            epoch: EPOCH,
            lab: "captured",
        };
        write(&scene, &points, window, CaptureFormat::Pcapng, Vec::new())
            .unwrap()
            .0
    }
}

/// The instant of the lab's clock.
pub fn at(moment: Moment) -> u64 {
    moment.nanos()
}

/// The probes of a capture of a stage.
pub fn probes(file: &[u8]) -> Vec<Probe> {
    probes_since(file, EPOCH)
}

/// The probes of a capture of a lab whose clock began at this time.
pub fn probes_since(file: &[u8], epoch: u64) -> Vec<Probe> {
    let mut reader = PcapNgReader::new(file).unwrap();
    let mut probes = Vec::new();
    while let Some(block) = reader.next_block() {
        let Block::EnhancedPacket(block) = block.unwrap() else {
            continue;
        };
        let mut ip = &block.data[14..];
        if block.data[12..14] == [0x88, 0x47] {
            let bottom = ip.chunks(4).position(|entry| entry[2] & 1 == 1).unwrap();
            ip = &ip[4 * (bottom + 1)..];
        } else if block.data[12..14] != [0x08, 0x00] {
            continue;
        }
        let packet = SlicedPacket::from_ip(ip).unwrap();
        let Some(TransportSlice::Udp(udp)) = packet.transport else {
            continue;
        };
        let Some(payload) = udp.payload().strip_prefix(b"SEQ1") else {
            continue;
        };
        let number = |from: usize| u64::from_be_bytes(payload[from..from + 8].try_into().unwrap());
        probes.push(Probe {
            at: u64::try_from(block.timestamp.as_nanos()).unwrap() - epoch,
            point: block.interface_id,
            flow: u32::from_be_bytes(payload[..4].try_into().unwrap()),
            sequence: number(4),
            sent: number(12) - epoch,
        });
    }
    probes
}
