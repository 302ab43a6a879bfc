//! The state that all sessions of a lab share: devices, links and committed configurations.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset, Local};

use crate::answers::{AnswerSource, Computed, NoAnswer, Question, Timed};
use crate::configuration::{
    CommitHistory, CommitNote, Configuration, Conflict, IgnoredLine, Key, Places, interfaces_named, load, merge,
};
use crate::error::EmulatorError;
use crate::fault::Faults;
use crate::interface_name::InterfaceName;
use crate::long_table;
use crate::network::{NotComputed, Simulation, Wiring};
use crate::spec::{Clock, Endpoint, LabSpec, Misbehaviour};
use crate::traffic::Traffic;

/// One device.
pub struct Device {
    /// Its name in the lab.
    pub name: String,
    /// Its ports.
    pub ports: HashSet<InterfaceName>,
    /// Its start configuration.
    pub start: Arc<Configuration>,
    /// Lines of the start configuration that were not understood.
    pub ignored: Vec<IgnoredLine>,
    /// Its oddities.
    pub misbehaviour: Misbehaviour,
    /// Users logged in.
    pub users: AtomicUsize,
    /// Password attempts still to be refused.
    pub logins_to_refuse: AtomicU32,
}

impl Device {
    /// Whether an interface's first line names one of the device's ports.
    pub fn is_port(&self, key: &Key) -> bool {
        key.interface().is_some_and(|name| self.ports.contains(&name))
    }
}

/// A committed configuration.
#[derive(Debug, Clone)]
pub struct Running {
    /// The lines.
    pub configuration: Arc<Configuration>,
    /// When it was committed.
    pub updated: DateTime<FixedOffset>,
    /// What `save` last saved.
    pub saved: Arc<Configuration>,
}

/// A device's committed configuration, and the places of its lines.
struct Committed {
    running: Running,
    places: Places,
}

/// A lab in operation.
pub struct Lab {
    /// Its name.
    pub name: String,
    /// Its devices.
    pub devices: Vec<Device>,
    /// Its links: device index and port at both ends.
    pub links: Vec<[(usize, InterfaceName); 2]>,
    /// When it was started.
    pub started: Instant,
    /// How long a device applies a change before it shows its prompt again.
    pub commit_time: Duration,
    /// Its traffic, in the order in which it was started.
    pub traffic: Mutex<Vec<Traffic>>,
    answers: Box<dyn AnswerSource>,
    faults: Mutex<Faults>,
    running: Mutex<Vec<Committed>>,
    histories: Mutex<Vec<CommitHistory>>,
}

impl Lab {
    /// Loads all start configurations.
    pub fn new(spec: &LabSpec) -> Result<Self, EmulatorError> {
        if spec.devices.is_empty() {
            return Err(EmulatorError::NoDevice(spec.name.clone()));
        }
        let mut names = HashSet::new();
        if let Some(twice) = spec.devices.iter().find(|device| !names.insert(&device.name)) {
            return Err(EmulatorError::DuplicateDevice {
                lab: spec.name.clone(),
                device: twice.name.clone(),
            });
        }
        let links = links(spec)?;
        let mut devices: Vec<Device> = Vec::new();
        for (index, device) in spec.devices.iter().enumerate() {
            let linked = links
                .iter()
                .flatten()
                .filter(|(at, _)| *at == index)
                .map(|(_, port)| port.clone());
            let named = interfaces_named(&device.configuration)
                .into_iter()
                .filter_map(|key| key.interface());
            let ports: HashSet<InterfaceName> = linked
                .chain(named.map(|name| name.port()))
                .filter(InterfaceName::is_physical)
                .collect();
            let (configuration, ignored) = loaded(&device.configuration, &ports);
            devices.push(Device {
                name: device.name.clone(),
                ports,
                start: Arc::new(configuration),
                ignored,
                misbehaviour: device.misbehaviour.clone(),
                users: AtomicUsize::new(0),
                logins_to_refuse: AtomicU32::new(device.misbehaviour.refuse_logins),
            });
        }
        let simulation = simulation(spec, &devices, &links);
        let timed = Timed::new(simulation, spec.clock);
        let now = timed.clock();
        let answers = Box::new(Computed::new(timed));
        let histories = devices
            .iter()
            .map(|device| CommitHistory::new(Arc::clone(&device.start), now))
            .collect();
        let running = devices
            .iter()
            .map(|device| {
                let mut places = Places::default();
                places.arrange(&mut (*device.start).clone());
                let running = Running {
                    configuration: Arc::clone(&device.start),
                    updated: now,
                    saved: Arc::clone(&device.start),
                };
                Committed { running, places }
            })
            .collect();
        Ok(Self {
            name: spec.name.clone(),
            traffic: Mutex::new(Vec::new()),
            devices,
            links,
            started: Instant::now(),
            commit_time: match spec.clock {
                Clock::RealTime => spec.delays.commit,
                Clock::Stepped => Duration::ZERO,
            },
            answers,
            faults: Mutex::default(),
            running: Mutex::new(running),
            histories: Mutex::new(histories),
        })
    }

    /// What was done to the links.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Committed>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The committed configuration of a device.
    pub fn running(&self, device: usize) -> Option<Running> {
        self.lock().get(device).map(|device| device.running.clone())
    }

    /// The committed configurations of all devices at one instant.
    pub fn snapshot(&self) -> Vec<Arc<Configuration>> {
        self.lock()
            .iter()
            .map(|device| Arc::clone(&device.running.configuration))
            .collect()
    }

    /// Commits what leads from `base` to `candidate`; gives what is running afterwards.
    pub fn commit(
        &self,
        device: usize,
        base: &Arc<Configuration>,
        candidate: &Configuration,
    ) -> Result<Arc<Configuration>, Conflict> {
        let mut all = self.lock();
        let Some(Committed { running, places }) = all.get_mut(device) else {
            return Ok(Arc::clone(base));
        };
        let mut committed = if Arc::ptr_eq(&running.configuration, base) {
            candidate.clone()
        } else {
            let ports = self.devices.get(device).map(|device| &device.ports);
            let is_port = |key: &Key| {
                key.interface()
                    .is_some_and(|name| ports.is_some_and(|ports| ports.contains(&name)))
            };
            merge(base, candidate, &running.configuration, &is_port)?
        };
        if committed != *running.configuration {
            places.arrange(&mut committed);
            running.configuration = Arc::new(committed);
            running.updated = self.clock();
            self.answers.committed(device, &running.configuration);
        }
        Ok(Arc::clone(&running.configuration))
    }

    /// Commits as [`Self::commit`] does, and remembers it if anything changed.
    pub fn commit_noted(
        &self,
        device: usize,
        base: &Arc<Configuration>,
        candidate: &Configuration,
        note: CommitNote,
    ) -> Result<Arc<Configuration>, Conflict> {
        // Held meanwhile: commits are remembered in their order.
        let mut histories = self.histories.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.running(device).map(|running| running.configuration);
        let committed = self.commit(device, base, candidate)?;
        if let Some(history) = histories.get_mut(device)
            && before.is_some_and(|before| !Arc::ptr_eq(&before, &committed))
        {
            history.record(Arc::clone(&committed), self.clock(), note);
        }
        Ok(committed)
    }

    /// Makes a configuration of before the running one.
    pub fn roll_back(&self, device: usize, target: &Configuration, note: CommitNote) -> Result<(), Conflict> {
        let Some(running) = self.running(device) else {
            return Ok(());
        };
        self.commit_noted(device, &running.configuration, target, note)
            .map(|_| ())
    }

    /// The commits of a device.
    pub fn history(&self, device: usize) -> Option<CommitHistory> {
        let histories = self.histories.lock().unwrap_or_else(PoisonError::into_inner);
        histories.get(device).cloned()
    }

    /// Forgets the saved configuration.
    pub fn erase_saved(&self, device: usize) {
        if let Some(Committed { running, .. }) = self.lock().get_mut(device) {
            running.saved = Arc::default();
        }
    }

    /// Keeps the committed configuration as the one `display saved-configuration` shows.
    pub fn save(&self, device: usize) {
        if let Some(Committed { running, .. }) = self.lock().get_mut(device) {
            running.saved = Arc::clone(&running.configuration);
        }
    }

    /// The network that answers come from, if it is simulated.
    pub fn timed(&self) -> Option<&Timed> {
        self.answers.timed()
    }

    /// What devices' clocks show.
    pub fn clock(&self) -> DateTime<FixedOffset> {
        self.timed().map_or_else(|| Local::now().fixed_offset(), Timed::clock)
    }

    /// How long devices are up.
    pub fn uptime(&self) -> Duration {
        self.timed().map_or_else(|| self.started.elapsed(), Timed::elapsed)
    }

    /// Answers a question about the network.
    pub fn ask(&self, device: usize, command: &str) -> Result<String, NoAnswer> {
        let answer = self.answers.answer(&Question {
            device,
            command,
            running: &self.snapshot(),
        })?;
        let extra = self
            .devices
            .get(device)
            .map_or(0, |device| device.misbehaviour.extra_routes);
        Ok(long_table::lengthened(command, answer, extra))
    }

    /// Counts one refused login; whether there was one to refuse.
    pub fn refuses_login(&self, device: usize) -> bool {
        let Some(device) = self.devices.get(device) else {
            return true;
        };
        let take = |left: u32| match left {
            0 => None,
            u32::MAX => Some(u32::MAX),
            left => Some(left - 1),
        };
        device
            .logins_to_refuse
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
            .is_ok()
    }
}

fn links(spec: &LabSpec) -> Result<Vec<[(usize, InterfaceName); 2]>, EmulatorError> {
    let mut seen: HashSet<(usize, InterfaceName)> = HashSet::new();
    let mut end = |endpoint: &Endpoint| {
        let device = spec
            .devices
            .iter()
            .position(|device| device.name == endpoint.device)
            .ok_or_else(|| EmulatorError::UnknownDevice {
                lab: spec.name.clone(),
                device: endpoint.device.clone(),
            })?;
        let port = InterfaceName::parse(&endpoint.interface)
            .filter(InterfaceName::is_physical)
            .ok_or_else(|| EmulatorError::BadInterface {
                lab: spec.name.clone(),
                device: endpoint.device.clone(),
                interface: endpoint.interface.clone(),
            })?;
        if !seen.insert((device, port.clone())) {
            return Err(EmulatorError::InterfaceTwice {
                lab: spec.name.clone(),
                device: endpoint.device.clone(),
                interface: port.to_string(),
            });
        }
        Ok((device, port))
    };
    spec.links
        .iter()
        .map(|link| Ok([end(&link.a)?, end(&link.b)?]))
        .collect()
}

/// A device's configuration as it is loaded, with the lines that were not understood.
pub(crate) fn loaded(text: &str, ports: &HashSet<InterfaceName>) -> (Configuration, Vec<IgnoredLine>) {
    let is_port = |key: &Key| key.interface().is_some_and(|name| ports.contains(&name));
    let (mut configuration, ignored) = load(text, &is_port);
    let mut sorted: Vec<&InterfaceName> = ports.iter().collect();
    sorted.sort();
    for port in sorted {
        // A port without lines is there all the same.
        let _ = configuration.apply_text(&[], &format!("interface {port}"), &is_port);
    }
    (configuration, ignored)
}

fn simulation(spec: &LabSpec, devices: &[Device], links: &[[(usize, InterfaceName); 2]]) -> Simulation {
    let names: Vec<String> = devices.iter().map(|device| device.name.clone()).collect();
    let configurations: Vec<_> = devices.iter().map(|device| Arc::clone(&device.start)).collect();
    Simulation::new(
        &names,
        &configurations,
        Wiring::new(links.to_vec()),
        spec.delays.clone(),
        spec.seed,
    )
    .with_missing(missing(devices))
}

/// The first line of a start configuration that was ignored and could change what is computed.
fn missing(devices: &[Device]) -> Option<NotComputed> {
    devices.iter().find_map(|device| {
        let line = device.ignored.iter().find(|line| line.matters)?;
        Some(NotComputed::Ignored {
            device: device.name.clone(),
            number: line.line,
            line: line.text.trim().to_owned(),
        })
    })
}
