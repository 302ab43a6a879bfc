//! LSPs and label mappings of a device follow its routes and what its peers map.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::engine::{Simulation, put};
use crate::network::interfaces::Interface;
use crate::network::labels::Labels;
use crate::network::ldp::{self, Lsp, LspSources, Mappings};
use crate::network::ldp_session::LdpSession;
use crate::network::ldp_settings::LdpSettings;
use crate::network::prefix::{Prefix, Vrf};
use crate::network::rib::Rib;
use crate::network::shared::Shared;

/// What the LSPs of a device follow from. Where two share something it is the same in both.
#[derive(Clone)]
pub struct LspGrounds {
    settings: Option<Arc<LdpSettings>>,
    labels: Arc<Labels>,
    rib: Arc<Rib>,
    sessions: Vec<LdpSession>,
    /// Its own interfaces and those of its neighbours.
    interfaces: Vec<Arc<Vec<Interface>>>,
    /// What the peers of its sessions have told.
    received: Vec<Arc<Mappings>>,
}

impl LspGrounds {
    /// The addresses whose LSPs may be others than before; none if all may be.
    fn news(&self, now: &Self) -> Option<BTreeSet<Ipv4Addr>> {
        let same_interfaces = self.interfaces.len() == now.interfaces.len()
            && self
                .interfaces
                .iter()
                .zip(&now.interfaces)
                .all(|(a, b)| Arc::ptr_eq(a, b));
        let same = same_interfaces
            && self.settings == now.settings
            && Arc::ptr_eq(&self.labels, &now.labels)
            && self.sessions == now.sessions;
        if !same {
            return None;
        }
        let mut news = BTreeSet::new();
        if !Arc::ptr_eq(&self.rib, &now.rib) {
            let prefixes = self.rib.changed(&now.rib).into_iter();
            news.extend(
                prefixes
                    .filter(|prefix| prefix.length() == 32)
                    .map(|prefix| prefix.broadcast()),
            );
        }
        for (before, now) in self.received.iter().zip(&now.received) {
            if !Arc::ptr_eq(before, now) {
                news.extend(before.different(now));
            }
        }
        Some(news)
    }
}

impl Simulation {
    /// LSPs and mappings of a device follow its routes; the addresses whose LSPs are others now.
    pub(super) fn relabel(&mut self, device: usize) -> Vec<Ipv4Addr> {
        let Some(now) = self.lsp_grounds_of(device) else {
            return Vec::new();
        };
        let before = self.lsp_grounds.get_mut(device).and_then(Option::take);
        let news = before.and_then(|before| before.news(&now));
        let Some(lsps) = self.lsps.get(device).cloned() else {
            return Vec::new();
        };
        let known = self.received.get(device).map(Vec::as_slice).unwrap_or_default();
        let sources = LspSources {
            device,
            settings: now.settings.as_deref(),
            sessions: &now.sessions,
            interfaces: &self.interfaces,
            received: known,
        };
        let renewed = match &news {
            None => self
                .ribs
                .get(device)
                .map(|ribs| Arc::new(sources.lsps(ribs)))
                .unwrap_or_default(),
            Some(addresses) => {
                let different = addresses.iter().filter_map(|address| {
                    let prefix = Prefix::host(*address);
                    let lsp = now.rib.get(&prefix).and_then(|routes| sources.lsp(prefix, routes));
                    (lsp.as_ref() != lsps.get(address)).then_some((*address, lsp))
                });
                let different: Vec<(Ipv4Addr, Option<Shared<Lsp>>)> = different.collect();
                if different.is_empty() {
                    Arc::clone(&lsps)
                } else {
                    Arc::new(lsps.with(different))
                }
            }
        };
        put(&mut self.lsp_grounds, device, Some(now));
        let different: Vec<Ipv4Addr> = lsps.changed(&renewed).into_iter().copied().collect();
        let same_addresses = news.is_some()
            && different
                .iter()
                .all(|address| lsps.contains_key(address) == renewed.contains_key(address));
        if !different.is_empty() {
            put(&mut self.lsps, device, renewed);
        }
        if !same_addresses {
            self.map(device);
        }
        different
    }

    /// The LSPs of a device follow from what it knows.
    pub(super) fn labels_are_settled(&mut self, device: usize) {
        let grounds = self.lsp_grounds_of(device);
        put(&mut self.lsp_grounds, device, grounds);
    }

    fn lsp_grounds_of(&self, device: usize) -> Option<LspGrounds> {
        let own = self.interfaces.get(device)?;
        let far = own
            .iter()
            .filter_map(|interface| self.interfaces.get(interface.far_end?.0));
        let sessions = self.ldp_sessions(device);
        let received = self.received.get(device)?;
        let peers = sessions.iter().filter_map(|session| received.get(session.peer));
        Some(LspGrounds {
            settings: self.ldp_settings.get(device).cloned().flatten(),
            labels: Arc::clone(&self.labels),
            rib: self.ribs.get(device)?.get(&Vrf::Public).cloned().unwrap_or_default(),
            interfaces: std::iter::once(own).chain(far).cloned().collect(),
            received: peers.cloned().collect(),
            sessions,
        })
    }

    /// The device tells its peers which labels it gives now, if they are others than before.
    fn map(&mut self, device: usize) {
        let mappings = self.mappings(device);
        if let Some(before) = self.mapped.get(device).cloned().filter(|before| *before != mappings) {
            put(&mut self.mapped, device, Arc::clone(&mappings));
            for peer in self.up_peers(device) {
                self.send_mappings(device, peer, &before, &mappings);
            }
        }
    }

    /// The labels that a device gives.
    pub(super) fn mappings(&self, device: usize) -> Arc<Mappings> {
        let (Some(interfaces), Some(lsps)) = (self.interfaces.get(device), self.lsps.get(device)) else {
            return Arc::default();
        };
        let settings = self.ldp_settings.get(device).and_then(Option::as_deref);
        Arc::new(ldp::mappings_of(device, settings, interfaces, lsps, &self.labels))
    }
}
