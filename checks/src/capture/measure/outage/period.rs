//! The sending period of a flow, estimated so that outages, jitter and steps of delay do not disturb it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// So many samples are kept of a flow, however long it is.
const ANCHORS: usize = 64;

/// A period as a ratio, so that it is exact: `span` nanoseconds for `packets` packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Period {
    /// Nanoseconds.
    pub span: u64,
    /// Packets sent in them; never zero.
    pub packets: u64,
}

impl Period {
    /// The period of a rate in packets per 1000 seconds; `None` for a rate of zero.
    pub fn of_millirate(millirate: u64) -> Option<Self> {
        (millirate > 0).then_some(Self {
            span: 1_000_000_000_000,
            packets: millirate,
        })
    }

    fn scaled(self, packets: i64) -> (i128, i128) {
        (
            i128::from(packets) * i128::from(self.span),
            i128::from(self.packets.max(1)),
        )
    }

    /// `packets` periods in nanoseconds, rounded down.
    pub fn times_floor(self, packets: i64) -> i64 {
        let (product, divisor) = self.scaled(packets);
        saturate(product.div_euclid(divisor))
    }

    /// `packets` periods in nanoseconds, rounded up.
    pub fn times_ceil(self, packets: i64) -> i64 {
        let (product, divisor) = self.scaled(packets);
        saturate((product + divisor - 1).div_euclid(divisor))
    }

    /// `packets` periods in nanoseconds, rounded to the nearest.
    pub fn times(self, packets: i64) -> i64 {
        let (product, divisor) = self.scaled(packets);
        saturate((product + divisor / 2).div_euclid(divisor))
    }

    /// One period in nanoseconds, rounded up.
    pub fn nanoseconds(self) -> i64 {
        self.times_ceil(1)
    }

    /// The shorter or longer of two.
    fn cmp(self, other: Self) -> std::cmp::Ordering {
        let left = u128::from(self.span) * u128::from(other.packets);
        let right = u128::from(other.span) * u128::from(self.packets);
        left.cmp(&right)
    }

    /// The shorter of two.
    pub(super) fn shorter(self, other: Self) -> Self {
        if self.cmp(other).is_le() { self } else { other }
    }

    /// The longer of two.
    pub(super) fn longer(self, other: Self) -> Self {
        if self.cmp(other).is_ge() { self } else { other }
    }

    /// Packets per second, for people.
    pub fn rate(self) -> f64 {
        self.packets as f64 * 1e9 / (self.span.max(1) as f64)
    }
}

fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// A packet kept as a sample.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    sequence: u64,
    instant: i64,
}

/// Samples of a flow, evenly spread over its packets whatever their number.
#[derive(Debug, Clone)]
pub(super) struct Anchors {
    kept: Vec<Anchor>,
    stride: u64,
    due: u64,
}

impl Default for Anchors {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            stride: 1,
            due: 0,
        }
    }
}

impl Anchors {
    /// Whether packet number `count` of the flow (from 0) is to be kept.
    pub(super) fn due(&self, count: u64) -> bool {
        count >= self.due
    }

    /// So many packets after number `count` can come before one is to be kept.
    pub(super) fn packets_before_due(&self, count: u64) -> u64 {
        self.due.saturating_sub(count).saturating_sub(1)
    }

    /// Keeps a packet as a sample.
    pub(super) fn keep(&mut self, count: u64, sequence: u64, instant: i64) {
        if self.kept.len() >= ANCHORS {
            let mut index = 0;
            self.kept.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride = self.stride.saturating_mul(2);
        }
        self.kept.push(Anchor { sequence, instant });
        self.due = count.saturating_add(self.stride);
    }

    /// The period: the median of the slopes between samples with none of the `breaks` (the numbers beside an outage)
    /// between them. Slopes over at least half of the longest such stretch count, for they are the least disturbed by
    /// jitter. With too few, the median of neighbours' slopes.
    pub(super) fn period(&self, breaks: &[(u64, u64)]) -> Option<Period> {
        let kept = self.outside(breaks);
        let mut slopes = Vec::new();
        for (index, (stretch, first)) in kept.iter().enumerate() {
            for (other, second) in kept.iter().skip(index + 1) {
                if stretch == other {
                    slopes.extend(slope(first, second));
                }
            }
        }
        let longest = slopes.iter().map(|slope| slope.packets).max().unwrap_or(0);
        slopes.retain(|slope| slope.packets >= longest.div_ceil(2));
        if slopes.is_empty() || longest < 4 {
            slopes = self
                .kept
                .windows(2)
                .filter_map(|pair| slope(&pair[0], &pair[1]))
                .collect();
        }
        slopes.sort_by(|left, right| left.cmp(*right));
        slopes.get(slopes.len() / 2).copied()
    }

    /// The samples that lie in no break, each with the number of breaks before it.
    fn outside(&self, breaks: &[(u64, u64)]) -> Vec<(usize, Anchor)> {
        self.kept
            .iter()
            .filter(|anchor| {
                !breaks
                    .iter()
                    .any(|(before, after)| *before < anchor.sequence && anchor.sequence < *after)
            })
            .map(|anchor| {
                let stretch = breaks.iter().filter(|(_, after)| anchor.sequence >= *after).count();
                (stretch, *anchor)
            })
            .collect()
    }

    /// How far samples stray from a sender that keeps this period, within the stretch where they stray most: greatest
    /// minus least deviation, in nanoseconds.
    pub(super) fn straying(&self, period: Period, breaks: &[(u64, u64)]) -> i64 {
        let Some(origin) = self.kept.first() else { return 0 };
        let mut ranges: Vec<(usize, i64, i64)> = Vec::new();
        for (stretch, anchor) in self.outside(breaks) {
            let packets = i64::try_from(i128::from(anchor.sequence) - i128::from(origin.sequence)).unwrap_or(0);
            let deviation = anchor.instant.saturating_sub(period.times(packets));
            match ranges.iter_mut().find(|range| range.0 == stretch) {
                Some((_, least, greatest)) => {
                    *least = deviation.min(*least);
                    *greatest = deviation.max(*greatest);
                }
                None => ranges.push((stretch, deviation, deviation)),
            }
        }
        ranges
            .iter()
            .map(|(_, least, greatest)| greatest.saturating_sub(*least))
            .max()
            .unwrap_or(0)
    }

    /// The longest stretch of packets between samples without a break: what the period's accuracy rests on.
    pub(super) fn longest_stretch(&self, breaks: &[(u64, u64)]) -> u64 {
        let mut longest = 0;
        let mut begun: Option<(usize, u64)> = None;
        for (stretch, anchor) in self.outside(breaks) {
            match begun {
                Some((current, first)) if current == stretch => {
                    longest = longest.max(anchor.sequence.saturating_sub(first));
                }
                _ => begun = Some((stretch, anchor.sequence)),
            }
        }
        longest
    }
}

fn slope(first: &Anchor, second: &Anchor) -> Option<Period> {
    let packets = second
        .sequence
        .checked_sub(first.sequence)
        .filter(|packets| *packets > 0)?;
    let span = u64::try_from(second.instant.saturating_sub(first.instant))
        .ok()
        .filter(|span| *span > 0)?;
    Some(Period { span, packets })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchors(instants: impl IntoIterator<Item = (u64, i64)>) -> Anchors {
        let mut anchors = Anchors::default();
        for (count, (sequence, instant)) in instants.into_iter().enumerate() {
            if anchors.due(count as u64) {
                anchors.keep(count as u64, sequence, instant);
            }
        }
        anchors
    }

    #[test]
    fn exact_for_a_paced_sender_of_any_length() {
        for length in [10_u64, 64, 65, 1_000, 100_000] {
            let anchors = anchors((0..length).map(|sequence| (sequence, sequence.cast_signed() * 1_000_000)));
            assert!(anchors.kept.len() <= ANCHORS);
            let period = anchors.period(&[]).unwrap();
            assert_eq!(period.times_ceil(50), 50_000_000, "{length}");
            assert_eq!(period.times_floor(50), 50_000_000, "{length}");
        }
    }

    #[test]
    fn a_step_of_delay_at_an_outage_does_not_disturb_it() {
        let anchors = anchors(
            (0..3_000_u64)
                .filter(|sequence| !(1_500..1_550).contains(sequence))
                .map(|sequence| {
                    let step = if sequence >= 1_550 { -20_000_000 } else { 0 };
                    (sequence, sequence.cast_signed() * 1_000_000 + step)
                }),
        );
        assert_eq!(anchors.period(&[(1_499, 1_550)]).unwrap().times_ceil(1), 1_000_000);
    }

    #[test]
    fn rounding_never_narrows() {
        let period = Period::of_millirate(3_000_000).unwrap();
        assert_eq!(
            (period.times_floor(1), period.times_ceil(1), period.times(1)),
            (333_333, 333_334, 333_333)
        );
        assert_eq!(period.times_floor(-1), -333_334);
        assert_eq!(Period::of_millirate(0), None);
        assert_eq!(
            Period {
                span: u64::MAX,
                packets: 0
            }
            .times_ceil(i64::MAX),
            i64::MAX
        );
    }

    #[test]
    fn nothing_from_nothing() {
        assert_eq!(Anchors::default().period(&[]), None);
        assert_eq!(anchors([(5, 10)]).period(&[]), None);
        assert_eq!(anchors([(5, 10), (5, 10)]).period(&[]), None);
    }
}
