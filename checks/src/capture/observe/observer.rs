//! Records in, observations out.

use crate::capture::Record;
use crate::capture::measure::{FlowId, FlowSink, LaneId, Observation};
use crate::capture::packet::probe::{DeclaredSequence, Probe, Rtp, is_cut_probe};
use crate::capture::packet::{FlowKey, Glimpse, Roles, glimpse, plain_udp};

use super::cut::is_cut_before_its_number;
use super::flow_table::FlowTable;

/// Where the packets of the measured flows have their sequence numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SequenceSource {
    /// In our probe; packets that are none belong to no measured flow.
    #[default]
    Probe,
    /// In the RTP header; packets that cannot be RTP belong to no measured flow.
    Rtp,
    /// At a declared place of the payload; packets that end before it belong to no measured flow.
    Declared(DeclaredSequence),
    /// Nowhere: every packet counts, by its time alone.
    None,
}

/// Packets that were not measured although they may have been meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unmeasured {
    /// They have no time.
    pub without_time: u64,
    /// Too few octets were captured of a probe, or of what may have been one.
    pub cut_probes: u64,
    /// They belong to flows for which there was no room.
    pub of_refused_flows: u64,
    /// They are parts of datagrams.
    pub fragments: u64,
    /// Those of them that may be of measured flows: a first one of a measured flow, or any where every packet counts.
    pub fragments_meant: u64,
}

impl Unmeasured {
    /// With what another observer did not measure of the same file.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            without_time: self.without_time.saturating_add(other.without_time),
            cut_probes: self.cut_probes.saturating_add(other.cut_probes),
            of_refused_flows: self.of_refused_flows.saturating_add(other.of_refused_flows),
            fragments: self.fragments.saturating_add(other.fragments),
            fragments_meant: self.fragments_meant.saturating_add(other.fragments_meant),
        }
    }
}

/// Makes observations of records.
#[derive(Debug)]
pub struct Observer {
    roles: Roles,
    sequence: SequenceSource,
    flows: FlowTable,
    unmeasured: Unmeasured,
}

impl Observer {
    /// An observer that knows these roles of labels and numbers at most so many flows.
    pub fn new(roles: Roles, sequence: SequenceSource, flows_at_most: usize) -> Self {
        Self {
            roles,
            sequence,
            flows: FlowTable::new(flows_at_most),
            unmeasured: Unmeasured::default(),
        }
    }

    /// The flows numbered so far.
    pub fn flows(&self) -> &FlowTable {
        &self.flows
    }

    /// The number of a flow, as if a packet of it had come.
    pub fn number(&mut self, flow: &FlowKey) -> Option<FlowId> {
        self.flows.number(flow)
    }

    /// Numbers no more flows: those that were met stay, others are refused.
    pub fn take_no_more(&mut self) {
        self.flows.take_no_more();
    }

    /// What was not measured so far.
    pub fn unmeasured(&self) -> Unmeasured {
        Unmeasured {
            of_refused_flows: self.flows.refused(),
            ..self.unmeasured
        }
    }

    /// Looks at a record that was captured on `lane`, and tells the sink.
    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    pub fn observe(&mut self, record: &Record<'_>, lane: LaneId, sink: &mut impl FlowSink) {
        match self.plain(record, lane) {
            Some(observation) => sink.observe(&observation),
            None => self.observe_any(record, lane, sink),
        }
    }

    #[inline(never)]
    fn observe_any(&mut self, record: &Record<'_>, lane: LaneId, sink: &mut impl FlowSink) {
        let Some(time) = record.time else {
            self.unmeasured.without_time += 1;
            return;
        };
        match self.measured(record, lane) {
            Some(observation) => sink.observe(&observation),
            None => sink.unrelated(lane, time.as_nanoseconds()),
        }
    }

    /// The observation of what nearly all packets are where our probes are measured: a probe in UDP, IPv4 and Ethernet,
    /// without labels or tags, of a flow that was met before. `None` for everything else.
    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    pub fn plain(&mut self, record: &Record<'_>, lane: LaneId) -> Option<Observation> {
        if self.sequence == SequenceSource::Probe
            && let Some(time) = record.time
            && let Some(plain) = plain_udp(record)
            && let Some(probe) = Probe::read(plain.payload)
            && let Some(flow) = self.flows.recent(&plain)
        {
            Some(Observation {
                flow,
                lane,
                time: time.as_nanoseconds(),
                sequence: Some(probe.sequence),
                sent: i64::try_from(probe.sent).ok(),
                length: record.original_length,
            })
        } else {
            None
        }
    }

    /// The observation of a packet of a measured flow, whether [`Self::plain`] or not; `None` for others, and for
    /// packets without a time.
    pub fn measured(&mut self, record: &Record<'_>, lane: LaneId) -> Option<Observation> {
        let refused = self.flows.refused();
        let observation = self.observation(record, lane, record.time?.as_nanoseconds());
        if observation.is_none()
            && self.flows.refused() == refused
            && is_cut_before_its_number(record, &self.roles, self.sequence)
        {
            self.unmeasured.cut_probes += 1;
        }
        observation
    }

    fn observation(&mut self, record: &Record<'_>, lane: LaneId, time: i64) -> Option<Observation> {
        let (flow, (sequence, sent)) = match plain_udp(record) {
            Some(plain) => {
                let numbered = self.sequence(plain.payload)?;
                (self.flows.number_of_plain(&plain)?, numbered)
            }
            None => {
                let glimpse = glimpse(record, &self.roles)?;
                if glimpse.is_fragment {
                    self.unmeasured.fragments += 1;
                    let is_meant = self.is_part_of_measured(&glimpse);
                    self.unmeasured.fragments_meant += u64::from(is_meant);
                    return None;
                }
                let numbered = self.sequence(glimpse.payload)?;
                (self.flows.number(&glimpse.flow)?, numbered)
            }
        };
        Some(Observation {
            flow,
            lane,
            time,
            sequence,
            sent,
            length: record.original_length,
        })
    }

    /// The sequence number and the send time in a payload; `None` where it is of no measured flow.
    #[inline]
    fn sequence(&mut self, payload: &[u8]) -> Option<(Option<u64>, Option<i64>)> {
        match self.sequence {
            SequenceSource::Probe => match Probe::read(payload) {
                Some(probe) => Some((Some(probe.sequence), i64::try_from(probe.sent).ok())),
                None => {
                    self.unmeasured.cut_probes += u64::from(is_cut_probe(payload));
                    None
                }
            },
            SequenceSource::Rtp => Some((Some(u64::from(Rtp::read(payload)?.sequence)), None)),
            SequenceSource::Declared(place) => Some((Some(place.read(payload)?), None)),
            SequenceSource::None => Some((None, None)),
        }
    }

    /// Whether a part of a datagram is of a measured flow. A probe's shows in its first part alone, as do the ports.
    fn is_part_of_measured(&self, part: &Glimpse<'_>) -> bool {
        let payload = part.payload;
        match self.sequence {
            SequenceSource::Probe => {
                let udp_payload = payload.get(UDP_HEADER..).unwrap_or_default();
                payload.starts_with(&Probe::MAGIC) || udp_payload.starts_with(&Probe::MAGIC)
            }
            SequenceSource::Rtp => part.flow.ports().is_some() && Rtp::read(payload).is_some(),
            SequenceSource::Declared(place) => part.flow.ports().is_some() && place.read(payload).is_some(),
            SequenceSource::None => true,
        }
    }
}

const UDP_HEADER: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{LinkType, Timestamp};

    /// What has a payload, in UDP over IPv4 over Ethernet.
    fn frame(payload: &[u8], fragment: u8) -> Vec<u8> {
        let mut octets = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        let total = (28 + payload.len()) as u16;
        octets.extend([0x45, 0]);
        octets.extend(total.to_be_bytes());
        octets.extend([0, 0, fragment, 0, 61, 17, 0, 0, 10, 3, 1, 2, 1, 1, 1, 1]);
        octets.extend([0x9c, 0x40, 0x1b, 0x58]);
        octets.extend((total - 20).to_be_bytes());
        octets.extend([0, 0]);
        octets.extend(payload);
        octets
    }

    fn cut(octets: &[u8], snap: usize, sequence: SequenceSource) -> u64 {
        let mut observer = Observer::new(Roles::new(), sequence, 10);
        let record = Record {
            number: 1,
            offset: 0,
            interface: 0,
            link_type: LinkType::ETHERNET,
            time: Some(Timestamp::from_nanoseconds(1)),
            captured: &octets[..snap.min(octets.len())],
            original_length: octets.len() as u32,
            direction: None,
        };
        let measured = observer.measured(&record, LaneId(0)).is_some();
        assert!(!measured || observer.unmeasured().cut_probes == 0);
        let unmeasured = observer.unmeasured();
        unmeasured.cut_probes + unmeasured.fragments_meant
    }

    #[test]
    fn what_may_be_a_probe_is_told_wherever_it_was_cut() {
        let probe = frame(&[&b"SEQ1"[..], &[0; 60]].concat(), 0);
        for snap in 1..66 {
            assert_eq!(cut(&probe, snap, SequenceSource::Probe), 1, "{snap}");
        }
        for snap in 66..=probe.len() {
            assert_eq!(cut(&probe, snap, SequenceSource::Probe), 0, "{snap}");
        }
        let other = frame(&[0x20; 64], 0);
        for snap in 43..=other.len() {
            assert_eq!(cut(&other, snap, SequenceSource::Probe), 0, "{snap}");
        }
        // Too short on the wire already.
        assert_eq!(cut(&frame(b"SE", 0), 43, SequenceSource::Probe), 0);
    }

    #[test]
    fn the_first_part_of_a_probe_is_told() {
        let probe = [&b"SEQ1"[..], &[0; 60]].concat();
        assert_eq!(cut(&frame(&probe, 0x20), 200, SequenceSource::Probe), 1);
        assert_eq!(cut(&frame(&[0; 64], 0x20), 200, SequenceSource::Probe), 0);
    }

    #[test]
    fn parts_of_datagrams_are_told_where_their_flow_is_measured() {
        let place = SequenceSource::Declared(DeclaredSequence {
            offset: 10,
            width: 4,
            little_endian: false,
        });
        let rtp = [&[0x80, 96][..], &[0; 62]].concat();
        let first = frame(&rtp, 0x20);
        let later = {
            let mut later = frame(&rtp, 0x20);
            later[21] = 5;
            later
        };
        for (sequence, of_first, of_later) in [
            (SequenceSource::Probe, 0, 0),
            (SequenceSource::Rtp, 1, 0),
            (place, 1, 0),
            (SequenceSource::None, 1, 1),
        ] {
            assert_eq!(cut(&first, 200, sequence), of_first, "{sequence:?}");
            assert_eq!(cut(&later, 200, sequence), of_later, "{sequence:?}");
        }
    }

    #[test]
    fn other_numbers_may_be_cut_as_well() {
        let rtp = frame(&[&[0x80, 96][..], &[0; 60]].concat(), 0);
        let place = SequenceSource::Declared(DeclaredSequence {
            offset: 10,
            width: 4,
            little_endian: false,
        });
        for (snap, of_rtp, declared) in [(42, 1, 1), (53, 1, 1), (54, 0, 1), (55, 0, 1), (56, 0, 0), (102, 0, 0)] {
            assert_eq!(cut(&rtp, snap, SequenceSource::Rtp), of_rtp, "{snap}");
            assert_eq!(cut(&rtp, snap, place), declared, "{snap}");
        }
        let other = frame(&[0x40; 64], 0);
        assert_eq!(cut(&other, 50, SequenceSource::Rtp), 0);
        assert_eq!(cut(&frame(&[0x80; 5], 0), 102, place), 0);
    }
}
