//! The packets after a gap: whether its first was held back, and how delays are from there on.

use super::{FlowTracker, NEARBY, Range};

/// So many steps of delay are remembered.
const STEPS: usize = 8;

/// The packets after a gap are being looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settling {
    pub(super) before_gap: u64,
    pub(super) after: u64,
    pub(super) first_delay: i64,
    pub(super) before: Range,
    pub(super) seen: Range,
    pub(super) count: u32,
    /// To where delays last fell.
    pub(super) level: i64,
    /// Packets since then: a burst of packets that were held back falls with every packet, a slow one little by little.
    pub(super) steady: u32,
}

impl Settling {
    fn complete(&self) -> bool {
        self.count >= NEARBY && self.steady >= NEARBY / 2
    }
}

impl FlowTracker {
    pub(super) fn settle(&mut self) {
        let delay = self.delay;
        let noise = (self.period / 16).max(1_000);
        if let Some(settling) = &mut self.settling {
            if delay < settling.level.saturating_sub(noise) {
                settling.level = delay;
                settling.steady = 0;
            } else {
                settling.steady = settling.steady.saturating_add(1);
            }
            settling.seen.add(delay);
            settling.count = settling.count.saturating_add(1);
            if settling.complete() {
                self.finish_settling();
            }
        }
    }

    pub(super) fn finish_settling(&mut self) {
        let Some(settling) = self.settling.take() else { return };
        self.note_step(&settling);
        let Some(gap) = self
            .gaps
            .iter_mut()
            .rev()
            .find(|gap| gap.after.sequence == settling.after)
        else {
            return;
        };
        let quickest_before = if settling.before.least == i64::MAX {
            settling.first_delay
        } else {
            settling.before.least
        };
        let quickest_after = settling.first_delay.min(settling.seen.least);
        // Too few packets after it say little of the path: then the delay before it counts as well.
        let reference = if settling.complete() || !self.timed {
            quickest_after
        } else {
            quickest_after.min(quickest_before)
        };
        gap.around.spread_after = settling.seen.spread();
        gap.around.held = settling.first_delay.saturating_sub(reference).max(0);
        gap.around.settled = settling.count;
        gap.around.step = quickest_after.saturating_sub(quickest_before);
        // From here on the new path's delays are the measure.
        self.delays_before = settling.seen;
        self.delays_now = Range::NONE;
        self.delays_count = 0;
    }

    /// Keeps the greatest steps of delay: the period is not to be estimated across them.
    fn note_step(&mut self, settling: &Settling) {
        if settling.before.least == i64::MAX || settling.seen.least == i64::MAX {
            return;
        }
        let step = settling
            .seen
            .least
            .saturating_sub(settling.before.least)
            .saturating_abs();
        if step < (self.period / 2).max(100_000) {
            return;
        }
        let span = (settling.before_gap, settling.after);
        if self.steps.len() < STEPS {
            self.steps.push((step, span));
        } else if let Some(least) = self.steps.iter_mut().min_by_key(|(kept, _)| *kept)
            && least.0 < step
        {
            *least = (step, span);
        }
    }
}
