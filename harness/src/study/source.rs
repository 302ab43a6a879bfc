//! Several capture files read at once, their packets in the order of time.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use checks::capture::container::Integrity;
use checks::capture::event::{ControlPacket, PointId, Sighting};
use checks::capture::measure::{FlowId, FlowSink, LabelStacks, LaneId, Observation};
use checks::capture::observe::{Observer, SequenceSource, Unmeasured};
use checks::capture::packet::{FlowKey, Roles, decode, labelled};
use checks::capture::{LinkType, Record, Timestamp};

use crate::capture::{CaptureError, CaptureFile};

/// Packets in a batch.
const BATCH: usize = 2048;
/// Batches of one file that may wait.
const WAITING: usize = 4;

/// One packet of a file.
pub(super) struct Seen {
    /// When, in nanoseconds.
    pub time: i64,
    pub what: What,
}

/// What a packet is to a study.
pub(super) enum What {
    /// A flow, by the file's own number, is met for the first time; with its TTL or hop limit.
    Flow(FlowId, FlowKey, Option<u8>),
    /// A packet of a measured flow, by the file's own number.
    Observation(Observation),
    /// A control packet: it is looked at where all packets of the point come together.
    Control(Box<Kept>),
    /// Something else.
    Unrelated,
    /// A packet without a time.
    Timeless,
}

/// A packet kept whole.
pub(super) struct Kept {
    pub number: u64,
    pub link_type: LinkType,
    pub original_length: u32,
    pub captured: Vec<u8>,
}

impl Kept {
    /// The packet as it was in its file.
    pub fn record(&self, time: i64) -> Record<'_> {
        Record {
            number: self.number,
            offset: 0,
            interface: 0,
            link_type: self.link_type,
            time: Some(Timestamp::from_nanoseconds(time)),
            captured: &self.captured,
            original_length: self.original_length,
            direction: None,
        }
    }
}

/// What is known of a file once it has been read.
#[derive(Debug, Clone)]
pub struct FileRead {
    /// Its path.
    pub path: PathBuf,
    /// How far it can be trusted.
    pub integrity: Integrity,
    /// Packets that were meant and could not be measured.
    pub unmeasured: Unmeasured,
    /// Its packets.
    pub packets: u64,
    /// Its interfaces.
    pub interfaces: usize,
}

/// A file and the lane that its packets belong to.
pub(super) struct Source {
    pub path: PathBuf,
    pub lane: LaneId,
}

/// How files are read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub roles: Roles,
    pub sequence: SequenceSource,
    pub flows_at_most: usize,
    /// Whether control packets are wanted.
    pub control: bool,
}

/// Reads the files, and gives their packets to `each` in the order of time, with the position of the file. Returns of each
/// file what is known of it, and the label stacks of its flows by their numbers in it.
pub(super) fn read(
    sources: &[Source],
    reading: &Reading,
    mut each: impl FnMut(usize, LaneId, Seen),
) -> Result<Vec<(FileRead, LabelStacks)>, CaptureError> {
    let files: Vec<CaptureFile> = sources
        .iter()
        .map(|source| CaptureFile::open(&source.path))
        .collect::<Result<_, _>>()?;
    thread::scope(|scope| {
        let mut inputs = Vec::with_capacity(sources.len());
        let mut threads = Vec::with_capacity(sources.len());
        for (file, source) in files.into_iter().zip(sources) {
            let (sender, receiver) = sync_channel(WAITING);
            let lane = source.lane;
            let thread = thread::Builder::new()
                .name("capture".to_owned())
                .spawn_scoped(scope, move || one_file(file, lane, reading, sender))
                .map_err(|cause| CaptureError::Thread {
                    path: source.path.clone(),
                    cause,
                })?;
            threads.push(thread);
            inputs.push(Input {
                receiver,
                batch: Vec::new().into_iter(),
                head: None,
            });
        }
        for input in &mut inputs {
            input.advance();
        }
        // Few files: the earliest head is found by looking at all.
        while let Some(next) = earliest(&inputs) {
            let Some((input, source)) = inputs.get_mut(next).zip(sources.get(next)) else {
                break;
            };
            if let Some(seen) = input.head.take() {
                each(next, source.lane, seen);
            }
            input.advance();
        }
        drop(inputs);
        threads
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(read) => read,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

fn earliest(inputs: &[Input]) -> Option<usize> {
    inputs
        .iter()
        .enumerate()
        .filter_map(|(index, input)| Some((input.head.as_ref()?.time, index)))
        .min()
        .map(|(_, index)| index)
}

struct Input {
    receiver: Receiver<Vec<Seen>>,
    batch: std::vec::IntoIter<Seen>,
    head: Option<Seen>,
}

impl Input {
    fn advance(&mut self) {
        loop {
            self.head = self.batch.next();
            if self.head.is_some() {
                return;
            }
            match self.receiver.recv() {
                Ok(batch) => self.batch = batch.into_iter(),
                Err(_) => return,
            }
        }
    }
}

/// What the observer says of the packet at hand.
#[derive(Default)]
struct One {
    observation: Option<Observation>,
}

impl FlowSink for One {
    fn observe(&mut self, observation: &Observation) {
        self.observation = Some(*observation);
    }

    fn unrelated(&mut self, _lane: LaneId, _time: i64) {}
}

fn one_file(
    file: CaptureFile,
    lane: LaneId,
    reading: &Reading,
    sender: SyncSender<Vec<Seen>>,
) -> Result<(FileRead, LabelStacks), CaptureError> {
    let path = file.path().to_owned();
    let mut observer = Observer::new(reading.roles.clone(), reading.sequence, reading.flows_at_most);
    let mut batch = Vec::with_capacity(BATCH);
    let mut latest = i64::MIN;
    let mut known = 0;
    let mut stacks = LabelStacks::default();
    let reader = file.read(|record| {
        let Some(time) = record.time.map(Timestamp::as_nanoseconds) else {
            batch.push(Seen {
                time: latest,
                what: What::Timeless,
            });
            return;
        };
        latest = time;
        let mut one = One::default();
        observer.observe(record, lane, &mut one);
        let what = match one.observation {
            Some(observation) => {
                if let Some(key) = observer.flows().keys().get(known) {
                    known += 1;
                    let ttl = decode(record, &reading.roles).ip.map(|ip| ip.ttl);
                    batch.push(Seen {
                        time,
                        what: What::Flow(observation.flow, *key, ttl),
                    });
                }
                let labels = labelled(record, &reading.roles);
                stacks.observe(observation.flow, lane, time, labels.as_ref());
                What::Observation(observation)
            }
            None if reading.control && is_control(record, &reading.roles) => What::Control(Box::new(Kept {
                number: record.number,
                link_type: record.link_type,
                original_length: record.original_length,
                captured: record.captured.to_vec(),
            })),
            None => {
                if let Some(labels) = labelled(record, &reading.roles).filter(|labels| labels.unread) {
                    stacks.unread(labels.stack, 1);
                }
                What::Unrelated
            }
        };
        batch.push(Seen { time, what });
        if batch.len() >= BATCH {
            // Nobody takes it when the study has ended.
            let _ = sender.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
        }
    })?;
    let _ = sender.send(batch);
    let read = FileRead {
        path,
        integrity: reader.integrity(),
        unmeasured: observer.unmeasured(),
        packets: reader.packets(),
        interfaces: reader.interfaces().len(),
    };
    Ok((read, stacks))
}

fn is_control(record: &Record<'_>, roles: &Roles) -> bool {
    let Some(time) = record.time else { return false };
    let seen = Sighting {
        time,
        point: PointId(0),
        file: 0,
        packet: record.number,
    };
    ControlPacket::of(seen, &decode(record, roles)).is_some()
}
