//! What changes for ever in a network that does not settle, named.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::bgp::BgpSpeaker;
use super::fixpoint::State;
use super::prefix::{Prefix, Vrf};
use super::rib::Ribs;
use super::shared::changed;
use super::vpn_instances::RouteDistinguisher;
use crate::configuration::Configuration;

/// Most routes that are named, and devices of each.
const MOST_NAMED: usize = 5;

/// A route in one of a device's tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changing {
    /// Of a routing table, or of BGP's table for it.
    Route(Vrf, Prefix),
    /// Of the VPNv4 table.
    Vpnv4(RouteDistinguisher, Prefix),
    /// No route: neighbours, sessions or labels.
    Sessions,
}

impl fmt::Display for Changing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(Vrf::Public, prefix) => write!(f, "{prefix}"),
            Self::Route(Vrf::Instance(name), prefix) => write!(f, "{prefix} of {name}"),
            Self::Route(Vrf::Labels, _) => write!(f, "labels of BGP"),
            Self::Vpnv4(distinguisher, prefix) => write!(f, "{distinguisher}:{prefix}"),
            Self::Sessions => write!(f, "neighbours, sessions or labels"),
        }
    }
}

/// What changes for ever, and on which devices.
pub type Flapping = BTreeMap<Changing, BTreeSet<usize>>;

/// The routes that differ between two routing tables of a device.
pub fn between_ribs(before: &Ribs, now: &Ribs) -> Vec<Changing> {
    let nothing = Arc::default();
    let instances: BTreeSet<&Vrf> = before.keys().chain(now.keys()).collect();
    let mut all = Vec::new();
    for vrf in instances {
        let [before, now] = [before, now].map(|ribs| ribs.get(vrf).unwrap_or(&nothing));
        let routes = before.changed(now).into_iter();
        all.extend(routes.map(|prefix| Changing::Route(vrf.clone(), *prefix)));
    }
    all
}

/// The routes that differ between what BGP chose on a device.
pub fn between_speakers(before: &BgpSpeaker, now: &BgpSpeaker) -> Vec<Changing> {
    let nothing = BTreeMap::new();
    let instances: BTreeSet<&Vrf> = before.tables.keys().chain(now.tables.keys()).collect();
    let mut all = Vec::new();
    for vrf in instances {
        let [before, now] = [before, now].map(|speaker| speaker.tables.get(vrf).unwrap_or(&nothing));
        let routes = changed(before, now).into_iter();
        all.extend(routes.map(|prefix| Changing::Route(vrf.clone(), *prefix)));
    }
    let routes = changed(&before.vpnv4, &now.vpnv4).into_iter();
    all.extend(routes.map(|(distinguisher, prefix)| Changing::Vpnv4(*distinguisher, *prefix)));
    all
}

/// What differs between two states of a network.
pub fn between_states(before: &State, now: &State) -> Flapping {
    let mut flapping = Flapping::new();
    for device in 0..now.ribs.len() {
        let mut all = Vec::new();
        if let (Some(before), Some(now)) = (before.ribs.get(device), now.ribs.get(device)) {
            all.extend(between_ribs(before, now));
        }
        if let (Some(Some(before)), Some(Some(now))) = (before.bgp.get(device), now.bgp.get(device)) {
            all.extend(between_speakers(before, now));
        }
        let sessions = before.ldp.get(device) != now.ldp.get(device)
            || before.lsps.get(device) != now.lsps.get(device)
            || before.ospf.get(device) != now.ospf.get(device)
            || before.bgp.get(device) != now.bgp.get(device);
        if all.is_empty() && sessions {
            all.push(Changing::Sessions);
        }
        for what in all {
            flapping.entry(what).or_default().insert(device);
        }
    }
    flapping
}

/// What changes for ever in words: `10.9.0.1/32 (R1, R2), 10.9.0.2/32 (R1) and 7 more`.
pub fn in_words(flapping: &Flapping, configurations: &[Arc<Configuration>]) -> String {
    let name = |device: &usize| {
        let configuration = configurations.get(*device);
        configuration.and_then(|c| c.sysname()).unwrap_or("HUAWEI").to_owned()
    };
    let named = flapping.iter().map(|(what, devices)| {
        let names: Vec<String> = devices.iter().map(name).collect();
        format!("{what} ({})", list(names, ", "))
    });
    list(named.collect(), ", ")
}

fn list(mut words: Vec<String>, between: &str) -> String {
    let more = words.len().saturating_sub(MOST_NAMED);
    words.truncate(MOST_NAMED);
    let words = words.join(between);
    match more {
        0 => words,
        more => format!("{words} and {more} more"),
    }
}
