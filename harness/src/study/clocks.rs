//! The clocks of several points, compared by packets that two of them have seen.

use std::hash::{Hash, Hasher};

use checks::capture::measure::outage::{FlowOutages, Outage};
use checks::capture::measure::{
    Alignment, Crossing, FlowId, Instant, Nanoseconds, Observation, PacketDigest, SeenPackets,
};
use checks::capture::packet::FlowKey;

use super::{PointStudy, Study};

/// The packets of measured flows that a point saw, as far as another point can know them again.
#[derive(Debug, Default)]
pub(super) struct Recognised {
    pub packets: SeenPackets,
    /// By the number of the flow.
    digests: Vec<u64>,
}

impl Recognised {
    /// A packet. Those that do not tell when they were sent may look like others: they are not used.
    pub fn observe(&mut self, observation: &Observation, key: impl Fn() -> Option<FlowKey>) {
        let (Some(sequence), Some(sent)) = (observation.sequence, observation.sent) else {
            return;
        };
        let place = observation.flow.0 as usize;
        while self.digests.len() <= place {
            self.digests.push(0);
        }
        let Some(flow) = self.digests.get_mut(place) else {
            return;
        };
        if *flow == 0
            && let Some(key) = key()
        {
            let mut hasher = std::collections::hash_map::DefaultHasher::new();
            key.hash(&mut hasher);
            *flow = hasher.finish().max(1);
        }
        let digest = PacketDigest::default()
            .part(&flow.to_be_bytes())
            .part(&sequence.to_be_bytes())
            .part(&sent.to_be_bytes());
        self.packets
            .add_unique(digest.value(), observation.flow, observation.time);
    }
}

/// How an instant of one point is told by the clock of another.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// Both have one clock.
    Same,
    /// By packets that both have seen.
    Aligned(Alignment),
    /// Not at all.
    Unknown(Unaligned),
}

/// Why the clocks of two points cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unaligned {
    /// No packet of a measured flow was seen by both.
    NothingShared,
    /// Packets went one way only, so that the offset has one bound.
    OneWay,
    /// The bounds contradict each other.
    Contradiction,
    /// They are said to be one, and so many packets came up to so many nanoseconds before they were sent.
    NotOne(u64, i64),
}

/// Clocks that are said to be one may differ by as much: packets are not always given their time in the order in which they
/// pass.
const ONE_CLOCK_WITHIN: i64 = 1_000_000;

impl Unaligned {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NothingShared => "nothing_shared",
            Self::OneWay => "one_way",
            Self::Contradiction => "contradiction",
            Self::NotOne(..) => "not_one",
        }
    }
}

impl Clock {
    /// An instant by the reference's clock.
    pub fn to_reference(&self, time: i64) -> Option<Instant> {
        match self {
            Self::Same => Some(Instant::exact(time)),
            Self::Aligned(alignment) => alignment.to_reference(time),
            Self::Unknown(_) => None,
        }
    }
}

impl Study {
    /// The clock of a point, by that of another.
    pub fn clock(&self, reference: &PointStudy, other: &PointStudy) -> Clock {
        if reference.name == other.name {
            return Clock::Same;
        }
        let crossings = crossings(reference, other);
        if self.one_clock {
            let early = crossings.iter().map(|crossing| {
                let took = crossing.other.saturating_sub(crossing.reference);
                if crossing.outward { took.saturating_neg() } else { took }
            });
            let early = early.filter(|early| *early > ONE_CLOCK_WITHIN);
            let (packets, most) = early.fold((0, 0), |(packets, most), early| (packets + 1, early.max(most)));
            return match packets {
                0 => Clock::Same,
                _ => Clock::Unknown(Unaligned::NotOne(packets, most)),
            };
        }
        let Some(alignment) = Alignment::of(&crossings) else {
            return Clock::Unknown(Unaligned::NothingShared);
        };
        let alignment = match self.transit {
            Some(transit) => alignment.with_transit_at_most(transit),
            None => alignment,
        };
        match alignment.offset() {
            Some(_) => Clock::Aligned(alignment),
            None if alignment.least_offset.is_some() && alignment.greatest_offset.is_some() => {
                Clock::Unknown(Unaligned::Contradiction)
            }
            None => Clock::Unknown(Unaligned::OneWay),
        }
    }

    /// The longest that packets take to a point from where these outages of flows there were brought about, in nanoseconds:
    /// as long as from a point before it that saw what was lost, or as is stated; `None` if that is not known.
    pub(super) fn transit_to(&self, point: &PointStudy, outages: &[(&FlowOutages, &Outage)]) -> Option<i64> {
        let others = self.points.iter().filter(|other| other.name != point.name);
        let before = others.filter(|other| {
            !outages.is_empty()
                && outages
                    .iter()
                    .all(|(flow, outage)| has_sent(other, point, flow.flow, outage))
        });
        let measured = before.filter_map(|other| {
            let clock = self.clock(point, other);
            let inward = crossings(point, other).into_iter().filter(|crossing| !crossing.outward);
            let took = inward.map(|crossing| {
                let passed = clock.to_reference(crossing.other)?;
                Some(crossing.reference.saturating_sub(passed.lower))
            });
            took.collect::<Option<Vec<i64>>>()?.into_iter().max()
        });
        measured.min().or(self.transit)
    }

    /// The clocks of all other points by that of one, in words; nothing where all have one clock.
    pub fn clocks_in_words(&self, reference: &PointStudy) -> Vec<String> {
        let others = self.points.iter().filter(|other| other.name != reference.name);
        others
            .filter_map(|other| in_words(&reference.name, &other.name, &self.clock(reference, other)))
            .collect()
    }
}

/// Whether a point saw what a flow lost on its way to another.
fn has_sent(point: &PointStudy, to: &PointStudy, flow: FlowId, outage: &Outage) -> bool {
    let there = to
        .seen(flow)
        .and_then(|seen| point.measured(point.number_of(&seen.key)?));
    let (Some(there), Some(before)) = (there, outage.sequence_before) else {
        return false;
    };
    let after = outage.sequence_after.unwrap_or(before.saturating_add(2));
    let lost_already = there.outages.iter().any(|other| {
        let (from, until) = (
            other.sequence_before.unwrap_or(0),
            other.sequence_after.unwrap_or(u64::MAX),
        );
        other.lost != Some(0) && from < after && before < until
    });
    is_outward(to, point, flow) == Some(false)
        && !lost_already
        && there.first_sequence.is_some_and(|first| first <= before)
        && there.last_sequence.is_some_and(|last| last >= after)
}

/// The packets that two points saw.
fn crossings(reference: &PointStudy, other: &PointStudy) -> Vec<Crossing> {
    let outward = |flow: FlowId| is_outward(reference, other, flow);
    let packets = &reference.recognised.packets;
    packets.crossings_with(&other.recognised.packets, outward)
}

/// Whether a flow comes to the reference before it comes to the other point, if that is known: the fewer hops are left, the
/// further a packet has come.
fn is_outward(reference: &PointStudy, other: &PointStudy, flow: FlowId) -> Option<bool> {
    let here = reference.seen(flow)?;
    let there = other.seen(other.number_of(&here.key)?)?;
    match (here.ttl?, there.ttl?) {
        (here, there) if here == there => None,
        (here, there) => Some(here > there),
    }
}

fn in_words(reference: &str, other: &str, clock: &Clock) -> Option<String> {
    const REMEDY: &str = "say --one-clock if the captures have one";
    let why = match clock {
        Clock::Same => return None,
        Clock::Aligned(alignment) => {
            let (least, greatest) = alignment.offset()?;
            let middle = i64::midpoint(least, greatest);
            let direction = if middle < 0 { "behind" } else { "ahead of" };
            return Some(format!(
                "the clock of {other} is {} ± {} {direction} that of {reference}, and runs {:.1} parts per million {}: \
                 by {} packets seen at both, which stray by {} from that",
                Nanoseconds(middle.saturating_abs()),
                Nanoseconds((greatest - least).saturating_add(1) / 2),
                alignment.drift_ppb.unsigned_abs() as f64 / 1000.0,
                if alignment.drift_ppb < 0 { "slower" } else { "faster" },
                alignment.shared,
                Nanoseconds(alignment.residual)
            ));
        }
        Clock::Unknown(why) => why,
    };
    let why = match why {
        Unaligned::NothingShared => {
            format!(
                "no packet of a measured flow was seen on its way from one to the other; {REMEDY}, or capture traffic at both"
            )
        }
        Unaligned::OneWay => format!(
            "packets seen at both go one way only; {REMEDY}, send traffic both ways, or state the longest transit time with \
             --transit"
        ),
        Unaligned::NotOne(packets, most) => {
            return Some(format!(
                "the clocks of {reference} and {other} are said to be one, but by TTLs {packets} packets passed the further \
                 point up to {} before the nearer one: leave --one-clock out, and they are compared by packets",
                Nanoseconds(*most)
            ));
        }
        Unaligned::Contradiction => {
            format!(
                "packets that go one way contradict those that go the other: a clock was set, or TTLs mislead; {REMEDY}"
            )
        }
    };
    Some(format!(
        "the clocks of {reference} and {other} cannot be compared: {why}"
    ))
}
