//! A number with its bounds.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Nanoseconds;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds.
    Nanoseconds,
    /// Packets.
    Packets,
    /// Parts of 10⁹: a ratio.
    PartsPerBillion,
}

/// How a number came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Missing sequence numbers times the sending period (packet-loss based, RFC 6414).
    Sequence,
    /// Send times, carried in the packets, of the last packet before and the first after (timestamp based, RFC 6414).
    SendTimes,
    /// The span without packets (time based, RFC 6414), which the difference of path delays shifts.
    Gap,
    /// The rate of packets in bins against a threshold (rate-derived, RFC 6412).
    Rate,
    /// Lost packets of all flows over the offered load of all flows (loss-derived, RFC 6412).
    LossDerived,
    /// The difference of instants.
    Instants,
    /// Packets counted.
    Count,
}

impl Method {
    /// The method in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sequence => "sequence numbers",
            Self::SendTimes => "send times",
            Self::Gap => "gap",
            Self::Rate => "rate",
            Self::LossDerived => "loss-derived",
            Self::Instants => "instants",
            Self::Count => "count",
        }
    }
}

/// A measured number: an estimate, and bounds between which the truth lies if the stated assumptions hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// What it counts.
    pub unit: Unit,
    /// The best single value; `None` where there is none.
    pub estimate: Option<i64>,
    /// The truth is no less; `None` where nothing is known.
    pub lower: Option<i64>,
    /// Whether the truth may equal the lower bound.
    pub lower_included: bool,
    /// The truth is no more; `None` where nothing is known: open-ended.
    pub upper: Option<i64>,
    /// Whether the truth may equal the upper bound.
    pub upper_included: bool,
    /// How it came about.
    pub method: Method,
    /// The smallest difference that the method can tell apart, in the same unit.
    pub resolution: i64,
    /// Assumptions and what a reader should know.
    pub notes: Vec<String>,
}

impl Measured {
    /// A value known exactly.
    pub fn exact(unit: Unit, value: i64, method: Method) -> Self {
        Self::between(unit, value, (value, true), (value, true), method, 0)
    }

    /// A value between two bounds, each with whether it may be attained.
    pub fn between(
        unit: Unit,
        estimate: i64,
        lower: (i64, bool),
        upper: (i64, bool),
        method: Method,
        resolution: i64,
    ) -> Self {
        Self {
            unit,
            estimate: Some(estimate),
            lower: Some(lower.0),
            lower_included: lower.1,
            upper: Some(upper.0),
            upper_included: upper.1,
            method,
            resolution,
            notes: Vec::new(),
        }
    }

    /// A duration between bounds that are not attained: `lower < truth < upper`. A lower bound of zero or below becomes
    /// an attainable zero.
    pub fn duration(estimate: i64, lower: i64, upper: i64, method: Method, resolution: i64) -> Self {
        let lower = if lower <= 0 { (0, true) } else { (lower, false) };
        Self::between(Unit::Nanoseconds, estimate, lower, (upper, false), method, resolution)
    }

    /// A number of which nothing is known, for the stated reason.
    pub fn unknown(unit: Unit, method: Method, reason: impl Into<String>) -> Self {
        Self {
            unit,
            estimate: None,
            lower: None,
            lower_included: false,
            upper: None,
            upper_included: false,
            method,
            resolution: 0,
            notes: vec![reason.into()],
        }
    }

    /// The same, with one note more.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same without an upper bound, for the stated reason.
    #[must_use]
    pub fn open_ended(mut self, reason: impl Into<String>) -> Self {
        self.upper = None;
        self.upper_included = false;
        self.note(reason)
    }

    /// The same with both bounds moved outwards by so much; a duration's lower bound stays at zero or above.
    #[must_use]
    pub fn widened(mut self, by: i64) -> Self {
        if by <= 0 {
            return self;
        }
        if let Some(lower) = &mut self.lower {
            let moved = lower.saturating_sub(by);
            if moved < 0 && *lower >= 0 {
                *lower = 0;
                self.lower_included = true;
            } else {
                *lower = moved;
            }
        }
        self.upper = self.upper.map(|upper| upper.saturating_add(by));
        self
    }

    /// Whether the truth can be this value.
    pub fn contains(&self, value: i64) -> bool {
        let above = self
            .lower
            .is_none_or(|lower| value > lower || (self.lower_included && value == lower));
        let below = self
            .upper
            .is_none_or(|upper| value < upper || (self.upper_included && value == upper));
        above && below
    }

    fn value(&self, value: i64) -> String {
        self.unit.in_words(value)
    }
}

impl Unit {
    /// A value with its unit.
    pub(super) fn in_words(self, value: i64) -> String {
        match self {
            Self::Nanoseconds => Nanoseconds(value).to_string(),
            Self::Packets => format!("{value} packets"),
            Self::PartsPerBillion => format!("{} %", decimal(value, 10_000_000)),
        }
    }
}

fn decimal(value: i64, unit: u64) -> String {
    let magnitude = value.unsigned_abs();
    let sign = if value < 0 { "-" } else { "" };
    let rest = magnitude % unit;
    if rest == 0 {
        return format!("{sign}{}", magnitude / unit);
    }
    let width = unit.ilog10() as usize;
    let digits = format!("{rest:0width$}");
    format!("{sign}{}.{}", magnitude / unit, digits.trim_end_matches('0'))
}

impl fmt::Display for Measured {
    /// As `94 ms (93 ms to 95 ms, by sequence numbers)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.estimate {
            Some(estimate) => f.write_str(&self.value(estimate))?,
            None => f.write_str("unknown")?,
        }
        match (self.lower, self.upper) {
            (Some(lower), Some(upper)) if lower == upper => Ok(()),
            (Some(lower), Some(upper)) => {
                write!(
                    f,
                    " ({} to {}, by {})",
                    self.value(lower),
                    self.value(upper),
                    self.method.as_str()
                )
            }
            (Some(lower), None) => write!(
                f,
                " (at least {}, open-ended, by {})",
                self.value(lower),
                self.method.as_str()
            ),
            (None, Some(upper)) => write!(f, " (at most {}, by {})", self.value(upper), self.method.as_str()),
            (None, None) => match self.notes.first() {
                Some(reason) => write!(f, " ({reason})"),
                None => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_with_bounds() {
        let outage = Measured::duration(94_000_000, 93_000_000, 95_000_000, Method::Sequence, 1_000_000);
        assert_eq!(outage.to_string(), "94 ms (93 ms to 95 ms, by sequence numbers)");
        assert_eq!(
            outage.open_ended("never came back").to_string(),
            "94 ms (at least 93 ms, open-ended, by sequence numbers)"
        );
        let ratio = Measured::exact(Unit::PartsPerBillion, 1_500_000, Method::Count);
        assert_eq!(ratio.to_string(), "0.15 %");
    }

    #[test]
    fn bounds_that_are_not_attained() {
        let outage = Measured::duration(2, 1, 3, Method::Sequence, 1);
        assert!(!outage.contains(1) && outage.contains(2) && !outage.contains(3));
        assert!(Measured::duration(0, -1, 2, Method::Sequence, 1).contains(0));
    }

    #[test]
    fn widening_never_loses_a_value() {
        let outage = Measured::duration(10, 5, 20, Method::Gap, 1);
        let wider = outage.clone().widened(7);
        assert_eq!(
            (wider.lower, wider.lower_included, wider.upper),
            (Some(0), true, Some(27))
        );
        assert_eq!(outage.clone().widened(-3), outage);
    }
}
