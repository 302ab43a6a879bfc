//! What the choice of a speaker rests on besides what its peers tell: routes and LSPs to some addresses, routes that it
//! brings in.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::bgp::BgpSpeaker;
use super::prefix::{Prefix, Vrf};
use super::rib::Prefixes;

/// What the choice of a speaker rests on.
#[derive(Debug, Clone)]
pub struct RestsOn {
    speaker: Arc<BgpSpeaker>,
    /// Peers in the public network, and next hops of all paths.
    addresses: BTreeSet<Ipv4Addr>,
    /// Routes of the public network are brought in.
    imports: bool,
}

impl RestsOn {
    /// What the present choice of a speaker rests on.
    pub fn of(speaker: &Arc<BgpSpeaker>) -> Self {
        let settings = &speaker.settings;
        let paths = speaker.tables.values().flat_map(|table| table.values());
        let paths = paths.chain(speaker.vpnv4.values()).flatten();
        let next_hops = paths.map(|ranked| ranked.path.next_hop);
        let peers = settings.peers.iter().filter(|peer| peer.vrf == Vrf::Public);
        let imports = settings.families.get(&Vrf::Public).is_some_and(|family| {
            family.import_direct.is_some()
                || family.import_static.is_some()
                || !family.import_ospf.is_empty()
                || !family.networks.is_empty()
        });
        Self {
            speaker: Arc::clone(speaker),
            addresses: next_hops.chain(peers.map(|peer| peer.address)).collect(),
            imports,
        }
    }

    /// Whether it is of this very choice.
    pub fn is_of(&self, speaker: &Arc<BgpSpeaker>) -> bool {
        Arc::ptr_eq(&self.speaker, speaker)
    }

    /// Whether the choice could be another after changes of these routes, and of the LSPs to these addresses.
    pub fn concerns(&self, routes: &Prefixes, lsps: &[Ipv4Addr]) -> bool {
        let holds = |prefix: &Prefix| {
            let mut addresses = self.addresses.range(prefix.address()..=prefix.broadcast());
            addresses.next().is_some()
        };
        let routes = routes
            .iter()
            .any(|(vrf, prefixes)| *vrf != Vrf::Public || self.imports || prefixes.iter().any(holds));
        routes || lsps.iter().any(|address| self.addresses.contains(address))
    }
}
