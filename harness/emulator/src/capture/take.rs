//! Captures of a lab.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::PoisonError;

use super::file;
use super::past::Past;
use super::render::{Observation, Scene, write};
use super::request::{CaptureError, CapturePoint, CaptureRequest, CaptureSummary, MOST_PACKETS, MOST_POINTS};
use crate::fault::Direction;
use crate::interface_name::InterfaceName;
use crate::lab::Lab;
use crate::network::{BgpSettings, History, Moment, Vrf, Way, bgp_settings};
use crate::traffic::Traffic;

/// All that a capture is rendered from, so that the lab goes on meanwhile.
struct Prepared {
    history: History,
    traffic: Vec<Traffic>,
    points: Vec<Observation>,
    settings: Vec<Option<BgpSettings>>,
    epoch: u64,
}

impl Lab {
    /// Writes a capture.
    pub fn capture<W: Write>(&self, request: &CaptureRequest, writer: W) -> Result<(W, CaptureSummary), CaptureError> {
        let prepared = self.prepare(request)?;
        Ok(self.render(request, &prepared, writer)?)
    }

    /// Writes a capture to a file. A file that cannot be finished is removed; nothing is written where the capture is
    /// not possible.
    pub fn capture_to(&self, request: &CaptureRequest, path: &Path) -> Result<CaptureSummary, CaptureError> {
        let prepared = self.prepare(request)?;
        let written = File::create(path).and_then(|file| {
            self.render(request, &prepared, file)
                .inspect_err(|_| drop(std::fs::remove_file(path)))
        });
        match written {
            Ok((_, summary)) => Ok(summary),
            Err(source) => Err(CaptureError::File {
                path: path.to_owned(),
                source,
            }),
        }
    }

    fn prepare(&self, request: &CaptureRequest) -> Result<Prepared, CaptureError> {
        let timed = self.timed().ok_or(CaptureError::NotComputed)?;
        let points = self.observations(&request.points)?;
        if request.from >= request.to {
            return Err(CaptureError::Backwards);
        }
        // In this order: traffic that is started meanwhile begins after what is known.
        let history = timed.now().history().clone();
        let traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let early = Past::new(&history, self.devices.len()).early(request.from);
        check_window(request, &history, early)?;
        let counts = traffic
            .iter()
            .map(|traffic| traffic.schedule.count(early.nanos(), request.to.nanos()));
        let packets = counts.fold(0, u64::saturating_add).saturating_mul(points.len() as u64);
        if packets > MOST_PACKETS {
            return Err(CaptureError::TooLarge(packets));
        }
        Ok(Prepared {
            history,
            traffic,
            points,
            settings: self.snapshot().iter().map(|c| bgp_settings(c)).collect(),
            epoch: timed.epoch(),
        })
    }

    fn render<W: Write>(
        &self,
        request: &CaptureRequest,
        prepared: &Prepared,
        writer: W,
    ) -> std::io::Result<(W, CaptureSummary)> {
        let is_external = |device: usize, vrf: &Vrf, peer: Ipv4Addr| {
            let own = prepared.settings.get(device).and_then(Option::as_ref);
            own.is_some_and(|own| {
                let mut peers = own.peers.iter();
                peers.any(|known| known.vrf == *vrf && known.address == peer && known.remote_as != own.as_number)
            })
        };
        let scene = Scene {
            history: &prepared.history,
            devices: self.devices.len(),
            traffic: &prepared.traffic,
            is_external: &is_external,
            epoch: prepared.epoch,
            lab: &self.name,
        };
        let window = (request.from.nanos(), request.to.nanos());
        let (writer, packets) = write(&scene, &prepared.points, window, request.format, writer)?;
        Ok((writer, CaptureSummary { packets }))
    }

    fn observations(&self, points: &[CapturePoint]) -> Result<Vec<Observation>, CaptureError> {
        if points.is_empty() {
            return Err(CaptureError::NoPoint);
        }
        if points.len() > MOST_POINTS {
            return Err(CaptureError::TooManyPoints(points.len()));
        }
        let mut seen = BTreeSet::new();
        points
            .iter()
            .map(|point| {
                let observation = self.observation(point)?;
                if seen.insert(observation.way) {
                    Ok(observation)
                } else {
                    Err(CaptureError::PointTwice(observation.name))
                }
            })
            .collect()
    }

    fn observation(&self, point: &CapturePoint) -> Result<Observation, CaptureError> {
        let mut devices = self.devices.iter();
        let device = devices
            .position(|device| device.name == point.device)
            .ok_or_else(|| CaptureError::UnknownDevice(point.device.clone()))?;
        let port = InterfaceName::parse(&point.interface).filter(InterfaceName::is_physical);
        let found = port.and_then(|port| {
            let here = (device, port);
            self.links.iter().enumerate().find_map(|(link, ends)| {
                let from = ends.iter().position(|end| *end == here)?;
                Some((Way { link, from }, ends))
            })
        });
        let (way, ends) = found.ok_or_else(|| CaptureError::NoLink {
            device: point.device.clone(),
            interface: point.interface.clone(),
        })?;
        let name = |from: usize| {
            let (device, port) = ends.get(from)?;
            Some(format!("{} {port}", self.devices.get(*device)?.name))
        };
        Ok(Observation {
            way,
            name: name(way.from).unwrap_or_default(),
            description: format!("emulated; link to {}", name(way.back().from).unwrap_or_default()),
            direction: match point.direction {
                Direction::Sent => Some(file::Direction::Out),
                Direction::Received => Some(file::Direction::In),
                Direction::Both => None,
            },
        })
    }
}

/// Whether all that passes in a window is known; its first packets set out at `early`.
fn check_window(request: &CaptureRequest, history: &History, early: Moment) -> Result<(), CaptureError> {
    if request.to > history.now() {
        return Err(CaptureError::NotYet(request.to.since(history.now())));
    }
    if early < history.earliest() {
        return Err(CaptureError::Forgotten(history.earliest().since(early)));
    }
    let known = history.not_modelled();
    for (index, (since, reason)) in known.iter().enumerate() {
        let is_over = known.get(index + 1).is_some_and(|(until, _)| *until <= early);
        if let Some(reason) = reason
            && *since < request.to
            && !is_over
        {
            return Err(CaptureError::NotModelled(reason.clone()));
        }
    }
    Ok(())
}
