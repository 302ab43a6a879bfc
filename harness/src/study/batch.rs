//! Packets on their way from the thread that reads them to the one that measures.

use checks::capture::measure::{FlowId, LaneId, Observation};
use checks::capture::packet::FlowKey;
use checks::capture::{LinkType, Record, Timestamp};

/// Packets in a batch.
const MOST_PACKETS: usize = 4096;
/// Octets of control packets in a batch, but for the last packet.
const MOST_OCTETS: usize = 1 << 20;

/// One packet of a file.
pub(super) struct Seen<'b> {
    /// When, in nanoseconds.
    pub time: i64,
    pub what: What<'b>,
}

/// What a packet is to a study.
pub(super) enum What<'b> {
    /// A flow, by the file's own number, is met for the first time; with its TTL or hop limit.
    Flow(FlowId, FlowKey, Option<u8>),
    /// A packet of a measured flow, by the file's own number.
    Observation(Observation),
    /// A control packet: it is looked at where all packets of the point come together.
    Control(Kept<'b>),
    /// Something else.
    Unrelated,
    /// A packet without a time.
    Timeless,
}

/// A packet kept whole.
pub(super) struct Kept<'b> {
    pub number: u64,
    link_type: LinkType,
    original_length: u32,
    captured: &'b [u8],
}

impl Kept<'_> {
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
    /// The file's own number of the flow; of a new flow and of a control packet, its position among those of the batch.
    flow: u32,
    length: u32,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Flow,
    Observation { has_sequence: bool, has_sent: bool },
    Control,
    Unrelated,
    Timeless,
}

/// Where a control packet stands among the octets of its batch.
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
    flows: Vec<(FlowId, FlowKey, Option<u8>)>,
    control: Vec<Place>,
    octets: Vec<u8>,
}

impl Batch {
    pub(super) fn is_full(&self) -> bool {
        self.packets.len() >= MOST_PACKETS || self.octets.len() >= MOST_OCTETS
    }

    /// Empties it; its memory is kept.
    pub(super) fn clear(&mut self) {
        self.packets.clear();
        self.flows.clear();
        self.control.clear();
        self.octets.clear();
    }

    pub(super) fn add_flow(&mut self, time: i64, flow: FlowId, key: FlowKey, ttl: Option<u8>) {
        let position = self.flows.len();
        self.flows.push((flow, key, ttl));
        self.add(time, position, Kind::Flow);
    }

    #[inline]
    pub(super) fn add_observation(&mut self, observation: &Observation) {
        self.packets.push(Compact {
            time: observation.time,
            sequence: observation.sequence.unwrap_or_default(),
            sent: observation.sent.unwrap_or_default(),
            flow: observation.flow.0,
            length: observation.length,
            kind: Kind::Observation {
                has_sequence: observation.sequence.is_some(),
                has_sent: observation.sent.is_some(),
            },
        });
    }

    pub(super) fn add_control(&mut self, time: i64, record: &Record<'_>) {
        let (position, from) = (self.control.len(), self.octets.len());
        self.octets.extend_from_slice(record.captured);
        self.control.push(Place {
            number: record.number,
            link_type: record.link_type,
            original_length: record.original_length,
            from,
            to: self.octets.len(),
        });
        self.add(time, position, Kind::Control);
    }

    pub(super) fn add_unrelated(&mut self, time: i64) {
        self.add(time, 0, Kind::Unrelated);
    }

    pub(super) fn add_timeless(&mut self, latest: i64) {
        self.add(latest, 0, Kind::Timeless);
    }

    /// Its length is bounded, and so are positions in it.
    fn add(&mut self, time: i64, position: usize, kind: Kind) {
        self.packets.push(Compact {
            time,
            sequence: 0,
            sent: 0,
            flow: position as u32,
            length: 0,
            kind,
        });
    }

    /// The time of a packet by its position.
    #[inline]
    pub(super) fn time(&self, position: usize) -> Option<i64> {
        self.packets.get(position).map(|packet| packet.time)
    }

    /// A packet by its position, on the lane of its file.
    #[inline]
    pub(super) fn seen(&self, position: usize, lane: LaneId) -> Option<Seen<'_>> {
        let packet = self.packets.get(position)?;
        let what = match packet.kind {
            Kind::Observation { has_sequence, has_sent } => What::Observation(Observation {
                flow: FlowId(packet.flow),
                lane,
                time: packet.time,
                sequence: has_sequence.then_some(packet.sequence),
                sent: has_sent.then_some(packet.sent),
                length: packet.length,
            }),
            Kind::Flow => {
                let (flow, key, ttl) = self.flows.get(packet.flow as usize)?;
                What::Flow(*flow, *key, *ttl)
            }
            Kind::Control => {
                let place = self.control.get(packet.flow as usize)?;
                What::Control(Kept {
                    number: place.number,
                    link_type: place.link_type,
                    original_length: place.original_length,
                    captured: self.octets.get(place.from..place.to)?,
                })
            }
            Kind::Unrelated => What::Unrelated,
            Kind::Timeless => What::Timeless,
        };
        Some(Seen {
            time: packet.time,
            what,
        })
    }
}
