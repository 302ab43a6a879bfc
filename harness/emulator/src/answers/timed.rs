//! A simulated network and the clock that drives it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::network::{Moment, Simulation};
use crate::spec::Clock;

/// A simulated network whose time is the world's, or is told.
pub struct Timed {
    started: Instant,
    clock: Clock,
    simulation: Mutex<Simulation>,
}

impl Timed {
    /// Starts the clock.
    pub fn new(simulation: Simulation, clock: Clock) -> Self {
        Self {
            started: Instant::now(),
            clock,
            simulation: Mutex::new(simulation),
        }
    }

    /// The network at the present instant. In real time everything up to now has happened.
    pub fn now(&self) -> MutexGuard<'_, Simulation> {
        let mut simulation = self.simulation.lock().unwrap_or_else(PoisonError::into_inner);
        if self.clock == Clock::RealTime {
            let elapsed = Moment::START + self.started.elapsed();
            simulation.advance_to(elapsed);
        }
        simulation
    }

    /// Lets time pass up to an instant. In real time it passes by itself and nothing is done.
    pub fn advance_to(&self, instant: Moment) {
        let mut simulation = self.now();
        if self.clock == Clock::Stepped {
            simulation.advance_to(instant);
        }
    }

    /// Lets time pass until nothing more happens by itself, at most so long; whether that was reached. In real time
    /// nothing is done.
    pub fn settle(&self, at_most: Duration) -> bool {
        let mut simulation = self.now();
        match self.clock {
            Clock::Stepped => simulation.settle(at_most),
            Clock::RealTime => simulation.next_event().is_none(),
        }
    }
}
