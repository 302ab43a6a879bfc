//! BGP sessions in time: they come up, are kept alive and go down.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::chance::{draw, fraction, seed_of};
use super::engine::{Simulation, put};
use super::event::{BgpEnd, Event};
use super::message::{KeepaliveKind, KeptAlive, Message, Says, Travels};
use super::moment::Moment;
use super::schedule::Schedule;
use crate::network::bgp::{BgpSession, BgpSpeaker, Surroundings};
use crate::network::bgp_news::{self, News};
use crate::network::bgp_path::Path;
use crate::network::bgp_peer_settings::PeerSettings;
use crate::network::bgp_rests_on::RestsOn;
use crate::network::bgp_settings::BgpSettings;
use crate::network::bgp_timers::Timers;
use crate::network::bgp_told;
use crate::network::fixpoint::State;
use crate::network::flapping::between_speakers;
use crate::network::forwarding::Forwarding;
use crate::network::interfaces::Interface;
use crate::network::prefix::{Prefix, Vrf};
use crate::network::rib::Prefixes;
use crate::network::vpn_instances::{RouteDistinguisher, VpnInstance};

/// From a change that may part peers or join them to looking at all sessions.
const SWEEP_DELAY: Duration = Duration::from_millis(100);
/// TCP sends again what was not acknowledged.
pub(super) const TCP_RETRY: Duration = Duration::from_secs(1);
/// NOTIFICATION: Cease (RFC 4486).
pub(super) const CEASE: u8 = 6;
/// Cease: peer de-configured.
const DECONFIGURED: u8 = 3;
/// NOTIFICATION: hold timer expired.
const HOLD_EXPIRED: u8 = 4;

/// A session that is up, as one end sees it.
#[derive(Debug, Clone)]
pub struct Established {
    pub(super) far: BgpEnd,
    /// Since when.
    pub since: Moment,
    /// What this end does, and how often it hears from the other.
    timers: Timers,
    heard_every: Duration,
    /// When the last UPDATE came in.
    pub(super) updated: Option<Moment>,
    dying: Option<Moment>,
}

impl Simulation {
    pub(super) fn start_bgp(&mut self, state: &State) {
        self.established.clear();
        self.connecting.clear();
        // What is configured is one and the same here and in what was computed from it.
        let speakers = state.bgp.iter().zip(&self.settings).map(|(speaker, settings)| {
            let speaker = BgpSpeaker {
                settings: Arc::clone(settings.as_ref()?),
                ..(**speaker.as_ref()?).clone()
            };
            Some(Arc::new(speaker))
        });
        self.bgp = speakers.collect();
        self.told.clone_from(&self.bgp);
        for device in 0..self.configurations.len() {
            put(&mut self.choose_pending, device, false);
            put(&mut self.tell_pending, device, false);
            if let Some(heard) = self.heard.get_mut(device) {
                heard.clone_from(&self.bgp);
            }
        }
        for device in 0..self.configurations.len() {
            let settings = self.settings.get(device).cloned().flatten();
            self.remember_peers(device, settings.as_deref());
        }
        let mut ends = Vec::new();
        for (device, speaker) in state.bgp.iter().enumerate() {
            for session in speaker.iter().flat_map(|speaker| &speaker.sessions) {
                if let Some((far, number)) = session.far {
                    let near = (device, session.settings.vrf.clone(), session.settings.address);
                    ends.extend(self.bgp_end(far, number).map(|far| (near, far)));
                }
            }
        }
        for (near, far) in ends {
            let session = self.opened(&near, far);
            self.established.insert(near.clone(), session);
            self.remember_up(&near, true);
            self.keep_bgp_alive(&near);
        }
        for device in 0..self.configurations.len() {
            // It chooses as has been computed; what comes in by its sessions is known from then on.
            self.choose_again(device);
        }
    }

    /// Keepalive and hold time of peers that are configured with none.
    pub(super) fn bgp_timers(&self) -> Timers {
        Timers {
            keepalive: self.delays.bgp_keepalive,
            hold: self.delays.bgp_hold,
        }
    }

    fn configured_timers(&self, end: &BgpEnd) -> Timers {
        let configured = self.bgp_peer(end).and_then(|peer| peer.timers);
        configured.unwrap_or_else(|| self.bgp_timers())
    }

    /// A session that comes up now.
    fn opened(&self, near: &BgpEnd, far: BgpEnd) -> Established {
        let (own, theirs) = (self.configured_timers(near), self.configured_timers(&far));
        Established {
            since: self.now,
            timers: own.negotiated(theirs.hold),
            heard_every: theirs.negotiated(own.hold).keepalive,
            updated: None,
            dying: None,
            far,
        }
    }

    fn bgp_end(&self, device: usize, number: usize) -> Option<BgpEnd> {
        let peer = self.settings.get(device)?.as_ref()?.peers.get(number)?;
        Some((device, peer.vrf.clone(), peer.address))
    }

    pub(super) fn bgp_number(&self, (device, vrf, address): &BgpEnd) -> Option<usize> {
        let settings = self.settings.get(*device)?.as_ref()?;
        settings
            .peers
            .iter()
            .position(|peer| peer.vrf == *vrf && peer.address == *address)
    }

    fn bgp_peer(&self, end: &BgpEnd) -> Option<&PeerSettings> {
        let number = self.bgp_number(end)?;
        self.settings.get(end.0)?.as_ref()?.peers.get(number)
    }

    /// What a device's choice rests on: its own tables, and what it has heard.
    pub(super) fn surroundings(&self, device: usize) -> Option<Surroundings<'_>> {
        Some(Surroundings {
            settings: &self.settings,
            router_ids: &self.router_ids,
            forwarding: Forwarding {
                ribs: &self.ribs,
                lsps: &self.lsps,
                ..self.forwarding()
            },
            before: self.heard.get(device)?,
        })
    }

    /// Something has changed that may part peers or join them.
    pub(super) fn disturb(&mut self) {
        self.disturbed = Some(self.disturbed.unwrap_or(self.now));
        if !self.sweep_pending {
            self.sweep_pending = true;
            self.queue.push(self.now + SWEEP_DELAY, Event::Sweep);
        }
    }

    /// Looks at all sessions: who can reach whom.
    pub(super) fn sweep(&mut self) {
        self.sweep_pending = false;
        let since = self.disturbed.take().unwrap_or(self.now);
        for device in 0..self.configurations.len() {
            self.look_at_ldp(device);
        }
        let surroundings = Surroundings {
            settings: &self.settings,
            router_ids: &self.router_ids,
            forwarding: self.forwarding(),
            before: &[],
        };
        let mut possible: BTreeMap<BgpEnd, BgpEnd> = BTreeMap::new();
        for ((device, number), (far, far_number)) in surroundings.far_ends() {
            if let (Some(near), Some(far)) = (self.bgp_end(device, number), self.bgp_end(far, far_number)) {
                possible.insert(near, far);
            }
        }
        let known: Vec<(BgpEnd, Established)> = self
            .established
            .iter()
            .map(|(end, session)| (end.clone(), session.clone()))
            .collect();
        for (end, session) in known {
            if possible.get(&end) == Some(&session.far) && self.established.contains_key(&session.far) {
                if let Some(session) = self.established.get_mut(&end) {
                    session.dying = None;
                }
            } else if session.dying.is_none() && !session.timers.hold.is_zero() {
                let keepalives = self.bgp_keepalives(&session.far, session.since, session.heard_every);
                let heard = keepalives.and_then(|keepalives| keepalives.last_before(since));
                let heard = heard.map_or(session.since, |(_, at)| at);
                let heard = session.updated.map_or(heard, |updated| updated.max(heard));
                let at = (heard + session.timers.hold).max(self.now + TCP_RETRY);
                if let Some(session) = self.established.get_mut(&end) {
                    session.dying = Some(at);
                }
                self.queue.push(at, Event::BgpHoldExpired(end, at));
            }
        }
        for (near, far) in possible {
            let pair = ordered(near, far);
            let up = self
                .established
                .get(&pair.0)
                .is_some_and(|session| session.far == pair.1)
                && self.established.contains_key(&pair.1);
            if up || self.connecting.contains_key(&pair) {
                continue;
            }
            let at = self.now + self.delays.bgp_connect;
            self.connecting.insert(pair.clone(), at);
            self.queue.push(at, Event::BgpUp(pair.0, pair.1, at));
        }
    }

    pub(super) fn bgp_up(&mut self, a: &BgpEnd, b: &BgpEnd, at: Moment) {
        let pair = (a.clone(), b.clone());
        if self.connecting.get(&pair) != Some(&at) {
            return;
        }
        self.connecting.remove(&pair);
        let can = {
            let surroundings = Surroundings {
                settings: &self.settings,
                router_ids: &self.router_ids,
                forwarding: self.forwarding(),
                before: &[],
            };
            let opens = |from: &BgpEnd, to: &BgpEnd| {
                let number = self.bgp_number(from)?;
                let (far, far_number) = surroundings.opens(from.0, number)?;
                (self.bgp_end(far, far_number)? == *to).then_some(())
            };
            let has_id = |end: &BgpEnd| self.router_ids.get(end.0).copied().flatten().is_some();
            has_id(a) && has_id(b) && (opens(a, b).is_some() || opens(b, a).is_some())
        };
        if !can {
            self.disturb();
            return;
        }
        for (near, far) in [(a, b), (b, a)] {
            // An end that had not noticed the loss of the session begins anew.
            self.end_bgp(near);
            let session = self.opened(near, far.clone());
            self.established.insert(near.clone(), session);
            self.untold.insert(near.clone());
            self.remember_up(near, false);
            self.record_open(near);
            self.keep_bgp_alive(near);
        }
        for end in [a, b] {
            self.choose(end.0);
            self.plan_telling(end.0);
            self.peers_have_changed(end.0);
        }
    }

    pub(super) fn bgp_hold_expired(&mut self, end: &BgpEnd, at: Moment) {
        if self
            .established
            .get(end)
            .is_some_and(|session| session.dying == Some(at))
        {
            self.close_bgp(end, (HOLD_EXPIRED, 0));
        }
    }

    pub(super) fn bgp_closed(&mut self, end: &BgpEnd) {
        if self.end_bgp(end) {
            self.choose(end.0);
            self.disturb();
        }
    }

    /// Ends a session at this end and tells the other, if it can be told.
    pub(super) fn close_bgp(&mut self, end: &BgpEnd, (code, subcode): (u8, u8)) {
        let Some(session) = self.established.get(end).cloned() else {
            return;
        };
        self.history.record_message(Message {
            sent: self.now,
            from: end.0,
            to: session.far.0,
            travels: bgp_travels(end, &session.far),
            says: Says::BgpNotification { code, subcode },
        });
        if let Some(delay) = self.bgp_delay(end, &session.far) {
            self.queue.push(self.now + delay, Event::BgpClosed(session.far.clone()));
        }
        self.bgp_closed(end);
    }

    /// The session is gone at this end.
    fn end_bgp(&mut self, end: &BgpEnd) -> bool {
        let Some(session) = self.established.remove(end) else {
            return false;
        };
        self.peers_have_changed(end.0);
        self.remember_down(end);
        let (from, to) = (end.0, session.far.0);
        let (vrf, peer) = (end.1.clone(), end.2);
        self.history.end_kept_alive(self.now, |kept| {
            kept.from == from
                && kept.to == to
                && kept.what == KeepaliveKind::Bgp
                && matches!(&kept.travels, Travels::Routed { vrf: of, destination, .. } if *of == vrf && *destination == peer)
        });
        let others = self
            .established
            .iter()
            .any(|(near, other)| near.0 == from && other.far.0 == to);
        if let Some(heard) = self.heard.get_mut(from).filter(|_| !others) {
            put(heard, to, None);
        }
        true
    }

    /// All sessions of a device begin anew.
    pub(super) fn close_all_bgp(&mut self, device: usize) {
        let ends: Vec<BgpEnd> = self.established.keys().filter(|end| end.0 == device).cloned().collect();
        for end in ends {
            self.close_bgp(&end, (CEASE, DECONFIGURED));
        }
        self.disturb();
    }

    /// BGP, or what decides what it tells, is configured differently: sessions that this concerns begin anew or end,
    /// and the others are told everything again.
    pub(super) fn reconfigure_bgp(&mut self, device: usize, before: Option<&BgpSettings>) {
        let now = self.settings.get(device).cloned().flatten();
        self.remember_peers(device, now.as_deref());
        let same_speaker = before.map(|s| s.as_number) == now.as_ref().map(|s| s.as_number);
        let ends: Vec<BgpEnd> = self.established.keys().filter(|end| end.0 == device).cloned().collect();
        for end in ends {
            let find = |settings: Option<&BgpSettings>| {
                let peers = settings.map(|settings| settings.peers.iter()).into_iter().flatten();
                let mut peers = peers.filter(|peer| peer.vrf == end.1 && peer.address == end.2);
                peers.next().cloned()
            };
            let present = find(now.as_deref());
            let goes_on = present
                .as_ref()
                .zip(find(before).as_ref())
                .is_some_and(|(now, before)| now.goes_on(before));
            if !same_speaker || !goes_on {
                // The old address may be gone: the other end is told all the same while it can be.
                self.close_bgp(&end, (CEASE, DECONFIGURED));
            }
        }
        let ends: Vec<BgpEnd> = self.established.keys().filter(|end| end.0 == device).cloned().collect();
        self.untold.extend(ends);
        self.choose(device);
        self.plan_telling(device);
    }

    /// Sessions with peers of other ASs on a link fall with it at once.
    pub(super) fn fall_over(&mut self, device: usize) {
        let interfaces = self
            .interfaces
            .get(device)
            .map(|own| own.as_slice())
            .unwrap_or_default();
        let settings = self.settings.get(device).and_then(Option::as_deref).cloned();
        let falls = |end: &BgpEnd| {
            let external = self
                .bgp_peer(end)
                .zip(settings.as_ref())
                .is_some_and(|(peer, settings)| peer.remote_as != settings.local_as(&peer.vrf) && peer.hops == 1);
            let joined = |interface: &Interface| {
                let network = interface.up_address().and(interface.up_prefix());
                interface.vrf == end.1 && network.is_some_and(|network| network.contains(end.2))
            };
            external && !interfaces.iter().any(joined)
        };
        let fallen: Vec<BgpEnd> = self
            .established
            .keys()
            .filter(|end| end.0 == device && falls(end))
            .cloned()
            .collect();
        for end in fallen {
            self.end_bgp(&end);
            self.choose(end.0);
        }
    }

    /// The sessions of a device that are up.
    pub(super) fn established_on(&self, device: usize) -> impl Iterator<Item = (&BgpEnd, &Established)> {
        let first: BgpEnd = (device, Vrf::Public, Ipv4Addr::UNSPECIFIED);
        self.established
            .range(first..)
            .take_while(move |(near, _)| near.0 == device)
    }

    /// How long a message is under way; none if it does not arrive.
    pub(super) fn bgp_delay(&self, near: &BgpEnd, far: &BgpEnd) -> Option<Duration> {
        self.travel_time(near.0, &near.1, far.2, near.2, far.0)
    }

    /// The keepalives that an end sends at this interval; none if it is zero.
    fn bgp_keepalives(&self, near: &BgpEnd, since: Moment, interval: Duration) -> Option<Schedule> {
        if interval.is_zero() {
            return None;
        }
        let own = self.seeds.get(near.0).copied().unwrap_or(0);
        let seed = seed_of(draw(&[own, since.nanos()]), &near.2.to_string());
        Some(Schedule {
            since: since + interval.mul_f64(fraction(&[seed])),
            until: None,
            interval,
            shortest: 0.75,
            seed,
        })
    }

    /// Since when an end is up, its other end, and until when it has heard that.
    pub(super) fn bgp_up_since(&self, end: &BgpEnd) -> Option<(Moment, BgpEnd, Moment)> {
        let session = self.established.get(end)?;
        // It is given up a hold time after the last word.
        let heard = session.dying.map(|dying| dying - session.timers.hold);
        Some((
            session.since,
            session.far.clone(),
            heard.unwrap_or(self.now).min(self.now),
        ))
    }

    /// How many keepalives an end has sent before an instant.
    pub(super) fn bgp_keepalives_until(&self, end: &BgpEnd, until: Moment) -> u64 {
        let count = || {
            let session = self.established.get(end)?;
            let keepalives = self.bgp_keepalives(end, session.since, session.timers.keepalive)?;
            Some(keepalives.count_before(until))
        };
        count().unwrap_or(0)
    }

    fn keep_bgp_alive(&mut self, near: &BgpEnd) {
        let Some(session) = self.established.get(near).cloned() else {
            return;
        };
        let travels = bgp_travels(near, &session.far);
        let Some(schedule) = self.bgp_keepalives(near, session.since, session.timers.keepalive) else {
            return;
        };
        self.history.record_kept_alive(KeptAlive {
            from: near.0,
            to: session.far.0,
            travels,
            what: KeepaliveKind::Bgp,
            schedule,
        });
    }

    fn record_open(&mut self, near: &BgpEnd) {
        let message = || {
            let session = self.established.get(near)?;
            let settings = self.settings.get(near.0)?.as_ref()?;
            let peer = self.bgp_peer(near)?;
            Some(Message {
                sent: self.now,
                from: near.0,
                to: session.far.0,
                travels: bgp_travels(near, &session.far),
                says: Says::BgpOpen {
                    as_number: settings.as_number,
                    router_id: self.router_ids.get(near.0).copied().flatten()?,
                    hold: u16::try_from(self.configured_timers(near).hold.as_secs()).unwrap_or(u16::MAX),
                    unicast: peer.unicast.is_some(),
                    labelled: peer.unicast.as_ref().is_some_and(|terms| terms.label_route_capability),
                    vpnv4: peer.vpnv4.is_some(),
                },
            })
        };
        if let Some(message) = message() {
            self.history.record_message(message);
        }
    }

    /// Since when a session of a device is up.
    pub fn established_since(&self, device: usize, vrf: &Vrf, peer: Ipv4Addr) -> Option<Moment> {
        let session = self.established.get(&(device, vrf.clone(), peer))?;
        Some(session.since)
    }
}

/// From one end to the other: the own address is the one that the other end has as its peer.
pub(super) fn bgp_travels(near: &BgpEnd, far: &BgpEnd) -> Travels {
    Travels::Routed {
        vrf: near.1.clone(),
        source: far.2,
        destination: near.2,
    }
}

/// Two ends in an order of their own.
fn ordered(a: BgpEnd, b: BgpEnd) -> (BgpEnd, BgpEnd) {
    if a <= b { (a, b) } else { (b, a) }
}
