//! What each packet of a file is to a study.

use checks::capture::event::{ControlPacket, PointId, Sighting, is_control_port};
use checks::capture::measure::{FlowId, LaneId, Observation};
use checks::capture::observe::{Observer, SequenceSource, Unmeasured};
use checks::capture::packet::{FlowKey, LabelStack, Labelled, MacAddress, Packet, Roles, decode, glimpse, labelled};
use checks::capture::{Direction, Record, Timestamp};

use super::source::Reading;

/// What the first packet of a flow in a file shows of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    /// The flow.
    pub key: FlowKey,
    /// TTL or hop limit.
    pub ttl: Option<u8>,
    /// The stations of the link: source and, unless it is a group, destination of the outermost frame.
    pub stations: (Option<MacAddress>, Option<MacAddress>),
    /// Which way it went as the capturing station sees it.
    pub direction: Option<Direction>,
    /// The label that tells the VPN or the pseudowire, where it has labels.
    pub service_label: Option<u32>,
}

impl Met {
    fn of(key: FlowKey, record: &Record<'_>, packet: &Packet<'_>) -> Self {
        let frame = packet.outer_ethernet();
        let cooked = packet.cooked();
        let source = frame
            .map(|frame| frame.source)
            .or(cooked.and_then(|cooked| cooked.source));
        // Below the label of a pseudowire a flow label may stand, with a TTL of 1 (RFC 6391, section 2); an entropy label has 0.
        let service = packet.labels().rev().find(|label| label.ttl > 1);
        Self {
            key,
            ttl: packet.ip.map(|ip| ip.ttl),
            stations: (
                source.filter(|station| station.is_unicast()),
                frame
                    .map(|frame| frame.destination)
                    .filter(|station| station.is_unicast()),
            ),
            direction: record.direction.or(packet.direction()),
            service_label: service.or(packet.labels().next_back()).map(|label| label.label),
        }
    }
}

/// Where the packets of a file go, in the order of the file.
pub(super) trait Packets {
    /// A flow, by the file's own number, is met for the first time.
    fn flow(&mut self, lane: LaneId, time: i64, flow: FlowId, met: &Met);

    /// A packet of a measured flow, by the file's own number, with its labels if it has any.
    fn observation(&mut self, observation: Observation, labels: Option<&Labelled>);

    /// A control packet.
    fn control(&mut self, lane: LaneId, time: i64, record: &Record<'_>);

    /// Something else; with its labels where nothing below them could be read.
    fn unrelated(&mut self, lane: LaneId, time: i64, unread: Option<LabelStack>);

    /// A packet without a time; with the time of the latest one that had one.
    fn timeless(&mut self, lane: LaneId, latest: i64);

    /// A packet of a flow for which there was no room, where [`Look::hand_on`] was said: it is to be looked at by who has
    /// more room.
    fn handed_on(&mut self, _lane: LaneId, _time: i64, _record: &Record<'_>) {}
}

/// What is known of the packets that were looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looked {
    /// Those of the interfaces that are meant.
    pub packets: u64,
    /// Those that were not measured.
    pub unmeasured: Unmeasured,
}

impl Looked {
    /// With what others looked at of the same file.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            packets: self.packets + other.packets,
            unmeasured: self.unmeasured.and(other.unmeasured),
        }
    }
}

/// Looks at the packets of a file.
pub(super) struct Look<'r> {
    reading: &'r Reading,
    /// The interfaces that are meant, where not all are.
    only: Option<&'r [u32]>,
    packets: u64,
    observer: Observer,
    latest: i64,
    /// Flows told of.
    told: usize,
    hands_on: bool,
}

impl<'r> Look<'r> {
    pub(super) fn new(reading: &'r Reading, only: Option<&'r [u32]>) -> Self {
        Self {
            reading,
            only,
            packets: 0,
            observer: Observer::new(reading.roles.clone(), reading.sequence, reading.flows_at_most),
            latest: i64::MIN,
            told: 0,
            hands_on: false,
        }
    }

    /// One that has room for so many flows, and hands packets of others on.
    pub(super) fn handing_on(reading: &'r Reading, only: Option<&'r [u32]>, flows_at_most: usize) -> Self {
        let observer = Observer::new(reading.roles.clone(), reading.sequence, flows_at_most);
        Self {
            observer,
            hands_on: true,
            ..Self::new(reading, only)
        }
    }

    /// No more flows are taken, only those that were met before.
    pub(super) fn take_no_more(&mut self) {
        self.observer.take_no_more();
    }

    /// The file's number of a flow that another has met, and whether it is a new one.
    pub(super) fn number(&mut self, key: &FlowKey) -> Option<(FlowId, bool)> {
        let number = self.observer.number(key)?;
        let is_new = self.observer.flows().keys().len() > self.told;
        self.told = self.observer.flows().keys().len();
        Some((number, is_new))
    }

    /// What was looked at so far.
    pub(super) fn looked(&self) -> Looked {
        Looked {
            packets: self.packets,
            unmeasured: self.observer.unmeasured(),
        }
    }

    /// Looks at the next packet.
    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    pub(super) fn at(&mut self, record: &Record<'_>, lane: LaneId, packets: &mut impl Packets) {
        if self.only.is_some_and(|only| !only.contains(&record.interface)) {
            return;
        }
        self.packets += 1;
        match self.observer.plain(record, lane) {
            Some(observation) => {
                self.latest = observation.time;
                packets.observation(observation, None);
            }
            None => self.at_any(record, lane, packets),
        }
    }

    #[inline(never)]
    fn at_any(&mut self, record: &Record<'_>, lane: LaneId, packets: &mut impl Packets) {
        let Some(time) = record.time.map(Timestamp::as_nanoseconds) else {
            packets.timeless(lane, self.latest);
            return;
        };
        self.latest = time;
        let roles = &self.reading.roles;
        // Where everything is measured that has a flow, the control plane is not traffic all the same.
        if self.reading.sequence != SequenceSource::Probe
            && control_packet(record, roles).is_some_and(|packet| packet.is_what_its_port_says())
        {
            if self.reading.control {
                packets.control(lane, time, record);
            } else {
                packets.unrelated(lane, time, None);
            }
            return;
        }
        let refused = self.observer.flows().refused();
        match self.observer.measured(record, lane) {
            Some(observation) => {
                if let Some(key) = self.observer.flows().keys().get(self.told) {
                    self.told += 1;
                    let met = Met::of(*key, record, &decode(record, roles));
                    packets.flow(lane, time, observation.flow, &met);
                }
                packets.observation(observation, labelled(record, roles).as_ref());
            }
            None if self.hands_on && self.observer.flows().refused() > refused => packets.handed_on(lane, time, record),
            None if self.reading.control && control_packet(record, roles).is_some() => {
                packets.control(lane, time, record);
            }
            None => {
                let unread = labelled(record, roles).filter(|labels| labels.unread);
                packets.unrelated(lane, time, unread.map(|labels| labels.stack));
            }
        }
    }
}

fn control_packet<'a>(record: &Record<'a>, roles: &Roles) -> Option<ControlPacket<'a>> {
    let time = record.time?;
    // Other traffic is told by its ports, sooner than by taking it apart.
    if let Some(ports) = glimpse(record, roles).and_then(|glimpse| glimpse.flow.ports())
        && !is_control_port(ports.source)
        && !is_control_port(ports.destination)
    {
        return None;
    }
    let seen = Sighting {
        time,
        point: PointId(0),
        file: 0,
        packet: record.number,
    };
    ControlPacket::of(seen, &decode(record, roles))
}
