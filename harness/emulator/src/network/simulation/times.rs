//! The ages and counters of a device's tables at an instant.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::ages::Ages;
use super::bfd_record::BfdRecord;
use super::bgp_telling::told_to;
use super::bgp_words::{ToldSince, updates};
use super::engine::Simulation;
use super::event::BgpEnd;
use super::links::Way;
use super::message::{KeepaliveKind, KeptAlive, Travels};
use super::moment::Moment;
use crate::interface_name::InterfaceName;
use crate::network::bgp::BgpSpeaker;
use crate::network::bgp_settings::BgpSettings;
use crate::network::interfaces::Interface;
use crate::network::ldp_session::LdpAdjacency;
use crate::network::ldp_settings::LdpDefaults;
use crate::network::prefix::{Prefix, Vrf};
use crate::network::vpn_instances::VpnInstance;

/// What is remembered of a BGP session whether it is up or not.
#[derive(Debug, Clone)]
pub struct BgpRecord {
    /// Since when the peer is configured.
    configured: Moment,
    /// How often the session came up.
    ups: u32,
    /// When it went down last.
    down: Option<Moment>,
    before_start: BeforeStart,
}

/// What an end has sent before the lab started.
#[derive(Debug, Clone)]
enum BeforeStart {
    /// Nothing: its session came up later.
    Nothing,
    /// All that it tells now: it has told nothing new since.
    Everything,
    /// All that the speaker with these instances told then.
    Told(Arc<BgpSpeaker>, Arc<Vec<VpnInstance>>),
}

/// Messages of one direction of a BGP session since it came up. Zero while it is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BgpCount {
    /// OPEN.
    pub open: u64,
    /// UPDATE.
    pub update: u64,
    /// KEEPALIVE.
    pub keepalive: u64,
}

impl BgpCount {
    /// All of them.
    pub fn total(self) -> u64 {
        self.open + self.update + self.keepalive
    }
}

/// A BGP session in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BgpTimes {
    /// Since when it is up, or down.
    pub since: Moment,
    /// How often it came up.
    pub ups: u32,
    /// What was sent.
    pub sent: BgpCount,
    /// What was received.
    pub received: BgpCount,
}

/// An LDP session in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LdpTimes {
    /// Since when it is operational.
    pub since: Moment,
    /// KeepAlives sent.
    pub sent: u64,
    /// KeepAlives received.
    pub received: u64,
    /// The hold time that both ends agree on.
    pub keepalive_hold: Duration,
}

/// LDP hellos on an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hellos {
    /// Sent.
    pub sent: u64,
    /// Received.
    pub received: u64,
}

/// An OSPF neighbour in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OspfTimes {
    /// Since when it is full.
    pub since: Moment,
    /// When it is given up unless it is heard again.
    pub dead: Moment,
}

/// The ages and counters of a device's tables.
#[derive(Debug, Clone)]
pub struct Times {
    /// The instant.
    pub now: Moment,
    /// Of routes, LSPs, interfaces and instances.
    pub ages: Arc<Ages>,
    /// Of BFD sessions, by name.
    pub bfd: BTreeMap<String, BfdRecord>,
    /// Of LDP sessions, by peer.
    pub ldp: BTreeMap<usize, LdpTimes>,
    /// Of LDP hellos, by interface or remote peer.
    pub hellos: BTreeMap<LdpAdjacency, Hellos>,
    /// The times of LDP where nothing is configured.
    pub ldp_defaults: LdpDefaults,
    /// Of OSPF neighbours, by number of the process and interface.
    pub ospf: BTreeMap<(u32, InterfaceName), OspfTimes>,
    bgp: BTreeMap<(Vrf, Ipv4Addr), BgpTimes>,
    told: Arc<ToldSince>,
}

impl Times {
    /// The time since an instant.
    pub fn age(&self, since: Moment) -> Duration {
        self.now.since(since)
    }

    /// Of the BGP session with a peer; one that is not known is as old as the lab and has never been up.
    pub fn bgp(&self, vrf: &Vrf, peer: Ipv4Addr) -> BgpTimes {
        let known = self.bgp.get(&(vrf.clone(), peer)).copied();
        known.unwrap_or(BgpTimes {
            since: Moment::START,
            ups: 0,
            sent: BgpCount::default(),
            received: BgpCount::default(),
        })
    }

    /// Since when a peer, a device with this address, tells of a route.
    pub fn told(&self, device: usize, peer: Ipv4Addr, prefix: Prefix, distinguisher: Option<&str>) -> Moment {
        let routes = self.told.get(&(device, peer));
        let since = routes.and_then(|routes| routes.get(&(prefix, distinguisher.map(str::to_owned))));
        since.copied().unwrap_or(Moment::START)
    }
}

impl Simulation {
    /// The ages and counters of a device's tables now.
    pub fn times(&mut self, device: usize) -> Times {
        let ages = self.history.ages(device);
        self.history.read_bgp();
        Times {
            now: self.now,
            ages,
            bfd: self.bfd_records(device),
            ldp: self.ldp_times(device),
            hellos: self.ldp_hellos(device),
            ldp_defaults: self.ldp_defaults(),
            ospf: self.ospf_times(device),
            bgp: self.bgp_times(device),
            told: self.history.bgp_words().told(device),
        }
    }

    fn bgp_times(&self, device: usize) -> BTreeMap<(Vrf, Ipv4Addr), BgpTimes> {
        let from = (device, Vrf::Public, Ipv4Addr::UNSPECIFIED);
        let own = self.bgp_records.range(from..).take_while(|(end, _)| end.0 == device);
        own.map(|(end, record)| ((end.1.clone(), end.2), self.session_times(end, record)))
            .collect()
    }

    fn session_times(&self, end: &BgpEnd, record: &BgpRecord) -> BgpTimes {
        let down = BgpTimes {
            since: record.down.unwrap_or(record.configured),
            ups: record.ups,
            sent: BgpCount::default(),
            received: BgpCount::default(),
        };
        let Some((since, far, heard)) = self.bgp_up_since(end) else {
            return down;
        };
        BgpTimes {
            since,
            sent: self.bgp_count(end, self.now),
            received: self.bgp_count(&far, heard),
            ..down
        }
    }

    /// What an end has sent up to an instant.
    fn bgp_count(&self, end: &BgpEnd, until: Moment) -> BgpCount {
        let before_start = self.bgp_records.get(end).map_or(0, |record| {
            let told = match &record.before_start {
                BeforeStart::Nothing => None,
                BeforeStart::Everything => self.told.get(end.0).and_then(Option::as_ref).zip(self.vpns.get(end.0)),
                BeforeStart::Told(speaker, vpns) => Some((speaker, vpns)),
            };
            told.map_or(0, |(speaker, vpns)| updates_of(speaker, vpns, end))
        });
        BgpCount {
            open: 1,
            update: before_start + self.history.bgp_words().updates(end),
            // One answers the OPEN.
            keepalive: 1 + self.bgp_keepalives_until(end, until),
        }
    }

    /// A speaker will tell something new: what it had told before the lab started is counted when it is asked for.
    pub(super) fn keep_first_updates(&mut self, end: &BgpEnd, before: Option<&Arc<BgpSpeaker>>) {
        let vpns = self.vpns.get(end.0).cloned().unwrap_or_default();
        let record = self.bgp_records.get_mut(end);
        if let Some(record) = record.filter(|record| matches!(record.before_start, BeforeStart::Everything)) {
            record.before_start = before.map_or(BeforeStart::Nothing, |before| {
                BeforeStart::Told(Arc::clone(before), vpns)
            });
        }
    }

    /// The peers of a device are these from now on.
    pub(super) fn remember_peers(&mut self, device: usize, settings: Option<&BgpSettings>) {
        let peers = settings.map(|settings| settings.peers.as_slice()).unwrap_or_default();
        let ends: Vec<BgpEnd> = peers
            .iter()
            .map(|peer| (device, peer.vrf.clone(), peer.address))
            .collect();
        self.bgp_records.retain(|end, _| end.0 != device || ends.contains(end));
        for end in ends {
            let configured = self.now;
            self.bgp_records.entry(end).or_insert(BgpRecord {
                configured,
                ups: 0,
                down: None,
                before_start: BeforeStart::Nothing,
            });
        }
    }

    /// A session has come up, at the beginning of the lab or later.
    pub(super) fn remember_up(&mut self, end: &BgpEnd, from_the_beginning: bool) {
        if let Some(record) = self.bgp_records.get_mut(end) {
            record.ups += 1;
            record.before_start = if from_the_beginning {
                BeforeStart::Everything
            } else {
                BeforeStart::Nothing
            };
        }
    }

    /// A session has gone down.
    pub(super) fn remember_down(&mut self, end: &BgpEnd) {
        let now = self.now;
        if let Some(record) = self.bgp_records.get_mut(end) {
            record.down = Some(now);
        }
    }

    fn ldp_hellos(&self, device: usize) -> BTreeMap<LdpAdjacency, Hellos> {
        let mut hellos: BTreeMap<LdpAdjacency, Hellos> = BTreeMap::new();
        let own = self
            .interfaces
            .get(device)
            .map(|own| own.as_slice())
            .unwrap_or_default();
        for kept in self.history.kept_alive() {
            if !matches!(kept.what, KeepaliveKind::LdpHello { .. }) {
                continue;
            }
            let sent = kept.schedule.count_before(self.now);
            match &kept.travels {
                Travels::OnLink { interface, .. } if kept.from == device => {
                    let adjacency = LdpAdjacency::Link(interface.clone());
                    hellos.entry(adjacency).or_default().sent += sent;
                }
                Travels::OnLink { way, interface, .. } if kept.to == device => {
                    let there = self.interfaces.get(kept.from);
                    let is_far = |own: &&Interface| {
                        own.far_end.is_some_and(|(far, index)| {
                            let there = there.and_then(|there| there.get(index));
                            far == kept.from && there.is_some_and(|there| there.name == *interface)
                        })
                    };
                    if let Some(here) = own.iter().find(is_far) {
                        let adjacency = LdpAdjacency::Link(here.name.clone());
                        hellos.entry(adjacency).or_default().received += self.arrived(kept, *way);
                    }
                }
                Travels::Routed {
                    source, destination, ..
                } => {
                    let remote = |address| self.ldp_settings.get(device)?.as_ref()?.remote_peer(address);
                    let peer = if kept.from == device { *destination } else { *source };
                    let Some(remote) = remote(peer).filter(|_| kept.from == device || kept.to == device) else {
                        continue;
                    };
                    let count = hellos.entry(LdpAdjacency::Remote(remote.name.clone())).or_default();
                    if kept.from == device {
                        count.sent += sent;
                    } else {
                        count.received += sent;
                    }
                }
                Travels::OnLink { .. } => {}
            }
        }
        hellos
    }

    /// How many messages of a row have come over a link that does not lose all of them.
    fn arrived(&self, kept: &KeptAlive, way: Way) -> u64 {
        let conditions = self.history.conditions(way);
        let ends = conditions.iter().skip(1).map(|(since, _)| *since).chain([self.now]);
        let passing = conditions
            .iter()
            .zip(ends)
            .filter(|((_, condition), _)| condition.passes());
        let count = |at: Moment| kept.schedule.count_before(at.min(self.now));
        passing
            .map(|((since, _), end)| count(end).saturating_sub(count(*since)))
            .sum()
    }
}

/// How many UPDATEs tell a peer everything that a speaker with these instances has for it.
fn updates_of(speaker: &BgpSpeaker, vpns: &[VpnInstance], (_, vrf, address): &BgpEnd) -> u64 {
    let mut sessions = speaker.sessions.iter();
    let session = sessions.find(|session| session.settings.vrf == *vrf && session.settings.address == *address);
    session.map_or(0, |session| {
        let told = told_to(vpns, speaker, session, None).into_iter();
        let announced: Vec<_> = told.map(|((prefix, _), path)| (prefix, path)).collect();
        updates(&announced, &[])
    })
}
