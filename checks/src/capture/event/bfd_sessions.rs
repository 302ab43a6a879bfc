//! Follows BFD sessions, each end at each point by itself (RFC 5880 §6.8).

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::encapsulation::{Encapsulation, Vlans};
use super::recorder::{Identity, Origin, Recorder};
use super::{BfdCause, BfdChange, ControlFindingKind, EventKind, PointId, Sighting, Silence, Speaker};
use crate::capture::protocol::bfd::{Control, Diagnostic, SessionKind, State};

/// Ends of sessions that are followed.
const MOST_ENDS: usize = 10_000;
/// As many ends with one discriminator are compared, the latest ones: routers of their own, or links of one.
const MOST_ALIKE: usize = 256;
/// A session that is not Up is spoken of no more often than this (RFC 5880 §6.8.3), in nanoseconds.
const SLOW_RATE_NS: i64 = 1_000_000_000;
/// How far a capture's time stamps may be off: a share of the interval, and at least so many nanoseconds.
const STAMP_TOLERANCE_SHARE: i64 = 20;
const LEAST_STAMP_TOLERANCE_NS: i64 = 500_000;

/// One end of a session as heard at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct EndKey {
    point: PointId,
    kind: SessionKind,
    /// Of the link that a session belongs to; none where it belongs to no link, as its packets may take any.
    vlans: Vlans,
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    discriminator: u32,
}

impl EndKey {
    /// The same in any VLAN.
    fn anywhere(self) -> Self {
        Self {
            vlans: Vlans::default(),
            ..self
        }
    }
}

#[derive(Debug)]
struct End {
    said: Control<'static>,
    first: Sighting,
    last: Sighting,
    packets: u64,
    intervals: Intervals,
    /// A poll of this end waits for its answer: timers are in change.
    polling: bool,
    /// The discriminator it heard last from the other end; it is 0 again in some packets that say Down.
    other_discriminator: u32,
    /// Identification of its last packet.
    identification: Option<u16>,
    /// Whether that tells its packets from each other, as far as is known.
    identification_counts: bool,
    /// In what its last packet came, and the one before.
    came_in: [Encapsulation; 2],
    /// Both ends' last packets while both were Up: this one's and the other's.
    both_up: Option<(Control<'static>, Control<'static>)>,
}

/// Distances between the packets of an end while the session is Up and timers stand still.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Intervals {
    /// How many.
    pub count: u64,
    /// The shortest, in nanoseconds.
    pub shortest_ns: i64,
    /// The longest, in nanoseconds.
    pub longest_ns: i64,
    /// Longer than negotiated.
    pub long: u64,
    /// Shorter than 75 % of what is negotiated.
    pub short: u64,
}

/// One end of a session at a point, as it was at the end of the capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BfdEnd {
    /// Where.
    pub point: PointId,
    /// What kind of session.
    pub kind: SessionKind,
    /// The end that sends.
    pub from: Speaker,
    /// The other.
    pub to: Speaker,
    /// Its discriminator.
    pub discriminator: u32,
    /// The discriminator it heard from the other end; 0 for none.
    pub other_discriminator: u32,
    /// Its last state.
    pub state: State,
    /// Its first packet.
    pub first: Sighting,
    /// Its last packet.
    pub last: Sighting,
    /// Its packets.
    pub packets: u64,
    /// The interval at which it must send, in nanoseconds, before jitter: by the timers while both ends were last Up,
    /// or, where they never were, by those last announced.
    pub transmit_interval_ns: Option<i64>,
    /// Its detection time by the same timers, in nanoseconds.
    pub detection_time_ns: Option<i64>,
    /// Distances between its packets while Up.
    pub intervals: Intervals,
}

/// A packet and how it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeardBfd<'a> {
    pub(super) seen: Sighting,
    pub(super) encapsulation: Encapsulation,
    pub(super) kind: SessionKind,
    pub(super) source: Option<IpAddr>,
    pub(super) destination: Option<IpAddr>,
    pub(super) identification: Option<u16>,
    pub(super) ttl: Option<u8>,
    pub(super) control: Control<'a>,
}

/// Where sessions of one kind run: from and to.
type Ends = (PointId, SessionKind, Vlans, Option<IpAddr>, Option<IpAddr>);

#[derive(Debug, Default)]
pub(super) struct BfdSessions {
    ends: HashMap<EndKey, End>,
    /// Ends between the same addresses, latest heard last.
    by_addresses: HashMap<Ends, Vec<u32>>,
    /// Ends by their discriminator, for sessions whose directions travel differently (RFC 5884).
    by_discriminator: HashMap<(PointId, u32), Vec<EndKey>>,
    /// Of ends alike but for their VLANs, the one heard last.
    latest: HashMap<EndKey, EndKey>,
    /// Ends whose packets may be those of two sessions.
    mixed: HashSet<(PointId, Speaker, Option<IpAddr>)>,
}

impl BfdSessions {
    pub(super) fn heard(&mut self, heard: HeardBfd<'_>, recorder: &mut Recorder) {
        let HeardBfd {
            seen,
            encapsulation,
            kind,
            control,
            ..
        } = heard;
        let speaker = |address: Option<IpAddr>, discriminator| {
            address.map_or(Speaker::Discriminator(discriminator), Speaker::Address)
        };
        let from = speaker(heard.source, control.my_discriminator);
        let to = speaker(heard.destination, control.your_discriminator);
        let violations = control.violations(kind, heard.ttl);
        if let Some(violation) = violations.first() {
            recorder.findings.note(
                ControlFindingKind::BfdDiscarded,
                &format!("{from} {violation:?}"),
                Some(seen),
                || format!("BFD packet from {from} to {to} that must be discarded: {violation}"),
            );
            return;
        }
        let origin = Origin {
            seen,
            identity: Identity::of((
                heard.source,
                heard.destination,
                heard.identification,
                kind,
                control.my_discriminator,
                (control.state.bits(), control.diagnostic.0, control.poll, control.final_),
            )),
            from,
            to,
            vlans: encapsulation.link,
            unique: false,
        };
        let key = EndKey {
            point: seen.point,
            kind,
            vlans: if kind.is_of_a_link() {
                encapsulation.link
            } else {
                Vlans::default()
            },
            source: heard.source,
            destination: heard.destination,
            discriminator: control.my_discriminator,
        };
        let said = control.without_authentication();
        let polled = self.ends.get(&key).is_some_and(|end| end.said.poll);
        let other = self.other_end(&key, self.discriminator_heard(&key, &said));
        let other = other.and_then(|other| self.ends.get(&other));
        let other = other.map(|other| (other.said, other.last, other.polling));
        if self.is_copy_of_another_link(&key, &said, &heard) {
            return;
        }
        if self.ends.contains_key(&key) || self.ends.len() < MOST_ENDS {
            self.latest.insert(key.anywhere(), key);
        }
        if let Some(end) = self.ends.get_mut(&key) {
            if end.is_copy(&said, heard.identification, seen) {
                return;
            }
            if end.comes_by_turns(encapsulation) {
                let [one, other] = end.came_in;
                recorder.findings.note(
                    ControlFindingKind::BfdMixed,
                    &format!("{from} {}", key.discriminator),
                    Some(seen),
                    || {
                        format!(
                            "BFD of {from} with discriminator {} comes by turns in {one} and in {other}: these may be two \
                             sessions taken for one, and what they detect is not told",
                            key.discriminator
                        )
                    },
                );
                self.mixed.insert((key.point, from, key.destination));
            }
            end.came_in = [encapsulation, end.came_in[0]];
            end.identification_counts = end.identification != heard.identification;
            end.identification = heard.identification;
            end.hears(origin, said, kind, other, recorder);
        } else {
            if self.ends.len() >= MOST_ENDS {
                recorder
                    .findings
                    .note(ControlFindingKind::TooMany, "BFD", Some(seen), || {
                        format!("more than {MOST_ENDS} ends of BFD sessions; {from} is not followed")
                    });
                return;
            }
            self.appears(origin, key, said, &heard, recorder);
        }
        // P stands in every packet until it is answered.
        if control.poll && !polled {
            recorder.record(origin, EventKind::Bfd(BfdChange::Poll));
        }
        if control.final_ {
            recorder.record(origin, EventKind::Bfd(BfdChange::Final));
            let other = self.other_end(&key, control.your_discriminator);
            if let Some(other) = other.and_then(|other| self.ends.get_mut(&other)) {
                other.polling = false;
            }
        }
    }

    /// Every end, and findings about those that are odd. `ended` is the last instant of each point.
    pub(super) fn finish(self, ended: &HashMap<PointId, Sighting>, recorder: &mut Recorder) -> Vec<BfdEnd> {
        for event in recorder.events() {
            let is_mixed = |to| self.mixed.contains(&(event.seen.point, event.from, to));
            let destination = match event.to {
                Speaker::Address(address) => Some(address),
                _ => None,
            };
            if let EventKind::Bfd(BfdChange::State { cause, .. }) = &mut event.kind
                && (is_mixed(None) || is_mixed(destination))
            {
                *cause = BfdCause::Unexplained;
            }
        }
        let mut list: Vec<_> = self.ends.iter().collect();
        list.sort_by_key(|(key, end)| (key.point, end.first, key.discriminator));
        let mut ends = Vec::new();
        for (key, end) in list {
            let control = end.said;
            let other = self.other_end(key, self.discriminator_heard(key, &control));
            let other = other.and_then(|other| self.ends.get(&other)).map(|end| end.said);
            let from = key
                .source
                .map_or(Speaker::Discriminator(key.discriminator), Speaker::Address);
            let to = key
                .destination
                .map_or(Speaker::Discriminator(control.your_discriminator), Speaker::Address);
            let both = end.both_up.or(other.map(|other| (control, other)));
            let transmit = both.map(|(own, other)| transmit_interval_ns(&own, &other));
            let summary = BfdEnd {
                point: key.point,
                kind: key.kind,
                from,
                to,
                discriminator: key.discriminator,
                other_discriminator: control.your_discriminator,
                state: control.state,
                first: end.first,
                last: end.last,
                packets: end.packets,
                transmit_interval_ns: transmit,
                detection_time_ns: both.and_then(|(own, other)| detection_time_ns(&own, &other)),
                intervals: end.intervals,
            };
            // How long the other end waits for this one.
            let patience = both.and_then(|(own, other)| detection_time_ns(&other, &own));
            let silence = ended.get(&key.point).map_or(0, |ended| ended.time.since(end.last.time));
            if control.state == State::Up
                && let Some(patience) = patience
                && silence > 2 * patience
            {
                recorder.findings.note(
                    ControlFindingKind::BfdSilent,
                    &format!("{from} {}", key.discriminator),
                    Some(end.last),
                    || {
                        format!(
                            "BFD of {from} was Up when it was last heard here, {:.3} ms before the capture ended",
                            silence as f64 / 1e6
                        )
                    },
                );
            }
            let expected = transmit.unwrap_or_default() as f64 / 1e6;
            for (count, kind, worst, words) in [
                (
                    end.intervals.long,
                    ControlFindingKind::BfdIntervalsLong,
                    end.intervals.longest_ns,
                    "longer than",
                ),
                (
                    end.intervals.short,
                    ControlFindingKind::BfdIntervalsShort,
                    end.intervals.shortest_ns,
                    "shorter than 75 % of",
                ),
            ] {
                if count > 0 {
                    recorder.findings.note(
                        kind,
                        &format!("{from} {}", key.discriminator),
                        Some(end.first),
                        || {
                            format!(
                                "{count} of {} intervals between BFD packets of {from} are {words} the negotiated {expected:.3} ms; the worst is {:.3} ms",
                                end.intervals.count,
                                worst as f64 / 1e6
                            )
                        },
                    );
                }
            }
            ends.push(summary);
        }
        ends
    }

    /// Whether a packet of a link was captured in other VLANs a moment before: on the trunk, say, and then on the interface
    /// of the VLAN.
    fn is_copy_of_another_link(&self, key: &EndKey, said: &Control<'static>, heard: &HeardBfd<'_>) -> bool {
        let latest = self.latest.get(&key.anywhere()).filter(|latest| *latest != key);
        let end = latest.and_then(|latest| self.ends.get(latest));
        end.is_some_and(|end| end.identification_counts && end.is_copy(said, heard.identification, heard.seen))
    }

    fn appears(
        &mut self,
        origin: Origin,
        key: EndKey,
        said: Control<'static>,
        heard: &HeardBfd<'_>,
        recorder: &mut Recorder,
    ) {
        let seen = origin.seen;
        let control = said;
        let addresses = (key.point, key.kind, key.vlans, key.source, key.destination);
        let known = self.by_addresses.entry(addresses).or_default();
        let before = key.source.and(known.last().copied());
        known.push(control.my_discriminator);
        let before = before.map(|discriminator| EndKey { discriminator, ..key });
        let replaced = before.and_then(|before| self.ends.get(&before)).filter(|before| {
            // Two sessions between the same addresses (members of a LAG, say) are both heard all the time.
            let interval = i64::from(before.said.desired_min_tx).saturating_mul(1_000);
            before.said.state != State::Up || seen.time.since(before.last.time) > interval
        });
        if let Some(before) = replaced {
            let change = BfdChange::Discriminator {
                from: before.said.my_discriminator,
                to: control.my_discriminator,
            };
            recorder.record(origin, EventKind::Bfd(change));
        }
        let change = BfdChange::Appeared {
            session: key.kind,
            discriminator: control.my_discriminator,
            state: control.state,
            diagnostic: control.diagnostic,
        };
        recorder.record(origin, EventKind::Bfd(change));
        self.by_discriminator
            .entry((key.point, key.discriminator))
            .or_default()
            .push(key);
        self.ends.insert(
            key,
            End {
                said,
                first: seen,
                last: seen,
                packets: 1,
                intervals: Intervals::default(),
                polling: control.poll,
                other_discriminator: control.your_discriminator,
                identification: heard.identification,
                identification_counts: heard.identification.is_some_and(|number| number != 0),
                came_in: [heard.encapsulation; 2],
                both_up: None,
            },
        );
    }

    /// The other end's discriminator as this end knows it now, or knew it last.
    fn discriminator_heard(&self, key: &EndKey, control: &Control<'_>) -> u32 {
        match control.your_discriminator {
            0 => self.ends.get(key).map_or(0, |end| end.other_discriminator),
            heard => heard,
        }
    }

    /// The end that this one speaks with: by the discriminator it heard, else by addresses, latest first.
    fn other_end(&self, key: &EndKey, your_discriminator: u32) -> Option<EndKey> {
        let reverse = |discriminator| EndKey {
            source: key.destination,
            destination: key.source,
            discriminator,
            ..*key
        };
        if your_discriminator != 0 {
            let exact = reverse(your_discriminator);
            if self.ends.contains_key(&exact) {
                return Some(exact);
            }
        }
        // Towards the end of an LSP a packet goes to 127/8, and back to the sender's own address.
        if your_discriminator != 0
            && let Some(ends) = self.by_discriminator.get(&(key.point, your_discriminator))
            && let Some(other) = ends.iter().rev().take(MOST_ALIKE).find(|other| {
                let speaks_with = self.ends.get(other).map(|end| end.other_discriminator);
                let itself = EndKey {
                    vlans: other.vlans,
                    ..*key
                };
                let is_taken = other.vlans != key.vlans && self.ends.contains_key(&itself);
                *other != key && speaks_with == Some(key.discriminator) && !is_taken
            })
        {
            return Some(*other);
        }
        let addresses = (key.point, key.kind, key.vlans, key.destination, key.source);
        let candidates = self.by_addresses.get(&addresses)?;
        match key.source {
            // Without addresses only the discriminator tells.
            None => None,
            Some(_) => candidates.last().map(|&discriminator| reverse(discriminator)),
        }
    }
}

impl End {
    /// Whether this is its last packet captured once more, at a mirror port or in another file: the same in everything,
    /// sooner than the end may send again. Identification alone proves nothing, as some senders never change it.
    fn is_copy(&self, said: &Control<'static>, identification: Option<u16>, seen: Sighting) -> bool {
        let soon = i64::from(said.desired_min_tx) * 1_000 / 2;
        identification.is_some()
            && self.identification == identification
            && self.said == *said
            && seen.time.since(self.last.time) < soon
    }

    /// Whether its packets come in this, then in something else, and then in this again.
    fn comes_by_turns(&self, encapsulation: Encapsulation) -> bool {
        let [last, before] = self.came_in;
        encapsulation != last && encapsulation == before
    }

    fn hears(
        &mut self,
        origin: Origin,
        said: Control<'static>,
        kind: SessionKind,
        other: Option<(Control<'static>, Sighting, bool)>,
        recorder: &mut Recorder,
    ) {
        let before = std::mem::replace(&mut self.said, said);
        let since = origin.seen.time.since(self.last.time);
        self.last = origin.seen;
        self.packets += 1;
        let now = said;
        if now.your_discriminator != 0 {
            self.other_discriminator = now.your_discriminator;
        }
        if let Some((other, ..)) = other
            && now.state == State::Up
            && other.state == State::Up
        {
            self.both_up = Some((now, other));
        }
        let timers = |control: &Control<'_>| {
            (
                control.desired_min_tx,
                control.required_min_rx,
                control.detect_multiplier,
            )
        };
        let timers_stand = timers(&before) == timers(&now);
        if before.state != now.state {
            let silence = other.map(|(other, last_heard, _)| Silence {
                last_heard,
                elapsed_ns: origin.seen.time.since(last_heard.time),
                detection_time_ns: detection_time_ns(&before, &other),
            });
            let cause = cause(&before, &now, other.map(|(other, ..)| other.state));
            let silence = silence.filter(|_| cause == BfdCause::Detected);
            if let Some(silence) = silence
                && now.diagnostic == Diagnostic::DETECTION_TIME_EXPIRED
            {
                check_detection(
                    origin,
                    silence,
                    other.map(|(other, ..)| transmit_interval_ns(&before, &other)),
                    recorder,
                );
            }
            let change = BfdChange::State {
                session: kind,
                from: before.state,
                to: now.state,
                diagnostic: now.diagnostic,
                cause,
                silence,
            };
            recorder.record(origin, EventKind::Bfd(change));
        } else if let Some((other, _, other_polls)) = other
            && now.state == State::Up
            && other.state == State::Up
            && timers_stand
            && !(self.polling
                || other_polls
                || before.poll
                || before.final_
                || now.final_
                || now.poll
                || now.demand
                || other.demand)
        {
            self.intervals.count(since, transmit_interval_ns(&now, &other));
        }
        if !timers_stand {
            let change = BfdChange::Timers {
                desired_min_tx: now.desired_min_tx,
                required_min_rx: now.required_min_rx,
                detect_multiplier: now.detect_multiplier,
            };
            recorder.record(origin, EventKind::Bfd(change));
        }
        self.polling = now.poll;
    }
}

impl Intervals {
    fn count(&mut self, interval_ns: i64, negotiated_ns: i64) {
        // Nothing is negotiated by a reflector, which answers when it is asked (RFC 7880).
        if negotiated_ns == 0 {
            return;
        }
        let tolerance = (negotiated_ns / STAMP_TOLERANCE_SHARE).max(LEAST_STAMP_TOLERANCE_NS);
        self.shortest_ns = if self.count == 0 {
            interval_ns
        } else {
            self.shortest_ns.min(interval_ns)
        };
        self.longest_ns = self.longest_ns.max(interval_ns);
        self.count += 1;
        self.long += u64::from(interval_ns > negotiated_ns.saturating_add(tolerance));
        self.short += u64::from(interval_ns < negotiated_ns / 4 * 3 - tolerance);
    }
}

/// Whether the time from the last packet to Down is what RFC 5880 §6.8.4 makes of the timers.
fn check_detection(origin: Origin, silence: Silence, transmit_ns: Option<i64>, recorder: &mut Recorder) {
    let Some(detection) = silence.detection_time_ns else {
        return;
    };
    let tolerance = (detection / STAMP_TOLERANCE_SHARE).max(LEAST_STAMP_TOLERANCE_NS);
    // Down is told at once or with the next packet, which may keep to the slow rate already.
    let slot = SLOW_RATE_NS.max(transmit_ns.unwrap_or_default());
    let latest = detection.saturating_add(slot).saturating_add(tolerance);
    let kind = if silence.elapsed_ns < detection - tolerance {
        ControlFindingKind::BfdDetectedEarly
    } else if silence.elapsed_ns > latest {
        ControlFindingKind::BfdDetectedLate
    } else {
        return;
    };
    let from = origin.from;
    recorder.findings.note(kind, &from.to_string(), Some(origin.seen), || {
        format!(
            "{from} went Down {:.3} ms after the last packet seen from {}; its detection time is {:.3} ms",
            silence.elapsed_ns as f64 / 1e6,
            origin.to,
            detection as f64 / 1e6
        )
    });
}

/// What a change of state means.
fn cause(before: &Control<'_>, now: &Control<'_>, other: Option<State>) -> BfdCause {
    match now.state {
        State::AdminDown => BfdCause::Operator,
        State::Init | State::Up if now.state > before.state => BfdCause::ComingUp,
        State::Init | State::Up => BfdCause::Unexplained,
        // Out of AdminDown a session begins with Down: the operator lets it come up.
        State::Down if before.state == State::AdminDown => BfdCause::ComingUp,
        State::Down => match now.diagnostic.0 {
            1 | 2 => BfdCause::Detected,
            3 if other == Some(State::AdminDown) => BfdCause::Operator,
            3 => BfdCause::Followed,
            7 => BfdCause::Operator,
            4 | 5 | 6 | 8 => BfdCause::Path,
            _ => BfdCause::Unexplained,
        },
    }
}

/// The interval at which `control`'s sender transmits, before jitter (RFC 5880 §6.8.2, §6.8.7), in nanoseconds.
fn transmit_interval_ns(control: &Control<'_>, other: &Control<'_>) -> i64 {
    i64::from(control.desired_min_tx.max(other.required_min_rx)) * 1_000
}

/// The detection time at `control`'s sender in asynchronous mode (RFC 5880 §6.8.4), in nanoseconds; `None` where the
/// other end is in demand mode or sends nothing.
fn detection_time_ns(control: &Control<'_>, other: &Control<'_>) -> Option<i64> {
    if control.demand || control.required_min_rx == 0 {
        return None;
    }
    let interval = i64::from(control.required_min_rx.max(other.desired_min_tx));
    Some(i64::from(other.detect_multiplier) * interval * 1_000)
}
