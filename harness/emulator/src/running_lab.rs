//! A lab that is being served.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::{Builder, Runtime};

use crate::capture::{CaptureError, CaptureRequest, CaptureSummary};
use crate::configuration::IgnoredLine;
use crate::error::EmulatorError;
use crate::fault::{Direction, Fault, FaultError, Impairment, ImpairmentId};
use crate::host_key;
use crate::lab::Lab;
use crate::network::Moment;
use crate::spec::{Endpoint, LabSpec, ServeOptions};
use crate::ssh::{self, Login};
use crate::traffic::{StartedTraffic, TrafficError, TrafficId, TrafficSpec};

/// Where a device can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedDevice {
    /// Its name in the lab.
    pub name: String,
    /// Address and port of its SSH server.
    pub address: SocketAddr,
}

/// A line of a device's start configuration that the emulator did not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The device.
    pub device: String,
    /// Line number in its configuration, from 1.
    pub line: usize,
    /// The line as it stands.
    pub text: String,
    /// Why it was ignored.
    pub reason: String,
    /// Whether it could change what is computed: then no answer about the network is computed.
    pub matters: bool,
}

/// A lab that is being served. Dropping it ends all sessions and closes the ports.
pub struct RunningLab {
    runtime: Option<Runtime>,
    endpoints: Vec<ServedDevice>,
    fingerprint: String,
    ignored: Vec<Ignored>,
    lab: Arc<Lab>,
}

impl std::fmt::Debug for RunningLab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningLab")
            .field("endpoints", &self.endpoints)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl RunningLab {
    /// Loads the lab and serves every device; returns once all of them accept connections.
    pub fn start(spec: LabSpec, options: ServeOptions) -> Result<Self, EmulatorError> {
        if !options.address.is_loopback() {
            return Err(EmulatorError::NotLoopback(options.address));
        }
        if options.username.is_empty() || options.password.is_empty() {
            return Err(EmulatorError::NoCredentials);
        }
        let lab = Arc::new(Lab::new(&spec)?);
        let key = host_key::obtain(&options.host_key)?;
        let fingerprint = host_key::fingerprint(&key);
        let config = ssh::configuration(key);
        let login = Arc::new(Login {
            username: options.username,
            password: options.password,
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("emulated-lab")
            .enable_all()
            .build()
            .map_err(EmulatorError::Runtime)?;
        let mut endpoints = Vec::new();
        {
            let _inside = runtime.enter();
            // Fixed ports first, so that a free one handed out is not one that is asked for.
            let mut order: Vec<usize> = (0..spec.devices.len()).collect();
            order.sort_by_key(|&index| spec.devices.get(index).is_none_or(|device| device.port.is_none()));
            for index in order {
                let Some(device) = spec.devices.get(index) else {
                    continue;
                };
                let address = SocketAddr::new(options.address, device.port.unwrap_or(0));
                let listening = ssh::listen(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
                let (address, listener) = listening.map_err(|source| EmulatorError::Listen {
                    device: device.name.clone(),
                    address,
                    source,
                })?;
                endpoints.push((
                    index,
                    ServedDevice {
                        name: device.name.clone(),
                        address,
                    },
                ));
                runtime.spawn(ssh::serve(
                    listener,
                    Arc::clone(&config),
                    Arc::clone(&lab),
                    index,
                    Arc::clone(&login),
                ));
            }
        }
        endpoints.sort_by_key(|(index, _)| *index);
        let ignored = lab
            .devices
            .iter()
            .flat_map(|device| {
                device.ignored.iter().map(|ignored: &IgnoredLine| Ignored {
                    device: device.name.clone(),
                    line: ignored.line,
                    text: ignored.text.clone(),
                    reason: ignored.reason.clone(),
                    matters: ignored.matters,
                })
            })
            .collect();
        Ok(Self {
            runtime: Some(runtime),
            endpoints: endpoints.into_iter().map(|(_, endpoint)| endpoint).collect(),
            fingerprint,
            ignored,
            lab,
        })
    }

    /// Where each device can be reached, in the order of the lab.
    pub fn endpoints(&self) -> &[ServedDevice] {
        &self.endpoints
    }

    /// The fingerprint of the host key that all devices show, as OpenSSH prints it.
    pub fn host_key_fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    /// The lines of the start configurations that were not understood.
    pub fn ignored_lines(&self) -> &[Ignored] {
        &self.ignored
    }

    /// Makes a fault of the link at an interface, now; the direction is seen from there.
    ///
    /// # Errors
    /// The lab is not computed, or has no such link; a share is not between 0 and 1.
    pub fn fault(&self, end: &Endpoint, direction: Direction, fault: Fault) -> Result<(), FaultError> {
        self.lab.fault(end, direction, fault)
    }

    /// Impairs the link at an interface, now, until [`repair`](Self::repair); the direction is seen from there. What
    /// else is wrong with the link stays, before and after.
    ///
    /// # Errors
    /// The lab is not computed, or has no such link; a share is not between 0 and 1.
    pub fn impair(
        &self,
        end: &Endpoint,
        direction: Direction,
        impairment: Impairment,
    ) -> Result<ImpairmentId, FaultError> {
        self.lab.impair(end, direction, impairment)
    }

    /// Ends an impairment, now.
    ///
    /// # Errors
    /// It is not in force.
    pub fn repair(&self, id: ImpairmentId) -> Result<(), FaultError> {
        self.lab.repair(id)
    }

    /// The present instant of the simulated time; none in a lab that is not computed.
    pub fn now(&self) -> Option<Moment> {
        Some(self.lab.timed()?.now().now())
    }

    /// Lets time pass up to an instant in a lab that is [`Clock::Stepped`](crate::Clock); nothing happens in another.
    pub fn advance_to(&self, instant: Moment) {
        if let Some(timed) = self.lab.timed() {
            timed.advance_to(instant);
        }
    }

    /// Lets time pass until nothing more happens by itself, at most so long, in a lab that is
    /// [`Clock::Stepped`](crate::Clock). Whether the network has settled.
    pub fn settle(&self, at_most: Duration) -> bool {
        self.lab.timed().is_some_and(|timed| timed.settle(at_most))
    }

    /// The wall-clock time of an instant of simulated time: what captures show. None in a lab that is not computed.
    ///
    /// In real time the two clocks went side by side since the lab was started; a clock that is
    /// [`Stepped`](crate::Clock::Stepped) begins with the year 2026.
    pub fn wall_clock(&self, instant: Moment) -> Option<SystemTime> {
        let epoch = self.lab.timed()?.epoch();
        UNIX_EPOCH.checked_add(Duration::from_nanos(epoch.saturating_add(instant.nanos())))
    }

    /// The instant of simulated time at a wall-clock time; the start of the lab if it was before. None in a lab that is
    /// not computed.
    pub fn instant_at(&self, time: SystemTime) -> Option<Moment> {
        let epoch = UNIX_EPOCH.checked_add(Duration::from_nanos(self.lab.timed()?.epoch()))?;
        Some(Moment::START + time.duration_since(epoch).unwrap_or_default())
    }

    /// Starts constant-rate UDP traffic, now.
    ///
    /// # Errors
    /// The lab is not computed, does not have the device or the VPN instance, has too much traffic already, or the
    /// traffic is beyond a limit of [`TrafficSpec`].
    ///
    /// # Examples
    /// Traffic across a lab in real time, and what a mirror port saw of it:
    /// ```no_run
    /// # use std::error::Error;
    /// use emulator::{CapturePoint, CaptureRequest, CaptureFormat, Direction, RunningLab, TrafficSpec};
    ///
    /// # fn example(lab: &RunningLab) -> Result<(), Box<dyn Error>> {
    /// let started = lab.start_traffic(&TrafficSpec {
    ///     device: "CE2".into(),
    ///     destination: "1.1.1.1".parse()?,
    ///     flows: 100,
    ///     packets_per_second: 1_000,
    ///     ..TrafficSpec::default()
    /// })?;
    /// std::thread::sleep(std::time::Duration::from_secs(2));
    /// let stopped = lab.stop_traffic(started.id)?;
    /// let summary = lab.capture_to(
    ///     &CaptureRequest {
    ///         points: vec![CapturePoint {
    ///             device: "CE1".into(),
    ///             interface: "GigabitEthernet0/1/0".into(),
    ///             direction: Direction::Both,
    ///         }],
    ///         from: started.start,
    ///         to: stopped,
    ///         format: CaptureFormat::Pcapng,
    ///     },
    ///     "ce1.pcapng".as_ref(),
    /// )?;
    /// println!("{:?} packets", summary.packets);
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_traffic(&self, spec: &TrafficSpec) -> Result<StartedTraffic, TrafficError> {
        self.lab.start_traffic(spec)
    }

    /// Stops traffic, now; says when.
    ///
    /// # Errors
    /// There is no such traffic, or it does not run any more.
    pub fn stop_traffic(&self, id: TrafficId) -> Result<Moment, TrafficError> {
        self.lab.stop_traffic(id)
    }

    /// Writes what mirrored ports saw in a window that has passed, in the order of time. The same window of the same
    /// course of events gives the same bytes. Memory does not grow with the size of the capture; the lab goes on while
    /// it is written.
    ///
    /// # Errors
    /// The lab is not computed or does not have a port; the window is empty, not over, no longer remembered, or of a
    /// time when the network was not computed; the capture would be too large; it cannot be written.
    pub fn capture<W: Write>(&self, request: &CaptureRequest, writer: W) -> Result<(W, CaptureSummary), CaptureError> {
        self.lab.capture(request, writer)
    }

    /// The same, to a file, which is removed if it cannot be finished.
    ///
    /// # Errors
    /// As for [`capture`](Self::capture).
    pub fn capture_to(&self, request: &CaptureRequest, path: &Path) -> Result<CaptureSummary, CaptureError> {
        self.lab.capture_to(request, path)
    }

    /// Ends all sessions and closes the ports.
    pub fn stop(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}

impl Drop for RunningLab {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
