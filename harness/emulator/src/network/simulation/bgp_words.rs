//! What BGP has told in a lab: how many UPDATEs a session has carried, and since when a peer tells of a route.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::event::BgpEnd;
use super::message::{Message, Says, Travels};
use super::moment::Moment;
use crate::network::bgp_path::Path;
use crate::network::prefix::Prefix;

/// A route that a peer tells of: its prefix, and its route distinguisher if it is of the VPNv4 family.
type ToldRoute = (Prefix, Option<String>);

/// Since when each peer tells a device of each of its routes: by device and address of the peer. What is not listed has
/// been told since before the lab started.
pub type ToldSince = BTreeMap<(usize, Ipv4Addr), BTreeMap<ToldRoute, Moment>>;

/// What BGP has told, as far as messages were read.
#[derive(Debug, Clone, Default)]
pub struct BgpWords {
    /// UPDATEs that an end has sent since its session came up or the lab started.
    updates: BTreeMap<BgpEnd, u64>,
    told: BTreeMap<usize, Arc<ToldSince>>,
}

impl BgpWords {
    /// UPDATEs that an end has sent since its session came up; of a session from the beginning, since the lab started.
    pub fn updates(&self, end: &BgpEnd) -> u64 {
        self.updates.get(end).copied().unwrap_or(0)
    }

    /// Since when a device is told of its routes.
    pub fn told(&self, device: usize) -> Arc<ToldSince> {
        self.told.get(&device).cloned().unwrap_or_default()
    }

    /// Reads a message.
    pub(super) fn take(&mut self, message: &Message) {
        let Travels::Routed {
            vrf,
            source,
            destination,
        } = &message.travels
        else {
            return;
        };
        let end = (message.from, vrf.clone(), *destination);
        let peer = (message.from, *source);
        match &message.says {
            Says::BgpOpen { .. } => {
                self.updates.remove(&end);
                if let Some(told) = self.told.get_mut(&message.to) {
                    Arc::make_mut(told).remove(&peer);
                }
            }
            Says::BgpUpdate {
                announced,
                withdrawn,
                labels_withdrawn,
            } => {
                let count = updates(announced, withdrawn) + u64::from(!labels_withdrawn.is_empty());
                *self.updates.entry(end).or_insert(0) += count;
                let told = Arc::make_mut(self.told.entry(message.to).or_default());
                let routes = told.entry(peer).or_default();
                for route in withdrawn {
                    routes.remove(route);
                }
                for (prefix, path) in announced {
                    let distinguisher = path.vpn.map(|distinguisher| distinguisher.to_string());
                    routes.insert((*prefix, distinguisher), message.sent);
                }
            }
            _ => {}
        }
    }
}

/// How many UPDATE messages it takes to tell this: one for the withdrawals of each family, and one for all routes with
/// the same attributes.
pub fn updates(announced: &[(Prefix, Path)], withdrawn: &[(Prefix, Option<String>)]) -> u64 {
    let (vpn, unicast): (Vec<_>, Vec<_>) = withdrawn.iter().partition(|(_, distinguisher)| distinguisher.is_some());
    let mut groups: Vec<&Path> = Vec::new();
    for (_, path) in announced {
        let alike = |known: &&Path| {
            known.next_hop == path.next_hop
                && known.vpn.is_some() == path.vpn.is_some()
                && known.label.is_some() == path.label.is_some()
                && known.attributes == path.attributes
        };
        if !groups.iter().any(alike) {
            groups.push(path);
        }
    }
    u64::from(!vpn.is_empty()) + u64::from(!unicast.is_empty()) + groups.len() as u64
}
