//! LDP in time: sessions come up, are given up, and label mappings travel.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::chance::{draw, fraction};
use super::engine::{Simulation, put};
use super::event::Event;
use super::message::{KeepaliveKind, KeptAlive, Message, Says, Travels};
use super::moment::Moment;
use super::schedule::Schedule;
use crate::network::fixpoint::State;
use crate::network::forwarding::{Outcome, Packet};
use crate::network::ldp::{self, LdpSession, Mappings};
use crate::network::prefix::Vrf;

/// Status code Shutdown (RFC 5036 §4.3).
const SHUTDOWN: u32 = 0x0a;
/// KeepAlives are sent this often within a hold time.
const KEEPALIVES: u32 = 3;
/// The row of a session's KeepAlives; those of hellos are numbered behind it.
const KEEPALIVE_ROW: u64 = 1;

/// A session as one end sees it.
#[derive(Debug, Clone)]
pub struct LdpEnd {
    peer_lsr_id: Ipv4Addr,
    active: bool,
    /// Whether it is operational.
    pub up: bool,
    /// Since when it is.
    pub since: Moment,
    forming: Option<Moment>,
    dying: Option<Moment>,
}

impl Simulation {
    pub(super) fn start_ldp(&mut self, state: &State) {
        for device in 0..self.configurations.len() {
            let ends = state.ldp.get(device).into_iter().flat_map(|own| own.iter());
            let ends = ends.map(|session| {
                let end = LdpEnd {
                    peer_lsr_id: session.peer_lsr_id,
                    active: session.active,
                    up: session.operational,
                    since: self.now,
                    forming: None,
                    dying: None,
                };
                (session.peer, end)
            });
            put(&mut self.ldp, device, ends.collect());
            let mapped = self.mappings(device);
            put(&mut self.mapped, device, mapped);
        }
        for device in 0..self.configurations.len() {
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

    pub(super) fn up_peers(&self, device: usize) -> Vec<usize> {
        let ends = self.ldp.get(device).into_iter().flatten();
        ends.filter(|(_, end)| end.up).map(|(peer, _)| *peer).collect()
    }

    /// The sessions of a device, by the LSR ID of the peer.
    pub(super) fn ldp_sessions(&self, device: usize) -> Vec<LdpSession> {
        let ends = self.ldp.get(device).into_iter().flatten();
        let mut sessions: Vec<LdpSession> = ends
            .map(|(peer, end)| LdpSession {
                peer: *peer,
                peer_lsr_id: end.peer_lsr_id,
                active: end.active,
                operational: end.up,
            })
            .collect();
        sessions.sort_by_key(|session| (session.peer_lsr_id, session.peer));
        sessions
    }

    /// Compares the sessions of a device with those that it could have.
    pub(super) fn look_at_ldp(&mut self, device: usize) {
        let possible = ldp::sessions_of(
            device,
            &self.lsr_ids,
            &self.interfaces,
            &self.conditions,
            |own, peer, peer_lsr_id| ldp::transports_reach(&self.forwarding(), (device, own), (peer, peer_lsr_id)),
        );
        let known: Vec<(usize, LdpEnd)> = self
            .ldp
            .get(device)
            .into_iter()
            .flat_map(|ends| ends.iter().map(|(peer, end)| (*peer, end.clone())))
            .collect();
        for (peer, end) in known {
            let found = possible.iter().find(|session| session.peer == peer);
            let same = found.is_some_and(|session| session.peer_lsr_id == end.peer_lsr_id);
            if !end.up {
                if !same {
                    self.forget_ldp(device, peer);
                }
                continue;
            }
            let own_side_speaks = self.speaks_ldp_towards(device, peer);
            match found {
                Some(session) if same && session.operational => {
                    if let Some(end) = self.ldp.get_mut(device).and_then(|ends| ends.get_mut(&peer)) {
                        end.dying = None;
                    }
                }
                Some(_) if same => self.ldp_starts_dying(device, peer, self.delays.ldp_keepalive_hold),
                // The peer says nothing any more on any link, while this end still listens.
                None if own_side_speaks && self.lsr_ids.get(device).copied().flatten().is_some() => {
                    self.ldp_starts_dying(device, peer, self.delays.ldp_hello_hold);
                }
                _ => self.close_ldp(device, peer),
            }
        }
        for session in possible {
            let ends = self.ldp.get(device);
            if ends.is_none_or(|ends| !ends.contains_key(&session.peer))
                && let Some(ends) = self.ldp.get_mut(device)
            {
                ends.insert(
                    session.peer,
                    LdpEnd {
                        peer_lsr_id: session.peer_lsr_id,
                        active: session.active,
                        up: false,
                        since: self.now,
                        forming: None,
                        dying: None,
                    },
                );
            }
            let end = self.ldp.get(device).and_then(|ends| ends.get(&session.peer));
            if session.operational && end.is_some_and(|end| !end.up && end.forming.is_none()) {
                let at = self.now + self.delays.ldp_session;
                if let Some(end) = self.ldp.get_mut(device).and_then(|ends| ends.get_mut(&session.peer)) {
                    end.forming = Some(at);
                }
                self.queue.push(at, Event::LdpUp(device, session.peer, at));
            }
        }
    }

    /// Whether a device has an interface up with LDP on a link to another.
    fn speaks_ldp_towards(&self, device: usize, peer: usize) -> bool {
        let own = self.interfaces.get(device).into_iter().flat_map(|own| own.iter());
        own.filter(|interface| interface.ldp && interface.protocol && interface.vrf == Vrf::Public)
            .any(|interface| interface.far_end.is_some_and(|(far, _)| far == peer))
    }

    fn ldp_starts_dying(&mut self, device: usize, peer: usize, hold: Duration) {
        let now = self.now;
        let seed = draw(&[self.seed, device as u64, peer as u64]);
        let Some(end) = self.ldp.get_mut(device).and_then(|ends| ends.get_mut(&peer)) else {
            return;
        };
        if end.dying.is_some() {
            return;
        }
        // The last word was heard within a third of the hold time.
        let ago = hold.mul_f64(fraction(&[seed, now.nanos()]) / f64::from(KEEPALIVES));
        let at = now + hold.saturating_sub(ago);
        end.dying = Some(at);
        self.queue.push(at, Event::LdpDead(device, peer, at));
    }

    pub(super) fn ldp_dead(&mut self, device: usize, peer: usize, at: Moment) {
        let end = self.ldp.get(device).and_then(|ends| ends.get(&peer));
        if end.is_some_and(|end| end.dying == Some(at)) {
            self.close_ldp(device, peer);
            self.look_at_ldp(device);
        }
    }

    /// A session ends at one end; the other is told if it can be.
    fn close_ldp(&mut self, device: usize, peer: usize) {
        let Some(end) = self.ldp.get(device).and_then(|ends| ends.get(&peer)).cloned() else {
            return;
        };
        if end.up {
            let own = self.lsr_id(device);
            let travels = self.ldp_travels(device, end.peer_lsr_id);
            if let (Some(travels), Some(lsr_id)) = (travels, own) {
                self.history.record_message(Message {
                    sent: self.now,
                    from: device,
                    to: peer,
                    travels,
                    says: Says::LdpNotification {
                        lsr_id,
                        status: SHUTDOWN,
                    },
                });
                if let Some(delay) = self.ldp_delay(device, peer, end.peer_lsr_id) {
                    self.queue.push(self.now + delay, Event::LdpClosed(peer, device));
                }
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
            kept.from == device
                && kept.to == peer
                && matches!(kept.what, KeepaliveKind::Ldp { .. } | KeepaliveKind::LdpHello { .. })
        });
        if let Some(received) = self.received.get_mut(device) {
            put(received, peer, Arc::default());
        }
        self.evaluate(device);
    }

    pub(super) fn ldp_up(&mut self, device: usize, peer: usize, at: Moment) {
        let end = self.ldp.get(device).and_then(|ends| ends.get(&peer));
        let Some(end) = end.filter(|end| end.forming == Some(at)).cloned() else {
            return;
        };
        let own = self.lsr_id(device);
        let reaches =
            own.is_some_and(|own| ldp::transports_reach(&self.forwarding(), (device, own), (peer, end.peer_lsr_id)));
        // The other end may have come to it a little later: it comes up with it.
        let other_is_there = self.ldp.get(peer).is_some_and(|ends| ends.contains_key(&device));
        if let Some(end) = self.ldp.get_mut(device).and_then(|ends| ends.get_mut(&peer)) {
            end.forming = None;
        }
        if !reaches || !other_is_there || !self.speaks_ldp_towards(device, peer) {
            self.look_at_ldp(device);
            return;
        }
        for (one, other) in [(device, peer), (peer, device)] {
            let Some(end) = self.ldp.get_mut(one).and_then(|ends| ends.get_mut(&other)) else {
                continue;
            };
            if end.up {
                // It had not noticed that the session was gone: it begins anew.
                if let Some(received) = self.received.get_mut(one) {
                    put(received, other, Arc::default());
                }
            }
            end.up = true;
            end.since = self.now;
            end.forming = None;
            end.dying = None;
            let (to, hold) = (end.peer_lsr_id, self.delays.ldp_keepalive_hold.as_secs());
            let lsr_id = self.lsr_id(one);
            if let (Some(travels), Some(lsr_id)) = (self.ldp_travels(one, to), lsr_id) {
                self.history.record_message(Message {
                    sent: self.now,
                    from: one,
                    to: other,
                    travels,
                    says: Says::LdpInitialization {
                        lsr_id,
                        hold: u16::try_from(hold).unwrap_or(u16::MAX),
                    },
                });
            }
            self.keep_ldp_alive(one, other);
        }
        for (one, other) in [(device, peer), (peer, device)] {
            let mappings = self.mapped.get(one).cloned().unwrap_or_default();
            self.send_mappings(one, other, &Mappings::default(), &mappings);
        }
    }

    pub(super) fn send_mappings(&mut self, from: usize, to: usize, before: &Mappings, now: &Arc<Mappings>) {
        let Some(end) = self.ldp.get(from).and_then(|ends| ends.get(&to)) else {
            return;
        };
        let peer_lsr_id = end.peer_lsr_id;
        let lsr_id = self.lsr_id(from);
        if let (Some(travels), Some(lsr_id)) = (self.ldp_travels(from, peer_lsr_id), lsr_id) {
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
        }
        // TCP brings it when the way is there again; until then the session is given up or it is.
        let delay = self.ldp_delay(from, to, peer_lsr_id).unwrap_or(Duration::from_secs(1));
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
        let end = self.ldp.get(to).and_then(|ends| ends.get(&from));
        let Some(end) = end.filter(|end| end.up).cloned() else {
            return;
        };
        let reaches = self.lsr_id(from).is_some_and(|theirs| {
            self.lsr_id(to).is_some_and(|own| {
                self.forwarding().reaches(from, &Vrf::Public, theirs, own, to) && end.peer_lsr_id == theirs
            })
        });
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

    fn lsr_id(&self, device: usize) -> Option<Ipv4Addr> {
        self.lsr_ids.get(device).copied().flatten()
    }

    fn ldp_travels(&self, device: usize, peer_lsr_id: Ipv4Addr) -> Option<Travels> {
        Some(Travels::Routed {
            vrf: Vrf::Public,
            source: self.lsr_id(device)?,
            destination: peer_lsr_id,
        })
    }

    /// How long a message to a peer is under way; none if it does not arrive.
    fn ldp_delay(&self, device: usize, peer: usize, peer_lsr_id: Ipv4Addr) -> Option<Duration> {
        self.travel_time(device, &Vrf::Public, self.lsr_id(device)?, peer_lsr_id, peer)
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

    /// What an LSR sends to a peer again and again from an instant on; rows are told apart by their kind.
    fn ldp_row(&self, device: usize, peer: usize, since: Moment, interval: Duration, kind: u64) -> Schedule {
        let own = self.seeds.get(device).copied().unwrap_or(0);
        let theirs = self.seeds.get(peer).copied().unwrap_or(0);
        let seed = draw(&[own, theirs, kind]);
        Schedule {
            since: since + interval.mul_f64(fraction(&[seed])),
            until: None,
            interval,
            shortest: 0.9,
            seed,
        }
    }

    /// KeepAlives of a session since it is up: sent and received.
    pub(super) fn ldp_keepalives(&self, device: usize, peer: usize, end: &LdpEnd) -> (u64, u64) {
        let interval = self.delays.ldp_keepalive_hold / KEEPALIVES;
        let count = |from, to, until| {
            let row = self.ldp_row(from, to, end.since, interval, KEEPALIVE_ROW);
            // One answers the Initialization.
            1 + row.count_before(until)
        };
        let heard = end.dying.map(|dying| dying - self.delays.ldp_keepalive_hold);
        let heard = heard.unwrap_or(self.now).min(self.now);
        (count(device, peer, self.now), count(peer, device, heard))
    }

    fn keep_ldp_alive(&mut self, device: usize, peer: usize) {
        let Some(end) = self.ldp.get(device).and_then(|ends| ends.get(&peer)) else {
            return;
        };
        let Some(lsr_id) = self.lsr_id(device) else {
            return;
        };
        let schedule = |interval, kind| self.ldp_row(device, peer, self.now, interval, kind);
        let mut kept = Vec::new();
        if let Some(travels) = self.ldp_travels(device, end.peer_lsr_id) {
            kept.push(KeptAlive {
                from: device,
                to: peer,
                travels,
                what: KeepaliveKind::Ldp { lsr_id },
                schedule: schedule(self.delays.ldp_keepalive_hold / KEEPALIVES, KEEPALIVE_ROW),
            });
        }
        let interfaces = self.interfaces.get(device).into_iter().flat_map(|own| own.iter());
        let towards = interfaces
            .filter(|interface| interface.ldp && interface.protocol && interface.vrf == Vrf::Public)
            .filter(|interface| interface.far_end.is_some_and(|(far, _)| far == peer));
        for interface in towards {
            let (Some(way), Some((source, _))) = (interface.way, interface.address) else {
                continue;
            };
            kept.push(KeptAlive {
                from: device,
                to: peer,
                travels: Travels::OnLink {
                    way,
                    interface: interface.name.clone(),
                    source,
                },
                what: KeepaliveKind::LdpHello { lsr_id },
                schedule: schedule(self.delays.ldp_hello, 2 + way.link as u64),
            });
        }
        for kept in kept {
            self.history.record_kept_alive(kept);
        }
    }
}
