//! Signals that come and go, and what follows from interfaces that come up, go down or are configured.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::engine::{Simulation, put};
use super::event::Event;
use crate::network::wiring::Port;
use crate::network::{fixpoint, interfaces, ospf};

impl Simulation {
    pub(super) fn ports(&self) -> impl Iterator<Item = Port> {
        self.wiring.links().iter().flatten().cloned()
    }

    pub(super) fn has_signal(&self, (device, port): &Port) -> bool {
        fixpoint::has_signal(&self.topology(), *device, port)
    }

    /// Ports will notice what has happened to their signals.
    pub(super) fn signals_change(&mut self, ports: Vec<Port>) {
        for port in ports {
            let signal = self.has_signal(&port);
            let known = !self.dark.contains(&port);
            match self.dawning.get(&port) {
                Some((coming, _)) if *coming == signal => {}
                _ if known == signal => {
                    self.dawning.remove(&port);
                }
                _ => {
                    let delay = if signal {
                        self.delays.carrier_return
                    } else {
                        self.delays.carrier_loss
                    };
                    let at = self.now + delay;
                    self.dawning.insert(port.clone(), (signal, at));
                    self.queue.push(at, Event::Signal(port));
                }
            }
        }
    }

    pub(super) fn notice_signal(&mut self, port: &Port) {
        let Some((signal, _)) = self.dawning.get(port).copied().filter(|(_, at)| *at == self.now) else {
            return;
        };
        self.dawning.remove(port);
        if signal {
            self.dark.remove(port);
        } else {
            self.dark.insert(port.clone());
        }
        let (device, _) = port;
        let Some(configuration) = self.configurations.get(*device) else {
            return;
        };
        let renewed = interfaces::renewed(
            self.interfaces
                .get(*device)
                .map(|own| own.as_slice())
                .unwrap_or_default(),
            configuration,
            |name| !self.dark.contains(&(*device, name.clone())),
        );
        put(&mut self.interfaces, *device, Arc::new(renewed));
        if let (Some(configuration), Some(own)) = (self.configurations.get(*device), self.interfaces.get(*device)) {
            let alone = Arc::new(ospf::configured(configuration, own));
            put(&mut self.alone, *device, alone);
        }
        self.interfaces_have_changed(*device, false);
        self.disturb();
    }

    /// All interfaces from the configurations; other devices' ends of links may have changed too.
    pub(super) fn renew_interfaces(&mut self) {
        let renewed = interfaces::of(&self.configurations, &self.wiring, |device, port| {
            !self.dark.contains(&(device, port.clone()))
        });
        let mut concerned = BTreeSet::new();
        for (device, interfaces) in renewed.into_iter().enumerate() {
            if self.interfaces.get(device) != Some(&interfaces) {
                concerned.extend(interfaces.iter().filter_map(|interface| Some(interface.far_end?.0)));
                concerned.insert(device);
                put(&mut self.interfaces, device, interfaces);
                self.record_epoch(device);
            }
        }
        // Whether a link takes labels is for both its ends to say.
        for device in concerned {
            self.plan_choice(device);
        }
    }

    /// Interfaces of a device have come up, gone down or been configured.
    pub(super) fn interfaces_have_changed(&mut self, device: usize, configured: bool) {
        let own = self
            .settings
            .get(device..=device)
            .zip(self.interfaces.get(device..=device));
        let router_id = own.and_then(|(settings, interfaces)| fixpoint::router_ids(settings, interfaces).pop()?);
        if self.router_ids.get(device).copied().flatten() != router_id {
            put(&mut self.router_ids, device, router_id);
            self.close_all_bgp(device);
        }
        if configured {
            // The forwarding table counts interfaces as the configuration does: both change together.
            self.own_links_renumbered(device);
        }
        self.links_have_changed(device);
        let neighbours: BTreeSet<usize> = self
            .interfaces
            .get(device)
            .into_iter()
            .flat_map(|own| own.iter().filter_map(|interface| Some(interface.far_end?.0)))
            .collect();
        for other in neighbours {
            self.links_have_changed(other);
        }
        self.bfd_interfaces_have_changed(device);
        self.bfd_ways_have_changed();
        self.fall_over(device);
        self.evaluate(device);
        if configured {
            self.install(device);
        } else {
            self.record_epoch(device);
        }
    }

    /// What a device can hear of its neighbours may have changed.
    pub(super) fn links_have_changed(&mut self, device: usize) {
        self.look_at_adjacencies(device);
        self.greet_by_ldp(device);
        self.look_at_ldp(device);
    }
}
