//! Packets with a number below the next: reordered, repeated, or of another sequence.

use super::episode::{Around, Edge, Gap};
use super::flow::FlowTracker;

/// A repetition farther back than this is not a network's doing.
const DISTANT: u64 = 64;
/// The first packet seen may have overtaken so many.
const OVERTAKEN: u64 = 20_000;
/// So many consecutive numbers begin a sequence anew: with send times that prove it, and without.
const RUN_WITH_SEND_TIMES: u32 = 3;
const RUN_WITHOUT: u32 = 16;

impl FlowTracker {
    pub(super) fn late(&mut self, edge: Edge) {
        let consecutive = self.run > 0 && edge.sequence == self.run_last.saturating_add(1);
        let run = if consecutive { self.run.saturating_add(1) } else { 1 };
        if self.timed && edge.sent > self.last.sent {
            self.incoherence.lower_but_newer += 1;
            self.run = run;
            self.run_last = edge.sequence;
            if run >= RUN_WITH_SEND_TIMES {
                self.restart(edge);
            }
            return;
        }
        if self.is_sent_anew(edge) {
            self.incoherence.sent_anew += 1;
        }
        if let Some(index) = self.gap_of(edge.sequence) {
            self.run = 0;
            if !self.counts_as_lost(index, edge) {
                self.refill(index, edge);
            }
            return;
        }
        if edge.sequence < self.first.sequence && self.overtaken_at_start(edge) {
            self.extend_downwards(edge);
            return;
        }
        if edge.sequence < self.first.sequence {
            self.incoherence.distant_duplicates += 1;
        } else if self.is_closed(edge.sequence) {
            self.incoherence.very_late += 1;
        } else {
            self.duplicates += 1;
            self.copies.add(edge.sequence);
        }
        if self.next - edge.sequence > DISTANT {
            self.incoherence.distant_duplicates += 1;
        }
        self.run = run;
        self.run_last = edge.sequence;
        if !self.timed && run >= RUN_WITHOUT && self.next - edge.sequence > DISTANT {
            self.restart(edge);
        }
    }

    /// Whether a packet cannot have been sent when the one with this number was, so that it is another one: a copy has the
    /// send time of its original, which lies so many steps before that of the last packet.
    fn is_sent_anew(&self, edge: Edge) -> bool {
        let steps = i64::try_from(self.last.sequence - edge.sequence).unwrap_or(i64::MAX);
        let behind = self.gaps.back().map_or(self.first.sequence, |gap| gap.after.sequence);
        if !self.timed || edge.sequence < behind || steps > DISTANT.cast_signed() {
            return false;
        }
        let before = self.last.sent - edge.sent;
        if steps == 0 {
            return before != 0;
        }
        let (least, greatest) = (self.send_steps.least, self.send_steps.greatest);
        // A step beside a packet that came late may have been another.
        let other = self.send_steps.spread();
        let (sooner, later) = (least.saturating_mul(steps), greatest.saturating_mul(steps));
        least <= greatest && (before < sooner.saturating_sub(other) || before > later.saturating_add(other))
    }

    /// Whether a number below the first can be of a packet that was overtaken by the first.
    fn overtaken_at_start(&self, edge: Edge) -> bool {
        self.incoherence.restarts == 0
            && self.pattern.periods == 0
            && self.first.sequence - edge.sequence <= OVERTAKEN
            && (!self.timed || edge.sent <= self.first.sent)
    }

    /// The flow begins earlier than with its first packet: what lies between is missing, and may still come.
    fn extend_downwards(&mut self, edge: Edge) {
        let gap = Gap {
            before: edge,
            after: self.first,
            noticed: (1, self.first.time),
            around: Around::default(),
            refilled: true,
        };
        self.received += 1;
        self.run = 0;
        self.note_reordering(gap.noticed, edge.time);
        self.first.sequence = edge.sequence;
        self.first.sent = edge.sent;
        if gap.lost() > 0 {
            self.gaps.push_front(gap);
        }
    }

    fn note_reordering(&mut self, noticed: (u64, i64), time: i64) {
        let extent = self.arrivals.saturating_sub(noticed.0);
        self.reordered.packets += 1;
        self.reordered.greatest_extent = self.reordered.greatest_extent.max(extent);
        self.reordered.extent_sum = self.reordered.extent_sum.saturating_add(extent);
        self.reordered.greatest_late_time = self.reordered.greatest_late_time.max(time - noticed.1);
    }

    /// The open gap with this number.
    fn gap_of(&self, sequence: u64) -> Option<usize> {
        let index = self.gaps.partition_point(|gap| gap.after.sequence <= sequence);
        let gap = self.gaps.get(index)?;
        (gap.before.sequence < sequence).then_some(index)
    }

    /// Whether the number may have been missing and its gap is closed.
    fn is_closed(&self, sequence: u64) -> bool {
        let open = self.gaps.front().map_or(self.next, |gap| gap.before.sequence);
        self.pattern.periods > 0 && sequence < open && self.longest_covers(sequence)
    }

    /// Whether a closed gap can have held this number: certainly if it is before the end of the last closed loss.
    fn longest_covers(&self, sequence: u64) -> bool {
        self.pattern.last_lost().is_some_and(|last| sequence <= last)
    }

    /// Whether a packet of an open gap comes so late that it is to count as lost.
    fn counts_as_lost(&self, index: usize, edge: Edge) -> bool {
        let late_by = if self.timed {
            (edge.time - edge.sent).saturating_sub(self.delays.least)
        } else {
            let noticed = self.gaps.get(index).map_or(edge.time, |gap| gap.noticed.1);
            edge.time.saturating_sub(noticed)
        };
        late_by > self.late
    }

    fn refill(&mut self, index: usize, edge: Edge) {
        let Some(gap) = self.gaps.get(index).copied() else {
            return;
        };
        self.received += 1;
        self.note_reordering(gap.noticed, edge.time);
        if !gap.refilled {
            // Whatever comes late: so long nothing came.
            self.longest.nothing_for(gap.after.time - gap.before.time);
        }
        let left = Gap {
            after: edge,
            refilled: true,
            ..gap
        };
        let right = Gap {
            before: edge,
            refilled: true,
            ..gap
        };
        let keep: Vec<Gap> = [left, right].into_iter().filter(|part| part.lost() > 0).collect();
        self.gaps.remove(index);
        for (offset, part) in keep.into_iter().enumerate() {
            self.gaps.insert(index + offset, part);
        }
    }
}
