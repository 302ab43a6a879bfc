//! What comes from outside: configurations and the conditions of links.

use std::sync::Arc;

use super::delays::Delays;
use super::engine::{Simulation, put};
use super::links::{Condition, Way};
use crate::configuration::Configuration;

impl Simulation {
    /// A device's configuration is another from now on.
    pub fn commit(&mut self, device: usize, configuration: &Arc<Configuration>) {
        let Some(present) = self.configurations.get_mut(device) else {
            return;
        };
        if *present == *configuration {
            return;
        }
        let tells_differently = tells(present) != tells(configuration);
        *present = Arc::clone(configuration);
        self.forget_flaps();
        if self.unsettled.is_some() {
            // What was not settled is no ground to go on from.
            self.start();
            return;
        }
        self.number_labels();
        let before_settings = self.settings.get(device).cloned().flatten();
        self.read(device);
        self.renew_interfaces();
        self.read(device);
        if !tells_differently {
            put(&mut self.settings, device, before_settings.clone());
        }
        self.signals_change(self.ports().collect());
        self.interfaces_have_changed(device, true);
        for other in (0..self.configurations.len()).filter(|other| *other != device) {
            self.links_have_changed(other);
        }
        self.reconfigure_bfd();
        if tells_differently {
            self.reconfigure_bgp(device, before_settings.as_deref());
        }
        self.evaluate(device);
        self.disturb();
        self.check();
    }

    /// The condition of a link in one direction is another from now on.
    pub fn set_condition(&mut self, way: Way, condition: Condition) {
        let condition = Condition {
            loss: if condition.loss.is_nan() {
                0.0
            } else {
                condition.loss.clamp(0.0, 1.0)
            },
            delay: condition.delay.max(Delays::SHORTEST),
            ..condition
        };
        let known = self
            .conditions
            .get_mut(way.link)
            .and_then(|ends| ends.get_mut(way.from));
        let Some(known) = known.filter(|known| **known != condition) else {
            return;
        };
        let mended = !known.passes() && condition.passes();
        *known = condition;
        self.history.record_condition(way, self.now, condition);
        self.forget_flaps();
        if self.unsettled.is_some() {
            self.start();
            return;
        }
        self.signals_change(
            self.wiring
                .links()
                .get(way.link)
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
        );
        let ends: Vec<usize> = [way, way.back()]
            .iter()
            .filter_map(|way| self.wiring.sender(*way).map(|(device, _)| *device))
            .collect();
        for device in ends {
            self.links_have_changed(device);
        }
        if mended {
            self.synchronise_over(way);
        }
        self.listen_over(way);
        self.bfd_ways_have_changed();
        self.disturb();
    }
}

/// The lines that decide what BGP chooses and tells.
fn tells(configuration: &Configuration) -> Vec<String> {
    const BLOCKS: [&str; 7] = [
        "bgp ",
        "ip vpn-instance ",
        "route-policy ",
        "ip ip-prefix ",
        "ip as-path-filter ",
        "ip community-filter ",
        "ip extcommunity-filter ",
    ];
    fn collect(line: &crate::configuration::Node, all: &mut Vec<String>) {
        all.push(line.text.clone());
        for child in &line.children {
            collect(child, all);
        }
    }
    let mut all = Vec::new();
    for line in &configuration.lines {
        if BLOCKS.iter().any(|block| line.text.starts_with(block)) {
            collect(line, &mut all);
        }
    }
    all
}
