//! The next hops that forward packets to one prefix: how many there are and which.

use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::route_wording::{hop_text, unused_text};
use super::routes::{Found, Table};
use super::wording::{counted, some};
use super::{Doubt, all, and, any};
use crate::outcome::DecidingLines;
use crate::rows::NextHop;
use crate::value::InterfaceName;

/// The next hops of one prefix.
pub(super) struct NextHops {
    found: Vec<Found>,
    /// Those that forward packets.
    pub forwarding: Vec<NextHop>,
}

impl NextHops {
    pub fn of(table: &Table<'_>, prefix: IpNet) -> Result<Self, Doubt> {
        let found = table.exact(prefix);
        table.doubts(&found, &[])?;
        let forwarding: Vec<NextHop> = found
            .iter()
            .filter(|found| !found.route.blackhole)
            .flat_map(|found| found.route.forwarding().cloned())
            .collect();
        Ok(Self { found, forwarding })
    }

    /// How many there are, each once. A resolved next hop is one however many links lead to it.
    pub fn number(&self) -> Result<u64, Doubt> {
        let resolved: HashSet<IpAddr> = self
            .forwarding
            .iter()
            .filter(|hop| hop.recursive)
            .filter_map(|hop| hop.address)
            .collect();
        let mut distinct: HashSet<(Option<IpAddr>, Option<&InterfaceName>)> = HashSet::new();
        for hop in &self.forwarding {
            let key = match (hop.address, hop.interface.as_ref()) {
                (None, None) => {
                    return Err(Doubt::new("a next hop has neither address nor interface", Vec::new()));
                }
                (Some(address), _) if resolved.contains(&address) => (Some(address), None),
                (address, interface) => (address, interface),
            };
            distinct.insert(key);
        }
        Ok(distinct.len() as u64)
    }

    /// Whether the addresses are exactly these.
    pub fn are(&self, addresses: &[IpAddr]) -> Option<bool> {
        let no_others = all(self
            .forwarding
            .iter()
            .map(|hop| hop.address.map(|address| addresses.contains(&address))));
        and(all(addresses.iter().map(|address| self.has(*address))), no_others)
    }

    pub fn has(&self, address: IpAddr) -> Option<bool> {
        any(self
            .forwarding
            .iter()
            .map(|hop| hop.address.map(|have| have == address)))
    }

    pub fn lines(&self, table: &Table<'_>) -> Vec<DecidingLines> {
        table.answer.lines(self.found.iter().map(|found| found.span))
    }

    pub fn in_words(&self, table: &Table<'_>, prefix: IpNet) -> String {
        if self.found.is_empty() {
            return format!("no route to {prefix}; {}", table.nearby(prefix));
        }
        let unused: Vec<&NextHop> = self
            .found
            .iter()
            .flat_map(|found| &found.route.next_hops)
            .filter(|hop| !hop.installed || hop.backup)
            .collect();
        let number = self.number().unwrap_or(self.forwarding.len() as u64);
        let mut text = counted(number, "next hop", "next hops");
        if !self.forwarding.is_empty() {
            text = format!("{text}: {}", some(self.forwarding.iter().map(hop_text)));
        }
        if self.found.iter().any(|found| found.route.blackhole) {
            text = format!("{text}; {prefix} is a black hole");
        }
        if !unused.is_empty() {
            text = format!("{text}; not forwarding: {}", some(unused.into_iter().map(unused_text)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_router_reached_over_two_links_is_one_next_hop() {
        let hop = |address: &str, interface: &str, recursive| NextHop {
            address: address.parse().ok(),
            interface: Some(InterfaceName::new(interface)),
            recursive,
            installed: true,
            ..NextHop::default()
        };
        let number = |forwarding| {
            NextHops {
                found: Vec::new(),
                forwarding,
            }
            .number()
            .ok()
        };
        assert_eq!(
            number(vec![hop("3.3.3.3", "GE0/1/0", true), hop("3.3.3.3", "GE0/2/0", true)]),
            Some(1)
        );
        assert_eq!(
            number(vec![
                hop("10.0.0.1", "GE0/1/0", false),
                hop("10.0.0.1", "GE0/2/0", false)
            ]),
            Some(2)
        );
        assert_eq!(number(vec![NextHop::default()]), None);
    }

    #[test]
    fn the_set_of_addresses_is_exact() {
        let hops = NextHops {
            found: Vec::new(),
            forwarding: vec![NextHop {
                address: "2.2.2.2".parse().ok(),
                ..NextHop::default()
            }],
        };
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(hops.are(&[address("2.2.2.2")]), Some(true));
        assert_eq!(hops.are(&[address("2.2.2.2"), address("3.3.3.3")]), Some(false));
    }
}
