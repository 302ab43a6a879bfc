//! What BGP tells in time: each peer what is new for it, and what becomes of it on the way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::bgp_dialogue::{TCP_RETRY, bgp_travels};
use super::engine::{Simulation, put};
use super::event::{BgpEnd, Event};
use super::message::{Message, Says};
use crate::network::bgp::{BgpSession, BgpSpeaker};
use crate::network::bgp_news::{self, News};
use crate::network::bgp_path::Path;
use crate::network::bgp_told;
use crate::network::prefix::Prefix;
use crate::network::vpn_instances::{RouteDistinguisher, VpnInstance};

/// What a speaker tells the other end of a session: routes by prefix and route distinguisher.
type Told = BTreeMap<(Prefix, Option<RouteDistinguisher>), Path>;

impl Simulation {
    pub(super) fn plan_telling(&mut self, device: usize) {
        if let Some(pending) = self.tell_pending.get_mut(device).filter(|pending| !**pending) {
            *pending = true;
            self.queue
                .push(self.now + self.delays.bgp_advertisement, Event::BgpTell(device));
        }
    }

    /// A speaker tells each peer what is new for it.
    pub(super) fn tell(&mut self, device: usize) {
        put(&mut self.tell_pending, device, false);
        let before = self.told.get(device).cloned().flatten();
        let Some(now) = self.bgp.get(device).cloned().flatten() else {
            put(&mut self.told, device, None);
            return;
        };
        put(&mut self.told, device, Some(Arc::clone(&now)));
        let vpns = self.vpns.get(device).cloned().unwrap_or_default();
        let news = before.as_ref().and_then(|before| News::between(before, &now, &vpns));
        for (number, session) in now
            .sessions
            .iter()
            .enumerate()
            .filter(|(_, session)| session.far.is_some())
        {
            let end = (device, session.settings.vrf.clone(), session.settings.address);
            let Some(established) = self.established.get(&end).cloned() else {
                continue;
            };
            let was = before.as_ref().and_then(|speaker| {
                // Most likely it is where it was.
                let mut sessions = speaker.sessions.get(number).into_iter().chain(&speaker.sessions);
                let was = sessions.find(|was| {
                    was.settings.address == session.settings.address && was.settings.vrf == session.settings.vrf
                });
                was.filter(|was| was.far == session.far && was.settings == session.settings)
                    .map(|was| (speaker, was))
            });
            // A session that has come up since is told everything.
            let was = was.filter(|_| !self.untold.contains(&end));
            let is_new = was.is_none();
            self.untold.remove(&end);
            let news = news
                .as_ref()
                .filter(|_| was.is_some_and(|(_, was)| bgp_news::tells_alike(was, session)));
            if news.is_some_and(|news| news.is_empty_to(session)) {
                continue;
            }
            let told_now = told_to(&vpns, &now, session, news);
            let told_before = was.map(|(speaker, was)| told_to(&vpns, speaker, was, news));
            let told_before = told_before.unwrap_or_default();
            let announced: Vec<(Prefix, Path)> = told_now
                .iter()
                .filter(|(key, path)| told_before.get(key) != Some(path))
                .map(|((prefix, _), path)| (*prefix, path.clone()))
                .collect();
            let is_labelled = |path: &Path| path.vpn.is_none() && path.label.is_some();
            let gone = |key: &(Prefix, Option<RouteDistinguisher>), was: &Path| match told_now.get(key) {
                None => true,
                Some(path) => is_labelled(was) != is_labelled(path),
            };
            let (labelled, plain): (Vec<_>, Vec<_>) = told_before
                .iter()
                .filter(|(key, was)| gone(key, was))
                .partition(|(_, was)| is_labelled(was));
            let labels_withdrawn: Vec<Prefix> = labelled.iter().map(|((prefix, _), _)| *prefix).collect();
            let withdrawn: Vec<(Prefix, Option<String>)> = plain
                .iter()
                .map(|((prefix, distinguisher), _)| {
                    (*prefix, distinguisher.map(|distinguisher| distinguisher.to_string()))
                })
                .collect();
            let withdraws = !withdrawn.is_empty() || !labels_withdrawn.is_empty();
            if announced.is_empty() && !withdraws && !is_new {
                continue;
            }
            if !announced.is_empty() || withdraws {
                self.keep_first_updates(&end, before.as_ref());
                self.history.record_message(Message {
                    sent: self.now,
                    from: device,
                    to: established.far.0,
                    travels: bgp_travels(&end, &established.far),
                    says: Says::BgpUpdate {
                        announced,
                        withdrawn,
                        labels_withdrawn,
                    },
                });
            }
            self.send_told(established.far, end, Arc::clone(&now));
        }
    }

    fn send_told(&mut self, to: BgpEnd, from: BgpEnd, speaker: Arc<BgpSpeaker>) {
        let delay = self.bgp_delay(&from, &to);
        let number = self.next_number();
        self.queue.push(
            self.now + delay.unwrap_or(TCP_RETRY),
            Event::BgpTold {
                to,
                from,
                under_way: delay.is_some(),
                speaker,
                number,
            },
        );
    }

    pub(super) fn bgp_told(
        &mut self,
        to: BgpEnd,
        from: BgpEnd,
        under_way: bool,
        speaker: Arc<BgpSpeaker>,
        number: u64,
    ) {
        let is_up = |near: &BgpEnd, far: &BgpEnd| self.established.get(near).is_some_and(|session| session.far == *far);
        if !is_up(&to, &from) || !is_up(&from, &to) {
            return;
        }
        if !under_way {
            // What was told since goes in its place.
            let latest = self.told.get(from.0).cloned().flatten().unwrap_or(speaker);
            self.send_told(to, from, latest);
            return;
        }
        let last = self.last_update.entry(to.clone()).or_insert(0);
        if *last > number {
            return;
        }
        *last = number;
        let now = self.now;
        if let Some(session) = self.established.get_mut(&to) {
            session.updated = Some(now);
        }
        if let Some(heard) = self.heard.get_mut(to.0) {
            put(heard, from.0, Some(speaker));
        }
        self.plan_choice(to.0);
    }
}

/// What a speaker tells the other end of a session, of the news alone if they are given.
pub(super) fn told_to(vpns: &[VpnInstance], speaker: &BgpSpeaker, session: &BgpSession, news: Option<&News>) -> Told {
    let (unicast, vpnv4) = match news {
        None => (
            bgp_told::unicast(speaker, session),
            bgp_told::vpnv4(speaker, session, vpns),
        ),
        Some(news) => {
            let prefixes = news.unicast.get(&session.settings.vrf).into_iter().flatten();
            let unicast =
                prefixes.filter_map(|prefix| Some((*prefix, bgp_told::unicast_to(speaker, session, *prefix)?)));
            let vpnv4 = news.vpnv4.iter().flat_map(|key| {
                let paths = bgp_told::vpnv4_to(speaker, session, vpns, *key).into_iter();
                paths.map(move |path| (*key, path))
            });
            (unicast.collect(), vpnv4.collect())
        }
    };
    let vpnv4 = vpnv4.into_iter();
    unicast
        .into_iter()
        .map(|(prefix, path)| ((prefix, None), path))
        .chain(vpnv4.map(|((distinguisher, prefix), path)| ((prefix, Some(distinguisher)), path)))
        .collect()
}
