//! Traffic and captures of a case, their values filled in.

use std::fmt;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use checks::phrase::{Assertion, CaptureAssertion, Phrase};
use checks::value::InterfaceName;
use reports::event::LabKind;

use super::build::LAB;
use super::change::device_of;
use super::fill::{Filled, Values, fill};
use super::pseudowires::plan_pseudowires;
use super::same_packets::same_packets;
use crate::capture::{CaptureError, interfaces_named};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::inventory::Inventory;
use crate::source::Written;
use crate::study::Pseudowires;
use crate::suite::{Capture, CaptureSource, Point, Traffic};

/// Flows that are sent while a case runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTraffic {
    /// Its name.
    pub name: String,
    /// Device that sends it.
    pub from: String,
    /// Source address; where there is none the device chooses.
    pub source: Option<Ipv4Addr>,
    /// Destination address.
    pub to: Ipv4Addr,
    /// VPN instance of the sending device.
    pub vrf: Option<String>,
    /// How many flows.
    pub flows: u32,
    /// Packets a second of each flow.
    pub rate: u32,
    /// Octets of each packet, from the IP header on.
    pub size: u16,
}

impl fmt::Display for PlannedTraffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: from {}", self.name, self.from)?;
        if let Some(source) = self.source {
            write!(f, " ({source})")?;
        }
        write!(f, " to {}", self.to)?;
        if let Some(vrf) = &self.vrf {
            write!(f, " in {vrf}")?;
        }
        let Self { flows, rate, size, .. } = self;
        write!(f, ", {flows} flows of {rate} packets/s, {size} octets each")
    }
}

/// A point of observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPoint {
    /// Its name.
    pub name: String,
    /// Its links, one or more.
    pub links: Vec<PlannedLink>,
}

/// A link that is captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedLink {
    /// Its name.
    pub name: String,
    /// Where its packets come from.
    pub from: PacketSource,
}

/// Where the packets of a link come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PacketSource {
    /// A mirror of a device's port, both directions.
    Port {
        /// The device.
        device: String,
        /// The port.
        interface: String,
    },
    /// Files, in the order of time.
    Files {
        /// Their paths.
        files: Vec<PathBuf>,
        /// The interface of theirs whose packets are meant, by its name or number; all of them where none is said.
        interface: Option<String>,
    },
}

impl fmt::Display for PacketSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { device, interface } => write!(f, "{device} {interface}"),
            Self::Files { files, interface } => {
                let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
                f.write_str(&files.join(", "))?;
                interface
                    .iter()
                    .try_for_each(|interface| write!(f, ", interface {interface}"))
            }
        }
    }
}

/// What a case captures, and by which labels it is read.
pub(super) struct Captured {
    /// Its points of observation.
    pub points: Vec<PlannedPoint>,
    /// The labels of pseudowires.
    pub pseudowires: Vec<Pseudowires>,
}

/// The traffic of a case.
pub(super) fn plan_traffic(traffic: &[Traffic], values: Values<'_>, mistakes: &mut Diagnostics) -> Vec<PlannedTraffic> {
    let mut planned: Vec<PlannedTraffic> = Vec::new();
    for traffic in traffic {
        let name = fill(&traffic.name, values, mistakes);
        let from = device_of(&traffic.from, values, mistakes);
        let source = traffic.source.as_ref().map(|text| address(text, values, mistakes));
        let to = address(&traffic.to, values, mistakes);
        let vrf = traffic.vrf.as_ref().map(|text| fill(text, values, mistakes));
        let (Some(name), Some(from), Some(to)) = (name, from, to) else {
            continue;
        };
        if matches!(source, Some(None)) || matches!(vrf, Some(None)) {
            continue;
        }
        if planned.iter().any(|known| known.name == name.text) {
            let whole = 0..name.text.len();
            mistakes.push(name.mistake(whole, format!("two kinds of traffic are named `{}`", name.text)));
        }
        planned.push(PlannedTraffic {
            name: name.text,
            from,
            source: source.flatten(),
            to,
            vrf: vrf.flatten().map(|vrf| vrf.text),
            flows: traffic.flows,
            rate: traffic.rate,
            size: traffic.size,
        });
    }
    planned
}

fn address(text: &Written, values: Values<'_>, mistakes: &mut Diagnostics) -> Option<Ipv4Addr> {
    let filled = fill(text, values, mistakes)?;
    let address = filled.text.trim().parse().ok();
    if address.is_none() {
        let whole = 0..filled.text.len();
        let message = format!("`{}` is not an IPv4 address", filled.text);
        mistakes.push(filled.mistake(whole, message));
    }
    address
}

/// What a case captures. Files are looked for from the suite's folder.
pub(super) fn plan_captures(capture: &Capture, values: Values<'_>, mistakes: &mut Diagnostics) -> Captured {
    Captured {
        points: plan_points(&capture.points, values, mistakes),
        pseudowires: plan_pseudowires(&capture.pseudowires, values, mistakes),
    }
}

fn plan_points(points: &[Point], values: Values<'_>, mistakes: &mut Diagnostics) -> Vec<PlannedPoint> {
    let mut planned: Vec<PlannedPoint> = Vec::new();
    for point in points {
        let Some(name) = fill(&point.name, values, mistakes) else {
            continue;
        };
        if let Some(wrong) = clash(&name.text, &planned, values.lab) {
            let whole = 0..name.text.len();
            mistakes.push(name.mistake(whole, wrong));
            continue;
        }
        let mut links: Vec<PlannedLink> = Vec::new();
        for link in &point.links {
            let Some(link_name) = fill(&link.name, values, mistakes) else {
                continue;
            };
            let known = links.iter().any(|known| known.name == link_name.text);
            let clash = clash(&link_name.text, &planned, values.lab);
            if let Some(wrong) = clash.or_else(|| known.then(|| format!("two links are named `{}`", link_name.text))) {
                let whole = 0..link_name.text.len();
                mistakes.push(link_name.mistake(whole, wrong));
                continue;
            }
            if let Some(from) = packets_of(&link.from, values, mistakes) {
                let link = PlannedLink {
                    name: link_name.text.clone(),
                    from,
                };
                if let Some(wrong) = same_packets(&link, &links, values.lab) {
                    mistakes.push(link_name.mistake(0..link_name.text.len(), wrong));
                }
                links.push(link);
            }
        }
        planned.push(PlannedPoint { name: name.text, links });
    }
    planned
}

/// Why a name cannot be that of a point or of a link.
fn clash(name: &str, planned: &[PlannedPoint], lab: &Inventory) -> Option<String> {
    if name == LAB {
        return Some("`lab` stands for the whole lab; a point of observation needs a name of its own".to_owned());
    }
    if lab.device(name).is_some() {
        return Some(format!(
            "`{name}` is a device; a point of observation needs a name of its own"
        ));
    }
    let links = planned.iter().flat_map(|point| &point.links).map(|link| &link.name);
    let mut taken = planned.iter().map(|point| &point.name).chain(links);
    taken
        .any(|known| known == name)
        .then(|| format!("two points or links are named `{name}`"))
}

fn packets_of(source: &CaptureSource, values: Values<'_>, mistakes: &mut Diagnostics) -> Option<PacketSource> {
    match source {
        CaptureSource::Port(text) => {
            let port = fill(text, values, mistakes)?;
            match port_of(&port, values.lab) {
                Ok(port) => Some(port),
                Err(mistake) => {
                    mistakes.push(*mistake);
                    None
                }
            }
        }
        CaptureSource::Files { files, interface } => {
            let mut paths = Vec::new();
            for file in files {
                let filled = fill(file, values, mistakes)?;
                let folder = file.file.path().parent().unwrap_or(Path::new(""));
                paths.push(folder.join(&filled.text));
            }
            let interface = match interface {
                Some(interface) => Some(interface_of(&fill(interface, values, mistakes)?, &paths, mistakes)),
                None => None,
            };
            Some(PacketSource::Files {
                files: paths,
                interface,
            })
        }
    }
}

/// The interface of files. Those that are there already are looked into; whether they are to be read is told later.
fn interface_of(interface: &Filled, files: &[PathBuf], mistakes: &mut Diagnostics) -> String {
    for file in files.iter().filter(|file| file.is_file()) {
        if let Err(error @ CaptureError::NoInterface { .. }) = interfaces_named(file, &interface.text) {
            mistakes.push(interface.mistake(0..interface.text.len(), error.to_string()));
            break;
        }
    }
    interface.text.clone()
}

/// `CE1 GigabitEthernet0/1/0`, a port of a link of the lab.
fn port_of(port: &Filled, lab: &Inventory) -> Result<PacketSource, Box<Diagnostic>> {
    let whole = 0..port.text.len();
    let Some((device, interface)) = port.text.trim().split_once(char::is_whitespace) else {
        return Err(Box::new(
            port.mistake(whole, format!("`{}` is no port", port.text))
                .label("expected a device and an interface: `CE1 GigabitEthernet0/1/0`")
                .help("a capture that exists already is named by `{file: PATH}`"),
        ));
    };
    if lab.device(device).is_none() {
        let known = lab.devices.iter().map(|device| device.name.as_str());
        return Err(Box::new(
            port.mistake(0..device.len(), format!("unknown device `{device}`"))
                .nearest(device, known),
        ));
    }
    let name = InterfaceName::new(interface);
    let ends = lab.links.iter().flat_map(|link| [&link.a, &link.b]);
    let ports: Vec<InterfaceName> = ends
        .filter(|end| end.device == device)
        .map(|end| InterfaceName::new(&end.interface))
        .collect();
    // A recorded lab keeps the links of the lab that it was recorded on.
    if lab.kind == LabKind::Emulated && !ports.contains(&name) {
        let known: Vec<String> = ports.iter().map(ToString::to_string).collect();
        return Err(Box::new(
            port.mistake(whole, format!("no link of the lab ends at {device} {name}"))
                .nearest(name.as_str(), known.iter().map(String::as_str)),
        ));
    }
    Ok(PacketSource::Port {
        device: device.to_owned(),
        interface: name.to_string(),
    })
}

/// What a phrase about captures needs of its case: points of observation, and the links that it names.
pub(super) fn check_capture(phrase: &Phrase, filled: &Filled, captured: &Captured) -> Result<(), Box<Diagnostic>> {
    let points = &captured.points;
    let Assertion::Capture(assertion) = &phrase.assertion else {
        return Ok(());
    };
    let whole = 0..filled.text.len();
    if points.is_empty() {
        return Err(Box::new(
            filled
                .mistake(whole, "the case captures nothing that this phrase could be decided on")
                .help("add `capture:` with points of observation to the case"),
        ));
    }
    let links = match assertion {
        CaptureAssertion::Balanced { links, .. } => links,
        CaptureAssertion::OneFlowLabel { vsi } => return check_vsi(vsi, filled, &captured.pseudowires),
        _ => return Ok(()),
    };
    let known: Vec<&str> = points
        .iter()
        .flat_map(|point| std::iter::once(&point.name).chain(point.links.iter().map(|link| &link.name)))
        .map(String::as_str)
        .collect();
    match links.iter().find(|link| !known.contains(&link.as_str())) {
        None => Ok(()),
        Some(unknown) => {
            let place = super::phrase::place_of(filled, unknown);
            Err(Box::new(
                filled
                    .mistake(place, format!("the case captures no link `{unknown}`"))
                    .nearest(unknown, known),
            ))
        }
    }
}

/// Nothing in a packet tells a flow label from the label of a pseudowire: the labels must be said.
fn check_vsi(vsi: &str, filled: &Filled, pseudowires: &[Pseudowires]) -> Result<(), Box<Diagnostic>> {
    if pseudowires.iter().any(|known| known.vsi == vsi) {
        return Ok(());
    }
    let place = super::phrase::place_of(filled, vsi);
    let mistake = filled.mistake(
        place,
        format!("the labels of the pseudowires of VSI {vsi} are not said"),
    );
    let known: Vec<&str> = pseudowires.iter().map(|known| known.vsi.as_str()).collect();
    Err(Box::new(if known.is_empty() {
        mistake.help(format!("add `pseudowires: {{{vsi}: [LABEL, …]}}` to `capture:`"))
    } else {
        mistake.nearest(vsi, known)
    }))
}
