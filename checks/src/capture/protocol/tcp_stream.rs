//! One direction of a TCP connection: segments in, whole messages out.
//!
//! Segments may come twice, overlap, come out of order or not at all. Where an overlap carries other bytes than the
//! first copy, the first copy holds.

use super::super::Timestamp;
use super::framing::{Frame, Framing};

/// When and as which packet something was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    /// The instant.
    pub time: Timestamp,
    /// The packet's number in its file.
    pub packet: u64,
}

/// A segment as captured.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// Sequence number of the header.
    pub sequence: u32,
    /// SYN is set.
    pub syn: bool,
    /// The payload that was captured.
    pub payload: &'a [u8],
    /// Payload bytes on the wire; more than `payload` where the capture cut the packet short.
    pub wire_length: u32,
    /// When it was captured.
    pub arrival: Arrival,
}

/// How much is kept for one direction while segments are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Segments that wait for an earlier one.
    pub held_segments: usize,
    /// Bytes of such segments.
    pub held_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            held_segments: 256,
            held_bytes: 256 * 1024,
        }
    }
}

/// What comes out of a stream, in the order of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamItem<'a> {
    /// A whole message.
    Message(StreamMessage<'a>),
    /// Bytes that are no message.
    Gap(Gap),
}

/// A whole message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamMessage<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Sequence number of its first byte.
    pub sequence: u32,
    /// The packet with which the message was whole: the earliest moment at which the receiver can have read it.
    pub arrival: Arrival,
}

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub cause: GapCause,
    /// Bytes that are missing or were passed over.
    pub bytes: u32,
    /// The packet at which it was noticed.
    pub arrival: Arrival,
}

/// Why bytes of a stream are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GapCause {
    /// Segments are not in the capture.
    Missing,
    /// The capture kept only the beginning of packets.
    Truncated,
    /// The connection was older than the capture: what came before the first beginning of a message.
    MidStream,
    /// No message begins where one should.
    NoMessage,
    /// The connection was older than the capture, and these came out of order before the first that were captured.
    BeforeFirst,
}

/// Nothing legitimate is further away from what is expected than this.
const FARTHEST: u32 = 16 * 1024 * 1024;
/// So many acknowledgements beyond a missing segment show that the receiver has it and the capture has not.
const CERTAIN_ACKNOWLEDGEMENTS: u8 = 3;

/// One direction of a connection.
#[derive(Debug)]
pub struct TcpStream<F> {
    framing: F,
    limits: Limits,
    /// Sequence number of the next byte to come.
    next: Option<u32>,
    /// Sequence number of the first byte of the connection, where the SYN was seen.
    start: Option<u32>,
    /// Bytes in order that are not yet a whole message, from `read` on.
    buffer: Vec<u8>,
    read: usize,
    /// Sequence number of the first byte captured of a connection that is older than the capture.
    oldest: Option<u32>,
    /// Sequence number behind the buffer's last byte.
    buffered_to: u32,
    /// Where the buffer's messages begin is known.
    synchronised: bool,
    /// What a search for a message's beginning is due to.
    lost_by: GapCause,
    passed_over: u32,
    held: Vec<Held>,
    held_bytes: usize,
    acknowledged_beyond: u8,
    retransmitted: u64,
    latest: Option<Arrival>,
}

#[derive(Debug)]
struct Held {
    sequence: u32,
    payload: Vec<u8>,
    wire_length: u32,
    arrival: Arrival,
}

impl<F: Framing> TcpStream<F> {
    /// A stream of which nothing was seen.
    pub fn new(framing: F, limits: Limits) -> Self {
        Self {
            framing,
            limits,
            next: None,
            start: None,
            oldest: None,
            buffer: Vec::new(),
            read: 0,
            buffered_to: 0,
            synchronised: false,
            lost_by: GapCause::MidStream,
            passed_over: 0,
            held: Vec::new(),
            held_bytes: 0,
            acknowledged_beyond: 0,
            retransmitted: 0,
            latest: None,
        }
    }

    /// Segments that brought nothing new.
    pub fn retransmitted(&self) -> u64 {
        self.retransmitted
    }

    /// Whether the stream was seen from its first byte on.
    pub fn from_start(&self) -> bool {
        self.start.is_some()
    }

    /// Takes a segment and hands out what it completes.
    pub fn segment(&mut self, segment: Segment<'_>, sink: &mut dyn FnMut(StreamItem<'_>)) {
        let mut sequence = segment.sequence;
        if segment.syn {
            sequence = sequence.wrapping_add(1);
            if self.start != Some(sequence) {
                self.finish(sink);
                self.begin(sequence);
            }
        }
        if segment.wire_length == 0 {
            return;
        }
        self.latest = Some(segment.arrival);
        let next = match self.next {
            None => {
                self.next = Some(sequence);
                self.oldest = Some(sequence);
                sequence
            }
            Some(next) => {
                let ahead = sequence.wrapping_sub(next);
                let behind = next.wrapping_sub(sequence);
                if ahead > FARTHEST && behind > FARTHEST {
                    // Another connection between the same ports, whose SYN was not captured.
                    self.finish(sink);
                    self.lose(GapCause::Missing, 0, segment.arrival, sink);
                    self.start = None;
                    self.next = Some(sequence);
                    self.oldest = Some(sequence);
                    sequence
                } else {
                    next
                }
            }
        };
        self.before_oldest(sequence, segment, sink);
        let ahead = sequence.wrapping_sub(next);
        if ahead != 0 && ahead <= FARTHEST {
            self.hold(sequence, segment, sink);
            return;
        }
        self.append(sequence, segment.payload, segment.wire_length, segment.arrival, sink);
        self.append_held(segment.arrival, sink);
    }

    /// Tells of bytes before those that were captured first: where messages begin in them is not known.
    fn before_oldest(&mut self, sequence: u32, segment: Segment<'_>, sink: &mut dyn FnMut(StreamItem<'_>)) {
        let Some(oldest) = self.oldest else { return };
        let before = oldest.wrapping_sub(sequence);
        if (1..=FARTHEST).contains(&before) {
            self.oldest = Some(sequence);
            sink(StreamItem::Gap(Gap {
                cause: GapCause::BeforeFirst,
                bytes: before.min(segment.wire_length),
                arrival: segment.arrival,
            }));
        }
    }

    /// Takes an acknowledgement of the other direction: what is acknowledged and missing here is missing for good.
    pub fn acknowledged(&mut self, acknowledgement: u32, sink: &mut dyn FnMut(StreamItem<'_>)) {
        let Some(next) = self.next else { return };
        let Some(first) = self.held.first() else { return };
        let beyond = acknowledgement.wrapping_sub(next);
        if beyond < first.sequence.wrapping_sub(next) || beyond > FARTHEST {
            return;
        }
        self.acknowledged_beyond += 1;
        if self.acknowledged_beyond >= CERTAIN_ACKNOWLEDGEMENTS {
            self.skip_to_held(sink);
        }
    }

    /// Hands out what still waits for missing segments, at the end of the capture or of the connection.
    pub fn finish(&mut self, sink: &mut dyn FnMut(StreamItem<'_>)) {
        while !self.held.is_empty() {
            self.skip_to_held(sink);
        }
        if let Some(arrival) = self.latest
            && !self.synchronised
            && self.passed_over > 0
        {
            sink(StreamItem::Gap(Gap {
                cause: self.lost_by,
                bytes: std::mem::take(&mut self.passed_over),
                arrival,
            }));
        }
    }

    fn begin(&mut self, sequence: u32) {
        self.next = Some(sequence);
        self.start = Some(sequence);
        self.oldest = None;
        self.buffer.clear();
        self.read = 0;
        self.synchronised = true;
        self.passed_over = 0;
        self.acknowledged_beyond = 0;
    }

    fn hold(&mut self, sequence: u32, segment: Segment<'_>, sink: &mut dyn FnMut(StreamItem<'_>)) {
        let Some(next) = self.next else { return };
        let distance = sequence.wrapping_sub(next);
        let place = self
            .held
            .partition_point(|held| held.sequence.wrapping_sub(next) < distance);
        if let Some(held) = self.held.get_mut(place)
            && held.sequence == sequence
        {
            self.retransmitted += 1;
            if segment.payload.len() > held.payload.len() {
                self.held_bytes += segment.payload.len() - held.payload.len();
                held.payload = segment.payload.to_vec();
                held.wire_length = segment.wire_length;
            }
        } else {
            self.held_bytes += segment.payload.len();
            self.held.insert(
                place,
                Held {
                    sequence,
                    payload: segment.payload.to_vec(),
                    wire_length: segment.wire_length,
                    arrival: segment.arrival,
                },
            );
        }
        while self.held.len() > self.limits.held_segments || self.held_bytes > self.limits.held_bytes {
            self.skip_to_held(sink);
        }
    }

    /// Gives up what is missing before the first held segment.
    fn skip_to_held(&mut self, sink: &mut dyn FnMut(StreamItem<'_>)) {
        let (Some(next), Some(first)) = (self.next, self.held.first()) else {
            return;
        };
        let missing = first.sequence.wrapping_sub(next);
        let arrival = first.arrival;
        self.next = Some(first.sequence);
        self.lose(GapCause::Missing, missing, arrival, sink);
        self.append_held(arrival, sink);
    }

    /// Appends held segments that are no longer ahead; `filled` is when the bytes before them came.
    fn append_held(&mut self, filled: Arrival, sink: &mut dyn FnMut(StreamItem<'_>)) {
        self.acknowledged_beyond = 0;
        let mut taken = 0;
        let mut arrival = filled;
        while let (Some(next), Some(held)) = (self.next, self.held.get_mut(taken)) {
            let ahead = held.sequence.wrapping_sub(next);
            if ahead != 0 && ahead <= FARTHEST {
                break;
            }
            taken += 1;
            let payload = std::mem::take(&mut held.payload);
            self.held_bytes -= payload.len();
            let (sequence, wire_length) = (held.sequence, held.wire_length);
            arrival = arrival.max(held.arrival);
            self.append(sequence, &payload, wire_length, arrival, sink);
        }
        self.held.drain(..taken);
    }

    /// Appends a segment that begins at or before the next byte.
    fn append(
        &mut self,
        sequence: u32,
        payload: &[u8],
        wire_length: u32,
        arrival: Arrival,
        sink: &mut dyn FnMut(StreamItem<'_>),
    ) {
        let next = self.next.unwrap_or(sequence);
        let known = next.wrapping_sub(sequence);
        if known >= wire_length {
            self.retransmitted += 1;
            return;
        }
        self.next = Some(sequence.wrapping_add(wire_length));
        let fresh = payload.get(known as usize..).unwrap_or_default();
        self.buffer.extend_from_slice(fresh);
        self.buffered_to = next.wrapping_add(fresh.len() as u32);
        self.hand_out(arrival, sink);
        let cut = (wire_length - known).saturating_sub(fresh.len() as u32);
        if cut > 0 {
            self.lose(GapCause::Truncated, cut, arrival, sink);
        }
    }

    /// Hands out the whole messages at the front of the buffer.
    fn hand_out(&mut self, arrival: Arrival, sink: &mut dyn FnMut(StreamItem<'_>)) {
        loop {
            if !self.synchronised {
                let skip = self.framing.resynchronise(&self.buffer[self.read..]);
                self.read += skip;
                self.passed_over = self.passed_over.saturating_add(skip as u32);
            }
            let waiting = &self.buffer[self.read..];
            match self.framing.frame(waiting) {
                Frame::Message(length) if waiting.len() >= length && length > 0 => {
                    self.found(arrival, sink);
                    let waiting = &self.buffer[self.read..];
                    sink(StreamItem::Message(StreamMessage {
                        bytes: &waiting[..length],
                        sequence: self.buffered_to.wrapping_sub(waiting.len() as u32),
                        arrival,
                    }));
                    self.read += length;
                }
                Frame::Lost if !waiting.is_empty() => {
                    self.synchronised = false;
                    self.lost_by = GapCause::NoMessage;
                    if self.framing.resynchronise(waiting) == 0 {
                        self.read += 1;
                        self.passed_over = self.passed_over.saturating_add(1);
                    }
                }
                _ => break,
            }
        }
        self.buffer.drain(..self.read);
        self.read = 0;
    }

    /// A message was found; says what was passed over before it.
    fn found(&mut self, arrival: Arrival, sink: &mut dyn FnMut(StreamItem<'_>)) {
        if self.synchronised {
            return;
        }
        self.synchronised = true;
        if self.passed_over > 0 {
            sink(StreamItem::Gap(Gap {
                cause: self.lost_by,
                bytes: self.passed_over,
                arrival,
            }));
        }
        self.passed_over = 0;
    }

    /// Bytes are missing: a message that had begun is lost with them.
    fn lose(&mut self, cause: GapCause, bytes: u32, arrival: Arrival, sink: &mut dyn FnMut(StreamItem<'_>)) {
        let begun = (self.buffer.len() - self.read) as u32;
        let passed_over = std::mem::take(&mut self.passed_over);
        self.buffer.clear();
        self.read = 0;
        self.synchronised = false;
        self.lost_by = cause;
        sink(StreamItem::Gap(Gap {
            cause,
            bytes: bytes.saturating_add(begun).saturating_add(passed_over),
            arrival,
        }));
    }
}
