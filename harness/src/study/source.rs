//! Several capture files read at once, their packets in the order of time.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use checks::capture::container::Integrity;
use checks::capture::event::{ControlPacket, PointId, Sighting, is_control_port};
use checks::capture::measure::{FlowId, FlowSink, LabelStacks, LaneId, Observation};
use checks::capture::observe::{Observer, SequenceSource, Unmeasured};
use checks::capture::packet::{Roles, decode, glimpse, labelled};
use checks::capture::{Record, Timestamp};

use super::LinkFiles;
use super::batch::Batch;
pub(super) use super::batch::{Seen, What};
use crate::capture::{CaptureError, CaptureFile, interfaces_named};

/// Batches of one file that may wait.
const WAITING: usize = 4;

/// What is known of a file once it has been read.
#[derive(Debug, Clone)]
pub struct FileRead {
    /// Its path.
    pub path: PathBuf,
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
    /// Its path, with the interface that was read: `x.pcapng#eth0`.
    pub fn name(&self) -> String {
        match &self.interface {
            Some(interface) => format!("{}#{interface}", self.path.display()),
            None => self.path.display().to_string(),
        }
    }
}

/// A file and the lane that its packets belong to.
pub(super) struct Source {
    pub path: PathBuf,
    /// The interface whose packets are meant, where not all are.
    pub interface: Option<String>,
    pub lane: LaneId,
}

/// The files of the links of a point, whose numbers are the lanes.
pub(super) fn of_links(links: &[LinkFiles]) -> Vec<Source> {
    let lanes = links.iter().enumerate();
    lanes
        .flat_map(|(lane, link)| {
            link.files.iter().map(move |path| Source {
                path: path.clone(),
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
}

/// Reads the files, and gives their packets to `each` in the order of time, with the position of the file. Returns of each
/// file what is known of it, and the label stacks of its flows by their numbers in it.
pub(super) fn read(
    sources: &[Source],
    reading: &Reading,
    mut each: impl FnMut(usize, LaneId, Seen<'_>),
) -> Result<Vec<(FileRead, LabelStacks)>, CaptureError> {
    let files: Vec<(CaptureFile, Option<Vec<u32>>)> = sources
        .iter()
        .map(|source| {
            let named = |wanted| interfaces_named(&source.path, wanted);
            let only = source.interface.as_deref().map(named).transpose()?;
            Ok((CaptureFile::open(&source.path)?, only))
        })
        .collect::<Result<_, CaptureError>>()?;
    of_different_interfaces(sources, &files)?;
    thread::scope(|scope| {
        let mut inputs = Vec::with_capacity(sources.len());
        let mut threads = Vec::with_capacity(sources.len());
        for ((file, only), source) in files.into_iter().zip(sources) {
            let (sender, receiver) = sync_channel(WAITING);
            let (returned, empty) = sync_channel(WAITING * 2);
            let lane = source.lane;
            let thread = thread::Builder::new()
                .name("capture".to_owned())
                .spawn_scoped(scope, move || {
                    one_file(
                        (file, source, only),
                        reading,
                        Batches {
                            batch: Batch::default(),
                            full: sender,
                            empty,
                        },
                    )
                })
                .map_err(|cause| CaptureError::Thread {
                    path: source.path.clone(),
                    cause,
                })?;
            threads.push(thread);
            inputs.push(Input {
                lane,
                receiver,
                returned,
                batch: Batch::default(),
                next: 0,
            });
        }
        for input in &mut inputs {
            input.refill();
        }
        // Few files: the earliest is found by looking at all. It goes on until another one's turn has come.
        while let Some((earliest, bound)) = earliest(&inputs) {
            let Some(input) = inputs.get_mut(earliest) else { break };
            while let Some(seen) = input.next_before(earliest, bound) {
                let lane = input.lane;
                each(earliest, lane, seen);
                input.next += 1;
            }
            input.refill();
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

/// Refuses one interface under its name and its number.
fn of_different_interfaces(sources: &[Source], files: &[(CaptureFile, Option<Vec<u32>>)]) -> Result<(), CaptureError> {
    let mut known: Vec<(&Source, &[u32])> = Vec::new();
    for (source, (_, only)) in sources.iter().zip(files) {
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

/// Time and position of a file's next packet: packets of the same time come in the order of their files.
type Turn = (i64, usize);

/// The file with the earliest packet, and the turn before which its packets come.
fn earliest(inputs: &[Input]) -> Option<(usize, Option<Turn>)> {
    let mut first: Option<Turn> = None;
    let mut second: Option<Turn> = None;
    for (index, input) in inputs.iter().enumerate() {
        let Some(time) = input.batch.time(input.next) else {
            continue;
        };
        let turn = (time, index);
        if first.is_none_or(|first| turn < first) {
            second = first.replace(turn);
        } else if second.is_none_or(|second| turn < second) {
            second = Some(turn);
        }
    }
    first.map(|(_, index)| (index, second))
}

/// A file that is being read on another thread.
struct Input {
    lane: LaneId,
    receiver: Receiver<Batch>,
    /// Where emptied batches go, to be filled again.
    returned: SyncSender<Batch>,
    batch: Batch,
    /// The position of the next packet in the batch.
    next: usize,
}

impl Input {
    /// The next packet of the batch if its turn is before `bound`.
    #[inline]
    fn next_before(&self, index: usize, bound: Option<Turn>) -> Option<Seen<'_>> {
        let time = self.batch.time(self.next)?;
        match bound {
            Some(bound) if (time, index) >= bound => None,
            _ => self.batch.seen(self.next, self.lane),
        }
    }

    /// Waits for the next batch once nothing is left of this one.
    fn refill(&mut self) {
        while self.batch.time(self.next).is_none() {
            let Ok(batch) = self.receiver.recv() else { return };
            let mut done = std::mem::replace(&mut self.batch, batch);
            self.next = 0;
            done.clear();
            // Nobody takes it when the reading has ended.
            let _ = self.returned.try_send(done);
        }
    }
}

/// Where a reading thread puts what it has read.
struct Batches {
    batch: Batch,
    full: SyncSender<Batch>,
    /// Emptied batches.
    empty: Receiver<Batch>,
}

impl Batches {
    #[inline]
    fn send_if_full(&mut self) {
        if self.batch.is_full() {
            self.send();
        }
    }

    #[inline(never)]
    fn send(&mut self) {
        let fresh = self.empty.try_recv().unwrap_or_default();
        // Nobody takes it when the study has ended.
        let _ = self.full.send(std::mem::replace(&mut self.batch, fresh));
    }
}

/// Packets of a flow without labels since the first of them.
#[derive(Clone, Copy)]
struct Unlabelled {
    packets: u64,
    first: i64,
    last: i64,
}

/// Counts packets without labels, of which there are many, flow by flow before they are added to the stacks.
#[derive(Default)]
struct UnlabelledFlows(Vec<Option<Unlabelled>>);

impl UnlabelledFlows {
    /// A packet of a flow, by its number in the file. The first one tells the stacks at once, which keep the order.
    #[inline]
    fn count(&mut self, flow: FlowId, lane: LaneId, time: i64, stacks: &mut LabelStacks) {
        if let Some(Some(counted)) = self.0.get_mut(flow.0 as usize) {
            counted.packets += 1;
            counted.first = counted.first.min(time);
            counted.last = counted.last.max(time);
        } else {
            self.begin(flow, lane, time, stacks);
        }
    }

    #[inline(never)]
    fn begin(&mut self, flow: FlowId, lane: LaneId, time: i64, stacks: &mut LabelStacks) {
        stacks.observe(flow, lane, time, None);
        let place = flow.0 as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, None);
        }
        if let Some(counted) = self.0.get_mut(place) {
            *counted = Some(Unlabelled {
                packets: 0,
                first: time,
                last: time,
            });
        }
    }

    fn add_to(self, stacks: &mut LabelStacks, lane: LaneId) {
        for (flow, counted) in (0..).zip(self.0) {
            if let Some(counted) = counted.filter(|counted| counted.packets > 0) {
                stacks.unlabelled(FlowId(flow), lane, counted.packets, (counted.first, counted.last));
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
    (file, source, only): (CaptureFile, &Source, Option<Vec<u32>>),
    reading: &Reading,
    mut batches: Batches,
) -> Result<(FileRead, LabelStacks), CaptureError> {
    let lane = source.lane;
    let mut observer = Observer::new(reading.roles.clone(), reading.sequence, reading.flows_at_most);
    let mut latest = i64::MIN;
    let mut known = 0;
    let mut stacks = LabelStacks::default();
    let mut unlabelled = UnlabelledFlows::default();
    let mut packets = 0;
    let reader = file.read(|record| {
        if let Some(only) = &only {
            if !only.contains(&record.interface) {
                return;
            }
            packets += 1;
        }
        let Some(time) = record.time.map(Timestamp::as_nanoseconds) else {
            batches.batch.add_timeless(latest);
            return;
        };
        latest = time;
        let mut one = One::default();
        observer.observe(record, lane, &mut one);
        match one.observation {
            Some(observation) => {
                if let Some(key) = observer.flows().keys().get(known) {
                    known += 1;
                    let ttl = decode(record, &reading.roles).ip.map(|ip| ip.ttl);
                    batches.batch.add_flow(time, observation.flow, *key, ttl);
                }
                match labelled(record, &reading.roles) {
                    None => unlabelled.count(observation.flow, lane, time, &mut stacks),
                    labels => stacks.observe(observation.flow, lane, time, labels.as_ref()),
                }
                batches.batch.add_observation(&observation);
            }
            None if reading.control && is_control(record, &reading.roles) => batches.batch.add_control(time, record),
            None => {
                if let Some(labels) = labelled(record, &reading.roles).filter(|labels| labels.unread) {
                    stacks.unread(labels.stack, 1);
                }
                batches.batch.add_unrelated(time);
            }
        }
        batches.send_if_full();
    })?;
    batches.send();
    unlabelled.add_to(&mut stacks, lane);
    let read = FileRead {
        path: source.path.clone(),
        interface: source.interface.clone(),
        integrity: match &only {
            Some(only) => reader.integrity_of_interfaces(only),
            None => reader.integrity(),
        },
        unmeasured: observer.unmeasured(),
        packets: if only.is_some() { packets } else { reader.packets() },
        interfaces: reader.interfaces().len(),
    };
    Ok((read, stacks))
}

fn is_control(record: &Record<'_>, roles: &Roles) -> bool {
    let Some(time) = record.time else { return false };
    // Other traffic is told by its ports, sooner than by taking it apart.
    if let Some(ports) = glimpse(record, roles).and_then(|glimpse| glimpse.flow.ports())
        && !is_control_port(ports.source)
        && !is_control_port(ports.destination)
    {
        return false;
    }
    let seen = Sighting {
        time,
        point: PointId(0),
        file: 0,
        packet: record.number,
    };
    ControlPacket::of(seen, &decode(record, roles)).is_some()
}
