//! Route distinguishers (RFC 4364 §4.2).

use std::fmt;
use std::net::Ipv4Addr;

/// Eight bytes that make routes of different VPNs distinct.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteDistinguisher(pub [u8; 8]);

impl fmt::Display for RouteDistinguisher {
    /// `100:1`, `10.0.0.1:1`, `4200000000:1`; other types by type and value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = u64::from_be_bytes(self.0);
        let (value, low) = (whole & 0xffff_ffff_ffff, whole & 0xffff);
        match whole >> 48 {
            0 => write!(f, "{}:{}", value >> 32, value & 0xffff_ffff),
            1 => write!(f, "{}:{low}", Ipv4Addr::from((value >> 16) as u32)),
            2 => write!(f, "{}:{low}", value >> 16),
            kind => write!(f, "type {kind}:{value:012x}"),
        }
    }
}

impl fmt::Debug for RouteDistinguisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_types_are_written_as_configured() {
        assert_eq!(RouteDistinguisher([0, 0, 0, 100, 0, 0, 0, 1]).to_string(), "100:1");
        assert_eq!(RouteDistinguisher([0, 1, 10, 0, 0, 1, 0, 2]).to_string(), "10.0.0.1:2");
        assert_eq!(RouteDistinguisher([0, 2, 0, 1, 0, 0, 0, 3]).to_string(), "65536:3");
        assert_eq!(
            RouteDistinguisher([0, 9, 0, 0, 0, 0, 0, 3]).to_string(),
            "type 9:000000000003"
        );
    }
}
