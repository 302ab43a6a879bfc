//! What a BGP speaker chooses, and when it has to choose anew.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::engine::{Simulation, put};
use super::event::Event;
use crate::network::bgp::BgpSpeaker;
#[cfg(test)]
use crate::network::bgp_received::Received;
use crate::network::bgp_rests_on::RestsOn;
use crate::network::bgp_settings::BgpSettings;
use crate::network::flapping::between_speakers;
use crate::network::interfaces::Interface;
use crate::network::labels::Labels;
use crate::network::ldp::Lsps;
use crate::network::rib::{Prefixes, Ribs};
use crate::network::vpn_instances::VpnInstance;

/// Where sessions lead, by device and number of the session at both ends.
type FarEnds = BTreeMap<(usize, usize), (usize, usize)>;

/// What a speaker that chose as before chose from, besides what its peers told. Where two share something it is the same
/// in both.
pub struct ChoiceGrounds {
    before: Arc<BgpSpeaker>,
    router_id: Option<Ipv4Addr>,
    far: FarEnds,
    /// Its own settings, then those of its peers.
    settings: Vec<Arc<BgpSettings>>,
    /// Its own instances, then those of its peers.
    vpns: Vec<Arc<Vec<VpnInstance>>>,
    /// Its own interfaces, then those of its neighbours: whether a link takes labels is for both its ends to say.
    interfaces: Vec<Arc<Vec<Interface>>>,
    ribs: Arc<Ribs>,
    lsps: Arc<Lsps>,
    labels: Arc<Labels>,
}

impl ChoiceGrounds {
    fn are(&self, now: &Self) -> bool {
        fn same<T>(a: &[Arc<T>], b: &[Arc<T>]) -> bool {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Arc::ptr_eq(a, b))
        }
        Arc::ptr_eq(&self.before, &now.before)
            && self.router_id == now.router_id
            && self.far == now.far
            && same(&self.settings, &now.settings)
            && same(&self.vpns, &now.vpns)
            && same(&self.interfaces, &now.interfaces)
            && Arc::ptr_eq(&self.ribs, &now.ribs)
            && Arc::ptr_eq(&self.lsps, &now.lsps)
            && Arc::ptr_eq(&self.labels, &now.labels)
    }
}

/// What a speaker chooses.
pub(super) enum Chosen {
    /// The same as before.
    AsBefore,
    /// Something else; nothing if BGP does not run any more.
    Another(Option<Box<BgpSpeaker>>),
}

impl Simulation {
    /// Whether the choice of a device could be another after changes of these routes, and of the LSPs to these
    /// addresses.
    pub(super) fn concerns_bgp(&mut self, device: usize, routes: &Prefixes, lsps: &[Ipv4Addr]) -> bool {
        let Some(speaker) = self.bgp.get(device).and_then(Option::as_ref) else {
            return true;
        };
        let known = self.rests_on.get(device).and_then(Option::as_ref);
        if let Some(known) = known.filter(|known| known.is_of(speaker)) {
            return known.concerns(routes, lsps);
        }
        let rests_on = RestsOn::of(speaker);
        let concerns = rests_on.concerns(routes, lsps);
        put(&mut self.rests_on, device, Some(rests_on));
        concerns
    }

    pub(super) fn plan_choice(&mut self, device: usize) {
        if self.settings.get(device).is_none_or(Option::is_none) && self.bgp.get(device).is_none_or(Option::is_none) {
            return;
        }
        if let Some(pending) = self.choose_pending.get_mut(device).filter(|pending| !**pending) {
            *pending = true;
            self.queue
                .push(self.now + self.delays.bgp_processing, Event::BgpChoose(device));
        }
    }

    /// A speaker chooses its paths from what it knows; if the choice is another, it will be told.
    pub(super) fn choose(&mut self, device: usize) {
        put(&mut self.choose_pending, device, false);
        self.look_at_backups(device);
        let Chosen::Another(chosen) = self.choose_again(device) else {
            return;
        };
        let chosen = chosen.map(|chosen| Arc::new(*chosen));
        let earlier = self.bgp.get(device).cloned().flatten();
        put(&mut self.bgp, device, chosen.clone());
        if let (Some(before), Some(now)) = (&earlier, &chosen) {
            self.note_changes(device, || between_speakers(before, now));
        }
        if let Some(heard) = self.heard.get_mut(device) {
            put(heard, device, chosen);
        }
        // Routes cross between the instances of a device as it chose before: it chooses until nothing changes.
        if self.vpns.get(device).is_some_and(|vpns| vpns.len() > 1) {
            self.plan_choice(device);
        }
        self.evaluate(device);
        self.plan_telling(device);
    }

    /// What a speaker chooses from what it knows now.
    pub(super) fn choose_again(&mut self, device: usize) -> Chosen {
        let far = self.far_ends_of(device);
        let grounds = self.choice_grounds_of(device, &far);
        let known = self.choice_grounds.get_mut(device).and_then(Option::take);
        let mut received = self.taken_in.get_mut(device).map(std::mem::take).unwrap_or_default();
        let same = known.zip(grounds.as_ref()).is_some_and(|(known, now)| known.are(now));
        let hears_the_same = same
            && grounds.as_ref().is_some_and(|grounds| {
                let surroundings = self.surroundings(device);
                surroundings.is_some_and(|all| all.hears_the_same(device, &grounds.before, &far, &mut received))
            });
        let chosen = if hears_the_same {
            #[cfg(test)]
            self.assert_same_choice(device, &far);
            Chosen::AsBefore
        } else {
            let settings = self.settings.get(device).and_then(Option::as_ref);
            let chosen = settings.and_then(|settings| {
                self.surroundings(device)?
                    .speaker(device, settings, &far, &mut received)
            });
            let before = self.bgp.get(device).and_then(Option::as_deref);
            let same_settings = match (before, &chosen) {
                (Some(before), Some(chosen)) => Arc::ptr_eq(&before.settings, &chosen.settings),
                _ => true,
            };
            if same_settings && before == chosen.as_ref() {
                Chosen::AsBefore
            } else {
                Chosen::Another(chosen.map(Box::new))
            }
        };
        put(&mut self.taken_in, device, received);
        if matches!(chosen, Chosen::AsBefore) {
            put(&mut self.choice_grounds, device, grounds);
        }
        chosen
    }

    /// What is not computed is computed all the same, and compared.
    #[cfg(test)]
    fn assert_same_choice(&self, device: usize, far: &FarEnds) {
        let settings = self.settings[device].as_ref().unwrap();
        let surroundings = self.surroundings(device).unwrap();
        let anew = surroundings.speaker(device, settings, far, &mut Received::default());
        assert!(
            anew.as_ref() == self.bgp[device].as_deref(),
            "device {device} would choose otherwise"
        );
    }

    fn far_ends_of(&self, device: usize) -> FarEnds {
        let ends = self.established_on(device).filter_map(|(near, session)| {
            let number = self.bgp_number(near)?;
            Some(((device, number), (session.far.0, self.bgp_number(&session.far)?)))
        });
        ends.collect()
    }

    /// What the choice of a device is made from now, if BGP runs.
    fn choice_grounds_of(&self, device: usize, far: &FarEnds) -> Option<ChoiceGrounds> {
        let peers = || std::iter::once(device).chain(far.values().map(|(peer, _)| *peer));
        let own = self.interfaces.get(device)?;
        let neighbours = own.iter().filter_map(|interface| Some(interface.far_end?.0));
        let links = std::iter::once(device).chain(neighbours);
        Some(ChoiceGrounds {
            before: self.bgp.get(device)?.clone()?,
            router_id: self.router_ids.get(device).copied().flatten(),
            settings: peers()
                .map(|peer| self.settings.get(peer)?.clone())
                .collect::<Option<_>>()?,
            vpns: peers()
                .map(|peer| self.vpns.get(peer).cloned())
                .collect::<Option<_>>()?,
            interfaces: links
                .map(|neighbour| self.interfaces.get(neighbour).cloned())
                .collect::<Option<_>>()?,
            far: far.clone(),
            ribs: self.ribs.get(device)?.clone(),
            lsps: self.lsps.get(device)?.clone(),
            labels: Arc::clone(&self.labels),
        })
    }
}
