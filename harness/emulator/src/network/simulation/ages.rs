//! Since when things on a device are as they are: what the ages in its tables are made of.
//!
//! Nothing is noted while the network runs: the forwarding tables that the history keeps are compared one after another
//! when a table is asked for, or before the oldest is dropped.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::history::DeviceEpoch;
use super::moment::Moment;
use crate::interface_name::InterfaceName;
use crate::network::interfaces::Interface;
use crate::network::prefix::{Prefix, Vrf};
use crate::network::rib::{Protocol, Rib, Route};

/// What makes a route the same route, whatever becomes of its cost or its label.
type RouteKey = (Prefix, Protocol, u32, Ipv4Addr);

fn key(route: &Route) -> RouteKey {
    (route.prefix, route.protocol, route.process, route.next_hop)
}

/// When an interface came up and went down last; none where it never did since the lab started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InterfaceTimes {
    /// The physical layer came up.
    pub physical_up: Option<Moment>,
    /// The physical layer went down.
    pub physical_down: Option<Moment>,
    /// The protocol came up.
    pub protocol_up: Option<Moment>,
    /// The protocol went down.
    pub protocol_down: Option<Moment>,
}

impl InterfaceTimes {
    /// Of an interface that has been as it is from the beginning.
    fn from_start((physical, protocol): (bool, bool)) -> Self {
        Self {
            physical_up: physical.then_some(Moment::START),
            protocol_up: protocol.then_some(Moment::START),
            ..Self::default()
        }
    }

    fn note(&mut self, at: Moment, before: (bool, bool), after: (bool, bool)) {
        match (before.0, after.0) {
            (false, true) => self.physical_up = Some(at),
            (true, false) => self.physical_down = Some(at),
            _ => {}
        }
        match (before.1, after.1) {
            (false, true) => self.protocol_up = Some(at),
            (true, false) => self.protocol_down = Some(at),
            _ => {}
        }
    }
}

/// Since when routes, LSPs, interfaces and instances of a device are as they are. What is not listed has been so since
/// the lab started.
#[derive(Debug, Clone, Default)]
pub struct Ages {
    last: Option<DeviceEpoch>,
    routes: BTreeMap<Vrf, BTreeMap<RouteKey, Moment>>,
    lsps: BTreeMap<Ipv4Addr, Moment>,
    interfaces: BTreeMap<InterfaceName, InterfaceTimes>,
    created: BTreeMap<String, Moment>,
    in_service: BTreeMap<String, Moment>,
}

impl Ages {
    /// Since when a route of a table has been in use.
    pub fn route(&self, vrf: &Vrf, route: &Route) -> Moment {
        let known = self.routes.get(vrf).and_then(|routes| routes.get(&key(route)));
        known.copied().unwrap_or(Moment::START)
    }

    /// Since when there is an LSP to an address.
    pub fn lsp(&self, address: Ipv4Addr) -> Moment {
        self.lsps.get(&address).copied().unwrap_or(Moment::START)
    }

    /// When an interface changed last.
    pub fn interface(&self, name: &InterfaceName) -> InterfaceTimes {
        let present = || {
            let mut interfaces = self.last.iter().flat_map(|epoch| epoch.interfaces.iter());
            let found = interfaces.find(|interface| interface.name == *name).map(state);
            InterfaceTimes::from_start(found.unwrap_or_default())
        };
        self.interfaces.get(name).copied().unwrap_or_else(present)
    }

    /// When an instance was created, and since when one of its interfaces is up.
    pub fn instance(&self, name: &str) -> (Moment, Moment) {
        let of = |times: &BTreeMap<String, Moment>| times.get(name).copied().unwrap_or(Moment::START);
        (of(&self.created), of(&self.in_service))
    }

    /// The instant up to which everything has been taken into account.
    pub(super) fn until(&self) -> Option<Moment> {
        Some(self.last.as_ref()?.since)
    }

    /// Whether an epoch is the one that was taken into account last.
    pub(super) fn has_taken(&self, epoch: &DeviceEpoch) -> bool {
        self.last.as_ref().is_some_and(|last| {
            last.since == epoch.since
                && Arc::ptr_eq(&last.fib, &epoch.fib)
                && Arc::ptr_eq(&last.interfaces, &epoch.interfaces)
        })
    }

    /// Compares what a device forwards by with what it forwarded by before.
    pub(super) fn take(&mut self, epoch: &DeviceEpoch) {
        if let Some(before) = self.last.take() {
            if !Arc::ptr_eq(&before.fib, &epoch.fib) {
                self.take_routes(&before, epoch);
                self.take_lsps(&before, epoch);
            }
            self.take_interfaces(&before, epoch);
            self.take_instances(&before, epoch);
        }
        self.last = Some(epoch.clone());
    }

    fn take_routes(&mut self, before: &DeviceEpoch, now: &DeviceEpoch) {
        if Arc::ptr_eq(&before.fib.ribs, &now.fib.ribs) {
            return;
        }
        let none = Arc::new(Rib::new());
        self.routes.retain(|vrf, _| now.fib.ribs.contains_key(vrf));
        for (vrf, rib) in now.fib.ribs.iter() {
            let old = before.fib.ribs.get(vrf).unwrap_or(&none);
            if Arc::ptr_eq(old, rib) {
                continue;
            }
            let ages = self.routes.entry(vrf.clone()).or_default();
            for prefix in old.changed(rib) {
                let [had, has] = [old, rib].map(|table| table.get(prefix).map(|routes| &**routes).unwrap_or_default());
                for gone in had
                    .iter()
                    .map(key)
                    .filter(|old| !has.iter().any(|route| key(route) == *old))
                {
                    ages.remove(&gone);
                }
                for new in has
                    .iter()
                    .map(key)
                    .filter(|new| !had.iter().any(|route| key(route) == *new))
                {
                    ages.insert(new, now.since);
                }
            }
        }
    }

    fn take_lsps(&mut self, before: &DeviceEpoch, now: &DeviceEpoch) {
        for address in before.fib.lsps.changed(&now.fib.lsps) {
            if !now.fib.lsps.contains_key(address) {
                self.lsps.remove(address);
            } else if !before.fib.lsps.contains_key(address) {
                self.lsps.insert(*address, now.since);
            }
        }
    }

    fn take_interfaces(&mut self, before: &DeviceEpoch, now: &DeviceEpoch) {
        if Arc::ptr_eq(&before.interfaces, &now.interfaces) {
            return;
        }
        self.interfaces
            .retain(|name, _| now.interfaces.iter().any(|interface| interface.name == *name));
        for interface in now.interfaces.iter() {
            let old = before.interfaces.iter().find(|old| old.name == interface.name);
            let (old, new) = (old.map(state).unwrap_or_default(), state(interface));
            if old != new {
                let times = self.interfaces.entry(interface.name.clone());
                times
                    .or_insert_with(|| InterfaceTimes::from_start(old))
                    .note(now.since, old, new);
            }
        }
    }

    fn take_instances(&mut self, before: &DeviceEpoch, now: &DeviceEpoch) {
        let names =
            |epoch: &DeviceEpoch| -> Vec<String> { epoch.fib.vpns.iter().map(|vpn| vpn.name.clone()).collect() };
        let (old, new) = (names(before), names(now));
        self.created.retain(|name, _| new.contains(name));
        self.in_service.retain(|name, _| new.contains(name));
        for name in new {
            if !old.contains(&name) {
                self.created.insert(name.clone(), now.since);
            }
            if in_service(now, &name) && !in_service(before, &name) {
                self.in_service.insert(name, now.since);
            }
        }
    }
}

fn state(interface: &Interface) -> (bool, bool) {
    (interface.physical, interface.protocol)
}

fn in_service(epoch: &DeviceEpoch, name: &str) -> bool {
    let mut interfaces = epoch.interfaces.iter();
    interfaces.any(|interface| interface.protocol && matches!(&interface.vrf, Vrf::Instance(own) if own == name))
}
