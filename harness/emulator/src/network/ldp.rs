//! LDP (RFC 5036): sessions between neighbours on a link, labels for host routes, LSPs that follow the IGP.
//!
//! Ordered control: a label for a host address is given only with an LSP behind it. The last hop but one pops it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::forwarding::Forwarding;
use super::interfaces::Interface;
use super::prefix::{Prefix, Vrf};
use super::rib::{Protocol, Ribs, Via};
use crate::configuration::Configuration;

/// A session as one device sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdpSession {
    /// Index of the peer.
    pub peer: usize,
    /// LSR ID of the peer, which is its transport address too.
    pub peer_lsr_id: Ipv4Addr,
    /// Whether this end opens the connection: the one with the larger transport address does.
    pub active: bool,
    /// Whether the session is operational; else the transport addresses do not reach each other.
    pub operational: bool,
}

/// The next hop of an LSP.
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
}

/// The LSPs of a device by the host address at their end.
pub type Lsps = BTreeMap<Ipv4Addr, Lsp>;

/// The LSR ID of each device that runs LDP.
pub fn lsr_ids(configurations: &[Arc<Configuration>]) -> Vec<Option<Ipv4Addr>> {
    configurations
        .iter()
        .map(|configuration| {
            let has = |text: &str| configuration.lines.iter().any(|line| line.text == text);
            let id = configuration
                .lines
                .iter()
                .find_map(|line| line.text.strip_prefix("mpls lsr-id ")?.parse().ok())?;
            (has("mpls") && has("mpls ldp")).then_some(id)
        })
        .collect()
}

/// The sessions of every device, by the LSR ID of the peer.
pub fn sessions(lsr_ids: &[Option<Ipv4Addr>], forwarding: &Forwarding<'_>) -> Vec<Vec<LdpSession>> {
    lsr_ids
        .iter()
        .enumerate()
        .map(|(device, own)| {
            let Some(own) = *own else {
                return Vec::new();
            };
            let peers: BTreeSet<(Ipv4Addr, usize)> = forwarding
                .interfaces
                .get(device)
                .into_iter()
                .flatten()
                .filter_map(|interface| adjacency(interface, lsr_ids, forwarding.interfaces))
                .filter(|(id, peer)| *peer != device && *id != own)
                .collect();
            peers
                .into_iter()
                .map(|(peer_lsr_id, peer)| LdpSession {
                    peer,
                    peer_lsr_id,
                    active: own > peer_lsr_id,
                    operational: forwarding.reaches(device, &Vrf::Public, own, peer_lsr_id, peer)
                        && forwarding.reaches(peer, &Vrf::Public, peer_lsr_id, own, device),
                })
                .collect()
        })
        .collect()
}

fn adjacency(
    interface: &Interface,
    lsr_ids: &[Option<Ipv4Addr>],
    interfaces: &[Vec<Interface>],
) -> Option<(Ipv4Addr, usize)> {
    let speaks = |interface: &Interface| interface.ldp && interface.protocol && interface.vrf == Vrf::Public;
    let (device, far) = interface.far_end?;
    let there = interfaces.get(device)?.get(far)?;
    let id = (*lsr_ids.get(device)?)?;
    (speaks(interface) && speaks(there) && interface.up_prefix() == there.up_prefix()).then_some((id, device))
}

/// The LSPs of all devices: from each egress backwards, hop by hop, along the routes.
pub fn lsps(
    lsr_ids: &[Option<Ipv4Addr>],
    sessions: &[Vec<LdpSession>],
    interfaces: &[Vec<Interface>],
    ribs: &[Ribs],
) -> Vec<Lsps> {
    let mut lsps: Vec<Lsps> = vec![Lsps::new(); ribs.len()];
    let owners = owners(lsr_ids, interfaces);
    // As many rounds as an LSP may have hops; each adds those whose next hop has one.
    for _ in 0..ribs.len() {
        let mut found = Vec::new();
        for (device, own) in ribs.iter().enumerate() {
            if lsr_ids.get(device).is_none_or(Option::is_none) {
                continue;
            }
            for (prefix, routes) in own.get(&Vrf::Public).into_iter().flatten() {
                let address = prefix.broadcast();
                let is_new = !lsps.get(device).is_none_or(|own| own.contains_key(&address));
                if prefix.length() != 32 || !is_new || routes.iter().any(|r| r.protocol > Protocol::Static) {
                    continue;
                }
                let hop = routes.iter().find_map(|route| {
                    let Via::Gateway(interface, gateway) = route.via else {
                        return None;
                    };
                    let (next, far) = interfaces.get(device)?.get(interface)?.far_end?;
                    let there = interfaces.get(next)?.get(far)?;
                    let here = interfaces.get(device)?.get(interface)?;
                    adjacency(here, lsr_ids, interfaces)?;
                    let session = sessions.get(device)?.iter().find(|session| session.peer == next)?;
                    let has_label = owners.contains(&(next, address))
                        || lsps.get(next).is_some_and(|lsps| lsps.contains_key(&address));
                    (session.operational && there.up_address() == Some(gateway) && has_label).then_some(Lsp {
                        interface,
                        gateway,
                        next,
                        cost: route.cost,
                    })
                });
                found.extend(hop.map(|lsp| (device, Prefix::host(address), lsp)));
            }
        }
        if found.is_empty() {
            break;
        }
        for (device, prefix, lsp) in found {
            if let Some(own) = lsps.get_mut(device) {
                own.insert(prefix.broadcast(), lsp);
            }
        }
    }
    lsps
}

/// Host addresses for which a device gives out the implicit null.
fn owners(lsr_ids: &[Option<Ipv4Addr>], interfaces: &[Vec<Interface>]) -> BTreeSet<(usize, Ipv4Addr)> {
    let mut owners = BTreeSet::new();
    for (device, interfaces) in interfaces.iter().enumerate() {
        if lsr_ids.get(device).is_none_or(Option::is_none) {
            continue;
        }
        for interface in interfaces.iter().filter(|i| i.vrf == Vrf::Public) {
            if let (Some((address, 32)), true) = (interface.address, interface.protocol) {
                owners.insert((device, address));
            }
        }
    }
    owners
}
