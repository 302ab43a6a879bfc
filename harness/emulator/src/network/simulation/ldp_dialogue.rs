//! LDP in time: sessions come up, are given up, and label mappings travel.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::engine::{Simulation, put};
use super::event::Event;
use super::message::{KeepaliveKind, Message, Says, Travels};
use super::moment::Moment;
use crate::network::fixpoint::State;
use crate::network::forwarding::{Outcome, Packet};
use crate::network::ldp::Mappings;
use crate::network::ldp_session::{self, Discovery, LdpAdjacency, LdpSession, OwnTerms};
use crate::network::prefix::Vrf;

/// Status code Shutdown (RFC 5036 §4.3).
const SHUTDOWN: u32 = 0x0a;
/// A session as one end sees it.
#[derive(Debug, Clone)]
pub struct LdpEnd {
    pub(super) session: LdpSession,
    /// What this end brought to it.
    pub(super) terms: OwnTerms,
    /// Whether it is operational.
    pub up: bool,
    /// Since when it is.
    pub since: Moment,
    forming: Option<Moment>,
    /// Where the peer is heard: since when, and when that ends while nothing is heard.
    adjacencies: BTreeMap<LdpAdjacency, (Moment, Option<Moment>)>,
    /// When the session is given up, while nothing comes over it.
    pub(super) dying: Option<Moment>,
}

impl LdpEnd {
    fn new(session: LdpSession, terms: OwnTerms, now: Moment) -> Self {
        let heard = session.adjacencies.iter();
        Self {
            adjacencies: heard.map(|adjacency| (adjacency.clone(), (now, None))).collect(),
            up: false,
            since: now,
            forming: None,
            dying: None,
            session,
            terms,
        }
    }

    /// As tables show it.
    pub(super) fn shown(&self) -> LdpSession {
        LdpSession {
            operational: self.up,
            adjacencies: self.adjacencies.keys().cloned().collect(),
            ..self.session.clone()
        }
    }
}

impl Simulation {
    pub(super) fn start_ldp(&mut self, state: &State) {
        for device in 0..self.configurations.len() {
            let sessions = state.ldp.get(device).into_iter().flat_map(|own| own.iter());
            let ends = sessions.filter_map(|session| {
                let terms = self.discovery().own_terms(device, session.peer, session.peer_lsr_id)?;
                let end = LdpEnd {
                    up: session.operational,
                    ..LdpEnd::new(session.clone(), terms, self.now)
                };
                Some((session.peer, end))
            });
            let ends = ends.collect();
            put(&mut self.ldp, device, ends);
            let mapped = self.mappings(device);
            put(&mut self.mapped, device, mapped);
        }
        for device in 0..self.configurations.len() {
            self.greet_by_ldp(device);
            let peers: Vec<usize> = self.up_peers(device);
            for peer in peers {
                let mappings = self.mapped.get(peer).cloned().unwrap_or_default();
                if let Some(received) = self.received.get_mut(device) {
                    put(received, peer, mappings);
                }
                self.keep_ldp_alive(device, peer);
            }
        }
    }

    pub(super) fn discovery(&self) -> Discovery<'_> {
        Discovery {
            settings: &self.ldp_settings,
            interfaces: &self.interfaces,
            conditions: &self.conditions,
        }
    }

    pub(super) fn up_peers(&self, device: usize) -> Vec<usize> {
        let ends = self.ldp.get(device).into_iter().flatten();
        ends.filter(|(_, end)| end.up).map(|(peer, _)| *peer).collect()
    }

    /// The sessions of a device, by the LSR ID of the peer.
    pub(super) fn ldp_sessions(&self, device: usize) -> Vec<LdpSession> {
        let ends = self.ldp.get(device).into_iter().flatten();
        let mut sessions: Vec<LdpSession> = ends.map(|(_, end)| end.shown()).collect();
        sessions.sort_by_key(|session| (session.peer_lsr_id, session.peer));
        sessions
    }

    fn ldp_end(&self, device: usize, peer: usize) -> Option<&LdpEnd> {
        self.ldp.get(device)?.get(&peer)
    }

    fn ldp_end_mut(&mut self, device: usize, peer: usize) -> Option<&mut LdpEnd> {
        self.ldp.get_mut(device)?.get_mut(&peer)
    }

    /// The sessions that a device could have now.
    fn possible_ldp(&self, device: usize) -> Vec<LdpSession> {
        let forwarding = self.forwarding();
        let reaches = |from, to| ldp_session::reaches(&forwarding, from, to);
        self.discovery().sessions_of(device, reaches)
    }

    /// Compares the sessions of a device with those that it could have.
    pub(super) fn look_at_ldp(&mut self, device: usize) {
        let possible = self.possible_ldp(device);
        let known: Vec<usize> = self
            .ldp
            .get(device)
            .into_iter()
            .flat_map(|ends| ends.keys().copied())
            .collect();
        for peer in known {
            let Some(end) = self.ldp_end(device, peer) else {
                continue;
            };
            let found = possible.iter().find(|session| session.peer == peer);
            let lsr_id = end.session.peer_lsr_id;
            let is_another = found.is_some_and(|found| found.peer_lsr_id != lsr_id);
            let terms = self.discovery().own_terms(device, peer, lsr_id);
            if is_another || terms.as_ref() != Some(&end.terms) {
                self.close_ldp(device, peer);
                continue;
            }
            self.renew_ldp_adjacencies(device, peer, found);
            self.look_whether_ldp_connects(device, peer, found);
        }
        for session in possible {
            let peer = session.peer;
            let terms = self.discovery().own_terms(device, peer, session.peer_lsr_id);
            let (Some(terms), Some(ends)) = (terms, self.ldp.get_mut(device)) else {
                continue;
            };
            let now = self.now;
            let end = ends
                .entry(peer)
                .or_insert_with(|| LdpEnd::new(session.clone(), terms, now));
            if end.up {
                continue;
            }
            let operational = session.operational;
            end.session = session;
            if operational && end.forming.is_none() {
                let at = now + self.delays.ldp_session;
                end.forming = Some(at);
                self.queue.push(at, Event::LdpUp(device, peer, at));
            }
        }
    }

    /// A peer is heard on these links now; what is heard no more ends a hold time after the last hello.
    fn renew_ldp_adjacencies(&mut self, device: usize, peer: usize, found: Option<&LdpSession>) {
        let heard = found.map(|found| found.adjacencies.as_slice()).unwrap_or_default();
        let Some(end) = self.ldp_end(device, peer) else { return };
        let mut renewed = BTreeMap::new();
        let mut deaths = Vec::new();
        for (adjacency, (since, dying)) in &end.adjacencies {
            if heard.contains(adjacency) {
                renewed.insert(adjacency.clone(), (*since, None));
            } else if self.discovery().listens(device, peer, adjacency) {
                let ends = dying.or_else(|| self.ldp_hello_expires(device, peer, adjacency, *since));
                if dying.is_none() {
                    deaths.extend(ends);
                }
                renewed.insert(adjacency.clone(), (*since, ends));
            }
        }
        for adjacency in heard {
            renewed.entry(adjacency.clone()).or_insert((self.now, None));
        }
        let is_over = renewed.is_empty();
        if let Some(end) = self.ldp_end_mut(device, peer) {
            end.adjacencies = renewed;
        }
        for at in deaths {
            self.queue.push(at, Event::LdpDead(device, peer, at));
        }
        if is_over {
            self.close_ldp(device, peer);
        }
    }

    /// The connection of a session that is up breaks down when nothing has come over it for the hold time.
    fn look_whether_ldp_connects(&mut self, device: usize, peer: usize, found: Option<&LdpSession>) {
        let Some(end) = self.ldp_end(device, peer).filter(|end| end.up) else {
            return;
        };
        let session = &end.session;
        let (here, there) = ((device, session.transport), (peer, session.peer_transport));
        let transports = |session: &LdpSession| (session.transport, session.peer_transport);
        let is_known = found.is_some_and(|found| found.operational && transports(found) == transports(session));
        let forwarding = self.forwarding();
        let connects = is_known
            || ldp_session::reaches(&forwarding, here, there) && ldp_session::reaches(&forwarding, there, here);
        if !connects && end.dying.is_some() {
            return;
        }
        let at = (!connects).then(|| {
            let last = self.last_ldp_keepalive(device, peer, end);
            (last + self.ldp_keepalive_hold(device, peer, end)).max(self.now)
        });
        if let Some(end) = self.ldp_end_mut(device, peer) {
            end.dying = at;
        }
        if let Some(at) = at {
            self.queue.push(at, Event::LdpDead(device, peer, at));
        }
    }

    pub(super) fn ldp_dead(&mut self, device: usize, peer: usize, at: Moment) {
        let Some(end) = self.ldp_end_mut(device, peer) else {
            return;
        };
        end.adjacencies.retain(|_, (_, dying)| *dying != Some(at));
        if end.adjacencies.is_empty() || end.dying == Some(at) {
            self.close_ldp(device, peer);
            self.look_at_ldp(device);
        }
    }

    /// A session ends at one end; the other is told if it can be.
    fn close_ldp(&mut self, device: usize, peer: usize) {
        let Some(end) = self.ldp_end(device, peer).cloned() else {
            return;
        };
        if end.up {
            self.history.record_message(Message {
                sent: self.now,
                from: device,
                to: peer,
                travels: ldp_travels(&end),
                says: Says::LdpNotification {
                    lsr_id: end.terms.lsr_id,
                    status: SHUTDOWN,
                },
            });
            if let Some(delay) = self.ldp_delay(device, peer, &end) {
                self.queue.push(self.now + delay, Event::LdpClosed(peer, device));
            }
        }
        self.forget_ldp(device, peer);
    }

    pub(super) fn ldp_closed(&mut self, device: usize, peer: usize) {
        self.forget_ldp(device, peer);
        self.look_at_ldp(device);
    }

    fn forget_ldp(&mut self, device: usize, peer: usize) {
        let Some(end) = self.ldp.get_mut(device).and_then(|ends| ends.remove(&peer)) else {
            return;
        };
        if !end.up {
            return;
        }
        self.history.end_kept_alive(self.now, |kept| {
            kept.from == device && kept.to == peer && matches!(kept.what, KeepaliveKind::Ldp { .. })
        });
        if let Some(received) = self.received.get_mut(device) {
            put(received, peer, Arc::default());
        }
        self.evaluate(device);
    }

    pub(super) fn ldp_up(&mut self, device: usize, peer: usize, at: Moment) {
        let Some(end) = self.ldp_end_mut(device, peer).filter(|end| end.forming == Some(at)) else {
            return;
        };
        end.forming = None;
        let possible = self.possible_ldp(device);
        let still = possible
            .into_iter()
            .find(|session| session.peer == peer && session.operational);
        // The other end may have come to it a little later: it comes up with it.
        let Some(session) = still.filter(|_| self.ldp_end(peer, device).is_some()) else {
            self.look_at_ldp(device);
            return;
        };
        let mirrored = |own: &LdpSession| LdpSession {
            transport: session.peer_transport,
            peer_transport: session.transport,
            active: !session.active,
            ..own.clone()
        };
        for (one, other) in [(device, peer), (peer, device)] {
            let now = self.now;
            let Some(end) = self.ldp_end(one, other) else { continue };
            let lsr_id = end.session.peer_lsr_id;
            let terms = self.discovery().own_terms(one, other, lsr_id);
            if end.up {
                // It had not noticed that the session was gone: it begins anew.
                if let Some(received) = self.received.get_mut(one) {
                    put(received, other, Arc::default());
                }
                self.history.end_kept_alive(now, |kept| {
                    kept.from == one && kept.to == other && matches!(kept.what, KeepaliveKind::Ldp { .. })
                });
            }
            let Some(end) = self.ldp_end_mut(one, other) else {
                continue;
            };
            end.session = if one == device {
                session.clone()
            } else {
                mirrored(&end.session)
            };
            if let Some(terms) = terms {
                end.terms = terms;
            }
            end.up = true;
            end.since = now;
            end.forming = None;
            end.dying = None;
            let end = end.clone();
            let hold = self
                .ldp_defaults()
                .keepalive_hold(&self.ldp_timers_of(one, other, &end))
                .as_secs();
            self.history.record_message(Message {
                sent: now,
                from: one,
                to: other,
                travels: ldp_travels(&end),
                says: Says::LdpInitialization {
                    lsr_id: end.terms.lsr_id,
                    receiver: end.session.peer_lsr_id,
                    hold: u16::try_from(hold).unwrap_or(u16::MAX),
                },
            });
            self.keep_ldp_alive(one, other);
        }
        for (one, other) in [(device, peer), (peer, device)] {
            let mappings = self.mapped.get(one).cloned().unwrap_or_default();
            self.send_mappings(one, other, &Mappings::default(), &mappings);
        }
    }

    pub(super) fn send_mappings(&mut self, from: usize, to: usize, before: &Mappings, now: &Arc<Mappings>) {
        let Some(end) = self.ldp_end(from, to).cloned() else {
            return;
        };
        let (travels, lsr_id) = (ldp_travels(&end), end.terms.lsr_id);
        let different = before.different(now);
        let labelled = |mappings: &Mappings| -> Vec<(Ipv4Addr, u32)> {
            let addresses = different.iter();
            addresses
                .filter_map(|address| Some((*address, mappings.label(*address)?)))
                .collect()
        };
        for (address, label) in labelled(before) {
            self.record_ldp(from, to, &travels, Says::LdpWithdraw { lsr_id, address, label });
        }
        for (address, label) in labelled(now) {
            self.record_ldp(from, to, &travels, Says::LdpMapping { lsr_id, address, label });
        }
        // TCP brings it when the way is there again; until then the session is given up or it is.
        let delay = self.ldp_delay(from, to, &end).unwrap_or(Duration::from_secs(1));
        let number = self.next_number();
        self.queue.push(
            self.now + delay + self.delays.ldp_mapping,
            Event::Mapped {
                to,
                from,
                mappings: Arc::clone(now),
                number,
            },
        );
    }

    fn record_ldp(&mut self, from: usize, to: usize, travels: &Travels, says: Says) {
        self.history.record_message(Message {
            sent: self.now,
            from,
            to,
            travels: travels.clone(),
            says,
        });
    }

    pub(super) fn mapped(&mut self, to: usize, from: usize, mappings: Arc<Mappings>, number: u64) {
        let Some(end) = self.ldp_end(to, from).filter(|end| end.up) else {
            return;
        };
        let (theirs, own) = (end.session.peer_transport, end.session.transport);
        let reaches = self.forwarding().reaches(from, &Vrf::Public, theirs, own, to);
        if !reaches {
            self.queue.push(
                self.now + Duration::from_secs(1),
                Event::Mapped {
                    to,
                    from,
                    mappings,
                    number,
                },
            );
            return;
        }
        let last = self.last_mapping.entry((to, from)).or_insert(0);
        if *last > number {
            return;
        }
        *last = number;
        let place = self.received.get_mut(to).and_then(|own| own.get_mut(from));
        if let Some(place) = place.filter(|place| **place != mappings) {
            *place = mappings;
            self.evaluate(to);
        }
    }

    /// How long a message to a peer is under way; none if it does not arrive.
    fn ldp_delay(&self, device: usize, peer: usize, end: &LdpEnd) -> Option<Duration> {
        let (own, theirs) = (end.session.transport, end.session.peer_transport);
        self.travel_time(device, &Vrf::Public, own, theirs, peer)
    }

    /// How long a TCP segment from one address to another is under way; none if it does not arrive there.
    pub(super) fn travel_time(
        &self,
        device: usize,
        vrf: &Vrf,
        source: Ipv4Addr,
        destination: Ipv4Addr,
        to: usize,
    ) -> Option<Duration> {
        let mut ways = Vec::new();
        let packet = Packet {
            source,
            destination,
            protocol: 6,
            ports: (0, 0),
            ttl: 255,
            number: 0,
        };
        let outcome = self.forwarding().send_along(device, vrf, packet, &mut ways);
        let arrives = matches!(outcome, Outcome::Delivered { device: at, .. } if at == to);
        let time = |way: &super::links::Way| {
            let delay = self
                .condition(*way)
                .map_or(self.delays.link, |condition| condition.delay);
            delay + self.delays.forwarding
        };
        arrives.then(|| ways.iter().map(time).sum())
    }
}

/// How the messages of an end travel.
pub(super) fn ldp_travels(end: &LdpEnd) -> Travels {
    Travels::Routed {
        vrf: Vrf::Public,
        source: end.session.transport,
        destination: end.session.peer_transport,
    }
}
