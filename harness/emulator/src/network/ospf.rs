//! OSPF (RFC 2328): processes with the interfaces that they run on, their areas, their neighbours.
//!
//! A loopback costs 1 unless `ospf cost` says otherwise; so the worked example prints it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::interfaces::Interface;
use super::ospf_external::{self, External};
use super::ospf_instance::{self, OfInstance, Summaries};
use super::ospf_link::{Authentication, Stage};
use super::prefix::{Prefix, Vrf};
use super::rib::{Protocol, Route, Via};
use super::simulation::{Condition, both_ways, receives};
use crate::configuration::{Configuration, Node};
use crate::interface_name::InterfaceName;

/// The area that all others are connected to.
pub const BACKBONE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
const PREFERENCE: u8 = 10;
const EXTERNAL_PREFERENCE: u8 = 150;
const LARGEST_COST: u32 = 65_535;
const LARGEST_ECMP: usize = 32;
/// What the bandwidth of an interface is compared with, in Mbit/s.
const BANDWIDTH_REFERENCE: u64 = 100;

/// A process of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// Its router ID.
    pub router_id: Ipv4Addr,
    /// The VPN instance that it is bound to.
    pub instance: Option<OfInstance>,
    /// Its neighbours, by interface.
    pub neighbours: Vec<Neighbour>,
    /// What it brings in from outside of OSPF.
    pub externals: Arc<BTreeMap<Prefix, External>>,
    /// Routes of BGP that it tells as routes between areas.
    pub summaries: Arc<Summaries>,
    /// Whether it is there to bring routes in, even if there are none at present.
    pub brings_in: bool,
    /// Whether it offers a default route whatever others offer.
    pub always_offers_default: bool,
    /// Its preference of routes of OSPF.
    pub preference: u8,
    /// Its preference of routes from outside.
    pub external_preference: u8,
    /// How many equal paths it uses.
    pub ecmp: usize,
    pub(super) enabled: Vec<Enabled>,
    silent: BTreeSet<usize>,
    stubs: BTreeMap<Ipv4Addr, Stub>,
    /// How the packets of areas are authenticated.
    authentications: BTreeMap<Ipv4Addr, Authentication>,
}

/// A stub area (RFC 2328 §3.6) as a router has it configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stub {
    /// Whether a border router tells nothing of other areas but a default route.
    pub no_summary: bool,
    /// The cost of the default route that a border router tells.
    pub default_cost: u32,
}

impl Process {
    /// The interfaces that OSPF runs on: index, area, and whether it is silent there.
    pub fn enabled(&self) -> impl Iterator<Item = (usize, Ipv4Addr, bool)> {
        self.enabled.iter().map(|enabled| {
            (
                enabled.interface,
                enabled.area,
                self.silent.contains(&enabled.interface),
            )
        })
    }

    /// A route within the domain that goes over an interface in this way.
    pub fn route(&self, prefix: Prefix, cost: u32, next_hop: Ipv4Addr, over: Option<&Interface>, via: Via) -> Route {
        Route {
            prefix,
            protocol: Protocol::Ospf,
            preference: self.preference,
            cost,
            next_hop,
            recursive: false,
            interface: over.map(|interface| interface.name.clone()),
            via,
            neighbour: None,
            process: self.id,
            tag: 0,
            ospf: None,
            backup: None,
        }
    }
}

/// A neighbour in a router LSA: its router ID, the own address on the link, the cost.
pub type ListedNeighbour = (Ipv4Addr, Ipv4Addr, u32);

/// An interface that takes part, with what is advertised of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Enabled {
    pub(super) interface: usize,
    pub(super) area: Ipv4Addr,
    pub(super) cost: u32,
    pub(super) prefix: Prefix,
    address: Ipv4Addr,
    broadcast: bool,
}

/// A neighbour; those of a process are in state Full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// Index of the interface that it is seen on.
    pub interface: usize,
    /// The area.
    pub area: Ipv4Addr,
    /// Its router ID.
    pub router_id: Ipv4Addr,
    /// Its address on the link.
    pub address: Ipv4Addr,
    /// Whether the link has a designated router.
    pub broadcast: bool,
    /// Its priority.
    pub priority: u8,
    /// The MTU that it tells; 0 if it tells none.
    pub mtu: u32,
    node: (usize, u32),
}

impl Neighbour {
    /// Device and number of the process on it.
    pub fn node(&self) -> (usize, u32) {
        self.node
    }
}

/// The process of a device with a number.
pub fn numbered(processes: &[Process], number: u32) -> Option<&Process> {
    processes.iter().find(|process| process.id == number)
}

/// The router ID that a device takes if none is configured: its largest loopback address, else its largest address.
pub fn default_router_id(interfaces: &[Interface]) -> Option<Ipv4Addr> {
    largest_address(interfaces, &Vrf::Public)
}

/// The largest loopback address of an instance, else its largest address.
fn largest_address(interfaces: &[Interface], vrf: &Vrf) -> Option<Ipv4Addr> {
    let largest = |loopback: bool| {
        interfaces
            .iter()
            .filter(|i| i.vrf == *vrf && i.name.is_loopback() == loopback)
            .filter_map(Interface::up_address)
            .max()
    };
    largest(true).or_else(|| largest(false))
}

/// The router ID that a configuration gives to all protocols.
pub fn configured_router_id(configuration: &Configuration) -> Option<Ipv4Addr> {
    let mut lines = configuration.lines.iter();
    lines.find_map(|line| line.text.strip_prefix("router id ")?.parse().ok())
}

/// The OSPF processes of all devices with their neighbours.
pub fn processes(
    configurations: &[Arc<Configuration>],
    interfaces: &[Arc<Vec<Interface>>],
    conditions: &[[Condition; 2]],
) -> Vec<Arc<Vec<Process>>> {
    let alone: Vec<Arc<Vec<Process>>> = configurations
        .iter()
        .zip(interfaces)
        .map(|(configuration, interfaces)| Arc::new(configured(configuration, interfaces)))
        .collect();
    (0..alone.len())
        .map(|device| Arc::new(with_neighbours(device, &alone, interfaces, conditions)))
        .collect()
}

/// The processes of a device with all neighbours that it could have; what the devices have configured is `alone`.
pub fn with_neighbours(
    device: usize,
    alone: &[Arc<Vec<Process>>],
    interfaces: &[Arc<Vec<Interface>>],
    conditions: &[[Condition; 2]],
) -> Vec<Process> {
    let (Some(processes), Some(own)) = (alone.get(device), interfaces.get(device)) else {
        return Vec::new();
    };
    let complete = |process: &Process| Process {
        neighbours: meetings_of(process, own, alone, interfaces, conditions)
            .into_iter()
            .filter(|(_, stage)| *stage == Stage::Full)
            .map(|(neighbour, _)| neighbour)
            .collect(),
        ..process.clone()
    };
    processes.iter().map(complete).collect()
}

/// The processes that a configuration makes on interfaces that are up, without neighbours.
pub fn configured(configuration: &Configuration, interfaces: &[Interface]) -> Vec<Process> {
    let mut taken = BTreeSet::new();
    let blocks = configuration.lines.iter().filter(|line| line.text.starts_with("ospf "));
    blocks
        .filter_map(|block| {
            let words: Vec<&str> = block.text.split(' ').collect();
            let id = words.get(1)?.parse().ok()?;
            let instance = ospf_instance::configured(configuration, block);
            let vrf = instance
                .as_ref()
                .map_or(Vrf::Public, |of| Vrf::Instance(of.name.clone()));
            let configured = words.iter().position(|word| *word == "router-id");
            let configured = configured.and_then(|at| words.get(at + 1)?.parse().ok());
            let router_id = configured
                .or_else(|| configured_router_id(configuration).filter(|_| instance.is_none()))
                .or_else(|| largest_address(interfaces, &vrf))?;
            let reference = block
                .after("bandwidth-reference ")
                .and_then(|text| text.parse().ok())
                .unwrap_or(BANDWIDTH_REFERENCE);
            let mut enabled = Vec::new();
            for (index, interface) in interfaces.iter().enumerate() {
                let Some(address) = interface.up_address().filter(|_| interface.vrf == vrf) else {
                    continue;
                };
                let area = match interface.ospf_enable {
                    Some((process, area)) => (process == id).then_some(area),
                    None => area_of(block, address),
                };
                let prefix = if interface.name.is_loopback() {
                    Some(Prefix::host(address))
                } else {
                    interface.up_prefix()
                };
                if let (Some(area), Some(prefix)) = (area.filter(|_| taken.insert(index)), prefix) {
                    enabled.push(Enabled {
                        interface: index,
                        area,
                        cost: interface
                            .ospf_cost
                            .unwrap_or_else(|| default_cost(configuration, &interface.name, reference)),
                        prefix,
                        address,
                        broadcast: !interface.name.is_loopback()
                            && interface.ospf_network_type.as_deref().unwrap_or("broadcast") == "broadcast",
                    });
                }
            }
            let silent = block.children.iter().filter_map(|line| {
                let name = line.text.strip_prefix("silent-interface ")?;
                interfaces.iter().position(|i| i.name.to_string() == name)
            });
            let number = |prefix: &str| {
                let mut lines = block.children.iter();
                lines.find_map(|line| line.text.strip_prefix(prefix)?.parse::<u8>().ok())
            };
            Some(Process {
                id,
                router_id,
                instance,
                neighbours: Vec::new(),
                externals: Arc::default(),
                summaries: Arc::default(),
                brings_in: ospf_external::brings_in(block),
                always_offers_default: block
                    .after("default-route-advertise")
                    .is_some_and(|text| text.starts_with(" always")),
                enabled,
                silent: silent.collect(),
                stubs: stubs(block),
                authentications: authentications(block),
                preference: number("preference ").unwrap_or(PREFERENCE),
                external_preference: number("preference ase ").unwrap_or(EXTERNAL_PREFERENCE),
                ecmp: block
                    .after("maximum load-balancing ")
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(LARGEST_ECMP),
            })
        })
        .collect()
}

/// The cost of an interface that none is configured for: the reference by its bandwidth, at least 1. A loopback costs
/// 1 whatever the reference is.
fn default_cost(configuration: &Configuration, name: &InterfaceName, reference: u64) -> u32 {
    if name.is_loopback() {
        return 1;
    }
    let node = configuration.interfaces().find(|(own, _)| own == name);
    let configured = node.and_then(|(_, node)| {
        let words: Vec<&str> = node.after("bandwidth ")?.split(' ').collect();
        let number: u64 = words.first()?.parse().ok()?;
        Some(if words.contains(&"kbps") {
            number
        } else {
            number.saturating_mul(1000)
        })
    });
    let kilobits = configured.unwrap_or_else(|| name.bandwidth()).max(1);
    u32::try_from(reference.saturating_mul(1000) / kilobits)
        .unwrap_or(LARGEST_COST)
        .clamp(1, LARGEST_COST)
}

fn stubs(block: &Node) -> BTreeMap<Ipv4Addr, Stub> {
    let areas = block.children.iter().filter_map(|line| {
        let area: Ipv4Addr = line.text.strip_prefix("area ")?.parse().ok()?;
        let no_summary = line.has("stub no-summary");
        let default_cost = line.after("default-cost ").and_then(|cost| cost.parse().ok());
        (no_summary || line.has("stub")).then_some((
            area,
            Stub {
                no_summary,
                default_cost: default_cost.unwrap_or(1),
            },
        ))
    });
    areas.collect()
}

fn authentications(block: &Node) -> BTreeMap<Ipv4Addr, Authentication> {
    let areas = block.children.iter().filter_map(|line| {
        let area = line.text.strip_prefix("area ")?.parse().ok()?;
        Some((area, Authentication::parse(line.after("authentication-mode ")?)?))
    });
    areas.collect()
}

/// The area whose `network` line fits an address, the most specific one if several do.
fn area_of(block: &Node, address: Ipv4Addr) -> Option<Ipv4Addr> {
    let mut best: Option<(u32, Ipv4Addr)> = None;
    for line in &block.children {
        let Some(area) = line.text.strip_prefix("area ").and_then(|area| area.parse().ok()) else {
            continue;
        };
        for network in line
            .children
            .iter()
            .filter_map(|line| line.text.strip_prefix("network "))
        {
            let Some((base, wildcard)) = network.split_once(' ') else {
                continue;
            };
            let (Ok(base), Ok(wildcard)) = (base.parse::<Ipv4Addr>(), wildcard.parse::<Ipv4Addr>()) else {
                continue;
            };
            let fixed = !u32::from(wildcard);
            let fits = u32::from(base) & fixed == u32::from(address) & fixed;
            if fits && best.is_none_or(|(bits, _)| fixed.count_ones() > bits) {
                best = Some((fixed.count_ones(), area));
            }
        }
    }
    best.map(|(_, area)| area)
}

/// The neighbours of the processes of a device, by the number of the process, and how far they get with each.
pub fn meetings(
    device: usize,
    all: &[Arc<Vec<Process>>],
    interfaces: &[Arc<Vec<Interface>>],
    conditions: &[[Condition; 2]],
) -> Vec<(u32, Neighbour, Stage)> {
    let (Some(processes), Some(own)) = (all.get(device), interfaces.get(device)) else {
        return Vec::new();
    };
    let mut met = Vec::new();
    for process in processes.iter() {
        let found = meetings_of(process, own, all, interfaces, conditions);
        met.extend(
            found
                .into_iter()
                .map(|(neighbour, stage)| (process.id, neighbour, stage)),
        );
    }
    met
}

fn meetings_of(
    process: &Process,
    own: &[Interface],
    all: &[Arc<Vec<Process>>],
    interfaces: &[Arc<Vec<Interface>>],
    conditions: &[[Condition; 2]],
) -> Vec<(Neighbour, Stage)> {
    let mut found = Vec::new();
    for (index, area) in process
        .enabled
        .iter()
        .map(|enabled| (enabled.interface, enabled.area))
        .filter(|(index, _)| !process.silent.contains(index))
    {
        let neighbour = || {
            let here = own.get(index)?;
            let (device, far) = here.far_end?;
            let there = interfaces.get(device)?.get(far)?;
            let other = all
                .get(device)?
                .iter()
                .find(|other| other.is_on(far, area) && !other.silent.contains(&far))?;
            let types = [here, there].map(|i| i.ospf_network_type.as_deref().unwrap_or("broadcast"));
            let agree = here.up_prefix() == there.up_prefix()
                && here.ospf_link.timers() == there.ospf_link.timers()
                && process.authentication(here, area).agrees(other.authentication(there, area))
                // Both must say the same of external routes (the E-bit, RFC 2328 §10.5).
                && process.stub(area).is_some() == other.stub(area).is_some()
                && other.router_id != process.router_id;
            let address = there.up_address().filter(|_| agree && receives(conditions, here))?;
            let is_master = process.router_id > other.router_id;
            let priorities = [here, there].map(|i| i.ospf_link.priority);
            let stage = if !both_ways(conditions, here) {
                Stage::Init
            } else if types == ["broadcast"; 2] && priorities == [0; 2] {
                Stage::TwoWay
            } else if let Some(stage) = here.ospf_link.exchange_fails(&there.ospf_link, is_master) {
                stage
            } else if types.first() == types.last() {
                Stage::Full
            } else {
                Stage::FullWithoutPath
            };
            let neighbour = Neighbour {
                interface: index,
                area,
                router_id: other.router_id,
                address,
                broadcast: types.first() == Some(&"broadcast"),
                priority: there.ospf_link.priority,
                mtu: there.ospf_link.told_mtu(),
                node: (device, other.id),
            };
            Some((neighbour, stage))
        };
        found.extend(neighbour());
    }
    found
}

impl Process {
    /// What its router LSA of an area lists: neighbours (router ID, own address on the link, cost) and networks with
    /// their costs.
    pub fn listed(&self, area: Ipv4Addr) -> (Vec<ListedNeighbour>, Vec<(Prefix, u32)>) {
        let neighbours = self.neighbours.iter().filter(|neighbour| neighbour.area == area);
        let neighbours = neighbours.filter_map(|neighbour| {
            let mut enabled = self.enabled.iter();
            let own = enabled.find(|enabled| enabled.interface == neighbour.interface)?;
            Some((neighbour.router_id, own.address, own.cost))
        });
        (neighbours.collect(), self.networks(area).collect())
    }

    /// How the packets of an area are authenticated where interfaces say nothing.
    pub fn authentication_of(&self, area: Ipv4Addr) -> &Authentication {
        self.authentications.get(&area).unwrap_or(&Authentication::Null)
    }

    /// How its packets are authenticated on an interface.
    pub fn authentication<'a>(&'a self, interface: &'a Interface, area: Ipv4Addr) -> &'a Authentication {
        let own = interface.ospf_link.authentication.as_ref();
        own.unwrap_or_else(|| self.authentication_of(area))
    }

    fn is_on(&self, interface: usize, area: Ipv4Addr) -> bool {
        self.enabled
            .iter()
            .any(|enabled| enabled.interface == interface && enabled.area == area)
    }

    /// The areas that it has interfaces in.
    pub fn areas(&self) -> BTreeSet<Ipv4Addr> {
        self.enabled.iter().map(|enabled| enabled.area).collect()
    }

    /// How an area is configured if it is a stub area.
    pub fn stub(&self, area: Ipv4Addr) -> Option<Stub> {
        self.stubs.get(&area).copied()
    }

    /// The networks that it advertises into an area, with their costs. A loopback is a host route.
    pub fn networks(&self, area: Ipv4Addr) -> impl Iterator<Item = (Prefix, u32)> {
        let in_area = self.enabled.iter().filter(move |enabled| enabled.area == area);
        in_area.map(|enabled| (enabled.prefix, enabled.cost))
    }

    /// The interface that an address is on the network of, and whether the address is its own.
    pub fn on_network(&self, address: Ipv4Addr) -> Option<(usize, bool)> {
        let mut enabled = self.enabled.iter();
        let found = enabled.find(|enabled| enabled.prefix.contains(address))?;
        Some((found.interface, found.address == address))
    }

    /// Its own address on a network.
    pub fn address_on(&self, prefix: Prefix) -> Option<Ipv4Addr> {
        let mut enabled = self.enabled.iter();
        enabled
            .find(|enabled| enabled.prefix == prefix)
            .map(|enabled| enabled.address)
    }

    /// Whether an interface has an address on its network as a neighbour could, with a designated router there.
    pub fn shares(&self, interface: usize, address: Ipv4Addr) -> bool {
        let mut enabled = self.enabled.iter().filter(|enabled| enabled.interface == interface);
        enabled.any(|enabled| enabled.broadcast && enabled.prefix.contains(address))
            && !self.silent.contains(&interface)
    }

    /// The cost of an interface that OSPF runs on.
    pub fn cost(&self, interface: usize) -> u32 {
        let enabled = self.enabled.iter().find(|enabled| enabled.interface == interface);
        enabled.map_or(1, |enabled| enabled.cost)
    }

    /// The network of an interface that OSPF runs on.
    pub fn prefix(&self, interface: usize) -> Option<Prefix> {
        let enabled = self.enabled.iter().find(|enabled| enabled.interface == interface);
        enabled.map(|enabled| enabled.prefix)
    }

    /// A router in the backbone and in another area.
    pub fn is_border(&self) -> bool {
        let in_backbone = |enabled: &Enabled| enabled.area == BACKBONE;
        self.enabled.iter().any(in_backbone) && !self.enabled.iter().all(in_backbone)
    }
}
