//! The directions in which flows pass a point. Each is balanced by another router, so each is judged by itself: all flows
//! of one direction on one link and all of the other on another are even together, and balanced by nobody.
//!
//! What is known of a flow is on which side it begins and on which it ends: its hosts, and the stations of the link that send
//! and take its packets. Flows that have one of these in common go the same way or opposite ways. Where nothing joins them, they
//! may go either way.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use checks::capture::Direction as Sense;
use checks::capture::measure::FlowId;
use checks::capture::measure::balance::BalanceTally;
use checks::capture::packet::{FlowKey, MacAddress};

use super::look::Met;
use super::sides::{Side, Sides, Thing};

/// What tells on which side a flow begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    /// An address; with the label of its VPN, as others may have the same addresses elsewhere.
    Host(Option<u32>, IpAddr),
    Station(MacAddress),
    /// The station that captured a file.
    Capturing(usize),
}

/// Bits of a host within its subnet: addresses that differ only there are often those of both sides.
const SUBNET_V4: u32 = 8;
const SUBNET_V6: u32 = 64;

/// The directions of flows, while they are met.
#[derive(Debug, Default)]
pub(super) struct Meeting {
    /// By all that is known.
    by_all: Sides,
    /// By hosts alone: there may be stations that send both ways.
    by_hosts: Sides,
    ends: HashMap<End, Thing>,
    /// Where flows begin, by their numbers.
    begins: Vec<Thing>,
    /// Of each way that flows went when they were met first, the flow that was the first to go it.
    ways: Vec<Thing>,
}

/// Which flows go one way, and which the other.
#[derive(Debug)]
pub(super) enum Known {
    /// All go the same way; why, where that is only likely.
    One(Option<String>),
    /// Those for which it is true go one way, by their numbers; why, where that is only likely.
    Two(Vec<bool>, Option<String>),
    /// Why it is not known.
    Unclear(&'static str),
}

impl Meeting {
    /// A flow is met in a file, there or in the first one. Returns the way it goes, as far as is known now.
    pub fn meet(&mut self, flow: FlowId, source: usize, met: &Met) -> usize {
        let begin = match self.begins.get(flow.0 as usize) {
            Some(known) => *known,
            None => {
                let new = self.thing();
                self.begins.push(new);
                new
            }
        };
        let label = met.service_label;
        let (from, to) = match met.key {
            FlowKey::Ethernet {
                source, destination, ..
            } => (
                Some(End::Station(source)),
                Some(End::Station(destination)).filter(|_| destination.is_unicast()),
            ),
            key => {
                let host = |address: IpAddr| {
                    (!address.is_unspecified() && !is_group(address)).then_some(End::Host(label, address))
                };
                (key.source().and_then(host), key.destination().and_then(host))
            }
        };
        for (end, is_begin) in [(from, true), (to, false)] {
            if let Some(end) = end {
                let end = self.end(end);
                join(&mut self.by_hosts, begin, end, is_begin);
                join(&mut self.by_all, begin, end, is_begin);
            }
        }
        let capturing = End::Capturing(source);
        let stations = [
            (met.stations.0.map(End::Station), true),
            (met.stations.1.map(End::Station), false),
            (met.direction.map(|_| capturing), met.direction == Some(Sense::Outbound)),
        ];
        for (end, is_begin) in stations {
            if let Some(end) = end {
                let end = self.end(end);
                join(&mut self.by_all, begin, end, is_begin);
            }
        }
        self.way(begin)
    }

    fn way(&mut self, begin: Thing) -> usize {
        let side = self.by_all.of(begin).0;
        let known = self.ways.iter().position(|way| self.by_all.of(*way).0 == side);
        known.unwrap_or_else(|| {
            if self.ways.len() < BalanceTally::WAYS {
                self.ways.push(begin);
                self.ways.len() - 1
            } else {
                BalanceTally::WAYS
            }
        })
    }

    fn end(&mut self, end: End) -> Thing {
        match self.ends.get(&end) {
            Some(known) => *known,
            None => {
                let new = self.thing();
                self.ends.insert(end, new);
                new
            }
        }
    }

    /// Has the same place in both.
    fn thing(&mut self) -> Thing {
        self.by_hosts.thing();
        self.by_all.thing()
    }

    /// What is known in the end of these flows.
    pub fn known(mut self, flows: &[FlowId]) -> Known {
        if self.by_all.are_contradicted() {
            // One station may send both ways; then all that it sends is balanced by it.
            if self.by_hosts.are_contradicted() {
                return Known::Unclear(
                    "hosts send to each other in a ring, so that the directions of flows are not known: capture each \
                     direction by itself",
                );
            }
            std::mem::swap(&mut self.by_all, &mut self.by_hosts);
        }
        if let Some(known) = self.told(flows, None) {
            return known;
        }
        let halves = self.halve();
        let known = halves.and_then(|halves| self.told(flows, Some(halves)));
        known.unwrap_or(Known::Unclear(
            "which hosts are on the same side is not known, as no flows join them: capture each direction by itself",
        ))
    }

    /// Which way flows go; `None` where nothing joins some of them.
    fn told(&self, flows: &[FlowId], why: Option<String>) -> Option<Known> {
        let begin = |flow: &FlowId| self.begins.get(flow.0 as usize).map(|begin| self.by_all.of(*begin));
        let sides: BTreeSet<Side> = flows.iter().filter_map(begin).map(|(side, _)| side).collect();
        let Some((one, other)) = flows.iter().find_map(begin) else {
            return Some(Known::One(None));
        };
        if sides.len() == 1 {
            return Some(Known::One(why));
        }
        if sides.iter().any(|side| *side != one && *side != other) {
            return None;
        }
        let goes = self.begins.iter().map(|begin| self.by_all.of(*begin).0 == one);
        Some(Known::Two(goes.collect(), why))
    }

    /// Takes addresses for those of one side each that agree up to the first bit in which any differ; says so. `None` where
    /// flows do not go from one half to the other, where both halves are of one subnet, and where labels show that there may be
    /// several networks.
    fn halve(&mut self) -> Option<String> {
        let mut hosts: BTreeMap<bool, Vec<(u128, Thing)>> = BTreeMap::new();
        for (end, thing) in &self.ends {
            match end {
                End::Host(Some(_), _) => return None,
                End::Host(None, IpAddr::V4(address)) => {
                    hosts
                        .entry(false)
                        .or_default()
                        .push((u32::from(*address).into(), *thing));
                }
                End::Host(None, IpAddr::V6(address)) => {
                    hosts.entry(true).or_default().push((u128::from(*address), *thing));
                }
                End::Station(_) | End::Capturing(_) => {}
            }
        }
        let mut told = Vec::new();
        for (is_v6, hosts) in hosts {
            let all = hosts.iter().map(|(address, _)| *address);
            let (least, greatest) = (all.clone().min()?, all.max()?);
            let bit = 127_u32.checked_sub((least ^ greatest).leading_zeros())?;
            if bit < if is_v6 { SUBNET_V6 } else { SUBNET_V4 } {
                return None;
            }
            let half = self.thing();
            for (address, thing) in &hosts {
                join(&mut self.by_all, half, *thing, address >> bit & 1 == 1);
            }
            let length = if is_v6 { 128 - bit } else { 32 - bit };
            let begin = |address: u128| {
                let first = address >> bit << bit;
                match u32::try_from(first) {
                    Ok(v4) if !is_v6 => IpAddr::V4(v4.into()),
                    _ => IpAddr::V6(first.into()),
                }
            };
            told.push(format!("{}/{length} and {}/{length}", begin(least), begin(greatest)));
        }
        (!self.by_all.are_contradicted() && !told.is_empty()).then(|| {
            format!(
                "by their addresses, hosts of {} are taken for those of one side each",
                told.join(", ")
            )
        })
    }
}

fn join(sides: &mut Sides, begin: Thing, end: Thing, is_begin: bool) {
    if is_begin {
        sides.together(begin, end);
    } else {
        sides.apart(begin, end);
    }
}

fn is_group(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_multicast() || address.is_broadcast(),
        IpAddr::V6(address) => address.is_multicast(),
    }
}

/// Whether routers do not choose a link for a flow: it goes to a group, or resolves addresses of a link.
pub(super) fn is_not_balanced(key: &FlowKey) -> bool {
    match key {
        FlowKey::Ethernet {
            destination,
            ether_type,
            ..
        } => !destination.is_unicast() || *ether_type == checks::capture::packet::EtherType::ARP,
        key => key.destination().is_some_and(is_group),
    }
}
