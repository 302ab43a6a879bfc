//! Instants of packets.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

/// An instant in nanoseconds since 1970-01-01 00:00 UTC, as the capturing machine's clock had it.
///
/// Covers the years 1677 to 2262. How finely the clock was read is [`super::container::Interface::resolution_ns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant so many nanoseconds after 1970-01-01 00:00 UTC.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// Nanoseconds since 1970-01-01 00:00 UTC.
    pub const fn as_nanoseconds(self) -> i64 {
        self.0
    }

    /// Nanoseconds from `earlier` to this instant; negative when it lies before. Saturates.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    /// As `2026-11-21T00:50:06.018408000Z`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant: DateTime<Utc> = DateTime::from_timestamp_nanos(self.0);
        formatter.write_str(&instant.to_rfc3339_opts(SecondsFormat::Nanos, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_in_utc_with_every_nanosecond() {
        let instant = Timestamp::from_nanoseconds(1_795_222_206_018_408_001);
        assert_eq!(instant.to_string(), "2026-11-21T00:50:06.018408001Z");
        assert_eq!(
            Timestamp::from_nanoseconds(-1).to_string(),
            "1969-12-31T23:59:59.999999999Z"
        );
    }

    #[test]
    fn differences_saturate() {
        let (first, last) = (
            Timestamp::from_nanoseconds(i64::MIN),
            Timestamp::from_nanoseconds(i64::MAX),
        );
        assert_eq!(last.since(first), i64::MAX);
        assert_eq!(first.since(last), i64::MIN);
    }
}
