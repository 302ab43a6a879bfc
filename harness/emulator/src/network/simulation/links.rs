//! Links and what happens to them: cuts, silent loss and delay, each way by itself.

use std::time::Duration;

use super::delays::Delays;
use crate::network::interfaces::Interface;

/// A way over a link: number of the link in the lab, and the end that sends (0 or 1, in the order of `lab.yaml`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Way {
    /// Number of the link.
    pub link: usize,
    /// The end that sends.
    pub from: usize,
}

impl Way {
    /// The opposite way over the same link.
    #[must_use]
    pub fn back(self) -> Self {
        Self {
            link: self.link,
            from: 1 - self.from.min(1),
        }
    }
}

/// The condition of a link in one direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// The cable is cut: nothing arrives, and the receiving end notices.
    pub cut: bool,
    /// Share of the packets that are lost, 0 to 1; nobody notices but by what is missing.
    pub loss: f64,
    /// Propagation delay.
    pub delay: Duration,
}

impl Condition {
    /// A healthy direction.
    pub fn healthy(delays: &Delays) -> Self {
        Self {
            cut: false,
            loss: 0.0,
            delay: delays.link.max(Delays::SHORTEST),
        }
    }

    /// Whether some packets arrive.
    pub fn passes(&self) -> bool {
        !self.cut && self.loss < 1.0
    }
}

/// Whether packets from the other end of the link of an interface arrive. A link that is not listed is healthy.
pub fn receives(conditions: &[[Condition; 2]], interface: &Interface) -> bool {
    interface.way.is_some_and(|way| passes(conditions, way.back()))
}

fn passes(conditions: &[[Condition; 2]], way: Way) -> bool {
    let condition = conditions.get(way.link).and_then(|ends| ends.get(way.from));
    condition.is_none_or(Condition::passes)
}

/// Whether packets pass both ways over the link of an interface. A link that is not listed is healthy.
pub fn both_ways(conditions: &[[Condition; 2]], interface: &Interface) -> bool {
    interface
        .way
        .is_some_and(|way| passes(conditions, way) && passes(conditions, way.back()))
}
