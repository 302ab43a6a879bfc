//! A capture file that several threads read together, block by block.
//!
//! What a block holds depends on where the records of the one before end, and on what the file said before. So blocks
//! have their turn with the one [`Reader`], in the order of the file: it finds the records, which takes little time.
//! Reading the octets (of a file; not of a stream) and looking into the records is done at the same time.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use checks::capture::container::{Reader, WarningKind};
use checks::capture::{Direction, LinkType, Record, Timestamp};

use super::error::CaptureError;
use super::read::{CHUNK, CaptureFile, Chunk};

/// So often a thread looks whether its turn has come before it sleeps: longer than a block's turn takes.
const LOOKS: u32 = 400;

/// A capture file, read by all threads that have a reference to it.
pub struct Blocks {
    path: PathBuf,
    /// Octets of a block.
    size: usize,
    /// A file that can be read at any place; else the octets come with the turn.
    file: Option<Arc<File>>,
    /// The next block to be read.
    next: AtomicU64,
    /// The block whose turn it is.
    turn: AtomicU64,
    ended: AtomicBool,
    state: Mutex<State>,
    turned: Condvar,
}

struct State {
    reader: Reader,
    stream: CaptureFile,
    octets: u64,
    error: Option<CaptureError>,
    /// Threads that sleep until their turn: to wake nobody takes its time as well.
    asleep: u32,
}

/// Octets of a file, and the records that are whole with them.
#[derive(Default)]
pub struct Block {
    octets: Vec<u8>,
    /// What a record has of its octets in the block before.
    straddling: Vec<u8>,
    places: Vec<Place>,
    /// The number of the first record.
    first: u64,
}

/// A record, and where its octets are.
#[derive(Clone, Copy)]
struct Place {
    time: Option<Timestamp>,
    from: u32,
    length: u32,
    original_length: u32,
    interface: u32,
    link_type: LinkType,
    direction: Option<Direction>,
    straddles: bool,
}

impl Block {
    /// The records in the order of the file. Where they begin in it ([`Record::offset`]) is not told.
    #[inline]
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.places.iter().zip(self.first..).map(|(place, number)| {
            let octets = if place.straddles {
                &self.straddling
            } else {
                &self.octets
            };
            let (from, length) = (place.from as usize, place.length as usize);
            Record {
                number,
                offset: 0,
                interface: place.interface,
                link_type: place.link_type,
                time: place.time,
                captured: octets.get(from..from + length).unwrap_or_default(),
                original_length: place.original_length,
                direction: place.direction,
            }
        })
    }

    /// Finds the records that are whole with the first `length` octets.
    fn find(&mut self, length: usize, reader: &mut Reader) {
        let Self {
            octets,
            straddling,
            places,
            first,
        } = self;
        straddling.clear();
        places.clear();
        *first = reader.packets() + 1;
        let octets = octets.get(..length).unwrap_or_default();
        let begin = octets.as_ptr().addr();
        reader.feed(octets, |record| {
            // A record that began in the block before is handed on from where the reader put it together.
            let from = record.captured.as_ptr().addr().wrapping_sub(begin);
            let straddles = from >= octets.len();
            let from = if straddles {
                straddling.extend_from_slice(record.captured);
                straddling.len() - record.captured.len()
            } else {
                from
            };
            places.push(Place {
                time: record.time,
                from: from as u32,
                length: record.captured.len() as u32,
                original_length: record.original_length,
                interface: record.interface,
                link_type: record.link_type,
                direction: record.direction,
                straddles,
            });
        });
    }
}

impl Blocks {
    /// Octets of a block: a few fit the second-level cache, so that they are taken apart while still there.
    pub const OCTETS: usize = CHUNK;

    /// A file that has only been opened, in blocks of so many octets.
    pub fn of(file: CaptureFile, size: usize) -> Self {
        Self {
            path: file.path().to_owned(),
            size: size.max(1),
            file: file.file(),
            next: AtomicU64::new(0),
            turn: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            state: Mutex::new(State {
                reader: Reader::new(),
                stream: file,
                octets: 0,
                error: None,
                asleep: 0,
            }),
            turned: Condvar::new(),
        }
    }

    /// Reads the next block that no thread has read; its number, counted from 0. `None` once the file has ended.
    pub fn read(&self, block: &mut Block) -> Option<u64> {
        if self.ended.load(Ordering::Acquire) {
            return None;
        }
        block.octets.resize(self.size, 0);
        match &self.file {
            Some(file) => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let read = read_at(file, &mut block.octets, number * self.size as u64);
                let mut state = self.await_turn(number)?;
                let more = match read {
                    Ok(length) => {
                        block.find(length, &mut state.reader);
                        length == self.size && !state.reader.has_stopped()
                    }
                    Err((length, cause)) => {
                        block.find(0, &mut state.reader);
                        state.error = Some(CaptureError::Read {
                            path: self.path.clone(),
                            octets: number * self.size as u64 + length as u64,
                            cause,
                        });
                        false
                    }
                };
                self.pass_on(&state, more);
                Some(number)
            }
            None => {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                if self.ended.load(Ordering::Acquire) {
                    return None;
                }
                let number = self.turn.load(Ordering::Relaxed);
                let more = state.read(block);
                self.pass_on(&state, more);
                Some(number)
            }
        }
    }

    /// How many blocks there are, once the file has ended.
    pub fn count(&self) -> Option<u64> {
        self.ended
            .load(Ordering::Acquire)
            .then(|| self.turn.load(Ordering::Acquire))
    }

    /// The reader, which has read the whole file.
    pub fn finish(self) -> Result<Reader, CaptureError> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        match state.error {
            Some(error) => Err(error),
            None => {
                state.reader.finish();
                Ok(state.reader)
            }
        }
    }

    /// No more is read: a thread was lost.
    pub fn give_up(&self) {
        let _state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.ended.store(true, Ordering::Release);
        self.turned.notify_all();
    }

    fn await_turn(&self, number: u64) -> Option<MutexGuard<'_, State>> {
        let mut looks = 0;
        while looks < LOOKS && self.turn.load(Ordering::Acquire) != number && !self.ended.load(Ordering::Acquire) {
            std::hint::spin_loop();
            looks += 1;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while self.turn.load(Ordering::Acquire) != number && !self.ended.load(Ordering::Acquire) {
            state.asleep += 1;
            state = self.turned.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep -= 1;
        }
        (!self.ended.load(Ordering::Acquire)).then_some(state)
    }

    /// It is the next block's turn, if more is to come. Only the thread whose turn it is says so.
    fn pass_on(&self, state: &State, more: bool) {
        self.turn.fetch_add(1, Ordering::AcqRel);
        if !more {
            self.ended.store(true, Ordering::Release);
        }
        if state.asleep > 0 {
            self.turned.notify_all();
        }
    }
}

impl State {
    /// Reads a block of a stream; whether more may come.
    fn read(&mut self, block: &mut Block) -> bool {
        let mut length = 0;
        let mut more = true;
        while more && length < block.octets.len() {
            match self.stream.chunk(&mut block.octets[length..], self.octets) {
                Ok(Chunk::Octets(read)) => {
                    length += read;
                    self.octets += read as u64;
                }
                Ok(Chunk::End) => more = false,
                Ok(Chunk::Damaged(reason)) => {
                    block.find(length, &mut self.reader);
                    self.reader.warn(WarningKind::CompressedDataDamaged { reason });
                    return false;
                }
                Err(error) => {
                    self.error = Some(error);
                    more = false;
                }
            }
        }
        block.find(length, &mut self.reader);
        more && !self.reader.has_stopped()
    }
}

/// Reads until the buffer is full or the file ends; with an error, as far as it was read before.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> Result<usize, (usize, io::Error)> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read_at(&mut buffer[length..], offset + length as u64) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err((length, error)),
        }
    }
    Ok(length)
}
