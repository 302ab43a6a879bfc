//! Addresses with a length, and the routing instances they live in.

use std::cmp::Ordering;
use std::fmt;
use std::net::Ipv4Addr;

/// An IPv4 prefix; no bit is set behind its length. Ordered by address, then length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix {
    address: Ipv4Addr,
    length: u8,
}

impl Ord for Prefix {
    /// Every table is searched by it: one comparison of numbers instead of five of octets.
    fn cmp(&self, other: &Self) -> Ordering {
        let number = |prefix: &Self| u64::from(u32::from(prefix.address)) << 8 | u64::from(prefix.length);
        number(self).cmp(&number(other))
    }
}

impl PartialOrd for Prefix {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Prefix {
    /// The prefix that holds all addresses.
    pub const DEFAULT_ROUTE: Self = Self {
        address: Ipv4Addr::UNSPECIFIED,
        length: 0,
    };

    /// The prefix of so many bits that holds an address; a length above 32 is taken as 32.
    pub fn of(address: Ipv4Addr, length: u8) -> Self {
        let length = length.min(32);
        Self {
            address: Ipv4Addr::from(u32::from(address) & mask(length)),
            length,
        }
    }

    /// An address alone.
    pub fn host(address: Ipv4Addr) -> Self {
        Self::of(address, 32)
    }

    /// The prefix of an address and a mask such as 255.255.255.0.
    pub fn with_mask(address: &str, mask: &str) -> Option<Self> {
        Some(Self::of(address.parse().ok()?, mask_length(mask)?))
    }

    /// The network of class A, B or C that an address stands in.
    pub fn classful(address: Ipv4Addr) -> Option<Self> {
        let length = match address.octets()[0] {
            0..=127 => 8,
            128..=191 => 16,
            192..=223 => 24,
            _ => return None,
        };
        Some(Self::of(address, length))
    }

    /// Its first address.
    pub fn address(self) -> Ipv4Addr {
        self.address
    }

    /// Its length in bits.
    pub fn length(self) -> u8 {
        self.length
    }

    /// Whether it holds the address.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        Self::of(address, self.length) == self
    }

    /// Its last address.
    pub fn broadcast(self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.address) | !mask(self.length))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

fn mask(length: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)
}

/// The length of a mask such as 255.255.255.0.
pub fn mask_length(mask: &str) -> Option<u8> {
    let bits = u32::from(mask.parse::<Ipv4Addr>().ok()?);
    (bits.leading_ones() + bits.trailing_zeros() == 32 || bits == 0).then(|| bits.leading_ones() as u8)
}

/// A routing instance of a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vrf {
    /// The public network.
    Public,
    /// A VPN instance.
    Instance(String),
    /// No instance: the labels that BGP gave, each as a host prefix of that number, with what becomes of their packets.
    Labels,
}
