//! Internet checksums (RFC 1071), verified on request.

use std::net::IpAddr;

use super::ip::{IpHeader, Ipv4, protocol};

/// What verifying a checksum gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// It is right.
    Right,
    /// It is wrong. On the sending machine that may only mean that the card fills it in later.
    Wrong,
    /// The sender left it out (UDP), or the protocol has none.
    Absent,
    /// Not every octet was captured, or the datagram is in parts.
    Unverifiable,
}

/// The ones' complement sum of 16-bit words, folded; an odd octet at the end counts as the upper half of a word.
pub(super) fn sum(octets: &[u8], start: u32) -> u32 {
    let (words, rest) = octets.as_chunks::<2>();
    let total = words
        .iter()
        .map(|word| u64::from(u16::from_be_bytes(*word)))
        .sum::<u64>()
        + u64::from(start)
        + rest.first().map_or(0, |&octet| u64::from(octet) << 8);
    let mut total = total;
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    total as u32
}

/// Whether the sum of an IPv4 header is right.
pub(super) fn of_ipv4(header: Ipv4<'_>) -> Checksum {
    if sum(header.octets(), 0) == 0xffff {
        Checksum::Right
    } else {
        Checksum::Wrong
    }
}

/// Whether the sum of a whole UDP datagram, TCP segment or ICMP message is right.
pub(super) fn of_segment(header: &IpHeader, segment: &[u8]) -> Checksum {
    let with_addresses = match header.protocol {
        protocol::UDP => {
            // Over IPv6 too, since RFC 6935 lets tunnels do so.
            if segment.get(6..8) == Some(&[0, 0]) {
                return Checksum::Absent;
            }
            true
        }
        protocol::TCP | protocol::ICMPV6 => true,
        protocol::ICMP => false,
        _ => return Checksum::Absent,
    };
    let mut start = 0;
    if with_addresses {
        let length = segment.len() as u32;
        start = sum_of_address(header.source) + sum_of_address(header.destination);
        start += u32::from(header.protocol) + (length >> 16) + (length & 0xffff);
    }
    if sum(segment, start) == 0xffff {
        Checksum::Right
    } else {
        Checksum::Wrong
    }
}

fn sum_of_address(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(address) => sum(&address.octets(), 0),
        IpAddr::V6(address) => sum(&address.octets(), 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_rfc_1071() {
        assert_eq!(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7], 0), 0xddf2);
        assert_eq!(sum(&[0x01], 0), 0x0100);
    }
}
