//! LDP (RFC 5036): labels for host routes, LSPs that follow the IGP.
//!
//! Ordered control: a label for a host address is given only with an LSP behind it. The last hop but one pops it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::interfaces::Interface;
use super::labels::{EXPLICIT_NULL, IMPLICIT_NULL, Labels};
use super::ldp_session::LdpSession;
use super::ldp_settings::{EgressLabel, LdpSettings};
use super::prefix::{Prefix, Vrf};
use super::rib::{Protocol, Ribs, Route, Via};
use super::shared::{Shared, changed};
use super::shared_table::SharedTable;
use crate::configuration::Configuration;

/// A next hop of an LSP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lsp {
    /// Interface it leaves by.
    pub interface: usize,
    /// Address of the next LSR.
    pub gateway: Ipv4Addr,
    /// Index of the next LSR.
    pub next: usize,
    /// IGP cost to its end.
    pub cost: u32,
    /// The label that the next LSR gave; [`IMPLICIT_NULL`] if that is for this one to pop.
    pub out_label: u32,
    /// Whether LSPs begin here for the address, and do not only cross.
    pub ingress: bool,
}

/// The LSPs of a device by the host address at their end: the ways that they take from here, at least one, all equally
/// good.
pub type Lsps = SharedTable<Ipv4Addr, Shared<Lsp>>;

/// The host addresses on interfaces of the public network: those that may have labels.
pub fn host_addresses(configurations: &[Arc<Configuration>]) -> Vec<Ipv4Addr> {
    let nodes = configurations.iter().flat_map(|c| c.interfaces());
    nodes
        .filter(|(_, node)| node.after("ip binding vpn-instance ").is_none())
        .filter_map(|(_, node)| {
            let (address, mask) = node.after("ip address ")?.split_once(' ')?;
            address.parse().ok().filter(|_| mask == "255.255.255.255")
        })
        .collect()
}

/// The label mappings that a device gives: the host addresses that end on it and those that it has an LSP to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mappings {
    /// Own host addresses, each with its label.
    pub egress: BTreeMap<Ipv4Addr, u32>,
    /// Host addresses with an LSP behind them, each with its label.
    pub transit: BTreeMap<Ipv4Addr, u32>,
}

impl Mappings {
    /// All addresses with their labels.
    pub fn all(&self) -> impl Iterator<Item = (Ipv4Addr, u32)> {
        let egress = self.egress.iter().map(|(address, label)| (*address, *label));
        let transit = self.transit.iter().map(|(address, label)| (*address, *label));
        egress.chain(transit.filter(|(address, _)| !self.egress.contains_key(address)))
    }

    /// The addresses that have other labels now, or have one now and had none, or the other way round; in order.
    pub fn different(&self, now: &Self) -> Vec<Ipv4Addr> {
        let transit = changed(&self.transit, &now.transit).into_iter();
        let mut addresses: Vec<Ipv4Addr> = transit
            .chain(changed(&self.egress, &now.egress))
            .copied()
            .filter(|address| self.label(*address) != now.label(*address))
            .collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// The label that is mapped to an address.
    pub fn label(&self, address: Ipv4Addr) -> Option<u32> {
        self.egress
            .get(&address)
            .or_else(|| self.transit.get(&address))
            .copied()
    }
}

/// The host addresses of a device that LSPs end at.
pub fn own_addresses<'a>(
    settings: &'a LdpSettings,
    interfaces: &'a [Interface],
) -> impl Iterator<Item = Ipv4Addr> + use<'a> {
    let public = interfaces.iter().filter(|interface| interface.vrf == Vrf::Public);
    let own = public.filter_map(|interface| match interface.address {
        Some((address, 32)) if interface.protocol => Some(address),
        _ => None,
    });
    own.filter(|address| settings.trigger.permits(*address))
}

/// The label that a device gives to an address of its own.
pub fn egress_label(device: usize, settings: &LdpSettings, address: Ipv4Addr, labels: &Labels) -> Option<u32> {
    match settings.egress_label {
        EgressLabel::Implicit => Some(IMPLICIT_NULL),
        EgressLabel::Explicit => Some(EXPLICIT_NULL),
        EgressLabel::Own => labels.of(device, address),
    }
}

/// What a device that has these LSPs maps.
pub fn mappings_of(
    device: usize,
    settings: Option<&LdpSettings>,
    interfaces: &[Interface],
    lsps: &Lsps,
    labels: &Labels,
) -> Mappings {
    let Some(settings) = settings else {
        return Mappings::default();
    };
    let own = own_addresses(settings, interfaces);
    Mappings {
        egress: own
            .filter_map(|address| Some((address, egress_label(device, settings, address, labels)?)))
            .collect(),
        transit: lsps
            .keys()
            .filter_map(|address| Some((*address, labels.of(device, *address)?)))
            .collect(),
    }
}

/// What the LSPs of a device follow from, besides its routes.
#[derive(Debug, Clone, Copy)]
pub struct LspSources<'a> {
    /// The device.
    pub device: usize,
    /// Its LDP, if that runs.
    pub settings: Option<&'a LdpSettings>,
    /// The device's sessions.
    pub sessions: &'a [LdpSession],
    /// The interfaces of all devices.
    pub interfaces: &'a [Arc<Vec<Interface>>],
    /// What each device has told, by index.
    pub received: &'a [Arc<Mappings>],
}

impl LspSources<'_> {
    /// The LSPs of the device: along its routes to host addresses, where the next hop has given a mapping.
    pub fn lsps(&self, ribs: &Ribs) -> Lsps {
        let routes = ribs.get(&Vrf::Public).into_iter().flat_map(|rib| rib.iter());
        routes
            .filter_map(|(prefix, routes)| Some((prefix.broadcast(), self.lsp(*prefix, routes)?)))
            .collect()
    }

    /// The LSP along the routes to a prefix, if it is a host address: by each of them whose next hop has given a label.
    pub fn lsp(&self, prefix: Prefix, routes: &[Route]) -> Option<Shared<Lsp>> {
        let settings = self.settings?;
        if prefix.length() != 32 || routes.iter().any(|route| route.protocol >= Protocol::Ebgp) {
            return None;
        }
        let address = prefix.broadcast();
        let ingress = settings.trigger.permits(address);
        let ways = routes.iter().filter_map(|route| {
            let Via::Gateway(interface, gateway) = route.via else {
                return None;
            };
            let here = self.interfaces.get(self.device)?.get(interface)?;
            let (next, far) = here.far_end?;
            // Whether the other end is up is for the session and the route to find out.
            let there = self.interfaces.get(next)?.get(far)?;
            let speaks = |interface: &Interface| interface.ldp && interface.vrf == Vrf::Public;
            if !(speaks(here) && here.protocol && speaks(there)) {
                return None;
            }
            let session = self.sessions.iter().find(|session| session.peer == next)?;
            let out_label = self.received.get(next)?.label(address)?;
            let answers = there.address.is_some_and(|(address, _)| address == gateway);
            (session.operational && answers).then_some(Lsp {
                interface,
                gateway,
                next,
                cost: route.cost,
                out_label,
                ingress,
            })
        });
        let ways: Vec<Lsp> = ways.collect();
        (!ways.is_empty()).then(|| ways.into())
    }
}
