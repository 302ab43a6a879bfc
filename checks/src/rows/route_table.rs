//! The compact table that holds a million routes: fixed-size entries in flat vectors, names stored once.

mod stored;

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use self::stored::{Catalogue, HopDetails, NONE, RouteDetails, StoredHop, StoredRoute};
pub(crate) use self::stored::{Flags, HopEntry, ProtocolName, RouteEntry};
use crate::cell::{Cell, Column, FieldSpec};
use crate::rows::{NextHop, Protocol, Route};
use crate::table::{LineSpan, Record};
use crate::value::{InterfaceName, Vrf};

/// Routes in the order printed.
///
/// A route costs 32 bytes and a next hop 16; names of interfaces, protocols and routing tables are stored once, and
/// details that only verbose outputs print stand aside. [`Route`]s are built when asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RouteTable {
    routes: Vec<StoredRoute>,
    hops: Vec<StoredHop>,
    names: Box<Catalogue>,
    /// Details of routes, by ascending number of the route.
    route_details: Vec<(u32, RouteDetails)>,
    /// Details of next hops, by ascending number of the next hop.
    hop_details: Vec<(u32, HopDetails)>,
}

impl RouteTable {
    /// Names, kinds and meanings of a route's fields.
    pub const FIELDS: &'static [FieldSpec] = <Route as Record>::FIELDS;

    /// An empty table with room for so many routes and next hops.
    pub fn with_capacity(routes: usize, hops: usize) -> Self {
        Self {
            routes: Vec::with_capacity(routes),
            hops: Vec::with_capacity(hops),
            ..Self::default()
        }
    }

    /// Adds a route that was read from these lines.
    pub fn push(&mut self, route: Route, span: LineSpan) {
        let vrf = self.vrf_number(&route.vrf);
        let protocol = self.protocol_number(&ProtocolName {
            protocol: route.protocol,
            detail: route.protocol_detail,
            raw: route.raw_protocol,
        });
        let prefix = match route.prefix {
            Some(IpNet::V4(prefix)) => Some((u32::from(prefix.addr()), prefix.prefix_len())),
            _ => None,
        };
        let preference = route.preference.and_then(|preference| u16::try_from(preference).ok());
        self.add(&RouteEntry {
            vrf,
            protocol,
            prefix,
            preference: preference.unwrap_or_default(),
            metric: route.metric.unwrap_or_default(),
            active: route.active,
            line: span.first,
        });
        if let Some(stored) = self.routes.last_mut() {
            stored.last_line = span.last;
            stored.flags = stored
                .flags
                .with(Flags::PREFERENCE, preference.is_some())
                .with(Flags::METRIC, route.metric.is_some());
        }
        let details = RouteDetails {
            prefix: route.prefix.filter(|_| prefix.is_none()),
            process_id: route.process_id,
            preference: route.preference.filter(|_| preference.is_none()),
            tag: route.tag,
            age_s: route.age_s,
            state_raw: route.state_raw,
            label: route.label,
        };
        if details != RouteDetails::default() {
            self.route_details.push((self.routes.len() as u32 - 1, details));
        }
        for hop in route.next_hops {
            self.push_hop(hop);
        }
        if let Some(stored) = self.routes.last_mut() {
            stored.flags = stored
                .flags
                .with(Flags::INSTALLED, route.installed)
                .with(Flags::BLACKHOLE, route.blackhole);
        }
    }

    fn push_hop(&mut self, hop: NextHop) {
        let v4 = match hop.address {
            Some(IpAddr::V4(address)) => Some(u32::from(address)),
            _ => None,
        };
        let interface = hop.interface.map_or(NONE, |name| self.names.interfaces.number(&name));
        let raw_flags = hop.raw_flags.map_or(NONE, |flags| self.names.raw_flags.number(&flags));
        let details = HopDetails {
            address: hop.address.filter(|_| v4.is_none()),
            relay_address: hop.relay_address,
            labels: hop.labels,
            tunnel_id: hop.tunnel_id,
            neighbour: hop.neighbour,
        };
        if details != HopDetails::default() {
            self.hop_details.push((self.hops.len() as u32, details));
        }
        self.hops.push(StoredHop {
            address: v4.unwrap_or_default(),
            interface,
            raw_flags,
            flags: Flags::default()
                .with(Flags::ACTIVE, hop.active)
                .with(Flags::INSTALLED, hop.installed)
                .with(Flags::RECURSIVE, hop.recursive)
                .with(Flags::BACKUP, hop.backup)
                .with(Flags::ADDRESSED, v4.is_some()),
        });
    }

    /// Number of routes.
    pub fn len(&self) -> usize {
        self.routes.len()
    }

    /// Whether there are no routes.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// A route's prefix, without building the route.
    pub fn prefix(&self, row: usize) -> Option<IpNet> {
        let route = &self.routes[row];
        if route.flags.has(Flags::ADDRESSED) {
            let prefix = Ipv4Net::new(Ipv4Addr::from(route.address), route.length);
            return prefix.ok().map(IpNet::V4);
        }
        self.details(row)?.prefix
    }

    /// A route's routing table, without building the route.
    pub fn vrf(&self, row: usize) -> &Vrf {
        // Every stored number is one that `Names` gave.
        &self.names.vrfs.names[self.routes[row].vrf as usize]
    }

    /// Where a route was learned, without building the route.
    pub fn protocol(&self, row: usize) -> Protocol {
        self.protocol_name(row).protocol
    }

    /// A route's preference, without building the route.
    pub fn preference(&self, row: usize) -> Option<u32> {
        let route = &self.routes[row];
        if route.flags.has(Flags::PREFERENCE) {
            return Some(u32::from(route.preference));
        }
        self.details(row)?.preference
    }

    /// A route's cost, without building the route.
    pub fn metric(&self, row: usize) -> Option<u32> {
        let route = &self.routes[row];
        route.flags.has(Flags::METRIC).then_some(route.metric)
    }

    /// Whether a route is the best one to its prefix, without building the route.
    pub fn is_active(&self, row: usize) -> bool {
        self.routes[row].flags.has(Flags::ACTIVE)
    }

    /// Whether every next hop of a route is in the forwarding table, without building the route.
    pub fn is_installed(&self, row: usize) -> bool {
        self.routes[row].flags.has(Flags::INSTALLED)
    }

    /// Number of a route's next hops, backups included, without building the route.
    pub fn next_hop_count(&self, row: usize) -> usize {
        self.hops_of(row).len()
    }

    /// A route's next hops in the order printed.
    pub fn next_hops(&self, row: usize) -> impl Iterator<Item = NextHop> {
        self.hops_of(row).map(|hop| self.hop(hop))
    }

    /// A route, built from the compact storage.
    pub fn route(&self, row: usize) -> Route {
        let stored = &self.routes[row];
        let name = self.protocol_name(row);
        let mut route = Route {
            vrf: self.vrf(row).clone(),
            prefix: self.prefix(row),
            protocol: name.protocol,
            protocol_detail: name.detail.clone(),
            raw_protocol: name.raw.clone(),
            preference: self.preference(row),
            metric: self.metric(row),
            active: stored.flags.has(Flags::ACTIVE),
            installed: stored.flags.has(Flags::INSTALLED),
            blackhole: stored.flags.has(Flags::BLACKHOLE),
            next_hops: self.next_hops(row).collect(),
            ..Route::default()
        };
        if let Some(details) = self.details(row) {
            route.process_id = details.process_id;
            route.tag = details.tag;
            route.age_s = details.age_s;
            route.state_raw.clone_from(&details.state_raw);
            route.label = details.label;
        }
        route
    }

    /// The lines of a route, its further next hops included.
    pub fn span(&self, row: usize) -> LineSpan {
        LineSpan::new(self.routes[row].first_line, self.routes[row].last_line)
    }

    /// A field of a route. Builds no more than that field.
    pub fn cell(&self, row: usize, field: usize) -> Cell<'_> {
        let stored = &self.routes[row];
        let details = || self.details(row);
        match Self::FIELDS[field].name {
            "vrf" => self.vrf(row).cell(),
            "prefix" => self.prefix(row).map_or(Cell::Absent, Cell::Prefix),
            "protocol" => match self.protocol(row) {
                Protocol::Unknown => Cell::Absent,
                known => Cell::Word(known.as_str()),
            },
            "protocol_detail" => self.protocol_name(row).detail.cell(),
            "raw_protocol" => self.protocol_name(row).raw.cell(),
            "preference" => integer(self.preference(row)),
            "metric" => integer(self.metric(row)),
            "active" => Cell::Bool(stored.flags.has(Flags::ACTIVE)),
            "installed" => Cell::Bool(stored.flags.has(Flags::INSTALLED)),
            "blackhole" => Cell::Bool(stored.flags.has(Flags::BLACKHOLE)),
            "process_id" => integer(details().and_then(|details| details.process_id)),
            "tag" => integer(details().and_then(|details| details.tag)),
            "age_s" => integer(details().and_then(|details| details.age_s)),
            "label" => integer(details().and_then(|details| details.label)),
            "state_raw" => details().map_or(Cell::Absent, |details| details.state_raw.cell()),
            "next_hops" => Cell::List(self.hops_of(row).map(|hop| self.hop_cell(hop)).collect()),
            _ => Cell::Absent,
        }
    }

    /// A next hop as a row within the row; its names are borrowed.
    fn hop_cell(&self, hop: usize) -> Cell<'_> {
        let stored = &self.hops[hop];
        let details = self.hop_details(hop);
        let address = |address: Option<IpAddr>| address.map_or(Cell::Absent, Cell::Address);
        let fields = <NextHop as Record>::FIELDS.iter().map(|field| {
            let cell = match field.name {
                "address" => address(self.hop_address(hop)),
                "interface" => self
                    .names
                    .interfaces
                    .get(stored.interface)
                    .map_or(Cell::Absent, Column::cell),
                "relay_address" => address(details.and_then(|details| details.relay_address)),
                "active" => Cell::Bool(stored.flags.has(Flags::ACTIVE)),
                "installed" => Cell::Bool(stored.flags.has(Flags::INSTALLED)),
                "recursive" => Cell::Bool(stored.flags.has(Flags::RECURSIVE)),
                "backup" => Cell::Bool(stored.flags.has(Flags::BACKUP)),
                "labels" => details.map_or(Cell::List(Vec::new()), |details| details.labels.cell()),
                "tunnel_id" => details.map_or(Cell::Absent, |details| details.tunnel_id.cell()),
                "raw_flags" => self
                    .names
                    .raw_flags
                    .get(stored.raw_flags)
                    .map_or(Cell::Absent, Column::cell),
                "neighbour" => address(details.and_then(|details| details.neighbour)),
                _ => Cell::Absent,
            };
            (field.name, cell)
        });
        Cell::Record(fields.collect())
    }

    fn hop(&self, hop: usize) -> NextHop {
        let stored = &self.hops[hop];
        let details = self.hop_details(hop).cloned().unwrap_or_default();
        NextHop {
            address: self.hop_address(hop),
            interface: self.names.interfaces.get(stored.interface).cloned(),
            relay_address: details.relay_address,
            active: stored.flags.has(Flags::ACTIVE),
            installed: stored.flags.has(Flags::INSTALLED),
            recursive: stored.flags.has(Flags::RECURSIVE),
            labels: details.labels,
            tunnel_id: details.tunnel_id,
            backup: stored.flags.has(Flags::BACKUP),
            raw_flags: self.names.raw_flags.get(stored.raw_flags).cloned(),
            neighbour: details.neighbour,
        }
    }

    fn hop_address(&self, hop: usize) -> Option<IpAddr> {
        let stored = &self.hops[hop];
        if stored.flags.has(Flags::ADDRESSED) {
            return Some(IpAddr::V4(Ipv4Addr::from(stored.address)));
        }
        self.hop_details(hop)?.address
    }

    fn hops_of(&self, row: usize) -> std::ops::Range<usize> {
        let next = self.routes.get(row + 1);
        let end = next.map_or(self.hops.len(), |next| next.first_hop as usize);
        self.routes[row].first_hop as usize..end
    }

    fn protocol_name(&self, row: usize) -> &ProtocolName {
        // Every stored number is one that `Names` gave.
        &self.names.protocols.names[self.routes[row].protocol as usize]
    }

    fn details(&self, row: usize) -> Option<&RouteDetails> {
        let found = self
            .route_details
            .binary_search_by_key(&(row as u32), |(row, _)| *row)
            .ok()?;
        Some(&self.route_details[found].1)
    }

    fn hop_details(&self, hop: usize) -> Option<&HopDetails> {
        let found = self
            .hop_details
            .binary_search_by_key(&(hop as u32), |(hop, _)| *hop)
            .ok()?;
        Some(&self.hop_details[found].1)
    }
}

/// What parsers of large tables use: numbers instead of names, entries instead of rows.
impl RouteTable {
    /// The number of a routing table.
    pub(crate) fn vrf_number(&mut self, vrf: &Vrf) -> u32 {
        self.names.vrfs.number(vrf)
    }

    /// The number of a source of routes.
    pub(crate) fn protocol_number(&mut self, name: &ProtocolName) -> u32 {
        self.names.protocols.number(name)
    }

    /// The number of an interface.
    pub(crate) fn interface_number(&mut self, name: &InterfaceName) -> u32 {
        self.names.interfaces.number(name)
    }

    /// The number of a set of flags as printed.
    pub(crate) fn flags_number(&mut self, flags: &str) -> u32 {
        self.names.raw_flags.number(&flags.to_owned())
    }

    /// A number that orders routes by their prefix; a route without a prefix of IPv4 has one of its own.
    pub(crate) fn prefix_key(&self, row: usize) -> u64 {
        let route = &self.routes[row];
        if route.flags.has(Flags::ADDRESSED) {
            return u64::from(route.address) << 8 | u64::from(route.length);
        }
        1 << 63 | row as u64
    }

    /// Adds a route that has no next hops yet.
    #[inline]
    pub(crate) fn add(&mut self, entry: &RouteEntry) {
        let (address, length) = entry.prefix.unwrap_or_default();
        self.routes.push(StoredRoute {
            address,
            length,
            metric: entry.metric,
            first_line: entry.line,
            last_line: entry.line,
            first_hop: self.hops.len() as u32,
            protocol: entry.protocol,
            vrf: entry.vrf,
            preference: entry.preference,
            flags: Flags(Flags::PREFERENCE.0 | Flags::METRIC.0 | Flags::INSTALLED.0)
                .with(Flags::ACTIVE, entry.active)
                .with(Flags::ADDRESSED, entry.prefix.is_some()),
        });
    }

    /// Adds a next hop to the route added last. The route is installed as long as all its next hops are, and a black
    /// hole as soon as one of them is.
    #[inline]
    pub(crate) fn add_hop(&mut self, entry: &HopEntry, line: u32) {
        let address = match entry.address {
            IpAddr::V4(address) => Some(u32::from(address)),
            IpAddr::V6(_) => {
                let details = HopDetails {
                    address: Some(entry.address),
                    ..HopDetails::default()
                };
                self.hop_details.push((self.hops.len() as u32, details));
                None
            }
        };
        self.hops.push(StoredHop {
            address: address.unwrap_or_default(),
            interface: entry.interface,
            raw_flags: entry.raw_flags,
            flags: entry.flags.with(Flags::ADDRESSED, address.is_some()),
        });
        if let Some(route) = self.routes.last_mut() {
            let installed = route.flags.has(Flags::INSTALLED) && entry.flags.has(Flags::INSTALLED);
            let blackhole = route.flags.has(Flags::BLACKHOLE) || entry.flags.has(Flags::BLACKHOLE);
            route.flags = route
                .flags
                .with(Flags::INSTALLED, installed)
                .with(Flags::BLACKHOLE, blackhole);
            route.last_line = line;
        }
    }

    /// The interface of the next hop added last.
    pub(crate) fn last_interface(&self) -> Option<&InterfaceName> {
        self.names.interfaces.get(self.hops.last()?.interface)
    }

    /// The interfaces of all next hops but the one added last.
    pub(crate) fn earlier_interfaces(&self) -> impl Iterator<Item = &InterfaceName> {
        let earlier = self.hops.len().saturating_sub(1);
        let numbers = self.hops[..earlier].iter().map(|hop| hop.interface);
        numbers.filter_map(|number| self.names.interfaces.get(number))
    }
}

fn integer<T: Into<i128>>(value: Option<T>) -> Cell<'static> {
    value.map_or(Cell::Absent, |value| Cell::Integer(value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rich() -> Route {
        let hop = |address: &str, interface: &str| NextHop {
            address: address.parse().ok(),
            interface: Some(InterfaceName::new(interface)),
            active: true,
            installed: true,
            raw_flags: Some("RD".to_owned()),
            recursive: true,
            ..NextHop::default()
        };
        Route {
            vrf: Vrf::named("VPNA"),
            prefix: "1.1.1.1/32".parse().ok(),
            protocol: Protocol::Bgp,
            protocol_detail: Some("ibgp".to_owned()),
            raw_protocol: Some("IBGP".to_owned()),
            process_id: Some(0),
            preference: Some(255),
            metric: Some(u32::MAX),
            active: true,
            installed: true,
            blackhole: false,
            tag: Some(7),
            age_s: Some(61),
            next_hops: vec![
                NextHop {
                    relay_address: "10.0.0.1".parse().ok(),
                    labels: vec![1025],
                    tunnel_id: Some("0x1".to_owned()),
                    neighbour: "3.3.3.3".parse().ok(),
                    ..hop("3.3.3.3", "GE0/1/0")
                },
                NextHop {
                    backup: true,
                    ..hop("2001:db8::1", "policy1")
                },
            ],
            state_raw: Some("Active Adv".to_owned()),
            label: Some(1025),
        }
    }

    fn routes() -> Vec<Route> {
        vec![
            rich(),
            Route::default(),
            Route {
                prefix: "2001:db8::/32".parse().ok(),
                preference: Some(70_000),
                ..rich()
            },
        ]
    }

    #[test]
    fn what_goes_in_comes_out() {
        let mut table = RouteTable::default();
        for (line, route) in (1..).zip(routes()) {
            table.push(route, LineSpan::new(line, line + 1));
        }
        for (row, route) in routes().iter().enumerate() {
            assert_eq!(&table.route(row), route);
            assert_eq!(table.span(row).last, row as u32 + 2);
            assert_eq!(table.next_hop_count(row), route.next_hops.len());
        }
    }

    #[test]
    fn each_field_is_what_the_route_says() {
        let mut table = RouteTable::default();
        for route in routes() {
            table.push(route, LineSpan::line(1));
        }
        for (row, route) in routes().iter().enumerate() {
            for (field, spec) in RouteTable::FIELDS.iter().enumerate() {
                assert_eq!(table.cell(row, field), route.field_at(field), "{}", spec.name);
            }
        }
    }

    #[test]
    fn an_entry_is_small() {
        assert_eq!(std::mem::size_of::<StoredRoute>(), 32);
        assert_eq!(std::mem::size_of::<StoredHop>(), 16);
    }
}
