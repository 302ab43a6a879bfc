//! The timing words of a phrase: `within 30 s and for 10 s after shutdown`.

use std::fmt;
use std::time::Duration;

use super::token;

/// When a phrase must be true. Without any of these it is asked once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timing {
    /// `within T`: it becomes true no later than this after the origin.
    pub within: Option<Duration>,
    /// `for T`: it stays true this long.
    pub holds_for: Option<Duration>,
    /// `after NAME`: the origin is this change rather than the start of the step.
    pub after: Option<String>,
}

impl Timing {
    /// Whether the phrase is asked once, at once.
    pub fn is_immediate(&self) -> bool {
        self.within.is_none() && self.holds_for.is_none()
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match (self.within, self.holds_for) {
            (Some(within), Some(holds)) => {
                parts.push(format!("within {} and for {}", duration(within), duration(holds)));
            }
            (Some(within), None) => parts.push(format!("within {}", duration(within))),
            (None, Some(holds)) => parts.push(format!("for {}", duration(holds))),
            (None, None) => {}
        }
        if let Some(after) = &self.after {
            parts.push(format!("after {}", token::name(after)));
        }
        f.write_str(&parts.join(" "))
    }
}

/// A duration in the largest unit that needs no fraction, minutes only from two on: `90 s`, `5 min`, `50 ms`, `0.5 ms`.
pub fn duration(duration: Duration) -> String {
    let micros = duration.as_micros();
    match micros {
        _ if !micros.is_multiple_of(1000) => {
            let fraction = format!("{:03}", micros % 1000);
            format!("{}.{} ms", micros / 1000, fraction.trim_end_matches('0'))
        }
        _ if !micros.is_multiple_of(1_000_000) => format!("{} ms", micros / 1000),
        _ if micros >= 120_000_000 && micros.is_multiple_of(60_000_000) => format!("{} min", micros / 60_000_000),
        _ => format!("{} s", micros / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_printed_in_one_way() {
        for (micros, text) in [
            (500, "0.5 ms"),
            (50_000, "50 ms"),
            (1_500_000, "1500 ms"),
            (60_000_000, "60 s"),
            (120_000_000, "2 min"),
            (150_000_000, "150 s"),
        ] {
            assert_eq!(duration(Duration::from_micros(micros)), text);
        }
    }
}
