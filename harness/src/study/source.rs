//! The capture files of a point, their packets in the order of time.

use std::path::PathBuf;

use checks::capture::Record;
use checks::capture::container::{Integrity, Reader};
use checks::capture::measure::{FlowId, LabelStacks, LaneId, Observation};
use checks::capture::observe::{SequenceSource, Unmeasured};
use checks::capture::packet::{LabelStack, Labelled, Roles};

use super::LinkFiles;
pub(super) use super::batch::Kept;
use super::labels::FileLabels;
pub(super) use super::look::Met;
use super::look::{Look, Looked, Packets};
use super::{merge, together};
use crate::capture::{Blocks, CaptureError, CaptureFile, interfaces_named};

/// What is known of a file once it has been read.
#[derive(Debug, Clone)]
pub struct FileRead {
    /// Its path.
    pub path: PathBuf,
    /// What it is called in messages, where that is not its path.
    pub called: Option<String>,
    /// The interface that was read, where not all were.
    pub interface: Option<String>,
    /// How far it can be trusted.
    pub integrity: Integrity,
    /// Packets that were meant and could not be measured.
    pub unmeasured: Unmeasured,
    /// Its packets, of that interface.
    pub packets: u64,
    /// Its interfaces.
    pub interfaces: usize,
}

impl FileRead {
    /// What it is called, with the interface that was read: `x.pcapng#eth0`.
    pub fn name(&self) -> String {
        let path = || self.path.display().to_string();
        let name = self.called.clone().unwrap_or_else(path);
        match &self.interface {
            Some(interface) => format!("{name}#{interface}"),
            None => name,
        }
    }

    /// What the reader says of the interfaces that are meant, and those who looked of their packets.
    pub(super) fn of(source: &Source, only: Option<&[u32]>, reader: &Reader, looked: Looked) -> Self {
        Self {
            path: source.path.clone(),
            called: source.called.clone(),
            interface: source.interface.clone(),
            integrity: match only {
                Some(only) => reader.integrity_of_interfaces(only),
                None => reader.integrity(),
            },
            unmeasured: looked.unmeasured,
            packets: looked.packets,
            interfaces: reader.interfaces().len(),
        }
    }
}

/// A file and the lane that its packets belong to.
pub(super) struct Source {
    pub path: PathBuf,
    /// What it is called in messages, where that is not its path.
    pub called: Option<String>,
    /// The interface whose packets are meant, where not all are.
    pub interface: Option<String>,
    pub lane: LaneId,
}

/// The files of the links of a point, whose numbers are the lanes.
pub(super) fn of_links(links: &[LinkFiles]) -> Vec<Source> {
    let lanes = links.iter().enumerate();
    lanes
        .flat_map(|(lane, link)| {
            link.files.iter().enumerate().map(move |(file, path)| Source {
                path: path.clone(),
                called: link.evidence.get(file).filter(|name| !name.is_empty()).cloned(),
                interface: link.interface.clone(),
                lane: LaneId(u16::try_from(lane).unwrap_or(u16::MAX)),
            })
        })
        .collect()
}

/// How files are read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub roles: Roles,
    pub sequence: SequenceSource,
    pub flows_at_most: usize,
    /// Whether control packets are wanted.
    pub control: bool,
    /// How many threads share the work on a single file.
    pub threads: usize,
}

/// What is told of the packets of a point, in the order of time, with the position of their file.
pub(super) trait Measure {
    /// A flow, by the file's own number, is met for the first time in the file.
    fn flow(&mut self, source: usize, lane: LaneId, flow: FlowId, met: &Met);

    /// A packet of a measured flow, by the file's own number.
    fn observation(&mut self, source: usize, observation: Observation);

    /// A control packet.
    fn control(&mut self, source: usize, lane: LaneId, time: i64, kept: &Kept<'_>);

    /// Something else.
    fn unrelated(&mut self, lane: LaneId, time: i64);
}

/// Reads the files, and tells of their packets in the order of time. Returns of each file what is known of it, and the
/// label stacks of its flows by their numbers in it.
pub(super) fn read(
    sources: &[Source],
    reading: &Reading,
    measure: &mut impl Measure,
) -> Result<Vec<(FileRead, LabelStacks)>, CaptureError> {
    let mut files: Vec<Opened<'_>> = sources.iter().map(Opened::of).collect::<Result<_, CaptureError>>()?;
    of_different_interfaces(&files)?;
    match files.pop() {
        Some(file) if files.is_empty() => Ok(vec![match reading.threads {
            0 | 1 => alone(file, reading, measure)?,
            threads => together::read(file, reading, threads, Blocks::OCTETS, measure)?,
        }]),
        last => {
            files.extend(last);
            merge::read(files, reading, measure)
        }
    }
}

/// A file that was opened, and what is meant of it.
pub(super) struct Opened<'s> {
    pub source: &'s Source,
    pub file: CaptureFile,
    /// The numbers of the interfaces that are meant, where not all are.
    pub only: Option<Vec<u32>>,
}

impl<'s> Opened<'s> {
    fn of(source: &'s Source) -> Result<Self, CaptureError> {
        let named = |wanted| interfaces_named(&source.path, wanted);
        let only = source.interface.as_deref().map(named).transpose()?;
        Ok(Self {
            source,
            file: CaptureFile::open(&source.path)?,
            only,
        })
    }
}

/// Refuses one interface under its name and its number.
fn of_different_interfaces(files: &[Opened<'_>]) -> Result<(), CaptureError> {
    let mut known: Vec<(&Source, &[u32])> = Vec::new();
    for Opened { source, only, .. } in files {
        let Some(only) = only else { continue };
        for (other, numbers) in &known {
            if other.path == source.path && only.iter().any(|number| numbers.contains(number)) {
                return Err(CaptureError::SameInterface {
                    path: source.path.clone(),
                    one: other.interface.clone().unwrap_or_default(),
                    other: source.interface.clone().unwrap_or_default(),
                });
            }
        }
        known.push((source, only));
    }
    Ok(())
}

/// Reads the only file of a point on this thread.
pub(super) fn alone(
    opened: Opened<'_>,
    reading: &Reading,
    measure: &mut impl Measure,
) -> Result<(FileRead, LabelStacks), CaptureError> {
    let Opened { source, file, only } = opened;
    let mut look = Look::new(reading, only.as_deref());
    let mut told = Told::new(measure);
    let reader = file.read(|record| look.at(record, source.lane, &mut told))?;
    let read = FileRead::of(source, only.as_deref(), &reader, look.looked());
    Ok((read, told.finish()))
}

/// Tells of the packets of the only file, by its numbers.
pub(super) struct Told<'m, M> {
    measure: &'m mut M,
    labels: FileLabels,
}

impl<'m, M: Measure> Told<'m, M> {
    pub(super) fn new(measure: &'m mut M) -> Self {
        Self {
            measure,
            labels: FileLabels::default(),
        }
    }

    /// The label stacks of the flows.
    pub(super) fn finish(self) -> LabelStacks {
        self.labels.finish()
    }
}

impl<M: Measure> Packets for Told<'_, M> {
    fn flow(&mut self, lane: LaneId, _time: i64, flow: FlowId, met: &Met) {
        self.measure.flow(0, lane, flow, met);
    }

    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    fn observation(&mut self, observation: Observation, labels: Option<&Labelled>) {
        self.labels
            .observe(observation.flow, observation.lane, observation.time, labels);
        self.measure.observation(0, observation);
    }

    fn control(&mut self, lane: LaneId, time: i64, record: &Record<'_>) {
        self.measure.control(0, lane, time, &Kept::of(record));
    }

    fn unrelated(&mut self, lane: LaneId, time: i64, unread: Option<LabelStack>) {
        if let Some(stack) = unread {
            self.labels.unread(stack);
        }
        self.measure.unrelated(lane, time);
    }

    fn timeless(&mut self, _lane: LaneId, _latest: i64) {}
}
