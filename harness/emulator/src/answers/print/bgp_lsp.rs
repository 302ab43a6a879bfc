//! LSPs of BGP: host routes that came with labels, or are told with labels.

use std::net::Ipv4Addr;

use super::Asked;
use super::bgp_rows::{Row, of_instance};
use super::lsp::Entry;
use crate::network::Vrf;

/// The entries of a device by address: what enters an LSP here, and what comes with a label of the device.
pub fn entries(asked: Asked<'_>) -> Vec<Entry> {
    let Some(Some(speaker)) = asked.state.bgp.get(asked.device) else {
        return Vec::new();
    };
    let best = of_instance(asked, speaker, &Vrf::Public)
        .into_iter()
        .filter(|row| row.best);
    let hosts = best.filter(|row| row.prefix.length() == 32);
    hosts.flat_map(|row| of_route(&row)).collect()
}

fn of_route(row: &Row) -> Vec<Entry> {
    let entry = |in_label: Option<u32>| Entry {
        address: row.prefix.address(),
        in_label,
        out_label: row.received_label,
        out: out(row).filter(|_| row.received_label.is_some()),
    };
    let ingress = row.received_label.map(|_| entry(None));
    let transit = row.applied_label.map(|label| entry(Some(label)));
    ingress.into_iter().chain(transit).collect()
}

fn out(row: &Row) -> Option<(crate::interface_name::InterfaceName, Ipv4Addr)> {
    let (name, _) = row.relay.as_ref()?;
    Some((name.clone(), row.next_hop))
}
