//! A lab of devices that do what a test tells them to.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use chrono::Utc;
use reports::event::{Event, LabKind, Record};

use crate::bundle::BundleLocation;
use crate::lab::{Lab, OpenError};
use crate::plan::{Choice, Plan};
use crate::run::{Interrupt, RunError, RunOptions, RunResult, run_on};
use crate::session::{Answer, Configured, DeviceSession, Identity, Secret, SessionError};
use crate::state::StateFolder;

/// What a device does with a command: its answer, `None` to answer from its configuration, or an error.
pub(super) type Answering = Box<dyn FnMut(&mut FakeDevice, &str) -> Option<Result<String, SessionError>> + Send>;
/// What a device does with configuration lines, `None` to do as it is told.
pub(super) type Configuring = Box<dyn FnMut(&mut FakeDevice, &[String]) -> Option<Result<(), SessionError>> + Send>;

/// A device.
#[derive(Default)]
pub(super) struct FakeDevice {
    pub name: String,
    /// The name in its prompt; its own where it is empty.
    pub prompt_name: String,
    /// Lines of its one interface.
    pub interface: Vec<String>,
    /// Lines of the system view.
    pub system: Vec<String>,
    pub asked: Vec<String>,
    pub configured: Vec<Vec<String>>,
    /// How often a session was opened.
    pub opened: usize,
    /// Refuses sessions after this many.
    pub open_at_most: Option<usize>,
    /// How long it takes to answer.
    pub takes: Duration,
    pub answering: Option<Answering>,
    pub configuring: Option<Configuring>,
}

impl FakeDevice {
    /// `display current-configuration`.
    pub(super) fn configuration(&self) -> String {
        let mut text = String::from("!Last configuration was updated\n#\n");
        for line in &self.system {
            text.push_str(&format!("{line}\n"));
        }
        text.push_str("#\ninterface GigabitEthernet0/1/0\n");
        for line in &self.interface {
            text.push_str(&format!(" {line}\n"));
        }
        text.push_str("#\nreturn\n");
        text
    }

    /// Does what configuration lines say, as far as these tests need it.
    pub(super) fn obey(&mut self, lines: &[String]) {
        let mut view = &mut self.system;
        for line in lines {
            if line.starts_with("interface ") {
                view = &mut self.interface;
                continue;
            }
            match line.strip_prefix("undo ") {
                Some(undone) => view.retain(|known| known != undone),
                None => view.push(line.clone()),
            }
        }
    }
}

pub(super) fn lost(device: &str) -> SessionError {
    SessionError::ConnectionLost {
        device: device.into(),
        during: "a command".into(),
        reason: "the test cut it".into(),
        last: String::new(),
    }
}

/// The lab.
pub(super) struct FakeLab {
    devices: BTreeMap<String, Arc<Mutex<FakeDevice>>>,
    busy: Arc<AtomicUsize>,
    pub busiest: Arc<AtomicUsize>,
}

impl FakeLab {
    pub(super) fn new(devices: Vec<FakeDevice>) -> Arc<Self> {
        Arc::new(Self {
            devices: devices
                .into_iter()
                .map(|device| (device.name.clone(), Arc::new(Mutex::new(device))))
                .collect(),
            busy: Arc::default(),
            busiest: Arc::default(),
        })
    }

    pub(super) fn device(&self, name: &str) -> MutexGuard<'_, FakeDevice> {
        // A test may make a session panic while it holds the device.
        self.devices[name]
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Lab for FakeLab {
    fn kind(&self) -> LabKind {
        LabKind::Live
    }

    fn open(&self, device: &str, _learn: &dyn Fn(&Secret)) -> Result<Box<dyn DeviceSession>, OpenError> {
        let mut known = self.device(device);
        known.opened += 1;
        if known.open_at_most.is_some_and(|most| known.opened > most) {
            return Err(OpenError::Session(SessionError::Unreachable {
                device: device.into(),
                address: "192.0.2.1:22".into(),
                reason: "connection refused".into(),
            }));
        }
        let prompt_name = if known.prompt_name.is_empty() {
            &known.name
        } else {
            &known.prompt_name
        };
        Ok(Box::new(FakeSession {
            identity: Identity {
                prompt_name: prompt_name.clone(),
                host_key_fingerprint: None,
                host_key_verified_by: Some("fingerprint".into()),
                banner: String::new(),
            },
            device: Arc::clone(&self.devices[device]),
            busy: Arc::clone(&self.busy),
            busiest: Arc::clone(&self.busiest),
        }))
    }

    fn endpoint(&self, device: &str) -> String {
        let position = self.devices.keys().position(|name| name == device).unwrap();
        format!("192.0.2.{}:22", position + 1)
    }

    fn command_timeout(&self, _device: &str) -> Duration {
        Duration::from_secs(5)
    }

    fn allows_changes(&self, _device: &str) -> Option<bool> {
        Some(true)
    }
}

struct FakeSession {
    identity: Identity,
    device: Arc<Mutex<FakeDevice>>,
    busy: Arc<AtomicUsize>,
    busiest: Arc<AtomicUsize>,
}

impl DeviceSession for FakeSession {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn ask(&mut self, command: &str, _deadline: Instant) -> Result<Answer, SessionError> {
        let (sent_at, sent) = (Utc::now(), Instant::now());
        let busy = self.busy.fetch_add(1, Ordering::SeqCst) + 1;
        self.busiest.fetch_max(busy, Ordering::SeqCst);
        let mut device = self.device.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        device.asked.push(command.to_owned());
        std::thread::sleep(device.takes);
        let mut answering = device.answering.take();
        let scripted = answering.as_mut().and_then(|answering| answering(&mut device, command));
        device.answering = answering;
        self.busy.fetch_sub(1, Ordering::SeqCst);
        let text = scripted.unwrap_or_else(|| Ok(device.configuration()))?;
        Ok(Answer {
            command: command.to_owned(),
            text,
            sent_at,
            answered_at: Utc::now(),
            sent,
            answered: Instant::now(),
            rejected: None,
        })
    }

    fn configure(&mut self, lines: &[String], _deadline: Instant) -> Result<Configured, SessionError> {
        let (sent_at, sent) = (Utc::now(), Instant::now());
        let mut device = self.device.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        device.configured.push(lines.to_vec());
        let mut configuring = device.configuring.take();
        let scripted = configuring
            .as_mut()
            .and_then(|configuring| configuring(&mut device, lines));
        device.configuring = configuring;
        match scripted {
            Some(outcome) => outcome?,
            None => device.obey(lines),
        }
        Ok(Configured {
            dialogue: vec![("commit".into(), String::new())],
            sent_at,
            acknowledged_at: Utc::now(),
            sent,
            acknowledged: Instant::now(),
        })
    }

    fn close(&mut self) {}
}

/// A folder with a suite and the inventory of the lab, and how to run it.
pub(super) struct Bench {
    pub home: tempfile::TempDir,
    pub options: RunOptions,
}

impl Bench {
    pub(super) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let options = RunOptions {
            bundle: Some(BundleLocation::Folder(home.path().join("bundle"))),
            allow_changes: true,
            state: Some(StateFolder::at(home.path().join("state"))),
            undo_patience: Duration::ZERO,
            interrupt: Interrupt::default(),
            ..RunOptions::default()
        };
        Self { home, options }
    }

    pub(super) fn run(&self, lab: &Arc<FakeLab>, cases: &str) -> Result<RunResult, RunError> {
        self.run_observed(lab, cases, &mut |_| {})
    }

    pub(super) fn run_observed(
        &self,
        lab: &Arc<FakeLab>,
        cases: &str,
        observe: &mut dyn FnMut(&Record),
    ) -> Result<RunResult, RunError> {
        let folder = self.home.path();
        let mut inventory =
            String::from("lab: bench\ndefaults: {platform: huawei_vrp, username: u, auth: [agent]}\ndevices:\n");
        for name in lab.devices.keys() {
            inventory.push_str(&format!("  {name}: {{address: 192.0.2.1}}\n"));
        }
        std::fs::write(folder.join("lab.yaml"), inventory).unwrap();
        std::fs::write(folder.join("suite.yaml"), format!("suite: bench\n{cases}")).unwrap();
        let plan = Plan::load(&[folder.join("suite.yaml")], Some(folder), &Choice::default());
        let plan = plan.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
        let lab: Arc<dyn Lab> = Arc::clone(lab) as Arc<dyn Lab>;
        run_on(&plan, &lab, self.options.clone(), observe)
    }

    /// How many entries the journal holds.
    pub(super) fn journal(&self) -> usize {
        journal_entries(self.home.path())
    }
}

pub(super) fn journal_entries(home: &Path) -> usize {
    std::fs::read_dir(home.join("state/journal")).map_or(0, Iterator::count)
}

/// A device with nothing configured but its name.
pub(super) fn device(name: &str) -> FakeDevice {
    FakeDevice {
        name: name.into(),
        system: vec![format!("sysname {name}")],
        ..FakeDevice::default()
    }
}

/// The verdicts of the phrases, in the order in which they were told.
pub(super) fn phrases(result: &RunResult) -> Vec<(String, checks::Verdict, String)> {
    result
        .events
        .iter()
        .filter_map(|record| match &record.event {
            Event::PhraseDecided(decided) => Some((decided.device.clone(), decided.verdict, decided.actual.clone())),
            _ => None,
        })
        .collect()
}

/// Verdict and reason of the first case.
pub(super) fn case(result: &RunResult) -> (checks::Verdict, String) {
    result
        .events
        .iter()
        .find_map(|record| match &record.event {
            Event::CaseFinished(finished) => Some((finished.verdict, finished.reason.clone().unwrap_or_default())),
            _ => None,
        })
        .unwrap()
}
