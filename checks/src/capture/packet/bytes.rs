//! Fields of headers, in network byte order; `None` beyond the end.

use std::net::{Ipv4Addr, Ipv6Addr};

#[inline]
pub(super) fn u8_at(octets: &[u8], at: usize) -> Option<u8> {
    octets.get(at).copied()
}

#[inline]
pub(super) fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    array_at(octets, at).map(u16::from_be_bytes)
}

#[inline]
pub(super) fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    array_at(octets, at).map(u32::from_be_bytes)
}

#[inline]
pub(super) fn array_at<const N: usize>(octets: &[u8], at: usize) -> Option<[u8; N]> {
    octets.get(at..)?.first_chunk::<N>().copied()
}

#[inline]
pub(super) fn ipv4_at(octets: &[u8], at: usize) -> Ipv4Addr {
    Ipv4Addr::from(array_at::<4>(octets, at).unwrap_or_default())
}

#[inline]
pub(super) fn ipv6_at(octets: &[u8], at: usize) -> Ipv6Addr {
    Ipv6Addr::from(array_at::<16>(octets, at).unwrap_or_default())
}
