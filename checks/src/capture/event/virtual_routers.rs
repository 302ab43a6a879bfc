//! Follows who is master of each virtual router.

use std::collections::HashMap;
use std::net::IpAddr;

use super::finding::ControlFindingKind;
use super::recorder::{Identity, Origin, Recorder};
use super::{EventKind, PointId, Vlans, VrrpChange};
use crate::capture::protocol::vrrp::{Advertisement, LEAVING};

/// Virtual routers that are followed.
const MOST_VIRTUAL_ROUTERS: usize = 10_000;

/// Routers of one number are different ones on different networks: their VLANs and virtual addresses tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct VirtualRouter {
    point: PointId,
    vlans: Vlans,
    is_ipv6: bool,
    id: u8,
    addresses: Identity,
}

#[derive(Debug, Default)]
pub(super) struct VirtualRouters {
    /// The master, and whether it said that it leaves.
    masters: HashMap<VirtualRouter, (IpAddr, bool)>,
}

impl VirtualRouters {
    pub(super) fn advertisement(
        &mut self,
        source: IpAddr,
        said: &Advertisement,
        origin: Origin,
        recorder: &mut Recorder,
    ) {
        let mut addresses = said.addresses.clone();
        addresses.sort_unstable();
        let key = VirtualRouter {
            point: origin.seen.point,
            vlans: origin.vlans,
            is_ipv6: source.is_ipv6(),
            id: said.id,
            addresses: Identity::of(addresses),
        };
        let before = self.masters.get(&key).copied();
        if before.is_none() && self.masters.len() >= MOST_VIRTUAL_ROUTERS {
            recorder
                .findings
                .note(ControlFindingKind::TooMany, "VRRP", Some(origin.seen), || {
                    format!("more than {MOST_VIRTUAL_ROUTERS} virtual routers; the rest is not followed")
                });
            return;
        }
        let leaves = said.priority == LEAVING;
        if before == Some((source, leaves)) {
            return;
        }
        self.masters.insert(key, (source, leaves));
        let change = if leaves {
            VrrpChange::Leaving { id: said.id }
        } else {
            VrrpChange::Master {
                id: said.id,
                priority: said.priority,
                addresses: said.addresses.iter().map(ToString::to_string).collect(),
                before: before.map(|(master, _)| master.to_string()),
            }
        };
        recorder.record(origin, EventKind::Vrrp(change));
    }
}
