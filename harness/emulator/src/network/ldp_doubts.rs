//! Lines of LDP whose effect is in doubt: two ways to one peer with different terms, labels of a neighbour without LDP on
//! the link.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fixpoint::NotComputed;
use super::interfaces::{self, Interface};
use super::ldp_settings::{self, LdpSettings, Transport};
use super::prefix::Vrf;
use super::wiring::Wiring;
use crate::configuration::Configuration;

/// Refuses a network with such a line.
pub fn check(configurations: &[Arc<Configuration>], wiring: &Wiring) -> Result<(), NotComputed> {
    let settings: Vec<_> = configurations.iter().map(|c| ldp_settings::of(c)).collect();
    if settings.iter().flatten().all(LdpSettings::is_usual) {
        return Ok(());
    }
    let interfaces = interfaces::of(configurations, wiring, |_, _| true);
    for (device, configuration) in configurations.iter().enumerate() {
        if let Some(line) = doubt(device, &settings, &interfaces) {
            return Err(NotComputed::Line {
                device: configuration.sysname().unwrap_or("HUAWEI").to_owned(),
                line,
            });
        }
    }
    Ok(())
}

fn doubt(device: usize, settings: &[Option<LdpSettings>], interfaces: &[Arc<Vec<Interface>>]) -> Option<String> {
    let own = settings.get(device)?.as_ref()?;
    let there = |interface: &Interface| {
        let (far, index) = interface.far_end?;
        Some((far, interfaces.get(far)?.get(index)?))
    };
    let public = |interface: &&Interface| interface.vrf == Vrf::Public;
    let all = interfaces.get(device)?.iter().filter(public);
    let mut links: BTreeMap<usize, Vec<&Interface>> = BTreeMap::new();
    for interface in all.clone().filter(|interface| interface.ldp) {
        if let Some((far, _)) = there(interface).filter(|(_, there)| there.ldp) {
            links.entry(far).or_default().push(interface);
        }
    }
    for (far, links) in &links {
        let id = settings.get(*far)?.as_ref().map(|theirs| theirs.lsr_id);
        let remote = id.and_then(|id| own.remote_peer(id));
        let mut terms = links.iter().map(|interface| own.link_terms(&interface.name));
        let first = terms.next().unwrap_or_default();
        let differ = terms.any(|terms| {
            terms.transport != first.transport || terms.timers.keepalive_hold != first.timers.keepalive_hold
        });
        if differ || links.len() > 1 && first.transport == Transport::Itself {
            let names: Vec<String> = links.iter().map(|interface| interface.name.to_string()).collect();
            return Some(format!("mpls ldp (other terms on {})", names.join(" than on ")));
        }
        if let Some(remote) = remote {
            let same = remote.timers.keepalive_hold == first.timers.keepalive_hold;
            if !same || first.transport != Transport::LsrId {
                let name = &remote.name;
                return Some(format!(
                    "mpls ldp remote-peer {name} (other terms than on a link to it)"
                ));
            }
        }
    }
    for (index, remote) in own.remote_peers.iter().enumerate() {
        let before = own.remote_peers.iter().take(index);
        if before.into_iter().any(|other| other.address == remote.address) {
            return Some(format!("remote-ip {} (of two remote peers)", remote.address));
        }
        // Whether a label of a neighbour is used on a link where it does not run LDP.
        let is_near = all.clone().filter(|interface| interface.mpls).any(|interface| {
            there(interface).is_some_and(|(far, there)| {
                let id = settings.get(far).and_then(Option::as_ref).map(|theirs| theirs.lsr_id);
                id == Some(remote.address) && there.mpls && !(interface.ldp && there.ldp)
            })
        });
        if is_near {
            return Some(format!(
                "remote-ip {} (a neighbour on a link without LDP)",
                remote.address
            ));
        }
    }
    None
}
