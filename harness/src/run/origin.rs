//! What a phrase's time is counted from.

use std::time::{Duration, Instant};

use crate::change::Interval;

/// A moment that is known only to lie between two instants.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// `case start`, `undo`, or the name of a change.
    pub name: String,
    /// When it happened.
    pub interval: Interval,
}

impl Origin {
    /// A moment that is known exactly.
    pub(super) fn at(name: &str, at: Instant) -> Self {
        Self {
            name: name.into(),
            interval: Interval {
                sent: at,
                acknowledged: at,
            },
        }
    }

    /// How long after the origin's first possible moment something was.
    pub(super) fn until(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.interval.sent)
    }

    /// How much later than that moment the origin may have been.
    pub(super) fn uncertainty(&self) -> Duration {
        self.interval.acknowledged.saturating_duration_since(self.interval.sent)
    }
}
