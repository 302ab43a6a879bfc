//! The only capture file of a point, read by several threads that share its blocks.
//!
//! Each looks at the packets of the blocks that it reads and numbers flows for itself. The thread that measures takes what
//! they found in the order of the file, so that nothing shows how many they were; as long as the next in order has not
//! been found, it reads and looks as the others do.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use checks::capture::Record;
use checks::capture::measure::{FlowId, LabelStacks, LaneId, Observation};
use checks::capture::packet::{LabelStack, Labelled};

use super::batch::Batch;
use super::look::{Look, Met, Packets};
use super::source::{FileRead, Measure, Opened, Reading, Told};
use crate::capture::{Block, Blocks, CaptureError};

/// Blocks that may be read ahead of what is measured.
const AHEAD: u64 = 8;

/// Reads a file on so many threads, this one among them, in blocks of so many octets.
pub(super) fn read(
    opened: Opened<'_>,
    reading: &Reading,
    threads: usize,
    block: usize,
    measure: &mut impl Measure,
) -> Result<(FileRead, LabelStacks), CaptureError> {
    let Opened { source, file, only } = opened;
    let (lane, only) = (source.lane, only.as_deref());
    let shared = Shared {
        blocks: Blocks::of(file, block),
        progress: Mutex::new(Progress::default()),
        changed: Condvar::new(),
        crowded: AtomicBool::new(false),
    };
    // There is room for all flows that they number for themselves, whatever else comes.
    let room = reading.flows_at_most / 2 / threads.max(1);
    let mut gathering = Gathering {
        // What was handed on is of an interface that is meant.
        look: Look::new(reading, None),
        told: Told::new(measure),
        by: 0,
        numbers: vec![Vec::new(); threads.max(1)],
        refused: 0,
        is_counted: false,
    };
    let mut looked = thread::scope(|scope| {
        let present = Present(&shared);
        let mut others = Vec::new();
        for number in 1..threads {
            let shared = &shared;
            let thread = thread::Builder::new()
                .name("capture".to_owned())
                .spawn_scoped(scope, move || {
                    let present = Present(shared);
                    let mut looking = Looking::new(number, lane, Look::handing_on(reading, only, room));
                    while let Some(batch) = shared.begin() {
                        if !looking.at_next_block(shared, batch) {
                            break;
                        }
                    }
                    drop(present);
                    looking.look.looked()
                });
            match thread {
                Ok(thread) => others.push(thread),
                Err(cause) => {
                    shared.give_up();
                    return Err(CaptureError::Thread {
                        path: source.path.clone(),
                        cause,
                    });
                }
            }
        }
        let mut own = Looking::new(0, lane, Look::handing_on(reading, only, room));
        while let Some(turn) = shared.turn() {
            match turn {
                Turn::Measure(found) => {
                    gathering.by = found.by;
                    found.batch.tell_all(&mut gathering);
                    shared.measured(found.batch);
                }
                Turn::Look(batch) => {
                    own.at_next_block(&shared, batch);
                }
            }
        }
        drop(present);
        let mut looked = own.look.looked();
        for thread in others {
            match thread.join() {
                Ok(other) => looked = looked.and(other),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(looked)
    })?;
    let reader = shared.blocks.finish()?;
    // What they refused they handed on, and it was looked at again.
    looked.unmeasured.of_refused_flows = gathering.refused;
    looked.unmeasured = looked.unmeasured.and(gathering.look.looked().unmeasured);
    let read = FileRead::of(source, only, &reader, looked);
    Ok((read, gathering.told.finish()))
}

/// What the threads share.
struct Shared {
    blocks: Blocks,
    progress: Mutex<Progress>,
    changed: Condvar,
    /// Whether one of them met more flows than it has room for.
    crowded: AtomicBool,
}

/// How far they have come.
#[derive(Default)]
struct Progress {
    /// Blocks that were begun to be read.
    begun: u64,
    /// Blocks that were measured.
    measured: u64,
    /// What was found and is not measured yet, by the number of the block.
    found: BTreeMap<u64, Found>,
    /// Batches to be filled again.
    emptied: Vec<Batch>,
    /// Threads that sleep until this changes.
    asleep: u32,
    lost: bool,
}

/// What was found in a block.
struct Found {
    /// The number of the thread.
    by: usize,
    batch: Batch,
}

/// What the measuring thread is to do.
enum Turn {
    Measure(Found),
    Look(Batch),
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep<'p>(&self, mut progress: MutexGuard<'p, Progress>) -> MutexGuard<'p, Progress> {
        progress.asleep += 1;
        progress = self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
        progress.asleep -= 1;
        progress
    }

    /// An empty batch, once another block may be read; `None` where no more is to be read.
    fn begin(&self) -> Option<Batch> {
        let mut progress = self.lock();
        loop {
            if progress.lost || self.blocks.count().is_some() {
                return None;
            }
            if let Some(batch) = progress.begin() {
                return Some(batch);
            }
            progress = self.sleep(progress);
        }
    }

    /// What the measuring thread is to do next; `None` when everything has been measured.
    fn turn(&self) -> Option<Turn> {
        let mut progress = self.lock();
        loop {
            if progress.lost {
                return None;
            }
            let next = progress.measured;
            if let Some(found) = progress.found.remove(&next) {
                return Some(Turn::Measure(found));
            }
            match self.blocks.count() {
                Some(count) if next >= count => return None,
                Some(_) => {}
                None => {
                    if let Some(batch) = progress.begin() {
                        return Some(Turn::Look(batch));
                    }
                }
            }
            progress = self.sleep(progress);
        }
    }

    fn found(&self, block: u64, found: Found) {
        let mut progress = self.lock();
        progress.found.insert(block, found);
        self.wake(&progress);
    }

    /// Takes back a batch that was measured.
    fn measured(&self, mut batch: Batch) {
        batch.clear();
        let mut progress = self.lock();
        progress.measured += 1;
        progress.emptied.push(batch);
        self.wake(&progress);
    }

    /// To wake nobody takes its time as well.
    fn wake(&self, progress: &Progress) {
        if progress.asleep > 0 {
            self.changed.notify_all();
        }
    }

    fn give_up(&self) {
        self.blocks.give_up();
        self.lock().lost = true;
        self.changed.notify_all();
    }
}

impl Progress {
    fn begin(&mut self) -> Option<Batch> {
        if self.begun >= self.measured + AHEAD {
            return None;
        }
        self.begun += 1;
        Some(self.emptied.pop().unwrap_or_default())
    }
}

/// Keeps the others from waiting for a thread that panics.
struct Present<'s>(&'s Shared);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.give_up();
        }
    }
}

/// A thread that reads blocks and looks at their packets.
struct Looking<'r> {
    number: usize,
    lane: LaneId,
    look: Look<'r>,
    block: Block,
    was_crowded: bool,
}

impl<'r> Looking<'r> {
    fn new(number: usize, lane: LaneId, look: Look<'r>) -> Self {
        Self {
            number,
            lane,
            look,
            block: Block::default(),
            was_crowded: false,
        }
    }

    /// Whether there was one.
    fn at_next_block(&mut self, shared: &Shared, mut batch: Batch) -> bool {
        let Some(block) = shared.blocks.read(&mut self.block) else {
            return false;
        };
        if !self.was_crowded && shared.crowded.load(Ordering::Relaxed) {
            self.was_crowded = true;
            self.look.take_no_more();
        }
        for record in self.block.records() {
            self.look.at(&record, self.lane, &mut batch);
        }
        if batch.hands_on() {
            shared.crowded.store(true, Ordering::Relaxed);
        }
        let found = Found { by: self.number, batch };
        shared.found(block, found);
        true
    }
}

/// Puts together what the threads found: their numbers of flows become those of the file.
struct Gathering<'r, 'm, M> {
    /// Has the numbers of the file, and looks at what they handed on.
    look: Look<'r>,
    told: Told<'m, M>,
    /// The thread that found what is told.
    by: usize,
    /// The numbers of the file by those of each thread; `None` where there is no room.
    numbers: Vec<Vec<Option<FlowId>>>,
    refused: u64,
    /// Whether the packet that is told next is among the refused ones.
    is_counted: bool,
}

impl<M: Measure> Packets for Gathering<'_, '_, M> {
    fn flow(&mut self, lane: LaneId, time: i64, flow: FlowId, met: &Met) {
        let numbered = self.look.number(&met.key);
        self.is_counted = numbered.is_none();
        if let Some((number, true)) = numbered {
            self.told.flow(lane, time, number, met);
        }
        if let Some(numbers) = self.numbers.get_mut(self.by) {
            let place = flow.0 as usize;
            if numbers.len() <= place {
                numbers.resize(place + 1, None);
            }
            if let Some(known) = numbers.get_mut(place) {
                *known = numbered.map(|(number, _)| number);
            }
        }
    }

    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    fn observation(&mut self, mut observation: Observation, labels: Option<&Labelled>) {
        let numbers = self.numbers.get(self.by);
        let number = numbers.and_then(|numbers| numbers.get(observation.flow.0 as usize).copied().flatten());
        match number {
            Some(number) => {
                observation.flow = number;
                self.told.observation(observation, labels);
            }
            None => {
                self.refused += u64::from(!std::mem::take(&mut self.is_counted));
                self.told.unrelated(observation.lane, observation.time, None);
            }
        }
    }

    fn control(&mut self, lane: LaneId, time: i64, record: &Record<'_>) {
        self.told.control(lane, time, record);
    }

    fn unrelated(&mut self, lane: LaneId, time: i64, unread: Option<LabelStack>) {
        self.told.unrelated(lane, time, unread);
    }

    fn timeless(&mut self, lane: LaneId, latest: i64) {
        self.told.timeless(lane, latest);
    }

    fn handed_on(&mut self, lane: LaneId, _time: i64, record: &Record<'_>) {
        self.look.at(record, lane, &mut self.told);
    }
}

#[cfg(test)]
mod tests;
