//! An emulated lab: the emulator serves its devices over real SSH, and a run logs in to them as to any other.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io};

use chrono::{DateTime, Utc};
use emulator::{
    CaptureFormat, CapturePoint, CaptureRequest, DeviceSpec, Direction, EmulatorError, Endpoint, HostKeySource,
    Impairment, ImpairmentId, LabSpec, LinkSpec, Misbehaviour, RunningLab, ServeOptions, TrafficId, TrafficSpec,
};
use reports::event::LabKind;

use super::{CapturedPort, FaultMade, Lab, OpenError};
use crate::inventory::{Device, Inventory, MisbehaviourArgument};
use crate::plan::{LinkDirection, LinkFault, PlannedFault, PlannedTraffic};
use crate::session::{self, Auth, Configured, DeviceSession, HostKeyPolicy, Secret, Target};

/// Why an emulated lab cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// A device of it has no configuration file.
    #[error("{0}: the inventory names no `configuration` for it, and the emulator starts every device from one")]
    NoConfiguration(String),
    /// A configuration file cannot be read.
    #[error("{device}: {}: {source}", path.display())]
    Configuration {
        /// The device.
        device: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The emulator refuses the lab.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
}

/// How a lab is to be served.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Where and to whom.
    pub options: ServeOptions,
    /// Port of the first device; the others follow. Any free ones where it is not said.
    pub first_port: Option<u16>,
    /// Deliberate oddities on top of those that the inventory names.
    pub misbehaviour: Vec<MisbehaviourArgument>,
}

/// What the emulator needs to know of an inventory.
pub fn lab_spec(inventory: &Inventory, serving: &Serving) -> Result<LabSpec, ServeError> {
    let mut devices = Vec::with_capacity(inventory.devices.len());
    for (index, device) in inventory.devices.iter().enumerate() {
        devices.push(DeviceSpec {
            name: device.name.clone(),
            configuration: configuration(device)?,
            port: serving
                .first_port
                .and_then(|first| first.checked_add(u16::try_from(index).ok()?)),
            misbehaviour: misbehaviour(device, &serving.misbehaviour),
        });
    }
    let end = |end: &reports::event::LinkEnd| Endpoint {
        device: end.device.clone(),
        interface: end.interface.clone(),
    };
    Ok(LabSpec {
        name: inventory.name.clone(),
        devices,
        links: inventory
            .links
            .iter()
            .map(|link| LinkSpec {
                a: end(&link.a),
                b: end(&link.b),
            })
            .collect(),
        delays: inventory.emulation.delays.clone(),
        seed: inventory.emulation.seed,
        ..LabSpec::default()
    })
}

fn misbehaviour(device: &Device, more: &[MisbehaviourArgument]) -> Misbehaviour {
    let mut misbehaviour = device.misbehaviour.clone();
    for argument in more.iter().filter(|argument| argument.device == device.name) {
        argument.apply(&mut misbehaviour);
    }
    misbehaviour
}

fn configuration(device: &Device) -> Result<String, ServeError> {
    let path = device
        .configuration
        .as_ref()
        .ok_or_else(|| ServeError::NoConfiguration(device.name.clone()))?;
    let bytes = fs::read(path).map_err(|source| ServeError::Configuration {
        device: device.name.clone(),
        path: path.clone(),
        source,
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// An emulated lab of this process's own, gone with it.
#[derive(Debug)]
pub struct EmulatedLab {
    devices: Vec<Device>,
    running: RunningLab,
    username: String,
    password: Secret,
    traffic: Mutex<Vec<TrafficId>>,
    /// Faults that were made, by their handle, until they are ended.
    faults: Mutex<Vec<Option<ImpairmentId>>>,
}

/// Source port of the first flow.
const FIRST_SOURCE_PORT: u16 = 40_000;
/// Octets of an Ethernet header.
const ETHERNET_HEADER: u16 = 14;

impl EmulatedLab {
    fn traffic(&self) -> MutexGuard<'_, Vec<TrafficId>> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, Vec<Option<ImpairmentId>>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the lab on free ports of the loopback interface, with a password and a host key of its own.
    pub fn start(inventory: &Inventory) -> Result<Self, ServeError> {
        let username = "netverdict".to_owned();
        let password = random_password();
        let serving = Serving {
            options: ServeOptions {
                username: username.clone(),
                password: password.reveal().to_owned(),
                host_key: HostKeySource::Ephemeral,
                ..ServeOptions::default()
            },
            first_port: None,
            misbehaviour: Vec::new(),
        };
        let spec = lab_spec(inventory, &serving)?;
        Ok(Self {
            devices: inventory.devices.clone(),
            running: RunningLab::start(spec, serving.options)?,
            username,
            password,
            traffic: Mutex::default(),
            faults: Mutex::default(),
        })
    }

    /// Lines of the devices' configurations that the emulator does not understand.
    pub fn ignored_lines(&self) -> &[emulator::Ignored] {
        self.running.ignored_lines()
    }
}

/// A fault as the emulator makes it.
pub(crate) fn impairment(fault: &PlannedFault) -> (Endpoint, Direction, Impairment) {
    let end = Endpoint {
        device: fault.end.device.clone(),
        interface: fault.end.interface.clone(),
    };
    let direction = match fault.direction {
        LinkDirection::Both => Direction::Both,
        LinkDirection::Sending => Direction::Sent,
        LinkDirection::Receiving => Direction::Received,
    };
    let impairment = match fault.fault {
        LinkFault::Cut => Impairment::Cut,
        LinkFault::Loss(share) => Impairment::Loss(share),
        LinkFault::Delay(delay) => Impairment::Delay(delay),
    };
    (end, direction, impairment)
}

/// Does something to the lab, and says when.
fn timed<T>(lines: &[String], act: impl FnOnce() -> T) -> (T, Configured) {
    let (sent_at, sent) = (Utc::now(), Instant::now());
    let done = act();
    let when = Configured {
        dialogue: lines.iter().map(|line| (line.clone(), String::new())).collect(),
        sent_at,
        acknowledged_at: Utc::now(),
        sent,
        acknowledged: Instant::now(),
    };
    (done, when)
}

/// A password that nobody knows: 128 random bits in hexadecimal.
pub(crate) fn random_password() -> Secret {
    use std::hash::{BuildHasher, Hasher};
    // The standard library seeds every such state from the system's random numbers.
    let word = || std::collections::hash_map::RandomState::new().build_hasher().finish();
    Secret::new(format!("{:016x}{:016x}", word(), word()))
}

impl Lab for EmulatedLab {
    fn kind(&self) -> LabKind {
        LabKind::Emulated
    }

    fn open(&self, device: &str, learn: &dyn Fn(&Secret)) -> Result<Box<dyn DeviceSession>, OpenError> {
        let missing = || OpenError::NoSuchDevice(device.to_owned());
        let known = self
            .devices
            .iter()
            .find(|known| known.name == device)
            .ok_or_else(missing)?;
        let served = self
            .running
            .endpoints()
            .iter()
            .find(|served| served.name == device)
            .ok_or_else(missing)?;
        learn(&self.password);
        let target = Target {
            name: known.name.clone(),
            dialect: known.platform.into(),
            address: served.address.ip().to_string(),
            port: served.address.port(),
            username: self.username.clone(),
            auth: vec![Auth::Password(self.password.clone())],
            host_key: HostKeyPolicy::Fingerprint(self.running.host_key_fingerprint()),
            configuration_mode: known.configuration_mode,
            connect_timeout: known.connect_timeout,
            command_timeout: known.command_timeout,
        };
        Ok(session::open(&target)?)
    }

    fn endpoint(&self, _device: &str) -> String {
        "emulated".into()
    }

    fn command_timeout(&self, device: &str) -> Duration {
        let known = self.devices.iter().find(|known| known.name == device);
        known.map_or(Duration::from_secs(30), |device| device.command_timeout)
    }

    fn allows_changes(&self, _device: &str) -> Option<bool> {
        None
    }

    fn make_fault(&self, fault: &PlannedFault, lines: &[String]) -> Result<FaultMade, String> {
        let (end, direction, impairment) = impairment(fault);
        let (made, began) = timed(lines, || self.running.impair(&end, direction, impairment));
        let id = made.map_err(|error| error.to_string())?;
        let mut faults = self.faults();
        faults.push(Some(id));
        Ok(FaultMade {
            handle: faults.len() as u64 - 1,
            began,
        })
    }

    fn end_fault(&self, handle: u64, lines: &[String]) -> Result<Configured, String> {
        let mut faults = self.faults();
        let slot = usize::try_from(handle).ok().and_then(|handle| faults.get_mut(handle));
        let id = slot
            .and_then(Option::take)
            .ok_or_else(|| "it is not in force".to_owned())?;
        let (ended, when) = timed(lines, || self.running.repair(id));
        ended.map_err(|error| error.to_string())?;
        Ok(when)
    }

    fn start_traffic(&self, traffic: &[PlannedTraffic]) -> Result<(), String> {
        // Flows to one destination are told apart by their ports.
        let mut next_port = FIRST_SOURCE_PORT;
        for traffic in traffic {
            let started = self.running.start_traffic(&TrafficSpec {
                device: traffic.from.clone(),
                vpn_instance: traffic.vrf.clone(),
                source: traffic.source,
                destination: traffic.to,
                source_port: next_port,
                flows: traffic.flows,
                packets_per_second: traffic.rate,
                frame_size: traffic.size.saturating_add(ETHERNET_HEADER),
                ..TrafficSpec::default()
            });
            match started {
                Ok(started) => self.traffic().push(started.id),
                Err(error) => {
                    self.stop_traffic();
                    return Err(format!("{}: {error}", traffic.name));
                }
            }
            next_port = u16::try_from(u32::from(next_port) + traffic.flows)
                .map_err(|_| "there are more flows than ports".to_owned())?;
        }
        Ok(())
    }

    fn stop_traffic(&self) {
        for id in self.traffic().drain(..) {
            // One that has ended by itself is stopped.
            let _ = self.running.stop_traffic(id);
        }
    }

    fn capture(&self, port: &CapturedPort<'_>, into: &Path) -> Result<(), String> {
        let instant = |time: DateTime<Utc>| {
            self.running
                .instant_at(time.into())
                .ok_or_else(|| "the lab has no clock".to_owned())
        };
        let request = CaptureRequest {
            points: vec![CapturePoint {
                device: port.device.to_owned(),
                interface: port.interface.to_owned(),
                direction: Direction::Both,
            }],
            from: instant(port.from)?,
            to: instant(port.to)?,
            format: CaptureFormat::Pcapng,
        };
        self.running
            .capture_to(&request, into)
            .map(|_| ())
            .map_err(|error| format!("{} {}: {error}", port.device, port.interface))
    }
}
