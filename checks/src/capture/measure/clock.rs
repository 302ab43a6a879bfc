//! Clocks of different captures, compared by packets that both have seen.
//!
//! A packet from A to B gives `b − a = θ + d` with a transit time `d ≥ 0`, so θ is at most that; one from B to A gives a
//! lower bound. Packets of both directions thus enclose the offset θ without any assumption about transit times.

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FlowId, Instant};

/// So many packets are remembered of each capture; of more, an equal sample is taken.
const REMEMBERED: usize = 65_536;
/// Stretches of time over which drift is fitted.
const STRETCHES: u16 = 64;

/// A hash of the octets of a packet that no router changes (addresses, ports, identification, payload):
/// FNV-1a over the parts that are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketDigest(u64);

impl Default for PacketDigest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl PacketDigest {
    /// Takes in one part: addresses, protocol, ports, identification, length, payload. Leave out what changes on the
    /// way: link layer, labels, TTL, checksum of the IP header.
    #[must_use]
    pub fn part(mut self, octets: &[u8]) -> Self {
        for octet in octets {
            self.0 = (self.0 ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self.0 = (self.0 ^ octets.len() as u64).wrapping_mul(0x0000_0100_0000_01b3);
        self
    }

    /// The digest.
    pub fn value(self) -> u64 {
        self.0
    }
}

/// Packets of one capture, by digest.
#[derive(Debug, Clone, Default)]
pub struct SeenPackets {
    seen: FxHashMap<u64, (i64, u32, FlowId)>,
    /// Only digests whose scrambled value has so many leading zeros are kept.
    thinned: u32,
    packets: u64,
}

fn scrambled(digest: u64) -> u64 {
    let mixed = (digest ^ (digest >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

impl SeenPackets {
    /// A packet with this digest at this time, nanoseconds. Of packets that share it, none is used.
    pub fn add(&mut self, digest: u64, time: i64) {
        self.count(digest, FlowId(0), time, true);
    }

    /// A packet of a flow whose digest no other packet can have, as it tells when the packet was sent: what has it again
    /// is a copy, and the first of them counts.
    pub fn add_unique(&mut self, digest: u64, flow: FlowId, time: i64) {
        self.count(digest, flow, time, false);
    }

    fn count(&mut self, digest: u64, flow: FlowId, time: i64, again: bool) {
        self.packets += 1;
        if scrambled(digest).leading_zeros() < self.thinned {
            return;
        }
        let entry = self.seen.entry(digest).or_insert((time, 0, flow));
        if again || entry.1 == 0 {
            entry.1 = entry.1.saturating_add(1);
        }
        while self.seen.len() > REMEMBERED && self.thinned < 60 {
            self.thinned += 1;
            let thinned = self.thinned;
            self.seen
                .retain(|digest, _| scrambled(*digest).leading_zeros() >= thinned);
        }
    }

    /// Packets whose digest others have too: retransmissions, duplicates, or a poor choice of parts.
    pub fn ambiguous(&self) -> u64 {
        self.seen.values().filter(|(_, count, _)| *count > 1).count() as u64
    }

    /// Digests kept.
    pub fn kept(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Packets that exactly one packet of each capture can be, as (this capture's time, the other's).
    pub fn shared_with(&self, other: &SeenPackets) -> Vec<(i64, i64)> {
        let mut shared: Vec<(i64, i64)> = self.common(other).map(|(here, there, _)| (here, there)).collect();
        shared.sort_unstable();
        shared
    }

    /// The same as crossings, where it is known of a flow whether its packets come here before they come there; flows of
    /// which it is not known are left out.
    pub fn crossings_with(&self, other: &SeenPackets, outward: impl Fn(FlowId) -> Option<bool>) -> Vec<Crossing> {
        let mut crossings: Vec<Crossing> = self
            .common(other)
            .filter_map(|(reference, other, flow)| {
                Some(Crossing {
                    reference,
                    other,
                    outward: outward(flow)?,
                })
            })
            .collect();
        crossings.sort_unstable_by_key(|crossing| (crossing.reference, crossing.other, crossing.outward));
        crossings
    }

    fn common<'a>(&'a self, other: &'a SeenPackets) -> impl Iterator<Item = (i64, i64, FlowId)> + 'a {
        let once = self.seen.iter().filter(|(_, (_, count, _))| *count == 1);
        once.filter_map(|(digest, (time, _, flow))| {
            let (there, count, _) = other.seen.get(digest)?;
            (*count == 1).then_some((*time, *there, *flow))
        })
    }
}

/// A packet seen by both captures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossing {
    /// When the reference capture saw it, nanoseconds by its clock.
    pub reference: i64,
    /// When the other capture saw it, nanoseconds by its clock.
    pub other: i64,
    /// Whether it went from the reference point to the other.
    pub outward: bool,
}

/// How another capture's clock relates to the reference's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alignment {
    /// The instant (reference clock) at which the offset holds.
    pub at: i64,
    /// The other clock minus the reference clock is no less, nanoseconds; `None` without packets towards the reference.
    pub least_offset: Option<i64>,
    /// It is no more; `None` without packets from the reference.
    pub greatest_offset: Option<i64>,
    /// How much faster the other clock runs, in parts of 10⁹.
    pub drift_ppb: i64,
    /// By how much the best packets stray from the fit, nanoseconds; it is part of the bounds.
    pub residual: i64,
    /// Packets seen by both.
    pub shared: u64,
    /// From the first of them to the last, nanoseconds: the drift is known within this time.
    pub span: i64,
}

impl Alignment {
    /// Compares two clocks; `None` without common packets.
    pub fn of(crossings: &[Crossing]) -> Option<Self> {
        let first = crossings.iter().map(|crossing| crossing.reference).min()?;
        let last = crossings.iter().map(|crossing| crossing.reference).max()?;
        let outward = quickest(crossings, true, first, last);
        let inward = quickest(crossings, false, first, last);
        let at = i64::midpoint(first, last);
        let drift_ppb = if outward.len() >= inward.len() {
            slope(&outward)
        } else {
            slope(&inward)
        };
        let level = |points: &[(i64, i64)]| -> Vec<i64> {
            points
                .iter()
                .map(|(time, difference)| {
                    let drifted = i128::from(time.saturating_sub(at)) * i128::from(drift_ppb) / 1_000_000_000;
                    difference.saturating_sub(i64::try_from(drifted).unwrap_or(0))
                })
                .collect()
        };
        let (outward, inward) = (level(&outward), level(&inward));
        let spread = |points: &[i64]| match (points.iter().min(), points.iter().max()) {
            (Some(least), Some(most)) => most.saturating_sub(*least),
            _ => 0,
        };
        let residual = spread(&outward).max(spread(&inward));
        Some(Self {
            at,
            least_offset: inward.iter().max().map(|most| most.saturating_sub(residual)),
            greatest_offset: outward.iter().min().map(|least| least.saturating_add(residual)),
            drift_ppb,
            residual,
            shared: crossings.len() as u64,
            span: last.saturating_sub(first),
        })
    }

    /// The same where transit in either direction is known to take no longer than this: packets of one direction then
    /// bound the offset on both sides.
    #[must_use]
    pub fn with_transit_at_most(mut self, transit: i64) -> Self {
        let margin = transit.saturating_add(self.residual);
        match (self.least_offset, self.greatest_offset) {
            (None, Some(greatest)) => self.least_offset = Some(greatest.saturating_sub(margin)),
            (Some(least), None) => self.greatest_offset = Some(least.saturating_add(margin)),
            _ => {}
        }
        self
    }

    /// The offset between its bounds; `None` if it is not bounded on both sides, or if the bounds contradict each other.
    pub fn offset(&self) -> Option<(i64, i64)> {
        let (least, greatest) = (self.least_offset?, self.greatest_offset?);
        (least <= greatest).then_some((least, greatest))
    }

    /// An instant of the other capture by the reference's clock; `None` if the offset is not known. Beyond the packets
    /// that both have seen the bounds grow by what the drift may be wrong.
    pub fn to_reference(&self, other: i64) -> Option<Instant> {
        let (least, greatest) = self.offset()?;
        let middle = i64::midpoint(least, greatest);
        let since = other.saturating_sub(middle).saturating_sub(self.at);
        let drifted = i128::from(since) * i128::from(self.drift_ppb) / 1_000_000_000;
        let undrifted = other.saturating_sub(i64::try_from(drifted).unwrap_or(0));
        let beyond = since.saturating_abs().saturating_sub(self.span / 2).max(0);
        let wrong = 2 * i128::from(self.residual.max(1)) * i128::from(beyond) / i128::from(self.span.max(1));
        let wrong = i64::try_from(wrong).unwrap_or(i64::MAX);
        Some(Instant::between(
            undrifted.saturating_sub(greatest).saturating_sub(wrong),
            undrifted.saturating_sub(least).saturating_add(wrong),
        ))
    }
}

/// The quickest packets of a direction in each stretch of time: (reference time, difference).
fn quickest(crossings: &[Crossing], outward: bool, first: i64, last: i64) -> Vec<(i64, i64)> {
    let span = (last.saturating_sub(first) / i64::from(STRETCHES) + 1).max(1);
    let mut best: Vec<Option<(i64, i64)>> = vec![None; usize::from(STRETCHES)];
    for crossing in crossings.iter().filter(|crossing| crossing.outward == outward) {
        let difference = crossing.other.saturating_sub(crossing.reference);
        let stretch = usize::try_from(crossing.reference.saturating_sub(first) / span).unwrap_or(0);
        if let Some(slot) = best.get_mut(stretch) {
            let better = slot.is_none_or(|(_, known)| {
                if outward {
                    difference < known
                } else {
                    difference > known
                }
            });
            if better {
                *slot = Some((crossing.reference, difference));
            }
        }
    }
    best.into_iter().flatten().collect()
}

/// The median of all slopes, in parts of 10⁹.
fn slope(points: &[(i64, i64)]) -> i64 {
    let mut slopes = Vec::new();
    for (index, (time, difference)) in points.iter().enumerate() {
        for (later, other) in points.iter().skip(index + 1) {
            let span = i128::from(later.saturating_sub(*time));
            if span > 0 {
                let rise = i128::from(other.saturating_sub(*difference));
                slopes.push(i64::try_from(rise * 1_000_000_000 / span).unwrap_or(0));
            }
        }
    }
    slopes.sort_unstable();
    // Two points make a slope of their jitter, not of the clocks.
    if points.len() < 3 {
        return 0;
    }
    slopes.get(slopes.len() / 2).copied().unwrap_or(0)
}
