//! A capture, rendered from the history into a file.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};

use super::file::{CaptureFile, CaptureFormat, Direction, FileHeader};
use super::link_packets;
use super::past::Past;
use super::routed_packets;
use super::session_packets::{self, IsExternal};
use super::timeline::{Observed, Timeline};
use crate::network::{History, Moment, Way};
use crate::traffic::{Traffic, departures};

/// Bytes that are written at once.
const BUFFER: usize = 1 << 16;

/// What a capture is rendered from.
pub struct Scene<'a> {
    /// What has happened.
    pub history: &'a History,
    /// How many devices there are.
    pub devices: usize,
    /// All traffic that ran.
    pub traffic: &'a [Traffic],
    /// Whether a BGP session is with another AS.
    pub is_external: &'a IsExternal<'a>,
    /// When the lab's clock began, in nanoseconds since 1970.
    pub epoch: u64,
    /// Name of the lab.
    pub lab: &'a str,
}

/// An observed port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The way that leaves by the port.
    pub way: Way,
    /// Name of device and port.
    pub name: String,
    /// Where its link leads.
    pub description: String,
    /// The only direction that is seen.
    pub direction: Option<Direction>,
}

/// Writes what passes the points from an instant of the lab's clock on and before another; gives the number of packets
/// at each point.
pub fn write<W: Write>(
    scene: &Scene<'_>,
    points: &[Observation],
    window: (u64, u64),
    format: CaptureFormat,
    writer: W,
) -> io::Result<(W, Vec<u64>)> {
    let past = Past::new(scene.history, scene.devices);
    let early = (past.early(Moment::from_nanos(window.0)).nanos(), window.1);
    let mut observed = Observed::new();
    let mut links = BTreeSet::new();
    for (index, point) in points.iter().enumerate() {
        links.insert(point.way.link);
        for (way, direction) in [(point.way, Direction::Out), (point.way.back(), Direction::In)] {
            if point.direction.is_none_or(|only| only == direction) {
                observed.entry((way, direction)).or_default().push(index);
            }
        }
    }
    let mut sources = link_packets::sources(&past, &links, early);
    sources.extend(routed_packets::sources(&past, early));
    sources.extend(session_packets::sources(&past, scene.is_external, window.1));
    for traffic in scene.traffic {
        if traffic.schedule.count(early.0, early.1) > 0 {
            sources.push(Box::new(departures(traffic, &past, scene.epoch, early)));
        }
    }
    let header = FileHeader {
        application: format!("netverdict {} emulated lab", env!("CARGO_PKG_VERSION")),
        comment: format!(
            "Emulated: computed by netverdict's lab `{}`, not captured on a network. It tests measuring, never a \
             vendor's product.",
            scene.lab
        ),
        interfaces: points
            .iter()
            .map(|point| (point.name.clone(), point.description.clone()))
            .collect(),
    };
    let mut file = CaptureFile::begin(BufWriter::with_capacity(BUFFER, writer), format, &header)?;
    let mut counts = vec![0; points.len()];
    let mut frame = Vec::new();
    for sighting in Timeline::new(sources, observed, window) {
        sighting.frame(&mut frame);
        let at = scene.epoch.saturating_add(sighting.at);
        file.packet(sighting.point, at, Some(sighting.direction), &frame)?;
        if let Some(count) = counts.get_mut(sighting.point) {
            *count += 1;
        }
    }
    let buffer = file.end(
        scene.epoch.saturating_add(window.0),
        scene.epoch.saturating_add(window.1),
    )?;
    let writer = buffer.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok((writer, counts))
}
