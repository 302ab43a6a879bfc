//! The lab of the worked example with computed answers, and how its tables are read.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::answers::NoAnswer;
use crate::configuration::Key;
use crate::fault::{Direction, Fault};
use crate::lab::Lab;
use crate::network::{Delays, Moment, Packet, Vrf, Walk};
use crate::spec::{Clock, DeviceSpec, Endpoint, LabSpec, LinkSpec};

pub const DEVICES: [&str; 5] = ["PE1", "PE2", "PE3", "CE1", "CE2"];

pub const LINKS: [(&str, &str, &str, &str); 6] = [
    ("PE1", "GE0/1/0", "PE3", "GE0/1/0"),
    ("PE2", "GE0/1/0", "PE3", "GE0/2/0"),
    ("PE1", "GE0/2/0", "PE2", "GE0/2/0"),
    ("CE1", "GE0/1/0", "PE1", "GE0/3/0"),
    ("CE1", "GE0/2/0", "PE2", "GE0/3/0"),
    ("CE2", "GE0/1/0", "PE3", "GE0/3/0"),
];

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../inventories/bfd-static-vpn")
}

pub struct Computed {
    pub lab: Lab,
}

impl Computed {
    pub fn start() -> Self {
        Self::start_with(Delays::default())
    }

    /// The same lab, where things take as long as is said.
    pub fn start_with(delays: Delays) -> Self {
        let computed = Self::with_delays(delays, &DEVICES, &LINKS, |name| {
            std::fs::read_to_string(folder().join(format!("{}.cfg", name.to_lowercase()))).unwrap()
        });
        assert!(computed.lab.devices.iter().all(|device| device.ignored.is_empty()));
        computed
    }

    /// The same lab, devices and links listed in another order.
    pub fn in_order(order: &[&str], rotate: usize) -> Self {
        let mut links = LINKS;
        links.rotate_left(rotate % LINKS.len());
        Self::of(order, &links, |name| {
            std::fs::read_to_string(folder().join(format!("{}.cfg", name.to_lowercase()))).unwrap()
        })
    }

    pub fn of(devices: &[&str], links: &[(&str, &str, &str, &str)], text: impl Fn(&str) -> String) -> Self {
        Self::with_delays(Delays::default(), devices, links, text)
    }

    pub fn with_delays(
        delays: Delays,
        devices: &[&str],
        links: &[(&str, &str, &str, &str)],
        text: impl Fn(&str) -> String,
    ) -> Self {
        let spec = LabSpec {
            name: "computed".into(),
            devices: devices
                .iter()
                .map(|name| DeviceSpec {
                    name: (*name).into(),
                    configuration: text(name),
                    ..DeviceSpec::default()
                })
                .collect(),
            links: links
                .iter()
                .map(|(a, a_port, b, b_port)| LinkSpec {
                    a: port(a, a_port),
                    b: port(b, b_port),
                })
                .collect(),
            clock: Clock::Stepped,
            delays,
            ..LabSpec::default()
        };
        Self {
            lab: Lab::new(&spec).unwrap(),
        }
    }

    fn index(&self, device: &str) -> usize {
        self.lab.devices.iter().position(|known| known.name == device).unwrap()
    }

    /// Commits lines, each with the views above it before ` / `.
    pub fn commit(&self, device: &str, lines: &[&str]) {
        self.commit_only(device, lines);
        assert!(self.settles(), "{lines:?}: it does not settle");
    }

    /// The same, and nothing has followed from it yet.
    pub fn commit_only(&self, device: &str, lines: &[&str]) {
        let index = self.index(device);
        let base = self.lab.running(index).unwrap().configuration;
        let mut candidate = (*base).clone();
        let is_port = |key: &Key| self.lab.devices[index].is_port(key);
        for line in lines {
            candidate
                .apply_text(&[], line, &is_port)
                .unwrap_or_else(|error| panic!("{line}: {error:?}"));
        }
        assert_ne!(candidate, *base, "{lines:?} change nothing");
        self.lab.commit(index, &Arc::clone(&base), &candidate).unwrap();
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.lab.timed().unwrap().advance_to(self.now() + time);
    }

    /// The instant that the lab is at.
    pub fn now(&self) -> Moment {
        self.lab.timed().unwrap().now().now()
    }

    /// Something befalls the link at an interface, now, both ways.
    pub fn fault(&self, device: &str, interface: &str, fault: Fault) {
        self.fault_in(Direction::Both, device, interface, fault);
    }

    /// The same in a direction seen from there.
    pub fn fault_in(&self, direction: Direction, device: &str, interface: &str, fault: Fault) {
        self.lab.fault(&port(device, interface), direction, fault).unwrap();
    }

    /// What becomes of so many UDP packets of a flow that leave an instance of a device every millisecond.
    pub fn every_millisecond(
        &self,
        (device, vrf): (&str, &Vrf),
        (source, destination): (&str, &str),
        from: Moment,
        count: u64,
    ) -> Vec<Walk> {
        let device = self.index(device);
        let simulation = self.lab.timed().unwrap().now();
        let packet = Packet {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            protocol: 17,
            ports: (4000, 5000),
            ttl: 64,
            number: 0,
        };
        let walk = |number| {
            let at = from + Duration::from_millis(number);
            simulation
                .history()
                .walk(device, vrf, Packet { number, ..packet }, at, number)
        };
        (0..count).map(walk).collect()
    }

    /// Lets everything happen that follows from the changes.
    pub fn settles(&self) -> bool {
        self.lab.timed().unwrap().settle(Duration::from_secs(3600))
    }

    pub fn ask(&self, device: &str, command: &str) -> String {
        self.try_ask(device, command)
            .unwrap_or_else(|error| panic!("{device} {command}: {error}"))
    }

    pub fn try_ask(&self, device: &str, command: &str) -> Result<String, NoAnswer> {
        self.lab.ask(self.index(device), command)
    }

    pub fn routes(&self, device: &str, command: &str) -> BTreeSet<String> {
        rows(&self.ask(device, command))
    }

    /// Everything that the tests look at, on all devices, but ages and counters.
    pub fn everything(&self) -> String {
        let mut text = String::new();
        for device in DEVICES {
            for command in [
                "display ip routing-table verbose",
                "display ip routing-table vpn-instance VPNA verbose",
                "display mpls ldp session",
                "display ip vpn-instance verbose",
                "display bgp peer",
                "display bgp vpnv4 all peer",
                "display bfd session all verbose",
                "display ospf peer",
                "ping 4.4.4.4",
                "ping 10.3.1.2",
                "tracert 1.1.1.1",
                "tracert 10.3.1.2",
            ] {
                let answer = self.try_ask(device, command).map(|answer| ageless(&answer));
                text += &format!("{device} {command}\n{answer:?}\n");
            }
        }
        text
    }
}

/// An end of a link.
pub fn port(device: &str, interface: &str) -> Endpoint {
    Endpoint {
        device: device.into(),
        interface: interface.into(),
    }
}

/// A text without its ages and counters, which no two instants have in common.
pub fn ageless(text: &str) -> String {
    const TIMES: [&str; 8] = [
        " Age: ",
        "LspAge",
        "Up time : ",
        "Create date : ",
        "Neighbor is up for ",
        "Neighbor Up Time : ",
        "Dead timer due in",
        "Last Local Diagnostic",
    ];
    let line = |line: &str| {
        if let Some((head, _)) = TIMES.iter().find_map(|time| line.split_once(time)) {
            return head.to_owned();
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [peer, "Operational", mode, role, _, _] => format!("{peer} Operational {mode} {role}"),
            [peer, "4", number, _, _, queue, _, state, prefixes] => {
                format!("{peer} {number} {queue} {state} {prefixes}")
            }
            _ => line.to_owned(),
        }
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

/// The rows of a routing table, prefix repeated where it is left out: `PREFIX PROTO PRE COST FLAGS NEXTHOP INTERFACE`.
/// The counts above them must agree.
pub fn rows(text: &str) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    let mut prefixes = BTreeSet::new();
    let mut prefix = String::new();
    for line in text
        .lines()
        .skip_while(|line| !line.starts_with("Destination/Mask"))
        .skip(1)
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        let rest = match words.len() {
            0 => continue,
            7 => {
                prefix = words[0].to_owned();
                &words[1..]
            }
            6 => &words[..],
            _ => panic!("not a row: {line}"),
        };
        prefixes.insert(prefix.clone());
        assert!(rows.insert(format!("{prefix} {}", rest.join(" "))), "twice: {line}");
    }
    if text.contains("Destinations") {
        let counts = text.lines().find(|line| line.contains("Destinations")).unwrap();
        let counts: Vec<usize> = counts.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        assert_eq!(counts, [prefixes.len(), rows.len()], "{text}");
    }
    rows
}
