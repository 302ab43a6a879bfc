//! Several capture files read at once, each on a thread of its own, their packets merged in the order of time.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use checks::capture::Record;
use checks::capture::measure::{FlowId, LabelStacks, LaneId, Observation};
use checks::capture::packet::{LabelStack, Labelled};

use super::batch::Batch;
use super::labels::FileLabels;
use super::look::{Look, Met, Packets};
use super::source::{FileRead, Measure, Opened, Reading};
use crate::capture::CaptureError;

/// Batches of one file that may wait.
const WAITING: usize = 4;

/// Reads these files, as [`super::source::read`] does.
pub(super) fn read(
    files: Vec<Opened<'_>>,
    reading: &Reading,
    measure: &mut impl Measure,
) -> Result<Vec<(FileRead, LabelStacks)>, CaptureError> {
    thread::scope(|scope| {
        let mut inputs = Vec::with_capacity(files.len());
        let mut threads = Vec::with_capacity(files.len());
        for file in files {
            let source = file.source;
            let (sender, receiver) = sync_channel(WAITING);
            let (returned, empty) = sync_channel(WAITING * 2);
            let thread = thread::Builder::new()
                .name("capture".to_owned())
                .spawn_scoped(scope, move || {
                    one_file(
                        file,
                        reading,
                        Batches {
                            batch: Batch::default(),
                            full: sender,
                            empty,
                            labels: FileLabels::default(),
                        },
                    )
                })
                .map_err(|cause| CaptureError::Thread {
                    path: source.path.clone(),
                    cause,
                })?;
            threads.push(thread);
            inputs.push(Input {
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
            while input.is_next_before(earliest, bound) {
                input.batch.tell(input.next, earliest, measure);
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
    receiver: Receiver<Batch>,
    /// Where emptied batches go, to be filled again.
    returned: SyncSender<Batch>,
    batch: Batch,
    /// The position of the next packet in the batch.
    next: usize,
}

impl Input {
    /// Whether there is a next packet in the batch and its turn is before `bound`.
    #[inline]
    fn is_next_before(&self, index: usize, bound: Option<Turn>) -> bool {
        let time = self.batch.time(self.next);
        time.is_some_and(|time| bound.is_none_or(|bound| (time, index) < bound))
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
    labels: FileLabels,
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

impl Packets for Batches {
    fn flow(&mut self, lane: LaneId, time: i64, flow: FlowId, met: &Met) {
        self.batch.flow(lane, time, flow, met);
    }

    #[inline]
    fn observation(&mut self, observation: Observation, labels: Option<&Labelled>) {
        self.labels
            .observe(observation.flow, observation.lane, observation.time, labels);
        self.batch.observation(observation, None);
    }

    fn control(&mut self, lane: LaneId, time: i64, record: &Record<'_>) {
        self.batch.control(lane, time, record);
    }

    fn unrelated(&mut self, lane: LaneId, time: i64, unread: Option<LabelStack>) {
        if let Some(stack) = unread {
            self.labels.unread(stack);
        }
        self.batch.unrelated(lane, time, None);
    }

    fn timeless(&mut self, lane: LaneId, latest: i64) {
        self.batch.timeless(lane, latest);
    }
}

fn one_file(
    opened: Opened<'_>,
    reading: &Reading,
    mut batches: Batches,
) -> Result<(FileRead, LabelStacks), CaptureError> {
    let Opened { source, file, only } = opened;
    let mut look = Look::new(reading, only.as_deref());
    let reader = file.read(|record| {
        look.at(record, source.lane, &mut batches);
        batches.send_if_full();
    })?;
    batches.send();
    let read = FileRead::of(source, only.as_deref(), &reader, look.looked());
    Ok((read, batches.labels.finish()))
}
