//! What a capture shows that stands between a number and a verdict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FlowId;

/// What was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The capturing machine dropped packets: losses may be its own.
    CaptureDrops,
    /// The capture is cut short or damaged.
    Truncated,
    /// Nothing at all was captured for a while, although there was traffic to see.
    CaptureStall,
    /// The capture's clock went backwards, or leapt.
    ClockStep,
    /// The sender's clock leapt against its own sequence numbers.
    SenderClockStep,
    /// Packets were seen twice, in the manner of a mirror port or of an "any" interface.
    MirroredDuplicates,
    /// A sequence began anew.
    SequenceRestart,
    /// Sequence numbers that no single sender can have sent.
    IncoherentSequence,
    /// Packets were held back and delivered late rather than lost.
    Held,
    /// The sender paused: consecutive packets were sent far apart.
    SenderPause,
    /// A flow ended before the capture did.
    NeverCameBack,
    /// A flow of which no packet was seen.
    NeverSeen,
    /// Flows that show only after the capture has run for a while.
    BegunLater,
    /// The declared rate is not the rate of the packets.
    RateDisagrees,
    /// The sender does not keep a period.
    IrregularStream,
    /// Send times that are not instants of sending.
    SendTimesUnusable,
    /// More events than are kept.
    TooManyEvents,
    /// A packet came so late that it cannot be told from a duplicate.
    VeryLate,
    /// A flow has too few packets to be measured.
    TooFewPackets,
    /// An instant that cannot be.
    ImplausibleTime,
    /// Flows of several VPNs with the same addresses and ports may have been taken for one.
    MixedNetworks,
    /// Links that lie one behind the other were taken for one point.
    MixedPoints,
}

/// Which verdicts a finding takes away; of a limit that asks for more, the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Spoils {
    /// None: it only informs.
    Nothing,
    /// A pass would not be sure.
    Pass,
    /// A failure would not be sure.
    Fail,
    /// Neither would be sure.
    Both,
}

/// Something noticed in a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// Which verdicts it takes away.
    pub spoils: Spoils,
    /// The flow it concerns; `None` for all.
    pub flow: Option<FlowId>,
    /// It in words, with its numbers.
    pub text: String,
}

impl Finding {
    /// Something that concerns the whole point.
    pub fn of_all(kind: FindingKind, spoils: Spoils, text: impl Into<String>) -> Self {
        Self {
            kind,
            spoils,
            flow: None,
            text: text.into(),
        }
    }

    /// Something that concerns one flow.
    pub fn of_flow(flow: FlowId, kind: FindingKind, spoils: Spoils, text: impl Into<String>) -> Self {
        Self {
            kind,
            spoils,
            flow: Some(flow),
            text: text.into(),
        }
    }
}
