//! Reading and measuring on two threads: one reads and takes apart, the other measures.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use checks::capture::container::Reader;
use checks::capture::measure::{FlowSink, LaneId, Observation};
use checks::capture::observe::Observer;

use super::error::CaptureError;
use super::read::CaptureFile;

/// Observations in a batch.
const BATCH: usize = 4096;
/// Batches that may wait.
const WAITING: usize = 8;

/// One thing a sink is told.
enum Told {
    Observation(Observation),
    Unrelated(LaneId, i64),
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
                for told in batch.drain(..) {
                    match told {
                        Told::Observation(observation) => sink.observe(&observation),
                        Told::Unrelated(lane, time) => sink.unrelated(lane, time),
                    }
                }
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

    fn tell(&mut self, told: Told) {
        self.batch.push(told);
        if self.batch.len() == BATCH {
            self.send();
        }
    }

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
        self.tell(Told::Observation(*observation));
    }

    #[inline]
    fn unrelated(&mut self, lane: LaneId, time: i64) {
        self.tell(Told::Unrelated(lane, time));
    }
}
