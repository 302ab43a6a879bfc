//! Instants that are known within bounds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Measured, Method};

/// An instant between two bounds, nanoseconds by one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Instant {
    /// It is no earlier.
    pub lower: i64,
    /// It is no later.
    pub upper: i64,
}

impl Instant {
    /// An instant that is known.
    pub fn exact(time: i64) -> Self {
        Self {
            lower: time,
            upper: time,
        }
    }

    /// Between two bounds, in either order.
    pub fn between(one: i64, other: i64) -> Self {
        Self {
            lower: one.min(other),
            upper: one.max(other),
        }
    }

    /// The earliest of several, of which each may be anywhere between its bounds.
    pub fn earliest(all: impl Iterator<Item = Self> + Clone) -> Option<Self> {
        let lower = all.clone().map(|at| at.lower).min()?;
        let upper = all.map(|at| at.upper).min()?;
        Some(Self { lower, upper })
    }

    /// The latest of several, of which each may be anywhere between its bounds.
    pub fn latest(all: impl Iterator<Item = Self> + Clone) -> Option<Self> {
        let lower = all.clone().map(|at| at.lower).max()?;
        let upper = all.map(|at| at.upper).max()?;
        Some(Self { lower, upper })
    }

    /// The middle.
    pub fn estimate(self) -> i64 {
        i64::midpoint(self.lower, self.upper)
    }

    /// From `earlier` to this instant. The bounds may be negative: then the order is not certain.
    pub fn since(self, earlier: Self) -> Measured {
        Measured::between(
            super::Unit::Nanoseconds,
            self.estimate().saturating_sub(earlier.estimate()),
            (self.lower.saturating_sub(earlier.upper), true),
            (self.upper.saturating_sub(earlier.lower), true),
            Method::Instants,
            (self.upper.saturating_sub(self.lower)).saturating_add(earlier.upper.saturating_sub(earlier.lower)),
        )
    }

    /// Whether it is certainly before another.
    pub fn is_before(self, other: Self) -> bool {
        self.upper < other.lower
    }
}
