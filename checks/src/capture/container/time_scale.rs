//! From the ticks of a capture file to nanoseconds.

use crate::capture::Timestamp;

const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;

/// How a pcapng interface counts time (`if_tsresol`, `if_tsoffset`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeScale {
    /// A tick is so many nanoseconds.
    Multiple { nanoseconds: u64, offset_ns: i64 },
    /// So many ticks are a nanosecond (finer than 10^-9 s).
    Fraction { ticks: u64, offset_ns: i64 },
    /// A tick is 2^-n seconds.
    Binary { bits: u8, offset_ns: i64 },
    /// The offset or the resolution is beyond anything that can be told in nanoseconds since 1970.
    Unusable,
}

impl TimeScale {
    pub(super) const MICROSECONDS: Self = Self::Multiple {
        nanoseconds: 1_000,
        offset_ns: 0,
    };
    pub(super) const NANOSECONDS: Self = Self::Multiple {
        nanoseconds: 1,
        offset_ns: 0,
    };

    /// The scale of an interface: bit 7 of `resolution` chooses powers of two, the rest is the negative exponent.
    pub(super) fn new(resolution: u8, offset_s: i64) -> Self {
        let Some(offset_ns) = offset_s.checked_mul(NANOSECONDS_PER_SECOND) else {
            return Self::Unusable;
        };
        let exponent = resolution & 0x7f;
        if resolution & 0x80 != 0 {
            return Self::Binary {
                bits: exponent,
                offset_ns,
            };
        }
        match exponent {
            0..=9 => Self::Multiple {
                nanoseconds: 10u64.pow(u32::from(9 - exponent)),
                offset_ns,
            },
            10..=28 => Self::Fraction {
                ticks: 10u64.pow(u32::from(exponent - 9)),
                offset_ns,
            },
            _ => Self::Unusable,
        }
    }

    /// The instant of so many ticks; `None` beyond the range of [`Timestamp`].
    #[inline]
    pub(super) fn instant(self, ticks: u64) -> Option<Timestamp> {
        let (nanoseconds, offset) = match self {
            Self::Multiple { nanoseconds, offset_ns } => (ticks.checked_mul(nanoseconds)?, offset_ns),
            Self::Fraction { ticks: per, offset_ns } => (ticks / per, offset_ns),
            Self::Binary { bits, offset_ns } => {
                let nanoseconds = (u128::from(ticks) * 1_000_000_000) >> bits;
                (u64::try_from(nanoseconds).ok()?, offset_ns)
            }
            Self::Unusable => return None,
        };
        // An offset before 1970 may bring a count beyond the range back into it.
        let instant = i128::from(nanoseconds) + i128::from(offset);
        i64::try_from(instant).ok().map(Timestamp::from_nanoseconds)
    }

    /// The length of a tick in nanoseconds, rounded up.
    pub(super) fn resolution_ns(self) -> i64 {
        match self {
            Self::Multiple { nanoseconds, .. } => nanoseconds.cast_signed(),
            Self::Fraction { .. } => 1,
            Self::Binary { bits, .. } if bits < 64 => {
                i64::try_from(1_000_000_000u64.div_ceil(1u64 << bits)).unwrap_or(i64::MAX)
            }
            Self::Binary { .. } => 1,
            Self::Unusable => i64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanoseconds(resolution: u8, offset: i64, ticks: u64) -> Option<i64> {
        TimeScale::new(resolution, offset)
            .instant(ticks)
            .map(Timestamp::as_nanoseconds)
    }

    #[test]
    fn powers_of_ten() {
        assert_eq!(nanoseconds(6, 0, 1_500_000), Some(1_500_000_000));
        assert_eq!(nanoseconds(9, 0, 1_500_000), Some(1_500_000));
        assert_eq!(nanoseconds(0, 0, 2), Some(2_000_000_000));
        assert_eq!(nanoseconds(12, 0, 1_999), Some(1));
        assert_eq!(nanoseconds(29, 0, 1), None);
    }

    #[test]
    fn powers_of_two() {
        assert_eq!(nanoseconds(0x8a, 0, 1536), Some(1_500_000_000));
        assert_eq!(nanoseconds(0xa0, 0, 1 << 31), Some(500_000_000));
        assert_eq!(nanoseconds(0xff, 0, u64::MAX), Some(0));
        assert_eq!(nanoseconds(0x80, 0, u64::MAX), None);
        assert_eq!(TimeScale::new(0x8a, 0).resolution_ns(), 976_563);
    }

    #[test]
    fn offsets_are_seconds_of_either_sign() {
        assert_eq!(nanoseconds(6, 10, 1), Some(10_000_001_000));
        assert_eq!(nanoseconds(6, -10, 1), Some(-9_999_999_000));
        assert_eq!(nanoseconds(6, i64::MAX, 1), None);
        assert_eq!(nanoseconds(9, 1, i64::MAX as u64), None);
        assert_eq!(nanoseconds(9, -1, i64::MAX as u64 + 1), Some(i64::MAX - 999_999_999));
    }
}
