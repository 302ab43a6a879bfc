//! Which address is whose.
//!
//! | range | what |
//! |---|---|
//! | 10.0.0.0/16 | loopbacks of the provider's routers |
//! | 10.64.0.0/10 | links between them, /30 each |
//! | 172.16.0.0/12 | links to customers, /30 each, the same ranges in every VPN |
//! | 192.168.0.0/17 | loopbacks of the PEs in VPN instances, the same in every VPN |
//! | 192.168.128.0/17 | loopbacks of the customers' routers, the same in every VPN |

use std::net::Ipv4Addr;

/// Hosts in a range of 256 addresses: neither .0 nor .251 and beyond is given away.
const HOSTS: usize = 250;

/// The loopback of a provider's router.
pub fn loopback(router: usize) -> Ipv4Addr {
    host([10, 0], router)
}

/// The addresses at both ends of a link between provider's routers.
pub fn core_link(link: usize) -> [Ipv4Addr; 2] {
    pair([10, 64], link)
}

/// The addresses at both ends of the link to a VPN's customer: the PE's, then the customer's.
pub fn customer_link(customer: usize) -> [Ipv4Addr; 2] {
    pair([172, 16], customer)
}

/// The PE's loopback in a site of a VPN.
pub fn site(site: usize) -> Ipv4Addr {
    host([192, 168], site)
}

/// The loopback of a customer's router.
pub fn customer(customer: usize) -> Ipv4Addr {
    add([192, 168], 128 * 256 + host_offset(customer))
}

fn host(range: [u8; 2], number: usize) -> Ipv4Addr {
    add(range, host_offset(number))
}

fn host_offset(number: usize) -> usize {
    number / HOSTS * 256 + number % HOSTS + 1
}

fn pair(range: [u8; 2], number: usize) -> [Ipv4Addr; 2] {
    [add(range, number * 4 + 1), add(range, number * 4 + 2)]
}

fn add([a, b]: [u8; 2], offset: usize) -> Ipv4Addr {
    let base = u32::from(Ipv4Addr::new(a, b, 0, 0));
    Ipv4Addr::from(base.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX)))
}
