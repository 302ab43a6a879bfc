//! What measuring is fed with: one packet of one flow, seen at one point.

/// A flow at one observation point, numbered densely from 0 by whoever feeds observations.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct FlowId(pub u32);

/// A link (file, interface, label) of one observation point, numbered densely from 0.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct LaneId(pub u16);

/// One packet of one flow, seen at one point. Observations of one flow come in the order of capture: where a point has
/// several lanes, their packets are merged by time first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// Whose packet it is.
    pub flow: FlowId,
    /// The link it was seen on.
    pub lane: LaneId,
    /// When it was captured: nanoseconds since 1970-01-01 00:00 UTC by the capture's clock.
    pub time: i64,
    /// Its sequence number, as wide as the flow's sequence space says (see [`super::SequenceSpace`]).
    pub sequence: Option<u64>,
    /// When it was sent: nanoseconds by the sender's clock.
    pub sent: Option<i64>,
    /// Octets on the wire.
    pub length: u32,
}

/// What packets are poured into while a capture is read.
pub trait FlowSink {
    /// A packet of a flow that is measured.
    fn observe(&mut self, observation: &Observation);

    /// A packet that belongs to no measured flow (routing protocols, ARP, other traffic): it shows that the capture was
    /// running. `time` is in nanoseconds as [`Observation::time`].
    fn unrelated(&mut self, lane: LaneId, time: i64);
}

/// Instants and send times are kept within ±2⁶² ns (146 years of 1970) so that no difference overflows.
const FARTHEST: i64 = (1 << 62) - 1;

impl Observation {
    /// Whether its instants lie within 146 years of 1970.
    #[inline]
    pub(super) fn is_bounded(&self) -> bool {
        let near = |instant: i64| instant.unsigned_abs() <= FARTHEST.unsigned_abs();
        near(self.time) && self.sent.is_none_or(near)
    }

    /// Its time, kept within 146 years of 1970.
    #[inline]
    pub(super) fn bounded_time(&self) -> i64 {
        self.time.clamp(-FARTHEST, FARTHEST)
    }

    /// The same with its instants kept within 146 years of 1970, so that any two can be subtracted.
    #[must_use]
    #[inline]
    pub fn bounded(mut self) -> Self {
        self.time = self.time.clamp(-FARTHEST, FARTHEST);
        self.sent = self.sent.map(|sent| sent.clamp(-FARTHEST, FARTHEST));
        self
    }
}
