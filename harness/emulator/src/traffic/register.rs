//! The traffic of a lab: what runs, and what ran.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::PoisonError;

use super::flow::{TrafficLimit, TrafficSpec};
use super::schedule::Schedule;
use super::source::Traffic;
use crate::lab::Lab;
use crate::network::{Moment, Vrf};

/// Most traffics of a lab, those that have ended included.
pub const MOST_TRAFFICS: usize = 1_000;
/// Most flows of a lab, those that have ended included.
pub const MOST_FLOWS_OF_LAB: u32 = 100_000;

/// Tells a traffic of a lab from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrafficId(usize);

impl fmt::Display for TrafficId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 + 1)
    }
}

/// A traffic that has been started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedTraffic {
    /// Tells it from the others.
    pub id: TrafficId,
    /// When its first packet is sent.
    pub start: Moment,
    /// Its source address.
    pub source: Ipv4Addr,
    /// Number of its first flow in the payload; the others follow. No other traffic of the lab has the same numbers.
    pub first_flow: u32,
}

/// Why traffic cannot be started or stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrafficError {
    /// The lab answers from a recording.
    #[error("the answers of this lab are not computed: only a computed lab has packets")]
    NotComputed,
    /// The lab has no such device.
    #[error("the lab has no device `{0}`")]
    UnknownDevice(String),
    /// The device has no such VPN instance.
    #[error("{device} has no VPN instance `{instance}`")]
    UnknownInstance {
        /// The device.
        device: String,
        /// What was given.
        instance: String,
    },
    /// It is beyond a limit.
    #[error(transparent)]
    Limit(#[from] TrafficLimit),
    /// No source address was given, and none follows from the routes.
    #[error("{device} has no route to {destination} from which a source address would follow: give one")]
    NoSource {
        /// The device.
        device: String,
        /// The destination.
        destination: Ipv4Addr,
    },
    /// There are too many traffics.
    #[error("a lab has up to {MOST_TRAFFICS} traffics with {MOST_FLOWS_OF_LAB} flows together, and this would be more")]
    TooMany,
    /// There is no such traffic, or it has been stopped before.
    #[error("traffic {0} does not run")]
    NotRunning(TrafficId),
}

impl Lab {
    /// Starts traffic, now.
    pub fn start_traffic(&self, spec: &TrafficSpec) -> Result<StartedTraffic, TrafficError> {
        let timed = self.timed().ok_or(TrafficError::NotComputed)?;
        let unknown = || TrafficError::UnknownDevice(spec.device.clone());
        let mut devices = self.devices.iter();
        let device = devices
            .position(|device| device.name == spec.device)
            .ok_or_else(unknown)?;
        spec.check()?;
        let mut all = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        let first_flow: u32 = all.iter().map(|traffic| traffic.schedule.flows).sum();
        if all.len() >= MOST_TRAFFICS || first_flow + spec.flows > MOST_FLOWS_OF_LAB {
            return Err(TrafficError::TooMany);
        }
        let simulation = timed.now();
        let (now, history) = (simulation.now(), simulation.history());
        let vrf = match &spec.vpn_instance {
            None => Vrf::Public,
            Some(name) => {
                let epoch = history.epoch(device, now);
                let known = epoch.is_some_and(|epoch| epoch.fib.vpns.iter().any(|vpn| vpn.name == *name));
                if !known {
                    return Err(TrafficError::UnknownInstance {
                        device: spec.device.clone(),
                        instance: name.clone(),
                    });
                }
                Vrf::Instance(name.clone())
            }
        };
        let own = || history.source(device, now, &vrf, spec.destination);
        let source = spec.source.or_else(own).ok_or_else(|| TrafficError::NoSource {
            device: spec.device.clone(),
            destination: spec.destination,
        })?;
        all.push(Traffic {
            device,
            vrf,
            source,
            destination: spec.destination,
            source_port: spec.source_port,
            destination_port: spec.destination_port,
            frame_size: spec.frame_size,
            first_flow,
            schedule: Schedule {
                start: now.nanos(),
                stop: spec.duration.map(|duration| (now + duration).nanos()),
                flows: spec.flows,
                packets_per_second: spec.packets_per_second,
            },
        });
        Ok(StartedTraffic {
            id: TrafficId(all.len() - 1),
            start: now,
            source,
            first_flow,
        })
    }

    /// Stops traffic, now; says when.
    pub fn stop_traffic(&self, id: TrafficId) -> Result<Moment, TrafficError> {
        let timed = self.timed().ok_or(TrafficError::NotComputed)?;
        let mut all = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        let now = timed.now().now();
        let traffic = all.get_mut(id.0).ok_or(TrafficError::NotRunning(id))?;
        if traffic.schedule.stop.is_some_and(|stop| stop <= now.nanos()) {
            return Err(TrafficError::NotRunning(id));
        }
        traffic.schedule.stop = Some(now.nanos());
        Ok(now)
    }
}
