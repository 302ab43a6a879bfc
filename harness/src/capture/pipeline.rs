//! Reading and measuring on two threads: one reads and takes apart, the other measures.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use checks::capture::container::Reader;
use checks::capture::measure::{FlowId, FlowSink, LaneId, Observation};
use checks::capture::observe::Observer;

use super::error::CaptureError;
use super::read::CaptureFile;

/// Observations in a batch.
const BATCH: usize = 4096;
/// Batches that may wait.
const WAITING: usize = 8;

/// One thing a sink is told, in few octets: they have to pass from one processor's cache to the other's.
#[derive(Clone, Copy)]
struct Told {
    time: i64,
    sequence: u64,
    sent: i64,
    flow: FlowId,
    length: u32,
    lane: LaneId,
    /// Whether it is of a measured flow, and which numbers it has.
    is_measured: bool,
    has_sequence: bool,
    has_sent: bool,
}

impl Told {
    #[inline]
    fn of(observation: &Observation) -> Self {
        Self {
            time: observation.time,
            sequence: observation.sequence.unwrap_or_default(),
            sent: observation.sent.unwrap_or_default(),
            flow: observation.flow,
            length: observation.length,
            lane: observation.lane,
            is_measured: true,
            has_sequence: observation.sequence.is_some(),
            has_sent: observation.sent.is_some(),
        }
    }

    fn unrelated(lane: LaneId, time: i64) -> Self {
        Self {
            time,
            sequence: 0,
            sent: 0,
            flow: FlowId(0),
            length: 0,
            lane,
            is_measured: false,
            has_sequence: false,
            has_sent: false,
        }
    }

    #[inline]
    fn tell(self, sink: &mut impl FlowSink) {
        if self.is_measured {
            sink.observe(&Observation {
                flow: self.flow,
                lane: self.lane,
                time: self.time,
                sequence: self.has_sequence.then_some(self.sequence),
                sent: self.has_sent.then_some(self.sent),
                length: self.length,
            });
        } else {
            sink.unrelated(self.lane, self.time);
        }
    }
}

/// A sink that gathers what it is told and sends it on in batches.
pub struct Batches {
    batch: Vec<Told>,
    full: SyncSender<Vec<Told>>,
    /// Emptied batches, to be filled again.
    empty: Receiver<Vec<Told>>,
}

impl Batches {
    /// Runs `read` on a thread of its own with a sink, and pours what it is told into `sink` on this one, in order.
    ///
    /// Memory is bounded: when `sink` is slower, `read` waits.
    pub fn pour<T: Send>(sink: &mut impl FlowSink, read: impl FnOnce(&mut Self) -> T + Send) -> std::io::Result<T> {
        let (full, filled) = sync_channel::<Vec<Told>>(WAITING);
        let (returned, empty) = sync_channel(WAITING * 2);
        thread::scope(|scope| {
            let reading = thread::Builder::new()
                .name("capture".to_owned())
                .spawn_scoped(scope, move || {
                    let mut batches = Self {
                        batch: Vec::with_capacity(BATCH),
                        full,
                        empty,
                    };
                    let result = read(&mut batches);
                    batches.send();
                    result
                })?;
            for mut batch in filled {
                for told in &batch {
                    told.tell(sink);
                }
                batch.clear();
                // Nobody takes it when the reading has ended.
                let _ = returned.try_send(batch);
            }
            match reading.join() {
                Ok(result) => Ok(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    /// Reads a capture as [`super::observe`] does, on a thread of its own.
    pub fn observe(
        file: CaptureFile,
        observer: &mut Observer,
        lane: impl FnMut(u32) -> LaneId + Send,
        sink: &mut impl FlowSink,
    ) -> Result<Reader, CaptureError> {
        let path = file.path().to_owned();
        Self::pour(sink, |batches| super::observe(file, observer, lane, batches))
            .map_err(|cause| CaptureError::Thread { path, cause })?
    }

    #[inline]
    fn tell(&mut self, told: Told) {
        self.batch.push(told);
        if self.batch.len() == BATCH {
            self.send();
        }
    }

    #[inline(never)]
    fn send(&mut self) {
        let fresh = self.empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(BATCH));
        let batch = std::mem::replace(&mut self.batch, fresh);
        // It fails only when the measuring thread is gone, and with it whoever would want to know.
        let _ = self.full.send(batch);
    }
}

impl FlowSink for Batches {
    #[inline]
    fn observe(&mut self, observation: &Observation) {
        self.tell(Told::of(observation));
    }

    #[inline]
    fn unrelated(&mut self, lane: LaneId, time: i64) {
        self.tell(Told::unrelated(lane, time));
    }
}
