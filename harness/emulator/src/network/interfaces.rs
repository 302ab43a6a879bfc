//! Interfaces: what is configured on them, whether they are up, and what stands at the other end of their link.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::prefix::{Prefix, Vrf, mask_length};
use super::vpn_instances::VpnInstance;
use super::{Topology, vpn_instances};
use crate::configuration::{Configuration, Node};
use crate::interface_name::InterfaceName;

/// An interface of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: InterfaceName,
    /// The instance it is bound to.
    pub vrf: Vrf,
    /// Its address and the length of its mask.
    pub address: Option<(Ipv4Addr, u8)>,
    /// The physical layer is up.
    pub physical: bool,
    /// IP is up.
    pub protocol: bool,
    /// MPLS and LDP are on.
    pub ldp: bool,
    /// `ospf cost`.
    pub ospf_cost: Option<u32>,
    /// `ospf network-type`.
    pub ospf_network_type: Option<String>,
    /// Process and area of `ospf enable`.
    pub ospf_enable: Option<(u32, Ipv4Addr)>,
    /// Device and interface at the other end, whatever its state.
    pub far_end: Option<(usize, usize)>,
}

impl Interface {
    /// Its address while IP is up.
    pub fn up_address(&self) -> Option<Ipv4Addr> {
        self.address.filter(|_| self.protocol).map(|(address, _)| address)
    }

    /// The prefix of its network while IP is up.
    pub fn up_prefix(&self) -> Option<Prefix> {
        self.address
            .filter(|_| self.protocol)
            .map(|(address, length)| Prefix::of(address, length))
    }
}

/// The interfaces of all devices, each device's in the order of their names.
pub fn of(topology: &Topology<'_>) -> Vec<Arc<Vec<Interface>>> {
    let mut all: Vec<Vec<Interface>> = topology
        .configurations
        .iter()
        .enumerate()
        .map(|(device, configuration)| {
            let vpns = vpn_instances::of(configuration);
            let mut interfaces: Vec<Interface> = configuration
                .interfaces()
                .map(|(name, node)| interface(topology, device, name, node, &vpns))
                .collect();
            interfaces.sort_by(|a, b| a.name.cmp(&b.name));
            interfaces
        })
        .collect();
    let far_ends: Vec<Vec<Option<(usize, usize)>>> = all
        .iter()
        .enumerate()
        .map(|(device, interfaces)| {
            interfaces
                .iter()
                .map(|interface| far_end(topology, &all, device, &interface.name))
                .collect()
        })
        .collect();
    for (interfaces, far_ends) in all.iter_mut().zip(far_ends) {
        for (interface, far_end) in interfaces.iter_mut().zip(far_ends) {
            interface.far_end = far_end;
        }
    }
    all.into_iter().map(Arc::new).collect()
}

fn interface(
    topology: &Topology<'_>,
    device: usize,
    name: InterfaceName,
    node: &Node,
    vpns: &[VpnInstance],
) -> Interface {
    let (vrf, bound) = match node.after("ip binding vpn-instance ") {
        None => (Vrf::Public, true),
        Some(vpn) => (
            Vrf::Instance(vpn.to_owned()),
            vpns.iter().any(|known| known.name == vpn),
        ),
    };
    let address = node.after("ip address ").and_then(|text| {
        let (address, mask) = text.split_once(' ')?;
        Some((address.parse().ok()?, mask_length(mask)?))
    });
    let physical = physical(topology, device, &name, node);
    Interface {
        vrf,
        address,
        physical,
        protocol: physical && bound && address.is_some(),
        ldp: node.has("mpls") && node.has("mpls ldp"),
        ospf_cost: node.after("ospf cost ").and_then(|cost| cost.parse().ok()),
        ospf_network_type: node.after("ospf network-type ").map(str::to_owned),
        ospf_enable: node.after("ospf enable ").and_then(|text| {
            let (process, area) = text.split_once(" area ")?;
            Some((process.parse().ok()?, area.parse().ok()?))
        }),
        far_end: None,
        name,
    }
}

/// A loopback is up; anything else needs its port and the one at the other end of the link, neither shut down.
fn physical(topology: &Topology<'_>, device: usize, name: &InterfaceName, node: &Node) -> bool {
    if name.is_loopback() {
        return true;
    }
    let port = name.port();
    let is_on = |device: usize, port: &InterfaceName| {
        let interfaces = topology.configurations.get(device).map(|c| c.interfaces());
        interfaces
            .into_iter()
            .flatten()
            .any(|(name, node)| name == *port && !node.has("shutdown"))
    };
    !node.has("shutdown")
        && is_on(device, &port)
        && other_port(topology, device, &port).is_some_and(|(device, port)| is_on(device, &port))
}

fn other_port(topology: &Topology<'_>, device: usize, port: &InterfaceName) -> Option<(usize, InterfaceName)> {
    let here = (device, port.clone());
    topology
        .links
        .iter()
        .find_map(|[a, b]| if *a == here { Some(b) } else { (*b == here).then_some(a) })
        .cloned()
}

/// The interface at the other end: the port for a port; for a sub-interface the one with the same VLAN.
fn far_end(
    topology: &Topology<'_>,
    all: &[Vec<Interface>],
    device: usize,
    name: &InterfaceName,
) -> Option<(usize, usize)> {
    let (other, port) = other_port(topology, device, &name.port())?;
    let vlan = vlan(topology.configurations.get(device)?, name);
    let is_far_end = |far: &InterfaceName| {
        far.port() == port
            && match (&vlan, name.is_physical()) {
                (_, true) => far.is_physical(),
                (None, false) => false,
                (vlan, false) => topology.configurations.get(other).and_then(|c| self::vlan(c, far)) == *vlan,
            }
    };
    let index = all.get(other)?.iter().position(|far| is_far_end(&far.name))?;
    Some((other, index))
}

fn vlan(configuration: &Configuration, name: &InterfaceName) -> Option<String> {
    let (_, node) = configuration.interfaces().find(|(interface, _)| interface == name)?;
    node.after("vlan-type dot1q ").map(str::to_owned)
}
