//! Interfaces: what is configured on them, whether they are up, and what stands at the other end of their link.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::ospf_link::LinkTerms;
use super::prefix::{Prefix, Vrf, mask_length};
use super::simulation::Way;
use super::vpn_instances;
use super::vpn_instances::VpnInstance;
use super::wiring::Wiring;
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
    /// MPLS is on.
    pub mpls: bool,
    /// MPLS and LDP are on.
    pub ldp: bool,
    /// `ospf cost`.
    pub ospf_cost: Option<u32>,
    /// `ospf network-type`.
    pub ospf_network_type: Option<String>,
    /// What else is configured of OSPF.
    pub ospf_link: LinkTerms,
    /// Process and area of `ospf enable`.
    pub ospf_enable: Option<(u32, Ipv4Addr)>,
    /// Device and interface at the other end, whatever its state.
    pub far_end: Option<(usize, usize)>,
    /// The way that it sends on; none without a link.
    pub way: Option<Way>,
    /// The VLAN that a sub-interface tags its packets with.
    pub vlan: Option<u16>,
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

/// The interfaces of all devices, each device's in the order of their names. A port needs a signal from the other end
/// of its link; `signal` tells which have it.
pub fn of(
    configurations: &[Arc<Configuration>],
    wiring: &Wiring,
    signal: impl Fn(usize, &InterfaceName) -> bool,
) -> Vec<Arc<Vec<Interface>>> {
    let mut all: Vec<Vec<Interface>> = configurations
        .iter()
        .enumerate()
        .map(|(device, configuration)| {
            let vpns = vpn_instances::of(configuration);
            let mut interfaces: Vec<Interface> = configuration
                .interfaces()
                .map(|(name, node)| {
                    let way = wiring.way(device, &name.port());
                    let on = way.is_some() && is_on(configuration, &name.port()) && signal(device, &name.port());
                    interface(name, node, &vpns, on, way)
                })
                .collect();
            interfaces.sort_by(|a, b| a.name.cmp(&b.name));
            interfaces
        })
        .collect();
    let far_ends: Vec<Vec<Option<(usize, usize)>>> = all
        .iter()
        .zip(configurations)
        .map(|(interfaces, configuration)| {
            interfaces
                .iter()
                .map(|interface| far_end(configurations, wiring, &all, configuration, interface))
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

/// The same interfaces of one device, with other signals.
pub fn renewed(
    interfaces: &[Interface],
    configuration: &Configuration,
    signal: impl Fn(&InterfaceName) -> bool,
) -> Vec<Interface> {
    let vpns = vpn_instances::of(configuration);
    interfaces
        .iter()
        .map(|before| {
            let port = before.name.port();
            let on = before.way.is_some() && is_on(configuration, &port) && signal(&port);
            let mut nodes = configuration.interfaces();
            let renewed = nodes
                .find(|(name, _)| *name == before.name)
                .map(|(name, node)| interface(name, node, &vpns, on, before.way));
            Interface {
                far_end: before.far_end,
                ..renewed.unwrap_or_else(|| before.clone())
            }
        })
        .collect()
}

/// Whether a port is there and not shut down.
pub fn is_on(configuration: &Configuration, port: &InterfaceName) -> bool {
    let mut interfaces = configuration.interfaces();
    interfaces.any(|(name, node)| name == *port && !node.has("shutdown"))
}

/// A loopback is up; anything else needs its port to be on and to have a signal, which is `on`.
fn interface(name: InterfaceName, node: &Node, vpns: &[VpnInstance], on: bool, way: Option<Way>) -> Interface {
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
    let physical = name.is_loopback() || on && !node.has("shutdown");
    Interface {
        vrf,
        address,
        physical,
        protocol: physical && bound && address.is_some(),
        mpls: node.has("mpls"),
        ldp: node.has("mpls") && node.has("mpls ldp"),
        ospf_cost: node.after("ospf cost ").and_then(|cost| cost.parse().ok()),
        ospf_network_type: node.after("ospf network-type ").map(str::to_owned),
        ospf_link: LinkTerms::of(node),
        ospf_enable: node.after("ospf enable ").and_then(|text| {
            let (process, area) = text.split_once(" area ")?;
            Some((process.parse().ok()?, area.parse().ok()?))
        }),
        far_end: None,
        way,
        vlan: node.after("vlan-type dot1q ").and_then(|vlan| vlan.parse().ok()),
        name,
    }
}

/// The interface at the other end: the port for a port; for a sub-interface the one with the same VLAN.
fn far_end(
    configurations: &[Arc<Configuration>],
    wiring: &Wiring,
    all: &[Vec<Interface>],
    own: &Configuration,
    interface: &Interface,
) -> Option<(usize, usize)> {
    let (other, port) = wiring.receiver(interface.way?)?;
    let is_port = interface.name.is_physical();
    let vlan = if is_port {
        None
    } else {
        Some(vlan(own, &interface.name)?)
    };
    let theirs = configurations.get(*other)?;
    let is_far_end = |far: &InterfaceName| {
        far.port() == *port
            && match &vlan {
                None => far.is_physical(),
                Some(vlan) => !far.is_physical() && self::vlan(theirs, far).as_ref() == Some(vlan),
            }
    };
    let index = all.get(*other)?.iter().position(|far| is_far_end(&far.name))?;
    Some((*other, index))
}

fn vlan(configuration: &Configuration, name: &InterfaceName) -> Option<String> {
    let (_, node) = configuration.interfaces().find(|(interface, _)| interface == name)?;
    node.after("vlan-type dot1q ").map(str::to_owned)
}
