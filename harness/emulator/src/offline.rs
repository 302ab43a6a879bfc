//! A lab without servers: its devices are typed on directly. For measuring, and for tests that need no SSH.

use std::sync::Arc;
use std::time::Duration;

use crate::error::EmulatorError;
use crate::fault::{Direction, Fault, FaultError};
use crate::lab::Lab;
use crate::session::Session;
use crate::spec::{Endpoint, LabSpec};

/// A lab that nobody can log in to.
pub struct OfflineLab {
    lab: Arc<Lab>,
}

impl OfflineLab {
    /// Loads all start configurations and computes the state that the network settles in.
    ///
    /// # Errors
    /// The lab has no device, two of one name, or a link that leads nowhere.
    pub fn load(spec: &LabSpec) -> Result<Self, EmulatorError> {
        Ok(Self {
            lab: Arc::new(Lab::new(spec)?),
        })
    }

    /// Types lines in one session of a device, and gives the answer to the last: `Err` with the answer to the first
    /// that the device refuses. Nothing where there is no such device.
    pub fn type_lines(&self, device: &str, lines: &[&str]) -> Option<Result<String, String>> {
        let index = self.lab.devices.iter().position(|known| known.name == device)?;
        let mut session = Session::new(Arc::clone(&self.lab), index, "offline".into());
        session.has_terminal = false;
        let mut answer = String::new();
        for line in lines {
            let reply = session.execute(line);
            if reply.refused {
                return Some(Err(reply.text));
            }
            answer = reply.text;
        }
        Some(Ok(answer))
    }

    /// Makes a fault of the link at an interface, now; the direction is seen from there.
    ///
    /// # Errors
    /// The lab is not computed, or has no such link; a share is not between 0 and 1.
    pub fn fault(&self, end: &Endpoint, direction: Direction, fault: Fault) -> Result<(), FaultError> {
        self.lab.fault(end, direction, fault)
    }

    /// Lets time pass until nothing more happens by itself, at most so long, in a lab that is
    /// [`Clock::Stepped`](crate::Clock). Whether the network has settled.
    pub fn settle(&self, at_most: Duration) -> bool {
        self.lab.timed().is_some_and(|timed| timed.settle(at_most))
    }
}
