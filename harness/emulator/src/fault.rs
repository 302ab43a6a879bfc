//! Faults of links: cuts, silent loss, delay.

use std::collections::HashMap;
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

/// What can be wrong with a link for a while, beside other things: several add up, and each ends by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Impairment {
    /// The cable is cut: nothing arrives, and the receiving end notices that its signal is gone.
    Cut,
    /// This share of the packets, 0 to 1, is lost; the signal stays. Of several, each loses its share of what is left.
    Loss(f64),
    /// Propagation takes so long; of several, the last that began counts.
    Delay(Duration),
}

/// An impairment that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImpairmentId(u64);

/// What was done to the links of a lab.
#[derive(Debug, Default)]
pub struct Faults {
    /// What links are without the impairments, where a fault changed it.
    lasting: HashMap<Way, Condition>,
    /// In the order in which they began.
    impairments: Vec<(ImpairmentId, Vec<Way>, Impairment)>,
    latest: u64,
}

impl Faults {
    /// The condition that comes of everything that was done.
    fn condition(&self, way: Way, healthy: Condition) -> Condition {
        let mut condition = self.lasting.get(&way).copied().unwrap_or(healthy);
        let here = self.impairments.iter().filter(|(_, ways, _)| ways.contains(&way));
        for (_, _, impairment) in here {
            match *impairment {
                Impairment::Cut => condition.cut = true,
                Impairment::Loss(share) => condition.loss = 1.0 - (1.0 - condition.loss) * (1.0 - share),
                Impairment::Delay(delay) => condition.delay = delay,
            }
        }
        condition
    }
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
    /// It has ended, or never was.
    #[error("there is no such impairment in force")]
    NoSuchImpairment,
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
        if let Fault::Loss(share) = fault {
            check_share(share)?;
        }
        let ways = self.ways(end, direction)?;
        self.change_faults(&ways, |faults, healthy| {
            for way in &ways {
                let before = faults.lasting.get(way).copied().unwrap_or(healthy);
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
                faults.lasting.insert(*way, after);
            }
        })
    }

    /// Impairs a link, now, until it is repaired.
    pub fn impair(
        &self,
        end: &Endpoint,
        direction: Direction,
        impairment: Impairment,
    ) -> Result<ImpairmentId, FaultError> {
        if let Impairment::Loss(share) = impairment {
            check_share(share)?;
        }
        let ways = self.ways(end, direction)?;
        self.change_faults(&ways, |faults, _| {
            faults.latest += 1;
            let id = ImpairmentId(faults.latest);
            faults.impairments.push((id, ways.clone(), impairment));
            id
        })
    }

    /// Ends an impairment, now; others stay.
    pub fn repair(&self, id: ImpairmentId) -> Result<(), FaultError> {
        let known = self
            .faults()
            .impairments
            .iter()
            .find(|(known, ..)| *known == id)
            .cloned();
        let (_, ways, _) = known.ok_or(FaultError::NoSuchImpairment)?;
        self.change_faults(&ways, |faults, _| faults.impairments.retain(|(known, ..)| *known != id))
    }

    fn ways(&self, end: &Endpoint, direction: Direction) -> Result<Vec<Way>, FaultError> {
        let sent = self.way(end)?;
        Ok(match direction {
            Direction::Sent => vec![sent],
            Direction::Received => vec![sent.back()],
            Direction::Both => vec![sent, sent.back()],
        })
    }

    /// Changes what is wrong with links, and lets these ways be as it says.
    fn change_faults<T>(
        &self,
        ways: &[Way],
        change: impl FnOnce(&mut Faults, Condition) -> T,
    ) -> Result<T, FaultError> {
        let timed = self.timed().ok_or(FaultError::NotComputed)?;
        let mut faults = self.faults();
        let mut simulation = timed.now();
        let healthy = simulation.healthy();
        let told = change(&mut faults, healthy);
        for way in ways {
            simulation.set_condition(*way, faults.condition(*way, healthy));
        }
        Ok(told)
    }
}

fn check_share(share: f64) -> Result<(), FaultError> {
    (0.0..=1.0)
        .contains(&share)
        .then_some(())
        .ok_or(FaultError::BadShare(share))
}
