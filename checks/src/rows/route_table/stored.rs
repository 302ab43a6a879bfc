//! The entries of a route table: fixed sizes, numbers instead of names, details aside.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::rows::Protocol;
use crate::value::{InterfaceName, Vrf};

/// No entry of a list of names.
pub(super) const NONE: u32 = u32::MAX;

/// Names stored once, each known by its number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Names<T: Hash + Eq> {
    pub(super) names: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Hash + Eq> Default for Names<T> {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T: Hash + Eq + Clone> Names<T> {
    /// The number of a name, a new one for a new name.
    pub(super) fn number(&mut self, name: &T) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }

    /// The name of a number.
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.names.get(number as usize)
    }
}

/// Where a route was learned: the protocol, its finer name, and the word that was printed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct ProtocolName {
    pub protocol: Protocol,
    pub detail: Option<String>,
    pub raw: Option<String>,
}

/// The yes-or-no facts of a route or of a next hop, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Flags(pub(super) u8);

impl Flags {
    pub const ACTIVE: Flags = Flags(1);
    pub const INSTALLED: Flags = Flags(2);
    pub const BLACKHOLE: Flags = Flags(4);
    pub const RECURSIVE: Flags = Flags(8);
    pub const BACKUP: Flags = Flags(16);
    /// The entry has its prefix or address.
    pub const ADDRESSED: Flags = Flags(32);
    pub(super) const PREFERENCE: Flags = Flags(64);
    pub(super) const METRIC: Flags = Flags(128);

    pub fn has(self, flag: Flags) -> bool {
        self.0 & flag.0 != 0
    }

    pub fn with(self, flag: Flags, set: bool) -> Flags {
        if set {
            Flags(self.0 | flag.0)
        } else {
            Flags(self.0 & !flag.0)
        }
    }
}

/// A route as a parser adds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteEntry {
    pub vrf: u32,
    pub protocol: u32,
    /// The network's address and length, where it is known and of IPv4.
    pub prefix: Option<(u32, u8)>,
    pub preference: u16,
    pub metric: u32,
    pub active: bool,
    pub line: u32,
}

/// A next hop as a parser adds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HopEntry {
    pub address: IpAddr,
    pub interface: u32,
    pub raw_flags: u32,
    pub flags: Flags,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct StoredRoute {
    pub address: u32,
    pub metric: u32,
    pub first_line: u32,
    pub last_line: u32,
    pub first_hop: u32,
    pub protocol: u32,
    pub vrf: u32,
    pub preference: u16,
    pub length: u8,
    pub flags: Flags,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct StoredHop {
    pub address: u32,
    pub interface: u32,
    pub raw_flags: u32,
    pub flags: Flags,
}

/// What only some routes have.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct RouteDetails {
    /// A prefix of IPv6.
    pub prefix: Option<IpNet>,
    pub process_id: Option<u32>,
    /// A preference that does not fit the entry.
    pub preference: Option<u32>,
    pub tag: Option<u32>,
    pub age_s: Option<u64>,
    pub state_raw: Option<String>,
    pub label: Option<u32>,
}

/// What only some next hops have.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct HopDetails {
    /// An address of IPv6.
    pub address: Option<IpAddr>,
    pub relay_address: Option<IpAddr>,
    pub labels: Vec<u32>,
    pub tunnel_id: Option<String>,
    pub neighbour: Option<IpAddr>,
}

/// Every name that a table's entries refer to.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Catalogue {
    pub vrfs: Names<Vrf>,
    pub protocols: Names<ProtocolName>,
    pub interfaces: Names<InterfaceName>,
    pub raw_flags: Names<String>,
}
