//! How far a capture file can be trusted.

use super::warning::{Endangers, WarningKind, Warnings};

/// How far a capture file can be trusted, and why not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Integrity {
    /// Why conclusions from the packets of the file would be unsafe; empty when they are safe.
    pub packet_doubts: Vec<String>,
    /// Why conclusions from its times would be unsafe; empty when they are safe.
    pub time_doubts: Vec<String>,
    /// Packets that the file says were lost while capturing; `None` when it does not say.
    pub dropped: Option<u64>,
    /// The largest step back in time on any interface, in nanoseconds.
    pub largest_step_back_ns: i64,
    /// The coarsest clock of any interface that has packets, in nanoseconds.
    pub resolution_ns: i64,
}

impl Integrity {
    /// From what was wrong; `dropped` says whether packets that were lost are missing among those that are meant.
    pub(super) fn of(warnings: &Warnings, dropped: bool) -> Self {
        let mut integrity = Self::default();
        for (first, count) in warnings.by_kind() {
            if !dropped && matches!(first.kind, WarningKind::Dropped { .. }) {
                continue;
            }
            let doubts = match first.kind.endangers() {
                Endangers::Nothing => continue,
                Endangers::Times => &mut integrity.time_doubts,
                Endangers::Packets => &mut integrity.packet_doubts,
            };
            doubts.push(match count {
                1 => first.to_string(),
                _ => format!("{first}, and {} more of this kind", count - 1),
            });
        }
        integrity
    }

    /// Whether nothing puts the packets of the file in doubt.
    pub fn packets_are_sound(&self) -> bool {
        self.packet_doubts.is_empty()
    }

    /// Whether nothing puts its times in doubt.
    pub fn times_are_sound(&self) -> bool {
        self.time_doubts.is_empty()
    }
}
