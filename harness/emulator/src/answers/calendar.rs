//! What the clock and the calendar of the lab's devices show at an instant.

use chrono::{DateTime, FixedOffset, Local, Utc};

use crate::network::Moment;

/// When simulated time began, and the zone that devices are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// Nanoseconds since 1970.
    pub epoch: u64,
    /// Whether devices are in the zone of the machine; else in UTC, as a lab must that prints the same bytes everywhere.
    pub local: bool,
}

impl Calendar {
    /// The date and time at an instant.
    pub fn at(self, instant: Moment) -> DateTime<FixedOffset> {
        let nanoseconds = self.epoch.saturating_add(instant.nanos());
        let universal = DateTime::<Utc>::from_timestamp_nanos(i64::try_from(nanoseconds).unwrap_or(i64::MAX));
        if self.local {
            universal.with_timezone(&Local).fixed_offset()
        } else {
            universal.fixed_offset()
        }
    }

    /// As `2026-01-01 00:00:00`.
    pub fn date_time(self, instant: Moment) -> String {
        self.at(instant).format("%Y-%m-%d %H:%M:%S").to_string()
    }
}
