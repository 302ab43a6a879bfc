//! The labels that LSRs give to host addresses: one for each device and address, the same whenever it is asked for.
//!
//! Every address that some LSR may map has a number below 4096: a hash of the address, or the next that is free if
//! another address came to it before. A device of index d gives `65536 + (d mod 200) × 4096 + number`. When all
//! numbers are taken an address has no label, and no LSP leads to it. BGP gives `884736 + (d mod 40) × 4096 + number`.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::simulation::draw;

/// The label that asks the last hop but one to pop (RFC 3032 §2.1).
pub const IMPLICIT_NULL: u32 = 3;

/// The label of the last hop that is not to be popped before (RFC 3032 §2.1).
pub const EXPLICIT_NULL: u32 = 0;

const FIRST: u32 = 65_536;
const BLOCKS: u32 = 200;
const BLOCK: u32 = 4_096;
/// Labels that BGP gives to host routes begin behind those of LDP.
const FIRST_OF_BGP: u32 = FIRST + BLOCKS * BLOCK;
const BLOCKS_OF_BGP: u32 = 40;

/// The numbers of all addresses that may have labels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels {
    addresses: BTreeMap<u32, Ipv4Addr>,
    numbers: BTreeMap<Ipv4Addr, u32>,
}

impl Labels {
    /// Numbers addresses that have none yet.
    pub fn extend(&mut self, addresses: impl IntoIterator<Item = Ipv4Addr>) {
        let mut new: Vec<Ipv4Addr> = addresses
            .into_iter()
            .filter(|address| !self.numbers.contains_key(address))
            .collect();
        new.sort_unstable();
        new.dedup();
        for address in new {
            let first = u32::try_from(draw(&[u64::from(u32::from(address))]) % u64::from(BLOCK)).unwrap_or(0);
            let mut numbers = (first..BLOCK).chain(0..first);
            let Some(number) = numbers.find(|number| !self.addresses.contains_key(number)) else {
                return;
            };
            self.numbers.insert(address, number);
            self.addresses.insert(number, address);
        }
    }

    /// The label that a device gives to an address.
    pub fn of(&self, device: usize, address: Ipv4Addr) -> Option<u32> {
        Some(base(device) + self.numbers.get(&address)?)
    }

    /// The label that BGP on a device gives to the route to a host address.
    pub fn of_bgp(&self, device: usize, address: Ipv4Addr) -> Option<u32> {
        let block = u32::try_from(device % BLOCKS_OF_BGP as usize).unwrap_or(0);
        Some(FIRST_OF_BGP + block * BLOCK + self.numbers.get(&address)?)
    }

    /// The address that a label of a device stands for.
    pub fn address(&self, device: usize, label: u32) -> Option<Ipv4Addr> {
        let number = label.checked_sub(base(device))?;
        self.addresses.get(&number).copied()
    }
}

fn base(device: usize) -> u32 {
    let block = u32::try_from(device % BLOCKS as usize).unwrap_or(0);
    FIRST + block * BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_for_their_address_and_differ_between_devices() {
        let address = |last| Ipv4Addr::new(10, 0, 0, last);
        let mut labels = Labels::default();
        labels.extend([address(2), address(1)]);
        labels.extend([address(0), address(1)]);
        for device in [0, 1, 199] {
            for last in 0..3 {
                let label = labels.of(device, address(last)).unwrap();
                assert_eq!(labels.address(device, label), Some(address(last)));
                assert_eq!(labels.address(device + 1, label), None);
                assert!(label < FIRST_OF_BGP);
                let of_bgp = labels.of_bgp(device, address(last)).unwrap();
                assert!((FIRST_OF_BGP..1 << 20).contains(&of_bgp));
            }
        }
        assert_eq!(labels.of(0, address(9)), None);
        let mut at_once = Labels::default();
        at_once.extend((0..3).map(address));
        assert_eq!(labels, at_once, "the order in which addresses come plays no part");
    }

    #[test]
    fn there_is_an_end_to_labels() {
        let mut labels = Labels::default();
        labels.extend((0..5000_u32).map(Ipv4Addr::from));
        let given = (0..5000_u32).filter_map(|address| labels.of(0, Ipv4Addr::from(address)));
        let given: std::collections::BTreeSet<u32> = given.collect();
        assert_eq!(given.len(), 4096);
    }
}
