//! Networks made to order: a core of provider routers with VPNs and their customers, the same for the same plan.

mod addresses;
mod configuration;
mod topology;

use std::net::Ipv4Addr;

use crate::spec::{DeviceSpec, LabSpec, LinkSpec};
use topology::Topology;

/// The AS of every generated network, one of those for documentation (RFC 5398).
pub const AS_NUMBER: u32 = 64500;

/// The smallest and the largest number of provider routers.
const ROUTERS: std::ops::RangeInclusive<usize> = 4..=1000;
/// The largest number of VPNs, and of sites of all VPNs.
const MOST_VPNS: usize = 1000;
const MOST_SITES: usize = 10_000;

/// What a network is to consist of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkPlan {
    /// Provider routers of all roles together.
    pub routers: usize,
    /// VPNs.
    pub vpns: usize,
    /// PEs that each VPN has an instance on; 8, or all PEs if there are fewer, where it is not said.
    pub sites: Option<usize>,
    /// Customer routers of each VPN, on top of the provider's, each behind a PE of its own.
    pub customers: usize,
    /// Whether two routers reflect VPN routes; else every PE has a session with every other.
    pub reflectors: bool,
    /// What chance is drawn from.
    pub seed: u64,
}

/// Why a network cannot be generated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Too few or too many routers.
    #[error("{0} routers: expected {first} to {last}", first = ROUTERS.start(), last = ROUTERS.end())]
    Routers(usize),
    /// Two routers that reflect leave too few for the rest.
    #[error("{0} routers are too few for two route reflectors: expected at least 6, or a full mesh")]
    Reflectors(usize),
    /// Too many VPNs.
    #[error("{0} VPNs: expected at most {MOST_VPNS}")]
    Vpns(usize),
    /// A VPN cannot have so many sites.
    #[error("{sites} sites of each VPN: expected 1 to {pes}, the number of PEs among {routers} routers")]
    Sites {
        /// What was asked for.
        sites: usize,
        /// How many PEs there are.
        pes: usize,
        /// Of so many routers.
        routers: usize,
    },
    /// Too many sites in all.
    #[error("{0} sites in all: expected at most {MOST_SITES}")]
    AllSites(usize),
    /// More customers than sites.
    #[error("{customers} customer routers of each VPN: expected at most {sites}, one a site")]
    Customers {
        /// What was asked for.
        customers: usize,
        /// How many sites a VPN has.
        sites: usize,
    },
}

/// What a device is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// In the core, without BGP.
    Core,
    /// At the edge, with VPN instances.
    Edge,
    /// Reflects VPN routes.
    Reflector,
    /// A customer's.
    Customer,
}

/// A generated device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedDevice {
    /// Its name: P1, PE1, RR1, CE1 and so on, numbers of one kind equally wide.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The address of its loopback: the LSR ID of a provider's router.
    pub loopback: Ipv4Addr,
    /// Its configuration, as the device would print it.
    pub configuration: String,
}

/// A generated VPN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedVpn {
    /// Its name, the same on all PEs.
    pub name: String,
    /// Its route target.
    pub target: String,
    /// Its sites.
    pub sites: Vec<GeneratedSite>,
}

/// A VPN instance on a PE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedSite {
    /// Index of the PE among the devices.
    pub pe: usize,
    /// The address of the PE's loopback in the instance.
    pub address: Ipv4Addr,
    /// The instance's route distinguisher.
    pub route_distinguisher: String,
    /// The customer's router, if there is one.
    pub customer: Option<GeneratedCustomer>,
}

/// A customer's router behind a PE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedCustomer {
    /// Index of the router among the devices.
    pub device: usize,
    /// The PE's interface and address on the link.
    pub pe_end: (String, Ipv4Addr),
    /// The router's interface and address on the link.
    pub own_end: (String, Ipv4Addr),
    /// The PE's BFD session with the router.
    pub bfd_session: String,
}

/// A generated network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedNetwork {
    /// Its devices: core, reflectors, edge, then customers.
    pub devices: Vec<GeneratedDevice>,
    /// Its links: of the core, then of the edge, then of the customers.
    pub links: Vec<LinkSpec>,
    /// Its VPNs.
    pub vpns: Vec<GeneratedVpn>,
}

impl GeneratedNetwork {
    /// The network as a lab of this name.
    pub fn lab(&self, name: &str) -> LabSpec {
        let devices = self.devices.iter().map(|device| DeviceSpec {
            name: device.name.clone(),
            configuration: device.configuration.clone(),
            ..DeviceSpec::default()
        });
        LabSpec {
            name: name.to_owned(),
            devices: devices.collect(),
            links: self.links.clone(),
            ..LabSpec::default()
        }
    }
}

/// Generates the network of a plan.
pub fn generate(plan: &NetworkPlan) -> Result<GeneratedNetwork, PlanError> {
    Ok(configuration::network(&Topology::of(plan)?))
}

#[cfg(test)]
mod tests;
