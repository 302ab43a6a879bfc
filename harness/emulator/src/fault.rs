//! Faults of links: cuts, silent loss, delay.

use std::time::Duration;

use crate::interface_name::InterfaceName;
use crate::lab::Lab;
use crate::network::{Condition, Way};
use crate::spec::Endpoint;

/// Which way over a link, seen from the end that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What this end sends.
    Sent,
    /// What this end receives.
    Received,
    /// Both.
    Both,
}

/// What happens to a link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// The cable is cut: nothing arrives, and the receiving end notices that its signal is gone.
    Cut,
    /// The cable is whole again, and nothing is lost; the delay stays.
    Mend,
    /// This share of the packets, 0 to 1, is lost; the signal stays. 1 is a black hole.
    Loss(f64),
    /// Propagation takes so long.
    Delay(Duration),
}

/// Why a fault cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FaultError {
    /// The lab answers from a recording, where nothing happens.
    #[error("the answers of this lab are not computed: only a computed lab has links that fail")]
    NotComputed,
    /// There is no such device.
    #[error("the lab has no device `{0}`")]
    UnknownDevice(String),
    /// There is no link at this interface.
    #[error("{device} has no link at `{interface}`")]
    NoLink {
        /// The device.
        device: String,
        /// What was given.
        interface: String,
    },
    /// A share is between 0 and 1.
    #[error("a link cannot lose a share of {0}: expected 0 to 1")]
    BadShare(f64),
}

impl Lab {
    /// The way that leaves by an interface.
    pub fn way(&self, end: &Endpoint) -> Result<Way, FaultError> {
        let device = self
            .devices
            .iter()
            .position(|device| device.name == end.device)
            .ok_or_else(|| FaultError::UnknownDevice(end.device.clone()))?;
        let way = InterfaceName::parse(&end.interface).and_then(|name| {
            let here = (device, name.port());
            let mut links = self.links.iter().enumerate();
            links.find_map(|(link, ends)| {
                let from = ends.iter().position(|port| *port == here)?;
                Some(Way { link, from })
            })
        });
        way.ok_or_else(|| FaultError::NoLink {
            device: end.device.clone(),
            interface: end.interface.clone(),
        })
    }

    /// Makes a fault of a link, now.
    pub fn fault(&self, end: &Endpoint, direction: Direction, fault: Fault) -> Result<(), FaultError> {
        let timed = self.timed().ok_or(FaultError::NotComputed)?;
        let sent = self.way(end)?;
        if let Fault::Loss(share) = fault
            && !(0.0..=1.0).contains(&share)
        {
            return Err(FaultError::BadShare(share));
        }
        let ways: &[Way] = match direction {
            Direction::Sent => &[sent],
            Direction::Received => &[sent.back()],
            Direction::Both => &[sent, sent.back()],
        };
        let mut simulation = timed.now();
        for way in ways {
            let Some(before) = simulation.condition(*way) else {
                continue;
            };
            let after = match fault {
                Fault::Cut => Condition { cut: true, ..before },
                Fault::Mend => Condition {
                    cut: false,
                    loss: 0.0,
                    ..before
                },
                Fault::Loss(loss) => Condition { loss, ..before },
                Fault::Delay(delay) => Condition { delay, ..before },
            };
            simulation.set_condition(*way, after);
        }
        Ok(())
    }
}
