//! A simulated network and the clock that drives it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, FixedOffset, Local};

use super::Calendar;
use crate::network::{Moment, Simulation, nanos};
use crate::spec::Clock;

/// The beginning of the year 2026, in nanoseconds since 1970.
const STEPPED_EPOCH: u64 = 1_767_225_600_000_000_000;

/// A simulated network whose time is the world's, or is told.
pub struct Timed {
    started: Instant,
    epoch: u64,
    clock: Clock,
    simulation: Mutex<Simulation>,
}

impl Timed {
    /// Starts the clock.
    pub fn new(simulation: Simulation, clock: Clock) -> Self {
        Self {
            started: Instant::now(),
            epoch: match clock {
                Clock::RealTime => SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .map_or(STEPPED_EPOCH, nanos),
                Clock::Stepped => STEPPED_EPOCH,
            },
            clock,
            simulation: Mutex::new(simulation),
        }
    }

    /// When simulated time began, in nanoseconds since 1970. A clock that is told begins with the year 2026.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// What devices' clocks show.
    pub fn calendar(&self) -> Calendar {
        Calendar {
            epoch: self.epoch,
            local: self.clock == Clock::RealTime,
        }
    }

    /// What devices' clocks show now.
    pub fn clock(&self) -> DateTime<FixedOffset> {
        match self.clock {
            Clock::RealTime => Local::now().fixed_offset(),
            Clock::Stepped => self.calendar().at(self.now().now()),
        }
    }

    /// The time that has passed since the lab started.
    pub fn elapsed(&self) -> Duration {
        match self.clock {
            Clock::RealTime => self.started.elapsed(),
            Clock::Stepped => self.now().now().since(Moment::START),
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
