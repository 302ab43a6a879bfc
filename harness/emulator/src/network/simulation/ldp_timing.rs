//! LDP hellos and KeepAlives: when they are sent, and when they are missed.

use std::collections::BTreeMap;
use std::time::Duration;

use super::chance::{draw, fraction, seed_of};
use super::engine::{Simulation, put};
use super::ldp_dialogue::{LdpEnd, ldp_travels};
use super::message::{KeepaliveKind, KeptAlive, Travels};
use super::moment::Moment;
use super::schedule::Schedule;
use super::times::LdpTimes;
use crate::network::interfaces::Interface;
use crate::network::ldp_session::{LdpAdjacency, speaks};
use crate::network::ldp_settings::{LdpDefaults, LdpSettings, LdpTimers, agreed};
use crate::network::prefix::Vrf;

/// Hellos follow each other after at least this share of the interval.
const SHORTEST: f64 = 0.9;

/// Hellos that a device sends.
pub type LdpHellos = BTreeMap<LdpAdjacency, KeptAlive>;

impl Simulation {
    /// The times of LDP where nothing is configured.
    pub(super) fn ldp_defaults(&self) -> LdpDefaults {
        LdpDefaults {
            hello: self.delays.ldp_hello,
            hello_hold: self.delays.ldp_hello_hold,
            keepalive_hold: self.delays.ldp_keepalive_hold,
        }
    }

    fn settings_of_ldp(&self, device: usize) -> Option<&LdpSettings> {
        self.ldp_settings.get(device)?.as_deref()
    }

    /// The timers of an end of a session.
    pub(super) fn ldp_timers_of(&self, device: usize, peer: usize, end: &LdpEnd) -> LdpTimers {
        self.discovery().timers(device, peer, end.session.peer_lsr_id)
    }

    /// The hold time that both ends of a session have agreed on.
    pub(super) fn ldp_keepalive_hold(&self, device: usize, peer: usize, end: &LdpEnd) -> Duration {
        let own = self.ldp_timers_of(device, peer, end);
        let theirs = self.discovery().timers(peer, device, end.terms.lsr_id);
        let defaults = self.ldp_defaults();
        defaults.keepalive_hold(&own).min(defaults.keepalive_hold(&theirs))
    }

    /// The KeepAlives that one end sends the other.
    fn ldp_keepalive_row(&self, device: usize, peer: usize, end: &LdpEnd) -> Schedule {
        let hold = self.ldp_keepalive_hold(device, peer, end);
        let interval = LdpDefaults::keepalive_interval(&self.ldp_timers_of(device, peer, end), hold);
        let seeds = [device, peer].map(|device| self.seeds.get(device).copied().unwrap_or(0));
        let seed = draw(&[seeds[0], seeds[1], 1]);
        Schedule {
            since: end.since + interval.mul_f64(fraction(&[seed])),
            until: None,
            interval,
            shortest: SHORTEST,
            seed,
        }
    }

    /// When the last KeepAlive of the peer came, or the session began.
    pub(super) fn last_ldp_keepalive(&self, device: usize, peer: usize, end: &LdpEnd) -> Moment {
        let theirs = self.ldp.get(peer).and_then(|ends| ends.get(&device));
        let row = theirs.map(|theirs| self.ldp_keepalive_row(peer, device, theirs));
        let last = row.and_then(|row| row.last_before(self.now));
        last.map_or(end.since, |(_, at)| at.max(end.since))
    }

    /// The sessions of a device in time, by peer.
    pub(super) fn ldp_times(&self, device: usize) -> BTreeMap<usize, LdpTimes> {
        let ends = self.ldp.get(device).into_iter().flatten();
        ends.map(|(peer, end)| {
            let keepalive_hold = self.ldp_keepalive_hold(device, *peer, end);
            let heard = end.dying.map(|dying| dying - keepalive_hold);
            let heard = heard.unwrap_or(self.now).min(self.now);
            // One answers the Initialization.
            let count = |row: Schedule, until| u64::from(end.up) * (1 + row.count_before(until));
            let theirs = self.ldp.get(*peer).and_then(|ends| ends.get(&device));
            let received = theirs.map_or(0, |theirs| count(self.ldp_keepalive_row(*peer, device, theirs), heard));
            let times = LdpTimes {
                since: end.since,
                sent: count(self.ldp_keepalive_row(device, *peer, end), self.now),
                received,
                keepalive_hold,
            };
            (*peer, times)
        })
        .collect()
    }

    /// The history learns of the KeepAlives of an end.
    pub(super) fn keep_ldp_alive(&mut self, device: usize, peer: usize) {
        let Some(end) = self.ldp.get(device).and_then(|ends| ends.get(&peer)) else {
            return;
        };
        let kept = KeptAlive {
            from: device,
            to: peer,
            travels: ldp_travels(end),
            what: KeepaliveKind::Ldp {
                lsr_id: end.terms.lsr_id,
            },
            schedule: self.ldp_keepalive_row(device, peer, end),
        };
        self.history.record_kept_alive(kept);
    }

    /// Hellos of a device follow its configuration and interfaces; the history learns of those that are new or over.
    pub(super) fn greet_by_ldp(&mut self, device: usize) {
        let mut wanted = self.ldp_hellos_wanted(device);
        let Some(sent) = self.ldp_hellos_sent.get(device) else {
            return;
        };
        let same = |a: &KeptAlive, b: &KeptAlive| {
            (a.to, &a.travels, a.what, a.schedule.interval) == (b.to, &b.travels, b.what, b.schedule.interval)
        };
        let mut over = Vec::new();
        for (adjacency, known) in sent {
            match wanted.get_mut(adjacency).filter(|kept| same(kept, known)) {
                Some(kept) => *kept = known.clone(),
                None => over.push(known.clone()),
            }
        }
        let new: Vec<KeptAlive> = wanted
            .iter()
            .filter(|(adjacency, kept)| sent.get(*adjacency).is_none_or(|known| !same(kept, known)))
            .map(|(_, kept)| kept.clone())
            .collect();
        put(&mut self.ldp_hellos_sent, device, wanted);
        for over in over {
            self.history.end_kept_alive(self.now, |kept| *kept == over);
        }
        for kept in new {
            self.history.record_kept_alive(kept);
        }
    }

    fn ldp_hellos_wanted(&self, device: usize) -> LdpHellos {
        let (Some(own), Some(interfaces)) = (self.settings_of_ldp(device), self.interfaces.get(device)) else {
            return LdpHellos::new();
        };
        let on_links = interfaces
            .iter()
            .filter(|interface| speaks(interface))
            .filter_map(|interface| {
                let (way, (source, _)) = (interface.way?, interface.address?);
                let (hold, interval) = self.ldp_hello_times(device, interface);
                let kept = KeptAlive {
                    from: device,
                    to: self.wiring.receiver(way)?.0,
                    travels: Travels::OnLink {
                        way,
                        interface: interface.name.clone(),
                        source,
                    },
                    what: KeepaliveKind::LdpHello {
                        lsr_id: own.lsr_id,
                        transport: own.transport(interface, interfaces).unwrap_or(source),
                        hold,
                        targeted: false,
                    },
                    schedule: self.ldp_hello_row(device, &interface.name.to_string(), interval),
                };
                Some((LdpAdjacency::Link(interface.name.clone()), kept))
            });
        let remote = own.remote_peers.iter().map(|remote| {
            let mut all = self.ldp_settings.iter();
            let to = all.position(|other| other.as_ref().is_some_and(|other| other.lsr_id == remote.address));
            let theirs = to.and_then(|to| self.settings_of_ldp(to)?.remote_peer(own.lsr_id));
            let (hold, interval) = self.ldp_times_of_hellos(&remote.timers, theirs.map(|theirs| &theirs.timers), true);
            let kept = KeptAlive {
                from: device,
                to: to.unwrap_or(device),
                travels: Travels::Routed {
                    vrf: Vrf::Public,
                    source: own.lsr_id,
                    destination: remote.address,
                },
                what: KeepaliveKind::LdpHello {
                    lsr_id: own.lsr_id,
                    transport: own.lsr_id,
                    hold,
                    targeted: true,
                },
                schedule: self.ldp_hello_row(device, &remote.name, interval),
            };
            (LdpAdjacency::Remote(remote.name.clone()), kept)
        });
        on_links.chain(remote).collect()
    }

    /// The hold time in seconds that hellos on a link ask for, and their interval.
    fn ldp_hello_times(&self, device: usize, interface: &Interface) -> (u16, Duration) {
        let timers = |device: usize, interface: &Interface| {
            let own = self.settings_of_ldp(device);
            own.map(|own| own.link_terms(&interface.name).timers)
        };
        let theirs = interface.far_end.and_then(|(far, index)| {
            let there = self.interfaces.get(far)?.get(index)?;
            timers(far, there).filter(|_| speaks(there))
        });
        let own = timers(device, interface).unwrap_or_default();
        self.ldp_times_of_hellos(&own, theirs.as_ref(), false)
    }

    fn ldp_times_of_hellos(&self, own: &LdpTimers, theirs: Option<&LdpTimers>, targeted: bool) -> (u16, Duration) {
        let defaults = self.ldp_defaults();
        let asked = defaults.hello_hold(own, targeted);
        let theirs = theirs.map_or(asked, |theirs| defaults.hello_hold(theirs, targeted));
        let interval = defaults.hello_interval(own, agreed(asked, theirs), targeted);
        (seconds(asked), interval)
    }

    fn ldp_hello_row(&self, device: usize, name: &str, interval: Duration) -> Schedule {
        let seed = draw(&[seed_of(self.seeds.get(device).copied().unwrap_or(0), name), 2]);
        let row = Schedule {
            since: Moment::START + interval.mul_f64(fraction(&[seed])),
            until: None,
            interval,
            shortest: SHORTEST,
            seed,
        };
        if row.since >= self.now {
            return row;
        }
        // A row of its own that begins with the next beat.
        let next = row.nth(row.first_from(self.now));
        Schedule { since: next, ..row }
    }

    /// When an adjacency ends on which nothing is heard from now on; none if never.
    pub(super) fn ldp_hello_expires(
        &self,
        device: usize,
        peer: usize,
        adjacency: &LdpAdjacency,
        since: Moment,
    ) -> Option<Moment> {
        let own = self.settings_of_ldp(device)?;
        let (timers, targeted) = match adjacency {
            LdpAdjacency::Link(name) => (own.link_terms(name).timers, false),
            LdpAdjacency::Remote(name) => {
                let remote = own.remote_peers.iter().find(|remote| remote.name == *name)?;
                (remote.timers, true)
            }
        };
        let far_name = || {
            let LdpAdjacency::Link(name) = adjacency else {
                return None;
            };
            let interfaces = self.interfaces.get(device)?;
            let (far, index) = interfaces.iter().find(|interface| interface.name == *name)?.far_end?;
            Some(&self.interfaces.get(far)?.get(index)?.name)
        };
        let far_name = far_name();
        let comes_so = |travels: &Travels| match travels {
            Travels::OnLink { interface, .. } => Some(interface) == far_name,
            Travels::Routed { .. } => targeted,
        };
        let hellos = self.history.kept_alive().filter(|kept| {
            let is_hello = matches!(kept.what, KeepaliveKind::LdpHello { .. });
            is_hello && kept.from == peer && kept.to == device && comes_so(&kept.travels)
        });
        let heard = hellos.last();
        let defaults = self.ldp_defaults();
        let own_hold = defaults.hello_hold(&timers, targeted);
        let their_hold = match heard.map(|kept| kept.what) {
            Some(KeepaliveKind::LdpHello { hold, .. }) => {
                let usual = defaults.hello_hold(&LdpTimers::default(), targeted);
                let asked = LdpTimers {
                    hello_hold: (seconds(usual) != hold).then_some(hold),
                    ..LdpTimers::default()
                };
                defaults.hello_hold(&asked, targeted)
            }
            _ => own_hold,
        };
        let hold = agreed(own_hold, their_hold)?;
        let last = heard.and_then(|kept| kept.schedule.last_before(self.now));
        let last = last.map_or(since, |(_, at)| at.max(since));
        Some((last + hold).max(self.now))
    }
}

/// A hold time as a hello has it.
fn seconds(hold: Option<Duration>) -> u16 {
    hold.map_or(u16::MAX, |hold| {
        u16::try_from(hold.as_secs().max(1)).unwrap_or(u16::MAX)
    })
}
