//! What stands between the events of a capture and a verdict, and what is odd in them.

use std::collections::HashMap;

use super::{PointId, Sighting};

/// What was noticed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ControlFindingKind {
    /// A message could not be read.
    Undecodable,
    /// Segments of a TCP connection are not in the capture: messages may be missing.
    StreamGap,
    /// The capture kept only the beginning of packets: messages are missing.
    StreamTruncated,
    /// A TCP connection was older than the capture; what came before the first whole message was passed over.
    MidStream,
    /// Bytes on the port of a protocol that are not that protocol.
    NotTheProtocol,
    /// OPEN messages were not seen, and path identifiers were assumed.
    PathIdentifiersAssumed,
    /// Routes of a family that is not looked into.
    UnreadFamily,
    /// BFD packets that their receiver must discard (RFC 5880 §6.8.6).
    BfdDiscarded,
    /// BFD packets further apart than negotiated: the sender is starved, or packets were lost.
    BfdIntervalsLong,
    /// BFD packets closer together than 75 % of what is negotiated.
    BfdIntervalsShort,
    /// BFD went Down before the detection time had passed since the last packet seen here: that packet did not reach
    /// the detector, so the fault lies between this point and the detector.
    BfdDetectedEarly,
    /// BFD went Down later than detection time and one transmit slot.
    BfdDetectedLate,
    /// BFD packets of one end came by turns in different encapsulations: they may be those of two sessions.
    BfdMixed,
    /// A BFD end fell silent here and did not come back before the capture ended.
    BfdSilent,
    /// Packets without a time were not looked at.
    WithoutTime,
    /// More sessions, connections, link states or events than are kept: the rest was not looked at.
    TooMany,
}

impl ControlFindingKind {
    /// Whether events may be missing or misread, so that "it did not happen" cannot be concluded.
    pub fn spoils_absence(self) -> bool {
        matches!(
            self,
            Self::Undecodable
                | Self::StreamGap
                | Self::StreamTruncated
                | Self::NotTheProtocol
                | Self::UnreadFamily
                | Self::BfdMixed
                | Self::WithoutTime
                | Self::TooMany
        )
    }
}

/// Something noticed, once for all packets of the same kind in the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlFinding {
    /// What.
    pub kind: ControlFindingKind,
    /// Where and when first; `None` where it is about no single packet.
    pub first: Option<Sighting>,
    /// How often.
    pub count: u64,
    /// In words, about the first.
    pub text: String,
}

/// Findings, each told once with a count.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<ControlFinding>,
    places: HashMap<(ControlFindingKind, Option<PointId>, String), usize>,
    beyond: u64,
}

/// Different findings that are kept; hostile input could make any number.
const MOST_FINDINGS: usize = 1_000;

impl Findings {
    /// Notes something about `subject`; the words of the first are kept.
    pub(super) fn note(
        &mut self,
        kind: ControlFindingKind,
        subject: &str,
        seen: Option<Sighting>,
        text: impl FnOnce() -> String,
    ) {
        let place = (kind, seen.map(|seen| seen.point), subject.to_owned());
        if let Some(finding) = self.places.get(&place).and_then(|&index| self.found.get_mut(index)) {
            finding.count += 1;
        } else if self.found.len() < MOST_FINDINGS {
            self.places.insert(place, self.found.len());
            self.found.push(ControlFinding {
                kind,
                first: seen,
                count: 1,
                text: text(),
            });
        } else {
            self.beyond += 1;
        }
    }

    pub(super) fn into_list(self) -> Vec<ControlFinding> {
        let beyond = (self.beyond > 0).then(|| ControlFinding {
            kind: ControlFindingKind::TooMany,
            first: None,
            count: self.beyond,
            text: format!("more than {MOST_FINDINGS} different findings; the rest is not listed"),
        });
        self.found.into_iter().chain(beyond).collect()
    }
}
