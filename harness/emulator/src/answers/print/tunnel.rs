//! Tunnels that VPN routes resolve to: their numbers.

use std::net::Ipv4Addr;

/// The number of the tunnel to an LSR: one for each address where an LSP ends.
pub fn tunnel_id(egress: Ipv4Addr) -> String {
    format!("0x{:018x}", u32::from(egress))
}
