//! Packets on their way from the thread that looks at them to the one that measures.

use checks::capture::measure::{FlowId, LaneId, Observation};
use checks::capture::packet::{LabelStack, Labelled};
use checks::capture::{LinkType, Record, Timestamp};

use super::look::{Met, Packets};
use super::source::Measure;

/// Packets in a batch.
const MOST_PACKETS: usize = 4096;
/// Octets of control packets in a batch, but for the last packet.
const MOST_OCTETS: usize = 1 << 20;

/// A packet kept whole.
pub(super) struct Kept<'b> {
    pub number: u64,
    link_type: LinkType,
    original_length: u32,
    captured: &'b [u8],
}

impl<'b> Kept<'b> {
    pub fn of(record: &Record<'b>) -> Self {
        Self {
            number: record.number,
            link_type: record.link_type,
            original_length: record.original_length,
            captured: record.captured,
        }
    }

    /// The packet as it was in its file.
    pub fn record(&self, time: i64) -> Record<'_> {
        Record {
            number: self.number,
            offset: 0,
            interface: 0,
            link_type: self.link_type,
            time: Some(Timestamp::from_nanoseconds(time)),
            captured: self.captured,
            original_length: self.original_length,
            direction: None,
        }
    }
}

/// A packet in few octets: they have to pass from one processor's cache to the other's.
#[derive(Clone, Copy)]
struct Compact {
    time: i64,
    sequence: u64,
    sent: i64,
    /// The number of the flow that whoever looked at the file gave it; of all else, its position among those of the batch.
    flow: u32,
    length: u32,
    lane: LaneId,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Flow,
    /// The labels of the observation that follows.
    Labels,
    Observation {
        has_sequence: bool,
        has_sent: bool,
    },
    Control,
    Unrelated,
    /// Unrelated, and nothing could be read below its labels.
    Unread,
    Timeless,
    HandedOn,
}

/// Where a packet stands that is kept among the octets of its batch.
struct Place {
    number: u64,
    link_type: LinkType,
    original_length: u32,
    from: usize,
    to: usize,
}

/// Packets of one file in their order.
#[derive(Default)]
pub(super) struct Batch {
    packets: Vec<Compact>,
    flows: Vec<(FlowId, Met)>,
    labels: Vec<Labelled>,
    unread: Vec<LabelStack>,
    kept: Vec<Place>,
    octets: Vec<u8>,
}

impl Packets for Batch {
    fn flow(&mut self, lane: LaneId, time: i64, flow: FlowId, met: &Met) {
        let position = self.flows.len();
        self.flows.push((flow, *met));
        self.add(lane, time, position, Kind::Flow);
    }

    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    fn observation(&mut self, observation: Observation, labels: Option<&Labelled>) {
        if let Some(labels) = labels {
            self.add(observation.lane, observation.time, self.labels.len(), Kind::Labels);
            self.labels.push(*labels);
        }
        self.packets.push(Compact {
            time: observation.time,
            sequence: observation.sequence.unwrap_or_default(),
            sent: observation.sent.unwrap_or_default(),
            flow: observation.flow.0,
            length: observation.length,
            lane: observation.lane,
            kind: Kind::Observation {
                has_sequence: observation.sequence.is_some(),
                has_sent: observation.sent.is_some(),
            },
        });
    }

    fn control(&mut self, lane: LaneId, time: i64, record: &Record<'_>) {
        self.keep(lane, time, record, Kind::Control);
    }

    fn unrelated(&mut self, lane: LaneId, time: i64, unread: Option<LabelStack>) {
        match unread {
            Some(stack) => {
                self.add(lane, time, self.unread.len(), Kind::Unread);
                self.unread.push(stack);
            }
            None => self.add(lane, time, 0, Kind::Unrelated),
        }
    }

    fn timeless(&mut self, lane: LaneId, latest: i64) {
        self.add(lane, latest, 0, Kind::Timeless);
    }

    fn handed_on(&mut self, lane: LaneId, time: i64, record: &Record<'_>) {
        self.keep(lane, time, record, Kind::HandedOn);
    }
}

impl Batch {
    pub(super) fn is_full(&self) -> bool {
        self.packets.len() >= MOST_PACKETS || self.octets.len() >= MOST_OCTETS
    }

    /// Empties it; its memory is kept.
    pub(super) fn clear(&mut self) {
        self.packets.clear();
        self.flows.clear();
        self.labels.clear();
        self.unread.clear();
        self.kept.clear();
        self.octets.clear();
    }

    /// Whether packets are among them that were handed on.
    pub(super) fn hands_on(&self) -> bool {
        !self.kept.is_empty() && self.packets.iter().any(|packet| packet.kind == Kind::HandedOn)
    }

    fn keep(&mut self, lane: LaneId, time: i64, record: &Record<'_>, kind: Kind) {
        let (position, from) = (self.kept.len(), self.octets.len());
        self.octets.extend_from_slice(record.captured);
        self.kept.push(Place {
            number: record.number,
            link_type: record.link_type,
            original_length: record.original_length,
            from,
            to: self.octets.len(),
        });
        self.add(lane, time, position, kind);
    }

    /// Its length is bounded, and so are positions in it.
    fn add(&mut self, lane: LaneId, time: i64, position: usize, kind: Kind) {
        self.packets.push(Compact {
            time,
            sequence: 0,
            sent: 0,
            flow: position as u32,
            length: 0,
            lane,
            kind,
        });
    }

    /// The time of a packet by its position.
    #[inline]
    pub(super) fn time(&self, position: usize) -> Option<i64> {
        self.packets.get(position).map(|packet| packet.time)
    }

    /// Tells of a packet by its position.
    #[inline]
    pub(super) fn tell(&self, position: usize, source: usize, measure: &mut impl Measure) {
        let Some(packet) = self.packets.get(position) else {
            return;
        };
        match packet.kind {
            Kind::Observation { .. } => measure.observation(source, packet.observation()),
            Kind::Flow => {
                if let Some((flow, met)) = self.flows.get(packet.flow as usize) {
                    measure.flow(source, packet.lane, *flow, met);
                }
            }
            Kind::Control => {
                if let Some(kept) = self.kept(packet) {
                    measure.control(source, packet.lane, packet.time, &kept);
                }
            }
            Kind::Unrelated | Kind::Unread | Kind::HandedOn => measure.unrelated(packet.lane, packet.time),
            Kind::Labels | Kind::Timeless => {}
        }
    }

    /// Tells of all packets as they were told.
    pub(super) fn tell_all(&self, packets: &mut impl Packets) {
        let mut labels = None;
        for packet in &self.packets {
            if let Kind::Observation { .. } = packet.kind {
                packets.observation(packet.observation(), labels.take());
            } else {
                labels = self.tell_other(packet, packets);
            }
        }
    }

    /// The labels that are those of the packet that follows, if any.
    #[inline(never)]
    fn tell_other(&self, packet: &Compact, packets: &mut impl Packets) -> Option<&Labelled> {
        let (lane, time, position) = (packet.lane, packet.time, packet.flow as usize);
        match packet.kind {
            Kind::Observation { .. } => {}
            Kind::Labels => return self.labels.get(position),
            Kind::Flow => {
                if let Some((flow, met)) = self.flows.get(position) {
                    packets.flow(lane, time, *flow, met);
                }
            }
            Kind::Control => {
                if let Some(kept) = self.kept(packet) {
                    packets.control(lane, time, &kept.record(time));
                }
            }
            Kind::HandedOn => {
                if let Some(kept) = self.kept(packet) {
                    packets.handed_on(lane, time, &kept.record(time));
                }
            }
            Kind::Unrelated => packets.unrelated(lane, time, None),
            Kind::Unread => packets.unrelated(lane, time, self.unread.get(position).copied()),
            Kind::Timeless => packets.timeless(lane, time),
        }
        None
    }

    fn kept(&self, packet: &Compact) -> Option<Kept<'_>> {
        let place = self.kept.get(packet.flow as usize)?;
        Some(Kept {
            number: place.number,
            link_type: place.link_type,
            original_length: place.original_length,
            captured: self.octets.get(place.from..place.to)?,
        })
    }
}

impl Compact {
    #[inline]
    fn observation(&self) -> Observation {
        let (has_sequence, has_sent) = match self.kind {
            Kind::Observation { has_sequence, has_sent } => (has_sequence, has_sent),
            _ => (false, false),
        };
        Observation {
            flow: FlowId(self.flow),
            lane: self.lane,
            time: self.time,
            sequence: has_sequence.then_some(self.sequence),
            sent: has_sent.then_some(self.sent),
            length: self.length,
        }
    }
}
