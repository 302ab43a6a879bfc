//! Keepalive and hold time of a BGP session (RFC 4271 §4.2, §4.4): what each end asks for, and what both agree on.

use std::time::Duration;

/// Keepalive interval and hold time. Zero means never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// Interval between KEEPALIVE messages.
    pub keepalive: Duration,
    /// How long a peer may be silent.
    pub hold: Duration,
}

impl Timers {
    /// Those of `keepalive K hold H`, in seconds.
    pub fn of_seconds(keepalive: u32, hold: u32) -> Self {
        Self {
            keepalive: Duration::from_secs(keepalive.into()),
            hold: Duration::from_secs(hold.into()),
        }
    }

    /// Reads `keepalive K hold H`.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        match words.as_slice() {
            ["keepalive", keepalive, "hold", hold] => {
                Some(Self::of_seconds(keepalive.parse().ok()?, hold.parse().ok()?))
            }
            _ => None,
        }
    }

    /// What this end does when the other asks for another hold time: the smaller one counts, and keepalives are sent
    /// at least three times in it, or not at all if it is zero.
    #[must_use]
    pub fn negotiated(self, theirs: Duration) -> Self {
        let hold = self.hold.min(theirs);
        let third = hold / 3;
        let keepalive = if self.keepalive.is_zero() {
            third
        } else {
            self.keepalive.min(third)
        };
        Self { keepalive, hold }
    }
}

impl Default for Timers {
    /// 60 and 180 seconds.
    fn default() -> Self {
        Self::of_seconds(60, 180)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_hold_time_counts_and_keepalives_follow_it() {
        let agreed = |own: (u32, u32), theirs: u64| {
            let agreed = Timers::of_seconds(own.0, own.1).negotiated(Duration::from_secs(theirs));
            (agreed.keepalive.as_secs(), agreed.hold.as_secs())
        };
        assert_eq!(agreed((60, 180), 180), (60, 180));
        assert_eq!(agreed((60, 180), 30), (10, 30));
        assert_eq!(agreed((5, 180), 30), (5, 30));
        assert_eq!(agreed((10, 30), 180), (10, 30));
        assert_eq!(agreed((0, 30), 180), (10, 30));
        assert_eq!(agreed((60, 180), 0), (0, 0));
        assert_eq!(agreed((60, 0), 180), (0, 0));
    }

    #[test]
    fn what_is_no_pair_of_timers_is_none() {
        assert_eq!(Timers::parse("keepalive 10 hold 30"), Some(Timers::of_seconds(10, 30)));
        for text in [
            "",
            "keepalive 10",
            "keepalive 10 hold",
            "keepalive x hold 30",
            "keepalive 1 hold 3 min 4",
        ] {
            assert_eq!(Timers::parse(text), None, "{text}");
        }
    }
}
