//! A bundle as a lab: recorded answers instead of devices.

mod session;
mod timeline;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reports::bundle::{Bundle, BundleError};
use reports::event::{Captured, CaseRef, Event, LabKind, Part};

use crate::bundle::sha256_of;
use crate::lab::{CapturedPort, FaultMade, Lab, OpenError, RecordedWatch};
use crate::plan::{LAB, PlannedFault, PlannedLink, PlannedTraffic};
use crate::session::{Configured, DeviceSession, Secret, SessionError};
use session::RecordedSession;
use timeline::Timeline;

/// Why a bundle cannot be used as a lab.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordedLabError {
    /// It cannot be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Its events do not begin with the start of a run.
    #[error("{0}: the events do not begin with the start of a run")]
    NoStart(String),
}

/// The answers of an earlier run, given again in the order in which they were recorded, and only in the state of the
/// network in which they were recorded.
pub struct RecordedLab {
    bundle: Arc<Bundle>,
    timeline: Arc<Mutex<Timeline>>,
    began: Instant,
    /// Suite and name of the present case.
    case: Mutex<Option<(String, String)>>,
    /// Whether it is asked what its own run asked, and nothing outside of the bundle counts.
    alone: bool,
}

impl RecordedLab {
    /// Reads a bundle, for any suite. Evidence is read, and compared with its hash, when it is asked for.
    pub fn open(folder: &Path) -> Result<Self, RecordedLabError> {
        Self::of(Bundle::open(folder)?, false)
    }

    /// The lab of a bundle that is open, for the suites in it and without anything outside of it.
    pub fn of_bundle(bundle: Bundle) -> Result<Self, RecordedLabError> {
        Self::of(bundle, true)
    }

    fn of(bundle: Bundle, alone: bool) -> Result<Self, RecordedLabError> {
        let timeline = Timeline::read(&bundle.events)
            .ok_or_else(|| RecordedLabError::NoStart(bundle.folder().display().to_string()))?;
        // Recorded times are counted from the start of that run; the instant they are mapped to means nothing else.
        let began = Instant::now();
        Ok(Self {
            bundle: Arc::new(bundle),
            timeline: Arc::new(Mutex::new(timeline)),
            began,
            case: Mutex::new(None),
            alone,
        })
    }

    /// What the recorded run captured in the present case, by parts.
    fn all_recorded(&self) -> impl Iterator<Item = &Captured> {
        let present = self.case.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.bundle.events.iter().filter_map(move |record| match &record.event {
            Event::Captured(captured) if self.is_case(captured.case, present.as_ref()?) => Some(captured.as_ref()),
            _ => None,
        })
    }

    /// What it captured in a part of the case.
    fn recorded(&self, part: Part) -> Option<&Captured> {
        self.all_recorded().find(|captured| captured.part == part)
    }

    fn is_case(&self, at: CaseRef, (suite, case): &(String, String)) -> bool {
        let Some(Event::RunStarted(started)) = self.bundle.events.first().map(|record| &record.event) else {
            return false;
        };
        let named = started.suites.get(at.suite);
        named.is_some_and(|info| info.name == *suite && info.cases.get(at.case).is_some_and(|info| info.name == *case))
    }

    /// A capture that the bundle keeps, if it is the one that the run kept.
    fn kept_capture(&self, path: &str) -> Result<(PathBuf, String), String> {
        let recorded = self.bundle.events.iter().find_map(|record| match &record.event {
            Event::CommandAnswered(answered) if answered.evidence == path => Some(&answered.sha256),
            _ => None,
        });
        let expected = recorded.ok_or_else(|| format!("{path} is no evidence of the recorded run"))?;
        // Opening it through the bundle makes sure that it lies within.
        let file = self
            .bundle
            .file(path)
            .map_err(|error| format!("{path}: {}", error.reason()))?;
        let actual = sha256_of(file).map_err(|error| format!("{path}: {error}"))?;
        if actual != *expected {
            return Err(format!("{path} is not what the run kept: its SHA-256 differs"));
        }
        Ok((self.bundle.folder().join(path), path.to_owned()))
    }

    /// A fault of a link made or ended, as it was recorded.
    fn step(&self, lines: &[String]) -> Result<Configured, String> {
        let span = self.timeline().configure(LAB, lines)?;
        let instant = |after: Duration| self.began.checked_add(after).unwrap_or(self.began);
        Ok(Configured {
            dialogue: Vec::new(),
            sent_at: span.sent_at,
            acknowledged_at: span.answered_at,
            sent: instant(span.sent),
            acknowledged: instant(span.answered),
        })
    }

    fn timeline(&self) -> MutexGuard<'_, Timeline> {
        self.timeline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lab for RecordedLab {
    fn kind(&self) -> LabKind {
        LabKind::Recorded
    }

    fn open(&self, device: &str, _learn: &dyn Fn(&Secret)) -> Result<Box<dyn DeviceSession>, OpenError> {
        let timeline = self.timeline();
        match timeline.identity(device) {
            Ok(identity) => Ok(Box::new(RecordedSession {
                device: device.to_owned(),
                identity,
                bundle: Arc::clone(&self.bundle),
                timeline: Arc::clone(&self.timeline),
                began: self.began,
            })),
            Err(reason) => Err(OpenError::Session(SessionError::Unreachable {
                device: device.to_owned(),
                address: "the recorded lab".into(),
                reason,
            })),
        }
    }

    fn endpoint(&self, _device: &str) -> String {
        "recorded".into()
    }

    fn command_timeout(&self, _device: &str) -> Duration {
        Duration::from_secs(60)
    }

    fn allows_changes(&self, _device: &str) -> Option<bool> {
        None
    }

    fn case_begins(&self, suite: &str, case: &str) -> Option<DateTime<Utc>> {
        *self.case.lock().unwrap_or_else(PoisonError::into_inner) = Some((suite.to_owned(), case.to_owned()));
        Some(self.timeline().case_begins(suite, case))
    }

    fn make_fault(&self, _fault: &PlannedFault, lines: &[String]) -> Result<FaultMade, String> {
        let began = self.step(lines)?;
        Ok(FaultMade { handle: 0, began })
    }

    fn end_fault(&self, _handle: u64, lines: &[String]) -> Result<Configured, String> {
        self.step(lines)
    }

    fn start_traffic(&self, traffic: &[PlannedTraffic]) -> Result<(), String> {
        // It was sent when the captures were taken.
        let words: Vec<String> = traffic.iter().map(ToString::to_string).collect();
        match self.all_recorded().find(|captured| captured.traffic != words) {
            Some(other) if !self.alone && other.traffic.is_empty() => {
                Err("the recorded run sent none in this case".to_owned())
            }
            Some(other) if !self.alone => Err(format!(
                "the recorded run sent other traffic in this case ({})",
                other.traffic.join("; ")
            )),
            _ => Ok(()),
        }
    }

    fn capture(&self, port: &CapturedPort<'_>, _into: &Path) -> Result<(), String> {
        Err(format!(
            "the recorded run took no capture of {} {} for this name in this case",
            port.device, port.interface
        ))
    }

    fn recorded_watch(&self, part: Part) -> Option<RecordedWatch> {
        let captured = self.recorded(part)?;
        Some(RecordedWatch {
            from: captured.from,
            until: captured.to,
            traffic_stopped: captured.traffic_stopped,
            changed: captured.changed.clone(),
            emulated: captured.emulated,
        })
    }

    fn kept_captures(
        &self,
        part: Part,
        point: &str,
        link: &PlannedLink,
    ) -> Option<Result<Vec<(PathBuf, String)>, String>> {
        let mut links = self.recorded(part).into_iter().flat_map(|captured| &captured.links);
        let found = links.find(|known| {
            // The bundle's own suite names files from another folder than the run did.
            let is_meant = self.alone || known.from == link.from.to_string();
            known.point == point && known.link == link.name && is_meant && !known.evidence.is_empty()
        });
        match found {
            Some(found) => Some(found.evidence.iter().map(|path| self.kept_capture(path)).collect()),
            None if self.alone => Some(Err(format!("the recorded run kept no capture of {}", link.name))),
            None => None,
        }
    }

    fn has_clock(&self) -> bool {
        false
    }

    fn now(&self) -> Instant {
        let passed = self.timeline().now();
        self.began.checked_add(passed).unwrap_or(self.began)
    }
}
